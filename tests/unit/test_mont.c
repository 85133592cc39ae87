/* R^2 mod N and the RSA public operation: ours against Mbed TLS's own, on numbers of every shape.
 *
 * About time: et_mbed_mont_r2() runs 2 * limbs * bits_of_a_limb - bitlen(N) + 1 rounds of add, sub
 * and add_if over all limbs. The number of rounds depends on the modulus's length alone, which is
 * public; no round looks at a value: the carry and the borrow choose through add_if's mask. Mbed
 * TLS's own is a division, whose time depends on the modulus. */
#include "stack/mbedtls/adjust.h" /* private fields */

#include "sim_test.h"

#include "bignum_core.h"
#include "bignum_internal.h"
#include "mbedtls/bignum.h"
#include "mbedtls/pk.h"
#include "mbedtls/rsa.h"
#include "plat_random.h"

int et_mbed_mont_r2(mbedtls_mpi *X, const mbedtls_mpi *N);
int et_mbed_exp_mod_public(mbedtls_mpi *X, const mbedtls_mpi *A, const mbedtls_mpi *E,
                           const mbedtls_mpi *N, mbedtls_mpi *RR);

#ifdef CONFIG_ESP_TLS_LEAN_RSA

enum shape {
    TOP_SET,
    TOP_CLEAR,
    ALL_ONES,
    ONE_AND_ONE,
    ZERO_LIMBS
};

static const char *const shape_names[] = {"top bits set", "top bits clear", "all ones", "2^n + 1",
                                          "leading zero limbs"};

static int fixed_random(void *arg, unsigned char *buf, size_t len)
{
    (void)arg;
    return plat_random(buf, len);
}

/** An odd number of exactly `bits` bits. */
static void make_modulus(mbedtls_mpi *n, size_t bits, enum shape shape)
{
    assert_int_equal(mbedtls_mpi_lset(n, 0), 0);
    switch (shape) {
    case ALL_ONES:
        assert_int_equal(mbedtls_mpi_lset(n, 1), 0);
        assert_int_equal(mbedtls_mpi_shift_l(n, bits), 0);
        assert_int_equal(mbedtls_mpi_sub_int(n, n, 1), 0);
        break;
    case ONE_AND_ONE:
        assert_int_equal(mbedtls_mpi_set_bit(n, bits - 1, 1), 0);
        break;
    default:
        assert_int_equal(mbedtls_mpi_fill_random(n, (bits + 7) / 8, fixed_random, NULL), 0);
        for (size_t i = bits; i < (bits + 7) / 8 * 8; i++) {
            assert_int_equal(mbedtls_mpi_set_bit(n, i, 0), 0);
        }
        assert_int_equal(mbedtls_mpi_set_bit(n, bits - 1, 1), 0);
        for (size_t i = 2; i < 40 && i < bits; i++) {
            assert_int_equal(mbedtls_mpi_set_bit(n, bits - i, shape != TOP_CLEAR), 0);
        }
        break;
    }
    assert_int_equal(mbedtls_mpi_set_bit(n, 0, 1), 0);
    assert_int_equal(mbedtls_mpi_bitlen(n), bits);
    if (shape == ZERO_LIMBS) {
        assert_int_equal(mbedtls_mpi_grow(n, n->n + 3), 0);
    } else {
        assert_int_equal(mbedtls_mpi_shrink(n, 0), 0);
    }
}

static void compare(const mbedtls_mpi *n, mbedtls_mpi *ours, const char *what)
{
    mbedtls_mpi theirs;

    mbedtls_mpi_init(&theirs);
    assert_int_equal(mbedtls_mpi_core_get_mont_r2_unsafe(&theirs, n), 0);
    assert_int_equal(et_mbed_mont_r2(ours, n), 0);
    if (mbedtls_mpi_cmp_mpi(ours, &theirs) != 0 || ours->s != theirs.s) {
        fail_msg("%s: %zu bits", what, mbedtls_mpi_bitlen(n));
    }
    assert_true(ours->n >= n->n); /* its callers hand n->n limbs of it on */
    mbedtls_mpi_free(&theirs);
}

static void test_mont_r2_equals_the_division_on_every_shape(void **state)
{
    static const size_t sizes[] = {512,  513,  521,  575,  576,  600,  768,  1023,
                                   1024, 1025, 1055, 1056, 1536, 2017, 2047, 2048,
                                   2049, 3071, 3072, 4064, 4095, 4096};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (enum shape shape = TOP_SET; shape <= ZERO_LIMBS; shape++) {
            mbedtls_mpi n;
            mbedtls_mpi x;

            mbedtls_mpi_init(&n);
            mbedtls_mpi_init(&x);
            make_modulus(&n, sizes[i], shape);
            compare(&n, &x, shape_names[shape]);
            mbedtls_mpi_free(&n);
            mbedtls_mpi_free(&x);
        }
    }
}

