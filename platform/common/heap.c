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
#define OWNERS_MAX    (sizeof(plat_owner) == 2 ? 1u << 16 : 1u << 28)

#define LARGER(a, b) ((a) > (b) ? (a) : (b))

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
static uint32_t system_blocks[PLAT_REGION_IDS];

void et_heap_lock(void)
{
    plat_mutex_lock(&lock);
}

void et_heap_unlock(void)
{
    plat_mutex_unlock(&lock);
}

void et_heap_corrupt(const void *payload)
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
static __attribute__((noinline)) bool owner_give_row(struct plat_account *account)
{
    uint32_t row = owners_unused;

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
    account->slot = (plat_owner)row;
    return true;
}

static bool owner_enter(struct plat_account *account)
{
    return account->slot != 0 || account == &process || owner_give_row(account);
}

static __attribute__((noinline)) void owner_leave(uint32_t row)
{
    owners[row] = (struct owner){.orphans = owners_unused};
    owners_unused = row;
    if (--owners_taken > 0) {
        return;
    }
    if (owners != owners_static) { /* no row is taken: the table begins anew */
        plat_system_free(owners, PLAT_REGION_DEFAULT);
        owners = owners_static;
        owners_cap = OWNERS_STATIC;
    }
    owners_fresh = 1;
    owners_unused = 0;
}

/** The account that a block which is being freed counts in, and the account's arena. */
static inline struct plat_account *owner_of(uint32_t row, struct plat_region **arena)
{
    struct owner *owner = &owners[row];
    struct plat_account *account = owner->who;

    if (owner->orphans == 0) {
        *arena = account->arena;
        return account;
    }
    *arena = owner->who;
    if (--owner->orphans == 0) {
        owner_leave(row);
    }
    return &process;
}

void plat_account_init(struct plat_account *account)
{
    *account = (struct plat_account){0};
}

static void use_add(struct plat_mem_use *use, uint32_t size)
{
    use->live += size;
    use->peak = LARGER(use->live, use->peak);
}

/* --- figures by purpose and phase (CONFIG_ESP_TLS_MEMORY_DETAIL); with the lock held ---------- */

#ifdef CONFIG_ESP_TLS_MEMORY_DETAIL
static void detail_charge(struct plat_account *account, const struct heap_block *block)
{
    struct plat_mem_phase *phase = &account->by_phase[account->phase];

    use_add(&account->by_purpose[block->purpose], block->size);
    phase->peak = LARGER(account->total.live, phase->peak);
    phase->largest = LARGER(block->size, phase->largest);
    phase->count++;
}

static void detail_discharge(struct plat_account *account, const struct heap_block *block)
{
    account->by_purpose[block->purpose].live -= block->size;
}

static void detail_hand_over(const struct plat_account *account)
{
    for (size_t i = 0; i < PLAT_MEM_PURPOSES; i++) {
        use_add(&process.by_purpose[i], account->by_purpose[i].live);
    }
}

static void detail_phase(struct plat_account *account)
{
    struct plat_mem_phase *phase = &account->by_phase[account->phase];

    phase->peak = LARGER(account->total.live, phase->peak);
}

static void detail_reset(struct plat_account *account)
{
    for (size_t i = 0; i < PLAT_MEM_PURPOSES; i++) {
        account->by_purpose[i].peak = account->by_purpose[i].live;
    }
    memset(account->by_phase, 0, sizeof(account->by_phase));
    account->by_phase[account->phase].peak = account->total.live;
}
#else
static void detail_charge(struct plat_account *account, const struct heap_block *block)
{
    (void)account;
    (void)block;
}

static void detail_discharge(struct plat_account *account, const struct heap_block *block)
{
    (void)account;
    (void)block;
}

static void detail_hand_over(const struct plat_account *account)
{
    (void)account;
}

static void detail_phase(struct plat_account *account)
{
    (void)account;
}

static void detail_reset(struct plat_account *account)
{
    (void)account;
}
#endif

static void hand_over(const struct plat_account *account)
{
    process.blocks += account->blocks;
    use_add(&process.total, account->total.live);
    detail_hand_over(account);
}

