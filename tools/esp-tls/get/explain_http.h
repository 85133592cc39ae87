/* What an HTTP request failed with, as one paragraph; and the exit status of its class. */
#ifndef EXPLAIN_HTTP_H
#define EXPLAIN_HTTP_H

#include "cli/explain.h"
#include "cli/json.h"
#include "upload.h"

struct http_failure {
    struct failure of;     /* the connection's own record, and the transport's code */
    bool is_tls;           /* the URL is https */
    int status;            /* of the answer; -1: none */
    char location[512];    /* printable */
    const char *malformed; /* NULL: it was not */
    const struct upload *upload;
};

/** The members of the diagnosis. */
void explain_http_json(const struct http_failure *f, esp_err_t err, struct json *j);

/** @param err  what the request returned; ESP_OK: status is the failure
 *  @return the class; its paragraph is added to *text */
enum tool_exit explain_http(const struct http_failure *f, esp_err_t err, struct text *text);

/** What a code means that no connection's record knows. */
struct http_sentence {
    esp_err_t code;
    enum tool_exit exit;
    const char *text;
};

/** @return the row of the code, or NULL */
const struct http_sentence *http_sentence_of(const struct http_sentence *rows, size_t count,
                                             esp_err_t code);

/** The reason that goes with a status (RFC 9110 section 15); "" for one that has none. */
const char *http_reason(int status);

/** Copy text that will be shown: a server's bytes must not steer a terminal. */
void http_printable(char *to, size_t cap, const char *from);

#endif
