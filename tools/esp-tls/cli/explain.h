/* From what failed to one paragraph, in the words of the library's diagnosis with this program's
 * own options put to its settings; and to the exit status of its class. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>

#include "esp_tls_diagnosis.h"
#include "connect_options.h"
#include "json.h"
#include "text.h"
#include "tool.h"

struct failure {
    const struct connect_options *options;
    esp_tls_record_t record;
    esp_tls_evidence_t evidence; /* all zero: what the options say is taken for it */
    char host[256];              /* that was connected to */
    char name[256];              /* that the certificate must have */
};

/** Take record and evidence from a handle. */
void explain_note(struct failure *failure, const esp_tls_t *tls);

/** Diagnose it. */
void explain_diagnose(const struct failure *failure, esp_tls_diagnosis_t *diagnosis);

/** Its members, as esp_tls_diagnosis_json() prints them, into the object that is open. */
void explain_members(esp_tls_diagnosis_t *diagnosis, struct json *json);

/** @return the class of the failure; its paragraph is added to *text */
enum tool_exit explain(const struct failure *failure, struct text *text);

#endif
