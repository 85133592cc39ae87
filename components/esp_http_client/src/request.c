/* The request: its head, written a buffer at a time, and how its body is framed (RFC 9112 sections 3
 * to 7). The head is never in memory as a whole: line and line_offset say where the copying is. */
#include <string.h>

#include "client.h"
#include "esp_http_auth.h"
#include "esp_http_field.h"
#include "plat_heap.h"

#define PIECES 6

struct piece {
    const char *text;
    size_t len;
};

struct line {
    struct piece pieces[PIECES];
    size_t count;
    size_t len;
};

static const char *const methods[] = {
    "GET",    "POST",      "PUT",         "PATCH",     "DELETE", "HEAD",
    "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "OPTIONS",   "COPY",   "MOVE",
    "LOCK",   "UNLOCK",    "PROPFIND",    "PROPPATCH", "MKCOL",  "REPORT",
};

_Static_assert(sizeof(methods) / sizeof(methods[0]) == HTTP_METHOD_MAX, "a name for each");

bool et_http_request_is_idempotent(esp_http_client_method_t method)
{
    switch (method) { /* RFC 9110 section 9.2.2, RFC 4918 section 9 */
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

/* --- lines ------------------------------------------------------------------------------------------- */

static void add(struct line *line, const char *text, size_t len)
{
    line->pieces[line->count++] = (struct piece){text, len};
    line->len += len;
}

static void add_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

static void add_header(struct line *line, const char *name, const char *value)
{
    add_text(line, name);
    add(line, ": ", 2);
    add_text(line, value);
    add(line, "\r\n", 2);
}

static void request_line(const struct esp_http_client *c, struct line *line)
{
    bool is_whole = et_http_wire_takes_urls(c->wire, et_http_origin_is_tls(c->origin));

    add_text(line, methods[c->req.method]);
    add(line, " ", 1);
    add_text(line, is_whole ? et_http_origin_url(c->origin) : et_http_origin_path(c->origin));
    add(line, " HTTP/1.1\r\n", 11);
}

/** What the client itself says goes before what the application set. */
static bool is_skipped(const struct esp_http_client *c, const char *name)
{
    const struct {
        const char *name;
        bool is_ours;
    } ours[] = {
        {"Content-Length", true},
        {"Transfer-Encoding", true},
        {"Authorization", c->req.authorization != NULL},
        {"Proxy-Authorization", c->req.proxy_authorization != NULL},
        {"Content-Type", c->req.body_dropped},
        {"Content-Encoding", c->req.body_dropped},
        {"Expect", c->req.body_dropped},
    };
    size_t i;

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (ours[i].is_ours && esp_http_name_equals(name, ours[i].name)) {
            return true;
        }
    }
    return false;
}

static void framing_line(struct esp_http_client *c, struct line *line)
{
    const struct http_request *req = &c->req;
    bool may_be_without = req->method == HTTP_METHOD_GET || req->method == HTTP_METHOD_HEAD ||
                          req->method == HTTP_METHOD_DELETE || req->body_dropped;

    if (req->length < 0) {
        add_header(line, "Transfer-Encoding", "chunked");
    } else if (req->length > 0 || !may_be_without) {
        (void)et_http_text_number(c->req.length_text, (uint64_t)req->length, 10);
        add_header(line, "Content-Length", req->length_text);
    }
}

/** The n-th line of the head. @return false: there is none */
static bool line_of(struct esp_http_client *c, unsigned n, struct line *line)
{
    const struct http_header *h = *et_http_origin_headers(c->origin);

    *line = (struct line){.count = 0};
    if (n == 0) {
        request_line(c, line);
        return true;
    }
    for (n--; h != NULL && n > 0; n--) {
        h = h->next;
    }
    if (h != NULL) {
        if (!is_skipped(c, h->name)) {
            add_header(line, h->name, h->value);
        }
        return true;
    }
    switch (n) {
    case 0:
        if (c->req.authorization != NULL) {
            add_header(line, "Authorization", c->req.authorization);
        }
        return true;
    case 1:
        if (c->req.proxy_authorization != NULL) {
            add_header(line, "Proxy-Authorization", c->req.proxy_authorization);
        }
        return true;
    case 2:
        framing_line(c, line);
        return true;
    case 3:
        add(line, "\r\n", 2);
        return true;
    default:
        return false;
    }
}

/** Copy what there is room for. @return the line is complete */
static bool copy(struct esp_http_client *c, const struct line *line)
{
    size_t skip = c->req.line_offset;
    size_t i;

    for (i = 0; i < line->count; i++) {
        const struct piece *p = &line->pieces[i];
        size_t room = (size_t)c->cfg.buffer_size_tx - c->buf_len;
        size_t n = p->len > skip ? p->len - skip : 0;

        n = n < room ? n : room;
        if (n > 0) {
            memcpy(c->buf + c->buf_len, p->text + skip, n);
            c->buf_len += (uint32_t)n;
            c->req.line_offset += (uint32_t)n;
        }
        if (n < p->len - (skip < p->len ? skip : p->len)) {
            return false;
        }
        skip = skip > p->len ? skip - p->len : 0;
    }
    return true;
}

/** Put as much of the head into the buffer as fits. */
static esp_err_t fill(struct esp_http_client *c)
{
    struct line line;

    c->buf_pos = 0;
    c->buf_len = 0;
    while (line_of(c, c->req.line, &line)) {
#ifdef CONFIG_ESP_HTTP_CLIENT_STRICT_HEADER_BUFFER
        if (line.len > (size_t)c->cfg.buffer_size_tx) {
            return ESP_ERR_HTTP_HEADER_TOO_LONG;
        }
#endif
        if (!copy(c, &line)) {
            return ESP_OK;
        }
        c->req.line++;
        c->req.line_offset = 0;
    }
    return ESP_OK;
}

/* --- steps --------------------------------------------------------------------------------------------- */

/** Send what is in the buffer. */
static esp_err_t flush(struct esp_http_client *c)
{
    while (c->buf_pos < c->buf_len) {
        size_t n;
        esp_err_t err =
            et_http_wire_write(c->wire, c->buf + c->buf_pos, c->buf_len - c->buf_pos, &n);

        if (err != ESP_OK) {
            return err;
        }
        c->buf_pos += (uint32_t)n;
    }
    return ESP_OK;
}

esp_err_t et_http_request_send_head(struct esp_http_client *c)
{
    esp_err_t err;

    for (;;) {
        err = flush(c);
        if (err == ESP_OK) {
            err = fill(c);
        }
        if (err != ESP_OK) {
            return err;
        }
        if (c->buf_len == 0) {
            return ESP_OK;
        }
    }
}

/** Send a chunk's line or end. */
esp_err_t et_http_request_flush_frame(struct esp_http_client *c)
{
    struct http_request *req = &c->req;

    while (req->frame_pos < req->frame_len) {
        size_t n;
        esp_err_t err = et_http_wire_write(c->wire, req->frame + req->frame_pos,
                                           (size_t)(req->frame_len - req->frame_pos), &n);

        if (err != ESP_OK) {
            return err;
        }
        req->frame_pos += (uint8_t)n;
    }
    req->frame_pos = 0;
    req->frame_len = 0;
    return ESP_OK;
}

static void frame(struct http_request *req, const char *text, size_t len)
{
    memcpy(req->frame + req->frame_len, text, len);
    req->frame_len += (uint8_t)len;
}

void et_http_request_begin_chunk(struct esp_http_client *c, int64_t len)
{
    char digits[21];
    size_t n = et_http_text_number(digits, (uint64_t)len, 16);

    frame(&c->req, digits, n);
    frame(&c->req, "\r\n", 2);
    c->req.chunk_left = len;
    c->req.in_chunk = true;
}

void et_http_request_end_chunk(struct esp_http_client *c)
{
    frame(&c->req, "\r\n", 2);
    c->req.in_chunk = false;
}

void et_http_request_end_body(struct esp_http_client *c)
{
    frame(&c->req, "0\r\n\r\n", 5);
    c->req.body_is_over = true;
}

/* --- the body that perform() sends ------------------------------------------------------------------------ */

/** Ask the source for the next bytes, behind where a chunk's line goes. */
static esp_err_t draw(struct esp_http_client *c)
{
    int64_t left = c->req.length - c->req.sent;
    int want = c->cfg.buffer_size_tx;
    int n;

    want = c->req.length >= 0 && left < want ? (int)left : want;
    n = want > 0 ? c->source(c->source_arg, c->buf, want, c->req.sent) : 0;
    if (n < 0 || n > want || (n == 0 && want > 0 && c->req.length >= 0)) {
        return ESP_ERR_HTTP_WRITE_DATA; /* less than it announced */
    }
    c->buf_pos = 0;
    c->buf_len = (uint32_t)n;
    c->req.sent += n;
    if (c->req.length < 0) {
        if (c->req.in_chunk) {
            et_http_request_end_chunk(c);
        }
        if (n > 0) {
            et_http_request_begin_chunk(c, n);
        } else {
            et_http_request_end_body(c);
        }
    }
    c->req.body_is_over = n == 0 || (c->req.length >= 0 && c->req.sent == c->req.length);
    return ESP_OK;
}

static esp_err_t send_source(struct esp_http_client *c, bool *is_out)
{
    esp_err_t err = et_http_request_flush_frame(c);

    if (err == ESP_OK) {
        err = flush(c);
    }
    *is_out = c->req.body_is_over;
    return err != ESP_OK || *is_out ? err : draw(c);
}

static esp_err_t send_post_data(struct esp_http_client *c, bool *is_out)
{
    int64_t left = c->req.length - c->req.sent;
    size_t n = 0;
    esp_err_t err = left > 0
                        ? et_http_wire_write(c->wire, c->post_data + c->req.sent, (size_t)left, &n)
                        : ESP_OK;

    c->req.sent += (int64_t)n;
    *is_out = c->req.sent >= c->req.length;
    return err;
}

esp_err_t et_http_request_send_body(struct esp_http_client *c, bool *is_out)
{
    *is_out = true;
    if (c->req.length == 0) {
        return ESP_OK;
    }
    return c->source != NULL ? send_source(c, is_out) : send_post_data(c, is_out);
}

/* --- life -------------------------------------------------------------------------------------------------- */

void et_http_request_clear(struct http_request *req)
{
    esp_http_auth_free_value(req->authorization);
    esp_http_auth_free_value(req->proxy_authorization);
    *req = (struct http_request){.method = HTTP_METHOD_GET};
}

static esp_err_t authorize(esp_http_client_handle_t c)
{
    struct http_request *req = &c->req;
    const char *method = methods[req->method];
    const char *user;
    const char *password;
    esp_err_t err = et_http_origin_authorize(c->origin, method, &req->authorization);

    if (err == ESP_OK &&
        et_http_wire_proxy_login(c->wire, et_http_origin_is_tls(c->origin), &user, &password)) {
        err = et_http_origin_authorize_proxy(c->origin, user, password, method,
                                             &req->proxy_authorization);
    }
    return err;
}

static esp_err_t make_request(esp_http_client_handle_t c, int64_t length)
{
    esp_err_t err;

    et_http_request_clear(&c->req);
    c->req.method = c->next_is_get ? HTTP_METHOD_GET : c->cfg.method;
    c->req.body_dropped = c->next_is_get;
    c->req.length = length < 0 ? -1 : length;
    c->buf_pos = 0;
    c->buf_len = 0;
    err = et_http_origin_need_host(c->origin);
    return err == ESP_OK ? authorize(c) : err;
}

esp_err_t et_http_request_begin(esp_http_client_handle_t c, int64_t length)
{
    esp_err_t err = make_request(c, length);

    c->next_is_get = false;
    et_http_response_clear(&c->answer);
    c->sink = NULL;
    esp_http_response_begin(c->parser, c->req.method == HTTP_METHOD_HEAD ? ESP_HTTP_REQUEST_HEAD
                                                                         : ESP_HTTP_REQUEST_OTHER);
    return err;
}

esp_err_t et_http_request_send_nowhere(esp_http_client_handle_t c, int64_t length)
{
    esp_err_t err = make_request(c, length);

    if (err == ESP_OK) {
        err = fill(c);
    }
    et_http_request_clear(&c->req);
    c->buf_len = 0;
    return err == ESP_OK ? ESP_ERR_HTTP_WRITE_DATA : err;
}
