/* The trace of a connection: esp_tls_set_trace(), and what link and stack tell. */
#include "esp_tls_trace.h"

#include <string.h>

#include "conn.h"
#include "esp_log.h"
#include "export.h"
#include "link/tap.h"
#include "plat_clock.h"
#include "records.h"

static const char TAG[] = "esp-tls";

struct trace {
    struct conn_trace hooks;
    struct link_trace tap;
    struct stack_tap stack;
    struct esp_tls *conn;
    esp_tls_trace_t to;
    struct record_scan scan[2]; /* sent, received */
    uint16_t records;           /* received since the last message */
    uint16_t record_len;        /* of the last */
    bool is_tls;
    struct trace_export *export;
};

static uint64_t since_begin(const struct trace *t)
{
    return plat_clock_us() - t->conn->began_us;
}

/* --- what the link tells ------------------------------------------------------------------------ */

struct record_note {
    struct trace *trace;
    esp_tls_trace_direction_t direction;
};

static void note_record(void *arg, uint8_t type, uint16_t len)
{
    const struct record_note *note = arg;
    struct trace *t = note->trace;

    if (note->direction == ESP_TLS_TRACE_RECEIVED &&
        (type == RECORD_HANDSHAKE || type == RECORD_APPLICATION)) {
        t->records++;
        t->record_len = len;
    }
    if (t->to.record != NULL) {
        const esp_tls_trace_record_t record = {
            .direction = note->direction, .type = type, .length = len, .time_us = since_begin(t)};

        t->to.record(t->to.arg, &record);
    }
}

static void scan(struct trace *t, esp_tls_trace_direction_t direction, const uint8_t *bytes,
                 size_t len)
{
    struct record_note note = {t, direction};

    if (t->is_tls) {
        records_scan(&t->scan[direction], bytes, len, note_record, &note);
    }
}

static void on_trying(void *arg, const struct plat_addr *addr)
{
    export_trying(((struct trace *)arg)->export, addr);
}

static void on_open(void *arg)
{
    struct trace *t = arg;
    struct plat_addr ends[2];
    plat_stream stream = PLAT_STREAM_NONE;

    if (t->conn->below == NULL) {
        stream = t->conn->tcp.stream;
    } else if (t->to.stream_fd > 0) {
        stream = plat_stream_borrow(t->to.stream_fd);
    }
    export_open(t->export, plat_stream_is_open(stream) &&
                                   plat_stream_ends(stream, &ends[0], &ends[1]) == PLAT_OK
                               ? ends
                               : NULL);
}

static void on_sent(void *arg, const uint8_t *bytes, size_t len)
{
    struct trace *t = arg;

    export_bytes(t->export, FRAME_NEAR, bytes, len);
    scan(t, ESP_TLS_TRACE_SENT, bytes, len);
}

static void on_received(void *arg, const uint8_t *bytes, size_t len)
{
    struct trace *t = arg;

    export_bytes(t->export, FRAME_FAR, bytes, len);
    scan(t, ESP_TLS_TRACE_RECEIVED, bytes, len);
}

static void on_idle(void *arg)
{
    export_idle(((struct trace *)arg)->export);
}

static void on_ended(void *arg, enum link_trace_end end)
{
    static const struct {
        enum frame_end from;
        unsigned flag;
    } as[] = {
        [LINK_TRACE_PEER_CLOSED] = {FRAME_FAR, FRAME_FIN},
        [LINK_TRACE_PEER_RESET] = {FRAME_FAR, FRAME_RST},
        [LINK_TRACE_CLOSED] = {FRAME_NEAR, FRAME_FIN},
    };

    export_end(((struct trace *)arg)->export, as[end].from, as[end].flag);
}

static const struct link_trace_events link_events = {
    .trying = on_trying,
    .open = on_open,
    .sent = on_sent,
    .received = on_received,
    .idle = on_idle,
    .ended = on_ended,
};

/* --- what the stack tells ------------------------------------------------------------------------- */

static void log_message(const esp_tls_trace_message_t *m)
{
    const char *sign = m->direction == ESP_TLS_TRACE_SENT ? ">" : "<";
    const char *name = esp_tls_trace_message_name(m->type);

    if (m->records == 0) {
        ESP_LOGI(TAG, "%s %s (%u), %u bytes, in the same record", sign, name, m->type,
                 (unsigned)m->length);
    } else {
        ESP_LOGI(TAG, "%s %s (%u), %u bytes, records: %u, the last of %u bytes", sign, name,
                 m->type, (unsigned)m->length, m->records, (unsigned)m->record_len);
    }
}

