/* Own certificate chain and private key. */
#include "mbed.h"

#include <string.h>

static int parse_key(struct mbed_identity *own, const struct stack_identity *identity)
{
    if (identity->key == NULL) {
        return mbedtls_pk_setup_opaque(&own->key, identity->psa_key_id);
    }
    return mbedtls_pk_parse_key(&own->key, identity->key, identity->key_len, identity->password,
                                identity->password != NULL ? identity->password_len : 0,
                                mbed_random, NULL);
}

static tls_status fail_option(struct mbed *m, int code, esp_err_t esp, const char *option)
{
    if (m->io.err->status == TLS_OK) {
        m->io.err->option = option;
    }
    return mbed_fail(m, code, esp);
}

static tls_status set_identity(struct mbed *m, const struct stack_identity *identity)
{
    int ret;

    m->own = mbedtls_calloc(1, sizeof(*m->own));
    if (m->own == NULL) {
        return mbed_fail(m, MBEDTLS_ERR_SSL_ALLOC_FAILED, 0);
    }
    mbedtls_x509_crt_init(&m->own->chain);
    mbedtls_pk_init(&m->own->key);
    ret = mbedtls_x509_crt_parse(&m->own->chain, identity->cert, identity->cert_len);
    if (ret < 0) {
        return fail_option(m, ret, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, "clientcert_buf");
    }
    if (ret > 0) { /* a chain with a gap would be refused by the peer: say so now */
        return fail_option(m, MBEDTLS_ERR_X509_CERT_UNKNOWN_FORMAT,
                           ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, "clientcert_buf");
    }
    ret = parse_key(m->own, identity);
    if (ret != 0) {
        return fail_option(m, ret, ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED,
                           identity->key != NULL ? "clientkey_buf" : "client_key");
    }
    ret = mbedtls_ssl_conf_own_cert(&m->conf, &m->own->chain, &m->own->key);
    return ret == 0 ? TLS_OK : mbed_fail(m, ret, ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED);
}

tls_status mbed_set_identity(void *ctx, const struct stack_identity *identity)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    tls_status st;

    mbed_enter(&scope, m->io.account, PLAT_MEM_KEY);
    st = set_identity(m, identity);
    mbed_leave(&scope);
    return st;
}

void mbed_identity_clear(struct mbed *m)
{
    if (m->own != NULL) {
        mbedtls_x509_crt_free(&m->own->chain);
        mbedtls_pk_free(&m->own->key);
        mbedtls_free(m->own);
        m->own = NULL;
    }
}
