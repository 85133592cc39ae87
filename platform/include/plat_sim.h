/* The simulated world that unit tests run in: a virtual clock that moves only in plat_wait(), an
 * in-memory network with programmable peers, a failing allocator. Linked in place of posix. */
#ifndef PLAT_SIM_H
#define PLAT_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat_net.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Back to the beginning: clock at 1 s, wall clock set to sim_wall default, no names, no hosts,
 *  no faults; every stream of the last test must be closed (returns how many were left open). */
int sim_reset(void);

/* time */
void sim_advance_us(uint64_t us);
void sim_set_wall_clock(bool is_set, int64_t unix_s);

/* names: an answer after a delay; without a row a name fails with EAI_NONAME at once.
 * addrs: text literals separated by spaces; NULL: fail with resolver_code; never: no answer. */
void sim_name(const char *host, const char *addrs, uint64_t delay_us, int resolver_code);
void sim_name_never(const char *host);

/* hosts: what a connect to address (text) and port meets. */
enum sim_connect { SIM_ACCEPT, SIM_REFUSE, SIM_BLACK_HOLE, SIM_UNREACHABLE };
struct sim_peer;
/** A peer is driven by a callback whenever its side can move (bytes came, room came, a time it
 *  asked for): a scripted peer or a real TLS server on memory. */
typedef void (*sim_peer_fn)(struct sim_peer *peer, void *arg);
void sim_host(const char *addr, uint16_t port, enum sim_connect what, uint64_t delay_us,
              sim_peer_fn fn, void *arg);
size_t sim_peer_read(struct sim_peer *peer, void *buf, size_t len);   /* 0 = nothing there */
size_t sim_peer_write(struct sim_peer *peer, const void *buf, size_t len); /* bytes taken */
void sim_peer_close(struct sim_peer *peer);                           /* FIN after what was written */
void sim_peer_reset(struct sim_peer *peer, int os_error);             /* RST */
bool sim_peer_is_closed(const struct sim_peer *peer);                 /* client closed its side */
void sim_peer_wake_in(struct sim_peer *peer, uint64_t us);            /* call fn again then */
void *sim_peer_state(struct sim_peer *peer, size_t size);             /* zeroed, one per peer, freed with it */

/* the wire, for both directions: delay of each segment, bytes per read/write (0 = all),
 * room in the send buffer (0 = unlimited) */
void sim_wire(uint64_t delay_us, size_t max_read, size_t max_write, size_t room);

/* faults: each counts calls since sim_reset(); the n-th (1 = next) behaves so; 0 = off.
 * sticky: that one and all later ones. */
enum sim_fault { SIM_FAULT_ERROR, SIM_FAULT_AGAIN, SIM_FAULT_SHORT, SIM_FAULT_EOF };
void sim_fail_io(unsigned nth, enum sim_fault how, int os_error, bool sticky);
void sim_fail_alloc(unsigned nth, bool sticky);
void sim_fail_alloc_pair(unsigned first, unsigned second);
void sim_fail_random(unsigned nth);
void sim_fail_open(unsigned nth, int os_error);
unsigned sim_io_count(void);
unsigned sim_alloc_count(void);
size_t sim_alloc_live(void); /* blocks that the system heap holds now */

/* what the code under test did: sockets opened and open now, options set */
unsigned sim_streams_opened(void);
unsigned sim_streams_open(void);
unsigned sim_connects(void);
bool sim_last_nodelay(void);
uint64_t sim_waits(void); /* plat_wait() calls, to show that nothing spins */

#ifdef __cplusplus
}
#endif
#endif
