/* Record buffers that cannot be had. On an open connection it is an error that can be tried again:
 * nothing is lost, neither bytes nor the keys' counters, however often it fails. */
#include "elastic_kit.h"

#include "conn.h"
#include "plat_heap.h"

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER

/** Nothing more may be had. */
static void starve(struct sim_case *t)
{
    t->tls->account.limit = t->tls->account.total.live;
}

static void feed(struct sim_case *t)
{
    t->tls->account.limit = 0;
}

static void assert_no_mem(struct sim_case *t, ssize_t ret, esp_tls_mem_purpose_t purpose)
{
    esp_tls_record_t record = sim_record(t);

    assert_true(ret < 0);
    assert_true(ret != ESP_TLS_ERR_SSL_WANT_READ && ret != ESP_TLS_ERR_SSL_WANT_WRITE);
    assert_string_equal(esp_tls_cause_name(record.cause), esp_tls_cause_name(ESP_TLS_CAUSE_NO_MEM));
    assert_int_equal(record.esp_code, ESP_ERR_NO_MEM);
    assert_int_equal(record.mem_purpose, purpose);
    assert_true(record.mem_size > 0);
    kit_assert_bound();
}

/* --- reading ---------------------------------------------------------------------------------- */

static const struct sim_tls_step with_tickets[] = {
    {SIM_TLS_SEND, 100},  {SIM_TLS_TICKET, 32}, {SIM_TLS_SEND, 4000}, {SIM_TLS_TICKET, 900},
    {SIM_TLS_TICKET, 64}, {SIM_TLS_SEND, 1},    {SIM_TLS_SEND, 4000}, {SIM_TLS_END, 0}};
static const struct sim_tls_step without_tickets[] = {
    {SIM_TLS_SEND, 100}, {SIM_TLS_EMPTY, 1},   {SIM_TLS_SEND, 4000}, {SIM_TLS_SEND, 1},
    {SIM_TLS_EMPTY, 1},  {SIM_TLS_SEND, 4000}, {SIM_TLS_END, 0}};

/** Every record, tickets and empty ones too, is refused three times before it may be had.
 *  @return how often it failed */
static unsigned read_starved(struct sim_case *t, size_t len)
{
    unsigned char buf[5000];
    unsigned failures = 0;
    size_t got = 0;

    while (got < len) {
        ssize_t ret;

        starve(t);
        ret = esp_tls_conn_read(t->tls, buf, sizeof(buf));
        if (ret == ESP_TLS_ERR_SSL_WANT_READ) {
            (void)sim_wait(t->tls);
            continue;
        }
        for (int i = 0; i < 3 && ret < 0; i++) {
            assert_no_mem(t, ret, ESP_TLS_MEM_RECORD_IN);
            assert_int_equal(kit_record_live(t), 0);
            failures++;
            ret = esp_tls_conn_read(t->tls, buf, sizeof(buf));
        }
        if (ret < 0) { /* one record's worth: the next is refused again */
            t->tls->account.limit += sim_record(t).mem_size;
            ret = esp_tls_conn_read(t->tls, buf, sizeof(buf));
        }
        if (ret == ESP_TLS_ERR_SSL_WANT_READ) {
            (void)sim_wait(t->tls);
            continue;
        }
        if (ret < 0) { /* that one was no data */
            assert_no_mem(t, ret, ESP_TLS_MEM_RECORD_IN);
            continue;
        }
        for (size_t i = 0; i < (size_t)ret; i++) {
            assert_int_equal(buf[i], sim_pattern(got + i));
        }
        got += (size_t)ret;
    }
    feed(t);
    kit_assert_at_rest(t);
    return failures;
}

static void test_read_of_each_record_without_memory_can_be_repeated(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < KIT_KINDS; i++) {
        kit_use(t, &kit_kinds[i]);
        t->server.script = kit_kinds[i].version == 13 ? with_tickets : without_tickets;
        kit_open(t);
        assert_true(read_starved(t, 8101) >= 3 * 5);
        kit_echo(t, 0);
        kit_renew(t, NULL);
    }
}

