/* The connection: which transports, reading, writing, waiting. */
#include <string.h>

#include "esp_log.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "plat_clock.h"
#include "plat_heap.h"
#include "plat_lock.h"
#include "wire.h"

/** The transport's own deadline of the connect says more than ours: it may come first. */
#define CONNECT_GRACE_MS 100

#define KEEP_ALIVE_IDLE  5
#define KEEP_ALIVE_EACH  5
#define KEEP_ALIVE_COUNT 3

#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_HTTPS
#define HTTP_HAS_TLS true
#else
#define HTTP_HAS_TLS false
#endif

struct http_wire {
    const esp_http_client_config_t *cfg;
    esp_transport_handle_t transport; /* the topmost; cfg->transport, or own */
    struct http_proxy *proxy;         /* NULL: none */
    char *detour_host;                /* NULL: to where the route leads */
    int detour_port;
    int deadline_ms;       /* 0: none */
    uint64_t silence_us;   /* when the silence is too long; PLAT_NEVER */
    uint64_t deadline_us;  /* of the request; PLAT_NEVER */
    struct ifreq *if_name; /* owned; NULL: any */
    esp_http_client_on_transport_t hook;
    void *hook_arg;
    esp_transport_keep_alive_t keep_alive;
    plat_flag cancelled;
    bool transport_is_tls;
    bool is_open;
    bool is_connecting;
    bool identity_missed; /* of the last connection: esp_tls_record_t */
    uint8_t wait_events;  /* what the last EAGAIN waits for; 0: the connect */
    plat_mutex lock;      /* the transport, against a cancel of another thread */
};

/* --- which transport -------------------------------------------------------------------------- */

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
        ESP_LOGE("HTTP_CLIENT", "crt_bundle_attach is not supported by this build");
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

/** Give a new transport what the configuration says of the connection below TLS. */
static void set_link(struct http_wire *w, esp_transport_handle_t t)
{
    const esp_http_client_addr_type_t type = w->cfg->addr_type;

    esp_transport_ssl_set_addr_family(t, type == HTTP_ADDR_TYPE_INET    ? ESP_TLS_AF_INET
                                         : type == HTTP_ADDR_TYPE_INET6 ? ESP_TLS_AF_INET6
                                                                        : ESP_TLS_AF_UNSPEC);
    if (w->cfg->keep_alive_enable) {
        esp_transport_ssl_set_keep_alive(t, &w->keep_alive);
    }
    if (w->if_name != NULL) {
        esp_transport_ssl_set_interface_name(t, w->if_name);
    }
}

static esp_transport_handle_t custom_transport(const struct http_wire *w)
{
#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_CUSTOM_TRANSPORT
    return w->cfg->transport;
#else
    (void)w;
    return NULL;
#endif
}

static void replace_transport(struct http_wire *w, esp_transport_handle_t t)
{
    esp_transport_handle_t old;

    plat_mutex_lock(&w->lock);
    old = w->transport;
    w->transport = t;
    plat_mutex_unlock(&w->lock);
    if (old != NULL && old != custom_transport(w) && old != t) {
        (void)esp_transport_destroy(old);
    }
}

void et_http_wire_drop(struct http_wire *w)
{
    replace_transport(w, NULL);
    if (w->proxy != NULL) {
        et_http_proxy_drop(w->proxy);
    }
}

/** The proxy's tunnel. */
static esp_err_t open_tunnel(struct http_wire *w, esp_transport_handle_t *tunnel)
{
    esp_transport_handle_t base = esp_transport_tcp_init();

    if (base == NULL) {
        return ESP_ERR_NO_MEM;
    }
    set_link(w, base);
    return et_http_proxy_open(w->proxy, base, tunnel);
}

/** TCP, TLS, or either through a proxy. */
static esp_err_t make_transport(struct http_wire *w, bool is_tls, esp_transport_handle_t *made)
{
    esp_transport_handle_t below = NULL;
    esp_transport_handle_t t;

    if (w->proxy != NULL && et_http_proxy_makes_tunnel(w->proxy, is_tls)) {
        esp_err_t err = open_tunnel(w, &below);

        if (err != ESP_OK) {
            return err;
        }
    }
    t = is_tls ? esp_transport_ssl_init() : esp_transport_tcp_init();
    if (t == NULL) {
        return ESP_ERR_NO_MEM;
    }
    set_link(w, t);
    if (is_tls) {
        set_tls(t, w->cfg);
    }
    if (below != NULL) {
        (void)esp_transport_ssl_set_parent(t, below);
    }
    *made = t;
    return ESP_OK;
}

