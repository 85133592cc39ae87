/* A connection: one state machine that never blocks.
 *
 *     NONE -> CONFIG -> RESOLVE -> CONNECT -> HANDSHAKE -> OPEN -> CLOSE
 *
 * et_conn_begin() checks the options (nothing is sent before all of them are accepted) and begins
 * the look-up; et_conn_step() does what can be done now and says what is waited for. The
 * synchronous calls are et_conn_finish(), a loop around that step and a wait with an absolute
 * deadline. */
#ifndef CONN_H
#define CONN_H

#include "error.h"
#include "esp_tls.h"
#include "esp_tls_async.h"
#include "esp_tls_memory.h"
#include "esp_tls_record.h"
#include "link/stream.h"
#include "link/tcp.h"
#include "observer.h"
#include "plat_heap.h"
#include "plat_lock.h"
#include "stack/stack.h"

/** timeout_ms when it is not set. */
#define CONN_TIMEOUT_MS 10000

/** Record limits of this build. */
#ifdef CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN
#define CONN_IN_CONTENT_LEN  CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN
#define CONN_OUT_CONTENT_LEN CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN
#else
#define CONN_IN_CONTENT_LEN  CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN
#define CONN_OUT_CONTENT_LEN CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN
#endif

struct esp_tls {
    struct tls_error err;
    struct esp_tls_error_store store; /* the ESP-IDF view of err */
    struct link_tcp tcp;
    struct tls_link *link;     /* what is read and written: tcp, or the caller's stream */
    struct link_stream *below; /* the caller's stream, or NULL */
    const struct tls_stack *stack;
    void *tls;        /* the stack's context; NULL on a plain connection */
    plat_stream wake; /* what a cancel wakes: tcp.stream, or an event where that is not open */
    uint64_t began_us;
    int timeout_ms; /* > 0 */
    int adopt_fd;   /* descriptor set by the application, -1 none */
    uint8_t state;  /* esp_tls_conn_state_t, as the application sees it */
    bool non_block;
    bool peer_closed; /* EOF was seen */
    bool is_reading;  /* the last operation was a read */
    uint8_t waiting;  /* tls_status: why the last step returned */
    esp_tls_timeline_t timeline;
    struct stack_buffers buffers;
    struct observed observed;
#ifdef CONFIG_ESP_TLS_MEMORY_DETAIL
    esp_tls_memory_trace_t memory_trace;
    void *memory_trace_arg;
#endif
#ifdef CONFIG_MBEDTLS_DEBUG
    uint8_t debug_level;
#endif
    struct plat_account account;
};

/** A new handle, its memory set: everything else at its beginning. */
void et_conn_init(struct esp_tls *c);

/** Forget the last connection's failure, and what observers noted of it. */
void et_conn_forget(struct esp_tls *c);

/** Begin a connection. */
TLS_MUST_USE tls_status et_conn_begin(const struct conn_request *asked);
/** Set up TLS as a connect call asks for it; et_conn_begin() does it for a connection. */
TLS_MUST_USE tls_status et_conn_set_up(const struct conn_request *asked);
/** One step towards OPEN. Fails with TLS_TIMEOUT once the deadline has passed. */
TLS_MUST_USE tls_status et_conn_step(struct esp_tls *c);
/** Step and wait until open, failed, or past the deadline. */
TLS_MUST_USE tls_status et_conn_finish(struct esp_tls *c);

/** Read or write; waits up to timeout_ms unless the handle is non_block.
 *  A waiting status from a blocking handle means that the deadline passed (the record says so). */
TLS_MUST_USE tls_status et_conn_read(struct esp_tls *c, void *buf, size_t len, size_t *n);
TLS_MUST_USE tls_status et_conn_write(struct esp_tls *c, const void *buf, size_t len, size_t *n);

/** Somebody is going to wait: see to it that a cancel ends that. Over a stream of the caller's it
 *  takes an event, the only descriptor there is. @return TLS_OK; a failure is recorded */
TLS_MUST_USE tls_status et_conn_watch(struct esp_tls *c);

/** What the connection waits for, after et_conn_watch().
 *  @param st  why: c->waiting, the last step's status */
void et_conn_wants(const struct esp_tls *c, tls_status st, struct tls_wait *wait);

/** Close the link, and the event. @return 0 or errno of the close */
int et_conn_close_link(struct esp_tls *c);

/** Close the link and release everything but the record. @return 0 or errno of the close */
int et_conn_reset(struct esp_tls *c);

/** Enter a phase: the record, the ledger and the timeline follow. */
void et_conn_phase(struct esp_tls *c, uint8_t phase);

/* debug.c */

#ifdef CONFIG_MBEDTLS_DEBUG
/** The stack's context is new: what it says goes to the log as far as the handle wants it. */
void et_conn_debug(struct esp_tls *c);

static inline void et_conn_debug_init(struct esp_tls *c)
{
    c->debug_level = CONFIG_MBEDTLS_DEBUG_LEVEL;
}
#else
static inline void et_conn_debug(struct esp_tls *c)
{
    (void)c;
}

static inline void et_conn_debug_init(struct esp_tls *c)
{
    (void)c;
}
#endif

#endif
