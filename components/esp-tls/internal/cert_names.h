/* The names in certificates (GeneralName, RFC 5280 section 4.2.1.6): which hosts they are for, and
 * what an authority may give (name constraints, section 4.2.1.10). Pure functions over DER: no
 * memory is taken, nothing blocks, any thread. */
#ifndef CERT_NAMES_H
#define CERT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a GeneralName is: the number of its tag. */
enum name_kind {
    NAME_OTHER = 0,
    NAME_EMAIL = 1,
    NAME_DNS = 2,
    NAME_X400 = 3,
    NAME_DIRECTORY = 4,
    NAME_EDI = 5,
    NAME_URI = 6,
    NAME_IP = 7,
    NAME_ID = 8
};

struct name_span {
    const uint8_t *ptr;
    size_t len;
};

/** Does a dNSName name this host (RFC 9525 section 6.3)? "*" stands for the whole of the leftmost
 *  label, and for one label only.
 *  @param host  no IP address, without a dot at its end */
bool et_names_dns_is_for(struct name_span dns, struct name_span host);

/* --- name constraints ------------------------------------------------------------------------- */

/** The names of a certificate. */
struct name_set {
    struct name_span subject; /* Name, with its header */
    struct name_span alt;     /* GeneralNames of subjectAltName, without header; ptr NULL: none */
    bool is_peer;             /* the peer's own: its common name may be taken for a host's */
};

enum name_verdict {
    NAMES_HOLD = 0,
    NAMES_EXCLUDED,      /* a name lies in an excluded subtree */
    NAMES_NOT_PERMITTED, /* there are permitted subtrees of its kind, and it lies in none */
    NAMES_UNKNOWN_KIND,  /* a kind that is constrained and cannot be compared */
    NAMES_MALFORMED,     /* the extension, or a name that it constrains */
    NAMES_TOO_MANY       /* what is to be compared is more than NAMES_MOST_WORK */
};

/* Bytes that are compared for one chain, at most: a hundred names under a hundred constraints of
 * fifty bytes each. Less than ten million instructions. */
#define NAMES_MOST_WORK (1u << 20)

/** The first name that a constraint refuses. */
struct name_refusal {
    enum name_kind kind;
    struct name_span name; /* as the certificate has it; ptr NULL: it is not about one name */
};

/** Judge the names of a certificate by the constraints of one that stands above it.
 *  @param constraints  content of the extension nameConstraints
 *  @param work         what may still be compared; counted down
 *  @param refusal      filled in unless they hold; may be NULL */
enum name_verdict et_names_judge(struct name_span constraints, const struct name_set *names,
                                 size_t *work, struct name_refusal *refusal);

#endif
