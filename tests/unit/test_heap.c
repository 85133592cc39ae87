/* The ledger: what is counted, where a block comes from, what outlives an account. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "esp_heap_caps.h"
#include "plat_heap.h"
#include "plat_sim.h"

#define UNIT (2 * sizeof(void *))

static int begin(void **state)
{
    (void)state;
    return sim_reset();
}

static int end(void **state)
{
    (void)state;
    for (int id = 0; id < PLAT_REGION_IDS; id++) {
        if (plat_region_simulate((enum plat_region_id)id, 0) != 0) {
            return -1;
        }
    }
    return sim_alloc_live() == 0 && plat_process_account()->blocks == 0 ? sim_reset() : -1;
}

/* --- counting ------------------------------------------------------------------------------- */

static void test_live_and_peak_follow_each_block(void **state)
{
    struct plat_account a;
    void *one;
    void *two;

    (void)state;
    plat_account_init(&a);
    one = plat_alloc(&a, PLAT_MEM_RECORD_IN, 100);
    two = plat_alloc(&a, PLAT_MEM_KEY, 50);
    assert_int_equal(a.total.live, 150);
    plat_free(one);
    assert_int_equal(a.total.live, 50);
    assert_int_equal(a.total.peak, 150);
    assert_int_equal(a.by_purpose[PLAT_MEM_RECORD_IN].live, 0);
    assert_int_equal(a.by_purpose[PLAT_MEM_RECORD_IN].peak, 100);
    assert_int_equal(a.by_purpose[PLAT_MEM_KEY].live, 50);
    assert_int_equal(a.count, 2);
    assert_int_equal(a.largest, 100);
    assert_int_equal(a.blocks, 1);
    plat_free_secret(two);
    plat_free(NULL);
    plat_free_secret(NULL);
    assert_int_equal(a.blocks, 0);
    plat_account_clear(&a);
}

static void test_blocks_are_zeroed_and_know_their_size(void **state)
{
    static const size_t sizes[] = {0, 1, 17, 4096, 100000};
    struct plat_account a;

    (void)state;
    plat_account_init(&a);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t *block = plat_alloc(&a, PLAT_MEM_CONNECTION, sizes[i]);
        size_t size = sizes[i] == 0 ? 1 : sizes[i];

        assert_int_equal((uintptr_t)block % UNIT, 0);
        assert_int_equal(plat_alloc_size(block), size);
        for (size_t n = 0; n < size; n++) {
            assert_int_equal(block[n], 0);
        }
        plat_free(block);
    }
    plat_account_clear(&a);
}

static void test_phases_keep_peaks_of_their_own(void **state)
{
    struct plat_account a;
    void *kept;
    void *big;

    (void)state;
    plat_account_init(&a);
    kept = plat_alloc(&a, PLAT_MEM_CONNECTION, 100);
    plat_account_phase(&a, 3);
    big = plat_alloc(&a, PLAT_MEM_HANDSHAKE, 1000);
    plat_free(big);
    plat_account_phase(&a, 4);
    plat_account_phase(&a, 200); /* no such phase: ignored */
    plat_free(plat_alloc(&a, PLAT_MEM_RECORD_OUT, 30));
    assert_int_equal(a.by_phase[0].peak, 100);
    assert_int_equal(a.by_phase[3].peak, 1100);
    assert_int_equal(a.by_phase[3].largest, 1000);
    assert_int_equal(a.by_phase[3].count, 1);
    assert_int_equal(a.by_phase[4].peak, 130);
    assert_int_equal(a.by_phase[4].largest, 30);
    plat_account_phase(&a, 5);
    plat_account_phase(&a, 6);
    assert_int_equal(a.by_phase[5].peak, 100); /* what was there, though nothing came */
    assert_int_equal(a.by_phase[5].count, 0);
    plat_account_phase(&a, 4);
    plat_account_reset(&a);
    assert_int_equal(a.total.live, 100);
    assert_int_equal(a.total.peak, 100);
    assert_int_equal(a.by_phase[3].peak, 0);
    assert_int_equal(a.by_phase[4].peak, 100);
    assert_int_equal(a.count, 0);
    plat_free(kept);
    plat_account_clear(&a);
}

