/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_transport_proxy.h: what a proxy can answer, in numbers
 *
 * Both kinds of proxies (esp_transport_socks_proxy.h, esp_transport_http_proxy.h) put one of these
 * into the error handle when the proxy was reached and no tunnel came of it. When the proxy was not
 * reached, the code is that of the transport below (ESP_ERR_ESP_TLS_...).
 */
#ifndef ESP_TRANSPORT_PROXY_H
#define ESP_TRANSPORT_PROXY_H

#include "esp_transport.h"

#define ESP_ERR_TCP_TRANSPORT_PROXY_BASE (ESP_ERR_TCP_TRANSPORT_BASE + 0x10)
/** What came is not the proxy's protocol, or too long */
#define ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED (ESP_ERR_TCP_TRANSPORT_PROXY_BASE + 1)
/** It wants a user and a password, and none was set; or a way to log in that is not known here */
#define ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED (ESP_ERR_TCP_TRANSPORT_PROXY_BASE + 2)
/** It did not accept user and password */
#define ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED (ESP_ERR_TCP_TRANSPORT_PROXY_BASE + 3)
/** It does not want to connect to this target */
#define ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED (ESP_ERR_TCP_TRANSPORT_PROXY_BASE + 4)
/** The target's name has no address */
#define ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_NOT_FOUND (ESP_ERR_TCP_TRANSPORT_PROXY_BASE + 5)
/** The proxy could not reach the target, or the target refused */
#define ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE (ESP_ERR_TCP_TRANSPORT_PROXY_BASE + 6)
/** The proxy failed, or does not know how to do it */
#define ESP_ERR_TCP_TRANSPORT_PROXY_FAILED (ESP_ERR_TCP_TRANSPORT_PROXY_BASE + 7)

#endif /* ESP_TRANSPORT_PROXY_H */
