/* An exchange step by step: open, write, fetch_headers, read. */
#include "http_case.h"

#define ANSWER HTTP_OK("Content-Length: 11\r\n") "hello world"

static void test_a_body_is_read_in_pieces(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(ANSWER), HTTP_LINE(ANSWER)};
    struct http_case *w = *state;
    char out[32];
    int len = 0;

    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_read(w->client, out, 1), -1);
    assert_int_equal(esp_http_client_fetch_headers(w->client), -1);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_REQ_COMPLETE_HEADER);
    assert_int_equal(esp_http_client_read(w->client, out, 1), -1);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_RES_ON_DATA_START);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11); /* nothing new */
    assert_int_equal(esp_http_client_read(w->client, out, 5), 5);
    assert_memory_equal(out, "hello", 5);
    assert_int_equal(esp_http_client_read(w->client, out, 0), 0);
    assert_false(esp_http_client_is_complete_data_received(w->client));
    assert_int_equal(esp_http_client_read(w->client, out, sizeof(out)), 6);
    assert_memory_equal(out, " world", 6);
    assert_int_equal(esp_http_client_read(w->client, out, sizeof(out)), 0);
    assert_true(esp_http_client_is_complete_data_received(w->client));
    assert_memory_equal(w->body, "hello world", 11); /* ON_DATA as well */
    assert_string_equal(w->events, "CSshHdF");
    /* the next one on the same connection; its body is dropped */
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_int_equal(esp_http_client_read(w->client, out, 1), 1);
    assert_int_equal(esp_http_client_flush_response(w->client, &len), ESP_OK);
    assert_int_equal(len, 10);
    assert_int_equal(w->script.peer_count, 1);
    assert_int_equal(esp_http_client_close(w->client), ESP_OK);
    assert_int_equal(esp_http_client_read(w->client, out, 1), -1);
}

static esp_err_t clean_up(struct http_case *w, esp_http_client_event_t *evt)
{
    if ((int)evt->event_id == w->hook_arg && w->client != NULL) {
        w->client = NULL;
        assert_int_equal(esp_http_client_cleanup(evt->client), ESP_OK);
    }
    return ESP_OK;
}

/** A call whose handler ends the client has failed, whatever it had done before. */
static void test_a_client_that_ends_in_a_call_fails_the_call(void **state)
{
    static const struct sim_line line = HTTP_LINE(ANSWER);
    esp_http_client_handle_t client;
    struct http_case *w = *state;
    char out[32];

    w->hook = clean_up;
    w->hook_arg = HTTP_EVENT_ON_DATA;
    for (int all = 0; all < 2; all++) {
        http_play(w, &line, 1);
        http_open(w);
        client = w->client;
        assert_int_equal(esp_http_client_open(client, 0), ESP_OK);
        assert_int_equal(esp_http_client_fetch_headers(client), 11);
        assert_int_equal(all ? esp_http_client_read_response(client, out, sizeof(out))
                             : esp_http_client_read(client, out, sizeof(out)),
                         all ? 0 : -1);
        assert_null(w->client);
    }
}

static void test_every_size_of_read_gives_the_same_bytes(void **state)
{
    static const struct sim_line chunked = HTTP_LINE(
        HTTP_OK("Transfer-Encoding: chunked\r\n") "3\r\nabc\r\n11\r\n0123456789abcdefg\r\n1\r\n"
                                                  "z\r\n0\r\n\r\n");
    struct http_case *w = *state;

    for (int buffer = 1; buffer <= 32; buffer *= 2) {
        w->cfg.buffer_size = buffer;
        for (int piece = 1; piece <= 40; piece++) {
            char out[64];
            int sum = 0;
            int n;

            http_close(w);
            http_play(w, &chunked, 1);
            http_open(w);
            assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
            assert_int_equal(esp_http_client_fetch_headers(w->client), 0);
            assert_true(esp_http_client_is_chunked_response(w->client));
            assert_int_equal(esp_http_client_get_content_length(w->client), -1);
            while ((n = esp_http_client_read(w->client, out + sum, piece)) > 0) {
                assert_true(n <= piece);
                sum += n;
            }
            assert_int_equal(n, 0);
            assert_int_equal(sum, 21);
            assert_memory_equal(out, "abc0123456789abcdefgz", 21);
        }
    }
}

