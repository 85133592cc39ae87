#include "words.h"

#include <string.h>

#include "esp_tls_certificate.h"
#include "esp_tls_memory.h"

typedef const esp_tls_diagnosis_t diagnosis;

void et_words_code(struct out *out, esp_tls_code_domain_t domain, int value)
{
    esp_tls_code_t code;

    if (esp_tls_code_find(domain, value, &code)) {
        et_out_text(out, code.name);
    } else if (domain == ESP_TLS_CODE_ESP || domain == ESP_TLS_CODE_STACK) {
        et_out_code(out, (uint32_t)value);
    } else {
        et_out_signed(out, value);
    }
}

static void endpoint(struct out *out, diagnosis *d)
{
    const char *address = d->record.address[0] != '\0' ? d->record.address : d->evidence.host;

    et_out_text(out, address);
    if (d->record.port != 0 || d->evidence.port != 0) {
        et_out_text(out, " port ");
        et_out_number(out, d->record.port != 0 ? d->record.port : d->evidence.port);
    }
}

void et_words_peer(struct out *out, diagnosis *d)
{
    const char *host = d->evidence.host;
    const char *address = d->record.address;

    if (host[0] == '\0' && address[0] == '\0') {
        et_out_text(out, "the server");
    } else if (host[0] == '\0' || address[0] == '\0' || strcmp(host, address) == 0) {
        endpoint(out, d);
    } else {
        et_out_text(out, host);
        et_out_text(out, " (");
        endpoint(out, d);
        et_out_text(out, ")");
    }
}

/* --- one function per word that is more than a text or a number ------------------------------- */

static void certificate(struct out *out, diagnosis *d)
{
    et_out_text(out, "the certificate");
    if (d->evidence.subject[0] != '\0') {
        et_out_text(out, " \"");
        et_out_text(out, d->evidence.subject);
        et_out_text(out, "\"");
    }
}

static void issuer(struct out *out, diagnosis *d)
{
    if (d->evidence.issuer[0] == '\0') {
        et_out_text(out, "its issuer");
        return;
    }
    et_out_text(out, "\"");
    et_out_text(out, d->evidence.issuer);
    et_out_text(out, "\"");
}

/** Whose key is too weak. */
static void weak(struct out *out, diagnosis *d)
{
    if ((d->evidence.chain & ESP_TLS_CHAIN_WEAK_ISSUER) != 0) {
        issuer(out, d);
    } else {
        certificate(out, d);
    }
}

static void clause(struct out *out, const char *before, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        et_out_text(out, before);
        et_out_text(out, text);
        et_out_text(out, ")");
    }
}

static void address_clause(struct out *out, diagnosis *d)
{
    if (d->evidence.name[0] != '\0') {
        et_out_text(out, " ");
        et_out_text(out, d->evidence.name);
    }
}

static void issuer_clause(struct out *out, diagnosis *d)
{
    if (d->evidence.issuer[0] != '\0') {
        et_out_text(out, " (");
        issuer(out, d);
        et_out_text(out, ")");
    }
}

static void aia_clause(struct out *out, diagnosis *d)
{
    clause(out, " (it can be had at ", d->evidence.aia);
}

static void names_clause(struct out *out, diagnosis *d)
{
    clause(out, " (it is for: ", d->evidence.names);
}

static void status_clause(struct out *out, diagnosis *d)
{
    if (d->evidence.http_status != 0) {
        et_out_text(out, ": status ");
        et_out_number(out, d->evidence.http_status);
    }
}

static void field_clause(struct out *out, diagnosis *d)
{
    clause(out, " (in ", d->evidence.input_field);
}

static void oid_clause(struct out *out, diagnosis *d)
{
    const esp_tls_evidence_t *e = &d->evidence;

    if (e->input_oid_name != NULL) {
        et_out_text(out, ": ");
        et_out_text(out, e->input_oid_name);
    }
    clause(out, " (", e->input_oid);
}

