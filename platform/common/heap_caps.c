/* Memory by capability: ESP-IDF's names over the regions. */
#include "esp_heap_caps.h"

#include <string.h>

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
    return plat_alloc_from(NULL, PLAT_MEM_APPLICATION, id, size);
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
        had = plat_alloc_size(ptr);
        memcpy(moved, ptr, had < size ? had : size);
        heap_caps_free(ptr);
    }
    return moved;
}

void heap_caps_free(void *ptr)
{
    plat_free(ptr);
}

void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps)
{
    enum plat_region_id id;

    if (size == 0 || alignment == 0 || (alignment & (alignment - 1)) != 0 ||
        !region_for(caps, &id)) {
        return NULL;
    }
    return plat_alloc_aligned(NULL, PLAT_MEM_APPLICATION, id, alignment, size);
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
    plat_free(ptr);
}

size_t heap_caps_get_total_size(uint32_t caps)
{
    enum plat_region_id id;
    struct plat_region *region;

    if (!region_for(caps, &id)) {
        return 0;
    }
    region = home_region(id);
    return region == NULL ? SYSTEM_TOTAL
                          : plat_region_free_bytes(region) + plat_region_used(region);
}

size_t heap_caps_get_free_size(uint32_t caps)
{
    enum plat_region_id id;
    struct plat_region *region;

    if (!region_for(caps, &id)) {
        return 0;
    }
    region = home_region(id);
    return region == NULL ? SYSTEM_TOTAL - heap_system_use(id).live
                          : plat_region_free_bytes(region);
}

size_t heap_caps_get_minimum_free_size(uint32_t caps)
{
    enum plat_region_id id;
    struct plat_region *region;

    if (!region_for(caps, &id)) {
        return 0;
    }
    region = home_region(id);
    return region == NULL ? SYSTEM_TOTAL - heap_system_use(id).peak : plat_region_min_free(region);
}

size_t heap_caps_get_largest_free_block(uint32_t caps)
{
    enum plat_region_id id;
    struct plat_region *region;

    if (!region_for(caps, &id)) {
        return 0;
    }
    region = home_region(id);
    return region == NULL ? heap_caps_get_free_size(caps) : plat_region_largest_free(region);
}

size_t heap_caps_get_allocated_size(void *ptr)
{
    return plat_alloc_size(ptr);
}

esp_err_t heap_caps_simulate(size_t size, uint32_t caps)
{
    enum plat_region_id id;

    if (!region_for(caps, &id) || (size > 0 && size < HEAP_CAPS_SIMULATE_MIN)) {
        return ESP_ERR_INVALID_ARG;
    }
    return plat_region_simulate(id, size) == 0 ? ESP_OK : ESP_ERR_NO_MEM;
}
