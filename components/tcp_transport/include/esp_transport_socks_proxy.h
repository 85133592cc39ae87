/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_transport_socks_proxy.h: a tunnel through a SOCKS proxy
 *
 * A transport over another one: the parent (TCP, or TLS where the proxy speaks it) is connected to
 * the proxy, which is asked to connect to the host and port of esp_transport_connect(). Then reads
 * and writes go through. TLS with the target: esp_transport_ssl_set_parent() on top of it.
 *
 *     SOCKS4   the name is resolved here, to IPv4, without blocking (as in ESP-IDF)
 *     SOCKS4A  the proxy resolves the name; an IPv4 address is sent as such
 *     SOCKS5   RFC 1928: the proxy resolves the name; IPv4 and IPv6 addresses are sent as such;
 *              user and password (RFC 1929) if the proxy asks and
 *              esp_transport_socks_proxy_set_auth() was called. They cross the wire in the clear
 *              unless the parent is TLS.
 *
 * A connect that failed: the error handle has the first cause, ESP_ERR_TCP_TRANSPORT_PROXY_...
 * (esp_transport_proxy.h), ESP_ERR_ESP_TLS_... from below or of the look-up, ESP_ERR_INVALID_ARG
 * for a host or port that cannot be sent. esp_transport_get_errno(), and errno, have one of
 * socks_transport_error_t, or a reply of the proxy's that is in no table. It has one deadline, the
 * proxy's connection and the look-up included. Close it (it closes the parent) before the next.
 *
 * Not done: BIND, UDP ASSOCIATE, GSS-API. */
#ifndef ESP_TRANSPORT_SOCKS_PROXY_H
#define ESP_TRANSPORT_SOCKS_PROXY_H

#include <stdint.h>

#include "esp_transport.h"
#include "esp_transport_proxy.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    SOCKS4 = 4,
    SOCKS5 = 5,
    SOCKS4A = 0x4A,
} socks_version_t;

/** errno of a connect that failed. */
typedef enum socks_transport_response_t {
    SOCKS_RESPONSE_TARGET_NOT_FOUND = 0xF0,  /**< the name has no address, or cannot be sent */
    SOCKS_RESPONSE_PROXY_UNREACHABLE = 0xF1, /**< not reached, or it went away */
    SOCKS_TIMEOUT = 0xF2,                    /**< it did not answer within the deadline */
    SOCKS_RESPONSE_MALFORMED = 0xF3,         /**< it does not speak this version of SOCKS */
    SOCKS_RESPONSE_AUTH_REQUIRED = 0xF4,    /**< SOCKS5: it accepts no way to log in that we have */
    SOCKS_RESPONSE_AUTH_FAILED = 0xF5,      /**< SOCKS5: wrong user or password */
    SOCKS_RESPONSE_SUCCESS = 0x5a,          /**< SOCKS4, as are the next three */
    SOCKS_RESPONSE_REQUEST_REJECTED = 0x5B, /**< refused, or the proxy could not connect */
    SOCKS_RESPONSE_NOT_RUNNING_IDENTD = 0x5c, /**< it could not reach our identd */
    SOCKS_RESPONSE_COULD_NOT_CONFIRM_ID = 0x5d,
    /* SOCKS5: 0x500 and the REP of RFC 1928 section 6 */
    SOCKS5_RESPONSE_GENERAL_FAILURE = 0x501,
    SOCKS5_RESPONSE_NOT_ALLOWED = 0x502, /**< by the proxy's rules */
    SOCKS5_RESPONSE_NETWORK_UNREACHABLE = 0x503,
    SOCKS5_RESPONSE_HOST_UNREACHABLE = 0x504, /**< of many proxies also: the name has no address */
    SOCKS5_RESPONSE_CONNECTION_REFUSED = 0x505,
    SOCKS5_RESPONSE_TTL_EXPIRED = 0x506,
    SOCKS5_RESPONSE_COMMAND_NOT_SUPPORTED = 0x507,
    SOCKS5_RESPONSE_ADDRESS_TYPE_NOT_SUPPORTED = 0x508,
} socks_transport_error_t;

/** Where the proxy is. */
typedef struct {
    const socks_version_t version;
    const char *address; /**< name or numeric address, without brackets; copied */
    const int port;
} esp_transport_socks_proxy_config_t;

/** Make a tunnel.
 *  @param parent_handle  connects to the proxy; not owned: it must outlive this one
 *  @param config         only read in this call
 *  @return NULL: an argument is NULL, a version that is none, an address that cannot be one or a
 *          port outside 1..65535 (errno EINVAL), or no memory (errno ENOMEM)
 *  Blocks: no. Memory: 150 bytes and the address; up to 700 more while it connects.
 *  Threads: any. */
esp_transport_handle_t
esp_transport_socks_proxy_init(esp_transport_handle_t parent_handle,
                               const esp_transport_socks_proxy_config_t *config);

/** Go to another proxy from the next connect on.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  as above, or it is no such transport;
 *          ESP_ERR_NO_MEM and ESP_ERR_INVALID_STATE  nothing has changed: no memory; it is
 *            connecting or open
 *  Blocks: no. */
esp_err_t esp_transport_socks_proxy_set_config(esp_transport_handle_t socks_transport,
                                               const esp_transport_socks_proxy_config_t *config);

/** Who we are. Both are copied, and wiped when they are replaced or the transport is destroyed.
 *  @param user      1 to 255 bytes; NULL: nobody. With SOCKS4 and SOCKS4A it is the user id, which
 *                   is empty otherwise
 *  @param password  up to 255 bytes; NULL: empty. Only SOCKS5 sends it
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  of another length, or it is no such transport;
 *          ESP_ERR_NO_MEM and ESP_ERR_INVALID_STATE  nothing has changed, as above
 *  Blocks: no. Source: RFC 1929. */
esp_err_t esp_transport_socks_proxy_set_auth(esp_transport_handle_t socks_transport,
                                             const char *user, const char *password);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TRANSPORT_SOCKS_PROXY_H */
