/* free() and realloc() of a program, so that they take blocks of a simulated heap.
 *
 * esp_tls_add_app() compiles this into the program and tells the linker --wrap: what the program
 * calls as free() is __wrap_free() here, and __real_free() is the C library's. Whose a block is
 * follows from its address. Shared libraries that the program loads keep their own free(). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "esp_heap_caps.h"

void __real_free(void *block);
void *__real_realloc(void *block, size_t size);
ssize_t __real_getline(char **line, size_t *cap, FILE *file);
ssize_t __real_getdelim(char **line, size_t *cap, int delimiter, FILE *file);

void et_one_heap_free(void *block);
void __wrap_free(void *block);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t n, size_t size);
ssize_t __wrap_getline(char **line, size_t *cap, FILE *file);
ssize_t __wrap_getdelim(char **line, size_t *cap, int delimiter, FILE *file);
ssize_t __wrap___getdelim(char **line, size_t *cap, int delimiter, FILE *file);

/** For the platform, which gives blocks of the system's heap back. */
void et_one_heap_free(void *block)
{
    __real_free(block);
}

void __wrap_free(void *block)
{
    heap_caps_free(block);
}

void *__wrap_realloc(void *block, size_t size)
{
    void *moved;

    if (block == NULL || !heap_caps_owns(block)) {
        return __real_realloc(block, size);
    }
    moved = heap_caps_realloc(block, size, MALLOC_CAP_DEFAULT);
    if (moved == NULL && size != 0) {
        errno = ENOMEM;
    }
    return moved;
}

void *__wrap_reallocarray(void *block, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return __wrap_realloc(block, bytes);
}

/** The C library makes the buffer of getline() longer by itself: it must be its own.
 *  @return false when there is no memory */
static int make_malloced(char **line, size_t *cap)
{
    char *own;
    size_t size;

    if (*line == NULL || !heap_caps_owns(*line)) {
        return 1;
    }
    size = heap_caps_get_allocated_size(*line);
    own = malloc(size);
    if (own == NULL) {
        return 0;
    }
    memcpy(own, *line, size);
    heap_caps_free(*line);
    *line = own;
    *cap = size;
    return 1;
}

ssize_t __wrap_getline(char **line, size_t *cap, FILE *file)
{
    return line != NULL && cap != NULL && !make_malloced(line, cap)
               ? -1
               : __real_getline(line, cap, file);
}

ssize_t __wrap_getdelim(char **line, size_t *cap, int delimiter, FILE *file)
{
    return line != NULL && cap != NULL && !make_malloced(line, cap)
               ? -1
               : __real_getdelim(line, cap, delimiter, file);
}

/** What glibc's headers make of getline() in optimised C. */
ssize_t __wrap___getdelim(char **line, size_t *cap, int delimiter, FILE *file)
{
    return __wrap_getdelim(line, cap, delimiter, file);
}
