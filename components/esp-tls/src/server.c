/* The server's public calls. The engine does not act as a server yet: each call is refused by name
 * before it touches the network, and the handle's record says so. */
#include "conn.h"

static tls_status refuse_server(esp_tls_t *tls)
{
    tls_status st;

    et_conn_forget(tls);
    tls->err.now = ESP_TLS_PHASE_CONFIG;
    st = et_error_option(&tls->err, TLS_NOT_SUPPORTED, 0, "server");
    et_error_store_fill(&tls->store, &tls->err);
    tls->state = ESP_TLS_FAIL;
    return st;
}

esp_err_t esp_tls_cfg_server_session_tickets_init(esp_tls_cfg_server_t *cfg)
{
    if (cfg == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
#ifdef CONFIG_ESP_TLS_SERVER_SESSION_TICKETS
    if (cfg->ticket_ctx != NULL) {
        return ESP_ERR_INVALID_ARG;
    }
#endif
    return ESP_ERR_NOT_SUPPORTED;
}

void esp_tls_cfg_server_session_tickets_free(esp_tls_cfg_server_t *cfg)
{
    (void)cfg; /* no session is ever made, so there is nothing to free */
}

int esp_tls_server_session_create(esp_tls_cfg_server_t *cfg, int sockfd, esp_tls_t *tls)
{
    (void)sockfd;
    if (cfg == NULL || tls == NULL) {
        return ESP_ERR_INVALID_ARG; /* positive, as in ESP-IDF */
    }
    (void)refuse_server(tls);
    return -1;
}

#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
esp_err_t esp_tls_server_session_init(esp_tls_cfg_server_t *cfg, int sockfd, esp_tls_t *tls)
{
    (void)sockfd;
    if (cfg == NULL || tls == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    (void)refuse_server(tls);
    return ESP_ERR_NOT_SUPPORTED;
}

int esp_tls_server_session_continue_async(esp_tls_t *tls)
{
    if (tls != NULL) {
        (void)refuse_server(tls);
    }
    return -1;
}
#endif

void esp_tls_server_session_delete(esp_tls_t *tls)
{
    if (tls != NULL) {
        tls->adopt_fd = -1; /* the socket is the caller's */
        (void)esp_tls_conn_destroy(tls);
    }
}
