/* The URL parser: RFC 3986, no more and no less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "esp_tls_url.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* NULL: the piece is not there. */
struct good {
    const char *url;
    const char *scheme;
    const char *userinfo;
    const char *host;
    bool is_ipv6;
    int port;    /* of the URL */
    int connect; /* to connect to */
    const char *path;
    const char *query;
    const char *fragment;
};

static const struct good good[] = {
    {"https://example.org", "https", NULL, "example.org", false, 0, 443, "", NULL, NULL},
    {"https://example.org/", "https", NULL, "example.org", false, 0, 443, "/", NULL, NULL},
    {"http://example.org/a/b?c=d#e", "http", NULL, "example.org", false, 0, 80, "/a/b", "c=d", "e"},
    {"HTTPS://Example.ORG", "HTTPS", NULL, "Example.ORG", false, 0, 443, "", NULL, NULL},
    {"ws://h/x", "ws", NULL, "h", false, 0, 80, "/x", NULL, NULL},
    {"wss://h/x", "wss", NULL, "h", false, 0, 443, "/x", NULL, NULL},
    {"mqtts://h", "mqtts", NULL, "h", false, 0, 0, "", NULL, NULL},
    {"mqtts://h:8883", "mqtts", NULL, "h", false, 8883, 8883, "", NULL, NULL},
    {"a+b-c.1://h:1", "a+b-c.1", NULL, "h", false, 1, 1, "", NULL, NULL},
    {"https://h:65535/", "https", NULL, "h", false, 65535, 65535, "/", NULL, NULL},
    {"https://h:00443/", "https", NULL, "h", false, 443, 443, "/", NULL, NULL},
    {"https://h:/p", "https", NULL, "h", false, 0, 443, "/p", NULL, NULL},
    {"https://u:p@h", "https", "u:p", "h", false, 0, 443, "", NULL, NULL},
    {"https://u%40x:p@h", "https", "u%40x:p", "h", false, 0, 443, "", NULL, NULL},
    {"https://@h", "https", "", "h", false, 0, 443, "", NULL, NULL},
    {"https://192.0.2.1:8443/", "https", NULL, "192.0.2.1", false, 8443, 8443, "/", NULL, NULL},
    {"https://[2001:db8::1]/", "https", NULL, "2001:db8::1", true, 0, 443, "/", NULL, NULL},
    {"https://[::1]:8443/", "https", NULL, "::1", true, 8443, 8443, "/", NULL, NULL},
    {"https://[fe80::1%25eth0]/", "https", NULL, "fe80::1%25eth0", true, 0, 443, "/", NULL, NULL},
    {"https://[fe80::1%eth0]", "https", NULL, "fe80::1%eth0", true, 0, 443, "", NULL, NULL},
    {"https://[::ffff:192.0.2.1]", "https", NULL, "::ffff:192.0.2.1", true, 0, 443, "", NULL, NULL},
    {"https://a%20b/", "https", NULL, "a%20b", false, 0, 443, "/", NULL, NULL},
    {"https://h?q", "https", NULL, "h", false, 0, 443, "", "q", NULL},
    {"https://h#f", "https", NULL, "h", false, 0, 443, "", NULL, "f"},
    {"https://h?", "https", NULL, "h", false, 0, 443, "", "", NULL},
    {"https://h#", "https", NULL, "h", false, 0, 443, "", NULL, ""},
    {"https://h/?a?b/c#d?e/f", "https", NULL, "h", false, 0, 443, "/", "a?b/c", "d?e/f"},
    {"https://h/a%2Fb:@!$&'()*+,;=", "https", NULL, "h", false, 0, 443, "/a%2Fb:@!$&'()*+,;=", NULL,
     NULL},
    {"https://h/a@b:c", "https", NULL, "h", false, 0, 443, "/a@b:c", NULL, NULL},
    {"https://h//x", "https", NULL, "h", false, 0, 443, "//x", NULL, NULL},
    {"https://h/{a}|[b]", "https", NULL, "h", false, 0, 443, "/{a}|[b]", NULL, NULL},
};

