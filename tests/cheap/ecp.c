/* The other curves (X25519, P-384 ...): what Mbed TLS multiplied before is remembered. The results
 * are the right ones. Mbed TLS's files that multiply points call these (cmake/mbedtls.cmake). */
#include <string.h>

#include "mbedtls/ecp.h"

#include "memo.h"

#if defined(MBEDTLS_ECP_C)

#define POINT_MOST MBEDTLS_ECP_MAX_PT_LEN

typedef int random_fn(void *arg, unsigned char *buf, size_t len);

int cheap_ecp_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
                  const mbedtls_ecp_point *P, random_fn *f_rng, void *p_rng);
int cheap_ecp_mul_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
                              const mbedtls_ecp_point *P, random_fn *f_rng, void *p_rng,
                              mbedtls_ecp_restart_ctx *rs_ctx);
int cheap_ecp_muladd_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
                                 const mbedtls_ecp_point *P, const mbedtls_mpi *n,
                                 const mbedtls_ecp_point *Q, mbedtls_ecp_restart_ctx *rs_ctx);

/** @return 0, or what makes an operand none that can be remembered */
static int ask_number(struct memo_question *q, const mbedtls_mpi *m)
{
    uint8_t bytes[MBEDTLS_ECP_MAX_BYTES];
    int ret = m->MBEDTLS_PRIVATE(s) < 0 ? MBEDTLS_ERR_MPI_NEGATIVE_VALUE
                                        : mbedtls_mpi_write_binary(m, bytes, sizeof(bytes));

    if (ret == 0) {
        memo_ask(q, bytes, sizeof(bytes));
    }
    return ret;
}

static int ask_point(struct memo_question *q, const mbedtls_ecp_group *grp,
                     const mbedtls_ecp_point *P)
{
    uint8_t bytes[POINT_MOST] = {0};
    size_t len;
    int ret = mbedtls_ecp_point_write_binary(grp, P, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, bytes,
                                             sizeof(bytes));

    if (ret == 0) {
        memo_ask(q, bytes, sizeof(bytes));
    }
    return ret;
}

static void note_point(struct memo *memo, const mbedtls_ecp_group *grp, const mbedtls_ecp_point *R,
                       int ret)
{
    memo->ret = ret != 0 ? ret
                         : mbedtls_ecp_point_write_binary(grp, R, MBEDTLS_ECP_PF_UNCOMPRESSED,
                                                          &memo->result_len, memo->result,
                                                          sizeof(memo->result));
}

int cheap_ecp_mul_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
                              const mbedtls_ecp_point *P, random_fn *f_rng, void *p_rng,
                              mbedtls_ecp_restart_ctx *rs_ctx)
{
    struct memo_question q = {.operation = MEMO_ECP_MUL};
    struct memo *memo;
    int is_known;
    int ret;

    memo_ask(&q, &(uint8_t){(uint8_t)grp->id}, 1);
    if (f_rng == NULL || ask_number(&q, m) != 0 || ask_point(&q, grp, P) != 0) {
        return mbedtls_ecp_mul_restartable(grp, R, m, P, f_rng, p_rng, rs_ctx);
    }
    memo = memo_answer(&q, &is_known);
    if (is_known && memo->ret == 0) { /* a failure may be for lack of memory, once */
        return mbedtls_ecp_point_read_binary(grp, R, memo->result, memo->result_len);
    }
    ret = mbedtls_ecp_mul_restartable(grp, R, m, P, f_rng, p_rng, rs_ctx);
    note_point(memo, grp, R, ret);
    return ret;
}

int cheap_ecp_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
                  const mbedtls_ecp_point *P, random_fn *f_rng, void *p_rng)
{
    return cheap_ecp_mul_restartable(grp, R, m, P, f_rng, p_rng, NULL);
}

#if defined(MBEDTLS_ECP_SHORT_WEIERSTRASS_ENABLED)
int cheap_ecp_muladd_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
                                 const mbedtls_ecp_point *P, const mbedtls_mpi *n,
                                 const mbedtls_ecp_point *Q, mbedtls_ecp_restart_ctx *rs_ctx)
{
    struct memo_question q = {.operation = MEMO_ECP_MULADD};
    struct memo *memo;
    int is_known;
    int ret;

    memo_ask(&q, &(uint8_t){(uint8_t)grp->id}, 1);
    if (ask_number(&q, m) != 0 || ask_point(&q, grp, P) != 0 || ask_number(&q, n) != 0 ||
        ask_point(&q, grp, Q) != 0) {
        return mbedtls_ecp_muladd_restartable(grp, R, m, P, n, Q, rs_ctx);
    }
    memo = memo_answer(&q, &is_known);
    if (is_known && memo->ret == 0) {
        return mbedtls_ecp_point_read_binary(grp, R, memo->result, memo->result_len);
    }
    ret = mbedtls_ecp_muladd_restartable(grp, R, m, P, n, Q, rs_ctx);
    note_point(memo, grp, R, ret);
    return ret;
}
#endif

#endif
