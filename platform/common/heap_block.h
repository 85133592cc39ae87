/* What heap.c, region.c and home.c share: the one header that every block has.
 *
 *   system heap:  [ header | payload ]           one block of the C library's
 *   region:       [ header | payload | slack ]   the region rounds up to the header's size
 *   aligned:      [ header | gap | header | payload ]   the second one, of home HOME_ALIGNED, has
 *                                                  the distance to the first payload as its size
 *
 * A region finds a block's extent from `size` alone, so it needs no header of its own. All of it is
 * guarded by one lock: an account, the totals and a region change together, or not at all.
 */
#ifndef HEAP_BLOCK_H
#define HEAP_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "plat_heap.h"

#define HEAP_UNIT      (2 * sizeof(void *)) /* alignment, rounding and header size */
#define HEAP_SIZE_MAX  ((size_t)INT32_MAX - 64)
#define HEAP_MARK_USED 0xA5u
#define HEAP_MARK_FREE 0x5Au

enum heap_home {
    HOME_SYSTEM,  /* plat_system_alloc(), region `id` */
    HOME_REGION,  /* the region that stands, or stood, for `id` */
    HOME_ARENA,   /* the account's arena */
    HOME_ALIGNED, /* inside another block */
    HOME_RAW      /* plat_region_alloc(): no account */
};

struct heap_block {
    _Alignas(HEAP_UNIT) uint32_t size; /* as asked for */
    uint16_t owner;                    /* index of the account, heap.c */
    uint8_t purpose : 3;
    uint8_t home : 3;
    uint8_t id : 2; /* enum plat_region_id */
    uint8_t mark;   /* HEAP_MARK_USED */
};

_Static_assert(sizeof(struct heap_block) == HEAP_UNIT, "a header is one unit");
_Static_assert(sizeof(void *) != 4 || sizeof(struct heap_block) == 8, "8 bytes on 32 bits");
_Static_assert(PLAT_MEM_PURPOSES <= 8 && PLAT_REGION_IDS <= 4, "they fit the header's bits");

static inline void *heap_payload(struct heap_block *block)
{
    return block + 1;
}

void heap_lock(void);
void heap_unlock(void);
/** Says which block, and stops: to go on would corrupt memory. */
_Noreturn void heap_corrupt(const void *payload);

/* region.c; with the lock held */

/** A block of `size` zeroed bytes, its other fields unset; NULL when there is no room. */
struct heap_block *region_take(struct plat_region *region, size_t size);
void region_give(struct plat_region *region, struct heap_block *block);
bool region_contains(const struct plat_region *region, const void *memory);
size_t region_free_bytes(const struct plat_region *region);
size_t region_largest_free(const struct plat_region *region);
bool region_is_empty(const struct plat_region *region);

/* home.c */

extern struct plat_region *home_regions[PLAT_REGION_IDS];

/** The region that stands for id, or NULL for the system's heap. Needs no lock. */
static inline struct plat_region *home_region(enum plat_region_id id)
{
    return __atomic_load_n(&home_regions[id], __ATOMIC_ACQUIRE);
}

/** Give a HOME_REGION block back to the region that it came from; with the lock held. */
void home_give(struct heap_block *block);

/* heap.c, for heap_caps.c */

/** Bytes that are live in the system's heap under this id, and the most that ever were. */
struct plat_mem_use heap_system_use(enum plat_region_id id);

#endif
