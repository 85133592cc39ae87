/* What stands before TLS, and what comes instead of it. No handle of ours has seen it, so records
 * are made for it, which the library's diagnosis is made from. */
#define _GNU_SOURCE /* EAI_ADDRFAMILY */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "check.h"

enum {
    SERVER_HELLO = 2
}; /* HandshakeType, RFC 8446 section 4 */

/* --- diagnoses of what no handle of ours has seen --------------------------------------------- */

static void diagnose_reach(const struct check *c, const esp_tls_record_t *record,
                           const esp_tls_evidence_t *seen, esp_tls_diagnosis_t *d)
{
    esp_tls_evidence_t evidence = seen != NULL ? *seen : (esp_tls_evidence_t){0};

    snprintf(evidence.host, sizeof(evidence.host), "%.79s", c->options.target.host);
    snprintf(evidence.name, sizeof(evidence.name), "%.79s", c->options.target.name);
    evidence.port = c->options.target.port;
    evidence.timeout_ms = c->options.connect.timeout_ms;
    esp_tls_diagnose(record, &evidence, d);
}

static esp_tls_record_t record_of(const struct check *c, const struct dial_address *address,
                                  esp_tls_phase_t phase, esp_tls_cause_t cause)
{
    esp_tls_record_t record = {.phase = phase,
                               .cause = cause,
                               .port = c->options.target.port,
                               .alert_sent = -1,
                               .alert_received = -1};

    snprintf(record.address, sizeof(record.address), "%.47s", address->text);
    return record;
}

static void diagnose_tcp(const struct check *c, const struct dial_address *a,
                         esp_tls_diagnosis_t *d)
{
    esp_tls_record_t record =
        record_of(c, a, ESP_TLS_PHASE_CONNECT,
                  a->error == ETIMEDOUT ? ESP_TLS_CAUSE_TIMEOUT : ESP_TLS_CAUSE_SYSTEM);

    record.os_errno = a->error == ETIMEDOUT ? 0 : a->error;
    diagnose_reach(c, &record, NULL, d);
}

/* --- before TLS ------------------------------------------------------------------------------- */

void check_judge_name(struct check *c)
{
    bool is_system = c->dns.error == EAI_SYSTEM;
    esp_tls_record_t record = {
        .phase = ESP_TLS_PHASE_RESOLVE,
        .cause = c->dns.timed_out ? ESP_TLS_CAUSE_TIMEOUT : ESP_TLS_CAUSE_RESOLVE,
        .resolver_code = c->dns.timed_out ? 0 : c->dns.error,
        .os_errno = is_system ? c->dns.sys_errno : 0,
        .alert_sent = -1,
        .alert_received = -1,
    };
    esp_tls_diagnosis_t d;

    diagnose_reach(c, &record, NULL, &d);
    check_add_diagnosis(c, c->dns.timed_out ? "name-timeout" : "name", &d);
}

void check_judge_addresses(struct check *c)
{
    const struct dial_address *first = NULL;
    struct text text = {0};
    esp_tls_diagnosis_t d;

    for (size_t i = 0; i < c->dns.count; i++) {
        const struct dial_address *a = &c->dns.address[i];

        if (a->error != 0) {
            text_add(&text, "%s%s port %u: %s", text.len > 0 ? "; " : "", a->text,
                     c->options.target.port,
                     a->error == ETIMEDOUT ? "no answer" : strerror(a->error));
            first = first == NULL || first->error == ETIMEDOUT ? a : first;
        }
    }
    if (first != NULL) {
        diagnose_tcp(c, first, &d);
        check_add(c,
                  c->address != NULL          ? "address"
                  : first->error != ETIMEDOUT ? "tcp"
                                              : "tcp-timeout",
                  text.chars, NULL, &d);
    }
}

void check_judge_way(struct check *c)
{
    struct text text = {0};
    esp_tls_diagnosis_t d;

    c->way_exit = explain(&c->way, &text);
    explain_diagnose(&c->way, &d);
    explain_diagnose_proxy(&c->way, &d);
    check_add(c, "proxy", text.chars, NULL, &d);
}

/* --- TLS at all ------------------------------------------------------------------------------- */

static void judge_not_tls(struct check *c, const struct probe_reply *r)
{
    esp_tls_record_t record =
        record_of(c, c->address, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK);
    esp_tls_evidence_t evidence = {.message = SERVER_HELLO};
    esp_tls_diagnosis_t d;
    char text[700];
    char sentence[500];

    record.stack_code = -MBEDTLS_ERR_SSL_INVALID_RECORD;
    if (!r->answer.has_hello && r->answer.records == 0) { /* no record came: what did? */
        evidence.peer_bytes_len = r->answer.first_len < sizeof(evidence.peer_bytes)
                                      ? r->answer.first_len
                                      : sizeof(evidence.peer_bytes);
        memcpy(evidence.peer_bytes, r->answer.first, evidence.peer_bytes_len);
    }
    diagnose_reach(c, &record, &evidence, &d);
    (void)esp_tls_reason_sentence(&d, d.reasons[0], sentence, sizeof(sentence));
    snprintf(text, sizeof(text), "%s: %s", r->answer.why != NULL ? r->answer.why : "no TLS",
             sentence);
    check_add(c, "no-tls", text, NULL, &d);
}

