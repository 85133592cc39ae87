/* Open TLS connections: records in both directions, what arrives besides data, and how it ends. */
#include "sim_test.h"

#include "mbedtls/ssl.h"

static void renew(struct sim_case *t)
{
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init();
    assert_non_null(t->tls);
    sim_advance_us(1);
}

/** Connect to a server that plays this script, in this version. */
static void open_with(struct sim_case *t, int version, const struct sim_tls_step *script)
{
    t->server.version = version;
    t->server.script = script;
    t->server.alert = -1;
    t->server.error = 0;
    assert_int_equal(sim_connect(t), 1);
}

static ssize_t read_some(struct sim_case *t)
{
    char buf[64];

    return esp_tls_conn_read(t->tls, buf, sizeof(buf));
}

/* --- data ---------------------------------------------------------------------------------------
 */

static void test_upload_of_every_size_around_the_record(void **state)
{
    static const size_t sizes[] = {1,    15,   16,   17,   255,   256,   4063,  4064,  4079,
                                   4080, 4095, 4096, 4097, 12288, 16383, 16384, 16385, 50000};
    struct sim_case *t = *state;

    for (int version = 12; version <= 13; version++) {
        for (size_t i = 0; i < COUNT(sizes); i++) {
            const struct sim_tls_step script[] = {
                {SIM_TLS_EXPECT, sizes[i]}, {SIM_TLS_SEND, 1}, {SIM_TLS_END, 0}};
            unsigned char *data = test_malloc(sizes[i]);
            uint64_t before = t->server.received;

            for (size_t at = 0; at < sizes[i]; at++) {
                data[at] = sim_pattern(at);
            }
            open_with(t, version, script);
            assert_int_equal(esp_tls_conn_write(t->tls, data, sizes[i]), sizes[i]);
            sim_receive(t, 0, 1);
            assert_int_equal(t->server.received - before, sizes[i]);
            assert_false(t->server.received_wrong);
            test_free(data);
            renew(t);
        }
    }
}

static void test_download_of_records_of_every_kind_of_size(void **state)
{
    static const size_t records[] = {1, 2, 100, 1371, 4000, 0};
    struct sim_case *t = *state;

    for (int version = 12; version <= 13; version++) {
        for (size_t i = 0; i < COUNT(records); i++) {
            static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 9000}, {SIM_TLS_END, 0}};

            t->server.record = records[i];
            open_with(t, version, script);
            sim_receive(t, 0, 9000);
            renew(t);
        }
    }
}

static void test_transfer_over_every_split_of_the_wire(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 3000}, {SIM_TLS_EXPECT, 3000}, {SIM_TLS_SEND, 10}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    t->server.record = 700;
    for (int version = 12; version <= 13; version++) {
        for (size_t piece = 1; piece <= 9; piece++) {
            sim_wire(0, piece, piece, 0);
            open_with(t, version, script);
            sim_receive(t, 0, 3000);
            sim_send(t, 3000);
            sim_receive(t, 3000, 10);
            assert_false(t->server.received_wrong);
            renew(t);
        }
    }
}

static void test_transfer_over_random_splits_and_little_room(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 5000}, {SIM_TLS_EXPECT, 5000}, {SIM_TLS_SEND, 10}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    for (unsigned seed = 1; seed <= 30; seed++) {
        sim_wire(MS(2), 0, 0, 300 + seed);
        sim_wire_random(seed);
        open_with(t, 12 + (int)(seed & 1), script);
        sim_receive(t, 0, 5000);
        sim_send(t, 5000);
        sim_receive(t, 5000, 10);
        assert_false(t->server.received_wrong);
        renew(t);
    }
}

