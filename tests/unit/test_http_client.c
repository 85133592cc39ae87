/* One exchange: what is sent, what is told, what fails and how. */
#include "esp_http_client_diagnosis.h"
#include "plat_lock.h"
#include "esp_transport_tcp.h"
#include "http_case.h"
#include "plat_lock.h"

#define GET_REQUEST                                                                                \
    "GET /path?q=1 HTTP/1.1\r\nUser-Agent: ESP32 HTTP Client/1.0\r\nHost: test.example\r\n\r\n"

static void test_a_get_is_one_request_and_its_events_come_in_order(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE(HTTP_OK("Content-Length: 5\r\nX-A: b\r\n") "hello")};
    struct http_case *w = *state;

    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_INIT);
    assert_int_equal(esp_http_client_get_status_code(w->client), -1);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_string_equal(w->script.seen, GET_REQUEST);
    assert_string_equal(w->events, "CSshhHdF");
    assert_int_equal(w->body_len, 5);
    assert_memory_equal(w->body, "hello", 5);
    assert_string_equal(w->headers, "Content-Length: 5\nX-A: b\n");
    assert_int_equal(esp_http_client_get_status_code(w->client), 200);
    assert_int_equal(esp_http_client_get_content_length(w->client), 5);
    assert_false(esp_http_client_is_chunked_response(w->client));
    assert_true(esp_http_client_is_complete_data_received(w->client));
    assert_true(esp_http_client_is_persistent_connection(w->client));
    assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_CONNECTED);
    assert_int_equal(esp_http_client_get_progress(w->client), 5);
    assert_int_equal(esp_http_client_close(w->client), ESP_OK);
    assert_string_equal(w->events, "CSshhHdFD");
    assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_INIT);
    assert_int_equal(esp_http_client_close(w->client), ESP_OK);
    assert_string_equal(w->events, "CSshhHdFD");
}

/* --- bodies of responses ---------------------------------------------------------------------- */

struct row {
    const char *name;
    esp_http_client_method_t method;
    struct sim_line line;
    esp_err_t err;
    int status;
    const char *body;
    bool is_kept; /* the connection */
};

#define ROW(name, method, answer, end, err, status, body, is_kept)                                 \
    {                                                                                              \
        name, HTTP_METHOD_##method, {0, SIM_TEXT(answer), SIM_SCRIPT_##end}, err, status, body,    \
            is_kept                                                                                \
    }

#define CHUNKED "Transfer-Encoding: chunked\r\n"

static const struct row rows[] = {
    ROW("length", GET, HTTP_OK("Content-Length: 3\r\n") "abc", GO_ON, ESP_OK, 200, "abc", true),
    ROW("length 0", GET, HTTP_OK("Content-Length: 0\r\n"), GO_ON, ESP_OK, 200, "", true),
    ROW("chunks", GET, HTTP_OK(CHUNKED) "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", GO_ON, ESP_OK, 200,
        "abcde", true),
    ROW("chunks and a trailer", GET, HTTP_OK(CHUNKED) "1\r\na\r\n0\r\nX-T: v\r\n\r\n", GO_ON,
        ESP_OK, 200, "a", true),
    ROW("no chunk", GET, HTTP_OK(CHUNKED) "0\r\n\r\n", GO_ON, ESP_OK, 200, "", true),
    ROW("until the end", GET, HTTP_OK("") "all of it", CLOSE, ESP_OK, 200, "all of it", false),
    ROW("nothing until the end", GET, HTTP_OK(""), CLOSE, ESP_OK, 200, "", false),
    ROW("HTTP/1.0", GET, "HTTP/1.0 200 OK\r\n\r\nold", CLOSE, ESP_OK, 200, "old", false),
    ROW("HTTP/1.0 kept", GET,
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold", GO_ON, ESP_OK,
        200, "old", true),
    ROW("asked to close", GET, HTTP_OK("Connection: close\r\nContent-Length: 1\r\n") "x", GO_ON,
        ESP_OK, 200, "x", false),
    ROW("HEAD", HEAD, HTTP_OK("Content-Length: 100\r\n"), GO_ON, ESP_OK, 200, "", true),
    ROW("HEAD, chunked", HEAD, HTTP_OK(CHUNKED), GO_ON, ESP_OK, 200, "", true),
    ROW("204", DELETE, "HTTP/1.1 204 No Content\r\n\r\n", GO_ON, ESP_OK, 204, "", true),
    ROW("304 with a length", GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", GO_ON,
        ESP_OK, 304, "", true),
    ROW("404 is a result", GET, "HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nno", GO_ON, ESP_OK, 404,
        "no", true),
    ROW("interim responses", GET,
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" HTTP_OK(
            "Content-Length: 1\r\n") "y",
        GO_ON, ESP_OK, 200, "y", true),
    ROW("cut within the length", GET, HTTP_OK("Content-Length: 4\r\n") "abc", CLOSE,
        ESP_ERR_HTTP_INCOMPLETE_DATA, 200, "abc", false),
    ROW("reset within the length", GET, HTTP_OK("Content-Length: 4\r\n") "abc", RESET,
        ESP_ERR_HTTP_INCOMPLETE_DATA, 200, "abc", false),
    ROW("cut within a chunk", GET, HTTP_OK(CHUNKED) "5\r\nabc", CLOSE, ESP_ERR_HTTP_INCOMPLETE_DATA,
        200, "abc", false),
    ROW("cut before the last chunk", GET, HTTP_OK(CHUNKED) "1\r\na\r\n", CLOSE,
        ESP_ERR_HTTP_INCOMPLETE_DATA, 200, "a", false),
    ROW("cut within the head", GET, "HTTP/1.1 200 OK\r\nX-", CLOSE, ESP_ERR_HTTP_FETCH_HEADER, 200,
        "", false),
    ROW("cut before the head", GET, "", CLOSE, ESP_ERR_HTTP_CONNECTION_CLOSED, -1, "", false),
    ROW("reset before the head", GET, "", RESET, ESP_ERR_HTTP_FETCH_HEADER, -1, "", false),
    ROW("another protocol", GET, "SSH-2.0-OpenSSH\r\n", GO_ON, ESP_ERR_HTTP_FETCH_HEADER, -1, "",
        false),
    ROW("a chunk's size is none", GET, HTTP_OK(CHUNKED) "x\r\n", GO_ON,
        ESP_ERR_HTTP_INCOMPLETE_DATA, 200, "", false),
    ROW("two lengths", GET, HTTP_OK("Content-Length: 1\r\nContent-Length: 2\r\n") "ab", GO_ON,
        ESP_ERR_HTTP_FETCH_HEADER, 200, "", false),
    ROW("length and chunks", GET, HTTP_OK("Content-Length: 1\r\n" CHUNKED) "1\r\na\r\n0\r\n\r\n",
        GO_ON, ESP_ERR_HTTP_FETCH_HEADER, 200, "", false),
    ROW("silence before the head", GET, "", SILENT, ESP_ERR_HTTP_READ_TIMEOUT, -1, "", false),
    ROW("silence within the head", GET, "HTTP/1.1 200 OK\r\nX", SILENT, ESP_ERR_HTTP_READ_TIMEOUT,
        200, "", false),
    ROW("silence within the body", GET, HTTP_OK("Content-Length: 4\r\n") "abc", SILENT,
        ESP_ERR_HTTP_READ_TIMEOUT, 200, "abc", false),
};

static void check_row(struct http_case *w, const struct row *row)
{
    esp_err_t err;

    http_play(w, &row->line, 1);
    w->body_len = 0;
    w->cfg.method = row->method;
    http_open(w);
    err = http_perform(w);
    if (err == ESP_ERR_HTTP_READ_TIMEOUT) {
        assert_int_equal(esp_http_client_get_and_clear_last_tls_error(w->client, NULL, NULL),
                         ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT);
    }
    if (err != row->err || esp_http_client_get_status_code(w->client) != row->status ||
        w->body_len != strlen(row->body) || memcmp(w->body, row->body, w->body_len) != 0) {
        fail_msg("%s: %s, status %d, %zu bytes; events %s", row->name, esp_err_to_name(err),
                 esp_http_client_get_status_code(w->client), w->body_len, w->events);
    }
    if ((esp_http_client_get_state(w->client) == HTTP_STATE_CONNECTED) != row->is_kept ||
        (strchr(w->events, 'E') != NULL) != (err != ESP_OK) ||
        (strchr(w->events, 'F') != NULL) != (err == ESP_OK) ||
        (strchr(w->events, 'D') != NULL) != !row->is_kept) {
        fail_msg("%s: events %s, state %d", row->name, w->events,
                 esp_http_client_get_state(w->client));
    }
}

