/* Transports: lists, transports of the application's, TCP and TLS behind the calls with a timeout,
 * and without any. */
#include <stdlib.h>

#include "esp_transport_async.h"
#include "esp_transport_diagnosis.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "layer.h"
#include "sim_test.h"

#define HOST "test.example"

struct world {
    struct sim_case c; /* test.example:443 is its TLS server; tls is not used */
    esp_transport_handle_t t;
};

static struct world world;

static int setup(void **state)
{
    memset(&world, 0, sizeof(world));
    sim_case_open(&world.c);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    if (w->t != NULL) {
        (void)esp_transport_destroy(w->t);
    }
    return sim_case_close(&w->c) == 0 ? 0 : -1;
}

#define transport_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void open_tcp(struct world *w, sim_peer_fn fn, void *arg)
{
    sim_host("127.0.0.1", 80, SIM_ACCEPT, MS(5), fn, arg);
    w->t = esp_transport_tcp_init();
    assert_non_null(w->t);
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 2000), 0);
}

static esp_transport_handle_t trusting(void)
{
    esp_transport_handle_t t = esp_transport_ssl_init();

    assert_non_null(t);
    esp_transport_ssl_set_cert_data(t, (const char *)cert_root_ec_pem,
                                    (int)sizeof(cert_root_ec_pem) - 1);
    return t;
}

static char *exact_copy(const void *text)
{
    size_t len = strlen(text);
    char *copy = malloc(len + 1);

    assert_non_null(copy);
    memcpy(copy, text, len + 1);
    return copy;
}

/** A length of PEM may count its NUL or not, and nothing behind it is looked at. */
static void test_ssl_takes_pem_with_its_nul_and_no_more(void **state)
{
    struct world *w = *state;
    char *ca = exact_copy(cert_root_ec_pem);
    char *cert = exact_copy(cert_client_ec_pem);
    char *key = exact_copy(cert_client_ec_key);

    w->t = esp_transport_ssl_init();
    esp_transport_ssl_set_cert_data(w->t, ca, (int)strlen(ca));
    esp_transport_ssl_set_client_cert_data(w->t, cert, (int)strlen(cert));
    esp_transport_ssl_set_client_key_data(w->t, key, (int)strlen(key));
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), 0);
    assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
    w->t = NULL;
    free(ca);
    free(cert);
    free(key);
}

static void test_diagnosis_of_a_transport_without_a_connection(void **state)
{
    struct world *w = *state;
    esp_tls_diagnosis_t d;

    w->t = esp_transport_init();
    memset(&d, 0xAA, sizeof(d));
    assert_int_equal(esp_transport_get_diagnosis(NULL, &d), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_get_diagnosis(w->t, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_get_diagnosis(w->t, &d), ESP_OK);
    assert_int_equal(d.record.alert_sent, -1);
    assert_int_equal(d.record.alert_received, -1);
    assert_int_equal(d.record.verify_depth, -1);
    assert_int_equal(d.record.esp_code, 0);
    assert_int_equal(d.reason_count, 0);
}

/** Each code has its reasons in front, in the order of the table. */
static void test_diagnosis_of_a_code_has_its_reasons(void **state)
{
    esp_tls_code_t row;
    unsigned seen = 0;

    (void)state;
    for (size_t i = 0; esp_tls_code_at(i, &row); i++) {
        esp_tls_diagnosis_t d = {.reason_count = 0};
        unsigned count = 0;

        if (row.domain != ESP_TLS_CODE_ESP) {
            continue;
        }
        esp_transport_diagnose_code(&d, row.value);
        for (size_t n = 0; n < sizeof(row.reasons); n++) {
            if (row.reasons[n] != ESP_TLS_REASON_NONE) {
                assert_int_equal(d.reasons[count], row.reasons[n]);
                count++;
            }
        }
        assert_int_equal(d.reason_count, count);
        assert_int_equal(d.record.esp_code, row.value);
        seen++;
    }
    assert_true(seen > 20);
}

static void open_ssl(struct world *w)
{
    w->t = trusting();
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), 0);
}

static void assert_error(esp_transport_handle_t t, esp_err_t code, int sys)
{
    esp_tls_error_handle_t h = esp_transport_get_error_handle(t);

    assert_non_null(h);
    assert_int_equal(h->last_error, code);
    assert_int_equal(esp_transport_get_errno(t), sys);
    assert_int_equal(esp_transport_get_errno(t), 0); /* reading it clears it */
}

/* --- lists ------------------------------------------------------------------------------------ */

static void test_default_port_is_what_was_set(void **state)
{
    esp_transport_handle_t tcp = esp_transport_tcp_init();

    (void)state;
    assert_int_equal(esp_transport_set_default_port(tcp, 8080), ESP_OK);
    assert_int_equal(esp_transport_get_default_port(tcp), 8080);
    assert_int_equal(esp_transport_destroy(tcp), ESP_OK);
}

static void test_list_finds_by_scheme(void **state)
{
    esp_transport_list_handle_t list = esp_transport_list_init();
    esp_transport_handle_t tcp = esp_transport_tcp_init();
    esp_transport_handle_t ssl = esp_transport_ssl_init();

    (void)state;
    assert_non_null(list);
    assert_null(esp_transport_list_get_transport(list, NULL));
    assert_int_equal(esp_transport_list_add(list, tcp, "http"), ESP_OK);
    assert_int_equal(esp_transport_list_add(list, ssl, "https"), ESP_OK);
    assert_ptr_equal(esp_transport_list_get_transport(list, NULL), tcp);
    assert_ptr_equal(esp_transport_list_get_transport(list, "HTTPS"), ssl);
    assert_ptr_equal(esp_transport_list_get_transport(list, "hTTp"), tcp);
    assert_null(esp_transport_list_get_transport(list, "http2"));
    assert_null(esp_transport_list_get_transport(list, "htt"));
    assert_null(esp_transport_list_get_transport(NULL, "http"));
    assert_int_equal(esp_transport_list_clean(list), ESP_OK);
    assert_null(esp_transport_list_get_transport(list, "http"));
    assert_int_equal(esp_transport_list_destroy(list), ESP_OK);
}

