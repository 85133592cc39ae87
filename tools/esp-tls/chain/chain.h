/* esp-tls chain: what its parts share. */
#ifndef CHAIN_H
#define CHAIN_H

#include "certs.h"
#include "chain_tree.h"
#include "cli/connect_options.h"
#include "cli/target.h"

struct chain_options {
    struct connect_options connect;
    struct target target;
    const char *output;  /* PEM; NULL: none */
    const char *compare; /* a file, or "chromium"; NULL: none */
};

/** A chain as somebody else sees it, held against the one that was sent. */
struct chain_compare {
    const char *who;     /* "Chromium", or a file's name */
    struct certs theirs; /* the server's own first */
    bool is_same;        /* the same certificates, in the same order */
    struct findings findings;
};

/** Say what differs, and why a device cares. @return false: no memory */
bool chain_compare_make(struct chain_compare *c, const struct chain_tree *tree,
                        const struct certs *sent, const struct certs *trust);

/** Ask an installed Chromium for the chain that it sees. Blocks: at most timeout_ms.
 *  @param why  receives one sentence when it fails
 *  @return true: *theirs is filled */
bool chromium_chain(const struct chain_options *o, struct certs *theirs, char *why, size_t cap);

#endif
