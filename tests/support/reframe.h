/* A record layer between the test's TLS server and the wire, which cuts the server's records anew:
 * messages of the handshake in pieces or many in one record, padding, records between records. It
 * stands behind sim_tls_server's `send` and `setup`:
 *
 *     struct reframe r = {.piece = 7};
 *     reframe_attach(&r, &server);
 *     ...
 *     reframe_clear(&r);
 *
 * What is in the clear is cut as it is: the flights of TLS 1.2, the ServerHello of TLS 1.3. What
 * TLS 1.3 encrypts is decrypted with the keys that the server exports, cut, and encrypted again;
 * the suite must be TLS_AES_128_GCM_SHA256 then (reframe_suites). What TLS 1.2 encrypts passes.
 * One connection at a time. */
#ifndef REFRAME_H
#define REFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_tls_server.h"

struct reframe_key {
    bool is_set;
    unsigned char key[16];
    unsigned char iv[12];
};

struct reframe_side {
    struct reframe_key key;
    uint64_t seq;
};

struct reframe {
    /* what it does; all zero: nothing */
    size_t first;   /* bytes of a message in its first record; 0: as `piece` */
    size_t piece;   /* bytes of a message in each further record; 0: all of it */
    bool coalesce;  /* the messages of a flight in one record (then cut by `record`) */
    size_t record;  /* with coalesce: most bytes of a record; 0 = 16384 */
    size_t padding; /* TLS 1.3: zeroes behind each content */
    unsigned ccs;   /* TLS 1.3: so many ChangeCipherSpec before each encrypted handshake record */
    unsigned empty; /* TLS 1.3: so many records of no data before each record of data */

    /* what it did */
    unsigned records;  /* handshake records sent */
    unsigned messages; /* handshake messages in them */
    size_t largest;    /* largest content of a record */

    /* private */
    struct reframe_key next[2]; /* handshake, application */
    struct reframe_side in;     /* what the server encrypted */
    struct reframe_side out;
    bool is_13;
    bool is_passing; /* TLS 1.2 after ChangeCipherSpec */
    unsigned char *raw;
    size_t raw_len;
    unsigned char *flight;
    size_t flight_len;
};

extern const int reframe_suites[];

void reframe_attach(struct reframe *r, struct sim_tls_server *server);
void reframe_clear(struct reframe *r);

#endif
