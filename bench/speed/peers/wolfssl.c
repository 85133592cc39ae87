/* With wolfSSL: one context of the process. */
#include <wolfssl/options.h>

#include <stdio.h>
#include <unistd.h>
#include <wolfssl/ssl.h>

#include "bench_certs.h"
#include "speed.h"

static WOLFSSL_CTX *context(const struct speed_job *job)
{
    static WOLFSSL_CTX *ctx;

    if (ctx == NULL) {
        wolfSSL_Init();
        ctx = wolfSSL_CTX_new(job->version == 12 ? wolfTLSv1_2_client_method()
                                                 : wolfTLSv1_3_client_method());
        wolfSSL_CTX_load_verify_buffer(ctx, job->rsa ? rsa_root : ec_root,
                                       job->rsa ? sizeof(rsa_root) : sizeof(ec_root),
                                       WOLFSSL_FILETYPE_ASN1);
        wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, NULL);
    }
    return ctx;
}

struct speed_connection *speed_open(const struct speed_job *job)
{
    WOLFSSL *ssl = wolfSSL_new(context(job));
    int ret;

    wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, "localhost", 9);
    wolfSSL_check_domain_name(ssl, "localhost");
    wolfSSL_set_fd(ssl, speed_connect(job));
    ret = wolfSSL_connect(ssl);
    if (ret != WOLFSSL_SUCCESS) {
        fprintf(stderr, "wolfssl: %d\n", wolfSSL_get_error(ssl, ret));
        return NULL;
    }
    return (struct speed_connection *)ssl;
}

ssize_t speed_write(struct speed_connection *c, const void *buf, size_t len)
{
    return wolfSSL_write((WOLFSSL *)c, buf, (int)len);
}

ssize_t speed_read(struct speed_connection *c, void *buf, size_t len)
{
    int n = wolfSSL_read((WOLFSSL *)c, buf, (int)len);

    return n <= 0 && wolfSSL_get_error((WOLFSSL *)c, n) == WOLFSSL_ERROR_ZERO_RETURN ? 0 : n;
}

void speed_close(struct speed_connection *c)
{
    int fd = wolfSSL_get_fd((WOLFSSL *)c);

    wolfSSL_shutdown((WOLFSSL *)c);
    wolfSSL_free((WOLFSSL *)c);
    close(fd);
}
