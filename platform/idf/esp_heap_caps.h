/* Memory by capability, under ESP-IDF's names, over the regions of plat_heap.h.
 *
 *   MALLOC_CAP_SPIRAM                     the external region
 *   MALLOC_CAP_INTERNAL, MALLOC_CAP_DMA   the internal region
 *   neither                               the default region
 *
 * together with any of 8BIT, 32BIT, DEFAULT, CACHE_ALIGNED and SIMD. What a host has no memory for
 * (EXEC, IRAM_8BIT, RTCRAM, TCM, RETENTION, PID..., SPIRAM with INTERNAL or DMA) gives NULL and 0.
 * A region is the system's heap, and then reports INT32_MAX bytes in all, until one of a given size
 * is put in its place with heap_caps_simulate(), which the chip does not have.
 *
 * As on the chip, this and malloc() are one heap: free() and realloc() take what was allocated
 * here, and heap_caps_free() and heap_caps_realloc() what malloc(), strdup(), asprintf() or
 * getline() gave. Without a simulated region a block is the C library's own. With one, the linker
 * must lead the program's free() and realloc() here, which it does for programs that CMake's
 * esp_tls_add_app() makes (docs/porting.md); other programs give a block back to the heap that it
 * came from.
 *
 * What is allocated here counts as the process's (esp_tls_get_memory_stats(NULL)), by the bytes
 * that were asked for; what malloc() gave does not. A block that free() took in a program which was
 * not made by esp_tls_add_app() counts until the C library gives its address out again. */
#ifndef ESP_HEAP_CAPS_H
#define ESP_HEAP_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <esp_err.h>
#include <multi_heap.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MALLOC_CAP_EXEC          (1 << 0)
#define MALLOC_CAP_32BIT         (1 << 1)
#define MALLOC_CAP_8BIT          (1 << 2)
#define MALLOC_CAP_DMA           (1 << 3)
#define MALLOC_CAP_PID2          (1 << 4)
#define MALLOC_CAP_PID3          (1 << 5)
#define MALLOC_CAP_PID4          (1 << 6)
#define MALLOC_CAP_PID5          (1 << 7)
#define MALLOC_CAP_PID6          (1 << 8)
#define MALLOC_CAP_PID7          (1 << 9)
#define MALLOC_CAP_SPIRAM        (1 << 10)
#define MALLOC_CAP_INTERNAL      (1 << 11)
#define MALLOC_CAP_DEFAULT       (1 << 12)
#define MALLOC_CAP_IRAM_8BIT     (1 << 13)
#define MALLOC_CAP_RETENTION     (1 << 14)
#define MALLOC_CAP_RTCRAM        (1 << 15)
#define MALLOC_CAP_TCM           (1 << 16)
#define MALLOC_CAP_DMA_DESC_AHB  (1 << 17)
#define MALLOC_CAP_DMA_DESC_AXI  (1 << 18)
#define MALLOC_CAP_CACHE_ALIGNED (1 << 19)
#define MALLOC_CAP_SIMD          (1 << 20)
#define MALLOC_CAP_INVALID       (1U << 31)

/** @return NULL when size is 0, when no memory is left, or when no memory has these capabilities.
 *  (heap_caps_calloc() gives zeroes; the contents of the others are unspecified.) */
void *heap_caps_malloc(size_t size, uint32_t caps);
void *heap_caps_calloc(size_t n, size_t size, uint32_t caps);
/** ptr NULL: as heap_caps_malloc(). size 0: frees, NULL. On failure ptr stays as it was. */
void *heap_caps_realloc(void *ptr, size_t size, uint32_t caps);
/** Also of what malloc() gave. NULL is legal. */
void heap_caps_free(void *ptr);
/** @param alignment  a power of two. Freed by heap_caps_free(). */
void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps);
void *heap_caps_aligned_calloc(size_t alignment, size_t n, size_t size, uint32_t caps);
void heap_caps_aligned_free(void *ptr);

/** The same with num capabilities (uint32_t each) in place of one: the first that has room. */
void *heap_caps_malloc_prefer(size_t size, size_t num, ...);
void *heap_caps_calloc_prefer(size_t n, size_t size, size_t num, ...);
void *heap_caps_realloc_prefer(void *ptr, size_t size, size_t num, ...);

size_t heap_caps_get_total_size(uint32_t caps);
size_t heap_caps_get_free_size(uint32_t caps);
/** The least that was ever free. */
size_t heap_caps_get_minimum_free_size(uint32_t caps);
/** The largest request that could be met now. */
size_t heap_caps_get_largest_free_block(uint32_t caps);
/** Bytes of a block as they were asked for; of one that malloc() gave, those that can be used. */
size_t heap_caps_get_allocated_size(void *ptr);
/** All of it at once; zeroes when no memory has these capabilities. A region's allocated bytes
 *  include its headers. */
void heap_caps_get_info(multi_heap_info_t *info, uint32_t caps);

/** Walk over a simulated region, or over all: are its headers whole? An overrun of the block before
 *  breaks one. The system's heap cannot be looked at and counts as whole, and so does what no
 *  memory has the capabilities for.
 *  @param print_errors  say in the log where it is damaged
 *  Takes the heap's lock for the walk. Threads: any. */
bool heap_caps_check_integrity(uint32_t caps, bool print_errors);
bool heap_caps_check_integrity_all(bool print_errors);
/** The region that the address lies in. */
bool heap_caps_check_integrity_addr(intptr_t addr, bool print_errors);

/** Host only: have a region of a given size, so that a device's memory can be had on a PC, its
 *  fragmentation included.
 *  @param size  bytes, the region's own state among them; 0: the system's heap again
 *  @param caps  which region, as above
 *  @return ESP_OK; ESP_ERR_NO_MEM; ESP_ERR_INVALID_ARG when no memory has these capabilities or
 *          size is too small for a region
 *  Blocks that live stay where they are. Threads: any. */
esp_err_t heap_caps_simulate(size_t size, uint32_t caps);
/** Host only: was ptr allocated here (and, outside of simulated regions, not yet freed)? */
bool heap_caps_owns(const void *ptr);

#ifdef __cplusplus
}
#endif
#endif