static void test_mont_r2_equals_the_division_on_tiny_ones(void **state)
{
    mbedtls_mpi n;
    mbedtls_mpi x;

    (void)state;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&x);
    for (int i = 3; i < 600; i += 2) {
        assert_int_equal(mbedtls_mpi_lset(&n, i), 0);
        compare(&n, &x, "tiny");
    }
    for (size_t bits = 10; bits < 200; bits++) { /* every filling of one to four limbs */
        make_modulus(&n, bits, TOP_SET);
        compare(&n, &x, "small");
        make_modulus(&n, bits, ALL_ONES);
        compare(&n, &x, "small, all ones");
    }
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&x);
}

static void test_mont_r2_of_none_is_refused(void **state)
{
    mbedtls_mpi n;
    mbedtls_mpi x;

    (void)state;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&x);
    assert_int_equal(et_mbed_mont_r2(&x, &n), MBEDTLS_ERR_MPI_BAD_INPUT_DATA);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mbedtls_mpi_lset(&n, i), 0);
        assert_int_equal(et_mbed_mont_r2(&x, &n), MBEDTLS_ERR_MPI_BAD_INPUT_DATA);
    }
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&x);
}

static void test_mont_r2_result_may_hold_another_number(void **state)
{
    static const size_t before[] = {64, 512, 2048, 4096, 9000};
    mbedtls_mpi n;

    (void)state;
    mbedtls_mpi_init(&n);
    make_modulus(&n, 2047, TOP_SET);
    for (size_t i = 0; i < COUNT(before); i++) {
        mbedtls_mpi x;

        mbedtls_mpi_init(&x);
        make_modulus(&x, before[i], ALL_ONES);
        x.s = -1;
        compare(&n, &x, "used before");
        compare(&n, &x, "and again");
        mbedtls_mpi_free(&x);
    }
    mbedtls_mpi_free(&n);
}

static void test_mont_r2_without_memory_says_so(void **state)
{
    mbedtls_mpi n;
    mbedtls_mpi x;

    (void)state;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&x);
    make_modulus(&n, 2048, TOP_SET);
    for (unsigned nth = 1;; nth++) {
        unsigned before = sim_alloc_count();
        int ret;

        sim_fail_alloc(nth, false);
        ret = et_mbed_mont_r2(&x, &n);
        if (sim_alloc_count() - before < nth) {
            sim_fail_alloc(0, false);
            assert_int_equal(ret, 0);
            break;
        }
        sim_fail_alloc(0, false);
        assert_int_equal(ret, MBEDTLS_ERR_MPI_ALLOC_FAILED);
        mbedtls_mpi_free(&x);
        mbedtls_mpi_init(&x);
    }
    compare(&n, &x, "after");
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&x);
}

/* --- A^E mod N -------------------------------------------------------------------------------- */

enum base {
    ZERO,
    ONE,
    BELOW_N,
    RANDOM,
    N_ITSELF,
    ABOVE_N,
    NEGATIVE,
    BASES
};

static void make_base(mbedtls_mpi *a, const mbedtls_mpi *n, enum base base)
{
    assert_int_equal(mbedtls_mpi_lset(a, base == ONE), 0);
    if (base >= BELOW_N) {
        assert_int_equal(mbedtls_mpi_copy(a, n), 0);
    }
    if (base == BELOW_N) {
        assert_int_equal(mbedtls_mpi_sub_int(a, a, 1), 0);
    } else if (base == RANDOM || base == NEGATIVE) {
        assert_int_equal(mbedtls_mpi_random(a, 1, n, fixed_random, NULL), 0);
        a->s = base == NEGATIVE ? -1 : 1;
    } else if (base == ABOVE_N) {
        assert_int_equal(mbedtls_mpi_add_int(a, a, 12345), 0);
    }
}

