/* esp_tls_set_debug_level(). */
#include "conn.h"
#include "esp_tls_trace.h"

#ifdef CONFIG_MBEDTLS_DEBUG

void conn_debug(struct esp_tls *c)
{
    if (c->stack->set_debug_level != NULL) {
        c->stack->set_debug_level(c->tls, c->debug_level);
    }
}

esp_err_t esp_tls_set_debug_level(esp_tls_t *tls, int level)
{
    if (tls == NULL || level < 0 || level > CONN_DEBUG_MAX) {
        return ESP_ERR_INVALID_ARG;
    }
    tls->debug_level = (uint8_t)level;
    if (tls->tls != NULL) {
        conn_debug(tls);
    }
    return ESP_OK;
}

#else

esp_err_t esp_tls_set_debug_level(esp_tls_t *tls, int level)
{
    return tls == NULL || level < 0 || level > CONN_DEBUG_MAX ? ESP_ERR_INVALID_ARG
                                                              : ESP_ERR_NOT_SUPPORTED;
}

#endif
