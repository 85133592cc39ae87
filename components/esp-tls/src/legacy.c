/* Names of older ESP-IDF releases, on top of today's. */
#include <string.h>

#include "esp_tls.h"

/** A handle that is connected, or NULL. */
static esp_tls_t *keep_if(int connected, esp_tls_t *tls)
{
    if (connected == 1) {
        return tls;
    }
    (void)esp_tls_conn_destroy(tls);
    return NULL;
}

esp_tls_t *esp_tls_conn_new(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg)
{
    esp_tls_t *tls = esp_tls_init();

    return tls != NULL ? keep_if(esp_tls_conn_new_sync(hostname, hostlen, port, cfg, tls), tls)
                       : NULL;
}

esp_tls_t *esp_tls_conn_http_new(const char *url, const esp_tls_cfg_t *cfg)
{
    esp_tls_t *tls = esp_tls_init();

    return tls != NULL ? keep_if(esp_tls_conn_http_new_sync(url, cfg, tls), tls) : NULL;
}

void esp_tls_conn_delete(esp_tls_t *tls)
{
    (void)esp_tls_conn_destroy(tls);
}
