/* Name look-ups in threads. getaddrinfo() is the test's own, so that answers, failures and how long
 * they take are the test's choice. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plat_clock.h"
#include "plat_heap.h"
#include "plat_net.h"

#define MS 1000u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_held; /* look-ups do not end while it is true */
static unsigned running;
static unsigned running_most;
static unsigned calls;
static int family_asked;
static bool had_signals; /* a look-up's thread took signals */

/* --- pthread_create(), which fails as it is told ---------------------------------------------- */

static int thread_error; /* 0: it is the C library's */
static bool no_stack;    /* mmap() has no memory */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg);
void *__real_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset);
void *__real_mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t offset);
void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t offset);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg)
{
    return thread_error != 0 ? thread_error : __real_pthread_create(thread, attr, fn, arg);
}

void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
    return no_stack ? MAP_FAILED : __real_mmap(at, len, prot, flags, fd, offset);
}

/** mmap() on 32 bits. */
void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t offset)
{
    return no_stack ? MAP_FAILED : __real_mmap64(at, len, prot, flags, fd, offset);
}

static void enter(int family)
{
    sigset_t mask;

    (void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
    (void)pthread_mutex_lock(&lock);
    calls++;
    family_asked = family;
    had_signals |= sigismember(&mask, SIGINT) == 0;
    running++;
    running_most = running > running_most ? running : running_most;
    (void)pthread_cond_broadcast(&changed);
    while (is_held) {
        (void)pthread_cond_wait(&changed, &lock);
    }
    running--;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

static void hold(bool held)
{
    (void)pthread_mutex_lock(&lock);
    is_held = held;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

static void until_running(unsigned n)
{
    (void)pthread_mutex_lock(&lock);
    while (running != n) {
        (void)pthread_cond_wait(&changed, &lock);
    }
    (void)pthread_mutex_unlock(&lock);
}

/** What look-ups were asked, for reading while none runs. */
struct seen {
    unsigned calls;
    unsigned running_most;
    int family_asked;
    bool had_signals;
};

static struct seen seen_so_far(void)
{
    struct seen seen;

    (void)pthread_mutex_lock(&lock);
    seen = (struct seen){.calls = calls,
                         .running_most = running_most,
                         .family_asked = family_asked,
                         .had_signals = had_signals};
    (void)pthread_mutex_unlock(&lock);
    return seen;
}

static struct addrinfo *entry(const char *text, struct addrinfo *next)
{
    struct {
        struct addrinfo info;
        struct sockaddr_in6 sa;
    } *made = calloc(1, sizeof(*made));
    struct plat_addr addr;

    assert_non_null(made);
    assert_true(plat_addr_parse(text, strlen(text), &addr));
    made->info.ai_next = next;
    made->info.ai_addr = (struct sockaddr *)&made->sa;
    made->sa.sin6_family = addr.family == PLAT_AF_INET6 ? AF_INET6 : AF_INET;
    if (addr.family == PLAT_AF_INET6) {
        memcpy(&made->sa.sin6_addr, addr.ip, 16);
        made->sa.sin6_scope_id = addr.scope;
    } else {
        memcpy(&((struct sockaddr_in *)&made->sa)->sin_addr, addr.ip, 4);
    }
    return &made->info;
}

/** Is the look-up to do without servers, in the thread that asks? */
static bool has_no_server(void)
{
    return (_res.options & RES_INIT) != 0 && _res.nscount == 0;
}

/* In the place of the C library's. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
    (void)service;
    if (!has_no_server()) {
        enter(hints->ai_family);
    } else if (strcmp(host, "hosts.test") != 0) {
        return EAI_AGAIN;
    }
    if (strcmp(host, "unknown.test") == 0) {
        return EAI_NONAME;
    }
    if (strcmp(host, "memory.test") == 0) {
        return EAI_MEMORY;
    }
    if (strcmp(host, "system.test") == 0) {
        errno = ENFILE;
        return EAI_SYSTEM;
    }
    *list = NULL;
    if (strcmp(host, "empty.test") != 0) {
        *list = entry("2001:db8::1", entry("10.0.0.1", entry("2001:db8::1", NULL)));
    }
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;

        free(list);
        list = next;
    }
}

static plat_stream wake;

static int begin(void **state)
{
    (void)state;
    return plat_event_open(&wake);
}

/** Threads may still be letting go of their jobs. */
static int end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        struct plat_mem_use use;
        uint32_t count;
        uint32_t largest;

        plat_heap_overall(&use, &count, &largest);
        if (use.live == 0) {
            return plat_stream_close(wake);
        }
        (void)usleep(1 * MS);
    }
    return -1;
}

static struct plat_resolve *start(const char *host, int family)
{
    struct plat_resolve *job;

    assert_int_equal(plat_resolve_start(&job, host, strlen(host), family, wake, NULL), PLAT_OK);
    return job;
}

static int wait_wake(void)
{
    struct plat_wait_item item = {.stream = wake, .want = PLAT_READ};

    return plat_wait(&item, 1, plat_clock_us() + 10000 * MS);
}

static void test_answers_come_in_order_and_once_each(void **state)
{
    struct plat_resolve *job = start("some.test", PLAT_AF_ANY);
    struct plat_addr addrs[4];
    char text[PLAT_ADDR_TEXT];
    size_t n;
    int code;

    (void)state;
    assert_int_equal(wait_wake(), PLAT_OK);
    assert_int_equal(plat_resolve_result(job, addrs, 4, &n, &code), PLAT_OK);
    assert_int_equal(n, 2);
    plat_addr_text(&addrs[0], text);
    assert_string_equal(text, "2001:db8::1");
    plat_addr_text(&addrs[1], text);
    assert_string_equal(text, "10.0.0.1");
    assert_int_equal(plat_resolve_result(job, addrs, 1, &n, &code), PLAT_OK);
    assert_int_equal(n, 1);
    plat_resolve_drop(job);
    plat_resolve_drop(NULL);
    assert_false(seen_so_far().had_signals);
}

static void test_literals_take_no_thread(void **state)
{
    static const struct {
        const char *host;
        int family;
        int err;
        int code;
    } rows[] = {{"127.0.0.1", PLAT_AF_ANY, PLAT_OK, 0},
                {"::1", PLAT_AF_INET6, PLAT_OK, 0},
                {"::1", PLAT_AF_INET, EIO, EAI_ADDRFAMILY}};
    unsigned before = seen_so_far().calls;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plat_resolve *job = start(rows[i].host, rows[i].family);
        struct plat_wait_item item = {.stream = wake, .want = PLAT_READ};
        struct plat_addr addr;
        size_t n;
        int code;

        assert_int_equal(plat_wait(&item, 1, 0), PLAT_OK);
        assert_int_equal(plat_resolve_result(job, &addr, 1, &n, &code), rows[i].err);
        assert_int_equal(code, rows[i].code);
        plat_resolve_drop(job);
        plat_event_clear(wake);
    }
    assert_int_equal(seen_so_far().calls, before);
}

