#include "ws_frame.h"

#include <string.h>

#define RSV    0x70u
#define MASKED 0x80u
#define LEN_16 126u
#define LEN_64 127u

/* --- UTF-8 ------------------------------------------------------------------------------------ */

/** What may follow a first byte (RFC 3629 section 4): no overlong form, no surrogate, nothing above
 *  U+10FFFF. */
static const struct {
    uint8_t first;
    uint8_t last;
    uint8_t left;
    uint8_t low;
    uint8_t high;
} leads[] = {
    {0x00, 0x7F, 0, 0, 0},       {0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF},
    {0xE1, 0xEC, 2, 0x80, 0xBF}, {0xED, 0xED, 2, 0x80, 0x9F}, {0xEE, 0xEF, 2, 0x80, 0xBF},
    {0xF0, 0xF0, 3, 0x90, 0xBF}, {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F},
};

static bool begin_character(struct ws_utf8 *u, uint8_t byte)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (byte >= leads[i].first && byte <= leads[i].last) {
            *u = (struct ws_utf8){leads[i].left, leads[i].low, leads[i].high};
            return true;
        }
    }
    return false;
}

bool et_ws_utf8_feed(struct ws_utf8 *u, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (u->left == 0) {
            if (data[i] >= 0x80 && !begin_character(u, data[i])) {
                return false;
            }
            continue;
        }
        if (data[i] < u->low || data[i] > u->high) {
            return false;
        }
        *u = (struct ws_utf8){(uint8_t)(u->left - 1), 0x80, 0xBF};
    }
    return true;
}

/* --- what comes ------------------------------------------------------------------------------- */

static bool broken(struct ws_reader *r, uint16_t code, const char *why)
{
    r->code = code;
    r->why = why;
    return false;
}

/** Bytes of the length behind the first two. */
static size_t length_bytes(const struct ws_reader *r)
{
    switch (r->header[1] & ~MASKED) {
    case LEN_16:
        return 2;
    case LEN_64:
        return 8;
    default:
        return 0;
    }
}

size_t et_ws_reader_want(const struct ws_reader *r)
{
    return r->have < 2 ? 2u - r->have : 2 + length_bytes(r) - r->have;
}

static bool is_opcode(unsigned opcode)
{
    return opcode <= WS_BINARY || (opcode >= WS_CLOSE && opcode <= WS_PONG);
}

/** The first byte: what kind of frame it is, and whether it may come now (sections 5.2, 5.4,
 *  5.5). */
static bool check_first(struct ws_reader *r)
{
    const uint8_t opcode = r->header[0] & 0x0Fu;
    const bool is_fin = (r->header[0] & WS_FIN) != 0;

    if ((r->header[0] & RSV) != 0) {
        return broken(r, WS_CODE_PROTOCOL, "a reserved bit is set, and no extension was agreed on");
    }
    if (!is_opcode(opcode)) {
        return broken(r, WS_CODE_PROTOCOL, "a frame has a reserved opcode");
    }
    if (et_ws_is_control(opcode)) {
        return is_fin || broken(r, WS_CODE_PROTOCOL, "a control frame is fragmented");
    }
    if (opcode == WS_CONT && !r->is_message) {
        return broken(r, WS_CODE_PROTOCOL, "a continuation of no message");
    }
    if (opcode != WS_CONT && r->is_message) {
        return broken(r, WS_CODE_PROTOCOL, "a message begins before the last one has ended");
    }
    return true;
}

/** The second byte (sections 5.1, 5.5). */
static bool check_second(struct ws_reader *r)
{
    if ((r->header[1] & MASKED) != 0) {
        return broken(r, WS_CODE_PROTOCOL, "a frame of the server is masked");
    }
    if (et_ws_is_control(r->header[0]) && r->header[1] > WS_CONTROL_MAX) {
        return broken(r, WS_CODE_PROTOCOL, "a control frame is longer than 125 bytes");
    }
    return true;
}

/** The whole length (section 5.2): in its shortest form, and within the limits. */
static bool take_length(struct ws_reader *r)
{
    const size_t bytes = length_bytes(r);
    uint64_t len = bytes == 0 ? r->header[1] : 0;

    for (size_t i = 0; i < bytes; i++) {
        len = len << 8 | r->header[2 + i];
    }
    if (len >> 63 != 0) {
        return broken(r, WS_CODE_PROTOCOL, "the highest bit of a length is set");
    }
    if ((bytes == 2 && len < LEN_16) || (bytes == 8 && len <= UINT16_MAX)) {
        return broken(r, WS_CODE_PROTOCOL, "a length is not in its shortest form");
    }
    if (len > INT32_MAX || (len > r->limits.frame_max && !et_ws_is_control(r->opcode))) {
        return broken(r, WS_CODE_TOO_BIG, "a frame is longer than is taken");
    }
    r->payload = (uint32_t)len;
    r->left = r->payload;
    return true;
}

/** A message may end with an empty frame, too. */
static bool end_frame(struct ws_reader *r)
{
    if (et_ws_is_control(r->opcode) || !r->is_fin) {
        return true;
    }
    r->is_message = false;
    if (r->is_text && !r->limits.skip_utf8_check && !et_ws_utf8_is_whole(&r->utf8)) {
        return broken(r, WS_CODE_DATA, "a text ends within a character");
    }
    return true;
}

