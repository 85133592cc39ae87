/* Locks and flags: the little that threads of one program need to share a connection's edges.
 * A platform without threads defines the calls as empty. */
#ifndef PLAT_LOCK_H
#define PLAT_LOCK_H

#include "plat_port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* plat_mutex, PLAT_MUTEX_INITIALIZER and PLAT_THREAD_LOCAL come from plat_port.h. */

/** @return 0, or an errno value */
int plat_mutex_init(plat_mutex *mutex);
void plat_mutex_clear(plat_mutex *mutex);
/** Not recursive. Never fails on a mutex that was initialised. */
void plat_mutex_lock(plat_mutex *mutex);
void plat_mutex_unlock(plat_mutex *mutex);

/** A flag that one thread sets and another reads. Zero-initialised is false. */
typedef struct {
    int value;
} plat_flag;

static inline void plat_flag_set(plat_flag *flag, int value)
{
    __atomic_store_n(&flag->value, value, __ATOMIC_RELEASE);
}

static inline int plat_flag_get(const plat_flag *flag)
{
    return __atomic_load_n(&flag->value, __ATOMIC_ACQUIRE);
}

#ifdef __cplusplus
}
#endif
#endif
