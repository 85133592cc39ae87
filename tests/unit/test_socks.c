/* Tunnels through SOCKS proxies: what is sent, each answer there can be, and each way to fail. */
#include <netdb.h>

#include "esp_transport_socks_proxy.h"
#include "proxy_world.h"

#define PORT PROXY_PORT

static esp_transport_handle_t socks_over(esp_transport_handle_t parent, socks_version_t version,
                                         const char *user, const char *password)
{
    const esp_transport_socks_proxy_config_t config = {version, PROXY, PORT};
    esp_transport_handle_t t = esp_transport_socks_proxy_init(parent, &config);

    assert_non_null(t);
    if (user != NULL) {
        assert_int_equal(esp_transport_socks_proxy_set_auth(t, user, password), ESP_OK);
    }
    return t;
}

/* --- what is sent ----------------------------------------------------------------------------- */

#define NAME_REQUEST5 "\5\1\0\3\16" TARGET "\1\273"
#define OK4           "\0\132\0\0\0\0\0\0"
#define OK5           "\5\0\0\1\0\0\0\0\0\0"

static const struct sim_line name4[] = {SIM_LINE(9, OK4)};
static const struct sim_line user4[] = {SIM_LINE(11, OK4)};
static const struct sim_line name4a[] = {SIM_LINE(24, OK4)};
static const struct sim_line user4a[] = {SIM_LINE(26, OK4)};
static const struct sim_line plain5[] = {SIM_LINE(3, "\5\0"), SIM_LINE(21, OK5)};
static const struct sim_line offer5[] = {SIM_LINE(4, "\5\0"), SIM_LINE(21, OK5)};
static const struct sim_line login5[] = {SIM_LINE(4, "\5\2"), SIM_LINE(9, "\1\0"),
                                         SIM_LINE(21, OK5)};
static const struct sim_line no_password5[] = {SIM_LINE(4, "\5\2"), SIM_LINE(5, "\1\0"),
                                               SIM_LINE(21, OK5)};
static const struct sim_line inet5[] = {SIM_LINE(3, "\5\0"), SIM_LINE(10, OK5)};
static const struct sim_line inet6_5[] = {SIM_LINE(3, "\5\0"), SIM_LINE(22, "\5\0\0\4"
                                                                            "0123456789abcdef"
                                                                            "\1\2")};
static const struct sim_line bound_name5[] = {SIM_LINE(3, "\5\0"), SIM_LINE(21, "\5\0\0\3\22"
                                                                                "out.proxy.example!"
                                                                                "\1\2")};
static const struct sim_line bound_none5[] = {SIM_LINE(3, "\5\0"), SIM_LINE(21, "\5\0\0\3\0\1\2")};

static const struct good {
    const char *name;
    socks_version_t version;
    const char *user;
    const char *password;
    const char *host;
    const struct sim_line *lines;
    size_t count;
    const char *sent;
    size_t sent_len;
} good[] = {
    {"4, name", SOCKS4, NULL, NULL, TARGET, name4, 1, SIM_TEXT("\4\1\1\273\300\0\2\7\0")},
    {"4, address", SOCKS4, NULL, NULL, "192.0.2.7", name4, 1, SIM_TEXT("\4\1\1\273\300\0\2\7\0")},
    {"4, user", SOCKS4, "me", "not sent", TARGET, user4, 1, SIM_TEXT("\4\1\1\273\300\0\2\7me\0")},
    {"4A, name", SOCKS4A, NULL, NULL, TARGET, name4a, 1,
     SIM_TEXT("\4\1\1\273\0\0\0\1\0" TARGET "\0")},
    {"4A, user", SOCKS4A, "me", NULL, TARGET, user4a, 1,
     SIM_TEXT("\4\1\1\273\0\0\0\1me\0" TARGET "\0")},
    {"4A, address", SOCKS4A, NULL, NULL, "192.0.2.7", name4, 1, SIM_TEXT("\4\1\1\273\300\0\2\7\0")},
    {"5, name", SOCKS5, NULL, NULL, TARGET, plain5, 2, SIM_TEXT("\5\1\0" NAME_REQUEST5)},
    {"5, login not asked for", SOCKS5, "me", "pass", TARGET, offer5, 2,
     SIM_TEXT("\5\2\0\2" NAME_REQUEST5)},
    {"5, login", SOCKS5, "me", "pass", TARGET, login5, 3,
     SIM_TEXT("\5\2\0\2"
              "\1\2me\4pass" NAME_REQUEST5)},
    {"5, login without a password", SOCKS5, "me", NULL, TARGET, no_password5, 3,
     SIM_TEXT("\5\2\0\2"
              "\1\2me\0" NAME_REQUEST5)},
    {"5, IPv4", SOCKS5, NULL, NULL, "192.0.2.7", inet5, 2,
     SIM_TEXT("\5\1\0"
              "\5\1\0\1\300\0\2\7\1\273")},
    {"5, IPv6", SOCKS5, NULL, NULL, "2001:db8::7", inet6_5, 2,
     SIM_TEXT("\5\1\0"
              "\5\1\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\7\1\273")},
    {"5, bound to a name", SOCKS5, NULL, NULL, TARGET, bound_name5, 2,
     SIM_TEXT("\5\1\0" NAME_REQUEST5)},
    {"5, bound to an empty name", SOCKS5, NULL, NULL, TARGET, bound_none5, 2,
     SIM_TEXT("\5\1\0" NAME_REQUEST5)},
};

