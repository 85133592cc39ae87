/* Which region stands for the internal, the external and the default heap. On a host none does,
 * until one is simulated. A region that is replaced while blocks live in it is put aside, and its
 * memory goes when the last of them is freed. */
#include <errno.h>
#include <stdlib.h>

#include "heap_block.h"

struct plat_region *et_home_regions[PLAT_REGION_IDS];
static void *current_memory[PLAT_REGION_IDS];

struct retired {
    struct plat_region *region;
    void *memory;
    struct retired *next;
};

static struct retired *retired_first;
static bool is_simulated; /* some region was made, ever */

struct plat_region *plat_region_get(enum plat_region_id id)
{
    return id < PLAT_REGION_IDS ? et_home_region(id) : NULL;
}

struct retired *et_home_give(struct heap_block *block)
{
    struct plat_region *region = et_home_regions[block->id];

    if (region != NULL && et_region_contains(region, block)) {
        et_region_give(region, block);
        return NULL;
    }
    for (struct retired **at = &retired_first; *at != NULL; at = &(*at)->next) {
        struct retired *old = *at;

        if (et_region_contains(old->region, block)) {
            et_region_give(old->region, block);
            if (!et_region_is_empty(old->region)) {
                return NULL;
            }
            *at = old->next;
            return old;
        }
    }
    et_heap_corrupt(et_heap_payload(block));
}

void et_home_drop(struct retired *emptied)
{
    if (emptied != NULL) {
        free(emptied->memory);
        free(emptied);
    }
}

/** Put region in the place of id; with the lock held. @param spare  takes the old one if need be
 *  @return true  spare was not needed, and memory is to be freed */
static bool replace(enum plat_region_id id, struct plat_region *region, void **memory,
                    struct retired *spare)
{
    struct plat_region *old = et_home_regions[id];
    void *old_memory = current_memory[id];
    bool is_empty = old == NULL || et_region_is_empty(old);

    __atomic_store_n(&et_home_regions[id], region, __ATOMIC_RELEASE);
    current_memory[id] = *memory;
    *memory = is_empty ? old_memory : NULL;
    if (!is_empty) {
        *spare = (struct retired){.region = old, .memory = old_memory, .next = retired_first};
        retired_first = spare;
    }
    return is_empty;
}

const struct plat_region *et_home_of(const void *memory)
{
    for (int id = 0; id < PLAT_REGION_IDS; id++) {
        if (et_home_regions[id] != NULL && et_region_contains(et_home_regions[id], memory)) {
            return et_home_regions[id];
        }
    }
    for (const struct retired *old = retired_first; old != NULL; old = old->next) {
        if (et_region_contains(old->region, memory)) {
            return old->region;
        }
    }
    return NULL;
}

bool et_home_has(const void *memory)
{
    bool is_in;

    if (!__atomic_load_n(&is_simulated, __ATOMIC_ACQUIRE)) {
        return false;
    }
    et_heap_lock();
    is_in = et_home_of(memory) != NULL;
    et_heap_unlock();
    return is_in;
}

int plat_region_simulate(enum plat_region_id id, size_t size)
{
    struct retired *spare = malloc(sizeof(*spare));
    void *memory = malloc(size);
    struct plat_region *region = memory == NULL ? NULL : plat_region_init(memory, size);
    bool is_unused;

    if (id >= PLAT_REGION_IDS || spare == NULL || (size != 0 && region == NULL)) {
        free(memory);
        free(spare);
        return id >= PLAT_REGION_IDS ? EINVAL : ENOMEM;
    }
    __atomic_store_n(&is_simulated, true, __ATOMIC_RELEASE);
    et_heap_lock();
    is_unused = replace(id, region, &memory, spare);
    et_heap_unlock();
    if (is_unused) {
        free(memory);
        free(spare);
    }
    return 0;
}
