/* The Mbed TLS 3.6 stack, private to this folder. Needs its sources' library/ssl_misc.h, except
 * where the system's Mbed TLS is used (ESP_TLS_SYSTEM_MBEDTLS). */
#ifndef MBED_H
#define MBED_H

#ifndef MBEDTLS_ALLOW_PRIVATE_ACCESS
#define MBEDTLS_ALLOW_PRIVATE_ACCESS /* include this header before any that brings Mbed TLS in */
#endif
#include "mbedtls/build_info.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "psa/crypto.h"
#ifndef ESP_TLS_SYSTEM_MBEDTLS
#include "mbed_seam_features.h" /* MBED_HAS_...: made by the build from seam.txt */
#include "ssl_misc.h"

#include "seam.h"
#endif

#include "../stack.h"
#include "../../anchor_store.h"

#include "buffers.h"

/* Two names for one thing: ESP-IDF's of today, and that of older releases and the ESP8266 SDK. */
#if defined(CONFIG_MBEDTLS_SSL_KEEP_PEER_CERTIFICATE) ||                                           \
    (defined(CONFIG_MBEDTLS_DYNAMIC_BUFFER) && !defined(CONFIG_MBEDTLS_DYNAMIC_FREE_PEER_CERT))
#define MBED_KEEPS_PEER
#endif

/** Own certificate chain and key. The caller's buffers are kept by reference until the handshake is
 *  over; what is made of them lives from the step that needs it to its end. */
struct mbed_identity {
    struct stack_identity source;
    mbedtls_x509_crt *chain; /* DER only, never parsed: from Certificate ... */
    mbedtls_pk_context key;  /* from CertificateVerify to its end */
    psa_key_id_t slot;       /* the key's PSA slot while it signs, 0: none */
};

/** What a connection trusts. The buffer is the caller's until the handshake is over. */
struct mbed_anchors {
    const uint8_t *buf;
    size_t len;
    struct anchor_store *store; /* reference held */
    mbedtls_x509_crt *parsed;   /* where Mbed TLS has no CA callback */
};

/* Authorities of one chain that have name constraints, at most: a chain with more is refused. */
#define MBED_CONSTRAINING 4

/** The chain that is verified, from its anchor down; in the frame of the step that does it. */
struct mbed_path {
    const mbedtls_x509_crt *refused; /* the first with flags */
    const mbedtls_x509_crt *last;    /* judged before the next one: it stands above it */
    const mbedtls_x509_crt *issuer;  /* above the refused one; NULL: none was found */
    bool refused_is_untrusted;       /* BADCERT_NOT_TRUSTED is among them */
    bool issuer_is_false;            /* the one above is no authority, though it issued */
    uint8_t self_issued;             /* intermediates below the refused one that are */
    uint8_t count;                   /* of those above that constrain names */
    const mbedtls_x509_crt *above[MBED_CONSTRAINING];
    size_t compared; /* bytes, judging names */
};

/** A verify callback of the application's, as Mbed TLS has it. */
struct mbed_callback {
    int (*fn)(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags); /* NULL: none */
    void *ctx;
};

struct mbed {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    struct stack_io io;
    struct mbed_anchors anchors;
#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    struct mbed_callback callback;
#endif
    struct mbed_identity *own; /* NULL: no client certificate */
    char *ip_name;             /* IP literal to be checked; not sent as SNI */
    size_t pending_write;      /* bytes of a write that Mbed TLS has begun and not flushed */
    tls_status blocked;        /* what the link last waited for, TLS_EOF: it ended, or TLS_OK */
    struct mbed_path *path;    /* while a step of the handshake runs */
    bool insecure_skip_name;
    bool deferring;            /* signatures of certificates are noted, not checked: deferred.c */
    uint8_t share;             /* what this step may still read: et_mbed_begin_step() */
    int8_t ignored;            /* records in a row that brought nothing */
    int16_t tickets;           /* and messages after the handshake, also in a row */
    struct mbed_check *checks; /* the noted ones */
#ifndef MBED_HAS_RSA_PSS
    uint16_t sig_algs[32]; /* in the order of sig_order.c, or unused */
#endif
#ifdef CONFIG_ESP_TLS_TAP
    bool tap_told; /* observers know of the message in the input buffer */
#endif
#ifdef CONFIG_MBEDTLS_DEBUG
    uint8_t debug_level;
#endif
#ifdef CONFIG_ESP_TLS_DROP_SESSION
    const char *suite; /* static text; the session that said it is gone */
#endif
    struct mbed_buffers buffers;
};

