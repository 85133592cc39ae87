/* malloc() and heap_caps_malloc() are one heap in any program, as long as no region is
 * simulated. */
#define _GNU_SOURCE /* asprintf(), reallocarray() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "esp_heap_caps.h"
#include "plat_heap.h"

static uint32_t live(void)
{
    return plat_process_account()->total.live;
}

static void *each_allocator(unsigned which, size_t size)
{
    switch (which) {
    case 0:
        return heap_caps_malloc(size, MALLOC_CAP_8BIT);
    case 1:
        return heap_caps_calloc(1, size, MALLOC_CAP_INTERNAL);
    case 2:
        return heap_caps_realloc(NULL, size, MALLOC_CAP_SPIRAM);
    case 3:
        return heap_caps_aligned_alloc(256, size, MALLOC_CAP_DMA);
    case 4:
        return heap_caps_malloc_prefer(size, 2, MALLOC_CAP_EXEC, MALLOC_CAP_DEFAULT);
    case 5:
        return heap_caps_calloc_prefer(1, size, 2, MALLOC_CAP_SPIRAM, MALLOC_CAP_DEFAULT);
    default:
        return heap_caps_realloc_prefer(NULL, size, 1, MALLOC_CAP_DEFAULT);
    }
}

#define ALLOCATORS 7

static void test_each_allocators_block_is_freed_by_free(void **state)
{
    (void)state;
    for (unsigned which = 0; which < ALLOCATORS; which++) {
        uint8_t *block = each_allocator(which, 40);

        assert_non_null(block);
        memset(block, 1, 40);
        free(block);
        block = each_allocator(which, 40);
        block = realloc(block, 4000);
        assert_non_null(block);
        free(block);
    }
}

static void test_the_c_librarys_blocks_are_freed_by_heap_caps_free(void **state)
{
    uint32_t before = live();
    char *text = NULL;
    char *line = NULL;
    size_t cap = 0;
    FILE *file = fmemopen((char[]){"one line\n"}, 9, "r");

    (void)state;
    heap_caps_free(malloc(16));
    heap_caps_free(calloc(2, 8));
    heap_caps_free(strdup("duplicated"));
    assert_true(asprintf(&text, "%d", 42) == 2);
    heap_caps_free(text);
    assert_non_null(file);
    assert_int_equal(getline(&line, &cap, file), 9);
    (void)fclose(file);
    heap_caps_free(line);
    assert_int_equal(live(), before);
}

static void test_realloc_goes_across(void **state)
{
    char *text = strdup("0123456789");
    uint32_t before = live();

    (void)state;
    assert_true(heap_caps_get_allocated_size(text) >= 11);
    text = heap_caps_realloc(text, 5000, MALLOC_CAP_8BIT);
    assert_string_equal(text, "0123456789");
    assert_int_equal(heap_caps_get_allocated_size(text), 5000);
    assert_int_equal(live() - before, 5000);
    text = heap_caps_realloc(text, 11, MALLOC_CAP_8BIT);
    assert_string_equal(text, "0123456789");
    assert_int_equal(live() - before, 11);
    heap_caps_free(text);
    assert_int_equal(live(), before);
}

/** Enough blocks that the table grows, freed in another order. */
static void test_the_ledger_counts_each_block_once(void **state)
{
    static void *blocks[1000];
    uint32_t before = live();
    uint32_t bytes = 0;
    multi_heap_info_t info;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        blocks[i] = heap_caps_malloc(i + 1, MALLOC_CAP_INTERNAL);
        bytes += i + 1;
        assert_int_equal(live() - before, bytes);
    }
    heap_caps_get_info(&info, MALLOC_CAP_INTERNAL);
    assert_int_equal(info.allocated_blocks, 1000);
    assert_int_equal(info.total_allocated_bytes, bytes);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t at = i * 387 % 1000; /* 387 and 1000 have no common divisor */

        assert_int_equal(heap_caps_get_allocated_size(blocks[at]), at + 1);
        heap_caps_free(blocks[at]);
        bytes -= at + 1;
        assert_int_equal(live() - before, bytes);
    }
    heap_caps_get_info(&info, MALLOC_CAP_INTERNAL);
    assert_int_equal(info.allocated_blocks, 0);
}

/** What free() took away unseen is not counted twice when its address comes again. */
static void test_an_address_that_comes_again_is_counted_anew(void **state)
{
    uint32_t before = live();
    void *block = heap_caps_malloc(24, MALLOC_CAP_8BIT);
    uintptr_t address = (uintptr_t)block;

    (void)state;
    free(block);
    block = heap_caps_malloc(20, MALLOC_CAP_8BIT);
    if ((uintptr_t)block != address) { /* AddressSanitizer keeps what was freed for a while */
        heap_caps_free(block);
        skip();
    }
    assert_int_equal(live() - before, 20);
    heap_caps_free(block);
    assert_int_equal(live(), before);
}

static void *mix(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    void *blocks[32] = {NULL};

    for (unsigned i = 0; i < 20000; i++) {
        unsigned at = (seed = seed * 1103515245u + 12345u) >> 16 & 31u;

        if (i % 3 == 0) {
            free(blocks[at]);
        } else {
            heap_caps_free(blocks[at]);
        }
        blocks[at] = i % 2 == 0 ? malloc(i % 100 + 1) : heap_caps_malloc(i % 100 + 1, 0);
    }
    for (unsigned i = 0; i < 32; i++) {
        heap_caps_free(blocks[i]);
    }
    return NULL;
}

static void test_threads_mix_both(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (uintptr_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, mix, (void *)(i + 1)), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_ledger_counts_each_block_once),
        cmocka_unit_test(test_the_c_librarys_blocks_are_freed_by_heap_caps_free),
        cmocka_unit_test(test_realloc_goes_across),
        cmocka_unit_test(test_each_allocators_block_is_freed_by_free),
        cmocka_unit_test(test_an_address_that_comes_again_is_counted_anew),
        cmocka_unit_test(test_threads_mix_both),
    };

    return cmocka_run_group_tests_name("one heap", tests, NULL, NULL);
}
