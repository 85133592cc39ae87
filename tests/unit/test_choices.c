/* What `esp-tls memory` advises, from trials that are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cli/explain.h"
#include "memory/memory_report.h"

#define PEAK 5000u

static struct trial whole = {.heap_peak = PEAK};

/** TLS 1.2 only saves 100 bytes, TLS 1.3 only 200, and small records received 300. */
bool trial_run(struct trial *trial, const struct device *device, const struct trial_target *target)
{
    uint32_t saved = device->in <= 4096 ? 300 : 0;

    saved += target->cfg.tls_version == ESP_TLS_VER_TLS_1_2   ? 100
             : target->cfg.tls_version == ESP_TLS_VER_TLS_1_3 ? 200
                                                              : 0;
    *trial = (struct trial){.heap_peak = PEAK - saved};
    trial->complete = device->heap == 0 || trial->heap_peak <= device->heap;
    return true;
}

void trial_clear(struct trial *trial)
{
    memset(trial, 0, sizeof(*trial));
}

const struct trial *report_whole(const struct memory_report *r)
{
    (void)r;
    return &whole;
}

const char *bytes_text(uint64_t n, char text[16])
{
    snprintf(text, 16, "%u", (unsigned)n);
    return text;
}

enum tool_exit explain(const struct failure *failure, struct text *text)
{
    (void)failure;
    (void)text;
    return EXIT_OTHER;
}

static void advise_device(struct memory_report *r, struct memory_options *o, struct device device)
{
    const struct trial_target target = {.url = "https://localhost:443"};

    memset(o, 0, sizeof(*o));
    o->device = device;
    memset(r, 0, sizeof(*r));
    r->options = o;
    assert_true(choices_try(r, &target));
    assert_int_equal(r->choices, 3);
    assert_true(choices_advise(r, &target));
}

/** The device has no PSRAM to gain: everything lies there already. */
static void advise(struct memory_report *r, struct memory_options *o, uint32_t heap)
{
    advise_device(
        r, o,
        (struct device){
            .heap = heap, .psram = 1u << 20, .external = DEVICE_ALL, .in = 16384, .out = 2048});
}

static void test_one_setting_that_is_enough_is_advised_alone(void **state)
{
    static struct memory_report r;
    struct memory_options o;

    (void)state;
    advise(&r, &o, PEAK - 150);
    assert_string_equal(r.advice_args, "--in 4096");
    assert_non_null(strstr(r.advice, " 4700 bytes."));
}

/** What saves most comes first, and of two that exclude each other only that one is named. */
static void test_settings_advised_together_are_those_measured(void **state)
{
    static struct memory_report r;
    struct memory_options o;

    (void)state;
    advise(&r, &o, PEAK - 400);
    assert_string_equal(r.advice_args, "--in 4096 --tls 1.3");
    assert_non_null(strstr(r.advice, "a peak of 4500 bytes: records received of 4096 bytes, "
                                     "TLS 1.3 only."));
}

static void test_what_is_not_enough_together_is_not_advised(void **state)
{
    static struct memory_report r;
    struct memory_options o;

    (void)state;
    advise(&r, &o, PEAK - 501);
    assert_string_equal(r.advice_args, "");
    assert_non_null(strstr(r.advice, "No setting"));
}

/** Neither a profile nor a heap that is given has more than it says. */
static void test_psram_is_not_tried_where_a_device_has_none(void **state)
{
    static struct memory_report r;
    struct memory_options o;

    (void)state;
    advise_device(&r, &o, (struct device){.heap = PEAK - 501, .in = 16384, .out = 2048});
    assert_null(strstr(r.advice, "PSRAM"));
    advise_device(&r, &o, (struct device){.name = "mine", .in = 16384, .out = 2048});
    assert_null(strstr(r.advice, "PSRAM"));
}

static void test_own_key_is_named_where_it_is_the_largest_part(void **state)
{
    static struct memory_report r;
    struct memory_options o;

    (void)state;
    whole.stats.by_purpose[ESP_TLS_MEM_CERTIFICATE].peak = 3000;
    whole.stats.by_purpose[ESP_TLS_MEM_KEY].peak = 3001;
    advise(&r, &o, PEAK - 150);
    assert_non_null(strstr(r.advice, "it fits"));
    assert_non_null(
        strstr(r.advice, "own RSA key, 3001 bytes: with a client certificate for an EC"));
    whole.stats.by_purpose[ESP_TLS_MEM_KEY].peak = 3000;
    advise(&r, &o, PEAK - 150);
    assert_null(strstr(r.advice, "RSA"));
    memset(&whole.stats, 0, sizeof(whole.stats));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_setting_that_is_enough_is_advised_alone),
        cmocka_unit_test(test_settings_advised_together_are_those_measured),
        cmocka_unit_test(test_what_is_not_enough_together_is_not_advised),
        cmocka_unit_test(test_psram_is_not_tried_where_a_device_has_none),
        cmocka_unit_test(test_own_key_is_named_where_it_is_the_largest_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
