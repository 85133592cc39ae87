/* Why an input does not parse: each way of damaging one, with the reason and the place that must be
 * named; and Mbed TLS's opinion of the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mbedtls/pk.h"
#include "mbedtls/x509_crt.h"
#include "mbedtls/psa_util.h"
#include "psa/crypto.h"

#include "esp_tls_certificate.h"
#include "test_certs.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CA           ESP_TLS_INPUT_CERTIFICATES
#define KEY          ESP_TLS_INPUT_KEY
#define LOCKED       ESP_TLS_INPUT_KEY_PASSWORD

/** An input that is being damaged. */
struct input {
    unsigned char bytes[8192];
    size_t len;
};

static void put(struct input *in, const void *bytes, size_t len)
{
    assert_true(in->len + len <= sizeof(in->bytes));
    memcpy(in->bytes + in->len, bytes, len);
    in->len += len;
}

/** Replace the n-th occurrence of a text (0: all), in PEM. */
static void swap(struct input *in, const char *what, const char *with, unsigned n)
{
    struct input old = *in;
    unsigned seen = 0;

    in->len = 0;
    for (size_t i = 0; i < old.len;) {
        if (old.len - i >= strlen(what) && memcmp(old.bytes + i, what, strlen(what)) == 0 &&
            (n == 0 || ++seen == n)) {
            put(in, with, strlen(with));
            i += strlen(what);
        } else {
            put(in, old.bytes + i++, 1);
        }
    }
}

/* --- ways of damage --------------------------------------------------------------------------- */

static void same(struct input *in)
{
    (void)in;
}

static void nothing(struct input *in)
{
    in->len = 0;
}

static void only_a_nul(struct input *in)
{
    in->bytes[0] = 0;
    in->len = 1;
}

static void without_nul(struct input *in)
{
    in->len--;
}

static void crlf(struct input *in)
{
    swap(in, "\n", "\r\n", 0);
}

static void lone_cr(struct input *in)
{
    swap(in, "\n", "\r", 0);
}

static void one_lone_cr(struct input *in)
{
    swap(in, "\n", "\r", 3);
}

static void no_lines(struct input *in)
{
    swap(in, "\n", "", 0);
}

static void blank_lines(struct input *in)
{
    swap(in, "\n", "\n\n", 2);
}

static void one_long_line(struct input *in)
{
    swap(in, "\n", "", 4);
}

static void backslash_n(struct input *in)
{
    swap(in, "\n", "\\n", 0);
}

static void backslash_n_within(struct input *in)
{
    swap(in, "\n", "\\n", 2);
}

static void indented(struct input *in)
{
    swap(in, "\n", "\n    ", 2);
}

static void tab(struct input *in)
{
    swap(in, "\n", "\n\t", 2);
}

static void blanks_behind(struct input *in)
{
    swap(in, "\n", "  \n", 3);
}

static void bad_character(struct input *in)
{
    in->bytes[28 + 65 + 4] = '!'; /* third line, column 5 */
}

static void high_character(struct input *in)
{
    in->bytes[28 + 65 + 4] = 0xE4;
}

static void one_character_less(struct input *in)
{
    memmove(in->bytes + 100, in->bytes + 101, in->len - 101);
    in->len--;
}

static void a_line_less(struct input *in)
{
    memmove(in->bytes + 28 + 65, in->bytes + 28 + 130, in->len - 28 - 130);
    in->len -= 65;
}

static void cut_off(struct input *in)
{
    in->len = 200;
    in->bytes[in->len++] = 0;
}

static void no_end_before_the_next(struct input *in)
{
    swap(in, "-----END CERTIFICATE-----\n", "", 1);
}

static void wrong_end(struct input *in)
{
    swap(in, "-----END CERTIFICATE", "-----END X509 CRL", 0);
}

static void no_begin(struct input *in)
{
    swap(in, "-----BEGIN CERTIFICATE-----\n", "", 0);
}

static void no_begin_first(struct input *in)
{
    swap(in, "-----BEGIN CERTIFICATE-----\n", "", 1);
}

static void no_armor(struct input *in)
{
    no_begin(in);
    swap(in, "-----END CERTIFICATE-----\n", "", 0);
}

static void four_dashes(struct input *in)
{
    swap(in, "-----", "----", 0);
}

static void trusted(struct input *in)
{
    swap(in, " CERTIFICATE", " TRUSTED CERTIFICATE", 0);
}

static void empty_block(struct input *in)
{
    const char *text = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

    in->len = 0;
    put(in, text, strlen(text) + 1);
}

static void utf16(struct input *in)
{
    struct input old = *in;

    in->len = 0;
    put(in, "\xFF\xFE", 2);
    for (size_t i = 0; i < old.len; i++) {
        put(in, old.bytes + i, 1);
        put(in, "", 1);
    }
}

static void html(struct input *in)
{
    in->len = 0;
    put(in, "<!DOCTYPE html>", 16);
}

static void nul_between(struct input *in)
{
    put(in, cert_root_rsa_pem, sizeof(cert_root_rsa_pem));
}

static void text_around(struct input *in)
{
    swap(in, "-----BEGIN", "some text\n-----BEGIN", 0);
}

static void twice(struct input *in)
{
    struct input old = *in;

    put(in, old.bytes, old.len);
}

static void a_byte_more(struct input *in)
{
    put(in, "\x01", 1);
}

static void a_nul_more(struct input *in)
{
    put(in, "", 1);
}

static void ten_bytes_less(struct input *in)
{
    in->len -= 10;
}

/** DER, given as if it were a string: it ends at its first zero byte. */
static void by_strlen(struct input *in)
{
    in->len = strlen((char *)in->bytes) + 1;
}

static void request(struct input *in)
{
    swap(in, " CERTIFICATE", " CERTIFICATE REQUEST", 0);
}

