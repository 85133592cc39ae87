/* The global CA store: trust anchors that belong to the process.
 *
 * It keeps each certificate as constant DER, which the stack parses when the verifier asks for it.
 * It is locked, and stays alive for connections that hold a reference while another thread frees or
 * replaces it. */
#ifndef ANCHOR_STORE_H
#define ANCHOR_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

struct anchor {
    struct anchor *next;
    size_t len;
    uint8_t der[];
};

/** The store with a reference taken, or NULL when it is empty. */
struct anchor_store *et_anchor_store_take(void);
void et_anchor_store_release(struct anchor_store *store);
/** First anchor, and the one after another one. Anchors are never removed while a reference
 *  lives. */
const struct anchor *et_anchor_store_next(struct anchor_store *store, const struct anchor *after);

/** Have a store, empty unless there is one. @return ESP_OK or ESP_ERR_NO_MEM */
esp_err_t et_anchor_store_init(void);
/** Append a list of anchors, whose blocks become the store's. @return as et_anchor_store_init(): on
 *  no memory nothing has changed, and the list is still the caller's */
esp_err_t et_anchor_store_append(struct anchor *first);
/** The process has no store any more; connections that hold it keep it. */
void et_anchor_store_drop(void);

#endif
