/* Memory that is chosen, bounded and counted (esp_tls_memory.h). */
#include "sim_test.h"
#include "mbed_seam_features.h"

#include <stdlib.h>

#include "esp_heap_caps.h"
#include "esp_tls_memory.h"
#include "sdkconfig.h"

#define ARENA_SIZE 65536u
#define OVERHEAD   600u /* of a record buffer at most, over its content */
#define RECORD     CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN /* the server sends no longer ones */

/* Fixed buffers (CONFIG_MBEDTLS_DYNAMIC_BUFFER=n) are Mbed TLS's own, at Kconfig's sizes. */
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
#define IS_ELASTIC true
#else
#define IS_ELASTIC false
#endif

static _Alignas(16) unsigned char arena[ARENA_SIZE];

/** The test's handle, made anew. */
static void use_memory(struct sim_case *t, const esp_tls_memory_cfg_t *cfg)
{
    if (t->tls != NULL) {
        (void)esp_tls_conn_destroy(t->tls);
    }
    t->tls = esp_tls_init_with_memory(cfg);
    assert_non_null(t->tls);
}

static esp_tls_memory_stats_t stats_of(const esp_tls_t *tls)
{
    esp_tls_memory_stats_t stats;

    assert_int_equal(esp_tls_get_memory_stats(tls, &stats), ESP_OK);
    return stats;
}

/** After the handshake, `n` bytes of pattern. */
static const struct sim_tls_step *sends(size_t n)
{
    static struct sim_tls_step script[2];

    script[0] = (struct sim_tls_step){SIM_TLS_SEND, n};
    script[1] = (struct sim_tls_step){SIM_TLS_END, 0};
    return script;
}

/* --- esp_tls_init_with_memory() --------------------------------------------------------------- */

static void test_init_with_memory_field_out_of_range_returns_null(void **state)
{
    static const struct {
        const char *name;
        esp_tls_memory_cfg_t cfg;
    } rows[] = {
        {"in too small", {.in_content_len = 511}},
        {"in too large", {.in_content_len = CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN + 1}},
        {"out too small", {.out_content_len = 511}},
        {"out too large", {.out_content_len = CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN + 1}},
        {"no such buffers", {.buffers = (esp_tls_buffers_t)3}},
        {"no such memory", {.caps = {[ESP_TLS_MEM_KEY] = MALLOC_CAP_EXEC}}},
        {"no such memory in an arena",
         {.arena = arena, .arena_size = ARENA_SIZE, .caps = {MALLOC_CAP_EXEC}}},
        {"arena of nothing", {.arena = arena, .arena_size = 0}},
        {"arena below a heap's own state", {.arena = arena, .arena_size = 64}},
        {"arena below a handle", {.arena = arena, .arena_size = 256}},
#if SIZE_MAX > UINT32_MAX
        {"limit too large", {.limit = (size_t)UINT32_MAX + 1}},
#endif
    };
    size_t live = sim_alloc_live();

    (void)state;
    assert_null(esp_tls_init_with_memory(NULL));
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (esp_tls_init_with_memory(&rows[i].cfg) != NULL) {
            fail_msg("%s", rows[i].name);
        }
        assert_int_equal(sim_alloc_live(), live);
    }
}

static void test_init_with_memory_without_memory_returns_null(void **state)
{
    static const esp_tls_memory_cfg_t cfg;

    (void)state;
    sim_fail_alloc(1, false);
    assert_null(esp_tls_init_with_memory(&cfg));
}

static void test_init_with_memory_bounds_are_accepted(void **state)
{
    static const esp_tls_memory_cfg_t rows[] = {
        {.in_content_len = 512, .out_content_len = 512},
        {.in_content_len = CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN,
         .out_content_len = CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN},
        {.buffers = ESP_TLS_BUFFERS_FIXED},
        {.caps = {MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM, MALLOC_CAP_DEFAULT | MALLOC_CAP_8BIT}},
        {.limit = UINT32_MAX},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        use_memory(*state, &rows[i]);
    }
}

/* --- arenas ----------------------------------------------------------------------------------- */

