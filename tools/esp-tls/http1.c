#include "http1.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINES_MAX 256 /* header lines, interim answers and trailers included */

void http1_init(struct http1 *http)
{
    memset(http, 0, sizeof(*http));
    http->length = -1;
}

static enum http1_result malformed(struct http1 *http, const char *why)
{
    http->why = why;
    return HTTP1_MALFORMED;
}

/* --- bytes and lines -----------------------------------------------------------------------------
 */

/** Read more into the buffer. HTTP1_CLOSED when the server has closed. */
static enum http1_result fill(struct http1 *http)
{
    ssize_t n;

    if (http->begin > 0) {
        memmove(http->buffer, http->buffer + http->begin, http->end - http->begin);
        http->end -= http->begin;
        http->begin = 0;
    }
    if (http->end == sizeof(http->buffer)) {
        return malformed(http, "a line is longer than 16 KB");
    }
    n = http->read(http->wire, http->buffer + http->end, sizeof(http->buffer) - http->end);
    if (n <= 0) {
        return n == 0 ? HTTP1_CLOSED : HTTP1_CONNECTION;
    }
    http->end += (size_t)n;
    return HTTP1_OK;
}

/** One line, its end replaced by a NUL; valid until the next call. */
static enum http1_result read_line(struct http1 *http, char **line)
{
    size_t scanned = 0;
    char *newline;

    while ((newline = memchr(http->buffer + http->begin + scanned, '\n',
                             http->end - http->begin - scanned)) == NULL) {
        enum http1_result result;

        scanned = http->end - http->begin;
        result = fill(http);
        if (result != HTTP1_OK) {
            return result;
        }
    }
    *line = http->buffer + http->begin;
    http->begin = (size_t)(newline - http->buffer) + 1;
    *newline = '\0';
    if (newline > *line && newline[-1] == '\r') {
        newline[-1] = '\0';
    }
    return strlen(*line) + 1 >= (size_t)(newline - *line)
               ? HTTP1_OK
               : malformed(http, "a header line has a NUL in it");
}

/* --- the request
 * ------------------------------------------------------------------------------------ */

struct request {
    size_t len;
    bool full;
    char text[8192];
};

__attribute__((format(printf, 2, 3))) static void add(struct request *r, const char *format, ...)
{
    size_t room = sizeof(r->text) - r->len;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(r->text + r->len, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) {
        r->full = true;
        return;
    }
    r->len += (size_t)n;
}

static void add_part(struct request *r, esp_tls_url_part_t part)
{
    add(r, "%.*s", (int)part.len, part.ptr);
}

static void build_request(struct request *r, const esp_tls_url_t *url, const char *agent)
{
    r->len = 0;
    r->full = false;
    add(r, "GET ");
    if (url->path.len > 0) {
        add_part(r, url->path);
    } else {
        add(r, "/");
    }
    if (url->query.ptr != NULL) {
        add(r, "?");
        add_part(r, url->query);
    }
    add(r, " HTTP/1.1\r\nHost: %s", url->host_is_ipv6 ? "[" : "");
    add_part(r, url->host);
    add(r, "%s", url->host_is_ipv6 ? "]" : "");
    if (url->port != 0) {
        add(r, ":%u", url->port);
    }
    add(r, "\r\nUser-Agent: %s\r\nAccept: */*\r\nConnection: close\r\n\r\n", agent);
}

/* --- the answer's head
 * -------------------------------------------------------------------------------- */

/** Copy text that will be shown: a server's bytes must not steer a terminal. */
static void copy_printable(char *to, size_t cap, const char *from)
{
    size_t i = 0;

    for (; i < cap - 1 && from[i] != '\0'; i++) {
        to[i] = from[i] >= 0x20 && from[i] < 0x7F ? from[i] : '?';
    }
    to[i] = '\0';
}

/** RFC 9112 section 4: "HTTP/1.1 200 OK". */
static enum http1_result parse_status(struct http1 *http, const char *line)
{
    const char *code = line + 9;

    if (strncmp(line, "HTTP/1.", 7) != 0 || strlen(line) < 12 || line[8] != ' ' ||
        strspn(code, "0123456789") != 3 || (code[3] != ' ' && code[3] != '\0')) {
        return malformed(http, "it does not begin with an HTTP/1.x status line");
    }
    http->status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
    copy_printable(http->reason, sizeof(http->reason), code[3] == ' ' ? code + 4 : "");
    return HTTP1_OK;
}

/** RFC 9110 section 8.6: digits only, and the same number each time. */
static enum http1_result parse_length(struct http1 *http, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    long long length = strtoll(value, NULL, 10);

    if (digits == 0 || digits > 18 || value[digits] != '\0' ||
        (http->length >= 0 && http->length != length)) {
        return malformed(http, "its Content-Length is not a number, or there are two");
    }
    http->length = length;
    return HTTP1_OK;
}

static enum http1_result parse_header(struct http1 *http, char *line)
{
    size_t name_len = strcspn(line, ":");
    char *value = line + name_len + 1;
    size_t len;

