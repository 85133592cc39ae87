#include "json.h"

#include <inttypes.h>

/** The character at the front of a text in UTF-8 (RFC 3629). @return its length; 0: it is none */
static size_t utf8_len(const unsigned char *p)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    bool is_overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    bool is_no_scalar = (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF4 && p[1] > 0x8F);

    if (n > 1 && (p[0] < 0xC2 || p[0] > 0xF4 || is_overlong || is_no_scalar)) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) { /* the NUL at the end is no such byte */
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return n;
}

/** JSON is UTF-8 (RFC 8259 section 8.1): a byte that is none becomes U+FFFD. */
static void put_quoted(FILE *out, const char *text)
{
    size_t n;

    fputc('"', out);
    for (; *text != '\0'; text += n > 0 ? n : 1) {
        unsigned char c = (unsigned char)*text;

        n = utf8_len((const unsigned char *)text);
        if (n == 0) {
            fputs("\\ufffd", out);
        } else if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7F) {
            fprintf(out, "\\u%04x", c);
        } else {
            fwrite(text, 1, n, out);
        }
    }
    fputc('"', out);
}

static void begin_value(struct json *j, const char *key)
{
    uint32_t bit = 1u << j->level;

    if ((j->has_members & bit) != 0) {
        fputc(',', j->out);
    }
    j->has_members |= bit;
    if (j->level > 0) {
        fprintf(j->out, "\n%*s", (int)(2 * j->level), "");
    }
    if (key != NULL) {
        put_quoted(j->out, key);
        fputs(": ", j->out);
    }
}

static void open_bracket(struct json *j, const char *key, char bracket)
{
    begin_value(j, key);
    fputc(bracket, j->out);
    j->level++;
    j->has_members &= ~(1u << j->level);
}

void json_object(struct json *j, const char *key)
{
    open_bracket(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
    open_bracket(j, key, '[');
}

void json_end(struct json *j, bool is_array)
{
    bool was_empty = (j->has_members & 1u << j->level) == 0;

    j->level--;
    if (!was_empty) {
        fprintf(j->out, "\n%*s", (int)(2 * j->level), "");
    }
    fputc(is_array ? ']' : '}', j->out);
    if (j->level == 0) {
        fputc('\n', j->out);
    }
}

void json_number(struct json *j, const char *key, int64_t value)
{
    begin_value(j, key);
    fprintf(j->out, "%" PRId64, value);
}

void json_pair(struct json *j, int64_t a, int64_t b)
{
    begin_value(j, NULL);
    fprintf(j->out, "[%" PRId64 ", %" PRId64 "]", a, b);
}

void json_bool(struct json *j, const char *key, bool value)
{
    begin_value(j, key);
    fputs(value ? "true" : "false", j->out);
}

void json_string(struct json *j, const char *key, const char *value)
{
    begin_value(j, key);
    if (value == NULL) {
        fputs("null", j->out);
    } else {
        put_quoted(j->out, value);
    }
}
