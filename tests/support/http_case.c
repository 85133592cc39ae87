#include "http_case.h"

#include <stdlib.h>

#include "plat_heap.h"

static struct http_case the_case;

static void log_event(struct http_case *w, char letter)
{
    size_t len = strlen(w->events);

    if (letter == 'd' && len > 0 && w->events[len - 1] == 'd') {
        return;
    }
    assert_true(len + 1 < sizeof(w->events));
    w->events[len] = letter;
}

static void on_data(struct http_case *w, const esp_http_client_event_t *evt)
{
    assert_true(w->body_len + (size_t)evt->data_len <= sizeof(w->body));
    memcpy(w->body + w->body_len, evt->data, (size_t)evt->data_len);
    w->body_len += (size_t)evt->data_len;
}

static void on_header(struct http_case *w, const esp_http_client_event_t *evt)
{
    size_t len = strlen(w->headers);
    size_t need = strlen(evt->header_key) + strlen(evt->header_value) + 4;

    if (len + need < sizeof(w->headers)) {
        strcat(w->headers, evt->header_key);
        strcat(w->headers, ": ");
        strcat(w->headers, evt->header_value);
        strcat(w->headers, "\n");
    }
}

static esp_err_t on_event(esp_http_client_event_t *evt)
{
    static const char letters[] = "ECShHsdFDR";
    struct http_case *w = evt->user_data;

    assert_ptr_equal(w, &the_case);
    log_event(w, letters[evt->event_id]);
    switch (evt->event_id) {
    case HTTP_EVENT_ON_STATUS_CODE:
        assert_int_equal(evt->data_len, sizeof(int));
        assert_int_equal(*(int *)evt->data, esp_http_client_get_status_code(evt->client));
        w->headers[0] = '\0';
        w->body_len = 0;
        break;
    case HTTP_EVENT_ON_HEADER:
        on_header(w, evt);
        break;
    case HTTP_EVENT_ON_DATA:
        on_data(w, evt);
        break;
    default:
        assert_int_equal(evt->data_len, 0);
        break;
    }
    return w->hook != NULL ? w->hook(w, evt) : ESP_OK;
}

int http_setup(void **state)
{
    struct http_case *w = &the_case;

    memset(w, 0, sizeof(*w));
    sim_case_open(&w->c);
    sim_host("127.0.0.1", 80, SIM_ACCEPT, MS(5), sim_script_peer, &w->script);
    w->cfg = (esp_http_client_config_t){
        .url = HTTP_URL, .event_handler = on_event, .user_data = w, .timeout_ms = 2000};
    *state = w;
    return 0;
}

int http_teardown(void **state)
{
    struct http_case *w = *state;

    http_close(w);
    return sim_case_close(&w->c) == 0 ? 0 : -1;
}

void http_play(struct http_case *w, const struct sim_line *lines, size_t count)
{
    uint64_t byte_us = w->script.byte_us;

    sim_advance_us(MS(20)); /* peers of the last script see that they are over */
    w->script = (struct sim_script){.lines = lines, .count = count, .byte_us = byte_us};
    memset(w->events, 0, sizeof(w->events));
}

void http_open(struct http_case *w)
{
    if (w->client != NULL) {
        http_close(w);
        sim_advance_us(MS(20)); /* as above */
        sim_script_rewind(&w->script);
    }
    w->client = esp_http_client_init(&w->cfg);
    assert_non_null(w->client);
    memset(w->events, 0, sizeof(w->events));
}

void http_close(struct http_case *w)
{
    if (w->client != NULL) {
        assert_int_equal(esp_http_client_cleanup(w->client), ESP_OK);
        w->client = NULL;
    }
}

esp_err_t http_perform(struct http_case *w)
{
    for (;;) {
        uint64_t before = plat_clock_us();
        esp_err_t err = esp_http_client_perform(w->client);
        esp_tls_wait_t wait;

        if (!w->cfg.is_async) {
            return err;
        }
        assert_int_equal(plat_clock_us(), before);
        if (err != ESP_ERR_HTTP_EAGAIN) {
            return err;
        }
        assert_int_equal(esp_http_client_get_wait(w->client, &wait), ESP_OK);
        assert_int_equal(esp_tls_wait(&wait, 600000), ESP_OK);
    }
}

size_t http_seen(const struct http_case *w, const char *text)
{
    const char *p = w->script.seen;
    size_t count = 0;

    while ((p = strstr(p, text)) != NULL) {
        count++;
        p++;
    }
    return count;
}
