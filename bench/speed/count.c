/* Stands between a program and malloc(): linked with -Wl,--wrap for each of the four. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "speed.h"

void *__real_malloc(size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

struct header {
    _Alignas(16) size_t size;
};

static size_t live, peak, blocks;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void add(size_t size)
{
    pthread_mutex_lock(&lock);
    live += size;
    peak = live > peak ? live : peak;
    blocks++;
    pthread_mutex_unlock(&lock);
}

void *__wrap_malloc(size_t size)
{
    struct header *header = __real_malloc(sizeof(*header) + size);

    if (header == NULL) {
        return NULL;
    }
    header->size = size;
    add(size);
    return header + 1;
}

void *__wrap_calloc(size_t n, size_t size)
{
    void *block = size != 0 && n > SIZE_MAX / size ? NULL : __wrap_malloc(n * size);

    return block == NULL ? NULL : memset(block, 0, n * size);
}

void __wrap_free(void *block)
{
    struct header *header = (struct header *)block - 1;

    if (block == NULL) {
        return;
    }
    pthread_mutex_lock(&lock);
    live -= header->size;
    pthread_mutex_unlock(&lock);
    __real_free(header);
}

void *__wrap_realloc(void *block, size_t size)
{
    void *more = __wrap_malloc(size);

    if (more != NULL && block != NULL) {
        size_t old = ((struct header *)block - 1)->size;

        memcpy(more, block, old < size ? old : size);
        __wrap_free(block);
    }
    return more;
}

size_t count_live(void)
{
    return live;
}

size_t count_peak(void)
{
    return peak;
}

size_t count_blocks(void)
{
    return blocks;
}

void count_reset(void)
{
    peak = live;
    blocks = 0;
}
