/* A connection whose link is another connection: TLS in TLS. */
#ifndef NESTED_H
#define NESTED_H

#include "esp_tls.h"
#include "esp_tls_memory.h"
#include "tls_status.h"

struct tunnel {
    esp_tls_t *inner;
    esp_tls_t *outer;
    void (*meanwhile)(
        struct tunnel *tunnel); /* called in each read and write, before it; or NULL */
    void *arg;
    unsigned calls;
};

/** Set up what conn.c would, without a socket. The inner handle is non_block; whether its calls
 *  wait is the outer one's affair.
 *  @param outer   open; not taken
 *  @param memory  of the inner one; NULL: as Kconfig says
 *  @return false: no handle (inner is NULL), or an option is refused, or no memory: the inner
 *          handle's record says which. tunnel_clear() in any case */
bool tunnel_init(struct tunnel *tunnel, esp_tls_t *outer, const char *name,
                 const esp_tls_cfg_t *cfg, const esp_tls_memory_cfg_t *memory);

/** What can be done of the inner handshake now. TLS_OK: the inner handle is open. */
tls_status tunnel_shake_hands(struct tunnel *tunnel);

/** Destroys the inner handle. */
void tunnel_clear(struct tunnel *tunnel);

#endif
