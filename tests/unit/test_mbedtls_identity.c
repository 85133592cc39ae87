/* The client's own certificate and key: every form a key comes in, both ways to give it, and keys
 * that stay in PSA. */
#include "sim_test.h"

#include "psa/crypto.h"

static void renew(struct sim_case *t)
{
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init();
    assert_non_null(t->tls);
    sim_advance_us(1);
}

static int setup_mutual(void **state)
{
    int ret = sim_setup(state);
    struct sim_case *t = *state;

    t->server.client_ca = CERT(root_client_pem);
    t->cfg.clientcert_buf = cert_client_ec_chain_pem;
    t->cfg.clientcert_bytes = sizeof(cert_client_ec_chain_pem);
    t->cfg.clientkey_buf = cert_client_ec_key;
    t->cfg.clientkey_bytes = sizeof(cert_client_ec_key);
    return ret;
}

#define mutual_test(fn) cmocka_unit_test_setup_teardown(fn, setup_mutual, sim_teardown)

/** Connect, and have the server say whom it met. */
static void assert_mutual(struct sim_case *t, const char *name)
{
    t->server.has_client_cert = false;
    t->server.client_flags = 0;
    t->server.alert = -1;
    if (sim_connect(t) != 1) {
        fail_msg("%s: %s, -0x%x", name, esp_tls_cause_name(sim_record(t).cause),
                 (unsigned)sim_record(t).stack_code);
    }
    sim_send(t, 10); /* in 1.3 the server decides after the client is done */
    sim_receive(t, 0, 10);
    assert_true(t->server.has_client_cert);
    assert_int_equal(t->server.client_flags, 0);
    renew(t);
}

#define FORM(cert, file, encrypted)                                                                \
    {                                                                                              \
#file, {cert_##cert##_chain_pem, sizeof(cert_##cert##_chain_pem) },                        \
                {cert_##file, sizeof(cert_##file) }, encrypted                                     \
    }

static const struct form {
    const char *name;
    struct sim_cert cert;
    struct sim_cert key;
    bool is_encrypted;
} forms[] = {
    FORM(client_ec, client_ec_key, false),
    FORM(client_ec, client_ec_p8_der, false),
    FORM(client_ec, client_ec_sec1_pem, false),
    FORM(client_ec, client_ec_sec1_der, false),
    FORM(client_ec, client_ec_aes128_pem, true),
    FORM(client_ec, client_ec_aes128_der, true),
    FORM(client_ec, client_ec_aes256_pem, true),
    FORM(client_ec, client_ec_aes256_der, true),
    FORM(client_ec, client_ec_rfc1421_aes128_pem, true),
    FORM(client_ec, client_ec_rfc1421_aes256_pem, true),
    FORM(client_ec384, client_ec384_key, false),
    FORM(client_ec384, client_ec384_sec1_der, false),
    FORM(client_rsa, client_rsa_key, false),
    FORM(client_rsa, client_rsa_p8_der, false),
    FORM(client_rsa, client_rsa_pkcs1_pem, false),
    FORM(client_rsa, client_rsa_pkcs1_der, false),
    FORM(client_rsa, client_rsa_aes256_pem, true),
    FORM(client_rsa, client_rsa_rfc1421_aes128_pem, true),
};

/** The file ends with the NUL that C arrays have. */
static size_t password_len(void)
{
    return strlen((const char *)cert_password_txt);
}

static void test_every_form_of_key_signs(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(forms); i++) {
        t->cfg.clientcert_buf = forms[i].cert.buf;
        t->cfg.clientcert_bytes = forms[i].cert.len;
        t->cfg.clientkey_buf = forms[i].key.buf;
        t->cfg.clientkey_bytes = forms[i].key.len;
        t->cfg.clientkey_password = forms[i].is_encrypted ? cert_password_txt : NULL;
        t->cfg.clientkey_password_len = forms[i].is_encrypted ? (unsigned)password_len() : 0;
        for (int version = 12; version <= 13; version++) {
            t->server.version = version;
            assert_mutual(t, forms[i].name);
        }
    }
}

