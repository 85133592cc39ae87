#include "session.h"

#include <stdio.h>
#include <string.h>

#include "esp_http_response.h"
#include "esp_tls_async.h"
#include "esp_tls_memory.h"
#include "cli/target.h"

#define NEW_SESSION_TICKET 4 /* RFC 8446 section 4, RFC 5077 section 3.3 */

/* --- what is seen ----------------------------------------------------------------------------- */

static uint32_t us_since(const struct session *s)
{
    return (uint32_t)(dial_now_us() - s->began_us);
}

static void on_record(void *arg, const esp_tls_trace_record_t *record)
{
    struct session *s = arg;
    struct session_record r = {.us = s->connect_us + (uint32_t)record->time_us,
                               .len = record->length,
                               .type = record->type,
                               .is_sent = record->direction == ESP_TLS_TRACE_SENT,
                               .is_handshake = !s->opened};
    uint16_t *largest = r.is_handshake ? &s->largest_handshake : &s->largest_data;

    if (s->records < SESSION_RECORDS) {
        s->wire[s->records] = r;
    }
    s->records++;
    if (!r.is_sent) {
        *largest = r.len > *largest ? r.len : *largest;
        s->data_records += !r.is_handshake;
    }
}

/** The record of a message that came when the connection was open is no data. */
static void claim_record(struct session *s, uint32_t record_len)
{
    for (size_t i = s->records < SESSION_RECORDS ? s->records : SESSION_RECORDS; i-- > 0;) {
        struct session_record *r = &s->wire[i];

        if (!r->is_sent && !r->is_handshake && !r->is_message && r->len == record_len) {
            r->is_message = true;
            s->data_records--;
            return;
        }
    }
}

static void on_message(void *arg, const esp_tls_trace_message_t *message)
{
    struct session *s = arg;
    struct session_message m = {.us = s->connect_us + (uint32_t)message->time_us,
                                .len = message->length + 4,
                                .records = message->records,
                                .type = message->type,
                                .is_sent = message->direction == ESP_TLS_TRACE_SENT};

    if (s->messages < SESSION_MESSAGES) {
        s->message[s->messages] = m;
    }
    s->messages++;
    if (!m.is_sent && m.type == NEW_SESSION_TICKET) {
        s->tickets++;
    }
    if (s->opened && !m.is_sent && message->record_len != 0) {
        claim_record(s, message->record_len);
    }
}

