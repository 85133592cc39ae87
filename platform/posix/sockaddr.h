/* Addresses of BSD sockets as the platform's. */
#ifndef POSIX_SOCKADDR_H
#define POSIX_SOCKADDR_H

#include <stdbool.h>

#include "plat_net.h"

struct sockaddr;

/** @return false: neither IPv4 nor IPv6; then the family of *addr is 0 */
bool et_posix_addr(const struct sockaddr *sa, struct plat_addr *addr);

#endif
