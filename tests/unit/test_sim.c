/* The simulated world itself: time, names, connects, bytes, peers, faults. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <netdb.h>

#include "plat_clock.h"
#include "plat_heap.h"
#include "plat_random.h"
#include "plat_sim.h"

#define SECOND 1000000u

static int begin(void **state)
{
    (void)state;
    return sim_reset();
}

static int end(void **state)
{
    (void)state;
    return sim_reset();
}

static struct plat_addr address(const char *text, uint16_t port)
{
    struct plat_addr addr;

    assert_true(plat_addr_parse(text, strlen(text), &addr));
    addr.port = port;
    return addr;
}

static int wait_one(plat_stream s, uint8_t want, uint64_t deadline)
{
    struct plat_wait_item item = {.stream = s, .want = want};

    return plat_wait(&item, 1, deadline);
}

/** A stream that is connected to 10.0.0.1:443. */
static plat_stream connected(void)
{
    struct plat_addr addr = address("10.0.0.1", 443);
    plat_stream s;

    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET), PLAT_OK);
    assert_int_equal(plat_stream_connect(s, &addr), PLAT_AGAIN);
    assert_int_equal(wait_one(s, PLAT_WRITE, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_connect_result(s), PLAT_OK);
    return s;
}

/* --- time ----------------------------------------------------------------------------------- */

static void note_time(void *arg)
{
    *(uint64_t *)arg = plat_clock_us();
}

static void test_clock_starts_at_one_second_and_stands_still(void **state)
{
    int64_t wall;

    (void)state;
    assert_int_equal(plat_clock_us(), SECOND);
    assert_int_equal(plat_clock_us(), SECOND);
    sim_advance_us(2 * SECOND);
    assert_int_equal(plat_clock_us(), 3 * SECOND);
    assert_true(plat_wall_clock(&wall));
    assert_int_equal(wall, SIM_WALL_CLOCK + 2);
    sim_set_wall_clock(false, 0);
    assert_false(plat_wall_clock(&wall));
}

static void test_wait_goes_to_the_deadline_and_not_past_it(void **state)
{
    uint64_t at = 0;

    (void)state;
    sim_after(300, note_time, &at);
    assert_int_equal(plat_wait(NULL, 0, SECOND + 700), PLAT_AGAIN);
    assert_int_equal(plat_clock_us(), SECOND + 700);
    assert_int_equal(at, SECOND + 300);
    assert_int_equal(plat_wait(NULL, 0, 5), PLAT_AGAIN); /* a time that has passed */
    assert_int_equal(plat_clock_us(), SECOND + 700);
}

static void test_wait_without_anything_to_come_is_a_deadlock(void **state)
{
    plat_stream event;

    (void)state;
    assert_int_equal(plat_event_open(&event), PLAT_OK);
    assert_int_equal(wait_one(event, PLAT_READ, PLAT_NEVER), EDEADLK);
    plat_event_set(event);
    assert_int_equal(wait_one(event, PLAT_READ, PLAT_NEVER), PLAT_OK);
    plat_event_clear(event);
    assert_int_equal(wait_one(event, PLAT_READ, SECOND + 1), PLAT_AGAIN);
    assert_int_equal(plat_stream_close(event), PLAT_OK);
}

static void test_waiting_in_circles_is_a_loop(void **state)
{
    plat_stream event;
    int err = PLAT_OK;

    (void)state;
    assert_int_equal(plat_event_open(&event), PLAT_OK);
    plat_event_set(event);
    for (unsigned i = 0; i < 20000 && err == PLAT_OK; i++) {
        err = wait_one(event, PLAT_READ, PLAT_NEVER);
    }
    assert_int_equal(err, ELOOP);
    assert_int_equal(plat_stream_close(event), PLAT_OK);
}

/* --- names ---------------------------------------------------------------------------------- */

