/* The phases of a request, one step at a time. What can go wrong comes together in
 * et_http_machine_fail(). */
#include "client.h"

#include "esp_log.h"

/** A call that must not block makes so many steps, each of which moves a buffer at most, or what
 *  a read ahead brings, and more only while bytes are left in memory. */
#define STEPS      64
#define STEPS_MOST 4096

static const char TAG[] = "HTTP_CLIENT";

static void enter_phase(esp_http_client_handle_t c, enum http_phase phase)
{
    c->phase = (uint8_t)phase;
    c->is_asked = phase == HTTP_READING_HEAD;
    et_http_wire_touch(c->wire);
}

/* --- phases ----------------------------------------------------------------------------------- */

static esp_err_t step_connect(esp_http_client_handle_t c)
{
    esp_err_t err = et_http_transfer_connect(c);

    if (err == ESP_OK) {
        enter_phase(c, HTTP_SENDING_HEAD);
        et_http_event_tell(c, HTTP_EVENT_ON_CONNECTED, NULL, 0);
    }
    return err;
}

static esp_err_t step_head(esp_http_client_handle_t c)
{
    esp_err_t err = et_http_transfer_send_head(c);

    if (err == ESP_OK) {
        enter_phase(c, HTTP_SENDING_BODY);
        et_http_event_tell(c, HTTP_EVENT_HEADERS_SENT, NULL, 0);
    }
    return err;
}

/** Look at what the server said meanwhile: an interim answer, or that the body is too large, for
 *  instance. @return ESP_OK: go on; err, if it said nothing */
static esp_err_t look_for_answer(esp_http_client_handle_t c, esp_err_t err)
{
    esp_err_t early = et_http_transfer_look_early(c);

    et_http_wire_await_both(c->wire);
    if (early == ESP_OK && et_http_exchange_is_cut(c->exchange) && c->phase == HTTP_SENDING_BODY) {
        enter_phase(c, HTTP_READING_HEAD);
    }
    if (early == ESP_ERR_HTTP_EAGAIN || (early != ESP_OK && err == ESP_ERR_HTTP_WRITE_DATA)) {
        return err;
    }
    return early == ESP_ERR_HTTP_FETCH_HEADER &&
                   esp_http_response_why(et_http_exchange_parser(c->exchange)) == NULL
               ? ESP_ERR_HTTP_WRITE_DATA /* it was reset */
               : early;
}

static esp_err_t step_body(esp_http_client_handle_t c)
{
    bool is_out;
    esp_err_t err = et_http_transfer_send_body(c, &is_out);

    if (err == ESP_ERR_HTTP_EAGAIN || err == ESP_ERR_HTTP_WRITE_DATA) {
        return look_for_answer(c, err);
    }
    if (err == ESP_OK && is_out) {
        enter_phase(c, HTTP_READING_HEAD);
    }
    return err;
}

/** An answer takes time, so that the first read would find nothing: a call that may wait waits
 *  first. */
static esp_err_t step_answer(esp_http_client_handle_t c)
{
    const bool may_be_there = c->cfg.is_async || et_http_exchange_has_begun(c->exchange);

    if (c->is_asked && !may_be_there) {
        c->is_asked = false;
        et_http_wire_await_answer(c->wire);
        return ESP_ERR_HTTP_EAGAIN;
    }
    return et_http_transfer_receive(c);
}

typedef esp_err_t (*step_fn)(esp_http_client_handle_t c);

static const step_fn steps[] = {
    [HTTP_CONNECTING] = step_connect,
    [HTTP_SENDING_HEAD] = step_head,
    [HTTP_SENDING_BODY] = step_body,
    [HTTP_READING_HEAD] = step_answer,
    [HTTP_READING_BODY] = et_http_transfer_receive,
};

/* --- time and cancelling ---------------------------------------------------------------------- */

