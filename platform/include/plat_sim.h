/* The simulated world that unit tests run in: a virtual clock, an in-memory network with
 * programmable peers, names, a failing allocator. Linked in place of posix.
 *
 * Time moves only inside plat_wait() and sim_advance_us(): each goes to the next thing that happens
 * (bytes arrive, a connect ends, a name resolves, a peer or a timer wakes) or to its deadline,
 * whichever is first. So a test is the same in every run and ten minutes of waiting take no time.
 * plat_wait() fails loudly where a real program would hang or burn the processor:
 *     EDEADLK  nothing will ever happen, and there is no deadline
 *     ELOOP    it was called 10,000 times without a byte or a microsecond of progress, or a peer
 *              kept waking itself without either
 * What a real system would not survive ends the program with a message: a stream, an event, a
 * look-up, a lock, a monitor or a task that is used after its end or given back twice, a lock that
 * is let go by another thread or destroyed while it is held.
 *
 * The far side of a connection is a peer: a callback with its state, called inside plat_wait()
 * whenever it can move. A scripted answer and a real TLS server on memory look the same. What a
 * peer allocates, and its random numbers, are neither counted nor made to fail.
 *
 * Threads: the world belongs to one thread. Heap, random numbers, plat_event_set() and plat_wake()
 * may be used from others.
 */
#ifndef PLAT_SIM_H
#define PLAT_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat_clock.h"
#include "plat_net.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Back to the beginning: clock at 1 s, wall clock at SIM_WALL_CLOCK, no names, no hosts, no
 * faults, wire without delay. @return how many streams, events, look-ups and locks of this thread
 * the last test left */
int sim_reset(void);

/* --- time -------------------------------------------------------------------------------- */

#define SIM_WALL_CLOCK 1750000000 /* 2025-06-15 */

/** Let so much time pass, with everything that happens in it. */
void sim_advance_us(uint64_t us);
/** The wall clock goes on from there with the virtual one. */
void sim_set_wall_clock(bool is_set, int64_t unix_s);
/** Call fn so much later: to cancel, to change the world in mid-flight. */
void sim_after(uint64_t us, void (*fn)(void *arg), void *arg);

/* --- names ------------------------------------------------------------------------------- */

/** An answer after a delay. A name without a row fails with EAI_NONAME at once.
 *  @param addrs  literals separated by spaces; NULL: fail with resolver_code (EAI_...) */
void sim_name(const char *host, const char *addrs, uint64_t delay_us, int resolver_code);
void sim_name_never(const char *host); /* no answer, ever */
unsigned sim_lookups(void);            /* plat_resolve_start() calls that began */

/* --- hosts and peers --------------------------------------------------------------------- */

enum sim_connect {
    SIM_ACCEPT,      /* after delay_us */
    SIM_REFUSE,      /* ECONNREFUSED after delay_us */
    SIM_BLACK_HOLE,  /* no answer, ever */
    SIM_UNREACHABLE, /* EHOSTUNREACH: from the connect call itself when delay_us is 0 */
    SIM_ACCEPT_NOW   /* the connect call itself says PLAT_OK */
};

struct sim_peer;
/** Called when the connection is there, when bytes or the client's FIN came, when there is room
 *  again after a short write, and when a time it asked for has come. */
typedef void (*sim_peer_fn)(struct sim_peer *peer, void *arg);

/** Somebody else closes the descriptor of a stream: what is called for it from now on is EBADF. */
void sim_steal(int fd);

/** What a connect to this address meets; the newest row wins; without a row it is refused.
 *  @param port  0 = any  @param fn  NULL: a peer that accepts and stays silent */
void sim_host(const char *addr, uint16_t port, enum sim_connect what, uint64_t delay_us,
              sim_peer_fn fn, void *arg);
#define SIM_FIRST_PORT 49152 /* plus the handle: the near port of a connection */
/** A connection that is there already, for what takes over a descriptor (a server).
 *  @return the descriptor that plat_stream_adopt() takes */
int sim_accepted(sim_peer_fn fn, void *arg);

