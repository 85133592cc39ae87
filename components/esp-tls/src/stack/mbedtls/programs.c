/* What programs call of Mbed TLS, and it leaves to its surroundings. esp-tls calls none of it. */
#include "mbedtls/debug.h"
#include "mbedtls/entropy.h"

#include "plat_random.h"

#ifdef MBEDTLS_ENTROPY_HARDWARE_ALT
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen);

/** The source of mbedtls_entropy_func(). */
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen)
{
    int os = plat_random(output, len);

    (void)data;
    *olen = os == 0 ? len : 0;
    return os == 0 ? 0 : MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
}
#endif

#if !defined(MBEDTLS_DEBUG_C) && !defined(ESP_TLS_SYSTEM_MBEDTLS)
/** Declared in every configuration, and called by programs in every one. Without
 *  CONFIG_MBEDTLS_DEBUG no message is compiled in, so none has to be held back. */
void mbedtls_debug_set_threshold(int threshold)
{
    (void)threshold;
}
#endif
