/* A WebSocket as a transport, and what can be asked of it. */
#include "ws.h"

#include <string.h>

#include "layer.h"
#include "plat_clock.h"
#include "plat_errno.h"
#include "plat_heap.h"

/* --- as a transport --------------------------------------------------------------------------- */

static void wait_while_open(esp_transport_handle_t t, int events, esp_tls_wait_t *wait)
{
    const struct ws *c = t->data;
    const struct ws_control *ctl = &c->control;
    const bool is_due = ctl->at < ctl->len || ctl->due_code != 0 || ctl->is_pong_due;
    const uint64_t next_us = et_ws_next_time(c);

    if ((events & ESP_TLS_WAIT_READ) != 0) {
        et_transport_parent_wait(t, ESP_TLS_WAIT_READ, wait);
        if (et_ws_pending(t) > 0 || c->failed != 0) {
            esp_tls_wait_until(wait, 0);
        }
    }
    if ((events & ESP_TLS_WAIT_WRITE) != 0 || (is_due && !c->out.is_begun && !c->is_write_broken)) {
        et_transport_parent_wait(t, ESP_TLS_WAIT_WRITE, wait);
    }
    if (next_us != PLAT_NEVER) {
        esp_tls_wait_until(wait, et_transport_ms_left(next_us));
    }
}

static void get_wait(esp_transport_handle_t t, int events, esp_tls_wait_t *wait)
{
    switch (((const struct ws *)t->data)->phase) {
    case WS_AT_REQUEST:
        et_transport_parent_wait(t, ESP_TLS_WAIT_WRITE, wait);
        break;
    case WS_AT_ANSWER:
        et_transport_parent_wait(t, ESP_TLS_WAIT_READ, wait);
        break;
    case WS_IS_OPEN:
        wait_while_open(t, events, wait);
        break;
    default:
        et_transport_parent_wait(t, events, wait);
        break;
    }
}

static int step_close(esp_transport_handle_t t)
{
    et_ws_end(t->data);
    return 0;
}

static void step_destroy(esp_transport_handle_t t)
{
    struct ws *c = t->data;

    et_ws_settings_clear(&c->set);
    plat_free(c->redirect);
    plat_free(c->chosen);
    plat_free(c);
}

const struct transport_ops et_ws_ops = {
    .connect = et_ws_connect,
    .read = et_ws_read,
    .write = et_ws_write,
    .pending = et_ws_pending,
    .get_wait = get_wait,
    .close = step_close,
    .destroy = step_destroy,
    .has_deadline = true,
    .writes_whole = true,
};

static int not_open(esp_transport_handle_t t)
{
    return et_transport_fail(t, ESP_ERR_INVALID_STATE, 0);
}

/** Unlike the others' it has something to do while it waits: Pings go at their time. */
static int poll_read(esp_transport_handle_t t, int timeout_ms)
{
    const struct ws *c = t->data;
    const uint64_t until_us = et_transport_until(timeout_ms);
    int ret;

    if (c->phase != WS_IS_OPEN) {
        return not_open(t);
    }
    do {
        (void)et_ws_send_due(t);
        ret = c->failed != 0 ? 1 : et_ws_pending(t); /* the read says how */
        if (ret > 0) {
            return ret;
        }
        ret = esp_transport_poll_read(t->parent, 0);
        if (ret != 0) {
            return ret;
        }
        if (et_ws_is_overdue(c)) {
            return 1;
        }
        ret = et_transport_sleep(t, ESP_TLS_WAIT_READ, until_us);
    } while (ret > 0);
    return ret;
}

static int poll_write(esp_transport_handle_t t, int timeout_ms)
{
    return ((const struct ws *)t->data)->phase == WS_IS_OPEN
               ? esp_transport_poll_write(t->parent, timeout_ms)
               : not_open(t);
}

static esp_transport_handle_t payload_transport(esp_transport_handle_t t)
{
    return esp_transport_get_payload_transport_handle(t->parent);
}

