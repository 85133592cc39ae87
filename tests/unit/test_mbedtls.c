/* The TLS handshake over Mbed TLS, against a real server in the simulated network: versions, names,
 * chains, what both sides say when one refuses, ALPN, suites. */
#include "sim_test.h"

#include "mbedtls/ssl.h"
#include "mbedtls/x509.h"

#define HOST "test.example"

static void renew(struct sim_case *t)
{
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init();
    assert_non_null(t->tls);
    sim_advance_us(1);
}

static esp_tls_session_info_t info_of(struct sim_case *t)
{
    esp_tls_session_info_t info;

    assert_int_equal(esp_tls_get_session_info(t->tls, &info), ESP_OK);
    return info;
}

/* --- versions --------------------------------------------------------------------------------- */

static void test_version_is_the_newest_that_both_have(void **state)
{
    static const struct {
        esp_tls_proto_ver_t client;
        int server;
        const char *agreed; /* NULL: none */
    } rows[] = {
        {ESP_TLS_VER_ANY, 0, "TLSv1.3"},      {ESP_TLS_VER_ANY, 12, "TLSv1.2"},
        {ESP_TLS_VER_ANY, 13, "TLSv1.3"},     {ESP_TLS_VER_TLS_1_2, 0, "TLSv1.2"},
        {ESP_TLS_VER_TLS_1_2, 12, "TLSv1.2"}, {ESP_TLS_VER_TLS_1_2, 13, NULL},
        {ESP_TLS_VER_TLS_1_3, 0, "TLSv1.3"},  {ESP_TLS_VER_TLS_1_3, 12, NULL},
        {ESP_TLS_VER_TLS_1_3, 13, "TLSv1.3"},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        t->cfg.tls_version = rows[i].client;
        t->server.version = rows[i].server;
        if (rows[i].agreed != NULL) {
            assert_int_equal(sim_connect(t), 1);
            assert_string_equal(info_of(t).version, rows[i].agreed);
            sim_send(t, 100);
            sim_receive(t, 0, 100);
        } else {
            assert_int_equal(sim_connect(t), -1);
            assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                          ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x7780 received=%d",
                          rows[i].server == 13 ? 70 : 40);
        }
        renew(t);
    }
}

/** RFC 8446 section 4.1.4: the server asks for another group than the client guessed. */
static void test_every_group_of_the_server_connects(void **state)
{
    static const uint16_t groups[] = {
        MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
        MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519};
    struct sim_case *t = *state;

    t->server.cert = CERT(server_rsa_chain_pem); /* in 1.2 the group binds an EC certificate too */
    t->server.key = CERT(server_rsa_key);
    t->cfg.cacert_buf = cert_root_rsa_pem;
    t->cfg.cacert_bytes = sizeof(cert_root_rsa_pem);
    t->cfg.timeout_ms = 60000;
    for (size_t i = 0; i < COUNT(groups); i++) {
        const uint16_t one[] = {groups[i], 0};

        t->server.groups = one;
        for (int version = 12; version <= 13; version++) {
            for (size_t piece = 0; piece <= 3; piece++) {
                t->server.version = version;
                sim_wire(0, piece, piece, 0);
                if (sim_connect(t) != 1) {
                    fail_msg("group 0x%x in %d: %s, -0x%x", groups[i], version,
                             esp_tls_cause_name(sim_record(t).cause),
                             (unsigned)sim_record(t).stack_code);
                }
                sim_send(t, 100);
                sim_receive(t, 0, 100);
                renew(t);
            }
        }
    }
}

