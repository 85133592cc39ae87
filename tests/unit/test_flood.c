/* Peers that never stop. Each sends, at some point, what TLS bears but what brings nothing, as fast
 * as it is read. Whoever drives the connection must get it back: a step reads a bounded number of
 * times, deadlines and cancels hold, and in the end the peer is refused for what it does. What only
 * looks like a flood is borne. */
#include "esp_tls_diagnosis.h"
#include "reframe.h"
#include "sim_test.h"

#include "mbedtls/ssl.h" /* the states at which the server stops */

#include <stdlib.h>

#define STEP_READS 64 /* of one step, at most: io.c */
#define STEP_IO    96 /* with what it writes */
#define IGNORED    32 /* records in a row that are borne */
#define TICKETS    256

static const uint8_t ccs[] = {20, 3, 3, 0, 1, 1};
static const uint8_t warning[] = {21, 3, 3, 0, 2, 1, 90}; /* user_canceled */
static const uint8_t piece[] = {22, 3, 3, 0, 1, 0};       /* of a handshake message */

/** What a peer floods with, and when. */
struct flood {
    const char *name;
    const uint8_t *bytes;
    size_t len;
    int version;
    int stop_at; /* the server's state; 0: once the handshake is over */
};

static const struct flood in_handshake[] = {
    {"ccs, no ServerHello", ccs, sizeof(ccs), 0, MBEDTLS_SSL_SERVER_HELLO},
    {"ccs behind ServerHello", ccs, sizeof(ccs), 13, MBEDTLS_SSL_ENCRYPTED_EXTENSIONS},
    {"ccs, no Finished", ccs, sizeof(ccs), 13, MBEDTLS_SSL_SERVER_FINISHED},
    {"warnings, no ServerHello", warning, sizeof(warning), 0, MBEDTLS_SSL_SERVER_HELLO},
    {"warnings behind ServerHello", warning, sizeof(warning), 12, MBEDTLS_SSL_SERVER_CERTIFICATE},
    {"warnings, no ServerHelloDone", warning, sizeof(warning), 12, MBEDTLS_SSL_SERVER_HELLO_DONE},
};

struct peer {
    struct sim_tls_server *server;
    const struct flood *flood;
};

/** The real server as far as it goes; behind what it sent, the flood. */
static void flooding_peer(struct sim_peer *peer, void *arg)
{
    const struct peer *f = arg;

    sim_tls_peer(peer, f->server);
    if (f->flood->stop_at != 0 || f->server->handshakes > 0) {
        sim_peer_flood(peer, f->flood->bytes, f->flood->len);
    }
}

static void flood(struct sim_case *t, struct peer *peer, const struct flood *f)
{
    t->server.version = f->version;
    t->server.stop_at = f->stop_at;
    *peer = (struct peer){&t->server, f};
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, flooding_peer, peer);
}

/* --- steps, each measured --------------------------------------------------------------------- */

/** What the steps of a test took at most. */
struct cost {
    unsigned steps;
    unsigned io;  /* reads and writes */
    uint64_t us;  /* virtual time: reads and writes alone take some */
    bool was_now; /* a step came back before it had to wait */
};

static void measure(struct cost *cost, unsigned io_before, uint64_t us_before)
{
    unsigned io = sim_io_count() - io_before;
    uint64_t us = plat_clock_us() - us_before;

    cost->steps++;
    cost->io = io > cost->io ? io : cost->io;
    cost->us = us > cost->us ? us : cost->us;
}

/** Wait as an application that knows only the socket: after each step of which more is to come, the
 *  socket must be readable, and the wait list says so as well. */
static void wait_for(struct sim_case *t, struct cost *cost)
{
    esp_tls_wait_t wait;
    struct plat_wait_item item = {.want = PLAT_READ};
    int fd = -1;

    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &fd), ESP_OK);
    if (wait.timeout_ms == 0) {
        cost->was_now = true;
        item.stream = plat_stream_borrow(fd);
        assert_int_equal(plat_wait(&item, 1, plat_clock_us()), PLAT_OK);
    }
    (void)sim_wait(t->tls);
}

static int connect_in_steps(struct sim_case *t, struct cost *cost)
{
    for (unsigned i = 0; i < 100000; i++) {
        unsigned io = sim_io_count();
        uint64_t us = plat_clock_us();
        uint64_t waits = sim_waits();
        int ret = esp_tls_conn_new_async("test.example", 12, 443, &t->cfg, t->tls);

        measure(cost, io, us);
        assert_int_equal(sim_waits(), waits);
        if (ret != 0) {
            return ret;
        }
        wait_for(t, cost);
    }
    fail_msg("the connect never ends");
    return -1;
}