static void begin(struct proxy_world *w, const struct good *row)
{
    proxy_play(w, row->lines, row->count);
    w->t = socks_over(w->tcp, row->version, row->user, row->password);
}

static void assert_sent(const struct proxy_world *w, const struct good *row)
{
    if (w->script.seen_len != row->sent_len ||
        memcmp(w->script.seen, row->sent, row->sent_len) != 0) {
        fail_msg("%s: something else was sent", row->name);
    }
}

static void test_connect_sends_what_the_proxy_needs(void **state)
{
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(good); i++) {
        begin(w, &good[i]);
        if (esp_transport_connect(w->t, good[i].host, 443, TIMEOUT) != 0) {
            fail_msg("%s: 0x%x", good[i].name,
                     (unsigned)esp_transport_get_error_handle(w->t)->last_error);
        }
        assert_sent(w, &good[i]);
        assert_int_equal(sim_lookups(), strcmp(good[i].name, "4, name") == 0 || i == 2 ? 2 : 1);
        echo(w->t);
        assert_int_equal(esp_transport_get_socket(w->t), esp_transport_get_socket(w->tcp));
        assert_int_not_equal(esp_transport_get_socket(w->t), -1);
        assert_int_equal(esp_transport_close(w->t), 0);
        assert_int_equal(esp_transport_get_socket(w->tcp), -1);
        proxy_again(w);
    }
}

static void test_connect_in_pieces_and_steps_is_the_same(void **state)
{
    static const struct {
        uint64_t byte_us;
        size_t max_read;
        size_t max_write;
    } wire[] = {{MS(1), 0, 0}, {0, 1, 1}, {MS(2), 3, 1}};
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(good) * COUNT(wire); i++) {
        const struct good *row = &good[i / COUNT(wire)];

        w->script.byte_us = wire[i % COUNT(wire)].byte_us;
        sim_wire(MS(1), wire[i % COUNT(wire)].max_read, wire[i % COUNT(wire)].max_write, 0);
        begin(w, row);
        assert_int_equal(connect_in_steps(w->t, row->host, 443), 1);
        assert_sent(w, row);
        echo(w->t);
        proxy_again(w);
    }
}

/** Longest user, password and names. */
static void test_connect_with_the_longest_fields(void **state)
{
    static const struct sim_line lines[] = {SIM_LINE(4, "\5\2"), SIM_LINE(513, "\1\0"),
                                            SIM_LINE(262, OK5)};
    static const struct sim_line lines4a[] = {SIM_LINE(520, OK4)};
    struct proxy_world *w = *state;
    char text[257];

    memset(text, 'a', sizeof(text));
    text[256] = '\0';
    w->t = socks_over(w->tcp, SOCKS5, NULL, NULL);
    assert_int_equal(esp_transport_socks_proxy_set_auth(w->t, text, "p"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_socks_proxy_set_auth(w->t, "u", text), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_connect(w->t, text, 443, TIMEOUT), -1);
    assert_error(w->t, ESP_ERR_INVALID_ARG, SOCKS_RESPONSE_TARGET_NOT_FOUND);
    text[255] = '\0';
    assert_int_equal(esp_transport_socks_proxy_set_auth(w->t, text, text), ESP_OK);
    proxy_play(w, lines, 3);
    assert_int_equal(esp_transport_connect(w->t, text, 443, TIMEOUT), 0);
    assert_int_equal(w->script.seen_len, 4 + 513 + 262);
    assert_int_equal(memcmp(w->script.seen + 4 + 2, text, 255), 0);
    assert_int_equal(esp_transport_close(w->t), 0);
    sim_script_rewind(&w->script);
    proxy_play(w, lines4a, 1);
    assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
    w->t = socks_over(w->tcp, SOCKS4A, text, NULL);
    assert_int_equal(esp_transport_connect(w->t, text, 443, TIMEOUT), 0);
    assert_int_equal(memcmp(w->script.seen + 264, text, 256), 0);
}

/** What comes with the answer, in the same segment, is the tunnel's. */
static void test_bytes_behind_the_answer_are_read_from_the_tunnel(void **state)
{
    static const struct sim_line lines4[] = {SIM_LINE(9, OK4 "220 hello\r\n")};
    static const struct sim_line lines5[] = {SIM_LINE(3, "\5\0"), SIM_LINE(21, "\5\0\0\3\1a\1\2"
                                                                               "220 hello\r\n")};
    struct proxy_world *w = *state;

    for (int i = 0; i < 2; i++) {
        char buf[32] = "";

        proxy_play(w, i == 0 ? lines4 : lines5, i == 0 ? 1 : 2);
        w->t = socks_over(w->tcp, i == 0 ? SOCKS4 : SOCKS5, NULL, NULL);
        assert_int_equal(esp_transport_connect(w->t, TARGET, 443, TIMEOUT), 0);
        assert_true(esp_transport_poll_read(w->t, 0) > 0);
        assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 0), 11);
        assert_string_equal(buf, "220 hello\r\n");
        assert_int_equal(esp_transport_poll_read(w->t, 0), 0);
        assert_int_equal(esp_transport_poll_write(w->t, 0), 1);
        proxy_again(w);
    }
}

