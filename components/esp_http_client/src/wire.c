/* The connection: which transport, reading, writing, waiting. Nothing here blocks but http_wire_wait(). */
#include <string.h>

#include "client.h"
#include "esp_http_field.h"
#include "esp_log.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "plat_clock.h"
#include "plat_heap.h"

/** The transport's own deadline of the connect says more than ours: it may come first. */
#define CONNECT_GRACE_MS 100

#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_HTTPS
#define HTTP_HAS_TLS true
#else
#define HTTP_HAS_TLS false
#endif

static const char TAG[] = "HTTP_CLIENT";

/* --- which transport --------------------------------------------------------------------------------- */

static int pem_len(const char *pem)
{
    return (int)strlen(pem);
}

static void set_trust(esp_transport_handle_t t, const esp_http_client_config_t *cfg)
{
    if (cfg->crt_bundle_attach != NULL) {
#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
        esp_transport_ssl_crt_bundle_attach(t, cfg->crt_bundle_attach);
#else
        ESP_LOGE(TAG, "crt_bundle_attach is not supported by this build");
#endif
    } else if (cfg->use_global_ca_store) {
        esp_transport_ssl_enable_global_ca_store(t);
    } else if (cfg->cert_pem != NULL && cfg->cert_len == 0) {
        esp_transport_ssl_set_cert_data(t, cfg->cert_pem, pem_len(cfg->cert_pem));
    } else if (cfg->cert_pem != NULL) {
        esp_transport_ssl_set_cert_data_der(t, cfg->cert_der, (int)cfg->cert_len);
    }
}

static void set_key(esp_transport_handle_t t, const esp_http_client_config_t *cfg)
{
    if (cfg->client_key != NULL) {
        esp_transport_ssl_set_client_key_config(t, cfg->client_key);
        return;
    }
    if (cfg->client_key_pem != NULL && cfg->client_key_len == 0) {
        esp_transport_ssl_set_client_key_data(t, cfg->client_key_pem, pem_len(cfg->client_key_pem));
    } else if (cfg->client_key_pem != NULL) {
        esp_transport_ssl_set_client_key_data_der(t, cfg->client_key_pem, (int)cfg->client_key_len);
    }
    if (cfg->client_key_password != NULL && cfg->client_key_password_len > 0) {
        esp_transport_ssl_set_client_key_password(t, cfg->client_key_password,
                                                  (int)cfg->client_key_password_len);
    }
#ifdef CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
    if (cfg->use_ecdsa_peripheral) {
#if defined(SOC_ECDSA_SUPPORT_CURVE_P384) && SOC_ECDSA_SUPPORT_CURVE_P384
        esp_transport_ssl_set_client_key_ecdsa_peripheral_extended(t, cfg->ecdsa_key_efuse_blk,
                                                                   cfg->ecdsa_key_efuse_blk_high);
#else
        esp_transport_ssl_set_client_key_ecdsa_peripheral(t, cfg->ecdsa_key_efuse_blk);
#endif
        esp_transport_ssl_set_ecdsa_curve(t, (esp_tls_ecdsa_curve_t)cfg->ecdsa_curve);
    }
#endif
}

static void set_identity(esp_transport_handle_t t, const esp_http_client_config_t *cfg)
{
    if (cfg->client_cert_pem != NULL && cfg->client_cert_len == 0) {
        esp_transport_ssl_set_client_cert_data(t, cfg->client_cert_pem,
                                               pem_len(cfg->client_cert_pem));
    } else if (cfg->client_cert_pem != NULL) {
        esp_transport_ssl_set_client_cert_data_der(t, cfg->client_cert_der,
                                                   (int)cfg->client_cert_len);
    }
    set_key(t, cfg);
#ifdef CONFIG_ESP_TLS_USE_DS_PERIPHERAL
    if (cfg->ds_data != NULL) {
        esp_transport_ssl_set_ds_data(t, cfg->ds_data);
    }
#endif
}

static void set_tls(esp_transport_handle_t t, const esp_http_client_config_t *cfg)
{
    set_trust(t, cfg);
    set_identity(t, cfg);
    esp_transport_ssl_set_tls_version(t, (esp_tls_proto_ver_t)cfg->tls_version);
    if (cfg->skip_cert_common_name_check) {
        esp_transport_ssl_skip_common_name_check(t);
    }
    if (cfg->common_name != NULL) {
        esp_transport_ssl_set_common_name(t, cfg->common_name);
    }
#if defined(CONFIG_MBEDTLS_SSL_ALPN) && defined(CONFIG_ESP_HTTP_CLIENT_ENABLE_HTTPS)
    if (cfg->alpn_protos != NULL) {
        esp_transport_ssl_set_alpn_protocol(t, cfg->alpn_protos);
    }
#endif
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    if (cfg->tls_dyn_buf_strategy != 0) {
        esp_transport_ssl_set_esp_tls_dyn_buf_strategy(
            t, (esp_tls_dyn_buf_strategy_t)cfg->tls_dyn_buf_strategy);
    }
#endif
}