static void test_read_response_fills_the_buffer_or_stops(void **state)
{
    static const struct sim_line whole = HTTP_LINE(ANSWER);
    static const struct sim_line cut = HTTP_LINE_CLOSE(HTTP_OK("Content-Length: 11\r\n") "hello");
    struct http_case *w = *state;
    char out[32];

    http_play(w, &whole, 1);
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_int_equal(esp_http_client_read_response(w->client, out, sizeof(out)), 11);
    http_play(w, &cut, 1);
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_in_range(esp_http_client_read_response(w->client, out, sizeof(out)), 0, 5);
    assert_non_null(strchr(w->events, 'E'));
}

static void test_silence_is_an_answer_and_the_call_can_be_repeated(void **state)
{
    static const struct sim_line lines[] = {
        {0, SIM_TEXT(HTTP_OK("Content-Length: 3\r\n") "a"), SIM_SCRIPT_SILENT}};
    struct http_case *w = *state;
    char out[8];
    uint64_t begin;

    http_play(w, lines, COUNT(lines));
    w->script.byte_us = MS(3000); /* longer than timeout_ms */
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    begin = plat_clock_us();
    assert_int_equal(esp_http_client_fetch_headers(w->client), -ESP_ERR_HTTP_EAGAIN);
    assert_in_range(plat_clock_us() - begin, MS(2000), MS(5010));
    assert_null(strchr(w->events, 'E'));
    sim_advance_us(MS(3000) * lines[0].len);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 3);
    assert_int_equal(esp_http_client_read(w->client, out, 3), 1);
    assert_int_equal(esp_http_client_read(w->client, out, 3), -ESP_ERR_HTTP_EAGAIN);
}

/* --- uploads ---------------------------------------------------------------------------------- */

static void test_a_body_is_written_as_announced(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(""), {6, SIM_TEXT(ANSWER), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;

    w->cfg.method = HTTP_METHOD_POST;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_write(w->client, "a", 1), -1);
    assert_int_equal(esp_http_client_open(w->client, 6), ESP_OK);
    assert_int_equal(esp_http_client_chunk_write_begin(w->client, 1), -1);
    assert_int_equal(esp_http_client_chunk_write_end(w->client, true), -1);
    assert_int_equal(esp_http_client_write(w->client, "abcd", 4), 4);
    assert_int_equal(esp_http_client_write(w->client, "efg", 3), -1); /* more than announced */
    assert_int_equal(esp_http_client_chunk_write_begin(w->client, 1), -1);
    assert_int_equal(esp_http_client_write(w->client, "ef", 2), 2);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_seen(w, "Content-Length: 6\r\n\r\nabcdef");
    assert_int_equal(esp_http_client_write(w->client, "x", 1), -1);
}

static void test_a_body_of_unknown_length_goes_in_chunks(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(""),
                                            {8 + 23 + 5, SIM_TEXT(ANSWER), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;

    w->cfg.method = HTTP_METHOD_POST;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, -1), ESP_OK);
    assert_int_equal(esp_http_client_write(w->client, "abc", 3), 3);
    assert_int_equal(esp_http_client_write(w->client, "", 0), 0);
    assert_int_equal(esp_http_client_write(w->client, "0123456789abcdefg", 17), 17);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_seen(w, "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n11\r\n0123456789abcdefg\r\n0\r\n"
                   "\r\n");
}