/** The header comes byte by byte, or in any two parts, and survives each failure. */
static void test_header_survives_missing_memory(void **state)
{
    struct sim_case *t = *state;

    t->cfg.timeout_ms = 100000;
    for (size_t i = 0; i < 2; i++) {
        for (size_t piece = 1; piece <= 6; piece++) {
            kit_use(t, &kit_kinds[i]);
            t->server.script = i == 0 ? with_tickets : without_tickets;
            t->server.record = 90;
            t->cfg.non_block = true;
            kit_open(t);
            sim_wire(0, piece, 0, 0);
            assert_true(read_starved(t, 8101) >= 3 * 80);
            sim_wire(0, 0, 0, 0);
            kit_renew(t, NULL);
        }
    }
}

/** A ticket over many records: what was gathered of it survives. */
static void test_fragments_survive_missing_memory(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_TICKET, 900},
                                                 {SIM_TLS_SEND, 100},
                                                 {SIM_TLS_TICKET, 90},
                                                 {SIM_TLS_SEND, 100},
                                                 {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    struct reframe r = {.first = 10, .piece = 100};
    unsigned char buf[200];
    size_t got = 0;
    unsigned failures = 0;

    kit_use(t, &kit_kinds[0]);
    reframe_attach(&r, &t->server);
    t->server.script = script;
    t->cfg.non_block = true;
    kit_open(t);
    (void)sim_wait(t->tls);
    while (got < 200) {
        ssize_t ret;

        starve(t);
        ret = esp_tls_conn_read(t->tls, buf, sizeof(buf));
        if (ret < 0) {
            assert_no_mem(t, ret, ESP_TLS_MEM_RECORD_IN);
            failures++;
            t->tls->account.limit += sim_record(t).mem_size + 500; /* and the cipher */
            ret = esp_tls_conn_read(t->tls, buf, sizeof(buf));
        }
        for (ssize_t i = 0; i < ret; i++) {
            assert_int_equal(buf[i], sim_pattern(got + (size_t)i));
        }
        got += ret > 0 ? (size_t)ret : 0;
    }
    assert_true(failures >= 4);
    feed(t);
    kit_assert_at_rest(t);
    reframe_clear(&r);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void test_write_of_each_record_without_memory_can_be_repeated(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_END, 0}};
    static const size_t sizes[] = {17, 100, 4000, 4096, 1000};
    static unsigned char data[4096];
    struct sim_case *t = *state;

    for (size_t i = 0; i < KIT_KINDS; i++) {
        uint64_t sent = 0;

        kit_use(t, &kit_kinds[i]);
        t->server.script = script;
        kit_open(t);
        for (size_t round = 0; round < 10; round++) {
            size_t len = sizes[round % COUNT(sizes)];

            len = len > 4064 ? 4064 : len; /* one record in both versions */
            for (size_t at = 0; at < len; at++) {
                data[at] = sim_pattern(sent + at);
            }
            starve(t);
            for (int n = 0; n < 3; n++) {
                assert_no_mem(t, esp_tls_conn_write(t->tls, data, len), ESP_TLS_MEM_RECORD_OUT);
                assert_int_equal(kit_record_live(t), 0);
            }
            feed(t);
            assert_int_equal(esp_tls_conn_write(t->tls, data, len), len);
            kit_assert_at_rest(t);
            sent += len;
        }
        sim_advance_us(1);
        assert_int_equal(t->server.received, sent);
        assert_false(t->server.received_wrong);
        kit_renew(t, NULL);
    }
}

/** What fits into the stub is sent without any memory, close_notify among it. */
static void test_small_write_and_close_need_no_memory(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) {
        unsigned before = t->server.close_notify;

        kit_use(t, &kit_kinds[i]);
        kit_open(t);
        starve(t);
        assert_int_equal(esp_tls_conn_write(t->tls, "\0\247N", 3), 3);
        kit_renew(t, NULL);
        assert_int_equal(t->server.close_notify, before + 1);
    }
}

