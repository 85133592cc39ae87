/* The handshake, step by step. Each step has a state; what the state writes and what it needs of
 * our own is looked up in tables, made ready before and let go of after. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/ssl_ciphersuites.h"

/* --- one step --------------------------------------------------------------------------------- */

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
    case MBEDTLS_SSL_CERTIFICATE_VERIFY: /* TLS 1.3 has this state for the peer's message */
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
        ret = et_mbed_identity_before(m, state);
    }
    return ret == 0 ? et_buffers_reserve_for(m, state) : ret;
}

/** Mbed TLS refuses extensions of TLS 1.3 that it did not offer. Two it must take all the same: the
 *  cookie of a HelloRetryRequest, which is never offered (RFC 8446 section 4.2); and the answer to
 *  max_fragment_length in EncryptedExtensions, which it offers for TLS 1.2 and forgets. In which
 *  message each may stand it checks apart from this. */
static void remember_offer(struct mbed *m, int state)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && !defined(ESP_TLS_SYSTEM_MBEDTLS)
    if (state != MBEDTLS_SSL_CLIENT_HELLO || m->ssl.handshake == NULL) {
        return;
    }
    mbedtls_ssl_tls13_set_hs_sent_ext_mask(&m->ssl, MBEDTLS_TLS_EXT_COOKIE);
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
    if (m->conf.mfl_code != MBEDTLS_SSL_MAX_FRAG_LEN_NONE &&
        m->conf.min_tls_version < MBEDTLS_SSL_VERSION_TLS1_3) {
        mbedtls_ssl_tls13_set_hs_sent_ext_mask(&m->ssl, MBEDTLS_TLS_EXT_MAX_FRAGMENT_LENGTH);
    }
#endif
#else
    (void)m;
    (void)state;
#endif
}

/** A server may go on without the certificate it asked for, and refuse what is sent then. */
static void note_request(struct mbed *m, int state)
{
#ifdef ESP_TLS_SYSTEM_MBEDTLS
    (void)m;
    (void)state;
#else
    if (state == MBEDTLS_SSL_CERTIFICATE_REQUEST && m->ssl.handshake->client_auth &&
        m->own == NULL) {
        m->io.err->identity_missed = true;
    }
#endif
}

static int after(struct mbed *m, int state)
{
    if (m->ssl.state != state) {
        note_request(m, state);
        remember_offer(m, state);
        et_mbed_slim_after(m, state);
        et_mbed_identity_after(m, state);
    }
    et_buffers_trim(m);
    return et_mbed_checks_run(m);
}

/** An allocation failed and Mbed TLS went on with a wrong result: TLS 1.2's Finished, whose PRF it
 *  does not look at. The peer would tell that the handshake is damaged, not why. */
static bool is_overlooked(const struct mbed *m, int ret)
{
    bool goes_on =
        ret == 0 || ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE;

    return goes_on && !m->buffers.starved && m->io.account->failure.size != 0;
}

/** Mbed TLS breaks off where a path has more than MBEDTLS_X509_MAX_INTERMEDIATE_CA, and asks nobody
 *  then. */
static void note_too_long(struct mbed *m, int ret)
{
    if (ret == MBEDTLS_ERR_X509_FATAL_ERROR && m->io.account->failure.size == 0) {
        m->io.err->verify_depth = MBEDTLS_X509_MAX_INTERMEDIATE_CA;
        et_observers_chain(m->io.observed,
                           &(struct conn_chain){.event = CONN_CHAIN_TOO_LONG, .stack = m});
    }
}

/** The peer's chain is in the input buffer now, and gone after this step. */
static void show_chain(struct mbed *m, int state, int ret)
{
    if (state == MBEDTLS_SSL_SERVER_CERTIFICATE) {
        note_too_long(m, ret);
    }
    if (state == MBEDTLS_SSL_SERVER_CERTIFICATE && !m->buffers.starved &&
        ret != MBEDTLS_ERR_SSL_WANT_READ && ret != MBEDTLS_ERR_SSL_WANT_WRITE &&
        et_observers_want(m->io.observed, WATCH_CHAIN)) {
        et_observers_chain(m->io.observed,
                           &(struct conn_chain){.event = CONN_CHAIN_SENT, .stack = m});
    }
}

static int handshake_step(struct mbed *m)
{
    struct mbed_scope scope;
    struct mbed_path path = {.refused = NULL};
    mbedtls_svc_key_id_t share = et_mbed_retry_share(m);
    int state = m->ssl.state;
    int ret;

    m->blocked = TLS_OK;
    m->buffers.starved = false;
    m->io.account->failure.size = 0; /* a step before that went well is not what fails here */
    et_mbed_enter(&scope, m, purpose_of(m, state));
    ret = before(m, state);
    if (ret == 0) {
        et_mbed_checks_begin(m, state);
        m->path = &path;
        ret = mbedtls_ssl_handshake_step(&m->ssl);
        m->path = NULL;
        et_mbed_retry_after(m, state, share);
        et_buffers_note_too_long(m, state, ret);
        show_chain(m, state, ret);
    }
    if (is_overlooked(m, ret)) {
        ret = MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    if (ret == 0) {
        ret = after(m, state);
    }
    et_mbed_leave(&scope);
    return ret;
}

static int done(struct mbed *m)
{
    struct mbed_scope scope;
    int ret;

    et_mbed_enter(&scope, m, PLAT_MEM_HANDSHAKE);
    et_mbed_made_progress(m);
    et_mbed_slim_done(m);
    et_buffers_trim(m);
    ret = m->io.buffers.rx_static ? et_buffers_fix_input(m) : 0;
    et_mbed_leave(&scope);
    return ret;
}

tls_status et_mbed_handshake(void *ctx)
{
    struct mbed *m = ctx;
    tls_status st;
    int ret;

    et_mbed_begin_step(m);
    while (!mbedtls_ssl_is_handshake_over(&m->ssl)) {
        ret = handshake_step(m);

        if (et_mbed_is_waiting(m, ret, &st)) {
            if (st != TLS_OK) {
                return st == TLS_NO_MEM ? et_error_set(m->io.err, st, 0, 0, 0) : st;
            }
        } else if (ret != 0) {
            return et_mbed_fail(m, ret, 0);
        }
    }
    ret = done(m);
    return ret == 0 ? TLS_OK : et_mbed_fail(m, ret, 0);
}