static void judge_silent(struct check *c)
{
    esp_tls_record_t record =
        record_of(c, c->address, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_TIMEOUT);
    esp_tls_evidence_t evidence = {.message = SERVER_HELLO};
    esp_tls_diagnosis_t d;

    diagnose_reach(c, &record, &evidence, &d);
    check_add_diagnosis(c, "silent", &d);
}

static void judge_starttls(struct check *c, const struct dial_failure *f)
{
    struct dial_address address = *c->address;
    esp_tls_diagnosis_t d;
    char evidence[400];

    if (f->code != ESP_OK) { /* the way was open before */
        c->way = (struct failure){.options = &c->options.connect, .code = f->code};
        c->way.record = record_of(c, &address, ESP_TLS_PHASE_CONNECT,
                                  f->timed_out ? ESP_TLS_CAUSE_TIMEOUT : ESP_TLS_CAUSE_SYSTEM);
        c->way.record.os_errno = f->error;
        check_judge_way(c);
        return;
    }
    if (!f->in_starttls) {
        address.error = f->timed_out ? ETIMEDOUT : f->error;
        diagnose_tcp(c, &address, &d);
        check_add_diagnosis(c, f->timed_out ? "tcp-timeout" : "tcp", &d);
        return;
    }
    snprintf(evidence, sizeof(evidence), "%s%s%.200s",
             f->timed_out              ? "the mail server does not go on in time"
             : f->closed               ? "the mail server closed the connection"
             : f->starttls.why != NULL ? f->starttls.why
                                       : strerror(f->error),
             f->starttls.code != 0 ? "; it said: " : "",
             f->starttls.code != 0 ? f->starttls.line : "");
    check_add(c, f->timed_out ? "silent" : "starttls", evidence, NULL, NULL);
}

/** A record that began and did not end, if one did. */
static void note_record(const struct probe_answer *a, esp_tls_record_t *record,
                        esp_tls_evidence_t *evidence)
{
    const uint8_t *head = a->first; /* RFC 8446 section 5.1: type, version, length */

    if (a->alert >= 0 || a->records > 0 || a->first_len == 0) {
        return;
    }
    record->record_len = a->first_len < 5 ? 5 : 5U + (unsigned)(head[3] << 8 | head[4]);
    evidence->record_got = a->first_len < sizeof(a->first) ? a->first_len : 0;
}

/** An alert, or the end of the connection, for an answer to ClientHello. */
static void judge_refused(struct check *c, const struct probe_reply *r)
{
    bool is_alert = r->answer.alert >= 0;
    esp_tls_record_t record = record_of(c, c->address, ESP_TLS_PHASE_HANDSHAKE,
                                        is_alert ? ESP_TLS_CAUSE_STACK : ESP_TLS_CAUSE_TRUNCATED);
    esp_tls_evidence_t evidence = {.message = SERVER_HELLO};
    esp_tls_diagnosis_t d;
    char text[120];

    record.stack_code = is_alert ? -MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE : 0;
    record.alert_received = (int16_t)r->answer.alert;
    note_record(&r->answer, &record, &evidence);
    diagnose_reach(c, &record, &evidence, &d);
    check_reply_text(r, text, sizeof(text));
    check_add(c, "no-version", text, NULL, &d);
}

void check_judge_no_version(struct check *c)
{
    const struct survey *s = &c->survey;
    const struct probe_reply *r = &s->version[survey_index(PROBE_TLS_1_2)];
    char text[120];

    if (survey_accepts(s, PROBE_TLS_1_1) || survey_accepts(s, PROBE_TLS_1_0)) {
        snprintf(text, sizeof(text), "%s%s%s accepted",
                 survey_accepts(s, PROBE_TLS_1_1) ? "TLS 1.1" : "",
                 survey_accepts(s, PROBE_TLS_1_1) && survey_accepts(s, PROBE_TLS_1_0) ? ", " : "",
                 survey_accepts(s, PROBE_TLS_1_0) ? "TLS 1.0" : "");
        check_add(c, "only-old", text, NULL, NULL);
    } else if (r->outcome == PROBE_UNREACHABLE) {
        judge_starttls(c, &r->failure);
    } else if (r->outcome == PROBE_NOT_TLS) {
        judge_not_tls(c, r);
    } else if (r->outcome == PROBE_TIMED_OUT) {
        judge_silent(c);
    } else {
        judge_refused(c, r);
    }
}
