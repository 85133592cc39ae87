/* Which bytes of a text may be shown, and which act on a terminal, or on how a reader sees the text
 * around them: a server, a log or a file must not choose these. */
#ifndef CLEAN_H
#define CLEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clean_char {
    size_t len;     /* bytes that it takes; 0: these are the beginning of one, and more may come */
    uint32_t point; /* of Unicode */
    bool is_text;   /* false: no UTF-8 */
    bool is_plain;  /* may be shown: no control but tab and newline, no mark of direction */
};

/** The first character of len bytes (UTF-8, RFC 3629); len is 1 at least. */
struct clean_char clean_first(const unsigned char *bytes, size_t len);

#endif
