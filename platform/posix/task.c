/* Tasks are threads. */
#define _GNU_SOURCE
#include "plat_task.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "plat_clock.h"
#include "plat_heap.h"

struct plat_monitor {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
};

struct plat_task {
    pthread_t thread;
    void (*fn)(void *arg);
    void *arg;
};

plat_monitor *plat_monitor_new(void)
{
    plat_monitor *m = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*m));
    pthread_condattr_t attr;

    if (m != NULL) {
        (void)pthread_mutex_init(&m->mutex, NULL);
        (void)pthread_condattr_init(&attr);
        (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        (void)pthread_cond_init(&m->cond, &attr);
        (void)pthread_condattr_destroy(&attr);
    }
    return m;
}

void plat_monitor_free(plat_monitor *monitor)
{
    if (monitor != NULL) {
        (void)pthread_cond_destroy(&monitor->cond);
        (void)pthread_mutex_destroy(&monitor->mutex);
        plat_free(monitor);
    }
}

void plat_monitor_enter(plat_monitor *monitor)
{
    (void)pthread_mutex_lock(&monitor->mutex);
}

void plat_monitor_leave(plat_monitor *monitor)
{
    (void)pthread_mutex_unlock(&monitor->mutex);
}

void plat_monitor_wait(plat_monitor *monitor, uint64_t until_us)
{
    struct timespec until = {.tv_sec = (time_t)(until_us / 1000000),
                             .tv_nsec = (long)(until_us % 1000000 * 1000)};

    if (until_us == PLAT_NEVER) {
        (void)pthread_cond_wait(&monitor->cond, &monitor->mutex);
    } else {
        (void)pthread_cond_timedwait(&monitor->cond, &monitor->mutex, &until);
    }
}

void plat_monitor_wake_all(plat_monitor *monitor)
{
    (void)pthread_cond_broadcast(&monitor->cond);
}

uint64_t plat_monitor_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void *run(void *arg)
{
    const plat_task *task = arg;

    task->fn(task->arg);
    return NULL;
}

plat_task *plat_task_start(void (*fn)(void *arg), void *arg)
{
    plat_task *task = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*task));
    sigset_t all;
    sigset_t before;
    int err;

    if (task == NULL) {
        return NULL;
    }
    task->fn = fn;
    task->arg = arg;
    (void)sigfillset(&all); /* signals are the application's threads' */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&task->thread, NULL, run, task);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err != 0) {
        plat_free(task);
        return NULL;
    }
    return task;
}

void plat_task_join(plat_task *task)
{
    (void)pthread_join(task->thread, NULL);
    plat_free(task);
}

bool plat_task_is_self(const plat_task *task)
{
    return task != NULL && pthread_equal(task->thread, pthread_self()) != 0;
}
