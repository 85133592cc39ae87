/* What was found, as text for people. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "check.h"
#include "esp_tls_certificate.h"
#include "memory/memory_report.h"

#define LEFT 12 /* columns of the left side */

/** One line of the report; the left side is printed once for several. */
static void check_line(FILE *out, const char **left, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void check_line(FILE *out, const char **left, const char *format, ...)
{
    char text[800];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(out, "%-*s%s\n", LEFT, *left, text);
    *left = "";
}

void check_reply_text(const struct probe_reply *r, char *text, size_t cap)
{
    const struct probe_answer *a = &r->answer;

    switch (r->outcome) {
    case PROBE_ACCEPTED:
        snprintf(text, cap, "accepted");
        break;
    case PROBE_REFUSED:
        if (a->alert >= 0) {
            snprintf(text, cap, "refused (alert %d, %s)", a->alert, probe_alert_name(a->alert));
        } else {
            snprintf(text, cap, "refused (connection closed)");
        }
        break;
    case PROBE_NOT_TLS:
        snprintf(text, cap, "no TLS: %s", a->why != NULL ? a->why : "the connection closed");
        break;
    case PROBE_TIMED_OUT:
        snprintf(text, cap, "no answer in time");
        break;
    case PROBE_UNREACHABLE:
        snprintf(text, cap, "%s", r->failure.in_starttls ? "STARTTLS failed" : "no connection");
        break;
    default:
        snprintf(text, cap, "out of memory");
        break;
    }
}

void check_capital(char *to, size_t cap, const char *from)
{
    snprintf(to, cap, "%s", from);
    to[0] = (char)toupper((unsigned char)to[0]);
}

/* --- sections --------------------------------------------------------------------------------- */

static void print_addresses(const struct check *c, FILE *out)
{
    const char *left = "addresses";
    char proxy[300];

    if (tunnel_proxy_text(&c->options.connect, proxy) != NULL) {
        left = "proxy";
        if (c->address != NULL) {
            check_line(out, &left, "%s  open to the server in %.1f ms", proxy,
                       c->address->tcp_us / 1000.0);
        } else {
            check_line(out, &left, "%s", proxy);
        }
        return;
    }
    for (size_t i = 0; i < c->dns.count; i++) {
        const struct dial_address *a = &c->dns.address[i];

        if (a->error == 0) {
            check_line(out, &left, "%s  TCP in %.1f ms%s", a->text, a->tcp_us / 1000.0,
                       a == c->address ? "  (used below)" : "");
        } else {
            check_line(out, &left, "%s  %s", a->text,
                       a->error == ETIMEDOUT ? "no answer" : strerror(a->error));
        }
    }
}

static void print_session(const struct session *s, const char *name, FILE *out)
{
    struct text text = {0};

    if (!s->was_tried) {
        return;
    }
    if (s->opened) {
        check_line(out, &name, "connected and verified: %s, %.1f ms", s->suite,
                   s->handshake_us / 1000.0);
        return;
    }
    check_explain_session(s, &text);
    check_line(out, &name, "not connected: %s", text.chars);
}

static void print_versions(const struct check *c, FILE *out)
{
    for (uint16_t v = PROBE_TLS_1_3; v >= PROBE_TLS_1_0; v--) {
        const struct probe_reply *r = &c->survey.version[survey_index(v)];
        const char *left = probe_version_name(v);
        char text[160];

        check_reply_text(r, text, sizeof(text));
        if (r->outcome == PROBE_ACCEPTED && r->answer.version != v) {
            snprintf(text, sizeof(text), "answered with %s", probe_version_name(r->answer.version));
        }
        check_line(out, &left, "%s", text);
        if (v >= PROBE_TLS_1_2) {
            print_session(v == PROBE_TLS_1_3 ? &c->session_1_3 : &c->session_1_2, "", out);
        }
    }
    print_session(&c->session_any, "both", out);
}

static void print_list(const struct survey_list *list, enum probe_kind kind, uint16_t version,
                       const char *left, FILE *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct probe_point *p = probe_point(kind, list->id[i]);
        char number[8];
        const char *name = probe_point_name(kind, list->id[i], number);

        if (probe_support(p, version) == PROBE_BY_OPTION) {
            check_line(out, &left, "%-38s  with %s=y", name, p->symbol);
        } else if (probe_support(p, version) == PROBE_NEVER) {
            check_line(out, &left, "%-38s  not in ESP-IDF", name);
        } else {
            check_line(out, &left, "%s", name);
        }
    }
    if (list->count > 0 && !list->is_complete) {
        check_line(out, &left, "(perhaps more: not all could be asked)");
    }
}