static void test_the_overall_sum_knows_all_accounts(void **state)
{
    struct plat_mem_use before;
    struct plat_mem_use now;
    uint32_t count_before;
    uint32_t count;
    uint32_t largest;
    struct plat_account a;
    struct plat_account b;
    void *one;
    void *two;

    (void)state;
    plat_heap_overall(&before, &count_before, &largest);
    plat_account_init(&a);
    plat_account_init(&b);
    one = plat_alloc(&a, PLAT_MEM_CONNECTION, 200000);
    two = plat_alloc(&b, PLAT_MEM_CONNECTION, 300000);
    plat_heap_overall(&now, &count, &largest);
    assert_int_equal(now.live - before.live, 500000);
    assert_true(now.peak >= 500000);
    assert_int_equal(count - count_before, 2);
    assert_true(largest >= 300000);
    plat_free(one);
    plat_free(two);
    plat_account_clear(&a);
    plat_account_clear(&b);
    plat_heap_overall(&now, &count, &largest);
    assert_int_equal(now.live, before.live);
}

struct trace {
    int32_t sum;
    unsigned calls;
    uint32_t live;
};

static void note_trace(void *arg, enum plat_mem purpose, int32_t size, uint32_t live)
{
    struct trace *trace = arg;

    assert_int_equal(purpose, PLAT_MEM_KEY);
    trace->sum += size;
    trace->calls++;
    trace->live = live;
}

static void test_a_trace_sees_every_block_come_and_go(void **state)
{
    struct trace trace = {0};
    struct plat_account a;
    void *block;

    (void)state;
    plat_account_init(&a);
    a.trace = note_trace;
    a.trace_arg = &trace;
    block = plat_alloc(&a, PLAT_MEM_KEY, 12);
    assert_int_equal(trace.sum, 12);
    assert_int_equal(trace.live, 12);
    plat_free(block);
    assert_int_equal(trace.sum, 0);
    assert_int_equal(trace.calls, 2);
    assert_int_equal(trace.live, 0);
    plat_account_clear(&a);
}

/* --- refusals ------------------------------------------------------------------------------- */

static void test_a_limit_refuses_and_says_what_was_left(void **state)
{
    struct plat_account a;
    void *block;
    void *rest;

    (void)state;
    plat_account_init(&a);
    a.limit = 100;
    block = plat_alloc(&a, PLAT_MEM_CONNECTION, 60);
    assert_null(plat_alloc(&a, PLAT_MEM_RECORD_OUT, 41));
    assert_int_equal(a.failure.size, 41);
    assert_int_equal(a.failure.purpose, PLAT_MEM_RECORD_OUT);
    assert_int_equal(a.failure.over_limit, 1);
    assert_int_equal(a.failure.free_bytes, 40);
    assert_int_equal(a.total.peak, 60);
    rest = plat_alloc(&a, PLAT_MEM_RECORD_OUT, 40);
    assert_non_null(rest);
    assert_null(plat_alloc(&a, PLAT_MEM_RECORD_OUT, 1));
    assert_int_equal(a.failure.free_bytes, 0);
    plat_free(rest);
    plat_free(block);
    plat_account_clear(&a);
}

static void test_a_failing_heap_is_recorded_and_nothing_is_counted(void **state)
{
    struct plat_account a;

    (void)state;
    plat_account_init(&a);
    sim_fail_alloc(1, false);
    assert_null(plat_alloc(&a, PLAT_MEM_HANDSHAKE, 77));
    assert_int_equal(a.failure.size, 77);
    assert_int_equal(a.failure.purpose, PLAT_MEM_HANDSHAKE);
    assert_int_equal(a.failure.over_limit, 0);
    assert_int_equal(a.total.peak, 0);
    assert_int_equal(a.count, 0);
    assert_null(plat_alloc(&a, PLAT_MEM_HANDSHAKE, SIZE_MAX));
    assert_null(plat_alloc(&a, PLAT_MEM_HANDSHAKE, SIZE_MAX - UNIT + 1));
    assert_int_equal(a.failure.size, sizeof(size_t) == 4 ? SIZE_MAX - UNIT + 1 : UINT32_MAX);
    plat_account_clear(&a);
}

