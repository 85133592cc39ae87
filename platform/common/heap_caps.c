/* Memory by capability: ESP-IDF's names over the regions. */
#include "esp_heap_caps.h"

#include <stdarg.h>
#include <string.h>

#include "esp_log.h"
#include "heap_block.h"

#define CAPS_ANYWHERE                                                                              \
    (MALLOC_CAP_32BIT | MALLOC_CAP_8BIT | MALLOC_CAP_DEFAULT | MALLOC_CAP_CACHE_ALIGNED |          \
     MALLOC_CAP_SIMD)
#define CAPS_INTERNAL                                                                              \
    (MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA | MALLOC_CAP_DMA_DESC_AHB | MALLOC_CAP_DMA_DESC_AXI)

/** What the system's heap, whose end nobody knows, reports as its size. */
#define SYSTEM_TOTAL ((size_t)INT32_MAX)

/** Enough for a region's own state and a block. */
#define HEAP_CAPS_SIMULATE_MIN 128

/** @return false when no memory has these capabilities */
static bool region_for(uint32_t caps, enum plat_region_id *id)
{
    uint32_t place = caps & ~(uint32_t)CAPS_ANYWHERE;

    if (place == 0) {
        *id = PLAT_REGION_DEFAULT;
    } else if (place == MALLOC_CAP_SPIRAM) {
        *id = PLAT_REGION_EXTERNAL;
    } else {
        *id = PLAT_REGION_INTERNAL;
    }
    return *id != PLAT_REGION_INTERNAL || (place & ~(uint32_t)CAPS_INTERNAL) == 0;
}

void *heap_caps_malloc(size_t size, uint32_t caps)
{
    enum plat_region_id id;

    if (size == 0 || !region_for(caps, &id)) {
        return NULL;
    }
    return plat_app_alloc(id, 1, size);
}

void *heap_caps_calloc(size_t n, size_t size, uint32_t caps)
{
    size_t bytes;

    return __builtin_mul_overflow(n, size, &bytes) ? NULL : heap_caps_malloc(bytes, caps);
}

void *heap_caps_realloc(void *ptr, size_t size, uint32_t caps)
{
    void *moved;
    size_t had;

    if (ptr == NULL) {
        return heap_caps_malloc(size, caps);
    }
    if (size == 0) {
        heap_caps_free(ptr);
        return NULL;
    }
    moved = heap_caps_malloc(size, caps);
    if (moved != NULL) {
        had = plat_app_size(ptr);
        memcpy(moved, ptr, had < size ? had : size);
        heap_caps_free(ptr);
    }
    return moved;
}

void heap_caps_free(void *ptr)
{
    plat_app_free(ptr);
}

void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps)
{
    enum plat_region_id id;

    if (size == 0 || alignment == 0 || (alignment & (alignment - 1)) != 0 ||
        !region_for(caps, &id)) {
        return NULL;
    }
    return plat_app_alloc(id, alignment, size);
}

void *heap_caps_aligned_calloc(size_t alignment, size_t n, size_t size, uint32_t caps)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        return NULL;
    }
    return heap_caps_aligned_alloc(alignment, bytes, caps);
}

void heap_caps_aligned_free(void *ptr)
{
    plat_app_free(ptr);
}

bool heap_caps_owns(const void *ptr)
{
    return plat_app_owns(ptr);
}

/* --- the first of several capabilities that has room ------------------------------------------ */

void *heap_caps_malloc_prefer(size_t size, size_t num, ...)
{
    void *block = NULL;
    va_list caps;

    va_start(caps, num);
    for (size_t i = 0; i < num && block == NULL; i++) {
        block = heap_caps_malloc(size, va_arg(caps, uint32_t));
    }
    va_end(caps);
    return block;
}

void *heap_caps_calloc_prefer(size_t n, size_t size, size_t num, ...)
{
    void *block = NULL;
    va_list caps;

    va_start(caps, num);
    for (size_t i = 0; i < num && block == NULL; i++) {
        block = heap_caps_calloc(n, size, va_arg(caps, uint32_t));
    }
    va_end(caps);
    return block;
}

void *heap_caps_realloc_prefer(void *ptr, size_t size, size_t num, ...)
{
    void *block = NULL;
    va_list caps;

    va_start(caps, num);
    for (size_t i = 0; i < num && block == NULL; i++) {
        block = heap_caps_realloc(ptr, size, va_arg(caps, uint32_t));
        if (size == 0) {
            break; /* it is freed */
        }
    }
    va_end(caps);
    return block;
}

/* --- what there is ---------------------------------------------------------------------------- */

