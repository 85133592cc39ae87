/* The RSA public operation, with as little memory as it takes.
 *
 * Mbed TLS computes R^2 mod N = 2^(2n) mod N by a general division of a number of twice the length,
 * about 3 KB of heap for a 2048-bit modulus, keeps it, and exponentiates in a work area made for
 * any exponent. Doubling modulo N gets R^2 in place, in 2n cheap steps; and the exponent of a
 * public key is one word, for which three numbers are enough.
 *
 * Mbed TLS's bignum.c and rsa.c call these two instead of its own (seam.txt), with its own
 * Montgomery multiplication underneath. The tests compare both with the originals on vectors. */
#include "mbed.h"

#include <string.h>

#include "bignum_core.h"
#include "bignum_internal.h"

#define LIMB_BITS (8 * sizeof(mbedtls_mpi_uint))

/** x = 2 x mod n, in place and in time that does not depend on x. */
static void double_mod(mbedtls_mpi_uint *x, const mbedtls_mpi_uint *n, size_t limbs)
{
    mbedtls_mpi_uint carry = mbedtls_mpi_core_add(x, x, x, limbs);
    mbedtls_mpi_uint borrow = mbedtls_mpi_core_sub(x, x, n, limbs);

    /* 2x < n: nothing was carried out of it, and the difference borrowed */
    (void)mbedtls_mpi_core_add_if(x, n, limbs, (unsigned)(borrow & (carry ^ 1)));
}

/** x = R^2 mod n with R = 2^(bits of `limbs` limbs). n > 1; x is all zero before. */
static void r2(mbedtls_mpi_uint *x, const mbedtls_mpi_uint *n, size_t limbs)
{
    size_t power = mbedtls_mpi_core_bitlen(n, limbs) - 1; /* 2^power is below n, or half of it */

    x[power / LIMB_BITS] = (mbedtls_mpi_uint)1 << (power % LIMB_BITS);
    if (mbedtls_mpi_core_lt_ct(x, n, limbs) == MBEDTLS_CT_FALSE) { /* n is that power of two */
        memset(x, 0, limbs * sizeof(*x));
        return;
    }
    for (; power < 2 * limbs * LIMB_BITS; power++) {
        double_mod(x, n, limbs);
    }
}

int et_mbed_mont_r2(mbedtls_mpi *X, const mbedtls_mpi *N)
{
    int ret;

    if (mbedtls_mpi_core_bitlen(N->p, N->n) < 2) {
        return MBEDTLS_ERR_MPI_BAD_INPUT_DATA;
    }
    ret = mbedtls_mpi_lset(X, 0);
    ret = ret == 0 ? mbedtls_mpi_shrink(X, N->n) : ret;
    ret = ret == 0 ? mbedtls_mpi_grow(X, N->n) : ret;
    if (ret == 0) {
        r2(X->p, N->p, N->n);
    }
    return ret;
}

/** Is this a public operation: an exponent of one word, an odd modulus, a base below it? */
static bool is_public(const mbedtls_mpi *A, const mbedtls_mpi *E, const mbedtls_mpi *N)
{
    return N->s > 0 && N->n > 0 && (N->p[0] & 1) == 1 && mbedtls_mpi_bitlen(N) > 1 && E->s > 0 &&
           mbedtls_mpi_bitlen(E) >= 1 && mbedtls_mpi_bitlen(E) <= LIMB_BITS && A->s > 0 &&
           mbedtls_mpi_cmp_mpi(A, N) < 0;
}

/** x = x^e mod n. @param work  3 * limbs + 1, all zero */
static void exp_word(mbedtls_mpi_uint *x, mbedtls_mpi_uint e, size_t e_bits,
                     const mbedtls_mpi_uint *n, size_t limbs, mbedtls_mpi_uint *work)
{
    mbedtls_mpi_uint *base = work;
    mbedtls_mpi_uint *t = work + limbs;
    mbedtls_mpi_uint mm = mbedtls_mpi_core_montmul_init(n);

    r2(base, n, limbs);
    mbedtls_mpi_core_montmul(base, base, x, limbs, n, limbs, mm, t); /* x R mod n */
    memcpy(x, base, limbs * sizeof(*x));
    for (size_t bit = e_bits - 1; bit-- > 0;) {
        mbedtls_mpi_core_montmul(x, x, x, limbs, n, limbs, mm, t);
        if (((e >> bit) & 1) != 0) {
            mbedtls_mpi_core_montmul(x, x, base, limbs, n, limbs, mm, t);
        }
    }
    mbedtls_mpi_core_from_mont_rep(x, x, n, limbs, mm, t);
}

int et_mbed_exp_mod_public(mbedtls_mpi *X, const mbedtls_mpi *A, const mbedtls_mpi *E,
                           const mbedtls_mpi *N, mbedtls_mpi *RR)
{
    size_t limbs;
    mbedtls_mpi_uint *work;
    int ret;

    if (X == N || X == E || !is_public(A, E, N)) {
        return mbedtls_mpi_exp_mod_unsafe(X, A, E, N, RR);
    }
    limbs = (mbedtls_mpi_bitlen(N) + LIMB_BITS - 1) / LIMB_BITS;
    ret = X == A ? 0 : mbedtls_mpi_copy(X, A);
    ret = ret == 0 ? mbedtls_mpi_grow(X, limbs) : ret;
    if (ret != 0) {
        return ret;
    }
    work = mbedtls_calloc(3 * limbs + 1, sizeof(*work));
    if (work == NULL) {
        return MBEDTLS_ERR_MPI_ALLOC_FAILED;
    }
    exp_word(X->p, E->p[0], mbedtls_mpi_bitlen(E), N->p, limbs, work);
    mbedtls_free(work);
    return 0;
}
