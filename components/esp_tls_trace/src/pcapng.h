/* Blocks of a pcapng file (draft-ietf-opsawg-pcapng), made in memory of the caller's. They are
 * little-endian on every machine; the section header says so. Nothing here keeps state. */
#ifndef PCAPNG_H
#define PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat_net.h"

/** Bytes in front of a packet's frame, and most bytes after it: padding, options, length. */
#define PCAPNG_PACKET_HEAD 28
#define PCAPNG_PACKET_TAIL (3 + 8 + 4 + 4)

/** Bytes in front of the text of a block of secrets, and most bytes after it. */
#define PCAPNG_SECRETS_HEAD 16
#define PCAPNG_SECRETS_TAIL (3 + 4)

/** The longest name that is written. */
#define PCAPNG_NAME_MAX 255

/** What begins a file: section header (section 4.1) and the description of one Ethernet interface
 *  whose times are in microseconds (section 4.2). @param out 128 bytes @return bytes written */
size_t et_pcapng_begin(uint8_t *out);

/** The name of an address (section 4.5). @param out  330 bytes @param name  may lie in out; what is
 *  longer than PCAPNG_NAME_MAX is cut @return bytes written */
size_t et_pcapng_name(uint8_t *out, const struct plat_addr *addr, const char *name, size_t len);

/** Secrets of TLS in the key log format (section 4.7). The text lies at out + PCAPNG_SECRETS_HEAD.
 *  @return bytes written, head and tail included */
size_t et_pcapng_secrets(uint8_t *out, size_t len);

/** A packet (section 4.3). The frame lies at out + PCAPNG_PACKET_HEAD.
 *  @return bytes written, head and tail included */
size_t et_pcapng_packet(uint8_t *out, size_t len, int64_t unix_us, bool is_sent);

#endif
