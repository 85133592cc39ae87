/* A WebSocket server of the tests' own: answers the opening handshake, takes the client's frames
 * apart by itself, and sends the bytes that a test gives it, right or wrong.
 *
 *     static struct sim_ws server = {.frames = "\x81\5hello", .frames_len = 7};
 *     sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, sim_ws_peer, &server); */
#ifndef SIM_WS_H
#define SIM_WS_H

#include "plat_sim.h"

struct sim_ws {
    const char *answer; /* with "%A" for the right accept value; NULL: the right one */
    size_t accept_cut;  /* > 0: the accept value has only so many characters, minus 1 */
    const char *fields; /* of the right one, beside its own */
    const void *frames; /* sent together with the answer */
    size_t frames_len;
    uint64_t byte_us; /* > 0: all arrives byte by byte, so far apart */
    bool echoes;      /* data frames come back as they were cut, unmasked */
    bool pongs;       /* Pings are answered */
    bool closes;      /* a Close is answered in kind, then FIN */
    bool never_reads; /* after the request */
    bool ends;        /* FIN behind frames */

    /* what happened; of the newest connection */
    char request[4096];
    size_t request_len;
    char seen[65536]; /* "81:hello;" for each whole frame: first byte, payload */
    size_t seen_len;
    bool is_wrong; /* a frame was not masked, or its length not in the shortest form */
    unsigned connections;
    struct sim_peer *peer;

    /* its own */
    uint8_t in[70000];
    size_t in_len;
    bool is_answered;
};

void sim_ws_peer(struct sim_peer *peer, void *server);

/** From the server, now. */
void sim_ws_send(struct sim_ws *server, const void *data, size_t len);

#endif
