/* Keys of TLS 1.3. Mbed TLS's ssl_tls13_keys.c calls these in place of functions of PSA (seam.txt).
 *
 * Derivations: tls13_keys.h says why. Mbed TLS's HKDF (hkdf.c) does the work.
 *
 * Import. Mbed TLS 3.6 makes the two keys of a TLS 1.3 transform one after the other, and when the
 * second cannot be had it frees the transform with the first one in it: memory and a key slot of
 * PSA are then lost for good. */
#include "mbed.h"

#include <stddef.h>

#include "tls13_keys.h"

#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && !defined(ESP_TLS_SYSTEM_MBEDTLS)

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

psa_status_t et_mbed_tls13_import_key(const psa_key_attributes_t *attributes, const uint8_t *data,
                                      size_t len, mbedtls_svc_key_id_t *key)
{
    psa_status_t status = psa_import_key(attributes, data, len, key);

    /* Among the keys that Mbed TLS makes there, only the second one of a transform decrypts. */
    if (status != PSA_SUCCESS && psa_get_key_usage_flags(attributes) == PSA_KEY_USAGE_DECRYPT) {
        mbedtls_ssl_transform *transform =
            (mbedtls_ssl_transform *)(void *)((uint8_t *)key -
                                              offsetof(mbedtls_ssl_transform, psa_key_dec));

        (void)psa_destroy_key(transform->psa_key_enc);
        transform->psa_key_enc = MBEDTLS_SVC_KEY_ID_INIT;
    }
    return status;
}

#endif