/* --- places --------------------------------------------------------------------------------- */

static void test_an_arena_serves_its_account_alone(void **state)
{
    static uint8_t memory[2048];
    struct plat_region *arena = plat_region_init(memory, sizeof(memory));
    struct plat_account a;
    uint8_t *block;

    (void)state;
    plat_account_init(&a);
    a.arena = arena;
    block = plat_alloc(&a, PLAT_MEM_CONNECTION, 1000);
    assert_true(block > memory && block + 1000 <= memory + sizeof(memory));
    assert_int_equal(plat_region_used(arena), UNIT + (1000 + UNIT - 1) / UNIT * UNIT);
    assert_null(plat_alloc(&a, PLAT_MEM_CONNECTION, 1100));
    assert_int_equal(a.failure.free_bytes, plat_region_free_bytes(arena));
    assert_int_equal(a.failure.largest_free, plat_region_largest_free(arena));
    assert_int_equal(sim_alloc_count(), 0);
    plat_free(block);
    assert_int_equal(plat_region_used(arena), 0);
    plat_account_clear(&a);
}

static void test_a_purpose_goes_to_its_region(void **state)
{
    struct plat_account a;
    void *in;
    void *out;

    (void)state;
    assert_int_equal(plat_region_simulate(PLAT_REGION_EXTERNAL, 4096), 0);
    plat_account_init(&a);
    a.region[PLAT_MEM_RECORD_IN] = PLAT_REGION_EXTERNAL;
    in = plat_alloc(&a, PLAT_MEM_RECORD_IN, 2000);
    out = plat_alloc(&a, PLAT_MEM_RECORD_OUT, 2000);
    assert_in_range(plat_region_used(plat_region_get(PLAT_REGION_EXTERNAL)), 2000, 2050);
    assert_int_equal(sim_alloc_live(), 1);
    assert_null(plat_alloc(&a, PLAT_MEM_RECORD_IN, 3000));
    assert_int_equal(a.failure.region, PLAT_REGION_EXTERNAL);
    assert_in_range(a.failure.largest_free, 1900, 2096);
    plat_free(in);
    plat_free(out);
    plat_account_clear(&a);
}

static void test_a_replaced_region_keeps_its_blocks(void **state)
{
    void *old;
    void *system;

    (void)state;
    system = plat_alloc(NULL, PLAT_MEM_PROCESS, 10);
    assert_int_equal(plat_region_simulate(PLAT_REGION_DEFAULT, 1000), 0);
    old = plat_alloc(NULL, PLAT_MEM_PROCESS, 500);
    assert_int_equal(plat_region_simulate(PLAT_REGION_DEFAULT, 2000), 0);
    assert_int_equal(plat_region_used(plat_region_get(PLAT_REGION_DEFAULT)), 0);
    memset(old, 1, 500);
    assert_true(plat_app_owns(old));
    plat_free(old);
    assert_false(plat_app_owns(old)); /* its region is gone with the last block */
    plat_free(system);
    assert_int_equal(plat_region_simulate(PLAT_REGION_DEFAULT, 0), 0);
    assert_null(plat_region_get(PLAT_REGION_DEFAULT));
    assert_int_equal(plat_region_simulate(PLAT_REGION_DEFAULT, 3), ENOMEM);
    assert_int_equal(plat_region_simulate(PLAT_REGION_IDS, 1000), EINVAL);
}

/* --- lives ---------------------------------------------------------------------------------- */

static void test_blocks_outlive_their_account_in_the_process_account(void **state)
{
    static uint8_t memory[1024];
    struct plat_region *arena = plat_region_init(memory, sizeof(memory));
    struct plat_account *process = plat_process_account();
    struct plat_account in_heap;
    struct plat_account in_arena;
    void *one;
    void *two;

    (void)state;
    plat_account_init(&in_heap);
    plat_account_init(&in_arena);
    in_arena.arena = arena;
    one = plat_alloc(&in_heap, PLAT_MEM_APPLICATION, 100);
    two = plat_alloc(&in_arena, PLAT_MEM_APPLICATION, 200);
    plat_account_clear(&in_heap);
    plat_account_clear(&in_arena);
    memset(&in_heap, 0xEE, sizeof(in_heap));
    memset(&in_arena, 0xEE, sizeof(in_arena));
    assert_int_equal(process->by_purpose[PLAT_MEM_APPLICATION].live, 300);
    assert_int_equal(process->blocks, 2);
    plat_free(one);
    plat_free(two);
    assert_int_equal(process->by_purpose[PLAT_MEM_APPLICATION].live, 0);
    assert_int_equal(plat_region_used(arena), 0);
}

