/* Every size that the memory of a connection can be set to: it works, or it fails with the cause,
 * and never touches a byte that is not its own, which is AddressSanitizer's to tell. The sizes next
 * to those of Mbed TLS's own requests are taken one by one: what tells blocks apart by their size
 * goes wrong there.
 *
 * Without ESP_TLS_LONG=1 other sizes are taken in strides; with it all of them, on 32 bits, where
 * an emulator runs it, each sixteenth. */
#include "stack/mbedtls/adjust.h"

#include "elastic_kit.h"

#include <stdlib.h>

#include "conn.h"
#include "ssl_misc.h"

#define LEAST 512 /* esp_tls_memory.h; the most is Kconfig's value */

/* A record buffer has so many bytes more than its content: in Mbed TLS, in elastic.c, in none of
 * them. */
static const int overheads[] = {MBEDTLS_SSL_IN_BUFFER_LEN - ESP_TLS_MBED_IN_CONTENT_LEN, 13, 0};

struct setting {
    const char *name;
    bool is_in;
    bool is_out;
    esp_tls_buffers_t buffers;
};

static const struct setting settings[] = {
    {"out", false, true, ESP_TLS_BUFFERS_KCONFIG},
    {"in", true, false, ESP_TLS_BUFFERS_KCONFIG},
    {"out, fixed", false, true, ESP_TLS_BUFFERS_FIXED},
    {"in, fixed", true, false, ESP_TLS_BUFFERS_FIXED},
    {"both ways, one grows as the other shrinks", true, true, ESP_TLS_BUFFERS_KCONFIG},
};

static bool is_long(void)
{
    return getenv("ESP_TLS_LONG") != NULL;
}

/* --- one connection --------------------------------------------------------------------------- */

static const esp_tls_memory_cfg_t as_kconfig_says;

/** Connect, send a full record and one byte more, receive the same; whatever comes, leave
 *  nothing. */
static bool talk(struct sim_case *t, const esp_tls_memory_cfg_t *memory)
{
    size_t out = (memory->out_content_len != 0 ? memory->out_content_len : LEAST) + 1u;
    size_t in = (memory->in_content_len != 0 ? memory->in_content_len : LEAST) + 1u;
    static struct sim_tls_step script[3]; /* the server goes on behind this call */

    script[0] = (struct sim_tls_step){SIM_TLS_EXPECT, out};
    script[1] = (struct sim_tls_step){SIM_TLS_SEND, in};
    t->server.script = script;
    t->server.record = in - 1;
    if (sim_connect(t) != 1) {
        return false;
    }
    sim_send(t, out);
    sim_receive(t, 0, in);
    assert_int_equal(t->server.received, out);
    assert_false(t->server.received_wrong);
    return true;
}

/** A record that the limit does not let in, or the certificate's message that no fixed buffer
 *  takes. */
static bool is_too_long(const struct sim_case *t, const esp_tls_memory_cfg_t *memory)
{
    return memory->in_content_len != 0 && memory->in_content_len < 2500 &&
           t->tls->err.record_limit == memory->in_content_len;
}

static void begin(struct sim_case *t, const struct kit_kind *kind,
                  const esp_tls_memory_cfg_t *memory)
{
    sim_case_open(t);
    (void)esp_tls_conn_destroy(t->tls);
    t->tls = esp_tls_init_with_memory(memory);
    kit_use(t, kind);
}

static size_t most_of(const struct setting *setting)
{
    return setting->is_in ? CONN_IN_CONTENT_LEN : CONN_OUT_CONTENT_LEN;
}

static void run_with(const struct kit_kind *kind, const struct setting *setting, size_t len)
{
    esp_tls_memory_cfg_t memory = {.buffers = setting->buffers};
    struct sim_case t;

    if (setting->is_in) {
        memory.in_content_len = (uint16_t)len;
    }
    if (setting->is_out) { /* with the other: one shrinks as the other grows */
        memory.out_content_len =
            (uint16_t)(setting->is_in ? CONN_OUT_CONTENT_LEN -
                                            (len - LEAST) % (CONN_OUT_CONTENT_LEN - LEAST + 1)
                                      : len);
    }
    begin(&t, kind, &memory);
    assert_non_null(t.tls);
    if (!talk(&t, &memory) && !is_too_long(&t, &memory)) {
        fail_msg("%s, %s %zu: %s", kind->name, setting->name, len,
                 esp_tls_cause_name(sim_record(&t).cause));
    }
    kit_assert_bound();
    assert_int_equal(sim_case_close(&t), 0);
}

/* --- the sizes that Mbed TLS asks for --------------------------------------------------------- */

struct sizes {
    size_t count;
    size_t of[200];
};

static void note_size(void *arg, esp_tls_mem_purpose_t purpose, int32_t size, uint32_t live)
{
    struct sizes *sizes = arg;

    (void)purpose;
    (void)live;
    for (size_t i = 0; i < sizes->count; i++) {
        if (sizes->of[i] == (size_t)size) {
            return;
        }
    }
    if (size > LEAST - 16 && sizes->count < COUNT(sizes->of)) {
        sizes->of[sizes->count++] = (size_t)size;
    }
}