static void test_write_of_part_gives_its_count(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_WAIT, MS(60000)}, {SIM_TLS_EXPECT, 20000}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    static unsigned char data[20000];
    ssize_t first;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = sim_pattern(i);
    }
    for (int non_block = 0; non_block <= 1; non_block++) {
        size_t sent;

        t->cfg.non_block = non_block;
        t->server.received = 0;
        sim_wire(0, 0, 0, 0);
        open_with(t, 13, script);
        sim_wire(0, 0, 0, 6000);
        first = esp_tls_conn_write(t->tls, data, sizeof(data));
        assert_true(first > 0 && first < 6000); /* whole records */
        sent = (size_t)first;
        assert_int_equal(esp_tls_conn_write(t->tls, data + sent, sizeof(data) - sent),
                         ESP_TLS_ERR_SSL_WANT_WRITE);
        sim_wire(0, 0, 0, 0);
        while (sent < sizeof(data)) {
            ssize_t ret = esp_tls_conn_write(t->tls, data + sent, sizeof(data) - sent);

            assert_true(ret > 0);
            sent += (size_t)ret;
        }
        sim_advance_us(MS(70000));
        assert_int_equal(t->server.received, sizeof(data));
        assert_false(t->server.received_wrong);
        renew(t);
    }
}

static void test_zero_bytes_are_legal(void **state)
{
    struct sim_case *t = *state;
    unsigned io;
    char buf[1];

    assert_int_equal(sim_connect(t), 1);
    io = sim_io_count();
    assert_int_equal(esp_tls_conn_write(t->tls, "", 0), 0);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, 0), 0);
    assert_int_equal(sim_io_count(), io);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
}

static void test_bytes_avail_counts_what_is_decrypted(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 100}, {SIM_TLS_SEND, 50}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    assert_int_equal(esp_tls_get_bytes_avail(NULL), -1);
    assert_int_equal(esp_tls_get_bytes_avail(t->tls), 0);
    open_with(t, 13, script);
    assert_int_equal(esp_tls_get_bytes_avail(t->tls), 0);
    sim_receive(t, 0, 1);
    assert_int_equal(esp_tls_get_bytes_avail(t->tls), 99);
    sim_receive(t, 1, 99);
    assert_int_equal(esp_tls_get_bytes_avail(t->tls), 0);
    sim_receive(t, 100, 50);
}

static void test_buffer_is_written_only_with_data(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 10}, {SIM_TLS_CLOSE_NOTIFY, 0}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char buf[64];

    open_with(t, 13, script);
    memset(buf, 0xA5, sizeof(buf));
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), 10);
    assert_int_equal(buf[10], 0xA5);
    memset(buf, 0xA5, sizeof(buf));
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), 0);
    for (size_t i = 0; i < sizeof(buf); i++) {
        assert_int_equal(buf[i], 0xA5);
    }
}

/* --- how it ends --------------------------------------------------------------------------------
 */

static void test_close_notify_is_zero_every_time(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 100}, {SIM_TLS_CLOSE_NOTIFY, 0}, {SIM_TLS_END, 0}};
    static const struct sim_tls_step with_fin[] = {
        {SIM_TLS_SEND, 100}, {SIM_TLS_CLOSE_NOTIFY, 0}, {SIM_TLS_FIN, 0}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    for (int version = 12; version <= 13; version++) {
        for (int fin = 0; fin <= 1; fin++) {
            open_with(t, version, fin ? with_fin : script);
            sim_advance_us(MS(1));
            sim_receive(t, 0, 100); /* first the data */
            assert_int_equal(read_some(t), 0);
            assert_int_equal(read_some(t), 0);
            assert_int_equal(read_some(t), 0);
            assert_int_equal(esp_tls_get_bytes_avail(t->tls), 0);
            assert_int_equal(sim_state(t), ESP_TLS_DONE);
            renew(t);
        }
    }
}

static void test_fin_without_close_notify_is_truncated(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 100}, {SIM_TLS_FIN, 0}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    for (int version = 12; version <= 13; version++) {
        open_with(t, version, script);
        sim_receive(t, 0, 100);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(read_some(t), MBEDTLS_ERR_SSL_CONN_EOF);
            assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_TRUNCATED,
                          ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, "stack=0x%04X",
                          -MBEDTLS_ERR_SSL_CONN_EOF);
        }
        assert_true(esp_tls_conn_write(t->tls, "x", 1) < 0);
        renew(t);
    }
}

