/* The ledger: who owns a block, what for, how much is live.
 *
 * A block's header names its account by a number in a table, not by address: when an account is
 * cleared while blocks of it live, its row alone changes, and the blocks belong to the process
 * account from then on. The row stays taken until the last of them is freed.
 */
#include "plat_heap.h"

#include <stdlib.h>
#include <string.h>

#include "esp_log.h"
#include "heap_block.h"
#include "plat_lock.h"

struct owner {
    void *who;        /* the account; of a cleared account, its arena */
    uint32_t orphans; /* > 0: cleared, and so many blocks live. Unused row: the next unused one */
};

#define OWNERS_STATIC 8
#define OWNERS_MAX    65536u

static plat_mutex lock = PLAT_MUTEX_INITIALIZER;
static struct plat_account process;
static struct owner owners_static[OWNERS_STATIC] = {{.who = &process}};
static struct owner *owners = owners_static;
static uint32_t owners_cap = OWNERS_STATIC;
static uint32_t owners_fresh = 1; /* rows from here on were never used */
static uint32_t owners_unused;    /* first of the unused rows below that, 0 = none */
static uint32_t owners_taken;

static struct plat_mem_use overall;
static uint32_t overall_count;
static uint32_t overall_largest;
static struct plat_mem_use system_use[PLAT_REGION_IDS];

void heap_lock(void)
{
    plat_mutex_lock(&lock);
}

void heap_unlock(void)
{
    plat_mutex_unlock(&lock);
}

void heap_corrupt(const void *payload)
{
    ESP_EARLY_LOGE("heap", "%p is no live block, or its header was overwritten", payload);
    abort();
}

/* --- accounts ------------------------------------------------------------------------------- */

static bool owners_grow(void)
{
    uint32_t cap = owners_cap * 2;
    struct owner *more;

    if (cap > OWNERS_MAX) {
        return false;
    }
    more = plat_system_alloc(cap * sizeof(*more), PLAT_REGION_DEFAULT);
    if (more == NULL) {
        return false;
    }
    memcpy(more, owners, owners_cap * sizeof(*more));
    if (owners != owners_static) {
        plat_system_free(owners, PLAT_REGION_DEFAULT);
    }
    owners = more;
    owners_cap = cap;
    return true;
}

/** Give the account a row. @return false when there is none */
static bool owner_enter(struct plat_account *account)
{
    uint32_t row = owners_unused;

    if (account->slot != 0 || account == &process) {
        return true;
    }
    if (row != 0) {
        owners_unused = owners[row].orphans;
    } else {
        if (owners_fresh == owners_cap && !owners_grow()) {
            return false;
        }
        row = owners_fresh++;
    }
    owners[row] = (struct owner){.who = account};
    owners_taken++;
    account->slot = (uint16_t)row;
    return true;
}

static void owner_leave(uint32_t row)
{
    owners[row] = (struct owner){.orphans = owners_unused};
    owners_unused = row;
    if (--owners_taken > 0) {
        return;
    }
    if (owners != owners_static) { /* nobody left: back to the beginning */
        plat_system_free(owners, PLAT_REGION_DEFAULT);
        owners = owners_static;
        owners_cap = OWNERS_STATIC;
    }
    owners_fresh = 1;
    owners_unused = 0;
}

/** The account that a block counts in, and the arena it came from if it did. */
static struct plat_account *owner_of(const struct heap_block *block, struct plat_region **arena)
{
    struct owner *owner = &owners[block->owner];
    struct plat_account *account = owner->orphans > 0 ? &process : owner->who;

    *arena = owner->orphans > 0 ? owner->who : account->arena;
    return account;
}

void plat_account_init(struct plat_account *account)
{
    *account = (struct plat_account){0};
}

static void use_add(struct plat_mem_use *use, uint32_t size)
{
    use->live += size;
    if (use->live > use->peak) {
        use->peak = use->live;
    }
}

static void hand_over(const struct plat_account *account)
{
    process.blocks += account->blocks;
    use_add(&process.total, account->total.live);
    for (size_t i = 0; i < PLAT_MEM_PURPOSES; i++) {
        use_add(&process.by_purpose[i], account->by_purpose[i].live);
    }
}

void plat_account_clear(struct plat_account *account)
{
    heap_lock();
    if (account->slot != 0) {
        if (account->blocks > 0) {
            hand_over(account);
            owners[account->slot] =
                (struct owner){.who = account->arena, .orphans = account->blocks};
        } else {
            owner_leave(account->slot);
        }
    }
    *account = (struct plat_account){0};
    heap_unlock();
}

