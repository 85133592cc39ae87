#define _GNU_SOURCE /* gai_strerror */
#include "explain.h"

#include <netdb.h>
#include <string.h>

#include "esp_transport_diagnosis.h"
#include "esp_transport_proxy.h"

void explain_note(struct failure *f, const esp_tls_t *tls)
{
    (void)esp_tls_get_record(tls, &f->record);
    (void)esp_tls_get_evidence(tls, &f->evidence);
}

static void fill_if_empty(char *to, size_t cap, const char *from)
{
    if (to[0] == '\0') {
        snprintf(to, cap, "%.*s", (int)cap - 1, from);
    }
}

static unsigned asked(const struct connect_options *o)
{
    unsigned bits = o->cert != NULL ? ESP_TLS_ASKED_IDENTITY : 0U;

    bits |= o->family != ESP_TLS_AF_UNSPEC ? ESP_TLS_ASKED_FAMILY : 0U;
    bits |= o->version == ESP_TLS_VER_TLS_1_2 ? ESP_TLS_ASKED_TLS_1_2_ONLY : 0U;
    bits |= o->version == ESP_TLS_VER_TLS_1_3 ? ESP_TLS_ASKED_TLS_1_3_ONLY : 0U;
    return bits;
}

void explain_diagnose(const struct failure *f, esp_tls_diagnosis_t *d)
{
    d->record = f->record;
    d->evidence = f->evidence;
    fill_if_empty(d->evidence.host, sizeof(d->evidence.host), f->host);
    fill_if_empty(d->evidence.name, sizeof(d->evidence.name), f->name);
    d->evidence.asked = (uint16_t)(d->evidence.asked | asked(f->options));
    if (d->evidence.timeout_ms == 0) {
        d->evidence.timeout_ms = f->options->timeout_ms;
    }
    esp_tls_diagnose(&d->record, &d->evidence, d);
}

void explain_members(esp_tls_diagnosis_t *d, struct json *j)
{
    static char text[16384]; /* the longest has about 6 KB */

    (void)esp_tls_diagnosis_json(d, text, sizeof(text));
    json_members(j, text);
}

/* --- the exit status -------------------------------------------------------------------------- */

static enum tool_exit exit_by_phase(esp_tls_phase_t phase)
{
    static const enum tool_exit exits[] = {
        [ESP_TLS_PHASE_NONE] = EXIT_OTHER,    [ESP_TLS_PHASE_CONFIG] = EXIT_USAGE,
        [ESP_TLS_PHASE_RESOLVE] = EXIT_DNS,   [ESP_TLS_PHASE_CONNECT] = EXIT_TCP,
        [ESP_TLS_PHASE_HANDSHAKE] = EXIT_TLS, [ESP_TLS_PHASE_OPEN] = EXIT_ANSWER,
        [ESP_TLS_PHASE_CLOSE] = EXIT_OTHER,
    };

    return (unsigned)phase < sizeof(exits) / sizeof(exits[0]) ? exits[phase] : EXIT_OTHER;
}

static enum tool_exit exit_of(const esp_tls_record_t *r)
{
    switch (r->cause) {
    case ESP_TLS_CAUSE_TIMEOUT:
        return EXIT_TIMEOUT;
    case ESP_TLS_CAUSE_NO_MEM:
        return EXIT_MEMORY;
    case ESP_TLS_CAUSE_VERIFY:
        return EXIT_CERTIFICATE;
    case ESP_TLS_CAUSE_STACK: /* TLS 1.3: the verdict on a client certificate comes late */
        return r->phase == ESP_TLS_PHASE_OPEN ? EXIT_TLS : exit_by_phase(r->phase);
    default:
        return exit_by_phase(r->phase);
    }
}

/* --- a proxy ---------------------------------------------------------------------------------- */

static const struct proxy_sentence {
    esp_err_t code;
    enum tool_exit exit;
    const char *text;
} proxy_says[] = {
    {ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, EXIT_ANSWER,
     "the proxy does not speak the protocol that --proxy names."},
    {ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED, EXIT_HTTP,
     "the proxy wants to know who you are: --proxy with USER:PASSWORD@ before its host."},
    {ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, EXIT_HTTP,
     "the proxy did not accept the user name and password of --proxy."},
    {ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED, EXIT_HTTP,
     "the proxy refuses to connect to this server: its rules forbid the host or the port."},
    {ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_NOT_FOUND, EXIT_DNS,
     "the proxy does not find an address for the server's name."},
    {ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE, EXIT_TCP,
     "the proxy could not connect to the server."},
    {ESP_ERR_TCP_TRANSPORT_PROXY_FAILED, EXIT_TCP, "the proxy failed. Its log may say why."},
};

bool explain_proxy_is_slow(const struct failure *f)
{
    return f->options->proxy.proxy.host != NULL && f->code == ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT &&
           f->record.phase <= ESP_TLS_PHASE_CONNECT;
}

static enum tool_exit explain_slow_proxy(const struct failure *f, struct text *text)
{
    text_add(text,
             "timeout: the proxy %s did not open the way to %s within %d ms: it, or the server "
             "behind it, is slow or does not answer. If it only needs longer: --timeout TIME.",
             f->options->proxy.proxy.host, f->host, f->options->timeout_ms);
    return EXIT_TIMEOUT;
}