/** The transport for the target's scheme: at every connect anew. */
static esp_err_t choose_transport(struct http_wire *w, bool is_tls)
{
    esp_transport_handle_t t = custom_transport(w);
    esp_err_t err;

    if (t != NULL) {
        replace_transport(w, t);
        return ESP_OK;
    }
    if (w->transport != NULL && w->transport_is_tls == is_tls) {
        return ESP_OK;
    }
    if (is_tls && !HTTP_HAS_TLS) {
        return ESP_ERR_HTTP_INVALID_TRANSPORT;
    }
    et_http_wire_drop(w);
    err = make_transport(w, is_tls, &t);
    if (err != ESP_OK) {
        return err;
    }
    if (w->hook != NULL) {
        w->hook(w->hook_arg, t, is_tls);
    }
    replace_transport(w, t);
    w->transport_is_tls = is_tls;
    return ESP_OK;
}

/* --- sessions --------------------------------------------------------------------------------- */

static void keep_session(struct http_wire *w, bool is_saved)
{
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    if (w->cfg->save_client_session && w->transport_is_tls && custom_transport(w) == NULL) {
        (void)esp_transport_ssl_session_ticket_operation(
            w->transport,
            is_saved ? ESP_TRANSPORT_SESSION_TICKET_SAVE : ESP_TRANSPORT_SESSION_TICKET_USE);
    }
#else
    (void)w;
    (void)is_saved;
#endif
}

/* --- time ------------------------------------------------------------------------------------- */

static void silence_from_now(struct http_wire *w, int grace_ms)
{
    w->silence_us = plat_clock_us() + ((uint64_t)w->cfg->timeout_ms + (unsigned)grace_ms) * 1000;
}

void et_http_wire_touch(struct http_wire *w)
{
    silence_from_now(w, 0);
}

