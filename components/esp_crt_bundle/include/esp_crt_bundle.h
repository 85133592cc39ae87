/* The bundle of root certificates, under ESP-IDF's names. It exists with
 * CONFIG_MBEDTLS_CERTIFICATE_BUNDLE.
 *
 *     esp_tls_cfg_t cfg = {.crt_bundle_attach = esp_crt_bundle_attach};
 *
 * How it works. A bundle has the names and keys of root certificates, sorted, in ESP-IDF's format:
 * gen_crt_bundle.py makes one, and one that ESP-IDF's script made loads here. While a chain is
 * verified, the roots that have the name of an issuer are found by one binary search, and only
 * these are in memory, for as long as they are looked at. All roots of one name are tried. A path
 * ends at the first certificate that a root of the bundle has signed: what the server sends beyond
 * it, an expired cross-signed root say, is passed over. Of a root nothing but its name and key is
 * in a bundle, so its own dates and constraints are not checked; those of all other certificates
 * are.
 *
 * Which bundle. The one that is built in (its contents: Kconfig's "Certificate Bundle
 * Configuration"; its bytes: from the symbol _binary_x509_crt_bundle_start to
 * _binary_x509_crt_bundle_end, as in ESP-IDF), or the one that esp_crt_bundle_set() was last given,
 * a file's contents for example, so that roots can be replaced without another program.
 *
 * Threads: every call from any. A connection keeps the bundle that was current when it attached. */
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

/** Verify by the bundle: the value for crt_bundle_attach of esp_tls_cfg_t and others. It sets where
 *  Mbed TLS gets trusted roots from (mbedtls_ssl_conf_ca_cb()) and nothing else: a verify callback
 *  of the application's runs as well. A function of the application's that sets one, or more, and
 *  then calls this, is a value for crt_bundle_attach, too.
 *  @param conf  an mbedtls_ssl_config; NULL: only look whether there is a good bundle
 *  @return ESP_OK
 *          ESP_ERR_INVALID_ARG  no bundle was set, and none, or no good one, is built in: the log
 *                               says which; conf is as it was
 *  Never blocks, and takes no memory; each root that is looked up takes that of a certificate. */
esp_err_t esp_crt_bundle_attach(void *conf);

/** No longer, and forget the bundle that was set. Connections that attached before keep theirs.
 *  @param conf  from which the bundle is taken; NULL is legal */
void esp_crt_bundle_detach(mbedtls_ssl_config *conf);

/** From now on, attach this bundle. All of it is checked: lengths, order, the number of roots.
 *  @param x509_bundle  not copied: it must stay, unchanged, until nothing that attached it is left
 *  @return ESP_OK
 *          ESP_ERR_INVALID_ARG  x509_bundle is NULL, or no bundle, or a damaged one, or one of
 *                               more roots than CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_MAX_CERTS: the
 *                               log says which; the bundle from before stays
 *  Never blocks, and takes no memory. */
esp_err_t esp_crt_bundle_set(const uint8_t *x509_bundle, size_t bundle_size);

/** Is this list of authorities a stand-in for the bundle? @return false: the bundle needs none */
bool esp_crt_bundle_in_use(const mbedtls_x509_crt *ca_chain);

#ifdef __cplusplus
}
#endif
#endif
