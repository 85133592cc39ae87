/* Captures and key logs (esp_tls_trace.h): what is in the file, read by a reader of its own. */
#define _GNU_SOURCE /* memmem() */
#include "esp_tls_trace.h"

#include "sim_test.h"

#include <stdlib.h>

#include "esp_tls_memory.h"
#include "esp_tls_stream.h"
#include "pcap_reader.h"
#include "reframe.h"

#ifdef CONFIG_ESP_TLS_CAPTURE

#define RANDOM_TEXT 64 /* digits of a client random */

static struct pcap *pcap;
static esp_tls_capture_t capture;
static esp_tls_trace_t trace;
static char keylog[PCAP_KEYLOG];

static void on_key(void *arg, const char *line)
{
    char *log = arg;

    assert_true(strlen(log) + strlen(line) + 2 < PCAP_KEYLOG);
    assert_null(strchr(line, '\n'));
    (void)strcat(log, line);
    (void)strcat(log, "\n");
}

static int setup(void **state)
{
    pcap = pcap_new();
    capture = (esp_tls_capture_t){.write = pcap_write, .arg = pcap};
    trace = (esp_tls_trace_t){.capture = &capture};
    keylog[0] = '\0';
    return sim_setup(state);
}

static int teardown(void **state)
{
    int ret = sim_teardown(state);

    pcap_free(pcap);
    return ret;
}

#define capture_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void set(struct sim_case *t)
{
    assert_int_equal(esp_tls_set_trace(t->tls, &trace), ESP_OK);
}

static void destroy(struct sim_case *t)
{
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = NULL;
}

/** Read the file; one connection must be in it. */
static const struct pcap_flow *only_flow(void)
{
    pcap_read(pcap);
    assert_int_equal(pcap->flows, 1);
    return &pcap->flow[0];
}

/* --- TLS -------------------------------------------------------------------------------------- */

/** However many secrets there are. */
static void assert_warned_once(void)
{
    const char *warning = strstr(sim_log(), "SECRETS OF THIS CONNECTION ARE EXPORTED");

    assert_non_null(warning);
    assert_null(strstr(warning + 1, "SECRETS OF THIS"));
}

/** Bytes there and back, and what the file must say of it. */
static void check_tls(struct sim_case *t, int version, size_t len)
{
    const struct pcap_flow *flow;
    esp_tls_record_t record;

    t->server.version = version;
    set(t);
    assert_int_equal(sim_connect(t), 1);
    sim_send(t, len);
    sim_receive(t, 0, len);
    record = sim_record(t);
    destroy(t);
    flow = only_flow();
    assert_true(flow->len[0] >= record.bytes_out); /* and close_notify */
    assert_true(flow->len[0] <= record.bytes_out + 40);
    assert_int_equal(flow->len[1], record.bytes_in);
    assert_memory_equal(flow->data[0], "\x16\x03", 2);
    assert_memory_equal(flow->data[1], "\x16\x03", 2);
    assert_true(flow->fin[0]);
    assert_int_equal(flow->end[1].port, 443);
    assert_int_equal(pcap->secrets, version == 13 ? 4 : 1);
    assert_string_equal(pcap->name, "test.example");
    assert_memory_equal(pcap->name_addr.ip, flow->end[1].ip, 16);
    assert_int_equal(capture.connections, 1);
    assert_int_equal(capture.error, ESP_OK);
    assert_warned_once();
}

static void test_capture_of_tls12(void **state)
{
    check_tls(*state, 12, 3000);
}

static void test_capture_of_tls13(void **state)
{
    check_tls(*state, 13, 3000);
}

static void test_capture_of_large_transfer(void **state)
{
    check_tls(*state, 13, 500000);
}

static void test_capture_of_split_reads_and_writes(void **state)
{
    sim_wire(100, 7, 3, 0);
    check_tls(*state, 13, 3000);
}

static void test_capture_of_reads_and_writes_of_any_size(void **state)
{
    sim_wire_random(4711);
    check_tls(*state, 12, 20000);
}

static void test_capture_over_ipv6(void **state)
{
    struct sim_case *t = *state;

    sim_name("test.example", "::1", 0, 0);
    sim_host("::1", 443, SIM_ACCEPT, 0, sim_tls_peer, &t->server);
    check_tls(t, 13, 3000);
    assert_int_equal(pcap->flow[0].end[0].family, PLAT_AF_INET6);
}