static void test_arena_connection_takes_nothing_from_another_heap(void **state)
{
    struct sim_case *t = *state;
    const esp_tls_memory_cfg_t cfg = {.arena = arena, .arena_size = ARENA_SIZE};
    unsigned before;
    unsigned lookups; /* the resolver's jobs belong to the process */

    t->server.script = sends(40000);
    (void)esp_tls_conn_destroy(t->tls);
    before = sim_alloc_count();
    lookups = sim_lookups();
    t->tls = esp_tls_init_with_memory(&cfg);
    assert_in_range((uintptr_t)t->tls, (uintptr_t)arena, (uintptr_t)arena + ARENA_SIZE);
    assert_int_equal(sim_connect_to(t, "127.0.0.1", 443), 1);
    sim_send(t, 5000);
    sim_receive(t, 0, 40000);
    lookups = sim_lookups() - lookups;
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = NULL;
    assert_int_equal(sim_alloc_count(), before + lookups);
}

/** Connect in an arena of so many bytes. @return as the connect; -2: there was not even a handle */
static int connect_in_arena(struct sim_case *t, size_t size)
{
    const esp_tls_memory_cfg_t cfg = {.arena = arena, .arena_size = size};

    (void)esp_tls_conn_destroy(t->tls);
    t->tls = esp_tls_init_with_memory(&cfg);
    return t->tls == NULL ? -2 : sim_connect_to(t, "127.0.0.1", 443);
}

static void test_arena_too_small_fails_as_out_of_memory(void **state)
{
    struct sim_case *t = *state;
    unsigned failed = 0;
    size_t size = 128;
    int ret;

    while ((ret = connect_in_arena(t, size)) != 1) {
        if (ret == -1) {
            esp_tls_record_t record = sim_record(t);

            assert_int_equal(record.cause, ESP_TLS_CAUSE_NO_MEM);
            assert_int_equal(record.esp_code, ESP_ERR_NO_MEM);
            assert_in_range(record.mem_size, 1, ARENA_SIZE);
            assert_true(record.mem_largest_free < record.mem_size);
            failed++;
        }
        size += 64;
        assert_true(size <= ARENA_SIZE);
    }
    assert_true(failed > 20);
    sim_send(t, 100);
    sim_receive(t, 0, 100);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void test_limit_refuses_by_name_and_is_kept(void **state)
{
    struct sim_case *t = *state;
    unsigned failed = 0;
    size_t limit = 1000;

    for (;; limit += 100) {
        const esp_tls_memory_cfg_t cfg = {.limit = limit};
        esp_tls_memory_stats_t stats;
        int ret;

        use_memory(t, &cfg);
        ret = sim_connect(t);
        stats = stats_of(t->tls);
        assert_int_equal(stats.limit, limit);
        assert_true(stats.total.peak <= limit);
        if (ret == 1) {
            break;
        }
        assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NO_MEM);
        assert_int_equal(stats.failure.over_limit, 1);
        assert_int_equal(stats.failure.size, sim_record(t).mem_size);
        assert_true(stats.failure.size > stats.failure.free_bytes);
        failed++;
    }
    assert_true(failed > 10);
}

/* --- regions ---------------------------------------------------------------------------------- */

struct watch {
    uint32_t internal, external; /* free before this event */
    unsigned events;
    unsigned wrong; /* of these: not where they should be. (A trace cannot leave by an assert.) */
    uint32_t purposes; /* seen */
};

/** Record buffers move external memory and nothing else does; the rest moves internal memory. */
static void watch_regions(void *arg, esp_tls_mem_purpose_t purpose, int32_t size, uint32_t live)
{
    struct watch *w = arg;
    uint32_t internal = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_INTERNAL);
    uint32_t external = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_SPIRAM);
    bool is_record = purpose == ESP_TLS_MEM_RECORD_IN || purpose == ESP_TLS_MEM_RECORD_OUT;

    uint32_t taken = is_record ? w->external - external : w->internal - internal;
    bool stays = is_record ? internal == w->internal : external == w->external;

    (void)live;
    w->wrong += !stays || (size > 0 && taken < (uint32_t)size);
    w->internal = internal;
    w->external = external;
    w->purposes |= 1u << purpose;
    w->events++;
}

static const esp_tls_memory_cfg_t records_outside = {
    .caps = {MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM, MALLOC_CAP_SPIRAM, MALLOC_CAP_INTERNAL,
             MALLOC_CAP_INTERNAL, MALLOC_CAP_INTERNAL, MALLOC_CAP_INTERNAL, MALLOC_CAP_INTERNAL},
};

