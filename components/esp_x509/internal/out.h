/* Text into memory of fixed size: what fits is written and ends in NUL, all of it is counted. */
#ifndef OUT_H
#define OUT_H

#include <stddef.h>
#include <stdint.h>

struct out {
    char *to;
    size_t cap;
    size_t len; /* of the whole text, also of what did not fit */
};

/** @param to  may be NULL if cap is 0 */
void et_out_init(struct out *out, char *to, size_t cap);

void et_out_char(struct out *out, char c);
void et_out_bytes(struct out *out, const void *bytes, size_t len);
void et_out_text(struct out *out, const char *text);
void et_out_number(struct out *out, uint64_t value);
void et_out_signed(struct out *out, int64_t value);
/** Two hexadecimal digits. */
void et_out_hex(struct out *out, uint8_t byte);
/** "0x7200" */
void et_out_code(struct out *out, uint32_t value);

#endif
