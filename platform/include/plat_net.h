/* Byte streams, names and waiting, as an operating system gives them.
 *
 * A plat_stream is an opaque value: a descriptor on POSIX, a pointer to a control block elsewhere.
 * Nothing here blocks except plat_wait(). Calls that can fail return one of
 *     PLAT_OK     0, done
 *     PLAT_AGAIN  nothing can be done now; wait for the stream, then call again
 *     PLAT_EOF    the peer closed its side (FIN)
 *     > 0         the system's errno value
 * and give counts by pointer. An event is a stream too: it becomes readable when set, so that one
 * plat_wait() covers sockets, a finished name look-up and a cancel from another thread.
 *
 * One thread at a time per stream, except plat_event_set() and plat_wake(), which any thread may
 * call.
 */
#ifndef PLAT_NET_H
#define PLAT_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PLAT_MUST_USE __attribute__((warn_unused_result))

enum {
    PLAT_OK = 0,
    PLAT_AGAIN = -1,
    PLAT_EOF = -2
};

/** Is this errno value the one for "no memory"? */
bool plat_is_no_mem(int os);

/** Is it one that says that the peer broke the connection off (RST)? */
bool plat_is_reset(int os);

typedef struct {
    intptr_t h;
} plat_stream;

#define PLAT_STREAM_NONE ((plat_stream){-1})

static inline bool plat_stream_is_open(plat_stream s)
{
    return s.h != -1;
}

static inline bool plat_stream_is_same(plat_stream a, plat_stream b)
{
    return a.h == b.h;
}

/* --- addresses --------------------------------------------------------------------------- */

enum {
    PLAT_AF_ANY = 0,
    PLAT_AF_INET = 4,
    PLAT_AF_INET6 = 6
};

struct plat_addr {
    uint8_t family; /* PLAT_AF_INET or PLAT_AF_INET6 */
    uint8_t ip[16]; /* network order; the first 4 for IPv4 */
    uint16_t port;  /* host order */
    uint32_t scope; /* IPv6 zone index, 0 = none */
};

#define PLAT_ADDR_TEXT 64 /* bytes that hold any address as text, zone and NUL included */

/** Parse an IP literal: IPv4 dotted quad, or IPv6 with an optional %zone, without brackets.
 *  @param text  need not end in NUL; @param len its bytes
 *  @return true and *addr (port 0) when the whole text is a literal */
bool plat_addr_parse(const char *text, size_t len, struct plat_addr *addr);

/** The address as text, without port and brackets. @param text PLAT_ADDR_TEXT bytes */
void plat_addr_text(const struct plat_addr *addr, char *text);

/* --- streams ----------------------------------------------------------------------------- */

/** A TCP stream, not connected, that never blocks and never raises SIGPIPE.
 *  @param family  PLAT_AF_INET or PLAT_AF_INET6 */
PLAT_MUST_USE int plat_stream_open(plat_stream *s, int family);

/** Shut the stream down and release it. PLAT_STREAM_NONE is legal. @return 0 or an errno value */
int plat_stream_close(plat_stream s);

/** Both ends of a connected stream.
 *  @return PLAT_OK; an errno value: it is not connected any more, or no TCP stream
 *    (EAFNOSUPPORT) */
PLAT_MUST_USE int plat_stream_ends(plat_stream s, struct plat_addr *local, struct plat_addr *peer);

/** Begin to connect. PLAT_OK: connected at once; PLAT_AGAIN: wait until writable, then ask
 *  plat_stream_connect_result(). */
PLAT_MUST_USE int plat_stream_connect(plat_stream s, const struct plat_addr *addr);

/** How a connect that had begun went: PLAT_OK, PLAT_AGAIN while it is still under way, or the
 *  errno value that the peer or the network caused (SO_ERROR). */
PLAT_MUST_USE int plat_stream_connect_result(plat_stream s);

/** Read what is there. @param n bytes read, > 0 when PLAT_OK */
PLAT_MUST_USE int plat_stream_read(plat_stream s, void *buf, size_t len, size_t *n);

/** Write what fits. @param n bytes taken, > 0 when PLAT_OK */
PLAT_MUST_USE int plat_stream_write(plat_stream s, const void *buf, size_t len, size_t *n);

/* Options; each PLAT_OK or an errno value. */
PLAT_MUST_USE int plat_stream_set_nodelay(plat_stream s);
PLAT_MUST_USE int plat_stream_set_keepalive(plat_stream s, int idle_s, int interval_s, int count);
PLAT_MUST_USE int plat_stream_bind_device(plat_stream s, const char *name);

