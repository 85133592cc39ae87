#include "origin.h"

#include <string.h>

#include "esp_http_client_async.h"
#include "esp_http_field.h"
#include "esp_log.h"
#include "esp_tls_url.h"
#include "login.h"
#include "plat_heap.h"
#include "target.h"
#include "text.h"

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

struct http_origin {
    const esp_http_client_config_t *cfg;
    struct http_target target;
    struct http_header *headers; /* of every request */
    char *username;
    char *password;
    struct http_login login;
    struct http_login proxy_login;
    unsigned changes; /* of the target */
    unsigned auth_retries;
    unsigned redirects;
    uint8_t policy; /* esp_http_client_redirect_policy_t */
    bool is_left;   /* the target is of another origin than the connection */
};

/* --- life ------------------------------------------------------------------------------------- */

size_t et_http_origin_size(void)
{
    return sizeof(struct http_origin);
}

void et_http_origin_init(struct http_origin *o, const esp_http_client_config_t *cfg)
{
    o->cfg = cfg;
}

static void forget_user(struct http_origin *o)
{
    plat_free_secret(o->username);
    plat_free_secret(o->password);
    o->username = NULL;
    o->password = NULL;
    et_http_login_clear(&o->login);
}

void et_http_origin_clear(struct http_origin *o)
{
    et_http_headers_clear(&o->headers);
    forget_user(o);
    et_http_login_clear(&o->proxy_login);
    et_http_target_clear(&o->target);
}

/* --- headers ---------------------------------------------------------------------------------- */

struct http_header **et_http_origin_headers(struct http_origin *o)
{
    return &o->headers;
}

static esp_err_t write_host(struct http_origin *o)
{
    size_t len;
    const char *host = et_http_target_host_header(&o->target, &len);

    return et_http_headers_set(&o->headers, "Host", host, len);
}

esp_err_t et_http_origin_need_host(struct http_origin *o)
{
    return et_http_headers_get(o->headers, "Host") != NULL ? ESP_OK : write_host(o);
}

/* --- going ------------------------------------------------------------------------------------ */

static void forget_secrets(struct http_origin *o)
{
    static const char *const names[] = {"Authorization", "Cookie", "Proxy-Authorization"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)et_http_headers_delete(&o->headers, names[i]);
    }
    forget_user(o);
}

static esp_err_t decode_part(const char *text, size_t len, char **out)
{
    char *copy = plat_alloc(NULL, PLAT_MEM_APPLICATION, len + 1);

    if (copy == NULL) {
        return ESP_ERR_NO_MEM;
    }
    if (!esp_http_percent_decode(text, len, copy, len + 1) || !esp_http_is_field_value(copy)) {
        plat_free_secret(copy);
        return ESP_ERR_INVALID_ARG;
    }
    *out = copy;
    return ESP_OK;
}

/** user:password of a URL (RFC 3986 section 3.2.1). */
static esp_err_t take_userinfo(struct http_origin *o, esp_tls_url_part_t info)
{
    const char *colon = memchr(info.ptr, ':', info.len);
    size_t len = colon != NULL ? (size_t)(colon - info.ptr) : info.len;
    char *username = NULL;
    char *password = NULL;
    esp_err_t err = decode_part(info.ptr, len, &username);

    if (err == ESP_OK && colon != NULL) {
        err = decode_part(colon + 1, info.len - len - 1, &password);
    }
    if (err != ESP_OK) {
        plat_free_secret(username);
        return err;
    }
    plat_free_secret(o->username);
    o->username = username;
    if (colon != NULL) {
        plat_free_secret(o->password);
        o->password = password;
    }
    return ESP_OK;
}

/** Would that be the first target, or one of the same origin? */
static bool stays(const struct http_origin *o, const struct http_target *next)
{
    return o->target.text == NULL || et_http_target_same_origin(&o->target, next);
}

