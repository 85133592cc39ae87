/* Writing JSON: commas and quotes are looked after. At most 31 levels. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    unsigned level;
    uint32_t has_members; /* one bit per level */
};

/* Of docs/json.md. It goes up where a member goes, or means something else. */
#define JSON_SCHEMA 2

/** The object that all of --json is in. @param command  NULL: there is none */
void json_report(struct json *j, const char *command);

/** The members of an object that is text already: "{...}". */
void json_members(struct json *j, const char *object);

/** The report of what ended before its report. said: what standard error was told of it. */
void json_ended(FILE *out, const char *command, int exit, const char *said);

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
/** The same of a text with a length, which may hold NULs. */
void json_text(struct json *j, const char *key, const char *text, size_t len);
/** Bytes, as a string (RFC 4648 section 4). */
void json_base64(struct json *j, const char *key, const unsigned char *bytes, size_t len);

#endif
