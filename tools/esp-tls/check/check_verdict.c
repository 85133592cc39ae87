/* From what was seen to what it means for a device. No I/O here. */
#include <string.h>
#include <time.h>

#include "check.h"

#define LARGE 4096 /* a common CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN of devices with little memory */

const struct session *check_shown(const struct check *c)
{
    const struct session *all[] = {&c->session_1_3, &c->session_1_2, &c->session_any};

    for (size_t i = 0; i < 3; i++) {
        if (all[i]->opened) {
            return all[i];
        }
    }
    for (size_t i = 0; i < 3; i++) {
        if (all[i]->was_tried) {
            return all[i];
        }
    }
    return NULL;
}

uint32_t check_ocsp_len(const struct check *c)
{
    uint32_t of_1_2 = c->survey.version[survey_index(PROBE_TLS_1_2)].answer.ocsp_len;

    return of_1_2 > 0 ? of_1_2 : c->survey.flight_1_3.answer.ocsp_len;
}

/* --- lists ------------------------------------------------------------------------------------ */

/** Of what was accepted, how many rows are of this support, and none of what is excluded? */
static size_t count_of(const struct survey_list *list, enum probe_kind kind,
                       enum probe_support support, uint8_t excluded)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct probe_point *p = probe_point(kind, list->id[i]);

        count += p != NULL && p->support == support && (p->about & excluded) == 0;
    }
    return count;
}

bool check_lacks(const struct survey_list *list, enum probe_kind kind, uint8_t excluded)
{
    return list->count > 0 && count_of(list, kind, PROBE_BY_DEFAULT, excluded) == 0;
}

static bool accepts_1_2(const struct check *c)
{
    return survey_accepts(&c->survey, PROBE_TLS_1_2);
}

static bool accepts_1_3(const struct check *c)
{
    return survey_accepts(&c->survey, PROBE_TLS_1_3);
}

/* --- what is agreed on ------------------------------------------------------------------------ */

/** The settings that would bring in what the server takes. */
static void add_symbols(struct text *text, const struct survey_list *list, enum probe_kind kind)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct probe_point *p = probe_point(kind, list->id[i]);

        if (p != NULL && p->support == PROBE_BY_OPTION && strstr(text->chars, p->symbol) == NULL) {
            text_add(text, "%s%s=y", text->len > 0 ? " or " : "set ", p->symbol);
        }
    }
}

static void judge_suites(struct check *c)
{
    const struct survey *s = &c->survey;
    bool without_1_2 = !accepts_1_2(c) || check_lacks(&s->suites_1_2, PROBE_SUITES_1_2, 0);
    bool without_1_3 = !accepts_1_3(c) || check_lacks(&s->suites_1_3, PROBE_SUITES_1_3, 0);
    struct text symbols = {0};

    if (without_1_2 && without_1_3) {
        add_symbols(&symbols, &s->suites_1_2, PROBE_SUITES_1_2);
        add_symbols(&symbols, &s->suites_1_3, PROBE_SUITES_1_3);
        check_add(c, symbols.len > 0 ? "suites-option" : "suites", "",
                  symbols.len > 0 ? symbols.chars : NULL, NULL);
        return;
    }
    if (accepts_1_3(c) || without_1_2) {
        return;
    }
    if (check_lacks(&s->suites_1_2, PROBE_SUITES_1_2, PROBE_IS_STATIC_RSA)) {
        check_add(c, "static-rsa", "", NULL, NULL);
    } else if (check_lacks(&s->suites_1_2, PROBE_SUITES_1_2, PROBE_IS_CBC)) {
        check_add(c, "cbc", "", NULL, NULL);
    }
}

static bool has_small_group(const struct survey *s)
{
    return survey_has(&s->groups_1_2, 23) || survey_has(&s->groups_1_2, 29) ||
           survey_has(&s->groups_1_3, 23) || survey_has(&s->groups_1_3, 29);
}

static void name_list(struct text *text, const struct survey_list *list, enum probe_kind kind)
{
    for (size_t i = 0; i < list->count; i++) {
        char number[8];
        const char *name = probe_point_name(kind, list->id[i], number);

        if (strstr(text->chars, name) == NULL) {
            text_add(text, "%s%s", text->len > 0 ? ", " : "", name);
        }
    }
}

