/* RSA-PSS in TLS 1.2 where sig_algs.c is not built (it says what is wrong with Mbed TLS 3.6.6): the
 * offer names rsa_pkcs1_* before rsa_pss_rsae_*. That helps with servers that follow the client's
 * order; with the others the handshake fails, and the record says why. */
#include "mbed.h"

#include "mbedtls/version.h"

#define FAULTY 0x03060600 /* 3.6.6, as mbedtls_version_get_number() says it */

static bool is_pss(uint16_t scheme)
{
    return scheme == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256 ||
           scheme == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384 ||
           scheme == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512;
}

/** Of the library that runs, which need not be the one whose headers were there. */
static bool is_faulty(void)
{
#if defined(MBEDTLS_VERSION_C)
    return mbedtls_version_get_number() == FAULTY;
#else
    return MBEDTLS_VERSION_NUMBER == FAULTY;
#endif
}

static size_t copy(uint16_t *to, const uint16_t *from, bool pss)
{
    size_t n = 0;

    for (; *from != MBEDTLS_TLS1_3_SIG_NONE; from++) {
        if (is_pss(*from) == pss) {
            to[n++] = *from;
        }
    }
    return n;
}

void et_mbed_order_sig_algs(struct mbed *m)
{
    const uint16_t *list = m->conf.sig_algs;
    size_t count = 0;

    while (list != NULL && list[count] != MBEDTLS_TLS1_3_SIG_NONE) {
        count++;
    }
    if (!is_faulty() || count >= sizeof(m->sig_algs) / sizeof(m->sig_algs[0])) {
        return;
    }
    count = copy(m->sig_algs, list, false);
    count += copy(m->sig_algs + count, list, true);
    m->sig_algs[count] = MBEDTLS_TLS1_3_SIG_NONE;
    mbedtls_ssl_conf_sig_algs(&m->conf, m->sig_algs);
}

/** The scheme that a ServerKeyExchange of ECDHE names (RFC 8422 section 5.4). @return 0: none */
static uint16_t scheme_of(const uint8_t *body, size_t len)
{
    size_t at = 4; /* curve_type, namedcurve, length of the point */

    if (len < at || body[0] != 3 || len - at < body[3] || len - at - body[3] < 2) {
        return 0;
    }
    at += body[3];
    return (uint16_t)(body[at] << 8 | body[at + 1]);
}

bool et_mbed_refused_pss(const struct mbed *m, int code)
{
    const size_t head = 4; /* RFC 5246 section 7.4 */

    return is_faulty() && code == MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER &&
           m->ssl.state == MBEDTLS_SSL_SERVER_KEY_EXCHANGE && m->ssl.in_msg != NULL &&
           m->ssl.in_hslen > head &&
           is_pss(scheme_of(m->ssl.in_msg + head, m->ssl.in_hslen - head));
}
