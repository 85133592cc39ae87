/* A proxy, and the transports that lead through it. For http it is sent whole URLs; for everything
 * else it makes a tunnel. */
#include <string.h>

#include "client.h"
#include "esp_http_field.h"
#include "esp_transport_http_proxy.h"
#include "esp_transport_socks_proxy.h"
#include "esp_transport_tcp.h"
#include "plat_heap.h"

struct http_proxy {
    esp_http_client_proxy_kind_t kind;
    int port;
    char *host;
    char *username;                /* NULL: none */
    char *password;                /* never NULL when username is not */
    esp_transport_handle_t base;   /* TCP to the proxy */
    esp_transport_handle_t tunnel; /* over it */
};

static bool makes_tunnel(const struct http_proxy *proxy, bool is_tls)
{
    return proxy->kind != ESP_HTTP_CLIENT_PROXY_HTTP || is_tls;
}

bool http_proxy_takes_urls(const struct esp_http_client *c)
{
    return c->proxy != NULL && !makes_tunnel(c->proxy, c->target.is_tls);
}

const char *http_proxy_host(const struct esp_http_client *c)
{
    return c->proxy->host;
}

int http_proxy_port(const struct esp_http_client *c)
{
    return c->proxy->port;
}

const char *http_proxy_username(const struct esp_http_client *c)
{
    return c->proxy->username;
}

const char *http_proxy_password(const struct esp_http_client *c)
{
    return c->proxy->password;
}

/* --- transports ------------------------------------------------------------------------------------- */

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

esp_err_t http_proxy_open(esp_http_client_handle_t c, bool is_tls, esp_transport_handle_t *t)
{
    struct http_proxy *proxy = c->proxy;
    esp_err_t err;

    *t = NULL;
    if (!makes_tunnel(proxy, is_tls)) {
        return ESP_OK;
    }
    proxy->base = esp_transport_tcp_init();
    if (proxy->base == NULL) {
        return ESP_ERR_NO_MEM;
    }
    http_wire_set_link(c, proxy->base);
    err = proxy->kind == ESP_HTTP_CLIENT_PROXY_HTTP ? open_http(proxy) : open_socks(proxy);
    *t = proxy->tunnel;
    return err;
}

void http_proxy_drop(esp_http_client_handle_t c)
{
    if (c->proxy == NULL) {
        return;
    }
    if (c->proxy->tunnel != NULL) {
        (void)esp_transport_destroy(c->proxy->tunnel);
        c->proxy->tunnel = NULL;
    }
    if (c->proxy->base != NULL) {
        (void)esp_transport_destroy(c->proxy->base);
        c->proxy->base = NULL;
    }
}

static void destroy(struct http_proxy *proxy)
{
    if (proxy != NULL) {
        plat_free(proxy->host);
        plat_free_secret(proxy->username);
        plat_free_secret(proxy->password);
        plat_free(proxy);
    }
}

void http_proxy_free(esp_http_client_handle_t c)
{
    http_proxy_drop(c);
    destroy(c->proxy);
    c->proxy = NULL;
}

/* --- the call --------------------------------------------------------------------------------------- */

static bool is_legal(const esp_http_client_proxy_t *proxy)
{
    return proxy->kind >= ESP_HTTP_CLIENT_PROXY_HTTP &&
           proxy->kind <= ESP_HTTP_CLIENT_PROXY_SOCKS5 && proxy->host != NULL && proxy->port >= 1 &&
           proxy->port <= UINT16_MAX && esp_http_is_request_target(proxy->host) &&
           (proxy->username == NULL || esp_http_is_field_value(proxy->username)) &&
           (proxy->password == NULL || esp_http_is_field_value(proxy->password));
}

static struct http_proxy *make(const esp_http_client_proxy_t *from)
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
        destroy(proxy);
        return NULL;
    }
    return proxy;
}

esp_err_t esp_http_client_set_proxy(esp_http_client_handle_t client,
                                    const esp_http_client_proxy_t *proxy)
{
    struct http_proxy *made = NULL;

    if (client == NULL || (proxy != NULL && !is_legal(proxy))) {
        return ESP_ERR_INVALID_ARG;
    }
    if (client->depth > 0 || (client->phase != HTTP_IDLE && client->phase != HTTP_COMPLETE)) {
        return ESP_ERR_INVALID_STATE;
    }
    if (proxy != NULL) {
        made = make(proxy);
        if (made == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    http_client_enter(client);
    (void)http_machine_close(client);
    http_wire_drop(client);
    http_proxy_free(client);
    http_login_clear(&client->proxy_login);
    client->proxy = made;
    return http_client_leave(client, ESP_OK);
}
