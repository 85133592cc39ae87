/* Reading what happened: the record, the timeline, and the ESP-IDF error store. */
#include <string.h>

#include "conn.h"

_Static_assert((int)ESP_TLS_WAIT_READ == (int)PLAT_READ &&
                   (int)ESP_TLS_WAIT_WRITE == (int)PLAT_WRITE,
               "esp_tls_get_wait() copies them");
_Static_assert(ESP_TLS_WAIT_ITEMS == TLS_WAIT_ITEMS, "esp_tls_get_wait() copies them");

static const struct {
    esp_tls_cause_t cause;
    const char *name;
} causes[] = {
    [TLS_OK] = {ESP_TLS_CAUSE_NONE, "none"},
    [TLS_EOF] = {ESP_TLS_CAUSE_EOF, "eof"},
    [TLS_TRUNCATED] = {ESP_TLS_CAUSE_TRUNCATED, "truncated"},
    [TLS_TIMEOUT] = {ESP_TLS_CAUSE_TIMEOUT, "timeout"},
    [TLS_CANCELLED] = {ESP_TLS_CAUSE_CANCELLED, "cancelled"},
    [TLS_NO_MEM] = {ESP_TLS_CAUSE_NO_MEM, "out of memory"},
    [TLS_INVALID_ARG] = {ESP_TLS_CAUSE_INVALID_ARG, "invalid argument"},
    [TLS_INVALID_STATE] = {ESP_TLS_CAUSE_INVALID_STATE, "invalid state"},
    [TLS_NOT_SUPPORTED] = {ESP_TLS_CAUSE_NOT_SUPPORTED, "not supported"},
    [TLS_NO_TRUST] = {ESP_TLS_CAUSE_NO_TRUST, "no trust option"},
    [TLS_RESOLVE] = {ESP_TLS_CAUSE_RESOLVE, "name not resolved"},
    [TLS_SYSTEM] = {ESP_TLS_CAUSE_SYSTEM, "system error"},
    [TLS_VERIFY] = {ESP_TLS_CAUSE_VERIFY, "certificate refused"},
    [TLS_STACK] = {ESP_TLS_CAUSE_STACK, "TLS error"},
    [TLS_FLOOD] = {ESP_TLS_CAUSE_FLOOD, "flood"},
};

esp_tls_cause_t et_error_cause(uint8_t status)
{
    if (status >= sizeof(causes) / sizeof(causes[0]) || causes[status].name == NULL) {
        return ESP_TLS_CAUSE_FAILED;
    }
    return causes[status].cause;
}

const char *esp_tls_cause_name(esp_tls_cause_t cause)
{
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (causes[i].name != NULL && causes[i].cause == cause) {
            return causes[i].name;
        }
    }
    return cause == ESP_TLS_CAUSE_FAILED ? "failed" : "?";
}

const char *esp_tls_phase_name(esp_tls_phase_t phase)
{
    static const char *const names[] = {
        [ESP_TLS_PHASE_NONE] = "none",           [ESP_TLS_PHASE_CONFIG] = "config",
        [ESP_TLS_PHASE_RESOLVE] = "resolve",     [ESP_TLS_PHASE_CONNECT] = "connect",
        [ESP_TLS_PHASE_HANDSHAKE] = "handshake", [ESP_TLS_PHASE_OPEN] = "open",
        [ESP_TLS_PHASE_CLOSE] = "close",
    };

    return (unsigned)phase < sizeof(names) / sizeof(names[0]) ? names[phase] : "?";
}

static void add_memory(esp_tls_record_t *record, const struct plat_mem_failure *failure)
{
    record->mem_size = failure->size;
    record->mem_largest_free = failure->largest_free;
    record->mem_purpose = failure->purpose;
}