/** Both results and both refusals. @param alias  the result takes the base's place, as in RSA */
static void compare_power(const mbedtls_mpi *a, const mbedtls_mpi *e, const mbedtls_mpi *n,
                          bool alias)
{
    mbedtls_mpi ours;
    mbedtls_mpi theirs;
    mbedtls_mpi rr;
    int ret;

    mbedtls_mpi_init(&ours);
    mbedtls_mpi_init(&theirs);
    mbedtls_mpi_init(&rr);
    assert_int_equal(mbedtls_mpi_copy(&ours, a), 0);
    ret = et_mbed_exp_mod_public(&ours, alias ? &ours : a, e, n, &rr);
    mbedtls_mpi_free(&rr);
    mbedtls_mpi_init(&rr);
    assert_int_equal(mbedtls_mpi_copy(&theirs, a), 0);
    assert_int_equal(mbedtls_mpi_exp_mod_unsafe(&theirs, alias ? &theirs : a, e, n, &rr), ret);
    if (ret == 0 && mbedtls_mpi_cmp_mpi(&ours, &theirs) != 0) {
        fail_msg("%zu bits, exponent of %zu", mbedtls_mpi_bitlen(n), mbedtls_mpi_bitlen(e));
    }
    mbedtls_mpi_free(&ours);
    mbedtls_mpi_free(&theirs);
    mbedtls_mpi_free(&rr);
}

static void test_power_equals_mbedtls_on_every_shape(void **state)
{
    static const size_t sizes[] = {2, 3, 31, 32, 33, 63, 64, 65, 512, 1031, 2048, 3072};
    static const size_t exponents[] = {0, 1, 2, 3, 17, 30, 31, 32, 63, 64, 65, 100};
    mbedtls_mpi n;
    mbedtls_mpi a;
    mbedtls_mpi e;

    (void)state;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&a);
    mbedtls_mpi_init(&e);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t bits = 0; bits < COUNT(exponents); bits++) {
            make_modulus(&n, sizes[i], bits % 2 == 0 ? TOP_SET : ZERO_LIMBS);
            assert_int_equal(mbedtls_mpi_lset(&e, 0), 0);
            for (size_t bit = 0; bit < exponents[bits]; bit += 1 + bits % 3) {
                assert_int_equal(mbedtls_mpi_set_bit(&e, exponents[bits] - 1 - bit, 1), 0);
            }
            for (enum base base = ZERO; base < BASES; base++) {
                make_base(&a, &n, base);
                compare_power(&a, &e, &n, false);
                compare_power(&a, &e, &n, true);
            }
        }
    }
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&a);
    mbedtls_mpi_free(&e);
}

/** An even modulus, a negative one, one, none; a negative exponent. */
static void test_power_of_a_wrong_modulus_is_refused_alike(void **state)
{
    static const int moduli[] = {0, 1, 2, 10, -7};
    mbedtls_mpi n;
    mbedtls_mpi a;
    mbedtls_mpi e;

    (void)state;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&a);
    mbedtls_mpi_init(&e);
    for (size_t i = 0; i < COUNT(moduli); i++) {
        assert_int_equal(mbedtls_mpi_lset(&n, moduli[i]), 0);
        assert_int_equal(mbedtls_mpi_lset(&a, 5), 0);
        assert_int_equal(mbedtls_mpi_lset(&e, 3), 0);
        if (moduli[i] != 1) { /* modulo 1 Mbed TLS asks for R^2, which ours has none of */
            compare_power(&a, &e, &n, false);
        }
    }
    assert_int_equal(mbedtls_mpi_lset(&n, 101), 0);
    assert_int_equal(mbedtls_mpi_lset(&e, -3), 0);
    compare_power(&a, &e, &n, false);
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&a);
    mbedtls_mpi_free(&e);
}

static void test_power_without_memory_says_so(void **state)
{
    mbedtls_mpi n;
    mbedtls_mpi a;
    mbedtls_mpi e;
    mbedtls_mpi x;
    mbedtls_mpi rr;
    unsigned failed = 0;
    int ret = -1;

    (void)state;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&a);
    mbedtls_mpi_init(&e);
    mbedtls_mpi_init(&rr);
    make_modulus(&n, 2048, TOP_SET);
    make_base(&a, &n, RANDOM);
    assert_int_equal(mbedtls_mpi_lset(&e, 65537), 0);
    for (unsigned nth = 1; ret != 0; nth++) {
        mbedtls_mpi_init(&x);
        sim_fail_alloc(nth, false);
        ret = et_mbed_exp_mod_public(&x, &a, &e, &n, &rr);
        sim_fail_alloc(0, false);
        assert_true(ret == 0 || ret == MBEDTLS_ERR_MPI_ALLOC_FAILED);
        failed += ret != 0;
        mbedtls_mpi_free(&x);
    }
    assert_true(failed >= 2);
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&a);
    mbedtls_mpi_free(&e);
    mbedtls_mpi_free(&rr);
}

