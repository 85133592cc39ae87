/* What Mbed TLS keeps and a connection does not need: the peer's chain once it is verified, the
 * handshake's state once it is over. */
#include "mbed.h"

#include <string.h>

#if defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE) && !defined(MBED_KEEPS_PEER) &&                     \
    defined(MBED_HAS_SLIM)
/** Mbed TLS 3.6 holds the whole chain where TLS 1.3 is compiled in, but reads only the key of the
 *  first certificate after the chain was verified. */
static void keep_peer_key_only(struct mbed *m)
{
    mbedtls_ssl_session *session = m->ssl.session_negotiate;
    mbedtls_pk_context key;

    if (session == NULL || session->peer_cert == NULL) {
        return;
    }
    key = session->peer_cert->pk;
    mbedtls_pk_init(&session->peer_cert->pk);
    mbedtls_x509_crt_free(session->peer_cert);
    mbedtls_x509_crt_init(session->peer_cert);
    session->peer_cert->pk = key;
}

static void drop_peer(mbedtls_ssl_session *session)
{
    if (session != NULL && session->peer_cert != NULL) {
        mbedtls_x509_crt_free(session->peer_cert);
        mbedtls_free(session->peer_cert);
        session->peer_cert = NULL;
    }
}
#else
static void keep_peer_key_only(struct mbed *m)
{
    (void)m;
}

static void drop_peer(mbedtls_ssl_session *session)
{
    (void)session;
}
#endif

#ifdef CONFIG_MBEDTLS_DYNAMIC_FREE_CA_CERT
static void drop_anchors(struct mbed *m)
{
    et_mbed_anchors_clear(m);
}
#else
static void drop_anchors(struct mbed *m)
{
    (void)m;
}
#endif

/** The state whose step checks the signature that the peer's key made over the handshake. */
static int peer_signature_state(const struct mbed *m)
{
    return m->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3 ? MBEDTLS_SSL_CERTIFICATE_VERIFY
                                                            : MBEDTLS_SSL_CLIENT_KEY_EXCHANGE;
}

/** The copy of the name that a ticket would keep. */
static void drop_session_name(mbedtls_ssl_session *session)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && defined(MBEDTLS_SSL_CLI_C) &&                             \
    defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_SERVER_NAME_INDICATION) &&         \
    defined(MBED_HAS_SLIM)
    int ret = session != NULL ? mbedtls_ssl_session_set_hostname(session, NULL) : 0;

    (void)ret; /* setting no name cannot fail */
#else
    (void)session;
#endif
}

/** Mbed TLS makes the record keys of TLS 1.2 ready before it knows the version. */
static void drop_tls12_keys(struct mbed *m)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_2) && defined(MBEDTLS_SSL_PROTO_TLS1_3) && defined(MBED_HAS_SLIM)
    if (m->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3 && m->ssl.transform_negotiate != NULL) {
        mbedtls_ssl_transform_free(m->ssl.transform_negotiate);
        mbedtls_free(m->ssl.transform_negotiate);
        m->ssl.transform_negotiate = NULL;
    }
#else
    (void)m;
#endif
}

void et_mbed_slim_after(struct mbed *m, int state)
{
    if (state == MBEDTLS_SSL_CLIENT_HELLO) {
        drop_session_name(m->ssl.session_negotiate);
    } else if (state == MBEDTLS_SSL_SERVER_HELLO) {
        drop_tls12_keys(m);
    } else if (state == MBEDTLS_SSL_SERVER_CERTIFICATE) {
        keep_peer_key_only(m);
        drop_anchors(m);
    } else if (state == peer_signature_state(m)) {
        drop_peer(m->ssl.session_negotiate);
    }
}

/** TLS 1.3 would keep the handshake's state for as long as the connection, for tickets that this
 *  release does not take (they are read and passed over without it). */
static void free_handshake(struct mbed *m)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && defined(MBED_HAS_SLIM)
    if (m->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3 && m->ssl.handshake != NULL) {
        mbedtls_ssl_handshake_wrapup_free_hs_transform(&m->ssl);
    }
#else
    (void)m;
#endif
}

/** The name was for the ClientHello and the certificate. */
static void drop_names(struct mbed *m)
{
    int ret = mbedtls_ssl_set_hostname(&m->ssl, NULL);

    (void)ret; /* setting no name cannot fail */
    drop_session_name(m->ssl.session);
}

#ifdef CONFIG_ESP_TLS_DROP_SESSION
/** Of the session a connection still needs the suite's name and what the peer takes in a record. */
static void drop_session(struct mbed *m)
{
    int most = et_buffers_max_payload(m);

    m->suite = mbedtls_ssl_get_ciphersuite(&m->ssl);
    if (most > 0 && m->ssl.session != NULL) {
        m->buffers.out_limit = (uint16_t)most;
        mbedtls_ssl_session_free(m->ssl.session);
        mbedtls_free(m->ssl.session);
        m->ssl.session = NULL;
        m->ssl.session_in = NULL;
        m->ssl.session_out = NULL;
    }
}
#else
static void drop_session(struct mbed *m)
{
    (void)m;
}
#endif

void et_mbed_slim_done(struct mbed *m)
{
    free_handshake(m);
    drop_names(m);
    drop_peer(m->ssl.session);
    drop_session(m);
#ifdef CONFIG_MBEDTLS_DYNAMIC_FREE_CONFIG_DATA
    et_mbed_identity_clear(m);
#endif
    drop_anchors(m);
}
