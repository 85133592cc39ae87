#include "out.h"

#include <string.h>

struct out out_init(char *text, size_t cap)
{
    if (cap > 0) {
        text[0] = '\0';
    }
    return (struct out){.text = text, .cap = cap, .len = 0};
}

void out_bytes(struct out *out, const char *bytes, size_t len)
{
    if (out->len + 1 < out->cap) {
        size_t room = out->cap - out->len - 1;
        size_t n = len < room ? len : room;

        memcpy(out->text + out->len, bytes, n);
        out->text[out->len + n] = '\0';
    }
    out->len += len;
}

void out_text(struct out *out, const char *text)
{
    out_bytes(out, text, strlen(text));
}

static void digits(struct out *out, uint64_t value, unsigned base, unsigned least)
{
    char chars[20];
    size_t at = sizeof(chars);

    do {
        chars[--at] = "0123456789ABCDEF"[value % base];
        value /= base;
    } while (at > 0 && (value != 0 || sizeof(chars) - at < least));
    out_bytes(out, chars + at, sizeof(chars) - at);
}

void out_number(struct out *out, int64_t value)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    if (value < 0) {
        out_bytes(out, "-", 1);
    }
    digits(out, magnitude, 10, 1);
}

void out_hex(struct out *out, uint32_t value)
{
    out_bytes(out, "0x", 2);
    digits(out, value, 16, 1);
}

/** Days since 1970 as a date of the proleptic Gregorian calendar. The year is counted from March, so
 *  that the leap day is its last; 719468 days lie between 0000-03-01 and 1970-01-01. */
static void date(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    unsigned in_era = (unsigned)(shifted - era * 146097);
    unsigned in_year;
    unsigned from_march;
    unsigned years = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;

    in_year = in_era - (365 * years + years / 4 - years / 100);
    from_march = (5 * in_year + 2) / 153;
    *day = in_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (int64_t)years + era * 400 + (*month <= 2 ? 1 : 0);
}

void out_time(struct out *out, int64_t seconds)
{
    int64_t days = seconds / 86400;
    int64_t rest = seconds % 86400;
    int64_t year;
    unsigned month;
    unsigned day;

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    date(days, &year, &month, &day);
    if (year < 0) {
        out_bytes(out, "-", 1);
        year = -year;
    }
    digits(out, (uint64_t)year, 10, 4);
    out_bytes(out, "-", 1);
    digits(out, month, 10, 2);
    out_bytes(out, "-", 1);
    digits(out, day, 10, 2);
    out_bytes(out, " ", 1);
    digits(out, (uint64_t)rest / 3600, 10, 2);
    out_bytes(out, ":", 1);
    digits(out, (uint64_t)rest / 60 % 60, 10, 2);
    out_text(out, " UTC");
}
