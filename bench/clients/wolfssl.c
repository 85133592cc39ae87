/* wolfSSL with peers/wolfssl/user_settings.h: its own settings for little memory. The own
 * certificate and key are the session's: like the anchors, they are given back once it is open. */
#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include "bench_certs.h"
#include "meter.h"

const char meter_client[] = "wolfssl";

int bench_wolfssl_random(unsigned char *buf, unsigned len)
{
    return meter_random(buf, len);
}

static int io_recv(WOLFSSL *ssl, char *buf, int len, void *arg)
{
    int n = meter_recv(*(int *)arg, buf, (size_t)len);

    (void)ssl;
    return n > 0 ? n : n == 0 ? WOLFSSL_CBIO_ERR_CONN_CLOSE : WOLFSSL_CBIO_ERR_GENERAL;
}

static int io_send(WOLFSSL *ssl, char *buf, int len, void *arg)
{
    int n = meter_send(*(int *)arg, buf, (size_t)len);

    (void)ssl;
    return n > 0 ? n : WOLFSSL_CBIO_ERR_GENERAL;
}

static void check(int result, const char *what)
{
    if (result != WOLFSSL_SUCCESS) {
        meter_fail(what, result);
    }
}

static WOLFSSL_CTX *context_new(void)
{
    const unsigned char *root = meter_job.rsa ? rsa_root : ec_root;
    long root_len = meter_job.rsa ? sizeof(rsa_root) : sizeof(ec_root);
    WOLFSSL_CTX *ctx = wolfSSL_CTX_new(meter_job.version == 12 ? wolfTLSv1_2_client_method()
                                                               : wolfTLSv1_3_client_method());

    if (ctx == NULL) {
        meter_fail("context", 0);
    }
    wolfSSL_CTX_SetIORecv(ctx, io_recv);
    wolfSSL_CTX_SetIOSend(ctx, io_send);
    check(wolfSSL_CTX_load_verify_buffer(ctx, root, root_len, WOLFSSL_FILETYPE_ASN1), "CA");
    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, NULL);
    return ctx;
}

static void set_identity(WOLFSSL *ssl)
{
    const unsigned char *cert = meter_job.rsa ? rsa_cli : ec_cli;
    long cert_len = meter_job.rsa ? sizeof(rsa_cli) : sizeof(ec_cli);
    const unsigned char *key = meter_job.rsa ? rsa_cli_key : ec_cli_key;
    long key_len = meter_job.rsa ? sizeof(rsa_cli_key) : sizeof(ec_cli_key);

    check(wolfSSL_use_certificate_buffer(ssl, cert, cert_len, WOLFSSL_FILETYPE_ASN1),
          "own certificate");
    check(wolfSSL_use_PrivateKey_buffer(ssl, key, key_len, WOLFSSL_FILETYPE_ASN1), "own key");
}

static WOLFSSL *session_new(WOLFSSL_CTX *ctx, int *fd)
{
    int groups[] = {WOLFSSL_ECC_SECP256R1};
    WOLFSSL *ssl = wolfSSL_new(ctx);

    if (ssl == NULL) {
        meter_fail("session", 0);
    }
    check(wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, "localhost", 9), "SNI");
    check(wolfSSL_check_domain_name(ssl, "localhost"), "name");
    if (meter_job.mutual) {
        set_identity(ssl);
    }
    if (meter_job.version == 13) {
        check(wolfSSL_set_groups(ssl, groups, 1), "groups");
    }
    *fd = meter_connect();
    wolfSSL_SetIOReadCtx(ssl, fd);
    wolfSSL_SetIOWriteCtx(ssl, fd);
    return ssl;
}

static size_t fetch(WOLFSSL *ssl)
{
    char request[64];
    size_t len = meter_request(request, sizeof(request));
    size_t got = 0;
    int n;

    if (wolfSSL_write(ssl, request, (int)len) != (int)len) {
        meter_fail("write", 0);
    }
    meter_phase("write");
    while ((n = wolfSSL_read(ssl, meter_app, sizeof(meter_app))) > 0) {
        got += (size_t)n;
    }
    meter_phase("download");
    return got;
}

int meter_run(void)
{
    static int fd;
    WOLFSSL_CTX *ctx;
    WOLFSSL *ssl;
    size_t got;
    int result;

    meter_phase("entry");
    wolfSSL_Init();
    ctx = context_new();
    ssl = session_new(ctx, &fd);
    meter_phase("setup");
    result = wolfSSL_connect(ssl);
    if (result != WOLFSSL_SUCCESS) {
        meter_fail("handshake", wolfSSL_get_error(ssl, result));
    }
    check(wolfSSL_UnloadCertsKeys(ssl), "unload keys");
    check(wolfSSL_CTX_UnloadCAs(ctx), "unload anchors");
    meter_phase("handshake");
    got = fetch(ssl);
    wolfSSL_free(ssl);
    wolfSSL_CTX_free(ctx);
    wolfSSL_Cleanup();
    meter_phase("close");
    return got < 65536;
}
