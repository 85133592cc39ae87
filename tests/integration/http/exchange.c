/* One exchange, by whichever calls, and what is reported of it. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "esp_http_client_diagnosis.h"
#include "http.h"

static uint64_t clock_us(clockid_t id)
{
    struct timespec ts;

    (void)clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* --- events ----------------------------------------------------------------------------------- */

static void note_record(struct http *h)
{
    esp_transport_handle_t t = esp_http_client_get_transport(h->client);
    esp_tls_t *tls = t != NULL ? esp_transport_get_esp_tls(t) : NULL;
    esp_tls_session_info_t info;

    if (tls != NULL) {
        h->has_record = esp_tls_get_record(tls, &h->record) == ESP_OK;
        if (esp_tls_get_session_info(tls, &info) == ESP_OK && info.version != NULL) {
            snprintf(h->version, sizeof(h->version), "%s", info.version);
        }
    }
}

static void note_event(struct http *h, char letter)
{
    if (letter == 'd' && h->event_count > 0 && h->events[h->event_count - 1] == 'd') {
        return;
    }
    if (h->event_count + 1 < sizeof(h->events)) {
        h->events[h->event_count++] = letter;
        h->events[h->event_count] = '\0';
    }
}

static void take(struct http *h, const char *data, size_t len)
{
    if (h->sink != NULL) {
        (void)fwrite(data, 1, len, h->sink);
    } else if (h->received + (int64_t)len <= HTTP_BODY_SHOWN) {
        memcpy(h->shown + h->received, data, len);
    }
    h->received += (int64_t)len;
}

/** As in JSON, one string: "name: value" lines. */
static void note_header(struct http *h, const char *name, const char *value)
{
    size_t len = strlen(h->headers);

    if (len + strlen(name) + strlen(value) + 4 < sizeof(h->headers)) {
        snprintf(h->headers + len, sizeof(h->headers) - len, "%s: %s\n", name, value);
    }
}

esp_err_t exchange_event(esp_http_client_event_t *evt)
{
    static const char letters[] = "ECShHsdFDR";
    struct http *h = evt->user_data;

    note_event(h, letters[evt->event_id]);
    switch (evt->event_id) {
    case HTTP_EVENT_ON_CONNECTED:
        h->connects++;
        break;
    case HTTP_EVENT_ON_STATUS_CODE:
        h->headers[0] = '\0';
        h->received = 0;
        break;
    case HTTP_EVENT_ON_HEADER:
        note_header(h, evt->header_key, evt->header_value);
        break;
    case HTTP_EVENT_ON_DATA:
        if (h->mode == HTTP_MODE_PERFORM) {
            take(h, evt->data, (size_t)evt->data_len);
        }
        if (h->close_at >= 0 && esp_http_client_get_progress(evt->client) >= h->close_at) {
            (void)esp_http_client_close(evt->client);
        }
        break;
    case HTTP_EVENT_ERROR:
    case HTTP_EVENT_ON_FINISH:
        note_record(h);
        break;
    default:
        break;
    }
    return ESP_OK;
}

/* --- the body that is sent -------------------------------------------------------------------- */

int exchange_draw(void *arg, char *buffer, int len, int64_t offset)
{
    struct http *h = arg;

    if (offset == 0) {
        rewind(h->source);
    }
    return (int)fread(buffer, 1, (size_t)len, h->source);
}

static int64_t open_source(struct http *h)
{
    int64_t size;

    h->source =
        h->body_file != NULL ? fopen(h->body_file, "rb") : fmemopen(h->body, strlen(h->body), "rb");
    if (h->source == NULL) {
        fprintf(stderr, "http-client: no body\n");
        exit(2);
    }
    (void)fseek(h->source, 0, SEEK_END);
    size = ftell(h->source);
    rewind(h->source);
    return size;
}

/* --- by perform() ----------------------------------------------------------------------------- */

static void await(struct http *h)
{
    esp_tls_wait_t wait;

    if (esp_http_client_get_wait(h->client, &wait) == ESP_OK) {
        (void)esp_tls_wait(&wait, -1);
    }
}