/** Make a stream of a caller's descriptor (and back). Adopting switches the descriptor to
 *  non-blocking and sets TCP_NODELAY where it is TCP; ownership moves to the stream.
 *  plat_stream_fd() is -1 where a platform has no descriptors. */
PLAT_MUST_USE int plat_stream_adopt(plat_stream *s, int fd);
int plat_stream_fd(plat_stream s);

/** The stream of a descriptor that somebody else owns: only to be waited for. */
plat_stream plat_stream_borrow(int fd);

/** Give the descriptor away: blocking or not, as the caller wants it. @return 0 or errno */
PLAT_MUST_USE int plat_stream_set_blocking(plat_stream s, bool blocking);

/** The interface name inside a `struct ifreq`, or NULL when it is empty. */
struct ifreq;
const char *plat_ifreq_name(const struct ifreq *ifr);
/** A copy with that name, for plat_free(). @return NULL: no memory */
struct ifreq *plat_ifreq_copy(const struct ifreq *ifr);

/* --- events ------------------------------------------------------------------------------ */

/** An event: a stream that is readable while set. Closed by plat_stream_close(). */
PLAT_MUST_USE int plat_event_open(plat_stream *event);
void plat_event_set(plat_stream event); /* any thread */
void plat_event_clear(plat_stream event);

/** What plat_wake() is to wake from now on. The owner calls it before it closes what was there.
 *  @return what it was before */
plat_stream plat_wake_swap(plat_stream *wake, plat_stream to);

/** End the wait for *wake, and every later one: an event is set, a stream of bytes is shut down,
 *  both ways. PLAT_STREAM_NONE is legal. Any thread, at any time; only the owner changes *wake, by
 *  plat_wake_swap(). */
void plat_wake(const plat_stream *wake);

/* --- waiting ----------------------------------------------------------------------------- */

enum {
    PLAT_READ = 1,
    PLAT_WRITE = 2
};

struct plat_wait_item {
    plat_stream stream;
    uint8_t want;  /* PLAT_READ | PLAT_WRITE */
    uint8_t ready; /* out; an error or hang-up counts as both */
};

/** Sleep until one item is ready or the deadline (plat_clock_us() time, PLAT_NEVER) passes.
 *  Works with any number of descriptors of any value. Interrupted by a signal it goes on waiting.
 *  @return PLAT_OK  at least one item is ready; PLAT_AGAIN  the deadline passed; > 0 errno */
PLAT_MUST_USE int plat_wait(struct plat_wait_item *items, size_t count, uint64_t deadline_us);

/* --- names ------------------------------------------------------------------------------- */

/** A name look-up under way. It belongs to the platform: dropping it never blocks, and the work
 *  behind it may outlive the caller. Those that wait for a silent server hold up no name that needs
 *  none. */
struct plat_resolve;
struct plat_account; /* plat_heap.h */

/** Begin to look a host name up (IP literals resolve at once, without a thread).
 *  @param job     the look-up, to be dropped by plat_resolve_drop()
 *  @param host    need not end in NUL; copied
 *  @param family  PLAT_AF_ANY, PLAT_AF_INET or PLAT_AF_INET6
 *  @param wake    an event to set when the answer is there
 *  @param told    the account that learns of it when there is no memory, which is the process's;
 *                 NULL: nobody
 *  @return PLAT_OK: begun; else an errno value (ENOMEM; EAGAIN: there are as many threads as
 *          there may be) */
PLAT_MUST_USE int plat_resolve_start(struct plat_resolve **job, const char *host, size_t len,
                                     int family, plat_stream wake, struct plat_account *told);

/** The resolver's code for "no answer in time" (EAI_AGAIN), for callers whose deadline passed. */
extern const int plat_resolve_timed_out;
#define PLAT_RESOLVE_TIMED_OUT plat_resolve_timed_out

/** The answer, if it is there.
 *  @param addrs  at most cap addresses, best first (RFC 6724), port 0; @param n how many
 *  @param resolver_code  the resolver's own code (EAI_...) when the result is > 0, else 0
 *  @return PLAT_OK with *n > 0; PLAT_AGAIN; > 0: errno value, or EIO where only resolver_code says
 */
PLAT_MUST_USE int plat_resolve_result(struct plat_resolve *job, struct plat_addr *addrs, size_t cap,
                                      size_t *n, int *resolver_code);

/** Forget the look-up. The wake event is not touched after this returns. NULL is legal. */
void plat_resolve_drop(struct plat_resolve *job);

#ifdef __cplusplus
}
#endif
#endif
