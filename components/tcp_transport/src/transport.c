/* Transports: what they have in common, and the calls with a timeout. */
#include "transport.h"

#include <string.h>

#include "esp_log.h"
#include "plat_clock.h"
#include "plat_errno.h"
#include "plat_heap.h"

/** A connect without a timeout of its own. */
#define CONNECT_TIMEOUT_MS 10000

/** A transport of the application's that cannot say what it waits for is asked again after this. */
#define ASK_AGAIN_MS 10

static const char TAG[] = "transport_base";

/* --- what happened ---------------------------------------------------------------------------- */

static void forget_failure(esp_transport_handle_t t)
{
    t->error = (esp_tls_error_store_t){0};
    t->sock_errno = 0;
    t->is_fault_below = false;
    t->is_over = false;
}

bool et_transport_has_failed(esp_transport_handle_t t)
{
    if (t->is_over) {
        forget_failure(t);
    }
    return t->error.last.last_error != ESP_OK;
}

/** A read or a write went well, or waits: a failure before it was of one call, as when there was no
 *  memory for a record. It can be asked for until there is another. */
static int went_on(esp_transport_handle_t t, int ret)
{
    if (ret >= 0 || ret == TRANSPORT_AGAIN) {
        t->is_over = t->error.last.last_error != ESP_OK;
    }
    return ret;
}

static int step_read(esp_transport_handle_t t, char *buffer, int len)
{
    return went_on(t, t->ops->read(t, buffer, len));
}

static int step_write(esp_transport_handle_t t, const char *buffer, int len)
{
    return went_on(t, t->ops->write(t, buffer, len));
}

int et_transport_fail(esp_transport_handle_t t, esp_err_t code, int sys_errno)
{
    const bool is_callers = code == ESP_ERR_INVALID_ARG || code == ESP_ERR_INVALID_STATE;

    /* A call that could not be made says nothing against what failed before it. */
    if (is_callers ? t->error.last.last_error == ESP_OK : !et_transport_has_failed(t)) {
        t->error = (esp_tls_error_store_t){.last.last_error = code, .sys_errno = sys_errno};
        t->sock_errno = sys_errno;
    }
    return -1;
}

int et_transport_fail_as_parent(esp_transport_handle_t t)
{
    const esp_transport_handle_t below = t->parent;

    if (below == NULL || below->error.last.last_error == ESP_OK) {
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_CONNECTION_FAILED, 0);
    }
    if (!et_transport_has_failed(t)) {
        t->error = below->error;
        t->sock_errno = below->sock_errno;
        t->is_fault_below = true;
    }
    return -1;
}

esp_tls_error_handle_t esp_transport_get_error_handle(esp_transport_handle_t t)
{
    return t != NULL && t->ops != NULL ? &t->error.last : NULL;
}

int esp_transport_get_errno(esp_transport_handle_t t)
{
    int sys;

    if (t == NULL || t->ops == NULL) {
        return -1;
    }
    sys = t->sock_errno;
    t->sock_errno = 0;
    return sys;
}

esp_err_t esp_transport_translate_error(enum esp_tcp_transport_err_t error)
{
    switch (error) {
    case ERR_TCP_TRANSPORT_NO_MEM:
        return ESP_ERR_TCP_TRANSPORT_NO_MEM;
    case ERR_TCP_TRANSPORT_CONNECTION_FAILED:
        return ESP_ERR_TCP_TRANSPORT_CONNECTION_FAILED;
    case ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN:
        return ESP_ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN;
    case ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT:
        return ESP_ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT;
    }
    return ESP_FAIL;
}

/* --- waiting ---------------------------------------------------------------------------------- */

/** Add what t waits for: its own answer, or the nearest one below. */
static void add_wait(esp_transport_handle_t t, int events, esp_tls_wait_t *wait)
{
    while (t->ops != NULL && t->ops->get_wait == NULL && t->parent != NULL) {
        t = t->parent;
    }
    if (t->ops != NULL && t->ops->get_wait != NULL) {
        t->ops->get_wait(t, events, wait);
    } else if (t->get_wait != NULL) {
        t->get_wait(t, events, wait);
    } else {
        esp_tls_wait_until(wait, ASK_AGAIN_MS);
    }
}

int et_transport_ms_left(uint64_t until_us)
{
    uint64_t now = plat_clock_us();
    uint64_t ms = until_us > now ? (until_us - now + 999) / 1000 : 0;

    if (until_us == PLAT_NEVER) {
        return -1;
    }
    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

uint64_t et_transport_until(int timeout_ms)
{
    return timeout_ms < 0 ? PLAT_NEVER : plat_clock_us() + (uint64_t)timeout_ms * 1000;
}

int et_transport_sleep(esp_transport_handle_t t, int events, uint64_t until_us)
{
    esp_tls_wait_t wait;

    if (plat_clock_us() >= until_us) {
        return 0;
    }
    esp_tls_wait_init(&wait);
    add_wait(t, events, &wait);
    switch (esp_tls_wait(&wait, et_transport_ms_left(until_us))) {
    case ESP_OK:
        return 1;
    case ESP_ERR_TIMEOUT:
        return 0;
    default:
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_CONNECTION_FAILED, 0);
    }
}