static esp_err_t move_to(struct http_origin *o, struct http_target *next, const char *whole)
{
    struct http_target last = o->target;
    bool is_same_origin = stays(o, next);
    esp_tls_url_t url;
    esp_err_t err;

    o->target = *next;
    if (last.text == NULL || !is_same_origin) {
        err = write_host(o);
        if (err != ESP_OK) {
            o->target = last;
            et_http_target_clear(next);
            return err;
        }
    }
    if (!is_same_origin) {
        forget_secrets(o);
        o->is_left = true;
    }
    o->changes++;
    et_http_target_clear(&last);
    (void)esp_tls_url_parse(whole, strlen(whole), &url); /* it was parsed before */
    return url.userinfo.ptr != NULL ? take_userinfo(o, url.userinfo) : ESP_OK;
}

esp_err_t et_http_origin_go(struct http_origin *o, const char *url)
{
    struct http_target next = {.text = NULL};
    char *whole = NULL;
    esp_err_t err = et_http_target_resolve(&o->target, url, &whole, &next);

    if (err == ESP_OK) {
        err = move_to(o, &next, whole);
        plat_free_secret(whole);
    }
    return err;
}

static esp_err_t judge_redirect(const struct http_origin *o, const struct http_target *next,
                                bool takes_body)
{
    if (o->target.is_tls && !next->is_tls &&
        (o->policy & ESP_HTTP_CLIENT_REDIRECT_INSECURE_DOWNGRADE) == 0) {
        ESP_LOGE(TAG, "redirect from https to http refused");
        return ESP_ERR_HTTP_REDIRECT_DOWNGRADE;
    }
    if (takes_body && !stays(o, next) && (o->policy & ESP_HTTP_CLIENT_REDIRECT_BODY) == 0) {
        ESP_LOGE(TAG, "redirect would send the body to another origin, refused");
        return ESP_ERR_NOT_ALLOWED;
    }
    return ESP_OK;
}

esp_err_t et_http_origin_may_go(const struct http_origin *o, const char *url, bool takes_body)
{
    struct http_target next = {.text = NULL};
    char *whole = NULL;
    esp_err_t err = et_http_target_resolve(&o->target, url, &whole, &next);

    if (err == ESP_OK) {
        err = judge_redirect(o, &next, takes_body);
        et_http_target_clear(&next);
        plat_free_secret(whole);
    }
    return err;
}

esp_err_t et_http_origin_configure(struct http_origin *o, const esp_http_client_config_t *cfg)
{
    char *text;
    esp_err_t err;

    if (cfg->host == NULL || (cfg->path == NULL && cfg->url != NULL)) {
        if (cfg->url == NULL) {
            ESP_LOGE(TAG, "neither a url nor a host");
            return ESP_ERR_INVALID_ARG;
        }
        return et_http_origin_go(o, cfg->url);
    }
    err = et_http_target_compose(cfg, &text);
    if (err == ESP_OK) {
        err = et_http_origin_go(o, text);
        plat_free_secret(text);
    }
    return err;
}

unsigned et_http_origin_changes(const struct http_origin *o)
{
    return o->changes;
}

bool et_http_origin_is_left(const struct http_origin *o)
{
    return o->is_left;
}

void et_http_origin_arrive(struct http_origin *o)
{
    o->is_left = false;
}

bool et_http_origin_is_tls(const struct http_origin *o)
{
    return o->target.is_tls;
}

void et_http_origin_route(const struct http_origin *o, struct http_route *to)
{
    *to = (struct http_route){
        .host = o->target.host, .port = o->target.port, .is_tls = o->target.is_tls};
}

const char *et_http_origin_url(const struct http_origin *o)
{
    return o->target.text;
}

const char *et_http_origin_path(const struct http_origin *o)
{
    return o->target.path;
}

/* --- the login -------------------------------------------------------------------------------- */

const char *et_http_origin_username(const struct http_origin *o)
{
    return o->username;
}

const char *et_http_origin_password(const struct http_origin *o)
{
    return o->password;
}

