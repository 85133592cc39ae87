/* Tunnels through HTTP proxies: the request, each kind of answer, saying who we are, and what is
 * the tunnel's. */
#include <stdio.h>
#include <stdlib.h>

#include "esp_http_auth.h"
#include "esp_transport_http_proxy.h"
#include "esp_transport_socks_proxy.h"
#include "proxy_world.h"

#define ANSWER(text) SIM_LINE(0, text)
#define LAST_ANSWER(text)                                                                          \
    {                                                                                              \
        0, SIM_TEXT(text), SIM_SCRIPT_CLOSE                                                        \
    }

#define OK      "HTTP/1.1 200 Connection established\r\n\r\n"
#define REQUEST "CONNECT " TARGET ":443 HTTP/1.1\r\nHost: " TARGET ":443\r\n"
#define NEEDED  "HTTP/1.1 407 Proxy Authentication Required\r\n"
#define BASIC   "Proxy-Authenticate: Basic realm=\"proxy\"\r\n"
#define DIGEST  "Proxy-Authenticate: Digest realm=\"proxy\", nonce=\"abc\", qop=\"auth\"\r\n"
#define STALE                                                                                      \
    "Proxy-Authenticate: Digest realm=\"proxy\", nonce=\"def\", qop=\"auth\", stale=true\r\n"
#define NO_BODY  "Content-Length: 0\r\n\r\n"
#define LOGIN    "Proxy-Authorization: "
#define ME_BASIC LOGIN "Basic bWU6cGFzcw==\r\n" /* me:pass */

static esp_transport_http_proxy_config_t config_of(const char *user)
{
    return (esp_transport_http_proxy_config_t){
        .address = PROXY, .port = PROXY_PORT, .user = user, .password = user ? "pass" : NULL};
}

static void make(struct proxy_world *w, const esp_transport_http_proxy_config_t *config)
{
    w->t = esp_transport_http_proxy_init(w->tcp, config);
    assert_non_null(w->t);
}

static void make_for(struct proxy_world *w, const char *user)
{
    const esp_transport_http_proxy_config_t config = config_of(user);

    make(w, &config);
}

static int connect_to_target(struct proxy_world *w)
{
    return esp_transport_connect(w->t, TARGET, 443, TIMEOUT);
}

static unsigned requests(const struct proxy_world *w)
{
    unsigned n = 0;

    for (const char *at = w->script.seen; (at = strstr(at, "CONNECT ")) != NULL; at++) {
        n++;
    }
    return n;
}

/* --- the request ------------------------------------------------------------------------------ */

static const struct sim_line accepted[] = {ANSWER(OK)};

static void test_request_is_as_it_should_be(void **state)
{
    static const struct {
        const char *host;
        int port;
        const char *user;
        const char *agent;
        bool preemptive;
        const char *sent;
    } row[] = {
        {TARGET, 443, NULL, NULL, false, REQUEST "\r\n"},
        {TARGET, 443, "me", NULL, false, REQUEST "\r\n"}, /* nobody asked */
        {TARGET, 443, "me", NULL, true, REQUEST ME_BASIC "\r\n"},
        {TARGET, 443, NULL, NULL, true, REQUEST "\r\n"},
        {TARGET, 443, NULL, "thing/1.0", false, REQUEST "User-Agent: thing/1.0\r\n\r\n"},
        {"192.0.2.7", 1, NULL, NULL, false,
         "CONNECT 192.0.2.7:1 HTTP/1.1\r\nHost: 192.0.2.7:1\r\n\r\n"},
        {"2001:DB8:0::7", 65535, NULL, NULL, false,
         "CONNECT [2001:db8::7]:65535 HTTP/1.1\r\nHost: [2001:db8::7]:65535\r\n\r\n"},
        {"a.example.", 10080, NULL, NULL, false,
         "CONNECT a.example.:10080 HTTP/1.1\r\nHost: a.example.:10080\r\n\r\n"},
    };
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(row); i++) {
        esp_transport_http_proxy_config_t config = config_of(row[i].user);

        config.user_agent = row[i].agent;
        config.preemptive_basic = row[i].preemptive;
        proxy_play(w, accepted, 1);
        make(w, &config);
        assert_int_equal(esp_transport_http_proxy_get_status(w->t), 0);
        assert_int_equal(esp_transport_connect(w->t, row[i].host, row[i].port, TIMEOUT), 0);
        assert_string_equal(w->script.seen, row[i].sent);
        assert_int_equal(esp_transport_http_proxy_get_status(w->t), 200);
        assert_int_equal(sim_lookups(), 1); /* the target's name is the proxy's business */
        echo(w->t);
        assert_int_equal(esp_transport_get_socket(w->t), esp_transport_get_socket(w->tcp));
        assert_int_equal(esp_transport_close(w->t), 0);
        assert_int_equal(esp_transport_get_socket(w->tcp), -1);
        assert_int_equal(esp_transport_close(w->t), -1);
        proxy_again(w);
    }
}

static void test_request_of_the_longest_host(void **state)
{
    struct proxy_world *w = *state;
    char host[257];

    memset(host, 'a', sizeof(host));
    host[256] = '\0';
    proxy_play(w, accepted, 1);
    make_for(w, NULL);
    assert_int_equal(esp_transport_connect(w->t, host, 65535, TIMEOUT), -1);
    assert_error(w->t, ESP_ERR_INVALID_ARG, 0);
    host[255] = '\0';
    assert_int_equal(esp_transport_connect(w->t, host, 65535, TIMEOUT), 0);
    assert_int_equal(strncmp(w->script.seen + 8 + 255, ":65535 HTTP/1.1\r\n", 17), 0);
}

