/* At each limit: one less, the limit itself, one more. And at each loop over partial writes: pieces
 * of one byte, of two, of all but one. */
#include "esp_heap_caps.h"
#include "esp_http_auth.h"
#include "esp_http_response.h"
#include "esp_transport_http_proxy.h"
#include "esp_transport_tcp.h"
#include "http_case.h"
#include "plat_heap.h"
#include "keylog.h"
#include "transport.h"

static char text[70000];
static size_t text_len;

static void begin_text(const char *with)
{
    text_len = strlen(with);
    memcpy(text, with, text_len + 1);
}

static void add_text(const char *more)
{
    size_t len = strlen(more);

    assert_true(text_len + len < sizeof(text));
    memcpy(text + text_len, more, len + 1);
    text_len += len;
}

/** So many times that character. */
static void add_times(char c, size_t count)
{
    assert_true(text_len + count < sizeof(text));
    memset(text + text_len, c, count);
    text_len += count;
    text[text_len] = '\0';
}

/* --- the parser of responses ------------------------------------------------------------------ */

#define NAME_AND_VALUE 1000 /* longest field of the parsers here */

static esp_http_response_result_t parse(void)
{
    static const esp_http_response_handler_t handler = {NULL, NULL, NULL, NULL, NULL};
    esp_http_response_t *r = esp_http_response_new(NAME_AND_VALUE, &handler, NULL);
    esp_http_response_result_t result[2];
    size_t used;

    assert_non_null(r);
    for (int i = 0; i < 2; i++) { /* the next answer is counted anew */
        esp_http_response_begin(r, ESP_HTTP_REQUEST_OTHER);
        result[i] = esp_http_response_feed(r, text, text_len, &used);
    }
    assert_int_equal(result[0], result[1]);
    esp_http_response_free(r);
    return result[0];
}

/** A response with so many fields. */
static esp_http_response_result_t parse_fields(size_t count)
{
    begin_text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    for (size_t i = 1; i < count; i++) {
        add_text("A: b\r\n");
    }
    add_text("\r\n");
    return parse();
}

static void add_fields(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_text("A: b\r\n");
    }
    add_text("\r\n");
}

/** A response with so many fields, behind an interim one with the most. */
static esp_http_response_result_t parse_fields_behind(size_t count)
{
    begin_text("HTTP/1.1 103 Early\r\n");
    add_fields(ESP_HTTP_RESPONSE_FIELDS_MAX);
    add_text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    add_fields(count - 1);
    return parse();
}

/** A response with so many trailers, and as many fields as there may be. */
static esp_http_response_result_t parse_trailers(size_t count)
{
    begin_text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n");
    add_fields(ESP_HTTP_RESPONSE_FIELDS_MAX - 1);
    add_text("0\r\n");
    add_fields(count);
    return parse();
}

/** A field whose name and value have so many bytes. */
static esp_http_response_result_t parse_field(size_t len)
{
    begin_text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAb: ");
    add_times('x', len - 2);
    add_text("\r\n\r\n");
    return parse();
}

/** A head of so many bytes that is not over yet. */
static esp_http_response_result_t parse_head(size_t len)
{
    begin_text("HTTP/1.1 200 OK\r\n");
    while (text_len + 900 < len) {
        add_text("A: ");
        add_times('b', 800);
        add_text("\r\n");
    }
    add_text("A: ");
    add_times('c', len - text_len);
    return parse();
}

/** A chunk with an extension of so many bytes, from its semicolon on, and another one. */
static esp_http_response_result_t parse_extension(size_t len)
{
    begin_text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 2; i++) {
        add_text("1;");
        add_times('a', len - 1);
        add_text("\r\nx\r\n");
    }
    add_text("0\r\n\r\n");
    return parse();
}

static esp_http_response_result_t parse_interim(size_t count)
{
    begin_text("");
    for (size_t i = 0; i < count; i++) {
        add_text("HTTP/1.1 103 Early\r\nA: b\r\n\r\n");
    }
    add_text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    return parse();
}

