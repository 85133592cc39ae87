/* The client's public calls: arguments are checked, the engine is driven, its status becomes what
 * ESP-IDF's callers expect. The one place where tls_status turns into public results. */
#include <string.h>

#include "conn.h"
#include "esp_log.h"
#include "esp_tls_url.h"

static const char TAG[] = "esp-tls";

/* --- results --------------------------------------------------------------------------------- */

/** Tell observers of a failure. The stack has a say in it unless a deadline passed or the program
 *  cancelled it: then it was at work, and nothing of it failed. */
static void tell_failure(esp_tls_t *tls, const struct conn_request *asked)
{
    const struct tls_error *err = &tls->err;
    bool is_stacks = err->phase >= ESP_TLS_PHASE_HANDSHAKE && err->status != TLS_TIMEOUT &&
                     err->status != TLS_CANCELLED;
    const struct conn_failure failure = {.asked = asked,
                                         .stack = is_stacks ? tls->tls : NULL,
                                         .phase = err->phase,
                                         .esp = err->esp,
                                         .option = err->option};

    et_observers_failed(&tls->observed, &failure);
}

/** Keep the ESP-IDF error store and the visible state in step with a failure.
 *  A failed TCP open leaves the state INIT, so that the caller may try again (ESP-IDF's way). */
static int connect_failed(const struct conn_request *asked)
{
    esp_tls_t *tls = asked->tls;
    bool before_tls =
        tls->err.phase == ESP_TLS_PHASE_RESOLVE || tls->err.phase == ESP_TLS_PHASE_CONNECT;

    et_error_store_fill(&tls->store, &tls->err);
    tell_failure(tls, asked);
    if (before_tls) {
        (void)et_conn_reset(tls);
        tls->state = ESP_TLS_INIT;
        tls->err.now = ESP_TLS_PHASE_NONE;
    } else {
        (void)et_conn_close_link(tls);
        tls->state = ESP_TLS_FAIL;
    }
    ESP_LOGE(TAG, "connect failed in phase %s: %s%s%s (0x%x, errno %d, stack -0x%x)",
             esp_tls_phase_name((esp_tls_phase_t)tls->err.phase),
             esp_tls_cause_name(et_error_cause(tls->err.status)),
             tls->err.option != NULL ? ": " : "", tls->err.option != NULL ? tls->err.option : "",
             (unsigned)tls->err.esp, tls->err.os, (unsigned)tls->err.stack);
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
            et_error_store_fill(&tls->store, &tls->err);
        }
        return st == TLS_WANT_WRITE ? ESP_TLS_ERR_SSL_WANT_WRITE : ESP_TLS_ERR_SSL_WANT_READ;
    }
    if (tls->err.esp == ESP_ERR_MBEDTLS_SSL_READ_FAILED) {
        tls->err.esp = esp;
    }
    et_error_store_fill(&tls->store, &tls->err);
    if (!tls->err.passing) {
        tell_failure(tls, NULL);
    }
    return tls->err.stack != 0 ? -tls->err.stack : -1;
}

/* --- connecting ------------------------------------------------------------------------------- */

/** Begin, unless a connect is under way already. @return false when it failed */
static bool ensure_begun(const struct conn_request *asked)
{
    const struct tls_error *err = &asked->tls->err;
    bool under_way =
        err->status == TLS_OK && err->now > ESP_TLS_PHASE_CONFIG && err->now < ESP_TLS_PHASE_OPEN;

    return under_way || et_conn_begin(asked) == TLS_OK;
}

/** A call that fails and changes nothing: recorded until the next call. */
static int refuse_call(esp_tls_t *tls, tls_status st, const char *option)
{
    (void)et_error_passing(&tls->err, st, option);
    et_error_store_fill(&tls->store, &tls->err);
    return -1;
}

/** A handle that is open or has failed is not connected again. */
static bool may_connect(esp_tls_t *tls)
{
    et_error_drop_passing(&tls->err);
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
static int connect_step(const struct conn_request *asked, tls_status (*step)(esp_tls_t *tls))
{
    tls_status st;

    if (!may_connect(asked->tls)) {
        return -1;
    }
    if (!ensure_begun(asked)) {
        return connect_failed(asked);
    }
    st = step(asked->tls);
    if (st != TLS_OK && !tls_is_waiting(st)) {
        return connect_failed(asked);
    }
    show_state(asked->tls);
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

static int connect_host(const char *host, int len, int port, const esp_tls_cfg_t *cfg,
                        esp_tls_t *tls, tls_status (*step)(esp_tls_t *tls))
{
    struct conn_request asked = {.tls = tls, .host = host, .port = port, .cfg = cfg};

    if (!arguments_are_there(host, len, cfg, tls)) {
        return -1;
    }
    asked.len = host_len(host, len);
    return connect_step(&asked, step);
}

int esp_tls_conn_new_sync(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg,
                          esp_tls_t *tls)
{
    return connect_host(hostname, hostlen, port, cfg, tls, et_conn_finish);
}

int esp_tls_conn_new_async(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg,
                           esp_tls_t *tls)
{
    return connect_host(hostname, hostlen, port, cfg, tls, et_conn_step);
}

static int connect_url(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls,
                       tls_status (*step)(esp_tls_t *tls))
{
    struct conn_request asked = {.tls = tls, .host = url, .cfg = cfg};
    esp_tls_url_t parts;

    if (!arguments_are_there(url, 0, cfg, tls)) {
        return -1;
    }
    asked.len = strlen(url);
    if (!esp_tls_url_parse(url, asked.len, &parts)) {
        ESP_LOGE(TAG, "not a URL with scheme and host");
        et_conn_forget(tls);
        tls->err.now = ESP_TLS_PHASE_CONFIG;
        (void)et_error_option(&tls->err, TLS_INVALID_ARG, 0, "url");
        return connect_failed(&asked);
    }
    asked.host = parts.host.ptr;
    asked.len = parts.host.len;
    asked.port = esp_tls_url_port(&parts);
    return connect_step(&asked, step);
}

int esp_tls_conn_http_new_sync(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls)
{
    return connect_url(url, cfg, tls, et_conn_finish);
}

int esp_tls_conn_http_new_async(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls)
{
    return connect_url(url, cfg, tls, et_conn_step);
}

/* --- reading and writing ---------------------------------------------------------------------- */

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
    st = et_conn_read(tls, data, datalen, &n);
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
    st = et_conn_write(tls, data, datalen, &n);
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

/* --- what a handle is ------------------------------------------------------------------------- */

esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *sockfd)
{
    if (tls == NULL || sockfd == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *sockfd = tls->adopt_fd >= 0 ? tls->adopt_fd : plat_stream_fd(et_tcp_attempt(&tls->tcp));
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