static void test_chunks_framed_by_hand(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE(""), {5 + 4 + 5 + 2 + 5, SIM_TEXT(ANSWER), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;

    w->cfg.method = HTTP_METHOD_POST;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_chunk_write_begin(w->client, 4), -1);
    assert_int_equal(esp_http_client_open(w->client, -1), ESP_OK);
    assert_int_equal(esp_http_client_chunk_write_end(w->client, false), -1);
    assert_int_equal(esp_http_client_chunk_write_begin(w->client, 0), -1);
    assert_int_equal(esp_http_client_chunk_write_begin(w->client, 4), 0);
    assert_int_equal(esp_http_client_chunk_write_begin(w->client, 4), -1);
    assert_int_equal(esp_http_client_write(w->client, "ab", 2), 2);
    assert_int_equal(esp_http_client_write(w->client, "cde", 3), -1);
    assert_int_equal(esp_http_client_chunk_write_end(w->client, false), -1);
    assert_int_equal(esp_http_client_write(w->client, "cd", 2), 2);
    assert_int_equal(esp_http_client_write(w->client, "e", 1), -1);
    assert_int_equal(esp_http_client_chunk_write_end(w->client, false), 0);
    assert_int_equal(esp_http_client_chunk_write_begin(w->client, 2), 0);
    assert_int_equal(esp_http_client_write(w->client, "ef", 2), 2);
    assert_int_equal(esp_http_client_chunk_write_end(w->client, true), 0);
    assert_int_equal(esp_http_client_chunk_write_begin(w->client, 1), -1);
    assert_int_equal(esp_http_client_write(w->client, "e", 1), -1);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_seen(w, "\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n");
}

/** Each of its calls finds out by itself. */
static void test_chunks_to_a_server_that_is_gone_fail(void **state)
{
    static const struct sim_line lines[] = {{0, SIM_TEXT(""), SIM_SCRIPT_RESET}};
    struct http_case *w = *state;

    w->cfg.method = HTTP_METHOD_POST;
    w->cfg.url = "http://127.0.0.1/path";
    for (int i = 0; i < 8; i++) {
        int call = i % 4;

        w->cfg.is_async = i >= 4;
        http_play(w, lines, COUNT(lines));
        http_open(w);
        while (esp_http_client_open(w->client, -1) != ESP_OK) {
            assert_true(w->cfg.is_async);
            sim_advance_us(MS(5));
        }
        if (call > 1) {
            assert_int_equal(esp_http_client_chunk_write_begin(w->client, 1), 0);
        }
        if (call > 2) {
            assert_int_equal(esp_http_client_write(w->client, "a", 1), 1);
        }
        sim_advance_us(MS(20));
        switch (call) {
        case 0:
            assert_int_equal(esp_http_client_write(w->client, "a", 1), -1);
            break;
        case 1:
            assert_int_equal(esp_http_client_chunk_write_begin(w->client, 1), -1);
            break;
        case 2:
            assert_int_equal(esp_http_client_write(w->client, "a", 1), -1);
            break;
        default:
            assert_int_equal(esp_http_client_chunk_write_end(w->client, true), -1);
            break;
        }
        assert_string_equal(w->events, "CSED");
        assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_INIT);
    }
}

static esp_err_t look_at_state(struct http_case *w, esp_http_client_event_t *evt)
{
    if (evt->event_id == HTTP_EVENT_ON_HEADERS_COMPLETE) {
        w->hook_arg++;
        assert_int_equal(esp_http_client_get_state(evt->client), HTTP_STATE_RES_COMPLETE_HEADER);
    }
    return ESP_OK;
}

/** However few bytes a write takes, all of a request goes. */
static void test_a_request_goes_in_pieces_of_each_size(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(""), {5, SIM_TEXT(ANSWER), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;

    w->cfg.method = HTTP_METHOD_POST;
    w->hook = look_at_state;
    for (size_t piece = 1; piece <= 24; piece++) {
        http_play(w, lines, COUNT(lines));
        http_open(w);
        sim_wire(0, 0, piece, 0);
        w->hook_arg = 0;
        assert_int_equal(esp_http_client_open(w->client, 5), ESP_OK);
        assert_int_equal(esp_http_client_write(w->client, "abcde", 5), 5);
        assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
        assert_seen(w, "\r\n\r\nabcde");
        assert_int_equal(w->hook_arg, 1);
    }
}

static void test_a_chunk_that_is_not_complete_cannot_end_a_request(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE("")};
    struct http_case *w = *state;

    w->cfg.method = HTTP_METHOD_POST;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, -1), ESP_OK);
    assert_int_equal(esp_http_client_chunk_write_begin(w->client, 4), 0);
    assert_int_equal(esp_http_client_write(w->client, "ab", 2), 2);
    assert_int_equal(esp_http_client_fetch_headers(w->client), -1);
    assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_INIT);
}

