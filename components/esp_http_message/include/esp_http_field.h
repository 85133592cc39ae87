/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_http_field.h: header fields and what may stand in them (RFC 9110 section 5)
 *
 * Pure functions: they never block and allocate nothing. What does not pass must not be sent: CR,
 * LF or NUL in a value would be a second field, or a second request. */
#ifndef ESP_HTTP_FIELD_H
#define ESP_HTTP_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A field name or method: a token, not empty (RFC 9110 section 5.6.2). */
bool esp_http_is_token(const char *text);

/** A field value: no control character but TAB (RFC 9110 section 5.5). Empty is legal. */
bool esp_http_is_field_value(const char *text);

/** What may stand between the spaces of a request line: printable ASCII without space, not empty
 *  (RFC 9112 section 3.2). */
bool esp_http_is_request_target(const char *text);

/** A block of whole fields, "Name: value\r\n" each, as esp_transport_ws_set_headers() takes it.
 *  Empty is legal. */
bool esp_http_is_field_block(const char *text);

/** Are these field names, schemes, tokens the same? ASCII letters in any case. */
bool esp_http_name_equals(const char *a, const char *b);

/** Is the token in this list with commas ("keep-alive, Upgrade")? In any case. */
bool esp_http_list_has(const char *list, const char *token);

/** Decode %XX (RFC 3986 section 2.1).
 *  @param to  cap bytes, gets a NUL
 *  @return false: a % without two digits, a decoded NUL, or to is too small */
bool esp_http_percent_decode(const char *from, size_t len, char *to, size_t cap);

#ifdef __cplusplus
}
#endif

#endif /* ESP_HTTP_FIELD_H */
