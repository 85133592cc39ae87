/* llhttp's callbacks, gathered into whole fields. It checks the syntax; what is bounded here is
 * what it leaves open: how long, how many, how often. It is lenient for some bytes only, because
 * its leniency is wider than that of RFC 9112: set_lenient(), take_line(). */
#include "esp_http_response.h"

#include <string.h>

#include "esp_http_field.h"
#include "field.h"
#include "llhttp.h"
#include "plat_heap.h"

/** A field's first room: most are shorter. */
#define FIELD_LEAST 128
/** Digits of a chunk's size, which has 64 bits. */
#define SIZE_DIGITS_MAX 16

/** Where in the line that begins a chunk we are: its extensions are not llhttp's, which knows
 *  neither quoted ones nor blanks (RFC 9112 section 7.1.1). */
enum chunk_line {
    LINE_NONE, /* not in such a line */
    LINE_SIZE,
    LINE_EXTENSION,
    LINE_QUOTED,  /* in the extension, within quotation marks */
    LINE_ESCAPED, /* there, behind a backslash */
    LINE_CR
};

struct esp_http_response {
    llhttp_t parser;
    llhttp_settings_t settings;
    const esp_http_response_handler_t *handler;
    void *arg;
    esp_http_request_kind_t kind;
    esp_http_response_result_t result; /* MORE while it may go on */
    const char *why;
    int64_t content_length;
    int64_t chunk_length;
    size_t head_bytes;
    unsigned fields;
    unsigned interim;
    unsigned extension_len;
    int status;
    bool is_status_told;
    bool has_head;
    bool is_chunked;
    bool keeps_alive;
    bool is_upgrade;
    bool has_begun;   /* a byte came */
    bool has_cr;      /* the last byte of a line of the head, or of the trailer, so far */
    bool is_trailing; /* the last chunk's line is over */
    uint8_t digits;   /* of the chunk's size, so far */
    uint8_t line;     /* enum chunk_line */
    size_t name_len;
    size_t value_len;
    size_t cap;
    size_t room; /* in field, the two NULs not counted */
    char
        *field; /* name, NUL, value, NUL; grows to the longest, at most cap; NULL: not needed now */
};

static esp_http_response_t *of(llhttp_t *parser)
{
    return parser->data;
}

static int end_with(esp_http_response_t *r, esp_http_response_result_t result)
{
    r->result = result;
    return HPE_USER;
}

static int malformed(esp_http_response_t *r, const char *why)
{
    r->why = why;
    return end_with(r, ESP_HTTP_RESPONSE_MALFORMED);
}

/** What the caller's callback said, for llhttp. */
static int go(esp_http_response_t *r, esp_http_response_go_t said)
{
    switch (said) {
    case ESP_HTTP_RESPONSE_GO:
        return 0;
    case ESP_HTTP_RESPONSE_PAUSE:
        r->result = ESP_HTTP_RESPONSE_PAUSED;
        return HPE_PAUSED;
    case ESP_HTTP_RESPONSE_STOP:
        break;
    }
    return end_with(r, ESP_HTTP_RESPONSE_STOPPED);
}

/** 1xx, of which 101 is final (RFC 9110 section 15.2). */
static bool is_interim(const esp_http_response_t *r)
{
    return r->status / 100 == 1 && r->status != 101;
}

/* --- the head --------------------------------------------------------------------------------- */

static int tell_status(esp_http_response_t *r)
{
    if (r->is_status_told) {
        return 0;
    }
    r->is_status_told = true;
    r->status = r->parser.status_code;
    if (r->parser.http_major != 1) { /* another version's messages look different */
        r->status = 0;
        return malformed(r, "not a response of HTTP/1");
    }
    if (r->status < 100 || r->status > 999) { /* RFC 9112 section 4: three digits */
        r->status = 0;
        return malformed(r, "the status has not three digits");
    }
    if (is_interim(r) || r->handler->on_status == NULL) {
        return 0;
    }
    return go(r, r->handler->on_status(r->arg, r->status));
}

/** Until the first field. Lines of the head and of the trailer may end in LF alone (RFC 9112
 *  section 2.2); those of chunks may not: what one recipient takes for the end of a line is data to
 *  another. Trailers may hold any field, because they frame nothing. */
static void set_lenient(llhttp_t *parser, bool has_fields, bool is_trailer)
{
    llhttp_set_lenient_optional_cr_before_lf(parser, has_fields);
    llhttp_set_lenient_chunked_length(parser, is_trailer);
    llhttp_set_lenient_headers(parser, 0);
}

