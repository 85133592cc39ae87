#include "der.h"

/* --- bytes ------------------------------------------------------------------------------------ */

void et_der_source_raw(struct der_source *s, const uint8_t *buf, size_t len)
{
    *s = (struct der_source){.buf = buf, .size = len, .len = len};
}

void et_der_source_base64(struct der_source *s, const uint8_t *text, size_t size, size_t len)
{
    *s = (struct der_source){
        .buf = text, .size = size, .len = len, .is_base64 = true, .group = SIZE_MAX};
}

/** RFC 4648 section 4. */
static unsigned digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - (unsigned)'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - (unsigned)'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - (unsigned)'0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : 0; /* "=" as zero bits */
}

static bool is_blank(uint8_t c)
{
    return c == '\n' || c == '\r' || c == ' ';
}

/** Read the group behind the present one. */
static void next_group(struct der_source *s)
{
    uint32_t bits = 0;
    size_t at = s->group == SIZE_MAX ? 0 : s->next_at;

    while (at < s->size && is_blank(s->buf[at])) {
        at++;
    }
    s->group_at = at;
    for (unsigned n = 0; n < 4 && at < s->size; at++) {
        if (!is_blank(s->buf[at])) {
            bits = bits << 6 | digit(s->buf[at]);
            n++;
        }
    }
    s->next_at = at;
    s->group = s->group == SIZE_MAX ? 0 : s->group + 1;
    s->bytes[0] = (uint8_t)(bits >> 16);
    s->bytes[1] = (uint8_t)(bits >> 8);
    s->bytes[2] = (uint8_t)bits;
}

static void seek_group(struct der_source *s, size_t group)
{
    if (s->group != SIZE_MAX && group < s->group) {
        s->group = SIZE_MAX; /* back to the beginning */
    }
    while (s->group == SIZE_MAX || s->group < group) {
        next_group(s);
    }
}

uint8_t et_der_byte(struct der_source *s, size_t offset)
{
    if (!s->is_base64) {
        return s->buf[offset];
    }
    seek_group(s, offset / 3);
    return s->bytes[offset % 3];
}

size_t et_der_text_offset(struct der_source *s, size_t offset)
{
    if (!s->is_base64) {
        return offset;
    }
    seek_group(s, offset / 3);
    return s->group_at;
}

size_t et_der_copy(struct der_source *s, size_t offset, size_t len, uint8_t *out, size_t cap)
{
    size_t n = len < cap ? len : cap;

    for (size_t i = 0; i < n; i++) {
        out[i] = et_der_byte(s, offset + i);
    }
    return n;
}

bool et_der_same(struct der_source *s, size_t a, size_t b, size_t len)
{
    uint8_t piece[64]; /* of base64, going back and forth is a walk from the beginning */

    for (size_t done = 0; done < len;) {
        size_t n = et_der_copy(s, a + done, len - done, piece, sizeof(piece));

        for (size_t i = 0; i < n; i++) {
            if (et_der_byte(s, b + done + i) != piece[i]) {
                return false;
            }
        }
        done += n;
    }
    return true;
}

/* --- elements --------------------------------------------------------------------------------- */

/** X.690 section 8.1.3, as Mbed TLS takes it: up to four bytes, also where fewer would do. */
static enum der_result read_length(struct der_source *s, size_t *at, size_t end, size_t *len)
{
    uint8_t first;
    unsigned more;

    if (*at >= end) {
        return DER_CUT;
    }
    first = et_der_byte(s, (*at)++);
    *len = first;
    if (first < 0x80) {
        return DER_OK;
    }
    more = first & 0x7FU;
    if (more == 0 || more > 4) {
        return DER_BAD_LENGTH;
    }
    if (end - *at < more) {
        return DER_CUT;
    }
    *len = 0;
    while (more-- > 0) {
        *len = *len << 8 | et_der_byte(s, (*at)++);
    }
    return DER_OK;
}

enum der_result et_der_next(struct der_source *s, struct der_span *span, struct der_item *item)
{
    size_t at = span->at;
    enum der_result result;

    *item = (struct der_item){.begin = at, .content = at};
    if (at >= span->end) {
        return DER_END;
    }
    item->tag = et_der_byte(s, at++);
    result = read_length(s, &at, span->end, &item->len);
    item->content = at;
    if (result == DER_OK && item->len > span->end - at) {
        result = DER_TOO_LONG;
    }
    if (result == DER_OK) {
        span->at = at + item->len;
    }
    return result;
}

struct der_span et_der_inside(const struct der_item *item)
{
    return (struct der_span){item->content, item->content + item->len};
}
