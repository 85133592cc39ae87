/* What was found, as a page. */
#define _GNU_SOURCE /* open_memstream */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "esp_tls_certificate.h"
#include "memory/memory_report.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/page_parts.h"

static const char *kind_of(enum check_weight weight)
{
    static const char *const kinds[] = {[CHECK_FAILS] = "bad",
                                        [CHECK_DEFAULT] = "bad",
                                        [CHECK_DEPENDS] = "warn",
                                        [CHECK_NOTE] = NULL};

    return kinds[weight];
}

/* --- at a glance ------------------------------------------------------------------------------ */

static void put_version_tile(FILE *out, const struct check *c, uint16_t version)
{
    bool is_accepted = survey_accepts(&c->survey, version);
    const struct session *s = version == PROBE_TLS_1_3 ? &c->session_1_3 : &c->session_1_2;

    page_tile(out,
              s->opened     ? "good"
              : is_accepted ? "bad"
                            : NULL,
              s->opened     ? "connects"
              : is_accepted ? "fails"
                            : "not offered",
              probe_version_name(version));
}

static void put_tiles(FILE *out, const struct check *c)
{
    const struct session *s = check_shown(c);
    uint16_t largest;
    char text[40];
    char number[16];

    page_tiles_begin(out);
    put_version_tile(out, c, PROBE_TLS_1_3);
    put_version_tile(out, c, PROBE_TLS_1_2);
    snprintf(text, sizeof(text), "%zu", survey_chain(&c->survey)->count);
    page_tile(out, NULL, text, "certificates sent");
    if (s != NULL && s->opened) {
        largest = s->largest_data > s->largest_handshake ? s->largest_data : s->largest_handshake;
        page_tile(out, check_small_failed(&c->small_1_2) ? "warn" : NULL,
                  bytes_text(largest, number), "bytes, its largest record");
        snprintf(text, sizeof(text), "%.1f ms", s->handshake_us / 1000.0);
        page_tile(out, NULL, text, "to be connected");
    }
    if (c->has_memory) {
        page_tile(
            out, NULL,
            bytes_text(device_fixed_is_all() ? c->fixed.heap_peak : c->elastic.heap_peak, number),
            "bytes of heap at the peak");
    }
    page_tiles_end(out);
}

static void put_findings(FILE *out, const struct check *c)
{
    if (c->findings == 0) {
        return;
    }
    page_heading(out, "Findings");
    for (size_t i = 0; i < c->findings; i++) {
        const struct check_finding *f = &c->finding[i];

        char title[160];
        char evidence[sizeof(f->evidence)];

        check_capital(title, sizeof(title), f->row->title);
        check_capital(evidence, sizeof(evidence), f->evidence);
        page_finding(out, kind_of(f->row->weight), check_weight_name(f->row->weight), title,
                     evidence, f->remedy);
    }
}

static void put_devices(FILE *out, const struct check *c)
{
    static const char *const kinds[] = {[CHECK_NO] = "bad", [CHECK_YES] = "good"};
    char line[400];

    if (c->devices == 0) {
        return;
    }
    page_heading(out, "What it means for a device");
    if (check_no_device(c) != NULL) {
        snprintf(line, sizeof(line), "None connects, whatever its settings: %s.",
                 check_no_device(c));
        page_paragraph(out, NULL, line);
        return;
    }
    page_marks_begin(out, "devices");
    for (size_t i = 0; i < c->devices; i++) {
        const struct check_device *d = &c->device[i];

        page_mark(out, d->works == CHECK_UNKNOWN ? NULL : kinds[d->works], d->name, d->setting,
                  d->why);
    }
    page_marks_end(out);
}

/* --- the chain -------------------------------------------------------------------------------- */

