/* What happens, told to the handler and to the default event loop. */
#include "client.h"

ESP_EVENT_DEFINE_BASE(ESP_HTTP_CLIENT_EVENT);

static void post_event(esp_http_client_event_id_t id, const void *data, size_t len)
{
    TickType_t ticks = CONFIG_ESP_HTTP_CLIENT_EVENT_POST_TIMEOUT < 0
                           ? portMAX_DELAY
                           : pdMS_TO_TICKS(CONFIG_ESP_HTTP_CLIENT_EVENT_POST_TIMEOUT);

    /* a program without a default loop is none that wants these */
    (void)esp_event_post(ESP_HTTP_CLIENT_EVENT, (int32_t)id, data, len, ticks);
}

static void call_handler(esp_http_client_handle_t c, esp_http_client_event_t *event)
{
    if (c->cfg.event_handler != NULL && !c->is_doomed) {
        event->client = c;
        event->user_data = c->cfg.user_data;
        c->in_event++;
        (void)c->cfg.event_handler(event);
        c->in_event--;
    }
}

void et_http_event_tell(esp_http_client_handle_t c, esp_http_client_event_id_t id, void *data,
                        int len)
{
    call_handler(c, &(esp_http_client_event_t){.event_id = id, .data = data, .data_len = len});
    if (!c->is_doomed) {
        post_event(id, &c, sizeof(c));
    }
}

void et_http_event_header(esp_http_client_handle_t c, const char *name, const char *value)
{
    call_handler(c, &(esp_http_client_event_t){.event_id = HTTP_EVENT_ON_HEADER,
                                               .header_key = (char *)(uintptr_t)name,
                                               .header_value = (char *)(uintptr_t)value});
    if (!c->is_doomed) {
        post_event(HTTP_EVENT_ON_HEADER, &c, sizeof(c));
    }
}

void et_http_event_data(esp_http_client_handle_t c, const void *data, int len)
{
    esp_http_client_on_data_t about = {.client = c,
                                       .data_process = et_http_exchange_received(c->exchange)};

    call_handler(c, &(esp_http_client_event_t){.event_id = HTTP_EVENT_ON_DATA,
                                               .data = (void *)(uintptr_t)data,
                                               .data_len = len});
    if (!c->is_doomed) {
        post_event(HTTP_EVENT_ON_DATA, &about, sizeof(about));
    }
}

void et_http_event_redirect(esp_http_client_handle_t c)
{
    esp_http_client_redirect_event_data_t about = {
        .client = c, .status_code = et_http_exchange_status(c->exchange)};

    if (c->cfg.disable_auto_redirect) {
        call_handler(c, &(esp_http_client_event_t){.event_id = HTTP_EVENT_REDIRECT});
    }
    if (!c->is_doomed) {
        post_event(HTTP_EVENT_REDIRECT, &about, sizeof(about));
    }
}
