/* So many idle connections in one process: bench-scale CONNECTIONS
 *
 * Each connection runs over a stream in memory to a server of Mbed TLS's own, which is freed
 * once the handshake is done, so that what stays is the client's. Prints what they take and what
 * a step costs that finds nothing to do, as JSON. */
#define _GNU_SOURCE /* clock_gettime, sysconf */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "esp_tls.h"
#include "esp_tls_async.h"
#include "esp_tls_stream.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "plat_heap.h"
#include "plat_random.h"
#include "test_certs.h"

#define WIRE_MAX 16384 /* more than a flight */

/** Bytes on their way in one direction. */
struct wire {
    size_t len;
    unsigned char data[WIRE_MAX];
};

static struct wire to_server; /* one handshake runs at a time */
static struct wire to_client;

static ssize_t take(struct wire *wire, void *data, size_t len)
{
    len = len < wire->len ? len : wire->len;
    memcpy(data, wire->data, len);
    memmove(wire->data, wire->data + len, wire->len - len);
    wire->len -= len;
    return (ssize_t)len;
}

static ssize_t put(struct wire *wire, const void *data, size_t len)
{
    size_t room = WIRE_MAX - wire->len;

    len = len < room ? len : room;
    memcpy(wire->data + wire->len, data, len);
    wire->len += len;
    return (ssize_t)len;
}

/* --- the client's stream ---------------------------------------------------------------------- */

static ssize_t stream_read(void *ctx, void *data, size_t len)
{
    (void)ctx;
    return to_client.len == 0 ? ESP_TLS_ERR_SSL_WANT_READ : take(&to_client, data, len);
}

static ssize_t stream_write(void *ctx, const void *data, size_t len)
{
    ssize_t n = put(&to_server, data, len);

    (void)ctx;
    return n == 0 ? ESP_TLS_ERR_SSL_WANT_WRITE : n;
}

static void stream_wait(void *ctx, int events, esp_tls_wait_t *wait)
{
    (void)ctx;
    (void)events;
    esp_tls_wait_until(wait, 1000);
}

static const esp_tls_stream_t stream = {
    .read = stream_read, .write = stream_write, .get_wait = stream_wait};

/* --- the server ------------------------------------------------------------------------------- */

static mbedtls_ssl_config server_conf;
static mbedtls_x509_crt server_chain;
static mbedtls_pk_context server_key;

static int random_bytes(void *ctx, unsigned char *buf, size_t len)
{
    (void)ctx;
    return plat_random(buf, len);
}

static int server_recv(void *ctx, unsigned char *buf, size_t len)
{
    (void)ctx;
    return to_server.len == 0 ? MBEDTLS_ERR_SSL_WANT_READ : (int)take(&to_server, buf, len);
}

static int server_send(void *ctx, const unsigned char *buf, size_t len)
{
    (void)ctx;
    return (int)put(&to_client, buf, len);
}

