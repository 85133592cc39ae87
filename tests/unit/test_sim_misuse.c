/* The simulation ends a program that does what a real system would not survive. Each misuse runs in
 * a child, which must end by abort() and say what was wrong. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plat_lock.h"
#include "plat_sim.h"
#include "plat_task.h"

#define NAME "name.test"

static plat_stream stream;
static plat_stream event;
static struct plat_resolve *job;
static plat_mutex mutex;
static plat_monitor *monitor;
static plat_task *task;
static int fd;
static size_t n;
static int code;
static char byte;
static struct plat_addr addr = {.family = PLAT_AF_INET, .ip = {10, 0, 0, 1}, .port = 443};
static struct plat_addr other;

/* --- what there is to be misused -------------------------------------------------------------- */

static void drop_all(void)
{
    plat_resolve_drop(job);
    (void)plat_stream_close(stream);
    (void)plat_stream_close(event);
    plat_mutex_clear(&mutex);
    plat_monitor_free(monitor);
}

static void make_all(void)
{
    sim_name_never(NAME);
    if (plat_stream_open(&stream, PLAT_AF_INET) != PLAT_OK || plat_event_open(&event) != PLAT_OK ||
        plat_resolve_start(&job, NAME, strlen(NAME), PLAT_AF_ANY, event, NULL) != PLAT_OK ||
        plat_mutex_init(&mutex) != 0) {
        exit(1);
    }
    monitor = plat_monitor_new();
}

static void close_stream(void)
{
    (void)plat_stream_close(stream);
}

static void close_event(void)
{
    plat_resolve_drop(job);
    (void)plat_stream_close(event);
}

/* --- each misuse ------------------------------------------------------------------------------ */

static void close_twice(void)
{
    close_stream();
    (void)plat_stream_close(stream);
}

static void connect_closed(void)
{
    close_stream();
    (void)!plat_stream_connect(stream, &addr);
}

static void ask_closed(void)
{
    close_stream();
    (void)!plat_stream_connect_result(stream);
}

static void ends_of_closed(void)
{
    close_stream();
    (void)!plat_stream_ends(stream, &addr, &other);
}

static void read_closed(void)
{
    close_stream();
    (void)!plat_stream_read(stream, &byte, 1, &n);
}

static void write_closed(void)
{
    close_stream();
    (void)!plat_stream_write(stream, &byte, 1, &n);
}

static void nodelay_of_closed(void)
{
    close_stream();
    (void)!plat_stream_set_nodelay(stream);
}

static void keepalive_of_closed(void)
{
    close_stream();
    (void)!plat_stream_set_keepalive(stream, 1, 1, 1);
}

static void device_of_closed(void)
{
    close_stream();
    (void)!plat_stream_bind_device(stream, "lo");
}

static void blocking_of_closed(void)
{
    close_stream();
    (void)!plat_stream_set_blocking(stream, true);
}

static void fd_of_closed(void)
{
    close_stream();
    (void)plat_stream_fd(stream);
}

static void wait_for_closed(void)
{
    struct plat_wait_item item = {.stream = stream, .want = PLAT_READ};

    close_stream();
    (void)!plat_wait(&item, 1, 0);
}

/** Two handles that took one descriptor over: both close it. */
static void adopt_twice(void)
{
    plat_stream first;
    plat_stream second;

    fd = sim_accepted(NULL, NULL);
    (void)!plat_stream_adopt(&first, fd);
    (void)!plat_stream_adopt(&second, fd);
    (void)plat_stream_close(first);
    (void)plat_stream_close(second);
}

static void read_none(void)
{
    (void)!plat_stream_read(PLAT_STREAM_NONE, &byte, 1, &n);
}

static void read_event(void)
{
    (void)!plat_stream_read(event, &byte, 1, &n);
}

static void write_event(void)
{
    (void)!plat_stream_write(event, &byte, 1, &n);
}

static void connect_event(void)
{
    (void)!plat_stream_connect(event, &addr);
}

static void set_closed(void)
{
    close_event();
    plat_event_set(event);
}