esp_err_t esp_transport_get_wait(esp_transport_handle_t t, int events, esp_tls_wait_t *wait)
{
    if (t == NULL || wait == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_tls_wait_init(wait);
    add_wait(t, events, wait);
    if (t->is_connecting) {
        esp_tls_wait_until(wait, et_transport_ms_left(t->deadline_us));
    }
    return wait->count == 0 && wait->timeout_ms < 0 ? ESP_ERR_INVALID_STATE : ESP_OK;
}

/* --- the calls, made of steps ----------------------------------------------------------------- */

static void connect_begin(esp_transport_handle_t t, int timeout_ms)
{
    forget_failure(t);
    t->is_connecting = true;
    t->is_first_step = true;
    t->is_parent_begun = false;
    t->deadline_us = et_transport_until(timeout_ms < 0 ? CONNECT_TIMEOUT_MS : timeout_ms);
}

static int connect_step(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    int ret;

    if (!t->is_connecting) {
        connect_begin(t, timeout_ms);
    }
    ret = t->ops->connect(t, host, port, et_transport_time_left(t));
    t->is_first_step = false;
    if (ret == 0 && !t->ops->has_deadline && plat_clock_us() >= t->deadline_us) {
        ret = et_transport_fail(t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, 0);
    }
    if (ret < 0) {
        (void)et_transport_fail_as_parent(t);
        ESP_LOGE(TAG, "connect failed: 0x%x, errno %d", (unsigned)t->error.last.last_error,
                 t->sock_errno);
        plat_set_errno(t->sock_errno);
    }
    t->is_connecting = ret == 0;
    return ret;
}

/** @return as esp_transport_connect() */
static int connect_and_wait(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    int ret;

    while ((ret = connect_step(t, host, port, timeout_ms)) == 0) {
        /* past the deadline one more step, which says so */
        if (et_transport_sleep(t, 0, t->deadline_us) < 0) {
            t->is_connecting = false;
            return -1;
        }
    }
    return ret == 1 ? 0 : ret;
}

static int read_and_wait(esp_transport_handle_t t, char *buffer, int len, int timeout_ms)
{
    uint64_t until_us = et_transport_until(timeout_ms);
    int ret;

    while ((ret = step_read(t, buffer, len)) == TRANSPORT_AGAIN) {
        int slept = et_transport_sleep(t, ESP_TLS_WAIT_READ, until_us);

        if (slept <= 0) {
            return slept == 0 ? ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT
                              : ERR_TCP_TRANSPORT_CONNECTION_FAILED;
        }
    }
    return ret;
}

static int write_and_wait(esp_transport_handle_t t, const char *buffer, int len, int timeout_ms)
{
    uint64_t until_us = et_transport_until(timeout_ms);
    int done = 0;
    int ret;

    do {
        while ((ret = step_write(t, done > 0 ? buffer + done : buffer, len - done)) ==
               TRANSPORT_AGAIN) {
            int slept = et_transport_sleep(t, ESP_TLS_WAIT_WRITE, until_us);

            if (slept <= 0) {
                return done > 0 ? done : slept;
            }
        }
        done += ret > 0 ? ret : 0;
    } while (t->ops->writes_whole && ret > 0 && done < len);
    return ret > 0 || done > 0 ? done : ret;
}

/** Bytes that t, or a transport below it, has at hand. */
static int pending(esp_transport_handle_t t)
{
    for (; t != NULL && t->ops != NULL; t = t->parent) {
        int n = t->ops->pending != NULL ? t->ops->pending(t) : 0;

        if (n != 0) {
            return n;
        }
    }
    return 0;
}

/** Is it ready for events? The lowest transport says so for all above it.
 *  @return 1; 0 the time passed; -1 not open, cancelled */
static int poll_and_wait(esp_transport_handle_t t, int events, int timeout_ms)
{
    esp_transport_handle_t bottom = t;
    esp_tls_wait_t wait;

    while (bottom->parent != NULL) {
        bottom = bottom->parent;
    }
    if (bottom->ops == NULL) {
        return events == ESP_TLS_WAIT_READ ? esp_transport_poll_read(bottom, timeout_ms)
                                           : esp_transport_poll_write(bottom, timeout_ms);
    }
    esp_tls_wait_init(&wait);
    if (esp_transport_get_socket(bottom) < 0) {
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_CONNECTION_FAILED, 0);
    }
    add_wait(t, events, &wait);
    switch (esp_tls_wait(&wait, timeout_ms)) {
    case ESP_OK:
        return 1;
    case ESP_ERR_TIMEOUT:
        return 0;
    default:
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_CONNECTION_FAILED, 0);
    }
}

