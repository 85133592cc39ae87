/* Mbed TLS as it is, used the way its own examples do: "mbedtls" with its default configuration and
 * its entropy and CTR_DRBG modules, "mbedtls-tuned" with peers/mbedtls_tuned.h, the platform's
 * generator, and certificates that refer to the caller's memory. */
#include <string.h>

#include "mbedtls/pk.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "psa/crypto.h"
#if !defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/entropy.h"
#endif

#include "bench_certs.h"
#include "meter.h"

struct client {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt ca;
    mbedtls_x509_crt cert;
    mbedtls_pk_context key;
    int fd;
#if !defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
#endif
};

static void check(int code, const char *what)
{
    if (code != 0) {
        meter_fail(what, code);
    }
}

static int bio_send(void *arg, const unsigned char *buf, size_t len)
{
    return meter_send(((struct client *)arg)->fd, buf, len);
}

static int bio_recv(void *arg, unsigned char *buf, size_t len)
{
    return meter_recv(((struct client *)arg)->fd, buf, len);
}

/* --- what differs between the two --------------------------------------------------------------
 */

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)

const char meter_client[] = "mbedtls-tuned";
#define parse_crt mbedtls_x509_crt_parse_der_nocopy

static int rng(void *arg, unsigned char *buf, size_t len)
{
    (void)arg;
    return meter_random(buf, len);
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t size, size_t *len)
{
    (void)context;
    *len = size;
    return meter_random(output, size) == 0 ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}

static void random_start(struct client *c)
{
    mbedtls_ssl_conf_rng(&c->conf, rng, NULL);
}

static void random_end(struct client *c)
{
    (void)c;
}

static int parse_key(struct client *c, const unsigned char *der, size_t len)
{
    return mbedtls_pk_parse_key(&c->key, der, len, NULL, 0, rng, NULL);
}

#else

const char meter_client[] = "mbedtls";
#define parse_crt mbedtls_x509_crt_parse_der

static void random_start(struct client *c)
{
    mbedtls_entropy_init(&c->entropy);
    mbedtls_ctr_drbg_init(&c->drbg);
    check(mbedtls_ctr_drbg_seed(&c->drbg, mbedtls_entropy_func, &c->entropy, NULL, 0), "seed");
    mbedtls_ssl_conf_rng(&c->conf, mbedtls_ctr_drbg_random, &c->drbg);
}

static void random_end(struct client *c)
{
    mbedtls_ctr_drbg_free(&c->drbg);
    mbedtls_entropy_free(&c->entropy);
}

static int parse_key(struct client *c, const unsigned char *der, size_t len)
{
    return mbedtls_pk_parse_key(&c->key, der, len, NULL, 0, mbedtls_ctr_drbg_random, &c->drbg);
}

#endif

/* --- set-up ------------------------------------------------------------------------------------
 */

static void set_versions(struct client *c)
{
    mbedtls_ssl_protocol_version version =
        meter_job.version == 12 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3;

    mbedtls_ssl_conf_min_tls_version(&c->conf, version);
    mbedtls_ssl_conf_max_tls_version(&c->conf, version);
}

/** The share that the client sends is the first: P-256 for everybody. */
static void set_choices(struct client *c)
{
    static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                      MBEDTLS_SSL_IANA_TLS_GROUP_X25519, 0};
    static const int suites[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                 MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                                 MBEDTLS_TLS1_3_AES_128_GCM_SHA256, 0};

    mbedtls_ssl_conf_groups(&c->conf, groups);
    mbedtls_ssl_conf_ciphersuites(&c->conf, suites);
}

static void set_identity(struct client *c)
{
    check(meter_job.rsa ? parse_crt(&c->cert, rsa_cli, sizeof(rsa_cli))
                        : parse_crt(&c->cert, ec_cli, sizeof(ec_cli)),
          "own certificate");
    check(meter_job.rsa ? parse_key(c, rsa_cli_key, sizeof(rsa_cli_key))
                        : parse_key(c, ec_cli_key, sizeof(ec_cli_key)),
          "own key");
    check(mbedtls_ssl_conf_own_cert(&c->conf, &c->cert, &c->key), "own certificate");
}

static struct client *client_new(void)
{
    struct client *c = meter_malloc(sizeof(*c));

    mbedtls_ssl_init(&c->ssl);
    mbedtls_ssl_config_init(&c->conf);
    mbedtls_x509_crt_init(&c->ca);
    mbedtls_x509_crt_init(&c->cert);
    mbedtls_pk_init(&c->key);
    check((int)psa_crypto_init(), "psa_crypto_init");
    check(mbedtls_ssl_config_defaults(&c->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                      MBEDTLS_SSL_PRESET_DEFAULT),
          "defaults");
    random_start(c);
    set_versions(c);
    set_choices(c);
    check(meter_job.rsa ? parse_crt(&c->ca, rsa_root, sizeof(rsa_root))
                        : parse_crt(&c->ca, ec_root, sizeof(ec_root)),
          "CA");
    mbedtls_ssl_conf_ca_chain(&c->conf, &c->ca, NULL);
    if (meter_job.mutual) {
        set_identity(c);
    }
    check(mbedtls_ssl_setup(&c->ssl, &c->conf), "setup");
    check(mbedtls_ssl_set_hostname(&c->ssl, "localhost"), "hostname");
    c->fd = meter_connect();
    mbedtls_ssl_set_bio(&c->ssl, c, bio_send, bio_recv, NULL);
    return c;
}

static void client_free(struct client *c)
{
    mbedtls_ssl_free(&c->ssl);
    mbedtls_ssl_config_free(&c->conf);
    mbedtls_x509_crt_free(&c->ca);
    mbedtls_x509_crt_free(&c->cert);
    mbedtls_pk_free(&c->key);
    random_end(c);
    mbedtls_psa_crypto_free();
    meter_free(c);
}

/* --- run ----------------------------------------------------------------------------------------
 */

static size_t fetch(struct client *c)
{
    char request[64];
    size_t len = meter_request(request, sizeof(request));
    size_t got = 0;
    int n;

    if (mbedtls_ssl_write(&c->ssl, (const unsigned char *)request, len) != (int)len) {
        meter_fail("write", 0);
    }
    meter_phase("write");
    for (;;) {
        n = mbedtls_ssl_read(&c->ssl, meter_app, sizeof(meter_app));
        if (n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET || n == MBEDTLS_ERR_SSL_WANT_READ) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        got += (size_t)n;
    }
    if (n != 0 && n != MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        meter_fail("read", n);
    }
    meter_phase("download");
    return got;
}

int meter_run(void)
{
    struct client *c;
    size_t got;

    meter_phase("entry");
    c = client_new();
    meter_phase("setup");
    check(mbedtls_ssl_handshake(&c->ssl), "handshake");
    meter_phase("handshake");
    got = fetch(c);
    client_free(c);
    meter_phase("close");
    return got < 65536;
}
