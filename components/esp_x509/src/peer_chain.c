#include "peer_chain.h"

#include "observer.h"
#include "stack_views.h"

/** A length of three bytes and what it counts. @return false: it does not fit */
static bool take24(esp_tls_bytes_t *in, esp_tls_bytes_t *out)
{
    size_t n;

    if (in->len < 3) {
        return false;
    }
    n = (size_t)in->ptr[0] << 16 | (size_t)in->ptr[1] << 8 | in->ptr[2];
    if (n > in->len - 3) {
        return false;
    }
    *out = (esp_tls_bytes_t){in->ptr + 3, n};
    *in = (esp_tls_bytes_t){in->ptr + 3 + n, in->len - 3 - n};
    return true;
}

/** Pass over extensions, counted in two bytes. */
static bool skip16(esp_tls_bytes_t *in)
{
    size_t n;

    if (in->len < 2) {
        return false;
    }
    n = (size_t)in->ptr[0] << 8 | in->ptr[1];
    if (n > in->len - 2) {
        return false;
    }
    *in = (esp_tls_bytes_t){in->ptr + 2 + n, in->len - 2 - n};
    return true;
}

/** @return certificates in the list; called for each unless fn is NULL */
static unsigned each(esp_tls_bytes_t list, bool is_tls13, unsigned count, esp_tls_peer_chain_t fn,
                     void *arg)
{
    esp_tls_bytes_t der;
    unsigned n = 0;

    while (take24(&list, &der)) {
        if (fn != NULL) {
            fn(arg, der.ptr, der.len, n, count);
        }
        n++;
        if (is_tls13 && !skip16(&list)) {
            break;
        }
    }
    return n;
}

void et_peer_chain_split(const uint8_t *body, size_t len, bool is_tls13, esp_tls_peer_chain_t fn,
                         void *arg)
{
    esp_tls_bytes_t in = {body, len};
    esp_tls_bytes_t list;
    unsigned count;

    if (is_tls13) { /* certificate_request_context<0..255> */
        if (len < 1 || (size_t)body[0] + 1 > len) {
            return;
        }
        in = (esp_tls_bytes_t){body + 1 + body[0], len - 1 - body[0]};
    }
    if (!take24(&in, &list)) {
        return;
    }
    count = each(list, is_tls13, 0, NULL, NULL);
    if (count == 0) {
        fn(arg, NULL, 0, 0, 0);
    }
    (void)each(list, is_tls13, count, fn, arg);
}

/* --- the hook --------------------------------------------------------------------------------- */

struct hook {
    struct conn_watch watch;
    esp_tls_peer_chain_t fn;
    void *arg;
};

static void split(void *arg, const uint8_t *body, size_t len, bool is_tls13)
{
    const struct hook *hook = arg;

    et_peer_chain_split(body, len, is_tls13, hook->fn, hook->arg);
}

static void on_chain(struct observed *on, struct conn_watch *w, const struct conn_chain *chain)
{
    (void)on;
    if (chain->event == CONN_CHAIN_SENT) {
        et_stack_certificates(chain->stack, split, w);
    }
}

static void hook_free(struct conn_watch *w)
{
    plat_free(w);
}

static const struct conn_observer observer = {.chain = on_chain, .free = hook_free};

esp_err_t esp_tls_set_peer_chain_hook(esp_tls_t *tls, esp_tls_peer_chain_t fn, void *arg)
{
    struct observed *on;
    struct hook *hook;

    if (tls == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    on = et_conn_observed(tls);
    hook = (struct hook *)(void *)et_observed_find(on, &observer);
    if (hook == NULL && fn != NULL) {
        hook = plat_alloc(on->account, PLAT_MEM_APPLICATION, sizeof(*hook));
        if (hook == NULL) {
            return ESP_ERR_NO_MEM;
        }
        hook->watch.observer = &observer;
        et_observed_add(on, &hook->watch);
    }
    if (hook != NULL) {
        hook->fn = fn;
        hook->arg = arg;
        hook->watch.wants = fn != NULL ? WATCH_CHAIN : 0;
    }
    return ESP_OK;
}
