/* A build without the stack's messages. */
#include "esp_tls_trace.h"
#include "observer.h"

esp_err_t esp_tls_set_debug_level(esp_tls_t *tls, int level)
{
    return tls == NULL || level < 0 || level > CONN_DEBUG_MAX ? ESP_ERR_INVALID_ARG
                                                              : ESP_ERR_NOT_SUPPORTED;
}
