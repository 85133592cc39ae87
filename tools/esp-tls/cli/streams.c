#define _GNU_SOURCE /* fopencookie */
#include "streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "clean.h"
#include "output.h"
#include "text.h"
#include "tool.h"

#define COLUMNS_HANG 80 /* half of the widest that text_columns() says */

/** One of the two. */
struct stream {
    int fd;
    unsigned char rest[4]; /* of a character whose end has not come yet */
    size_t rest_len;
    bool was_used;
    bool is_folded;
    bool is_within; /* a line: it began before */
};

static struct stream out = {.fd = STDOUT_FILENO};
static struct stream err = {.fd = STDERR_FILENO, .is_folded = true};
static char said[4096];
static size_t said_len;

/** Replace what is not plain. @return how many bytes of data were used; the rest is a beginning */
static size_t clean(const unsigned char *data, size_t len, unsigned char *to, size_t *to_len)
{
    size_t at = 0;

    *to_len = 0;
    while (at < len) {
        struct clean_char c = clean_first(data + at, len - at);

        if (c.len == 0) {
            break;
        }
        if (c.is_plain) {
            memcpy(to + *to_len, data + at, c.len);
            *to_len += c.len;
        } else {
            to[(*to_len)++] = '?';
        }
        at += c.len;
    }
    return at;
}

static void keep_said(const unsigned char *text, size_t len)
{
    size_t room = sizeof(said) - 1 - said_len;

    len = len < room ? len : room;
    memcpy(said + said_len, text, len);
    said_len += len;
}

/** @return 0 or errno */
static int put(struct stream *s, const unsigned char *data, size_t len)
{
    unsigned char from[1024 + sizeof(s->rest)];
    unsigned char to[sizeof(from)];
    int error = 0;

    while (len > 0 && error == 0) {
        size_t piece = len < 1024 ? len : 1024;
        size_t used;
        size_t to_len;

        memcpy(from, s->rest, s->rest_len);
        memcpy(from + s->rest_len, data, piece);
        used = clean(from, s->rest_len + piece, to, &to_len);
        s->rest_len = s->rest_len + piece - used;
        memcpy(s->rest, from + used, s->rest_len);
        if (s->fd == STDERR_FILENO) {
            keep_said(to, to_len);
        }
        error = output_all(s->fd, to, to_len);
        data += piece;
        len -= piece;
    }
    return error;
}

/* --- lines that are too long ------------------------------------------------------------------ */

/** Columns of UTF-8. */
static size_t width_of(const char *text, size_t len)
{
    size_t width = 0;

    for (size_t i = 0; i < len; i++) {
        width += ((unsigned char)text[i] & 0xC0) != 0x80;
    }
    return width;
}

/** Where the last part of a line begins that two blanks, or its indent, stand before; not beyond
 *  the middle of the terminal. */
static size_t hang_of(const char *line, size_t len, size_t columns)
{
    size_t hang = 0;

    for (size_t i = 1; i < len && width_of(line, i) <= columns / 2; i++) {
        bool is_indent = strspn(line, " ") == i;

        if (line[i] != ' ' && line[i - 1] == ' ' && (is_indent || (i > 1 && line[i - 2] == ' '))) {
            hang = width_of(line, i);
        }
    }
    return hang;
}

/** Bytes that go into the columns: up to the last two blanks behind the hang, or else to the last
 *  blank behind the indent, if there are any. */
static size_t fitting(const char *text, size_t len, size_t columns, size_t hang)
{
    size_t indent = strspn(text, " ");
    size_t blank = 0;
    size_t gap = 0;
    size_t most = 0;

    for (; most < len && width_of(text, most + 1) <= columns; most++) {
        bool is_end = most > indent && text[most] == ' ' && text[most - 1] != ' ';

        blank = is_end ? most : blank;
        if (is_end && most + 1 < len && text[most + 1] == ' ' && width_of(text, most) > hang) {
            gap = most;
        }
    }
    if (most < len && most > indent && text[most] == ' ') {
        blank = most;
    }
    return gap > 0 ? gap : blank > 0 ? blank : most;
}

