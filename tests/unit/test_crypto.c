/* esp_tls_crypto.h against the vectors of its sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "esp_tls_crypto.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* FIPS 180-4's examples, and RFC 6455 section 1.3's key. */
static const struct {
    const char *text;
    const char *digest;
} sha1[] = {
    {"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {"dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
     "b37a4f2cc0624f1690f64606cf385945b2bec4ea"},
};

static void test_sha1_vectors_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sha1); i++) {
        unsigned char digest[20];
        char hex[41];

        assert_int_equal(
            esp_crypto_sha1((const unsigned char *)sha1[i].text, strlen(sha1[i].text), digest), 0);
        for (size_t b = 0; b < sizeof(digest); b++) {
            (void)snprintf(hex + 2 * b, 3, "%02x", digest[b]);
        }
        assert_string_equal(hex, sha1[i].digest);
    }
}

static void test_sha1_null_input_of_no_bytes_is_legal(void **state)
{
    unsigned char digest[20];

    (void)state;
    assert_int_equal(esp_crypto_sha1(NULL, 0, digest), 0);
    assert_int_equal(digest[0], 0xda);
}

static void test_sha1_missing_argument_is_negative(void **state)
{
    unsigned char digest[20];

    (void)state;
    assert_true(esp_crypto_sha1(NULL, 1, digest) < 0);
    assert_true(esp_crypto_sha1((const unsigned char *)"x", 1, NULL) < 0);
}

/* RFC 4648 section 10, and bytes above 0x7F. */
static const struct {
    const char *text;
    const char *base64;
} base64[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xfe\xfd", "//79"},
    {"\xfb\xef\xbe", "++++"},
};

static void test_base64_vectors_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(base64); i++) {
        const unsigned char *src = (const unsigned char *)base64[i].text;
        size_t slen = strlen(base64[i].text);
        unsigned char dst[32];
        size_t olen = 99;

        memset(dst, 'x', sizeof(dst));
        assert_int_equal(esp_crypto_base64_encode(dst, 4 * ((slen + 2) / 3) + 1, &olen, src, slen),
                         0);
        assert_int_equal(olen, strlen(base64[i].base64));
        assert_string_equal((char *)dst, base64[i].base64);
        assert_int_equal(dst[olen + 1], 'x');
    }
}

static void test_base64_size_is_asked_with_null(void **state)
{
    size_t olen = 0;

    (void)state;
    assert_int_equal(esp_crypto_base64_encode(NULL, 0, &olen, (const unsigned char *)"foobar", 6),
                     -0x002A);
    assert_int_equal(olen, 9);
    olen = 0;
    assert_int_equal(esp_crypto_base64_encode(NULL, 100, &olen, (const unsigned char *)"foobar", 6),
                     -0x002A);
    assert_int_equal(olen, 9);
}

static void test_base64_too_small_says_the_size_and_writes_nothing(void **state)
{
    (void)state;
    for (size_t dlen = 0; dlen < 9; dlen++) {
        unsigned char dst[9];
        size_t olen = 0;

        memset(dst, 'x', sizeof(dst));
        assert_int_equal(
            esp_crypto_base64_encode(dst, dlen, &olen, (const unsigned char *)"foobar", 6),
            -0x002A);
        assert_int_equal(olen, 9);
        for (size_t i = 0; i < sizeof(dst); i++) {
            assert_int_equal(dst[i], 'x');
        }
    }
}

static void test_base64_no_bytes_need_room_for_the_nul(void **state)
{
    unsigned char dst[1] = {'x'};
    size_t olen = 9;

    (void)state;
    assert_int_equal(esp_crypto_base64_encode(dst, 1, &olen, NULL, 0), 0);
    assert_int_equal(olen, 0);
    assert_int_equal(dst[0], '\0');
    assert_int_equal(esp_crypto_base64_encode(NULL, 0, &olen, NULL, 0), -0x002A);
    assert_int_equal(olen, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha1_vectors_match),
        cmocka_unit_test(test_sha1_null_input_of_no_bytes_is_legal),
        cmocka_unit_test(test_sha1_missing_argument_is_negative),
        cmocka_unit_test(test_base64_vectors_match),
        cmocka_unit_test(test_base64_size_is_asked_with_null),
        cmocka_unit_test(test_base64_too_small_says_the_size_and_writes_nothing),
        cmocka_unit_test(test_base64_no_bytes_need_room_for_the_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
