/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_transport_http_proxy.h: a tunnel through an HTTP proxy, by CONNECT (RFC 9110 section 9.3.6)
 *
 * A transport over another one: the parent (TCP, or TLS where the proxy speaks it) is connected to
 * the proxy, which is asked to connect to the host and port of esp_transport_connect(). Then reads
 * and writes go through, from the first byte behind the proxy's answer on. TLS with the target:
 * esp_transport_ssl_set_parent() on top of it.
 *
 * A proxy that wants to know who we are (status 407) gets an answer once: Digest (RFC 7616) where
 * it offers that, else Basic (RFC 7617), on the same connection if the proxy keeps it open, else on
 * a new one. When it says that only its nonce was too old, once more. Basic sends the password in
 * the clear unless the parent is TLS.
 *
 * A connect that failed: the error handle has the first cause, ESP_ERR_TCP_TRANSPORT_PROXY_...
 * (esp_transport_proxy.h), ESP_ERR_ESP_TLS_... from below, ESP_ERR_INVALID_ARG for a host or port
 * that cannot be sent; and esp_transport_http_proxy_get_status() what the proxy answered. It has
 * one deadline, all connections to the proxy included. Close it (it closes the parent) before the
 * next.
 *
 *     2xx                the tunnel is open, whatever the answer says about a body
 *     403 405 451        ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED
 *     404                ..._TARGET_NOT_FOUND
 *     407                ..._AUTH_REQUIRED, or ..._AUTH_FAILED after we said who we are
 *     502 503 504        ..._TARGET_UNREACHABLE
 *     others             ..._FAILED
 *
 * A field of the answer may have 1024 bytes, all of it before the body 65536; more is
 * ..._MALFORMED. */
#ifndef ESP_TRANSPORT_HTTP_PROXY_H
#define ESP_TRANSPORT_HTTP_PROXY_H

#include <stdbool.h>

#include "esp_transport.h"
#include "esp_transport_proxy.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where the proxy is, and what it is told. All is copied. */
typedef struct {
    const char *address;    /**< name or numeric address, without brackets */
    int port;               /**< 1 to 65535 */
    const char *user;       /**< not empty, no control character; NULL: nobody */
    const char *password;   /**< NULL: empty */
    const char *user_agent; /**< value of User-Agent, no control character; NULL: not sent */
    bool preemptive_basic;  /**< send user and password as Basic without having been asked */
    bool digest_only;       /**< never answer with Basic */
} esp_transport_http_proxy_config_t;

/** Make a tunnel.
 *  @param parent_handle  connects to the proxy; not owned: it must outlive this one
 *  @param config         only read in this call
 *  @return NULL: an argument is NULL or not as above; preemptive_basic with digest_only, or with a
 *          colon in the user, which Basic cannot carry (errno EINVAL); no memory (errno ENOMEM)
 *  Blocks: no. Memory: 150 bytes and the texts; while it connects 2 KB more, and 3 KB for a moment
 *  to answer a 407; when open 256 bytes if the proxy's answer had more behind it, until it is read.
 *  Threads: any. */
esp_transport_handle_t
esp_transport_http_proxy_init(esp_transport_handle_t parent_handle,
                              const esp_transport_http_proxy_config_t *config);

/** Go to another proxy, or be somebody else, from the next connect on.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  as above, or it is no such transport;
 *          ESP_ERR_NO_MEM and ESP_ERR_INVALID_STATE  nothing has changed: no memory; it is
 *            connecting or open
 *  Blocks: no. */
esp_err_t esp_transport_http_proxy_set_config(esp_transport_handle_t http_proxy,
                                              const esp_transport_http_proxy_config_t *config);

/** Who we are. Both are copied, and wiped when they are replaced or the transport is destroyed.
 *  @param user      as in the configuration; NULL: nobody
 *  @param password  NULL: empty
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  as above, or it is no such transport;
 *          ESP_ERR_NO_MEM and ESP_ERR_INVALID_STATE  nothing has changed, as above
 *  Blocks: no. */
esp_err_t esp_transport_http_proxy_set_auth(esp_transport_handle_t http_proxy, const char *user,
                                            const char *password);

/** The status of the proxy's last answer, until the next connect.
 *  @return 100 to 999; 0: none came; -1: it is no such transport. Blocks: no. */
int esp_transport_http_proxy_get_status(esp_transport_handle_t http_proxy);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TRANSPORT_HTTP_PROXY_H */
