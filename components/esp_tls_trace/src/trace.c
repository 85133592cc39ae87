/* The trace of a connection: esp_tls_set_trace(), and what link and stack tell. */
#include "esp_tls_trace.h"

#include <string.h>

#include "conn_tap.h"
#include "esp_log.h"
#include "export.h"
#include "observer.h"
#include "plat_clock.h"
#include "records.h"

static const char TAG[] = "esp-tls";

struct trace {
    struct conn_watch watch;
    struct conn_tap *tap;
    uint64_t began_us;
    esp_tls_trace_t to;
    struct record_scan scan[2]; /* sent, received */
    uint16_t records;           /* received since the last message */
    uint16_t record_len;        /* of the last */
    bool is_tls;
    struct trace_export *export;
};

static uint64_t since_begin(const struct trace *t)
{
    return plat_clock_us() - t->began_us;
}

/* --- what the link tells ---------------------------------------------------------------------- */

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
        et_records_scan(&t->scan[direction], bytes, len, note_record, &note);
    }
}

static void on_trying(void *arg, const struct plat_addr *addr)
{
    et_export_trying(((struct trace *)arg)->export, addr);
}

static void on_open(void *arg)
{
    struct trace *t = arg;
    struct plat_addr ends[2];
    plat_stream stream = et_conn_tap_stream(t->tap);

    if (!plat_stream_is_open(stream) && t->to.stream_fd > 0) {
        stream = plat_stream_borrow(t->to.stream_fd);
    }
    et_export_open(t->export, plat_stream_is_open(stream) &&
                                      plat_stream_ends(stream, &ends[0], &ends[1]) == PLAT_OK
                                  ? ends
                                  : NULL);
}

static void on_sent(void *arg, const uint8_t *bytes, size_t len)
{
    struct trace *t = arg;

    et_export_bytes(t->export, FRAME_NEAR, bytes, len);
    scan(t, ESP_TLS_TRACE_SENT, bytes, len);
}

static void on_received(void *arg, const uint8_t *bytes, size_t len)
{
    struct trace *t = arg;

    et_export_bytes(t->export, FRAME_FAR, bytes, len);
    scan(t, ESP_TLS_TRACE_RECEIVED, bytes, len);
}

static void on_idle(void *arg)
{
    et_export_idle(((struct trace *)arg)->export);
}

static void on_ended(void *arg, enum link_tap_end end)
{
    static const struct {
        enum frame_end from;
        unsigned flag;
    } as[] = {
        [LINK_TAP_PEER_CLOSED] = {FRAME_FAR, FRAME_FIN},
        [LINK_TAP_PEER_RESET] = {FRAME_FAR, FRAME_RST},
        [LINK_TAP_CLOSED] = {FRAME_NEAR, FRAME_FIN},
    };

    et_export_end(((struct trace *)arg)->export, as[end].from, as[end].flag);
}

static const struct link_tap_events link_events = {
    .trying = on_trying,
    .open = on_open,
    .sent = on_sent,
    .received = on_received,
    .idle = on_idle,
    .ended = on_ended,
};

/* --- what the stack tells --------------------------------------------------------------------- */

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

static struct trace *trace_of(struct conn_watch *w)
{
    return (struct trace *)(void *)w;
}

static void on_message(struct observed *on, struct conn_watch *w, const struct conn_message *told)
{
    struct trace *t = trace_of(w);
    esp_tls_trace_message_t message = {
        .direction = told->is_sent ? ESP_TLS_TRACE_SENT : ESP_TLS_TRACE_RECEIVED,
        .type = told->type,
        .length = (uint32_t)told->len,
        .time_us = since_begin(t),
        .records = told->is_sent ? 1 : t->records,
        .record_len = told->is_sent ? (uint32_t)told->record_len : t->record_len,
    };

    (void)on;
    if (!told->is_sent) {
        if (told->is_open && message.records > 1) {
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

static void on_secret(struct observed *on, struct conn_watch *w, const struct conn_secret *secret)
{
    (void)on;
    et_export_secret(trace_of(w)->export, secret->label, secret->client_random, secret->secret,
                     secret->len);
}

/* --- in the handle ---------------------------------------------------------------------------- */

static void on_begin(struct observed *on, struct conn_watch *w, const struct conn_request *asked)
{
    struct trace *t = trace_of(w);

    (void)on;
    t->is_tls = false;
    t->records = 0;
    t->record_len = 0;
    t->began_us = plat_clock_us();
    memset(t->scan, 0, sizeof(t->scan));
    et_conn_tap_begin(t->tap);
    et_export_begin(t->export, asked->host, asked->len, (uint16_t)asked->port);
}

static void on_attached(struct observed *on, struct conn_watch *w)
{
    (void)on;
    trace_of(w)->is_tls = true;
}

static void trace_free(struct conn_watch *w)
{
    struct trace *t = trace_of(w);

    et_conn_tap_free(t->tap);
    et_export_free(t->export);
    plat_free(t);
}

static const struct conn_observer observer = {
    .begin = on_begin,
    .attached = on_attached,
    .message = on_message,
    .secret = on_secret,
    .free = trace_free,
};

/** The handle's trace, or NULL. */
static struct conn_watch *find_trace(struct observed *on)
{
    return et_observed_find(on, &observer);
}

static void drop_trace(struct observed *on)
{
    struct conn_watch *w = find_trace(on);

    if (w != NULL) {
        et_observed_remove(on, w);
        trace_free(w);
    }
}

/** @return ESP_OK; otherwise the trace that was there stays */
static esp_err_t set_trace(esp_tls_t *tls, const esp_tls_trace_t *wanted)
{
    struct observed *on = et_conn_observed(tls);
    struct trace *t = plat_alloc(on->account, PLAT_MEM_APPLICATION, sizeof(*t));
    esp_err_t ret;

    if (t == NULL) {
        return ESP_ERR_NO_MEM;
    }
    t->watch.observer = &observer;
    t->to = *wanted;
    t->tap = et_conn_tap_new(tls, &link_events, t);
    ret = t->tap != NULL ? et_export_new(wanted, on->account, &t->export) : ESP_ERR_NO_MEM;
    if (ret != ESP_OK) {
        trace_free(&t->watch);
        return ret;
    }
    t->watch.wants = (wanted->message != NULL || wanted->log_messages ? WATCH_MESSAGES : 0U) |
                     (et_export_wants_secrets(t->export) ? WATCH_SECRETS : 0U);
    drop_trace(on);
    et_observed_add(on, &t->watch);
    return ESP_OK;
}

esp_err_t esp_tls_set_trace(esp_tls_t *tls, const esp_tls_trace_t *trace)
{
    struct conn_facts facts;

    if (tls == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_conn_facts(tls, &facts);
    if (facts.has_begun) {
        return ESP_ERR_INVALID_STATE;
    }
    if (trace == NULL) {
        drop_trace(et_conn_observed(tls));
        return ESP_OK;
    }
    return set_trace(tls, trace);
}

/* --- a trace of every connection -------------------------------------------------------------- */

/** A handle that has no trace gets one that logs its messages; without memory it has none. */
static void log_by_default(struct observed *on, struct conn_watch *w,
                           const struct conn_request *asked)
{
    static const esp_tls_trace_t only_log = {.log_messages = true};
    const struct plat_mem_failure before = on->account->failure;

    (void)w;
    if (find_trace(on) == NULL && set_trace(asked->tls, &only_log) != ESP_OK) {
        on->account->failure = before; /* nothing that the connection needs */
    }
}

const struct conn_observer et_trace_log_observer = {.is_listed = true, .begin = log_by_default};
