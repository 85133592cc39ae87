/* malloc() and heap_caps_malloc() are one heap in a program of esp_tls_add_app(), with simulated
 * regions, too. */
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
#include "esp_tls.h"
#include "plat_heap.h"

#define REGION 100000

static uint32_t before_blocks;
static uint32_t before_live;

static int begin(void **state)
{
    (void)state;
    before_blocks = plat_process_account()->blocks;
    before_live = plat_process_account()->total.live;
    return heap_caps_simulate(REGION, MALLOC_CAP_INTERNAL) == ESP_OK &&
                   heap_caps_simulate(REGION, MALLOC_CAP_SPIRAM) == ESP_OK
               ? 0
               : -1;
}

static int end(void **state)
{
    bool is_counted_right = plat_process_account()->blocks == before_blocks &&
                            plat_process_account()->total.live == before_live;

    (void)state;
    return heap_caps_check_integrity_all(true) && is_counted_right &&
                   heap_caps_simulate(0, MALLOC_CAP_INTERNAL) == ESP_OK &&
                   heap_caps_simulate(0, MALLOC_CAP_SPIRAM) == ESP_OK
               ? 0
               : -1;
}

static const uint32_t places[] = {MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM, MALLOC_CAP_DEFAULT};

#define PLACES (sizeof(places) / sizeof(places[0]))

static void test_free_takes_each_allocators_block(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLACES; i++) {
        size_t was = heap_caps_get_free_size(places[i]);

        free(heap_caps_malloc(40, places[i]));
        free(heap_caps_calloc(4, 10, places[i]));
        free(heap_caps_aligned_alloc(128, 40, places[i]));
        free(heap_caps_realloc(heap_caps_malloc(3, places[i]), 40, places[i]));
        free(heap_caps_malloc_prefer(40, 2, MALLOC_CAP_EXEC, places[i]));
        free(heap_caps_calloc_prefer(4, 10, 1, places[i]));
        free(heap_caps_realloc_prefer(NULL, 40, 1, places[i]));
        assert_int_equal(heap_caps_get_free_size(places[i]), was);
    }
    free(NULL);
}

static void test_realloc_takes_them_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLACES; i++) {
        size_t was = heap_caps_get_free_size(places[i]);
        char *text = heap_caps_malloc(6, places[i]);

        strcpy(text, "short");
        text = realloc(text, 10000);
        assert_string_equal(text, "short");
        text = realloc(text, 6);
        assert_string_equal(text, "short");
        text = reallocarray(text, 10, 6);
        assert_string_equal(text, "short");
        assert_null(realloc(text, 0));
        assert_int_equal(heap_caps_get_free_size(places[i]), was);
    }
}

static void test_heap_caps_take_the_c_librarys(void **state)
{
    char *text = NULL;

    (void)state;
    heap_caps_free(malloc(16));
    heap_caps_free(strdup("duplicated"));
    assert_true(asprintf(&text, "%d", 42) == 2);
    text = heap_caps_realloc(text, 50, MALLOC_CAP_SPIRAM);
    assert_string_equal(text, "42");
    free(text);
    free(malloc(16));
    free(realloc(malloc(16), 5000));
}

static void test_getline_makes_any_buffer_longer(void **state)
{
    static char lines[] = "a line that is longer than the buffer was\nb;";

    (void)state;
    for (size_t i = 0; i < PLACES; i++) {
        FILE *file = fmemopen(lines, sizeof(lines) - 1, "r");
        size_t cap = 4;
        char *line = heap_caps_malloc(cap, places[i]);

        assert_non_null(file);
        assert_int_equal(getline(&line, &cap, file), 42);
        assert_int_equal(strlen(line), 42);
        free(line);
        cap = 1;
        line = heap_caps_malloc(cap, places[i]);
        assert_int_equal(getdelim(&line, &cap, ';', file), 2);
        assert_string_equal(line, "b;");
        heap_caps_free(line);
        (void)fclose(file);
    }
}

static void test_a_block_outlives_its_region(void **state)
{
    void *block = heap_caps_malloc(100, MALLOC_CAP_SPIRAM);

    (void)state;
    assert_int_equal(heap_caps_simulate(0, MALLOC_CAP_SPIRAM), ESP_OK);
    assert_true(heap_caps_owns(block));
    free(block); /* the region goes with it, under the heap's lock */
}

static void *mix(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    void *blocks[32] = {NULL};

    for (unsigned i = 0; i < 10000; i++) {
        unsigned at = (seed = seed * 1103515245u + 12345u) >> 16 & 31u;

        if (i % 3 == 0) {
            free(blocks[at]);
        } else {
            heap_caps_free(blocks[at]);
        }
        blocks[at] =
            i % 4 == 0 ? malloc(i % 100 + 1) : heap_caps_malloc(i % 100 + 1, places[i % PLACES]);
    }
    for (unsigned i = 0; i < 32; i++) {
        free(blocks[i]);
    }
    return NULL;
}

static void test_threads_mix_all_of_it(void **state)
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

static void test_the_librarys_own_blocks_come_and_go(void **state)
{
    esp_tls_t *tls = esp_tls_init();

    (void)state;
    assert_non_null(tls);
    assert_int_equal(esp_tls_conn_destroy(tls), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_free_takes_each_allocators_block),    T(test_realloc_takes_them_too),
        T(test_heap_caps_take_the_c_librarys),       T(test_getline_makes_any_buffer_longer),
        T(test_a_block_outlives_its_region),         T(test_threads_mix_all_of_it),
        T(test_the_librarys_own_blocks_come_and_go),
    };

    return cmocka_run_group_tests_name("app heap", tests, NULL, NULL);
}
