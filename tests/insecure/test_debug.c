/* A build whose log shows more: Mbed TLS's own messages by connection, and handshake messages. */
#include "esp_tls_trace.h"

#include "sim_test.h"

#include "mbedtls/esp_debug.h"
#include "debug_internal.h"

#include "esp_log.h"

/** The tag's own level is forgotten: it is a block of memory. */
static int teardown(void **state)
{
    esp_log_level_set("*", CONFIG_LOG_DEFAULT_LEVEL);
    return sim_teardown(state);
}

#define debug_test(fn) cmocka_unit_test_setup_teardown(fn, sim_setup, teardown)

/** Lines of the log at a level of the tag. */
static unsigned lines(char level)
{
    const char *at = sim_log();
    unsigned n = 0;

    while ((at = strstr(at, " mbedtls: ")) != NULL) {
        const char *begin = at;

        while (begin > sim_log() && begin[-1] != '\n') {
            begin--;
        }
        n += *begin == level;
        at++;
    }
    return n;
}

/** @param loud  there should be lines of this level */
static void connect_and_look(struct sim_case *t, const char *loud, const char *silent)
{
    (void)sim_connect(t);
    for (const char *level = loud; *level != '\0'; level++) {
        assert_true(lines(*level) > 0);
    }
    for (const char *level = silent; *level != '\0'; level++) {
        assert_int_equal(lines(*level), 0);
    }
}

static void test_debug_level_is_kconfigs_at_first(void **state)
{
    struct sim_case *t = *state;

    t->cfg.cacert_buf = cert_root_other_pem; /* so that something goes wrong */
    t->cfg.cacert_bytes = sizeof(cert_root_other_pem);
    connect_and_look(t, "W", "IDV");
}

static void test_debug_level_raises(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(esp_tls_set_debug_level(t->tls, 3), ESP_OK);
    connect_and_look(t, "ID", "V");
    assert_logged("ssl_msg.c:"); /* no path */
    assert_not_logged("library/ssl_msg.c");
    assert_logged("=> write client hello\n");
}

static void test_debug_level_of_an_open_connection(void **state)
{
    struct sim_case *t = *state;
    char byte = 0;

    assert_int_equal(esp_tls_set_debug_level(t->tls, 0), ESP_OK);
    connect_and_look(t, "", "WIDV");
    assert_int_equal(esp_tls_set_debug_level(t->tls, 2), ESP_OK);
    assert_int_equal(esp_tls_conn_write(t->tls, &byte, 1), 1);
    assert_logged("=> write");
}

static void test_debug_level_is_of_one_connection(void **state)
{
    struct sim_case *t = *state;
    esp_tls_t *loud = esp_tls_init();

    assert_int_equal(esp_tls_set_debug_level(loud, 4), ESP_OK);
    assert_int_equal(esp_tls_set_debug_level(t->tls, 0), ESP_OK);
    connect_and_look(t, "", "WIDV");
    assert_int_equal(esp_tls_conn_destroy(loud), 0);
}

static void test_debug_level_refuses(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(esp_tls_set_debug_level(NULL, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_debug_level(t->tls, 5), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_debug_level(t->tls, -1), ESP_ERR_INVALID_ARG);
}

static int no_random(void *ctx, unsigned char *buf, size_t len)
{
    (void)ctx;
    memset(buf, 0, len);
    return 0;
}

static void test_debug_log_of_an_own_context(void **state)
{
    mbedtls_ssl_config conf;
    mbedtls_ssl_context ssl;

    (void)state;
    mbedtls_ssl_config_init(&conf);
    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_conf_rng(&conf, no_random, NULL);
    mbedtls_esp_enable_debug_log(&conf, 2);
    assert_int_equal(mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_CLIENT,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    assert_int_equal(mbedtls_ssl_setup(&ssl, &conf), 0);
    mbedtls_debug_print_msg(&ssl, 2, "a/b.c", 7, "seen");
    mbedtls_debug_print_msg(&ssl, 3, "a/b.c", 8, "too much");
    assert_logged("mbedtls: b.c:7 "); /* behind it the context's address */
    assert_logged(" seen\n");
    assert_not_logged("too much");
    mbedtls_esp_disable_debug_log(&conf);
    mbedtls_debug_print_msg(&ssl, 1, "a/b.c", 9, "no longer");
    assert_not_logged("no longer");
    mbedtls_debug_set_threshold(4); /* as the stack has it */
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&conf);
}

static void test_messages_of_every_connection_are_logged(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(sim_connect(t), 1);
    assert_logged("esp-tls: > ClientHello (1), ");
    assert_logged("esp-tls: < Finished (20), ");
}

static void test_messages_are_not_worth_a_failure(void **state)
{
    struct sim_case *t = *state;

    sim_fail_alloc(1, false);
    assert_int_equal(sim_connect(t), 1);
    assert_not_logged("ClientHello (1)");
}

static void test_captures_are_refused(void **state)
{
    struct sim_case *t = *state;
    esp_tls_capture_t capture = {0};
    const esp_tls_trace_t trace = {.capture = &capture};

    assert_int_equal(esp_tls_set_trace(t->tls, &trace), ESP_ERR_NOT_SUPPORTED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        debug_test(test_debug_level_is_kconfigs_at_first),
        debug_test(test_debug_level_raises),
        debug_test(test_debug_level_of_an_open_connection),
        debug_test(test_debug_level_is_of_one_connection),
        debug_test(test_debug_level_refuses),
        debug_test(test_debug_log_of_an_own_context),
        debug_test(test_messages_of_every_connection_are_logged),
        debug_test(test_messages_are_not_worth_a_failure),
        debug_test(test_captures_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
