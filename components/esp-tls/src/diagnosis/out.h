/* Text into the caller's memory: what fits is written, all of it is counted, and it ends in NUL. */
#ifndef DIAGNOSIS_OUT_H
#define DIAGNOSIS_OUT_H

#include <stddef.h>
#include <stdint.h>

struct out {
    char *text;
    size_t cap;
    size_t len; /* of the whole text, also of what did not fit */
};

/** @param text  may be NULL if cap is 0 */
struct out out_init(char *text, size_t cap);

void out_bytes(struct out *out, const char *bytes, size_t len);
void out_text(struct out *out, const char *text);
void out_number(struct out *out, int64_t value);
/** "0x7200" */
void out_hex(struct out *out, uint32_t value);
/** "2026-11-23 09:39 UTC". @param seconds  since 1970 */
void out_time(struct out *out, int64_t seconds);

#endif
