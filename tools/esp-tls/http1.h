/* HTTP/1.1, just enough to GET (RFC 9110, 9112): one request per connection, "Connection: close".
 * The answer's body comes with a length, in chunks, or until the server closes. Redirects are not
 * followed, nothing is compressed, nothing is sent but the request.
 *
 * The connection below is two functions; nothing here knows of TLS. */
#ifndef HTTP1_H
#define HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "esp_tls_url.h"

#define HTTP1_BUFFER 16384 /* also the longest header line */

enum http1_result {
    HTTP1_OK,
    HTTP1_CONNECTION, /* reading or writing failed */
    HTTP1_CLOSED,     /* the server closed before the answer was complete */
    HTTP1_MALFORMED,  /* what came is not HTTP, or not understood; see why */
    HTTP1_SINK        /* the function that takes the body refused */
};

struct http1 {
    void *wire;
    ssize_t (*read)(void *wire, void *data, size_t len);    /* > 0, 0 closed, -1 */
    int (*write)(void *wire, const void *data, size_t len); /* 1 all sent, -1 */
    bool (*sink)(void *arg, const void *data, size_t len);  /* takes the body; false: stop */
    void *sink_arg;

    /* the answer, as far as it is known */
    int status;
    char reason[64];
    char location[512]; /* of a redirect; "" if there is none, or it is too long */
    int64_t length;     /* of the body; -1: not announced */
    bool chunked;
    const char *why; /* what is wrong, for HTTP1_MALFORMED */

    size_t begin, end; /* bytes of buffer that are not used yet */
    char buffer[HTTP1_BUFFER];
};

/** Set up for one request; the five functions and pointers above are the caller's to set. */
void http1_init(struct http1 *http);

/** Send the request and read status line and headers. */
enum http1_result http1_get(struct http1 *http, const esp_tls_url_t *url, const char *agent);

/** Read the body into the sink. */
enum http1_result http1_body(struct http1 *http);

#endif
