/* The codes that the TLS stack reports, and the bits of its certificate check, with what they
 * mean. */
#ifndef DIAGNOSIS_CODES_STACK_H
#define DIAGNOSIS_CODES_STACK_H

#include "esp_tls_diagnosis.h"

const esp_tls_code_t *et_codes_stack(size_t *count);
const esp_tls_code_t *et_codes_flags(size_t *count);
/** Of a code that may be the sum of a general one and a special one: the general one. */
int et_codes_high(int value);

#endif
