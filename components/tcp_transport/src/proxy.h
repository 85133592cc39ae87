/* What transports through a proxy share: where it is, and who we are. */
#ifndef PROXY_H
#define PROXY_H

#include <stdint.h>

#include "esp_transport_proxy.h"

/** Owned by the transport. All zero is legal: nowhere, nobody. */
struct proxy {
    char *address;
    char *user;     /* NULL: nobody */
    char *password; /* not NULL when user is not */
    uint16_t port;
};

/** Go there from now on. @return ESP_OK; ESP_ERR_NO_MEM  nothing has changed */
esp_err_t et_proxy_set_address(struct proxy *proxy, const char *address, int port);

/** Be this user from now on. @param user  NULL: nobody  @param password  NULL: empty
 *  @return ESP_OK; ESP_ERR_NO_MEM  nothing has changed */
esp_err_t et_proxy_set_login(struct proxy *proxy, const char *user, const char *password);

/** Free and wipe what it has. */
void et_proxy_clear(struct proxy *proxy);

#endif