static void test_session_info_before_open_is_refused(void **state)
{
    struct sim_case *t = *state;
    esp_tls_session_info_t info;

    assert_int_equal(esp_tls_get_session_info(t->tls, &info), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_tls_get_session_info(NULL, &info), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_session_info(t->tls, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(sim_connect(t), 1);
    assert_non_null(info_of(t).ciphersuite);
    assert_null(info_of(t).alpn);
    assert_non_null(esp_tls_get_ssl_context(t->tls));
}

/* --- certificates -------------------------------------------------------------------------------
 */

#define CHAIN(name)                                                                                \
    {                                                                                              \
        cert_##name##_chain_pem, sizeof(cert_##name##_chain_pem)                                   \
    }
#define ONE(name)                                                                                  \
    {                                                                                              \
        cert_##name##_pem, sizeof(cert_##name##_pem)                                               \
    }
#define KEY(name)                                                                                  \
    {                                                                                              \
        cert_##name##_key, sizeof(cert_##name##_key)                                               \
    }

struct chain_row {
    const char *name;
    struct sim_cert cert;
    struct sim_cert key;
    struct sim_cert ca;
    const char *common_name;
    bool skip_name;
    uint32_t flags; /* 0: accepted */
    int depth;
    int alert;
};

#define EXPIRED   MBEDTLS_X509_BADCERT_EXPIRED
#define FUTURE    MBEDTLS_X509_BADCERT_FUTURE
#define MISMATCH  MBEDTLS_X509_BADCERT_CN_MISMATCH
#define UNTRUSTED MBEDTLS_X509_BADCERT_NOT_TRUSTED

static const struct chain_row chains[] = {
    {"good", CHAIN(server_ec), KEY(server_ec), ONE(root_ec), NULL, false, 0, 0, 0},
    {"good, P-384", CHAIN(server_ec384), KEY(server_ec384), ONE(root_ec384), NULL, false, 0, 0, 0},
    {"good, RSA", CHAIN(server_rsa), KEY(server_rsa), ONE(root_rsa), NULL, false, 0, 0, 0},
    {"one of several anchors", CHAIN(server_ec), KEY(server_ec), ONE(bundle), NULL, false, 0, 0, 0},
    {"anchor is the intermediate", ONE(server_ec), KEY(server_ec), ONE(int_ec), NULL, false, 0, 0,
     0},
    {"anchor is the leaf, self-signed", ONE(self_leaf), KEY(self_leaf), ONE(self_leaf), NULL, false,
     0, 0, 0},
    {"anchor is the leaf, self-signed CA", ONE(self_ca), KEY(self_ca), ONE(self_ca), NULL, false, 0,
     0, 0},
    {"expired", CHAIN(server_expired), KEY(server_expired), ONE(root_ec), NULL, false, EXPIRED, 0,
     MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED},
    {"not yet valid", CHAIN(server_future), KEY(server_future), ONE(root_ec), NULL, false, FUTURE,
     0, MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN},
    {"intermediate expired", CHAIN(server_int_expired), KEY(server_int_expired), ONE(root_ec), NULL,
     false, EXPIRED, 1, MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED},
    {"untrusted root", CHAIN(server_untrusted), KEY(server_untrusted), ONE(root_ec), NULL, false,
     UNTRUSTED, 0, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    {"wrong anchor", CHAIN(server_ec), KEY(server_ec), ONE(root_other), NULL, false, UNTRUSTED, 1,
     MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    {"anchor of the same name", CHAIN(server_twin), KEY(server_twin), ONE(root_ec), NULL, false,
     UNTRUSTED, 0, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    {"intermediate not sent", ONE(server_ec), KEY(server_ec), ONE(root_ec), NULL, false, UNTRUSTED,
     0, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    {"self-signed", ONE(self_leaf), KEY(self_leaf), ONE(root_ec), NULL, false, UNTRUSTED, 0,
     MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    {"self-signed CA", ONE(self_ca), KEY(self_ca), ONE(root_ec), NULL, false, UNTRUSTED, 0,
     MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    {"issued by a leaf", CHAIN(server_by_leaf), KEY(server_by_leaf), ONE(root_ec), NULL, false,
     UNTRUSTED, 0, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    {"other name", CHAIN(server_name), KEY(server_name), ONE(root_ec), NULL, false, MISMATCH, 0,
     MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
    {"other name, forgiven", CHAIN(server_name), KEY(server_name), ONE(root_ec), NULL, true, 0, 0,
     0},
    {"other name by common_name", CHAIN(server_name), KEY(server_name), ONE(root_ec),
     "other.example", false, 0, 0, 0},
    {"common_name beats the host", CHAIN(server_ec), KEY(server_ec), ONE(root_ec), "other.example",
     false, MISMATCH, 0, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
    {"expired, for another name", CHAIN(server_expired), KEY(server_expired), ONE(root_ec),
     "other.example", false, EXPIRED | MISMATCH, 0, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
    {"only the name is forgiven: expired", CHAIN(server_expired), KEY(server_expired), ONE(root_ec),
     "other.example", true, EXPIRED, 0, MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED},
    {"only the name is forgiven: untrusted", CHAIN(server_untrusted), KEY(server_untrusted),
     ONE(root_ec), "other.example", true, UNTRUSTED, 0, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    {"wildcard", CHAIN(server_ec), KEY(server_ec), ONE(root_ec), "a.wild.example", false, 0, 0, 0},
    {"wildcard, two labels", CHAIN(server_ec), KEY(server_ec), ONE(root_ec), "a.b.wild.example",
     false, MISMATCH, 0, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
    {"wildcard, no label", CHAIN(server_ec), KEY(server_ec), ONE(root_ec), "wild.example", false,
     MISMATCH, 0, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
    {"any case", CHAIN(server_ec), KEY(server_ec), ONE(root_ec), "TEST.Example", false, 0, 0, 0},
    {"final dot", CHAIN(server_ec), KEY(server_ec), ONE(root_ec), "test.example.", false, 0, 0, 0},
    {"a prefix of the name", CHAIN(server_ec), KEY(server_ec), ONE(root_ec), "test.exampl", false,
     MISMATCH, 0, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
    {"IPv4", CHAIN(server_ip), KEY(server_ip), ONE(root_ec), "127.0.0.1", false, 0, 0, 0},
    {"IPv6", CHAIN(server_ip), KEY(server_ip), ONE(root_ec), "::1", false, 0, 0, 0},
    {"IPv6, long form", CHAIN(server_ip), KEY(server_ip), ONE(root_ec), "0:0:0:0:0:0:0:1", false, 0,
     0, 0},
    {"other IPv4", CHAIN(server_ip), KEY(server_ip), ONE(root_ec), "127.0.0.2", false, MISMATCH, 0,
     MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
    {"IP of a certificate without", CHAIN(server_dns), KEY(server_dns), ONE(root_ec), "127.0.0.1",
     false, MISMATCH, 0, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
    {"IP, forgiven", CHAIN(server_dns), KEY(server_dns), ONE(root_ec), "127.0.0.1", true, 0, 0, 0},
    {"name of a certificate with IPs only", CHAIN(server_ip), KEY(server_ip), ONE(root_ec),
     "localhost", false, MISMATCH, 0, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
    {"CN only", CHAIN(server_cn), KEY(server_cn), ONE(root_ec), "localhost", false, 0, 0, 0},
    {"CN only, other name", CHAIN(server_cn), KEY(server_cn), ONE(root_ec), "localhost2", false,
     MISMATCH, 0, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
};

static void assert_chain(struct sim_case *t, const struct chain_row *row, int version, int result)
{
    esp_tls_record_t r = sim_record(t);
    esp_tls_error_handle_t h;
    int code;
    int flags;

    if (row->flags == 0) {
        if (result != 1) {
            fail_msg("%s (%d): refused, %s, flags 0x%x", row->name, version,
                     esp_tls_cause_name(r.cause), (unsigned)r.verify_flags);
        }
        return;
    }
    if (result != -1 || r.phase != ESP_TLS_PHASE_HANDSHAKE || r.cause != ESP_TLS_CAUSE_VERIFY ||
        r.verify_flags != row->flags || r.verify_depth != row->depth ||
        r.alert_sent != row->alert) {
        fail_msg("%s (%d): %d, %s, %s, flags 0x%x at %d, alert %d", row->name, version, result,
                 esp_tls_phase_name(r.phase), esp_tls_cause_name(r.cause), (unsigned)r.verify_flags,
                 r.verify_depth, r.alert_sent);
    }
    sim_advance_us(1);
    /* In 1.3 the client's alert goes out in the clear, as its K_send is until the server's Finished
     * (RFC 8446 appendix A.1); Mbed TLS's server does not take that. */
    if (version == 12 && t->server.alert != r.alert_sent) {
        fail_msg("%s (%d): the server was told %d (-0x%x, %u closed)", row->name, version,
                 t->server.alert, (unsigned)-t->server.error, t->server.closed);
    }
    assert_int_equal(r.alert_received, -1);
    assert_int_equal(r.esp_code, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED);
    assert_true(r.stack_code == -MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ||
                r.stack_code == -MBEDTLS_ERR_SSL_BAD_CERTIFICATE);
    assert_int_equal(esp_tls_get_error_handle(t->tls, &h), ESP_OK);
    assert_int_equal(esp_tls_get_and_clear_last_error(h, &code, &flags), r.esp_code);
    assert_int_equal(code, r.stack_code);
    assert_int_equal(flags, row->flags);
}

static void test_chain_is_judged(void **state)
{
    struct sim_case *t = *state;

    for (int version = 12; version <= 13; version++) {
        for (size_t i = 0; i < COUNT(chains); i++) {
            const struct chain_row *row = &chains[i];

            t->server.version = version;
            t->server.cert = row->cert;
            t->server.key = row->key;
            t->server.alert = -1;
            t->cfg.cacert_buf = row->ca.buf;
            t->cfg.cacert_bytes = row->ca.len;
            t->cfg.common_name = row->common_name;
            t->cfg.skip_common_name = row->skip_name;
            assert_chain(t, row, version, sim_connect(t));
            renew(t);
        }
    }
}

/** The same names as host instead of common_name. */
static void test_host_is_the_name_when_there_is_no_other(void **state)
{
    static const struct {
        const char *host;
        int result;
        const char *sni;
    } rows[] = {
        {"localhost", 1, "localhost"},
        {"a.wild.example", 1, "a.wild.example"},
        {"test.example.", 1, "test.example"},
        {"127.0.0.1", 1, ""},
        {"::1", 1, ""},
        {"192.0.2.9", -1, ""},
        {"other.example", -1, "other.example"},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        sim_name(rows[i].host, "127.0.0.1", 0, 0);
    }
    sim_host("::1", 443, SIM_ACCEPT, 0, sim_tls_peer, &t->server);
    sim_host("192.0.2.9", 443, SIM_ACCEPT, 0, sim_tls_peer, &t->server);
    for (int version = 12; version <= 13; version++) {
        for (size_t i = 0; i < COUNT(rows); i++) {
            t->server.version = version;
            memset(t->server.sni, 0, sizeof(t->server.sni));
            assert_int_equal(sim_connect_to(t, rows[i].host, 443), rows[i].result);
            if (rows[i].result == -1) {
                assert_int_equal(sim_record(t).verify_flags, MISMATCH);
            }
            assert_string_equal(t->server.sni, rows[i].sni);
            renew(t);
        }
    }
}

static void test_sni_is_common_name_also_when_skipped(void **state)
{
    struct sim_case *t = *state;

    t->cfg.common_name = "other.example";
    t->cfg.skip_common_name = true;
    assert_int_equal(sim_connect(t), 1);
    assert_string_equal(t->server.sni, "other.example");
    assert_logged("skip_common_name");
    assert_logged("other.example");
}

static void test_good_connect_logs_nothing_above_info(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(sim_connect(t), 1);
    assert_not_logged("W (");
    assert_not_logged("E (");
}

/** One bit of the leaf's signature is not as it was signed. */
static void test_flipped_signature_is_refused(void **state)
{
    struct sim_case *t = *state;
    unsigned char der[sizeof(cert_server_ec_der)];

    memcpy(der, cert_server_ec_der, sizeof(der));
    der[sizeof(der) - 1] ^= 1;
    t->server.cert = (struct sim_cert){der, sizeof(der)};
    t->cfg.cacert_buf = cert_int_ec_pem;
    t->cfg.cacert_bytes = sizeof(cert_int_ec_pem);
    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        assert_int_equal(sim_connect(t), -1);
        assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_VERIFY);
        assert_int_equal(sim_record(t).verify_flags, UNTRUSTED);
        assert_int_equal(sim_record(t).verify_depth, 0);
        renew(t);
    }
}

/** The server's certificate is right, but it does not have the key. */
static void test_server_without_the_key_is_refused(void **state)
{
    struct sim_case *t = *state;

    t->server.key = CERT(server_ip_key);
    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        assert_int_equal(sim_connect(t), -1);
        assert_int_equal(sim_record(t).phase, ESP_TLS_PHASE_HANDSHAKE);
        assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_STACK);
        renew(t);
    }
}

static void test_clock_not_set_is_said(void **state)
{
    struct sim_case *t = *state;

    sim_set_wall_clock(false, 0);
#ifdef CONFIG_ESP_TLS_CLOCK_UNSET_ACCEPT
    assert_int_equal(sim_connect(t), 1);
    assert_logged("NOT checked");
#else
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_VERIFY);
    assert_true((sim_record(t).verify_flags & FUTURE) != 0);
    assert_string_equal(sim_record(t).option, "clock");
    assert_logged("clock is not set");
#endif
}

static void test_clock_decides_the_validity(void **state)
{
    static const struct {
        int64_t now;
        uint32_t flags;
    } rows[] = {
        {1704067199 /* 2023-12-31 23:59:59 */, FUTURE},
        {1704067201, 0},
        {2366841599 /* 2044-12-31 23:59:59 */, 0},
        {2366841601, EXPIRED},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        sim_set_wall_clock(true, rows[i].now);
        assert_int_equal(sim_connect(t), rows[i].flags == 0 ? 1 : -1);
        assert_int_equal(sim_record(t).verify_flags, rows[i].flags);
        renew(t);
    }
}

/* --- who ends a handshake, and how
 * ---------------------------------------------------------------- */

static void test_alert_of_the_server_is_recorded(void **state)
{
    static const struct {
        int version;
        int stop_at;
        int alert;
    } rows[] = {
        {12, MBEDTLS_SSL_SERVER_HELLO, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE},
        {12, MBEDTLS_SSL_SERVER_HELLO, MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME},
        {12, MBEDTLS_SSL_SERVER_KEY_EXCHANGE, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR},
        {12, MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
        {13, MBEDTLS_SSL_SERVER_HELLO, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE},
        {13, MBEDTLS_SSL_SERVER_CERTIFICATE, MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED},
        {13, MBEDTLS_SSL_SERVER_FINISHED, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        t->server.version = rows[i].version;
        t->server.stop_at = rows[i].stop_at;
        t->server.stop_act = (struct sim_tls_step){SIM_TLS_ALERT, SIM_FATAL(rows[i].alert)};
        assert_int_equal(sim_connect(t), -1);
        assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                      ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x%04X received=%d",
                      -MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, rows[i].alert);
        renew(t);
    }
}

static void test_end_of_the_server_in_each_state_is_recorded(void **state)
{
    static const struct {
        int version;
        int stop_at;
    } rows[] = {
        {12, MBEDTLS_SSL_CLIENT_HELLO},       {12, MBEDTLS_SSL_SERVER_CERTIFICATE},
        {12, MBEDTLS_SSL_SERVER_HELLO_DONE},  {12, MBEDTLS_SSL_SERVER_FINISHED},
        {13, MBEDTLS_SSL_CLIENT_HELLO},       {13, MBEDTLS_SSL_ENCRYPTED_EXTENSIONS},
        {13, MBEDTLS_SSL_CERTIFICATE_VERIFY}, {13, MBEDTLS_SSL_SERVER_FINISHED},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        t->server.version = rows[i].version;
        t->server.stop_at = rows[i].stop_at;
        t->server.stop_act = (struct sim_tls_step){SIM_TLS_FIN, 0};
        assert_int_equal(sim_connect(t), -1);
        assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_TRUNCATED,
                      ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x%04X",
                      -MBEDTLS_ERR_SSL_CONN_EOF);
        assert_true(rows[i].stop_at == MBEDTLS_SSL_CLIENT_HELLO || sim_record(t).bytes_in > 0);
        renew(t);
        t->server.stop_act = (struct sim_tls_step){SIM_TLS_RST, 0};
        assert_int_equal(sim_connect(t), -1);
        assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_SYSTEM,
                      ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "os=ECONNRESET stack=0x%04X",
                      sim_record(t).stack_code == 0x4E ? 0x4E
                                                       : 0x4C); /* a write or a read met it */
        renew(t);
    }
}

struct words {
    const char *text;
    size_t len;
};

static void words_peer(struct sim_peer *peer, void *arg)
{
    const struct words *words = arg;
    bool *is_said = sim_peer_state(peer, sizeof(*is_said));

    if (!*is_said) {
        *is_said = true;
        (void)sim_peer_write(peer, words->text, words->len);
    }
}

/** What is no TLS ends at once, and nothing is allocated for the length that it seems to have. */
static void test_words_of_other_protocols_are_refused(void **state)
{
    static const struct words rows[] = {
        {"SSH-2.0-OpenSSH_9.2p1\r\n", 23},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", 28},
        {"220 mail.example ESMTP\r\n", 24},
        {"\x16\x03\x03\xff\xff\x02\x00\x00\x00\x00\x00", 11},
        {"\x16\x03\x03\x00\x00\x16\x03\x03\x00\x00", 10},
        {"\x16\x02\x00\x00\x05\x02\x00\x00\x01\x00", 10},
        {"\x17\x03\x03\x00\x05hello", 10},
        {"\x14\x03\x03\x00\x02\x01\x01", 7},
        {"\x15\x03\x03\x00\x03\x02\x28\x00", 8},
        {"\x16\x03\x03\x00\x04\x02\xff\xff\xff", 9},
        {"\x80\x2e\x01\x03\x01\x00\x15\x00\x00", 9},
        {"\x00\x00\x00\x00\x00\x00\x00\x00\x00", 9},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_record_t r;

        sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, words_peer, (void *)&rows[i]);
        assert_int_equal(sim_connect(t), -1);
        r = sim_record(t);
        if (r.phase != ESP_TLS_PHASE_HANDSHAKE ||
            (r.cause != ESP_TLS_CAUSE_STACK && r.cause != ESP_TLS_CAUSE_TIMEOUT) ||
            (r.cause == ESP_TLS_CAUSE_STACK && r.stack_code == 0)) {
            fail_msg("row %zu: %s in %s, -0x%x", i, esp_tls_cause_name(r.cause),
                     esp_tls_phase_name(r.phase), (unsigned)r.stack_code);
        }
        renew(t);
    }
}

static void test_server_that_wants_a_certificate_says_so(void **state)
{
    struct sim_case *t = *state;
    char buf[8];

    t->server.client_ca = CERT(root_client_pem);
    t->server.version = 12;
    assert_int_equal(sim_connect(t), -1);
    /* Mbed TLS's server only closes here; others send an alert */
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_TRUNCATED,
                  ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x%04X", -MBEDTLS_ERR_SSL_CONN_EOF);
    assert_false(t->server.has_client_cert);
    renew(t);
    t->server.version = 13; /* the client is done before the server has seen its certificate */
    assert_int_equal(sim_connect(t), 1);
    assert_true(esp_tls_conn_read(t->tls, buf, sizeof(buf)) < 0);
    /* Mbed TLS's server encrypts its alert with the keys of the handshake: it cannot be read */
    assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_SSL_READ_FAILED,
                  "stack=0x7180 sent=20");
    assert_int_equal(t->server.error, MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE);
}

/* --- ALPN, suites
 * --------------------------------------------------------------------------------- */

#ifdef CONFIG_MBEDTLS_SSL_ALPN
static void test_alpn_takes_the_common_protocol(void **state)
{
    static const char *h2_http[] = {"h2", "http/1.1", NULL};
    static const char *http[] = {"http/1.1", NULL};
    static const char *mqtt[] = {"mqtt", NULL};
    const struct {
        const char **client;
        const char **server;
        int result;
        const char *agreed;
    } rows[] = {
        {h2_http, http, 1, "http/1.1"}, {h2_http, h2_http, 1, "h2"}, {http, NULL, 1, NULL},
        {NULL, http, 1, NULL},          {mqtt, http, -1, NULL},
    };
    struct sim_case *t = *state;

    for (int version = 12; version <= 13; version++) {
        t->server.version = version;
        for (size_t i = 0; i < COUNT(rows); i++) {
            t->cfg.alpn_protos = rows[i].client;
            t->server.alpn = rows[i].server;
            assert_int_equal(sim_connect(t), rows[i].result);
            if (rows[i].result == 1 && rows[i].agreed == NULL) {
                assert_null(info_of(t).alpn);
            } else if (rows[i].result == 1) {
                assert_string_equal(info_of(t).alpn, rows[i].agreed);
            } else {
                assert_int_equal(sim_record(t).alert_received,
                                 MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL);
            }
            renew(t);
        }
    }
}
#endif

static void test_suite_is_the_one_that_was_asked_for(void **state)
{
    static const struct {
        int client[3];
        int server[3];
        const char *suite; /* NULL: none in common */
        const char *version;
    } rows[] = {
        {{0x1303, 0}, {0}, "TLS1-3-CHACHA20-POLY1305-SHA256", "TLSv1.3"},
        {{0x1302, 0}, {0}, "TLS1-3-AES-256-GCM-SHA384", "TLSv1.3"},
        {{0xC02B, 0}, {0}, "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256", "TLSv1.2"},
        {{0xC02B, 0x1301, 0}, {0}, "TLS1-3-AES-128-GCM-SHA256", "TLSv1.3"},
        {{0x1301, 0}, {0x1302, 0}, NULL, NULL},
        {{0xC02B, 0}, {0xC02C, 0}, NULL, NULL},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        if (i == 0 && rows[i].client[0] == 0x1303) {
            const int *all = esp_tls_get_ciphersuites_list();
            bool has = false;

            for (; *all != 0; all++) {
                has |= *all == 0x1303;
            }
            if (!has) { /* ChaCha20 is not compiled in by default */
                continue;
            }
        }
        t->cfg.ciphersuites_list = rows[i].client;
        t->server.suites = rows[i].server[0] != 0 ? rows[i].server : NULL;
        if (rows[i].suite != NULL) {
            assert_int_equal(sim_connect(t), 1);
            assert_string_equal(info_of(t).ciphersuite, rows[i].suite);
            assert_string_equal(info_of(t).version, rows[i].version);
        } else {
            assert_int_equal(sim_connect(t), -1);
            assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_STACK);
        }
        renew(t);
    }
}

static void test_every_listed_suite_of_ecdsa_connects(void **state)
{
    struct sim_case *t = *state;
    unsigned done = 0;

    for (const int *suite = esp_tls_get_ciphersuites_list(); *suite != 0; suite++) {
        int one[2] = {*suite, 0};
        bool is_13 = (*suite & 0xFF00) == 0x1300;
        bool is_ecdsa = strstr(mbedtls_ssl_get_ciphersuite_name(*suite), "ECDHE-ECDSA") != NULL;

        if (!is_13 && !is_ecdsa) {
            continue;
        }
        t->cfg.ciphersuites_list = one;
        if (sim_connect(t) != 1) {
            fail_msg("%s", mbedtls_ssl_get_ciphersuite_name(*suite));
        }
        sim_send(t, 100);
        sim_receive(t, 0, 100);
        renew(t);
        done++;
    }
    assert_true(done >= 4);
}

/* --- the record of it
 * ------------------------------------------------------------------------------ */

static void test_record_counts_bytes_and_keeps_the_address(void **state)
{
    struct sim_case *t = *state;
    esp_tls_record_t r;
    uint64_t before_in;

    assert_int_equal(sim_connect(t), 1);
    r = sim_record(t);
    assert_string_equal(r.address, "127.0.0.1");
    assert_int_equal(r.port, 443);
    assert_true(r.bytes_in > 500 && r.bytes_out > 100);
    before_in = r.bytes_in;
    sim_send(t, 1000);
    sim_receive(t, 0, 1000);
    r = sim_record(t);
    assert_true(r.bytes_in - before_in >= 1000 && r.bytes_in - before_in < 1200);
    assert_int_equal(r.cause, ESP_TLS_CAUSE_NONE);
    assert_int_equal(r.phase, ESP_TLS_PHASE_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_version_is_the_newest_that_both_have),
        sim_test(test_every_group_of_the_server_connects),
        sim_test(test_session_info_before_open_is_refused),
        sim_test(test_chain_is_judged),
        sim_test(test_host_is_the_name_when_there_is_no_other),
        sim_test(test_sni_is_common_name_also_when_skipped),
        sim_test(test_good_connect_logs_nothing_above_info),
        sim_test(test_flipped_signature_is_refused),
        sim_test(test_server_without_the_key_is_refused),
        sim_test(test_clock_not_set_is_said),
        sim_test(test_clock_decides_the_validity),
        sim_test(test_alert_of_the_server_is_recorded),
        sim_test(test_end_of_the_server_in_each_state_is_recorded),
        sim_test(test_words_of_other_protocols_are_refused),
        sim_test(test_server_that_wants_a_certificate_says_so),
#ifdef CONFIG_MBEDTLS_SSL_ALPN
        sim_test(test_alpn_takes_the_common_protocol),
#endif
        sim_test(test_suite_is_the_one_that_was_asked_for),
        sim_test(test_every_listed_suite_of_ecdsa_connects),
        sim_test(test_record_counts_bytes_and_keeps_the_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