/** What accounts that are gone had is had by the next ones. */
static void test_accounts_that_come_and_go_take_no_more_memory(void **state)
{
    struct plat_account stays = {0};
    void *kept = plat_alloc(&stays, PLAT_MEM_CONNECTION, 8);
    const size_t live = sim_alloc_live();

    (void)state;
    for (unsigned round = 0; round < 100; round++) {
        struct plat_account some[3] = {{0}};
        void *blocks[3];

        for (size_t i = 0; i < 3; i++) {
            blocks[i] = plat_alloc(&some[i], PLAT_MEM_CONNECTION, 8);
            assert_non_null(blocks[i]);
        }
        for (size_t i = 0; i < 3; i++) {
            plat_free(blocks[i]);
            plat_account_clear(&some[i]);
        }
        assert_int_equal(sim_alloc_live(), live);
    }
    plat_free(kept);
    plat_account_clear(&stays);
}

static void test_any_number_of_accounts_lives_at_once(void **state)
{
    enum {
        MANY = 1000
    };
    static struct plat_account accounts[MANY];
    static void *blocks[MANY];

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < MANY; i++) {
            plat_account_init(&accounts[i]);
            blocks[i] = plat_alloc(&accounts[i], PLAT_MEM_CONNECTION, i + 1);
        }
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(accounts[i].total.live, i + 1);
            if (i % 3 == round) {
                plat_account_clear(&accounts[i]); /* before its block */
            }
            plat_free(blocks[i]);
            plat_account_clear(&accounts[i]);
        }
        assert_int_equal(sim_alloc_live(), 0);
    }
}

static void test_no_room_for_another_account_is_out_of_memory(void **state)
{
    enum {
        MANY = 10
    };
    struct plat_account accounts[MANY] = {{0}};
    void *blocks[MANY];

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        blocks[i] = plat_alloc(&accounts[i], PLAT_MEM_CONNECTION, 8);
        assert_non_null(blocks[i]);
    }
    sim_fail_alloc(2, false); /* the block is had, the table cannot grow */
    assert_null(plat_alloc(&accounts[7], PLAT_MEM_CONNECTION, 8));
    assert_int_equal(accounts[7].failure.size, 8);
    assert_int_equal(sim_alloc_live(), 7);
    for (size_t i = 0; i < 7; i++) {
        plat_free(blocks[i]);
        plat_account_clear(&accounts[i]);
    }
    plat_account_clear(&accounts[7]);
}

static void test_aligned_blocks_come_back_whole(void **state)
{
    const struct plat_account *a = plat_process_account();

    (void)state;
    for (size_t in_region = 0; in_region <= 1; in_region++) {
        assert_int_equal(plat_region_simulate(PLAT_REGION_DEFAULT, in_region * 20000), 0);
        for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
            uint8_t *block = plat_app_alloc(PLAT_REGION_DEFAULT, alignment, 100);

            assert_non_null(block);
            assert_int_equal((uintptr_t)block % alignment, 0);
            assert_true(plat_app_size(block) >= 100);
            assert_true(plat_app_owns(block));
            assert_int_equal(a->blocks, 1);
            memset(block, 0xFF, 100);
            plat_app_free(block);
            assert_int_equal(a->blocks, 0);
            assert_int_equal(a->total.live, 0);
        }
    }
}

/* --- threads -------------------------------------------------------------------------------- */

