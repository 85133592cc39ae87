/* A proxy, and the transports that lead through it. For http it is sent whole URLs; for everything
 * else it makes a tunnel. */
#include <string.h>

#include "esp_http_field.h"
#include "esp_transport_http_proxy.h"
#include "esp_transport_socks_proxy.h"
#include "esp_transport_tcp.h"
#include "plat_heap.h"
#include "text.h"
#include "wire.h"

struct http_proxy {
    esp_http_client_proxy_kind_t kind;
    int port;
    char *host;
    char *username;                /* NULL: none */
    char *password;                /* never NULL when username is not */
    esp_transport_handle_t base;   /* TCP to the proxy */
    esp_transport_handle_t tunnel; /* over it */
};

bool et_http_proxy_makes_tunnel(const struct http_proxy *proxy, bool is_tls)
{
    return proxy->kind != ESP_HTTP_CLIENT_PROXY_HTTP || is_tls;
}

void et_http_proxy_route(const struct http_proxy *proxy, struct http_route *to)
{
    to->host = proxy->host;
    to->port = proxy->port;
}

bool et_http_proxy_login(const struct http_proxy *proxy, const char **username,
                         const char **password)
{
    *username = proxy->username;
    *password = proxy->password;
    return proxy->username != NULL;
}

/* --- transports ------------------------------------------------------------------------------- */

static esp_err_t open_socks(struct http_proxy *proxy)
{
    static const socks_version_t versions[] = {
        [ESP_HTTP_CLIENT_PROXY_SOCKS4] = SOCKS4,
        [ESP_HTTP_CLIENT_PROXY_SOCKS4A] = SOCKS4A,
        [ESP_HTTP_CLIENT_PROXY_SOCKS5] = SOCKS5,
    };
    const esp_transport_socks_proxy_config_t config = {
        .version = versions[proxy->kind], .address = proxy->host, .port = proxy->port};

    proxy->tunnel = esp_transport_socks_proxy_init(proxy->base, &config);
    if (proxy->tunnel == NULL) {
        return ESP_ERR_NO_MEM;
    }
    return proxy->username != NULL
               ? esp_transport_socks_proxy_set_auth(proxy->tunnel, proxy->username, proxy->password)
               : ESP_OK;
}

static esp_err_t open_http(struct http_proxy *proxy)
{
    const esp_transport_http_proxy_config_t config = {.address = proxy->host,
                                                      .port = proxy->port,
                                                      .user = proxy->username,
                                                      .password = proxy->password};

    proxy->tunnel = esp_transport_http_proxy_init(proxy->base, &config);
    return proxy->tunnel != NULL ? ESP_OK : ESP_ERR_NO_MEM;
}

esp_err_t et_http_proxy_open(struct http_proxy *proxy, esp_transport_handle_t base,
                             esp_transport_handle_t *tunnel)
{
    esp_err_t err;

    proxy->base = base;
    err = proxy->kind == ESP_HTTP_CLIENT_PROXY_HTTP ? open_http(proxy) : open_socks(proxy);
    *tunnel = proxy->tunnel;
    return err;
}

void et_http_proxy_drop(struct http_proxy *proxy)
{
    if (proxy->tunnel != NULL) {
        (void)esp_transport_destroy(proxy->tunnel);
        proxy->tunnel = NULL;
    }
    if (proxy->base != NULL) {
        (void)esp_transport_destroy(proxy->base);
        proxy->base = NULL;
    }
}

/* --- life ------------------------------------------------------------------------------------- */

bool et_http_proxy_is_legal(const esp_http_client_proxy_t *proxy)
{
    return proxy->kind >= ESP_HTTP_CLIENT_PROXY_HTTP &&
           proxy->kind <= ESP_HTTP_CLIENT_PROXY_SOCKS5 && proxy->host != NULL && proxy->port >= 1 &&
           proxy->port <= UINT16_MAX && esp_http_is_request_target(proxy->host) &&
           (proxy->username == NULL || esp_http_is_field_value(proxy->username)) &&
           (proxy->password == NULL || esp_http_is_field_value(proxy->password));
}

void et_http_proxy_free(struct http_proxy *proxy)
{
    if (proxy != NULL) {
        et_http_proxy_drop(proxy);
        plat_free(proxy->host);
        plat_free_secret(proxy->username);
        plat_free_secret(proxy->password);
        plat_free(proxy);
    }
}

struct http_proxy *et_http_proxy_new(const esp_http_client_proxy_t *from)
{
    struct http_proxy *proxy = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*proxy));
    const char *password = from->password != NULL ? from->password : "";

    if (proxy == NULL) {
        return NULL;
    }
    proxy->kind = from->kind;
    proxy->port = from->port;
    proxy->host = et_http_text_copy(from->host, strlen(from->host));
    if (from->username != NULL) {
        proxy->username = et_http_text_copy(from->username, strlen(from->username));
        proxy->password = et_http_text_copy(password, strlen(password));
    }
    if (proxy->host == NULL ||
        (from->username != NULL && (proxy->username == NULL || proxy->password == NULL))) {
        et_http_proxy_free(proxy);
        return NULL;
    }
    return proxy;
}
