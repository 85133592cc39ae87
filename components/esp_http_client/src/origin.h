/* The origin: where requests go, and what belongs to that place. It has the target, the headers of
 * its requests, the login there (and at a proxy that asks for one), and what a redirect may do. It
 * knows neither the connection nor the request under way. */
#ifndef HTTP_ORIGIN_H
#define HTTP_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "esp_http_client.h"
#include "headers.h"
#include "route.h"

struct http_origin; /* origin.c */

size_t et_http_origin_size(void);
/** @param cfg  borrowed until the origin is cleared */
void et_http_origin_init(struct http_origin *o, const esp_http_client_config_t *cfg);
void et_http_origin_clear(struct http_origin *o);

/* The target */
/** Go to where the configuration says. */
esp_err_t et_http_origin_configure(struct http_origin *o, const esp_http_client_config_t *cfg);
/** Go to a URL, or to a reference to one. With another origin, what belongs to the last is
 *  forgotten: user, password, and the headers that hold secrets.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_NO_MEM */
esp_err_t et_http_origin_go(struct http_origin *o, const char *url);
/** May a redirect lead there, and take a body along?
 *  @return ESP_OK; ESP_ERR_HTTP_REDIRECT_DOWNGRADE; ESP_ERR_NOT_ALLOWED; as et_http_origin_go() */
esp_err_t et_http_origin_may_go(const struct http_origin *o, const char *url, bool takes_body);
/** How often it went somewhere. */
unsigned et_http_origin_changes(const struct http_origin *o);
/** Did it go to another origin since et_http_origin_arrive()? */
bool et_http_origin_is_left(const struct http_origin *o);
/** There is a connection to it. */
void et_http_origin_arrive(struct http_origin *o);
bool et_http_origin_is_tls(const struct http_origin *o);
void et_http_origin_route(const struct http_origin *o, struct http_route *to);
/** Borrowed until it goes elsewhere. */
const char *et_http_origin_url(const struct http_origin *o);
/** The URL's path with its query. */
const char *et_http_origin_path(const struct http_origin *o);

/* Headers */
/** The list, to be read and changed with headers.h. */
struct http_header **et_http_origin_headers(struct http_origin *o);
/** Let there be a Host header. */
esp_err_t et_http_origin_need_host(struct http_origin *o);

/* The login. Text is copied; NULL: none. */
const char *et_http_origin_username(const struct http_origin *o);
const char *et_http_origin_password(const struct http_origin *o);
/** The user name, or the password. @return ESP_OK; ESP_ERR_NO_MEM */
esp_err_t et_http_origin_set_login(struct http_origin *o, bool is_password, const char *text);
/** A call of perform() begins: no challenge was answered and no redirect followed yet. */
void et_http_origin_begin(struct http_origin *o);
/** A challenge of the origin's, that the application has. @param text  need not end in NUL
 *  @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_HTTP_HEADER_TOO_LONG; ESP_ERR_NO_MEM */
esp_err_t et_http_origin_challenge(struct http_origin *o, const char *text, size_t len);
/** Note what a header of a response asks for. */
esp_err_t et_http_origin_see_header(struct http_origin *o, int status, const char *name,
                                    const char *value);
/** Count an answer to the origin's challenge, or to the proxy's.
 *  @return ESP_OK: a request follows; ESP_ERR_NOT_SUPPORTED; ESP_FAIL: refused, or too many */
esp_err_t et_http_origin_answer(struct http_origin *o, bool is_proxy, int status);
/** What a new request says of the login: the value of Authorization.
 *  @param value  receives it, to be given to esp_http_auth_free_value(), or is left alone */
esp_err_t et_http_origin_authorize(struct http_origin *o, const char *method, char **value);
/** After that, of Proxy-Authorization. */
esp_err_t et_http_origin_authorize_proxy(struct http_origin *o, const char *user,
                                         const char *password, const char *method, char **value);
/** There is another proxy, or none. */
void et_http_origin_forget_proxy(struct http_origin *o);

/* Redirects */
void et_http_origin_set_policy(struct http_origin *o, int policy);
/** @return ESP_OK; ESP_ERR_HTTP_MAX_REDIRECT */
esp_err_t et_http_origin_count_redirect(struct http_origin *o);
void et_http_origin_reset_redirects(struct http_origin *o);

#endif
