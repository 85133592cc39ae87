/* A bundle has a root's name and key, and Mbed TLS wants a certificate: one is written around them,
 * that of an authority which is always valid and that nobody signed. An anchor's signature is not
 * checked, and what else its true certificate says is not in the bundle (RFC 5280 section 6.1.1 (d)
 * asks for no more than name and key). Its issuer is CN=-, the shortest that Mbed TLS parses. */
#include "anchor.h"

#include <string.h>

#include "mbedtls/platform.h"

#define SEQUENCE 0x30

/* Pieces of DER (RFC 5280 section 4.1). */
#define VERSION 0xA0, 0x03, 0x02, 0x01, 0x02 /* 3 */
#define SERIAL  0x02, 0x01, 0x01
#if defined(MBEDTLS_PK_CAN_ECDSA_SOME)
#define ALGORITHM /* ecdsa-with-SHA256 */                                                          \
    0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02
#else
#define ALGORITHM /* sha256WithRSAEncryption */                                                    \
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00
#endif
#define ISSUER /* CN=- */                                                                          \
    0x30, 0x0C, 0x31, 0x0A, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x01, '-'
#define TIME(c, y) /* GeneralizedTime cyy0101000000Z */                                            \
    0x18, 0x0F, (c) / 10 + '0', (c) % 10 + '0', (y) / 10 + '0', (y) % 10 + '0', '0', '1', '0',     \
        '1', '0', '0', '0', '0', '0', '0', 'Z'
#define VALIDITY     0x30, 0x22, TIME(19, 70), TIME(99, 99)
#define IS_AUTHORITY /* basicConstraints, critical: cA TRUE */                                     \
    0x30, 0x0F, 0x06, 0x03, 0x55, 0x1D, 0x13, 0x01, 0x01, 0xFF, 0x04, 0x05, 0x30, 0x03, 0x01,      \
        0x01, 0xFF
#define EXTENSIONS 0xA3, 0x13, 0x30, 0x11, IS_AUTHORITY
#define SIGNATURE  0x03, 0x01, 0x00 /* of no bits */

static const unsigned char before_name[] = {VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY};
static const unsigned char behind_key[] = {EXTENSIONS};
static const unsigned char behind_tbs[] = {ALGORITHM, SIGNATURE};

#define HEAD_LEN 5 /* of a SEQUENCE whose length has three bytes */

static unsigned char *put(unsigned char *p, const void *from, size_t len)
{
    memcpy(p, from, len);
    return p + len;
}

static unsigned char *put_head(unsigned char *p, size_t content)
{
    const unsigned char head[HEAD_LEN] = {SEQUENCE, 0x83, (unsigned char)(content >> 16),
                                          (unsigned char)(content >> 8), (unsigned char)content};

    return put(p, head, sizeof(head));
}

/** @return the certificate, which is the caller's; NULL: no memory */
static unsigned char *write_certificate(const struct bundle_root *root, size_t *len)
{
    const size_t tbs = sizeof(before_name) + root->name_len + root->key_len + sizeof(behind_key);
    const size_t content = HEAD_LEN + tbs + sizeof(behind_tbs);
    unsigned char *der = mbedtls_calloc(1, HEAD_LEN + content);
    unsigned char *p = der;

    if (der == NULL) {
        return NULL;
    }
    p = put_head(p, content);
    p = put_head(p, tbs);
    p = put(p, before_name, sizeof(before_name));
    p = put(p, root->name, root->name_len);
    p = put(p, root->key, root->key_len);
    p = put(p, behind_key, sizeof(behind_key));
    p = put(p, behind_tbs, sizeof(behind_tbs));
    *len = (size_t)(p - der);
    return der;
}

int et_bundle_add_anchor(mbedtls_x509_crt *list, const struct bundle_root *root)
{
    size_t len;
    unsigned char *der = write_certificate(root, &len);
    int ret;

    if (der == NULL) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    ret = mbedtls_x509_crt_parse_der_nocopy(list, der, len);
    if (ret != 0) {
        mbedtls_free(der);
        return ret;
    }
    while (list->next != NULL) {
        list = list->next;
    }
    list->MBEDTLS_PRIVATE(own_buffer) = 1; /* the bytes go with it, without a second copy of them */
    return 0;
}
