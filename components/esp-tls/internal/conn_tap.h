/* Somebody who listens to the bytes of a connection, as they are on the wire. */
#ifndef CONN_TAP_H
#define CONN_TAP_H

#include <stddef.h>
#include <stdint.h>

#include "esp_tls.h"
#include "plat_net.h"

/** How a connection ended, as far as the link learned of it. */
enum link_tap_end {
    LINK_TAP_PEER_CLOSED, /* FIN */
    LINK_TAP_PEER_RESET,
    LINK_TAP_CLOSED /* by us */
};

/** Told in the order in which things happen. All must be there. */
struct link_tap_events {
    /** Another address is tried. */
    void (*trying)(void *arg, const struct plat_addr *addr);
    /** The link below is open. */
    void (*open)(void *arg);
    void (*sent)(void *arg, const uint8_t *bytes, size_t len);
    void (*received)(void *arg, const uint8_t *bytes, size_t len);
    /** A read found nothing. */
    void (*idle)(void *arg);
    void (*ended)(void *arg, enum link_tap_end end);
};

struct conn_tap;

/** A tap for a handle, in the handle's memory. @return NULL: no memory */
struct conn_tap *et_conn_tap_new(esp_tls_t *tls, const struct link_tap_events *events, void *arg);
/** Put it in front of the handle's link. A connect begins, and the link is not open. */
void et_conn_tap_begin(struct conn_tap *tap);
/** The handle's TCP stream, or PLAT_STREAM_NONE: it runs over a stream of the caller's. */
plat_stream et_conn_tap_stream(const struct conn_tap *tap);
/** Take it out and free it. NULL is legal. */
void et_conn_tap_free(struct conn_tap *tap);

#endif
