/* What only Mbed TLS knows when a connection fails (et_stack_moment() of stack_views.h). Nothing
 * here changes anything, fails or allocates. */
#include "mbed.h"

#include <string.h>

#include "stack_views.h"

/* --- how far the handshake had come ----------------------------------------------------------- */

/* HandshakeType, RFC 8446 section 4, RFC 5246 section 7.4. */
enum {
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    ENCRYPTED_EXTENSIONS = 8,
    CERTIFICATE = 11,
    SERVER_KEY_EXCHANGE = 12,
    CERTIFICATE_REQUEST = 13,
    SERVER_HELLO_DONE = 14,
    CERTIFICATE_VERIFY = 15,
    CLIENT_KEY_EXCHANGE = 16,
    FINISHED = 20
};

static const struct {
    uint8_t state;
    uint8_t message;
    bool ours;
} steps[] = {
    {MBEDTLS_SSL_CLIENT_HELLO, CLIENT_HELLO, true},
    {MBEDTLS_SSL_SERVER_HELLO, SERVER_HELLO, false},
    {MBEDTLS_SSL_ENCRYPTED_EXTENSIONS, ENCRYPTED_EXTENSIONS, false},
    {MBEDTLS_SSL_SERVER_CERTIFICATE, CERTIFICATE, false},
    {MBEDTLS_SSL_SERVER_KEY_EXCHANGE, SERVER_KEY_EXCHANGE, false},
    {MBEDTLS_SSL_CERTIFICATE_REQUEST, CERTIFICATE_REQUEST, false},
    {MBEDTLS_SSL_SERVER_HELLO_DONE, SERVER_HELLO_DONE, false},
    {MBEDTLS_SSL_CLIENT_CERTIFICATE, CERTIFICATE, true},
    {MBEDTLS_SSL_CLIENT_KEY_EXCHANGE, CLIENT_KEY_EXCHANGE, true},
    {MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY, CERTIFICATE_VERIFY, true},
    {MBEDTLS_SSL_CLIENT_FINISHED, FINISHED, true},
    {MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC, FINISHED, false},
    {MBEDTLS_SSL_SERVER_FINISHED, FINISHED, false},
};

static void look_at_step(const struct mbed *m, struct stack_moment *now)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i].state == m->ssl.state) {
            now->message = steps[i].message;
            now->message_is_ours = steps[i].ours;
        }
    }
    if (m->ssl.state == MBEDTLS_SSL_CERTIFICATE_VERIFY) { /* in TLS 1.3 the server's */
        now->message = CERTIFICATE_VERIFY;
        now->message_is_ours = m->ssl.tls_version != MBEDTLS_SSL_VERSION_TLS1_3;
    }
#ifndef ESP_TLS_SYSTEM_MBEDTLS
    if (m->ssl.handshake != NULL && m->ssl.handshake->client_auth != 0) {
        now->identity_wanted = true;
    }
#endif
}

/* --- what the server chose without having been offered it ------------------------------------- */

#define NAMED_CURVE 3 /* ECCurveType, RFC 8422 section 5.4 */

/** Only a key exchange with ECDHE has a curve there. */
static bool has_curve(const struct mbed *m)
{
    const mbedtls_ssl_handshake_params *hs = m->ssl.handshake;
    const mbedtls_ssl_ciphersuite_t *suite = hs != NULL ? hs->ciphersuite_info : NULL;

    return suite != NULL && (suite->key_exchange == MBEDTLS_KEY_EXCHANGE_ECDHE_RSA ||
                             suite->key_exchange == MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA);
}

/** @param list  what was offered, 0 at its end */
static bool is_offered(const uint16_t *list, uint16_t value)
{
    for (; list != NULL && *list != 0; list++) {
        if (*list == value) {
            return true;
        }
    }
    return false;
}

/** ServerKeyExchange of ECDHE (RFC 8422 section 5.4): the curve, a point, then the scheme of the
 *  signature (RFC 5246 section 4.7). It lies in the input buffer until the next message is read. */
static void look_at_choice(const struct mbed *m, struct stack_moment *now)
{
    const uint8_t *p = m->ssl.in_msg;
    size_t len = m->ssl.in_hslen;
    size_t point;
    uint16_t value;

    if (p == NULL || now->message != SERVER_KEY_EXCHANGE || now->message_is_ours || len < 8 ||
        len > m->ssl.in_msglen || p[0] != SERVER_KEY_EXCHANGE || p[4] != NAMED_CURVE ||
        !has_curve(m)) {
        return;
    }
    value = (uint16_t)(p[5] << 8 | p[6]);
    point = p[7];
    if (!is_offered(m->conf.group_list, value)) {
        now->group = value;
    } else if (len >= 8 + point + 2) {
        value = (uint16_t)(p[8 + point] << 8 | p[9 + point]);
        now->scheme = is_offered(m->conf.sig_algs, value) ? 0 : value;
    }
}

/* --- the record that was coming in ------------------------------------------------------------ */

static void look_at_record(const struct mbed *m, struct stack_moment *now)
{
    const uint8_t *header;
    size_t got = et_mbed_record_come(m, &header);

    if (got == 0 || m->io.err->record_limit != 0) {
        return; /* between two records, or it was refused for its length */
    }
    if (got >= 2 && !et_mbed_is_record(header)) {
        now->peer_bytes_len =
            (uint8_t)(got < sizeof(now->peer_bytes) ? got : sizeof(now->peer_bytes));
        memcpy(now->peer_bytes, header, now->peer_bytes_len);
    } else {
        now->record_got = (uint32_t)(got < MBED_HEADER_LEN ? got : got - MBED_HEADER_LEN);
    }
}

void et_stack_moment(const void *stack, struct stack_moment *moment)
{
    const struct mbed *m = stack;

    memset(moment, 0, sizeof(*moment));
    look_at_step(m, moment);
    look_at_choice(m, moment);
    look_at_record(m, moment);
}
