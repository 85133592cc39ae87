/* An exchange step by step: open, write, fetch_headers, read, close. */
#include <limits.h>

#include "client.h"

#define NO_HEAD (-1)

/** Silence is counted from the call on: what the application did before is its own time. */
static void begin_wait(esp_http_client_handle_t c)
{
    et_http_wire_touch(c->wire);
}

/** Repeat a step until it is done. @return ESP_OK; ESP_ERR_HTTP_EAGAIN; a failure, and the request
 *  is over */
static esp_err_t finish_step(esp_http_client_handle_t c,
                             esp_err_t (*step)(esp_http_client_handle_t))
{
    for (;;) {
        esp_err_t err = step(c);

        if (err == ESP_ERR_HTTP_EAGAIN) {
            err = et_http_machine_pause(c, false);
            if (err == ESP_OK) {
                continue;
            }
        }
        if (err != ESP_OK && err != ESP_ERR_HTTP_EAGAIN) {
            (void)et_http_machine_fail(c, err);
        }
        return err;
    }
}

/* --- the request ------------------------------------------------------------------------------ */

static esp_err_t send_head(esp_http_client_handle_t c, int64_t length, bool is_new)
{
    esp_err_t err = is_new ? et_http_machine_begin(c, length) : ESP_OK;

    if (err == ESP_OK) {
        err = et_http_machine_run(c, HTTP_SENDING_BODY, true);
    }
    c->is_opening = err == ESP_ERR_HTTP_EAGAIN;
    return err;
}

/** Go on with an open() that said EAGAIN, for a program that calls it once.
 *  @return ESP_OK  nothing is left of it; ESP_ERR_HTTP_EAGAIN; ESP_FAIL, and c may be gone */
static esp_err_t go_on_opening(esp_http_client_handle_t c)
{
    esp_err_t err;

    if (!c->is_opening || c->depth > 0 || c->is_performing ||
        (c->phase != HTTP_CONNECTING && c->phase != HTTP_SENDING_HEAD)) {
        return ESP_OK;
    }
    et_http_handle_enter(c);
    err = et_http_handle_leave(c, send_head(c, 0, false));
    return err == ESP_OK || err == ESP_ERR_HTTP_EAGAIN ? err : ESP_FAIL;
}

esp_err_t esp_http_client_open(esp_http_client_handle_t client, int write_len)
{
    bool is_new;

    if (client == NULL) {
        return ESP_FAIL;
    }
    if (client->depth > 0 || client->is_performing) {
        return ESP_ERR_INVALID_STATE;
    }
    is_new = client->phase != HTTP_CONNECTING && client->phase != HTTP_SENDING_HEAD;
    et_http_handle_enter(client);
    return et_http_handle_leave(client, send_head(client, write_len, is_new));
}

esp_err_t esp_http_client_request_send(esp_http_client_handle_t client, int write_len)
{
    if (client == NULL || client->depth > 0 || client->is_performing) {
        return ESP_FAIL;
    }
    if (client->phase == HTTP_CONNECTING) {
        return ESP_ERR_HTTP_WRITE_DATA;
    }
    if (!et_http_wire_is_open(client->wire)) {
        return et_http_transfer_nowhere(client, write_len);
    }
    et_http_handle_enter(client);
    return et_http_handle_leave(client,
                                send_head(client, write_len, client->phase != HTTP_SENDING_HEAD));
}

/** What it does is connect: the request is request_send()'s. */
static esp_err_t reconnect(esp_http_client_handle_t c)
{
    esp_err_t err = ESP_OK;

    c->is_opening = false;
    if (c->phase != HTTP_CONNECTING) {
        (void)et_http_handle_disconnect(c);
        c->phase = HTTP_IDLE;
        err = et_http_machine_begin(c, 0);
    }
    if (err == ESP_OK) {
        err = et_http_machine_run(c, HTTP_SENDING_HEAD, true);
    }
    if (err == ESP_OK) {
        c->phase = HTTP_IDLE;
    }
    return err;
}

esp_err_t esp_http_client_cancel_request(esp_http_client_handle_t client)
{
    esp_err_t err;

    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (client->depth > 0 || client->is_performing ||
        (!et_http_wire_is_open(client->wire) && client->phase != HTTP_CONNECTING)) {
        return ESP_ERR_INVALID_STATE;
    }
    et_http_handle_enter(client);
    err = et_http_handle_leave(client, reconnect(client));
    return err == ESP_OK || err == ESP_ERR_HTTP_EAGAIN ? err : ESP_FAIL;
}