/** It takes RTSP and ICE as well. */
static int on_protocol(llhttp_t *parser, const char *at, size_t len)
{
    return len > 0 && (at[0] == 'R' || at[0] == 'I')
               ? malformed(of(parser), "not a response of HTTP/1")
               : 0;
}

static int on_status_complete(llhttp_t *parser)
{
    return tell_status(of(parser));
}

/** Room for n bytes more. */
static int grow(esp_http_response_t *r, size_t n)
{
    size_t used = r->name_len + r->value_len;
    size_t room = r->room > 0 ? r->room : FIELD_LEAST;
    char *field;

    if (n > r->cap - used) {
        return end_with(r, ESP_HTTP_RESPONSE_HEADER_TOO_LONG);
    }
    if (r->field != NULL && n <= r->room - used) {
        return 0;
    }
    while (room < used + n) {
        room *= 2;
    }
    room = room < r->cap ? room : r->cap;
    field = plat_alloc(NULL, PLAT_MEM_APPLICATION, room + 2);
    if (field == NULL) {
        return end_with(r, ESP_HTTP_RESPONSE_NO_MEM);
    }
    if (r->field != NULL) {
        memcpy(field, r->field, used + 2);
    }
    plat_free_secret(r->field); /* wiped, because it may hold cookies */
    r->field = field;
    r->room = room;
    return 0;
}

static void release_field(esp_http_response_t *r)
{
    plat_free_secret(r->field);
    r->field = NULL;
    r->room = 0;
}

/** Append to name or value. */
static int gather(esp_http_response_t *r, size_t *len, size_t at, const char *from, size_t n)
{
    int failed = grow(r, n);

    if (failed != 0) {
        return failed;
    }
    memcpy(r->field + at + *len, from, n);
    *len += n;
    return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    esp_http_response_t *r = of(parser);
    int told = tell_status(r);

    if (told == 0 && memchr(at, ' ', len) != NULL) { /* as llhttp says where it is not lenient */
        told = malformed(r, "Invalid header token");
    }
    llhttp_set_lenient_headers(parser, 1); /* its value may be folded (RFC 9112 section 5.2) */
    return told != 0 ? told : gather(r, &r->name_len, 0, at, len);
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    esp_http_response_t *r = of(parser);

    return gather(r, &r->value_len, r->name_len + 1, at, len);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static int on_value_complete(llhttp_t *parser)
{
    esp_http_response_t *r = of(parser);
    const esp_http_response_handler_t *h = r->handler;
    char *value = r->field + r->name_len + 1; /* there is a name: field is not NULL */
    size_t len = r->value_len;
    bool may_be;

    while (len > 0 && is_space(value[len - 1])) {
        len--;
    }
    value[len] = '\0';
    r->field[r->name_len] = '\0';
    may_be = et_field_is_token(r->field, r->name_len) && et_field_is_value(value, len);
    r->name_len = 0;
    r->value_len = 0;
    if (++r->fields > ESP_HTTP_RESPONSE_FIELDS_MAX) {
        return malformed(r, "too many header fields");
    }
    if (!may_be) {
        return malformed(r, "a header field has a character that may not be in it");
    }
    /* RFC 9112 section 6.1: nobody asked for another one, and nobody could read it */
    if (!r->has_head && esp_http_name_equals(r->field, "Transfer-Encoding") &&
        !esp_http_name_equals(value, "chunked")) {
        return malformed(r, "a transfer coding other than chunked");
    }
    if (is_interim(r)) {
        return 0;
    }
    if (r->has_head) {
        return h->on_trailer != NULL ? go(r, h->on_trailer(r->arg, r->field, value)) : 0;
    }
    return h->on_header != NULL ? go(r, h->on_header(r->arg, r->field, value)) : 0;
}

/** RFC 9112 section 6.3. @return for llhttp: 0 there may be a body, 1 there is none, 2 what follows
 *  is no HTTP */
static int body_kind(const esp_http_response_t *r)
{
    if (r->status == 101 || (r->kind == ESP_HTTP_REQUEST_CONNECT && r->status / 100 == 2)) {
        return 2;
    }
    return r->kind == ESP_HTTP_REQUEST_HEAD || r->status == 204 || r->status == 304;
}

/** A chunk's line comes next: llhttp stops, so that take_line() has it. */
static int begin_chunk(esp_http_response_t *r)
{
    r->line = LINE_SIZE;
    r->digits = 0;
    return HPE_PAUSED;
}

static int on_headers_complete(llhttp_t *parser)
{
    esp_http_response_t *r = of(parser);
    int told = tell_status(r);

    if (told != 0) {
        return told;
    }
    if (is_interim(r)) {
        return 1; /* no body, whatever the fields say (RFC 9112 section 6.3) */
    }
    if ((parser->flags & (F_TRANSFER_ENCODING | F_CHUNKED)) == F_TRANSFER_ENCODING) {
        return malformed(r, "a transfer coding other than chunked"); /* chunked in a folded value */
    }
    release_field(r);
    set_lenient(parser, false, false);
    r->has_head = true;
    r->fields = 0;
    r->is_chunked = (parser->flags & F_CHUNKED) != 0;
    if (body_kind(r) == 1) {
        /* the answer to HEAD has no body, so a missing length does not close the connection */
        parser->flags |= F_SKIPBODY;
    }
    r->keeps_alive = llhttp_should_keep_alive(parser) != 0;
    if ((parser->flags & F_CONTENT_LENGTH) != 0 && !r->is_chunked) {
        if (parser->content_length > INT64_MAX) {
            return malformed(r, "Content-Length is too large");
        }
        r->content_length = (int64_t)parser->content_length;
    }
    if (r->handler->on_headers_complete != NULL) {
        esp_http_response_go_t said = r->handler->on_headers_complete(r->arg);

        /* llhttp gives 1 and 2 another meaning in this callback */
        if (said == ESP_HTTP_RESPONSE_STOP) {
            (void)end_with(r, ESP_HTTP_RESPONSE_STOPPED);
            return -1;
        }
        if (said == ESP_HTTP_RESPONSE_PAUSE && body_kind(r) == 0 && r->content_length != 0) {
            r->result = ESP_HTTP_RESPONSE_PAUSED;
            return r->is_chunked ? begin_chunk(r) : HPE_PAUSED;
        }
    }
    r->is_upgrade = body_kind(r) == 2;
    if (body_kind(r) == 0 && r->is_chunked) {
        return begin_chunk(r);
    }
    return body_kind(r);
}

/* --- the body --------------------------------------------------------------------------------- */

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    esp_http_response_t *r = of(parser);

    if (len == 0 || r->handler->on_body == NULL) {
        return 0;
    }
    return go(r, r->handler->on_body(r->arg, at, len));
}

