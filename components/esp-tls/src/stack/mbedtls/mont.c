/* R^2 mod N for Montgomery multiplication, without the general division.
 *
 * Mbed TLS computes 2^(2n) mod N by dividing a number of twice the length, which takes about 3 KB of
 * heap for a 2048-bit modulus: more than all the rest of a signature check. Doubling modulo N gets
 * there in place, in 2n cheap steps. Built into Mbed TLS's bignum.c and rsa.c instead of its own
 * (build files); the test compares the two on vectors. */
#include "mbed.h"

#ifndef ESP_TLS_SYSTEM_MBEDTLS

#include "bignum_core.h"
#include "constant_time_internal.h"

/** x = 2 x mod n, in place and in time that does not depend on x. */
static void double_mod(mbedtls_mpi_uint *x, const mbedtls_mpi_uint *n, size_t limbs)
{
    mbedtls_mpi_uint carry = mbedtls_mpi_core_add(x, x, x, limbs);
    mbedtls_mpi_uint borrow = mbedtls_mpi_core_sub(x, x, n, limbs);

    /* 2x < n: nothing was carried out of it, and the difference borrowed */
    (void)mbedtls_mpi_core_add_if(x, n, limbs, (unsigned)(borrow & (carry ^ 1)));
}

int esp_tls_mont_r2(mbedtls_mpi *X, const mbedtls_mpi *N);

int esp_tls_mont_r2(mbedtls_mpi *X, const mbedtls_mpi *N)
{
    const size_t limb_bits = 8 * sizeof(mbedtls_mpi_uint);
    const size_t limbs = N->n;
    const size_t bits = mbedtls_mpi_core_bitlen(N->p, limbs);
    int ret;

    if (bits < 2) {
        return MBEDTLS_ERR_MPI_BAD_INPUT_DATA;
    }
    ret = mbedtls_mpi_lset(X, 0);
    ret = ret == 0 ? mbedtls_mpi_shrink(X, limbs) : ret;
    ret = ret == 0 ? mbedtls_mpi_grow(X, limbs) : ret;
    if (ret != 0) {
        return ret;
    }
    X->p[(bits - 1) / limb_bits] = (mbedtls_mpi_uint)1 << ((bits - 1) % limb_bits); /* below N */
    for (size_t power = bits - 1; power < 2 * limbs * limb_bits; power++) {
        double_mod(X->p, N->p, limbs);
    }
    return 0;
}

#endif
