/* What Mbed TLS's codes mean, for whoever asks: a file of its own, so that a program which does not
 * ask does not carry the texts. */
#include "code_row.h"
#include "codes_stack.h"
#include "esp_tls_record.h"
#include "mbedtls_codes.h"

static const struct esp_tls_code codes[] = {
#define ROW(value, name, a, b, c, text) CODE_ROW(STACK, value, "MBEDTLS_ERR_" #name, a, b, c, text),
    MBED_CODES(ROW)
#undef ROW
#define ROW(value, name, a, b, c, text) CODE_ROW(STACK, value, "PSA_ERROR_" #name, a, b, c, text),
        MBED_PSA_CODES(ROW)
#undef ROW
};

static const struct esp_tls_code flags[] = {
#define ROW(value, name, a, b, c, text)                                                            \
    CODE_ROW(VERIFY, value, "MBEDTLS_X509_" #name, a, b, c, text),
    MBED_FLAGS(ROW)
#undef ROW
        CODE_ROW(VERIFY, ESP_TLS_BADCERT_NAME_CONSTRAINTS, "ESP_TLS_BADCERT_NAME_CONSTRAINTS",
                 NAME_CONSTRAINTS, NONE, NONE,
                 "a certificate of the chain has a name that an authority above it may not give"),
};

const struct esp_tls_code *et_codes_stack(size_t *count)
{
    *count = sizeof(codes) / sizeof(codes[0]);
    return codes;
}

const struct esp_tls_code *et_codes_flags(size_t *count)
{
    *count = sizeof(flags) / sizeof(flags[0]);
    return flags;
}

int et_codes_high(int value)
{
    return value & MBED_HIGH_LEVEL;
}
