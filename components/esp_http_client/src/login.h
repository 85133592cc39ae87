/* What one party, the origin or a proxy, asked for (RFC 9110 section 11), and whether it was
 * answered. Of the origin's room only. */
#ifndef HTTP_LOGIN_H
#define HTTP_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_http_auth.h"

#define HTTP_CHALLENGE_MAX 2048

struct http_login {
    esp_http_auth_t *auth; /* its challenge; NULL: none */
    bool is_current;       /* it is of the last response, not of one before */
    uint8_t answered;      /* ESP_HTTP_AUTH_...: by the request under way; 0: not */
};

void et_http_login_clear(struct http_login *login);
/** A new request: what comes from now on is of its response. */
void et_http_login_begin(struct http_login *login);
/** @param allowed  schemes that may be answered
 *  @return ESP_OK; ESP_ERR_NO_MEM; ESP_ERR_HTTP_HEADER_TOO_LONG */
esp_err_t et_http_login_challenge(struct http_login *login, unsigned allowed, const char *value);
/** Can the challenge be answered, and was it not before? @param status  for the log
 *  @return ESP_OK; ESP_ERR_NOT_SUPPORTED; ESP_FAIL: the answer was refused */
esp_err_t et_http_login_can_answer(const struct http_login *login, int status);
/** @param value  receives the header's, of esp_http_auth_authorize(), if there is a challenge */
esp_err_t et_http_login_authorize(struct http_login *login, const char *user, const char *password,
                                  const char *method, const char *uri, char **value);
/** Basic without having been asked. */
esp_err_t et_http_login_basic(struct http_login *login, const char *user, const char *password,
                              char **value);

#endif
