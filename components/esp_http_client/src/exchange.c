/* Life of an exchange, its buffer, and what it knows. */
#include "exchange.h"

#include "exchange_room.h"
#include "plat_heap.h"

#define HEADER_LIMIT 8192

/* --- life ------------------------------------------------------------------------------------- */

size_t et_http_exchange_size(void)
{
    return sizeof(struct http_exchange);
}

esp_err_t et_http_exchange_limit_headers(struct http_exchange *x, size_t bytes)
{
    esp_http_response_t *parser = esp_http_response_new(bytes, &et_http_response_handler, x);

    if (parser == NULL) {
        return ESP_ERR_NO_MEM;
    }
    esp_http_response_free(x->parser);
    x->parser = parser;
    return ESP_OK;
}

esp_err_t et_http_exchange_init(struct http_exchange *x, const esp_http_client_config_t *cfg,
                                http_exchange_tell_t tell, void *arg)
{
    x->cfg = cfg;
    x->tell = tell;
    x->tell_arg = arg;
    x->answer.status = -1;
    x->answer.content_range = -1;
    x->buf_cap =
        (uint32_t)(cfg->buffer_size > cfg->buffer_size_tx ? cfg->buffer_size : cfg->buffer_size_tx);
    x->buf = plat_alloc(NULL, PLAT_MEM_APPLICATION, x->buf_cap);
    if (x->buf == NULL) {
        return ESP_ERR_NO_MEM;
    }
    return et_http_exchange_limit_headers(x, x->buf_cap > HEADER_LIMIT ? x->buf_cap : HEADER_LIMIT);
}

void et_http_exchange_forget(struct http_exchange *x)
{
    et_http_response_clear(&x->answer);
    et_http_request_clear(&x->req);
}

void et_http_exchange_clear(struct http_exchange *x)
{
    et_http_exchange_forget(x);
    esp_http_response_free(x->parser);
    plat_free_secret(x->buf);
}

/* --- the buffer, and the sink ----------------------------------------------------------------- */

bool et_http_exchange_has_input(const struct http_exchange *x)
{
    return x->buf_pos < x->buf_len;
}

void et_http_exchange_drop_input(struct http_exchange *x)
{
    http_empty_buffer(x);
}

void et_http_exchange_set_sink(struct http_exchange *x, char *sink, int cap)
{
    x->sink = sink;
    x->sink_cap = cap;
    x->sink_len = 0;
}

bool et_http_exchange_is_unsunk(const struct http_exchange *x)
{
    return x->sink == NULL;
}

int et_http_exchange_sunk(const struct http_exchange *x)
{
    return x->sink_len;
}

/* --- the answer ------------------------------------------------------------------------------- */

void et_http_exchange_follow(struct http_exchange *x)
{
    x->answer.is_followed = true;
}

bool et_http_exchange_is_followed(const struct http_exchange *x)
{
    return x->answer.is_followed;
}

bool et_http_exchange_has_begun(const struct http_exchange *x)
{
    return x->answer.has_begun;
}

int et_http_exchange_status(const struct http_exchange *x)
{
    return x->answer.status;
}

int64_t et_http_exchange_received(const struct http_exchange *x)
{
    return x->answer.received;
}

int64_t et_http_exchange_range(const struct http_exchange *x)
{
    return x->answer.content_range;
}

const char *et_http_exchange_location(const struct http_exchange *x)
{
    return x->answer.location;
}

struct http_header *et_http_exchange_kept(const struct http_exchange *x)
{
    return x->answer.saved.list;
}

const esp_http_response_t *et_http_exchange_parser(const struct http_exchange *x)
{
    return x->parser;
}