static void test_responses_of_every_kind(void **state)
{
    struct http_case *w = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        check_row(w, &rows[i]);
    }
}

static void test_a_trailer_is_told_and_changes_nothing(void **state)
{
    static const struct sim_line line =
        HTTP_LINE(HTTP_OK(CHUNKED "X-A: head\r\n") "1\r\na\r\n0\r\nX-A: end\r\nX-B: c\r\n"
                                                   "Content-Range: bytes 0-1/9\r\n\r\n");
    struct http_case *w = *state;
    char *value;

    for (int i = 0; i < 2; i++) {
        w->cfg.is_async = i == 1;
        http_play(w, &line, 1);
        http_open(w);
        assert_int_equal(http_perform(w), ESP_OK);
        assert_string_equal(w->events, "CSshhHdhhhF");
        assert_string_equal(w->headers, "Transfer-Encoding: chunked\nX-A: head\nX-A: end\nX-B: c\n"
                                        "Content-Range: bytes 0-1/9\n");
        assert_int_equal(esp_http_client_get_response_header(w->client, "X-A", &value), ESP_OK);
        assert_string_equal(value, "head");
        assert_int_equal(esp_http_client_get_response_header(w->client, "X-B", &value),
                         ESP_ERR_NOT_FOUND);
        assert_int_equal(esp_http_client_get_content_range(w->client), -1);
    }
}

static void test_bytes_behind_a_response_end_its_connection(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "yz"),
                                            HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "2")};
    struct http_case *w = *state;

    for (int i = 0; i < 2; i++) {
        http_close(w);
        w->script.byte_us = i == 0 ? 0 : 1000; /* with the response, or after it */
        http_play(w, lines, COUNT(lines));
        http_open(w);
        assert_int_equal(http_perform(w), ESP_OK);
        assert_int_equal(w->body[0], 'y');
        sim_advance_us(MS(50));
        assert_int_equal(http_perform(w), ESP_OK);
        assert_int_equal(w->body[0], '2');
        assert_int_equal(w->script.peer_count, 2);
    }
}

static void test_responses_without_blocking(void **state)
{
    struct http_case *w = *state;

    w->cfg.is_async = true;
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_row(w, &rows[i]);
    }
}

static void test_responses_byte_by_byte(void **state)
{
    struct http_case *w = *state;

    w->script.byte_us = 1000;
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_row(w, &rows[i]);
    }
}

static void test_responses_with_the_smallest_buffers(void **state)
{
    struct http_case *w = *state;

    w->cfg.buffer_size = 1;
    w->cfg.buffer_size_tx = 48; /* a line of the head: strict */
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_row(w, &rows[i]);
    }
}

/* --- time ------------------------------------------------------------------------------------- */

static void test_silence_is_counted_from_the_last_byte(void **state)
{
    static const struct sim_line lines[] = {
        {0, SIM_TEXT(HTTP_OK("Content-Length: 9\r\n") "abc"), SIM_SCRIPT_SILENT}};
    struct http_case *w = *state;
    uint64_t begin;
    uint64_t took;

    w->script.byte_us = MS(100);
    http_play(w, lines, COUNT(lines));
    http_open(w);
    begin = plat_clock_us();
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_READ_TIMEOUT);
    took = plat_clock_us() - begin;
    assert_in_range(took, MS(100) * lines[0].len + MS(1800), MS(100) * lines[0].len + MS(2200));
}

static void test_silence_is_5_s_when_nothing_is_set(void **state)
{
    static const int unset_ms[] = {0, -1};
    struct http_case *w = *state;

    for (size_t i = 0; i < COUNT(unset_ms); i++) {
        uint64_t begin;

        w->cfg.timeout_ms = unset_ms[i];
        http_play(w, NULL, 0); /* it says nothing */
        http_open(w);
        begin = plat_clock_us();
        assert_int_equal(http_perform(w), ESP_ERR_HTTP_READ_TIMEOUT);
        assert_in_range(plat_clock_us() - begin, MS(5000), MS(5100));
    }
}

static void test_the_deadline_ends_a_trickle(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(HTTP_OK("Content-Length: 90\r\n") "abc")};
    struct http_case *w = *state;

    for (int i = 0; i < 2; i++) {
        uint64_t begin;

        w->script.byte_us = MS(300);
        w->cfg.is_async = i == 1;
        http_play(w, lines, COUNT(lines));
        http_open(w);
        begin = plat_clock_us();
        assert_int_equal(esp_http_client_set_deadline_ms(w->client, 5000), ESP_OK);
        assert_int_equal(http_perform(w), ESP_ERR_TIMEOUT);
        assert_in_range(plat_clock_us() - begin, MS(5000), MS(5001));
        assert_string_equal(w->events + strlen(w->events) - 2, "ED");
    }
}

static void test_no_connection_is_an_error_of_its_own(void **state)
{
    struct http_case *w = *state;
    int code = 0;

    w->cfg.url = "http://test.example:81/";
    http_open(w);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_CONNECT);
    assert_string_equal(w->events, "E");
    assert_int_equal(esp_http_client_get_errno(w->client), ECONNREFUSED);
    assert_int_equal(esp_http_client_get_and_clear_last_tls_error(w->client, &code, NULL),
                     ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST);
    sim_host("127.0.0.1", 82, SIM_BLACK_HOLE, 0, NULL, NULL);
    assert_int_equal(esp_http_client_set_url(w->client, "http://test.example:82/"), ESP_OK);
    {
        uint64_t begin = plat_clock_us();

        assert_int_equal(http_perform(w), ESP_ERR_HTTP_CONNECT);
        assert_in_range(plat_clock_us() - begin, MS(1990), MS(2110));
    }
    assert_int_equal(esp_http_client_set_url(w->client, "http://nowhere.example/"), ESP_OK);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_CONNECT);
}

static void cancel(void *arg)
{
    struct http_case *w = arg;

    assert_int_equal(esp_http_client_cancel(w->client), ESP_OK);
}

/** Of a handle whose connection is closed: the next request is ended, and the one after it is
 *  not. */
static void test_cancel_between_requests_ends_the_next_one_only(void **state)
{
    static const struct sim_line line = HTTP_LINE(HTTP_OK("Content-Length: 2\r\n") "ok");
    struct http_case *w = *state;

    http_play(w, &line, 1);
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_close(w->client), ESP_OK);
    cancel(w);
    assert_int_equal(http_perform(w), ESP_ERR_NOT_FINISHED);
    http_play(w, &line, 1);
    assert_int_equal(http_perform(w), ESP_OK);
}

static void test_cancel_ends_each_phase_and_the_handle_lives(void **state)
{
    static const struct sim_line line =
        HTTP_LINE(HTTP_OK("Content-Length: 30\r\n") "012345678901234567890123456789");
    struct http_case *w = *state;
    uint64_t whole;

    w->script.byte_us = MS(10);
    http_play(w, &line, 1);
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    whole = sim_elapsed_us() - MS(20);
    for (uint64_t at = 0; at < whole; at += MS(3)) {
        http_play(w, &line, 1);
        http_open(w);
        sim_after(at, cancel, w);
        assert_int_equal(http_perform(w), ESP_ERR_NOT_FINISHED);
        http_play(w, &line, 1);
        w->script.byte_us = 0;
        assert_int_equal(http_perform(w), ESP_OK);
        w->script.byte_us = MS(10);
    }
}

/* --- requests --------------------------------------------------------------------------------- */

