/* The options of `esp-tls get`. */
#ifndef GET_OPTIONS_H
#define GET_OPTIONS_H

#include "cli/connect_options.h"

#define GET_OUTPUTS 64

struct get_options {
    struct connect_options connect;
    char **urls;
    size_t url_count;

    /* the request */
    esp_http_client_method_t method;
    bool has_method;
    bool head;
    bool body_on_error; /* write the body whatever the status is */
    const char *data;   /* as -d has it; NULL: none */
    const char *range;  /* without "bytes=" */
    bool async;

    /* the answer */
    const char *outputs[GET_OUTPUTS]; /* one per URL, "-" or none: standard output */
    size_t output_count;
    bool resume;
};

extern const struct option_table get_options;

/** Take the URLs. @return true; false: what is wrong has been said on stderr */
bool get_options_accept(void *options, char **urls, size_t count);

#endif