static void test_response_limits(void **state)
{
    static const struct {
        const char *name;
        esp_http_response_result_t (*parse)(size_t n);
        size_t limit;
        esp_http_response_result_t within;
        esp_http_response_result_t beyond;
    } rows[] = {
        {"fields", parse_fields, ESP_HTTP_RESPONSE_FIELDS_MAX, ESP_HTTP_RESPONSE_COMPLETE,
         ESP_HTTP_RESPONSE_MALFORMED},
        {"fields behind interim ones", parse_fields_behind, ESP_HTTP_RESPONSE_FIELDS_MAX,
         ESP_HTTP_RESPONSE_COMPLETE, ESP_HTTP_RESPONSE_MALFORMED},
        {"trailers", parse_trailers, ESP_HTTP_RESPONSE_FIELDS_MAX, ESP_HTTP_RESPONSE_COMPLETE,
         ESP_HTTP_RESPONSE_MALFORMED},
        {"field", parse_field, NAME_AND_VALUE, ESP_HTTP_RESPONSE_COMPLETE,
         ESP_HTTP_RESPONSE_HEADER_TOO_LONG},
        {"head", parse_head, ESP_HTTP_RESPONSE_HEAD_MAX, ESP_HTTP_RESPONSE_MORE,
         ESP_HTTP_RESPONSE_HEADER_TOO_LONG},
        {"extension", parse_extension, ESP_HTTP_RESPONSE_EXTENSION_MAX, ESP_HTTP_RESPONSE_COMPLETE,
         ESP_HTTP_RESPONSE_HEADER_TOO_LONG},
        {"interim responses", parse_interim, ESP_HTTP_RESPONSE_INTERIM_MAX,
         ESP_HTTP_RESPONSE_COMPLETE, ESP_HTTP_RESPONSE_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t n = rows[i].limit - 1; n <= rows[i].limit + 1; n++) {
            esp_http_response_result_t got = rows[i].parse(n);

            if (got != (n <= rows[i].limit ? rows[i].within : rows[i].beyond)) {
                fail_msg("%s, %zu of %zu: %d", rows[i].name, n, rows[i].limit, (int)got);
            }
        }
    }
}

/* --- the HTTP client -------------------------------------------------------------------------- */

#define URL_MAX       8190 /* 8 KB, with what resolving needs */
#define CHALLENGE_MAX 2048

static void test_http_client_url(void **state)
{
    struct http_case *w = *state;

    for (size_t len = URL_MAX - 1; len <= URL_MAX + 1; len++) {
        esp_http_client_handle_t client;

        begin_text("http://test.example/");
        add_times('a', len - text_len);
        w->cfg.url = text;
        client = esp_http_client_init(&w->cfg);
        assert_int_equal(client != NULL, len <= URL_MAX);
        if (client != NULL) {
            assert_int_equal(esp_http_client_cleanup(client), ESP_OK);
        }
    }
}

static void test_http_client_numbers(void **state)
{
    static const struct {
        int bytes;
        esp_err_t err;
    } header_limits[] = {
        {255, ESP_ERR_INVALID_ARG},  {256, ESP_OK}, {257, ESP_OK}, {65534, ESP_OK}, {65535, ESP_OK},
        {65536, ESP_ERR_INVALID_ARG}};
    struct http_case *w = *state;

    http_open(w);
    for (size_t i = 0; i < COUNT(header_limits); i++) {
        assert_int_equal(esp_http_client_set_header_limit(w->client, header_limits[i].bytes),
                         header_limits[i].err);
    }
    for (int len = CHALLENGE_MAX - 1; len <= CHALLENGE_MAX + 1; len++) {
        begin_text("Basic realm=\"");
        add_times('r', (size_t)len - text_len - 1);
        add_text("\"");
        assert_int_equal(esp_http_client_set_auth_data(w->client, text, len),
                         len <= CHALLENGE_MAX ? ESP_OK : ESP_ERR_HTTP_HEADER_TOO_LONG);
    }
    for (int port = 65534; port <= 65536; port++) {
        assert_int_equal(esp_http_client_set_connect_to(w->client, "a.example", port),
                         port <= 65535 ? ESP_OK : ESP_ERR_INVALID_ARG);
    }
    for (int port = 0; port <= 1; port++) {
        assert_int_equal(esp_http_client_set_connect_to(w->client, "a.example", port),
                         port == 1 ? ESP_OK : ESP_ERR_INVALID_ARG);
    }
}

#define DROPPED_MAX 16384