/* --- what the proxy answers ------------------------------------------------------------------- */

/** What a proxy answers, and what comes of it. */
static const struct {
    const char *name;
    socks_version_t version;
    const char *method; /* SOCKS5: the first answer, 2 bytes */
    const char *second; /* the next one; NULL: none */
    size_t len;
    esp_err_t code;
    int response;
} replies[] = {
    {"4: rejected", SOCKS4, NULL, SIM_TEXT("\0\133\0\0\0\0\0\0"),
     ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED, SOCKS_RESPONSE_REQUEST_REJECTED},
    {"4: no identd", SOCKS4, NULL, SIM_TEXT("\0\134\0\0\0\0\0\0"),
     ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, SOCKS_RESPONSE_NOT_RUNNING_IDENTD},
    {"4: identd differs", SOCKS4, NULL, SIM_TEXT("\0\135\0\0\0\0\0\0"),
     ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, SOCKS_RESPONSE_COULD_NOT_CONFIRM_ID},
    {"4: unknown code", SOCKS4, NULL, SIM_TEXT("\0\136\0\0\0\0\0\0"),
     ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, 0x5e},
    {"4: code 0", SOCKS4, NULL, SIM_TEXT("\0\0\0\0\0\0\0\0"), ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED,
     0},
    {"4: version", SOCKS4, NULL, SIM_TEXT("\4\132\0\0\0\0\0\0"),
     ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, SOCKS_RESPONSE_MALFORMED},
    {"4: HTTP", SOCKS4, NULL, SIM_TEXT("HTTP/1.0 400 Bad Request\r\n"),
     ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, SOCKS_RESPONSE_MALFORMED},
    {"5: a SOCKS4 proxy", SOCKS5, "\0\133", NULL, 0, ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED,
     SOCKS_RESPONSE_MALFORMED},
    {"5: no method", SOCKS5, "\5\377", NULL, 0, ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED,
     SOCKS_RESPONSE_AUTH_REQUIRED},
    {"5: a method that was not offered", SOCKS5, "\5\2", NULL, 0,
     ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, SOCKS_RESPONSE_MALFORMED},
    {"5: GSS-API", SOCKS5, "\5\1", NULL, 0, ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED,
     SOCKS_RESPONSE_MALFORMED},
    {"5: general failure", SOCKS5, "\5", SIM_TEXT("\5\1\0\1"), ESP_ERR_TCP_TRANSPORT_PROXY_FAILED,
     SOCKS5_RESPONSE_GENERAL_FAILURE},
    {"5: not allowed", SOCKS5, "\5", SIM_TEXT("\5\2\0\1"), ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED,
     SOCKS5_RESPONSE_NOT_ALLOWED},
    {"5: network", SOCKS5, "\5", SIM_TEXT("\5\3\0\1"),
     ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE, SOCKS5_RESPONSE_NETWORK_UNREACHABLE},
    {"5: host", SOCKS5, "\5", SIM_TEXT("\5\4\0\1\0\0\0\0\0\0"),
     ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE, SOCKS5_RESPONSE_HOST_UNREACHABLE},
    {"5: refused", SOCKS5, "\5", SIM_TEXT("\5\5\0\1"),
     ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE, SOCKS5_RESPONSE_CONNECTION_REFUSED},
    {"5: TTL", SOCKS5, "\5", SIM_TEXT("\5\6\0\1"), ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE,
     SOCKS5_RESPONSE_TTL_EXPIRED},
    {"5: command", SOCKS5, "\5", SIM_TEXT("\5\7\0\1"), ESP_ERR_TCP_TRANSPORT_PROXY_FAILED,
     SOCKS5_RESPONSE_COMMAND_NOT_SUPPORTED},
    {"5: address type", SOCKS5, "\5", SIM_TEXT("\5\10\0\1"), ESP_ERR_TCP_TRANSPORT_PROXY_FAILED,
     SOCKS5_RESPONSE_ADDRESS_TYPE_NOT_SUPPORTED},
    {"5: first unassigned", SOCKS5, "\5", SIM_TEXT("\5\11\0\1"),
     ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, 0x509},
    {"5: last unassigned", SOCKS5, "\5", SIM_TEXT("\5\377\0\1"),
     ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, 0x5ff},
    {"5: version of the reply", SOCKS5, "\5", SIM_TEXT("\4\0\0\1\0\0\0\0\0\0"),
     ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, SOCKS_RESPONSE_MALFORMED},
    {"5: bound type 0", SOCKS5, "\5", SIM_TEXT("\5\0\0\0"), ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED,
     SOCKS_RESPONSE_MALFORMED},
    {"5: bound type 2", SOCKS5, "\5", SIM_TEXT("\5\0\0\2"), ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED,
     SOCKS_RESPONSE_MALFORMED},
    {"5: bound type 5", SOCKS5, "\5", SIM_TEXT("\5\0\0\5"), ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED,
     SOCKS_RESPONSE_MALFORMED},
};