static struct sizes sizes_of(const struct kit_kind *kind)
{
    struct sizes sizes = {0};
    struct sim_case t;

    begin(&t, kind, &as_kconfig_says);
    assert_int_equal(esp_tls_trace_memory(t.tls, note_size, &sizes), ESP_OK);
    assert_true(talk(&t, &as_kconfig_says));
    assert_int_equal(sim_case_close(&t), 0);
    assert_in_range(sizes.count, 2, COUNT(sizes.of) - 1);
    return sizes;
}

/** Call fn once with each legal size near one of those. */
static void each_neighbour(const struct kit_kind *kind, void (*fn)(const struct kit_kind *, size_t))
{
    static bool is_near[CONN_IN_CONTENT_LEN + 1];
    struct sizes sizes = sizes_of(kind);

    memset(is_near, 0, sizeof(is_near));
    for (size_t i = 0; i < sizes.count * COUNT(overheads); i++) {
        for (int d = -16; d <= 16; d++) {
            long len = (long)sizes.of[i / COUNT(overheads)] - overheads[i % COUNT(overheads)] + d;

            if (len >= LEAST && len <= CONN_IN_CONTENT_LEN) {
                is_near[len] = true;
            }
        }
    }
    for (size_t len = LEAST; len <= CONN_IN_CONTENT_LEN; len++) {
        if (is_near[len]) {
            fn(kind, len);
        }
    }
}

/* --- content lengths -------------------------------------------------------------------------- */

static void run_near(const struct kit_kind *kind, size_t len)
{
    for (size_t i = 0; i < COUNT(settings); i++) {
        if (len <= most_of(&settings[i]) && (is_long() || i == len % COUNT(settings))) {
            run_with(kind, &settings[i], len);
        }
    }
}

static void test_content_lengths_near_every_request_are_safe(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        each_neighbour(&kit_kinds[k], run_near);
    }
}

/** Strides that meet other residues each time. */
static void test_content_lengths_from_least_to_most_are_safe(void **state)
{
    size_t stride = !is_long() ? 997 : sizeof(void *) == 8 ? 1 : 16;

    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++) {
        for (size_t len = LEAST; len <= most_of(&settings[i]); len += stride) {
            run_with(&kit_kinds[len / stride % 2], &settings[i], len);
        }
        run_with(&kit_kinds[i % 2], &settings[i], most_of(&settings[i]));
    }
}

/* --- bounds and arenas ------------------------------------------------------------------------ */

static bool has_no_mem(const struct sim_case *t)
{
    assert_string_equal(esp_tls_cause_name(sim_record(t).cause),
                        esp_tls_cause_name(ESP_TLS_CAUSE_NO_MEM));
    return false;
}

/** Each call succeeds, or lacks memory and says so. */
static bool talk_bounded(struct sim_case *t)
{
    unsigned char buf[1000] = {0};
    ssize_t got = 0;

    if (sim_connect(t) != 1) {
        return has_no_mem(t);
    }
    for (size_t all = 0; all < sizeof(buf); all += (size_t)got) {
        if (esp_tls_conn_write(t->tls, buf, sizeof(buf) - all) < 0) {
            return has_no_mem(t);
        }
        got = esp_tls_conn_read(t->tls, buf, sizeof(buf));
        if (got < 0) {
            return has_no_mem(t);
        }
    }
    return true;
}

static bool run_bounded(const struct kit_kind *kind, const esp_tls_memory_cfg_t *memory)
{
    struct sim_case t;
    bool is_done = false;

    begin(&t, kind, memory);
    if (t.tls != NULL) {
        is_done = talk_bounded(&t);
        kit_assert_bound();
    }
    assert_int_equal(sim_case_close(&t), 0);
    return is_done;
}

#define ENOUGH 28000 /* bytes for a connection of either kind, on 64 bits */

static size_t bound_stride(void)
{
    return !is_long() ? 499 : sizeof(void *) == 8 ? 1 : 16;
}

static void test_every_bound_is_kept_or_named(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < ENOUGH; limit += bound_stride()) {
        (void)run_bounded(&kit_kinds[limit / bound_stride() % 2],
                          &(esp_tls_memory_cfg_t){.limit = limit});
    }
    for (size_t k = 0; k < 2; k++) {
        assert_true(run_bounded(&kit_kinds[k], &(esp_tls_memory_cfg_t){.limit = ENOUGH}));
    }
}

/** The arena ends where its block does, and begins at any address. */
static void test_every_arena_is_enough_or_too_small(void **state)
{
    (void)state;
    for (size_t size = 0; size <= ENOUGH; size += bound_stride()) {
        size_t skip = size % 16;
        unsigned char *block = malloc(skip + size + (size == 0));

        assert_non_null(block);
        (void)run_bounded(&kit_kinds[size / bound_stride() % 2],
                          &(esp_tls_memory_cfg_t){.arena = block + skip, .arena_size = size});
        free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content_lengths_near_every_request_are_safe),
        cmocka_unit_test(test_content_lengths_from_least_to_most_are_safe),
        cmocka_unit_test(test_every_bound_is_kept_or_named),
        cmocka_unit_test(test_every_arena_is_enough_or_too_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
