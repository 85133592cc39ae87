#include "out.h"

#include <string.h>

void et_out_init(struct out *out, char *to, size_t cap)
{
    if (cap > 0) {
        to[0] = '\0';
    }
    *out = (struct out){.to = to, .cap = cap};
}

void et_out_bytes(struct out *out, const void *bytes, size_t len)
{
    if (out->len + 1 < out->cap) {
        size_t room = out->cap - out->len - 1;
        size_t n = len < room ? len : room;

        memcpy(out->to + out->len, bytes, n);
        out->to[out->len + n] = '\0';
    }
    out->len += len;
}

void et_out_char(struct out *out, char c)
{
    et_out_bytes(out, &c, 1);
}

void et_out_text(struct out *out, const char *text)
{
    et_out_bytes(out, text, strlen(text));
}

static void digits(struct out *out, uint64_t value, unsigned base)
{
    char chars[20]; /* the digits of UINT64_MAX */
    size_t at = sizeof(chars);

    do {
        chars[--at] = "0123456789ABCDEF"[value % base];
        value /= base;
    } while (value != 0);
    et_out_bytes(out, chars + at, sizeof(chars) - at);
}

void et_out_number(struct out *out, uint64_t value)
{
    digits(out, value, 10);
}

void et_out_signed(struct out *out, int64_t value)
{
    if (value < 0) {
        et_out_char(out, '-');
    }
    digits(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

void et_out_hex(struct out *out, uint8_t byte)
{
    static const char hex[] = "0123456789abcdef";

    et_out_char(out, hex[byte >> 4]);
    et_out_char(out, hex[byte & 15]);
}

void et_out_code(struct out *out, uint32_t value)
{
    et_out_text(out, "0x");
    digits(out, value, 16);
}
