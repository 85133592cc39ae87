/* Records that go out, over elastic buffers: a write that is stopped at any byte is finished with
 * the bound it began with and sent once, what is pending goes first, and the thread's bound is
 * Kconfig's after every call, whatever became of it. */
#include "elastic_kit.h"

#include "mbedtls/ssl.h"

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER

static void pattern(unsigned char *buf, uint64_t from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buf[i] = sim_pattern(from + i);
    }
}

/* --- writes that stop ------------------------------------------------------------------------- */

/** Write all of it on a handle that does not block; `between` is called after each stop. */
static unsigned write_all(struct sim_case *t, const unsigned char *buf, size_t len,
                          void (*between)(struct sim_case *t))
{
    unsigned stops = 0;
    size_t sent = 0;

    while (sent < len) {
        ssize_t ret = esp_tls_conn_write(t->tls, buf + sent, len - sent);

        kit_assert_bound();
        if (ret == ESP_TLS_ERR_SSL_WANT_WRITE) {
            stops++;
            if (between != NULL) {
                between(t);
            }
            (void)sim_wait(t->tls);
            continue;
        }
        assert_true(ret > 0);
        sent += (size_t)ret;
    }
    assert_int_equal(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_OUT].live, 0);
    return stops;
}

static void read_one(struct sim_case *t)
{
    static unsigned char byte;

    assert_int_equal(esp_tls_conn_read(t->tls, &byte, 1), 1);
    kit_assert_bound();
}

/** A record of 100 bytes stops after its n-th byte, for every n; a read stands in between. */
static void test_write_stopped_at_every_byte_is_sent_once(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 12000}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char data[100];

    for (size_t i = 0; i < 2; i++) {
        uint64_t sent = 0;

        kit_use(t, &kit_kinds[i]);
        t->server.script = script;
        t->server.record = 50;
        t->cfg.non_block = true;
        kit_open(t);
        sim_advance_us(1);
        for (size_t room = 1; room <= 140; room += KIT_SLOW) {
            pattern(data, sent, sizeof(data));
            sim_wire(0, 0, 0, room);
            assert_true(write_all(t, data, sizeof(data), read_one) > 0 || room >= 121);
            sim_wire(0, 0, 0, 0);
            sent += sizeof(data);
            sim_advance_us(1);
            assert_int_equal(t->server.received, sent);
            assert_false(t->server.received_wrong);
            while (kit_record_live(t) > 0) { /* the rest of what read_one() began */
                read_one(t);
            }
        }
        sim_wire(0, 0, 0, 0);
        kit_renew(t, NULL);
    }
}

static void test_write_of_many_records_stopped_anywhere_is_sent_once(void **state)
{
    static unsigned char data[10000];
    struct sim_case *t = *state;

    pattern(data, 0, sizeof(data));
    for (size_t i = 0; i < 4; i++) {
        for (size_t room = 1; room < 5000; room = room * 3 + 7) {
            static const struct sim_tls_step script[] = {{SIM_TLS_END, 0}};

            kit_use(t, &kit_kinds[i]);
            t->server.script = script;
            t->cfg.non_block = true;
            kit_open(t);
            sim_wire(0, 0, 0, room);
            (void)write_all(t, data, sizeof(data), NULL);
            sim_wire(0, 0, 0, 0);
            sim_advance_us(1);
            assert_int_equal(t->server.received, sizeof(data));
            assert_false(t->server.received_wrong);
            kit_renew(t, NULL);
        }
    }
}

/** The bytes of a write that has begun are encrypted: the next call may have more, not fewer. */
static void test_write_that_began_cannot_shrink(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char data[300];

    pattern(data, 0, sizeof(data));
    for (size_t i = 0; i < 2; i++) {
        kit_use(t, &kit_kinds[i]);
        t->server.script = script;
        t->cfg.non_block = true;
        kit_open(t);
        sim_wire(0, 0, 0, 10);
        assert_int_equal(esp_tls_conn_write(t->tls, data, 200), ESP_TLS_ERR_SSL_WANT_WRITE);
        assert_true(esp_tls_conn_write(t->tls, data, 199) < 0);
        assert_string_equal(sim_record(t).option, "datalen");
        kit_assert_bound();
        (void)write_all(t, data, 300, NULL);
        sim_wire(0, 0, 0, 0);
        sim_advance_us(1);
        assert_int_equal(t->server.received, 300);
        assert_false(t->server.received_wrong);
        kit_renew(t, NULL);
    }
}

/* --- something else that is pending ----------------------------------------------------------- */

/** While a write is stopped a read has to send an alert (TLS 1.2: "no renegotiation"). Mbed TLS
 *  then sends what is pending instead, and would encrypt and send the same data again. */
