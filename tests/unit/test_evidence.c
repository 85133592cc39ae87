/* What is known when a connection fails, end to end on the simulated network: the evidence, and the
 * reason that it leads to. */
#include "sim_test.h"

#include <net/if.h>
#include <stdio.h>

#include "esp_tls_diagnosis.h"
#include "esp_tls_memory.h"
#include "evidence.h"
#include "x509_kit.h"

static esp_tls_diagnosis_t diagnose(struct sim_case *t)
{
    esp_tls_diagnosis_t d;

    assert_int_equal(esp_tls_get_diagnosis(t->tls, &d), ESP_OK);
    return d;
}

/** @param reasons  all of them, in their order
 *  @param chain    what is odd about the peer's chain, and nothing else */
static esp_tls_diagnosis_t refused_chain(struct sim_case *t, const char *reasons, unsigned chain)
{
    esp_tls_diagnosis_t d;

    assert_int_equal(sim_connect(t), -1);
    d = diagnose(t);
    assert_string_equal(sim_reasons(&d), reasons);
    assert_int_equal(d.evidence.chain, chain);
    return d;
}

static esp_tls_diagnosis_t refused(struct sim_case *t, const char *reasons)
{
    return refused_chain(t, reasons, 0);
}

static void serve(struct sim_case *t, struct sim_cert cert, struct sim_cert key)
{
    t->server.cert = cert;
    t->server.key = key;
}

