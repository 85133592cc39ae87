/* WebSocket's opening handshake: the request, every way in which an answer can be wrong, redirects,
 * what is told to the application, and lengths that fit exactly. */
#include <stdio.h>
#include <stdlib.h>

#include "esp_transport_ssl.h"
#include "ws_handshake.h"
#include "ws_world.h"

#define RIGHT                                                                                      \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: %A\r\n"

/* --- pure parts ------------------------------------------------------------------------------- */

static void test_accept_is_that_of_the_rfc(void **state)
{
    char key[WS_KEY_SIZE];
    char accept[WS_ACCEPT_SIZE];

    (void)state;
    assert_true(et_ws_make_key((const unsigned char *)"the sample nonce", key, accept));
    assert_string_equal(key, "dGhlIHNhbXBsZSBub25jZQ=="); /* RFC 6455 section 1.3 */
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void test_protocol_lists(void **state)
{
    static const struct {
        const char *list;
        bool is_legal;
    } row[] = {
        {"mqtt", true},    {"mqtt, mqttv3.1", true}, {"a,b , c", true}, {"", false},
        {" , ", false},    {"a b", false},           {"a, a", false},   {"a, A", true},
        {"a\r\nb", false}, {"a;q=1", false},         {"\"a\"", false},  {"caf\xC3\xA9", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        if (et_ws_is_protocol_list(row[i].list) != row[i].is_legal) {
            fail_msg("'%s'", row[i].list);
        }
    }
}

/* --- the request ------------------------------------------------------------------------------ */

#define HEAD(host) "Connection: Upgrade\r\nHost: " host "\r\n"
#define AGENT      "User-Agent: ESP32 Websocket Client\r\n"
#define UPGRADE    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "

/** The request, its key taken out. */
static void expect_request(const struct ws_world *w, const char *wanted)
{
    char text[sizeof(w->server.request)];
    char *key;

    snprintf(text, sizeof(text), "%s", w->server.request);
    key = strstr(text, "Sec-WebSocket-Key: ");
    assert_non_null(key);
    key += strlen("Sec-WebSocket-Key: ");
    assert_int_equal(strcspn(key, "\r"), 24);
    memmove(key, key + 24, strlen(key + 24) + 1);
    assert_string_equal(text, wanted);
}

static void test_request_is_as_it_should_be(void **state)
{
    static const struct {
        esp_transport_ws_config_t config;
        const char *sent;
    } row[] = {
        {{0}, "GET / HTTP/1.1\r\n" HEAD("ws.example:80") AGENT UPGRADE "\r\n\r\n"},
        {{.ws_path = "/chat?room=1&x=%20"},
         "GET /chat?room=1&x=%20 HTTP/1.1\r\n" HEAD("ws.example:80") AGENT UPGRADE "\r\n\r\n"},
        {{.sub_protocol = "mqtt, x", .user_agent = "thing/1", .auth = "Basic eDp5"},
         "GET / HTTP/1.1\r\n" HEAD("ws.example:80") "User-Agent: thing/1\r\n" UPGRADE
                                                    "\r\nSec-WebSocket-Protocol: mqtt, "
                                                    "x\r\nAuthorization: Basic eDp5\r\n\r\n"},
        {{.headers = "Origin: http://a\r\nCookie: b=c\r\n"},
         "GET / HTTP/1.1\r\n" HEAD("ws.example:80") AGENT UPGRADE
         "\r\nOrigin: http://a\r\nCookie: b=c\r\n\r\n"},
        {{.sub_protocol = "b",
          .auth = "d",
          .headers =
              "host: z\r\nuser-agent: y\r\nSEC-WEBSOCKET-PROTOCOL: a\r\nauthorization: c\r\n"},
         "GET / HTTP/1.1\r\nConnection: Upgrade\r\n" UPGRADE
         "\r\nhost: z\r\nuser-agent: y\r\nSEC-WEBSOCKET-PROTOCOL: a\r\nauthorization: c\r\n\r\n"},
    };
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(row); i++) {
        assert_int_equal(esp_transport_ws_set_config(w->t, &row[i].config), ESP_OK);
        assert_int_equal(ws_connect_to_server(w), 0);
        expect_request(w, row[i].sent);
        assert_null(strstr(w->server.request, row[i].config.headers == NULL ? "Origin" : "\n\n"));
        ws_again(w);
    }
}

static void test_each_setter_does_what_the_config_does(void **state)
{
    struct ws_world *w = *state;

    esp_transport_ws_set_path(w->t, "/p");
    assert_int_equal(esp_transport_ws_set_subprotocol(w->t, "mqtt"), ESP_OK);
    assert_int_equal(esp_transport_ws_set_user_agent(w->t, "u"), ESP_OK);
    assert_int_equal(esp_transport_ws_set_headers(w->t, "A: b\r\n"), ESP_OK);
    assert_int_equal(esp_transport_ws_set_auth(w->t, "c"), ESP_OK);
    assert_int_equal(ws_connect_to_server(w), 0);
    expect_request(
        w, "GET /p HTTP/1.1\r\n" HEAD("ws.example:80") "User-Agent: u\r\n" UPGRADE
                                                       "\r\nSec-WebSocket-Protocol: "
                                                       "mqtt\r\nAuthorization: c\r\nA: b\r\n\r\n");
    esp_transport_ws_set_path(w->t, NULL);
    assert_int_equal(esp_transport_ws_set_subprotocol(w->t, NULL), ESP_OK);
    assert_int_equal(esp_transport_ws_set_user_agent(w->t, NULL), ESP_OK);
    assert_int_equal(esp_transport_ws_set_headers(w->t, NULL), ESP_OK);
    assert_int_equal(esp_transport_ws_set_auth(w->t, NULL), ESP_OK);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(ws_connect_to_server(w), 0);
    expect_request(w, "GET / HTTP/1.1\r\n" HEAD("ws.example:80") AGENT UPGRADE "\r\n\r\n");
}

/** f31a0f7f611: IPv6 in brackets; the zone is of this machine. */
static void test_host_field_of_addresses(void **state)
{
    static const struct {
        const char *host;
        const char *field;
    } row[] = {
        {"2001:DB8::7", "\r\nHost: [2001:db8::7]:8080\r\n"},
        {"192.0.2.7", "\r\nHost: 192.0.2.7:8080\r\n"},
        {"a.example", "\r\nHost: a.example:8080\r\n"},
    };
    struct ws_world *w = *state;

    sim_name("a.example", "192.0.2.7", 0, 0);
    for (size_t i = 0; i < COUNT(row); i++) {
        sim_host("2001:db8::7", 8080, SIM_ACCEPT, 0, sim_ws_peer, &w->server);
        sim_host("192.0.2.7", 8080, SIM_ACCEPT, 0, sim_ws_peer, &w->server);
        assert_int_equal(esp_transport_connect(w->t, row[i].host, 8080, WS_TIMEOUT), 0);
        assert_non_null(strstr(w->server.request, row[i].field));
        assert_int_equal(esp_transport_close(w->t), 0);
    }
}

static void test_what_would_begin_another_field_is_refused(void **state)
{
    static const char *const hosts[] = {"", "a b", "a\r\nX: y", "a/b", "[::1]", "a:80"};
    static const char *const paths[] = {"",     "x",         "/a b", "/a\r\nX: y",
                                        "/a#b", "http://x/", "/\xE9"};
    static const char *const fields[] = {
        "A: b",
        "A: b\r\n\r\n",
        "A\r\n",
        "A : b\r\n",
        "A: b\r\n c\r\n",
        "Connection: close\r\n",
        "UPGRADE: h2c\r\n",
        "Sec-WebSocket-Key: x\r\n",
        "Sec-WebSocket-Version: 8\r\n",
        "sec-websocket-extensions: permessage-deflate\r\n",
        "Content-Length: 5\r\n",
        "A: b\r\nTransfer-Encoding: chunked\r\n",
    };
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(hosts); i++) {
        assert_int_equal(esp_transport_connect(w->t, hosts[i], 80, WS_TIMEOUT), -1);
        assert_int_equal(ws_error(w), ESP_ERR_INVALID_ARG);
    }
    assert_int_equal(esp_transport_connect(w->t, NULL, 80, WS_TIMEOUT), -1);
    assert_int_equal(esp_transport_connect(w->t, WS_HOST, 0, WS_TIMEOUT), -1);
    assert_int_equal(esp_transport_connect(w->t, WS_HOST, 65536, WS_TIMEOUT), -1);
    for (size_t i = 0; i < COUNT(paths); i++) {
        const esp_transport_ws_config_t config = {.ws_path = paths[i]};

        esp_transport_ws_set_path(w->t, paths[i]);
        assert_int_equal(ws_connect_to_server(w), -1);
        assert_int_equal(ws_error(w), ESP_ERR_INVALID_ARG);
        assert_int_equal(esp_transport_ws_set_config(w->t, &config), ESP_ERR_INVALID_ARG);
    }
    for (size_t i = 0; i < COUNT(fields); i++) {
        assert_int_equal(esp_transport_ws_set_headers(w->t, fields[i]), ESP_ERR_INVALID_ARG);
    }
    assert_int_equal(esp_transport_ws_set_user_agent(w->t, "a\r\nb"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_ws_set_auth(w->t, "a\nb"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_ws_set_subprotocol(w->t, "a\r\nb"), ESP_ERR_INVALID_ARG);
    assert_int_equal(sim_streams_opened(), 0);
    esp_transport_ws_set_path(w->t, "/");
    assert_int_equal(ws_connect_to_server(w), 0); /* none of it was kept */
    assert_null(strstr(w->server.request, "a\nb"));
}

static void test_arguments_are_checked(void **state)
{
    struct ws_world *w = *state;
    const esp_transport_ws_config_t config = {0};
    const esp_transport_ws_policy_t bad = {.ping_interval_ms = -1};
    char buf[4];

    assert_null(esp_transport_ws_init(NULL));
    for (int i = 0; i < 2; i++) {
        esp_transport_handle_t t = i == 0 ? NULL : w->tcp; /* no WebSocket */

        esp_transport_ws_set_path(t, "/");
        assert_int_equal(esp_transport_ws_set_subprotocol(t, "a"), ESP_ERR_INVALID_ARG);
        assert_int_equal(esp_transport_ws_set_user_agent(t, "a"), ESP_ERR_INVALID_ARG);
        assert_int_equal(esp_transport_ws_set_headers(t, "A: b\r\n"), ESP_ERR_INVALID_ARG);
        assert_int_equal(esp_transport_ws_set_auth(t, "a"), ESP_ERR_INVALID_ARG);
        assert_int_equal(esp_transport_ws_set_response_headers(t, buf, 4), ESP_ERR_INVALID_ARG);
        assert_int_equal(esp_transport_ws_set_config(t, &config), ESP_ERR_INVALID_ARG);
        assert_int_equal(esp_transport_ws_set_policy(t, NULL), ESP_ERR_INVALID_ARG);
        assert_int_equal(esp_transport_ws_send_raw(t, TEXT, "a", 1, 0), ESP_ERR_INVALID_ARG);
        assert_false(esp_transport_ws_get_fin_flag(t));
        assert_int_equal(esp_transport_ws_get_read_opcode(t), WS_TRANSPORT_OPCODES_NONE);
        assert_int_equal(esp_transport_ws_get_read_payload_len(t), 0);
        assert_int_equal(esp_transport_ws_get_upgrade_request_status(t), -1);
        assert_null(esp_transport_ws_get_redir_uri(t));
        assert_null(esp_transport_ws_get_subprotocol(t));
        assert_null(esp_transport_ws_get_why(t));
        assert_int_equal(esp_transport_ws_get_close_code(t), -1);
        assert_null(esp_transport_ws_get_close_reason(t));
        assert_int_equal(esp_transport_ws_get_sent_close_code(t), 0);
        assert_int_equal(esp_transport_ws_poll_connection_closed(t, 0), -1);
        assert_int_equal(esp_transport_ws_shutdown(t, 1000, NULL, 0), -1);
    }
    assert_int_equal(esp_transport_ws_set_header_hook(w->t, NULL, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_ws_set_config(w->t, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_ws_set_policy(w->t, &bad), ESP_ERR_INVALID_ARG);
    assert_ptr_equal(esp_transport_get_payload_transport_handle(w->t), w->tcp);
    assert_int_equal(esp_transport_ws_get_upgrade_request_status(w->t), 0);
}

/* --- the answer ------------------------------------------------------------------------------- */

/** Each rule of RFC 6455 section 4.1 for the answer of a server. */
static const struct {
    const char *name;
    const char *answer;
    esp_err_t code; /* ESP_OK: it is right */
} judged[] = {
    {"right", RIGHT "\r\n", ESP_OK},
    {"any case, any order",
     "HTTP/1.1 101 x\r\nsec-websocket-ACCEPT:%A\r\nCONNECTION: keep-alive, uPGRADE\r\n"
     "upgrade: WebSocket\r\n\r\n",
     ESP_OK},
    {"no reason",
     "HTTP/1.1 101\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: %A\r\n\r\n",
     ESP_OK},
    {"two Connection fields", RIGHT "Connection: keep-alive\r\n\r\n", ESP_OK},
    {"interim answers first", "HTTP/1.1 103 Early\r\nSec-WebSocket-Accept: no\r\n\r\n" RIGHT "\r\n",
     ESP_OK},
    {"no extension chosen", RIGHT "Sec-WebSocket-Extensions: \r\n\r\n", ESP_OK},
    {"status 200",
     "HTTP/1.1 200 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: %A\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_NOT_UPGRADED},
    {"status 401", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_NOT_UPGRADED},
    {"status 304", "HTTP/1.1 304 No\r\n\r\n", ESP_ERR_TCP_TRANSPORT_WS_NOT_UPGRADED},
    {"HTTP/1.0",
     "HTTP/1.0 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: %A\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_MALFORMED},
    {"no Upgrade", "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %A\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE},
    {"another Upgrade",
     "HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: %A\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE},
    {"two Upgrades", RIGHT "Upgrade: websocket\r\n\r\n", ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE},
    {"a longer Upgrade",
     "HTTP/1.1 101 x\r\nUpgrade: websockets\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: %A\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE},
    {"no Connection", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %A\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE},
    {"another Connection",
     "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrades, close\r\n"
     "Sec-WebSocket-Accept: %A\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE},
    {"no Accept", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT},
    {"empty Accept",
     "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: \r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT},
    {"wrong Accept",
     "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT},
    {"longer Accept",
     "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: %A=\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT},
    {"Accept twice", RIGHT "Sec-WebSocket-Accept: %A\r\n\r\n", ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT},
    {"two Accepts in one",
     "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: %A, %A\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT},
    {"an extension", RIGHT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_EXTENSION},
    {"a subprotocol that nobody asked for", RIGHT "Sec-WebSocket-Protocol: mqtt\r\n\r\n",
     ESP_ERR_TCP_TRANSPORT_WS_BAD_SUBPROTOCOL},
    {"another protocol", "SSH-2.0-OpenSSH\r\n\r\n", ESP_ERR_TCP_TRANSPORT_WS_MALFORMED},
    {"a request", "GET / HTTP/1.1\r\n\r\n", ESP_ERR_TCP_TRANSPORT_WS_MALFORMED},
    {"no status", "HTTP/1.1 OK\r\n\r\n", ESP_ERR_TCP_TRANSPORT_WS_MALFORMED},
    {"a space before the colon", RIGHT "A : b\r\n\r\n", ESP_ERR_TCP_TRANSPORT_WS_MALFORMED},
    {"a folded field (RFC 9112 section 5.2)", RIGHT "A: b\r\n c\r\n\r\n", ESP_OK},
    {"a control character", RIGHT "A: \1\r\n\r\n", ESP_ERR_TCP_TRANSPORT_WS_MALFORMED},
};

static void test_answer_is_checked(void **state)
{
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(judged) * 2; i++) {
        size_t n = i / 2;
        int ret;

        w->server.byte_us = i % 2 == 0 ? 0 : 10;
        w->server.answer = judged[n].answer;
        ret = ws_connect_to_server(w);
        if (ws_error(w) != judged[n].code) {
            fail_msg("%s: 0x%x", judged[n].name, (unsigned)ws_error(w));
        }
        assert_int_equal(ret, judged[n].code == ESP_OK ? 0 : -1);
        assert_int_equal(esp_transport_ws_get_why(w->t) != NULL, judged[n].code != ESP_OK);
        ws_again(w);
    }
}

/** The original compared as many characters as the server sent. */
static void test_accept_cut_anywhere_is_wrong(void **state)
{
    struct ws_world *w = *state;

    for (size_t len = 0; len <= 28; len++) {
        w->server.accept_cut = len + 1;
        assert_int_equal(ws_connect_to_server(w), len < 28 ? -1 : 0);
        assert_int_equal(ws_error(w), len < 28 ? ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT : ESP_OK);
        ws_again(w);
    }
}

static void test_subprotocol_is_one_of_those_offered(void **state)
{
    static const struct {
        const char *offer;
        const char *among_fields;
        const char *fields; /* of the answer */
        const char *chosen;
        esp_err_t code;
    } row[] = {
        {"mqtt, chat", NULL, "", NULL, ESP_OK}, /* RFC 6455 section 4.1: the server need not */
        {"mqtt, chat", NULL, "Sec-WebSocket-Protocol: chat\r\n", "chat", ESP_OK},
        {"mqtt,chat", NULL, "sec-websocket-protocol:  mqtt \r\n", "mqtt", ESP_OK},
        {NULL, "Sec-WebSocket-Protocol: a, b\r\n", "Sec-WebSocket-Protocol: b\r\n", "b", ESP_OK},
        {"mqtt", NULL, "Sec-WebSocket-Protocol: MQTT\r\n", NULL,
         ESP_ERR_TCP_TRANSPORT_WS_BAD_SUBPROTOCOL},
        {"mqtt", NULL, "Sec-WebSocket-Protocol: mqt\r\n", NULL,
         ESP_ERR_TCP_TRANSPORT_WS_BAD_SUBPROTOCOL},
        {"mqtt, chat", NULL, "Sec-WebSocket-Protocol: mqtt, chat\r\n", NULL,
         ESP_ERR_TCP_TRANSPORT_WS_BAD_SUBPROTOCOL},
        {"mqtt", NULL, "Sec-WebSocket-Protocol: \r\n", NULL,
         ESP_ERR_TCP_TRANSPORT_WS_BAD_SUBPROTOCOL},
        {"mqtt", NULL, "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Protocol: mqtt\r\n", NULL,
         ESP_ERR_TCP_TRANSPORT_WS_BAD_SUBPROTOCOL},
    };
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(row); i++) {
        assert_int_equal(esp_transport_ws_set_subprotocol(w->t, row[i].offer), ESP_OK);
        assert_int_equal(esp_transport_ws_set_headers(w->t, row[i].among_fields), ESP_OK);
        w->server.fields = row[i].fields;
        assert_int_equal(ws_connect_to_server(w), row[i].code == ESP_OK ? 0 : -1);
        assert_int_equal(ws_error(w), row[i].code);
        if (row[i].chosen != NULL) {
            assert_string_equal(esp_transport_ws_get_subprotocol(w->t), row[i].chosen);
        } else {
            assert_null(esp_transport_ws_get_subprotocol(w->t));
        }
        w->server.fields = ""; /* of the next connection it is another's */
        assert_int_equal(ws_connect_to_server(w), 0);
        assert_null(esp_transport_ws_get_subprotocol(w->t));
        ws_again(w);
    }
}

static void test_redirect_is_a_status_and_a_place(void **state)
{
    static const struct {
        int status;
        const char *fields;
        const char *place; /* NULL: it fails */
    } row[] = {
        {301, "Location: wss://b.example/x?y\r\n", "wss://b.example/x?y"},
        {302, "location:   ws://b.example:81/\r\n", "ws://b.example:81/"},
        {303, "Location: https://b.example/\r\n", "https://b.example/"},
        {307, "Location: ../d\r\n", "ws://ws.example:80/a/d"},
        {308, "Location: /d?e\r\n", "ws://ws.example:80/d?e"},
        {308, "Location: //c.example/d\r\n", "ws://c.example/d"},
        {302, "", NULL},
        {302, "Location: \r\n", "ws://ws.example:80/a/b/c"}, /* RFC 3986 section 5.2: the same */
        {302, "Location: ws://b.example/ x\r\n", NULL},
        {302, "Location: ws://[b/\r\n", NULL},
        {302, "Location: ws://a/\r\nLocation: ws://b/\r\n", NULL},
    };
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(row); i++) {
        char text[300];

        snprintf(text, sizeof(text), "HTTP/1.1 %d Moved\r\nContent-Length: 4\r\n%s\r\nbody",
                 row[i].status, row[i].fields);
        w->server.answer = text;
        esp_transport_ws_set_path(w->t, "/a/b/c");
        assert_int_equal(ws_connect_to_server(w), row[i].place != NULL ? row[i].status : -1);
        assert_int_equal(esp_transport_ws_get_upgrade_request_status(w->t), row[i].status);
        if (row[i].place != NULL) {
            assert_int_equal(ws_error(w), ESP_OK);
            assert_string_equal(esp_transport_ws_get_redir_uri(w->t), row[i].place);
        } else {
            assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_BAD_REDIRECT);
            assert_int_equal(esp_transport_get_errno(w->t), 0);
            assert_null(esp_transport_ws_get_redir_uri(w->t));
        }
        assert_int_equal(esp_transport_read(w->t, text, 1, 0), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
        assert_int_equal(esp_transport_close(w->t), 0);
        w->server.answer = NULL; /* 660ca96e23d: nothing of it is left in the next connect */
        assert_int_equal(ws_connect_to_server(w), 0);
        assert_null(esp_transport_ws_get_redir_uri(w->t));
        assert_int_equal(esp_transport_ws_get_upgrade_request_status(w->t), 101);
        ws_again(w);
    }
}

static int redirect_in_steps(struct ws_world *w)
{
    int ret;

    while ((ret = esp_transport_connect_async(w->t, WS_HOST, 80, WS_TIMEOUT)) == 0) {
        esp_tls_wait_t wait;

        assert_int_equal(esp_transport_get_wait(w->t, 0, &wait), ESP_OK);
        assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
    }
    return ret;
}

static void test_redirect_of_an_async_connect(void **state)
{
    struct ws_world *w = *state;

    w->server.answer = "HTTP/1.1 302 x\r\nLocation: /y\r\n\r\n";
    w->server.byte_us = 10;
    assert_int_equal(redirect_in_steps(w), 302);
    assert_string_equal(esp_transport_ws_get_redir_uri(w->t), "ws://ws.example:80/y");
}

/* --- lengths ---------------------------------------------------------------------------------- */

/** An answer whose head has so many bytes. */
static const char *answer_of(char *text, size_t len)
{
    int n = snprintf(text, 2000, "%sLong: ", RIGHT);
    size_t head = (size_t)n - 2 + 28 + 4;

    assert_true(len > head);
    memset(text + n, 'x', len - head);
    memcpy(text + n + (len - head), "\r\n\r\n", 5);
    return text;
}

/** 555cc11a257, 23572e043e3, baed36a33d3. */
static void test_header_that_fits_exactly_and_one_byte_more(void **state)
{
    static char text[2000];
    struct ws_world *w = *state;

    for (int i = 0; i < 6; i++) {
        const size_t len = CONFIG_WS_BUFFER_SIZE - 1 + (size_t)i / 2;

        w->server.answer = answer_of(text, len);
        w->server.byte_us = i % 2 == 0 ? 0 : 1;
        assert_int_equal(ws_connect_to_server(w), len <= CONFIG_WS_BUFFER_SIZE ? 0 : -1);
        assert_int_equal(ws_error(w), len <= CONFIG_WS_BUFFER_SIZE
                                          ? ESP_OK
                                          : ESP_ERR_TCP_TRANSPORT_WS_HEADER_TOO_LONG);
        assert_int_equal(esp_transport_get_errno(w->t), 0);
        ws_again(w);
    }
}

static void test_header_without_end_ends(void **state)
{
    struct ws_world *w = *state;
    static char text[20000];

    memset(text, 'x', sizeof(text) - 1);
    memcpy(text, "HTTP/1.1 101 ", 13);
    w->server.answer = text;
    assert_int_equal(ws_connect_to_server(w), -1);
    assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_HEADER_TOO_LONG);
    assert_int_equal(esp_transport_get_errno(w->t), 0);
}

static void test_request_that_fits_exactly_and_one_byte_more(void **state)
{
    struct ws_world *w = *state;
    char path[CONFIG_WS_BUFFER_SIZE] = "/";
    size_t rest;

    assert_int_equal(ws_connect_to_server(w), 0);
    rest = CONFIG_WS_BUFFER_SIZE - w->server.request_len;
    ws_again(w);
    memset(path + 1, 'x', rest);
    esp_transport_ws_set_path(w->t, path);
    assert_int_equal(ws_connect_to_server(w), 0);
    assert_int_equal(w->server.request_len, CONFIG_WS_BUFFER_SIZE);
    ws_again(w);
    path[1 + rest] = 'x';
    esp_transport_ws_set_path(w->t, path);
    assert_int_equal(ws_connect_to_server(w), -1);
    assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_REQUEST_TOO_LONG);
    assert_int_equal(sim_streams_opened(), 0);
}

/* --- what the application sees ---------------------------------------------------------------- */

static void gather(void *arg, const char *line, int len)
{
    char *text = arg;

    snprintf(text + strlen(text), 300 - strlen(text), "[%.*s]", len, line);
}

static void test_hook_sees_each_line_but_one(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" RIGHT "Set-Cookie: a=b\r\n\r\n",
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"a\"\r\nSet-Cookie: a=b\r\n\r\n",
    };
    static const char *const wanted[] = {
        "[Upgrade: websocket][Connection: Upgrade][Set-Cookie: a=b]",
        "[WWW-Authenticate: Basic realm=\"a\"][Set-Cookie: a=b]",
    };
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(answers); i++) {
        char text[300] = "";

        assert_int_equal(esp_transport_ws_set_header_hook(w->t, gather, text), ESP_OK);
        w->server.answer = answers[i];
        w->server.frames = "\x81\3a\r\n";
        w->server.frames_len = 5;
        assert_int_equal(ws_connect_to_server(w), i == 0 ? 0 : -1);
        assert_string_equal(text, wanted[i]);
        ws_again(w);
    }
}

static void test_response_header_is_stored_as_far_as_it_fits(void **state)
{
    static const char answer[] = "HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n";
    struct ws_world *w = *state;

    for (size_t size = 0; size <= sizeof(answer) + 1; size++) {
        char text[64];

        memset(text, '#', sizeof(text));
        assert_int_equal(esp_transport_ws_set_response_headers(w->t, text, size), ESP_OK);
        w->server.answer = answer;
        assert_int_equal(ws_connect_to_server(w), -1);
        if (size > 0) {
            size_t len = size - 1 < sizeof(answer) - 1 ? size - 1 : sizeof(answer) - 1;

            assert_int_equal(strlen(text), len);
            assert_memory_equal(text, answer, len);
        }
        assert_int_equal(text[size < sizeof(text) ? size : 0], '#');
        ws_again(w);
    }
}

static void test_settings_do_not_change_while_it_connects(void **state)
{
    struct ws_world *w = *state;
    const esp_transport_ws_config_t config = {.ws_path = "/x"};

    assert_int_equal(esp_transport_connect_async(w->t, WS_HOST, 80, WS_TIMEOUT), 0);
    assert_int_equal(esp_transport_ws_set_subprotocol(w->t, "a"), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_transport_ws_set_config(w->t, &config), ESP_ERR_INVALID_STATE);
    esp_transport_ws_set_path(w->t, "/a b"); /* ignored */
    assert_int_equal(redirect_in_steps(w), 1);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(ws_connect_to_server(w), 0);
    assert_int_equal(strncmp(w->server.request, "GET / ", 6), 0);
}

/* --- time, ends, memory ----------------------------------------------------------------------- */

static void test_handshake_has_one_deadline(void **state)
{
    struct ws_world *w = *state;

    w->server.byte_us = MS(100); /* trickled: longer than it may take */
    assert_int_equal(ws_connect_to_server(w), -1);
    assert_int_equal(ws_error(w), ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT);
    assert_int_equal(sim_elapsed_us(), MS(WS_TIMEOUT));
    assert_int_equal(esp_transport_ws_set_auth(w->t, "x"), ESP_OK); /* it is over */
}

static void test_end_after_each_byte_of_the_answer_is_told(void **state)
{
    static const char answer[] = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n";
    struct ws_world *w = *state;

    for (size_t len = 0; len < sizeof(answer) - 1; len++) {
        char text[64];

        snprintf(text, sizeof(text), "%.*s", (int)len, answer);
        w->server.answer = text;
        w->server.ends = true;
        assert_int_equal(ws_connect_to_server(w), -1);
        assert_int_equal(ws_error(w), ESP_ERR_ESP_TLS_TCP_CLOSED_FIN);
        ws_again(w);
    }
}

static void test_parent_that_fails_is_the_cause(void **state)
{
    struct ws_world *w = *state;

    sim_host("127.0.0.3", 80, SIM_REFUSE, 0, NULL, NULL);
    assert_int_equal(ws_connect_to_server(w), -1);
    assert_int_equal(ws_error(w), ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST);
    assert_int_equal(esp_transport_get_errno(w->t), ECONNREFUSED);
}

/** 8a37408fa71: a connect that failed, and another on the same handle. */
static void test_connect_again_after_each_failure(void **state)
{
    static const char *const answers[] = {"HTTP/1.1 404 x\r\n\r\n", "SSH\r\n\r\n",
                                          "HTTP/1.1 302 x\r\nLocation: /\r\n\r\n"};
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(answers) * 2; i++) {
        w->server.answer = answers[i / 2];
        assert_int_not_equal(redirect_in_steps(w), 1);
        if (i % 2 == 0) {
            assert_int_equal(esp_transport_close(w->t), 0);
        }
        w->server.answer = NULL;
        w->server.frames = "\x81\2hi";
        w->server.frames_len = 4;
        assert_int_equal(redirect_in_steps(w), 1);
        ws_expect(w, "hi");
        ws_again(w);
    }
}

static void test_no_random_numbers_no_connection(void **state)
{
    struct ws_world *w = *state;

    sim_fail_random(1);
    assert_int_equal(ws_connect_to_server(w), -1);
    assert_int_equal(ws_error(w), ESP_FAIL);
    assert_int_equal(sim_streams_opened(), 0);
}

static void test_each_allocation_may_fail(void **state)
{
    static const char *const answers[] = {NULL, "HTTP/1.1 302 x\r\nLocation: /y\r\n\r\n",
                                          "HTTP/1.1 401 x\r\nA: b\r\n\r\n"};
    static const int results[] = {0, 302, -1};
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(answers); i++) {
        unsigned failures = 0;

        for (unsigned n = 1;; n++) {
            unsigned asked;
            int ret;

            assert_int_equal(esp_transport_ws_set_subprotocol(w->t, "a, b"), ESP_OK);
            w->server.answer = answers[i];
            w->server.fields = "Sec-WebSocket-Protocol: b\r\n";
            w->server.frames = "\x81\2hi";
            w->server.frames_len = 4;
            asked = sim_alloc_count();
            sim_fail_alloc(n, false);
            ret = ws_connect_to_server(w);
            sim_fail_alloc(0, false);
            if (sim_alloc_count() - asked < n) {
                assert_int_equal(ret, results[i]);
                break;
            }
            assert_int_equal(ret, -1);
            assert_int_equal(ws_error(w), ESP_ERR_NO_MEM);
            failures++;
            ws_again(w);
        }
        assert_true(failures >= 6);
        ws_again(w);
    }
}

static void test_making_and_setting_may_fail(void **state)
{
    struct ws_world *w = *state;
    const esp_transport_ws_config_t config = {.ws_path = "/n",
                                              .sub_protocol = "n",
                                              .user_agent = "n",
                                              .headers = "N: n\r\n",
                                              .auth = "n"};
    const esp_transport_ws_config_t old = {.ws_path = "/old", .user_agent = "old"};

    for (unsigned n = 1; n <= 2; n++) {
        sim_fail_alloc(n, false);
        assert_null(esp_transport_ws_init(w->tcp));
    }
    assert_int_equal(esp_transport_ws_set_config(w->t, &old), ESP_OK);
    for (unsigned n = 1; n <= 5; n++) {
        sim_fail_alloc(n, false);
        assert_int_equal(esp_transport_ws_set_config(w->t, &config), ESP_ERR_NO_MEM);
    }
    sim_fail_alloc(1, false);
    assert_int_equal(esp_transport_ws_set_user_agent(w->t, "n"), ESP_ERR_NO_MEM);
    sim_fail_alloc(0, false);
    assert_int_equal(ws_connect_to_server(w), 0); /* nothing has changed */
    expect_request(w, "GET /old HTTP/1.1\r\n" HEAD("ws.example:80") "User-Agent: old\r\n" UPGRADE
                                                                    "\r\n\r\n");
    assert_int_equal(esp_transport_close(w->t), 0);
    sim_fail_alloc(1, false);
    esp_transport_ws_set_path(w->t, "/n");
    sim_fail_alloc(0, false);
    assert_int_equal(ws_connect_to_server(w), -1); /* rather than ask for another path */
    assert_int_equal(ws_error(w), ESP_ERR_NO_MEM);
}

static void test_destroy_in_each_step_leaves_nothing(void **state)
{
    struct ws_world *w = *state;

    for (unsigned steps = 1;; steps++) {
        int ret = 0;

        w->server.byte_us = 10;
        for (unsigned i = 0; i < steps && ret == 0; i++) {
            esp_tls_wait_t wait;

            ret = esp_transport_connect_async(w->t, WS_HOST, 80, WS_TIMEOUT);
            if (ret == 0) {
                assert_int_equal(esp_transport_get_wait(w->t, 0, &wait), ESP_OK);
                assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
            }
        }
        ws_again(w);
        if (ret != 0) {
            assert_true(steps > 100);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ws_test(test_accept_is_that_of_the_rfc),
        ws_test(test_protocol_lists),
        ws_test(test_request_is_as_it_should_be),
        ws_test(test_each_setter_does_what_the_config_does),
        ws_test(test_host_field_of_addresses),
        ws_test(test_what_would_begin_another_field_is_refused),
        ws_test(test_arguments_are_checked),
        ws_test(test_answer_is_checked),
        ws_test(test_accept_cut_anywhere_is_wrong),
        ws_test(test_subprotocol_is_one_of_those_offered),
        ws_test(test_redirect_is_a_status_and_a_place),
        ws_test(test_redirect_of_an_async_connect),
        ws_test(test_header_that_fits_exactly_and_one_byte_more),
        ws_test(test_header_without_end_ends),
        ws_test(test_request_that_fits_exactly_and_one_byte_more),
        ws_test(test_hook_sees_each_line_but_one),
        ws_test(test_response_header_is_stored_as_far_as_it_fits),
        ws_test(test_settings_do_not_change_while_it_connects),
        ws_test(test_handshake_has_one_deadline),
        ws_test(test_end_after_each_byte_of_the_answer_is_told),
        ws_test(test_parent_that_fails_is_the_cause),
        ws_test(test_connect_again_after_each_failure),
        ws_test(test_no_random_numbers_no_connection),
        ws_test(test_each_allocation_may_fail),
        ws_test(test_making_and_setting_may_fail),
        ws_test(test_destroy_in_each_step_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
