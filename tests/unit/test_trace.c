/* Traces (esp_tls_trace.h): captures, key logs, messages, records. */
#include "esp_tls_trace.h"

#include "sim_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "observer.h"
#include "reframe.h"

#ifdef CONFIG_ESP_TLS_TRACE

#define EVENTS 200

/** What the callbacks were told. */
struct told {
    esp_tls_trace_message_t message[EVENTS];
    size_t messages;
    esp_tls_trace_record_t record[EVENTS];
    size_t records;
};

static struct told told;
static esp_tls_trace_t trace;

static void on_message(void *arg, const esp_tls_trace_message_t *message)
{
    struct told *t = arg;

    assert_true(t->messages < EVENTS);
    t->message[t->messages++] = *message;
}

static void on_record(void *arg, const esp_tls_trace_record_t *record)
{
    struct told *t = arg;

    assert_true(t->records < EVENTS);
    t->record[t->records++] = *record;
}

static int setup(void **state)
{
    memset(&told, 0, sizeof(told));
    trace = (esp_tls_trace_t){.message = on_message, .record = on_record, .arg = &told};
    return sim_setup(state);
}

#define trace_test(fn) cmocka_unit_test_setup_teardown(fn, setup, sim_teardown)

static void set(struct sim_case *t)
{
    assert_int_equal(esp_tls_set_trace(t->tls, &trace), ESP_OK);
}

static void destroy(struct sim_case *t)
{
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = NULL;
}

/* --- messages and records --------------------------------------------------------------------- */

/** "> ClientHello < ServerHello ..." */
static const char *story(void)
{
    static char text[2048];

    text[0] = '\0';
    for (size_t i = 0; i < told.messages; i++) {
        size_t len = strlen(text);

        (void)snprintf(text + len, sizeof(text) - len, "%s%s %s", i > 0 ? " " : "",
                       told.message[i].direction == ESP_TLS_TRACE_SENT ? ">" : "<",
                       esp_tls_trace_message_name(told.message[i].type));
    }
    return text;
}

static void test_trace_tells_every_message_of_tls12(void **state)
{
    struct sim_case *t = *state;

    t->server.version = 12;
    t->server.client_ca = CERT(root_client_pem);
    t->cfg.clientcert_buf = cert_client_ec_chain_pem;
    t->cfg.clientcert_bytes = sizeof(cert_client_ec_chain_pem);
    t->cfg.clientkey_buf = cert_client_ec_key;
    t->cfg.clientkey_bytes = sizeof(cert_client_ec_key);
    set(t);
    assert_int_equal(sim_connect(t), 1);
    assert_string_equal(story(), "> ClientHello < ServerHello < Certificate < ServerKeyExchange "
                                 "< CertificateRequest < ServerHelloDone > Certificate "
                                 "> ClientKeyExchange > CertificateVerify > Finished < Finished");
}

static void test_trace_tells_every_message_of_tls13(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_TICKET, 100}, {SIM_TLS_SEND, 10}, {SIM_TLS_TICKET, 200}, {SIM_TLS_SEND, 10}, {0}};
    struct sim_case *t = *state;

    t->server.version = 13;
    t->server.script = script;
    set(t);
    assert_int_equal(sim_connect(t), 1);
    sim_receive(t, 0, 20);
    assert_string_equal(story(), "> ClientHello < ServerHello < EncryptedExtensions < Certificate "
                                 "< CertificateVerify < Finished > Finished < NewSessionTicket "
                                 "< NewSessionTicket");
    assert_in_range(told.message[7].length, 100, 150);
    assert_in_range(told.message[8].length, 200, 250);
    assert_int_equal(told.message[8].records, 1);
}

static void test_trace_tells_a_retry_from_a_hello(void **state)
{
    static const uint16_t other_group[] = {0x0018 /* secp384r1 */, 0};
    struct sim_case *t = *state;

    t->server.version = 13;
    t->server.groups = other_group;
    set(t);
    assert_int_equal(sim_connect(t), 1);
    assert_non_null(strstr(story(), "> ClientHello < HelloRetryRequest > ClientHello "
                                    "< ServerHello < EncryptedExtensions"));
}

