/* The certificate bundle in connections: whom it lets in, who is refused and why, what it takes of
 * memory, and what else an application's hook may set. test_chains.c compares it with a list of the
 * same roots over all chains; test_bundle.c reads bundles that are damaged. */
#include "bundle_kit.h"
#include "elastic_kit.h"

#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#include <stdlib.h>

#include "mbedtls/ssl.h"

#include "esp_crt_bundle.h"

/** The bundle of a test, from a heap of its own: what is read behind it is seen. */
struct world {
    uint8_t *bundle;
    size_t len;
};

static struct world world;

static void set_bundle(const struct bundle_kit_cert *roots, size_t count)
{
    free(world.bundle);
    world.bundle = bundle_kit_make(roots, count, &world.len);
    assert_int_equal(esp_crt_bundle_set(world.bundle, world.len), ESP_OK);
}

#define SET_BUNDLE(...)                                                                            \
    do {                                                                                           \
        const struct bundle_kit_cert roots_[] = {__VA_ARGS__};                                     \
        set_bundle(roots_, COUNT(roots_));                                                         \
    } while (0)
#define ROOT(name) BUNDLE_KIT_CERT(name)

static int setup(void **state)
{
    int ret = sim_setup(state);
    struct sim_case *t = *state;

    t->cfg.cacert_buf = NULL;
    t->cfg.cacert_bytes = 0;
    t->cfg.crt_bundle_attach = esp_crt_bundle_attach;
    return ret;
}

static int teardown(void **state)
{
    int ret = sim_teardown(state);

    esp_crt_bundle_detach(NULL);
    free(world.bundle);
    world = (struct world){NULL, 0};
    return ret;
}

static void renew(struct sim_case *t)
{
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init();
    assert_non_null(t->tls);
    sim_advance_us(1);
}

/* --- the calls -------------------------------------------------------------------------------- */

/** Its roots are those of the machine that built it. */
static void test_built_in_bundle_is_a_good_one(void **state)
{
    mbedtls_ssl_config conf;

    (void)state;
    mbedtls_ssl_config_init(&conf);
    assert_int_equal(esp_crt_bundle_attach(NULL), ESP_OK);
    assert_int_equal(esp_crt_bundle_attach(&conf), ESP_OK);
    assert_non_null(conf.MBEDTLS_PRIVATE(f_ca_cb));
    esp_crt_bundle_detach(&conf);
    assert_null(conf.MBEDTLS_PRIVATE(f_ca_cb));
    assert_false(esp_crt_bundle_in_use(NULL));
    mbedtls_ssl_config_free(&conf);
}

