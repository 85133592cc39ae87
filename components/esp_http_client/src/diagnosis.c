#include <string.h>

#include "client.h"
#include "esp_http_client_diagnosis.h"
#include "esp_tls_errors.h"
#include "esp_transport_diagnosis.h"

/** Does the connection's own record say more than that the request failed? */
static bool has_cause(const esp_tls_record_t *r)
{
    return r->cause != ESP_TLS_CAUSE_NONE &&
           (r->cause != ESP_TLS_CAUSE_EOF || r->phase != ESP_TLS_PHASE_OPEN);
}

/** What the connection's code stands for elsewhere is not what happened here. */
static void say_only(esp_tls_diagnosis_t *d, esp_tls_reason_t reason, esp_err_t err)
{
    d->reason_count = 0;
    d->record.phase = ESP_TLS_PHASE_OPEN;
    d->record.esp_code = err;
    esp_tls_diagnosis_lead(d, reason);
}

static void say_silence(esp_tls_diagnosis_t *d, esp_err_t err)
{
    d->record.cause = ESP_TLS_CAUSE_TIMEOUT;
    d->record.phase = ESP_TLS_PHASE_OPEN;
    d->record.esp_code = err;
    d->evidence.is_writing = err == ESP_ERR_HTTP_WRITE_DATA;
    esp_tls_diagnose(&d->record, &d->evidence, d);
}

static esp_tls_reason_t answer_reason(int status, bool is_malformed)
{
    if (is_malformed) {
        return ESP_TLS_REASON_HTTP_MALFORMED;
    }
    return status > 0 ? ESP_TLS_REASON_HTTP_INCOMPLETE : ESP_TLS_REASON_HTTP_NO_ANSWER;
}

/** Statuses by which servers say that a certificate is missing that the handshake did not demand:
 *  nginx has 400 for it, and 495 and 496 inside; Apache and others say 403. */
static bool is_for_identity(const esp_tls_diagnosis_t *d, int status)
{
    return d->record.identity_missed &&
           (status == 400 || status == 403 || status == 495 || status == 496);
}

static void say_status(esp_tls_diagnosis_t *d, int status)
{
    bool misses_identity = is_for_identity(d, status);

    say_only(d, status >= 400 ? ESP_TLS_REASON_HTTP_STATUS : ESP_TLS_REASON_HTTP_REDIRECT, ESP_OK);
    if (misses_identity) {
        esp_tls_diagnosis_lead(d, ESP_TLS_REASON_HTTP_CLIENT_CERT);
    }
}

void esp_http_client_diagnose(esp_tls_diagnosis_t *d, esp_err_t err, int status, bool is_malformed)
{
    esp_tls_code_t row;

    d->evidence.http_status = status > 0 ? (uint16_t)status : 0;
    if (err == ESP_OK) {
        if (status >= 300) {
            say_status(d, status);
        }
        return;
    }
    if (err == ESP_ERR_HTTP_READ_TIMEOUT ||
        (err == ESP_ERR_HTTP_WRITE_DATA && !has_cause(&d->record) &&
         d->record.esp_code == ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT)) {
        say_silence(d, err);
        return;
    }
    if (has_cause(&d->record)) {
        esp_transport_diagnose_code(d, err);
        return;
    }
    switch (err) {
    case ESP_ERR_HTTP_FETCH_HEADER:
    case ESP_ERR_HTTP_INCOMPLETE_DATA:
    case ESP_ERR_HTTP_CONNECTION_CLOSED:
        say_only(d, answer_reason(status, is_malformed), err);
        break;
    case ESP_ERR_HTTP_MAX_REDIRECT:
    case ESP_ERR_HTTP_REDIRECT_DOWNGRADE:
    case ESP_ERR_HTTP_BAD_LOCATION:
    case ESP_ERR_HTTP_HEADER_TOO_LONG:
        if (esp_tls_code_find(ESP_TLS_CODE_ESP, err, &row)) {
            say_only(d, (esp_tls_reason_t)row.reasons[0], err);
        }
        break;
    default:
        esp_transport_diagnose_code(d, err);
        break;
    }
}

/** Where the request went, and how long it may take: the connection that knew it is closed. */
static void fill_in(esp_tls_diagnosis_t *d, esp_http_client_handle_t c)
{
    esp_tls_evidence_t *e = &d->evidence;
    struct http_route to;
    size_t len;

    if (e->host[0] != '\0') {
        return;
    }
    et_http_origin_route(c->origin, &to);
    len = strlen(to.host);
    len = len < sizeof(e->host) ? len : sizeof(e->host) - 1;
    memcpy(e->host, to.host, len);
    e->host[len] = '\0';
    e->port = (uint16_t)to.port;
    e->timeout_ms = c->cfg.timeout_ms;
}

esp_err_t esp_http_client_get_diagnosis(esp_http_client_handle_t client, esp_err_t err,
                                        esp_tls_diagnosis_t *diagnosis)
{
    esp_transport_handle_t t;
    int status;

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
    status = esp_http_client_get_status_code(client);
    if (err != ESP_OK || status >= 400) {
        fill_in(diagnosis, client);
        diagnosis->record.identity_missed = et_http_wire_identity_missed(client->wire);
        esp_http_client_diagnose(diagnosis, err, status,
                                 esp_http_client_get_malformed(client) != NULL);
    }
    return ESP_OK;
}
