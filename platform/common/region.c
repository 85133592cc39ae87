/* A heap over one piece of memory: first fit from a free list in the order of addresses.
 *
 * A free block starts with its size in bytes and the next free block; both fit into one unit, so
 * that even a remainder of one unit stays in the list until a neighbour is freed and takes it in.
 * The region's state lies at the start of its memory.
 */
#include <string.h>

#include "heap_block.h"

struct free_block {
    size_t size; /* bytes, this header included; a multiple of HEAP_UNIT */
    struct free_block *next;
};

struct plat_region {
    struct free_block *first;
    uint8_t *begin;
    uint8_t *end;
    size_t free_bytes;
    size_t min_free;
};

_Static_assert(sizeof(struct free_block) == HEAP_UNIT, "a free block can be one unit");

static size_t round_up(size_t n)
{
    return (n + HEAP_UNIT - 1) & ~(size_t)(HEAP_UNIT - 1);
}

static size_t block_extent(size_t size)
{
    return HEAP_UNIT + round_up(size);
}

struct plat_region *plat_region_init(void *memory, size_t size)
{
    uintptr_t start = round_up((uintptr_t)memory);
    uintptr_t end = ((uintptr_t)memory + size) & ~(uintptr_t)(HEAP_UNIT - 1);
    uintptr_t begin = start + round_up(sizeof(struct plat_region));
    struct plat_region *region = (struct plat_region *)start;

    if (end < begin || end - begin < 2 * HEAP_UNIT) {
        return NULL;
    }
    region->first = (struct free_block *)begin;
    region->begin = (uint8_t *)begin;
    region->end = (uint8_t *)end;
    region->free_bytes = end - begin;
    region->min_free = region->free_bytes;
    region->first->size = region->free_bytes;
    region->first->next = NULL;
    return region;
}

struct heap_block *et_region_take(struct plat_region *region, size_t size)
{
    size_t need = block_extent(size);
    struct free_block **at = &region->first;
    struct free_block *found;
    struct heap_block *block;

    if (size > HEAP_SIZE_MAX) {
        return NULL;
    }
    while (*at != NULL && (*at)->size < need) {
        at = &(*at)->next;
    }
    found = *at;
    if (found == NULL) {
        return NULL;
    }
    if (found->size > need) {
        struct free_block *rest = (struct free_block *)((uint8_t *)found + need);

        rest->size = found->size - need;
        rest->next = found->next;
        *at = rest;
    } else {
        *at = found->next;
    }
    region->free_bytes -= need;
    if (region->free_bytes < region->min_free) {
        region->min_free = region->free_bytes;
    }
    block = (struct heap_block *)found;
    memset(block, 0, need);
    block->size = (uint32_t)size;
    return block;
}

/** Join a free block with the one that follows it in the list, if they touch. */
static void join_next(struct free_block *block)
{
    struct free_block *next = block->next;

    if (next != NULL && (uint8_t *)block + block->size == (uint8_t *)next) {
        block->size += next->size;
        block->next = next->next;
    }
}

void et_region_give(struct plat_region *region, struct heap_block *block)
{
    size_t extent = block_extent(block->size);
    struct free_block *freed = (struct free_block *)block;
    struct free_block *before = NULL;
    struct free_block *after = region->first;

    while (after != NULL && after < freed) {
        before = after;
        after = after->next;
    }
    if (!et_region_contains(region, block) || extent > (size_t)(region->end - (uint8_t *)block) ||
        (before != NULL && (uint8_t *)before + before->size > (uint8_t *)freed) ||
        (after != NULL && (uint8_t *)freed + extent > (uint8_t *)after)) {
        et_heap_corrupt(et_heap_payload(block));
    }
    freed->size = extent;
    freed->next = after;
    region->free_bytes += extent;
    join_next(freed);
    if (before == NULL) {
        region->first = freed;
    } else {
        before->next = freed;
        join_next(before);
    }
}

