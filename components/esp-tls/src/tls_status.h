/* What every internal call returns. Counts come back by pointer; a failure is already in the
 * connection's record when it is returned (error.h). */
#ifndef TLS_STATUS_H
#define TLS_STATUS_H

typedef enum tls_status {
    TLS_OK = 0,
    /* not done yet: wait, then call again */
    TLS_WANT_READ,
    TLS_WANT_WRITE,
    TLS_WANT_TIME, /* only a time, or a name look-up's event */
    TLS_AGAIN,     /* a step has done its share, and there is more to do now */
    /* the end of a stream */
    TLS_EOF,       /* close_notify, or FIN on a plain connection */
    TLS_TRUNCATED, /* FIN without close_notify (RFC 8446 section 6.1) */
    /* failures */
    TLS_TIMEOUT,
    TLS_CANCELLED,
    TLS_NO_MEM,
    TLS_INVALID_ARG,
    TLS_INVALID_STATE,
    TLS_NOT_SUPPORTED,
    TLS_NO_TRUST, /* no trust option, and none may be left out */
    TLS_RESOLVE,  /* the name has no address */
    TLS_SYSTEM,   /* the operating system refused; errno in the record */
    TLS_VERIFY,   /* the peer's certificate was refused */
    TLS_STACK,    /* the TLS library or the peer ended it; stack code and alert in the record */
    TLS_FLOOD,    /* the peer sent too many records in a row that bring nothing */
} tls_status;

#define TLS_MUST_USE __attribute__((warn_unused_result))

/** Neither done nor failed: there is something to wait for. */
static inline int tls_is_waiting(tls_status st)
{
    return st == TLS_WANT_READ || st == TLS_WANT_WRITE || st == TLS_WANT_TIME || st == TLS_AGAIN;
}

#endif