static void *churn(void *arg)
{
    struct plat_account a;
    void *blocks[16] = {NULL};

    (void)arg;
    plat_account_init(&a);
    for (unsigned i = 0; i < 5000; i++) {
        size_t at = i * 7 % 16;

        plat_free(blocks[at]);
        blocks[at] = plat_alloc(i % 3 == 0 ? NULL : &a, (enum plat_mem)(i % 8), i % 300 + 1);
    }
    plat_account_clear(&a); /* some blocks are left: they move */
    for (size_t i = 0; i < 16; i++) {
        plat_free(blocks[i]);
    }
    return NULL;
}

static void test_threads_share_the_heap(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, churn, NULL), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(plat_process_account()->total.live, 0);
}

static int replacing; /* 1 while regions come and go */

/** Take, ask and give, whatever stands there. */
static void *use_what_stands_there(void *arg)
{
    (void)arg;
    while (__atomic_load_n(&replacing, __ATOMIC_ACQUIRE) != 0) {
        multi_heap_info_t info;
        void *app = heap_caps_malloc(50, MALLOC_CAP_DEFAULT);
        void *aligned = heap_caps_aligned_alloc(64, 50, MALLOC_CAP_DEFAULT);
        void *ours = plat_alloc(NULL, PLAT_MEM_KEY, 50);

        heap_caps_get_info(&info, MALLOC_CAP_DEFAULT);
        if (info.total_free_bytes + info.total_allocated_bytes == 0 || app == NULL ||
            aligned == NULL || ours == NULL || !heap_caps_check_integrity_all(false)) {
            abort();
        }
        heap_caps_free(app);
        heap_caps_free(aligned);
        plat_free(ours);
    }
    return NULL;
}

/** A region that is empty is freed at once. */
static void test_a_region_may_be_replaced_while_others_use_it(void **state)
{
    pthread_t threads[2];

    (void)state;
    __atomic_store_n(&replacing, 1, __ATOMIC_RELEASE);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, use_what_stands_there, NULL), 0);
    }
    for (unsigned i = 0; i < 3000; i++) {
        assert_int_equal(heap_caps_simulate(i % 3 * 5000, MALLOC_CAP_DEFAULT), ESP_OK);
    }
    __atomic_store_n(&replacing, 0, __ATOMIC_RELEASE);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(heap_caps_simulate(0, MALLOC_CAP_DEFAULT), ESP_OK);
    assert_int_equal(plat_process_account()->total.live, 0);
}

/* --- mistakes ------------------------------------------------------------------------------- */

