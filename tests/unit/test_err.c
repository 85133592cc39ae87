/* Error names, and the macros that check codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "esp_assert.h"
#include "esp_attr.h"
#include "esp_bit_defs.h"
#include "esp_check.h"
#include "esp_err.h"
#include "esp_idf_version.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "mbedtls/build_info.h"
#include "esp_tls_errors.h"
#include "plat_errno.h"
#include "plat_sim.h"
#include "soc/soc_caps.h"

ESP_STATIC_ASSERT(BIT(3) == BIT3, "bits by number and by name");
/* Programs take the branch for the Mbed TLS that is here. */
ESP_STATIC_ASSERT((ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)) == (MBEDTLS_VERSION_MAJOR >= 4),
                  "version");
ESP_STATIC_ASSERT(ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0), "version");

#ifdef CONFIG_ESP_ERR_TO_NAME_LOOKUP
#define NAMED(name) name
#define UNKNOWN     "ERROR"
#else
#define NAMED(name) "UNKNOWN ERROR"
#define UNKNOWN     "UNKNOWN ERROR"
#endif

static void test_set_errno_of_nothing_leaves_it(void **state)
{
    (void)state;
    errno = ERANGE;
    plat_set_errno(0);
    assert_int_equal(errno, ERANGE);
    plat_set_errno(1);
    assert_int_equal(errno, 1);
}

static void test_codes_have_their_macros_names(void **state)
{
    (void)state;
    assert_string_equal(esp_err_to_name(ESP_OK), NAMED("ESP_OK"));
    assert_string_equal(esp_err_to_name(ESP_FAIL), NAMED("ESP_FAIL"));
    assert_string_equal(esp_err_to_name(ESP_ERR_NO_MEM), NAMED("ESP_ERR_NO_MEM"));
    assert_string_equal(esp_err_to_name(ESP_ERR_NOT_ALLOWED), NAMED("ESP_ERR_NOT_ALLOWED"));
    assert_string_equal(esp_err_to_name(0x8001), NAMED("ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME"));
    assert_string_equal(esp_err_to_name(0x801A), NAMED("ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED"));
    assert_string_equal(esp_err_to_name(0x7777), UNKNOWN);
}

#define N(code)                                                                                    \
    {                                                                                              \
        code, #code                                                                                \
    }

static const struct {
    esp_err_t code;
    const char *name;
} esp_tls_codes[] = {
    N(ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME),
    N(ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET),
    N(ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY),
    N(ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST),
    N(ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED),
    N(ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT),
    N(ESP_ERR_ESP_TLS_SE_FAILED),
    N(ESP_ERR_ESP_TLS_TCP_CLOSED_FIN),
    N(ESP_ERR_ESP_TLS_SERVER_HANDSHAKE_TIMEOUT),
    N(ESP_ERR_MBEDTLS_CERT_PARTLY_OK),
    N(ESP_ERR_MBEDTLS_CTR_DRBG_SEED_FAILED),
    N(ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED),
    N(ESP_ERR_MBEDTLS_SSL_CONFIG_DEFAULTS_FAILED),
    N(ESP_ERR_MBEDTLS_SSL_CONF_ALPN_PROTOCOLS_FAILED),
    N(ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED),
    N(ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED),
    N(ESP_ERR_MBEDTLS_SSL_SETUP_FAILED),
    N(ESP_ERR_MBEDTLS_SSL_WRITE_FAILED),
    N(ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED),
    N(ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED),
    N(ESP_ERR_MBEDTLS_SSL_CONF_PSK_FAILED),
    N(ESP_ERR_MBEDTLS_SSL_TICKET_SETUP_FAILED),
    N(ESP_ERR_MBEDTLS_SSL_READ_FAILED),
    N(ESP_ERR_WOLFSSL_SSL_SET_HOSTNAME_FAILED),
    N(ESP_ERR_WOLFSSL_SSL_CONF_ALPN_PROTOCOLS_FAILED),
    N(ESP_ERR_WOLFSSL_CERT_VERIFY_SETUP_FAILED),
    N(ESP_ERR_WOLFSSL_KEY_VERIFY_SETUP_FAILED),
    N(ESP_ERR_WOLFSSL_SSL_HANDSHAKE_FAILED),
    N(ESP_ERR_WOLFSSL_CTX_SETUP_FAILED),
    N(ESP_ERR_WOLFSSL_SSL_SETUP_FAILED),
    N(ESP_ERR_WOLFSSL_SSL_WRITE_FAILED),
};

static void test_the_list_agrees_with_the_headers_of_esp_tls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(esp_tls_codes) / sizeof(esp_tls_codes[0]); i++) {
        const char *expected = esp_tls_codes[i].name;

        assert_string_equal(esp_err_to_name(esp_tls_codes[i].code), NAMED(expected));
    }
}

