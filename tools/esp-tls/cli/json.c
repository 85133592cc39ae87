#include "json.h"

#include <inttypes.h>
#include <string.h>

#include "armour.h"
#include "clean.h"

/** As JSON spells it: in two halves where it is no character of 16 bits. */
static void put_escaped(FILE *out, uint32_t point)
{
    if (point > 0xFFFF) {
        fprintf(out, "\\u%04" PRIx32, 0xD7C0 + (point >> 10));
        point = 0xDC00 | (point & 0x3FF);
    }
    fprintf(out, "\\u%04" PRIx32, point);
}

/** JSON is UTF-8 (RFC 8259 section 8.1): a byte that is none becomes U+FFFD. What acts on a
 *  terminal is spelled. */
static void put_quoted(FILE *out, const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    struct clean_char c;

    fputc('"', out);
    for (; len > 0; at += c.len, len -= c.len) {
        c = clean_first(at, len);
        c.len = c.len > 0 ? c.len : 1; /* cut in its middle */
        if (!c.is_text) {
            put_escaped(out, 0xFFFD);
        } else if (*at == '"' || *at == '\\') {
            fprintf(out, "\\%c", *at);
        } else if (!c.is_plain || *at < 0x20) {
            put_escaped(out, c.point);
        } else {
            fwrite(at, 1, c.len, out);
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
        put_quoted(j->out, key, strlen(key));
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
        put_quoted(j->out, value, strlen(value));
    }
}

void json_text(struct json *j, const char *key, const char *text, size_t len)
{
    begin_value(j, key);
    put_quoted(j->out, text, len);
}

void json_base64(struct json *j, const char *key, const unsigned char *bytes, size_t len)
{
    begin_value(j, key);
    fputc('"', j->out);
    for (size_t i = 0; i < len; i += 3) {
        armour_digits(bytes + i, len - i, j->out);
    }
    fputc('"', j->out);
}

void json_report(struct json *j, const char *command)
{
    json_object(j, NULL);
    json_number(j, "schema", JSON_SCHEMA);
    json_string(j, "command", command);
}

void json_members(struct json *j, const char *object)
{
    size_t len = strlen(object);

    if (len > 2) {
        begin_value(j, NULL);
        fwrite(object + 1, 1, len - 2, j->out);
    }
}

void json_ended(FILE *out, const char *command, int exit, const char *said)
{
    struct json j = {.out = out};
    char verdict[4096];
    size_t len = strlen(said);

    while (len > 0 && said[len - 1] == '\n') {
        len--;
    }
    snprintf(verdict, sizeof(verdict), "%.*s", (int)len, said);
    json_report(&j, command);
    json_number(&j, "exit", exit);
    json_string(&j, "verdict", verdict);
    json_end(&j, false);
}
