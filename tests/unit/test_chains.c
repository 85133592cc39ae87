/* No chain is accepted that Mbed TLS alone refuses: each chain of tests/certs/chains.py, and each
 * of them with single bits changed, goes to mbedtls_x509_crt_verify_with_profile() with all anchors
 * as a list, and to a client of ours in a real handshake. Both must say the same. In a build with
 * CONFIG_ESP_TLS_DEFER_CERT_SIGNATURES the client may refuse what Mbed TLS accepts where two
 * issuers have one name: those chains are listed here. And it always refuses what a false authority
 * issued, which Mbed TLS 3.6.6 accepts. In a build with the certificate bundle, a client that has
 * the same anchors as a bundle says the same, too.
 *
 *     test_chains [STRIDE]     of the changed bits every STRIDE-th; 1: all of them */
#include <stdio.h>
#include <stdlib.h>

#define MBEDTLS_ALLOW_PRIVATE_ACCESS /* the test stands between the server and its chain */
#include "ssl_misc.h"

#include "bundle_kit.h"
#include "sim_test.h"
#include "test_chains.h"

#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#include "esp_crt_bundle.h"
#endif

#include "mbedtls/base64.h"
#include "mbedtls/oid.h"
#include "mbedtls/platform.h"
#include "mbedtls/x509_crt.h"

#define SENT 12

/* Elsewhere a processor is emulated. */
#if defined(__x86_64__) || defined(__aarch64__)
static unsigned stride = 37;
static const size_t step = 1;
#else
static unsigned stride = 397;
static const size_t step = 7;
#endif

/** What goes over the wire. */
struct wire {
    unsigned char *der[SENT]; /* the leaf first */
    size_t len[SENT];
    size_t count;
    unsigned char *parsed; /* the server's own leaf, whose place der[0] takes */
};

static void *memory(size_t size)
{
    void *p = calloc(1, size != 0 ? size : 1);

    if (p == NULL) {
        abort();
    }
    return p;
}

static void wire_fill(struct wire *w, const struct test_chain *chain)
{
    *w = (struct wire){.count = 0};
    for (const struct test_der *der = chain->sent; der->len != 0; der++, w->count++) {
        w->der[w->count] = memory(der->len);
        memcpy(w->der[w->count], der->p, der->len);
        w->len[w->count] = der->len;
    }
}

static void wire_clear(struct wire *w)
{
    for (size_t i = 0; i < w->count; i++) {
        free(w->der[i]);
    }
}

/* --- Mbed TLS alone --------------------------------------------------------------------------- */

static bool mbedtls_accepts(const struct wire *w, const struct test_chain *chain)
{
    mbedtls_x509_crt sent;
    mbedtls_x509_crt trusted;
    struct sim_case t; /* its date, and PSA */
    uint32_t flags = 0;
    int ret = 0;

    sim_case_open(&t);
    mbedtls_x509_crt_init(&sent);
    mbedtls_x509_crt_init(&trusted);
    for (size_t i = 0; ret == 0 && i < w->count; i++) {
        ret = mbedtls_x509_crt_parse_der(&sent, w->der[i], w->len[i]);
        if (i > 0 && ret == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG + MBEDTLS_ERR_OID_NOT_FOUND) {
            ret = 0; /* Mbed TLS's handshake passes over such a certificate */
        }
    }
    for (const struct test_der *der = chain->trusted; ret == 0 && der->len != 0; der++) {
        ret = mbedtls_x509_crt_parse_der(&trusted, der->p, der->len);
    }
    if (ret == 0) {
        ret = mbedtls_x509_crt_verify_with_profile(&sent, &trusted, NULL,
                                                   &mbedtls_x509_crt_profile_default,
                                                   "test.example", &flags, NULL, NULL);
    }
    mbedtls_x509_crt_free(&sent);
    mbedtls_x509_crt_free(&trusted);
    assert_int_equal(sim_case_close(&t), 0);
    return ret == 0;
}

/* --- the client ------------------------------------------------------------------------------- */

/** The server's certificates become the ones to send. The first keeps what was parsed of it. */
static void swap_chain(void *arg, mbedtls_ssl_context *ssl)
{
    struct wire *w = arg;
    mbedtls_x509_crt *crt = ssl->MBEDTLS_PRIVATE(conf)->MBEDTLS_PRIVATE(key_cert)->cert;

    w->parsed = crt->raw.p;
    for (size_t i = 0; i < w->count; i++) {
        if (i > 0) {
            crt->next = mbedtls_calloc(1, sizeof(*crt));
            crt = crt->next;
            mbedtls_x509_crt_init(crt);
        }
        crt->raw.p = w->der[i];
        crt->raw.len = w->len[i];
        crt->MBEDTLS_PRIVATE(own_buffer) = 0;
    }
}

