/* The keys of a TLS 1.3 handshake, as far as the server's first flight needs them (RFC 8446 section
 * 7.1): a key share to send, and then the records up to Finished, opened. The handshake is never
 * finished, and nothing is verified: this is for looking at what a server says, not for trusting
 * it. The arithmetic is Mbed TLS's (PSA). */
#ifndef PROBE_KEYS_H
#define PROBE_KEYS_H

#include "probe_answer.h"
#include "psa/crypto.h"

#define PROBE_CLIENT_HELLO_MOST 2048

struct probe_keys {
    uint16_t group;
    psa_key_id_t pair;
    uint8_t share[133]; /* of P-521, uncompressed */
    size_t share_len;
    uint8_t hello[PROBE_CLIENT_HELLO_MOST]; /* the ClientHello's message, without record header */
    size_t hello_len;
    psa_key_id_t key; /* of the server's records */
    psa_algorithm_t aead;
    size_t tag_len;
    uint8_t iv[12];
    uint64_t sequence;
};

/** Make a key share. @return false: no such group in this build, or no random numbers */
bool probe_keys_init(struct probe_keys *k, uint16_t group);

/** Remember what was sent. @param record  as probe_hello_write() made it */
bool probe_keys_sent(struct probe_keys *k, const uint8_t *record, size_t len);

/** What the decoder takes; ctx is the keys. */
struct probe_opener probe_keys_opener(struct probe_keys *k);

/** Wipe. Always the last call, also after a failed init. */
void probe_keys_clear(struct probe_keys *k);

#endif