static void simulate(size_t internal, size_t external)
{
    assert_int_equal(heap_caps_simulate(internal, MALLOC_CAP_INTERNAL), ESP_OK);
    assert_int_equal(heap_caps_simulate(external, MALLOC_CAP_SPIRAM), ESP_OK);
}

static void check_regions(struct sim_case *t, const esp_tls_memory_cfg_t *cfg)
{
    struct watch w = {0};

    use_memory(t, cfg);
    w.internal = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_INTERNAL);
    w.external = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_SPIRAM);
    assert_int_equal(esp_tls_trace_memory(t->tls, watch_regions, &w), ESP_OK);
    assert_int_equal(sim_connect(t), 1);
    sim_send(t, 3000);
    sim_receive(t, 0, 20000);
    assert_int_equal(w.purposes & 0x3F, 0x3F & ~(1u << ESP_TLS_MEM_KEY));
    (void)esp_tls_conn_destroy(t->tls);
    t->tls = NULL;
    assert_int_equal(w.wrong, 0);
    assert_true(w.events > 50);
}

static void test_regions_by_purpose_land_where_said(void **state)
{
    struct sim_case *t = *state;
    esp_tls_memory_cfg_t fixed = records_outside;

    fixed.buffers = ESP_TLS_BUFFERS_FIXED;
    t->server.script = sends(20000);
    simulate(60000, 60000);
    check_regions(t, &records_outside);
    check_regions(t, &fixed);
    simulate(0, 0);
}

static void test_region_without_room_is_named(void **state)
{
    struct sim_case *t = *state;

    simulate(60000, 1000);
    use_memory(t, &records_outside);
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, IS_ELASTIC ? ESP_TLS_PHASE_HANDSHAKE : ESP_TLS_PHASE_CONFIG,
                  ESP_TLS_CAUSE_NO_MEM, ESP_ERR_NO_MEM, IS_ELASTIC ? "mem" : "stack=0x7F00 mem");
    assert_int_equal(sim_record(t).mem_purpose, ESP_TLS_MEM_RECORD_IN);
    assert_in_range(sim_record(t).mem_largest_free, 500, 1000);
    (void)esp_tls_conn_destroy(t->tls);
    t->tls = NULL;
    simulate(0, 0);
}

static void test_simulate_what_cannot_be_is_refused(void **state)
{
    (void)state;
    assert_int_equal(heap_caps_simulate(1000, MALLOC_CAP_EXEC), ESP_ERR_INVALID_ARG);
    assert_int_equal(heap_caps_simulate(1, MALLOC_CAP_INTERNAL), ESP_ERR_INVALID_ARG);
}

/* --- record buffers --------------------------------------------------------------------------- */

static void test_buffers_elastic_are_gone_between_records(void **state)
{
    struct sim_case *t = *state;
    const esp_tls_memory_cfg_t cfg = {.buffers = ESP_TLS_BUFFERS_ELASTIC};
    esp_tls_memory_stats_t stats;

    t->server.script = sends(RECORD);
    use_memory(t, &cfg);
    assert_int_equal(sim_connect(t), 1);
    stats = stats_of(t->tls);
    assert_int_equal(stats.by_purpose[ESP_TLS_MEM_RECORD_IN].live, 0);
    assert_int_equal(stats.by_purpose[ESP_TLS_MEM_RECORD_OUT].live, 0);
    sim_receive(t, 0, RECORD);
    stats = stats_of(t->tls);
    assert_int_equal(stats.by_purpose[ESP_TLS_MEM_RECORD_IN].live, 0);
    assert_in_range(stats.by_purpose[ESP_TLS_MEM_RECORD_IN].peak, RECORD, RECORD + OVERHEAD);
}

