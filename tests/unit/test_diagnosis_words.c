/* What stands for each {word} of a sentence, how codes are written, and a diagnosis as JSON. */
#include "sim_test.h"

#include <errno.h>
#include <netdb.h>

#include "esp_tls_diagnosis.h"
#include "esp_tls_memory.h"
#include "words.h"

static const esp_tls_diagnosis_t full = {
    .record = {.phase = ESP_TLS_PHASE_HANDSHAKE,
               .cause = ESP_TLS_CAUSE_FAILED,
               .esp_code = ESP_ERR_NO_MEM,
               .os_errno = ECONNREFUSED,
               .resolver_code = EAI_NONAME,
               .stack_code = 0x7200,
               .verify_flags = 5,
               .verify_depth = 1,
               .alert_sent = 40,
               .alert_received = 48,
               .option = "alpn_protos",
               .mem_size = 4200,
               .mem_largest_free = 3000,
               .mem_purpose = 1,
               .record_len = 3000,
               .record_limit = 2000,
               .address = "192.0.2.1",
               .port = 443,
               .bytes_in = 5,
               .bytes_out = 6},
    .evidence = {.host = "h.example",
                 .name = "n.example",
                 .port = 8443,
                 .timeout_ms = 1500,
                 .now = 259200,
                 .peer_bytes = "SSH-2.0-",
                 .peer_bytes_len = 8,
                 .record_got = 77,
                 .mem_free = 9000,
                 .chain_count = 2,
                 .key_bits = 1024,
                 .not_before = 86400,
                 .not_after = 172801,
                 .subject = "CN=s",
                 .issuer = "CN=i",
                 .aia = "http://a",
                 .names = "a, b",
                 .input = "cacert_buf",
                 .input_item = 2,
                 .input_fault = 5,
                 .input_at = 9,
                 .input_line = 4,
                 .input_field = "tbsCertificate",
                 .input_oid = "2.5.29.30",
                 .input_oid_name = "nameConstraints"},
    .kind = ESP_TLS_CLASS_MEMORY,
    .reason_count = 1,
    .reasons = {ESP_TLS_REASON_NO_MEMORY},
};

static void expect_words(const char *sentence, const esp_tls_diagnosis_t *d, const char *wanted)
{
    char text[512];
    struct out out;

    et_out_init(&out, text, sizeof(text));
    et_words_expand(&out, sentence, d);
    assert_string_equal(text, wanted);
}

