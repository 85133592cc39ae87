/* Reading certificates for people: what is read is what Mbed TLS reads, whatever Mbed TLS takes is
 * readable, and nothing that it refuses goes without a reason. */
#define _GNU_SOURCE /* memmem() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mbedtls/oid.h"
#include "mbedtls/x509_crt.h"
#include "psa/crypto.h"

#include "esp_tls_certificate.h"
#include "plat_sim.h"
#include "test_certs.h"
#include "test_chains.h"
#include "x509_kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- against Mbed TLS ------------------------------------------------------------------------- */

static const struct {
    const unsigned char *der;
    size_t len;
} corpus[] = {
#define DER(name)                                                                                  \
    {                                                                                              \
        cert_##name##_der, sizeof(cert_##name##_der)                                               \
    }
    DER(root_ec),      DER(int_ec),      DER(root_ec384),       DER(root_rsa),
    DER(int_rsa),      DER(server_ec),   DER(server_ec384),     DER(server_rsa),
    DER(server_ip),    DER(server_cn),   DER(server_expired),   DER(server_future),
    DER(server_usage), DER(self_leaf),   DER(self_ca),          DER(client_ec),
    DER(client_rsa),   DER(int_expired), DER(server_untrusted),
};

static void test_read_gives_what_mbedtls_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(corpus); i++) {
        x509_expect_as_mbedtls(corpus[i].der, corpus[i].len);
    }
    for (size_t i = 0; i < test_chain_count; i++) {
        for (const struct test_der *der = test_chains[i].sent; der->len != 0; der++) {
            x509_expect_as_mbedtls(der->p, der->len);
        }
    }
}

/** Every byte with every bit, in three certificates; elsewhere than on the build machine fewer. */
static void test_read_of_changed_bits_agrees_with_mbedtls(void **state)
{
    static const size_t which[] = {5, 7, 1};
    unsigned char copy[2048];
#if defined(__x86_64__) || defined(__aarch64__)
    const size_t step = 1;
#else
    const size_t step = 13;
#endif

    (void)state;
    for (size_t n = 0; n < COUNT(which); n++) {
        size_t len = corpus[which[n]].len;

        memcpy(copy, corpus[which[n]].der, len);
        for (size_t bit = 0; bit < len * 8; bit += step) {
            copy[bit / 8] ^= (unsigned char)(1U << bit % 8);
            x509_expect_as_mbedtls(copy, len);
            copy[bit / 8] ^= (unsigned char)(1U << bit % 8);
        }
    }
}

static void test_read_of_every_length_agrees_with_mbedtls(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(cert_server_ec_der); len++) {
        unsigned char *exact = malloc(len + (len == 0));

        assert_non_null(exact);
        memcpy(exact, cert_server_ec_der, len);
        x509_expect_as_mbedtls(exact, len);
        free(exact);
    }
}

/** What an authority's basicConstraints may be, and what is none although it looks like one. */
static void test_read_of_basic_constraints_refuses_what_rfc_5280_does(void **state)
{
    static const char genuine[] = "\x30\x06\x01\x01\xFF\x02\x01\x00";
    static const struct {
        const char *bytes;
        esp_tls_input_reason_t reason;
        bool is_ca;
    } rows[] = {
        {"\x30\x06\x01\x01\xFF\x02\x01\x00", ESP_TLS_INPUT_OK, true},
        {"\x30\x06\x01\x01\x00\x02\x01\x00", ESP_TLS_INPUT_OK, false},
        {"\x30\x06\x02\x01\x01\x02\x01\x00", ESP_TLS_INPUT_TAG, false}, /* no cA */
        {"\x30\x06\x02\x04\x00\x00\x00\x01", ESP_TLS_INPUT_TAG, false}, /* only pathLen... */
        {"\x30\x03\x01\x01\xFF\x02\x01\x00", ESP_TLS_INPUT_TRAILING, false},
        {"\x30\x00\x01\x01\xFF\x02\x01\x00", ESP_TLS_INPUT_TRAILING, false},
        {"\x30\x07\x01\x01\xFF\x02\x01\x00", ESP_TLS_INPUT_LENGTH, false},
        {"\x30\x06\x01\x02\xFF\xFF\x05\x00", ESP_TLS_INPUT_VALUE, false},
        {"\x30\x06\x01\x01\xFF\x01\x01\x00", ESP_TLS_INPUT_TAG, true},
    };
    unsigned char copy[sizeof(cert_int_ec_der)];
    unsigned char *at;

    (void)state;
    memcpy(copy, cert_int_ec_der, sizeof(copy));
    at = memmem(copy, sizeof(copy), genuine, sizeof(genuine) - 1);
    assert_non_null(at);
    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_input_problem_t problem;
        esp_tls_certificate_t cert;
        bool is_ok = rows[i].reason == ESP_TLS_INPUT_OK;

        memcpy(at, rows[i].bytes, sizeof(genuine) - 1);
        assert_int_equal(esp_tls_certificate_read(copy, sizeof(copy), &cert),
                         is_ok ? ESP_OK : ESP_FAIL);
        assert_int_equal(cert.is_ca, rows[i].is_ca);
        (void)esp_tls_certificate_examine(copy, sizeof(copy), ESP_TLS_INPUT_CERTIFICATES, &problem);
        assert_int_equal(problem.reason, rows[i].reason);
        if (!is_ok) {
            assert_string_equal(problem.field, "tbsCertificate.extensions.basicConstraints");
        }
        x509_expect_as_mbedtls(copy, sizeof(copy));
    }
}

/* --- text ------------------------------------------------------------------------------------- */

static esp_tls_certificate_t read_good(const void *der, size_t len)
{
    esp_tls_certificate_t cert;

    assert_int_equal(esp_tls_certificate_read(der, len, &cert), ESP_OK);
    return cert;
}