/* --- each allocation -------------------------------------------------------------------------- */

/** One round trip of two records each way, repeating what had no memory.
 *  @return false: the connection ended, for want of memory */
static bool exchange(struct sim_case *t, bool *buffer_failed)
{
    unsigned char data[5000];
    size_t sent = 0;
    size_t got = 0;

    for (size_t at = 0; at < sizeof(data); at++) {
        data[at] = sim_pattern(at);
    }
    while (sent < sizeof(data) || got < sizeof(data)) {
        unsigned char buf[3000];
        ssize_t ret = sent < sizeof(data)
                          ? esp_tls_conn_write(t->tls, data + sent, sizeof(data) - sent)
                          : esp_tls_conn_read(t->tls, buf, sizeof(buf));

        kit_assert_bound();
        if (ret < 0) {
            uint8_t purpose = sim_record(t).mem_purpose;

            assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NO_MEM);
            *buffer_failed = purpose == ESP_TLS_MEM_RECORD_IN || purpose == ESP_TLS_MEM_RECORD_OUT;
            ret = sent < sizeof(data) ? esp_tls_conn_write(t->tls, data + sent, sizeof(data) - sent)
                                      : esp_tls_conn_read(t->tls, buf, sizeof(buf));
            if (ret < 0) {
                return false;
            }
        }
        assert_true(ret > 0);
        if (sent < sizeof(data)) {
            sent += (size_t)ret;
        } else {
            assert_memory_equal(buf, data + got, (size_t)ret);
            got += (size_t)ret;
        }
    }
    return true;
}

/** Whatever is allocated while data goes to and fro fails once. A record buffer can be had later,
 *  and so can the cipher's own memory for a write; for a read it is final (PSA wipes the record
 *  that it could not decrypt), and the record says that it was memory. */
static void test_each_allocation_of_an_exchange_fails_once(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) {
        unsigned survived = 0;

        for (unsigned nth = 1;; nth++) {
            bool buffer_failed = false;
            bool survives;
            unsigned before;

            kit_use(t, &kit_kinds[i]);
            kit_renew(t, NULL);
            kit_open(t);
            before = sim_alloc_count();
            sim_fail_alloc(nth, false);
            survives = exchange(t, &buffer_failed);
            sim_fail_alloc(0, false);
            if (survives) {
                kit_assert_at_rest(t);
            }
            if (sim_alloc_count() - before < nth) {
                assert_true(survives);
                break;
            }
            assert_true(survives || !buffer_failed);
            survived += survives;
        }
        assert_true(survived >= 4); /* at least every record buffer */
    }
}

/** @return false: the handshake had fewer allocations than that */
static bool handshake_without(struct sim_case *t, const struct kit_kind *kind, unsigned nth)
{
    unsigned before;
    int ret;

    kit_use(t, kind);
    kit_renew(t, NULL);
    before = sim_alloc_count();
    sim_fail_alloc(nth, false);
    ret = sim_connect(t);
    sim_fail_alloc(0, false);
    kit_assert_bound();
    if (sim_alloc_count() - before < nth) {
        assert_int_equal(ret, 1);
        return false;
    }
    if (ret != 1) {
        if (sim_record(t).cause != ESP_TLS_CAUSE_NO_MEM) {
            print_error("%s, allocation %u: -0x%x\n", kind->name, nth,
                        (unsigned)sim_record(t).stack_code);
        }
        assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NO_MEM);
        assert_int_equal(sim_record(t).esp_code, ESP_ERR_NO_MEM);
        assert_true(sim_record(t).mem_size > 0);
    }
    return true;
}

/** In the handshake the want of memory is final, and always told as that. Most allocations are
 *  those of big numbers; the last hundred fail one by one, among them that of TLS 1.2's
 *  Finished. */
