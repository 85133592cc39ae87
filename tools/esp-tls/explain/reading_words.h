/* Words of a line, the numbers among them, and what stands before these. */
#ifndef READING_WORDS_H
#define READING_WORDS_H

#include "reading.h"

struct line {
    const char *text;
    size_t len;
    unsigned number;
    bool is_esp_idf;
    bool is_loose;
    bool is_about_tls; /* the text names TLS or SSL somewhere */
};

enum spelling {
    NO_NUMBER,
    HEX,      /* with 0x */
    BARE_HEX, /* letters and digits without it */
    DECIMAL
};

enum context {
    NOTHING,
    OF_ESP,
    OF_STACK,
    OF_ALERT,
    OF_FLAGS,
    OF_ERRNO,
    OF_RESOLVER,
    OF_HTTP,
    OF_ARDUINO, /* of the TLS library, and -1 where TCP was not opened */
    OF_AXTLS,
    OF_PYTHON,  /* an exception of MicroPython: whose number it has depends on what was called */
    OF_ANYBODY, /* a code, but of whom? */
    OF_OTHERS   /* a number of something else */
};

struct words {
    struct spot items[256];
    size_t count;
};

/* How far behind its word a number may stand: "tls stack error number: 0x2700". */
#define READING_REACH 4

/** Split a line. Words beyond the most are left out. */
void words_split(const struct line *line, struct words *words);
/** Is the word this text, which is in lower case? */
bool word_is(const struct spot *word, const char *text);
/* A longer word is data: it names nothing, and is not searched. */
#define WORD_MOST 128

/** Is this text, which is in lower case, somewhere in the word? In one beyond WORD_MOST nothing
 *  is. */
bool word_has(const struct spot *word, const char *text);
/** A word as a number. 0xFFFF8E00 is what "%x" makes of -0x7200. What it makes of a count is
 *  none: Mbed TLS prints a return of 5 as "5 (-0xfffffffb)". */
enum spelling word_number(const struct spot *word, int *value);
/** Whose number a word announces. */
enum context word_context(const struct spot *word);
/** Whose number the word is, by those before it. */
enum context words_context(const struct words *words, size_t i);
/** Some words and what is between them. */
struct spot words_span(const struct words *words, size_t first, size_t count);

/** What the readings of the place mean by the function that stands before word i. */
void scene_read(struct readings *r, const struct words *words, size_t i);

/** Read the number that may stand at a word.
 *  @return how many words were read; 0: this is no number, or no code */
size_t number_read(struct readings *r, const struct line *line, const struct words *words,
                   size_t i);

#endif