static void expect_part(const char *url, const char *what, esp_tls_url_part_t part,
                        const char *wanted)
{
    if (wanted == NULL ? part.ptr != NULL
                       : part.ptr == NULL || part.len != strlen(wanted) ||
                             memcmp(part.ptr, wanted, part.len) != 0) {
        fail_msg("%s: %s is \"%.*s\", not \"%s\"", url, what, (int)part.len,
                 part.ptr != NULL ? part.ptr : "(none)", wanted != NULL ? wanted : "(none)");
    }
}

static void test_parse_url_gives_its_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        const struct good *row = &good[i];
        esp_tls_url_t url;

        if (!esp_tls_url_parse(row->url, strlen(row->url), &url)) {
            fail_msg("%s: refused", row->url);
        }
        expect_part(row->url, "scheme", url.scheme, row->scheme);
        expect_part(row->url, "userinfo", url.userinfo, row->userinfo);
        expect_part(row->url, "host", url.host, row->host);
        expect_part(row->url, "path", url.path, row->path);
        expect_part(row->url, "query", url.query, row->query);
        expect_part(row->url, "fragment", url.fragment, row->fragment);
        assert_int_equal(url.host_is_ipv6, row->is_ipv6);
        assert_int_equal(url.port, row->port);
        assert_int_equal(esp_tls_url_port(&url), row->connect);
    }
}

static const char *const bad[] = {
    "",
    "h",
    "/path",
    "//h/path",
    "https",
    "https:",
    "https:/",
    "https:/h",
    "https://",
    "https:///path",
    "https://?q",
    "https://:443",
    "https://u@",
    "https://u@:443",
    "1https://h",
    "+x://h",
    "ht tp://h",
    "ht_tp://h",
    "://h",
    "https//h",
    "https://h:65536",
    "https://h:99999999999999999999",
    "https://h:4294967739", /* 443 + 2^32 */
    "https://h:-1",
    "https://h:+1",
    "https://h: 1",
    "https://h:0",
    "https://h:443x",
    "https://h:4:5",
    "https://a b/",
    "https://h/a b",
    "https://h/\n",
    "https://h/\r\nHost: x",
    "https://h\r\n/",
    "https://h/\t",
    "https://h/\x7f",
    "https://h/\x80",
    "https://h/\xc3\xa4",
    "https://\xc3\xa4/",
    "https://h/%",
    "https://h/%4",
    "https://h/%zz",
    "https://h/%4z",
    "https://h/%z4",
    "https://h%/",
    "https://h%4/",
    "https://u%@h/",
    "https://[::1/",
    "https://::1/",
    "https://[]/",
    "https://[::1]x/",
    "https://[::1]443/",
    "https://[h/e]/",
    "https://[::1/]",
    "https://a]/",
    "https://[a@b]/",
    "https://[1:2:3:4:5:6:7]/",
    "https://[1::2::3]/",
    "https://[12345::]/",
    "https://[::g]/",
    "https://[192.0.2.1]/",
    "https://[h]/",
    "https://[v1.x]/",
    "https://[fe80::1%]/",
    "https://[fe80::1%a:b]/",
    "https://[fe80::1%/a]/",
    "https://h<x/",
    "https://h\\x/",
    "https://h\"/",
    " https://h",
    "https://h ",
    "https://h/ ",
    "https://u\x01@h/",
    "https://h?\x01",
    "https://h#\x01",
};

static void test_parse_text_that_is_no_url_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        esp_tls_url_t url;

        if (esp_tls_url_parse(bad[i], strlen(bad[i]), &url)) {
            fail_msg("\"%s\" is taken", bad[i]);
        }
    }
}

static void test_parse_nul_inside_is_refused(void **state)
{
    static const char *const places[] = {"ht\0tp://h/",   "http://\0h/",   "http://h\0/",
                                         "http://h/\0/x", "http://h/?\0",  "http://h/#\0a",
                                         "http://u\0@h/", "http://h:\0801"};
    static const size_t lens[] = {10, 10, 10, 12, 11, 12, 12, 12};

    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        esp_tls_url_t url;

        assert_false(esp_tls_url_parse(places[i], lens[i], &url));
    }
}

