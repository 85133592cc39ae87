/* The reference connections of the torture tests: connect, upload, download, close, and what each
 * call must leave behind when something fails on the way. */
#ifndef SIM_REFERENCE_H
#define SIM_REFERENCE_H

#include "sim_test.h"

#define SIM_UPLOAD   6000u
#define SIM_DOWNLOAD 9000u

struct sim_reference {
    const char *name;
    bool is_plain;
    int version;
    bool is_mutual;
    bool is_rsa;
    bool is_x25519;
    bool is_long;      /* only in the long run */
    bool is_non_block; /* connected step by step, read and written without blocking */
    size_t piece;      /* bytes per read and write of the client; 0 = all */
};

extern const struct sim_reference sim_references[];
extern const size_t sim_reference_count;

/** What became of one run. */
struct sim_outcome {
    bool is_done;       /* everything arrived both ways */
    bool is_corrupt;    /* something arrived twice, or wrong */
    esp_tls_record_t r; /* of the first call that failed */
    int result;         /* of it */
    unsigned retries;   /* reads and writes that ran out of memory and were tried again */
};

/** Make the world of a reference connection. @param t  to be closed with sim_case_close() */
void sim_reference_open(const struct sim_reference *ref, struct sim_case *t);
/** Run it. A read or write that lacks memory is tried again once. Fails the test when a failing
 *  call leaves an empty record, or when time runs past the deadlines. */
struct sim_outcome sim_reference_run(const struct sim_reference *ref, struct sim_case *t);

/** Is this the long run (ESP_TLS_LONG=1)? */
bool sim_is_long(void);

#endif
