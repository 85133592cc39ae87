#include "option_table.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MOST  40
#define TIME_MAX_S 86400.0
#define PATH_MOST  1000

void option_table_help(const struct option_table *t, FILE *out)
{
    fprintf(out, "%s\nOptions:\n", t->usage);
    for (size_t i = 0; i < t->count; i++) {
        const struct option_row *r = &t->rows[i];
        char left[64];

        snprintf(left, sizeof(left), "%c%c%s --%s%s%s", r->letter != 0 ? '-' : ' ',
                 r->letter != 0 ? r->letter : ' ', r->letter != 0 ? "," : " ", r->name,
                 r->argument != NULL ? " " : "", r->argument != NULL ? r->argument : "");
        fprintf(out, "  %-*s %s\n", t->columns, left, r->help);
    }
    fprintf(out, "\n%s", t->exits);
}

/** The table as getopt_long() wants it. An option's value is its row's index, from 256 on. */
static void table_for_getopt(const struct option_table *t, struct option *options, char *letters)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct option_row *r = &t->rows[i];

        options[i] = (struct option){
            .name = r->name,
            .has_arg = r->argument != NULL ? required_argument : no_argument,
            .val = 256 + (int)i,
        };
        if (r->letter != 0) {
            *letters++ = r->letter;
        }
        if (r->letter != 0 && r->argument != NULL) {
            *letters++ = ':';
        }
    }
    options[t->count] = (struct option){0};
    *letters = '\0';
}

static const struct option_row *find_option_row(const struct option_table *t, int value)
{
    for (size_t i = 0; i < t->count; i++) {
        if (value == t->rows[i].letter || value == 256 + (int)i) {
            return &t->rows[i];
        }
    }
    return NULL;
}

/** Other programs have an option to trust anybody. Who looks for it gets what it was meant for. */
static void say_hint(const struct option_table *t, const char *word)
{
    bool verifies = false;

    for (size_t i = 0; i < t->count; i++) {
        verifies = verifies || strcmp(t->rows[i].name, "cacert") == 0;
    }
    if (verifies && (optopt == 'k' || strcmp(word, "--insecure") == 0)) {
        fputs("esp-tls: no server is talked to unverified. --cacert FILE trusts the authority that "
              "issued its certificate, --no-name-check takes a certificate for another name.\n",
              stderr);
    }
}

/** All words once, for the options that are first or for the others.
 *  @return as option_table_parse() */
static int take_options(const struct option_table *t, void *to, int argc, char **argv, bool first)
{
    struct option options[ROWS_MOST + 1];
    char letters[2 * ROWS_MOST + 1];
    bool is_help = false;
    int value;

    table_for_getopt(t, options, letters);
    optind = 0;     /* from the beginning: glibc's way */
    opterr = first; /* complain once */
    while ((value = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        const struct option_row *row = find_option_row(t, value);

        if (row == NULL) {
            if (opterr != 0) {
                say_hint(t, argv[optind - 1]);
            }
            return -1;
        }
        is_help = is_help || row->set == NULL;
        if (row->set != NULL && row->is_first == first &&
            !row->set((char *)to + row->at, optarg, row)) {
            return -1;
        }
    }
    return is_help ? 0 : optind;
}

/** getopt would take "-0x7200" for options: put what looks like a number behind all options, of
 *  which none has an argument then, and drop "--", which ends them.
 *  @return how many words are in front, with the command's name */
static int put_numbers_behind(int *argc, char **argv)
{
    int front = 1;

    for (int i = 1; i < *argc; i++) {
        char *word = argv[i];

        if (strcmp(word, "--") == 0) {
            memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof(argv[0]));
            --*argc;
            break;
        }
        if (word[0] == '-' && word[1] != '\0' && !isdigit((unsigned char)word[1])) {
            memmove(&argv[front + 1], &argv[front], (size_t)(i - front) * sizeof(argv[0]));
            argv[front++] = word;
        }
    }
    return front;
}

int option_table_parse(const struct option_table *t, void *options, int *argc, char **argv)
{
    static char name[] = "esp-tls"; /* getopt's messages begin with it */
    int end = t->takes_numbers ? put_numbers_behind(argc, argv) : *argc;
    int at;

    if (t->count > ROWS_MOST) {
        fputs("esp-tls: there are more options than there is room for\n", stderr);
        return -1;
    }
    argv[0] = name;
    at = take_options(t, options, end, argv, true);
    at = at > 0 ? take_options(t, options, end, argv, false) : at;
    if (at > 0 && t->words != NULL &&
        (at == *argc || (t->words_most > 0 && (size_t)(*argc - at) > t->words_most))) {
        fprintf(stderr, "esp-tls: %s takes %s%s; see esp-tls %s --help\n", t->command, t->words,
                at == *argc ? "" : ", and there are several words", t->command);
        return -1;
    }
    return at;
}

bool option_table_has(const struct option_table *t, const char *name, int argc, char **argv)
{
    char **words = calloc((size_t)argc + 1, sizeof(argv[0])); /* getopt moves them */
    struct option options[ROWS_MOST + 1];
    char letters[2 * ROWS_MOST + 1];
    bool found = false;
    int value;

    if (words == NULL || t->count > ROWS_MOST) {
        free(words);
        return false;
    }
    memcpy(words, argv, (size_t)argc * sizeof(argv[0]));
    table_for_getopt(t, options, letters);
    optind = 0;
    opterr = 0;
    while ((value = getopt_long(argc, words, letters, options, NULL)) != -1) {
        const struct option_row *row = find_option_row(t, value);

        found = found || (row != NULL && strcmp(row->name, name) == 0);
    }
    free(words);
    return found;
}

/* --- setters ---------------------------------------------------------------------------------- */

bool option_set_text(void *at, const char *value, const struct option_row *row)
{
    (void)row;
    *(const char **)at = value;
    return true;
}

bool option_set_true(void *at, const char *value, const struct option_row *row)
{
    (void)value;
    (void)row;
    *(bool *)at = true;
    return true;
}

bool option_set_false(void *at, const char *value, const struct option_row *row)
{
    (void)value;
    (void)row;
    *(bool *)at = false;
    return true;
}

bool option_set_more(void *at, const char *value, const struct option_row *row)
{
    (void)value;
    (void)row;
    ++*(int *)at;
    return true;
}

bool option_set_time(void *at, const char *value, const struct option_row *row)
{
    char *end;
    double seconds = strtod(value, &end);
    bool is_number = end != value && isdigit((unsigned char)value[0]);

    if (strcmp(end, "ms") == 0) {
        seconds /= 1000;
    } else if (*end != '\0' && strcmp(end, "s") != 0) {
        is_number = false;
    }
    if (!is_number || !(seconds >= 0.001 && seconds <= TIME_MAX_S)) {
        fprintf(stderr,
                "esp-tls: --%s takes seconds (5, 0.5) or milliseconds (500ms), up to a day, "
                "not '%s'\n",
                row->name, value);
        return false;
    }
    *(int *)at = (int)(seconds * 1000 + 0.5);
    return true;
}

bool option_set_path(void *at, const char *value, const struct option_row *row)
{
    if (value[0] != '/' || strlen(value) > PATH_MOST) {
        fprintf(stderr, "esp-tls: --%s takes a path that begins with /, not '%s'\n", row->name,
                value);
        return false;
    }
    *(const char **)at = value;
    return true;
}
