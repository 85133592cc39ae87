/* The default heap is the C library's, so that sanitizers and valgrind see every block. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "plat_heap.h"

/** Up to here a block is cleared by hand. glibc's calloc() passes by the blocks that the thread
 *  freed last, which makes it, and then free(), three times as long. */
#define SMALL 1024

void *plat_system_alloc(size_t size, enum plat_region_id id)
{
    void *block = size > SMALL ? calloc(1, size) : malloc(size);

    (void)id;
    return block != NULL && size <= SMALL ? memset(block, 0, size) : block;
}

void *plat_system_alloc_aligned(size_t alignment, size_t size, enum plat_region_id id)
{
    void *block = NULL;

    (void)id;
    return posix_memalign(&block, alignment, size) == 0 ? memset(block, 0, size) : NULL;
}

size_t plat_system_size(const void *block)
{
    return malloc_usable_size((void *)(uintptr_t)block);
}

/** The C library's free() in a program whose free() is ours (host-kit/one_heap.c); NULL in others.
 *  Our free() calls back into the ledger, whose lock may be held here. A program that wraps free()
 *  for itself wraps what allocates as well, so it gets its blocks back through free(). */
extern void et_one_heap_free(void *block) __attribute__((weak));

void plat_system_free(void *block, enum plat_region_id id)
{
    (void)id;
    if (et_one_heap_free != NULL) {
        et_one_heap_free(block);
    } else {
        free(block);
    }
}