static void judge_groups(struct check *c)
{
    const struct survey *s = &c->survey;
    bool without_1_2 = s->groups_1_2.count == 0 || check_lacks(&s->groups_1_2, PROBE_GROUPS, 0);
    bool without_1_3 = s->groups_1_3.count == 0 || check_lacks(&s->groups_1_3, PROBE_GROUPS, 0);
    struct text text = {0};

    if (s->groups_1_2.count + s->groups_1_3.count == 0 || has_small_group(s)) {
        return; /* or no group is needed: the RSA key exchange */
    }
    name_list(&text, &s->groups_1_2, PROBE_GROUPS);
    name_list(&text, &s->groups_1_3, PROBE_GROUPS);
    check_add(c, without_1_2 && without_1_3 ? "groups" : "groups-large", text.chars, NULL, NULL);
}

static void judge_signatures(struct check *c)
{
    const struct survey *s = &c->survey;
    bool without_1_2 = check_lacks(&s->signatures_1_2, PROBE_SIGNATURES, PROBE_IS_PSS);
    bool without_1_3 = !accepts_1_3(c) || check_lacks(&s->signatures_1_3, PROBE_SIGNATURES, 0);
    struct text text = {0};

    if (accepts_1_2(c) && !without_1_2) {
        return;
    }
    name_list(&text, &s->signatures_1_2, PROBE_SIGNATURES);
    name_list(&text, &s->signatures_1_3, PROBE_SIGNATURES);
    if (!without_1_3 || (accepts_1_2(c) && c->session_any.opened)) {
        if (without_1_2) {
            check_add(c, "pss", text.chars, NULL, NULL);
        }
    } else if (check_lacks(&s->signatures_1_2, PROBE_SIGNATURES, 0) || !accepts_1_2(c)) {
        check_add(c, "signatures", text.chars, NULL, NULL);
    } else {
        check_add(c, "pss-only", text.chars, NULL, NULL);
    }
}

/* --- the real connections --------------------------------------------------------------------- */

void check_explain_session(const struct session *s, struct text *text)
{
    char sentence[500];

    if (!s->reached && s->diagnosis.reason_count == 0) { /* in STARTTLS */
        text_add(text, "%s", s->failure.timed_out ? "no answer in time" : "no connection");
        return;
    }
    (void)esp_tls_diagnosis_sentence(&s->diagnosis, sentence, sizeof(sentence));
    text_add(text, "%s", sentence);
}

static bool asks_certificate(const struct check *c)
{
    return c->survey.version[survey_index(PROBE_TLS_1_2)].answer.wants_certificate ||
           c->survey.flight_1_3.answer.wants_certificate;
}

/** A server that asked for a certificate and then said no. In TLS 1.3 it says so after the
 *  handshake. */
static bool refuses_us(const struct session *s)
{
    const esp_tls_diagnosis_t *d = &s->diagnosis;

    for (unsigned i = 0; s->was_tried && i < d->reason_count; i++) {
        if (esp_tls_reason_class(d->reasons[i]) == ESP_TLS_CLASS_IDENTITY) {
            return true;
        }
    }
    return false;
}

bool check_is_beyond_this_build(const struct survey_list *suites)
{
    const int *own = esp_tls_get_ciphersuites_list();

    if (own == NULL) {
        return false;
    }
    for (; *own != 0; own++) {
        if (survey_has(suites, (uint16_t)*own)) {
            return false;
        }
    }
    return suites->count > 0;
}

/** Does this connection say nothing of a device, which has the suites that are missing here? */
static bool is_unverified(const struct check *c)
{
    const struct survey_list *suites = &c->survey.suites_1_2;

    return !accepts_1_3(c) && !check_lacks(suites, PROBE_SUITES_1_2, 0) &&
           check_is_beyond_this_build(suites);
}

/** The session whose failure counts: one that the server refused for want of a certificate, or else
 *  what is shown. */
static const struct session *judged_session(const struct check *c)
{
    if (asks_certificate(c) && refuses_us(&c->session_1_3)) {
        return &c->session_1_3;
    }
    if (asks_certificate(c) && refuses_us(&c->session_1_2)) {
        return &c->session_1_2;
    }
    return check_shown(c);
}

void check_protocols_text(const struct check *c, struct text *text)
{
    for (size_t i = 0; i < c->survey.protocols; i++) {
        text_add(text, "%s%s", i > 0 ? ", " : "", c->survey.protocol[i]);
    }
}

