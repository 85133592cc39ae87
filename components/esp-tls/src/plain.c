/* esp_tls_plain_tcp_connect(): the TCP link on its own, for callers that want a descriptor. */
#include <string.h>

#include "config.h"
#include "conn.h"
#include "plat_clock.h"

/** @param begun_is_enough  return once an address is being connected to */
static tls_status plain_wait(struct link_tcp *tcp, plat_stream wake, uint64_t deadline_us,
                             bool begun_is_enough)
{
    for (;;) {
        tls_status st = tcp->link.ops->connect(&tcp->link);
        struct tls_wait wait;
        int os;

        if (!tls_is_waiting(st)) {
            return st;
        }
        if (begun_is_enough && et_tcp_is_resolved(tcp)) {
            return TLS_OK;
        }
        if (plat_clock_us() >= deadline_us) {
            if (!et_tcp_is_resolved(tcp)) {
                tcp->link.err->resolver = PLAT_RESOLVE_TIMED_OUT;
            }
            return et_error_set(tcp->link.err, TLS_TIMEOUT, 0, 0, 0);
        }
        et_wait_init(&wait);
        et_wait_add(&wait, wake, PLAT_READ);
        tcp->link.ops->wants(&tcp->link, st, &wait);
        et_wait_until(&wait, deadline_us);
        os = plat_wait(wait.item, wait.count, wait.until_us);
        if (os > 0) {
            return et_error_set(tcp->link.err, TLS_SYSTEM, 0, os, 0);
        }
        plat_event_clear(wake);
    }
}

static tls_status plain_connect(struct link_tcp *tcp, const char *host, size_t len, int port,
                                const esp_tls_cfg_t *cfg)
{
    int timeout_ms = cfg != NULL && cfg->timeout_ms > 0 ? cfg->timeout_ms : CONN_TIMEOUT_MS;
    uint64_t deadline_us = plat_clock_us() + (uint64_t)timeout_ms * 1000;
    struct tcp_options options = {.family = PLAT_AF_ANY};
    plat_stream wake;
    tls_status st;
    int os;

    tcp->link.err->now = ESP_TLS_PHASE_CONFIG;
    if (port <= 0 || port > UINT16_MAX) {
        return et_error_option(tcp->link.err, TLS_INVALID_ARG, 0, "port");
    }
    st = et_config_tcp(tcp->link.err, cfg, &options);
    if (st != TLS_OK) {
        return st;
    }
    os = plat_event_open(&wake);
    if (os != PLAT_OK) {
        return et_error_set(tcp->link.err, TLS_SYSTEM, ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET, os, 0);
    }
    st = et_tcp_dial(tcp, host, len, (uint16_t)port, &options, wake);
    if (st == TLS_OK) {
        st = plain_wait(tcp, wake, deadline_us, cfg != NULL && cfg->non_block);
    }
    if (st != TLS_OK) {
        (void)tcp->link.ops->close(&tcp->link); /* the look-up must not touch the event any more */
    }
    (void)plat_stream_close(wake);
    return st;
}

/** Hand the descriptor over, blocking unless the caller wants it otherwise. */
static tls_status plain_give(struct link_tcp *tcp, const esp_tls_cfg_t *cfg, int *sockfd)
{
    plat_stream stream = et_tcp_take_attempt(tcp);
    int os = plat_stream_set_blocking(stream, cfg == NULL || !cfg->non_block);

    (void)tcp->link.ops->close(&tcp->link); /* closes the attempts that the race left over */
    if (os != PLAT_OK) {
        (void)plat_stream_close(stream);
        return et_error_set(tcp->link.err, TLS_SYSTEM, ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED, os, 0);
    }
    *sockfd = plat_stream_fd(stream);
    return TLS_OK;
}

esp_err_t esp_tls_plain_tcp_connect(const char *host, int hostlen, int port,
                                    const esp_tls_cfg_t *cfg, esp_tls_error_handle_t error_handle,
                                    int *sockfd)
{
    struct tls_error err;
    struct link_tcp tcp;
    const char *nul;
    tls_status st;

    if (sockfd == NULL || error_handle == NULL || host == NULL || hostlen < 0) {
        return ESP_ERR_INVALID_ARG;
    }
    nul = memchr(host, '\0', (size_t)hostlen);
    et_error_clear(&err);
    et_tcp_init(&tcp, &err, NULL);
    st = plain_connect(&tcp, host, nul != NULL ? (size_t)(nul - host) : (size_t)hostlen, port, cfg);
    if (st == TLS_OK) {
        st = plain_give(&tcp, cfg, sockfd);
    }
    if (st != TLS_OK) {
        et_error_store_fill((struct esp_tls_error_store *)(void *)error_handle, &err);
        return err.esp;
    }
    return ESP_OK;
}
