/* Certificates one after the other, as DER or in PKCS #7. */
#include "esp_tls_certificate.h"

#include "der.h"

/** Go inside the next element, if it has this tag. */
static bool enter_element(struct der_source *s, struct der_span *in, uint8_t tag)
{
    struct der_item item;

    if (et_der_next(s, in, &item) != DER_OK || item.tag != tag) {
        return false;
    }
    *in = et_der_inside(&item);
    return true;
}

/** The certificates of PKCS #7 SignedData (RFC 2315 section 9.1): behind version, digestAlgorithms
 *  and contentInfo. @return false: it is something else */
static bool enter_pkcs7(struct der_source *s, struct der_span *in)
{
    static const uint8_t signed_data[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2};
    uint8_t oid[sizeof(signed_data)];
    struct der_item item;

    if (!enter_element(s, in, DER_SEQUENCE) || et_der_next(s, in, &item) != DER_OK ||
        item.tag != DER_OID || item.len != sizeof(oid)) {
        return false;
    }
    (void)et_der_copy(s, item.content, item.len, oid, sizeof(oid));
    for (size_t i = 0; i < sizeof(oid); i++) {
        if (oid[i] != signed_data[i]) {
            return false;
        }
    }
    return enter_element(s, in, DER_NESTED(0)) && enter_element(s, in, DER_SEQUENCE) &&
           et_der_next(s, in, &item) == DER_OK && et_der_next(s, in, &item) == DER_OK &&
           et_der_next(s, in, &item) == DER_OK && enter_element(s, in, DER_NESTED(0));
}

bool esp_tls_certificate_next(const void *buf, size_t len, size_t *at, esp_tls_bytes_t *der)
{
    struct der_span all = {0, len};
    struct der_span in = all;
    struct der_source s;
    struct der_item item;

    if (buf == NULL || at == NULL || der == NULL) {
        return false;
    }
    et_der_source_raw(&s, buf, len);
    if (!enter_pkcs7(&s, &in)) {
        in = all;
    }
    in.at = *at > in.at ? *at : in.at;
    if (in.at >= in.end || et_der_byte(&s, in.at) == 0) {
        return false;
    }
    *der = (esp_tls_bytes_t){(const uint8_t *)buf + in.at, in.end - in.at};
    if (et_der_next(&s, &in, &item) == DER_OK && item.tag == DER_SEQUENCE) {
        der->len = in.at - item.begin;
    }
    *at = item.begin + der->len;
    return true;
}
