#define _GNU_SOURCE /* strerrorname_np() */
#include "sim_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "esp_log.h"
#include "plat_errno.h"

static char log_text[16384];
static size_t log_len;

static int log_capture(const char *format, va_list args)
{
    int n = vsnprintf(log_text + log_len, sizeof(log_text) - log_len, format, args);

    if (n > 0) {
        log_len += (size_t)n;
        log_len = log_len < sizeof(log_text) ? log_len : sizeof(log_text) - 1;
    }
    return n;
}

const char *sim_log(void)
{
    return log_text;
}

/* --- a test's world -----------------------------------------------------------------------------
 */

/** What a process makes once and keeps (PSA and its key slots) is made before anything is counted.
 */
static void warm_up(void)
{
    static bool is_warm;
    struct sim_tls_server server;
    esp_tls_cfg_t cfg = {.cacert_buf = cert_root_ec_pem, .cacert_bytes = sizeof(cert_root_ec_pem)};

    if (is_warm) {
        return;
    }
    is_warm = true;
    sim_tls_server_init(&server);
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_tls_peer, &server);
    for (int version = ESP_TLS_VER_TLS_1_2; version <= ESP_TLS_VER_TLS_1_3; version++) {
        esp_tls_t *tls = esp_tls_init();

        cfg.tls_version = (esp_tls_proto_ver_t)version;
        (void)esp_tls_conn_new_sync("127.0.0.1", 9, 443, &cfg, tls);
        (void)esp_tls_conn_destroy(tls);
    }
    sim_advance_us(1);
    sim_tls_server_clear(&server);
    (void)sim_reset();
}

void sim_case_open(struct sim_case *t)
{
    (void)sim_reset();
    (void)esp_log_set_vprintf(log_capture);
    warm_up();
    log_len = 0;
    log_text[0] = '\0';
    memset(t, 0, sizeof(*t));
    sim_tls_server_init(&t->server);
    t->cfg = (esp_tls_cfg_t){.cacert_buf = cert_root_ec_pem,
                             .cacert_bytes = sizeof(cert_root_ec_pem),
                             .timeout_ms = 2000};
    sim_name("test.example", "127.0.0.1", 0, 0);
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_tls_peer, &t->server);
    t->live_before = sim_alloc_live();
    t->tls = esp_tls_init();
}

size_t sim_case_close(struct sim_case *t)
{
    size_t live;

    if (t->tls != NULL) {
        (void)esp_tls_conn_destroy(t->tls);
        t->tls = NULL;
    }
    sim_advance_us(1); /* the peers see the end */
    esp_tls_free_global_ca_store();
    sim_tls_server_clear(&t->server);
    live = sim_alloc_live() - t->live_before;
    return (size_t)sim_reset() + live;
}

int sim_setup(void **state)
{
    struct sim_case *t = malloc(sizeof(*t));

    if (t == NULL) {
        return -1;
    }
    sim_case_open(t);
    *state = t;
    return t->tls != NULL ? 0 : -1;
}

int sim_teardown(void **state)
{
    size_t left = sim_case_close(*state);

    free(*state);
    if (left != 0) {
        fprintf(stderr, "left behind: %zu streams, look-ups or blocks\n", left);
    }
    return left == 0 ? 0 : -1;
}

/* --- the client
 * ----------------------------------------------------------------------------------- */

int sim_connect(struct sim_case *t)
{
    return sim_connect_to(t, "test.example", 443);
}

int sim_connect_to(struct sim_case *t, const char *host, int port)
{
    return esp_tls_conn_new_sync(host, (int)strlen(host), port, &t->cfg, t->tls);
}

bool sim_wait(esp_tls_t *tls)
{
    return sim_wait_until(tls, PLAT_NEVER);
}

bool sim_wait_until(esp_tls_t *tls, uint64_t deadline_us)
{
    esp_tls_wait_t wait;
    struct plat_wait_item items[ESP_TLS_WAIT_ITEMS];
    uint64_t until;
    int ret;

    assert_int_equal(esp_tls_get_wait(tls, &wait), ESP_OK);
    for (size_t i = 0; i < wait.count; i++) {
        items[i] =
            (struct plat_wait_item){.stream = {wait.items[i].fd}, .want = wait.items[i].events};
    }
    until = wait.timeout_ms < 0 ? PLAT_NEVER : plat_clock_us() + MS(wait.timeout_ms);
    ret = plat_wait(items, wait.count, until < deadline_us ? until : deadline_us);
    assert_true(ret == PLAT_OK || ret == PLAT_AGAIN);
    return ret == PLAT_OK;
}

int sim_connect_async(struct sim_case *t, const char *host, int port)
{
    for (unsigned steps = 0; steps < 100000; steps++) {
        uint64_t waits = sim_waits();
        uint64_t now = plat_clock_us();
        int ret = esp_tls_conn_new_async(host, (int)strlen(host), port, &t->cfg, t->tls);

        assert_int_equal(sim_waits(), waits);
        assert_int_equal(plat_clock_us(), now);
        if (ret != 0) {
            return ret;
        }
        (void)sim_wait(t->tls);
    }
    fail_msg("the connect never ends");
    return -1;
}

esp_tls_record_t sim_record(const struct sim_case *t)
{
    esp_tls_record_t record;

    assert_int_equal(esp_tls_get_record(t->tls, &record), ESP_OK);
    return record;
}

