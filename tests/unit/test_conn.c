/* The engine: steps that never wait, deadlines, cancelling, states, and what a handle waits for. */
#include "sim_test.h"

#include "mbedtls/ssl.h"

#define HOST "test.example"

/** esp_tls_get_wait() says the same on each call and costs no time. */
static void assert_no_wait(struct sim_case *t)
{
    esp_tls_wait_t wait;

    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_ERR_INVALID_STATE);
}

static void renew(struct sim_case *t)
{
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init();
    assert_non_null(t->tls);
}

static int step(struct sim_case *t)
{
    return esp_tls_conn_new_async(HOST, (int)strlen(HOST), 443, &t->cfg, t->tls);
}

/** Step until the connection is in this phase. */
static void step_to(struct sim_case *t, esp_tls_phase_t phase)
{
    for (int i = 0; i < 100 && sim_record(t).phase != phase; i++) {
        assert_true(step(t) >= 0);
        if (sim_record(t).phase != phase) {
            (void)sim_wait(t->tls);
        }
    }
    assert_int_equal(sim_record(t).phase, phase);
}

/* --- states ----------------------------------------------------------------------------------- */

static void test_states_follow_the_connect(void **state)
{
    struct sim_case *t = *state;

    sim_name(HOST, "127.0.0.1", MS(5), 0);
    sim_wire(MS(5), 0, 0, 0);
    assert_int_equal(sim_state(t), ESP_TLS_INIT);
    assert_int_equal(sim_record(t).phase, ESP_TLS_PHASE_NONE);
    step_to(t, ESP_TLS_PHASE_RESOLVE);
    assert_int_equal(sim_state(t), ESP_TLS_INIT);
    step_to(t, ESP_TLS_PHASE_CONNECT);
    assert_int_equal(sim_state(t), ESP_TLS_CONNECTING);
    step_to(t, ESP_TLS_PHASE_HANDSHAKE);
    assert_int_equal(sim_state(t), ESP_TLS_HANDSHAKE);
    step_to(t, ESP_TLS_PHASE_OPEN);
    assert_int_equal(sim_state(t), ESP_TLS_DONE);
}

static void test_failed_handshake_is_state_fail(void **state)
{
    struct sim_case *t = *state;

    t->server.cert = CERT(server_untrusted_pem);
    t->server.key = CERT(server_untrusted_key);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_state(t), ESP_TLS_FAIL);
    assert_int_equal(sim_streams_open(), 0);
    assert_no_wait(t);
}

static void test_failed_handle_is_not_connected_again(void **state)
{
    struct sim_case *t = *state;
    esp_tls_record_t before;
    esp_tls_record_t after;

    t->server.cert = CERT(server_untrusted_pem);
    t->server.key = CERT(server_untrusted_key);
    assert_int_equal(sim_connect(t), -1);
    before = sim_record(t);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(step(t), -1);
    after = sim_record(t);
    assert_int_equal(after.cause, before.cause); /* the first cause stays */
    assert_int_equal(after.verify_flags, before.verify_flags);
    assert_int_equal(sim_streams_opened(), 1);
}

static void test_open_handle_is_not_connected_again(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_INVALID_STATE);
    assert_int_equal(sim_state(t), ESP_TLS_DONE);
    assert_int_equal(sim_streams_opened(), 1);
    sim_send(t, 100); /* the connection lives */
    sim_receive(t, 0, 100);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
}

static void test_config_failure_is_state_fail(void **state)
{
    struct sim_case *t = *state;

    t->cfg.cacert_buf = NULL;
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_state(t), ESP_TLS_FAIL);
    assert_no_wait(t);
}

static void test_destroy_in_every_phase_leaves_nothing(void **state)
{
    static const esp_tls_phase_t phases[] = {ESP_TLS_PHASE_RESOLVE, ESP_TLS_PHASE_CONNECT,
                                             ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_PHASE_OPEN};
    struct sim_case *t = *state;
    size_t live = sim_alloc_live();

    sim_name(HOST, "::1 127.0.0.1", MS(5), 0);
    sim_host("::1", 443, SIM_BLACK_HOLE, 0, NULL, NULL);
    sim_host("127.0.0.1", 443, SIM_ACCEPT, MS(5), sim_tls_peer, &t->server);
    sim_wire(MS(5), 0, 0, 0);
    for (size_t i = 0; i < COUNT(phases); i++) {
        step_to(t, phases[i]);
        renew(t);
        assert_int_equal(sim_streams_open(), 0);
    }
    sim_advance_us(MS(100));
    sim_tls_server_clear(&t->server);
    assert_int_equal(sim_alloc_live(), live);
}

