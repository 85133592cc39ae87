/* Whom a connection trusts: the order of the sources, the global store, and no source at all. */
#define _GNU_SOURCE /* memmem() */
#include "sim_test.h"

#include "mbedtls/x509_crt.h"

static void renew(struct sim_case *t)
{
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init();
    assert_non_null(t->tls);
    sim_advance_us(1);
}

#define STORE(name) esp_tls_set_global_ca_store(cert_##name, sizeof(cert_##name))

static int connect_by_store(struct sim_case *t)
{
    t->cfg.use_global_ca_store = true;
    t->cfg.cacert_buf = NULL;
    t->cfg.cacert_bytes = 0;
    return sim_connect(t);
}

static unsigned store_len(void)
{
    unsigned n = 0;

    for (const mbedtls_x509_crt *crt = esp_tls_get_global_ca_store(); crt != NULL;
         crt = crt->next) {
        n += crt->raw.p != NULL;
    }
    return n;
}

/* --- which source ----------------------------------------------------------------------------- */

#ifndef CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY
static void test_no_source_is_refused(void **state)
{
    struct sim_case *t = *state;

    t->cfg.cacert_buf = NULL;
    t->cfg.skip_common_name = true; /* is no trust option */
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONFIG, ESP_TLS_CAUSE_NO_TRUST, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED,
                  "option=cacert_buf");
    assert_int_equal(sim_streams_opened(), 0);
    assert_int_equal(sim_lookups(), 0);
    assert_logged("no server verification option is set");
}
#else
static void test_no_source_is_allowed_by_kconfig_and_logged(void **state)
{
    struct sim_case *t = *state;

    t->cfg.cacert_buf = NULL;
    t->server.cert = CERT(server_untrusted_chain_pem);
    t->server.key = CERT(server_untrusted_key);
    assert_int_equal(sim_connect(t), 1);
    assert_logged("NOT verified");
    renew(t);
    t->cfg.cacert_buf = cert_root_ec_pem; /* the switch acts only where nothing is set */
    t->cfg.cacert_bytes = sizeof(cert_root_ec_pem);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_VERIFY);
}
#endif

static void test_store_beats_cacert_with_a_warning(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(STORE(root_other_pem), ESP_OK);
    t->cfg.use_global_ca_store = true; /* and cacert_buf, which would verify */
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_VERIFY);
    assert_logged("cacert_buf is ignored: use_global_ca_store decides");
    renew(t);
    assert_int_equal(STORE(root_ec_pem), ESP_OK);
    t->cfg.cacert_buf = cert_root_other_pem;
    t->cfg.cacert_bytes = sizeof(cert_root_other_pem);
    assert_int_equal(sim_connect(t), 1);
}

/** An ignored source is not even parsed. */
static void test_ignored_source_may_be_garbage(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(STORE(root_ec_pem), ESP_OK);
    t->cfg.use_global_ca_store = true;
    t->cfg.cacert_buf = (const unsigned char *)"garbage";
    t->cfg.cacert_bytes = 8;
    assert_int_equal(sim_connect(t), 1);
}

static esp_err_t attach(void *conf)
{
    (void)conf;
    return ESP_OK;
}

/** Its hook says that all is well, and names nobody to trust; or the settings leave it out. */
static void test_bundle_beats_all_and_is_refused(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(STORE(root_ec_pem), ESP_OK);
    t->cfg.use_global_ca_store = true;
    t->cfg.crt_bundle_attach = attach;
    assert_int_equal(sim_connect(t), -1);
    assert_string_equal(sim_record(t).option, "crt_bundle_attach");
    assert_logged("use_global_ca_store is ignored: crt_bundle_attach decides");
    assert_logged("cacert_buf is ignored: crt_bundle_attach decides");
}

static void test_one_source_warns_of_nothing(void **state)
{
    assert_int_equal(sim_connect(*state), 1);
    assert_not_logged("ignored");
}

/* --- the store -------------------------------------------------------------------------------- */

static void test_store_init_is_idempotent(void **state)
{
    (void)state;
    assert_int_equal(esp_tls_init_global_ca_store(), ESP_OK);
    assert_int_equal(esp_tls_init_global_ca_store(), ESP_OK);
    assert_int_equal(STORE(root_ec_pem), ESP_OK);
    assert_int_equal(esp_tls_init_global_ca_store(), ESP_OK);
    assert_int_equal(store_len(), 1);
}

static void test_store_init_without_memory(void **state)
{
    (void)state;
    sim_fail_alloc(1, false);
    assert_int_equal(esp_tls_init_global_ca_store(), ESP_ERR_NO_MEM);
    assert_int_equal(esp_tls_init_global_ca_store(), ESP_OK);
}

