/* Included by the compiler in front of every source of Mbed TLS and of this folder (the build's
 * -include), after Mbed TLS has derived its settings: what its configuration header cannot say. */
#ifndef MBED_ADJUST_H
#define MBED_ADJUST_H

#ifndef MBEDTLS_ALLOW_PRIVATE_ACCESS
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#endif
#include "mbedtls/build_info.h"

/* AES-CBC stays for encrypted keys; the CBC suites of TLS 1.2 (mac-then-encrypt, not recommended by
 * RFC 9325 section 4.2) are an option of their own: they cost 304 bytes in every output buffer. */
#if defined(MBEDTLS_SSL_HAVE_CBC) && !defined(CONFIG_ESP_TLS_CBC_CIPHERSUITES)
#undef MBEDTLS_SSL_HAVE_CBC
#endif

/* The one use of this size is the peer's key-exchange key in the handshake's state, and each write
 * to it is checked. Mbed TLS reserves what the largest RSA key would need, 528 bytes; a key share
 * is an elliptic curve's point, or a Diffie-Hellman value where that is compiled in. */
#include "psa/crypto_platform.h"
#include "psa/crypto_types.h"
#include "psa/crypto_values.h"
#include "psa/crypto_sizes.h"
#if !defined(PSA_WANT_ALG_FFDH)
#undef PSA_EXPORT_PUBLIC_KEY_MAX_SIZE
#define PSA_EXPORT_PUBLIC_KEY_MAX_SIZE                                                             \
    PSA_KEY_EXPORT_ECC_PUBLIC_KEY_MAX_SIZE(PSA_VENDOR_ECC_MAX_CURVE_BITS)
#endif

/* mbedtls_ssl_setup() makes the input buffer at this length. In its file alone it is a variable,
 * which elastic.c sets while it calls that function: the buffer is then made as small as there is
 * one, for whatever allocator serves. Everywhere else, and in every other call, it is the Kconfig
 * value. */
#if defined(CONFIG_MBEDTLS_DYNAMIC_BUFFER)
#include <stddef.h>
extern ESP_TLS_MBED_THREAD_LOCAL size_t et_mbed_in_len;
#if defined(MBED_IN_SSL_TLS) /* ssl_tls.c (seam.txt) */
#undef MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN et_mbed_in_len
#endif
#endif

#endif
