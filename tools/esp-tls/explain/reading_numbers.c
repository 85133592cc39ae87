/* A number as a code: of whom its words say that it is, or of anybody. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "reading_words.h"

static bool flags_read(struct readings *r, int value)
{
    bool found = false;

    for (unsigned bit = 0; bit < 31; bit++) {
        if (((unsigned)value >> bit & 1u) != 0) {
            found |= reading_code(r, ESP_TLS_CODE_VERIFY, (int)(1u << bit), NULL);
        }
    }
    return found;
}

static bool is_exact(esp_tls_code_domain_t domain, int value)
{
    esp_tls_code_t code;

    return esp_tls_code_find(domain, value, &code) &&
           code.value == (domain == ESP_TLS_CODE_STACK ? reading_magnitude(value) : value);
}

/** Is this a sum of two codes that both exist? */
static bool is_sum(int value)
{
    esp_tls_code_t code;
    int magnitude = reading_magnitude(value);

    return esp_tls_code_find(ESP_TLS_CODE_STACK, value, &code) &&
           (code.value == magnitude || is_exact(ESP_TLS_CODE_STACK, magnitude - code.value));
}

/** A number that may be anybody's. Sums are left out: too many numbers are one by chance. */
static void any_read(struct readings *r, enum spelling spelling, int value, const char *note)
{
    bool is_hex = spelling != DECIMAL;

    if (is_exact(ESP_TLS_CODE_ESP, value) && value != 0) {
        (void)reading_code(r, ESP_TLS_CODE_ESP, value, note);
    }
    if (is_exact(ESP_TLS_CODE_STACK, value)) {
        (void)reading_code(r, ESP_TLS_CODE_STACK, value, note);
    }
    if (!is_hex && value > 0 && value < 256) {
        (void)reading_code(r, ESP_TLS_CODE_ALERT, value, NULL);
    }
    if (!is_hex && value != 0) {
        (void)(value > 0 ? errno_read(r, value, false) : false);
        (void)resolver_read(r, value);
    }
    if (is_hex && value > 0) {
        (void)reading_code(r, ESP_TLS_CODE_VERIFY, value, NULL);
        if (value < 256) {
            (void)reading_code(r, ESP_TLS_CODE_ALERT, value, NULL);
        }
    }
}

static bool is_worth_hex(const struct spot *word)
{
    return word->len >= 4 && word->text[0] != '-';
}

static void loose_read(struct readings *r, const struct spot *word, enum spelling spelling,
                       int value)
{
    const char *note = spelling == BARE_HEX ? "in hexadecimal" : NULL;

    any_read(r, spelling, value, note);
    if (spelling == DECIMAL && is_worth_hex(word)) {
        char digits[24];
        unsigned long long n;

        memcpy(digits, word->text, word->len);
        digits[word->len] = '\0';
        n = strtoull(digits, NULL, 16);
        if (n <= INT_MAX) {
            any_read(r, BARE_HEX, (int)n, "in hexadecimal");
        }
    }
    if (r->count == r->first && is_sum(value)) {
        (void)reading_code(r, ESP_TLS_CODE_STACK, value, note);
    }
}

/** A code of ESP-IDF that does not only mark where others begin. */
static bool esp_read(struct readings *r, int value)
{
    esp_tls_code_t code;

    return value >= 0x1000 && esp_tls_code_find(ESP_TLS_CODE_ESP, value, &code) &&
           code.reasons[0] != ESP_TLS_REASON_RANGE_BEGIN &&
           reading_code(r, ESP_TLS_CODE_ESP, value, NULL);
}

/** In a log a number without its word counts only if it looks like a code: -0x7200, 0x801A. */
static void lonely_read(struct readings *r, const struct spot *word, enum spelling spelling,
                        int value)
{
    if (spelling != HEX || word->len < 5 || esp_read(r, value)) {
        return;
    }
    if (value < 0 ? is_sum(value) : value >= 0x1000 && is_exact(ESP_TLS_CODE_STACK, value)) {
        (void)reading_code(r, ESP_TLS_CODE_STACK, value, NULL);
    }
}