static void check_fixed(struct sim_case *t, uint16_t in, uint16_t out)
{
    const esp_tls_memory_cfg_t cfg = {
        .buffers = ESP_TLS_BUFFERS_FIXED, .in_content_len = in, .out_content_len = out};
    uint32_t in_len = in != 0 ? in : CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN;
    uint32_t out_len = out != 0 ? out : CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN;
    esp_tls_memory_stats_t before;
    esp_tls_memory_stats_t after;

    use_memory(t, &cfg);
    assert_int_equal(sim_connect(t), 1);
    before = stats_of(t->tls);
    assert_in_range(before.by_purpose[ESP_TLS_MEM_RECORD_IN].live, in_len, in_len + OVERHEAD);
    assert_in_range(before.by_purpose[ESP_TLS_MEM_RECORD_OUT].live, out_len, out_len + OVERHEAD);
    sim_send(t, 9000);
    sim_receive(t, 0, 9000);
    after = stats_of(t->tls);
    assert_int_equal(after.by_purpose[ESP_TLS_MEM_RECORD_IN].live,
                     before.by_purpose[ESP_TLS_MEM_RECORD_IN].peak);
    assert_int_equal(after.by_purpose[ESP_TLS_MEM_RECORD_OUT].live,
                     before.by_purpose[ESP_TLS_MEM_RECORD_OUT].peak);
}

static void test_buffers_fixed_stay_at_the_size_of_their_limits(void **state)
{
    struct sim_case *t = *state;

    t->server.record = 2000;
    check_fixed(t, 0, 0);
    if (!IS_ELASTIC) {
        return; /* one size for all */
    }
    check_fixed(t, 4096, 2048);
    check_fixed(t, 4096, 512);
    t->server.version = 12;
    check_fixed(t, 4096, 512);
}

/** Mbed TLS subtracts unsigned when the own Certificate is longer than the output's bound. */
static void test_buffers_fixed_smaller_than_the_own_certificate_grow(void **state)
{
    struct sim_case *t = *state;
    const esp_tls_memory_cfg_t cfg = {.buffers = ESP_TLS_BUFFERS_FIXED, .out_content_len = 512};

    t->cfg.clientcert_buf = cert_client_rsa_chain_pem;
    t->cfg.clientcert_bytes = sizeof(cert_client_rsa_chain_pem);
    t->cfg.clientkey_buf = cert_client_rsa_key;
    t->cfg.clientkey_bytes = sizeof(cert_client_rsa_key);
    t->server.client_ca = CERT(root_client_pem);
    for (t->server.version = 12; t->server.version <= 13; t->server.version++) {
        use_memory(t, &cfg);
        assert_int_equal(sim_connect(t), 1);
        sim_send(t, 3000);
        sim_receive(t, 0, 3000);
        assert_true(t->server.has_client_cert);
    }
}

static void test_strategy_rx_static_keeps_the_input_buffer(void **state)
{
    struct sim_case *t = *state;
    esp_tls_memory_stats_t before;
    esp_tls_memory_stats_t after;

    t->server.script = sends(50000);
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER /* without it every input buffer stays */
    t->cfg.esp_tls_dyn_buf_strategy = ESP_TLS_DYN_BUF_RX_STATIC;
#endif
    assert_int_equal(sim_connect(t), 1);
    before = stats_of(t->tls);
    assert_in_range(before.by_purpose[ESP_TLS_MEM_RECORD_IN].live, 16384, 16384 + OVERHEAD);
    sim_receive(t, 0, 50000);
    after = stats_of(t->tls);
    assert_int_equal(after.by_purpose[ESP_TLS_MEM_RECORD_IN].live,
                     before.by_purpose[ESP_TLS_MEM_RECORD_IN].live);
    assert_int_equal(after.by_purpose[ESP_TLS_MEM_RECORD_IN].peak,
                     before.by_purpose[ESP_TLS_MEM_RECORD_IN].peak);
}

static void test_in_limit_is_agreed_on_in_tls_1_2(void **state)
{
    struct sim_case *t = *state;
    const esp_tls_memory_cfg_t cfg = {.in_content_len = 4096};

    t->server.version = 12;
    t->server.script = sends(20000);
    use_memory(t, &cfg);
    assert_int_equal(sim_connect(t), 1);
    sim_receive(t, 0, 20000);
    assert_in_range(stats_of(t->tls).by_purpose[ESP_TLS_MEM_RECORD_IN].peak, 4096, 4096 + OVERHEAD);
}

static void check_refused(struct sim_case *t, esp_tls_buffers_t buffers)
{
    const esp_tls_memory_cfg_t cfg = {.in_content_len = 2048, .buffers = buffers};
    unsigned char byte;

    use_memory(t, &cfg);
    assert_int_equal(sim_connect(t), 1);
    assert_true(esp_tls_conn_read(t->tls, &byte, 1) < 0);
    assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_SSL_READ_FAILED,
                  "stack=0x7200 record");
    assert_in_range(sim_record(t).record_len, RECORD, RECORD + OVERHEAD);
    assert_int_equal(sim_record(t).record_limit, 2048);
    assert_true(stats_of(t->tls).by_purpose[ESP_TLS_MEM_RECORD_IN].peak < 2048 + OVERHEAD);
}

