/* Which calls hold the memory at the peak. Programs built with -DMETER_TRACE note where each block
 * was asked for (and use more stack for it: their stack figures mean nothing). */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>

enum {
    TRACE_DEPTH = 10
};

struct trace_block {
    _Alignas(16) struct trace_block *next;
    struct trace_block *prev;
    size_t size;
    size_t cost;
#ifdef METER_TRACE
    void *callers[TRACE_DEPTH];
#endif
};

#ifdef METER_TRACE
void trace_note(struct trace_block *block);
/** Remember what lives now. @param blocks  the list's head, no block itself */
void trace_snapshot(const struct trace_block *blocks);
/** "block COST ADDRESS..." for each block of the last snapshot. */
void trace_print(void);
#else
static inline void trace_note(struct trace_block *block)
{
    (void)block;
}
static inline void trace_snapshot(const struct trace_block *blocks)
{
    (void)blocks;
}
static inline void trace_print(void)
{
}
#endif

#endif
