#include "bundle_kit.h"

#include <stdlib.h>
#include <string.h>

#include "mbedtls/x509_crt.h"

static int order(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
    int order = memcmp(a->p, b->p, a->len < b->len ? a->len : b->len);

    return order != 0 ? order : (int)a->len - (int)b->len;
}

static void parse(mbedtls_x509_crt *crt, const struct bundle_kit_cert *cert)
{
    mbedtls_x509_crt_init(crt);
    if (mbedtls_x509_crt_parse_der(crt, cert->der, cert->len) != 0) {
        abort();
    }
}

static uint8_t *put(uint8_t *p, uint32_t value, unsigned bytes)
{
    for (; bytes > 0; bytes--, value >>= 8) {
        *p++ = (uint8_t)value;
    }
    return p;
}

static uint8_t *put_root(uint8_t *p, const mbedtls_x509_crt *crt)
{
    p = put(p, (uint32_t)crt->subject_raw.len, 2);
    p = put(p, (uint32_t)crt->pk_raw.len, 2);
    memcpy(p, crt->subject_raw.p, crt->subject_raw.len);
    p += crt->subject_raw.len;
    memcpy(p, crt->pk_raw.p, crt->pk_raw.len);
    return p + crt->pk_raw.len;
}

uint8_t *bundle_kit_make(const struct bundle_kit_cert *certs, size_t count, size_t *len)
{
    mbedtls_x509_crt crt[BUNDLE_KIT_MOST];
    size_t sorted[BUNDLE_KIT_MOST];
    uint8_t *bundle;
    uint8_t *p;

    if (count > BUNDLE_KIT_MOST) {
        abort();
    }
    *len = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = i;

        parse(&crt[i], &certs[i]);
        *len += 8 + crt[i].subject_raw.len + crt[i].pk_raw.len;
        for (; at > 0 && order(&crt[sorted[at - 1]].subject_raw, &crt[i].subject_raw) > 0; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = i;
    }
    bundle = malloc(*len + 1); /* also for none */
    if (bundle == NULL) {
        abort();
    }
    p = bundle + 4 * count;
    for (size_t i = 0; i < count; i++) {
        (void)put(bundle + 4 * i, (uint32_t)(p - bundle), 4);
        p = put_root(p, &crt[sorted[i]]);
    }
    for (size_t i = 0; i < count; i++) {
        mbedtls_x509_crt_free(&crt[i]);
    }
    return bundle;
}
