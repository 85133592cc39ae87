#include "memo.h"

#include <stdlib.h>
#include <string.h>

#define MEMOS 512

static _Thread_local struct memo memos[MEMOS];

uint64_t memo_sum(uint64_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum = (sum ^ data[i]) * 0x100000001B3u;
    }
    return sum;
}

void memo_ask(struct memo_question *question, const uint8_t *operand, size_t len)
{
    if (len > sizeof(question->operands) - question->len) {
        abort(); /* the callers' operands have fixed sizes, which fit */
    }
    memcpy(question->operands + question->len, operand, len);
    question->len = (uint16_t)(question->len + len);
}

struct memo *memo_answer(const struct memo_question *question, int *is_known)
{
    uint64_t sum =
        memo_sum(MEMO_SUM_BEGIN + question->operation, question->operands, question->len);
    struct memo *m = &memos[(sum ^ sum >> 32) % MEMOS];

    *is_known = m->question.operation == question->operation && m->question.len == question->len &&
                memcmp(m->question.operands, question->operands, question->len) == 0;
    if (!*is_known) {
        m->question = *question;
        m->ret = -1;
        m->result_len = 0;
    }
    return m;
}