esp_err_t et_http_origin_set_login(struct http_origin *o, bool is_password, const char *text)
{
    char **field = is_password ? &o->password : &o->username;
    char *copy = NULL;

    if (text != NULL) {
        copy = et_http_text_copy(text, strlen(text));
        if (copy == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    plat_free_secret(*field);
    *field = copy;
    return ESP_OK;
}

void et_http_origin_begin(struct http_origin *o)
{
    o->auth_retries = 0;
    o->redirects = 0;
}

static esp_err_t note_challenge(struct http_origin *o, const char *value)
{
    return et_http_login_challenge(&o->login, ANSWERS_BASIC | ANSWERS_DIGEST, value);
}

esp_err_t et_http_origin_challenge(struct http_origin *o, const char *text, size_t len)
{
    char *copy;
    esp_err_t err;

    if (len > HTTP_CHALLENGE_MAX) {
        return ESP_ERR_HTTP_HEADER_TOO_LONG;
    }
    copy = et_http_text_copy(text, len);
    if (copy == NULL) {
        return ESP_ERR_NO_MEM;
    }
    err = strlen(copy) == len && esp_http_is_field_value(copy) ? note_challenge(o, copy)
                                                               : ESP_ERR_INVALID_ARG;
    plat_free_secret(copy);
    return err;
}

esp_err_t et_http_origin_see_header(struct http_origin *o, int status, const char *name,
                                    const char *value)
{
    if (status == UNAUTHORIZED && esp_http_name_equals(name, "WWW-Authenticate")) {
        return note_challenge(o, value);
    }
    if (status == PROXY_UNAUTHORIZED && esp_http_name_equals(name, "Proxy-Authenticate")) {
        return et_http_login_challenge(&o->proxy_login, ESP_HTTP_AUTH_BASIC | ESP_HTTP_AUTH_DIGEST,
                                       value);
    }
    return ESP_OK;
}

esp_err_t et_http_origin_answer(struct http_origin *o, bool is_proxy, int status)
{
    esp_err_t err = et_http_login_can_answer(is_proxy ? &o->proxy_login : &o->login, status);

    if (err != ESP_OK) {
        return err;
    }
    if (o->auth_retries >= (unsigned)o->cfg->max_authorization_retries) {
        ESP_LOGE(TAG, "max_authorization_retries (%d) are over", o->cfg->max_authorization_retries);
        return ESP_FAIL;
    }
    o->auth_retries++;
    return ESP_OK;
}

esp_err_t et_http_origin_authorize(struct http_origin *o, const char *method, char **value)
{
    const char *password = o->password != NULL ? o->password : "";
    esp_err_t err;

    et_http_login_begin(&o->login);
    et_http_login_begin(&o->proxy_login);
    if (o->username == NULL) {
        return ESP_OK;
    }
    err = et_http_login_authorize(&o->login, o->username, password, method, o->target.path, value);
    if (err == ESP_OK && *value == NULL && o->cfg->auth_type == HTTP_AUTH_TYPE_BASIC) {
        err = et_http_login_basic(&o->login, o->username, password, value);
    }
    return err;
}

esp_err_t et_http_origin_authorize_proxy(struct http_origin *o, const char *user,
                                         const char *password, const char *method, char **value)
{
    return et_http_login_authorize(&o->proxy_login, user, password, method, o->target.text, value);
}

void et_http_origin_forget_proxy(struct http_origin *o)
{
    et_http_login_clear(&o->proxy_login);
}

/* --- redirects -------------------------------------------------------------------------------- */

void et_http_origin_set_policy(struct http_origin *o, int policy)
{
    o->policy = (uint8_t)policy;
}

esp_err_t et_http_origin_count_redirect(struct http_origin *o)
{
    if (o->redirects >= (unsigned)o->cfg->max_redirection_count) {
        ESP_LOGE(TAG, "more than %d redirects", o->cfg->max_redirection_count);
        return ESP_ERR_HTTP_MAX_REDIRECT;
    }
    o->redirects++;
    return ESP_OK;
}

void et_http_origin_reset_redirects(struct http_origin *o)
{
    o->redirects = 0;
}