void plat_account_clear(struct plat_account *account)
{
    plat_mutex_lock(&lock);
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
    plat_mutex_unlock(&lock);
}

void plat_account_phase(struct plat_account *account, uint8_t phase)
{
    if (phase >= PLAT_MEM_PHASES) {
        return;
    }
    plat_mutex_lock(&lock);
    account->phase = phase;
    detail_phase(account);
    plat_mutex_unlock(&lock);
}

void plat_account_reset(struct plat_account *account)
{
    plat_mutex_lock(&lock);
    account->total.peak = account->total.live;
    detail_reset(account);
    account->count = 0;
    account->largest = 0;
    account->failure = (struct plat_mem_failure){0};
    plat_mutex_unlock(&lock);
}

struct plat_account *plat_process_account(void)
{
    return &process;
}

void plat_heap_overall(struct plat_mem_use *total, uint32_t *count, uint32_t *largest)
{
    plat_mutex_lock(&lock);
    *total = overall;
    *count = overall_count;
    *largest = overall_largest;
    plat_mutex_unlock(&lock);
}

struct plat_mem_use et_heap_system_use(enum plat_region_id id, uint32_t *blocks)
{
    struct plat_mem_use use;

    plat_mutex_lock(&lock);
    use = system_use[id];
    *blocks = system_blocks[id];
    plat_mutex_unlock(&lock);
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
        account->failure.free_bytes = clip(et_region_free_bytes(region));
        account->failure.largest_free = clip(et_region_largest_free(region));
    }
}

/** A phase's figures never exceed the account's, nor those the overall ones, so that one comparison
 *  mostly does. */
static void charge(struct plat_account *account, const struct heap_block *block)
{
    uint32_t size = block->size;

    use_add(&account->total, size);
    if (size > account->largest) {
        account->largest = size;
        overall_largest = size > overall_largest ? size : overall_largest;
    }
    detail_charge(account, block);
    use_add(&overall, size);
    if (block->home == HOME_SYSTEM) {
        use_add(&system_use[block->id], size);
        system_blocks[block->id]++;
    }
    account->blocks++;
    account->count++;
    overall_count++;
}

static inline void discharge(struct plat_account *account, const struct heap_block *block)
{
    uint32_t size = block->size;

    account->total.live -= size;
    detail_discharge(account, block);
    account->blocks--;
    overall.live -= size;
    if (block->home == HOME_SYSTEM) {
        system_use[block->id].live -= size;
        system_blocks[block->id]--;
    }
}

/** A block without a header, as the ledger sees it. */
static struct heap_block as_plain(uint32_t size, enum plat_region_id id)
{
    return (struct heap_block){
        .size = size, .purpose = PLAT_MEM_APPLICATION, .home = HOME_SYSTEM, .id = (uint8_t)id & 3u};
}

void et_heap_charge_plain(uint32_t size, enum plat_region_id id)
{
    struct heap_block block = as_plain(size, id);

    charge(&process, &block);
}

void et_heap_discharge_plain(uint32_t size, enum plat_region_id id)
{
    struct heap_block block = as_plain(size, id);

    discharge(&process, &block);
}

void et_heap_refuse_plain(size_t size, enum plat_region_id id)
{
    note_failure(&process, PLAT_MEM_APPLICATION, id, NULL, size, false);
}

/* --- blocks --------------------------------------------------------------------------------- */

static bool is_over_limit(const struct plat_account *account, size_t size)
{
    return account->limit != 0 &&
           (account->total.live >= account->limit || size > account->limit - account->total.live);
}

/** What a trace is told once the lock is released. */
struct told {
    plat_mem_trace_fn trace;
    void *arg;
    enum plat_mem purpose;
    int32_t size;
    uint32_t live;
};

#ifdef CONFIG_ESP_TLS_MEMORY_DETAIL
static bool is_traced(const struct plat_account *account)
{
    return account->trace != NULL;
}

static void tell_watcher(const struct plat_account *account, const struct heap_block *header)
{
    account->trace(account->trace_arg, (enum plat_mem)header->purpose, (int32_t)header->size,
                   account->total.live);
}

