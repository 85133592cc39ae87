/* Own certificate and key exist while a step uses them: the chain is sent from its DER, and the key
 * is there from the step that signs to its end, in a PSA slot of its own where it can be put there
 * as it is. */
#include "identity.h"

#include "mbedtls/asn1.h"
#include "mbedtls/oid.h"

/** An RSA private key of PKCS #1 inside PKCS #8 (RFC 5958 section 2), or as it is. */
static bool rsa_pkcs1(const uint8_t *der, size_t len, const uint8_t **rsa, size_t *rsa_len)
{
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    unsigned char *p = (unsigned char *)der;
    const unsigned char *end = der + len;
    mbedtls_asn1_buf alg;
    mbedtls_asn1_buf params;
    size_t n;
    int version;

    if (mbedtls_asn1_get_tag(&p, end, &n, sequence) != 0) {
        return false;
    }
    end = p + n;
    if (mbedtls_asn1_get_int(&p, end, &version) != 0) {
        return false;
    }
    if (p < end && *p == MBEDTLS_ASN1_INTEGER) { /* RSAPrivateKey: the modulus follows */
        *rsa = der;
        *rsa_len = (size_t)(end - der);
        return true;
    }
    if (mbedtls_asn1_get_alg(&p, end, &alg, &params) != 0 ||
        MBEDTLS_OID_CMP(MBEDTLS_OID_PKCS1_RSA, &alg) != 0 ||
        mbedtls_asn1_get_tag(&p, end, &n, MBEDTLS_ASN1_OCTET_STRING) != 0) {
        return false;
    }
    *rsa = p;
    *rsa_len = n;
    return true;
}

/** Put an unencrypted RSA key in DER straight into a PSA slot: Mbed TLS would hold it parsed,
 *  export it and import it again for each signature. @return 0, or not possible */
static int rsa_to_slot(struct mbed *m)
{
    const struct stack_identity *source = &m->own->source;
    bool tls13 = m->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3;
    psa_key_attributes_t attr = PSA_KEY_ATTRIBUTES_INIT;
    const uint8_t *rsa;
    size_t len;

    if (source->key == NULL || !rsa_pkcs1(source->key, source->key_len, &rsa, &len)) {
        return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
    }
    psa_set_key_usage_flags(&attr, PSA_KEY_USAGE_SIGN_HASH);
    psa_set_key_type(&attr, PSA_KEY_TYPE_RSA_KEY_PAIR);
    psa_set_key_algorithm(&attr, tls13 ? PSA_ALG_RSA_PSS(PSA_ALG_ANY_HASH)
                                       : PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_ANY_HASH));
    if (psa_import_key(&attr, rsa, len, &m->own->slot) != PSA_SUCCESS) {
        m->own->slot = 0;
        return MBEDTLS_ERR_PK_ALLOC_FAILED;
    }
    return mbedtls_pk_setup_opaque(&m->own->key, m->own->slot);
}
static int key_have(struct mbed *m)
{
    int ret;

    if (mbedtls_pk_get_type(&m->own->key) != MBEDTLS_PK_NONE) {
        return 0;
    }
    ret = rsa_to_slot(m);
    return ret == MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE
               ? et_mbed_identity_parse_key(&m->own->source, &m->own->key)
               : ret;
}

/** Nothing: chain and key are made again for the steps that use them. */
tls_status et_mbed_identity_keep(struct mbed *m)
{
    et_mbed_identity_key_clear(m);
    return TLS_OK;
}

/** The client's own CertificateVerify; in TLS 1.3 the state of that short name is the server's. */
static int signing_state(const struct mbed *m)
{
    return m->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3 ? MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY
                                                            : MBEDTLS_SSL_CERTIFICATE_VERIFY;
}

/** The chain is sent. From here on Mbed TLS only looks whether there is one (TLS 1.2, before its
 *  CertificateVerify), and takes the key from the same entry: the certificates go, and what stands
 *  for them is never read. */
static void chain_sent(struct mbed *m)
{
    mbedtls_ssl_key_cert *entry = m->conf.key_cert;

    if (entry != NULL) {
        m->conf.key_cert = NULL;
        et_mbed_identity_chain_clear(m);
        entry->cert = (mbedtls_x509_crt *)(void *)m->own;
        m->conf.key_cert = entry;
    }
}

int et_mbed_identity_before(struct mbed *m, int state)
{
    int ret;

    if (!et_mbed_identity_is_asked_for(m)) {
        return 0;
    }
    if (state == MBEDTLS_SSL_CLIENT_CERTIFICATE) {
        ret = et_mbed_identity_chain_have(m);
        return ret == 0 ? et_mbed_identity_check_room(m) : ret;
    }
    return state == signing_state(m) ? key_have(m) : 0;
}

void et_mbed_identity_after(struct mbed *m, int state)
{
    if (m->own == NULL) {
        return;
    }
    if (state == MBEDTLS_SSL_CLIENT_CERTIFICATE) {
        chain_sent(m);
    } else if (state == signing_state(m)) {
        et_mbed_identity_clear(m);
    }
}
