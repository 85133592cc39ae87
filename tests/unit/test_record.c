/* Reading the record, the timeline and the rest of what a connection knows about itself. */
#include "sim_test.h"

static void test_reads_missing_arguments_are_refused(void **state)
{
    struct sim_case *t = *state;
    esp_tls_record_t record;
    esp_tls_timeline_t line;

    assert_int_equal(esp_tls_get_record(NULL, &record), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_record(t->tls, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_timeline(NULL, &line), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_timeline(t->tls, NULL), ESP_ERR_INVALID_ARG);
}

static void test_fresh_record_is_empty(void **state)
{
    struct sim_case *t = *state;
    esp_tls_record_t r = sim_record(t);
    esp_tls_timeline_t line;

    assert_int_equal(r.phase, ESP_TLS_PHASE_NONE);
    assert_int_equal(r.cause, ESP_TLS_CAUSE_NONE);
    assert_int_equal(r.esp_code, ESP_OK);
    assert_int_equal(r.os_errno, 0);
    assert_int_equal(r.resolver_code, 0);
    assert_int_equal(r.stack_code, 0);
    assert_int_equal(r.verify_flags, 0);
    assert_int_equal(r.verify_depth, -1);
    assert_int_equal(r.alert_sent, -1);
    assert_int_equal(r.alert_received, -1);
    assert_null(r.option);
    assert_int_equal(r.mem_size, 0);
    assert_int_equal(r.record_len, 0);
    assert_string_equal(r.address, "");
    assert_int_equal(r.bytes_in, 0);
    assert_int_equal(r.bytes_out, 0);
    assert_int_equal(esp_tls_get_timeline(t->tls, &line), ESP_OK);
    assert_int_equal(line.resolved_us, 0);
    assert_int_equal(line.first_byte_us, 0);
}

static void test_reading_does_not_destroy(void **state)
{
    struct sim_case *t = *state;
    esp_tls_record_t first;
    esp_tls_record_t second;

    sim_host("127.0.0.1", 443, SIM_REFUSE, 0, NULL, NULL);
    assert_int_equal(sim_connect(t), -1);
    memset(&first, 0x11, sizeof(first));
    memset(&second, 0x11, sizeof(second));
    assert_int_equal(esp_tls_get_record(t->tls, &first), ESP_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(esp_tls_get_record(t->tls, &second), ESP_OK);
    }
    assert_int_equal(second.cause, ESP_TLS_CAUSE_SYSTEM);
    assert_int_equal(second.cause, first.cause);
    assert_int_equal(second.os_errno, ECONNREFUSED);
    assert_string_equal(second.address, "127.0.0.1");
}

static void test_longest_address_fits(void **state)
{
    static const char longest[] = "1111:2222:3333:4444:5555:6666:7777:8888%4294967295";
    struct sim_case *t = *state;

    t->cfg.is_plain_tcp = true;
    (void)sim_connect_to(t, longest, 80);
    assert_true(strlen(sim_record(t).address) < ESP_TLS_RECORD_ADDRESS_MAX);
    sim_host("1111:2222:3333:4444:5555:6666:7777:8888", 80, SIM_REFUSE, 0, NULL, NULL);
    assert_int_equal(sim_connect_to(t, "1111:2222:3333:4444:5555:6666:7777:8888", 80), -1);
    assert_string_equal(sim_record(t).address, "1111:2222:3333:4444:5555:6666:7777:8888");
}

static void test_no_memory_says_how_much_and_what_for(void **state)
{
    struct sim_case *t = *state;
    esp_tls_record_t r;

    sim_fail_alloc(1, false);
    assert_int_equal(sim_connect(t), -1);
    r = sim_record(t);
    assert_int_equal(r.cause, ESP_TLS_CAUSE_NO_MEM);
    assert_int_equal(r.esp_code, ESP_ERR_NO_MEM);
    assert_true(r.mem_size > 0);
    assert_int_equal(r.mem_purpose, 0); /* PLAT_MEM_CONNECTION: the stack's context */
    assert_int_equal(sim_state(t), ESP_TLS_FAIL);
}

static void test_every_failing_call_leaves_a_record(void **state)
{
    struct sim_case *t = *state;
    char buf[4];

    assert_int_equal(esp_tls_conn_read(t->tls, buf, 4), -1);
    assert_int_not_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    assert_int_equal(sim_connect_to(t, "nobody.test", 443), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_RESOLVE);
    assert_int_equal(esp_tls_conn_write(t->tls, buf, 4), -1);
    assert_int_not_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_reads_missing_arguments_are_refused),
        sim_test(test_fresh_record_is_empty),
        sim_test(test_reading_does_not_destroy),
        sim_test(test_longest_address_fits),
        sim_test(test_no_memory_says_how_much_and_what_for),
        sim_test(test_every_failing_call_leaves_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