static int write_all(esp_http_client_handle_t c, const char *data, int len)
{
    int taken = 0;

    begin_wait(c);
    while (taken < len) {
        esp_err_t err = et_http_transfer_write(c, data + taken, len - taken, &taken);

        if (err == ESP_ERR_HTTP_EAGAIN) {
            err = et_http_machine_pause(c, false);
        }
        if (err == ESP_ERR_HTTP_EAGAIN) {
            return taken;
        }
        if (err != ESP_OK) {
            (void)et_http_machine_fail(c, err);
            return -1;
        }
    }
    /* the end of a chunk goes with it, if it can */
    return et_http_transfer_flush(c) == ESP_ERR_HTTP_WRITE_DATA ? -1 : taken;
}

/** Is that what was announced? */
static bool may_write(const struct esp_http_client *c, int len)
{
    return c->phase == HTTP_SENDING_BODY && !c->is_performing && c->depth == 0 &&
           et_http_exchange_takes(c->exchange, len);
}

/** The result of a call that counts. */
static int leave_count(esp_http_client_handle_t c, int count)
{
    return et_http_handle_leave(c, ESP_OK) == ESP_OK ? count : -1;
}

int esp_http_client_write(esp_http_client_handle_t client, const char *buffer, int len)
{
    esp_err_t err;

    if (client == NULL || buffer == NULL || len < 0) {
        return -1;
    }
    err = go_on_opening(client);
    if (err != ESP_OK) {
        return err == ESP_ERR_HTTP_EAGAIN ? 0 : -1;
    }
    if (!may_write(client, len)) {
        return -1;
    }
    et_http_handle_enter(client);
    return leave_count(client, write_all(client, buffer, len));
}

static int flush_frame(esp_http_client_handle_t c)
{
    esp_err_t err;

    begin_wait(c);
    err = finish_step(c, et_http_transfer_flush);
    return err == ESP_OK || (err == ESP_ERR_HTTP_EAGAIN && c->cfg.is_async) ? 0 : -1;
}

int esp_http_client_chunk_write_begin(esp_http_client_handle_t client, const int len)
{
    esp_err_t err = client == NULL ? ESP_FAIL : go_on_opening(client);

    if (err != ESP_OK) {
        return err == ESP_ERR_HTTP_EAGAIN ? -ESP_ERR_HTTP_EAGAIN : -1;
    }
    if (len < 1 || !may_write(client, 0) || !et_http_exchange_takes_chunk(client->exchange)) {
        return -1;
    }
    et_http_handle_enter(client);
    et_http_exchange_begin_chunk(client->exchange, len);
    return leave_count(client, flush_frame(client));
}

int esp_http_client_chunk_write_end(esp_http_client_handle_t client, bool last_chunk)
{
    esp_err_t err = client == NULL ? ESP_FAIL : go_on_opening(client);

    if (err != ESP_OK) {
        return err == ESP_ERR_HTTP_EAGAIN ? -ESP_ERR_HTTP_EAGAIN : -1;
    }
    if (!may_write(client, 0) || !et_http_exchange_end_chunk(client->exchange, last_chunk)) {
        return -1;
    }
    et_http_handle_enter(client);
    return leave_count(client, flush_frame(client));
}

/* --- the response ----------------------------------------------------------------------------- */

/** The body has to be over, or the server is asked for its answer before. */
static esp_err_t end_request(esp_http_client_handle_t c)
{
    esp_err_t err;

    if (!et_http_exchange_end_body(c->exchange)) {
        return et_http_machine_fail(c, ESP_ERR_HTTP_WRITE_DATA);
    }
    err = finish_step(c, et_http_transfer_flush);
    if (err == ESP_OK) {
        et_http_exchange_cut(c->exchange);
        c->phase = HTTP_READING_HEAD;
        c->is_asked = true;
    }
    return err;
}

static int64_t fetch_headers(esp_http_client_handle_t c)
{
    esp_err_t err = ESP_OK;
    int64_t length;

    begin_wait(c);
    if (c->phase == HTTP_SENDING_BODY) {
        err = end_request(c);
    }
    if (err == ESP_OK) {
        err = et_http_machine_run(c, HTTP_READING_BODY, false);
    }
    if (err != ESP_OK) {
        return err == ESP_ERR_HTTP_EAGAIN ? -ESP_ERR_HTTP_EAGAIN : NO_HEAD;
    }
    length = esp_http_response_content_length(et_http_exchange_parser(c->exchange));
    return length > 0 ? length : 0;
}