static void test_the_answer_to_half_a_body_ends_the_connection(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE("HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n"), HTTP_LINE(ANSWER)};
    struct http_case *w = *state;

    w->cfg.method = HTTP_METHOD_POST;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, 60), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 0);
    assert_int_equal(esp_http_client_get_status_code(w->client), 413);
    assert_false(esp_http_client_is_persistent_connection(w->client));
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(w->script.peer_count, 2);
}

static void test_a_write_that_cannot_go_on_says_how_much_went(void **state)
{
    static char data[5000];
    struct http_case *w = *state;
    int n;

    sim_host("127.0.0.1", 80, SIM_ACCEPT, MS(5), NULL, NULL); /* reads nothing */
    sim_wire(MS(1), 0, 0, 2000);
    w->cfg.method = HTTP_METHOD_POST;
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, sizeof(data)), ESP_OK);
    n = esp_http_client_write(w->client, data, sizeof(data));
    assert_in_range(n, 1, 2000);
    assert_int_equal(esp_http_client_write(w->client, data, (int)sizeof(data) - n), 0);
    assert_null(strchr(w->events, 'E'));
}

/* --- without blocking ------------------------------------------------------------------------- */

static void wait_for(struct http_case *w)
{
    esp_tls_wait_t wait;

    assert_int_equal(esp_http_client_get_wait(w->client, &wait), ESP_OK);
    assert_int_equal(esp_tls_wait(&wait, 60000), ESP_OK);
}

static void test_the_steps_without_blocking(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(""), {6, SIM_TEXT(ANSWER), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;
    char out[32];
    esp_err_t err;
    int64_t length;
    int sum = 0;
    int n;

    w->cfg.is_async = true;
    w->cfg.method = HTTP_METHOD_POST;
    w->script.byte_us = MS(1);
    http_play(w, lines, COUNT(lines));
    http_open(w);
    while ((err = esp_http_client_open(w->client, 6)) == ESP_ERR_HTTP_EAGAIN) {
        wait_for(w);
    }
    assert_int_equal(err, ESP_OK);
    assert_int_equal(esp_http_client_write(w->client, "abcdef", 6), 6);
    while ((length = esp_http_client_fetch_headers(w->client)) == -ESP_ERR_HTTP_EAGAIN) {
        wait_for(w);
    }
    assert_int_equal(length, 11);
    while ((n = esp_http_client_read(w->client, out + sum, 8)) != 0) {
        if (n == -ESP_ERR_HTTP_EAGAIN) {
            wait_for(w);
        } else {
            assert_true(n > 0);
            sum += n;
        }
    }
    assert_int_equal(sum, 11);
    assert_memory_equal(out, "hello world", 11);
}

/** A body that cannot go on waits for room, and for an answer to what went so far. */
static void test_a_body_under_way_waits_for_both(void **state)
{
    static const char data[5000];
    struct http_case *w = *state;
    esp_tls_wait_t wait;
    int events = 0;

    sim_host("127.0.0.1", 80, SIM_ACCEPT, MS(5), NULL, NULL); /* reads nothing */
    sim_wire(MS(1), 0, 0, 2000);
    w->cfg.is_async = true;
    w->cfg.method = HTTP_METHOD_POST;
    http_open(w);
    assert_int_equal(esp_http_client_set_post_field(w->client, data, sizeof(data)), ESP_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(esp_http_client_perform(w->client), ESP_ERR_HTTP_EAGAIN);
        sim_advance_us(MS(10));
    }
    assert_int_equal(esp_http_client_get_wait(w->client, &wait), ESP_OK);
    for (size_t i = 0; i < wait.count; i++) {
        events |= wait.items[i].events;
    }
    assert_int_equal(events, ESP_TLS_WAIT_READ | ESP_TLS_WAIT_WRITE);
}

/** A program that calls open() once, and then waits for the socket. */
static void test_open_once_and_go_on(void **state)
{
    static const struct sim_line lines[] = {{0, SIM_TEXT(""), SIM_SCRIPT_GO_ON},
                                            {6, SIM_TEXT(ANSWER), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;
    int64_t length;
    int sent = 0;

    w->cfg.is_async = true;
    w->cfg.method = HTTP_METHOD_POST;
    w->cfg.url = "http://127.0.0.1/path";
    w->script.byte_us = MS(1);
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, 6), ESP_ERR_HTTP_EAGAIN);
    assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_CONNECTING);
    assert_int_not_equal(esp_http_client_get_socket(w->client), -1);
    assert_int_equal(esp_http_client_write(w->client, "abcdef", 6), 0);
    while (sent < 6) {
        int n = esp_http_client_write(w->client, &"abcdef"[sent], 6 - sent);

        assert_true(n >= 0);
        sent += n;
        if (n == 0) {
            wait_for(w);
        }
    }
    while ((length = esp_http_client_fetch_headers(w->client)) == -ESP_ERR_HTTP_EAGAIN) {
        wait_for(w);
    }
    assert_int_equal(length, 11);
    assert_seen(w, "abcdef");
}