static void test_destroy_says_whether_close_failed(void **state)
{
    struct sim_case *t = *state;
    int fd;

    assert_int_equal(esp_tls_conn_destroy(NULL), -1);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &fd), ESP_OK);
    sim_steal(fd); /* closed behind its back */
    assert_int_equal(esp_tls_conn_destroy(t->tls), -1);
    t->tls = NULL;
}

/* What a call can fail with while the connection lives on. */

static void passing_timeout(struct sim_case *t)
{
    char byte;

    assert_int_equal(esp_tls_conn_read(t->tls, &byte, 1), ESP_TLS_ERR_SSL_WANT_READ);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_TIMEOUT);
}

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER /* with fixed buffers a read takes no memory */
static void passing_no_mem(struct sim_case *t)
{
    char byte;

    assert_int_equal(esp_tls_conn_write(t->tls, "x", 1), 1);
    sim_advance_us(1);
    sim_fail_alloc(1, true);
    assert_true(esp_tls_conn_read(t->tls, &byte, 1) < 0);
    sim_fail_alloc(0, false);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NO_MEM);
}
#endif

static void passing_misuse(struct sim_case *t)
{
    assert_int_equal(esp_tls_conn_write(t->tls, NULL, 1), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_INVALID_ARG);
}

static void passing_second_connect(struct sim_case *t)
{
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_INVALID_STATE);
}

/** The peer must not take the end for a truncation: the connection lived. */
static void test_destroy_after_a_passing_failure_sends_close_notify(void **state)
{
    static void (*const kinds[])(struct sim_case * t) = {
        passing_timeout,
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
        passing_no_mem,
#endif
        passing_misuse,
        passing_second_connect,
    };

    (void)state;
    for (int version = 12; version <= 13; version++) {
        for (size_t i = 0; i < COUNT(kinds); i++) {
            struct sim_case t;

            sim_case_open(&t);
            t.server.version = version;
            assert_int_equal(sim_connect(&t), 1);
            kinds[i](&t);
            assert_int_equal(esp_tls_conn_destroy(t.tls), 0);
            t.tls = NULL;
            sim_advance_us(1);
            assert_int_equal(t.server.closed, 1);
            assert_int_equal(t.server.close_notify, 1);
            assert_int_equal(sim_case_close(&t), 0);
        }
    }
}

static void test_destroy_sends_close_notify_once(void **state)
{
    struct sim_case *t = *state;

    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        assert_int_equal(sim_connect(t), 1);
        renew(t);
        sim_advance_us(MS(1));
    }
    assert_int_equal(t->server.closed, 2);
    assert_int_equal(t->server.close_notify, 2);
}

static void test_destroy_does_not_wait_for_room(void **state)
{
    struct sim_case *t = *state;
    uint64_t waits;

    assert_int_equal(sim_connect(t), 1);
    sim_wire(0, 0, 0, 1);
    waits = sim_waits();
    renew(t);
    assert_int_equal(sim_waits(), waits);
}

/* --- deadlines -------------------------------------------------------------------------------- */

static void test_silent_server_sync_ends_at_deadline(void **state)
{
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
    assert_true(sim_waits() < 10);
}

static void test_silent_server_async_ends_at_deadline(void **state)
{
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    assert_int_equal(sim_connect_async(t, HOST, 443), -1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
}

static void test_trickling_server_ends_at_deadline(void **state)
{
    struct sim_case *t = *state;

    t->server.trickle = 1;
    t->server.trickle_us = MS(1000);
    t->cfg.timeout_ms = 30000;
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_elapsed_us(), MS(30000));
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
    assert_true(sim_record(t).bytes_in > 20);
    assert_true(sim_waits() < 50);
}