/** The end comes inside a header or a body. */
static void test_fin_inside_a_record_is_truncated(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_TRICKLE, 1000}, {SIM_TLS_SEND, 100}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    t->cfg.non_block = true;
    for (int version = 12; version <= 13; version++) {
        for (unsigned ms = 1; ms <= 100; ms += 9) {
            open_with(t, version, script);
            sim_advance_us(MS(ms)); /* so many bytes are there */
            assert_int_equal(read_some(t), ESP_TLS_ERR_SSL_WANT_READ);
            sim_fail_io(1, SIM_FAULT_EOF, 0, true);
            assert_int_equal(read_some(t), MBEDTLS_ERR_SSL_CONN_EOF);
            assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_TRUNCATED);
            sim_fail_io(0, SIM_FAULT_EOF, 0, false);
            renew(t);
        }
    }
}

static void test_data_comes_before_the_reset(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 100}, {SIM_TLS_RST, 0}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    for (int version = 12; version <= 13; version++) {
        open_with(t, version, script);
        sim_advance_us(MS(1));
        sim_receive(t, 0, 100);
        assert_true(read_some(t) < 0);
        assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_SYSTEM, ESP_ERR_MBEDTLS_SSL_READ_FAILED,
                      "os=ECONNRESET stack=0x004C");
        renew(t);
    }
}

static void test_data_comes_before_the_alert(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 100},
        {SIM_TLS_ALERT, SIM_FATAL(MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR)},
        {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    esp_tls_error_handle_t h;
    int code;

    for (int version = 12; version <= 13; version++) {
        open_with(t, version, script);
        sim_advance_us(MS(1));
        sim_receive(t, 0, 100);
        assert_int_equal(read_some(t), MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
        assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_SSL_READ_FAILED,
                      "stack=0x%04X received=%d", -MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE,
                      MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
        assert_int_equal(esp_tls_get_error_handle(t->tls, &h), ESP_OK);
        assert_int_equal(esp_tls_get_and_clear_last_error(h, &code, NULL),
                         ESP_ERR_MBEDTLS_SSL_READ_FAILED);
        assert_int_equal(code, -MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
        renew(t);
    }
}

static void test_record_that_does_not_decrypt_is_refused(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 100}, {SIM_TLS_RECORD, 40}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    for (int version = 12; version <= 13; version++) {
        open_with(t, version, script);
        sim_receive(t, 0, 100);
        assert_true(read_some(t) < 0);
        assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_SSL_READ_FAILED,
                      "stack=0x%04X sent=%d", -MBEDTLS_ERR_SSL_INVALID_MAC,
                      MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC);
        sim_advance_us(MS(1));
        assert_int_equal(t->server.alert, MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC);
        renew(t);
    }
}

static void test_write_after_the_end_fails(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_RST, 0}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char data[100] = {0};

    open_with(t, 13, script);
    sim_advance_us(MS(1));
    assert_true(esp_tls_conn_write(t->tls, data, sizeof(data)) < 0);
    assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_SYSTEM, ESP_ERR_MBEDTLS_SSL_WRITE_FAILED,
                  "os=ECONNRESET stack=0x004E");
    assert_true(read_some(t) < 0);
    assert_int_equal(sim_record(t).esp_code, ESP_ERR_MBEDTLS_SSL_WRITE_FAILED); /* the first */
}

static void test_write_to_a_closed_peer_is_recorded(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(sim_connect(t), 1);
    sim_fail_io(1, SIM_FAULT_ERROR, EPIPE, false);
    assert_true(esp_tls_conn_write(t->tls, "x", 1) < 0);
    assert_int_equal(sim_record(t).os_errno, EPIPE);
}

/* --- what TLS sends for itself
 * -------------------------------------------------------------------- */

static void test_tickets_never_reach_the_caller(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_TICKET, 32},  {SIM_TLS_TICKET, 200}, {SIM_TLS_SEND, 100},
        {SIM_TLS_TICKET, 900}, {SIM_TLS_SEND, 1},     {SIM_TLS_TICKET, 1},
        {SIM_TLS_SEND, 4000},  {SIM_TLS_TICKET, 64},  {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    for (size_t piece = 0; piece <= 3; piece++) {
        sim_wire(0, piece, 0, 0);
        open_with(t, 13, script);
        sim_receive(t, 0, 4101);
        assert_int_equal(read_some(t), ESP_TLS_ERR_SSL_WANT_READ); /* only the ticket is left */
        assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_TIMEOUT);
        sim_send(t, 10);
        renew(t);
    }
}