static size_t add_pem(char *text, size_t cap, size_t len, const struct test_der *der)
{
    unsigned char base64[2048];
    size_t n;
    int added;

    assert_int_equal(mbedtls_base64_encode(base64, sizeof(base64), &n, der->p, der->len), 0);
    added = snprintf(text + len, cap - len,
                     "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", base64);
    assert_true(added > 0 && (size_t)added < cap - len);
    return len + (size_t)added;
}

static bool is_false_authority(const char *name)
{
    return strncmp(name, "false authority", 15) == 0;
}

/** @param trust  of the configuration: whom it trusts */
static bool connects(struct wire *w, const struct test_chain *chain, esp_tls_proto_ver_t version,
                     const esp_tls_cfg_t *trust)
{
    struct sim_case t;
    bool accepts;

    sim_case_open(&t);
    t.server.cert = CERT(server_ec_pem);
    t.server.out_len = 16384;
    t.server.setup = swap_chain;
    t.server.hook_arg = w;
    t.cfg.cacert_buf = trust->cacert_buf;
    t.cfg.cacert_bytes = trust->cacert_bytes;
    t.cfg.crt_bundle_attach = trust->crt_bundle_attach;
    t.cfg.tls_version = version;
    accepts = sim_connect(&t) == 1;
    if (!accepts) {
        /* after Mbed TLS 3.6.6 such an anchor cannot be parsed */
        if (!is_false_authority(chain->name) || sim_record(&t).phase != ESP_TLS_PHASE_CONFIG) {
            assert_int_equal(sim_record(&t).phase, ESP_TLS_PHASE_HANDSHAKE);
        }
        if (sim_record(&t).cause != ESP_TLS_CAUSE_VERIFY &&
            sim_record(&t).cause != ESP_TLS_CAUSE_STACK) {
            fail_msg("%s: %s, -0x%x", chain->name, esp_tls_cause_name(sim_record(&t).cause),
                     (unsigned)sim_record(&t).stack_code);
        }
    }
    assert_int_equal(sim_case_close(&t), w->parsed != NULL ? 1 : 0);
    mbedtls_free(w->parsed); /* what the server parsed points into it to the end */
    w->parsed = NULL;
    return accepts;
}

static bool client_accepts(struct wire *w, const struct test_chain *chain,
                           esp_tls_proto_ver_t version)
{
    char trusted[16384];
    size_t len = 0;

    for (const struct test_der *der = chain->trusted; der->len != 0; der++) {
        len = add_pem(trusted, sizeof(trusted), len, der);
    }
    return connects(w, chain, version,
                    &(esp_tls_cfg_t){.cacert_buf = (const unsigned char *)trusted,
                                     .cacert_bytes = (unsigned)len + 1});
}

/* --- the comparison --------------------------------------------------------------------------- */

struct score {
    unsigned decisions;
    unsigned accepted;
    unsigned refused_alone; /* by the client, though Mbed TLS accepts */
    unsigned false_authorities;
};

#ifdef CONFIG_ESP_TLS_DEFER_CERT_SIGNATURES
/** Two issuers of one name, of which the first is not the one. */
static bool may_be_refused(const char *name)
{
    return strncmp(name, "twin", 4) == 0 || strncmp(name, "forged twin", 11) == 0 ||
           strncmp(name, "cross-signed", 12) == 0;
}
#else
static bool may_be_refused(const char *name)
{
    (void)name;
    return false;
}
#endif

/** Can the test's server send it? With fixed buffers a record of its build is all it has for a
 *  Certificate message, with 5 bytes for each certificate and 8 for all (RFC 8446 section
 *  4.4.2). */
static bool can_be_sent(const struct wire *w)
{
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    size_t most = 16384; /* t.server.out_len */
#else
    size_t most = MBEDTLS_SSL_OUT_CONTENT_LEN;
#endif
    size_t len = 8;

    for (size_t i = 0; i < w->count; i++) {
        len += 5 + w->len[i];
    }
    return len <= most;
}

#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
/** Does a client accept it that has the same anchors as a bundle? */
static bool bundle_accepts(struct wire *w, const struct test_chain *chain,
                           esp_tls_proto_ver_t version)
{
    struct bundle_kit_cert roots[BUNDLE_KIT_MOST];
    size_t count = 0;
    uint8_t *bundle;
    size_t len;
    bool accepts;

    for (const struct test_der *der = chain->trusted; der->len != 0; der++) {
        roots[count++] = (struct bundle_kit_cert){der->p, der->len};
    }
    bundle = bundle_kit_make(roots, count, &len);
    assert_int_equal(esp_crt_bundle_set(bundle, len), ESP_OK);
    accepts =
        connects(w, chain, version, &(esp_tls_cfg_t){.crt_bundle_attach = esp_crt_bundle_attach});
    esp_crt_bundle_detach(NULL);
    free(bundle);
    return accepts;
}

/** Only an anchor's certificate has its dates: they are not in a bundle. */
static bool is_judged_by_its_anchor(const char *name)
{
    return strcmp(name, "anchor expired") == 0 || strcmp(name, "anchor not yet valid") == 0;
}

