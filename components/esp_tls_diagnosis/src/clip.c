#include "clip.h"

#include <string.h>

static void printable(char *to, const char *from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)from[i];

        to[i] = c >= 0x20 && c != 0x7F ? from[i] : '?';
    }
}

/** Bytes of UTF-8 (RFC 3629) are not cut in the middle of a character. */
static size_t whole_characters(const char *from, size_t len)
{
    while (len > 0 && ((unsigned char)from[len] & 0xC0) == 0x80) {
        len--;
    }
    return len;
}

void et_clip_text(char *to, size_t cap, const char *from, size_t len)
{
    if (len < cap) {
        printable(to, from, len);
        to[len] = '\0';
        return;
    }
    len = whole_characters(from, cap - sizeof("..."));
    printable(to, from, len);
    memcpy(to + len, "...", sizeof("..."));
}

void et_clip_item(char *to, size_t cap, const char *item, size_t len)
{
    size_t at = strlen(to);
    size_t comma = at > 0 ? 2 : 0;

    if (at >= 3 && memcmp(to + at - 3, "...", 3) == 0) {
        return; /* full */
    }
    if (at + comma + len + sizeof(", ...") > cap) { /* keep room for saying that there is more */
        if (at + comma + sizeof("...") <= cap) {
            memcpy(to + at, comma != 0 ? ", ..." : "...", comma + 4);
        }
        return;
    }
    memcpy(to + at, ", ", comma);
    printable(to + at + comma, item, len);
    to[at + comma + len] = '\0';
}