static void test_write_that_a_read_finished_is_not_sent_again(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_EXPECT, 1}, {SIM_TLS_HELLO_REQUEST, 0},
                                                 {SIM_TLS_SEND, 1},   {SIM_TLS_EXPECT, 600},
                                                 {SIM_TLS_SEND, 1},   {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char data[601];
    unsigned char byte;

    pattern(data, 0, sizeof(data));
    kit_use(t, &kit_kinds[1]);
    t->server.script = script;
    t->cfg.non_block = true;
    kit_open(t);
    assert_int_equal(esp_tls_conn_write(t->tls, data, 1), 1);
    sim_wire(0, 0, 0, 10);
    assert_int_equal(esp_tls_conn_write(t->tls, data + 1, 300), ESP_TLS_ERR_SSL_WANT_WRITE);
    sim_wire(0, 0, 0, 0);
    sim_advance_us(1); /* the request and a byte of data are there */
    assert_int_equal(esp_tls_conn_read(t->tls, &byte, 1), 1);
    kit_assert_bound();
    assert_int_equal(esp_tls_conn_write(t->tls, data + 1, 300), 300);
    kit_assert_at_rest(t);
    assert_int_equal(esp_tls_conn_write(t->tls, data + 301, 300), 300);
    sim_advance_us(1);
    assert_int_equal(t->server.received, 601);
    assert_false(t->server.received_wrong);
    sim_receive(t, 1, 1);
}

/** An alert that is stopped goes out before the data that comes next, and none of it is lost. */
static void test_alert_that_stopped_goes_before_data(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_HELLO_REQUEST, 0},
                                                 {SIM_TLS_SEND, 5000},
                                                 {SIM_TLS_EXPECT, 400},
                                                 {SIM_TLS_SEND, 7},
                                                 {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char data[400];
    unsigned char byte;

    pattern(data, 0, sizeof(data));
    for (size_t room = 1; room < 40; room += KIT_SLOW) {
        kit_use(t, &kit_kinds[1]);
        t->server.script = script;
        t->cfg.non_block = true;
        kit_open(t);
        sim_advance_us(1);
        sim_wire(0, 0, 0, room);
        (void)esp_tls_conn_read(t->tls, &byte, 1); /* the alert goes, as far as it gets */
        kit_assert_bound();
        assert_true(write_all(t, data, sizeof(data), NULL) > 0);
        sim_wire(0, 0, 0, 0);
        sim_advance_us(1);
        assert_int_equal(t->server.received, sizeof(data));
        assert_false(t->server.received_wrong);
        kit_renew(t, NULL);
    }
}

/** Nobody writes: the next read sends the rest of the alert. */
static void test_alert_that_stopped_is_sent_by_a_read(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_HELLO_REQUEST, 0}, {SIM_TLS_SEND, 5}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    uint64_t before;

    kit_use(t, &kit_kinds[1]);
    t->server.script = script;
    t->cfg.non_block = true;
    kit_open(t);
    sim_advance_us(1);
    before = sim_record(t).bytes_out;
    sim_wire(0, 0, 0, 3);
    assert_int_equal(esp_tls_conn_read(t->tls, &(unsigned char){0}, 1), ESP_TLS_ERR_SSL_WANT_WRITE);
    assert_int_equal(sim_record(t).bytes_out, before + 3);
    sim_wire(0, 0, 0, 0);
    assert_true(sim_wait(t->tls));
    sim_receive(t, 0, 5);
    assert_in_range(sim_record(t).bytes_out, before + 20, before + 60);
    kit_assert_at_rest(t);
}

/** Closing in the middle of a write: what was begun is finished, then comes close_notify. */
static void test_close_behind_a_stopped_write_is_in_order(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char data[300];

    pattern(data, 0, sizeof(data));
    for (size_t i = 0; i < 2; i++) {
        unsigned before = t->server.close_notify;

        kit_use(t, &kit_kinds[i]);
        t->server.script = script;
        t->cfg.non_block = true;
        kit_open(t);
        sim_wire(0, 0, 0, 10);
        assert_int_equal(esp_tls_conn_write(t->tls, data, 300), ESP_TLS_ERR_SSL_WANT_WRITE);
        sim_wire(0, 0, 0, 0);
        (void)esp_tls_conn_destroy(t->tls);
        t->tls = esp_tls_init();
        sim_advance_us(1);
        assert_int_equal(t->server.received, 300);
        assert_int_equal(t->server.close_notify, before + 1);
        kit_renew(t, NULL);
    }
}

/** There is no room for it: the close does not wait, and nothing is left. */
static void test_close_without_room_does_not_wait(void **state)
{
    struct sim_case *t = *state;
    unsigned char data[300];

    pattern(data, 0, sizeof(data));
    for (size_t i = 0; i < 2; i++) {
        kit_use(t, &kit_kinds[i]);
        t->cfg.non_block = true;
        kit_open(t);
        sim_wire(0, 0, 0, 10);
        assert_int_equal(esp_tls_conn_write(t->tls, data, 300), ESP_TLS_ERR_SSL_WANT_WRITE);
        kit_renew(t, NULL);
        sim_wire(0, 0, 0, 0);
    }
}