static ssize_t read_in_steps(struct sim_case *t, void *buf, size_t len, struct cost *cost)
{
    for (unsigned i = 0; i < 100000; i++) {
        unsigned io = sim_io_count();
        uint64_t us = plat_clock_us();
        ssize_t ret = esp_tls_conn_read(t->tls, buf, len);

        measure(cost, io, us);
        if (ret != ESP_TLS_ERR_SSL_WANT_READ) {
            return ret;
        }
        wait_for(t, cost);
    }
    fail_msg("the read never ends");
    return -1;
}

static void assert_bounded(const struct cost *cost)
{
    assert_true(cost->io <= STEP_IO);
    assert_true(cost->us <= STEP_IO * 1000);
}

/** @param option  of the record: " option=...", or "" */
static void assert_refused(struct sim_case *t, esp_tls_phase_t phase, esp_err_t esp,
                           const char *option)
{
    esp_tls_diagnosis_t d;

    assert_failed(t, phase, ESP_TLS_CAUSE_FLOOD, esp, "stack=0x%04X sent=%d%s",
                  -MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
                  option);
    assert_int_equal(esp_tls_get_diagnosis(t->tls, &d), ESP_OK);
    assert_int_equal(d.reason_count, 1);
    assert_int_equal(d.reasons[0], ESP_TLS_REASON_PEER_FLOODS);
    assert_int_equal(d.kind, ESP_TLS_CLASS_PROTOCOL);
}

/* --- in the handshake ------------------------------------------------------------------------- */

static void each_flood(void (*run)(struct sim_case *t))
{
    for (size_t i = 0; i < COUNT(in_handshake); i++) {
        struct sim_case t;
        struct peer peer;

        sim_case_open(&t);
        flood(&t, &peer, &in_handshake[i]);
        sim_io_time(1000);
        run(&t);
        assert_int_equal(sim_case_close(&t), 0);
    }
}

static void refused_sync(struct sim_case *t)
{
    t->cfg.timeout_ms = 700;
    assert_int_equal(sim_connect(t), -1);
    assert_refused(t, ESP_TLS_PHASE_HANDSHAKE, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "");
    assert_true(sim_elapsed_us() < MS(200)); /* 33 records of two reads, and the handshake */
}

static void refused_async(struct sim_case *t)
{
    struct cost cost = {0};

    assert_int_equal(connect_in_steps(t, &cost), -1);
    assert_bounded(&cost);
    assert_refused(t, ESP_TLS_PHASE_HANDSHAKE, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "");
}

static void test_flood_in_the_handshake_is_refused(void **state)
{
    (void)state;
    each_flood(refused_sync);
    each_flood(refused_async);
}

/* A message that comes byte by byte is no flood until it is whole: it takes 512 steps. */
#define ENDLESS_STEPS 100

static void endless_peer(struct sim_peer *peer, void *unused)
{
    static const uint8_t begin[] = {22, 3, 3, 0, 4, 2, 0, 0x3F, 0xFF}; /* a ServerHello of 16 KB */
    char buf[2048];

    (void)unused;
    if (sim_peer_read(peer, buf, sizeof(buf)) > 0) {
        (void)sim_peer_write(peer, begin, sizeof(begin));
        sim_peer_flood(peer, piece, sizeof(piece));
    }
}

static void begin_endless(struct sim_case *t)
{
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, endless_peer, NULL);
    sim_io_time(100);
    t->cfg.timeout_ms = 700;
}

static void test_flood_of_pieces_ends_at_the_deadline(void **state)
{
    struct sim_case *t = *state;

    begin_endless(t);
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
    assert_true(sim_elapsed_us() >= MS(700));
    assert_true(sim_elapsed_us() < MS(700) + 100 * STEP_IO);
}

static void test_flood_of_pieces_comes_back_step_by_step(void **state)
{
    struct sim_case *t = *state;
    struct cost cost = {0};

    begin_endless(t);
    assert_int_equal(connect_in_steps(t, &cost), -1);
    assert_bounded(&cost);
    assert_true(cost.steps > ENDLESS_STEPS);
    assert_true(cost.was_now);
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
    assert_true(sim_elapsed_us() < MS(700) + 100 * STEP_IO);
}

static void cancel(void *tls)
{
    assert_int_equal(esp_tls_conn_cancel(tls), ESP_OK);
}

static void test_flood_of_pieces_is_cancelled(void **state)
{
    struct sim_case *t = *state;

    begin_endless(t);
    sim_after(MS(300), cancel, t->tls);
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_CANCELLED,
                  ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "");
    assert_true(sim_elapsed_us() < MS(300) + 200 * STEP_IO);
}

