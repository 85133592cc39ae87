/* What follows a response: redirects and challenges, and what may go along. */
#include "esp_transport_tcp.h"
#include "http_case.h"

#define OTHER "http://other.example:8080"

static void serve_others(struct http_case *w)
{
    sim_name("other.example", "127.0.0.2", 0, 0);
    sim_host("127.0.0.2", 0, SIM_ACCEPT, MS(5), sim_script_peer, &w->script);
    sim_host("127.0.0.1", 0, SIM_ACCEPT, MS(5), sim_script_peer, &w->script);
}

/** A redirect, and the response behind it. */
static void play_redirect(struct http_case *w, const char *status, const char *location)
{
    static char answer[400];
    static struct sim_line lines[2];

    answer[0] = '\0';
    strcat(
        strcat(strcat(strcat(strcat(answer, "HTTP/1.1 "), status), " X\r\nLocation: "), location),
        "\r\nContent-Length: 5\r\n\r\nmoved");
    lines[0] = (struct sim_line){0, answer, strlen(answer), SIM_SCRIPT_GO_ON};
    lines[1] = (struct sim_line)HTTP_LINE(HTTP_OK("Content-Length: 4\r\n") "here");
    http_play(w, lines, COUNT(lines));
}

static void test_a_location_is_resolved_against_the_url(void **state)
{
    static const struct {
        const char *location;
        const char *line;
        const char *host;
        unsigned connections;
    } rows[] = {
        {"/a", "GET /a ", "Host: test.example\r\n", 1},
        {"b?c", "GET /b?c ", "Host: test.example\r\n", 1},
        {"?x", "GET /path?x ", "Host: test.example\r\n", 1},
        {"../..", "GET / ", "Host: test.example\r\n", 1},
        {"~a}", "GET /~a%7D ", "Host: test.example\r\n", 1},
        {"a b\t?c d=\xC3\xA4|", "GET /a%20b%09?c%20d=%C3%A4%7C ", "Host: test.example\r\n", 1},
        {"http://test.example/\xE4", "GET /%E4 ", "Host: test.example\r\n", 1},
        {"?to=http://x y/", "GET /path?to=http://x%20y/ ", "Host: test.example\r\n", 1},
        {"http://test.example/c#frag", "GET /c ", "Host: test.example\r\n", 1},
        {"//test.example:81/d", "GET /d ", "Host: test.example:81\r\n", 2},
        {OTHER "/e", "GET /e ", "Host: other.example:8080\r\n", 2},
    };
    struct http_case *w = *state;

    serve_others(w);
    for (int async = 0; async < 2; async++) {
        w->cfg.is_async = async == 1;
        for (size_t i = 0; i < COUNT(rows); i++) {
            play_redirect(w, "302", rows[i].location);
            http_open(w);
            assert_int_equal(http_perform(w), ESP_OK);
            assert_int_equal(esp_http_client_get_status_code(w->client), 200);
            assert_seen(w, rows[i].line);
            assert_seen(w, rows[i].host);
            assert_int_equal(w->script.peer_count, rows[i].connections);
            assert_memory_equal(w->body, "here", 4); /* that of the redirect is nobody's */
            assert_string_equal(w->events,
                                rows[i].connections == 1 ? "CSshhHSshHdF" : "CSshhHDCSshHdF");
        }
    }
}

