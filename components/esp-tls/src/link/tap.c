#include "tap.h"

#include <string.h>

static struct link_tap *tap_of(struct tls_link *link)
{
    return (struct link_tap *)(void *)link;
}

/** The address that is tried stands in the record. */
static void look_at_address(struct link_tap *t)
{
    const struct plat_addr *now = &t->link.err->addr;

    if (now->family != t->tried.family || memcmp(now->ip, t->tried.ip, sizeof(now->ip)) != 0) {
        t->tried = *now;
        t->events->trying(t->arg, now);
    }
}

static tls_status tap_connect(struct tls_link *link)
{
    struct link_tap *t = tap_of(link);
    tls_status st = t->below->ops->connect(t->below);

    look_at_address(t);
    if (st == TLS_OK && !t->is_open) {
        t->is_open = true;
        t->events->open(t->arg);
    }
    return st;
}

/** A failure of the link below. */
static void broken(struct link_tap *t)
{
    if (plat_is_reset(t->link.err->os)) {
        t->events->ended(t->arg, LINK_TAP_PEER_RESET);
    }
}

static tls_status tap_read(struct tls_link *link, void *buf, size_t len, size_t *n)
{
    struct link_tap *t = tap_of(link);
    tls_status st = t->below->ops->read(t->below, buf, len, n);

    switch (st) {
    case TLS_OK:
        t->events->received(t->arg, buf, *n);
        break;
    case TLS_EOF:
        if (!t->is_peer_closed) {
            t->is_peer_closed = true;
            t->events->ended(t->arg, LINK_TAP_PEER_CLOSED);
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

static tls_status tap_write(struct tls_link *link, const void *buf, size_t len, size_t *n)
{
    struct link_tap *t = tap_of(link);
    tls_status st = t->below->ops->write(t->below, buf, len, n);

    if (st == TLS_OK) {
        t->events->sent(t->arg, buf, *n);
    } else if (!tls_is_waiting(st)) {
        broken(t);
    }
    return st;
}

static void tap_wants(const struct tls_link *link, tls_status st, struct tls_wait *wait)
{
    const struct tls_link *below = ((const struct link_tap *)(const void *)link)->below;

    below->ops->wants(below, st, wait);
}

static int tap_close(struct tls_link *link)
{
    struct link_tap *t = tap_of(link);

    if (t->is_open) {
        t->is_open = false;
        t->events->ended(t->arg, LINK_TAP_CLOSED);
    }
    return t->below->ops->close(t->below);
}

static const struct link_ops tap_ops = {
    .connect = tap_connect,
    .read = tap_read,
    .write = tap_write,
    .wants = tap_wants,
    .close = tap_close,
};

void et_link_tap_init(struct link_tap *tap, struct tls_link *below,
                      const struct link_tap_events *events, void *arg)
{
    *tap = (struct link_tap){
        .link = {.ops = &tap_ops, .err = below->err},
        .below = below,
        .events = events,
        .arg = arg,
        .tried = below->err->addr,
    };
}
