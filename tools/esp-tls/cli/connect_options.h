/* Options of all commands that connect, as rows of their option tables. What a command's options
 * are kept in begins with a struct connect_options. */
#ifndef CONNECT_OPTIONS_H
#define CONNECT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_http_client_async.h"
#include "esp_tls.h"
#include "esp_tls_url.h"
#include "option_table.h"

#define CONNECT_HEADERS 64
#define CONNECT_ALPN    8 /* protocols */

struct connect_proxy {
    esp_http_client_proxy_t proxy; /* kind 0: none; points into text */
    char text[512];
};

struct connect_options {
    const char *cacert; /* NULL: the system's roots */
    const char *cert;
    const char *key;
    const char *pass;
    const char *name; /* the certificate must have this name; NULL: the server's */
    bool insecure_no_name_check;
    bool has_alpn; /* --alpn was given, perhaps with an empty list */
    char alpn_text[256];
    const char *alpn[CONNECT_ALPN + 1]; /* within alpn_text, ends with NULL */
    bool is_tls;                        /* something is verified */
    esp_tls_proto_ver_t version;
    esp_tls_addr_family_t family;
    int timeout_ms;
    const char *connect_to; /* as it was given; NULL: where the URL says */
    char connect_host[256];
    uint16_t connect_port;
    struct connect_proxy proxy;
    const char *headers[CONNECT_HEADERS];
    size_t header_count;
    char user[256];
    const char *password; /* within user; NULL: no -u */
    bool follow;
    const char *capture; /* NULL: none */
    const char *keylog;
    bool json;
    int verbose;
};

#define CONNECT_AT(member) offsetof(struct connect_options, member), false

/* clang-format off */
#define CONNECT_ROW_CACERT \
    {0, "cacert", "FILE|DIR", "trust these authorities instead of the system's", \
     option_set_text, CONNECT_AT(cacert)}
#define CONNECT_ROWS_IDENTITY \
    {0, "cert", "FILE", "own certificate, and its intermediates", \
     option_set_text, CONNECT_AT(cert)}, \
    {0, "key", "FILE", "key of --cert (default: in the same file)", \
     option_set_text, CONNECT_AT(key)}, \
    {0, "pass", "PASSWORD", "password of the key, or env:NAME, or file:FILE", \
     option_set_text, CONNECT_AT(pass)}
#define CONNECT_ROW_TLS \
    {0, "tls", "VERSION", "1.2 or 1.3 and no other", connect_set_version, CONNECT_AT(version)}
#define CONNECT_ROW_NAME \
    {0, "name", "NAME", "name the certificate must have, also sent as SNI", \
     option_set_text, CONNECT_AT(name)}
#define CONNECT_ROW_NO_NAME_CHECK \
    {0, "no-name-check", NULL, "accept a certificate for another name", \
     option_set_true, CONNECT_AT(insecure_no_name_check)}
#define CONNECT_ROW_ALPN \
    {0, "alpn", "LIST", "protocols to offer, such as h2,http/1.1", \
     connect_set_alpn, 0, false}
#define CONNECT_ROW_CONNECT_TO(help) \
    {0, "connect-to", "HOST:PORT", help, connect_set_connect_to, 0, false}
#define CONNECT_ROW_TIMEOUT(help) \
    {0, "timeout", "TIME", help, option_set_time, CONNECT_AT(timeout_ms)}
#define CONNECT_ROWS_FAMILY \
    {'4', "ipv4", NULL, "IPv4 addresses only", connect_set_family, CONNECT_AT(family)}, \
    {'6', "ipv6", NULL, "IPv6 addresses only", connect_set_family, CONNECT_AT(family)}
#define CONNECT_ROW_HEADER(help) \
    {'H', "header", "HEADER", help, connect_set_header, 0, false}
#define CONNECT_ROW_LOCATION \
    {'L', "location", NULL, "follow redirects, ten at most", option_set_true, CONNECT_AT(follow)}
#define CONNECT_ROW_USER \
    {'u', "user", "USER:PASSWORD", "log in (Digest, Basic) if the server asks", \
     connect_set_user, 0, false}
#define CONNECT_ROW_PROXY \
    {0, "proxy", "URL", "go through http:, socks5:, socks4a: or socks4:", \
     connect_set_proxy, CONNECT_AT(proxy)}
#define CONNECT_ROWS_CAPTURE(capture_help, keylog_help) \
    {0, "capture", "FILE", capture_help, option_set_text, CONNECT_AT(capture)}, \
    {0, "keylog", "FILE", keylog_help, option_set_text, CONNECT_AT(keylog)}
#define CONNECT_ROW_JSON(help) \
    {0, "json", NULL, help, option_set_true, CONNECT_AT(json)}
#define CONNECT_ROW_VERBOSE(help) \
    {'v', "verbose", NULL, help, option_set_more, CONNECT_AT(verbose)}
/* clang-format on */

bool connect_set_version(void *at, const char *value, const struct option_row *row);
bool connect_set_family(void *at, const char *value, const struct option_row *row);
/** http://[USER:PASSWORD@]HOST[:PORT], or socks4, socks4a, socks5. */
bool connect_set_proxy(void *at, const char *value, const struct option_row *row);
/** These take all of the connect_options. HOST:PORT, IPv6 in brackets. */
bool connect_set_connect_to(void *at, const char *value, const struct option_row *row);
/** Names of protocols (ALPN, RFC 7301), "," between. */
bool connect_set_alpn(void *at, const char *value, const struct option_row *row);
/** "Name: value", or "Name:" to leave one out. */
bool connect_set_header(void *at, const char *value, const struct option_row *row);
/** USER:PASSWORD. */
bool connect_set_user(void *at, const char *value, const struct option_row *row);

/** The defaults, of a command that only knows TLS. @param options  a struct connect_options */
void connect_options_init(void *options);

/** Do the options of the connection go together?
 *  @param secure, plain  schemes, for the message
 *  @return false: what does not has been said on stderr */
bool connect_options_fit(const struct connect_options *o, const char *secure, const char *plain);

/** What is offered by ALPN: --alpn, or else this. Ends with NULL; NULL: nothing is offered. */
const char **connect_options_alpn(const struct connect_options *o, const char *const *otherwise);

/** Where to connect: there, or where --connect-to says. */
const char *connect_options_host(const struct connect_options *o, const char *host);
uint16_t connect_options_port(const struct connect_options *o, uint16_t port);

/** Is this a URL of one of these schemes?
 *  @param example  of such a URL, for the message
 *  @return false: what is wrong has been said on stderr */
bool connect_options_url(const char *text, const char *secure, const char *plain,
                         const char *example, esp_tls_url_t *url);

/** Log as -vv and -vvv want it. */
void connect_options_log(const struct connect_options *o);

#endif