static void put_certificate(FILE *out, const struct check *c, size_t i, unsigned depth)
{
    const struct chain_certificate *cert = &c->chain.certificate[i];
    struct text lines = {0};
    char from[ESP_TLS_TIME_TEXT];
    char until[ESP_TLS_TIME_TEXT];
    int64_t now = (int64_t)time(NULL);
    bool is_valid = cert->not_before <= now && now <= cert->not_after;

    if (!cert->is_read) {
        page_tree_node(out, depth, "bad", "Damaged certificate", "");
        return;
    }
    esp_tls_time_text(cert->not_before, from);
    esp_tls_time_text(cert->not_after, until);
    if (i == 0 && cert->names[0] != '\0') {
        text_add(&lines, "for %s\n", cert->names);
    }
    text_add(&lines, "%s, signed with %s\n", cert->key, cert->signature);
    text_add(&lines, "%.10s to %.10s%s\n", from, until, is_valid ? "" : ": not valid today");
    text_add(&lines, "sent as number %zu, %zu bytes%s", i, cert->len,
             cert->is_duplicate ? ", twice"
             : cert->is_on_path ? ""
                                : ", not needed");
    page_tree_node(out, depth,
                   !is_valid          ? "bad"
                   : cert->is_on_path ? "good"
                                      : "warn",
                   cert->subject, lines.chars);
}

