/* The allocator that Mbed TLS is given. With CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC the application
 * defines these two; otherwise esp-tls does, and every byte is counted by its purpose. */
#ifndef ESP_MEM_H
#define ESP_MEM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @return n * size bytes of zeros, or NULL */
void *esp_mbedtls_mem_calloc(size_t n, size_t size);
/** @param ptr  a result of esp_mbedtls_mem_calloc(), or NULL */
void esp_mbedtls_mem_free(void *ptr);

#ifdef __cplusplus
}
#endif
#endif
