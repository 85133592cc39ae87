/* The command line program: what its commands share. Each command begins at cmd_<name>.c of its folder,
 * and is listed in main.c; everything below esp-tls's public headers is out of bounds here. */
#ifndef TOOL_H
#define TOOL_H

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

/** Run `esp-tls get ...`. @return an enum tool_exit */
int cmd_get(int argc, char **argv);
/** Run `esp-tls check ...`. @return an enum tool_exit */
int cmd_check(int argc, char **argv);
/** Run `esp-tls explain ...`. @return an enum tool_exit */
int cmd_explain(int argc, char **argv);
/** Run `esp-tls memory ...`. @return an enum tool_exit */
int cmd_memory(int argc, char **argv);
/** Run `esp-tls ws ...`. @return an enum tool_exit */
int cmd_ws(int argc, char **argv);
/** Run `esp-tls chain ...`. @return an enum tool_exit */
int cmd_chain(int argc, char **argv);
/** Run `esp-tls cert ...`. @return an enum tool_exit */
int cmd_cert(int argc, char **argv);

#endif
