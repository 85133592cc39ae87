/* RSA-PSS in TLS 1.2. Who offers rsa_pss_rsae_* has to take it in TLS 1.2 as well (RFC 8446 section
 * 4.2.3). A client that offers both versions offers it, and a server with an RSA certificate mostly
 * signs with it. Mbed TLS 3.6.6 refuses such a ServerKeyExchange with -0x6600, and so no default
 * connection to such a server would succeed; the versions before and after it do not.
 *
 * Its ssl_tls12_client.c asks et_mbed_sig_alg_is_supported() in place of its own function
 * (seam.txt). That the scheme was offered is a check of its own, behind it. */
#include "mbed.h"

#include "sig_algs.h"

#if defined(MBEDTLS_SSL_PROTO_TLS1_2) && defined(MBEDTLS_SSL_HANDSHAKE_WITH_CERT_ENABLED)

int et_mbed_sig_alg_is_supported(const mbedtls_ssl_context *ssl, uint16_t sig_alg)
{
    mbedtls_pk_type_t pk;
    mbedtls_md_type_t md;

    if (mbedtls_ssl_sig_alg_is_supported(ssl, sig_alg)) {
        return 1;
    }
    return mbedtls_ssl_get_pk_type_and_md_alg_from_sig_alg(sig_alg, &pk, &md) == 0 &&
           pk == MBEDTLS_PK_RSASSA_PSS;
}

#endif
