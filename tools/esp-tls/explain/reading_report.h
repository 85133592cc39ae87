/* What `esp-tls explain` says: about a text, and about all codes there are. */
#ifndef READING_REPORT_H
#define READING_REPORT_H

#include <stdio.h>

#include "reading.h"

struct report {
    struct readings readings;
    bool is_together;  /* several codes: the diagnoses take those of one failure together */
    bool heap_counts;  /* memory is a reason, and the log speaks of the heap */
    unsigned failures; /* 0: there is one code, and no diagnosis */
    esp_tls_diagnosis_t diagnoses[FAILURES_MOST];
};

/** Read a text, and take its codes together. @return false: there is no code in it */
bool report_make(struct report *report, const char *text);

void report_text(const struct report *report, FILE *out);
void report_json(const struct report *report, FILE *out);

/** Every code on a line of its own. */
void codes_list(FILE *out);
/** Every code and every reason as JSON. */
void codes_json(FILE *out);
/** docs/errors.md */
void codes_markdown(FILE *out);
/** docs/man/esp-tls-errors.7 */
void codes_mdoc(FILE *out);

/* --- for the parts of it ---------------------------------------------------------------------- */

/** The first and the last line that has a code of a failure. */
void failure_lines(const struct report *report, unsigned failure, unsigned lines[2]);
/** The diagnosis, if the log gives it the numbers of its sentences; else NULL, for these in
 *  general. */
const esp_tls_diagnosis_t *diagnosis_with_numbers(const esp_tls_diagnosis_t *d);
/** "TLS library", ... */
const char *domain_of(const esp_tls_code_t *code);
/** A number as logs have it: "-0x7200", "0x801A", "111". */
void number_text(const esp_tls_code_t *code, int value, char *text, size_t cap);
/** @return how many there are */
size_t reasons_of(const struct reading *row, esp_tls_reason_t reasons[3]);
/** The number that ESP-IDF has for an errno or a result of getaddrinfo(). @return false: none */
bool esp_idf_number(const esp_tls_code_t *code, int *value);

#endif
