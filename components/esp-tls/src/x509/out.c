#include "out.h"

void out_init(struct out *o, char *to, size_t cap)
{
    *o = (struct out){.to = to, .cap = cap};
    if (cap > 0) {
        to[0] = '\0';
    }
}

void out_char(struct out *o, char c)
{
    if (o->len + 1 < o->cap) {
        o->to[o->len] = c;
        o->to[o->len + 1] = '\0';
    }
    o->len++;
}

void out_text(struct out *o, const char *text)
{
    while (*text != '\0') {
        out_char(o, *text++);
    }
}

void out_bytes(struct out *o, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out_char(o, (char)bytes[i]);
    }
}

void out_number(struct out *o, uint64_t n)
{
    char digits[20];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    while (count > 0) {
        out_char(o, digits[--count]);
    }
}

void out_hex(struct out *o, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";

    out_char(o, digits[byte >> 4]);
    out_char(o, digits[byte & 15]);
}
