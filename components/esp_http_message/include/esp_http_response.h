/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_http_response.h: reading HTTP/1.x responses (RFC 9110, RFC 9112)
 *
 * A parser that is fed with what comes from the connection, in pieces of any size, and calls back
 * with what it finds. It never waits. Beside itself it holds one block while it reads a head, which
 * grows with the longest field up to the capacity that it was made with. Bodies are handed out
 * where they lie in the fed bytes.
 *
 *     r = esp_http_response_new(512, &handler, arg);
 *     esp_http_response_begin(r, ESP_HTTP_REQUEST_OTHER);
 *     while ((n = read(...)) > 0) {
 *         result = esp_http_response_feed(r, buf, n, &used);   // MORE: read on
 *     }
 *     if (n == 0) result = esp_http_response_finish(r);
 *
 * The syntax is checked by llhttp, strictly: nothing that RFC 9112 forbids is repaired. What it
 * allows to take is taken: lines of the head and of the trailer that end in LF alone (section 2.2),
 * and values that are folded, whose line ends become part of the white space (section 5.2). The
 * lines of chunks end in CRLF, and a size has 16 digits at most. Extensions of chunks are passed
 * over whatever they say. One thread at a time per parser. */
#ifndef ESP_HTTP_RESPONSE_H
#define ESP_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most header fields of one response, and of its trailer. More: MALFORMED. */
#define ESP_HTTP_RESPONSE_FIELDS_MAX 256
/** Most bytes of a response before its body. More: HEADER_TOO_LONG. */
#define ESP_HTTP_RESPONSE_HEAD_MAX 65536
/** Most bytes of the extensions of one chunk. More: HEADER_TOO_LONG. */
#define ESP_HTTP_RESPONSE_EXTENSION_MAX 8192
/** Most interim responses (status 1xx) before the final one. More: MALFORMED. */
#define ESP_HTTP_RESPONSE_INTERIM_MAX 16

/** What feeding came to. */
typedef enum esp_http_response_result {
    ESP_HTTP_RESPONSE_MORE = 0,        /**< everything was used; the message goes on */
    ESP_HTTP_RESPONSE_PAUSED,          /**< a callback returned ESP_HTTP_RESPONSE_PAUSE */
    ESP_HTTP_RESPONSE_COMPLETE,        /**< the message is over; what was not used follows it */
    ESP_HTTP_RESPONSE_UPGRADE,         /**< the head is over, and what was not used is no HTTP: 101,
                                            or success of a CONNECT */
    ESP_HTTP_RESPONSE_MALFORMED,       /**< no HTTP response; see esp_http_response_why() */
    ESP_HTTP_RESPONSE_HEADER_TOO_LONG, /**< a field, or the head, is longer than allowed */
    ESP_HTTP_RESPONSE_STOPPED,         /**< a callback returned ESP_HTTP_RESPONSE_STOP */
    ESP_HTTP_RESPONSE_TRUNCATED,       /**< finish: the connection ended within the message */
    ESP_HTTP_RESPONSE_EMPTY,           /**< finish: the connection ended before the first byte */
    ESP_HTTP_RESPONSE_NO_MEM           /**< no memory for a field */
} esp_http_response_result_t;

/** What a callback returns. */
typedef enum esp_http_response_go {
    ESP_HTTP_RESPONSE_GO = 0, /**< go on */
    ESP_HTTP_RESPONSE_PAUSE,  /**< return from feed; the next one goes on behind this place */
    ESP_HTTP_RESPONSE_STOP    /**< the message is not wanted any more */
} esp_http_response_go_t;

/** Callbacks; each may be NULL. arg is that of esp_http_response_new(). Texts end in NUL and are
 *  valid during the call. */
typedef struct esp_http_response_handler {
    /** Status line. Interim responses are passed over; 101 is not one of them. */
    esp_http_response_go_t (*on_status)(void *arg, int status);
    /** One field: name as it came, value without white space around it. Once per field, whole,
     *  however it was split. */
    esp_http_response_go_t (*on_header)(void *arg, const char *name, const char *value);
    esp_http_response_go_t (*on_headers_complete)(void *arg);
    /** A piece of the body, chunks taken out of their framing. Within the fed bytes. */
    esp_http_response_go_t (*on_body)(void *arg, const char *data, size_t len);
    /** One field of the trailer (RFC 9112 section 7.1.2). */
    esp_http_response_go_t (*on_trailer)(void *arg, const char *name, const char *value);
} esp_http_response_handler_t;

/** What was asked decides whether there is a body (RFC 9112 section 6.3). */
typedef enum esp_http_request_kind {
    ESP_HTTP_REQUEST_OTHER = 0,
    ESP_HTTP_REQUEST_HEAD,
    ESP_HTTP_REQUEST_CONNECT
} esp_http_request_kind_t;

typedef struct esp_http_response esp_http_response_t;

/** Make a parser.
 *  @param header_cap  bytes that a field's name and value may have together, without NULs
 *  @param handler     borrowed until it is freed
 *  @return NULL: no memory. Memory: about 300 bytes; in a head 130 to header_cap + 2 more. */
esp_http_response_t *esp_http_response_new(size_t header_cap,
                                           const esp_http_response_handler_t *handler, void *arg);
/** NULL is legal. */
void esp_http_response_free(esp_http_response_t *r);

/** Be ready for a new message. */
void esp_http_response_begin(esp_http_response_t *r, esp_http_request_kind_t kind);

/** Go on with these bytes. After COMPLETE, UPGRADE or a failure: begin first.
 *  @param used  receives how many of them belong to the message so far */
esp_http_response_result_t esp_http_response_feed(esp_http_response_t *r, const char *data,
                                                  size_t len, size_t *used);

/** The connection has ended. @return COMPLETE: the body was delimited by it, or was whole;
 *  TRUNCATED; EMPTY; or the failure that there was */
esp_http_response_result_t esp_http_response_finish(esp_http_response_t *r);

int esp_http_response_status(const esp_http_response_t *r);             /**< 0: not known yet */
int64_t esp_http_response_content_length(const esp_http_response_t *r); /**< -1: none, or chunked */
bool esp_http_response_is_chunked(const esp_http_response_t *r);
/** Bytes of the chunk that came last; 0 before the first and after the last. */
int64_t esp_http_response_chunk_length(const esp_http_response_t *r);
/** May the connection be used again after this message (RFC 9112 section 9.3)? */
bool esp_http_response_keeps_alive(const esp_http_response_t *r);
bool esp_http_response_has_head(const esp_http_response_t *r); /**< all header fields came */
bool esp_http_response_is_complete(const esp_http_response_t *r);
/** What is wrong with a MALFORMED one: static text, or NULL. */
const char *esp_http_response_why(const esp_http_response_t *r);

#ifdef __cplusplus
}
#endif

#endif /* ESP_HTTP_RESPONSE_H */
