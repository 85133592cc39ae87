/* The one interface to a TLS library. A stack is a const object; a connection holds a context of
 * context_size bytes for it. What every stack needs (order of options, trust order, deadlines,
 * waiting) stands outside: conn.c, config.c, trust.c.
 *
 * No call blocks. A failure is in the record (io.err) when it is returned. The set_ calls come
 * between init and start, in the order of config.c; memory that they are given stays the caller's
 * and is valid until the handshake is over, unless a call says that it copies. */
#ifndef STACK_H
#define STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "esp_tls_certificate.h"
#include "link/link.h"
#include "plat_heap.h"
#include "tls_status.h"

struct anchor_store;
struct esp_tls_code;

/** Record buffers of a connection; all zero: what Kconfig says. */
struct stack_buffers {
    bool fixed;
    uint16_t in_limit; /* plaintext of a record, 0 = Kconfig's */
    uint16_t out_limit;
    bool rx_static; /* keep a full-size input buffer once the handshake is over */
};

/** Who looks on at a handshake. `see` is a function of the stack's, taken only where it is used, so that
 *  a program without onlookers does not carry it. */
struct stack_onlooker {
    void (*see)(const struct stack_onlooker *on, const void *ctx); /* NULL: nobody */
    esp_tls_peer_chain_t fn;
    void *arg;
};

/** What a stack's context is connected to. */
struct stack_io {
    struct stack_buffers buffers;
    struct tls_link *link; /* NULL until the link exists: not read before handshake() */
    struct tls_error *err;
    struct plat_account *account;
    const struct stack_onlooker *onlooker; /* lives as long as the connection */
};

/** The peer's name: what is asked for and what is checked are two things. */
struct stack_name {
    const char *name;   /* NUL-terminated, copied; DNS name without trailing dot, or IP literal */
    bool is_ip;         /* no SNI for an IP literal (RFC 6066 section 3) */
    bool insecure_skip; /* do not compare the certificate's names with it */
};

/** Trust anchors: one or several certificates (PEM or DER), or the global store. */
struct stack_anchors {
    const uint8_t *buf; /* or NULL */
    size_t len;
    struct anchor_store *store; /* or NULL; a reference is taken */
};

/** Own certificate chain and private key. */
struct stack_identity {
    const uint8_t *cert;
    size_t cert_len;
    const uint8_t *key; /* NULL: psa_key_id */
    size_t key_len;
    const uint8_t *password;
    size_t password_len;
    uint32_t psa_key_id; /* stays the caller's */
};

/** What every stack reports for an own certificate without its key, as Mbed TLS numbers it
 *  (MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED). */
#define STACK_KEY_REQUIRED 0x7600

enum stack_version {
    STACK_TLS_ANY,
    STACK_TLS_1_2,
    STACK_TLS_1_3
};

struct stack_info {
    const char *version; /* "TLSv1.3" */
    const char *suite;
    const char *alpn; /* NULL: none agreed */
};

/** What a trace wants to be told of (trace/). Calls that are NULL are not wanted. */
struct stack_tap {
    /** A handshake message, once it is read, or written.
     *  @param len         of its body
     *  @param record_len  of the record that carries a message that is sent */
    void (*message)(void *arg, bool is_sent, uint8_t type, size_t len, size_t record_len);
    /** @param label  of the key log format  @param client_random  32 bytes */
    void (*secret)(void *arg, const char *label, const uint8_t *client_random,
                   const uint8_t *secret, size_t len);
    void *arg;
};

/** Called with each certificate of a buffer, as DER. @return false to stop */
typedef bool (*stack_cert_fn)(void *arg, const uint8_t *der, size_t len);

struct tls_stack {
    const char *name;
    size_t context_size;

    /* configuration */
    tls_status (*init)(void *ctx, const struct stack_io *io);
    tls_status (*set_name)(void *ctx, const struct stack_name *name);
    tls_status (*set_alpn)(void *ctx, const char **protos);
    tls_status (*set_anchors)(void *ctx, const struct stack_anchors *anchors);
    tls_status (*set_insecure_no_verify)(void *ctx);
    tls_status (*set_identity)(void *ctx, const struct stack_identity *identity);
    tls_status (*set_ciphersuites)(void *ctx, const int *ids);
    tls_status (*set_version)(void *ctx, enum stack_version version);
    tls_status (*start)(void *ctx);

    /* connection */
    tls_status (*handshake)(void *ctx);
    tls_status (*read)(void *ctx, void *buf, size_t len, size_t *n);
    tls_status (*write)(void *ctx, const void *buf, size_t len, size_t *n);
    tls_status (*close_notify)(void *ctx);
    size_t (*pending)(const void *ctx);
    void (*info)(const void *ctx, struct stack_info *info);
    void *(*native)(void *ctx);
    void (*clear)(void *ctx); /* releases everything; the context may be init again */

    /** From now on tell of the connection; after start. @param tap  borrowed until clear
     *  NULL: this stack, or this build, tells nothing. */
    void (*tap)(void *ctx, const struct stack_tap *tap);
    /** The library's own messages that go to the log: 0 none to 4 all. NULL: there are none. */
    void (*set_debug_level)(void *ctx, int level);

    /** Split a buffer into certificates, each checked by the library's parser. Allocates from
     *  `account`. @param bad  certificates that do not parse
     *  @return TLS_OK, also with bad ones; the library's code in *code when bad > 0 */
    tls_status (*each_cert)(struct plat_account *account, const uint8_t *buf, size_t len,
                            stack_cert_fn fn, void *arg, unsigned *bad, int *code);
    /** The global store is gone: forget what was made of it. */
    void (*store_gone)(void);
};

/** The codes that a stack reports, and the bits of its certificate check, with what they mean. Not
 *  part of tls_stack: only who asks for texts carries them. */
const struct esp_tls_code *stack_codes(size_t *count);
const struct esp_tls_code *stack_flags(size_t *count);
/** Of a code that may be the sum of a general one and a special one: the general one. */
int stack_code_high(int value);

/** The stack that connections use: Mbed TLS. */
extern const struct tls_stack stack_mbedtls;

/** stack_onlooker::see of Mbed TLS: shows the Certificate message that the step at hand has read. */
void stack_mbedtls_show_chain(const struct stack_onlooker *on, const void *ctx);

/** Stands in the stack's evidence.c, so that who names it links that file (diagnosis/evidence.h). */
extern const bool stack_mbedtls_has_evidence;

#endif
