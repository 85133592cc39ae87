/* Small blocks that are used again before the system's heap sees them.
 *
 * The arithmetic of a handshake asks for thousands of small numbers and frees each soon. While one
 * call runs, those that it frees are kept here, wiped, in lists by size; the ledger counts them as
 * the account's all the while, because they are. What the call leaves goes back at its end. */
#include "heap_block.h"
#include "plat_heap.h"

#ifdef CONFIG_ESP_TLS_REUSE_BLOCKS

#include <string.h>

#define STEP PLAT_REUSE_STEP

/** The list for blocks of this size, PLAT_REUSE_LISTS and more: none. */
static size_t list_of(size_t size)
{
    return size == 0 ? PLAT_REUSE_LISTS : (size - 1) / STEP;
}

/** Arenas and simulated regions stay what they are on a device. */
static bool is_on_system_heap(const struct plat_account *account, enum plat_mem purpose)
{
    return account != NULL && account->arena == NULL &&
           et_home_region((enum plat_region_id)account->region[purpose]) == NULL;
}

static struct heap_block *pop(struct plat_reuse *reuse, size_t list)
{
    void **payload = reuse->lists[list];
    struct heap_block *block = (struct heap_block *)(void *)payload - 1;

    reuse->lists[list] = *payload;
    if (*payload == NULL) {
        reuse->held &= ~((uint32_t)1 << list);
    }
    reuse->bytes -= block->size;
    *payload = NULL;
    block->mark = HEAP_MARK_USED;
    return block;
}

void *plat_reuse_alloc(struct plat_reuse *reuse, struct plat_account *account,
                       enum plat_mem purpose, size_t size)
{
    size_t list = list_of(size);
    void *payload;

    if (list >= PLAT_REUSE_LISTS || !is_on_system_heap(account, purpose)) {
        payload = plat_alloc(account, purpose, size);
    } else if ((reuse->held >> list & 1) != 0 && reuse->purpose == (uint8_t)purpose) {
        return et_heap_payload(pop(reuse, list));
    } else { /* of the list's size, so that whatever the list holds serves */
        size = (list + 1) * STEP;
        payload = plat_alloc(account, purpose, size);
    }
    if (payload == NULL && reuse->held != 0) { /* a limit may count what waits here */
        plat_reuse_end(reuse);
        payload = plat_alloc(account, purpose, size);
    }
    return payload;
}

static bool is_reusable(const struct plat_reuse *reuse, const struct plat_account *account,
                        const struct heap_block *block)
{
    return account != NULL && account->slot != 0 && block->mark == HEAP_MARK_USED &&
           block->home == HOME_SYSTEM && block->owner == account->slot && block->size % STEP == 0 &&
           list_of(block->size) < PLAT_REUSE_LISTS &&
           block->size <= PLAT_REUSE_BYTES_MAX - reuse->bytes &&
           (reuse->held == 0 || block->purpose == reuse->purpose);
}

void plat_reuse_free(struct plat_reuse *reuse, struct plat_account *account, void *payload)
{
    struct heap_block *block = payload;
    size_t list;

    if (payload == NULL || !is_reusable(reuse, account, --block)) {
        plat_free(payload);
        return;
    }
    list = list_of(block->size);
    plat_wipe(payload, block->size);
    block->mark = HEAP_MARK_FREE;
    *(void **)payload = (reuse->held >> list & 1) != 0 ? reuse->lists[list] : NULL;
    reuse->lists[list] = payload;
    reuse->held |= (uint32_t)1 << list;
    reuse->bytes += block->size;
    reuse->purpose = block->purpose;
}

void plat_reuse_end(struct plat_reuse *reuse)
{
    while (reuse->held != 0) {
        plat_free(et_heap_payload(pop(reuse, (size_t)__builtin_ctz(reuse->held))));
    }
}

#endif
