/* The exchange: one request and its answer, as bytes. It writes the head of a request and frames
 * its body, has the parser of the answer, and the one buffer that serves both, as it is never used
 * for both at once. It reads and writes no connection: who uses it takes what is to go out and
 * brings what came. What it finds in an answer it says to one callback. It knows neither the handle
 * nor where the request goes. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_http_client_async.h"
#include "esp_http_response.h"
#include "headers.h"

struct http_exchange; /* exchange_room.h */

/** What is found in an answer. */
enum http_said {
    HTTP_SAID_STATUS,  /* et_http_exchange_status() */
    HTTP_SAID_HEADER,  /* name and text */
    HTTP_SAID_HEAD,    /* all headers came */
    HTTP_SAID_BODY,    /* text and len: a piece of it, that is to be seen */
    HTTP_SAID_TRAILER, /* name and text: a field behind the body, that is to be seen */
    HTTP_SAID_END      /* the answer is there; the result does not matter */
};

struct http_saying {
    enum http_said what;
    const char *name;
    const char *text;
    size_t len;
};

/** @return ESP_OK: go on; else the answer is not read further, and this is why */
typedef esp_err_t (*http_exchange_tell_t)(void *arg, const struct http_saying *said);

size_t et_http_exchange_size(void);
/** @param cfg  borrowed until the exchange is cleared @return ESP_OK; ESP_ERR_NO_MEM */
esp_err_t et_http_exchange_init(struct http_exchange *x, const esp_http_client_config_t *cfg,
                                http_exchange_tell_t tell, void *arg);
void et_http_exchange_clear(struct http_exchange *x);
/** Make the parser anew, with another limit of a header. @return ESP_OK; ESP_ERR_NO_MEM */
esp_err_t et_http_exchange_limit_headers(struct http_exchange *x, size_t bytes);
/** Forget the last request and its answer. */
void et_http_exchange_forget(struct http_exchange *x);

/* --- the request --- */

/** A new one. @param length  of the body; negative: chunked
 *  @param has_lost_body  a redirect turned it into GET: what speaks of a body is left out */
void et_http_exchange_begin(struct http_exchange *x, esp_http_client_method_t method,
                            int64_t length, bool has_lost_body);
/** @param value, proxy_value  of Authorization and Proxy-Authorization, taken; NULL: none */
void et_http_exchange_take_logins(struct http_exchange *x, char *value, char *proxy_value);
/** Be ready for its answer; the last one is forgotten. */
void et_http_exchange_expect(struct http_exchange *x);
/** The request is over before it was sent. */
void et_http_exchange_drop_request(struct http_exchange *x);

esp_http_client_method_t et_http_exchange_method(const struct http_exchange *x);
const char *et_http_exchange_method_name(const struct http_exchange *x);
/** May it be sent twice? */
bool et_http_exchange_is_idempotent(const struct http_exchange *x);
bool et_http_exchange_has_lost_body(const struct http_exchange *x);
/** Of the body; -1: chunked. */
int64_t et_http_exchange_length(const struct http_exchange *x);

/** Put as much of the head as fits into the empty buffer: nothing, when all of it is out.
 *  @param target   of the request's line @param headers  what the application set
 *  @return ESP_OK; ESP_ERR_HTTP_HEADER_TOO_LONG */
esp_err_t et_http_exchange_fill_head(struct http_exchange *x, const char *target,
                                     const struct http_header *headers);
/** What is to be sent next: framing of chunks, then the buffer. @return its length; 0: nothing */
size_t et_http_exchange_out(const struct http_exchange *x, const char **data);
/** So much of it was sent. */
void et_http_exchange_sent(struct http_exchange *x, size_t len);

/* --- the body that perform() sends --- */

void et_http_exchange_set_post(struct http_exchange *x, const char *data, int len);
/** @param data  receives what was set, if there is something @return its length */
int et_http_exchange_get_post(const struct http_exchange *x, char **data);
void et_http_exchange_set_source(struct http_exchange *x, esp_http_client_source_t source,
                                 int64_t size, void *arg);
bool et_http_exchange_has_source(const struct http_exchange *x);
/** How long the next request's body is. -1: chunked */
int64_t et_http_exchange_next_length(const struct http_exchange *x);
/** Ask the source for the next bytes, once nothing is to be sent any more.
 *  @return ESP_OK; ESP_ERR_HTTP_WRITE_DATA */
