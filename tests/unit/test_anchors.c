/* Two anchors of one subject, of which one issued the chain: whichever comes first, it opens; and
 * each allocation that fails while they are looked at is named, and leaves nothing behind. */
#include "elastic_kit.h"

#include <stdlib.h>

static unsigned char bundle[sizeof(cert_root_twin_pem) + sizeof(cert_root_ec_pem)];

struct variant {
    const char *name;
    bool twin_first;
    bool is_store; /* the global store, in place of cacert_buf */
    int version;
};

static const struct variant variants[] = {
    {"buffer, the right one last", true, false, 13},
    {"buffer, the right one first", false, false, 12},
    {"store, the right one last", true, true, 12},
    {"store, the right one first", false, true, 13},
};

/** @return bytes of the bundle, NUL included */
static unsigned fill(bool twin_first)
{
    const unsigned char *first = twin_first ? cert_root_twin_pem : cert_root_ec_pem;
    size_t len = (twin_first ? sizeof(cert_root_twin_pem) : sizeof(cert_root_ec_pem)) - 1;

    memcpy(bundle, first, len);
    memcpy(bundle + len, twin_first ? cert_root_ec_pem : cert_root_twin_pem,
           sizeof(bundle) - 1 - len);
    return (unsigned)sizeof(bundle) - 1;
}

static void begin(struct sim_case *t, const struct variant *v)
{
    unsigned len = fill(v->twin_first);

    sim_case_open(t);
    kit_use(t, &kit_kinds[v->version == 13 ? 0 : 1]);
    t->cfg.cacert_buf = bundle;
    t->cfg.cacert_bytes = len;
    if (v->is_store) {
        assert_int_equal(esp_tls_set_global_ca_store(bundle, len), ESP_OK);
        t->cfg.cacert_buf = NULL;
        t->cfg.cacert_bytes = 0;
        t->cfg.use_global_ca_store = true;
    }
}

/* --- which allocations those are -------------------------------------------------------------- */

struct list {
    unsigned base;
    size_t count;
    unsigned nth[1000]; /* of the system heap's requests since the base */
};

static void note(void *arg, esp_tls_mem_purpose_t purpose, int32_t size, uint32_t live)
{
    struct list *list = arg;

    (void)live;
    if (purpose == ESP_TLS_MEM_CERTIFICATE && size > 0 && list->count < COUNT(list->nth)) {
        list->nth[list->count++] = sim_alloc_count() - list->base;
    }
}

static const struct list *list_of(const struct variant *v)
{
    static struct list list;
    struct sim_case t;

    begin(&t, v);
    assert_int_equal(esp_tls_trace_memory(t.tls, note, &list), ESP_OK);
    list.count = 0;
    list.base = sim_alloc_count();
    if (sim_connect(&t) != 1) {
        fail_msg("%s: %s", v->name, esp_tls_cause_name(sim_record(&t).cause));
    }
    assert_int_equal(sim_case_close(&t), 0);
    assert_in_range(list.count, 10, COUNT(list.nth) - 1);
    return &list;
}

/* --- the runs --------------------------------------------------------------------------------- */

/** @return it failed for lack of memory */
static bool run_without(const struct variant *v, unsigned nth)
{
    struct sim_case t;
    bool is_open;

    begin(&t, v);
    sim_fail_alloc(nth, false);
    is_open = sim_connect(&t) == 1;
    if (!is_open && sim_record(&t).cause != ESP_TLS_CAUSE_NO_MEM) {
        fail_msg("%s, allocation %u: %s", v->name, nth, esp_tls_cause_name(sim_record(&t).cause));
    }
    kit_assert_bound();
    assert_int_equal(sim_case_close(&t), 0);
    return !is_open;
}

static void test_two_anchors_of_one_subject_without_memory_say_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(variants); i++) {
        const struct list *list = list_of(&variants[i]);
        unsigned failed = 0;

        for (size_t n = 0; n < list->count; n += 1 + list->count / 100) {
            failed += run_without(&variants[i], list->nth[n]);
        }
        assert_true(failed > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_anchors_of_one_subject_without_memory_say_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
