/* esp_tls_crypto.h over Mbed TLS. */
#include "mbed.h"

#include "mbedtls/base64.h"
#include "mbedtls/sha1.h"

#include "esp_tls_crypto.h"

int esp_crypto_sha1(const unsigned char *input, size_t ilen, unsigned char output[20])
{
#if defined(MBEDTLS_SHA1_C)
    if ((input == NULL && ilen > 0) || output == NULL) {
        return MBEDTLS_ERR_PLATFORM_FEATURE_UNSUPPORTED;
    }
    return mbedtls_sha1(input, ilen, output);
#else
    (void)input;
    (void)ilen;
    (void)output;
    return MBEDTLS_ERR_PLATFORM_FEATURE_UNSUPPORTED;
#endif
}

int esp_crypto_base64_encode(unsigned char *dst, size_t dlen, size_t *olen,
                             const unsigned char *src, size_t slen)
{
    if (slen == 0) { /* Mbed TLS asks for no room then, not even for the NUL */
        bool fits = dst != NULL && dlen > 0;

        *olen = fits ? 0 : 1;
        if (fits) {
            dst[0] = '\0';
        }
        return fits ? 0 : MBEDTLS_ERR_BASE64_BUFFER_TOO_SMALL;
    }
    return mbedtls_base64_encode(dst, dlen, olen, src, slen);
}