static void test_methods_and_bodies_follow_rfc_9110(void **state)
{
    static const struct {
        const char *status;
        esp_http_client_method_t method;
        const char *line;
        bool has_body;
    } rows[] = {
        {"301", HTTP_METHOD_POST, "GET /a ", false}, {"302", HTTP_METHOD_POST, "GET /a ", false},
        {"303", HTTP_METHOD_POST, "GET /a ", false}, {"303", HTTP_METHOD_PUT, "GET /a ", false},
        {"301", HTTP_METHOD_PUT, "PUT /a ", true},   {"307", HTTP_METHOD_POST, "POST /a ", true},
        {"308", HTTP_METHOD_POST, "POST /a ", true},
    };
    struct http_case *w = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct sim_line lines[] = {
            {0, "", 0, SIM_SCRIPT_GO_ON},
            {3, w->headers, 0, SIM_SCRIPT_GO_ON},
            {0, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON},
        };
        char answer[100] = "HTTP/1.1 ";
        struct sim_line played[3];

        strcat(strcat(answer, rows[i].status), " X\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n");
        memcpy(played, lines, sizeof(lines));
        played[1].answer = answer;
        played[1].len = strlen(answer);
        http_close(w);
        http_play(w, played, COUNT(played));
        w->cfg.method = rows[i].method;
        http_open(w);
        assert_int_equal(esp_http_client_set_post_field(w->client, "abc", 3), ESP_OK);
        assert_int_equal(http_perform(w), ESP_OK);
        assert_seen(w, rows[i].line);
        assert_int_equal(http_seen(w, "Content-Length: 3"), rows[i].has_body ? 2 : 1);
        assert_int_equal(http_seen(w, "Content-Type"), rows[i].has_body ? 2 : 1);
        http_close(w); /* the script is on our stack */
        http_play(w, NULL, 0);
    }
}

static void test_head_stays_head(void **state)
{
    struct http_case *w = *state;
    static const struct sim_line lines[] = {HTTP_LINE("HTTP/1.1 303 X\r\nLocation: /a\r\n\r\n"),
                                            HTTP_LINE(HTTP_OK("Content-Length: 10\r\n"))};

    w->cfg.method = HTTP_METHOD_HEAD;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "HEAD /a ");
    assert_int_equal(esp_http_client_get_content_length(w->client), 10);
}

static void test_another_origin_gets_no_secrets(void **state)
{
    static const char *const locations[] = {OTHER "/", "http://test.example:81/",
                                            "//test.example:81/x", "http://other.example/"};
    struct http_case *w = *state;
    char *value;

    serve_others(w);
    w->cfg.username = "me";
    w->cfg.password = "secret";
    w->cfg.auth_type = HTTP_AUTH_TYPE_BASIC;
    for (size_t i = 0; i < COUNT(locations); i++) {
        play_redirect(w, "302", locations[i]);
        http_open(w);
        assert_int_equal(esp_http_client_set_header(w->client, "Cookie", "a=b"), ESP_OK);
        assert_int_equal(esp_http_client_set_header(w->client, "X-Mine", "y"), ESP_OK);
        assert_int_equal(http_perform(w), ESP_OK);
        assert_int_equal(http_seen(w, "Authorization: Basic"), 1);
        assert_int_equal(http_seen(w, "Cookie: a=b"), 1);
        assert_int_equal(http_seen(w, "X-Mine: y"), 2);
        assert_int_equal(esp_http_client_get_username(w->client, &value), ESP_OK);
        assert_null(value);
    }
    play_redirect(w, "302", "/same");
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(http_seen(w, "Authorization: Basic bWU6c2VjcmV0\r\n"), 2);
}

static void test_set_url_to_another_origin_drops_secrets(void **state)
{
    static const struct {
        const char *url;
        bool is_kept;
    } rows[] = {{"/other?q", true},
                {"http://test.example/", true},
                {"http://TEST.example:80/", true},
                {"http://test.example:81/", false},
                {"https://test.example/", false},
                {"http://other.example/", false},
                {"http://test.example.other.example/", false}};
    struct http_case *w = *state;

    w->cfg.username = "me";
    w->cfg.password = "secret";
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *value[5];

        http_open(w);
        assert_int_equal(esp_http_client_set_header(w->client, "Authorization", "x"), ESP_OK);
        assert_int_equal(esp_http_client_set_header(w->client, "Cookie", "a=b"), ESP_OK);
        assert_int_equal(esp_http_client_set_header(w->client, "X-Mine", "y"), ESP_OK);
        assert_int_equal(esp_http_client_set_url(w->client, rows[i].url), ESP_OK);
        (void)esp_http_client_get_username(w->client, &value[0]);
        (void)esp_http_client_get_password(w->client, &value[1]);
        (void)esp_http_client_get_header(w->client, "Authorization", &value[2]);
        (void)esp_http_client_get_header(w->client, "Cookie", &value[3]);
        (void)esp_http_client_get_header(w->client, "X-Mine", &value[4]);
        for (size_t v = 0; v < COUNT(value); v++) {
            if ((value[v] != NULL) != (rows[i].is_kept || v == 4)) {
                fail_msg("%s: value %zu is %s", rows[i].url, v,
                         value[v] != NULL ? value[v] : "gone");
            }
        }
    }
}

