/* Between the rooms: what the exchange has ready goes to the wire, what the wire reads goes to the
 * exchange, and what the exchange says goes to the application. */
#include "client.h"

#include "plat_port.h"

/** Bytes of one look at what comes while the body is sent. */
#define EARLY 256

esp_err_t et_http_transfer_connect(esp_http_client_handle_t c)
{
    struct http_route to;
    esp_err_t err;

    et_http_origin_route(c->origin, &to);
    err = et_http_wire_connect(c->wire, &to);
    if (err == ESP_OK) {
        c->is_reused = false;
        et_http_origin_arrive(c->origin);
    }
    return err;
}

/* --- the request ------------------------------------------------------------------------------ */

static esp_err_t authorize(esp_http_client_handle_t c)
{
    const char *method = et_http_exchange_method_name(c->exchange);
    const char *user;
    const char *password;
    char *value = NULL;
    char *proxy_value = NULL;
    esp_err_t err = et_http_origin_authorize(c->origin, method, &value);

    if (err == ESP_OK &&
        et_http_wire_proxy_login(c->wire, et_http_origin_is_tls(c->origin), &user, &password)) {
        err = et_http_origin_authorize_proxy(c->origin, user, password, method, &proxy_value);
    }
    et_http_exchange_take_logins(c->exchange, value, proxy_value);
    return err;
}

static esp_err_t make_request(esp_http_client_handle_t c, int64_t length)
{
    esp_err_t err;

    et_http_exchange_begin(c->exchange, c->next_is_get ? HTTP_METHOD_GET : c->cfg.method, length,
                           c->next_is_get);
    err = et_http_origin_need_host(c->origin);
    return err == ESP_OK ? authorize(c) : err;
}

esp_err_t et_http_transfer_begin(esp_http_client_handle_t c, int64_t length)
{
    esp_err_t err = make_request(c, length);

    c->next_is_get = false;
    et_http_exchange_expect(c->exchange);
    return err;
}

static esp_err_t fill_head(esp_http_client_handle_t c)
{
    bool is_whole = et_http_wire_takes_urls(c->wire, et_http_origin_is_tls(c->origin));
    const char *target = is_whole ? et_http_origin_url(c->origin) : et_http_origin_path(c->origin);

    return et_http_exchange_fill_head(c->exchange, target, *et_http_origin_headers(c->origin));
}

esp_err_t et_http_transfer_nowhere(esp_http_client_handle_t c, int64_t length)
{
    esp_err_t err = make_request(c, length);

    if (err == ESP_OK) {
        err = fill_head(c);
    }
    et_http_exchange_drop_request(c->exchange);
    return err == ESP_OK ? ESP_ERR_HTTP_WRITE_DATA : err;
}

esp_err_t et_http_transfer_flush(esp_http_client_handle_t c)
{
    const char *data;
    size_t len;

    while ((len = et_http_exchange_out(c->exchange, &data)) > 0) {
        size_t n;
        esp_err_t err = et_http_wire_write(c->wire, data, len, &n);

        if (err != ESP_OK) {
            return err;
        }
        et_http_exchange_sent(c->exchange, n);
    }
    return ESP_OK;
}

esp_err_t et_http_transfer_send_head(esp_http_client_handle_t c)
{
    esp_err_t err;

    do {
        err = et_http_transfer_flush(c);
        if (err == ESP_OK) {
            err = fill_head(c);
        }
    } while (err == ESP_OK && et_http_exchange_has_input(c->exchange));
    return err;
}

static esp_err_t send_source(esp_http_client_handle_t c, bool *is_out)
{
    esp_err_t err = et_http_transfer_flush(c);

    *is_out = et_http_exchange_is_body_over(c->exchange);
    return err != ESP_OK || *is_out ? err : et_http_exchange_draw(c->exchange);
}

static esp_err_t send_post(esp_http_client_handle_t c, bool *is_out)
{
    const char *data = NULL;
    size_t left = 0;
    size_t n = 0;
    esp_err_t err = et_http_exchange_post_left(c->exchange, &data, &left);

    if (err == ESP_OK && left > 0) {
        err = et_http_wire_write(c->wire, data, left, &n);
    }
    et_http_exchange_body_sent(c->exchange, n);
    *is_out = n == left;
    return err;
}

esp_err_t et_http_transfer_send_body(esp_http_client_handle_t c, bool *is_out)
{
    *is_out = true;
    if (et_http_exchange_length(c->exchange) == 0) {
        return ESP_OK;
    }
    return et_http_exchange_has_source(c->exchange) ? send_source(c, is_out) : send_post(c, is_out);
}

esp_err_t et_http_transfer_write(esp_http_client_handle_t c, const char *data, int len, int *taken)
{
    esp_err_t err = et_http_transfer_flush(c);
    size_t n;

    if (err != ESP_OK) {
        return err;
    }
    n = et_http_exchange_offer(c->exchange, (size_t)len);
    if (n == 0) {
        return ESP_OK;
    }
    err = et_http_wire_write(c->wire, data, n, &n);
    if (err == ESP_OK) {
        *taken += (int)n;
        et_http_exchange_body_sent(c->exchange, n);
    }
    return err;
}

/* --- the answer ------------------------------------------------------------------------------- */

/** Nobody wants it, and it is long or takes long, or the connection is not needed any more. */
static bool is_not_worth_reading(esp_http_client_handle_t c)
{
    return et_http_exchange_is_followed(c->exchange) &&
           (et_http_origin_is_left(c->origin) || et_http_exchange_is_tedious(c->exchange));
}

