/* Results of long computations that are asked for again and again, as by runs that get the same
 * random numbers each time. A question is an operation and its operands; its answer is computed
 * once, and again when it was forgotten in between. Each thread remembers for itself. */
#ifndef MEMO_H
#define MEMO_H

#include <stddef.h>
#include <stdint.h>

#ifndef ESP_TLS_CHEAP_CRYPTO
#error "This is for the tests only"
#endif

enum memo_operation {
    MEMO_NONE,
    MEMO_P256_PUBLIC,
    MEMO_P256_SHARED,
    MEMO_P256_VERDICT,
    MEMO_ECP_MUL,
    MEMO_ECP_MULADD
};

struct memo_question {
    uint16_t operation;
    uint16_t len;
    uint8_t operands[480];
};

struct memo {
    struct memo_question question;
    int ret;
    uint8_t result[160];
    size_t result_len;
};

/* FNV-1a, RFC 9923 */
#define MEMO_SUM_BEGIN 0xCBF29CE484222325u
uint64_t memo_sum(uint64_t sum, const uint8_t *data, size_t len);

/** Add an operand. */
void memo_ask(struct memo_question *question, const uint8_t *operand, size_t len);

/** Where the answer is, or where it must be put.
 *  @param is_known  set to 1: it is there; to 0: ret and result are to be filled in now */
struct memo *memo_answer(const struct memo_question *question, int *is_known);

#endif