static void test_each_word_with_evidence_without_and_in_general(void **state)
{
    static const struct {
        const char *word;
        const char *full;
        const char *empty;
        const char *in_general;
    } rows[] = {
        {"{peer}", "h.example (192.0.2.1 port 443)", "the server", "the server"},
        {"{endpoint}", "192.0.2.1 port 443", "", "that address and port"},
        {"{host}", "h.example", "the server's name", "the server's name"},
        {"{name}", "n.example", "the name that was asked for", "the name that was asked for"},
        {"{option}", "alpn_protos", "an option", "an option"},
        {"{timeout}", "1500 ms", "its time", "its time"},
        {"{timeout_clause}", " (1500 ms now)", "", ""},
        {"{bytes_in}", "5 bytes", "not all of it", "not all of it"},
        {"{record_len}", "3000 bytes", "more bytes than it may have",
         "more bytes than it may have"},
        {"{record_all}", "3000 bytes", "its bytes", "its bytes"},
        {"{record_limit}", "2000", "fewer", "fewer"},
        {"{record_got}", "77", "not all", "not all"},
        {"{record_needed}", "4096", "1024", "the size of the server's records"},
        {"{mem_size}", "4200 bytes", "some bytes", "some bytes"},
        {"{mem_largest}", "3000", "fewer", "fewer"},
        {"{mem_free}", "9000", "enough", "enough"},
        {"{peer_bytes}", "\"SSH-2.0-\"", "\"\"", "other bytes"},
        {"{certificate}", "the certificate \"CN=s\"", "the certificate", "the certificate"},
        {"{issuer}", "\"CN=i\"", "its issuer", "its issuer"},
        {"{not_before}", "1970-01-02 00:00:00 UTC", "its notBefore date", "its notBefore date"},
        {"{not_after}", "1970-01-03 00:00:01 UTC", "its notAfter date", "its notAfter date"},
        {"{now}", "1970-01-04 00:00:00 UTC", "what the platform says", "what the platform says"},
        {"{bits_clause}", " (1024 bits)", "", ""},
        {"{host_clause}", "", "", ", but a URL, or has a port or path in it"},
        {"{names_clause}", " (it is for: a, b)", "", ""},
        {"{address_clause}", " n.example", "", ""},
        {"{issuer_clause}", " (\"CN=i\")", "", ""},
        {"{aia_clause}", " (it can be had at http://a)", "", ""},
        {"{field_clause}", " (in tbsCertificate)", "", ""},
        {"{input}", "cacert_buf (its certificate number 3)", "the certificate or key",
         "the certificate or key"},
        {"{input_place}", " at byte 9 (line 4)", "", ""},
        {"{input_end}", ", after 9 bytes (line 4)", "", ""},
        {"{input_read}", ": reading got to byte 9 (line 4)", "", ""},
        {"{sent_certificate}", "certificate number 3 that the server sent",
         "a certificate that the server sent", "a certificate that the server sent"},
        {"{mem_purpose}", NULL, NULL, "the connection"},
        {"{errno}", NULL, NULL, "see its errno"},
        {"a {now", "a {now", "a {now", "a {now"},
        {"a} {b} c", "a} {b} c", "a} {b} c", "a} {b} c"},
        {"{hos}{hostx}{}", "{hos}{hostx}{}", "{hos}{hostx}{}", "{hos}{hostx}{}"},
        {"({mem_size}, {mem_free})", "(4200 bytes, 9000)", "(some bytes, enough)",
         "(some bytes, enough)"},
    };
    static const esp_tls_diagnosis_t empty;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].full != NULL) {
            expect_words(rows[i].word, &full, rows[i].full);
            expect_words(rows[i].word, &empty, rows[i].empty);
        }
        expect_words(rows[i].word, NULL, rows[i].in_general);
    }
    expect_words("{mem_purpose}", &full, esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)1));
}

static void test_words_of_the_peer_as_far_as_it_is_known(void **state)
{
    esp_tls_diagnosis_t d = {.evidence = {.host = "h", .port = 7}};

    (void)state;
    expect_words("{peer}, {endpoint}", &d, "h port 7, h port 7");
    d.record.port = 8;
    expect_words("{peer}, {endpoint}", &d, "h port 8, h port 8");
    memcpy(d.record.address, "a", 2);
    expect_words("{peer}, {endpoint}", &d, "h (a port 8), a port 8");
    memcpy(d.record.address, "h", 2);
    expect_words("{peer}, {endpoint}", &d, "h port 8, h port 8");
    d.evidence.host[0] = '\0';
    d.record.port = 0;
    d.evidence.port = 0;
    expect_words("{peer}, {endpoint}", &d, "h, h");
}

static void test_words_of_numbers_at_their_ends(void **state)
{
    static const struct {
        uint32_t len;
        const char *needed;
    } rows[] = {{1024, "1024"},  {1025, "2048"},   {8192, "8192"},
                {8193, "16384"}, {16384, "16384"}, {16385, "16384"}};
    esp_tls_diagnosis_t d = {.evidence = {.timeout_ms = -1, .peer_bytes_len = 3}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        d.record.record_len = rows[i].len;
        expect_words("{record_needed}", &d, rows[i].needed);
    }
    expect_words("{timeout}{timeout_clause}", &d, "its time");
    d.evidence.timeout_ms = 1;
    expect_words("{timeout}{timeout_clause}", &d, "1 ms (1 ms now)");
    memcpy(d.evidence.peer_bytes, "a ~", 3);
    expect_words("{peer_bytes}", &d, "\"a ~\"");
    d.evidence.peer_bytes[2] = 0x7F;
    expect_words("{peer_bytes}", &d, "0x61 0x20 0x7F");
    d.evidence.peer_bytes[2] = 0x1F;
    expect_words("{peer_bytes}", &d, "0x61 0x20 0x1F");
    d.evidence.input_item = 1;
    d.evidence.input_line = 1;
    expect_words("{input}{input_place} {sent_certificate}", &d,
                 "the certificate or key (its certificate number 2) "
                 "a certificate that the server sent");
}

