/* What transports on top of another one share: names and texts that go into what they send, and the
 * way through the parent. */
#ifndef LAYER_H
#define LAYER_H

#include <stdbool.h>
#include <stddef.h>

#include "esp_transport.h"

struct transport_ops;

/** A transport with a zeroed context of so many bytes.
 *  @return NULL: no memory (errno ENOMEM) */
esp_transport_handle_t et_layer_new(const struct transport_ops *ops, size_t size,
                                    esp_transport_handle_t parent);

/** Can this be sent as the name of a host? A numeric address, or a name of letters, digits and
 *  "-._~" (RFC 3986 section 3.2.2 without escapes), 1 to 255 bytes. */
bool et_layer_is_host(const char *host);

bool et_layer_is_port(int port);

#define LAYER_AUTHORITY_MAX (255 + sizeof("[]:65535"))

/** "host:port" (RFC 3986 section 3.2), IPv6 in brackets and without its zone, which is of this
 *  machine.
 *  @param out   LAYER_AUTHORITY_MAX bytes, gets a NUL
 *  @param host  passes et_layer_is_host() */
void et_layer_authority(char *out, const char *host, int port);

/** A copy for as long as a transport lives. @return NULL: text is NULL, or no memory */
char *et_layer_copy(const char *text);

/** Send the rest of a message to the parent.
 *  @param sent  of len bytes; goes on
 *  @return 1 all is sent; 0 not now; -1 failed, as the parent did */
int et_layer_send(esp_transport_handle_t t, const void *data, size_t len, size_t *sent);

/* The parent's, and its cause with a failure; results as in transport_ops. */
int et_layer_read(esp_transport_handle_t t, char *buffer, int len);
int et_layer_write(esp_transport_handle_t t, const char *buffer, int len);

#endif