static void test_list_refuses_what_is_wrong(void **state)
{
    esp_transport_list_handle_t list = esp_transport_list_init();
    esp_transport_handle_t t = esp_transport_tcp_init();

    (void)state;
    assert_int_equal(esp_transport_list_add(NULL, t, "a"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_list_add(list, NULL, "a"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_list_add(list, t, NULL), ESP_ERR_INVALID_ARG);
    sim_fail_alloc(1, false);
    assert_int_equal(esp_transport_list_add(list, t, "a"), ESP_ERR_NO_MEM);
    assert_int_equal(esp_transport_list_add(list, t, "a"), ESP_OK);
    assert_int_equal(esp_transport_list_add(list, t, "b"), ESP_ERR_INVALID_ARG); /* owned already */
    assert_int_equal(esp_transport_list_clean(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_list_destroy(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_list_destroy(list), ESP_OK);
}

/** Host and port as requests name them (RFC 3986 section 3.2), behind whatever was there. */
static void test_authority_of_each_host(void **state)
{
    static const struct {
        const char *host;
        int port;
        const char *authority;
    } rows[] = {
        {"a", 1, "a:1"},
        {"a.example", 9, "a.example:9"},
        {"a.example", 10, "a.example:10"},
        {"192.0.2.1", 65535, "192.0.2.1:65535"},
        {"2001:db8::1", 10000, "[2001:db8::1]:10000"},
        {"2001:DB8:0:0::1", 9999, "[2001:db8::1]:9999"},
        {"fe80::1%1", 443, "[fe80::1]:443"},
    };
    char out[LAYER_AUTHORITY_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(out, 'x', sizeof(out));
        et_layer_authority(out, rows[i].host, rows[i].port);
        assert_string_equal(out, rows[i].authority);
    }
}

static void test_calls_without_a_transport_fail(void **state)
{
    esp_tls_wait_t wait;
    char buf[4] = "";

    (void)state;
    assert_int_equal(esp_transport_connect(NULL, HOST, 80, 1), -1);
    assert_int_equal(esp_transport_connect_async(NULL, HOST, 80, 1), -1);
    assert_int_equal(esp_transport_read(NULL, buf, 4, 1), -1);
    assert_int_equal(esp_transport_write(NULL, buf, 4, 1), -1);
    assert_int_equal(esp_transport_poll_read(NULL, 1), -1);
    assert_int_equal(esp_transport_poll_write(NULL, 1), -1);
    assert_int_equal(esp_transport_close(NULL), 0);
    assert_int_equal(esp_transport_destroy(NULL), ESP_ERR_INVALID_ARG);
    assert_null(esp_transport_get_context_data(NULL));
    assert_int_equal(esp_transport_set_context_data(NULL, buf), ESP_FAIL);
    assert_int_equal(esp_transport_get_default_port(NULL), -1);
    assert_int_equal(esp_transport_set_default_port(NULL, 1), ESP_FAIL);
    assert_null(esp_transport_get_payload_transport_handle(NULL));
    assert_int_equal(esp_transport_set_func(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                     ESP_FAIL);
    assert_int_equal(esp_transport_set_async_connect_func(NULL, NULL), ESP_FAIL);
    assert_int_equal(esp_transport_set_parent_transport_func(NULL, NULL), ESP_FAIL);
    assert_null(esp_transport_get_error_handle(NULL));
    assert_int_equal(esp_transport_get_errno(NULL), -1);
    assert_int_equal(esp_transport_get_socket(NULL), -1);
    assert_int_equal(esp_transport_get_wait(NULL, 0, &wait), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_cancel(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_ssl_set_parent(NULL, NULL), ESP_ERR_INVALID_ARG);
    assert_null(esp_transport_get_esp_tls(NULL));
    esp_transport_ssl_set_common_name(NULL, "a"); /* ignored */
}

static void test_translate_error_maps_each_value(void **state)
{
    (void)state;
    assert_int_equal(esp_transport_translate_error(ERR_TCP_TRANSPORT_NO_MEM), 0xe004);
    assert_int_equal(esp_transport_translate_error(ERR_TCP_TRANSPORT_CONNECTION_FAILED), 0xe003);
    assert_int_equal(esp_transport_translate_error(ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN),
                     0xe002);
    assert_int_equal(esp_transport_translate_error(ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT), 0xe001);
    assert_int_equal(esp_transport_translate_error((enum esp_tcp_transport_err_t)7), ESP_FAIL);
}

/* --- TCP -------------------------------------------------------------------------------------- */

static void test_tcp_echoes(void **state)
{
    struct world *w = *state;
    char buf[16] = "";

    open_tcp(w, sim_echo_peer, NULL);
    assert_int_not_equal(esp_transport_get_socket(w->t), -1);
    assert_int_equal(esp_transport_poll_write(w->t, 100), 1);
    assert_int_equal(esp_transport_write(w->t, "hello", 5, 1000), 5);
    assert_int_equal(esp_transport_poll_read(w->t, 1000), 1);
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 1000), 5);
    assert_string_equal(buf, "hello");
    assert_ptr_equal(esp_transport_get_payload_transport_handle(w->t), w->t);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(esp_transport_get_socket(w->t), -1);
    assert_int_equal(esp_transport_close(w->t), -1);
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 2000), 0); /* again */
}

static void test_tcp_read_times_out_with_0(void **state)
{
    struct world *w = *state;
    uint64_t began;
    char buf[4];

    open_tcp(w, NULL, NULL);
    began = sim_elapsed_us();
    assert_int_equal(esp_transport_read(w->t, buf, 4, 0), 0);
    assert_int_equal(esp_transport_poll_read(w->t, 0), 0);
    assert_int_equal(sim_elapsed_us(), began); /* neither waits */
    assert_int_equal(esp_transport_read(w->t, buf, 4, 300), 0);
    assert_int_equal(sim_elapsed_us() - began, MS(300));
    assert_int_equal(esp_transport_poll_read(w->t, 200), 0);
    assert_int_equal(sim_elapsed_us() - began, MS(500));
}

static void test_tcp_write_times_out_with_0(void **state)
{
    static char big[5000];
    struct world *w = *state;

    sim_wire(0, 0, 0, 1000);
    open_tcp(w, NULL, NULL);
    assert_int_equal(esp_transport_write(w->t, big, sizeof(big), 100), 1000);
    assert_int_equal(esp_transport_poll_write(w->t, 100), 0);
    assert_int_equal(esp_transport_write(w->t, big, sizeof(big), 100), 0);
}

static void test_tcp_fin_is_minus_1_after_the_data(void **state)
{
    struct world *w = *state;
    size_t len = 5;
    char buf[16];

    open_tcp(w, sim_pattern_peer, &len);
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 1000), 5);
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 1000),
                     ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN);
    assert_error(w->t, ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, 0);
}

