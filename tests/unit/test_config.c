/* What a configuration is refused for: with which code, under which name, in which order, and
 * always before anything is looked up, opened or sent. */
#include "sim_test.h"

#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "mbedtls/pk.h"

#define TLS12_ONLY 0xC02B /* ECDHE-ECDSA-AES128-GCM-SHA256 */
#define TLS13_ONLY 0x1301 /* AES128-GCM-SHA256 */

static const char *const no_alpn[] = {NULL};
static const char *const empty_alpn[] = {"h2", "", NULL};
static char long_protocol[257];
static const char *long_alpn[] = {"h2", long_protocol, NULL};
static const int unknown_suites[] = {0x7777, 0x7778, 0};
static const int suites_of_12[] = {TLS12_ONLY, 0};
static const int suites_of_13[] = {TLS13_ONLY, 0};
static const int no_suites[] = {0};
static const unsigned char garbage[] = "this is neither PEM nor DER";
static const unsigned char zeroes[8];
static char long_name[300];

static const esp_key_config_t key_without_data = {.source = ESP_KEY_SOURCE_BUFFER};
static const esp_key_config_t key_without_length = {.source = ESP_KEY_SOURCE_BUFFER,
                                                    .buffer = {.data = cert_client_ec_key}};
static const esp_key_config_t key_in_buffer = {
    .source = ESP_KEY_SOURCE_BUFFER,
    .buffer = {.data = cert_client_ec_key, .len = sizeof(cert_client_ec_key)}};
static const esp_key_config_t key_of_garbage = {
    .source = ESP_KEY_SOURCE_BUFFER, .buffer = {.data = garbage, .len = sizeof(garbage)}};
static const esp_key_config_t key_in_psa = {.source = ESP_KEY_SOURCE_PSA,
                                            .psa = {.key_id = 0x12345}};

static esp_err_t attach(void *conf)
{
    (void)conf;
#ifndef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    fail_msg("the bundle's hook must not be called");
#endif
    return ESP_FAIL;
}

/* --- one change each -------------------------------------------------------------------------- */

static void set_empty_alpn(esp_tls_cfg_t *cfg)
{
    cfg->alpn_protos = (const char **)empty_alpn;
}

static void set_long_alpn(esp_tls_cfg_t *cfg)
{
    memset(long_protocol, 'x', sizeof(long_protocol) - 1);
    cfg->alpn_protos = long_alpn;
}

static void set_long_name(esp_tls_cfg_t *cfg)
{
    memset(long_name, 'x', sizeof(long_name) - 1);
    cfg->common_name = long_name;
}

static void set_no_trust(esp_tls_cfg_t *cfg)
{
    cfg->cacert_buf = NULL;
    cfg->cacert_bytes = 0;
}

static void set_bundle(esp_tls_cfg_t *cfg)
{
    cfg->crt_bundle_attach = attach;
}

static void set_empty_store(esp_tls_cfg_t *cfg)
{
    cfg->use_global_ca_store = true;
}

static void set_ca(esp_tls_cfg_t *cfg, const unsigned char *buf, size_t len)
{
    cfg->cacert_buf = buf;
    cfg->cacert_bytes = (unsigned)len;
}

static void set_ca_garbage(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, garbage, sizeof(garbage));
}

static void set_ca_of_no_bytes(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, cert_root_ec_pem, 0);
}

static void set_ca_zeroes(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, zeroes, sizeof(zeroes));
}

static void set_ca_pem_without_nul(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, cert_root_ec_pem, sizeof(cert_root_ec_pem) - 1);
}

static void set_ca_truncated(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, cert_truncated_der, sizeof(cert_truncated_der));
}

static void set_ca_all_bad(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, cert_bundle_all_bad_pem, sizeof(cert_bundle_all_bad_pem));
}

static void set_ca_that_is_a_key(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, cert_root_ec_key, sizeof(cert_root_ec_key));
}

static void set_secure_element(esp_tls_cfg_t *cfg)
{
    cfg->use_secure_element = true;
}

static void set_cert(esp_tls_cfg_t *cfg)
{
    cfg->clientcert_buf = cert_client_ec_pem;
    cfg->clientcert_bytes = sizeof(cert_client_ec_pem);
}

static void set_key(esp_tls_cfg_t *cfg)
{
    cfg->clientkey_buf = cert_client_ec_key;
    cfg->clientkey_bytes = sizeof(cert_client_ec_key);
}

static void set_key_config_without_cert(esp_tls_cfg_t *cfg)
{
    cfg->client_key = &key_in_buffer;
}