/** What was refused; not what it picked in another connection. */
static void add_refused(const struct check *c, struct text *text)
{
    const char *between = "";

    for (size_t i = 0; c->refused_alpn != NULL && c->refused_alpn[i] != NULL; i++) {
        bool is_picked = false;

        for (size_t k = 0; k < c->survey.protocols; k++) {
            is_picked |= strcmp(c->survey.protocol[k], c->refused_alpn[i]) == 0;
        }
        if (!is_picked) {
            text_add(text, "%s%s", between, c->refused_alpn[i]);
            between = ", ";
        }
    }
}

/** What it speaks, as far as that is known, and what it does not. */
static void add_protocols(const struct check *c, const char *refused, struct text *text)
{
    if (c->survey.protocols > 0) {
        text_add(text, "it speaks ");
        check_protocols_text(c, text);
    }
    if (refused[0] != '\0') {
        text_add(text, "%sit refuses %s", text->len > 0 ? "; " : "", refused);
    }
}

static void add_refused_protocol(struct check *c)
{
    struct text evidence = {0};
    struct text refused = {0};
    struct text advice = {0};

    add_refused(c, &refused);
    add_protocols(c, refused.chars, &evidence);
    text_add(&advice, "leave alpn_protos unset, as it is by default");
    if (c->survey.protocols > 0) {
        text_add(&advice, ", or set it to one of these, if the program speaks it");
    }
    if (!c->survey.says_no_alpn) {
        text_add(&advice, ". The server should go on, or answer with the alert "
                          "no_application_protocol");
    }
    check_add(c, "alpn-refused", evidence.chars, advice.chars, NULL);
}

/** It wants what the URL is for, which devices do not offer by themselves. */
static void add_needed_protocol(struct check *c)
{
    const char *const *alpn = c->options.target.alpn;
    struct text evidence = {0};
    struct text advice = {0};

    text_add(&evidence, "it answers who offers %s; it refuses a client that offers no protocol",
             alpn[0]);
    text_add(&advice, "set alpn_protos to {\"%s\"}", alpn[0]);
    check_add(c, "alpn-needed", evidence.chars, advice.chars, NULL);
}

/** Every version was asked for with the protocols of --alpn, and they are why it was refused. */
static bool is_for_protocols(const struct check *c)
{
    const struct probe_reply *r = &c->survey.version[survey_index(PROBE_TLS_1_2)];

    return c->options.connect.has_alpn && c->options.target.alpn != NULL &&
           survey_is_refused(&c->survey) && r->answer.alert == NO_APPLICATION_PROTOCOL;
}

static void add_all_refused(struct check *c)
{
    struct text evidence = {0};
    struct text refused = {0};
    struct text advice = {0};

    add_refused(c, &refused);
    add_protocols(c, refused.chars, &evidence);
    text_add(&advice, "set alpn_protos to what the server speaks on this port, or leave it unset; "
                      "whether it takes a client that offers none was not tried: `esp-tls check "
                      "--alpn ''` does");
    check_add(c, "alpn", evidence.chars, advice.chars, NULL);
}

/** A finding about the protocols that the server wants instead of those that it was offered. */
static void add_wanted_protocol(struct check *c, const char *id, const esp_tls_diagnosis_t *d)
{
    struct text evidence = {0};
    struct text refused = {0};
    struct text advice = {0};

    add_refused(c, &refused);
    if (c->alpn[0] != NULL) {
        text_add(&refused, "%sa client that offers no protocol", refused.len > 0 ? ", and " : "");
    }
    add_protocols(c, refused.chars, &evidence);
    text_add(&advice,
             "set alpn_protos to one of these, if the program speaks it; `esp-tls check "
             "--alpn %s` looks at the server with it",
             c->survey.protocol[0]);
    check_add(c, id, evidence.chars, advice.chars, d);
}

