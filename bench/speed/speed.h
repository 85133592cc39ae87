/* Programs that do the same: connect, verify, fetch, close. speed_esp_tls.c with ESP-TLS, direct.c
 * with Mbed TLS alone, peers/ with other libraries. Each has speed.c's main(); the first two have
 * heap.c's in a second program, with count.c's counting. */
#ifndef SPEED_H
#define SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct speed_job {
    int port;    /* of localhost */
    int version; /* 12 or 13 */
    bool rsa;
};

/** From the arguments 1.2|1.3 ec|rsa PORT. */
struct speed_job speed_job(char **args);

/** A socket that is connected to the server; -1: failed. */
int speed_connect(const struct speed_job *job);

struct speed_connection;

/** Resolve "localhost", connect, handshake. NULL: failed, said on stderr. */
struct speed_connection *speed_open(const struct speed_job *job);
struct speed_connection *speed_open_or_exit(const struct speed_job *job);
ssize_t speed_write(struct speed_connection *c, const void *buf, size_t len);
ssize_t speed_read(struct speed_connection *c, void *buf, size_t len); /* 0: closed in order */
void speed_close(struct speed_connection *c);

/* Blocks and bytes (as requested) that the program's own code has from malloc() and calloc(); what
 * libc takes for itself is left out. */
size_t count_live(void);
size_t count_peak(void);
size_t count_blocks(void); /* allocations so far */
void count_reset(void);    /* peak and allocations */

#endif
