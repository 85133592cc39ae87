/* From the parser to what the application sees. */
#include <string.h>

#include "client.h"
#include "esp_http_field.h"
#include "esp_log.h"
#include "plat_clock.h"
#include "plat_heap.h"

/** Of a body that nobody wants: with more of it, a new connection is cheaper. */
#define DROPPED_MAX 16384

/** Bytes of one look at what comes while the body is sent. */
#define EARLY 256

static const char TAG[] = "HTTP_CLIENT";

/* --- what the parser finds ---------------------------------------------------------------------------- */

/** May the parser go on after the handler was called? */
static esp_http_response_go_t go(esp_http_client_handle_t c)
{
    return http_is_ending(c) ? ESP_HTTP_RESPONSE_STOP : ESP_HTTP_RESPONSE_GO;
}

static esp_http_response_go_t stop(esp_http_client_handle_t c, esp_err_t err)
{
    c->answer.error = err;
    return ESP_HTTP_RESPONSE_STOP;
}

static esp_http_response_go_t on_status(void *arg, int status)
{
    esp_http_client_handle_t c = arg;

    c->answer.status = status;
    et_http_event_tell(c, HTTP_EVENT_ON_STATUS_CODE, &status, (int)sizeof(status));
    return go(c);
}

/** The size of the whole in "bytes 0-9/100" (RFC 9110 section 14.4). */
static int64_t range_total(const char *value)
{
    const char *p = strchr(value, '/');
    int64_t total = 0;

    if (p == NULL || *++p == '\0') {
        return -1;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        if (total > (INT64_MAX - 9) / 10) {
            return -1;
        }
        total = total * 10 + (*p - '0');
    }
    return *p == '\0' ? total : -1;
}

#ifdef CONFIG_ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS
static esp_err_t save(struct http_answer *answer, const char *name, const char *value)
{
    if (answer->saved_count >= CONFIG_ESP_HTTP_CLIENT_MAX_SAVED_RESPONSE_HEADERS) {
        return ESP_OK;
    }
    if (strlen(name) > CONFIG_ESP_HTTP_CLIENT_MAX_RESPONSE_HEADER_SIZE ||
        strlen(value) > CONFIG_ESP_HTTP_CLIENT_MAX_RESPONSE_HEADER_SIZE) {
        ESP_LOGW(TAG, "header %.32s is too long to be kept", name);
        return ESP_OK;
    }
    answer->saved_count++;
    return et_http_headers_set(&answer->saved, name, value, strlen(value));
}
#endif

/** Keep what the client, or the application, wants to know later. */
static esp_err_t keep_header(esp_http_client_handle_t c, const char *name, const char *value)
{
    struct http_answer *answer = &c->answer;
    esp_err_t err = et_http_origin_see_header(c->origin, answer->status, name, value);

    if (err == ESP_OK && esp_http_name_equals(name, "Location") && answer->location == NULL) {
        answer->location = et_http_text_copy(value, strlen(value));
        err = answer->location != NULL ? ESP_OK : ESP_ERR_NO_MEM;
    }
    if (esp_http_name_equals(name, "Content-Range")) {
        answer->content_range = range_total(value);
    }
#ifdef CONFIG_ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS
    if (err == ESP_OK) {
        err = save(answer, name, value);
    }
#endif
    return err;
}

static esp_http_response_go_t on_header(void *arg, const char *name, const char *value)
{
    esp_http_client_handle_t c = arg;
    esp_err_t err = keep_header(c, name, value);

    if (err != ESP_OK) {
        return stop(c, err);
    }
    et_http_event_header(c, name, value);
    return go(c);
}

static esp_http_response_go_t on_headers_complete(void *arg)
{
    esp_http_client_handle_t c = arg;
    esp_err_t err;

    c->answer.at_header = true;
    et_http_event_tell(c, HTTP_EVENT_ON_HEADERS_COMPLETE, NULL, 0);
    c->answer.at_header = false;
    if (go(c) == ESP_HTTP_RESPONSE_STOP) {
        return ESP_HTTP_RESPONSE_STOP;
    }
    err = c->is_performing ? et_http_follow_decide(c) : ESP_OK;
    return err != ESP_OK ? stop(c, err) : ESP_HTTP_RESPONSE_PAUSE;
}