static void test_each_answer_has_its_code(void **state)
{
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(replies); i++) {
        struct sim_line lines[2] = {{9, replies[i].second, replies[i].len, SIM_SCRIPT_GO_ON},
                                    {0, NULL, 0, SIM_SCRIPT_GO_ON}};

        if (replies[i].version == SOCKS5) {
            lines[0] = (struct sim_line){3, replies[i].method, 2, SIM_SCRIPT_GO_ON};
            lines[1] = (struct sim_line){21, replies[i].second, replies[i].len, SIM_SCRIPT_GO_ON};
        }
        proxy_play(w, lines, replies[i].method != NULL && replies[i].second != NULL ? 2 : 1);
        w->t = socks_over(w->tcp, replies[i].version, NULL, NULL);
        errno = 0;
        assert_int_equal(esp_transport_connect(w->t, TARGET, 443, TIMEOUT), -1);
        if (esp_transport_get_error_handle(w->t)->last_error != replies[i].code) {
            fail_msg("%s: 0x%x", replies[i].name,
                     (unsigned)esp_transport_get_error_handle(w->t)->last_error);
        }
        assert_error(w->t, replies[i].code, replies[i].response);
        assert_true(sim_elapsed_us() < MS(100));
        proxy_again(w);
    }
}

static void test_login_is_refused(void **state)
{
    static const struct {
        const char *answer;
        esp_err_t code;
        int response;
    } row[] = {
        {"\1\1", ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, SOCKS_RESPONSE_AUTH_FAILED},
        {"\1\377", ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, SOCKS_RESPONSE_AUTH_FAILED},
        {"\5\0", ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, SOCKS_RESPONSE_MALFORMED},
    };
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(row); i++) {
        const struct sim_line lines[] = {SIM_LINE(4, "\5\2"),
                                         {9, row[i].answer, 2, SIM_SCRIPT_GO_ON}};

        proxy_play(w, lines, 2);
        w->t = socks_over(w->tcp, SOCKS5, "me", "pass");
        assert_int_equal(esp_transport_connect(w->t, TARGET, 443, TIMEOUT), -1);
        assert_error(w->t, row[i].code, row[i].response);
        proxy_again(w);
    }
}

/** The proxy ends, or stops, after each byte of its answers. */
static void test_end_after_each_byte_is_told_from_silence(void **state)
{
    static const struct {
        enum sim_script_end how;
        esp_err_t code;
        int response;
    } row[] = {
        {SIM_SCRIPT_CLOSE, ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, SOCKS_RESPONSE_PROXY_UNREACHABLE},
        {SIM_SCRIPT_RESET, ESP_FAIL, SOCKS_RESPONSE_PROXY_UNREACHABLE},
        {SIM_SCRIPT_SILENT, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, SOCKS_TIMEOUT},
    };
    struct proxy_world *w = *state;

    for (size_t g = 0; g < COUNT(good); g++) {
        size_t answers = 0;

        for (size_t i = 0; i < good[g].count; i++) {
            answers += good[g].lines[i].len;
        }
        for (size_t i = 0; i < answers * COUNT(row); i++) {
            size_t how = i % COUNT(row);

            w->script.limit = i / COUNT(row) + 1;
            w->script.limit_end = row[how].how;
            begin(w, &good[g]);
            assert_int_equal(esp_transport_connect(w->t, good[g].host, 443, TIMEOUT), -1);
            assert_int_equal(esp_transport_get_errno(w->t), row[how].response);
            if (row[how].how == SIM_SCRIPT_RESET) { /* met by a read or by a write */
                assert_int_equal(esp_transport_get_errno(w->tcp), ECONNRESET);
            } else {
                assert_int_equal(esp_transport_get_error_handle(w->t)->last_error, row[how].code);
            }
            assert_true(row[how].how != SIM_SCRIPT_SILENT || sim_elapsed_us() == MS(TIMEOUT));
            proxy_again(w);
        }
    }
}

/* --- before the talk -------------------------------------------------------------------------- */

