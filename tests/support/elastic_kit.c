#include "stack/mbedtls/adjust.h"

#include "elastic_kit.h"

#include "mbedtls/ssl_ciphersuites.h"

const struct kit_kind kit_kinds[] = {
    {"TLS 1.3, EC", 13, false, false},        {"TLS 1.2, EC", 12, false, false},
    {"TLS 1.3, EC, mutual", 13, false, true}, {"TLS 1.2, EC, mutual", 12, false, true},
    {"TLS 1.3, RSA, mutual", 13, true, true}, {"TLS 1.2, RSA, mutual", 12, true, true},
};

_Static_assert(COUNT(kit_kinds) == KIT_KINDS, "one row each");

void kit_use(struct sim_case *t, const struct kit_kind *kind)
{
    struct sim_tls_server *s = &t->server;

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    s->version = kind->version;
#else
    s->version = 12; /* for each kind: the build has no other */
#endif
    s->suites = NULL;
    s->cert = kind->rsa ? CERT(server_rsa_chain_pem) : CERT(server_ec_chain_pem);
    s->key = kind->rsa ? CERT(server_rsa_key) : CERT(server_ec_key);
    s->client_ca = kind->mutual ? CERT(root_client_pem) : (struct sim_cert){NULL, 0};
    t->cfg.cacert_buf = kind->rsa ? cert_root_rsa_pem : cert_root_ec_pem;
    t->cfg.cacert_bytes = kind->rsa ? sizeof(cert_root_rsa_pem) : sizeof(cert_root_ec_pem);
    /* Mbed TLS's order: ChaCha20-Poly1305, whose records take no memory for the cipher. */
    t->cfg.ciphersuites_list = mbedtls_ssl_list_ciphersuites();
    t->cfg.clientcert_buf = NULL;
    t->cfg.clientcert_bytes = 0;
    t->cfg.clientkey_buf = NULL;
    t->cfg.clientkey_bytes = 0;
    if (kind->mutual && kind->rsa) {
        t->cfg.clientcert_buf = cert_client_rsa_chain_pem;
        t->cfg.clientcert_bytes = sizeof(cert_client_rsa_chain_pem);
        t->cfg.clientkey_buf = cert_client_rsa_key;
        t->cfg.clientkey_bytes = sizeof(cert_client_rsa_key);
    } else if (kind->mutual) {
        t->cfg.clientcert_buf = cert_client_ec_chain_pem;
        t->cfg.clientcert_bytes = sizeof(cert_client_ec_chain_pem);
        t->cfg.clientkey_buf = cert_client_ec_key;
        t->cfg.clientkey_bytes = sizeof(cert_client_ec_key);
    }
}

void kit_renew(struct sim_case *t, const esp_tls_memory_cfg_t *memory)
{
    static const esp_tls_memory_cfg_t as_kconfig_says;

    sim_fail_io(0, SIM_FAULT_AGAIN, 0, false);
    sim_fail_alloc(0, false);
    (void)esp_tls_conn_destroy(t->tls);
    kit_assert_bound();
    sim_advance_us(10000); /* the server sees the end */
    t->server.handshakes = 0;
    t->server.received = 0;
    t->server.received_wrong = false;
    t->server.alert = -1;
    t->server.error = 0;
    t->tls = esp_tls_init_with_memory(memory != NULL ? memory : &as_kconfig_says);
    assert_non_null(t->tls);
}

esp_tls_memory_stats_t kit_stats(const struct sim_case *t)
{
    esp_tls_memory_stats_t stats;

    assert_int_equal(esp_tls_get_memory_stats(t->tls, &stats), ESP_OK);
    return stats;
}

size_t kit_record_live(const struct sim_case *t)
{
    esp_tls_memory_stats_t stats = kit_stats(t);

    return stats.by_purpose[ESP_TLS_MEM_RECORD_IN].live +
           stats.by_purpose[ESP_TLS_MEM_RECORD_OUT].live;
}

void kit_assert_bound(void)
{
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    assert_int_equal(et_mbed_out_len, ESP_TLS_MBED_OUT_CONTENT_LEN);
    assert_int_equal(et_mbed_in_len, ESP_TLS_MBED_IN_CONTENT_LEN);
#endif
}

void kit_assert_at_rest(const struct sim_case *t)
{
    kit_assert_bound();
    assert_int_equal(kit_record_live(t), 0);
}

static void say_why(const struct sim_case *t)
{
    esp_tls_record_t r = sim_record(t);

    print_error("phase %s, cause %s, stack -0x%x, option %s, server -0x%x\n",
                esp_tls_phase_name(r.phase), esp_tls_cause_name(r.cause), (unsigned)r.stack_code,
                r.option != NULL ? r.option : "-", (unsigned)-t->server.error);
}

static void opened(struct sim_case *t, int ret)
{
    if (ret != 1) {
        say_why(t);
    }
    assert_int_equal(ret, 1);
    kit_assert_at_rest(t);
}

void kit_open(struct sim_case *t)
{
    opened(t, sim_connect(t));
}

void kit_open_async(struct sim_case *t)
{
    opened(t, sim_connect_async(t, "test.example", 443));
}

void kit_echo(struct sim_case *t, size_t len)
{
    sim_send(t, len);
    sim_receive(t, 0, len);
    kit_assert_at_rest(t);
}
