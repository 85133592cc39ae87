/* The handshake, step by step. Each step has a state; what the state writes and what it needs of
 * our own is looked up in tables, made ready before and let go of after. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/ssl_ciphersuites.h"

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER

/* --- what a state writes -------------------------------------------------------------------------- */

#define HS_HEADER  4 /* RFC 8446 section 4: type, length */
#define EXT_HEADER 4 /* section 4.2: type, length */

/* The longest key share that this build can make (RFC 8446 section 4.2.8): a P-521 point, or an
 * element of ffdhe8192 (RFC 7919). */
#if defined(PSA_WANT_ALG_FFDH)
#define KEY_SHARE_MAX 1024
#else
#define KEY_SHARE_MAX 133
#endif

static size_t zero_ended16(const uint16_t *list)
{
    size_t n = 0;

    while (list != NULL && list[n] != 0) {
        n++;
    }
    return 2 * n;
}

static size_t suites_len(const mbedtls_ssl_config *conf)
{
    size_t n = 0;

    while (conf->ciphersuite_list != NULL && conf->ciphersuite_list[n] != 0) {
        n++;
    }
    return 2 * (n + 1); /* and TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746) */
}

static size_t alpn_len(const mbedtls_ssl_config *conf)
{
    size_t n = 0;
#if defined(MBEDTLS_SSL_ALPN)
    for (size_t i = 0; conf->alpn_list != NULL && conf->alpn_list[i] != NULL; i++) {
        n += 1 + strlen(conf->alpn_list[i]);
    }
#else
    (void)conf;
#endif
    return n;
}

static size_t cookie_len(const struct mbed *m)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    return m->ssl.handshake->cookie != NULL ? m->ssl.handshake->cookie_len : 0;
#else
    (void)m;
    return 0;
#endif
}

/** ClientHello: RFC 8446 section 4.1.2 and, with TLS 1.2, RFC 5246 section 7.4.1.2. An upper bound,
 *  extension by extension. */
static size_t need_client_hello(struct mbed *m)
{
    const char *name = mbedtls_ssl_get_hostname_pointer(&m->ssl);
    size_t n = HS_HEADER + 2 + 32 + 1 + 32 + 2 + suites_len(&m->conf) + 2 + 2;

    n += name != NULL ? EXT_HEADER + 5 + strlen(name) : 0;               /* server_name */
    n += EXT_HEADER + 2 + alpn_len(&m->conf);                            /* ALPN */
    n += EXT_HEADER + 1 + 4;                                             /* supported_versions */
    n += EXT_HEADER + 2 + cookie_len(m);                                 /* cookie */
    n += EXT_HEADER + 2 + 4 + KEY_SHARE_MAX;                             /* key_share */
    n += EXT_HEADER + 2 + zero_ended16(mbedtls_ssl_get_groups(&m->ssl)); /* supported_groups */
    n += EXT_HEADER + 2 + zero_ended16((const uint16_t *)mbedtls_ssl_get_sig_algs(&m->ssl));
    n += EXT_HEADER + 3; /* psk_key_exchange_modes */
    n += EXT_HEADER + 2; /* record_size_limit */
    n += EXT_HEADER + 1; /* max_fragment_length */
    n +=
        EXT_HEADER + EXT_HEADER + EXT_HEADER; /* encrypt_then_mac, extended_master_secret, ticket */
    n += EXT_HEADER + 3;                      /* ec_point_formats */
    n += EXT_HEADER + 1;                      /* renegotiation_info */
    return n;
}

static size_t need_certificate(struct mbed *m)
{
    return HS_HEADER + 1 + 3 + mbed_identity_chain_len(m);
}

/** ClientKeyExchange (RFC 5246 section 7.4.7, RFC 8422 section 5.7). */
static size_t need_client_key_exchange(struct mbed *m)
{
    switch (m->ssl.handshake->ciphersuite_info->key_exchange) {
    case MBEDTLS_KEY_EXCHANGE_ECDHE_RSA:
    case MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA:
    case MBEDTLS_KEY_EXCHANGE_ECDH_RSA:
    case MBEDTLS_KEY_EXCHANGE_ECDH_ECDSA:
        return HS_HEADER + 1 + 133;
    default:
        return HS_HEADER + 2 + MBEDTLS_MPI_MAX_SIZE; /* encrypted premaster, DH value */
    }
}

