/* Frames both ways (RFC 6455 section 5), and what has to happen at a time: Pings, Pongs, Closes. */
#include <string.h>

#include "layer.h"
#include "plat_clock.h"
#include "plat_heap.h"
#include "plat_random.h"
#include "ws.h"

#define PONG_TIMEOUT_MS  10000
#define CLOSE_TIMEOUT_MS 5000

#define NEXT (TRANSPORT_AGAIN + 1) /* a step of a read is done, and the next can be made at once */

static uint64_t us(int ms)
{
    return (uint64_t)ms * 1000;
}

void et_ws_apply_policy(struct ws *c)
{
    const esp_transport_ws_policy_t *p = &c->policy;

    c->reader.limits = (struct ws_limits){
        .frame_max = p->frame_max > 0 ? (uint32_t)p->frame_max : INT32_MAX,
        .message_max = p->message_max > 0 ? (uint64_t)p->message_max : UINT64_MAX,
        .skip_utf8_check = p->skip_utf8_check,
    };
}

void et_ws_begin_frames(struct ws *c)
{
    c->reader = (struct ws_reader){0};
    et_ws_apply_policy(c);
    c->out = (struct ws_out){0};
    c->control = (struct ws_control){0};
    c->opcode = WS_TRANSPORT_OPCODES_NONE;
    c->is_in_control = false;
    c->failed = 0;
    c->is_write_broken = false;
    c->is_close_sent = false;
    c->is_close_received = false;
    c->close_code = 0;
    c->sent_code = 0;
    c->close_until_us = PLAT_NEVER;
    c->is_pong_awaited = false;
    c->ping_at_us = plat_clock_us();
    c->heard_at_us = c->ping_at_us;
}

/* --- time ------------------------------------------------------------------------------------- */

int et_ws_close_timeout(const struct ws *c)
{
    return c->policy.close_timeout_ms > 0 ? c->policy.close_timeout_ms : CLOSE_TIMEOUT_MS;
}

static void begin_closing(struct ws *c)
{
    if (c->close_until_us == PLAT_NEVER) {
        c->close_until_us = plat_clock_us() + us(et_ws_close_timeout(c));
    }
}

static bool is_pinging(const struct ws *c)
{
    return c->policy.ping_interval_ms > 0 && !c->is_close_sent && !c->is_close_received &&
           c->failed == 0;
}

/** The last moment for what the Ping asked for. */
static uint64_t pong_until(const struct ws *c)
{
    const int ms = c->policy.pong_timeout_ms;
    const uint64_t from = c->heard_at_us > c->ping_at_us ? c->heard_at_us : c->ping_at_us;

    return from + us(ms > 0 ? ms : PONG_TIMEOUT_MS);
}

uint64_t et_ws_next_time(const struct ws *c)
{
    if (!is_pinging(c)) {
        return c->close_until_us;
    }
    return c->is_pong_awaited ? pong_until(c) : c->ping_at_us + us(c->policy.ping_interval_ms);
}

bool et_ws_is_overdue(const struct ws *c)
{
    const uint64_t now = plat_clock_us();

    return now >= c->close_until_us ||
           (is_pinging(c) && c->is_pong_awaited && now >= pong_until(c));
}

/* --- what goes: control frames of our own ----------------------------------------------------- */

/** @return false: no random numbers, and the connection is of no use any more */
static bool make_mask(esp_transport_handle_t t, uint8_t mask[WS_MASK_LEN])
{
    struct ws *c = t->data;

    if (plat_random(mask, WS_MASK_LEN) == 0) {
        return true;
    }
    (void)et_transport_fail(t, ESP_FAIL, 0);
    c->failed = ERR_TCP_TRANSPORT_CONNECTION_FAILED;
    return false;
}

