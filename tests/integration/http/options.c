/* KEY VALUE. Text lives until the end: what the library keeps must not go. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "esp_transport_http_proxy.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "http.h"

struct kept {
    struct kept *next;
    char text[];
};

static struct kept *all_kept;

/** Zeroed memory that options_free() frees. */
static char *room(size_t size)
{
    struct kept *k = calloc(1, sizeof(*k) + size);

    if (k == NULL) {
        exit(2);
    }
    k->next = all_kept;
    all_kept = k;
    return k->text;
}

static char *keep(const char *text)
{
    return memcpy(room(strlen(text) + 1), text, strlen(text) + 1);
}

void options_free(void)
{
    while (all_kept != NULL) {
        struct kept *k = all_kept;

        all_kept = k->next;
        free(k);
    }
}

static int number(const char *text)
{
    return (int)strtol(text, NULL, 0);
}

/** A PEM file, with a NUL behind it. */
static char *load(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *data = room(1 << 18);

    if (f == NULL || fread(data, 1, (1 << 18) - 1, f) == 0) {
        fprintf(stderr, "http-client: cannot read %s\n", path);
        exit(2);
    }
    fclose(f);
    return data;
}

static bool set_method(struct http *h, const char *name)
{
    static const char *const names[] = {
        "GET",    "POST",      "PUT",         "PATCH",     "DELETE", "HEAD",
        "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "OPTIONS",   "COPY",   "MOVE",
        "LOCK",   "UNLOCK",    "PROPFIND",    "PROPPATCH", "MKCOL",  "REPORT"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            h->cfg.method = (esp_http_client_method_t)i;
            return h->client == NULL ||
                   esp_http_client_set_method(h->client, h->cfg.method) == ESP_OK;
        }
    }
    return false;
}

/** "Name: value" of the client that is there; "Name:" deletes. */
static bool set_header(struct http *h, char *text)
{
    char *colon = strchr(text, ':');

    if (colon == NULL || !options_make(h)) {
        return false;
    }
    *colon = '\0';
    if (colon[1] == '\0') {
        (void)esp_http_client_delete_header(h->client, text);
        return true;
    }
    return esp_http_client_set_header(h->client, text, colon + 1) == ESP_OK;
}

/** "KIND HOST PORT [USER PASSWORD]" */
static bool set_proxy(struct http *h, char *text)
{
    static const char *const kinds[] = {
        [ESP_HTTP_CLIENT_PROXY_HTTP] = "http",
        [ESP_HTTP_CLIENT_PROXY_SOCKS4] = "socks4",
        [ESP_HTTP_CLIENT_PROXY_SOCKS4A] = "socks4a",
        [ESP_HTTP_CLIENT_PROXY_SOCKS5] = "socks5",
    };
    char *save = NULL;
    char *word[5] = {NULL};

    for (size_t i = 0; i < 5; i++) {
        word[i] = strtok_r(i == 0 ? text : NULL, " ", &save);
    }
    h->proxy.kind = 0;
    for (size_t i = 1; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (word[0] != NULL && strcmp(word[0], kinds[i]) == 0) {
            h->proxy.kind = (esp_http_client_proxy_kind_t)i;
        }
    }
    if (h->proxy.kind == 0 || word[2] == NULL) {
        return false;
    }
    h->proxy.host = keep(word[1]);
    h->proxy.port = number(word[2]);
    h->proxy.username = word[3] != NULL ? keep(word[3]) : NULL;
    h->proxy.password = word[4] != NULL ? keep(word[4]) : NULL;
    return true;
}

/* --- a stack of transports -------------------------------------------------------------------- */

static void drop_stack(struct http_stack *s)
{
    esp_transport_handle_t each[] = {s->inner, s->tunnel, s->outer};

    for (size_t i = 0; i < 3; i++) {
        if (each[i] != NULL) {
            (void)esp_transport_destroy(each[i]);
        }
    }
    memset(s, 0, sizeof(*s));
}

/** A transport of the program's own, as it is after esp_transport_ssl_init(), but for the
 *  authorities of a file. */
static bool set_transport(struct http *h, const char *path)
{
    const char *ca = load(path);

    drop_stack(&h->stack);
    h->stack.inner = esp_transport_ssl_init();
    if (h->stack.inner == NULL) {
        return false;
    }
    esp_transport_ssl_set_cert_data(h->stack.inner, ca, (int)strlen(ca));
    h->cfg.transport = h->stack.inner;
    return true;
}

/** TLS, through a tunnel of the proxy, which is reached by TLS. */
static bool set_stack(struct http *h, char *text)
{
    struct http_stack *s = &h->stack;
    char *port = strchr(text, ' ');
    const char *ca = h->cfg.cert_pem;

    if (port == NULL || ca == NULL) {
        return false;
    }
    *port++ = '\0';
    s->outer = esp_transport_ssl_init();
    s->inner = esp_transport_ssl_init();
    s->tunnel = esp_transport_http_proxy_init(
        s->outer, &(esp_transport_http_proxy_config_t){.address = text, .port = number(port)});
    if (s->outer == NULL || s->tunnel == NULL || s->inner == NULL) {
        return false;
    }
    esp_transport_ssl_set_cert_data(s->outer, ca, (int)strlen(ca));
    esp_transport_ssl_set_cert_data(s->inner, ca, (int)strlen(ca));
    h->cfg.transport = s->inner;
    return esp_transport_ssl_set_parent(s->inner, s->tunnel) == ESP_OK;
}

/* --- keys ------------------------------------------------------------------------------------- */

