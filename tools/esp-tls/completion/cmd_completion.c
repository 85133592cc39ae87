/* esp-tls completion: what a shell needs to complete the words of this program. Printed from the
 * tables of options, so that it has what the program has. */
#include <stdio.h>
#include <string.h>

#include "cli/tool.h"

struct completion_options {
    const char *shell;
};

static const char commands_flags[] = "--help --version";

/** Does the argument name a file? */
static bool takes_file(const struct option_row *row)
{
    return row->argument != NULL && strstr(row->argument, "FILE") != NULL;
}

/* --- bash ------------------------------------------------------------------------------------- */

static void bash_commands(void)
{
    const struct command *c;

    fputs("        COMPREPLY=($(compgen -W \"", stdout);
    for (size_t i = 0; (c = tool_command(i)) != NULL; i++) {
        printf("%s ", c->options->command);
    }
    printf("%s\" -- \"$cur\"))\n        return\n    fi\n", commands_flags);
}

/** The options of a command, those that take a file, and those that take something else. */
static void bash_options(const struct option_table *t)
{
    printf("        %s)\n            options=\"", t->command);
    for (size_t i = 0; i < t->count; i++) {
        printf("%s--%s", i > 0 ? " " : "", t->rows[i].name);
    }
    fputs("\"\n            files=\"", stdout);
    for (size_t i = 0; i < t->count; i++) {
        if (takes_file(&t->rows[i])) {
            printf(" --%s", t->rows[i].name);
            if (t->rows[i].letter != 0) {
                printf(" -%c", t->rows[i].letter);
            }
        }
    }
    fputs(" \"\n            others=\"", stdout);
    for (size_t i = 0; i < t->count; i++) {
        if (t->rows[i].argument != NULL && !takes_file(&t->rows[i])) {
            printf(" --%s", t->rows[i].name);
            if (t->rows[i].letter != 0) {
                printf(" -%c", t->rows[i].letter);
            }
        }
    }
    fputs(" \"\n            ;;\n", stdout);
}

static void print_bash(void)
{
    const struct command *c;

    fputs("# bash completion for esp-tls\n"
          "_esp_tls()\n"
          "{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local options= files= others=\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n",
          stdout);
    bash_commands();
    fputs("    case ${COMP_WORDS[1]} in\n", stdout);
    for (size_t i = 0; (c = tool_command(i)) != NULL; i++) {
        bash_options(c->options);
    }
    fputs("    esac\n"
          "    if [[ $others == *\" $before \"* ]]; then\n"
          "        return\n"
          "    elif [[ $cur == -* && $files != *\" $before \"* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
          "    elif [[ ${COMP_WORDS[1]} == completion ]]; then\n"
          "        COMPREPLY=($(compgen -W \"bash zsh\" -- \"$cur\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _esp_tls esp-tls\n",
          stdout);
}

/* --- zsh -------------------------------------------------------------------------------------- */

/** Within single quotes, where ':' and brackets are marks of _arguments. */
static void zsh_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs("'\\''", stdout);
        } else if (strchr(":[]\\", *text) != NULL) {
            printf("\\%c", *text);
        } else {
            putchar(*text);
        }
    }
}

static void zsh_option(const struct option_row *row, const char *dashes, const char *name)
{
    printf("            '*%s%s[", dashes, name);
    zsh_text(row->help);
    putchar(']');
    if (row->argument != NULL) {
        putchar(':');
        zsh_text(row->argument);
        fputs(takes_file(row) ? ":_files" : ": ", stdout);
    }
    fputs("' \\\n", stdout);
}

static void print_zsh(void)
{
    const struct command *c;

    fputs("#compdef esp-tls\n"
          "_esp_tls()\n"
          "{\n"
          "    if (( CURRENT == 2 )); then\n"
          "        local -a commands=(\n",
          stdout);
    for (size_t i = 0; (c = tool_command(i)) != NULL; i++) {
        printf("            '%s:", c->options->command);
        zsh_text(c->summary);
        fputs("'\n", stdout);
    }
    fputs("        )\n"
          "        _describe command commands\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $command in\n",
          stdout);
    for (size_t i = 0; (c = tool_command(i)) != NULL; i++) {
        const struct option_table *t = c->options;

        printf("    %s)\n        _arguments -s \\\n", t->command);
        for (size_t k = 0; k < t->count; k++) {
            const char letter[2] = {t->rows[k].letter, '\0'};

            if (letter[0] != '\0') {
                zsh_option(&t->rows[k], "-", letter);
            }
            zsh_option(&t->rows[k], "--", t->rows[k].name);
        }
        fputs(strcmp(t->command, "completion") == 0 ? "            '*: :(bash zsh)'\n"
                                                    : "            '*: :_files'\n",
              stdout);
        fputs("        ;;\n", stdout);
    }
    fputs("    esac\n"
          "}\n"
          "compdef _esp_tls esp-tls\n",
          stdout);
}

/* --- the command ------------------------------------------------------------------------------ */

static bool completion_accept(void *options, char **shells, size_t count)
{
    struct completion_options *o = options;

    (void)count;
    o->shell = shells[0];
    if (strcmp(o->shell, "bash") != 0 && strcmp(o->shell, "zsh") != 0) {
        fprintf(stderr, "esp-tls: completion is for bash or zsh, not '%s'\n", o->shell);
        return false;
    }
    return true;
}

static enum tool_exit completion_run(void *state)
{
    const struct completion_options *o = state;

    if (strcmp(o->shell, "bash") == 0) {
        print_bash();
    } else {
        print_zsh();
    }
    return EXIT_OK;
}

static const struct option_row rows[] = {
    OPTION_ROW_HELP,
};

static const struct option_table completion_options = {
    .command = "completion",
    .usage = "usage: esp-tls completion bash|zsh\n"
             "\n"
             "Print what completes this program's commands and options in a shell:\n"
             "  eval \"$(esp-tls completion bash)\"    in ~/.bashrc\n"
             "  eval \"$(esp-tls completion zsh)\"     in ~/.zshrc, behind compinit\n",
    .exits = "Exit status: 0 done, 2 usage, 9 output.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .columns = 12,
    .words = "bash or zsh",
    .words_most = 1,
};

const struct command cmd_completion = {
    .options = &completion_options,
    .summary = "what completes all this in a shell",
    .size = sizeof(struct completion_options),
    .accept = completion_accept,
    .run = completion_run,
};
