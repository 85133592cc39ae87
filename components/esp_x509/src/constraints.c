/* Name constraints, for whoever explains a chain; the engine applies them itself. */
#include "cert_names.h"
#include "esp_tls_certificate.h"

static struct name_span span_of(esp_tls_bytes_t bytes)
{
    return (struct name_span){bytes.ptr, bytes.len};
}

static esp_tls_name_kind_t kind_of(enum name_kind kind)
{
    static const uint8_t kinds[NAME_ID + 1] = {
        [NAME_EMAIL] = ESP_TLS_NAME_EMAIL,
        [NAME_DNS] = ESP_TLS_NAME_DNS,
        [NAME_URI] = ESP_TLS_NAME_URI,
        [NAME_IP] = ESP_TLS_NAME_IP,
        [NAME_DIRECTORY] = ESP_TLS_NAME_DIRECTORY,
    };

    return (esp_tls_name_kind_t)kinds[kind];
}

esp_err_t esp_tls_certificate_names_allowed(const esp_tls_certificate_t *cert,
                                            const esp_tls_certificate_t *authority, bool is_peer,
                                            esp_tls_name_kind_t *kind, esp_tls_bytes_t *name)
{
    size_t work = NAMES_MOST_WORK;
    struct name_refusal refusal;
    enum name_verdict verdict;

    if (cert == NULL || authority == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (authority->name_constraints.ptr == NULL) {
        return ESP_OK;
    }
    verdict = et_names_judge(span_of(authority->name_constraints),
                             &(struct name_set){.subject = span_of(cert->subject),
                                                .alt = span_of(cert->names),
                                                .is_peer = is_peer},
                             &work, &refusal);
    if (kind != NULL) {
        *kind = kind_of(refusal.kind);
    }
    if (name != NULL) {
        *name = (esp_tls_bytes_t){refusal.name.ptr, refusal.name.len};
    }
    return verdict == NAMES_HOLD                                         ? ESP_OK
           : verdict == NAMES_EXCLUDED || verdict == NAMES_NOT_PERMITTED ? ESP_FAIL
                                                                         : ESP_ERR_NOT_SUPPORTED;
}