static void test_allocation_of_a_handshake_that_fails_is_told(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 2; i < 4; i++) {
        unsigned count = 1;

        while (handshake_without(t, &kit_kinds[i], count)) {
            count += 500;
        }
        for (unsigned nth = 1; nth < 60; nth += KIT_SLOW) {
            assert_true(handshake_without(t, &kit_kinds[i], nth));
        }
        while (count > 500 && !handshake_without(t, &kit_kinds[i], count)) {
            count -= 50;
        }
        for (unsigned nth = count; handshake_without(t, &kit_kinds[i], nth); nth++) {
        }
        for (unsigned nth = count - 100; nth < count; nth += KIT_SLOW) {
            (void)handshake_without(t, &kit_kinds[i], nth);
        }
    }
}

/** Up to the look-up of the name, one by one. The look-up's own memory is the process's; the record
 *  has its size all the same. */
static void test_allocation_up_to_the_look_up_that_fails_is_told(void **state)
{
    struct sim_case *t = *state;
    unsigned looked_up = sim_lookups();
    unsigned nth = 1;

    while (handshake_without(t, &kit_kinds[3], nth) && sim_lookups() == looked_up) {
        nth++;
    }
    assert_true(nth > 10);
    assert_int_equal(sim_lookups(), looked_up + 1);
}

/** The rest of a flight could not be moved into a smaller buffer: it is read where it is. */
static void test_compaction_without_memory_does_no_harm(void **state)
{
    struct sim_case *t = *state;
    struct reframe r = {.coalesce = true};
    unsigned opened = 0;

    for (unsigned nth = 1; nth < 400; nth++) {
        esp_tls_memory_stats_t stats;

        kit_use(t, &kit_kinds[2]);
        kit_renew(t, NULL);
        reframe_attach(&r, &t->server);
        sim_fail_alloc(nth, false);
        if (sim_connect(t) == 1 && sim_alloc_count() > 0) {
            stats = kit_stats(t);
            assert_int_equal(stats.failure.size, 0); /* nothing that anybody missed */
            opened++;
        }
        sim_fail_alloc(0, false);
        if (opened > 2) {
            break;
        }
        nth += KIT_SLOW > 1 ? 1 : 0;
    }
    reframe_clear(&r);
}

/* --- bounds, regions, arenas ------------------------------------------------------------------ */

/** With a bound on the account the same: what it was, how much there was, and that it was the
 *  bound. */
static void test_limit_of_the_account_is_told(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 4000}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char buf[4000];

    for (size_t i = 0; i < 2; i++) {
        esp_tls_memory_stats_t stats;

        kit_use(t, &kit_kinds[i]);
        t->server.script = script;
        kit_open(t);
        t->tls->account.limit = t->tls->account.total.live + 3000;
        assert_no_mem(t, esp_tls_conn_read(t->tls, buf, sizeof(buf)), ESP_TLS_MEM_RECORD_IN);
        stats = kit_stats(t);
        assert_in_range(stats.failure.size, 4000, 4100);
        assert_int_equal(stats.failure.over_limit, 1);
        assert_int_equal(stats.failure.free_bytes, 3000);
        assert_int_equal(sim_record(t).mem_size, stats.failure.size);
        feed(t);
        sim_receive(t, 0, 4000);
        kit_renew(t, NULL);
    }
}

/** Two more connections beside the test's own, and at the end none. */
static void open_others(struct sim_case *t, esp_tls_t *others[2])
{
    for (size_t i = 0; i < 2; i++) {
        others[i] = esp_tls_init();
        assert_int_equal(esp_tls_conn_new_sync("test.example", 12, 443, &t->cfg, others[i]), 1);
    }
}

