/* Where the engine meets the trace of a connection: a pointer that is NULL unless
 * esp_tls_set_trace() was called, and the calls behind it, which only that call links in. */
#ifndef TRACE_HOOKS_H
#define TRACE_HOOKS_H

#include <stddef.h>
#include <stdint.h>

struct esp_tls;

struct conn_trace_ops {
    /** A connect begins: put the tap in front of the link. */
    void (*begin)(struct esp_tls *c, const char *host, size_t len, uint16_t port);
    /** The stack is set up: tap it, too. */
    void (*attach)(struct esp_tls *c);
    void (*free)(struct esp_tls *c);
};

/** What every trace begins with. */
struct conn_trace {
    const struct conn_trace_ops *ops;
};

#endif
