/* Failures as values: the record's one writer, the ESP-IDF error handle, and the codes. */
#include "sim_test.h"

#include <limits.h>

#include "error.h"

/* --- the writer ------------------------------------------------------------------------------- */

static void test_any_code_of_a_stack_is_kept_without_its_sign(void **state)
{
    static const struct {
        int code;
        int kept;
    } rows[] = {
        {0, 0}, {1, 1}, {-1, 1}, {INT_MAX, INT_MAX}, {-INT_MAX, INT_MAX}, {INT_MIN, INT_MAX}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tls_error err;

        et_error_clear(&err);
        (void)et_error_set(&err, TLS_STACK, 0, 0, rows[i].code);
        assert_int_equal(err.stack, rows[i].kept);
    }
}

static void test_first_cause_wins(void **state)
{
    struct tls_error err;

    (void)state;
    et_error_clear(&err);
    err.now = ESP_TLS_PHASE_CONNECT;
    assert_int_equal(et_error_set(&err, TLS_SYSTEM, 0, ECONNREFUSED, 0), TLS_SYSTEM);
    err.now = ESP_TLS_PHASE_HANDSHAKE;
    assert_int_equal(et_error_set(&err, TLS_STACK, 0, 5, -0x7280), TLS_STACK);
    assert_int_equal(et_error_option(&err, TLS_INVALID_ARG, 0, "late"), TLS_INVALID_ARG);
    assert_int_equal(et_error_passing(&err, TLS_TIMEOUT, "later"), TLS_TIMEOUT);
    assert_int_equal(err.status, TLS_SYSTEM);
    assert_int_equal(err.phase, ESP_TLS_PHASE_CONNECT);
    assert_int_equal(err.os, ECONNREFUSED);
    assert_int_equal(err.stack, 0);
    assert_null(err.option);
    et_error_drop_passing(&err); /* a final cause stays */
    assert_int_equal(err.status, TLS_SYSTEM);
    et_error_clear(&err);
    assert_int_equal(err.status, TLS_OK);
    assert_int_equal(err.verify_depth, -1);
    assert_int_equal(err.alert_sent, -1);
    assert_int_equal(err.alert_received, -1);
}

static void test_passing_cause_makes_room(void **state)
{
    struct tls_error err;

    (void)state;
    et_error_clear(&err);
    err.now = ESP_TLS_PHASE_OPEN;
    (void)et_error_passing(&err, TLS_TIMEOUT, "x");
    assert_int_equal(err.status, TLS_TIMEOUT);
    assert_int_equal(err.esp, ESP_ERR_TIMEOUT);
    assert_string_equal(err.option, "x");
    err.os = EPIPE; /* what came to it since */
    err.stack = 1;
    et_error_drop_passing(&err);
    assert_int_equal(err.status, TLS_OK);
    assert_int_equal(err.phase, ESP_TLS_PHASE_NONE);
    assert_int_equal(err.esp, ESP_OK);
    assert_int_equal(err.os, 0);
    assert_int_equal(err.stack, 0);
    assert_null(err.option);
    (void)et_error_set(&err, TLS_STACK, 0, 0, -0x7780);
    assert_int_equal(err.stack, 0x7780); /* positive, as ESP-IDF stores it */
    et_error_drop_passing(&err);
    assert_int_equal(err.status, TLS_STACK);
}

/** A passing cause hides nothing: neither a final one that comes later, nor another passing one. */
static void test_passing_cause_is_replaced(void **state)
{
    struct tls_error err;

    (void)state;
    et_error_clear(&err);
    err.now = ESP_TLS_PHASE_OPEN;
    (void)et_error_passing(&err, TLS_TIMEOUT, NULL);
    (void)et_error_passing(&err, TLS_INVALID_ARG, "data");
    assert_int_equal(err.status, TLS_INVALID_ARG);
    assert_string_equal(err.option, "data");
    assert_true(err.passing);
    (void)et_error_option(&err, TLS_NOT_SUPPORTED, 0, "option");
    assert_int_equal(err.status, TLS_NOT_SUPPORTED);
    assert_string_equal(err.option, "option");
    assert_false(err.passing);
    et_error_clear(&err);
    err.now = ESP_TLS_PHASE_OPEN;
    (void)et_error_passing(&err, TLS_NO_MEM, "x");
    (void)et_error_set(&err, TLS_SYSTEM, 0, EPIPE, 0);
    assert_int_equal(err.status, TLS_SYSTEM);
    assert_int_equal(err.os, EPIPE);
    assert_int_equal(err.esp, ESP_ERR_MBEDTLS_SSL_READ_FAILED);
    assert_null(err.option);
    assert_false(err.passing);
}

