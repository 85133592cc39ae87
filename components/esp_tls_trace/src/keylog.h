/* The key log format of NSS, which SSLKEYLOGFILE is about (RFC 9850): a line per secret, made of a
 * label, the client's random and the secret. */
#ifndef KEYLOG_H
#define KEYLOG_H

#include <stddef.h>
#include <stdint.h>

#define KEYLOG_RANDOM_LEN 32
#define KEYLOG_SECRET_MAX 64 /* a hash of 512 bits; the master secret of TLS 1.2 has 48 bytes */
#define KEYLOG_LABEL_MAX  40

/** Bytes that hold every line, with its NUL. */
#define KEYLOG_LINE_MAX                                                                            \
    (KEYLOG_LABEL_MAX + 1 + 2 * KEYLOG_RANDOM_LEN + 1 + 2 * KEYLOG_SECRET_MAX + 1)

/** Make a line, with NUL and without a newline.
 *  @param line    KEYLOG_LINE_MAX bytes
 *  @return its length; 0: label or secret are longer than any */
size_t et_keylog_line(char *line, const char *label, const uint8_t *client_random,
                      const uint8_t *secret, size_t secret_len);

#endif
