/* What the evidence observer keeps of a failed connection: copies, bounded, made at the moment of
 * the failure (observer.c). They are read when somebody asks (evidence.c).
 *
 * Memory, all of it the connection's and only of one that failed: struct evidence; with a chain
 * that was refused EVIDENCE_CHAIN_MAX at most; with a certificate or key that cannot be read a copy
 * of EVIDENCE_INPUT_MAX at most. What there is no room for is not known later. */
#ifndef DIAGNOSIS_EVIDENCE_H
#define DIAGNOSIS_EVIDENCE_H

#include "esp_tls_certificate.h"
#include "esp_tls_diagnosis.h"
#include "observer.h"
#include "stack_views.h"

#define EVIDENCE_INPUT_MAX 8192 /* RSA chains of three, and certificates of ML-DSA (FIPS 204) */
#define EVIDENCE_NAME_MAX  256  /* of a Name; leading parts of a longer one are left out */
#define EVIDENCE_LIST_MAX  256  /* of names, more than is shown; or of one Name in their place */
#define EVIDENCE_URL_MAX   128
#define EVIDENCE_CHAIN_MAX                                                                         \
    (sizeof(struct evidence_chain) + 2 * EVIDENCE_NAME_MAX + EVIDENCE_LIST_MAX + EVIDENCE_URL_MAX)

/* Of the choices of GeneralName (RFC 5280 section 4.2.1.6), those that are kept. */
#define EVIDENCE_NAME_DNS 2
#define EVIDENCE_NAME_IP  7

/** The beginning of a text of somebody else's. */
struct evidence_text {
    uint8_t len; /* as many bytes: the text may be longer */
    char bytes[ESP_TLS_EVIDENCE_NAME];
};

/** The refused certificate, and the names of the peer's own. */
struct evidence_chain {
    struct stack_date not_before;
    struct stack_date not_after;
    uint16_t key_bits;
    uint16_t relations;
    uint8_t count;
    uint16_t subject_len; /* lengths of the pieces of `bytes`, in their order */
    uint16_t issuer_len;
    uint16_t names_len;
    uint16_t leaf_len; /* the subject, where there are no names */
    uint16_t aia_len;
    uint8_t bytes[]; /* Names without their header; names: choice, length in two bytes, value */
};

/** A certificate or key that cannot be read. */
struct evidence_input {
    const char *name; /* NULL: there is none */
    uint8_t as;       /* esp_tls_input_t */
    uint16_t item;
    uint8_t last;   /* the last byte of all of it */
    size_t len;     /* of all of it */
    size_t copied;  /* bytes that there are */
    uint8_t *bytes; /* wiped: it may be a key */
};

struct evidence {
    struct conn_watch watch;
    bool is_complete; /* the failure was told */
    bool clock_is_set;
    bool mem_over_limit;
    uint8_t sent; /* certificates of a chain that was too long */
    uint16_t port;
    uint16_t asked; /* ESP_TLS_ASKED_... */
    uint32_t mem_free;
    int64_t now;
    struct stack_moment moment;
    struct evidence_text host;
    struct evidence_text name;
    struct evidence_chain *chain; /* NULL: none was refused */
    struct evidence_input input;
};

extern const struct conn_observer et_evidence_observer;

#endif
