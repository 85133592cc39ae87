/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_transport.h: byte streams behind one set of calls
 *
 * A transport is a way to reach a host: TCP, TLS, a WebSocket, a tunnel through a proxy, or one of
 * the application's own (esp_transport_set_func()). Those that need another one below are given it
 * as their parent, so they stack: a WebSocket over TLS through an HTTP proxy is four of them. A
 * list keeps transports under the scheme of the URLs that they serve.
 *
 * Timeouts are milliseconds: 0 does what can be done now and returns, -1 waits without limit. Each
 * is an absolute deadline of the call on a monotonic clock. With timeout 0 and
 * esp_transport_connect_async() nothing blocks; esp_transport_async.h says what is waited for.
 *
 * Threads: one caller at a time per transport and its parents; esp_transport_cancel() apart. */
#ifndef ESP_TRANSPORT_H
#define ESP_TRANSPORT_H

#include <stdbool.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** TCP keep-alive (RFC 9293 section 3.8.4). Same layout as tls_keep_alive_cfg_t. */
typedef struct esp_transport_keepalive {
    bool keep_alive_enable;
    int keep_alive_idle;     /**< seconds of silence before the first probe */
    int keep_alive_interval; /**< seconds between probes */
    int keep_alive_count;    /**< unanswered probes that end the connection */
} esp_transport_keep_alive_t;

typedef struct esp_transport_list_t *esp_transport_list_handle_t;
typedef struct esp_transport_item_t *esp_transport_handle_t;

/* The functions of a transport. Results are those of the calls of the same name below. */
typedef int (*connect_func)(esp_transport_handle_t t, const char *host, int port, int timeout_ms);
typedef int (*io_func)(esp_transport_handle_t t, const char *buffer, int len, int timeout_ms);
typedef int (*io_read_func)(esp_transport_handle_t t, char *buffer, int len, int timeout_ms);
typedef int (*trans_func)(esp_transport_handle_t t);
typedef int (*poll_func)(esp_transport_handle_t t, int timeout_ms);
typedef int (*connect_async_func)(esp_transport_handle_t t, const char *host, int port,
                                  int timeout_ms);
typedef esp_transport_handle_t (*payload_transfer_func)(esp_transport_handle_t);

typedef struct esp_tls_last_error *esp_tls_error_handle_t;

/** What a read returns when it does not give bytes. */
enum esp_tcp_transport_err_t {
    ERR_TCP_TRANSPORT_NO_MEM = -3,
    ERR_TCP_TRANSPORT_CONNECTION_FAILED = -2,
    ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN = -1,
    ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT = 0,
};

#define ESP_ERR_TCP_TRANSPORT_BASE                     0xe000
#define ESP_ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT       (ESP_ERR_TCP_TRANSPORT_BASE + 1)
#define ESP_ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN (ESP_ERR_TCP_TRANSPORT_BASE + 2)
#define ESP_ERR_TCP_TRANSPORT_CONNECTION_FAILED        (ESP_ERR_TCP_TRANSPORT_BASE + 3)
#define ESP_ERR_TCP_TRANSPORT_NO_MEM                   (ESP_ERR_TCP_TRANSPORT_BASE + 4)

/* ---- lists ---- */

/** Make an empty list. @return NULL: no memory. Blocks: no. */
esp_transport_list_handle_t esp_transport_list_init(void);

/** Destroy all transports of the list, then the list.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  list is NULL. Blocks: no; open connections are closed. */
esp_err_t esp_transport_list_destroy(esp_transport_list_handle_t list);

/** Add a transport; the list owns it from here on.
 *  @param scheme  copied
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  an argument is NULL, or t is in a list already;
 *          ESP_ERR_NO_MEM  t stays the caller's */
esp_err_t esp_transport_list_add(esp_transport_list_handle_t list, esp_transport_handle_t t,
                                 const char *scheme);

/** Destroy all transports of the list, which stays usable.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  list is NULL */
esp_err_t esp_transport_list_clean(esp_transport_list_handle_t list);

/** The first transport that was added under a scheme.
 *  @param scheme  letters in any case; NULL: the first of the list
 *  @return borrowed from the list; NULL: none, or list is NULL */
esp_transport_handle_t esp_transport_list_get_transport(esp_transport_list_handle_t list,
                                                        const char *scheme);

/* ---- transports ---- */

/** Make a transport of the application's own: esp_transport_set_context_data(), then
 *  esp_transport_set_func(). @return NULL: no memory */
esp_transport_handle_t esp_transport_init(void);

/** Close, if it is one of ours (a transport of the application's closes in its own _destroy), and
 *  free. Parents are not touched: they belong to the application, or to a list.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  t is NULL */
esp_err_t esp_transport_destroy(esp_transport_handle_t t);

/** @return the port last set; -1  t is NULL */
int esp_transport_get_default_port(esp_transport_handle_t t);