esp_err_t et_http_exchange_draw(struct http_exchange *x);
/** Is the last chunk framed, or the source exhausted? */
bool et_http_exchange_is_body_over(const struct http_exchange *x);
/** What of the post data is to be sent.
 *  @return ESP_OK; ESP_ERR_HTTP_WRITE_DATA  it has another length by now than was announced */
esp_err_t et_http_exchange_post_left(const struct http_exchange *x, const char **data,
                                     size_t *left);

/* --- the body that the application writes --- */

/** Was so much announced, and not sent? */
bool et_http_exchange_takes(const struct http_exchange *x, int len);
/** Ask how many of len bytes of body may be sent now.
 *  @return 0: a chunk was begun, and its line goes first */
size_t et_http_exchange_offer(struct http_exchange *x, size_t len);
/** So much of the post data, or of what was offered, was sent. */
void et_http_exchange_body_sent(struct http_exchange *x, size_t len);
/** May a chunk begin that the application frames? */
bool et_http_exchange_takes_chunk(const struct http_exchange *x);
void et_http_exchange_begin_chunk(struct http_exchange *x, int len);
/** End the chunk, and with is_last the body. @return false: it is not complete, or there is none */
bool et_http_exchange_end_chunk(struct http_exchange *x, bool is_last);
/** Nothing more of the body follows. @return false: a chunk is not complete */
bool et_http_exchange_end_body(struct http_exchange *x);
/** The answer is asked for: if not all of the body was sent, the connection serves no other
 *  request. */
void et_http_exchange_cut(struct http_exchange *x);
bool et_http_exchange_is_cut(const struct http_exchange *x);

/* --- the answer --- */

/** Are there bytes that came and were not looked at? */
bool et_http_exchange_has_input(const struct http_exchange *x);
/** Nothing in the buffer is wanted. */
void et_http_exchange_drop_input(struct http_exchange *x);
/** Where bytes of the answer are to be put, when there is no input. */
char *et_http_exchange_room(struct http_exchange *x, size_t *cap);
/** They came there. @return as et_http_exchange_parse() */
esp_err_t et_http_exchange_came(struct http_exchange *x, const char *room, size_t len);
/** Some of the body came elsewhere than in the room. Go through a piece of it.
 *  @param len  of all that came @return as et_http_exchange_parse() */
esp_err_t et_http_exchange_came_ahead(struct http_exchange *x, const char *data, size_t piece,
                                      size_t len);
/** Go through the input: to its end, or to that of the head.
 *  @return ESP_OK; what the callback said; or what is wrong with the answer */
esp_err_t et_http_exchange_parse(struct http_exchange *x);
/** Look at what came while the body is sent. The final answer cuts the request.
 *  @param len  at most buffer_size @return as et_http_exchange_parse() */
esp_err_t et_http_exchange_came_early(struct http_exchange *x, const char *data, size_t len);
/** The connection said no more. @param why  of et_http_wire_read(); ESP_ERR_HTTP_EAGAIN stays
 *  @return ESP_OK: that was the end of the body; a failure */
esp_err_t et_http_exchange_ended(struct http_exchange *x, esp_err_t why);

/** Where body bytes go, beside the callback. @param sink  NULL: nowhere */
void et_http_exchange_set_sink(struct http_exchange *x, char *sink, int cap);
/** Does the body go to the callback only? */
bool et_http_exchange_is_unsunk(const struct http_exchange *x);
/** @return bytes that came there */
int et_http_exchange_sunk(const struct http_exchange *x);

/** Another request follows: the rest of the answer is nobody's. */
void et_http_exchange_follow(struct http_exchange *x);
bool et_http_exchange_is_followed(const struct http_exchange *x);
/** Is that rest long, or does it take long, or is the connection lost with it anyway? */
bool et_http_exchange_is_tedious(struct http_exchange *x);
/** May the connection serve another request after this answer? */
bool et_http_exchange_keeps_alive(const struct http_exchange *x);
/** Did a byte of it come? */
bool et_http_exchange_has_begun(const struct http_exchange *x);
int et_http_exchange_status(const struct http_exchange *x); /* -1: none yet */
/** Bytes of body. */
int64_t et_http_exchange_received(const struct http_exchange *x);
/** Of Content-Range, the whole; -1: unknown. */
int64_t et_http_exchange_range(const struct http_exchange *x);
/** Of the first Location; NULL: none. */
const char *et_http_exchange_location(const struct http_exchange *x);
/** The headers that were kept. */
struct http_header *et_http_exchange_kept(const struct http_exchange *x);
/** What the parser knows of the answer. */
const esp_http_response_t *et_http_exchange_parser(const struct http_exchange *x);

#endif
