/* The order in which cipher suites are offered, in both profiles. */
#include "sim_test.h"

#include "esp_tls.h"
#include "mbedtls/ssl_ciphersuites.h"

/* TLS 1.3's and the two families of TLS 1.2 that a public server has, as IANA numbers them. */
#define CHACHA_13     0x1303
#define AES_256_13    0x1302
#define AES_128_13    0x1301
#define CHACHA_ECDSA  0xCCA9
#define CHACHA_RSA    0xCCA8
#define AES_256_ECDSA 0xC02C
#define AES_256_RSA   0xC030
#define AES_128_ECDSA 0xC02B
#define AES_128_RSA   0xC02F

static bool is_aes_first(void)
{
#if defined(CONFIG_ESP_TLS_PROFILE_HOST) && !defined(ESP_TLS_SYSTEM_MBEDTLS) && defined(__x86_64__)
    return __builtin_cpu_supports("aes") != 0;
#else
    return false;
#endif
}

static const int aes_first[] = {AES_256_13,  AES_128_13, AES_256_ECDSA, AES_256_RSA, AES_128_ECDSA,
                                AES_128_RSA, CHACHA_13,  CHACHA_RSA,    CHACHA_ECDSA};
static const int chacha_first[] = {CHACHA_13,   AES_256_13,    AES_128_13,
                                   CHACHA_RSA,  CHACHA_ECDSA,  AES_256_ECDSA,
                                   AES_256_RSA, AES_128_ECDSA, AES_128_RSA};

static size_t position(int id)
{
    const int *list = esp_tls_get_ciphersuites_list();
    size_t i = 0;

    while (list[i] != 0 && list[i] != id) {
        i++;
    }
    assert_int_equal(list[i], id);
    return i;
}

static void test_order_is_the_profiles(void **state)
{
    const int *wanted = is_aes_first() ? aes_first : chacha_first;

    (void)state;
    for (size_t i = 1; i < sizeof(aes_first) / sizeof(aes_first[0]); i++) {
        assert_true(position(wanted[i - 1]) < position(wanted[i]));
    }
}

static void test_list_is_all_of_mbedtls(void **state)
{
    const int *all = mbedtls_ssl_list_ciphersuites();
    const int *list = esp_tls_get_ciphersuites_list();
    size_t n = 0;

    (void)state;
    for (; all[n] != 0; n++) {
        (void)position(all[n]);
    }
    for (size_t i = 0; i < n; i++) {
        assert_int_not_equal(list[i], 0);
    }
    assert_int_equal(list[n], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_the_profiles),
        cmocka_unit_test(test_list_is_all_of_mbedtls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