void http_wire_set_link(esp_http_client_handle_t c, esp_transport_handle_t t)
{
    static const struct {
        esp_http_client_addr_type_t ours;
        esp_tls_addr_family_t theirs;
    } families[] = {{HTTP_ADDR_TYPE_UNSPEC, ESP_TLS_AF_UNSPEC},
                    {HTTP_ADDR_TYPE_INET, ESP_TLS_AF_INET},
                    {HTTP_ADDR_TYPE_INET6, ESP_TLS_AF_INET6}};
    size_t i;

    for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        if (families[i].ours == c->cfg.addr_type) {
            esp_transport_ssl_set_addr_family(t, families[i].theirs);
        }
    }
    if (c->cfg.keep_alive_enable) {
        esp_transport_ssl_set_keep_alive(t, &c->keep_alive);
    }
    if (c->if_name != NULL) {
        esp_transport_ssl_set_interface_name(t, c->if_name);
    }
}

static esp_transport_handle_t custom(const struct esp_http_client *c)
{
#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_CUSTOM_TRANSPORT
    return c->cfg.transport;
#else
    (void)c;
    return NULL;
#endif
}

static void replace(esp_http_client_handle_t c, esp_transport_handle_t t)
{
    esp_transport_handle_t old;

    plat_mutex_lock(&c->lock);
    old = c->transport;
    c->transport = t;
    plat_mutex_unlock(&c->lock);
    if (old != NULL && old != custom(c) && old != t) {
        (void)esp_transport_destroy(old);
    }
}

void http_wire_drop(esp_http_client_handle_t c)
{
    replace(c, NULL);
    http_proxy_drop(c);
}

/** TCP, TLS, or either through a proxy. */
static esp_err_t make(esp_http_client_handle_t c, bool is_tls, esp_transport_handle_t *made)
{
    esp_transport_handle_t below = NULL;
    esp_transport_handle_t t;

    if (c->proxy != NULL) {
        esp_err_t err = http_proxy_open(c, is_tls, &below);

        if (err != ESP_OK) {
            return err;
        }
    }
    t = is_tls ? esp_transport_ssl_init() : esp_transport_tcp_init();
    if (t == NULL) {
        return ESP_ERR_NO_MEM;
    }
    http_wire_set_link(c, t);
    if (is_tls) {
        set_tls(t, &c->cfg);
    }
    if (below != NULL) {
        (void)esp_transport_ssl_set_parent(t, below);
    }
    *made = t;
    return ESP_OK;
}

/** The transport for the target's scheme: at every connect anew. */
static esp_err_t choose(esp_http_client_handle_t c)
{
    bool is_tls = c->target.is_tls;
    esp_transport_handle_t t = custom(c);
    esp_err_t err;

    if (t != NULL) {
        replace(c, t);
        return ESP_OK;
    }
    if (c->transport != NULL && c->transport_is_tls == is_tls) {
        return ESP_OK;
    }
    if (is_tls && !HTTP_HAS_TLS) {
        return ESP_ERR_HTTP_INVALID_TRANSPORT;
    }
    http_wire_drop(c);
    err = make(c, is_tls, &t);
    if (err != ESP_OK) {
        return err;
    }
    if (c->on_transport != NULL) {
        c->on_transport(c->on_transport_arg, t, is_tls);
    }
    replace(c, t);
    c->transport_is_tls = is_tls;
    return ESP_OK;
}

/* --- sessions ------------------------------------------------------------------------------------------ */

static void session(esp_http_client_handle_t c, bool is_saved)
{
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    if (c->cfg.save_client_session && c->target.is_tls && custom(c) == NULL) {
        (void)esp_transport_ssl_session_ticket_operation(
            c->transport,
            is_saved ? ESP_TRANSPORT_SESSION_TICKET_SAVE : ESP_TRANSPORT_SESSION_TICKET_USE);
    }
#else
    (void)c;
    (void)is_saved;
#endif
}

/* --- time ----------------------------------------------------------------------------------------------- */

