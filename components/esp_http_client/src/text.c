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
