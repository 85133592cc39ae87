/* A stream whose text stays in memory, like open_memstream(), which does not tell that some of it
 * was lost for want of memory. */
#ifndef MEMORY_FILE_H
#define MEMORY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct memory_file {
    char *text; /* with a NUL behind it; to be freed */
    size_t len;
    size_t cap;
};

/** @param m  all zero; must not move until the stream is closed. @return NULL: no memory */
FILE *memory_file_open(struct memory_file *m);

/** @param file  NULL is legal. @return false: not all of it is there; m is empty then */
bool memory_file_close(struct memory_file *m, FILE *file);

#endif
