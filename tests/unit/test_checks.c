/* et_mbed_pk_verify_ext() and _now() say yes and no exactly where mbedtls_pk_verify_ext() does. */
#include "sim_test.h"

#include "mbedtls/pk.h"
#include "mbedtls/rsa.h"
#include "plat_random.h"

int et_mbed_pk_verify_ext(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
                          mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len,
                          const unsigned char *sig, size_t sig_len);
int et_mbed_pk_verify_now(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
                          mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len,
                          const unsigned char *sig, size_t sig_len);

/* Elsewhere a processor is emulated: fewer positions. */
#if defined(__x86_64__) || defined(__aarch64__)
#define STEP 1
#else
#define STEP 7
#endif

static int fixed_random(void *arg, unsigned char *buf, size_t len)
{
    (void)arg;
    return plat_random(buf, len);
}

struct vector {
    const char *name;
    struct sim_cert key;
    mbedtls_pk_type_t type;
    mbedtls_md_type_t md;
    size_t hash_len;
    int salt; /* PSS: expected salt, as X.509 gives it */
};

static const mbedtls_pk_rsassa_pss_options *pss(const struct vector *v,
                                                mbedtls_pk_rsassa_pss_options *options)
{
    *options = (mbedtls_pk_rsassa_pss_options){.mgf1_hash_id = v->md, .expected_salt_len = v->salt};
    return v->type == MBEDTLS_PK_RSASSA_PSS ? options : NULL;
}

struct signature {
    mbedtls_pk_context pk;
    unsigned char hash[64];
    unsigned char sig[MBEDTLS_PK_SIGNATURE_MAX_SIZE + 8];
    size_t len;
};

static void sign(const struct vector *v, struct signature *s)
{
    memset(s, 0, sizeof(*s));
    mbedtls_pk_init(&s->pk);
    assert_int_equal(
        mbedtls_pk_parse_key(&s->pk, v->key.buf, v->key.len, NULL, 0, fixed_random, NULL), 0);
    for (size_t i = 0; i < v->hash_len; i++) {
        s->hash[i] = (unsigned char)(i * 7 + 1);
    }
    if (v->type == MBEDTLS_PK_RSASSA_PSS) {
        mbedtls_rsa_context *rsa = mbedtls_pk_rsa(s->pk);

        assert_int_equal(mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V21, v->md), 0);
        assert_int_equal(mbedtls_rsa_rsassa_pss_sign(rsa, fixed_random, NULL, v->md,
                                                     (unsigned)v->hash_len, s->hash, s->sig),
                         0);
        s->len = mbedtls_rsa_get_len(rsa);
        assert_int_equal(mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V15, MBEDTLS_MD_NONE), 0);
        return;
    }
    assert_int_equal(mbedtls_pk_sign(&s->pk, v->md, s->hash, v->hash_len, s->sig, sizeof(s->sig),
                                     &s->len, fixed_random, NULL),
                     0);
}

static const struct vector vectors[] = {
    {"RSA PKCS #1 v1.5 SHA-256", {NULL, 0}, MBEDTLS_PK_RSA, MBEDTLS_MD_SHA256, 32, 0},
    {"RSA PKCS #1 v1.5 SHA-384", {NULL, 0}, MBEDTLS_PK_RSA, MBEDTLS_MD_SHA384, 48, 0},
    {"RSA PSS SHA-256", {NULL, 0}, MBEDTLS_PK_RSASSA_PSS, MBEDTLS_MD_SHA256, 32, 32},
    {"RSA PSS any salt",
     {NULL, 0},
     MBEDTLS_PK_RSASSA_PSS,
     MBEDTLS_MD_SHA256,
     32,
     MBEDTLS_RSA_SALT_LEN_ANY},
    {"ECDSA P-256", {NULL, 1}, MBEDTLS_PK_ECDSA, MBEDTLS_MD_SHA256, 32, 0},
    {"ECDSA P-384", {NULL, 2}, MBEDTLS_PK_ECDSA, MBEDTLS_MD_SHA384, 48, 0},
};

/** The table's keys: arrays of another file are no constants. */
static struct vector vector_at(size_t i)
{
    const struct sim_cert keys[] = {CERT(server_rsa_key), CERT(server_ec_key),
                                    CERT(server_ec384_key)};
    struct vector v = vectors[i];

    v.key = keys[v.key.len];
    return v;
}

