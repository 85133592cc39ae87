/* A certificate as PEM (RFC 7468). */
#ifndef ARMOUR_H
#define ARMOUR_H

#include <stddef.h>
#include <stdio.h>

/** Base64 (RFC 4648) of the first three bytes, or of those that are left. */
void armour_digits(const unsigned char *bytes, size_t left, FILE *out);

void armour_print(const unsigned char *der, size_t len, FILE *out);

#endif
