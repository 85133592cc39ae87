/* Byte streams below TLS. TLS reads and writes a link and never sees a socket; links stack by
 * pointer: TCP, or a stream of the caller's (a proxy tunnel, a memory pipe, another TLS
 * connection). No call blocks.
 *
 * read and write: TLS_OK with *n > 0; TLS_WANT_READ / TLS_WANT_WRITE; TLS_EOF on read when the
 * peer closed its side; a failure, in the record. */
#ifndef LINK_H
#define LINK_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "tls_status.h"
#include "wait_list.h"

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
