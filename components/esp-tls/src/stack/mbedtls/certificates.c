/* The peer's chain as it was sent (et_stack_certificates() of stack_views.h). Mbed TLS parses it
 * out of the input buffer and leaves it there until the next message is read, whatever came of the
 * verification. */
#include "mbed.h"

#include "stack_views.h"

#define HEADER 4 /* RFC 8446 section 4: type, length */

void et_stack_certificates(const void *stack, stack_certificates_t fn, void *arg)
{
    const struct mbed *m = stack;
    size_t len = m->ssl.in_hslen;
    bool is_tls13 = m->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3;
    struct mbed_scope outside;

    /* nothing was read, or something else, or not all of it */
    if (m->ssl.in_msg == NULL || m->ssl.in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE || len < HEADER ||
        len > m->ssl.in_msglen || m->ssl.in_msg[0] != MBEDTLS_SSL_HS_CERTIFICATE) {
        return;
    }
    et_mbed_enter(&outside, NULL, PLAT_MEM_PROCESS);
    fn(arg, m->ssl.in_msg + HEADER, len - HEADER, is_tls13);
    et_mbed_leave(&outside);
}