/** The body of a redirect is read as long as that is cheaper than a new connection. */
static void test_http_client_body_that_nobody_wants(void **state)
{
    static struct sim_line lines[] = {HTTP_LINE(""), HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"))};
    struct http_case *w = *state;

    w->cfg.buffer_size = 1; /* so that every count of bytes is one to decide at */
    for (size_t len = DROPPED_MAX - 1; len <= DROPPED_MAX + 1; len++) {
        for (int chunked = 0; chunked < 2; chunked++) {
            /* of chunks the framing counts as well, all but the last byte, which ends them */
            const size_t data = chunked ? len + 1 -
                                              strlen("3fff\r\n"
                                                     "\r\n0\r\n\r\n")
                                        : len;
            char number[64];

            begin_text("HTTP/1.1 302 Found\r\nLocation: /b\r\n");
            (void)snprintf(number, sizeof(number),
                           chunked ? "Transfer-Encoding: chunked\r\n\r\n%zx\r\n"
                                   : "Content-Length: %zu\r\n\r\n",
                           data);
            add_text(number);
            add_times('x', data);
            add_text(chunked ? "\r\n0\r\n\r\n" : "");
            lines[0].answer = text;
            lines[0].len = text_len;
            http_close(w);
            http_play(w, lines, COUNT(lines));
            http_open(w);
            assert_int_equal(http_perform(w), ESP_OK);
            if (w->script.peer_count != (len <= DROPPED_MAX ? 1U : 2U)) {
                fail_msg("%zu bytes, %s: %u connections", len, chunked ? "chunked" : "a length",
                         w->script.peer_count);
            }
        }
    }
    http_close(w);
}

/** A chunk is over when all of it was written: not a byte earlier, not a byte later. */
static void test_http_client_chunk_by_hand(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE(""), {15, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;

    for (int written = 0; written <= 6; written++) {
        bool is_whole = written == 5;

        w->cfg.method = HTTP_METHOD_POST;
        http_close(w);
        http_play(w, lines, COUNT(lines));
        http_open(w);
        assert_int_equal(esp_http_client_open(w->client, -1), ESP_OK);
        assert_int_equal(esp_http_client_chunk_write_begin(w->client, 5), 0);
        if (written == 6) {
            assert_int_equal(esp_http_client_write(w->client, "abcdef", 6), -1);
            continue;
        }
        assert_int_equal(esp_http_client_write(w->client, "abcdef", written), written);
        /* ended in words, ended by asking for the answer */
        if (!is_whole) {
            assert_int_equal(esp_http_client_chunk_write_end(w->client, true), -1);
        }
        assert_int_equal(esp_http_client_fetch_headers(w->client), is_whole ? 0 : -1);
        assert_int_equal(http_seen(w, "5\r\nabcde\r\n0\r\n\r\n"), is_whole ? 1 : 0);
        assert_int_equal(http_seen(w, "0\r\n\r\n"), is_whole ? 1 : 0);
    }
}

/** Nor is more written than was announced. */
static void test_http_client_announced_body(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(HTTP_OK("Content-Length: 0\r\n"))};
    struct http_case *w = *state;

    for (int more = 0; more <= 3; more++) {
        w->cfg.method = HTTP_METHOD_POST;
        http_close(w);
        http_play(w, lines, COUNT(lines));
        http_open(w);
        assert_int_equal(esp_http_client_open(w->client, 5), ESP_OK);
        assert_int_equal(esp_http_client_write(w->client, "abc", 3), 3);
        assert_int_equal(esp_http_client_write(w->client, "def", more), more <= 2 ? more : -1);
    }
}

/* --- partial writes --------------------------------------------------------------------------- */

#define PIECES_LEN 40

/** A transport whose writes take so many bytes, after having asked to wait. */
struct taker {
    int piece;  /* the first write takes so many; the later ones, too */
    int again;  /* each write asks so often to wait before it takes anything */
    int waited; /* so far */
    char got[2 * PIECES_LEN];
    int len;
};

static struct taker taker;

static int take(esp_transport_handle_t t, const char *buffer, int len)
{
    int n = len < taker.piece ? len : taker.piece;

    (void)t;
    if (taker.waited < taker.again) {
        taker.waited++;
        return TRANSPORT_AGAIN;
    }
    taker.waited = 0;
    assert_true(taker.len + n <= (int)sizeof(taker.got));
    memcpy(taker.got + taker.len, buffer, (size_t)n);
    taker.len += n;
    return n;
}

static void ask_again(esp_transport_handle_t t, int events, esp_tls_wait_t *wait)
{
    (void)t;
    (void)events;
    esp_tls_wait_until(wait, 1);
}

static void nothing(esp_transport_handle_t t)
{
    (void)t;
}

/** Each byte goes once, whatever number of them a write takes. */
static void test_transport_write_in_pieces(void **state)
{
    static const struct transport_ops whole = {
        .write = take, .get_wait = ask_again, .destroy = nothing, .writes_whole = true};
    static const struct transport_ops once = {
        .write = take, .get_wait = ask_again, .destroy = nothing};
    char data[PIECES_LEN];

    (void)state;
    for (int i = 0; i < PIECES_LEN; i++) {
        data[i] = (char)('0' + i);
    }
    for (int piece = 1; piece <= PIECES_LEN; piece++) {
        for (int again = 0; again < 3; again++) {
            for (int is_whole = 0; is_whole < 2; is_whole++) {
                const int want = is_whole ? PIECES_LEN : piece;
                esp_transport_handle_t t = et_transport_new(is_whole ? &whole : &once, NULL, NULL);

                taker = (struct taker){.piece = piece, .again = again};
                assert_int_equal(esp_transport_write(t, data, PIECES_LEN, 10000), want);
                assert_int_equal(taker.len, want);
                assert_memory_equal(taker.got, data, (size_t)want);
                assert_int_equal(esp_transport_destroy(t), ESP_OK);
            }
        }
    }
}

/** The time is over after so many pieces: what was taken is what is said. */
static void test_transport_write_that_is_not_finished(void **state)
{
    static const struct transport_ops ops = {
        .write = take, .get_wait = ask_again, .destroy = nothing, .writes_whole = true};
    static const char data[] = "0123456789";

    (void)state;
    for (int piece = 1; piece <= 10; piece++) {
        for (int timeout_ms = 0; timeout_ms <= 11; timeout_ms++) {
            esp_transport_handle_t t = et_transport_new(&ops, NULL, NULL);
            int ret;

            taker = (struct taker){.piece = piece, .again = 1};
            ret = esp_transport_write(t, data, 10, timeout_ms);
            assert_int_equal(ret, taker.len);
            assert_memory_equal(taker.got, data, (size_t)taker.len);
            assert_int_equal(esp_transport_destroy(t), ESP_OK);
        }
    }
}

/** A request with a body, over connections that take so many bytes at once. */
static void test_http_client_requests_in_pieces(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE(""), {10, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON}};
    static const struct sim_line chunked[] = {
        HTTP_LINE(""), {20, SIM_TEXT(HTTP_OK("Content-Length: 0\r\n")), SIM_SCRIPT_GO_ON}};
    static const char head[] = "POST /path?q=1 HTTP/1.1\r\nUser-Agent: ESP32 HTTP Client/1.0\r\n"
                               "Host: test.example\r\n";
    struct http_case *w = *state;

    w->cfg.method = HTTP_METHOD_POST;
    for (size_t piece = 1; piece <= 12; piece++) {
        for (int by_chunks = 0; by_chunks < 2; by_chunks++) {
            char want[400];

            http_close(w);
            http_play(w, by_chunks ? chunked : lines, 2);
            sim_wire(0, 0, piece, 0);
            http_open(w);
            assert_int_equal(esp_http_client_open(w->client, by_chunks ? -1 : 10), ESP_OK);
            assert_int_equal(esp_http_client_write(w->client, "0123456789", 10), 10);
            assert_int_equal(esp_http_client_fetch_headers(w->client), 0);
            (void)snprintf(want, sizeof(want), "%s%s", head,
                           by_chunks ? "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n"
                                       "0\r\n\r\n"
                                     : "Content-Length: 10\r\n\r\n0123456789");
            assert_string_equal(w->script.seen, want);
        }
    }
}

