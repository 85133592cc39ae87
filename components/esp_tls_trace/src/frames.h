/* Ethernet frames of a TCP connection, as a packet filter would have seen them: IP and TCP headers
 * around bytes that are there. A flow counts what each end has said. */
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "plat_net.h"

#define FRAME_ETHERNET 14
#define FRAME_IPV4     20 /* RFC 791 section 3.1, no options */
#define FRAME_IPV6     40 /* RFC 8200 section 3 */
#define FRAME_TCP      20 /* RFC 9293 section 3.1, no options */

/** Most bytes in front of a segment's data. */
#define FRAME_HEAD_MAX (FRAME_ETHERNET + FRAME_IPV6 + FRAME_TCP)

/** Data in a segment: what fits an Ethernet frame of 1500 bytes under IPv6, and so under IPv4. */
#define FRAME_DATA_MAX 1440

/* Flags of TCP. */
#define FRAME_FIN 0x01u
#define FRAME_SYN 0x02u
#define FRAME_RST 0x04u
#define FRAME_PSH 0x08u
#define FRAME_ACK 0x10u

enum frame_end {
    FRAME_NEAR,
    FRAME_FAR
};

struct frame_flow {
    struct plat_addr end[2]; /* of one family */
    uint32_t seq[2];         /* the next byte of each end; where it begins: its initial number */
    uint16_t packets[2];     /* sent by each end, for IPv4's identification */
};

/** Bytes in front of the data of a segment of this flow. */
size_t et_frame_head_len(const struct frame_flow *flow);

/** Make a frame around data that lies at frame + et_frame_head_len().
 *  @param flags  with FRAME_SYN there is no data, and the option of the maximum segment size
 *  @return its length */
size_t et_frame_make(struct frame_flow *flow, enum frame_end from, unsigned flags, uint8_t *frame,
                     size_t data_len);

#endif
