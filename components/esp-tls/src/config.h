/* From esp_tls_cfg_t to a TLS stack and to the options of a TCP connection. Nothing here knows a
 * connection or does I/O. */
#ifndef CONFIG_H
#define CONFIG_H

#include "esp_tls.h"
#include "link/tcp.h"
#include "stack/stack.h"

/** Initialise a stack's context and set it up, in ESP-IDF's order of checks.
 *  @param ctx   zeroed memory of stack->context_size
 *  @param host  need not end in NUL */
TLS_MUST_USE tls_status et_config_apply(const struct tls_stack *stack, void *ctx,
                                        struct stack_io *io, const char *host, size_t len,
                                        const esp_tls_cfg_t *cfg);

/** TCP options from cfg (NULL: none). */
TLS_MUST_USE tls_status et_config_tcp(struct tls_error *err, const esp_tls_cfg_t *cfg,
                                      struct tcp_options *options);

#endif
