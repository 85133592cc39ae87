/* Writing JSON: commas and quotes are looked after. At most 31 levels. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    unsigned level;
    uint32_t has_members; /* one bit per level */
};

/** key NULL: an element of an array. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j, bool is_array);
void json_number(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
/** An element of an array: [a, b], on one line. */
void json_pair(struct json *j, int64_t a, int64_t b);
/** value NULL: null. */
void json_string(struct json *j, const char *key, const char *value);

#endif
