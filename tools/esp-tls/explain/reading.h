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
#define FAILURES_MOST 16 /* what comes after so many belongs to the last */

/** Whose work failed, where the log names the function. */
enum scene {
    ANY_SCENE,
    OWN_INPUT, /* a certificate or key of the program's own was read */
    OF_PEER    /* what the peer sent was read */
};

/** One way to read one place of the text. */
struct reading {
    esp_tls_code_t code;     /* name NULL: the place names a reason, not a code */
    esp_tls_code_t low;      /* the low-level part of a sum; name NULL: none */
    esp_tls_reason_t reason; /* where code.name is NULL */
    const char *note;        /* how it is read, where there is doubt; static text, or NULL */
    int value;               /* as it was written: of a sum, the sum */
    bool ends_handshake;     /* it is what the handshake returned */
    enum scene scene;        /* of a code of the TLS library, whose reasons are chosen by it */
    unsigned line;           /* from 1 */
    unsigned failure;        /* from 0: those of one failure have one number */
    unsigned place;          /* readings of one place follow each other and have one number */
    char spelled[SPELLED_MOST];
};

/** What the log says of the heap. 0: nothing */
struct heap_said {
    unsigned free;
    unsigned largest;
    unsigned wanted;
};

struct readings {
    struct reading rows[READINGS_MOST];
    size_t count;
    unsigned places;
    unsigned failures; /* how many the places are of, less one */
    bool overflow;     /* there was more */
    struct heap_said heap;
    /* where one failure ends and the next begins */
    bool has_given_up;   /* the log has said that the attempt is over */
    bool is_summary;     /* the line repeats what was said */
    int handshake_value; /* with which the last handshake ended; 0: none did */
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

/** Does it say that nothing failed, or that the call has to be repeated? */
bool reading_is_no_cause(const struct reading *row);

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
/** Does the line say that the attempt to connect is over? */
bool gives_up(const struct spot *line);
/** Does the line only follow from a failure that it does not name? What it says is no cause. */
bool is_follow_up(const struct spot *line);
/** Does the line repeat the codes of a failure that is over? */
bool is_summary(const struct spot *line);
/** Take what the line says of the heap. */
void heap_read(struct heap_said *heap, const struct spot *line);
/** Could a code have this reason, where this failed? */
bool scene_allows(enum scene scene, esp_tls_reason_t reason);

#endif
