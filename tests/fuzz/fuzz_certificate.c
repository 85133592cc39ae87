/* A certificate, and a key: what Mbed TLS parses is read; everything that is read can be written
 * out; nothing is read from behind the end. */
#include <stdlib.h>
#include <string.h>

#include "mbedtls/x509_crt.h"
#include "psa/crypto.h"

#include "esp_tls_certificate.h"
#include "sim_fuzz.h"

static void write_out(const esp_tls_certificate_t *cert)
{
    esp_tls_access_kind_t access;
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t value;
    char time[ESP_TLS_TIME_TEXT];
    char text[32];
    size_t at = 0;

    (void)esp_tls_name_text(cert->subject, text, sizeof(text));
    sim_must(strlen(text) < sizeof(text));
    (void)esp_tls_name_text(cert->issuer, text, 1);
    (void)esp_tls_name_attribute(cert->subject, "\x55\x04\x03", text, sizeof(text));
    (void)esp_tls_oid_text(cert->signature_algorithm, text, sizeof(text));
    esp_tls_time_text(cert->not_before, time);
    esp_tls_time_text(cert->not_after, time);
    while (esp_tls_certificate_next_name(cert, &at, &kind, &value)) {
        (void)esp_tls_ip_text(value, text, sizeof(text));
        sim_must(value.ptr >= cert->der.ptr &&
                 value.ptr + value.len <= cert->der.ptr + cert->der.len);
    }
    at = 0;
    while (esp_tls_certificate_next_access(cert, &at, &access, &value)) {
        sim_must(value.ptr >= cert->der.ptr &&
                 value.ptr + value.len <= cert->der.ptr + cert->der.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size + (size == 0));
    esp_tls_input_problem_t problem;
    esp_tls_certificate_t cert;
    esp_tls_private_key_t key;
    esp_tls_bytes_t one;
    mbedtls_x509_crt crt;
    esp_err_t read;

    sim_must(exact != NULL && psa_crypto_init() == PSA_SUCCESS);
    memcpy(exact, data, size);
    read = esp_tls_certificate_read(exact, size, &cert);
    write_out(&cert);
    (void)esp_tls_private_key_read(exact, size, &key);
    for (size_t at = 0, before = 0; esp_tls_certificate_next(exact, size, &at, &one); before = at) {
        sim_must(one.len > 0 && at > before && one.ptr + one.len == exact + at && at <= size);
    }
    mbedtls_x509_crt_init(&crt);
    if (mbedtls_x509_crt_parse_der(&crt, exact, size) == 0) {
        sim_must(read == ESP_OK && cert.der.len == crt.raw.len);
        sim_must(esp_tls_certificate_examine(exact, crt.raw.len, ESP_TLS_INPUT_CERTIFICATES,
                                             &problem) == ESP_OK);
    }
    mbedtls_x509_crt_free(&crt);
    free(exact);
    return 0;
}
