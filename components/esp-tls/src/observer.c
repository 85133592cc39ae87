/* The list of observers, and one loop for each thing that they are told. */
#include "observer.h"

static struct observer_entry *added; /* owned by et_observers_add() */

/** Where a walk over the observers of a connection stands. All zero: at the beginning. */
struct turn {
    size_t listed;
    const struct observer_entry *added;
    struct conn_watch *own;
    uint8_t part;
};

enum {
    TURN_LISTED,
    TURN_ADDED,
    TURN_OWN
};

/** The next listed observer, or NULL. */
static const struct conn_observer *next_listed(struct turn *t)
{
    const struct conn_observer *found;

    if (t->part == TURN_LISTED) {
        found = et_observers[t->listed];
        if (found != NULL) {
            t->listed++;
            return found;
        }
        t->part = TURN_ADDED;
        t->added = added;
    }
    if (t->added == NULL) {
        return NULL;
    }
    found = t->added->observer;
    t->added = t->added->next;
    return found;
}

/** The next watch of the handle's own, or NULL. */
static struct conn_watch *next_own(const struct observed *on, struct turn *t)
{
    t->own = t->part == TURN_OWN ? t->own->next : on->first;
    t->part = TURN_OWN;
    while (t->own != NULL && t->own->observer->is_listed) {
        t->own = t->own->next;
    }
    return t->own;
}

/** The next observer, with what it keeps. @return false: there is none */
static bool next_observer(const struct observed *on, struct turn *t,
                          const struct conn_observer **observer, struct conn_watch **w)
{
    *observer = t->part != TURN_OWN ? next_listed(t) : NULL;
    if (*observer != NULL) {
        *w = et_observed_find(on, *observer);
        return true;
    }
    *w = next_own(on, t);
    if (*w != NULL) {
        *observer = (*w)->observer;
    }
    return *w != NULL;
}

void et_observers_add(struct observer_entry *entry)
{
    struct turn t = {0};
    const struct conn_observer *listed;

    while ((listed = next_listed(&t)) != NULL) {
        if (listed == entry->observer) {
            return;
        }
    }
    entry->next = added;
    added = entry;
}

/* --- the watches of a connection -------------------------------------------------------------- */

void et_observed_add(struct observed *on, struct conn_watch *w)
{
    w->next = on->first;
    on->first = w;
}

void et_observed_remove(struct observed *on, struct conn_watch *w)
{
    for (struct conn_watch **at = &on->first; *at != NULL; at = &(*at)->next) {
        if (*at == w) {
            *at = w->next;
            return;
        }
    }
}

struct conn_watch *et_observed_find(const struct observed *on, const struct conn_observer *observer)
{
    struct conn_watch *w = on->first;

    while (w != NULL && w->observer != observer) {
        w = w->next;
    }
    return w;
}

bool et_observers_want(const struct observed *on, unsigned what)
{
    for (const struct conn_watch *w = on->first; w != NULL; w = w->next) {
        if ((w->wants & what) != 0) {
            return true;
        }
    }
    return false;
}

static void free_watches(struct observed *on, bool all)
{
    struct conn_watch **at = &on->first;

    while (*at != NULL) {
        struct conn_watch *w = *at;

        if (all || w->observer->is_listed) {
            *at = w->next;
            w->observer->free(w);
        } else {
            at = &w->next;
        }
    }
}

void et_observers_forget(struct observed *on)
{
    free_watches(on, false);
}

void et_observers_free(struct observed *on)
{
    free_watches(on, true);
}

/* --- what they are told ----------------------------------------------------------------------- */

static bool wants(const struct conn_watch *w, unsigned what)
{
    return w != NULL && (w->wants & what) != 0;
}

void et_observers_begin(struct observed *on, const struct conn_request *asked)
{
    const struct conn_observer *o;
    struct conn_watch *w;

    for (struct turn t = {0}; next_observer(on, &t, &o, &w);) {
        if (o->begin != NULL) {
            o->begin(on, w, asked);
        }
    }
}

void et_observers_attached(struct observed *on)
{
    const struct conn_observer *o;
    struct conn_watch *w;

    for (struct turn t = {0}; next_observer(on, &t, &o, &w);) {
        if (o->attached != NULL) {
            o->attached(on, w);
        }
    }
}

void et_observers_message(struct observed *on, const struct conn_message *message)
{
    for (struct conn_watch *w = on->first; w != NULL; w = w->next) {
        if (wants(w, WATCH_MESSAGES)) {
            w->observer->message(on, w, message);
        }
    }
}

void et_observers_secret(struct observed *on, const struct conn_secret *secret)
{
    for (struct conn_watch *w = on->first; w != NULL; w = w->next) {
        if (wants(w, WATCH_SECRETS)) {
            w->observer->secret(on, w, secret);
        }
    }
}

void et_observers_chain(struct observed *on, const struct conn_chain *chain)
{
    bool is_wanted = chain->event == CONN_CHAIN_SENT;
    const struct conn_observer *o;
    struct conn_watch *w;

    for (struct turn t = {0}; next_observer(on, &t, &o, &w);) {
        if (o->chain != NULL && (!is_wanted || wants(w, WATCH_CHAIN))) {
            o->chain(on, w, chain);
        }
    }
}

void et_observers_failed(struct observed *on, const struct conn_failure *failure)
{
    const struct conn_observer *o;
    struct conn_watch *w;

    for (struct turn t = {0}; next_observer(on, &t, &o, &w);) {
        if (o->failed != NULL) {
            o->failed(on, w, failure);
        }
    }
}