/** The text need not end in NUL, and nothing is read behind its length. */
static void test_parse_every_prefix_reads_only_its_length(void **state)
{
    static const char text[] = "https://user:pw@[2001:db8::1%25e]:8443/p%41th?q=%42#f";

    (void)state;
    for (size_t len = 0; len < sizeof(text); len++) {
        char *copy = malloc(len + (len == 0)); /* the sanitizer sees its end */
        esp_tls_url_t url;

        assert_non_null(copy);
        memcpy(copy, text, len);
        if (esp_tls_url_parse(copy, len, &url)) {
            assert_true(url.host.ptr >= copy && url.host.ptr + url.host.len <= copy + len);
        }
        free(copy);
    }
}

/** Each byte value at each place either is part of a URL or makes it none; no crash, no overrun. */
static void test_parse_every_byte_at_every_place(void **state)
{
    static const char text[] = "https://u@h:1/p?q#f";
    char copy[sizeof(text)];

    (void)state;
    for (size_t at = 0; at < sizeof(text) - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            esp_tls_url_t url;
            bool ok;

            memcpy(copy, text, sizeof(text));
            copy[at] = (char)byte;
            ok = esp_tls_url_parse(copy, sizeof(text) - 1, &url);
            if (byte <= ' ' || byte > '~') {
                assert_false(ok);
            }
        }
    }
}

