/* What a TLS client takes: heap, stack, number of allocations, phase by phase.
 *
 * A client is one function that connects, reads and closes, and says where one phase ends and the
 * next begins. It runs in a thread whose stack was painted before; main() prints the figures, so no
 * printing is on that stack. How it is run: meter.c, main().
 *
 * Heap is counted, not measured: a block of n bytes costs n rounded up to 8 plus a header of 8
 * bytes, as in the allocators of small devices. libc's own malloc() does not matter.
 *
 * One thread allocates at a time: clients, and for ours the resolver's thread, hand over to each
 * other. */
#ifndef METER_H
#define METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- the client's side ---------------------------------------------------------------------- */

extern const char meter_client[]; /* its name */

/** What is wanted of this run. */
struct meter_job {
    int version;      /* 12 or 13 */
    bool rsa;         /* which chain; else P-256 */
    bool mutual;      /* with client certificate */
    bool breakdown;   /* say what the peak is made of, where the client can */
    bool region;      /* ours only: in a simulated region, as a check of the counting */
    bool deepest;     /* print what lies on the stack of the handshake where it is deepest */
    uint16_t port;    /* on 127.0.0.1 */
    const char *path; /* to be fetched */
};

extern struct meter_job meter_job;

/** The client: 0, or what main() returns. */
int meter_run(void);

/** Ends a phase that began at the last call (or at the start). */
void meter_phase(const char *name);

/** Says what failed, and ends the program. */
_Noreturn void meter_fail(const char *what, int code);

/** Note a line to be printed at the end: `"name": value`. */
void meter_note(const char *name, unsigned value);

/* --- heap ----------------------------------------------------------------------------------- */

void *meter_malloc(size_t size); /* zeroed */
void *meter_calloc(size_t n, size_t size);
void *meter_realloc(void *block, size_t size);
void meter_free(void *block);
/** A block whose cost the caller knows. */
void *meter_take(size_t size, size_t cost);

#define METER_COST(size) ((((size) + 7u) & ~(size_t)7u) + 8u)

size_t meter_live(void);
size_t meter_peak(void); /* of this phase */

/* --- the rest of a device ------------------------------------------------------------------- */

extern unsigned char meter_app[1024]; /* the application's buffer: not counted */

/** Opens the connection for clients that are given one. @return a descriptor */
int meter_connect(void);
int meter_recv(int fd, void *buf, size_t len);       /* > 0, 0 at the end, < 0 */
int meter_send(int fd, const void *buf, size_t len); /* > 0, < 0 */
int meter_random(void *buf, size_t len);             /* 0 or < 0 */
/** "GET /path HTTP/1.0" and an empty line. @return its length */
size_t meter_request(char *buf, size_t cap);

#endif
