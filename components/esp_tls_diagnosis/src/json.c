/* A diagnosis as a JSON object, RFC 8259. */
#include "esp_tls_certificate.h"
#include "esp_tls_diagnosis.h"
#include "esp_tls_memory.h"
#include "out.h"
#include "reasons.h"
#include "words.h"

typedef const esp_tls_diagnosis_t diagnosis;

/* A sentence with the evidence put in, before it is escaped. */
#define SENTENCE_MAX 640

/** Section 7: quotation mark, backslash and control characters are escaped. */
static void string(struct out *out, const char *text)
{
    et_out_bytes(out, "\"", 1);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            et_out_bytes(out, "\\", 1);
            et_out_bytes(out, text, 1);
        } else if (c < 0x20) {
            const char *hex = "0123456789abcdef";

            et_out_text(out, "\\u00");
            et_out_bytes(out, &hex[c >> 4], 1);
            et_out_bytes(out, &hex[c & 15], 1);
        } else {
            et_out_bytes(out, text, 1);
        }
    }
    et_out_bytes(out, "\"", 1);
}

static void key(struct out *out, const char *name)
{
    et_out_bytes(out, ",", 1);
    string(out, name);
    et_out_bytes(out, ":", 1);
}

/** The first member of an object follows "{" and not another member. */
static void first_key(struct out *out, const char *name)
{
    et_out_bytes(out, "{", 1);
    string(out, name);
    et_out_bytes(out, ":", 1);
}

static void member(struct out *out, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        key(out, name);
        string(out, text);
    }
}

static void number(struct out *out, const char *name, int64_t value)
{
    if (value != 0) {
        key(out, name);
        et_out_signed(out, value);
    }
}

static void code(struct out *out, const char *name, esp_tls_code_domain_t domain, int value,
                 bool is_there)
{
    esp_tls_code_t row;

    if (is_there) {
        key(out, name);
        first_key(out, "value");
        et_out_signed(out, value);
        if (esp_tls_code_find(domain, value, &row)) {
            member(out, "name", row.name);
        }
        et_out_bytes(out, "}", 1);
    }
}

static void flags(struct out *out, uint32_t value)
{
    const char *before = "";

    if (value == 0) {
        return;
    }
    key(out, "verify_flags");
    et_out_bytes(out, "[", 1);
    for (unsigned bit = 0; bit < 32; bit++) {
        esp_tls_code_t row;

        if ((value >> bit & 1) != 0 &&
            esp_tls_code_find(ESP_TLS_CODE_VERIFY, (int)((uint32_t)1 << bit), &row)) {
            et_out_text(out, before);
            string(out, row.name);
            before = ",";
        }
    }
    et_out_bytes(out, "]", 1);
}

static void codes(struct out *out, const esp_tls_record_t *r)
{
    code(out, "esp", ESP_TLS_CODE_ESP, r->esp_code, r->esp_code != 0);
    code(out, "stack", ESP_TLS_CODE_STACK, r->stack_code, r->stack_code != 0);
    code(out, "errno", ESP_TLS_CODE_ERRNO, r->os_errno, r->os_errno != 0);
    code(out, "resolver", ESP_TLS_CODE_RESOLVER, r->resolver_code, r->resolver_code != 0);
    code(out, "alert_sent", ESP_TLS_CODE_ALERT, r->alert_sent, r->alert_sent >= 0);
    code(out, "alert_received", ESP_TLS_CODE_ALERT, r->alert_received, r->alert_received >= 0);
    flags(out, r->verify_flags);
}

static void memory(struct out *out, diagnosis *d)
{
    if (d->record.mem_size == 0) {
        return;
    }
    key(out, "memory");
    first_key(out, "wanted");
    et_out_number(out, d->record.mem_size);
    member(out, "purpose", esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)d->record.mem_purpose));
    number(out, "largest_free", d->record.mem_largest_free);
    number(out, "free", d->evidence.mem_free);
    et_out_bytes(out, "}", 1);
}

static void time_member(struct out *out, const char *name, int64_t seconds)
{
    char text[ESP_TLS_TIME_TEXT];

    if (seconds != 0) {
        esp_tls_time_text(seconds, text);
        member(out, name, text);
    }
}

