/* Texts of reasons and remedies, before the evidence is put in. */
#ifndef DIAGNOSIS_REASONS_H
#define DIAGNOSIS_REASONS_H

#include "esp_tls_diagnosis.h"

/** @return static text, "" for a number that is none or without texts */
const char *et_reason_template(esp_tls_reason_t reason);
const char *et_remedy_template(esp_tls_remedy_t remedy);

#endif
