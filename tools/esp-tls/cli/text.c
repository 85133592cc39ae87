#define _GNU_SOURCE /* fileno */
#include "text.h"

#include <stdarg.h>
#include <stdbool.h>
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

void text_paragraph(FILE *out, const char *head, int indent, const char *text)
{
    size_t column = (size_t)fprintf(out, "%*s%s", indent - (int)strlen(head), "", head);

    if (!isatty(fileno(out))) {
        fprintf(out, "%s\n", text);
        return;
    }
    for (bool is_first = true; *text != '\0'; is_first = false) {
        size_t word = strcspn(text, " ");

        if (!is_first && column + 1 + word > COLUMNS) {
            column = (size_t)fprintf(out, "\n%*s", indent, "") - 1;
            is_first = true;
        }
        column += (size_t)fprintf(out, "%s%.*s", is_first ? "" : " ", (int)word, text);
        text += word;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

void text_print(const struct text *text, FILE *out)
{
    text_paragraph(out, "", 0, text->chars);
}
