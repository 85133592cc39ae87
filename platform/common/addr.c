/* IP addresses as text. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "plat_net.h"

/** A zone is an interface's name or its index in decimal. @return the index, 0 = no such zone */
static uint32_t zone_index(const char *zone)
{
    uint32_t index = 0;

    if (strspn(zone, "0123456789") != strlen(zone) || strlen(zone) > 9) {
        return if_nametoindex(zone);
    }
    for (const char *at = zone; *at != '\0'; at++) {
        index = index * 10 + (uint32_t)(*at - '0');
    }
    return index;
}

bool plat_addr_parse(const char *text, size_t len, struct plat_addr *addr)
{
    char copy[PLAT_ADDR_TEXT];
    struct plat_addr parsed = {0};
    char *zone;

    if (len >= sizeof(copy) || memchr(text, '\0', len) != NULL) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET, copy, parsed.ip) == 1) {
        parsed.family = PLAT_AF_INET;
        *addr = parsed;
        return true;
    }
    zone = strchr(copy, '%');
    if (zone != NULL) {
        *zone++ = '\0';
        parsed.scope = zone_index(zone);
    }
    if (inet_pton(AF_INET6, copy, parsed.ip) != 1 || (zone != NULL && parsed.scope == 0)) {
        return false;
    }
    parsed.family = PLAT_AF_INET6;
    *addr = parsed;
    return true;
}

void plat_addr_text(const struct plat_addr *addr, char *text)
{
    int family = addr->family == PLAT_AF_INET6 ? AF_INET6 : AF_INET;
    size_t len;

    text[0] = '\0';
    (void)inet_ntop(family, addr->ip, text, PLAT_ADDR_TEXT);
    if (family == AF_INET6 && addr->scope != 0) {
        char name[IF_NAMESIZE];

        len = strlen(text);
        if (if_indextoname(addr->scope, name) != NULL) {
            (void)snprintf(text + len, PLAT_ADDR_TEXT - len, "%%%s", name);
        } else {
            (void)snprintf(text + len, PLAT_ADDR_TEXT - len, "%%%u", (unsigned)addr->scope);
        }
    }
}