static bool compose_frame(esp_transport_handle_t t, uint8_t opcode, const uint8_t *payload,
                          size_t len)
{
    struct ws_control *ctl = &((struct ws *)t->data)->control;
    uint8_t mask[WS_MASK_LEN];
    size_t n;

    if (!make_mask(t, mask)) {
        return false;
    }
    n = et_ws_header_write(ctl->bytes, (uint8_t)(WS_FIN | opcode), (uint32_t)len, mask);
    et_ws_mask(ctl->bytes + n, payload, len, mask, 0);
    ctl->at = 0;
    ctl->len = (uint8_t)(n + len);
    return true;
}

static bool compose_close(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    const uint16_t code = c->control.due_code;
    const uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};

    c->control.due_code = 0;
    c->control.is_pong_due = false; /* no frame may follow a Close */
    c->is_close_sent = true;
    c->sent_code = code;
    begin_closing(c);
    return compose_frame(t, WS_CLOSE, payload, code == WS_CODE_NO_STATUS ? 0 : sizeof(payload));
}

static bool compose_ping(esp_transport_handle_t t)
{
    struct ws *c = t->data;

    for (size_t i = sizeof(c->ping); i-- > 0 && ++c->ping[i] == 0;) { /* each has another payload */
    }
    c->is_pong_awaited = true;
    c->ping_at_us = plat_clock_us();
    return compose_frame(t, WS_PING, c->ping, sizeof(c->ping));
}

/** Make the next control frame that is due. @return 1 there is one; 0 there is none; -1 failed */
static int compose_due(esp_transport_handle_t t)
{
    struct ws *c = t->data;

    if (c->is_close_sent) {
        return 0;
    }
    if (c->control.due_code != 0) {
        return compose_close(t) ? 1 : -1;
    }
    if (c->control.is_pong_due) {
        c->control.is_pong_due = false;
        return compose_frame(t, WS_PONG, c->control.came, c->control.came_len) ? 1 : -1;
    }
    if (is_pinging(c) && !c->is_pong_awaited && plat_clock_us() >= et_ws_next_time(c)) {
        return compose_ping(t) ? 1 : -1;
    }
    return 0;
}

int et_ws_send_due(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    struct ws_control *ctl = &c->control;

    if (c->is_write_broken) {
        return -1;
    }
    for (;;) {
        int ret;

        if (ctl->at == ctl->len) { /* between frames: another may begin */
            ret = c->out.is_begun ? 0 : compose_due(t);
            if (ret <= 0) {
                return ret == 0 ? 1 : -1;
            }
        }
        ret = et_transport_parent_write(t, (const char *)ctl->bytes + ctl->at, ctl->len - ctl->at);
        if (ret == TRANSPORT_AGAIN || ret == 0) {
            return 0;
        }
        if (ret < 0) { /* what came before it can still be read */
            c->is_write_broken = true;
            return -1;
        }
        ctl->at = (uint8_t)(ctl->at + ret);
    }
}

/* --- what goes: the application's frames ------------------------------------------------------ */

/** @return 1 it is in the buffer, as far as it fits, behind what is due; -1 */
static int begin_frame(esp_transport_handle_t t, unsigned first, const char *buffer, size_t len)
{
    struct ws *c = t->data;
    struct ws_out *o = &c->out;
    int ret;

    if (!et_ws_is_frame(first, (const uint8_t *)buffer, len)) {
        return et_transport_fail(t, ESP_ERR_INVALID_ARG, 0);
    }
    if (c->is_close_sent || c->control.due_code != 0 || !et_ws_is_in_order(first, o->is_message)) {
        return et_transport_fail(t, ESP_ERR_INVALID_STATE, 0);
    }
    ret = et_ws_send_due(t);
    if (ret < 0) {
        return et_transport_fail_as_parent(t);
    }
    if (!et_ws_need_buffer(t, len + WS_HEADER_MAX) || !make_mask(t, o->mask)) {
        return -1;
    }
    o->is_begun = true;
    o->first = (uint8_t)first;
    o->left = (uint32_t)len;
    o->masked = 0;
    o->piece = 0;
    c->at = 0;
    c->len = et_ws_header_write((uint8_t *)c->buf, o->first, o->left, o->mask);
    if (!et_ws_is_control(first)) {
        o->is_message = (first & WS_FIN) == 0;
    } else if ((first & 0x0Fu) == WS_CLOSE) {
        c->sent_code =
            len > 0 ? (uint16_t)((uint8_t)buffer[0] << 8 | (uint8_t)buffer[1]) : WS_CODE_NO_STATUS;
    }
    return 1;
}