static void test_what_would_begin_another_field_is_refused(void **state)
{
    static const char *const bad[] = {"", "a b", "a\r\nX: y", "a\n", "a/b", "a@b", "[::1]", "a:80"};
    struct proxy_world *w = *state;
    esp_transport_http_proxy_config_t config;

    make_for(w, NULL);
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(esp_transport_connect(w->t, bad[i], 443, TIMEOUT), -1);
        assert_error(w->t, ESP_ERR_INVALID_ARG, 0);
        config = config_of(NULL);
        config.address = bad[i];
        assert_null(esp_transport_http_proxy_init(w->tcp, &config));
    }
    assert_int_equal(esp_transport_connect(w->t, NULL, 443, TIMEOUT), -1);
    assert_int_equal(esp_transport_connect(w->t, TARGET, 0, TIMEOUT), -1);
    assert_int_equal(esp_transport_connect(w->t, TARGET, 65536, TIMEOUT), -1);
    assert_int_equal(esp_transport_connect(w->t, "fe80::1%lo", 443, TIMEOUT), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY, 0);
    config = config_of(NULL);
    config.user_agent = "a\r\nX: y";
    errno = 0;
    assert_null(esp_transport_http_proxy_init(w->tcp, &config));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(esp_transport_http_proxy_set_config(w->t, &config), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_http_proxy_set_auth(w->t, "a\r\nX: y", "b"),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_http_proxy_set_auth(w->t, "a", "b\r\n"), ESP_ERR_INVALID_ARG);
    assert_int_equal(sim_streams_opened(), 0);
}

static void test_arguments_are_checked(void **state)
{
    struct proxy_world *w = *state;
    esp_transport_http_proxy_config_t config = config_of("me");

    assert_null(esp_transport_http_proxy_init(NULL, &config));
    assert_null(esp_transport_http_proxy_init(w->tcp, NULL));
    config.port = 0;
    assert_null(esp_transport_http_proxy_init(w->tcp, &config));
    config.port = 65536;
    assert_null(esp_transport_http_proxy_init(w->tcp, &config));
    config = config_of("");
    assert_null(esp_transport_http_proxy_init(w->tcp, &config));
    config = config_of("a:b");
    config.preemptive_basic = true;
    assert_null(esp_transport_http_proxy_init(w->tcp, &config));
    config = config_of("me");
    config.preemptive_basic = true;
    make(w, &config);
    assert_int_equal(esp_transport_http_proxy_set_auth(w->t, "a:b", "c"), ESP_ERR_INVALID_ARG);
    config.digest_only = true;
    assert_null(esp_transport_http_proxy_init(w->tcp, &config));
    assert_int_equal(esp_transport_http_proxy_set_config(w->t, &config), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_http_proxy_set_config(w->t, NULL), ESP_ERR_INVALID_ARG);
    config = config_of("me");
    assert_int_equal(esp_transport_http_proxy_set_config(w->tcp, &config), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_http_proxy_set_auth(w->tcp, "a", NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_http_proxy_set_auth(NULL, "a", NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_http_proxy_get_status(w->tcp), -1);
    assert_int_equal(esp_transport_http_proxy_get_status(NULL), -1);
}

/* --- what is the tunnel's --------------------------------------------------------------------- */

static const char *const heads[] = {
    OK,
    "HTTP/1.0 200 OK\r\n\r\n",
    "HTTP/1.1 299 \r\nVia: 1.1 a\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 200\r\n\r\n",
    /* RFC 9110 section 9.3.6: these do not count */
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
};

/** However it is cut, not a byte behind the head is lost. */
static void test_bytes_behind_the_head_are_read_from_the_tunnel(void **state)
{
    static const size_t reads[] = {0, 1, 7};
    struct proxy_world *w = *state;
    char greeting[600];

    for (size_t i = 0; i < sizeof(greeting) - 1; i++) {
        greeting[i] = (char)('0' + i % 75);
    }
    greeting[sizeof(greeting) - 1] = '\0';
    for (size_t i = 0; i < COUNT(heads) * COUNT(reads) * 2; i++) {
        static char text[1000];
        struct sim_line line = {0, text, 0, SIM_SCRIPT_GO_ON};
        char got[sizeof(greeting)] = "";
        size_t n = 0;

        line.len = (size_t)snprintf(text, sizeof(text), "%s%s", heads[i % COUNT(heads)], greeting);
        w->script.byte_us = i < COUNT(heads) * COUNT(reads) ? 0 : 10;
        sim_wire(0, reads[i / COUNT(heads) % COUNT(reads)], 0, 0);
        proxy_play(w, &line, 1);
        make_for(w, NULL);
        assert_int_equal(connect_in_steps(w->t, TARGET, 443), 1);
        while (n < sizeof(greeting) - 1) {
            int ret = esp_transport_read(w->t, got + n, n == 0 ? 1 : n % 2 == 0 ? 3 : 500, 1000);

            assert_true(ret > 0);
            n += (size_t)ret;
        }
        assert_string_equal(got, greeting);
        echo(w->t);
        proxy_again(w);
    }
}

/** What the head came in is kept as long as something behind it is. */
static void test_an_open_tunnel_keeps_no_buffer(void **state)
{
    static const struct sim_line with[] = {{0, SIM_TEXT(OK "x"), SIM_SCRIPT_GO_ON}};
    static const struct sim_line without[] = {{0, SIM_TEXT(OK), SIM_SCRIPT_GO_ON}};
    struct proxy_world *w = *state;
    size_t live[2];
    char buf[4];

    proxy_play(w, with, 1);
    make_for(w, NULL);
    assert_int_equal(connect_to_target(w), 0);
    live[0] = sim_alloc_live();
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 0), 1);
    live[1] = sim_alloc_live();
    assert_true(live[1] < live[0]);
    proxy_again(w);
    proxy_play(w, without, 1);
    make_for(w, NULL);
    assert_int_equal(connect_to_target(w), 0);
    assert_int_equal(sim_alloc_live(), live[1]);
}

