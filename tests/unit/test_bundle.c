/* The reader of certificate bundles: what it finds, and that it takes nothing that is damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bundle.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MOST         200

/* Names "A" and "B", and keys of one byte: 01 to 03. B has two. */
static const uint8_t three[] = {
    12, 0, 0, 0, 26,   0, 0, 0, 40,  0,    0, 0,       /* where they begin */
    5,  0, 5, 0, 0x30, 3, 4, 1, 'A', 0x30, 3, 2, 1, 1, /* ... */
    5,  0, 5, 0, 0x30, 3, 4, 1, 'B', 0x30, 3, 2, 1, 2, /* ... */
    5,  0, 5, 0, 0x30, 3, 4, 1, 'B', 0x30, 3, 2, 1, 3, /* ... */
};

/** Checked as a block of just that length: a sanitizer sees each byte that is read beyond it. */
static bool is_good(const uint8_t *bytes, size_t len, size_t most)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);
    const char *why;
    bool good;

    assert_non_null(copy);
    memcpy(copy, bytes, len);
    good = et_bundle_check(copy, len, most, &why);
    assert_true(good == (why == NULL));
    free(copy);
    return good;
}

static void test_bundle_each_root_is_found_by_its_name(void **state)
{
    static const uint8_t names[][6] = {"0\3\4\1A", "0\3\4\1B"};
    struct bundle_root root;

    (void)state;
    assert_true(is_good(three, sizeof(three), MOST));
    assert_int_equal(et_bundle_count(three), 3);
    assert_int_equal(et_bundle_find(three, names[0], 5), 0);
    assert_int_equal(et_bundle_find(three, names[1], 5), 1);
    for (size_t i = 0; i < 3; i++) {
        et_bundle_root(three, i, &root);
        assert_int_equal(root.name_len, 5);
        assert_memory_equal(root.name, names[i == 0 ? 0 : 1], 5);
        assert_int_equal(root.key_len, 5);
        assert_int_equal(root.key[4], i + 1);
    }
}

/** Neither of another name, nor of one that only begins alike. */
static void test_bundle_another_name_is_not_found(void **state)
{
    static const uint8_t names[][7] = {"0\3\4\1@", "0\3\4\1AA", "0\3\4\1C", "0\3\4", "", "1"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(et_bundle_find(three, names[i], strlen((const char *)names[i])), 3);
    }
}

static void test_bundle_of_any_shorter_length_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(three); len++) {
        assert_false(is_good(three, len, MOST));
    }
}

static void test_bundle_bytes_behind_the_last_root_are_passed_over(void **state)
{
    uint8_t longer[sizeof(three) + 3];

    (void)state;
    memset(longer, 0xFF, sizeof(longer));
    memcpy(longer, three, sizeof(three));
    assert_true(is_good(longer, sizeof(longer), MOST));
}

static void test_bundle_of_more_roots_than_may_be_is_refused(void **state)
{
    (void)state;
    assert_true(is_good(three, sizeof(three), 3));
    assert_false(is_good(three, sizeof(three), 2));
}

/** A byte of it changed: what is refused, and of what is taken the search holds. */
static void test_bundle_damaged_is_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t to;
    } rows[] = {
        {0, 0},     {0, 11},   {0, 13},    {0, 16},    {3, 0x80},  {4, 25},    {4, 27},
        {7, 0xFF},  {8, 41},   {12, 4},    {12, 6},    {13, 0xFF}, {14, 0},    {15, 0xFF},
        {16, 0x31}, {17, 2},   {17, 0x80}, {17, 0x81}, {17, 0x82}, {17, 0x83}, {21, 0},
        {22, 4},    {20, 'C'}, {48, 'A'},  {40, 0},    {41, 1},    {43, 0x7F},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t bad[sizeof(three)];

        memcpy(bad, three, sizeof(bad));
        assert_int_not_equal(bad[rows[i].at], rows[i].to);
        bad[rows[i].at] = rows[i].to;
        if (is_good(bad, sizeof(bad), MOST)) {
            fail_msg("row %zu", i);
        }
    }
}

/** Lengths of the long form, one and two bytes of it. */
static void test_bundle_long_names_and_keys(void **state)
{
    static uint8_t bytes[8 + 0x81 + 3 + 0x1234 + 4];
    uint8_t *p = bytes + 8;
    struct bundle_root root;

    (void)state;
    memcpy(bytes, "\4\0\0\0\x84\0\x38\x12", 8);
    memcpy(p, "\x30\x81\x81", 3);
    memcpy(p + 0x84, "\x30\x82\x12\x34", 4);
    assert_true(is_good(bytes, sizeof(bytes), MOST));
    et_bundle_root(bytes, 0, &root);
    assert_int_equal(root.name_len, 0x84);
    assert_int_equal(root.key_len, 0x1238);
    assert_int_equal(et_bundle_find(bytes, root.name, root.name_len), 0);
    p[0x84 + 3]++;
    assert_false(is_good(bytes, sizeof(bytes), MOST));
}

/** 2000 names, each looked up,
 *  and each that lies between two of them. */
static void test_bundle_of_many_roots(void **state)
{
    static uint8_t bytes[2000 * (4 + 12)];
    uint8_t name[6] = {0x30, 4, 4, 2, 0, 0};

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        size_t at = 8000 + 12 * i;
        const uint8_t root[12] = {
            6, 0, 2, 0, 0x30, 4, 4, 2, (uint8_t)(i >> 7), (uint8_t)(i << 1), 0x30, 0};

        memcpy(bytes + 4 * i, (const uint8_t[]){(uint8_t)at, (uint8_t)(at >> 8), 0, 0}, 4);
        memcpy(bytes + at, root, sizeof(root));
    }
    assert_true(is_good(bytes, sizeof(bytes), 2000));
    for (size_t i = 0; i < 4000; i++) {
        name[4] = (uint8_t)(i >> 8);
        name[5] = (uint8_t)i;
        assert_int_equal(et_bundle_find(bytes, name, 6), i % 2 == 0 ? i / 2 : 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bundle_each_root_is_found_by_its_name),
        cmocka_unit_test(test_bundle_another_name_is_not_found),
        cmocka_unit_test(test_bundle_of_any_shorter_length_is_refused),
        cmocka_unit_test(test_bundle_bytes_behind_the_last_root_are_passed_over),
        cmocka_unit_test(test_bundle_of_more_roots_than_may_be_is_refused),
        cmocka_unit_test(test_bundle_damaged_is_refused),
        cmocka_unit_test(test_bundle_long_names_and_keys),
        cmocka_unit_test(test_bundle_of_many_roots),
    };

    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
