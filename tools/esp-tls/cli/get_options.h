/* The options of `esp-tls get`. One table is both parser and help text. */
#ifndef GET_OPTIONS_H
#define GET_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "esp_http_client_async.h"
#include "esp_tls.h"
#include "esp_tls_url.h"

#define GET_OUTPUTS 64
#define GET_HEADERS 64

struct get_proxy {
    esp_http_client_proxy_t proxy; /* kind 0: none; points into text */
    char text[512];
};

struct get_options {
    char **urls;
    size_t url_count;
    bool is_tls; /* one of them is https */

    /* the request */
    bool has_method;
    esp_http_client_method_t method;
    const char *data; /* as -d has it; NULL: none */
    const char *headers[GET_HEADERS];
    size_t header_count;
    const char *range; /* without "bytes=" */
    char user[256];
    const char *password; /* within user; NULL: no -u */
    struct get_proxy proxy;
    const char *connect_to;
    char connect_host[256];
    uint16_t connect_port;

    /* the answer */
    const char *outputs[GET_OUTPUTS]; /* one per URL, "-" or none: standard output */
    size_t output_count;
    bool resume;
    bool head;
    bool follow;

    /* the connection */
    const char *cacert; /* NULL: the system's roots */
    const char *cert;
    const char *key;
    const char *pass;
    const char *name; /* the certificate must have this name; NULL: the URL's host */
    bool insecure_no_name_check;
    bool async;
    const char *capture; /* NULL: none */
    const char *keylog;
    esp_tls_proto_ver_t version;
    esp_tls_addr_family_t family;
    int timeout_ms;
    bool json; /* failures as JSON */
    int verbose;
    bool help;
};

/** Fill *o from the command's words.
 *  @return true; false: what is wrong has been said on stderr */
bool get_options_parse(struct get_options *o, int argc, char **argv);

/** Is this an http or https URL? @return false: what is wrong has been said on stderr */
bool get_options_url(const char *text, esp_tls_url_t *url);

/** Do the options of the connection go together?
 *  @param secure, plain  schemes, for the message
 *  @return false: what does not has been said on stderr */
bool get_options_fit_tls(const struct get_options *o, const char *secure, const char *plain);

/** The text of --help. */
void get_options_help(FILE *out);

#endif