static void fill(struct ws *c, const char *buffer, size_t len)
{
    struct ws_out *o = &c->out;
    size_t n = c->cap - c->len;

    n = n < len ? n : len;
    n = n < o->left ? n : o->left;
    et_ws_mask((uint8_t *)c->buf + c->len, (const uint8_t *)buffer, n, o->mask, o->masked);
    o->masked += (uint32_t)n;
    o->left -= (uint32_t)n;
    o->piece = n;
    c->len += n;
}

static void end_frame(struct ws *c)
{
    c->out.is_begun = false;
    c->out.piece = 0;
    if ((c->out.first & 0x0Fu) == WS_CLOSE) {
        c->is_close_sent = true;
        begin_closing(c);
    }
    if (!WS_KEEPS_BUFFER) {
        et_ws_drop_buffer(c);
    }
}

/** Send what is in the buffer, behind a control frame of our own. @return as et_layer_send() */
static int send_buffer(esp_transport_handle_t t)
{
    struct ws *c = t->data;

    if (c->control.at < c->control.len) {
        int ret = et_ws_send_due(t);

        if (ret <= 0) {
            return ret == 0 ? 0 : et_transport_fail_as_parent(t);
        }
    }
    return et_layer_send(t, c->buf, c->len, &c->at);
}

/** Send the frame that was begun. @return as transport_ops has it */
static int send_frame(esp_transport_handle_t t, const char *buffer, size_t len)
{
    struct ws *c = t->data;
    struct ws_out *o = &c->out;
    size_t done = 0;

    for (;;) {
        int ret;

        if (o->piece == 0 && o->left > 0 && done < len) {
            fill(c, buffer + done, len - done);
        }
        ret = send_buffer(t);
        if (ret != 1) {
            return done > 0 ? (int)done : ret == 0 ? TRANSPORT_AGAIN : -1;
        }
        done += o->piece;
        o->piece = 0;
        c->at = 0;
        c->len = 0;
        if (o->left == 0) {
            end_frame(c);
            (void)et_ws_send_due(t); /* what had to wait */
            return (int)done;
        }
        if (done == len) {
            return (int)done;
        }
    }
}

/** Does this call go on with the data frame that was begun? Of an empty one only the same call
 *  does, which is waiting. */
static bool is_same_data(const struct ws *c, unsigned first, size_t len)
{
    const struct ws_out *o = &c->out;

    if (o->left + o->piece == 0) {
        return c->is_waiting && len == 0 && first == o->first;
    }
    return !et_ws_is_control(first) && len >= o->piece;
}

/** A frame was begun, and here is another call.
 *  @return 1 it goes on with the frame; 0 the frame is complete now, and another can begin;
 *          TRANSPORT_AGAIN; -1 */
static int go_on(esp_transport_handle_t t, unsigned first, size_t len)
{
    struct ws *c = t->data;
    const struct ws_out *o = &c->out;
    const bool is_control = et_ws_is_control(o->first);
    int ret;

    if (is_control ? first == o->first && len == o->piece : is_same_data(c, first, len)) {
        return 1;
    }
    if (o->left > 0 || (o->piece > 0 && !is_control)) {
        return et_transport_fail(t, ESP_ERR_INVALID_STATE, 0); /* within a frame */
    }
    ret = send_buffer(t); /* it needs nothing more of the caller's */
    if (ret == 1) {
        end_frame(c);
    }
    return ret == 1 ? 0 : ret == 0 ? TRANSPORT_AGAIN : -1;
}

