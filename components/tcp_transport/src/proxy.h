/* What transports through a proxy share: where it is, who we are, and the way to it. */
#ifndef PROXY_H
#define PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_transport_proxy.h"

/** Owned by the transport. All zero is legal: nowhere, nobody. */
struct proxy {
    char *address;
    char *user;     /* NULL: nobody */
    char *password; /* not NULL when user is not */
    uint16_t port;
};

struct transport_ops;

/** A transport with a zeroed context of so many bytes.
 *  @return NULL: no memory (errno ENOMEM) */
esp_transport_handle_t proxy_new(const struct transport_ops *ops, size_t size,
                                 esp_transport_handle_t parent);

/** Can this be sent as the name of a host? A numeric address, or a name of letters, digits and
 *  "-._~" (RFC 3986 section 3.2.2 without escapes), 1 to 255 bytes. */
bool proxy_is_host(const char *host);

bool proxy_is_port(int port);

/** A copy for as long as a transport lives. @return NULL: text is NULL, or no memory */
char *proxy_copy(const char *text);

/** Go there from now on. @return ESP_OK; ESP_ERR_NO_MEM  nothing has changed */
esp_err_t proxy_set_address(struct proxy *proxy, const char *address, int port);

/** Be this user from now on. @param user  NULL: nobody  @param password  NULL: empty
 *  @return ESP_OK; ESP_ERR_NO_MEM  nothing has changed */
esp_err_t proxy_set_login(struct proxy *proxy, const char *user, const char *password);

/** Free and wipe what it has. */
void proxy_clear(struct proxy *proxy);

/** Send the rest of a message to the parent.
 *  @param sent  of len bytes; goes on
 *  @return 1 all is sent; 0 not now; -1 failed, as the parent did */
int proxy_send(esp_transport_handle_t t, const void *data, size_t len, size_t *sent);

/* Through the open tunnel; results as in transport_ops. */
int proxy_read(esp_transport_handle_t t, char *buffer, int len);
int proxy_write(esp_transport_handle_t t, const char *buffer, int len);

#endif
