#define _GNU_SOURCE
#include "sockaddr.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

bool et_posix_addr(const struct sockaddr *sa, struct plat_addr *addr)
{
    memset(addr, 0, sizeof(*addr));
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)sa;

        addr->family = PLAT_AF_INET;
        addr->port = ntohs(v4->sin_port);
        memcpy(addr->ip, &v4->sin_addr, sizeof(v4->sin_addr));
    } else if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)sa;

        addr->family = PLAT_AF_INET6;
        addr->port = ntohs(v6->sin6_port);
        addr->scope = v6->sin6_scope_id;
        memcpy(addr->ip, &v6->sin6_addr, sizeof(addr->ip));
    }
    return addr->family != 0;
}
