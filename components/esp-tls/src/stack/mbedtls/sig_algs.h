/* Included by the compiler in front of Mbed TLS's ssl_tls12_client.c (seam.txt): its question
 * whether a signature scheme may be used goes to sig_algs.c of this folder.
 *
 * The question is asked through an inline function of ssl_misc.h, so that header comes first. */
#ifndef MBED_SIG_ALGS_H
#define MBED_SIG_ALGS_H

#include "ssl_misc.h"

int et_mbed_sig_alg_is_supported(const mbedtls_ssl_context *ssl, uint16_t sig_alg);

#ifdef MBED_SIG_ALGS_REPLACE
#define mbedtls_ssl_sig_alg_is_supported et_mbed_sig_alg_is_supported
#endif

#endif
