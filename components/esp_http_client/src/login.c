#include "login.h"

#include <string.h>

#include "esp_http_client.h"
#include "esp_log.h"

static const char TAG[] = "HTTP_CLIENT";

void et_http_login_clear(struct http_login *login)
{
    esp_http_auth_free(login->auth);
    *login = (struct http_login){.auth = NULL};
}

void et_http_login_begin(struct http_login *login)
{
    login->answered = 0;
    login->is_current = false;
}

static unsigned scheme_of(const struct http_login *login)
{
    return login->auth != NULL ? esp_http_auth_scheme(login->auth) : 0;
}

esp_err_t et_http_login_challenge(struct http_login *login, unsigned allowed, const char *value)
{
    esp_err_t err;

    if (strlen(value) > HTTP_CHALLENGE_MAX) {
        return ESP_ERR_HTTP_HEADER_TOO_LONG;
    }
    if (login->auth == NULL) {
        login->auth = esp_http_auth_new(allowed);
    }
    if (login->auth == NULL) {
        return ESP_ERR_NO_MEM;
    }
    if (!login->is_current) {
        esp_http_auth_clear(login->auth);
        login->is_current = true;
    }
    err = esp_http_auth_challenge(login->auth, value);
    return err == ESP_ERR_NO_MEM ? err : ESP_OK; /* one that is not understood is none */
}

esp_err_t et_http_login_can_answer(const struct http_login *login, int status)
{
    unsigned scheme = scheme_of(login);

    if (scheme == 0) {
        ESP_LOGE(TAG, "%d without a challenge that this build can answer", status);
        return ESP_ERR_NOT_SUPPORTED;
    }
    if (login->answered == scheme && !esp_http_auth_is_stale(login->auth)) {
        ESP_LOGE(TAG, "user name or password were not accepted");
        return ESP_FAIL;
    }
    return ESP_OK;
}

esp_err_t et_http_login_authorize(struct http_login *login, const char *user, const char *password,
                                  const char *method, const char *uri, char **value)
{
    unsigned scheme = scheme_of(login);
    esp_err_t err;

    if (scheme == 0) {
        return ESP_OK;
    }
    err = esp_http_auth_authorize(login->auth, user, password, method, uri, value);
    login->answered = err == ESP_OK ? (uint8_t)scheme : 0;
    return err;
}

esp_err_t et_http_login_basic(struct http_login *login, const char *user, const char *password,
                              char **value)
{
    login->answered = ESP_HTTP_AUTH_BASIC;
    return esp_http_auth_basic(user, password, value);
}
