/* WebSocket frames (RFC 6455 section 5) without I/O: bytes in, what they mean out.
 *
 * A reader is fed with the bytes of frame headers and told of payload; it keeps what has to hold
 * from frame to frame. What breaks a rule makes it say which close code goes with that (section
 * 7.4.1), and after that it reads nothing more. */
#ifndef WS_FRAME_H
#define WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WS_CONT   0x0u
#define WS_TEXT   0x1u
#define WS_BINARY 0x2u
#define WS_CLOSE  0x8u
#define WS_PING   0x9u
#define WS_PONG   0xAu

#define WS_FIN 0x80u

#define WS_HEADER_MAX  14 /* 2, a length of 8, a mask of 4 */
#define WS_MASK_LEN    4
#define WS_CONTROL_MAX 125 /* section 5.5 */

/* Close codes, section 7.4.1 */
#define WS_CODE_NORMAL    1000u
#define WS_CODE_PROTOCOL  1002u
#define WS_CODE_NO_STATUS 1005u /* never sent */
#define WS_CODE_ABNORMAL  1006u /* never sent */
#define WS_CODE_DATA      1007u
#define WS_CODE_TOO_BIG   1009u

/** @param first  an opcode, or the whole first byte of a frame */
static inline bool et_ws_is_control(unsigned first)
{
    return (first & 0x8u) != 0;
}

/* --- UTF-8 (RFC 3629), in pieces -------------------------------------------------------------- */

/** All zero: between two characters. */
struct ws_utf8 {
    uint8_t left; /* bytes of the character that are still to come */
    uint8_t low;  /* what the next one may be */
    uint8_t high;
};

/** @return false: it is none, and no more may be fed */
bool et_ws_utf8_feed(struct ws_utf8 *u, const uint8_t *data, size_t len);

static inline bool et_ws_utf8_is_whole(const struct ws_utf8 *u)
{
    return u->left == 0;
}

/* --- what comes ------------------------------------------------------------------------------- */

struct ws_limits {
    uint32_t frame_max;   /* payload of one frame, at most INT32_MAX */
    uint64_t message_max; /* payload of all its frames together */
    bool skip_utf8_check;
};

enum ws_read {
    WS_READ_MORE,   /* of the header */
    WS_READ_HEADER, /* there it is: opcode, is_fin and payload hold */
    WS_READ_BROKEN  /* code and why say what is wrong */
};

/** All zero but limits is the beginning. */
struct ws_reader {
    struct ws_limits limits;

    /* the frame whose header came last */
    uint8_t opcode;
    bool is_fin;
    uint32_t payload; /* its length */
    uint32_t left;    /* what has not come yet */

    /* the message that its fragments belong to */
    bool is_message; /* more fragments are to come */
    bool is_text;
    uint64_t message; /* bytes so far, the current frame's included */
    struct ws_utf8 utf8;

    uint16_t code; /* BROKEN: what to close with */
    const char *why;

    uint8_t header[WS_HEADER_MAX];
    uint8_t have;
};

/** Bytes to read next so that nothing of the payload is among them; 1 to 8. */
size_t et_ws_reader_want(const struct ws_reader *r);

/** Go on with the header. After HEADER comes the payload: et_ws_reader_payload() for each piece of
 *  it, if there is any, then the next header.
 *  @param used  receives how many bytes were the header's */
enum ws_read et_ws_reader_feed(struct ws_reader *r, const uint8_t *data, size_t len, size_t *used);

/** A piece of the frame's payload came, not more than is left. Text is checked.
 *  @return false: code and why say what is wrong */
bool et_ws_reader_payload(struct ws_reader *r, const uint8_t *data, size_t len);

/** The payload of a Close (section 5.5.1).
 *  @param code  receives its code; WS_CODE_NO_STATUS without one
 *  @return false: code and why of the reader say what is wrong */
bool et_ws_reader_close(struct ws_reader *r, const uint8_t *payload, size_t len, uint16_t *code);

/** May this code stand in a Close (section 7.4)? */
bool et_ws_is_close_code(unsigned code);

/* --- what goes -------------------------------------------------------------------------------- */

/** A masked frame's header, in the shortest form.
 *  @param first  WS_FIN and the opcode
 *  @param out    WS_HEADER_MAX bytes
 *  @return its length */
size_t et_ws_header_write(uint8_t *out, uint8_t first, uint32_t len,
                          const uint8_t mask[WS_MASK_LEN]);

/** Mask a piece of payload (section 5.3); to and from may be the same.
 *  @param at  where in the payload the piece begins */
void et_ws_mask(uint8_t *to, const uint8_t *from, size_t len, const uint8_t mask[WS_MASK_LEN],
                size_t at);

/** Can a frame begin like this, and have so much payload?
 *  @param payload  of a Close it is looked at; may be NULL for others */
bool et_ws_is_frame(unsigned first, const uint8_t *payload, size_t len);

/** May it come now? @param is_message  a message was begun and not ended: goes on with it */
bool et_ws_is_in_order(unsigned first, bool is_message);

#endif
