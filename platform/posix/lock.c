/* Locks over pthreads. */
#define _GNU_SOURCE
#include "plat_lock.h"

int plat_mutex_init(plat_mutex *mutex)
{
    return pthread_mutex_init(&mutex->m, NULL);
}

void plat_mutex_clear(plat_mutex *mutex)
{
    (void)pthread_mutex_destroy(&mutex->m);
}

void plat_mutex_lock(plat_mutex *mutex)
{
    (void)pthread_mutex_lock(&mutex->m);
}

void plat_mutex_unlock(plat_mutex *mutex)
{
    (void)pthread_mutex_unlock(&mutex->m);
}
