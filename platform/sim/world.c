/* The virtual clock, and waiting, which alone moves it. */
#include <errno.h>
#include <stdlib.h>

#include "plat_clock.h"
#include "sim.h"

#define CLOCK_START_US 1000000u
#define SPIN_LIMIT     10000u

struct timer {
    struct timer *next;
    uint64_t due;
    void (*fn)(void *arg);
    void *arg;
};

uint64_t sim_now = CLOCK_START_US;
static bool is_wall_set = true;
static int64_t wall_base = SIM_WALL_CLOCK;
static uint64_t wall_since = CLOCK_START_US;
static struct timer *timers;
static uint64_t waits;
static unsigned idle_waits;

void *sim_memory(size_t size)
{
    void *memory = calloc(1, size);

    if (memory == NULL) {
        /* the machine that runs the test is out of memory: its result would mean nothing */
        abort();
    }
    return memory;
}

uint64_t plat_clock_us(void)
{
    return sim_now;
}

bool plat_wall_clock(int64_t *unix_s)
{
    if (is_wall_set) {
        *unix_s = wall_base + (int64_t)((sim_now - wall_since) / 1000000u);
    }
    return is_wall_set;
}

bool plat_wall_clock_us(int64_t *unix_us)
{
    if (is_wall_set) {
        *unix_us = wall_base * 1000000 + (int64_t)(sim_now - wall_since);
    }
    return is_wall_set;
}

void sim_set_wall_clock(bool is_set, int64_t unix_s)
{
    is_wall_set = is_set;
    wall_base = unix_s;
    wall_since = sim_now;
}

void sim_soonest(uint64_t *next, uint64_t due)
{
    if (due > sim_now && due < *next) {
        *next = due;
    }
}

void sim_progress(void)
{
    idle_waits = 0;
}

/* --- timers --------------------------------------------------------------------------------- */

void sim_after(uint64_t us, void (*fn)(void *arg), void *arg)
{
    struct timer *timer = sim_memory(sizeof(*timer));
    struct timer **at = &timers;

    *timer = (struct timer){.due = sim_now + us, .fn = fn, .arg = arg};
    while (*at != NULL && (*at)->due <= timer->due) {
        at = &(*at)->next;
    }
    timer->next = *at;
    *at = timer;
}

static bool timers_run(void)
{
    bool moved = false;

    while (timers != NULL && timers->due <= sim_now) {
        struct timer *timer = timers;

        timers = timer->next;
        timer->fn(timer->arg);
        free(timer);
        moved = true;
    }
    return moved;
}

void sim_timers_reset(void)
{
    while (timers != NULL) {
        struct timer *next = timers->next;

        free(timers);
        timers = next;
    }
}

/* --- moving time ---------------------------------------------------------------------------- */

/** Let everything happen that is due now. @return PLAT_OK or ELOOP */
static int run_now(void)
{
    for (unsigned i = 0; i < SPIN_LIMIT; i++) {
        bool moved = timers_run();

        moved |= sim_names_run();
        moved |= sim_net_run();
        if (!moved) {
            return PLAT_OK;
        }
    }
    return ELOOP;
}

static uint64_t next_event(void)
{
    uint64_t next = PLAT_NEVER;

    if (timers != NULL) {
        sim_soonest(&next, timers->due);
    }
    sim_names_next(&next);
    sim_net_next(&next);
    return next;
}

static void move_to(uint64_t us)
{
    if (us > sim_now) {
        sim_now = us;
        sim_progress();
    }
}

void sim_advance_us(uint64_t us)
{
    uint64_t end = sim_now + us;

    while (run_now() == PLAT_OK) {
        uint64_t next = next_event();

        if (next > end) {
            break;
        }
        move_to(next);
    }
    move_to(end);
}

static bool look(struct plat_wait_item *items, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        items[i].ready = items[i].want == 0 || !plat_stream_is_open(items[i].stream)
                             ? 0
                             : sim_net_ready(items[i].stream);
        if ((items[i].ready & items[i].want) == 0) {
            items[i].ready = 0;
        } else {
            any = true;
        }
    }
    return any;
}

int plat_wait(struct plat_wait_item *items, size_t count, uint64_t deadline_us)
{
    waits++;
    if (++idle_waits > SPIN_LIMIT) {
        return ELOOP;
    }
    for (;;) {
        uint64_t next;

        if (run_now() != PLAT_OK) {
            return ELOOP;
        }
        if (look(items, count)) {
            return PLAT_OK;
        }
        if (deadline_us <= sim_now) {
            return PLAT_AGAIN;
        }
        next = next_event();
        if (next == PLAT_NEVER && deadline_us == PLAT_NEVER) {
            return EDEADLK;
        }
        move_to(next < deadline_us ? next : deadline_us);
    }
}

uint64_t sim_waits(void)
{
    return waits;
}

int sim_reset(void)
{
    int left = sim_names_reset() + sim_net_reset() + sim_holds_left();

    sim_timers_reset();
    sim_faults_reset();
    sim_now = CLOCK_START_US;
    sim_set_wall_clock(true, SIM_WALL_CLOCK);
    waits = 0;
    idle_waits = 0;
    return left;
}
