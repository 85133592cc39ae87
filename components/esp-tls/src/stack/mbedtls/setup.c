/* The stack object, and the configuration of a context. */
#include "mbed.h"

#include <string.h>
#include "mbedtls/ssl_ciphersuites.h"

int et_buffers_offer_limit(struct mbed *m, size_t limit)
{
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
    static const struct {
        uint16_t len;
        uint8_t code;
    } offers[] = {{4096, MBEDTLS_SSL_MAX_FRAG_LEN_4096},
                  {2048, MBEDTLS_SSL_MAX_FRAG_LEN_2048},
                  {1024, MBEDTLS_SSL_MAX_FRAG_LEN_1024},
                  {512, MBEDTLS_SSL_MAX_FRAG_LEN_512}};

    for (size_t i = 0; limit < 16384 && i < sizeof(offers) / sizeof(offers[0]); i++) {
        if (offers[i].len <= limit) {
            return mbedtls_ssl_conf_max_frag_len(&m->conf, offers[i].code);
        }
    }
#else
    (void)m;
    (void)limit;
#endif
    return 0;
}

#if defined(CONFIG_ESP_TLS_P256M) && UINTPTR_MAX == UINT32_MAX
/** Groups in the order that we like them (RFC 8446 section 4.2.7; the first one's key share is
 *  sent). Mbed TLS puts X25519 first. With p256-m, P-256 takes less memory, and on 32 bits, for
 *  which it is written, less time as well; on 64 bits X25519 is the faster one. */
static const uint16_t groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
#if defined(MBEDTLS_ECP_HAVE_CURVE25519)
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
#if defined(MBEDTLS_ECP_HAVE_SECP384R1)
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
#endif
#if defined(MBEDTLS_ECP_HAVE_SECP521R1)
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
#endif
#if defined(MBEDTLS_ECP_HAVE_BP256R1)
    MBEDTLS_SSL_IANA_TLS_GROUP_BP256R1,
#endif
#if defined(MBEDTLS_ECP_HAVE_BP384R1)
    MBEDTLS_SSL_IANA_TLS_GROUP_BP384R1,
#endif
#if defined(MBEDTLS_ECP_HAVE_BP512R1)
    MBEDTLS_SSL_IANA_TLS_GROUP_BP512R1,
#endif
    MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};

static void set_groups(struct mbed *m)
{
    mbedtls_ssl_conf_groups(&m->conf, groups);
}
#else
static void set_groups(struct mbed *m)
{
    (void)m;
}
#endif

static tls_status mbed_init(void *ctx, const struct stack_io *io)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    int ret;

    memset(m, 0, sizeof(*m));
    m->io = *io;
    mbedtls_ssl_init(&m->ssl);
    mbedtls_ssl_config_init(&m->conf);
    io->account->failure.size = 0;
    ret = et_mbed_prepare();
    if (ret != 0) {
        return et_mbed_fail(m, ret, ESP_ERR_MBEDTLS_CTR_DRBG_SEED_FAILED);
    }
    et_mbed_enter(&scope, m, PLAT_MEM_CONNECTION);
    ret = mbedtls_ssl_config_defaults(&m->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                      MBEDTLS_SSL_PRESET_DEFAULT);
    ret = ret == 0 ? et_buffers_configure(m, &io->buffers) : ret;
    et_mbed_leave(&scope);
    if (ret != 0) {
        return et_mbed_fail(m, ret, ESP_ERR_MBEDTLS_SSL_CONFIG_DEFAULTS_FAILED);
    }
    mbedtls_ssl_conf_rng(&m->conf, et_mbed_random, NULL);
    set_groups(m);
    mbedtls_ssl_conf_ciphersuites(&m->conf, et_mbed_suites());
    et_mbed_order_sig_algs(m);
    mbedtls_ssl_conf_verify(&m->conf, et_mbed_verify, m);
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_CLI_C)
    mbedtls_ssl_conf_session_tickets(&m->conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
    return TLS_OK;
}

static tls_status mbed_set_name(void *ctx, const struct stack_name *name)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    int ret;

    m->insecure_skip_name = name->insecure_skip;
    et_mbed_enter(&scope, m, PLAT_MEM_CONNECTION);
    ret = mbedtls_ssl_set_hostname(&m->ssl, name->is_ip ? NULL : name->name);
    if (ret == 0 && name->is_ip && !name->insecure_skip) {
        size_t len = strlen(name->name);

        m->ip_name = plat_alloc(m->io.account, PLAT_MEM_CONNECTION, len + 1);
        if (m->ip_name == NULL) {
            ret = MBEDTLS_ERR_SSL_ALLOC_FAILED;
        } else {
            memcpy(m->ip_name, name->name, len);
        }
    }
    et_mbed_leave(&scope);
    return ret == 0 ? TLS_OK : et_mbed_fail(m, ret, ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED);
}

static tls_status mbed_set_alpn(void *ctx, const char **protos)
{
#if defined(MBEDTLS_SSL_ALPN)
    struct mbed *m = ctx;
    int ret = mbedtls_ssl_conf_alpn_protocols(&m->conf, protos);

    return ret == 0 ? TLS_OK : et_mbed_fail(m, ret, ESP_ERR_MBEDTLS_SSL_CONF_ALPN_PROTOCOLS_FAILED);
#else
    (void)protos;
    return et_error_option(((struct mbed *)ctx)->io.err, TLS_INVALID_STATE, 0, "alpn_protos");
#endif
}

static tls_status mbed_set_insecure_no_verify(void *ctx)
{
    struct mbed *m = ctx;

    mbedtls_ssl_conf_authmode(&m->conf, MBEDTLS_SSL_VERIFY_NONE);
    return TLS_OK;
}

