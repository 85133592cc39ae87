/* What a real system would not survive: a descriptor used after its end, a lock let go by another.
 * POSIX has no answer to it, or a wrong one (the descriptor of somebody else that has the same
 * number by now), so the simulation has none either: the program ends, and the test has failed. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

#define HOLDS 64

/** Who has a lock or a monitor now. */
struct hold {
    const void *lock; /* NULL: this row is free */
    pthread_t thread;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct hold holds[HOLDS];

void sim_misuse(const char *call, const char *what)
{
    (void)fprintf(stderr, "misuse of the platform: %s: %s\n", call, what);
    abort();
}

/** With the guard held. @return the caller's row, or NULL */
static struct hold *own(const void *lock)
{
    for (size_t i = 0; i < HOLDS; i++) {
        if (holds[i].lock == lock && pthread_equal(holds[i].thread, pthread_self())) {
            return &holds[i];
        }
    }
    return NULL;
}

static bool is_own(const void *lock)
{
    bool is;

    (void)pthread_mutex_lock(&guard);
    is = own(lock) != NULL;
    (void)pthread_mutex_unlock(&guard);
    return is;
}

void sim_hold_check(const void *lock, const char *call)
{
    if (is_own(lock)) {
        sim_misuse(call, "the caller has it already, and would wait for itself");
    }
}

void sim_hold(const void *lock, const char *call)
{
    struct hold *row = NULL;

    (void)pthread_mutex_lock(&guard);
    for (size_t i = 0; row == NULL && i < HOLDS; i++) {
        row = holds[i].lock == NULL ? &holds[i] : NULL;
    }
    if (row != NULL) {
        *row = (struct hold){.lock = lock, .thread = pthread_self()};
    }
    (void)pthread_mutex_unlock(&guard);
    if (row == NULL) {
        sim_misuse(call, "more locks are held than the simulation has rows for");
    }
}

void sim_release(const void *lock, const char *call)
{
    struct hold *row;

    (void)pthread_mutex_lock(&guard);
    row = own(lock);
    if (row != NULL) {
        row->lock = NULL;
    }
    (void)pthread_mutex_unlock(&guard);
    if (row == NULL) {
        sim_misuse(call, "the caller does not have it");
    }
}

void sim_hold_own(const void *lock, const char *call)
{
    if (!is_own(lock)) {
        sim_misuse(call, "the caller is not in it");
    }
}

void sim_hold_none(const void *lock, const char *call)
{
    bool is_held = false;

    (void)pthread_mutex_lock(&guard);
    for (size_t i = 0; i < HOLDS; i++) {
        is_held |= holds[i].lock == lock;
    }
    (void)pthread_mutex_unlock(&guard);
    if (is_held) {
        sim_misuse(call, "somebody has it, or waits in it");
    }
}

int sim_holds_left(void)
{
    int left = 0;

    (void)pthread_mutex_lock(&guard);
    for (size_t i = 0; i < HOLDS; i++) {
        left += holds[i].lock != NULL && pthread_equal(holds[i].thread, pthread_self());
    }
    (void)pthread_mutex_unlock(&guard);
    return left;
}