static void test_every_failure_has_a_code_in_every_phase(void **state)
{
    (void)state;
    for (int st = TLS_EOF + 1; st <= TLS_FLOOD; st++) {
        for (int phase = ESP_TLS_PHASE_NONE; phase <= ESP_TLS_PHASE_CLOSE; phase++) {
            assert_int_not_equal(et_error_esp_code((tls_status)st, (uint8_t)phase), ESP_OK);
        }
        assert_int_not_equal(et_error_cause((uint8_t)st), ESP_TLS_CAUSE_NONE);
    }
    assert_int_equal(et_error_esp_code(TLS_OK, ESP_TLS_PHASE_OPEN), ESP_OK);
    assert_int_equal(et_error_esp_code(TLS_EOF, ESP_TLS_PHASE_OPEN), ESP_OK);
    assert_int_equal(et_error_esp_code(TLS_WANT_READ, ESP_TLS_PHASE_OPEN), ESP_OK);
}

static void test_codes_by_phase(void **state)
{
    static const struct {
        tls_status st;
        esp_tls_phase_t phase;
        esp_err_t esp;
    } rows[] = {
        {TLS_TIMEOUT, ESP_TLS_PHASE_RESOLVE, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME},
        {TLS_TIMEOUT, ESP_TLS_PHASE_CONNECT, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT},
        {TLS_TIMEOUT, ESP_TLS_PHASE_HANDSHAKE, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT},
        {TLS_TIMEOUT, ESP_TLS_PHASE_OPEN, ESP_ERR_TIMEOUT},
        {TLS_SYSTEM, ESP_TLS_PHASE_CONNECT, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST},
        {TLS_SYSTEM, ESP_TLS_PHASE_HANDSHAKE, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED},
        {TLS_STACK, ESP_TLS_PHASE_CONFIG, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED},
        {TLS_VERIFY, ESP_TLS_PHASE_HANDSHAKE, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED},
        {TLS_TRUNCATED, ESP_TLS_PHASE_HANDSHAKE, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED},
        {TLS_TRUNCATED, ESP_TLS_PHASE_OPEN, ESP_ERR_ESP_TLS_TCP_CLOSED_FIN},
        {TLS_NO_MEM, ESP_TLS_PHASE_HANDSHAKE, ESP_ERR_NO_MEM},
        {TLS_NO_TRUST, ESP_TLS_PHASE_CONFIG, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED},
        {TLS_RESOLVE, ESP_TLS_PHASE_RESOLVE, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(et_error_esp_code(rows[i].st, (uint8_t)rows[i].phase), rows[i].esp);
    }
}

/* --- names ------------------------------------------------------------------------------------ */

static void test_phases_and_causes_have_different_names(void **state)
{
    (void)state;
    for (int a = ESP_TLS_PHASE_NONE; a <= ESP_TLS_PHASE_CLOSE; a++) {
        assert_string_not_equal(esp_tls_phase_name((esp_tls_phase_t)a), "?");
        for (int b = ESP_TLS_PHASE_NONE; b < a; b++) {
            assert_string_not_equal(esp_tls_phase_name((esp_tls_phase_t)a),
                                    esp_tls_phase_name((esp_tls_phase_t)b));
        }
    }
    for (int a = ESP_TLS_CAUSE_NONE; a <= ESP_TLS_CAUSE_FLOOD; a++) {
        assert_string_not_equal(esp_tls_cause_name((esp_tls_cause_t)a), "?");
        for (int b = ESP_TLS_CAUSE_NONE; b < a; b++) {
            assert_string_not_equal(esp_tls_cause_name((esp_tls_cause_t)a),
                                    esp_tls_cause_name((esp_tls_cause_t)b));
        }
    }
    assert_string_equal(esp_tls_phase_name(ESP_TLS_PHASE_RESOLVE), "resolve");
    assert_string_equal(esp_tls_cause_name(ESP_TLS_CAUSE_TIMEOUT), "timeout");
}

static void test_numbers_that_are_none_are_question_marks(void **state)
{
    static const int rows[] = {-1, 7, 16, 99, INT_MAX, INT_MIN};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i] != 7) { /* a cause */
            assert_string_equal(esp_tls_cause_name((esp_tls_cause_t)rows[i]), "?");
        }
        assert_string_equal(esp_tls_phase_name((esp_tls_phase_t)rows[i]), "?");
    }
}

/* --- the ESP-IDF error handle ----------------------------------------------------------------- */

static esp_tls_error_handle_t handle_of(struct sim_case *t)
{
    esp_tls_error_handle_t h = NULL;

    assert_int_equal(esp_tls_get_error_handle(t->tls, &h), ESP_OK);
    assert_non_null(h);
    return h;
}

static void fail_verification(struct sim_case *t)
{
    t->server.cert = CERT(server_expired_chain_pem);
    t->server.key = CERT(server_expired_key);
    assert_int_equal(sim_connect(t), -1);
}

