/* A server as the command line names it: HOST, HOST:PORT, an address, or a URL. */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct target {
    const char *text;   /* as it was given */
    const char *scheme; /* "https", "wss", "mqtts", "smtp", "smtps", or "tls": HOST[:PORT] */
    char host[256];
    uint16_t port;
    bool is_http;            /* there may be something to GET */
    bool smtp;               /* STARTTLS of SMTP comes first */
    const char *const *alpn; /* that its scheme stands for, ends with NULL; NULL: none */
    char path[1024];         /* of https and wss, "/" when none was given */
};

/** @return true; false: what is wrong has been said on stderr */
bool target_parse(struct target *target, const char *text);

#endif