static void test_trace_tells_what_is_refused(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_KEY_UPDATE, 0}, {0}};
    struct sim_case *t = *state;
    char byte;

    t->server.version = 13;
    t->server.script = script;
    set(t);
    assert_int_equal(sim_connect(t), 1);
    assert_true(esp_tls_conn_read(t->tls, &byte, 1) < 0);
    assert_string_equal(esp_tls_trace_message_name(told.message[told.messages - 1].type),
                        "KeyUpdate");
}

/** A ticket in pieces is one message, and not told of before it is whole. */
static void test_trace_waits_for_all_of_a_message(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_TICKET, 300}, {SIM_TLS_SEND, 10}, {SIM_TLS_TICKET, 10}, {SIM_TLS_SEND, 10}, {0}};
    struct sim_case *t = *state;
    struct reframe r = {.piece = 20};

    t->server.version = 13;
    t->server.script = script;
    t->server.suites = reframe_suites;
    reframe_attach(&r, &t->server);
    set(t);
    assert_int_equal(sim_connect(t), 1);
    sim_receive(t, 0, 20);
    assert_string_equal(story(), "> ClientHello < ServerHello < EncryptedExtensions < Certificate "
                                 "< CertificateVerify < Finished > Finished < NewSessionTicket "
                                 "< NewSessionTicket");
    assert_in_range(told.message[7].length, 300, 350);
    assert_in_range(told.message[8].length, 10, 60);
    destroy(t);
    reframe_clear(&r);
}

/** What cannot be decrypted is no message, whatever it looks like, nor is one that ends too
 *  soon. */
static void test_trace_tells_no_message_of_damage(void **state)
{
    static const struct sim_tls_step scripts[][3] = {
        {{SIM_TLS_TICKET, 50}, {SIM_TLS_RECORD, 1}, {0}},
        {{SIM_TLS_TICKET, 50}, {SIM_TLS_RECORD, 100}, {0}},
        {{SIM_TLS_RECORD, 17}, {0}, {0}},
        {{SIM_TLS_TICKET, 50}, {SIM_TLS_FIN, 0}, {0}},
        {{SIM_TLS_TICKET, 50}, {SIM_TLS_RST, 0}, {0}},
    };

    for (size_t i = 0; i < COUNT(scripts); i++) {
        struct sim_case *t = *state;
        bool has_ticket = scripts[i][0].act == SIM_TLS_TICKET;
        char byte;

        assert_int_equal(sim_case_close(t), 0);
        sim_case_open(t);
        memset(&told, 0, sizeof(told));
        t->server.version = 13;
        t->server.script = scripts[i];
        set(t);
        assert_int_equal(sim_connect(t), 1);
        assert_true(esp_tls_conn_read(t->tls, &byte, 1) < 0);
        assert_int_equal(told.messages, 7 + has_ticket);
    }
}

/** Lengths, records and times of a handshake fit each other. */
static void check_numbers(struct sim_case *t, int version)
{
    uint64_t bytes[2] = {0, 0};
    esp_tls_record_t record;

    t->server.version = version;
    set(t);
    assert_int_equal(sim_connect(t), 1);
    sim_send(t, 3000);
    sim_receive(t, 0, 3000);
    for (size_t i = 0; i < told.records; i++) {
        bytes[told.record[i].direction] += 5u + told.record[i].length;
        assert_true(i == 0 || told.record[i].time_us >= told.record[i - 1].time_us);
        assert_string_not_equal(esp_tls_trace_record_name(told.record[i].type), "?");
    }
    record = sim_record(t);
    assert_int_equal(bytes[ESP_TLS_TRACE_SENT], record.bytes_out);
    assert_int_equal(bytes[ESP_TLS_TRACE_RECEIVED], record.bytes_in);
    for (size_t i = 0; i < told.messages; i++) {
        const esp_tls_trace_message_t *m = &told.message[i];

        assert_true(i == 0 || m->time_us >= told.message[i - 1].time_us);
        assert_int_equal(m->records, 1); /* Mbed TLS's server sends each in its own */
        assert_in_range(m->record_len, m->length + 4, m->length + 4 + 40);
    }
}

