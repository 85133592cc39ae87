#include "tunnel.h"

#include <stdio.h>
#include <string.h>

#include "esp_tls_errors.h"
#include "esp_tls_stream.h"
#include "esp_transport_async.h"
#include "esp_transport_http_proxy.h"
#include "esp_transport_socks_proxy.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"

bool tunnel_is_wanted(const struct connect_options *o)
{
    return o->proxy.proxy.host != NULL;
}

const char *tunnel_proxy_text(const struct connect_options *o, char text[300])
{
    const esp_http_client_proxy_t *p = &o->proxy.proxy;

    if (p->host == NULL) {
        return NULL;
    }
    snprintf(text, 300, strchr(p->host, ':') != NULL ? "[%.255s]:%d" : "%.255s:%d", p->host,
             p->port);
    return text;
}

/* --- the transports --------------------------------------------------------------------------- */

static esp_transport_handle_t make_way(esp_transport_handle_t tcp, const esp_http_client_proxy_t *p)
{
    static const socks_version_t versions[] = {
        [ESP_HTTP_CLIENT_PROXY_SOCKS4] = SOCKS4,
        [ESP_HTTP_CLIENT_PROXY_SOCKS4A] = SOCKS4A,
        [ESP_HTTP_CLIENT_PROXY_SOCKS5] = SOCKS5,
    };
    const esp_transport_http_proxy_config_t http = {
        .address = p->host, .port = p->port, .user = p->username, .password = p->password};
    const esp_transport_socks_proxy_config_t socks = {
        .version = versions[p->kind], .address = p->host, .port = p->port};
    esp_transport_handle_t t;

    if (p->kind == ESP_HTTP_CLIENT_PROXY_HTTP) {
        return esp_transport_http_proxy_init(tcp, &http);
    }
    t = esp_transport_socks_proxy_init(tcp, &socks);
    if (t != NULL && p->username != NULL &&
        esp_transport_socks_proxy_set_auth(t, p->username, p->password) != ESP_OK) {
        (void)esp_transport_destroy(t);
        t = NULL;
    }
    return t;
}

bool tunnel_make(struct tunnel *t, const struct connect_options *o)
{
    *t = (struct tunnel){.tcp = esp_transport_tcp_init(), .timeout_ms = o->timeout_ms};
    if (t->tcp != NULL) {
        esp_transport_ssl_set_addr_family(t->tcp, o->family);
        t->way = make_way(t->tcp, &o->proxy.proxy);
    }
    return t->way != NULL;
}

bool tunnel_open(struct tunnel *t, const char *host, uint16_t port, int timeout_ms)
{
    t->is_open = esp_transport_connect(t->way, host, port, timeout_ms) == 0;
    return t->is_open;
}

void tunnel_note(const struct tunnel *t, struct failure *failure)
{
    const esp_tls_t *tls = esp_transport_get_esp_tls(t->way);
    struct failure to_proxy = {0};

    failure->code = esp_transport_get_error_handle(t->way)->last_error;
    if (tls != NULL) {
        explain_note(&to_proxy, tls);
    }
    if (to_proxy.record.cause != ESP_TLS_CAUSE_NONE) {
        failure->record = to_proxy.record;
        failure->evidence = to_proxy.evidence;
    } else if (failure->code == ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT) {
        failure->record.cause = ESP_TLS_CAUSE_TIMEOUT;
        failure->record.phase = ESP_TLS_PHASE_CONNECT;
    } else if (failure->code == ESP_OK && failure->record.cause == ESP_TLS_CAUSE_TIMEOUT) {
        failure->code = ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT; /* the handle above gave it up */
    }
}

void tunnel_clear(struct tunnel *t)
{
    if (t->way != NULL) {
        (void)esp_transport_close(t->way);
        (void)esp_transport_destroy(t->way);
    }
    if (t->tcp != NULL) {
        (void)esp_transport_destroy(t->tcp);
    }
    *t = (struct tunnel){0};
}

/* --- the stream ------------------------------------------------------------------------------- */

static int connect_way(void *ctx, const char *host, size_t hostlen, int port)
{
    struct tunnel *t = ctx;
    char name[256];
    int ret;

    if (t->is_open) {
        return 1;
    }
    if (hostlen >= sizeof(name)) {
        return -1;
    }
    memcpy(name, host, hostlen);
    name[hostlen] = '\0';
    ret = esp_transport_connect_async(t->way, name, port, t->timeout_ms);
    t->is_open = ret == 1;
    return ret;
}

static ssize_t read_way(void *ctx, void *data, size_t len)
{
    const struct tunnel *t = ctx;
    int ret = esp_transport_read(t->way, data, len < INT32_MAX ? (int)len : INT32_MAX, 0);

    switch (ret) {
    case ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT:
        return ESP_TLS_ERR_SSL_WANT_READ;
    case ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN:
        return 0;
    default:
        return ret > 0 ? ret : -1;
    }
}

static ssize_t write_way(void *ctx, const void *data, size_t len)
{
    const struct tunnel *t = ctx;
    int ret = esp_transport_write(t->way, data, len < INT32_MAX ? (int)len : INT32_MAX, 0);

    return ret > 0 ? ret : ret == 0 ? ESP_TLS_ERR_SSL_WANT_WRITE : -1;
}

static void add_wait(void *ctx, int events, esp_tls_wait_t *wait)
{
    const struct tunnel *t = ctx;
    esp_tls_wait_t more;

    if (esp_transport_get_wait(t->way, events, &more) == ESP_OK) {
        esp_tls_wait_merge(wait, &more);
    }
}

static esp_err_t error_of_way(void *ctx, int *sys_errno)
{
    const struct tunnel *t = ctx;

    *sys_errno = esp_transport_get_errno(t->way);
    return esp_transport_get_error_handle(t->way)->last_error;
}

bool tunnel_put_under(struct tunnel *t, esp_tls_t *tls)
{
    static const esp_tls_stream_t stream = {
        .connect = connect_way,
        .read = read_way,
        .write = write_way,
        .get_wait = add_wait,
        .get_error = error_of_way,
    };

    return esp_tls_set_stream(tls, &stream, t) == ESP_OK;
}