int et_ws_flush(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    const struct ws_out *o = &c->out;

    if (o->is_begun) {
        int ret = o->left == 0 && (o->piece == 0 || et_ws_is_control(o->first))
                      ? send_buffer(t)
                      : 0; /* the rest of it is the caller's to give */

        if (ret != 1) {
            return ret;
        }
        end_frame(c);
    }
    return et_ws_send_due(t);
}

int et_ws_write(esp_transport_handle_t t, const char *buffer, int len)
{
    struct ws *c = t->data;
    const unsigned plain = len > 0 ? WS_FIN | WS_BINARY : WS_FIN | WS_PING;
    const unsigned first = c->is_raw ? c->raw_first : plain;
    int ret;

    if (len < 0 || (len > 0 && buffer == NULL)) {
        return et_transport_fail(t, ESP_ERR_INVALID_ARG, 0);
    }
    if (c->phase != WS_IS_OPEN || c->failed != 0) {
        return et_transport_fail(t, ESP_ERR_INVALID_STATE, 0);
    }
    ret = c->out.is_begun ? go_on(t, first, (size_t)len) : 0;
    if (ret == 0) {
        ret = begin_frame(t, first, buffer, (size_t)len);
    }
    ret = ret == 1 ? send_frame(t, buffer, (size_t)len) : ret;
    c->is_waiting = ret == TRANSPORT_AGAIN;
    return ret;
}

/* --- what comes ------------------------------------------------------------------------------- */

static int take_early(struct ws *c, void *buffer, size_t len)
{
    const size_t left = c->early_len - c->early_at;

    if (c->has_pushed) {
        *(uint8_t *)buffer = c->pushed;
        c->has_pushed = false;
        return 1;
    }
    len = len < left ? len : left;
    memcpy(buffer, c->early + c->early_at, len);
    c->early_at += len;
    if (c->early_at == c->early_len) {
        plat_free(c->early);
        c->early = NULL;
    }
    return (int)len;
}

int et_ws_take(esp_transport_handle_t t, void *buffer, size_t len)
{
    struct ws *c = t->data;
    int ret;

    if (c->has_pushed || c->early != NULL) {
        return take_early(c, buffer, len);
    }
    ret = et_transport_parent_read(t, buffer, (int)len);
    if (ret > 0) {
        c->heard_at_us = plat_clock_us();
    }
    return ret;
}

/** What came is not to be borne: say so to the server, as far as it can be said. @return -1 */
static int break_off(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    const uint16_t code = c->reader.code;

    c->why = c->reader.why;
    (void)et_transport_fail(t,
                            code == WS_CODE_DATA      ? ESP_ERR_TCP_TRANSPORT_WS_NOT_UTF8
                            : code == WS_CODE_TOO_BIG ? ESP_ERR_TCP_TRANSPORT_WS_TOO_LONG
                                                      : ESP_ERR_TCP_TRANSPORT_WS_PROTOCOL,
                            0);
    c->control.due_code = code;
    (void)et_ws_send_due(t);
    c->failed = ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN;
    return c->failed;
}

/** The connection below has ended, or failed. */
static int end_of_parent(esp_transport_handle_t t, int ret)
{
    struct ws *c = t->data;

    if (c->is_close_received) {
        (void)et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_WS_CLOSED, 0);
        ret = ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN;
    } else {
        (void)et_transport_fail_as_parent(t);
        c->close_code = WS_CODE_ABNORMAL;
    }
    c->failed = ret;
    return ret;
}

