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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- against Mbed TLS ------------------------------------------------------------------------- */

static bool same_bytes(esp_tls_bytes_t a, const mbedtls_x509_buf *b)
{
    return a.len == b->len && (a.len == 0 || memcmp(a.ptr, b->p, a.len) == 0);
}

static void expect_time(int64_t unix_s, const mbedtls_x509_time *t)
{
    char text[ESP_TLS_TIME_TEXT];
    char wanted[64];

    esp_tls_time_text(unix_s, text);
    snprintf(wanted, sizeof(wanted), "%04d-%02d-%02d %02d:%02d:%02d", t->year, t->mon, t->day,
             t->hour, t->min, t->sec);
    assert_string_equal(text, wanted);
}

/** Our bit 0 is the first of the BIT STRING; Mbed TLS keeps its bytes as they are. */
static unsigned as_mbedtls_usage(unsigned usage)
{
    unsigned out = 0;

    for (unsigned bit = 0; bit < 9; bit++) {
        if ((usage & 1U << bit) != 0) {
            out |= bit < 8 ? 0x80U >> bit : 0x8000U;
        }
    }
    return out;
}

static void expect_names(const esp_tls_certificate_t *cert, const mbedtls_x509_crt *crt)
{
    const mbedtls_x509_sequence *san = &crt->subject_alt_names;
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t value;
    size_t at = 0;

    while (esp_tls_certificate_next_name(cert, &at, &kind, &value)) {
        assert_non_null(san);
        assert_true(same_bytes(value, &san->buf));
        assert_true(kind != ESP_TLS_NAME_DNS || (san->buf.tag & 0x1F) == MBEDTLS_X509_SAN_DNS_NAME);
        assert_true(kind != ESP_TLS_NAME_IP ||
                    (san->buf.tag & 0x1F) == MBEDTLS_X509_SAN_IP_ADDRESS);
        san = san->next;
    }
    assert_true(san == NULL || san->buf.p == NULL);
}

static void expect_same(const esp_tls_certificate_t *cert, const mbedtls_x509_crt *crt)
{
    assert_true(same_bytes(cert->der, &crt->raw));
    assert_true(same_bytes(cert->tbs, &crt->tbs));
    assert_true(same_bytes(cert->serial, &crt->serial));
    assert_true(same_bytes(cert->issuer, &crt->issuer_raw));
    assert_true(same_bytes(cert->subject, &crt->subject_raw));
    assert_true(same_bytes(cert->signature_algorithm, &crt->sig_oid));
    assert_true(same_bytes(cert->signature, &crt->MBEDTLS_PRIVATE(sig)));
    assert_true(same_bytes(cert->key.info, &crt->pk_raw));
    assert_true(same_bytes(cert->subject_key_id, &crt->subject_key_id));
    assert_true(same_bytes(cert->authority_key_id, &crt->authority_key_id.keyIdentifier));
    assert_int_equal(cert->version, crt->version);
    assert_int_equal(cert->key.bits, mbedtls_pk_get_bitlen(&crt->pk));
    assert_int_equal(cert->is_ca, crt->MBEDTLS_PRIVATE(ca_istrue));
    assert_int_equal(cert->path_length + 1, crt->MBEDTLS_PRIVATE(max_pathlen));
    assert_int_equal(as_mbedtls_usage(cert->key_usage), crt->MBEDTLS_PRIVATE(key_usage));
    assert_int_equal(cert->has_extended_usage,
                     mbedtls_x509_crt_has_ext_type(crt, MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE) != 0);
    expect_time(cert->not_before, &crt->valid_from);
    expect_time(cert->not_after, &crt->valid_to);
    expect_names(cert, crt);
}

/** Mbed TLS before 3.6.7 takes a basicConstraints that is no RFC 5280 section 4.2.1.9, even for
 *  that of an authority (CVE-2026-49300). */
static bool is_mistaken(const esp_tls_input_problem_t *problem)
{
    return MBEDTLS_VERSION_NUMBER < 0x03060700 && problem->field != NULL &&
           strcmp(problem->field, "tbsCertificate.extensions.basicConstraints") == 0;
}

/** Codes of a key that is well written and wrong: that takes computing. */
static bool is_arithmetic(int ret)
{
    return ret <= -0x4B00 && ret >= -0x4F80; /* MBEDTLS_ERR_ECP_... */
}

static void compare_der(const uint8_t *der, size_t len)
{
    esp_tls_input_problem_t problem;
    esp_tls_certificate_t cert;
    mbedtls_x509_crt crt;
    esp_err_t read = esp_tls_certificate_read(der, len, &cert);
    esp_err_t err = esp_tls_certificate_examine(der, len, ESP_TLS_INPUT_CERTIFICATES, &problem);
    int ret;

    mbedtls_x509_crt_init(&crt);
    ret = mbedtls_x509_crt_parse_der(&crt, der, len);
    if (ret == 0 && is_mistaken(&problem)) {
        assert_int_equal(read, ESP_FAIL);
    } else if (ret == 0) {
        assert_int_equal(read, ESP_OK);
        expect_same(&cert, &crt);
        assert_int_equal(
            esp_tls_certificate_examine(der, cert.der.len, ESP_TLS_INPUT_CERTIFICATES, &problem),
            ESP_OK);
    } else if (len > 0 && !is_arithmetic(ret) && err == ESP_OK) {
        fail_msg("-0x%04x without a reason", (unsigned)-ret);
    }
    mbedtls_x509_crt_free(&crt);
}

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
        compare_der(corpus[i].der, corpus[i].len);
    }
    for (size_t i = 0; i < test_chain_count; i++) {
        for (const struct test_der *der = test_chains[i].sent; der->len != 0; der++) {
            compare_der(der->p, der->len);
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
            compare_der(copy, len);
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
        compare_der(exact, len);
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
        compare_der(copy, sizeof(copy));
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
        cmocka_unit_test(test_time_text_of_seconds_gives_the_date),
        cmocka_unit_test(test_time_text_of_each_month_of_the_calendar),
        cmocka_unit_test(test_ip_text_is_rfc_5952),
        cmocka_unit_test(test_oid_text_is_dotted),
        cmocka_unit_test(test_key_read_knows_every_format),
        cmocka_unit_test(test_fits_key_tells_pairs_from_others),
        cmocka_unit_test(test_is_signed_by_tells_issuers_from_others),
        cmocka_unit_test(test_belonging_without_memory_says_so),
        cmocka_unit_test(test_pem_next_finds_and_decodes_each_block),
        cmocka_unit_test(test_next_of_der_in_a_row_gives_each),
        cmocka_unit_test(test_next_of_pkcs7_gives_its_certificates),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