static void test_read_of_a_server_says_what_is_in_it(void **state)
{
    esp_tls_certificate_t cert = read_good(cert_server_ec_der, sizeof(cert_server_ec_der));
    static const char *const wanted[] = {"localhost", "test.example", "*.wild.example"};
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t value;
    char text[128];
    size_t at = 0;

    (void)state;
    assert_int_equal(esp_tls_name_text(cert.subject, text, sizeof(text)), 28);
    assert_string_equal(text, "CN=localhost,O=esp-tls tests");
    (void)esp_tls_name_text(cert.issuer, text, sizeof(text));
    assert_string_equal(text, "CN=Test Intermediate EC,O=esp-tls tests");
    assert_int_equal(esp_tls_name_attribute(cert.subject, "\x55\x04\x03", text, sizeof(text)), 9);
    assert_string_equal(text, "localhost");
    assert_int_equal(esp_tls_name_attribute(cert.subject, "\x55\x04\x06", text, sizeof(text)), 0);
    assert_string_equal(cert.key.name, "P-256");
    (void)esp_tls_oid_text(cert.key.algorithm, text, sizeof(text));
    assert_string_equal(text, "1.2.840.10045.2.1");
    assert_int_equal(cert.key.bits, 256);
    assert_string_equal(cert.signature_name, "ECDSA with SHA-256");
    assert_false(cert.is_signature_weak);
    assert_int_equal(cert.extended_usage, ESP_TLS_EXTENDED_SERVER_AUTH);
    assert_int_equal(cert.key_usage, ESP_TLS_USAGE_DIGITAL_SIGNATURE);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_true(esp_tls_certificate_next_name(&cert, &at, &kind, &value));
        assert_int_equal(kind, ESP_TLS_NAME_DNS);
        assert_int_equal(value.len, strlen(wanted[i]));
        assert_memory_equal(value.ptr, wanted[i], value.len);
    }
    assert_true(esp_tls_certificate_next_name(&cert, &at, &kind, &value));
    assert_int_equal(kind, ESP_TLS_NAME_IP);
    (void)esp_tls_ip_text(value, text, sizeof(text));
    assert_string_equal(text, "127.0.0.1");
    assert_true(esp_tls_certificate_next_name(&cert, &at, &kind, &value));
    (void)esp_tls_ip_text(value, text, sizeof(text));
    assert_string_equal(text, "::1");
    assert_false(esp_tls_certificate_next_name(&cert, &at, &kind, &value));
}

static void test_name_text_escapes_as_rfc_4514_says(void **state)
{
    static const struct {
        const char *der;
        size_t len;
        const char *text;
    } rows[] = {
#define NAME(der, text) {der, sizeof(der) - 1, text}
        NAME("\x30\x00", ""),
        /* no names: an empty set, no attribute, one of no type, one of no value, one cut off */
        NAME("\x30\x02\x31\x00", ""),
        NAME("\x30\x04\x31\x02\x30\x00", ""),
        NAME("\x30\x05\x31\x03\x30\x01\x06", ""),
        NAME("\x30\x09\x31\x07\x30\x05\x06\x03\x55\x04\x03", ""),
        NAME("\x30\x0A\x31\x08\x30\x06\x06\x03\x55\x04\x03\x0C", ""),
        NAME("\x30\x0B\x31\x09\x30\x07\x06\x03\x55\x04\x03\x0C\x01", ""),
        NAME("\x30\x0D\x31\x0B\x30\x09\x06\x03\x55\x04\x03\x0C\x02M", ""),
        /* RFC 4514 section 4: the last set first */
        NAME("\x30\x1A\x31\x0B\x30\x09\x06\x03\x55\x04\x06\x13\x02GB"
             "\x31\x0B\x30\x09\x06\x03\x55\x04\x03\x0C\x02Me",
             "CN=Me,C=GB"),
        /* two in one set */
        NAME("\x30\x18\x31\x16\x30\x09\x06\x03\x55\x04\x03\x0C\x02"
             "Me\x30\x09\x06\x03\x55\x04\x0B\x0C\x02IT",
             "CN=Me+OU=IT"),
        NAME("\x30\x12\x31\x10\x30\x0E\x06\x03\x55\x04\x03\x0C\x07"
             "a,b+\"c\\",
             "CN=a\\,b\\+\\\"c\\\\"),
        NAME("\x30\x0F\x31\x0D\x30\x0B\x06\x03\x55\x04\x03\x0C\x04 a  ", "CN=\\ a \\ "),
        NAME("\x30\x0D\x31\x0B\x30\x09\x06\x03\x55\x04\x03\x0C\x02#a", "CN=\\#a"),
        NAME("\x30\x0D\x31\x0B\x30\x09\x06\x03\x55\x04\x03\x0C\x02\x1B\x07", "CN=\\1b\\07"),
        /* no UTF-8, and a control character in two bytes */
        NAME("\x30\x0E\x31\x0C\x30\x0A\x06\x03\x55\x04\x03\x0C\x03\xFF\xC2\x9B", "CN=\\ff\\c2\\9b"),
        NAME("\x30\x0D\x31\x0B\x30\x09\x06\x03\x55\x04\x03\x0C\x02\xC3\xA4", "CN=\xC3\xA4"),
        /* BMPString, T61String */
        NAME("\x30\x0F\x31\x0D\x30\x0B\x06\x03\x55\x04\x03\x1E\x04\x20\xAC\x00X",
             "CN=\xE2\x82\xACX"),
        NAME("\x30\x0C\x31\x0A\x30\x08\x06\x03\x55\x04\x03\x14\x01\xE4", "CN=\xC3\xA4"),
        /* an attribute without a short name, and a value that is no text */
        NAME("\x30\x0D\x31\x0B\x30\x09\x06\x03\x2A\x03\x04\x0C\x02Me", "1.2.3.4=#0c024d65"),
        NAME("\x30\x0D\x31\x0B\x30\x09\x06\x03\x55\x04\x03\x03\x02\x00\x01", "2.5.4.3=#03020001"),
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_bytes_t name = {(const uint8_t *)rows[i].der, rows[i].len};
        size_t n = esp_tls_name_text(name, text, sizeof(text));

        assert_string_equal(text, rows[i].text);
        assert_int_equal(n, strlen(rows[i].text));
        for (size_t cap = 0; cap < n; cap++) { /* as much as fits */
            char *exact = malloc(cap + (cap == 0));

            assert_non_null(exact);
            assert_int_equal(esp_tls_name_text(name, exact, cap), n);
            if (cap > 0) {
                assert_int_equal(strlen(exact), cap - 1);
                assert_memory_equal(exact, rows[i].text, cap - 1);
            }
            free(exact);
        }
    }
}