/** Offer no version for which the list has no suite: a server that picks it finds none in common,
 *  though another version would have had one. */
static void narrow_versions(mbedtls_ssl_config *conf, mbedtls_ssl_protocol_version low,
                            mbedtls_ssl_protocol_version high)
{
    if (low > conf->min_tls_version) {
        mbedtls_ssl_conf_min_tls_version(conf, low);
    }
    if (high < conf->max_tls_version) {
        mbedtls_ssl_conf_max_tls_version(conf, high);
    }
}

static tls_status mbed_set_ciphersuites(void *ctx, const int *ids)
{
    struct mbed *m = ctx;
    mbedtls_ssl_protocol_version low = MBEDTLS_SSL_VERSION_TLS1_3;
    mbedtls_ssl_protocol_version high = MBEDTLS_SSL_VERSION_UNKNOWN;

    for (size_t i = 0; ids[i] != 0; i++) {
        const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id(ids[i]);

        if (suite != NULL) {
            low = suite->min_tls_version < low ? suite->min_tls_version : low;
            high = suite->max_tls_version > high ? suite->max_tls_version : high;
        }
    }
    if (high == MBEDTLS_SSL_VERSION_UNKNOWN) {
        return et_error_option(m->io.err, TLS_NOT_SUPPORTED, 0, "ciphersuites_list");
    }
    mbedtls_ssl_conf_ciphersuites(&m->conf, ids);
    narrow_versions(&m->conf, low, high);
    return TLS_OK;
}

static tls_status mbed_set_version(void *ctx, enum stack_version version)
{
    struct mbed *m = ctx;
    mbedtls_ssl_protocol_version wanted =
        version == STACK_TLS_1_3 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;

    if (version == STACK_TLS_ANY) {
        return TLS_OK;
    }
#if !defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (version == STACK_TLS_1_3) {
        return et_error_option(m->io.err, TLS_NOT_SUPPORTED, 0, "tls_version");
    }
#endif
#if !defined(MBEDTLS_SSL_PROTO_TLS1_2)
    if (version == STACK_TLS_1_2) {
        return et_error_option(m->io.err, TLS_NOT_SUPPORTED, 0, "tls_version");
    }
#endif
    if (wanted < m->conf.min_tls_version || wanted > m->conf.max_tls_version) {
        return et_error_option(m->io.err, TLS_INVALID_STATE, 0, "ciphersuites_list");
    }
    mbedtls_ssl_conf_min_tls_version(&m->conf, wanted);
    mbedtls_ssl_conf_max_tls_version(&m->conf, wanted);
    return TLS_OK;
}

static tls_status mbed_start(void *ctx)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    int ret;

    et_mbed_enter(&scope, m, PLAT_MEM_HANDSHAKE);
    ret = et_buffers_setup(m);
    et_mbed_leave(&scope);
    if (ret != 0) {
        return et_mbed_fail(m, ret, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED);
    }
    mbedtls_ssl_set_bio(&m->ssl, m, et_mbed_link_send, et_buffers_recv, NULL);
    et_mbed_tap_start(m);
    return TLS_OK;
}

static size_t mbed_pending(const void *ctx)
{
    return mbedtls_ssl_get_bytes_avail(&((const struct mbed *)ctx)->ssl);
}

static void mbed_info(const void *ctx, struct stack_info *info)
{
    const struct mbed *m = ctx;

    info->version = mbedtls_ssl_get_version(&m->ssl);
#ifdef CONFIG_ESP_TLS_DROP_SESSION
    info->suite = m->suite;
#else
    info->suite = mbedtls_ssl_get_ciphersuite(&m->ssl);
#endif
#if defined(MBEDTLS_SSL_ALPN)
    info->alpn = mbedtls_ssl_get_alpn_protocol(&m->ssl);
#endif
}

static void *mbed_native(void *ctx)
{
    return &((struct mbed *)ctx)->ssl;
}

static void mbed_clear(void *ctx)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;

    et_mbed_enter(&scope, m, PLAT_MEM_CONNECTION);
    et_buffers_free(m);
    mbedtls_ssl_free(&m->ssl);
    mbedtls_ssl_config_free(&m->conf);
    et_mbed_anchors_clear(m);
    et_mbed_identity_clear(m);
    et_mbed_checks_clear(m);
    plat_free(m->ip_name);
    et_mbed_leave(&scope);
    memset(m, 0, sizeof(*m));
}

const struct tls_stack et_stack_mbedtls = {
    .name = "Mbed TLS",
    .context_size = sizeof(struct mbed),
    .init = mbed_init,
    .set_name = mbed_set_name,
    .set_alpn = mbed_set_alpn,
    .set_anchors = et_mbed_set_anchors,
    .set_insecure_no_verify = mbed_set_insecure_no_verify,
#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    .set_hook = et_mbed_set_hook,
#endif
    .set_identity = et_mbed_set_identity,
    .set_ciphersuites = mbed_set_ciphersuites,
    .set_version = mbed_set_version,
    .start = mbed_start,
    .handshake = et_mbed_handshake,
    .read = et_mbed_read,
    .write = et_mbed_write,
    .close_notify = et_mbed_close_notify,
    .pending = mbed_pending,
    .info = mbed_info,
    .native = mbed_native,
    .clear = mbed_clear,
    .each_cert = et_mbed_each_cert,
    .store_gone = et_mbed_store_gone,
#ifdef CONFIG_MBEDTLS_DEBUG
    .set_debug_level = et_mbed_set_debug_level,
#endif
};
