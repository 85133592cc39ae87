/* The request: its head, written a buffer at a time, and how its body is framed (RFC 9112 sections
 * 3 to 7). The head is never in memory as a whole: line and line_offset say where it is copied. */
#include <string.h>

#include "esp_http_auth.h"
#include "esp_http_field.h"
#include "exchange_room.h"
#include "text.h"

struct piece {
    const char *text;
    size_t len;
};

/** A line of the head, in pieces. */
struct line {
    struct piece pieces[4];
    size_t count;
    char digits[21]; /* of a length that is one of them */
};

static const char *const methods[] = {
    "GET",    "POST",      "PUT",         "PATCH",     "DELETE", "HEAD",
    "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "OPTIONS",   "COPY",   "MOVE",
    "LOCK",   "UNLOCK",    "PROPFIND",    "PROPPATCH", "MKCOL",  "REPORT",
};

_Static_assert(sizeof(methods) / sizeof(methods[0]) == HTTP_METHOD_MAX, "a name for each");

const char *et_http_exchange_method_name(const struct http_exchange *x)
{
    return methods[x->req.method];
}

bool et_http_exchange_is_idempotent(const struct http_exchange *x)
{
    switch (x->req.method) { /* RFC 9110 section 9.2.2, RFC 4918 section 9 */
    case HTTP_METHOD_POST:
    case HTTP_METHOD_PATCH:
    case HTTP_METHOD_NOTIFY:
    case HTTP_METHOD_SUBSCRIBE:
    case HTTP_METHOD_UNSUBSCRIBE:
    case HTTP_METHOD_LOCK:
        return false;
    default:
        return true;
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

/** What the client itself says goes before what the application set. */
static bool is_skipped(const struct http_request *req, const char *name)
{
    enum {
        ALWAYS = 1,
        WITH_LOGIN = 2,
        WITH_PROXY_LOGIN = 4,
        WITHOUT_BODY = 8
    };
    static const struct {
        const char *name;
        uint8_t when;
    } ours[] = {
        {"Content-Length", ALWAYS},     {"Transfer-Encoding", ALWAYS},
        {"Authorization", WITH_LOGIN},  {"Proxy-Authorization", WITH_PROXY_LOGIN},
        {"Content-Type", WITHOUT_BODY}, {"Content-Encoding", WITHOUT_BODY},
        {"Expect", WITHOUT_BODY},
    };
    const unsigned now = ALWAYS | (req->authorization != NULL ? WITH_LOGIN : 0u) |
                         (req->proxy_authorization != NULL ? WITH_PROXY_LOGIN : 0u) |
                         (req->has_lost_body ? WITHOUT_BODY : 0u);
    size_t i;

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if ((ours[i].when & now) != 0 && esp_http_name_equals(name, ours[i].name)) {
            return true;
        }
    }
    return false;
}

/** How the body is delimited. @param value  left alone if nothing is said */
static void framing_header(const struct http_request *req, char *digits, const char **name,
                           const char **value)
{
    bool may_be_without = req->method == HTTP_METHOD_GET || req->method == HTTP_METHOD_HEAD ||
                          req->method == HTTP_METHOD_DELETE || req->has_lost_body;

    if (req->length < 0) {
        *name = "Transfer-Encoding";
        *value = "chunked";
    } else if (req->length > 0 || !may_be_without) {
        (void)et_http_text_number(digits, (uint64_t)req->length, 10);
        *name = "Content-Length";
        *value = digits;
    }
}

/** The n-th header: the application's, then ours, then the empty line, which has no name.
 *  @param value  stays NULL if the header is left out @return false: there is none */
static bool header_of(const struct http_request *req, const struct http_header *h, unsigned n,
                      char *digits, const char **name, const char **value)
{
    for (; h != NULL && n > 0; n--) {
        h = h->next;
    }
    if (h != NULL) {
        *name = h->name;
        *value = is_skipped(req, h->name) ? NULL : h->value;
        return true;
    }
    switch (n) {
    case 0:
        *name = "Authorization";
        *value = req->authorization;
        return true;
    case 1:
        *name = "Proxy-Authorization";
        *value = req->proxy_authorization;
        return true;
    case 2:
        framing_header(req, digits, name, value);
        return true;
    case 3:
        *value = "";
        return true;
    default:
        return false;
    }
}

static inline void add_piece(struct line *line, const char *text)
{
    line->pieces[line->count++] = (struct piece){text, strlen(text)};
}

/** The n-th line of the head; of a header that is left out, nothing.
 *  @return false: there is none */
static bool line_of(const struct http_request *req, const char *target,
                    const struct http_header *headers, unsigned n, struct line *line)
{
    const char *name = "";
    const char *value = NULL;

    line->count = 0;
    if (n == 0) {
        add_piece(line, methods[req->method]);
        add_piece(line, " ");
        add_piece(line, target);
        add_piece(line, " HTTP/1.1\r\n");
        return true;
    }
    if (!header_of(req, headers, n - 1, line->digits, &name, &value)) {
        return false;
    }
    if (value == NULL) {
        return true;
    }
    if (name[0] != '\0') {
        add_piece(line, name);
        add_piece(line, ": ");
    }
    add_piece(line, value);
    add_piece(line, "\r\n");
    return true;
}

/** Copy what there is room for. @return the line is complete */
static bool copy_line(struct http_exchange *x, const struct line *line)
{
    size_t skip = x->req.line_offset;
    size_t i;

    for (i = 0; i < line->count; i++) {
        size_t len = line->pieces[i].len;
        size_t room = (size_t)x->cfg->buffer_size_tx - x->buf_len;

        if (skip >= len) {
            skip -= len;
            continue;
        }
        len -= skip;
        room = len < room ? len : room;
        memcpy(x->buf + x->buf_len, line->pieces[i].text + skip, room);
        x->buf_len += (uint32_t)room;
        x->req.line_offset += (uint32_t)room;
        if (room < len) {
            return false;
        }
        skip = 0;
    }
    return true;
}

#ifdef CONFIG_ESP_HTTP_CLIENT_STRICT_HEADER_BUFFER
static size_t length_of(const struct line *line)
{
    size_t len = 0;
    size_t i;

    for (i = 0; i < line->count; i++) {
        len += line->pieces[i].len;
    }
    return len;
}
#endif

esp_err_t et_http_exchange_fill_head(struct http_exchange *x, const char *target,
                                     const struct http_header *headers)
{
    struct line line;

    http_empty_buffer(x);
    while (line_of(&x->req, target, headers, x->req.line, &line)) {
#ifdef CONFIG_ESP_HTTP_CLIENT_STRICT_HEADER_BUFFER
        if (x->req.line > 0 && length_of(&line) > (size_t)x->cfg->buffer_size_tx) {
            return ESP_ERR_HTTP_HEADER_TOO_LONG;
        }
#endif
        if (!copy_line(x, &line)) {
            return ESP_OK;
        }
        x->req.line++;
        x->req.line_offset = 0;
    }
    return ESP_OK;
}

size_t et_http_exchange_out(const struct http_exchange *x, const char **data)
{
    const struct http_request *req = &x->req;

    if (req->frame_len > 0) {
        *data = req->frame + req->frame_pos;
        return (size_t)(req->frame_len - req->frame_pos);
    }
    *data = x->buf + x->buf_pos;
    return x->buf_len - x->buf_pos;
}

void et_http_exchange_sent(struct http_exchange *x, size_t len)
{
    struct http_request *req = &x->req;

    if (req->frame_len == 0) {
        x->buf_pos += (uint32_t)len;
        return;
    }
    req->frame_pos += (uint8_t)len;
    if (req->frame_pos == req->frame_len) {
        req->frame_pos = 0;
        req->frame_len = 0;
    }
}

/* --- chunks ----------------------------------------------------------------------------------- */

static char *put_crlf(char *out)
{
    *out++ = '\r';
    *out++ = '\n';
    return out;
}

/** End the chunk that is open, if one is, and begin the next. @param len of it; 0: the last, the
 *  body is over; -1: none begins yet */
static void next_chunk(struct http_request *req, int64_t len)
{
    char *out = req->frame + req->frame_len;

    if (req->in_chunk) {
        out = put_crlf(out);
    }
    req->in_chunk = len > 0;
    req->chunk_left = len > 0 ? len : 0;
    if (len >= 0) {
        out = put_crlf(out + et_http_text_number(out, (uint64_t)len, 16));
    }
    if (len == 0) {
        out = put_crlf(out);
        req->body_is_over = true;
    }
    req->frame_len = (uint8_t)(out - req->frame);
}

/* --- the body that perform() sends ------------------------------------------------------------ */

void et_http_exchange_set_post(struct http_exchange *x, const char *data, int len)
{
    x->source = NULL;
    x->post_data = data;
    x->post_len = data != NULL ? len : 0;
}

int et_http_exchange_get_post(const struct http_exchange *x, char **data)
{
    if (x->post_data != NULL) {
        *data = (char *)(uintptr_t)x->post_data;
    }
    return x->post_len;
}

void et_http_exchange_set_source(struct http_exchange *x, esp_http_client_source_t source,
                                 int64_t size, void *arg)
{
    x->post_data = NULL;
    x->post_len = 0;
    x->source = source;
    x->source_size = source != NULL ? size : 0;
    x->source_arg = arg;
}

bool et_http_exchange_has_source(const struct http_exchange *x)
{
    return x->source != NULL;
}

int64_t et_http_exchange_next_length(const struct http_exchange *x)
{
    return x->source != NULL ? x->source_size : x->post_len;
}

esp_err_t et_http_exchange_draw(struct http_exchange *x)
{
    struct http_request *req = &x->req;
    int64_t left = req->length - req->sent;
    int want = x->cfg->buffer_size_tx;
    int n;

    want = req->length >= 0 && left < want ? (int)left : want;
    n = x->source(x->source_arg, x->buf, want, req->sent);
    if (n < 0 || n > want || (n == 0 && req->length >= 0)) {
        return ESP_ERR_HTTP_WRITE_DATA; /* less than it announced */
    }
    x->buf_pos = 0;
    x->buf_len = (uint32_t)n;
    req->sent += n;
    if (req->length < 0) {
        next_chunk(req, n);
    }
    req->body_is_over = n == 0 || (req->length >= 0 && req->sent == req->length);
    return ESP_OK;
}

bool et_http_exchange_is_body_over(const struct http_exchange *x)
{
    return x->req.body_is_over;
}

esp_err_t et_http_exchange_post_left(const struct http_exchange *x, const char **data, size_t *left)
{
    const struct http_request *req = &x->req;

    *left = 0;
    if (x->post_data == NULL || x->post_len != req->length) {
        return ESP_ERR_HTTP_WRITE_DATA; /* it was replaced, and the head has announced the first */
    }
    *data = x->post_data + req->sent;
    *left = (size_t)(req->length - req->sent);
    return ESP_OK;
}

/* --- the body that the application writes ----------------------------------------------------- */

bool et_http_exchange_takes(const struct http_exchange *x, int len)
{
    const struct http_request *req = &x->req;

    int64_t left = req->framed_by_hand ? req->chunk_left : len;

    if (req->length >= 0) {
        left = req->length - req->sent;
    }
    return !req->body_is_over && len <= left;
}

size_t et_http_exchange_offer(struct http_exchange *x, size_t len)
{
    struct http_request *req = &x->req;

    if (req->length >= 0) {
        return len;
    }
    if (!req->in_chunk) {
        next_chunk(req, (int64_t)len);
        return 0;
    }
    return (int64_t)len > req->chunk_left ? (size_t)req->chunk_left : len;
}

void et_http_exchange_body_sent(struct http_exchange *x, size_t len)
{
    struct http_request *req = &x->req;

    req->sent += (int64_t)len;
    if (!req->in_chunk) {
        return;
    }
    req->chunk_left -= (int64_t)len;
    if (req->chunk_left == 0 && !req->framed_by_hand) {
        next_chunk(req, -1);
    }
}

bool et_http_exchange_takes_chunk(const struct http_exchange *x)
{
    return x->req.length < 0 && !x->req.body_is_over && !x->req.in_chunk;
}

void et_http_exchange_begin_chunk(struct http_exchange *x, int len)
{
    x->req.framed_by_hand = true;
    (void)et_http_exchange_offer(x, (size_t)len);
}

bool et_http_exchange_end_chunk(struct http_exchange *x, bool is_last)
{
    struct http_request *req = &x->req;

    if (req->length >= 0 || req->body_is_over || req->chunk_left > 0 ||
        (!req->in_chunk && !is_last)) {
        return false;
    }
    next_chunk(req, is_last ? 0 : -1);
    return true;
}

bool et_http_exchange_end_body(struct http_exchange *x)
{
    return x->req.length >= 0 || x->req.body_is_over || et_http_exchange_end_chunk(x, true);
}

void et_http_exchange_cut(struct http_exchange *x)
{
    x->req.is_cut = x->req.length > x->req.sent;
}

bool et_http_exchange_is_cut(const struct http_exchange *x)
{
    return x->req.is_cut;
}

/* --- life ------------------------------------------------------------------------------------- */

void et_http_request_clear(struct http_request *req)
{
    esp_http_auth_free_value(req->authorization);
    esp_http_auth_free_value(req->proxy_authorization);
    *req = (struct http_request){.method = HTTP_METHOD_GET};
}

void et_http_exchange_begin(struct http_exchange *x, esp_http_client_method_t method,
                            int64_t length, bool has_lost_body)
{
    et_http_request_clear(&x->req);
    x->req.method = (uint8_t)method;
    x->req.has_lost_body = has_lost_body;
    x->req.length = length < 0 ? -1 : length;
    http_empty_buffer(x);
}

void et_http_exchange_take_logins(struct http_exchange *x, char *value, char *proxy_value)
{
    x->req.authorization = value;
    x->req.proxy_authorization = proxy_value;
}

void et_http_exchange_drop_request(struct http_exchange *x)
{
    et_http_request_clear(&x->req);
    http_empty_buffer(x);
}

esp_http_client_method_t et_http_exchange_method(const struct http_exchange *x)
{
    return (esp_http_client_method_t)x->req.method;
}

bool et_http_exchange_has_lost_body(const struct http_exchange *x)
{
    return x->req.has_lost_body;
}

int64_t et_http_exchange_length(const struct http_exchange *x)
{
    return x->req.length;
}
