/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_transport_tcp.h: TCP as a transport
 */
#ifndef ESP_TRANSPORT_TCP_H
#define ESP_TRANSPORT_TCP_H

#include <net/if.h>
#include <sys/socket.h>

#include "esp_transport.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ifreq; /* in strict C11, net/if.h does not have it */

/** Make a TCP transport. All addresses of a name are tried (RFC 8305).
 *  @return NULL: no memory. Blocks: no. Threads: any. */
esp_transport_handle_t esp_transport_tcp_init(void);

/** Keep-alive of the next connect.
 *  @param keep_alive_cfg  kept, not copied: it must outlive the connect; NULL: off */
void esp_transport_tcp_set_keep_alive(esp_transport_handle_t t,
                                      esp_transport_keep_alive_t *keep_alive_cfg);

/** Bind the next connect to an interface. @param if_name  kept, not copied; NULL: any */
void esp_transport_tcp_set_interface_name(esp_transport_handle_t t, struct ifreq *if_name);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TRANSPORT_TCP_H */
