/* Torture of the HTTP client: in exchanges with everything in them (a kept connection, chunks both
 * ways, redirects, digest, SOCKS5 with a password, an HTTP proxy that asks who we are, a stream)
 * the n-th allocation, read, write, open or option fails, is short, or would block, for every n
 * until none is left to fail. Each run ends in time, with a cause or as if nothing had happened;
 * the handle goes on; and nothing is left behind. With ESP_TLS_LONG=1 also byte by byte, and with
 * two neighbouring allocations. */
#include "http_case.h"
#include "esp_transport_socks_proxy.h"

#include <stdio.h>
#include <stdlib.h>

#define OK_BODY HTTP_LINE(HTTP_OK("Content-Length: 5\r\n") "hello")
#define PROXY   "proxy.example"

/* --- the exchanges ---------------------------------------------------------------------------- */

static bool is_answered(struct http_case *w)
{
    return esp_http_client_get_status_code(w->client) == 200 && w->body_len == 5 &&
           memcmp(w->body, "hello", 5) == 0;
}

static esp_err_t judge(struct http_case *w, esp_err_t err)
{
    return err != ESP_OK ? err : is_answered(w) ? ESP_OK : ESP_ERR_INVALID_RESPONSE;
}

/** Two requests on one connection. */
static esp_err_t run_twice(struct http_case *w)
{
    esp_err_t err = judge(w, http_perform(w));

    return err == ESP_OK ? judge(w, http_perform(w)) : err;
}

static esp_err_t run_once(struct http_case *w)
{
    return judge(w, http_perform(w));
}

/** A body from a source, in chunks. */
static int source(void *arg, char *buffer, int len, int64_t offset)
{
    const int n = offset < 1500 ? (1500 - (int)offset < len ? 1500 - (int)offset : len) : 0;

    (void)arg;
    memset(buffer, 's', (size_t)n);
    return n;
}

static esp_err_t run_upload(struct http_case *w)
{
    esp_err_t err = esp_http_client_set_method(w->client, HTTP_METHOD_POST);

    if (err == ESP_OK) {
        err = esp_http_client_set_header(w->client, "X-Long", "a header of ours, not a short one");
    }
    if (err == ESP_OK) {
        err = esp_http_client_set_source(w->client, source, -1, NULL);
    }
    return err == ESP_OK ? run_once(w) : err;
}

/** A stream, on a handle that blocks. */
static esp_err_t run_stream(struct http_case *w)
{
    char body[8];
    int n = 0;
    esp_err_t err;

    err = esp_http_client_set_method(w->client, HTTP_METHOD_PUT);
    if (err == ESP_OK) {
        err = esp_http_client_open(w->client, 4);
    }
    if (err != ESP_OK) {
        return err;
    }
    n = esp_http_client_write(w->client, "body", 4);
    if (n != 4) {
        err = n < 0 ? ESP_FAIL : ESP_ERR_HTTP_EAGAIN; /* silence is no error here: it can go on */
    } else {
        n = (int)esp_http_client_fetch_headers(w->client);
        err = n == 5 ? ESP_OK : n == -ESP_ERR_HTTP_EAGAIN ? ESP_ERR_HTTP_EAGAIN : ESP_FAIL;
    }
    for (int have = 0; err == ESP_OK && have < 5; have += n) {
        n = esp_http_client_read(w->client, body, sizeof(body));
        if (n == -ESP_ERR_HTTP_EAGAIN) {
            err = ESP_ERR_HTTP_EAGAIN;
        } else if (n <= 0 || memcmp(body, &"hello"[have], (size_t)n) != 0) {
            err = ESP_FAIL;
        }
    }
    (void)esp_http_client_close(w->client);
    return err;
}

/* The last line, here and below, is for the request that is made once more. */
static const struct sim_line twice[] = {OK_BODY, OK_BODY, OK_BODY};
static const struct sim_line chunked[] = {
    HTTP_LINE("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n"
              "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: t\r\n\r\n")};
