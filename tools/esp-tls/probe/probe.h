/* One probe: connect, send a ClientHello, read the answer, close. And what many of them together
 * say about a server. */
#ifndef PROBE_H
#define PROBE_H

#include "dial.h"
#include "probe_answer.h"
#include "probe_hello.h"
#include "probe_names.h"

/** Where to. All of it is borrowed. */
struct probe_server {
    const struct dial_address *address;
    bool smtp;        /* STARTTLS first */
    const char *name; /* SNI; NULL: none */
    const char *const *alpn;
    bool needs_alpn; /* without it the server does not answer, or it is what is asked about */
    int timeout_ms;  /* of each probe */
};

enum probe_outcome {
    PROBE_ACCEPTED,    /* there is an answer to look at */
    PROBE_REFUSED,     /* an alert, or the connection closed after the ClientHello */
    PROBE_NOT_TLS,     /* something else came */
    PROBE_TIMED_OUT,   /* nothing, or not enough, came in time */
    PROBE_UNREACHABLE, /* TCP or STARTTLS failed */
    PROBE_NO_MEMORY
};

struct probe_certificate {
    uint8_t *der;
    size_t len;
};

#define PROBE_CERTIFICATES 16

/** The chain as it was sent. */
struct probe_chain {
    struct probe_certificate certificate[PROBE_CERTIFICATES];
    size_t count;
    size_t left_out; /* for which there was no room */
};

struct probe_reply {
    enum probe_outcome outcome;
    struct probe_answer answer;
    struct dial_failure failure;
    uint32_t us; /* from SYN to the end of the answer */
};

/** What is asked of the server beyond the hello. */
struct probe_question {
    struct probe_hello hello; /* name, alpn, random and share are filled in here */
    bool open_1_3;            /* TLS 1.3: open the server's flight, for `hello.share_group` */
    bool no_alpn;
    struct probe_chain *chain; /* receives copies; NULL: not wanted. probe_chain_clear() */
};

/** One connection. Blocks at most timeout_ms. Threads: any. */
void probe_ask(const struct probe_server *server, const struct probe_question *question,
               struct probe_reply *out);

void probe_chain_clear(struct probe_chain *chain);

#endif
