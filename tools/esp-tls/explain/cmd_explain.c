/* esp-tls explain: what a code means, or a log that has codes in it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reading_report.h"
#include "cli/tool.h"

#define INPUT_MOST (4u << 20)

struct explain_options {
    bool help;
    bool json;
    bool list;
    bool markdown;
    bool mdoc;
};

static const struct {
    const char *letter;
    const char *name;
    size_t flag; /* in struct explain_options */
    const char *help;
} rows[] = {
    {NULL, "--json", offsetof(struct explain_options, json), "JSON instead of text"},
    {NULL, "--list", offsetof(struct explain_options, list), "all codes there are, a line each"},
    {NULL, "--markdown", offsetof(struct explain_options, markdown),
     "the manual of all codes and reasons"},
    {NULL, "--mdoc", offsetof(struct explain_options, mdoc), "the same as a man page"},
    {"-h", "--help", offsetof(struct explain_options, help), "show this text"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void print_help(void)
{
    puts("usage: esp-tls explain [OPTION]... [CODE]...\n"
         "       some-log | esp-tls explain\n"
         "\n"
         "Say what codes mean, why they usually come up, and what to change. A CODE may be\n"
         "  -0x7200, 0x801A, -29184, 7200, 0x2700 + 0x10    a number, with or without sign\n"
         "  SSL_INVALID_RECORD, ESP_ERR_NO_MEM, ECONNREFUSED   a name, or how it ends\n"
         "  alert 48, flags 0x8, errno 113, eai 202         a number, and whose it is\n"
         "or a line of a log, or all of it: what it has in it is taken together.\n"
         "Without a CODE, and for -, standard input is read.\n"
         "\n"
         "Options:");
    for (size_t i = 0; i < ROWS; i++) {
        printf("  %s%s %-12s  %s\n", rows[i].letter != NULL ? rows[i].letter : "  ",
               rows[i].letter != NULL ? "," : " ", rows[i].name, rows[i].help);
    }
    puts("\n"
         "Exit status: 0 explained, 1 no code in it, 2 usage, 9 no output,\n"
         "10 out of memory.");
}

/* --- the words -------------------------------------------------------------------------------- */

static bool take_option(struct explain_options *o, const char *word)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(word, rows[i].name) == 0 ||
            (rows[i].letter != NULL && strcmp(word, rows[i].letter) == 0)) {
            *(bool *)((char *)o + rows[i].flag) = true;
            return true;
        }
    }
    return false;
}

/** "-0x7200" is no option. */
static bool looks_like_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && strchr("0123456789", word[1]) == NULL;
}

/** Options out of argv. @return how many words are left; -1: one is unknown, and said so */
static int take_options(struct explain_options *o, int argc, char **argv)
{
    bool is_over = false;
    int left = 0;

    for (int i = 1; i < argc; i++) {
        if (!is_over && strcmp(argv[i], "--") == 0) {
            is_over = true;
        } else if (!is_over && looks_like_option(argv[i])) {
            if (!take_option(o, argv[i])) {
                fprintf(stderr, "esp-tls: explain has no option '%s'; see esp-tls explain --help\n",
                        argv[i]);
                return -1;
            }
        } else {
            argv[left++] = argv[i];
        }
    }
    return left;
}

/* --- the text --------------------------------------------------------------------------------- */

/** Words with blanks between. @return memory of its own; NULL: there is none */
static char *join(int count, char **words)
{
    size_t len = 1;
    char *text;
    char *at;

    for (int i = 0; i < count; i++) {
        len += strlen(words[i]) + 1;
    }
    text = at = malloc(len);
    for (int i = 0; text != NULL && i < count; i++) {
        at = stpcpy(stpcpy(at, i > 0 ? " " : ""), words[i]);
    }
    return text;
}

/** All of standard input, as far as INPUT_MOST. NUL bytes, which a serial line has after a reset,
 *  become blanks. */
static char *read_all(void)
{
    char *text = malloc(INPUT_MOST + 1);
    char *shorter;
    size_t len;

    if (text == NULL) {
        return NULL;
    }
    len = fread(text, 1, INPUT_MOST, stdin);
    for (size_t i = 0; i < len; i++) {
        text[i] = text[i] == '\0' ? ' ' : text[i];
    }
    text[len] = '\0';
    shorter = realloc(text, len + 1);
    return shorter != NULL ? shorter : text;
}

static bool is_one_word(const char *text)
{
    return strpbrk(text, " \t\n") == NULL;
}

static void say_unknown(const char *text)
{
    const char *names[6];
    size_t count =
        is_one_word(text) ? names_like(text, names, sizeof(names) / sizeof(names[0])) : 0;

    if (!is_one_word(text)) {
        fputs("esp-tls: there is no code in it that is known here\n", stderr);
        return;
    }
    fprintf(stderr, "esp-tls: there is no code '%s'", text);
    for (size_t i = 0; i < count && i < sizeof(names) / sizeof(names[0]); i++) {
        fprintf(stderr, "%s%s", i == 0 ? "; there is " : ", ", names[i]);
    }
    fputs(count > sizeof(names) / sizeof(names[0]) ? ", and more; see esp-tls explain --list\n"
          : count > 0                              ? "\n"
                                                   : "; see esp-tls explain --list\n",
          stderr);
}

/* --- the command ------------------------------------------------------------------------------ */

static enum tool_exit explain_text(const struct explain_options *o, const char *text)
{
    struct report *report = malloc(sizeof(*report));
    enum tool_exit status = EXIT_OK;

    if (report == NULL) {
        return EXIT_MEMORY;
    }
    if (!report_make(report, text)) {
        say_unknown(text);
        status = EXIT_OTHER;
    } else if (o->json) {
        report_json(report, stdout);
    } else {
        report_text(report, stdout);
    }
    free(report);
    return status;
}

static bool print_all(const struct explain_options *o)
{
    if (o->markdown) {
        codes_markdown(stdout);
    } else if (o->mdoc) {
        codes_mdoc(stdout);
    } else if (o->list && o->json) {
        codes_json(stdout);
    } else if (o->list) {
        codes_list(stdout);
    } else {
        return false;
    }
    return true;
}

static enum tool_exit run(const struct explain_options *o, int count, char **words)
{
    bool from_stdin = count == 0 || (count == 1 && strcmp(words[0], "-") == 0);
    enum tool_exit status = EXIT_MEMORY;
    char *text;

    if (print_all(o)) {
        return EXIT_OK;
    }
    if (count == 0 && isatty(STDIN_FILENO)) {
        fputs("esp-tls: explain takes codes, or a log; see esp-tls explain --help\n", stderr);
        return EXIT_USAGE;
    }
    text = from_stdin ? read_all() : join(count, words);
    if (text != NULL) {
        status = explain_text(o, text);
        free(text);
    }
    return status;
}

int cmd_explain(int argc, char **argv)
{
    struct explain_options o = {0};
    int count = take_options(&o, argc, argv);
    enum tool_exit status = EXIT_OK;

    if (count < 0) {
        return EXIT_USAGE;
    }
    if (o.help) {
        print_help();
    } else {
        status = run(&o, count, argv);
    }
    if (status == EXIT_MEMORY) {
        fputs("esp-tls: out of memory\n", stderr);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("esp-tls: the output could not be written\n", stderr);
        return EXIT_OUTPUT;
    }
    return (int)status;
}
