/* Options of a command: one table is both parser and help text. */
#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** An option's value goes to the member at `at` of the command's options, or through set(). */
struct option_row {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
    enum {
        OPTION_TEXT,
        OPTION_FLAG,
        OPTION_COUNT,
        OPTION_SET
    } kind;
    size_t at; /* const char *, bool or int */
    /** @return false: what is wrong has been said on stderr */
    bool (*set)(void *options, const char *value);
};

/** The lines of --help, one for each row. */
void option_help(const struct option_row *rows, size_t count, FILE *out);

/** Read a command's words.
 *  @param options  what the rows write to
 *  @param first    receives the index of the first word that is no option
 *  @return false: what is wrong has been said on stderr */
bool option_parse(const struct option_row *rows, size_t count, void *options, int argc, char **argv,
                  int *first);

#endif