static void test_a_connection_serves_many_requests(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "1"),
        HTTP_LINE(HTTP_OK(CHUNKED) "1\r\n2\r\n0\r\n\r\n"),
        HTTP_LINE(""),
        {4, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON},
    };
    struct http_case *w = *state;

    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_set_url(w->client, "/two"), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_set_url(w->client, "http://TEST.example:80/three"), ESP_OK);
    assert_int_equal(esp_http_client_set_method(w->client, HTTP_METHOD_POST), ESP_OK);
    assert_int_equal(esp_http_client_set_post_field(w->client, "data", 4), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_string_equal(w->events, "CSshHdFSshHdFSshHF");
    assert_int_equal(w->script.peer_count, 1);
    assert_seen(w, "GET /two HTTP/1.1\r\n");
    assert_seen(w, "POST /three HTTP/1.1\r\n");
    assert_seen(w, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4\r\n\r\n");
}

static void test_a_body_is_sent_and_its_headers(void **state)
{
    static const struct sim_line lines[] = {
        {0, "", 0, SIM_SCRIPT_GO_ON},
        {5, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON},
        {0, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON},
        {0, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;
    char *data = NULL;

    http_play(w, lines, COUNT(lines));
    w->cfg.method = HTTP_METHOD_PUT;
    http_open(w);
    assert_int_equal(esp_http_client_set_header(w->client, "Content-Type", "text/x"), ESP_OK);
    assert_int_equal(esp_http_client_set_post_field(w->client, "hello", 5), ESP_OK);
    assert_int_equal(esp_http_client_get_post_field(w->client, &data), 5);
    assert_string_equal(data, "hello");
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "PUT /path?q=1 HTTP/1.1\r\n");
    assert_seen(w, "Content-Type: text/x\r\nContent-Length: 5\r\n\r\nhello");
    assert_int_equal(esp_http_client_set_post_field(w->client, NULL, 0), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "Content-Length: 0\r\n\r\n"); /* of PUT, POST, PATCH also if it is empty */
    assert_int_equal(http_seen(w, "Content-Type"), 1);
    assert_int_equal(esp_http_client_set_method(w->client, HTTP_METHOD_DELETE), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(http_seen(w, "Content-Length"), 2);
    assert_int_equal(esp_http_client_get_post_field(w->client, &data), 0);
}

struct source {
    size_t size;
    size_t piece;
    int fail_at; /* call; 0: never */
    int calls;
};

static int draw(void *arg, char *buffer, int len, int64_t offset)
{
    struct source *s = arg;
    size_t n = s->size - (size_t)offset;

    if (++s->calls == s->fail_at) {
        return -1;
    }
    n = n < s->piece ? n : s->piece;
    n = n < (size_t)len ? n : (size_t)len;
    for (size_t i = 0; i < n; i++) {
        buffer[i] = (char)('a' + ((size_t)offset + i) % 26);
    }
    return (int)n;
}

static void test_a_source_gives_a_body_of_known_or_unknown_length(void **state)
{
    static const struct sim_line known[] = {
        {0, "", 0, SIM_SCRIPT_GO_ON},
        {30, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON}};
    /* 3 chunks of 12, 12, 6 and the end */
    static const struct sim_line unknown[] = {
        {0, "", 0, SIM_SCRIPT_GO_ON},
        {30 + 3 * 5 + 5, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;
    struct source source = {.size = 30, .piece = 12};

    w->cfg.method = HTTP_METHOD_POST;
    http_play(w, known, COUNT(known));
    http_open(w);
    assert_int_equal(esp_http_client_set_source(w->client, draw, 30, &source), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "Content-Length: 30\r\n\r\nabcdefghijklmnopqrstuvwxyzabcd");
    http_play(w, unknown, COUNT(unknown));
    http_open(w);
    assert_int_equal(esp_http_client_set_source(w->client, draw, -1, &source), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "Transfer-Encoding: chunked\r\n\r\nc\r\nabcdefghijkl\r\nc\r\n");
    assert_seen(w, "\r\n6\r\nyzabcd\r\n0\r\n\r\n");
    for (int at = 1; at <= 3; at++) { /* it fails */
        source.calls = 0;
        source.fail_at = at;
        http_play(w, known, COUNT(known));
        http_open(w);
        assert_int_equal(esp_http_client_set_source(w->client, draw, 30, &source), ESP_OK);
        assert_int_equal(http_perform(w), ESP_ERR_HTTP_WRITE_DATA);
    }
    source = (struct source){.size = 0, .fail_at = 1}; /* of nothing it is not asked for any */
    http_play(w, known, 1);
    http_open(w);
    assert_int_equal(esp_http_client_set_source(w->client, draw, 0, &source), ESP_OK);
    assert_int_equal(esp_http_client_set_timeout_ms(w->client, 50), ESP_OK);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_READ_TIMEOUT);
    assert_seen(w, "Content-Length: 0\r\n\r\n");
    assert_int_equal(source.calls, 0);
    source = (struct source){.size = 20, .piece = 12}; /* it has less than it said */
    http_play(w, known, COUNT(known));
    http_open(w);
    assert_int_equal(esp_http_client_set_source(w->client, draw, 30, &source), ESP_OK);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_WRITE_DATA);
}

static int endless(void *arg, char *buffer, int len, int64_t offset)
{
    (void)arg;
    (void)offset;
    memset(buffer, 'x', (size_t)len);
    return len;
}

static void test_an_answer_before_the_body_is_out_is_the_answer(void **state)
{
    static const struct sim_line lines[] = {
        {0, SIM_TEXT("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"), SIM_SCRIPT_SILENT}};
    static char data[60000];
    struct http_case *w = *state;

    sim_wire(MS(1), 0, 0, 2000); /* nobody reads the body: soon there is no room */
    memset(data, 'x', sizeof(data));
    w->cfg.method = HTTP_METHOD_POST;
    for (int i = 0; i < 8; i++) {
        w->cfg.is_async = i % 2 == 1;
        w->cfg.buffer_size = i < 4 ? 0 : 1; /* the answer comes in one piece, or in many */
        http_play(w, lines, COUNT(lines));
        http_open(w);
        if (i % 4 < 2) {
            assert_int_equal(esp_http_client_set_post_field(w->client, data, sizeof(data)), ESP_OK);
        } else { /* the buffer holds some of it */
            assert_int_equal(esp_http_client_set_source(w->client, endless, -1, NULL), ESP_OK);
        }
        assert_int_equal(http_perform(w), ESP_OK);
        assert_int_equal(esp_http_client_get_status_code(w->client), 413);
        assert_memory_equal(w->body, "big", 3);
        assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_INIT);
    }
}

static void test_an_interim_answer_does_not_end_the_body(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE("HTTP/1.1 100 Continue\r\n\r\n"),
        {3000, SIM_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"), SIM_SCRIPT_GO_ON}};
    static char data[3000];
    struct http_case *w = *state;

    memset(data, 'x', sizeof(data));
    w->cfg.method = HTTP_METHOD_POST;
    for (int i = 0; i < 4; i++) {
        sim_wire(MS(1), 0, 0, 100); /* the body has to wait for room */
        w->cfg.is_async = i % 2 == 1;
        w->script.byte_us = i < 2 ? 0 : 100;
        http_play(w, lines, COUNT(lines));
        http_open(w);
        assert_int_equal(esp_http_client_set_header(w->client, "Expect", "100-continue"), ESP_OK);
        assert_int_equal(esp_http_client_set_post_field(w->client, data, sizeof(data)), ESP_OK);
        assert_int_equal(http_perform(w), ESP_OK);
        assert_int_equal(esp_http_client_get_status_code(w->client), 200);
        assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_CONNECTED);
    }
}

static void test_a_server_that_ends_while_the_body_is_sent_is_not_waited_for(void **state)
{
    static const struct {
        struct sim_line line;
        esp_err_t expected;
    } ends[] = {
        {{0, SIM_TEXT(""), SIM_SCRIPT_CLOSE}, ESP_ERR_HTTP_CONNECTION_CLOSED},
        {{0, SIM_TEXT("no HTTP\r\n\r\n"), SIM_SCRIPT_SILENT}, ESP_ERR_HTTP_FETCH_HEADER},
        {{0, SIM_TEXT("no HTTP\r\n\r\n"), SIM_SCRIPT_RESET}, ESP_ERR_HTTP_WRITE_DATA},
    };
    static char data[60000];
    struct http_case *w = *state;

    sim_wire(MS(1), 0, 0, 2000);
    w->cfg.method = HTTP_METHOD_POST;
    for (size_t i = 0; i < COUNT(ends); i++) {
        uint64_t begin;

        http_play(w, &ends[i].line, 1);
        http_open(w);
        assert_int_equal(esp_http_client_set_post_field(w->client, data, sizeof(data)), ESP_OK);
        begin = plat_clock_us();
        assert_int_equal(http_perform(w), ends[i].expected);
        assert_in_range(plat_clock_us() - begin, 0, MS(100));
    }
}

static void test_headers_are_kept_in_order_and_replaced_in_place(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(HTTP_OK("Content-Length: 0\r\n")),
                                            HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"))};
    struct http_case *w = *state;
    char *value = NULL;

    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_set_header(w->client, "X-One", "\t 1\t2 \t"), ESP_OK);
    assert_int_equal(esp_http_client_get_header(w->client, "X-One", &value), ESP_OK);
    assert_string_equal(value, "1\t2");
    assert_int_equal(esp_http_client_set_header(w->client, "X-Two", "2"), ESP_OK);
    assert_int_equal(esp_http_client_set_header(w->client, "x-one", "11"), ESP_OK);
    assert_int_equal(esp_http_client_set_header(w->client, "Content-Length", "77"), ESP_OK);
    assert_int_equal(esp_http_client_get_header(w->client, "X-ONE", &value), ESP_OK);
    assert_string_equal(value, "11");
    assert_int_equal(esp_http_client_set_header(w->client, "X-Two", NULL), ESP_OK);
    assert_int_equal(esp_http_client_get_header(w->client, "X-Two", &value), ESP_ERR_NOT_FOUND);
    assert_null(value);
    assert_int_equal(esp_http_client_delete_header(w->client, "X-Two"), ESP_ERR_NOT_FOUND);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "Host: test.example\r\nx-one: 11\r\n\r\n");
    assert_int_equal(esp_http_client_delete_all_headers(w->client), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "GET /path?q=1 HTTP/1.1\r\nHost: test.example\r\n\r\n");
}