static void set_key_config_without_data(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    set_key(cfg); /* not fallen back to */
    cfg->client_key = &key_without_data;
}

static void set_key_config_without_length(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    cfg->client_key = &key_without_length;
}

static void set_key_config_of_garbage(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    set_key(cfg);
    cfg->client_key = &key_of_garbage;
}

static void set_psa_without_cert(esp_tls_cfg_t *cfg)
{
    cfg->client_key = &key_in_psa;
}

static void set_psa_of_no_key(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    cfg->client_key = &key_in_psa;
}

static void set_ds_without_cert(esp_tls_cfg_t *cfg)
{
    cfg->ds_data = long_name;
}

static void set_ds(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    set_key(cfg); /* never fallen back to */
    cfg->ds_data = long_name;
}

static void set_ecdsa_peripheral(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    set_key(cfg);
    cfg->use_ecdsa_peripheral = true;
}

static void set_cert_garbage(esp_tls_cfg_t *cfg)
{
    set_key(cfg);
    cfg->clientcert_buf = garbage;
    cfg->clientcert_bytes = sizeof(garbage);
}

static void set_cert_partly_bad(esp_tls_cfg_t *cfg)
{
    set_key(cfg);
    cfg->clientcert_buf = cert_bundle_one_bad_pem;
    cfg->clientcert_bytes = sizeof(cert_bundle_one_bad_pem);
}

static void set_cert_of_no_bytes(esp_tls_cfg_t *cfg)
{
    set_key(cfg);
    cfg->clientcert_buf = cert_client_ec_pem;
}

static void set_key_garbage(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    cfg->clientkey_buf = garbage;
    cfg->clientkey_bytes = sizeof(garbage);
}

static void set_key_of_no_bytes(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    cfg->clientkey_buf = cert_client_ec_key;
}

static void set_key_without_password(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    cfg->clientkey_buf = cert_client_ec_aes128_pem;
    cfg->clientkey_bytes = sizeof(cert_client_ec_aes128_pem);
}

static void set_key_with_wrong_password(esp_tls_cfg_t *cfg)
{
    set_key_without_password(cfg);
    cfg->clientkey_password = (const unsigned char *)"wrong";
    cfg->clientkey_password_len = 5;
}

static void set_key_of_another(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    cfg->clientkey_buf = cert_client_other_key;
    cfg->clientkey_bytes = sizeof(cert_client_other_key);
}

static void set_key_of_another_kind(esp_tls_cfg_t *cfg)
{
    set_cert(cfg);
    cfg->clientkey_buf = cert_client_rsa_key;
    cfg->clientkey_bytes = sizeof(cert_client_rsa_key);
}

static void set_unknown_suites(esp_tls_cfg_t *cfg)
{
    cfg->ciphersuites_list = unknown_suites;
}

static void set_version_max(esp_tls_cfg_t *cfg)
{
    cfg->tls_version = ESP_TLS_VER_TLS_MAX;
}

static void set_version_99(esp_tls_cfg_t *cfg)
{
    cfg->tls_version = (esp_tls_proto_ver_t)99;
}

static void set_12_with_suites_of_13(esp_tls_cfg_t *cfg)
{
    cfg->tls_version = ESP_TLS_VER_TLS_1_2;
    cfg->ciphersuites_list = suites_of_13;
}

static void set_13_with_suites_of_12(esp_tls_cfg_t *cfg)
{
    cfg->tls_version = ESP_TLS_VER_TLS_1_3;
    cfg->ciphersuites_list = suites_of_12;
}

#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
static esp_tls_client_session_t a_session;

static void set_session(esp_tls_cfg_t *cfg)
{
    cfg->client_session = &a_session;
}
#endif

#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
static const psk_hint_key_t a_psk = {.key = zeroes, .key_size = 8, .hint = "me"};

static void set_psk(esp_tls_cfg_t *cfg)
{
    set_no_trust(cfg);
    cfg->psk_hint_key = &a_psk;
}
#endif

#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#define BUNDLE_ESP ESP_FAIL /* the hook's */
#else
#define BUNDLE_ESP ESP_ERR_INVALID_STATE
#endif

struct refusal {
    const char *name;
    void (*set)(esp_tls_cfg_t *cfg);
    esp_tls_cause_t cause;
    esp_err_t esp;
    const char *option;
    int stack; /* 0: none; -1: any */
};