/** What was read and looked at: is the head there now? */
static esp_err_t looked_at(esp_http_client_handle_t c, esp_err_t err)
{
    if (err == ESP_OK && c->phase < HTTP_READING_BODY &&
        esp_http_response_has_head(et_http_exchange_parser(c->exchange))) {
        c->phase = HTTP_READING_BODY;
    }
    return err;
}

static esp_err_t read_more(esp_http_client_handle_t c)
{
    size_t cap;
    size_t got;
    char *room = et_http_exchange_room(c->exchange, &cap);
    esp_err_t err = et_http_wire_read(c->wire, room, cap, &got);

    return err == ESP_OK ? et_http_exchange_came(c->exchange, room, got)
                         : et_http_exchange_ended(c->exchange, err);
}

/** How much of a body a read may bring at once: whole pieces of the buffer's size, so that the
 *  application sees those that it would see without it, and none of what follows the body where
 *  its length is known. What nobody wants comes in pieces of the buffer's size, so that no more of
 *  it is read than is worth it. @return 0: less than two pieces */
static size_t ahead_length(esp_http_client_handle_t c)
{
    const int64_t length = esp_http_response_content_length(et_http_exchange_parser(c->exchange));
    const size_t piece = (size_t)c->cfg.buffer_size;
    size_t most = PLAT_READ_AHEAD;

    if (length >= 0 && length - et_http_exchange_received(c->exchange) < (int64_t)most) {
        most = (size_t)(length - et_http_exchange_received(c->exchange));
    }
    return c->phase == HTTP_READING_BODY && et_http_exchange_is_unsunk(c->exchange) &&
                   !et_http_exchange_is_followed(c->exchange) && most / piece > 1
               ? most / piece * piece
               : 0;
}

/** Read several pieces at once where a read is a system call. All of them are gone through before
 *  this returns: what is left when the request ends, or is not worth reading, is lost with its
 *  connection. */
static esp_err_t read_ahead(esp_http_client_handle_t c, size_t most)
{
    char ahead[PLAT_READ_AHEAD + 1]; /* there are platforms with 0 */
    const size_t piece = (size_t)c->cfg.buffer_size;
    size_t got;
    size_t at = 0;
    esp_err_t err = et_http_wire_read(c->wire, ahead, most, &got);

    if (err != ESP_OK) {
        return et_http_exchange_ended(c->exchange, err);
    }
    while (err == ESP_OK && at < got && c->phase == HTTP_READING_BODY && !is_not_worth_reading(c)) {
        err = et_http_exchange_came_ahead(c->exchange, ahead + at, piece, got - at);
        at += piece;
        if (err == ESP_OK && at < got && c->phase == HTTP_READING_BODY) {
            err = et_http_wire_interrupted(c->wire);
        }
    }
    return err;
}

static esp_err_t read_on(esp_http_client_handle_t c)
{
    const size_t most = ahead_length(c);

    return most > 0 ? read_ahead(c, most) : read_more(c);
}

esp_err_t et_http_transfer_receive(esp_http_client_handle_t c)
{
    if (c->phase == HTTP_READING_BODY && is_not_worth_reading(c)) {
        (void)et_http_handle_disconnect(c);
        c->phase = HTTP_COMPLETE;
        return ESP_OK;
    }
    return looked_at(c, et_http_exchange_has_input(c->exchange)
                            ? et_http_exchange_parse(c->exchange)
                            : read_on(c));
}

esp_err_t et_http_transfer_look_early(esp_http_client_handle_t c)
{
    char early[EARLY];                       /* the buffer may hold some of the body that is sent */
    size_t cap = (size_t)c->cfg.buffer_size; /* what is behind its head goes there */
    size_t got;
    esp_err_t err = et_http_wire_read(c->wire, early, cap < EARLY ? cap : EARLY, &got);

    return looked_at(c, err == ESP_OK ? et_http_exchange_came_early(c->exchange, early, got)
                                      : et_http_exchange_ended(c->exchange, err));
}

/* --- what the exchange says ------------------------------------------------------------------- */

static void on_status(esp_http_client_handle_t c)
{
    int status = et_http_exchange_status(c->exchange);

    et_http_event_tell(c, HTTP_EVENT_ON_STATUS_CODE, &status, (int)sizeof(status));
}

static esp_err_t on_head(esp_http_client_handle_t c)
{
    c->at_header = true;
    et_http_event_tell(c, HTTP_EVENT_ON_HEADERS_COMPLETE, NULL, 0);
    c->at_header = false;
    return c->is_performing && !http_is_ending(c) ? et_http_follow_decide(c) : ESP_OK;
}

static void on_end(esp_http_client_handle_t c)
{
    c->phase = HTTP_COMPLETE;
    if (!et_http_exchange_is_followed(c->exchange)) {
        et_http_event_tell(c, HTTP_EVENT_ON_FINISH, NULL, 0);
    }
}

esp_err_t et_http_transfer_tell(void *arg, const struct http_saying *said)
{
    esp_http_client_handle_t c = arg;
    esp_err_t err = ESP_OK;

    switch (said->what) {
    case HTTP_SAID_STATUS:
        on_status(c);
        break;
    case HTTP_SAID_HEADER:
        err = et_http_origin_see_header(c->origin, et_http_exchange_status(c->exchange), said->name,
                                        said->text);
        if (err != ESP_OK) {
            return err;
        }
        et_http_event_header(c, said->name, said->text);
        break;
    case HTTP_SAID_HEAD:
        err = on_head(c);
        break;
    case HTTP_SAID_BODY:
        et_http_event_data(c, said->text, (int)said->len);
        break;
    case HTTP_SAID_TRAILER:
        et_http_event_header(c, said->name, said->text);
        break;
    case HTTP_SAID_END:
        on_end(c);
        break;
    }
    return err == ESP_OK && http_is_ending(c) ? ESP_FAIL : err;
}