    if (line[name_len] == '\0' || name_len == 0) {
        return malformed(http, "a header line has no name");
    }
    line[name_len] = '\0';
    value += strspn(value, " \t");
    len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t')) {
        value[--len] = '\0';
    }
    if (strcasecmp(line, "Content-Length") == 0) {
        return parse_length(http, value);
    }
    if (strcasecmp(line, "Transfer-Encoding") == 0) {
        http->chunked = strcasecmp(value, "chunked") == 0;
        return http->chunked ? HTTP1_OK : malformed(http, "its Transfer-Encoding is not chunked");
    }
    if (strcasecmp(line, "Location") == 0 && len < sizeof(http->location)) {
        copy_printable(http->location, sizeof(http->location), value);
    }
    return HTTP1_OK;
}

/** Lines up to the empty one. Folded lines continue one that we do not use: passed over. */
static enum http1_result read_fields(struct http1 *http, bool are_headers)
{
    for (int i = 0; i < LINES_MAX; i++) {
        char *line;
        enum http1_result result = read_line(http, &line);

        if (result != HTTP1_OK || *line == '\0') {
            return result;
        }
        if (are_headers && *line != ' ' && *line != '\t') {
            result = parse_header(http, line);
        }
        if (result != HTTP1_OK) {
            return result;
        }
    }
    return malformed(http, "it has too many header lines");
}

static enum http1_result read_head(struct http1 *http)
{
    char *line;
    enum http1_result result = read_line(http, &line);

    if (result == HTTP1_OK) {
        http->length = -1;
        http->chunked = false;
        result = parse_status(http, line);
    }
    return result == HTTP1_OK ? read_fields(http, true) : result;
}

enum http1_result http1_get(struct http1 *http, const esp_tls_url_t *url, const char *agent)
{
    struct request request;
    enum http1_result result;
    int interim = 0;

    build_request(&request, url, agent);
    if (request.full) {
        return malformed(http, "its URL is too long for a request");
    }
    if (http->write(http->wire, request.text, request.len) != 1) {
        return HTTP1_CONNECTION;
    }
    do {
        result = read_head(http);
    } while (result == HTTP1_OK && http->status < 200 && ++interim < 10);
    if (result == HTTP1_OK && http->status < 200) {
        return malformed(http, "it has interim answers only");
    }
    if (http->status == 204 || http->status == 304) { /* RFC 9112 section 6.3 */
        http->length = 0;
        http->chunked = false;
    } else if (http->chunked) {
        http->length = -1;
    }
    return result;
}

/* --- the answer's body
 * ------------------------------------------------------------------------------------ */

/** Hand over up to `most` bytes, reading if there are none. *done: how many. */
static enum http1_result pass_some(struct http1 *http, uint64_t most, size_t *done)
{
    size_t have;

    if (http->begin == http->end) {
        enum http1_result result = fill(http);

        if (result != HTTP1_OK) {
            return result;
        }
    }
    have = http->end - http->begin;
    *done = have < most ? have : (size_t)most;
    if (!http->sink(http->sink_arg, http->buffer + http->begin, *done)) {
        return HTTP1_SINK;
    }
    http->begin += *done;
    return HTTP1_OK;
}

static enum http1_result pass_bytes(struct http1 *http, uint64_t count)
{
    while (count > 0) {
        size_t done;
        enum http1_result result = pass_some(http, count, &done);

        if (result != HTTP1_OK) {
            return result;
        }
        count -= done;
    }
    return HTTP1_OK;
}

/** RFC 9112 section 7.1: size in hexadecimal, perhaps extensions. */
static enum http1_result read_chunk_size(struct http1 *http, uint64_t *size)
{
    char *line;
    size_t digits;
    enum http1_result result = read_line(http, &line);

    if (result != HTTP1_OK) {
        return result;
    }
    digits = strspn(line, "0123456789abcdefABCDEF");
    if (digits == 0 || digits > 15 || strchr("; \t", line[digits]) == NULL) {
        return malformed(http, "a chunk of its body has no valid size");
    }
    *size = strtoull(line, NULL, 16);
    return HTTP1_OK;
}

static enum http1_result pass_chunks(struct http1 *http)
{
    for (;;) {
        uint64_t size;
        char *line;
        enum http1_result result = read_chunk_size(http, &size);

        if (result == HTTP1_OK && size == 0) {
            return read_fields(http, false);
        }
        if (result == HTTP1_OK) {
            result = pass_bytes(http, size);
        }
        if (result == HTTP1_OK) {
            result = read_line(http, &line);
        }
        if (result == HTTP1_OK && *line != '\0') {
            result = malformed(http, "a chunk of its body is longer than its size says");
        }
        if (result != HTTP1_OK) {
            return result;
        }
    }
}

enum http1_result http1_body(struct http1 *http)
{
    enum http1_result result;

    if (http->chunked) {
        return pass_chunks(http);
    }
    if (http->length >= 0) {
        return pass_bytes(http, (uint64_t)http->length);
    }
    result = pass_bytes(http, UINT64_MAX);
    return result == HTTP1_CLOSED ? HTTP1_OK : result; /* the close is the end */
}