/** What the phase's silence is called. */
static esp_err_t silence_of(enum http_phase phase)
{
    switch (phase) {
    case HTTP_CONNECTING:
        return ESP_ERR_HTTP_CONNECT;
    case HTTP_SENDING_HEAD:
    case HTTP_SENDING_BODY:
        return ESP_ERR_HTTP_WRITE_DATA;
    default:
        return ESP_ERR_HTTP_READ_TIMEOUT;
    }
}

/** What ends the request from outside. */
static esp_err_t interrupted(esp_http_client_handle_t c)
{
    return http_is_ending(c) ? ESP_FAIL : et_http_wire_interrupted(c->wire);
}

/** Are bytes left in memory, so that who waits for the socket would not hear of them? They are few:
 *  a buffer's, or a record's. */
static bool has_bytes_at_hand(esp_http_client_handle_t c)
{
    return c->phase >= HTTP_READING_HEAD &&
           (et_http_exchange_has_input(c->exchange) || et_http_wire_has_pending(c->wire));
}

esp_err_t et_http_machine_go_on(esp_http_client_handle_t c, unsigned *made)
{
    esp_err_t err = interrupted(c);

    c->is_waiting = false;
    c->has_more = false;
    if (err != ESP_OK || !c->cfg.is_async || ++*made <= STEPS) {
        return err;
    }
    if (*made <= STEPS_MOST && has_bytes_at_hand(c)) {
        return ESP_OK;
    }
    c->is_waiting = true;
    c->has_more = true;
    return ESP_ERR_HTTP_EAGAIN;
}

esp_err_t et_http_machine_pause(esp_http_client_handle_t c, bool silence_is_fatal)
{
    esp_err_t err = interrupted(c);

    if (err != ESP_OK) {
        return err;
    }
    if (et_http_wire_is_silent(c->wire)) {
        return silence_is_fatal ? silence_of(c->phase) : ESP_ERR_HTTP_EAGAIN;
    }
    c->is_waiting = true;
    if (c->cfg.is_async) {
        return ESP_ERR_HTTP_EAGAIN;
    }
    err = et_http_wire_wait(c->wire);
    c->is_waiting = false;
    return err;
}

/* --- running ---------------------------------------------------------------------------------- */

/** Is the connection that is open the target's, and good for another request? */
static bool may_reuse(esp_http_client_handle_t c)
{
    return !et_http_origin_is_left(c->origin) && http_is_at_rest(c) &&
           (c->phase != HTTP_COMPLETE || et_http_exchange_keeps_alive(c->exchange)) &&
           !et_http_wire_is_stale(c->wire);
}

esp_err_t et_http_machine_begin(esp_http_client_handle_t c, int64_t length)
{
    bool is_open;
    esp_err_t err;

    et_http_handle_enter(c);
    if (et_http_wire_is_open(c->wire) && !may_reuse(c)) {
        (void)et_http_handle_disconnect(c);
    }
    is_open = et_http_wire_is_open(c->wire);
    c->is_reused = is_open;
    c->is_asked_to_close = false;
    c->is_retried = false;
    if (!c->is_performing) { /* a new request, not what follows a response */
        et_http_wire_begin_request(c->wire);
    }
    err = et_http_transfer_begin(c, length);
    enter_phase(c, is_open ? HTTP_SENDING_HEAD : HTTP_CONNECTING);
    if (err == ESP_OK) {
        err = interrupted(c);
    }
    return et_http_handle_leave(c, err != ESP_OK ? et_http_machine_fail(c, err) : ESP_OK);
}

esp_err_t et_http_machine_run(esp_http_client_handle_t c, enum http_phase goal,
                              bool silence_is_fatal)
{
    unsigned count = 0;

    while (c->phase < goal) {
        esp_err_t err = et_http_machine_go_on(c, &count);

        if (err == ESP_ERR_HTTP_EAGAIN) {
            return err;
        }
        if (err == ESP_OK) {
            err = steps[c->phase](c);
        }
        if (err == ESP_OK) {
            err = http_is_ending(c) ? ESP_FAIL : ESP_OK;
        } else if (err == ESP_ERR_HTTP_EAGAIN) {
            err = et_http_machine_pause(c, silence_is_fatal);
        }
        if (err == ESP_ERR_HTTP_EAGAIN) {
            return err;
        }
        if (err != ESP_OK) {
            err = et_http_machine_fail(c, err);
        }
        if (err != ESP_OK) {
            return err;
        }
    }
    return ESP_OK;
}