static void judge_session(struct check *c)
{
    const struct session *s = judged_session(c);
    const char *id = "handshake";

    if (s == NULL) {
        return;
    }
    if (!s->opened && is_unverified(c)) {
        check_add(c, "unverified", "", NULL, NULL);
        return;
    }
    if (asks_certificate(c) && refuses_us(s)) {
        check_add_diagnosis(
            c, c->options.connect.cert == NULL ? "wants-certificate" : "refuses-certificate",
            &s->diagnosis);
        return;
    }
    if (s->opened) {
        if (asks_certificate(c) && c->options.connect.cert == NULL) {
            check_add(c, "asks-certificate", "", NULL, NULL);
        }
        return;
    }
    if (s->diagnosis.kind == ESP_TLS_CLASS_CERTIFICATE) {
        id = "certificate";
    } else if (s->record.alert_received == NO_APPLICATION_PROTOCOL) {
        id = "alpn";
    } else if (s->diagnosis.kind == ESP_TLS_CLASS_TIMEOUT) {
        id = "silent";
    }
    if (strcmp(id, "alpn") == 0 && c->survey.protocols > 0) {
        add_wanted_protocol(c, id, &s->diagnosis);
        return;
    }
    check_add_diagnosis(c, id, &s->diagnosis);
}

/** One version opens; what comes of the other, and of both in one offer? A failure that another
 *  finding or this build explains is not told again. */
static void judge_other_sessions(struct check *c)
{
    const struct {
        const char *id;
        const struct session *session;
        bool is_explained;
    } rows[] = {
        {"fails-1.2", &c->session_1_2,
         check_is_beyond_this_build(&c->survey.suites_1_2) ||
             check_lacks(&c->survey.suites_1_2, PROBE_SUITES_1_2, 0) ||
             check_lacks(&c->survey.groups_1_2, PROBE_GROUPS, 0) ||
             check_lacks(&c->survey.signatures_1_2, PROBE_SIGNATURES, PROBE_IS_PSS)},
        {"fails-1.3", &c->session_1_3,
         check_lacks(&c->survey.suites_1_3, PROBE_SUITES_1_3, 0) ||
             check_lacks(&c->survey.groups_1_3, PROBE_GROUPS, 0) ||
             check_lacks(&c->survey.signatures_1_3, PROBE_SIGNATURES, 0)},
        {"fails-both", &c->session_any, false},
    };
    const struct session *shown = check_shown(c);

    for (size_t i = 0; shown != NULL && shown->opened && i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct session *s = rows[i].session;

        if (s->was_tried && !s->opened && !rows[i].is_explained && !refuses_us(s)) {
            check_add_diagnosis(c, rows[i].id, &s->diagnosis);
        }
    }
}

/* --- the chain -------------------------------------------------------------------------------- */

#define DAY_S (24 * 3600)

/** Soon: within 14 days, and within a fifth of its life, for those that live for days only. */
static void judge_expiry(struct check *c, int64_t now)
{
    for (size_t k = 0; k < c->chain.path_count; k++) {
        const struct cert *cert = c->chain.node[c->chain.path[k]].cert;
        int64_t left = cert->read.not_after - now;
        char evidence[300];

        if (cert->is_read && left > 0 && left < 14 * DAY_S &&
            left < (cert->read.not_after - cert->read.not_before) / 5) {
            snprintf(evidence, sizeof(evidence), "%.200s: %lld hours left", cert->subject,
                     (long long)(left / 3600));
            check_add(c, "expires-soon", evidence, NULL, NULL);
        }
    }
}

static void judge_extra(struct check *c)
{
    struct text text = {0};

    for (size_t i = 0; i < c->chain.count; i++) {
        const struct chain_node *n = &c->chain.node[i];

        if (n->role != CHAIN_PATH) {
            text_add(&text, "%snumber %zu (%s, %zu bytes)%s", text.len > 0 ? "; " : "", i,
                     n->cert->is_read ? n->cert->subject : "damaged", n->cert->len,
                     n->role == CHAIN_DUPLICATE ? " stands there twice" : "");
        }
    }
    if (text.len > 0) {
        check_add(c, "chain-extra", text.chars, NULL, NULL);
    }
}

static void judge_chain(struct check *c)
{
    char evidence[120];

    if (!c->chain.is_in_order) {
        check_add(c, "chain-order", "", NULL, NULL);
    }
    judge_extra(c);
    if (check_ends_in_root(c)) {
        check_add(c, "chain-root", "", NULL, NULL);
    }
    if (check_chain_len(c) > CHECK_SMALL) {
        snprintf(evidence, sizeof(evidence), "%zu certificates, %zu bytes", c->chain.count,
                 check_chain_len(c));
        check_add(c, "chain-long", evidence, NULL, NULL);
    }
    judge_expiry(c, (int64_t)time(NULL));
}

/* --- records ---------------------------------------------------------------------------------- */

bool check_small_failed(const struct session *small)
{
    return small->was_tried && small->record.record_len > small->record.record_limit &&
           small->record.record_limit != 0;
}

