#include <string.h>

#include "esp_http_client_async.h"
#include "esp_http_client_diagnosis.h"
#include "esp_transport_diagnosis.h"

esp_err_t esp_http_client_get_diagnosis(esp_http_client_handle_t client, esp_err_t err,
                                        esp_tls_diagnosis_t *diagnosis)
{
    esp_transport_handle_t t;

    if (client == NULL || diagnosis == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    t = esp_http_client_get_transport(client);
    if (t == NULL || esp_transport_get_diagnosis(t, diagnosis) != ESP_OK) {
        memset(diagnosis, 0, sizeof(*diagnosis));
        diagnosis->record.alert_sent = -1;
        diagnosis->record.alert_received = -1;
        diagnosis->record.verify_depth = -1;
    }
    if (err != ESP_OK) {
        esp_transport_diagnose_code(diagnosis, err);
    } else if (esp_http_client_get_status_code(client) >= 400) {
        esp_tls_diagnosis_lead(diagnosis, ESP_TLS_REASON_HTTP_STATUS);
    }
    return ESP_OK;
}
