/* The parts of the in-memory network: pipes, and the streams and peers at their ends. */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "sim.h"

/** Bytes under way in one direction, in the order in which they arrive. */
struct segment {
    struct segment *next;
    uint64_t due;
    size_t len;
    size_t taken;
    uint8_t bytes[];
};

struct pipe {
    struct segment *first;
    struct segment **end;
    size_t queued;   /* bytes written and not read */
    uint64_t in_all; /* bytes read so far */
    uint64_t last_due;
    size_t piece;         /* > 0: bytes arrive in such pieces ... */
    uint64_t every;       /* ... so far apart */
    const uint8_t *flood; /* comes behind all else, without end */
    size_t flood_len;     /* 0: nothing does */
    size_t flood_at;
    uint64_t fin_due; /* PLAT_NEVER: not closed */
    uint64_t rst_due;
    int rst_error;
};

struct sim_peer {
    struct sim_stream *stream;
    sim_peer_fn fn;
    void *arg;
    void *state;
    uint64_t wake_at;
    uint64_t told; /* bytes that had arrived when it was called last */
    bool is_told_fin;
    bool is_met;   /* was called at all */
    bool is_short; /* a write of its was short */
};

enum stream_state {
    STREAM_NEW,
    STREAM_CONNECTING,
    STREAM_CONNECTED,
    STREAM_FAILED
};

struct sim_stream {
    struct sim_stream *next;
    intptr_t h;
    bool is_event;
    bool is_set;    /* the event, or a stream that was woken */
    bool is_owned;  /* by the code under test */
    bool is_closed; /* by it */
    bool is_stolen; /* somebody else closed the descriptor */
    bool is_rst_told;
    enum stream_state state;
    uint64_t connect_due;
    int connect_error;
    struct plat_addr remote; /* where it connected to; family 0: nowhere */
    struct sim_options options;
    struct pipe in;  /* to the code under test */
    struct pipe out; /* from it */
    struct sim_peer peer;
    unsigned attempt; /* 1 + its number; 0 = none */
};

void pipe_init(struct pipe *pipe);
void pipe_clear(struct pipe *pipe);
/** @return bytes taken: all, or as many as there is room for */
size_t pipe_put(struct pipe *pipe, const void *bytes, size_t len);
/** @return bytes that have arrived, at most len */
size_t pipe_get(struct pipe *pipe, void *bytes, size_t len);
bool pipe_has_bytes(const struct pipe *pipe);
bool pipe_has_room(const struct pipe *pipe);
/** Everything that was written has been read, and the FIN is there. */
bool pipe_is_at_end(const struct pipe *pipe);
/** Bytes that have arrived so far, read or not. */
uint64_t pipe_arrived(const struct pipe *pipe);
void pipe_flood(struct pipe *pipe, const void *bytes, size_t len);
void pipe_fin(struct pipe *pipe);
void pipe_rst(struct pipe *pipe, int os_error);
void pipe_next(const struct pipe *pipe, uint64_t *next);

extern size_t sim_wire_max_read;
extern size_t sim_wire_max_write;
void sim_wire_reset(void);

/** Call the peer if it can move. */
bool peer_run(struct sim_peer *peer);

#endif
