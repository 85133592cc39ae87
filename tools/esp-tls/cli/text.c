#define _GNU_SOURCE /* fileno */
#include "text.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS 80

void text_add(struct text *text, const char *format, ...)
{
    size_t room = sizeof(text->chars) - text->len;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text->chars + text->len, room, format, args);
    va_end(args);
    if (n > 0) {
        text->len += (size_t)n < room ? (size_t)n : room - 1;
    }
}

void text_copy(const struct text *text, char *to, size_t cap)
{
    size_t len = text->len < cap - 1 ? text->len : cap - 1;

    memcpy(to, text->chars, len);
    to[len] = '\0';
}

static void print_folded(const char *at, FILE *out)
{
    size_t column = 0;

    while (*at != '\0') {
        size_t word = strcspn(at, " ");

        if (column > 0 && column + 1 + word > COLUMNS) {
            fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column > 0 ? " " : "", (int)word, at);
        at += word;
        at += strspn(at, " ");
    }
    fputc('\n', out);
}

void text_print(const struct text *text, FILE *out)
{
    if (isatty(fileno(out))) {
        print_folded(text->chars, out);
    } else {
        fprintf(out, "%s\n", text->chars);
    }
}
