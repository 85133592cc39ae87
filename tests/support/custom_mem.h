/* The program's own allocator for Mbed TLS (CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC). It counts what the
 * client takes. */
#ifndef CUSTOM_MEM_H
#define CUSTOM_MEM_H

#include <stddef.h>

extern size_t custom_mem_live;    /* bytes asked for and not given back */
extern size_t custom_mem_largest; /* request so far */

#endif
