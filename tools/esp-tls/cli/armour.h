/* A certificate as PEM (RFC 7468). */
#ifndef ARMOUR_H
#define ARMOUR_H

#include <stddef.h>
#include <stdio.h>

void armour_print(const unsigned char *der, size_t len, FILE *out);

#endif