/** Ask all of them. @return what they say */
static bool agreed(const struct vector *v, struct signature *s, mbedtls_pk_type_t type,
                   mbedtls_md_type_t md, size_t hash_len, size_t sig_len, const char *what)
{
    mbedtls_pk_rsassa_pss_options options;
    const void *opt = pss(v, &options);
    bool theirs =
        mbedtls_pk_verify_ext(type, opt, &s->pk, md, s->hash, hash_len, s->sig, sig_len) == 0;
    bool ours =
        et_mbed_pk_verify_ext(type, opt, &s->pk, md, s->hash, hash_len, s->sig, sig_len) == 0;
    bool now =
        et_mbed_pk_verify_now(type, opt, &s->pk, md, s->hash, hash_len, s->sig, sig_len) == 0;

    if (ours != theirs || now != theirs) {
        fail_msg("%s, %s: ours says %s", v->name, what, ours ? "good" : "bad");
    }
    return ours;
}

static void test_signature_that_is_good_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct vector v = vector_at(i);
        struct signature s;

        sign(&v, &s);
        assert_true(agreed(&v, &s, v.type, v.md, v.hash_len, s.len, "good"));
        mbedtls_pk_free(&s.pk);
    }
}

typedef int (*verify_fn)(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
                         mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len,
                         const unsigned char *sig, size_t sig_len);

/** @return how often memory was asked for */
static unsigned requests(const struct vector *v, struct signature *s, verify_fn verify)
{
    mbedtls_pk_rsassa_pss_options options;
    unsigned before = sim_alloc_count();

    assert_int_equal(
        verify(v->type, pss(v, &options), &s->pk, v->md, s->hash, v->hash_len, s->sig, s->len), 0);
    return sim_alloc_count() - before;
}

/** Through PSA a key is written out, imported and parsed once more. */
static void test_rsa_goes_without_psa(void **state)
{
    (void)state;
    for (size_t i = 0; vectors[i].key.len == 0; i++) {
        struct vector v = vector_at(i);
        struct signature s;

        sign(&v, &s);
        assert_true(requests(&v, &s, et_mbed_pk_verify_now) <
                    requests(&v, &s, mbedtls_pk_verify_ext));
        mbedtls_pk_free(&s.pk);
    }
}

static void test_signature_with_any_byte_flipped_is_refused(void **state)
{
    unsigned refused = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct vector v = vector_at(i);
        struct signature s;

        sign(&v, &s);
        for (size_t at = 0; at < s.len; at += STEP) {
            unsigned char bit = (unsigned char)(1u << at % 8);

            s.sig[at] ^= bit;
            assert_false(agreed(&v, &s, v.type, v.md, v.hash_len, s.len, "flipped"));
            s.sig[at] ^= bit;
            refused++;
        }
        mbedtls_pk_free(&s.pk);
    }
    print_message("%u damaged signatures were refused by all\n", refused);
}

static void test_signature_of_another_hash_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct vector v = vector_at(i);
        struct signature s;

        sign(&v, &s);
        for (size_t at = 0; at < v.hash_len; at += 5) {
            s.hash[at] ^= 0x40;
            assert_false(agreed(&v, &s, v.type, v.md, v.hash_len, s.len, "another hash"));
            s.hash[at] ^= 0x40;
        }
        mbedtls_pk_free(&s.pk);
    }
}

static void test_signature_with_another_algorithm_is_judged_alike(void **state)
{
    static const mbedtls_pk_type_t types[] = {MBEDTLS_PK_NONE, MBEDTLS_PK_RSA, MBEDTLS_PK_ECKEY,
                                              MBEDTLS_PK_ECDSA, MBEDTLS_PK_RSASSA_PSS};
    static const mbedtls_md_type_t mds[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384};

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct vector v = vector_at(i);
        struct signature s;

        sign(&v, &s);
        for (size_t type = 0; type < COUNT(types); type++) {
            for (size_t md = 0; md < COUNT(mds); md++) {
                (void)agreed(&v, &s, types[type], mds[md], md == 0 ? 32 : 48, s.len, "other kind");
            }
        }
        mbedtls_pk_free(&s.pk);
    }
}