static void test_tcp_reset_is_minus_2_with_errno(void **state)
{
    struct world *w = *state;
    char buf[16];

    open_tcp(w, sim_reset_peer, NULL);
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 1000),
                     ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(esp_transport_get_errno(w->t), ECONNRESET);
}

static void test_tcp_not_connected_fails_at_once(void **state)
{
    struct world *w = *state;
    char buf[4] = "";

    w->t = esp_transport_tcp_init();
    assert_int_equal(esp_transport_read(w->t, buf, 4, -1), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(esp_transport_write(w->t, buf, 4, -1), -1);
    assert_int_equal(esp_transport_poll_read(w->t, -1), -1);
    assert_int_equal(esp_transport_poll_write(w->t, -1), -1);
    assert_int_equal(esp_transport_close(w->t), -1);
    assert_int_equal(sim_elapsed_us(), 0);
}

static void test_tcp_refused_says_so_and_can_be_tried_again(void **state)
{
    struct world *w = *state;

    w->t = esp_transport_tcp_init();
    sim_host("127.0.0.1", 80, SIM_REFUSE, MS(10), NULL, NULL);
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 2000), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, ECONNREFUSED);
    assert_non_null(esp_transport_get_esp_tls(w->t)); /* the record is there */
    sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 2000), 0);
    assert_error(w->t, ESP_OK, 0);
}

static void test_tcp_black_hole_ends_at_the_deadline(void **state)
{
    struct world *w = *state;
    int ret;

    sim_host("127.0.0.1", 80, SIM_BLACK_HOLE, 0, NULL, NULL);
    w->t = esp_transport_tcp_init();
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 2000), -1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    assert_error(w->t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, 0);
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, -1), -1); /* 10 s of its own */
    assert_int_equal(sim_elapsed_us(), MS(12000));
    while ((ret = esp_transport_connect_async(w->t, HOST, 80, 2000)) == 0) {
        esp_tls_wait_t wait;

        assert_int_equal(esp_transport_get_wait(w->t, 0, &wait), ESP_OK);
        assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
    }
    assert_int_equal(ret, -1);
    assert_int_equal(sim_elapsed_us(), MS(14000));
}

static void test_tcp_options_reach_the_socket(void **state)
{
    struct world *w = *state;
    esp_transport_keep_alive_t ka = {true, 7, 3, 2};
    struct ifreq ifr = {.ifr_name = "eth0"};

    sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    w->t = esp_transport_tcp_init();
    esp_transport_tcp_set_keep_alive(w->t, &ka);
    esp_transport_tcp_set_interface_name(w->t, &ifr);
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 2000), 0);
    assert_true(sim_last_options().has_keepalive);
    assert_int_equal(sim_last_options().idle_s, 7);
    assert_int_equal(sim_last_options().interval_s, 3);
    assert_int_equal(sim_last_options().count, 2);
    assert_string_equal(sim_last_options().device, "eth0");
}

/* --- without blocking ------------------------------------------------------------------------- */

/** Connect in steps, none of which takes time. */
static int connect_in_steps(esp_transport_handle_t t, int port, int timeout_ms)
{
    for (;;) {
        uint64_t before = sim_elapsed_us();
        uint64_t waits = sim_waits();
        int ret = esp_transport_connect_async(t, HOST, port, timeout_ms);
        esp_tls_wait_t wait;

        assert_int_equal(sim_elapsed_us(), before);
        assert_int_equal(sim_waits(), waits);
        if (ret != 0) {
            return ret;
        }
        assert_int_equal(esp_transport_get_wait(t, 0, &wait), ESP_OK);
        assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
    }
}

static void test_ssl_connects_and_talks_in_steps(void **state)
{
    struct world *w = *state;
    esp_tls_wait_t wait;
    char buf[16] = "";
    int n;

    sim_wire(MS(3), 7, 11, 0);
    w->t = trusting();
    assert_int_equal(connect_in_steps(w->t, 443, 5000), 1);
    while ((n = esp_transport_write(w->t, "hello", 5, 0)) == 0) {
        assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_WRITE, &wait), ESP_OK);
        assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
    }
    assert_int_equal(n, 5);
    while ((n = esp_transport_read(w->t, buf, sizeof(buf), 0)) == 0) {
        assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_READ, &wait), ESP_OK);
        assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
    }
    assert_int_equal(n, 5);
    assert_string_equal(buf, "hello");
}

static void test_async_failure_leaves_the_handle_fit_for_another_try(void **state)
{
    struct world *w = *state;

    sim_host("127.0.0.1", 443, SIM_REFUSE, MS(1), NULL, NULL);
    w->t = trusting();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(connect_in_steps(w->t, 443, 2000), -1);
        assert_error(w->t, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, ECONNREFUSED);
    }
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_tls_peer, &w->c.server);
    assert_int_equal(connect_in_steps(w->t, 443, 2000), 1);
}

