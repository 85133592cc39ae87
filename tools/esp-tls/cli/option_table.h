/* Options as a table that is both parser and help text. */
#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct option_row {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
    /** @param target  what the command's options are kept in; @param value  NULL: takes none
     *  @return false: what is wrong has been said on stderr */
    bool (*set)(void *target, const char *value);
};

#define OPTION_ROWS_MOST 40

/** The rows of --help. @param columns  of the left side, with what it is indented by */
void option_table_help(FILE *out, const struct option_row *rows, size_t count, int columns);

/** Set all options of the command's words.
 *  @return the index of the first argument; -1: what is wrong has been said on stderr */
int option_table_parse(const struct option_row *rows, size_t count, void *target, int argc,
                       char **argv);

#endif
