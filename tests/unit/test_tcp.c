/* Names, addresses and sockets: from a host name to an open TCP connection, and plain TCP on it. */
#define _GNU_SOURCE
#include "sim_test.h"

#include <net/if.h>
#include <netdb.h>
#include <stdio.h>

#include "plat_errno.h"

#define HOST "host.test"
#define PORT 8080

static int setup_plain(void **state)
{
    int ret = sim_setup(state);
    struct sim_case *t = *state;

    t->cfg = (esp_tls_cfg_t){.is_plain_tcp = true, .timeout_ms = 2000};
    return ret;
}

#define plain_test(fn) cmocka_unit_test_setup_teardown(fn, setup_plain, sim_teardown)

static int dial(struct sim_case *t)
{
    return sim_connect_to(t, HOST, PORT);
}

/** The i-th connect went to this address, so many ms after the test began. */
static void assert_attempt(unsigned i, const char *address, unsigned ms)
{
    struct sim_attempt a;
    char text[PLAT_ADDR_TEXT];

    assert_true(sim_attempt(i, &a));
    plat_addr_text(&a.addr, text);
    assert_string_equal(text, address);
    assert_int_equal(a.addr.port, PORT);
    assert_int_equal(a.begun_us - 1000000u, MS(ms));
}

/* --- names ------------------------------------------------------------------------------------ */

static void test_resolve_failure_leaves_code(void **state)
{
    static const struct {
        const char *name;
        int code;
        int os;
    } rows[] = {
        {"no such name", EAI_NONAME, EIO},
        {"server failed", EAI_FAIL, EIO},
        {"no answer now", EAI_AGAIN, EIO},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        sim_name(HOST, NULL, MS(10), rows[i].code);
        assert_int_equal(dial(t), -1);
        assert_failed(t, ESP_TLS_PHASE_RESOLVE, ESP_TLS_CAUSE_RESOLVE,
                      ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, "os=%s resolver=%s",
                      strerrorname_np(rows[i].os), plat_resolve_name(rows[i].code));
        assert_string_equal(sim_record(t).address, "");
        assert_int_equal(sim_state(t), ESP_TLS_INIT);
        assert_int_equal(sim_streams_opened(), 0);
    }
}

static void test_resolve_without_memory_is_no_memory(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, NULL, 0, EAI_MEMORY);
    assert_int_equal(dial(t), -1);
    assert_failed(t, ESP_TLS_PHASE_RESOLVE, ESP_TLS_CAUSE_NO_MEM, ESP_ERR_NO_MEM,
                  "os=ENOMEM resolver=EAI_MEMORY");
    sim_fail_alloc(1, false);
    assert_int_equal(dial(t), -1);
    assert_failed(t, ESP_TLS_PHASE_RESOLVE, ESP_TLS_CAUSE_NO_MEM, ESP_ERR_NO_MEM, "os=ENOMEM mem");
}

static void test_resolve_unknown_name_fails_at_once(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(sim_connect_to(t, "nobody.test", PORT), -1);
    assert_int_equal(sim_record(t).resolver_code, EAI_NONAME);
    assert_int_equal(sim_elapsed_us(), 0);
}

