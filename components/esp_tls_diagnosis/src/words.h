/* Sentences with {words} in them, which stand for what the evidence knows. */
#ifndef DIAGNOSIS_WORDS_H
#define DIAGNOSIS_WORDS_H

#include "esp_tls_diagnosis.h"
#include "out.h"

/** What a host has in it that none may have, as the end of a sentence: a URL, a path, a port.
 *  @return NULL: nothing; static text */
const char *et_words_host_fault(const char *host);
/** Write a sentence. @param diagnosis  NULL: each word in general */
void et_words_expand(struct out *out, const char *sentence, const esp_tls_diagnosis_t *diagnosis);

/** "example.org (192.0.2.1 port 443)", as far as it is known. */
void et_words_peer(struct out *out, const esp_tls_diagnosis_t *diagnosis);

/** The name of a code, or its number. */
void et_words_code(struct out *out, esp_tls_code_domain_t domain, int value);

#endif
