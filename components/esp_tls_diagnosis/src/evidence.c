/* Evidence for people: what the observer copied is read here, when somebody asks. What can be asked
 * of the handle later is not kept but filled in. */
#include "evidence.h"

#include <string.h>

#include "clip.h"
#include "plat_clock.h"
#include "unix_time.h"

/* --- what was asked for ----------------------------------------------------------------------- */

static void read_request(esp_tls_evidence_t *e, const struct evidence *kept)
{
    struct plat_addr addr;

    et_clip_text(e->host, sizeof(e->host), kept->host.bytes, kept->host.len);
    et_clip_text(e->name, sizeof(e->name), kept->name.bytes, kept->name.len);
    e->port = kept->port;
    e->asked = kept->asked;
    if (plat_addr_parse(e->name, strlen(e->name), &addr)) {
        e->asked |= ESP_TLS_ASKED_IP;
    }
    e->chain_count = kept->sent;
}

static void read_moment(esp_tls_evidence_t *e, const struct stack_moment *moment)
{
    e->message = moment->message;
    e->message_is_ours = moment->message_is_ours;
    e->identity_wanted = moment->identity_wanted;
    memcpy(e->peer_bytes, moment->peer_bytes, sizeof(e->peer_bytes));
    e->peer_bytes_len = moment->peer_bytes_len;
    e->record_got = moment->record_got;
    e->group = moment->group;
    e->scheme = moment->scheme;
}

/* --- an input that cannot be read ------------------------------------------------------------- */

/** Where the last whole block of PEM ends. 0: there is none */
static size_t whole_blocks(const struct evidence_input *in)
{
    static const char end[] = "\n-----END ";
    size_t found = 0;

    for (size_t at = 0; at + sizeof(end) < in->copied; at++) {
        if (memcmp(in->bytes + at, end, sizeof(end) - 1) == 0) {
            const uint8_t *line = memchr(in->bytes + at + 1, '\n', in->copied - at - 1);

            found = line != NULL ? (size_t)(line - in->bytes) + 1 : found;
        }
    }
    return found;
}

/** As much of the input as can be judged without the rest. It may be text whose NUL is counted: the
 *  NUL comes after the last whole block. */
static size_t judge_length(const struct evidence_input *in)
{
    size_t len = in->copied;

    if (len < in->len) {
        len = whole_blocks(in);
        if (len > 0 && in->last == '\0') {
            in->bytes[len++] = '\0';
        }
    }
    return len;
}

static void read_input(esp_tls_evidence_t *e, const struct evidence_input *in)
{
    esp_tls_input_problem_t problem;
    size_t len = judge_length(in);

    e->input = in->name;
    e->input_item = in->item;
    if ((len == 0 && in->len > 0) || in->name == NULL ||
        esp_tls_certificate_examine(in->bytes, len, (esp_tls_input_t)in->as, &problem) !=
            ESP_FAIL) {
        return;
    }
    e->input_fault = (uint8_t)problem.reason;
    e->input_item = (uint16_t)(in->item + problem.index);
    e->input_at = (uint32_t)problem.offset;
    e->input_line = problem.is_pem ? problem.line : 0;
    e->input_field = problem.field;
    memcpy(e->input_oid, problem.oid, sizeof(e->input_oid));
    e->input_oid_name = problem.oid_name;
}

/* --- the peer's chain ------------------------------------------------------------------------- */

static int64_t seconds(const struct stack_date *d)
{
    return et_unix_days(d->year, d->month, d->day) * 86400 + d->hour * 3600 + d->minute * 60 +
           d->second;
}

/** A Name, whose header the observer left out. @return its length with it */
static esp_tls_bytes_t whole_name(uint8_t *to, const uint8_t *content, size_t len)
{
    to[0] = 0x30;
    to[1] = 0x82;
    to[2] = (uint8_t)(len >> 8);
    to[3] = (uint8_t)len;
    memcpy(to + 4, content, len);
    return (esp_tls_bytes_t){to, len + 4};
}

static void read_name(char *text, size_t cap, const uint8_t *content, size_t len)
{
    uint8_t name[EVIDENCE_NAME_MAX + 4];

    if (len > 0 && esp_tls_name_text(whole_name(name, content, len), text, cap) >= cap) {
        memcpy(text + cap - sizeof("..."), "...", sizeof("..."));
    }
}

