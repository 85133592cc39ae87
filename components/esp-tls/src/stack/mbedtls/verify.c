/* Mbed TLS's verifier decides every chain. This callback, which it calls for each certificate of
 * the chain from the root down, notes where flags first appear and applies the two choices that a
 * configuration has: a name that is not compared, and a clock that is not set. */
#include "mbed.h"

#include "esp_log.h"
#include "plat_clock.h"

static const char TAG[] = "esp-tls-mbedtls";

#define BAD_TIME (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)

/** Validity cannot be judged without a clock: Kconfig says what then (never so on Linux). */
static void judge_time(struct mbed *m, uint32_t *flags)
{
    int64_t now;

    if ((*flags & BAD_TIME) == 0 || plat_wall_clock(&now)) {
        return;
    }
#ifdef CONFIG_ESP_TLS_CLOCK_UNSET_ACCEPT
    ESP_LOGW(TAG, "the clock is not set: the certificate's validity period is NOT checked");
    *flags &= ~(uint32_t)BAD_TIME;
#else
    ESP_LOGW(TAG, "the clock is not set: set it (SNTP) or see CONFIG_ESP_TLS_CLOCK_UNSET");
#endif
    m->io.err->option = "clock";
}

int mbed_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct mbed *m = ctx;

    judge_time(m, flags);
    if (depth == 0 && m->insecure_skip_name) {
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    /* A self-issued server certificate that is itself an anchor is trusted, CA or not: what Mbed
     * TLS does with a list of CAs, and not with a CA callback. */
    if (depth == 0 && (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0 && mbed_is_anchor(m, crt)) {
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    }
    if (*flags != 0 && m->io.err->verify_depth < 0) {
        m->io.err->verify_depth = (int8_t)depth;
        m->refused = crt;
    }
    if (depth == 0 && m->refused != NULL) {
        if (mbed_note_chain != NULL) {
            mbed_note_chain(m, crt);
        }
        m->refused = NULL;
    }
    return 0;
}

int16_t mbed_alert_for(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        int16_t alert;
    } rows[] = {
        {MBEDTLS_X509_BADCERT_OTHER, MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
        {MBEDTLS_X509_BADCERT_KEY_USAGE, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT},
        {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT},
        {MBEDTLS_X509_BADCERT_BAD_PK, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT},
        {MBEDTLS_X509_BADCERT_BAD_KEY, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT},
        {MBEDTLS_X509_BADCERT_EXPIRED, MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED},
        {MBEDTLS_X509_BADCERT_REVOKED, MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((flags & rows[i].flag) != 0) {
            return rows[i].alert;
        }
    }
    return MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN;
}
