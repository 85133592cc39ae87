/* Own certificate chain and private key. Both are checked when they are set, and the chain is sent
 * from its DER. How long they are in memory says the one of key_on_demand.c and key_kept.c that is
 * built. */
#include "identity.h"

#include <string.h>

/* --- setting: check, and forget what the check made ------------------------------------------- */

int et_mbed_identity_parse_key(const struct stack_identity *source, mbedtls_pk_context *key)
{
    if (source->key == NULL) {
#if defined(MBEDTLS_USE_PSA_CRYPTO)
        return mbedtls_pk_setup_opaque(key, source->psa_key_id);
#else
        return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE; /* the system's Mbed TLS */
#endif
    }
    return mbedtls_pk_parse_key(key, source->key, source->key_len, source->password,
                                source->password != NULL ? source->password_len : 0, et_mbed_random,
                                NULL);
}

struct leaf {
    unsigned certs;
    mbedtls_pk_context *key; /* private */
    int pair;                /* does the first certificate's key fit? Mbed TLS's code */
};

#if defined(MBEDTLS_PK_WRITE_C)
/** Is the certificate's key the public half of this one? Compared as bytes, which also serves the
 *  keys that PSA holds. @return 0 or Mbed TLS's code */
static int compare_keys(const mbedtls_x509_crt *crt, const mbedtls_pk_context *key)
{
    unsigned char *buf;
    unsigned char *p;
    int ret;

    if (mbedtls_pk_get_bitlen(key) != mbedtls_pk_get_bitlen(&crt->pk)) {
        return MBEDTLS_ERR_PK_TYPE_MISMATCH;
    }
    buf = mbedtls_calloc(1, crt->pk_raw.len);
    if (buf == NULL) {
        return MBEDTLS_ERR_PK_ALLOC_FAILED;
    }
    p = buf + crt->pk_raw.len;
    ret = mbedtls_pk_write_pubkey(&p, buf, key);
    /* SubjectPublicKeyInfo ends in the key's bits (RFC 5280 section 4.1) */
    if (ret > 0 && memcmp(crt->pk_raw.p + crt->pk_raw.len - ret, p, (size_t)ret) != 0) {
        ret = MBEDTLS_ERR_PK_TYPE_MISMATCH;
    }
    mbedtls_free(buf);
    return ret > 0 ? 0 : ret;
}
#else
static int compare_keys(const mbedtls_x509_crt *crt, const mbedtls_pk_context *key)
{
    (void)crt;
    (void)key;
    return 0;
}
#endif

static bool look_at_cert(void *arg, const uint8_t *der, size_t len)
{
    struct leaf *leaf = arg;
    mbedtls_x509_crt crt;

    if (leaf->certs++ > 0 || mbedtls_pk_get_type(leaf->key) == MBEDTLS_PK_NONE) {
        return true;
    }
    mbedtls_x509_crt_init(&crt);
    leaf->pair = et_mbed_crt_parse(&crt, der, len, true);
    if (leaf->pair == 0) {
        leaf->pair = compare_keys(&crt, leaf->key);
    }
    mbedtls_x509_crt_free(&crt);
    return true;
}

static tls_status fail_option(struct mbed *m, int code, esp_err_t esp, const char *option)
{
    if (m->io.err->status == TLS_OK) {
        m->io.err->option = option;
    }
    return et_mbed_fail(m, code, esp);
}

/* --- the chain, for as long as it is being sent ----------------------------------------------- */

/** Is the DER in the caller's buffer, or (PEM) in one that goes away? */
static bool is_borrowed(const struct mbed_identity *own, const uint8_t *der)
{
    return der >= own->source.cert && der < own->source.cert + own->source.cert_len;
}

/** Mbed TLS sends `raw` of each certificate and looks at nothing else of a client's chain. */
static bool add_raw(void *arg, const uint8_t *der, size_t len)
{
    struct mbed_identity *own = arg;
    mbedtls_x509_crt **last = &own->chain;
    mbedtls_x509_crt *crt = mbedtls_calloc(1, sizeof(*crt));

    if (crt == NULL) {
        return false;
    }
    mbedtls_x509_crt_init(crt);
    crt->raw.p = (unsigned char *)der;
    crt->raw.len = len;
    if (!is_borrowed(own, der)) {
        crt->raw.p = mbedtls_calloc(1, len);
        if (crt->raw.p == NULL) {
            mbedtls_free(crt);
            return false;
        }
        memcpy(crt->raw.p, der, len);
        crt->own_buffer = 1;
    }
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = crt;
    return true;
}

void et_mbed_identity_chain_clear(struct mbed *m)
{
    struct mbed_identity *own = m->own;

    while (own->chain != NULL) {
        mbedtls_x509_crt *crt = own->chain;

        own->chain = crt->next;
        if (crt->own_buffer) {
            mbedtls_free(crt->raw.p);
        }
        mbedtls_free(crt);
    }
    /* the list has the one entry that mbedtls_ssl_conf_own_cert() made */
    mbedtls_free(m->conf.key_cert);
    m->conf.key_cert = NULL;
}