/** A name of one attribute, as text. */
static void expect_text(uint8_t tag, const void *value, size_t len, const char *wanted)
{
    uint8_t der[64] = {0x30,        (uint8_t)(len + 11),
                       0x31,        (uint8_t)(len + 9),
                       0x30,        (uint8_t)(len + 7),
                       6,           3,
                       0x55,        4,
                       3,           tag,
                       (uint8_t)len};
    char text[64];

    memcpy(der + 13, value, len);
    (void)esp_tls_name_text((esp_tls_bytes_t){der, len + 13}, text, sizeof(text));
    assert_string_equal(text, wanted);
}

/** The first and the last character of each length (RFC 3629), and what is none. */
static void test_name_text_of_each_length_of_utf_8(void **state)
{
    static const char *const good[] = {
        "a\xC2\xA0",    "\xDF\xBF",         "\xE0\xA0\x80",     "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "\x7E",         "\xC3\xA4z",
    };
    static const struct {
        const char *bytes;
        const char *text;
    } bad[] = {
        {"\x80", "CN=\\80"},
        {"\xC1\xBF", "CN=\\c1\\bf"}, /* longer than need be */
        {"\xE0\x9F\xBF", "CN=\\e0\\9f\\bf"},
        {"\xF0\x8F\xBF\xBF", "CN=\\f0\\8f\\bf\\bf"},
        {"\xED\xA0\x80", "CN=\\ed\\a0\\80"}, /* surrogates */
        {"\xED\xBF\xBF", "CN=\\ed\\bf\\bf"},
        {"\xF4\x90\x80\x80", "CN=\\f4\\90\\80\\80"}, /* beyond the last */
        {"\xF5\x80\x80\x80", "CN=\\f5\\80\\80\\80"},
        {"\xF8\x90\x80\x80", "CN=\\f8\\90\\80\\80"},
        {"\xBF\x80", "CN=\\bf\\80"},
        {"\xC3", "CN=\\c3"}, /* cut off, and interrupted */
        {"\xE2\x82", "CN=\\e2\\82"},
        {"\xE2\x82z", "CN=\\e2\\82z"},
        {"\x1F", "CN=\\1f"}, /* control characters */
        {"\x7F", "CN=\\7f"},
        {"\xC2\x80", "CN=\\c2\\80"},
        {"\xC2\x9F", "CN=\\c2\\9f"},
    };
    char wanted[64];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        snprintf(wanted, sizeof(wanted), "CN=%s", good[i]);
        expect_text(0x0C, good[i], strlen(good[i]), wanted);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        expect_text(0x0C, bad[i].bytes, strlen(bad[i].bytes), bad[i].text);
    }
}

static void test_name_text_of_each_type_of_string(void **state)
{
    (void)state;
    expect_text(0x13, "a", 1, "CN=a");
    expect_text(0x16, "a", 1, "CN=a");
    expect_text(0x14, "\xA0\xFF", 2, "CN=\xC2\xA0\xC3\xBF");
    expect_text(0x1E, "\xD7\xFF\xE0\x00", 4, "CN=\xED\x9F\xBF\xEE\x80\x80");
    expect_text(0x1E, "\xD8\x00", 2, "CN=\\d8\\00");
    expect_text(0x1E, "\xDF\xFF", 2, "CN=\\df\\ff");
    expect_text(0x1E, "\x00z\x00", 3, "CN=z\\00");
    expect_text(0x1C, "\x00\x00\x20\xAC", 4, "CN=\xE2\x82\xAC");
    expect_text(0x1C, "\x00\x10\xFF\xFF", 4, "CN=\xF4\x8F\xBF\xBF");
    expect_text(0x1C, "\x00\x11\x00\x00", 4, "CN=\\00\\11\\00\\00");
    expect_text(0x1C, "\x01\x00\x00z", 4, "CN=\\01\\00\\00\\7a");
    expect_text(0x1C, "\x00\x00z", 3, "CN=\\00\\00\\7a");
}

static void test_time_text_of_seconds_gives_the_date(void **state)
{
    static const struct {
        int64_t s;
        const char *text;
    } rows[] = {
        {0, "1970-01-01 00:00:00"},
        {-1, "1969-12-31 23:59:59"},
        {951782400, "2000-02-29 00:00:00"},
        {951868800, "2000-03-01 00:00:00"},
        {4107542400, "2100-03-01 00:00:00"},
        {4107542399, "2100-02-28 23:59:59"},
        {INT64_C(253402300799), "9999-12-31 23:59:59"},
        {INT64_C(253402300800), "?"},
        {INT64_C(-62167219200), "0000-01-01 00:00:00"},
        {INT64_C(-62167219201), "?"},
        {INT64_MAX, "?"},
        {INT64_MIN, "?"},
    };
    char text[ESP_TLS_TIME_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_time_text(rows[i].s, text);
        assert_string_equal(text, rows[i].text);
    }
}