static void test_signature_of_another_length_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct vector v = vector_at(i);
        struct signature s;

        sign(&v, &s);
        for (int by = -3; by <= 3; by++) {
            size_t len = (size_t)((int)s.len + by);

            assert_int_equal(agreed(&v, &s, v.type, v.md, v.hash_len, len, "another length"),
                             by == 0);
        }
        assert_false(agreed(&v, &s, v.type, v.md, v.hash_len, 0, "empty"));
        assert_false(agreed(&v, &s, v.type, v.md, v.hash_len, 1, "one byte"));
        mbedtls_pk_free(&s.pk);
    }
}

/** A hash of a length that is not its algorithm's: both refuse, neither reads beyond. */
static void test_hash_of_another_length_is_judged_alike(void **state)
{
    static const size_t lens[] = {0, 1, 16, 20, 31, 33, 47, 48, 64};

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct vector v = vector_at(i);
        struct signature s;

        sign(&v, &s);
        for (size_t at = 0; at < COUNT(lens); at++) {
            if (lens[at] != 0) { /* 0 means "as the algorithm says" to Mbed TLS, nobody asks that */
                (void)agreed(&v, &s, v.type, v.md, lens[at], s.len, "hash of another length");
            }
        }
        mbedtls_pk_free(&s.pk);
    }
}

static void test_key_of_another_kind_is_refused(void **state)
{
    struct vector rsa = vector_at(0);
    struct vector ec = vector_at(4);
    struct signature s;

    (void)state;
    sign(&rsa, &s);
    assert_false(agreed(&ec, &s, MBEDTLS_PK_ECDSA, MBEDTLS_MD_SHA256, 32, s.len, "ECDSA by RSA"));
    mbedtls_pk_free(&s.pk);
    sign(&ec, &s);
    assert_false(agreed(&rsa, &s, MBEDTLS_PK_RSA, MBEDTLS_MD_SHA256, 32, s.len, "RSA by EC"));
    assert_false(
        agreed(&rsa, &s, MBEDTLS_PK_RSASSA_PSS, MBEDTLS_MD_SHA256, 32, s.len, "PSS by EC"));
    mbedtls_pk_free(&s.pk);
}

/** PSA, and so Mbed TLS, takes no RSA key whose length is no number of bytes. */
static void test_rsa_key_of_odd_length_is_judged_alike(void **state)
{
    static const unsigned lens[] = {1026, 1032};
    struct vector v15 = vector_at(0);
    struct vector v21 = vector_at(2);

    (void)state;
    for (size_t i = 0; i < COUNT(lens); i++) {
        struct signature s = {.hash = {1, 2, 3}};
        mbedtls_rsa_context *rsa;
        bool is_whole = lens[i] % 8 == 0;

        mbedtls_pk_init(&s.pk);
        assert_int_equal(mbedtls_pk_setup(&s.pk, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)), 0);
        rsa = mbedtls_pk_rsa(s.pk);
        assert_int_equal(mbedtls_rsa_gen_key(rsa, fixed_random, NULL, lens[i], 65537), 0);
        s.len = mbedtls_rsa_get_len(rsa);
        assert_int_equal(mbedtls_rsa_rsassa_pkcs1_v15_sign(rsa, fixed_random, NULL,
                                                           MBEDTLS_MD_SHA256, 32, s.hash, s.sig),
                         0);
        assert_int_equal(
            agreed(&v15, &s, MBEDTLS_PK_RSA, MBEDTLS_MD_SHA256, 32, s.len, "odd length"), is_whole);
        assert_int_equal(mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256), 0);
        assert_int_equal(mbedtls_rsa_rsassa_pss_sign(rsa, fixed_random, NULL, MBEDTLS_MD_SHA256, 32,
                                                     s.hash, s.sig),
                         0);
        assert_int_equal(agreed(&v21, &s, MBEDTLS_PK_RSASSA_PSS, MBEDTLS_MD_SHA256, 32, s.len,
                                "odd length, PSS"),
                         is_whole);
        mbedtls_pk_free(&s.pk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_signature_that_is_good_passes),
        sim_test(test_rsa_goes_without_psa),
        sim_test(test_signature_with_any_byte_flipped_is_refused),
        sim_test(test_signature_of_another_hash_is_refused),
        sim_test(test_signature_with_another_algorithm_is_judged_alike),
        sim_test(test_signature_of_another_length_is_refused),
        sim_test(test_hash_of_another_length_is_judged_alike),
        sim_test(test_key_of_another_kind_is_refused),
        sim_test(test_rsa_key_of_odd_length_is_judged_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
