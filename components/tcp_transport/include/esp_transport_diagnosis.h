/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_transport_diagnosis.h: why a transport failed
 *
 * The diagnosis of esp_tls_diagnosis.h for a stack of transports: what the TLS or TCP transport in
 * it knows, and before that what only the layers above do - a proxy's answer, a WebSocket's
 * handshake. */
#ifndef ESP_TRANSPORT_DIAGNOSIS_H
#define ESP_TRANSPORT_DIAGNOSIS_H

#include "esp_tls_diagnosis.h"
#include "esp_transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Diagnose a transport.
 *  @param t          any transport, failed or not; its error handle is not cleared
 *  @param diagnosis  receives the result
 *  @return ESP_OK               *diagnosis is written; kind is ESP_TLS_CLASS_NONE if nothing failed
 *          ESP_ERR_INVALID_ARG  t or diagnosis is NULL
 *  Blocks: no. Memory: none. Threads: as a read of t. */
esp_err_t esp_transport_get_diagnosis(esp_transport_handle_t t, esp_tls_diagnosis_t *diagnosis);

/** Put what an ESP code means before the reasons that are there, unless they say more than it:
 *  codes of esp-tls itself only repeat the record.
 *  @param code  e.g. of a proxy (ESP_ERR_TCP_TRANSPORT_PROXY_...) or of the HTTP client */
void esp_transport_diagnose_code(esp_tls_diagnosis_t *diagnosis, esp_err_t code);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TRANSPORT_DIAGNOSIS_H */
