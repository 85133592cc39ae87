/* The options of `esp-tls memory`. One table is both parser and help text. */
#ifndef MEMORY_OPTIONS_H
#define MEMORY_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "device.h"
#include "cli/get_options.h"

struct memory_options {
    struct get_options get; /* what it shares with get: credentials, names, time */
    const char *target_text;
    char url[640]; /* https://HOST:PORT */
    char host[256];
    char name[256]; /* that the certificate must have */
    const char *path;
    struct device device;
    const char *html;
    bool json;
    bool compare;
};

/** Fill *o from the command's words.
 *  @return true; false: what is wrong has been said on stderr */
bool memory_options_parse(struct memory_options *o, int argc, char **argv);

/** The text of --help. */
void memory_options_help(FILE *out);

#endif
