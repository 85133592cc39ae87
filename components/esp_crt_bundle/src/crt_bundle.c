/* The certificate bundle is refused by name until it is built: a configuration that seems to have
 * roots and has none would be worse than none. */
#include "esp_crt_bundle.h"

#include "esp_log.h"

static const char *TAG = "esp-x509-crt-bundle";

static esp_err_t refuse_bundle(void)
{
    ESP_LOGE(TAG, "MBEDTLS_CERTIFICATE_BUNDLE: the bundle is not built yet; give cacert_buf");
    return ESP_ERR_NOT_SUPPORTED;
}

esp_err_t esp_crt_bundle_attach(void *conf)
{
    (void)conf;
    return refuse_bundle();
}

void esp_crt_bundle_detach(mbedtls_ssl_config *conf)
{
    (void)conf;
}

esp_err_t esp_crt_bundle_set(const uint8_t *x509_bundle, size_t bundle_size)
{
    return x509_bundle == NULL || bundle_size == 0 ? ESP_ERR_INVALID_ARG : refuse_bundle();
}

bool esp_crt_bundle_in_use(const mbedtls_x509_crt *ca_chain)
{
    (void)ca_chain;
    return false;
}