static esp_err_t perform(struct http *h, int64_t size)
{
    esp_err_t err;

    if (h->source != NULL) {
        (void)esp_http_client_set_source(h->client, exchange_draw, h->is_chunked ? -1 : size, h);
    } else {
        (void)esp_http_client_set_source(h->client, NULL, 0, NULL);
    }
    while ((err = esp_http_client_perform(h->client)) == ESP_ERR_HTTP_EAGAIN) {
        await(h);
    }
    return err;
}

/* --- step by step ----------------------------------------------------------------------------- */

/** @return false: it failed */
static bool write_piece(struct http *h, const char *data, int len)
{
    bool by_hand = h->mode == HTTP_MODE_HAND;

    if (by_hand && esp_http_client_chunk_write_begin(h->client, len) != 0) {
        return false;
    }
    for (int done = 0; done < len;) {
        int n = esp_http_client_write(h->client, data + done, len - done);

        if (n < 0 || (n == 0 && !h->cfg.is_async)) {
            return false;
        }
        if (n == 0) {
            await(h);
        }
        done += n;
    }
    return !by_hand || esp_http_client_chunk_write_end(h->client, false) == 0;
}

static bool write_body(struct http *h)
{
    char *piece = malloc((size_t)h->piece);
    bool ok = true;
    size_t n;

    rewind(h->source);
    while (ok && (n = fread(piece, 1, (size_t)h->piece, h->source)) > 0) {
        ok = write_piece(h, piece, (int)n);
    }
    free(piece);
    if (ok && h->mode == HTTP_MODE_HAND) {
        ok = esp_http_client_chunk_write_end(h->client, true) == 0;
    }
    return ok;
}

static int64_t fetch(struct http *h)
{
    int64_t length;

    while ((length = esp_http_client_fetch_headers(h->client)) == -ESP_ERR_HTTP_EAGAIN &&
           h->cfg.is_async) {
        await(h);
    }
    return length;
}

static esp_err_t read_all(struct http *h)
{
    char *piece = malloc((size_t)h->piece);
    int n;

    for (;;) {
        n = esp_http_client_read(h->client, piece, h->piece);
        if (n == -ESP_ERR_HTTP_EAGAIN && h->cfg.is_async) {
            await(h);
            continue;
        }
        if (n <= 0) {
            break;
        }
        take(h, piece, (size_t)n);
    }
    free(piece);
    note_record(h);
    return n == 0 ? ESP_OK : n == -ESP_ERR_HTTP_EAGAIN ? ESP_ERR_HTTP_EAGAIN : ESP_FAIL;
}

static esp_err_t stream_once(struct http *h, int64_t size)
{
    int write_len = h->source == NULL ? 0 : h->is_chunked ? -1 : (int)size;
    esp_err_t err;
    int64_t length;

    while ((err = esp_http_client_open(h->client, write_len)) == ESP_ERR_HTTP_EAGAIN) {
        await(h);
    }
    if (err != ESP_OK) {
        return err;
    }
    if (h->source != NULL && !write_body(h)) {
        return ESP_ERR_HTTP_WRITE_DATA;
    }
    length = fetch(h);
    if (length < 0) {
        return length == -ESP_ERR_HTTP_EAGAIN ? ESP_ERR_HTTP_EAGAIN : ESP_ERR_HTTP_FETCH_HEADER;
    }
    return read_all(h);
}

/** A redirect that turns the request into GET leaves the body out (RFC 9110 section 15.4). */
static void drop_body(struct http *h, int status)
{
    bool is_post = h->cfg.method == HTTP_METHOD_POST;

    if (h->source != NULL && (status == 303 || (status < 303 && is_post))) {
        fclose(h->source);
        h->source = NULL;
    }
}

static esp_err_t stream(struct http *h, int64_t size)
{
    esp_err_t err = stream_once(h, size);

    for (int i = 0; err == ESP_OK && h->follows && i < 10; i++) {
        int status = esp_http_client_get_status_code(h->client);

        if (status / 100 == 3 && status != 304) {
            err = esp_http_client_set_redirection(h->client);
            drop_body(h, status);
        } else if (status == 401) {
            err = esp_http_client_add_auth(h->client);
        } else {
            break;
        }
        if (err == ESP_OK) {
            h->received = 0;
            err = stream_once(h, size);
        }
    }
    return err;
}

