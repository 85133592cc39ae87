/* The two keys of a TLS 1.3 transform. Mbed TLS 3.6 makes one after the other, and when the second
 * cannot be had it frees the transform with the first one in it: memory and a key slot of PSA are
 * then lost for good. Its ssl_tls13_keys.c calls this in place of psa_import_key() (seam.txt). */
#include "mbed.h"

#include <stddef.h>

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