static void test_set_of_what_is_no_bundle_is_refused_and_the_old_one_stays(void **state)
{
    static const uint8_t bytes[] = {4, 0, 0, 0, 5, 0, 5, 0, '0'};
    struct sim_case *t = *state;

    SET_BUNDLE(ROOT(root_ec));
    assert_int_equal(esp_crt_bundle_set(NULL, 16), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_crt_bundle_set(bytes, 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_crt_bundle_set(bytes, sizeof(bytes)), ESP_ERR_INVALID_ARG);
    assert_logged("the bundle that is set is refused: it ends within a root");
    assert_int_equal(esp_crt_bundle_set(world.bundle, world.len - 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(sim_connect(t), 1);
}

/** A detached configuration keeps what others set in it. */
static int no_roots(void *ctx, const mbedtls_x509_crt *child, mbedtls_x509_crt **found)
{
    (void)ctx;
    (void)child;
    *found = NULL;
    return 0;
}

static void test_detach_takes_only_the_bundle(void **state)
{
    mbedtls_ssl_config conf;

    (void)state;
    mbedtls_ssl_config_init(&conf);
    mbedtls_ssl_conf_ca_cb(&conf, no_roots, &conf);
    esp_crt_bundle_detach(&conf);
    assert_ptr_equal(conf.MBEDTLS_PRIVATE(f_ca_cb), no_roots);
    mbedtls_ssl_config_free(&conf);
}

/* --- whom it lets in -------------------------------------------------------------------------- */

static void test_each_kind_of_root_verifies_its_servers(void **state)
{
    static const struct {
        struct sim_cert cert;
        struct sim_cert key;
    } servers[] = {
        {CERT(server_ec_chain_pem), CERT(server_ec_key)},
        {CERT(server_ec384_chain_pem), CERT(server_ec384_key)},
        {CERT(server_rsa_chain_pem), CERT(server_rsa_key)},
    };
    struct sim_case *t = *state;

    SET_BUNDLE(ROOT(root_other), ROOT(root_ec), ROOT(root_ec384), ROOT(root_rsa),
               ROOT(root_client));
    for (size_t i = 0; i < COUNT(servers); i++) {
        for (int version = ESP_TLS_VER_TLS_1_2; version <= ESP_TLS_VER_TLS_1_3; version++) {
            t->server.cert = servers[i].cert;
            t->server.key = servers[i].key;
            t->cfg.tls_version = (esp_tls_proto_ver_t)version;
            assert_int_equal(sim_connect(t), 1);
            renew(t);
        }
    }
}

/** Of two roots of one name either may be the one. */
static void test_two_roots_of_one_name_are_both_tried(void **state)
{
    struct sim_case *t = *state;

    SET_BUNDLE(ROOT(root_ec), ROOT(root_twin));
    assert_int_equal(sim_connect(t), 1);
    renew(t);
    SET_BUNDLE(ROOT(root_twin), ROOT(root_rsa), ROOT(root_ec));
    assert_int_equal(sim_connect(t), 1);
    renew(t);
    SET_BUNDLE(ROOT(root_twin)); /* and the name alone is not enough */
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_VERIFY,
                  ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x2700 flags=0x8@1 sent=48");
}

static void test_an_unknown_root_is_refused_by_its_name(void **state)
{
    struct sim_case *t = *state;

    SET_BUNDLE(ROOT(root_rsa), ROOT(root_other));
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_VERIFY,
                  ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x2700 flags=0x8@1 sent=48");
    assert_reasons(t, "ROOT_NOT_TRUSTED MISSING_INTERMEDIATE");
}

/** What a root's own certificate says is not in a bundle; what others say holds as ever. */
static void test_other_faults_of_a_chain_are_still_refused(void **state)
{
    static const struct {
        struct sim_cert cert;
        struct sim_cert key;
        const char *reasons;
    } servers[] = {
        {CERT(server_expired_chain_pem), CERT(server_expired_key), "CERT_EXPIRED"},
        {CERT(server_future_chain_pem), CERT(server_future_key), "CERT_NOT_YET_VALID"},
        {CERT(server_name_chain_pem), CERT(server_name_key), "NAME_MISMATCH"},
        {CERT(server_int_expired_chain_pem), CERT(server_int_expired_key), "CERT_EXPIRED"},
    };
    struct sim_case *t = *state;

    SET_BUNDLE(ROOT(root_ec));
    for (size_t i = 0; i < COUNT(servers); i++) {
        esp_tls_diagnosis_t d;

        t->server.cert = servers[i].cert;
        t->server.key = servers[i].key;
        assert_int_equal(sim_connect(t), -1);
        assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_VERIFY);
        assert_int_equal(esp_tls_get_diagnosis(t->tls, &d), ESP_OK);
        assert_non_null(strstr(sim_reasons(&d), servers[i].reasons));
        renew(t);
    }
}

/** A connection keeps the bundle that it attached, whatever is set later. */
static void test_another_bundle_is_for_later_connections(void **state)
{
    struct sim_case *t = *state;
    uint8_t *first;

    SET_BUNDLE(ROOT(root_ec));
    first = world.bundle;
    world.bundle = NULL;
    assert_int_equal(esp_tls_conn_new_async("test.example", 12, 443, &t->cfg, t->tls), 0);
    SET_BUNDLE(ROOT(root_rsa));
    assert_int_equal(sim_connect_async(t, "test.example", 443), 1);
    free(first);
    renew(t);
    assert_int_equal(sim_connect(t), -1);
}

/* --- memory ----------------------------------------------------------------------------------- */

static uint32_t peak_with(struct sim_case *t)
{
    assert_int_equal(sim_connect(t), 1);
    return kit_stats(t).total.peak;
}

/** However many roots there are, one is in memory. */
static void test_more_roots_take_no_more_memory(void **state)
{
    struct sim_case *t = *state;
    uint32_t one;

    SET_BUNDLE(ROOT(root_ec));
    one = peak_with(t);
    renew(t);
    SET_BUNDLE(ROOT(root_other), ROOT(root_ec), ROOT(root_ec384), ROOT(root_rsa), ROOT(root_client),
               ROOT(self_ca));
    assert_int_equal(peak_with(t), one);
}

static void test_without_memory_it_says_so_and_leaves_nothing(void **state)
{
    const struct bundle_kit_cert roots[] = {ROOT(root_twin), ROOT(root_ec)};
    unsigned failed = 0;
    unsigned first;
    bool opened = false;

    (void)state;
    for (unsigned nth = 1; !opened; nth += 1 + nth / 50) {
        struct sim_case t;

        sim_case_open(&t);
        set_bundle(roots, COUNT(roots));
        t.cfg.cacert_buf = NULL;
        t.cfg.crt_bundle_attach = esp_crt_bundle_attach;
        first = sim_alloc_count();
        sim_fail_alloc(nth, false);
        opened = sim_connect(&t) == 1;
        if (!opened && sim_record(&t).cause != ESP_TLS_CAUSE_NO_MEM) {
            fail_msg("allocation %u of %u: %s", nth, sim_alloc_count() - first,
                     esp_tls_cause_name(sim_record(&t).cause));
        }
        failed += !opened;
        assert_int_equal(sim_case_close(&t), 0);
    }
#ifndef CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC /* then it is not the simulated heap that Mbed TLS asks */
    assert_true(failed > 30);
#endif
}

/* --- what else a hook may do ------------------------------------------------------------------ */

/** An application's verify callback, and what it saw. */
static struct {
    unsigned calls;
    uint32_t adds; /* to the server's own certificate */
    bool clears;   /* what was found */
    int answer;
    esp_err_t hook_says;
} app;

static int app_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    assert_ptr_equal(ctx, &app);
    assert_non_null(crt);
    app.calls++;
    if (app.clears) {
        *flags = 0;
    }
    if (depth == 0) {
        *flags |= app.adds;
    }
    return app.answer;
}

static esp_err_t attach_both(void *conf)
{
    mbedtls_ssl_conf_verify(conf, app_verify, &app);
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_NONE); /* is not the hook's to say */
    return app.hook_says != ESP_OK ? app.hook_says : esp_crt_bundle_attach(conf);
}

