/* The stack's own messages in the log, of one handle. */
#include "conn.h"

#ifdef CONFIG_MBEDTLS_DEBUG

void et_conn_debug(struct esp_tls *c)
{
    if (c->stack->set_debug_level != NULL) {
        c->stack->set_debug_level(c->tls, c->debug_level);
    }
}

void et_conn_set_debug_level(esp_tls_t *tls, int level)
{
    tls->debug_level = (uint8_t)level;
    if (tls->tls != NULL) {
        et_conn_debug(tls);
    }
}

#endif