/** A number that is a code: a sum as well, and in decimal. */
static void failure_read(struct readings *r, enum spelling spelling, int value)
{
    bool is_stacks = spelling == HEX ? is_sum(value) && reading_magnitude(value) >= 0x1000
                                     : value <= -0x1000 && is_sum(value);

    if (!esp_read(r, value) && is_stacks) {
        (void)reading_code(r, ESP_TLS_CODE_STACK, value, NULL);
    }
}

/** What axTLS returns: an alert that came, with a minus before it, or a number of its own. */
static void axtls_read(struct readings *r, int value)
{
    if (value == -256) {
        reading_reason(r, ESP_TLS_REASON_CLOSED_IN_HANDSHAKE, NULL);
    } else if (value <= -10 && value > -256) {
        (void)reading_code(r, ESP_TLS_CODE_ALERT, -value, NULL);
    }
}

/** What some ports of MicroPython raise when a connection fails: errno with a minus before it. The
 *  alerts that have these numbers belong to extensions that axTLS does not send. */
static bool negated_errno_read(struct readings *r, int value)
{
    static const char *const names[] = {"ECONNREFUSED", "ECONNRESET",   "ECONNABORTED",
                                        "ETIMEDOUT",    "EHOSTUNREACH", "ENETUNREACH",
                                        "ENOTCONN",     "EINPROGRESS"};
    size_t before = r->count;

    (void)(value < 0 && errno_read(r, reading_magnitude(value), false));
    for (size_t i = before; i < r->count; i++) {
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            if (strcmp(r->rows[i].code.name, names[k]) == 0) {
                return true;
            }
        }
    }
    r->count = before;
    return false;
}

/** The number of an exception of MicroPython, with "Errno" before it or without: of Mbed TLS, of
 *  lwIP's resolver, of a socket, or of axTLS. */
static void python_read(struct readings *r, const struct line *line, int value)
{
    if (value <= -0x1000) {
        failure_read(r, DECIMAL, value);
    } else if (value <= -200 && value > -210) {
        (void)resolver_read(r, -value);
    } else if (!negated_errno_read(r, value) && line->is_about_tls) {
        axtls_read(r, value);
    }
}

/** A number whose word says whose it is. One that is none of theirs is tried elsewhere. */
static void known_read(struct readings *r, const struct line *line, const struct spot *word,
                       enum context context, enum spelling spelling, int value)
{
    size_t before = r->count;

    switch (context) {
    case OF_ESP:
        (void)(value != 0 && reading_code(r, ESP_TLS_CODE_ESP, value, NULL));
        break;
    case OF_STACK:
        (void)((spelling == HEX || value < 0 ? is_sum(value)
                                             : is_exact(ESP_TLS_CODE_STACK, value)) &&
               reading_code(r, ESP_TLS_CODE_STACK, value, NULL));
        break;
    case OF_ARDUINO:
        (void)(value < -1 && is_sum(value) && reading_code(r, ESP_TLS_CODE_STACK, value, NULL));
        break;
    case OF_AXTLS:
        axtls_read(r, value);
        break;
    case OF_PYTHON:
        python_read(r, line, value);
        break;
    case OF_HTTP: /* RFC 9110 section 15: these are errors */
        if (value >= 400 && value <= 599) {
            reading_reason(r, ESP_TLS_REASON_HTTP_STATUS, NULL);
        }
        break;
    case OF_ANYBODY:
        failure_read(r, spelling, value);
        break;
    case OF_ALERT:
        (void)reading_code(r, ESP_TLS_CODE_ALERT, value, NULL);
        break;
    case OF_FLAGS:
        (void)flags_read(r, value);
        break;
    case OF_ERRNO:
        if (value < 0) {
            python_read(r, line, value);
        } else {
            (void)errno_read(r, value, line->is_esp_idf);
        }
        break;
    case OF_RESOLVER:
        (void)resolver_read(r, value);
        break;
    default:
        break;
    }
    if (r->count == before && context != OF_OTHERS && context != OF_ALERT) {
        lonely_read(r, word, spelling, value);
    }
}