/* --- sizes ------------------------------------------------------------------------------------ */

static void test_records_keep_to_the_limit(void **state)
{
    static const uint16_t limits[] = {512, 513, 527, 528, 529, 1000, 2048, 4095, 4096};
    static unsigned char data[9000];
    struct sim_case *t = *state;

    pattern(data, 0, sizeof(data));
    for (size_t i = 0; i < 2; i++) {
        for (size_t l = 0; l < COUNT(limits); l++) {
            static const struct sim_tls_step script[] = {{SIM_TLS_END, 0}};
            const esp_tls_memory_cfg_t memory = {.out_content_len = limits[l]};
            size_t handshake;
            esp_tls_memory_stats_t stats;

            kit_use(t, &kit_kinds[i]);
            kit_renew(t, &memory);
            t->server.script = script;
            kit_open(t);
            handshake = kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_OUT].peak;
            assert_int_equal(esp_tls_reset_memory_stats(t->tls), ESP_OK);
            assert_int_equal(esp_tls_conn_write(t->tls, data, sizeof(data)), sizeof(data));
            kit_assert_at_rest(t);
            stats = kit_stats(t);
            assert_in_range(stats.by_purpose[ESP_TLS_MEM_RECORD_OUT].peak, limits[l] / 2,
                            limits[l] + 16 + 13 + 64);
            assert_in_range(handshake, 200, 600); /* the ClientHello, whatever the limit */
            sim_advance_us(1);
            assert_int_equal(t->server.received, sizeof(data));
            assert_false(t->server.received_wrong);
        }
    }
}

static void test_write_of_every_small_size_fits(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_END, 0}};
    unsigned char data[70];
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) {
        uint64_t sent = 0;

        kit_use(t, &kit_kinds[i]);
        t->server.script = script;
        kit_open(t);
        for (size_t len = 1; len <= sizeof(data); len++) {
            pattern(data, sent, len);
            assert_int_equal(esp_tls_conn_write(t->tls, data, len), len);
            kit_assert_at_rest(t);
            sent += len;
        }
        sim_advance_us(1);
        assert_int_equal(t->server.received, sent);
        assert_false(t->server.received_wrong);
        kit_renew(t, NULL);
    }
}

/* --- the own chain ---------------------------------------------------------------------------- */

/** The client's chain with others behind it, which nobody looks at, up to at least `len` bytes. */
static void use_long_chain(struct sim_case *t, unsigned char *pem, size_t room, size_t len)
{
    size_t n = sizeof(cert_client_ec_chain_pem) - 1;

    memcpy(pem, cert_client_ec_chain_pem, n);
    while (n < len) {
        assert_true(n + sizeof(cert_root_rsa_pem) <= room);
        memcpy(pem + n, cert_root_rsa_pem, sizeof(cert_root_rsa_pem) - 1);
        n += sizeof(cert_root_rsa_pem) - 1;
    }
    pem[n] = '\0';
    t->cfg.clientcert_buf = pem;
    t->cfg.clientcert_bytes = (unsigned)n + 1;
}

/** Longer than any record that Kconfig allows for data: the Certificate message has its own
 *  size. */
static void test_own_chain_above_the_limit_is_sent(void **state)
{
    static const size_t lens[] = {3000, 6000, 12000, 20000}; /* PEM: 3/4 of it as DER */
    static unsigned char pem[100000];
    struct sim_case *t = *state;

    for (size_t i = 2; i < 4; i++) {
        for (size_t l = 0; l < COUNT(lens); l++) {
            kit_use(t, &kit_kinds[i]);
            use_long_chain(t, pem, sizeof(pem), lens[l]);
            kit_open(t);
            assert_true(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_OUT].peak > lens[l] / 2);
            kit_echo(t, 100);
            assert_true(t->server.has_client_cert);
            kit_renew(t, NULL);
        }
    }
}

/** RFC 8446 section 5.1: no record carries more than 16384 bytes, and Mbed TLS sends a message in
 *  one. */
static void test_own_chain_above_any_record_is_refused(void **state)
{
    static const size_t lens[] = {24000, 40000, 95000};
    static unsigned char pem[100000];
    struct sim_case *t = *state;

    for (size_t i = 2; i < 4; i++) {
        for (size_t l = 0; l < COUNT(lens); l++) {
            kit_use(t, &kit_kinds[i]);
            use_long_chain(t, pem, sizeof(pem), lens[l]);
            assert_int_equal(sim_connect(t), -1);
            assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                          ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED,
                          "stack=0x6A00 option=clientcert_buf");
            assert_int_equal(t->server.error, 0); /* it never saw it */
            assert_in_range(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_OUT].peak, 0, 1000);
            kit_assert_bound();
            kit_renew(t, NULL);
        }
    }
}

