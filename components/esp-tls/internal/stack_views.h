/* What a component above esp-tls may ask of the TLS stack. Each of these stands in a file of its
 * own in the stack's folder and is not part of struct tls_stack: who does not call it does not
 * carry it.
 *
 * `stack` is the pointer that an observer was handed (observer.h); the views are valid during that
 * call only. */
#ifndef STACK_VIEWS_H
#define STACK_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "plat_heap.h"

/** How far a connection had come when it failed. */
struct stack_moment {
    uint8_t message;      /* HandshakeType that was awaited or being sent; 0: none */
    bool message_is_ours; /* it was ours to send */
    bool identity_wanted; /* the server asked for a client certificate */
    uint8_t peer_bytes_len;
    uint8_t peer_bytes[8]; /* the beginning of what came and was no TLS record */
    uint32_t record_got;   /* bytes that had come of a record that had not come whole */
    uint16_t group;        /* of ServerKeyExchange, when it was not offered; 0: none such */
    uint16_t scheme;       /* the same, the signature's */
};

void et_stack_moment(const void *stack, struct stack_moment *moment);

/** Called with the body of a Certificate message, without its header of four bytes.
 *  @param is_tls13  RFC 8446 section 4.4.2, otherwise RFC 5246 section 7.4.2 */
typedef void (*stack_certificates_t)(void *arg, const uint8_t *body, size_t len, bool is_tls13);

/** Of CONN_CHAIN_SENT and CONN_CHAIN_TOO_LONG: call fn with the peer's Certificate message, as the
 *  application's code (the memory that it takes is not the connection's). Not called when none was
 *  read. */
void et_stack_certificates(const void *stack, stack_certificates_t fn, void *arg);

/** A piece of somebody's memory. */
struct stack_bytes {
    const uint8_t *ptr;
    size_t len;
};

/** UTC, as a certificate has it. */
struct stack_date {
    uint16_t year;
    uint8_t month;
    uint8_t day;
    uint8_t hour;
    uint8_t minute;
    uint8_t second;
};

/* What was seen of a chain that was refused, as bits. */
#define STACK_CHAIN_SELF_SIGNED                                                                    \
    0x01 /* the refused certificate is the peer's own, and its own issuer */
#define STACK_CHAIN_OUT_OF_ORDER    0x02 /* the issuer that was looked for stands elsewhere in it */
#define STACK_CHAIN_EXTRA           0x04 /* certificates that lead nowhere */
#define STACK_CHAIN_NO_CONSTRAINTS  0x08 /* the issuer is no CA */
#define STACK_CHAIN_ANCHOR_NAMESAKE 0x10 /* an anchor has the wanted issuer's name, not its key */
#define STACK_CHAIN_ROOT_SENT       0x20 /* it ends in a root, which is not among the anchors */
#define STACK_CHAIN_NO_IP_NAMES     0x40 /* the peer's own has no IP address in it */
#define STACK_CHAIN_ANCHOR_KIN      0x80 /* an anchor is of the same organization as the issuer */
#define STACK_CHAIN_BAD_SIGNATURE   0x0100 /* one that was sent has that name, and another key */
#define STACK_CHAIN_NO_CERT_SIGN    0x0200 /* the issuer's keyUsage has no keyCertSign */
#define STACK_CHAIN_PATH_LENGTH     0x0400 /* the issuer's pathLenConstraint is exceeded */
#define STACK_CHAIN_FIRST_ISSUED    0x0800 /* the first is an authority, and issued one behind it */
#define STACK_CHAIN_ANCHOR_IS_LEAF  0x1000 /* an anchor is the peer's own, which is no CA */
#define STACK_CHAIN_ANCHOR_RENEWED  0x2000 /* an anchor is an older self-signed one of the peer */
#define STACK_CHAIN_WEAK_ISSUER     0x4000 /* the key that is too weak is the issuer's */

/** What is known of a chain that was refused: the certificate that the flags belong to, and the
 *  peer's own, which may be the same. */
struct stack_refused {
    struct stack_bytes subject; /* Names, DER: of the one that was refused */
    struct stack_bytes issuer;
    struct stack_bytes leaf; /* the subject of the peer's own */
    struct stack_bytes aia;  /* where the refused one's issuer can be had: the URL */
    struct stack_date not_before;
    struct stack_date not_after;
    uint16_t key_bits;  /* its own key's, or its issuer's: STACK_CHAIN_WEAK_ISSUER */
    uint16_t relations; /* STACK_CHAIN_... */
    uint8_t count;      /* certificates that were sent and could be parsed */
};

/** Of CONN_CHAIN_REFUSED. */
void et_stack_refused(const void *stack, struct stack_refused *refused);

/** Go through the names of the peer's own certificate (subjectAltName).
 *  @param at   NULL at first; moved on
 *  @param tag  receives which choice of GeneralName it is (RFC 5280 section 4.2.1.6): 2 DNS, 7 IP
 *  @return false: there is no further one */
bool et_stack_next_name(const void *stack, const void **at, uint8_t *tag, struct stack_bytes *name);

/** Work with the TLS library outside of any connection: it is started if it was not, and the memory
 *  it takes is the process's, for this purpose. @return what work returned; ESP_ERR_NO_MEM when the
 *  library could not be started, or an allocation failed in it */
esp_err_t et_stack_work(enum plat_mem purpose, esp_err_t (*work)(void *arg), void *arg);

/** Does this code of the library say that there was no memory? */
bool et_stack_is_no_mem(int code);

#endif
