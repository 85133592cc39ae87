/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_http_auth.h: answering authentication challenges (RFC 9110 section 11), Basic (RFC 7617) and
 * Digest (RFC 7616: MD5 and SHA-256, each also -sess, qop auth or none), of servers and of proxies
 *
 * Feed every WWW-Authenticate (or Proxy-Authenticate) value of a response to
 * esp_http_auth_challenge(): the strongest scheme that is allowed and understood is kept. Then ask
 * for an Authorization value for each request. One thread at a time per object.
 */
#ifndef ESP_HTTP_AUTH_H
#define ESP_HTTP_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Schemes that may be answered. */
#define ESP_HTTP_AUTH_BASIC  1u
#define ESP_HTTP_AUTH_DIGEST 2u

typedef struct esp_http_auth esp_http_auth_t;

/** @param allowed  ESP_HTTP_AUTH_... together @return NULL: no memory */
esp_http_auth_t *esp_http_auth_new(unsigned allowed);
/** Wipes. NULL is legal. */
void esp_http_auth_free(esp_http_auth_t *auth);
/** Forget the challenge. */
void esp_http_auth_clear(esp_http_auth_t *auth);

/** Look at one field value; it may hold several challenges.
 *  @return ESP_OK                 a challenge in it is kept, or a stronger one was kept before
 *          ESP_ERR_NOT_SUPPORTED  none in it can be answered: scheme, algorithm or qop
 *          ESP_ERR_INVALID_ARG    it is no list of challenges
 *          ESP_ERR_NO_MEM */
esp_err_t esp_http_auth_challenge(esp_http_auth_t *auth, const char *value);

/** Which scheme will be answered: 0 none, ESP_HTTP_AUTH_BASIC or _DIGEST. */
unsigned esp_http_auth_scheme(const esp_http_auth_t *auth);
/** Did the last challenge say that only the nonce was too old (RFC 7616 section 3.3)? */
bool esp_http_auth_is_stale(const esp_http_auth_t *auth);

/** The value of an Authorization field for the next request.
 *  @param method  of the request
 *  @param uri     its request target
 *  @param value   receives it, to be given to esp_http_auth_free_value()
 *  @return ESP_OK
 *          ESP_ERR_NOT_SUPPORTED  there is no challenge that can be answered
 *          ESP_ERR_INVALID_ARG    an argument is NULL, or a user name has a colon (Basic) or a
 *                                 control character
 *          ESP_ERR_NO_MEM
 *          ESP_FAIL               no random numbers, or no hash */
esp_err_t esp_http_auth_authorize(esp_http_auth_t *auth, const char *user, const char *password,
                                  const char *method, const char *uri, char **value);

/** Basic without having been asked. @return as esp_http_auth_authorize() */
esp_err_t esp_http_auth_basic(const char *user, const char *password, char **value);

/** Wipe and free. NULL is legal. */
void esp_http_auth_free_value(char *value);

/** esp_http_auth_authorize() with a client nonce of the caller's, for test vectors. */
esp_err_t esp_http_auth_authorize_with(esp_http_auth_t *auth, const char *user,
                                       const char *password, const char *method, const char *uri,
                                       const char *cnonce, char **value);

#ifdef __cplusplus
}
#endif

#endif /* ESP_HTTP_AUTH_H */