static void test_open_once_and_fetch(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(ANSWER)};
    struct http_case *w = *state;
    int64_t length;

    w->cfg.is_async = true;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_ERR_HTTP_EAGAIN);
    while ((length = esp_http_client_fetch_headers(w->client)) == -ESP_ERR_HTTP_EAGAIN) {
        wait_for(w);
    }
    assert_int_equal(length, 11);
    assert_int_equal(esp_http_client_get_status_code(w->client), 200);
}

static void test_open_once_and_begin_a_chunk(void **state)
{
    static const struct sim_line lines[] = {{0, SIM_TEXT(""), SIM_SCRIPT_GO_ON}};
    struct http_case *w = *state;
    int ret;

    w->cfg.is_async = true;
    w->cfg.method = HTTP_METHOD_POST;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, -1), ESP_ERR_HTTP_EAGAIN);
    assert_int_equal(esp_http_client_chunk_write_end(w->client, true), -ESP_ERR_HTTP_EAGAIN);
    while ((ret = esp_http_client_chunk_write_begin(w->client, 3)) == -ESP_ERR_HTTP_EAGAIN) {
        wait_for(w);
    }
    assert_int_equal(ret, 0);
    assert_int_equal(esp_http_client_write(w->client, "abc", 3), 3);
    assert_int_equal(esp_http_client_chunk_write_end(w->client, true), 0);
}

/** What open() could not say yet is said by the call that goes on with it. */
static void test_open_once_and_nobody_answers(void **state)
{
    struct http_case *w = *state;
    int ret;

    w->cfg.is_async = true;
    w->cfg.url = "http://127.0.0.1:81/";
    http_play(w, NULL, 0);
    http_open(w);
    ret = esp_http_client_open(w->client, 3) == ESP_ERR_HTTP_EAGAIN ? 0 : -1;
    while (ret == 0) {
        wait_for(w);
        ret = esp_http_client_write(w->client, "abc", 3);
    }
    assert_int_equal(ret, -1);
    assert_int_equal(esp_http_client_get_socket(w->client), -1);
    assert_non_null(strchr(w->events, 'E'));
    assert_int_equal(esp_http_client_fetch_headers(w->client), -1);
}

/** cancel_request() connects, and sends nothing: nothing goes on with it as with an open(). */
static void test_what_cancel_request_began_is_no_open(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(ANSWER)};
    struct http_case *w = *state;

    w->cfg.is_async = true;
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_ERR_HTTP_EAGAIN);
    assert_int_equal(esp_http_client_cancel_request(w->client), ESP_ERR_HTTP_EAGAIN);
    assert_int_equal(esp_http_client_fetch_headers(w->client), -1);
    assert_not_seen(w, "GET");
}

/* --- calls out of order ----------------------------------------------------------------------- */

