/* esp-tls: the command line program. It finds the command and runs it. */
#define _GNU_SOURCE /* clock_gettime */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "device_program.h"
#include "esp_log.h"
#include "json.h"
#include "streams.h"
#include "tool.h"

static const struct command *const commands[] = {
    &cmd_get,  &cmd_check,  &cmd_explain, &cmd_chain,
    &cmd_cert, &cmd_memory, &cmd_ws,      &cmd_completion,
};

enum tool_exit tool_no_memory(void)
{
    fputs("esp-tls: out of memory\n", stderr);
    return EXIT_MEMORY;
}

int64_t tool_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const struct command *tool_command(size_t i)
{
    return i < sizeof(commands) / sizeof(commands[0]) ? commands[i] : NULL;
}

static void print_help(FILE *out)
{
    fputs("usage: esp-tls COMMAND [OPTION]... [ARGUMENT]...\n"
          "       esp-tls COMMAND --help\n"
          "\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        fprintf(out, "  %-10s  %s\n", commands[i]->options->command, commands[i]->summary);
    }
    fputs("\n"
          "Options:\n"
          "  -h, --help     show this text\n"
          "  -V, --version  show the version\n",
          out);
}

/** Is the word this option, in its short or its long form? */
static bool is_option(const char *word, const char *letter, const char *name)
{
    return strcmp(word, letter) == 0 || strcmp(word, name) == 0;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i]->options->command, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static enum tool_exit run_words(const struct command *c, void *state, int argc, char **argv)
{
    int at;

    if (c->init != NULL) {
        c->init(state);
    }
    at = option_table_parse(c->options, state, &argc, argv);
    if (at == 0) {
        streams_fold();
        option_table_help(c->options, stdout);
        return EXIT_OK;
    }
    return at > 0 && c->accept(state, argv + at, (size_t)(argc - at)) ? c->run(state) : EXIT_USAGE;
}

static enum tool_exit run_command(const struct command *c, int argc, char **argv)
{
    void *state = calloc(1, c->size);
    enum tool_exit status;

    if (state == NULL) {
        return tool_no_memory();
    }
    status = run_words(c, state, argc, argv);
    if (c->clear != NULL) {
        c->clear(state);
    }
    free(state);
    return status;
}

static enum tool_exit run_program(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (is_option(argv[1], "-h", "--help")) {
        streams_fold();
        print_help(stdout);
        return EXIT_OK;
    }
    if (is_option(argv[1], "-V", "--version")) {
        puts("esp-tls " ESP_TLS_VERSION);
        return EXIT_OK;
    }
    command = find_command(argv[1]);
    if (command == NULL) {
        fprintf(stderr, "esp-tls: there is no command '%s'; see esp-tls --help\n", argv[1]);
        return EXIT_USAGE;
    }
    if (command->speaks_of_device && !device_program_run(argv)) {
        return EXIT_OTHER;
    }
    return run_command(command, argc - 1, argv + 1);
}

/** Where a standard stream was closed, the first socket would get its number, and what is printed
 *  would go to the peer. What takes its place can neither be read nor written.
 *  @return false: there is no such thing */
static bool reserve_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode) != fd) {
            return false;
        }
    }
    return true;
}

/** Was --json among the words? Where no command takes it, it is looked for by its name. */
static bool wants_json(int argc, char **argv)
{
    const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;

    if (command != NULL) {
        return option_table_has(command->options, "json", argc - 1, argv + 1);
    }
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

/** Who reads JSON gets it also where a command ended before its report. */
static void report_end(const char *command, enum tool_exit status)
{
    json_ended(stdout, find_command(command) != NULL ? command : NULL, (int)status, streams_said());
}

/** What was printed has to arrive. @return status, or EXIT_OUTPUT after a message on stderr */
static enum tool_exit finish_stdout(enum tool_exit status)
{
    bool is_lost = !streams_finish();

    if (is_lost && status != EXIT_OUTPUT) {
        fputs("esp-tls: the output could not be written\n", stderr);
    }
    (void)fflush(stderr);
    return is_lost ? EXIT_OUTPUT : status;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    bool is_json = wants_json(argc, argv);
    enum tool_exit status;

    if (!reserve_standard_streams()) {
        return EXIT_OTHER;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write, and said so */
    streams_begin();
    esp_log_level_set("*", ESP_LOG_NONE);
    status = run_program(argc, argv);
    if (status != EXIT_OK && is_json && !streams_has_output()) {
        report_end(command, status);
    }
    return (int)finish_stdout(status);
}