static void test_bytes_at_hand_count_as_readable(void **state)
{
    static const struct sim_line lines[] = {LAST_ANSWER(OK "220 hello\r\n")};
    struct proxy_world *w = *state;
    esp_tls_wait_t wait;
    char buf[32] = "";

    proxy_play(w, lines, 1);
    make_for(w, NULL);
    assert_int_equal(connect_to_target(w), 0);
    assert_int_equal(esp_transport_poll_read(w->t, 0), 11);
    assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_READ, &wait), ESP_OK);
    assert_int_equal(wait.timeout_ms, 0);
    assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_WRITE, &wait), ESP_OK);
    assert_int_not_equal(wait.timeout_ms, 0);
    assert_int_equal(esp_transport_read(w->t, buf, 0, 0), 0);
    assert_int_equal(esp_transport_read(w->t, buf, 4, 0), 4);
    assert_int_equal(esp_transport_poll_read(w->t, 0), 7);
    assert_int_equal(esp_transport_read(w->t, buf + 4, 28, 0), 7);
    assert_string_equal(buf, "220 hello\r\n");
    assert_int_equal(esp_transport_read(w->t, buf, 4, 1000),
                     ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN); /* after what was there */
}

static void test_bytes_at_hand_go_with_a_close(void **state)
{
    static const struct sim_line lines[] = {ANSWER(OK "old"), ANSWER(OK "new")};
    struct proxy_world *w = *state;
    char buf[8] = "";

    proxy_play(w, lines, 2);
    make_for(w, NULL);
    assert_int_equal(connect_to_target(w), 0);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(esp_transport_poll_read(w->t, 0), -1);
    assert_int_equal(connect_to_target(w), 0);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 0), 3);
    assert_string_equal(buf, "new");
}

/* --- other answers ---------------------------------------------------------------------------- */

static void test_each_status_has_its_code(void **state)
{
    static const struct {
        int status;
        esp_err_t code;
    } row[] = {
        {101, ESP_ERR_TCP_TRANSPORT_PROXY_FAILED},
        {300, ESP_ERR_TCP_TRANSPORT_PROXY_FAILED},
        {302, ESP_ERR_TCP_TRANSPORT_PROXY_FAILED},
        {400, ESP_ERR_TCP_TRANSPORT_PROXY_FAILED},
        {401, ESP_ERR_TCP_TRANSPORT_PROXY_FAILED},
        {403, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED},
        {404, ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_NOT_FOUND},
        {405, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED},
        {407, ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED},
        {451, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED},
        {500, ESP_ERR_TCP_TRANSPORT_PROXY_FAILED},
        {502, ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE},
        {503, ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE},
        {504, ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE},
        {999, ESP_ERR_TCP_TRANSPORT_PROXY_FAILED},
    };
    static const char *const rests[] = {NO_BODY, "Content-Length: 9\r\n\r\nshort",
                                        "Connection: close\r\n\r\n<html>",
                                        "Transfer-Encoding: chunked\r\n\r\nthis is no chunk"};
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(row) * COUNT(rests); i++) {
        struct sim_line line = {0, NULL, 0, SIM_SCRIPT_GO_ON};
        char text[200];

        line.answer = text;
        line.len = (size_t)snprintf(text, sizeof(text), "HTTP/1.1 %d Status\r\n" BASIC "%s",
                                    row[i % COUNT(row)].status, rests[i / COUNT(row)]);
        proxy_play(w, &line, 1);
        make_for(w, NULL);
        assert_int_equal(connect_to_target(w), -1);
        assert_error(w->t, row[i % COUNT(row)].code, 0);
        assert_int_equal(esp_transport_http_proxy_get_status(w->t), row[i % COUNT(row)].status);
        assert_int_equal(w->script.peer_count, 1);
        assert_true(sim_elapsed_us() < MS(100));
        assert_int_equal(esp_transport_connect(w->t, "no host", 443, 1000), -1);
        assert_int_equal(esp_transport_http_proxy_get_status(w->t), 0); /* of no answer */
        proxy_again(w);
    }
}

#define TEN(x) x x x x x x x x x x

