/* Values of options that several commands take. Each says on stderr what is wrong. */
#ifndef VALUES_H
#define VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_tls.h"
#include "get_options.h"

/** --tls: "1.2" or "1.3". */
bool value_version(const char *text, esp_tls_proto_ver_t *version);

/** A time: "5", "0.5", "5s" are seconds, "500ms" milliseconds.
 *  @param name  of the option, for the message */
bool value_time(const char *text, const char *name, int *ms);

/** A number of bytes: "40960", "40K" (1024 each), "4M".
 *  @param name   of the option, for the message
 *  @param least, most  bounds, both included */
bool value_bytes(const char *text, const char *name, uint32_t least, uint32_t most,
                 uint32_t *bytes);

/** --proxy: http://[USER:PASSWORD@]HOST[:PORT], or socks4, socks4a, socks5. */
bool value_proxy(const char *text, struct get_proxy *proxy);

/** --connect-to: HOST:PORT, IPv6 in brackets. */
bool value_connect_to(struct get_options *o, const char *value);

/** -H: "Name: value", or "Name:" to leave one out. */
bool value_header(struct get_options *o, const char *value);

/** -u: USER:PASSWORD. */
bool value_login(struct get_options *o, const char *value);

#endif
