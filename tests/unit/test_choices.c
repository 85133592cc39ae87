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

/** The device has no PSRAM to gain: everything lies there already. */
static void advise(struct memory_report *r, struct memory_options *o, uint32_t heap)
{
    const struct trial_target target = {.url = "https://localhost:443"};

    memset(o, 0, sizeof(*o));
    o->device = (struct device){
        .heap = heap, .psram = 1u << 20, .external = DEVICE_ALL, .in = 16384, .out = 2048};
    memset(r, 0, sizeof(*r));
    r->options = o;
    assert_true(choices_try(r, &target));
    assert_int_equal(r->choices, 3);
    assert_true(choices_advise(r, &target));
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

/** Of two that exclude each other the first is named, and is what is measured. */
static void test_settings_advised_together_are_those_measured(void **state)
{
    static struct memory_report r;
    struct memory_options o;

    (void)state;
    advise(&r, &o, PEAK - 400);
    assert_string_equal(r.advice_args, "--in 4096 --tls 1.2");
    assert_non_null(strstr(r.advice, "a peak of 4600 bytes: records received of 4096 bytes, "
                                     "TLS 1.2 only."));
}

static void test_what_is_not_enough_together_is_not_advised(void **state)
{
    static struct memory_report r;
    struct memory_options o;

    (void)state;
    advise(&r, &o, PEAK - 401);
    assert_string_equal(r.advice_args, "");
    assert_non_null(strstr(r.advice, "No setting"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_setting_that_is_enough_is_advised_alone),
        cmocka_unit_test(test_settings_advised_together_are_those_measured),
        cmocka_unit_test(test_what_is_not_enough_together_is_not_advised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
