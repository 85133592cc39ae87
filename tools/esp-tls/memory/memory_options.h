/* The options of `esp-tls memory`. */
#ifndef MEMORY_OPTIONS_H
#define MEMORY_OPTIONS_H

#include "cli/connect_options.h"
#include "cli/target.h"
#include "device.h"

struct memory_options {
    struct connect_options connect;
    struct target target;
    char url[300]; /* https://HOST:PORT */
    const char *path;
    struct device device;
    const char *html;
    bool compare;
};

extern const struct option_table memory_options;

/** The defaults. */
void memory_options_init(void *options);

/** Take the server. @return true; false: what is wrong has been said on stderr */
bool memory_options_accept(void *options, char **servers, size_t count);

#endif
