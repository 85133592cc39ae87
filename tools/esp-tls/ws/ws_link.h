/* The connection of `esp-tls ws`: its transports on top of each other, the login that a server may
 * ask for, redirects; and what its failures mean. */
#ifndef WS_LINK_H
#define WS_LINK_H

#include "cli/capture.h"
#include "cli/credentials.h"
#include "esp_http_auth.h"
#include "esp_transport_ws_policy.h"
#include "cli/text.h"
#include "cli/tunnel.h"
#include "ws_options.h"

struct ws_link {
    const struct ws_options *options;
    struct identity identity;
    struct capture capture;

    char url[4096]; /* as it was given, or where a redirect leads */
    bool is_tls;
    bool is_elsewhere; /* a redirect led to another origin: it gets no login and no cookies */
    char host[256];
    uint16_t port;
    char user[256];
    char password[256];
    bool has_login;
    bool has_said; /* the login was sent */
    esp_http_auth_t *auth;

    struct tunnel tunnel;
    esp_transport_handle_t tcp; /* NULL: TLS or the tunnel is the lowest */
    esp_transport_handle_t ssl;
    esp_transport_handle_t ws; /* NULL: there is none */

    /* how it ended */
    char verdict[3072]; /* what was said of a failure; "": nothing */
    bool has_diagnosis;
    esp_tls_diagnosis_t diagnosis;
    int close_code; /* that the server sent; 0: none */
    char close_reason[128];
};

/** Something failed: say it on stderr, and keep it as the verdict. */
void ws_link_say(struct ws_link *link, const struct text *text);

/** Open it. @return EXIT_OK; else the class of the failure, after a paragraph on stderr */
enum tool_exit ws_link_open(struct ws_link *link);

/** Something failed: say what, in a paragraph on stderr. @return its class */
enum tool_exit ws_link_fail(struct ws_link *link);

/** The server closed. Say so, if that was a failure. @return EXIT_OK or EXIT_ANSWER */
enum tool_exit ws_link_closed(struct ws_link *link);

/** Close and free. Always the last call. @return EXIT_OK; EXIT_OUTPUT: the capture was not
 *  written */
enum tool_exit ws_link_clear(struct ws_link *link);

/** What a failure means (explain_ws.c). @return its class; its paragraph is added to *text */
enum tool_exit explain_ws(const struct ws_link *link, struct text *text);

/** The same for programs. */
void diagnose_ws(const struct ws_link *link, esp_tls_diagnosis_t *diagnosis);

/** What is known of a close code (RFC 6455 section 7.4): a few words, "" for one that is not. */
const char *ws_close_name(int code);

#endif
