/* An input of a configuration, PEM or DER: the first byte says what it is given as. Where Mbed TLS
 * takes it there is no problem but text that it passes over; where it does not, a reason and a
 * place. */
#include <stdlib.h>
#include <string.h>

#include "mbedtls/pk.h"
#include "mbedtls/x509_crt.h"
#include "mbedtls/psa_util.h"
#include "psa/crypto.h"

#include "esp_tls_certificate.h"
#include "sim_fuzz.h"

/** Codes of what takes computing with keys, of passwords, and of what a password opens; of several
 *  certificates Mbed TLS only tells how many were bad. */
static bool is_beyond(int ret, unsigned as)
{
    return ret > 0 || (ret <= -0x4B00 && ret >= -0x4F80) || as == ESP_TLS_INPUT_KEY_PASSWORD ||
           (as == ESP_TLS_INPUT_KEY && ret != 0);
}

static bool is_passed_over(esp_tls_input_reason_t reason)
{
    switch (reason) {
    case ESP_TLS_INPUT_NO_END:
    case ESP_TLS_INPUT_NO_BEGIN:
    case ESP_TLS_INPUT_WRONG_END:
    case ESP_TLS_INPUT_NO_LINES:
    case ESP_TLS_INPUT_LONE_CR:
    case ESP_TLS_INPUT_BACKSLASH_N:
    case ESP_TLS_INPUT_NUL_INSIDE:
    case ESP_TLS_INPUT_TRAILING:
        return true;
    default:
        return false;
    }
}

static int mbedtls_says(const uint8_t *buf, size_t len, unsigned as)
{
    mbedtls_x509_crt crt;
    mbedtls_pk_context key;
    int ret;

    if (as == ESP_TLS_INPUT_CERTIFICATES) {
        mbedtls_x509_crt_init(&crt);
        ret = mbedtls_x509_crt_parse(&crt, buf, len);
        mbedtls_x509_crt_free(&crt);
        return ret;
    }
    mbedtls_pk_init(&key);
    ret = len > 0 ? mbedtls_pk_parse_key(&key, buf, len, NULL, 0, mbedtls_psa_get_random,
                                         MBEDTLS_PSA_RANDOM_STATE)
                  : -1;
    mbedtls_pk_free(&key);
    return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    esp_tls_input_problem_t problem;
    unsigned as;
    uint8_t *exact;
    char text[64];
    esp_err_t err;
    int ret;

    if (size == 0) {
        return 0;
    }
    as = data[0] % 3;
    exact = malloc(size - 1 + (size == 1));
    sim_must(exact != NULL && psa_crypto_init() == PSA_SUCCESS);
    memcpy(exact, data + 1, size - 1);
    err = esp_tls_certificate_examine(exact, size - 1, (esp_tls_input_t)as, &problem);
    sim_must((err == ESP_OK) == (problem.reason == ESP_TLS_INPUT_OK));
    sim_must(problem.offset <= size - 1);
    (void)esp_tls_input_problem_text(&problem, text, sizeof(text));
    ret = mbedtls_says(exact, size - 1, as);
    if (as != ESP_TLS_INPUT_KEY_PASSWORD) {
        sim_must(ret != 0 || err == ESP_OK || is_passed_over(problem.reason));
    }
    sim_must(ret == 0 || err != ESP_OK || is_beyond(ret, as));
    free(exact);
    return 0;
}