static void test_what_is_no_answer_is_malformed(void **state)
{
    static const struct {
        const char *name;
        const char *answer;
    } row[] = {
        {"another protocol", "SSH-2.0-OpenSSH\r\n"},
        {"SOCKS", "\5\377\r\n\r\n"},
        {"TLS", "\25\3\3\2\2\n"},
        {"a request", "GET / HTTP/1.1\r\n\r\n"},
        {"HTTP/2", "HTTP/2 200 OK\r\n\r\n"},
        {"no status", "HTTP/1.1 OK\r\n\r\n"},
        {"status of two digits", "HTTP/1.1 20 OK\r\n\r\n"},
        {"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
        {"a field without a name", "HTTP/1.1 200 OK\r\n: a\r\n\r\n"},
        {"a space before the colon", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"},
        {"a control character", "HTTP/1.1 200 OK\r\nA: \1\r\n\r\n"},
        {"a field of 1030 bytes",
         "HTTP/1.1 200 OK\r\nLong: " TEN(TEN("0123456789")) "1234567890"
                                                            "1234567890"
                                                            "123456\r\n\r\n"},
        {"17 interim answers",
         TEN("HTTP/1.1 100 Continue\r\n\r\n") TEN("HTTP/1.1 100 Continue\r\n\r\n") OK},
    };
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(row); i++) {
        struct sim_line line = {0, row[i].answer, strlen(row[i].answer), SIM_SCRIPT_GO_ON};

        proxy_play(w, &line, 1);
        make_for(w, NULL);
        assert_int_equal(connect_to_target(w), -1);
        if (esp_transport_get_error_handle(w->t)->last_error !=
            ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED) {
            fail_msg("%s: 0x%x", row[i].name,
                     (unsigned)esp_transport_get_error_handle(w->t)->last_error);
        }
        proxy_again(w);
    }
}

/** Sends header fields for ever. */
static void endless_peer(struct sim_peer *peer, void *unused)
{
    bool *is_begun = sim_peer_state(peer, sizeof(*is_begun));
    char buf[64];

    (void)unused;
    while (sim_peer_read(peer, buf, sizeof(buf)) > 0) {
    }
    (void)sim_peer_write(peer, *is_begun ? "Field: value\r\n" : "HTTP/1.1 200 OK\r\nA: b\r\n",
                         *is_begun ? 14 : 23);
    *is_begun = true;
    sim_peer_wake_in(peer, 10);
}

static void test_endless_head_ends(void **state)
{
    struct proxy_world *w = *state;

    sim_host("127.0.0.2", PROXY_PORT, SIM_ACCEPT, 0, endless_peer, NULL);
    make_for(w, NULL);
    assert_int_equal(connect_to_target(w), -1);
    assert_error(w->t, ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, 0);
    assert_true(sim_elapsed_us() < MS(TIMEOUT));
}

static void test_end_after_each_byte_is_told_from_silence(void **state)
{
    static const struct {
        enum sim_script_end how;
        esp_err_t code;
    } row[] = {
        {SIM_SCRIPT_CLOSE, ESP_ERR_ESP_TLS_TCP_CLOSED_FIN},
        {SIM_SCRIPT_RESET, ESP_FAIL},
        {SIM_SCRIPT_SILENT, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT},
    };
    struct proxy_world *w = *state;

    for (size_t i = 0; i < (sizeof(OK) - 1) * COUNT(row); i++) {
        size_t how = i % COUNT(row);

        w->script.limit = i / COUNT(row) + 1;
        w->script.limit_end = row[how].how;
        proxy_play(w, accepted, 1);
        make_for(w, "me");
        assert_int_equal(connect_to_target(w), -1);
        assert_int_equal(w->script.peer_count, 1); /* it is not tried again */
        if (row[how].how == SIM_SCRIPT_RESET) {    /* met by a read or by a write */
            assert_int_equal(esp_transport_get_errno(w->tcp), ECONNRESET);
        } else {
            assert_error(w->t, row[how].code, 0);
        }
        assert_true(row[how].how != SIM_SCRIPT_SILENT || sim_elapsed_us() == MS(TIMEOUT));
        proxy_again(w);
    }
}

static void test_proxy_is_not_reached(void **state)
{
    struct proxy_world *w = *state;

    make_for(w, NULL);
    sim_host("127.0.0.2", PROXY_PORT, SIM_REFUSE, MS(1), NULL, NULL);
    assert_int_equal(connect_to_target(w), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, ECONNREFUSED);
    assert_int_equal(esp_transport_http_proxy_get_status(w->t), 0);
    sim_host("127.0.0.2", PROXY_PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
    assert_int_equal(connect_to_target(w), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, 0);
}

/* --- who we are ------------------------------------------------------------------------------- */

#define KEPT     NEEDED BASIC NO_BODY
#define LONG_TAG TEN(TEN(TEN("<p>is needed here</p>"))) /* 21,000 bytes */

static const struct login {
    const char *name;
    const char *user; /* NULL: me */
    bool preemptive;
    bool digest_only;
    struct sim_line line[4];
    esp_err_t code;
    int status;
    unsigned peers;    /* connections to the proxy */
    unsigned requests; /* in them */
} logins[] = {
    {"on the same connection", .line = {ANSWER(KEPT), ANSWER(OK)}, .status = 200, .peers = 1,
     .requests = 2},
    {"behind a body", .line = {ANSWER(NEEDED BASIC "Content-Length: 6\r\n\r\nneeded"), ANSWER(OK)},
     .status = 200, .peers = 1, .requests = 2},
    {"behind chunks",
     .line = {ANSWER(NEEDED "Transfer-Encoding: chunked\r\n" BASIC
                            "\r\n6\r\nneeded\r\n1;a=b\r\n!\r\n0\r\nTrailer: t\r\n\r\n"),
              ANSWER(OK)},
     .status = 200, .peers = 1, .requests = 2},
    {"HTTP/1.0 that keeps the connection",
     .line = {ANSWER("HTTP/1.0 407 Needed\r\nConnection: keep-alive\r\n" BASIC NO_BODY),
              ANSWER(OK)},
     .status = 200, .peers = 1, .requests = 2},
    {"HTTP/1.0", .line = {LAST_ANSWER("HTTP/1.0 407 Needed\r\n" BASIC NO_BODY), ANSWER(OK)},
     .status = 200, .peers = 2, .requests = 2},
    {"Connection: close",
     .line = {ANSWER(NEEDED BASIC "Connection: close\r\n" NO_BODY), ANSWER(OK)}, .status = 200,
     .peers = 2, .requests = 2},
    {"Proxy-Connection: close",
     .line = {ANSWER(NEEDED BASIC "Proxy-Connection: close\r\n" NO_BODY), ANSWER(OK)},
     .status = 200, .peers = 2, .requests = 2},
    {"a body up to the end", .line = {LAST_ANSWER(NEEDED BASIC "\r\nneeded"), ANSWER(OK)},
     .status = 200, .peers = 2, .requests = 2},
    {"a body that is cut",
     .line = {LAST_ANSWER(NEEDED BASIC "Content-Length: 60\r\n\r\nneeded"), ANSWER(OK)},
     .status = 200, .peers = 2, .requests = 2},
    {"a body that is broken",
     .line = {ANSWER(NEEDED BASIC "Transfer-Encoding: chunked\r\n\r\nneeded"), ANSWER(OK)},
     .status = 200, .peers = 2, .requests = 2},
    {"a body too long to read",
     .line = {ANSWER(NEEDED BASIC "Content-Length: 21000\r\n\r\n" LONG_TAG), ANSWER(OK)},
     .status = 200, .peers = 2, .requests = 2},
    {"more behind the body", .line = {ANSWER(KEPT OK), ANSWER(OK)}, .status = 200, .peers = 2,
     .requests = 2},
    {"said to be kept, and closed", .line = {LAST_ANSWER(KEPT), ANSWER(OK)}, .status = 200,
     .peers = 2, .requests = 2},
    {"closed when the request came",
     .line = {ANSWER(KEPT), {0, "", 0, SIM_SCRIPT_CLOSE}, ANSWER(OK)}, .status = 200, .peers = 2,
     .requests = 3},
    {"reset when the request came",
     .line = {ANSWER(KEPT), {0, "", 0, SIM_SCRIPT_RESET}, ANSWER(OK)}, .status = 200, .peers = 2,
     .requests = 3},
    {"closed again on the new connection",
     .line = {ANSWER(KEPT), {0, "", 0, SIM_SCRIPT_CLOSE}, {0, "", 0, SIM_SCRIPT_CLOSE}},
     .code = ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, .status = 407, .peers = 2, .requests = 3},
    {"closed within the second answer", .line = {ANSWER(KEPT), LAST_ANSWER("HTTP/1.1 2")},
     .code = ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, .status = 407, .peers = 1, .requests = 2},
    {"not accepted", .line = {ANSWER(KEPT), ANSWER(KEPT)},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, .status = 407, .peers = 1, .requests = 2},
    {"accepted, but refused", .line = {ANSWER(KEPT), ANSWER("HTTP/1.1 403 No\r\n\r\n")},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED, .status = 403, .peers = 1, .requests = 2},
    {"a scheme that is not known",
     .line = {ANSWER(NEEDED "Proxy-Authenticate: Negotiate\r\n" NO_BODY)},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED, .status = 407, .peers = 1, .requests = 1},
    {"no challenge", .line = {ANSWER(NEEDED NO_BODY)},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED, .status = 407, .peers = 1, .requests = 1},
    {"no challenge the second time", .line = {ANSWER(KEPT), ANSWER(NEEDED NO_BODY)},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, .status = 407, .peers = 1, .requests = 2},
    {"a challenge of the server's", .line = {ANSWER(NEEDED "WWW-Authenticate: Basic\r\n" NO_BODY)},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED, .status = 407, .peers = 1, .requests = 1},
    {"Basic where only Digest is allowed", .digest_only = true, .line = {ANSWER(KEPT)},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED, .status = 407, .peers = 1, .requests = 1},
    {"a colon in a name for Basic", .user = "a:b", .line = {ANSWER(KEPT)},
     .code = ESP_ERR_INVALID_ARG, .status = 407, .peers = 1, .requests = 1},
    {"preemptive, and not accepted", .preemptive = true, .line = {ANSWER(KEPT)},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, .status = 407, .peers = 1, .requests = 1},
    {"preemptive, and Digest is wanted", .preemptive = true,
     .line = {ANSWER(NEEDED DIGEST NO_BODY), ANSWER(OK)}, .status = 200, .peers = 1, .requests = 2},
    {"Digest", .line = {ANSWER(NEEDED DIGEST NO_BODY), ANSWER(OK)}, .status = 200, .peers = 1,
     .requests = 2},
    {"Digest, the colon does not matter", .user = "a:b", .digest_only = true,
     .line = {ANSWER(NEEDED DIGEST NO_BODY), ANSWER(OK)}, .status = 200, .peers = 1, .requests = 2},
    {"Digest, a nonce too old",
     .line = {ANSWER(NEEDED DIGEST NO_BODY), ANSWER(NEEDED STALE NO_BODY), ANSWER(OK)},
     .status = 200, .peers = 1, .requests = 3},
    {"Digest, every nonce too old",
     .line = {ANSWER(NEEDED DIGEST NO_BODY), ANSWER(NEEDED STALE NO_BODY),
              ANSWER(NEEDED STALE NO_BODY)},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, .status = 407, .peers = 1, .requests = 3},
    {"Digest, not accepted", .line = {ANSWER(NEEDED DIGEST NO_BODY), ANSWER(NEEDED DIGEST NO_BODY)},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, .status = 407, .peers = 1, .requests = 2},
    {"Digest, then Basic is wanted", .line = {ANSWER(NEEDED DIGEST NO_BODY), ANSWER(KEPT)},
     .code = ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, .status = 407, .peers = 1, .requests = 2},
    {"Digest on a new connection",
     .line = {LAST_ANSWER(NEEDED DIGEST NO_BODY), LAST_ANSWER(NEEDED STALE NO_BODY), ANSWER(OK)},
     .status = 200, .peers = 3, .requests = 3},
};

static void begin_login(struct proxy_world *w, const struct login *row)
{
    esp_transport_http_proxy_config_t config = config_of(row->user != NULL ? row->user : "me");
    size_t count = 0;

    config.preemptive_basic = row->preemptive;
    config.digest_only = row->digest_only;
    while (count < COUNT(row->line) && row->line[count].answer != NULL) {
        count++;
    }
    proxy_play(w, row->line, count);
    make(w, &config);
}

static void assert_login(struct proxy_world *w, const struct login *row, int ret)
{
    esp_err_t code = esp_transport_get_error_handle(w->t)->last_error;

    if (ret != (row->code == ESP_OK ? 1 : -1) || code != row->code ||
        esp_transport_http_proxy_get_status(w->t) != row->status ||
        w->script.peer_count != row->peers || requests(w) != row->requests) {
        fail_msg("%s: %d, 0x%x, status %d, %u connections, %u requests", row->name, ret,
                 (unsigned)code, esp_transport_http_proxy_get_status(w->t), w->script.peer_count,
                 requests(w));
    }
    assert_int_equal(sim_streams_open() <= 1, 1);
    if (ret == 1) {
        echo(w->t);
    }
}

static void test_challenges_are_answered(void **state)
{
    static const uint64_t byte_us[] = {0, 5};
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(logins) * COUNT(byte_us); i++) {
        const struct login *row = &logins[i % COUNT(logins)];

        w->script.byte_us = byte_us[i / COUNT(logins)];
        begin_login(w, row);
        if (w->script.byte_us != 0 && strcmp(row->name, "more behind the body") == 0) {
            proxy_again(w); /* what comes later is the next answer */
            continue;
        }
        assert_login(w, row, connect_in_steps(w->t, TARGET, 443));
        proxy_again(w);
    }
}

static void test_answer_is_basic(void **state)
{
    static const struct sim_line lines[] = {ANSWER(KEPT), ANSWER(OK), ANSWER(OK)};
    struct proxy_world *w = *state;

    proxy_play(w, lines, 3);
    make_for(w, NULL);
    assert_int_equal(esp_transport_http_proxy_set_auth(w->t, "you", "x"), ESP_OK);
    assert_int_equal(esp_transport_http_proxy_set_auth(w->t, "me", "pass"), ESP_OK);
    assert_int_equal(connect_to_target(w), 0);
    assert_string_equal(w->script.seen, REQUEST "\r\n" REQUEST ME_BASIC "\r\n");
    assert_int_equal(esp_transport_http_proxy_set_auth(w->t, NULL, NULL), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(connect_to_target(w), 0); /* nobody asked this time */
    assert_string_equal(w->script.seen, REQUEST "\r\n" REQUEST ME_BASIC "\r\n" REQUEST "\r\n");
}

/** The n-th Proxy-Authorization that was sent is right for this challenge. */
static void assert_digest(const struct proxy_world *w, unsigned n, const char *challenge)
{
    const char *at = w->script.seen;
    esp_http_auth_t *auth = esp_http_auth_new(ESP_HTTP_AUTH_DIGEST);
    char cnonce[64] = "";
    char *value;

    for (unsigned i = 0; i < n; i++) {
        at = strstr(at, LOGIN);
        assert_non_null(at);
        at += sizeof(LOGIN) - 1;
    }
    assert_int_equal(sscanf(strstr(at, "cnonce=\""), "cnonce=\"%63[^\"]", cnonce), 1);
    assert_int_equal(esp_http_auth_challenge(auth, challenge), ESP_OK);
    assert_int_equal(
        esp_http_auth_authorize_with(auth, "me", "pass", "CONNECT", TARGET ":443", cnonce, &value),
        ESP_OK);
    assert_int_equal(strncmp(at, value, strlen(value)), 0);
    assert_int_equal(strncmp(at + strlen(value), "\r\n", 2), 0);
    esp_http_auth_free_value(value);
    esp_http_auth_free(auth);
}

static void test_answer_is_digest_where_it_is_offered(void **state)
{
    static const struct sim_line lines[] = {
        ANSWER(NEEDED BASIC DIGEST
               "Proxy-Authenticate: Digest realm=\"b\", nonce=\"xyz\", qop=\"auth\", "
               "algorithm=SHA-256\r\nProxy-Authenticate: Negotiate\r\n" NO_BODY),
        ANSWER(NEEDED STALE NO_BODY), ANSWER(OK)};
    struct proxy_world *w = *state;

    proxy_play(w, lines, 3);
    make_for(w, "me");
    assert_int_equal(connect_to_target(w), 0);
    assert_digest(w, 1, "Digest realm=\"b\", nonce=\"xyz\", qop=\"auth\", algorithm=SHA-256");
    assert_digest(w, 2, "Digest realm=\"proxy\", nonce=\"def\", qop=\"auth\", stale=true");
    assert_null(strstr(w->script.seen, "Basic"));
}

/** The deadline is that of all connections together. */
static void test_deadline_is_of_the_whole_connect(void **state)
{
    struct proxy_world *w = *state;

    w->script.byte_us = MS(10);
    begin_login(w, &logins[7]); /* 88 bytes */
    assert_int_equal(esp_transport_connect(w->t, TARGET, 443, 1200), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, 0);
    assert_int_equal(sim_elapsed_us(), MS(1200));
    assert_int_equal(w->script.peer_count, 2);
}

/* --- states ----------------------------------------------------------------------------------- */

static void test_cancel_at_any_time_ends_it(void **state)
{
    static const unsigned rows[] = {0, 1, 7};
    struct proxy_world *w = *state;

    for (size_t r = 0; r < COUNT(rows); r++) {
        unsigned cancelled = 0;
        int ret = -1;

        for (unsigned ms = 0; ret != 0; ms++) {
            w->script.byte_us = MS(1);
            begin_login(w, &logins[rows[r]]);
            sim_after(MS(ms), cancel_now, w->t);
            ret = connect_to_target(w);
            if (ret != 0) {
                assert_int_equal(ret, -1);
                assert_int_equal(sim_elapsed_us(), MS(ms));
                assert_int_equal(esp_transport_write(w->t, "x", 1, -1), -1);
                cancelled++;
            }
            proxy_again(w);
        }
        assert_true(cancelled > 100);
    }
}

static void test_cancel_of_the_parent_is_not_lost_on_the_way_to_a_new_connection(void **state)
{
    struct proxy_world *w = *state;
    unsigned cancelled = 0;

    for (unsigned ms = 0; ms < 200; ms++) {
        w->script.byte_us = MS(1);
        begin_login(w, &logins[1]);
        sim_after(MS(ms), cancel_now, w->tcp);
        cancelled += connect_to_target(w) != 0;
        assert_true(cancelled == ms + 1 || sim_elapsed_us() < MS(ms) + 1);
        proxy_again(w);
    }
    assert_true(cancelled > 100);
}

static void test_destroy_in_each_step_leaves_nothing(void **state)
{
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(logins); i++) {
        int ret = 0;

        for (unsigned steps = 1; ret == 0; steps++) {
            w->script.byte_us = i % 2 == 0 ? 100 : 0;
            begin_login(w, &logins[i]);
            for (unsigned n = 0; n < steps && ret == 0; n++) {
                esp_tls_wait_t wait;

                ret = esp_transport_connect_async(w->t, TARGET, 443, TIMEOUT);
                if (ret == 0) {
                    assert_int_equal(esp_transport_get_wait(w->t, 0, &wait), ESP_OK);
                    assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
                }
            }
            proxy_again(w);
            steps += steps / 8; /* not each of thousands */
        }
    }
}

static void test_each_allocation_may_fail(void **state)
{
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(logins); i++) {
        unsigned failures = 0;
        unsigned hashes = 0;
        int ret = -1;

        for (unsigned n = 1; ret == -1; n++) {
            unsigned asked;
            esp_err_t err;

            begin_login(w, &logins[i]);
            asked = sim_alloc_count();
            sim_fail_alloc(n, false);
            ret = connect_to_target(w);
            sim_fail_alloc(0, false);
            if (sim_alloc_count() - asked < n) {
                break; /* it did not come to that */
            }
            assert_int_equal(ret, -1);
            err = esp_transport_get_error_handle(w->t)->last_error;
            assert_true(err == ESP_ERR_NO_MEM || err == ESP_FAIL); /* FAIL: a hash had none */
            hashes += err == ESP_FAIL;
            failures++;
            proxy_again(w);
        }
        assert_int_equal(ret == 0, logins[i].code == ESP_OK);
        assert_true(failures - hashes >= 5);
        proxy_again(w);
    }
}