/** A fixed buffer that is too small for the own chain gives way to a larger one; with its end just
 *  behind a certificate, which is where Mbed TLS's own check of the length goes wrong, too. */
static void test_own_chain_above_a_fixed_buffer_is_sent(void **state)
{
    struct sim_case *t = *state;
    const size_t first = 4 + 3 + 3 + sizeof(cert_client_rsa_der);

    for (size_t i = 4; i < 6; i++) {
        for (size_t at = first - 6; at <= first + 6; at += KIT_SLOW) {
            const esp_tls_memory_cfg_t memory = {.buffers = ESP_TLS_BUFFERS_FIXED,
                                                 .out_content_len = (uint16_t)at};

            kit_use(t, &kit_kinds[i]);
            kit_renew(t, &memory);
            assert_int_equal(sim_connect(t), 1);
            kit_assert_bound();
            sim_send(t, 2000);
            sim_receive(t, 0, 2000);
        }
    }
    kit_renew(t, NULL);
}

/* --- the bound -------------------------------------------------------------------------------- */

static size_t least_bound;

static void note_bound(void *arg, esp_tls_mem_purpose_t purpose, int32_t size, uint32_t live)
{
    (void)arg;
    (void)purpose;
    (void)size;
    (void)live;
    if (et_mbed_out_len < least_bound) {
        least_bound = et_mbed_out_len;
    }
}

static void test_bound_is_never_below_ten(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < KIT_KINDS; i++) {
        least_bound = SIZE_MAX;
        kit_use(t, &kit_kinds[i]);
        assert_int_equal(esp_tls_trace_memory(t->tls, note_bound, NULL), ESP_OK);
        kit_open(t);
        kit_echo(t, 1000);
        kit_renew(t, NULL);
        assert_in_range(least_bound, 10, 1000); /* the stub's was among them */
    }
}

/** Every way out: the server stops before each of its states, each I/O fails. */
static void test_bound_is_kconfigs_after_every_failure(void **state)
{
    static const enum sim_tls_act acts[] = {SIM_TLS_FIN, SIM_TLS_RST, SIM_TLS_ALERT};
    struct sim_case *t = *state;

    for (size_t i = 2; i < 4; i++) {
        for (int stop = 1; stop < 30; stop++) {
            kit_use(t, &kit_kinds[i]);
            t->server.stop_at = stop;
            t->server.stop_act = (struct sim_tls_step){
                acts[(size_t)stop % COUNT(acts)], SIM_FATAL(MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR)};
            t->cfg.timeout_ms = 100;
            (void)sim_connect(t);
            kit_assert_bound();
            t->server.stop_at = 0;
            kit_renew(t, NULL);
        }
    }
}

static void test_bound_is_kconfigs_after_every_io_error(void **state)
{
    static const enum sim_fault faults[] = {SIM_FAULT_ERROR, SIM_FAULT_EOF};
    struct sim_case *t = *state;

    for (size_t i = 2; i < 4; i++) {
        for (unsigned nth = 1; nth < 80; nth += KIT_SLOW) {
            kit_use(t, &kit_kinds[i]);
            sim_fail_io(nth, faults[nth % 2], ECONNRESET, true);
            if (sim_connect(t) == 1) {
                kit_assert_bound();
                (void)esp_tls_conn_write(t->tls, "x", 1);
                kit_assert_bound();
                (void)esp_tls_conn_read(t->tls, &(unsigned char){0}, 1);
            }
            kit_assert_bound();
            kit_renew(t, NULL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_write_stopped_at_every_byte_is_sent_once),
        sim_test(test_write_of_many_records_stopped_anywhere_is_sent_once),
        sim_test(test_write_that_began_cannot_shrink),
        sim_test(test_write_that_a_read_finished_is_not_sent_again),
        sim_test(test_alert_that_stopped_goes_before_data),
        sim_test(test_alert_that_stopped_is_sent_by_a_read),
        sim_test(test_close_behind_a_stopped_write_is_in_order),
        sim_test(test_close_without_room_does_not_wait),
        sim_test(test_records_keep_to_the_limit),
        sim_test(test_write_of_every_small_size_fits),
        sim_test(test_own_chain_above_the_limit_is_sent),
        sim_test(test_own_chain_above_any_record_is_refused),
        sim_test(test_own_chain_above_a_fixed_buffer_is_sent),
        sim_test(test_bound_is_never_below_ten),
        sim_test(test_bound_is_kconfigs_after_every_failure),
        sim_test(test_bound_is_kconfigs_after_every_io_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* this build has fixed buffers only */
}

#endif
