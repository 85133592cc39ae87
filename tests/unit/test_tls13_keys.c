/* What TLS 1.3 derives its keys with says what PSA says, and RFC 5869. */
#include "sim_test.h"

#include "mbedtls/psa_util.h"
#include "psa/crypto.h"
#include "stack/mbedtls/tls13_keys.h"

#define MOST 200

/** Ours. */
static psa_status_t derive(psa_algorithm_t alg, const uint8_t *secret, size_t secret_len,
                           const uint8_t *other, size_t other_len, uint8_t *out, size_t len)
{
    struct esp_tls_derivation d = {0};
    psa_status_t status = et_mbed_derivation_setup(&d, alg);

    if (status == PSA_SUCCESS) { /* in another order than PSA wants it for some */
        status = et_mbed_derivation_input(&d, PSA_KEY_DERIVATION_INPUT_SECRET, secret, secret_len);
    }
    if (status == PSA_SUCCESS) {
        status =
            et_mbed_derivation_input(&d,
                                     PSA_ALG_IS_HKDF_EXTRACT(alg) ? PSA_KEY_DERIVATION_INPUT_SALT
                                                                  : PSA_KEY_DERIVATION_INPUT_INFO,
                                     other, other_len);
    }
    if (status == PSA_SUCCESS) {
        status = et_mbed_derivation_output(&d, out, len);
    }
    assert_int_equal(et_mbed_derivation_abort(&d), PSA_SUCCESS);
    assert_null(d.secret);
    return status;
}

static psa_status_t derive_by_psa(psa_algorithm_t alg, const uint8_t *secret, size_t secret_len,
                                  const uint8_t *other, size_t other_len, uint8_t *out, size_t len)
{
    psa_key_derivation_operation_t op = PSA_KEY_DERIVATION_OPERATION_INIT;
    bool is_extract = PSA_ALG_IS_HKDF_EXTRACT(alg);
    psa_status_t status = psa_key_derivation_setup(&op, alg);

    if (status == PSA_SUCCESS && is_extract) {
        status =
            psa_key_derivation_input_bytes(&op, PSA_KEY_DERIVATION_INPUT_SALT, other, other_len);
    }
    if (status == PSA_SUCCESS) {
        status = psa_key_derivation_input_bytes(&op, PSA_KEY_DERIVATION_INPUT_SECRET, secret,
                                                secret_len);
    }
    if (status == PSA_SUCCESS && !is_extract) {
        status =
            psa_key_derivation_input_bytes(&op, PSA_KEY_DERIVATION_INPUT_INFO, other, other_len);
    }
    if (status == PSA_SUCCESS) {
        status = psa_key_derivation_output_bytes(&op, out, len);
    }
    (void)psa_key_derivation_abort(&op);
    return status;
}

static const psa_algorithm_t hashes[] = {
    PSA_ALG_SHA_256,
#ifdef CONFIG_MBEDTLS_SHA384_C
    PSA_ALG_SHA_384,
#endif
};

static void fill(uint8_t *buf, size_t len, unsigned from)
{
    for (size_t i = 0; i < len; i++) {
        buf[i] = (uint8_t)(from + 7 * i);
    }
}

static void test_extract_says_what_psa_says(void **state)
{
    static const size_t lens[] = {1, 20, 32, 48, 64, 65, 129, 160};
    uint8_t salt[MOST];
    uint8_t secret[MOST];

    (void)state;
    fill(salt, sizeof(salt), 1);
    fill(secret, sizeof(secret), 99);
    for (size_t h = 0; h < COUNT(hashes); h++) {
        psa_algorithm_t alg = PSA_ALG_HKDF_EXTRACT(hashes[h]);
        size_t len = PSA_HASH_LENGTH(hashes[h]);

        for (size_t a = 0; a < COUNT(lens); a++) {
            for (size_t b = 0; b < COUNT(lens); b++) {
                uint8_t ours[64] = {0};
                uint8_t theirs[64] = {0};

                assert_int_equal(derive(alg, secret, lens[a], salt, lens[b], ours, len), 0);
                assert_int_equal(derive_by_psa(alg, secret, lens[a], salt, lens[b], theirs, len),
                                 0);
                assert_memory_equal(ours, theirs, sizeof(ours));
            }
        }
    }
}