static esp_http_response_go_t on_body(void *arg, const char *data, size_t len)
{
    esp_http_client_handle_t c = arg;

    c->answer.received += (int64_t)len;
    if (c->answer.is_followed) {
        return ESP_HTTP_RESPONSE_GO;
    }
    et_http_event_data(c, data, (int)len);
    if (go(c) == ESP_HTTP_RESPONSE_STOP) {
        return ESP_HTTP_RESPONSE_STOP;
    }
    if (c->sink != NULL) { /* at least len: not more is fed than there is room for */
        memmove(c->sink + c->sink_len, data, len);
        c->sink_len += (int)len;
    }
    return ESP_HTTP_RESPONSE_GO;
}

/** Told, and no more: none of them may change what the head said (RFC 9110 section 6.5.1). */
static esp_http_response_go_t on_trailer(void *arg, const char *name, const char *value)
{
    esp_http_client_handle_t c = arg;

    if (!c->answer.is_followed) {
        et_http_event_header(c, name, value);
    }
    return go(c);
}

const esp_http_response_handler_t et_http_response_handler = {
    .on_status = on_status,
    .on_header = on_header,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_trailer = on_trailer,
};

/* --- steps --------------------------------------------------------------------------------------------- */

static bool in_body(const struct esp_http_client *c)
{
    return esp_http_response_has_head(c->parser);
}

static esp_err_t complete(esp_http_client_handle_t c)
{
    c->phase = HTTP_COMPLETE;
    if (!c->answer.is_followed) {
        et_http_event_tell(c, HTTP_EVENT_ON_FINISH, NULL, 0);
    }
    return ESP_OK;
}

static esp_err_t malformed(esp_http_client_handle_t c)
{
    const char *why = esp_http_response_why(c->parser);

    ESP_LOGE(TAG, "the response is malformed: %s", why != NULL ? why : "it ends within a header");
    return in_body(c) ? ESP_ERR_HTTP_INCOMPLETE_DATA : ESP_ERR_HTTP_FETCH_HEADER;
}

static esp_err_t judge(esp_http_client_handle_t c, esp_http_response_result_t result)
{
    switch (result) {
    case ESP_HTTP_RESPONSE_MORE:
        return ESP_OK;
    case ESP_HTTP_RESPONSE_PAUSED:
        c->phase = HTTP_READING_BODY;
        return ESP_OK;
    case ESP_HTTP_RESPONSE_COMPLETE:
    case ESP_HTTP_RESPONSE_UPGRADE:
        return complete(c);
    case ESP_HTTP_RESPONSE_MALFORMED:
        return malformed(c);
    case ESP_HTTP_RESPONSE_HEADER_TOO_LONG:
        return ESP_ERR_HTTP_HEADER_TOO_LONG;
    case ESP_HTTP_RESPONSE_NO_MEM:
        return ESP_ERR_NO_MEM;
    case ESP_HTTP_RESPONSE_STOPPED:
        return c->answer.error != ESP_OK ? c->answer.error : ESP_FAIL;
    case ESP_HTTP_RESPONSE_TRUNCATED:
        return in_body(c) ? ESP_ERR_HTTP_INCOMPLETE_DATA : malformed(c);
    case ESP_HTTP_RESPONSE_EMPTY:
        break;
    }
    return ESP_ERR_HTTP_CONNECTION_CLOSED;
}

static esp_err_t feed(esp_http_client_handle_t c, const char *data, size_t len, size_t *used)
{
    c->answer.has_begun = true;
    return judge(c, esp_http_response_feed(c->parser, data, len, used));
}

/** The connection did not go on. */
static esp_err_t ended(esp_http_client_handle_t c, esp_err_t err)
{
    switch (err) {
    case ESP_ERR_HTTP_CONNECTION_CLOSED:
        return judge(c, esp_http_response_finish(c->parser));
    case ESP_ERR_HTTP_FETCH_HEADER:
        return in_body(c) ? ESP_ERR_HTTP_INCOMPLETE_DATA : err;
    default:
        return err;
    }
}