static esp_err_t replace_body(struct http_case *w, esp_http_client_event_t *evt)
{
    if (evt->event_id == HTTP_EVENT_HEADERS_SENT) {
        assert_int_equal(
            esp_http_client_set_post_field(w->client, w->hook_arg > 0 ? "new" : NULL, w->hook_arg),
            ESP_OK);
    }
    return ESP_OK;
}

/** The head has announced a length: what no longer has it is never read beyond its end. */
static void test_body_that_is_replaced_on_its_way_fails(void **state)
{
    static const struct sim_line line = HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"));
    static const char body[] = "a body of some length";
    static const int lengths[] = {0, 1, 3};
    struct http_case *w = *state;

    for (size_t i = 0; i < COUNT(lengths); i++) {
        http_play(w, &line, 1);
        w->cfg.method = HTTP_METHOD_POST;
        w->hook = replace_body;
        w->hook_arg = lengths[i];
        http_open(w);
        assert_int_equal(esp_http_client_set_post_field(w->client, body, sizeof(body) - 1), ESP_OK);
        assert_int_equal(http_perform(w), ESP_ERR_HTTP_WRITE_DATA);
        assert_not_seen(w, "new");
        http_close(w);
    }
}

static void test_nothing_can_be_smuggled_into_a_request(void **state)
{
    static const char *const urls[] = {"http://h/a\r\nX: y",
                                       "http://h/a b",
                                       "http://h\r\n/",
                                       "http://h/\x7f",
                                       "http://u\n@h/",
                                       "http://u%0d%0a@h/",
                                       "ftp://h/",
                                       "//",
                                       "http://",
                                       "http://h:0/",
                                       "http://h:65536/"};
    struct http_case *w = *state;

    for (size_t i = 0; i < COUNT(urls); i++) {
        w->cfg.url = urls[i];
        assert_null(esp_http_client_init(&w->cfg));
    }
    w->cfg.url = HTTP_URL;
    http_open(w);
    for (size_t i = 0; i < COUNT(urls); i++) {
        assert_int_equal(esp_http_client_set_url(w->client, urls[i]), ESP_ERR_INVALID_ARG);
    }
    assert_int_equal(esp_http_client_set_header(w->client, "A", "b\r\nC: d"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_header(w->client, "A", "b\nc"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_header(w->client, "A: b\r\nC", "d"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_header(w->client, "A B", "d"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_header(w->client, "", "d"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_username(w->client, "a\nb"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_password(w->client, "a\rb"), ESP_ERR_INVALID_ARG);
    w->cfg.host = "h\r\nX: y";
    w->cfg.path = "/";
    assert_null(esp_http_client_init(&w->cfg));
    w->cfg.host = "h/x";
    assert_null(esp_http_client_init(&w->cfg));
    w->cfg.host = "h";
    w->cfg.query = "a b";
    assert_null(esp_http_client_init(&w->cfg));
    w->cfg.query = NULL;
    w->cfg.user_agent = "a\r\nb";
    assert_null(esp_http_client_init(&w->cfg));
}

/** What a getter gave is inside the handle. */
static void test_values_may_be_set_to_themselves(void **state)
{
    struct http_case *w = *state;
    char *value;
    char url[100];

    w->cfg.username = "user";
    w->cfg.password = "secret";
    http_open(w);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(esp_http_client_get_username(w->client, &value), ESP_OK);
        assert_string_equal(value, "user");
        assert_int_equal(esp_http_client_set_username(w->client, value), ESP_OK);
        assert_int_equal(esp_http_client_get_password(w->client, &value), ESP_OK);
        assert_string_equal(value, "secret");
        assert_int_equal(esp_http_client_set_password(w->client, value), ESP_OK);
        assert_int_equal(esp_http_client_get_header(w->client, "User-Agent", &value), ESP_OK);
        assert_string_equal(value, "ESP32 HTTP Client/1.0");
        assert_int_equal(esp_http_client_set_header(w->client, "User-Agent", value), ESP_OK);
        assert_int_equal(esp_http_client_get_url(w->client, url, sizeof(url)), ESP_OK);
        assert_string_equal(url, "http://test.example:80/path?q=1");
        assert_int_equal(esp_http_client_set_url(w->client, url), ESP_OK);
    }
}

static void test_host_and_target_follow_the_url(void **state)
{
    static const struct {
        esp_http_client_config_t cfg;
        const char *line;
        const char *host;
        const char *url;
    } cases[] = {
        {{.url = "http://test.example"}, "GET / ", "test.example", "http://test.example:80/"},
        {{.url = "http://test.example:8080/a"},
         "GET /a ",
         "test.example:8080",
         "http://test.example:8080/a"},
        {{.url = "http://test.example?x"}, "GET /?x ", "test.example", "http://test.example:80/?x"},
        {{.url = "http://u:p@test.example/#f"},
         "GET / ",
         "test.example",
         "http://test.example:80/"},
        {{.host = "test.example", .path = "a", .query = "b=c"},
         "GET /a?b=c ",
         "test.example",
         "http://test.example:80/a?b=c"},
        {{.host = "127.0.0.1", .path = "/", .port = 443},
         "GET / ",
         "127.0.0.1:443",
         "http://127.0.0.1:443/"},
        {{.url = "http://[::1]:8080/x"}, "GET /x ", "[::1]:8080", "http://[::1]:8080/x"},
        {{.host = "::1", .path = "/x"}, "GET /x ", "[::1]", "http://[::1]:80/x"},
    };
    static const struct sim_line line = HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"));
    struct http_case *w = *state;

    sim_host("127.0.0.1", 0, SIM_ACCEPT, MS(5), sim_script_peer, &w->script);
    sim_host("::1", 0, SIM_ACCEPT, MS(5), sim_script_peer, &w->script);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char want[80] = "Host: ";
        char url[64];

        w->cfg = cases[i].cfg;
        http_play(w, &line, 1);
        http_open(w);
        assert_int_equal(esp_http_client_perform(w->client), ESP_OK);
        assert_memory_equal(w->script.seen, cases[i].line, strlen(cases[i].line));
        strcat(strcat(want, cases[i].host), "\r\n");
        assert_seen(w, want);
        assert_int_equal(esp_http_client_get_url(w->client, url, sizeof(url)), ESP_OK);
        assert_string_equal(url, cases[i].url);
        assert_int_equal(esp_http_client_get_url(w->client, url, (int)strlen(url)),
                         ESP_ERR_INVALID_SIZE);
        assert_string_equal(url, "");
    }
    w->cfg = (esp_http_client_config_t){.path = "/"};
    assert_null(esp_http_client_init(&w->cfg));
    assert_null(esp_http_client_init(NULL));
}

static void test_limits_are_errors_of_their_own(void **state)
{
    static char answer[9000] = "HTTP/1.1 200 OK\r\nX-Long: ";
    static char url[9000] = "http://test.example/";
    static char header[600];
    struct http_case *w = *state;
    struct sim_line line = {0, answer, 0, SIM_SCRIPT_GO_ON};
    size_t head = strlen(answer);

    memset(answer + head, 'x', 8400);
    memcpy(answer + head + 8400, "\r\n\r\n", 5);
    line.len = strlen(answer);
    http_play(w, &line, 1);
    http_open(w);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_HEADER_TOO_LONG);
    http_play(w, &line, 1);
    assert_int_equal(esp_http_client_set_header_limit(w->client, 8406), ESP_OK);
    line.end = SIM_SCRIPT_CLOSE;
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_set_header_limit(w->client, 255), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_header_limit(w->client, 65536), ESP_ERR_INVALID_ARG);
    /* a header that does not fit the buffer */
    memset(header, 'h', sizeof(header) - 1);
    http_play(w, &line, 1);
    assert_int_equal(esp_http_client_set_header(w->client, "X-H", header), ESP_OK);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_HEADER_TOO_LONG);
    w->cfg.buffer_size_tx = 700;
    http_open(w);
    http_play(w, &line, 1);
    assert_int_equal(esp_http_client_set_header_limit(w->client, 8406), ESP_OK);
    assert_int_equal(esp_http_client_set_header(w->client, "X-H", header), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, header);
    /* a URL */
    memset(url + strlen(url), 'u', 8300);
    assert_int_equal(esp_http_client_set_url(w->client, url), ESP_ERR_INVALID_ARG);
    w->cfg.url = url;
    assert_null(esp_http_client_init(&w->cfg));
}

/* --- what came -------------------------------------------------------------------------------- */

/** RFC 9110 section 14.4. Totals that do not fit are not known. */
static void test_content_range_of_each_form(void **state)
{
    static const struct {
        const char *value;
        int64_t total;
    } ranges[] = {
        {"bytes 0-0/1", 1},
        {"bytes 0-0/0", 0},
        {"bytes 0-0/9223372036854775799", INT64_C(9223372036854775799)},
        {"bytes 0-0/9223372036854775800", -1},
        {"bytes 0-0/9223372036854775808", -1},
        {"bytes 0-0/10000000000000000000", -1},
        {"bytes 0-0/*", -1},
        {"bytes 0-0/", -1},
        {"bytes 0-0", -1},
        {"bytes 0-0/1 ", 1},
        {"bytes 0-0/1x", -1},
        {"bytes 0-0/:", -1},
        {"bytes 0-0//1", -1},
    };
    struct http_case *w = *state;
    char answer[256];

    for (size_t i = 0; i < COUNT(ranges); i++) {
        size_t len = (size_t)snprintf(
            answer, sizeof(answer),
            "HTTP/1.1 206 X\r\nContent-Length: 0\r\nContent-Range: %s\r\n\r\n", ranges[i].value);
        struct sim_line line = {0, answer, len, SIM_SCRIPT_GO_ON};

        http_close(w);
        http_play(w, &line, 1);
        http_open(w);
        assert_int_equal(http_perform(w), ESP_OK);
        if (esp_http_client_get_content_range(w->client) != ranges[i].total) {
            fail_msg("%s: %lld", ranges[i].value,
                     (long long)esp_http_client_get_content_range(w->client));
        }
    }
}

static void test_diagnosis_before_a_connection_knows_no_alert(void **state)
{
    struct http_case *w = *state;
    esp_tls_diagnosis_t d;

    http_open(w);
    assert_int_equal(esp_http_client_get_diagnosis(NULL, ESP_OK, &d), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_diagnosis(w->client, ESP_OK, NULL), ESP_ERR_INVALID_ARG);
    memset(&d, 0xAA, sizeof(d));
    assert_int_equal(esp_http_client_get_diagnosis(w->client, ESP_OK, &d), ESP_OK);
    assert_int_equal(d.record.alert_sent, -1);
    assert_int_equal(d.record.alert_received, -1);
    assert_int_equal(d.record.verify_depth, -1);
    assert_int_equal(d.reason_count, 0);
}

static void test_settings_are_kept_within_their_limits(void **state)
{
    struct http_case *w = *state;
    esp_http_client_handle_t c;
    void *data = NULL;
    char *text = NULL;

    http_open(w);
    c = w->client;
    assert_int_equal(esp_http_client_get_user_data(c, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_user_data(c, &data), ESP_OK);
    assert_ptr_equal(data, w);
    assert_int_equal(esp_http_client_set_user_data(c, &text), ESP_OK);
    assert_int_equal(esp_http_client_get_user_data(c, &data), ESP_OK);
    assert_ptr_equal(data, &text);
    assert_int_equal(esp_http_client_set_user_data(c, w), ESP_OK);
    assert_int_equal(esp_http_client_set_method(c, (esp_http_client_method_t)-1),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_method(c, HTTP_METHOD_MAX), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_method(c, (esp_http_client_method_t)(HTTP_METHOD_MAX - 1)),
                     ESP_OK);
    assert_int_equal(esp_http_client_set_authtype(c, (esp_http_client_auth_type_t)-1),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(
        esp_http_client_set_authtype(c, (esp_http_client_auth_type_t)(HTTP_AUTH_TYPE_DIGEST + 1)),
        ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_authtype(c, HTTP_AUTH_TYPE_DIGEST), ESP_OK);
    assert_int_equal(esp_http_client_set_post_field(c, "x", -1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_post_field(c, "x", 1), ESP_OK);
    assert_int_equal(esp_http_client_get_post_field(c, NULL), 0);
    assert_int_equal(esp_http_client_get_post_field(c, &text), 1);
    assert_string_equal(text, "x");
    assert_int_equal(esp_http_client_set_source(c, draw, -2, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_deadline_ms(c, -1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_deadline_ms(c, 0), ESP_OK);
    assert_int_equal(esp_http_client_set_header_limit(c, 256), ESP_OK);
    assert_int_equal(esp_http_client_set_header_limit(c, 65535), ESP_OK);
    assert_int_equal(esp_http_client_get_username(c, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_username(c, "a\nb"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_username(c, "u"), ESP_OK);
    assert_int_equal(esp_http_client_set_password(c, "p"), ESP_OK);
    assert_int_equal(esp_http_client_get_username(c, &text), ESP_OK);
    assert_string_equal(text, "u");
    assert_int_equal(esp_http_client_get_password(c, &text), ESP_OK);
    assert_string_equal(text, "p");
    assert_int_equal(esp_http_client_set_url(c, "http://a/"), ESP_OK);
    assert_int_equal(esp_http_client_set_url(c, "http:///a"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_username(c, NULL), ESP_OK);
    assert_int_equal(esp_http_client_get_username(c, &text), ESP_OK);
    assert_null(text);
}

static void test_response_headers_can_be_looked_up(void **state)
{
    static const struct sim_line lines[] = {
        {0,
         SIM_TEXT(
             "HTTP/1.1 206 Partial\r\nContent-Length: 1\r\nContent-Range: bytes 0-0/5000000000\r\n"
             "ETag: \"a\"\r\nX-Twice: 1\r\nx-twice: 2\r\n\r\nx"),
         SIM_SCRIPT_GO_ON},
        HTTP_LINE(HTTP_OK("Content-Range: bytes */abc\r\nContent-Length: 0\r\n")),
    };
    struct http_case *w = *state;
    char *value = NULL;

    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_get_response_header(w->client, "etag", &value), ESP_OK);
    assert_string_equal(value, "\"a\"");
    assert_int_equal(esp_http_client_get_response_header(w->client, "X-Twice", &value), ESP_OK);
    assert_string_equal(value, "2");
    assert_int_equal(esp_http_client_get_content_range(w->client), 5000000000);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_get_response_header(w->client, "etag", &value),
                     ESP_ERR_NOT_FOUND);
    assert_null(value);
    assert_int_equal(esp_http_client_get_content_range(w->client), -1);
}

/** Ten are kept, but for one that is too long: they do not fit into one block. */
static void test_response_headers_of_several_blocks(void **state)
{
#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789012345"
    static const struct sim_line lines[] = {
        HTTP_LINE(HTTP_OK("A: a" LONG "\r\nB: b" LONG "\r\nC: c" LONG "\r\nD: d" LONG
                          "\r\nE: e" LONG "\r\nF: f" LONG "\r\nB: x" LONG LONG "\r\nG: g" LONG
                          "\r\nH: h" LONG "\r\nContent-Length: 0\r\nI: \r\nJ: not kept\r\n")),
    };
    static const char *const names[] = {"A", "B", "C", "D", "E", "F", "G", "H"};
    static const char firsts[] = "abcdefgh";
    struct http_case *w = *state;
    char *value = NULL;

    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(esp_http_client_get_response_header(w->client, names[i], &value), ESP_OK);
        assert_int_equal(value[0], firsts[i]);
        assert_string_equal(value + 1, LONG);
    }
    assert_int_equal(esp_http_client_get_response_header(w->client, "J", &value),
                     ESP_ERR_NOT_FOUND);
#undef LONG
}

/* --- connections ------------------------------------------------------------------------------ */

static void test_a_kept_connection_that_the_server_closed_is_replaced(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE_CLOSE(HTTP_OK("Content-Length: 1\r\n") "1"),
        HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "2"),
    };
    struct http_case *w = *state;

    w->cfg.method = HTTP_METHOD_POST;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    sim_advance_us(MS(100));
    assert_int_equal(http_perform(w), ESP_OK);
    assert_string_equal(w->events, "CSshHdFDCSshHdF");
    assert_int_equal(w->body[0], '2');
}

/** The server closes when the second request is on its way. */
static esp_err_t lost_request(struct http_case *w, esp_http_client_method_t method)
{
    static const struct sim_line lines[] = {
        HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "1"),
        HTTP_LINE_CLOSE(""),
        HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "3"),
    };

    w->cfg.method = method;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    return http_perform(w);
}

static void test_a_request_that_got_lost_is_sent_again_once_if_that_is_safe(void **state)
{
    static const struct sim_line twice[] = {
        HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "1"),
        HTTP_LINE_CLOSE(""),
        HTTP_LINE_CLOSE(""),
    };
    struct http_case *w = *state;

    assert_int_equal(lost_request(w, HTTP_METHOD_GET), ESP_OK);
    assert_int_equal(w->body[0], '3');
    assert_string_equal(w->events, "CSshHdFSDCSshHdF");
    assert_int_equal(lost_request(w, HTTP_METHOD_PUT), ESP_OK);
    assert_int_equal(lost_request(w, HTTP_METHOD_POST), ESP_ERR_HTTP_CONNECTION_CLOSED);
    w->cfg.method = HTTP_METHOD_GET;
    http_play(w, twice, COUNT(twice));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_CONNECTION_CLOSED);
    assert_int_equal(w->script.peer_count, 2);
}