static void test_sync_after_async_waits_again(void **state)
{
    struct world *w = *state;
    char buf[4];

    w->t = trusting();
    assert_int_equal(connect_in_steps(w->t, 443, 2000), 1);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), 0);
    assert_int_equal(esp_transport_read(w->t, buf, 4, 50), 0);
}

static void test_wait_without_a_connection_asks_to_call_at_once(void **state)
{
    struct world *w = *state;
    esp_tls_wait_t wait;

    w->t = esp_transport_tcp_init();
    assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_READ, &wait), ESP_OK);
    assert_int_equal(wait.timeout_ms, 0);
}

/* --- TLS -------------------------------------------------------------------------------------- */

static void test_ssl_poll_counts_decrypted_bytes(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 100}, {SIM_TLS_END, 0}};
    struct world *w = *state;
    esp_tls_wait_t wait;
    uint64_t before;
    char buf[100];

    w->c.server.script = script;
    open_ssl(w);
    assert_true(esp_transport_poll_read(w->t, 1000) > 0);
    assert_int_equal(esp_transport_read(w->t, buf, 10, 1000), 10);
    before = sim_elapsed_us();
    assert_int_equal(esp_transport_poll_read(w->t, 1000), 90);
    assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_READ, &wait), ESP_OK);
    assert_int_equal(wait.timeout_ms, 0);
    assert_int_equal(esp_transport_read(w->t, buf, 100, 1000), 90);
    assert_int_equal(sim_elapsed_us(), before);
    assert_int_equal(esp_transport_poll_read(w->t, 0), 0);
}

static void test_ssl_a_ticket_is_no_data(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_TICKET, 100}, {SIM_TLS_SEND, 3}, {SIM_TLS_END, 0}};
    struct world *w = *state;
    char buf[8];

    w->c.server.version = 13;
    w->c.server.script = script;
    open_ssl(w);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 1000), 3);
}

static void test_ssl_a_full_wire_is_0_and_nothing_is_lost(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_WAIT, 1000000}, {SIM_TLS_EXPECT, 20000}, {SIM_TLS_SEND, 1}, {SIM_TLS_END, 0}};
    struct world *w = *state;
    static char data[20000];
    size_t sent = 0;
    unsigned zeros = 0;
    char one;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (char)sim_pattern(i);
    }
    w->c.server.script = script;
    sim_wire(0, 0, 0, 3000);
    open_ssl(w);
    while (sent < sizeof(data)) {
        int n = esp_transport_write(w->t, data + sent, (int)(sizeof(data) - sent), 100);

        assert_true(n >= 0); /* never WANT_WRITE: that is no error */
        zeros += n == 0;
        sent += (size_t)n;
    }
    assert_true(zeros > 0);
    assert_int_equal(esp_transport_read(w->t, &one, 1, 5000), 1);
    assert_false(w->c.server.received_wrong);
}

static void test_ssl_close_notify_is_minus_1(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 3}, {SIM_TLS_CLOSE_NOTIFY, 0}, {SIM_TLS_FIN, 0}, {SIM_TLS_END, 0}};
    struct world *w = *state;
    char buf[8];

    w->c.server.script = script;
    open_ssl(w);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 1000), 3);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 1000), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, 0);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 1000), -1); /* and again */
}

static void test_ssl_alert_is_the_stacks_code(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_ALERT, SIM_FATAL(80)}, {SIM_TLS_END, 0}};
    struct world *w = *state;
    esp_tls_record_t record;
    char buf[8];

    w->c.server.script = script;
    open_ssl(w);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 1000), -0x7780);
    assert_int_equal(esp_tls_get_record(esp_transport_get_esp_tls(w->t), &record), ESP_OK);
    assert_int_equal(record.alert_received, 80);
    assert_int_equal(esp_transport_get_error_handle(w->t)->esp_tls_error_code, 0x7780);
}

static void test_ssl_without_trust_is_refused_before_io(void **state)
{
    struct world *w = *state;

    w->t = esp_transport_ssl_init();
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), -1);
    assert_error(w->t, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED, 0);
    assert_int_equal(sim_lookups(), 0);
    assert_int_equal(sim_streams_opened(), 0);
}

static void test_ssl_host_is_needed(void **state)
{
    struct world *w = *state;

    w->t = trusting();
    assert_int_equal(esp_transport_connect(w->t, NULL, 443, 2000), -1);
    assert_error(w->t, ESP_ERR_INVALID_ARG, 0);
}

static void test_ssl_no_memory_is_said(void **state)
{
    struct world *w = *state;

    w->t = trusting();
    sim_fail_alloc(1, false);
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), -1);
    assert_error(w->t, ESP_ERR_NO_MEM, 0);
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), 0);
}

/* Each setter changes what a connect does. */

static const int gcm_256[] = {0x1302, 0};
static const char *protos[] = {"h2", "http/1.1", NULL};

static void set_wrong_name(esp_transport_handle_t t)
{
    esp_transport_ssl_set_common_name(t, "other.example");
}

static void set_skip(esp_transport_handle_t t)
{
    esp_transport_ssl_set_common_name(t, "other.example");
    esp_transport_ssl_skip_common_name_check(t);
}

static void set_1_2(esp_transport_handle_t t)
{
    esp_transport_ssl_set_tls_version(t, ESP_TLS_VER_TLS_1_2);
}

static void set_suites(esp_transport_handle_t t)
{
    esp_transport_ssl_set_ciphersuites_list(t, gcm_256);
}

static void set_protos(esp_transport_handle_t t)
{
    esp_transport_ssl_set_alpn_protocol(t, protos);
}

static void set_client_pem(esp_transport_handle_t t)
{
    esp_transport_ssl_set_client_cert_data(t, (const char *)cert_client_ec_pem,
                                           (int)sizeof(cert_client_ec_pem) - 1);
    esp_transport_ssl_set_client_key_data(t, (const char *)cert_client_ec_key,
                                          (int)sizeof(cert_client_ec_key) - 1);
}