static void silence_from_now(esp_http_client_handle_t c, int grace_ms)
{
    c->silence_us = plat_clock_us() + ((uint64_t)c->cfg.timeout_ms + (unsigned)grace_ms) * 1000;
}

void http_wire_touch(esp_http_client_handle_t c)
{
    silence_from_now(c, 0);
}

bool http_wire_is_silent(const struct esp_http_client *c)
{
    return plat_clock_us() >= c->silence_us;
}

static int ms_until(uint64_t until_us)
{
    uint64_t now = plat_clock_us();
    uint64_t ms = until_us > now ? (until_us - now + 999) / 1000 : 0;

    if (until_us == PLAT_NEVER) {
        return -1;
    }
    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

/** What one operation waits for. @param event  0: the connect */
static void add_wait(esp_http_client_handle_t c, int event, esp_tls_wait_t *wait)
{
    esp_tls_wait_t list;

    if (c->transport != NULL && esp_transport_get_wait(c->transport, event, &list) == ESP_OK) {
        esp_tls_wait_merge(wait, &list);
    }
}

static void get_wait(esp_http_client_handle_t c, esp_tls_wait_t *wait)
{
    static const int each[] = {ESP_TLS_WAIT_READ, ESP_TLS_WAIT_WRITE};
    size_t i;

    esp_tls_wait_init(wait);
    if (c->wait_events == 0) {
        add_wait(c, 0, wait);
    }
    for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        if ((c->wait_events & each[i]) != 0) {
            add_wait(c, each[i], wait);
        }
    }
    if (c->has_more) {
        esp_tls_wait_until(wait, 0);
    }
    esp_tls_wait_until(wait, ms_until(c->silence_us));
    esp_tls_wait_until(wait, ms_until(c->deadline_us));
}

esp_err_t http_wire_wait(esp_http_client_handle_t c)
{
    esp_tls_wait_t wait;

    get_wait(c, &wait);
    return esp_tls_wait(&wait, -1) == ESP_OK ? ESP_OK : ESP_FAIL;
}

/* --- steps ------------------------------------------------------------------------------------------------ */

static esp_err_t begin_connect(esp_http_client_handle_t c)
{
    esp_err_t err = choose(c);

    if (err != ESP_OK) {
        return err;
    }
    if (c->connect_host != NULL && c->target.is_tls && c->cfg.common_name == NULL &&
        custom(c) == NULL) {
        esp_transport_ssl_set_common_name(c->transport, c->target.host);
    }
    session(c, false);
    silence_from_now(c, CONNECT_GRACE_MS);
    c->is_connecting = true;
    return ESP_OK;
}

static int connect_step(esp_http_client_handle_t c, const char *host, int port)
{
    return esp_transport_connect_async(c->transport, host, port, c->cfg.timeout_ms);
}

esp_err_t http_wire_connect(esp_http_client_handle_t c)
{
    esp_err_t err = c->is_connecting ? ESP_OK : begin_connect(c);
    int ret;

    if (err != ESP_OK) {
        return err;
    }
    c->wait_events = 0;
    if (http_proxy_takes_urls(c)) {
        ret = connect_step(c, http_proxy_host(c), http_proxy_port(c));
    } else if (c->connect_host != NULL) {
        ret = connect_step(c, c->connect_host, c->connect_port);
    } else {
        ret = connect_step(c, c->target.host, c->target.port);
    }
    if (ret == 0) {
        return http_wire_is_silent(c) ? ESP_ERR_HTTP_CONNECT : ESP_ERR_HTTP_EAGAIN;
    }
    c->is_connecting = false;
    if (ret != 1) {
        return ESP_ERR_HTTP_CONNECT;
    }
    c->is_open = true;
    c->is_reused = false;
    c->is_foreign = false;
    session(c, true);
    return ESP_OK;
}

esp_err_t http_wire_write(esp_http_client_handle_t c, const void *data, size_t len, size_t *taken)
{
    int n = esp_transport_write(c->transport, data, len < INT32_MAX ? (int)len : INT32_MAX, 0);

    *taken = n > 0 ? (size_t)n : 0;
    c->wait_events = ESP_TLS_WAIT_WRITE;
    if (n > 0) {
        http_wire_touch(c);
        return ESP_OK;
    }
    return n == 0 ? ESP_ERR_HTTP_EAGAIN : ESP_ERR_HTTP_WRITE_DATA;
}