static void test_server_that_does_not_read_ends_at_deadline(void **state)
{
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    sim_wire(0, 0, 0, 20); /* not even the ClientHello fits */
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    assert_int_equal(sim_record(t).bytes_out, 20);
}

static void test_stall_in_each_handshake_state_ends_at_deadline(void **state)
{
    static const struct {
        int version;
        int stop_at;
    } rows[] = {
        {12, MBEDTLS_SSL_CLIENT_HELLO},
        {12, MBEDTLS_SSL_SERVER_CERTIFICATE},
        {12, MBEDTLS_SSL_SERVER_KEY_EXCHANGE},
        {12, MBEDTLS_SSL_SERVER_HELLO_DONE},
        {12, MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC},
        {12, MBEDTLS_SSL_SERVER_FINISHED},
        {13, MBEDTLS_SSL_CLIENT_HELLO},
        {13, MBEDTLS_SSL_ENCRYPTED_EXTENSIONS},
        {13, MBEDTLS_SSL_SERVER_CERTIFICATE},
        {13, MBEDTLS_SSL_CERTIFICATE_VERIFY},
        {13, MBEDTLS_SSL_SERVER_FINISHED},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t before = sim_elapsed_us();

        t->server.version = rows[i].version;
        t->server.stop_at = rows[i].stop_at;
        assert_int_equal(sim_connect(t), -1);
        assert_int_equal(sim_elapsed_us() - before, MS(2000));
        assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_TIMEOUT,
                      ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
        renew(t);
    }
}

static void test_timeout_of_zero_and_less_is_10_s(void **state)
{
    static const int rows[] = {0, -1, INT32_MIN};
    struct sim_case *t = *state;

    sim_name_never(HOST);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t before = sim_elapsed_us();

        t->cfg.timeout_ms = rows[i];
        assert_int_equal(sim_connect(t), -1);
        assert_int_equal(sim_elapsed_us() - before, MS(10000));
    }
}

static void test_timeout_of_int_max_does_not_wrap(void **state)
{
    struct sim_case *t = *state;
    esp_tls_wait_t wait;

    sim_name(HOST, "127.0.0.1", MS(60000), 0);
    t->cfg.timeout_ms = INT32_MAX;
    assert_int_equal(step(t), 0);
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(wait.timeout_ms, INT32_MAX);
    assert_int_equal(sim_connect_async(t, HOST, 443), 1);
}

/** Clocks of 32 bits start again after 71 minutes (microseconds) or 49 days (milliseconds). */
static void test_deadline_behind_a_wrap_of_32_bits_is_kept(void **state)
{
    static const uint64_t wraps_us[] = {(uint64_t)1 << 31, (uint64_t)1 << 32,
                                        ((uint64_t)1 << 31) * 1000, ((uint64_t)1 << 32) * 1000};
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    for (size_t i = 0; i < COUNT(wraps_us); i++) {
        uint64_t began;

        sim_advance_us(wraps_us[i] - plat_clock_us() - MS(500));
        began = plat_clock_us();
        assert_int_equal(sim_connect(t), -1);
        assert_int_equal(plat_clock_us() - began, MS(2000));
        assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_TIMEOUT,
                      ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
        renew(t);
    }
}

static void test_async_counts_from_its_first_call(void **state)
{
    struct sim_case *t = *state;

    sim_name_never(HOST);
    assert_int_equal(step(t), 0);
    sim_advance_us(MS(1999));
    assert_int_equal(step(t), 0);
    sim_advance_us(MS(1));
    assert_int_equal(step(t), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_TIMEOUT);
}

static void test_connect_that_is_done_at_its_deadline_is_open(void **state)
{
    struct sim_case *t = *state;

    t->server.version = 13;
    sim_wire(MS(1000), 0, 0, 0);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
}

static void test_read_deadline_is_want_read_and_the_handle_lives(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_WAIT, MS(3000)}, {SIM_TLS_SEND, 10}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    uint64_t before;
    char buf[16];

    t->server.script = script;
    assert_int_equal(sim_connect(t), 1);
    before = sim_elapsed_us();
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), ESP_TLS_ERR_SSL_WANT_READ);
    assert_int_equal(sim_elapsed_us() - before, MS(2000));
    assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_TIMEOUT, ESP_ERR_TIMEOUT, "");
    assert_int_equal(sim_state(t), ESP_TLS_DONE);
    sim_receive(t, 0, 10);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    assert_int_equal(sim_record(t).esp_code, ESP_OK);
}