/* Answered at once, while the body is still sent. */
static const struct sim_line upload[] = {OK_BODY, OK_BODY};
static const struct sim_line redirect[] = {
    HTTP_LINE("HTTP/1.1 302 X\r\nLocation: ../else?x=1\r\nContent-Length: 3\r\n\r\nxyz"),
    HTTP_LINE_CLOSE("HTTP/1.1 307 X\r\nLocation: http://test.example:80/a/./b\r\n"
                    "Connection: close\r\nContent-Length: 0\r\n\r\n"),
    OK_BODY};
static const struct sim_line digest[] = {
    HTTP_LINE("HTTP/1.1 401 X\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", "
              "algorithm=SHA-256\r\nContent-Length: 0\r\n\r\n"),
    OK_BODY, OK_BODY};
static const struct sim_line socks5[] = {SIM_LINE(4, "\5\2"), SIM_LINE(1 + 1 + 2 + 1 + 6, "\1\0"),
                                         SIM_LINE(4 + 1 + 12 + 2, "\5\0\0\1\0\0\0\0\0\0"), OK_BODY};
static const struct sim_line proxy[] = {
    HTTP_LINE("HTTP/1.1 407 X\r\nProxy-Authenticate: Digest realm=p, nonce=n, qop=\"auth\"\r\n"
              "Content-Length: 0\r\n\r\n"),
    OK_BODY, OK_BODY};
