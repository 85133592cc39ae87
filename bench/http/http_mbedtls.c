/* With Mbed TLS and as little HTTP as a GET from this server needs: it sends the request and reads
 * until Content-Length is met. No redirects, no chunks, no limits, no errors that say anything. */
#include "bench.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER 1024

struct bench_client {
    mbedtls_net_context net;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt ca;
    char host[64];
    char port[8];
    char path[64];
    char buf[BUFFER];
    int is_open;
};

static const char *authority;
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context random_source;

int bench_prepare(const char *ca_file, const char *ca)
{
    (void)ca_file;
    authority = ca;
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&random_source);
    return psa_crypto_init() == PSA_SUCCESS &&
                   mbedtls_ctr_drbg_seed(&random_source, mbedtls_entropy_func, &entropy, NULL, 0) ==
                       0
               ? 0
               : 1;
}

struct bench_client *bench_open(const char *url, int buffer)
{
    struct bench_client *c = calloc(1, sizeof(*c));

    (void)buffer;
    if (c == NULL || sscanf(url, "https://%63[^:]:%7[0-9]%63s", c->host, c->port, c->path) != 3) {
        free(c);
        return NULL;
    }
    mbedtls_net_init(&c->net);
    mbedtls_ssl_init(&c->ssl);
    mbedtls_ssl_config_init(&c->conf);
    mbedtls_x509_crt_init(&c->ca);
    return c;
}

static int open_connection(struct bench_client *c)
{
    if (mbedtls_x509_crt_parse(&c->ca, (const unsigned char *)authority, strlen(authority) + 1) !=
            0 ||
        mbedtls_ssl_config_defaults(&c->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return 1;
    }
    mbedtls_ssl_conf_max_tls_version(&c->conf, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_ca_chain(&c->conf, &c->ca, NULL);
    mbedtls_ssl_conf_rng(&c->conf, mbedtls_ctr_drbg_random, &random_source);
    if (mbedtls_ssl_setup(&c->ssl, &c->conf) != 0 ||
        mbedtls_ssl_set_hostname(&c->ssl, c->host) != 0 ||
        mbedtls_net_connect(&c->net, c->host, c->port, MBEDTLS_NET_PROTO_TCP) != 0) {
        return 1;
    }
    mbedtls_ssl_set_bio(&c->ssl, &c->net, mbedtls_net_send, mbedtls_net_recv, NULL);
    return mbedtls_ssl_handshake(&c->ssl);
}

/** Reads until the head's end. @return bytes of body behind it, or -1; *rest: what is to come */
static long read_head(struct bench_client *c, uint64_t *rest)
{
    size_t have = 0;
    const char *end;
    const char *length;
    size_t extra;
    int n;

    do {
        n = mbedtls_ssl_read(&c->ssl, (unsigned char *)c->buf + have, BUFFER - 1 - have);
        if (n <= 0) {
            return -1;
        }
        have += (size_t)n;
        c->buf[have] = '\0';
        end = strstr(c->buf, "\r\n\r\n");
    } while (end == NULL);
    length = strstr(c->buf, "Content-Length: ");
    if (length == NULL || strncmp(c->buf, "HTTP/1.1 200", 12) != 0) {
        return -1;
    }
    extra = have - (size_t)(end + 4 - c->buf);
    *rest = strtoull(length + 16, NULL, 10) - extra;
    return (long)extra;
}

int bench_get(struct bench_client *c, uint64_t *body)
{
    uint64_t rest;
    long extra;
    int n;

    if (!c->is_open && open_connection(c) != 0) {
        return 1;
    }
    c->is_open = 1;
    n = snprintf(c->buf, sizeof(c->buf), "GET %s HTTP/1.1\r\nHost: %s:%s\r\n\r\n", c->path, c->host,
                 c->port);
    if (mbedtls_ssl_write(&c->ssl, (const unsigned char *)c->buf, (size_t)n) != n) {
        return 1;
    }
    extra = read_head(c, &rest);
    if (extra < 0) {
        return 1;
    }
    *body += (uint64_t)extra;
    while (rest > 0) {
        n = mbedtls_ssl_read(&c->ssl, (unsigned char *)c->buf, BUFFER);
        if (n <= 0) {
            return 1;
        }
        *body += (uint64_t)n;
        rest -= (uint64_t)n;
    }
    return 0;
}

void bench_close(struct bench_client *c)
{
    (void)mbedtls_ssl_close_notify(&c->ssl);
    mbedtls_net_free(&c->net);
    mbedtls_ssl_free(&c->ssl);
    mbedtls_ssl_config_free(&c->conf);
    mbedtls_x509_crt_free(&c->ca);
    free(c);
}
