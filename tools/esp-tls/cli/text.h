/* A paragraph, built up in memory of fixed size and printed in one go. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdio.h>

struct text {
    size_t len;
    char chars[3072];
};

/** Add to the end; what does not fit is left out. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Copy, with a NUL, as much as there is room for. */
void text_copy(const struct text *text, char *to, size_t cap);

/** How wide the terminal is that standard output or standard error goes to; 0: it goes to none. */
size_t text_columns(FILE *stream);

/** Print, folded at the width of a terminal and as one line elsewhere. */
void text_print(const struct text *text, FILE *out);

/** The same of any text, with something in front of it.
 *  @param indent  of its lines; the head ends there */
void text_paragraph(FILE *out, const char *head, int indent, const char *text);

#endif
