#include "target.h"

#include <string.h>

#include "esp_http_field.h"
#include "esp_tls_url.h"
#include "plat_heap.h"
#include "text.h"

#define URL_MAX 8192

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

static esp_err_t make_target(struct http_target *t, const esp_tls_url_t *url)
{
    t->is_tls = esp_tls_url_part_is(url->scheme, "https");
    if ((!t->is_tls && !esp_tls_url_part_is(url->scheme, "http")) || url->host.len == 0) {
        return ESP_ERR_INVALID_ARG;
    }
    t->port = esp_tls_url_port(url);
    return make_text(t, url);
}

bool et_http_target_same_origin(const struct http_target *a, const struct http_target *b)
{
    return a->is_tls == b->is_tls && a->port == b->port && esp_http_name_equals(a->host, b->host);
}

void et_http_target_clear(struct http_target *t)
{
    plat_free_secret(t->text); /* a query may hold a key */
    *t = (struct http_target){.text = NULL};
}

const char *et_http_target_host_header(const struct http_target *t, size_t *len)
{
    const char *host = strchr(t->text, '/') + 2;
    const char *end = t->path;

    if (t->port == (t->is_tls ? 443 : 80)) {
        while (end[-1] != ':') {
            end--;
        }
        end--;
    }
    *len = (size_t)(end - host);
    return host;
}

esp_err_t et_http_target_resolve(const struct http_target *base, const char *text, char **whole,
                                 struct http_target *next)
{
    const bool has_base = base->text != NULL;
    size_t size = strlen(text) + (has_base ? strlen(base->text) : 0) + 2; /* no result is longer */
    esp_tls_url_t url;
    size_t len;
    esp_err_t err = ESP_OK;
    char *out;

    if (size > URL_MAX) {
        return ESP_ERR_INVALID_ARG;
    }
    out = has_base ? plat_alloc(NULL, PLAT_MEM_APPLICATION, size)
                   : et_http_text_copy(text, strlen(text));
    if (out == NULL) {
        return ESP_ERR_NO_MEM;
    }
    if (has_base) {
        err = esp_tls_url_resolve(base->text, text, out, size, &len);
    }
    if (err == ESP_OK) {
        err = esp_tls_url_parse(out, strlen(out), &url) ? make_target(next, &url)
                                                        : ESP_ERR_INVALID_ARG;
    }
    if (err != ESP_OK) {
        plat_free_secret(out);
        return err == ESP_ERR_NO_MEM ? err : ESP_ERR_INVALID_ARG;
    }
    *whole = out;
    return ESP_OK;
}

esp_err_t et_http_target_compose(const esp_http_client_config_t *cfg, char **text)
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
    const size_t count = sizeof(pieces) / sizeof(pieces[0]);

    (void)et_http_text_number(digits, (uint64_t)cfg->port, 10);
    /* what would end the host is no host */
    if (et_http_text_length(pieces, count) >= URL_MAX || cfg->port < 0 || cfg->port > UINT16_MAX ||
        strpbrk(cfg->host, "/?#@") != NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *text = et_http_text_join(pieces, count);
    return *text != NULL ? ESP_OK : ESP_ERR_NO_MEM;
}
