/* The bundle of root certificates, under ESP-IDF's names. It exists with
 * CONFIG_MBEDTLS_CERTIFICATE_BUNDLE.
 *
 * The bundle itself is not built yet, and nothing stands in for it: every call that would need it
 * says ESP_ERR_NOT_SUPPORTED, and a connection whose crt_bundle_attach is set is refused before
 * anything is sent, with that option's name in its record (esp_tls_record.h). Until then, give the
 * roots that you trust as cacert_buf, or to esp_tls_set_global_ca_store(): Debian's are in
 * /etc/ssl/certs/ca-certificates.crt. */
#ifndef ESP_CRT_BUNDLE_H
#define ESP_CRT_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "mbedtls/ssl.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Verify by the bundle: the value for crt_bundle_attach of esp_tls_cfg_t and others.
 *  @param conf  an mbedtls_ssl_config; left as it is
 *  @return ESP_ERR_NOT_SUPPORTED. Never blocks. Threads: any. */
esp_err_t esp_crt_bundle_attach(void *conf);

/** No longer. Nothing is attached, so nothing is changed. @param conf  NULL is legal */
void esp_crt_bundle_detach(mbedtls_ssl_config *conf);

/** Take another bundle than the one that is built in.
 *  @return ESP_ERR_INVALID_ARG  x509_bundle is NULL or bundle_size 0; else ESP_ERR_NOT_SUPPORTED */
esp_err_t esp_crt_bundle_set(const uint8_t *x509_bundle, size_t bundle_size);

/** Is this list of authorities the bundle's? @return false: there is no bundle */
bool esp_crt_bundle_in_use(const mbedtls_x509_crt *ca_chain);

#ifdef __cplusplus
}
#endif
#endif
