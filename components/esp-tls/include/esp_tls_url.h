/*
 * URLs (RFC 3986): one parser for every layer.
 *
 * A URL is split into pieces of the text that was given; nothing is copied or decoded. The whole
 * text must be a URL: control characters, spaces and bytes above 0x7E are refused, so a piece can
 * be put into a request or a log line as it is.
 */
#ifndef ESP_TLS_URL_H
#define ESP_TLS_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A piece of the URL's text. ptr == NULL: the piece is not there (len 0: it is there and
 *  empty). */
typedef struct esp_tls_url_part {
    const char *ptr;
    size_t len;
} esp_tls_url_part_t;

typedef struct esp_tls_url {
    esp_tls_url_part_t scheme;   /**< without ":" */
    esp_tls_url_part_t userinfo; /**< without "@"; percent-encoded */
    esp_tls_url_part_t host;     /**< without the brackets of an IPv6 literal; not decoded */
    bool host_is_ipv6;           /**< it was in brackets: an IPv6 address, "%" and zone if any */
    esp_tls_url_part_t path;     /**< from the first "/"; empty when the URL has none */
    esp_tls_url_part_t query;    /**< without "?" */
    esp_tls_url_part_t fragment; /**< without "#" */
    uint16_t port;               /**< 0: the URL names none */
} esp_tls_url_t;

/** Split an absolute URL with an authority ("scheme://host..."), RFC 3986 sections 3 and 3.2.
 *  @param text  need not end in NUL; the parts point into it
 *  @param len   its length in bytes
 *  @return true, and *url is filled; false: not such a URL, and *url is unspecified
 *  Never blocks, allocates nothing. */
bool esp_tls_url_parse(const char *text, size_t len, esp_tls_url_t *url);

/** The port to connect to: the URL's, or 80 for http and ws, 443 for https and wss, or 0. */
uint16_t esp_tls_url_port(const esp_tls_url_t *url);

/** Where a reference leads ("../x?y", "//host/", a whole URL; RFC 3986 sections 5.2 to 5.4,
 *  strict).
 *  @param base       an absolute URL; its fragment does not count
 *  @param reference  ends in NUL
 *  @param out        receives the URL, with NUL
 *  @param cap        its size; strlen(base) + strlen(reference) + 2 always suffices
 *  @param len        receives the length without NUL, also with ESP_ERR_INVALID_SIZE
 *  @return ESP_OK
 *          ESP_ERR_INVALID_ARG   base is no URL, or reference no URI reference: a byte that may not
 *                                be in it, a "%" without two digits, a colon in a first segment,
 *                                "//" without a host
 *          ESP_ERR_INVALID_SIZE  cap is too small; *out is unspecified
 *  Never blocks, allocates nothing. */
esp_err_t esp_tls_url_resolve(const char *base, const char *reference, char *out, size_t cap,
                              size_t *len);

/** The same scheme, host and port (RFC 6454 section 4)? Names are compared as text, in any case,
 *  IPv6 addresses by value. Ports that are not named are the scheme's. */
bool esp_tls_url_same_origin(const esp_tls_url_t *a, const esp_tls_url_t *b);

/** Is the part this text? ASCII letters in any case. */
bool esp_tls_url_part_is(esp_tls_url_part_t part, const char *text);

#ifdef __cplusplus
}
#endif

#endif