static int poll_read(esp_transport_handle_t t, int timeout_ms)
{
    int n = pending(t);

    return n != 0 ? n : poll_and_wait(t, ESP_TLS_WAIT_READ, timeout_ms);
}

static int poll_write(esp_transport_handle_t t, int timeout_ms)
{
    return poll_and_wait(t, ESP_TLS_WAIT_WRITE, timeout_ms);
}

/** Close t, then its parents. */
static int close_stack(esp_transport_handle_t t)
{
    int ret = t->ops->close != NULL ? t->ops->close(t) : 0;

    t->is_connecting = false;
    if (t->parent != NULL) {
        ret = esp_transport_close(t->parent) != 0 ? -1 : ret;
    }
    return ret;
}

static esp_transport_handle_t self(esp_transport_handle_t t)
{
    return t;
}

/* --- the parent's, without blocking ----------------------------------------------------------- */

int et_transport_time_left(esp_transport_handle_t t)
{
    int ms = et_transport_ms_left(t->deadline_us);

    return ms > 0 ? ms : 1;
}

int et_transport_parent_connect(esp_transport_handle_t t, const char *host, int port)
{
    if (!t->is_parent_begun) {
        t->is_parent_begun = true;
        t->parent->is_connecting = false; /* a connect that was given up is not gone on with */
    }
    return esp_transport_connect_async(t->parent, host, port, et_transport_time_left(t));
}

void et_transport_parent_drop(esp_transport_handle_t t)
{
    esp_transport_handle_t bottom = t->parent;

    while (bottom->parent != NULL) {
        bottom = bottom->parent;
    }
    if (bottom->ops == NULL) { /* our own transports begin a new connection by themselves */
        (void)esp_transport_close(bottom);
    }
    t->is_parent_begun = false;
}

void et_transport_parent_wait(esp_transport_handle_t t, int events, esp_tls_wait_t *wait)
{
    esp_tls_wait_t list;

    if (esp_transport_get_wait(t->parent, events, &list) == ESP_OK) {
        esp_tls_wait_merge(wait, &list);
    }
}

int et_transport_parent_read(esp_transport_handle_t t, char *buffer, int len)
{
    const esp_transport_handle_t below = t->parent;
    int ret = below->ops != NULL ? step_read(below, buffer, len)
                                 : esp_transport_read(below, buffer, len, 0);

    /* an empty frame brings no bytes: the next read may */
    return ret == 0 && len > 0 ? TRANSPORT_AGAIN : ret;
}

int et_transport_parent_write(esp_transport_handle_t t, const char *buffer, int len)
{
    const esp_transport_handle_t below = t->parent;
    int ret = below->ops != NULL ? step_write(below, buffer, len)
                                 : esp_transport_write(below, buffer, len, 0);

    return ret == 0 && len > 0 && below->ops == NULL ? TRANSPORT_AGAIN : ret;
}

/* --- making and freeing ----------------------------------------------------------------------- */

esp_transport_handle_t esp_transport_init(void)
{
    esp_transport_handle_t t = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*t));

    if (t != NULL) {
        t->payload = self;
    }
    return t;
}

esp_transport_handle_t et_transport_new(const struct transport_ops *ops, void *data,
                                        esp_transport_handle_t parent)
{
    esp_transport_handle_t t = esp_transport_init();

    if (t == NULL) {
        return NULL;
    }
    t->ops = ops;
    t->data = data;
    t->parent = parent;
    t->connect = connect_and_wait;
    t->connect_async = connect_step;
    t->read = read_and_wait;
    t->write = write_and_wait;
    t->close = close_stack;
    t->poll_read = poll_read;
    t->poll_write = poll_write;
    return t;
}

void *et_transport_context(esp_transport_handle_t t, const struct transport_ops *ops)
{
    return t != NULL && t->ops == ops ? t->data : NULL;
}