/* --- the report ------------------------------------------------------------------------------- */

static void report_body(struct http *h)
{
    static const char hex[] = "0123456789abcdef";
    size_t len = h->received < HTTP_BODY_SHOWN ? (size_t)h->received : HTTP_BODY_SHOWN;
    char *text = malloc(2 * len + 1);

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)h->shown[i];

        text[2 * i] = hex[c >> 4];
        text[2 * i + 1] = hex[c & 15];
    }
    text[2 * len] = '\0';
    json_text("body", h->sink == NULL ? text : NULL);
    free(text);
}

static void report_record(const struct http *h)
{
    if (!h->has_record) {
        json_text("record", NULL);
        return;
    }
    json_open("record", '{');
    json_text("phase", esp_tls_phase_name(h->record.phase));
    json_text("cause", esp_tls_cause_name(h->record.cause));
    json_int("errno", h->record.os_errno);
    json_int("flags", h->record.verify_flags);
    json_int("alert", h->record.alert_received);
    json_close('}');
}

/** The likeliest reason, asked for when the answer may have ended the connection. */
static void report_reason(const struct http *h, esp_err_t err)
{
    esp_tls_diagnosis_t d = {.reason_count = 0};

    (void)esp_http_client_get_diagnosis(h->client, err, &d);
    json_text("reason", d.reason_count > 0 ? esp_tls_reason_name(d.reasons[0]) : NULL);
}

static void report(struct http *h, esp_err_t err, uint64_t took_us, uint64_t cpu_us)
{
    char url[9000];
    int tls_code = 0;
    int flags = 0;
    esp_http_client_handle_t c = h->client;

    json_open(NULL, '{');
    json_text("err", esp_err_to_name(err));
    json_int("status", esp_http_client_get_status_code(c));
    json_int("length", esp_http_client_get_content_length(c));
    json_bool("chunked", esp_http_client_is_chunked_response(c));
    json_bool("complete", esp_http_client_is_complete_data_received(c));
    json_int("range_total", esp_http_client_get_content_range(c));
    json_int("received", h->received);
    json_int("connects", h->connects);
    json_int("state", esp_http_client_get_state(c));
    json_text("events", h->events);
    json_text("headers", h->headers);
    json_text("malformed", esp_http_client_get_malformed(c));
    json_text("url", esp_http_client_get_url(c, url, (int)sizeof(url)) == ESP_OK ? url : NULL);
    json_text("version", h->version);
    json_int("errno", esp_http_client_get_errno(c));
    json_int("esp", esp_http_client_get_and_clear_last_tls_error(c, &tls_code, &flags));
    json_int("tls", tls_code);
    json_int("flags", flags);
    report_record(h);
    report_reason(h, err);
    json_int("took_us", (long long)took_us);
    json_int("cpu_us", (long long)cpu_us);
    report_body(h);
    json_close('}');
    json_end();
}

void exchange(struct http *h)
{
    uint64_t begin = clock_us(CLOCK_MONOTONIC);
    uint64_t begin_cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    int64_t size = 0;
    esp_err_t err;

    if (!options_make(h)) {
        printf("{\"err\":\"init\"}\n");
        fflush(stdout);
        return;
    }
    h->events[0] = '\0';
    h->event_count = 0;
    h->headers[0] = '\0';
    h->received = 0;
    h->connects = 0;
    h->has_record = false;
    h->version[0] = '\0';
    h->sink = h->out != NULL ? fopen(h->out, "wb") : NULL;
    if (h->body != NULL || h->body_file != NULL) {
        size = open_source(h);
    }
    err = h->mode == HTTP_MODE_PERFORM ? perform(h, size) : stream(h, size);
    if (h->sink != NULL) {
        fclose(h->sink);
    }
    report(h, err, clock_us(CLOCK_MONOTONIC) - begin,
           clock_us(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu);
    if (h->source != NULL) {
        fclose(h->source);
        h->source = NULL;
    }
    h->sink = NULL;
}