static void print_lists(const struct check *c, FILE *out)
{
    const struct survey *s = &c->survey;

    print_list(&s->suites_1_3, PROBE_SUITES_1_3, PROBE_TLS_1_3, "suites 1.3", out);
    print_list(&s->suites_1_2, PROBE_SUITES_1_2, PROBE_TLS_1_2, "suites 1.2", out);
    print_list(&s->groups_1_3, PROBE_GROUPS, PROBE_TLS_1_3, "groups 1.3", out);
    print_list(&s->groups_1_2, PROBE_GROUPS, PROBE_TLS_1_2, "groups 1.2", out);
    print_list(&s->signatures_1_3, PROBE_SIGNATURES, PROBE_TLS_1_3, "signed 1.3", out);
    print_list(&s->signatures_1_2, PROBE_SIGNATURES, PROBE_TLS_1_2, "signed 1.2", out);
}

static void print_certificate(const struct chain_node *n, size_t i, const char **left, FILE *out)
{
    const struct cert *cert = n->cert;
    bool is_on_path = n->role == CHAIN_PATH;
    char until[ESP_TLS_TIME_TEXT];
    char text[400];

    if (!cert->is_read) {
        check_line(out, left, "%zu  %zu bytes that are no certificate", i, cert->len);
        return;
    }
    esp_tls_time_text(cert->read.not_after, until);
    check_key_text(cert, text, sizeof(text));
    check_line(out, left, "%zu  %s", i, cert->subject);
    check_line(out, left, "   %s, %s, until %.10s, %zu bytes%s", text, check_signature_text(cert),
               until, cert->len, is_on_path ? "" : ", not needed");
    check_names_text(cert, text, sizeof(text));
    if (i == 0 && text[0] != '\0') {
        check_line(out, left, "   for %s", text);
    }
    if (is_on_path && n->parent < 0 && !n->is_self_signed) {
        check_line(out, left, "   issued by %s, which is not sent", cert->issuer);
    }
}

static void print_chain(const struct check *c, FILE *out)
{
    const char *left = "chain";

    for (size_t i = 0; i < c->chain.count; i++) {
        print_certificate(&c->chain.node[i], i, &left, out);
    }
}

static const char *limit_text(bool is_kept, bool is_ignored)
{
    return is_kept ? "kept to" : is_ignored ? "agreed to, and not kept to" : "not supported";
}

static void print_records(const struct check *c, FILE *out)
{
    const struct session *s = check_shown(c);
    const char *left = "records";
    char a[16];
    char b[16];

    if (s != NULL && s->records > 0) {
        check_line(out, &left, "received in the handshake: up to %s bytes",
                   bytes_text(s->largest_handshake, a));
    }
    if (s != NULL && s->data_records > 0 && c->options.path != NULL) {
        check_line(out, &left, "received after it: %s, up to %s bytes (GET %s: status %d)",
                   bytes_text(s->data_records, a), bytes_text(s->largest_data, b), c->options.path,
                   s->http_status);
    }
    if (survey_accepts(&c->survey, PROBE_TLS_1_2)) {
        check_line(out, &left, "max_fragment_length (TLS 1.2): %s",
                   limit_text(c->survey.max_fragment, c->survey.max_fragment_is_ignored));
    }
    if (survey_accepts(&c->survey, PROBE_TLS_1_3)) {
        check_line(out, &left, "record_size_limit (TLS 1.3): %s",
                   limit_text(c->survey.record_limit, c->survey.record_limit_is_ignored));
    }
}

/** Which protocols the server spoke, where it wanted another than it was offered. */
static void print_protocols(const struct check *c, const char **left, FILE *out)
{
    struct text text = {0};

    check_protocols_text(c, &text);
    if (text.len > 0) {
        check_line(out, left, "it speaks %s", text.chars);
    }
}

static void print_extras(const struct check *c, FILE *out)
{
    const struct probe_answer *a = &c->survey.version[survey_index(PROBE_TLS_1_2)].answer;
    uint32_t ocsp = check_ocsp_len(c);
    const struct session *s = check_shown(c);
    const char *left = "OCSP";

    if (ocsp > 0) {
        check_line(out, &left, "stapled, %u bytes", (unsigned)ocsp);
    } else {
        check_line(out, &left, "no stapled response");
    }
    left = "ALPN";
    print_protocols(c, &left, out);
    check_line(out, &left, "%s",
               c->options.target.alpn == NULL                 ? "not asked"
               : s != NULL && s->opened && s->alpn[0] != '\0' ? s->alpn
                                                              : "none selected");
    left = "resumption";
    if (survey_accepts(&c->survey, PROBE_TLS_1_2)) {
        check_line(out, &left, "TLS 1.2: %s%s%s", a->session_id_len > 0 ? "session ids" : "",
                   a->session_id_len > 0 && a->has_ticket ? ", " : "",
                   a->has_ticket            ? "tickets"
                   : a->session_id_len == 0 ? "not offered"
                                            : "");
    }
    if (c->session_1_3.opened) {
        check_line(out, &left, "TLS 1.3: %u tickets", c->session_1_3.tickets);
    }
    check_line(out, &left, "not built into this library yet, so not tried");
}