int64_t esp_http_client_fetch_headers(esp_http_client_handle_t client)
{
    int64_t length;
    esp_err_t err = client == NULL ? ESP_FAIL : go_on_opening(client);

    if (err != ESP_OK) {
        return err == ESP_ERR_HTTP_EAGAIN ? -ESP_ERR_HTTP_EAGAIN : NO_HEAD;
    }
    if (client->depth > 0 || client->is_performing || client->phase < HTTP_SENDING_BODY) {
        return NO_HEAD;
    }
    et_http_handle_enter(client);
    length = fetch_headers(client);
    return et_http_handle_leave(client, ESP_OK) == ESP_OK ? length : NO_HEAD;
}

static int read_body(esp_http_client_handle_t c, char *buffer, int len)
{
    esp_err_t err = ESP_OK;
    unsigned steps = 0;

    begin_wait(c);
    et_http_exchange_set_sink(c->exchange, buffer, len);
    while (err == ESP_OK && c->phase == HTTP_READING_BODY &&
           et_http_exchange_sunk(c->exchange) < len) {
        err = et_http_machine_go_on(c, &steps);
        if (err != ESP_OK) {
            break;
        }
        err = et_http_transfer_receive(c);
        if (err == ESP_OK && http_is_ending(c)) {
            err = ESP_FAIL;
        }
        if (err == ESP_ERR_HTTP_EAGAIN) {
            err = c->cfg.is_async && et_http_exchange_sunk(c->exchange) > 0
                      ? err
                      : et_http_machine_pause(c, false);
        }
    }
    len = et_http_exchange_sunk(c->exchange);
    et_http_exchange_set_sink(c->exchange, NULL, 0);
    if (err == ESP_OK) {
        return len;
    }
    if (err == ESP_ERR_HTTP_EAGAIN) {
        return len > 0 ? len : -ESP_ERR_HTTP_EAGAIN;
    }
    (void)et_http_machine_fail(c, err);
    return -1;
}

int esp_http_client_read(esp_http_client_handle_t client, char *buffer, int len)
{
    if (client == NULL || buffer == NULL || len < 0 || client->depth > 0 || client->is_performing ||
        client->phase < HTTP_READING_BODY) {
        return -1;
    }
    et_http_handle_enter(client);
    return leave_count(client, read_body(client, buffer, len));
}

int esp_http_client_read_response(esp_http_client_handle_t client, char *buffer, int len)
{
    int sum = 0;

    while (sum < len) {
        int n = esp_http_client_read(client, buffer + sum, len - sum);

        if (n <= 0) {
            break;
        }
        sum += n;
    }
    return sum;
}

esp_err_t esp_http_client_flush_response(esp_http_client_handle_t client, int *len)
{
    int64_t before;
    esp_err_t err;

    if (client == NULL || client->depth > 0 || client->is_performing ||
        client->phase < HTTP_READING_BODY) {
        return ESP_FAIL;
    }
    et_http_handle_enter(client);
    begin_wait(client);
    before = et_http_exchange_received(client->exchange);
    err = et_http_machine_run(client, HTTP_COMPLETE, false);
    if (len != NULL) {
        int64_t dropped = et_http_exchange_received(client->exchange) - before;

        *len = dropped < INT_MAX ? (int)dropped : INT_MAX;
    }
    err = et_http_handle_leave(client, err);
    return err == ESP_OK || err == ESP_ERR_HTTP_EAGAIN ? err : ESP_FAIL;
}

static esp_err_t drop_buffered(esp_http_client_handle_t c)
{
    while (c->phase == HTTP_READING_BODY && et_http_exchange_has_input(c->exchange)) {
        esp_err_t err = et_http_transfer_receive(c);

        if (err != ESP_OK) {
            return et_http_machine_fail(c, err);
        }
    }
    return ESP_OK;
}

esp_err_t esp_http_client_clear_response_buffer(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_handle_enter(client);
    return et_http_handle_leave(client, client->depth > 1 ? ESP_OK : drop_buffered(client));
}

esp_err_t esp_http_client_prepare(esp_http_client_handle_t client)
{
    if (client == NULL || client->depth > 0 || client->is_performing || !http_is_at_rest(client)) {
        return ESP_FAIL;
    }
    et_http_handle_enter(client);
    if (client->phase == HTTP_COMPLETE) {
        et_http_machine_settle(client);
    }
    et_http_exchange_forget(client->exchange);
    return et_http_handle_leave(client, ESP_OK);
}
