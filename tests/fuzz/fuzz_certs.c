/* Certificates and keys of the application's: the global store, cacert_buf, the client's chain, its
 * key plain and with a password. The first byte says which; the rest is the buffer. */
#include "sim_fuzz.h"

#include <stdlib.h>

/** As the application would have it: a block of exactly that size. */
static unsigned char *copy_of(const uint8_t *data, size_t size)
{
    unsigned char *copy = malloc(size + (size == 0));

    sim_must(copy != NULL);
    memcpy(copy, data, size);
    return copy;
}

static void use_store(const unsigned char *buf, unsigned len)
{
    esp_err_t err = esp_tls_set_global_ca_store(buf, len);
    unsigned n = 0;

    for (const mbedtls_x509_crt *crt = esp_tls_get_global_ca_store(); crt != NULL;
         crt = crt->next) {
        n += crt->raw.p != NULL;
    }
    sim_must(err == ESP_OK || err == ESP_ERR_MBEDTLS_CERT_PARTLY_OK ? n > 0 : n == 0);
}

static void fill(esp_tls_cfg_t *cfg, unsigned what, const unsigned char *buf, unsigned len)
{
    if (what == 1) {
        cfg->cacert_buf = buf;
        cfg->cacert_bytes = len;
        return;
    }
    cfg->clientcert_buf = what == 2 ? buf : cert_client_ec_pem;
    cfg->clientcert_bytes = what == 2 ? len : sizeof(cert_client_ec_pem);
    cfg->clientkey_buf = what == 2 ? cert_client_ec_key : buf;
    cfg->clientkey_bytes = what == 2 ? sizeof(cert_client_ec_key) : len;
    if (what == 4) {
        cfg->clientkey_password = cert_password_txt;
        cfg->clientkey_password_len = sizeof(cert_password_txt) - 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_case t;
    unsigned char *buf;
    unsigned what;

    if (size == 0) {
        return 0;
    }
    what = data[0] % 5;
    buf = copy_of(data + 1, size - 1);
    sim_fuzz_open(&t);
    if (what == 0) {
        use_store(buf, (unsigned)(size - 1));
        t.cfg.use_global_ca_store = true;
    } else {
        fill(&t.cfg, what, buf, (unsigned)(size - 1));
    }
    /* the first step looks at the whole configuration; a certificate that passes goes further in
     * fuzz_config */
    (void)esp_tls_conn_new_async("test.example", 12, 443, &t.cfg, t.tls);
    sim_must(sim_case_close(&t) == 0);
    free(buf);
    return 0;
}