/** The first and the last day of each month of 10,000 years, counted one by one. */
static void test_time_text_of_each_month_of_the_calendar(void **state)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day = -719528; /* 0000-01-01 */
    char text[ESP_TLS_TIME_TEXT];
    char wanted[64];

    (void)state;
    for (int year = 0; year < 10000; year++) {
        bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

        for (int month = 1; month <= 12; month++) {
            int last = days[month - 1] + (month == 2 && is_leap);

            esp_tls_time_text(day * 86400, text);
            snprintf(wanted, sizeof(wanted), "%04d-%02d-01 00:00:00", year, month);
            assert_string_equal(text, wanted);
            day += last;
            esp_tls_time_text(day * 86400 - 1, text);
            snprintf(wanted, sizeof(wanted), "%04d-%02d-%02d 23:59:59", year, month, last);
            assert_string_equal(text, wanted);
        }
    }
}

static void test_ip_text_is_rfc_5952(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *text;
    } rows[] = {
        {"\xC0\x00\x02\x01", 4, "192.0.2.1"},
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, "::"},
        {"\x20\x01\x0D\xB8\0\0\0\0\0\1\0\0\0\0\0\1", 16, "2001:db8::1:0:0:1"},
        {"\x20\x01\x0D\xB8\0\0\0\1\0\1\0\1\0\1\0\1", 16, "2001:db8:0:1:1:1:1:1"},
        {"\x20\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, "2001::"},
        {"\0\1\0\2\0\0\0\0\0\5\0\0\0\0\0\0", 16, "1:2:0:0:5::"},
        {"\0\0\0\0\0\3\0\4\0\5\0\6\0\0\0\0", 16, "::3:4:5:6:0:0"},
        {"\0\1\0\2\0\3\0\4\0\5\0\6\0\0\0\0", 16, "1:2:3:4:5:6::"},
        {"\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0", 16, "1:2:3:4:5:6:7:0"},
        {"\x0A\xBC\xDE\xF0\x10\0\1\0\0\x10\x98\x76\x54\x32\0\1", 16,
         "abc:def0:1000:100:10:9876:5432:1"},
        {"\1\2\3", 3, "010203"},
        {"", 0, ""},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)esp_tls_ip_text((esp_tls_bytes_t){(const uint8_t *)rows[i].bytes, rows[i].len}, text,
                              sizeof(text));
        assert_string_equal(text, rows[i].text);
    }
}

static void test_oid_text_is_dotted(void **state)
{
    static const struct {
        const char *bytes;
        const char *text;
    } rows[] = {
        {"\x2A\x86\x48\x86\xF7\x0D", "1.2.840.113549"},
        {"\x55\x1D\x25", "2.5.29.37"},
        {"\x88\x37", "2.999"},
        {"\x2B\x65\x70", "1.3.101.112"},
        {"\x27", "0.39"},
        {"\x28", "1.0"},
        {"\x4F", "1.39"},
        {"\x50", "2.0"},
        {"\x7F", "2.47"},
        {"\x2A\x81", "1.2"}, /* the last arc is cut off */
        {"\x2A\x81\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", "1.2.18446744073709551615"},
        {"\x2A\x82\x80\x80\x80\x80\x80\x80\x80\x80\x01", "1.2.?"},
        {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", "?"},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)esp_tls_oid_text(
            (esp_tls_bytes_t){(const uint8_t *)rows[i].bytes, strlen(rows[i].bytes)}, text,
            sizeof(text));
        assert_string_equal(text, rows[i].text);
    }
}

static void test_oid_name_is_its_standards(void **state)
{
    (void)state;
    assert_string_equal(esp_tls_oid_name((esp_tls_bytes_t){(const uint8_t *)"\x55\x04\x03", 3}),
                        "commonName");
    assert_null(esp_tls_oid_name((esp_tls_bytes_t){(const uint8_t *)"\x55\x04\x03", 2}));
    assert_null(esp_tls_oid_name((esp_tls_bytes_t){NULL, 0}));
}

/* --- private keys, pairs, signatures ---------------------------------------------------------- */

static void test_key_read_knows_every_format(void **state)
{
    static const struct {
        const unsigned char *der;
        size_t len;
        esp_tls_key_format_t format;
        esp_tls_key_type_t type;
        unsigned bits;
        const char *algorithm;
    } rows[] = {
#define KEY(name, format, type, bits, algorithm)                                                   \
    {cert_##name##_der,                                                                            \
     sizeof(cert_##name##_der),                                                                    \
     ESP_TLS_KEY_FORMAT_##format,                                                                  \
     ESP_TLS_KEY_##type,                                                                           \
     bits,                                                                                         \
     algorithm}
        KEY(client_ec_p8, PKCS8, EC, 256, "1.2.840.10045.2.1"),
        KEY(client_ec384_p8, PKCS8, EC, 384, "1.2.840.10045.2.1"),
        KEY(client_rsa_p8, PKCS8, RSA, 2048, "1.2.840.113549.1.1.1"),
        KEY(client_ec_sec1, SEC1, EC, 256, ""),
        KEY(client_rsa_pkcs1, PKCS1, RSA, 2048, ""),
        KEY(client_rsa_aes128, PKCS8_ENCRYPTED, UNKNOWN, 0, "1.2.840.113549.1.5.13"),
    };
    esp_tls_certificate_t ec = read_good(cert_client_ec_der, sizeof(cert_client_ec_der));
    esp_tls_certificate_t rsa = read_good(cert_client_rsa_der, sizeof(cert_client_rsa_der));
    esp_tls_private_key_t key;
    char algorithm[64];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(esp_tls_private_key_read(rows[i].der, rows[i].len, &key), ESP_OK);
        assert_int_equal(key.format, rows[i].format);
        assert_int_equal(key.type, rows[i].type);
        assert_int_equal(key.bits, rows[i].bits);
        (void)esp_tls_oid_text(key.algorithm, algorithm, sizeof(algorithm));
        assert_string_equal(algorithm, rows[i].algorithm);
        if (key.modulus.ptr != NULL) {
            assert_int_equal(key.modulus.len, rsa.key.modulus.len);
            assert_memory_equal(key.modulus.ptr, rsa.key.modulus.ptr, key.modulus.len);
        }
        if (key.point.ptr != NULL && key.bits == 256) {
            assert_int_equal(key.point.len, ec.key.key.len);
            assert_memory_equal(key.point.ptr, ec.key.key.ptr, key.point.len);
        }
    }
    assert_int_equal(esp_tls_private_key_read(cert_root_ec_der, sizeof(cert_root_ec_der), &key),
                     ESP_FAIL);
    assert_int_equal(esp_tls_private_key_read(NULL, 1, &key), ESP_ERR_INVALID_ARG);
}

