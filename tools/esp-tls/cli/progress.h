/* A line on a terminal that says how far a transfer is. Elsewhere it says nothing. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;
    int64_t total; /* -1: not known */
    int64_t done;
    int64_t before; /* of done: there already when it began */
    int64_t began_ms;
    int64_t drawn_ms;
};

/** @param wanted  false: stay silent. It also stays silent where stderr is no terminal
 *  @param before  bytes that are there already, of a transfer that is resumed
 *  @param total   bytes in all; -1: not known */
void progress_begin(struct progress *p, bool wanted, int64_t before, int64_t total);
void progress_add(struct progress *p, int64_t bytes);
/** Take the line away. */
void progress_end(struct progress *p);

#endif
