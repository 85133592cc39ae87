/* Small blocks that are used again within a call: same account, same purpose, wiped, counted. */
#include "sim_test.h"

#include <string.h>

#include "plat_heap.h"

#ifdef CONFIG_ESP_TLS_REUSE_BLOCKS

static struct plat_account account;
static struct plat_reuse reuse;

static int begin(void **state)
{
    (void)state;
    plat_account_init(&account);
    reuse = (struct plat_reuse){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    plat_reuse_end(&reuse);
    assert_int_equal(account.total.live, 0);
    assert_int_equal(account.blocks, 0);
    plat_account_clear(&account);
    return 0;
}

static void *take(size_t size)
{
    return plat_reuse_alloc(&reuse, &account, PLAT_MEM_HANDSHAKE, size);
}

static void give(void *block)
{
    plat_reuse_free(&reuse, &account, block);
}

static void assert_zero(const uint8_t *block, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(block[i], 0);
    }
}

static void test_block_of_the_size_comes_again_wiped(void **state)
{
    uint8_t *first = take(40);
    uint8_t *again;

    (void)state;
    assert_non_null(first);
    memset(first, 0xEE, 40);
    give(first);
    assert_int_equal(account.total.live, 48); /* it waits, and counts */
    again = take(33);
    assert_ptr_equal(again, first);
    assert_zero(again, 33);
    assert_int_equal(account.count, 1);
    give(again);
}

static void test_each_size_has_its_list(void **state)
{
    void *kept[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        kept[i] = take(16 + 16 * i);
    }
    for (size_t i = 0; i < 3; i++) {
        give(kept[i]);
    }
    assert_ptr_equal(take(48), kept[2]);
    assert_ptr_equal(take(1), kept[0]);
    assert_ptr_equal(take(17), kept[1]);
    assert_int_equal(reuse.held, 0);
    for (size_t i = 0; i < 3; i++) {
        give(kept[i]);
    }
}

static void test_other_purpose_is_kept_apart(void **state)
{
    void *block = take(64);
    void *key;

    (void)state;
    give(block);
    key = plat_reuse_alloc(&reuse, &account, PLAT_MEM_KEY, 64);
    assert_ptr_not_equal(key, block);
    give(key); /* the lists hold blocks of a handshake: it goes to the heap */
    assert_int_equal(reuse.bytes, 64);
}

static void test_other_accounts_block_goes_to_the_heap(void **state)
{
    void *shared = plat_alloc(NULL, PLAT_MEM_HANDSHAKE, 64);
    uint32_t before = plat_process_account()->total.live;

    (void)state;
    give(take(64));
    give(shared);
    assert_int_equal(plat_process_account()->total.live, before - 64);
    assert_int_equal(reuse.bytes, 64);
}

static void test_large_blocks_do_not_wait(void **state)
{
    (void)state;
    give(take(PLAT_REUSE_LISTS * PLAT_REUSE_STEP + 1));
    assert_int_equal(account.total.live, 0);
    give(take(PLAT_REUSE_LISTS * PLAT_REUSE_STEP));
    assert_int_equal(account.total.live, PLAT_REUSE_LISTS * PLAT_REUSE_STEP);
}

static void test_what_waits_is_bounded(void **state)
{
    enum {
        SIZE = 512,
        MANY = PLAT_REUSE_BYTES_MAX / SIZE + 5
    };
    void *block[MANY];

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        block[i] = take(SIZE);
    }
    for (size_t i = 0; i < MANY; i++) {
        give(block[i]);
    }
    assert_int_equal(account.total.live, PLAT_REUSE_BYTES_MAX);
}

static void test_limit_gets_back_what_waits(void **state)
{
    void *large;

    (void)state;
    account.limit = 600;
    give(take(500));
    large = take(300);
    assert_non_null(large);
    give(large);
    assert_null(take(700));
    assert_true(account.failure.over_limit);
    account.limit = 0;
}

static void test_arena_is_left_alone(void **state)
{
    static _Alignas(16) uint8_t memory[4096];

    (void)state;
    account.arena = plat_region_init(memory, sizeof(memory));
    give(take(40));
    assert_int_equal(account.total.peak, 40);
    assert_int_equal(account.total.live, 0);
    account.arena = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_block_of_the_size_comes_again_wiped, begin, end),
        cmocka_unit_test_setup_teardown(test_each_size_has_its_list, begin, end),
        cmocka_unit_test_setup_teardown(test_other_purpose_is_kept_apart, begin, end),
        cmocka_unit_test_setup_teardown(test_other_accounts_block_goes_to_the_heap, begin, end),
        cmocka_unit_test_setup_teardown(test_large_blocks_do_not_wait, begin, end),
        cmocka_unit_test_setup_teardown(test_what_waits_is_bounded, begin, end),
        cmocka_unit_test_setup_teardown(test_limit_gets_back_what_waits, begin, end),
        cmocka_unit_test_setup_teardown(test_arena_is_left_alone, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_nothing_waits(void **state)
{
    (void)state;
    skip(); /* CONFIG_ESP_TLS_REUSE_BLOCKS is off */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing_waits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
