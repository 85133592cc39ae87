/* What the fuzzers on the simulated network share. */
#ifndef SIM_FUZZ_H
#define SIM_FUZZ_H

#include "sim_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Input that is used up from its front; behind its end there are zeroes. */
struct sim_input {
    const uint8_t *at;
    size_t left;
};

uint8_t sim_input_byte(struct sim_input *in);
uint16_t sim_input_u16(struct sim_input *in);
/** The next bytes, as many as a length byte (times `unit`) says and as there are. */
struct sim_cert sim_input_piece(struct sim_input *in, size_t unit);

/** End the program unless. */
void sim_must(bool condition);

/** Open a case whose log is silent. */
void sim_fuzz_open(struct sim_case *t);
/** Connect (step by step) to test.example, write and read a little when it opens, and close: every
 *  failure must leave a record, and nothing may be left behind. */
void sim_fuzz_run(struct sim_case *t);

#endif