static int on_chunk_header(llhttp_t *parser)
{
    esp_http_response_t *r = of(parser);

    if (parser->content_length > INT64_MAX) {
        return malformed(r, "a chunk is too large");
    }
    r->chunk_length = (int64_t)parser->content_length;
    if (r->chunk_length > 0) {
        return 0;
    }
    set_lenient(parser, true, true);
    r->is_trailing = true;
    return HPE_PAUSED; /* so that take_line() has what follows */
}

static int on_chunk_complete(llhttp_t *parser)
{
    return (parser->flags & F_TRAILING) != 0 ? 0 : begin_chunk(of(parser));
}

static int on_message_complete(llhttp_t *parser)
{
    esp_http_response_t *r = of(parser);

    if (is_interim(r)) {
        set_lenient(parser, true, false);
        r->is_status_told = false;
        r->status = 0;
        r->fields = 0;
        return ++r->interim > ESP_HTTP_RESPONSE_INTERIM_MAX
                   ? malformed(r, "too many interim responses")
                   : 0;
    }
    if (r->is_upgrade) {
        return 0; /* llhttp stops by itself */
    }
    r->result = ESP_HTTP_RESPONSE_COMPLETE;
    return HPE_PAUSED; /* what follows is the next message's */
}

/* --- the calls -------------------------------------------------------------------------------- */

