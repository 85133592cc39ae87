/* Signatures of the peer. Mbed TLS calls these two in place of mbedtls_pk_verify_ext() (seam.txt):
 * x509_crt.c et_mbed_pk_verify_ext(), ssl_tls13_generic.c et_mbed_pk_verify_now().
 *
 * RSA goes to Mbed TLS's RSA module straight away: through PSA the key, parsed already, would be
 * written out (600 bytes of stack), imported and parsed once more, 1 KB of heap on top of the peak.
 * P-256 goes to PSA at once, as mbedtls_pk_verify() would do itself after taking 450 bytes of stack
 * for a curve of any size. */
#include "mbed.h"

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

int et_mbed_pk_verify_now(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
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

int et_mbed_pk_verify_ext(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
                          mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len,
                          const unsigned char *sig, size_t sig_len)
{
    int ret;

    if (et_mbed_checks_note(&ret, type, options, ctx, md_alg, hash, hash_len, sig, sig_len)) {
        return ret;
    }
    return et_mbed_pk_verify_now(type, options, ctx, md_alg, hash, hash_len, sig, sig_len);
}