static void test_tickets_on_a_handle_that_does_not_block_are_want_read(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_TICKET, 200}, {SIM_TLS_EXPECT, 10}, {SIM_TLS_SEND, 10}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    t->cfg.non_block = true;
    open_with(t, 13, script);
    sim_advance_us(MS(1));
    assert_int_equal(read_some(t), ESP_TLS_ERR_SSL_WANT_READ);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    sim_send(t, 10);
    sim_advance_us(MS(1));
    sim_receive(t, 0, 10);
}

static void test_key_update_is_refused_by_name(void **state)
{
    struct sim_case *t = *state;

    for (size_t ask = 0; ask <= 1; ask++) {
        const struct sim_tls_step script[] = {
            {SIM_TLS_SEND, 100}, {SIM_TLS_KEY_UPDATE, ask}, {SIM_TLS_END, 0}};

        open_with(t, 13, script);
        sim_receive(t, 0, 100);
        assert_true(read_some(t) < 0);
        assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_SSL_READ_FAILED,
                      "stack=0x%04X option=KeyUpdate", -MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
        renew(t);
    }
}

/** RFC 5246 section 7.4.1.1 and 7.2.2: the client answers no_renegotiation, and the connection goes
 *  on as it was. */
static void test_renegotiation_is_declined(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 100}, {SIM_TLS_HELLO_REQUEST, 0}, {SIM_TLS_SEND, 100}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    open_with(t, 12, script);
    sim_receive(t, 0, 200);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    sim_send(t, 10);
    sim_advance_us(MS(1));
    assert_int_equal(t->server.received, 10);
    assert_int_equal(t->server.handshakes, 1);
}

static void test_warning_alert_does_not_end_tls12(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 100},
        {SIM_TLS_ALERT, SIM_WARNING(MBEDTLS_SSL_ALERT_MSG_USER_CANCELED)},
        {SIM_TLS_SEND, 100},
        {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    open_with(t, 12, script);
    sim_receive(t, 0, 200);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
}

/* --- names of codes
 * --------------------------------------------------------------------------------- */

static void test_stack_codes_have_names(void **state)
{
    static const struct {
        int code;
        const char *name;
    } rows[] = {
        {0x7600, "MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED"},
        {-0x7600, "MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED"},
        {0x2700, "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"},
        {0x7280, "MBEDTLS_ERR_SSL_CONN_EOF"},
        {0x7780, "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE"},
        {0x7F00, "MBEDTLS_ERR_SSL_ALLOC_FAILED"},
        {0x0010, "MBEDTLS_ERR_MPI_ALLOC_FAILED"},
        {0x2562, "MBEDTLS_ERR_X509_INVALID_EXTENSIONS"}, /* with a low-level part */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(esp_tls_stack_code_name(rows[i].code), rows[i].name);
    }
    assert_null(esp_tls_stack_code_name(0x12345678));
    assert_null(esp_tls_stack_code_name(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_upload_of_every_size_around_the_record),
        sim_test(test_download_of_records_of_every_kind_of_size),
        sim_test(test_transfer_over_every_split_of_the_wire),
        sim_test(test_transfer_over_random_splits_and_little_room),
        sim_test(test_write_of_part_gives_its_count),
        sim_test(test_zero_bytes_are_legal),
        sim_test(test_bytes_avail_counts_what_is_decrypted),
        sim_test(test_buffer_is_written_only_with_data),
        sim_test(test_close_notify_is_zero_every_time),
        sim_test(test_fin_without_close_notify_is_truncated),
        sim_test(test_fin_inside_a_record_is_truncated),
        sim_test(test_data_comes_before_the_reset),
        sim_test(test_data_comes_before_the_alert),
        sim_test(test_record_that_does_not_decrypt_is_refused),
        sim_test(test_write_after_the_end_fails),
        sim_test(test_write_to_a_closed_peer_is_recorded),
        sim_test(test_tickets_never_reach_the_caller),
        sim_test(test_tickets_on_a_handle_that_does_not_block_are_want_read),
        sim_test(test_key_update_is_refused_by_name),
        sim_test(test_renegotiation_is_declined),
        sim_test(test_warning_alert_does_not_end_tls12),
        cmocka_unit_test(test_stack_codes_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
