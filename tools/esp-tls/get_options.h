/* The options of `esp-tls get`. One table is both parser and help text. */
#ifndef GET_OPTIONS_H
#define GET_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "esp_tls.h"
#include "esp_tls_url.h"

struct get_options {
    const char *url_text;
    esp_tls_url_t url; /* points into url_text */
    bool is_tls;       /* https */

    const char *output; /* NULL: standard output */
    const char *cacert; /* NULL: the system's roots */
    const char *cert;
    const char *key;
    const char *pass;
    const char *name; /* the certificate must have this name; NULL: the URL's host */
    const char *connect_to;
    bool insecure_no_name_check;
    bool async;
    esp_tls_proto_ver_t version;
    esp_tls_addr_family_t family;
    int timeout_ms;
    int verbose;
    bool help;
};

/** Fill *o from the command's words.
 *  @return true; false: what is wrong has been said on stderr */
bool get_options_parse(struct get_options *o, int argc, char **argv);

/** The text of --help. */
void get_options_help(FILE *out);

#endif
