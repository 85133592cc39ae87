/* Preloaded into a program: the FAIL_ALLOC-th allocation of the process fails, and no other. With
 * FAIL_ALLOC_COUNT=FILE the number of allocations is written there at the end.
 *
 * A name is looked up before any counts: glibc's first look-up reads its own files, and where it
 * has no memory for these it ends the program by itself (nss_database.c of 2.36).
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

/* glibc's own, below the names that are taken here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static unsigned long fails_at; /* 0: none */
static unsigned long seen;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FAIL_ALLOC");
    struct addrinfo *found = NULL;

    if (getaddrinfo("localhost", NULL, NULL, &found) == 0) {
        freeaddrinfo(found);
    }
    fails_at = at != NULL ? strtoul(at, NULL, 10) : 0;
    __atomic_store_n(&seen, 0, __ATOMIC_RELAXED);
}

__attribute__((destructor)) static void finish(void)
{
    unsigned long count = __atomic_load_n(&seen, __ATOMIC_RELAXED);
    const char *path = getenv("FAIL_ALLOC_COUNT");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;

    if (file != NULL) {
        fprintf(file, "%lu\n", count);
        fclose(file);
    }
}

static int is_failing(void)
{
    int is_it = __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED) == fails_at;

    if (is_it) {
        errno = ENOMEM;
    }
    return is_it;
}

void *malloc(size_t size)
{
    return is_failing() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_failing() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return is_failing() ? NULL : __libc_realloc(block, size);
}