static void test_every_form_of_key_signs_by_client_key(void **state)
{
    struct sim_case *t = *state;

    t->cfg.clientkey_buf = NULL;
    t->cfg.clientkey_bytes = 0;
    for (size_t i = 0; i < COUNT(forms); i++) {
        esp_key_config_t key = {.source = ESP_KEY_SOURCE_BUFFER};

        key.buffer.data = forms[i].key.buf;
        key.buffer.len = forms[i].key.len;
        key.buffer.format = ESP_KEY_FORMAT_RAW; /* ignored, as in ESP-IDF */
        if (forms[i].is_encrypted) {
            key.buffer.password = (const char *)cert_password_txt;
            key.buffer.password_len = password_len();
        }
        t->cfg.clientcert_buf = forms[i].cert.buf;
        t->cfg.clientcert_bytes = forms[i].cert.len;
        t->cfg.client_key = &key;
        t->server.version = 12 + (int)(i & 1);
        assert_mutual(t, forms[i].name);
    }
}

static void test_password_of_a_plain_key_does_no_harm(void **state)
{
    struct sim_case *t = *state;

    t->cfg.clientkey_password = (const unsigned char *)"not needed";
    t->cfg.clientkey_password_len = 10;
    assert_mutual(t, "plain key");
}

static void test_certificate_as_der_is_sent(void **state)
{
    struct sim_case *t = *state;

    t->cfg.clientcert_buf = cert_client_ec_der;
    t->cfg.clientcert_bytes = sizeof(cert_client_ec_der);
    t->server.client_ca = CERT(int_client_pem);
    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        assert_mutual(t, "DER");
    }
}

/** The server knows the root only: the intermediate must have come from the client. */
static void test_whole_chain_is_sent(void **state)
{
    struct sim_case *t = *state;

    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        assert_mutual(t, "chain");
    }
    t->cfg.clientcert_buf = cert_client_ec_pem;
    t->cfg.clientcert_bytes = sizeof(cert_client_ec_pem);
    t->server.version = 12;
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).phase, ESP_TLS_PHASE_HANDSHAKE);
    assert_int_equal(sim_record(t).alert_received, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA);
    assert_true(t->server.client_flags != 0);
}

static void test_identity_that_is_not_asked_for_is_not_sent(void **state)
{
    struct sim_case *t = *state;

    t->server.client_ca = (struct sim_cert){NULL, 0};
    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        assert_int_equal(sim_connect(t), 1);
        assert_false(t->server.has_client_cert);
        renew(t);
    }
}

static void test_no_identity_where_it_is_optional(void **state)
{
    struct sim_case *t = *state;

    t->cfg.clientcert_buf = NULL;
    t->cfg.clientkey_buf = NULL;
    t->server.client_optional = true;
    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        assert_int_equal(sim_connect(t), 1);
        sim_send(t, 10);
        sim_receive(t, 0, 10);
        assert_false(t->server.has_client_cert);
        renew(t);
    }
}

static void test_identity_over_every_split(void **state)
{
    struct sim_case *t = *state;

    t->cfg.timeout_ms = 60000;
    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        for (size_t piece = 1; piece <= 5; piece += 2) {
            sim_wire(0, piece, piece, 0);
            assert_mutual(t, "split");
        }
        sim_wire(MS(1), 0, 0, 97); /* every message waits for room */
        assert_mutual(t, "little room");
        sim_wire(0, 0, 0, 0);
    }
}

/* --- keys in PSA ------------------------------------------------------------------------------ */

/** The last 32 bytes of what RFC 5915 puts behind its version: the private key itself. */
static psa_key_id_t import_key(psa_key_usage_t usage)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = 0;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_usage_flags(&attributes, usage);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    assert_int_equal(psa_import_key(&attributes, cert_client_ec_sec1_der + 7, 32, &id),
                     PSA_SUCCESS);
    return id;
}

static bool psa_has(psa_key_id_t id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    bool has = psa_get_key_attributes(id, &attributes) == PSA_SUCCESS;

    psa_reset_key_attributes(&attributes);
    return has;
}

