/* Byte streams below TLS. TLS reads and writes a link and never sees a socket; links stack by
 * pointer: TCP, or a stream of the caller's (a proxy tunnel, a memory pipe, another TLS connection). No call blocks.
 *
 * read and write: TLS_OK with *n > 0; TLS_WANT_READ / TLS_WANT_WRITE; TLS_EOF on read when the
 * peer closed its side; a failure, in the record. */
#ifndef LINK_H
#define LINK_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "plat_net.h"
#include "tls_status.h"

/** At most this many things are waited for at once: the racing addresses and one event. */
#define TLS_WAIT_ITEMS 16

/** What a connection waits for: any of these streams, or a time. */
struct tls_wait {
    struct plat_wait_item item[TLS_WAIT_ITEMS];
    size_t count;
    uint64_t until_us; /* PLAT_NEVER: no time */
};

void wait_init(struct tls_wait *wait);
void wait_add(struct tls_wait *wait, plat_stream stream, uint8_t want);
void wait_until(struct tls_wait *wait, uint64_t us); /* the earlier one counts */
void wait_in_ms(struct tls_wait *wait, int ms);      /* from now; negative: never */

struct tls_link;

struct link_ops {
    tls_status (*connect)(struct tls_link *link); /* one step; TLS_OK = open */
    tls_status (*read)(struct tls_link *link, void *buf, size_t len, size_t *n);
    tls_status (*write)(struct tls_link *link, const void *buf, size_t len, size_t *n);
    /** Add what `st` (the last waiting status) waits for. */
    void (*wants)(const struct tls_link *link, tls_status st, struct tls_wait *wait);
    int (*close)(struct tls_link *link); /* idempotent; 0 or errno */
};

struct tls_link {
    const struct link_ops *ops;
    struct tls_error *err; /* the connection's record */
};

#endif
