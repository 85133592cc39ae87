/* The region allocator, alone and against a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../platform/common/heap_block.h"
#include "plat_heap.h"

#define UNIT      (2 * sizeof(void *))
#define MODEL_MAX 200

static uint8_t memory[16384];

/** What a request takes from the region. */
static size_t extent(size_t size)
{
    return UNIT + (size + UNIT - 1) / UNIT * UNIT;
}

static uint32_t seed;

static uint32_t number(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void test_init_refuses_memory_that_holds_no_block(void **state)
{
    size_t smallest = 0;

    (void)state;
    assert_null(plat_region_init(memory, 0));
    while (plat_region_init(memory, smallest) == NULL) {
        smallest++;
    }
    assert_in_range(smallest, 3 * UNIT, 8 * UNIT);
    assert_non_null(plat_region_alloc(plat_region_init(memory, smallest), UNIT));
}

static void test_blocks_are_aligned_zeroed_and_inside(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < UNIT; shift++) {
        struct plat_region *region;
        uint8_t *block;

        memset(memory, 0xEE, sizeof(memory));
        region = plat_region_init(memory + shift, 1000);
        while ((block = plat_region_alloc(region, 33)) != NULL) {
            assert_int_equal((uintptr_t)block % UNIT, 0);
            assert_true(block > memory + shift && block + 33 <= memory + shift + 1000);
            for (size_t i = 0; i < 33; i++) {
                assert_int_equal(block[i], 0);
            }
            memset(block, 0xFF, 33);
        }
    }
}

static void test_memory_of_any_size_is_used_in_whole_units(void **state)
{
    (void)state;
    for (size_t size = 1000; size < 1000 + 2 * UNIT; size++) {
        struct plat_region *region = plat_region_init(memory, size);
        size_t left = plat_region_free_bytes(region);
        uint8_t *block = plat_region_alloc(region, left - UNIT);

        assert_int_equal(left % UNIT, 0);
        assert_non_null(block);
        assert_true(block + left - UNIT <= memory + size); /* and less than a unit is lost: */
        assert_true(block + left > memory + size);
    }
}

static void test_a_request_takes_one_header_and_its_size_rounded_up(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 15, 16, 17, 100, 1000};
    struct plat_region *region = plat_region_init(memory, sizeof(memory));
    size_t whole = plat_region_free_bytes(region);

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *block = plat_region_alloc(region, sizes[i]);
        size_t expected = extent(sizes[i] == 0 ? 1 : sizes[i]);

        assert_int_equal(plat_region_used(region), expected);
        assert_int_equal(plat_region_free_bytes(region), whole - expected);
        plat_region_free(region, block);
        assert_int_equal(plat_region_used(region), 0);
    }
    assert_int_equal(plat_region_min_free(region), whole - extent(1000));
}

static void test_first_fit_takes_the_lowest_gap(void **state)
{
    struct plat_region *region = plat_region_init(memory, sizeof(memory));
    uint8_t *block[5];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        block[i] = plat_region_alloc(region, i % 2 == 0 ? 64 : 256);
    }
    plat_region_free(region, block[3]);
    plat_region_free(region, block[1]);
    assert_ptr_equal(plat_region_alloc(region, 200), block[1]);
    assert_ptr_equal(plat_region_alloc(region, 200), block[3]);
}

static void test_fragments_refuse_what_their_sum_could_hold(void **state)
{
    struct plat_region *region = plat_region_init(memory, sizeof(memory));
    void *block[500];
    size_t n = 0;

    (void)state;
    while ((block[n] = plat_region_alloc(region, 64)) != NULL) {
        n++;
    }
    for (size_t i = 0; i < n; i += 2) {
        plat_region_free(region, block[i]);
    }
    assert_true(plat_region_free_bytes(region) > 4000);
    assert_in_range(plat_region_largest_free(region), 64, 200);
    assert_null(plat_region_alloc(region, 1000));
    for (size_t i = 1; i < n; i += 2) {
        plat_region_free(region, block[i]);
    }
    assert_non_null(plat_region_alloc(region, 1000));
}

static void test_the_largest_free_block_can_be_had_and_no_more(void **state)
{
    struct plat_region *region = plat_region_init(memory, sizeof(memory));
    size_t largest = plat_region_largest_free(region);
    void *block;

    (void)state;
    assert_int_equal(plat_region_free_bytes(region), largest + UNIT);
    assert_null(plat_region_alloc(region, largest + 1));
    assert_null(plat_region_alloc(region, SIZE_MAX));
    assert_null(plat_region_alloc(region, SIZE_MAX - UNIT));
    block = plat_region_alloc(region, largest);
    assert_non_null(block);
    assert_int_equal(plat_region_largest_free(region), 0);
    assert_null(plat_region_alloc(region, 1));
    plat_region_free(region, block);
    plat_region_free(region, NULL);
    assert_int_equal(plat_region_largest_free(region), largest);
}

