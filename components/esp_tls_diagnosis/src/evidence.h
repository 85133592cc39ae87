/* What is known when a connection fails, noted at that moment into one block of its memory.
 *
 * The core calls these through weak references: they are linked only into programs that ask for
 * evidence or a diagnosis (evidence.c defines both), and cost the others nothing. */
#ifndef DIAGNOSIS_EVIDENCE_H
#define DIAGNOSIS_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_tls.h"
#include "plat_heap.h"

struct esp_tls;
struct esp_tls_evidence;
struct tls_error;

/* Before a call: is it there? */
#define EVIDENCE_OPTIONAL __attribute__((weak))

/** Where to note what is known of the first failure. Made at the first call, without touching what
 *  is known of a failed allocation. @return NULL: there is no room; then it is not noted */
struct esp_tls_evidence *evidence_of(struct tls_error *err, struct plat_account *account);

/** Note what the connect call asked for. @param host  need not end in NUL */
EVIDENCE_OPTIONAL void evidence_note_connect(struct esp_tls *c, const char *host, size_t len,
                                             int port, const esp_tls_cfg_t *cfg);

/** Why an input cannot be read. @param input  a field's name or "peer"; static text
 *  @param as  esp_tls_input_t */
void evidence_note_input(struct esp_tls_evidence *e, const char *input, const void *buf, size_t len,
                         int as);

/** A chain that was refused, as a stack knows it. */
struct evidence_chain {
    void *arg;
    /** The i-th certificate as it was sent. @return false: there are no more */
    bool (*sent)(void *arg, unsigned i, const uint8_t **der, size_t *len);
    /** Call fn with each anchor. */
    void (*each_anchor)(void *arg, bool (*fn)(void *ctx, const uint8_t *der, size_t len),
                        void *ctx);
    const uint8_t *refused; /* DER of the certificate that flags belong to */
    size_t refused_len;
    bool is_untrusted; /* it was refused because its issuer is missing, or is none */
};

void evidence_note_chain(struct esp_tls_evidence *e, const struct evidence_chain *chain);

#endif