bool explain_proxy(const struct failure *f, struct text *text, enum tool_exit *status)
{
    for (size_t i = 0; i < sizeof(proxy_says) / sizeof(proxy_says[0]); i++) {
        if (proxy_says[i].code == f->code) {
            text_add(text, "%s", proxy_says[i].text);
            *status = proxy_says[i].exit;
            return true;
        }
    }
    return false;
}

void explain_diagnose_proxy(const struct failure *f, esp_tls_diagnosis_t *d)
{
    esp_transport_diagnose_code(d, f->code);
    if (explain_proxy_is_slow(f)) {
        d->reason_count = 0;
        esp_tls_diagnosis_lead(d, ESP_TLS_REASON_PROXY_TIMEOUT);
    }
}

/* --- in words --------------------------------------------------------------------------------- */

/* A sentence of the diagnosis with all of its evidence. */
#define SENTENCE_MAX 1024

static const char *label_of(const esp_tls_diagnosis_t *d)
{
    static const char *const labels[] = {
        [ESP_TLS_CLASS_CONFIG] = "settings",
        [ESP_TLS_CLASS_MEMORY] = "out of memory",
        [ESP_TLS_CLASS_DNS] = "name not found",
        [ESP_TLS_CLASS_NETWORK] = "no connection",
        [ESP_TLS_CLASS_TIMEOUT] = "timeout",
        [ESP_TLS_CLASS_PROTOCOL] = "TLS failed",
        [ESP_TLS_CLASS_NEGOTIATION] = "TLS failed",
        [ESP_TLS_CLASS_CERTIFICATE] = "certificate refused",
        [ESP_TLS_CLASS_IDENTITY] = "client certificate",
        [ESP_TLS_CLASS_CLOSED] = "connection closed",
        [ESP_TLS_CLASS_PROXY] = "proxy",
        [ESP_TLS_CLASS_INTERNAL] = "failed",
    };

    if (d->record.cause == ESP_TLS_CAUSE_TIMEOUT) {
        return "timeout";
    }
    return (unsigned)d->kind < sizeof(labels) / sizeof(labels[0]) && labels[d->kind] != NULL
               ? labels[d->kind]
               : "failed";
}

/** What the system itself calls it, for those who look for that. */
static void add_system(const esp_tls_record_t *r, struct text *text)
{
    if (r->resolver_code != 0) {
        text_add(text, " (%s)", gai_strerror(r->resolver_code));
    } else if (r->os_errno != 0) {
        text_add(text, " (%s)", strerror(r->os_errno));
    }
}

static void add_reason(const esp_tls_diagnosis_t *d, unsigned i, struct text *text)
{
    char sentence[SENTENCE_MAX];

    (void)esp_tls_reason_sentence(d, d->reasons[i], sentence, sizeof(sentence));
    text_add(text, "%s", sentence);
}

static const struct option {
    const char *setting;
    const char *option;
} options[] = {
    {"cacert_buf", "--cacert FILE"},  {"clientcert_buf", "--cert FILE --key FILE"},
    {"clientkey_buf", "--key FILE"},  {"clientkey_password", "--pass PASSWORD"},
    {"common_name", "--name NAME"},   {"skip_common_name", "--no-name-check"},
    {"tls_version", "--tls 1.2|1.3"}, {"timeout_ms", "--timeout TIME"},
    {"addr_family", "-4, -6"},
};

static const char *option_of(const char *setting)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(options[i].setting, setting) == 0) {
            return options[i].option;
        }
    }
    return "";
}

/** The remedies of a reason; each with this program's option, if it has one. */
static void add_remedies(const esp_tls_diagnosis_t *d, esp_tls_reason_t reason, struct text *text)
{
    const char *before = ". What helps: ";
    esp_tls_remedy_t remedy;

    for (unsigned i = 0; (remedy = esp_tls_reason_remedy(reason, i)) != ESP_TLS_REMEDY_NONE; i++) {
        const char *option = option_of(esp_tls_remedy_setting(remedy));
        char sentence[SENTENCE_MAX];

        (void)esp_tls_remedy_sentence(d, remedy, sentence, sizeof(sentence));
        text_add(text, "%s%s%s%s%s", before, sentence, option[0] != '\0' ? " (here: " : "", option,
                 option[0] != '\0' ? ")" : "");
        before = "; ";
    }
}

/** Whom this run trusted. */
static void add_trusted(const struct failure *f, struct text *text)
{
    if ((f->record.verify_flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        text_add(text, ". Trusted here is only what %s holds",
                 f->options->cacert != NULL ? f->options->cacert
                                            : "the system's list (/etc/ssl/certs)");
    }
}

enum tool_exit explain(const struct failure *f, struct text *text)
{
    esp_tls_diagnosis_t d;
    char sentence[SENTENCE_MAX];
    enum tool_exit status;

    if (explain_proxy(f, text, &status)) {
        return status;
    }
    if (explain_proxy_is_slow(f)) {
        return explain_slow_proxy(f, text);
    }
    explain_diagnose(f, &d);
    (void)esp_tls_diagnosis_sentence(&d, sentence, sizeof(sentence));
    text_add(text, "%s: %s", label_of(&d), sentence);
    add_system(&d.record, text);
    for (unsigned i = 0; i < d.reason_count; i++) {
        text_add(text, i == 0 ? ": " : ". Or: ");
        add_reason(&d, i, text);
        if (i == 0) {
            add_remedies(&d, d.reasons[i], text);
        }
    }
    add_trusted(f, text);
    text_add(text, ".");
    return exit_of(&f->record);
}