static void test_psa_key_signs_and_stays_the_callers(void **state)
{
    struct sim_case *t = *state;
    psa_key_id_t id = import_key(PSA_KEY_USAGE_SIGN_HASH);
    esp_key_config_t key = {.source = ESP_KEY_SOURCE_PSA, .psa = {.key_id = id}};

    t->cfg.clientkey_buf = NULL;
    t->cfg.client_key = &key;
    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        assert_mutual(t, "PSA");
        assert_true(psa_has(id));
    }
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

static void test_psa_key_survives_every_failure(void **state)
{
    struct sim_case *t = *state;
    psa_key_id_t id = import_key(PSA_KEY_USAGE_SIGN_HASH);
    esp_key_config_t key = {.source = ESP_KEY_SOURCE_PSA, .psa = {.key_id = id}};

    t->cfg.clientkey_buf = NULL;
    t->cfg.client_key = &key;
    t->server.cert = CERT(server_untrusted_chain_pem);
    t->server.key = CERT(server_untrusted_key);
    assert_int_equal(sim_connect(t), -1); /* in the handshake */
    renew(t);
    assert_true(psa_has(id));
    t->cfg.tls_version = ESP_TLS_VER_TLS_MAX; /* in the configuration, after the key was set */
    assert_int_equal(sim_connect(t), -1);
    renew(t);
    assert_true(psa_has(id));
    t->cfg.clientcert_buf = cert_client_ec384_pem; /* not of this key */
    t->cfg.clientcert_bytes = sizeof(cert_client_ec384_pem);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).esp_code, ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED);
    renew(t);
    assert_true(psa_has(id));
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

static void test_psa_key_that_may_not_sign_ends_the_handshake(void **state)
{
    struct sim_case *t = *state;
    psa_key_id_t id = import_key(PSA_KEY_USAGE_EXPORT);
    esp_key_config_t key = {.source = ESP_KEY_SOURCE_PSA, .psa = {.key_id = id}};

    t->cfg.clientkey_buf = NULL;
    t->cfg.client_key = &key;
    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        assert_int_equal(sim_connect(t), -1);
        assert_int_not_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
        assert_true(sim_record(t).stack_code != 0);
        renew(t);
    }
    assert_true(psa_has(id));
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

static void test_psa_key_that_is_gone_by_then_ends_the_handshake(void **state)
{
    struct sim_case *t = *state;
    psa_key_id_t id = import_key(PSA_KEY_USAGE_SIGN_HASH);
    esp_key_config_t key = {.source = ESP_KEY_SOURCE_PSA, .psa = {.key_id = id}};

    t->cfg.clientkey_buf = NULL;
    t->cfg.client_key = &key;
    assert_int_equal(esp_tls_conn_new_async("test.example", 12, 443, &t->cfg, t->tls), 0);
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
    assert_int_equal(sim_connect_async(t, "test.example", 443), -1);
#ifdef CONFIG_MBEDTLS_DYNAMIC_FREE_CONFIG_DATA /* the key is looked for, and not there */
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                  ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x%04X",
                  -MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE);
#else /* it was found before, and does not sign */
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                  ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x%04X sent=40",
                  -MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        mutual_test(test_every_form_of_key_signs),
        mutual_test(test_every_form_of_key_signs_by_client_key),
        mutual_test(test_password_of_a_plain_key_does_no_harm),
        mutual_test(test_certificate_as_der_is_sent),
        mutual_test(test_whole_chain_is_sent),
        mutual_test(test_identity_that_is_not_asked_for_is_not_sent),
        mutual_test(test_no_identity_where_it_is_optional),
        mutual_test(test_identity_over_every_split),
        mutual_test(test_psa_key_signs_and_stays_the_callers),
        mutual_test(test_psa_key_survives_every_failure),
        mutual_test(test_psa_key_that_may_not_sign_ends_the_handshake),
        mutual_test(test_psa_key_that_is_gone_by_then_ends_the_handshake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