static void clear_closed(void)
{
    close_event();
    plat_event_clear(event);
}

static void set_none(void)
{
    plat_event_set(PLAT_STREAM_NONE);
}

static void set_stream(void)
{
    plat_event_set(stream);
}

static void clear_stream(void)
{
    plat_event_clear(stream);
}

static void drop_twice(void)
{
    plat_resolve_drop(job);
    plat_resolve_drop(job);
}

static void ask_dropped(void)
{
    plat_resolve_drop(job);
    (void)!plat_resolve_result(job, &addr, 1, &n, &code);
}

static void close_event_that_will_be_set(void)
{
    (void)plat_stream_close(event);
}

static void start_without_event(void)
{
    (void)!plat_resolve_start(&job, NAME, strlen(NAME), PLAT_AF_ANY, PLAT_STREAM_NONE, NULL);
}

static void lock_twice(void)
{
    plat_mutex_lock(&mutex);
    plat_mutex_lock(&mutex);
}

static void unlock_free(void)
{
    plat_mutex_unlock(&mutex);
}

static void unlock(void *unused)
{
    (void)unused;
    plat_mutex_unlock(&mutex);
}

static void unlock_by_another(void)
{
    plat_mutex_lock(&mutex);
    task = plat_task_start(unlock, NULL);
    plat_task_join(task);
}

static void clear_held(void)
{
    plat_mutex_lock(&mutex);
    plat_mutex_clear(&mutex);
}

static void init_held(void)
{
    plat_mutex_lock(&mutex);
    (void)plat_mutex_init(&mutex);
}

static void clear_twice(void)
{
    plat_mutex_clear(&mutex);
    plat_mutex_clear(&mutex);
}

static void lock_cleared(void)
{
    plat_mutex_clear(&mutex);
    plat_mutex_lock(&mutex);
}

static void enter_twice(void)
{
    plat_monitor_enter(monitor);
    plat_monitor_enter(monitor);
}

static void leave_without_entering(void)
{
    plat_monitor_leave(monitor);
}

static void wait_without_entering(void)
{
    plat_monitor_wait(monitor, 0);
}

static void free_from_within(void)
{
    plat_monitor_enter(monitor);
    plat_monitor_free(monitor);
}

static void nothing(void *unused)
{
    (void)unused;
}

static void join_twice(void)
{
    task = plat_task_start(nothing, NULL);
    plat_task_join(task);
    plat_task_join(task);
}

static void join_self(void *unused)
{
    (void)unused;
    plat_monitor_enter(monitor); /* until the task is known */
    plat_task_join(task);
}

static void join_from_within(void)
{
    plat_monitor_enter(monitor);
    task = plat_task_start(join_self, NULL);
    plat_monitor_leave(monitor);
    pause();
}

/* --- the table -------------------------------------------------------------------------------- */

#define CLOSED "no stream, or one that was closed already"

