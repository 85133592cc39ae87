/* The table of codes: what is found, and that every row says something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <netdb.h>

#include "esp_tls_diagnosis.h"
#include "esp_tls_errors.h"
#include "plat_errno.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_codes_are_found_by_domain_and_value(void **state)
{
    static const struct {
        esp_tls_code_domain_t domain;
        int value;
        const char *name;
        esp_tls_class_t kind;
        esp_tls_reason_t first;
    } rows[] = {
        {ESP_TLS_CODE_ESP, 0, "ESP_OK", ESP_TLS_CLASS_NONE, ESP_TLS_REASON_NONE},
        {ESP_TLS_CODE_ESP, -1, "ESP_FAIL", ESP_TLS_CLASS_INTERNAL, ESP_TLS_REASON_OTHER},
        {ESP_TLS_CODE_ESP, 0x101, "ESP_ERR_NO_MEM", ESP_TLS_CLASS_MEMORY, ESP_TLS_REASON_NO_MEMORY},
        {ESP_TLS_CODE_ESP, 0x8001, "ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME", ESP_TLS_CLASS_DNS,
         ESP_TLS_REASON_DNS_NO_NAME},
        {ESP_TLS_CODE_STACK, 0x7200, "MBEDTLS_ERR_SSL_INVALID_RECORD", ESP_TLS_CLASS_PROTOCOL,
         ESP_TLS_REASON_RECORD_TOO_LARGE},
        {ESP_TLS_CODE_STACK, -0x7200, "MBEDTLS_ERR_SSL_INVALID_RECORD", ESP_TLS_CLASS_PROTOCOL,
         ESP_TLS_REASON_RECORD_TOO_LARGE},
        {ESP_TLS_CODE_STACK, ESP_TLS_ERR_SSL_WANT_READ, "MBEDTLS_ERR_SSL_WANT_READ",
         ESP_TLS_CLASS_WAITING, ESP_TLS_REASON_WANT_MORE},
        {ESP_TLS_CODE_STACK, 0x7600, "MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED", ESP_TLS_CLASS_IDENTITY,
         ESP_TLS_REASON_KEY_MISSING},
        {ESP_TLS_CODE_STACK, 0x0010, "MBEDTLS_ERR_MPI_ALLOC_FAILED", ESP_TLS_CLASS_MEMORY,
         ESP_TLS_REASON_NO_MEMORY},
        {ESP_TLS_CODE_STACK, -141, "PSA_ERROR_INSUFFICIENT_MEMORY", ESP_TLS_CLASS_MEMORY,
         ESP_TLS_REASON_NO_MEMORY},
        /* sums */
        {ESP_TLS_CODE_STACK, 0x2562, "MBEDTLS_ERR_X509_INVALID_EXTENSIONS", ESP_TLS_CLASS_CONFIG,
         ESP_TLS_REASON_INPUT_MALFORMED},
        {ESP_TLS_CODE_STACK, -0x4290, "MBEDTLS_ERR_RSA_PUBLIC_FAILED", ESP_TLS_CLASS_MEMORY,
         ESP_TLS_REASON_NO_MEMORY},
        {ESP_TLS_CODE_STACK, 0x3B6A, "MBEDTLS_ERR_PK_INVALID_PUBKEY", ESP_TLS_CLASS_MEMORY,
         ESP_TLS_REASON_NO_MEMORY},
        {ESP_TLS_CODE_ALERT, 48, "unknown_ca", ESP_TLS_CLASS_IDENTITY,
         ESP_TLS_REASON_CLIENT_CERT_UNTRUSTED},
        {ESP_TLS_CODE_ALERT, 0, "close_notify", ESP_TLS_CLASS_CLOSED,
         ESP_TLS_REASON_CLOSED_IN_ORDER},
        {ESP_TLS_CODE_VERIFY, 8, "MBEDTLS_X509_BADCERT_NOT_TRUSTED", ESP_TLS_CLASS_CERTIFICATE,
         ESP_TLS_REASON_ROOT_NOT_TRUSTED},
        {ESP_TLS_CODE_ERRNO, ECONNREFUSED, "ECONNREFUSED", ESP_TLS_CLASS_NETWORK,
         ESP_TLS_REASON_TCP_REFUSED},
        {ESP_TLS_CODE_ERRNO, EWOULDBLOCK, "EAGAIN", ESP_TLS_CLASS_WAITING,
         ESP_TLS_REASON_WANT_MORE},
        {ESP_TLS_CODE_RESOLVER, EAI_NONAME, "EAI_NONAME", ESP_TLS_CLASS_DNS,
         ESP_TLS_REASON_DNS_NO_NAME},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_code_t code;

        assert_true(esp_tls_code_find(rows[i].domain, rows[i].value, &code));
        assert_string_equal(code.name, rows[i].name);
        assert_int_equal(code.domain, rows[i].domain);
        assert_int_equal(code.kind, rows[i].kind);
        assert_int_equal(code.reasons[0], rows[i].first);
        assert_true(esp_tls_code_find(rows[i].domain, rows[i].value, NULL));
    }
}