/** From the connection to where the application wants it; the parser moves it where chunks were cut
 *  out. */
static esp_err_t read_into_sink(esp_http_client_handle_t c)
{
    char *to = c->sink + c->sink_len;
    size_t got;
    size_t used;
    esp_err_t err = et_http_wire_read(c->wire, to, (size_t)(c->sink_cap - c->sink_len), &got);

    if (err != ESP_OK) {
        return ended(c, err);
    }
    err = feed(c, to, got, &used);
    c->answer.has_surplus = used < got;
    return err;
}

static esp_err_t read_into_buffer(esp_http_client_handle_t c)
{
    size_t got;
    esp_err_t err = et_http_wire_read(c->wire, c->buf, (size_t)c->cfg.buffer_size, &got);

    if (err != ESP_OK) {
        return ended(c, err);
    }
    c->buf_pos = 0;
    c->buf_len = (uint32_t)got;
    c->answer.dropped += c->answer.is_followed ? (uint32_t)got : 0;
    return ESP_OK;
}

/** Nobody wants it, and it is long or takes long, or the connection is not needed any more. */
static bool is_not_worth_reading(struct esp_http_client *c)
{
    struct http_answer *a = &c->answer;
    const uint64_t now = plat_clock_us();

    if (!a->is_followed) {
        return false;
    }
    if (a->drop_until_us == 0) {
        a->drop_until_us = now + (uint64_t)c->cfg.timeout_ms * 1000;
    }
    return et_http_origin_is_left(c->origin) || !et_http_response_keeps_alive(c) ||
           a->dropped > DROPPED_MAX || esp_http_response_content_length(c->parser) > DROPPED_MAX ||
           now >= a->drop_until_us;
}

esp_err_t et_http_response_step(esp_http_client_handle_t c)
{
    size_t room = (size_t)(c->sink_cap - c->sink_len);
    size_t len;
    size_t used;
    esp_err_t err;

    if (c->phase == HTTP_READING_BODY && is_not_worth_reading(c)) {
        (void)et_http_handle_disconnect(c);
        return complete(c);
    }
    if (c->buf_pos == c->buf_len) {
        if (c->sink != NULL && c->phase == HTTP_READING_BODY &&
            room >= (size_t)c->cfg.buffer_size) {
            return read_into_sink(c);
        }
        err = read_into_buffer(c);
        if (err != ESP_OK || c->buf_pos == c->buf_len) {
            return err;
        }
    }
    len = c->buf_len - c->buf_pos;
    if (c->sink != NULL && len > room) {
        len = room;
    }
    err = feed(c, c->buf + c->buf_pos, len, &used);
    c->buf_pos += (uint32_t)used;
    if (c->phase == HTTP_COMPLETE && c->buf_pos < c->buf_len) {
        c->answer.has_surplus = true;
    }
    return err;
}

esp_err_t et_http_response_early(esp_http_client_handle_t c)
{
    char early[EARLY]; /* the buffer may hold some of the body that is sent */
    size_t got;
    size_t used;
    esp_err_t err = et_http_wire_read(
        c->wire, early, c->buf_cap < sizeof(early) ? c->buf_cap : sizeof(early), &got);

    if (err != ESP_OK) {
        return ended(c, err);
    }
    err = feed(c, early, got, &used);
    if (err != ESP_OK || esp_http_response_status(c->parser) == 0) {
        return err; /* interim, or not yet known: all of it was used */
    }
    c->req.is_cut = true;
    memcpy(c->buf, early + used, got - used);
    c->buf_pos = 0;
    c->buf_len = (uint32_t)(got - used);
    c->answer.has_surplus = c->phase == HTTP_COMPLETE && c->buf_len > 0;
    return ESP_OK;
}

bool et_http_response_keeps_alive(const struct esp_http_client *c)
{
    return esp_http_response_keeps_alive(c->parser) && c->answer.status != 101 &&
           !c->answer.has_surplus && !c->req.is_cut;
}

void et_http_response_clear(struct http_answer *answer)
{
    plat_free_secret(answer->location);
    et_http_headers_clear(&answer->saved);
    *answer = (struct http_answer){.status = -1, .content_range = -1};
}
