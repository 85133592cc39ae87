/* A thread whose stack is painted, to see how deep it got: embedded programmers' high-water mark,
 * for one call at a time.
 *
 *     size_t depth;
 *     painted_mark(p);
 *     esp_tls_conn_read(...);
 *     depth = painted_depth(p, __builtin_frame_address(0));
 */
#ifndef PAINTED_H
#define PAINTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct painted {
    uint8_t *low; /* the deepest byte there is */
    size_t size;
};

/** Run fn(painted, arg) in a thread with such a stack, and wait for its end.
 *  @return false when there is no thread to be had */
bool painted_run(struct painted *p, void (*fn)(struct painted *p, void *arg), void *arg);

/** Paint what lies below the caller. */
void painted_mark(struct painted *p);

/** Bytes between the caller's frame and the deepest byte written since the mark. */
size_t painted_depth(const struct painted *p, const void *frame);

#endif