/* What an alert means that this side sent: its reasons in the table are those of one that came. */
static const struct {
    uint8_t alert;
    uint8_t reason;
} sent_reasons[] = {
    {0, ESP_TLS_REASON_NONE},
    {10, ESP_TLS_REASON_PEER_FAULT},
    {20, ESP_TLS_REASON_RECORD_DAMAGED},
    {22, ESP_TLS_REASON_RECORD_TOO_LARGE},
    {40, ESP_TLS_REASON_NO_COMMON_SUITE},
    {42, ESP_TLS_REASON_CERT_REFUSED},
    {43, ESP_TLS_REASON_CERT_UNSUPPORTED},
    {44, ESP_TLS_REASON_CERT_REVOKED},
    {45, ESP_TLS_REASON_CERT_EXPIRED},
    {46, ESP_TLS_REASON_CERT_REFUSED},
    {47, ESP_TLS_REASON_PEER_FAULT},
    {48, ESP_TLS_REASON_ROOT_NOT_TRUSTED},
    {50, ESP_TLS_REASON_PEER_FAULT},
    {51, ESP_TLS_REASON_PEER_PROOF_FAILED},
    {70, ESP_TLS_REASON_OLD_TLS_ONLY},
    {80, ESP_TLS_REASON_STACK_INTERNAL},
    {109, ESP_TLS_REASON_PEER_FAULT},
    {110, ESP_TLS_REASON_PEER_FAULT},
};

static bool is_sent(const struct words *words, size_t i)
{
    for (size_t back = 1; back <= i && back <= READING_REACH + 2; back++) {
        const struct spot *word = &words->items[i - back];

        if (word_is(word, "send") || word_is(word, "sent") || word_is(word, "sending") ||
            word_is(word, "alert_sent")) {
            return true;
        }
    }
    return false;
}

/** The alert that was read last came from this side. */
static void turn_round(struct readings *r)
{
    struct reading *row = &r->rows[r->count - 1];

    row->note = "sent by this side";
    memset(row->code.reasons, 0, sizeof(row->code.reasons));
    row->code.kind = ESP_TLS_CLASS_INTERNAL;
    row->code.reasons[0] = ESP_TLS_REASON_OTHER;
    for (size_t i = 0; i < sizeof(sent_reasons) / sizeof(sent_reasons[0]); i++) {
        if (sent_reasons[i].alert == row->code.value) {
            row->code.reasons[0] = sent_reasons[i].reason;
            row->code.kind =
                (uint8_t)esp_tls_reason_class((esp_tls_reason_t)sent_reasons[i].reason);
        }
    }
}

/** "[2:40]", "level=2, message=40": the level of an alert stands before it. */
static bool is_alert_level(const struct words *words, size_t i, int value)
{
    int next;
    size_t at = i + 1;

    if (at < words->count &&
        (word_is(&words->items[at], "type") || word_is(&words->items[at], "message"))) {
        at++;
    }
    return (value == 1 || value == 2) && at < words->count &&
           word_number(&words->items[at], &next) != NO_NUMBER;
}

/* Mbed TLS adds a low-level code to a high-level one: 0x10 to 0x2700. */
#define LOW_END  0x80
#define HIGH_END 0x8000

/** The numbers of "0x2700 + 0x10" together. @return how many words they take */
static size_t sum_at(const struct words *words, size_t i, enum spelling *spelling, int *value)
{
    int part;

    *spelling = word_number(&words->items[i], value);
    if (*spelling == NO_NUMBER) {
        return 0;
    }
    if (i + 2 < words->count && word_is(&words->items[i + 1], "+") &&
        word_number(&words->items[i + 2], &part) != NO_NUMBER &&
        reading_magnitude(part) < LOW_END && reading_magnitude(*value) < HIGH_END) {
        *value += *value < 0 ? -reading_magnitude(part) : reading_magnitude(part);
        return 3;
    }
    return 1;
}