/** The process keeps PSA's slots for as many connections as there were: they are no leak. */
static void warm_up_for_three(struct sim_case *t)
{
    size_t before = sim_alloc_live();
    esp_tls_t *others[2];

    kit_open(t);
    open_others(t, others);
    (void)esp_tls_conn_destroy(others[0]);
    (void)esp_tls_conn_destroy(others[1]);
    kit_renew(t, NULL);
    t->live_before += sim_alloc_live() - before;
}

/** A heap in pieces, as after days of use: three connections share a region whose largest free
 *  block is smaller than a record. Reads fail and live; once a neighbour is gone they carry on. */
static void test_fragmented_region_is_survived(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 12000}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    esp_tls_t *others[2];
    void *holes[200];
    size_t count = 0;
    unsigned char byte;

    warm_up_for_three(t);
    assert_int_equal(plat_region_simulate(PLAT_REGION_INTERNAL, 80 * 1024), 0);
    t->server.script = script;
    t->server.out_len = 16384;
    kit_renew(t, NULL);
    kit_open(t);
    open_others(t, others);
    while (count < COUNT(holes) &&
           (holes[count] =
                plat_alloc_from(NULL, PLAT_MEM_APPLICATION, PLAT_REGION_INTERNAL, 1000)) != NULL) {
        count++;
    }
    for (size_t i = 0; i < count; i += 2) { /* every other block is free: plenty, in small pieces */
        plat_free(holes[i]);
    }
    assert_true(plat_region_free_bytes(plat_region_get(PLAT_REGION_INTERNAL)) > 13000);
    assert_no_mem(t, esp_tls_conn_read(t->tls, &byte, 1), ESP_TLS_MEM_RECORD_IN);
    assert_in_range(sim_record(t).mem_largest_free, 500, 11999);
    assert_true(esp_tls_conn_read(others[0], &byte, 1) < 0);
    for (size_t i = 1; i < count; i += 2) {
        plat_free(holes[i]);
    }
    sim_receive(t, 0, 12000);
    kit_assert_at_rest(t);
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_int_equal(esp_tls_conn_read(others[i], &byte, 1), 1);
        assert_int_equal(byte, sim_pattern(0));
        (void)esp_tls_conn_destroy(others[i]);
    }
    (void)esp_tls_conn_destroy(t->tls);
    assert_int_equal(plat_region_simulate(PLAT_REGION_INTERNAL, 0), 0);
    t->tls = esp_tls_init();
}

/** An arena holds all of the connection: the same retries, and nothing is taken from elsewhere. */
static void test_arena_too_small_for_a_record_can_be_retried(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 16000}, {SIM_TLS_END, 0}};
    static uint64_t arena[40 * 1024 / 8];
    const esp_tls_memory_cfg_t memory = {.arena = arena, .arena_size = sizeof(arena)};
    struct sim_case *t = *state;
    unsigned char byte;

    for (size_t i = 0; i < 2; i++) {
        void *filler;

        kit_use(t, &kit_kinds[i]);
        kit_renew(t, &memory);
        t->server.script = script;
        t->server.out_len = 16384;
        kit_open(t);
        filler = plat_alloc(&t->tls->account, PLAT_MEM_APPLICATION,
                            plat_region_largest_free(t->tls->account.arena) - 8000);
        assert_non_null(filler);
        for (int n = 0; n < 3; n++) {
            assert_no_mem(t, esp_tls_conn_read(t->tls, &byte, 1), ESP_TLS_MEM_RECORD_IN);
        }
        plat_free(filler);
        sim_receive(t, 0, 16000);
        kit_assert_at_rest(t);
    }
    kit_renew(t, NULL);
}

/* --- strategies ------------------------------------------------------------------------------- */

