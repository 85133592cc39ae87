/* The certificates in a Certificate message. */
#ifndef PEER_CHAIN_H
#define PEER_CHAIN_H

#include "esp_tls_certificate.h"

/** Call fn for each certificate of the message; up to the first one whose length does not fit.
 *  @param body      the message without its header of four bytes
 *  @param is_tls13  RFC 8446 section 4.4.2, otherwise RFC 5246 section 7.4.2 */
void et_peer_chain_split(const uint8_t *body, size_t len, bool is_tls13, esp_tls_peer_chain_t fn,
                         void *arg);

#endif
