/* The handle's memory, and the calls that run in it: a handler may clean it up, and then it goes
 * when the last of them returns. */
#include "client.h"

#include "plat_heap.h"

#define REDIRECTS    10
#define AUTH_RETRIES 10

static int or_default(int value, int otherwise)
{
    return value > 0 ? value : otherwise;
}

static void complete_numbers(esp_http_client_config_t *cfg)
{
    cfg->timeout_ms = or_default(cfg->timeout_ms, HTTP_TIMEOUT_MS);
    cfg->max_redirection_count = or_default(cfg->max_redirection_count, REDIRECTS);
    cfg->max_authorization_retries = cfg->max_authorization_retries < 0
                                         ? 0
                                         : or_default(cfg->max_authorization_retries, AUTH_RETRIES);
    cfg->buffer_size = or_default(cfg->buffer_size, DEFAULT_HTTP_BUF_SIZE);
    cfg->buffer_size_tx = or_default(cfg->buffer_size_tx, DEFAULT_HTTP_BUF_SIZE);
}

/** The handle and its rooms stand in one block. Each is aligned in it, because the sizes of all but
 *  the last are multiples of 8: they hold numbers of 64 bits. */
esp_http_client_handle_t et_http_handle_new(const esp_http_client_config_t *config)
{
    const size_t wire_at = sizeof(struct esp_http_client);
    const size_t exchange_at = wire_at + et_http_wire_size();
    const size_t origin_at = exchange_at + et_http_exchange_size();
    char *block = plat_alloc(NULL, PLAT_MEM_APPLICATION, origin_at + et_http_origin_size());
    esp_http_client_handle_t c = (void *)block;

    if (c == NULL) {
        return NULL;
    }
    c->cfg = *config;
    complete_numbers(&c->cfg);
    c->wire = (void *)(block + wire_at);
    c->exchange = (void *)(block + exchange_at);
    c->origin = (void *)(block + origin_at);
    et_http_origin_init(c->origin, &c->cfg);
    if (et_http_wire_init(c->wire, &c->cfg) != ESP_OK) {
        plat_free(c);
        return NULL;
    }
    return c;
}

void et_http_handle_free(esp_http_client_handle_t c)
{
    et_http_wire_clear(c->wire);
    et_http_exchange_clear(c->exchange);
    et_http_origin_clear(c->origin);
    plat_free_secret(c);
}

void et_http_handle_enter(esp_http_client_handle_t c)
{
    c->depth++;
}

esp_err_t et_http_handle_leave(esp_http_client_handle_t c, esp_err_t err)
{
    if (--c->depth > 0 || !c->is_doomed) {
        return err;
    }
    (void)et_http_handle_disconnect(c);
    et_http_handle_free(c);
    return ESP_FAIL;
}

esp_err_t et_http_handle_disconnect(esp_http_client_handle_t c)
{
    bool was_open = et_http_wire_is_open(c->wire);
    esp_err_t err = et_http_wire_close(c->wire);

    if (was_open) {
        et_http_event_tell(c, HTTP_EVENT_DISCONNECTED, et_http_wire_error(c->wire), 0);
    }
    return err;
}