static void print_memory(const struct check *c, FILE *out)
{
    const char *left = "memory";
    char text[40];
    char a[16];
    char b[16];

    if (!c->has_memory) {
        check_line(out, &left, "not measured: %s", c->no_memory_why);
        return;
    }
    if (!device_fixed_is_all()) {
        check_line(out, &left, "%s bytes of heap at the peak with elastic record buffers",
                   bytes_text(c->elastic.heap_peak, a));
    }
    check_line(out, &left, "%s bytes with full-size ones; stack %s bytes (this library, measured)",
               bytes_text(c->fixed.heap_peak, a), bytes_text(c->fixed.stack, b));
    if (c->has_estimates) {
        check_line(out, &left, "ESP-IDF's own esp-tls, estimated: %s bytes;",
                   estimate_text(&c->estimates.fixed, text));
        check_line(out, &left, "with its dynamic buffers: %s bytes",
                   estimate_text(&c->estimates.dynamic, text));
    }
}

static void print_devices(const struct check *c, FILE *out)
{
    static const char *const words[] = {
        [CHECK_NO] = "fails", [CHECK_YES] = "works", [CHECK_UNTRIED] = "untried"};

    if (check_all_devices(c, CHECK_NO) != NULL) {
        fprintf(out, "\nNo device connects, whatever its settings: %s.\n",
                check_all_devices(c, CHECK_NO));
        return;
    }
    if (check_all_devices(c, CHECK_UNTRIED) != NULL) {
        fprintf(out, "\nNo setting of a device could be tried: %s.\n",
                check_all_devices(c, CHECK_UNTRIED));
        return;
    }
    if (c->needs_alpn) {
        fprintf(out, "\nFor a device with alpn_protos {\"%s\"} and\n", c->options.target.alpn[0]);
    } else {
        fputs("\nFor a device with\n", out);
    }
    for (size_t i = 0; i < c->devices; i++) {
        const struct check_device *d = &c->device[i];

        fprintf(out, "  %-8s %s (%s)\n", words[d->works], d->name, d->setting);
        if (d->why[0] != '\0') {
            fprintf(out, "  %-8s   %s\n", "", d->why);
        }
    }
}

/** What stands between a sentence and the next one. */
static const char *end_of(const char *sentence)
{
    size_t len = strlen(sentence);

    return len == 0 ? "" : sentence[len - 1] == '.' ? " " : ". ";
}

static void print_findings(const struct check *c, FILE *out)
{
    if (c->findings == 0) {
        return;
    }
    fputs("\nFindings\n", out);
    for (size_t i = 0; i < c->findings; i++) {
        const struct check_finding *f = &c->finding[i];
        struct text text = {0};

        char title[160];
        char evidence[sizeof(f->evidence)];

        check_capital(title, sizeof(title), f->row->title);
        check_capital(evidence, sizeof(evidence), f->evidence);
        text_add(&text, "%zu. %s [%s: %s]", i + 1, title, f->row->id,
                 check_weight_name(f->row->weight));
        text_print(&text, out);
        text = (struct text){0};
        text_add(&text, "%s%s%s", evidence, end_of(evidence), f->remedy);
        if (text.len > 0) {
            text_print(&text, out);
        }
    }
}

void check_print_text(const struct check *c, FILE *out)
{
    const struct target *t = &c->options.target;
    struct text verdict = {0};

    fprintf(out, "%s port %u%s\n\n", t->host, t->port, t->smtp ? ", STARTTLS" : "");
    text_add(&verdict, "%s", c->verdict);
    text_print(&verdict, out);
    fputc('\n', out);
    print_addresses(c, out);
    if (c->address != NULL) {
        print_versions(c, out);
    }
    if (survey_accepts(&c->survey, PROBE_TLS_1_2) || survey_accepts(&c->survey, PROBE_TLS_1_3)) {
        print_lists(c, out);
        print_chain(c, out);
        print_records(c, out);
        print_extras(c, out);
        print_memory(c, out);
    }
    if (c->devices > 0) {
        print_devices(c, out);
    }
    print_findings(c, out);
    fprintf(out, "\n(%u connections in %.1f s)\n", c->connections, c->us / 1e6);
}
