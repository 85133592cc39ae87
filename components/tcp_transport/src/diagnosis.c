#include <string.h>

#include "esp_tls_errors.h"
#include "esp_transport_async.h"
#include "esp_transport_diagnosis.h"
#include "esp_transport_proxy.h"
#include "transport.h"

/** Codes of proxies and WebSockets say what a connection's record cannot know; all others only
 *  repeat it, with less behind them. */
static bool says_more(esp_err_t code)
{
    return code > ESP_ERR_TCP_TRANSPORT_PROXY_BASE;
}

void esp_transport_diagnose_code(esp_tls_diagnosis_t *d, esp_err_t code)
{
    bool knows = d->reason_count > 0 && d->reasons[0] != ESP_TLS_REASON_OTHER;
    esp_tls_code_t row;

    if (code == ESP_OK || (knows && !says_more(code)) ||
        !esp_tls_code_find(ESP_TLS_CODE_ESP, code, &row)) {
        return;
    }
    for (size_t i = sizeof(row.reasons); i > 0; i--) { /* the likeliest ends up in front */
        if (row.reasons[i - 1] != ESP_TLS_REASON_NONE) {
            esp_tls_diagnosis_lead(d, (esp_tls_reason_t)row.reasons[i - 1]);
        }
    }
    if (!knows) {
        d->record.esp_code = code;
    }
}

esp_err_t esp_transport_get_diagnosis(esp_transport_handle_t t, esp_tls_diagnosis_t *diagnosis)
{
    if (t == NULL || diagnosis == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (esp_tls_get_diagnosis(esp_transport_get_esp_tls(t), diagnosis) != ESP_OK) {
        memset(diagnosis, 0, sizeof(*diagnosis));
        diagnosis->record.alert_sent = -1;
        diagnosis->record.alert_received = -1;
        diagnosis->record.verify_depth = -1;
    }
    esp_transport_diagnose_code(diagnosis, t->error.last.last_error);
    return ESP_OK;
}
