/* What can be seen in a parsed certificate: who issued it, and extensions by their OID. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/asn1.h"

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

bool et_mbed_is_self_issued(const mbedtls_x509_crt *crt)
{
    return crt->issuer_raw.len == crt->subject_raw.len &&
           memcmp(crt->issuer_raw.p, crt->subject_raw.p, crt->issuer_raw.len) == 0;
}

/** The next Extension (RFC 5280 section 4.1). @return false: none is left */
static bool next_extension(unsigned char **p, const unsigned char *end, mbedtls_x509_buf *oid,
                           mbedtls_x509_buf *content)
{
    const unsigned char *next;
    int critical;
    size_t len;

    if (mbedtls_asn1_get_tag(p, end, &len, SEQUENCE) != 0) {
        return false;
    }
    next = *p + len;
    if (mbedtls_asn1_get_tag(p, next, &oid->len, MBEDTLS_ASN1_OID) != 0) {
        return false;
    }
    oid->p = *p;
    *p += oid->len;
    (void)mbedtls_asn1_get_bool(p, next, &critical);
    if (mbedtls_asn1_get_tag(p, next, &content->len, MBEDTLS_ASN1_OCTET_STRING) != 0) {
        return false;
    }
    content->p = *p;
    *p += content->len;
    return true;
}

unsigned et_mbed_find_extension(const mbedtls_x509_crt *crt, const char *oid, size_t oid_len,
                                mbedtls_x509_buf *content)
{
    unsigned char *p = crt->v3_ext.p;
    const unsigned char *end;
    mbedtls_x509_buf name = {0};
    mbedtls_x509_buf found = {0};
    unsigned times = 0;
    size_t len;

    if (p == NULL) {
        return 0;
    }
    end = p + crt->v3_ext.len;
    if (mbedtls_asn1_get_tag(&p, end, &len, SEQUENCE) != 0) {
        return 0;
    }
    while (next_extension(&p, end, &name, &found)) {
        if (name.len == oid_len && memcmp(name.p, oid, oid_len) == 0 && times++ == 0) {
            *content = found;
        }
    }
    return times;
}
