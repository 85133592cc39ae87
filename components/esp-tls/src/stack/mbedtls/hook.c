/* crt_bundle_attach: a function of the application's, most often esp_crt_bundle_attach(), says in
 * Mbed TLS's own configuration whom to trust. Whatever else it sets there, the server is verified,
 * by this stack's callback, and by the application's after it. */
#include "mbed.h"

tls_status et_mbed_set_hook(void *ctx, esp_err_t (*hook)(void *conf))
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    bool has_anchors;
    esp_err_t err;

    et_mbed_enter(&scope, m, PLAT_MEM_CERTIFICATE);
    err = hook(&m->conf);
    et_mbed_leave(&scope);
    has_anchors = m->conf.f_ca_cb != NULL || m->conf.ca_chain != NULL;
    if (err != ESP_OK || !has_anchors) {
        return et_error_option(m->io.err, err == ESP_ERR_NO_MEM ? TLS_NO_MEM : TLS_INVALID_STATE,
                               err, "crt_bundle_attach");
    }
    mbedtls_ssl_conf_authmode(&m->conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    if (m->conf.f_vrfy != et_mbed_verify) {
        m->callback = (struct mbed_callback){m->conf.f_vrfy, m->conf.p_vrfy};
        mbedtls_ssl_conf_verify(&m->conf, et_mbed_verify, m);
    }
    return TLS_OK;
}

int et_mbed_ask_application(struct mbed *m, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    const uint32_t found = *flags;
    int ret = m->callback.fn != NULL ? m->callback.fn(m->callback.ctx, crt, depth, flags) : 0;

    *flags |= found; /* it may refuse what we accept, and not the other way round */
    return ret;
}
