/* Who signed what, and which key is whose: for explanation, outside of any connection. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS /* a certificate's signature has no public accessor in 3.6 */
#include <string.h>

#include "mbedtls/md.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform.h"
#include "mbedtls/x509_crt.h"

#include "esp_tls_certificate.h"
#include "oids.h"
#include "plat_random.h"
#include "stack_views.h"

static esp_err_t no_parse(int ret)
{
    if (et_stack_is_no_mem(ret)) {
        return ESP_ERR_NO_MEM;
    }
    return ret == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || ret == MBEDTLS_ERR_PK_PASSWORD_MISMATCH
               ? ESP_ERR_INVALID_STATE
               : ESP_ERR_INVALID_ARG;
}

static bool is_missing(int ret)
{
    return ret == MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE || ret == MBEDTLS_ERR_MD_FEATURE_UNAVAILABLE;
}

/** RFC 5280 section 6.1.3 (a)(1), and no more. */
static esp_err_t check_signature(const mbedtls_x509_crt *crt, mbedtls_pk_context *key)
{
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(crt->sig_md);
    unsigned char hash[MBEDTLS_MD_MAX_SIZE];
    int ret;

    if (md == NULL) {
        return ESP_ERR_NOT_SUPPORTED;
    }
    if (!mbedtls_pk_can_do(key, crt->sig_pk)) {
        return ESP_FAIL; /* a key of another kind */
    }
    ret = mbedtls_md(md, crt->tbs.p, crt->tbs.len, hash);
    if (ret == 0) {
        ret = mbedtls_pk_verify_ext(crt->sig_pk, crt->sig_opts, key, crt->sig_md, hash,
                                    mbedtls_md_get_size(md), crt->sig.p, crt->sig.len);
    }
    if (ret != 0 && et_stack_is_no_mem(ret)) {
        return ESP_ERR_NO_MEM;
    }
    return ret == 0 ? ESP_OK : is_missing(ret) ? ESP_ERR_NOT_SUPPORTED : ESP_FAIL;
}

/** A certificate, and the key that may have signed it. */
struct signature {
    esp_tls_bytes_t cert;
    esp_tls_bytes_t issuer_key;
};

/** Whatever else it says, its signature can be checked. */
static int take_extension(void *ctx, const mbedtls_x509_crt *crt, const mbedtls_x509_buf *oid,
                          int critical, const unsigned char *p, const unsigned char *end)
{
    (void)ctx;
    (void)crt;
    (void)oid;
    (void)critical;
    (void)p;
    (void)end;
    return 0;
}

static esp_err_t parse_and_check(void *arg)
{
    const struct signature *s = arg;
    unsigned char *p = (unsigned char *)s->issuer_key.ptr;
    mbedtls_x509_crt crt;
    mbedtls_pk_context key;
    esp_err_t err;
    int ret;

    mbedtls_x509_crt_init(&crt);
    mbedtls_pk_init(&key);
    ret = mbedtls_x509_crt_parse_der_with_ext_cb(&crt, s->cert.ptr, s->cert.len, 0, take_extension,
                                                 NULL);
    if (ret == 0) {
        ret = mbedtls_pk_parse_subpubkey(&p, p + s->issuer_key.len, &key);
    }
    err = ret == 0 ? check_signature(&crt, &key) : no_parse(ret);
    mbedtls_pk_free(&key);
    mbedtls_x509_crt_free(&crt);
    return err;
}

/** Does the library know what this certificate and this key are made of? */
static bool is_known(const esp_tls_certificate_t *cert, const esp_tls_certificate_t *issuer)
{
    const esp_tls_bytes_t *sig = &cert->signature_algorithm;
    const esp_tls_bytes_t *key = &issuer->key.algorithm;
    const esp_tls_bytes_t *curve = &issuer->key.curve;

    return et_support_signature(sig->ptr, sig->len) && et_support_key(key->ptr, key->len) &&
           (curve->ptr == NULL || et_support_curve(curve->ptr, curve->len));
}