static void begin_app(struct sim_case *t)
{
    memset(&app, 0, sizeof(app));
    SET_BUNDLE(ROOT(root_ec));
    t->cfg.crt_bundle_attach = attach_both;
}

static void test_a_verify_callback_of_the_application_runs_as_well(void **state)
{
    struct sim_case *t = *state;

    begin_app(t);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(app.calls, 3); /* root, intermediate, server */
    renew(t);
    app.calls = 0;
    app.adds = MBEDTLS_X509_BADCERT_OTHER;
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_VERIFY);
    assert_int_equal(sim_record(t).verify_flags, MBEDTLS_X509_BADCERT_OTHER);
    renew(t);
    app.adds = 0;
    app.answer = MBEDTLS_ERR_X509_FATAL_ERROR;
    assert_int_equal(sim_connect(t), -1);
}

static void test_ours_runs_beside_it(void **state)
{
    struct sim_case *t = *state;

    begin_app(t);
    t->server.cert = CERT(server_untrusted_chain_pem);
    t->server.key = CERT(server_untrusted_key);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).verify_flags, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
    assert_true(app.calls > 0);
    renew(t);
    app.clears = true; /* it cannot make good what was found */
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).verify_flags, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
    renew(t);
    t->server.cert = CERT(server_name_chain_pem); /* names are compared by ours */
    t->server.key = CERT(server_name_key);
    assert_int_equal(sim_connect(t), -1);
    assert_reasons(t, "NAME_MISMATCH");
}

static void test_a_hook_that_fails_is_refused_by_the_options_name(void **state)
{
    struct sim_case *t = *state;

    begin_app(t);
    app.hook_says = ESP_ERR_INVALID_ARG;
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONFIG, ESP_TLS_CAUSE_INVALID_STATE, ESP_ERR_INVALID_ARG,
                  "option=crt_bundle_attach");
    renew(t);
    app.hook_says = ESP_ERR_NO_MEM;
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONFIG, ESP_TLS_CAUSE_NO_MEM, ESP_ERR_NO_MEM,
                  "option=crt_bundle_attach");
    assert_int_equal(sim_streams_opened(), 0);
}

static mbedtls_x509_crt own_list;

static esp_err_t attach_list(void *conf)
{
    mbedtls_ssl_conf_ca_chain(conf, &own_list, NULL);
    return ESP_OK;
}

/** A hook need not be the bundle's. */
static void test_a_hook_may_set_a_list_of_its_own(void **state)
{
    struct sim_case *t = *state;

    mbedtls_x509_crt_init(&own_list);
    assert_int_equal(mbedtls_x509_crt_parse(&own_list, cert_root_ec_pem, sizeof(cert_root_ec_pem)),
                     0);
    t->cfg.crt_bundle_attach = attach_list;
    assert_int_equal(sim_connect(t), 1);
    renew(t);
    mbedtls_x509_crt_free(&own_list);
}

#define bundle_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        bundle_test(test_built_in_bundle_is_a_good_one),
        bundle_test(test_set_of_what_is_no_bundle_is_refused_and_the_old_one_stays),
        bundle_test(test_detach_takes_only_the_bundle),
        bundle_test(test_each_kind_of_root_verifies_its_servers),
        bundle_test(test_two_roots_of_one_name_are_both_tried),
        bundle_test(test_an_unknown_root_is_refused_by_its_name),
        bundle_test(test_other_faults_of_a_chain_are_still_refused),
        bundle_test(test_another_bundle_is_for_later_connections),
        bundle_test(test_more_roots_take_no_more_memory),
        bundle_test(test_without_memory_it_says_so_and_leaves_nothing),
        bundle_test(test_a_verify_callback_of_the_application_runs_as_well),
        bundle_test(test_ours_runs_beside_it),
        bundle_test(test_a_hook_that_fails_is_refused_by_the_options_name),
        bundle_test(test_a_hook_may_set_a_list_of_its_own),
    };

    return cmocka_run_group_tests_name("crt_bundle", tests, NULL, NULL);
}
#else
static void test_crt_bundle_is_off(void **state)
{
    (void)state;
    skip(); /* MBEDTLS_CERTIFICATE_BUNDLE is off: there is no such header */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_crt_bundle_is_off)};

    return cmocka_run_group_tests_name("crt_bundle", tests, NULL, NULL);
}
#endif
