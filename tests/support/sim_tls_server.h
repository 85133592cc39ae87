/* A real TLS server for the simulated network: Mbed TLS's server side behind a sim peer. It shakes
 * hands as its fields say, then plays a script. Several connections at once are legal.
 *
 *     struct sim_tls_server server;
 *     sim_tls_server_init(&server);             server-ec, every version, no script: it echoes
 *     server.version = 13;
 *     sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, sim_tls_peer, &server);
 *     ...
 *     sim_tls_server_clear(&server);            before sim_reset()
 */
#ifndef SIM_TLS_SERVER_H
#define SIM_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat_sim.h"
#include "test_certs.h"

/** One act after the handshake. A script ends with a zeroed step, which reads and drops. */
enum sim_tls_act {
    SIM_TLS_END = 0,
    SIM_TLS_ECHO,          /* send back what comes, for good */
    SIM_TLS_SEND,          /* n bytes of sim_pattern() */
    SIM_TLS_EXPECT,        /* go on after n more bytes of the client's */
    SIM_TLS_WAIT,          /* n microseconds, without reading */
    SIM_TLS_TRICKLE,       /* from now on one byte every n microseconds */
    SIM_TLS_TICKET,        /* a TLS 1.3 NewSessionTicket with n bytes of ticket */
    SIM_TLS_KEY_UPDATE,    /* TLS 1.3; n = 1 asks for the client's as well */
    SIM_TLS_HELLO_REQUEST, /* TLS 1.2: please renegotiate */
    SIM_TLS_ALERT,         /* n = level * 256 + description */
    SIM_TLS_CLOSE_NOTIFY,
    SIM_TLS_FIN,
    SIM_TLS_RST,
    SIM_TLS_EMPTY, /* n records of no data, encrypted */
    SIM_TLS_RECORD /* a record of type 23 with n bytes that nobody encrypted */
};

struct sim_tls_step {
    enum sim_tls_act act;
    size_t n;
};

#define SIM_FATAL(description)   (2u * 256u + (unsigned)(description))
#define SIM_WARNING(description) (1u * 256u + (unsigned)(description))

/** A file of tests/certs: CERT(server_ec_key). */
struct sim_cert {
    const unsigned char *buf;
    unsigned int len;
};

#define CERT(name) ((struct sim_cert){cert_##name, sizeof(cert_##name)})

struct mbedtls_ssl_context;
struct sim_tls_conn;

struct sim_tls_server {
    /* what it does */
    struct sim_cert cert; /* chain */
    struct sim_cert key;
    struct sim_cert client_ca; /* none: clients are not asked for a certificate */
    bool client_optional;
    int version; /* 12, 13, or 0 for both */
    const char **alpn;
    const int *suites;
    const uint16_t *groups; /* MBEDTLS_SSL_IANA_TLS_GROUP_..., ending with 0; NULL: all */
    size_t record;          /* most bytes of data in a record; 0 = as many as Mbed TLS lets */
    size_t trickle;         /* > 0: its bytes arrive in such pieces ... */
    uint64_t trickle_us;    /* ... so far apart */
    const uint8_t *changes; /* 3 bytes each: offset in its output, high and low; xor-ed there */
    size_t change_count;
    int stop_at;                       /* MBEDTLS_SSL_... state before which it stops; 0 = none */
    struct sim_tls_step stop_act;      /* what it does then; END: stays silent */
    const struct sim_tls_step *script; /* NULL: echo */
    struct sim_tls_server *inner;      /* TLS in TLS: what comes is this one's; NULL: none */
    size_t out_len;                    /* plaintext of a record it sends at most; 0 = Kconfig's */

    /* for what stands between it and the wire (reframe.h); NULL: nothing */
    void (*setup)(void *hook_arg, struct mbedtls_ssl_context *ssl); /* before the handshake */
    size_t (*send)(void *hook_arg, struct sim_peer *peer, const unsigned char *buf, size_t len);
    void *hook_arg;

    /* what it saw, over all connections */
    unsigned connections;
    unsigned handshakes;
    unsigned closed;       /* connections that the client closed */
    unsigned close_notify; /* of these: with close_notify */
    char sni[128];         /* of the last ClientHello; "" = none */
    const char *alpn_chosen;
    bool has_client_cert;
    uint32_t client_flags; /* verification of the client's chain */
    int alert;             /* last fatal alert from a client; -1 = none */
    int error;             /* last code that ended a connection */
    uint64_t received;     /* bytes of data */
    bool received_wrong;   /* ... that were not sim_pattern() (scripts without ECHO) */
    uint64_t sent;

    struct sim_tls_conn *conns; /* private */
};

void sim_tls_server_init(struct sim_tls_server *server);
/** Release the connections; their peers do nothing any more. */
void sim_tls_server_clear(struct sim_tls_server *server);

/** A sim_peer_fn. @param server  a struct sim_tls_server */
void sim_tls_peer(struct sim_peer *peer, void *server);

/** The i-th byte of test data: not periodic in any power of two. */
static inline uint8_t sim_pattern(uint64_t i)
{
    return (uint8_t)((i * 167u + i / 251u) & 0xFFu);
}

#endif