static void test_expand_says_what_psa_says(void **state)
{
    static const size_t lens[] = {1, 12, 16, 31, 32, 33, 48, 64, 65, 97, 200};
    uint8_t info[MOST];
    uint8_t secret[64];

    (void)state;
    fill(info, sizeof(info), 3);
    fill(secret, sizeof(secret), 50);
    for (size_t h = 0; h < COUNT(hashes); h++) {
        psa_algorithm_t alg = PSA_ALG_HKDF_EXPAND(hashes[h]);
        size_t hash_len = PSA_HASH_LENGTH(hashes[h]);

        for (size_t a = 0; a < COUNT(lens); a++) {
            for (size_t b = 0; b < COUNT(lens); b++) {
                uint8_t ours[MOST] = {0};
                uint8_t theirs[MOST] = {0};

                assert_int_equal(derive(alg, secret, hash_len, info, lens[a], ours, lens[b]), 0);
                assert_int_equal(
                    derive_by_psa(alg, secret, hash_len, info, lens[a], theirs, lens[b]), 0);
                assert_memory_equal(ours, theirs, sizeof(ours));
            }
        }
    }
}

/** RFC 5869 appendix A.1. */
static void test_rfc_5869_first_vector_holds(void **state)
{
    static const uint8_t want_prk[] = {0x07, 0x77, 0x09, 0x36, 0x2c, 0x2e, 0x32, 0xdf,
                                       0x0d, 0xdc, 0x3f, 0x0d, 0xc4, 0x7b, 0xba, 0x63,
                                       0x90, 0xb6, 0xc7, 0x3b, 0xb5, 0x0f, 0x9c, 0x31,
                                       0x22, 0xec, 0x84, 0x4a, 0xd7, 0xc2, 0xb3, 0xe5};
    static const uint8_t want[] = {0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a, 0x90, 0x43, 0x4f,
                                   0x64, 0xd0, 0x36, 0x2f, 0x2a, 0x2d, 0x2d, 0x0a, 0x90, 0xcf, 0x1a,
                                   0x5a, 0x4c, 0x5d, 0xb0, 0x2d, 0x56, 0xec, 0xc4, 0xc5, 0xbf, 0x34,
                                   0x00, 0x72, 0x08, 0xd5, 0xb8, 0x87, 0x18, 0x58, 0x65};
    uint8_t ikm[22];
    uint8_t salt[13];
    uint8_t info[10];
    uint8_t prk[32];
    uint8_t okm[sizeof(want)];

    (void)state;
    memset(ikm, 0x0b, sizeof(ikm));
    for (size_t i = 0; i < sizeof(salt); i++) {
        salt[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof(info); i++) {
        info[i] = (uint8_t)(0xf0 + i);
    }
    assert_int_equal(derive(PSA_ALG_HKDF_EXTRACT(PSA_ALG_SHA_256), ikm, sizeof(ikm), salt,
                            sizeof(salt), prk, sizeof(prk)),
                     0);
    assert_memory_equal(prk, want_prk, sizeof(prk));
    assert_int_equal(derive(PSA_ALG_HKDF_EXPAND(PSA_ALG_SHA_256), prk, sizeof(prk), info,
                            sizeof(info), okm, sizeof(okm)),
                     0);
    assert_memory_equal(okm, want, sizeof(okm));
}

static void test_what_cannot_be_is_refused(void **state)
{
    static uint8_t out[255 * 32 + 1];
    uint8_t secret[64] = {1};

    (void)state;
    assert_int_equal(
        derive(PSA_ALG_HKDF_EXPAND(PSA_ALG_SHA_256), secret, 32, secret, 1, out, sizeof(out)),
        PSA_ERROR_INVALID_ARGUMENT); /* RFC 5869 section 2.3: at most 255 hashes */
    assert_int_equal(derive(PSA_ALG_HKDF_EXTRACT(PSA_ALG_SHA_256), secret, 32, secret, 32, out, 33),
                     PSA_ERROR_INVALID_ARGUMENT);
    assert_int_equal(
        derive(PSA_ALG_HKDF_EXTRACT(PSA_ALG_SHA3_256), secret, 32, secret, 32, out, 32),
        PSA_ERROR_NOT_SUPPORTED);
}

static void test_without_memory_is_out_of_memory(void **state)
{
    uint8_t secret[32] = {1};
    uint8_t out[32];
    unsigned failed = 0;

    (void)state;
    for (unsigned nth = 1;; nth++) {
        psa_status_t status;

        sim_fail_alloc(nth, false);
        status = derive(PSA_ALG_HKDF_EXPAND(PSA_ALG_SHA_256), secret, sizeof(secret), secret, 5,
                        out, sizeof(out));
        sim_fail_alloc(0, false);
        if (status == PSA_SUCCESS) {
            break;
        }
        assert_int_equal(status, PSA_ERROR_INSUFFICIENT_MEMORY);
        failed++;
    }
    assert_true(failed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_extract_says_what_psa_says),      sim_test(test_expand_says_what_psa_says),
        sim_test(test_rfc_5869_first_vector_holds),     sim_test(test_what_cannot_be_is_refused),
        sim_test(test_without_memory_is_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