static void test_trace_numbers_fit_in_tls12(void **state)
{
    check_numbers(*state, 12);
}

static void test_trace_numbers_fit_in_tls13(void **state)
{
    check_numbers(*state, 13);
}

static void test_trace_counts_the_records_of_a_message(void **state)
{
    struct sim_case *t = *state;
    struct reframe r = {.piece = 100};
    unsigned most = 0;

    t->server.version = 12;
    reframe_attach(&r, &t->server);
    set(t);
    assert_int_equal(sim_connect(t), 1);
    for (size_t i = 0; i < told.messages; i++) {
        most = told.message[i].records > most ? told.message[i].records : most;
        if (told.message[i].type == 11) {
            assert_int_equal(told.message[i].records, (told.message[i].length + 4 + 99) / 100);
        }
    }
    assert_true(most > 3);
    destroy(t);
    reframe_clear(&r);
}

static void test_trace_knows_messages_that_share_a_record(void **state)
{
    struct sim_case *t = *state;
    struct reframe r = {.coalesce = true};

    t->server.version = 12;
    reframe_attach(&r, &t->server);
    set(t);
    assert_int_equal(sim_connect(t), 1);
    assert_string_equal(esp_tls_trace_message_name(told.message[1].type), "ServerHello");
    assert_int_equal(told.message[1].records, 1);
    assert_string_equal(esp_tls_trace_message_name(told.message[2].type), "Certificate");
    assert_int_equal(told.message[2].records, 0);
    assert_int_equal(told.message[2].record_len, 0);
    destroy(t);
    reframe_clear(&r);
}

static void test_trace_logs_messages(void **state)
{
    struct sim_case *t = *state;

    trace = (esp_tls_trace_t){.log_messages = true};
    t->server.version = 13;
    set(t);
    assert_int_equal(sim_connect(t), 1);
    assert_logged("esp-tls: > ClientHello (1), ");
    assert_logged("esp-tls: < CertificateVerify (15), ");
    assert_not_logged("SECRETS");
}

static void test_trace_tells_no_records_of_plain_tcp(void **state)
{
    struct sim_case *t = *state;

    t->cfg.is_plain_tcp = true;
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    set(t);
    assert_int_equal(sim_connect(t), 1);
    sim_send(t, 100);
    sim_receive(t, 0, 100);
    assert_int_equal(told.records, 0);
    assert_int_equal(told.messages, 0);
}

static void silent_ssh(struct sim_peer *peer, void *arg)
{
    bool *done = sim_peer_state(peer, sizeof(*done));

    (void)arg;
    if (!*done) {
        *done = true;
        (void)sim_peer_write(peer, "SSH-2.0-sim\r\n", 13);
    }
}

static void test_trace_of_a_peer_without_tls_ends_quietly(void **state)
{
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, silent_ssh, NULL);
    set(t);
    assert_int_equal(sim_connect(t), -1);
    for (size_t i = 0; i < told.records; i++) {
        assert_int_equal(told.record[i].direction, ESP_TLS_TRACE_SENT);
    }
}

static void test_trace_names(void **state)
{
    (void)state;
    assert_string_equal(esp_tls_trace_message_name(1), "ClientHello");
    assert_string_equal(esp_tls_trace_message_name(6), "HelloRetryRequest");
    assert_string_equal(esp_tls_trace_message_name(99), "?");
    assert_string_equal(esp_tls_trace_record_name(19), "?");
    assert_string_equal(esp_tls_trace_record_name(20), "change_cipher_spec");
    assert_string_equal(esp_tls_trace_record_name(23), "application_data");
    assert_string_equal(esp_tls_trace_record_name(24), "?");
}

/* --- setting it ------------------------------------------------------------------------------- */

static void test_set_trace_refuses(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(esp_tls_set_trace(NULL, &trace), ESP_ERR_INVALID_ARG);
    set(t);
    set(t); /* the last one counts, the one before is freed */
    assert_int_equal(esp_tls_set_trace(t->tls, NULL), ESP_OK);
    assert_int_equal(esp_tls_set_trace(t->tls, NULL), ESP_OK);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(told.messages, 0);
    assert_int_equal(esp_tls_set_trace(t->tls, &trace), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_tls_set_trace(t->tls, NULL), ESP_ERR_INVALID_STATE);
}

