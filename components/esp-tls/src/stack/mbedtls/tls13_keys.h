/* Included by the compiler in front of Mbed TLS's ssl_tls13_keys.c (seam.txt): its key derivations
 * go to tls13_keys.c of this folder.
 *
 * What TLS 1.3 derives (RFC 8446 section 7.1) is HKDF's extract or expand over bytes that are in
 * memory, in one go. PSA's operation object is made for any derivation in any number of steps: it
 * holds hash states, twice, and takes 600 bytes of stack at the deepest place of a handshake. The
 * object here holds pointers to what the same calls are given, until the one that wants the
 * result. */
#ifndef MBED_TLS13_KEYS_H
#define MBED_TLS13_KEYS_H

#include "psa/crypto.h"

struct esp_tls_derivation {
    psa_algorithm_t alg;
    const uint8_t *secret;
    const uint8_t *other; /* salt or info */
    size_t secret_len;
    size_t other_len;
};

psa_status_t et_mbed_derivation_setup(struct esp_tls_derivation *derivation, psa_algorithm_t alg);
/** @param data  the caller's until the output is made */
psa_status_t et_mbed_derivation_input(struct esp_tls_derivation *derivation,
                                      psa_key_derivation_step_t step, const uint8_t *data,
                                      size_t len);
psa_status_t et_mbed_derivation_output(struct esp_tls_derivation *derivation, uint8_t *out,
                                       size_t len);
psa_status_t et_mbed_derivation_abort(struct esp_tls_derivation *derivation);

#ifdef MBED_TLS13_KEYS_REPLACE
#define psa_key_derivation_operation_t  struct esp_tls_derivation
#define psa_key_derivation_setup        et_mbed_derivation_setup
#define psa_key_derivation_input_bytes  et_mbed_derivation_input
#define psa_key_derivation_output_bytes et_mbed_derivation_output
#define psa_key_derivation_abort        et_mbed_derivation_abort
#undef PSA_KEY_DERIVATION_OPERATION_INIT
#define PSA_KEY_DERIVATION_OPERATION_INIT                                                          \
    {                                                                                              \
        0                                                                                          \
    }
#endif

#endif
