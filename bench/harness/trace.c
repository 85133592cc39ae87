#ifdef METER_TRACE
#include "trace.h"

#include <stdio.h>
#include <string.h>
#include <unwind.h>

enum {
    SNAPSHOT_MAX = 1024,
    OWN_FRAMES = 3
}; /* trace_note, meter_take and who calls that */

struct walk {
    void **callers;
    int depth;
};

struct taken {
    size_t cost;
    size_t size;
    void *callers[TRACE_DEPTH];
};

static struct taken snapshot[SNAPSHOT_MAX];
static size_t snapshot_n;

static _Unwind_Reason_Code frame(struct _Unwind_Context *context, void *arg)
{
    struct walk *walk = arg;

    if (walk->depth >= TRACE_DEPTH) {
        return _URC_END_OF_STACK;
    }
    if (walk->depth >= 0) {
        walk->callers[walk->depth] = (void *)_Unwind_GetIP(context);
    }
    walk->depth++;
    return _URC_NO_REASON;
}

void trace_note(struct trace_block *block)
{
    struct walk walk = {block->callers, -OWN_FRAMES};

    (void)_Unwind_Backtrace(frame, &walk);
}

void trace_snapshot(const struct trace_block *blocks)
{
    snapshot_n = 0;
    for (const struct trace_block *b = blocks->next; b != blocks && snapshot_n < SNAPSHOT_MAX;
         b = b->next) {
        struct taken *taken = &snapshot[snapshot_n++];

        taken->cost = b->cost;
        taken->size = b->size;
        memcpy(taken->callers, b->callers, sizeof(taken->callers));
    }
}

void trace_print(void)
{
    for (size_t i = 0; i < snapshot_n; i++) {
        printf("block %zu %zu", snapshot[i].cost, snapshot[i].size);
        for (int k = 0; k < TRACE_DEPTH && snapshot[i].callers[k] != NULL; k++) {
            printf(" %p", snapshot[i].callers[k]);
        }
        printf("\n");
    }
}
#else
typedef int trace_is_off; /* a source must not be empty */
#endif
