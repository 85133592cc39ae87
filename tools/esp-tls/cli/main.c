/* esp-tls: the command line program. It finds the command and runs it. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "esp_log.h"
#include "tool.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"get", cmd_get, "fetch a URL over a verified TLS connection"},
    {"check", cmd_check, "look at a server as a device will meet it"},
    {"explain", cmd_explain, "say what an error code or a log means, and what to change"},
    {"chain", cmd_chain, "show a server's certificates as it sends them"},
    {"cert", cmd_cert, "look at files of certificates and keys"},
    {"memory", cmd_memory, "connect as a small device would, and say what it takes"},
    {"ws", cmd_ws, "open a WebSocket and exchange messages"},
};

static void print_help(FILE *out)
{
    fputs("usage: esp-tls COMMAND [OPTION]... [ARGUMENT]...\n"
          "       esp-tls COMMAND --help\n"
          "\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].summary);
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
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const struct command *command;

    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write, and said so */
    esp_log_level_set("*", ESP_LOG_NONE);
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (is_option(argv[1], "-h", "--help")) {
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
    return command->run(argc - 1, argv + 1);
}