static void certificate(struct out *out, diagnosis *d)
{
    const esp_tls_evidence_t *e = &d->evidence;

    if (e->chain_count == 0) {
        return;
    }
    key(out, "certificate");
    first_key(out, "depth");
    et_out_signed(out, d->record.verify_depth);
    number(out, "sent", e->chain_count);
    member(out, "subject", e->subject);
    member(out, "issuer", e->issuer);
    time_member(out, "not_before", e->not_before);
    time_member(out, "not_after", e->not_after);
    number(out, "key_bits", e->key_bits);
    member(out, "names", e->names);
    member(out, "ca_issuers", e->aia);
    et_out_bytes(out, "}", 1);
}

static void unreadable(struct out *out, const esp_tls_evidence_t *e)
{
    if (e->input == NULL) {
        return;
    }
    key(out, "input");
    first_key(out, "name");
    string(out, e->input);
    number(out, "certificate", e->input_item);
    member(out, "fault", esp_tls_input_reason_name((esp_tls_input_reason_t)e->input_fault));
    member(out, "field", e->input_field);
    member(out, "oid", e->input_oid);
    number(out, "offset", e->input_at);
    number(out, "line", e->input_line);
    et_out_bytes(out, "}", 1);
}

static void evidence(struct out *out, diagnosis *d)
{
    const esp_tls_evidence_t *e = &d->evidence;

    member(out, "host", e->host);
    member(out, "address", d->record.address);
    number(out, "port", d->record.port != 0 ? d->record.port : e->port);
    member(out, "name_wanted", e->name);
    number(out, "timeout_ms", e->timeout_ms);
    number(out, "status", e->http_status);
    time_member(out, "now", e->now);
    number(out, "bytes_in", (int64_t)d->record.bytes_in);
    number(out, "bytes_out", (int64_t)d->record.bytes_out);
    member(out, "option", d->record.option);
    number(out, "record_length", d->record.record_len);
    number(out, "record_limit", d->record.record_limit);
    number(out, "record_received", e->record_got);
    memory(out, d);
    certificate(out, d);
    unreadable(out, e);
}

static void remedies(struct out *out, diagnosis *d, esp_tls_reason_t reason)
{
    esp_tls_remedy_t remedy;

    key(out, "remedies");
    et_out_bytes(out, "[", 1);
    for (unsigned i = 0; (remedy = esp_tls_reason_remedy(reason, i)) != ESP_TLS_REMEDY_NONE; i++) {
        char sentence[SENTENCE_MAX];

        et_out_text(out, i > 0 ? "," : "");
        (void)esp_tls_remedy_sentence(d, remedy, sentence, sizeof(sentence));
        first_key(out, "setting");
        string(out, esp_tls_remedy_setting(remedy));
        member(out, "text", sentence);
        et_out_bytes(out, "}", 1);
    }
    et_out_bytes(out, "]", 1);
}

static void reasons(struct out *out, diagnosis *d)
{
    key(out, "reasons");
    et_out_bytes(out, "[", 1);
    for (unsigned i = 0; i < d->reason_count; i++) {
        char sentence[SENTENCE_MAX];

        et_out_text(out, i > 0 ? "," : "");
        (void)esp_tls_reason_sentence(d, d->reasons[i], sentence, sizeof(sentence));
        first_key(out, "name");
        string(out, esp_tls_reason_name(d->reasons[i]));
        key(out, "class");
        string(out, esp_tls_class_name(esp_tls_reason_class(d->reasons[i])));
        member(out, "text", sentence);
        remedies(out, d, d->reasons[i]);
        et_out_bytes(out, "}", 1);
    }
    et_out_bytes(out, "]", 1);
}

size_t esp_tls_diagnosis_json(diagnosis *d, char *text, size_t cap)
{
    struct out out;

    et_out_init(&out, text, cap);
    char sentence[SENTENCE_MAX];

    (void)esp_tls_diagnosis_sentence(d, sentence, sizeof(sentence));
    first_key(&out, "class");
    string(&out, esp_tls_class_name(d->kind));
    key(&out, "phase");
    string(&out, esp_tls_phase_name(d->record.phase));
    member(&out, "what", sentence);
    codes(&out, &d->record);
    evidence(&out, d);
    reasons(&out, d);
    et_out_bytes(&out, "}", 1);
    return out.len;
}
