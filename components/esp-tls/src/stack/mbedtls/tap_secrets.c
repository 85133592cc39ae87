/* The secrets of a handshake, for observers. */
#include "mbed.h"

/* RFC 9850 section 2. */
static const struct {
    mbedtls_ssl_key_export_type type;
    const char *label;
} labels[] = {
    {MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET, "CLIENT_RANDOM"},
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    {MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_EARLY_SECRET, "CLIENT_EARLY_TRAFFIC_SECRET"},
    {MBEDTLS_SSL_KEY_EXPORT_TLS1_3_EARLY_EXPORTER_SECRET, "EARLY_EXPORTER_SECRET"},
    {MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET,
     "CLIENT_HANDSHAKE_TRAFFIC_SECRET"},
    {MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET,
     "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
    {MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET, "CLIENT_TRAFFIC_SECRET_0"},
    {MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET, "SERVER_TRAFFIC_SECRET_0"},
#endif
};

static void on_secret(void *ctx, mbedtls_ssl_key_export_type type, const unsigned char *secret,
                      size_t len, const unsigned char client_random[32],
                      const unsigned char server_random[32], mbedtls_tls_prf_types prf)
{
    const struct mbed *m = ctx;

    (void)server_random;
    (void)prf;
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (labels[i].type == type) {
            et_observers_secret(m->io.observed,
                                &(struct conn_secret){.label = labels[i].label,
                                                      .client_random = client_random,
                                                      .secret = secret,
                                                      .len = len});
        }
    }
}

void et_mbed_tap_start(struct mbed *m)
{
    if (et_observers_want(m->io.observed, WATCH_SECRETS)) {
        mbedtls_ssl_set_export_keys_cb(&m->ssl, on_secret, m);
    }
}