static void test_making_may_fail(void **state)
{
    struct proxy_world *w = *state;
    esp_transport_http_proxy_config_t config = config_of("me");
    esp_transport_http_proxy_config_t other = config_of("you");
    esp_err_t err = ESP_ERR_NO_MEM;

    config.user_agent = "thing/1.0";
    config.preemptive_basic = true;
    other.user_agent = "other";
    for (unsigned n = 1; w->t == NULL; n++) {
        sim_fail_alloc(n, false);
        errno = 0;
        w->t = esp_transport_http_proxy_init(w->tcp, &config);
        assert_int_equal(w->t == NULL ? ENOMEM : 0, errno);
        assert_true(n <= 7);
    }
    for (unsigned n = 1; n <= 4; n++) {
        sim_fail_alloc(n, false);
        assert_int_equal(esp_transport_http_proxy_set_config(w->t, &other), ESP_ERR_NO_MEM);
    }
    for (unsigned n = 1; n <= 2; n++) {
        sim_fail_alloc(n, false);
        assert_int_equal(esp_transport_http_proxy_set_auth(w->t, "x", "y"), ESP_ERR_NO_MEM);
    }
    sim_fail_alloc(0, false);
    proxy_play(w, accepted, 1);
    assert_int_equal(connect_to_target(w), 0); /* nothing has changed */
    assert_string_equal(w->script.seen, REQUEST "User-Agent: thing/1.0\r\n" ME_BASIC "\r\n");
    assert_int_equal(esp_transport_http_proxy_set_config(w->t, &other), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_transport_close(w->t), 0);
    err = esp_transport_http_proxy_set_config(w->t, &other);
    assert_int_equal(err, ESP_OK);
    sim_script_rewind(&w->script);
    assert_int_equal(connect_to_target(w), 0);
    assert_string_equal(w->script.seen, REQUEST "User-Agent: other\r\n\r\n");
}

