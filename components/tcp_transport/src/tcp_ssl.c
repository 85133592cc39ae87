/* TCP and TLS: an esp-tls handle as a transport. Both have the same context, so a setter of one is
 * harmless, and effective where it means something, on the other. */
#include <string.h>

#include "esp_tls_stream.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "plat_heap.h"
#include "transport.h"

struct tls_transport {
    esp_tls_cfg_t cfg;
    esp_tls_t *tls; /* NULL: not connected; after a failure it holds the record */
    esp_transport_on_esp_tls_t on_handle; /* NULL: nobody wants to know */
    void *on_handle_arg;
    bool is_open;
    bool cancelled;  /* under the lock */
    plat_mutex lock; /* tls and cancelled, against a cancel from another thread */
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    esp_tls_client_session_t *session; /* saved */
#endif
};

/* --- what went wrong -------------------------------------------------------------------------- */

/** Take the handle's error over. @return -1 */
static int take_error(esp_transport_handle_t t)
{
    const struct tls_transport *c = t->data;
    esp_tls_error_handle_t h;
    esp_tls_record_t record;

    if (et_transport_has_failed(t)) {
        return -1; /* the first cause is kept */
    }
    if (esp_tls_get_error_handle(c->tls, &h) != ESP_OK ||
        esp_tls_get_record(c->tls, &record) != ESP_OK) {
        return et_transport_fail(t, ESP_FAIL, 0);
    }
    if (record.phase == ESP_TLS_PHASE_CONNECT && t->parent != NULL &&
        t->parent->error.last.last_error != ESP_OK) {
        /* the handle may know more, a certificate's flags for instance */
        return et_transport_fail_as_parent(t);
    }
    t->error.last = *h;
    if (t->error.last.last_error == ESP_OK) {
        t->error.last.last_error = record.esp_code != 0 ? record.esp_code : ESP_FAIL;
    }
    t->error.sys_errno = record.os_errno;
    t->sock_errno = record.os_errno;
    return -1;
}

/* --- the stream below, when it is another transport ------------------------------------------- */

static int below_connect(void *ctx, const char *host, size_t hostlen, int port)
{
    (void)hostlen; /* it ends in NUL */
    return et_transport_parent_connect(ctx, host, port);
}

static ssize_t below_read(void *ctx, void *data, size_t len)
{
    int ret = et_transport_parent_read(ctx, data, len < INT32_MAX ? (int)len : INT32_MAX);

    switch (ret) {
    case TRANSPORT_AGAIN:
        return ESP_TLS_ERR_SSL_WANT_READ;
    case ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN:
        return 0;
    default:
        return ret > 0 ? ret : -1;
    }
}

static ssize_t below_write(void *ctx, const void *data, size_t len)
{
    int ret = et_transport_parent_write(ctx, data, len < INT32_MAX ? (int)len : INT32_MAX);

    if (ret == TRANSPORT_AGAIN) {
        return ESP_TLS_ERR_SSL_WANT_WRITE;
    }
    return ret > 0 ? ret : -1;
}

static void below_wait(void *ctx, int events, esp_tls_wait_t *wait)
{
    et_transport_parent_wait(ctx, events, wait);
}

static esp_err_t below_error(void *ctx, int *sys_errno)
{
    const esp_transport_handle_t t = ctx;

    *sys_errno = t->parent->error.sys_errno;
    return t->parent->error.last.last_error;
}

static const esp_tls_stream_t below = {
    .connect = below_connect,
    .read = below_read,
    .write = below_write,
    .get_wait = below_wait,
    .get_error = below_error,
};

/* --- steps ------------------------------------------------------------------------------------ */

static void drop_handle(struct tls_transport *c)
{
    esp_tls_t *tls;

    plat_mutex_lock(&c->lock);
    tls = c->tls;
    c->tls = NULL;
    plat_mutex_unlock(&c->lock);
    c->is_open = false;
    if (tls != NULL) {
        (void)esp_tls_conn_destroy(tls);
    }
}

