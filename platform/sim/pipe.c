/* Bytes under way. */
#include <stdlib.h>
#include <string.h>

#include "net.h"

size_t sim_wire_max_read;
size_t sim_wire_max_write;
static uint64_t wire_delay;
static size_t wire_room;

void sim_wire(uint64_t delay_us, size_t max_read, size_t max_write, size_t room)
{
    wire_delay = delay_us;
    sim_wire_max_read = max_read;
    sim_wire_max_write = max_write;
    wire_room = room;
}

void sim_wire_reset(void)
{
    sim_wire(0, 0, 0, 0);
}

void pipe_init(struct pipe *pipe)
{
    *pipe = (struct pipe){.end = &pipe->first, .fin_due = PLAT_NEVER, .rst_due = PLAT_NEVER};
}

void pipe_clear(struct pipe *pipe)
{
    while (pipe->first != NULL) {
        struct segment *next = pipe->first->next;

        free(pipe->first);
        pipe->first = next;
    }
    pipe_init(pipe);
}

/** When the next thing that is sent arrives: never before what was sent earlier. */
static uint64_t arrival(struct pipe *pipe)
{
    uint64_t due = sim_now + wire_delay;

    if (due < pipe->last_due + pipe->every && pipe->piece != 0) {
        due = pipe->last_due + pipe->every;
    }
    pipe->last_due = due > pipe->last_due ? due : pipe->last_due;
    return pipe->last_due;
}

static void send_segment(struct pipe *pipe, const uint8_t *bytes, size_t len)
{
    struct segment *segment = sim_memory(sizeof(*segment) + len);

    memcpy(segment->bytes, bytes, len);
    segment->len = len;
    segment->due = arrival(pipe);
    *pipe->end = segment;
    pipe->end = &segment->next;
    pipe->queued += len;
}

size_t pipe_put(struct pipe *pipe, const void *bytes, size_t len)
{
    size_t room = wire_room == 0 ? len : wire_room > pipe->queued ? wire_room - pipe->queued : 0;
    size_t taken = len < room ? len : room;
    size_t piece = pipe->piece == 0 ? taken : pipe->piece;

    for (size_t at = 0; at < taken; at += piece) {
        send_segment(pipe, (const uint8_t *)bytes + at, taken - at < piece ? taken - at : piece);
    }
    if (taken > 0) {
        sim_progress();
    }
    return taken;
}

size_t pipe_get(struct pipe *pipe, void *bytes, size_t len)
{
    size_t got = 0;

    while (got < len && pipe->first != NULL && pipe->first->due <= sim_now) {
        struct segment *segment = pipe->first;
        size_t left = segment->len - segment->taken;
        size_t n = left < len - got ? left : len - got;

        memcpy((uint8_t *)bytes + got, segment->bytes + segment->taken, n);
        got += n;
        segment->taken += n;
        if (segment->taken == segment->len) {
            pipe->first = segment->next;
            if (pipe->first == NULL) {
                pipe->end = &pipe->first;
            }
            free(segment);
        }
    }
    pipe->queued -= got;
    while (pipe->flood_len > 0 && pipe->first == NULL && got < len) {
        ((uint8_t *)bytes)[got++] = pipe->flood[pipe->flood_at++ % pipe->flood_len];
    }
    pipe->in_all += got;
    if (got > 0) {
        sim_progress();
    }
    return got;
}

bool pipe_has_bytes(const struct pipe *pipe)
{
    return pipe->first != NULL ? pipe->first->due <= sim_now : pipe->flood_len > 0;
}

void pipe_flood(struct pipe *pipe, const void *bytes, size_t len)
{
    if (pipe->flood == bytes && pipe->flood_len == len) {
        return; /* the flood goes on from the byte that it had reached */
    }
    pipe->flood = bytes;
    pipe->flood_len = len;
    pipe->flood_at = 0;
}

bool pipe_has_room(const struct pipe *pipe)
{
    return wire_room == 0 || pipe->queued < wire_room;
}

bool pipe_is_at_end(const struct pipe *pipe)
{
    return pipe->first == NULL && pipe->fin_due <= sim_now;
}

uint64_t pipe_arrived(const struct pipe *pipe)
{
    uint64_t bytes = pipe->in_all;

    for (const struct segment *at = pipe->first; at != NULL && at->due <= sim_now; at = at->next) {
        bytes += at->len - at->taken;
    }
    return bytes;
}

void pipe_fin(struct pipe *pipe)
{
    if (pipe->fin_due == PLAT_NEVER) {
        pipe->fin_due = arrival(pipe);
    }
}

void pipe_rst(struct pipe *pipe, int os_error)
{
    if (pipe->rst_due == PLAT_NEVER) {
        pipe->rst_due = arrival(pipe);
        pipe->rst_error = os_error;
    }
}

void pipe_next(const struct pipe *pipe, uint64_t *next)
{
    const struct segment *at = pipe->first;

    while (at != NULL && at->due <= sim_now) {
        at = at->next;
    }
    if (at != NULL) {
        sim_soonest(next, at->due);
    }
    sim_soonest(next, pipe->fin_due);
    sim_soonest(next, pipe->rst_due);
}
