/* What the tests of the HTTP client share: one client, a server that plays its lines at
 * test.example = 127.0.0.1 port 80, and a log of the events. */
#ifndef HTTP_CASE_H
#define HTTP_CASE_H

#include "esp_http_client_async.h"
#include "sim_script.h"
#include "sim_test.h"

#define HTTP_URL "http://test.example/path?q=1"

/** A response head, up to and with the empty line. */
#define HTTP_OK(headers) "HTTP/1.1 200 OK\r\n" headers "\r\n"
/** The lines of a script: a head is read, this is answered. */
#define HTTP_LINE(answer)                                                                          \
    {                                                                                              \
        0, SIM_TEXT(answer), SIM_SCRIPT_GO_ON                                                      \
    }
#define HTTP_LINE_CLOSE(answer)                                                                    \
    {                                                                                              \
        0, SIM_TEXT(answer), SIM_SCRIPT_CLOSE                                                      \
    }

struct http_case {
    struct sim_case c;
    struct sim_script script;
    esp_http_client_config_t cfg; /* url, handler, 2 s */
    esp_http_client_handle_t client;
    char events[512]; /* a letter each: C S s h H d F D E R */
    char body[70000]; /* ON_DATA of the last response */
    size_t body_len;
    char headers[4096];                                                   /* "name: value\n" each */
    esp_err_t (*hook)(struct http_case *w, esp_http_client_event_t *evt); /* NULL: none */
    int hook_arg;
};

int http_setup(void **state);
/** Fails the test if something is left. */
int http_teardown(void **state);
#define http_test(fn) cmocka_unit_test_setup_teardown(fn, http_setup, http_teardown)

void http_play(struct http_case *w, const struct sim_line *lines, size_t count);
/** Make the client from cfg. */
void http_open(struct http_case *w);
void http_close(struct http_case *w);
/** perform(); with cfg.is_async, step by step, asserting that no step takes time. */
esp_err_t http_perform(struct http_case *w);
/** How often text is in what the server saw. */
size_t http_seen(const struct http_case *w, const char *text);

#define assert_seen(w, text)     assert_true(http_seen(w, text) > 0)
#define assert_not_seen(w, text) assert_int_equal(http_seen(w, text), 0)

#endif
