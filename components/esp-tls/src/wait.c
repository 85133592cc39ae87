/* Waiting and cancelling: what a handle waits for, as the application sees it. */
#include <string.h>

#include "conn.h"
#include "plat_clock.h"

/** Milliseconds from now to a time, rounded up; -1 for never. */
static int ms_until(uint64_t us)
{
    uint64_t now = plat_clock_us();
    uint64_t ms;

    if (us == PLAT_NEVER) {
        return -1;
    }
    ms = us <= now ? 0 : (us - now + 999) / 1000;
    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

static esp_err_t get_wait(esp_tls_t *tls, tls_status st, bool is_read, esp_tls_wait_t *wait)
{
    struct tls_wait want;

    if (tls->err.now < ESP_TLS_PHASE_RESOLVE || tls->err.now > ESP_TLS_PHASE_OPEN ||
        (tls->err.status != TLS_OK && !tls->err.passing)) {
        return ESP_ERR_INVALID_STATE;
    }
    if (et_conn_watch(tls) != TLS_OK) {
        return tls->err.esp;
    }
    et_conn_wants(tls, st, &want);
    if (is_read && esp_tls_get_bytes_avail(tls) > 0) {
        et_wait_until(&want, 0);
    }
    wait->count = want.count;
    wait->timeout_ms = ms_until(want.until_us);
    for (size_t i = 0; i < want.count; i++) {
        wait->items[i].fd = plat_stream_fd(want.item[i].stream);
        wait->items[i].events = want.item[i].want;
    }
    return ESP_OK;
}

esp_err_t esp_tls_get_wait(esp_tls_t *tls, esp_tls_wait_t *wait)
{
    if (tls == NULL || wait == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return get_wait(tls, (tls_status)tls->waiting, true, wait);
}

esp_err_t esp_tls_get_wait_for(esp_tls_t *tls, int events, esp_tls_wait_t *wait)
{
    tls_status st;

    if (tls == NULL || wait == NULL || events < 0 || events > ESP_TLS_WAIT_WRITE) {
        return ESP_ERR_INVALID_ARG;
    }
    st = (tls_status)tls->waiting;
    if (tls->err.now == ESP_TLS_PHASE_OPEN && events != 0 &&
        !(tls_is_waiting(st) && tls->is_reading == (events == ESP_TLS_WAIT_READ))) {
        st = events == ESP_TLS_WAIT_READ ? TLS_WANT_READ : TLS_WANT_WRITE;
    }
    return get_wait(tls, st, events != ESP_TLS_WAIT_WRITE, wait);
}

esp_err_t esp_tls_conn_cancel(esp_tls_t *tls)
{
    if (tls == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    plat_flag_set(&tls->tcp.cancelled, 1);
    plat_wake(&tls->wake);
    return ESP_OK;
}

esp_err_t esp_tls_set_stream(esp_tls_t *tls, const esp_tls_stream_t *stream, void *ctx)
{
    struct link_stream *below = NULL;

    if (tls == NULL || (stream != NULL && (stream->read == NULL || stream->write == NULL ||
                                           stream->get_wait == NULL))) {
        return ESP_ERR_INVALID_ARG;
    }
    if (tls->err.now != ESP_TLS_PHASE_NONE) {
        return ESP_ERR_INVALID_STATE;
    }
    if (stream != NULL) {
        below = et_stream_new(stream, ctx, &tls->err, &tls->account);
        if (below == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    et_stream_free(tls->below);
    tls->below = below;
    tls->link = below != NULL ? &below->link : &tls->tcp.link;
    return ESP_OK;
}