const char *et_words_host_fault(const char *host)
{
    const char *colon = strchr(host, ':');

    if (strstr(host, "://") != NULL) {
        return ": it is a URL";
    }
    if (strchr(host, '/') != NULL) {
        return ": it has a path";
    }
    if (host[0] == '[') { /* an IPv6 address in brackets, as URLs have it */
        return strstr(host, "]:") != NULL ? ": it has a port" : NULL;
    }
    return colon != NULL && strchr(colon + 1, ':') == NULL ? ": it has a port" : NULL;
}

static void host_clause(struct out *out, diagnosis *d)
{
    const char *fault = et_words_host_fault(d->evidence.host);

    et_out_text(out, fault != NULL ? fault : "");
}

static void state_clause(struct out *out, diagnosis *d)
{
    clause(out, " (", d->record.option);
}

/** How many there are, and how many may be: the depth is that of the last one that fits. */
static void chain_clause(struct out *out, diagnosis *d)
{
    if (d->evidence.chain_count != 0 && d->record.verify_depth >= 0) {
        et_out_text(out, ": it sent ");
        et_out_number(out, d->evidence.chain_count);
        et_out_text(out, ", and ");
        et_out_number(out, (uint64_t)d->record.verify_depth + 1);
        et_out_text(out, " are the most without the root");
    }
}

/** A number of IANA's registry for TLS, as it is written there. */
static void chosen(struct out *out, uint16_t number)
{
    if (number != 0) {
        et_out_text(out, " (it chose 0x");
        et_out_hex(out, (uint8_t)(number >> 8));
        et_out_hex(out, (uint8_t)number);
        et_out_text(out, ")");
    }
}

static void group_clause(struct out *out, diagnosis *d)
{
    chosen(out, d->evidence.group);
}

static void scheme_clause(struct out *out, diagnosis *d)
{
    chosen(out, d->evidence.scheme);
}

static void bits_clause(struct out *out, diagnosis *d)
{
    if (d->evidence.key_bits != 0) {
        et_out_text(out, " (");
        et_out_number(out, d->evidence.key_bits);
        et_out_text(out, " bits)");
    }
}

/** Printable bytes as they are, others in hexadecimal. */
static void peer_bytes(struct out *out, diagnosis *d)
{
    const esp_tls_evidence_t *e = &d->evidence;
    bool is_text = true;

    for (size_t i = 0; i < e->peer_bytes_len; i++) {
        is_text &= e->peer_bytes[i] >= 0x20 && e->peer_bytes[i] < 0x7F;
    }
    if (is_text) {
        et_out_text(out, "\"");
        et_out_bytes(out, (const char *)e->peer_bytes, e->peer_bytes_len);
        et_out_text(out, "\"");
        return;
    }
    for (size_t i = 0; i < e->peer_bytes_len; i++) {
        et_out_text(out, i > 0 ? " " : "");
        et_out_code(out, e->peer_bytes[i]);
    }
}

static void record_needed(struct out *out, diagnosis *d)
{
    uint32_t need = 1024;

    while (need < d->record.record_len && need < 16384) {
        need *= 2;
    }
    et_out_number(out, need);
}

static void purpose(struct out *out, diagnosis *d)
{
    et_out_text(out, esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)d->record.mem_purpose));
}

static void os_error(struct out *out, diagnosis *d)
{
    et_words_code(out, ESP_TLS_CODE_ERRNO, d->record.os_errno);
}

/** The input with its number, when there are several. */
static void input(struct out *out, diagnosis *d)
{
    et_out_text(out, d->evidence.input != NULL ? d->evidence.input : "the certificate or key");
    if (d->evidence.input_item > 0) {
        et_out_text(out, " (its certificate number ");
        et_out_number(out, d->evidence.input_item + 1);
        et_out_text(out, ")");
    }
}

