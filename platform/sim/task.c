/* Tasks of a simulated test are real threads, as its locks are real; who is in which monitor, and
 * which tasks there are, is kept beside them. */
#include "plat_task.h"

#include <pthread.h>

#include "sim.h"

static void posix_monitor_free(plat_monitor *monitor);
static void posix_monitor_enter(plat_monitor *monitor);
static void posix_monitor_leave(plat_monitor *monitor);
static void posix_monitor_wait(plat_monitor *monitor, uint64_t until_us);
static plat_task *posix_task_start(void (*fn)(void *arg), void *arg);
static void posix_task_join(plat_task *task);

#define plat_monitor_free  posix_monitor_free
#define plat_monitor_enter posix_monitor_enter
#define plat_monitor_leave posix_monitor_leave
#define plat_monitor_wait  posix_monitor_wait
#define plat_task_start    posix_task_start
#define plat_task_join     posix_task_join
#include "../posix/task.c"
#undef plat_monitor_free
#undef plat_monitor_enter
#undef plat_monitor_leave
#undef plat_monitor_wait
#undef plat_task_start
#undef plat_task_join

#define TASKS 64

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static const plat_task *tasks[TASKS];

void plat_monitor_free(plat_monitor *monitor)
{
    if (monitor != NULL) {
        sim_hold_none(monitor, "plat_monitor_free");
    }
    posix_monitor_free(monitor);
}

void plat_monitor_enter(plat_monitor *monitor)
{
    sim_hold_check(monitor, "plat_monitor_enter");
    posix_monitor_enter(monitor);
    sim_hold(monitor, "plat_monitor_enter");
}

void plat_monitor_leave(plat_monitor *monitor)
{
    sim_release(monitor, "plat_monitor_leave");
    posix_monitor_leave(monitor);
}

/** Its row stays while it sleeps: a monitor that somebody waits in must not be freed. */
void plat_monitor_wait(plat_monitor *monitor, uint64_t until_us)
{
    sim_hold_own(monitor, "plat_monitor_wait");
    posix_monitor_wait(monitor, until_us);
}

/** @return the row that holds `task`, NULL: a free one; NULL when there is none */
static const plat_task **row_of(const plat_task *task)
{
    for (size_t i = 0; i < TASKS; i++) {
        if (tasks[i] == task) {
            return &tasks[i];
        }
    }
    return NULL;
}

/** Put `after` in the place of `before`. */
static void change_row(const plat_task *before, const plat_task *after, const char *call,
                       const char *misuse)
{
    const plat_task **row;

    (void)pthread_mutex_lock(&guard);
    row = row_of(before);
    if (row != NULL) {
        *row = after;
    }
    (void)pthread_mutex_unlock(&guard);
    if (row == NULL) {
        sim_misuse(call, misuse);
    }
}

plat_task *plat_task_start(void (*fn)(void *arg), void *arg)
{
    plat_task *task = posix_task_start(fn, arg);

    if (task != NULL) {
        change_row(NULL, task, "plat_task_start", "more tasks than the simulation has rows for");
    }
    return task;
}

void plat_task_join(plat_task *task)
{
    change_row(task, NULL, "plat_task_join", "no task, or it was joined already");
    if (plat_task_is_self(task)) {
        sim_misuse("plat_task_join", "from within: it would wait for itself");
    }
    posix_task_join(task);
}