static void test_read_of_a_trickled_record_ends_at_deadline(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_TRICKLE, 1000}, {SIM_TLS_SEND, 1000}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    t->server.script = script;
    t->cfg.timeout_ms = 400;
    for (int version = 12; version <= 13; version++) {
        uint64_t before;
        char buf[1000];

        t->server.version = version;
        assert_int_equal(sim_connect(t), 1);
        before = sim_elapsed_us();
        for (unsigned i = 1; i <= 2; i++) { /* the record takes more than 1 s */
            assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)),
                             ESP_TLS_ERR_SSL_WANT_READ);
            assert_int_equal(sim_elapsed_us() - before, i * MS(400));
            assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_TIMEOUT);
        }
        sim_receive(t, 0, 1000);
        renew(t);
    }
}

static void test_write_deadline_is_want_write_and_nothing_is_lost(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_WAIT, MS(5000)}, {SIM_TLS_EXPECT, 5000}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char data[5000];
    size_t sent = 0;
    unsigned timeouts = 0;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = sim_pattern(i);
    }
    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        t->server.script = script;
        sim_wire(0, 0, 0, 0);
        assert_int_equal(sim_connect(t), 1);
        sim_wire(0, 0, 0, 700);
        sent = 0;
        while (sent < sizeof(data)) {
            ssize_t ret = esp_tls_conn_write(t->tls, data + sent, sizeof(data) - sent);

            if (ret == ESP_TLS_ERR_SSL_WANT_WRITE) {
                assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_TIMEOUT, ESP_ERR_TIMEOUT, "");
                timeouts++;
            } else {
                assert_true(ret > 0);
                sent += (size_t)ret;
            }
        }
        sim_advance_us(MS(10));
        assert_false(t->server.received_wrong);
        renew(t);
    }
    assert_int_equal(t->server.received, 2 * sizeof(data));
    assert_true(timeouts >= 2);
}

static void test_write_shorter_after_want_is_refused_and_can_go_on(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_WAIT, MS(5000)}, {SIM_TLS_EXPECT, 1500}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char data[1500];

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = sim_pattern(i);
    }
    t->server.script = script;
    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    sim_wire(0, 0, 0, 100);
    assert_int_equal(esp_tls_conn_write(t->tls, data, sizeof(data)), ESP_TLS_ERR_SSL_WANT_WRITE);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    assert_int_equal(esp_tls_conn_write(t->tls, data, 10), -1);
    assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_INVALID_ARG, ESP_ERR_INVALID_ARG,
                  "option=datalen");
    sim_wire(0, 0, 0, 0);
    assert_int_equal(esp_tls_conn_write(t->tls, data, sizeof(data)), sizeof(data));
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    sim_advance_us(MS(6000));
    assert_int_equal(t->server.received, sizeof(data));
    assert_false(t->server.received_wrong);
}

/* --- not blocking ----------------------------------------------------------------------------- */

static void test_non_block_sync_connect_waits_without_spinning(void **state)
{
    struct sim_case *t = *state;
    uint64_t waits = sim_waits();

    sim_wire(MS(20), 0, 0, 0);
    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    assert_true(sim_waits() - waits < 20);
}

static void test_non_block_sync_connect_ends_at_deadline(void **state)
{
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    assert_true(sim_waits() < 10);
}

static void test_non_block_read_does_not_wait_and_leaves_no_trace(void **state)
{
    struct sim_case *t = *state;
    uint64_t waits;
    uint64_t now;
    char buf[16];
    esp_tls_error_handle_t h;

    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    waits = sim_waits();
    now = plat_clock_us();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), ESP_TLS_ERR_SSL_WANT_READ);
    }
    assert_int_equal(sim_waits(), waits);
    assert_int_equal(plat_clock_us(), now);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    assert_int_equal(esp_tls_get_error_handle(t->tls, &h), ESP_OK);
    assert_int_equal(esp_tls_get_and_clear_last_error(h, NULL, NULL), ESP_OK);
    assert_not_logged("E (");
}

