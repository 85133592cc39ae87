#include "armour.h"

void armour_print(const unsigned char *der, size_t len, FILE *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    fputs("-----BEGIN CERTIFICATE-----\n", out);
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        unsigned bits = (unsigned)der[i] << 16;

        bits |= left > 1 ? (unsigned)der[i + 1] << 8 : 0;
        bits |= left > 2 ? der[i + 2] : 0;
        fputc(digits[bits >> 18], out);
        fputc(digits[bits >> 12 & 63], out);
        fputc(left > 1 ? digits[bits >> 6 & 63] : '=', out);
        fputc(left > 2 ? digits[bits & 63] : '=', out);
        fputs(i % 48 == 45 || left <= 3 ? "\n" : "", out);
    }
    fputs("-----END CERTIFICATE-----\n", out);
}
