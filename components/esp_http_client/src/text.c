/* Small pieces of text. */
#include <string.h>

#include "plat_heap.h"
#include "text.h"

char *et_http_text_copy(const char *text, size_t len)
{
    char *copy = plat_alloc(NULL, PLAT_MEM_APPLICATION, len + 1);

    if (copy != NULL) {
        memcpy(copy, text, len);
    }
    return copy;
}

/** Join, or only measure. @param out  NULL: nowhere @return the length */
static size_t put_pieces(char *out, const struct http_piece *pieces, size_t count)
{
    size_t sum = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        const struct http_piece *p = &pieces[i];

        if (p->text != NULL) {
            size_t len = p->len == HTTP_TO_NUL ? strlen(p->text) : p->len;

            if (out != NULL) {
                memcpy(out + sum, p->text, len);
            }
            sum += len;
        }
    }
    return sum;
}

size_t et_http_text_length(const struct http_piece *pieces, size_t count)
{
    return put_pieces(NULL, pieces, count);
}

char *et_http_text_join(const struct http_piece *pieces, size_t count)
{
    char *text = plat_alloc(NULL, PLAT_MEM_APPLICATION, put_pieces(NULL, pieces, count) + 1);

    (void)put_pieces(text, pieces, count);
    return text;
}

size_t et_http_text_number(char *out, uint64_t value, unsigned base)
{
    char digits[20];
    size_t n = 0;
    size_t i;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (i = 0; i < n; i++) {
        out[i] = digits[n - 1 - i];
    }
    out[n] = 0;
    return n;
}