static void test_missing_arguments_are_refused(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;
    esp_tls_evidence_t e;

    assert_int_equal(esp_tls_get_diagnosis(NULL, &d), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_diagnosis(t->tls, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_evidence(NULL, &e), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_evidence(t->tls, NULL), ESP_ERR_INVALID_ARG);
}

static void test_working_connection_has_no_reason_and_no_evidence(void **state)
{
    struct sim_case *t = *state;
    esp_tls_memory_stats_t before;
    esp_tls_memory_stats_t after;
    esp_tls_diagnosis_t d;

    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(esp_tls_get_memory_stats(t->tls, &before), ESP_OK);
    d = diagnose(t);
    assert_int_equal(d.kind, ESP_TLS_CLASS_NONE);
    assert_int_equal(d.reason_count, 0);
    assert_int_equal(esp_tls_get_memory_stats(t->tls, &after), ESP_OK);
    assert_int_equal(after.count, before.count); /* made without heap */
}

static void test_want_read_is_said_to_be_no_error(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;
    char byte;
    ssize_t n;

    t->cfg.non_block = true;
    assert_int_equal(sim_connect_async(t, "test.example", 443), 1);
    n = esp_tls_conn_read(t->tls, &byte, 1);
    assert_int_equal(n, ESP_TLS_ERR_SSL_WANT_READ);
    assert_int_equal(esp_tls_get_result_diagnosis(t->tls, n, &d), ESP_OK);
    assert_int_equal(d.kind, ESP_TLS_CLASS_WAITING);
    assert_int_equal(d.reasons[0], ESP_TLS_REASON_WANT_MORE);
}

/* --- the server's certificate ----------------------------------------------------------------- */

static void test_wrong_name_says_both(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    serve(t, CERT(server_name_chain_pem), CERT(server_name_key));
    d = refused_chain(t, "NAME_MISMATCH", ESP_TLS_CHAIN_NO_IP_NAMES);
    assert_string_equal(d.evidence.host, "test.example");
    assert_string_equal(d.evidence.name, "test.example");
    assert_string_equal(d.evidence.names, "other.example");
    assert_int_equal(d.evidence.chain_count, 2);
    assert_int_equal(d.kind, ESP_TLS_CLASS_CERTIFICATE);
}

static void test_address_without_ip_name_says_what_is_missing(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    serve(t, CERT(server_dns_chain_pem), CERT(server_dns_key));
    assert_int_equal(sim_connect_to(t, "127.0.0.1", 443), -1);
    d = diagnose(t);
    assert_int_equal(d.reasons[0], ESP_TLS_REASON_IP_NOT_IN_CERT);
    assert_int_equal(d.evidence.asked & ESP_TLS_ASKED_IP, ESP_TLS_ASKED_IP);
    assert_int_equal(d.evidence.chain & ESP_TLS_CHAIN_NO_IP_NAMES, ESP_TLS_CHAIN_NO_IP_NAMES);
    assert_string_equal(d.evidence.names, "localhost");
    assert_string_equal(esp_tls_remedy_setting(esp_tls_reason_remedy(d.reasons[0], 2)),
                        "skip_common_name");
}

static void test_expired_says_when(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    serve(t, CERT(server_expired_chain_pem), CERT(server_expired_key));
    d = refused(t, "CERT_EXPIRED");
    assert_true(d.evidence.not_after < d.evidence.now);
    assert_true(d.evidence.not_after > d.evidence.not_before);
    assert_true(d.evidence.clock_is_set);
    assert_int_equal(d.record.verify_depth, 0);
}

static void test_future_with_a_clock_is_early(void **state)
{
    struct sim_case *t = *state;

    serve(t, CERT(server_future_chain_pem), CERT(server_future_key));
    (void)refused(t, "CERT_NOT_YET_VALID");
}

static void test_clock_that_is_not_set_is_the_reason(void **state)
{
    struct sim_case *t = *state;

    sim_set_wall_clock(false, 0);
    (void)refused(t, "CLOCK_NOT_SET");
}

static void test_clock_of_1970_is_not_set(void **state)
{
    struct sim_case *t = *state;

    sim_set_wall_clock(true, 5);
    (void)refused(t, "CLOCK_NOT_SET");
}

static void test_expired_intermediate_is_the_one_that_is_named(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    serve(t, CERT(server_int_expired_chain_pem), CERT(server_int_expired_key));
    d = refused(t, "CERT_EXPIRED");
    assert_int_equal(d.record.verify_depth, 1);
    assert_non_null(strstr(d.evidence.subject, "CN="));
}

static void test_foreign_root_is_not_trusted(void **state)
{
    struct sim_case *t = *state;

    serve(t, CERT(server_untrusted_chain_pem), CERT(server_untrusted_key));
    (void)refused_chain(t, "ROOT_NOT_TRUSTED MISSING_INTERMEDIATE", ESP_TLS_CHAIN_ANCHOR_KIN);
}

static void test_namesake_of_the_root_is_told_apart(void **state)
{
    struct sim_case *t = *state;

    serve(t, CERT(server_twin_chain_pem), CERT(server_twin_key));
    (void)refused_chain(t, "ANCHOR_KEY_DIFFERS",
                        ESP_TLS_CHAIN_ANCHOR_NAMESAKE | ESP_TLS_CHAIN_ANCHOR_KIN);
}

static void test_self_signed_is_told_apart(void **state)
{
    struct sim_case *t = *state;

    serve(t, CERT(self_leaf_pem), CERT(self_leaf_key));
    (void)refused_chain(t, "SELF_SIGNED", ESP_TLS_CHAIN_SELF_SIGNED | ESP_TLS_CHAIN_ANCHOR_KIN);
}

static void test_issuer_that_is_no_ca_is_told_apart(void **state)
{
    struct sim_case *t = *state;

    serve(t, CERT(server_by_leaf_chain_pem), CERT(server_by_leaf_key));
    (void)refused_chain(t, "NOT_A_CA", ESP_TLS_CHAIN_NO_CONSTRAINTS | ESP_TLS_CHAIN_ANCHOR_KIN);
}

/** Certificates that lead nowhere are told, and those that are needed are not called so. */
static void test_extra_certificates_are_told_apart(void **state)
{
    static const struct {
        const char *first;
        const char *second; /* behind it; NULL: nothing */
        unsigned count;
        unsigned extra;
    } rows[] = {
        {(const char *)cert_server_expired_chain_pem, NULL, 2, 0},
        {(const char *)cert_server_expired_chain_pem, (const char *)cert_root_ec_pem, 3, 0},
        {(const char *)cert_server_expired_chain_pem, (const char *)cert_root_client_pem, 3,
         ESP_TLS_CHAIN_EXTRA},
        {(const char *)cert_server_expired_chain_pem, (const char *)cert_server_name_chain_pem, 4,
         ESP_TLS_CHAIN_EXTRA},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        char chain[8192];
        esp_tls_diagnosis_t d;

        (void)snprintf(chain, sizeof(chain), "%s%s", rows[i].first,
                       rows[i].second != NULL ? rows[i].second : "");
        serve(t, (struct sim_cert){(const unsigned char *)chain, (unsigned)strlen(chain) + 1},
              CERT(server_expired_key));
        d = refused_chain(t, "CERT_EXPIRED", rows[i].extra);
        assert_int_equal(d.evidence.chain_count, rows[i].count);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
        sim_advance_us(1); /* the server is done with its chain */
    }
}

/** A certificate that nobody signed, with all that is copied of one. Its key is 1. */
#define GX "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
#define GY "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
#define P256_KEY                                                                                   \
    "30(0201 01 04(0000000000000000000000000000000000000000000000000000000000000001)"              \
    "A0(06(2A8648CE3D030107)))"

static void test_refused_certificate_is_copied_whole(void **state)
{
    static const char text[] =
        "30(30(A0(0201 02) 0201 05 30(06(2A8648CE3D040302)) 30(31(30(06(550403)0C('an issuer'))))"
        "30(17('200102030405Z') 17('400607080910Z')) 30(31(30(06(550403)0C('a subject'))))"
        "30(30(06(2A8648CE3D0201) 06(2A8648CE3D030107)) 03(00 04" GX GY ")) A3(30("
        "30(06(551D11) 04(30(82('a.example') 81('m@b') 8704 C0000201 82('c.example'))))"
        "30(06(2B06010505070101) 04(30(30(06(2B06010505073002) 86('http://ca.example/i'))))))))"
        "30(06(2A8648CE3D040302)) 03(00 3006 0201 01 0201 01))";
    static uint8_t der[2][X509_MOST];
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    serve(t, (struct sim_cert){der[0], (unsigned)x509_der(text, der[0])},
          (struct sim_cert){der[1], (unsigned)x509_der(P256_KEY, der[1])});
    assert_int_equal(sim_connect(t), -1);
    d = diagnose(t);
    assert_string_equal(d.evidence.subject, "CN=a subject");
    assert_string_equal(d.evidence.issuer, "CN=an issuer");
    assert_string_equal(d.evidence.names, "a.example, 192.0.2.1, c.example");
    assert_string_equal(d.evidence.aia, "http://ca.example/i");
    assert_int_equal(d.evidence.key_bits, 256);
    assert_int_equal(d.evidence.chain_count, 1);
    assert_int_equal(d.evidence.not_before, 1577934245);
    assert_int_equal(d.evidence.not_after, 2222669350);
}

/** A certificate of one name for both, with these key identifiers: is it its own issuer? */
static bool is_self_signed(struct sim_case *t, const char *subject_id, const char *issuer_id)
{
    static uint8_t der[2][X509_MOST];
    char text[2048];
    esp_tls_diagnosis_t d;

    snprintf(text, sizeof(text),
             "30(30(A0(0201 02) 0201 05 30(06(2A8648CE3D040302)) 30(31(30(06(550403)0C('i'))))"
             "30(17('200102030405Z') 17('400607080910Z')) 30(31(30(06(550403)0C('i'))))"
             "30(30(06(2A8648CE3D0201) 06(2A8648CE3D030107)) 03(00 04" GX GY "))"
             "A3(30(30(06(551D0F) 04(03(0780)))%s%s)))"
             "30(06(2A8648CE3D040302)) 03(00 3006 0201 01 0201 01))",
             subject_id, issuer_id);
    serve(t, (struct sim_cert){der[0], (unsigned)x509_der(text, der[0])},
          (struct sim_cert){der[1], (unsigned)x509_der(P256_KEY, der[1])});
    assert_int_equal(sim_connect(t), -1);
    d = diagnose(t);
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init();
    return (d.evidence.chain & ESP_TLS_CHAIN_BAD_SIGNATURE) != 0; /* its own, which is none */
}

/** Names alone may be alike: where both identifiers are there, they must be the same. */
static void test_self_signed_is_told_by_the_key_identifiers(void **state)
{
#define SUBJECT_ID(bytes) "30(06(551D0E) 04(04(" bytes ")))"
#define ISSUER_ID(bytes)  "30(06(551D23) 04(30(80(" bytes "))))"
    struct sim_case *t = *state;

    assert_true(is_self_signed(t, "", ""));
    assert_true(is_self_signed(t, SUBJECT_ID("0102"), ""));
    assert_true(is_self_signed(t, "", ISSUER_ID("0102")));
    assert_true(is_self_signed(t, SUBJECT_ID("0102"), ISSUER_ID("0102")));
    assert_true(is_self_signed(t, SUBJECT_ID("01"), ISSUER_ID("01")));
    assert_false(is_self_signed(t, SUBJECT_ID("01"), ISSUER_ID("02")));
    assert_false(is_self_signed(t, SUBJECT_ID("0102"), ISSUER_ID("0103")));
    assert_false(is_self_signed(t, SUBJECT_ID("0102"), ISSUER_ID("010200")));
}

/** Of a subject of two parts, the first of which is so long: is the first left out? */
static bool is_first_left_out(struct sim_case *t, size_t len)
{
    static uint8_t der[2][X509_MOST];
    char first[512];
    char text[2048];
    esp_tls_diagnosis_t d;

    memset(first, 'x', len);
    first[len] = '\0';
    snprintf(text, sizeof(text),
             "30(30(A0(0201 02) 0201 05 30(06(2A8648CE3D040302)) 30(31(30(06(550403)0C('i'))))"
             "30(17('200102030405Z') 17('400607080910Z'))"
             "30(31(30(06(550403)0C('%s'))) 31(30(06(55040A) 0C('last'))))"
             "30(30(06(2A8648CE3D0201) 06(2A8648CE3D030107)) 03(00 04" GX GY ")))"
             "30(06(2A8648CE3D040302)) 03(00 3006 0201 01 0201 01))",
             first);
    serve(t, (struct sim_cert){der[0], (unsigned)x509_der(text, der[0])},
          (struct sim_cert){der[1], (unsigned)x509_der(P256_KEY, der[1])});
    assert_int_equal(sim_connect(t), -1);
    d = diagnose(t);
    assert_int_equal(strncmp(d.evidence.subject, "O=last", 6), 0);
    assert_true(d.evidence.subject[6] == ',' || d.evidence.subject[6] == '\0');
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init();
    return d.evidence.subject[6] == '\0';
}

/** 256 bytes of a Name are kept; lengths of one, two and three bytes in it. */
static void test_subject_that_is_long_is_told_without_its_beginning(void **state)
{
    static const size_t lens[] = {1,   113, 114, 117, 118, 127, 128, 200, 226, 227, 228,
                                  229, 241, 242, 243, 244, 247, 248, 255, 256, 300, 400};

    for (size_t i = 0; i < COUNT(lens); i++) {
        assert_int_equal(is_first_left_out(*state, lens[i]), lens[i] > 227);
    }
}

/** Each option by itself. */
static void test_what_was_asked_for_is_noted(void **state)
{
    static const char *const protos[] = {"h", NULL};
    static const int suites[] = {0x1301, 0};
    struct ifreq device = {.ifr_name = "sim0"};
    const struct {
        esp_tls_cfg_t cfg;
        unsigned asked;
    } rows[] = {
        {{.timeout_ms = 100}, 0},
        {{.tls_version = ESP_TLS_VER_TLS_1_2}, ESP_TLS_ASKED_TLS_1_2_ONLY},
        {{.tls_version = ESP_TLS_VER_TLS_1_3}, ESP_TLS_ASKED_TLS_1_3_ONLY},
        {{.tls_version = ESP_TLS_VER_ANY}, 0},
        {{.alpn_protos = (const char **)(uintptr_t)protos}, ESP_TLS_ASKED_ALPN},
        {{.ciphersuites_list = suites}, ESP_TLS_ASKED_SUITES},
        {{.is_plain_tcp = true}, ESP_TLS_ASKED_PLAIN},
        {{.if_name = &device}, ESP_TLS_ASKED_INTERFACE},
        {{.addr_family = ESP_TLS_AF_INET}, ESP_TLS_ASKED_FAMILY},
    };
    const unsigned versions = ESP_TLS_ASKED_TLS_1_2_ONLY | ESP_TLS_ASKED_TLS_1_3_ONLY;
    const esp_tls_cfg_t plain = ((struct sim_case *)*state)->cfg;
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_diagnosis_t d;

        t->cfg = rows[i].cfg;
        t->cfg.cacert_buf = plain.cacert_buf;
        t->cfg.cacert_bytes = plain.cacert_bytes;
        assert_int_equal(sim_connect_to(t, "test.example", 7), -1);
        d = diagnose(t);
        if (d.record.cause != ESP_TLS_CAUSE_NOT_SUPPORTED) { /* a version that is not built */
            assert_int_equal(d.evidence.asked & ~versions, rows[i].asked & ~versions);
#if defined(CONFIG_MBEDTLS_SSL_PROTO_TLS1_2) && defined(CONFIG_MBEDTLS_SSL_PROTO_TLS1_3)
            assert_int_equal(d.evidence.asked, rows[i].asked);
#endif
        }
        assert_int_equal(d.evidence.port, 7);
        assert_string_equal(d.evidence.name, rows[i].cfg.is_plain_tcp ? "" : "test.example");
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

static void test_last_operation_was_a_write_or_not(void **state)
{
    struct sim_case *t = *state;
    esp_tls_evidence_t e;
    char byte = 'x';

    t->cfg.non_block = true;
    assert_int_equal(sim_connect_async(t, "test.example", 443), 1);
    assert_int_equal(esp_tls_conn_write(t->tls, &byte, 1), 1);
    assert_int_equal(esp_tls_get_evidence(t->tls, &e), ESP_OK);
    assert_true(e.is_writing);
    (void)esp_tls_conn_read(t->tls, &byte, 1);
    assert_int_equal(esp_tls_get_evidence(t->tls, &e), ESP_OK);
    assert_false(e.is_writing);
}

/** A byte of the server's Certificate message is turned over on the way, one after the other, until
 *  it is the structure of a certificate that is hit. */
static void test_certificate_that_cannot_be_read_is_told(void **state)
{
    struct sim_case *t = *state;
    uint8_t change[3] = {0, 0, 0xFF};
    bool found = false;

    t->server.version = 12;
    t->server.changes = change;
    t->server.change_count = 1;
    for (unsigned offset = 90; offset < 200 && !found; offset += 4) {
        esp_tls_diagnosis_t d;

        change[1] = (uint8_t)offset;
        assert_int_equal(sim_connect(t), -1);
        d = diagnose(t);
        found = d.evidence.input != NULL;
        if (found) {
            assert_string_equal(d.evidence.input, "peer");
            assert_int_equal(d.kind, ESP_TLS_CLASS_CERTIFICATE);
            assert_true(d.reasons[0] == ESP_TLS_REASON_CERT_UNREADABLE ||
                        d.reasons[0] == ESP_TLS_REASON_CERT_UNSUPPORTED);
            assert_int_not_equal(d.evidence.input_fault, 0);
        }
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
    assert_true(found);
}

/* --- the own certificate ---------------------------------------------------------------------- */

static void test_missing_client_certificate_is_named(void **state)
{
    struct sim_case *t = *state;

    t->server.client_ca = CERT(root_client_pem);
    t->server.version = 12;
    (void)refused(t, "CLIENT_CERT_MISSING CLOSED_IN_HANDSHAKE");
}

/** In TLS 1.3 the client is done before the server judges what it was sent. */
static void test_a_request_for_a_certificate_is_remembered_if_none_was_sent(void **state)
{
    static const struct {
        int version;
        bool is_asked;
        bool has_one;
    } rows[] = {{12, false, false}, {12, true, false}, {12, true, true},
                {13, false, false}, {13, true, false}, {13, true, true}};
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        bool is_refused = rows[i].version == 12 && rows[i].is_asked && !rows[i].has_one;

        t->server.version = rows[i].version;
        t->server.client_ca = rows[i].is_asked ? CERT(root_client_pem) : (struct sim_cert){0};
        t->cfg.clientcert_buf = rows[i].has_one ? cert_client_ec_chain_pem : NULL;
        t->cfg.clientcert_bytes = sizeof(cert_client_ec_chain_pem);
        t->cfg.clientkey_buf = rows[i].has_one ? cert_client_ec_key : NULL;
        t->cfg.clientkey_bytes = sizeof(cert_client_ec_key);
        assert_int_equal(sim_connect(t), is_refused ? -1 : 1);
        assert_int_equal(sim_record(t).identity_missed, rows[i].is_asked && !rows[i].has_one);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

static void test_missing_key_is_0x7600(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    t->cfg.clientcert_buf = cert_client_ec_pem;
    t->cfg.clientcert_bytes = sizeof(cert_client_ec_pem);
    d = refused(t, "KEY_MISSING");
    assert_int_equal(d.record.stack_code, 0x7600);
    assert_int_equal(d.kind, ESP_TLS_CLASS_IDENTITY);
}

static void test_key_of_another_certificate_is_told(void **state)
{
    struct sim_case *t = *state;

    t->cfg.clientcert_buf = cert_client_ec_pem;
    t->cfg.clientcert_bytes = sizeof(cert_client_ec_pem);
    t->cfg.clientkey_buf = cert_client_other_key;
    t->cfg.clientkey_bytes = sizeof(cert_client_other_key);
    (void)refused(t, "KEY_MISMATCH");
}

/* --- inputs ----------------------------------------------------------------------------------- */

static void test_pem_without_nul_is_told(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    t->cfg.cacert_bytes--;
    d = refused(t, "INPUT_NO_NUL");
    assert_string_equal(d.evidence.input, "cacert_buf");
    assert_string_equal(esp_tls_remedy_setting(esp_tls_reason_remedy(d.reasons[0], 0)),
                        "cacert_bytes");
}

static void test_key_as_certificate_is_told(void **state)
{
    struct sim_case *t = *state;

    t->cfg.cacert_buf = cert_client_ec_key;
    t->cfg.cacert_bytes = sizeof(cert_client_ec_key);
    (void)refused(t, "INPUT_WRONG_KIND");
}

static void test_truncated_der_says_where(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    t->cfg.cacert_buf = cert_truncated_der;
    t->cfg.cacert_bytes = sizeof(cert_truncated_der);
    d = refused(t, "INPUT_TRUNCATED");
    assert_string_equal(d.evidence.input, "cacert_buf");
}

/** Of an input of more than 8 KB the beginning is kept: a fault in it is told with its place, and a
 *  fault behind it without. */
static void test_fault_of_a_long_input_is_told_as_far_as_it_is_kept(void **state)
{
    enum {
        COPIES = 24
    };
    static const struct {
        unsigned damaged;
        const char *reasons;
        esp_tls_input_reason_t fault;
    } rows[] = {
        {1, "INPUT_BAD_BASE64", ESP_TLS_INPUT_BAD_CHARACTER},
        {COPIES - 1, "INPUT_BAD_BASE64 INPUT_TRUNCATED INPUT_LINE_BREAKS", ESP_TLS_INPUT_OK},
    };
    const size_t len = sizeof(cert_client_ec_pem) - 1;
    struct sim_case *t = *state;
    unsigned char *chain = calloc(COPIES, sizeof(cert_client_ec_pem));

    assert_non_null(chain);
    assert_true(COPIES * len > 2 * 8192);
    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_diagnosis_t d;

        for (size_t n = 0; n < COPIES; n++) {
            memcpy(chain + n * len, cert_client_ec_pem, len);
        }
        chain[rows[i].damaged * len + 100] = '!';
        t->cfg.clientcert_buf = chain;
        t->cfg.clientcert_bytes = (unsigned)(COPIES * len + 1);
        t->cfg.clientkey_buf = cert_client_ec_key;
        t->cfg.clientkey_bytes = sizeof(cert_client_ec_key);
        d = refused(t, rows[i].reasons);
        assert_string_equal(d.evidence.input, "clientcert_buf");
        assert_int_equal(d.evidence.input_fault, rows[i].fault);
        assert_int_equal(d.evidence.input_item, rows[i].fault != ESP_TLS_INPUT_OK ? 1 : 0);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
    free(chain);
}

static void test_encrypted_key_wants_its_password(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    t->cfg.clientcert_buf = cert_client_ec_pem;
    t->cfg.clientcert_bytes = sizeof(cert_client_ec_pem);
    t->cfg.clientkey_buf = cert_client_ec_aes128_pem;
    t->cfg.clientkey_bytes = sizeof(cert_client_ec_aes128_pem);
    d = refused(t, "KEY_PASSWORD");
    assert_string_equal(d.evidence.input, "clientkey_buf");
}

/* --- what came -------------------------------------------------------------------------------- */

static const char *banner;

static void talk(struct sim_peer *peer, void *unused)
{
    bool *said = sim_peer_state(peer, sizeof(*said));

    (void)unused;
    if (!*said) {
        *said = true;
        (void)sim_peer_write(peer, banner, strlen(banner));
    }
}

static void test_other_protocols_are_named(void **state)
{
    static const struct {
        const char *says;
        esp_tls_reason_t reason;
    } peers[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\n", ESP_TLS_REASON_PEER_SPEAKS_HTTP},
        {"SSH-2.0-OpenSSH_9.2\r\n", ESP_TLS_REASON_PEER_SPEAKS_SSH},
        {"220 mail.example ESMTP\r\n", ESP_TLS_REASON_PEER_SPEAKS_MAIL},
        {"+OK ready\r\n", ESP_TLS_REASON_PEER_SPEAKS_MAIL},
        {"hello, world\r\n", ESP_TLS_REASON_PEER_NOT_TLS},
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(peers); i++) {
        esp_tls_diagnosis_t d;

        banner = peers[i].says;
        sim_host("127.0.0.1", 25, SIM_ACCEPT, 0, talk, NULL);
        assert_int_equal(sim_connect_to(t, "test.example", 25), -1);
        d = diagnose(t);
        assert_string_equal(esp_tls_reason_name(d.reasons[0]),
                            esp_tls_reason_name(peers[i].reason));
        assert_memory_equal(d.evidence.peer_bytes, banner, 5);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

/** 10 bytes of a record of 356, then FIN. */
static void stop_in_record(struct sim_peer *peer, void *unused)
{
    static const uint8_t part[15] = {22, 3, 3, 1, 100, 2, 0, 1, 96, 3, 3};

    bool *said = sim_peer_state(peer, sizeof(*said));

    (void)unused;
    if (!*said) {
        *said = true;
        (void)sim_peer_write(peer, part, sizeof(part));
        sim_peer_close(peer);
    }
}

static void test_end_in_mid_record_says_how_far_it_came(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, stop_in_record, NULL);
    d = refused(t, "CLOSED_IN_RECORD");
    assert_int_equal(d.record.record_len, 356);
    assert_int_equal(d.evidence.record_got, 10);
}

static void test_silence_is_told_by_phase(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    d = refused(t, "HANDSHAKE_SILENT");
    assert_int_equal(d.evidence.timeout_ms, 2000);
    assert_int_equal(d.kind, ESP_TLS_CLASS_TIMEOUT);
}

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER /* Mbed TLS's own buffers take every record */
static void test_record_over_the_limit_says_both_sizes(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_RECORD, 16001}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    esp_tls_memory_cfg_t memory = {.in_content_len = 4096};
    esp_tls_diagnosis_t d;
    uint8_t data[64];

    t->server.script = script;

    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init_with_memory(&memory);
    assert_int_equal(sim_connect(t), 1);
    assert_true(esp_tls_conn_read(t->tls, data, sizeof(data)) < 0);
    d = diagnose(t);
    assert_string_equal(esp_tls_reason_name(d.reasons[0]), "RECORD_TOO_LARGE");
    assert_true(d.record.record_len > 16000);
    assert_int_equal(d.record.record_limit, 4096);
    assert_string_equal(esp_tls_remedy_setting(esp_tls_reason_remedy(d.reasons[0], 0)),
                        "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN");
}
#endif

/* --- memory ----------------------------------------------------------------------------------- */

static void test_limit_of_the_connection_is_the_reason(void **state)
{
    struct sim_case *t = *state;
    esp_tls_diagnosis_t d;
    esp_tls_memory_cfg_t memory = {.limit = 6000};

    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init_with_memory(&memory);
    assert_non_null(t->tls);
    d = refused(t, "MEMORY_LIMIT");
    assert_true(d.record.mem_size > 0);
    assert_int_equal(d.kind, ESP_TLS_CLASS_MEMORY);
}

static void test_evidence_without_room_leaves_the_failure_as_it_was(void **state)
{
    struct plat_account account;
    struct observed on = {.account = &account};
    const esp_tls_cfg_t cfg = {.non_block = true};
    const struct conn_request asked = {.host = "host", .len = 4, .port = 1, .cfg = &cfg};
    const struct conn_failure failure = {.asked = &asked, .phase = ESP_TLS_PHASE_RESOLVE};
    struct conn_watch *kept;

    (void)state;
    plat_account_init(&account);
    account.limit = 100;
    account.failure.size = 77;
    et_observers_failed(&on, &failure);
    assert_null(on.first);
    assert_int_equal(account.failure.size, 77);
    account.limit = 0;
    et_observers_failed(&on, &failure);
    kept = et_observed_find(&on, &et_evidence_observer);
    assert_non_null(kept);
    et_observers_failed(&on, &failure);
    assert_ptr_equal(on.first, kept);
    assert_null(kept->next);
    et_observers_forget(&on);
    assert_null(on.first);
    assert_int_equal(account.total.live, 0);
    plat_account_clear(&account);
}

/** Whichever allocation fails, the diagnosis is of what happened: no memory, or the certificate,
 *  with evidence or without. */
static void test_each_failed_allocation_leaves_a_true_diagnosis(void **state)
{
    struct sim_case *t = *state;
    unsigned most;

    serve(t, CERT(server_name_chain_pem), CERT(server_name_key));
    assert_int_equal(sim_connect(t), -1);
    most = sim_alloc_count();
    for (unsigned nth = 1; nth <= most; nth += nth + 30 < most ? 24 : 1) {
        esp_tls_diagnosis_t d;

        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
        sim_fail_alloc(nth, false);
        assert_int_equal(sim_connect(t), -1);
        sim_fail_alloc(0, false);
        d = diagnose(t);
        if (d.record.cause == ESP_TLS_CAUSE_VERIFY) {
            assert_int_equal(d.reasons[0], ESP_TLS_REASON_NAME_MISMATCH);
        } else {
            assert_int_equal(d.kind, ESP_TLS_CLASS_MEMORY);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_missing_arguments_are_refused),
        sim_test(test_working_connection_has_no_reason_and_no_evidence),
        sim_test(test_want_read_is_said_to_be_no_error),
        sim_test(test_wrong_name_says_both),
        sim_test(test_address_without_ip_name_says_what_is_missing),
        sim_test(test_expired_says_when),
        sim_test(test_future_with_a_clock_is_early),
        sim_test(test_clock_that_is_not_set_is_the_reason),
        sim_test(test_clock_of_1970_is_not_set),
        sim_test(test_expired_intermediate_is_the_one_that_is_named),
        sim_test(test_foreign_root_is_not_trusted),
        sim_test(test_namesake_of_the_root_is_told_apart),
        sim_test(test_self_signed_is_told_apart),
        sim_test(test_issuer_that_is_no_ca_is_told_apart),
        sim_test(test_extra_certificates_are_told_apart),
        sim_test(test_refused_certificate_is_copied_whole),
        sim_test(test_self_signed_is_told_by_the_key_identifiers),
        sim_test(test_subject_that_is_long_is_told_without_its_beginning),
        sim_test(test_what_was_asked_for_is_noted),
        sim_test(test_last_operation_was_a_write_or_not),
        sim_test(test_certificate_that_cannot_be_read_is_told),
        sim_test(test_missing_client_certificate_is_named),
        sim_test(test_a_request_for_a_certificate_is_remembered_if_none_was_sent),
        sim_test(test_missing_key_is_0x7600),
        sim_test(test_key_of_another_certificate_is_told),
        sim_test(test_pem_without_nul_is_told),
        sim_test(test_key_as_certificate_is_told),
        sim_test(test_truncated_der_says_where),
        sim_test(test_fault_of_a_long_input_is_told_as_far_as_it_is_kept),
        sim_test(test_encrypted_key_wants_its_password),
        sim_test(test_other_protocols_are_named),
        sim_test(test_end_in_mid_record_says_how_far_it_came),
        sim_test(test_silence_is_told_by_phase),
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
        sim_test(test_record_over_the_limit_says_both_sizes),
#endif
        sim_test(test_limit_of_the_connection_is_the_reason),
        sim_test(test_evidence_without_room_leaves_the_failure_as_it_was),
        sim_test(test_each_failed_allocation_leaves_a_true_diagnosis),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