/** A new handle for a new connection. */
static bool take_handle(esp_transport_handle_t t)
{
    struct tls_transport *c = t->data;
    esp_tls_t *tls;

    drop_handle(c);
    tls = esp_tls_init();
    if (tls == NULL || (t->parent != NULL && esp_tls_set_stream(tls, &below, t) != ESP_OK)) {
        if (tls != NULL) {
            (void)esp_tls_conn_destroy(tls);
        }
        (void)et_transport_fail(t, ESP_ERR_NO_MEM, 0);
        return false;
    }
    if (c->on_handle != NULL) {
        c->on_handle(c->on_handle_arg, tls);
    }
    plat_mutex_lock(&c->lock);
    c->tls = tls;
    if (c->cancelled) {
        (void)esp_tls_conn_cancel(tls);
    }
    plat_mutex_unlock(&c->lock);
    return true;
}

static int step_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    struct tls_transport *c = t->data;
    int ret;

    if (host == NULL) {
        return et_transport_fail(t, ESP_ERR_INVALID_ARG, 0);
    }
    if (t->is_first_step || c->tls == NULL) {
        if (!take_handle(t)) {
            return -1;
        }
        c->cfg.timeout_ms = timeout_ms;
        c->cfg.non_block = true; /* of the handle; who waits is this transport's caller */
    }
    ret = esp_tls_conn_new_async(host, (int)strlen(host), port, &c->cfg, c->tls);
    c->is_open = ret == 1;
    return ret >= 0 ? ret : take_error(t);
}

static int step_read(esp_transport_handle_t t, char *buffer, int len)
{
    struct tls_transport *c = t->data;
    ssize_t ret;

    if (!c->is_open || buffer == NULL || len < 0) {
        (void)et_transport_fail(t, c->is_open ? ESP_ERR_INVALID_ARG : ESP_ERR_INVALID_STATE, 0);
        return ERR_TCP_TRANSPORT_CONNECTION_FAILED;
    }
    if (len == 0) {
        return 0;
    }
    ret = esp_tls_conn_read(c->tls, buffer, (size_t)len);
    if (ret > 0) {
        return (int)ret;
    }
    if (ret == ESP_TLS_ERR_SSL_WANT_READ || ret == ESP_TLS_ERR_SSL_WANT_WRITE) {
        return TRANSPORT_AGAIN;
    }
    if (ret == 0) {
        (void)et_transport_fail(t, ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, 0);
        return ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN;
    }
    (void)take_error(t);
    return ret < ERR_TCP_TRANSPORT_NO_MEM ? (int)ret : ERR_TCP_TRANSPORT_CONNECTION_FAILED;
}

static int step_write(esp_transport_handle_t t, const char *buffer, int len)
{
    struct tls_transport *c = t->data;
    ssize_t ret;

    if (!c->is_open || buffer == NULL || len < 0) {
        return et_transport_fail(t, c->is_open ? ESP_ERR_INVALID_ARG : ESP_ERR_INVALID_STATE, 0);
    }
    if (len == 0) {
        return 0;
    }
    ret = esp_tls_conn_write(c->tls, buffer, (size_t)len);
    if (ret > 0) {
        return (int)ret;
    }
    if (ret == ESP_TLS_ERR_SSL_WANT_READ || ret == ESP_TLS_ERR_SSL_WANT_WRITE) {
        return TRANSPORT_AGAIN;
    }
    (void)take_error(t);
    return ret < -1 && !c->cfg.is_plain_tcp ? (int)ret : -1;
}

static int step_pending(esp_transport_handle_t t)
{
    const struct tls_transport *c = t->data;
    ssize_t n = c->is_open ? esp_tls_get_bytes_avail(c->tls) : 0;

    return n > 0 ? (int)n : 0;
}