/** @return true when fn ends the program */
static bool dies(void (*fn)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        fn();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

static void free_a_foreign_pointer(void)
{
    static _Alignas(16) uint8_t memory[64];

    plat_free(memory + 32);
}

static void free_twice_in_an_arena(void)
{
    static uint8_t memory[1024];
    struct plat_account a = {.arena = plat_region_init(memory, sizeof(memory))};
    void *block = plat_alloc(&a, PLAT_MEM_KEY, 10);
    void *other = plat_alloc(&a, PLAT_MEM_KEY, 10);

    plat_free(block);
    plat_free(block);
    plat_free(other);
}

static void free_a_region_block_as_an_accounts(void)
{
    static uint8_t memory[1024];

    plat_free(plat_region_alloc(plat_region_init(memory, sizeof(memory)), 10));
}

static void test_a_wrong_free_ends_the_program(void **state)
{
    (void)state;
    assert_true(dies(free_a_foreign_pointer));
    assert_true(dies(free_twice_in_an_arena));
    assert_true(dies(free_a_region_block_as_an_accounts));
}

/* --- heap_caps ------------------------------------------------------------------------------ */

static void test_caps_choose_the_region(void **state)
{
    static const struct {
        uint32_t caps;
        int region; /* -1: none has them */
    } rows[] = {
        {0, PLAT_REGION_DEFAULT},
        {MALLOC_CAP_8BIT, PLAT_REGION_DEFAULT},
        {MALLOC_CAP_DEFAULT | MALLOC_CAP_32BIT, PLAT_REGION_DEFAULT},
        {MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT, PLAT_REGION_INTERNAL},
        {MALLOC_CAP_DMA, PLAT_REGION_INTERNAL},
        {MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT, PLAT_REGION_EXTERNAL},
        {MALLOC_CAP_SPIRAM | MALLOC_CAP_INTERNAL, -1},
        {MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA, -1},
        {MALLOC_CAP_EXEC, -1},
        {MALLOC_CAP_IRAM_8BIT | MALLOC_CAP_INTERNAL, -1},
        {MALLOC_CAP_INVALID, -1},
    };

    (void)state;
    for (int id = PLAT_REGION_DEFAULT; id <= PLAT_REGION_EXTERNAL; id++) {
        assert_int_equal(plat_region_simulate((enum plat_region_id)id, 1000u * (unsigned)(id + 1)),
                         0);
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t free_before = heap_caps_get_free_size(rows[i].caps);
        void *block = heap_caps_malloc(100, rows[i].caps);

        assert_int_equal(block != NULL, rows[i].region >= 0);
        if (block == NULL) {
            assert_int_equal(free_before, 0);
            assert_int_equal(heap_caps_get_total_size(rows[i].caps), 0);
            continue;
        }
        assert_in_range(plat_region_used(plat_region_get((enum plat_region_id)rows[i].region)), 100,
                        130);
        assert_in_range(free_before - heap_caps_get_free_size(rows[i].caps), 100, 130);
        heap_caps_free(block);
        assert_int_equal(heap_caps_get_free_size(rows[i].caps), free_before);
        assert_true(heap_caps_get_minimum_free_size(rows[i].caps) <= free_before - 100);
        assert_int_equal(heap_caps_get_largest_free_block(rows[i].caps), free_before - UNIT);
        assert_int_equal(heap_caps_get_total_size(rows[i].caps), free_before);
    }
}

static void test_caps_without_a_region_are_the_systems_heap(void **state)
{
    size_t before = heap_caps_get_free_size(MALLOC_CAP_SPIRAM);
    void *block = heap_caps_malloc(1000, MALLOC_CAP_SPIRAM);

    (void)state;
    assert_int_equal(heap_caps_get_total_size(MALLOC_CAP_SPIRAM), INT32_MAX);
    assert_int_equal(before - heap_caps_get_free_size(MALLOC_CAP_SPIRAM), 1000);
    assert_int_equal(plat_process_account()->by_purpose[PLAT_MEM_APPLICATION].live, 1000);
    heap_caps_free(block);
    assert_int_equal(heap_caps_get_free_size(MALLOC_CAP_SPIRAM), before);
    assert_true(heap_caps_get_minimum_free_size(MALLOC_CAP_SPIRAM) <= before - 1000);
}

static void test_caps_calloc_realloc_and_aligned(void **state)
{
    uint8_t *block = heap_caps_calloc(10, 10, MALLOC_CAP_8BIT);

    (void)state;
    assert_int_equal(heap_caps_get_allocated_size(block), 100);
    memset(block, 5, 100);
    block = heap_caps_realloc(block, 200, MALLOC_CAP_8BIT);
    assert_int_equal(block[99], 5);
    block = heap_caps_realloc(block, 10, MALLOC_CAP_8BIT);
    assert_int_equal(block[9], 5);
    sim_fail_alloc(1, false);
    assert_null(heap_caps_realloc(block, 1000, MALLOC_CAP_8BIT));
    assert_int_equal(block[9], 5);
    assert_null(heap_caps_realloc(block, 0, MALLOC_CAP_8BIT));
    block = heap_caps_realloc(NULL, 10, MALLOC_CAP_8BIT);
    assert_non_null(block);
    heap_caps_free(block);
    assert_null(heap_caps_malloc(0, MALLOC_CAP_8BIT));
    assert_null(heap_caps_calloc(SIZE_MAX, 2, MALLOC_CAP_8BIT));
    assert_null(heap_caps_aligned_alloc(3, 10, MALLOC_CAP_8BIT));
    assert_null(heap_caps_aligned_alloc(0, 10, MALLOC_CAP_8BIT));
    assert_null(heap_caps_aligned_alloc(64, 0, MALLOC_CAP_8BIT));
    assert_null(heap_caps_aligned_calloc(64, SIZE_MAX, 2, MALLOC_CAP_8BIT));
    block = heap_caps_aligned_calloc(64, 10, 10, MALLOC_CAP_8BIT);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 64, 0);
    heap_caps_aligned_free(block);
}

