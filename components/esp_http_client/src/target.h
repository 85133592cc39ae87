/* A URL, taken apart: where a request goes. Of the origin's room only. */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_http_client.h"

/** text is owned and holds the others. */
struct http_target {
    char *text;       /* scheme://host:port/path?query, no user, no fragment; then the host */
    const char *host; /* without brackets */
    const char *path; /* with the query */
    uint16_t port;    /* never 0 */
    bool is_tls;      /* https */
};

/** Take apart a URL, or a reference to one.
 *  @param base   what text refers to; its text is NULL: nothing
 *  @param whole  receives the URL as it was resolved, with its user, to be freed as a secret
 *  @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_NO_MEM */
esp_err_t et_http_target_resolve(const struct http_target *base, const char *text, char **whole,
                                 struct http_target *next);
bool et_http_target_same_origin(const struct http_target *a, const struct http_target *b);
void et_http_target_clear(struct http_target *t);
/** What the Host header says of it. @return where it begins */
const char *et_http_target_host_header(const struct http_target *t, size_t *len);
/** The URL that the configuration's pieces make. @param text  receives it, to be freed as a secret
 *  @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_NO_MEM */
esp_err_t et_http_target_compose(const esp_http_client_config_t *cfg, char **text);

#endif