static void test_last_error_is_read_and_cleared(void **state)
{
    struct sim_case *t = *state;
    esp_tls_error_handle_t h = handle_of(t);
    int code = 1;
    int flags = 1;

    assert_int_equal(esp_tls_get_and_clear_last_error(h, &code, &flags), ESP_OK);
    assert_int_equal(code, 0);
    assert_int_equal(flags, 0);
    fail_verification(t);
    assert_int_equal(h->last_error, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED); /* public fields */
    assert_int_equal(h->esp_tls_flags, MBEDTLS_X509_BADCERT_EXPIRED);
    assert_int_equal(esp_tls_get_and_clear_last_error(h, &code, &flags),
                     ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED);
    assert_int_equal(code, -MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
    assert_int_equal(flags, MBEDTLS_X509_BADCERT_EXPIRED);
    assert_int_equal(esp_tls_get_and_clear_last_error(h, &code, &flags), ESP_OK);
    assert_int_equal(code, 0);
    assert_int_equal(flags, 0);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_VERIFY); /* the record stays */
}

static void test_last_error_pointers_are_optional(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(esp_tls_get_and_clear_last_error(NULL, NULL, NULL), ESP_ERR_INVALID_STATE);
    fail_verification(t);
    assert_int_equal(esp_tls_get_and_clear_last_error(handle_of(t), NULL, NULL),
                     ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED);
}

static void test_last_error_leaves_the_errno(void **state)
{
    struct sim_case *t = *state;
    esp_tls_error_handle_t h = handle_of(t);
    int value;

    sim_host("127.0.0.1", 443, SIM_REFUSE, 0, NULL, NULL);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(esp_tls_get_and_clear_last_error(h, NULL, NULL),
                     ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST);
    assert_int_equal(esp_tls_get_and_clear_error_type(h, ESP_TLS_ERR_TYPE_SYSTEM, &value), ESP_OK);
    assert_int_equal(value, ECONNREFUSED);
    assert_int_equal(esp_tls_get_and_clear_error_type(h, ESP_TLS_ERR_TYPE_SYSTEM, &value), ESP_OK);
    assert_int_equal(value, 0);
}

static void test_error_types_are_read_and_cleared_one_by_one(void **state)
{
    struct sim_case *t = *state;
    esp_tls_error_handle_t h = handle_of(t);
    static const struct {
        esp_tls_error_type_t type;
        int value;
    } rows[] = {
        {ESP_TLS_ERR_TYPE_MBEDTLS, -MBEDTLS_ERR_X509_CERT_VERIFY_FAILED},
        {ESP_TLS_ERR_TYPE_MBEDTLS, 0},
        {ESP_TLS_ERR_TYPE_CUSTOM_STACK, 0},
        {ESP_TLS_ERR_TYPE_MBEDTLS_CERT_FLAGS, MBEDTLS_X509_BADCERT_EXPIRED},
        {ESP_TLS_ERR_TYPE_CUSTOM_STACK_CERT_FLAGS, 0},
        {ESP_TLS_ERR_TYPE_ESP, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED},
        {ESP_TLS_ERR_TYPE_ESP, 0},
        {ESP_TLS_ERR_TYPE_SYSTEM, 0},
    };

    fail_verification(t);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int value = 99;

        assert_int_equal(esp_tls_get_and_clear_error_type(h, rows[i].type, &value), ESP_OK);
        assert_int_equal(value, rows[i].value);
    }
}

static void test_error_type_that_is_none_is_refused(void **state)
{
    struct sim_case *t = *state;
    esp_tls_error_handle_t h = handle_of(t);
    int value = 99;

    assert_int_equal(esp_tls_get_and_clear_error_type(NULL, ESP_TLS_ERR_TYPE_ESP, &value),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_and_clear_error_type(h, ESP_TLS_ERR_TYPE_ESP, NULL),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_and_clear_error_type(h, ESP_TLS_ERR_TYPE_UNKNOWN, &value),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_and_clear_error_type(h, ESP_TLS_ERR_TYPE_MAX, &value),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_and_clear_error_type(h, (esp_tls_error_type_t)-1, &value),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(value, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_cause_wins),
        cmocka_unit_test(test_any_code_of_a_stack_is_kept_without_its_sign),
        cmocka_unit_test(test_passing_cause_makes_room),
        cmocka_unit_test(test_passing_cause_is_replaced),
        cmocka_unit_test(test_every_failure_has_a_code_in_every_phase),
        cmocka_unit_test(test_codes_by_phase),
        cmocka_unit_test(test_phases_and_causes_have_different_names),
        cmocka_unit_test(test_numbers_that_are_none_are_question_marks),
        sim_test(test_last_error_is_read_and_cleared),
        sim_test(test_last_error_pointers_are_optional),
        sim_test(test_last_error_leaves_the_errno),
        sim_test(test_error_types_are_read_and_cleared_one_by_one),
        sim_test(test_error_type_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