static const struct refusal refusals[] = {
    {"name too long", set_long_name, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED,
     NULL, -MBEDTLS_ERR_SSL_BAD_INPUT_DATA},
#ifdef CONFIG_MBEDTLS_SSL_ALPN
    {"empty protocol", set_empty_alpn, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_SSL_CONF_ALPN_PROTOCOLS_FAILED, NULL, -MBEDTLS_ERR_SSL_BAD_INPUT_DATA},
    {"long protocol", set_long_alpn, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_SSL_CONF_ALPN_PROTOCOLS_FAILED, NULL, -MBEDTLS_ERR_SSL_BAD_INPUT_DATA},
#else
    {"ALPN", set_empty_alpn, ESP_TLS_CAUSE_INVALID_STATE, ESP_ERR_INVALID_STATE, "alpn_protos", 0},
    {"ALPN", set_long_alpn, ESP_TLS_CAUSE_INVALID_STATE, ESP_ERR_INVALID_STATE, "alpn_protos", 0},
#endif
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    {"session", set_session, ESP_TLS_CAUSE_NOT_SUPPORTED, ESP_ERR_NOT_SUPPORTED, "client_session",
     0},
#endif
#ifndef CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY
    {"no trust", set_no_trust, ESP_TLS_CAUSE_NO_TRUST, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED,
     "cacert_buf", 0},
#endif
    {"bundle", set_bundle, ESP_TLS_CAUSE_INVALID_STATE, BUNDLE_ESP, "crt_bundle_attach", 0},
    {"empty store", set_empty_store, ESP_TLS_CAUSE_INVALID_STATE, ESP_ERR_INVALID_STATE,
     "use_global_ca_store", 0},
#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
    {"PSK", set_psk, ESP_TLS_CAUSE_NOT_SUPPORTED, ESP_ERR_NOT_SUPPORTED, "psk_hint_key", 0},
#endif
    {"CA garbage", set_ca_garbage, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED,
     "cacert_buf", -1},
    {"CA of no bytes", set_ca_of_no_bytes, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, "cacert_buf", -1},
    {"CA zeroes", set_ca_zeroes, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED,
     "cacert_buf", -1},
    {"CA without NUL", set_ca_pem_without_nul, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, "cacert_buf", -1},
    {"CA truncated", set_ca_truncated, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED,
     "cacert_buf", -1},
    {"CAs all bad", set_ca_all_bad, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED,
     "cacert_buf", -1},
    {"CA is a key", set_ca_that_is_a_key, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, "cacert_buf", -1},
    {"secure element", set_secure_element, ESP_TLS_CAUSE_NOT_SUPPORTED, ESP_ERR_NOT_SUPPORTED,
     "use_secure_element", 0},
    {"key, no certificate", set_key, ESP_TLS_CAUSE_INVALID_STATE, ESP_ERR_INVALID_STATE,
     "clientcert_buf", 0},
    {"certificate, no key", set_cert, ESP_TLS_CAUSE_INVALID_STATE, ESP_ERR_INVALID_STATE,
     "clientkey_buf", 0x7600},
    {"client_key, no certificate", set_key_config_without_cert, ESP_TLS_CAUSE_INVALID_ARG,
     ESP_ERR_INVALID_ARG, "clientcert_buf", 0},
    {"client_key, no data", set_key_config_without_data, ESP_TLS_CAUSE_INVALID_ARG,
     ESP_ERR_INVALID_ARG, "client_key", 0},
    {"client_key, no length", set_key_config_without_length, ESP_TLS_CAUSE_INVALID_ARG,
     ESP_ERR_INVALID_ARG, "client_key", 0},
    {"client_key, garbage", set_key_config_of_garbage, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED, NULL, -1},
    {"PSA, no certificate", set_psa_without_cert, ESP_TLS_CAUSE_INVALID_ARG, ESP_ERR_INVALID_ARG,
     "clientcert_buf", 0},
    {"PSA, no such key", set_psa_of_no_key, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED, "client_key", -1},
    {"DS, no certificate", set_ds_without_cert, ESP_TLS_CAUSE_INVALID_STATE, ESP_ERR_INVALID_STATE,
     "clientcert_buf", 0},
    {"DS", set_ds, ESP_TLS_CAUSE_NOT_SUPPORTED, ESP_ERR_NOT_SUPPORTED, "ds_data", 0},
    {"ECDSA peripheral", set_ecdsa_peripheral, ESP_TLS_CAUSE_NOT_SUPPORTED, ESP_ERR_NOT_SUPPORTED,
     "use_ecdsa_peripheral", 0},
    {"certificate garbage", set_cert_garbage, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, "clientcert_buf", -1},
    {"certificate partly bad", set_cert_partly_bad, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, "clientcert_buf", -1},
    {"certificate of no bytes", set_cert_of_no_bytes, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, "clientcert_buf", -1},
    {"key garbage", set_key_garbage, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED,
     "clientkey_buf", -1},
    {"key of no bytes", set_key_of_no_bytes, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED, "clientkey_buf", -1},
    {"key without password", set_key_without_password, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED, "clientkey_buf", -MBEDTLS_ERR_PK_PASSWORD_REQUIRED},
    {"key with wrong password", set_key_with_wrong_password, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED, "clientkey_buf", -MBEDTLS_ERR_PK_PASSWORD_MISMATCH},
    {"key of another", set_key_of_another, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED, "clientkey_buf", -1},
    {"key of another kind", set_key_of_another_kind, ESP_TLS_CAUSE_STACK,
     ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED, "clientkey_buf", -1},
    {"unknown suites", set_unknown_suites, ESP_TLS_CAUSE_NOT_SUPPORTED, ESP_ERR_NOT_SUPPORTED,
     "ciphersuites_list", 0},
    {"version 3", set_version_max, ESP_TLS_CAUSE_INVALID_ARG, ESP_ERR_INVALID_ARG, "tls_version",
     0},
    {"version 99", set_version_99, ESP_TLS_CAUSE_INVALID_ARG, ESP_ERR_INVALID_ARG, "tls_version",
     0},
    {"1.2 with suites of 1.3", set_12_with_suites_of_13, ESP_TLS_CAUSE_INVALID_STATE,
     ESP_ERR_INVALID_STATE, "ciphersuites_list", 0},
    {"1.3 with suites of 1.2", set_13_with_suites_of_12, ESP_TLS_CAUSE_INVALID_STATE,
     ESP_ERR_INVALID_STATE, "ciphersuites_list", 0},
};

