#include "shortage.h"

#include <stdlib.h>

/* The linker has each call of malloc() and its kind call __wrap_malloc(), and __real_malloc() is
 * the C library's (--wrap). What the C library takes for itself is not seen: its calls say so. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
int __real_posix_memalign(void **block, size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
int __wrap_posix_memalign(void **block, size_t alignment, size_t size);

static bool was_refused; /* the process's; threads set it, too */

bool shortage_take(void)
{
    return __atomic_exchange_n(&was_refused, false, __ATOMIC_RELAXED);
}

void shortage_note(void)
{
    __atomic_store_n(&was_refused, true, __ATOMIC_RELAXED);
}

static void *look(void *block)
{
    if (block == NULL) {
        shortage_note();
    }
    return block;
}

void *__wrap_malloc(size_t size)
{
    return look(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return look(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    return look(__real_realloc(block, size));
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t size)
{
    int error = __real_posix_memalign(block, alignment, size);

    if (error != 0) {
        shortage_note();
    }
    return error;
}
