#include "text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_USUAL 80
#define COLUMNS_LEAST 40
#define COLUMNS_MOST  160 /* longer lines are hard to read */

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

size_t text_columns(FILE *stream)
{
    int fd = stream == stdout ? STDOUT_FILENO : stream == stderr ? STDERR_FILENO : -1;
    struct winsize size;

    if (fd < 0 || !isatty(fd)) {
        return 0;
    }
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return COLUMNS_USUAL;
    }
    return size.ws_col < COLUMNS_LEAST  ? COLUMNS_LEAST
           : size.ws_col > COLUMNS_MOST ? COLUMNS_MOST
                                        : size.ws_col;
}

void text_paragraph(FILE *out, const char *head, int indent, const char *text)
{
    size_t column = (size_t)fprintf(out, "%*s%s", indent - (int)strlen(head), "", head);

    size_t columns = text_columns(out);

    if (columns == 0) {
        fprintf(out, "%s\n", text);
        return;
    }
    for (bool is_first = true; *text != '\0'; is_first = false) {
        size_t word = strcspn(text, " ");

        if (!is_first && column + 1 + word > columns) {
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