static void test_store_set_appends(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(STORE(root_other_pem), ESP_OK);
    assert_int_equal(connect_by_store(t), -1);
    assert_int_equal(sim_record(t).verify_flags, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
    renew(t);
    assert_int_equal(STORE(root_ec_der), ESP_OK);
    assert_int_equal(store_len(), 2);
    for (int i = 0; i < 3; i++) { /* more than one connection verifies with it */
        assert_int_equal(connect_by_store(t), 1);
        renew(t);
    }
}

static void test_store_takes_several_and_says_partly_ok(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(STORE(bundle_pem), ESP_OK);
    assert_int_equal(store_len(), 3);
    esp_tls_free_global_ca_store();
    assert_int_equal(STORE(bundle_one_bad_pem), ESP_ERR_MBEDTLS_CERT_PARTLY_OK);
    assert_int_equal(store_len(), 2);
    assert_int_equal(connect_by_store(t), 1);
    assert_logged("could not be parsed");
    renew(t);
    esp_tls_free_global_ca_store();
    assert_int_equal(STORE(bundle_first_bad_pem), ESP_ERR_MBEDTLS_CERT_PARTLY_OK);
    assert_int_equal(store_len(), 2);
    assert_int_equal(connect_by_store(t), 1);
}

static void test_store_set_of_nothing_readable_frees_it(void **state)
{
    static const unsigned char garbage[] = "garbage";
    struct sim_case *t = *state;

    assert_int_equal(STORE(root_ec_pem), ESP_OK);
    assert_int_equal(esp_tls_set_global_ca_store(garbage, sizeof(garbage)), ESP_FAIL);
    assert_null(esp_tls_get_global_ca_store());
    assert_int_equal(connect_by_store(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONFIG, ESP_TLS_CAUSE_INVALID_STATE, ESP_ERR_INVALID_STATE,
                  "option=use_global_ca_store");
    assert_int_equal(STORE(bundle_all_bad_pem), ESP_FAIL);
    assert_int_equal(esp_tls_set_global_ca_store(garbage, 0), ESP_FAIL);
    assert_int_equal(STORE(truncated_der), ESP_FAIL);
    assert_null(esp_tls_get_global_ca_store());
}

static void test_store_set_of_null_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(STORE(root_ec_pem), ESP_OK);
    assert_int_equal(esp_tls_set_global_ca_store(NULL, 10), ESP_ERR_INVALID_ARG);
    assert_int_equal(store_len(), 1);
}

/** Whichever allocation fails, the store is as it was. */
static void test_store_set_without_memory_changes_nothing(void **state)
{
    struct sim_case *t = *state;
    esp_err_t err = ESP_ERR_NO_MEM;
    unsigned nth;

    assert_int_equal(STORE(root_other_pem), ESP_OK);
    for (nth = 1; err == ESP_ERR_NO_MEM; nth++) {
        sim_fail_alloc(nth, false);
        err = STORE(bundle_pem);
        sim_fail_alloc(0, false);
        if (err != ESP_OK) {
            assert_int_equal(err, ESP_ERR_NO_MEM);
            assert_int_equal(store_len(), 1);
        }
    }
    assert_int_equal(err, ESP_OK);
    assert_true(nth > 5);
    assert_int_equal(store_len(), 4);
    assert_int_equal(connect_by_store(t), 1);
}

static void test_store_get_of_nothing_is_null(void **state)
{
    (void)state;
    assert_null(esp_tls_get_global_ca_store());
    assert_int_equal(esp_tls_init_global_ca_store(), ESP_OK);
    assert_null(esp_tls_get_global_ca_store());
    esp_tls_free_global_ca_store();
    esp_tls_free_global_ca_store(); /* harmless */
    assert_null(esp_tls_get_global_ca_store());
}

static void test_store_get_without_memory_is_null(void **state)
{
    (void)state;
    assert_int_equal(STORE(bundle_pem), ESP_OK);
    for (unsigned nth = 1; nth <= 10; nth++) {
        sim_fail_alloc(nth, false);
        (void)esp_tls_get_global_ca_store();
        sim_fail_alloc(0, false);
    }
    assert_int_equal(store_len(), 3);
}

/** Whoever takes the chain would not apply the constraints: such an authority is not in it. */
static void test_store_chain_leaves_out_critical_name_constraints(void **state)
{
    static const unsigned char basic_constraints[] = {0x55, 0x1D, 0x13, 1, 1, 0xFF};
    unsigned char der[sizeof(cert_root_ec_der)];
    unsigned char *at;

    (void)state;
    memcpy(der, cert_root_ec_der, sizeof(der));
    at = memmem(der, sizeof(der), basic_constraints, sizeof(basic_constraints));
    assert_non_null(at);
    at[2] = 0x1E; /* critical nameConstraints now */
#ifdef CONFIG_ESP_TLS_NAME_CONSTRAINTS
    assert_int_equal(esp_tls_set_global_ca_store(der, sizeof(der)), ESP_OK);
    assert_null(esp_tls_get_global_ca_store());
    assert_int_equal(STORE(root_rsa_pem), ESP_OK);
    assert_int_equal(store_len(), 1);
#else
    assert_int_equal(esp_tls_set_global_ca_store(der, sizeof(der)), ESP_FAIL);
#endif
}

static void test_store_chain_grows_where_it_is(void **state)
{
    mbedtls_x509_crt *chain;

    (void)state;
    assert_int_equal(STORE(root_ec_pem), ESP_OK);
    chain = esp_tls_get_global_ca_store();
    assert_non_null(chain);
    assert_ptr_equal(esp_tls_get_global_ca_store(), chain);
    assert_int_equal(STORE(root_rsa_pem), ESP_OK);
    assert_int_equal(store_len(), 2);
}

/** A connection keeps the anchors that it began with. */
static void test_store_freed_in_mid_connect_still_verifies(void **state)
{
    struct sim_case *t = *state;

    for (int replace = 0; replace <= 1; replace++) {
        assert_int_equal(STORE(root_ec_pem), ESP_OK);
        t->cfg.use_global_ca_store = true;
        t->cfg.cacert_buf = NULL;
        assert_int_equal(esp_tls_conn_new_async("test.example", 12, 443, &t->cfg, t->tls), 0);
        esp_tls_free_global_ca_store();
        if (replace) {
            assert_int_equal(STORE(root_other_pem), ESP_OK);
        }
        assert_int_equal(sim_connect_async(t, "test.example", 443), 1);
        renew(t);
        esp_tls_free_global_ca_store();
    }
}

static void test_store_in_use_when_destroyed_leaves_nothing(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(STORE(bundle_pem), ESP_OK);
    t->cfg.use_global_ca_store = true;
    assert_int_equal(esp_tls_conn_new_async("test.example", 12, 443, &t->cfg, t->tls), 0);
    assert_non_null(esp_tls_get_global_ca_store());
    esp_tls_free_global_ca_store();
    renew(t); /* the teardown counts */
}

static void test_text_behind_the_last_certificate_is_none(void **state)
{
    static const char text[] = "# and that was all\n";
    static unsigned char buf[sizeof(cert_root_ec_pem) + sizeof(text)];
    struct sim_case *t = *state;
    size_t len = sizeof(cert_root_ec_pem) - 1;

    memcpy(buf, cert_root_ec_pem, len);
    memcpy(buf + len, text, sizeof(text));
    assert_int_equal(esp_tls_set_global_ca_store(buf, (unsigned)(len + sizeof(text))), ESP_OK);
    esp_tls_free_global_ca_store();
    t->cfg.cacert_buf = buf;
    t->cfg.cacert_bytes = (unsigned)(len + sizeof(text));
    assert_int_equal(sim_connect(t), 1);
}

/** One that cannot be read stands in front of the issuer, and has its name. */
static void test_damaged_namesake_of_the_issuer_is_passed_over(void **state)
{
    static const uint8_t algorithm[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2};
    static unsigned char buf[2 * sizeof(cert_root_ec_der)];
    const size_t len = sizeof(cert_root_ec_der);
    struct sim_case *t = *state;
    size_t at = 0;

    memcpy(buf, cert_root_ec_der, len);
    memcpy(buf + len, cert_root_ec_der, len);
    while (memcmp(buf + at, algorithm, sizeof(algorithm)) != 0) {
        at++;
    }
    buf[at + sizeof(algorithm) - 1] = 0x55;
    t->cfg.cacert_buf = buf;
    t->cfg.cacert_bytes = (unsigned)sizeof(buf);
    assert_int_equal(sim_connect(t), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifndef CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY
        sim_test(test_no_source_is_refused),
#else
        sim_test(test_no_source_is_allowed_by_kconfig_and_logged),
#endif
        sim_test(test_store_beats_cacert_with_a_warning),
        sim_test(test_ignored_source_may_be_garbage),
        sim_test(test_text_behind_the_last_certificate_is_none),
        sim_test(test_damaged_namesake_of_the_issuer_is_passed_over),
        sim_test(test_bundle_beats_all_and_is_refused),
        sim_test(test_one_source_warns_of_nothing),
        sim_test(test_store_init_is_idempotent),
        sim_test(test_store_init_without_memory),
        sim_test(test_store_set_appends),
        sim_test(test_store_takes_several_and_says_partly_ok),
        sim_test(test_store_set_of_nothing_readable_frees_it),
        sim_test(test_store_set_of_null_changes_nothing),
        sim_test(test_store_set_without_memory_changes_nothing),
        sim_test(test_store_get_of_nothing_is_null),
        sim_test(test_store_get_without_memory_is_null),
        sim_test(test_store_chain_leaves_out_critical_name_constraints),
        sim_test(test_store_chain_grows_where_it_is),
        sim_test(test_store_freed_in_mid_connect_still_verifies),
        sim_test(test_store_in_use_when_destroyed_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
