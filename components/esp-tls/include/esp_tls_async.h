/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_async.h: waiting, cancelling, and the socket before it connects
 *
 * ESP-IDF's asynchronous calls say "call again", but not when. Here a handle says what it waits
 * for: a short list of descriptors, each with read or write, and a time. It fits poll(), epoll,
 * select() and a superloop alike:
 *
 *     while ((r = esp_tls_conn_new_async(host, hostlen, port, &cfg, tls)) == 0) {
 *         esp_tls_wait_t wait;
 *         esp_tls_get_wait(tls, &wait);
 *         ... wait for any of wait.items, at most wait.timeout_ms; then call again ...
 *     }
 *
 * More than one item is usual: while two addresses of a name race (RFC 8305) there are two sockets,
 * and while the connection is made there is an event for the resolver and for
 * esp_tls_conn_cancel(). It is closed when the connection is there: from then on a handle has one
 * descriptor, its socket, which a cancel shuts down. (Over a caller's stream, esp_tls_set_stream(),
 * the event is the one descriptor, from the first wait on: a blocking call that has to, or a list
 * that is asked for.) Descriptors are only to be waited for, never read, written or closed. The
 * list holds until the next call on the handle: ask again each time.
 *
 * Whatever a peer sends, a call does a bounded amount of work: it reads 64 times at most, or some
 * two records of full size, and then comes back as if there were nothing more. The list then has
 * the time 0. What was not read is still in the kernel (or in the stream below), so a program that
 * only waits for the socket is not held up either, as long as it waits for a state, not for an
 * edge. A peer that sends more than 32 records in a row that bring nothing (empty ones, warnings,
 * ChangeCipherSpec), or more than 256 tickets, with no data between them, is refused:
 * ESP_TLS_CAUSE_FLOOD. */
#ifndef ESP_TLS_ASYNC_H
#define ESP_TLS_ASYNC_H

#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_tls.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ESP_TLS_WAIT_READ  1  /* wait until the descriptor is readable */
#define ESP_TLS_WAIT_WRITE 2  /* wait until it is writable */
#define ESP_TLS_WAIT_ITEMS 16 /* most items that one handle can wait for */

/** One descriptor a handle waits for. */
typedef struct esp_tls_wait_item {
    int fd;         /**< borrowed; may be above FD_SETSIZE */
    uint8_t events; /**< ESP_TLS_WAIT_READ, ESP_TLS_WAIT_WRITE, or both */
} esp_tls_wait_item_t;

/** All that a handle waits for: any one of the items, or the time. */
typedef struct esp_tls_wait_list {
    esp_tls_wait_item_t items[ESP_TLS_WAIT_ITEMS];
    size_t count;   /**< items in use */
    int timeout_ms; /**< call again after this time even so; 0: now; -1: no limit */
} esp_tls_wait_t;

/** Ask what the operation that last returned 0, WANT_READ or WANT_WRITE is waiting for.
 *  @param tls   a handle
 *  @param wait  receives the list; esp_tls_conn_cancel() makes something in it ready
 *  @return ESP_OK                 *wait is written; timeout_ms is 0 when a read would find bytes
 *                                 that are decrypted already, or the call had done its share
 *          ESP_ERR_INVALID_ARG    tls or wait is NULL
 *          ESP_ERR_INVALID_STATE  no connect is under way and none is open
 *          ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET  over a stream: the system has no descriptor for
 *                                 the event; the connection has failed of it, as its record says
 *  Blocks: no. Memory: none. Threads: as a read. */
esp_err_t esp_tls_get_wait(esp_tls_t *tls, esp_tls_wait_t *wait);

/** The same for the operation that is called next, whatever was called last.
 *  @param events  ESP_TLS_WAIT_READ: a read; ESP_TLS_WAIT_WRITE: a write; 0: the connect under way
 *  @return as esp_tls_get_wait(); ESP_ERR_INVALID_ARG also when events is none of them */
esp_err_t esp_tls_get_wait_for(esp_tls_t *tls, int events, esp_tls_wait_t *wait);

/** Sleep until one of the items is ready, or the time has come.
 *  @param wait        what esp_tls_get_wait() wrote, or several of them added up
 *  @param timeout_ms  at most this long, also when wait->timeout_ms is longer; -1: no limit
 *  @return ESP_OK                 something is ready, or wait->timeout_ms has passed
 *          ESP_ERR_TIMEOUT        timeout_ms has passed and nothing is ready
 *          ESP_ERR_INVALID_ARG    wait is NULL or its count too large
 *          ESP_ERR_INVALID_STATE  there is nothing to wait for, and no time
 *          ESP_FAIL               the operating system refused to wait
 *  Blocks: as said. Memory: none. Threads: any. */
esp_err_t esp_tls_wait(const esp_tls_wait_t *wait, int timeout_ms);

/** Nothing to wait for, no time. */
void esp_tls_wait_init(esp_tls_wait_t *wait);

/** Add a descriptor. Ignored when fd is negative; a list that is full asks to be called again after
 *  10 ms instead. */
void esp_tls_wait_add(esp_tls_wait_t *wait, int fd, uint8_t events);

/** Add a time: the earlier one counts. @param timeout_ms  -1: none */
void esp_tls_wait_until(esp_tls_wait_t *wait, int timeout_ms);

/** Add all of another list: its descriptors and its time. */
void esp_tls_wait_merge(esp_tls_wait_t *wait, const esp_tls_wait_t *other);

/** End the connection from outside: the pending operation and every later one fail with -1, and the
 *  record says ESP_TLS_CAUSE_CANCELLED. A call that blocks returns within milliseconds, in every
 *  phase, name resolution included. A connected socket is shut down, for everybody who has it (a
 *  process that was forked). Cannot be undone; the handle still has to be destroyed.
 *  @param tls  a handle; it must not be destroyed while this call runs
 *  @return ESP_OK               the connection is cancelled, or was already
 *          ESP_ERR_INVALID_ARG  tls is NULL
 *  Blocks: no. Memory: none. Threads: any, at any time between init and destroy. */
esp_err_t esp_tls_conn_cancel(esp_tls_t *tls);

/** Called for each socket just before it connects, once per address that is tried. TCP_NODELAY and
 *  the options of the configuration are already set. The hook may set further options; it must not
 *  block, close the socket, or call esp-tls with the same handle.
 *  @param sockfd   the socket, not yet connected
 *  @param address  text of the numeric address it is going to; valid during the call
 *  @param arg      as given to esp_tls_set_socket_hook()
 *  @return ESP_OK  go on
 *          other   this attempt fails with ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED; further addresses
 *                  are still tried */
typedef esp_err_t (*esp_tls_socket_hook_t)(int sockfd, const char *address, void *arg);

/** Set the hook that sees each socket before it connects. Call it before the connect.
 *  @param tls   a handle
 *  @param hook  NULL: none
 *  @param arg   handed to the hook; must stay valid as long as the hook is set
 *  @return ESP_OK               set; a connect that is under way keeps the hook it began with
 *          ESP_ERR_INVALID_ARG  tls is NULL
 *  Blocks: no. Memory: none. Threads: as a connect. */
esp_err_t esp_tls_set_socket_hook(esp_tls_t *tls, esp_tls_socket_hook_t hook, void *arg);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_ASYNC_H */
