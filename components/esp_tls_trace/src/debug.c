/* esp_tls_set_debug_level() in a build that has the stack's messages. */
#include "esp_tls_trace.h"
#include "observer.h"

esp_err_t esp_tls_set_debug_level(esp_tls_t *tls, int level)
{
    if (tls == NULL || level < 0 || level > CONN_DEBUG_MAX) {
        return ESP_ERR_INVALID_ARG;
    }
    et_conn_set_debug_level(tls, level);
    return ESP_OK;
}