/** What each call says without a connection, as ESP-IDF says it. */
static void assert_not_connected(struct http_case *w)
{
    esp_http_client_handle_t c = w->client;
    char text[8] = "as is";
    char *value = NULL;
    int n = 77;

    assert_int_equal(esp_http_client_request_send(c, 0), ESP_ERR_HTTP_WRITE_DATA);
    assert_int_equal(esp_http_client_request_send(c, -1), ESP_ERR_HTTP_WRITE_DATA);
    assert_int_equal(esp_http_client_cancel_request(c), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_http_client_write(c, "x", 1), -1);
    assert_int_equal(esp_http_client_chunk_write_begin(c, 1), -1);
    assert_int_equal(esp_http_client_chunk_write_end(c, true), -1);
    assert_int_equal(esp_http_client_fetch_headers(c), -1);
    assert_int_equal(esp_http_client_read(c, text, 5), -1);
    assert_int_equal(esp_http_client_read_response(c, text, 5), 0);
    assert_string_equal(text, "as is");
    assert_int_equal(esp_http_client_flush_response(c, &n), ESP_FAIL);
    assert_int_equal(n, 77);
    assert_int_equal(esp_http_client_clear_response_buffer(c), ESP_OK);
    assert_int_equal(esp_http_client_get_chunk_length(c, &n), ESP_FAIL);
    assert_int_equal(esp_http_client_set_redirection(c), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_add_auth(c), ESP_ERR_NOT_SUPPORTED);
    assert_int_equal(esp_http_client_get_header(c, "X-None", &value), ESP_ERR_NOT_FOUND);
    assert_int_equal(esp_http_client_get_socket(c), -1);
    assert_int_equal(esp_http_client_get_state(c), HTTP_STATE_INIT);
    assert_int_equal(esp_http_client_prepare(c), ESP_OK);
    assert_int_equal(esp_http_client_close(c), ESP_OK);
}

static void test_calls_without_a_connection_say_what_esp_idf_says(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(ANSWER), HTTP_LINE(ANSWER)};
    struct http_case *w = *state;

    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_not_connected(w);
    assert_int_equal(esp_http_client_get_status_code(w->client), -1);
    assert_int_equal(esp_http_client_get_content_length(w->client), -1);
    for (int round = 0; round < 2; round++) { /* nothing of it stays, and closed is as before */
        assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
        assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
        assert_int_equal(esp_http_client_close(w->client), ESP_OK);
        assert_int_equal(esp_http_client_request_send(w->client, 0), ESP_ERR_HTTP_WRITE_DATA);
        assert_int_equal(esp_http_client_get_status_code(w->client), 200);
        assert_not_connected(w);
    }
    assert_int_equal(w->script.peer_count, 2);
}

#ifdef CONFIG_ESP_HTTP_CLIENT_STRICT_HEADER_BUFFER
static void test_a_head_without_a_connection_is_made_first(void **state)
{
    struct http_case *w = *state;
    char value[600];

    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    http_open(w);
    assert_int_equal(esp_http_client_set_header(w->client, "X-Long", value), ESP_OK);
    assert_int_equal(esp_http_client_request_send(w->client, 0), ESP_ERR_HTTP_HEADER_TOO_LONG);
    assert_int_equal(esp_http_client_delete_header(w->client, "X-Long"), ESP_OK);
    assert_int_equal(esp_http_client_request_send(w->client, 0), ESP_ERR_HTTP_WRITE_DATA);
}
#endif

/* --- redirects and challenges by hand --------------------------------------------------------- */

static void test_a_redirect_is_followed_by_hand(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE("HTTP/1.1 302 X\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"),
        HTTP_LINE(ANSWER), HTTP_LINE(ANSWER)};
    struct http_case *w = *state;

    for (int by_open = 0; by_open < 2; by_open++) {
        http_play(w, lines, COUNT(lines));
        http_open(w);
        assert_int_equal(esp_http_client_cancel_request(w->client), ESP_ERR_INVALID_STATE);
        assert_int_equal(esp_http_client_request_send(w->client, 0), ESP_ERR_HTTP_WRITE_DATA);
        assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
        assert_int_equal(esp_http_client_fetch_headers(w->client), 0);
        assert_int_equal(esp_http_client_get_status_code(w->client), 302);
        assert_int_equal(esp_http_client_set_redirection(w->client), ESP_OK);
        if (by_open == 1) {
            assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
        } else {
            assert_int_equal(esp_http_client_cancel_request(w->client), ESP_OK);
            assert_int_equal(esp_http_client_get_state(w->client), HTTP_STATE_CONNECTED);
            assert_int_equal(esp_http_client_request_send(w->client, 0), ESP_OK);
        }
        assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
        assert_seen(w, "GET /next ");
        assert_int_equal(w->script.peer_count, by_open == 1 ? 1 : 2);
    }
}

