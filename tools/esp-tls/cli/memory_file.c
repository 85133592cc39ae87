#define _GNU_SOURCE /* fopencookie */
#include "memory_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define CAP_FIRST 4096

static ssize_t append_text(void *cookie, const char *data, size_t len)
{
    struct memory_file *m = cookie;

    if (m->len + len >= m->cap) {
        size_t cap = 2 * (m->len + len) + CAP_FIRST;
        char *grown = realloc(m->text, cap);

        if (grown == NULL) {
            return 0;
        }
        m->text = grown;
        m->cap = cap;
    }
    memcpy(m->text + m->len, data, len);
    m->len += len;
    m->text[m->len] = '\0';
    return (ssize_t)len;
}

FILE *memory_file_open(struct memory_file *m)
{
    return fopencookie(m, "w", (cookie_io_functions_t){.write = append_text});
}

bool memory_file_close(struct memory_file *m, FILE *file)
{
    bool ok = file != NULL && ferror(file) == 0;

    if (file != NULL) {
        ok = fclose(file) == 0 && ok && m->text != NULL;
    }
    if (!ok) {
        free(m->text);
        *m = (struct memory_file){0};
    }
    return ok;
}
