/* Mbed TLS used directly, the way a careful program does: name resolved, each address tried, host
 * name and chain verified, close_notify sent, everything freed. Its configuration is the one that
 * ESP-TLS's Kconfig gives; its sources are compiled a second time, without ESP-TLS. What that
 * configuration leaves to the program is here: memory, randomness, time, locks. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "psa/crypto.h"
#if defined(MBEDTLS_THREADING_C)
#include "mbedtls/threading.h"
#endif

#include "bench_certs.h"
#include "esp_mem.h"
#include "speed.h"

struct speed_connection {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt ca;
    int fd;
};

/* --- what Mbed TLS is configured to ask for --------------------------------------------------- */

void *esp_mbedtls_mem_calloc(size_t n, size_t size)
{
    return calloc(n, size);
}

void esp_mbedtls_mem_free(void *ptr)
{
    free(ptr);
}

#if defined(MBEDTLS_HAVE_TIME)
time_t esp_mbedtls_time(time_t *out)
{
    return time(out);
}
#endif

static int rng(void *arg, unsigned char *buf, size_t len)
{
    (void)arg;
    return getrandom(buf, len, 0) == (ssize_t)len ? 0 : -1;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t size, size_t *len)
{
    (void)context;
    *len = size;
    return rng(NULL, output, size) == 0 ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}

#if defined(MBEDTLS_THREADING_ALT)
static void mutex_init(mbedtls_threading_mutex_t *mutex)
{
    mutex->usable = plat_mutex_init(&mutex->mutex) == 0;
}

static void mutex_free(mbedtls_threading_mutex_t *mutex)
{
    if (mutex->usable) {
        plat_mutex_clear(&mutex->mutex);
    }
}

static int mutex_lock(mbedtls_threading_mutex_t *mutex)
{
    if (!mutex->usable) {
        return MBEDTLS_ERR_THREADING_MUTEX_ERROR;
    }
    plat_mutex_lock(&mutex->mutex);
    return 0;
}

static int mutex_unlock(mbedtls_threading_mutex_t *mutex)
{
    if (!mutex->usable) {
        return MBEDTLS_ERR_THREADING_MUTEX_ERROR;
    }
    plat_mutex_unlock(&mutex->mutex);
    return 0;
}
#endif

static void prepare(void)
{
    static bool is_prepared;

    if (!is_prepared) {
#if defined(MBEDTLS_THREADING_ALT)
        mbedtls_threading_set_alt(mutex_init, mutex_free, mutex_lock, mutex_unlock);
#endif
        is_prepared = psa_crypto_init() == PSA_SUCCESS;
    }
}

/* --- TLS -------------------------------------------------------------------------------------- */

static int bio_send(void *arg, const unsigned char *buf, size_t len)
{
    ssize_t n = send(((struct speed_connection *)arg)->fd, buf, len, MSG_NOSIGNAL);

    return n < 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : (int)n;
}

static int bio_recv(void *arg, unsigned char *buf, size_t len)
{
    ssize_t n = recv(((struct speed_connection *)arg)->fd, buf, len, 0);

    return n < 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : (int)n;
}

#if defined(CONFIG_ESP_TLS_P256M) && UINTPTR_MAX == UINT32_MAX
/** The same key share as ESP-TLS sends: it prefers the curve for which p256-m is there. */
static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                  MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
                                  MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, 0};
#endif

static int configure(struct speed_connection *c, const struct speed_job *job)
{
    mbedtls_ssl_protocol_version version =
        job->version == 12 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3;
    int ret = mbedtls_ssl_config_defaults(&c->conf, MBEDTLS_SSL_IS_CLIENT,
                                          MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

    if (ret == 0) {
        ret = job->rsa ? mbedtls_x509_crt_parse_der(&c->ca, rsa_root, sizeof(rsa_root))
                       : mbedtls_x509_crt_parse_der(&c->ca, ec_root, sizeof(ec_root));
    }
    if (ret != 0) {
        return ret;
    }
#if defined(CONFIG_ESP_TLS_P256M) && UINTPTR_MAX == UINT32_MAX
    mbedtls_ssl_conf_groups(&c->conf, groups);
#endif
    mbedtls_ssl_conf_rng(&c->conf, rng, NULL);
    mbedtls_ssl_conf_authmode(&c->conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&c->conf, &c->ca, NULL);
    mbedtls_ssl_conf_min_tls_version(&c->conf, version);
    mbedtls_ssl_conf_max_tls_version(&c->conf, version);
    ret = mbedtls_ssl_setup(&c->ssl, &c->conf);
    return ret == 0 ? mbedtls_ssl_set_hostname(&c->ssl, "localhost") : ret;
}

void speed_close(struct speed_connection *c)
{
    if (c->fd >= 0) {
        (void)mbedtls_ssl_close_notify(&c->ssl);
        close(c->fd);
    }
    mbedtls_ssl_free(&c->ssl);
    mbedtls_ssl_config_free(&c->conf);
    mbedtls_x509_crt_free(&c->ca);
    free(c);
}

struct speed_connection *speed_open(const struct speed_job *job)
{
    struct speed_connection *c = calloc(1, sizeof(*c));
    int ret;

    if (c == NULL) {
        return NULL;
    }
    prepare();
    c->fd = -1;
    mbedtls_ssl_init(&c->ssl);
    mbedtls_ssl_config_init(&c->conf);
    mbedtls_x509_crt_init(&c->ca);
    ret = configure(c, job);
    if (ret == 0) {
        c->fd = speed_connect(job);
        mbedtls_ssl_set_bio(&c->ssl, c, bio_send, bio_recv, NULL);
        ret = c->fd < 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : mbedtls_ssl_handshake(&c->ssl);
    }
    if (ret != 0) {
        fprintf(stderr, "direct: -0x%x\n", (unsigned)-ret);
        speed_close(c);
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
