/* The calls that ask: of the answer, and of the connection. */
#include <limits.h>
#include <string.h>

#include "client.h"

/* --- the answer ------------------------------------------------------------------------------- */

int esp_http_client_get_status_code(esp_http_client_handle_t client)
{
    return client != NULL ? et_http_exchange_status(client->exchange) : -1;
}

static bool has_head(esp_http_client_handle_t client)
{
    return client != NULL && esp_http_response_has_head(et_http_exchange_parser(client->exchange));
}

int64_t esp_http_client_get_content_length(esp_http_client_handle_t client)
{
    return has_head(client)
               ? esp_http_response_content_length(et_http_exchange_parser(client->exchange))
               : -1;
}

int64_t esp_http_client_get_progress(esp_http_client_handle_t client)
{
    return client != NULL ? et_http_exchange_received(client->exchange) : -1;
}

#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_GET_CONTENT_RANGE
int64_t esp_http_client_get_content_range(esp_http_client_handle_t client)
{
    return client != NULL ? et_http_exchange_range(client->exchange) : -1;
}
#endif

const char *esp_http_client_get_malformed(esp_http_client_handle_t client)
{
    return client != NULL ? esp_http_response_why(et_http_exchange_parser(client->exchange)) : NULL;
}

bool esp_http_client_is_chunked_response(esp_http_client_handle_t client)
{
    return has_head(client) &&
           esp_http_response_is_chunked(et_http_exchange_parser(client->exchange));
}

esp_err_t esp_http_client_get_chunk_length(esp_http_client_handle_t client, int *len)
{
    int64_t chunk;

    if (client == NULL || len == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!esp_http_client_is_chunked_response(client)) {
        return ESP_FAIL;
    }
    chunk = esp_http_response_chunk_length(et_http_exchange_parser(client->exchange));
    *len = chunk < INT_MAX ? (int)chunk : INT_MAX;
    return ESP_OK;
}

bool esp_http_client_is_complete_data_received(esp_http_client_handle_t client)
{
    return client != NULL &&
           esp_http_response_is_complete(et_http_exchange_parser(client->exchange));
}

bool esp_http_client_is_persistent_connection(esp_http_client_handle_t client)
{
    return has_head(client) && et_http_exchange_keeps_alive(client->exchange);
}

esp_http_state_t esp_http_client_get_state(esp_http_client_handle_t client)
{
    static const esp_http_state_t states[] = {
        [HTTP_IDLE] = HTTP_STATE_INIT,
        [HTTP_CONNECTING] = HTTP_STATE_CONNECTING,
        [HTTP_SENDING_HEAD] = HTTP_STATE_CONNECTED,
        [HTTP_SENDING_BODY] = HTTP_STATE_REQ_COMPLETE_HEADER,
        [HTTP_READING_HEAD] = HTTP_STATE_REQ_COMPLETE_DATA,
        [HTTP_READING_BODY] = HTTP_STATE_RES_ON_DATA_START,
        [HTTP_COMPLETE] = HTTP_STATE_RES_COMPLETE_DATA,
    };

    if (client == NULL) {
        return HTTP_STATE_UNINIT;
    }
    if (client->phase == HTTP_IDLE && et_http_wire_is_open(client->wire)) {
        return HTTP_STATE_CONNECTED;
    }
    if (client->phase == HTTP_READING_HEAD && client->at_header) {
        return HTTP_STATE_RES_COMPLETE_HEADER;
    }
    return states[client->phase];
}

#ifdef CONFIG_ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS
esp_err_t esp_http_client_get_response_header(esp_http_client_handle_t client, const char *key,
                                              char **value)
{
    if (client == NULL || key == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = (char *)(uintptr_t)et_http_headers_get(et_http_exchange_kept(client->exchange), key);
    return *value != NULL ? ESP_OK : ESP_ERR_NOT_FOUND;
}
#endif

/* --- where it goes, and by which connection --------------------------------------------------- */

esp_err_t esp_http_client_get_url(esp_http_client_handle_t client, char *url, const int len)
{
    const char *text;
    size_t need;

    if (client == NULL || url == NULL || len < 1) {
        return ESP_ERR_INVALID_ARG;
    }
    text = et_http_origin_url(client->origin);
    need = strlen(text) + 1;
    if (need > (size_t)len) {
        url[0] = 0;
        return ESP_ERR_INVALID_SIZE;
    }
    memcpy(url, text, need);
    return ESP_OK;
}

esp_http_client_transport_t esp_http_client_get_transport_type(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return HTTP_TRANSPORT_UNKNOWN;
    }
    return et_http_origin_is_tls(client->origin) ? HTTP_TRANSPORT_OVER_SSL
                                                 : HTTP_TRANSPORT_OVER_TCP;
}

int esp_http_client_get_errno(esp_http_client_handle_t client)
{
    esp_transport_handle_t t;

    if (client == NULL) {
        return -1;
    }
    t = et_http_wire_transport(client->wire);
    return t != NULL ? esp_transport_get_errno(t) : 0;
}

esp_err_t esp_http_client_get_and_clear_last_tls_error(esp_http_client_handle_t client,
                                                       int *esp_tls_error_code, int *esp_tls_flags)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return esp_tls_get_and_clear_last_error(et_http_wire_error(client->wire), esp_tls_error_code,
                                            esp_tls_flags);
}

int esp_http_client_get_socket(esp_http_client_handle_t client)
{
    return client != NULL &&
                   (et_http_wire_is_open(client->wire) || et_http_wire_is_connecting(client->wire))
               ? esp_transport_get_socket(et_http_wire_transport(client->wire))
               : -1;
}

esp_transport_handle_t esp_http_client_get_transport(esp_http_client_handle_t client)
{
    return client != NULL ? et_http_wire_transport(client->wire) : NULL;
}

esp_err_t esp_http_client_get_wait(esp_http_client_handle_t client, esp_tls_wait_t *wait)
{
    if (client == NULL || wait == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!client->is_waiting) {
        return ESP_ERR_INVALID_STATE;
    }
    et_http_wire_get_wait(client->wire, wait);
    if (client->has_more) {
        esp_tls_wait_until(wait, 0);
    }
    return ESP_OK;
}
