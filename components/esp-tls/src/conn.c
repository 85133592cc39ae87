#include "conn.h"

#include <string.h>

#include "config.h"
#include "plat_clock.h"

void et_conn_init(struct esp_tls *c)
{
    et_error_clear(&c->err);
    et_tcp_init(&c->tcp, &c->err, &c->account);
    c->link = &c->tcp.link;
    c->observed.account = &c->account;
    c->wake = PLAT_STREAM_NONE;
    c->adopt_fd = -1;
    c->timeout_ms = CONN_TIMEOUT_MS;
    c->state = ESP_TLS_INIT;
    et_conn_debug_init(c);
}

/* --- phases, deadlines, waiting --------------------------------------------------------------- */

void et_conn_phase(struct esp_tls *c, uint8_t phase)
{
    c->err.now = phase;
    plat_account_phase(&c->account, phase);
}

static uint32_t since_begin(const struct esp_tls *c)
{
    uint64_t us = plat_clock_us() - c->began_us;

    if (us == 0) {
        return 1; /* 0 means "not reached" */
    }
    return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static bool is_cancelled(struct esp_tls *c, tls_status *st)
{
    if (!plat_flag_get(&c->tcp.cancelled)) {
        return false;
    }
    *st = et_error_set(&c->err, TLS_CANCELLED, 0, 0, 0);
    return true;
}

static tls_status timed_out(struct esp_tls *c)
{
    if (c->err.now == ESP_TLS_PHASE_RESOLVE && c->err.status == TLS_OK) {
        c->err.resolver = PLAT_RESOLVE_TIMED_OUT;
    }
    return c->err.now == ESP_TLS_PHASE_OPEN ? et_error_passing(&c->err, TLS_TIMEOUT, NULL)
                                            : et_error_set(&c->err, TLS_TIMEOUT, 0, 0, 0);
}

static uint64_t connect_deadline(const struct esp_tls *c)
{
    return c->began_us + (uint64_t)c->timeout_ms * 1000;
}

/** Is there an event besides the socket? It is open while there is no connected socket, which a
 *  cancel could shut down, and one may be waited for: a name is looked up, addresses race, or the
 *  stream is the caller's and somebody has waited for it. */
static bool has_event(const struct esp_tls *c)
{
    return !plat_stream_is_same(c->wake, c->tcp.stream);
}

void et_conn_wants(const struct esp_tls *c, tls_status st, struct tls_wait *wait)
{
    et_wait_init(wait);
    if (has_event(c)) {
        et_wait_add(wait, c->wake, PLAT_READ);
    }
    c->link->ops->wants(c->link, st == TLS_AGAIN ? TLS_WANT_READ : st, wait);
    if (st == TLS_AGAIN) {
        et_wait_until(wait, 0);
    }
    if (c->err.now < ESP_TLS_PHASE_OPEN) {
        et_wait_until(wait, connect_deadline(c));
    }
}

static tls_status open_event(struct esp_tls *c)
{
    plat_stream event;
    int os = plat_event_open(&event);

    if (os != PLAT_OK) {
        return et_error_set(&c->err, TLS_SYSTEM, ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET, os, 0);
    }
    (void)plat_wake_swap(&c->wake, event);
    return TLS_OK;
}

tls_status et_conn_watch(struct esp_tls *c)
{
    tls_status st;

    if (c->below == NULL || has_event(c)) {
        return TLS_OK;
    }
    st = open_event(c);
    if (st == TLS_OK && plat_flag_get(&c->tcp.cancelled)) { /* it had nothing to wake */
        plat_event_set(c->wake);
    }
    return st;
}

/** Sleep until what is waited for is there.
 *  @return TLS_OK; TLS_TIMEOUT: the deadline passed first,
 *          which is not recorded; a failure, which is */
static __attribute__((noinline)) tls_status conn_sleep(struct esp_tls *c, uint64_t deadline_us)
{
    struct tls_wait wait;
    tls_status st = et_conn_watch(c);
    int os;

    if (st != TLS_OK) {
        return st;
    }
    et_conn_wants(c, (tls_status)c->waiting, &wait);
    et_wait_until(&wait, deadline_us);
    os = plat_wait(wait.item, wait.count, wait.until_us);
    if (os > 0) { /* a wait that cannot wait would make the caller's loop spin */
        return et_error_set(&c->err, TLS_SYSTEM, 0, os, 0);
    }
    return os == PLAT_OK || plat_clock_us() < deadline_us ? TLS_OK : TLS_TIMEOUT;
}

/* --- connecting ------------------------------------------------------------------------------- */

int et_conn_close_link(struct esp_tls *c)
{
    plat_stream event = has_event(c) ? c->wake : PLAT_STREAM_NONE;
    int os;

    (void)plat_wake_swap(&c->wake, PLAT_STREAM_NONE);
    os = c->link->ops->close(c->link);
    (void)plat_stream_close(event); /* the look-up has let go of it */
    return os;
}

int et_conn_reset(struct esp_tls *c)
{
    if (c->tls != NULL) {
        if (c->err.now == ESP_TLS_PHASE_OPEN && (c->err.status == TLS_OK || c->err.passing)) {
            c->err.now = ESP_TLS_PHASE_CLOSE;
            (void)c->stack->close_notify(c->tls); /* once, without waiting: RFC 8446 section 6.1 */
        }
        c->stack->clear(c->tls);
        plat_free(c->tls);
        c->tls = NULL;
    }
    return et_conn_close_link(c);
}

static void begin_clocks(struct esp_tls *c, const esp_tls_cfg_t *cfg)
{
    c->timeout_ms = cfg->timeout_ms > 0 ? cfg->timeout_ms : CONN_TIMEOUT_MS;
    c->began_us = plat_clock_us();
    c->timeline = (esp_tls_timeline_t){0};
}

static tls_status begin_adopted(struct esp_tls *c)
{
    int fd = c->adopt_fd;

    c->adopt_fd = -1;
    et_conn_phase(c, ESP_TLS_PHASE_CONNECT);
    return et_tcp_adopt(&c->tcp, fd);
}

static tls_status begin_link(struct esp_tls *c, const struct conn_request *asked)
{
    struct tcp_options options = {.hook = c->tcp.options.hook, .hook_arg = c->tcp.options.hook_arg};
    uint16_t port = (uint16_t)asked->port;
    tls_status st = TLS_OK;

    if (c->below == NULL) {
        if (c->adopt_fd >= 0 && c->state != ESP_TLS_INIT) {
            return begin_adopted(c);
        }
        st = et_config_tcp(&c->err, asked->cfg, &options);
    }
    if (st != TLS_OK) {
        return st;
    }
    if (c->below != NULL) {
        et_conn_phase(c, ESP_TLS_PHASE_CONNECT);
        return et_stream_dial(c->below, asked->host, asked->len, port);
    }
    et_conn_phase(c, ESP_TLS_PHASE_RESOLVE);
    st = open_event(c);
    return st != TLS_OK ? st
                        : et_tcp_dial(&c->tcp, asked->host, asked->len, port, &options, c->wake);
}

tls_status et_conn_set_up(const struct conn_request *asked)
{
    struct esp_tls *c = asked->tls;
    struct stack_io io = {.buffers = c->buffers,
                          .link = c->link,
                          .err = &c->err,
                          .account = &c->account,
                          .observed = &c->observed};
    tls_status st;

    c->stack = &et_stack_mbedtls;
    c->tls = plat_alloc(&c->account, PLAT_MEM_CONNECTION, c->stack->context_size);
    if (c->tls == NULL) {
        return et_error_set(&c->err, TLS_NO_MEM, 0, 0, 0);
    }
    st = et_config_apply(c->stack, c->tls, &io, asked->host, asked->len, asked->cfg);
    if (st == TLS_OK) {
        et_conn_debug(c);
        st = c->stack->start(c->tls);
    }
    if (st == TLS_OK) {
        et_observers_attached(&c->observed);
    }
    return st;
}

void et_conn_forget(struct esp_tls *c)
{
    et_observers_forget(&c->observed);
    et_error_clear(&c->err);
}

tls_status et_conn_begin(const struct conn_request *asked)
{
    struct esp_tls *c = asked->tls;
    tls_status st;

    (void)et_conn_reset(c);
    et_conn_forget(c);
    begin_clocks(c, asked->cfg);
    c->non_block = asked->cfg->non_block;
    c->peer_closed = false;
    et_conn_phase(c, ESP_TLS_PHASE_CONFIG);
    if (is_cancelled(c, &st)) {
        return st;
    }
    if (asked->port <= 0 || asked->port > UINT16_MAX) {
        return et_error_option(&c->err, TLS_INVALID_ARG, 0, "port");
    }
    et_observers_begin(&c->observed, asked);
    if (!asked->cfg->is_plain_tcp) {
        st = et_conn_set_up(asked);
        if (st != TLS_OK) {
            return st;
        }
    }
    return begin_link(c, asked);
}

/** The resolver is done with the event: from here on only a cancel sets it, and nothing clears
 *  it. */
static void rest_event(struct esp_tls *c)
{
    plat_event_clear(c->wake);
    if (plat_flag_get(&c->tcp.cancelled)) {
        plat_event_set(c->wake);
    }
}

/** Connected: from here on a cancel shuts the socket down. */
static void close_event(struct esp_tls *c)
{
    if (c->below == NULL) {
        (void)plat_stream_close(plat_wake_swap(&c->wake, c->tcp.stream));
        if (plat_flag_get(&c->tcp.cancelled)) { /* it may have set the event only */
            plat_wake(&c->wake);
        }
    }
}

static tls_status step_link(struct esp_tls *c)
{
    bool resolved = c->err.now != ESP_TLS_PHASE_RESOLVE;
    tls_status st = c->link->ops->connect(c->link);

    if (!resolved && c->err.now == ESP_TLS_PHASE_CONNECT) {
        c->timeline.resolved_us = since_begin(c);
        rest_event(c);
        et_conn_phase(c, ESP_TLS_PHASE_CONNECT);
    }
    if (st == TLS_OK) {
        c->timeline.connected_us = since_begin(c);
        close_event(c);
        et_conn_phase(c, c->tls != NULL ? ESP_TLS_PHASE_HANDSHAKE : ESP_TLS_PHASE_OPEN);
    }
    return st;
}

static tls_status step_handshake(struct esp_tls *c)
{
    tls_status st = c->stack->handshake(c->tls);

    if (st == TLS_OK) {
        c->timeline.handshake_us = since_begin(c);
        et_conn_phase(c, ESP_TLS_PHASE_OPEN);
    }
    return st;
}

tls_status et_conn_step(struct esp_tls *c)
{
    tls_status st;

    if (c->err.now == ESP_TLS_PHASE_RESOLVE) {
        /* cleared before the flag is read, because a cancel sets the flag first */
        plat_event_clear(c->wake);
    }
    if (is_cancelled(c, &st)) {
        return st;
    }
    st = TLS_OK;
    if (c->err.now < ESP_TLS_PHASE_HANDSHAKE) {
        st = step_link(c);
    }
    if (st == TLS_OK && c->err.now == ESP_TLS_PHASE_HANDSHAKE) {
        st = step_handshake(c);
    }
    c->waiting = (uint8_t)st;
    if (tls_is_waiting(st) && plat_clock_us() >= connect_deadline(c)) {
        return timed_out(c);
    }
    return st;
}

tls_status et_conn_finish(struct esp_tls *c)
{
    for (;;) {
        tls_status st = et_conn_step(c);

        if (!tls_is_waiting(st)) {
            return st;
        }
        st = conn_sleep(c, connect_deadline(c));
        if (st != TLS_OK && st != TLS_TIMEOUT) {
            return st;
        }
    }
}

/* --- reading and writing ---------------------------------------------------------------------- */

/** May the connection be used? Otherwise why not. */
static tls_status usable(struct esp_tls *c)
{
    tls_status st;

    et_error_drop_passing(&c->err);
    if (is_cancelled(c, &st)) {
        return st;
    }
    if (c->err.status != TLS_OK) {
        return (tls_status)c->err.status;
    }
    if (c->err.now != ESP_TLS_PHASE_OPEN) {
        return et_error_passing(&c->err, TLS_INVALID_STATE, "not connected");
    }
    return TLS_OK;
}

/** After a waiting status: may the call go on? Sleeps on a blocking handle.
 *  @param st  what the last try returned; a failure of the wait takes its place */
static bool wait_for_more(struct esp_tls *c, tls_status *st, uint64_t deadline_us)
{
    tls_status slept;

    c->waiting = (uint8_t)*st;
    if (!tls_is_waiting(*st) || c->non_block) {
        return false;
    }
    if (plat_flag_get(&c->tcp.cancelled)) {
        return true; /* the next turn of the caller's loop finds the cancel and fails */
    }
    slept = plat_clock_us() < deadline_us ? conn_sleep(c, deadline_us) : TLS_TIMEOUT;
    if (slept == TLS_TIMEOUT) {
        (void)timed_out(c);
    } else if (slept != TLS_OK) {
        *st = slept;
    }
    return slept == TLS_OK;
}

static tls_status read_once(struct esp_tls *c, void *buf, size_t len, size_t *n)
{
    tls_status st;

    if (is_cancelled(c, &st)) {
        return st;
    }
    if (c->tls != NULL) {
        return c->stack->read(c->tls, buf, len, n);
    }
    return c->link->ops->read(c->link, buf, len, n);
}

static tls_status write_once(struct esp_tls *c, const void *buf, size_t len, size_t *n)
{
    tls_status st;

    if (is_cancelled(c, &st)) {
        return st;
    }
    if (c->tls != NULL) {
        return c->stack->write(c->tls, buf, len, n);
    }
    return c->link->ops->write(c->link, buf, len, n);
}

static uint64_t operation_deadline(const struct esp_tls *c)
{
    return plat_clock_us() + (uint64_t)c->timeout_ms * 1000;
}

tls_status et_conn_read(struct esp_tls *c, void *buf, size_t len, size_t *n)
{
    uint64_t deadline_us = 0;
    tls_status st = usable(c);

    *n = 0;
    c->is_reading = true;
    if (st != TLS_OK || len == 0) {
        return st;
    }
    if (c->peer_closed) {
        return TLS_EOF;
    }
    do {
        st = read_once(c, buf, len, n);
        if (tls_is_waiting(st) && deadline_us == 0) {
            deadline_us = operation_deadline(c);
        }
    } while (wait_for_more(c, &st, deadline_us));
    c->peer_closed = st == TLS_EOF;
    if (st == TLS_OK && c->timeline.first_byte_us == 0) {
        c->timeline.first_byte_us = since_begin(c);
    }
    return st;
}

tls_status et_conn_write(struct esp_tls *c, const void *buf, size_t len, size_t *n)
{
    const uint8_t *from = buf;
    uint64_t deadline_us = 0;
    tls_status st = usable(c);

    *n = 0;
    c->is_reading = false;
    while (st == TLS_OK && *n < len) {
        size_t sent = 0;

        do {
            st = write_once(c, from + *n, len - *n, &sent);
            if (tls_is_waiting(st) && deadline_us == 0) {
                deadline_us = operation_deadline(c);
            }
        } while (wait_for_more(c, &st, deadline_us));
        *n += st == TLS_OK ? sent : 0;
    }
    /* The count that was taken is returned now. The next call, or the record, says why it
     * stopped. */
    return *n > 0 && (tls_is_waiting(st) || c->err.passing) ? TLS_OK : st;
}
