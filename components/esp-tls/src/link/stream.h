/* A stream of the caller's (esp_tls_stream.h) as a link. */
#ifndef LINK_STREAM_H
#define LINK_STREAM_H

#include "esp_tls_stream.h"
#include "link.h"
#include "plat_heap.h"

struct link_stream {
    struct tls_link link;
    const esp_tls_stream_t *stream;
    void *ctx;
    struct plat_account *account;
    char *host; /* only while it connects */
    uint16_t port;
};

/** Begin: host and port are handed to the stream's connect. @param host  copied */
TLS_MUST_USE tls_status et_stream_dial(struct link_stream *s, const char *host, size_t len,
                                       uint16_t port);

/** Make the link of a stream. @return NULL: no memory */
struct link_stream *et_stream_new(const esp_tls_stream_t *stream, void *ctx, struct tls_error *err,
                                  struct plat_account *account);
void et_stream_free(struct link_stream *s);

#endif
