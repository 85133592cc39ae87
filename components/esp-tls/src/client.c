/* The client's public calls: arguments are checked, the engine is driven, its status becomes what
 * ESP-IDF's callers expect. The one place where tls_status turns into public results. */
#include <string.h>

#include "conn.h"
#include "evidence.h"
#include "esp_log.h"
#include "esp_tls_url.h"

static const char TAG[] = "esp-tls";

/* --- results --------------------------------------------------------------------------------- */

/** Keep the ESP-IDF error store and the visible state in step with a failure.
 *  A failed TCP open leaves the state INIT, so that the caller may try again (ESP-IDF's way). */
static int connect_failed(esp_tls_t *tls, const char *host, size_t len, int port,
                          const esp_tls_cfg_t *cfg)
{
    bool before_tls =
        tls->err.phase == ESP_TLS_PHASE_RESOLVE || tls->err.phase == ESP_TLS_PHASE_CONNECT;

    error_store_fill(&tls->store, &tls->err);
    if (evidence_note_connect != NULL) {
        evidence_note_connect(tls, host, len, port, cfg);
    }
    if (before_tls) {
        (void)conn_reset(tls);
        tls->state = ESP_TLS_INIT;
        tls->err.now = ESP_TLS_PHASE_NONE;
    } else {
        (void)tls->link->ops->close(tls->link);
        tls->state = ESP_TLS_FAIL;
    }
    ESP_LOGE(TAG, "connect failed in phase %s: %s (0x%x, errno %d, stack -0x%x)",
             esp_tls_phase_name((esp_tls_phase_t)tls->err.phase),
             esp_tls_cause_name(error_cause(tls->err.status)), (unsigned)tls->err.esp, tls->err.os,
             (unsigned)tls->err.stack);
    return -1;
}

/** Visible state of a connect under way. Plain TCP stays INIT, as in ESP-IDF. */
static void show_state(esp_tls_t *tls)
{
    if (tls->tls == NULL) {
        return;
    }
    switch (tls->err.now) {
    case ESP_TLS_PHASE_CONNECT:
        tls->state = ESP_TLS_CONNECTING;
        break;
    case ESP_TLS_PHASE_HANDSHAKE:
        tls->state = ESP_TLS_HANDSHAKE;
        break;
    case ESP_TLS_PHASE_OPEN:
        tls->state = ESP_TLS_DONE;
        break;
    default:
        break;
    }
}

/** Negative result of a read or write. */
static ssize_t io_failed(esp_tls_t *tls, tls_status st, esp_err_t esp)
{
    if (tls_is_waiting(st)) {
        if (tls->err.status == TLS_TIMEOUT) {
            error_store_fill(&tls->store, &tls->err);
        }
        return st == TLS_WANT_WRITE ? ESP_TLS_ERR_SSL_WANT_WRITE : ESP_TLS_ERR_SSL_WANT_READ;
    }
    if (tls->err.esp == ESP_ERR_MBEDTLS_SSL_READ_FAILED) {
        tls->err.esp = esp;
    }
    error_store_fill(&tls->store, &tls->err);
    return tls->err.stack != 0 ? -tls->err.stack : -1;
}

/* --- connecting -------------------------------------------------------------------------------- */

/** Begin, unless a connect is under way already. @return false when it failed */
static bool ensure_begun(esp_tls_t *tls, const char *host, size_t len, int port,
                         const esp_tls_cfg_t *cfg)
{
    bool under_way = tls->err.status == TLS_OK && tls->err.now > ESP_TLS_PHASE_CONFIG &&
                     tls->err.now < ESP_TLS_PHASE_OPEN;

    if (under_way) {
        return true;
    }
    return conn_begin(tls, host, len, port, cfg) == TLS_OK;
}

/** A call that fails and changes nothing: recorded until the next call. */
static int refuse_call(esp_tls_t *tls, tls_status st, const char *option)
{
    (void)error_passing(&tls->err, st, option);
    error_store_fill(&tls->store, &tls->err);
    return -1;
}

/** A handle that is open or has failed is not connected again. */
static bool may_connect(esp_tls_t *tls)
{
    error_drop_passing(&tls->err);
    if (tls->err.now == ESP_TLS_PHASE_OPEN || tls->state == ESP_TLS_DONE) {
        ESP_LOGE(TAG, "the handle is connected already");
        (void)refuse_call(tls, TLS_INVALID_STATE, "connected already");
        return false;
    }
    if (tls->state == ESP_TLS_FAIL) {
        ESP_LOGE(TAG, "the handle has failed: destroy it and make a new one");
        (void)refuse_call(tls, TLS_INVALID_STATE, "failed already");
        return false;
    }
    return true;
}

static size_t host_len(const char *host, int len)
{
    const char *nul = memchr(host, '\0', (size_t)len);

    return nul != NULL ? (size_t)(nul - host) : (size_t)len;
}

/** @return 1 open, 0 under way, -1 failed */
static int connect_step(esp_tls_t *tls, const char *host, size_t len, int port,
                        const esp_tls_cfg_t *cfg, tls_status (*step)(esp_tls_t *tls))
{
    tls_status st;

    if (!may_connect(tls)) {
        return -1;
    }
    if (!ensure_begun(tls, host, len, port, cfg)) {
        return connect_failed(tls, host, len, port, cfg);
    }
    st = step(tls);
    if (st != TLS_OK && !tls_is_waiting(st)) {
        return connect_failed(tls, host, len, port, cfg);
    }
    show_state(tls);
    return st == TLS_OK ? 1 : 0;
}