static void test_non_block_echo_over_a_slow_wire(void **state)
{
    struct sim_case *t = *state;
    unsigned char data[3000];
    size_t sent = 0;
    size_t got = 0;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = sim_pattern(i);
    }
    for (unsigned seed = 1; seed <= 20; seed++) {
        t->server.version = 12 + (int)(seed & 1);
        sim_wire(MS(3), 0, 0, 777);
        sim_wire_random(seed);
        t->cfg.non_block = true;
        t->cfg.timeout_ms = 600000;
        assert_int_equal(sim_connect_async(t, HOST, 443), 1);
        sent = 0;
        got = 0;
        while (got < sizeof(data)) {
            unsigned char buf[999];
            ssize_t ret;

            if (sent < sizeof(data)) {
                ret = esp_tls_conn_write(t->tls, data + sent, sizeof(data) - sent);
                assert_true(ret > 0 || ret == ESP_TLS_ERR_SSL_WANT_WRITE ||
                            ret == ESP_TLS_ERR_SSL_WANT_READ);
                sent += ret > 0 ? (size_t)ret : 0;
            }
            ret = esp_tls_conn_read(t->tls, buf, sizeof(buf));
            assert_true(ret > 0 || ret == ESP_TLS_ERR_SSL_WANT_READ);
            if (ret > 0) {
                assert_memory_equal(buf, data + got, (size_t)ret);
                got += (size_t)ret;
            } else {
                sim_advance_us(MS(1));
            }
        }
        renew(t);
    }
}

static void test_async_connect_over_every_split(void **state)
{
    struct sim_case *t = *state;

    t->cfg.timeout_ms = 600000;
    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        for (size_t piece = 1; piece <= 7; piece += 2) {
            sim_wire(0, piece, piece, 0);
            assert_int_equal(sim_connect_async(t, HOST, 443), 1);
            sim_send(t, 100);
            sim_receive(t, 0, 100);
            renew(t);
        }
    }
}

/* --- what is waited for ----------------------------------------------------------------------- */

static void test_wait_before_and_after_is_refused(void **state)
{
    struct sim_case *t = *state;
    esp_tls_wait_t wait;

    assert_no_wait(t);
    assert_int_equal(esp_tls_get_wait(NULL, &wait), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_wait(t->tls, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(sim_connect_to(t, "nobody.test", 443), -1);
    assert_no_wait(t);
}

static void test_wait_in_handshake_is_for_the_socket_and_the_deadline(void **state)
{
    struct sim_case *t = *state;
    esp_tls_wait_t wait;
    int fd;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    step_to(t, ESP_TLS_PHASE_HANDSHAKE);
    sim_advance_us(MS(500));
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &fd), ESP_OK);
    assert_int_equal(wait.count, 1);
    assert_int_equal(wait.items[0].events, ESP_TLS_WAIT_READ);
    assert_int_equal(wait.items[0].fd, fd);
    assert_true(wait.timeout_ms == 1500);
}

static void test_wait_for_room_in_handshake_is_for_write(void **state)
{
    struct sim_case *t = *state;
    esp_tls_wait_t wait;
    int fd;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    sim_wire(0, 0, 0, 20);
    step_to(t, ESP_TLS_PHASE_HANDSHAKE);
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &fd), ESP_OK);
    assert_int_equal(wait.count, 1);
    assert_int_equal(wait.items[0].events, ESP_TLS_WAIT_WRITE);
    assert_int_equal(wait.items[0].fd, fd);
}

static void test_wait_while_open_is_for_read_without_a_time(void **state)
{
    struct sim_case *t = *state;
    esp_tls_wait_t wait;
    char buf[8];

    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), ESP_TLS_ERR_SSL_WANT_READ);
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(wait.count, 1);
    assert_int_equal(wait.items[0].events, ESP_TLS_WAIT_READ);
    assert_int_equal(wait.timeout_ms, -1);
}

static void test_wait_with_decrypted_bytes_is_over_at_once(void **state)
{
    struct sim_case *t = *state;
    esp_tls_wait_t wait;
    char buf[1];

    assert_int_equal(sim_connect(t), 1);
    sim_send(t, 10);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, 1), 1);
    assert_int_equal(esp_tls_get_bytes_avail(t->tls), 9);
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(wait.timeout_ms, 0);
}

