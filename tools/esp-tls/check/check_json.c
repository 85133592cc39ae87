/* What was found, as JSON for programs. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "cli/json.h"

static const char *const works_names[] = {
    [CHECK_NO] = "no", [CHECK_YES] = "yes", [CHECK_UNTRIED] = "untried"};

/* Types of records. */
enum {
    RECORD_HANDSHAKE = 22,
    RECORD_DATA = 23
};

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static void put_addresses(struct json *j, const struct check *c)
{
    json_array(j, "addresses");
    for (size_t i = 0; i < c->dns.count && c->dns.address[i].through == NULL; i++) {
        const struct dial_address *a = &c->dns.address[i];

        json_object(j, NULL);
        json_string(j, "address", a->text);
        json_bool(j, "answers", a->error == 0);
        json_number(j, "tcp_us", a->error == 0 ? a->tcp_us : 0);
        json_string(j, "error",
                    a->error == 0           ? NULL
                    : a->error == ETIMEDOUT ? "no answer"
                                            : strerror(a->error));
        json_bool(j, "used", a == c->address);
        json_end(j, false);
    }
    json_end(j, true);
}

static void put_versions(struct json *j, const struct check *c)
{
    json_object(j, "versions");
    for (uint16_t v = PROBE_TLS_1_0; c->address != NULL && v <= PROBE_TLS_1_3; v++) {
        const struct probe_reply *r = &c->survey.version[survey_index(v)];
        char text[160];

        check_reply_text(r, text, sizeof(text));
        json_object(j, probe_version_name(v) + 4);
        json_bool(j, "accepted", survey_accepts(&c->survey, v));
        json_string(j, "answer", text);
        if (r->answer.alert >= 0) {
            json_number(j, "alert", r->answer.alert);
        }
        json_end(j, false);
    }
    json_end(j, false);
}

static void put_list(struct json *j, const char *key, const struct survey_list *list,
                     enum probe_kind kind, uint16_t version)
{
    static const char *const support[] = {
        [PROBE_BY_DEFAULT] = "default", [PROBE_BY_OPTION] = "option", [PROBE_NEVER] = "never"};

    json_object(j, key);
    json_bool(j, "complete", list->is_complete);
    json_array(j, "picked");
    for (size_t i = 0; i < list->count; i++) {
        const struct probe_point *p = probe_point(kind, list->id[i]);
        char number[8];

        json_object(j, NULL);
        json_string(j, "name", probe_point_name(kind, list->id[i], number));
        json_number(j, "value", list->id[i]);
        json_string(j, "esp_idf", support[probe_support(p, version)]);
        json_string(j, "setting", p != NULL ? p->symbol : NULL);
        json_end(j, false);
    }
    json_end(j, true);
    json_end(j, false);
}

static void put_lists(struct json *j, const struct survey *s)
{
    put_list(j, "suites_1_3", &s->suites_1_3, PROBE_SUITES_1_3, PROBE_TLS_1_3);
    put_list(j, "suites_1_2", &s->suites_1_2, PROBE_SUITES_1_2, PROBE_TLS_1_2);
    put_list(j, "groups_1_3", &s->groups_1_3, PROBE_GROUPS, PROBE_TLS_1_3);
    put_list(j, "groups_1_2", &s->groups_1_2, PROBE_GROUPS, PROBE_TLS_1_2);
    put_list(j, "signatures_1_3", &s->signatures_1_3, PROBE_SIGNATURES, PROBE_TLS_1_3);
    put_list(j, "signatures_1_2", &s->signatures_1_2, PROBE_SIGNATURES, PROBE_TLS_1_2);
}

static void put_certificate(struct json *j, const struct chain_tree *t, size_t i)
{
    const struct chain_node *n = &t->node[i];
    const esp_tls_certificate_t *read = &n->cert->read;
    bool is_read = n->cert->is_read;
    char key[80] = "";

    if (is_read) {
        check_key_text(n->cert, key, sizeof(key));
    }
    json_object(j, NULL);
    json_number(j, "bytes", (int64_t)n->cert->len);
    json_bool(j, "readable", is_read);
    json_string(j, "subject", is_read ? or_null(n->cert->subject) : NULL);
    json_string(j, "issuer", is_read ? or_null(n->cert->issuer) : NULL);
    cert_names_json(n->cert, j);
    json_string(j, "key", or_null(key));
    json_string(j, "signature", is_read ? check_signature_text(n->cert) : NULL);
    json_number(j, "not_before", is_read ? read->not_before : 0);
    json_number(j, "not_after", is_read ? read->not_after : 0);
    json_bool(j, "self_signed", n->is_self_signed);
    json_bool(j, "duplicate", n->role == CHAIN_DUPLICATE);
    json_bool(j, "on_path", n->role == CHAIN_PATH);
    json_number(j, "issuer_index", n->is_self_signed ? (int)i : n->parent);
    json_end(j, false);
}