static const struct {
    const char *name;
    void (*fn)(void);
    const char *says;
} rows[] = {
    {"close twice", close_twice, "plat_stream_close: " CLOSED},
    {"connect a closed one", connect_closed, "plat_stream_connect: " CLOSED},
    {"ask a closed one", ask_closed, "plat_stream_connect_result: " CLOSED},
    {"ends of a closed one", ends_of_closed, "plat_stream_ends: " CLOSED},
    {"read a closed one", read_closed, "plat_stream_read: " CLOSED},
    {"write a closed one", write_closed, "plat_stream_write: " CLOSED},
    {"nodelay of a closed one", nodelay_of_closed, "plat_stream_set_nodelay: " CLOSED},
    {"keep-alive of a closed one", keepalive_of_closed, "plat_stream_set_keepalive: " CLOSED},
    {"device of a closed one", device_of_closed, "plat_stream_bind_device: " CLOSED},
    {"blocking of a closed one", blocking_of_closed, "plat_stream_set_blocking: " CLOSED},
    {"descriptor of a closed one", fd_of_closed, "plat_stream_fd: of a stream that was closed"},
    {"wait for a closed one", wait_for_closed, "plat_wait: for a stream that was closed"},
    {"adopt twice", adopt_twice, "plat_stream_close: " CLOSED},
    {"read none", read_none, "plat_stream_read: " CLOSED},
    {"read an event", read_event, "plat_stream_read: an event is no stream"},
    {"write an event", write_event, "plat_stream_write: an event is no stream"},
    {"connect an event", connect_event, "plat_stream_connect: an event is no stream"},
    {"set a closed event", set_closed, "plat_event_set: " CLOSED},
    {"clear a closed event", clear_closed, "plat_event_clear: " CLOSED},
    {"set none", set_none, "plat_event_set: " CLOSED},
    {"set a stream", set_stream, "plat_event_set: a stream of bytes is no event"},
    {"clear a stream", clear_stream, "plat_event_clear: a stream of bytes is no event"},
    {"drop twice", drop_twice, "plat_resolve_drop: no look-up, or one that was dropped"},
    {"ask a dropped one", ask_dropped, "plat_resolve_result: no look-up, or one that was dropped"},
    {"close an awaited event", close_event_that_will_be_set, "plat_stream_close: a look-up"},
    {"look up without an event", start_without_event, "plat_resolve_start: " CLOSED},
    {"lock twice", lock_twice, "plat_mutex_lock: the caller has it already"},
    {"unlock a free one", unlock_free, "plat_mutex_unlock: the caller does not have it"},
    {"unlock another's", unlock_by_another, "plat_mutex_unlock: the caller does not have it"},
    {"clear a held one", clear_held, "plat_mutex_clear: somebody has it"},
    {"init a held one", init_held, "plat_mutex_init: somebody has it"},
    {"clear twice", clear_twice, "plat_mutex_clear: it was cleared"},
    {"lock a cleared one", lock_cleared, "plat_mutex_lock: it was cleared"},
    {"enter twice", enter_twice, "plat_monitor_enter: the caller has it already"},
    {"leave without entering", leave_without_entering, "plat_monitor_leave: the caller does not"},
    {"wait without entering", wait_without_entering, "plat_monitor_wait: the caller is not in it"},
    {"free from within", free_from_within, "plat_monitor_free: somebody has it"},
    {"join twice", join_twice, "plat_task_join: no task, or it was joined already"},
    {"join from within", join_from_within, "plat_task_join: from within"},
};

/** Run it in a child. @param text  what the child wrote to stderr @return how it ended */
static int run_in_child(void (*fn)(void), char *text, size_t cap)
{
    const struct rlimit no_core = {0, 0};
    size_t len = 0;
    int ends[2];
    int status;
    ssize_t got;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)alarm(30);
        make_all();
        fn();
        _exit(0);
    }
    assert_true(pid > 0);
    (void)close(ends[1]);
    while (len < cap - 1 && (got = read(ends[0], text + len, cap - 1 - len)) > 0) {
        len += (size_t)got;
    }
    text[len] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_misuse_each_ends_the_program_and_says_why(void **state)
{
    char text[4096];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int status = run_in_child(rows[i].fn, text, sizeof(text));

        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT ||
            strstr(text, rows[i].says) == NULL) {
            fail_msg("%s: status %#x, said: %s", rows[i].name, (unsigned)status, text);
        }
    }
}

static void test_misuse_none_is_seen_in_what_is_legal(void **state)
{
    char text[4096];

    (void)state;
    if (run_in_child(drop_all, text, sizeof(text)) != 0) {
        fail_msg("said: %s", text);
    }
}

static void test_reset_counts_the_locks_that_are_held(void **state)
{
    plat_mutex left;

    (void)state;
    assert_int_equal(plat_mutex_init(&left), 0);
    plat_mutex_lock(&left);
    assert_int_equal(sim_reset(), 1);
    plat_mutex_unlock(&left);
    plat_mutex_clear(&left);
    assert_int_equal(sim_reset(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_each_ends_the_program_and_says_why),
        cmocka_unit_test(test_misuse_none_is_seen_in_what_is_legal),
        cmocka_unit_test(test_reset_counts_the_locks_that_are_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
