/* Where a connection leads. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include <stdbool.h>

struct http_route {
    const char *host; /* borrowed, without brackets */
    int port;
    bool is_tls;
};

#endif