/** Add a word to a text of words, if it is there. */
__attribute__((format(printf, 4, 5))) static void add_word(char *text, size_t cap, bool is_there,
                                                           const char *format, ...)
{
    size_t len = strlen(text);
    va_list args;
    int n = 0;

    if (is_there) {
        va_start(args, format);
        len += (size_t)snprintf(text + len, cap - len, "%s", len > 0 ? " " : "");
        n = vsnprintf(text + len, cap - len, format, args);
        va_end(args);
    }
    assert_true(n >= 0 && (size_t)n < cap - len);
}

const char *sim_record_text(const esp_tls_record_t *r)
{
    static char text[256];
    const size_t cap = sizeof(text);
    const bool has_flags = r->verify_flags != 0 || r->verify_depth != -1;
    const bool has_record = r->record_len != 0 || r->record_limit != 0;

    text[0] = '\0';
    add_word(text, cap, r->os_errno != 0, "os=%s", strerrorname_np(r->os_errno));
    add_word(text, cap, r->resolver_code != 0, "resolver=%s", plat_resolve_name(r->resolver_code));
    add_word(text, cap, r->stack_code != 0, "stack=0x%04X", (unsigned)r->stack_code);
    add_word(text, cap, has_flags, "flags=0x%X@%d", (unsigned)r->verify_flags, r->verify_depth);
    add_word(text, cap, r->alert_sent != -1, "sent=%d", r->alert_sent);
    add_word(text, cap, r->alert_received != -1, "received=%d", r->alert_received);
    add_word(text, cap, r->option != NULL, "option=%s", r->option);
    add_word(text, cap, r->mem_size != 0, "mem");
    add_word(text, cap, has_record, "record");
    return text;
}

void sim_assert_failed(const struct sim_case *t, esp_tls_phase_t phase, esp_tls_cause_t cause,
                       esp_err_t esp, const char *file, int line, const char *rest, ...)
{
    const esp_tls_record_t r = sim_record(t);
    char wanted[256];
    va_list args;

    va_start(args, rest);
    (void)vsnprintf(wanted, sizeof(wanted), rest, args);
    va_end(args);
    if (r.phase != phase || r.cause != cause || r.esp_code != esp ||
        strcmp(sim_record_text(&r), wanted) != 0) {
        print_error("%s, %s, 0x%x: \"%s\"\nwanted: %s, %s, 0x%x: \"%s\"\n",
                    esp_tls_phase_name(r.phase), esp_tls_cause_name(r.cause), (unsigned)r.esp_code,
                    sim_record_text(&r), esp_tls_phase_name(phase), esp_tls_cause_name(cause),
                    (unsigned)esp, wanted);
        _fail(file, line);
    }
}

const char *sim_reasons(const esp_tls_diagnosis_t *diagnosis)
{
    static char text[256];

    text[0] = '\0';
    for (size_t i = 0; i < ESP_TLS_DIAGNOSIS_REASONS; i++) {
        const bool is_counted = i < diagnosis->reason_count;

        assert_int_equal(diagnosis->reasons[i] != ESP_TLS_REASON_NONE, is_counted);
        add_word(text, sizeof(text), is_counted, "%s", esp_tls_reason_name(diagnosis->reasons[i]));
    }
    return text;
}

esp_tls_conn_state_t sim_state(const struct sim_case *t)
{
    esp_tls_conn_state_t state;

    assert_int_equal(esp_tls_get_conn_state(t->tls, &state), ESP_OK);
    return state;
}

uint64_t sim_elapsed_us(void)
{
    return plat_clock_us() - 1000000u;
}

void sim_send(struct sim_case *t, size_t len)
{
    unsigned char buf[1000];
    size_t sent = 0;

    while (sent < len) {
        size_t n = len - sent < sizeof(buf) ? len - sent : sizeof(buf);
        ssize_t ret;

        for (size_t i = 0; i < n; i++) {
            buf[i] = sim_pattern(sent + i);
        }
        ret = esp_tls_conn_write(t->tls, buf, n);
        assert_true(ret > 0);
        sent += (size_t)ret;
    }
}

void sim_receive(struct sim_case *t, uint64_t from, size_t len)
{
    unsigned char buf[1000];
    size_t got = 0;

    while (got < len) {
        size_t n = len - got < sizeof(buf) ? len - got : sizeof(buf);
        ssize_t ret = esp_tls_conn_read(t->tls, buf, n);

        assert_true(ret > 0);
        for (size_t i = 0; i < (size_t)ret; i++) {
            assert_int_equal(buf[i], sim_pattern(from + got + i));
        }
        got += (size_t)ret;
    }
}

/* --- peers on plain TCP -------------------------------------------------------------------------
 */

void sim_echo_peer(struct sim_peer *peer, void *unused)
{
    unsigned char buf[512];
    size_t n;

    (void)unused;
    while ((n = sim_peer_read(peer, buf, sizeof(buf))) > 0) {
        (void)sim_peer_write(peer, buf, n);
    }
    if (sim_peer_is_closed(peer)) {
        sim_peer_close(peer);
    }
}

void sim_pattern_peer(struct sim_peer *peer, void *len)
{
    size_t *sent = sim_peer_state(peer, sizeof(*sent));

    while (*sent < *(const size_t *)len) {
        unsigned char byte = sim_pattern(*sent);

        if (sim_peer_write(peer, &byte, 1) == 0) {
            return;
        }
        ++*sent;
    }
    sim_peer_close(peer);
}

void sim_reset_peer(struct sim_peer *peer, void *unused)
{
    (void)unused;
    sim_peer_reset(peer, ECONNRESET);
}
