/* The chain that a server sent, as texts, put in relation by chain/chain_tree.h. For explanation
 * only: whether it is good is the verifier's word (see session.h). */
#ifndef CHECK_CHAIN_H
#define CHECK_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/probe.h"

struct chain_certificate {
    bool is_read; /* false: it is damaged, and what follows is empty */
    char subject[200];
    char issuer[200];
    char names[400]; /* of the server, ", " between */
    char key[40];    /* "EC P-256", "RSA 2048" */
    char signature[64];
    int64_t not_before, not_after; /* seconds since 1970 */
    size_t len;
    bool is_self_signed;
    bool is_duplicate; /* of one that stands before it */
    bool is_on_path;   /* from the server's certificate upwards */
    int issuer_index;  /* which of the chain signed it; -1: none */
};

struct chain_report {
    struct chain_certificate certificate[PROBE_CERTIFICATES];
    size_t count;
    size_t bytes;      /* of all certificates */
    bool is_in_order;  /* each was issued by the next one, as far as its issuer is there */
    bool ends_in_root; /* the path's last one is self-signed, and not the only one */
};

/** Where there is no memory for it, it stays empty, which is said on stderr. */
void chain_report_make(struct chain_report *report, const struct probe_chain *chain);

#endif