bool et_http_wire_is_silent(const struct http_wire *w)
{
    return plat_clock_us() >= w->silence_us;
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
static void add_wait(struct http_wire *w, int event, esp_tls_wait_t *wait)
{
    esp_tls_wait_t list;

    if (w->transport != NULL && esp_transport_get_wait(w->transport, event, &list) == ESP_OK) {
        esp_tls_wait_merge(wait, &list);
    }
}

void et_http_wire_get_wait(struct http_wire *w, esp_tls_wait_t *wait)
{
    static const uint8_t each[] = {0, ESP_TLS_WAIT_READ, ESP_TLS_WAIT_WRITE};
    size_t i;

    esp_tls_wait_init(wait);
    for (i = 0; i < sizeof(each); i++) {
        if (each[i] == w->wait_events || (each[i] & w->wait_events) != 0) {
            add_wait(w, each[i], wait);
        }
    }
    esp_tls_wait_until(wait,
                       ms_until(w->silence_us < w->deadline_us ? w->silence_us : w->deadline_us));
}

esp_err_t et_http_wire_wait(struct http_wire *w)
{
    esp_tls_wait_t wait;

    et_http_wire_get_wait(w, &wait);
    return esp_tls_wait(&wait, -1) == ESP_OK ? ESP_OK : ESP_FAIL;
}

void et_http_wire_await_answer(struct http_wire *w)
{
    w->wait_events = ESP_TLS_WAIT_READ;
}

void et_http_wire_await_both(struct http_wire *w)
{
    w->wait_events = ESP_TLS_WAIT_READ | ESP_TLS_WAIT_WRITE;
}

void et_http_wire_set_deadline(struct http_wire *w, int ms)
{
    w->deadline_ms = ms;
}

void et_http_wire_begin_request(struct http_wire *w)
{
    w->deadline_us =
        w->deadline_ms > 0 ? plat_clock_us() + (uint64_t)w->deadline_ms * 1000 : PLAT_NEVER;
}

/* --- cancelling ------------------------------------------------------------------------------- */

esp_err_t et_http_wire_interrupted(const struct http_wire *w)
{
    if (plat_flag_get(&w->cancelled)) {
        return ESP_ERR_NOT_FINISHED;
    }
    return w->deadline_us != PLAT_NEVER && plat_clock_us() >= w->deadline_us ? ESP_ERR_TIMEOUT
                                                                             : ESP_OK;
}

void et_http_wire_cancel(struct http_wire *w)
{
    plat_mutex_lock(&w->lock);
    plat_flag_set(&w->cancelled, 1);
    (void)esp_transport_cancel(w->transport);
    plat_mutex_unlock(&w->lock);
}

void et_http_wire_forget_cancel(struct http_wire *w)
{
    bool was_cancelled;

    plat_mutex_lock(&w->lock);
    was_cancelled = plat_flag_get(&w->cancelled) != 0;
    plat_flag_set(&w->cancelled, 0);
    plat_mutex_unlock(&w->lock);
    if (was_cancelled && !w->is_open && !w->is_connecting) {
        (void)esp_transport_close(w->transport); /* it was told while nothing was open */
    }
}

/* --- steps ------------------------------------------------------------------------------------ */

static esp_err_t begin_connect(struct http_wire *w, const struct http_route *to)
{
    esp_err_t err = choose_transport(w, to->is_tls);

    if (err != ESP_OK) {
        return err;
    }
    if (w->detour_host != NULL && to->is_tls && w->cfg->common_name == NULL &&
        custom_transport(w) == NULL) {
        esp_transport_ssl_set_common_name(w->transport, to->host);
    }
    keep_session(w, false);
    silence_from_now(w, CONNECT_GRACE_MS);
    w->identity_missed = false;
    w->is_connecting = true;
    return ESP_OK;
}

/** The answer may end the connection, and be read when nobody can ask it any more. */
static void note_identity(struct http_wire *w)
{
    esp_tls_record_t record;

    if (esp_tls_get_record(esp_transport_get_esp_tls(w->transport), &record) == ESP_OK) {
        w->identity_missed = record.identity_missed;
    }
}

/** Where the topmost transport connects to. */
static void find_route(const struct http_wire *w, struct http_route *to)
{
    if (et_http_wire_takes_urls(w, to->is_tls)) {
        et_http_proxy_route(w->proxy, to);
    } else if (w->detour_host != NULL) {
        to->host = w->detour_host;
        to->port = w->detour_port;
    }
}

esp_err_t et_http_wire_connect(struct http_wire *w, const struct http_route *to)
{
    esp_err_t err = w->is_connecting ? ESP_OK : begin_connect(w, to);
    struct http_route real = *to;
    int ret;

    if (err != ESP_OK) {
        return err;
    }
    w->wait_events = 0;
    find_route(w, &real);
    ret = esp_transport_connect_async(w->transport, real.host, real.port, w->cfg->timeout_ms);
    if (ret == 0) {
        return et_http_wire_is_silent(w) ? ESP_ERR_HTTP_CONNECT : ESP_ERR_HTTP_EAGAIN;
    }
    w->is_connecting = false;
    if (ret != 1) {
        return ESP_ERR_HTTP_CONNECT;
    }
    w->is_open = true;
    note_identity(w);
    keep_session(w, true);
    return ESP_OK;
}

esp_err_t et_http_wire_write(struct http_wire *w, const void *data, size_t len, size_t *taken)
{
    int n = esp_transport_write(w->transport, data, len < INT32_MAX ? (int)len : INT32_MAX, 0);

    *taken = n > 0 ? (size_t)n : 0;
    w->wait_events = ESP_TLS_WAIT_WRITE;
    if (n > 0) {
        et_http_wire_touch(w);
        return ESP_OK;
    }
    return n == 0 ? ESP_ERR_HTTP_EAGAIN : ESP_ERR_HTTP_WRITE_DATA;
}

esp_err_t et_http_wire_read(struct http_wire *w, void *data, size_t len, size_t *got)
{
    int n = esp_transport_read(w->transport, data, len < INT32_MAX ? (int)len : INT32_MAX, 0);

    *got = n > 0 ? (size_t)n : 0;
    w->wait_events = ESP_TLS_WAIT_READ;
    if (n > 0) {
        et_http_wire_touch(w);
        return ESP_OK;
    }
    if (n == 0) {
        return ESP_ERR_HTTP_EAGAIN;
    }
    return n == ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN ? ESP_ERR_HTTP_CONNECTION_CLOSED
                                                           : ESP_ERR_HTTP_FETCH_HEADER;
}

bool et_http_wire_has_pending(struct http_wire *w)
{
    esp_tls_wait_t wait;

    esp_tls_wait_init(&wait);
    add_wait(w, ESP_TLS_WAIT_READ, &wait);
    return wait.timeout_ms == 0;
}

bool et_http_wire_is_stale(struct http_wire *w)
{
    char byte;

    /* what comes unasked belongs to no response; mostly it is the end */
    return esp_transport_read(w->transport, &byte, 1, 0) != 0;
}

esp_err_t et_http_wire_close(struct http_wire *w)
{
    if (!w->is_open && !w->is_connecting) {
        return ESP_OK;
    }
    if (w->is_open) {
        keep_session(w, true);
    }
    w->is_open = false;
    w->is_connecting = false;
    return esp_transport_close(w->transport) == 0 ? ESP_OK : ESP_FAIL;
}

/* --- what it is ------------------------------------------------------------------------------- */

bool et_http_wire_is_open(const struct http_wire *w)
{
    return w->is_open;
}

bool et_http_wire_identity_missed(const struct http_wire *w)
{
    return w->identity_missed;
}

bool et_http_wire_is_connecting(const struct http_wire *w)
{
    return w->is_connecting;
}

esp_transport_handle_t et_http_wire_transport(const struct http_wire *w)
{
    return w->transport;
}

esp_tls_error_handle_t et_http_wire_error(const struct http_wire *w)
{
    return esp_transport_get_error_handle(w->transport);
}

bool et_http_wire_takes_urls(const struct http_wire *w, bool is_tls)
{
    return w->proxy != NULL && !et_http_proxy_makes_tunnel(w->proxy, is_tls);
}

bool et_http_wire_proxy_login(const struct http_wire *w, bool is_tls, const char **username,
                              const char **password)
{
    return et_http_wire_takes_urls(w, is_tls) && et_http_proxy_login(w->proxy, username, password);
}

/* --- life, and what is set -------------------------------------------------------------------- */

static int or_default(int value, int otherwise)
{
    return value > 0 ? value : otherwise;
}

size_t et_http_wire_size(void)
{
    return sizeof(struct http_wire);
}

esp_err_t et_http_wire_init(struct http_wire *w, const esp_http_client_config_t *cfg)
{
    w->cfg = cfg;
    w->silence_us = PLAT_NEVER;
    w->deadline_us = PLAT_NEVER;
    w->keep_alive = (esp_transport_keep_alive_t){
        .keep_alive_enable = cfg->keep_alive_enable,
        .keep_alive_idle = or_default(cfg->keep_alive_idle, KEEP_ALIVE_IDLE),
        .keep_alive_interval = or_default(cfg->keep_alive_interval, KEEP_ALIVE_EACH),
        .keep_alive_count = or_default(cfg->keep_alive_count, KEEP_ALIVE_COUNT)};
    return plat_mutex_init(&w->lock) == 0 ? ESP_OK : ESP_ERR_NO_MEM;
}

void et_http_wire_take_interface(struct http_wire *w, struct ifreq *if_name)
{
    w->if_name = if_name;
}

void et_http_wire_clear(struct http_wire *w)
{
    et_http_wire_drop(w);
    et_http_proxy_free(w->proxy);
    plat_mutex_clear(&w->lock);
    plat_free(w->if_name);
    plat_free(w->detour_host);
}

void et_http_wire_take_detour(struct http_wire *w, char *host, int port)
{
    plat_free(w->detour_host);
    w->detour_host = host;
    w->detour_port = port;
}

void et_http_wire_take_proxy(struct http_wire *w, struct http_proxy *proxy)
{
    et_http_proxy_free(w->proxy);
    w->proxy = proxy;
}

void et_http_wire_set_hook(struct http_wire *w, esp_http_client_on_transport_t hook, void *arg)
{
    w->hook = hook;
    w->hook_arg = arg;
}