static void assert_no_io(const char *name)
{
    if (sim_lookups() != 0 || sim_streams_opened() != 0 || sim_waits() != 0) {
        fail_msg("%s: the network was touched", name);
    }
}

/** The line in the log names the option, too. */
static void assert_option_is_logged(const esp_tls_record_t *r)
{
    char line[160];

    (void)snprintf(line, sizeof(line), "connect failed in phase config: %s%s%s (0x%x",
                   esp_tls_cause_name(r->cause), r->option != NULL ? ": " : "",
                   r->option != NULL ? r->option : "", (unsigned)r->esp_code);
    assert_logged(line);
}

static void assert_refused(struct sim_case *t, const struct refusal *row)
{
    esp_tls_record_t r = sim_record(t);
    esp_tls_error_handle_t h;
    int code = 0;

    if (r.phase != ESP_TLS_PHASE_CONFIG || r.cause != row->cause || r.esp_code != row->esp) {
        fail_msg("%s: %s, %s, 0x%x, -0x%x", row->name, esp_tls_phase_name(r.phase),
                 esp_tls_cause_name(r.cause), (unsigned)r.esp_code, (unsigned)r.stack_code);
    }
    if (row->option != NULL && (r.option == NULL || strcmp(r.option, row->option) != 0)) {
        fail_msg("%s: option %s", row->name, r.option != NULL ? r.option : "NULL");
    }
    if (row->stack == -1 ? r.stack_code <= 0 : r.stack_code != row->stack) {
        fail_msg("%s: stack code 0x%x", row->name, (unsigned)r.stack_code);
    }
    assert_option_is_logged(&r);
    assert_int_equal(sim_state(t), ESP_TLS_FAIL);
    assert_int_equal(esp_tls_get_error_handle(t->tls, &h), ESP_OK);
    assert_int_equal(esp_tls_get_and_clear_last_error(h, &code, NULL), row->esp);
    assert_int_equal(code, r.stack_code);
    assert_no_io(row->name);
}

static void test_refusal_is_named_and_before_io(void **state)
{
    struct sim_case *t = *state;
    esp_tls_cfg_t good = t->cfg;

    for (size_t i = 0; i < COUNT(refusals); i++) {
        for (int async = 0; async <= 1; async++) {
            t->cfg = good;
            refusals[i].set(&t->cfg);
            if ((async ? esp_tls_conn_new_async("test.example", 12, 443, &t->cfg, t->tls)
                       : sim_connect(t)) != -1) {
                fail_msg("%s: not refused", refusals[i].name);
            }
            assert_refused(t, &refusals[i]);
            assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
            t->tls = esp_tls_init();
        }
    }
}

