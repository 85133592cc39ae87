#include "nested.h"

#include <string.h>

#include "conn.h"

/* The inner handle's TCP link, never opened, gets other functions; its hook's argument is free. */
static struct tunnel *tunnel_of(struct tls_link *link)
{
    struct link_tcp *tcp = (struct link_tcp *)(void *)link; /* its first member */
    struct tunnel *tunnel = tcp->options.hook_arg;

    tunnel->calls++;
    if (tunnel->meanwhile != NULL) {
        tunnel->meanwhile(tunnel);
    }
    return tunnel;
}

static tls_status status_of(ssize_t ret, size_t *n)
{
    *n = ret > 0 ? (size_t)ret : 0;
    switch (ret) {
    case 0:
        return TLS_EOF;
    case ESP_TLS_ERR_SSL_WANT_READ:
        return TLS_WANT_READ;
    case ESP_TLS_ERR_SSL_WANT_WRITE:
        return TLS_WANT_WRITE;
    default:
        return ret > 0 ? TLS_OK : TLS_STACK;
    }
}

static tls_status tunnel_read(struct tls_link *link, void *buf, size_t len, size_t *n)
{
    return status_of(esp_tls_conn_read(tunnel_of(link)->outer, buf, len), n);
}

static tls_status tunnel_write(struct tls_link *link, const void *buf, size_t len, size_t *n)
{
    return status_of(esp_tls_conn_write(tunnel_of(link)->outer, buf, len), n);
}

static int tunnel_close(struct tls_link *link)
{
    (void)link;
    return 0; /* the outer connection is not ours */
}

static const struct link_ops tunnel_ops = {
    .read = tunnel_read, .write = tunnel_write, .close = tunnel_close};

bool tunnel_init(struct tunnel *tunnel, esp_tls_t *outer, const char *name,
                 const esp_tls_cfg_t *cfg, const esp_tls_memory_cfg_t *memory)
{
    static const esp_tls_memory_cfg_t as_kconfig_says;

    *tunnel = (struct tunnel){.outer = outer};
    tunnel->inner = esp_tls_init_with_memory(memory != NULL ? memory : &as_kconfig_says);
    if (tunnel->inner == NULL) {
        return false;
    }
    tunnel->inner->tcp.link.ops = &tunnel_ops;
    tunnel->inner->tcp.options.hook_arg = tunnel;
    tunnel->inner->non_block = true;
    const struct conn_request asked = {
        .tls = tunnel->inner, .host = name, .len = strlen(name), .port = 443, .cfg = cfg};

    if (et_conn_set_up(&asked) != TLS_OK) {
        return false;
    }
    tunnel->inner->err.now = ESP_TLS_PHASE_HANDSHAKE;
    return true;
}

tls_status tunnel_shake_hands(struct tunnel *tunnel)
{
    tls_status st = tunnel->inner->stack->handshake(tunnel->inner->tls);

    if (st == TLS_OK) {
        tunnel->inner->err.now = ESP_TLS_PHASE_OPEN;
        tunnel->inner->state = ESP_TLS_DONE;
    }
    return st;
}

void tunnel_clear(struct tunnel *tunnel)
{
    if (tunnel->inner != NULL) {
        (void)esp_tls_conn_destroy(tunnel->inner);
    }
    tunnel->inner = NULL;
}
