#include "frames.h"

#include <string.h>

#define ETHERTYPE_IPV4 0x0800u
#define ETHERTYPE_IPV6 0x86DDu
#define PROTOCOL_TCP   6u
#define HOPS           64u
#define WINDOW         65535u
#define MSS_OPTION_LEN 4u

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xFFFFu);
}

/* --- checksums (RFC 1071) ------------------------------------------------------------------- */

static uint32_t sum(uint32_t so_far, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2) {
        so_far += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    }
    return len % 2 != 0 ? so_far + ((uint32_t)bytes[len - 1] << 8) : so_far;
}

static unsigned checksum(uint32_t total)
{
    while (total >> 16 != 0) {
        total = (total & 0xFFFFu) + (total >> 16);
    }
    return ~total & 0xFFFFu;
}

/* --- headers --------------------------------------------------------------------------------- */

static bool is_v6(const struct frame_flow *flow)
{
    return flow->end[FRAME_NEAR].family == PLAT_AF_INET6;
}

static size_t ip_len(const struct frame_flow *flow)
{
    return is_v6(flow) ? FRAME_IPV6 : FRAME_IPV4;
}

size_t et_frame_head_len(const struct frame_flow *flow)
{
    return FRAME_ETHERNET + ip_len(flow) + FRAME_TCP;
}

/** Addresses that are nobody's: locally administered (IEEE 802, section 8.4). */
static void put_ethernet(const struct frame_flow *flow, enum frame_end from, uint8_t *at)
{
    static const uint8_t local[5] = {0x02};

    memcpy(at, local, sizeof(local));
    at[5] = from == FRAME_NEAR ? 2 : 1;
    memcpy(at + 6, local, sizeof(local));
    at[11] = from == FRAME_NEAR ? 1 : 2;
    put16(at + 12, is_v6(flow) ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
}

static void put_ipv4(struct frame_flow *flow, enum frame_end from, uint8_t *at, size_t tcp_len)
{
    memset(at, 0, FRAME_IPV4);
    at[0] = 0x45;
    put16(at + 2, (unsigned)(FRAME_IPV4 + tcp_len));
    put16(at + 4, ++flow->packets[from]);
    put16(at + 6, 0x4000); /* do not fragment */
    at[8] = HOPS;
    at[9] = PROTOCOL_TCP;
    memcpy(at + 12, flow->end[from].ip, 4);
    memcpy(at + 16, flow->end[1 - from].ip, 4);
    put16(at + 10, checksum(sum(0, at, FRAME_IPV4)));
}

static void put_ipv6(const struct frame_flow *flow, enum frame_end from, uint8_t *at,
                     size_t tcp_len)
{
    memset(at, 0, FRAME_IPV6);
    at[0] = 0x60;
    put16(at + 4, (unsigned)tcp_len);
    at[6] = PROTOCOL_TCP;
    at[7] = HOPS;
    memcpy(at + 8, flow->end[from].ip, 16);
    memcpy(at + 24, flow->end[1 - from].ip, 16);
}

/** TCP's checksum covers the addresses and the length, too (RFC 9293 section 3.1, RFC 8200 section
 *  8.1). */
static unsigned tcp_checksum(const struct frame_flow *flow, const uint8_t *tcp, size_t len)
{
    size_t addr_len = is_v6(flow) ? 16 : 4;
    uint32_t total = (uint32_t)len + PROTOCOL_TCP;

    total = sum(total, flow->end[FRAME_NEAR].ip, addr_len);
    total = sum(total, flow->end[FRAME_FAR].ip, addr_len);
    return checksum(sum(total, tcp, len));
}

static void put_tcp(struct frame_flow *flow, enum frame_end from, unsigned flags, uint8_t *at,
                    size_t len)
{
    bool is_syn = (flags & FRAME_SYN) != 0;

    memset(at, 0, FRAME_TCP);
    put16(at, flow->end[from].port);
    put16(at + 2, flow->end[1 - from].port);
    put32(at + 4, flow->seq[from]);
    if ((flags & FRAME_ACK) != 0) {
        put32(at + 8, flow->seq[1 - from]);
    }
    at[12] = (uint8_t)((FRAME_TCP + (is_syn ? MSS_OPTION_LEN : 0)) / 4 << 4);
    at[13] = (uint8_t)flags;
    put16(at + 14, WINDOW);
    if (is_syn) { /* RFC 9293 section 3.2 */
        at[20] = 2;
        at[21] = MSS_OPTION_LEN;
        put16(at + 22, FRAME_DATA_MAX);
    }
    put16(at + 16, tcp_checksum(flow, at, len));
}

size_t et_frame_make(struct frame_flow *flow, enum frame_end from, unsigned flags, uint8_t *frame,
                     size_t data_len)
{
    uint8_t *ip = frame + FRAME_ETHERNET;
    size_t tcp_len = FRAME_TCP + ((flags & FRAME_SYN) != 0 ? MSS_OPTION_LEN : data_len);

    put_ethernet(flow, from, frame);
    if (is_v6(flow)) {
        put_ipv6(flow, from, ip, tcp_len);
    } else {
        put_ipv4(flow, from, ip, tcp_len);
    }
    put_tcp(flow, from, flags, ip + ip_len(flow), tcp_len);
    flow->seq[from] += (uint32_t)data_len + ((flags & (FRAME_SYN | FRAME_FIN)) != 0 ? 1 : 0);
    return FRAME_ETHERNET + ip_len(flow) + tcp_len;
}
