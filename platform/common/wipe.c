/* Overwriting secrets. */
#include <string.h>

#include "plat_heap.h"

void plat_wipe(void *memory, size_t size)
{
    if (size > 0) {
        memset(memory, 0, size);
        /* the compiler must assume that somebody reads the memory */
        __asm__ volatile("" : : "r"(memory) : "memory");
    }
}
