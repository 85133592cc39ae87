/* Thousands of connections in one process, with a heap of a device's size that an application keeps
 * breaking into pieces: after each connection the heap holds what the application holds and nothing
 * else, and in the end it is as it was, its largest free block too.
 *
 * 200 connections; with ESP_TLS_LONG=1 10,000. */
#include <stdio.h>
#include <stdlib.h>

#include "elastic_kit.h"
#include "esp_heap_caps.h"

#define HEAP   (96 * 1024)
#define BLOCKS 48 /* that the application holds at most */

static uint32_t seed = 1;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u; /* the same numbers every time */
    return (seed >> 8) % below;
}

/* --- the application: blocks of any size that come and go ------------------------------------- */

static void *block[BLOCKS];

static void churn(void)
{
    for (unsigned n = 4 + chance(12); n > 0; n--) {
        unsigned i = chance(BLOCKS);

        heap_caps_free(block[i]);
        block[i] = chance(3) == 0 ? NULL : heap_caps_malloc(8 + chance(900), MALLOC_CAP_INTERNAL);
    }
}

static void let_go(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        heap_caps_free(block[i]);
        block[i] = NULL;
    }
}

/* --- connections ------------------------------------------------------------------------------ */

struct tally {
    unsigned opened;
    unsigned failed; /* as they should */
    unsigned short_of_memory;
};

/** What becomes of a connection. */
enum fate {
    FATE_ECHO,
    FATE_DOWNLOAD,
    FATE_CLOSE_AT_ONCE,
    FATE_WRONG_NAME,
    FATE_WRONG_CA,
    FATE_REFUSED,
    FATE_RESET, /* in the handshake */
    FATE_NO_MEMORY,
    FATES
};

static const struct sim_tls_step download[] = {{SIM_TLS_SEND, 20000}, {SIM_TLS_END, 0}};

static void prepare(struct sim_case *t, enum fate fate)
{
    t->server.script = fate == FATE_DOWNLOAD ? download : NULL;
    t->server.stop_at = fate == FATE_RESET ? MBEDTLS_SSL_SERVER_CERTIFICATE : 0;
    t->server.stop_act = (struct sim_tls_step){SIM_TLS_RST, 0};
    t->cfg.common_name = fate == FATE_WRONG_NAME ? "other.example" : NULL;
    if (fate == FATE_WRONG_CA) {
        t->cfg.cacert_buf = cert_root_other_pem;
        t->cfg.cacert_bytes = sizeof(cert_root_other_pem);
    }
    if (fate == FATE_NO_MEMORY) {
        sim_fail_alloc(0, false);
    }
}

static bool use(struct sim_case *t, enum fate fate)
{
    unsigned char buf[1500];
    size_t want = fate == FATE_DOWNLOAD ? 20000 : fate == FATE_ECHO ? 1200 : 0;

    for (size_t i = 0; i < sizeof(buf); i++) {
        buf[i] = sim_pattern(i);
    }
    if (fate == FATE_ECHO && esp_tls_conn_write(t->tls, buf, want) != (ssize_t)want) {
        return false;
    }
    for (size_t got = 0; got < want;) {
        ssize_t n = esp_tls_conn_read(t->tls, buf, sizeof(buf));

        if (n <= 0) {
            return false;
        }
        for (ssize_t i = 0; i < n; i++) {
            assert_int_equal(buf[i], sim_pattern(got + (size_t)i));
        }
        got += (size_t)n;
    }
    return true;
}

/** One connection from init to destroy. The heap is the application's alone before and after. */
static void connect_once(struct sim_case *t, struct tally *tally)
{
    size_t least;
    enum fate fate = (enum fate)chance(FATES);
    esp_tls_memory_cfg_t memory = {0};
    size_t before = heap_caps_get_free_size(MALLOC_CAP_INTERNAL);
    bool good;

    kit_use(t, &kit_kinds[chance(KIT_KINDS)]);
    prepare(t, fate);
    for (unsigned i = 0; i < COUNT(memory.caps); i++) {
        memory.caps[i] = MALLOC_CAP_INTERNAL;
    }
    memory.limit = fate == FATE_NO_MEMORY ? 2000 + chance(8000) : 0;
    t->tls = esp_tls_init_with_memory(&memory);
    assert_non_null(t->tls);
    good = sim_connect_to(t, "test.example", fate == FATE_REFUSED ? 444 : 443) == 1 && use(t, fate);
    if (good) {
        tally->opened++;
        assert_true(fate <= FATE_CLOSE_AT_ONCE || fate == FATE_NO_MEMORY);
    } else {
        bool starved = sim_record(t).cause == ESP_TLS_CAUSE_NO_MEM;

        tally->failed++;
        tally->short_of_memory += starved;
        if (fate <= FATE_CLOSE_AT_ONCE && !starved) {
            fail_msg("fate %d: %s in %s", (int)fate, esp_tls_cause_name(sim_record(t).cause),
                     esp_tls_phase_name(sim_record(t).phase));
        }
    }
    least = heap_caps_get_minimum_free_size(MALLOC_CAP_INTERNAL);
    assert_true(!good || least < before - 5000); /* it did live there */
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = NULL;
    sim_advance_us(10000); /* the server sees the end */
    sim_fail_alloc(0, false);
    assert_int_equal(heap_caps_get_free_size(MALLOC_CAP_INTERNAL), before);
}

/** The world made anew: a test's network remembers every connection. */
static void open_world(struct sim_case *t)
{
    sim_case_open(t);
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = NULL;
    assert_int_equal(heap_caps_simulate(HEAP, MALLOC_CAP_INTERNAL), ESP_OK);
}

static void test_soak_ends_where_it_began(void **state)
{
    unsigned rounds = getenv("ESP_TLS_LONG") != NULL ? 100 : 4;
    struct tally tally = {0};

    (void)state;
    for (unsigned round = 0; round < rounds; round++) {
        struct sim_case t;
        size_t free_before;
        size_t largest_before;

        open_world(&t);
        free_before = heap_caps_get_free_size(MALLOC_CAP_INTERNAL);
        largest_before = heap_caps_get_largest_free_block(MALLOC_CAP_INTERNAL);
        for (unsigned i = 0; i < 100 / (KIT_SLOW > 1 && rounds == 4 ? 2 : 1); i++) {
            churn();
            connect_once(&t, &tally);
        }
        let_go();
        assert_int_equal(heap_caps_get_free_size(MALLOC_CAP_INTERNAL), free_before);
        assert_int_equal(heap_caps_get_largest_free_block(MALLOC_CAP_INTERNAL), largest_before);
        assert_int_equal(heap_caps_simulate(0, MALLOC_CAP_INTERNAL), ESP_OK);
        assert_int_equal(sim_case_close(&t), 0);
    }
    printf("%u opened, %u failed, %u of them for want of memory\n", tally.opened, tally.failed,
           tally.short_of_memory);
    assert_true(tally.opened > tally.failed / 4);
    assert_true(tally.short_of_memory > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_soak_ends_where_it_began),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
