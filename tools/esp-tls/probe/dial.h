/* Reaching a server as esp-tls itself does not show it: every address of a name, TCP to each of
 * them, and STARTTLS where TLS needs it. Whatever waits has a deadline, a time of dial_now_us(). */
#ifndef DIAL_H
#define DIAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/tunnel.h"
#include "esp_tls.h"
#include "starttls.h"

#define DIAL_ADDRESSES 16

struct dial_address {
    struct sockaddr_storage sa;
    socklen_t sa_len;
    char text[256];  /* numeric, without port; through a proxy the server's name */
    uint32_t tcp_us; /* how long TCP took to open, when it did */
    int error;       /* errno of TCP; ETIMEDOUT when the deadline passed; 0: open */
    uint16_t port;   /* of a server behind a proxy */
    const struct connect_options *through; /* its --proxy; NULL: directly, to sa */
};

/** An open connection. All of it is legal on { .fd = -1 }. */
struct dial_wire {
    int fd;               /* -1: none, or the tunnel's */
    struct tunnel tunnel; /* through a proxy */
};

struct dial_name {
    struct dial_address address[DIAL_ADDRESSES];
    size_t count;
    size_t left_out; /* for which there was no room */
    int error;       /* EAI_...; 0: found */
    int sys_errno;   /* with EAI_SYSTEM */
    bool timed_out;
    uint32_t us; /* how long it took */
};

/** The monotonic clock. */
int64_t dial_now_us(void);

/** The system's number for a family. */
int dial_family(esp_tls_addr_family_t family);

/** All addresses of a name or a literal, in the order of getaddrinfo(). When the deadline passes,
 *  the resolver is left behind in a thread of its own.
 *  @param family  AF_UNSPEC, AF_INET or AF_INET6
 *  @return true: there is at least one; false: see name->error and timed_out */
bool dial_resolve(struct dial_name *name, const char *host, uint16_t port, int family,
                  int64_t until_us);

/** Instead of resolving: a server that --proxy leads to. @param through  borrowed */
void dial_behind(struct dial_name *name, const char *host, uint16_t port,
                 const struct connect_options *through);

/** Open TCP to all addresses at once, note how each went, and close. @return how many answered */
size_t dial_try_all(struct dial_name *name, int64_t until_us);

/** Why a connection did not come about. */
struct dial_failure {
    bool timed_out;
    bool in_starttls;         /* TCP was open */
    int error;                /* errno, or 0 */
    esp_err_t code;           /* what a proxy said; ESP_OK: nothing */
    bool closed;              /* by the server, in STARTTLS */
    struct starttls starttls; /* in_starttls: what it said last */
};

/** Open TCP to one address, or the way through a proxy, and do STARTTLS if wanted.
 *  @param smtp  STARTTLS of SMTP comes before TLS
 *  @param wire  receives the connection; must not move then. dial_close() in both cases
 *  @return false: see *failure */
bool dial_open(const struct dial_address *address, bool smtp, int64_t until_us,
               struct dial_wire *wire, struct dial_failure *failure);

void dial_close(struct dial_wire *wire);

/** Let a handle go on with it. @return false: no memory; the wire is not the handle's */
bool dial_hand_over(struct dial_wire *wire, esp_tls_t *tls);

/** Send all of it. @return false: see *failure */
bool dial_send(struct dial_wire *wire, const void *data, size_t len, int64_t until_us,
               struct dial_failure *failure);

/** Receive what comes first. @return how much; 0: see *failure */
size_t dial_receive(struct dial_wire *wire, void *data, size_t cap, int64_t until_us,
                    struct dial_failure *failure);

#endif
