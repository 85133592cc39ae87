/* Which codes of Mbed TLS and PSA say that there was no memory: every code of the headers, alone
 * and added to another one. That the tables have every code is what test_code_table.py checks. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stack/mbedtls/mbed.h"

#include "esp_tls_diagnosis.h"
#include "mbedtls_codes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct row {
    int value;
    const char *name;
};

#define ROW(value, name, ...) {value, #name},
static const struct row mbed[] = {MBED_CODES(ROW)};
static const struct row psa[] = {MBED_PSA_CODES(ROW)};
#undef ROW

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name);

    return len >= strlen(end) && strcmp(name + len - strlen(end), end) == 0;
}

static bool is_alloc(const struct row *row)
{
    return ends_in(row->name, "ALLOC_FAILED") || ends_in(row->name, "INSUFFICIENT_MEMORY");
}

static void check(int code, bool no_mem, const char *a, const char *b)
{
    esp_tls_code_t found;

    if (et_mbed_is_no_mem(-code) != no_mem) {
        fail_msg("-0x%04X %s %s: %s", (unsigned)code, a, b,
                 no_mem ? "is no memory" : "is not no memory");
    }
    assert_true(esp_tls_code_find(ESP_TLS_CODE_STACK, code, &found));
    if (no_mem) { /* and the diagnosis says so, too */
        assert_int_equal(found.reasons[0], ESP_TLS_REASON_NO_MEMORY);
    }
}

static void test_each_code_says_no_memory_or_not(void **state)
{
    unsigned alloc = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(mbed); i++) {
        alloc += is_alloc(&mbed[i]);
        check(mbed[i].value, is_alloc(&mbed[i]), mbed[i].name, "");
    }
    assert_int_equal(alloc, 12);
    for (size_t i = 0; i < COUNT(psa); i++) {
        check(psa[i].value, is_alloc(&psa[i]), psa[i].name, "");
    }
}

static void test_sums_say_what_their_parts_say(void **state)
{
    unsigned sums = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(mbed); i++) {
        if (mbed[i].value < MBED_HIGH_LEVEL_LEAST) {
            continue;
        }
        assert_int_equal(mbed[i].value & ~MBED_HIGH_LEVEL, 0);
        for (size_t k = 0; k < COUNT(mbed); k++) {
            if (mbed[k].value < MBED_HIGH_LEVEL_LEAST) {
                assert_int_equal(mbed[k].value & MBED_HIGH_LEVEL, 0);
                check(mbed[i].value + mbed[k].value, is_alloc(&mbed[i]) || is_alloc(&mbed[k]),
                      mbed[i].name, mbed[k].name);
                sums++;
            }
        }
    }
    assert_true(sums > 5000);
}

static void test_what_is_no_code_says_nothing(void **state)
{
    static const int codes[] = {0, 1, 16, 141, -1, -0x90, -0x10000, -0x17F00, INT_MAX, INT_MIN};

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        assert_false(et_mbed_is_no_mem(codes[i]));
    }
}

static void test_each_flag_has_its_alert(void **state)
{
    static const struct {
        uint32_t flags;
        int16_t alert; /* RFC 8446 section 6.2 */
    } rows[] = {
        {MBEDTLS_X509_BADCERT_OTHER, 49},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, 42},
        {MBEDTLS_X509_BADCERT_KEY_USAGE, 43},
        {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, 43},
        {MBEDTLS_X509_BADCERT_BAD_PK, 43},
        {MBEDTLS_X509_BADCERT_BAD_KEY, 43},
        {MBEDTLS_X509_BADCERT_EXPIRED, 45},
        {MBEDTLS_X509_BADCERT_REVOKED, 44},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, 48},
        {MBEDTLS_X509_BADCERT_FUTURE, 46},
        {0, 46},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(et_mbed_alert_for(rows[i].flags), rows[i].alert);
        if (rows[i].flags != 0) { /* what says less does not win */
            assert_int_equal(et_mbed_alert_for(rows[i].flags | MBEDTLS_X509_BADCERT_FUTURE),
                             rows[i].alert);
        }
    }
    assert_int_equal(et_mbed_alert_for(UINT32_MAX), 49);
}

/** RFC 8446 section 5.1: change_cipher_spec to application_data, of a version 3.x. */
static void test_what_begins_a_record(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        for (unsigned major = 0; major < 5; major++) {
            const uint8_t header[5] = {(uint8_t)type, (uint8_t)major, 3, 0, 1};

            assert_int_equal(et_mbed_is_record(header), type >= 20 && type <= 23 && major == 3);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_code_says_no_memory_or_not),
        cmocka_unit_test(test_sums_say_what_their_parts_say),
        cmocka_unit_test(test_what_is_no_code_says_nothing),
        cmocka_unit_test(test_each_flag_has_its_alert),
        cmocka_unit_test(test_what_begins_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