/* --- ending ----------------------------------------------------------------------------------- */

/** Did the server close the kept connection as the request came (RFC 9112 section 9.3.1)? Nothing
 *  of an answer was seen then, and sending the request twice does no harm. */
static bool may_retry(const struct esp_http_client *c, esp_err_t err)
{
    bool is_lost = err == ESP_ERR_HTTP_WRITE_DATA || err == ESP_ERR_HTTP_CONNECTION_CLOSED ||
                   err == ESP_ERR_HTTP_FETCH_HEADER;

    return is_lost && c->is_reused && !c->is_retried && !et_http_exchange_has_begun(c->exchange) &&
           !et_http_wire_is_silent(c->wire) && et_http_exchange_is_idempotent(c->exchange) &&
           (c->is_performing || et_http_exchange_length(c->exchange) == 0);
}

static esp_err_t retry_request(esp_http_client_handle_t c)
{
    int64_t length = et_http_exchange_length(c->exchange);
    esp_err_t err;

    (void)et_http_handle_disconnect(c);
    if (http_is_ending(c)) {
        return ESP_FAIL;
    }
    c->is_retried = true;
    c->next_is_get = et_http_exchange_has_lost_body(c->exchange); /* it is the same request */
    err = et_http_transfer_begin(c, length);
    enter_phase(c, HTTP_CONNECTING);
    return err;
}

/** The connection knows nothing of a limit or a want of memory that is this client's. It is noted
 *  in the connection's error, so that an application that has only a count, or the handler, is told
 *  all the same. */
static void note_cause(struct esp_http_client *c, esp_err_t err)
{
    esp_tls_error_handle_t error = et_http_wire_error(c->wire);
    bool is_late = err == ESP_ERR_TIMEOUT || err == ESP_ERR_HTTP_READ_TIMEOUT ||
                   (err == ESP_ERR_HTTP_WRITE_DATA && et_http_wire_is_silent(c->wire));

    if (error == NULL || error->last_error != ESP_OK) {
        return;
    }
    if (is_late) {
        error->last_error = ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT;
    } else if (err == ESP_ERR_NO_MEM) {
        error->last_error = err;
    }
}

esp_err_t et_http_machine_fail(esp_http_client_handle_t c, esp_err_t err)
{
    esp_err_t outside = interrupted(c);

    if (outside == ESP_OK && may_retry(c, err) && retry_request(c) == ESP_OK) {
        return ESP_OK;
    }
    outside = interrupted(c);
    err = outside != ESP_OK ? outside : err;
    ESP_LOGE(TAG, "request failed: %s", esp_err_to_name(err));
    c->phase = HTTP_IDLE;
    et_http_wire_forget_cancel(c->wire);
    note_cause(c, err);
    et_http_event_tell(c, HTTP_EVENT_ERROR, et_http_wire_error(c->wire), 0);
    (void)et_http_machine_close(c);
    return err;
}

esp_err_t et_http_machine_close(esp_http_client_handle_t c)
{
    c->phase = HTTP_IDLE;
    c->is_performing = false;
    c->is_waiting = false;
    c->has_more = false;
    et_http_exchange_drop_input(c->exchange);
    return et_http_handle_disconnect(c);
}

void et_http_machine_settle(esp_http_client_handle_t c)
{
    if (!et_http_exchange_keeps_alive(c->exchange)) {
        (void)et_http_handle_disconnect(c);
    }
    c->phase = HTTP_IDLE;
    et_http_exchange_drop_input(c->exchange);
}
