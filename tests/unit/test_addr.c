/* IP literals to addresses and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plat_net.h"

static const struct {
    const char *text;
    int family; /* 0: no literal */
    uint32_t scope;
    const char *back; /* NULL: the same */
} rows[] = {
    {"127.0.0.1", PLAT_AF_INET, 0, NULL},
    {"255.255.255.255", PLAT_AF_INET, 0, NULL},
    {"::", PLAT_AF_INET6, 0, NULL},
    {"::1", PLAT_AF_INET6, 0, NULL},
    {"2001:DB8:0:0::1", PLAT_AF_INET6, 0, "2001:db8::1"},
    {"::ffff:1.2.3.4", PLAT_AF_INET6, 0, NULL},
    {"2001:db8:1111:2222:3333:4444:5555:6666", PLAT_AF_INET6, 0, NULL},
    {"fe80::1%4000000", PLAT_AF_INET6, 4000000, NULL},
    {"fe80::1%lo", PLAT_AF_INET6, 1, NULL},
    {"", 0, 0, NULL},
    {"localhost", 0, 0, NULL},
    {"1.2.3", 0, 0, NULL},
    {"1.2.3.4.5", 0, 0, NULL},
    {"1.2.3.256", 0, 0, NULL},
    {"01.2.3.4", 0, 0, NULL},
    {"0x7f.0.0.1", 0, 0, NULL},
    {" 1.2.3.4", 0, 0, NULL},
    {"1.2.3.4 ", 0, 0, NULL},
    {"1.2.3.4%1", 0, 0, NULL},
    {"[::1]", 0, 0, NULL},
    {"::1%", 0, 0, NULL},
    {"::1%0", 0, 0, NULL},
    {"fe80::1%nosuchdevice", 0, 0, NULL},
    {"fe80::1%99999999999", 0, 0, NULL},
    {":::1", 0, 0, NULL},
    {"2001:db8:1111:2222:3333:4444:5555:6666:7777", 0, 0, NULL},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, 0, NULL},
};

static void test_literals_are_parsed_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plat_addr addr = {.port = 7};
        char text[PLAT_ADDR_TEXT];

        if (plat_addr_parse(rows[i].text, strlen(rows[i].text), &addr) != (rows[i].family != 0)) {
            fail_msg("%s", rows[i].text);
        }
        if (rows[i].family == 0) {
            assert_int_equal(addr.port, 7);
            continue;
        }
        assert_int_equal(addr.family, rows[i].family);
        assert_int_equal(addr.scope, rows[i].scope);
        assert_int_equal(addr.port, 0);
        plat_addr_text(&addr, text);
        assert_string_equal(text, rows[i].back != NULL ? rows[i].back : rows[i].text);
    }
}

static void test_only_the_given_length_is_read(void **state)
{
    struct plat_addr addr;

    (void)state;
    assert_true(plat_addr_parse("1.2.3.45", 7, &addr));
    assert_int_equal(addr.ip[3], 4);
    assert_false(plat_addr_parse("1.2.3.4\0x", 9, &addr));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals_are_parsed_and_nothing_else),
        cmocka_unit_test(test_only_the_given_length_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