/** Words around an offset into the input, where it is known which input that is. */
static void at_input(struct out *out, diagnosis *d, const char *before, const char *behind)
{
    if (d->evidence.input == NULL) {
        return;
    }
    et_out_text(out, before);
    et_out_number(out, d->evidence.input_at);
    et_out_text(out, behind);
    if (d->evidence.input_line != 0) {
        et_out_text(out, " (line ");
        et_out_number(out, d->evidence.input_line);
        et_out_text(out, ")");
    }
}

static void input_place(struct out *out, diagnosis *d)
{
    at_input(out, d, " at byte ", "");
}

static void input_end(struct out *out, diagnosis *d)
{
    at_input(out, d, ", after ", " bytes");
}

static void input_read(struct out *out, diagnosis *d)
{
    at_input(out, d, ": reading got to byte ", "");
}

static void timeout_clause(struct out *out, diagnosis *d)
{
    if (d->evidence.timeout_ms > 0) {
        et_out_text(out, " (");
        et_out_number(out, (uint64_t)d->evidence.timeout_ms);
        et_out_text(out, " ms now)");
    }
}

static void sent_certificate(struct out *out, diagnosis *d)
{
    if (d->evidence.input != NULL) {
        et_out_text(out, "certificate number ");
        et_out_number(out, d->evidence.input_item + 1);
        et_out_text(out, " that the server sent");
    } else {
        et_out_text(out, "a certificate that the server sent");
    }
}

/* --- the words -------------------------------------------------------------------------------- */

enum form {
    FUNCTION,
    TEXT,    /* char[] */
    POINTER, /* const char * */
    MS,      /* int */
    U32,
    U32_BYTES,
    U64_BYTES,
    TIME
};

#define AT(member) offsetof(esp_tls_diagnosis_t, member)

static const struct word {
    const char *name;
    const char *in_general; /* also where the evidence has 0 or "" */
    enum form form;
    size_t at;
    void (*write)(struct out *out, diagnosis *d);
} words[] = {
    {"peer", "the server", FUNCTION, 0, et_words_peer},
    {"endpoint", "that address and port", FUNCTION, 0, endpoint},
    {"host", "the server's name", TEXT, AT(evidence.host), NULL},
    {"host_clause", ", but a URL, or has a port or path in it", FUNCTION, 0, host_clause},
    {"name", "the name that was asked for", TEXT, AT(evidence.name), NULL},
    {"option", "an option", POINTER, AT(record.option), NULL},
    {"timeout", "its time", MS, AT(evidence.timeout_ms), NULL},
    {"timeout_clause", "", FUNCTION, 0, timeout_clause},
    {"errno", "see its errno", FUNCTION, 0, os_error},
    {"bytes_in", "not all of it", U64_BYTES, AT(record.bytes_in), NULL},
    {"record_len", "more bytes than it may have", U32_BYTES, AT(record.record_len), NULL},
    {"record_all", "its bytes", U32_BYTES, AT(record.record_len), NULL},
    {"record_limit", "fewer", U32, AT(record.record_limit), NULL},
    {"record_got", "not all", U32, AT(evidence.record_got), NULL},
    {"record_needed", "the size of the server's records", FUNCTION, 0, record_needed},
    {"mem_size", "some bytes", U32_BYTES, AT(record.mem_size), NULL},
    {"mem_largest", "fewer", U32, AT(record.mem_largest_free), NULL},
    {"mem_free", "enough", U32, AT(evidence.mem_free), NULL},
    {"mem_purpose", "the connection", FUNCTION, 0, purpose},
    {"peer_bytes", "other bytes", FUNCTION, 0, peer_bytes},
    {"certificate", "the certificate", FUNCTION, 0, certificate},
    {"issuer", "its issuer", FUNCTION, 0, issuer},
    {"weak", "a certificate of the chain", FUNCTION, 0, weak},
    {"not_before", "its notBefore date", TIME, AT(evidence.not_before), NULL},
    {"not_after", "its notAfter date", TIME, AT(evidence.not_after), NULL},
    {"now", "what the platform says", TIME, AT(evidence.now), NULL},
    {"bits_clause", "", FUNCTION, 0, bits_clause},
    {"state_clause", "", FUNCTION, 0, state_clause},
    {"chain_clause", "", FUNCTION, 0, chain_clause},
    {"group_clause", "", FUNCTION, 0, group_clause},
    {"scheme_clause", "", FUNCTION, 0, scheme_clause},
    {"names_clause", "", FUNCTION, 0, names_clause},
    {"address_clause", "", FUNCTION, 0, address_clause},
    {"issuer_clause", "", FUNCTION, 0, issuer_clause},
    {"aia_clause", "", FUNCTION, 0, aia_clause},
    {"status_clause", "", FUNCTION, 0, status_clause},
    {"field_clause", "", FUNCTION, 0, field_clause},
    {"oid_clause", "", FUNCTION, 0, oid_clause},
    {"input", "the certificate or key", FUNCTION, 0, input},
    {"input_place", "", FUNCTION, 0, input_place},
    {"input_end", "", FUNCTION, 0, input_end},
    {"input_read", "", FUNCTION, 0, input_read},
    {"sent_certificate", "a certificate that the server sent", FUNCTION, 0, sent_certificate},
};