static void test_record_above_the_limit_is_refused_with_both_sizes(void **state)
{
    struct sim_case *t = *state;

    t->server.version = 13; /* Mbed TLS's server does not know the extension there */
    t->server.script = sends(10000);
    check_refused(t, ESP_TLS_BUFFERS_ELASTIC);
    check_refused(t, ESP_TLS_BUFFERS_FIXED);
}

static void test_out_limit_splits_what_is_sent(void **state)
{
    struct sim_case *t = *state;
    const esp_tls_memory_cfg_t cfg = {.out_content_len = 512};
    unsigned char data[3000];

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = sim_pattern(i);
    }
    use_memory(t, &cfg);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(esp_tls_reset_memory_stats(t->tls), ESP_OK);
    assert_int_equal(esp_tls_conn_write(t->tls, data, sizeof(data)), sizeof(data));
    sim_receive(t, 0, sizeof(data));
    assert_in_range(stats_of(t->tls).by_purpose[ESP_TLS_MEM_RECORD_OUT].peak, 512, 512 + OVERHEAD);
}

/* --- out of memory while open ----------------------------------------------------------------- */

/** Take all of the external region but `rest` bytes. */
static void *hog(size_t rest)
{
    size_t largest = heap_caps_get_largest_free_block(MALLOC_CAP_SPIRAM);
    void *block = heap_caps_malloc(largest - rest, MALLOC_CAP_SPIRAM);

    assert_non_null(block);
    return block;
}

static void open_with_records_outside(struct sim_case *t)
{
    simulate(60000, 24000);
    use_memory(t, &records_outside);
    assert_int_equal(sim_connect(t), 1);
}

static void close_and_restore(struct sim_case *t)
{
    (void)esp_tls_conn_destroy(t->tls);
    t->tls = NULL;
    simulate(0, 0);
}

/** What is left of a record. @return where the next one begins */
static uint64_t receive_record(struct sim_case *t, uint64_t at)
{
    size_t rest;

    sim_receive(t, at, 1);
    rest = (size_t)esp_tls_get_bytes_avail(t->tls);
    sim_receive(t, at + 1, rest);
    return at + 1 + rest;
}

/** Between two records: the next one cannot be had, until it can. */
static void starve_reads(struct sim_case *t, uint64_t at)
{
    unsigned char buf[100];
    void *block = hog(2000);

    for (unsigned tries = 0; tries < 3; tries++) {
        assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
        assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_NO_MEM, ESP_ERR_NO_MEM, "mem");
        assert_int_equal(sim_record(t).mem_purpose, ESP_TLS_MEM_RECORD_IN);
        assert_in_range(sim_record(t).mem_size, RECORD - 100, RECORD + OVERHEAD);
        assert_in_range(sim_record(t).mem_largest_free, 1500, 2100);
    }
    heap_caps_free(block);
    sim_receive(t, at, 100);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
}

static void test_read_without_memory_can_be_repeated(void **state)
{
    struct sim_case *t = *state;

    t->server.script = sends(5 * RECORD);
    for (t->server.version = 12; t->server.version <= 13; t->server.version++) {
        uint64_t at;

        open_with_records_outside(t);
        at = receive_record(t, 0);
        starve_reads(t, at);
        at = receive_record(t, at + 100);
        starve_reads(t, at);
        sim_receive(t, at + 100, (size_t)(5 * RECORD - at - 100));
        close_and_restore(t);
    }
}

static void test_write_without_memory_can_be_repeated(void **state)
{
    struct sim_case *t = *state;
    static unsigned char data[4000];
    void *block;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = sim_pattern(i);
    }
    open_with_records_outside(t);
    block = hog(1000);
    for (unsigned tries = 0; tries < 3; tries++) {
        assert_int_equal(esp_tls_conn_write(t->tls, data, sizeof(data)), -1);
        assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_NO_MEM, ESP_ERR_NO_MEM, "mem");
        assert_int_equal(sim_record(t).mem_purpose, ESP_TLS_MEM_RECORD_OUT);
        assert_in_range(sim_record(t).mem_size, 4000, 4000 + OVERHEAD);
    }
    heap_caps_free(block);
    assert_int_equal(esp_tls_conn_write(t->tls, data, sizeof(data)), sizeof(data));
    assert_int_equal(t->server.received, 0); /* the server has not run yet */
    sim_receive(t, 0, sizeof(data));
    close_and_restore(t);
}

