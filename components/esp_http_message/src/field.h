/* What may stand in a field, of text that does not end with NUL, and may have one in it. */
#ifndef ET_HTTP_FIELD_H
#define ET_HTTP_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/** As esp_http_is_token() and esp_http_is_field_value(). */
bool et_field_is_token(const char *text, size_t len);
bool et_field_is_value(const char *text, size_t len);

#endif