static void test_prefer_takes_the_first_that_has_room(void **state)
{
    size_t internal;
    void *block;

    (void)state;
    assert_int_equal(heap_caps_simulate(1000, MALLOC_CAP_INTERNAL), ESP_OK);
    assert_int_equal(heap_caps_simulate(5000, MALLOC_CAP_SPIRAM), ESP_OK);
    internal = heap_caps_get_free_size(MALLOC_CAP_INTERNAL);
    block = heap_caps_malloc_prefer(100, 2, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM);
    assert_true(heap_caps_get_free_size(MALLOC_CAP_INTERNAL) < internal);
    block = heap_caps_realloc_prefer(block, 2000, 2, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM);
    assert_non_null(block);
    assert_int_equal(heap_caps_get_free_size(MALLOC_CAP_INTERNAL), internal);
    assert_null(heap_caps_realloc_prefer(block, 9000, 2, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM));
    assert_int_equal(heap_caps_get_allocated_size(block), 2000);
    assert_null(heap_caps_realloc_prefer(block, 0, 2, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM));
    block = heap_caps_calloc_prefer(20, 100, 3, MALLOC_CAP_EXEC, MALLOC_CAP_INTERNAL,
                                    MALLOC_CAP_SPIRAM);
    assert_non_null(block);
    heap_caps_free(block);
    block = heap_caps_calloc_prefer(2, 50, 2, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM);
    assert_true(heap_caps_get_free_size(MALLOC_CAP_INTERNAL) < internal);
    block = heap_caps_realloc_prefer(block, 200, 2, MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM);
    assert_true(heap_caps_get_free_size(MALLOC_CAP_INTERNAL) < internal);
    heap_caps_free(block);
    assert_int_equal(heap_caps_get_free_size(MALLOC_CAP_INTERNAL), internal);
    assert_null(heap_caps_calloc_prefer(SIZE_MAX, 2, 1, MALLOC_CAP_SPIRAM));
    assert_null(heap_caps_malloc_prefer(10, 0));
}

static void test_info_says_what_the_systems_heap_gave(void **state)
{
    multi_heap_info_t before;
    multi_heap_info_t info;
    void *block;

    (void)state;
    heap_caps_get_info(&before, MALLOC_CAP_SPIRAM);
    assert_int_equal(before.total_free_bytes, heap_caps_get_free_size(MALLOC_CAP_SPIRAM));
    block = heap_caps_malloc(1000, MALLOC_CAP_SPIRAM);
    heap_caps_get_info(&info, MALLOC_CAP_SPIRAM);
    assert_int_equal(info.total_free_bytes + 1000, before.total_free_bytes);
    assert_int_equal(info.total_allocated_bytes, before.total_allocated_bytes + 1000);
    assert_int_equal(info.total_free_bytes + info.total_allocated_bytes, INT32_MAX);
    assert_int_equal(info.largest_free_block, info.total_free_bytes);
    assert_int_equal(info.minimum_free_bytes, heap_caps_get_minimum_free_size(MALLOC_CAP_SPIRAM));
    assert_int_equal(info.allocated_blocks, before.allocated_blocks + 1);
    assert_int_equal(info.free_blocks, 1);
    assert_int_equal(info.total_blocks, info.allocated_blocks + 1);
    heap_caps_free(block);
}

static void test_info_says_what_a_region_holds(void **state)
{
    multi_heap_info_t info;
    void *blocks[3];

    (void)state;
    assert_int_equal(heap_caps_simulate(5000, MALLOC_CAP_INTERNAL), ESP_OK);
    for (size_t i = 0; i < 3; i++) {
        blocks[i] = heap_caps_malloc(100, MALLOC_CAP_INTERNAL);
    }
    heap_caps_free(blocks[1]);
    heap_caps_get_info(&info, MALLOC_CAP_INTERNAL);
    assert_int_equal(info.allocated_blocks, 2);
    assert_int_equal(info.free_blocks, 2);
    assert_int_equal(info.total_blocks, 4);
    assert_int_equal(info.total_free_bytes, heap_caps_get_free_size(MALLOC_CAP_INTERNAL));
    assert_int_equal(info.total_free_bytes + info.total_allocated_bytes,
                     heap_caps_get_total_size(MALLOC_CAP_INTERNAL));
    assert_int_equal(info.largest_free_block,
                     heap_caps_get_largest_free_block(MALLOC_CAP_INTERNAL));
    assert_int_equal(info.minimum_free_bytes, heap_caps_get_minimum_free_size(MALLOC_CAP_INTERNAL));
    heap_caps_free(blocks[0]);
    heap_caps_free(blocks[2]);
    heap_caps_get_info(&info, MALLOC_CAP_INTERNAL);
    assert_int_equal(info.allocated_blocks, 0);
    assert_int_equal(info.free_blocks, 1);
    heap_caps_get_info(&info, MALLOC_CAP_EXEC);
    assert_int_equal(info.total_blocks, 0);
}