/** The secrets of the file belong to the ClientHello in it. */
static void test_capture_embeds_the_secrets_of_its_hello(void **state)
{
    struct sim_case *t = *state;
    char want[RANDOM_TEXT + 1];
    const char *line;
    unsigned lines = 0;

    check_tls(t, 13, 10);
    for (size_t i = 0; i < RANDOM_TEXT / 2; i++) { /* behind two headers and the version */
        static const char digits[] = "0123456789abcdef";
        uint8_t byte = pcap->flow[0].data[0][5 + 4 + 2 + i];

        want[2 * i] = digits[byte >> 4];
        want[2 * i + 1] = digits[byte & 15];
    }
    want[RANDOM_TEXT] = '\0';
    for (line = strstr(pcap->keylog, want); line != NULL; line = strstr(line + 1, want)) {
        assert_in_range(strcspn(line + RANDOM_TEXT + 1, "\n"), 64, 96);
        lines++;
    }
    assert_int_equal(lines, 4);
    assert_non_null(strstr(pcap->keylog, "CLIENT_HANDSHAKE_TRAFFIC_SECRET "));
    assert_non_null(strstr(pcap->keylog, "SERVER_HANDSHAKE_TRAFFIC_SECRET "));
    assert_non_null(strstr(pcap->keylog, "CLIENT_TRAFFIC_SECRET_0 "));
    assert_non_null(strstr(pcap->keylog, "SERVER_TRAFFIC_SECRET_0 "));
}

static void test_keylog_has_what_the_capture_embeds(void **state)
{
    trace.keylog = on_key;
    trace.arg = keylog;
    check_tls(*state, 13, 10);
    assert_string_equal(keylog, pcap->keylog);
}

static void test_keylog_alone(void **state)
{
    struct sim_case *t = *state;

    trace = (esp_tls_trace_t){.keylog = on_key, .arg = keylog};
    t->server.version = 12;
    set(t);
    assert_int_equal(sim_connect(t), 1);
    destroy(t);
    assert_memory_equal(keylog, "CLIENT_RANDOM ", 14);
    assert_int_equal(strlen(keylog), 14 + 64 + 1 + 96 + 1);
    assert_int_equal(pcap->size, 0);
    assert_logged("SECRETS OF THIS CONNECTION ARE EXPORTED");
}

static void test_capture_without_secrets_has_none(void **state)
{
    struct sim_case *t = *state;

    capture.without_secrets = true;
    set(t);
    assert_int_equal(sim_connect(t), 1);
    destroy(t);
    (void)only_flow();
    assert_int_equal(pcap->secrets, 0);
    assert_not_logged("SECRETS");
}

/* --- times, addresses, ends ------------------------------------------------------------------- */

static void test_capture_has_the_times_of_the_wall_clock(void **state)
{
    struct sim_case *t = *state;
    const struct pcap_flow *flow;
    int64_t began;

    sim_name("test.example", "127.0.0.1", MS(30), 0);
    sim_host("127.0.0.1", 443, SIM_ACCEPT, MS(50), sim_tls_peer, &t->server);
    began = (int64_t)SIM_WALL_CLOCK * 1000000 + (int64_t)sim_elapsed_us();
    set(t);
    assert_int_equal(sim_connect(t), 1);
    sim_advance_us(MS(1000));
    destroy(t);
    flow = only_flow();
    assert_int_equal(flow->first_us - began, 30000);
    assert_int_equal(flow->last_us - began, 1080000);
}

static void test_capture_of_the_second_address_begins_with_it(void **state)
{
    struct sim_case *t = *state;
    const struct pcap_flow *flow;
    int64_t began = (int64_t)SIM_WALL_CLOCK * 1000000 + (int64_t)sim_elapsed_us();

    sim_name("test.example", "192.0.2.9 127.0.0.1", 0, 0);
    sim_host("192.0.2.9", 443, SIM_BLACK_HOLE, 0, NULL, NULL);
    set(t);
    assert_int_equal(sim_connect(t), 1);
    destroy(t);
    flow = only_flow();
    assert_int_equal(flow->end[1].ip[0], 127);
    assert_int_equal(flow->first_us - began, 250000); /* when it was begun, not the first */
}

