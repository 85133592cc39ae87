/* A row of a table of codes. Its class is that of its likeliest reason, so the two cannot
 * differ. */
#ifndef DIAGNOSIS_CODE_ROW_H
#define DIAGNOSIS_CODE_ROW_H

#include "esp_tls_diagnosis.h"
#include "sdkconfig.h"

#ifdef CONFIG_ESP_TLS_DIAGNOSIS_TEXT
#define CODE_SENTENCE(text) text
#else
#define CODE_SENTENCE(text) ""
#endif

enum {
    CLASS_OF_NONE = ESP_TLS_CLASS_NONE,
#define CLASS_OF(id, kind, ...) CLASS_OF_##id = ESP_TLS_CLASS_##kind,
    ESP_TLS_REASONS(CLASS_OF)
#undef CLASS_OF
};

#define CODE_ROW(of, number, text, a, b, c, meaning)                                               \
    {                                                                                              \
        .domain = ESP_TLS_CODE_##of, .kind = CLASS_OF_##a,                                         \
        .reasons = {ESP_TLS_REASON_##a, ESP_TLS_REASON_##b, ESP_TLS_REASON_##c}, .value = number,  \
        .name = text, .sentence = CODE_SENTENCE(meaning)                                           \
    }

#endif