/** @param record_len  of the record that carries a message that is sent */
static void on_message(void *arg, bool is_sent, uint8_t type, size_t len, size_t record_len)
{
    struct trace *t = arg;
    esp_tls_trace_message_t message = {
        .direction = is_sent ? ESP_TLS_TRACE_SENT : ESP_TLS_TRACE_RECEIVED,
        .type = type,
        .length = (uint32_t)len,
        .time_us = since_begin(t),
        .records = is_sent ? 1 : t->records,
        .record_len = is_sent ? (uint32_t)record_len : t->record_len,
    };

    if (!is_sent) {
        if (t->conn->err.now >= ESP_TLS_PHASE_OPEN && message.records > 1) {
            message.records = 1; /* those before it carried data */
        }
        t->records = 0;
        t->record_len = 0;
    }
    if (t->to.log_messages) {
        log_message(&message);
    }
    if (t->to.message != NULL) {
        t->to.message(t->to.arg, &message);
    }
}

static void on_secret(void *arg, const char *label, const uint8_t *client_random,
                      const uint8_t *secret, size_t len)
{
    export_secret(((struct trace *)arg)->export, label, client_random, secret, len);
}

/* --- in the engine --------------------------------------------------------------------------------- */

static struct trace *trace_of(struct esp_tls *c)
{
    return (struct trace *)(void *)c->trace;
}

static struct tls_link *untapped(struct esp_tls *c)
{
    return c->below != NULL ? &c->below->link : &c->tcp.link;
}

static void trace_begin(struct esp_tls *c, const char *host, size_t len, uint16_t port)
{
    struct trace *t = trace_of(c);

    t->is_tls = false;
    t->records = 0;
    t->record_len = 0;
    memset(t->scan, 0, sizeof(t->scan));
    link_trace_init(&t->tap, untapped(c), &link_events, t);
    c->link = &t->tap.link;
    export_begin(t->export, host, len, port);
}

static void trace_attach(struct esp_tls *c)
{
    struct trace *t = trace_of(c);

    t->is_tls = true;
    t->stack = (struct stack_tap){
        .message = t->to.message != NULL || t->to.log_messages ? on_message : NULL,
        .secret = export_wants_secrets(t->export) ? on_secret : NULL,
        .arg = t,
    };
    if (c->stack->tap != NULL) {
        c->stack->tap(c->tls, &t->stack);
    }
}

static void trace_free(struct esp_tls *c)
{
    struct trace *t = trace_of(c);

    if (c->link == &t->tap.link) {
        c->link = untapped(c);
    }
    export_free(t->export);
    plat_free(t);
    c->trace = NULL;
}

static const struct conn_trace_ops ops = {
    .begin = trace_begin, .attach = trace_attach, .free = trace_free};

static esp_err_t trace_new(struct esp_tls *c, const esp_tls_trace_t *wanted)
{
    struct trace *t = plat_alloc(&c->account, PLAT_MEM_APPLICATION, sizeof(*t));
    esp_err_t ret;

    if (t == NULL) {
        return ESP_ERR_NO_MEM;
    }
    ret = export_new(wanted, &c->account, &t->export);
    if (ret != ESP_OK) {
        plat_free(t);
        return ret;
    }
    t->hooks.ops = &ops;
    t->conn = c;
    t->to = *wanted;
    conn_trace_free(c);
    c->trace = &t->hooks;
    return ESP_OK;
}

void conn_trace_default(struct esp_tls *c)
{
    static const esp_tls_trace_t only_log = {.log_messages = true};
    const struct plat_mem_failure before = c->account.failure;

    if (c->trace == NULL && trace_new(c, &only_log) != ESP_OK) {
        c->account.failure = before; /* nothing that the connection needs */
    }
}

esp_err_t esp_tls_set_trace(esp_tls_t *tls, const esp_tls_trace_t *trace)
{
    if (tls == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (tls->err.now != ESP_TLS_PHASE_NONE) {
        return ESP_ERR_INVALID_STATE;
    }
    if (trace == NULL) {
        conn_trace_free(tls);
        return ESP_OK;
    }
    return trace_new(tls, trace);
}
