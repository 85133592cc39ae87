#include "x509_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mbedtls/oid.h"
#include "mbedtls/pk.h"
#include "mbedtls/psa_util.h"
#include "mbedtls/x509_crt.h"

#include "esp_tls_certificate.h"

/* --- DER from text ---------------------------------------------------------------------------- */

static unsigned hex(char c)
{
    assert_true((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'));
    return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/** What is being made from text. */
struct maker {
    const char *text; /* what is left of it */
    uint8_t *mark;    /* where the first "!" stood, or NULL */
};

/** The length of an element, put in front of its content. @return where the content ends then */
static uint8_t *close(struct maker *m, uint8_t *content, uint8_t *end)
{
    size_t len = (size_t)(end - content);
    size_t more = len < 0x80 ? 1 : len < 0x100 ? 2 : 3;

    memmove(content + more, content, len);
    if (m->mark != NULL && m->mark >= content) {
        m->mark += more;
    }
    if (more > 1) {
        content[0] = (uint8_t)(0x80 + more - 1);
    }
    if (more == 3) {
        content[1] = (uint8_t)(len >> 8);
    }
    content[more - 1] = (uint8_t)len;
    return end + more;
}

/** Up to a ")" or the end. */
static uint8_t *elements(struct maker *m, uint8_t *out)
{
    while (*m->text != '\0' && *m->text != ')') {
        if (*m->text == ' ') {
            m->text++;
        } else if (*m->text == '!') {
            m->text++;
            m->mark = m->mark == NULL ? out : m->mark;
        } else if (*m->text == '(') {
            m->text++;
            out = close(m, out, elements(m, out));
            assert_int_equal(*m->text++, ')');
        } else if (*m->text == '\'') {
            for (m->text++; *m->text != '\''; m->text++) {
                *out++ = (uint8_t)*m->text;
            }
            m->text++;
        } else {
            *out++ = (uint8_t)(hex(m->text[0]) << 4 | hex(m->text[1]));
            m->text += 2;
        }
    }
    return out;
}

size_t x509_der_marked(const char *text, uint8_t out[X509_MOST], size_t *mark)
{
    struct maker m = {.text = text};
    uint8_t *end;

    assert_true(strlen(text) < X509_MOST);
    end = elements(&m, out);
    assert_int_equal(*m.text, '\0');
    *mark = m.mark != NULL ? (size_t)(m.mark - out) : X509_NO_MARK;
    return (size_t)(end - out);
}

size_t x509_der(const char *text, uint8_t out[X509_MOST])
{
    size_t mark;

    return x509_der_marked(text, out, &mark);
}

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
    assert_int_equal(as_mbedtls_usage(cert->key_usage),
                     crt->MBEDTLS_PRIVATE(key_usage) & 0x80FF); /* RFC 5280 names nine */
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

void x509_expect_as_mbedtls(const uint8_t *der, size_t len)
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

void x509_expect_key_as_mbedtls(const uint8_t *der, size_t len)
{
    esp_tls_input_problem_t problem;
    esp_tls_private_key_t key;
    mbedtls_pk_context pk;
    esp_err_t read = esp_tls_private_key_read(der, len, &key);
    esp_err_t err = esp_tls_certificate_examine(der, len, ESP_TLS_INPUT_KEY, &problem);
    int ret;

    mbedtls_pk_init(&pk);
    ret = mbedtls_pk_parse_key(&pk, der, len, NULL, 0, mbedtls_psa_get_random,
                               MBEDTLS_PSA_RANDOM_STATE);
    if (ret == 0) {
        assert_int_equal(read, ESP_OK);
        assert_int_equal(err, ESP_OK);
        assert_int_equal(key.bits, mbedtls_pk_get_bitlen(&pk));
        assert_int_equal(key.type == ESP_TLS_KEY_RSA, mbedtls_pk_can_do(&pk, MBEDTLS_PK_RSA));
    }
    mbedtls_pk_free(&pk);
}