static void test_failures_keep_the_resolvers_code(void **state)
{
    static const struct {
        const char *host;
        int err;
        int code;
    } rows[] = {{"unknown.test", EIO, EAI_NONAME},
                {"memory.test", ENOMEM, EAI_MEMORY},
                {"system.test", ENFILE, EAI_SYSTEM},
                {"empty.test", EIO, EAI_NONAME}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plat_resolve *job = start(rows[i].host, PLAT_AF_ANY);
        struct plat_addr addr;
        size_t n;
        int code;

        assert_int_equal(wait_wake(), PLAT_OK);
        assert_int_equal(plat_resolve_result(job, &addr, 1, &n, &code), rows[i].err);
        assert_int_equal(code, rows[i].code);
        assert_int_equal(n, 0);
        plat_resolve_drop(job);
        plat_event_clear(wake);
    }
}

static void test_the_family_is_passed_on(void **state)
{
    static const int rows[][2] = {
        {PLAT_AF_ANY, AF_UNSPEC}, {PLAT_AF_INET, AF_INET}, {PLAT_AF_INET6, AF_INET6}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct plat_resolve *job = start("some.test", rows[i][0]);

        assert_int_equal(wait_wake(), PLAT_OK);
        assert_int_equal(seen_so_far().family_asked, rows[i][1]);
        plat_resolve_drop(job);
        plat_event_clear(wake);
    }
}

static void test_names_that_cannot_be_are_refused(void **state)
{
    static char long_name[2000];
    struct plat_resolve *job;

    (void)state;
    memset(long_name, 'a', sizeof(long_name));
    assert_int_equal(plat_resolve_start(&job, "", 0, PLAT_AF_ANY, wake, NULL), EINVAL);
    assert_int_equal(plat_resolve_start(&job, "a\0b", 3, PLAT_AF_ANY, wake, NULL), EINVAL);
    assert_int_equal(
        plat_resolve_start(&job, long_name, sizeof(long_name), PLAT_AF_ANY, wake, NULL), EINVAL);
    assert_null(job);
}

static void test_a_drop_does_not_wait_and_leaves_the_event_alone(void **state)
{
    struct plat_wait_item item = {.stream = wake, .want = PLAT_READ};
    struct plat_resolve *job;
    struct plat_addr addr;
    size_t n;
    int code;

    (void)state;
    hold(true);
    job = start("some.test", PLAT_AF_ANY);
    until_running(1);
    assert_int_equal(plat_resolve_result(job, &addr, 1, &n, &code), PLAT_AGAIN);
    plat_resolve_drop(job);
    hold(false);
    until_running(0);
    assert_int_equal(plat_wait(&item, 1, plat_clock_us() + 20 * MS), PLAT_AGAIN);
}

static unsigned tasks(void)
{
    DIR *all = opendir("/proc/self/task");
    unsigned n = 0;

    assert_non_null(all);
    while (readdir(all) != NULL) {
        n++;
    }
    (void)closedir(all);
    return n - 2; /* . and .. */
}

