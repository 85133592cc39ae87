/* A whole exchange in one call. */
#include "client.h"

/** The body that perform() sends: none after a redirect that turned the request into GET. */
static int64_t body_length(const struct esp_http_client *c)
{
    if (c->next_is_get) {
        return 0;
    }
    return et_http_exchange_next_length(c->exchange);
}

static esp_err_t run_through(esp_http_client_handle_t c)
{
    esp_err_t err = ESP_OK;

    if (!c->is_performing) {
        et_http_origin_begin(c->origin);
        err = et_http_machine_begin(c, body_length(c));
        c->is_performing = err == ESP_OK;
    }
    while (err == ESP_OK) {
        err = et_http_machine_run(c, HTTP_COMPLETE, true);
        if (err != ESP_OK || !et_http_exchange_is_followed(c->exchange)) {
            break;
        }
        /* once GET, it stays */
        c->next_is_get = c->next_is_get || et_http_exchange_has_lost_body(c->exchange);
        err = et_http_machine_begin(c, body_length(c));
    }
    if (err == ESP_OK) {
        c->is_performing = false;
        et_http_machine_settle(c);
    }
    return err;
}

esp_err_t esp_http_client_perform(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (client->depth > 0) {
        return ESP_ERR_INVALID_STATE;
    }
    et_http_handle_enter(client);
    return et_http_handle_leave(client, run_through(client));
}
