/* Signatures of the peer's certificates, checked after the record that carried them is freed.
 *
 * While Mbed TLS verifies the peer's chain, the record that carries it and the parsed certificates
 * are all in memory; the arithmetic of a signature check comes on top. Here a check only notes what
 * it would compare: hash, signature and the issuer's key. When the step is over, the record and the
 * chain are freed, and then every noted signature is checked. One that is bad ends the handshake.
 *
 * Which certificates form the path is still Mbed TLS's choice, with every signature taken as good.
 * Every signature that it relied on must then hold, so no chain passes that Mbed TLS alone refuses.
 * It may refuse one that Mbed TLS accepts: with two issuers of one name, the first is taken. */
#include "mbed.h"

#include <string.h>

struct mbed_check {
    struct mbed_check *next;
    mbedtls_pk_type_t type;
    mbedtls_md_type_t md;
    mbedtls_pk_rsassa_pss_options pss;
    bool has_pss;
    size_t hash_len;
    size_t sig_len;
    size_t key_len;
    unsigned char data[]; /* hash, signature, SubjectPublicKeyInfo */
};

static struct mbed_check *note(mbedtls_pk_type_t type, const void *options,
                               const mbedtls_x509_buf *key, const unsigned char *hash,
                               size_t hash_len, const unsigned char *sig, size_t sig_len)
{
    struct mbed_check *check = mbedtls_calloc(1, sizeof(*check) + hash_len + sig_len + key->len);

    if (check == NULL) {
        return NULL;
    }
    check->type = type;
    check->hash_len = hash_len;
    check->sig_len = sig_len;
    check->key_len = key->len;
    if (options != NULL) {
        check->pss = *(const mbedtls_pk_rsassa_pss_options *)options;
        check->has_pss = true;
    }
    memcpy(check->data, hash, hash_len);
    memcpy(check->data + hash_len, sig, sig_len);
    memcpy(check->data + hash_len + sig_len, key->p, key->len);
    return check;
}

bool et_mbed_checks_note(int *ret, mbedtls_pk_type_t type, const void *options,
                         mbedtls_pk_context *ctx, mbedtls_md_type_t md_alg,
                         const unsigned char *hash, size_t hash_len, const unsigned char *sig,
                         size_t sig_len)
{
    struct mbed *m = et_mbed_current();
    const mbedtls_x509_crt *issuer;
    struct mbed_check *check;

    if (m == NULL || !m->deferring) {
        return false;
    }
    issuer = (const mbedtls_x509_crt *)(const void *)((const char *)ctx -
                                                      offsetof(mbedtls_x509_crt, pk));
    check = note(type, options, &issuer->pk_raw, hash, hash_len, sig, sig_len);
    if (check == NULL) {
        *ret = MBEDTLS_ERR_PK_ALLOC_FAILED;
        return true;
    }
    check->md = md_alg;
    check->next = m->checks;
    m->checks = check;
    *ret = 0;
    return true;
}

static int check_one(struct mbed_check *check)
{
    unsigned char *key = check->data + check->hash_len + check->sig_len;
    mbedtls_pk_context pk;
    int ret;

    mbedtls_pk_init(&pk);
    ret = mbedtls_pk_parse_subpubkey(&key, key + check->key_len, &pk);
    if (ret == 0) {
        ret = et_mbed_pk_verify_now(check->type, check->has_pss ? &check->pss : NULL, &pk,
                                    check->md, check->data, check->hash_len,
                                    check->data + check->hash_len, check->sig_len);
    }
    mbedtls_pk_free(&pk);
    return ret;
}

void et_mbed_checks_clear(struct mbed *m)
{
    while (m->checks != NULL) {
        struct mbed_check *check = m->checks;

        m->checks = check->next;
        mbedtls_free(check);
    }
}

void et_mbed_checks_begin(struct mbed *m, int state)
{
    m->deferring = state == MBEDTLS_SSL_SERVER_CERTIFICATE;
}

/** A signature did not hold: the same as if Mbed TLS had found it while it verified the chain. */
static int refuse(struct mbed *m)
{
    int depth = 0; /* so many checks are left: those of the certificates below the refused one */

    for (const struct mbed_check *check = m->checks; check != NULL; check = check->next) {
        depth++;
    }
    m->io.err->verify_depth = (int8_t)depth;
    m->io.err->option = "signature";
    if (m->ssl.session_negotiate != NULL) {
        m->ssl.session_negotiate->verify_result |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    }
    m->ssl.alert_type = MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
    (void)mbedtls_ssl_send_alert_message(&m->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                         MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA);
    return MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
}

int et_mbed_checks_run(struct mbed *m)
{
    int ret = 0;

    m->deferring = false;
    if (m->ssl.state == MBEDTLS_SSL_SERVER_CERTIFICATE) {
        return 0;
    }
    while (ret == 0 && m->checks != NULL) {
        struct mbed_check *check = m->checks;

        ret = check_one(check);
        m->checks = check->next;
        mbedtls_free(check);
    }
    if (ret == 0) {
        return 0;
    }
    ret = m->io.account->failure.size != 0 ? MBEDTLS_ERR_X509_ALLOC_FAILED : refuse(m);
    et_mbed_checks_clear(m);
    return ret;
}