static void test_names_answer_when_they_are_told_to(void **state)
{
    static const struct {
        const char *host;
        int family;
        int err;
        int code;
        size_t n;
        uint64_t after;
    } rows[] = {
        {"both.test", PLAT_AF_ANY, PLAT_OK, 0, 3, 50},
        {"BOTH.test", PLAT_AF_INET6, PLAT_OK, 0, 1, 50},
        {"both.test", PLAT_AF_INET, PLAT_OK, 0, 2, 50},
        {"four.test", PLAT_AF_INET6, EIO, EAI_NONAME, 0, 0},
        {"broken.test", PLAT_AF_ANY, EIO, EAI_FAIL, 0, 70},
        {"unknown.test", PLAT_AF_ANY, EIO, EAI_NONAME, 0, 0},
        {"::1", PLAT_AF_ANY, PLAT_OK, 0, 1, 0},
        {"127.0.0.1", PLAT_AF_INET6, EIO, EAI_NONAME, 0, 0},
        {"never.test", PLAT_AF_ANY, PLAT_AGAIN, 0, 0, 1000},
    };

    (void)state;
    sim_name("both.test", "2001:db8::1 10.0.0.1  10.0.0.2", 50, 0);
    sim_name("four.test", "10.0.0.1", 0, 0);
    sim_name("broken.test", NULL, 70, EAI_FAIL);
    sim_name_never("never.test");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plat_addr addrs[4];
        struct plat_resolve *job;
        uint64_t begun = plat_clock_us();
        plat_stream wake;
        size_t n;
        int code;

        assert_int_equal(plat_event_open(&wake), PLAT_OK);
        assert_int_equal(plat_resolve_start(&job, rows[i].host, strlen(rows[i].host),
                                            rows[i].family, wake, NULL),
                         PLAT_OK);
        (void)wait_one(wake, PLAT_READ, begun + 1000);
        assert_int_equal(plat_clock_us() - begun, rows[i].after);
        assert_int_equal(plat_resolve_result(job, addrs, 4, &n, &code), rows[i].err);
        assert_int_equal(code, rows[i].code);
        assert_int_equal(n, rows[i].n);
        plat_resolve_drop(job);
        assert_int_equal(plat_stream_close(wake), PLAT_OK);
    }
    assert_int_equal(sim_lookups(), 9);
}

/* --- connects ------------------------------------------------------------------------------- */