/* --- proxies ---------------------------------------------------------------------------------- */

#define PROXY_FIELD_MAX 1024
#define PROXY_BODY_MAX  16384
#define PROXY_READ      256 /* bytes at once: the head has one read, and the body the others */

/** Connect through a proxy that answers with the text. @return as esp_transport_connect() */
static int connect_through(struct http_case *w, const char *answer, size_t len)
{
    static struct sim_line lines[] = {HTTP_LINE(""), HTTP_LINE("HTTP/1.1 200 OK\r\n\r\n")};
    static const esp_transport_http_proxy_config_t config = {
        .address = "test.example", .port = 80, .user = "me", .password = "pass"};
    esp_transport_handle_t tcp = esp_transport_tcp_init();
    esp_transport_handle_t t = esp_transport_http_proxy_init(tcp, &config);
    int ret;

    lines[0].answer = answer;
    lines[0].len = len;
    http_play(w, lines, COUNT(lines));
    ret = esp_transport_connect(t, "target.example", 443, 2000);
    assert_int_equal(esp_transport_close(t), 0);
    assert_int_equal(esp_transport_destroy(t), ESP_OK);
    assert_int_equal(esp_transport_destroy(tcp), ESP_OK);
    return ret;
}

static void test_http_proxy_limits(void **state)
{
    struct http_case *w = *state;

    for (size_t len = PROXY_FIELD_MAX - 1; len <= PROXY_FIELD_MAX + 1; len++) {
        begin_text("HTTP/1.1 200 OK\r\nAb: ");
        add_times('x', len - 2);
        add_text("\r\n\r\n");
        assert_int_equal(connect_through(w, text, text_len), len <= PROXY_FIELD_MAX ? 0 : -1);
    }
    for (size_t len = PROXY_BODY_MAX - 1; len <= PROXY_BODY_MAX + 1; len++) {
        char number[40];

        begin_text("HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=\"r\"\r\n");
        (void)snprintf(number, sizeof(number), "Content-Length: %zu\r\nA: ", len + 1);
        add_text(number); /* the last byte never comes */
        add_times('a', PROXY_READ - text_len - 4);
        add_text("\r\n\r\n");
        add_times('x', len);
        (void)connect_through(w, text, text_len);
        if (w->script.peer_count != (len <= PROXY_BODY_MAX ? 1U : 2U)) {
            fail_msg("%zu bytes: %u connections", len, w->script.peer_count);
        }
    }
}