static void test_wait_after_want_write_is_for_write(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_WAIT, MS(60000)}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    esp_tls_wait_t wait;
    unsigned char data[3000] = {0};
    int fd;
    bool found = false;

    t->server.script = script;
    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    sim_wire(0, 0, 0, 50);
    assert_int_equal(esp_tls_conn_write(t->tls, data, sizeof(data)), ESP_TLS_ERR_SSL_WANT_WRITE);
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &fd), ESP_OK);
    for (size_t i = 0; i < wait.count; i++) {
        found |= wait.items[i].fd == fd && wait.items[i].events == ESP_TLS_WAIT_WRITE;
    }
    assert_true(found);
}

/* --- cancelling ------------------------------------------------------------------------------- */

static void cancel(void *arg)
{
    struct sim_case *t = arg;

    assert_int_equal(esp_tls_conn_cancel(t->tls), ESP_OK);
}

static void assert_cancelled(struct sim_case *t, esp_tls_phase_t phase)
{
    char buf[8];

    assert_int_equal(sim_record(t).phase, phase);
    assert_string_equal(esp_tls_cause_name(sim_record(t).cause),
                        esp_tls_cause_name(ESP_TLS_CAUSE_CANCELLED));
    assert_int_not_equal(sim_record(t).esp_code, ESP_OK);
    /* for good: whatever is tried */
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(step(t), -1);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
    assert_int_equal(esp_tls_conn_write(t->tls, buf, sizeof(buf)), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_CANCELLED);
}

static void test_cancel_before_the_connect(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(esp_tls_conn_cancel(NULL), ESP_ERR_INVALID_ARG);
    cancel(t);
    cancel(t);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_lookups(), 0);
    assert_cancelled(t, ESP_TLS_PHASE_CONFIG);
}

static void test_cancel_wakes_sync_connect_in_each_phase(void **state)
{
    static const struct {
        esp_tls_phase_t phase;
        bool is_plain;
    } rows[] = {
        {ESP_TLS_PHASE_RESOLVE, false},   {ESP_TLS_PHASE_CONNECT, false},
        {ESP_TLS_PHASE_HANDSHAKE, false}, {ESP_TLS_PHASE_RESOLVE, true},
        {ESP_TLS_PHASE_CONNECT, true},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t before = sim_elapsed_us();

        t->cfg.is_plain_tcp = rows[i].is_plain;
        if (rows[i].phase == ESP_TLS_PHASE_RESOLVE) {
            sim_name_never(HOST);
        } else {
            sim_name(HOST, "127.0.0.1", 0, 0);
        }
        sim_host("127.0.0.1", 443,
                 rows[i].phase == ESP_TLS_PHASE_CONNECT ? SIM_BLACK_HOLE : SIM_ACCEPT, 0, NULL,
                 NULL);
        sim_after(MS(100), cancel, t);
        assert_int_equal(sim_connect(t), -1);
        assert_int_equal(sim_elapsed_us() - before, MS(100));
        assert_int_equal(sim_streams_open(), 0);
        /* a record of an earlier phase than TLS is begun again by the next connect */
        assert_int_equal(sim_record(t).phase, rows[i].phase);
        assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_CANCELLED);
        assert_int_equal(sim_connect(t), -1);
        assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_CANCELLED);
        renew(t);
    }
}

static void test_cancel_ends_async_connect_in_each_phase(void **state)
{
    static const esp_tls_phase_t phases[] = {ESP_TLS_PHASE_RESOLVE, ESP_TLS_PHASE_CONNECT,
                                             ESP_TLS_PHASE_HANDSHAKE};
    struct sim_case *t = *state;

    sim_name(HOST, "127.0.0.1", MS(5), 0);
    sim_host("127.0.0.1", 443, SIM_ACCEPT, MS(5), sim_tls_peer, &t->server);
    sim_wire(MS(5), 0, 0, 0);
    for (size_t i = 0; i < COUNT(phases); i++) {
        uint64_t now;

        step_to(t, phases[i]);
        cancel(t);
        now = plat_clock_us();
        assert_true(sim_wait(t->tls)); /* a poll loop wakes up */
        assert_int_equal(plat_clock_us(), now);
        assert_int_equal(step(t), -1);
        assert_int_equal(sim_record(t).phase, phases[i]);
        assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_CANCELLED);
        renew(t);
    }
}