static __attribute__((cold)) struct told tell_later(const struct plat_account *account,
                                                    const struct heap_block *block)
{
    return (struct told){.trace = account->trace,
                         .arg = account->trace_arg,
                         .purpose = (enum plat_mem)block->purpose,
                         .size = -(int32_t)block->size,
                         .live = account->total.live};
}
#else
static bool is_traced(const struct plat_account *account)
{
    (void)account;
    return false;
}

static void tell_watcher(const struct plat_account *account, const struct heap_block *header)
{
    (void)account;
    (void)header;
}

static struct told tell_later(const struct plat_account *account, const struct heap_block *block)
{
    (void)account;
    (void)block;
    return (struct told){0};
}
#endif

static void *entered(struct plat_account *account, struct heap_block *block,
                     struct heap_block header)
{
    header.owner = account->slot;
    *block = header;
    charge(account, block);
    plat_mutex_unlock(&lock);
    if (is_traced(account)) {
        tell_watcher(account, &header);
    }
    return et_heap_payload(block);
}

static __attribute__((cold)) void *refused(struct plat_account *account,
                                           const struct plat_region *region, size_t size,
                                           struct heap_block header)
{
    note_failure(account, (enum plat_mem)header.purpose, (enum plat_region_id)header.id, region,
                 size, is_over_limit(account, size));
    plat_mutex_unlock(&lock);
    return NULL;
}

/** From a region, with the lock held, which is released. */
static void *take_from_region(struct plat_account *account, struct plat_region *region, size_t size,
                              struct heap_block header)
{
    struct heap_block *block = NULL;

    if (!is_over_limit(account, size) && owner_enter(account)) {
        block = et_region_take(region, size);
    }
    return block == NULL ? refused(account, region, size, header) : entered(account, block, header);
}

/** From the region that stands for an id. Another thread may put another in its place and free it,
 *  so that it is looked for under the lock that it is used under.
 *  @param is_none  receives whether none stands there: then nothing was taken, nor refused */
static void *take_from_home(struct plat_account *account, size_t size, struct heap_block header,
                            bool *is_none)
{
    struct plat_region *region = et_home_region((enum plat_region_id)header.id);

    *is_none = region == NULL;
    if (region == NULL) {
        return NULL; /* the usual case, without the lock */
    }
    plat_mutex_lock(&lock);
    region = et_home_region((enum plat_region_id)header.id);
    *is_none = region == NULL;
    if (region == NULL) {
        plat_mutex_unlock(&lock);
        return NULL;
    }
    return take_from_region(account, region, size, header);
}

/** From the system's heap, which is called without the lock. */
static void *take_from_system(struct plat_account *account, size_t size, struct heap_block header)
{
    enum plat_region_id id = (enum plat_region_id)header.id;
    struct heap_block *block =
        size > HEAP_SIZE_MAX ? NULL : plat_system_alloc(sizeof(*block) + size, id);

    plat_mutex_lock(&lock);
    if (block == NULL || is_over_limit(account, size) || !owner_enter(account)) {
        (void)refused(account, NULL, size, header);
        plat_system_free(block, id);
        return NULL;
    }
    return entered(account, block, header);
}

static struct heap_block header_of(enum plat_mem purpose, enum plat_region_id id, size_t size)
{
    return (struct heap_block){.size = (uint32_t)size,
                               .purpose = (uint8_t)purpose & 7u,
                               .id = (uint8_t)id & 3u,
                               .mark = HEAP_MARK_USED};
}

/** @param arena  NULL: the region that stands for id, or the system's heap */
static void *alloc_in(struct plat_account *account, enum plat_mem purpose, enum plat_region_id id,
                      struct plat_region *arena, size_t size)
{
    struct heap_block header;
    void *payload;
    bool is_none;

    size = size == 0 ? 1 : size;
    header = header_of(purpose, id, size);
    if (arena != NULL) {
        header.home = HOME_ARENA;
        plat_mutex_lock(&lock);
        return take_from_region(account, arena, size, header);
    }
    header.home = HOME_REGION;
    payload = take_from_home(account, size, header, &is_none);
    if (is_none) {
        header.home = HOME_SYSTEM;
        payload = take_from_system(account, size, header);
    }
    return payload;
}