/* --- on the open connection ------------------------------------------------------------------- */

/** A script of `count` equal steps, then `n` bytes of data. @return to be freed */
static struct sim_tls_step *repeated(struct sim_tls_step step, size_t count, size_t n)
{
    struct sim_tls_step *script = calloc(count + 2, sizeof(*script));

    assert_non_null(script);
    for (size_t i = 0; i < count; i++) {
        script[i] = step;
    }
    script[count] = (struct sim_tls_step){n > 0 ? SIM_TLS_SEND : SIM_TLS_END, n};
    return script;
}

static const struct {
    const char *name;
    struct sim_tls_step step;
    size_t borne; /* so many in a row */
    int version;
    const char *option; /* of the record, as its text has it */
} kinds[] = {
    {"warnings", {SIM_TLS_ALERT, SIM_WARNING(90)}, IGNORED, 12, ""},
    {"warnings", {SIM_TLS_ALERT, SIM_WARNING(90)}, IGNORED, 13, ""},
    {"empty records", {SIM_TLS_EMPTY, 1}, IGNORED, 12, ""},
    {"empty records", {SIM_TLS_EMPTY, 1}, IGNORED, 13, ""},
    {"HelloRequests", {SIM_TLS_HELLO_REQUEST, 0}, TICKETS, 12, " option=renegotiation"},
    {"tickets", {SIM_TLS_TICKET, 100}, TICKETS, 13, ""},
};

/** Open, and the server sends `count` of a kind, then `n` bytes. */
static struct sim_tls_step *open_with(struct sim_case *t, size_t kind, size_t count, size_t n,
                                      bool non_block)
{
    struct sim_tls_step *script = repeated(kinds[kind].step, count, n);

    sim_case_open(t);
    t->server.version = kinds[kind].version;
    t->server.script = script;
    t->cfg.non_block = non_block;
    assert_int_equal(sim_connect(t), 1);
    return script;
}

static void end(struct sim_case *t, struct sim_tls_step *script)
{
    assert_int_equal(sim_case_close(t), 0);
    free(script);
}

static void test_flood_of_encrypted_records_is_refused(void **state)
{
    char buf[100];

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        for (int non_block = 0; non_block < 2; non_block++) {
            struct cost cost = {0};
            struct sim_case t;
            struct sim_tls_step *script = open_with(&t, i, 1000, 0, non_block);

            sim_advance_us(1);
            sim_io_time(1000);
            if (non_block) {
                assert_int_equal(read_in_steps(&t, buf, sizeof(buf), &cost),
                                 MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
                assert_bounded(&cost);
            } else {
                assert_int_equal(esp_tls_conn_read(t.tls, buf, sizeof(buf)),
                                 MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
            }
            assert_refused(&t, ESP_TLS_PHASE_OPEN, ESP_ERR_MBEDTLS_SSL_READ_FAILED,
                           kinds[i].option);
            sim_advance_us(1);
            assert_int_equal(t.server.alert, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
            end(&t, script);
        }
    }
}

/** In TLS 1.3 these come in the clear, at any time. */
static const struct flood ccs_when_open = {"ccs", ccs, sizeof(ccs), 13, 0};

static void test_flood_of_ccs_is_refused_when_open(void **state)
{
    static struct peer peer;
    struct sim_case *t = *state;
    char buf[100];

    flood(t, &peer, &ccs_when_open);
    assert_int_equal(sim_connect(t), 1);
    sim_advance_us(1);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)),
                     MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
    assert_refused(t, ESP_TLS_PHASE_OPEN, ESP_ERR_MBEDTLS_SSL_READ_FAILED, "");
}

static void test_flood_is_not_read_by_a_write_or_the_end(void **state)
{
    static struct peer peer;
    struct sim_case *t = *state;
    unsigned before;

    flood(t, &peer, &ccs_when_open);
    assert_int_equal(sim_connect(t), 1);
    sim_advance_us(1);
    before = sim_io_count();
    assert_int_equal(esp_tls_conn_write(t->tls, "x", 1), 1);
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = NULL;
    assert_int_equal(sim_io_count() - before, 2); /* the data, close_notify */
    sim_advance_us(1);
    assert_int_equal(t->server.close_notify, 1);
}