static void test_proxy_is_not_reached(void **state)
{
    struct proxy_world *w = *state;

    w->t = socks_over(w->tcp, SOCKS5, NULL, NULL);
    sim_host("127.0.0.2", PORT, SIM_REFUSE, MS(1), NULL, NULL);
    assert_int_equal(esp_transport_connect(w->t, TARGET, 443, TIMEOUT), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, SOCKS_RESPONSE_PROXY_UNREACHABLE);
    sim_host("127.0.0.2", PORT, SIM_BLACK_HOLE, 0, NULL, NULL);
    assert_int_equal(esp_transport_connect(w->t, TARGET, 443, 300), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, SOCKS_RESPONSE_PROXY_UNREACHABLE);
    sim_name(PROXY, NULL, 0, EAI_NONAME);
    assert_int_equal(esp_transport_connect(w->t, TARGET, 443, TIMEOUT), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, SOCKS_RESPONSE_PROXY_UNREACHABLE);
    assert_non_null(esp_transport_get_esp_tls(w->t)); /* its record says more */
}

static void test_targets_that_cannot_be_sent_are_refused_before_any_io(void **state)
{
    static const struct {
        socks_version_t version;
        const char *host;
        int port;
        esp_err_t code;
    } row[] = {
        {SOCKS5, NULL, 443, ESP_ERR_INVALID_ARG},
        {SOCKS5, "", 443, ESP_ERR_INVALID_ARG},
        {SOCKS5, "a b", 443, ESP_ERR_INVALID_ARG},
        {SOCKS5, "a\r\nb", 443, ESP_ERR_INVALID_ARG},
        {SOCKS5, "[::1]", 443, ESP_ERR_INVALID_ARG},
        {SOCKS5, "fe80::1%lo", 443, ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY},
        {SOCKS5, TARGET, 0, ESP_ERR_INVALID_ARG},
        {SOCKS5, TARGET, -1, ESP_ERR_INVALID_ARG},
        {SOCKS5, TARGET, 65536, ESP_ERR_INVALID_ARG},
        {SOCKS4, "::1", 443, ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY},
        {SOCKS4A, "::1", 443, ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY},
    };
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(row); i++) {
        esp_transport_handle_t t = socks_over(w->tcp, row[i].version, NULL, NULL);

        assert_int_equal(esp_transport_connect(t, row[i].host, row[i].port, TIMEOUT), -1);
        assert_error(t, row[i].code, SOCKS_RESPONSE_TARGET_NOT_FOUND);
        assert_int_equal(esp_transport_destroy(t), ESP_OK);
    }
    assert_int_equal(sim_streams_opened(), 0);
    assert_int_equal(sim_lookups(), 0);
}

/** 0.0.0.x in a SOCKS4 request says that a name follows: it is no address there. */
static void test_socks4_does_not_send_the_mark_of_a_name(void **state)
{
    struct proxy_world *w = *state;

    w->t = socks_over(w->tcp, SOCKS4A, NULL, NULL);
    assert_int_equal(esp_transport_connect(w->t, "0.0.0.1", 443, TIMEOUT), -1);
    assert_error(w->t, ESP_ERR_INVALID_ARG, SOCKS_RESPONSE_TARGET_NOT_FOUND);
    assert_int_equal(esp_transport_destroy(w->t), ESP_OK);
    sim_name("zero.example", "0.0.0.9", 0, 0);
    w->t = socks_over(w->tcp, SOCKS4, NULL, NULL);
    assert_int_equal(esp_transport_connect(w->t, "zero.example", 443, TIMEOUT), -1);
    assert_error(w->t, ESP_ERR_INVALID_ARG, SOCKS_RESPONSE_TARGET_NOT_FOUND);
    assert_int_equal(w->script.seen_len, 0);
}

static void test_socks4_look_up_fails(void **state)
{
    struct proxy_world *w = *state;

    w->t = socks_over(w->tcp, SOCKS4, NULL, NULL);
    assert_int_equal(esp_transport_connect(w->t, "nobody.example", 443, TIMEOUT), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, SOCKS_RESPONSE_TARGET_NOT_FOUND);
    sim_name("six.example", "2001:db8::1", MS(3), 0);
    assert_int_equal(esp_transport_connect(w->t, "six.example", 443, TIMEOUT), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, SOCKS_RESPONSE_TARGET_NOT_FOUND);
    sim_name("full.example", NULL, MS(3), EAI_MEMORY);
    assert_int_equal(esp_transport_connect(w->t, "full.example", 443, TIMEOUT), -1);
    assert_error(w->t, ESP_ERR_NO_MEM, ENOMEM);
    sim_name_never("never.example");
    assert_int_equal(connect_in_steps(w->t, "never.example", 443), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, SOCKS_TIMEOUT);
    assert_int_equal(w->script.seen_len, 0);
}

static void end_peer(struct sim_peer *peer, void *arg)
{
    if (arg != NULL) {
        (void)sim_peer_write(peer, "\5", 1);
    }
    sim_peer_close(peer);
}

static void test_socks4_proxy_ends_or_talks_during_the_look_up(void **state)
{
    struct proxy_world *w = *state;

    sim_name_never("never.example");
    w->t = socks_over(w->tcp, SOCKS4, NULL, NULL);
    sim_host("127.0.0.2", PORT, SIM_ACCEPT, MS(5), end_peer, NULL);
    assert_int_equal(connect_in_steps(w->t, "never.example", 443), -1);
    assert_error(w->t, ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, SOCKS_RESPONSE_PROXY_UNREACHABLE);
    sim_host("127.0.0.2", PORT, SIM_ACCEPT, MS(5), end_peer, w);
    assert_int_equal(connect_in_steps(w->t, "never.example", 443), -1);
    assert_error(w->t, ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, SOCKS_RESPONSE_MALFORMED);
}

