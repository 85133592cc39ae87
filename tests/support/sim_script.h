/* A peer that plays its lines, for protocols where one asks and the other answers.
 *
 *     static const struct sim_line lines[] = {SIM_LINE(3, "\5\0"), SIM_LINE(10, "...")};
 *     struct sim_script script = {.lines = lines, .count = COUNT(lines), .tail = sim_echo_peer};
 *     sim_host("127.0.0.1", 1080, SIM_ACCEPT, 0, sim_script_peer, &script);
 *
 * A line may end the connection; the next one is then played on the next connection. */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "plat_sim.h"

#define SIM_TEXT(text) text, sizeof(text) - 1
/** A line after which the connection goes on. */
#define SIM_LINE(want, answer)                                                                     \
    {                                                                                              \
        want, SIM_TEXT(answer), SIM_SCRIPT_GO_ON                                                   \
    }

enum sim_script_end {
    SIM_SCRIPT_GO_ON, /* with the next line, or with the tail */
    SIM_SCRIPT_CLOSE,
    SIM_SCRIPT_RESET,
    SIM_SCRIPT_SILENT /* for good */
};

struct sim_line {
    size_t want; /* bytes to read first; 0: a head, up to an empty line */
    const char *answer;
    size_t len;
    enum sim_script_end end;
};

#define SIM_SCRIPT_PEERS 16

struct sim_script {
    const struct sim_line *lines;
    size_t count;
    sim_peer_fn tail; /* has the connection after the last line; NULL: silent */
    void *tail_arg;
    uint64_t byte_us;              /* > 0: answers arrive byte by byte, so far apart */
    size_t limit;                  /* > 0: only so many bytes are answered in all, minus 1 ... */
    enum sim_script_end limit_end; /* ... then this */

    /* what happened */
    char seen[4096]; /* all that was read, NUL behind it */
    size_t seen_len;
    size_t line;         /* the next one */
    unsigned peer_count; /* connections */

    /* its own */
    struct sim_peer *peers[SIM_SCRIPT_PEERS];
    size_t line_from; /* where in seen this line's bytes begin */
    size_t answered;
    bool is_over;
};

void sim_script_peer(struct sim_peer *peer, void *script);

/** From the beginning; what it plays stays. */
void sim_script_rewind(struct sim_script *script);

#endif
