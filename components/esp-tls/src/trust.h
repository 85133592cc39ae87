/* Trust anchors: which source decides, and the global CA store.
 *
 * The store keeps each certificate as constant DER and parses it when the verifier asks for it
 * (the stack does); it belongs to the process, is locked, and stays alive for connections that
 * hold a reference while another thread frees or replaces it. */
#ifndef TRUST_H
#define TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_tls.h"
#include "stack/stack.h"

struct anchor {
    struct anchor *next;
    size_t len;
    uint8_t der[];
};

/** The global store with a reference taken, or NULL when it is empty. */
struct anchor_store *anchor_store_take(void);
void anchor_store_release(struct anchor_store *store);
/** First anchor, and the one after another one. Anchors are never removed while a reference lives. */
const struct anchor *anchor_store_next(struct anchor_store *store, const struct anchor *after);

/** Configure the server's verification from cfg: the first source of section 8 step 6 decides,
 *  none is refused (unless Kconfig allows it), ignored sources are warned of by name. */
TLS_MUST_USE tls_status trust_configure(const struct tls_stack *stack, void *ctx,
                                        struct tls_error *err, const esp_tls_cfg_t *cfg);

#endif