static size_t need_certificate_verify(struct mbed *m)
{
    return HS_HEADER + 2 + 2 + mbed_identity_signature_len(m);
}

static size_t need_finished(struct mbed *m)
{
    (void)m;
    return HS_HEADER + 64; /* RFC 8446 section 4.4.4: one hash; RFC 5246 section 7.4.9: 12 bytes */
}

struct need {
    uint8_t state;
    bool tls12;
    bool tls13;
    size_t (*payload)(struct mbed *m);
};

static const struct need needs[] = {
    {MBEDTLS_SSL_CLIENT_HELLO, true, true, need_client_hello},
    {MBEDTLS_SSL_CLIENT_CERTIFICATE, true, true, need_certificate},
    {MBEDTLS_SSL_CLIENT_KEY_EXCHANGE, true, false, need_client_key_exchange},
    {MBEDTLS_SSL_CERTIFICATE_VERIFY, true, false, need_certificate_verify},
    {MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY, false, true, need_certificate_verify},
    {MBEDTLS_SSL_CLIENT_FINISHED, true, true, need_finished},
};

static int reserve(struct mbed *m, int state)
{
    bool tls13 = m->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3;

    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        if (needs[i].state == state && (tls13 ? needs[i].tls13 : needs[i].tls12)) {
            return buffers_reserve_out(m, needs[i].payload(m));
        }
    }
    return buffers_reserve_out(m, 0); /* flushes */
}

#else

static int reserve(struct mbed *m, int state)
{
    (void)state;
    return buffers_reserve_out(m, 0);
}

#endif /* CONFIG_MBEDTLS_DYNAMIC_BUFFER */

/* --- one step ---------------------------------------------------------------------------------------- */

/** An IP literal is compared with the certificate but not sent: Mbed TLS's one name for both is set
 *  after the last ClientHello has gone out. */
static int set_ip_name(struct mbed *m, int state)
{
    int ret;

    if (m->ip_name == NULL || state != MBEDTLS_SSL_SERVER_CERTIFICATE) {
        return 0;
    }
    ret = mbedtls_ssl_set_hostname(&m->ssl, m->ip_name);
    if (ret == 0) {
        plat_free(m->ip_name);
        m->ip_name = NULL;
    }
    return ret;
}

static enum plat_mem purpose_of(const struct mbed *m, int state)
{
    switch (state) {
    case MBEDTLS_SSL_SERVER_CERTIFICATE:
        return PLAT_MEM_CERTIFICATE;
    case MBEDTLS_SSL_CERTIFICATE_VERIFY: /* in TLS 1.3 the peer's */
        if (m->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3) {
            return PLAT_MEM_CERTIFICATE;
        }
        return m->own != NULL ? PLAT_MEM_KEY : PLAT_MEM_HANDSHAKE;
    case MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY:
        return PLAT_MEM_KEY;
    default:
        return PLAT_MEM_HANDSHAKE;
    }
}

static int before(struct mbed *m, int state)
{
    int ret = set_ip_name(m, state);

    if (ret == 0) {
        ret = mbed_identity_before(m, state);
    }
    return ret == 0 ? reserve(m, state) : ret;
}

#ifdef CONFIG_ESP_TLS_DEFER_CERT_SIGNATURES
static void defer_in(struct mbed *m, int state)
{
    m->deferring = state == MBEDTLS_SSL_SERVER_CERTIFICATE;
}

static int run_deferred(struct mbed *m)
{
    m->deferring = false;
    return m->ssl.state != MBEDTLS_SSL_SERVER_CERTIFICATE ? mbed_checks_run(m) : 0;
}
#else
static void defer_in(struct mbed *m, int state)
{
    (void)m;
    (void)state;
}