static void judge_records(struct check *c)
{
    const struct session *small = check_small_failed(&c->small_1_2)   ? &c->small_1_2
                                  : check_small_failed(&c->small_1_3) ? &c->small_1_3
                                                                      : NULL;
    char evidence[300];

    if (small != NULL) {
        snprintf(evidence, sizeof(evidence),
                 "with %s and CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=%d it sent a record of %u bytes; "
                 "max_fragment_length: %s, record_size_limit: %s",
                 small == &c->small_1_2 ? "TLS 1.2" : "TLS 1.3", LARGE,
                 (unsigned)small->record.record_len,
                 c->survey.max_fragment ? "kept to in TLS 1.2" : "not supported",
                 c->survey.record_limit ? "kept to" : "not supported");
        check_add(c, "large-records", evidence, NULL, &small->diagnosis);
    }
    if (c->survey.max_fragment_is_ignored) {
        check_add(c, "max-fragment", "", NULL, NULL);
    }
    if (c->survey.record_limit_is_ignored) {
        check_add(c, "record-limit", "", NULL, NULL);
    }
}

static void judge_http(struct check *c)
{
    const struct session *s = check_shown(c);

    if (s != NULL && s->opened && c->options.path != NULL && s->http_why != NULL) {
        check_add(c, "http", s->http_why, NULL, NULL);
    }
}

/* --- the verdict ------------------------------------------------------------------------------ */

/** Of those that were tried, or would have been. */
static size_t count_devices(const struct check *c, enum check_works works)
{
    size_t count = 0;

    for (size_t i = 0; i < c->devices; i++) {
        count += c->device[i].works == works && !c->device[i].is_estimated;
    }
    return count;
}

static void sum_up(struct check *c)
{
    const struct check_finding *first = c->findings > 0 ? &c->finding[0] : NULL;
    size_t untried = count_devices(c, CHECK_UNTRIED);
    size_t len;

    if (first == NULL || first->row->weight >= CHECK_DEPENDS) {
        size_t failing = count_devices(c, CHECK_NO);

        c->exit = EXIT_OK;
        snprintf(c->verdict, sizeof(c->verdict),
                 failing == 0
                     ? "A device connects, with every setting that was tried."
                     : "A device with ESP-IDF's default settings connects; of %zu settings "
                       "that were tried, %zu would not.",
                 count_devices(c, CHECK_YES) + failing, failing);
        return;
    }
    c->exit = c->way.options != NULL ? c->way_exit : first->row->exit;
    snprintf(c->verdict, sizeof(c->verdict),
             is_for_protocols(c) ? "A device with these alpn_protos cannot connect: %s."
             : first->row->weight == CHECK_FAILS
                 ? "A device cannot connect: %s."
                 : "A device with ESP-IDF's default settings cannot connect: %s.",
             first->row->title);
    len = strlen(c->verdict);
    if (first->row->weight == CHECK_FAILS && untried > 0) {
        snprintf(c->verdict + len, sizeof(c->verdict) - len,
                 " What settings would do behind that could not be tried.");
    }
}

void check_judge(struct check *c)
{
    if (c->way.options != NULL) {
        check_judge_way(c);
    } else if (c->dns.count == 0) {
        check_judge_name(c);
    } else {
        check_judge_addresses(c);
    }
    if (c->address != NULL) {
        if (is_for_protocols(c)) {
            add_all_refused(c);
        } else if (!accepts_1_2(c) && !accepts_1_3(c)) {
            check_judge_no_version(c);
        } else {
            if (!accepts_1_2(c)) {
                check_add(c, "only-1.3", "", NULL, NULL);
            }
            if (c->alpn[0] != NULL) {
                add_wanted_protocol(c, "alpn-needed", NULL);
            } else if (c->needs_alpn) {
                add_needed_protocol(c);
            } else if (c->refused_alpn != NULL && c->options.target.alpn == NULL) {
                add_refused_protocol(c);
            }
            judge_suites(c);
            judge_groups(c);
            judge_signatures(c);
            judge_session(c);
            judge_other_sessions(c);
            if (c->chain.count > 0) {
                judge_chain(c);
            }
        }
        judge_records(c);
        judge_http(c);
        if (!c->survey.is_complete) {
            check_add(c, "incomplete", "", NULL, NULL);
        }
        check_judge_devices(c);
    }
    sum_up(c);
}
