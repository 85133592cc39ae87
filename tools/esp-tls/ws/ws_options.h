/* The options of `esp-tls ws`. */
#ifndef WS_OPTIONS_H
#define WS_OPTIONS_H

#include "cli/connect_options.h"

struct ws_options {
    struct connect_options connect;
    const char *url;
    const char *subprotocol;
    bool binary;
    int ping_ms; /* 0: none */
    int wait_ms; /* of silence after the end of the input */
    bool has_wait;
    int messages; /* 0: as many as come */
};

extern const struct option_table ws_options;

/** The defaults. */
void ws_options_init(void *options);

/** Take the URL. @return true; false: what is wrong has been said on stderr */
bool ws_options_accept(void *options, char **urls, size_t count);

/** Is this a ws or wss URL? @return false: what is wrong has been said on stderr */
bool ws_options_url(const char *text, esp_tls_url_t *url);

#endif