static void step_wait(esp_transport_handle_t t, int events, esp_tls_wait_t *wait)
{
    const struct tls_transport *c = t->data;
    esp_tls_wait_t list;

    if (c->tls != NULL && esp_tls_get_wait_for(c->tls, events, &list) == ESP_OK) {
        esp_tls_wait_merge(wait, &list);
    } else {
        esp_tls_wait_until(wait, 0); /* the next call fails at once */
    }
}

static int step_close(esp_transport_handle_t t)
{
    struct tls_transport *c = t->data;
    int ret = c->tls != NULL ? 0 : -1;

    drop_handle(c);
    plat_mutex_lock(&c->lock);
    c->cancelled = false;
    plat_mutex_unlock(&c->lock);
    return ret;
}

static void step_destroy(esp_transport_handle_t t)
{
    struct tls_transport *c = t->data;

#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    esp_tls_free_client_session(c->session);
#endif
    plat_mutex_clear(&c->lock);
    plat_free(c);
}

static int get_socket(esp_transport_handle_t t)
{
    const struct tls_transport *c = t->data;
    int fd = -1;

    if (t->parent != NULL) {
        return esp_transport_get_socket(t->parent);
    }
    if (c->tls != NULL) { /* connected or under way; a failed handle has none */
        (void)esp_tls_get_conn_sockfd(c->tls, &fd);
    }
    return fd;
}

static void cancel(esp_transport_handle_t t)
{
    struct tls_transport *c = t->data;

    plat_mutex_lock(&c->lock);
    c->cancelled = true;
    if (c->tls != NULL) {
        (void)esp_tls_conn_cancel(c->tls);
    }
    plat_mutex_unlock(&c->lock);
}

static esp_tls_t *get_esp_tls(esp_transport_handle_t t)
{
    return ((struct tls_transport *)t->data)->tls;
}

static const struct transport_ops ops = {
    .connect = step_connect,
    .read = step_read,
    .write = step_write,
    .pending = step_pending,
    .get_wait = step_wait,
    .close = step_close,
    .destroy = step_destroy,
    .get_socket = get_socket,
    .cancel = cancel,
    .get_esp_tls = get_esp_tls,
    .has_deadline = true,
};

/* --- making ----------------------------------------------------------------------------------- */

static struct tls_transport *context(esp_transport_handle_t t)
{
    return et_transport_context(t, &ops);
}

static esp_transport_handle_t tls_transport_new(bool is_plain_tcp)
{
    struct tls_transport *c = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*c));
    esp_transport_handle_t t;

    if (c == NULL) {
        return NULL;
    }
    if (plat_mutex_init(&c->lock) != 0) {
        plat_free(c);
        return NULL;
    }
    c->cfg.is_plain_tcp = is_plain_tcp;
    t = et_transport_new(&ops, c, NULL);
    if (t == NULL) {
        plat_mutex_clear(&c->lock);
        plat_free(c);
    }
    return t;
}

esp_transport_handle_t esp_transport_tcp_init(void)
{
    return tls_transport_new(true);
}

esp_transport_handle_t esp_transport_ssl_init(void)
{
    return tls_transport_new(false);
}

esp_err_t esp_transport_ssl_set_parent(esp_transport_handle_t t, esp_transport_handle_t parent)
{
    if (context(t) == NULL || parent == t) {
        return ESP_ERR_INVALID_ARG;
    }
    t->parent = parent;
    return ESP_OK;
}