static bool make_server(void)
{
    mbedtls_ssl_config_init(&server_conf);
    mbedtls_x509_crt_init(&server_chain);
    mbedtls_pk_init(&server_key);
    if (psa_crypto_init() != PSA_SUCCESS ||
        mbedtls_x509_crt_parse(&server_chain, cert_server_ec_chain_pem,
                               sizeof(cert_server_ec_chain_pem)) != 0 ||
        mbedtls_pk_parse_key(&server_key, cert_server_ec_key, sizeof(cert_server_ec_key), NULL, 0,
                             random_bytes, NULL) != 0 ||
        mbedtls_ssl_config_defaults(&server_conf, MBEDTLS_SSL_IS_SERVER,
                                    MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return false;
    }
    mbedtls_ssl_conf_rng(&server_conf, random_bytes, NULL);
    return mbedtls_ssl_conf_own_cert(&server_conf, &server_chain, &server_key) == 0;
}

/* --- connections ------------------------------------------------------------------------------ */

/** @return 1 open, else failed */
static int handshake(esp_tls_t *tls, const esp_tls_cfg_t *cfg)
{
    mbedtls_ssl_context server;
    int client_is = 0;
    int server_is = MBEDTLS_ERR_SSL_WANT_READ;

    to_server.len = 0;
    to_client.len = 0;
    mbedtls_ssl_init(&server);
    if (mbedtls_ssl_setup(&server, &server_conf) != 0) {
        return -1;
    }
    mbedtls_ssl_set_bio(&server, NULL, server_send, server_recv, NULL);
    for (int i = 0; i < 100 && (client_is == 0 || server_is == MBEDTLS_ERR_SSL_WANT_READ); i++) {
        client_is =
            client_is == 0 ? esp_tls_conn_new_async("test.example", 12, 1, cfg, tls) : client_is;
        server_is =
            server_is == MBEDTLS_ERR_SSL_WANT_READ ? mbedtls_ssl_handshake(&server) : server_is;
    }
    mbedtls_ssl_free(&server);
    to_client.len = 0; /* tickets */
    if (server_is != 0 || client_is != 1) {
        fprintf(stderr, "bench-scale: the client says %d, the server -0x%x\n", client_is,
                (unsigned)-server_is);
    }
    return server_is == 0 ? client_is : -1;
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double resident_mb(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long total = 0;
    unsigned long resident = 0;
    bool ok = f != NULL && fscanf(f, "%lu %lu", &total, &resident) == 2;

    if (f != NULL) {
        (void)fclose(f);
    }
    return ok ? (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6 : 0;
}

/** @return microseconds of a step over all, in an order that no cache foresees; < 0: wrong */
static double step_us(esp_tls_t **tls, size_t count)
{
    const size_t stride = 7919; /* a prime */
    const size_t steps = count < 200000 ? 200000 : count;
    double began = now();
    char byte;

    for (size_t i = 0, at = 0; i < steps; i++, at = (at + stride) % count) {
        if (esp_tls_conn_read(tls[at], &byte, 1) != ESP_TLS_ERR_SSL_WANT_READ) {
            return -1;
        }
    }
    return (now() - began) * 1e6 / (double)steps;
}

static bool open_all(esp_tls_t **tls, size_t count)
{
    const esp_tls_cfg_t cfg = {.cacert_buf = cert_root_ec_pem,
                               .cacert_bytes = sizeof(cert_root_ec_pem),
                               .non_block = true,
                               .timeout_ms = 60000};

    for (size_t i = 0; i < count; i++) {
        tls[i] = esp_tls_init();
        if (tls[i] == NULL || esp_tls_set_stream(tls[i], &stream, NULL) != ESP_OK ||
            handshake(tls[i], &cfg) != 1) {
            fprintf(stderr, "bench-scale: connection %zu failed\n", i + 1);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    size_t count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    esp_tls_t **tls = calloc(count + 1, sizeof(esp_tls_t *));
    struct plat_mem_use before;
    struct plat_mem_use use;
    uint32_t n;
    uint32_t largest;
    double resident;
    double began;
    double step;

    if (count == 0 || tls == NULL || !make_server()) {
        fputs("usage: bench-scale CONNECTIONS\n", stderr);
        return 2;
    }
    plat_heap_overall(&before, &n, &largest);
    resident = resident_mb();
    began = now();
    if (!open_all(tls, count)) {
        return 1;
    }
    plat_heap_overall(&use, &n, &largest);
    step = step_us(tls, count);
    printf("{\"connections\": %zu, \"bytes_each\": %.0f, \"resident_mb\": %.1f, \"step_us\": %.3f, "
           "\"open_s\": %.1f}\n",
           count, (double)(use.live - before.live) / (double)count, resident_mb() - resident, step,
           now() - began);
    for (size_t i = 0; i < count; i++) {
        (void)esp_tls_conn_destroy(tls[i]);
    }
    free(tls);
    return step < 0;
}