/* --- figures ---------------------------------------------------------------------------------- */

static void test_stats_add_up(void **state)
{
    struct sim_case *t = *state;
    esp_tls_memory_stats_t s;
    uint32_t live = 0;
    uint32_t count = 0;

    assert_int_equal(sim_connect(t), 1);
    s = stats_of(t->tls);
    for (size_t i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        live += s.by_purpose[i].live;
        assert_true(s.by_purpose[i].peak <= s.total.peak);
    }
    for (size_t i = 0; i < ESP_TLS_MEM_PHASES; i++) {
        count += s.by_phase[i].count;
        assert_true(s.by_phase[i].peak <= s.total.peak);
        assert_true(s.by_phase[i].largest <= s.largest);
    }
    assert_int_equal(live, s.total.live);
    assert_int_equal(count, s.count);
    assert_int_equal(s.by_phase[ESP_TLS_PHASE_HANDSHAKE].peak, s.total.peak);
    assert_true(s.handle > 0 && s.blocks > 0 && s.limit == 0 && s.failure.size == 0);
    assert_true(s.by_purpose[ESP_TLS_MEM_CERTIFICATE].peak > 0);
#ifdef CONFIG_MBEDTLS_DYNAMIC_FREE_CA_CERT /* else the anchors stay */
    assert_int_equal(s.by_purpose[ESP_TLS_MEM_CERTIFICATE].live, 0);
#endif
    assert_int_equal(s.by_purpose[ESP_TLS_MEM_KEY].live, 0);
}

#ifdef MBED_HAS_SLIM
/** What an open connection keeps of its handshake are keys and the session, in both versions. */
static void test_stats_of_an_open_connection_hold_no_handshake(void **state)
{
    static const int versions[] = {12, 13};
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(versions); i++) {
        esp_tls_memory_stats_t s;

        t->server.version = versions[i];
        assert_int_equal(sim_connect(t), 1);
        s = stats_of(t->tls);
        assert_in_range(s.by_purpose[ESP_TLS_MEM_HANDSHAKE].live, 1,
                        s.by_purpose[ESP_TLS_MEM_HANDSHAKE].peak / 3);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}
#endif

static void test_stats_reset_forgets_peaks_and_keeps_what_is_live(void **state)
{
    struct sim_case *t = *state;
    esp_tls_memory_stats_t before;
    esp_tls_memory_stats_t after;

    assert_int_equal(sim_connect(t), 1);
    before = stats_of(t->tls);
    assert_int_equal(esp_tls_reset_memory_stats(t->tls), ESP_OK);
    after = stats_of(t->tls);
    assert_int_equal(after.total.live, before.total.live);
    assert_int_equal(after.total.peak, before.total.live);
    assert_int_equal(after.blocks, before.blocks);
    assert_int_equal(after.count, 0);
    assert_int_equal(after.largest, 0);
    assert_int_equal(after.by_phase[ESP_TLS_PHASE_HANDSHAKE].peak, 0);
    assert_int_equal(after.by_phase[ESP_TLS_PHASE_OPEN].peak, before.total.live);
}

static void test_stats_of_the_process_hold_what_no_connection_has(void **state)
{
    struct sim_case *t = *state;
    uint32_t before = stats_of(NULL).by_purpose[ESP_TLS_MEM_PROCESS].live;

    assert_int_equal(esp_tls_set_global_ca_store(cert_root_ec_pem, sizeof(cert_root_ec_pem)),
                     ESP_OK);
    assert_true(stats_of(NULL).by_purpose[ESP_TLS_MEM_PROCESS].live > before + 400);
    assert_int_equal(stats_of(t->tls).total.live, 0);
    esp_tls_free_global_ca_store();
    assert_int_equal(stats_of(NULL).by_purpose[ESP_TLS_MEM_PROCESS].live, before);
    assert_int_equal(esp_tls_reset_memory_stats(NULL), ESP_OK);
    assert_int_equal(stats_of(NULL).by_purpose[ESP_TLS_MEM_PROCESS].peak, before);
    assert_int_equal(esp_tls_get_memory_stats(t->tls, NULL), ESP_ERR_INVALID_ARG);
}