esp_http_response_t *esp_http_response_new(size_t header_cap,
                                           const esp_http_response_handler_t *handler, void *arg)
{
    static const esp_http_response_handler_t none;
    esp_http_response_t *r;

    if (header_cap > UINT16_MAX) {
        header_cap = UINT16_MAX;
    }
    r = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*r));
    if (r == NULL) {
        return NULL;
    }
    r->handler = handler != NULL ? handler : &none;
    r->arg = arg;
    r->cap = header_cap;
    llhttp_settings_init(&r->settings);
    r->settings.on_protocol = on_protocol;
    r->settings.on_status_complete = on_status_complete;
    r->settings.on_header_field = on_field;
    r->settings.on_header_value = on_value;
    r->settings.on_header_value_complete = on_value_complete;
    r->settings.on_headers_complete = on_headers_complete;
    r->settings.on_body = on_body;
    r->settings.on_chunk_header = on_chunk_header;
    r->settings.on_chunk_complete = on_chunk_complete;
    r->settings.on_message_complete = on_message_complete;
    esp_http_response_begin(r, ESP_HTTP_REQUEST_OTHER);
    return r;
}

void esp_http_response_free(esp_http_response_t *r)
{
    if (r != NULL) {
        release_field(r);
    }
    plat_free(r);
}

void esp_http_response_begin(esp_http_response_t *r, esp_http_request_kind_t kind)
{
    llhttp_init(&r->parser, HTTP_RESPONSE, &r->settings);
    set_lenient(&r->parser, true, false);
    llhttp_set_lenient_keep_alive(&r->parser, 1); /* an interim one in HTTP/1.0 is not the last */
    r->parser.data = r;
    release_field(r);
    r->kind = kind;
    r->result = ESP_HTTP_RESPONSE_MORE;
    r->why = NULL;
    r->content_length = -1;
    r->chunk_length = 0;
    r->head_bytes = 0;
    r->fields = 0;
    r->interim = 0;
    r->status = 0;
    r->is_status_told = false;
    r->has_head = false;
    r->is_chunked = false;
    r->keeps_alive = false;
    r->is_upgrade = false;
    r->has_begun = false;
    r->has_cr = false;
    r->is_trailing = false;
    r->line = LINE_NONE;
    r->name_len = 0;
    r->value_len = 0;
}

/** What llhttp stopped with. */
static esp_http_response_result_t result_of(esp_http_response_t *r, llhttp_errno_t err)
{
    switch (err) {
    case HPE_OK:
        return ESP_HTTP_RESPONSE_MORE;
    case HPE_PAUSED:
        return r->result; /* PAUSED or COMPLETE, by the callback */
    case HPE_PAUSED_UPGRADE:
        return ESP_HTTP_RESPONSE_UPGRADE;
    default:
        break;
    }
    if (r->result == ESP_HTTP_RESPONSE_MORE) {
        (void)malformed(r, llhttp_get_error_reason(&r->parser));
    }
    return r->result;
}

/** Let llhttp have it. @return bytes used */
static size_t execute(esp_http_response_t *r, const char *data, size_t len)
{
    llhttp_errno_t err;
    const char *stopped;

    if (llhttp_get_errno(&r->parser) == HPE_PAUSED) {
        llhttp_resume(&r->parser);
    }
    err = llhttp_execute(&r->parser, data, len);
    stopped = llhttp_get_error_pos(&r->parser);
    r->result = result_of(r, err);
    return err == HPE_OK || stopped == NULL ? len : (size_t)(stopped - data);
}

/** A line of the head or of the trailer, or what there is of it. Where llhttp lets a value be
 *  folded, it would also take a CR alone for the end of an empty one. */
