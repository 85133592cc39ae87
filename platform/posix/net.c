/* Streams over BSD sockets. A plat_stream is the descriptor. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plat_heap.h"
#include "plat_net.h"
#include "sockaddr.h"

static int stream_fd(plat_stream s)
{
    return (int)s.h;
}

static int set_int(plat_stream s, int level, int name, int value)
{
    return setsockopt(stream_fd(s), level, name, &value, sizeof(value)) == 0 ? PLAT_OK : errno;
}

/** What errno means to a caller who can wait. */
static int again_or_errno(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK ? PLAT_AGAIN : errno;
}

int plat_stream_open(plat_stream *s, int family)
{
    int domain = family == PLAT_AF_INET6 ? AF_INET6 : AF_INET;
    int fd = socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

    *s = PLAT_STREAM_NONE;
    if (fd < 0) {
        return errno;
    }
    s->h = fd;
    return PLAT_OK;
}

/** Bytes that came and were not read make the kernel answer close() with a reset, and the peer then
 *  loses what it was still being sent. They are thrown away, without waiting for more. */
static void drain(plat_stream s)
{
    char waste[512];
    int left = 256;

    while (left-- > 0 && recv(stream_fd(s), waste, sizeof(waste), MSG_DONTWAIT) > 0) {
    }
}

int plat_stream_close(plat_stream s)
{
    if (!plat_stream_is_open(s)) {
        return PLAT_OK;
    }
    drain(s);
    (void)shutdown(stream_fd(s), SHUT_RDWR); /* a copy in a forked child must not keep it open */
    /* After EINTR Linux has released the descriptor: closing again could hit another's. */
    return close(stream_fd(s)) == 0 || errno == EINTR ? PLAT_OK : errno;
}

static socklen_t to_sockaddr(const struct plat_addr *addr, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof(*out));
    if (addr->family == PLAT_AF_INET6) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(addr->port);
        v6->sin6_scope_id = addr->scope;
        memcpy(&v6->sin6_addr, addr->ip, sizeof(v6->sin6_addr));
        return sizeof(*v6);
    }
    v4->sin_family = AF_INET;
    v4->sin_port = htons(addr->port);
    memcpy(&v4->sin_addr, addr->ip, sizeof(v4->sin_addr));
    return sizeof(*v4);
}

int plat_stream_ends(plat_stream s, struct plat_addr *local, struct plat_addr *peer)
{
    struct sockaddr_storage here = {0};
    struct sockaddr_storage there = {0};
    socklen_t here_len = sizeof(here);
    socklen_t there_len = sizeof(there);

    if (getsockname(stream_fd(s), (struct sockaddr *)&here, &here_len) != 0 ||
        getpeername(stream_fd(s), (struct sockaddr *)&there, &there_len) != 0) {
        return errno;
    }
    return et_posix_addr((const struct sockaddr *)&here, local) &&
                   et_posix_addr((const struct sockaddr *)&there, peer)
               ? PLAT_OK
               : EAFNOSUPPORT;
}

int plat_stream_connect(plat_stream s, const struct plat_addr *addr)
{
    struct sockaddr_storage sa;
    socklen_t len = to_sockaddr(addr, &sa);

    if (connect(stream_fd(s), (const struct sockaddr *)&sa, len) == 0) {
        return PLAT_OK;
    }
    return errno == EINPROGRESS || errno == EINTR ? PLAT_AGAIN : errno;
}

int plat_stream_connect_result(plat_stream s)
{
    struct pollfd p = {.fd = stream_fd(s), .events = POLLOUT};
    struct sockaddr_storage sa;
    socklen_t len = sizeof(int);
    int err = 0;

    if (poll(&p, 1, 0) <= 0) {
        return PLAT_AGAIN;
    }
    if (getsockopt(stream_fd(s), SOL_SOCKET, SO_ERROR, &err, &len) != 0) {
        return errno;
    }
    if (err != 0) {
        return err;
    }
    len = sizeof(sa); /* SO_ERROR tells a failure only once */
    return getpeername(stream_fd(s), (struct sockaddr *)&sa, &len) == 0 ? PLAT_OK : errno;
}

int plat_stream_read(plat_stream s, void *buf, size_t len, size_t *n)
{
    ssize_t got;

    *n = 0;
    if (len == 0) {
        return EINVAL; /* recv() would say 0, which means end of stream */
    }
    do {
        got = recv(stream_fd(s), buf, len, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return again_or_errno();
    }
    *n = (size_t)got;
    return got == 0 ? PLAT_EOF : PLAT_OK;
}

int plat_stream_write(plat_stream s, const void *buf, size_t len, size_t *n)
{
    ssize_t put;

    *n = 0;
    if (len == 0) {
        return EINVAL;
    }
    do {
        put = send(stream_fd(s), buf, len, MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    if (put < 0) {
        return again_or_errno();
    }
    *n = (size_t)put;
    return PLAT_OK;
}

int plat_stream_set_nodelay(plat_stream s)
{
    return set_int(s, IPPROTO_TCP, TCP_NODELAY, 1);
}

int plat_stream_set_keepalive(plat_stream s, int idle_s, int interval_s, int count)
{
    int err = set_int(s, SOL_SOCKET, SO_KEEPALIVE, 1);

    if (err == PLAT_OK) {
        err = set_int(s, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
    }
    if (err == PLAT_OK) {
        err = set_int(s, IPPROTO_TCP, TCP_KEEPINTVL, interval_s);
    }
    return err == PLAT_OK ? set_int(s, IPPROTO_TCP, TCP_KEEPCNT, count) : err;
}

int plat_stream_bind_device(plat_stream s, const char *name)
{
    size_t len = strlen(name);

    if (len >= IFNAMSIZ) {
        return ENODEV;
    }
    len += 1;
    return setsockopt(stream_fd(s), SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)len) == 0
               ? PLAT_OK
               : errno;
}

int plat_stream_set_blocking(plat_stream s, bool blocking)
{
    int flags = fcntl(stream_fd(s), F_GETFL);

    if (flags < 0) {
        return errno;
    }
    flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    return fcntl(stream_fd(s), F_SETFL, flags) == 0 ? PLAT_OK : errno;
}

int plat_stream_adopt(plat_stream *s, int fd)
{
    int protocol = 0;
    socklen_t len = sizeof(protocol);
    plat_stream adopted = {fd};
    int err;

    *s = PLAT_STREAM_NONE;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) != 0) {
        return errno; /* EBADF, or ENOTSOCK: only sockets can be written to without SIGPIPE */
    }
    err = plat_stream_set_blocking(adopted, false);
    if (err != PLAT_OK) {
        return err;
    }
    if (protocol == IPPROTO_TCP) {
        err = plat_stream_set_nodelay(adopted);
    }
    *s = err == PLAT_OK ? adopted : PLAT_STREAM_NONE;
    return err;
}

plat_stream plat_stream_borrow(int fd)
{
    return (plat_stream){fd};
}

int plat_stream_fd(plat_stream s)
{
    return stream_fd(s);
}

struct ifreq *plat_ifreq_copy(const struct ifreq *ifr)
{
    struct ifreq *copy = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*copy));

    if (copy != NULL) {
        memcpy(copy->ifr_name, ifr->ifr_name, sizeof(copy->ifr_name));
    }
    return copy;
}

const char *plat_ifreq_name(const struct ifreq *ifr)
{
    return ifr == NULL || ifr->ifr_name[0] == '\0' ? NULL : ifr->ifr_name;
}
