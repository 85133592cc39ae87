#include "conn_tap.h"

#include "conn.h"
#include "link/tap.h"

struct conn_tap {
    struct link_tap tap;
    esp_tls_t *tls;
    const struct link_tap_events *events;
    void *arg;
};

static struct tls_link *untapped(esp_tls_t *tls)
{
    return tls->below != NULL ? &tls->below->link : &tls->tcp.link;
}

struct conn_tap *et_conn_tap_new(esp_tls_t *tls, const struct link_tap_events *events, void *arg)
{
    struct conn_tap *tap = plat_alloc(&tls->account, PLAT_MEM_APPLICATION, sizeof(*tap));

    if (tap != NULL) {
        tap->tls = tls;
        tap->events = events;
        tap->arg = arg;
    }
    return tap;
}

void et_conn_tap_begin(struct conn_tap *tap)
{
    et_link_tap_init(&tap->tap, untapped(tap->tls), tap->events, tap->arg);
    tap->tls->link = &tap->tap.link;
}

plat_stream et_conn_tap_stream(const struct conn_tap *tap)
{
    return tap->tls->below == NULL ? tap->tls->tcp.stream : PLAT_STREAM_NONE;
}

void et_conn_tap_free(struct conn_tap *tap)
{
    if (tap != NULL) {
        if (tap->tls->link == &tap->tap.link) {
            tap->tls->link = untapped(tap->tls);
        }
        plat_free(tap);
    }
}
