/* Signatures of the peer. Mbed TLS calls these two in place of mbedtls_pk_verify_ext() (seam.txt):
 * x509_crt.c esp_tls_pk_verify_ext(), ssl_tls13_generic.c esp_tls_pk_verify_now().
 *
 * RSA goes to Mbed TLS's RSA module straight away: through PSA the key, parsed already, would be
 * written out (600 bytes of stack), imported and parsed once more, 1 KB of heap on top of the peak.
 * P-256 goes to PSA at once, as mbedtls_pk_verify() would do itself after taking 450 bytes of stack
 * for a curve of any size.
 *
 * Postponed checks (CONFIG_ESP_TLS_DEFER_CERT_SIGNATURES). While Mbed TLS verifies the peer's chain,
 * the record that carries it and the parsed certificates are all in memory; the arithmetic of a
 * signature check comes on top. With this option a check only notes what it would compare: hash,
 * signature and the issuer's key. When the step is over, the record and the chain are freed, and
 * then every noted signature is checked. One that is bad ends the handshake.
 *
 * Which certificates form the path is still Mbed TLS's choice, with every signature taken as good.
 * Every signature that it relied on must then hold, so no chain passes that Mbed TLS alone refuses.
 * It may refuse one that Mbed TLS accepts: with two issuers of one name, the first is taken. */
#include "mbed.h"

#ifndef ESP_TLS_SYSTEM_MBEDTLS

#include <string.h>

#include "mbedtls/psa_util.h"
#include "mbedtls/rsa.h"

#ifdef MBEDTLS_RSA_C
/** PSA takes no key with a length of half a byte; this is no place to be more generous. */
static bool psa_takes(const mbedtls_rsa_context *rsa)
{
    size_t bits = mbedtls_rsa_get_bitlen(rsa);

    return bits % 8 == 0 && bits <= PSA_VENDOR_RSA_MAX_KEY_BITS;
}

/** With exactly what PSA would give Mbed TLS's RSA module. @return false: a case for PSA itself */
static bool verify_rsa(int *ret, mbedtls_pk_type_t type, const mbedtls_pk_rsassa_pss_options *pss,
                       mbedtls_rsa_context *rsa, mbedtls_md_type_t md_alg,
                       const unsigned char *hash, size_t hash_len, const unsigned char *sig,
                       size_t sig_len)
{
    if (!psa_takes(rsa) ||
        sig_len != mbedtls_rsa_get_len(rsa)) { /* RFC 8017 section 8.1.2, 8.2.2 */
        return false;
    }
#if defined(MBEDTLS_PKCS1_V15)
    if (type == MBEDTLS_PK_RSA && pss == NULL) {
        *ret = mbedtls_rsa_rsassa_pkcs1_v15_verify(rsa, md_alg, (unsigned)hash_len, hash, sig);
        return true;
    }
#endif
#if defined(MBEDTLS_PKCS1_V21)
    if (type == MBEDTLS_PK_RSASSA_PSS && pss != NULL && pss->mgf1_hash_id == md_alg &&
        hash_len != 0 && hash_len == mbedtls_md_get_size(mbedtls_md_info_from_type(md_alg))) {
        *ret = mbedtls_rsa_rsassa_pss_verify_ext(rsa, md_alg, (unsigned)hash_len, hash, md_alg,
                                                 MBEDTLS_RSA_SALT_LEN_ANY, sig);
        return true;
    }
#endif
    return false;
}
#endif

#if defined(CONFIG_ESP_TLS_P256M) && defined(MBEDTLS_ECDSA_C)
#define P256_LEN 32

static bool is_p256(const mbedtls_pk_context *ctx)
{
    return mbedtls_pk_get_type(ctx) == MBEDTLS_PK_ECKEY &&
           mbedtls_pk_ec(*ctx)->grp.id == MBEDTLS_ECP_DP_SECP256R1;
}

static psa_status_t import_p256(const mbedtls_ecp_keypair *ec, psa_key_id_t *id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    unsigned char point[1 + 2 * P256_LEN]; /* SEC 1 section 2.3.3 */
    size_t len;

    if (mbedtls_ecp_point_write_binary(&ec->grp, &ec->Q, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, point,
                                       sizeof(point)) != 0) {
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA_ANY);
    return psa_import_key(&attributes, point, len, id);
}

/** @param sig  DER, RFC 3279 section 2.2.3 */
static int verify_p256(const mbedtls_ecp_keypair *ec, const unsigned char *hash, size_t hash_len,
                       const unsigned char *sig, size_t sig_len)
{
    unsigned char raw[2 * P256_LEN];
    psa_key_id_t id;
    psa_status_t status;
    size_t len;

    if (mbedtls_ecdsa_der_to_raw(8 * P256_LEN, sig, sig_len, raw, sizeof(raw), &len) != 0) {
        return MBEDTLS_ERR_ECP_VERIFY_FAILED;
    }
    status = import_p256(ec, &id);
    if (status == PSA_SUCCESS) {
        status = psa_verify_hash(id, PSA_ALG_ECDSA_ANY, hash, hash_len, raw, len);
        (void)psa_destroy_key(id);
    }
    if (status == PSA_ERROR_INSUFFICIENT_MEMORY) {
        return MBEDTLS_ERR_PK_ALLOC_FAILED;
    }
    return status == PSA_SUCCESS ? 0 : MBEDTLS_ERR_ECP_VERIFY_FAILED;
}
#endif

