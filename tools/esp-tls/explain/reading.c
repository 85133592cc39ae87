/* Words of a text, and what stands before them, as codes. */
#define _GNU_SOURCE /* strcasestr */
#include "reading_words.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

/* --- what was read ---------------------------------------------------------------------------- */

void reading_place(struct readings *r, const struct spot *spot)
{
    size_t len = spot->len < SPELLED_MOST - 1 ? spot->len : SPELLED_MOST - 1;

    r->first = r->count;
    r->place = (struct reading){.line = spot->line, .place = r->places};
    for (size_t i = 0; i < len; i++) {
        bool is_plain = spot->text[i] >= ' ' && spot->text[i] <= '~';

        r->place.spelled[i] =
            (char)(is_plain ? spot->text[i] : '?'); /* no command for a terminal */
    }
}

static struct reading *add_reading(struct readings *r, const char *note)
{
    if (r->count == READINGS_MOST) {
        r->overflow = true;
        return NULL;
    }
    r->rows[r->count] = r->place;
    r->rows[r->count].note = note;
    return &r->rows[r->count++];
}

int reading_magnitude(int value)
{
    return value == INT_MIN ? INT_MAX : value < 0 ? -value : value;
}

void reading_row(struct readings *r, const esp_tls_code_t *code, int value, const char *note)
{
    struct reading *row = add_reading(r, note);

    if (row != NULL) {
        row->code = *code;
        row->value = value;
    }
}

bool reading_code(struct readings *r, esp_tls_code_domain_t domain, int value, const char *note)
{
    esp_tls_code_t code;
    struct reading *row;

    if (!esp_tls_code_find(domain, value, &code)) {
        return false;
    }
    row = add_reading(r, note);
    if (row != NULL) {
        row->code = code;
        row->value = domain == ESP_TLS_CODE_STACK ? reading_magnitude(value) : value;
        (void)esp_tls_code_find(domain, row->value - code.value, &row->low);
        if (row->value == code.value) {
            row->low.name = NULL;
        }
    }
    return true;
}

void reading_reason(struct readings *r, esp_tls_reason_t reason, const char *note)
{
    struct reading *row = add_reading(r, note);

    if (row != NULL) {
        row->reason = reason;
    }
}

static bool is_same(const struct reading *a, const struct reading *b)
{
    if (a->code.name == NULL || b->code.name == NULL) {
        return a->code.name == b->code.name && a->reason == b->reason;
    }
    return a->code.name == b->code.name &&
           (a->code.domain != ESP_TLS_CODE_STACK || a->value == b->value);
}

bool reading_is_no_cause(const struct reading *row)
{
    return row->code.name != NULL &&
           (row->code.kind == ESP_TLS_CLASS_WAITING || row->code.kind == ESP_TLS_CLASS_NONE);
}

/** Codes of ESP-TLS itself tell one attempt from another: an attempt has one. */
static bool has_other_esp_code(const struct readings *r, const struct reading *row)
{
    for (size_t i = 0; i < r->first; i++) {
        const struct reading *old = &r->rows[i];

        if (old->failure == r->failures && old->code.name != NULL &&
            old->code.domain == ESP_TLS_CODE_ESP && old->value != row->value &&
            (old->value & ~0xFF) == (row->value & ~0xFF)) {
            return true;
        }
    }
    return false;
}

/** A log goes on after a failure, often with the next one. That begins with a cause after the
 *  attempt was given up, or with another end of a handshake. */
static bool begins_failure(struct readings *r)
{
    const struct reading *row = &r->rows[r->first];
    bool is_handshake = row->ends_handshake && !reading_is_no_cause(row);
    bool is_other = is_handshake && r->handshake_value != 0 && r->handshake_value != row->value;
    bool is_late = r->has_given_up && !reading_is_no_cause(row) &&
                   (row->code.name == NULL || row->code.domain != ESP_TLS_CODE_ESP
                        ? !r->is_summary
                        : has_other_esp_code(r, row));

    r->handshake_value = is_handshake ? row->value : r->handshake_value;
    return r->first > 0 && (is_other || is_late);
}

static void number_failure(struct readings *r)
{
    if (begins_failure(r) && r->failures + 1 < FAILURES_MOST) {
        r->failures++;
        r->has_given_up = false;
    }
    for (size_t i = r->first; i < r->count; i++) {
        r->rows[i].failure = r->failures;
    }
}

