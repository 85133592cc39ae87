/* The answer: from the bytes that came to what the callback is told. */
#include <string.h>

#include "esp_http_field.h"
#include "esp_log.h"
#include "exchange_room.h"
#include "plat_clock.h"
#include "plat_heap.h"
#include "text.h"

/** Of a body that nobody wants: with more of it, a new connection is cheaper. */
#define DROPPED_MAX 16384

static const char TAG[] = "HTTP_CLIENT";

/* --- what the parser finds -------------------------------------------------------------------- */

static esp_http_response_go_t say(struct http_exchange *x, struct http_saying said)
{
    x->answer.error = x->tell(x->tell_arg, &said);
    return x->answer.error == ESP_OK ? ESP_HTTP_RESPONSE_GO : ESP_HTTP_RESPONSE_STOP;
}

static esp_http_response_go_t on_status(void *arg, int status)
{
    struct http_exchange *x = arg;

    x->answer.status = status;
    return say(x, (struct http_saying){.what = HTTP_SAID_STATUS});
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
static esp_err_t save_header(struct http_answer *answer, const char *name, const char *value)
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
    return et_http_kept_set(&answer->saved, name, value);
}
#endif

/** Where the part of a reference begins that may be encoded: behind the host, if it names one. */
static size_t path_at(const char *url)
{
    size_t at = strcspn(url, "/?#");

    if (url[at] == '/' && url[at + 1] == '/' && (at == 0 || url[at - 1] == ':')) {
        at += 2;
        return at + strcspn(url + at, "/?#");
    }
    return 0;
}

/** What RFC 3986 section 2 has in no URL, and servers send all the same. */
static bool wants_encoding(char c)
{
    return c <= ' ' || c >= 0x7F || strchr("\"<>\\^`{|}", c) != NULL;
}

/** Copy a reference as browsers read it: blanks, non-ASCII and some others percent-encoded.
 *  @return NULL: no memory */
