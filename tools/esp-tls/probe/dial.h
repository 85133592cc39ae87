/* Reaching a server as esp-tls itself does not show it: every address of a name, TCP to each of
 * them, and STARTTLS where TLS needs it. Whatever waits has a deadline, a time of dial_now_us(). */
#ifndef DIAL_H
#define DIAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_tls.h"
#include "starttls.h"

#define DIAL_ADDRESSES 16

struct dial_address {
    struct sockaddr_storage sa;
    socklen_t sa_len;
    char text[64];   /* numeric, without port */
    uint32_t tcp_us; /* how long TCP took to open, when it did */
    int error;       /* errno of TCP; ETIMEDOUT when the deadline passed; 0: open */
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

/** Open TCP to all addresses at once, note how each went, and close. @return how many answered */
size_t dial_try_all(struct dial_name *name, int64_t until_us);

/** Why a connection did not come about. */
struct dial_failure {
    bool timed_out;
    bool in_starttls;         /* TCP was open */
    int error;                /* errno, or 0 */
    bool closed;              /* by the server, in STARTTLS */
    struct starttls starttls; /* in_starttls: what it said last */
};

/** Open TCP to one address, and do STARTTLS if wanted.
 *  @param smtp  STARTTLS of SMTP comes before TLS
 *  @return a non-blocking socket; -1: see *failure */
int dial_open(const struct dial_address *address, bool smtp, int64_t until_us,
              struct dial_failure *failure);

/** Send all of it. @return false: see *failure */
bool dial_send(int fd, const void *data, size_t len, int64_t until_us,
               struct dial_failure *failure);

/** Receive what comes first. @return how much; 0: see *failure */
size_t dial_receive(int fd, void *data, size_t cap, int64_t until_us, struct dial_failure *failure);

#endif
