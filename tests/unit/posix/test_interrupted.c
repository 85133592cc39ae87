/* What signals and limits do to POSIX's calls. The calls of the C library are wrapped by the
 * linker: each fails as often as a test says, and with what it says, before the real one is
 * called. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plat_clock.h"
#include "plat_net.h"
#include "plat_random.h"

static int failures; /* that are still to come */
static int failure;  /* errno of each */
static int calls;

/** @return the call fails */
static bool fails(void)
{
    calls++;
    if (failures == 0) {
        return false;
    }
    failures--;
    errno = failure;
    return true;
}

#define WRAP(type, name, parameters, arguments)                                                    \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails() ? (type)-1 : __real_##name arguments;                                       \
    }

WRAP(ssize_t, send, (int fd, const void *buf, size_t len, int flags), (fd, buf, len, flags))
WRAP(ssize_t, recv, (int fd, void *buf, size_t len, int flags), (fd, buf, len, flags))
WRAP(ssize_t, read, (int fd, void *buf, size_t len), (fd, buf, len))
WRAP(ssize_t, write, (int fd, const void *buf, size_t len), (fd, buf, len))
/* What the C library calls ppoll() where time_t was made 64 bits long. */
#ifdef __USE_TIME_BITS64
#define PPOLL __ppoll64
#else
#define PPOLL ppoll
#endif
#define WRAP_AS(type, name, parameters, arguments) WRAP(type, name, parameters, arguments)
WRAP_AS(int, PPOLL,
        (struct pollfd * polls, nfds_t n, const struct timespec *time, const sigset_t *mask),
        (polls, n, time, mask))
WRAP(ssize_t, getrandom, (void *buf, size_t len, unsigned flags), (buf, len, flags))

static void arm(int times, int error)
{
    failures = times;
    failure = error;
    calls = 0;
}

static void pair(plat_stream *near, int *far)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(plat_stream_adopt(near, fds[0]), PLAT_OK);
    *far = fds[1];
}

static int wait_for(plat_stream s, uint8_t want, uint64_t until)
{
    struct plat_wait_item item = {.stream = s, .want = want};

    return plat_wait(&item, 1, until);
}

static void test_transfer_goes_on_behind_signals(void **state)
{
    plat_stream s;
    int far;
    char buf[8];
    size_t n = 0;

    (void)state;
    pair(&s, &far);
    arm(5, EINTR);
    assert_int_equal(plat_stream_write(s, "hello", 5, &n), PLAT_OK);
    assert_int_equal(n, 5);
    assert_int_equal(calls, 6);
    assert_int_equal(__real_recv(far, buf, sizeof(buf), 0), 5); /* once */
    assert_int_equal(__real_send(far, "world", 5, 0), 5);
    arm(5, EINTR);
    assert_int_equal(plat_stream_read(s, buf, sizeof(buf), &n), PLAT_OK);
    assert_int_equal(n, 5);
    assert_int_equal(calls, 6);
    (void)plat_stream_close(s);
    (void)close(far);
}

/** The buffer is full: a signal then changes nothing, and nothing is sent. */
static void test_full_send_behind_signals_waits(void **state)
{
    static const char block[4096];
    plat_stream s;
    int far;
    size_t n = 0;

    (void)state;
    pair(&s, &far);
    arm(0, 0);
    while (plat_stream_write(s, block, sizeof(block), &n) == PLAT_OK) {
    }
    arm(3, EINTR);
    assert_int_equal(plat_stream_write(s, block, sizeof(block), &n), PLAT_AGAIN);
    assert_int_equal(n, 0);
    assert_int_equal(calls, 4);
    (void)plat_stream_close(s);
    (void)close(far);
}

static void test_event_is_set_and_cleared_behind_signals(void **state)
{
    plat_stream event;

    (void)state;
    assert_int_equal(plat_event_open(&event), PLAT_OK);
    arm(4, EINTR);
    plat_event_set(event);
    assert_int_equal(calls, 5);
    arm(0, 0);
    assert_int_equal(wait_for(event, PLAT_READ, plat_clock_us()), PLAT_OK);
    arm(4, EINTR);
    plat_event_clear(event);
    assert_int_equal(calls, 5);
    arm(0, 0);
    assert_int_equal(wait_for(event, PLAT_READ, plat_clock_us()), PLAT_AGAIN);
    (void)plat_stream_close(event);
}

/** A counter at its most is set as well: the call returns and the event stays. */
static void test_event_that_is_full_stays_set(void **state)
{
    const uint64_t most = UINT64_MAX - 1;
    plat_stream event;

    (void)state;
    arm(0, 0);
    assert_int_equal(plat_event_open(&event), PLAT_OK);
    assert_int_equal(__real_write((int)event.h, &most, sizeof(most)), sizeof(most));
    plat_event_set(event);
    assert_int_equal(wait_for(event, PLAT_READ, plat_clock_us()), PLAT_OK);
    (void)plat_stream_close(event);
}

static void test_wait_behind_signals_keeps_its_deadline(void **state)
{
    plat_stream event;
    uint64_t begun = plat_clock_us();

    (void)state;
    assert_int_equal(plat_event_open(&event), PLAT_OK);
    arm(3, EINTR);
    assert_int_equal(wait_for(event, PLAT_READ, begun + 20000), PLAT_AGAIN);
    assert_true(calls >= 4);
    assert_true(plat_clock_us() >= begun + 20000);
    arm(1, EINTR);
    plat_event_set(event);
    arm(2, EINTR);
    assert_int_equal(wait_for(event, PLAT_READ, plat_clock_us() + 1000000), PLAT_OK);
    arm(1, ENOMEM);
    assert_int_equal(wait_for(event, PLAT_READ, PLAT_NEVER), ENOMEM);
    (void)plat_stream_close(event);
}

static void test_random_behind_signals_is_whole(void **state)
{
    uint8_t bytes[64] = {0};
    uint8_t none[64] = {0};

    (void)state;
    arm(3, EINTR);
    assert_int_equal(plat_random(bytes, sizeof(bytes)), 0);
    assert_memory_not_equal(bytes, none, sizeof(bytes));
    arm(1, ENOSYS);
    assert_int_equal(plat_random(bytes, sizeof(bytes)), ENOSYS);
}

/** No descriptor is left: the error is the system's, and none is lost by it. */
static void test_no_descriptor_left_is_named(void **state)
{
    struct rlimit before;
    struct rlimit none;
    struct plat_addr addr;
    plat_stream s;

    (void)state;
    arm(0, 0);
    assert_true(plat_addr_parse("127.0.0.1", 9, &addr));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(plat_event_open(&s), EMFILE);
        assert_false(plat_stream_is_open(s));
        assert_int_equal(plat_stream_open(&s, addr.family), EMFILE);
        assert_false(plat_stream_is_open(s));
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(plat_event_open(&s), PLAT_OK);
    (void)plat_stream_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer_goes_on_behind_signals),
        cmocka_unit_test(test_full_send_behind_signals_waits),
        cmocka_unit_test(test_event_is_set_and_cleared_behind_signals),
        cmocka_unit_test(test_event_that_is_full_stays_set),
        cmocka_unit_test(test_wait_behind_signals_keeps_its_deadline),
        cmocka_unit_test(test_random_behind_signals_is_whole),
        cmocka_unit_test(test_no_descriptor_left_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