/** Nothing of a configuration counts on plain TCP but the TCP options. */
static void test_plain_tcp_ignores_tls_options(void **state)
{
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        t->cfg = (esp_tls_cfg_t){.is_plain_tcp = true};
        refusals[i].set(&t->cfg);
        if (sim_connect(t) != 1) {
            fail_msg("%s: refused", refusals[i].name);
        }
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

/* --- order ------------------------------------------------------------------------------------ */

static void clear_key(esp_tls_cfg_t *cfg)
{
    cfg->clientkey_buf = NULL;
}

static void good_alpn(esp_tls_cfg_t *cfg)
{
    cfg->alpn_protos = NULL;
}

static void good_name(esp_tls_cfg_t *cfg)
{
    cfg->common_name = NULL;
}

static void good_trust(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, cert_root_ec_pem, sizeof(cert_root_ec_pem));
}

static void no_secure_element(esp_tls_cfg_t *cfg)
{
    cfg->use_secure_element = false;
}

static void good_suites(esp_tls_cfg_t *cfg)
{
    cfg->ciphersuites_list = NULL;
}

static void good_version(esp_tls_cfg_t *cfg)
{
    cfg->tls_version = ESP_TLS_VER_ANY;
}

/** ESP-IDF's order: name, ALPN, trust, secure element, own identity, suites, version. */
static void test_first_refusal_in_order_wins(void **state)
{
    static const struct {
        esp_err_t esp;
        const char *option;
        void (*mend)(esp_tls_cfg_t *cfg);
    } rows[] = {
        {ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED, NULL, good_name},
#ifdef CONFIG_MBEDTLS_SSL_ALPN
        {ESP_ERR_MBEDTLS_SSL_CONF_ALPN_PROTOCOLS_FAILED, NULL, good_alpn},
#else
        {ESP_ERR_INVALID_STATE, "alpn_protos", good_alpn},
#endif
        {ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, "cacert_buf", good_trust},
        {ESP_ERR_NOT_SUPPORTED, "use_secure_element", no_secure_element},
        {ESP_ERR_INVALID_STATE, "clientcert_buf", clear_key},
        {ESP_ERR_NOT_SUPPORTED, "ciphersuites_list", good_suites},
        {ESP_ERR_INVALID_ARG, "tls_version", good_version},
    };
    struct sim_case *t = *state;

    set_long_name(&t->cfg);
    set_long_alpn(&t->cfg);
    set_ca_garbage(&t->cfg);
    set_secure_element(&t->cfg);
    set_key(&t->cfg);
    set_unknown_suites(&t->cfg);
    set_version_99(&t->cfg);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(sim_connect(t), -1);
        assert_int_equal(sim_record(t).esp_code, rows[i].esp);
        if (rows[i].option != NULL) {
            assert_string_equal(sim_record(t).option, rows[i].option);
        }
        assert_no_io("order");
        rows[i].mend(&t->cfg);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
    assert_int_equal(sim_connect(t), 1);
}

/* --- what is taken ---------------------------------------------------------------------------- */

static void take_no_protocols(esp_tls_cfg_t *cfg)
{
    cfg->alpn_protos = (const char **)no_alpn;
}

static void take_no_suites(esp_tls_cfg_t *cfg)
{
    cfg->ciphersuites_list = no_suites;
}

static void take_some_unknown_suites(esp_tls_cfg_t *cfg)
{
    static const int suites[] = {0x7777, TLS13_ONLY, TLS12_ONLY, 0};

    cfg->ciphersuites_list = suites;
}

static void take_key_source_none(esp_tls_cfg_t *cfg)
{
    static const esp_key_config_t none = {.source = ESP_KEY_SOURCE_NONE};

    cfg->client_key = &none;
}

static void take_key_config_over_key(esp_tls_cfg_t *cfg)
{
    set_key_garbage(cfg);
    cfg->client_key = &key_in_buffer;
}

static void take_key_config_over_hardware(esp_tls_cfg_t *cfg)
{
    set_ds(cfg);
    cfg->use_ecdsa_peripheral = true;
    cfg->client_key = &key_in_buffer;
}

static void take_ca_partly_bad(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, cert_bundle_one_bad_pem, sizeof(cert_bundle_one_bad_pem));
}

static void take_ca_first_bad(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, cert_bundle_first_bad_pem, sizeof(cert_bundle_first_bad_pem));
}