static bool arguments_are_there(const char *host, int len, const esp_tls_cfg_t *cfg, esp_tls_t *tls)
{
    if (host != NULL && len >= 0 && cfg != NULL && tls != NULL) {
        return true;
    }
    ESP_LOGE(TAG, "host, cfg or handle is missing");
    if (tls != NULL) {
        (void)refuse_call(tls, TLS_INVALID_ARG, cfg == NULL ? "cfg" : "host");
    }
    return false;
}

int esp_tls_conn_new_sync(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg,
                          esp_tls_t *tls)
{
    if (!arguments_are_there(hostname, hostlen, cfg, tls)) {
        return -1;
    }
    return connect_step(tls, hostname, host_len(hostname, hostlen), port, cfg, conn_finish);
}

int esp_tls_conn_new_async(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg,
                           esp_tls_t *tls)
{
    if (!arguments_are_there(hostname, hostlen, cfg, tls)) {
        return -1;
    }
    return connect_step(tls, hostname, host_len(hostname, hostlen), port, cfg, conn_step);
}

static int connect_url(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls,
                       tls_status (*step)(esp_tls_t *tls))
{
    esp_tls_url_t parts;

    if (!arguments_are_there(url, 0, cfg, tls)) {
        return -1;
    }
    if (!esp_tls_url_parse(url, strlen(url), &parts)) {
        ESP_LOGE(TAG, "not a URL with scheme and host");
        error_drop_evidence(&tls->err);
        error_clear(&tls->err);
        tls->err.now = ESP_TLS_PHASE_CONFIG;
        (void)error_option(&tls->err, TLS_INVALID_ARG, 0, "url");
        return connect_failed(tls, url, strlen(url), 0, cfg);
    }
    return connect_step(tls, parts.host.ptr, parts.host.len, esp_tls_url_port(&parts), cfg, step);
}

int esp_tls_conn_http_new_sync(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls)
{
    return connect_url(url, cfg, tls, conn_finish);
}

int esp_tls_conn_http_new_async(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls)
{
    return connect_url(url, cfg, tls, conn_step);
}

/* --- reading and writing ------------------------------------------------------------------------ */

ssize_t esp_tls_conn_read(esp_tls_t *tls, void *data, size_t datalen)
{
    size_t n;
    tls_status st;

    if (tls == NULL) {
        return -1;
    }
    if (data == NULL) {
        return refuse_call(tls, TLS_INVALID_ARG, "data");
    }
    st = conn_read(tls, data, datalen, &n);
    if (st == TLS_OK || st == TLS_EOF) {
        return (ssize_t)n;
    }
    return io_failed(tls, st, ESP_ERR_MBEDTLS_SSL_READ_FAILED);
}

ssize_t esp_tls_conn_write(esp_tls_t *tls, const void *data, size_t datalen)
{
    size_t n;
    tls_status st;

    if (tls == NULL) {
        return -1;
    }
    if (data == NULL) {
        return refuse_call(tls, TLS_INVALID_ARG, "data");
    }
    st = conn_write(tls, data, datalen, &n);
    return st == TLS_OK ? (ssize_t)n : io_failed(tls, st, ESP_ERR_MBEDTLS_SSL_WRITE_FAILED);
}

ssize_t esp_tls_get_bytes_avail(esp_tls_t *tls)
{
    if (tls == NULL) {
        return ESP_FAIL;
    }
    return tls->tls != NULL && tls->err.now == ESP_TLS_PHASE_OPEN
               ? (ssize_t)tls->stack->pending(tls->tls)
               : 0;
}

/* --- what a handle is ---------------------------------------------------------------------------- */

esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *sockfd)
{
    if (tls == NULL || sockfd == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *sockfd = tls->adopt_fd >= 0 ? tls->adopt_fd : plat_stream_fd(tcp_attempt(&tls->tcp));
    return ESP_OK;
}

esp_err_t esp_tls_set_conn_sockfd(esp_tls_t *tls, int sockfd)
{
    if (tls == NULL || sockfd < 0) {
        return ESP_ERR_INVALID_ARG;
    }
    tls->adopt_fd = sockfd;
    return ESP_OK;
}

esp_err_t esp_tls_get_conn_state(esp_tls_t *tls, esp_tls_conn_state_t *conn_state)
{
    if (tls == NULL || conn_state == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *conn_state = (esp_tls_conn_state_t)tls->state;
    return ESP_OK;
}

esp_err_t esp_tls_set_conn_state(esp_tls_t *tls, esp_tls_conn_state_t conn_state)
{
    if (tls == NULL || (int)conn_state < ESP_TLS_INIT || (int)conn_state > ESP_TLS_DONE) {
        return ESP_ERR_INVALID_ARG;
    }
    tls->state = (uint8_t)conn_state;
    return ESP_OK;
}

void *esp_tls_get_ssl_context(esp_tls_t *tls)
{
    return tls != NULL && tls->tls != NULL ? tls->stack->native(tls->tls) : NULL;
}

esp_err_t esp_tls_set_socket_hook(esp_tls_t *tls, esp_tls_socket_hook_t hook, void *arg)
{
    if (tls == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    tls->tcp.options.hook = hook;
    tls->tcp.options.hook_arg = arg;
    return ESP_OK;
}
