#include "pcapng.h"

#include <string.h>

/* Block types. */
#define BLOCK_SECTION   0x0A0D0D0Au
#define BLOCK_INTERFACE 1u
#define BLOCK_NAMES     4u
#define BLOCK_PACKET    6u
#define BLOCK_SECRETS   10u

#define BYTE_ORDER_MAGIC 0x1A2B3C4Du
#define LINK_ETHERNET    1u
#define SECRETS_TLS      0x544C534Bu /* "TLSK": key log */

/* Options: of the section, the interface, the packet. */
#define OPTION_END       0u
#define OPTION_USER_APPL 4u
#define OPTION_IF_NAME   2u
#define OPTION_FLAGS     2u

#define FLAG_INBOUND  1u
#define FLAG_OUTBOUND 2u

#define NAME_IPV4 1u
#define NAME_IPV6 2u

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value & 0xFFFFu);
    put16(at + 2, value >> 16);
}

/** Zeroes up to a multiple of 4. @return the length with them */
static size_t pad(uint8_t *out, size_t len)
{
    while (len % 4 != 0) {
        out[len++] = 0;
    }
    return len;
}

/** Append an option, or a name record, which has the same form. @return the new length */
static size_t option(uint8_t *out, size_t len, unsigned code, const void *value, size_t value_len)
{
    put16(out + len, code);
    put16(out + len + 2, (unsigned)value_len);
    memcpy(out + len + 4, value, value_len);
    return pad(out, len + 4 + value_len);
}

/** Frame a block whose contents end at len: type and both lengths. @return its length */
static size_t block(uint8_t *out, uint32_t type, size_t len)
{
    put32(out, type);
    put32(out + 4, (uint32_t)len + 4);
    put32(out + len, (uint32_t)len + 4);
    return len + 4;
}

static size_t section(uint8_t *out)
{
    static const char program[] = "esp-tls " ESP_TLS_VERSION;
    size_t len = 24;

    put32(out + 8, BYTE_ORDER_MAGIC);
    put16(out + 12, 1); /* version 1.0 */
    put16(out + 14, 0);
    memset(out + 16, 0xFF, 8); /* length: not known */
    len = option(out, len, OPTION_USER_APPL, program, sizeof(program) - 1);
    len = option(out, len, OPTION_END, "", 0);
    return block(out, BLOCK_SECTION, len);
}

static size_t interface(uint8_t *out)
{
    static const char name[] = "esp-tls";
    size_t len = 16;

    put16(out + 8, LINK_ETHERNET);
    put16(out + 10, 0);
    put32(out + 12, 0); /* whole packets; times in microseconds are the default */
    len = option(out, len, OPTION_IF_NAME, name, sizeof(name) - 1);
    len = option(out, len, OPTION_END, "", 0);
    return block(out, BLOCK_INTERFACE, len);
}

size_t et_pcapng_begin(uint8_t *out)
{
    size_t len = section(out);

    return len + interface(out + len);
}

size_t et_pcapng_name(uint8_t *out, const struct plat_addr *addr, const char *name, size_t len)
{
    bool is_v6 = addr->family == PLAT_AF_INET6;
    size_t ip_len = is_v6 ? 16 : 4;
    size_t at = 12 + ip_len;

    len = len < PCAPNG_NAME_MAX ? len : PCAPNG_NAME_MAX;
    memmove(out + at, name, len);
    out[at + len] = '\0';
    put16(out + 8, is_v6 ? NAME_IPV6 : NAME_IPV4);
    put16(out + 10, (unsigned)(ip_len + len + 1));
    memcpy(out + 12, addr->ip, ip_len);
    at = pad(out, at + len + 1);
    at = option(out, at, OPTION_END, "", 0);
    return block(out, BLOCK_NAMES, at);
}

size_t et_pcapng_secrets(uint8_t *out, size_t len)
{
    put32(out + 8, SECRETS_TLS);
    put32(out + 12, (uint32_t)len);
    return block(out, BLOCK_SECRETS, pad(out, PCAPNG_SECRETS_HEAD + len));
}

size_t et_pcapng_packet(uint8_t *out, size_t len, int64_t unix_us, bool is_sent)
{
    uint8_t flags[4];
    size_t at = pad(out, PCAPNG_PACKET_HEAD + len);

    put32(out + 8, 0); /* the interface */
    put32(out + 12, (uint32_t)((uint64_t)unix_us >> 32));
    put32(out + 16, (uint32_t)unix_us);
    put32(out + 20, (uint32_t)len);
    put32(out + 24, (uint32_t)len);
    put32(flags, is_sent ? FLAG_OUTBOUND : FLAG_INBOUND);
    at = option(out, at, OPTION_FLAGS, flags, sizeof(flags));
    at = option(out, at, OPTION_END, "", 0);
    return block(out, BLOCK_PACKET, at);
}
