/* Name constraints (RFC 5280 section 4.2.1.10), which Mbed TLS does not know: it refuses a
 * certificate in which they are critical, and passes over them in others. Here they are taken when
 * a certificate is parsed, and applied when its chain is verified: each certificate is judged by
 * the constraints of all that stand above it, the anchor's among them. Nothing is allocated. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/error.h"
#include "mbedtls/oid.h"

#include "cert_names.h"

#define OID_NAME_CONSTRAINTS MBEDTLS_OID_ID_CE "\x1E" /* id-ce 30 */

static int take_extension(void *ctx, const mbedtls_x509_crt *crt, const mbedtls_x509_buf *oid,
                          int critical, const unsigned char *p, const unsigned char *end)
{
    (void)ctx;
    (void)crt;
    (void)critical;
    (void)p;
    (void)end;
    return MBEDTLS_OID_CMP(OID_NAME_CONSTRAINTS, oid) == 0
               ? 0
               : MBEDTLS_ERROR_ADD(MBEDTLS_ERR_X509_INVALID_EXTENSIONS,
                                   MBEDTLS_ERR_ASN1_UNEXPECTED_TAG); /* as without us */
}

int et_mbed_crt_parse(mbedtls_x509_crt *chain, const unsigned char *buf, size_t len, bool stays)
{
    return mbedtls_x509_crt_parse_der_with_ext_cb(chain, buf, len, !stays, take_extension, NULL);
}

static struct name_span span_of(const mbedtls_x509_buf *buf)
{
    return (struct name_span){buf->p, buf->len};
}

/** The content of the extension nameConstraints. @return how many there are */
static unsigned constraints_of(const mbedtls_x509_crt *crt, mbedtls_x509_buf *content)
{
    return et_mbed_find_extension(crt, OID_NAME_CONSTRAINTS, MBEDTLS_OID_SIZE(OID_NAME_CONSTRAINTS),
                                  content);
}

/** @param names  those of subjectAltName; ptr NULL: there is none
 *  @return false: it is malformed */
static bool alt_names(const mbedtls_x509_crt *crt, struct name_span *names)
{
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    mbedtls_x509_buf content = {0};
    unsigned char *p;

    if (et_mbed_find_extension(crt, MBEDTLS_OID_SUBJECT_ALT_NAME,
                               MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), &content) == 0) {
        return true;
    }
    p = content.p;
    if (mbedtls_asn1_get_tag(&p, content.p + content.len, &names->len, sequence) != 0) {
        return false;
    }
    names->ptr = p;
    return true;
}

/** @param path  of it, what was compared is counted */
static bool names_hold(struct mbed_path *path, const mbedtls_x509_crt *crt, int depth)
{
    struct name_set names = {.subject = span_of(&crt->subject_raw), .is_peer = depth == 0};
    mbedtls_x509_buf content = {0};
    size_t work = NAMES_MOST_WORK - path->compared;
    bool hold = true;

    if (depth > 0 && et_mbed_is_self_issued(crt)) { /* RFC 5280 section 6.1.3 (b) */
        return true;
    }
    if (!alt_names(crt, &names.alt)) {
        return false;
    }
    for (unsigned i = 0; hold && i < path->count; i++) {
        (void)constraints_of(path->above[i], &content);
        hold = et_names_judge(span_of(&content), &names, &work, NULL) == NAMES_HOLD;
    }
    path->compared = NAMES_MOST_WORK - work;
    return hold;
}

/** Only an authority has constraints, and once (RFC 5280 sections 4.2 and 4.2.1.10). */
static bool may_constrain(const struct mbed_path *path, const mbedtls_x509_crt *crt, unsigned times)
{
    return times == 1 && crt->ca_istrue != 0 && path->count < MBED_CONSTRAINING;
}

void et_mbed_judge_names(struct mbed_path *path, const mbedtls_x509_crt *crt, int depth,
                         uint32_t *flags)
{
    mbedtls_x509_buf content = {0};
    unsigned times = constraints_of(crt, &content);

    if ((path->count > 0 && !names_hold(path, crt, depth)) ||
        (times > 0 && !may_constrain(path, crt, times))) {
        *flags |= ESP_TLS_BADCERT_NAME_CONSTRAINTS;
    } else if (times > 0) {
        path->above[path->count++] = crt;
    }
}