struct sum {
    int64_t live;
    unsigned had, given, wrong;
    uint32_t peak;
};

static void add_up(void *arg, esp_tls_mem_purpose_t purpose, int32_t size, uint32_t live)
{
    struct sum *sum = arg;

    sum->live += size;
    sum->wrong += sum->live != live || (unsigned)purpose >= ESP_TLS_MEM_PURPOSES;
    sum->had += size > 0;
    sum->given += size < 0;
    sum->peak = live > sum->peak ? live : sum->peak;
}

static void test_trace_tells_of_every_block(void **state)
{
    struct sim_case *t = *state;
    struct sum sum = {0};
    esp_tls_memory_stats_t stats;

    assert_int_equal(esp_tls_trace_memory(NULL, add_up, &sum), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_trace_memory(t->tls, add_up, &sum), ESP_OK);
    assert_int_equal(sim_connect(t), 1);
    sim_send(t, 5000);
    sim_receive(t, 0, 5000);
    stats = stats_of(t->tls);
    assert_int_equal(sum.live, stats.total.live);
    assert_int_equal(sum.peak, stats.total.peak);
    assert_int_equal(sum.had, stats.count);
    (void)esp_tls_conn_destroy(t->tls);
    t->tls = NULL;
    assert_int_equal(sum.live, 0);
    assert_int_equal(sum.given, sum.had);
    assert_int_equal(sum.wrong, 0);
}

static void test_trace_can_be_ended(void **state)
{
    struct sim_case *t = *state;
    struct sum sum = {0};

    assert_int_equal(esp_tls_trace_memory(t->tls, add_up, &sum), ESP_OK);
    assert_int_equal(esp_tls_trace_memory(t->tls, NULL, NULL), ESP_OK);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(sum.had, 0);
}

static void test_purpose_names_are_distinct(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)i),
                                    esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)j));
        }
    }
    assert_string_equal(esp_tls_mem_purpose_name(ESP_TLS_MEM_PURPOSES), "?");
}

static void without_elastic(void **state)
{
    (void)state;
    print_message("this build has fixed buffers only\n");
    skip();
}

static struct CMUnitTest elastic(const char *name, CMUnitTestFunction fn)
{
    return (struct CMUnitTest){.name = name,
                               .test_func = IS_ELASTIC ? fn : without_elastic,
                               .setup_func = sim_setup,
                               .teardown_func = sim_teardown};
}

#define elastic_test(fn) elastic(#fn, fn)

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_init_with_memory_field_out_of_range_returns_null),
        sim_test(test_init_with_memory_without_memory_returns_null),
        sim_test(test_init_with_memory_bounds_are_accepted),
        sim_test(test_arena_connection_takes_nothing_from_another_heap),
        sim_test(test_arena_too_small_fails_as_out_of_memory),
        sim_test(test_limit_refuses_by_name_and_is_kept),
        sim_test(test_regions_by_purpose_land_where_said),
        sim_test(test_region_without_room_is_named),
        sim_test(test_simulate_what_cannot_be_is_refused),
        elastic_test(test_buffers_elastic_are_gone_between_records),
        sim_test(test_buffers_fixed_stay_at_the_size_of_their_limits),
        sim_test(test_buffers_fixed_smaller_than_the_own_certificate_grow),
        sim_test(test_strategy_rx_static_keeps_the_input_buffer),
        elastic_test(test_in_limit_is_agreed_on_in_tls_1_2),
        elastic_test(test_record_above_the_limit_is_refused_with_both_sizes),
        elastic_test(test_out_limit_splits_what_is_sent),
        elastic_test(test_read_without_memory_can_be_repeated),
        elastic_test(test_write_without_memory_can_be_repeated),
        sim_test(test_stats_add_up),
#ifdef MBED_HAS_SLIM
        sim_test(test_stats_of_an_open_connection_hold_no_handshake),
#endif
        sim_test(test_stats_reset_forgets_peaks_and_keeps_what_is_live),
        sim_test(test_stats_of_the_process_hold_what_no_connection_has),
        sim_test(test_trace_tells_of_every_block),
        sim_test(test_trace_can_be_ended),
        sim_test(test_purpose_names_are_distinct),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
