/* The command line program: what its commands share. Each command begins at cmd_<name>.c of its
 * folder, and is listed in main.c; everything below esp-tls's public headers is out of bounds
 * here. */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "option_table.h"

#ifndef ESP_TLS_VERSION
#define ESP_TLS_VERSION "unknown" /* the build names it */
#endif

/** Exit status of every command: one per class of failure, so that a script can tell them apart. */
enum tool_exit {
    EXIT_OK = 0,
    EXIT_OTHER = 1,       /* none of the classes below */
    EXIT_USAGE = 2,       /* the options, or the files they name, cannot be used */
    EXIT_DNS = 3,         /* the name has no usable address */
    EXIT_TCP = 4,         /* TCP was not opened */
    EXIT_TIMEOUT = 5,     /* a deadline passed */
    EXIT_CERTIFICATE = 6, /* the server's certificate was refused */
    EXIT_TLS = 7,         /* TLS failed otherwise */
    EXIT_HTTP = 8,        /* status 400 or above, or a redirect, which is not followed */
    EXIT_OUTPUT = 9,      /* the output could not be written */
    EXIT_MEMORY = 10,     /* out of memory */
    EXIT_ANSWER = 11 /* the connection broke, or what came is not complete, or not the protocol */
};

/** Say that there is no memory. @return EXIT_MEMORY */
enum tool_exit tool_no_memory(void);

/** The monotonic clock. */
int64_t tool_now_ms(void);

/** A command, as main.c runs it. Its state is memory that is all zero, and begins with its
 *  options. */
struct command {
    const struct option_table *options;
    const char *summary;       /* for esp-tls --help */
    bool speaks_of_device;     /* it runs in a device's profile: device_program.h */
    size_t size;               /* of the state */
    void (*init)(void *state); /* NULL: zero is right */
    /** Take the words, and look whether the options go together.
     *  @return false: what is wrong has been said on stderr */
    bool (*accept)(void *options, char **words, size_t count);
    enum tool_exit (*run)(void *state);
    void (*clear)(void *state); /* NULL: there is nothing to free */
};

/** The commands, in the order of --help. @return NULL: there are no more */
const struct command *tool_command(size_t i);

extern const struct command cmd_get;
extern const struct command cmd_check;
extern const struct command cmd_explain;
extern const struct command cmd_memory;
extern const struct command cmd_ws;
extern const struct command cmd_chain;
extern const struct command cmd_cert;
extern const struct command cmd_completion;

#endif
