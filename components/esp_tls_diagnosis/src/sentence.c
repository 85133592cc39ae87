/* A diagnosis in words: what happened, why, what helps. */
#include <string.h>

#include "esp_tls_diagnosis.h"
#include "out.h"
#include "reasons.h"
#include "sdkconfig.h"
#include "words.h"

typedef const esp_tls_diagnosis_t diagnosis;

#ifdef CONFIG_ESP_TLS_DIAGNOSIS_TEXT

/* --- what happened ---------------------------------------------------------------------------- */

static void alert(struct out *out, int value)
{
    et_out_text(out, " alert ");
    et_words_code(out, ESP_TLS_CODE_ALERT, value);
    et_out_text(out, " (");
    et_out_signed(out, value);
    et_out_text(out, ")");
}

/** The codes, as they may be looked up: "[ESP_ERR_..., MBEDTLS_ERR_... -0x7200, errno 111]". */
static void codes(struct out *out, diagnosis *d)
{
    const esp_tls_record_t *r = &d->record;
    const char *before = " [";

    if (r->esp_code != 0) {
        et_out_text(out, before);
        et_words_code(out, ESP_TLS_CODE_ESP, r->esp_code);
        before = ", ";
    }
    if (r->stack_code != 0) {
        et_out_text(out, before);
        et_words_code(out, ESP_TLS_CODE_STACK, r->stack_code);
        et_out_text(out, " -");
        et_out_code(out, (uint32_t)r->stack_code);
        before = ", ";
    }
    if (r->os_errno != 0) {
        et_out_text(out, before);
        et_words_code(out, ESP_TLS_CODE_ERRNO, r->os_errno);
        before = ", ";
    }
    if (r->resolver_code != 0) {
        et_out_text(out, before);
        et_words_code(out, ESP_TLS_CODE_RESOLVER, r->resolver_code);
        before = ", ";
    }
    if (r->alert_sent >= 0) {
        et_out_text(out, before);
        et_out_text(out, "sent");
        alert(out, r->alert_sent);
        before = ", ";
    }
    et_out_text(out, before[0] == ',' ? "]" : "");
}

static const char *const whats[] = {
    [ESP_TLS_PHASE_NONE] = "the call",
    [ESP_TLS_PHASE_CONFIG] = "the configuration for {peer}",
    [ESP_TLS_PHASE_RESOLVE] = "the look-up of {host}",
    [ESP_TLS_PHASE_CONNECT] = "the TCP connection to {peer}",
    [ESP_TLS_PHASE_HANDSHAKE] = "the TLS handshake with {peer}",
    [ESP_TLS_PHASE_OPEN] = "the open connection to {peer}",
    [ESP_TLS_PHASE_CLOSE] = "closing the connection to {peer}",
};

static const char *const hows[] = {
    [ESP_TLS_CAUSE_NONE] = "", /* failed, or has not */
    [ESP_TLS_CAUSE_TIMEOUT] = " was not done within {timeout}",
    [ESP_TLS_CAUSE_EOF] = " was ended by the peer in order",
    [ESP_TLS_CAUSE_TRUNCATED] = " was ended by the peer without a word",
    [ESP_TLS_CAUSE_CANCELLED] = " was cancelled",
    [ESP_TLS_CAUSE_FAILED] = " failed",
    [ESP_TLS_CAUSE_NO_MEM] = " ran out of memory",
    [ESP_TLS_CAUSE_INVALID_ARG] = " was refused before anything was sent",
    [ESP_TLS_CAUSE_INVALID_STATE] = " was refused",
    [ESP_TLS_CAUSE_NOT_SUPPORTED] = " was refused before anything was sent",
    [ESP_TLS_CAUSE_RESOLVE] = " gave no usable address",
    [ESP_TLS_CAUSE_SYSTEM] = " failed",
    [ESP_TLS_CAUSE_STACK] = " failed",
    [ESP_TLS_CAUSE_VERIFY] = " ended because the server's certificate was refused",
    [ESP_TLS_CAUSE_NO_TRUST] = " was refused before anything was sent",
    [ESP_TLS_CAUSE_FLOOD] = " was ended because the server sent nothing of use",
};

