/* The way to a server through --proxy: a tunnel of transports, and a stream below esp-tls.
 *
 *     if (tunnel_make(&tunnel, options) && tunnel_put_under(&tunnel, tls)) {
 *         ... connect tls to the server, as if there were no proxy ...
 *     }
 *     if (!tunnel.is_open) { tunnel_note(&tunnel, &failure); }
 *     ... destroy tls ...
 *     tunnel_clear(&tunnel);
 *
 * All of it is legal on a struct that is all zero. */
#ifndef TUNNEL_H
#define TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "connect_options.h"
#include "esp_transport.h"
#include "explain.h"

struct tunnel {
    esp_transport_handle_t tcp; /* to the proxy; a command may set more of it before it connects */
    esp_transport_handle_t way; /* to the server, over it; NULL: there is none */
    int timeout_ms;
    bool is_open;
};

/** Was --proxy given? */
bool tunnel_is_wanted(const struct connect_options *options);

/** The proxy as HOST:PORT. @return text; NULL: there is none */
const char *tunnel_proxy_text(const struct connect_options *options, char text[300]);

/** Make the transports. Nothing is connected.
 *  @param options  with --proxy; borrowed until tunnel_clear()
 *  @return false: no memory, or the login cannot be used; tunnel_clear() in both cases */
bool tunnel_make(struct tunnel *tunnel, const struct connect_options *options);

/** Let a handle connect through it. @return false: no memory */
bool tunnel_put_under(struct tunnel *tunnel, esp_tls_t *tls);

/** Open it. Blocks until that is done or has failed. @return false: see tunnel_note() */
bool tunnel_open(struct tunnel *tunnel, const char *host, uint16_t port, int timeout_ms);

/** It did not open: take record, evidence and the proxy's word.
 *  @param failure  has what the handle above knows, where there is one */
void tunnel_note(const struct tunnel *tunnel, struct failure *failure);

/** Close and free; after the handle that it is under. */
void tunnel_clear(struct tunnel *tunnel);

#endif
