/* wolfSSL for little memory: client only, TLS 1.2 and 1.3, P-256, RSA-2048, AES-GCM, SHA-256.
 * Each choice is wolfSSL's own way to save heap or stack; where heap and stack compete
 * (WOLFSSL_SMALL_STACK) the smaller sum was taken: without it 1,264 bytes of heap less and 7,208
 * bytes of stack more. */
#ifndef BENCH_WOLFSSL_USER_SETTINGS_H
#define BENCH_WOLFSSL_USER_SETTINGS_H

#include <stddef.h>

/* memory and randomness are the harness's */
extern void *meter_malloc(size_t size);
extern void *meter_realloc(void *block, size_t size);
extern void meter_free(void *block);
extern int bench_wolfssl_random(unsigned char *buf, unsigned len);
#define XMALLOC_OVERRIDE
#define XMALLOC(n, heap, type)     ((void)(heap), (void)(type), meter_malloc(n))
#define XREALLOC(p, n, heap, type) ((void)(heap), (void)(type), meter_realloc((p), (n)))
#define XFREE(p, heap, type)       ((void)(heap), (void)(type), meter_free((void *)(p)))
#define CUSTOM_RAND_GENERATE_BLOCK bench_wolfssl_random

/* what a device is */
#define SINGLE_THREADED
#define NO_FILESYSTEM
#define WOLFSSL_USER_IO
#define NO_MAIN_DRIVER
#define WOLFSSL_IGNORE_FILE_WARN
#define WOLFSSL_GENERAL_ALIGNMENT 4
#define SIZEOF_LONG               4
#define SIZEOF_LONG_LONG          8

/* protocol */
#define NO_WOLFSSL_SERVER
#define NO_SESSION_CACHE
#define NO_OLD_TLS
#define NO_PSK
#define WOLFSSL_TLS13
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_EXTENDED_MASTER
#define HAVE_SNI
#define HAVE_MAX_FRAGMENT
#define NO_ERROR_STRINGS

/* algorithms */
#define NO_DH
#define NO_DSA
#define NO_RC4
#define NO_DES3
#define NO_MD4
#define NO_MD5
#define NO_SHA
#define NO_PWDBASED
#define NO_AES_CBC
#define WOLFSSL_NO_SHAKE128
#define WOLFSSL_NO_SHAKE256
#define HAVE_HKDF
#define HAVE_ECC
#define ECC_USER_CURVES
#define HAVE_ECC256
#define ECC_TIMING_RESISTANT
#define ALT_ECC_SIZE
#define WC_RSA_PSS
#define WC_RSA_BLINDING
#define HAVE_AESGCM

/* little memory */
#define WOLFSSL_SMALL_STACK
#define WOLFSSL_SMALL_CERT_VERIFY
#define GCM_SMALL
#define WOLFSSL_AES_SMALL_TABLES
#define WOLFSSL_AES_NO_UNROLL
#define USE_SLOW_SHA256
#define WOLFSSL_SP_MATH
#define WOLFSSL_SP_SMALL
#define WOLFSSL_HAVE_SP_RSA
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_SP_NO_3072
#define RSA_LOW_MEM
#define SP_WORD_SIZE 32

#endif