static void test_random_numbers_that_cannot_be_had_fail_a_digest(void **state)
{
    static const struct sim_line lines[] = {ANSWER(NEEDED DIGEST NO_BODY)};
    struct proxy_world *w = *state;

    proxy_play(w, lines, 1);
    make_for(w, "me");
    sim_fail_random(1);
    assert_int_equal(connect_to_target(w), -1);
    assert_error(w->t, ESP_FAIL, 0);
}

static void test_nothing_goes_through_before_it_is_open(void **state)
{
    static const struct sim_line lines[] = {ANSWER("HTTP/1.1 403 No\r\n\r\nwhy")};
    struct proxy_world *w = *state;
    char buf[4] = "";

    make_for(w, NULL);
    assert_int_equal(esp_transport_read(w->t, buf, 4, -1), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(esp_transport_write(w->t, buf, 4, -1), -1);
    assert_int_equal(esp_transport_poll_read(w->t, -1), -1);
    assert_int_equal(esp_transport_close(w->t), -1);
    proxy_play(w, lines, 1);
    assert_int_equal(connect_to_target(w), -1);
    assert_int_equal(esp_transport_read(w->t, buf, 4, -1), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(esp_transport_write(w->t, buf, 4, -1), -1); /* though the parent is open */
    assert_error(w->t, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED, 0);  /* the first cause */
    assert_int_equal(esp_transport_close(w->t), 0);
}

static void test_a_failure_of_the_tunnel_is_the_parents(void **state)
{
    struct proxy_world *w = *state;
    char buf[4];
    int ret = 1;

    w->script.byte_us = 0;
    proxy_play(w, accepted, 1);
    w->script.tail = sim_reset_peer;
    make_for(w, NULL);
    assert_int_equal(connect_to_target(w), 0);
    while (ret > 0) {
        ret = esp_transport_read(w->t, buf, 4, 1000);
    }
    assert_int_equal(ret, ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(esp_transport_get_errno(w->t), ECONNRESET);
}

/* --- stacks ----------------------------------------------------------------------------------- */

static void test_tls_goes_through_and_checks_the_target(void **state)
{
    static const struct sim_line lines[] = {LAST_ANSWER(NEEDED DIGEST NO_BODY), ANSWER(OK)};
    struct proxy_world *w = *state;

    for (int i = 0; i < 3; i++) {
        esp_transport_handle_t ssl;

        if (i == 1) {
            sim_wire(MS(1), 7, 11, 0);
        }
        w->script.byte_us = i == 2 ? 200 : 0;
        w->script.tail = sim_tls_peer;
        w->script.tail_arg = &w->c.server;
        proxy_play(w, lines, 2);
        make_for(w, "me");
        ssl = trusting(w->t);
        assert_int_equal(connect_in_steps(ssl, "test.example", 443), 1);
        assert_string_equal(w->c.server.sni, "test.example");
        assert_non_null(strstr(w->script.seen, "CONNECT test.example:443 HTTP/1.1\r\n"));
        echo(ssl);
        assert_int_equal(esp_transport_close(ssl), 0);
        assert_int_equal(esp_transport_get_socket(w->tcp), -1);
        assert_int_equal(esp_transport_destroy(ssl), ESP_OK);
        proxy_again(w);
    }
}

static void test_tls_has_the_proxys_cause(void **state)
{
    static const struct sim_line lines[] = {ANSWER("HTTP/1.1 403 No\r\n\r\n")};
    struct proxy_world *w = *state;
    esp_transport_handle_t ssl;

    proxy_play(w, lines, 1);
    make_for(w, NULL);
    ssl = trusting(w->t);
    assert_int_equal(esp_transport_connect(ssl, "test.example", 443, TIMEOUT), -1);
    assert_error(ssl, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED, 0);
    assert_int_equal(esp_transport_http_proxy_get_status(w->t), 403);
    assert_int_equal(esp_transport_destroy(ssl), ESP_OK);
}

/** An HTTP proxy behind a SOCKS proxy, to which a new connection is made. */
static void test_http_through_socks(void **state)
{
    static const struct sim_line lines[] = {
        SIM_LINE(3, "\5\0"), SIM_LINE(20, "\5\0\0\1\0\0\0\0\0\0"), LAST_ANSWER(KEPT),
        SIM_LINE(3, "\5\0"), SIM_LINE(20, "\5\0\0\1\0\0\0\0\0\0"), ANSWER(OK "hi")};
    const esp_transport_socks_proxy_config_t socks = {SOCKS5, PROXY, PROXY_PORT};
    struct proxy_world *w = *state;
    const esp_transport_http_proxy_config_t config = config_of("me");
    esp_transport_handle_t http;
    char buf[8] = "";

    proxy_play(w, lines, COUNT(lines));
    w->t = esp_transport_socks_proxy_init(w->tcp, &socks);
    http = esp_transport_http_proxy_init(w->t, &config);
    assert_int_equal(connect_in_steps(http, TARGET, 443), 1);
    assert_int_equal(w->script.peer_count, 2);
    assert_int_equal(esp_transport_read(http, buf, 8, 1000), 2);
    assert_string_equal(buf, "hi");
    echo(http);
    assert_int_equal(esp_transport_close(http), 0);
    assert_int_equal(esp_transport_destroy(http), ESP_OK);
}

/* A transport of the application's cannot be connected twice: it is closed first. */

static unsigned opened;
static unsigned closed;

static int own_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    assert_int_equal(opened, closed);
    opened++;
    return esp_transport_connect(esp_transport_get_context_data(t), host, port, timeout_ms);
}

static int own_read(esp_transport_handle_t t, char *buffer, int len, int timeout_ms)
{
    return esp_transport_read(esp_transport_get_context_data(t), buffer, len, timeout_ms);
}

static int own_write(esp_transport_handle_t t, const char *buffer, int len, int timeout_ms)
{
    return esp_transport_write(esp_transport_get_context_data(t), buffer, len, timeout_ms);
}

static int own_close(esp_transport_handle_t t)
{
    closed++;
    return esp_transport_close(esp_transport_get_context_data(t));
}

static void test_a_parent_of_the_applications_is_closed_before_it_connects_again(void **state)
{
    static const struct sim_line lines[] = {LAST_ANSWER(KEPT), ANSWER(OK)};
    struct proxy_world *w = *state;
    const esp_transport_http_proxy_config_t config = config_of("me");
    esp_transport_handle_t own = esp_transport_init();

    opened = closed = 0;
    assert_int_equal(esp_transport_set_context_data(own, w->tcp), ESP_OK);
    assert_int_equal(
        esp_transport_set_func(own, own_connect, own_read, own_write, own_close, NULL, NULL, NULL),
        ESP_OK);
    proxy_play(w, lines, 2);
    w->t = esp_transport_http_proxy_init(own, &config);
    assert_int_equal(connect_to_target(w), 0);
    assert_int_equal(opened, 2);
    assert_int_equal(closed, 1);
    echo(w->t);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(closed, 2);
    assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
    assert_int_equal(esp_transport_destroy(own), ESP_OK);
    w->t = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        proxy_test(test_request_is_as_it_should_be),
        proxy_test(test_request_of_the_longest_host),
        proxy_test(test_what_would_begin_another_field_is_refused),
        proxy_test(test_arguments_are_checked),
        proxy_test(test_bytes_behind_the_head_are_read_from_the_tunnel),
        proxy_test(test_an_open_tunnel_keeps_no_buffer),
        proxy_test(test_bytes_at_hand_count_as_readable),
        proxy_test(test_bytes_at_hand_go_with_a_close),
        proxy_test(test_each_status_has_its_code),
        proxy_test(test_what_is_no_answer_is_malformed),
        proxy_test(test_endless_head_ends),
        proxy_test(test_end_after_each_byte_is_told_from_silence),
        proxy_test(test_proxy_is_not_reached),
        proxy_test(test_challenges_are_answered),
        proxy_test(test_answer_is_basic),
        proxy_test(test_answer_is_digest_where_it_is_offered),
        proxy_test(test_deadline_is_of_the_whole_connect),
        proxy_test(test_cancel_at_any_time_ends_it),
        proxy_test(test_cancel_of_the_parent_is_not_lost_on_the_way_to_a_new_connection),
        proxy_test(test_destroy_in_each_step_leaves_nothing),
        proxy_test(test_each_allocation_may_fail),
        proxy_test(test_making_may_fail),
        proxy_test(test_random_numbers_that_cannot_be_had_fail_a_digest),
        proxy_test(test_nothing_goes_through_before_it_is_open),
        proxy_test(test_a_failure_of_the_tunnel_is_the_parents),
        proxy_test(test_tls_goes_through_and_checks_the_target),
        proxy_test(test_tls_has_the_proxys_cause),
        proxy_test(test_http_through_socks),
        proxy_test(test_a_parent_of_the_applications_is_closed_before_it_connects_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
