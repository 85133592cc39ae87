/* What esp-tls memory and check say of ESP-IDF's own memory is what was measured of it, where it
 * was measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "memory/estimate.h"

#define EC  1884
#define RSA 2680

static void assert_near(uint32_t value, uint32_t wanted)
{
    assert_in_range(value, wanted - 64, wanted + 64);
}

/** Peaks of Mbed TLS 3.6.6 on 32-bit ARM: records of 16384 both ways with its defaults, of 16384
 *  and 2048 with settings that save, of 16384 and 4096 with ESP-IDF's dynamic buffers. */
static void test_estimate_is_what_was_measured(void **state)
{
    static const struct {
        struct connection_kind kind;
        uint32_t defaults, sparing, dynamic;
    } rows[] = {
        {{false, false, false, 0, 0, EC}, 50232, 27792, 14168},
        {{false, false, true, 0, 0, EC}, 51560, 29200, 16168},
        {{false, true, false, 0, 0, RSA}, 53952, 32616, 17592},
        {{false, true, true, 0, 0, RSA}, 60592, 38232, 25992},
        {{true, false, false, 0, 0, EC}, 60832, 28744, 22128},
        {{true, false, true, 0, 0, EC}, 62152, 30496, 23448},
        {{true, true, false, 0, 0, RSA}, 61408, 33784, 22704},
        {{true, true, true, 0, 0, RSA}, 64392, 39000, 26760},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct connection_kind kind = rows[i].kind;

        kind.in = kind.out = 16384;
        assert_near(estimate_esp_idf(&kind).fixed.most, rows[i].defaults);
        kind.out = 2048;
        assert_near(estimate_esp_idf(&kind).fixed.least, rows[i].sparing);
        kind.out = 4096;
        assert_near(estimate_esp_idf(&kind).dynamic.least, rows[i].dynamic);
    }
}

static void test_estimate_grows_with_records_and_chain(void **state)
{
    struct connection_kind kind = {false, false, false, 16384, 4096, EC};
    struct estimates small = estimate_esp_idf(&kind);
    struct estimates large;

    (void)state;
    kind.chain_bytes += 1000;
    large = estimate_esp_idf(&kind);
    assert_int_equal(large.fixed.least, small.fixed.least + 1000);
    assert_int_equal(large.dynamic.least, small.dynamic.least + 2000);
    kind.in = 4096;
    assert_int_equal(estimate_esp_idf(&kind).fixed.most, large.fixed.most - 12288);
    assert_int_equal(estimate_esp_idf(&kind).dynamic.most, large.dynamic.most);
    kind.chain_bytes = 0; /* never below nothing */
    kind.in = kind.out = 0;
    assert_in_range(estimate_esp_idf(&kind).dynamic.least, 0, 20000);
}

/** With TLS 1.3 a small input buffer does not make room for a chain. */
static void test_estimate_of_1_3_has_room_for_the_chain(void **state)
{
    struct connection_kind kind = {true, false, false, 1024, 1024, 12000};

    (void)state;
    assert_in_range(estimate_esp_idf(&kind).dynamic.least, 9624 + 2 * 12000 - EC, 64 * 1024);
}

static void test_estimate_in_words_is_in_thousands(void **state)
{
    char text[40];

    (void)state;
    assert_string_equal(estimate_text(&(struct estimate){44501, 62499}, text), "45,000 to 62,000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimate_is_what_was_measured),
        cmocka_unit_test(test_estimate_grows_with_records_and_chain),
        cmocka_unit_test(test_estimate_of_1_3_has_room_for_the_chain),
        cmocka_unit_test(test_estimate_in_words_is_in_thousands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