/** @return ESP_OK; ESP_FAIL  t is NULL */
esp_err_t esp_transport_set_default_port(esp_transport_handle_t t, int port);

/** Connect, parents first.
 *  @param host        a name or a numeric address, without brackets
 *  @param timeout_ms  deadline of the whole connect; negative: 10 s
 *  @return 0    connected
 *          -1   failed; esp_transport_get_error_handle() and esp_transport_get_record() say why
 *          > 0  only of a WebSocket: the server's answer is a redirect with this status
 *  Blocks: until connected, failed or the deadline. Memory: that of the connection. */
int esp_transport_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms);

/** One step of the same; never blocks, unless a transport of the application's in the stack has no
 *  such function (then its connect is called). Arguments must be the same in each call.
 *  @return 1 connected; 0 under way, call again; -1 failed; > 1 as esp_transport_connect() */
int esp_transport_connect_async(esp_transport_handle_t t, const char *host, int port,
                                int timeout_ms);

/** Read what there is.
 *  @return > 0  bytes read
 *          0    the deadline passed, and nothing came (ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT); of a
 *               WebSocket also: a frame without payload
 *          -1   the peer closed (ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN)
 *          -2   the connection failed, or is not open
 *          < -2 the TLS stack's code
 *  Blocks: up to timeout_ms. */
int esp_transport_read(esp_transport_handle_t t, char *buffer, int len, int timeout_ms);

/** Wait until a read would find something: decrypted bytes that are there already count.
 *  @return > 0 readable (or failed: the read says how); 0 the time passed; -1 not open,
 *    cancelled */
int esp_transport_poll_read(esp_transport_handle_t t, int timeout_ms);

/** Write some of it.
 *  @return > 0 bytes taken; 0 the deadline passed: call again with the same bytes; < 0 failed
 *  Blocks: up to timeout_ms, until something is taken. */
int esp_transport_write(esp_transport_handle_t t, const char *buffer, int len, int timeout_ms);

/** Wait until a write would take something. @return 1 writable; 0 the time passed; -1 not open */
int esp_transport_poll_write(esp_transport_handle_t t, int timeout_ms);

/** Close, parents too (as ESP-IDF's do). Can be connected again.
 *  @return 0 closed; -1 nothing was open, or the close failed; 0 if the transport has no close */
int esp_transport_close(esp_transport_handle_t t);

/** @return what was set; NULL if t is NULL */
void *esp_transport_get_context_data(esp_transport_handle_t t);

/** @return ESP_OK; ESP_FAIL  t is NULL */
esp_err_t esp_transport_set_context_data(esp_transport_handle_t t, void *data);

/** The transport that carries the payload: of a WebSocket its parent, of others themselves.
 *  @return NULL: t is NULL or cannot read */
esp_transport_handle_t esp_transport_get_payload_transport_handle(esp_transport_handle_t t);

/** Set all functions of a transport; each may be NULL. Forgets the two that are set on their own
 *  below. @return ESP_OK; ESP_FAIL  t is NULL */
esp_err_t esp_transport_set_func(esp_transport_handle_t t, connect_func _connect,
                                 io_read_func _read, io_func _write, trans_func _close,
                                 poll_func _poll_read, poll_func _poll_write, trans_func _destroy);

/** After esp_transport_set_func(). @return ESP_OK; ESP_FAIL  t is NULL */
esp_err_t esp_transport_set_async_connect_func(esp_transport_handle_t t,
                                               connect_async_func _connect_async_func);

/** After esp_transport_set_func(). @return ESP_OK; ESP_FAIL  t is NULL */
esp_err_t esp_transport_set_parent_transport_func(esp_transport_handle_t t,
                                                  payload_transfer_func _parent_transport);

/* ---- what happened ---- */

/** The first thing that went wrong since the last connect began, for esp_tls_errors.h's calls. What
 *  failed one call only, and the transport went on since (a read that had no memory, a wrong
 *  argument), stays until something else goes wrong.
 *  @return borrowed until t is destroyed; NULL: a transport of the application's, or t is NULL */
esp_tls_error_handle_t esp_transport_get_error_handle(esp_transport_handle_t t);

/** errno of what went wrong, and clear it. @return 0: none; -1: t has no error handle */
int esp_transport_get_errno(esp_transport_handle_t t);

/** The socket, of the transport or the parent that has one; while esp_transport_connect_async() is
 *  under way, that of the attempt under way (see esp_tls_get_conn_sockfd()).
 *  @return -1: none, not connected, or a name is still looked up */
int esp_transport_get_socket(esp_transport_handle_t t);

/** @return ESP_ERR_TCP_TRANSPORT_..., or ESP_FAIL for a number that is none */
esp_err_t esp_transport_translate_error(enum esp_tcp_transport_err_t error);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TRANSPORT_H */