/** Who issued the path's last certificate, as far as the verifier told. */
static void put_anchor(FILE *out, const struct check *c, const char *name)
{
    const struct session *s = check_shown(c);
    bool was_verified = s != NULL && (s->opened || s->record.cause == ESP_TLS_CAUSE_VERIFY);
    bool is_trusted =
        was_verified && (s->record.verify_flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0;

    page_tree_node(out, 0,
                   is_trusted     ? "good"
                   : was_verified ? "bad"
                                  : NULL,
                   name,
                   is_trusted     ? "not sent; the device has it, and trusts it"
                   : was_verified ? "not sent, and not among what is trusted here"
                                  : "not sent");
}

/** The path, from the top down to the server's own certificate. */
static void put_path(FILE *out, const struct check *c)
{
    size_t path[PROBE_CERTIFICATES];
    size_t count = 0;
    size_t at = 0;
    unsigned depth = 0;
    const struct chain_certificate *top;

    do {
        path[count++] = at;
        at = (size_t)c->chain.certificate[at].issuer_index;
    } while (count < c->chain.count && c->chain.certificate[path[count - 1]].issuer_index >= 0 &&
             !c->chain.certificate[path[count - 1]].is_self_signed);
    top = &c->chain.certificate[path[count - 1]];
    if (top->is_read && !top->is_self_signed) {
        put_anchor(out, c, top->issuer);
        depth++;
    }
    while (count > 0) {
        put_certificate(out, c, path[--count], depth++);
    }
}

static void put_chain(FILE *out, const struct check *c)
{
    char line[200];

    if (c->chain.count == 0) {
        return;
    }
    page_heading(out, "The chain");
    snprintf(line, sizeof(line), "%zu certificates of %zu bytes, %s.", c->chain.count,
             c->chain.bytes, c->chain.is_in_order ? "in order" : "not in order");
    page_paragraph(out, NULL, line);
    page_tree_begin(out, "chain");
    put_path(out, c);
    for (size_t i = 0; i < c->chain.count; i++) {
        if (!c->chain.certificate[i].is_on_path) {
            put_certificate(out, c, i, 0);
        }
    }
    page_tree_end(out);
}

/* --- the connection --------------------------------------------------------------------------- */

static void put_spans(FILE *out, const struct check *c, const struct session *s)
{
    double dns = c->dns.us / 1000.0;
    double tcp = dns + s->tcp_us / 1000.0;
    double tls = dns + s->handshake_us / 1000.0;
    double first = dns + s->first_byte_us / 1000.0;
    double end = dns + s->end_us / 1000.0;
    struct span spans[5] = {{"name", 0, dns},
                            {c->options.target.smtp ? "TCP, STARTTLS" : "TCP", dns, tcp},
                            {"TLS handshake", tcp, s->opened ? tls : end}};
    size_t count = 3;

    if (s->first_byte_us != 0) {
        spans[count++] = (struct span){"first byte", tls, first};
        spans[count++] = (struct span){"rest", first, end};
    }
    page_spans(out, "timeline", "Where the time went", spans, count);
}

#define RUNGS_MOST 30

enum {
    CHANGE_CIPHER_SPEC = 20,
    ALERT = 21,
    DATA = 23,
    SERVER_HELLO = 2
};

/** ServerHello is the last that TLS 1.3 has in the clear. */
static bool is_sealed(const struct session *s, size_t i)
{
    bool is_1_3 = strcmp(s->version, "TLSv1.3") == 0;

    while (is_1_3 && i-- > 0) {
        if (s->message[i].type == SERVER_HELLO) {
            return true;
        }
    }
    return false;
}

static void message_rung(const struct session *s, size_t i, struct rung *rung)
{
    const struct session_message *m = &s->message[i];
    char number[16];

    *rung = (struct rung){.ms = m->us / 1000.0, .is_sent = m->is_sent};
    rung->kind = is_sealed(s, i) ? RUNG_SEALED : RUNG_CLEAR;
    snprintf(rung->label, sizeof(rung->label), "%s", esp_tls_trace_message_name(m->type));
    if (m->records > 1) {
        snprintf(rung->label + strlen(rung->label), sizeof(rung->label) - strlen(rung->label),
                 " in %u records", m->records);
    }
    snprintf(rung->size, sizeof(rung->size), "%s B", bytes_text(m->len, number));
}

static void record_rung(const struct session_record *r, struct rung *rung)
{
    char number[16];

    *rung = (struct rung){.ms = r->us / 1000.0, .is_sent = r->is_sent};
    rung->kind = r->type == ALERT ? RUNG_ALERT : r->type == DATA ? RUNG_DATA : RUNG_CLEAR;
    snprintf(rung->label, sizeof(rung->label), "%s",
             r->type == DATA ? "data" : esp_tls_trace_record_name(r->type));
    snprintf(rung->size, sizeof(rung->size), "%s B", bytes_text(r->len, number));
}

/** Records that are shown as such: what holds handshake messages is not, they are, where this build
 *  sees them. */
static bool is_shown(const struct session *s, const struct session_record *r)
{
    return s->messages == 0 || (r->type == DATA && !r->is_handshake && !r->is_message) ||
           r->type == ALERT || r->type == CHANGE_CIPHER_SPEC;
}

/** Handshake messages and other records, in the order of time; the first of them. */
static void put_ladder(FILE *out, const struct session *s)
{
    static struct rung rungs[RUNGS_MOST];
    size_t count = 0;
    size_t m = 0;
    size_t left_out = 0;
    char note[120];

    for (size_t r = 0; r <= s->records && r <= SESSION_RECORDS; r++) {
        bool is_end = r == s->records || r == SESSION_RECORDS;

        if (!is_end && !is_shown(s, &s->wire[r])) {
            continue;
        }
        while (m < s->messages && m < SESSION_MESSAGES && count < RUNGS_MOST &&
               (is_end || s->message[m].us <= s->wire[r].us)) {
            message_rung(s, m++, &rungs[count++]);
        }
        if (!is_end && count < RUNGS_MOST) {
            record_rung(&s->wire[r], &rungs[count++]);
        } else if (!is_end) {
            left_out++;
        }
    }
    page_ladder(out, "messages", "Messages between device and server", "device", "server", rungs,
                count);
    if (left_out > 0) {
        snprintf(note, sizeof(note), "And %zu more records.", left_out);
        page_paragraph(out, "note", note);
    }
}

/** Each record that was received, as high as it is long. */
static void put_sizes(FILE *out, const struct session *s)
{
    static struct chart_mark marks[SESSION_RECORDS];
    struct chart chart = {.title = "Sizes of the records that the server sent",
                          .id = "records",
                          .x_unit = "ms",
                          .y_unit = "bytes",
                          .y_max = 5000,
                          .x_max = s->end_us / 1000.0 * 1.02 + 0.1,
                          .mark = marks,
                          .limit = CHECK_SMALL,
                          .limit_label = "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096"};

    for (size_t i = 0; i < s->records && i < SESSION_RECORDS; i++) {
        const struct session_record *r = &s->wire[i];

        if (!r->is_sent) {
            marks[chart.marks++] = (struct chart_mark){r->us / 1000.0, r->len};
            chart.y_max = r->len * 1.08 > chart.y_max ? r->len * 1.08 : chart.y_max;
        }
    }
    page_chart(out, &chart);
}

static void put_connection(FILE *out, const struct check *c)
{
    const struct session *s = check_shown(c);
    char line[300];

    if (s == NULL || !s->reached) {
        return;
    }
    page_heading(out, "The connection");
    if (s->opened) {
        snprintf(line, sizeof(line), "%s port %u, %s, %s%s%s.", c->address->text,
                 c->options.target.port, s->version, s->suite, s->alpn[0] != '\0' ? ", ALPN " : "",
                 s->alpn);
        page_paragraph(out, NULL, line);
    }
    put_spans(out, c, s);
    put_ladder(out, s);
    page_heading(out, "Record sizes");
    put_sizes(out, s);
    page_paragraph(out, "note",
                   "Each stem is a record that the server sent, as long as its header says: what a "
                   "device needs a buffer for.");
}

/* --- what the server takes -------------------------------------------------------------------- */

static void put_list(FILE *out, const char *id, const char *heading, enum probe_kind kind,
                     uint16_t version, const struct survey_list *list)
{
    if (list->count == 0) {
        return;
    }
    page_heading(out, heading);
    page_marks_begin(out, id);
    for (size_t i = 0; i < list->count; i++) {
        const struct probe_point *p = probe_point(kind, list->id[i]);
        char number[8];
        char detail[100] = "";

        if (probe_support(p, version) == PROBE_NEVER) {
            snprintf(detail, sizeof(detail), "not in ESP-IDF");
        } else if (probe_support(p, version) == PROBE_BY_OPTION) {
            snprintf(detail, sizeof(detail), "with %s=y", p->symbol);
        }
        page_mark(out, detail[0] == '\0' ? "good" : NULL,
                  probe_point_name(kind, list->id[i], number), "", detail);
    }
    page_marks_end(out);
}

static void put_lists(FILE *out, const struct check *c)
{
    const struct survey *s = &c->survey;

    put_list(out, "suites_1_3", "Cipher suites of TLS 1.3", PROBE_SUITES_1_3, PROBE_TLS_1_3,
             &s->suites_1_3);
    put_list(out, "suites_1_2", "Cipher suites of TLS 1.2", PROBE_SUITES_1_2, PROBE_TLS_1_2,
             &s->suites_1_2);
    put_list(out, "groups_1_3", "Groups in TLS 1.3", PROBE_GROUPS, PROBE_TLS_1_3, &s->groups_1_3);
    put_list(out, "groups_1_2", "Groups in TLS 1.2", PROBE_GROUPS, PROBE_TLS_1_2, &s->groups_1_2);
    put_list(out, "signatures_1_3", "Signatures in TLS 1.3", PROBE_SIGNATURES, PROBE_TLS_1_3,
             &s->signatures_1_3);
    put_list(out, "signatures_1_2", "Signatures in TLS 1.2", PROBE_SIGNATURES, PROBE_TLS_1_2,
             &s->signatures_1_2);
}

/* --- the page --------------------------------------------------------------------------------- */

static void put_page(FILE *out, const struct check *c)
{
    const struct target *t = &c->options.target;
    char title[320];
    char footer[160];

    snprintf(title, sizeof(title), "TLS of %s port %u, seen by a device", t->host, t->port);
    page_begin(out, title);
    page_paragraph(out, c->exit == EXIT_OK ? "good" : "bad", c->verdict);
    if (c->address != NULL) {
        put_tiles(out, c);
    }
    put_findings(out, c);
    put_devices(out, c);
    put_chain(out, c);
    put_connection(out, c);
    put_lists(out, c);
    snprintf(footer, sizeof(footer),
             "Made by esp-tls " ESP_TLS_VERSION " with %u connections in %.1f s.", c->connections,
             c->us / 1e6);
    page_end(out, footer);
}

enum tool_exit check_write_html(const struct check *c, const char *path)
{
    struct output output = {.fd = -1};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    enum tool_exit status;

    if (out == NULL) {
        fputs("esp-tls: out of memory\n", stderr);
        return EXIT_MEMORY;
    }
    put_page(out, c);
    if (fclose(out) != 0) {
        free(text);
        fputs("esp-tls: out of memory\n", stderr);
        return EXIT_MEMORY;
    }
    status = output_open(&output, strcmp(path, "-") == 0 ? NULL : path);
    if (status == EXIT_OK) {
        status = output_write(&output, text, len);
    }
    status = status == EXIT_OK ? output_finish(&output) : status;
    output_clear(&output);
    free(text);
    return status;
}