void plat_account_phase(struct plat_account *account, uint8_t phase)
{
    if (phase >= PLAT_MEM_PHASES) {
        return;
    }
    heap_lock();
    account->phase = phase;
    if (account->by_phase[phase].peak < account->total.live) {
        account->by_phase[phase].peak = account->total.live;
    }
    heap_unlock();
}

void plat_account_reset(struct plat_account *account)
{
    heap_lock();
    account->total.peak = account->total.live;
    for (size_t i = 0; i < PLAT_MEM_PURPOSES; i++) {
        account->by_purpose[i].peak = account->by_purpose[i].live;
    }
    memset(account->by_phase, 0, sizeof(account->by_phase));
    account->by_phase[account->phase].peak = account->total.live;
    account->count = 0;
    account->largest = 0;
    account->failure = (struct plat_mem_failure){0};
    heap_unlock();
}

struct plat_account *plat_process_account(void)
{
    return &process;
}

void plat_heap_overall(struct plat_mem_use *total, uint32_t *count, uint32_t *largest)
{
    heap_lock();
    *total = overall;
    *count = overall_count;
    *largest = overall_largest;
    heap_unlock();
}

struct plat_mem_use heap_system_use(enum plat_region_id id)
{
    struct plat_mem_use use;

    heap_lock();
    use = system_use[id];
    heap_unlock();
    return use;
}

/* --- counting; with the lock held ------------------------------------------------------------ */

static uint32_t clip(size_t size)
{
    return size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
}

static void note_failure(struct plat_account *account, enum plat_mem purpose,
                         enum plat_region_id id, const struct plat_region *region, size_t size,
                         bool over_limit)
{
    account->failure = (struct plat_mem_failure){.size = clip(size),
                                                 .purpose = (uint8_t)purpose,
                                                 .region = (uint8_t)id,
                                                 .over_limit = over_limit};
    if (over_limit) {
        account->failure.free_bytes =
            account->limit > account->total.live ? account->limit - account->total.live : 0;
        account->failure.largest_free = account->failure.free_bytes;
    } else if (region != NULL) {
        account->failure.free_bytes = clip(region_free_bytes(region));
        account->failure.largest_free = clip(region_largest_free(region));
    }
}

static void charge(struct plat_account *account, const struct heap_block *block)
{
    struct plat_mem_phase *phase = &account->by_phase[account->phase];
    uint32_t size = block->size;

    use_add(&account->total, size);
    use_add(&account->by_purpose[block->purpose], size);
    use_add(&overall, size);
    if (block->home == HOME_SYSTEM) {
        use_add(&system_use[block->id], size);
    }
    account->blocks++;
    account->count++;
    phase->count++;
    overall_count++;
    phase->peak = account->total.live > phase->peak ? account->total.live : phase->peak;
    phase->largest = size > phase->largest ? size : phase->largest;
    account->largest = size > account->largest ? size : account->largest;
    overall_largest = size > overall_largest ? size : overall_largest;
}

static void discharge(struct plat_account *account, const struct heap_block *block)
{
    account->total.live -= block->size;
    account->by_purpose[block->purpose].live -= block->size;
    account->blocks--;
    overall.live -= block->size;
    if (block->home == HOME_SYSTEM) {
        system_use[block->id].live -= block->size;
    }
    if (owners[block->owner].orphans > 0 && --owners[block->owner].orphans == 0) {
        owner_leave(block->owner);
    }
}

/* --- blocks --------------------------------------------------------------------------------- */

static bool is_over_limit(const struct plat_account *account, size_t size)
{
    return account->limit != 0 &&
           (account->total.live >= account->limit || size > account->limit - account->total.live);
}

/** Count a block that was had, or what was asked for when it was not. Takes the lock. */
static struct heap_block *enter(struct plat_account *account, struct plat_region *region,
                                size_t size, struct heap_block wanted, struct heap_block *block)
{
    bool over_limit;

    heap_lock();
    over_limit = is_over_limit(account, size);
    if (!over_limit && region != NULL) {
        block = region_take(region, size);
    }
    if (over_limit || block == NULL || !owner_enter(account)) {
        note_failure(account, wanted.purpose, wanted.id, region, size, over_limit);
        if (region != NULL && block != NULL) {
            region_give(region, block);
        }
        heap_unlock();
        if (region == NULL && block != NULL) {
            plat_system_free(block, wanted.id);
        }
        return NULL;
    }
    wanted.size = (uint32_t)size;
    wanted.owner = account->slot;
    *block = wanted;
    charge(account, block);
    heap_unlock();
    return block;
}

