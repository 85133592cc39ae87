/* What ESP-IDF's own esp-tls takes of the heap for the same server: an estimate, for it cannot be
 * run here. docs/memory.md says from what it is made. */
#ifndef ESTIMATE_H
#define ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What it depends on. */
struct connection_kind {
    bool is_1_3;
    bool has_rsa;       /* the server's own key is RSA */
    bool is_mutual;     /* a client certificate is sent */
    uint32_t in, out;   /* largest content of a record */
    size_t chain_bytes; /* of the certificates that the server sends */
};

/** Bytes of heap at the peak of the handshake, on 32 bits: from settings that save to Mbed TLS's
 *  defaults. */
struct estimate {
    uint32_t least, most;
};

struct estimates {
    struct estimate fixed;   /* as ESP-IDF is by default */
    struct estimate dynamic; /* with its CONFIG_MBEDTLS_DYNAMIC_BUFFER */
};

struct estimates estimate_esp_idf(const struct connection_kind *kind);

/** "45,000 to 62,000", in thousands. @return text */
const char *estimate_text(const struct estimate *e, char text[40]);

#endif