/* into the DER of server-ec; offsets are found by what stands there */
static size_t offset_of(const struct input *in, const char *bytes, size_t len, unsigned n)
{
    for (size_t i = 0; i + len <= in->len; i++) {
        if (memcmp(in->bytes + i, bytes, len) == 0 && --n == 0) {
            return i;
        }
    }
    fail_msg("\"%.*s\" is not in it", (int)len, bytes);
    return 0;
}

#define AT(what, n) (in->bytes + offset_of(in, what, sizeof(what) - 1, n))

static void month_13(struct input *in)
{
    memcpy(AT("450101000000Z", 1) + 2, "13", 2);
}

static void time_of_another_type(struct input *in)
{
    AT("\x17\x0D"
       "240101",
       1)
    [0] = 0x0C;
}

static void version_9(struct input *in)
{
    AT("\xA0\x03\x02\x01\x02", 1)[4] = 8;
}

static void other_curve(struct input *in)
{
    AT("\x2A\x86\x48\xCE\x3D\x03\x01\x07", 1)[7] = 0x55;
}

static void other_key(struct input *in)
{
    AT("\x2A\x86\x48\xCE\x3D\x02\x01", 1)[6] = 0x55;
}

static void other_signature(struct input *in)
{
    AT("\x2A\x86\x48\xCE\x3D\x04\x03\x02", 1)[7] = 0x55;
    AT("\x2A\x86\x48\xCE\x3D\x04\x03\x02", 1)[7] = 0x55;
}

static void algorithms_differ(struct input *in)
{
    AT("\x2A\x86\x48\xCE\x3D\x04\x03\x02", 2)[7] = 0x03;
}

static void unknown_critical(struct input *in)
{
    AT("\x06\x03\x55\x1D\x13\x01\x01\xFF", 1)[4] = 0x24; /* policyConstraints */
}

static void repeated(struct input *in)
{
    AT("\x06\x03\x55\x1D\x25", 1)[4] = 0x13;
}

static void address_of_five(struct input *in)
{
    /* [7] of 4 bytes becomes one of 5, [7] of 16 one of 15: the list is as long as before */
    unsigned char *p = AT("\x87\x04\x7F\x00\x00\x01\x87\x10", 1);

    memcpy(p, "\x87\x05\x7F\x00\x00\x01\x01\x87\x0F", 9);
}

static void list_too_long(struct input *in)
{
    AT("\x06\x03\x55\x1D\x11", 1)[6]++;
}

static void first_of_two_bad(struct input *in)
{
    AT("MIIC", 1)[0] = '*';
}

static void second_of_two_bad(struct input *in)
{
    AT("MIIB", 1)[0] = '*';
}

/* --- the table -------------------------------------------------------------------------------- */

#define NONE -1