static void test_resolve_stall_sync_ends_at_deadline(void **state)
{
    struct sim_case *t = *state;

    sim_name_never(HOST);
    assert_int_equal(dial(t), -1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    assert_failed(t, ESP_TLS_PHASE_RESOLVE, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, "resolver=EAI_AGAIN");
    assert_true(sim_waits() < 5);
}

static void test_resolve_stall_async_never_blocks_and_ends_at_deadline(void **state)
{
    struct sim_case *t = *state;

    sim_name_never(HOST);
    assert_int_equal(sim_connect_async(t, HOST, PORT), -1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    assert_failed(t, ESP_TLS_PHASE_RESOLVE, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, "resolver=EAI_AGAIN");
}

static void test_resolve_waits_for_one_event_until_deadline(void **state)
{
    struct sim_case *t = *state;
    esp_tls_wait_t wait;

    sim_name(HOST, "10.0.0.1", MS(300), 0);
    assert_int_equal(esp_tls_conn_new_async(HOST, 9, PORT, &t->cfg, t->tls), 0);
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(wait.count, 1);
    assert_int_equal(wait.items[0].events, ESP_TLS_WAIT_READ);
    assert_int_equal(wait.timeout_ms, 2000);
    assert_true(sim_wait(t->tls));
    assert_int_equal(sim_elapsed_us(), MS(300));
}

static void test_resolve_slow_name_counts_in_timeline(void **state)
{
    struct sim_case *t = *state;
    esp_tls_timeline_t line;

    sim_name(HOST, "10.0.0.1", MS(300), 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, MS(40), sim_echo_peer, NULL);
    assert_int_equal(dial(t), 1);
    assert_int_equal(esp_tls_get_timeline(t->tls, &line), ESP_OK);
    assert_int_equal(line.resolved_us, MS(300));
    assert_int_equal(line.connected_us, MS(340));
    assert_int_equal(line.handshake_us, 0);
    assert_int_equal(line.first_byte_us, 0);
}

static void test_resolve_only_hostlen_bytes_are_the_name(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    assert_int_equal(esp_tls_conn_new_sync(HOST ".and-more", 9, PORT, &t->cfg, t->tls), 1);
}

static void test_resolve_name_ends_at_a_nul(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    assert_int_equal(esp_tls_conn_new_sync(HOST "\0more", 14, PORT, &t->cfg, t->tls), 1);
}

static void test_resolve_empty_name_fails(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(sim_connect_to(t, "", PORT), -1);
    assert_int_not_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    assert_int_equal(sim_streams_opened(), 0);
}

static void test_resolve_numeric_addresses_connect(void **state)
{
    static const char *const rows[] = {"10.0.0.1", "2001:db8::1", "::1"};
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_t *tls = esp_tls_init();
        esp_tls_record_t r;

        sim_host(rows[i], PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
        assert_int_equal(esp_tls_conn_new_sync(rows[i], (int)strlen(rows[i]), PORT, &t->cfg, tls),
                         1);
        assert_int_equal(esp_tls_get_record(tls, &r), ESP_OK);
        assert_string_equal(r.address, rows[i]);
        assert_int_equal(r.port, PORT);
        assert_int_equal(esp_tls_conn_destroy(tls), 0);
    }
}

static void test_resolve_family_decides_which_addresses(void **state)
{
    static const struct {
        esp_tls_addr_family_t family;
        const char *first;
    } rows[] = {
        {ESP_TLS_AF_UNSPEC, "2001:db8::1"},
        {ESP_TLS_AF_INET, "10.0.0.1"},
        {ESP_TLS_AF_INET6, "2001:db8::1"},
    };
    struct sim_case *t = *state;

    sim_name(HOST, "2001:db8::1 10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    sim_host("2001:db8::1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        t->cfg.addr_family = rows[i].family;
        assert_int_equal(dial(t), 1);
        assert_string_equal(sim_record(t).address, rows[i].first);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

static void test_resolve_name_without_the_wanted_family_fails(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1", 0, 0);
    t->cfg.addr_family = ESP_TLS_AF_INET6;
    assert_int_equal(dial(t), -1);
    assert_failed(t, ESP_TLS_PHASE_RESOLVE, ESP_TLS_CAUSE_RESOLVE,
                  ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, "os=EIO resolver=EAI_NONAME");
}

/* --- the race (RFC 8305) ---------------------------------------------------------------------- */

static void test_race_families_take_turns_every_250_ms(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "2001:db8::1 2001:db8::2 2001:db8::3 10.0.0.1 10.0.0.2", 0, 0);
    for (int i = 1; i <= 3; i++) {
        char v6[] = "2001:db8::0";
        char v4[] = "10.0.0.0";

        v6[10] = (char)('0' + i);
        v4[7] = (char)('0' + i);
        sim_host(v6, PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
        sim_host(v4, PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
    }
    assert_int_equal(dial(t), -1);
    assert_attempt(0, "2001:db8::1", 0);
    assert_attempt(1, "10.0.0.1", 250);
    assert_attempt(2, "2001:db8::2", 500);
    assert_attempt(3, "10.0.0.2", 750);
    assert_attempt(4, "2001:db8::3", 1000);
    assert_int_equal(sim_connects(), 5);
    assert_int_equal(sim_elapsed_us(), MS(2000)); /* one deadline for all of them */
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
    assert_int_equal(sim_streams_open(), 0);
}

static void test_race_failure_begins_the_next_at_once(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1 10.0.0.2 10.0.0.3", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_REFUSE, MS(30), NULL, NULL);
    sim_host("10.0.0.2", PORT, SIM_UNREACHABLE, 0, NULL, NULL);
    sim_host("10.0.0.3", PORT, SIM_ACCEPT, MS(10), sim_echo_peer, NULL);
    assert_int_equal(dial(t), 1);
    assert_attempt(0, "10.0.0.1", 0);
    assert_attempt(1, "10.0.0.2", 30);
    assert_attempt(2, "10.0.0.3", 30);
    assert_int_equal(sim_elapsed_us(), MS(40));
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    assert_string_equal(sim_record(t).address, "10.0.0.3");
}

static void test_race_winner_closes_the_losers(void **state)
{
    struct sim_case *t = *state;
    struct sim_attempt a;

    sim_name(HOST, "2001:db8::1 10.0.0.1 10.0.0.2", 0, 0);
    sim_host("2001:db8::1", PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, MS(400), sim_echo_peer, NULL);
    sim_host("10.0.0.2", PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
    assert_int_equal(dial(t), 1);
    assert_int_equal(sim_elapsed_us(), MS(650));
    assert_int_equal(sim_streams_opened(), 3);
    assert_int_equal(sim_streams_open(), 1);
    assert_true(sim_attempt(0, &a));
    assert_int_equal(a.closed_us - 1000000u, MS(650));
    assert_true(sim_attempt(1, &a));
    assert_int_equal(a.closed_us, PLAT_NEVER);
    assert_true(sim_attempt(2, &a));
    assert_int_equal(a.closed_us - 1000000u, MS(650));
    assert_string_equal(sim_record(t).address, "10.0.0.1");
}

static void test_race_slow_first_address_may_still_win(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1 10.0.0.2", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, MS(300), sim_echo_peer, NULL);
    sim_host("10.0.0.2", PORT, SIM_ACCEPT, MS(300), sim_echo_peer, NULL);
    assert_int_equal(dial(t), 1);
    assert_string_equal(sim_record(t).address, "10.0.0.1");
    assert_int_equal(sim_elapsed_us(), MS(300));
}

static void test_race_all_fail_keeps_last_error_and_address(void **state)
{
    struct sim_case *t = *state;
    esp_tls_record_t r;

    sim_name(HOST, "10.0.0.1 10.0.0.2", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_REFUSE, MS(10), NULL, NULL);
    sim_host("10.0.0.2", PORT, SIM_UNREACHABLE, MS(20), NULL, NULL);
    assert_int_equal(dial(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_SYSTEM,
                  ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, "os=EHOSTUNREACH");
    r = sim_record(t);
    assert_string_equal(r.address, "10.0.0.2");
    assert_int_equal(r.port, PORT);
    assert_int_equal(sim_elapsed_us(), MS(30));
    assert_int_equal(sim_streams_open(), 0);
}

static void test_race_waits_for_every_attempt_and_the_next(void **state)
{
    struct sim_case *t = *state;
    esp_tls_wait_t wait;
    unsigned writable = 0;

    sim_name(HOST, "2001:db8::1 10.0.0.1 10.0.0.2", 0, 0);
    sim_host("2001:db8::1", PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
    sim_host("10.0.0.1", PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
    sim_host("10.0.0.2", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    t->cfg.timeout_ms = 5000;
    while (sim_connects() < 2) {
        assert_int_equal(esp_tls_conn_new_async(HOST, 9, PORT, &t->cfg, t->tls), 0);
        if (sim_connects() < 2) {
            (void)sim_wait(t->tls);
        }
    }
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(wait.count, 3); /* two sockets and the cancel's event */
    assert_int_equal(wait.timeout_ms, 250);
    for (size_t i = 0; i < wait.count; i++) {
        writable += wait.items[i].events == ESP_TLS_WAIT_WRITE;
    }
    assert_int_equal(writable, 2);
    assert_int_equal(sim_connect_async(t, HOST, PORT), 1);
    assert_int_equal(sim_elapsed_us(), MS(500));
}

static void test_race_refused_async_says_errno(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_REFUSE, MS(5), NULL, NULL);
    assert_int_equal(sim_connect_async(t, HOST, PORT), -1);
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_SYSTEM,
                  ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, "os=ECONNREFUSED");
    assert_int_equal(sim_state(t), ESP_TLS_INIT);
}

static void test_race_immediate_refusal_says_errno(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_UNREACHABLE, 0, NULL, NULL);
    assert_int_equal(dial(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_SYSTEM,
                  ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, "os=EHOSTUNREACH");
    assert_int_equal(sim_elapsed_us(), 0);
}

static void test_race_immediate_success_opens(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1 10.0.0.2", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT_NOW, 0, sim_echo_peer, NULL);
    assert_int_equal(dial(t), 1);
    assert_int_equal(sim_connects(), 1);
    sim_send(t, 10);
    sim_receive(t, 0, 10);
}

static void test_race_late_accept_async_connects(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, MS(3500), sim_echo_peer, NULL);
    t->cfg.timeout_ms = 10000;
    while (sim_elapsed_us() < MS(5000)) { /* a caller that looks in once a second */
        assert_int_equal(esp_tls_conn_new_async(HOST, 9, PORT, &t->cfg, t->tls), 0);
        sim_advance_us(MS(1000));
    }
    assert_int_equal(esp_tls_conn_new_async(HOST, 9, PORT, &t->cfg, t->tls), 1);
}

static void test_race_black_hole_sync_and_async_end_at_deadline(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
    assert_int_equal(dial(t), -1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
    assert_string_equal(sim_record(t).address, "10.0.0.1");
    assert_int_equal(sim_connect_async(t, HOST, PORT), -1); /* the same handle, afresh */
    assert_int_equal(sim_elapsed_us(), MS(4000));
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
}

static void test_race_one_deadline_over_name_and_addresses(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1", MS(1500), 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, MS(600), sim_echo_peer, NULL);
    assert_int_equal(dial(t), -1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    assert_int_equal(sim_record(t).phase, ESP_TLS_PHASE_CONNECT);
}

static void test_race_more_addresses_than_can_be_waited_for(void **state)
{
    struct sim_case *t = *state;
    char names[16 * 12] = "";

    for (int i = 1; i <= 16; i++) {
        char one[12];

        (void)snprintf(one, sizeof(one), "10.0.0.%d ", i);
        strcat(names, one);
        one[strlen(one) - 1] = '\0';
        sim_host(one, PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
    }
    sim_name(HOST, names, 0, 0);
    t->cfg.timeout_ms = 10000;
    assert_int_equal(sim_connect_async(t, HOST, PORT), -1);
    assert_int_equal(sim_connects(), ESP_TLS_WAIT_ITEMS - 1);
    assert_int_equal(sim_elapsed_us(), MS(10000));
}

static void test_retry_after_failure_starts_afresh(void **state)
{
    struct sim_case *t = *state;
    esp_tls_record_t r;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_REFUSE, 0, NULL, NULL);
    assert_int_equal(dial(t), -1);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    assert_int_equal(sim_connect_async(t, HOST, PORT), 1);
    r = sim_record(t);
    assert_int_equal(r.cause, ESP_TLS_CAUSE_NONE);
    assert_int_equal(r.esp_code, ESP_OK);
    assert_int_equal(r.os_errno, 0);
    assert_int_equal(r.phase, ESP_TLS_PHASE_OPEN);
    sim_send(t, 10);
    sim_receive(t, 0, 10);
}

static void test_retry_a_thousand_failures_leave_nothing(void **state)
{
    struct sim_case *t = *state;
    size_t live = sim_alloc_live();

    sim_name(HOST, "10.0.0.1 2001:db8::1", 0, 0);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(dial(t), -1);
        assert_int_equal(sim_streams_open(), 0);
        assert_int_equal(sim_alloc_live(), live + 1); /* the evidence of the last failure */
    }
}

/* --- options ---------------------------------------------------------------------------------- */

static void one_host(void)
{
    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
}

static void test_option_nodelay_is_always_on(void **state)
{
    one_host();
    assert_int_equal(dial(*state), 1);
    assert_true(sim_last_nodelay());
}

static void test_option_keepalive_values_arrive(void **state)
{
    struct sim_case *t = *state;
    tls_keep_alive_cfg_t keep_alive = {.keep_alive_enable = true,
                                       .keep_alive_idle = 7,
                                       .keep_alive_interval = 3,
                                       .keep_alive_count = 5};

    one_host();
    t->cfg.keep_alive_cfg = &keep_alive;
    assert_int_equal(dial(t), 1);
    assert_true(sim_last_options().has_keepalive);
    assert_int_equal(sim_last_options().idle_s, 7);
    assert_int_equal(sim_last_options().interval_s, 3);
    assert_int_equal(sim_last_options().count, 5);
}

static void test_option_keepalive_disabled_sets_nothing(void **state)
{
    struct sim_case *t = *state;
    tls_keep_alive_cfg_t keep_alive = {.keep_alive_idle = 7};

    one_host();
    t->cfg.keep_alive_cfg = &keep_alive;
    assert_int_equal(dial(t), 1);
    assert_false(sim_last_options().has_keepalive);
}

static void test_option_keepalive_bad_value_fails(void **state)
{
    struct sim_case *t = *state;
    tls_keep_alive_cfg_t keep_alive = {.keep_alive_enable = true};

    one_host();
    t->cfg.keep_alive_cfg = &keep_alive;
    assert_int_equal(dial(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_SYSTEM,
                  ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED, "os=EINVAL");
    assert_int_equal(sim_connects(), 0);
}

static void test_option_interface(void **state)
{
    static const struct {
        const char *name;
        int result;
    } rows[] = {{"eth0", 1}, {"", 1}, {"none9", -1}};
    struct sim_case *t = *state;

    one_host();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ifreq ifr = {0};

        memcpy(ifr.ifr_name, rows[i].name, strlen(rows[i].name));
        t->cfg.if_name = &ifr;
        assert_int_equal(dial(t), rows[i].result);
        if (rows[i].result == 1) {
            assert_string_equal(sim_last_options().device, rows[i].name);
        } else {
            assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_SYSTEM,
                          ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED, "os=ENODEV");
        }
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

static void test_option_failure_is_recorded(void **state)
{
    struct sim_case *t = *state;
    tls_keep_alive_cfg_t keep_alive = {true, 7, 3, 5};
    struct ifreq ifr = {0};

    memcpy(ifr.ifr_name, "eth0", 5);
    t->cfg.keep_alive_cfg = &keep_alive;
    t->cfg.if_name = &ifr;
    one_host();
    for (unsigned nth = 1; nth <= 3; nth++) { /* nodelay, keep-alive, interface */
        sim_fail_option(nth, ENOPROTOOPT);
        assert_int_equal(dial(t), -1);
        assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_SYSTEM,
                      ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED, "os=ENOPROTOOPT");
        assert_string_equal(sim_record(t).address, "10.0.0.1");
        assert_int_equal(sim_streams_open(), 0);
    }
}

static void test_option_failure_of_one_address_leaves_the_next(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.9 10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    sim_host("10.0.0.9", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    sim_fail_option(1, ENOPROTOOPT);
    assert_int_equal(dial(t), 1);
    assert_string_equal(sim_record(t).address, "10.0.0.1");
}

static void test_socket_failure_is_recorded(void **state)
{
    struct sim_case *t = *state;

    one_host();
    sim_fail_open(2, EMFILE); /* behind the event */
    assert_int_equal(dial(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_SYSTEM,
                  ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET, "os=EMFILE");
}

static void test_event_failure_is_recorded(void **state)
{
    struct sim_case *t = *state;

    one_host();
    sim_fail_open(1, EMFILE);
    assert_int_equal(dial(t), -1);
    assert_failed(t, ESP_TLS_PHASE_RESOLVE, ESP_TLS_CAUSE_SYSTEM,
                  ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET, "os=EMFILE");
    assert_int_equal(dial(t), 1);
}

static void test_socket_failure_of_one_address_leaves_the_next(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "2001:db8::1 10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    sim_fail_open(2, EAFNOSUPPORT); /* a host without IPv6 */
    assert_int_equal(dial(t), 1);
    assert_string_equal(sim_record(t).address, "10.0.0.1");
}

/* --- the socket hook -------------------------------------------------------------------------- */

struct hook {
    unsigned calls;
    unsigned refuse; /* so many of the first calls */
    int fd;
    bool was_nodelay;
    unsigned connects_before;
    char addresses[256];
};

static esp_err_t hook(int fd, const char *address, void *arg)
{
    struct hook *h = arg;

    h->calls++;
    h->fd = fd;
    h->was_nodelay = sim_last_nodelay();
    h->connects_before = sim_connects();
    strcat(h->addresses, address);
    strcat(h->addresses, " ");
    return h->calls <= h->refuse ? ESP_FAIL : ESP_OK;
}

static void test_hook_sees_each_socket_before_it_connects(void **state)
{
    struct sim_case *t = *state;
    struct hook h = {0};
    int fd = -1;

    sim_name(HOST, "2001:db8::1 10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    assert_int_equal(esp_tls_set_socket_hook(t->tls, hook, &h), ESP_OK);
    assert_int_equal(dial(t), 1);
    assert_int_equal(h.calls, 2);
    assert_string_equal(h.addresses, "2001:db8::1 10.0.0.1 ");
    assert_true(h.was_nodelay);
    assert_int_equal(h.connects_before, 1);
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &fd), ESP_OK);
    assert_int_equal(h.fd, fd);
}

static void test_hook_refusal_tries_the_next_address(void **state)
{
    struct sim_case *t = *state;
    struct hook h = {.refuse = 1};

    sim_name(HOST, "10.0.0.9 10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    assert_int_equal(esp_tls_set_socket_hook(t->tls, hook, &h), ESP_OK);
    assert_int_equal(dial(t), 1);
    assert_int_equal(sim_connects(), 1);
    assert_string_equal(sim_record(t).address, "10.0.0.1");
}

static void test_hook_refusal_of_all_fails(void **state)
{
    struct sim_case *t = *state;
    struct hook h = {.refuse = 9};

    sim_name(HOST, "10.0.0.9 10.0.0.1", 0, 0);
    assert_int_equal(esp_tls_set_socket_hook(t->tls, hook, &h), ESP_OK);
    assert_int_equal(dial(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_SYSTEM,
                  ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED, "");
    assert_int_equal(sim_connects(), 0);
    assert_int_equal(h.calls, 2);
}

static void test_hook_is_for_plain_and_tls_and_can_be_taken_off(void **state)
{
    struct sim_case *t = *state;
    struct hook h = {0};

    one_host();
    assert_int_equal(esp_tls_set_socket_hook(NULL, hook, &h), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_socket_hook(t->tls, hook, &h), ESP_OK);
    assert_int_equal(esp_tls_set_socket_hook(t->tls, NULL, NULL), ESP_OK);
    assert_int_equal(dial(t), 1);
    assert_int_equal(h.calls, 0);
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init();
    assert_int_equal(esp_tls_set_socket_hook(t->tls, hook, &h), ESP_OK);
    t->cfg.is_plain_tcp = false;
    t->cfg.cacert_buf = cert_root_ec_pem;
    t->cfg.cacert_bytes = sizeof(cert_root_ec_pem);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(h.calls, 1);
}

/* --- plain TCP -------------------------------------------------------------------------------- */

static void test_plain_open_connection(void **state)
{
    struct sim_case *t = *state;
    esp_tls_session_info_t info = {"x", "x", "x"};
    esp_tls_timeline_t line;

    one_host();
    assert_int_equal(dial(t), 1);
    assert_int_equal(sim_state(t), ESP_TLS_INIT); /* as ESP-IDF has it */
    assert_null(esp_tls_get_ssl_context(t->tls));
    assert_int_equal(esp_tls_get_session_info(t->tls, &info), ESP_OK);
    assert_null(info.version);
    assert_null(info.ciphersuite);
    assert_null(info.alpn);
    sim_send(t, 3000);
    sim_receive(t, 0, 3000);
    assert_int_equal(esp_tls_get_bytes_avail(t->tls), 0);
    assert_int_equal(sim_record(t).bytes_in, 3000);
    assert_int_equal(sim_record(t).bytes_out, 3000);
    assert_int_equal(esp_tls_get_timeline(t->tls, &line), ESP_OK);
    assert_true(line.first_byte_us >= line.connected_us);
}

static void test_plain_fin_is_zero_every_time(void **state)
{
    struct sim_case *t = *state;
    static size_t len = 5; /* the peer looks at it until the teardown */
    char buf[8];

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_pattern_peer, &len);
    assert_int_equal(dial(t), 1);
    sim_receive(t, 0, 5);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), 0);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), 0);
    assert_int_equal(esp_tls_conn_write(t->tls, "x", 1), 1); /* half closed: still may write */
}

static void test_plain_reset_is_recorded_by_read(void **state)
{
    struct sim_case *t = *state;
    char buf[8];

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_reset_peer, NULL);
    assert_int_equal(dial(t), 1);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
    assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_SYSTEM, ESP_ERR_MBEDTLS_SSL_READ_FAILED,
                  "os=ECONNRESET");
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1); /* dead for good */
    assert_int_equal(esp_tls_conn_write(t->tls, "x", 1), -1);
}

static void test_plain_reset_is_recorded_by_write(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_reset_peer, NULL);
    assert_int_equal(dial(t), 1);
    sim_advance_us(MS(1));
    assert_int_equal(esp_tls_conn_write(t->tls, "x", 1), -1);
    assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_SYSTEM, ESP_ERR_MBEDTLS_SSL_WRITE_FAILED,
                  "os=ECONNRESET");
}

static void test_plain_broken_pipe_is_an_error_not_a_signal(void **state)
{
    struct sim_case *t = *state;

    one_host();
    assert_int_equal(dial(t), 1);
    sim_fail_io(1, SIM_FAULT_EOF, 0, false);
    assert_int_equal(esp_tls_conn_write(t->tls, "x", 1), -1);
    assert_int_equal(sim_record(t).os_errno, EPIPE);
}

static void test_plain_url_gives_host_and_port(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", 80, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    assert_int_equal(esp_tls_conn_http_new_sync("http://user@host.test/path?q", &t->cfg, t->tls),
                     1);
    assert_int_equal(sim_record(t).port, 80);
}