int esp_tls_pk_verify_now(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
                          mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len,
                          const unsigned char *sig, size_t sig_len)
{
#ifdef MBEDTLS_RSA_C
    int ret;

    if (mbedtls_pk_get_type(ctx) == MBEDTLS_PK_RSA &&
        verify_rsa(&ret, type, options, mbedtls_pk_rsa(*ctx), md_alg, hash, hash_len, sig,
                   sig_len)) {
        return ret;
    }
#endif
    if (type == MBEDTLS_PK_RSASSA_PSS || options != NULL || !mbedtls_pk_can_do(ctx, type)) {
        return mbedtls_pk_verify_ext(type, options, ctx, md_alg, hash, hash_len, sig, sig_len);
    }
#if defined(CONFIG_ESP_TLS_P256M) && defined(MBEDTLS_ECDSA_C)
    if (is_p256(ctx) && hash_len != 0) { /* 0: as long as md_alg's */
        return verify_p256(mbedtls_pk_ec(*ctx), hash, hash_len, sig, sig_len);
    }
#endif
    return mbedtls_pk_verify(ctx, md_alg, hash, hash_len, sig, sig_len);
}

#ifndef CONFIG_ESP_TLS_DEFER_CERT_SIGNATURES

int esp_tls_pk_verify_ext(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
                          mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len,
                          const unsigned char *sig, size_t sig_len)
{
    return esp_tls_pk_verify_now(type, options, ctx, md_alg, hash, hash_len, sig, sig_len);
}

#else

struct mbed_check {
    struct mbed_check *next;
    mbedtls_pk_type_t type;
    mbedtls_md_type_t md;
    mbedtls_pk_rsassa_pss_options pss;
    bool has_pss;
    size_t hash_len;
    size_t sig_len;
    size_t key_len;
    unsigned char data[]; /* hash, signature, SubjectPublicKeyInfo */
};

static struct mbed_check *note(mbedtls_pk_type_t type, const void *options,
                               const mbedtls_x509_buf *key, const unsigned char *hash,
                               size_t hash_len, const unsigned char *sig, size_t sig_len)
{
    struct mbed_check *check = mbedtls_calloc(1, sizeof(*check) + hash_len + sig_len + key->len);

    if (check == NULL) {
        return NULL;
    }
    check->type = type;
    check->hash_len = hash_len;
    check->sig_len = sig_len;
    check->key_len = key->len;
    if (options != NULL) {
        check->pss = *(const mbedtls_pk_rsassa_pss_options *)options;
        check->has_pss = true;
    }
    memcpy(check->data, hash, hash_len);
    memcpy(check->data + hash_len, sig, sig_len);
    memcpy(check->data + hash_len + sig_len, key->p, key->len);
    return check;
}

int esp_tls_pk_verify_ext(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
                          mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len,
                          const unsigned char *sig, size_t sig_len)
{
    struct mbed *m = mbed_deferring();
    const mbedtls_x509_crt *issuer;
    struct mbed_check *check;

    if (m == NULL) {
        return esp_tls_pk_verify_now(type, options, ctx, md_alg, hash, hash_len, sig, sig_len);
    }
    issuer = (const mbedtls_x509_crt *)(const void *)((const char *)ctx -
                                                      offsetof(mbedtls_x509_crt, pk));
    check = note(type, options, &issuer->pk_raw, hash, hash_len, sig, sig_len);
    if (check == NULL) {
        return MBEDTLS_ERR_PK_ALLOC_FAILED;
    }
    check->md = md_alg;
    check->next = m->checks;
    m->checks = check;
    return 0;
}

static int check_one(struct mbed_check *check)
{
    unsigned char *key = check->data + check->hash_len + check->sig_len;
    mbedtls_pk_context pk;
    int ret;

    mbedtls_pk_init(&pk);
    ret = mbedtls_pk_parse_subpubkey(&key, key + check->key_len, &pk);
    if (ret == 0) {
        ret = esp_tls_pk_verify_now(check->type, check->has_pss ? &check->pss : NULL, &pk,
                                    check->md, check->data, check->hash_len,
                                    check->data + check->hash_len, check->sig_len);
    }
    mbedtls_pk_free(&pk);
    return ret;
}

void mbed_checks_clear(struct mbed *m)
{
    while (m->checks != NULL) {
        struct mbed_check *check = m->checks;

        m->checks = check->next;
        mbedtls_free(check);
    }
}

int mbed_checks_run(struct mbed *m)
{
    int ret = 0;

    while (ret == 0 && m->checks != NULL) {
        struct mbed_check *check = m->checks;

        ret = check_one(check);
        m->checks = check->next;
        mbedtls_free(check);
    }
    if (ret != 0) {
        mbed_checks_clear(m);
        if (m->io.account->failure.size != 0) {
            return MBEDTLS_ERR_X509_ALLOC_FAILED;
        }
        m->io.err->verify_flags = MBEDTLS_X509_BADCERT_NOT_TRUSTED;
        m->ssl.alert_type = MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
        (void)mbedtls_ssl_send_alert_message(&m->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                             MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA);
        return MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
    }
    return 0;
}

#endif

#endif /* ESP_TLS_SYSTEM_MBEDTLS */