static const struct row {
    const char *name;
    const unsigned char *bytes;
    size_t len;
    esp_tls_input_t as;
    void (*damage)(struct input *in);
    int reason;        /* esp_tls_input_reason_t, or NONE: any */
    const char *field; /* its end */
    int line;          /* 0: not PEM */
    int column;
    unsigned index;
    const char *found;   /* or OID; NULL: none */
    bool is_passed_over; /* Mbed TLS takes the rest without a word */
} rows[] = {
#define FILE(name) cert_##name, sizeof(cert_##name)
    {"PEM", FILE(server_ec_chain_pem), CA, same, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL, false},
    {"CRLF", FILE(bundle_pem), CA, crlf, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL, false},
    {"CRLF and text", FILE(bundle_crlf_pem), CA, same, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"text around", FILE(bundle_pem), CA, text_around, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"blank lines", FILE(root_ec_pem), CA, blank_lines, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"a longer line", FILE(root_ec_pem), CA, one_long_line, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"blanks behind", FILE(root_ec_pem), CA, blanks_behind, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"DER", FILE(server_rsa_der), CA, same, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL, false},
    {"no bytes", FILE(root_ec_pem), CA, nothing, ESP_TLS_INPUT_EMPTY, NULL, 0, 0, 0, NULL, false},
    {"only a NUL", FILE(root_ec_pem), CA, only_a_nul, ESP_TLS_INPUT_EMPTY, NULL, 0, 0, 0, NULL,
     false},
    {"no NUL", FILE(root_ec_pem), CA, without_nul, ESP_TLS_INPUT_NO_NUL, NULL, 12, 26, 0, NULL,
     false},
    {"lone CR", FILE(root_ec_pem), CA, lone_cr, ESP_TLS_INPUT_LONE_CR, NULL, 1, 28, 0, NULL, false},
    {"one lone CR", FILE(root_ec_pem), CA, one_lone_cr, ESP_TLS_INPUT_LONE_CR, NULL, 3, 65, 0, NULL,
     false},
    {"no lines", FILE(root_ec_pem), CA, no_lines, ESP_TLS_INPUT_NO_LINES, NULL, 1, 28, 0, NULL,
     false},
    {"\\n", FILE(root_ec_pem), CA, backslash_n, ESP_TLS_INPUT_BACKSLASH_N, NULL, 1, 28, 0, NULL,
     false},
    {"\\n within", FILE(root_ec_pem), CA, backslash_n_within, ESP_TLS_INPUT_BACKSLASH_N, NULL, 2,
     65, 0, NULL, false},
    {"indented", FILE(root_ec_pem), CA, indented, ESP_TLS_INPUT_SPACES, NULL, 3, 1, 0, NULL, false},
    {"tab", FILE(root_ec_pem), CA, tab, ESP_TLS_INPUT_SPACES, NULL, 3, 1, 0, NULL, false},
    {"a bad character", FILE(root_ec_pem), CA, bad_character, ESP_TLS_INPUT_BAD_CHARACTER, NULL, 3,
     5, 0, NULL, false},
    {"a high character", FILE(root_ec_pem), CA, high_character, ESP_TLS_INPUT_BAD_CHARACTER, NULL,
     3, 5, 0, NULL, false},
    {"a character less", FILE(root_ec_pem), CA, one_character_less, ESP_TLS_INPUT_BASE64_CUT, NULL,
     11, NONE, 0, NULL, false},
    {"a line less", FILE(root_ec_pem), CA, a_line_less, NONE, NULL, NONE, NONE, 0, NULL, false},
    {"cut off", FILE(root_ec_pem), CA, cut_off, ESP_TLS_INPUT_NO_END, NULL, 1, 1, 0, NULL, false},
    {"no END between", FILE(bundle_pem), CA, no_end_before_the_next, ESP_TLS_INPUT_NO_END, NULL,
     NONE, 1, 0, NULL, false},
    {"wrong END", FILE(root_ec_pem), CA, wrong_end, ESP_TLS_INPUT_WRONG_END, NULL, 12, 1, 0,
     "X509 CRL", false},
    {"no BEGIN", FILE(root_ec_pem), CA, no_begin, ESP_TLS_INPUT_NO_BEGIN, NULL, 11, 1, 0, NULL,
     false},
    {"no BEGIN at first", FILE(bundle_pem), CA, no_begin_first, ESP_TLS_INPUT_NO_BEGIN, NULL, NONE,
     1, 0, NULL, false},
    {"no lines of dashes", FILE(root_ec_pem), CA, no_armor, ESP_TLS_INPUT_NO_ARMOR, NULL, 0, 0, 0,
     NULL, false},
    {"four dashes", FILE(root_ec_pem), CA, four_dashes, ESP_TLS_INPUT_NO_FORMAT, NULL, 0, 0, 0,
     NULL, false},
    {"trusted", FILE(root_ec_pem), CA, trusted, ESP_TLS_INPUT_WRONG_KIND, NULL, 1, 1, 0,
     "TRUSTED CERTIFICATE", false},
    {"empty block", FILE(root_ec_pem), CA, empty_block, ESP_TLS_INPUT_EMPTY_BLOCK, NULL, 2, 1, 0,
     NULL, false},
    {"UTF-16", FILE(root_ec_pem), CA, utf16, ESP_TLS_INPUT_UTF16, NULL, 0, 0, 0, NULL, false},
    {"HTML", FILE(root_ec_pem), CA, html, ESP_TLS_INPUT_NO_FORMAT, NULL, 0, 0, 0, NULL, false},
    {"NUL between", FILE(root_ec_pem), CA, nul_between, ESP_TLS_INPUT_NUL_INSIDE, NULL, 13, 1, 0,
     NULL, true},
    {"a key", FILE(client_ec_key), CA, same, ESP_TLS_INPUT_WRONG_KIND, NULL, 1, 1, 0, "PRIVATE KEY",
     false},
    {"a key in DER", FILE(client_ec_p8_der), CA, same, ESP_TLS_INPUT_WRONG_KIND, NULL, 0, 0, 0,
     "a private key (PKCS #8)", false},
    {"a request", FILE(root_ec_pem), CA, request, ESP_TLS_INPUT_WRONG_KIND, NULL, 1, 1, 0,
     "CERTIFICATE REQUEST", false},
    {"a password", FILE(password_txt), CA, same, ESP_TLS_INPUT_NO_FORMAT, NULL, 0, 0, 0, NULL,
     false},
    {"second is damaged", FILE(bundle_one_bad_pem), CA, same, NONE, NULL, NONE, NONE, 1, NULL,
     false},
    {"first is damaged", FILE(bundle_first_bad_pem), CA, same, NONE, NULL, NONE, NONE, 0, NULL,
     false},
    {"first of two", FILE(server_ec_chain_pem), CA, first_of_two_bad, ESP_TLS_INPUT_BAD_CHARACTER,
     NULL, 2, 1, 0, NULL, false},
    {"second of two", FILE(server_ec_chain_pem), CA, second_of_two_bad, ESP_TLS_INPUT_BAD_CHARACTER,
     NULL, 16, 1, 1, NULL, false},

    {"DER twice", FILE(server_ec_der), CA, twice, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL, false},
    {"DER and a NUL", FILE(server_ec_der), CA, a_nul_more, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"DER and a byte", FILE(server_ec_der), CA, a_byte_more, ESP_TLS_INPUT_TRAILING, NULL, 0, 0, 0,
     NULL, true},
    {"truncated DER", FILE(server_ec_der), CA, ten_bytes_less, ESP_TLS_INPUT_TRUNCATED,
     "Certificate", 0, 0, 0, NULL, false},
    {"strlen of DER", FILE(server_ec_der), CA, by_strlen, ESP_TLS_INPUT_STRLEN_OF_DER, NULL, 0, 0,
     0, NULL, false},
    {"month 13", FILE(server_ec_der), CA, month_13, ESP_TLS_INPUT_VALUE, ".validity.notAfter", 0, 0,
     0, NULL, false},
    {"time as text", FILE(server_ec_der), CA, time_of_another_type, ESP_TLS_INPUT_TAG,
     ".validity.notBefore", 0, 0, 0, NULL, false},
    {"version 9", FILE(server_ec_der), CA, version_9, ESP_TLS_INPUT_VERSION, ".version", 0, 0, 0,
     NULL, false},
    {"unknown curve", FILE(server_ec_der), CA, other_curve, ESP_TLS_INPUT_CURVE,
     ".subjectPublicKeyInfo.algorithm", 0, 0, 0, "1.2.840.10045.3.1.85", false},
    {"unknown key", FILE(server_ec_der), CA, other_key, ESP_TLS_INPUT_ALGORITHM,
     ".subjectPublicKeyInfo.algorithm", 0, 0, 0, "1.2.840.10045.2.85", false},
    {"unknown signature", FILE(server_ec_der), CA, other_signature, ESP_TLS_INPUT_ALGORITHM,
     ".signature", 0, 0, 0, "1.2.840.10045.4.3.85", false},
    {"algorithms differ", FILE(server_ec_der), CA, algorithms_differ,
     ESP_TLS_INPUT_ALGORITHMS_DIFFER, "signatureAlgorithm", 0, 0, 0, NULL, false},
    {"unknown critical", FILE(server_ec_der), CA, unknown_critical, ESP_TLS_INPUT_EXTENSION,
     ".extensions", 0, 0, 0, "2.5.29.36", false},
    {"repeated", FILE(server_ec_der), CA, repeated, ESP_TLS_INPUT_REPEATED, ".basicConstraints", 0,
     0, 0, "2.5.29.19", false},
    {"address of five bytes", FILE(server_ec_der), CA, address_of_five, ESP_TLS_INPUT_VALUE,
     ".subjectAltName", 0, 0, 0, NULL, false},
    {"list too long", FILE(server_ec_der), CA, list_too_long, ESP_TLS_INPUT_LENGTH, ".extensions",
     0, 0, 0, NULL, false},

    {"key", FILE(client_ec_key), KEY, same, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL, false},
    {"key, CRLF", FILE(client_rsa_key), KEY, crlf, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL, false},
    {"PKCS #1", FILE(client_rsa_pkcs1_pem), KEY, same, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"PKCS #1 DER", FILE(client_rsa_pkcs1_der), KEY, same, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"SEC 1", FILE(client_ec_sec1_pem), KEY, same, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL, false},
    {"SEC 1 DER", FILE(client_ec384_sec1_der), KEY, same, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"locked", FILE(client_ec_aes256_pem), LOCKED, same, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"locked DER", FILE(client_ec_aes256_der), LOCKED, same, ESP_TLS_INPUT_OK, NULL, 0, 0, 0, NULL,
     false},
    {"locked in PEM", FILE(client_rsa_rfc1421_aes256_pem), LOCKED, same, ESP_TLS_INPUT_OK, NULL, 0,
     0, 0, NULL, false},
    {"no password", FILE(client_ec_aes256_pem), KEY, same, ESP_TLS_INPUT_NEEDS_PASSWORD, NULL, 2,
     NONE, 0, NULL, false},
    {"no password, DER", FILE(client_ec_aes256_der), KEY, same, ESP_TLS_INPUT_NEEDS_PASSWORD, NULL,
     0, 0, 0, NULL, false},
    {"no password, RFC 1421", FILE(client_ec_rfc1421_aes128_pem), KEY, same,
     ESP_TLS_INPUT_NEEDS_PASSWORD, NULL, 2, NONE, 0, NULL, false},
    {"a certificate", FILE(client_ec_pem), KEY, same, ESP_TLS_INPUT_WRONG_KIND, NULL, 1, 1, 0,
     "CERTIFICATE", false},
    {"a certificate in DER", FILE(client_ec_der), KEY, same, ESP_TLS_INPUT_WRONG_KIND, NULL, 0, 0,
     0, "a certificate", false},
    {"key without NUL", FILE(client_ec_key), KEY, without_nul, ESP_TLS_INPUT_NO_NUL, NULL, NONE,
     NONE, 0, NULL, false},
    {"key with a bad character", FILE(client_rsa_key), KEY, bad_character,
     ESP_TLS_INPUT_BAD_CHARACTER, NULL, 3, 5, 0, NULL, false},
    {"key and a byte", FILE(client_rsa_p8_der), KEY, a_byte_more, ESP_TLS_INPUT_TRAILING,
     "PrivateKeyInfo", 0, 0, 0, NULL, false},
    {"key, truncated", FILE(client_rsa_p8_der), KEY, ten_bytes_less, ESP_TLS_INPUT_TRUNCATED,
     "PrivateKeyInfo", 0, 0, 0, NULL, false},
    {"key, truncated PEM", FILE(client_rsa_key), KEY, cut_off, ESP_TLS_INPUT_NO_END, NULL, 1, 1, 0,
     NULL, false},
    {"key of another curve", FILE(client_ec_p8_der), KEY, other_curve, ESP_TLS_INPUT_CURVE,
     "PrivateKeyInfo.privateKeyAlgorithm", 0, 0, 0, "1.2.840.10045.3.1.85", false},
};