/* --- esp_tls_plain_tcp_connect() -------------------------------------------------------------- */

static esp_err_t tcp_connect(struct sim_case *t, const esp_tls_cfg_t *cfg, int *fd)
{
    esp_tls_error_handle_t h;

    assert_int_equal(esp_tls_get_error_handle(t->tls, &h), ESP_OK);
    return esp_tls_plain_tcp_connect(HOST, (int)strlen(HOST), PORT, cfg, h, fd);
}

static int item(struct sim_case *t, esp_tls_error_type_t type)
{
    esp_tls_error_handle_t h;
    int value = -1;

    assert_int_equal(esp_tls_get_error_handle(t->tls, &h), ESP_OK);
    assert_int_equal(esp_tls_get_and_clear_error_type(h, type, &value), ESP_OK);
    return value;
}

static void close_fd(int fd)
{
    assert_int_equal(plat_stream_close((plat_stream){fd}), PLAT_OK);
}

static void test_tcp_connect_gives_a_blocking_socket(void **state)
{
    struct sim_case *t = *state;
    int fd = -1;

    one_host();
    assert_int_equal(tcp_connect(t, NULL, &fd), ESP_OK);
    assert_true(fd >= 0);
    assert_true(sim_last_options().is_blocking);
    assert_true(sim_last_nodelay());
    close_fd(fd);
    t->cfg.non_block = false;
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_OK);
    assert_true(sim_last_options().is_blocking);
    close_fd(fd);
}

