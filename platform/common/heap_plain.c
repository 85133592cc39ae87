/* Blocks of the C library's own, so that free() and heap_caps_free() take each other's.
 *
 * On a chip heap_caps_malloc() and malloc() are one heap. Where no region is simulated they are
 * here, too: a block has no header, and what the ledger must know of it stands in a table beside,
 * by address. A block that a plain free() took away unseen keeps its row until the C library gives
 * the address out again, and then the row is the new block's. */
#include <string.h>

#include "heap_block.h"

struct row {
    uintptr_t hidden; /* the address inverted: leak checkers must not take the table for an owner */
    uint32_t size;
    uint8_t id; /* enum plat_region_id */
};

#define ROWS_STATIC 16u

static struct row rows_static[ROWS_STATIC];
static struct row *rows = rows_static;
static uint32_t rows_cap = ROWS_STATIC; /* a power of two, and at most half of it is used */
static uint32_t rows_used;              /* read without the lock, too */

static uint32_t first_row(uintptr_t hidden)
{
    uint64_t mixed = (uint64_t)(hidden / HEAP_UNIT) * 0x9E3779B97F4A7C15u;

    return (uint32_t)(mixed >> 32) & (rows_cap - 1);
}

/** The block's row, or the unused one where it belongs. */
static struct row *find_row(uintptr_t hidden)
{
    uint32_t at = first_row(hidden);

    while (rows[at].hidden != 0 && rows[at].hidden != hidden) {
        at = (at + 1) & (rows_cap - 1);
    }
    return &rows[at];
}

static void count_rows(int32_t more)
{
    __atomic_store_n(&rows_used, rows_used + (uint32_t)more, __ATOMIC_RELAXED);
}

static bool rows_grow(void)
{
    struct row *old = rows;
    uint32_t old_cap = rows_cap;
    struct row *more = old_cap > UINT32_MAX / 2 / sizeof(*more)
                           ? NULL
                           : plat_system_alloc(old_cap * 2 * sizeof(*more), PLAT_REGION_DEFAULT);

    if (more == NULL) {
        return false;
    }
    rows = more;
    rows_cap = old_cap * 2;
    for (uint32_t i = 0; i < old_cap; i++) {
        *find_row(old[i].hidden) = old[i]; /* where nothing is, nothing is written */
    }
    if (old != rows_static) {
        plat_system_free(old, PLAT_REGION_DEFAULT);
    } else {
        memset(rows_static, 0, sizeof(rows_static));
    }
    return true;
}

/** Take a row out, and move those up that were pushed past it. */
static void remove_row(struct row *gone)
{
    uint32_t mask = rows_cap - 1;
    uint32_t hole = (uint32_t)(gone - rows);

    for (uint32_t at = (hole + 1) & mask; rows[at].hidden != 0; at = (at + 1) & mask) {
        if (((at - first_row(rows[at].hidden)) & mask) >= ((at - hole) & mask)) {
            rows[hole] = rows[at];
            hole = at;
        }
    }
    rows[hole] = (struct row){0};
    count_rows(-1);
    if (rows_used == 0 && rows != rows_static) {
        plat_system_free(rows, PLAT_REGION_DEFAULT);
        rows = rows_static;
        rows_cap = ROWS_STATIC;
    }
}

/** With the lock held. @return false when the table cannot grow */
static bool enter(const void *block, uint32_t size, enum plat_region_id id)
{
    uintptr_t hidden = ~(uintptr_t)block;
    struct row *row = find_row(hidden);

    if (row->hidden != 0) { /* it was freed unseen, and the address is new */
        et_heap_discharge_plain(row->size, (enum plat_region_id)row->id);
    } else {
        if (rows_used * 2 >= rows_cap) {
            if (!rows_grow()) {
                return false;
            }
            row = find_row(hidden);
        }
        count_rows(1);
    }
    *row = (struct row){.hidden = hidden, .size = size, .id = (uint8_t)id};
    et_heap_charge_plain(size, id);
    return true;
}

void *et_heap_alloc_plain(enum plat_region_id id, size_t alignment, size_t size)
{
    void *block = size > HEAP_SIZE_MAX || alignment > HEAP_SIZE_MAX ? NULL
                  : alignment <= HEAP_UNIT                          ? plat_system_alloc(size, id)
                                           : plat_system_alloc_aligned(alignment, size, id);
    bool is_entered;

    et_heap_lock();
    is_entered = block != NULL && enter(block, (uint32_t)size, id);
    if (!is_entered) {
        et_heap_refuse_plain(size, id);
    }
    et_heap_unlock();
    if (!is_entered) {
        plat_system_free(block, id);
    }
    return is_entered ? block : NULL;
}

/** @return the size that was asked for, 0 when the block is not in the table */
static size_t counted_size(const void *block, bool is_leaving)
{
    struct row *row;
    size_t size = 0;

    if (__atomic_load_n(&rows_used, __ATOMIC_RELAXED) == 0) {
        return 0;
    }
    et_heap_lock();
    row = find_row(~(uintptr_t)block);
    if (row->hidden != 0) {
        size = row->size;
        if (is_leaving) {
            et_heap_discharge_plain(row->size, (enum plat_region_id)row->id);
            remove_row(row);
        }
    }
    et_heap_unlock();
    return size;
}

bool plat_app_owns(const void *block)
{
    return et_home_has(block) || counted_size(block, false) != 0;
}

void plat_app_free(void *block)
{
    if (block == NULL) {
        return;
    }
    if (et_home_has(block)) {
        plat_free(block);
        return;
    }
    /* Out of the table first: once it is free, another thread may be given the address. */
    (void)counted_size(block, true);
    plat_system_free(block, PLAT_REGION_DEFAULT);
}

size_t plat_app_size(const void *block)
{
    size_t size;

    if (et_home_has(block)) {
        return plat_alloc_size(block);
    }
    size = counted_size(block, false);
    return size != 0 ? size : plat_system_size(block);
}