static void put_chain(struct json *j, const struct check *c)
{
    json_object(j, "chain");
    json_number(j, "bytes", (int64_t)check_chain_len(c));
    json_bool(j, "in_order", c->chain.is_in_order);
    json_bool(j, "ends_in_root", check_ends_in_root(c));
    json_array(j, "certificates");
    for (size_t i = 0; i < c->chain.count; i++) {
        put_certificate(j, &c->chain, i);
    }
    json_end(j, true);
    json_end(j, false);
}

static void put_record(struct json *j, const struct session_record *r)
{
    json_object(j, NULL);
    json_number(j, "us", r->us);
    json_string(j, "direction", r->is_sent ? "sent" : "received");
    json_number(j, "type", r->type);
    json_string(j, "name", esp_tls_trace_record_name(r->type));
    json_bool(j, "handshake",
              r->type == RECORD_HANDSHAKE ||
                  (r->type == RECORD_DATA && (r->is_handshake || r->is_message)));
    json_number(j, "length", r->len);
    json_end(j, false);
}

static void put_message(struct json *j, const struct session_message *m)
{
    json_object(j, NULL);
    json_number(j, "us", m->us);
    json_string(j, "direction", m->is_sent ? "sent" : "received");
    json_string(j, "name", esp_tls_trace_message_name(m->type));
    json_number(j, "length", m->len);
    json_number(j, "record_count", m->records);
    json_end(j, false);
}

static void put_session(struct json *j, const char *key, const struct session *s)
{
    struct text why = {0};

    if (!s->was_tried) {
        json_string(j, key, NULL);
        return;
    }
    if (!s->opened) {
        check_explain_session(s, &why);
    }
    json_object(j, key);
    json_bool(j, "opened", s->opened);
    json_string(j, "why", s->opened ? NULL : why.chars);
    json_string(j, "version", or_null(s->version));
    json_string(j, "ciphersuite", or_null(s->suite));
    json_string(j, "alpn", or_null(s->alpn));
    json_number(j, "tcp_us", s->tcp_us);
    json_number(j, "handshake_us", s->handshake_us);
    json_number(j, "first_byte_us", s->first_byte_us);
    json_number(j, "end_us", s->end_us);
    json_number(j, "verify_bits", s->record.verify_flags);
    json_number(j, "alert_received", s->record.alert_received);
    json_number(j, "http_status", s->http_status);
    json_number(j, "body", (int64_t)s->body);
    json_number(j, "largest_handshake_record", s->largest_handshake);
    json_number(j, "largest_data_record", s->largest_data);
    json_number(j, "tickets", s->tickets);
    json_array(j, "messages");
    for (size_t i = 0; i < s->messages && i < SESSION_MESSAGES; i++) {
        put_message(j, &s->message[i]);
    }
    json_end(j, true);
    json_array(j, "records");
    for (size_t i = 0; i < s->records && i < SESSION_RECORDS; i++) {
        put_record(j, &s->wire[i]);
    }
    json_end(j, true);
    json_end(j, false);
}

static void put_small(struct json *j, const char *key, const struct session *s)
{
    json_object(j, key);
    json_bool(j, "tried", s->was_tried);
    json_bool(j, "opened", s->opened);
    json_number(j, "record_len", s->record.record_len);
    json_number(j, "record_limit", s->record.record_limit);
    json_number(j, "largest_data_record", s->largest_data);
    json_end(j, false);
}

static void put_limits(struct json *j, const struct check *c)
{
    json_object(j, "limits");
    json_bool(j, "max_fragment_length", c->survey.max_fragment);
    json_bool(j, "max_fragment_length_ignored", c->survey.max_fragment_is_ignored);
    json_bool(j, "record_size_limit", c->survey.record_limit);
    json_bool(j, "record_size_limit_ignored", c->survey.record_limit_is_ignored);
    put_small(j, "in_4096_tls_1_2", &c->small_1_2);
    put_small(j, "in_4096_tls_1_3", &c->small_1_3);
    json_end(j, false);
}

