/* From esp_tls_cfg_t to a configured stack: which option wins, what contradicts what, and what
 * this build cannot do. All of it happens before anything is sent. */
#include "config.h"

#include <string.h>

#include "esp_key_config.h"
#include "esp_log.h"
#include "trust.h"

static const char TAG[] = "esp-tls";

/** The stack that is set up. */
struct setup {
    const struct tls_stack *stack;
    void *ctx;
    const struct stack_io *io;
};

/* --- the peer's name ---------------------------------------------------------------------- */

static tls_status set_name(struct setup *s, const char *host, size_t len, const esp_tls_cfg_t *cfg)
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
    copy = plat_alloc(s->io->account, PLAT_MEM_CONNECTION, len + 1);
    if (copy == NULL) {
        return et_error_set(s->io->err, TLS_NO_MEM, 0, 0, 0);
    }
    memcpy(copy, host, len);
    name.name = copy;
    if (name.insecure_skip) {
        ESP_LOGW(TAG, "skip_common_name: the certificate's name is not compared with %s", copy);
    }
    st = s->stack->set_name(s->ctx, &name);
    plat_free(copy);
    return st;
}

static tls_status set_alpn(struct setup *s, const esp_tls_cfg_t *cfg)
{
    if (cfg->alpn_protos == NULL) {
        return TLS_OK;
    }
#ifdef CONFIG_MBEDTLS_SSL_ALPN
    return s->stack->set_alpn(s->ctx, cfg->alpn_protos);
#else
    return et_error_option(s->io->err, TLS_INVALID_STATE, 0, "alpn_protos");
#endif
}

static tls_status check_session(struct setup *s, const esp_tls_cfg_t *cfg)
{
    (void)s;
    (void)cfg;
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    if (cfg->client_session != NULL) {
        return et_error_option(s->io->err, TLS_NOT_SUPPORTED, 0, "client_session");
    }
#endif
    return TLS_OK;
}

/* --- own certificate and key ----------------------------------------------------------------- */

static tls_status identity_from_buffer(struct setup *s, const esp_tls_cfg_t *cfg,
                                       struct stack_identity *id)
{
    const esp_key_config_t *key = cfg->client_key;

    if (cfg->clientcert_buf == NULL) {
        return et_error_option(s->io->err, TLS_INVALID_ARG, 0, "clientcert_buf");
    }
    if (key->buffer.data == NULL || key->buffer.len == 0) {
        return et_error_option(s->io->err, TLS_INVALID_ARG, 0, "client_key");
    }
    id->key = key->buffer.data;
    id->key_len = key->buffer.len;
    id->password = (const uint8_t *)key->buffer.password;
    id->password_len = key->buffer.password_len;
    return TLS_OK;
}

static tls_status identity_from_psa(struct setup *s, const esp_tls_cfg_t *cfg,
                                    struct stack_identity *id)
{
    if (cfg->clientcert_buf == NULL) {
        return et_error_option(s->io->err, TLS_INVALID_ARG, 0, "clientcert_buf");
    }
    id->psa_key_id = cfg->client_key->psa.key_id;
    return TLS_OK;
}

/** Keys that live in hardware which is not here: refused, never replaced by something less. */
static tls_status refuse_hardware(struct setup *s, const esp_tls_cfg_t *cfg)
{
    if (cfg->ds_data != NULL && cfg->clientcert_buf == NULL) {
        return et_error_option(s->io->err, TLS_INVALID_STATE, 0, "clientcert_buf");
    }
    return et_error_option(s->io->err, TLS_NOT_SUPPORTED, 0,
                           cfg->ds_data != NULL ? "ds_data" : "use_ecdsa_peripheral");
}

static tls_status identity_from_cfg(struct setup *s, const esp_tls_cfg_t *cfg,
                                    struct stack_identity *id)
{
    if (cfg->clientkey_buf == NULL) {
        s->io->err->option = "clientkey_buf";
        return et_error_set(s->io->err, TLS_INVALID_STATE, 0, 0, STACK_KEY_REQUIRED);
    }
    if (cfg->clientcert_buf == NULL) {
        return et_error_option(s->io->err, TLS_INVALID_STATE, 0, "clientcert_buf");
    }
    id->key = cfg->clientkey_buf;
    id->key_len = cfg->clientkey_bytes;
    id->password = cfg->clientkey_password;
    id->password_len = cfg->clientkey_password_len;
    return TLS_OK;
}