static int mbedtls_says(const struct input *in, esp_tls_input_t as)
{
    mbedtls_x509_crt crt;
    mbedtls_pk_context key;
    int ret;

    if (as == CA) {
        mbedtls_x509_crt_init(&crt);
        ret = mbedtls_x509_crt_parse(&crt, in->bytes, in->len);
        mbedtls_x509_crt_free(&crt);
        return ret;
    }
    mbedtls_pk_init(&key);
    ret = mbedtls_pk_parse_key(&key, in->bytes, in->len, as == LOCKED ? cert_password_txt : NULL,
                               as == LOCKED ? sizeof(cert_password_txt) - 1 : 0,
                               mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    mbedtls_pk_free(&key);
    return ret;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = text != NULL ? strlen(text) : 0;

    return text != NULL && n >= strlen(end) && strcmp(text + n - strlen(end), end) == 0;
}

static void expect_found(const struct row *row, const esp_tls_input_problem_t *p)
{
    if (row->found == NULL) {
        return;
    }
    if (p->found.ptr != NULL) {
        assert_int_equal(p->found.len, strlen(row->found));
        assert_memory_equal(p->found.ptr, row->found, p->found.len);
    } else {
        assert_string_equal(p->oid, row->found);
    }
}

static void expect_row(const struct row *row)
{
    struct input in = {.len = 0};
    esp_tls_input_problem_t p;
    char text[256];
    esp_err_t err;

    put(&in, row->bytes, row->len);
    row->damage(&in);
    err = esp_tls_certificate_examine(in.bytes, in.len, row->as, &p);
    (void)esp_tls_input_problem_text(&p, text, sizeof(text));
    if (row->reason != NONE && (int)p.reason != row->reason) {
        fail_msg("%s: %s", row->name, text);
    }
    assert_int_equal(err, row->reason == ESP_TLS_INPUT_OK ? ESP_OK : ESP_FAIL);
    if (row->field != NULL && !ends_with(p.field, row->field)) {
        fail_msg("%s: %s", row->name, text);
    }
    if ((row->line != NONE && (int)p.line != row->line && err != ESP_OK) ||
        (row->column != NONE && (int)p.column != row->column && err != ESP_OK) ||
        p.index != row->index) {
        fail_msg("%s: line %u column %u index %u: %s", row->name, p.line, p.column, p.index, text);
    }
    expect_found(row, &p);
    if ((mbedtls_says(&in, row->as) == 0) != (err == ESP_OK || row->is_passed_over)) {
        fail_msg("%s: Mbed TLS says -0x%04x, we %s", row->name,
                 (unsigned)-mbedtls_says(&in, row->as), text);
    }
}

static void test_examine_of_each_damage_gives_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_row(&rows[i]);
    }
}