static void system_info(multi_heap_info_t *info, enum plat_region_id id)
{
    uint32_t blocks;
    struct plat_mem_use use = et_heap_system_use(id, &blocks);

    info->total_free_bytes = SYSTEM_TOTAL - use.live;
    info->total_allocated_bytes = use.live;
    info->largest_free_block = info->total_free_bytes;
    info->minimum_free_bytes = SYSTEM_TOTAL - use.peak;
    info->allocated_blocks = blocks;
    info->free_blocks = 1;
}

/** All of one moment. Another thread may replace the region and free it: it is looked for under the
 *  lock that it is used under.
 *  @param walks  go through its blocks: how many they are, and the largest free one
 *  @return false: none stands there */
static bool region_info(multi_heap_info_t *info, enum plat_region_id id, bool walks)
{
    const struct plat_region *region;
    struct region_counts counts = {0, 0};

    et_heap_lock();
    region = et_home_region(id);
    if (region != NULL) {
        info->total_free_bytes = et_region_free_bytes(region);
        info->total_allocated_bytes = et_region_used(region);
        info->minimum_free_bytes = et_region_min_free(region);
        if (walks) {
            info->largest_free_block = et_region_largest_free(region);
            (void)et_region_examine(region, &counts);
        }
    }
    et_heap_unlock();
    info->allocated_blocks = counts.used_blocks;
    info->free_blocks = counts.free_blocks;
    return region != NULL;
}

/** @return zeroes when no memory has these capabilities */
static multi_heap_info_t info_of(uint32_t caps, bool walks)
{
    multi_heap_info_t info = {.total_free_bytes = 0};
    enum plat_region_id id;

    if (region_for(caps, &id) && !region_info(&info, id, walks)) {
        system_info(&info, id);
    }
    info.total_blocks = info.allocated_blocks + info.free_blocks;
    return info;
}

size_t heap_caps_get_total_size(uint32_t caps)
{
    const multi_heap_info_t info = info_of(caps, false);

    return info.total_free_bytes + info.total_allocated_bytes;
}

size_t heap_caps_get_free_size(uint32_t caps)
{
    return info_of(caps, false).total_free_bytes;
}

size_t heap_caps_get_minimum_free_size(uint32_t caps)
{
    return info_of(caps, false).minimum_free_bytes;
}

size_t heap_caps_get_largest_free_block(uint32_t caps)
{
    return info_of(caps, true).largest_free_block;
}

void heap_caps_get_info(multi_heap_info_t *info, uint32_t caps)
{
    *info = info_of(caps, true);
}

size_t heap_caps_get_allocated_size(void *ptr)
{
    return plat_app_size(ptr);
}

static bool is_whole(const void *damaged, bool print_errors)
{
    if (damaged != NULL && print_errors) {
        ESP_LOGE("heap", "the block at %p is damaged, or what lies before it was overrun", damaged);
    }
    return damaged == NULL;
}

/** @return NULL, or where the region is damaged that stands for id */
static const void *examine(enum plat_region_id id)
{
    const struct plat_region *region;
    const void *damaged = NULL;
    struct region_counts counts;

    et_heap_lock();
    region = et_home_region(id);
    if (region != NULL) {
        damaged = et_region_examine(region, &counts);
    }
    et_heap_unlock();
    return damaged;
}

bool heap_caps_check_integrity(uint32_t caps, bool print_errors)
{
    enum plat_region_id id;

    return !region_for(caps, &id) || is_whole(examine(id), print_errors);
}

bool heap_caps_check_integrity_all(bool print_errors)
{
    bool all = true;

    for (int id = 0; id < PLAT_REGION_IDS; id++) {
        all = is_whole(examine((enum plat_region_id)id), print_errors) && all;
    }
    return all;
}

bool heap_caps_check_integrity_addr(intptr_t addr, bool print_errors)
{
    const struct plat_region *region;
    const void *damaged = NULL;
    struct region_counts counts;

    et_heap_lock();
    region = et_home_of((const void *)addr);
    if (region != NULL) {
        damaged = et_region_examine(region, &counts);
    }
    et_heap_unlock();
    return is_whole(damaged, print_errors);
}

esp_err_t heap_caps_simulate(size_t size, uint32_t caps)
{
    enum plat_region_id id;

    if (!region_for(caps, &id) || (size > 0 && size < HEAP_CAPS_SIMULATE_MIN)) {
        return ESP_ERR_INVALID_ARG;
    }
    return plat_region_simulate(id, size) == 0 ? ESP_OK : ESP_ERR_NO_MEM;
}