static void test_capture_without_a_clock_counts_from_start(void **state)
{
    struct sim_case *t = *state;

    sim_set_wall_clock(false, 0);
    t->cfg.is_plain_tcp = true;
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    set(t);
    assert_int_equal(sim_connect(t), 1);
    destroy(t);
    assert_int_equal(only_flow()->first_us, 1000000);
}

static void test_capture_of_plain_tcp(void **state)
{
    struct sim_case *t = *state;
    const struct pcap_flow *flow;
    size_t len = 300000;

    t->cfg.is_plain_tcp = true;
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_pattern_peer, &len);
    set(t);
    assert_int_equal(sim_connect(t), 1);
    sim_receive(t, 0, len);
    assert_int_equal(esp_tls_conn_read(t->tls, &len, 1), 0);
    assert_int_equal(esp_tls_conn_read(t->tls, &len, 1), 0);
    destroy(t);
    flow = only_flow();
    assert_int_equal(flow->len[0], 0);
    assert_int_equal(flow->len[1], 300000);
    for (size_t i = 0; i < 300000; i++) {
        assert_int_equal(flow->data[1][i], sim_pattern(i));
    }
    assert_true(flow->fin[1] && flow->fin[0]);
    assert_int_equal(pcap->secrets, 0);
}

static void test_capture_of_one_large_write(void **state)
{
    static uint8_t data[200000];
    struct sim_case *t = *state;
    const struct pcap_flow *flow;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = sim_pattern(i);
    }
    t->cfg.is_plain_tcp = true;
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
    set(t);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(esp_tls_conn_write(t->tls, data, sizeof(data)), sizeof(data));
    destroy(t);
    flow = only_flow();
    assert_int_equal(flow->len[0], sizeof(data));
    assert_memory_equal(flow->data[0], data, sizeof(data));
}

static void test_capture_shows_a_reset(void **state)
{
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_reset_peer, NULL);
    set(t);
    assert_int_equal(sim_connect(t), -1);
    destroy(t);
    assert_true(only_flow()->rst[1]);
    assert_false(pcap->flow[0].fin[0]);
}

static void test_capture_of_a_refused_connect_is_an_empty_file(void **state)
{
    struct sim_case *t = *state;

    set(t);
    assert_int_equal(sim_connect_to(t, "test.example", 1), -1);
    destroy(t);
    pcap_read(pcap);
    assert_int_equal(pcap->sections, 1);
    assert_int_equal(pcap->interfaces, 1);
    assert_int_equal(pcap->packets, 0);
}

static void test_capture_takes_several_connections(void **state)
{
    struct sim_case *t = *state;

    for (int i = 0; i < 3; i++) {
        set(t);
        assert_int_equal(sim_connect(t), 1);
        destroy(t);
        t->tls = esp_tls_init();
        sim_advance_us(1);
    }
    pcap_read(pcap);
    assert_int_equal(pcap->flows, 3);
    assert_int_equal(pcap->sections, 1);
    assert_int_equal(capture.connections, 3);
    for (int end = 0; end < 2; end++) { /* the same bytes, counted from another number */
        assert_int_not_equal(pcap->flow[0].next[end], pcap->flow[1].next[end]);
    }
}

static void test_capture_of_a_long_name_cuts_it(void **state)
{
    struct sim_case *t = *state;
    char name[400];

    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    sim_name(name, "127.0.0.1", 0, 0);
    t->cfg.is_plain_tcp = true;
    set(t);
    assert_int_equal(sim_connect_to(t, name, 443), 1);
    destroy(t);
    (void)only_flow();
    assert_int_equal(strlen(pcap->name), 255);
}

/* --- a connection over another ---------------------------------------------------------------- */

static ssize_t over_read(void *ctx, void *data, size_t len)
{
    return esp_tls_conn_read(ctx, data, len);
}

static ssize_t over_write(void *ctx, const void *data, size_t len)
{
    return esp_tls_conn_write(ctx, data, len);
}

static void over_wait(void *ctx, int events, esp_tls_wait_t *wait)
{
    esp_tls_wait_t mine;

    if (esp_tls_get_wait_for(ctx, events != 0 ? events : ESP_TLS_WAIT_READ, &mine) == ESP_OK) {
        esp_tls_wait_merge(wait, &mine);
    }
}

