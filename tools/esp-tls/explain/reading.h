/* Codes found in a text, and each way in which they can be read.
 *
 * A text is either a few words that are all codes (`0x7200`, `alert 48`, `handshake_failure`),
 * which may be spelled loosely and are read in every way that makes sense; or it is a log, in which
 * only what stands in its usual place, or has its full name, counts as a code. */
#ifndef READING_H
#define READING_H

#include <stdbool.h>
#include <stddef.h>

#include "esp_tls_diagnosis.h"

#define READINGS_MOST 96
#define SPELLED_MOST  64

/** One way to read one place of the text. */
struct reading {
    esp_tls_code_t code;     /* name NULL: the place names a reason, not a code */
    esp_tls_code_t low;      /* the low-level part of a sum; name NULL: none */
    esp_tls_reason_t reason; /* where code.name is NULL */
    const char *note;        /* how it is read, where there is doubt; static text, or NULL */
    int value;               /* as it was written: of a sum, the sum */
    unsigned line;           /* from 1 */
    unsigned place;          /* readings of one place follow each other and have one number */
    char spelled[SPELLED_MOST];
};

struct readings {
    struct reading rows[READINGS_MOST];
    size_t count;
    unsigned places;
    bool overflow; /* there was more */
    /* the place that is being read */
    size_t first;
    struct reading place;
};

/** Read a text. @param text  ends in NUL; anything */
void readings_of(struct readings *r, const char *text);

/* --- for the parts of it ---------------------------------------------------------------------- */

/** A part of the text. */
struct spot {
    const char *text;
    size_t len;
    unsigned line;
};

/** Begin a place: readings of it follow, then reading_done(). */
void reading_place(struct readings *r, const struct spot *spot);
/** A code of a domain. @return false: there is none, and nothing is added */
bool reading_code(struct readings *r, esp_tls_code_domain_t domain, int value, const char *note);
/** The same of a row that is at hand. @param value  as it was written: not every C library numbers
 *  errno as this one does */
void reading_row(struct readings *r, const esp_tls_code_t *code, int value, const char *note);
void reading_reason(struct readings *r, esp_tls_reason_t reason, const char *note);
/** End a place. What says no more than an earlier one is taken back.
 *  @return false: nothing was read */
bool reading_done(struct readings *r);

/** A number without its sign. Of INT_MIN, which has none without it, INT_MAX: no code is as
 *  large. */
int reading_magnitude(int value);

/** All codes, walked through once. */
const esp_tls_code_t *all_codes(size_t *count);

/** How loosely a name may be spelled. */
enum looseness {
    STRICT, /* all of it, in upper case */
    LOOSE,  /* in any case; of several words also how a name ends */
    ALONE   /* also one word that a name ends in: nothing else was asked */
};

/** What a name can mean. @return false: nothing */
bool name_read(struct readings *r, const char *text, size_t len, enum looseness loose);
/** The same for names of alerts only. */
bool alert_read(struct readings *r, const char *text, size_t len);
/** Names of codes that contain the word, for who misspelled it.
 *  @return how many there are; at most cap are written */
size_t names_like(const char *word, const char **names, size_t cap);

/** A number of errno, as ESP-IDF's C library has it and as this machine does.
 *  @param is_esp_idf  it comes from there for sure */
bool errno_read(struct readings *r, int value, bool is_esp_idf);
/** A result of getaddrinfo(), as lwIP numbers it and as this machine does. */
bool resolver_read(struct readings *r, int value);

/** What a line of a log says in words. */
void phrases_read(struct readings *r, const struct spot *line);

#endif