esp_err_t http_wire_read(esp_http_client_handle_t c, void *data, size_t len, size_t *got)
{
    int n = esp_transport_read(c->transport, data, len < INT32_MAX ? (int)len : INT32_MAX, 0);

    *got = n > 0 ? (size_t)n : 0;
    c->wait_events = ESP_TLS_WAIT_READ;
    if (n > 0) {
        http_wire_touch(c);
        return ESP_OK;
    }
    if (n == 0) {
        return ESP_ERR_HTTP_EAGAIN;
    }
    return n == ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN ? ESP_ERR_HTTP_CONNECTION_CLOSED
                                                           : ESP_ERR_HTTP_FETCH_HEADER;
}

bool http_wire_has_pending(esp_http_client_handle_t c)
{
    esp_tls_wait_t wait;

    esp_tls_wait_init(&wait);
    add_wait(c, ESP_TLS_WAIT_READ, &wait);
    return wait.timeout_ms == 0;
}

bool http_wire_is_stale(esp_http_client_handle_t c)
{
    char byte;

    /* what comes unasked belongs to no response; mostly it is the end */
    return esp_transport_read(c->transport, &byte, 1, 0) != 0;
}

esp_tls_error_handle_t http_wire_error(esp_http_client_handle_t c)
{
    return esp_transport_get_error_handle(c->transport);
}

esp_err_t http_wire_close(esp_http_client_handle_t c)
{
    bool was_open = c->is_open;
    int ret;

    if (!was_open && !c->is_connecting) {
        return ESP_OK;
    }
    if (was_open) {
        session(c, true);
    }
    c->is_open = false;
    c->is_connecting = false;
    ret = esp_transport_close(c->transport);
    if (was_open) {
        http_event_tell(c, HTTP_EVENT_DISCONNECTED, http_wire_error(c), 0);
    }
    return ret == 0 ? ESP_OK : ESP_FAIL;
}

/* --- the calls --------------------------------------------------------------------------------------------- */

int esp_http_client_get_errno(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return -1;
    }
    return client->transport != NULL ? esp_transport_get_errno(client->transport) : 0;
}

esp_err_t esp_http_client_get_and_clear_last_tls_error(esp_http_client_handle_t client,
                                                       int *esp_tls_error_code, int *esp_tls_flags)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return esp_tls_get_and_clear_last_error(http_wire_error(client), esp_tls_error_code,
                                            esp_tls_flags);
}

int esp_http_client_get_socket(esp_http_client_handle_t client)
{
    return client != NULL && (client->is_open || client->is_connecting)
               ? esp_transport_get_socket(client->transport)
               : -1;
}

esp_transport_handle_t esp_http_client_get_transport(esp_http_client_handle_t client)
{
    return client != NULL ? client->transport : NULL;
}

void http_wire_forget_cancel(struct esp_http_client *c)
{
    bool was_cancelled;

    plat_mutex_lock(&c->lock);
    was_cancelled = plat_flag_get(&c->cancelled) != 0;
    plat_flag_set(&c->cancelled, 0);
    plat_mutex_unlock(&c->lock);
    if (was_cancelled && !c->is_open && !c->is_connecting) {
        (void)esp_transport_close(c->transport); /* it was told while nothing was open */
    }
}

esp_err_t esp_http_client_cancel(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    plat_mutex_lock(&client->lock);
    plat_flag_set(&client->cancelled, 1);
    (void)esp_transport_cancel(client->transport);
    plat_mutex_unlock(&client->lock);
    return ESP_OK;
}

esp_err_t esp_http_client_set_connect_to(esp_http_client_handle_t client, const char *host,
                                         int port)
{
    char *copy = NULL;

    if (client == NULL || (host != NULL && (host[0] == '\0' || !esp_http_is_field_value(host) ||
                                            port < 1 || port > UINT16_MAX))) {
        return ESP_ERR_INVALID_ARG;
    }
    if (client->depth > 0 || (client->phase != HTTP_IDLE && client->phase != HTTP_COMPLETE)) {
        return ESP_ERR_INVALID_STATE;
    }
    if (host != NULL) {
        copy = et_http_text_copy(host, strlen(host));
        if (copy == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    http_client_enter(client);
    (void)http_machine_close(client);
    http_wire_drop(client); /* the name was set for it */
    plat_free(client->connect_host);
    client->connect_host = copy;
    client->connect_port = port;
    return http_client_leave(client, ESP_OK);
}

esp_err_t esp_http_client_get_wait(esp_http_client_handle_t client, esp_tls_wait_t *wait)
{
    if (client == NULL || wait == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!client->is_waiting) {
        return ESP_ERR_INVALID_STATE;
    }
    get_wait(client, wait);
    return ESP_OK;
}