static const esp_tls_stream_t over = {
    .read = over_read, .write = over_write, .get_wait = over_wait};

static void test_capture_of_tls_in_tls_has_both(void **state)
{
    struct sim_case *t = *state;
    static struct sim_tls_server inner_server; /* its peer outlives a test that fails */
    esp_tls_t *inner = esp_tls_init();
    char byte = 'x';

    sim_tls_server_init(&inner_server);
    t->server.version = 13;
    t->server.inner = &inner_server;
    t->cfg.non_block = true;
    set(t);
    assert_int_equal(sim_connect(t), 1);
    t->cfg.non_block = false;
    assert_int_equal(esp_tls_set_trace(inner, &trace), ESP_OK);
    assert_int_equal(esp_tls_set_stream(inner, &over, t->tls), ESP_OK);
    assert_int_equal(esp_tls_conn_new_sync("test.example", 12, 8443, &t->cfg, inner), 1);
    assert_int_equal(esp_tls_conn_write(inner, &byte, 1), 1);
    assert_int_equal(esp_tls_conn_read(inner, &byte, 1), 1);
    assert_int_equal(esp_tls_conn_destroy(inner), 0);
    destroy(t);
    pcap_read(pcap);
    assert_int_equal(pcap->flows, 2);
    assert_int_equal(pcap->flow[0].end[1].ip[0], 127);
    assert_memory_equal(pcap->flow[1].end[1].ip, "\xC0\x00\x02\x03", 4); /* the second's */
    assert_int_equal(pcap->flow[1].end[1].port, 8443);
    assert_memory_equal(pcap->flow[1].data[0], "\x16\x03", 2);
    assert_memory_equal(pcap->name_addr.ip, "\xC0\x00\x02\x03", 4);
    sim_tls_server_clear(&inner_server);
}

static void test_capture_over_a_socket_shows_its_addresses(void **state)
{
    struct sim_case *t = *state;
    esp_tls_t *inner = esp_tls_init();
    char byte = 'x';

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    t->cfg.is_plain_tcp = true;
    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    t->cfg.non_block = false;
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &trace.stream_fd), ESP_OK);
    assert_int_equal(esp_tls_set_trace(inner, &trace), ESP_OK);
    assert_int_equal(esp_tls_set_stream(inner, &over, t->tls), ESP_OK);
    assert_int_equal(esp_tls_conn_new_sync("test.example", 12, 8443, &t->cfg, inner), 1);
    assert_int_equal(esp_tls_conn_write(inner, &byte, 1), 1);
    assert_int_equal(esp_tls_conn_read(inner, &byte, 1), 1);
    assert_int_equal(esp_tls_conn_destroy(inner), 0);
    assert_int_equal(only_flow()->end[1].port, 443);
    assert_int_equal(pcap->flow[0].end[1].ip[0], 127);
    assert_int_equal(pcap->flow[0].len[0], 1);
    assert_int_equal(pcap->flow[0].len[1], 1);
}

static void test_capture_over_a_stream_to_an_address_keeps_it(void **state)
{
    static const char *const hosts[] = {"203.0.113.7", "2001:db8::7"};
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_echo_peer, NULL);
    t->cfg.is_plain_tcp = true;
    assert_int_equal(sim_connect(t), 1);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        esp_tls_t *inner = esp_tls_init();
        char text[PLAT_ADDR_TEXT];

        assert_int_equal(esp_tls_set_trace(inner, &trace), ESP_OK);
        assert_int_equal(esp_tls_set_stream(inner, &over, t->tls), ESP_OK);
        assert_int_equal(
            esp_tls_conn_new_sync(hosts[i], (int)strlen(hosts[i]), 8443, &t->cfg, inner), 1);
        assert_int_equal(esp_tls_conn_destroy(inner), 0);
        pcap_read(pcap);
        plat_addr_text(&pcap->flow[i].end[1], text);
        assert_string_equal(text, hosts[i]);
        assert_string_equal(pcap->name, "");
    }
}

/* --- what fails ------------------------------------------------------------------------------- */

