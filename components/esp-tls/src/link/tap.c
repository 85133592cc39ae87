#include "tap.h"

#include <string.h>

static struct link_trace *trace_of(struct tls_link *link)
{
    return (struct link_trace *)(void *)link;
}

/** The address that is tried stands in the record. */
static void look_at_address(struct link_trace *t)
{
    const struct plat_addr *now = &t->link.err->addr;

    if (now->family != t->tried.family || memcmp(now->ip, t->tried.ip, sizeof(now->ip)) != 0) {
        t->tried = *now;
        t->events->trying(t->arg, now);
    }
}

static tls_status trace_connect(struct tls_link *link)
{
    struct link_trace *t = trace_of(link);
    tls_status st = t->below->ops->connect(t->below);

    look_at_address(t);
    if (st == TLS_OK && !t->is_open) {
        t->is_open = true;
        t->events->open(t->arg);
    }
    return st;
}

/** A failure of the link below. */
static void broken(struct link_trace *t)
{
    if (plat_is_reset(t->link.err->os)) {
        t->events->ended(t->arg, LINK_TRACE_PEER_RESET);
    }
}

static tls_status trace_read(struct tls_link *link, void *buf, size_t len, size_t *n)
{
    struct link_trace *t = trace_of(link);
    tls_status st = t->below->ops->read(t->below, buf, len, n);

    switch (st) {
    case TLS_OK:
        t->events->received(t->arg, buf, *n);
        break;
    case TLS_EOF:
        if (!t->is_peer_closed) {
            t->is_peer_closed = true;
            t->events->ended(t->arg, LINK_TRACE_PEER_CLOSED);
        }
        break;
    case TLS_WANT_READ:
    case TLS_WANT_WRITE:
    case TLS_WANT_TIME:
        t->events->idle(t->arg);
        break;
    default:
        broken(t);
        break;
    }
    return st;
}

static tls_status trace_write(struct tls_link *link, const void *buf, size_t len, size_t *n)
{
    struct link_trace *t = trace_of(link);
    tls_status st = t->below->ops->write(t->below, buf, len, n);

    if (st == TLS_OK) {
        t->events->sent(t->arg, buf, *n);
    } else if (!tls_is_waiting(st)) {
        broken(t);
    }
    return st;
}

static void trace_wants(const struct tls_link *link, tls_status st, struct tls_wait *wait)
{
    const struct tls_link *below = ((const struct link_trace *)(const void *)link)->below;

    below->ops->wants(below, st, wait);
}

static int trace_close(struct tls_link *link)
{
    struct link_trace *t = trace_of(link);

    if (t->is_open) {
        t->is_open = false;
        t->events->ended(t->arg, LINK_TRACE_CLOSED);
    }
    return t->below->ops->close(t->below);
}

static const struct link_ops trace_ops = {
    .connect = trace_connect,
    .read = trace_read,
    .write = trace_write,
    .wants = trace_wants,
    .close = trace_close,
};

void link_trace_init(struct link_trace *trace, struct tls_link *below,
                     const struct link_trace_events *events, void *arg)
{
    *trace = (struct link_trace){
        .link = {.ops = &trace_ops, .err = below->err},
        .below = below,
        .events = events,
        .arg = arg,
        .tried = below->err->addr,
    };
}
