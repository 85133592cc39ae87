/* Streams, events and waiting on real sockets of the loopback. The kernel chooses every port. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "plat_clock.h"
#include "plat_heap.h"
#include "plat_net.h"
#include "plat_random.h"

#define MS 1000u

static int wait_one(plat_stream s, uint8_t want, uint64_t in_us)
{
    struct plat_wait_item item = {.stream = s, .want = want};

    return plat_wait(&item, 1, in_us == PLAT_NEVER ? PLAT_NEVER : plat_clock_us() + in_us);
}

/** A socket that listens on the loopback. @param addr  out: where */
static int listener(struct plat_addr *addr)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(sa);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    assert_true(plat_addr_parse("127.0.0.1", 9, addr));
    addr->port = ntohs(sa.sin_port);
    return fd;
}

/** Two connected streams. @param peer  out: a blocking socket */
static plat_stream pair(int *peer)
{
    struct plat_addr addr;
    int listening = listener(&addr);
    plat_stream s;
    int err;

    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET), PLAT_OK);
    err = plat_stream_connect(s, &addr);
    assert_true(err == PLAT_OK || err == PLAT_AGAIN);
    assert_int_equal(wait_one(s, PLAT_WRITE, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_connect_result(s), PLAT_OK);
    *peer = accept(listening, NULL, NULL);
    assert_true(*peer >= 0);
    assert_int_equal(close(listening), 0);
    return s;
}

static int option(plat_stream s, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    assert_int_equal(getsockopt(plat_stream_fd(s), level, name, &value, &len), 0);
    return value;
}