static void set_client_der(esp_transport_handle_t t)
{
    esp_transport_ssl_set_cert_data_der(t, (const char *)cert_root_ec_der,
                                        (int)sizeof(cert_root_ec_der));
    esp_transport_ssl_set_client_cert_data_der(t, (const char *)cert_client_ec_der,
                                               (int)sizeof(cert_client_ec_der));
    esp_transport_ssl_set_client_key_data_der(t, (const char *)cert_client_ec_p8_der,
                                              (int)sizeof(cert_client_ec_p8_der));
}

static void set_encrypted_key(esp_transport_handle_t t)
{
    static const char password[] = "correct horse";

    set_client_der(t);
    esp_transport_ssl_set_client_key_data_der(t, (const char *)cert_client_ec_aes256_der,
                                              (int)sizeof(cert_client_ec_aes256_der));
    esp_transport_ssl_set_client_key_password(t, password, (int)sizeof(password) - 1);
}

static void set_key_config(esp_transport_handle_t t)
{
    static const esp_key_config_t key = {
        .source = ESP_KEY_SOURCE_BUFFER,
        .buffer = {.data = cert_client_ec_key, .len = sizeof(cert_client_ec_key)}};

    set_client_der(t);
    esp_transport_ssl_set_client_key_data_der(t, NULL, 0);
    esp_transport_ssl_set_client_key_config(t, &key);
}

static void set_only_cert(esp_transport_handle_t t)
{
    esp_transport_ssl_set_client_cert_data(t, (const char *)cert_client_ec_pem,
                                           (int)sizeof(cert_client_ec_pem) - 1);
}

static void set_wrong_ca(esp_transport_handle_t t)
{
    esp_transport_ssl_set_cert_data(t, (const char *)cert_root_other_pem,
                                    (int)sizeof(cert_root_other_pem) - 1);
}

static void set_store(esp_transport_handle_t t)
{
    esp_transport_ssl_set_cert_data(t, NULL, 0);
    esp_transport_ssl_enable_global_ca_store(t); /* which is empty */
}

static void set_element(esp_transport_handle_t t)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    esp_transport_ssl_use_secure_element(t);
#pragma GCC diagnostic pop
}

static void set_inet6(esp_transport_handle_t t)
{
    esp_transport_ssl_set_addr_family(t, ESP_TLS_AF_INET6);
}

static void test_ssl_each_setter_reaches_the_configuration(void **state)
{
    static const struct {
        const char *name;
        void (*set)(esp_transport_handle_t t);
        int ret;
        esp_err_t code;
        const char *version;
        const char *alpn;
        bool shows_cert;
    } row[] = {
        {"nothing", NULL, 0, ESP_OK, "TLSv1.3", NULL, false},
        {"common_name", set_wrong_name, -1, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, NULL, NULL,
         false},
        {"skip_common_name", set_skip, 0, ESP_OK, "TLSv1.3", NULL, false},
        {"tls_version", set_1_2, 0, ESP_OK, "TLSv1.2", NULL, false},
        {"ciphersuites_list", set_suites, 0, ESP_OK, "TLSv1.3", NULL, false},
        {"alpn_protos", set_protos, 0, ESP_OK, "TLSv1.3", "http/1.1", false},
        {"client cert and key", set_client_pem, 0, ESP_OK, "TLSv1.3", NULL, true},
        {"the same in DER", set_client_der, 0, ESP_OK, "TLSv1.3", NULL, true},
        {"an encrypted key", set_encrypted_key, 0, ESP_OK, "TLSv1.3", NULL, true},
        {"client_key", set_key_config, 0, ESP_OK, "TLSv1.3", NULL, true},
        {"only a client cert", set_only_cert, -1, ESP_ERR_INVALID_STATE, NULL, NULL, false},
        {"cert_data", set_wrong_ca, -1, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, NULL, NULL, false},
        {"use_global_ca_store", set_store, -1, ESP_ERR_INVALID_STATE, NULL, NULL, false},
        {"use_secure_element", set_element, -1, ESP_ERR_NOT_SUPPORTED, NULL, NULL, false},
        {"addr_family", set_inet6, -1, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, NULL, NULL, false},
    };
    struct world *w = *state;
    static const char *server_protos[] = {"http/1.1", NULL};

    w->c.server.alpn = server_protos;
    w->c.server.client_ca = CERT(root_client_pem);
    w->c.server.client_optional = true;
    for (size_t i = 0; i < COUNT(row); i++) {
        esp_tls_session_info_t info;
        int ret;

        w->c.server.has_client_cert = false;
        w->t = trusting();
        if (row[i].set != NULL) {
            row[i].set(w->t);
        }
        ret = esp_transport_connect(w->t, HOST, 443, 2000);
        if (ret != row[i].ret || esp_transport_get_error_handle(w->t)->last_error != row[i].code) {
            fail_msg("%s: %d, 0x%x", row[i].name, ret,
                     (unsigned)esp_transport_get_error_handle(w->t)->last_error);
        }
        if (ret == 0) {
            char echo;

            assert_int_equal(esp_transport_write(w->t, "x", 1, 1000), 1);
            assert_int_equal(esp_transport_read(w->t, &echo, 1, 1000), 1);
            assert_int_equal(esp_tls_get_session_info(esp_transport_get_esp_tls(w->t), &info),
                             ESP_OK);
            assert_string_equal(info.version, row[i].version);
            if (row[i].alpn != NULL) {
                assert_string_equal(info.alpn, row[i].alpn);
            } else {
                assert_null(info.alpn);
            }
        }
        assert_int_equal(w->c.server.has_client_cert && ret == 0, row[i].shows_cert);
        assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
        w->t = NULL;
    }
}

/* --- the handle, before it connects ----------------------------------------------------------- */

struct handles {
    unsigned made;
    esp_tls_t *last;
};

static void on_handle(void *arg, esp_tls_t *tls)
{
    struct handles *h = arg;
    esp_tls_record_t record;

    assert_int_equal(esp_tls_get_record(tls, &record), ESP_OK);
    assert_int_equal(record.phase, ESP_TLS_PHASE_NONE);
    h->made++;
    h->last = tls;
}

