/* Locks over Linux's futex: 0 = free, 1 = taken, 2 = taken and somebody sleeps for it. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plat_lock.h"

enum {
    FREE,
    TAKEN,
    CONTENDED
};

int plat_mutex_init(plat_mutex *mutex)
{
    mutex->state = FREE;
    return 0;
}

void plat_mutex_clear(plat_mutex *mutex)
{
    (void)mutex;
}

static __attribute__((noinline)) void wait_for(plat_mutex *mutex)
{
    int before = errno; /* a call that locks must not change errno */

    while (__atomic_exchange_n(&mutex->state, CONTENDED, __ATOMIC_ACQUIRE) != FREE) {
        (void)syscall(SYS_futex, &mutex->state, FUTEX_WAIT_PRIVATE, CONTENDED, NULL, NULL, 0);
    }
    errno = before;
}

void plat_mutex_lock(plat_mutex *mutex)
{
    int expected = FREE;

    if (!__atomic_compare_exchange_n(&mutex->state, &expected, TAKEN, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        wait_for(mutex);
    }
}

void plat_mutex_unlock(plat_mutex *mutex)
{
    if (__atomic_exchange_n(&mutex->state, FREE, __ATOMIC_RELEASE) == CONTENDED) {
        int before = errno;

        (void)syscall(SYS_futex, &mutex->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
        errno = before;
    }
}