/** ESP_TLS_DYN_BUF_RX_STATIC: after the handshake the input buffer is there for good. */
static void test_static_input_needs_no_memory_for_reads(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 40000}, {SIM_TLS_EXPECT, 1}, {SIM_TLS_SEND, 16384}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    t->cfg.esp_tls_dyn_buf_strategy = ESP_TLS_DYN_BUF_RX_STATIC;
    for (size_t i = 0; i < KIT_KINDS; i++) {
        uint32_t live;

        kit_use(t, &kit_kinds[i]);
        t->server.script = script;
        t->server.out_len = 16384;
        assert_int_equal(sim_connect(t), 1);
        live = kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_IN].live;
        assert_in_range(live, 16384 + 13, 16384 + 13 + 400);
        assert_int_equal(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_OUT].live, 0);
        sim_receive(t, 0, 20000);
        assert_int_equal(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_IN].live, live);
        sim_receive(t, 20000, 20000);
        sim_send(t, 1);
        sim_receive(t, 40000, 16384);
        assert_int_equal(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_IN].live, live);
        kit_assert_bound();
        kit_renew(t, NULL);
    }
}

static void test_static_input_that_cannot_be_had_is_no_mem(void **state)
{
    struct sim_case *t = *state;
    const esp_tls_memory_cfg_t memory = {.limit = 14000};

    t->cfg.esp_tls_dyn_buf_strategy = ESP_TLS_DYN_BUF_RX_STATIC;
    for (size_t i = 0; i < 2; i++) {
        kit_use(t, &kit_kinds[i]);
        kit_renew(t, &memory);
        assert_int_equal(sim_connect(t), -1);
        assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_NO_MEM, ESP_ERR_NO_MEM,
                      "stack=0x7F00 mem");
        assert_in_range(sim_record(t).mem_size, 16384, 17000);
        assert_int_equal(sim_record(t).mem_purpose, ESP_TLS_MEM_RECORD_IN);
    }
    kit_renew(t, NULL);
}

static void test_fixed_buffers_stay_from_setup_to_the_end(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 40000}, {SIM_TLS_EXPECT, 9000}, {SIM_TLS_SEND, 10}, {SIM_TLS_END, 0}};
    const esp_tls_memory_cfg_t memory = {.buffers = ESP_TLS_BUFFERS_FIXED};
    struct sim_case *t = *state;

    for (size_t i = 0; i < KIT_KINDS; i++) {
        size_t live;
        unsigned char byte;

        kit_use(t, &kit_kinds[i]);
        kit_renew(t, &memory);
        t->server.script = script;
        t->server.out_len = 16384;
        assert_int_equal(sim_connect(t), 1);
        live = kit_record_live(t);
        assert_in_range(live, 16384 + 4096, 16384 + 4096 + 2 * 400);
        sim_receive(t, 0, 40000);
        sim_send(t, 9000);
        assert_int_equal(kit_record_live(t), live);
        starve(t); /* nothing is allocated for a record any more; the cipher may want some */
        assert_int_equal(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_IN].peak +
                             kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_OUT].peak,
                         live);
        feed(t);
        sim_receive(t, 40000, 9);
        assert_int_equal(esp_tls_conn_read(t->tls, &byte, 1), 1);
        kit_assert_bound();
    }
    kit_renew(t, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_read_of_each_record_without_memory_can_be_repeated),
        sim_test(test_header_survives_missing_memory),
        sim_test(test_fragments_survive_missing_memory),
        sim_test(test_write_of_each_record_without_memory_can_be_repeated),
        sim_test(test_small_write_and_close_need_no_memory),
        sim_test(test_each_allocation_of_an_exchange_fails_once),
        sim_test(test_allocation_of_a_handshake_that_fails_is_told),
        sim_test(test_allocation_up_to_the_look_up_that_fails_is_told),
        sim_test(test_compaction_without_memory_does_no_harm),
        sim_test(test_limit_of_the_account_is_told),
        sim_test(test_fragmented_region_is_survived),
        sim_test(test_arena_too_small_for_a_record_can_be_retried),
        sim_test(test_static_input_needs_no_memory_for_reads),
        sim_test(test_static_input_that_cannot_be_had_is_no_mem),
        sim_test(test_fixed_buffers_stay_from_setup_to_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* this build has fixed buffers only */
}

#endif
