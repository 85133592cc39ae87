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
    /** Take the value. NULL: this is --help.
     *  @param at     what lies `at` bytes into the command's options
     *  @param value  borrowed for good; NULL: it takes none
     *  @return false: what is wrong has been said on stderr */
    bool (*set)(void *at, const char *value, const struct option_row *row);
    size_t at;
    bool is_first; /* taken before all others, wherever it stands */
};

#define OPTION_ROW_HELP                                                                            \
    {                                                                                              \
        'h', "help", NULL, "show this text", NULL, 0, false                                        \
    }

struct option_table {
    const char *command;
    const char *usage; /* what --help has above the options */
    const char *exits; /* and below */
    const struct option_row *rows;
    size_t count;
    int columns;        /* of the options in --help, with what they are indented by */
    const char *words;  /* that it takes: "one server"; NULL: there may be none */
    size_t words_most;  /* 0: any number */
    bool takes_numbers; /* "-0x7200" is a word, and no option has an argument */
};

/** The text of --help. */
void option_table_help(const struct option_table *table, FILE *out);

/** Set all options of the command's words. @param argc  becomes less where a word is done with
 *  @return the index of the first argument; 0: --help was among them; -1: what is wrong has been
 *  said on stderr */
int option_table_parse(const struct option_table *table, void *options, int *argc, char **argv);

/** Is this option among the command's words, and not another's argument, whatever else is wrong
 *  with them? The words stay as they are. @param argc  of argv, which begins with the command */
bool option_table_has(const struct option_table *table, const char *name, int argc, char **argv);

/* --- setters ---------------------------------------------------------------------------------- */

/** const char *: the word itself. */
bool option_set_text(void *at, const char *value, const struct option_row *row);
/** bool. */
bool option_set_true(void *at, const char *value, const struct option_row *row);
bool option_set_false(void *at, const char *value, const struct option_row *row);
/** int: one more each time. */
bool option_set_more(void *at, const char *value, const struct option_row *row);
/** int, in ms: "5", "0.5", "5s" are seconds, "500ms" milliseconds. */
bool option_set_time(void *at, const char *value, const struct option_row *row);
/** const char *: a path that begins with /. */
bool option_set_path(void *at, const char *value, const struct option_row *row);

#endif