static void *alloc_in(struct plat_account *account, enum plat_mem purpose, enum plat_region_id id,
                      struct plat_region *arena, size_t size)
{
    struct plat_region *region = arena != NULL ? arena : home_region(id);
    struct heap_block wanted = {.mark = HEAP_MARK_USED};
    struct heap_block *block = NULL;

    wanted.purpose = (uint8_t)purpose & 7u;
    wanted.id = (uint8_t)id & 3u;
    wanted.home = arena != NULL ? HOME_ARENA : region != NULL ? HOME_REGION : HOME_SYSTEM;
    size = size == 0 ? 1 : size;
    if (region == NULL && size <= HEAP_SIZE_MAX) {
        block = plat_system_alloc(sizeof(*block) + size, id);
    }
    block = enter(account, region, size, wanted, block);
    if (block == NULL) {
        return NULL;
    }
    if (account->trace != NULL) {
        account->trace(account->trace_arg, purpose, (int32_t)size, account->total.live);
    }
    return heap_payload(block);
}

void *plat_alloc(struct plat_account *account, enum plat_mem purpose, size_t size)
{
    struct plat_account *payer = account == NULL ? &process : account;

    return alloc_in(payer, purpose, (enum plat_region_id)payer->region[purpose], payer->arena,
                    size);
}

void *plat_alloc_from(struct plat_account *account, enum plat_mem purpose, enum plat_region_id id,
                      size_t size)
{
    return alloc_in(account == NULL ? &process : account, purpose, id, NULL, size);
}

void *plat_alloc_aligned(struct plat_account *account, enum plat_mem purpose,
                         enum plat_region_id id, size_t alignment, size_t size)
{
    uint8_t *memory;
    uintptr_t at;
    struct heap_block *inner;

    if (alignment <= HEAP_UNIT || size > HEAP_SIZE_MAX || alignment > HEAP_SIZE_MAX) {
        return plat_alloc_from(account, purpose, id, alignment > HEAP_UNIT ? SIZE_MAX : size);
    }
    memory = plat_alloc_from(account, purpose, id, size + alignment);
    if (memory == NULL || ((uintptr_t)memory & (alignment - 1)) == 0) {
        return memory;
    }
    at = ((uintptr_t)memory + alignment - 1) & ~(uintptr_t)(alignment - 1);
    inner = (struct heap_block *)at - 1;
    *inner = (struct heap_block){
        .size = (uint32_t)(at - (uintptr_t)memory), .home = HOME_ALIGNED, .mark = HEAP_MARK_USED};
    return (void *)at;
}

/** The block that a payload lies in. */
static struct heap_block *block_of(const void *payload)
{
    struct heap_block *block = (struct heap_block *)(uintptr_t)payload - 1;

    if (block->mark == HEAP_MARK_USED && block->home == HOME_ALIGNED) {
        block = (struct heap_block *)((uintptr_t)payload - block->size) - 1;
    }
    if (block->mark != HEAP_MARK_USED || block->home >= HOME_ALIGNED) {
        heap_corrupt(payload);
    }
    return block;
}

void plat_free(void *payload)
{
    struct heap_block *block;
    struct heap_block was;
    struct plat_account *account;
    struct plat_region *arena;
    plat_mem_trace_fn trace;
    void *trace_arg;
    uint32_t live;

    if (payload == NULL) {
        return;
    }
    block = block_of(payload);
    was = *block;
    heap_lock();
    account = owner_of(block, &arena);
    discharge(account, block);
    block->mark = HEAP_MARK_FREE;
    trace = account->trace;
    trace_arg = account->trace_arg;
    live = account->total.live;
    if (was.home == HOME_REGION) {
        home_give(block);
    } else if (was.home == HOME_ARENA) {
        region_give(arena, block);
    }
    heap_unlock();
    if (was.home == HOME_SYSTEM) {
        plat_system_free(block, (enum plat_region_id)was.id);
    }
    if (trace != NULL) {
        trace(trace_arg, (enum plat_mem)was.purpose, -(int32_t)was.size, live);
    }
}

void plat_free_secret(void *payload)
{
    if (payload != NULL) {
        plat_wipe(payload, plat_alloc_size(payload));
        plat_free(payload);
    }
}

size_t plat_alloc_size(const void *payload)
{
    const struct heap_block *block = block_of(payload);

    return block->size - (size_t)((uintptr_t)payload - (uintptr_t)(block + 1));
}
