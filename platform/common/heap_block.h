/* What heap.c, heap_plain.c, region.c and home.c share: the one header that every block has, except
 * those that an application took from the system's heap (heap_plain.c).
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
    plat_owner owner;                  /* index of the account, heap.c */
    uint8_t purpose : 3;
    uint8_t home : 3;
    uint8_t id : 2; /* enum plat_region_id */
    uint8_t mark;   /* HEAP_MARK_USED */
};

_Static_assert(sizeof(struct heap_block) == HEAP_UNIT, "a header is one unit");
_Static_assert(sizeof(void *) != 4 || sizeof(struct heap_block) == 8, "8 bytes on 32 bits");
_Static_assert(PLAT_MEM_PURPOSES <= 8 && PLAT_REGION_IDS <= 4, "they fit the header's bits");

static inline void *et_heap_payload(struct heap_block *block)
{
    return block + 1;
}

void et_heap_lock(void);
void et_heap_unlock(void);
/** Print which block is damaged and end the program: going on would corrupt memory. */
_Noreturn void et_heap_corrupt(const void *payload);

/* region.c; with the lock held */

/** A block of `size` zeroed bytes, its other fields unset; NULL when there is no room. */
struct heap_block *et_region_take(struct plat_region *region, size_t size);
void et_region_give(struct plat_region *region, struct heap_block *block);
bool et_region_contains(const struct plat_region *region, const void *memory);
size_t et_region_free_bytes(const struct plat_region *region);
size_t et_region_largest_free(const struct plat_region *region);
size_t et_region_min_free(const struct plat_region *region);
size_t et_region_used(const struct plat_region *region);
bool et_region_is_empty(const struct plat_region *region);

struct region_counts {
    size_t used_blocks;
    size_t free_blocks;
};

/** Walk over all blocks. @return NULL, or where the region is damaged: then counts are what was
 *  found before that place */
const void *et_region_examine(const struct plat_region *region, struct region_counts *counts);

/* home.c */

extern struct plat_region *et_home_regions[PLAT_REGION_IDS];

/** The region that stands for id, or NULL for the system's heap. Without the lock it may be
 *  replaced and freed at once: then only whether there is one may be asked. */
static inline struct plat_region *et_home_region(enum plat_region_id id)
{
    return __atomic_load_n(&et_home_regions[id], __ATOMIC_ACQUIRE);
}

struct retired; /* a region that was replaced while blocks lived in it */

/** Give a HOME_REGION block back to the region that it came from; with the lock held.
 *  @return a retired region that is empty now, for et_home_drop() without the lock; or NULL */
struct retired *et_home_give(struct heap_block *block);
void et_home_drop(struct retired *emptied);
/** The region that the address lies in, current or retired, or NULL; with the lock held. */
const struct plat_region *et_home_of(const void *memory);
/** Does this address lie in a region that stands, or stood, for an id? Takes the lock, and not even
 *  that where none was ever simulated. */
bool et_home_has(const void *memory);

/* heap_plain.c */

/** Zeroes from the system's heap, without a header, counted in the process account. */
void *et_heap_alloc_plain(enum plat_region_id id, size_t alignment, size_t size);

/* heap.c, for heap_plain.c; with the lock held */

void et_heap_charge_plain(uint32_t size, enum plat_region_id id);
void et_heap_discharge_plain(uint32_t size, enum plat_region_id id);
void et_heap_refuse_plain(size_t size, enum plat_region_id id);

/* heap.c, for heap_caps.c */

/** Bytes that are live in the system's heap under this id, the most that ever were, and in how many
 *  blocks. */
struct plat_mem_use et_heap_system_use(enum plat_region_id id, uint32_t *blocks);

#endif
