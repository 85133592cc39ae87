/* A build without traces. */
#include "esp_tls_trace.h"

esp_err_t esp_tls_set_trace(esp_tls_t *tls, const esp_tls_trace_t *trace)
{
    if (tls == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return trace == NULL ? ESP_OK : ESP_ERR_NOT_SUPPORTED;
}
