/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_crypto.h: the two small algorithms that protocols above TLS need
 *
 * WebSocket's opening handshake wants SHA-1 and Base64, HTTP's Basic scheme wants Base64. They come
 * from the TLS library that is built in, so that no second copy is linked.
 *
 * Both compute only: they do not block, do not allocate, keep no state, and may be called from any
 * number of threads at once.
 */
#ifndef ESP_TLS_CRYPTO_H
#define ESP_TLS_CRYPTO_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Compute the SHA-1 digest of a buffer. For protocols that prescribe it, not for signatures.
 *  @param input   the bytes; may be NULL when ilen is 0
 *  @param ilen    their number
 *  @param output  receives 20 bytes
 *  @return 0    done
 *          < 0  the stack's error: an argument is NULL, or SHA-1 is not compiled in
 *  Source: FIPS 180-4 section 6.1. */
int esp_crypto_sha1(const unsigned char *input, size_t ilen, unsigned char output[20]);

/** Encode a buffer as Base64, with padding, without line breaks, and with a final NUL.
 *  @param dst   caller's memory for the text; NULL asks for the size only
 *  @param dlen  its size in bytes; 4 * ((slen + 2) / 3) + 1 are enough
 *  @param olen  receives the length of the text without the NUL, or, when dst is NULL or too small,
 *               the size that dst needs, with the NUL
 *  @param src   the bytes; may be NULL when slen is 0
 *  @param slen  their number
 *  @return 0        done
 *          -0x002A  dst is NULL or too small; *olen says what is needed, dst is not written
 *  Source: RFC 4648 section 4. */
int esp_crypto_base64_encode(unsigned char *dst, size_t dlen, size_t *olen,
                             const unsigned char *src, size_t slen);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_CRYPTO_H */
