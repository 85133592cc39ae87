/* The log: which lines come through, and how they look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LOG_LOCAL_LEVEL ESP_LOG_DEBUG
#include "esp_log.h"
#include "plat_heap.h"
#include "plat_sim.h"

static char lines[1024];
static unsigned calls;

static int keep(const char *format, va_list args)
{
    size_t at = strlen(lines);

    calls++;
    return vsnprintf(lines + at, sizeof(lines) - at, format, args);
}

static vprintf_like_t before;

static int begin(void **state)
{
    (void)state;
    lines[0] = '\0';
    calls = 0;
    before = esp_log_set_vprintf(keep);
    esp_log_level_set("*", ESP_LOG_INFO);
    return sim_reset();
}

static int end(void **state)
{
    (void)state;
    esp_log_level_set("*", (esp_log_level_t)CONFIG_LOG_DEFAULT_LEVEL);
    return esp_log_set_vprintf(before) == keep && sim_alloc_live() == 0 ? 0 : -1;
}

/** The lines without colours. */
static const char *plain(void)
{
    char *out = lines;

    for (const char *in = lines; *in != '\0'; in++) {
        if (*in == '\033') {
            in += strcspn(in, "m");
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
    return lines;
}

static void test_a_line_has_level_time_tag_and_text(void **state)
{
    uint32_t now = esp_log_timestamp();
    char expected[100];

    (void)state;
    sim_advance_us(1234000);
    assert_int_equal(esp_log_timestamp() - now, 1234);
    ESP_LOGE("esp-tls", "no %s, %d", "luck", 7);
#ifdef CONFIG_LOG_TIMESTAMP_SOURCE_SYSTEM
    (void)snprintf(expected, sizeof(expected), "E (%s) esp-tls: no luck, 7\n",
                   esp_log_system_timestamp());
#else
    (void)snprintf(expected, sizeof(expected), "E (%u) esp-tls: no luck, 7\n",
                   (unsigned)(now + 1234));
#endif
    assert_int_equal(calls, 1);
    assert_string_equal(plain(), expected);
}

static void test_each_level_passes_its_own_filter(void **state)
{
    (void)state;
    for (int level = ESP_LOG_NONE; level < ESP_LOG_MAX; level++) {
        unsigned expected = (unsigned)level < ESP_LOG_DEBUG ? (unsigned)level : ESP_LOG_DEBUG;

        esp_log_level_set("a", (esp_log_level_t)level);
        calls = 0;
        ESP_LOGE("a", "x");
        ESP_LOGW("a", "x");
        ESP_LOGI("a", "x");
        ESP_LOGD("a", "x");
        ESP_LOGV("a", "x"); /* above LOG_LOCAL_LEVEL: not even compiled */
        assert_int_equal(calls, expected);
    }
}

static void test_tags_have_levels_and_a_star_clears_them(void **state)
{
    (void)state;
    esp_log_level_set("a", ESP_LOG_VERBOSE);
    esp_log_level_set("b", ESP_LOG_NONE);
    esp_log_level_set("a", ESP_LOG_ERROR);
    assert_int_equal(esp_log_level_get("a"), ESP_LOG_ERROR);
    assert_int_equal(esp_log_level_get("b"), ESP_LOG_NONE);
    assert_int_equal(esp_log_level_get("ab"), ESP_LOG_INFO);
    esp_log_level_set("*", ESP_LOG_WARN);
    assert_int_equal(esp_log_level_get("a"), ESP_LOG_WARN);
    assert_int_equal(esp_log_level_get("b"), ESP_LOG_WARN);
    assert_int_equal(esp_log_level_get("*"), ESP_LOG_WARN);
}

static void test_tags_of_each_length_have_levels(void **state)
{
    char tag[65];

    (void)state;
    for (size_t len = 0; len < sizeof(tag); len++) {
        memset(tag, 'x', len);
        tag[len] = '\0';
        esp_log_level_set(tag, ESP_LOG_ERROR);
        assert_int_equal(esp_log_level_get(tag), ESP_LOG_ERROR);
        memset(tag, 'x', sizeof(tag) - 1);
        tag[len + (len + 1 < sizeof(tag))] = '\0'; /* a longer one has its own */
        assert_int_equal(esp_log_level_get(tag),
                         len + 1 < sizeof(tag) ? ESP_LOG_INFO : ESP_LOG_ERROR);
    }
    esp_log_level_set("*", ESP_LOG_INFO);
}

static void test_without_memory_a_tag_keeps_its_level(void **state)
{
    (void)state;
    esp_log_level_set("a", ESP_LOG_ERROR);
    sim_fail_alloc(1, true);
    esp_log_level_set("a", ESP_LOG_DEBUG); /* needs none: the tag is known */
    esp_log_level_set("b", ESP_LOG_DEBUG);
    assert_int_equal(esp_log_level_get("a"), ESP_LOG_DEBUG);
    assert_int_equal(esp_log_level_get("b"), ESP_LOG_INFO);
}

static void test_write_adds_nothing_and_level_is_an_expression(void **state)
{
    (void)state;
    esp_log_write(ESP_LOG_INFO, "a", "as %s", "is");
    esp_log_write(ESP_LOG_NONE, "a", "never");
    esp_log_write(ESP_LOG_DEBUG, "a", "above");
    assert_string_equal(lines, "as is");
    lines[0] = '\0';
    for (int level = ESP_LOG_ERROR; level <= ESP_LOG_VERBOSE; level++) {
        ESP_LOG_LEVEL_LOCAL((esp_log_level_t)level, "a", "x");
    }
    assert_int_equal(calls, 1 + 3);
    assert_int_equal(plain()[0], 'E');
    assert_non_null(strstr(lines, "\nW ("));
    assert_non_null(strstr(lines, "\nI ("));
}

static void test_buffers_are_shown_sixteen_bytes_to_a_line(void **state)
{
    static const char bytes[] = "0123456789abcdef\n\x7f!";

    (void)state;
    ESP_LOG_BUFFER_HEX("a", bytes, 18);
    assert_int_equal(calls, 2);
    assert_non_null(strstr(plain(), "a: 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66\n"));
    assert_non_null(strstr(lines, "a: 0a 7f\n"));
    lines[0] = '\0';
    ESP_LOG_BUFFER_CHAR("a", bytes, 4);
    assert_non_null(strstr(plain(), "a: 0123\n"));
    lines[0] = '\0';
    ESP_LOG_BUFFER_HEXDUMP("a", bytes, 19, ESP_LOG_WARN);
    assert_non_null(strstr(plain(), "   30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66"
                                    "  |0123456789abcdef|\n"));
    assert_non_null(strstr(lines, "   0a 7f 21 "));
    assert_non_null(strstr(lines, "|..!|\n"));
    ESP_LOG_BUFFER_HEXDUMP("a", " ~\x1F\x7F\x80", 5, ESP_LOG_WARN);
    assert_non_null(strstr(lines, "| ~...|\n"));
    calls = 0;
    ESP_LOG_BUFFER_HEX_LEVEL("a", bytes, 4, ESP_LOG_VERBOSE);
    ESP_LOG_BUFFER_HEX("a", bytes, 0);
    assert_int_equal(calls, 0);
}

static void test_the_system_time_is_the_wall_clocks(void **state)
{
    (void)state;
    sim_set_wall_clock(true, 86400 * 20000 + 3600 + 60 + 5);
    assert_string_equal(esp_log_system_timestamp(), "01:01:05.000");
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_line_has_level_time_tag_and_text),
        T(test_each_level_passes_its_own_filter),
        T(test_tags_have_levels_and_a_star_clears_them),
        T(test_tags_of_each_length_have_levels),
        T(test_without_memory_a_tag_keeps_its_level),
        T(test_write_adds_nothing_and_level_is_an_expression),
        T(test_buffers_are_shown_sixteen_bytes_to_a_line),
        T(test_the_system_time_is_the_wall_clocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