static void test_a_body_goes_to_another_origin_only_if_allowed(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE(""),
        {3, SIM_TEXT("HTTP/1.1 307 X\r\nLocation: " OTHER "/\r\nContent-Length: 0\r\n\r\n"),
         SIM_SCRIPT_GO_ON},
        HTTP_LINE(""),
        {3, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;

    serve_others(w);
    w->cfg.method = HTTP_METHOD_POST;
    for (int allowed = 0; allowed < 2; allowed++) {
        http_play(w, lines, COUNT(lines));
        http_open(w);
        assert_int_equal(esp_http_client_set_post_field(w->client, "abc", 3), ESP_OK);
        assert_int_equal(esp_http_client_set_redirect_policy(
                             w->client, allowed == 1 ? ESP_HTTP_CLIENT_REDIRECT_BODY : 0),
                         ESP_OK);
        assert_int_equal(http_perform(w), allowed == 1 ? ESP_OK : ESP_ERR_NOT_ALLOWED);
        assert_int_equal(http_seen(w, "\r\n\r\nabc"), allowed == 1 ? 2 : 1);
    }
    assert_int_equal(esp_http_client_set_redirect_policy(w->client, 4), ESP_ERR_INVALID_ARG);
}

static void test_redirects_are_counted(void **state)
{
    static const struct sim_line to =
        HTTP_LINE("HTTP/1.1 302 X\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
    static const struct sim_line end = HTTP_LINE("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n");
    struct http_case *w = *state;
    struct sim_line lines[12];

    for (size_t i = 0; i < COUNT(lines); i++) {
        lines[i] = to;
    }
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_MAX_REDIRECT);
    assert_int_equal(http_seen(w, "GET /again "), 10);
    w->cfg.max_redirection_count = 2;
    lines[2] = end; /* a 404 after the last allowed one is a 404 */
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_get_status_code(w->client), 404);
    http_close(w);
    http_play(w, NULL, 0);
}

static esp_err_t reset_counter(struct http_case *w, esp_http_client_event_t *evt)
{
    (void)w;
    return evt->event_id == HTTP_EVENT_ON_HEADERS_COMPLETE
               ? esp_http_client_reset_redirect_counter(evt->client)
               : ESP_OK;
}

static void test_redirects_are_counted_from_the_reset_on(void **state)
{
    static const struct sim_line to =
        HTTP_LINE("HTTP/1.1 302 X\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
    static const struct sim_line end = HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"));
    const struct sim_line lines[] = {to, to, to, end};
    struct http_case *w = *state;

    w->cfg.max_redirection_count = 1;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_MAX_REDIRECT);
    w->hook = reset_counter;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(http_seen(w, "GET /again "), 3);
    http_close(w);
    http_play(w, NULL, 0);
}

static void test_locations_that_lead_nowhere(void **state)
{
    static const struct {
        const char *location;
        esp_err_t err;
    } rows[] = {
        {"ftp://test.example/", ESP_ERR_HTTP_BAD_LOCATION},
        {"mailto:a@b", ESP_ERR_HTTP_BAD_LOCATION},
        {"javascript:alert(1)", ESP_ERR_HTTP_BAD_LOCATION},
        {"http://a b/", ESP_ERR_HTTP_BAD_LOCATION},
        {"http://\xC3\xA4.example/", ESP_ERR_HTTP_BAD_LOCATION},
        {"http://test.example:99999/", ESP_ERR_HTTP_BAD_LOCATION},
        {"http://nowhere.example/", ESP_ERR_HTTP_CONNECT},
    };
    static const struct sim_line none = HTTP_LINE("HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n");
    struct http_case *w = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        play_redirect(w, "302", rows[i].location);
        http_open(w);
        assert_int_equal(http_perform(w), rows[i].err);
        assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_INIT);
    }
    http_play(w, &none, 1); /* without one it is a result */
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_get_status_code(w->client), 302);
    assert_int_equal(esp_http_client_set_redirection(w->client), ESP_ERR_INVALID_ARG);
}

