/* WebSocket's opening handshake (RFC 6455 section 4) without I/O: the request as text, and what a
 * server's answer is worth. */
#ifndef WS_HANDSHAKE_H
#define WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "esp_err.h"

#define WS_NONCE_LEN   16
#define WS_KEY_SIZE    25 /* Base64 of the nonce, and NUL */
#define WS_ACCEPT_SIZE 29 /* Base64 of a SHA-1, and NUL */

/** Sec-WebSocket-Key, and the Sec-WebSocket-Accept that belongs to it.
 *  @return false: there is no SHA-1 */
bool et_ws_make_key(const unsigned char nonce[WS_NONCE_LEN], char key[WS_KEY_SIZE],
                    char accept[WS_ACCEPT_SIZE]);

/** Is this a list of subprotocols, "a, b", each a token, none twice (section 4.1)? */
bool et_ws_is_protocol_list(const char *list);

/** Are these fields that may be added to the request? Whole fields, none of which is the
 *  handshake's own, and none that begins a body. */
bool et_ws_is_extra_fields(const char *block);

/** Value of a field in such a block. @param len  receives its length @return NULL: it is not
 *  there */
const char *et_ws_find_field(const char *block, const char *name, size_t *len);

struct ws_request {
    const char *target;    /* "/path?query" */
    const char *authority; /* "host:port" */
    const char *key;
    const char *user_agent; /* NULL: none */
    const char *protocols;  /* NULL: none */
    const char *auth;       /* NULL: none */
    const char *fields;     /* whole fields; NULL: none. What stands here is not added by itself */
};

/** @param cap  of out; the request has no NUL behind it
 *  @return its length; more than cap: it does not fit, and *out is unspecified */
size_t et_ws_write_request(char *out, size_t cap, const struct ws_request *request);

/** What the answer's fields said. All zero at first. */
struct ws_answer {
    const char *accept;    /* that must come */
    const char *protocols; /* that were offered; NULL: none */
    size_t protocols_len;
    int status;
    unsigned upgrades;
    unsigned accepts;
    unsigned protocol_fields;
    unsigned locations;
    bool is_upgrade_wrong;
    bool has_connection_upgrade;
    bool is_accept_right;
    bool has_extension;
    const char *chosen; /* within protocols; NULL: none, or not offered */
    size_t chosen_len;
};

/** One field of it. */
void et_ws_answer_field(struct ws_answer *a, const char *name, const char *value);

bool et_ws_is_redirect(int status);

/** All fields came. Redirects are not judged here.
 *  @param why  receives what is wrong, static text
 *  @return ESP_OK  it is a WebSocket; ESP_ERR_TCP_TRANSPORT_WS_... */
esp_err_t et_ws_answer_judge(const struct ws_answer *a, const char **why);

#endif
