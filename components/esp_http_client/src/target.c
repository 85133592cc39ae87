/* Where requests go: the URL, and what belongs to its origin. */
#include <string.h>

#include "client.h"
#include "esp_http_field.h"
#include "esp_log.h"
#include "plat_heap.h"

static const char TAG[] = "HTTP_CLIENT";

/* --- making one ------------------------------------------------------------------------------------- */

/** Pieces of a URL as it is kept, with the host once more: all, and those before its path. */
#define PIECES      10
#define BEFORE_PATH 5

static esp_err_t make_text(struct http_target *t, const esp_tls_url_t *url)
{
    char digits[21];
    const struct http_piece pieces[PIECES] = {
        {t->is_tls ? "https://" : "http://", HTTP_TO_NUL},
        {url->host_is_ipv6 ? "[" : NULL, 1},
        {url->host.ptr, url->host.len},
        {url->host_is_ipv6 ? "]:" : ":", HTTP_TO_NUL},
        {digits, et_http_text_number(digits, t->port, 10)},
        url->path.len > 0 ? (struct http_piece){url->path.ptr, url->path.len}
                          : (struct http_piece){"/", 1},
        {url->query.ptr != NULL ? "?" : NULL, 1},
        {url->query.ptr, url->query.len},
        {"", 1},
        {url->host.ptr, url->host.len},
    };

    t->text = et_http_text_join(pieces, PIECES);
    if (t->text == NULL) {
        return ESP_ERR_NO_MEM;
    }
    t->path = t->text + et_http_text_length(pieces, BEFORE_PATH);
    t->host = t->text + et_http_text_length(pieces, PIECES - 1);
    return ESP_OK;
}

static esp_err_t target_make(struct http_target *t, const esp_tls_url_t *url)
{
    t->is_tls = esp_tls_url_part_is(url->scheme, "https");
    if ((!t->is_tls && !esp_tls_url_part_is(url->scheme, "http")) || url->host.len == 0) {
        return ESP_ERR_INVALID_ARG;
    }
    t->port = esp_tls_url_port(url);
    return make_text(t, url);
}

static bool same_origin(const struct http_target *a, const struct http_target *b)
{
    return a->is_tls == b->is_tls && a->port == b->port && esp_http_name_equals(a->host, b->host);
}

void http_target_clear(struct http_target *t)
{
    plat_free_secret(t->text); /* a query may hold a key */
    *t = (struct http_target){.text = NULL};
}

/* --- what an origin owns ------------------------------------------------------------------------------ */

static void forget_secrets(esp_http_client_handle_t c)
{
    static const char *const names[] = {"Authorization", "Cookie", "Proxy-Authorization"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)et_http_headers_delete(&c->headers, names[i]);
    }
    plat_free_secret(c->username);
    plat_free_secret(c->password);
    c->username = NULL;
    c->password = NULL;
    http_login_clear(&c->login);
}

static esp_err_t decode(const char *text, size_t len, char **out)
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
static esp_err_t take_userinfo(esp_http_client_handle_t c, esp_tls_url_part_t info)
{
    const char *colon = memchr(info.ptr, ':', info.len);
    size_t len = colon != NULL ? (size_t)(colon - info.ptr) : info.len;
    char *username = NULL;
    char *password = NULL;
    esp_err_t err = decode(info.ptr, len, &username);

    if (err == ESP_OK && colon != NULL) {
        err = decode(colon + 1, info.len - len - 1, &password);
    }
    if (err != ESP_OK) {
        plat_free_secret(username);
        return err;
    }
    plat_free_secret(c->username);
    c->username = username;
    if (colon != NULL) {
        plat_free_secret(c->password);
        c->password = password;
    }
    return ESP_OK;
}

esp_err_t http_target_write_host(esp_http_client_handle_t c)
{
    const struct http_target *t = &c->target;
    size_t len = (size_t)(t->path - t->text);
    const char *host = strchr(t->text, '/') + 2;
    const char *end = t->text + len;

    if (t->port == (t->is_tls ? 443 : 80)) {
        while (end[-1] != ':') {
            end--;
        }
        end--;
    }
    return et_http_headers_set(&c->headers, "Host", host, (size_t)(end - host));
}

/* --- going there --------------------------------------------------------------------------------------- */

esp_err_t http_target_resolve(esp_http_client_handle_t c, const char *text, char **whole,
                              struct http_target *next, bool *is_same_origin)
{
    const char *base = c->target.text;
    size_t size = strlen(text) + (base != NULL ? strlen(base) : 0) + 2; /* no result is longer */
    esp_tls_url_t url;
    size_t len;
    esp_err_t err = ESP_OK;
    char *out;