static void test_fits_key_tells_pairs_from_others(void **state)
{
    esp_tls_certificate_t ec = read_good(cert_client_ec_der, sizeof(cert_client_ec_der));
    esp_tls_certificate_t rsa = read_good(cert_client_rsa_der, sizeof(cert_client_rsa_der));
#define FITS(cert, key) esp_tls_certificate_fits_key(&(cert), key, sizeof(key), NULL, 0)

    (void)state;
    assert_int_equal(FITS(ec, cert_client_ec_key), ESP_OK);
    assert_int_equal(FITS(ec, cert_client_ec_sec1_der), ESP_OK);
    assert_int_equal(FITS(rsa, cert_client_rsa_key), ESP_OK);
    assert_int_equal(FITS(rsa, cert_client_ec_key), ESP_FAIL);
    assert_int_equal(FITS(ec, cert_client_rsa_key), ESP_FAIL);
    assert_int_equal(FITS(ec, cert_client_other_key), ESP_FAIL);
    assert_int_equal(FITS(ec, cert_client_ec_pem), ESP_ERR_INVALID_ARG);
    assert_int_equal(FITS(ec, cert_client_ec_aes128_pem), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_tls_certificate_fits_key(&ec, cert_client_ec_aes128_pem,
                                                  sizeof(cert_client_ec_aes128_pem),
                                                  cert_password_txt, 13),
                     ESP_OK);
    assert_int_equal(esp_tls_certificate_fits_key(&ec, NULL, 0, NULL, 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_certificate_fits_key(&ec, NULL, 1, NULL, 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_certificate_fits_key(&ec, cert_client_ec_key, 0, NULL, 0),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(FITS((esp_tls_certificate_t){.version = 3}, cert_client_ec_key),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(
        esp_tls_certificate_fits_key(NULL, cert_client_ec_key, sizeof(cert_client_ec_key), NULL, 0),
        ESP_ERR_INVALID_ARG);
}

static void test_is_signed_by_tells_issuers_from_others(void **state)
{
#define CERTIFICATE(name) read_good(cert_##name##_der, sizeof(cert_##name##_der))
    esp_tls_certificate_t leaf = CERTIFICATE(server_ec);
    esp_tls_certificate_t ca = CERTIFICATE(int_ec);
    esp_tls_certificate_t root = CERTIFICATE(root_ec);
    esp_tls_certificate_t twin = CERTIFICATE(root_twin);
    esp_tls_certificate_t rsa = CERTIFICATE(root_rsa);
    esp_tls_certificate_t rsa_ca = CERTIFICATE(int_rsa);

    (void)state;
    assert_int_equal(esp_tls_certificate_is_signed_by(&leaf, &ca), ESP_OK);
    assert_int_equal(esp_tls_certificate_is_signed_by(&ca, &root), ESP_OK);
    assert_int_equal(esp_tls_certificate_is_signed_by(&root, &root), ESP_OK);
    assert_int_equal(esp_tls_certificate_is_signed_by(&rsa_ca, &rsa), ESP_OK);
    assert_int_equal(esp_tls_certificate_is_signed_by(&ca, &twin), ESP_FAIL);
    assert_int_equal(esp_tls_certificate_is_signed_by(&leaf, &root), ESP_FAIL);
    assert_int_equal(esp_tls_certificate_is_signed_by(&rsa_ca, &root), ESP_FAIL);
    assert_int_equal(esp_tls_certificate_is_signed_by(&leaf, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_certificate_is_signed_by(NULL, &ca), ESP_ERR_INVALID_ARG);
    for (unsigned i = 0; i < 4; i++) { /* each part is asked for */
        esp_tls_certificate_t part = leaf;
        esp_tls_certificate_t issuer = ca;

        *(i == 0   ? &part.der
          : i == 1 ? &part.signature_algorithm
          : i == 2 ? &issuer.key.info
                   : &issuer.key.algorithm) = (esp_tls_bytes_t){NULL, 0};
        assert_int_equal(esp_tls_certificate_is_signed_by(&part, &issuer), ESP_ERR_INVALID_ARG);
    }
    ca.key.curve = ca.key.algorithm; /* no curve */
    assert_int_equal(esp_tls_certificate_is_signed_by(&leaf, &ca), ESP_ERR_NOT_SUPPORTED);
    ca = root;
    ca.key.algorithm = ca.key.curve; /* no key */
    assert_int_equal(esp_tls_certificate_is_signed_by(&leaf, &ca), ESP_ERR_NOT_SUPPORTED);
    leaf.signature_algorithm = leaf.key.curve; /* no signature */
    assert_int_equal(esp_tls_certificate_is_signed_by(&leaf, &root), ESP_ERR_NOT_SUPPORTED);
}

/** Every allocation of the two calls fails once: no memory is no memory, and nothing is left. */
static void test_belonging_without_memory_says_so(void **state)
{
    esp_tls_certificate_t leaf = CERTIFICATE(server_rsa);
    esp_tls_certificate_t ca = CERTIFICATE(int_rsa);
    esp_tls_certificate_t ec = CERTIFICATE(client_ec);
    size_t live = sim_alloc_live();
    unsigned failed = 0;

    (void)state;
    for (unsigned n = 1; n < 400; n++) {
        esp_err_t by;
        esp_err_t fits;

        sim_fail_alloc(n, false);
        by = esp_tls_certificate_is_signed_by(&leaf, &ca);
        sim_fail_alloc(n, false);
        fits = FITS(ec, cert_client_ec_key);
        sim_fail_alloc(0, false);
        assert_true(by == ESP_OK || by == ESP_ERR_NO_MEM);
        assert_true(fits == ESP_OK || fits == ESP_ERR_NO_MEM);
        assert_int_equal(sim_alloc_live(), live);
        failed += by == ESP_ERR_NO_MEM;
        failed += fits == ESP_ERR_NO_MEM;
        if (by == ESP_OK && fits == ESP_OK && n > 100) {
            break;
        }
    }
    assert_true(failed > 10);
}

/* --- PEM -------------------------------------------------------------------------------------- */

static void test_pem_next_finds_and_decodes_each_block(void **state)
{
    unsigned char der[1024];
    esp_tls_pem_block_t block;
    size_t at = 0;
    size_t len;

    (void)state;
    assert_true(
        esp_tls_pem_next(cert_server_ec_chain_pem, sizeof(cert_server_ec_chain_pem), &at, &block));
    assert_true(esp_tls_pem_is(&block, "CERTIFICATE"));
    assert_int_equal(block.line, 1);
    assert_int_equal(esp_tls_pem_decode(&block, der, sizeof(der), &len), ESP_OK);
    assert_int_equal(len, sizeof(cert_server_ec_der));
    assert_memory_equal(der, cert_server_ec_der, len);
    assert_int_equal(esp_tls_pem_decode(&block, der, len - 1, &len), ESP_ERR_INVALID_SIZE);
    assert_true(
        esp_tls_pem_next(cert_server_ec_chain_pem, sizeof(cert_server_ec_chain_pem), &at, &block));
    assert_int_equal(esp_tls_pem_decode(&block, der, sizeof(der), &len), ESP_OK);
    assert_int_equal(len, sizeof(cert_int_ec_der));
    assert_memory_equal(der, cert_int_ec_der, len);
    assert_false(
        esp_tls_pem_next(cert_server_ec_chain_pem, sizeof(cert_server_ec_chain_pem), &at, &block));
    at = 0;
    assert_true(esp_tls_pem_next(cert_client_ec_rfc1421_aes128_pem,
                                 sizeof(cert_client_ec_rfc1421_aes128_pem), &at, &block));
    assert_true(block.is_encrypted);
    assert_true(esp_tls_pem_is(&block, "EC PRIVATE KEY"));
}

/** The blocks of a text, as "LABEL:line:body;". */
static void blocks_of(const char *text, size_t len, char out[256])
{
    esp_tls_pem_block_t block;
    size_t at = 0;

    out[0] = '\0';
    while (esp_tls_pem_next(text, len, &at, &block)) {
        size_t n = strlen(out);

        assert_true(at <= len);
        assert_memory_equal(text + block.offset, "-----BEGIN ", 11);
        snprintf(out + n, 256 - n, "%.*s:%u%s:%.*s;", (int)block.label.len,
                 (const char *)block.label.ptr, block.line, block.is_encrypted ? "!" : "",
                 (int)block.body.len, (const char *)block.body.ptr);
    }
}

#define LABEL64 "0123456789012345678901234567890123456789012345678901234567890123"

static void test_pem_next_of_each_text_gives_its_blocks(void **state)
{
    static const struct {
        const char *text;
        const char *blocks;
    } rows[] = {
        {"", ""},
        {"-----BEGIN ", ""},
        {"-----BEGIN A-----", ""},
        {"-----BEGIN A-----\nx\n-----END A----", ""},
        {"-----BEGIN A-----\nx\n-----END A-----", "A:1:x\n;"},
        {"-----BEGIN A-----x\ny\n-----END A-----", "A:1:y\n;"}, /* what follows the dashes */
        {"a\n\n-----BEGIN A-----\n-----END A-----\nb\n-----BEGIN B-----\n-----END B-----\n",
         "A:3:;B:6:;"},
        /* one without an end, or with another's: what follows is found */
        {"-----BEGIN A-----\nx\n-----BEGIN B-----\ny\n-----END B-----\n", "B:3:y\n;"},
        {"-----BEGIN A-----\nx\n-----END B-----\n-----END A-----\n", "A:1:x\n-----END B-----\n;"},
        {"-----BEGIN A-----\nx\n-----END AB-----\n-----BEGIN A-----\n-----END A-----\n", "A:4:;"},
        {"-----END A-----\n-----BEGIN A-----\nx\n-----END A-----\n", "A:2:x\n;"},
        /* labels of no line, or too long */
        {"-----BEGIN A\n-----\nx\n-----END A\n-----\n-----BEGIN B-----\n-----END B-----", "B:6:;"},
        {"-----BEGIN " LABEL64 "-----\n-----END " LABEL64 "-----\n", LABEL64 ":1:;"},
        {"-----BEGIN x" LABEL64 "-----\n-----END x" LABEL64 "-----\n", ""},
        {"-----BEGIN -----\n-----END -----\n", ":1:;"},
        /* headers */
        {"-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X,1\n\nx\n-----END A-----\n",
         "A:1!:x\n;"},
        {"-----BEGIN A-----\r\nNote: y\r\n\r\nx\r\n-----END A-----\r\n", "A:1:x\r\n;"},
        {"-----BEGIN A-----\nx\nProc-Type: 4,ENCRYPTED\n-----END A-----\n",
         "A:1:x\nProc-Type: 4,ENCRYPTED\n;"},
        {"-----BEGIN A-----\nNote: y\n-----END A-----\n", "A:1:;"},
        {"----", ""},
    };
    esp_tls_pem_block_t block;
    char out[256];
    size_t at = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len = strlen(rows[i].text);
        char *exact = malloc(len + (len == 0));

        assert_non_null(exact);
        memcpy(exact, rows[i].text, len);
        blocks_of(exact, len, out);
        assert_string_equal(out, rows[i].blocks);
        free(exact);
        blocks_of(rows[i].text, len + 1, out); /* up to its NUL */
        assert_string_equal(out, rows[i].blocks);
    }
    assert_false(esp_tls_pem_next(NULL, 1, &at, &block));
}

static void test_pem_decode_of_each_body(void **state)
{
    static const struct {
        const char *body;
        const char *bytes;
        esp_err_t err;
    } rows[] = {
        {"AQID", "\1\2\3", ESP_OK},
        {"AQI=\n", "\1\2", ESP_OK},
        {"AQ==", "\1", ESP_OK},
        {"A\nQ\r\nI  \nD\n", "\1\2\3", ESP_OK},
        {"+/09azAZ", "\xFB\xFD\x3D\x6B\x30\x19", ESP_OK},
        {"//8A", "\xFF\xFF", ESP_OK}, /* and a zero byte */
        {"", "", ESP_FAIL},
        {"====", "", ESP_FAIL},
        {"AQI", "", ESP_FAIL},
        {"AQ=", "", ESP_FAIL},
        {"A===", "", ESP_FAIL},
        {"AQ=I", "", ESP_FAIL},
        {"AQ===", "", ESP_FAIL},
        {"AQIDA", "", ESP_FAIL},
        {" AQID", "", ESP_FAIL},
        {"AQ\rID", "", ESP_FAIL},
        {"AQ@D", "", ESP_FAIL},
        {"AQ[D", "", ESP_FAIL},
        {"AQ`D", "", ESP_FAIL},
        {"AQ{D", "", ESP_FAIL},
        {"AQ:D", "", ESP_FAIL},
        {"AQ.D", "", ESP_FAIL},
        {"AQ,D", "", ESP_FAIL},
    };
    esp_tls_pem_block_t block = {.offset = 0};
    uint8_t out[8];
    size_t len = 1;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        block.body = (esp_tls_bytes_t){(const uint8_t *)rows[i].body, strlen(rows[i].body)};
        memset(out, 0, sizeof(out));
        assert_int_equal(esp_tls_pem_decode(&block, out, sizeof(out), &len), rows[i].err);
        assert_string_equal((const char *)out, rows[i].bytes);
        assert_true(rows[i].err == ESP_OK ? len >= strlen(rows[i].bytes) : len == 0);
        if (rows[i].err == ESP_OK) {
            size_t need = len;

            assert_int_equal(esp_tls_pem_decode(&block, out, need, &len), ESP_OK);
            assert_int_equal(esp_tls_pem_decode(&block, out, need - 1, &len), ESP_ERR_INVALID_SIZE);
            assert_int_equal(len, need);
        }
    }
    assert_int_equal(esp_tls_pem_decode(NULL, out, 8, &len), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_pem_decode(&block, NULL, 8, &len), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_pem_decode(&block, out, 8, NULL), ESP_ERR_INVALID_ARG);
    block.body.ptr = NULL;
    assert_int_equal(esp_tls_pem_decode(&block, out, 8, &len), ESP_ERR_INVALID_ARG);
}

static void test_name_attribute_is_the_last_of_its_kind(void **state)
{
    static const char name[] = "\x30\x32\x31\x18\x30\x0A\x06\x03\x55\x04\x03\x0C\x03"
                               "a,1\x30\x0A\x06\x03\x55\x04\x03\x0C\x03#b2"
                               "\x31\x16\x30\x09\x06\x03\x55\x04\x0A\x0C\x02 c"
                               "\x30\x09\x06\x03\x55\x04\x06\x13\x02\x01\\";
    esp_tls_bytes_t bytes = {(const uint8_t *)name, sizeof(name) - 1};
    char text[16];

    (void)state;
    assert_int_equal(esp_tls_name_attribute(bytes, "\x55\x04\x03", text, sizeof(text)), 3);
    assert_string_equal(text, "#b2"); /* as it is: nothing follows it that it could be taken for */
    assert_int_equal(esp_tls_name_attribute(bytes, "\x55\x04\x0A", text, sizeof(text)), 2);
    assert_string_equal(text, " c");
    assert_int_equal(esp_tls_name_attribute(bytes, "\x55\x04\x06", text, sizeof(text)), 5);
    assert_string_equal(text, "\\01\\\\");
    assert_int_equal(esp_tls_name_attribute(bytes, "\x55\x04", text, sizeof(text)), 0);
    assert_int_equal(esp_tls_name_attribute(bytes, "\x55\x04\x03\x01", text, sizeof(text)), 0);
    assert_int_equal(esp_tls_name_attribute((esp_tls_bytes_t){NULL, 0}, "\x55\x04\x03", text, 16),
                     0);
    assert_string_equal(text, "");
    bytes.len--; /* cut off: no name */
    assert_int_equal(esp_tls_name_text(bytes, text, sizeof(text)), 0);
}

static int start(void **state)
{
    (void)state;
    return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
}

/* --- one after the other ---------------------------------------------------------------------- */

/** Count the certificates of a buffer, which must be the server's and whatever comes behind it. */
static unsigned count_in(const void *buf, size_t len)
{
    unsigned count = 0;
    esp_tls_bytes_t der;
    size_t at = 0;

    while (esp_tls_certificate_next(buf, len, &at, &der)) {
        if (count++ == 0) {
            assert_int_equal(der.len, sizeof(cert_server_ec_der));
            assert_memory_equal(der.ptr, cert_server_ec_der, der.len);
        }
        assert_true(at <= len);
    }
    assert_false(esp_tls_certificate_next(buf, len, &at, &der)); /* and stays there */
    return count;
}

/** Put an element with a length of two bytes in front of what stands at the end of a buffer. */
static void wrap(unsigned char *buf, size_t end, size_t *begin, unsigned char tag)
{
    const size_t len = end - *begin;

    *begin -= 4;
    memcpy(buf + *begin,
           (unsigned char[]){tag, 0x82, (unsigned char)(len >> 8), (unsigned char)len}, 4);
}

static void test_next_of_der_in_a_row_gives_each(void **state)
{
    const size_t len = sizeof(cert_server_ec_der);
    unsigned char two[2 * sizeof(cert_server_ec_der) + 1] = {0};
    esp_tls_bytes_t der;
    size_t at = 0;

    (void)state;
    memcpy(two, cert_server_ec_der, len);
    assert_int_equal(count_in(two, len), 1);
    assert_int_equal(count_in(two, sizeof(two)), 1); /* NUL bytes behind it */
    memcpy(two + len, cert_server_ec_der, len);
    assert_int_equal(count_in(two, sizeof(two)), 2);
    assert_int_equal(count_in(two, sizeof(two) - 2), 2); /* the second is cut off */
    two[len] = 0x04;
    assert_int_equal(count_in(two, sizeof(two)), 2);
    assert_false(esp_tls_certificate_next(two, 0, &at, &der));
    assert_false(esp_tls_certificate_next(NULL, len, &at, &der));
    assert_false(esp_tls_certificate_next(two, len, NULL, &der));
    assert_false(esp_tls_certificate_next(two, len, &at, NULL));
}

static void test_next_of_pkcs7_gives_its_certificates(void **state)
{
    static const unsigned char before[] = {2,    1,    1,    0x31, 0,    0x30, 11, 6, 9,
                                           0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1,  7, 1};
    static const unsigned char oid[] = {6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2};
    unsigned char buf[2 * sizeof(cert_server_ec_der) + 100];
    const size_t end = sizeof(buf) - 2;
    size_t begin = end - 2 * sizeof(cert_server_ec_der);
    size_t oid_at;

    (void)state;
    memcpy(buf + begin, cert_server_ec_der, sizeof(cert_server_ec_der));
    memcpy(buf + begin + sizeof(cert_server_ec_der), cert_server_ec_der,
           sizeof(cert_server_ec_der));
    wrap(buf, end, &begin, 0xA0);
    begin -= sizeof(before);
    memcpy(buf + begin, before, sizeof(before));
    memcpy(buf + end, "\x31", 2); /* no signers */
    wrap(buf, end + 2, &begin, 0x30);
    wrap(buf, end + 2, &begin, 0xA0);
    begin -= sizeof(oid);
    memcpy(buf + begin, oid, sizeof(oid));
    oid_at = begin;
    wrap(buf, end + 2, &begin, 0x30);
    assert_int_equal(count_in(buf + begin, end + 2 - begin), 2);
    for (size_t i = oid_at; i < oid_at + sizeof(oid); i++) { /* of another kind: one element */
        esp_tls_bytes_t der;
        size_t at = 0;

        buf[i] ^= 1;
        assert_true(esp_tls_certificate_next(buf + begin, end + 2 - begin, &at, &der));
        assert_int_equal(der.len, end + 2 - begin);
        buf[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_gives_what_mbedtls_reads),
        cmocka_unit_test(test_read_of_changed_bits_agrees_with_mbedtls),
        cmocka_unit_test(test_read_of_every_length_agrees_with_mbedtls),
        cmocka_unit_test(test_read_of_basic_constraints_refuses_what_rfc_5280_does),
        cmocka_unit_test(test_read_of_a_server_says_what_is_in_it),
        cmocka_unit_test(test_name_text_escapes_as_rfc_4514_says),
        cmocka_unit_test(test_name_text_of_each_length_of_utf_8),
        cmocka_unit_test(test_name_text_of_each_type_of_string),
        cmocka_unit_test(test_time_text_of_seconds_gives_the_date),
        cmocka_unit_test(test_time_text_of_each_month_of_the_calendar),
        cmocka_unit_test(test_ip_text_is_rfc_5952),
        cmocka_unit_test(test_oid_text_is_dotted),
        cmocka_unit_test(test_oid_name_is_its_standards),
        cmocka_unit_test(test_key_read_knows_every_format),
        cmocka_unit_test(test_fits_key_tells_pairs_from_others),
        cmocka_unit_test(test_is_signed_by_tells_issuers_from_others),
        cmocka_unit_test(test_belonging_without_memory_says_so),
        cmocka_unit_test(test_pem_next_finds_and_decodes_each_block),
        cmocka_unit_test(test_pem_next_of_each_text_gives_its_blocks),
        cmocka_unit_test(test_pem_decode_of_each_body),
        cmocka_unit_test(test_name_attribute_is_the_last_of_its_kind),
        cmocka_unit_test(test_next_of_der_in_a_row_gives_each),
        cmocka_unit_test(test_next_of_pkcs7_gives_its_certificates),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