static bool begin_frame(struct ws_reader *r)
{
    r->opcode = r->header[0] & 0x0Fu;
    r->is_fin = (r->header[0] & WS_FIN) != 0;
    if (!take_length(r)) {
        return false;
    }
    if (et_ws_is_control(r->opcode)) {
        return true;
    }
    if (r->opcode != WS_CONT) {
        r->is_text = r->opcode == WS_TEXT;
        r->message = 0;
        r->utf8 = (struct ws_utf8){0};
    }
    r->is_message = true;
    r->message += r->payload;
    if (r->message > r->limits.message_max) {
        return broken(r, WS_CODE_TOO_BIG, "a message is longer than is taken");
    }
    return r->left > 0 || end_frame(r);
}

/** One byte more. */
static enum ws_read feed_byte(struct ws_reader *r, uint8_t byte)
{
    r->header[r->have++] = byte;
    if ((r->have == 1 && !check_first(r)) || (r->have == 2 && !check_second(r))) {
        return WS_READ_BROKEN;
    }
    if (r->have < 2 || r->have < 2 + length_bytes(r)) {
        return WS_READ_MORE;
    }
    r->have = 0;
    return begin_frame(r) ? WS_READ_HEADER : WS_READ_BROKEN;
}

enum ws_read et_ws_reader_feed(struct ws_reader *r, const uint8_t *data, size_t len, size_t *used)
{
    enum ws_read result = r->code != 0 ? WS_READ_BROKEN : WS_READ_MORE;

    for (*used = 0; result == WS_READ_MORE && *used < len; ++*used) {
        result = feed_byte(r, data[*used]);
    }
    return result;
}

bool et_ws_reader_payload(struct ws_reader *r, const uint8_t *data, size_t len)
{
    r->left -= (uint32_t)len;
    if (!et_ws_is_control(r->opcode) && r->is_text && !r->limits.skip_utf8_check &&
        !et_ws_utf8_feed(&r->utf8, data, len)) {
        return broken(r, WS_CODE_DATA, "a text is no UTF-8");
    }
    return r->left > 0 || end_frame(r);
}

bool et_ws_is_close_code(unsigned code)
{
    /* section 7.4.2, and the register it made: 1004 to 1006 and 1015 are never on the wire */
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

bool et_ws_reader_close(struct ws_reader *r, const uint8_t *payload, size_t len, uint16_t *code)
{
    struct ws_utf8 utf8 = {0};

    *code = WS_CODE_NO_STATUS;
    if (len == 0) {
        return true;
    }
    if (len == 1) {
        return broken(r, WS_CODE_PROTOCOL, "a Close with half a code");
    }
    *code = (uint16_t)(payload[0] << 8 | payload[1]);
    if (!et_ws_is_close_code(*code)) {
        return broken(r, WS_CODE_PROTOCOL, "a Close with a code that may not be sent");
    }
    if (!et_ws_utf8_feed(&utf8, payload + 2, len - 2) || !et_ws_utf8_is_whole(&utf8)) {
        return broken(r, WS_CODE_DATA, "a Close whose reason is no UTF-8");
    }
    return true;
}

/* --- what goes -------------------------------------------------------------------------------- */

size_t et_ws_header_write(uint8_t *out, uint8_t first, uint32_t len,
                          const uint8_t mask[WS_MASK_LEN])
{
    size_t bytes = len < LEN_16 ? 0 : len <= UINT16_MAX ? 2 : 8;
    size_t n = 2;

    out[0] = first;
    out[1] = (uint8_t)(MASKED | (bytes == 0 ? len : bytes == 2 ? LEN_16 : LEN_64));
    while (bytes-- > 0) {
        out[n++] = bytes >= sizeof(len) ? 0 : (uint8_t)(len >> 8 * bytes);
    }
    memcpy(out + n, mask, WS_MASK_LEN);
    return n + WS_MASK_LEN;
}

void et_ws_mask(uint8_t *to, const uint8_t *from, size_t len, const uint8_t mask[WS_MASK_LEN],
                size_t at)
{
    for (size_t i = 0; i < len; i++) {
        to[i] = (uint8_t)(from[i] ^ mask[(at + i) % WS_MASK_LEN]);
    }
}

bool et_ws_is_frame(unsigned first, const uint8_t *payload, size_t len)
{
    const unsigned opcode = first & 0x0Fu;

    if ((first & ~(WS_FIN | 0x0Fu)) != 0 || !is_opcode(opcode) || len > INT32_MAX) {
        return false;
    }
    if (!et_ws_is_control(opcode)) {
        return true;
    }
    if ((first & WS_FIN) == 0 || len > WS_CONTROL_MAX) {
        return false;
    }
    return opcode != WS_CLOSE || len == 0 ||
           (len >= 2 && et_ws_is_close_code((unsigned)(payload[0] << 8 | payload[1])));
}

bool et_ws_is_in_order(unsigned first, bool is_message)
{
    const unsigned opcode = first & 0x0Fu;

    return et_ws_is_control(opcode) || (opcode == WS_CONT) == is_message;
}
