#include "armour.h"

void armour_digits(const unsigned char *bytes, size_t left, FILE *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = (unsigned)bytes[0] << 16;

    bits |= left > 1 ? (unsigned)bytes[1] << 8 : 0;
    bits |= left > 2 ? bytes[2] : 0;
    fputc(digits[bits >> 18], out);
    fputc(digits[bits >> 12 & 63], out);
    fputc(left > 1 ? digits[bits >> 6 & 63] : '=', out);
    fputc(left > 2 ? digits[bits & 63] : '=', out);
}

void armour_print(const unsigned char *der, size_t len, FILE *out)
{
    fputs("-----BEGIN CERTIFICATE-----\n", out);
    for (size_t i = 0; i < len; i += 3) {
        armour_digits(der + i, len - i, out);
        fputs(i % 48 == 45 || len - i <= 3 ? "\n" : "", out);
    }
    fputs("-----END CERTIFICATE-----\n", out);
}