/** A bundle and a list of the same anchors let the same chains in. Whether an anchor is an
 *  authority is not in a bundle, either. */
static void compare_bundle(struct wire *w, const struct test_chain *chain,
                           esp_tls_proto_ver_t version, const char *what, bool by_list)
{
    if (is_false_authority(chain->name) || bundle_accepts(w, chain, version) == by_list) {
        return;
    }
    if (by_list || !is_judged_by_its_anchor(chain->name)) {
        fail_msg("%s, %s: %s by the bundle alone", chain->name, what,
                 by_list ? "refused" : "accepted");
    }
}
#else
static void compare_bundle(struct wire *w, const struct test_chain *chain,
                           esp_tls_proto_ver_t version, const char *what, bool by_list)
{
    (void)w;
    (void)chain;
    (void)version;
    (void)what;
    (void)by_list;
}
#endif

static void compare(struct score *score, struct wire *w, const struct test_chain *chain,
                    esp_tls_proto_ver_t version, const char *what)
{
    bool alone;
    bool ours;

    if (!can_be_sent(w)) {
        return;
    }
    alone = mbedtls_accepts(w, chain);
    ours = client_accepts(w, chain, version);
    compare_bundle(w, chain, version, what, ours);
    score->decisions++;
    score->accepted += ours;
    if (ours && !alone) {
        fail_msg("%s, %s: accepted, and Mbed TLS refuses it", chain->name, what);
    }
    if (is_false_authority(chain->name)) {
        score->false_authorities++;
        if (ours) {
            fail_msg("%s, %s: accepted", chain->name, what);
        }
    } else if (alone && !ours) {
        score->refused_alone++;
        if (!may_be_refused(chain->name)) {
            fail_msg("%s, %s: refused, and Mbed TLS accepts it", chain->name, what);
        }
    }
}

static void test_chains_as_they_are(void **state)
{
    struct score score = {0};

    (void)state;
    for (size_t i = 0; i < test_chain_count; i += step) {
        for (int version = ESP_TLS_VER_TLS_1_2; version <= ESP_TLS_VER_TLS_1_3; version++) {
            struct wire w;

            wire_fill(&w, &test_chains[i]);
            compare(&score, &w, &test_chains[i], (esp_tls_proto_ver_t)version, "as it is");
            wire_clear(&w);
        }
    }
    printf("%u decisions, %u accepted, %u refused that Mbed TLS accepts\n", score.decisions,
           score.accepted, score.refused_alone);
    assert_true(score.false_authorities >= 10 / step);
    assert_true(score.accepted > 60 / step);                   /* there are good ones ... */
    assert_true(score.decisions - score.accepted > 60 / step); /* ... and bad ones */
}

/** Where a certificate is changed, counted from its end (the signature) and from its beginning. */
static const struct {
    size_t at;
    bool from_end;
} places[] = {
    {1, true},    {2, true},    {16, true},   {33, true},   {36, true},   {37, true},
    {70, true},   {72, true},   {75, true},   {80, true},   {85, true},   {100, true},
    {150, true},  {200, true},  {250, true},  {4, false},   {8, false},   {13, false},
    {20, false},  {30, false},  {40, false},  {60, false},  {90, false},  {120, false},
    {150, false}, {180, false}, {220, false}, {260, false}, {300, false}, {350, false},
};

static void test_chains_with_a_bit_changed(void **state)
{
    struct score score = {0};
    unsigned turn = 0;

    (void)state;
    for (size_t i = 0; i < test_chain_count; i++) {
        struct wire w;

        wire_fill(&w, &test_chains[i]);
        for (size_t c = 0; c < w.count; c++) {
            for (size_t p = 0; p < COUNT(places); p++) {
                size_t at = places[p].from_end ? w.len[c] - places[p].at : places[p].at;
                unsigned char bit = (unsigned char)(1u << (i + c + p) % 8);
                char what[64];

                if (at >= w.len[c] || turn++ % stride != 0) {
                    continue;
                }
                snprintf(what, sizeof(what), "certificate %zu, byte %zu", c, at);
                w.der[c][at] ^= bit;
                compare(&score, &w, &test_chains[i],
                        turn % 2 == 0 ? ESP_TLS_VER_TLS_1_2 : ESP_TLS_VER_TLS_1_3, what);
                w.der[c][at] ^= bit;
            }
        }
        wire_clear(&w);
    }
    printf("%u decisions, %u accepted, %u refused that Mbed TLS accepts\n", score.decisions,
           score.accepted, score.refused_alone);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains_as_they_are),
        cmocka_unit_test(test_chains_with_a_bit_changed),
    };

    if (argc > 1) {
        stride = (unsigned)strtoul(argv[1], NULL, 10);
        stride = stride != 0 ? stride : 1;
    } else if (getenv("ESP_TLS_LONG") != NULL) {
        stride = 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
