/* Stands between a process and malloc(), whatever libraries it has: LD_PRELOAD. Counts bytes as
 * requested. */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

size_t count_live(void);
size_t count_peak(void);
void count_reset(void);

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);
extern void *__libc_memalign(size_t align, size_t size);

/* In front of each block; `start` is what libc gave. */
struct header {
    size_t size;
    void *start;
};

static atomic_size_t live, peak;

static void *counted(void *start, size_t skip, size_t size)
{
    struct header *h;
    size_t now;
    size_t top;

    if (start == NULL) {
        return NULL;
    }
    h = (struct header *)((char *)start + skip) - 1;
    *h = (struct header){size, start};
    now = atomic_fetch_add(&live, size) + size;
    top = atomic_load(&peak);
    while (now > top && !atomic_compare_exchange_weak(&peak, &top, now)) {
    }
    return h + 1;
}

void *malloc(size_t size)
{
    return size > SIZE_MAX / 2
               ? NULL
               : counted(__libc_malloc(size + sizeof(struct header)), sizeof(struct header), size);
}

void free(void *block)
{
    struct header *h = (struct header *)block - 1;

    if (block != NULL) {
        atomic_fetch_sub(&live, h->size);
        __libc_free(h->start);
    }
}

void *calloc(size_t n, size_t size)
{
    void *block = size != 0 && n > SIZE_MAX / size ? NULL : malloc(n * size);

    return block == NULL ? NULL : memset(block, 0, n * size);
}

void *realloc(void *block, size_t size)
{
    void *more = malloc(size);

    if (more != NULL && block != NULL) {
        size_t old = ((struct header *)block - 1)->size;

        memcpy(more, block, old < size ? old : size);
        free(block);
    }
    return more;
}

void *memalign(size_t align, size_t size)
{
    size_t skip = align < sizeof(struct header) ? sizeof(struct header) : align;

    return counted(__libc_memalign(align, size + skip), skip, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    return memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    *out = memalign(align, size);
    return *out == NULL ? ENOMEM : 0;
}

size_t count_live(void)
{
    return atomic_load(&live);
}

size_t count_peak(void)
{
    return atomic_load(&peak);
}

void count_reset(void)
{
    atomic_store(&peak, atomic_load(&live));
}