static bool set_auth(struct http *h, const char *value)
{
    h->cfg.auth_type = strcmp(value, "basic") == 0    ? HTTP_AUTH_TYPE_BASIC
                       : strcmp(value, "digest") == 0 ? HTTP_AUTH_TYPE_DIGEST
                                                      : HTTP_AUTH_TYPE_NONE;
    return true;
}

static bool set_mode(struct http *h, const char *value)
{
    h->mode = strcmp(value, "stream") == 0 ? HTTP_MODE_STREAM
              : strcmp(value, "hand") == 0 ? HTTP_MODE_HAND
                                           : HTTP_MODE_PERFORM;
    return true;
}

/** Numbers of the configuration. */
static bool set_number(struct http *h, const char *key, const char *value)
{
    esp_http_client_config_t *cfg = &h->cfg;
    const struct {
        const char *key;
        int *field;
    } rows[] = {
        {"timeout", &cfg->timeout_ms},
        {"buffer", &cfg->buffer_size},
        {"buffer_tx", &cfg->buffer_size_tx},
        {"redirects", &cfg->max_redirection_count},
        {"auth_retries", &cfg->max_authorization_retries},
        {"port", &cfg->port},
        {"piece", &h->piece},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(key, rows[i].key) == 0) {
            *rows[i].field = number(value);
            return true;
        }
    }
    return false;
}

static bool set_flag(struct http *h, const char *key, const char *value)
{
    esp_http_client_config_t *cfg = &h->cfg;
    const struct {
        const char *key;
        bool *field;
    } rows[] = {
        {"async", &cfg->is_async},
        {"manual", &cfg->disable_auto_redirect},
        {"chunked", &h->is_chunked},
        {"follow", &h->follows},
        {"keepalive", &cfg->keep_alive_enable},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(key, rows[i].key) == 0) {
            *rows[i].field = number(value) != 0;
            return true;
        }
    }
    return false;
}

static bool set_text(struct http *h, const char *key, const char *value)
{
    esp_http_client_config_t *cfg = &h->cfg;
    const struct {
        const char *key;
        const char **field;
        bool is_file;
    } rows[] = {
        {"user", &cfg->username, false},
        {"password", &cfg->password, false},
        {"host", &cfg->host, false},
        {"path", &cfg->path, false},
        {"name", &cfg->common_name, false},
        {"cacert", &cfg->cert_pem, true},
        {"cert", &cfg->client_cert_pem, true},
        {"key", &cfg->client_key_pem, true},
        {"body", (const char **)&h->body, false},
        {"bodyfile", (const char **)&h->body_file, false},
        {"out", (const char **)&h->out, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(key, rows[i].key) == 0) {
            *rows[i].field = value[0] == '\0' ? NULL : rows[i].is_file ? load(value) : keep(value);
            return true;
        }
    }
    return false;
}

/** What is a call on the client that is there. */
static bool call(struct http *h, const char *key, const char *value)
{
    int n = number(value);

    if (!options_make(h)) {
        return false;
    }
    if (strcmp(key, "deadline") == 0) {
        return esp_http_client_set_deadline_ms(h->client, n) == ESP_OK;
    }
    if (strcmp(key, "policy") == 0) {
        return esp_http_client_set_redirect_policy(h->client, n) == ESP_OK;
    }
    if (strcmp(key, "setuser") == 0) {
        return esp_http_client_set_username(h->client, value) == ESP_OK;
    }
    if (strcmp(key, "setpassword") == 0) {
        return esp_http_client_set_password(h->client, value) == ESP_OK;
    }
    if (strcmp(key, "connect_to") == 0) { /* a port of the loopback */
        return esp_http_client_set_connect_to(h->client, "127.0.0.1", n) == ESP_OK;
    }
    return false;
}

bool options_set(struct http *h, const char *key, char *value)
{
    if (strcmp(key, "url") == 0) {
        h->url = keep(value);
        h->cfg.url = h->url;
        return h->client == NULL || esp_http_client_set_url(h->client, h->url) == ESP_OK;
    }
    if (strcmp(key, "method") == 0) {
        return set_method(h, value);
    }
    if (strcmp(key, "header") == 0) {
        return set_header(h, value);
    }
    if (strcmp(key, "proxy") == 0) {
        return set_proxy(h, value);
    }
    if (strcmp(key, "stack") == 0) {
        return set_stack(h, value);
    }
    if (strcmp(key, "transport") == 0) {
        return set_transport(h, value);
    }
    if (strcmp(key, "auth") == 0) {
        return set_auth(h, value);
    }
    if (strcmp(key, "mode") == 0) {
        return set_mode(h, value);
    }
    if (strcmp(key, "family") == 0) {
        h->cfg.addr_type = number(value) == 6 ? HTTP_ADDR_TYPE_INET6 : HTTP_ADDR_TYPE_INET;
        return true;
    }
    if (strcmp(key, "close_at") == 0) {
        h->close_at = number(value);
        return true;
    }
    return set_number(h, key, value) || set_flag(h, key, value) || set_text(h, key, value) ||
           call(h, key, value);
}

bool options_make(struct http *h)
{
    if (h->client == NULL) {
        h->client = esp_http_client_init(&h->cfg);
        if (h->client != NULL && h->proxy.kind != 0) {
            return esp_http_client_set_proxy(h->client, &h->proxy) == ESP_OK;
        }
    }
    return h->client != NULL;
}

void options_drop(struct http *h)
{
    if (h->client != NULL) {
        (void)esp_http_client_cleanup(h->client);
        h->client = NULL;
    }
    drop_stack(&h->stack);
    h->cfg.transport = NULL;
}