static void test_cancel_wakes_a_read(void **state)
{
    struct sim_case *t = *state;
    uint64_t before;
    char buf[8];

    assert_int_equal(sim_connect(t), 1);
    before = sim_elapsed_us();
    sim_after(MS(100), cancel, t);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
    assert_int_equal(sim_elapsed_us() - before, MS(100));
    assert_cancelled(t, ESP_TLS_PHASE_OPEN);
}

static void test_cancel_wakes_a_write(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_WAIT, MS(60000)}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char data[3000] = {0};
    uint64_t before;

    t->server.script = script;
    assert_int_equal(sim_connect(t), 1);
    sim_wire(0, 0, 0, 50);
    before = sim_elapsed_us();
    sim_after(MS(100), cancel, t);
    assert_int_equal(esp_tls_conn_write(t->tls, data, sizeof(data)), -1);
    assert_int_equal(sim_elapsed_us() - before, MS(100));
    assert_cancelled(t, ESP_TLS_PHASE_OPEN);
}

static void test_cancel_of_plain_tcp_ends_a_read(void **state)
{
    struct sim_case *t = *state;
    char buf[8];

    t->cfg.is_plain_tcp = true;
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    assert_int_equal(sim_connect(t), 1);
    sim_after(MS(100), cancel, t);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
    assert_cancelled(t, ESP_TLS_PHASE_OPEN);
}

static void test_cancel_beats_data_that_is_there(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 10}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    char buf[8];

    t->server.script = script;
    assert_int_equal(sim_connect(t), 1);
    sim_advance_us(MS(1));
    cancel(t);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
    assert_cancelled(t, ESP_TLS_PHASE_OPEN);
}

/* --- descriptors of the application's --------------------------------------------------------- */

static void test_adopted_socket_shakes_hands(void **state)
{
    struct sim_case *t = *state;

    for (int async = 0; async <= 1; async++) {
        int fd = sim_accepted(sim_tls_peer, &t->server);
        int have = -1;

        assert_int_equal(esp_tls_set_conn_sockfd(t->tls, fd), ESP_OK);
        assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &have), ESP_OK);
        assert_int_equal(have, fd);
        assert_int_equal(esp_tls_set_conn_state(t->tls, ESP_TLS_CONNECTING), ESP_OK);
        assert_int_equal(async ? sim_connect_async(t, HOST, 443) : sim_connect(t), 1);
        assert_int_equal(sim_lookups(), 0);
        assert_int_equal(sim_connects(), 0);
        assert_true(sim_last_nodelay());
        assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &have), ESP_OK);
        assert_int_equal(have, fd);
        sim_send(t, 100);
        sim_receive(t, 0, 100);
        renew(t);
        assert_int_equal(sim_streams_open(), 0);
    }
}

static void test_adopted_socket_is_closed_by_destroy_even_unused(void **state)
{
    struct sim_case *t = *state;
    plat_stream s;

    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET), PLAT_OK);
    assert_int_equal(esp_tls_set_conn_sockfd(t->tls, plat_stream_fd(s)), ESP_OK);
    renew(t);
    assert_int_equal(sim_streams_open(), 0);
}

static void test_adopted_descriptor_that_is_none_fails(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(esp_tls_set_conn_sockfd(t->tls, 9999), ESP_OK);
    assert_int_equal(esp_tls_set_conn_state(t->tls, ESP_TLS_CONNECTING), ESP_OK);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).phase, ESP_TLS_PHASE_CONNECT);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_SYSTEM);
    assert_int_equal(sim_record(t).os_errno, EBADF);
}

static void test_state_done_by_hand_does_not_make_readable(void **state)
{
    struct sim_case *t = *state;
    char buf[8];

    assert_int_equal(esp_tls_set_conn_state(t->tls, ESP_TLS_DONE), ESP_OK);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
    assert_int_equal(esp_tls_conn_write(t->tls, buf, sizeof(buf)), -1);
    assert_int_equal(esp_tls_get_bytes_avail(t->tls), 0);
}

