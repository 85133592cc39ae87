#include "clean.h"

/** C0 and C1, and what changes the direction of a text or its lines (Unicode, UAX #9). */
static bool is_plain(uint32_t point)
{
    static const struct {
        uint32_t from, to;
    } acting[] = {
        {0x00, 0x08},     {0x0B, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C},   {0x200E, 0x200F},
        {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F},
    };

    for (size_t i = 0; i < sizeof(acting) / sizeof(acting[0]); i++) {
        if (point >= acting[i].from && point <= acting[i].to) {
            return false;
        }
    }
    return true;
}

/** Bytes of the character that begins so; 0: none begins so. */
static size_t length_of(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    return first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

struct clean_char clean_first(const unsigned char *bytes, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const struct clean_char no_text = {.len = 1};
    size_t n = length_of(bytes[0]);
    uint32_t point = n > 1 ? bytes[0] & (0x7Fu >> n) : bytes[0];

    for (size_t i = 1; i < n; i++) {
        if (i == len) {
            return (struct clean_char){.len = 0};
        }
        if ((bytes[i] & 0xC0) != 0x80) {
            return no_text;
        }
        point = point << 6 | (bytes[i] & 0x3Fu);
    }
    if (n == 0 || point < least[n] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
        return no_text;
    }
    return (struct clean_char){n, point, true, is_plain(point)};
}