/* --- against a model ------------------------------------------------------------------------ */

struct model {
    struct plat_region *region;
    uint8_t *block[MODEL_MAX];
    size_t size[MODEL_MAX];
    size_t count;
    size_t used;
};

static void model_check(const struct model *m, size_t i)
{
    for (size_t n = 0; n < m->size[i]; n++) {
        assert_int_equal(m->block[i][n], (uint8_t)(i * 31 + n));
    }
}

/** Contents tell of any overlap: each block is filled with a pattern of its own place. */
static void model_fill(const struct model *m, size_t i)
{
    for (size_t n = 0; n < m->size[i]; n++) {
        m->block[i][n] = (uint8_t)(i * 31 + n);
    }
}

static void model_alloc(struct model *m)
{
    size_t size = number(4) == 0 ? number(2000) + 1 : number(100) + 1;
    size_t largest = plat_region_largest_free(m->region);
    uint8_t *block = plat_region_alloc(m->region, size);

    assert_int_equal(block != NULL, (size + UNIT - 1) / UNIT * UNIT <= largest);
    if (block == NULL) {
        return;
    }
    m->block[m->count] = block;
    m->size[m->count] = size;
    m->used += extent(size);
    model_fill(m, m->count++);
}

static void model_free(struct model *m)
{
    size_t i = number((uint32_t)m->count);

    model_check(m, i);
    plat_region_free(m->region, m->block[i]);
    m->used -= extent(m->size[i]);
    m->count--;
    model_check(m, m->count);
    m->block[i] = m->block[m->count];
    m->size[i] = m->size[m->count];
    model_fill(m, i);
}

static void test_random_life_never_overlaps_and_ends_in_one_block(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 50; round++) {
        struct model m = {.region = plat_region_init(memory, sizeof(memory))};
        size_t whole = plat_region_free_bytes(m.region);

        seed = round;
        for (unsigned step = 0; step < 2000; step++) {
            if (m.count == 0 || (m.count < MODEL_MAX && number(100) < 55)) {
                model_alloc(&m);
            } else {
                model_free(&m);
            }
            assert_int_equal(plat_region_used(m.region), m.used);
            assert_int_equal(plat_region_free_bytes(m.region), whole - m.used);
        }
        while (m.count > 0) {
            model_free(&m);
        }
        assert_int_equal(plat_region_free_bytes(m.region), whole);
        assert_int_equal(plat_region_largest_free(m.region), whole - UNIT);
    }
}

/* --- what is corrupt ends the program: each check by itself, with all others satisfied -------- */

static struct heap_block *header(void *payload)
{
    return (struct heap_block *)payload - 1;
}

/** Free it in a process of its own. @return that process was stopped */
static bool stops(struct plat_region *region, void *payload)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        plat_region_free(region, payload);
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/** A header that looks alive, wherever. @return its payload */
static void *forge(void *at, uint32_t size)
{
    struct heap_block *block = at;

    *block = (struct heap_block){.size = size, .home = HOME_RAW, .mark = HEAP_MARK_USED};
    return block + 1;
}

static void test_free_of_no_block_stops(void **state)
{
    struct plat_region *region = plat_region_init(memory, sizeof(memory));
    uint8_t *block = plat_region_alloc(region, 100);

    (void)state;
    assert_false(stops(region, block)); /* in a child: it lives on here */
    header(block)->mark = HEAP_MARK_FREE;
    assert_true(stops(region, block));
    header(block)->mark = HEAP_MARK_USED;
    header(block)->home = HOME_ARENA; /* a block with an account, which plat_free() takes */
    assert_true(stops(region, block));
}

static void test_free_of_a_block_outside_stops(void **state)
{
    static _Alignas(16) uint8_t three[3][1024];
    struct plat_region *region = plat_region_init(three[1], sizeof(three[1]));

    (void)state;
    while (plat_region_alloc(region, UNIT) != NULL) {
    } /* nothing is free that could overlap */
    assert_true(et_region_contains(region, three[1] + sizeof(three[1]) - 1));
    assert_false(et_region_contains(region, three[1] + sizeof(three[1])));
    assert_true(stops(region, forge(three[0], UNIT)));
    assert_true(stops(region, forge(three[2] + 512, UNIT)));
}

static void test_free_of_a_block_beyond_the_end_stops(void **state)
{
    struct plat_region *region = plat_region_init(memory, 1024);
    uint8_t *block = plat_region_alloc(region, plat_region_largest_free(region));

    (void)state;
    assert_non_null(block);
    assert_false(stops(region, block));
    header(block)->size += (uint32_t)UNIT;
    assert_true(stops(region, block));
}

