/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_stream.h: a connection over a byte stream of the caller's
 *
 * esp-tls opens a TCP connection by itself. A handle that was given a stream uses that instead: a
 * tunnel through a proxy, another TLS connection (TLS in TLS), a modem's socket, a pipe in memory.
 * Everything else stays: options, deadlines, the record, the ledger. Host and port of the connect
 * call are then handed to the stream, and the host is the name that the certificate must have.
 *
 * No call of a stream may block, or loop for as long as a peer sends. What it waits for it says in
 * get_wait(); where it holds bytes that a read would find, that is no time:
 * esp_tls_wait_until(wait, 0). esp-tls itself does not read a stream to its end, but 64 times in a
 * call at most (esp_tls_async.h). */
#ifndef ESP_TLS_STREAM_H
#define ESP_TLS_STREAM_H

#include <stddef.h>
#include <sys/types.h>

#include "esp_tls_async.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a stream can do. The functions get the ctx of esp_tls_set_stream(). */
typedef struct esp_tls_stream {
    /** One step towards being open. NULL: the stream is open already.
     *  @return 1 open; 0 under way: get_wait() says what for; -1 failed, see get_error() */
    int (*connect)(void *ctx, const char *host, size_t hostlen, int port);
    /** @return > 0 bytes read; 0 the peer closed its side; ESP_TLS_ERR_SSL_WANT_READ or
     *          _WANT_WRITE: nothing can be done now; any other negative value: failed */
    ssize_t (*read)(void *ctx, void *data, size_t len);
    /** @return > 0 bytes taken; ESP_TLS_ERR_SSL_WANT_READ or _WANT_WRITE; any other value, 0 among
     *          them: failed */
    ssize_t (*write)(void *ctx, const void *data, size_t len);
    /** Add to *wait what the stream waits for (esp_tls_wait_add()): after connect said 0, or read
     *  or write WANT_...
     *  @param events  ESP_TLS_WAIT_READ or ESP_TLS_WAIT_WRITE: what is wanted of it;
     *                 0: whatever its connect is waiting for */
    void (*get_wait)(void *ctx, int events, esp_tls_wait_t *wait);
    /** Why it failed; may be NULL. @param sys_errno receives errno or 0 @return an ESP-IDF code or
     *  0 */
    esp_err_t (*get_error)(void *ctx, int *sys_errno);
} esp_tls_stream_t;

/** Let the next connect of a handle use a stream instead of a TCP connection of its own. The
 *  options of the configuration that concern a socket have no effect then.
 *  @param tls     a handle that is not connected
 *  @param stream  borrowed until the handle is destroyed; NULL: TCP again
 *  @param ctx     handed to its functions
 *  @return ESP_OK                 set
 *          ESP_ERR_INVALID_ARG    tls is NULL, or the stream has no read, write or get_wait
 *          ESP_ERR_INVALID_STATE  the handle is connected, or connects
 *          ESP_ERR_NO_MEM         no memory
 *  Blocks: no. The stream is never closed by esp-tls. Memory: about 30 bytes until destroy.
 *  Threads: as a connect. */
esp_err_t esp_tls_set_stream(esp_tls_t *tls, const esp_tls_stream_t *stream, void *ctx);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_STREAM_H */
