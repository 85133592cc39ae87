/* The far side of a connection. */
#include <errno.h>
#include <stdlib.h>

#include "net.h"

static bool can_move(const struct sim_peer *peer)
{
    const struct sim_stream *s = peer->stream;

    return !peer->is_met || pipe_arrived(&s->out) > peer->told ||
           (s->out.fin_due <= sim_now && !peer->is_told_fin) ||
           (peer->is_short && pipe_has_room(&s->in)) || peer->wake_at <= sim_now;
}

bool peer_run(struct sim_peer *peer)
{
    if (peer->fn == NULL || !can_move(peer)) {
        return false;
    }
    peer->is_met = true;
    peer->is_short = false;
    peer->told = pipe_arrived(&peer->stream->out);
    peer->is_told_fin = peer->stream->out.fin_due <= sim_now;
    if (peer->wake_at <= sim_now) {
        peer->wake_at = PLAT_NEVER;
    }
    sim_is_peer_running = true;
    peer->fn(peer, peer->arg);
    sim_is_peer_running = false;
    return true;
}

size_t sim_peer_read(struct sim_peer *peer, void *buf, size_t len)
{
    return pipe_get(&peer->stream->out, buf, len);
}

size_t sim_peer_write(struct sim_peer *peer, const void *buf, size_t len)
{
    struct pipe *pipe = &peer->stream->in;
    size_t taken;

    if (pipe->fin_due != PLAT_NEVER || pipe->rst_due != PLAT_NEVER) {
        return 0;
    }
    taken = pipe_put(pipe, buf, len);
    peer->is_short = taken < len;
    return taken;
}

void sim_peer_flood(struct sim_peer *peer, const void *bytes, size_t len)
{
    pipe_flood(&peer->stream->in, bytes, len);
}

void sim_peer_trickle(struct sim_peer *peer, size_t bytes, uint64_t every_us)
{
    peer->stream->in.piece = bytes;
    peer->stream->in.every = every_us;
}

void sim_peer_close(struct sim_peer *peer)
{
    pipe_fin(&peer->stream->in);
}

void sim_peer_reset(struct sim_peer *peer, int os_error)
{
    pipe_rst(&peer->stream->in, os_error == 0 ? ECONNRESET : os_error);
}

bool sim_peer_is_closed(const struct sim_peer *peer)
{
    return pipe_is_at_end(&peer->stream->out);
}

void sim_peer_wake_in(struct sim_peer *peer, uint64_t us)
{
    peer->wake_at = sim_now + us;
}

void *sim_peer_state(struct sim_peer *peer, size_t size)
{
    if (peer->state == NULL) {
        peer->state = sim_memory(size);
    }
    return peer->state;
}