static void test_tcp_connect_non_block_socket_does_not_block(void **state)
{
    struct sim_case *t = *state;
    int fd = -1;

    one_host();
    t->cfg.non_block = true;
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_OK);
    assert_true(fd >= 0);
    assert_false(sim_last_options().is_blocking);
    close_fd(fd);
}

/** It waits for the socket, and no longer. */
static void test_tcp_connect_takes_as_long_as_the_answer(void **state)
{
    struct sim_case *t = *state;
    int fd = -1;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, MS(30), sim_echo_peer, NULL);
    t->cfg.timeout_ms = 5000;
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_OK);
    assert_in_range(sim_elapsed_us(), MS(30), MS(40));
    close_fd(fd);
}

static void test_tcp_connect_takes_the_options(void **state)
{
    struct sim_case *t = *state;
    tls_keep_alive_cfg_t keep_alive = {true, 7, 3, 5};
    struct ifreq ifr = {0};
    int fd = -1;

    memcpy(ifr.ifr_name, "eth0", 5);
    t->cfg.keep_alive_cfg = &keep_alive;
    t->cfg.if_name = &ifr;
    t->cfg.addr_family = ESP_TLS_AF_INET;
    sim_name(HOST, "2001:db8::1 10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_OK);
    assert_int_equal(sim_connects(), 1);
    assert_int_equal(sim_last_options().idle_s, 7);
    assert_string_equal(sim_last_options().device, "eth0");
    close_fd(fd);
}

static void test_tcp_connect_missing_arguments_are_refused(void **state)
{
    struct sim_case *t = *state;
    esp_tls_error_handle_t h;
    int fd = 77;

    assert_int_equal(esp_tls_get_error_handle(t->tls, &h), ESP_OK);
    assert_int_equal(esp_tls_plain_tcp_connect(NULL, 1, PORT, NULL, h, &fd), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_plain_tcp_connect(HOST, -1, PORT, NULL, h, &fd), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_plain_tcp_connect(HOST, 9, PORT, NULL, NULL, &fd),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_plain_tcp_connect(HOST, 9, PORT, NULL, h, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_plain_tcp_connect(HOST, 9, 0, NULL, h, &fd), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_plain_tcp_connect(HOST, 9, -1, NULL, h, &fd), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_plain_tcp_connect(HOST, 9, 65536, NULL, h, &fd), ESP_ERR_INVALID_ARG);
    assert_int_equal(fd, 77);
    assert_int_equal(sim_lookups(), 0);
}

static void test_tcp_connect_failures_fill_the_error_handle(void **state)
{
    struct sim_case *t = *state;
    int fd = 77;

    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME);
    assert_int_equal(item(t, ESP_TLS_ERR_TYPE_ESP), ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME);

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_REFUSE, 0, NULL, NULL);
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST);
    assert_int_equal(item(t, ESP_TLS_ERR_TYPE_ESP), ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST);
    assert_int_equal(item(t, ESP_TLS_ERR_TYPE_SYSTEM), ECONNREFUSED);

    sim_fail_open(2, EMFILE); /* the first is the event */
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET);
    assert_int_equal(item(t, ESP_TLS_ERR_TYPE_SYSTEM), EMFILE);
    sim_fail_open(1, EMFILE);
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET);
    assert_int_equal(item(t, ESP_TLS_ERR_TYPE_SYSTEM), EMFILE);

    sim_fail_option(1, ENOPROTOOPT);
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED);
    assert_int_equal(item(t, ESP_TLS_ERR_TYPE_SYSTEM), ENOPROTOOPT);

    t->cfg.addr_family = (esp_tls_addr_family_t)3;
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY);
    t->cfg.addr_family = ESP_TLS_AF_UNSPEC;

    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    sim_fail_option(2, ENOPROTOOPT); /* blocking again */
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED);

    sim_fail_alloc(1, false);
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_ERR_NO_MEM);
    assert_int_equal(item(t, ESP_TLS_ERR_TYPE_ESP), ESP_ERR_NO_MEM);
    sim_fail_alloc(2, false);
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_ERR_NO_MEM);

    assert_int_equal(fd, 77);
    assert_int_equal(sim_streams_open(), 0);
}