static void test_each_handle_is_shown_before_it_connects(void **state)
{
    struct world *w = *state;
    struct handles h = {0};
    esp_transport_handle_t own = esp_transport_init();

    assert_int_equal(esp_transport_on_esp_tls(NULL, on_handle, &h), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_on_esp_tls(own, on_handle, &h), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_destroy(own), ESP_OK);
    w->t = trusting();
    assert_int_equal(esp_transport_on_esp_tls(w->t, on_handle, &h), ESP_OK);
    for (unsigned i = 1; i <= 2; i++) {
        assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), 0);
        assert_int_equal(h.made, i);
        assert_ptr_equal(h.last, esp_transport_get_esp_tls(w->t));
        assert_int_equal(esp_transport_close(w->t), 0);
    }
    assert_int_equal(esp_transport_on_esp_tls(w->t, NULL, NULL), ESP_OK);
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), 0);
    assert_int_equal(h.made, 2);
}

/* --- over another transport ------------------------------------------------------------------- */

static void test_ssl_over_tcp_is_the_same_as_ssl(void **state)
{
    struct world *w = *state;
    esp_transport_handle_t tcp = esp_transport_tcp_init();
    char buf[8] = "";

    sim_wire(MS(2), 5, 9, 0);
    w->t = trusting();
    assert_int_equal(esp_transport_ssl_set_parent(w->t, w->t), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_ssl_set_parent(w->t, tcp), ESP_OK);
    assert_int_equal(connect_in_steps(w->t, 443, 2000), 1);
    assert_string_equal(w->c.server.sni, HOST);
    assert_int_equal(esp_transport_get_socket(w->t), esp_transport_get_socket(tcp));
    assert_int_equal(esp_transport_write(w->t, "hello", 5, 1000), 5);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 1000), 5);
    assert_string_equal(buf, "hello");
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(esp_transport_get_socket(tcp), -1); /* closed with it */
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), 0);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
    assert_int_equal(esp_transport_destroy(tcp), ESP_OK);
    w->t = NULL;
}

static void test_ssl_over_tcp_has_the_cause_from_below(void **state)
{
    struct world *w = *state;
    esp_transport_handle_t tcp = esp_transport_tcp_init();
    esp_tls_record_t record;

    w->t = trusting();
    assert_int_equal(esp_transport_ssl_set_parent(w->t, tcp), ESP_OK);
    sim_host("127.0.0.1", 443, SIM_REFUSE, MS(1), NULL, NULL);
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, ECONNREFUSED);
    sim_host("127.0.0.1", 443, SIM_BLACK_HOLE, 0, NULL, NULL);
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, 0);
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL); /* silent */
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), -1);
    assert_int_equal(esp_tls_get_record(esp_transport_get_esp_tls(w->t), &record), ESP_OK);
    assert_int_equal(record.phase, ESP_TLS_PHASE_HANDSHAKE);
    assert_int_equal(record.cause, ESP_TLS_CAUSE_TIMEOUT);
    assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
    assert_int_equal(esp_transport_destroy(tcp), ESP_OK);
    w->t = NULL;
}

static void test_ssl_over_ssl_has_the_certificate_that_was_refused(void **state)
{
    struct world *w = *state;
    esp_transport_handle_t outer = esp_transport_ssl_init();
    esp_tls_record_t record;

    set_wrong_ca(outer);
    w->t = trusting();
    assert_int_equal(esp_transport_ssl_set_parent(w->t, outer), ESP_OK);
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), -1);
    assert_error(w->t, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, 0);
    assert_int_not_equal(esp_transport_get_error_handle(w->t)->esp_tls_flags, 0);
    assert_int_equal(esp_tls_get_record(esp_transport_get_esp_tls(w->t), &record), ESP_OK);
    assert_int_equal(record.phase, ESP_TLS_PHASE_HANDSHAKE);
    assert_int_equal(record.cause, ESP_TLS_CAUSE_VERIFY);

    /* the next connect has its own */
    esp_transport_ssl_set_cert_data(outer, NULL, 0);
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), -1);
    assert_int_equal(esp_transport_get_error_handle(w->t)->esp_tls_flags, 0);
    assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
    assert_int_equal(esp_transport_destroy(outer), ESP_OK);
    w->t = NULL;
}

/** What one call failed of, and the connection did not, is not why the connection ends later. */
static void test_a_failure_that_passed_makes_room_for_the_next(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 10}, {SIM_TLS_WAIT, 1000}, {SIM_TLS_ALERT, 2 * 256 + 80}, {0}};
    struct world *w = *state;
    esp_transport_handle_t inner = esp_transport_tcp_init();
    char buf[10];

    w->c.server.script = script;
    w->t = trusting();
    assert_int_equal(esp_transport_ssl_set_parent(w->t, inner), ESP_OK);
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), 0);
    assert_int_equal(esp_transport_read(w->t, NULL, 10, 2000), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_error(w->t, ESP_ERR_INVALID_ARG, 0);
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 2000), 10);
    assert_error(w->t, ESP_ERR_INVALID_ARG, 0); /* it can still be asked for */
    assert_true(esp_transport_read(w->t, buf, sizeof(buf), 2000) < 0);
    assert_error(w->t, ESP_ERR_MBEDTLS_SSL_READ_FAILED, 0);
    assert_true(esp_transport_read(w->t, buf, sizeof(buf), 2000) < 0);
    assert_int_equal(esp_transport_read(w->t, NULL, 10, 2000), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_error(w->t, ESP_ERR_MBEDTLS_SSL_READ_FAILED, 0);
    assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
    assert_int_equal(esp_transport_destroy(inner), ESP_OK);
    w->t = NULL;
}