/** Each byte of a header is overwritten in turn, in front of a used and of a free block. */
static void test_integrity_sees_a_header_overrun(void **state)
{
    const size_t mark = sizeof(uint32_t) + sizeof(plat_owner) + 1; /* in a header */
    uint8_t *blocks[3];

    (void)state;
    assert_int_equal(heap_caps_simulate(5000, MALLOC_CAP_SPIRAM), ESP_OK);
    for (size_t i = 0; i < 3; i++) {
        blocks[i] = heap_caps_malloc(2 * UNIT, MALLOC_CAP_SPIRAM);
    }
    assert_true(heap_caps_check_integrity(MALLOC_CAP_SPIRAM, true));
    for (size_t is_free = 0; is_free <= 1; is_free++) {
        uint8_t *header = blocks[1] - UNIT;

        for (size_t i = 0; i < 4; i++) { /* the size, in both */
            header[i] ^= 0xFF;
            assert_false(heap_caps_check_integrity(MALLOC_CAP_SPIRAM, false));
            assert_false(heap_caps_check_integrity_all(false));
            assert_false(heap_caps_check_integrity_addr((intptr_t)blocks[0], false));
            assert_true(heap_caps_check_integrity(MALLOC_CAP_INTERNAL, false));
            header[i] ^= 0xFF;
            assert_true(heap_caps_check_integrity_addr((intptr_t)blocks[0], false));
        }
        if (is_free == 0) {
            header[mark] ^= 1;
            assert_false(heap_caps_check_integrity(MALLOC_CAP_SPIRAM, false));
            header[mark] ^= 1;
            heap_caps_free(blocks[1]);
        }
    }
    assert_true(heap_caps_check_integrity(MALLOC_CAP_EXEC, false));
    assert_true(heap_caps_check_integrity_addr((intptr_t)&blocks, false));
    heap_caps_free(blocks[0]);
    heap_caps_free(blocks[2]);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_live_and_peak_follow_each_block),
        T(test_blocks_are_zeroed_and_know_their_size),
        T(test_phases_keep_peaks_of_their_own),
        T(test_the_overall_sum_knows_all_accounts),
        T(test_a_trace_sees_every_block_come_and_go),
        T(test_a_limit_refuses_and_says_what_was_left),
        T(test_a_failing_heap_is_recorded_and_nothing_is_counted),
        T(test_an_arena_serves_its_account_alone),
        T(test_a_purpose_goes_to_its_region),
        T(test_a_replaced_region_keeps_its_blocks),
        T(test_blocks_outlive_their_account_in_the_process_account),
        T(test_accounts_that_come_and_go_take_no_more_memory),
        T(test_any_number_of_accounts_lives_at_once),
        T(test_no_room_for_another_account_is_out_of_memory),
        T(test_aligned_blocks_come_back_whole),
        T(test_threads_share_the_heap),
        T(test_a_region_may_be_replaced_while_others_use_it),
        T(test_a_wrong_free_ends_the_program),
        T(test_caps_choose_the_region),
        T(test_caps_without_a_region_are_the_systems_heap),
        T(test_caps_calloc_realloc_and_aligned),
        T(test_prefer_takes_the_first_that_has_room),
        T(test_info_says_what_the_systems_heap_gave),
        T(test_info_says_what_a_region_holds),
        T(test_integrity_sees_a_header_overrun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
