#define _GNU_SOURCE /* MAP_STACK */
#include "painted.h"

#include <pthread.h>
#include <sys/mman.h>

#define STACK_SIZE (512u * 1024u)
#define PAINT      0xA5u
#define MARGIN     256u /* of painted_mark() itself: not painted */

#if defined(__has_attribute)
#if __has_attribute(no_sanitize)
#define RAW __attribute__((noinline, no_sanitize("address", "thread")))
#endif
#endif
#ifndef RAW
#define RAW __attribute__((noinline))
#endif

struct start {
    struct painted *p;
    void (*fn)(struct painted *p, void *arg);
    void *arg;
};

static void *begin(void *arg)
{
    struct start *start = arg;

    start->fn(start->p, start->arg);
    return NULL;
}

bool painted_run(struct painted *p, void (*fn)(struct painted *p, void *arg), void *arg)
{
    struct start start = {p, fn, arg};
    pthread_attr_t attr;
    pthread_t thread;
    bool ok;
    void *memory = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    if (memory == MAP_FAILED) {
        return false;
    }
    *p = (struct painted){.low = memory, .size = STACK_SIZE};
    (void)pthread_attr_init(&attr);
    ok = pthread_attr_setstack(&attr, memory, STACK_SIZE) == 0 &&
         pthread_create(&thread, &attr, begin, &start) == 0;
    (void)pthread_attr_destroy(&attr);
    if (ok) {
        (void)pthread_join(thread, NULL);
    }
    (void)munmap(memory, STACK_SIZE);
    return ok;
}

RAW void painted_mark(struct painted *p)
{
    const volatile uint8_t *here = __builtin_frame_address(0);
    volatile uint8_t *at = p->low;

    while (at < here - MARGIN) {
        *at++ = PAINT;
    }
}

RAW size_t painted_depth(const struct painted *p, const void *frame)
{
    const volatile uint8_t *at = p->low;
    const volatile uint8_t *end = frame;

    while (at < end && *at == PAINT) {
        at++;
    }
    return (size_t)(end - at);
}