/** As stores of objects sign them: the line is longer than the buffer that it is sent from. */
static void test_a_long_location_is_followed_with_default_buffers(void **state)
{
    static char answer[2600] = "HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: /file?signature=";
    static struct sim_line lines[2];
    char target[2300] = "GET /file?signature=";
    struct http_case *w = *state;
    size_t head = strlen(answer);
    size_t begin = strlen(target);

    memset(answer + head, 's', 2200);
    strcat(answer, "\r\n\r\n");
    memset(target + begin, 's', sizeof(target) - begin - 80);
    lines[0] = (struct sim_line){0, answer, strlen(answer), SIM_SCRIPT_GO_ON};
    lines[1] = (struct sim_line)HTTP_LINE(HTTP_OK("Content-Length: 4\r\n") "here");
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_get_status_code(w->client), 200);
    assert_seen(w, target);
    assert_seen(w, "sss HTTP/1.1\r\n");
}

static void test_https_does_not_lead_to_http_unless_allowed(void **state)
{
    struct http_case *w = *state;
    esp_transport_handle_t t = esp_transport_tcp_init();

    assert_non_null(t);
    w->cfg.transport = t; /* what counts is the URL's scheme */
    w->cfg.url = "https://test.example:80/";
    for (int allowed = 0; allowed < 2; allowed++) {
        play_redirect(w, "301", "http://test.example/plain");
        http_open(w);
        assert_int_equal(esp_http_client_get_transport_type(w->client), HTTP_TRANSPORT_OVER_SSL);
        assert_int_equal(
            esp_http_client_set_redirect_policy(
                w->client, allowed == 1 ? ESP_HTTP_CLIENT_REDIRECT_INSECURE_DOWNGRADE : 0),
            ESP_OK);
        assert_int_equal(http_perform(w), allowed == 1 ? ESP_OK : ESP_ERR_HTTP_REDIRECT_DOWNGRADE);
        assert_int_equal(http_seen(w, "GET /plain "), allowed);
    }
    http_close(w);
    assert_int_equal(esp_transport_destroy(t), ESP_OK);
}

static esp_err_t follow_by_hand(struct http_case *w, esp_http_client_event_t *evt)
{
    if (evt->event_id == HTTP_EVENT_REDIRECT) {
        switch (w->hook_arg) {
        case 1:
            assert_int_equal(esp_http_client_set_redirection(evt->client), ESP_OK);
            break;
        case 2:
            assert_int_equal(esp_http_client_set_url(evt->client, "/elsewhere"), ESP_OK);
            break;
        default:
            break;
        }
    }
    return ESP_OK;
}

static void test_without_auto_redirect_the_handler_decides(void **state)
{
    static const char *const lines[] = {NULL, "GET /a ", "GET /elsewhere "};
    struct http_case *w = *state;

    w->cfg.disable_auto_redirect = true;
    w->hook = follow_by_hand;
    for (w->hook_arg = 0; w->hook_arg < 3; w->hook_arg++) {
        play_redirect(w, "302", "/a");
        http_open(w);
        assert_int_equal(http_perform(w), ESP_OK);
        assert_int_equal(esp_http_client_get_status_code(w->client), w->hook_arg == 0 ? 302 : 200);
        if (w->hook_arg > 0) {
            assert_seen(w, lines[w->hook_arg]);
        } else {
            assert_memory_equal(w->body, "moved", 5);
        }
        assert_non_null(strchr(w->events, 'R'));
    }
}

static void test_a_long_body_of_a_redirect_is_not_read(void **state)
{
    static char answer[40000] = "HTTP/1.1 302 X\r\nLocation: /a\r\nContent-Length: 39000\r\n\r\n";
    struct http_case *w = *state;
    struct sim_line lines[2] = {{0, answer, 0, SIM_SCRIPT_GO_ON},
                                HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "x")};

    lines[0].len = strlen(answer) + 39000;
    memset(answer + strlen(answer), 'm', 39000);
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(w->script.peer_count, 2);
    http_close(w);
    http_play(w, NULL, 0);
}