static const struct sim_line stream[] = {
    {0, "", 0, SIM_SCRIPT_GO_ON}, SIM_LINE(4, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")};

static const struct exchange {
    const char *name;
    const struct sim_line *lines;
    size_t count;
    esp_err_t (*run)(struct http_case *w);
    esp_http_client_proxy_kind_t proxy; /* 0: none */
    bool is_async;
    bool has_user;
} exchanges[] = {
    {"kept", twice, COUNT(twice), run_twice, 0, false, false},
    {"kept, async", twice, COUNT(twice), run_twice, 0, true, false},
    {"chunks", chunked, COUNT(chunked), run_once, 0, false, false},
    {"upload", upload, COUNT(upload), run_upload, 0, false, false},
    {"upload, async", upload, COUNT(upload), run_upload, 0, true, false},
    {"redirects", redirect, COUNT(redirect), run_once, 0, false, false},
    {"digest", digest, COUNT(digest), run_once, 0, false, true},
    {"socks5", socks5, COUNT(socks5), run_once, ESP_HTTP_CLIENT_PROXY_SOCKS5, false, false},
    {"socks5, async", socks5, COUNT(socks5), run_once, ESP_HTTP_CLIENT_PROXY_SOCKS5, true, false},
    {"proxy", proxy, COUNT(proxy), run_once, ESP_HTTP_CLIENT_PROXY_HTTP, false, false},
    {"stream", stream, COUNT(stream), run_stream, 0, false, false},
};

/* --- the faults ------------------------------------------------------------------------------- */

struct outcome {
    esp_err_t err;
    esp_err_t cause; /* of the connection */
    int sys;
};

static void arm_alloc(unsigned nth)
{
    sim_fail_alloc(nth, false);
}

static void arm_alloc_pair(unsigned nth)
{
    sim_fail_alloc_pair(nth, nth + 1);
}

static void arm_alloc_for_good(unsigned nth)
{
    sim_fail_alloc(nth, true);
}

static bool judge_alloc(const struct outcome *o)
{
    return o->err == ESP_OK || o->err == ESP_ERR_NO_MEM || o->cause == ESP_ERR_NO_MEM;
}

static void arm_error(unsigned nth)
{
    sim_fail_io(nth, SIM_FAULT_ERROR, ECONNRESET, false);
}

/** A SOCKS transport has numbers of its own for errno; what failed, reading or writing, is the
 *  code. */
static bool is_proxys(const struct outcome *o)
{
    return o->err == ESP_ERR_HTTP_CONNECT && o->sys == SOCKS_RESPONSE_PROXY_UNREACHABLE &&
           (o->cause == ESP_ERR_MBEDTLS_SSL_WRITE_FAILED ||
            o->cause == ESP_ERR_MBEDTLS_SSL_READ_FAILED);
}

/** On a connection that had been kept, the request is made once more. */
static bool judge_error(const struct outcome *o)
{
    return o->err == ESP_OK || o->sys == ECONNRESET || is_proxys(o);
}

static void arm_eof(unsigned nth)
{
    sim_fail_io(nth, SIM_FAULT_EOF, 0, true);
}

static bool judge_failed(const struct outcome *o)
{
    return o->err != ESP_OK && (o->err != ESP_FAIL || o->cause != ESP_OK || o->sys != 0);
}

static void arm_short(unsigned nth)
{
    sim_fail_io(nth, SIM_FAULT_SHORT, 0, false);
}

static void arm_again(unsigned nth)
{
    sim_fail_io(nth, SIM_FAULT_AGAIN, 0, false);
}

static bool judge_done(const struct outcome *o)
{
    return o->err == ESP_OK;
}

static void arm_never(unsigned nth)
{
    sim_fail_io(nth, SIM_FAULT_AGAIN, 0, true);
}

static void arm_open(unsigned nth)
{
    sim_fail_open(nth, EMFILE);
}

static bool judge_open(const struct outcome *o)
{
    return o->err == ESP_OK || o->sys == EMFILE || o->err == ESP_ERR_NO_MEM || o->cause != ESP_OK;
}

static void arm_option(unsigned nth)
{
    sim_fail_option(nth, ENOPROTOOPT);
}

static bool judge_option(const struct outcome *o)
{
    return o->err == ESP_OK || o->sys == ENOPROTOOPT ||
           (o->sys == SOCKS_RESPONSE_PROXY_UNREACHABLE &&
            o->cause == ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED);
}

static const struct fault {
    const char *name;
    void (*arm)(unsigned nth);
    unsigned (*count)(void);
    bool (*judge)(const struct outcome *o);
    bool is_long;
} faults[] = {
    {"alloc", arm_alloc, sim_alloc_count, judge_alloc, false},
    {"alloc for good", arm_alloc_for_good, sim_alloc_count, judge_alloc, false},
    {"two allocs", arm_alloc_pair, sim_alloc_count, judge_alloc, true},
    {"i/o error", arm_error, sim_io_count, judge_error, false},
    {"i/o end", arm_eof, sim_io_count, judge_failed, false},
    {"i/o short", arm_short, sim_io_count, judge_done, false},
    {"i/o again", arm_again, sim_io_count, judge_done, false},
    {"i/o never again", arm_never, sim_io_count, judge_failed, false},
    {"open", arm_open, sim_open_count, judge_open, false},
    {"option", arm_option, sim_option_count, judge_option, false},
};

static void disarm(void)
{
    sim_fail_alloc(0, false);
    sim_fail_io(0, SIM_FAULT_AGAIN, 0, false);
    sim_fail_open(0, 0);
    sim_fail_option(0, 0);
}

/* --- the runs --------------------------------------------------------------------------------- */

static esp_err_t begin(struct http_case *w, const struct exchange *x)
{
    const esp_http_client_proxy_t through = {
        .kind = x->proxy, .host = PROXY, .port = 3128, .username = "me", .password = "secret"};

    w->cfg.is_async = x->is_async;
    if (x->has_user) {
        w->cfg.username = "me";
        w->cfg.password = "secret";
        w->cfg.auth_type = HTTP_AUTH_TYPE_DIGEST;
    }
    if (x->proxy != 0) {
        sim_name(PROXY, "127.0.0.3", MS(1), 0);
        sim_host("127.0.0.3", 3128, SIM_ACCEPT, MS(5), sim_script_peer, &w->script);
    }
    w->client = esp_http_client_init(&w->cfg);
    if (w->client == NULL) {
        return ESP_ERR_NO_MEM;
    }
    return x->proxy != 0 ? esp_http_client_set_proxy(w->client, &through) : ESP_OK;
}

static struct outcome run(struct http_case *w, const struct exchange *x)
{
    struct outcome o = {.err = begin(w, x)};
    int unused = 0;

    if (o.err == ESP_OK) {
        o.err = x->run(w);
    }
    if (w->client != NULL) {
        o.sys = esp_http_client_get_errno(w->client);
        o.cause = esp_http_client_get_and_clear_last_tls_error(w->client, &unused, NULL);
    }
    return o;
}

/** The same without a fault, on the same handle: it is as good as new. */
static bool goes_on(struct http_case *w, const struct exchange *x)
{
    disarm();
    if (w->client == NULL) {
        return true;
    }
    (void)esp_http_client_close(w->client);
    if (x->has_user) { /* it may answer before it is asked */
        http_play(w, twice, COUNT(twice));
    } else {
        http_play(w, x->lines, x->count);
    }
    if (x->proxy != 0) {
        const esp_http_client_proxy_t through = {
            .kind = x->proxy, .host = PROXY, .port = 3128, .username = "me", .password = "secret"};

        if (esp_http_client_set_proxy(w->client, &through) != ESP_OK) {
            return false;
        }
    }
    return esp_http_client_set_url(w->client, HTTP_URL) == ESP_OK && x->run(w) == ESP_OK;
}

static unsigned bad;

static void complain(const struct exchange *x, const struct fault *fault, unsigned nth,
                     const struct outcome *o, const char *what)
{
    if (++bad <= 50) {
        fprintf(stderr, "%s, %s %u: %s: 0x%x, cause 0x%x, errno %d\n", x->name, fault->name, nth,
                what, (unsigned)o->err, (unsigned)o->cause, o->sys);
    }
}

/** @return true when the fault struck, that is, when there may be a later one */
static bool run_one(const struct exchange *x, const struct fault *fault, unsigned nth, bool by_byte)
{
    void *state = NULL;
    struct http_case *w;
    struct outcome o;
    unsigned before;
    uint64_t took;
    bool has_struck;

    (void)http_setup(&state);
    w = state;
    w->script.byte_us = by_byte ? 50 : 0;
    http_play(w, x->lines, x->count);
    before = fault->count();
    took = plat_clock_us();
    fault->arm(nth);
    o = run(w, x);
    took = plat_clock_us() - took;
    has_struck = fault->count() - before >= nth;
    if (has_struck ? !fault->judge(&o) : o.err != ESP_OK) {
        complain(x, fault, nth, &o, "ended otherwise");
    }
    if (took > MS(30000)) {
        complain(x, fault, nth, &o, "took long");
    }
    if (!goes_on(w, x)) {
        complain(x, fault, nth, &o, "does not go on");
    }
    if (http_teardown(&state) != 0) {
        complain(x, fault, nth, &o, "left something");
    }
    return has_struck;
}

static void torture(const struct fault *fault, bool by_byte)
{
    bad = 0;
    for (size_t i = 0; i < COUNT(exchanges); i++) {
        for (unsigned nth = 1; run_one(&exchanges[i], fault, nth, by_byte); nth++) {
        }
    }
    assert_int_equal(bad, 0);
}

static void test_each_call_may_fail(void **state)
{
    const bool is_long = getenv("ESP_TLS_LONG") != NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        if (!faults[i].is_long || is_long) {
            torture(&faults[i], false);
        }
    }
}

static void test_each_call_may_fail_byte_by_byte(void **state)
{
    (void)state;
    if (getenv("ESP_TLS_LONG") == NULL) {
        return;
    }
    for (size_t i = 0; i < COUNT(faults); i++) {
        torture(&faults[i], true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_may_fail),
        cmocka_unit_test(test_each_call_may_fail_byte_by_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