static void test_a_custom_transport_is_used_and_not_destroyed(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "1"),
                                            HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "2")};
    struct http_case *w = *state;
    esp_transport_handle_t t = esp_transport_tcp_init();

    assert_non_null(t);
    w->cfg.transport = t;
    w->cfg.url = "https://test.example:80/"; /* what speaks TLS is the transport's business */
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_ptr_equal(esp_http_client_get_transport(w->client), t);
    http_close(w);
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    http_close(w);
    assert_int_equal(esp_transport_destroy(t), ESP_OK);
}

static void test_a_connection_may_lead_elsewhere(void **state)
{
    static const struct sim_line line = HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"));
    struct http_case *w = *state;

    sim_host("127.0.0.9", 99, SIM_ACCEPT, MS(5), sim_script_peer, &w->script);
    w->cfg.url = "http://nowhere.example/";
    http_play(w, &line, 1);
    http_open(w);
    assert_int_equal(esp_http_client_set_connect_to(w->client, "127.0.0.9", 0),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_connect_to(w->client, "a\nb", 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_connect_to(w->client, "127.0.0.9", 99), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "Host: nowhere.example\r\n");
    assert_int_equal(esp_http_client_set_connect_to(w->client, NULL, 0), ESP_OK);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_CONNECT);
}

