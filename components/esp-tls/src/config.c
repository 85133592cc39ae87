/* From esp_tls_cfg_t to a configured stack: which option wins, what contradicts what, and what
 * this build cannot do. All of it happens before anything is sent. */
#include <string.h>

#include "conn.h"
#include "esp_key_config.h"
#include "esp_log.h"
#include "trust.h"

static const char TAG[] = "esp-tls";

/* --- the peer's name ---------------------------------------------------------------------- */

static tls_status set_name(struct esp_tls *c, const char *host, size_t len,
                           const esp_tls_cfg_t *cfg)
{
    struct stack_name name = {.insecure_skip = cfg->skip_common_name};
    struct plat_addr ip;
    char *copy;
    tls_status st;

    if (cfg->common_name != NULL) {
        host = cfg->common_name;
        len = strlen(host);
    }
    name.is_ip = plat_addr_parse(host, len, &ip);
    if (!name.is_ip && len > 1 && host[len - 1] == '.') {
        len--; /* RFC 6066 section 3: the SNI name has no trailing dot */
    }
    copy = plat_alloc(&c->account, PLAT_MEM_CONNECTION, len + 1);
    if (copy == NULL) {
        return error_set(&c->err, TLS_NO_MEM, 0, 0, 0);
    }
    memcpy(copy, host, len);
    name.name = copy;
    if (name.insecure_skip) {
        ESP_LOGW(TAG, "skip_common_name: the certificate's name is not compared with %s", copy);
    }
    st = c->stack->set_name(c->tls, &name);
    plat_free(copy);
    return st;
}

static tls_status set_alpn(struct esp_tls *c, const esp_tls_cfg_t *cfg)
{
    if (cfg->alpn_protos == NULL) {
        return TLS_OK;
    }
#ifdef CONFIG_MBEDTLS_SSL_ALPN
    return c->stack->set_alpn(c->tls, cfg->alpn_protos);
#else
    return error_option(&c->err, TLS_INVALID_STATE, 0, "alpn_protos");
#endif
}

static tls_status check_session(struct esp_tls *c, const esp_tls_cfg_t *cfg)
{
    (void)c;
    (void)cfg;
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    if (cfg->client_session != NULL) {
        return error_option(&c->err, TLS_NOT_SUPPORTED, 0, "client_session");
    }
#endif
    return TLS_OK;
}

/* --- own certificate and key ----------------------------------------------------------------- */

static tls_status identity_from_buffer(struct esp_tls *c, const esp_tls_cfg_t *cfg,
                                       struct stack_identity *id)
{
    const esp_key_config_t *key = cfg->client_key;

    if (cfg->clientcert_buf == NULL) {
        return error_option(&c->err, TLS_INVALID_ARG, 0, "clientcert_buf");
    }
    if (key->buffer.data == NULL || key->buffer.len == 0) {
        return error_option(&c->err, TLS_INVALID_ARG, 0, "client_key");
    }
    id->key = key->buffer.data;
    id->key_len = key->buffer.len;
    id->password = (const uint8_t *)key->buffer.password;
    id->password_len = key->buffer.password_len;
    return TLS_OK;
}

static tls_status identity_from_psa(struct esp_tls *c, const esp_tls_cfg_t *cfg,
                                    struct stack_identity *id)
{
    if (cfg->clientcert_buf == NULL) {
        return error_option(&c->err, TLS_INVALID_ARG, 0, "clientcert_buf");
    }
    id->psa_key_id = cfg->client_key->psa.key_id;
    return TLS_OK;
}

/** Keys that live in hardware which is not here: refused, never replaced by something less. */
static tls_status refuse_hardware(struct esp_tls *c, const esp_tls_cfg_t *cfg)
{
    if (cfg->ds_data != NULL && cfg->clientcert_buf == NULL) {
        return error_option(&c->err, TLS_INVALID_STATE, 0, "clientcert_buf");
    }
    return error_option(&c->err, TLS_NOT_SUPPORTED, 0,
                        cfg->ds_data != NULL ? "ds_data" : "use_ecdsa_peripheral");
}

static tls_status identity_from_cfg(struct esp_tls *c, const esp_tls_cfg_t *cfg,
                                    struct stack_identity *id)
{
    if (cfg->clientkey_buf == NULL) {
        c->err.option = "clientkey_buf";
        return error_set(&c->err, TLS_INVALID_STATE, 0, 0, STACK_KEY_REQUIRED);
    }
    if (cfg->clientcert_buf == NULL) {
        return error_option(&c->err, TLS_INVALID_STATE, 0, "clientcert_buf");
    }
    id->key = cfg->clientkey_buf;
    id->key_len = cfg->clientkey_bytes;
    id->password = cfg->clientkey_password;
    id->password_len = cfg->clientkey_password_len;
    return TLS_OK;
}