static void test_a_challenge_is_answered_by_hand(void **state)
{
    static const struct sim_line lines[] = {
        HTTP_LINE("HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n"),
        HTTP_LINE(ANSWER)};
    struct http_case *w = *state;

    w->cfg.username = "me";
    w->cfg.password = "secret";
    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_add_auth(w->client), ESP_ERR_NOT_SUPPORTED);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 0);
    assert_int_equal(esp_http_client_get_status_code(w->client), 401);
    assert_int_equal(esp_http_client_add_auth(w->client), ESP_OK);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_seen(w, "Authorization: Basic bWU6c2VjcmV0\r\n");
    /* from elsewhere */
    assert_int_equal(esp_http_client_set_auth_data(w->client, "a\nb", 3), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_client_set_auth_data(w->client, "Digest realm=r, nonce=n", 23),
                     ESP_OK);
    assert_int_equal(esp_http_client_close(w->client), ESP_OK);
    http_play(w, lines + 1, 1);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_seen(w, "Authorization: Digest username=\"me\", realm=\"r\", nonce=\"n\"");
}

static void test_a_lost_connection_is_replaced_on_the_way(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(ANSWER), HTTP_LINE_CLOSE(""),
                                            HTTP_LINE(ANSWER)};
    struct http_case *w = *state;
    char out[16];

    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_int_equal(esp_http_client_read(w->client, out, sizeof(out)), 11);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_int_equal(w->script.peer_count, 2);
}

static void test_the_buffer_of_a_response_is_cleared(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(ANSWER), HTTP_LINE(ANSWER)};
    struct http_case *w = *state;
    char out[16];

    http_play(w, lines, COUNT(lines));
    http_open(w);
    assert_int_equal(esp_http_client_open(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_int_equal(esp_http_client_clear_response_buffer(w->client), ESP_OK);
    assert_int_equal(esp_http_client_read(w->client, out, sizeof(out)), 0);
    assert_int_equal(esp_http_client_prepare(w->client), ESP_OK);
    assert_int_equal(esp_http_client_get_status_code(w->client), -1);
    assert_int_equal(esp_http_client_request_send(w->client, 0), ESP_OK);
    assert_int_equal(esp_http_client_fetch_headers(w->client), 11);
    assert_int_equal(w->script.peer_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_a_body_is_read_in_pieces),
        http_test(test_a_body_under_way_waits_for_both),
        http_test(test_open_once_and_go_on),
        http_test(test_open_once_and_fetch),
        http_test(test_open_once_and_begin_a_chunk),
        http_test(test_open_once_and_nobody_answers),
        http_test(test_what_cancel_request_began_is_no_open),
        http_test(test_a_client_that_ends_in_a_call_fails_the_call),
        http_test(test_every_size_of_read_gives_the_same_bytes),
        http_test(test_read_response_fills_the_buffer_or_stops),
        http_test(test_silence_is_an_answer_and_the_call_can_be_repeated),
        http_test(test_a_body_is_written_as_announced),
        http_test(test_a_body_of_unknown_length_goes_in_chunks),
        http_test(test_chunks_framed_by_hand),
        http_test(test_chunks_to_a_server_that_is_gone_fail),
        http_test(test_a_request_goes_in_pieces_of_each_size),
        http_test(test_a_chunk_that_is_not_complete_cannot_end_a_request),
        http_test(test_the_answer_to_half_a_body_ends_the_connection),
        http_test(test_a_write_that_cannot_go_on_says_how_much_went),
        http_test(test_the_steps_without_blocking),
        http_test(test_calls_without_a_connection_say_what_esp_idf_says),
#ifdef CONFIG_ESP_HTTP_CLIENT_STRICT_HEADER_BUFFER
        http_test(test_a_head_without_a_connection_is_made_first),
#endif
        http_test(test_a_redirect_is_followed_by_hand),
        http_test(test_a_challenge_is_answered_by_hand),
        http_test(test_a_lost_connection_is_replaced_on_the_way),
        http_test(test_the_buffer_of_a_response_is_cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