static void test_part_is_compares_ascii_in_any_case(void **state)
{
    static const struct {
        const char *name;
        esp_tls_url_part_t part;
        const char *text;
        bool same;
    } rows[] = {
        {"equal", {"http", 4}, "http", true},
        {"other case", {"HtTp", 4}, "hTTp", true},
        {"shorter", {"htt", 3}, "http", false},
        {"longer", {"https", 5}, "http", false},
        {"prefix of a longer text", {"https", 4}, "http", true},
        {"not there", {NULL, 0}, "", false},
        {"empty", {"", 0}, "", true},
        {"letters only", {"@", 1}, "`", false},
        {"letters only", {"[", 1}, "{", false},
        {"high bytes", {"\xc4", 1}, "\xe4", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (esp_tls_url_part_is(rows[i].part, rows[i].text) != rows[i].same) {
            fail_msg("%s: \"%s\"", rows[i].name, rows[i].text);
        }
    }
}

#define BASE "http://a/b/c/d;p?q"

static void test_resolve_gives_the_examples_of_rfc_3986(void **state)
{
    static const struct {
        const char *reference;
        const char *url;
    } rows[] = {
        /* section 5.4.1 */
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        /* section 5.4.2 */
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", "http:g"}, /* strict */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[sizeof(BASE) + 32];
        size_t len;

        assert_int_equal(esp_tls_url_resolve(BASE, rows[i].reference, out, sizeof(out), &len),
                         ESP_OK);
        assert_string_equal(out, rows[i].url);
        assert_int_equal(len, strlen(out));
    }
}

static void test_resolve_against_other_bases(void **state)
{
    static const struct {
        const char *base;
        const char *reference;
        const char *url; /* NULL: refused */
    } rows[] = {
        {"https://u:p@h:8443", "x/y?z", "https://u:p@h:8443/x/y?z"},
        {"https://h", "", "https://h"},
        {"https://h?q", "?r", "https://h?r"},
        {"https://h/a#f", "", "https://h/a"},
        {"https://h/a/b", "https://k/../c/./d", "https://k/c/d"},
        {"https://h/a/b", "//k:1?x", "https://k:1?x"},
        {"https://[::1]:2/a", "b", "https://[::1]:2/b"},
        {"https://h/a/b/", "..", "https://h/a/"},
        {"https://h/a//b/", "../..", "https://h/a/"},
        {"https://h/a/b?c", "//k?d", "https://k?d"},
        {"https://h/a/./b/../c", "?d", "https://h/a/./b/../c?d"}, /* as the base has it */
        {"https://h/a/./b/../c", "d", "https://h/a/d"},
        {"https://h/a/b", "/..//c", "https://h//c"},
        {"https://h/a/b", "..//../c", "https://h/c"},
        {"https://h/a/b", "/", "https://h/"},
        {"https://h/", "g:a/../b", "g:/b"},
        {"https://h/", "g:a/..", "g:/"},
        {"https://h/", "g:a/.", "g:a/"},
        {"https://h/", "g:../.././a", "g:a"},
        {"https://h/", "g:..", "g:"},
        {"https://h/", "g:.", "g:"},
        {"https://h/", "g:", "g:"},
        {"https://h/", "g:a//../..//b", "g:/.//b"},
        {"https://h/", "https:/.//k/", "https:/.//k/"}, /* k is no host */
        {"https://h/", "https:a/..//k", "https:/.//k"},
        {"https://h/", "https:/a/../../..//k/.", "https:/.//k/"},
        {"https://h/", "%41", "https://h/%41"},
        {"https://h/", "%4", NULL},
        {"https://h/", "a b", NULL},
        {"https://h/", "a\r\nb", NULL},
        {"https://h/", "1:b", NULL},
        {"https://h/", "1:", NULL},
        {"https://h/", ":", NULL},
        {"https://h/", "//h:99999/", NULL},
        {"https://h/", "///x", NULL},
        {"/a", "b", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[80];
        size_t len;
        esp_err_t err =
            esp_tls_url_resolve(rows[i].base, rows[i].reference, out, sizeof(out), &len);

        assert_int_equal(err, rows[i].url != NULL ? ESP_OK : ESP_ERR_INVALID_ARG);
        if (rows[i].url != NULL) {
            assert_string_equal(out, rows[i].url);
        }
    }
}

static void test_resolve_says_how_much_space_it_needs(void **state)
{
    static const char reference[] = "../../g/./h?y#s";
    static const char result[] = "http://a/g/h?y#s";

    (void)state;
    for (size_t cap = 0; cap <= sizeof(result); cap++) {
        char *out = malloc(cap + 1);
        size_t len = 0;

        assert_non_null(out);
        out[cap] = '!';
        assert_int_equal(esp_tls_url_resolve(BASE, reference, out, cap, &len),
                         cap >= sizeof(result) ? ESP_OK : ESP_ERR_INVALID_SIZE);
        assert_int_equal(len, strlen(result));
        assert_int_equal(out[cap], '!');
        if (cap >= sizeof(result)) {
            assert_string_equal(out, result);
        }
        free(out);
    }
}

static void test_same_origin_compares_scheme_host_and_port(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool same;
    } rows[] = {
        {"https://h/a", "HTTPS://H:443/b?c", true},
        {"http://h", "http://h:80", true},
        {"http://h", "https://h", false},
        {"https://h", "https://h:8443", false},
        {"http://h:443", "https://h:443", false},
        {"https://h", "https://h.x", false},
        {"https://h.x", "https://h", false},
        {"https://u:p@h", "https://h", true},
        {"https://[::A]", "https://[0:0::a]", true},
        {"https://[::a]", "https://[::b]", false},
        {"https://[fe80::1%25e]", "https://[fe80:0::1%25e]:443", true},
        {"https://[fe80::1%25e]", "https://[fe80::1%25f]", false},
        {"https://[fe80::1%25e]", "https://[fe80::1]", false},
        {"https://[::ffff:192.0.2.1]", "https://192.0.2.1", false},
        {"https://192.0.2.1", "https://192.0.2.1:443", true},
        {"ws://h", "ws://h:80", true},
        {"mqtts://h", "mqtts://h:8883", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_url_t a;
        esp_tls_url_t b;

        assert_true(esp_tls_url_parse(rows[i].a, strlen(rows[i].a), &a));
        assert_true(esp_tls_url_parse(rows[i].b, strlen(rows[i].b), &b));
        assert_int_equal(esp_tls_url_same_origin(&a, &b), rows[i].same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_url_gives_its_parts),
        cmocka_unit_test(test_parse_text_that_is_no_url_is_refused),
        cmocka_unit_test(test_parse_nul_inside_is_refused),
        cmocka_unit_test(test_parse_every_prefix_reads_only_its_length),
        cmocka_unit_test(test_parse_every_byte_at_every_place),
        cmocka_unit_test(test_part_is_compares_ascii_in_any_case),
        cmocka_unit_test(test_resolve_gives_the_examples_of_rfc_3986),
        cmocka_unit_test(test_resolve_against_other_bases),
        cmocka_unit_test(test_resolve_says_how_much_space_it_needs),
        cmocka_unit_test(test_same_origin_compares_scheme_host_and_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
