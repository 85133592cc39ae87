/* A server as the command line names it: HOST, HOST:PORT, an address, or a URL. */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "option_table.h"

struct target {
    const char *text;   /* as it was given */
    const char *scheme; /* "https", "wss", "mqtts", "smtp", "smtps", or "tls": HOST[:PORT] */
    char host[256];
    uint16_t port;
    bool is_http;            /* there may be something to GET */
    bool smtp;               /* STARTTLS of SMTP comes first */
    const char *const *alpn; /* that its scheme stands for, ends with NULL; NULL: none */
    char name[256];          /* that the certificate must have */
    char path[1024];         /* of https and wss, "/" when none was given */
};

/** Take the server. What --starttls set before stays. @param name  as --name has it; NULL: the
 *  server's
 *  @return true; false: what is wrong has been said on stderr */
bool target_parse(struct target *target, const char *name, const char *text);

#define TARGET_AUTHORITY 272

/** "example.org:443", "[::1]:443". @return text */
const char *target_authority(const char *host, uint16_t port, char text[TARGET_AUTHORITY]);

/** A GET, as check and memory send it, as text.
 *  @param path  not longer than option_set_path() takes @return its length */
size_t target_request(char text[2048], const char *host, uint16_t port, const char *path);

/** --starttls, which takes smtp: a bool. */
bool target_set_starttls(void *at, const char *value, const struct option_row *row);

#endif