esp_err_t esp_transport_on_esp_tls(esp_transport_handle_t t, esp_transport_on_esp_tls_t hook,
                                   void *arg)
{
    struct tls_transport *c = context(t);

    if (c == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    c->on_handle = hook;
    c->on_handle_arg = arg;
    return ESP_OK;
}

/* --- the configuration ------------------------------------------------------------------------ */

/* SET(t, field, value): in the configuration of a TLS or TCP transport; others are ignored. */
#define SET(t, field, value)                                                                       \
    do {                                                                                           \
        struct tls_transport *c_ = context(t);                                                     \
        if (c_ != NULL) {                                                                          \
            c_->cfg.field = (value);                                                               \
        }                                                                                          \
    } while (0)

static unsigned size_of(int len, unsigned more)
{
    return len > 0 ? (unsigned)len + more : 0;
}

static void set_ca(esp_transport_handle_t t, const char *data, unsigned size)
{
    SET(t, cacert_buf, (const unsigned char *)data);
    SET(t, cacert_bytes, size);
}

static void set_cert(esp_transport_handle_t t, const char *data, unsigned size)
{
    SET(t, clientcert_buf, (const unsigned char *)data);
    SET(t, clientcert_bytes, size);
}

static void set_key(esp_transport_handle_t t, const char *data, unsigned size)
{
    SET(t, clientkey_buf, (const unsigned char *)data);
    SET(t, clientkey_bytes, size);
}

void esp_transport_ssl_set_cert_data(esp_transport_handle_t t, const char *data, int len)
{
    set_ca(t, data, size_of(len, 1));
}

void esp_transport_ssl_set_cert_data_der(esp_transport_handle_t t, const char *data, int len)
{
    set_ca(t, data, size_of(len, 0));
}

void esp_transport_ssl_set_client_cert_data(esp_transport_handle_t t, const char *data, int len)
{
    set_cert(t, data, size_of(len, 1));
}

void esp_transport_ssl_set_client_cert_data_der(esp_transport_handle_t t, const char *data, int len)
{
    set_cert(t, data, size_of(len, 0));
}

void esp_transport_ssl_set_client_key_data(esp_transport_handle_t t, const char *data, int len)
{
    set_key(t, data, size_of(len, 1));
}

void esp_transport_ssl_set_client_key_data_der(esp_transport_handle_t t, const char *data, int len)
{
    set_key(t, data, size_of(len, 0));
}

void esp_transport_ssl_set_client_key_password(esp_transport_handle_t t, const char *password,
                                               int password_len)
{
    SET(t, clientkey_password, (const unsigned char *)password);
    SET(t, clientkey_password_len, size_of(password_len, 0));
}

#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
void esp_transport_ssl_crt_bundle_attach(esp_transport_handle_t t,
                                         esp_err_t((*crt_bundle_attach)(void *conf)))
{
    SET(t, crt_bundle_attach, crt_bundle_attach);
}
#endif

void esp_transport_ssl_enable_global_ca_store(esp_transport_handle_t t)
{
    SET(t, use_global_ca_store, true);
}

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
void esp_transport_ssl_set_esp_tls_dyn_buf_strategy(esp_transport_handle_t t,
                                                    esp_tls_dyn_buf_strategy_t strategy)
{
    SET(t, esp_tls_dyn_buf_strategy, strategy);
}
#endif

void esp_transport_ssl_set_tls_version(esp_transport_handle_t t, esp_tls_proto_ver_t tls_version)
{
    SET(t, tls_version, tls_version);
}

#ifdef CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
void esp_transport_ssl_set_client_key_ecdsa_peripheral(esp_transport_handle_t t,
                                                       uint8_t ecdsa_efuse_blk)
{
    SET(t, use_ecdsa_peripheral, true);
    SET(t, ecdsa_key_efuse_blk, ecdsa_efuse_blk);
}

#if defined(SOC_ECDSA_SUPPORT_CURVE_P384) && SOC_ECDSA_SUPPORT_CURVE_P384
void esp_transport_ssl_set_client_key_ecdsa_peripheral_extended(esp_transport_handle_t t,
                                                                uint8_t ecdsa_efuse_blk,
                                                                uint8_t ecdsa_efuse_blk_high)
{
    esp_transport_ssl_set_client_key_ecdsa_peripheral(t, ecdsa_efuse_blk);
    SET(t, ecdsa_key_efuse_blk_high, ecdsa_efuse_blk_high);
}
#endif

void esp_transport_ssl_set_ecdsa_curve(esp_transport_handle_t t, esp_tls_ecdsa_curve_t curve)
{
    SET(t, ecdsa_curve, curve);
}
#endif

#ifdef CONFIG_MBEDTLS_SSL_ALPN
void esp_transport_ssl_set_alpn_protocol(esp_transport_handle_t t, const char **alpn_protos)
{
    SET(t, alpn_protos, alpn_protos);
}
#endif

void esp_transport_ssl_skip_common_name_check(esp_transport_handle_t t)
{
    SET(t, skip_common_name, true);
}

void esp_transport_ssl_set_common_name(esp_transport_handle_t t, const char *common_name)
{
    SET(t, common_name, common_name);
}

void esp_transport_ssl_set_ciphersuites_list(esp_transport_handle_t t, const int *ciphersuites_list)
{
    SET(t, ciphersuites_list, ciphersuites_list);
}

void esp_transport_ssl_use_secure_element(esp_transport_handle_t t)
{
    SET(t, use_secure_element, true);
}

#ifdef CONFIG_ESP_TLS_USE_DS_PERIPHERAL
void esp_transport_ssl_set_ds_data(esp_transport_handle_t t, void *ds_data)
{
    SET(t, ds_data, ds_data);
}
#endif

void esp_transport_ssl_set_client_key_config(esp_transport_handle_t t,
                                             const esp_key_config_t *client_key)
{
    SET(t, client_key, client_key);
}

#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
void esp_transport_ssl_set_psk_key_hint(esp_transport_handle_t t,
                                        const psk_hint_key_t *psk_hint_key)
{
    SET(t, psk_hint_key, psk_hint_key);
}
#endif

_Static_assert(sizeof(esp_transport_keep_alive_t) == sizeof(tls_keep_alive_cfg_t),
               "one is handed on as the other");

void esp_transport_ssl_set_keep_alive(esp_transport_handle_t t,
                                      esp_transport_keep_alive_t *keep_alive_cfg)
{
    SET(t, keep_alive_cfg, (tls_keep_alive_cfg_t *)(void *)keep_alive_cfg);
}

void esp_transport_tcp_set_keep_alive(esp_transport_handle_t t,
                                      esp_transport_keep_alive_t *keep_alive_cfg)
{
    esp_transport_ssl_set_keep_alive(t, keep_alive_cfg);
}

void esp_transport_ssl_set_interface_name(esp_transport_handle_t t, struct ifreq *if_name)
{
    SET(t, if_name, if_name);
}

void esp_transport_tcp_set_interface_name(esp_transport_handle_t t, struct ifreq *if_name)
{
    SET(t, if_name, if_name);
}

void esp_transport_ssl_set_addr_family(esp_transport_handle_t t, esp_tls_addr_family_t addr_family)
{
    SET(t, addr_family, addr_family);
}

/* --- sessions --------------------------------------------------------------------------------- */

#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
esp_err_t
esp_transport_ssl_session_ticket_operation(esp_transport_handle_t t,
                                           esp_transport_session_ticket_operation_t operation)
{
    struct tls_transport *c = context(t);

    if (c == NULL) {
        return ESP_FAIL;
    }
    switch (operation) {
    case ESP_TRANSPORT_SESSION_TICKET_INIT:
        return ESP_OK;
    case ESP_TRANSPORT_SESSION_TICKET_USE:
        c->cfg.client_session = c->session;
        return c->session != NULL ? ESP_OK : ESP_ERR_INVALID_STATE;
    case ESP_TRANSPORT_SESSION_TICKET_SAVE:
    case ESP_TRANSPORT_SESSION_TICKET_FREE:
        if (c->cfg.client_session == c->session) {
            c->cfg.client_session = NULL; /* a session that is being freed is never handed out */
        }
        esp_tls_free_client_session(c->session);
        c->session = NULL;
        if (operation == ESP_TRANSPORT_SESSION_TICKET_SAVE && c->is_open) {
            c->session = esp_tls_get_client_session(c->tls);
        }
        return ESP_OK;
    }
    return ESP_ERR_INVALID_ARG;
}
#endif
