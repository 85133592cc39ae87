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
#include "link/link.h"
#include "observer.h"
#include "plat_heap.h"
#include "tls_status.h"

struct anchor_store;

/** Record buffers of a connection; all zero: what Kconfig says. */
struct stack_buffers {
    bool fixed;
    uint16_t in_limit; /* plaintext of a record, 0 = Kconfig's */
    uint16_t out_limit;
    bool rx_static; /* keep a full-size input buffer once the handshake is over */
};

/** What a stack's context is connected to. */
struct stack_io {
    struct stack_buffers buffers;
    struct tls_link *link; /* NULL until the link exists: not read before handshake() */
    struct tls_error *err;
    struct plat_account *account;
    struct observed *observed; /* who is told of the connection; lives as long as it */
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
    /** Have the application's hook say whom to trust: it is called with the library's own
     *  configuration, as ESP-IDF calls it. NULL: the settings leave it out. */
    tls_status (*set_hook)(void *ctx, esp_err_t (*hook)(void *conf));
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

/** The stack that connections use: Mbed TLS. */
extern const struct tls_stack et_stack_mbedtls;

#endif