/* --- scope.c: whose memory, what for ---------------------------------------------------------- */

/** Set around every call into Mbed TLS: its allocations go to this connection's account, for this
 *  purpose, and its output bound is this connection's. Scopes nest (a callback may run another
 *  connection), so they are saved and restored. */
struct mbed_scope {
    struct mbed *m; /* NULL: no connection */
    struct plat_account *account;
    enum plat_mem purpose;
    uint8_t records_due; /* the next requests are record buffers: et_mbed_expect_records() */
    size_t outer_out_len;
    bool is_starved; /* an allocation failed in it */
#ifdef CONFIG_ESP_TLS_REUSE_BLOCKS
    struct plat_reuse reuse;
#endif
    struct mbed_scope *outer;
};

/** @param m  NULL: the process's memory and the default bound */
void et_mbed_enter(struct mbed_scope *scope, struct mbed *m, enum plat_mem purpose);
void et_mbed_leave(struct mbed_scope *scope);

/** Has an allocation failed in the present scope? Mbed TLS has many codes that hide it. */
bool et_mbed_is_starved(void);

/** The connection of the present scope, or NULL. */
struct mbed *et_mbed_current(void);

/** In the present scope, the next two requests are the input's and the output's record buffer, and
 *  are counted, and placed, as such: mbedtls_ssl_setup() asks for these first. @param
 *  are_next  false: what is left of them will not come */
void et_mbed_expect_records(bool are_next);

/** Start what the process shares (PSA, threading). Once; any thread. @return 0 or Mbed TLS code */
int et_mbed_prepare(void);

/* suites.c */

/** Make the list of suites; by et_mbed_prepare(), once. */
void et_mbed_order_suites(void);
/** The suites that a connection offers when the application names none, the best first; ends with
 *  0. */
const int *et_mbed_suites(void);
int et_mbed_random(void *ctx, unsigned char *buf, size_t len);

/* --- codes.c: Mbed TLS codes as statuses ------------------------------------------------------ */

/** Record a failing Mbed TLS code. Out of memory is always out of memory.
 *  @param esp  ESP-IDF code, 0 = by phase */
TLS_MUST_USE tls_status et_mbed_fail(struct mbed *m, int code, esp_err_t esp);

/** Does this code say that there was no memory, in one of Mbed TLS's many ways? */
bool et_mbed_is_no_mem(int code);

/* --- anchors.c: whom to trust ----------------------------------------------------------------- */

/** Call fn with each certificate of a PEM or DER buffer, as DER that lives for the call only unless
 *  it lies in buf. @return 0 or the first code of one that does not parse, or of no memory */
int et_mbed_walk_certs(const uint8_t *buf, size_t len, stack_cert_fn fn, void *arg, unsigned *bad);
/** The same for a buffer whose certificates were parsed before: they are not parsed again, and bad
 *  ones may be among them. */
int et_mbed_walk_checked(const uint8_t *buf, size_t len, stack_cert_fn fn, void *arg);
tls_status et_mbed_each_cert(struct plat_account *account, const uint8_t *buf, size_t len,
                             stack_cert_fn fn, void *arg, unsigned *bad, int *code);
TLS_MUST_USE tls_status et_mbed_set_anchors(void *ctx, const struct stack_anchors *anchors);
void et_mbed_anchors_clear(struct mbed *m);
/** Call fn with each anchor's DER. @return 0, or the code that ended the walk */
int et_mbed_each_anchor(struct mbed *m, stack_cert_fn fn, void *arg);
/** Is this certificate, byte for byte, one of the anchors? */
bool et_mbed_is_anchor(struct mbed *m, const mbedtls_x509_crt *crt);