esp_err_t esp_transport_destroy(esp_transport_handle_t t)
{
    if (t == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (t->destroy != NULL) {
        (void)t->destroy(t);
    }
    if (t->ops != NULL) {
        if (t->ops->close != NULL) {
            (void)t->ops->close(t);
        }
        t->ops->destroy(t);
    }
    plat_free(t->scheme);
    plat_free(t);
    return ESP_OK;
}

int esp_transport_get_default_port(esp_transport_handle_t t)
{
    return t != NULL ? t->port : -1;
}

esp_err_t esp_transport_set_default_port(esp_transport_handle_t t, int port)
{
    if (t == NULL) {
        return ESP_FAIL;
    }
    t->port = port;
    return ESP_OK;
}

void *esp_transport_get_context_data(esp_transport_handle_t t)
{
    return t != NULL ? t->data : NULL;
}

esp_err_t esp_transport_set_context_data(esp_transport_handle_t t, void *data)
{
    if (t == NULL || t->ops != NULL) { /* the context of ours is not the application's */
        return ESP_FAIL;
    }
    t->data = data;
    return ESP_OK;
}

esp_err_t esp_transport_set_func(esp_transport_handle_t t, connect_func _connect,
                                 io_read_func _read, io_func _write, trans_func _close,
                                 poll_func _poll_read, poll_func _poll_write, trans_func _destroy)
{
    if (t == NULL || t->ops != NULL) {
        return ESP_FAIL;
    }
    t->connect = _connect;
    t->read = _read;
    t->write = _write;
    t->close = _close;
    t->poll_read = _poll_read;
    t->poll_write = _poll_write;
    t->destroy = _destroy;
    t->connect_async = NULL;
    t->payload = self;
    t->get_wait = NULL;
    return ESP_OK;
}

esp_err_t esp_transport_set_async_connect_func(esp_transport_handle_t t,
                                               connect_async_func _connect_async_func)
{
    if (t == NULL || t->ops != NULL) {
        return ESP_FAIL;
    }
    t->connect_async = _connect_async_func;
    return ESP_OK;
}

esp_err_t esp_transport_set_parent_transport_func(esp_transport_handle_t t,
                                                  payload_transfer_func _parent_transport)
{
    if (t == NULL || t->ops != NULL) {
        return ESP_FAIL;
    }
    t->payload = _parent_transport;
    return ESP_OK;
}

esp_err_t esp_transport_set_wait_func(esp_transport_handle_t t, esp_transport_wait_func_t func)
{
    if (t == NULL || t->ops != NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    t->get_wait = func;
    return ESP_OK;
}

/* --- the public calls ------------------------------------------------------------------------- */

int esp_transport_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    return t != NULL && t->connect != NULL ? t->connect(t, host, port, timeout_ms) : -1;
}

int esp_transport_connect_async(esp_transport_handle_t t, const char *host, int port,
                                int timeout_ms)
{
    int ret;

    if (t == NULL) {
        return -1;
    }
    if (t->connect_async != NULL) {
        return t->connect_async(t, host, port, timeout_ms);
    }
    ret = esp_transport_connect(t, host, port, timeout_ms);
    return ret == 0 ? 1 : ret;
}

int esp_transport_read(esp_transport_handle_t t, char *buffer, int len, int timeout_ms)
{
    return t != NULL && t->read != NULL ? t->read(t, buffer, len, timeout_ms) : -1;
}

int esp_transport_write(esp_transport_handle_t t, const char *buffer, int len, int timeout_ms)
{
    return t != NULL && t->write != NULL ? t->write(t, buffer, len, timeout_ms) : -1;
}

int esp_transport_poll_read(esp_transport_handle_t t, int timeout_ms)
{
    return t != NULL && t->poll_read != NULL ? t->poll_read(t, timeout_ms) : -1;
}

int esp_transport_poll_write(esp_transport_handle_t t, int timeout_ms)
{
    return t != NULL && t->poll_write != NULL ? t->poll_write(t, timeout_ms) : -1;
}

int esp_transport_close(esp_transport_handle_t t)
{
    return t != NULL && t->close != NULL ? t->close(t) : 0;
}

esp_transport_handle_t esp_transport_get_payload_transport_handle(esp_transport_handle_t t)
{
    return t != NULL && t->read != NULL && t->payload != NULL ? t->payload(t) : NULL;
}

/* --- what a layer does not have, the one below has -------------------------------------------- */

int esp_transport_get_socket(esp_transport_handle_t t)
{
    for (; t != NULL && t->ops != NULL; t = t->parent) {
        if (t->ops->get_socket != NULL) {
            return t->ops->get_socket(t);
        }
    }
    return -1;
}

esp_tls_t *esp_transport_get_esp_tls(esp_transport_handle_t t)
{
    esp_transport_handle_t fault = t;

    while (fault != NULL && fault->is_fault_below) {
        fault = fault->parent;
    }
    if (fault != NULL && fault->ops != NULL && fault->ops->get_esp_tls != NULL) {
        return fault->ops->get_esp_tls(fault);
    }
    for (; t != NULL && t->ops != NULL; t = t->parent) {
        if (t->ops->get_esp_tls != NULL) {
            return t->ops->get_esp_tls(t);
        }
    }
    return NULL;
}

esp_err_t esp_transport_cancel(esp_transport_handle_t t)
{
    if (t == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    for (; t != NULL; t = t->parent) {
        if (t->ops != NULL && t->ops->cancel != NULL) {
            t->ops->cancel(t);
        }
    }
    return ESP_OK;
}
