/* TCP as a link: name look-up, then all addresses of the name, raced (RFC 8305). */
#ifndef LINK_TCP_H
#define LINK_TCP_H

#include "esp_tls.h"
#include "esp_tls_async.h"
#include "link.h"
#include "plat_heap.h"
#include "plat_lock.h"

/** Options of a TCP connection, borrowed from the caller while it connects. */
struct tcp_options {
    int family;                             /* PLAT_AF_... */
    const tls_keep_alive_cfg_t *keep_alive; /* NULL: off */
    const char *device;                     /* interface name or NULL */
    esp_tls_socket_hook_t hook;             /* NULL: none */
    void *hook_arg;
};

struct tcp_race;

struct link_tcp {
    struct tls_link link;
    plat_stream stream; /* open once connected */
    struct plat_resolve *job;
    struct tcp_race *race; /* only while connecting */
    struct plat_account *account;
    struct tcp_options options;
    plat_flag cancelled; /* what the stream says from now on is our own shutdown's doing */
    uint16_t port;
};

/** Make a link that is closed. */
void et_tcp_init(struct link_tcp *tcp, struct tls_error *err, struct plat_account *account);

/** Begin a connection: the look-up of host. Then step with link.ops->connect().
 *  @param host  need not end in NUL; only read during this call
 *  @param wake  event that ends a wait when the look-up is done */
TLS_MUST_USE tls_status et_tcp_dial(struct link_tcp *tcp, const char *host, size_t len,
                                    uint16_t port, const struct tcp_options *options,
                                    plat_stream wake);

/** Use a connected descriptor of the caller's; it is owned by the link from here on. */
TLS_MUST_USE tls_status et_tcp_adopt(struct link_tcp *tcp, int fd);

/** The connected stream, or the first attempt that is still under way; none while a name is
 *  resolved. */
plat_stream et_tcp_attempt(struct link_tcp *tcp);

/** Give away the stream: the connected one, or the first attempt that is still under way. */
plat_stream et_tcp_take_attempt(struct link_tcp *tcp);

/** Has the name been resolved (is the link past the resolver)? */
bool et_tcp_is_resolved(const struct link_tcp *tcp);

#endif
