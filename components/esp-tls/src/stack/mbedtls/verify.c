/* Mbed TLS's verifier decides every chain. This callback, which it calls for each certificate of
 * the chain from the root down, notes where flags first appear and applies the two choices that a
 * configuration has: a name that is not compared, and a clock that is not set. It refuses, too,
 * what issued a certificate and does not say that it is an authority. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/oid.h"

#include "esp_log.h"
#include "plat_clock.h"

static const char TAG[] = "esp-tls-mbedtls";

#define BAD_TIME (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)

/** Validity cannot be judged without a clock: Kconfig says what then (never so on Linux). */
static void judge_time(struct mbed *m, uint32_t *flags)
{
    int64_t now;

    if ((*flags & BAD_TIME) == 0 || plat_wall_clock(&now)) {
        return;
    }
#ifdef CONFIG_ESP_TLS_CLOCK_UNSET_ACCEPT
    ESP_LOGW(TAG, "the clock is not set: the certificate's validity period is NOT checked");
    *flags &= ~(uint32_t)BAD_TIME;
#else
    ESP_LOGW(TAG, "the clock is not set: set it (SNTP) or see CONFIG_ESP_TLS_CLOCK_UNSET");
#endif
    m->io.err->option = "clock";
}

/* --- authorities ------------------------------------------------------------------------------ */

/** The content of an extension of that OID (RFC 5280 section 4.1).
 *  @param p, end  the SEQUENCE OF Extension; then the content. @return false: there is none */
static bool find_extension(unsigned char **p, const unsigned char **end, const char *oid,
                           size_t oid_len)
{
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    size_t len;

    if (mbedtls_asn1_get_tag(p, *end, &len, sequence) != 0) {
        return false;
    }
    for (const unsigned char *all = *p + len; *p < all;) {
        const unsigned char *next;
        int critical;
        bool is_it;

        if (mbedtls_asn1_get_tag(p, all, &len, sequence) != 0) {
            return false;
        }
        next = *p + len;
        if (mbedtls_asn1_get_tag(p, next, &len, MBEDTLS_ASN1_OID) != 0) {
            return false;
        }
        is_it = len == oid_len && memcmp(*p, oid, len) == 0;
        *p += len;
        (void)mbedtls_asn1_get_bool(p, next, &critical);
        if (mbedtls_asn1_get_tag(p, next, &len, MBEDTLS_ASN1_OCTET_STRING) != 0) {
            return false;
        }
        *end = *p + len;
        if (is_it) {
            return true;
        }
        *p += len;
    }
    return false;
}

/** Does the certificate say so itself, in BasicConstraints (RFC 5280 section 4.2.1.9)? Mbed TLS up
 *  to 3.6.6 also takes a pathLenConstraint without cA for an authority's, and a cA behind the end
 *  of the SEQUENCE (CVE-2026-49300). */
bool et_mbed_is_authority(const mbedtls_x509_crt *crt)
{
    unsigned char *p = crt->v3_ext.p;
    const unsigned char *end = p + crt->v3_ext.len;
    size_t len;
    int ca;

    return crt->ca_istrue != 0 &&
           find_extension(&p, &end, MBEDTLS_OID_BASIC_CONSTRAINTS,
                          MBEDTLS_OID_SIZE(MBEDTLS_OID_BASIC_CONSTRAINTS)) &&
           mbedtls_asn1_get_tag(&p, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) ==
               0 &&
           len == (size_t)(end - p) && mbedtls_asn1_get_bool(&p, end, &ca) == 0 && ca != 0;
}

/** What a false authority issued is not trusted. Certificates before version 3 say nothing of it:
 *  Mbed TLS takes them as issuers only where they are anchors. */
static void judge_issuer(struct mbed *m, const mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    if (m->issuer_is_false) {
        *flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    }
    m->issuer_is_false = depth > 0 && crt->version >= 3 && !et_mbed_is_authority(crt);
}

int et_mbed_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct mbed *m = ctx;

    judge_time(m, flags);
    if (depth == 0 && m->insecure_skip_name) {
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    /* A self-issued server certificate that is itself an anchor is trusted, CA or not: what Mbed
     * TLS does with a list of CAs, and not with a CA callback. */
    if (depth == 0 && (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0 &&
        et_mbed_is_anchor(m, crt)) {
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    }
    judge_issuer(m, crt, depth, flags);
    if (*flags != 0 && m->io.err->verify_depth < 0) {
        m->io.err->verify_depth = (int8_t)depth;
        m->refused = crt;
        m->refused_is_untrusted = (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0;
    }
    if (depth == 0 && m->refused != NULL) {
        const struct mbed_chain chain = {m, crt};

        et_observers_chain(m->io.observed,
                           &(struct conn_chain){.event = CONN_CHAIN_REFUSED, .stack = &chain});
        m->refused = NULL;
    }
    return 0;
}

int16_t et_mbed_alert_for(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        int16_t alert;
    } rows[] = {
        {MBEDTLS_X509_BADCERT_OTHER, MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
        {MBEDTLS_X509_BADCERT_KEY_USAGE, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT},
        {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT},
        {MBEDTLS_X509_BADCERT_BAD_PK, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT},
        {MBEDTLS_X509_BADCERT_BAD_KEY, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT},
        {MBEDTLS_X509_BADCERT_EXPIRED, MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED},
        {MBEDTLS_X509_BADCERT_REVOKED, MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((flags & rows[i].flag) != 0) {
            return rows[i].alert;
        }
    }
    return MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN;
}