/** Nothing is there. @return TRANSPORT_AGAIN, or what a deadline that has passed makes of it */
static int nothing(esp_transport_handle_t t)
{
    struct ws *c = t->data;

    if (!et_ws_is_overdue(c)) {
        return TRANSPORT_AGAIN;
    }
    if (c->is_close_received) { /* the connection is closed here all the same */
        return end_of_parent(t, ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN);
    }
    (void)et_transport_fail(t,
                            c->is_close_sent ? ESP_ERR_TCP_TRANSPORT_WS_CLOSE_TIMEOUT
                                             : ESP_ERR_TCP_TRANSPORT_WS_PONG_TIMEOUT,
                            0);
    c->close_code = WS_CODE_ABNORMAL;
    c->failed = ERR_TCP_TRANSPORT_CONNECTION_FAILED;
    return c->failed;
}

/** After a Close only the end counts (section 1.4). */
static int wait_for_end(esp_transport_handle_t t)
{
    char dropped[256];
    int ret =
        et_ws_take(t, dropped, sizeof(dropped)); /* with more to read, the wait list says "now" */

    return ret >= 0 || ret == TRANSPORT_AGAIN ? nothing(t) : end_of_parent(t, ret);
}

/** @return NEXT; 0: of an empty frame; as et_ws_take() */
static int read_header(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    uint8_t bytes[WS_HEADER_MAX];
    size_t used;
    int ret;

    c->opcode = WS_TRANSPORT_OPCODES_NONE;
    ret = et_ws_take(t, bytes, et_ws_reader_want(&c->reader));
    if (ret < 0) {
        return ret;
    }
    switch (et_ws_reader_feed(&c->reader, bytes, (size_t)ret, &used)) {
    case WS_READ_MORE:
        return NEXT;
    case WS_READ_BROKEN:
        return break_off(t);
    case WS_READ_HEADER:
        break;
    }
    c->opcode = c->reader.opcode;
    c->is_in_control = et_ws_is_control(c->reader.opcode);
    c->is_pong_right = c->reader.payload == sizeof(c->ping);
    if (c->opcode == WS_TRANSPORT_OPCODES_PONG && !c->set.propagate) {
        return NEXT;
    }
    if (c->is_in_control) {
        c->control.came_len = 0;
        c->control.is_pong_due = false; /* the newest Ping is answered (section 5.5.3) */
        return NEXT;
    }
    return c->reader.payload > 0 ? NEXT : 0;
}

static int read_payload(esp_transport_handle_t t, char *buffer, size_t len)
{
    struct ws *c = t->data;
    int ret = et_ws_take(t, buffer, len < c->reader.left ? len : c->reader.left);

    if (ret < 0) {
        return ret;
    }
    return et_ws_reader_payload(&c->reader, (const uint8_t *)buffer, (size_t)ret) ? ret
                                                                                  : break_off(t);
}

/** A Pong of which only one thing matters: does it answer the last Ping? */
static int read_pong(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    uint8_t bytes[WS_CONTROL_MAX];
    int ret = et_ws_take(t, bytes, c->reader.left);
    const size_t at = c->reader.payload - c->reader.left;

    if (ret < 0) {
        return ret;
    }
    for (size_t i = 0; i < (size_t)ret; i++) {
        c->is_pong_right &= at + i < sizeof(c->ping) && bytes[i] == c->ping[at + i];
    }
    (void)et_ws_reader_payload(&c->reader, bytes, (size_t)ret);
    return NEXT;
}

static int read_control(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    struct ws_control *ctl = &c->control;
    int ret;

    if (c->opcode == WS_TRANSPORT_OPCODES_PONG && !c->set.propagate) {
        return read_pong(t);
    }
    ret = et_ws_take(t, ctl->came + ctl->came_len, c->reader.left);
    if (ret > 0) {
        (void)et_ws_reader_payload(&c->reader, ctl->came + ctl->came_len, (size_t)ret);
        ctl->came_len = (uint8_t)(ctl->came_len + ret);
    }
    return ret >= 0 ? NEXT : ret;
}