static void on_key(void *arg, const char *line)
{
    const struct session *s = arg;

    s->capture->trace.keylog(s->capture->trace.arg, line);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static bool wait_for(esp_tls_t *tls, int64_t until_us)
{
    int64_t left_ms = (until_us - dial_now_us() + 999) / 1000;
    esp_tls_wait_t wait;

    if (left_ms <= 0 || esp_tls_get_wait(tls, &wait) != ESP_OK) {
        return false;
    }
    (void)esp_tls_wait(&wait, left_ms < 1000000 ? (int)left_ms : 1000000);
    return true;
}

/** After a result that asks to wait: wait. @return false: it does not, or the time is up */
static bool wait_more(esp_tls_t *tls, ssize_t n, int64_t until_us)
{
    return (n == ESP_TLS_ERR_SSL_WANT_READ || n == ESP_TLS_ERR_SSL_WANT_WRITE) &&
           wait_for(tls, until_us);
}

static ssize_t read_some(esp_tls_t *tls, void *data, size_t len, int64_t until_us)
{
    ssize_t n;

    do {
        n = esp_tls_conn_read(tls, data, len);
    } while (wait_more(tls, n, until_us));
    return n;
}

/* --- fetching --------------------------------------------------------------------------------- */

static esp_http_response_go_t on_body(void *arg, const char *data, size_t len)
{
    struct session *s = arg;

    (void)data;
    s->body += len;
    return ESP_HTTP_RESPONSE_GO;
}

static bool send_request(esp_tls_t *tls, const struct session_plan *plan, int64_t until_us)
{
    char text[2048];
    size_t len = target_request(text, plan->name, plan->port, plan->path);
    size_t at = 0;

    while (at < len) {
        ssize_t n;

        do {
            n = esp_tls_conn_write(tls, text + at, len - at);
        } while (wait_more(tls, n, until_us));
        if (n <= 0) {
            return false;
        }
        at += (size_t)n;
    }
    return true;
}

static void receive_session(struct session *s, esp_tls_t *tls, const struct session_plan *plan,
                            esp_http_response_t *parser, int64_t until_us)
{
    esp_http_response_result_t result = ESP_HTTP_RESPONSE_MORE;
    char data[4096];
    ssize_t n = 1;

    while (result == ESP_HTTP_RESPONSE_MORE && s->body < plan->body_most &&
           dial_now_us() < until_us) {
        size_t used;

        n = read_some(tls, data, sizeof(data), until_us);
        if (n <= 0) {
            break;
        }
        if (s->first_byte_us == 0) {
            s->first_byte_us = us_since(s);
        }
        result = esp_http_response_feed(parser, data, (size_t)n, &used);
    }
    if (n == 0 && result == ESP_HTTP_RESPONSE_MORE) {
        result = esp_http_response_finish(parser);
    }
    s->http_status = esp_http_response_status(parser);
    if (result == ESP_HTTP_RESPONSE_MALFORMED) {
        s->http_why = esp_http_response_why(parser);
    } else if (result == ESP_HTTP_RESPONSE_TRUNCATED) {
        s->http_why = "the server closed before its end";
    } else if (result == ESP_HTTP_RESPONSE_EMPTY) {
        s->http_why = "the server closed without one";
    } else if (result > ESP_HTTP_RESPONSE_MALFORMED) {
        s->http_why = "it has a field that is too long";
    }
}

static void fetch_session(struct session *s, esp_tls_t *tls, const struct session_plan *plan,
                          int64_t until_us)
{
    static const esp_http_response_handler_t handler = {.on_body = on_body};
    esp_http_response_t *parser = esp_http_response_new(8192, &handler, s);

    if (parser == NULL) {
        return;
    }
    esp_http_response_begin(parser, ESP_HTTP_REQUEST_OTHER);
    if (send_request(tls, plan, until_us)) {
        receive_session(s, tls, plan, parser, until_us);
    }
    esp_http_response_free(parser);
}

/* --- the connection --------------------------------------------------------------------------- */

static void note_agreed(struct session *s, esp_tls_t *tls)
{
    esp_tls_session_info_t info;

    s->opened = true;
    s->handshake_us = us_since(s);
    if (esp_tls_get_session_info(tls, &info) == ESP_OK) {
        snprintf(s->version, sizeof(s->version), "%s", info.version);
        snprintf(s->suite, sizeof(s->suite), "%s", info.ciphersuite);
        snprintf(s->alpn, sizeof(s->alpn), "%s", info.alpn != NULL ? info.alpn : "");
    }
}

/** Tickets and late alerts come by themselves: in TLS 1.3 also the verdict on a client certificate
 *  that was not given. */
static void linger(esp_tls_t *tls, const struct session_plan *plan, int64_t until_us)
{
    int64_t soon_us = dial_now_us() + (int64_t)plan->linger_ms * 1000;
    char data[512];

    soon_us = soon_us < until_us ? soon_us : until_us;
    while (read_some(tls, data, sizeof(data), soon_us) > 0 && dial_now_us() < soon_us) {
    }
}

static void connect_and_fetch(struct session *s, const struct session_plan *plan, esp_tls_t *tls,
                              int64_t until_us)
{
    const char *to = plan->smtp ? plan->name : plan->address->text;
    esp_tls_cfg_t cfg = plan->cfg;
    esp_tls_timeline_t timeline;
    int result;

    cfg.non_block = true;
    s->connect_us = us_since(s);
    do {
        result = esp_tls_conn_new_async(to, (int)strlen(to), plan->port, &cfg, tls);
    } while (result == 0 && wait_for(tls, until_us));
    if (!plan->smtp && esp_tls_get_timeline(tls, &timeline) == ESP_OK) {
        s->reached = timeline.connected_us != 0;
        s->tcp_us = timeline.connected_us;
    }
    if (result == 1) {
        note_agreed(s, tls);
        if (plan->path != NULL) {
            fetch_session(s, tls, plan, until_us);
        } else {
            linger(tls, plan, until_us);
        }
    }
}

static bool set_trace(struct session *s, const struct session_plan *plan, esp_tls_t *tls)
{
    esp_tls_trace_t trace = {.message = on_message, .record = on_record, .arg = s};
    esp_err_t err;

    if (plan->capture != NULL) {
        s->capture = plan->capture;
        trace.capture = plan->capture->trace.capture;
        trace.keylog = plan->capture->trace.keylog != NULL ? on_key : NULL;
    }
    err = esp_tls_set_trace(tls, &trace); /* a build without traces sees no records */
    return err == ESP_OK || (err == ESP_ERR_NOT_SUPPORTED && trace.capture == NULL);
}

/** What comes before the handle's own connect: TCP and STARTTLS, or a tunnel that it will open. */
static bool prepare(struct session *s, const struct session_plan *plan, int64_t until_us,
                    struct dial_wire *wire, esp_tls_t *tls)
{
    const struct connect_options *through = plan->address->through;

    if (plan->smtp) {
        s->reached = dial_open(plan->address, true, until_us, wire, &s->failure);
        s->tcp_us = us_since(s);
        return s->reached && dial_hand_over(wire, tls);
    }
    return through == NULL ||
           (tunnel_make(&wire->tunnel, through) && tunnel_put_under(&wire->tunnel, tls));
}

/** What the handle knows, and what only a proxy does. */
static void note_end(struct session *s, const struct session_plan *plan,
                     const struct dial_wire *wire, const esp_tls_t *tls)
{
    struct failure failure = {.options = plan->address->through};

    (void)esp_tls_get_record(tls, &s->record);
    (void)esp_tls_get_diagnosis(tls, &s->diagnosis);
    if (wire->tunnel.way != NULL && !wire->tunnel.is_open) {
        tunnel_note(&wire->tunnel, &failure);
        explain_diagnose_proxy(&failure, &s->diagnosis);
    }
    snprintf(s->diagnosis.evidence.host, sizeof(s->diagnosis.evidence.host), "%.79s",
             plan->name); /* not the address that was connected to */
}

void session_run(struct session *s, const struct session_plan *plan, int64_t until_us)
{
    esp_tls_memory_cfg_t memory = {.in_content_len = plan->in_limit};
    esp_tls_t *tls = esp_tls_init_with_memory(&memory);
    struct dial_wire wire = {.fd = -1};
    bool is_ready = false;

    memset(s, 0, sizeof(*s));
    s->was_tried = true;
    s->began_us = dial_now_us();
    s->record.cause = ESP_TLS_CAUSE_NO_MEM;
    if (tls != NULL && set_trace(s, plan, tls)) {
        s->record.cause = ESP_TLS_CAUSE_NONE; /* without STARTTLS there is nothing of TLS to tell */
        is_ready = prepare(s, plan, until_us, &wire, tls);
    }
    if (is_ready) {
        connect_and_fetch(s, plan, tls, until_us);
        note_end(s, plan, &wire, tls);
    }
    (void)esp_tls_conn_destroy(tls);
    dial_close(&wire);
    s->end_us = us_since(s);
}
