/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_transport_async.h: transports without blocking, and what ESP-IDF's interface lacks
 *
 *     while ((r = esp_transport_connect_async(t, host, port, 10000)) == 0) {
 *         esp_tls_wait_t wait;
 *         esp_transport_get_wait(t, 0, &wait);
 *         esp_tls_wait(&wait, -1);            // or poll(), epoll with the application's own
 *     }
 *     n = esp_transport_read(t, buf, len, 0); // 0: wait for ESP_TLS_WAIT_READ, call again
 *
 * Whatever a peer sends, a call does a bounded amount of work and then comes back
 * (esp_tls_async.h); calls with a timeout go on until that. A WebSocket's read returns after each
 * frame, control frames among them. */
#ifndef ESP_TRANSPORT_ASYNC_H
#define ESP_TRANSPORT_ASYNC_H

#include "esp_tls_async.h"
#include "esp_tls_record.h"
#include "esp_transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Ask what the call that last returned 0 is waiting for.
 *  @param events  ESP_TLS_WAIT_READ after a read, ESP_TLS_WAIT_WRITE after a write, 0 after
 *                 esp_transport_connect_async()
 *  @param wait    receives the list, for this moment; its time is 0 when bytes wait to be read
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  t or wait is NULL; ESP_ERR_INVALID_STATE  nothing is open.
 *          A transport of the application's without esp_transport_set_wait_func(): ESP_OK, and the
 *          list says to call again in 10 ms.
 *  Blocks: no. */
esp_err_t esp_transport_get_wait(esp_transport_handle_t t, int events, esp_tls_wait_t *wait);

/** What a transport of the application's waits for: adds to *wait (esp_tls_wait_add()).
 *  @param events  as above */
typedef void (*esp_transport_wait_func_t)(esp_transport_handle_t t, int events,
                                          esp_tls_wait_t *wait);

/** After esp_transport_set_func(). @return ESP_OK; ESP_ERR_INVALID_ARG  t is NULL */
esp_err_t esp_transport_set_wait_func(esp_transport_handle_t t, esp_transport_wait_func_t func);

/** End the connection from outside: a call under way returns -1 within milliseconds, and so does
 *  each later one until esp_transport_close().
 *  @param t  the topmost transport, or any below; must not be destroyed while this call runs
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  t is NULL. Blocks: no. Threads: any. */
esp_err_t esp_transport_cancel(esp_transport_handle_t t);

/** The esp-tls handle that a transport, or the nearest below that has one, works with: for
 *  esp_tls_get_record(), _timeline(), _session_info() and memory figures. After a failed connect it
 *  is that of the layer that failed, and is there until the next connect, close or destroy.
 *  @return borrowed; NULL: none at the moment */
esp_tls_t *esp_transport_get_esp_tls(esp_transport_handle_t t);

/** TLS over another transport instead of TCP: through a proxy, or in another TLS connection. The
 *  name that is checked is still the host of the connect call.
 *  @param t       from esp_transport_ssl_init(), not connected
 *  @param parent  not owned; NULL: TCP again
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  t is NULL or no TLS or TCP transport */
esp_err_t esp_transport_ssl_set_parent(esp_transport_handle_t t, esp_transport_handle_t parent);

/** Told of each esp-tls handle that a transport makes, before it connects: to set what no setter of
 *  esp_transport_ssl.h sets (a trace, a socket hook). It must not connect, destroy or keep the
 *  handle. */
typedef void (*esp_transport_on_esp_tls_t)(void *arg, esp_tls_t *tls);

/** @param t     from esp_transport_ssl_init() or esp_transport_tcp_init()
 *  @param hook  NULL: none  @param arg  handed to it
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  t is NULL or no TLS or TCP transport. Blocks: no. */
esp_err_t esp_transport_on_esp_tls(esp_transport_handle_t t, esp_transport_on_esp_tls_t hook,
                                   void *arg);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TRANSPORT_ASYNC_H */