esp_err_t esp_tls_certificate_is_signed_by(const esp_tls_certificate_t *cert,
                                           const esp_tls_certificate_t *issuer)
{
    struct signature s;

    if (cert == NULL || issuer == NULL || cert->der.ptr == NULL || issuer->key.info.ptr == NULL ||
        cert->signature_algorithm.ptr == NULL || issuer->key.algorithm.ptr == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!is_known(cert, issuer)) {
        return ESP_ERR_NOT_SUPPORTED;
    }
    s = (struct signature){.cert = cert->der, .issuer_key = issuer->key.info};
    return et_stack_work(PLAT_MEM_CERTIFICATE, parse_and_check, &s);
}

#if defined(MBEDTLS_PK_WRITE_C)
/** The public half of the key, as the certificate has it. */
static esp_err_t compare(const esp_tls_certificate_t *cert, const mbedtls_pk_context *key)
{
    esp_tls_bytes_t bits = cert->key.key;
    unsigned char *buf = mbedtls_calloc(1, cert->key.info.len);
    unsigned char *p = buf;
    int n;
    bool is_same;

    if (buf == NULL) {
        return ESP_ERR_NO_MEM;
    }
    p += cert->key.info.len; /* it is written from the end */
    n = mbedtls_pk_write_pubkey(&p, buf, key);
    is_same = n > 0 && (size_t)n == bits.len && memcmp(p, bits.ptr, bits.len) == 0;
    mbedtls_free(buf);
    return is_same ? ESP_OK : ESP_FAIL;
}
#else
static esp_err_t compare(const esp_tls_certificate_t *cert, const mbedtls_pk_context *key)
{
    (void)cert;
    (void)key;
    return ESP_ERR_NOT_SUPPORTED;
}
#endif

/** A certificate, and the key that may be its. */
struct pair {
    const esp_tls_certificate_t *cert;
    esp_tls_bytes_t key;
    esp_tls_bytes_t password;
};

static int random_bytes(void *ctx, unsigned char *buf, size_t len)
{
    (void)ctx;
    return plat_random(buf, len);
}

static esp_err_t parse_and_compare(void *arg)
{
    const struct pair *pair = arg;
    mbedtls_pk_context key;
    esp_err_t err;
    int ret;

    mbedtls_pk_init(&key);
    ret = mbedtls_pk_parse_key(&key, pair->key.ptr, pair->key.len, pair->password.ptr,
                               pair->password.len, random_bytes, NULL);
    err = ret == 0 ? compare(pair->cert, &key) : no_parse(ret);
    mbedtls_pk_free(&key);
    return err;
}

static esp_err_t parse_key(void *arg)
{
    const struct pair *pair = arg;
    mbedtls_pk_context key;
    int ret;

    mbedtls_pk_init(&key);
    ret = mbedtls_pk_parse_key(&key, pair->key.ptr, pair->key.len, pair->password.ptr,
                               pair->password.len, random_bytes, NULL);
    mbedtls_pk_free(&key);
    return ret == 0 ? ESP_OK : is_missing(ret) ? ESP_ERR_NOT_SUPPORTED : no_parse(ret);
}

esp_err_t esp_tls_private_key_check(const void *key, size_t key_len, const void *password,
                                    size_t password_len)
{
    struct pair pair = {.key = (esp_tls_bytes_t){key, key_len},
                        .password = (esp_tls_bytes_t){password, password_len}};

    if (key == NULL || key_len == 0) {
        return ESP_ERR_INVALID_ARG;
    }
    return et_stack_work(PLAT_MEM_KEY, parse_key, &pair);
}

esp_err_t esp_tls_certificate_fits_key(const esp_tls_certificate_t *cert, const void *key,
                                       size_t key_len, const void *password, size_t password_len)
{
    struct pair pair;

    if (cert == NULL || cert->key.key.ptr == NULL || key == NULL || key_len == 0) {
        return ESP_ERR_INVALID_ARG;
    }
    pair = (struct pair){.cert = cert,
                         .key = (esp_tls_bytes_t){key, key_len},
                         .password = (esp_tls_bytes_t){password, password_len}};
    return et_stack_work(PLAT_MEM_KEY, parse_and_compare, &pair);
}