static void take_ca_der(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, cert_root_ec_der, sizeof(cert_root_ec_der));
}

static void take_ca_crlf(esp_tls_cfg_t *cfg)
{
    set_ca(cfg, cert_bundle_crlf_pem, sizeof(cert_bundle_crlf_pem));
}

static void take_older_names(esp_tls_cfg_t *cfg)
{
    set_no_trust(cfg);
    cfg->cacert_pem_buf = cert_root_ec_pem;
    cfg->cacert_pem_bytes = sizeof(cert_root_ec_pem);
    cfg->clientcert_pem_buf = cert_client_ec_pem;
    cfg->clientcert_pem_bytes = sizeof(cert_client_ec_pem);
    cfg->clientkey_pem_buf = cert_client_ec_key;
    cfg->clientkey_pem_bytes = sizeof(cert_client_ec_key);
}

static void test_accepted_configurations_connect(void **state)
{
    static const struct {
        const char *name;
        void (*set)(esp_tls_cfg_t *cfg);
        const char *logged;
    } rows[] = {
        {"no suites", take_no_suites, NULL},
        {"some unknown suites", take_some_unknown_suites, NULL},
        {"key source none", take_key_source_none, NULL},
        {"client_key beats clientkey_buf", take_key_config_over_key, NULL},
        {"client_key beats hardware", take_key_config_over_hardware, NULL},
        {"CA partly bad", take_ca_partly_bad, "could not be parsed"},
        {"first CA bad", take_ca_first_bad, "could not be parsed"},
        {"DER CA", take_ca_der, NULL},
        {"CR LF and text around", take_ca_crlf, NULL},
        {"older names", take_older_names, NULL},
        {"no protocols", take_no_protocols, NULL},
    };
    struct sim_case *t = *state;
    esp_tls_cfg_t good = t->cfg;

    for (size_t i = 0; i < COUNT(rows); i++) {
        t->cfg = good;
        rows[i].set(&t->cfg);
        if (sim_connect(t) != 1) {
            fail_msg("%s: %s", rows[i].name, esp_tls_cause_name(sim_record(t).cause));
        }
        if (rows[i].logged != NULL) {
            assert_logged(rows[i].logged);
        }
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

/** The buffers are the application's: read, never written, not needed once the connect is over. */
static void test_configuration_is_borrowed_until_open(void **state)
{
    struct sim_case *t = *state;
    unsigned char ca[sizeof(cert_root_ec_pem)];
    unsigned char cert[sizeof(cert_client_ec_chain_pem)];
    unsigned char key[sizeof(cert_client_ec_key)];
    char name[] = "test.example";
    esp_tls_cfg_t *cfg = &t->cfg;

    t->server.client_ca = CERT(root_client_pem);
    memcpy(ca, cert_root_ec_pem, sizeof(ca));
    memcpy(cert, cert_client_ec_chain_pem, sizeof(cert));
    memcpy(key, cert_client_ec_key, sizeof(key));
    *cfg = (esp_tls_cfg_t){.cacert_buf = ca,
                           .cacert_bytes = sizeof(ca),
                           .clientcert_buf = cert,
                           .clientcert_bytes = sizeof(cert),
                           .clientkey_buf = key,
                           .clientkey_bytes = sizeof(key),
                           .common_name = name};
    assert_int_equal(sim_connect(t), 1);
    assert_memory_equal(ca, cert_root_ec_pem, sizeof(ca));
    assert_memory_equal(cert, cert_client_ec_chain_pem, sizeof(cert));
    assert_memory_equal(key, cert_client_ec_key, sizeof(key));
    memset(ca, 0xEE, sizeof(ca));
    memset(cert, 0xEE, sizeof(cert));
    memset(key, 0xEE, sizeof(key));
    memset(name, 'x', sizeof(name) - 1);
    memset(cfg, 0xEE, sizeof(*cfg));
    sim_send(t, 3000);
    sim_receive(t, 0, 3000);
}

static void test_random_failure_ends_the_handshake(void **state)
{
    struct sim_case *t = *state;

    sim_fail_random(1);
    assert_int_equal(sim_connect(t), -1);
    assert_int_not_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
    assert_true(sim_record(t).stack_code != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_refusal_is_named_and_before_io),
        sim_test(test_plain_tcp_ignores_tls_options),
        sim_test(test_first_refusal_in_order_wins),
        sim_test(test_accepted_configurations_connect),
        sim_test(test_configuration_is_borrowed_until_open),
        sim_test(test_random_failure_ends_the_handshake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
