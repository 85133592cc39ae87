/* What every program of the measurements of speed does the same way. */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "speed.h"

struct speed_job speed_job(char **args)
{
    return (struct speed_job){.version = strcmp(args[0], "1.2") == 0 ? 12 : 13,
                              .rsa = strcmp(args[1], "rsa") == 0,
                              .port = (int)strtol(args[2], NULL, 10)};
}

struct speed_connection *speed_open_or_exit(const struct speed_job *job)
{
    struct speed_connection *c = speed_open(job);

    if (c == NULL) {
        exit(1);
    }
    return c;
}

int speed_connect(const struct speed_job *job)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    char service[8];
    int fd = -1;
    int on = 1;

    snprintf(service, sizeof(service), "%d", job->port);
    if (getaddrinfo("localhost", service, &hints, &list) != 0) {
        return -1;
    }
    for (const struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd >= 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    return fd;
}
