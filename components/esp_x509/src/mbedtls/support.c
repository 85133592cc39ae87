/* What Mbed TLS takes in a certificate or a key, asked of Mbed TLS itself (oids.h). */
#include <string.h>

#include "mbedtls/bignum.h"
#include "mbedtls/cipher.h"
#include "mbedtls/oid.h"
#include "mbedtls/pk.h"

#include "oids.h"
#include "sdkconfig.h"

static mbedtls_asn1_buf as_buf(const uint8_t *oid, size_t len)
{
    return (mbedtls_asn1_buf){.tag = MBEDTLS_ASN1_OID, .len = len, .p = (unsigned char *)oid};
}

bool et_support_signature(const uint8_t *oid, size_t len)
{
    mbedtls_asn1_buf buf = as_buf(oid, len);
    mbedtls_md_type_t md;
    mbedtls_pk_type_t pk;

    return mbedtls_oid_get_sig_alg(&buf, &md, &pk) == 0;
}

bool et_support_hash(const uint8_t *oid, size_t len)
{
    mbedtls_asn1_buf buf = as_buf(oid, len);
    mbedtls_md_type_t md;

    return mbedtls_oid_get_md_alg(&buf, &md) == 0;
}

bool et_support_key(const uint8_t *oid, size_t len)
{
    mbedtls_asn1_buf buf = as_buf(oid, len);
    mbedtls_pk_type_t pk;
#if defined(MBEDTLS_PK_HAVE_ECC_KEYS)
    mbedtls_ecp_group_id group;

    if (mbedtls_oid_get_ec_grp_algid(&buf, &group) == 0) {
        return true;
    }
#endif
    return mbedtls_oid_get_pk_alg(&buf, &pk) == 0 && mbedtls_pk_info_from_type(pk) != NULL;
}

bool et_support_curve(const uint8_t *oid, size_t len)
{
#if defined(MBEDTLS_PK_HAVE_ECC_KEYS)
    mbedtls_asn1_buf buf = as_buf(oid, len);
    mbedtls_ecp_group_id group;

    return mbedtls_oid_get_ec_grp(&buf, &group) == 0;
#else
    (void)oid;
    (void)len;
    return false;
#endif
}

bool et_support_pss(void)
{
#if defined(MBEDTLS_X509_RSASSA_PSS_SUPPORT)
    return true;
#else
    return false;
#endif
}

unsigned et_support_rsa_bits(void)
{
    return MBEDTLS_MPI_MAX_BITS;
}

bool et_support_explicit_curves(void)
{
#if defined(MBEDTLS_PK_PARSE_EC_EXTENDED)
    return true;
#else
    return false;
#endif
}

bool et_support_encryption(const uint8_t *oid, size_t len)
{
    mbedtls_asn1_buf buf = as_buf(oid, len);

    (void)buf;
#if defined(MBEDTLS_PKCS12_C) && defined(MBEDTLS_CIPHER_C)
    mbedtls_md_type_t md;
    mbedtls_cipher_type_t cipher;

    if (mbedtls_oid_get_pkcs12_pbe_alg(&buf, &md, &cipher) == 0) {
        return mbedtls_cipher_info_from_type(cipher) != NULL;
    }
#endif
#if defined(MBEDTLS_PKCS5_C) && defined(MBEDTLS_CIPHER_C)
    return MBEDTLS_OID_CMP(MBEDTLS_OID_PKCS5_PBES2, &buf) == 0;
#else
    return false;
#endif
}

bool et_support_cipher(const uint8_t *oid, size_t len)
{
#if defined(MBEDTLS_PKCS5_C) && defined(MBEDTLS_CIPHER_C)
    mbedtls_asn1_buf buf = as_buf(oid, len);
    mbedtls_cipher_type_t cipher;

    return mbedtls_oid_get_cipher_alg(&buf, &cipher) == 0 &&
           mbedtls_cipher_info_from_type(cipher) != NULL;
#else
    (void)oid;
    (void)len;
    return false;
#endif
}

bool et_support_pem_encryption(void)
{
#if defined(MBEDTLS_PEM_PARSE_C) && defined(MBEDTLS_AES_C) && defined(MBEDTLS_MD_CAN_MD5) &&       \
    defined(MBEDTLS_CIPHER_MODE_CBC)
    return true;
#else
    return false;
#endif
}

bool et_support_name_constraints(void)
{
#ifdef CONFIG_ESP_TLS_NAME_CONSTRAINTS
    return true;
#else
    return false;
#endif
}