/* --- states ----------------------------------------------------------------------------------- */

static void test_arguments_are_checked(void **state)
{
    static const struct {
        socks_version_t version;
        const char *address;
        int port;
    } row[] = {
        {(socks_version_t)0, PROXY, PORT},
        {(socks_version_t)6, PROXY, PORT},
        {SOCKS4, NULL, PORT},
        {SOCKS4, "", PORT},
        {SOCKS4, "a/b", PORT},
        {SOCKS4, PROXY, 0},
        {SOCKS4, PROXY, 65536},
    };
    const esp_transport_socks_proxy_config_t legal = {SOCKS5, "::1", 65535};
    struct proxy_world *w = *state;

    errno = 0;
    assert_null(esp_transport_socks_proxy_init(NULL, &legal));
    assert_int_equal(errno, EINVAL);
    assert_null(esp_transport_socks_proxy_init(w->tcp, NULL));
    w->t = esp_transport_socks_proxy_init(w->tcp, &legal);
    assert_non_null(w->t);
    for (size_t i = 0; i < COUNT(row); i++) {
        const esp_transport_socks_proxy_config_t config = {row[i].version, row[i].address,
                                                           row[i].port};

        errno = 0;
        assert_null(esp_transport_socks_proxy_init(w->tcp, &config));
        assert_int_equal(errno, EINVAL);
        assert_int_equal(esp_transport_socks_proxy_set_config(w->t, &config), ESP_ERR_INVALID_ARG);
    }
    assert_int_equal(esp_transport_socks_proxy_set_config(w->t, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_socks_proxy_set_config(w->tcp, &legal), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_socks_proxy_set_config(NULL, &legal), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_socks_proxy_set_auth(w->t, "", NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_socks_proxy_set_auth(w->tcp, "a", NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_socks_proxy_set_auth(NULL, "a", NULL), ESP_ERR_INVALID_ARG);
}

static void test_nothing_goes_through_before_it_is_open(void **state)
{
    struct proxy_world *w = *state;
    char buf[4] = "";

    w->t = socks_over(w->tcp, SOCKS5, NULL, NULL);
    assert_int_equal(esp_transport_read(w->t, buf, 4, -1), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(esp_transport_write(w->t, buf, 4, -1), -1);
    assert_int_equal(esp_transport_poll_read(w->t, -1), -1);
    assert_int_equal(esp_transport_close(w->t), -1);
    proxy_play(w, (const struct sim_line[]){SIM_LINE(3, "\5\377")}, 1);
    assert_int_equal(esp_transport_connect(w->t, TARGET, 443, TIMEOUT), -1);
    assert_int_equal(esp_transport_write(w->t, buf, 4, -1), -1); /* though the parent is open */
    assert_int_equal(esp_transport_get_error_handle(w->t)->last_error,
                     ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED); /* the first cause */
    assert_int_equal(esp_transport_close(w->t), 0);
}

static void test_settings_are_for_the_next_connect(void **state)
{
    const esp_transport_socks_proxy_config_t other = {SOCKS4A, "127.0.0.2", PORT};
    struct proxy_world *w = *state;

    proxy_play(w, plain5, 2);
    w->t = socks_over(w->tcp, SOCKS5, NULL, NULL);
    assert_int_equal(esp_transport_connect_async(w->t, TARGET, 443, TIMEOUT), 0);
    assert_int_equal(esp_transport_socks_proxy_set_config(w->t, &other), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_transport_close(w->t), 0); /* given up */
    assert_int_equal(esp_transport_connect(w->t, TARGET, 443, TIMEOUT), 0);
    assert_int_equal(esp_transport_socks_proxy_set_config(w->t, &other), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_transport_socks_proxy_set_auth(w->t, "a", "b"), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(esp_transport_socks_proxy_set_config(w->t, &other), ESP_OK);
    assert_int_equal(esp_transport_socks_proxy_set_auth(w->t, "you", NULL), ESP_OK);
    assert_int_equal(esp_transport_socks_proxy_set_auth(w->t, "me", NULL), ESP_OK);
    sim_script_rewind(&w->script);
    proxy_play(w, user4a, 1);
    assert_int_equal(esp_transport_connect(w->t, TARGET, 443, TIMEOUT), 0);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(esp_transport_socks_proxy_set_auth(w->t, NULL, "ignored"), ESP_OK);
    sim_script_rewind(&w->script);
    proxy_play(w, name4a, 1);
    assert_int_equal(esp_transport_connect(w->t, TARGET, 443, TIMEOUT), 0);
}

static void test_cancel_in_each_phase(void **state)
{
    static const struct {
        const char *host;
        enum sim_connect what;
    } row[] = {
        {TARGET, SIM_BLACK_HOLE},      /* the parent connects */
        {"never.example", SIM_ACCEPT}, /* look-up */
        {"192.0.2.7", SIM_ACCEPT},     /* the proxy is silent */
    };
    struct proxy_world *w = *state;
    char buf[4];

    sim_name_never("never.example");
    for (size_t i = 0; i < COUNT(row); i++) {
        esp_transport_handle_t t = socks_over(w->tcp, SOCKS4, NULL, NULL);
        uint64_t began = sim_elapsed_us();

        sim_host("127.0.0.2", PORT, row[i].what, 0, NULL, NULL);
        sim_after(MS(100), cancel_now, t);
        assert_int_equal(esp_transport_connect(t, row[i].host, 443, TIMEOUT), -1);
        assert_error(t, esp_transport_get_error_handle(w->tcp)->last_error,
                     SOCKS_RESPONSE_PROXY_UNREACHABLE);
        assert_int_equal(sim_elapsed_us() - began, MS(100));
        assert_int_equal(esp_transport_close(t), 0);
        assert_int_equal(esp_transport_destroy(t), ESP_OK);
    }
    sim_host("127.0.0.2", PORT, SIM_ACCEPT, 0, sim_script_peer, &w->script);
    proxy_play(w, name4, 1);
    w->t = socks_over(w->tcp, SOCKS4, NULL, NULL);
    assert_int_equal(esp_transport_connect(w->t, "192.0.2.7", 443, TIMEOUT), 0);
    sim_after(MS(50), cancel_now, w->t);
    assert_int_equal(esp_transport_read(w->t, buf, 4, -1), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
}

static void test_destroy_in_each_step_leaves_nothing(void **state)
{
    struct proxy_world *w = *state;

    for (size_t g = 0; g < COUNT(good); g++) {
        bool is_open = false;

        for (unsigned steps = 1; !is_open; steps++) {
            begin(w, &good[g]);
            for (unsigned i = 0; i < steps && !is_open; i++) {
                esp_tls_wait_t wait;
                int ret = esp_transport_connect_async(w->t, good[g].host, 443, TIMEOUT);

                assert_true(ret >= 0);
                is_open = ret == 1;
                if (!is_open) {
                    assert_int_equal(esp_transport_get_wait(w->t, 0, &wait), ESP_OK);
                    assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
                }
            }
            proxy_again(w); /* nothing may be left */
        }
    }
}

static void test_each_allocation_may_fail(void **state)
{
    struct proxy_world *w = *state;

    for (size_t g = 0; g < COUNT(good); g++) {
        unsigned failures = 0;
        int ret = -1;

        for (unsigned n = 1; ret != 0; n++) {
            begin(w, &good[g]);
            sim_fail_alloc(n, false);
            ret = esp_transport_connect(w->t, good[g].host, 443, TIMEOUT);
            sim_fail_alloc(0, false);
            if (ret != 0) {
                assert_int_equal(esp_transport_get_error_handle(w->t)->last_error, ESP_ERR_NO_MEM);
                failures++;
            }
            proxy_again(w);
        }
        assert_true(failures >= 2);
    }
}

static void test_making_may_fail(void **state)
{
    const esp_transport_socks_proxy_config_t config = {SOCKS5, PROXY, PORT};
    const esp_transport_socks_proxy_config_t other = {SOCKS4, TARGET, 1};
    struct proxy_world *w = *state;

    for (unsigned n = 1; w->t == NULL; n++) {
        sim_fail_alloc(n, false);
        errno = 0;
        w->t = esp_transport_socks_proxy_init(w->tcp, &config);
        assert_int_equal(w->t == NULL ? ENOMEM : 0, errno);
        assert_true(n <= 4);
    }
    sim_fail_alloc(1, false);
    assert_int_equal(esp_transport_socks_proxy_set_config(w->t, &other), ESP_ERR_NO_MEM);
    assert_int_equal(esp_transport_socks_proxy_set_auth(w->t, "me", "pass"), ESP_OK);
    for (unsigned n = 1; n <= 2; n++) {
        sim_fail_alloc(n, false);
        assert_int_equal(esp_transport_socks_proxy_set_auth(w->t, "x", "y"), ESP_ERR_NO_MEM);
    }
    sim_fail_alloc(0, false);
    proxy_play(w, login5, 3); /* nothing has changed */
    assert_int_equal(esp_transport_connect(w->t, TARGET, 443, TIMEOUT), 0);
}

static void test_an_event_that_cannot_be_had_fails_the_look_up(void **state)
{
    struct proxy_world *w = *state;
    unsigned failures = 0;
    int ret = -1;

    for (unsigned n = 1; ret != 0; n++) {
        proxy_play(w, name4, 1);
        w->t = socks_over(w->tcp, SOCKS4, NULL, NULL);
        sim_fail_open(n, EMFILE);
        ret = esp_transport_connect(w->t, TARGET, 443, TIMEOUT);
        sim_fail_open(0, 0);
        failures += ret != 0;
        assert_true(ret == 0 || esp_transport_get_error_handle(w->t)->last_error != ESP_OK);
        proxy_again(w);
    }
    assert_true(failures >= 2); /* the proxy's socket, the look-up's event */
}

/* --- stacks ----------------------------------------------------------------------------------- */

static const struct sim_line to_test_example[] = {SIM_LINE(3, "\5\0"), SIM_LINE(19, OK5)};

static void test_tls_goes_through_and_checks_the_target(void **state)
{
    struct proxy_world *w = *state;

    for (int i = 0; i < 4; i++) {
        esp_transport_handle_t ssl;

        if (i == 2) {
            sim_wire(MS(1), 7, 11, 0);
        }
        w->script.byte_us = i == 3 ? 200 : 0;
        w->script.tail = sim_tls_peer;
        w->script.tail_arg = &w->c.server;
        proxy_play(w, to_test_example, 2);
        w->t = socks_over(w->tcp, SOCKS5, NULL, NULL);
        ssl = trusting(w->t);
        if (i == 1) {
            esp_transport_ssl_set_common_name(ssl, "other.example");
            assert_int_equal(esp_transport_connect(ssl, "test.example", 443, TIMEOUT), -1);
            assert_int_equal(esp_transport_get_error_handle(ssl)->last_error,
                             ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED);
        } else {
            assert_int_equal(connect_in_steps(ssl, "test.example", 443), 1);
            assert_string_equal(w->c.server.sni, "test.example");
            echo(ssl);
            assert_int_equal(esp_transport_close(ssl), 0);
            assert_int_equal(esp_transport_get_socket(w->tcp), -1);
        }
        assert_int_equal(esp_transport_destroy(ssl), ESP_OK);
        proxy_again(w);
    }
}

static void test_tls_has_the_proxys_cause(void **state)
{
    static const struct sim_line lines[] = {SIM_LINE(3, "\5\0"), SIM_LINE(19, "\5\2\0\1")};
    struct proxy_world *w = *state;
    esp_transport_handle_t ssl;

    proxy_play(w, lines, 2);
    w->t = socks_over(w->tcp, SOCKS5, NULL, NULL);
    ssl = trusting(w->t);
    assert_int_equal(esp_transport_connect(ssl, "test.example", 443, TIMEOUT), -1);
    assert_error(ssl, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED, SOCKS5_RESPONSE_NOT_ALLOWED);
    assert_int_equal(esp_transport_destroy(ssl), ESP_OK);
}

/** A proxy behind a proxy. */
static void test_socks_through_socks(void **state)
{
    static const struct sim_line lines[] = {SIM_LINE(3, "\5\0"), SIM_LINE(20, OK5),
                                            SIM_LINE(24, OK4)};
    struct proxy_world *w = *state;
    esp_transport_handle_t second;

    proxy_play(w, lines, 3);
    w->t = socks_over(w->tcp, SOCKS5, NULL, NULL);
    second = socks_over(w->t, SOCKS4A, NULL, NULL);
    assert_int_equal(connect_in_steps(second, TARGET, 443), 1);
    assert_int_equal(
        memcmp(w->script.seen, "\5\1\0\5\1\0\3\15" PROXY "\4\70\4\1\1\273\0\0\0\1\0" TARGET, 47),
        0);
    echo(second);
    assert_int_equal(esp_transport_close(second), 0);
    assert_int_equal(esp_transport_get_socket(w->tcp), -1);
    assert_int_equal(esp_transport_destroy(second), ESP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        proxy_test(test_connect_sends_what_the_proxy_needs),
        proxy_test(test_connect_in_pieces_and_steps_is_the_same),
        proxy_test(test_connect_with_the_longest_fields),
        proxy_test(test_bytes_behind_the_answer_are_read_from_the_tunnel),
        proxy_test(test_each_answer_has_its_code),
        proxy_test(test_login_is_refused),
        proxy_test(test_end_after_each_byte_is_told_from_silence),
        proxy_test(test_proxy_is_not_reached),
        proxy_test(test_targets_that_cannot_be_sent_are_refused_before_any_io),
        proxy_test(test_socks4_does_not_send_the_mark_of_a_name),
        proxy_test(test_socks4_look_up_fails),
        proxy_test(test_socks4_proxy_ends_or_talks_during_the_look_up),
        proxy_test(test_arguments_are_checked),
        proxy_test(test_nothing_goes_through_before_it_is_open),
        proxy_test(test_settings_are_for_the_next_connect),
        proxy_test(test_cancel_in_each_phase),
        proxy_test(test_destroy_in_each_step_leaves_nothing),
        proxy_test(test_each_allocation_may_fail),
        proxy_test(test_making_may_fail),
        proxy_test(test_an_event_that_cannot_be_had_fails_the_look_up),
        proxy_test(test_tls_goes_through_and_checks_the_target),
        proxy_test(test_tls_has_the_proxys_cause),
        proxy_test(test_socks_through_socks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