/** Every byte of a chain in PEM replaced by others: what Mbed TLS takes has no reason, and what it
 *  refuses has one. */
static void test_examine_of_changed_characters_agrees_with_mbedtls(void **state)
{
    static const unsigned char others[] = {'A', '=', ' ', '\n', '\r', '-', 0xC3};
    struct input in = {.len = 0};
    esp_tls_input_problem_t p;

    (void)state;
    put(&in, cert_server_ec_pem, sizeof(cert_server_ec_pem));
    for (size_t i = 0; i + 1 < in.len; i++) {
        unsigned char was = in.bytes[i];

        for (size_t n = 0; n < COUNT(others); n++) {
            esp_err_t err;
            int ret;

            in.bytes[i] = others[n];
            ret = mbedtls_says(&in, CA);
            err = esp_tls_certificate_examine(in.bytes, in.len, CA, &p);
            if (ret == 0 && err != ESP_OK) {
                fail_msg("byte %zu as 0x%02x: %s", i, others[n],
                         esp_tls_input_reason_text(p.reason));
            }
            if (ret != 0 && err == ESP_OK && !(ret <= -0x4B00 && ret >= -0x4F80)) {
                fail_msg("byte %zu as 0x%02x: -0x%04x without a reason", i, others[n],
                         (unsigned)-ret);
            }
        }
        in.bytes[i] = was;
    }
}

/** Bytes that look like an armour, in the key of a certificate in DER; its last byte is a NUL or
 *  not: Mbed TLS takes both. */
static void test_examine_of_armor_inside_a_key_is_der(void **state)
{
    static const char armor[] = "-----BEGIN CERTIFICATE-----";
    static unsigned char der[sizeof(cert_server_rsa_der)];
    esp_tls_input_problem_t problem;
    mbedtls_x509_crt crt;

    (void)state;
    for (unsigned last = 0; last < 2; last++) {
        memcpy(der, cert_server_rsa_der, sizeof(der));
        memcpy(der + 300, armor, sizeof(armor) - 1); /* within the modulus */
        der[sizeof(der) - 1] = (unsigned char)last;
        mbedtls_x509_crt_init(&crt);
        assert_int_equal(mbedtls_x509_crt_parse(&crt, der, sizeof(der)), 0);
        mbedtls_x509_crt_free(&crt);
        assert_int_equal(
            esp_tls_certificate_examine(der, sizeof(der), ESP_TLS_INPUT_CERTIFICATES, &problem),
            ESP_OK);
        assert_false(problem.is_pem);
    }
}

#define LABEL64             "0123456789012345678901234567890123456789012345678901234567890123"
#define BEGIN               "-----BEGIN CERTIFICATE-----"
#define END                 "-----END CERTIFICATE-----\n"
#define BLOCK               BEGIN "\nMAA=\n" END
#define LOCK(kind, headers) "-----BEGIN " kind "-----\n" headers "\nMA==\n-----END " kind "-----\n"
#define PROC                "Proc-Type: 4,ENCRYPTED\n"

