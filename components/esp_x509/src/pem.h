/* PEM as Mbed TLS reads it, with the place of what it would not take. */
#ifndef X509_PEM_H
#define X509_PEM_H

#include "esp_tls_certificate.h"

#define PEM_NONE SIZE_MAX

/** Where a text begins in another, from `at` on. @return its offset, or PEM_NONE */
size_t et_pem_find(const uint8_t *text, size_t len, size_t at, const char *what);

/** The label that begins at `at`, up to the dashes. @return false: there is none on this line, or
 *  it is longer than 64 bytes; *label is empty then */
bool et_pem_label(const uint8_t *text, size_t len, size_t at, esp_tls_bytes_t *label);

/** Is this base64 as RFC 7468 has it in a block (RFC 4648 section 4, lines, blanks at their ends)?
 *  @param len  receives how many bytes it stands for
 *  @param at   receives the offset of what is wrong
 *  @return ESP_TLS_INPUT_OK, or why not */
esp_tls_input_reason_t et_pem_check(const uint8_t *text, size_t size, size_t *len, size_t *at);

/** What stands between a BEGIN line and its base64 (RFC 1421 section 4.6).
 *  @param body          moved behind it
 *  @param is_encrypted  "Proc-Type: 4,ENCRYPTED" is there
 *  @param cipher        what DEK-Info names, without the IV */
void et_pem_headers(esp_tls_bytes_t *body, bool *is_encrypted, esp_tls_bytes_t *cipher);

#endif