static void test_capture_that_fails_harms_no_connection(void **state)
{
    unsigned blocks;
    struct sim_case *t = *state;

    check_tls(t, 13, 3000);
    blocks = pcap->blocks;
    assert_true(blocks > 15);
    for (unsigned n = 1; n <= blocks; n++) {
        const char *once;

        pcap->size = 0;
        pcap->blocks = 0;
        pcap->fail_at = n;
        capture = (esp_tls_capture_t){.write = pcap_write, .arg = pcap};
        assert_int_equal(sim_case_close(t), 0);
        sim_case_open(t);
        t->server.version = 13;
        set(t);
        assert_int_equal(sim_connect(t), 1);
        sim_send(t, 3000);
        sim_receive(t, 0, 3000);
        destroy(t);
        assert_int_equal(capture.error, ESP_FAIL);
        assert_int_equal(pcap->after, 0);
        once = strstr(sim_log(), "the capture ends here");
        assert_non_null(once);
        assert_null(strstr(once + 1, "the capture ends here"));
        pcap_read(pcap);
    }
}

static void test_set_capture_refuses(void **state)
{
    struct sim_case *t = *state;

    capture.write = NULL;
    assert_int_equal(esp_tls_set_trace(t->tls, &trace), ESP_ERR_INVALID_ARG);
    capture.write = pcap_write;
    for (unsigned n = 1; n <= 2; n++) {
        sim_fail_alloc(n, false);
        assert_int_equal(esp_tls_set_trace(t->tls, &trace), ESP_ERR_NO_MEM);
    }
    sim_fail_alloc(0, false);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(pcap->size, 0);
}

/** No secret is left in memory that was given back or is still held. */
static void test_capture_wipes_its_secrets(void **state)
{
    static uint8_t arena[200000];
    struct sim_case *t = *state;
    const esp_tls_memory_cfg_t memory = {.arena = arena, .arena_size = sizeof(arena)};
    char secret[33];

    destroy(t);
    t->tls = esp_tls_init_with_memory(&memory);
    t->server.version = 13;
    set(t);
    assert_int_equal(sim_connect(t), 1);
    pcap_read(pcap);
    memcpy(secret, strrchr(pcap->keylog, ' ') + 1, 32);
    assert_null(memmem(arena, sizeof(arena), secret, 32));
    destroy(t);
    assert_null(memmem(arena, sizeof(arena), secret, 32));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        capture_test(test_capture_of_tls12),
        capture_test(test_capture_of_tls13),
        capture_test(test_capture_of_large_transfer),
        capture_test(test_capture_of_split_reads_and_writes),
        capture_test(test_capture_of_reads_and_writes_of_any_size),
        capture_test(test_capture_over_ipv6),
        capture_test(test_capture_embeds_the_secrets_of_its_hello),
        capture_test(test_keylog_has_what_the_capture_embeds),
        capture_test(test_keylog_alone),
        capture_test(test_capture_without_secrets_has_none),
        capture_test(test_capture_has_the_times_of_the_wall_clock),
        capture_test(test_capture_of_the_second_address_begins_with_it),
        capture_test(test_capture_without_a_clock_counts_from_start),
        capture_test(test_capture_of_plain_tcp),
        capture_test(test_capture_of_one_large_write),
        capture_test(test_capture_shows_a_reset),
        capture_test(test_capture_of_a_refused_connect_is_an_empty_file),
        capture_test(test_capture_takes_several_connections),
        capture_test(test_capture_of_a_long_name_cuts_it),
        capture_test(test_capture_of_tls_in_tls_has_both),
        capture_test(test_capture_over_a_socket_shows_its_addresses),
        capture_test(test_capture_over_a_stream_to_an_address_keeps_it),
        capture_test(test_capture_that_fails_harms_no_connection),
        capture_test(test_set_capture_refuses),
        capture_test(test_capture_wipes_its_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#elif defined(CONFIG_ESP_TLS_TRACE)

static void test_set_capture_needs_kconfig(void **state)
{
    struct sim_case *t = *state;
    esp_tls_capture_t capture = {0};
    const esp_tls_trace_t trace = {.capture = &capture};

    assert_int_equal(esp_tls_set_trace(t->tls, &trace), ESP_ERR_NOT_SUPPORTED);
    assert_int_equal(sim_connect(t), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {sim_test(test_set_capture_needs_kconfig)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* test_trace.c has what this build says */
}

#endif
