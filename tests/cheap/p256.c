/* P-256 for fuzzers and sweeps, which shake hands many thousand times: p256-m's functions, with the
 * same results as far as the other side can tell, at next to no cost. It is no cryptography: only
 * builds with ESP_TLS_CHEAP_CRYPTO have it, and those cannot be installed.
 *
 * - A new key is one of a few fixed ones.
 * - What is computed from keys is computed by p256-m once and remembered: public halves, shared
 *   secrets, and verdicts on signatures, such as those in the tests' certificates.
 * - A signature that is made here is a mark and a checksum of the public key and the hash, which
 *   anybody could make. A signature without the mark is verified by p256-m. So a signature of
 *   another key, of another text, or with changed bytes is refused, as a real one is.
 *
 * p256-m.c is compiled with these functions renamed to p256_real_* (cmake/mbedtls.cmake). */
#include <string.h>

#include "memo.h"
#include "p256-m.h"

#define PRIVATE_LEN 32
#define PUBLIC_LEN  64
#define SECRET_LEN  32
#define SIG_LEN     64
#define HALF_SIG    32
#define HASH_MOST   32 /* of a longer one p256-m takes as much, too */
#define KEYS        8  /* different private keys that are ever made */

int p256_real_ecdh_shared_secret(uint8_t secret[32], const uint8_t priv[32], const uint8_t pub[64]);
int p256_real_ecdsa_verify(const uint8_t sig[64], const uint8_t pub[64], const uint8_t *hash,
                           size_t hlen);
int p256_real_public_from_private(uint8_t pub[64], const uint8_t priv[32]);

int p256_public_from_private(uint8_t pub[64], const uint8_t priv[32])
{
    struct memo_question q = {.operation = MEMO_P256_PUBLIC};
    struct memo *m;
    int is_known;

    memo_ask(&q, priv, PRIVATE_LEN);
    m = memo_answer(&q, &is_known);
    if (!is_known) {
        m->ret = p256_real_public_from_private(m->result, priv);
    }
    if (m->ret == P256_SUCCESS) {
        memcpy(pub, m->result, PUBLIC_LEN);
    }
    return m->ret;
}

int p256_gen_keypair(uint8_t priv[32], uint8_t pub[64])
{
    int ret = p256_generate_random(priv, PRIVATE_LEN);

    if (ret != P256_SUCCESS) {
        return ret;
    }
    memset(priv + 1, 0x5A, PRIVATE_LEN - 1);
    priv[0] = (uint8_t)(1 + priv[0] % KEYS); /* above 0, below the group's order */
    return p256_public_from_private(pub, priv);
}

int p256_ecdh_shared_secret(uint8_t secret[32], const uint8_t priv[32], const uint8_t pub[64])
{
    struct memo_question q = {.operation = MEMO_P256_SHARED};
    struct memo *m;
    int is_known;

    memo_ask(&q, priv, PRIVATE_LEN);
    memo_ask(&q, pub, PUBLIC_LEN);
    m = memo_answer(&q, &is_known);
    if (!is_known) {
        m->ret = p256_real_ecdh_shared_secret(m->result, priv, pub);
    }
    if (m->ret == P256_SUCCESS) {
        memcpy(secret, m->result, SECRET_LEN);
    }
    return m->ret;
}

/** Both halves are above 0 and below the group's order. */
static void make_mark(uint8_t sig[SIG_LEN], const uint8_t pub[PUBLIC_LEN], const uint8_t *hash,
                      size_t hlen)
{
    uint64_t sum = memo_sum(memo_sum(MEMO_SUM_BEGIN, pub, PUBLIC_LEN), hash, hlen);

    memcpy(sig, "cheap signature, no cryptography", HALF_SIG);
    for (size_t i = HALF_SIG; i < SIG_LEN; i++) {
        sig[i] = (uint8_t)(sum >> 32);
        sum = memo_sum(sum, &sig[i], 1);
    }
    sig[HALF_SIG] = (uint8_t)(1 + sig[HALF_SIG] % 0x7F);
}

int p256_ecdsa_sign(uint8_t sig[64], const uint8_t priv[32], const uint8_t *hash, size_t hlen)
{
    uint8_t pub[PUBLIC_LEN];
    int ret = p256_public_from_private(pub, priv);

    if (ret == P256_SUCCESS) {
        make_mark(sig, pub, hash, hlen);
    }
    return ret;
}

int p256_ecdsa_verify(const uint8_t sig[64], const uint8_t pub[64], const uint8_t *hash,
                      size_t hlen)
{
    struct memo_question q = {.operation = MEMO_P256_VERDICT};
    uint8_t right[SIG_LEN];
    struct memo *m;
    int is_known;

    make_mark(right, pub, hash, hlen);
    if (memcmp(sig, right, HALF_SIG) == 0) {
        return memcmp(sig, right, SIG_LEN) == 0 ? P256_SUCCESS : P256_INVALID_SIGNATURE;
    }
    hlen = hlen < HASH_MOST ? hlen : HASH_MOST;
    memo_ask(&q, sig, SIG_LEN);
    memo_ask(&q, pub, PUBLIC_LEN);
    memo_ask(&q, hash, hlen);
    m = memo_answer(&q, &is_known);
    if (!is_known) {
        m->ret = p256_real_ecdsa_verify(sig, pub, hash, hlen);
    }
    return m->ret;
}