static void expect_code(esp_tls_code_domain_t domain, int value, const char *wanted)
{
    char text[64];
    struct out out;

    et_out_init(&out, text, sizeof(text));
    et_words_code(&out, domain, value);
    assert_string_equal(text, wanted);
}

static void test_codes_without_a_name_are_numbers(void **state)
{
    (void)state;
    expect_code(ESP_TLS_CODE_ESP, ESP_ERR_NO_MEM, "ESP_ERR_NO_MEM");
    expect_code(ESP_TLS_CODE_ESP, 0x7FFE, "0x7FFE");
    expect_code(ESP_TLS_CODE_STACK, 0x7200, "MBEDTLS_ERR_SSL_INVALID_RECORD");
    expect_code(ESP_TLS_CODE_STACK, 0x12345, "0x12345");
    expect_code(ESP_TLS_CODE_ERRNO, ECONNREFUSED, "ECONNREFUSED");
    expect_code(ESP_TLS_CODE_ERRNO, 9999, "9999");
    expect_code(ESP_TLS_CODE_ALERT, 40, "handshake_failure");
    expect_code(ESP_TLS_CODE_ALERT, 254, "254");
    expect_code(ESP_TLS_CODE_RESOLVER, -9999, "-9999");
}

#ifdef CONFIG_ESP_TLS_DIAGNOSIS_TEXT
static void test_sentence_lists_each_code(void **state)
{
#define NO_ALERT .alert_sent = -1, .alert_received = -1
    static const struct {
        esp_tls_record_t record;
        const char *text;
    } rows[] = {
        {{NO_ALERT}, "the call has not failed"},
        {{.phase = ESP_TLS_PHASE_CLOSE, .cause = ESP_TLS_CAUSE_CANCELLED, NO_ALERT},
         "closing the connection to the server was cancelled"},
        {{.cause = ESP_TLS_CAUSE_FAILED, .esp_code = 0x7FFE, NO_ALERT}, "the call failed [0x7FFE]"},
        {{.cause = ESP_TLS_CAUSE_FAILED, .stack_code = 0x7200, NO_ALERT},
         "the call failed [MBEDTLS_ERR_SSL_INVALID_RECORD -0x7200]"},
        {{.cause = ESP_TLS_CAUSE_FAILED, .os_errno = ECONNREFUSED, NO_ALERT},
         "the call failed [ECONNREFUSED]"},
        {{.cause = ESP_TLS_CAUSE_FAILED, .resolver_code = EAI_NONAME, NO_ALERT},
         "the call failed [EAI_NONAME]"},
        {{.cause = ESP_TLS_CAUSE_FAILED, .alert_sent = 0, .alert_received = -1},
         "the call failed [sent alert close_notify (0)]"},
        {{.cause = ESP_TLS_CAUSE_FAILED, .alert_sent = -1, .alert_received = 0},
         "the call was ended by the server with the alert close_notify (0)"},
        {{.phase = (esp_tls_phase_t)99, .cause = (esp_tls_cause_t)99, NO_ALERT}, ""},
    };
    esp_tls_diagnosis_t d;
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(&d, 0, sizeof(d));
        d.record = rows[i].record;
        assert_int_equal(esp_tls_diagnosis_sentence(&d, text, sizeof(text)), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
    (void)esp_tls_diagnosis_sentence(&full, text, sizeof(text));
    assert_string_equal(
        text, "the TLS handshake with h.example (192.0.2.1 port 443) was ended by the server with "
              "the alert unknown_ca (48) [ESP_ERR_NO_MEM, MBEDTLS_ERR_SSL_INVALID_RECORD -0x7200, "
              "ECONNREFUSED, EAI_NONAME, sent alert handshake_failure (40)]");
}

static void test_host_that_is_more_than_one_is_told_as_what_it_is(void **state)
{
    static const struct {
        const char *host;
        const char *clause;
    } rows[] = {
        {"https://test.example", ": it is a URL"},
        {"mqtts://a:8883/x", ": it is a URL"},
        {"test.example/path", ": it has a path"},
        {"test.example:443", ": it has a port"},
        {"[2001:db8::1]:443", ": it has a port"},
        {"192.0.2.1:443", ": it has a port"},
        {"test.example", ""},
        {"2001:db8::1", ""},
        {"[2001:db8::1]", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        esp_tls_diagnosis_t d = {.record = {NO_ALERT}};

        (void)snprintf(d.evidence.host, sizeof(d.evidence.host), "%s", rows[i].host);
        expect_words("{host_clause}", &d, rows[i].clause);
    }
}

static void test_text_of_several_reasons_has_remedies_of_the_first(void **state)
{
    esp_tls_diagnosis_t d = {
        .record = {.phase = ESP_TLS_PHASE_RESOLVE, .cause = ESP_TLS_CAUSE_RESOLVE, NO_ALERT},
        .evidence = {.host = "h"},
        .reason_count = 2,
        .reasons = {ESP_TLS_REASON_DNS_NO_NAME, ESP_TLS_REASON_DNS_NO_SERVER}};
    char reasons[2][256];
    char wanted[1024];
    char text[1024];
    size_t len;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        (void)esp_tls_reason_sentence(&d, d.reasons[i], reasons[i], sizeof(reasons[i]));
    }
    len = (size_t)snprintf(wanted, sizeof(wanted), "the look-up of h gave no usable address: %s",
                           reasons[0]);
    for (unsigned i = 0; i < ESP_TLS_REASON_REMEDIES; i++) {
        esp_tls_remedy_t remedy = esp_tls_reason_remedy(d.reasons[0], i);

        if (remedy != ESP_TLS_REMEDY_NONE) {
            (void)esp_tls_remedy_sentence(&d, remedy, text, sizeof(text));
            len += (size_t)snprintf(wanted + len, sizeof(wanted) - len, "%s%s",
                                    i == 0 ? ". What helps: " : "; ", text);
        }
    }
    snprintf(wanted + len, sizeof(wanted) - len, ". Or: %s.", reasons[1]);
    (void)esp_tls_diagnosis_text(&d, text, sizeof(text));
    assert_string_equal(text, wanted);
}

static void test_json_of_all_that_is_known(void **state)
{
    static const char wanted[] =
        "{\"class\":\"memory\",\"phase\":\"handshake\",\"what\":\"the TLS handshake with h.exam"
        "ple (192.0.2.1 port 443) was ended by the server with the alert unknown_ca "
        "(48) [ESP_ERR_NO_MEM, MBEDTLS_ERR_SSL_INVALID_RECORD -0x7200, ECONNREFUSED,"
        " EAI_NONAME, sent alert handshake_failure (40)]\",\"esp\":{\"value\":257,\"name\":"
        "\"ESP_ERR_NO_MEM\"},\"stack\":{\"value\":29184,\"name\":\"MBEDTLS_ERR_SSL_INVALID_RE"
        "CORD\"},\"errno\":{\"value\":111,\"name\":\"ECONNREFUSED\"},\"resolver\":{\"value\":-2,\""
        "name\":\"EAI_NONAME\"},\"alert_sent\":{\"value\":40,\"name\":\"handshake_failure\"},\"a"
        "lert_received\":{\"value\":48,\"name\":\"unknown_ca\"},\"verify_flags\":[\"MBEDTLS_X5"
        "09_BADCERT_EXPIRED\",\"MBEDTLS_X509_BADCERT_CN_MISMATCH\"],\"host\":\"h.example\","
        "\"address\":\"192.0.2.1\",\"port\":443,\"name_wanted\":\"n.example\",\"timeout_ms\":150"
        "0,\"now\":\"1970-01-04 00:00:00\",\"bytes_in\":5,\"bytes_out\":6,\"option\":\"alpn_pro"
        "tos\",\"record_length\":3000,\"record_limit\":2000,\"record_received\":77,\"memory\""
        ":{\"wanted\":4200,\"purpose\":\"record-in\",\"largest_free\":3000,\"free\":9000},\"cer"
        "tificate\":{\"depth\":1,\"sent\":2,\"subject\":\"CN=s\",\"issuer\":\"CN=i\",\"not_before\""
        ":\"1970-01-02 00:00:00\",\"not_after\":\"1970-01-03 00:00:01\",\"key_bits\":1024,\"n"
        "ames\":\"a, b\",\"ca_issuers\":\"http://a\"},\"input\":{\"name\":\"cacert_buf\",\"certifi"
        "cate\":2,\"fault\":\"no-nul\",\"field\":\"tbsCertificate\",\"oid\":\"2.5.29.30\","
        "\"offset\":9,\"line\":4},\"reasons\":[{\"name\":\"NO_MEMORY\",\"class\":\"memory\","
        "\"text\":"
        "\"the heap is used up: 4200 bytes were wanted for record-in\",\"remedies\":[{\"setting\":"
        "\"CONFIG_MBEDTLS_DYNAMIC_BUFFER\",\"text\":\"CONFIG_MBEDTLS_DYNAMIC_BUFFER (Using dynamic "
        "TX/RX buffer) holds record buffers only while a record is in flight\"},{\"setting\":\"";
    esp_tls_diagnosis_t d = full;
    char text[8192];

    (void)state;
    (void)esp_tls_diagnosis_json(&full, text, sizeof(text));
    assert_memory_equal(text, wanted, sizeof(wanted) - 1);
    assert_non_null(strstr(text, "}]}]}"));
    assert_string_equal(strstr(text, "}]}]}"), "}]}]}");
    d.reason_count = 2;
    d.reasons[1] = ESP_TLS_REASON_DNS_NO_NAME;
    (void)esp_tls_diagnosis_json(&d, text, sizeof(text));
    assert_non_null(strstr(text, "\"}]},{\"name\":\"DNS_NO_NAME\",\"class\":\"dns\",\"text\":\""));
}
#endif

/** Each number by itself: what is 0 has no member, and what is 1 has one. */
static void test_json_without_evidence_has_no_members_of_it(void **state)
{
    esp_tls_diagnosis_t d = {.record = {.alert_sent = -1, .alert_received = -1}};
    char text[4096];

    (void)state;
    (void)esp_tls_diagnosis_json(&d, text, sizeof(text));
    assert_null(strstr(text, "\"memory\""));
    assert_null(strstr(text, "\"certificate\""));
    assert_null(strstr(text, "\"input\""));
    assert_null(strstr(text, "\"alert_"));
    assert_null(strstr(text, "\"verify_flags\""));
    assert_null(strstr(text, "\"esp\""));
    d.record.mem_size = 1;
    d.record.alert_sent = 0;
    d.record.alert_received = 0;
    d.record.verify_flags = 0x80000001;
    d.evidence.chain_count = 1;
    d.evidence.input = "a\x1F\x01z";
    (void)esp_tls_diagnosis_json(&d, text, sizeof(text));
    assert_non_null(strstr(text, "\"memory\":{\"wanted\":1,"));
    assert_non_null(strstr(text, "\"certificate\":{\"depth\":0,\"sent\":1}"));
    assert_non_null(strstr(text, "\"input\":{\"name\":\"a\\u001f\\u0001z\",\"fault\":\"ok\"}"));
    assert_non_null(strstr(text, "\"alert_sent\":{\"value\":0,\"name\":\"close_notify\"}"));
    assert_non_null(strstr(text, "\"alert_received\":{\"value\":0,\"name\":\"close_notify\"}"));
    assert_non_null(strstr(text, "\"verify_flags\":[\"MBEDTLS_X509_BADCERT_EXPIRED\"]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_word_with_evidence_without_and_in_general),
        cmocka_unit_test(test_words_of_the_peer_as_far_as_it_is_known),
        cmocka_unit_test(test_words_of_numbers_at_their_ends),
        cmocka_unit_test(test_codes_without_a_name_are_numbers),
#ifdef CONFIG_ESP_TLS_DIAGNOSIS_TEXT
        cmocka_unit_test(test_sentence_lists_each_code),
        cmocka_unit_test(test_host_that_is_more_than_one_is_told_as_what_it_is),
        cmocka_unit_test(test_text_of_several_reasons_has_remedies_of_the_first),
        cmocka_unit_test(test_json_of_all_that_is_known),
#endif
        cmocka_unit_test(test_json_without_evidence_has_no_members_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
