/* What heap_caps_get_info() tells. The calls on a heap of one's own are not part of this
 * platform. */
#ifndef MULTI_HEAP_H
#define MULTI_HEAP_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    size_t total_free_bytes;
    size_t total_allocated_bytes;
    size_t largest_free_block; /**< the largest request that could be met now */
    size_t minimum_free_bytes; /**< the least that was ever free */
    size_t allocated_blocks;
    size_t free_blocks;
    size_t total_blocks; /**< both together */
} multi_heap_info_t;

#ifdef __cplusplus
}
#endif
#endif
