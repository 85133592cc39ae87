/* The order in which cipher suites are offered. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/ssl_ciphersuites.h"

#if defined(CONFIG_ESP_TLS_PROFILE_HOST) && !defined(ESP_TLS_SYSTEM_MBEDTLS) &&                    \
    defined(MBEDTLS_CHACHAPOLY_C)

#include "aesce.h"
#include "aesni.h"

#define SUITES_MAX 80 /* tests/unit/test_suites.c: more than Mbed TLS has */

static int suites[SUITES_MAX + 1]; /* made once, by et_mbed_prepare(), and only read then */

static bool has_aes(void)
{
#if defined(MBEDTLS_AESNI_HAVE_CODE)
    return mbedtls_aesni_has_support(MBEDTLS_AESNI_AES) != 0;
#elif defined(MBEDTLS_AESCE_HAVE_CODE)
    return MBEDTLS_AESCE_HAS_SUPPORT() != 0;
#else
    return false;
#endif
}

static bool is_chacha(int id)
{
    const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id(id);

    return suite != NULL && suite->cipher == MBEDTLS_CIPHER_CHACHA20_POLY1305;
}

/** Copy the suites of one kind, in their order, behind what is there. */
static size_t place(size_t n, const int *from, bool are_chacha)
{
    for (size_t i = 0; from[i] != 0 && n < SUITES_MAX; i++) {
        if (is_chacha(from[i]) == are_chacha) {
            suites[n++] = from[i];
        }
    }
    return n;
}

/** Mbed TLS puts ChaCha20-Poly1305 first, which is the faster one without AES in the processor;
 *  with it AES-GCM is several times as fast. */
void et_mbed_order_suites(void)
{
    const int *own = mbedtls_ssl_list_ciphersuites();

    if (has_aes()) {
        (void)place(place(0, own, false), own, true);
    }
}

const int *et_mbed_suites(void)
{
    return suites[0] != 0 ? suites : mbedtls_ssl_list_ciphersuites();
}

#else

void et_mbed_order_suites(void)
{
    /* The first call makes Mbed TLS's list, without a lock. */
    (void)mbedtls_ssl_list_ciphersuites();
}

const int *et_mbed_suites(void)
{
    return mbedtls_ssl_list_ciphersuites();
}

#endif