/* What is said of short inputs, each with its NUL. */
static const struct {
    const char *text;
    size_t len;
    const char *said;
    unsigned count;
    unsigned bad;
} texts[] = {
#define SAID(text, said, count, bad)                                                               \
    {                                                                                              \
        text, sizeof(text), said, count, bad                                                       \
    }
    SAID("x\n-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n",
         "it is something else than what is wanted here: CERTIFICATE REQUEST (line 2, column 1)", 0,
         1),
    SAID("-----BEGIN " LABEL64 "-----\n",
         "it is something else than what is wanted here: " LABEL64 " (line 1, column 1)", 0, 1),
    SAID("-----BEGIN x" LABEL64 "-----\n",
         "it is something else than what is wanted here (line 1, column 1)", 0, 1),
    SAID("-----BEGIN NO\nDASHES-----\n",
         "it is something else than what is wanted here (line 1, column 1)", 0, 1),
    SAID(BEGIN "\nMAA=\n-----END X509 CRL-----\n",
         "the END line names something else than BEGIN: X509 CRL (line 3, column 1)", 1, 1),
    SAID(BEGIN "\nMAA=\n-----END " LABEL64 "-----\n",
         "the END line names something else than BEGIN: " LABEL64 " (line 3, column 1)", 1, 1),
    SAID(BEGIN "\nMAA=\n-----END x" LABEL64 "-----\n",
         "the END line names something else than BEGIN (line 3, column 1)", 1, 1),
    SAID(BEGIN "\nMAA=\n-----END CERT",
         "the END line names something else than BEGIN (line 3, column 1)", 1, 1),
    SAID("x\n-----END X-----\n", "there is an END line without its BEGIN line (line 2, column 1)",
         0, 1),
    SAID(END BEGIN "\n", "there is an END line without its BEGIN line (line 1, column 1)", 1, 1),
    SAID(BEGIN "\nMAA=\n" BLOCK, "the END line is missing: the text is cut off (line 3, column 1)",
         1, 1),
    SAID(BEGIN "\nMAA=\n", "the END line is missing: the text is cut off (line 1, column 1)", 1, 1),
    SAID(BEGIN "\nMAA=\n----" END, "a character is not of base64: 0x2d (line 3, column 1)", 1, 1),
    SAID(BEGIN " \nMAA=\n" END,
         "it ends too early (line 2, column 1, byte 2 of its DER, tbsCertificate)", 1, 1),
    SAID(BEGIN "  \nMAA=\n" END, "the line breaks of the PEM were removed (line 1, column 28)", 1,
         1),
    SAID(BEGIN " \r\nMAA=\n" END,
         "it ends too early (line 2, column 1, byte 2 of its DER, tbsCertificate)", 1, 1),
    SAID(BEGIN "\rMAA=\n" END, "lines end in CR without LF (line 1, column 28)", 1, 1),
    SAID(BEGIN "\\nMAA=\n" END,
         "the line breaks are a backslash and an n instead (line 1, column 28)", 1, 1),
    SAID(BEGIN "\\rMAA=\n" END,
         "the line breaks are a backslash and an n instead (line 1, column 28)", 1, 1),
    SAID(BEGIN "\\xMAA=\n" END, "the line breaks of the PEM were removed (line 1, column 28)", 1,
         1),
    SAID(BEGIN "END CERTIFICATE-----",
         "the line breaks of the PEM were removed (line 1, column 28)", 1, 1),
    SAID(BEGIN "\nMA\\nA=\n" END,
         "the line breaks are a backslash and an n instead (line 2, column 3)", 1, 1),
    SAID(BEGIN "\nMA\\xA=\n" END, "a character is not of base64: 0x5c (line 2, column 3)", 1, 1),
    SAID(BEGIN "\nMA=A\n" END, "a character is not of base64: 0x41 (line 2, column 4)", 1, 1),
    SAID(BEGIN "\nMA===\n" END, "a character is not of base64: 0x3d (line 2, column 5)", 1, 1),
    SAID(BEGIN "\n==\n" END,
         "characters of the base64 are missing: its number is no multiple of four (line 2, "
         "column 2)",
         1, 1),
    SAID(BEGIN "\nMAAAA\n" END,
         "characters of the base64 are missing: its number is no multiple of four (line 2, "
         "column 5)",
         1, 1),
    SAID(BEGIN "\nM\n" END,
         "characters of the base64 are missing: its number is no multiple of four (line 2, "
         "column 1)",
         1, 1),
    SAID(BEGIN "\n\n" END, "nothing stands between BEGIN and END (line 2, column 1)", 1, 1),
    SAID(BEGIN "\nMA==\n" END,
         "it ends too early (line 2, column 1, byte 0 of its DER, Certificate)", 1, 1),
    SAID(BLOCK BLOCK BLOCK,
         "it ends too early (line 2, column 1, byte 2 of its DER, certificate 1, "
         "tbsCertificate)",
         3, 3),
    SAID("MAA=", "it is base64 without its BEGIN and END lines (byte 0)", 0, 1),
    SAID("MQA=", "it is neither PEM nor DER (byte 0)", 0, 1),
    SAID("MAA", "it is neither PEM nor DER (byte 0)", 0, 1),
    SAID("-\0-\0-\0-", "it is PEM in UTF-16; save it as ASCII or UTF-8 (byte 0)", 0, 1),
    SAID("-\0-\0-\0+", "it is neither PEM nor DER (byte 0)", 0, 1),
    SAID("\x30", "it ends too early (byte 1, tbsCertificate)", 1, 1),
};

static void test_examine_of_each_text_says_what_and_where(void **state)
{
    char text[256];

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        esp_tls_input_problem_t p;
        struct input in = {.len = 0};

        put(&in, texts[i].text, texts[i].len);
        assert_int_equal(esp_tls_certificate_examine(in.bytes, in.len, CA, &p), ESP_FAIL);
        (void)esp_tls_input_problem_text(&p, text, sizeof(text));
        assert_string_equal(text, texts[i].said);
        assert_int_equal(p.count, texts[i].count);
        assert_int_equal(p.bad, texts[i].bad);
    }
}

/** Keys that PEM itself encrypts (RFC 1421), as Mbed TLS decrypts them: no password is asked for
 *  where none would help. */