static void hook_transport(void *arg, esp_transport_handle_t t, bool is_tls)
{
    struct http_case *w = arg;

    assert_non_null(t);
    w->hook_arg += is_tls ? 100 : 1;
}

static void test_the_application_sees_each_transport_before_it_connects(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE_CLOSE(HTTP_OK("Content-Length: 1\r\n") "1"),
                                            HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "2")};
    struct http_case *w = *state;

    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_on_transport(w->client, hook_transport, w), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(w->hook_arg, 1); /* the same one connected twice */
}

/* --- events ----------------------------------------------------------------------------------- */

static esp_err_t clean_up(struct http_case *w, esp_http_client_event_t *evt)
{
    if ((int)evt->event_id == w->hook_arg && w->client != NULL) {
        w->client = NULL;
        assert_int_equal(esp_http_client_cleanup(evt->client), ESP_OK);
    }
    return ESP_OK;
}

static esp_err_t ask_to_close(struct http_case *w, esp_http_client_event_t *evt)
{
    if ((int)evt->event_id == w->hook_arg) {
        w->hook_arg = -1;
        assert_int_equal(esp_http_client_perform(evt->client), ESP_ERR_INVALID_STATE);
        assert_int_equal(esp_http_client_close(evt->client), ESP_OK);
    }
    return ESP_OK;
}

static void test_a_handler_may_end_the_request_or_the_client(void **state)
{
    static const struct sim_line line = HTTP_LINE(HTTP_OK("Content-Length: 3\r\n") "abc");
    static const int events[] = {
        HTTP_EVENT_ON_CONNECTED, HTTP_EVENT_HEADERS_SENT,        HTTP_EVENT_ON_STATUS_CODE,
        HTTP_EVENT_ON_HEADER,    HTTP_EVENT_ON_HEADERS_COMPLETE, HTTP_EVENT_ON_DATA,
        HTTP_EVENT_ON_FINISH};
    struct http_case *w = *state;

    for (size_t i = 0; i < COUNT(events); i++) {
        w->hook = ask_to_close;
        w->hook_arg = events[i];
        http_play(w, &line, 1);
        http_open(w);
        assert_int_equal(http_perform(w), ESP_FAIL);
        assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_INIT);
        http_play(w, &line, 1);
        assert_int_equal(http_perform(w), ESP_OK);
        w->hook = clean_up;
        w->hook_arg = events[i];
        http_play(w, &line, 1);
        http_open(w);
        assert_int_equal(http_perform(w), ESP_FAIL);
        assert_null(w->client);
    }
}

static void count_posts(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    const esp_http_client_on_data_t *about = data;
    plat_flag *sum = arg;

    assert_ptr_equal(base, ESP_HTTP_CLIENT_EVENT);
    if (id == HTTP_EVENT_ON_DATA) {
        plat_flag_set(sum, (int)about->data_process);
    }
}

