/* Text into memory of fixed size: what does not fit is counted and left out. */
#ifndef X509_OUT_H
#define X509_OUT_H

#include <stddef.h>
#include <stdint.h>

struct out {
    char *to;
    size_t cap;
    size_t len; /* of all that was put, also of what did not fit */
};

/** From now on *to always ends in NUL if cap > 0. */
void out_init(struct out *o, char *to, size_t cap);
void out_char(struct out *o, char c);
void out_text(struct out *o, const char *text);
void out_bytes(struct out *o, const uint8_t *bytes, size_t len);
void out_number(struct out *o, uint64_t n);
/** Two hexadecimal digits. */
void out_hex(struct out *o, uint8_t byte);

#endif