bool et_region_contains(const struct plat_region *region, const void *memory)
{
    return (const uint8_t *)memory >= region->begin && (const uint8_t *)memory < region->end;
}

size_t et_region_free_bytes(const struct plat_region *region)
{
    return region->free_bytes;
}

size_t et_region_min_free(const struct plat_region *region)
{
    return region->min_free;
}

size_t et_region_used(const struct plat_region *region)
{
    return (size_t)(region->end - region->begin) - region->free_bytes;
}

size_t et_region_largest_free(const struct plat_region *region)
{
    size_t largest = HEAP_UNIT;

    for (const struct free_block *at = region->first; at != NULL; at = at->next) {
        largest = at->size > largest ? at->size : largest;
    }
    return largest - HEAP_UNIT;
}

bool et_region_is_empty(const struct plat_region *region)
{
    return region->free_bytes == (size_t)(region->end - region->begin);
}

/** The block at a place where no free one is. @return its end; NULL when it cannot be one */
static const uint8_t *used_end(const struct plat_region *region, const uint8_t *at)
{
    const struct heap_block *block = (const struct heap_block *)at;
    size_t extent;

    if (block->mark != HEAP_MARK_USED || block->home == HOME_SYSTEM ||
        block->home == HOME_ALIGNED || block->size > HEAP_SIZE_MAX) {
        return NULL;
    }
    extent = block_extent(block->size);
    return extent > (size_t)(region->end - at) ? NULL : at + extent;
}

const void *et_region_examine(const struct plat_region *region, struct region_counts *counts)
{
    const struct free_block *free_block = region->first;
    size_t free_bytes = 0;
    const uint8_t *at = region->begin;
    const uint8_t *end;

    *counts = (struct region_counts){0};
    for (; at < region->end; at = end) {
        if (at != (const uint8_t *)free_block) {
            end = used_end(region, at);
            counts->used_blocks++;
        } else if (free_block->size == 0 || free_block->size % HEAP_UNIT != 0 ||
                   free_block->size > (size_t)(region->end - at)) {
            return at;
        } else {
            end = at + free_block->size;
            counts->free_blocks++;
            free_bytes += free_block->size;
            free_block = free_block->next;
        }
        if (end == NULL || (free_block != NULL && (const uint8_t *)free_block < end)) {
            return at;
        }
    }
    return free_block == NULL && free_bytes == region->free_bytes ? NULL : region->begin;
}

/* --- the same for callers without an account ------------------------------------------------ */

void *plat_region_alloc(struct plat_region *region, size_t size)
{
    struct heap_block *block;

    et_heap_lock();
    block = et_region_take(region, size == 0 ? 1 : size);
    if (block != NULL) {
        block->home = HOME_RAW;
        block->mark = HEAP_MARK_USED;
    }
    et_heap_unlock();
    return block == NULL ? NULL : et_heap_payload(block);
}

void plat_region_free(struct plat_region *region, void *memory)
{
    struct heap_block *block;

    if (memory == NULL) {
        return;
    }
    block = (struct heap_block *)memory - 1;
    et_heap_lock();
    if (block->mark != HEAP_MARK_USED || block->home != HOME_RAW) {
        et_heap_corrupt(memory);
    }
    et_region_give(region, block);
    et_heap_unlock();
}

size_t plat_region_free_bytes(struct plat_region *region)
{
    size_t bytes;

    et_heap_lock();
    bytes = region->free_bytes;
    et_heap_unlock();
    return bytes;
}

size_t plat_region_largest_free(struct plat_region *region)
{
    size_t bytes;

    et_heap_lock();
    bytes = et_region_largest_free(region);
    et_heap_unlock();
    return bytes;
}

size_t plat_region_min_free(struct plat_region *region)
{
    size_t bytes;

    et_heap_lock();
    bytes = et_region_min_free(region);
    et_heap_unlock();
    return bytes;
}

size_t plat_region_used(struct plat_region *region)
{
    size_t bytes;

    et_heap_lock();
    bytes = et_region_used(region);
    et_heap_unlock();
    return bytes;
}
