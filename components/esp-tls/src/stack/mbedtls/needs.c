/* What each step of a handshake writes at most, for elastic.c, which makes the buffer for it. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/ssl_ciphersuites.h"

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
static size_t client_hello_len(const struct mbed *m)
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

/* The longest reservation: in TLS 1.3 it would be padded to a whole record (RFC 8446 section
 * 5.1). */
#define RESERVE_MOST (16384 - 1)

/** A cookie, or the protocols of ALPN, can be longer than a record, in which Mbed TLS sends a
 *  message. It compares each extension with the room that there is, and refuses what does not
 *  fit. */
static size_t need_client_hello(struct mbed *m)
{
    size_t len = client_hello_len(m);

    return len < RESERVE_MOST ? len : RESERVE_MOST;
}

void et_buffers_note_too_long(struct mbed *m, int state, int ret)
{
    if (ret == MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL && state == MBEDTLS_SSL_CLIENT_HELLO) {
        m->io.err->record_len = (uint32_t)client_hello_len(m);
        m->io.err->record_limit = (uint32_t)et_buffers_max_message(m);
    }
}

static size_t need_certificate(struct mbed *m)
{
    return HS_HEADER + 1 + 3 + et_mbed_identity_chain_len(m);
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
    return HS_HEADER + 2 + 2 + et_mbed_identity_signature_len(m);
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

int et_buffers_reserve_for(struct mbed *m, int state)
{
    bool tls13 = m->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3;

    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        if (needs[i].state == state && (tls13 ? needs[i].tls13 : needs[i].tls12)) {
            return et_buffers_reserve_out(m, needs[i].payload(m));
        }
    }
    return et_buffers_reserve_out(m, 0); /* flushes */
}