static tls_status set_identity(struct esp_tls *c, const esp_tls_cfg_t *cfg)
{
    struct stack_identity id = {.cert = cfg->clientcert_buf, .cert_len = cfg->clientcert_bytes};
    esp_key_source_t source =
        cfg->client_key != NULL ? cfg->client_key->source : ESP_KEY_SOURCE_NONE;
    tls_status st;

    if (source == ESP_KEY_SOURCE_BUFFER) {
        st = identity_from_buffer(c, cfg, &id);
    } else if (source == ESP_KEY_SOURCE_PSA) {
        st = identity_from_psa(c, cfg, &id);
    } else if (cfg->ds_data != NULL || cfg->use_ecdsa_peripheral) {
        st = refuse_hardware(c, cfg);
    } else if (cfg->clientcert_buf != NULL || cfg->clientkey_buf != NULL) {
        st = identity_from_cfg(c, cfg, &id);
    } else {
        return TLS_OK;
    }
    return st == TLS_OK ? c->stack->set_identity(c->tls, &id) : st;
}

/* --- protocol ----------------------------------------------------------------------------------
 */

static tls_status set_ciphersuites(struct esp_tls *c, const esp_tls_cfg_t *cfg)
{
    if (cfg->ciphersuites_list == NULL || cfg->ciphersuites_list[0] == 0) {
        return TLS_OK;
    }
    return c->stack->set_ciphersuites(c->tls, cfg->ciphersuites_list);
}

static tls_status set_version(struct esp_tls *c, const esp_tls_cfg_t *cfg)
{
    switch (cfg->tls_version) {
    case ESP_TLS_VER_ANY:
        return c->stack->set_version(c->tls, STACK_TLS_ANY);
    case ESP_TLS_VER_TLS_1_2:
        return c->stack->set_version(c->tls, STACK_TLS_1_2);
    case ESP_TLS_VER_TLS_1_3:
        return c->stack->set_version(c->tls, STACK_TLS_1_3);
    case ESP_TLS_VER_TLS_MAX:
        break;
    }
    return error_option(&c->err, TLS_INVALID_ARG, 0, "tls_version");
}

static tls_status set_trust(struct esp_tls *c, const esp_tls_cfg_t *cfg)
{
    return trust_configure(c->stack, c->tls, &c->err, cfg);
}

static tls_status check_secure_element(struct esp_tls *c, const esp_tls_cfg_t *cfg)
{
    return cfg->use_secure_element
               ? error_option(&c->err, TLS_NOT_SUPPORTED, 0, "use_secure_element")
               : TLS_OK;
}

/** ESP-IDF's order of checks after the name. */
static tls_status (*const steps[])(struct esp_tls *c, const esp_tls_cfg_t *cfg) = {
    set_alpn,     check_session,    set_trust,   check_secure_element,
    set_identity, set_ciphersuites, set_version,
};

tls_status config_apply(struct esp_tls *c, const char *host, size_t len, const esp_tls_cfg_t *cfg)
{
    struct stack_io io = {.buffers = c->buffers,
                          .link = c->link,
                          .err = &c->err,
                          .account = &c->account,
                          .onlooker = &c->onlooker};
    tls_status st;

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    io.buffers.rx_static = cfg->esp_tls_dyn_buf_strategy == ESP_TLS_DYN_BUF_RX_STATIC;
#endif
    c->stack = &stack_mbedtls;
    c->tls = plat_alloc(&c->account, PLAT_MEM_CONNECTION, c->stack->context_size);
    if (c->tls == NULL) {
        return error_set(&c->err, TLS_NO_MEM, 0, 0, 0);
    }
    st = c->stack->init(c->tls, &io);
    if (st == TLS_OK) {
        st = set_name(c, host, len, cfg);
    }
    for (size_t i = 0; st == TLS_OK && i < sizeof(steps) / sizeof(steps[0]); i++) {
        st = steps[i](c, cfg);
    }
    if (st == TLS_OK) {
        conn_debug(c);
        st = c->stack->start(c->tls);
    }
    if (st == TLS_OK) {
        conn_trace_attach(c);
    }
    return st;
}

tls_status config_tcp(struct tls_error *err, const esp_tls_cfg_t *cfg, struct tcp_options *options)
{
    static const uint8_t family[] = {
        [ESP_TLS_AF_UNSPEC] = PLAT_AF_ANY,
        [ESP_TLS_AF_INET] = PLAT_AF_INET,
        [ESP_TLS_AF_INET6] = PLAT_AF_INET6,
    };

    if (cfg == NULL) {
        return TLS_OK;
    }
    if ((unsigned)cfg->addr_family >= sizeof(family)) {
        return error_option(err, TLS_INVALID_ARG, ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY,
                            "addr_family");
    }
    options->family = family[cfg->addr_family];
    options->keep_alive = cfg->keep_alive_cfg;
    options->device = cfg->if_name != NULL ? plat_ifreq_name(cfg->if_name) : NULL;
    return TLS_OK;
}