static void test_connects_end_as_the_host_says(void **state)
{
    static const struct {
        const char *addr;
        enum sim_connect what;
        uint64_t delay;
        int begins;
        int ends;
    } rows[] = {
        {"10.0.0.1", SIM_ACCEPT, 0, PLAT_AGAIN, PLAT_OK},
        {"10.0.0.2", SIM_ACCEPT, 30, PLAT_AGAIN, PLAT_OK},
        {"2001:db8::3", SIM_ACCEPT_NOW, 0, PLAT_OK, PLAT_OK},
        {"10.0.0.4", SIM_REFUSE, 30, PLAT_AGAIN, ECONNREFUSED},
        {"10.0.0.5", SIM_UNREACHABLE, 0, EHOSTUNREACH, ENOTCONN}, /* it was told */
        {"10.0.0.6", SIM_UNREACHABLE, 30, PLAT_AGAIN, EHOSTUNREACH},
        {"10.0.0.7", SIM_BLACK_HOLE, 1000, PLAT_AGAIN, PLAT_AGAIN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plat_addr addr = address(rows[i].addr, 443);
        uint64_t begun = plat_clock_us();
        struct sim_attempt attempt;
        plat_stream s;

        sim_host(rows[i].addr, 443, rows[i].what, rows[i].delay, NULL, NULL);
        assert_int_equal(plat_stream_open(&s, addr.family), PLAT_OK);
        assert_int_equal(plat_stream_connect(s, &addr), rows[i].begins);
        (void)wait_one(s, PLAT_WRITE, begun + 1000);
        assert_int_equal(plat_clock_us() - begun, rows[i].delay);
        assert_int_equal(plat_stream_connect_result(s), rows[i].ends);
        assert_int_equal(sim_streams_open(), 1);
        assert_int_equal(plat_stream_close(s), PLAT_OK);
        assert_true(sim_attempt((unsigned)i, &attempt));
        assert_int_equal(attempt.addr.port, 443);
        assert_int_equal(attempt.begun_us, begun);
        assert_int_equal(attempt.closed_us, plat_clock_us());
    }
    assert_int_equal(sim_connects(), 7);
    assert_int_equal(sim_streams_opened(), 7);
    assert_int_equal(sim_streams_open(), 0);
}

static void test_ends_of_a_connection(void **state)
{
    struct plat_addr local;
    struct plat_addr peer;
    plat_stream s;

    (void)state;
    sim_host("10.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    s = connected();
    assert_int_equal(plat_stream_ends(s, &local, &peer), PLAT_OK);
    assert_int_equal(peer.port, 443);
    assert_int_equal(local.port, SIM_FIRST_PORT + plat_stream_fd(s));
    assert_int_equal(plat_stream_close(s), PLAT_OK);
    assert_int_equal(plat_stream_adopt(&s, sim_accepted(NULL, NULL)), PLAT_OK);
    assert_true(plat_stream_ends(s, &local, &peer) > 0);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void test_two_connects_race_and_the_wait_sees_the_first(void **state)
{
    struct plat_addr slow = address("10.0.0.1", 443);
    struct plat_addr fast = address("10.0.0.2", 443);
    struct plat_wait_item items[2] = {{.want = PLAT_WRITE}, {.want = PLAT_WRITE}};

    (void)state;
    sim_host("10.0.0.1", 0, SIM_ACCEPT, 500, NULL, NULL);
    sim_host("10.0.0.2", 0, SIM_ACCEPT, 100, NULL, NULL);
    assert_int_equal(plat_stream_open(&items[0].stream, PLAT_AF_INET), PLAT_OK);
    assert_int_equal(plat_stream_open(&items[1].stream, PLAT_AF_INET), PLAT_OK);
    assert_int_equal(plat_stream_connect(items[0].stream, &slow), PLAT_AGAIN);
    sim_advance_us(250);
    assert_int_equal(plat_stream_connect(items[1].stream, &fast), PLAT_AGAIN);
    assert_int_equal(plat_wait(items, 2, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_clock_us(), SECOND + 350);
    assert_int_equal(items[0].ready, 0);
    assert_int_equal(items[1].ready & PLAT_WRITE, PLAT_WRITE);
    assert_int_equal(plat_stream_close(items[0].stream), PLAT_OK);
    assert_int_equal(plat_stream_close(items[1].stream), PLAT_OK);
}

/* --- bytes ---------------------------------------------------------------------------------- */

/** Sends back what it gets, and closes after the client. */
static void echo(struct sim_peer *peer, void *arg)
{
    uint8_t buf[4096];
    size_t n;

    (void)arg;
    while ((n = sim_peer_read(peer, buf, sizeof(buf))) > 0) {
        assert_int_equal(sim_peer_write(peer, buf, n), n);
    }
    if (sim_peer_is_closed(peer)) {
        sim_peer_close(peer);
    }
}

static void put_all(plat_stream s, const uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t n;

        assert_int_equal(wait_one(s, PLAT_WRITE, PLAT_NEVER), PLAT_OK);
        assert_int_equal(plat_stream_write(s, bytes + at, len - at, &n), PLAT_OK);
        at += n;
    }
}

static void get_all(plat_stream s, uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t n;

        assert_int_equal(wait_one(s, PLAT_READ, PLAT_NEVER), PLAT_OK);
        assert_int_equal(plat_stream_read(s, bytes + at, len - at, &n), PLAT_OK);
        at += n;
    }
}

static void test_bytes_go_there_and_back_over_any_wire(void **state)
{
    static const struct {
        uint64_t delay;
        size_t max;
        unsigned seed;
    } rows[] = {{0, 0, 0}, {1000, 0, 0}, {10, 1, 0}, {0, 7, 0}, {5, 0, 1}, {0, 100, 2}};
    static uint8_t sent[5000];
    static uint8_t got[5000];

    (void)state;
    assert_int_equal(plat_random(sent, sizeof(sent)), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        plat_stream s;

        assert_int_equal(sim_reset(), 0);
        sim_host("10.0.0.1", 443, SIM_ACCEPT, 0, echo, NULL);
        sim_wire(rows[i].delay, rows[i].max, rows[i].max, 0);
        sim_wire_random(rows[i].seed);
        s = connected();
        put_all(s, sent, sizeof(sent));
        memset(got, 0, sizeof(got));
        get_all(s, got, sizeof(got));
        assert_memory_equal(sent, got, sizeof(sent));
        assert_int_equal(plat_clock_us(), SECOND + 2 * rows[i].delay);
        assert_int_equal(plat_stream_close(s), PLAT_OK);
    }
}

static void swallow_slowly(struct sim_peer *peer, void *arg)
{
    uint8_t buf[10];
    size_t *total = arg;

    *total += sim_peer_read(peer, buf, sizeof(buf));
    sim_peer_wake_in(peer, 100);
}

static void test_a_full_wire_makes_writes_short_until_the_peer_reads(void **state)
{
    uint8_t bytes[100] = {0};
    size_t total = 0;
    plat_stream s;
    size_t n;

    (void)state;
    sim_host("10.0.0.1", 443, SIM_ACCEPT, 0, swallow_slowly, &total);
    sim_wire(0, 0, 0, 30);
    s = connected();
    assert_int_equal(plat_stream_write(s, bytes, sizeof(bytes), &n), PLAT_OK);
    assert_int_equal(n, 30);
    assert_int_equal(plat_stream_write(s, bytes, sizeof(bytes), &n), PLAT_AGAIN);
    put_all(s, bytes, sizeof(bytes));
    assert_true(total >= 100);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void trickle(struct sim_peer *peer, void *arg)
{
    static const uint8_t bytes[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

    (void)arg;
    if (sim_peer_state(peer, 1) != NULL && *(uint8_t *)sim_peer_state(peer, 1) == 0) {
        *(uint8_t *)sim_peer_state(peer, 1) = 1;
        sim_peer_trickle(peer, 1, SECOND);
        assert_int_equal(sim_peer_write(peer, bytes, sizeof(bytes)), sizeof(bytes));
        sim_peer_close(peer);
    }
}

static void test_a_trickling_peer_delivers_a_byte_at_a_time(void **state)
{
    uint8_t bytes[20];
    uint64_t begun;
    plat_stream s;
    size_t n;

    (void)state;
    sim_host("10.0.0.1", 443, SIM_ACCEPT, 0, trickle, NULL);
    s = connected();
    begun = plat_clock_us();
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(wait_one(s, PLAT_READ, PLAT_NEVER), PLAT_OK);
        assert_int_equal(plat_stream_read(s, bytes, sizeof(bytes), &n), PLAT_OK);
        assert_int_equal(n, 1);
        assert_int_equal(bytes[0], i + 1);
    }
    assert_in_range(plat_clock_us() - begun, 9 * SECOND, 10 * SECOND);
    assert_int_equal(wait_one(s, PLAT_READ, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_read(s, bytes, sizeof(bytes), &n), PLAT_EOF);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void flood_peer(struct sim_peer *peer, void *unused)
{
    bool *is_begun = sim_peer_state(peer, sizeof(*is_begun));

    (void)unused;
    if (!*is_begun) {
        *is_begun = true;
        assert_int_equal(sim_peer_write(peer, "first", 5), 5);
    }
    sim_peer_flood(peer, "abc", 3); /* more than once: it goes on where it is */
}

static void test_a_flood_never_ends_and_reads_may_take_time(void **state)
{
    char buf[8];
    plat_stream s;
    size_t n;

    (void)state;
    sim_host("10.0.0.1", 443, SIM_ACCEPT, 0, flood_peer, NULL);
    s = connected();
    sim_advance_us(1);
    sim_io_time(10);
    assert_int_equal(plat_stream_read(s, buf, 7, &n), PLAT_OK);
    assert_int_equal(n, 7);
    assert_memory_equal(buf, "firstab", 7);
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t before = plat_clock_us();

        assert_int_equal(plat_stream_read(s, buf, 3, &n), PLAT_OK);
        assert_memory_equal(buf, "cab", 3);
        assert_int_equal(plat_clock_us() - before, 10);
        sim_advance_us(1); /* the peer runs */
    }
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void write_and_reset(struct sim_peer *peer, void *arg)
{
    (void)arg;
    (void)sim_peer_write(peer, "bye", 3);
    sim_peer_reset(peer, 0);
}

static void test_a_reset_comes_after_the_bytes_before_it(void **state)
{
    uint8_t bytes[20];
    plat_stream s;
    size_t n;

    (void)state;
    sim_host("10.0.0.1", 443, SIM_ACCEPT, 0, write_and_reset, NULL);
    s = connected();
    assert_int_equal(wait_one(s, PLAT_READ, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_read(s, bytes, sizeof(bytes), &n), PLAT_OK);
    assert_int_equal(n, 3);
    assert_int_equal(plat_stream_read(s, bytes, sizeof(bytes), &n), ECONNRESET);
    assert_int_equal(plat_stream_write(s, bytes, sizeof(bytes), &n), EPIPE); /* told only once */
    assert_int_equal(plat_stream_read(s, bytes, sizeof(bytes), &n), PLAT_EOF);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void test_a_failed_connect_tells_its_error_once(void **state)
{
    struct plat_addr addr = address("10.0.0.1", 443);
    plat_stream s;

    (void)state;
    sim_host("10.0.0.1", 443, SIM_REFUSE, 10, NULL, NULL);
    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET), PLAT_OK);
    assert_int_equal(plat_stream_connect(s, &addr), PLAT_AGAIN);
    assert_int_equal(wait_one(s, PLAT_WRITE, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_connect_result(s), ECONNREFUSED);
    assert_int_equal(plat_stream_connect_result(s), ENOTCONN);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void test_a_stolen_descriptor_is_a_bad_one(void **state)
{
    plat_stream s;
    uint8_t byte = 0;
    size_t n;

    (void)state;
    sim_host("10.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    s = connected();
    sim_steal(plat_stream_fd(s));
    assert_int_equal(wait_one(s, PLAT_READ, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_read(s, &byte, 1, &n), EBADF);
    assert_int_equal(plat_stream_write(s, &byte, 1, &n), EBADF);
    assert_int_equal(plat_stream_set_nodelay(s), EBADF);
    assert_int_equal(plat_stream_close(s), EBADF);
}

static void test_an_accepted_connection_is_adopted(void **state)
{
    plat_stream s;
    uint8_t byte = 7;
    size_t n;
    int fd = sim_accepted(echo, NULL);

    (void)state;
    assert_int_equal(plat_stream_adopt(&s, 12345), EBADF);
    assert_int_equal(plat_stream_adopt(&s, fd), PLAT_OK);
    assert_int_equal(plat_stream_fd(s), fd);
    assert_true(sim_last_nodelay());
    put_all(s, &byte, 1);
    assert_int_equal(wait_one(s, PLAT_READ, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_read(s, &byte, 1, &n), PLAT_OK);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
    assert_int_equal(plat_stream_adopt(&s, fd), EBADF);
}

static void test_options_are_kept_and_devices_checked(void **state)
{
    struct sim_options options;
    plat_stream s;

    (void)state;
    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET6), PLAT_OK);
    assert_false(sim_last_nodelay());
    assert_int_equal(plat_stream_set_nodelay(s), PLAT_OK);
    assert_int_equal(plat_stream_set_keepalive(s, 5, 6, 7), PLAT_OK);
    assert_int_equal(plat_stream_set_keepalive(s, 0, 6, 7), EINVAL);
    assert_int_equal(plat_stream_bind_device(s, "eth0"), PLAT_OK);
    assert_int_equal(plat_stream_bind_device(s, "eth9"), ENODEV);
    assert_int_equal(plat_stream_set_blocking(s, true), PLAT_OK);
    options = sim_last_options();
    assert_true(options.is_nodelay && options.has_keepalive && options.is_blocking);
    assert_int_equal(options.idle_s * 100 + options.interval_s * 10 + options.count, 567);
    assert_string_equal(options.device, "eth0");
    sim_fail_option(1, EPERM);
    assert_int_equal(plat_stream_set_nodelay(s), EPERM);
    assert_int_equal(sim_option_count(), 7);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

/* --- faults --------------------------------------------------------------------------------- */

static void test_io_faults_strike_the_call_they_were_set_for(void **state)
{
    uint8_t bytes[8] = {0};
    plat_stream s;
    size_t n;

    (void)state;
    sim_host("10.0.0.1", 443, SIM_ACCEPT, 0, echo, NULL);
    s = connected();
    sim_fail_io(2, SIM_FAULT_ERROR, ENETDOWN, false);
    assert_int_equal(plat_stream_write(s, bytes, 8, &n), PLAT_OK);
    assert_int_equal(plat_stream_write(s, bytes, 8, &n), ENETDOWN);
    assert_int_equal(plat_stream_write(s, bytes, 8, &n), PLAT_OK);
    sim_fail_io(1, SIM_FAULT_SHORT, 0, false);
    assert_int_equal(plat_stream_write(s, bytes, 8, &n), PLAT_OK);
    assert_int_equal(n, 1);
    sim_fail_io(1, SIM_FAULT_AGAIN, 0, false);
    assert_int_equal(wait_one(s, PLAT_READ, PLAT_NEVER), PLAT_OK);
    assert_int_equal(plat_stream_read(s, bytes, 8, &n), PLAT_AGAIN);
    assert_int_equal(plat_stream_read(s, bytes, 8, &n), PLAT_OK);
    sim_fail_io(1, SIM_FAULT_EOF, 0, true);
    assert_int_equal(plat_stream_read(s, bytes, 8, &n), PLAT_EOF);
    assert_int_equal(plat_stream_write(s, bytes, 8, &n), EPIPE);
    assert_int_equal(sim_io_count(), 8);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void test_a_stream_that_is_never_ready_ends_at_the_deadline(void **state)
{
    uint8_t byte = 0;
    plat_stream s;
    size_t n;

    (void)state;
    sim_host("10.0.0.1", 443, SIM_ACCEPT, 0, echo, NULL);
    s = connected();
    sim_fail_io(1, SIM_FAULT_AGAIN, 0, true);
    assert_int_equal(plat_stream_write(s, &byte, 1, &n), PLAT_AGAIN);
    assert_int_equal(wait_one(s, PLAT_WRITE, 9 * SECOND), PLAT_AGAIN);
    assert_int_equal(plat_clock_us(), 9 * SECOND);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void test_allocations_fail_singly_in_pairs_or_for_good(void **state)
{
    static const struct {
        unsigned first, second;
        bool sticky;
        const char *expected; /* of six: x = fails */
    } rows[] = {{0, 0, false, "......"}, {1, 0, false, "x....."}, {3, 0, false, "..x..."},
                {3, 0, true, "..xxxx"},  {2, 3, false, ".xx..."}, {1, 6, false, "x....x"}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].second != 0) {
            sim_fail_alloc_pair(rows[i].first, rows[i].second);
        } else {
            sim_fail_alloc(rows[i].first, rows[i].sticky);
        }
        for (size_t n = 0; n < 6; n++) {
            void *block = plat_alloc(NULL, PLAT_MEM_PROCESS, 10);

            assert_int_equal(block == NULL, rows[i].expected[n] == 'x');
            plat_free(block);
        }
    }
    assert_int_equal(sim_alloc_count(), 36);
    assert_int_equal(sim_alloc_live(), 0);
}

static void test_random_and_open_fail_when_told_to(void **state)
{
    uint8_t bytes[4];
    plat_stream s;

    (void)state;
    sim_fail_random(2);
    assert_int_equal(plat_random(bytes, 4), 0);
    assert_int_equal(plat_random(bytes, 4), EIO);
    assert_int_equal(plat_random(bytes, 4), 0);
    sim_fail_open(1, EMFILE);
    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET), EMFILE);
    assert_false(plat_stream_is_open(s));
    assert_int_equal(plat_stream_open(&s, 99), EAFNOSUPPORT);
}

static void allocate_in_peer(struct sim_peer *peer, void *arg)
{
    (void)peer;
    plat_free(plat_alloc(NULL, PLAT_MEM_PROCESS, 10));
    *(bool *)arg = true;
}

static void test_a_peers_own_allocations_do_not_count(void **state)
{
    bool was_called = false;
    plat_stream s;

    (void)state;
    sim_host("10.0.0.1", 443, SIM_ACCEPT, 0, allocate_in_peer, &was_called);
    s = connected();
    assert_true(was_called);
    assert_int_equal(sim_alloc_count(), 0);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

static void test_reset_tells_what_was_left_open(void **state)
{
    struct plat_resolve *job;
    plat_stream s;
    plat_stream wake;

    (void)state;
    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET), PLAT_OK);
    assert_int_equal(plat_event_open(&wake), PLAT_OK);
    assert_int_equal(plat_resolve_start(&job, "x.test", 6, PLAT_AF_ANY, wake, NULL), PLAT_OK);
    assert_int_equal(sim_reset(), 3);
    assert_int_equal(sim_reset(), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_clock_starts_at_one_second_and_stands_still),
        T(test_wait_goes_to_the_deadline_and_not_past_it),
        T(test_wait_without_anything_to_come_is_a_deadlock),
        T(test_waiting_in_circles_is_a_loop),
        T(test_names_answer_when_they_are_told_to),
        T(test_connects_end_as_the_host_says),
        T(test_ends_of_a_connection),
        T(test_two_connects_race_and_the_wait_sees_the_first),
        T(test_bytes_go_there_and_back_over_any_wire),
        T(test_a_full_wire_makes_writes_short_until_the_peer_reads),
        T(test_a_trickling_peer_delivers_a_byte_at_a_time),
        T(test_a_flood_never_ends_and_reads_may_take_time),
        T(test_a_reset_comes_after_the_bytes_before_it),
        T(test_a_failed_connect_tells_its_error_once),
        T(test_a_stolen_descriptor_is_a_bad_one),
        T(test_an_accepted_connection_is_adopted),
        T(test_options_are_kept_and_devices_checked),
        T(test_io_faults_strike_the_call_they_were_set_for),
        T(test_a_stream_that_is_never_ready_ends_at_the_deadline),
        T(test_allocations_fail_singly_in_pairs_or_for_good),
        T(test_random_and_open_fail_when_told_to),
        T(test_a_peers_own_allocations_do_not_count),
        T(test_reset_tells_what_was_left_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
