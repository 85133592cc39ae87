/* Mbed TLS's verifier decides every chain. This callback, which it calls for each certificate of
 * the chain from the root down, notes where flags first appear and applies the two choices that a
 * configuration has: a name that is not compared, and a clock that is not set. It refuses, too,
 * what issued a certificate and is no authority for that, and a name of the wrong kind. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/oid.h"

#include "esp_log.h"
#include "plat_clock.h"
#include "plat_net.h"

#include "cert_names.h"

static const char TAG[] = "esp-tls-mbedtls";

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
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

/** Does the certificate say so itself, in BasicConstraints (RFC 5280 section 4.2.1.9)? Mbed TLS up
 *  to 3.6.6 also takes a pathLenConstraint without cA for an authority's, and a cA behind the end
 *  of the SEQUENCE (CVE-2026-49300). */
bool et_mbed_is_authority(const mbedtls_x509_crt *crt)
{
    mbedtls_x509_buf content = {0};
    unsigned char *p;
    size_t len;
    int ca;

    if (crt->ca_istrue == 0 ||
        et_mbed_find_extension(crt, MBEDTLS_OID_BASIC_CONSTRAINTS,
                               MBEDTLS_OID_SIZE(MBEDTLS_OID_BASIC_CONSTRAINTS), &content) == 0) {
        return false;
    }
    p = content.p;
    return mbedtls_asn1_get_tag(&p, content.p + content.len, &len, SEQUENCE) == 0 &&
           len == (size_t)(content.p + content.len - p) &&
           mbedtls_asn1_get_bool(&p, content.p + content.len, &ca) == 0 && ca != 0;
}

/** What a false authority issued is not trusted. Certificates before version 3 say nothing of it:
 *  Mbed TLS takes them as issuers only where they are anchors. */
static void judge_issuer(struct mbed_path *path, const mbedtls_x509_crt *crt, int depth,
                         uint32_t *flags)
{
    if (path->issuer_is_false) {
        *flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    }
    path->issuer_is_false = depth > 0 && crt->version >= 3 && !et_mbed_is_authority(crt);
}

/** What may not serve as a server may not say who may: an authority for clients alone issues no
 *  server's certificate (as browsers and OpenSSL have it; RFC 5280 section 4.2.1.12 is silent). */
static void judge_usage(const mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    if (depth > 0 &&
        mbedtls_x509_crt_check_extended_key_usage(crt, MBEDTLS_OID_SERVER_AUTH,
                                                  MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0) {
        *flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    }
}

/* --- the name --------------------------------------------------------------------------------- */

/** Is there a name of this kind that the host has? */
static bool has_name(const mbedtls_x509_crt *crt, enum name_kind kind, struct name_span host)
{
    for (const mbedtls_x509_sequence *n = &crt->subject_alt_names; n != NULL; n = n->next) {
        struct name_span name = {n->buf.p, n->buf.len};

        if ((n->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) != (int)kind) { /* 0 of an empty list */
            continue;
        }
        if (kind == NAME_DNS ? et_names_dns_is_for(name, host)
                             : name.len == host.len && memcmp(name.ptr, host.ptr, host.len) == 0) {
            return true;
        }
    }
    return false;
}

/** Mbed TLS compares the host with DNS names, addresses and URIs as if they were one kind, and so
 *  takes DNS:*.0.0.1 for an address. Each is compared with its own kind here (RFC 9525 section
 *  6.1). Without a subjectAltName Mbed TLS looks at the common name, an address's too. */
static void judge_name(const struct mbed *m, const mbedtls_x509_crt *crt, uint32_t *flags)
{
    const char *host = m->ssl.hostname;
    size_t len = host != NULL ? strlen(host) : 0;
    struct plat_addr addr;
    bool is_named;

    if (m->insecure_skip_name) {
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
        return;
    }
    if (len == 0 || (crt->ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME) == 0) {
        return;
    }
    if (plat_addr_parse(host, len, &addr)) {
        size_t ip_len = addr.family == PLAT_AF_INET ? 4 : sizeof(addr.ip);

        is_named = has_name(crt, NAME_IP, (struct name_span){addr.ip, ip_len});
    } else {
        is_named = has_name(crt, NAME_DNS, (struct name_span){(const uint8_t *)host, len});
    }
    if (!is_named) {
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
}

int et_mbed_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct mbed *m = ctx;
    struct mbed_path *path = m->path;
    int ret;

    judge_time(m, flags);
    et_mbed_judge_names(path, crt, depth, flags);
    if (depth == 0) {
        judge_name(m, crt, flags);
    }
    judge_usage(crt, depth, flags);
    /* A self-issued server certificate that is itself an anchor is trusted, CA or not: what Mbed
     * TLS does with a list of CAs, and not with a CA callback. */
    if (depth == 0 && (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0 &&
        et_mbed_is_anchor(m, crt)) {
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    }
    judge_issuer(path, crt, depth, flags);
    ret = et_mbed_ask_application(m, crt, depth, flags);
    if (path->refused != NULL && depth > 0 && et_mbed_is_self_issued(crt)) {
        path->self_issued++;
    }
    if (*flags != 0 && m->io.err->verify_depth < 0) {
        m->io.err->verify_depth = (int8_t)depth;
        path->refused = crt;
        path->issuer = path->last;
        path->refused_is_untrusted = (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0;
    }
    path->last = crt;
    if (depth == 0 && path->refused != NULL) {
        const struct mbed_chain chain = {m, crt};

        et_observers_chain(m->io.observed,
                           &(struct conn_chain){.event = CONN_CHAIN_REFUSED, .stack = &chain});
    }
    return ret;
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