/* --- others ----------------------------------------------------------------------------------- */

#ifdef CONFIG_ESP_TLS_CAPTURE
static void test_keylog_line_limits(void **state)
{
    static const uint8_t random[KEYLOG_RANDOM_LEN];
    static const uint8_t secret[KEYLOG_SECRET_MAX + 1];
    char line[KEYLOG_LINE_MAX];

    (void)state;
    for (size_t len = KEYLOG_LABEL_MAX - 1; len <= KEYLOG_LABEL_MAX + 1; len++) {
        begin_text("");
        add_times('L', len);
        assert_int_equal(et_keylog_line(line, text, random, secret, KEYLOG_SECRET_MAX),
                         len <= KEYLOG_LABEL_MAX ? len + 2 + 2 * 32 + 2 * KEYLOG_SECRET_MAX : 0);
    }
    for (size_t len = KEYLOG_SECRET_MAX - 1; len <= KEYLOG_SECRET_MAX + 1; len++) {
        assert_int_equal(et_keylog_line(line, "L", random, secret, len),
                         len <= KEYLOG_SECRET_MAX ? 1 + 2 + 2 * 32 + 2 * len : 0);
    }
}
#endif

static void test_simulated_heap_limits(void **state)
{
    (void)state;
    for (size_t size = 127; size <= 129; size++) {
        assert_int_equal(heap_caps_simulate(size, MALLOC_CAP_SPIRAM),
                         size >= 128 ? ESP_OK : ESP_ERR_INVALID_ARG);
    }
    assert_int_equal(heap_caps_simulate(0, MALLOC_CAP_SPIRAM), ESP_OK);
}

static void test_wait_list_limits(void **state)
{
    esp_tls_wait_t wait;

    (void)state;
    esp_tls_wait_init(&wait);
    for (size_t i = 0; i < ESP_TLS_WAIT_ITEMS; i++) {
        assert_int_equal(wait.timeout_ms, -1);
        esp_tls_wait_add(&wait, 100 + (int)i, ESP_TLS_WAIT_READ);
        assert_int_equal(wait.count, i + 1);
    }
    assert_int_equal(wait.timeout_ms, -1);
    esp_tls_wait_add(&wait, 999, ESP_TLS_WAIT_READ); /* for whom there is no place is asked again */
    assert_int_equal(wait.count, ESP_TLS_WAIT_ITEMS);
    assert_true(wait.timeout_ms >= 0);
    wait.count = ESP_TLS_WAIT_ITEMS + 1;
    assert_int_equal(esp_tls_wait(&wait, 0), ESP_ERR_INVALID_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_response_limits),
        http_test(test_http_client_url),
        http_test(test_http_client_numbers),
        http_test(test_http_client_body_that_nobody_wants),
        http_test(test_http_client_chunk_by_hand),
        http_test(test_http_client_announced_body),
        http_test(test_transport_write_in_pieces),
        http_test(test_transport_write_that_is_not_finished),
        http_test(test_http_client_requests_in_pieces),
        http_test(test_http_proxy_limits),
#ifdef CONFIG_ESP_TLS_CAPTURE
        cmocka_unit_test(test_keylog_line_limits),
#endif
        cmocka_unit_test(test_simulated_heap_limits),
        cmocka_unit_test(test_wait_list_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
