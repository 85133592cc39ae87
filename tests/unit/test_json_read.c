/* Reading JSON that somebody else wrote (tools/esp-tls/chain/json_read.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "chain/json_read.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct json_value of(const char *text)
{
    return json_read(text, strlen(text));
}

static void test_json_read_takes_what_is_whole(void **state)
{
    static const struct {
        const char *text;
        size_t len; /* of the first value */
    } rows[] = {
        {"{}", 2},
        {"[]", 2},
        {"{\"a\":[1,{\"b\":\"}\"}],\"c\":null}", 28},
        {"[1, 2 , 3]", 10},
        {"\"a\\\"b\"", 6},
        {"-1.5e3", 6},
        {"true", 4},
        {"{} {}", 2}, /* the first */
        {"", 0},
        {"{", 0},
        {"{\"a\"}", 0},
        {"{\"a\":}", 0},
        {"{\"a\":1,}", 0},
        {"[1,]", 0},
        {"\"abc", 0},
        {"\"abc\\", 0},
        {"\"abc\\\"", 0},
        {"[1 2]", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (of(rows[i].text).len != rows[i].len) {
            fail_msg("%s: %zu", rows[i].text, of(rows[i].text).len);
        }
    }
}

static void test_json_read_of_deep_nesting_is_refused(void **state)
{
    char text[200];

    (void)state;
    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    assert_int_equal(json_read(text, 200).len, 0);
    assert_int_equal(json_read(text + 50, 100).len, 100);
}

static void test_json_member_finds_by_name(void **state)
{
    struct json_value v = of("{ \"id\" : 7 , \"a\":{\"id\":8}, \"s\":\"x\\n\\u0041\\u20ac\\/\" }");
    char text[16];
    long n;

    (void)state;
    assert_true(json_int(json_member(v, "id"), &n));
    assert_int_equal(n, 7);
    assert_true(json_int(json_member(json_member(v, "a"), "id"), &n));
    assert_int_equal(n, 8);
    assert_true(json_text(json_member(v, "s"), text, sizeof(text)));
    assert_string_equal(text, "x\nA?/");
    assert_false(json_text(json_member(v, "s"), text, 5));
    assert_string_equal(text, "");
    assert_false(json_text(json_member(v, "id"), text, sizeof(text)));
    assert_false(json_int(json_member(v, "s"), &n));
    assert_int_equal(json_member(v, "none").len, 0);
    assert_int_equal(json_member(of("[1]"), "a").len, 0);
    assert_null(json_text_new(json_member(v, "none")));
}

static void test_json_next_goes_through_an_array(void **state)
{
    static const char *const arrays[] = {"[\"a\",\"b\",\"c\"]", "[ \"a\" , \"b\" , \"c\" ]"};

    (void)state;
    for (size_t i = 0; i < COUNT(arrays); i++) {
        struct json_value array = of(arrays[i]);
        struct json_value next = {NULL, 0};
        char all[8] = "";

        while (json_next(array, &next)) {
            char *text = json_text_new(next);

            assert_non_null(text);
            strncat(all, text, 1);
            free(text);
        }
        assert_string_equal(all, "abc");
    }
    assert_false(json_next(of("[]"), &(struct json_value){NULL, 0}));
    assert_false(json_next(of("{}"), &(struct json_value){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_read_takes_what_is_whole),
        cmocka_unit_test(test_json_read_of_deep_nesting_is_refused),
        cmocka_unit_test(test_json_member_finds_by_name),
        cmocka_unit_test(test_json_next_goes_through_an_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
