/* A list of headers, in the order in which they were set. A name stands in it once. */
#ifndef HTTP_HEADERS_H
#define HTTP_HEADERS_H

#include <stddef.h>

#include "esp_err.h"

/** A header: name, value and the two NULs in a row. */
struct http_header {
    struct http_header *next;
    const char *value;
    char name[];
};

esp_err_t et_http_headers_set(struct http_header **list, const char *name, const char *value,
                              size_t len);
/** @return NULL: there is none */
const char *et_http_headers_get(struct http_header *list, const char *name);
/** @return ESP_OK; ESP_ERR_NOT_FOUND */
esp_err_t et_http_headers_delete(struct http_header **list, const char *name);
void et_http_headers_clear(struct http_header **list);

/** Headers that come and go together, so that they share blocks of the heap. Zeroed: none. */
struct http_kept {
    struct http_header *list;
    struct kept_block *blocks;
};

/** As et_http_headers_set(). What it replaces stays until all of them go. */
esp_err_t et_http_kept_set(struct http_kept *kept, const char *name, const char *value);
void et_http_kept_clear(struct http_kept *kept);

#endif
