/* Which source of trust anchors decides. */
#ifndef TRUST_H
#define TRUST_H

#include "esp_tls.h"
#include "stack/stack.h"

/** Configure the server's verification from cfg: of the sources that are set the first in ESP-IDF's
 *  order decides, none is refused (unless Kconfig allows it), ignored sources are warned of by
 *  name. */
TLS_MUST_USE tls_status et_trust_configure(const struct tls_stack *stack, void *ctx,
                                           struct tls_error *err, const esp_tls_cfg_t *cfg);

#endif
