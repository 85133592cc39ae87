/* esp-tls explain: what a code means, or a log that has codes in it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reading_report.h"
#include "cli/streams.h"
#include "cli/tool.h"

#define INPUT_MOST (4u << 20)

struct explain_options {
    bool json;
    bool list;
    bool markdown;
    bool mdoc;
    char **words;
    size_t count;
};

#define AT(member) offsetof(struct explain_options, member), false

static const struct option_row rows[] = {
    {0, "json", NULL, "JSON instead of text", option_set_true, AT(json)},
    {0, "list", NULL, "all codes there are, a line each", option_set_true, AT(list)},
    {0, "markdown", NULL, "the manual of all codes and reasons", option_set_true, AT(markdown)},
    {0, "mdoc", NULL, "the same as a man page", option_set_true, AT(mdoc)},
    OPTION_ROW_HELP,
};

static const struct option_table explain_options = {
    .command = "explain",
    .usage = "usage: esp-tls explain [OPTION]... [CODE]...\n"
             "       some-log | esp-tls explain\n"
             "\n"
             "Say what codes mean, why they usually come up, and what to change. A CODE may be\n"
             "  -0x7200, 0x801A, -29184, 7200, 0x2700 + 0x10    a number, with or without sign\n"
             "  SSL_INVALID_RECORD, ESP_ERR_NO_MEM, ECONNREFUSED   a name, or how it ends\n"
             "  alert 48, flags 0x8, errno 113, eai 202         a number, and whose it is\n"
             "or a line of a log, or all of it: what it has in it is taken together.\n"
             "Without a CODE, and for -, standard input is read.\n",
    .exits = "Exit status: 0 explained, 1 no code in it, 2 usage, 9 no output,\n"
             "10 out of memory.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .columns = 17,
    .takes_numbers = true,
};

/* --- the text --------------------------------------------------------------------------------- */

/** Words with blanks between. @return memory of its own; NULL: there is none */
static char *join_words(size_t count, char **words)
{
    size_t len = 1;
    char *text;
    char *at;

    for (size_t i = 0; i < count; i++) {
        len += strlen(words[i]) + 1;
    }
    text = at = malloc(len);
    for (size_t i = 0; text != NULL && i < count; i++) {
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
        return tool_no_memory();
    }
    if (!report_make(report, text)) {
        say_unknown(text);
        status = EXIT_OTHER;
    } else if (o->json) {
        report_json(report, stdout);
    } else {
        streams_fold();
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
        streams_fold();
        codes_list(stdout);
    } else {
        return false;
    }
    return true;
}

static bool explain_accept(void *options, char **words, size_t count)
{
    struct explain_options *o = options;

    o->words = words;
    o->count = count;
    return true;
}

static enum tool_exit explain_run(void *state)
{
    const struct explain_options *o = state;
    bool from_stdin = o->count == 0 || (o->count == 1 && strcmp(o->words[0], "-") == 0);
    enum tool_exit status;
    char *text;

    if (print_all(o)) {
        return EXIT_OK;
    }
    if (o->count == 0 && isatty(STDIN_FILENO)) {
        fputs("esp-tls: explain takes codes, or a log; see esp-tls explain --help\n", stderr);
        return EXIT_USAGE;
    }
    text = from_stdin ? read_all() : join_words(o->count, o->words);
    status = text != NULL ? explain_text(o, text) : tool_no_memory();
    free(text);
    return status;
}

const struct command cmd_explain = {
    .options = &explain_options,
    .summary = "say what an error code or a log means, and what to change",
    .size = sizeof(struct explain_options),
    .accept = explain_accept,
    .run = explain_run,
};
