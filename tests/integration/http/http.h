/* http-client: drives the public API of esp_http_client by lines on standard input.
 *
 *     KEY VALUE   a setting; %XX in the value is a byte. options.c lists the keys
 *     new         the settings of the configuration count for another client
 *     go          one exchange; one line of JSON goes to standard output
 *
 * A client is kept from one exchange to the next, and its connection with it, until `new`. The log
 * of the library goes to standard error. The exit code is 0 when all lines were understood. */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../client/client.h" /* json_...() */
#include "esp_http_client_async.h"
#include "esp_transport_async.h"

#define HTTP_BODY_SHOWN 1048576 /* of a body without `out` */
#define HTTP_EVENTS     4096

enum http_mode {
    HTTP_MODE_PERFORM,
    HTTP_MODE_STREAM, /* open, write, fetch_headers, read */
    HTTP_MODE_HAND    /* the same, chunks framed with chunk_write_begin() and _end() */
};

/** TLS to the target through TLS to an HTTP proxy: a stack of transports that the client is
 *  given. */
struct http_stack {
    esp_transport_handle_t outer; /* TLS to the proxy */
    esp_transport_handle_t tunnel;
    esp_transport_handle_t inner; /* TLS to the target; NULL: no stack */
};

/** Settings, and what one exchange came to. */
struct http {
    esp_http_client_config_t cfg;
    esp_http_client_handle_t client;
    bool is_new;
    char *url;

    enum http_mode mode;
    bool follows; /* of a stream: redirects and challenges, by hand */
    char *body;   /* text, or NULL */
    char *body_file;
    FILE *source;
    bool is_chunked;  /* the body's length is not told */
    int piece;        /* bytes of one write or read of a stream */
    int64_t close_at; /* close the client in the event at this byte of the body; -1: no */
    char *out;        /* where the body goes; NULL: into the report */
    FILE *sink;
    esp_http_client_proxy_t proxy;
    struct http_stack stack;

    char events[HTTP_EVENTS]; /* a letter each: C S s h H d F D E R */
    size_t event_count;
    char headers[65536]; /* JSON */
    char *shown;         /* the body */
    int64_t received;
    int connects;
    bool has_record;
    esp_tls_record_t record; /* at the last error or end */
    char version[16];
};

/* options.c: @return false: no such key, or a value that it cannot have */
bool options_set(struct http *h, const char *key, char *value);
bool options_make(struct http *h);
void options_drop(struct http *h);
void options_free(void);

/* exchange.c */
void exchange(struct http *h);
esp_err_t exchange_event(esp_http_client_event_t *evt);
int exchange_draw(void *arg, char *buffer, int len, int64_t offset);

#endif
