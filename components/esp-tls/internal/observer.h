/* Observers look on at connections and are told what happens to them. Not a public interface: it is
 * for the components above esp-tls that bring an observer (esp_x509, esp_tls_diagnosis,
 * esp_tls_trace).
 *
 * The engine calls observers and knows no more of them than this header says. There are two kinds:
 *   - Listed ones see every connection. They stand in et_observers[], a source that the build
 *     generates from Kconfig and that belongs to no component, or a call adds them while the
 *     program runs (et_observers_add()). They take no memory of a connection until they have
 *     something to note.
 *   - Those of one handle: a trace, a hook. A call puts their watch into the handle, where it stays
 *     until the handle is destroyed or the call takes it out.
 *
 * What an observer keeps of a connection begins with a struct conn_watch, which stands in a list in
 * the handle. What costs something to be told (messages, secrets, the peer's chain) is told only to
 * watches that want it; without one, the stack does not look for it.
 *
 * Calls into observers are made by whoever drives the connection. They must not block, and must not
 * drive the handle. Pointers that they get are valid during the call only, unless it says more. */
#ifndef OBSERVER_H
#define OBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_tls.h"
#include "plat_heap.h"
#include "plat_net.h"

struct conn_observer;

/** What a watch wants to be told, as bits of conn_watch.wants. */
#define WATCH_MESSAGES 0x01U
#define WATCH_SECRETS  0x02U
#define WATCH_CHAIN    0x04U /* the peer's chain as it was sent, whatever comes of it */

/** What an observer keeps of a connection begins with this. */
struct conn_watch {
    struct conn_watch *next;
    const struct conn_observer *observer;
    uint8_t wants;
};

/** A connection as its observers see it. It lies in the handle. */
struct observed {
    struct conn_watch *first;
    struct plat_account *account; /* whose memory a watch takes */
};

/** What a connect call asked for. */
struct conn_request {
    esp_tls_t *tls;
    const char *host; /* need not end in NUL; of a URL that cannot be read, the URL */
    size_t len;
    int port; /* 0: the URL cannot be read */
    const esp_tls_cfg_t *cfg;
};

/** A handshake message that was read or written, encrypted ones too. */
struct conn_message {
    bool is_sent;
    bool is_open;      /* the handshake was over */
    uint8_t type;      /* HandshakeType, RFC 8446 section 4 */
    size_t len;        /* of its body */
    size_t record_len; /* of the record that carries a message that is sent */
};

struct conn_secret {
    const char *label;            /* of the key log format, RFC 9850 */
    const uint8_t *client_random; /* 32 bytes */
    const uint8_t *secret;
    size_t len;
};

/** Something about the peer's chain. */
enum conn_chain_event {
    CONN_CHAIN_SENT,      /* to watches that want it: et_stack_certificates() walks through it */
    CONN_CHAIN_REFUSED,   /* verified and refused: et_stack_refused() says what is known of it */
    CONN_CHAIN_TOO_LONG,  /* not verified: more certificates than the verifier takes */
    CONN_CHAIN_UNREADABLE /* a certificate cannot be parsed */
};

struct conn_chain {
    enum conn_chain_event event;
    const void *stack;  /* SENT, TOO_LONG, REFUSED: for the calls of stack_views.h */
    const uint8_t *der; /* UNREADABLE: the certificate, ... */
    size_t len;
    unsigned index; /* ... and which of the list it is */
};

/** A call has failed, and the connection with it. */
struct conn_failure {
    const struct conn_request *asked; /* the connect call that failed; NULL: it was open before */
    const void *stack; /* for et_stack_moment(); NULL: the stack was not part of it */
    uint8_t phase;     /* esp_tls_phase_t */
    esp_err_t esp;
    const char *option; /* the field that was refused, static text, or NULL */
};

/** An observer: a const object. Calls that are NULL are not made.
 *  @param w  what this observer keeps of this connection; of a listed one NULL until it added it */
struct conn_observer {
    /** It is a listed one: its watch is of one connect, and freed when the next one begins. */
    bool is_listed;
    /** A connect begins. The link is there, and not open. */
    void (*begin)(struct observed *on, struct conn_watch *w, const struct conn_request *asked);
    /** It is a TLS connection: its stack is set up, and nothing was sent. */
    void (*attached)(struct observed *on, struct conn_watch *w);
    void (*message)(struct observed *on, struct conn_watch *w, const struct conn_message *message);
    void (*secret)(struct observed *on, struct conn_watch *w, const struct conn_secret *secret);
    void (*chain)(struct observed *on, struct conn_watch *w, const struct conn_chain *chain);
    void (*failed)(struct observed *on, struct conn_watch *w, const struct conn_failure *failure);
    /** Free what it keeps; it is in no list any more. */
    void (*free)(struct conn_watch *w);
};

/** The listed observers of this build; NULL after the last. Generated. */
extern const struct conn_observer *const et_observers[];

/* --- for observers ---------------------------------------------------------------------------- */

/** An observer that is added while the program runs; static memory. */
struct observer_entry {
    const struct conn_observer *observer;
    struct observer_entry *next;
};

/** Add an observer to the listed ones, unless it is among them. Before the first connection: the
 *  list is not locked. */
void et_observers_add(struct observer_entry *entry);

/** Put a watch into the list, and take it out. */
void et_observed_add(struct observed *on, struct conn_watch *w);
void et_observed_remove(struct observed *on, struct conn_watch *w);
/** What an observer keeps of a connection, or NULL. */
struct conn_watch *et_observed_find(const struct observed *on,
                                    const struct conn_observer *observer);

/** Of a handle. */
struct observed *et_conn_observed(esp_tls_t *tls);

/** What only the handle knows. */
struct conn_facts {
    int timeout_ms;  /* of the operation */
    bool is_writing; /* the last operation was a write */
    bool has_begun;  /* a connect was begun */
    const struct plat_mem_failure *memory;
};

void et_conn_facts(const esp_tls_t *tls, struct conn_facts *facts);

/** The stack's own messages that go to the log, 0 to CONN_DEBUG_MAX. Only with MBEDTLS_DEBUG. */
#define CONN_DEBUG_MAX 4
void et_conn_set_debug_level(esp_tls_t *tls, int level);

/* --- for the engine --------------------------------------------------------------------------- */

/** Does anybody want this (WATCH_...)? */
bool et_observers_want(const struct observed *on, unsigned what);

void et_observers_begin(struct observed *on, const struct conn_request *asked);
void et_observers_attached(struct observed *on);
void et_observers_message(struct observed *on, const struct conn_message *message);
void et_observers_secret(struct observed *on, const struct conn_secret *secret);
void et_observers_chain(struct observed *on, const struct conn_chain *chain);
void et_observers_failed(struct observed *on, const struct conn_failure *failure);
/** Free what the listed observers keep: another connect begins. */
void et_observers_forget(struct observed *on);
/** Free what all of them keep. */
void et_observers_free(struct observed *on);

#endif