/* --- challenges ------------------------------------------------------------------------------- */

#define DENIED(headers) "HTTP/1.1 401 No\r\n" headers "Content-Length: 4\r\n\r\nwho?"
#define DIGEST(more)                                                                               \
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256" more     \
    "\r\n"

static void test_a_challenge_is_answered_once(void **state)
{
    static const struct {
        const char *name;
        struct sim_line lines[3];
        esp_err_t err;
        int status;
        const char *seen; /* NULL: no Authorization at all */
        size_t requests;
    } rows[] = {
        {"basic",
         {HTTP_LINE(DENIED("WWW-Authenticate: Basic realm=\"x\"\r\n")),
          HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"))},
         ESP_OK,
         200,
         "Authorization: Basic bWU6c2VjcmV0\r\n",
         2},
        {"digest is stronger",
         {HTTP_LINE(DENIED("WWW-Authenticate: Basic realm=\"x\"\r\n" DIGEST(""))),
          HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"))},
         ESP_OK,
         200,
         "Authorization: Digest username=\"me\", realm=\"r\", nonce=\"n1\", uri=\"/path?q=1\"",
         2},
        {"refused",
         {HTTP_LINE(DENIED(DIGEST(""))), HTTP_LINE(DENIED(DIGEST("")))},
         ESP_FAIL,
         401,
         "Authorization: Digest ",
         2},
        {"a stale nonce",
         {HTTP_LINE(DENIED(DIGEST(""))),
          HTTP_LINE(DENIED("WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth\", "
                           "stale=true\r\n")),
          HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"))},
         ESP_OK,
         200,
         "nonce=\"n2\"",
         3},
        {"a scheme nobody knows",
         {HTTP_LINE(DENIED("WWW-Authenticate: Negotiate\r\n"))},
         ESP_ERR_NOT_SUPPORTED,
         401,
         NULL,
         1},
        {"no challenge", {HTTP_LINE(DENIED(""))}, ESP_ERR_NOT_SUPPORTED, 401, NULL, 1},
    };
    struct http_case *w = *state;

    w->cfg.username = "me";
    w->cfg.password = "secret";
    for (int async = 0; async < 2; async++) {
        w->cfg.is_async = async == 1;
        for (size_t i = 0; i < COUNT(rows); i++) {
            esp_err_t err;

            http_play(w, rows[i].lines, COUNT(rows[i].lines));
            http_open(w);
            err = http_perform(w);
            if (err != rows[i].err ||
                esp_http_client_get_status_code(w->client) != rows[i].status ||
                http_seen(w, "GET ") != rows[i].requests) {
                fail_msg("%s: %s, %s", rows[i].name, esp_err_to_name(err), w->script.seen);
            }
            if (rows[i].seen != NULL) {
                assert_seen(w, rows[i].seen);
            } else {
                assert_not_seen(w, "Authorization");
            }
        }
    }
}

static void test_without_a_user_a_401_is_a_result(void **state)
{
    static const struct sim_line line = HTTP_LINE(DENIED("WWW-Authenticate: Basic realm=x\r\n"));
    struct http_case *w = *state;

    http_play(w, &line, 1);
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_get_status_code(w->client), 401);
    assert_memory_equal(w->body, "who?", 4);
}

/** Location and status are of one request; a challenge is the origin's, and answered unasked. */
static void test_nothing_of_the_last_answer_is_left(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE("HTTP/1.1 302 X\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"),
        HTTP_LINE(DENIED(DIGEST(""))), HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "x"),
        HTTP_LINE(DENIED(""))};
    struct http_case *w = *state;

    w->cfg.disable_auto_redirect = true;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK); /* 401, and nobody to log in */
    assert_int_equal(esp_http_client_set_redirection(w->client), ESP_ERR_INVALID_ARG);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_set_redirection(w->client), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_status_code(w->client), 200);
    assert_int_equal(esp_http_client_set_username(w->client, "me"), ESP_OK);
    assert_not_seen(w, "Authorization");
    assert_int_equal(http_perform(w), ESP_FAIL);
    assert_seen(w, "Authorization: Digest username=\"me\", realm=\"r\", nonce=\"n1\"");
    assert_int_equal(esp_http_client_prepare(w->client), ESP_OK);
    assert_int_equal(esp_http_client_get_status_code(w->client), -1);
    assert_int_equal(w->script.peer_count, 1);
}