/** A thread that has ended is gone a moment later. */
static void until_tasks(unsigned n)
{
    for (unsigned i = 0; tasks() != n && i < 5000; i++) {
        (void)usleep(1 * MS);
    }
    assert_int_equal(tasks(), n);
}

static void assert_found(struct plat_resolve *job)
{
    struct plat_addr addr;
    size_t n = 0;
    int code;
    int err = PLAT_AGAIN;

    for (unsigned tries = 0; err == PLAT_AGAIN && tries < 10000; tries++) {
        err = plat_resolve_result(job, &addr, 1, &n, &code);
        (void)usleep(100);
    }
    assert_int_equal(err, PLAT_OK);
    assert_int_equal(n, 1);
}

enum {
    FULL = 64,
    MANY = FULL + 12
};

static void test_sixty_four_look_up_and_the_rest_queue(void **state)
{
    struct plat_resolve *jobs[MANY];
    unsigned before = tasks();

    (void)state;
    hold(true);
    for (size_t i = 0; i < MANY; i++) {
        jobs[i] = start("some.test", PLAT_AF_ANY);
    }
    until_running(FULL);
    plat_resolve_drop(jobs[MANY - 1]); /* the queue's last, middle and first */
    plat_resolve_drop(jobs[FULL + 4]);
    plat_resolve_drop(jobs[FULL]);
    jobs[FULL] = start("some.test", PLAT_AF_ANY);
    until_tasks(before + FULL); /* the one that sorted them is done */
    hold(false);
    for (size_t i = 0; i < MANY - 1; i++) {
        if (i != FULL + 4) {
            assert_found(jobs[i]);
            plat_resolve_drop(jobs[i]);
        }
    }
    assert_int_equal(seen_so_far().running_most, FULL);
    until_tasks(before);
}

static void test_what_needs_no_server_is_answered_when_all_threads_stall(void **state)
{
    struct plat_resolve *stalled[MANY];
    struct plat_resolve *known;
    unsigned before = tasks();

    (void)state;
    hold(true);
    for (size_t i = 0; i < MANY; i++) {
        stalled[i] = start("some.test", PLAT_AF_ANY);
    }
    until_running(FULL);
    known = start("hosts.test", PLAT_AF_ANY);
    assert_found(known);
    plat_resolve_drop(known);
    for (size_t i = 0; i < MANY; i++) {
        plat_resolve_drop(stalled[i]);
    }
    known = start("hosts.test", PLAT_AF_ANY);
    assert_found(known);
    plat_resolve_drop(known);
    hold(false);
    until_tasks(before);
}

static void test_a_limit_of_threads_is_told_from_a_lack_of_memory(void **state)
{
    static const struct {
        int error;
        bool no_stack;
        int told;
    } rows[] = {{EAGAIN, false, EAGAIN}, {EAGAIN, true, ENOMEM}, {EPERM, false, EPERM}};
    struct plat_resolve *job;

    (void)state;
    until_running(0);
    (void)usleep(10 * MS); /* the threads of earlier look-ups end behind their work */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        thread_error = rows[i].error;
        no_stack = rows[i].no_stack;
        assert_int_equal(plat_resolve_start(&job, "some.test", 9, PLAT_AF_ANY, wake, NULL),
                         rows[i].told);
        assert_null(job);
    }
    thread_error = 0;
    no_stack = false;
}

/** Drops at every moment of a look-up's life. */
static void *start_and_drop(void *arg)
{
    unsigned step = *(unsigned *)arg;
    plat_stream event;

    for (unsigned i = 0; i < 300; i++) {
        struct plat_resolve *job;
        struct plat_addr addr;
        size_t n;
        int code;

        if (plat_event_open(&event) != PLAT_OK ||
            plat_resolve_start(&job, "some.test", 9, PLAT_AF_ANY, event, NULL) != PLAT_OK) {
            abort();
        }
        for (unsigned spin = 0; spin < i * step % 7; spin++) {
            (void)usleep(10);
            if (plat_resolve_result(job, &addr, 1, &n, &code) > 0) {
                abort();
            }
        }
        plat_resolve_drop(job);
        (void)plat_stream_close(event);
    }
    return NULL;
}

static void test_drops_race_with_answers(void **state)
{
    unsigned steps[4] = {1, 2, 3, 5};
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, start_and_drop, &steps[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_answers_come_in_order_and_once_each),
        T(test_literals_take_no_thread),
        T(test_failures_keep_the_resolvers_code),
        T(test_the_family_is_passed_on),
        T(test_names_that_cannot_be_are_refused),
        T(test_a_drop_does_not_wait_and_leaves_the_event_alone),
        T(test_sixty_four_look_up_and_the_rest_queue),
        T(test_what_needs_no_server_is_answered_when_all_threads_stall),
        T(test_a_limit_of_threads_is_told_from_a_lack_of_memory),
        T(test_drops_race_with_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