    if (size > HTTP_URL_MAX) {
        return ESP_ERR_INVALID_ARG;
    }
    out = base != NULL ? plat_alloc(NULL, PLAT_MEM_APPLICATION, size)
                       : et_http_text_copy(text, strlen(text));
    if (out == NULL) {
        return ESP_ERR_NO_MEM;
    }
    if (base != NULL) {
        err = esp_tls_url_resolve(base, text, out, size, &len);
    }
    if (err == ESP_OK) {
        err = esp_tls_url_parse(out, strlen(out), &url) ? target_make(next, &url)
                                                        : ESP_ERR_INVALID_ARG;
    }
    if (err != ESP_OK) {
        plat_free_secret(out);
        return err == ESP_ERR_NO_MEM ? err : ESP_ERR_INVALID_ARG;
    }
    if (is_same_origin != NULL) {
        *is_same_origin = base == NULL || same_origin(&c->target, next);
    }
    *whole = out;
    return ESP_OK;
}

static esp_err_t move(esp_http_client_handle_t c, struct http_target *next, const char *whole,
                      bool is_same_origin)
{
    struct http_target last = c->target;
    esp_tls_url_t url;
    esp_err_t err;

    c->target = *next;
    if (last.text == NULL || !is_same_origin) {
        err = http_target_write_host(c);
        if (err != ESP_OK) {
            c->target = last;
            http_target_clear(next);
            return err;
        }
    }
    if (!is_same_origin) {
        forget_secrets(c);
        c->is_foreign = true;
    }
    c->target_changes++;
    http_target_clear(&last);
    (void)esp_tls_url_parse(whole, strlen(whole), &url); /* it was parsed before */
    return url.userinfo.ptr != NULL ? take_userinfo(c, url.userinfo) : ESP_OK;
}

esp_err_t http_target_set(esp_http_client_handle_t c, const char *text)
{
    struct http_target next = {.text = NULL};
    bool is_same_origin;
    char *whole = NULL;
    esp_err_t err = http_target_resolve(c, text, &whole, &next, &is_same_origin);

    if (err == ESP_OK) {
        err = move(c, &next, whole, is_same_origin);
        plat_free_secret(whole);
    }
    return err;
}

static esp_err_t set_pieces(esp_http_client_handle_t c, const esp_http_client_config_t *cfg)
{
    const bool is_ipv6 = strchr(cfg->host, ':') != NULL && cfg->host[0] != '[';
    const char *path = cfg->path != NULL ? cfg->path : "/";
    char digits[21];
    const struct http_piece pieces[] = {
        {cfg->transport_type == HTTP_TRANSPORT_OVER_SSL ? "https://" : "http://", HTTP_TO_NUL},
        {is_ipv6 ? "[" : NULL, 1},
        {cfg->host, HTTP_TO_NUL},
        {is_ipv6 ? "]" : NULL, 1},
        {cfg->port != 0 ? ":" : NULL, 1},
        {cfg->port != 0 ? digits : NULL, HTTP_TO_NUL},
        {path[0] == '/' ? NULL : "/", 1},
        {path, HTTP_TO_NUL},
        {cfg->query != NULL ? "?" : NULL, 1},
        {cfg->query, HTTP_TO_NUL},
    };
    esp_err_t err;
    char *text;
    const size_t count = sizeof(pieces) / sizeof(pieces[0]);

    (void)et_http_text_number(digits, (uint64_t)cfg->port, 10);
    /* what would end the host is no host */
    if (et_http_text_length(pieces, count) >= HTTP_URL_MAX || cfg->port < 0 ||
        cfg->port > UINT16_MAX || strpbrk(cfg->host, "/?#@") != NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    text = et_http_text_join(pieces, count);
    if (text == NULL) {
        return ESP_ERR_NO_MEM;
    }
    err = http_target_set(c, text);
    plat_free_secret(text);
    return err;
}

esp_err_t http_target_configure(esp_http_client_handle_t c, const esp_http_client_config_t *cfg)
{
    if (cfg->host != NULL && (cfg->path != NULL || cfg->url == NULL)) {
        return set_pieces(c, cfg);
    }
    if (cfg->url == NULL) {
        ESP_LOGE(TAG, "neither a url nor a host");
        return ESP_ERR_INVALID_ARG;
    }
    return http_target_set(c, cfg->url);
}

/* --- the calls ------------------------------------------------------------------------------------------ */

esp_err_t esp_http_client_set_url(esp_http_client_handle_t client, const char *url)
{
    esp_err_t err;

    if (client == NULL || url == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_handle_enter(client);
    err = http_target_set(client, url);
    if (err == ESP_OK && client->is_foreign && client->in_event == 0) {
        (void)http_machine_close(client);
    }
    return et_http_handle_leave(client, err);
}

esp_err_t esp_http_client_get_url(esp_http_client_handle_t client, char *url, const int len)
{
    size_t need;

    if (client == NULL || url == NULL || len < 1) {
        return ESP_ERR_INVALID_ARG;
    }
    need = strlen(client->target.text) + 1;
    if (need > (size_t)len) {
        url[0] = 0;
        return ESP_ERR_INVALID_SIZE;
    }
    memcpy(url, client->target.text, need);
    return ESP_OK;
}

esp_http_client_transport_t esp_http_client_get_transport_type(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return HTTP_TRANSPORT_UNKNOWN;
    }
    return client->target.is_tls ? HTTP_TRANSPORT_OVER_SSL : HTTP_TRANSPORT_OVER_TCP;
}
