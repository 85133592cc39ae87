/* Trust anchors. They are checked when they are set and then kept as they are (the caller's PEM or
 * DER, or the store's DER): the verifier asks for the issuer of one certificate at a time, and only
 * the anchors of that name are parsed, for as long as it looks at them. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/pem.h"

#include "esp_log.h"

static const char TAG[] = "esp-tls-mbedtls";

/* --- splitting a buffer into certificates ----------------------------------------------------- */

/** Length of the DER element that starts the buffer, or 0. */
static size_t der_len(const uint8_t *buf, size_t len)
{
    unsigned char *p = (unsigned char *)buf;
    size_t content;

    if (mbedtls_asn1_get_tag(&p, buf + len, &content,
                             MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0) {
        return 0;
    }
    return (size_t)(p - buf) + content;
}

static int parse_check(const uint8_t *der, size_t len)
{
    mbedtls_x509_crt crt;
    int ret;

    mbedtls_x509_crt_init(&crt);
    ret = et_mbed_crt_parse(&crt, der, len, true);
    mbedtls_x509_crt_free(&crt);
    return ret != 0 && et_mbed_is_starved() ? MBEDTLS_ERR_X509_ALLOC_FAILED : ret;
}

/** @return 0, the parser's code, or a no-memory code that ends the walk */
static int walk_der(const uint8_t *buf, size_t len, stack_cert_fn fn, void *arg, unsigned *bad,
                    bool checked)
{
    int code = 0;

    while (len > 0 && buf[0] != 0) { /* embedded files end in a NUL */
        size_t n = der_len(buf, len);
        int ret = checked && n != 0 ? 0 : parse_check(buf, n != 0 ? n : len);

        if (et_mbed_is_no_mem(ret)) {
            return ret;
        }
        if (ret != 0) {
            (*bad)++;
            code = code != 0 ? code : ret;
        } else if (!fn(arg, buf, n)) {
            return code;
        }
        if (n == 0) {
            return code;
        }
        buf += n;
        len -= n;
    }
    return code;
}

#if defined(MBEDTLS_PEM_PARSE_C)
static int walk_pem(const uint8_t *buf, size_t len, stack_cert_fn fn, void *arg, unsigned *bad,
                    bool checked)
{
    int code = 0;
    bool more = true;

    while (more && len > 1) {
        mbedtls_pem_context pem;
        size_t used = 0;
        int ret;

        mbedtls_pem_init(&pem);
        ret = mbedtls_pem_read_buffer(&pem, "-----BEGIN CERTIFICATE-----",
                                      "-----END CERTIFICATE-----", buf, NULL, 0, &used);
        if (ret == 0) {
            ret = checked ? 0 : parse_check(pem.buf, pem.buflen);
            more = ret != 0 || fn(arg, pem.buf, pem.buflen);
        }
        mbedtls_pem_free(&pem);
        if (ret == MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT && used == 0) {
            return code; /* no further certificate */
        }
        if (et_mbed_is_no_mem(ret)) {
            return ret;
        }
        if (ret != 0) {
            (*bad)++;
            code = code != 0 ? code : ret;
            if (used == 0) {
                return code;
            }
        }
        buf += used;
        len -= used;
    }
    return code;
}

static bool is_pem(const uint8_t *buf, size_t len)
{
    return len > 0 && buf[len - 1] == '\0' &&
           strstr((const char *)buf, "-----BEGIN CERTIFICATE-----") != NULL;
}
#endif

static int walk(const uint8_t *buf, size_t len, stack_cert_fn fn, void *arg, unsigned *bad,
                bool checked)
{
#if defined(MBEDTLS_PEM_PARSE_C)
    if (is_pem(buf, len)) {
        return walk_pem(buf, len, fn, arg, bad, checked);
    }
#endif
    return walk_der(buf, len, fn, arg, bad, checked);
}

int et_mbed_walk_certs(const uint8_t *buf, size_t len, stack_cert_fn fn, void *arg, unsigned *bad)
{
    return walk(buf, len, fn, arg, bad, false);
}

int et_mbed_walk_checked(const uint8_t *buf, size_t len, stack_cert_fn fn, void *arg)
{
    unsigned bad = 0;

    return walk(buf, len, fn, arg, &bad, true);
}

tls_status et_mbed_each_cert(struct plat_account *account, const uint8_t *buf, size_t len,
                             stack_cert_fn fn, void *arg, unsigned *bad, int *code)
{
    struct mbed_scope scope;

    *bad = 0;
    if (et_mbed_prepare() != 0) {
        *code = PSA_ERROR_INSUFFICIENT_ENTROPY;
        return TLS_STACK;
    }
    et_mbed_enter(&scope, NULL, PLAT_MEM_CERTIFICATE);
    scope.account = account;
    *code = et_mbed_walk_certs(buf, len, fn, arg, bad);
    et_mbed_leave(&scope);
    if (et_mbed_is_no_mem(*code)) {
        return TLS_NO_MEM;
    }
    return TLS_OK;
}

/* --- anchors of a connection ------------------------------------------------------------------ */

int et_mbed_each_anchor(struct mbed *m, stack_cert_fn fn, void *arg)
{
    if (m->anchors.buf != NULL) {
        int code = et_mbed_walk_checked(m->anchors.buf, m->anchors.len, fn, arg);

        /* a warning in the log named the bad ones */
        return code == MBEDTLS_ERR_PEM_ALLOC_FAILED ? code : 0;
    }
    for (const struct anchor *a = NULL; m->anchors.store != NULL;) {
        a = et_anchor_store_next(m->anchors.store, a);
        if (a == NULL || !fn(arg, a->der, a->len)) {
            break;
        }
    }
    return 0;
}

struct same {
    const mbedtls_x509_crt *crt;
    bool found;
};

static bool compare_whole(void *arg, const uint8_t *der, size_t len)
{
    struct same *s = arg;

    s->found = len == s->crt->raw.len && memcmp(der, s->crt->raw.p, len) == 0;
    return !s->found;
}

bool et_mbed_is_anchor(struct mbed *m, const mbedtls_x509_crt *crt)
{
    struct same s = {.crt = crt};

    if (et_mbed_is_self_issued(crt)) {
        (void)et_mbed_each_anchor(m, compare_whole, &s);
    }
    return s.found;
}

/* Anchors are parsed when they are asked for where Mbed TLS can ask, and where Kconfig wants them
 * gone after their use; otherwise all of them once, for as long as the connection. */
#if defined(MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK) &&                                          \
    defined(CONFIG_MBEDTLS_DYNAMIC_FREE_CA_CERT)
/** Find the subject's Name in a certificate (RFC 5280 section 4.1) without parsing the rest. */
static bool der_subject(const uint8_t *der, size_t len, const uint8_t **name, size_t *name_len)
{
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    unsigned char *p = (unsigned char *)der;
    const unsigned char *end = der + len;
    size_t n;

    if (mbedtls_asn1_get_tag(&p, end, &n, sequence) != 0 || /* Certificate */
        mbedtls_asn1_get_tag(&p, end, &n, sequence) != 0) { /* TBSCertificate */
        return false;
    }
    if (mbedtls_asn1_get_tag(&p, end, &n,
                             MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED) == 0) {
        p += n; /* version */
    }
    if (mbedtls_asn1_get_tag(&p, end, &n, MBEDTLS_ASN1_INTEGER) != 0) { /* serialNumber */
        return false;
    }
    p += n;
    for (int skip = 0; skip < 3; skip++) { /* signature, issuer, validity */
        if (mbedtls_asn1_get_tag(&p, end, &n, sequence) != 0) {
            return false;
        }
        p += n;
    }
    *name = p;
    if (mbedtls_asn1_get_tag(&p, end, &n, sequence) != 0) {
        return false;
    }
    *name_len = (size_t)(p - *name) + n;
    return true;
}

struct candidates {
    const mbedtls_x509_crt *child;
    mbedtls_x509_crt *list;
    bool stays; /* the DER outlives the verification: the store's does, and the caller's */
    int code;
};

/** Names that differ only in case or string type are equal to Mbed TLS: where the bytes differ the
 *  certificate is parsed all the same unless the lengths rule it out. */
static bool may_be_issuer(const struct candidates *c, const uint8_t *der, size_t len)
{
    const uint8_t *name;
    size_t name_len;

    return der_subject(der, len, &name, &name_len) && name_len == c->child->issuer_raw.len;
}

/** A chain ends at its anchor: nobody looks at the names of the anchor's own issuer. */
static void drop_issuer(mbedtls_x509_crt *list)
{
    while (list->next != NULL) {
        list = list->next;
    }
    mbedtls_asn1_free_named_data_list_shallow(list->issuer.next);
    list->issuer.next = NULL;
}

static bool add_candidate(void *arg, const uint8_t *der, size_t len)
{
    struct candidates *c = arg;

    if (!may_be_issuer(c, der, len)) {
        return true;
    }
    if (c->list == NULL) {
        c->list = mbedtls_calloc(1, sizeof(*c->list));
        if (c->list == NULL) {
            c->code = MBEDTLS_ERR_X509_ALLOC_FAILED;
            return false;
        }
        mbedtls_x509_crt_init(c->list);
    }
    c->code = et_mbed_crt_parse(c->list, der, len, c->stays);
    if (c->code == 0) {
        drop_issuer(c->list);
    } else if (!et_mbed_is_no_mem(c->code)) {
        c->code = 0; /* a bad one: setting the anchors warned of it */
    }
    return c->code == 0;
}

static void candidates_free(struct candidates *c)
{
    if (c->list != NULL) {
        mbedtls_x509_crt_free(c->list);
        mbedtls_free(c->list);
        c->list = NULL;
    }
}

/** Mbed TLS asks for the possible issuers of a certificate; it frees what it is given. */
static int find_issuers(void *ctx, const mbedtls_x509_crt *child, mbedtls_x509_crt **list)
{
    struct mbed *m = ctx;
    const struct mbed_anchors *a = &m->anchors;
    struct candidates c = {.child = child, .stays = a->buf == NULL || !is_pem(a->buf, a->len)};
    int code = et_mbed_each_anchor(m, add_candidate, &c);

    code = c.code != 0 ? c.code : code;
    if (code != 0 || (c.list != NULL && c.list->raw.p == NULL)) {
        candidates_free(&c);
    }
    *list = c.list;
    return code;
}

static int keep_anchors(struct mbed *m)
{
    mbedtls_ssl_conf_ca_cb(&m->conf, find_issuers, m);
    return 0;
}
#else
struct parse {
    mbedtls_x509_crt *chain;
    int code; /* the failure that ended the walk */
};

static bool parse_anchor(void *arg, const uint8_t *der, size_t len)
{
    struct parse *p = arg;
    int code = et_mbed_crt_parse(p->chain, der, len, false);

    if (code != 0 && (et_mbed_is_no_mem(code) || et_mbed_is_starved())) {
        p->code = MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    return p->code == 0; /* goes on behind a bad one: setting the anchors warned of it */
}

static int keep_anchors(struct mbed *m)
{
    struct parse p = {.code = 0};
    int code;

    m->anchors.parsed = mbedtls_calloc(1, sizeof(*m->anchors.parsed));
    if (m->anchors.parsed == NULL) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    mbedtls_x509_crt_init(m->anchors.parsed);
    mbedtls_ssl_conf_ca_chain(&m->conf, m->anchors.parsed, NULL);
    p.chain = m->anchors.parsed;
    code = et_mbed_each_anchor(m, parse_anchor, &p);
    return p.code != 0 ? p.code : code;
}
#endif

static bool count_cert(void *arg, const uint8_t *der, size_t len)
{
    (void)der;
    (void)len;
    (*(unsigned *)arg)++;
    return true;
}

/** Check the caller's buffer: at least one certificate must be good. */
static tls_status check_buffer(struct mbed *m, const struct stack_anchors *anchors)
{
    unsigned good = 0;
    unsigned bad = 0;
    int code = et_mbed_walk_certs(anchors->buf, anchors->len, count_cert, &good, &bad);

    if (good == 0 || (code != 0 && bad == 0)) {
        code = code != 0 ? code : MBEDTLS_ERR_X509_CERT_UNKNOWN_FORMAT;
        m->io.err->option = "cacert_buf";
        return et_mbed_fail(m, code, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED);
    }
    if (bad > 0) {
        ESP_LOGW(TAG, "cacert_buf: %u of %u certificates could not be parsed (-0x%04x)", bad,
                 good + bad, (unsigned)-code);
    }
    return TLS_OK;
}

static tls_status set_anchors(struct mbed *m, const struct stack_anchors *anchors)
{
    tls_status st = anchors->buf != NULL ? check_buffer(m, anchors) : TLS_OK;
    int ret;

    if (st != TLS_OK) {
        return st;
    }
    m->anchors.buf = anchors->buf;
    m->anchors.len = anchors->len;
    m->anchors.store = anchors->store != NULL ? et_anchor_store_take() : NULL;
    mbedtls_ssl_conf_authmode(&m->conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    ret = keep_anchors(m);
    return ret == 0 ? TLS_OK : et_mbed_fail(m, ret, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED);
}

tls_status et_mbed_set_anchors(void *ctx, const struct stack_anchors *anchors)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    tls_status st;

    et_mbed_enter(&scope, m, PLAT_MEM_CERTIFICATE);
    st = set_anchors(m, anchors);
    et_mbed_leave(&scope);
    return st;
}

void et_mbed_anchors_clear(struct mbed *m)
{
    et_anchor_store_release(m->anchors.store);
    if (m->anchors.parsed != NULL) {
        mbedtls_x509_crt_free(m->anchors.parsed);
        mbedtls_free(m->anchors.parsed);
    }
    memset(&m->anchors, 0, sizeof(m->anchors));
}
