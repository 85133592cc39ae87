#include "error.h"

#include <limits.h>
#include <string.h>

void et_error_clear(struct tls_error *err)
{
    memset(err, 0, sizeof(*err));
    err->verify_depth = -1;
    err->alert_sent = -1;
    err->alert_received = -1;
}

/* One row per status that has the same ESP-IDF code in every phase. */
static const struct {
    uint8_t status;
    esp_err_t esp;
} by_status[] = {
    {TLS_NO_MEM, ESP_ERR_NO_MEM},
    {TLS_INVALID_ARG, ESP_ERR_INVALID_ARG},
    {TLS_INVALID_STATE, ESP_ERR_INVALID_STATE},
    {TLS_NOT_SUPPORTED, ESP_ERR_NOT_SUPPORTED},
    {TLS_NO_TRUST, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED},
    {TLS_RESOLVE, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME},
};

/* The rest by phase: what a time-out, a cancel, and any other failure is called there. */
static const struct {
    esp_err_t timeout;
    esp_err_t other;
} by_phase[] = {
    [ESP_TLS_PHASE_NONE] = {ESP_FAIL, ESP_FAIL},
    [ESP_TLS_PHASE_CONFIG] = {ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED},
    [ESP_TLS_PHASE_RESOLVE] = {ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME,
                               ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME},
    [ESP_TLS_PHASE_CONNECT] = {ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT,
                               ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST},
    [ESP_TLS_PHASE_HANDSHAKE] = {ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT,
                                 ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED},
    [ESP_TLS_PHASE_OPEN] = {ESP_ERR_TIMEOUT, ESP_ERR_MBEDTLS_SSL_READ_FAILED},
    [ESP_TLS_PHASE_CLOSE] = {ESP_ERR_TIMEOUT, ESP_FAIL},
};

esp_err_t et_error_esp_code(tls_status st, uint8_t phase)
{
    for (size_t i = 0; i < sizeof(by_status) / sizeof(by_status[0]); i++) {
        if (by_status[i].status == st) {
            return by_status[i].esp;
        }
    }
    if (st == TLS_OK || tls_is_waiting(st) || st == TLS_EOF) {
        return ESP_OK;
    }
    if (st == TLS_TRUNCATED && phase == ESP_TLS_PHASE_OPEN) {
        return ESP_ERR_ESP_TLS_TCP_CLOSED_FIN;
    }
    return st == TLS_TIMEOUT ? by_phase[phase].timeout : by_phase[phase].other;
}

int et_error_stack(int code)
{
    return code == INT_MIN ? INT_MAX : code < 0 ? -code : code;
}

tls_status et_error_set(struct tls_error *err, tls_status st, esp_err_t esp, int os, int stack)
{
    et_error_drop_passing(err);
    if (err->status == TLS_OK) { /* keep the first cause */
        err->status = (uint8_t)st;
        err->phase = err->now;
        err->esp = esp != 0 ? esp : et_error_esp_code(st, err->now);
        err->os = os;
        err->stack = et_error_stack(stack);
    }
    return st;
}

tls_status et_error_option(struct tls_error *err, tls_status st, esp_err_t esp, const char *option)
{
    et_error_drop_passing(err);
    if (err->status == TLS_OK) {
        err->option = option;
    }
    return et_error_set(err, st, esp, 0, 0);
}

tls_status et_error_passing(struct tls_error *err, tls_status st, const char *option)
{
    bool is_first;

    et_error_drop_passing(err);
    is_first = err->status == TLS_OK;
    (void)et_error_option(err, st, 0, option);
    err->passing = is_first;
    return st;
}

void et_error_drop_passing(struct tls_error *err)
{
    if (err->passing) {
        err->passing = false;
        err->status = TLS_OK;
        err->phase = ESP_TLS_PHASE_NONE;
        err->esp = ESP_OK;
        err->os = 0;
        err->stack = 0;
        err->option = NULL;
    }
}

void et_error_store_fill(struct esp_tls_error_store *store, const struct tls_error *err)
{
    if (err->status == TLS_OK) {
        return;
    }
    store->last.last_error = err->esp;
    store->last.esp_tls_error_code = err->stack;
    store->last.esp_tls_flags = (int)err->verify_flags;
    store->sys_errno = err->os;
}
