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

#ifdef CONFIG_ESP_TLS_SMALL_PSA_KEYS
#include "psa/crypto_platform.h"
#include "psa/crypto_types.h"
#include "psa/crypto_values.h"
#include "psa/crypto_sizes.h"
#undef PSA_EXPORT_PUBLIC_KEY_MAX_SIZE
#define PSA_EXPORT_PUBLIC_KEY_MAX_SIZE PSA_KEY_EXPORT_RSA_PUBLIC_KEY_MAX_SIZE(2048)
#endif

#endif
