/* Tasks, and monitors that they wait in: for what an application runs beside its connections. The
 * engine needs neither. */
#ifndef PLAT_TASK_H
#define PLAT_TASK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A lock and a condition in one (Hoare's monitor). */
typedef struct plat_monitor plat_monitor;

/** @return NULL: no memory */
plat_monitor *plat_monitor_new(void);
/** Nobody is in it. NULL is legal. */
void plat_monitor_free(plat_monitor *monitor);
void plat_monitor_enter(plat_monitor *monitor);
void plat_monitor_leave(plat_monitor *monitor);
/** Leave, sleep until somebody wakes or the time is over, enter again. May return for no reason.
 *  @param until_us  on the real monotonic clock (plat_monitor_now()), PLAT_NEVER: no limit */
void plat_monitor_wait(plat_monitor *monitor, uint64_t until_us);
void plat_monitor_wake_all(plat_monitor *monitor);
/** The clock of plat_monitor_wait(): never a simulated one. */
uint64_t plat_monitor_now(void);

typedef struct plat_task plat_task;

/** Run fn(arg) beside the caller. @return NULL: no memory, or no more tasks */
plat_task *plat_task_start(void (*fn)(void *arg), void *arg);
/** Wait for its end and free it. Not from within. */
void plat_task_join(plat_task *task);
/** Is it the task that asks? NULL: no. */
bool plat_task_is_self(const plat_task *task);

#ifdef __cplusplus
}
#endif
#endif
