/* A link around another link that tells what goes through it. */
#ifndef LINK_TAP_H
#define LINK_TAP_H

#include "conn_tap.h"
#include "link.h"

struct link_tap {
    struct tls_link link;
    struct tls_link *below;
    const struct link_tap_events *events;
    void *arg;
    struct plat_addr tried;
    bool is_open;
    bool is_peer_closed;
};

/** @param below  borrowed; its record becomes this link's */
void et_link_tap_init(struct link_tap *tap, struct tls_link *below,
                      const struct link_tap_events *events, void *arg);

#endif