/* --- hook.c: crt_bundle_attach --------------------------------------------------------------- */

#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
TLS_MUST_USE tls_status et_mbed_set_hook(void *ctx, esp_err_t (*hook)(void *conf));
/** Ask the application's callback. @return 0, or what ends the verification */
int et_mbed_ask_application(struct mbed *m, mbedtls_x509_crt *crt, int depth, uint32_t *flags);
#else
static inline int et_mbed_ask_application(struct mbed *m, mbedtls_x509_crt *crt, int depth,
                                          uint32_t *flags)
{
    (void)m;
    (void)crt;
    (void)depth;
    (void)flags;
    return 0;
}
#endif

/* --- extension.c: what can be seen in a certificate ------------------------------------------- */

/** Are its subject and its issuer the same bytes? Another key of theirs may have signed it. */
bool et_mbed_is_self_issued(const mbedtls_x509_crt *crt);
/** The content of an extension of that OID, if there is one: of the first. @return how many there
 *  are */
unsigned et_mbed_find_extension(const mbedtls_x509_crt *crt, const char *oid, size_t oid_len,
                                mbedtls_x509_buf *content);

/* --- constraints.c, no_constraints.c: name constraints ---------------------------------------- */

/** Judge the names of the next certificate of a path by those above it. */
void et_mbed_judge_names(struct mbed_path *path, const mbedtls_x509_crt *crt, int depth,
                         uint32_t *flags);
/** Add a certificate to a chain. @param stays  the DER outlives the chain: it is not copied */
int et_mbed_crt_parse(mbedtls_x509_crt *chain, const unsigned char *buf, size_t len, bool stays);

/* --- store.c: the global store as Mbed TLS's chain -------------------------------------------- */

void et_mbed_store_gone(void);

/* --- verify.c: what Mbed TLS's verifier found ------------------------------------------------- */

int et_mbed_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags);
/** Does the certificate say itself that it is an authority's? */
bool et_mbed_is_authority(const mbedtls_x509_crt *crt);
/** The alert that Mbed TLS sends for these flags (RFC 8446 section 6.2). */
int16_t et_mbed_alert_for(uint32_t flags);

/* --- record.c: the record that is coming in --------------------------------------------------- */

#define MBED_HEADER_LEN 5 /* RFC 8446 section 5.1 */

/** Does a record begin with these two bytes? */
bool et_mbed_is_record(const uint8_t *header);
/** The bytes of it that have come, header included, and where they are. */
size_t et_mbed_record_come(const struct mbed *m, const uint8_t **header);
/** A call fails: note the length of a record that has not come whole. */
void et_mbed_note_record(const struct mbed *m);

/* --- moment.c, refused.c, certificates.c, work.c: views for components above (stack_views.h) -- */

/** What CONN_CHAIN_REFUSED hands out: m->path->refused is the certificate that was refused. */
struct mbed_chain {
    struct mbed *m;
    const mbedtls_x509_crt *head; /* the list, as it was sent */
};

/* --- sig_order.c: RSA-PSS in TLS 1.2 ---------------------------------------------------------- */

#ifdef MBED_HAS_RSA_PSS
static inline void et_mbed_order_sig_algs(struct mbed *m)
{
    (void)m;
}

static inline bool et_mbed_refused_pss(const struct mbed *m, int code)
{
    (void)m;
    (void)code;
    return false;
}
#else
/** Put the schemes of the configuration in an order that a faulty library lives with. */
void et_mbed_order_sig_algs(struct mbed *m);
/** Did the library refuse a signature that it had offered to take? */
bool et_mbed_refused_pss(const struct mbed *m, int code);
#endif

/* --- identity.c: own certificate and key ------------------------------------------------------ */

TLS_MUST_USE tls_status et_mbed_set_identity(void *ctx, const struct stack_identity *identity);
/** Before the step of a state: have what it needs. @return 0 or Mbed TLS's code */
int et_mbed_identity_before(struct mbed *m, int state);
/** After the step of a state: let go of what no later one needs. */
void et_mbed_identity_after(struct mbed *m, int state);
/** Bytes of the Certificate message's list, and of the longest signature of the key. */
size_t et_mbed_identity_chain_len(const struct mbed *m);
size_t et_mbed_identity_signature_len(const struct mbed *m);
void et_mbed_identity_clear(struct mbed *m);