static void test_redirects_are_counted_anew_for_each_request(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE("HTTP/1.1 302 X\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"),
        HTTP_LINE(HTTP_OK("Content-Length: 0\r\n")),
        HTTP_LINE("HTTP/1.1 302 X\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"),
        HTTP_LINE("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"),
        HTTP_LINE("HTTP/1.1 302 X\r\nLocation: /c\r\nContent-Length: 0\r\n\r\n"),
        HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"))};
    struct http_case *w = *state;

    w->cfg.max_redirection_count = 1;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(http_perform(w), ESP_OK);
        assert_int_equal(esp_http_client_get_status_code(w->client), i == 1 ? 404 : 200);
    }
}

static void test_no_retry_is_allowed(void **state)
{
    static const struct sim_line line = HTTP_LINE(DENIED("WWW-Authenticate: Basic realm=x\r\n"));
    struct http_case *w = *state;

    w->cfg.max_authorization_retries = -1;
    w->cfg.username = "me";
    http_play(w, &line, 1);
    http_open(w);
    assert_int_equal(http_perform(w), ESP_FAIL);
    assert_int_equal(http_seen(w, "GET "), 1);
}

static void test_the_user_of_a_url_is_decoded_and_never_sent_in_it(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"))};
    struct http_case *w = *state;
    char *value = NULL;

    w->cfg.url = "http://m%65:s%3Aecret@test.example/";
    w->cfg.auth_type = HTTP_AUTH_TYPE_BASIC;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_get_username(w->client, &value), ESP_OK);
    assert_string_equal(value, "me");
    assert_int_equal(esp_http_client_get_password(w->client, &value), ESP_OK);
    assert_string_equal(value, "s:ecret");
    assert_int_equal(esp_http_client_set_password(w->client, value), ESP_OK); /* its own pointer */
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "GET / HTTP/1.1\r\n");
    assert_seen(w, "Authorization: Basic bWU6czplY3JldA==\r\n");
    assert_seen(w, "Host: test.example\r\n");
}

static void test_each_allocation_may_fail_on_the_way(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE(DENIED(DIGEST(""))),
        HTTP_LINE("HTTP/1.1 302 X\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"),
        HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"))};
    struct http_case *w = *state;
    esp_err_t err = ESP_FAIL;
    unsigned failures = 0;

    w->cfg.username = "me";
    w->cfg.password = "secret";
    for (unsigned n = 1; err != ESP_OK; n++) {
        http_play(w, lines, COUNT(lines));
        http_open(w);
        sim_fail_alloc(n, false);
        err = http_perform(w);
        sim_fail_alloc(0, false);
        failures += err != ESP_OK;
        http_close(w);
    }
    assert_true(failures > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_a_location_is_resolved_against_the_url),
        http_test(test_methods_and_bodies_follow_rfc_9110),
        http_test(test_head_stays_head),
        http_test(test_another_origin_gets_no_secrets),
        http_test(test_set_url_to_another_origin_drops_secrets),
        http_test(test_a_body_goes_to_another_origin_only_if_allowed),
        http_test(test_redirects_are_counted),
        http_test(test_redirects_are_counted_from_the_reset_on),
        http_test(test_locations_that_lead_nowhere),
        http_test(test_a_long_location_is_followed_with_default_buffers),
        http_test(test_https_does_not_lead_to_http_unless_allowed),
        http_test(test_without_auto_redirect_the_handler_decides),
        http_test(test_a_long_body_of_a_redirect_is_not_read),
        http_test(test_a_challenge_is_answered_once),
        http_test(test_without_a_user_a_401_is_a_result),
        http_test(test_nothing_of_the_last_answer_is_left),
        http_test(test_redirects_are_counted_anew_for_each_request),
        http_test(test_no_retry_is_allowed),
        http_test(test_the_user_of_a_url_is_decoded_and_never_sent_in_it),
        http_test(test_each_allocation_may_fail_on_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