void *plat_alloc(struct plat_account *account, enum plat_mem purpose, size_t size)
{
    struct plat_account *payer = account == NULL ? &process : account;

    return alloc_in(payer, purpose, (enum plat_region_id)payer->region[purpose], payer->arena,
                    size);
}

void *plat_alloc_shared(struct plat_account *told, size_t size)
{
    void *block = plat_alloc(NULL, PLAT_MEM_PROCESS, size);

    if (block == NULL && told != NULL) {
        plat_mutex_lock(&lock);
        told->failure = process.failure; /* it may be another thread's failure by now */
        told->failure.size = clip(size);
        told->failure.purpose = PLAT_MEM_PROCESS;
        plat_mutex_unlock(&lock);
    }
    return block;
}

void *plat_alloc_from(struct plat_account *account, enum plat_mem purpose, enum plat_region_id id,
                      size_t size)
{
    return alloc_in(account == NULL ? &process : account, purpose, id, NULL, size);
}

/** Of a block that is longer by alignment: the aligned address in it, with a header that leads back
 *  to the block's own. */
static void *align_in(uint8_t *memory, size_t alignment)
{
    uintptr_t at;
    struct heap_block *inner;

    if (memory == NULL || ((uintptr_t)memory & (alignment - 1)) == 0) {
        return memory;
    }
    at = ((uintptr_t)memory + alignment - 1) & ~(uintptr_t)(alignment - 1);
    inner = (struct heap_block *)at - 1;
    *inner = (struct heap_block){
        .size = (uint32_t)(at - (uintptr_t)memory), .home = HOME_ALIGNED, .mark = HEAP_MARK_USED};
    return (void *)at;
}

void *plat_app_alloc(enum plat_region_id id, size_t alignment, size_t size)
{
    bool is_aligned = alignment <= HEAP_UNIT;
    bool is_huge = !is_aligned && (size > HEAP_SIZE_MAX || alignment > HEAP_SIZE_MAX);
    size_t whole = is_huge ? SIZE_MAX : is_aligned ? size : size + alignment;
    struct heap_block header;
    void *payload;
    bool is_none;

    whole = whole == 0 ? 1 : whole;
    header = header_of(PLAT_MEM_APPLICATION, id, whole);
    header.home = HOME_REGION;
    payload = take_from_home(&process, whole, header, &is_none);
    if (is_none) {
        return et_heap_alloc_plain(id, alignment, size);
    }
    return is_aligned ? payload : align_in(payload, alignment);
}

/** The block that a payload lies in. */
static struct heap_block *block_of(const void *payload)
{
    struct heap_block *block = (struct heap_block *)(uintptr_t)payload - 1;

    if (block->mark == HEAP_MARK_USED && block->home == HOME_ALIGNED) {
        block = (struct heap_block *)((uintptr_t)payload - block->size) - 1;
    }
    if (block->mark != HEAP_MARK_USED || block->home >= HOME_ALIGNED) {
        et_heap_corrupt(payload);
    }
    return block;
}

static struct retired *give_to_region(struct heap_block *block, struct plat_region *arena)
{
    if (block->home == HOME_ARENA) {
        et_region_give(arena, block);
        return NULL;
    }
    return et_home_give(block);
}

void plat_free(void *payload)
{
    struct heap_block *block;
    struct plat_account *account;
    struct plat_region *arena;
    struct retired *emptied;
    enum plat_region_id id;
    struct told told = {0};

    if (payload == NULL) {
        return;
    }
    block = block_of(payload);
    id = (enum plat_region_id)block->id;
    plat_mutex_lock(&lock);
    account = owner_of(block->owner, &arena);
    discharge(account, block);
    if (is_traced(account)) {
        told = tell_later(account, block);
    }
    block->mark = HEAP_MARK_FREE;
    if (block->home == HOME_SYSTEM) {
        plat_mutex_unlock(&lock);
        plat_system_free(block, id);
    } else {
        emptied = give_to_region(block, arena);
        plat_mutex_unlock(&lock);
        et_home_drop(emptied);
    }
    if (told.trace != NULL) {
        told.trace(told.arg, told.purpose, told.size, told.live);
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