static void test_codes_that_do_not_exist_are_not_found(void **state)
{
    static const struct {
        esp_tls_code_domain_t domain;
        int value;
    } rows[] = {
        {ESP_TLS_CODE_ESP, 0x7777},    {ESP_TLS_CODE_ESP, -0x8001},
        {ESP_TLS_CODE_STACK, 0},       {ESP_TLS_CODE_STACK, 0x7FFF8000},
        {ESP_TLS_CODE_STACK, 0x10000}, {ESP_TLS_CODE_STACK, 0x0081},
        {ESP_TLS_CODE_STACK, INT_MAX}, {ESP_TLS_CODE_STACK, INT_MIN},
        {ESP_TLS_CODE_ALERT, -1},      {ESP_TLS_CODE_ALERT, 1},
        {ESP_TLS_CODE_VERIFY, 0},      {ESP_TLS_CODE_VERIFY, 3}, /* two bits are two codes */
        {ESP_TLS_CODE_ERRNO, 0},       {ESP_TLS_CODE_RESOLVER, 0},
        {ESP_TLS_CODE_DOMAINS, 0},     {(esp_tls_code_domain_t)-1, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_code_t code = {.name = "as it was"};

        assert_false(esp_tls_code_find(rows[i].domain, rows[i].value, &code));
        assert_string_equal(code.name, "as it was");
    }
}

static bool is_text(const char *text)
{
#ifdef CONFIG_ESP_TLS_DIAGNOSIS_TEXT
    return strlen(text) > 10;
#else
    return text[0] == '\0';
#endif
}

static void test_every_row_is_whole_and_found_again(void **state)
{
    esp_tls_code_t code;
    size_t count[ESP_TLS_CODE_DOMAINS] = {0};

    (void)state;
    for (size_t i = 0; esp_tls_code_at(i, &code); i++) {
        esp_tls_code_t again;

        assert_in_range(code.domain, 0, ESP_TLS_CODE_DOMAINS - 1);
        count[code.domain]++;
        assert_true(strlen(code.name) > 2);
        assert_true(code.domain == ESP_TLS_CODE_ESP && code.value == 0 ? true
                                                                       : is_text(code.sentence));
        assert_int_equal(code.kind, esp_tls_reason_class(code.reasons[0]));
        assert_int_equal(code.reasons[0] == ESP_TLS_REASON_NONE,
                         code.domain == ESP_TLS_CODE_ESP && code.value == ESP_OK);
        if (code.reasons[1] == ESP_TLS_REASON_NONE) { /* no gap */
            assert_int_equal(code.reasons[2], ESP_TLS_REASON_NONE);
        }
        for (size_t a = 0; a < COUNT(code.reasons); a++) {
            for (size_t b = 0; b < a; b++) {
                assert_true(code.reasons[a] == ESP_TLS_REASON_NONE ||
                            code.reasons[a] != code.reasons[b]);
            }
        }
        assert_true(esp_tls_code_find((esp_tls_code_domain_t)code.domain, code.value, &again));
        assert_ptr_equal(again.name, code.name); /* no value twice */
    }
    assert_true(count[ESP_TLS_CODE_ESP] > 80);
    assert_true(count[ESP_TLS_CODE_STACK] > 250);
    assert_int_equal(count[ESP_TLS_CODE_ALERT], 37);
    assert_int_equal(count[ESP_TLS_CODE_VERIFY], 21);
    assert_true(count[ESP_TLS_CODE_ERRNO] > 45);
    assert_true(count[ESP_TLS_CODE_RESOLVER] > 9);
}

static void test_every_esp_code_has_the_name_that_the_platform_gives_it(void **state)
{
    esp_tls_code_t code;

    (void)state;
    for (size_t i = 0; esp_tls_code_at(i, &code) && code.domain == ESP_TLS_CODE_ESP; i++) {
#ifdef CONFIG_ESP_ERR_TO_NAME_LOOKUP
        assert_string_equal(esp_err_to_name(code.value), code.name);
#endif
        assert_non_null(code.name);
    }
}

static void test_the_platform_names_its_numbers(void **state)
{
    int value = 77;

    (void)state;
    assert_string_equal(plat_errno_name(ETIMEDOUT), "ETIMEDOUT");
    assert_null(plat_errno_name(0));
    assert_true(plat_errno_value("EHOSTUNREACH", &value));
    assert_int_equal(value, EHOSTUNREACH);
    assert_false(plat_errno_value("ENOTHING", &value));
    assert_int_equal(value, EHOSTUNREACH);
    assert_string_equal(plat_resolve_name(EAI_AGAIN), "EAI_AGAIN");
    assert_null(plat_resolve_name(0));
    assert_true(plat_resolve_value("EAI_FAIL", &value));
    assert_int_equal(value, EAI_FAIL);
    assert_false(plat_resolve_value("EAI_NOTHING", &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_found_by_domain_and_value),
        cmocka_unit_test(test_codes_that_do_not_exist_are_not_found),
        cmocka_unit_test(test_every_row_is_whole_and_found_again),
        cmocka_unit_test(test_every_esp_code_has_the_name_that_the_platform_gives_it),
        cmocka_unit_test(test_the_platform_names_its_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