static void test_ssl_over_tcp_each_allocation_may_fail(void **state)
{
    const bool is_long = getenv("ESP_TLS_LONG") != NULL;
    struct world *w = *state;
    unsigned failures = 0;
    int ret = -1;

    /* the first are the transports' own; of the handshake's, torture takes more */
    for (unsigned n = 1; ret != 0; n += n < 30 || is_long ? 1 : 41) {
        esp_transport_handle_t tcp = esp_transport_tcp_init();
        esp_transport_handle_t ssl = trusting();

        assert_int_equal(esp_transport_ssl_set_parent(ssl, tcp), ESP_OK);
        sim_fail_alloc(n, false);
        ret = esp_transport_connect(ssl, HOST, 443, 2000);
        sim_fail_alloc(0, false);
        if (ret != 0) {
            assert_int_equal(ret, -1);
            assert_int_not_equal(esp_transport_get_error_handle(ssl)->last_error, ESP_OK);
            failures++;
        }
        assert_int_equal(esp_transport_destroy(ssl), ESP_OK);
        assert_int_equal(esp_transport_destroy(tcp), ESP_OK);
        assert_int_equal(sim_case_close(&w->c), 0);
        sim_case_open(&w->c);
    }
    assert_true(failures > 20);
}

/* --- the application's own -------------------------------------------------------------------- */

/** A custom transport that hands all on to a TCP transport. */
static unsigned destroyed;
static unsigned closed;

static int pass_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    return esp_transport_connect(esp_transport_get_context_data(t), host, port, timeout_ms);
}

static int pass_read(esp_transport_handle_t t, char *buffer, int len, int timeout_ms)
{
    return esp_transport_read(esp_transport_get_context_data(t), buffer, len, timeout_ms);
}

static int pass_write(esp_transport_handle_t t, const char *buffer, int len, int timeout_ms)
{
    return esp_transport_write(esp_transport_get_context_data(t), buffer, len, timeout_ms);
}

static int pass_close(esp_transport_handle_t t)
{
    closed++;
    return esp_transport_close(esp_transport_get_context_data(t));
}

static int pass_poll_read(esp_transport_handle_t t, int timeout_ms)
{
    return esp_transport_poll_read(esp_transport_get_context_data(t), timeout_ms);
}

static int pass_poll_write(esp_transport_handle_t t, int timeout_ms)
{
    return esp_transport_poll_write(esp_transport_get_context_data(t), timeout_ms);
}

static int pass_destroy(esp_transport_handle_t t)
{
    destroyed++;
    return esp_transport_destroy(esp_transport_get_context_data(t)) == ESP_OK ? 0 : -1;
}

static void pass_wait(esp_transport_handle_t t, int events, esp_tls_wait_t *wait)
{
    esp_tls_wait_t list;

    if (esp_transport_get_wait(esp_transport_get_context_data(t), events, &list) == ESP_OK) {
        esp_tls_wait_merge(wait, &list);
    }
}

static esp_transport_handle_t custom_new(void)
{
    esp_transport_handle_t t = esp_transport_init();

    assert_non_null(t);
    assert_int_equal(esp_transport_set_context_data(t, esp_transport_tcp_init()), ESP_OK);
    assert_int_equal(esp_transport_set_func(t, pass_connect, pass_read, pass_write, pass_close,
                                            pass_poll_read, pass_poll_write, pass_destroy),
                     ESP_OK);
    return t;
}

static void test_custom_without_functions_does_nothing(void **state)
{
    struct world *w = *state;
    char buf[4] = "";

    w->t = esp_transport_init();
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 10), -1);
    assert_int_equal(esp_transport_connect_async(w->t, HOST, 80, 10), -1);
    assert_int_equal(esp_transport_read(w->t, buf, 4, 10), -1);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_null(esp_transport_get_payload_transport_handle(w->t));
    assert_null(esp_transport_get_error_handle(w->t));
    assert_int_equal(esp_transport_get_errno(w->t), -1);
    assert_int_equal(esp_transport_get_socket(w->t), -1);
}

static void test_custom_functions_are_called(void **state)
{
    struct world *w = *state;
    esp_tls_wait_t wait;
    char buf[8] = "";

    destroyed = 0;
    sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    w->t = custom_new();
    assert_int_equal(esp_transport_connect_async(w->t, HOST, 80, 1000), 1); /* by its connect */
    assert_int_equal(esp_transport_write(w->t, "hi", 2, 1000), 2);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 1000), 2);
    assert_ptr_equal(esp_transport_get_payload_transport_handle(w->t), w->t);
    assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_READ, &wait), ESP_OK);
    assert_int_equal(wait.count, 0);
    assert_int_equal(wait.timeout_ms, 10);
    assert_int_equal(esp_transport_set_wait_func(w->t, pass_wait), ESP_OK);
    assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_READ, &wait), ESP_OK);
    assert_true(wait.count > 0);
    assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
    assert_int_equal(destroyed, 1);
    w->t = NULL;
}

static void test_ours_have_no_functions_to_set(void **state)
{
    struct world *w = *state;

    w->t = esp_transport_tcp_init();
    assert_int_equal(
        esp_transport_set_func(w->t, pass_connect, pass_read, NULL, NULL, NULL, NULL, NULL),
        ESP_FAIL);
    assert_int_equal(esp_transport_set_context_data(w->t, w), ESP_FAIL);
    assert_int_equal(esp_transport_set_async_connect_func(w->t, pass_connect), ESP_FAIL);
    assert_int_equal(esp_transport_set_parent_transport_func(w->t, NULL), ESP_FAIL);
    assert_int_equal(esp_transport_set_wait_func(w->t, pass_wait), ESP_ERR_INVALID_ARG);
    sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 1000), 0); /* as it was */
}