static void test_tcp_connect_ends_at_deadline(void **state)
{
    struct sim_case *t = *state;
    int fd = 77;

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
    assert_int_equal(tcp_connect(t, &t->cfg, &fd), ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    sim_name_never(HOST);
    assert_int_equal(tcp_connect(t, NULL, &fd), ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME);
    assert_int_equal(sim_elapsed_us(), MS(12000));
    assert_int_equal(fd, 77);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void spin_peer(struct sim_peer *peer, void *unused)
{
    (void)unused;
    if (sim_peer_is_closed(peer)) {
        return;
    }
    sim_peer_wake_in(peer, 0); /* the simulation's plat_wait() answers ELOOP to that */
}

static void test_wait_failure_ends_the_call(void **state)
{
    struct sim_case *t = *state;
    char buf[8];

    sim_name(HOST, "10.0.0.1", 0, 0);
    sim_host("10.0.0.1", PORT, SIM_ACCEPT, 0, spin_peer, NULL);
    assert_int_equal(dial(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_SYSTEM,
                  ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, "os=ELOOP");
    assert_true(sim_waits() < 20);

    sim_host("10.0.0.1", PORT, SIM_ACCEPT_NOW, 0, spin_peer, NULL);
    sim_name(HOST, "10.0.0.1", 0, 0);
    assert_int_equal(dial(t), 1);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
    assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_SYSTEM, ESP_ERR_MBEDTLS_SSL_READ_FAILED,
                  "os=ELOOP");
}

/* --- arguments -------------------------------------------------------------------------------- */

static void test_connect_port_out_of_range_is_refused_before_io(void **state)
{
    static const int ports[] = {0, -1, 65536, 1 << 20};
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(ports); i++) {
        assert_int_equal(sim_connect_to(t, HOST, ports[i]), -1);
        assert_failed(t, ESP_TLS_PHASE_CONFIG, ESP_TLS_CAUSE_INVALID_ARG, ESP_ERR_INVALID_ARG,
                      "option=port");
        assert_int_equal(sim_lookups(), 0);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

static void test_connect_family_that_is_none_is_refused_before_io(void **state)
{
    static const int families[] = {3, 100, -1};
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(families); i++) {
        t->cfg.addr_family = (esp_tls_addr_family_t)families[i];
        assert_int_equal(dial(t), -1);
        assert_failed(t, ESP_TLS_PHASE_CONFIG, ESP_TLS_CAUSE_INVALID_ARG,
                      ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY, "option=addr_family");
        assert_int_equal(sim_lookups(), 0);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plain_test(test_resolve_failure_leaves_code),
        plain_test(test_resolve_without_memory_is_no_memory),
        plain_test(test_resolve_unknown_name_fails_at_once),
        plain_test(test_resolve_stall_sync_ends_at_deadline),
        plain_test(test_resolve_stall_async_never_blocks_and_ends_at_deadline),
        plain_test(test_resolve_waits_for_one_event_until_deadline),
        plain_test(test_resolve_slow_name_counts_in_timeline),
        plain_test(test_resolve_only_hostlen_bytes_are_the_name),
        plain_test(test_resolve_name_ends_at_a_nul),
        plain_test(test_resolve_empty_name_fails),
        plain_test(test_resolve_numeric_addresses_connect),
        plain_test(test_resolve_family_decides_which_addresses),
        plain_test(test_resolve_name_without_the_wanted_family_fails),
        plain_test(test_race_families_take_turns_every_250_ms),
        plain_test(test_race_failure_begins_the_next_at_once),
        plain_test(test_race_winner_closes_the_losers),
        plain_test(test_race_slow_first_address_may_still_win),
        plain_test(test_race_all_fail_keeps_last_error_and_address),
        plain_test(test_race_waits_for_every_attempt_and_the_next),
        plain_test(test_race_refused_async_says_errno),
        plain_test(test_race_immediate_refusal_says_errno),
        plain_test(test_race_immediate_success_opens),
        plain_test(test_race_late_accept_async_connects),
        plain_test(test_race_black_hole_sync_and_async_end_at_deadline),
        plain_test(test_race_one_deadline_over_name_and_addresses),
        plain_test(test_race_more_addresses_than_can_be_waited_for),
        plain_test(test_retry_after_failure_starts_afresh),
        plain_test(test_retry_a_thousand_failures_leave_nothing),
        plain_test(test_option_nodelay_is_always_on),
        plain_test(test_option_keepalive_values_arrive),
        plain_test(test_option_keepalive_disabled_sets_nothing),
        plain_test(test_option_keepalive_bad_value_fails),
        plain_test(test_option_interface),
        plain_test(test_option_failure_is_recorded),
        plain_test(test_option_failure_of_one_address_leaves_the_next),
        plain_test(test_socket_failure_is_recorded),
        plain_test(test_event_failure_is_recorded),
        plain_test(test_socket_failure_of_one_address_leaves_the_next),
        plain_test(test_hook_sees_each_socket_before_it_connects),
        plain_test(test_hook_refusal_tries_the_next_address),
        plain_test(test_hook_refusal_of_all_fails),
        plain_test(test_hook_is_for_plain_and_tls_and_can_be_taken_off),
        plain_test(test_plain_open_connection),
        plain_test(test_plain_fin_is_zero_every_time),
        plain_test(test_plain_reset_is_recorded_by_read),
        plain_test(test_plain_reset_is_recorded_by_write),
        plain_test(test_plain_broken_pipe_is_an_error_not_a_signal),
        plain_test(test_plain_url_gives_host_and_port),
        plain_test(test_tcp_connect_gives_a_blocking_socket),
        plain_test(test_tcp_connect_non_block_socket_does_not_block),
        plain_test(test_tcp_connect_takes_as_long_as_the_answer),
        plain_test(test_tcp_connect_takes_the_options),
        plain_test(test_tcp_connect_missing_arguments_are_refused),
        plain_test(test_tcp_connect_failures_fill_the_error_handle),
        plain_test(test_tcp_connect_ends_at_deadline),
        plain_test(test_wait_failure_ends_the_call),
        plain_test(test_connect_port_out_of_range_is_refused_before_io),
        plain_test(test_connect_family_that_is_none_is_refused_before_io),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
