/* The default heap is the C library's, so that sanitizers and valgrind see every block. */
#include <stdlib.h>

#include "plat_heap.h"

void *plat_system_alloc(size_t size, enum plat_region_id id)
{
    (void)id;
    return calloc(1, size);
}

void plat_system_free(void *block, enum plat_region_id id)
{
    (void)id;
    free(block);
}