static void test_ssl_over_a_custom_transport(void **state)
{
    struct world *w = *state;
    char buf[8] = "";

    for (int i = 0; i < 2; i++) {
        esp_transport_handle_t custom = custom_new();

        if (i == 1) {
            assert_int_equal(esp_transport_set_wait_func(custom, pass_wait), ESP_OK);
        }
        w->t = trusting();
        closed = 0;
        assert_int_equal(esp_transport_ssl_set_parent(w->t, custom), ESP_OK);
        assert_int_equal(esp_transport_connect(w->t, HOST, 443, 2000), 0);
        assert_int_equal(esp_transport_write(w->t, "hello", 5, 1000), 5);
        assert_int_equal(esp_transport_poll_read(w->t, 1000), 1);
        assert_int_equal(esp_transport_read(w->t, buf, 8, 1000), 5);
        assert_int_equal(esp_transport_poll_write(w->t, 1000), 1);
        assert_int_equal(esp_transport_close(w->t), 0);
        assert_int_equal(closed, 1);
        assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
        assert_int_equal(esp_transport_destroy(custom), ESP_OK);
    }
    w->t = NULL;
}

/* --- cancelling ------------------------------------------------------------------------------- */

static void cancel_now(void *t)
{
    assert_int_equal(esp_transport_cancel(t), ESP_OK);
}

static void test_cancel_ends_a_connect_and_a_read(void **state)
{
    struct world *w = *state;
    char buf[4];

    sim_host("127.0.0.1", 80, SIM_BLACK_HOLE, 0, NULL, NULL);
    w->t = esp_transport_tcp_init();
    sim_after(MS(100), cancel_now, w->t);
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 5000), -1);
    assert_int_equal(sim_elapsed_us(), MS(100));
    sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, NULL, NULL);
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 5000), -1); /* until it is closed */
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(esp_transport_connect(w->t, HOST, 80, 5000), 0);
    sim_after(MS(50), cancel_now, w->t);
    assert_int_equal(esp_transport_read(w->t, buf, 4, -1), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(sim_elapsed_us(), MS(150));
}

static void test_cancel_reaches_the_bottom_of_a_stack(void **state)
{
    struct world *w = *state;
    esp_transport_handle_t tcp = esp_transport_tcp_init();

    sim_host("127.0.0.1", 443, SIM_BLACK_HOLE, 0, NULL, NULL);
    w->t = trusting();
    assert_int_equal(esp_transport_ssl_set_parent(w->t, tcp), ESP_OK);
    sim_after(MS(100), cancel_now, w->t);
    assert_int_equal(esp_transport_connect(w->t, HOST, 443, 5000), -1);
    assert_int_equal(sim_elapsed_us(), MS(100));
    assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
    assert_int_equal(esp_transport_destroy(tcp), ESP_OK);
    w->t = NULL;
}

#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
static void test_session_ticket_operations(void **state)
{
    struct world *w = *state;

    w->t = trusting();
#define OPERATION(o)                                                                               \
    esp_transport_ssl_session_ticket_operation(w->t, ESP_TRANSPORT_SESSION_TICKET_##o)
    assert_int_equal(OPERATION(INIT), ESP_OK);
    assert_int_equal(OPERATION(USE), ESP_ERR_INVALID_STATE);
    assert_int_equal(OPERATION(SAVE), ESP_OK);
    assert_int_equal(OPERATION(FREE), ESP_OK);
    assert_int_equal(
        esp_transport_ssl_session_ticket_operation(NULL, ESP_TRANSPORT_SESSION_TICKET_INIT),
        ESP_FAIL);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        transport_test(test_list_finds_by_scheme),
        transport_test(test_list_refuses_what_is_wrong),
        transport_test(test_authority_of_each_host),
        transport_test(test_calls_without_a_transport_fail),
        transport_test(test_ssl_takes_pem_with_its_nul_and_no_more),
        transport_test(test_diagnosis_of_a_transport_without_a_connection),
        transport_test(test_diagnosis_of_a_code_has_its_reasons),
        transport_test(test_translate_error_maps_each_value),
        transport_test(test_tcp_echoes),
        transport_test(test_tcp_read_times_out_with_0),
        transport_test(test_tcp_write_times_out_with_0),
        transport_test(test_tcp_fin_is_minus_1_after_the_data),
        transport_test(test_tcp_reset_is_minus_2_with_errno),
        transport_test(test_tcp_not_connected_fails_at_once),
        transport_test(test_tcp_refused_says_so_and_can_be_tried_again),
        transport_test(test_tcp_black_hole_ends_at_the_deadline),
        transport_test(test_tcp_options_reach_the_socket),
        transport_test(test_ssl_connects_and_talks_in_steps),
        transport_test(test_async_failure_leaves_the_handle_fit_for_another_try),
        transport_test(test_sync_after_async_waits_again),
        transport_test(test_wait_without_a_connection_asks_to_call_at_once),
        transport_test(test_ssl_poll_counts_decrypted_bytes),
        transport_test(test_ssl_a_ticket_is_no_data),
        transport_test(test_ssl_a_full_wire_is_0_and_nothing_is_lost),
        transport_test(test_ssl_close_notify_is_minus_1),
        transport_test(test_ssl_alert_is_the_stacks_code),
        transport_test(test_ssl_without_trust_is_refused_before_io),
        transport_test(test_ssl_host_is_needed),
        transport_test(test_ssl_no_memory_is_said),
        transport_test(test_ssl_each_setter_reaches_the_configuration),
        transport_test(test_each_handle_is_shown_before_it_connects),
        transport_test(test_ssl_over_tcp_is_the_same_as_ssl),
        transport_test(test_ssl_over_tcp_has_the_cause_from_below),
        transport_test(test_ssl_over_ssl_has_the_certificate_that_was_refused),
        transport_test(test_a_failure_that_passed_makes_room_for_the_next),
        transport_test(test_ssl_over_tcp_each_allocation_may_fail),
        transport_test(test_default_port_is_what_was_set),
        transport_test(test_custom_without_functions_does_nothing),
        transport_test(test_custom_functions_are_called),
        transport_test(test_ours_have_no_functions_to_set),
        transport_test(test_ssl_over_a_custom_transport),
        transport_test(test_cancel_ends_a_connect_and_a_read),
        transport_test(test_cancel_reaches_the_bottom_of_a_stack),
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
        transport_test(test_session_ticket_operations),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