bool reading_done(struct readings *r)
{
    bool is_new = false;

    for (size_t i = r->first; i < r->count; i++) {
        bool is_old = false;

        for (size_t k = 0; k < r->first; k++) {
            is_old |= is_same(&r->rows[i], &r->rows[k]);
        }
        is_new |= !is_old;
    }
    if (r->count == r->first) {
        return false;
    }
    if (is_new) {
        number_failure(r);
        r->places++;
    } else {
        r->count = r->first;
    }
    return true;
}

/* --- a name ----------------------------------------------------------------------------------- */

/* Words of the longest name of an alert: "bad certificate status response". */
#define NAME_WORDS 4

/** @return how many words the name takes; 0: this is none */
static size_t names_read(struct readings *r, const struct line *line, const struct words *words,
                         size_t i)
{
    bool after_alert = i > 0 && word_context(&words->items[i - 1]) == OF_ALERT;
    size_t most = after_alert || line->is_loose ? NAME_WORDS : 1;
    enum looseness loose = !line->is_loose ? STRICT : words->count == 1 ? ALONE : LOOSE;

    for (size_t n = most; n > 0; n--) {
        struct spot spot;

        if (i + n > words->count) {
            continue;
        }
        spot = words_span(words, i, n);
        reading_place(r, &spot);
        if (after_alert) {
            (void)alert_read(r, spot.text, spot.len);
        }
        if (r->count == r->first) {
            (void)name_read(r, spot.text, spot.len, loose);
        }
        if (reading_done(r)) {
            return n;
        }
    }
    return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

/** Words that only lead to a code. */
static bool is_filler(const struct spot *word)
{
    static const char *const fillers[] = {"number", "code", "error", "the", "+", "and", "or"};

    for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++) {
        if (word_is(word, fillers[i])) {
            return true;
        }
    }
    return word_context(word) != NOTHING;
}

/** @return false: there is a word that is no code, at which a loose reading ends */
static bool line_read(struct readings *r, const struct line *line)
{
    struct words words;

    words_split(line, &words);
    for (size_t i = 0; i < words.count && !r->overflow;) {
        size_t taken = number_read(r, line, &words, i);

        taken = taken > 0 ? taken : names_read(r, line, &words, i);
        if (taken == 0 && line->is_loose && !is_filler(&words.items[i])) {
            return false;
        }
        i += taken > 0 ? taken : 1;
    }
    return true;
}

/** "E (1234) tag: ..." or the same behind a colour. */
static bool is_esp_idf_line(const char *text, size_t len)
{
    const char *end = text + len;

    if (len > 2 && text[0] == '\033') {
        while (text < end && *text != 'm') {
            text++;
        }
        text++;
    }
    return end - text > 4 && strchr("EWIDV", text[0]) != NULL && text[1] == ' ' && text[2] == '(';
}

static bool has_esp_idf_line(const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        if (is_esp_idf_line(text, len)) {
            return true;
        }
        text += len + (text[len] == '\n' ? 1 : 0);
    }
    return false;
}

/** The heap is told before memory fails, and of what is free afterwards nothing follows. */
static bool has_memory_failed(const struct readings *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct reading *row = &r->rows[i];

        if (row->code.name != NULL ? row->code.kind == ESP_TLS_CLASS_MEMORY
                                   : esp_tls_reason_class(row->reason) == ESP_TLS_CLASS_MEMORY) {
            return true;
        }
    }
    return false;
}

/** What a line of a log says beside its codes, and its codes. */
static void log_line_read(struct readings *r, const struct line *line)
{
    struct spot spot = {line->text, line->len, line->number};

    if (!has_memory_failed(r)) {
        heap_read(&r->heap, &spot);
    }
    if (is_follow_up(&spot)) {
        return;
    }
    r->is_summary = is_summary(&spot);
    (void)line_read(r, line);
    phrases_read(r, &spot);
    r->has_given_up |= gives_up(&spot);
}

/** @return false: the text cannot be read in this way */
static bool all_lines(struct readings *r, const char *text, bool is_loose)
{
    struct line line = {.is_esp_idf = has_esp_idf_line(text),
                        .is_loose = is_loose,
                        .is_about_tls =
                            strcasestr(text, "ssl") != NULL || strcasestr(text, "tls") != NULL};

    *r = (struct readings){0};
    while (*text != '\0' && !r->overflow) {
        line.text = text;
        line.len = strcspn(text, "\n");
        line.number++;
        if (!is_loose) {
            log_line_read(r, &line);
        } else if (!line_read(r, &line)) {
            return false;
        }
        text += line.len + (text[line.len] == '\n' ? 1 : 0);
    }
    return r->places > 0;
}

void readings_of(struct readings *r, const char *text)
{
    if (!all_lines(r, text, true)) {
        (void)all_lines(r, text, false);
    }
}
