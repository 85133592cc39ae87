/* PSA's key slots: any number of keys, in memory of the process, and all of it comes back. */
#include "sim_test.h"

#include "plat_heap.h"
#include "psa/crypto.h"

#define KEYS 200

static psa_key_id_t key[KEYS];

static void make(unsigned i)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t bytes[4] = {(uint8_t)i, (uint8_t)(i >> 8), 3, 4};

    psa_set_key_type(&attributes, PSA_KEY_TYPE_RAW_DATA);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_EXPORT);
    assert_int_equal(psa_import_key(&attributes, bytes, sizeof(bytes), &key[i]), PSA_SUCCESS);
}

static void check(unsigned i)
{
    uint8_t bytes[4];
    size_t len;

    assert_int_equal(psa_export_key(key[i], bytes, sizeof(bytes), &len), PSA_SUCCESS);
    assert_int_equal(len, sizeof(bytes));
    assert_int_equal(bytes[0] | bytes[1] << 8, i);
}

static uint32_t process_live(void)
{
    return plat_process_account()->total.live;
}

/** Tables that the heap gave stay with the process until PSA is shut down. */
static void restart(void)
{
    mbedtls_psa_crypto_free();
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
}

static void test_any_number_of_keys_is_held(void **state)
{
    uint32_t before = process_live();

    (void)state;
    for (unsigned i = 0; i < KEYS; i++) {
        make(i);
    }
    for (unsigned i = 0; i < KEYS; i += 3) { /* gaps, filled again in another order */
        assert_int_equal(psa_destroy_key(key[i]), PSA_SUCCESS);
    }
    for (unsigned i = 0; i < KEYS; i++) {
        if (i % 3 != 0) {
            check(i);
        }
    }
    for (unsigned i = KEYS; i-- > 0;) {
        if (i % 3 == 0) {
            make(i);
        }
    }
    for (unsigned i = 0; i < KEYS; i++) {
        check(i);
        for (unsigned j = 0; j < i; j++) {
            assert_int_not_equal(key[i], key[j]);
        }
    }
    for (unsigned i = 0; i < KEYS; i++) {
        assert_int_equal(psa_destroy_key(key[i]), PSA_SUCCESS);
    }
    restart();
    assert_int_equal(process_live(), before);
}

/** What one connection needs at once, six keys, takes no table from the heap; and tables that were
 *  taken come back when PSA is shut down, which starts again as if for the first time. */
static void test_slots_of_a_connection_are_static(void **state)
{
    uint32_t before;

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        mbedtls_psa_crypto_free();
        before = process_live();
        assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
        for (unsigned i = 0; i < 6; i++) {
            make(i);
        }
#if CONFIG_ESP_TLS_PSA_KEY_SLOT_COUNT == 0
        assert_true(process_live() - before < 6 * 24u); /* the keys themselves */
#endif
        for (unsigned i = 6; i < 40 * (1 + round); i++) {
            make(i);
        }
        for (unsigned i = 0; i < 40 * (1 + round); i++) {
            check(i);
        }
        mbedtls_psa_crypto_free(); /* with the keys */
        assert_int_equal(process_live(), before);
        assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    }
}

static void test_no_memory_for_a_table_is_told_and_passes(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t byte = 1;
    unsigned made = 0;
    psa_key_id_t none;

    (void)state;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_RAW_DATA);
    for (; made < 30; made++) {
        make(made);
        sim_fail_alloc(1, false);
        assert_int_equal(psa_import_key(&attributes, &byte, 1, &none),
                         PSA_ERROR_INSUFFICIENT_MEMORY);
        sim_fail_alloc(0, false);
    }
    for (unsigned i = 0; i < made; i++) {
        check(i);
        assert_int_equal(psa_destroy_key(key[i]), PSA_SUCCESS);
    }
    restart();
}

/** PSA as a program finds it: one connection has been there. */
static int begin(void **state)
{
    struct sim_case t;

    (void)state;
    sim_case_open(&t);
    assert_int_equal(sim_case_close(&t), 0);
    restart();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_keys_is_held),
        cmocka_unit_test(test_slots_of_a_connection_are_static),
        cmocka_unit_test(test_no_memory_for_a_table_is_told_and_passes),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
