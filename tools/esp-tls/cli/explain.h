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
    esp_err_t code;              /* of a transport: what a proxy says is here; ESP_OK: none */
    char host[256];              /* that was connected to */
    char name[256];              /* that the certificate must have */
};

/** Take record and evidence from a handle. */
void explain_note(struct failure *failure, const esp_tls_t *tls);

/** Diagnose it. */
void explain_diagnose(const struct failure *failure, esp_tls_diagnosis_t *diagnosis);

/** Did the way through --proxy not open in time? The connection to the server had not begun. */
bool explain_proxy_is_slow(const struct failure *failure);

/** What a proxy said, if it was one.
 *  @param status  receives the class @return true: its paragraph was added to *text */
bool explain_proxy(const struct failure *failure, struct text *text, enum tool_exit *status);

/** Put what a proxy said, or did not say in time, before the reasons that are there. */
void explain_diagnose_proxy(const struct failure *failure, esp_tls_diagnosis_t *diagnosis);

/** Its members, as esp_tls_diagnosis_json() prints them, into the object that is open. */
void explain_members(esp_tls_diagnosis_t *diagnosis, struct json *json);

/** @return the class of the failure; its paragraph is added to *text */
enum tool_exit explain(const struct failure *failure, struct text *text);

#endif