/* --- deferred.c, at_once.c: when certificates' signatures are checked ------------------------- */

/** Before the step of a state. */
void et_mbed_checks_begin(struct mbed *m, int state);
/** A check that Mbed TLS asks for, as mbedtls_pk_verify_ext() has it; ctx is a certificate's key.
 *  @return true: it is noted, *ret is what Mbed TLS gets; false: it is to be made now */
bool et_mbed_checks_note(int *ret, mbedtls_pk_type_t type, const void *options,
                         mbedtls_pk_context *ctx, mbedtls_md_type_t md_alg,
                         const unsigned char *hash, size_t hash_len, const unsigned char *sig,
                         size_t sig_len);
/** After a step: check what was noted. @return 0, or the code that ends the handshake */
int et_mbed_checks_run(struct mbed *m);
void et_mbed_checks_clear(struct mbed *m);

/* --- retry.c: HelloRetryRequest --------------------------------------------------------------- */

/** The private key of the share that was sent, before a step; and the same behind it, where a
 *  HelloRetryRequest lets the share stay. */
mbedtls_svc_key_id_t et_mbed_retry_share(const struct mbed *m);
void et_mbed_retry_after(struct mbed *m, int state, mbedtls_svc_key_id_t share);

/* --- slim.c: what a handshake need not keep --------------------------------------------------- */

void et_mbed_slim_after(struct mbed *m, int state);
void et_mbed_slim_done(struct mbed *m);

/* --- tap.c, tap_secrets.c: messages and secrets, for observers -------------------------------- */

#ifdef CONFIG_ESP_TLS_TAP_SECRETS
/** The context is set up: have the secrets told, if anybody wants them. */
void et_mbed_tap_start(struct mbed *m);
#else
static inline void et_mbed_tap_start(struct mbed *m)
{
    (void)m;
}
#endif

#ifdef MBED_HAS_MESSAGES
/* Of messages that Mbed TLS reads after the handshake. */
void et_mbed_tap_recv(struct mbed *m); /* bytes of a record are asked for */
void et_mbed_tap_look(struct mbed *m); /* a read has ended */
#else
static inline void et_mbed_tap_look(struct mbed *m)
{
    (void)m;
}

static inline void et_mbed_tap_recv(struct mbed *m)
{
    (void)m;
}
#endif

/* --- debug.c: Mbed TLS's own messages --------------------------------------------------------- */

#ifdef CONFIG_MBEDTLS_DEBUG
#define MBED_DEBUG_MAX 4
void et_mbed_set_debug_level(void *ctx, int level);
#endif

/* --- handshake.c, io.c: the connection -------------------------------------------------------- */

/** A waiting code of Mbed TLS? Then *st is what the link waits for; TLS_OK: call again at once
 *  (Mbed TLS passes over some messages that way); TLS_NO_MEM: a record buffer could not be had. */
bool et_mbed_is_waiting(const struct mbed *m, int ret, tls_status *st);

/** A step begins: it may read so much, and then comes back with TLS_AGAIN. */
void et_mbed_begin_step(struct mbed *m);

/** A record begins. @return 0, or Mbed TLS's code: it is one too many that brings nothing */
int et_mbed_begin_record(struct mbed *m);
/** The record at hand brought data, or the end of the handshake: the count begins anew. */
void et_mbed_made_progress(struct mbed *m);
/** Was it refused for that? */
bool et_mbed_is_flooded(const struct mbed *m);

tls_status et_mbed_handshake(void *ctx);
tls_status et_mbed_read(void *ctx, void *buf, size_t len, size_t *n);
tls_status et_mbed_write(void *ctx, const void *buf, size_t len, size_t *n);
tls_status et_mbed_close_notify(void *ctx);
int et_mbed_link_recv(void *ctx, unsigned char *buf, size_t len);
int et_mbed_link_send(void *ctx, const unsigned char *buf, size_t len);

#endif
