/* Small pieces of text. */
#ifndef HTTP_TEXT_H
#define HTTP_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** @return to be freed; NULL: no memory */
char *et_http_text_copy(const char *text, size_t len);
/** @param out  21 bytes @return digits */
size_t et_http_text_number(char *out, uint64_t value, unsigned base);

#endif
