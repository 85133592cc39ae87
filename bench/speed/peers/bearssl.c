/* With BearSSL and its full profile. The anchor is decoded once; a program would have it as a
 * constant table. */
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_certs.h"
#include "speed.h"

struct speed_connection {
    br_ssl_client_context ssl;
    br_x509_minimal_context x509;
    br_sslio_context io;
    unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
    int fd;
};

static unsigned char name[256];
static size_t name_len;

static void add_name(void *arg, const void *part, size_t len)
{
    (void)arg;
    if (len <= sizeof(name) - name_len) {
        memcpy(name + name_len, part, len);
        name_len += len;
    }
}

static const br_x509_trust_anchor *anchor(const struct speed_job *job)
{
    static br_x509_decoder_context decoder;
    static br_x509_trust_anchor root;

    if (name_len == 0) {
        br_x509_decoder_init(&decoder, add_name, NULL);
        br_x509_decoder_push(&decoder, job->rsa ? rsa_root : ec_root,
                             job->rsa ? sizeof(rsa_root) : sizeof(ec_root));
        root = (br_x509_trust_anchor){.dn = {name, name_len},
                                      .flags = BR_X509_TA_CA,
                                      .pkey = *br_x509_decoder_get_pkey(&decoder)};
    }
    return &root;
}

static int io_recv(void *arg, unsigned char *buf, size_t len)
{
    ssize_t n = recv(*(int *)arg, buf, len, 0);

    return n > 0 ? (int)n : -1;
}

static int io_send(void *arg, const unsigned char *buf, size_t len)
{
    return (int)send(*(int *)arg, buf, len, MSG_NOSIGNAL);
}

struct speed_connection *speed_open(const struct speed_job *job)
{
    struct speed_connection *c = malloc(sizeof(*c));

    if (c == NULL || job->version != 12) {
        return NULL;
    }
    br_ssl_client_init_full(&c->ssl, &c->x509, anchor(job), 1);
    br_ssl_engine_set_buffer(&c->ssl.eng, c->buffer, sizeof(c->buffer), 1);
    br_ssl_client_reset(&c->ssl, "localhost", 0);
    c->fd = speed_connect(job);
    br_sslio_init(&c->io, &c->ssl.eng, io_recv, &c->fd, io_send, &c->fd);
    if (br_sslio_flush(&c->io) != 0) { /* returns once the handshake is done */
        fprintf(stderr, "bearssl: %d\n", br_ssl_engine_last_error(&c->ssl.eng));
        return NULL;
    }
    return c;
}

ssize_t speed_write(struct speed_connection *c, const void *buf, size_t len)
{
    return br_sslio_write_all(&c->io, buf, len) == 0 && br_sslio_flush(&c->io) == 0 ? (ssize_t)len
                                                                                    : -1;
}

ssize_t speed_read(struct speed_connection *c, void *buf, size_t len)
{
    int n = br_sslio_read(&c->io, buf, len);

    return n < 0 && br_ssl_engine_last_error(&c->ssl.eng) == BR_ERR_OK ? 0 : n;
}

void speed_close(struct speed_connection *c)
{
    br_sslio_close(&c->io);
    close(c->fd);
    free(c);
}