static void read_names(esp_tls_evidence_t *e, const uint8_t *list, size_t len)
{
    size_t at = 0;

    while (at + 3 <= len) {
        esp_tls_bytes_t name = {list + at + 3, (size_t)list[at + 1] << 8 | list[at + 2]};
        char ip[48];

        if (list[at] == EVIDENCE_NAME_IP) {
            (void)esp_tls_ip_text(name, ip, sizeof(ip));
            et_clip_item(e->names, sizeof(e->names), ip, strlen(ip));
        } else {
            et_clip_item(e->names, sizeof(e->names), (const char *)name.ptr, name.len);
        }
        at += 3 + name.len;
    }
}

/** A certificate without names in its extensions has one in its subject. */
static void read_common_name(esp_tls_evidence_t *e, const uint8_t *content, size_t len)
{
    uint8_t name[EVIDENCE_NAME_MAX + 4];

    if (len > 0) {
        (void)esp_tls_name_attribute(whole_name(name, content, len), "\x55\x04\x03", e->names,
                                     sizeof(e->names));
    }
}

static void read_chain(esp_tls_evidence_t *e, const struct evidence_chain *c)
{
    const uint8_t *at = c->bytes;

    e->chain_count = c->count;
    e->chain = c->relations;
    e->key_bits = c->key_bits;
    e->not_before = seconds(&c->not_before);
    e->not_after = seconds(&c->not_after);
    read_name(e->subject, sizeof(e->subject), at, c->subject_len);
    at += c->subject_len;
    read_name(e->issuer, sizeof(e->issuer), at, c->issuer_len);
    at += c->issuer_len;
    read_names(e, at, c->names_len);
    at += c->names_len;
    read_common_name(e, at, c->leaf_len);
    at += c->leaf_len;
    et_clip_text(e->aia, sizeof(e->aia), (const char *)at, c->aia_len);
}

/* --- all of it -------------------------------------------------------------------------------- */

static const struct evidence *kept_of(const esp_tls_t *tls)
{
    return (const struct evidence *)(const void *)et_observed_find(
        et_conn_observed((esp_tls_t *)tls), &et_evidence_observer);
}

esp_err_t esp_tls_get_evidence(const esp_tls_t *tls, esp_tls_evidence_t *evidence)
{
    const struct evidence *kept;
    struct conn_facts facts;

    if (tls == NULL || evidence == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    memset(evidence, 0, sizeof(*evidence));
    et_conn_facts(tls, &facts);
    kept = kept_of(tls);
    if (kept != NULL && kept->is_complete) {
        read_request(evidence, kept);
        read_moment(evidence, &kept->moment);
        evidence->mem_free = kept->mem_free;
        evidence->mem_over_limit = kept->mem_over_limit;
        evidence->clock_is_set = kept->clock_is_set;
        evidence->now = kept->now;
    } else {
        evidence->mem_free = facts.memory->free_bytes;
        evidence->mem_over_limit = facts.memory->over_limit != 0;
        evidence->clock_is_set = plat_wall_clock(&evidence->now);
    }
    if (kept != NULL) {
        read_input(evidence, &kept->input);
    }
    if (kept != NULL && kept->chain != NULL) {
        read_chain(evidence, kept->chain);
    }
    evidence->timeout_ms = facts.timeout_ms;
    evidence->is_writing = facts.is_writing;
    return ESP_OK;
}

esp_err_t esp_tls_get_diagnosis(const esp_tls_t *tls, esp_tls_diagnosis_t *diagnosis)
{
    if (tls == NULL || diagnosis == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    /* in place: copies on the stack would be 1 KB more */
    (void)esp_tls_get_evidence(tls, &diagnosis->evidence);
    (void)esp_tls_get_record(tls, &diagnosis->record);
    esp_tls_diagnose(&diagnosis->record, &diagnosis->evidence, diagnosis);
    return ESP_OK;
}

esp_err_t esp_tls_get_result_diagnosis(const esp_tls_t *tls, ssize_t result,
                                       esp_tls_diagnosis_t *diagnosis)
{
    esp_err_t err = esp_tls_get_diagnosis(tls, diagnosis);
    bool waits = result == ESP_TLS_ERR_SSL_WANT_READ || result == ESP_TLS_ERR_SSL_WANT_WRITE;

    if (err == ESP_OK && diagnosis->reason_count == 0 && waits) {
        esp_tls_diagnosis_lead(diagnosis, ESP_TLS_REASON_WANT_MORE);
    }
    return err;
}