static bool take_close(struct ws *c)
{
    struct ws_control *ctl = &c->control;

    if (!et_ws_reader_close(&c->reader, ctl->came, ctl->came_len, &c->close_code)) {
        c->close_code = WS_CODE_ABNORMAL;
        return false;
    }
    ctl->came[ctl->came_len] = '\0';
    c->is_close_received = true;
    begin_closing(c);
    if (!c->is_close_sent && !c->set.propagate) {
        ctl->due_code = c->close_code;
    }
    return true;
}

static bool is_answer(const struct ws *c)
{
    return c->set.propagate ? c->control.came_len == sizeof(c->ping) &&
                                  memcmp(c->control.came, c->ping, sizeof(c->ping)) == 0
                            : c->is_pong_right;
}

/** A control frame is there, whole. @return 0; > 0 its length, where the application wants it;
 *  -1 */
static int end_control(esp_transport_handle_t t, char *buffer, size_t len)
{
    struct ws *c = t->data;
    const struct ws_control *ctl = &c->control;
    const bool is_wanted = c->set.propagate;

    if (is_wanted && ctl->came_len > len) { /* the caller may come back with a larger buffer */
        return et_transport_fail(t, ESP_ERR_INVALID_SIZE, 0);
    }
    c->is_in_control = false;
    if (c->opcode == WS_TRANSPORT_OPCODES_CLOSE && !take_close(c)) {
        return break_off(t);
    }
    if (c->opcode == WS_TRANSPORT_OPCODES_PONG && is_answer(c)) {
        c->is_pong_awaited = false;
    }
    if (is_wanted) {
        memcpy(buffer, ctl->came, ctl->came_len);
        return ctl->came_len;
    }
    c->control.is_pong_due |= c->opcode == WS_TRANSPORT_OPCODES_PING;
    (void)et_ws_send_due(t);
    return 0;
}

static int read_frame(esp_transport_handle_t t, char *buffer, size_t len)
{
    const struct ws *c = t->data;
    int ret = NEXT;

    while (ret == NEXT) {
        if (c->is_in_control) {
            if (c->reader.left == 0) {
                return end_control(t, buffer, len);
            }
            ret = read_control(t);
        } else if (c->reader.left > 0) {
            ret = read_payload(t, buffer, len);
        } else {
            ret = read_header(t);
        }
    }
    return ret;
}

int et_ws_read(esp_transport_handle_t t, char *buffer, int len)
{
    struct ws *c = t->data;
    int ret;

    if (c->phase != WS_IS_OPEN || buffer == NULL || len < 0) {
        (void)et_transport_fail(
            t, c->phase == WS_IS_OPEN ? ESP_ERR_INVALID_ARG : ESP_ERR_INVALID_STATE, 0);
        return ERR_TCP_TRANSPORT_CONNECTION_FAILED;
    }
    if (len == 0) {
        return 0;
    }
    (void)et_ws_send_due(t);
    if (c->failed != 0) {
        return c->failed;
    }
    if (c->is_close_received) {
        return wait_for_end(t);
    }
    /* a peer that goes on sending does not put the end after our Close off */
    ret =
        plat_clock_us() < c->close_until_us ? read_frame(t, buffer, (size_t)len) : TRANSPORT_AGAIN;
    if (ret == TRANSPORT_AGAIN) {
        return nothing(t);
    }
    if (ret >= 0 || c->failed != 0 || (c->is_in_control && c->reader.left == 0)) {
        return ret;
    }
    return end_of_parent(t, ret);
}

int et_ws_pending(esp_transport_handle_t t)
{
    const struct ws *c = t->data;

    if (c->phase != WS_IS_OPEN) {
        return 0;
    }
    if (c->is_in_control && c->reader.left == 0) {
        return c->control.came_len > 0 ? c->control.came_len : 1;
    }
    return (int)(c->early_len - c->early_at) * (c->early != NULL) + c->has_pushed;
}
