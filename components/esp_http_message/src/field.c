#include "esp_http_field.h"

#include <stdint.h>
#include <string.h>

#include "field.h"

/** A word whose bytes are all this one. */
#define EACH(byte) (SIZE_MAX / 0xFF * (byte))

/** RFC 9110 section 5.6.2: visible characters but delimiters. A bit each. */
static bool is_tchar(char c)
{
    static const uint32_t is_in[8] = {0, 0x03FF6CFA, 0xC7FFFFFE, 0x57FFFFFF};
    const unsigned char byte = (unsigned char)c;

    return (is_in[byte / 32] >> byte % 32 & 1) != 0;
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/** But for the case of a letter. */
static bool is_same(char a, char b)
{
    return a == b || ((a ^ b) == 0x20 && lower(a) == lower(b));
}

bool et_field_is_token(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (!is_tchar(text[i])) {
            return false;
        }
    }
    return len > 0;
}

bool esp_http_is_token(const char *text)
{
    return text != NULL && et_field_is_token(text, strlen(text));
}

static bool is_value_char(unsigned char c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7F);
}

/** Is there no control character in this word? A borrow makes it say no where there is one only
 *  below: then the bytes are looked at one by one. */
static bool is_plain(const char *text)
{
    size_t word;
    size_t del;

    memcpy(&word, text, sizeof(word));
    del = word ^ EACH(0x7F);
    return ((((word - EACH(0x20)) & ~word) | ((del - EACH(1)) & ~del)) & EACH(0x80)) == 0;
}

bool et_field_is_value(const char *text, size_t len)
{
    size_t i = 0;

    while (i < len) {
        if (len - i >= sizeof(size_t) && is_plain(text + i)) {
            i += sizeof(size_t);
        } else if (is_value_char((unsigned char)text[i])) {
            i++;
        } else {
            return false;
        }
    }
    return true;
}

bool esp_http_is_field_value(const char *text)
{
    return text != NULL && et_field_is_value(text, strlen(text));
}

bool esp_http_is_request_target(const char *text)
{
    if (text == NULL || *text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text <= 0x20 || *text >= 0x7F) {
            return false;
        }
    }
    return true;
}

/** One field, "Name: value\r\n". @return the first byte behind it; NULL: the text does not begin
 *  with
 * a field */
static const char *field_end(const char *at)
{
    const char *name = at;

    while (is_tchar(*at)) {
        at++;
    }
    if (at == name || *at != ':') {
        return NULL;
    }
    do {
        at++;
    } while (is_value_char((unsigned char)*at));
    return at[0] == '\r' && at[1] == '\n' ? at + 2 : NULL;
}

bool esp_http_is_field_block(const char *text)
{
    while (text != NULL && *text != '\0') {
        text = field_end(text);
    }
    return text != NULL;
}

bool esp_http_name_equals(const char *a, const char *b)
{
    while (*a != '\0' && is_same(*a, *b)) {
        a++;
        b++;
    }
    return *a == *b;
}

/** @return behind the token when it begins here, else NULL */
static const char *token_here(const char *at, const char *token)
{
    while (*token != '\0') {
        if (lower(*at++) != lower(*token++)) {
            return NULL;
        }
    }
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    return *at == '\0' || *at == ',' ? at : NULL;
}

bool esp_http_list_has(const char *list, const char *token)
{
    for (;;) {
        while (*list == ' ' || *list == '\t' || *list == ',') {
            list++;
        }
        if (*list == '\0') {
            return false;
        }
        if (token_here(list, token) != NULL) {
            return true;
        }
        while (*list != '\0' && *list != ',') {
            list++;
        }
    }
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool esp_http_percent_decode(const char *from, size_t len, char *to, size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = from[i];

        if (c == '%') {
            if (len - i < 3 || hex(from[i + 1]) < 0 || hex(from[i + 2]) < 0) {
                return false;
            }
            c = (char)(hex(from[i + 1]) * 16 + hex(from[i + 2]));
            i += 2;
        }
        if (c == '\0' || n + 1 >= cap) {
            return false;
        }
        to[n++] = c;
    }
    if (cap == 0) {
        return false;
    }
    to[n] = '\0';
    return true;
}
