#include "option.h"

#include <getopt.h>

#define ROWS_MAX 64

void option_help(const struct option_row *rows, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        const bool has_letter = rows[i].letter != 0;
        const bool has_argument = rows[i].argument != NULL;
        char left[40];

        snprintf(left, sizeof(left), "%c%c%s --%s%s%s", has_letter ? '-' : ' ',
                 has_letter ? rows[i].letter : ' ', has_letter ? "," : " ", rows[i].name,
                 has_argument ? " " : "", has_argument ? rows[i].argument : "");
        fprintf(out, "  %-26s  %s\n", left, rows[i].help);
    }
}

/** The table as getopt_long() wants it: letters are their own values, rows without one count from 256. */
static void for_getopt(const struct option_row *rows, size_t count, struct option *options,
                       char *letters)
{
    for (size_t i = 0; i < count; i++) {
        const bool has_argument = rows[i].argument != NULL;

        options[i] = (struct option){
            .name = rows[i].name,
            .has_arg = has_argument ? required_argument : no_argument,
            .val = rows[i].letter != 0 ? rows[i].letter : 256 + (int)i,
        };
        if (rows[i].letter != 0) {
            *letters++ = rows[i].letter;
            *letters = ':';
            letters += has_argument;
        }
    }
    options[count] = (struct option){0};
    *letters = '\0';
}

static const struct option_row *row_of(const struct option_row *rows, size_t count, int value)
{
    for (size_t i = 0; i < count; i++) {
        if (value == rows[i].letter || value == 256 + (int)i) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool store(const struct option_row *row, void *options, const char *value)
{
    void *member = (char *)options + row->at;

    switch (row->kind) {
    case OPTION_TEXT:
        *(const char **)member = value;
        return true;
    case OPTION_FLAG:
        *(bool *)member = true;
        return true;
    case OPTION_COUNT:
        ++*(int *)member;
        return true;
    case OPTION_SET:
        break;
    }
    return row->set(options, value);
}

bool option_parse(const struct option_row *rows, size_t count, void *options, int argc, char **argv,
                  int *first)
{
    struct option list[ROWS_MAX + 1];
    char letters[2 * ROWS_MAX + 1];
    int value;

    if (count > ROWS_MAX) {
        return false;
    }
    for_getopt(rows, count, list, letters);
    argv[0] = (char[]){"esp-tls"}; /* getopt's messages begin with it */
    while ((value = getopt_long(argc, argv, letters, list, NULL)) != -1) {
        const struct option_row *row = row_of(rows, count, value);

        if (row == NULL || !store(row, options, optarg)) {
            return false;
        }
    }
    *first = optind;
    return true;
}