static void test_examine_of_each_encryption_in_pem(void **state)
{
    static const struct {
        const char *text;
        esp_tls_input_reason_t without;
        esp_tls_input_reason_t with;
        const char *found;
    } locked[] = {
#define OPENED       ESP_TLS_INPUT_NEEDS_PASSWORD, ESP_TLS_INPUT_OK, NULL
#define NEVER(found) ESP_TLS_INPUT_ENCRYPTION, ESP_TLS_INPUT_ENCRYPTION, found
        {LOCK("RSA PRIVATE KEY", PROC "DEK-Info: AES-128-CBC,00\n"), OPENED},
        {LOCK("EC PRIVATE KEY", PROC "DEK-Info: AES-256-CBC,00\n"), OPENED},
        {LOCK("PRIVATE KEY", PROC "DEK-Info: AES-128-CBC,00\n"), NEVER("AES-128-CBC")},
        {LOCK("RSA PRIVATE KEY", PROC "DEK-Info: AES-128-CFB,00\n"), NEVER("AES-128-CFB")},
        {LOCK("RSA PRIVATE KEY", PROC "DEK-Info: AES-1280-CBC,00\n"), NEVER("AES-1280-CBC")},
        {LOCK("RSA PRIVATE KEY", PROC "DEK-Info: aes-128-CBC,00\n"), NEVER("aes-128-CBC")},
        {LOCK("RSA PRIVATE KEY", PROC "DEK-Info: DES-EDE3-CBC,00\n"), NEVER("DES-EDE3-CBC")},
        {LOCK("RSA PRIVATE KEY", PROC "DEK-Info: DES\n"), NEVER("DES")},
        {LOCK("RSA PRIVATE KEY", PROC), NEVER(NULL)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(locked); i++) {
        size_t len = strlen(locked[i].text) + 1;
        esp_tls_input_problem_t p;

        (void)esp_tls_certificate_examine(locked[i].text, len, KEY, &p);
        assert_int_equal(p.reason, locked[i].without);
        assert_int_equal(p.line, 2);
        assert_int_equal(p.count, 1);
        (void)esp_tls_certificate_examine(locked[i].text, len, LOCKED, &p);
        assert_int_equal(p.reason, locked[i].with);
        assert_int_equal(p.count, 1);
        assert_int_equal(p.found.len, locked[i].found != NULL ? strlen(locked[i].found) : 0);
        if (locked[i].found != NULL) {
            assert_memory_equal(p.found.ptr, locked[i].found, p.found.len);
        }
    }
}

/** Where the beginning of UTF-16 is still seen, and DER that ends where a string would. */
static void test_examine_of_first_bytes(void **state)
{
    static const unsigned char cut[] = {0x30, 0x82, 0x02, 0x14, 0x30, 0x82};
    static const unsigned char zero[] = {0x30, 0x82, 0x02, 0x00, 0x30, 0x82};
    unsigned char text[300];
    esp_tls_input_problem_t p;

    (void)state;
    for (size_t at = 250; at < 260; at++) {
        memset(text, 'x', sizeof(text));
        memcpy(text + at, "-\0-\0-\0-", 8);
        (void)esp_tls_certificate_examine(text, sizeof(text), CA, &p);
        assert_int_equal(p.reason, at < 256 ? ESP_TLS_INPUT_UTF16 : ESP_TLS_INPUT_NO_FORMAT);
        (void)esp_tls_certificate_examine(text, at + 7, CA, &p);
        assert_int_equal(p.reason, ESP_TLS_INPUT_NO_FORMAT);
    }
    for (size_t len = 1; len <= sizeof(cut); len++) {
        (void)esp_tls_certificate_examine(cut, len, CA, &p);
        assert_int_equal(p.reason, len > 4 ? ESP_TLS_INPUT_STRLEN_OF_DER : ESP_TLS_INPUT_TRUNCATED);
        (void)esp_tls_certificate_examine(zero, len, CA, &p);
        assert_int_equal(p.reason, ESP_TLS_INPUT_TRUNCATED);
    }
}

/** What stands below a BEGIN line that names something else, or is none itself. */
static void test_examine_of_begin_lines_says_what_is_wrong_with_them(void **state)
{
    static const struct {
        const char *text;
        esp_tls_input_t as;
        esp_tls_input_reason_t reason;
        const char *found;
        unsigned line;
    } begins[] = {
        /* version, algorithm, and an OCTET STRING: PKCS #8; version, OCTET STRING: SEC 1 */
        {"-----BEGIN RSA PRIVATE KEY-----\nMAcCAQAwAAQA\n-----END RSA PRIVATE KEY-----\n", KEY,
         ESP_TLS_INPUT_ARMOR, "a private key (PKCS #8)", 2},
        {"-----BEGIN PRIVATE KEY-----\nMAUCAQEEAA==\n-----END PRIVATE KEY-----\n", KEY,
         ESP_TLS_INPUT_ARMOR, "an EC private key (SEC 1)", 2},
        {"----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", CA,
         ESP_TLS_INPUT_BAD_BEGIN, NULL, 1},
        {"\n-----BEGIN CERTIFICAT-----\nMAA=\n-----END CERTIFICATE-----\n", CA,
         ESP_TLS_INPUT_BAD_BEGIN, NULL, 2},
        {"-----BEGIN PRIVATE KEY----\nMAA=\n-----END PRIVATE KEY-----\n", KEY,
         ESP_TLS_INPUT_BAD_BEGIN, NULL, 1},
        {"MAA=\n-----END CERTIFICATE-----\n", CA, ESP_TLS_INPUT_NO_BEGIN, NULL, 2},
        {"-----BEGIN X-----\nMAA=\n-----END X-----\nMAA=\n-----END CERTIFICATE-----\n", CA,
         ESP_TLS_INPUT_WRONG_KIND, "X", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(begins); i++) {
        esp_tls_input_problem_t p;

        assert_int_equal(esp_tls_certificate_examine(begins[i].text, strlen(begins[i].text) + 1,
                                                     begins[i].as, &p),
                         ESP_FAIL);
        assert_int_equal(p.reason, begins[i].reason);
        assert_int_equal(p.line, begins[i].line);
        assert_int_equal(p.found.len, begins[i].found != NULL ? strlen(begins[i].found) : 0);
        if (begins[i].found != NULL) {
            assert_memory_equal(p.found.ptr, begins[i].found, p.found.len);
        }
    }
}

static void test_examine_of_bad_arguments_is_refused(void **state)
{
    esp_tls_input_problem_t p;

    (void)state;
    assert_int_equal(esp_tls_certificate_examine("x", 1, CA, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_certificate_examine("x", 1, (esp_tls_input_t)3, &p),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_certificate_examine(NULL, 1, CA, &p), ESP_FAIL);
    assert_int_equal(p.reason, ESP_TLS_INPUT_EMPTY);
}

static void test_reason_text_of_each_reason_is_there(void **state)
{
    (void)state;
    for (int i = 0; i < ESP_TLS_INPUT_REASONS; i++) {
        assert_true(strlen(esp_tls_input_reason_name((esp_tls_input_reason_t)i)) > 1);
        assert_true(strlen(esp_tls_input_reason_text((esp_tls_input_reason_t)i)) > 10);
        for (int n = 0; n < i; n++) {
            assert_string_not_equal(esp_tls_input_reason_name((esp_tls_input_reason_t)i),
                                    esp_tls_input_reason_name((esp_tls_input_reason_t)n));
        }
    }
    assert_string_equal(esp_tls_input_reason_name(ESP_TLS_INPUT_REASONS), "?");
    assert_string_equal(esp_tls_input_reason_text((esp_tls_input_reason_t)-1), "?");
}

static void test_problem_text_names_place_and_evidence(void **state)
{
    struct input in = {.len = 0};
    esp_tls_input_problem_t p;
    char text[256];

    (void)state;
    put(&in, cert_root_ec_pem, sizeof(cert_root_ec_pem));
    bad_character(&in);
    (void)esp_tls_certificate_examine(in.bytes, in.len, CA, &p);
    (void)esp_tls_input_problem_text(&p, text, sizeof(text));
    assert_string_equal(text, "a character is not of base64: 0x21 (line 3, column 5)");
    in.len = 0;
    put(&in, cert_server_ec_der, sizeof(cert_server_ec_der));
    ten_bytes_less(&in);
    (void)esp_tls_certificate_examine(in.bytes, in.len, CA, &p);
    (void)esp_tls_input_problem_text(&p, text, sizeof(text));
    assert_string_equal(text, "it ends too early: 540 bytes are announced, there are 530 (byte 0, "
                              "Certificate)");
}

static void test_problem_text_of_each_kind_of_evidence(void **state)
{
    static const uint8_t label[] = "X\x1F \x7E\x7F";
    static const uint8_t long_label[80] =
        "123456789012345678901234567890123456789012345678901234567"
        "8901234567890123";
    static const struct {
        esp_tls_input_problem_t problem;
        const char *text;
    } told[] = {
        {{.reason = ESP_TLS_INPUT_OK, .line = 3}, "nothing is wrong with it"},
        {{.reason = ESP_TLS_INPUT_EMPTY, .line = 3}, "there are no bytes"},
        {{.reason = ESP_TLS_INPUT_VERSION, .offset = 7, .count = 1, .index = 1},
         "the version is not known (byte 7)"},
        {{.reason = ESP_TLS_INPUT_VERSION,
          .offset = 7,
          .der_offset = 9,
          .count = 2,
          .index = 1,
          .field = "a.b"},
         "the version is not known (byte 7, certificate 2, a.b)"},
        {{.reason = ESP_TLS_INPUT_VERSION, .is_pem = true, .line = 3, .column = 4, .der_offset = 9},
         "the version is not known (line 3, column 4)"},
        {{.reason = ESP_TLS_INPUT_VERSION,
          .is_pem = true,
          .line = 3,
          .column = 4,
          .der_offset = 9,
          .field = "a"},
         "the version is not known (line 3, column 4, byte 9 of its DER, a)"},
        {{.reason = ESP_TLS_INPUT_WRONG_KIND, .found = {label, 5}, .oid = "1.2", .announced = 5},
         "it is something else than what is wanted here: X? ~? (byte 0)"},
        {{.reason = ESP_TLS_INPUT_WRONG_KIND, .found = {long_label, 65}},
         "it is something else than what is wanted here: 1234567890123456789012345678901234567890"
         "123456789012345678901234 (byte 0)"},
        {{.reason = ESP_TLS_INPUT_CURVE, .oid = "1.2", .announced = 5},
         "this build does not support the curve: 1.2 (byte 0)"},
        {{.reason = ESP_TLS_INPUT_LENGTH, .announced = 1, .available = 0},
         "an element is longer than what it is in: 1 bytes are announced, there are 0 (byte 0)"},
        {{.reason = ESP_TLS_INPUT_TRAILING, .available = 3}, "bytes follow its end: 3 (byte 0)"},
        {{.reason = ESP_TLS_INPUT_TAG, .tag = 0x30},
         "another element stands here than must: 0x30 (byte 0)"},
        {{.reason = ESP_TLS_INPUT_BAD_CHARACTER, .tag = 0x30},
         "a character is not of base64: 0x30 (byte 0)"},
        {{.reason = ESP_TLS_INPUT_VALUE, .tag = 0x30}, "the value may not be there (byte 0)"},
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < COUNT(told); i++) {
        size_t len = esp_tls_input_problem_text(&told[i].problem, text, sizeof(text));

        assert_string_equal(text, told[i].text);
        assert_int_equal(len, strlen(text));
    }
}

static int start(void **state)
{
    (void)state;
    return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examine_of_each_damage_gives_its_reason),
        cmocka_unit_test(test_examine_of_changed_characters_agrees_with_mbedtls),
        cmocka_unit_test(test_examine_of_armor_inside_a_key_is_der),
        cmocka_unit_test(test_examine_of_each_text_says_what_and_where),
        cmocka_unit_test(test_examine_of_each_encryption_in_pem),
        cmocka_unit_test(test_examine_of_first_bytes),
        cmocka_unit_test(test_examine_of_begin_lines_says_what_is_wrong_with_them),
        cmocka_unit_test(test_examine_of_bad_arguments_is_refused),
        cmocka_unit_test(test_reason_text_of_each_reason_is_there),
        cmocka_unit_test(test_problem_text_names_place_and_evidence),
        cmocka_unit_test(test_problem_text_of_each_kind_of_evidence),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
