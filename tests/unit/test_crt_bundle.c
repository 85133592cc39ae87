/* The certificate bundle: refused by name, everywhere, until it is built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sdkconfig.h"
#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#include "esp_crt_bundle.h"
#include "esp_tls_record.h"
#include "sim_test.h"

static void test_each_call_refuses(void **state)
{
    static const uint8_t bytes[16] = {8};
    mbedtls_ssl_config conf;
    mbedtls_ssl_config untouched;

    (void)state;
    memset(&conf, 0x5A, sizeof(conf));
    memset(&untouched, 0x5A, sizeof(untouched));
    assert_int_equal(esp_crt_bundle_attach(&conf), ESP_ERR_NOT_SUPPORTED);
    assert_int_equal(esp_crt_bundle_attach(NULL), ESP_ERR_NOT_SUPPORTED);
    esp_crt_bundle_detach(&conf);
    esp_crt_bundle_detach(NULL);
    assert_memory_equal(&conf, &untouched, sizeof(conf));
    assert_int_equal(esp_crt_bundle_set(NULL, 16), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_crt_bundle_set(bytes, 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_crt_bundle_set(bytes, sizeof(bytes)), ESP_ERR_NOT_SUPPORTED);
    assert_false(esp_crt_bundle_in_use(NULL));
}

static void test_a_connection_with_it_is_refused_by_the_options_name(void **state)
{
    esp_tls_cfg_t cfg = {.crt_bundle_attach = esp_crt_bundle_attach};
    esp_tls_t *tls = esp_tls_init();
    esp_tls_record_t record;

    (void)state;
    assert_int_equal(esp_tls_conn_new_sync("192.0.2.1", 9, 443, &cfg, tls), -1);
    assert_int_equal(esp_tls_get_record(tls, &record), ESP_OK);
    assert_int_equal(record.cause, ESP_TLS_CAUSE_NOT_SUPPORTED);
    assert_string_equal(record.option, "crt_bundle_attach");
    assert_int_equal(esp_tls_conn_destroy(tls), 0);
}
#else
static void test_each_call_refuses(void **state)
{
    (void)state;
    skip(); /* MBEDTLS_CERTIFICATE_BUNDLE is off: there is no such header */
}

static void test_a_connection_with_it_is_refused_by_the_options_name(void **state)
{
    (void)state;
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_refuses),
        cmocka_unit_test(test_a_connection_with_it_is_refused_by_the_options_name),
    };

    return cmocka_run_group_tests_name("crt_bundle", tests, NULL, NULL);
}
