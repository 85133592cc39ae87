/* Small pieces of text. */
#ifndef HTTP_TEXT_H
#define HTTP_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** The length of a piece that ends with its NUL. */
#define HTTP_TO_NUL SIZE_MAX

struct http_piece {
    const char *text; /* NULL: the piece is empty */
    size_t len;
};

/** @return to be freed; NULL: no memory */
char *et_http_text_copy(const char *text, size_t len);
/** One after the other. @return to be freed; NULL: no memory */
char *et_http_text_join(const struct http_piece *pieces, size_t count);
/** Of the joined text. */
size_t et_http_text_length(const struct http_piece *pieces, size_t count);
/** @param out  21 bytes @return digits */
size_t et_http_text_number(char *out, uint64_t value, unsigned base);

#endif
