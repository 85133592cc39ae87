/* The request that follows a response: to where a redirect leads (RFC 9110 section 15.4), and again
 * with the answer to a challenge (section 11). */
#include <string.h>

#include "client.h"
#include "esp_http_field.h"
#include "esp_log.h"
#include "plat_heap.h"

#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_BASIC_AUTH
#define ANSWERS_BASIC ESP_HTTP_AUTH_BASIC
#else
#define ANSWERS_BASIC 0u
#endif
#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_DIGEST_AUTH
#define ANSWERS_DIGEST ESP_HTTP_AUTH_DIGEST
#else
#define ANSWERS_DIGEST 0u
#endif

#define UNAUTHORIZED       401
#define PROXY_UNAUTHORIZED 407

static const char TAG[] = "HTTP_CLIENT";

/* --- challenges ----------------------------------------------------------------------------------------- */

void http_login_clear(struct http_login *login)
{
    esp_http_auth_free(login->auth);
    *login = (struct http_login){.auth = NULL};
}

static esp_err_t challenge(struct http_login *login, unsigned allowed, const char *value)
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

esp_err_t http_follow_header(esp_http_client_handle_t c, const char *name, const char *value)
{
    struct http_answer *answer = &c->answer;

    if (esp_http_name_equals(name, "Location") && answer->location == NULL) {
        answer->location = et_http_text_copy(value, strlen(value));
        return answer->location != NULL ? ESP_OK : ESP_ERR_NO_MEM;
    }
    if (answer->status == UNAUTHORIZED && esp_http_name_equals(name, "WWW-Authenticate")) {
        return challenge(&c->login, ANSWERS_BASIC | ANSWERS_DIGEST, value);
    }
    if (answer->status == PROXY_UNAUTHORIZED && esp_http_name_equals(name, "Proxy-Authenticate")) {
        return challenge(&c->proxy_login, ESP_HTTP_AUTH_BASIC | ESP_HTTP_AUTH_DIGEST, value);
    }
    return ESP_OK;
}

/** Can and may it be answered? */
static esp_err_t answer_challenge(esp_http_client_handle_t c, struct http_login *login)
{
    if (login->auth == NULL || esp_http_auth_scheme(login->auth) == 0) {
        ESP_LOGE(TAG, "%d without a challenge that this build can answer", c->answer.status);
        return ESP_ERR_NOT_SUPPORTED;
    }
    if (login->answered == esp_http_auth_scheme(login->auth) &&
        !esp_http_auth_is_stale(login->auth)) {
        ESP_LOGE(TAG, "user name or password were not accepted");
        return ESP_FAIL;
    }
    if (c->auth_retries >= (unsigned)c->cfg.max_authorization_retries) {
        ESP_LOGE(TAG, "max_authorization_retries (%d) are over", c->cfg.max_authorization_retries);
        return ESP_FAIL;
    }
    c->auth_retries++;
    return ESP_OK;
}

static esp_err_t authorize(esp_http_client_handle_t c, struct http_login *login, const char *user,
                           const char *password, const char *uri, char **value)
{
    esp_err_t err;

    if (login->auth == NULL || esp_http_auth_scheme(login->auth) == 0) {
        return ESP_OK;
    }
    err = esp_http_auth_authorize(login->auth, user, password,
                                  http_request_method_name(c->req.method), uri, value);
    login->answered = err == ESP_OK ? esp_http_auth_scheme(login->auth) : 0;
    return err;
}

esp_err_t http_follow_authorize(esp_http_client_handle_t c)
{
    struct http_request *req = &c->req;
    const char *password = c->password != NULL ? c->password : "";
    const char *proxy_user;
    const char *proxy_password;
    esp_err_t err = ESP_OK;

    c->login.answered = 0;
    c->login.is_current = false;
    c->proxy_login.answered = 0;
    c->proxy_login.is_current = false;
    if (c->username != NULL) {
        err = authorize(c, &c->login, c->username, password, c->target.path, &req->authorization);
        if (err == ESP_OK && req->authorization == NULL &&
            c->cfg.auth_type == HTTP_AUTH_TYPE_BASIC) {
            err = esp_http_auth_basic(c->username, password, &req->authorization);
            c->login.answered = ESP_HTTP_AUTH_BASIC;
        }
    }
    if (err == ESP_OK &&
        et_http_wire_proxy_login(c->wire, c->target.is_tls, &proxy_user, &proxy_password)) {
        err = authorize(c, &c->proxy_login, proxy_user, proxy_password, c->target.text,
                        &req->proxy_authorization);
    }
    return err;
}