int et_mbed_identity_chain_have(struct mbed *m)
{
    int code;

    if (m->own->chain != NULL) {
        return 0;
    }
    code = et_mbed_walk_checked(m->own->source.cert, m->own->source.cert_len, add_raw, m->own);
    if (m->own->chain == NULL || m->io.account->failure.size != 0) {
        et_mbed_identity_chain_clear(m);
        return code != 0 ? code : MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    return mbedtls_ssl_conf_own_cert(&m->conf, m->own->chain, &m->own->key);
}

size_t et_mbed_identity_chain_len(const struct mbed *m)
{
    size_t n = 0;

    for (const mbedtls_x509_crt *crt = m->own != NULL ? m->own->chain : NULL; crt != NULL;
         crt = crt->next) {
        n += 3 + crt->raw.len + 2; /* RFC 8446 section 4.4.2: length, certificate, extensions */
    }
    return n;
}

/* --- the key, for as long as it signs --------------------------------------------------------- */

void et_mbed_identity_key_clear(struct mbed *m)
{
    mbedtls_pk_free(&m->own->key);
    mbedtls_pk_init(&m->own->key);
    if (m->own->slot != 0) {
        (void)psa_destroy_key(m->own->slot);
        m->own->slot = 0;
    }
}

size_t et_mbed_identity_signature_len(const struct mbed *m)
{
    size_t len;

    if (m->own == NULL) {
        return 0;
    }
    /* RSA: the modulus; ECDSA: two integers in DER (RFC 3279 section 2.2.3), at most 9 bytes more
     * than twice the curve's size */
    len = (mbedtls_pk_get_bitlen(&m->own->key) + 7) / 8;
    return mbedtls_pk_can_do(&m->own->key, MBEDTLS_PK_RSA) ? len : 2 * len + 9;
}

/* --- what is kept between the steps ----------------------------------------------------------- */

/** A chain with a gap would be refused by the peer: all of it must parse. */
static tls_status check_chain(struct mbed *m, const struct stack_identity *source)
{
    struct leaf leaf = {.key = &m->own->key};
    unsigned bad = 0;
    int code = et_mbed_walk_certs(source->cert, source->cert_len, look_at_cert, &leaf, &bad);

    if (code != 0 || leaf.certs == 0) {
        code = code != 0 ? code : MBEDTLS_ERR_X509_CERT_UNKNOWN_FORMAT;
        return fail_option(m, code, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, "clientcert_buf");
    }
    /* Some kinds of key cannot be compared: only those that are known to differ are refused. */
    if (leaf.pair == MBEDTLS_ERR_PK_TYPE_MISMATCH || et_mbed_is_no_mem(leaf.pair)) {
        return fail_option(m, leaf.pair, ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED,
                           source->key != NULL ? "clientkey_buf" : "client_key");
    }
    return TLS_OK;
}

static tls_status set_identity(struct mbed *m, const struct stack_identity *source)
{
    tls_status st;
    int ret;

    m->own = mbedtls_calloc(1, sizeof(*m->own));
    if (m->own == NULL) {
        return et_mbed_fail(m, MBEDTLS_ERR_SSL_ALLOC_FAILED, 0);
    }
    m->own->source = *source;
    mbedtls_pk_init(&m->own->key);
    ret = et_mbed_identity_parse_key(source, &m->own->key);
    if (ret != 0) {
        /* a fault of the certificate is reported before one of the key */
        st = check_chain(m, source);
        return st != TLS_OK ? st
                            : fail_option(m, ret, ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED,
                                          source->key != NULL ? "clientkey_buf" : "client_key");
    }
    st = check_chain(m, source);
    return st == TLS_OK ? et_mbed_identity_keep(m) : st;
}

tls_status et_mbed_set_identity(void *ctx, const struct stack_identity *identity)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    tls_status st;

    et_mbed_enter(&scope, m, PLAT_MEM_KEY);
    st = set_identity(m, identity);
    et_mbed_leave(&scope);
    return st;
}

/* --- when ------------------------------------------------------------------------------------- */

/** A Certificate message is sent in one record. Mbed TLS's own check of its length subtracts
 *  unsigned: with a buffer that ends just behind one certificate, it takes the next however long
 *  that is. */
int et_mbed_identity_check_room(struct mbed *m)
{
    const size_t in_front = 4 + 1 + 3; /* type and length, context, length of the list */

    if (in_front + et_mbed_identity_chain_len(m) <= et_buffers_max_message(m)) {
        return 0;
    }
    if (m->io.err->status == TLS_OK) {
        m->io.err->option = "clientcert_buf";
    }
    return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
}

/** Has the server asked for a certificate? Another library's state cannot be looked into. */
bool et_mbed_identity_is_asked_for(const struct mbed *m)
{
#ifdef ESP_TLS_SYSTEM_MBEDTLS
    return m->own != NULL;
#else
    return m->own != NULL && m->ssl.handshake->client_auth;
#endif
}

void et_mbed_identity_clear(struct mbed *m)
{
    if (m->own != NULL) {
        et_mbed_identity_chain_clear(m);
        et_mbed_identity_key_clear(m);
        mbedtls_free(m->own);
        m->own = NULL;
    }
}