static void put_protocols(struct json *j, const struct survey *s)
{
    json_array(j, "protocols");
    for (size_t i = 0; i < s->protocols; i++) {
        json_string(j, NULL, s->protocol[i]);
    }
    json_end(j, true);
}

static void put_extras(struct json *j, const struct check *c)
{
    const struct probe_answer *a = &c->survey.version[survey_index(PROBE_TLS_1_2)].answer;

    json_number(j, "ocsp_staple", check_ocsp_len(c));
    json_object(j, "resumption");
    json_bool(j, "session_id_1_2", a->session_id_len > 0);
    json_bool(j, "tickets_1_2", a->has_ticket);
    json_number(j, "tickets_1_3", c->session_1_3.tickets);
    json_bool(j, "tried", false);
    json_end(j, false);
    json_bool(j, "asks_client_certificate",
              a->wants_certificate || c->survey.flight_1_3.answer.wants_certificate);
}

static void put_estimate(struct json *j, const char *key, const struct estimate *e)
{
    json_object(j, key);
    json_number(j, "least", e->least);
    json_number(j, "most", e->most);
    json_end(j, false);
}

static void put_memory(struct json *j, const struct check *c)
{
    json_object(j, "memory");
    json_bool(j, "measured", c->has_memory);
    json_string(j, "why", c->no_memory_why);
    json_number(j, "elastic_heap_peak", c->has_memory ? c->elastic.heap_peak : 0);
    json_number(j, "fixed_heap_peak", c->has_memory ? c->fixed.heap_peak : 0);
    json_number(j, "stack", c->has_memory ? c->fixed.stack : 0);
    if (c->has_estimates) {
        json_object(j, "esp_idf_estimate");
        put_estimate(j, "fixed", &c->estimates.fixed);
        put_estimate(j, "dynamic", &c->estimates.dynamic);
        json_end(j, false);
    } else {
        json_string(j, "esp_idf_estimate", NULL);
    }
    json_end(j, false);
}

static void put_devices(struct json *j, const struct check *c)
{
    json_array(j, "devices");
    for (size_t i = 0; i < c->devices; i++) {
        const struct check_device *d = &c->device[i];

        json_object(j, NULL);
        json_string(j, "name", d->name);
        json_string(j, "setting", d->setting);
        json_string(j, "works", works_names[d->works]);
        json_string(j, "why", or_null(d->why));
        json_end(j, false);
    }
    json_end(j, true);
}

static void put_findings(struct json *j, const struct check *c)
{
    json_array(j, "findings");
    for (size_t i = 0; i < c->findings; i++) {
        const struct check_finding *f = &c->finding[i];

        json_object(j, NULL);
        json_string(j, "id", f->row->id);
        json_string(j, "weight", check_weight_name(f->row->weight));
        json_string(j, "title", f->row->title);
        json_string(j, "reason",
                    f->reason != ESP_TLS_REASON_NONE ? esp_tls_reason_name(f->reason) : NULL);
        json_string(j, "evidence", or_null(f->evidence));
        json_string(j, "remedy", or_null(f->remedy));
        json_end(j, false);
    }
    json_end(j, true);
}

void check_print_json(const void *check, FILE *out)
{
    const struct check *c = check;
    struct json j = {.out = out};
    const struct target *t = &c->options.target;
    char proxy[300];

    json_report(&j, "check");
    json_string(&j, "host", t->host);
    json_number(&j, "port", t->port);
    json_string(&j, "proxy", tunnel_proxy_text(&c->options.connect, proxy));
    json_string(&j, "scheme", t->scheme);
    json_bool(&j, "starttls", t->smtp);
    json_number(&j, "exit", c->exit);
    json_string(&j, "verdict", c->verdict);
    json_number(&j, "time", c->unix_s);
    json_number(&j, "resolve_us", c->dns.us);
    put_addresses(&j, c);
    put_versions(&j, c);
    put_lists(&j, &c->survey);
    put_chain(&j, c);
    put_session(&j, "session_1_3", &c->session_1_3);
    put_session(&j, "session_1_2", &c->session_1_2);
    put_session(&j, "session_any", &c->session_any);
    put_limits(&j, c);
    put_protocols(&j, &c->survey);
    put_extras(&j, c);
    put_memory(&j, c);
    put_devices(&j, c);
    put_findings(&j, c);
    json_number(&j, "connections", c->connections);
    json_number(&j, "us", c->us);
    json_end(&j, false);
}
