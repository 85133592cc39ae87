/* Reading JSON (RFC 8259) that somebody else wrote: members are found by name, nothing is copied
 * but strings. At most 64 levels. */
#ifndef JSON_READ_H
#define JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

/** A value in a text; len 0: none. */
struct json_value {
    const char *at;
    size_t len;
};

/** The value that a text is. len 0: it is no JSON */
struct json_value json_read(const char *text, size_t len);
/** A member of an object. */
struct json_value json_member(struct json_value object, const char *name);
/** The elements of an array, one after the other. @param next  of len 0 at first */
bool json_next(struct json_value array, struct json_value *next);
/** A string's characters. @return false: it is none, or longer than cap; *out is "" then */
bool json_text(struct json_value value, char *out, size_t cap);
/** The same where it can be of any length. @return to be freed; NULL: it is none, or no memory */
char *json_text_new(struct json_value value);
/** A whole number. @return false: it is none */
bool json_int(struct json_value value, long *number);

#endif
