#include "json_read.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS 64

struct reader {
    const char *at;
    const char *end;
    unsigned level;
};

static void blanks(struct reader *r)
{
    while (r->at < r->end && memchr(" \t\r\n", *r->at, 4) != NULL) {
        r->at++;
    }
}

static bool take(struct reader *r, char c)
{
    blanks(r);
    if (r->at < r->end && *r->at == c) {
        r->at++;
        return true;
    }
    return false;
}

static bool pass_string(struct reader *r)
{
    if (!take(r, '"')) {
        return false;
    }
    while (r->at < r->end && *r->at != '"') {
        r->at += *r->at == '\\' ? 2 : 1;
    }
    return r->at < r->end && *r->at++ == '"';
}

static bool pass_word(struct reader *r)
{
    const char *begin = r->at;

    while (r->at < r->end && memchr(",]} \t\r\n", *r->at, 7) == NULL) {
        r->at++;
    }
    return r->at > begin;
}

static bool pass_value(struct reader *r); /* NOLINT(misc-no-recursion): bounded by LEVELS */

static bool pass_members(struct reader *r, char end, bool has_names)
{
    if (take(r, end)) {
        return true;
    }
    do {
        if (has_names && !(pass_string(r) && take(r, ':'))) {
            return false;
        }
        if (!pass_value(r)) {
            return false;
        }
    } while (take(r, ','));
    return take(r, end);
}

static bool pass_value(struct reader *r)
{
    bool ok;

    blanks(r);
    if (r->at >= r->end || r->level == LEVELS) {
        return false;
    }
    r->level++;
    if (*r->at == '"') {
        ok = pass_string(r);
    } else if (take(r, '{')) {
        ok = pass_members(r, '}', true);
    } else if (take(r, '[')) {
        ok = pass_members(r, ']', false);
    } else {
        ok = pass_word(r);
    }
    r->level--;
    return ok;
}

/** The value at the reader. */
static struct json_value value_at(struct reader *r)
{
    struct json_value v = {NULL, 0};

    blanks(r);
    v.at = r->at;
    if (pass_value(r)) {
        v.len = (size_t)(r->at - v.at);
    }
    return v;
}

struct json_value json_read(const char *text, size_t len)
{
    struct reader r = {.at = text, .end = text + len};

    return value_at(&r);
}

static struct reader reader_of(struct json_value value)
{
    return (struct reader){.at = value.at, .end = value.len > 0 ? value.at + value.len : value.at};
}

struct json_value json_member(struct json_value object, const char *name)
{
    struct reader r = reader_of(object);
    struct json_value none = {NULL, 0};

    if (object.len == 0 || !take(&r, '{')) {
        return none;
    }
    while (r.at < r.end) {
        struct json_value key = value_at(&r);
        struct json_value value;

        if (key.len < 2 || !take(&r, ':')) {
            break;
        }
        value = value_at(&r);
        if (key.len - 2 == strlen(name) && memcmp(key.at + 1, name, key.len - 2) == 0) {
            return value;
        }
        if (value.len == 0 || !take(&r, ',')) {
            break;
        }
    }
    return none;
}

bool json_next(struct json_value array, struct json_value *next)
{
    struct reader r = reader_of(array);

    if (array.len == 0) {
        return false;
    }
    if (next->len == 0) {
        if (!take(&r, '[')) {
            return false;
        }
    } else {
        r.at = next->at + next->len;
        if (!take(&r, ',')) {
            return false;
        }
    }
    blanks(&r);
    if (r.at < r.end && *r.at == ']') {
        return false;
    }
    *next = value_at(&r);
    return next->len > 0;
}

/** What follows a backslash; of \u only ASCII is taken, others become "?". */
static char unescape(const char **at, const char *end)
{
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    const char *hit;
    char hex[5] = "";
    unsigned long code;

    if (**at == 'u' && end - *at > 4) {
        memcpy(hex, *at + 1, 4);
        *at += 4;
        code = strtoul(hex, NULL, 16);
        return code > 0 && code < 0x80 ? (char)code : '?';
    }
    hit = memchr(from, **at, sizeof(from) - 1);
    return hit != NULL ? to[hit - from] : **at;
}

bool json_text(struct json_value value, char *out, size_t cap)
{
    const char *end;
    size_t n = 0;

    out[0] = '\0';
    if (value.len < 2 || value.at[0] != '"') {
        return false;
    }
    end = value.at + value.len - 1;
    for (const char *p = value.at + 1; p < end; p++) {
        char c = *p;

        if (c == '\\' && p + 1 < end) {
            p++;
            c = unescape(&p, end);
        }
        if (n + 1 >= cap) {
            out[0] = '\0';
            return false;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

char *json_text_new(struct json_value value)
{
    char *text = malloc(value.len + 1);

    if (text != NULL && !json_text(value, text, value.len + 1)) {
        free(text);
        text = NULL;
    }
    return text;
}

bool json_int(struct json_value value, long *number)
{
    char text[24];
    char *end;

    if (value.len == 0 || value.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, value.at, value.len);
    text[value.len] = '\0';
    *number = strtol(text, &end, 10);
    return *end == '\0';
}
