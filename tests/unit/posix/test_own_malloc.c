/* A program that puts its own functions around malloc() and free(), by the linker's --wrap, as
 * those do that count what they allocate. What the library takes by one it must give back by the
 * other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "esp_heap_caps.h"
#include "plat_heap.h"

#define MAGIC 0x6F776E21U

struct header {
    _Alignas(16) uint32_t magic;
};

static size_t live;

void __real_free(void *block);
void *__real_calloc(size_t n, size_t size);
void __wrap_free(void *block);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
    struct header *header = __real_calloc(1, sizeof(*header) + n * size);

    if (header == NULL) {
        return NULL;
    }
    header->magic = MAGIC;
    live++;
    return header + 1;
}

void *__wrap_malloc(size_t size)
{
    return __wrap_calloc(1, size);
}

void __wrap_free(void *block)
{
    struct header *header = (struct header *)block - 1;

    if (block == NULL) {
        return;
    }
    if (header->magic != MAGIC) {
        fail_msg("a block that did not come from here is given back");
    }
    live--;
    __real_free(header);
}

static void test_block_of_an_account_goes_back_to_where_it_came_from(void **state)
{
    struct plat_account account;
    size_t before = live;
    void *block;

    (void)state;
    plat_account_init(&account);
    block = plat_alloc(&account, PLAT_MEM_CONNECTION, 100);
    assert_non_null(block);
    assert_int_equal(live, before + 1);
    plat_free(block);
    assert_int_equal(live, before);
    plat_account_clear(&account);
}

static void test_block_by_capability_goes_back_to_where_it_came_from(void **state)
{
    size_t before = live;
    void *block = heap_caps_malloc(100, MALLOC_CAP_DEFAULT);

    (void)state;
    assert_non_null(block);
    assert_true(live > before);
    heap_caps_free(block);
    assert_true(live <= before + 1); /* the ledger's table of such blocks may stay */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_of_an_account_goes_back_to_where_it_came_from),
        cmocka_unit_test(test_block_by_capability_goes_back_to_where_it_came_from),
    };

    return cmocka_run_group_tests_name("own_malloc", tests, NULL, NULL);
}