static char *copy_location(const char *from)
{
    static const char hex[] = "0123456789ABCDEF";
    const char *path = from + path_at(from);
    size_t len = strlen(from);
    const char *p;
    char *copy;
    char *to;

    for (p = path; *p != '\0'; p++) {
        len += wants_encoding(*p) ? 2 : 0;
    }
    copy = plat_alloc(NULL, PLAT_MEM_APPLICATION, len + 1);
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, from, (size_t)(path - from));
    to = copy + (path - from);
    for (p = path; *p != '\0'; p++) {
        if (wants_encoding(*p)) {
            *to++ = '%';
            *to++ = hex[(unsigned char)*p >> 4];
            *to++ = hex[*p & 15];
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
    return copy;
}

/** Keep what the exchange, or who uses it, wants to know later. */
static esp_err_t keep_header(struct http_answer *answer, const char *name, const char *value)
{
    if (esp_http_name_equals(name, "Location") && answer->location == NULL) {
        answer->location = copy_location(value);
        if (answer->location == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    if (esp_http_name_equals(name, "Content-Range")) {
        answer->content_range = range_total(value);
    }
#ifdef CONFIG_ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS
    return save_header(answer, name, value);
#else
    return ESP_OK;
#endif
}

static esp_http_response_go_t on_header(void *arg, const char *name, const char *value)
{
    struct http_exchange *x = arg;

    x->answer.error = keep_header(&x->answer, name, value);
    if (x->answer.error != ESP_OK) {
        return ESP_HTTP_RESPONSE_STOP;
    }
    return say(x, (struct http_saying){.what = HTTP_SAID_HEADER, .name = name, .text = value});
}

static esp_http_response_go_t on_headers_complete(void *arg)
{
    esp_http_response_go_t go = say(arg, (struct http_saying){.what = HTTP_SAID_HEAD});

    return go == ESP_HTTP_RESPONSE_GO ? ESP_HTTP_RESPONSE_PAUSE : go;
}

static esp_http_response_go_t on_body(void *arg, const char *data, size_t len)
{
    struct http_exchange *x = arg;
    esp_http_response_go_t go;

    x->answer.received += (int64_t)len;
    if (x->answer.is_followed) {
        return ESP_HTTP_RESPONSE_GO;
    }
    go = say(x, (struct http_saying){.what = HTTP_SAID_BODY, .text = data, .len = len});
    if (go == ESP_HTTP_RESPONSE_GO && x->sink != NULL) {
        /* at least len: not more is fed than there is room for */
        memmove(x->sink + x->sink_len, data, len);
        x->sink_len += (int)len;
    }
    return go;
}

/** Told, and no more: none of them may change what the head said (RFC 9110 section 6.5.1). */
static esp_http_response_go_t on_trailer(void *arg, const char *name, const char *value)
{
    struct http_exchange *x = arg;

    if (x->answer.is_followed) {
        return ESP_HTTP_RESPONSE_GO;
    }
    return say(x, (struct http_saying){.what = HTTP_SAID_TRAILER, .name = name, .text = value});
}

const esp_http_response_handler_t et_http_response_handler = {
    .on_status = on_status,
    .on_header = on_header,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_trailer = on_trailer,
};

/* --- steps ------------------------------------------------------------------------------------ */

static esp_err_t malformed_error(const struct http_exchange *x)
{
    const char *why = esp_http_response_why(x->parser);

    ESP_LOGE(TAG, "the response is malformed: %s", why != NULL ? why : "it ends within a header");
    return esp_http_response_has_head(x->parser) ? ESP_ERR_HTTP_INCOMPLETE_DATA
                                                 : ESP_ERR_HTTP_FETCH_HEADER;
}

static esp_err_t judge_result(struct http_exchange *x, esp_http_response_result_t result)
{
    switch (result) {
    case ESP_HTTP_RESPONSE_MORE:
    case ESP_HTTP_RESPONSE_PAUSED:
        return ESP_OK;
    case ESP_HTTP_RESPONSE_COMPLETE:
    case ESP_HTTP_RESPONSE_UPGRADE:
        (void)say(x, (struct http_saying){.what = HTTP_SAID_END});
        return ESP_OK;
    case ESP_HTTP_RESPONSE_MALFORMED:
        return malformed_error(x);
    case ESP_HTTP_RESPONSE_HEADER_TOO_LONG:
        return ESP_ERR_HTTP_HEADER_TOO_LONG;
    case ESP_HTTP_RESPONSE_NO_MEM:
        return ESP_ERR_NO_MEM;
    case ESP_HTTP_RESPONSE_STOPPED:
        return x->answer.error;
    case ESP_HTTP_RESPONSE_TRUNCATED:
        return esp_http_response_has_head(x->parser) ? ESP_ERR_HTTP_INCOMPLETE_DATA
                                                     : malformed_error(x);
    case ESP_HTTP_RESPONSE_EMPTY:
        break;
    }
    return ESP_ERR_HTTP_CONNECTION_CLOSED;
}

static esp_err_t feed(struct http_exchange *x, const char *data, size_t len, size_t *used)
{
    x->answer.has_begun = true;
    return judge_result(x, esp_http_response_feed(x->parser, data, len, used));
}

esp_err_t et_http_exchange_ended(struct http_exchange *x, esp_err_t why)
{
    switch (why) {
    case ESP_ERR_HTTP_CONNECTION_CLOSED:
        return judge_result(x, esp_http_response_finish(x->parser));
    case ESP_ERR_HTTP_FETCH_HEADER:
        return esp_http_response_has_head(x->parser) ? ESP_ERR_HTTP_INCOMPLETE_DATA : why;
    default:
        return why;
    }
}

char *et_http_exchange_room(struct http_exchange *x, size_t *cap)
{
    *cap = (size_t)(x->sink_cap - x->sink_len);
    if (x->sink != NULL && *cap >= (size_t)x->cfg->buffer_size) {
        return x->sink + x->sink_len;
    }
    *cap = (size_t)x->cfg->buffer_size;
    return x->buf;
}

esp_err_t et_http_exchange_came(struct http_exchange *x, const char *room, size_t len)
{
    size_t used;
    esp_err_t err;

    if (room == x->buf) {
        x->buf_pos = 0;
        x->buf_len = (uint32_t)len;
        x->answer.dropped += x->answer.is_followed ? (uint32_t)len : 0;
        return et_http_exchange_parse(x);
    }
    /* in the sink; the parser moves it where chunks were cut out */
    err = feed(x, room, len, &used);
    x->answer.has_surplus = used < len;
    return err;
}

esp_err_t et_http_exchange_came_ahead(struct http_exchange *x, const char *data, size_t piece,
                                      size_t len)
{
    size_t n = piece < len ? piece : len;
    size_t used;
    esp_err_t err = feed(x, data, n, &used);

    if (esp_http_response_is_complete(x->parser) && used < len) {
        x->answer.has_surplus = true;
    }
    return err;
}

/** What follows the end of an answer belongs to none. */
static void note_surplus(struct http_exchange *x)
{
    if (x->buf_pos < x->buf_len && esp_http_response_is_complete(x->parser)) {
        x->answer.has_surplus = true;
    }
}

esp_err_t et_http_exchange_parse(struct http_exchange *x)
{
    size_t room = (size_t)(x->sink_cap - x->sink_len);
    size_t len = x->buf_len - x->buf_pos;
    size_t used;
    esp_err_t err;

    if (x->sink != NULL && len > room) {
        len = room;
    }
    err = feed(x, x->buf + x->buf_pos, len, &used);
    x->buf_pos += (uint32_t)used;
    note_surplus(x);
    return err;
}

esp_err_t et_http_exchange_came_early(struct http_exchange *x, const char *data, size_t len)
{
    size_t used;
    esp_err_t err = feed(x, data, len, &used);

    if (err != ESP_OK || esp_http_response_status(x->parser) == 0) {
        return err; /* interim, or not yet known: all of it was used */
    }
    x->req.is_cut = true;
    memcpy(x->buf, data + used, len - used);
    x->buf_pos = 0;
    x->buf_len = (uint32_t)(len - used);
    note_surplus(x);
    return ESP_OK;
}

bool et_http_exchange_is_tedious(struct http_exchange *x)
{
    struct http_answer *a = &x->answer;
    const uint64_t now = plat_clock_us();

    if (a->drop_until_us == 0) {
        a->drop_until_us = now + (uint64_t)x->cfg->timeout_ms * 1000;
    }
    return !et_http_exchange_keeps_alive(x) || a->dropped > DROPPED_MAX ||
           esp_http_response_content_length(x->parser) > DROPPED_MAX || now >= a->drop_until_us;
}

bool et_http_exchange_keeps_alive(const struct http_exchange *x)
{
    return esp_http_response_keeps_alive(x->parser) && x->answer.status != 101 &&
           !x->answer.has_surplus && !x->req.is_cut;
}

/* --- life ------------------------------------------------------------------------------------- */

void et_http_response_clear(struct http_answer *answer)
{
    plat_free_secret(answer->location);
    et_http_kept_clear(&answer->saved);
    *answer = (struct http_answer){.status = -1, .content_range = -1};
}

void et_http_exchange_expect(struct http_exchange *x)
{
    et_http_response_clear(&x->answer);
    esp_http_response_begin(x->parser, x->req.method == HTTP_METHOD_HEAD ? ESP_HTTP_REQUEST_HEAD
                                                                         : ESP_HTTP_REQUEST_OTHER);
}
