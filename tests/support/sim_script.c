#include "sim_script.h"

#include <stdlib.h>
#include <string.h>

/** Is this the newest connection? Older ones have nothing to say any more. */
static bool is_newest(struct sim_script *s, struct sim_peer *peer)
{
    for (unsigned i = 0; i < s->peer_count; i++) {
        if (s->peers[i] == peer) {
            return i + 1 == s->peer_count;
        }
    }
    if (s->peer_count == SIM_SCRIPT_PEERS) {
        abort(); /* the test's own script is wrong */
    }
    s->peers[s->peer_count++] = peer;
    s->line_from = s->seen_len;
    s->is_over = false;
    return true;
}

/** @return true: what the line wants to read is there */
static bool read_line(struct sim_script *s, struct sim_peer *peer)
{
    const struct sim_line *line = &s->lines[s->line];

    for (;;) {
        size_t have = s->seen_len - s->line_from;

        if (line->want != 0 ? have == line->want
                            : have >= 4 && memcmp(s->seen + s->seen_len - 4, "\r\n\r\n", 4) == 0) {
            return true;
        }
        if (s->seen_len == sizeof(s->seen) - 1) {
            abort(); /* as above */
        }
        if (sim_peer_read(peer, s->seen + s->seen_len, 1) == 0) {
            return false;
        }
        s->seen_len++;
    }
}

static void end(struct sim_script *s, struct sim_peer *peer, enum sim_script_end how)
{
    s->is_over = how != SIM_SCRIPT_GO_ON;
    if (how == SIM_SCRIPT_CLOSE) {
        sim_peer_close(peer);
    } else if (how == SIM_SCRIPT_RESET) {
        sim_peer_reset(peer, 0);
    }
}

static void answer(struct sim_script *s, struct sim_peer *peer)
{
    const struct sim_line *line = &s->lines[s->line++];
    size_t len = line->len;
    bool is_limit = s->limit != 0 && s->answered + len >= s->limit - 1;

    s->line_from = s->seen_len;
    if (is_limit) {
        len = s->limit - 1 - s->answered;
    }
    (void)sim_peer_write(peer, line->answer, len);
    s->answered += len;
    end(s, peer, is_limit ? s->limit_end : line->end);
}

void sim_script_peer(struct sim_peer *peer, void *script)
{
    struct sim_script *s = script;
    char dropped[64];

    if (!is_newest(s, peer)) {
        return;
    }
    if (s->byte_us != 0) {
        sim_peer_trickle(peer, 1, s->byte_us);
    }
    while (!s->is_over && s->line < s->count) {
        if (!read_line(s, peer)) {
            return;
        }
        answer(s, peer);
    }
    if (!s->is_over && s->tail != NULL) {
        s->tail(peer, s->tail_arg);
    } else {
        while (sim_peer_read(peer, dropped, sizeof(dropped)) > 0) {
        }
    }
}

void sim_script_rewind(struct sim_script *s)
{
    memset(s->seen, 0, sizeof(s->seen));
    memset(s->peers, 0, sizeof(s->peers));
    s->seen_len = 0;
    s->line = 0;
    s->peer_count = 0;
    s->line_from = 0;
    s->answered = 0;
    s->is_over = false;
}
