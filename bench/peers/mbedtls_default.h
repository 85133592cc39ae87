/* Mbed TLS as it comes; memory is the harness's. (MBEDTLS_USER_CONFIG_FILE) */
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO meter_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO   meter_free
#include <stddef.h>
extern void *meter_calloc(size_t n, size_t size);
extern void meter_free(void *block);