static const struct word *find_word(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].name) == len && memcmp(words[i].name, name, len) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

static uint64_t number_at(const struct word *word, diagnosis *d)
{
    const char *at = (const char *)d + word->at;
    int64_t seconds;
    uint64_t u64;
    uint32_t u32;
    int i;

    switch (word->form) {
    case MS:
        memcpy(&i, at, sizeof(i));
        return i > 0 ? (uint64_t)i : 0;
    case U32:
    case U32_BYTES:
        memcpy(&u32, at, sizeof(u32));
        return u32;
    case U64_BYTES:
        memcpy(&u64, at, sizeof(u64));
        return u64;
    case TIME:
        memcpy(&seconds, at, sizeof(seconds));
        return (uint64_t)seconds;
    default:
        return 0;
    }
}

static void write_word(struct out *out, const struct word *word, diagnosis *d)
{
    const char *text;
    const char *at;
    uint64_t number = number_at(word, d);

    if (word->form == FUNCTION) {
        word->write(out, d);
    } else if (word->form == TEXT || word->form == POINTER) {
        at = (const char *)d + word->at;
        text = at;
        if (word->form == POINTER) {
            memcpy(&text, at, sizeof(text));
        }
        et_out_text(out, text != NULL && text[0] != '\0' ? text : word->in_general);
    } else if (number == 0) {
        et_out_text(out, word->in_general);
    } else if (word->form == TIME) {
        char time[ESP_TLS_TIME_TEXT];

        esp_tls_time_text((int64_t)number, time);
        et_out_text(out, time);
        et_out_text(out, " UTC");
    } else {
        et_out_number(out, number);
        et_out_text(out, word->form == MS ? " ms" : word->form != U32 ? " bytes" : "");
    }
}

void et_words_expand(struct out *out, const char *sentence, diagnosis *d)
{
    while (*sentence != '\0') {
        const char *open = strchr(sentence, '{');
        const char *close = open != NULL ? strchr(open, '}') : NULL;
        const struct word *word;

        if (close == NULL) {
            et_out_text(out, sentence);
            return;
        }
        et_out_bytes(out, sentence, (size_t)(open - sentence));
        word = find_word(open + 1, (size_t)(close - open - 1));
        if (word == NULL) { /* not one of ours: as it stands */
            et_out_bytes(out, open, (size_t)(close - open + 1));
        } else if (d == NULL) {
            et_out_text(out, word->in_general);
        } else {
            write_word(out, word, d);
        }
        sentence = close + 1;
    }
}