static int run_deferred(struct mbed *m)
{
    (void)m;
    return 0;
}
#endif

/** Mbed TLS offers max_fragment_length for TLS 1.2, forgets that it did, and refuses the answer that
 *  a server gives in TLS 1.3 (RFC 8446 section 4.2 allows it in EncryptedExtensions). */
static void remember_offer(struct mbed *m, int state)
{
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) && defined(MBEDTLS_SSL_PROTO_TLS1_3) &&               \
    !defined(ESP_TLS_SYSTEM_MBEDTLS)
    if (state == MBEDTLS_SSL_CLIENT_HELLO && m->ssl.handshake != NULL &&
        m->conf.mfl_code != MBEDTLS_SSL_MAX_FRAG_LEN_NONE &&
        m->conf.min_tls_version < MBEDTLS_SSL_VERSION_TLS1_3) {
        mbedtls_ssl_tls13_set_hs_sent_ext_mask(&m->ssl, MBEDTLS_TLS_EXT_MAX_FRAGMENT_LENGTH);
    }
#else
    (void)m;
    (void)state;
#endif
}

static int after(struct mbed *m, int state)
{
    if (m->ssl.state != state) {
        remember_offer(m, state);
        mbed_slim_after(m, state);
        mbed_identity_after(m, state);
    }
    buffers_trim(m);
    return run_deferred(m);
}

/** An allocation failed and Mbed TLS went on with a wrong result: TLS 1.2's Finished, whose PRF it does
 *  not look at. The peer would tell that the handshake is damaged, not why. */
static bool is_overlooked(const struct mbed *m, int ret)
{
    bool goes_on =
        ret == 0 || ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE;

    return goes_on && !m->buffers.starved && m->io.account->failure.size != 0;
}

/** The peer's chain is in the input buffer now, and gone after this step. */
static void show(struct mbed *m, int state, int ret)
{
    const struct stack_onlooker *on = m->io.onlooker;

    if (on->see != NULL && state == MBEDTLS_SSL_SERVER_CERTIFICATE && !m->buffers.starved &&
        ret != MBEDTLS_ERR_SSL_WANT_READ && ret != MBEDTLS_ERR_SSL_WANT_WRITE) {
        on->see(on, m);
    }
}

static int step(struct mbed *m)
{
    struct mbed_scope scope;
    int state = m->ssl.state;
    int ret;

    m->blocked = TLS_OK;
    m->buffers.starved = false;
    mbed_enter(&scope, m, purpose_of(m, state));
    ret = before(m, state);
    if (ret == 0) {
        defer_in(m, state);
        ret = mbedtls_ssl_handshake_step(&m->ssl);
        show(m, state, ret);
    }
    if (is_overlooked(m, ret)) {
        ret = MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    if (ret == 0) {
        ret = after(m, state);
    }
    mbed_leave(&scope);
    return ret;
}

static int done(struct mbed *m)
{
    struct mbed_scope scope;
    int ret;

    mbed_enter(&scope, m, PLAT_MEM_HANDSHAKE);
    mbed_made_progress(m);
    mbed_slim_done(m);
    buffers_trim(m);
    ret = m->io.buffers.rx_static ? buffers_fix_input(m) : 0;
    mbed_leave(&scope);
    return ret;
}

tls_status mbed_handshake(void *ctx)
{
    struct mbed *m = ctx;
    tls_status st;
    int ret;

    mbed_begin_step(m);
    /* a failed allocation is remembered over all steps: Mbed TLS passes over some, and it is the peer
     * that complains in the end */
    while (!mbedtls_ssl_is_handshake_over(&m->ssl)) {
        ret = step(m);

        if (mbed_is_waiting(m, ret, &st)) {
            if (st != TLS_OK) {
                return st == TLS_NO_MEM ? error_set(m->io.err, st, 0, 0, 0) : st;
            }
        } else if (ret != 0) {
            return mbed_fail(m, ret, 0);
        }
    }
    ret = done(m);
    return ret == 0 ? TLS_OK : mbed_fail(m, ret, 0);
}