/* --- redirects ------------------------------------------------------------------------------------------ */

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

/** Is that where the request may go, and with what it has? */
static esp_err_t may_go(const struct esp_http_client *c, const struct http_target *next,
                        bool is_same_origin, bool takes_body)
{
    if (c->target.is_tls && !next->is_tls &&
        (c->policy & ESP_HTTP_CLIENT_REDIRECT_INSECURE_DOWNGRADE) == 0) {
        ESP_LOGE(TAG, "redirect from https to http refused");
        return ESP_ERR_HTTP_REDIRECT_DOWNGRADE;
    }
    if (!is_same_origin && takes_body && (c->policy & ESP_HTTP_CLIENT_REDIRECT_BODY) == 0) {
        ESP_LOGE(TAG, "redirect would send the body to another origin, refused");
        return ESP_ERR_NOT_ALLOWED;
    }
    return ESP_OK;
}

esp_err_t esp_http_client_set_redirection(esp_http_client_handle_t client)
{
    struct http_target next = {.text = NULL};
    bool is_same_origin;
    bool is_get;
    char *whole;
    esp_err_t err;

    if (client == NULL || client->answer.location == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    err = http_target_resolve(client, client->answer.location, &whole, &next, &is_same_origin);
    if (err != ESP_OK) {
        return err;
    }
    is_get = becomes_get(client->answer.status, client->req.method);
    err = may_go(client, &next, is_same_origin, client->req.length != 0 && !is_get);
    http_target_clear(&next);
    if (err == ESP_OK) {
        err = http_target_set(client, client->answer.location);
    }
    plat_free_secret(whole);
    if (err == ESP_OK) {
        client->next_is_get = is_get;
    }
    return err;
}

static esp_err_t redirect(esp_http_client_handle_t c)
{
    unsigned before = c->target_changes;
    esp_err_t err;

    http_event_redirect(c);
    if (http_is_ending(c)) {
        return ESP_FAIL;
    }
    if (c->cfg.disable_auto_redirect) {
        c->answer.is_followed = c->target_changes != before;
    } else {
        c->answer.is_followed = true;
    }
    if (!c->answer.is_followed) {
        return ESP_OK;
    }
    if (c->redirects >= (unsigned)c->cfg.max_redirection_count) {
        ESP_LOGE(TAG, "more than %d redirects", c->cfg.max_redirection_count);
        return ESP_ERR_HTTP_MAX_REDIRECT;
    }
    c->redirects++;
    err = c->cfg.disable_auto_redirect ? ESP_OK : esp_http_client_set_redirection(c);
    return err == ESP_ERR_INVALID_ARG ? ESP_ERR_HTTP_FETCH_HEADER : err;
}

esp_err_t http_follow_decide(esp_http_client_handle_t c)
{
    int status = c->answer.status;
    struct http_login *login = NULL;
    const char *user;
    const char *password;
    esp_err_t err;

    if (is_redirect(status) && c->answer.location != NULL) {
        return redirect(c);
    }
    if (status == UNAUTHORIZED && c->username != NULL) {
        login = &c->login;
    } else if (status == PROXY_UNAUTHORIZED &&
               et_http_wire_proxy_login(c->wire, c->target.is_tls, &user, &password)) {
        login = &c->proxy_login;
    }
    if (login == NULL) {
        if (status / 100 == 2) {
            c->redirects = 0;
        }
        return ESP_OK;
    }
    err = answer_challenge(c, login);
    c->answer.is_followed = err == ESP_OK;
    return err;
}

/* --- the calls ------------------------------------------------------------------------------------------- */

esp_err_t esp_http_client_set_auth_data(esp_http_client_handle_t client, const char *auth_data,
                                        int len)
{
    char *copy;
    esp_err_t err;

    if (client == NULL || auth_data == NULL || len < 1) {
        return ESP_ERR_INVALID_ARG;
    }
    if (len > HTTP_CHALLENGE_MAX) {
        return ESP_ERR_HTTP_HEADER_TOO_LONG;
    }
    copy = et_http_text_copy(auth_data, (size_t)len);
    if (copy == NULL) {
        return ESP_ERR_NO_MEM;
    }
    err = strlen(copy) == (size_t)len && esp_http_is_field_value(copy)
              ? challenge(&client->login, ANSWERS_BASIC | ANSWERS_DIGEST, copy)
              : ESP_ERR_INVALID_ARG;
    plat_free_secret(copy);
    return err;
}

esp_err_t esp_http_client_add_auth(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return answer_challenge(client, &client->login);
}