static void test_unknown_codes_are_the_systems_or_a_number(void **state)
{
    char text[64];

    (void)state;
    assert_ptr_equal(esp_err_to_name_r(2, text, sizeof(text)), text);
    assert_string_equal(text, "No such file or directory");
    assert_string_equal(esp_err_to_name_r(0x7777, text, sizeof(text)), UNKNOWN " 0x7777(30583)");
    assert_string_equal(esp_err_to_name_r(-2, text, sizeof(text)), UNKNOWN " 0xfffffffe(-2)");
    assert_string_equal(esp_err_to_name_r(0x7777, text, 4), UNKNOWN[0] == 'E' ? "ERR" : "UNK");
    text[0] = 'x';
    assert_ptr_equal(esp_err_to_name_r(0x7777, text, 0), text);
    assert_int_equal(text[0], 'x');
}

static int evaluated;

static esp_err_t say(esp_err_t code)
{
    evaluated++;
    return code;
}

static esp_err_t by_return(esp_err_t code)
{
    ESP_RETURN_ON_ERROR(say(code), "test", "because %d", 1);
    ESP_RETURN_ON_FALSE(code == ESP_OK, ESP_FAIL, "test", "never");
    return ESP_OK;
}

static esp_err_t by_goto(bool a)
{
    esp_err_t ret = ESP_OK;

    ESP_GOTO_ON_FALSE(a, ESP_ERR_TIMEOUT, out, "test", "no text");
    ESP_GOTO_ON_ERROR(say(ESP_ERR_NO_MEM), out, "test", "text");
    ret = ESP_FAIL;
out:
    return ret;
}

static void by_void(int *reached, bool a)
{
    ESP_RETURN_VOID_ON_FALSE(a, "test", "text");
    *reached = 1;
    ESP_RETURN_VOID_ON_ERROR(ESP_FAIL, "test", "text");
    *reached = 2;
}

static esp_err_t by_cleanup(int *cleaned)
{
    ESP_RETURN_ON_ERROR_CLEANUP(say(ESP_FAIL), *cleaned = 1);
    return ESP_OK;
}

static char line[256];

static int keep_line(const char *format, va_list args)
{
    return vsnprintf(line, sizeof(line), format, args);
}

static void test_check_macros_leave_once_and_say_where(void **state)
{
    vprintf_like_t before = esp_log_set_vprintf(keep_line);
    int seen = 0;

    (void)state;
    evaluated = 0;
    assert_int_equal(by_return(ESP_OK), ESP_OK);
    assert_int_equal(by_return(ESP_ERR_NOT_FOUND), ESP_ERR_NOT_FOUND);
    assert_int_equal(evaluated, 2);
#ifndef CONFIG_COMPILER_OPTIMIZATION_CHECKS_SILENT
    assert_non_null(strstr(line, "test: by_return("));
    assert_non_null(strstr(line, "): because 1\n"));
#endif
    assert_int_equal(by_goto(false), ESP_ERR_TIMEOUT);
    assert_int_equal(by_goto(true), ESP_ERR_NO_MEM);
    by_void(&seen, false);
    assert_int_equal(seen, 0);
    by_void(&seen, true);
    assert_int_equal(seen, 1);
    assert_int_equal(by_cleanup(&seen), ESP_FAIL);
    (void)esp_log_set_vprintf(before);
}

static void test_error_check_evaluates_once_and_passes_ok(void **state)
{
    (void)state;
    evaluated = 0;
    ESP_ERROR_CHECK(say(ESP_OK));
    assert_int_equal(ESP_ERROR_CHECK_WITHOUT_ABORT(say(ESP_OK)), ESP_OK);
    assert_int_equal(evaluated, 2);
}

static void test_the_small_calls_reach_the_platform(void **state)
{
    uint8_t a[16] = {0};
    uint8_t b[16] = {0};

    (void)state;
    assert_int_equal(sim_reset(), 0);
    assert_int_equal(esp_timer_get_time(), 1000000);
    esp_fill_random(a, sizeof(a));
    esp_fill_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_true(esp_random() != esp_random());
    assert_string_equal(esp_get_idf_version(), "v5.5.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_errno_of_nothing_leaves_it),
        cmocka_unit_test(test_codes_have_their_macros_names),
        cmocka_unit_test(test_the_list_agrees_with_the_headers_of_esp_tls),
        cmocka_unit_test(test_unknown_codes_are_the_systems_or_a_number),
        cmocka_unit_test(test_check_macros_leave_once_and_say_where),
        cmocka_unit_test(test_error_check_evaluates_once_and_passes_ok),
        cmocka_unit_test(test_the_small_calls_reach_the_platform),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
