/* With OpenSSL: one context of the process, as its documentation has it. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "bench_certs.h"
#include "speed.h"

static SSL_CTX *context(const struct speed_job *job)
{
    static SSL_CTX *ctx;
    const unsigned char *der = job->rsa ? rsa_root : ec_root;
    X509 *root;

    if (ctx != NULL) {
        return ctx;
    }
    ctx = SSL_CTX_new(TLS_client_method());
    root = d2i_X509(NULL, &der, job->rsa ? sizeof(rsa_root) : sizeof(ec_root));
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root);
    X509_free(root);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_min_proto_version(ctx, job->version == 12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(ctx, job->version == 12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    return ctx;
}

struct speed_connection *speed_open(const struct speed_job *job)
{
    SSL *ssl = SSL_new(context(job));

    SSL_set_tlsext_host_name(ssl, "localhost");
    if (SSL_set1_host(ssl, "localhost") != 1 || SSL_set_fd(ssl, speed_connect(job)) != 1 ||
        SSL_connect(ssl) != 1 || SSL_get_verify_result(ssl) != X509_V_OK) {
        ERR_print_errors_fp(stderr);
        return NULL;
    }
    return (struct speed_connection *)ssl;
}

ssize_t speed_write(struct speed_connection *c, const void *buf, size_t len)
{
    return SSL_write((SSL *)c, buf, (int)len);
}

ssize_t speed_read(struct speed_connection *c, void *buf, size_t len)
{
    int n = SSL_read((SSL *)c, buf, (int)len);

    return n <= 0 && SSL_get_error((SSL *)c, n) == SSL_ERROR_ZERO_RETURN ? 0 : n > 0 ? n : -1;
}

void speed_close(struct speed_connection *c)
{
    int fd = SSL_get_fd((SSL *)c);

    SSL_shutdown((SSL *)c);
    SSL_free((SSL *)c);
    close(fd);
}
