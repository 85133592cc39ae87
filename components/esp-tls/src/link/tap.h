/* A link around another link that tells what goes through it. */
#ifndef LINK_TRACE_H
#define LINK_TRACE_H

#include "link.h"

/** How a connection ended, as far as the link learned of it. */
enum link_trace_end {
    LINK_TRACE_PEER_CLOSED, /* FIN */
    LINK_TRACE_PEER_RESET,
    LINK_TRACE_CLOSED /* by us */
};

/** Told in the order in which things happen. All must be there. */
struct link_trace_events {
    /** Another address is tried: err->addr. */
    void (*trying)(void *arg, const struct plat_addr *addr);
    /** The link below is open. */
    void (*open)(void *arg);
    void (*sent)(void *arg, const uint8_t *bytes, size_t len);
    void (*received)(void *arg, const uint8_t *bytes, size_t len);
    /** A read found nothing. */
    void (*idle)(void *arg);
    void (*ended)(void *arg, enum link_trace_end end);
};

struct link_trace {
    struct tls_link link;
    struct tls_link *below;
    const struct link_trace_events *events;
    void *arg;
    struct plat_addr tried;
    bool is_open;
    bool is_peer_closed;
};

/** @param below  borrowed; its record becomes this link's */
void link_trace_init(struct link_trace *trace, struct tls_link *below,
                     const struct link_trace_events *events, void *arg);

#endif