static void test_bytes_go_both_ways(void **state)
{
    char buf[16];
    plat_stream s;
    size_t n;
    int peer;

    (void)state;
    s = pair(&peer);
    assert_int_equal(plat_stream_read(s, buf, sizeof(buf), &n), PLAT_AGAIN);
    assert_int_equal(wait_one(s, PLAT_READ, 1 * MS), PLAT_AGAIN);
    assert_int_equal(plat_stream_write(s, "hello", 5, &n), PLAT_OK);
    assert_int_equal(n, 5);
    assert_int_equal(read(peer, buf, sizeof(buf)), 5);
    assert_int_equal(write(peer, "world!", 6), 6);
    assert_int_equal(wait_one(s, PLAT_READ, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_read(s, buf, sizeof(buf), &n), PLAT_OK);
    assert_int_equal(n, 6);
    assert_int_equal(plat_stream_read(s, buf, 0, &n), EINVAL);
    assert_int_equal(plat_stream_write(s, buf, 0, &n), EINVAL);
    assert_int_equal(close(peer), 0);
    assert_int_equal(wait_one(s, PLAT_READ, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_read(s, buf, sizeof(buf), &n), PLAT_EOF);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void test_a_reset_is_an_errno_value_and_no_signal(void **state)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    char buf[16] = {0};
    plat_stream s;
    size_t n;
    int peer;
    int err;

    (void)state;
    s = pair(&peer);
    assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    assert_int_equal(close(peer), 0);
    assert_int_equal(wait_one(s, PLAT_READ, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_read(s, buf, sizeof(buf), &n), ECONNRESET);
    err = plat_stream_write(s, buf, sizeof(buf), &n); /* SIGPIPE would end the test */
    assert_int_equal(err, EPIPE);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void test_a_full_send_buffer_is_again_and_then_writable(void **state)
{
    static char bytes[65536];
    plat_stream s;
    size_t total = 0;
    size_t n;
    int peer;

    (void)state;
    s = pair(&peer);
    while (plat_stream_write(s, bytes, sizeof(bytes), &n) == PLAT_OK) {
        total += n;
    }
    assert_int_equal(plat_stream_write(s, bytes, sizeof(bytes), &n), PLAT_AGAIN);
    assert_int_equal(n, 0);
    assert_int_equal(wait_one(s, PLAT_WRITE, 1 * MS), PLAT_AGAIN);
    while (total > 0) {
        ssize_t got = read(peer, bytes, sizeof(bytes));

        assert_true(got > 0);
        total -= (size_t)got;
    }
    assert_int_equal(wait_one(s, PLAT_WRITE, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
    assert_int_equal(close(peer), 0);
}

static void test_a_refused_connect_tells_its_reason_and_goes_on_failing(void **state)
{
    struct plat_addr addr;
    plat_stream s;
    int err;

    (void)state;
    assert_int_equal(close(listener(&addr)), 0);
    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET), PLAT_OK);
    err = plat_stream_connect(s, &addr);
    if (err == PLAT_AGAIN) {
        assert_int_equal(wait_one(s, PLAT_WRITE, PLAT_NEVER), PLAT_OK);
        err = plat_stream_connect_result(s);
    }
    assert_int_equal(err, ECONNREFUSED);
    assert_int_equal(plat_stream_connect_result(s), ENOTCONN);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void test_ipv6_connects_where_there_is_a_loopback(void **state)
{
    struct sockaddr_in6 sa = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t len = sizeof(sa);
    struct plat_addr addr;
    plat_stream s;
    int err;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
        print_message("no IPv6 loopback on this machine\n");
        (void)close(fd);
        skip();
    }
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    assert_true(plat_addr_parse("::1", 3, &addr));
    addr.port = ntohs(sa.sin6_port);
    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET6), PLAT_OK);
    err = plat_stream_connect(s, &addr);
    assert_true(err == PLAT_OK || err == PLAT_AGAIN);
    assert_int_equal(wait_one(s, PLAT_WRITE, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_connect_result(s), PLAT_OK);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
    assert_int_equal(close(fd), 0);
}

static void test_both_ends_of_a_connection_are_told(void **state)
{
    struct plat_addr local;
    struct plat_addr peer_addr;
    struct sockaddr_in sa;
    socklen_t len = sizeof(sa);
    plat_stream s;
    int peer;

    (void)state;
    s = pair(&peer);
    assert_int_equal(plat_stream_ends(s, &local, &peer_addr), PLAT_OK);
    assert_int_equal(getpeername(peer, (struct sockaddr *)&sa, &len), 0);
    assert_int_equal(local.family, PLAT_AF_INET);
    assert_int_equal(local.port, ntohs(sa.sin_port));
    assert_memory_equal(local.ip, &sa.sin_addr, 4);
    assert_int_equal(getsockname(peer, (struct sockaddr *)&sa, &len), 0);
    assert_int_equal(peer_addr.port, ntohs(sa.sin_port));
    assert_memory_equal(peer_addr.ip, &sa.sin_addr, 4);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
    assert_int_equal(close(peer), 0);

    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET6), PLAT_OK);
    assert_int_equal(plat_stream_ends(s, &local, &peer_addr), ENOTCONN);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
    assert_int_equal(plat_stream_ends(s, &local, &peer_addr), EBADF);
}

static void test_a_pair_that_is_no_tcp_has_no_ends(void **state)
{
    struct plat_addr local;
    struct plat_addr peer;
    int fd[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    assert_int_equal(plat_stream_ends((plat_stream){fd[0]}, &local, &peer), EAFNOSUPPORT);
    assert_int_equal(close(fd[0]), 0);
    assert_int_equal(close(fd[1]), 0);
}

static void test_options_reach_the_socket(void **state)
{
    struct ifreq none = {0};
    struct ifreq named = {0};
    plat_stream s;

    (void)state;
    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET), PLAT_OK);
    assert_int_equal(fcntl(plat_stream_fd(s), F_GETFD), FD_CLOEXEC);
    assert_true((fcntl(plat_stream_fd(s), F_GETFL) & O_NONBLOCK) != 0);
    assert_int_equal(option(s, IPPROTO_TCP, TCP_NODELAY), 0);
    assert_int_equal(plat_stream_set_nodelay(s), PLAT_OK);
    assert_int_equal(option(s, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(plat_stream_set_keepalive(s, 11, 12, 13), PLAT_OK);
    assert_int_equal(option(s, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option(s, IPPROTO_TCP, TCP_KEEPIDLE), 11);
    assert_int_equal(option(s, IPPROTO_TCP, TCP_KEEPINTVL), 12);
    assert_int_equal(option(s, IPPROTO_TCP, TCP_KEEPCNT), 13);
    assert_int_equal(plat_stream_set_keepalive(s, 0, 0, 0), EINVAL);
    assert_int_equal(plat_stream_bind_device(s, "nosuchdevice0"), ENODEV);
    assert_int_equal(plat_stream_bind_device(s, "a-name-that-is-far-too-long"), ENODEV);
    assert_int_equal(plat_stream_set_blocking(s, true), PLAT_OK);
    assert_true((fcntl(plat_stream_fd(s), F_GETFL) & O_NONBLOCK) == 0);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
    assert_int_equal(plat_stream_close(PLAT_STREAM_NONE), PLAT_OK);
    memcpy(named.ifr_name, "eth0", 5);
    assert_null(plat_ifreq_name(NULL));
    assert_null(plat_ifreq_name(&none));
    assert_string_equal(plat_ifreq_name(&named), "eth0");
}

static void test_adopting_makes_non_blocking_and_refuses_what_is_no_socket(void **state)
{
    plat_stream s;
    plat_stream adopted;
    int fds[2];
    int peer;

    (void)state;
    s = pair(&peer);
    assert_int_equal(plat_stream_adopt(&adopted, peer), PLAT_OK);
    assert_true((fcntl(peer, F_GETFL) & O_NONBLOCK) != 0);
    assert_int_equal(option(adopted, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(plat_stream_close(adopted), PLAT_OK);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(plat_stream_adopt(&adopted, fds[0]), PLAT_OK);
    assert_int_equal(plat_stream_close(adopted), PLAT_OK);
    assert_int_equal(close(fds[1]), 0);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(plat_stream_adopt(&adopted, fds[0]), ENOTSOCK);
    assert_false(plat_stream_is_open(adopted));
    assert_int_equal(close(fds[0]) + close(fds[1]), 0);
    assert_int_equal(plat_stream_adopt(&adopted, fds[0]), EBADF);
}

static void test_closing_shuts_down_for_copies_too(void **state)
{
    char byte;
    plat_stream s;
    int peer;
    int copy;

    (void)state;
    s = pair(&peer);
    copy = dup(plat_stream_fd(s));
    assert_int_equal(plat_stream_close(s), PLAT_OK);
    assert_int_equal(read(peer, &byte, 1), 0);
    assert_int_equal(close(copy) + close(peer), 0);
}

/* --- waiting -------------------------------------------------------------------------------- */

static void test_a_deadline_is_met_and_not_before(void **state)
{
    uint64_t begun = plat_clock_us();

    (void)state;
    assert_int_equal(plat_wait(NULL, 0, begun + 20 * MS), PLAT_AGAIN);
    assert_in_range(plat_clock_us() - begun, 20 * MS, 2000 * MS);
    assert_int_equal(plat_wait(NULL, 0, 0), PLAT_AGAIN);
    assert_int_equal(plat_wait(NULL, 0, PLAT_NEVER), EDEADLK);
    assert_int_equal(wait_one(PLAT_STREAM_NONE, PLAT_READ, PLAT_NEVER), EDEADLK);
    assert_int_equal(wait_one(PLAT_STREAM_NONE, PLAT_READ, 0), PLAT_AGAIN);
}

static void *set_soon(void *arg)
{
    (void)usleep(10 * MS);
    plat_event_set(*(plat_stream *)arg);
    return NULL;
}

static void test_an_event_wakes_from_another_thread_until_cleared(void **state)
{
    plat_stream event;
    pthread_t thread;

    (void)state;
    assert_int_equal(plat_event_open(&event), PLAT_OK);
    assert_int_equal(pthread_create(&thread, NULL, set_soon, &event), 0);
    assert_int_equal(wait_one(event, PLAT_READ, PLAT_NEVER), PLAT_OK);
    assert_int_equal(wait_one(event, PLAT_READ, PLAT_NEVER), PLAT_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    plat_event_clear(event);
    plat_event_clear(event);
    assert_int_equal(wait_one(event, PLAT_READ, 1 * MS), PLAT_AGAIN);
    assert_int_equal(plat_stream_close(event), PLAT_OK);
}

static void nothing(int signal)
{
    (void)signal;
}

static void *interrupt(void *arg)
{
    for (unsigned i = 0; i < 20; i++) {
        (void)usleep(2 * MS);
        (void)pthread_kill(*(pthread_t *)arg, SIGUSR1);
    }
    return NULL;
}

static void test_signals_do_not_end_a_wait(void **state)
{
    struct sigaction action = {.sa_handler = nothing};
    pthread_t self = pthread_self();
    uint64_t begun = plat_clock_us();
    pthread_t thread;

    (void)state;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, interrupt, &self), 0);
    assert_int_equal(plat_wait(NULL, 0, begun + 30 * MS), PLAT_AGAIN);
    assert_true(plat_clock_us() - begun >= 30 * MS);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void test_only_what_is_wanted_makes_ready(void **state)
{
    struct plat_wait_item items[3];
    plat_stream event;
    plat_stream s;
    int peer;

    (void)state;
    s = pair(&peer);
    assert_int_equal(plat_event_open(&event), PLAT_OK);
    items[0] = (struct plat_wait_item){.stream = s, .want = PLAT_READ};
    items[1] = (struct plat_wait_item){.stream = event, .want = PLAT_READ, .ready = 3};
    items[2] = (struct plat_wait_item){.stream = s, .want = 0};
    assert_int_equal(plat_wait(items, 3, 0), PLAT_AGAIN);
    items[0].want = PLAT_READ | PLAT_WRITE;
    assert_int_equal(plat_wait(items, 3, PLAT_NEVER), PLAT_OK);
    assert_int_equal(items[0].ready, PLAT_WRITE);
    assert_int_equal(items[1].ready, 0);
    assert_int_equal(items[2].ready, 0);
    assert_int_equal(plat_stream_close(event), PLAT_OK);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
    assert_int_equal(close(peer), 0);
}

static void test_a_descriptor_of_any_value_can_be_waited_for(void **state)
{
    enum {
        HIGH = 3000,
        MANY = 40
    };
    struct rlimit limit;
    struct plat_wait_item items[MANY];
    plat_stream event;
    int high;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < HIGH + 1) {
        print_message("the hard limit for descriptors is %lu\n", (unsigned long)limit.rlim_max);
        skip();
    }
    limit.rlim_cur = limit.rlim_cur < HIGH + 1 ? HIGH + 1 : limit.rlim_cur;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(plat_event_open(&event), PLAT_OK);
    high = fcntl(plat_stream_fd(event), F_DUPFD_CLOEXEC, HIGH);
    assert_int_equal(high, HIGH);
    for (size_t i = 0; i < MANY; i++) {
        items[i] = (struct plat_wait_item){.stream = {high}, .want = PLAT_READ};
    }
    assert_int_equal(plat_wait(items, MANY, 0), PLAT_AGAIN);
    plat_event_set((plat_stream){high});
    assert_int_equal(plat_wait(items, MANY, PLAT_NEVER), PLAT_OK);
    assert_int_equal(items[MANY - 1].ready, PLAT_READ);
    assert_int_equal(plat_stream_close(event), PLAT_OK);
    assert_int_equal(close(high), 0);
}

/* --- clock, random, heap -------------------------------------------------------------------- */

static void test_clock_and_random_are_the_systems(void **state)
{
    uint8_t a[300] = {0};
    uint8_t b[300] = {0};
    uint64_t then = plat_clock_us();
    int64_t now;

    (void)state;
    assert_true(plat_clock_us() >= then);
    assert_true(plat_wall_clock(&now));
    assert_in_range(now - (int64_t)time(NULL) + 2, 0, 4);
    assert_true(plat_wall_clock_us(&now));
    assert_in_range(now / 1000000 - (int64_t)time(NULL) + 2, 0, 4);
    assert_int_equal(plat_random(a, sizeof(a)), 0);
    assert_int_equal(plat_random(b, sizeof(b)), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_int_equal(plat_random(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_go_both_ways),
        cmocka_unit_test(test_a_reset_is_an_errno_value_and_no_signal),
        cmocka_unit_test(test_a_full_send_buffer_is_again_and_then_writable),
        cmocka_unit_test(test_a_refused_connect_tells_its_reason_and_goes_on_failing),
        cmocka_unit_test(test_ipv6_connects_where_there_is_a_loopback),
        cmocka_unit_test(test_both_ends_of_a_connection_are_told),
        cmocka_unit_test(test_a_pair_that_is_no_tcp_has_no_ends),
        cmocka_unit_test(test_options_reach_the_socket),
        cmocka_unit_test(test_adopting_makes_non_blocking_and_refuses_what_is_no_socket),
        cmocka_unit_test(test_closing_shuts_down_for_copies_too),
        cmocka_unit_test(test_a_deadline_is_met_and_not_before),
        cmocka_unit_test(test_an_event_wakes_from_another_thread_until_cleared),
        cmocka_unit_test(test_signals_do_not_end_a_wait),
        cmocka_unit_test(test_only_what_is_wanted_makes_ready),
        cmocka_unit_test(test_a_descriptor_of_any_value_can_be_waited_for),
        cmocka_unit_test(test_clock_and_random_are_the_systems),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
