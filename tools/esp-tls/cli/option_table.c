#include "option_table.h"

#include <getopt.h>

void option_table_help(FILE *out, const struct option_row *rows, size_t count, int columns)
{
    for (size_t i = 0; i < count; i++) {
        const struct option_row *r = &rows[i];
        char left[64];

        snprintf(left, sizeof(left), "%c%c%s --%s%s%s", r->letter != 0 ? '-' : ' ',
                 r->letter != 0 ? r->letter : ' ', r->letter != 0 ? "," : " ", r->name,
                 r->argument != NULL ? " " : "", r->argument != NULL ? r->argument : "");
        fprintf(out, "  %-*s %s\n", columns, left, r->help);
    }
}

/** The table as getopt_long() wants it. */
static void for_getopt(const struct option_row *rows, size_t count, struct option *options,
                       char *letters)
{
    for (size_t i = 0; i < count; i++) {
        options[i] = (struct option){
            .name = rows[i].name,
            .has_arg = rows[i].argument != NULL ? required_argument : no_argument,
            .val = rows[i].letter != 0 ? rows[i].letter : 256 + (int)i,
        };
        if (rows[i].letter != 0) {
            *letters++ = rows[i].letter;
        }
        if (rows[i].letter != 0 && rows[i].argument != NULL) {
            *letters++ = ':';
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

int option_table_parse(const struct option_row *rows, size_t count, void *target, int argc,
                       char **argv)
{
    struct option options[OPTION_ROWS_MOST + 1];
    char letters[2 * OPTION_ROWS_MOST + 1];
    int value;

    if (count > OPTION_ROWS_MOST) {
        fputs("esp-tls: there are more options than there is room for\n", stderr);
        return -1;
    }
    for_getopt(rows, count, options, letters);
    argv[0] = (char[]){"esp-tls"}; /* getopt's messages begin with it */
    optind = 0;                    /* from the beginning: glibc's way */
    while ((value = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        const struct option_row *row = row_of(rows, count, value);

        if (row == NULL || !row->set(target, optarg)) {
            return -1;
        }
    }
    return optind;
}