/** Hexadecimal without 0x: "UNKNOWN ERROR CODE (004C)" of mbedtls_strerror(), and
 *  "mbedtls_ssl_handshake error: -4290" of MicroPython. */
static bool is_hidden_hex(const struct words *words, size_t i)
{
    const struct spot *items = words->items;

    return (i > 2 && word_is(&items[i - 1], "code") && word_is(&items[i - 2], "error") &&
            word_is(&items[i - 3], "unknown")) ||
           (i > 1 && word_is(&items[i - 1], "error") && word_has(&items[i - 2], "mbedtls_") &&
            items[i].text[0] == '-');
}

/** @return false: the number is no code in hexadecimal */
static bool hidden_hex_read(struct readings *r, const struct spot *word)
{
    char text[16] = "0x";
    struct spot hex = {text, 2, word->line};
    int value;

    for (size_t i = word->text[0] == '-'; i < word->len && hex.len < sizeof(text); i++) {
        text[hex.len++] = word->text[i];
    }
    return word_number(&hex, &value) == HEX && is_sum(value) &&
           reading_code(r, ESP_TLS_CODE_STACK, value, "in hexadecimal");
}

/** Does a function stand there that returns a count, or nothing above 0? */
static bool is_of_counter(const struct words *words, size_t end)
{
    static const char *const names[] = {"recv", "send", "read", "write", "mbedtls_"};

    for (size_t i = end > 3 ? end - 3 : 0; i < end; i++) {
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            if (word_has(&words->items[i], names[k])) {
                return true;
            }
        }
    }
    return false;
}

/** "getaddrinfo(host, port)[0][-1]" in a program's source. */
static bool is_index(const struct words *words, size_t i)
{
    return i > 0 && words->items[i].text[-1] == '[';
}

/** Counts, and lines of a source: "f_recv() returned 5", "mbedtls: calloc(1, 16717)",
 *  "[start_ssl_client():276]". */
static bool is_count(const struct words *words, size_t i, enum spelling spelling, int value)
{
    const struct spot *word = &words->items[i];
    const struct spot *before;
    const char *end;

    if (i == 0 || spelling != DECIMAL || value < 0) {
        return false;
    }
    before = word - 1;
    end = before->text + before->len;
    return (end + 3 == word->text && memcmp(end, "():", 3) == 0) || word_has(before, "alloc") ||
           ((word_is(before, "returned") || word_is(before, "returns")) &&
            is_of_counter(words, i - 1));
}

size_t number_read(struct readings *r, const struct line *line, const struct words *words, size_t i)
{
    enum spelling spelling;
    enum context context = words_context(words, i);
    int value = 0;
    size_t taken = sum_at(words, i, &spelling, &value);
    struct spot spot;

    spot = words_span(words, i, taken > 0 ? taken : 1);
    reading_place(r, &spot);
    if (is_hidden_hex(words, i) && hidden_hex_read(r, &words->items[i])) {
        scene_read(r, words, i);
        return reading_done(r) ? 1 : 0;
    }
    if (taken == 0 || (spelling == BARE_HEX && !line->is_loose)) {
        return 0;
    }
    if ((context == OF_RESOLVER && is_index(words, i)) ||
        (context == OF_ALERT && is_alert_level(words, i, value)) ||
        (!line->is_loose && is_count(words, i, spelling, value))) {
        return taken;
    }
    if (context != NOTHING) {
        known_read(r, line, &words->items[i], context, spelling, value);
        if (context == OF_ALERT && r->count > r->first && is_sent(words, i)) {
            turn_round(r);
        }
    } else if (line->is_loose) {
        loose_read(r, &words->items[i], spelling, value);
    } else {
        lonely_read(r, &words->items[i], spelling, value);
    }
    scene_read(r, words, i);
    return reading_done(r) || !line->is_loose ? taken : 0;
}
