/* With Mbed TLS as its authors configure it: one configuration of the process. */
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_certs.h"
#include "speed.h"

struct speed_connection {
    mbedtls_ssl_context ssl;
    int fd;
};

static int rng(void *arg, unsigned char *buf, size_t len)
{
    (void)arg;
    return psa_generate_random(buf, len) == PSA_SUCCESS ? 0 : -1;
}

static const mbedtls_ssl_config *config(const struct speed_job *job)
{
    static mbedtls_ssl_config conf;
    static mbedtls_x509_crt root;
    static bool ready;
    mbedtls_ssl_protocol_version version =
        job->version == 12 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3;

    if (!ready) {
        psa_crypto_init();
        mbedtls_x509_crt_parse_der(&root, job->rsa ? rsa_root : ec_root,
                                   job->rsa ? sizeof(rsa_root) : sizeof(ec_root));
        mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT);
        mbedtls_ssl_conf_rng(&conf, rng, NULL);
        mbedtls_ssl_conf_ca_chain(&conf, &root, NULL);
        mbedtls_ssl_conf_min_tls_version(&conf, version);
        mbedtls_ssl_conf_max_tls_version(&conf, version);
        ready = true;
    }
    return &conf;
}

static int bio_send(void *arg, const unsigned char *buf, size_t len)
{
    return (int)send(*(int *)arg, buf, len, MSG_NOSIGNAL);
}

static int bio_recv(void *arg, unsigned char *buf, size_t len)
{
    return (int)recv(*(int *)arg, buf, len, 0);
}

struct speed_connection *speed_open(const struct speed_job *job)
{
    struct speed_connection *c = calloc(1, sizeof(*c));
    int ret;

    if (c == NULL) {
        return NULL;
    }
    mbedtls_ssl_setup(&c->ssl, config(job));
    mbedtls_ssl_set_hostname(&c->ssl, "localhost");
    c->fd = speed_connect(job);
    mbedtls_ssl_set_bio(&c->ssl, &c->fd, bio_send, bio_recv, NULL);
    ret = mbedtls_ssl_handshake(&c->ssl);
    if (ret != 0) {
        fprintf(stderr, "mbedtls: -0x%x\n", (unsigned)-ret);
        return NULL;
    }
    return c;
}

ssize_t speed_write(struct speed_connection *c, const void *buf, size_t len)
{
    return mbedtls_ssl_write(&c->ssl, buf, len);
}

ssize_t speed_read(struct speed_connection *c, void *buf, size_t len)
{
    int n;

    do {
        n = mbedtls_ssl_read(&c->ssl, buf, len);
    } while (n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET);
    return n == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? 0 : n;
}

void speed_close(struct speed_connection *c)
{
    mbedtls_ssl_close_notify(&c->ssl);
    mbedtls_ssl_free(&c->ssl);
    close(c->fd);
    free(c);
}
