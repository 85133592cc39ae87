/* The options of `esp-tls ws`. */
#ifndef WS_OPTIONS_H
#define WS_OPTIONS_H

#include "cli/get_options.h"

struct ws_options {
    struct get_options get; /* what both have; urls has one */
    const char *subprotocol;
    bool binary;
    int ping_ms; /* 0: none */
    int wait_ms; /* of silence after the end of the input */
    bool has_wait;
    int messages; /* 0: as many as come */
};

/** Fill *o from the command's words.
 *  @return true; false: what is wrong has been said on stderr */
bool ws_options_parse(struct ws_options *o, int argc, char **argv);

/** Is this a ws or wss URL? @return false: what is wrong has been said on stderr */
bool ws_options_url(const char *text, esp_tls_url_t *url);

/** The text of --help. */
void ws_options_help(FILE *out);

#endif