static void test_flood_of_tickets_ends_a_read_at_its_deadline(void **state)
{
    struct sim_case t;
    struct sim_tls_step *script = open_with(&t, COUNT(kinds) - 1, 1000, 0, false);
    uint64_t before;
    char buf[100];

    (void)state;
    sim_advance_us(1);
    sim_io_time(10000); /* 256 of them take 5 s */
    before = plat_clock_us();
    assert_int_equal(esp_tls_conn_read(t.tls, buf, sizeof(buf)), ESP_TLS_ERR_SSL_WANT_READ);
    assert_int_equal(sim_record(&t).cause, ESP_TLS_CAUSE_TIMEOUT);
    /* a deadline begins when there is nothing more to do at once: a step later */
    assert_true(plat_clock_us() - before <= MS(2000) + 2 * STEP_IO * 10000);
    sim_after(MS(100), cancel, t.tls);
    before = plat_clock_us();
    assert_true(esp_tls_conn_read(t.tls, buf, sizeof(buf)) < 0);
    assert_int_equal(sim_record(&t).cause, ESP_TLS_CAUSE_CANCELLED);
    assert_true(plat_clock_us() - before <= MS(100) + 2 * STEP_IO * 10000);
    end(&t, script);
}

/* --- what is no flood ------------------------------------------------------------------------- */

static void test_as_many_as_are_borne_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct sim_case t;
        struct sim_tls_step *script = open_with(&t, i, kinds[i].borne, 1000, false);

        sim_receive(&t, 0, 1000);
        end(&t, script);
    }
}

/** Data between them sets the count back. */
static void test_many_with_data_between_them_do_no_harm(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_EMPTY, IGNORED}, {SIM_TLS_SEND, 10},  {SIM_TLS_EMPTY, IGNORED},
        {SIM_TLS_SEND, 10},       {SIM_TLS_TICKET, 9}, {SIM_TLS_EMPTY, IGNORED - 1},
        {SIM_TLS_TICKET, 9},      {SIM_TLS_SEND, 10},  {SIM_TLS_END, 0},
    };
    struct sim_case *t = *state;

    t->server.version = 13;
    t->server.script = script;
    assert_int_equal(sim_connect(t), 1);
    sim_receive(t, 0, 30);
}

/** The smallest pieces that a handshake can come in: one byte of a message in each record, and
 *  ChangeCipherSpec before each. */
static void test_handshake_in_pieces_is_borne(void **state)
{
    (void)state;
    for (int version = 12; version <= 13; version++) {
        struct reframe r = {.first = 4, .piece = 1};
        struct cost cost = {0};
        struct sim_case t;

        sim_case_open(&t);
        t.server.version = version;
        t.server.suites = version == 13 ? reframe_suites : NULL;
        reframe_attach(&r, &t.server);
        assert_int_equal(connect_in_steps(&t, &cost), 1);
        assert_true(cost.io <= STEP_IO);
        assert_true(cost.was_now);
        assert_true(r.records > 100);
        sim_send(&t, 100);
        sim_receive(&t, 0, 100);
        assert_int_equal(sim_case_close(&t), 0);
        reframe_clear(&r);
    }
}

/** A record of 16 KB that the wire gives out byte by byte, though all of it is there. */
static void test_long_record_over_short_reads_is_borne(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 40000}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    struct cost cost = {0};
    char buf[5000];

    t->server.script = script;
    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    sim_wire(0, 1, 0, 0);
    for (size_t got = 0; got < 40000;) {
        ssize_t n = read_in_steps(t, buf, sizeof(buf), &cost);

        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_int_equal(cost.io, STEP_READS);
}

/** Data at full speed never comes back before its record is there. */
static void test_data_takes_no_more_steps_than_records(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 16 * 4000}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    struct cost cost = {0};
    char *buf = malloc(16384);

    assert_non_null(buf);
    t->server.script = script;
    t->server.record = 4000; /* what a server has room for with buffers of fixed size, too */
    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    sim_advance_us(1);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(read_in_steps(t, buf, 16384, &cost), 4000);
    }
    assert_int_equal(cost.steps, 16);
    assert_false(cost.was_now);
    free(buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flood_in_the_handshake_is_refused),
        sim_test(test_flood_of_pieces_ends_at_the_deadline),
        sim_test(test_flood_of_pieces_comes_back_step_by_step),
        sim_test(test_flood_of_pieces_is_cancelled),
        cmocka_unit_test(test_flood_of_encrypted_records_is_refused),
        sim_test(test_flood_of_ccs_is_refused_when_open),
        sim_test(test_flood_is_not_read_by_a_write_or_the_end),
        cmocka_unit_test(test_flood_of_tickets_ends_a_read_at_its_deadline),
        cmocka_unit_test(test_as_many_as_are_borne_do_no_harm),
        sim_test(test_many_with_data_between_them_do_no_harm),
        cmocka_unit_test(test_handshake_in_pieces_is_borne),
        sim_test(test_long_record_over_short_reads_is_borne),
        sim_test(test_data_takes_no_more_steps_than_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