static void test_free_inside_what_is_free_stops(void **state)
{
    struct plat_region *region = plat_region_init(memory, sizeof(memory));
    uint8_t *first = plat_region_alloc(region, 64 * UNIT);
    uint8_t *second = plat_region_alloc(region, UNIT);

    (void)state;
    assert_non_null(second); /* it keeps the free block apart from the rest */
    plat_region_free(region, first);
    assert_true(stops(region, forge(first + 8 * UNIT, UNIT)));
}

static void test_free_over_what_is_free_stops(void **state)
{
    struct plat_region *region = plat_region_init(memory, sizeof(memory));
    uint8_t *first = plat_region_alloc(region, UNIT);
    uint8_t *second = plat_region_alloc(region, 8 * UNIT);

    (void)state;
    assert_non_null(plat_region_alloc(region, UNIT));
    plat_region_free(region, second);
    assert_false(stops(region, first));
    header(first)->size += (uint32_t)UNIT;
    assert_true(stops(region, first));
}

/* --- what is corrupt is found by a walk over all blocks --------------------------------------- */

/** What a free block begins with: region.c. */
struct free_head {
    size_t size;
    void *next;
};

static void assert_examined(struct plat_region *region, const void *damaged, size_t used,
                            size_t unused)
{
    struct region_counts counts;

    assert_ptr_equal(et_region_examine(region, &counts), damaged);
    assert_int_equal(counts.used_blocks, used);
    assert_int_equal(counts.free_blocks, unused);
}

static void test_examine_of_a_block_that_takes_all(void **state)
{
    struct plat_region *region = plat_region_init(memory, 1024);
    struct heap_block *block = header(plat_region_alloc(region, plat_region_largest_free(region)));

    (void)state;
    assert_examined(region, NULL, 1, 0);
    block->size++;
    assert_examined(region, block, 1, 0);
    block->size -= (uint32_t)UNIT + 1;
    assert_examined(region, (uint8_t *)(block + 1) + block->size, 2, 0); /* nothing is there */
    block->size += (uint32_t)UNIT;
    block->mark = HEAP_MARK_FREE;
    assert_examined(region, block, 1, 0);
    block->mark = HEAP_MARK_USED;
    block->home = HOME_SYSTEM;
    assert_examined(region, block, 1, 0);
    block->home = HOME_ALIGNED;
    assert_examined(region, block, 1, 0);
    block->home = HOME_RAW;
    assert_examined(region, NULL, 1, 0);
}

static void test_examine_of_a_free_block(void **state)
{
    struct plat_region *region = plat_region_init(memory, 1024);
    struct heap_block *block = header(plat_region_alloc(region, UNIT));
    struct free_head *rest = (struct free_head *)(block + 2);
    const struct free_head right = *rest;

    (void)state;
    assert_examined(region, NULL, 1, 1);
    *rest = (struct free_head){.size = 0, .next = rest}; /* a walk without an end */
    assert_examined(region, rest, 1, 0);
    for (size_t less = 1; less < UNIT; less++) {
        *rest = (struct free_head){.size = right.size - less};
        assert_examined(region, rest, 1, 0);
    }
    *rest = (struct free_head){.size = right.size + UNIT};
    assert_examined(region, rest, 1, 0);
    *rest = (struct free_head){.size = right.size, .next = rest};
    assert_examined(region, rest, 1, 1);
    *rest = (struct free_head){.size = right.size, .next = (uint8_t *)rest + right.size};
    assert_examined(region, block, 1, 1); /* all of it: the list goes on beyond the end */
    rest->next = NULL;
    rest->size -= 2 * UNIT;
    forge((uint8_t *)rest + rest->size, UNIT);
    assert_examined(region, block, 2, 1); /* more is free than the blocks are */
    *rest = right;
    assert_examined(region, NULL, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_refuses_memory_that_holds_no_block),
        cmocka_unit_test(test_blocks_are_aligned_zeroed_and_inside),
        cmocka_unit_test(test_memory_of_any_size_is_used_in_whole_units),
        cmocka_unit_test(test_a_request_takes_one_header_and_its_size_rounded_up),
        cmocka_unit_test(test_first_fit_takes_the_lowest_gap),
        cmocka_unit_test(test_fragments_refuse_what_their_sum_could_hold),
        cmocka_unit_test(test_the_largest_free_block_can_be_had_and_no_more),
        cmocka_unit_test(test_random_life_never_overlaps_and_ends_in_one_block),
        cmocka_unit_test(test_free_of_no_block_stops),
        cmocka_unit_test(test_free_of_a_block_outside_stops),
        cmocka_unit_test(test_free_of_a_block_beyond_the_end_stops),
        cmocka_unit_test(test_free_inside_what_is_free_stops),
        cmocka_unit_test(test_free_over_what_is_free_stops),
        cmocka_unit_test(test_examine_of_a_block_that_takes_all),
        cmocka_unit_test(test_examine_of_a_free_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