static tls_status set_identity(struct setup *s, const esp_tls_cfg_t *cfg)
{
    struct stack_identity id = {.cert = cfg->clientcert_buf, .cert_len = cfg->clientcert_bytes};
    esp_key_source_t source =
        cfg->client_key != NULL ? cfg->client_key->source : ESP_KEY_SOURCE_NONE;
    tls_status st;

    if (source == ESP_KEY_SOURCE_BUFFER) {
        st = identity_from_buffer(s, cfg, &id);
    } else if (source == ESP_KEY_SOURCE_PSA) {
        st = identity_from_psa(s, cfg, &id);
    } else if (cfg->ds_data != NULL || cfg->use_ecdsa_peripheral) {
        st = refuse_hardware(s, cfg);
    } else if (cfg->clientcert_buf != NULL || cfg->clientkey_buf != NULL) {
        st = identity_from_cfg(s, cfg, &id);
    } else {
        return TLS_OK;
    }
    return st == TLS_OK ? s->stack->set_identity(s->ctx, &id) : st;
}

/* --- protocol ----------------------------------------------------------------------------------
 */

static tls_status set_ciphersuites(struct setup *s, const esp_tls_cfg_t *cfg)
{
    if (cfg->ciphersuites_list == NULL || cfg->ciphersuites_list[0] == 0) {
        return TLS_OK;
    }
    return s->stack->set_ciphersuites(s->ctx, cfg->ciphersuites_list);
}

static tls_status set_version(struct setup *s, const esp_tls_cfg_t *cfg)
{
    switch (cfg->tls_version) {
    case ESP_TLS_VER_ANY:
        return s->stack->set_version(s->ctx, STACK_TLS_ANY);
    case ESP_TLS_VER_TLS_1_2:
        return s->stack->set_version(s->ctx, STACK_TLS_1_2);
    case ESP_TLS_VER_TLS_1_3:
        return s->stack->set_version(s->ctx, STACK_TLS_1_3);
    case ESP_TLS_VER_TLS_MAX:
        break;
    }
    return et_error_option(s->io->err, TLS_INVALID_ARG, 0, "tls_version");
}

static tls_status set_trust(struct setup *s, const esp_tls_cfg_t *cfg)
{
    return et_trust_configure(s->stack, s->ctx, s->io->err, cfg);
}

static tls_status check_secure_element(struct setup *s, const esp_tls_cfg_t *cfg)
{
    return cfg->use_secure_element
               ? et_error_option(s->io->err, TLS_NOT_SUPPORTED, 0, "use_secure_element")
               : TLS_OK;
}

/** ESP-IDF's order of checks after the name. */
static tls_status (*const steps[])(struct setup *s, const esp_tls_cfg_t *cfg) = {
    set_alpn,     check_session,    set_trust,   check_secure_element,
    set_identity, set_ciphersuites, set_version,
};

tls_status et_config_apply(const struct tls_stack *stack, void *ctx, struct stack_io *io,
                           const char *host, size_t len, const esp_tls_cfg_t *cfg)
{
    struct setup s = {.stack = stack, .ctx = ctx, .io = io};
    tls_status st;

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    io->buffers.rx_static = cfg->esp_tls_dyn_buf_strategy == ESP_TLS_DYN_BUF_RX_STATIC;
#endif
    st = stack->init(ctx, io);
    if (st == TLS_OK) {
        st = set_name(&s, host, len, cfg);
    }
    for (size_t i = 0; st == TLS_OK && i < sizeof(steps) / sizeof(steps[0]); i++) {
        st = steps[i](&s, cfg);
    }
    return st;
}

tls_status et_config_tcp(struct tls_error *err, const esp_tls_cfg_t *cfg,
                         struct tcp_options *options)
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
        return et_error_option(err, TLS_INVALID_ARG, ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY,
                               "addr_family");
    }
    options->family = family[cfg->addr_family];
    options->keep_alive = cfg->keep_alive_cfg;
    options->device = cfg->if_name != NULL ? plat_ifreq_name(cfg->if_name) : NULL;
    return TLS_OK;
}
