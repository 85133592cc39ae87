/* What DER is, by the tags of its first elements. Also of DER that is cut off. */
#include "walk.h"

#define MOST 4

/** The header of the element at *at, however long its content. */
static bool header(struct der_source *src, size_t *at, size_t end, struct der_item *item)
{
    struct der_span in = {*at, end};
    enum der_result result = et_der_next(src, &in, item);

    if (result != DER_OK && result != DER_TOO_LONG) {
        return false;
    }
    *at = item->len < end - item->content ? item->content + item->len : end;
    return true;
}

/** The tags of the first elements inside the one at `at`. */
static unsigned tags_inside(struct der_source *src, size_t at, size_t end, uint8_t tags[MOST],
                            size_t begins[MOST])
{
    struct der_item item;
    unsigned n = 0;
    size_t inside;

    if (!header(src, &at, end, &item) || item.tag != DER_SEQUENCE) {
        return 0;
    }
    inside = item.content;
    while (n < MOST && inside < at) {
        size_t begin = inside;

        if (!header(src, &inside, at, &item)) {
            break;
        }
        tags[n] = item.tag;
        begins[n++] = begin;
    }
    return n;
}

static bool are(const uint8_t *tags, unsigned n, const char *wanted, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (i >= n || tags[i] != (uint8_t)wanted[i]) {
            return false;
        }
    }
    return true;
}

/** Three SEQUENCE, SEQUENCE, BIT STRING: what is signed tells which. */
static enum der_kind signed_kind(struct der_source *src, size_t tbs)
{
    uint8_t tags[MOST];
    size_t begins[MOST];
    unsigned n = tags_inside(src, tbs, src->len, tags, begins);

    if (n > 0 && tags[0] == DER_NESTED(0)) {
        return DER_KIND_CERTIFICATE; /* its version */
    }
    if (are(tags, n, "\x02\x30\x30\x30", 4)) {
        return DER_KIND_CERTIFICATE; /* version 1: number, algorithm, issuer, validity */
    }
    if (are(tags, n, "\x02\x30\x30\xA0", 4)) {
        return DER_KIND_REQUEST; /* version, name, key, attributes */
    }
    if (are(tags, n, "\x02\x30\x30\x17", 4) || are(tags, n, "\x30\x30\x17", 3)) {
        return DER_KIND_CRL; /* version (or not), algorithm, issuer, time */
    }
    return n == 0 ? DER_KIND_CERTIFICATE : DER_KIND_OTHER; /* cut off after its first bytes */
}

/** SEQUENCE { INTEGER ... }: keys and PKCS #12. */
static enum der_kind numbered_kind(struct der_source *src, const uint8_t *tags, unsigned n,
                                   const size_t *begins)
{
    uint8_t inner[MOST];
    size_t at[MOST];

    if (n < 2) {
        return DER_KIND_OTHER;
    }
    switch (tags[1]) {
    case DER_INTEGER:
        return n > 2 ? DER_KIND_PKCS1 : DER_KIND_PKCS1_PUBLIC;
    case DER_OCTETS:
        return DER_KIND_SEC1;
    case DER_SEQUENCE:
        if (n > 2 && tags[2] == DER_OCTETS) {
            return DER_KIND_PKCS8;
        }
        /* PFX: version, authSafe { contentType, [0] } */
        return are(inner, tags_inside(src, begins[1], src->len, inner, at), "\x06\xA0", 2)
                   ? DER_KIND_PKCS12
                   : DER_KIND_OTHER;
    default:
        return DER_KIND_OTHER;
    }
}

enum der_kind et_der_kind(struct der_source *src)
{
    uint8_t tags[MOST];
    size_t begins[MOST];
    unsigned n;

    if (src->len < 2 || et_der_byte(src, 0) != DER_SEQUENCE) {
        return DER_KIND_NONE;
    }
    n = tags_inside(src, 0, src->len, tags, begins);
    if (n == 0) {
        return DER_KIND_OTHER;
    }
    if (tags[0] == DER_INTEGER) {
        return numbered_kind(src, tags, n, begins);
    }
    if (are(tags, n, "\x06\xA0", 2)) {
        return DER_KIND_PKCS7;
    }
    if (tags[0] != DER_SEQUENCE) {
        return DER_KIND_OTHER;
    }
    if (n == 2 && tags[1] == DER_BITS) {
        return DER_KIND_PUBLIC_KEY;
    }
    if (n == 2 && tags[1] == DER_OCTETS) {
        return DER_KIND_PKCS8_ENCRYPTED;
    }
    return n == 1 || tags[1] == DER_SEQUENCE ? signed_kind(src, begins[0]) : DER_KIND_OTHER;
}

const char *et_der_kind_name(enum der_kind kind)
{
    static const char *const names[] = {
        [DER_KIND_NONE] = "no ASN.1 SEQUENCE",
        [DER_KIND_CERTIFICATE] = "a certificate",
        [DER_KIND_REQUEST] = "a certificate request (PKCS #10)",
        [DER_KIND_CRL] = "a revocation list (CRL)",
        [DER_KIND_PUBLIC_KEY] = "a public key",
        [DER_KIND_PKCS8] = "a private key (PKCS #8)",
        [DER_KIND_PKCS8_ENCRYPTED] = "an encrypted private key (PKCS #8)",
        [DER_KIND_PKCS1] = "an RSA private key (PKCS #1)",
        [DER_KIND_PKCS1_PUBLIC] = "an RSA public key (PKCS #1)",
        [DER_KIND_SEC1] = "an EC private key (SEC 1)",
        [DER_KIND_PKCS7] = "a PKCS #7 bundle",
        [DER_KIND_PKCS12] = "a PKCS #12 file (PFX)",
        [DER_KIND_OTHER] = "ASN.1 of an unknown kind",
    };

    return names[kind];
}
