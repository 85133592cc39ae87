/* What a server takes, found out by many probes: versions, cipher suites, groups, signatures, the
 * chain, the stapled OCSP response, limits of record sizes.
 *
 * A list is found by offering all, taking away what the server picked, and asking again until it
 * refuses. Each question is a connection of its own; at most SURVEY_LANES are open at a time, and
 * at most SURVEY_CONNECTIONS are made in all. */
#ifndef SURVEY_H
#define SURVEY_H

#include "probe.h"

#define SURVEY_LANES       4
#define SURVEY_CONNECTIONS 100
#define SURVEY_VERSIONS    4 /* TLS 1.0 to 1.3 */
#define SURVEY_LIST        48
#define SURVEY_PROTOCOLS   8

/** What was accepted, in the order in which the server picked it. */
struct survey_list {
    uint16_t id[SURVEY_LIST];
    size_t count;
    bool is_complete; /* it ended because the server refused the rest */
};

struct survey {
    struct probe_reply version[SURVEY_VERSIONS];
    struct survey_list suites_1_2, suites_1_3;
    struct survey_list groups_1_2, groups_1_3;
    struct survey_list signatures_1_2, signatures_1_3;
    struct probe_reply flight_1_3; /* TLS 1.3, looked into up to Finished */
    struct probe_chain chain_1_2, chain_1_3;
    bool max_fragment;            /* max_fragment_length: echoed, and kept to */
    bool max_fragment_is_ignored; /* the server agreed to it and sends larger records */
    bool record_limit;            /* record_size_limit: answered, and kept to */
    bool record_limit_is_ignored;
    const char *protocol[SURVEY_PROTOCOLS]; /* that it picked by ALPN, static text */
    size_t protocols;                       /* 0: it was not asked, or takes none of them */
    bool is_better_without_alpn; /* it was refused with what it was offered, by another alert than
                                    RFC 7301's or none, and answered without */
    bool says_no_alpn;           /* the same, and it said so by the alert of RFC 7301 section 3.2 */
    unsigned connections;        /* that were made */
    bool is_complete;            /* nothing was left out for want of time or connections */
    uint32_t us;
};

/** Index of a version in survey.version. */
static inline size_t survey_index(uint16_t version)
{
    return (size_t)(version - PROBE_TLS_1_0);
}

bool survey_accepts(const struct survey *s, uint16_t version);
bool survey_has(const struct survey_list *list, uint16_t id);

/** The chain that was seen: that of TLS 1.2, or of 1.3 where the server speaks no other. */
const struct probe_chain *survey_chain(const struct survey *s);

/** Ask everything. Blocks until until_us at most, a time of dial_now_us().
 *  @param lanes  connections at a time, 1 to SURVEY_LANES
 *  survey_clear() afterwards, in every case. */
void survey_run(struct survey *s, const struct probe_server *server, unsigned lanes,
                int64_t until_us);

/** Ask for the versions only, as survey_run() begins. */
void survey_ask_versions(struct survey *s, const struct probe_server *server, unsigned lanes,
                         int64_t until_us);

/** Find out which protocols the server takes by ALPN, of those that devices speak: for a server
 *  that refused what it was offered. Adds to the connections. Blocks until until_us at most. */
void survey_ask_protocols(struct survey *s, const struct probe_server *server, int64_t until_us);

/** Did it refuse every version, by an alert or by closing? */
bool survey_is_refused(const struct survey *s);

void survey_clear(struct survey *s);

#endif