/* --- RSA with ours inside, against arithmetic with theirs ------------------------------------- */

/** sig^e mod N, with R^2 from the division. */
static void public_by_division(const mbedtls_rsa_context *rsa, const unsigned char *sig,
                               unsigned char *out)
{
    size_t limbs;
    mbedtls_mpi n;
    mbedtls_mpi e;
    mbedtls_mpi rr;
    mbedtls_mpi x;
    mbedtls_mpi t;
    size_t len = mbedtls_rsa_get_len(rsa);

    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&e);
    mbedtls_mpi_init(&rr);
    mbedtls_mpi_init(&x);
    mbedtls_mpi_init(&t);
    assert_int_equal(mbedtls_rsa_export(rsa, &n, NULL, NULL, NULL, &e), 0);
    assert_int_equal(mbedtls_mpi_shrink(&n, 0), 0);
    limbs = n.n;
    assert_int_equal(mbedtls_mpi_core_get_mont_r2_unsafe(&rr, &n), 0);
    assert_int_equal(mbedtls_mpi_grow(&rr, limbs), 0);
    assert_int_equal(mbedtls_mpi_read_binary(&x, sig, len), 0);
    assert_int_equal(mbedtls_mpi_grow(&x, limbs), 0);
    assert_int_equal(mbedtls_mpi_grow(&t, mbedtls_mpi_core_exp_mod_working_limbs(limbs, e.n) +
                                              mbedtls_mpi_core_montmul_working_limbs(limbs)),
                     0);
    mbedtls_mpi_core_to_mont_rep(x.p, x.p, n.p, limbs, mbedtls_mpi_core_montmul_init(n.p), rr.p,
                                 t.p);
    mbedtls_mpi_core_exp_mod_unsafe(x.p, x.p, n.p, limbs, e.p, e.n, rr.p, t.p);
    mbedtls_mpi_core_from_mont_rep(x.p, x.p, n.p, limbs, mbedtls_mpi_core_montmul_init(n.p), t.p);
    assert_int_equal(mbedtls_mpi_write_binary(&x, out, len), 0);
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&e);
    mbedtls_mpi_free(&rr);
    mbedtls_mpi_free(&x);
    mbedtls_mpi_free(&t);
}

static void test_rsa_public_operation_equals_the_division(void **state)
{
    unsigned char hash[32] = "any hash";
    unsigned char sig[512];
    unsigned char ours[512];
    unsigned char theirs[512];
    mbedtls_pk_context pk;
    mbedtls_rsa_context *rsa;
    size_t len;

    (void)state;
    mbedtls_pk_init(&pk);
    assert_int_equal(mbedtls_pk_parse_key(&pk, cert_server_rsa_key, sizeof(cert_server_rsa_key),
                                          NULL, 0, fixed_random, NULL),
                     0);
    rsa = mbedtls_pk_rsa(pk);
    assert_int_equal(
        mbedtls_rsa_pkcs1_sign(rsa, fixed_random, NULL, MBEDTLS_MD_SHA256, 32, hash, sig), 0);
    len = mbedtls_rsa_get_len(rsa);
    for (size_t at = 0; at <= len; at += 5) { /* 255 is the last: no flip */
        bool good = at + 5 > len;

        sig[at] ^= good ? 0 : 0x10;
        public_by_division(rsa, sig, theirs);
        if (mbedtls_rsa_public(rsa, sig, ours) == 0) { /* refused when not below N */
            assert_memory_equal(ours, theirs, len);
        } else {
            assert_true(at == 0);
        }
        assert_int_equal(mbedtls_rsa_pkcs1_verify(rsa, MBEDTLS_MD_SHA256, 32, hash, sig) == 0,
                         good);
        sig[at] ^= good ? 0 : 0x10;
    }
    mbedtls_pk_free(&pk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_mont_r2_equals_the_division_on_every_shape),
        sim_test(test_mont_r2_equals_the_division_on_tiny_ones),
        sim_test(test_mont_r2_of_none_is_refused),
        sim_test(test_mont_r2_result_may_hold_another_number),
        sim_test(test_mont_r2_without_memory_says_so),
        sim_test(test_power_equals_mbedtls_on_every_shape),
        sim_test(test_power_of_a_wrong_modulus_is_refused_alike),
        sim_test(test_power_without_memory_says_so),
        sim_test(test_rsa_public_operation_equals_the_division),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_mbedtls_does_it(void **state)
{
    (void)state;
    skip(); /* CONFIG_ESP_TLS_LEAN_RSA is off */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mbedtls_does_it)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