static void test_set_trace_without_memory(void **state)
{
    struct sim_case *t = *state;

    sim_fail_alloc(1, false);
    assert_int_equal(esp_tls_set_trace(t->tls, &trace), ESP_ERR_NO_MEM);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(told.messages, 0);
}

static void test_trace_stays_for_the_next_connect(void **state)
{
    struct sim_case *t = *state;
    size_t first;

    set(t);
    assert_int_equal(sim_connect_to(t, "test.example", 1), -1);
    assert_int_equal(told.messages, 0);
    assert_int_equal(sim_connect(t), 1);
    first = told.messages;
    assert_true(first > 5);
    destroy(t);
    assert_int_equal(told.messages, first);
}

#ifndef CONFIG_MBEDTLS_DEBUG
static void test_debug_level_needs_kconfig(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(esp_tls_set_debug_level(t->tls, 5), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_debug_level(t->tls, -1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_debug_level(NULL, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_debug_level(t->tls, 4), ESP_ERR_NOT_SUPPORTED);
}
#endif

/* --- observers that a program adds ------------------------------------------------------------ */

static unsigned begins[2];

static void begin_first(struct observed *on, struct conn_watch *w, const struct conn_request *asked)
{
    (void)on;
    (void)w;
    begins[asked == NULL]++;
}

static void begin_second(struct observed *on, struct conn_watch *w,
                         const struct conn_request *asked)
{
    (void)on;
    (void)w;
    begins[asked != NULL]++;
}

/** Each once, however often it was added. They stay for as long as the program runs. */
static void test_observers_that_are_added_are_told_once(void **state)
{
    static const struct conn_observer observers[] = {{.is_listed = true, .begin = begin_first},
                                                     {.is_listed = true, .begin = begin_second}};
    static struct observer_entry entries[] = {
        {.observer = &observers[0]}, {.observer = &observers[1]}, {.observer = &observers[0]}};

    for (size_t i = 0; i < COUNT(entries); i++) {
        et_observers_add(&entries[i]);
    }
    assert_int_equal(sim_connect(*state), 1);
    assert_int_equal(begins[0], 1);
    assert_int_equal(begins[1], 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        trace_test(test_trace_tells_every_message_of_tls12),
        trace_test(test_trace_tells_every_message_of_tls13),
        trace_test(test_trace_tells_a_retry_from_a_hello),
        trace_test(test_trace_tells_what_is_refused),
        trace_test(test_trace_waits_for_all_of_a_message),
        trace_test(test_trace_tells_no_message_of_damage),
        trace_test(test_trace_numbers_fit_in_tls12),
        trace_test(test_trace_numbers_fit_in_tls13),
        trace_test(test_trace_counts_the_records_of_a_message),
        trace_test(test_trace_knows_messages_that_share_a_record),
        trace_test(test_trace_logs_messages),
        trace_test(test_trace_tells_no_records_of_plain_tcp),
        trace_test(test_trace_of_a_peer_without_tls_ends_quietly),
        trace_test(test_trace_names),
        trace_test(test_set_trace_refuses),
        trace_test(test_set_trace_without_memory),
        trace_test(test_trace_stays_for_the_next_connect),
        trace_test(test_observers_that_are_added_are_told_once),
#ifndef CONFIG_MBEDTLS_DEBUG
        trace_test(test_debug_level_needs_kconfig),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_set_trace_needs_kconfig(void **state)
{
    struct sim_case *t = *state;
    const esp_tls_trace_t trace = {.log_messages = true};

    assert_int_equal(esp_tls_set_trace(NULL, &trace), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_trace(t->tls, &trace), ESP_ERR_NOT_SUPPORTED);
    assert_int_equal(esp_tls_set_trace(t->tls, NULL), ESP_OK);
    assert_int_equal(sim_connect(t), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {sim_test(test_set_trace_needs_kconfig)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
