/* From the record of a connection to one paragraph: what happened, why, and what to change; and to
 * the exit status of its class. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>

#include "esp_tls_record.h"
#include "get_options.h"
#include "text.h"
#include "tool.h"

struct failure {
    const struct get_options *options;
    esp_tls_record_t record;
    char host[256]; /* that was connected to */
    char name[256]; /* that the certificate must have */
};

/** @return the class of the failure; its paragraph is added to *text */
enum tool_exit explain(const struct failure *failure, struct text *text);

/** What a certificate check found (explain_verify.c). */
void explain_verify(const struct failure *failure, struct text *text);

/** What an alert, sent or received, means (explain_tls.c). */
void explain_tls(const struct failure *failure, struct text *text);

#endif