size_t sim_peer_read(struct sim_peer *peer, void *buf, size_t len);        /* 0 = nothing there */
size_t sim_peer_write(struct sim_peer *peer, const void *buf, size_t len); /* bytes taken */
/** Behind what it wrote so far come these bytes, again and again, as fast as they are read: a
 *  flood.
 *  @param bytes  borrowed until sim_reset(); len 0: no more of them */
void sim_peer_flood(struct sim_peer *peer, const void *bytes, size_t len);
/** From now on what it writes arrives in pieces of so many bytes, so far apart. */
void sim_peer_trickle(struct sim_peer *peer, size_t bytes, uint64_t every_us);
void sim_peer_close(struct sim_peer *peer); /* FIN after what was written; can read on */
void sim_peer_reset(struct sim_peer *peer, int os_error); /* RST: ECONNRESET or what is given */
/** The client's FIN is there and everything before it was read. */
bool sim_peer_is_closed(const struct sim_peer *peer);
void sim_peer_wake_in(struct sim_peer *peer, uint64_t us); /* call fn again then */
/** Zeroed, one per peer, freed with it by sim_reset(). */
void *sim_peer_state(struct sim_peer *peer, size_t size);

/** Both directions: delay of each segment, bytes per read and write of the code under test (0 =
 *  all), bytes under way after which a write is short (0 = unlimited). */
void sim_wire(uint64_t delay_us, size_t max_read, size_t max_write, size_t room);
/** Each read and write of the code under test takes so long; 0, as in the beginning: no time. */
void sim_io_time(uint64_t us);
/** Reads and writes move a random number of bytes; seed 0: off. */
void sim_wire_random(unsigned seed);

/* --- faults ------------------------------------------------------------------------------- */

/* The n-th call from now (1 = next) fails; 0 = off. sticky: that one and all later ones. */

enum sim_fault {
    SIM_FAULT_ERROR, /* os_error */
    SIM_FAULT_AGAIN, /* nothing now, though the wait said so; sticky: the streams stay unready */
    SIM_FAULT_SHORT, /* one byte */
    SIM_FAULT_EOF    /* the peer is gone; a write meets EPIPE */
};
void sim_fail_io(unsigned nth, enum sim_fault how, int os_error, bool sticky); /* reads, writes */
void sim_fail_alloc(unsigned nth, bool sticky);
void sim_fail_alloc_pair(unsigned first, unsigned second);
void sim_fail_random(unsigned nth);
void sim_fail_open(unsigned nth, int os_error);   /* streams and events */
void sim_fail_option(unsigned nth, int os_error); /* nodelay, keep-alive, device, blocking */

/* --- what the code under test did since sim_reset() ----------------------------------------- */

unsigned sim_io_count(void);    /* plat_stream_read() and _write() calls */
unsigned sim_alloc_count(void); /* requests to the system heap, failed ones too */
unsigned sim_open_count(void);  /* what sim_fail_open() counts */
unsigned sim_option_count(void);
size_t sim_alloc_live(void); /* blocks that the system heap holds now, peers' too */
unsigned sim_streams_opened(void);
unsigned sim_streams_open(void);
unsigned sim_connects(void);
uint64_t sim_waits(void); /* plat_wait() calls, to show that nothing spins */

/** Options of the stream that was opened last. */
struct sim_options {
    uint8_t family;
    bool is_nodelay;
    bool is_blocking;
    bool has_keepalive;
    int idle_s;
    int interval_s;
    int count;
    char device[16]; /* "" = not bound; the devices are lo, eth0 and wlan0, else ENODEV */
};
struct sim_options sim_last_options(void);
bool sim_last_nodelay(void);

/** The i-th connect (0 = first): where to and when. @return false: there were not so many */
struct sim_attempt {
    struct plat_addr addr;
    uint64_t begun_us;
    uint64_t closed_us; /* when its stream was closed; PLAT_NEVER: it is open */
};
bool sim_attempt(unsigned i, struct sim_attempt *attempt);

#ifdef __cplusplus
}
#endif
#endif