/** The connection was open, and what failed is the request. */
static bool is_request(diagnosis *d)
{
    return d->record.phase == ESP_TLS_PHASE_OPEN &&
           (d->kind == ESP_TLS_CLASS_HTTP || d->evidence.http_status != 0) &&
           (d->record.cause == ESP_TLS_CAUSE_NONE || d->record.cause == ESP_TLS_CAUSE_EOF);
}

static void request(struct out *out, diagnosis *d)
{
    et_words_expand(out, "the request to {peer}", d);
    if (d->evidence.http_status == 0) {
        et_out_text(out, " failed");
    } else {
        et_out_text(out, " was answered with status ");
        et_out_number(out, d->evidence.http_status);
    }
    codes(out, d);
}

static void happened(struct out *out, diagnosis *d)
{
    const esp_tls_record_t *r = &d->record;

    if (d->reasons[0] == ESP_TLS_REASON_WANT_MORE) {
        et_out_text(out, "the call would have had to wait");
        return;
    }
    if (is_request(d)) {
        request(out, d);
        return;
    }
    if (d->kind == ESP_TLS_CLASS_PROXY) {
        et_words_expand(out, "the way to {peer} through a proxy", d);
    } else if ((unsigned)r->phase < sizeof(whats) / sizeof(whats[0])) {
        et_words_expand(out, whats[r->phase], d);
    }
    if (r->alert_received >= 0) {
        et_out_text(out, " was ended by the server with the");
        alert(out, r->alert_received);
    } else if (r->cause == ESP_TLS_CAUSE_NONE) {
        et_out_text(out, d->kind == ESP_TLS_CLASS_NONE ? " has not failed" : " failed");
    } else if ((unsigned)r->cause < sizeof(hows) / sizeof(hows[0])) {
        et_words_expand(out, hows[r->cause], d);
    }
    codes(out, d);
}

size_t esp_tls_diagnosis_sentence(diagnosis *d, char *text, size_t cap)
{
    struct out out;

    et_out_init(&out, text, cap);

    happened(&out, d);
    return out.len;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void remedies(struct out *out, diagnosis *d, esp_tls_reason_t reason)
{
    const char *before = ". What helps: ";

    for (unsigned i = 0; i < ESP_TLS_REASON_REMEDIES; i++) {
        esp_tls_remedy_t remedy = esp_tls_reason_remedy(reason, i);

        if (remedy != ESP_TLS_REMEDY_NONE) {
            et_out_text(out, before);
            et_words_expand(out, et_remedy_template(remedy), d);
            before = "; ";
        }
    }
}

size_t esp_tls_diagnosis_text(diagnosis *d, char *text, size_t cap)
{
    struct out out;

    et_out_init(&out, text, cap);

    happened(&out, d);
    for (unsigned i = 0; i < d->reason_count; i++) {
        et_out_text(&out, i == 0 ? ": " : ". Or: ");
        et_words_expand(&out, et_reason_template(d->reasons[i]), d);
        if (i == 0) {
            remedies(&out, d, d->reasons[i]);
        }
    }
    et_out_text(&out, ".");
    return out.len;
}

#else

size_t esp_tls_diagnosis_sentence(diagnosis *d, char *text, size_t cap)
{
    (void)d;
    struct out out;

    et_out_init(&out, text, cap);
    return 0;
}

size_t esp_tls_diagnosis_text(diagnosis *d, char *text, size_t cap)
{
    struct out out;

    et_out_init(&out, text, cap);

    for (unsigned i = 0; i < d->reason_count; i++) { /* what a PC can look up */
        et_out_text(&out, i == 0 ? "" : " ");
        et_out_text(&out, esp_tls_reason_name(d->reasons[i]));
    }
    return out.len;
}

#endif

size_t esp_tls_reason_sentence(diagnosis *d, esp_tls_reason_t reason, char *text, size_t cap)
{
    struct out out;

    et_out_init(&out, text, cap);

    et_words_expand(&out, et_reason_template(reason), d);
    return out.len;
}

size_t esp_tls_remedy_sentence(diagnosis *d, esp_tls_remedy_t remedy, char *text, size_t cap)
{
    struct out out;

    et_out_init(&out, text, cap);

    et_words_expand(&out, et_remedy_template(remedy), d);
    return out.len;
}
