/* The request that follows a response: to where a redirect leads (RFC 9110 section 15.4), and again
 * with the answer to a challenge (section 11). */
#include "client.h"

#define UNAUTHORIZED       401
#define PROXY_UNAUTHORIZED 407

/* --- redirects -------------------------------------------------------------------------------- */

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/** RFC 9110 sections 15.4.2 to 15.4.4: what of a request becomes GET. */
static bool becomes_get(int status, esp_http_client_method_t method)
{
    if (status == 303) {
        return method != HTTP_METHOD_GET && method != HTTP_METHOD_HEAD;
    }
    return (status == 301 || status == 302) && method == HTTP_METHOD_POST;
}

esp_err_t esp_http_client_set_redirection(esp_http_client_handle_t client)
{
    const char *location;
    bool is_get;
    bool takes_body;
    esp_err_t err;

    if (client == NULL || et_http_exchange_location(client->exchange) == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    location = et_http_exchange_location(client->exchange);
    is_get = becomes_get(et_http_exchange_status(client->exchange),
                         et_http_exchange_method(client->exchange));
    takes_body = et_http_exchange_length(client->exchange) != 0 && !is_get;
    err = et_http_origin_may_go(client->origin, location, takes_body);
    if (err == ESP_OK) {
        err = et_http_origin_go(client->origin, location);
    }
    if (err == ESP_OK) {
        client->next_is_get = is_get;
    }
    return err;
}

static esp_err_t follow_redirect(esp_http_client_handle_t c)
{
    unsigned before = et_http_origin_changes(c->origin);
    esp_err_t err;

    et_http_event_redirect(c);
    if (http_is_ending(c)) {
        return ESP_FAIL;
    }
    if (c->cfg.disable_auto_redirect && et_http_origin_changes(c->origin) == before) {
        return ESP_OK;
    }
    et_http_exchange_follow(c->exchange);
    err = et_http_origin_count_redirect(c->origin);
    if (err != ESP_OK || c->cfg.disable_auto_redirect) {
        return err;
    }
    err = esp_http_client_set_redirection(c);
    return err == ESP_ERR_INVALID_ARG ? ESP_ERR_HTTP_BAD_LOCATION : err;
}

/* --- challenges ------------------------------------------------------------------------------- */

/** Is there a login for who asks for one? */
static bool can_answer(const struct esp_http_client *c, int status)
{
    const char *user;
    const char *password;

    if (status == UNAUTHORIZED) {
        return et_http_origin_username(c->origin) != NULL;
    }
    return status == PROXY_UNAUTHORIZED &&
           et_http_wire_proxy_login(c->wire, et_http_origin_is_tls(c->origin), &user, &password);
}

esp_err_t et_http_follow_decide(esp_http_client_handle_t c)
{
    const int status = et_http_exchange_status(c->exchange);
    esp_err_t err = ESP_OK;

    if (is_redirect(status) && et_http_exchange_location(c->exchange) != NULL) {
        return follow_redirect(c);
    }
    if (can_answer(c, status)) {
        err = et_http_origin_answer(c->origin, status == PROXY_UNAUTHORIZED, status);
        if (err == ESP_OK) {
            et_http_exchange_follow(c->exchange);
        }
    } else if (status / 100 == 2) {
        et_http_origin_reset_redirects(c->origin);
    }
    return err;
}

/* --- the calls -------------------------------------------------------------------------------- */

esp_err_t esp_http_client_set_auth_data(esp_http_client_handle_t client, const char *auth_data,
                                        int len)
{
    if (client == NULL || auth_data == NULL || len < 1) {
        return ESP_ERR_INVALID_ARG;
    }
    return et_http_origin_challenge(client->origin, auth_data, (size_t)len);
}

esp_err_t esp_http_client_add_auth(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return et_http_origin_answer(client->origin, false, et_http_exchange_status(client->exchange));
}