/** @param len  without the newline */
static int put_folded(struct stream *s, const char *line, size_t len, size_t columns)
{
    size_t hang = hang_of(line, len, columns);
    size_t room = columns;
    int error = 0;

    while (width_of(line, len) > room && error == 0) {
        size_t fits = fitting(line, len, room, room == columns ? hang : 0);
        char below[COLUMNS_HANG + 2];
        int n = snprintf(below, sizeof(below), "\n%*s", (int)hang, "");

        error = put(s, (const unsigned char *)line, fits);
        while (fits < len && line[fits] == ' ') {
            fits++;
        }
        line += fits;
        len -= fits;
        room = columns - hang;
        if (error == 0) {
            error = output_all(s->fd, below, (size_t)n);
        }
    }
    return error == 0 ? put(s, (const unsigned char *)line, len) : error;
}

/** Whole lines that can be folded are. */
static int put_lines(struct stream *s, const char *data, size_t len)
{
    size_t columns = s->is_folded ? text_columns(s == &out ? stdout : stderr) : 0;
    int error = 0;

    if (columns == 0) {
        return put(s, (const unsigned char *)data, len);
    }
    while (len > 0 && error == 0) {
        const char *newline = memchr(data, '\n', len);
        size_t line = newline != NULL ? (size_t)(newline - data) : len;

        if (newline != NULL && !s->is_within && memchr(data, '\r', line) == NULL) {
            error = put_folded(s, data, line, columns);
        } else {
            error = put(s, (const unsigned char *)data, line);
        }
        s->is_within = newline == NULL;
        if (error == 0 && newline != NULL) {
            error = put(s, (const unsigned char *)"\n", 1);
            line++;
        }
        data += line;
        len -= line;
    }
    return error;
}

static ssize_t write_stream(void *cookie, const char *data, size_t len)
{
    struct stream *s = cookie;
    int error;

    s->was_used = true;
    error = put_lines(s, data, len);
    if (error != 0) {
        errno = error;
        return 0;
    }
    return (ssize_t)len;
}

/** A character that ended in its middle is none. */
static int end_stream(struct stream *s)
{
    int error = s->rest_len > 0 ? output_all(s->fd, "?", 1) : 0;

    s->rest_len = 0;
    return error;
}

static FILE *open_stream(struct stream *s, int mode)
{
    static char buffers[2][4096]; /* so that there is always one */
    FILE *file = fopencookie(s, "w", (cookie_io_functions_t){.write = write_stream});

    if (file != NULL) {
        (void)setvbuf(file, buffers[s == &err], mode, sizeof(buffers[0]));
    }
    return file;
}

void streams_begin(void)
{
    FILE *new_out = open_stream(&out, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF);
    FILE *new_err = open_stream(&err, _IOLBF);

    if (new_out == NULL || new_err == NULL) {
        fputs("esp-tls: out of memory\n", stderr);
        exit(EXIT_MEMORY);
    }
    stdout = new_out; /* glibc: these are variables, and getopt() uses them, too */
    stderr = new_err;
}

void streams_fold(void)
{
    (void)fflush(stdout);
    out.is_folded = true;
}

int streams_data(const void *data, size_t len)
{
    int error = fflush(stdout) == 0 ? 0 : errno;

    out.was_used = out.was_used || len > 0;
    return error == 0 ? output_all(STDOUT_FILENO, data, len) : error;
}

bool streams_has_output(void)
{
    (void)fflush(stdout);
    return out.was_used;
}

const char *streams_said(void)
{
    (void)fflush(stderr);
    said[said_len] = '\0';
    return said;
}

bool streams_finish(void)
{
    bool ok = ferror(stdout) == 0;

    ok = fflush(stdout) == 0 && ok;
    ok = end_stream(&out) == 0 && ok;
    ok = close(STDOUT_FILENO) == 0 && ok; /* some file systems tell only now */
    return ok;
}
