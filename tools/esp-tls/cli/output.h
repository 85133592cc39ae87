/* Where the body goes. A file appears under its name only when all of it is there: until then it
 * has another name in the same directory, and is removed on failure and on SIGINT and SIGTERM. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tool.h"

struct output {
    const char *path; /* NULL: standard output */
    char *final_name; /* path with its symbolic links resolved; NULL: written in place */
    int fd;
};

/** @param path  NULL: standard output. A device or pipe is written in place.
 *  @return EXIT_OK, or EXIT_OUTPUT, EXIT_MEMORY after a message on stderr */
enum tool_exit output_open(struct output *out, const char *path);

/** Open a file to go on with, behind what it has.
 *  @param from  receives its size; 0: there is none yet
 *  @return as output_open() */
enum tool_exit output_resume(struct output *out, const char *path, int64_t *from);

/** The server sends all of it anew: forget what the file has. */
enum tool_exit output_restart(struct output *out);

/** Write all of it to any file. @return 0 or errno */
int output_all(int fd, const void *data, size_t len);

/** @return EXIT_OK, or EXIT_OUTPUT after a message on stderr */
enum tool_exit output_write(struct output *out, const void *data, size_t len);

/** Give the file its name. @return EXIT_OK, or EXIT_OUTPUT after a message on stderr */
enum tool_exit output_finish(struct output *out);

/** Close; remove what is not finished. Always the last call. */
void output_clear(struct output *out);

#endif
