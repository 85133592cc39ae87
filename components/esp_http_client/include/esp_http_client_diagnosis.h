/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_http_client_diagnosis.h: why a request failed
 *
 * The diagnosis of esp_tls_diagnosis.h for a request: of its connection, its proxies, and what the
 * client itself found wrong with the answer.
 */
#ifndef ESP_HTTP_CLIENT_DIAGNOSIS_H
#define ESP_HTTP_CLIENT_DIAGNOSIS_H

#include "esp_http_client.h"
#include "esp_tls_diagnosis.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Diagnose a request.
 *  @param client     after the call that failed, before esp_http_client_close() and the next
 *                    request
 *  @param err        what that call returned; ESP_OK: a status of 400 or above is diagnosed
 *  @param diagnosis  receives the result
 *  @return ESP_OK               *diagnosis is written; kind is ESP_TLS_CLASS_NONE if nothing failed
 *          ESP_ERR_INVALID_ARG  client or diagnosis is NULL
 *  Blocks: no. Memory: none. Threads: as a read of the client. */
esp_err_t esp_http_client_get_diagnosis(esp_http_client_handle_t client, esp_err_t err,
                                        esp_tls_diagnosis_t *diagnosis);

/** Add to the diagnosis of a connection what came of the request, for who noted that while the
 *  connection was open. esp_http_client_get_diagnosis() does it for all others.
 *  @param diagnosis     changed
 *  @param err           what the request returned; ESP_OK: a status of 300 or above is a failure
 *  @param status        of the answer; 0 or less: none came
 *  @param is_malformed  esp_http_client_get_malformed() said why
 *  Blocks: no. Memory: none. Any thread. */
void esp_http_client_diagnose(esp_tls_diagnosis_t *diagnosis, esp_err_t err, int status,
                              bool is_malformed);

#ifdef __cplusplus
}
#endif

#endif /* ESP_HTTP_CLIENT_DIAGNOSIS_H */
