/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_pem.h: finding and decoding PEM blocks (RFC 7468)
 *
 * PEM is DER in base64 between two lines:
 *
 *     -----BEGIN CERTIFICATE-----
 *     MIIB...                         64 characters a line, RFC 4648 section 4
 *     -----END CERTIFICATE-----
 *
 * Text outside of blocks is passed over. Nothing here allocates, blocks, or keeps anything: what is
 * returned points into the text that was given. Any thread.
 */
#ifndef ESP_TLS_PEM_H
#define ESP_TLS_PEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A piece of memory that is somebody else's. */
typedef struct esp_tls_bytes {
    const uint8_t *ptr; /**< NULL: there is none */
    size_t len;
} esp_tls_bytes_t;

/** One block. */
typedef struct esp_tls_pem_block {
    esp_tls_bytes_t label; /**< "CERTIFICATE": what stands after BEGIN */
    esp_tls_bytes_t body;  /**< between the two lines, headers (RFC 1421) not included */
    bool is_encrypted;     /**< has the header "Proc-Type: 4,ENCRYPTED" */
    size_t offset;         /**< of "-----BEGIN" in the text */
    unsigned line;         /**< that it stands in, from 1 */
} esp_tls_pem_block_t;

/** Find the next block that has both of its lines.
 *  @param text   need not end in NUL; a NUL in it ends it
 *  @param len    its size in bytes
 *  @param at     where to look from: 0 at first; moved behind the block
 *  @param block  receives it
 *  @return true; false: there is no further one */
bool esp_tls_pem_next(const void *text, size_t len, size_t *at, esp_tls_pem_block_t *block);

/** Is the block's label this text? */
bool esp_tls_pem_is(const esp_tls_pem_block_t *block, const char *label);

/** Decode a block's body.
 *  @param out  receives the DER; 3/4 of body.len bytes always suffice
 *  @param cap  its size
 *  @param len  receives how many bytes it is
 *  @return ESP_OK
 *          ESP_ERR_INVALID_ARG   a pointer is NULL
 *          ESP_ERR_INVALID_SIZE  cap is too small
 *          ESP_FAIL              it is no base64; esp_tls_certificate_examine() says where */
esp_err_t esp_tls_pem_decode(const esp_tls_pem_block_t *block, uint8_t *out, size_t cap,
                             size_t *len);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_PEM_H */
