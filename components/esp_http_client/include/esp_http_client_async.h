/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_http_client_async.h: HTTP without blocking, and what ESP-IDF's interface lacks
 *
 *     cfg.is_async = true;
 *     while ((err = esp_http_client_perform(client)) == ESP_ERR_HTTP_EAGAIN) {
 *         esp_tls_wait_t wait;
 *         esp_http_client_get_wait(client, &wait);
 *         esp_tls_wait(&wait, -1);          // or poll(), epoll with the application's own
 *     }
 *
 * Whatever a server sends, an asynchronous call comes back after 64 buffers (buffer_size) or so;
 * the list then has the time 0. timeout_ms of the configuration is for silence; a server that goes
 * on sending is ended by a deadline (esp_http_client_set_deadline_ms()) or a cancel. */
#ifndef ESP_HTTP_CLIENT_ASYNC_H
#define ESP_HTTP_CLIENT_ASYNC_H

#include "esp_http_client.h"
#include "esp_tls_async.h"
#include "esp_transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Ask what the call that could not go on (EAGAIN, or a write that returned 0) waits for.
 *  @param wait  receives the list, timeout_ms and the deadline included, for this moment
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  an argument is NULL; ESP_ERR_INVALID_STATE  nothing waits
 *  Blocks: no. */
esp_err_t esp_http_client_get_wait(esp_http_client_handle_t client, esp_tls_wait_t *wait);

/** End the request under way, or else the next: it returns ESP_ERR_NOT_FINISHED (a count: -1)
 *  within milliseconds, in every phase. After that the handle can be used again.
 *  @param client  must not be cleaned up while this call runs
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL. Blocks: no. Threads: any. */
esp_err_t esp_http_client_cancel(esp_http_client_handle_t client);

/** Limit a request as a whole, from perform() or open() on, redirects included.
 *  @param deadline_ms  0: no limit (the default); of the next request
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL, or negative */
esp_err_t esp_http_client_set_deadline_ms(esp_http_client_handle_t client, int deadline_ms);

/** Limit a line of the response's head and its name and value: longer ones fail with
 *  ESP_ERR_HTTP_HEADER_TOO_LONG.
 *  @param bytes  256 to 65535; default: 8192 or buffer_size, the larger
 *  @return ESP_OK; ESP_ERR_INVALID_ARG */
esp_err_t esp_http_client_set_header_limit(esp_http_client_handle_t client, int bytes);

/** What a redirect may do beyond the safe rules. */
typedef enum {
    ESP_HTTP_CLIENT_REDIRECT_SAFE = 0,
    ESP_HTTP_CLIENT_REDIRECT_INSECURE_DOWNGRADE = 1, /**< https to http: anybody can read along */
    ESP_HTTP_CLIENT_REDIRECT_BODY = 2 /**< 307 and 308 take the body to another origin */
} esp_http_client_redirect_policy_t;

/** @param policy  the values above, or-ed @return ESP_OK; ESP_ERR_INVALID_ARG */
esp_err_t esp_http_client_set_redirect_policy(esp_http_client_handle_t client, int policy);

/** Where perform() takes the body of an upload from, instead of set_post_field().
 *  @param buffer  to be filled
 *  @param len     its size in bytes
 *  @param offset  of the first byte wanted: 0 begins (again: after a redirect, a challenge, or a
 *                 connection that was stale), else it goes on where it was
 *  @return bytes written to buffer; 0: the body ends; negative: it cannot be had, and perform()
 *          fails with ESP_ERR_HTTP_WRITE_DATA. Must not block long: nothing else of the request
 *          moves. */
typedef int (*esp_http_client_source_t)(void *arg, char *buffer, int len, int64_t offset);

/** Set the source. @param source  NULL: none @param size  of the body in bytes; -1: chunked
 *  @param arg  handed to source @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL, or size <
 *    -1 */
esp_err_t esp_http_client_set_source(esp_http_client_handle_t client,
                                     esp_http_client_source_t source, int64_t size, void *arg);

/** Where HTTP_EVENT_ON_DATA's offset stands: bytes of the body of the last response so far.
 *  @return -1: client is NULL */
int64_t esp_http_client_get_progress(esp_http_client_handle_t client);

/** The transport in use, for esp_transport_get_esp_tls() and what that tells of the connection.
 *  @return borrowed until the next request, close or cleanup; NULL: none yet */
esp_transport_handle_t esp_http_client_get_transport(esp_http_client_handle_t client);

/** Told of each transport that the client makes, before it connects: to set what the configuration
 *  has no field for (esp_transport_ssl.h). Not called for cfg.transport.
 *  @param t       of TLS if is_tls, else of TCP; belongs to the client */
typedef void (*esp_http_client_on_transport_t)(void *arg, esp_transport_handle_t t, bool is_tls);

/** @param hook  NULL: none @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL */
esp_err_t esp_http_client_on_transport(esp_http_client_handle_t client,
                                       esp_http_client_on_transport_t hook, void *arg);

/** Connect elsewhere than the URL says, for tests and for names that do not resolve: the Host
 *  header, SNI and the name that the certificate must have stay the URL's. Of every URL from the
 *  next connection on; an open one is closed. Not through a proxy: it would connect to the proxy.
 *  @param host  copied; NULL: where the URL says
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL, or host or port are none;
 *          ESP_ERR_INVALID_STATE  a request is under way; ESP_ERR_NO_MEM */
esp_err_t esp_http_client_set_connect_to(esp_http_client_handle_t client, const char *host,
                                         int port);

/** What is wrong with the response, when it is malformed (ESP_ERR_HTTP_FETCH_HEADER,
 *  ESP_ERR_HTTP_INCOMPLETE_DATA).
 *  @return static text; NULL: nothing, or client is NULL */
const char *esp_http_client_get_malformed(esp_http_client_handle_t client);

/** Kinds of proxies. */
typedef enum {
    ESP_HTTP_CLIENT_PROXY_HTTP = 1, /**< http: the whole URL is sent to it; https: CONNECT */
    ESP_HTTP_CLIENT_PROXY_SOCKS4,   /**< the name is resolved here, to IPv4 */
    ESP_HTTP_CLIENT_PROXY_SOCKS4A,  /**< the proxy resolves */
    ESP_HTTP_CLIENT_PROXY_SOCKS5    /**< the proxy resolves */
} esp_http_client_proxy_kind_t;

/** Text is copied. */
typedef struct {
    esp_http_client_proxy_kind_t kind;
    const char *host; /**< name or address, without brackets */
    int port;
    const char *username; /**< NULL: none */
    const char *password; /**< NULL: empty. Crosses the wire in the clear, digest apart */
} esp_http_client_proxy_t;

/** Reach every server through a proxy from the next request on; an open connection is closed.
 *  @param proxy  NULL: none
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL, or a field is none;
 *          ESP_ERR_INVALID_STATE  a request is under way; ESP_ERR_NO_MEM */
esp_err_t esp_http_client_set_proxy(esp_http_client_handle_t client,
                                    const esp_http_client_proxy_t *proxy);

#ifdef __cplusplus
}
#endif

#endif /* ESP_HTTP_CLIENT_ASYNC_H */