/* --- timeline --------------------------------------------------------------------------------- */

static void test_timeline_counts_from_the_first_call(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_WAIT, MS(100)}, {SIM_TLS_SEND, 10}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    esp_tls_timeline_t line;

    sim_advance_us(MS(7777));
    sim_name(HOST, "127.0.0.1", MS(10), 0);
    sim_host("127.0.0.1", 443, SIM_ACCEPT, MS(20), sim_tls_peer, &t->server);
    sim_wire(MS(5), 0, 0, 0);
    t->server.script = script;
    t->server.version = 13;
    assert_int_equal(sim_connect_async(t, HOST, 443), 1);
    sim_receive(t, 0, 10);
    sim_advance_us(MS(100));
    assert_int_equal(esp_tls_get_timeline(t->tls, &line), ESP_OK);
    assert_int_equal(line.resolved_us, MS(10));
    assert_int_equal(line.connected_us, MS(30));
    assert_int_equal(line.handshake_us, MS(40)); /* one round trip */
    assert_int_equal(line.first_byte_us, MS(150));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_states_follow_the_connect),
        sim_test(test_failed_handshake_is_state_fail),
        sim_test(test_failed_handle_is_not_connected_again),
        sim_test(test_open_handle_is_not_connected_again),
        sim_test(test_config_failure_is_state_fail),
        sim_test(test_destroy_in_every_phase_leaves_nothing),
        sim_test(test_destroy_says_whether_close_failed),
        sim_test(test_destroy_sends_close_notify_once),
        cmocka_unit_test(test_destroy_after_a_passing_failure_sends_close_notify),
        sim_test(test_destroy_does_not_wait_for_room),
        sim_test(test_silent_server_sync_ends_at_deadline),
        sim_test(test_silent_server_async_ends_at_deadline),
        sim_test(test_trickling_server_ends_at_deadline),
        sim_test(test_server_that_does_not_read_ends_at_deadline),
        sim_test(test_stall_in_each_handshake_state_ends_at_deadline),
        sim_test(test_timeout_of_zero_and_less_is_10_s),
        sim_test(test_timeout_of_int_max_does_not_wrap),
        sim_test(test_deadline_behind_a_wrap_of_32_bits_is_kept),
        sim_test(test_async_counts_from_its_first_call),
        sim_test(test_connect_that_is_done_at_its_deadline_is_open),
        sim_test(test_read_deadline_is_want_read_and_the_handle_lives),
        sim_test(test_read_of_a_trickled_record_ends_at_deadline),
        sim_test(test_write_deadline_is_want_write_and_nothing_is_lost),
        sim_test(test_write_shorter_after_want_is_refused_and_can_go_on),
        sim_test(test_non_block_sync_connect_waits_without_spinning),
        sim_test(test_non_block_sync_connect_ends_at_deadline),
        sim_test(test_non_block_read_does_not_wait_and_leaves_no_trace),
        sim_test(test_non_block_echo_over_a_slow_wire),
        sim_test(test_async_connect_over_every_split),
        sim_test(test_wait_before_and_after_is_refused),
        sim_test(test_wait_in_handshake_is_for_the_socket_and_the_deadline),
        sim_test(test_wait_for_room_in_handshake_is_for_write),
        sim_test(test_wait_while_open_is_for_read_without_a_time),
        sim_test(test_wait_with_decrypted_bytes_is_over_at_once),
        sim_test(test_wait_after_want_write_is_for_write),
        sim_test(test_cancel_before_the_connect),
        sim_test(test_cancel_wakes_sync_connect_in_each_phase),
        sim_test(test_cancel_ends_async_connect_in_each_phase),
        sim_test(test_cancel_wakes_a_read),
        sim_test(test_cancel_wakes_a_write),
        sim_test(test_cancel_of_plain_tcp_ends_a_read),
        sim_test(test_cancel_beats_data_that_is_there),
        sim_test(test_adopted_socket_shakes_hands),
        sim_test(test_adopted_socket_is_closed_by_destroy_even_unused),
        sim_test(test_adopted_descriptor_that_is_none_fails),
        sim_test(test_state_done_by_hand_does_not_make_readable),
        sim_test(test_timeline_counts_from_the_first_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