static void test_events_are_posted_to_the_default_loop(void **state)
{
    static const struct sim_line line = HTTP_LINE(HTTP_OK("Content-Length: 3\r\n") "abc");
    struct http_case *w = *state;
    plat_flag received = {0};

    assert_int_equal(esp_event_loop_create_default(), ESP_OK);
    assert_int_equal(
        esp_event_handler_register(ESP_HTTP_CLIENT_EVENT, ESP_EVENT_ANY_ID, count_posts, &received),
        ESP_OK);
    http_play(w, &line, 1);
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    for (int i = 0; plat_flag_get(&received) != 3 && i < 5000; i++) {
        assert_int_equal(esp_event_post(ESP_HTTP_CLIENT_EVENT, 99, NULL, 0, portMAX_DELAY), ESP_OK);
    }
    assert_int_equal(plat_flag_get(&received), 3);
    assert_int_equal(esp_event_loop_delete_default(), ESP_OK);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void test_each_allocation_may_fail(void **state)
{
    static const struct sim_line line = HTTP_LINE(HTTP_OK("Content-Length: 3\r\nX-A: b\r\n") "abc");
    struct http_case *w = *state;
    esp_err_t err = ESP_FAIL;
    unsigned failures = 0;

    for (unsigned n = 1; err != ESP_OK; n++) {
        http_play(w, &line, 1);
        sim_fail_alloc(n, false);
        w->client = esp_http_client_init(&w->cfg);
        if (w->client != NULL) {
            err = esp_http_client_perform(w->client);
            assert_true(err == ESP_OK || err == ESP_ERR_NO_MEM || err == ESP_ERR_HTTP_CONNECT);
        }
        sim_fail_alloc(0, false);
        failures += err != ESP_OK;
        if (w->client != NULL && err != ESP_OK) { /* the handle lives */
            http_play(w, &line, 1);
            assert_int_equal(esp_http_client_perform(w->client), ESP_OK);
        }
        http_close(w);
    }
    assert_true(failures >= 8);
}

static void test_memory_does_not_grow_with_the_body(void **state)
{
    static char answer[70000] = HTTP_OK("Content-Length: 60000\r\n");
    struct http_case *w = *state;
    struct sim_line line = {0, answer, 0, SIM_SCRIPT_GO_ON};
    static const struct sim_line small = HTTP_LINE(HTTP_OK("Content-Length: 1\r\n") "x");
    unsigned before;
    unsigned count;

    line.len = strlen(answer) + 60000;
    memset(answer + strlen(answer), 'x', 60000);
    http_play(w, &small, 1);
    http_open(w);
    before = sim_alloc_count();
    assert_int_equal(http_perform(w), ESP_OK);
    count = sim_alloc_count() - before;
    http_open(w);
    http_play(w, &line, 1);
    before = sim_alloc_count();
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(w->body_len, 60000);
    assert_int_equal(sim_alloc_count() - before, count);
}

static void test_calls_without_a_handle_are_errors(void **state)
{
    char *value;
    char text[4];
    int number;
    esp_tls_wait_t wait;

    (void)state;
    assert_int_equal(esp_http_client_perform(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_cleanup(NULL), ESP_FAIL);
    assert_int_equal(esp_http_client_close(NULL), ESP_FAIL);
    assert_int_equal(esp_http_client_open(NULL, 0), ESP_FAIL);
    assert_int_equal(esp_http_client_write(NULL, "a", 1), -1);
    assert_int_equal(esp_http_client_chunk_write_begin(NULL, 1), -1);
    assert_int_equal(esp_http_client_chunk_write_end(NULL, true), -1);
    assert_int_equal(esp_http_client_fetch_headers(NULL), -1);
    assert_int_equal(esp_http_client_read(NULL, text, 1), -1);
    assert_int_equal(esp_http_client_read_response(NULL, text, 1), 0);
    assert_int_equal(esp_http_client_flush_response(NULL, NULL), ESP_FAIL);
    assert_int_equal(esp_http_client_clear_response_buffer(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_prepare(NULL), ESP_FAIL);
    assert_int_equal(esp_http_client_request_send(NULL, 0), ESP_FAIL);
    assert_int_equal(esp_http_client_cancel_request(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_redirection(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_reset_redirect_counter(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_auth_data(NULL, "a", 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_add_auth(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_url(NULL, "/"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_url(NULL, text, 4), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_method(NULL, HTTP_METHOD_GET), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_post_field(NULL, "", 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_post_field(NULL, &value), 0);
    assert_int_equal(esp_http_client_set_header(NULL, "A", "b"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_header(NULL, "A", &value), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_delete_header(NULL, "A"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_delete_all_headers(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_response_header(NULL, "A", &value), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_username(NULL, &value), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_username(NULL, "a"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_password(NULL, &value), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_password(NULL, "a"), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_authtype(NULL, HTTP_AUTH_TYPE_NONE), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_user_data(NULL, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_user_data(NULL, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_event_handler(NULL, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_timeout_ms(NULL, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_status_code(NULL), -1);
    assert_int_equal(esp_http_client_get_content_length(NULL), -1);
    assert_int_equal(esp_http_client_get_content_range(NULL), -1);
    assert_false(esp_http_client_is_chunked_response(NULL));
    assert_int_equal(esp_http_client_get_chunk_length(NULL, &number), ESP_ERR_INVALID_ARG);
    assert_false(esp_http_client_is_complete_data_received(NULL));
    assert_false(esp_http_client_is_persistent_connection(NULL));
    assert_int_equal(esp_http_client_get_state(NULL), HTTP_STATE_UNINIT);
    assert_int_equal(esp_http_client_get_transport_type(NULL), HTTP_TRANSPORT_UNKNOWN);
    assert_int_equal(esp_http_client_get_errno(NULL), -1);
    assert_int_equal(esp_http_client_get_and_clear_last_tls_error(NULL, NULL, NULL),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_socket(NULL), -1);
    assert_int_equal(esp_http_client_get_wait(NULL, &wait), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_cancel(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_deadline_ms(NULL, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_header_limit(NULL, 500), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_redirect_policy(NULL, 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_source(NULL, draw, 1, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_get_progress(NULL), -1);
    assert_null(esp_http_client_get_transport(NULL));
    assert_int_equal(esp_http_client_on_transport(NULL, NULL, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_proxy(NULL, NULL), ESP_ERR_INVALID_ARG);
}

/* --- reading ahead ---------------------------------------------------------------------------- */

#define AHEAD_BODY 5000

/** An answer with a body that several reads of the default buffer bring. */
static void play_long(struct http_case *w, const char *head, const char *behind)
{
    static char answer[AHEAD_BODY + 400];
    static struct sim_line lines[2];
    size_t len;

    answer[0] = '\0';
    strcat(answer, head);
    len = strlen(answer);
    memset(answer + len, 'b', AHEAD_BODY);
    answer[len + AHEAD_BODY] = '\0';
    strcat(answer, behind);
    lines[0] = (struct sim_line){0, answer, strlen(answer), SIM_SCRIPT_GO_ON};
    lines[1] = (struct sim_line)HTTP_LINE(HTTP_OK("Content-Length: 4\r\n") "next");
    http_play(w, lines, COUNT(lines));
}

/** hook_arg is the length of the longest piece. */
static esp_err_t note_longest(struct http_case *w, esp_http_client_event_t *evt)
{
    if (evt->event_id == HTTP_EVENT_ON_DATA && evt->data_len > w->hook_arg) {
        w->hook_arg = evt->data_len;
    }
    return ESP_OK;
}

static void test_a_read_ahead_changes_no_event(void **state)
{
    static const char *const heads[] = {HTTP_OK("Content-Length: 5000\r\n"),
                                        HTTP_OK(CHUNKED) "1388\r\n"};
    static const char *const ends[] = {"", "\r\n0\r\n\r\n"};
    struct http_case *w = *state;

    w->hook = note_longest;
    for (size_t i = 0; i < COUNT(heads); i++) {
        for (int size = 100; size <= 6400; size *= 8) {
            w->cfg.buffer_size = size;
            w->hook_arg = 0;
            play_long(w, heads[i], ends[i]);
            http_open(w);
            assert_int_equal(http_perform(w), ESP_OK);
            assert_int_equal(w->body_len, AHEAD_BODY);
            assert_true(w->hook_arg <= size);
            assert_int_equal(http_perform(w), ESP_OK); /* on the same connection */
            assert_memory_equal(w->body, "next", 4);
            assert_int_equal(w->script.peer_count, 1);
        }
    }
}

static void test_what_was_read_ahead_behind_the_end_is_no_answer(void **state)
{
    struct http_case *w = *state;

    play_long(w, HTTP_OK(CHUNKED) "1388\r\n",
              "\r\n0\r\n\r\n" HTTP_OK("Content-Length: 4\r\n") "evil");
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(w->body_len, AHEAD_BODY);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_memory_equal(w->body, "next", 4);
    assert_int_equal(w->script.peer_count, 2);
}

/** hook_arg counts the pieces. */
static esp_err_t cancel_at_once(struct http_case *w, esp_http_client_event_t *evt)
{
    if (evt->event_id == HTTP_EVENT_ON_DATA) {
        w->hook_arg++;
        assert_int_equal(esp_http_client_cancel(evt->client), ESP_OK);
    }
    return ESP_OK;
}

static void test_a_cancel_holds_within_what_was_read_ahead(void **state)
{
    struct http_case *w = *state;

    w->hook = cancel_at_once;
    w->hook_arg = 0;
    play_long(w, HTTP_OK("Content-Length: 5000\r\n"), "");
    http_open(w);
    assert_int_equal(http_perform(w), ESP_ERR_NOT_FINISHED);
    assert_int_equal(w->hook_arg, 1);
}

/* --- diagnosis -------------------------------------------------------------------------------- */

/** Every failure has its first reason, its status, and a text without what is not known. */
static void test_a_diagnosis_says_what_came_of_the_request(void **state)
{
    static const struct {
        struct sim_line line;
        esp_tls_reason_t reason;
        uint16_t status;
        const char *says;
    } expected[] = {
        {{0, SIM_TEXT(""), SIM_SCRIPT_SILENT},
         ESP_TLS_REASON_READ_TIMEOUT,
         0,
         "was not done within 2000 ms"},
        {{0, SIM_TEXT("HTTP/1.1 200 OK\r\nX"), SIM_SCRIPT_SILENT},
         ESP_TLS_REASON_READ_TIMEOUT,
         200,
         "test.example port 80 sent nothing in time"},
        {HTTP_LINE("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"), ESP_TLS_REASON_HTTP_STATUS, 404,
         "was answered with status 404"},
        {HTTP_LINE_CLOSE("HTTP/1.1 500 X\r\n\r\n"), ESP_TLS_REASON_HTTP_STATUS, 500,
         "was answered with status 500"},
        {HTTP_LINE("SSH-2.0-OpenSSH\r\n"), ESP_TLS_REASON_HTTP_MALFORMED, 0, "is not HTTP"},
        {HTTP_LINE(HTTP_OK("A : b\r\n")), ESP_TLS_REASON_HTTP_MALFORMED, 200, "is not HTTP"},
        {HTTP_LINE_CLOSE(""), ESP_TLS_REASON_HTTP_NO_ANSWER, 0, "without an answer"},
        {HTTP_LINE_CLOSE(HTTP_OK("Content-Length: 4\r\n") "abc"), ESP_TLS_REASON_HTTP_INCOMPLETE,
         200, "ended before its length"},
        {HTTP_LINE("HTTP/1.1 302 X\r\nLocation: ftp://a/\r\nContent-Length: 0\r\n\r\n"),
         ESP_TLS_REASON_HTTP_LOCATION, 302, "no URL of http or https"},
    };
    struct http_case *w = *state;

    for (size_t i = 0; i < COUNT(expected); i++) {
        esp_tls_diagnosis_t d;
        char text[2048];
        char json[4096];
        esp_err_t err;

        http_play(w, &expected[i].line, 1);
        http_open(w);
        err = http_perform(w);
        assert_int_equal(esp_http_client_get_diagnosis(w->client, err, &d), ESP_OK);
        assert_true(esp_tls_diagnosis_text(&d, text, sizeof(text)) < sizeof(text));
        assert_true(esp_tls_diagnosis_json(&d, json, sizeof(json)) < sizeof(json));
        if (d.reasons[0] != expected[i].reason || d.evidence.http_status != expected[i].status ||
            strstr(text, expected[i].says) == NULL || strstr(text, " N ") != NULL ||
            strstr(text, "has not failed") != NULL || strstr(text, "TLS") != NULL) {
            fail_msg("%zu: %s", i, text);
        }
        assert_non_null(strstr(json, "\"host\":\"test.example\""));
        assert_true((strstr(json, "\"status\":") != NULL) == (expected[i].status != 0));
    }
}

/** A status that a server has for a missing certificate, of one that had asked for one. */
static void test_a_status_blames_the_certificate_that_the_server_asked_for(void **state)
{
    static const struct {
        int status;
        bool is_missed;
        bool blames;
    } statuses[] = {{400, true, true},   {403, true, true},   {495, true, true},
                    {496, true, true},   {400, false, false}, {403, false, false},
                    {496, false, false}, {404, true, false},  {401, true, false},
                    {500, true, false},  {302, true, false}};

    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        esp_tls_diagnosis_t d = {.record = {.phase = ESP_TLS_PHASE_OPEN,
                                            .alert_sent = -1,
                                            .alert_received = -1,
                                            .identity_missed = statuses[i].is_missed},
                                 .evidence = {.host = "test.example", .port = 443}};
        char text[1024];

        esp_http_client_diagnose(&d, ESP_OK, statuses[i].status, false);
        assert_true(esp_tls_diagnosis_text(&d, text, sizeof(text)) < sizeof(text));
        assert_int_equal(d.reasons[0] == ESP_TLS_REASON_HTTP_CLIENT_CERT, statuses[i].blames);
        assert_int_equal(d.reason_count, statuses[i].blames ? 2 : 1);
        assert_int_equal(d.kind, statuses[i].blames ? ESP_TLS_CLASS_IDENTITY : ESP_TLS_CLASS_HTTP);
        assert_non_null(strstr(text, "the request to test.example port 443 was answered with"));
        assert_int_equal(strstr(text, "client_cert_pem and client_key_pem") != NULL,
                         statuses[i].blames);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_a_read_ahead_changes_no_event),
        http_test(test_what_was_read_ahead_behind_the_end_is_no_answer),
        http_test(test_a_cancel_holds_within_what_was_read_ahead),
        http_test(test_a_diagnosis_says_what_came_of_the_request),
        http_test(test_a_status_blames_the_certificate_that_the_server_asked_for),
        http_test(test_a_get_is_one_request_and_its_events_come_in_order),
        http_test(test_responses_of_every_kind),
        http_test(test_a_trailer_is_told_and_changes_nothing),
        http_test(test_bytes_behind_a_response_end_its_connection),
        http_test(test_responses_without_blocking),
        http_test(test_responses_byte_by_byte),
        http_test(test_responses_with_the_smallest_buffers),
        http_test(test_silence_is_counted_from_the_last_byte),
        http_test(test_silence_is_5_s_when_nothing_is_set),
        http_test(test_the_deadline_ends_a_trickle),
        http_test(test_no_connection_is_an_error_of_its_own),
        http_test(test_cancel_between_requests_ends_the_next_one_only),
        http_test(test_cancel_ends_each_phase_and_the_handle_lives),
        http_test(test_a_connection_serves_many_requests),
        http_test(test_a_body_is_sent_and_its_headers),
        http_test(test_a_source_gives_a_body_of_known_or_unknown_length),
        http_test(test_an_answer_before_the_body_is_out_is_the_answer),
        http_test(test_an_interim_answer_does_not_end_the_body),
        http_test(test_a_server_that_ends_while_the_body_is_sent_is_not_waited_for),
        http_test(test_headers_are_kept_in_order_and_replaced_in_place),
        http_test(test_body_that_is_replaced_on_its_way_fails),
        http_test(test_nothing_can_be_smuggled_into_a_request),
        http_test(test_values_may_be_set_to_themselves),
        http_test(test_host_and_target_follow_the_url),
        http_test(test_limits_are_errors_of_their_own),
        http_test(test_content_range_of_each_form),
        http_test(test_settings_are_kept_within_their_limits),
        http_test(test_diagnosis_before_a_connection_knows_no_alert),
        http_test(test_response_headers_can_be_looked_up),
        http_test(test_response_headers_of_several_blocks),
        http_test(test_a_kept_connection_that_the_server_closed_is_replaced),
        http_test(test_a_request_that_got_lost_is_sent_again_once_if_that_is_safe),
        http_test(test_a_custom_transport_is_used_and_not_destroyed),
        http_test(test_a_connection_may_lead_elsewhere),
        http_test(test_the_application_sees_each_transport_before_it_connects),
        http_test(test_a_handler_may_end_the_request_or_the_client),
        http_test(test_events_are_posted_to_the_default_loop),
        http_test(test_each_allocation_may_fail),
        http_test(test_memory_does_not_grow_with_the_body),
        http_test(test_calls_without_a_handle_are_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