esp_transport_handle_t esp_transport_ws_init(esp_transport_handle_t parent_handle)
{
    esp_transport_handle_t t;
    struct ws *c;

    if (parent_handle == NULL) {
        plat_set_errno(plat_errno_inval);
        return NULL;
    }
    t = et_layer_new(&et_ws_ops, sizeof(struct ws), parent_handle);
    if (t == NULL) {
        return NULL;
    }
    t->poll_read = poll_read;
    t->poll_write = poll_write;
    t->payload = payload_transport;
    c = t->data;
    et_ws_begin_frames(c);
    return t;
}

struct ws *et_ws_of(esp_transport_handle_t t)
{
    return et_transport_context(t, &et_ws_ops);
}

/* --- frames ----------------------------------------------------------------------------------- */

int esp_transport_ws_send_raw(esp_transport_handle_t t, ws_transport_opcodes_t opcode,
                              const char *b, int len, int timeout_ms)
{
    struct ws *c = et_ws_of(t);
    int ret;

    if (c == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    c->is_raw = true;
    c->raw_first = (unsigned)opcode;
    c->is_waiting = false;
    ret = esp_transport_write(t, b, len, timeout_ms);
    c->is_raw = false;
    return ret;
}

bool esp_transport_ws_get_fin_flag(esp_transport_handle_t t)
{
    const struct ws *c = et_ws_of(t);

    return c != NULL && c->opcode != WS_TRANSPORT_OPCODES_NONE && c->reader.is_fin;
}

ws_transport_opcodes_t esp_transport_ws_get_read_opcode(esp_transport_handle_t t)
{
    const struct ws *c = et_ws_of(t);

    return c != NULL ? (ws_transport_opcodes_t)c->opcode : WS_TRANSPORT_OPCODES_NONE;
}

int esp_transport_ws_get_read_payload_len(esp_transport_handle_t t)
{
    const struct ws *c = et_ws_of(t);

    return c != NULL && c->opcode != WS_TRANSPORT_OPCODES_NONE ? (int)c->reader.payload : 0;
}

int esp_transport_ws_flush(esp_transport_handle_t t, int timeout_ms)
{
    const struct ws *c = et_ws_of(t);
    const uint64_t until_us = et_transport_until(timeout_ms);
    int ret;

    if (c == NULL || c->phase != WS_IS_OPEN || c->failed != 0) {
        return c == NULL ? -1 : not_open(t);
    }
    while ((ret = et_ws_flush(t)) == 0) {
        if (c->out.is_begun && c->out.left > 0) {
            return 0;
        }
        ret = et_transport_sleep(t, ESP_TLS_WAIT_WRITE, until_us);
        if (ret <= 0) {
            return ret;
        }
    }
    return ret == 1 ? 1 : et_transport_fail_as_parent(t);
}

/* --- the opening ------------------------------------------------------------------------------ */

int esp_transport_ws_get_upgrade_request_status(esp_transport_handle_t t)
{
    const struct ws *c = et_ws_of(t);

    return c != NULL ? c->status : -1;
}

char *esp_transport_ws_get_redir_uri(esp_transport_handle_t t)
{
    const struct ws *c = et_ws_of(t);

    return c != NULL ? c->redirect : NULL;
}

const char *esp_transport_ws_get_subprotocol(esp_transport_handle_t t)
{
    const struct ws *c = et_ws_of(t);

    return c != NULL ? c->chosen : NULL;
}

const char *esp_transport_ws_get_why(esp_transport_handle_t t)
{
    const struct ws *c = et_ws_of(t);

    return c != NULL ? c->why : NULL;
}

/* --- policy and closing ----------------------------------------------------------------------- */

esp_err_t esp_transport_ws_set_policy(esp_transport_handle_t t,
                                      const esp_transport_ws_policy_t *policy)
{
    struct ws *c = et_ws_of(t);
    const esp_transport_ws_policy_t none = {0};

    policy = policy != NULL ? policy : &none;
    if (c == NULL || policy->ping_interval_ms < 0 || policy->pong_timeout_ms < 0 ||
        policy->close_timeout_ms < 0 || policy->frame_max < 0 || policy->message_max < 0) {
        return ESP_ERR_INVALID_ARG;
    }
    c->policy = *policy;
    et_ws_apply_policy(c);
    return ESP_OK;
}

int esp_transport_ws_get_close_code(esp_transport_handle_t t)
{
    const struct ws *c = et_ws_of(t);

    return c != NULL ? c->close_code : -1;
}

const char *esp_transport_ws_get_close_reason(esp_transport_handle_t t)
{
    const struct ws *c = et_ws_of(t);

    if (c == NULL) {
        return NULL;
    }
    return c->is_close_received && c->control.came_len > 2 ? (const char *)c->control.came + 2 : "";
}

int esp_transport_ws_get_sent_close_code(esp_transport_handle_t t)
{
    const struct ws *c = et_ws_of(t);

    return c == NULL ? 0 : c->control.due_code != 0 ? c->control.due_code : c->sent_code;
}

bool esp_transport_ws_is_utf8(const char *text, size_t len)
{
    struct ws_utf8 utf8 = {0};

    return et_ws_utf8_feed(&utf8, (const uint8_t *)text, len) && et_ws_utf8_is_whole(&utf8);
}

int esp_transport_ws_poll_connection_closed(esp_transport_handle_t t, int timeout_ms)
{
    struct ws *c = et_ws_of(t);
    const uint64_t until_us = et_transport_until(timeout_ms);

    if (c == NULL || c->phase != WS_IS_OPEN) {
        return c == NULL ? -1 : not_open(t);
    }
    for (;;) {
        uint8_t bytes[64];
        int ret;

        (void)et_ws_send_due(t);
        if (!c->is_close_received && et_ws_pending(t) > 0) {
            return 0;
        }
        ret = et_ws_take(t, bytes, c->is_close_received ? sizeof(bytes) : 1);
        if (ret < 0 && ret != TRANSPORT_AGAIN) {
            return 1;
        }
        if (ret > 0 && !c->is_close_received) {
            c->pushed = bytes[0];
            c->has_pushed = true;
            return 0;
        }
        if (et_ws_is_overdue(c)) { /* a read says how it ended */
            return 1;
        }
        ret = ret > 0 ? plat_clock_us() < until_us
                      : et_transport_sleep(t, ESP_TLS_WAIT_READ, until_us);
        if (ret <= 0) {
            return ret;
        }
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/** Read until it ends, or the time does. */
static void read_to_the_end(esp_transport_handle_t t, uint64_t until_us)
{
    char dropped[WS_CONTROL_MAX];
    int ret;

    do {
        ret = esp_transport_read(t, dropped, sizeof(dropped), et_transport_ms_left(until_us));
    } while (ret >= 0 && plat_clock_us() < until_us);
}

int esp_transport_ws_shutdown(esp_transport_handle_t t, uint16_t code, const char *reason,
                              int timeout_ms)
{
    struct ws *c = et_ws_of(t);
    uint8_t payload[WS_CONTROL_MAX] = {(uint8_t)(code >> 8), (uint8_t)code};
    const size_t len = reason != NULL ? strlen(reason) : 0;
    uint64_t until_us;
    int ret;

    if (c == NULL) {
        return -1;
    }
    if (!et_ws_is_close_code(code) || len > sizeof(payload) - 2 ||
        (len > 0 && !esp_transport_ws_is_utf8(reason, len))) {
        return et_transport_fail(t, ESP_ERR_INVALID_ARG, 0);
    }
    if (len > 0) {
        memcpy(payload + 2, reason, len);
    }
    timeout_ms = timeout_ms < 0 ? et_ws_close_timeout(c) : timeout_ms;
    until_us = et_transport_until(timeout_ms);
    if (!c->is_close_sent) {
        (void)esp_transport_ws_send_raw(
            t, (ws_transport_opcodes_t)(WS_TRANSPORT_OPCODES_CLOSE | WS_TRANSPORT_OPCODES_FIN),
            (const char *)payload, (int)(len + 2), timeout_ms);
    }
    if (c->is_close_sent) {
        until_us = earlier(until_us, c->close_until_us);
        read_to_the_end(t, until_us);
    }
    ret = c->is_close_received && c->is_close_sent
              ? 0
              : et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_WS_CLOSE_TIMEOUT, 0);
    (void)esp_transport_close(t);
    return ret;
}