static size_t take_line(esp_http_response_t *r, const char *data, size_t len)
{
    const char *lf = memchr(data, '\n', len);
    size_t n = lf != NULL ? (size_t)(lf - data) + 1 : len;
    const char *cr = memchr(data, '\r', n);
    bool is_alone = cr != NULL && cr + 1 < data + n && cr[1] != '\n';

    if (is_alone || (r->has_cr && data[0] != '\n')) {
        (void)malformed(r, "a CR without LF");
        return 0;
    }
    r->has_cr = data[n - 1] == '\r';
    return execute(r, data, n);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/** The digits; then an extension is ours, and the rest of the line llhttp's. */
static size_t take_size(esp_http_response_t *r, const char *data, size_t len)
{
    size_t n = 0;

    while (n < len && is_hex(data[n])) {
        n++;
    }
    if (n > SIZE_DIGITS_MAX - (size_t)r->digits) {
        (void)malformed(r, "a chunk's size has too many digits");
        return 0;
    }
    if (n > 0) {
        r->digits = (uint8_t)(r->digits + n);
        return execute(r, data, n);
    }
    if (r->digits > 0 && (data[0] == ';' || is_space(data[0]))) {
        r->line = LINE_EXTENSION;
        r->extension_len = 0;
        return 0;
    }
    r->line = LINE_NONE;
    return execute(r, data, len);
}

/** One character of an extension. @return what comes next */
static enum chunk_line after(enum chunk_line line, char c)
{
    switch (line) {
    case LINE_QUOTED:
        return c == '"' ? LINE_EXTENSION : c == '\\' ? LINE_ESCAPED : LINE_QUOTED;
    case LINE_ESCAPED:
        return LINE_QUOTED;
    default:
        return c == '"' ? LINE_QUOTED : c == '\r' ? LINE_CR : LINE_EXTENSION;
    }
}

/** Extensions mean nothing to us; they have to be text, and to end. */
static size_t take_extension(esp_http_response_t *r, const char *data, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        bool may_end = r->line == LINE_EXTENSION && c == '\r';

        if (r->line == LINE_CR && c != '\n') {
            (void)malformed(r, "a line within the chunks does not end in CRLF");
            return i;
        }
        if (r->line == LINE_CR) {
            r->line = LINE_NONE;
            (void)execute(r, "\r\n", 2);
            return i + 1;
        }
        if (((c < ' ' && c != '\t') || c == 0x7F) && !may_end) {
            (void)malformed(r, "a chunk's extension has a character that may not be in it");
            return i;
        }
        if (!may_end && ++r->extension_len > ESP_HTTP_RESPONSE_EXTENSION_MAX) {
            (void)end_with(r, ESP_HTTP_RESPONSE_HEADER_TOO_LONG);
            return i;
        }
        r->line = (uint8_t)after((enum chunk_line)r->line, (char)c);
    }
    return i;
}

static size_t take_piece(esp_http_response_t *r, const char *data, size_t len)
{
    switch (r->line) {
    case LINE_NONE:
        return r->has_head && !r->is_trailing ? execute(r, data, len) : take_line(r, data, len);
    case LINE_SIZE:
        return take_size(r, data, len);
    default:
        return take_extension(r, data, len);
    }
}

esp_http_response_result_t esp_http_response_feed(esp_http_response_t *r, const char *data,
                                                  size_t len, size_t *used)
{
    *used = 0;
    if (r->result == ESP_HTTP_RESPONSE_PAUSED) {
        r->result = ESP_HTTP_RESPONSE_MORE;
    }
    while (r->result == ESP_HTTP_RESPONSE_MORE && *used < len) {
        r->has_begun = true;
        *used += take_piece(r, data + *used, len - *used);
    }
    if (!r->has_head) {
        r->head_bytes += *used;
        if (r->result == ESP_HTTP_RESPONSE_MORE && r->head_bytes > ESP_HTTP_RESPONSE_HEAD_MAX) {
            r->result = ESP_HTTP_RESPONSE_HEADER_TOO_LONG;
        }
    }
    return r->result;
}

esp_http_response_result_t esp_http_response_finish(esp_http_response_t *r)
{
    if (r->result != ESP_HTTP_RESPONSE_MORE && r->result != ESP_HTTP_RESPONSE_PAUSED) {
        return r->result;
    }
    if (!r->has_begun) {
        r->result = ESP_HTTP_RESPONSE_EMPTY;
    } else if (r->has_head && llhttp_message_needs_eof(&r->parser)) { /* RFC 9112 section 6.3 */
        r->result = ESP_HTTP_RESPONSE_COMPLETE;
    } else {
        r->result = ESP_HTTP_RESPONSE_TRUNCATED;
    }
    return r->result;
}

int esp_http_response_status(const esp_http_response_t *r)
{
    return is_interim(r) ? 0 : r->status;
}

int64_t esp_http_response_content_length(const esp_http_response_t *r)
{
    return r->content_length;
}

bool esp_http_response_is_chunked(const esp_http_response_t *r)
{
    return r->is_chunked;
}

int64_t esp_http_response_chunk_length(const esp_http_response_t *r)
{
    return r->chunk_length;
}

bool esp_http_response_keeps_alive(const esp_http_response_t *r)
{
    return r->keeps_alive;
}

bool esp_http_response_has_head(const esp_http_response_t *r)
{
    return r->has_head;
}

bool esp_http_response_is_complete(const esp_http_response_t *r)
{
    return r->result == ESP_HTTP_RESPONSE_COMPLETE || r->result == ESP_HTTP_RESPONSE_UPGRADE;
}

const char *esp_http_response_why(const esp_http_response_t *r)
{
    return r->why;
}