esp_err_t esp_tls_get_record(const esp_tls_t *tls, esp_tls_record_t *record)
{
    const struct tls_error *err;

    if (tls == NULL || record == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    err = &tls->err;
    *record = (esp_tls_record_t){
        .phase = (esp_tls_phase_t)(err->status != TLS_OK ? err->phase : err->now),
        .cause = et_error_cause(err->status),
        .esp_code = err->esp,
        .os_errno = err->os,
        .resolver_code = err->resolver,
        .stack_code = err->stack,
        .verify_flags = err->verify_flags,
        .verify_depth = err->verify_depth,
        .alert_sent = err->alert_sent,
        .alert_received = err->alert_received,
        .option = err->option,
        .identity_missed = err->identity_missed,
        .record_len = err->record_len,
        .record_limit = err->record_limit,
        .port = err->addr.port,
        .bytes_in = err->bytes_in,
        .bytes_out = err->bytes_out,
    };
    if (err->status == TLS_NO_MEM) {
        add_memory(record, &tls->account.failure);
    }
    if (err->addr.family != 0) {
        char text[PLAT_ADDR_TEXT];

        plat_addr_text(&err->addr, text);
        memcpy(record->address, text, sizeof(record->address) - 1);
        record->address[sizeof(record->address) - 1] = '\0';
    }
    return ESP_OK;
}

esp_err_t esp_tls_get_timeline(const esp_tls_t *tls, esp_tls_timeline_t *timeline)
{
    if (tls == NULL || timeline == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *timeline = tls->timeline;
    return ESP_OK;
}

esp_err_t esp_tls_get_session_info(const esp_tls_t *tls, esp_tls_session_info_t *info)
{
    struct stack_info got = {NULL, NULL, NULL};

    if (tls == NULL || info == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (tls->err.now != ESP_TLS_PHASE_OPEN) {
        return ESP_ERR_INVALID_STATE;
    }
    if (tls->tls != NULL) {
        tls->stack->info(tls->tls, &got);
    }
    *info = (esp_tls_session_info_t){
        .version = got.version, .ciphersuite = got.suite, .alpn = got.alpn};
    return ESP_OK;
}

/* --- the ESP-IDF error store ----------------------------------------------------------------- */

static struct esp_tls_error_store *store_of(esp_tls_error_handle_t h)
{
    return (struct esp_tls_error_store *)(void *)h;
}

esp_err_t esp_tls_get_error_handle(esp_tls_t *tls, esp_tls_error_handle_t *error_handle)
{
    if (tls == NULL || error_handle == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *error_handle = &tls->store.last;
    return ESP_OK;
}

esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t h, int *esp_tls_code,
                                           int *esp_tls_flags)
{
    esp_err_t last;

    if (h == NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    last = h->last_error;
    if (esp_tls_code != NULL) {
        *esp_tls_code = h->esp_tls_error_code;
    }
    if (esp_tls_flags != NULL) {
        *esp_tls_flags = h->esp_tls_flags;
    }
    memset(h, 0, sizeof(*h));
    return last;
}

esp_err_t esp_tls_get_and_clear_error_type(esp_tls_error_handle_t h, esp_tls_error_type_t err_type,
                                           int *error_code)
{
    int *item;

    if (h == NULL || error_code == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    switch (err_type) {
    case ESP_TLS_ERR_TYPE_SYSTEM:
        item = &store_of(h)->sys_errno;
        break;
    case ESP_TLS_ERR_TYPE_ESP:
        item = &h->last_error;
        break;
    case ESP_TLS_ERR_TYPE_MBEDTLS:
    case ESP_TLS_ERR_TYPE_CUSTOM_STACK:
        item = &h->esp_tls_error_code;
        break;
    case ESP_TLS_ERR_TYPE_MBEDTLS_CERT_FLAGS:
    case ESP_TLS_ERR_TYPE_CUSTOM_STACK_CERT_FLAGS:
        item = &h->esp_tls_flags;
        break;
    default:
        return ESP_ERR_INVALID_ARG;
    }
    *error_code = *item;
    *item = 0;
    return ESP_OK;
}
