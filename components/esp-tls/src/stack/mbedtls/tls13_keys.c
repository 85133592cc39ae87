/* Keys of TLS 1.3 are derived here: Mbed TLS's ssl_tls13_keys.c calls these in place of functions
 * of PSA (seam.txt). tls13_keys.h says why. Mbed TLS's HKDF (hkdf.c) does the work. */
#include "mbed.h"

#include "tls13_keys.h"

#include "mbedtls/hkdf.h"
#include "mbedtls/psa_util.h"

psa_status_t et_mbed_derivation_setup(struct esp_tls_derivation *derivation, psa_algorithm_t alg)
{
    derivation->alg = alg;
    return PSA_SUCCESS;
}

psa_status_t et_mbed_derivation_input(struct esp_tls_derivation *derivation,
                                      psa_key_derivation_step_t step, const uint8_t *data,
                                      size_t len)
{
    if (step == PSA_KEY_DERIVATION_INPUT_SECRET) {
        derivation->secret = data;
        derivation->secret_len = len;
    } else {
        derivation->other = data;
        derivation->other_len = len;
    }
    return PSA_SUCCESS;
}

psa_status_t et_mbed_derivation_output(struct esp_tls_derivation *derivation, uint8_t *out,
                                       size_t len)
{
    const struct esp_tls_derivation *d = derivation;
    const mbedtls_md_info_t *md =
        mbedtls_md_info_from_type(mbedtls_md_type_from_psa_alg(PSA_ALG_GET_HASH(d->alg)));
    int ret;

    if (md == NULL) {
        return PSA_ERROR_NOT_SUPPORTED;
    }
    if (!PSA_ALG_IS_HKDF_EXTRACT(d->alg)) {
        ret = mbedtls_hkdf_expand(md, d->secret, d->secret_len, d->other, d->other_len, out, len);
    } else if (len == mbedtls_md_get_size(md)) { /* RFC 5869 section 2.2: one hash, no choice */
        ret = mbedtls_hkdf_extract(md, d->other, d->other_len, d->secret, d->secret_len, out);
    } else {
        ret = MBEDTLS_ERR_HKDF_BAD_INPUT_DATA;
    }
    if (ret == MBEDTLS_ERR_MD_ALLOC_FAILED) {
        return PSA_ERROR_INSUFFICIENT_MEMORY;
    }
    return ret == 0 ? PSA_SUCCESS : PSA_ERROR_INVALID_ARGUMENT;
}

psa_status_t et_mbed_derivation_abort(struct esp_tls_derivation *derivation)
{
    *derivation = (struct esp_tls_derivation){0};
    return PSA_SUCCESS;
}
