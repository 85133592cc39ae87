/* Mutexes for Mbed TLS (MBEDTLS_THREADING_ALT), made of the platform's. */
#ifndef THREADING_ALT_H
#define THREADING_ALT_H

#include "esp_port_mutex.h"

typedef struct mbedtls_threading_mutex_t {
    plat_mutex mutex;
    char usable;
} mbedtls_threading_mutex_t;

#endif
