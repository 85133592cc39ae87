/* What verifies what in a chain as it was sent. For explanation: the verifier decides. */
#ifndef CHAIN_TREE_H
#define CHAIN_TREE_H

#include "certs.h"
#include "findings.h"

#define CHAIN_MOST 32

enum chain_role {
    CHAIN_PATH = 0,  /* between the server's own certificate and the anchor */
    CHAIN_ROOT,      /* the anchor, or what is above it: need not be sent */
    CHAIN_CROSS,     /* of the same name and key as one on the path, by another issuer */
    CHAIN_DUPLICATE, /* of one that stands before it */
    CHAIN_NAMESAKE,  /* of the name of an issuer that is missing, with another key */
    CHAIN_EXTRA,     /* verifies nothing */
    CHAIN_UNKNOWN    /* the path ends where a certificate cannot be read */
};

/** Where the path ends. */
enum chain_end {
    CHAIN_ANCHORED = 0,   /* at a trusted certificate */
    CHAIN_MISSING,        /* nobody sent the next one, and it is not trusted */
    CHAIN_UNTRUSTED_ROOT, /* at a self-signed certificate that is not trusted */
    CHAIN_UNREADABLE      /* at one that cannot be read up to its issuer */
};

struct chain_node {
    const struct cert *cert;
    int parent;               /* which of the sent ones issued it; -1: none */
    int namesake;             /* which has its issuer's name, and another key; -1: none */
    bool is_unchecked;        /* that it was issued by `parent` or `trust` cannot be checked */
    const struct cert *trust; /* which of the trusted ones issued it, or is it; NULL: none */
    bool is_trusted;          /* it is one of them itself */
    bool is_self_signed;
    enum chain_role role;
};

struct chain_tree {
    struct chain_node node[CHAIN_MOST];
    size_t count;
    size_t path[CHAIN_MOST]; /* from the server's certificate up */
    size_t path_count;
    enum chain_end end;
    bool is_in_order; /* those on the path stand at the beginning, in order */
    size_t bytes;     /* of the Certificate message of TLS 1.2, header included */
};

/** @param sent, trust  borrowed for as long as the tree
 *  @return false: no memory */
bool chain_tree_make(struct chain_tree *tree, const struct certs *sent, const struct certs *trust);
void chain_tree_findings(const struct chain_tree *tree, const struct certs *trust,
                         struct findings *f);
/** Of a file: only what concerns how its certificates stand to each other.
 *  @param first  how many certificates stand in front of it: for their numbers */
void chain_tree_place(const struct chain_tree *tree, size_t first, struct findings *f);
void chain_tree_print(const struct chain_tree *tree, FILE *out);

/** What a device cares about in one certificate.
 *  @param number     that findings name it by
 *  @param counts     it is needed: what is wrong with it is an error
 *  @param is_anchor  nobody looks at its signature */
void chain_find_in(const struct cert *cert, int number, bool counts, bool is_anchor,
                   struct findings *f);

/** "path", "root", "cross-signed", "duplicate", "namesake", "extra", "unknown". */
const char *chain_role_name(enum chain_role role);
const char *chain_end_name(enum chain_end end);

#endif
