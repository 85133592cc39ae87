/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls.h: connections over TLS, or over plain TCP
 *
 * The life of a connection:
 *
 *     esp_tls_t *tls = esp_tls_init();
 *     esp_tls_cfg_t cfg = { .cacert_buf = ca, .cacert_bytes = sizeof(ca), .timeout_ms = 5000 };
 *     if (esp_tls_conn_new_sync("example.org", 11, 443, &cfg, tls) == 1) {
 *         esp_tls_conn_write(tls, ...);
 *         esp_tls_conn_read(tls, ...);
 *     }
 *     esp_tls_conn_destroy(tls);
 *
 * Underneath is one state machine that never blocks: check the configuration, resolve the name, try
 * its addresses, shake hands, and then read and write. The asynchronous calls run it as far as it
 * gets without waiting. The synchronous calls run it, wait for what it waits for, and run it again.
 *
 * Time. `timeout_ms` is a deadline for the whole operation (the connect; each read or write of a
 * handle that blocks), on the monotonic clock, no matter how slowly the peer trickles. 0 or less
 * means 10 s. An asynchronous connect counts from its first call.
 *
 * Trust. A TLS connection needs one trust option: `crt_bundle_attach`, `use_global_ca_store`,
 * `cacert_buf` or `psk_hint_key`. The first of these that is set counts; a further one is ignored
 * with a warning that names it. With none the connect is refused before any I/O
 * (ESP_ERR_MBEDTLS_SSL_SETUP_FAILED), unless CONFIG_ESP_TLS_INSECURE and
 * CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY allow a connection that verifies nothing.
 *
 * Options. What this build cannot honour is refused with ESP_ERR_NOT_SUPPORTED before any I/O, and
 * the record of esp_tls_record.h names it: an option is never silently dropped. In this release
 * that holds for PSK, session resumption, the server calls, and what needs hardware that is not
 * there (DS and ECDSA peripheral, secure element).
 *
 * Failures. A call that fails says so by -1 or one negative code; why is in the error handle
 * (esp_tls_errors.h) and, complete, in the record (esp_tls_record.h).
 *
 * Threads. A handle takes one caller at a time; different handles are independent. Only
 * esp_tls_conn_cancel() (esp_tls_async.h) may come from any thread at any time. The global CA store
 * belongs to the process and takes any number of callers.
 *
 * Lifetimes. A configuration, and what it points to, is borrowed from the first connect call until
 * the connect is over (result 1 or -1). `alpn_protos` and `ciphersuites_list` are borrowed until
 * the handle is destroyed. Nothing of it is written to or freed.
 */
#ifndef ESP_TLS_H
#define ESP_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "esp_err.h"
#include "esp_key_config.h"
#include "esp_tls_errors.h"
#include "sdkconfig.h"

#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#ifdef CONFIG_ESP_TLS_SERVER_SESSION_TICKETS
#include "mbedtls/ssl_ticket.h"
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Marks names of older ESP-IDF releases. -DESP_TLS_DEPRECATED= silences the compiler, for builds
 *  that turn every warning into an error. */
#ifndef ESP_TLS_DEPRECATED
#define ESP_TLS_DEPRECATED __attribute__((deprecated))
#endif

struct ifreq; /* <net/if.h>; only its address is passed on here */

/** Where a connection is. */
typedef enum esp_tls_conn_state {
    ESP_TLS_INIT = 0,       /**< nothing is open. A plain TCP connection stays here, even open */
    ESP_TLS_CONNECTING = 1, /**< TCP is being opened, or is open and TLS comes next */
    ESP_TLS_HANDSHAKE = 2,  /**< TLS handshake under way */
    ESP_TLS_FAIL = 3,       /**< TLS failed: destroy the handle */
    ESP_TLS_DONE = 4        /**< open over TLS */
} esp_tls_conn_state_t;

/** Which side of TLS a handle is. */
typedef enum esp_tls_role {
    ESP_TLS_CLIENT = 0,
    ESP_TLS_SERVER = 1
} esp_tls_role_t;

/** Which addresses of a name to try. */
typedef enum esp_tls_addr_family {
    ESP_TLS_AF_UNSPEC = 0, /**< both, raced as RFC 8305 says */
    ESP_TLS_AF_INET = 1,   /**< IPv4 only */
    ESP_TLS_AF_INET6 = 2   /**< IPv6 only */
} esp_tls_addr_family_t;

/** Which version of TLS to negotiate; 1.2 is the oldest there is. */
typedef enum {
    ESP_TLS_VER_ANY = 0,     /**< every version that is compiled in */
    ESP_TLS_VER_TLS_1_2 = 1, /**< TLS 1.2 and no other */
    ESP_TLS_VER_TLS_1_3 = 2, /**< TLS 1.3 and no other */
    ESP_TLS_VER_TLS_MAX = 3  /**< not a version: refused */
} esp_tls_proto_ver_t;

/** How buffers that grow and shrink behave after the handshake; 0: no strategy. */
typedef enum {
    ESP_TLS_DYN_BUF_RX_STATIC = 1,   /**< the receive buffer becomes permanent */
    ESP_TLS_DYN_BUF_STRATEGY_MAX = 2 /**< not a strategy */
} esp_tls_dyn_buf_strategy_t;

/** Curve of a key in the ECDSA peripheral. */
typedef enum {
    ESP_TLS_ECDSA_CURVE_SECP256R1 = 0,
#if defined(SOC_ECDSA_SUPPORT_CURVE_P384) && SOC_ECDSA_SUPPORT_CURVE_P384
    ESP_TLS_ECDSA_CURVE_SECP384R1,
#endif
    ESP_TLS_ECDSA_CURVE_MAX /**< not a curve */
} esp_tls_ecdsa_curve_t;

/** A pre-shared key. */
typedef struct psk_key_hint {
    const uint8_t *key; /**< the secret */
    size_t key_size;    /**< its size in bytes */
    const char *hint;   /**< client: its identity; server: the identity it expects. With a NUL */
} psk_hint_key_t;

#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
/** A session that a later connection can resume. */
typedef struct esp_tls_client_session {
    mbedtls_ssl_session saved_session;
} esp_tls_client_session_t;
#endif

/** TCP keep-alive. Values go to the system as they are. */
typedef struct tls_keep_alive_cfg {
    bool keep_alive_enable;  /**< on or off */
    int keep_alive_idle;     /**< seconds of silence before the first probe */
    int keep_alive_interval; /**< seconds between probes */
    int keep_alive_count;    /**< probes without answer before the connection is given up */
} tls_keep_alive_cfg_t;

/** Client configuration. Zeroed it is legal and safe: verified TLS, which then asks for a trust
 *  option. Every credential has two names; the one with _pem_ is the older, both take PEM and DER.
 *  The length of PEM counts the final NUL. */
typedef struct esp_tls_cfg {
    /** Protocols to offer, best first; the array ends with NULL. NULL: no ALPN. Array and texts are
     *  not copied: they must outlive the connection. */
    const char **alpn_protos;

    union {
        const unsigned char *cacert_buf; /**< trust anchors, one or several */
        const unsigned char *cacert_pem_buf;
    };
    union {
        unsigned int cacert_bytes; /**< size of cacert_buf */
        unsigned int cacert_pem_bytes;
    };

    union {
        const unsigned char *clientcert_buf; /**< own certificate, then its intermediates */
        const unsigned char *clientcert_pem_buf;
    };
    union {
        unsigned int clientcert_bytes; /**< size of clientcert_buf */
        unsigned int clientcert_pem_bytes;
    };

    union {
        const unsigned char *clientkey_buf; /**< own private key */
        const unsigned char *clientkey_pem_buf;
    };
    const esp_key_config_t *client_key; /**< own private key, the newer way; beats clientkey_buf */
    union {
        unsigned int clientkey_bytes; /**< size of clientkey_buf */
        unsigned int clientkey_pem_bytes;
    };
    const unsigned char *clientkey_password; /**< decrypts clientkey_buf; NULL: not encrypted */
    unsigned int clientkey_password_len;     /**< in bytes, without a NUL */

    bool use_ecdsa_peripheral;         /**< key in the ECDSA peripheral: refused here */
    uint8_t ecdsa_key_efuse_blk;       /**< with use_ecdsa_peripheral: eFuse block of the key */
    uint8_t ecdsa_key_efuse_blk_high;  /**< second block of a 384-bit key */
    esp_tls_ecdsa_curve_t ecdsa_curve; /**< with use_ecdsa_peripheral: curve of the key */

    /** Reads and writes never block; they answer WANT_READ or WANT_WRITE instead. The asynchronous
     *  connect never blocks with or without it. */
    bool non_block;
    bool use_secure_element; /**< deprecated; true is refused */
    /** Deadline in ms for the connect, and for each read or write that blocks. <= 0: 10 s. */
    int timeout_ms;
    bool use_global_ca_store; /**< trust what esp_tls_set_global_ca_store() holds */
    /** Name (or numeric address) that the certificate must have; a name is also sent as SNI. NULL:
     *  the host that is connected to. */
    const char *common_name;
    /** Accept a certificate for another name. Chain and dates are still verified, SNI is still
     *  sent: only the mismatch of the name is forgiven. */
    bool skip_common_name;
    tls_keep_alive_cfg_t *keep_alive_cfg; /**< NULL: no keep-alive */
#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
    const psk_hint_key_t *psk_hint_key; /**< trust by shared secret: refused in this release */
#endif
    /** Trust by certificate bundle: esp_crt_bundle_attach (esp_crt_bundle.h), or a function of the
     *  application's that says in the mbedtls_ssl_config, with which it is called, whom to trust,
     *  and may set a verify callback there that then runs as well: it may refuse, and what was
     *  found wrong stays wrong, whatever flags it clears. Without
     *  CONFIG_MBEDTLS_CERTIFICATE_BUNDLE refused (ESP_ERR_INVALID_STATE), and so is one that fails
     *  (with what it returns) or names nobody to trust. */
    esp_err_t (*crt_bundle_attach)(void *conf);
    void *ds_data;         /**< key in the DS peripheral (esp_ds_data_ctx_t): refused here */
    bool is_plain_tcp;     /**< no TLS at all, whatever the URL's scheme says */
    struct ifreq *if_name; /**< bind to this interface; NULL or an empty name: any */
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    esp_tls_client_session_t *client_session; /**< session to resume: refused in this release */
#endif
    esp_tls_addr_family_t addr_family; /**< which addresses to try */
    /** IANA numbers, best first, ending with 0. NULL or empty: the stack's defaults. A version of
     *  TLS without a suite in the list is not offered. Not copied: it must outlive the
     *  connection. */
    const int *ciphersuites_list;
    esp_tls_proto_ver_t tls_version; /**< which version to negotiate */
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    esp_tls_dyn_buf_strategy_t esp_tls_dyn_buf_strategy; /**< 0: none */
#endif
} esp_tls_cfg_t;

#ifdef CONFIG_ESP_TLS_SERVER_SESSION_TICKETS
/** Keys that encrypt the tickets of a server. */
typedef struct esp_tls_server_session_ticket_ctx {
    mbedtls_ssl_ticket_context ticket_ctx;
} esp_tls_server_session_ticket_ctx_t;
#endif

/** Hook that chooses a server's certificate when the ClientHello is known. */
#ifdef CONFIG_ESP_TLS_SERVER_CERT_SELECT_HOOK
typedef mbedtls_ssl_hs_cb_t esp_tls_handshake_callback;
#else
typedef void *esp_tls_handshake_callback;
#endif

/** Server configuration. Names and lengths as in esp_tls_cfg_t. */
typedef struct esp_tls_cfg_server {
    const char **alpn_protos; /**< as in esp_tls_cfg_t */

    union {
        const unsigned char *cacert_buf; /**< CAs of clients; NULL: clients are not asked */
        const unsigned char *cacert_pem_buf;
    };
    union {
        unsigned int cacert_bytes; /**< size of cacert_buf */
        unsigned int cacert_pem_bytes;
    };
#ifdef CONFIG_ESP_TLS_SERVER_MIN_AUTH_MODE_OPTIONAL
    bool client_cert_authmode_optional; /**< a client may come without a certificate */
#endif

    union {
        const unsigned char *servercert_buf; /**< own certificate, then its intermediates */
        const unsigned char *servercert_pem_buf;
    };
    union {
        unsigned int servercert_bytes; /**< size of servercert_buf */
        unsigned int servercert_pem_bytes;
    };

    union {
        const unsigned char *serverkey_buf; /**< own private key */
        const unsigned char *serverkey_pem_buf;
    };
    const esp_key_config_t *server_key; /**< own private key, the newer way; beats serverkey_buf */
    union {
        unsigned int serverkey_bytes; /**< size of serverkey_buf */
        unsigned int serverkey_pem_bytes;
    };
    const unsigned char *serverkey_password; /**< decrypts serverkey_buf; NULL: not encrypted */
    unsigned int serverkey_password_len;     /**< in bytes, without a NUL */

    bool use_ecdsa_peripheral;         /**< as in esp_tls_cfg_t */
    uint8_t ecdsa_key_efuse_blk;       /**< as in esp_tls_cfg_t */
    uint8_t ecdsa_key_efuse_blk_high;  /**< as in esp_tls_cfg_t */
    esp_tls_ecdsa_curve_t ecdsa_curve; /**< as in esp_tls_cfg_t */

    bool use_secure_element;           /**< deprecated; true is refused */
    uint32_t tls_handshake_timeout_ms; /**< deadline of the handshake in ms; 0: 10 s */
#ifdef CONFIG_ESP_TLS_SERVER_SESSION_TICKETS
    esp_tls_server_session_ticket_ctx_t *ticket_ctx; /**< NULL: no tickets */
#endif
    void *userdata; /**< for cert_select_cb: the user data of the mbedtls_ssl_config */
#ifdef CONFIG_ESP_TLS_SERVER_CERT_SELECT_HOOK
    esp_tls_handshake_callback cert_select_cb; /**< NULL: none */
#endif
#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
    const psk_hint_key_t *psk_hint_key; /**< shared secret */
#endif
    esp_tls_proto_ver_t tls_version; /**< as in esp_tls_cfg_t */
    const int *ciphersuites_list;    /**< as in esp_tls_cfg_t */
} esp_tls_cfg_server_t;

/** A connection. Its inside is private. */
typedef struct esp_tls esp_tls_t;

/* ---- client: open, read, write, close ---- */

/** Make a handle.
 *  @return a handle in state ESP_TLS_INIT without a socket, to be destroyed by the caller
 *          NULL  no memory
 *  Blocks: no. Memory: the handle, until it is destroyed. Threads: any. */
esp_tls_t *esp_tls_init(void);

/** Connect, and shake hands unless `is_plain_tcp`.
 *  @param hostname  a name, or a numeric IPv4 or IPv6 address; need not end with a NUL
 *  @param hostlen   its length in bytes
 *  @param port      TCP port, host byte order
 *  @param cfg       borrowed during the call, ALPN and cipher suite lists until destroy
 *  @param tls       a handle from esp_tls_init(). One whose TCP connect failed (state still INIT)
 *                   starts afresh; one whose TLS failed (state FAIL) must be destroyed
 *  @return 1   open
 *          -1  hostname, cfg or tls is NULL, hostlen is negative, or the handle is open already or
 *              has failed: these are logged, and the record is left as it was
 *          -1  failed. The record says in which phase and why, its esp_code is
 *              ESP_ERR_INVALID_ARG        port is not 1 to 65535, a field has a value that is none
 *                                         (`tls_version`), or `client_key` has no bytes or no
 *                                         `clientcert_buf` beside it; the record names it
 *              ESP_ERR_INVALID_STATE      only one of client certificate and key is set; the global
 *                                         CA store is wanted and empty; ALPN or the bundle's hook
 *                                         is wanted and not compiled in; `ciphersuites_list` has
 *                                         none for `tls_version`; the record names it
 *              ESP_ERR_NOT_SUPPORTED      this build cannot honour an option; the record names it
 *              ESP_ERR_MBEDTLS_SSL_SETUP_FAILED             no trust option is set, or the stack
 *                                                           could not set up
 *              ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED        CA or own certificate is unreadable
 *              ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED          own key is unreadable, or the password
 *                                                           is missing or wrong
 *              ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED     own key and certificate do not fit
 *              ESP_ERR_MBEDTLS_SSL_CONF_ALPN_PROTOCOLS_FAILED  a protocol is empty or too long
 *              ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED      the name is not one for a certificate
 *              ESP_ERR_MBEDTLS_SSL_CONFIG_DEFAULTS_FAILED   the stack refused its own defaults
 *              ESP_ERR_MBEDTLS_CTR_DRBG_SEED_FAILED         there is no source of randomness
 *                  (all of the above: before any I/O)
 *              ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME      see resolver_code; also when the
 *                                                           deadline passed meanwhile (the cause
 *                                                           is TIMEOUT then)
 *              ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET         see os_errno
 *              ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY  `addr_family` is none, or the name has
 *                                                           neither IPv4 nor IPv6
 *              ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED         keep-alive, interface, or the socket
 *                                                           hook refused
 *              ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST       every address refused; see os_errno
 *              ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT           the deadline passed while connecting
 *                                                           or in the handshake
 *              ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED         see stack_code, verify_flags, alerts
 *              ESP_ERR_NO_MEM                               see mem_size
 *              or anything with cause CANCELLED after esp_tls_conn_cancel()
 *  Blocks: at most timeout_ms, in all phases together, also with `non_block`, which counts from the
 *  first read or write on. Memory: TLS state and socket, until destroy. Threads: one caller at a
 *  time per handle. Source: RFC 8305, RFC 8446, RFC 5246. */
int esp_tls_conn_new_sync(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg,
                          esp_tls_t *tls);

/** As esp_tls_conn_new_sync(), with host and port out of a URL. Path and query are not used. The
 *  scheme only gives the port when the URL has none: 80 for http and ws, 443 for https and wss, in
 *  any case of letters; TLS or not is up to `is_plain_tcp`.
 *  @param url  text with a NUL, borrowed during the call
 *  @param cfg, tls  as there
 *  @return as there; ESP_ERR_INVALID_ARG also for a URL without a host, or with neither a port
 *          nor a scheme that has a known one
 *  Blocks, memory, threads: as there. Source: RFC 3986. */
int esp_tls_conn_http_new_sync(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls);

/** One step of a connect: as far as it gets without waiting.
 *  @param hostname, hostlen, port, cfg, tls  as for esp_tls_conn_new_sync(), the same in each call;
 *         cfg and what it points to are borrowed until the result is not 0
 *  @return 1   open
 *          0   under way: wait for what esp_tls_get_wait() (esp_tls_async.h) says, then call again
 *          -1  failed, for the reasons of esp_tls_conn_new_sync()
 *  The deadline runs from the first call; the call that finds it passed returns -1.
 *  Blocks: never, name resolution included. Memory, threads: as for esp_tls_conn_new_sync(). */
int esp_tls_conn_new_async(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg,
                           esp_tls_t *tls);

/** As esp_tls_conn_new_async(), with host and port out of a URL as esp_tls_conn_http_new_sync()
 *  takes them. The URL must be the same in each call. */
int esp_tls_conn_http_new_async(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls);

/** Send bytes.
 *  @param tls      an open handle
 *  @param data     the bytes, borrowed during the call
 *  @param datalen  their number; 0 is legal and sends nothing
 *  @return >= 0  that many bytes are taken; fewer than datalen when it had to stop: call again with
 *                the rest
 *          ESP_TLS_ERR_SSL_WANT_WRITE / _WANT_READ  nothing taken. `non_block`: wait for that, then
 *                call again with the same bytes. Blocking: the deadline passed, and the record says
 *                timeout; the connection lives and may be tried again with the same bytes
 *          -1    tls or data is NULL, or the handle is not open: the record is left as it was
 *          other < 0  the connection is dead: the stack's code, or -1 where there is none (plain
 *                TCP, cancelled, memory). The record says why, its esp_code is
 *                ESP_ERR_MBEDTLS_SSL_WRITE_FAILED unless the cause has one of its own
 *  Blocks: at most timeout_ms; with `non_block` never. Memory: at most one TLS record while it is
 *  sent. Threads: one caller at a time per handle. Source: RFC 8446 section 5. No SIGPIPE. */
ssize_t esp_tls_conn_write(esp_tls_t *tls, const void *data, size_t datalen);

/** Receive bytes.
 *  @param tls      an open handle
 *  @param data     caller's memory, written only when the result is > 0
 *  @param datalen  its size in bytes; 0 is legal and reads nothing
 *  @return > 0   that many bytes
 *          0     the peer closed in order: close_notify, or FIN on plain TCP (or datalen is 0)
 *          ESP_TLS_ERR_SSL_WANT_READ / _WANT_WRITE  nothing yet. `non_block`: wait for that, then
 *                call again. Blocking: the deadline passed, and the record says timeout; the
 *                connection lives and may be read again
 *          -1    tls or data is NULL, or the handle is not open: the record is left as it was
 *          other < 0  the connection is dead: the stack's code, or -1 where there is none (plain
 *                TCP, cancelled, memory). The record says why, its esp_code is
 *                ESP_ERR_MBEDTLS_SSL_READ_FAILED unless the cause has one of its own: a FIN without
 *                close_notify is cause TRUNCATED with ESP_ERR_ESP_TLS_TCP_CLOSED_FIN
 *  What TLS sends for itself (TLS 1.3 tickets) is dealt with inside; no result is ever a positive
 *  error code.
 *  Blocks: at most timeout_ms, until the first bytes are there; with `non_block` never. Memory: at
 *  most one TLS record while it is read. Threads: one caller at a time per handle. Source: RFC 8446
 *  section 5 and 6.1. */
ssize_t esp_tls_conn_read(esp_tls_t *tls, void *data, size_t datalen);

/** Close the connection and free the handle, in any state, also while a connect is under way. A
 *  healthy TLS connection first sends close_notify, once, without waiting for room or for the
 *  peer's. Secrets are wiped.
 *  @param tls  a handle, invalid afterwards whatever the result
 *  @return 0   closed and freed
 *          -1  tls is NULL; or the socket's close() failed, and everything is freed even so
 *  Blocks: no. Threads: nobody else may be using the handle, esp_tls_conn_cancel() included.
 *  Source: RFC 8446 section 6.1. */
int esp_tls_conn_destroy(esp_tls_t *tls);

/** How many decrypted bytes a read would find without looking at the network.
 *  @param tls  a handle
 *  @return >= 0  that many; 0 does not mean that nothing is on the way, and is what plain TCP and
 *                a connection that is not open always have
 *          -1    tls is NULL
 *  A loop on the descriptor must read until this is 0: such bytes do not make it readable.
 *  Blocks: no. Memory: none. Threads: as a read. */
ssize_t esp_tls_get_bytes_avail(esp_tls_t *tls);

/* ---- client: the parts of a connection ---- */

/** The socket of a connection.
 *  @param tls     a handle
 *  @param sockfd  receives the descriptor, -1 if none is open yet. It stays the handle's. While an
 *                 asynchronous connect is under way: that of the attempt under way, from the first
 *                 call on where the host is an address, from the end of the look-up on where it is
 *                 a name. It is another one later where a name's next address is faster: ask again
 *                 after each call, or wait by esp_tls_get_wait() (esp_tls_async.h)
 *  @return ESP_OK               *sockfd is written
 *          ESP_ERR_INVALID_ARG  tls or sockfd is NULL
 *  Blocks: no. Memory: none. Threads: as a read. */
esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *sockfd);

/** Give the handle a socket that is already connected: through a proxy, by STARTTLS, by the
 *  application's own means. Then esp_tls_set_conn_state(tls, ESP_TLS_CONNECTING), and a connect
 *  call goes on with the handshake.
 *  @param tls     a handle without a socket
 *  @param sockfd  the descriptor; from now on the handle's, which closes it when it is destroyed
 *  @return ESP_OK               taken
 *          ESP_ERR_INVALID_ARG  tls is NULL or sockfd is negative
 *  Blocks: no. Memory: none. Threads: as a connect. */
esp_err_t esp_tls_set_conn_sockfd(esp_tls_t *tls, int sockfd);

/** Where the connection is. An open plain TCP connection is in state ESP_TLS_INIT; only TLS gets to
 *  ESP_TLS_DONE. After a failure up to TCP the state is ESP_TLS_INIT, after one of TLS
 *  ESP_TLS_FAIL.
 *  @param tls         a handle
 *  @param conn_state  receives the state
 *  @return ESP_OK               *conn_state is written
 *          ESP_ERR_INVALID_ARG  tls or conn_state is NULL
 *  Blocks: no. Memory: none. Threads: as a read. */
esp_err_t esp_tls_get_conn_state(esp_tls_t *tls, esp_tls_conn_state_t *conn_state);

/** Set the state, which decides where the next connect call enters. The use it has is
 *  ESP_TLS_CONNECTING after esp_tls_set_conn_sockfd(). ESP_TLS_DONE on a handle without a finished
 *  handshake does not make it readable.
 *  @param tls         a handle
 *  @param conn_state  one of the five
 *  @return ESP_OK               set
 *          ESP_ERR_INVALID_ARG  tls is NULL, or conn_state is none of the five
 *  Blocks: no. Memory: none. Threads: as a connect. */
esp_err_t esp_tls_set_conn_state(esp_tls_t *tls, esp_tls_conn_state_t conn_state);

/** The TLS library's own object, to ask what esp-tls does not tell (mbedtls_ssl_context with Mbed
 *  TLS). It is for reading: sending, receiving, resetting or reconfiguring through it breaks the
 *  connection.
 *  @param tls  a handle
 *  @return the object, valid until the handle is destroyed
 *          NULL  tls is NULL, or there is no TLS: plain TCP, or the connect has not got that far
 *  Blocks: no. Memory: none. Threads: as a read. */
void *esp_tls_get_ssl_context(esp_tls_t *tls);

/** The error handle of a connection, for esp_tls_get_and_clear_last_error() and its sister.
 *  @param tls           a handle
 *  @param error_handle  receives it; borrowed, valid until the handle is destroyed
 *  @return ESP_OK               *error_handle is written
 *          ESP_ERR_INVALID_ARG  tls or error_handle is NULL
 *  Blocks: no. Memory: none. Threads: as a read. */
esp_err_t esp_tls_get_error_handle(esp_tls_t *tls, esp_tls_error_handle_t *error_handle);

/** Open a TCP connection and no more. No handle comes of it: the socket is the caller's.
 *  @param host     a name or a numeric address; need not end with a NUL
 *  @param hostlen  its length in bytes
 *  @param port     TCP port, host byte order
 *  @param cfg      timeout_ms, non_block, keep_alive_cfg, if_name and addr_family count; borrowed
 *                  during the call. NULL: the defaults
 *  @param error_handle  from esp_tls_get_error_handle(); gets the ESP code and errno of a failure
 *  @param sockfd   receives the connected socket; written only on ESP_OK. Its reads and writes
 *                  block, unless `non_block` is set; with cfg NULL they block too
 *  @return ESP_OK               connected
 *          ESP_ERR_INVALID_ARG  host, error_handle or sockfd is NULL, hostlen is negative, or port
 *                               is not 1 to 65535
 *          ESP_ERR_NO_MEM, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, _CANNOT_CREATE_SOCKET,
 *          _UNSUPPORTED_PROTOCOL_FAMILY, _SOCKET_SETOPT_FAILED, _FAILED_CONNECT_TO_HOST,
 *          _CONNECTION_TIMEOUT  as for esp_tls_conn_new_sync()
 *  Blocks: at most timeout_ms, also with `non_block`, which is about the socket that is handed
 * over. Memory: none that stays. Threads: any, one caller at a time per error handle. Source: RFC
 * 8305. */
esp_err_t esp_tls_plain_tcp_connect(const char *host, int hostlen, int port,
                                    const esp_tls_cfg_t *cfg, esp_tls_error_handle_t error_handle,
                                    int *sockfd);

#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
/** All cipher suites that are compiled in: IANA numbers, best first, ending with 0. Static.
 *  Blocks: no. Memory: none. Threads: any. Source: IANA TLS Cipher Suites registry. */
const int *esp_tls_get_ciphersuites_list(void);
#endif

/* ---- session resumption: in this release without effect ---- */

#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
/** The session of a connection, for `client_session` of a later one.
 *  @param tls  an open handle
 *  @return a session, to be freed with esp_tls_free_client_session()
 *          NULL  tls is NULL, there is none, or no memory. In this release always NULL
 *  Blocks: no. Memory: the session. Threads: as a read. Source: RFC 8446 section 2.2, RFC 5077. */
esp_tls_client_session_t *esp_tls_get_client_session(esp_tls_t *tls);

/** Free a session and wipe it. A session that was put into a configuration stays the caller's: the
 *  library never frees it.
 *  @param client_session  from esp_tls_get_client_session(); NULL does nothing
 *  Blocks: no. Threads: any. */
void esp_tls_free_client_session(esp_tls_client_session_t *client_session);
#endif

/* ---- global CA store: trust anchors of the whole process ---- */

/** Make the store, empty. Not necessary: setting does it too.
 *  @return ESP_OK          there is a store; one that exists is left as it is
 *          ESP_ERR_NO_MEM  no memory
 *  Blocks: no. Memory: the store, until it is freed. Threads: any; a connection that is under way
 *  keeps the anchors it began with, whatever becomes of the store. */
esp_err_t esp_tls_init_global_ca_store(void);

/** Add trust anchors to the store. They are checked now, not at the first connect.
 *  @param cacert_pem_buf    one or several certificates, PEM or DER; copied
 *  @param cacert_pem_bytes  size in bytes; PEM: with the final NUL
 *  @return ESP_OK                          all are in the store, after those that were
 *          ESP_ERR_MBEDTLS_CERT_PARTLY_OK  some were unreadable; the others are in the store
 *          ESP_ERR_INVALID_ARG             cacert_pem_buf is NULL
 *          ESP_ERR_NO_MEM                  no memory; the store is as it was
 *          ESP_FAIL                        none could be read: the whole store is freed. Also
 *                                          always with CONFIG_MBEDTLS_DYNAMIC_FREE_CA_CERT
 *  Blocks: no. Memory: the certificates as DER, until the store is freed. Threads: any. */
esp_err_t esp_tls_set_global_ca_store(const unsigned char *cacert_pem_buf,
                                      const unsigned int cacert_pem_bytes);

#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
/** The store as a chain of Mbed TLS; made by this call if it has to be.
 *  Authorities with critical name constraints are left out: whoever verifies with this chain by
 *  Mbed TLS alone would not apply them. Connections that use the store do.
 *  @return the chain, borrowed until the store is set or freed
 *          NULL  there is no store, or no memory, or nothing is left to be in it
 *  Blocks: no. Memory: the parsed chain, until the store is freed. Threads: any, but nobody may set
 *  or free the store while the chain is in use. */
mbedtls_x509_crt *esp_tls_get_global_ca_store(void);
#endif

/** Free the store. Nothing happens if there is none. Blocks: no. Threads: any. */
void esp_tls_free_global_ca_store(void);

/* ---- server: in this release refused ----
 *
 * The declarations are complete; each call below leaves network and socket untouched and answers
 * ESP_ERR_NOT_SUPPORTED, or -1 where it has no esp_err_t, and the handle's record says so. Beneath
 * is what they are declared for. */

/** Make the keys that encrypt session tickets, in cfg->ticket_ctx.
 *  @param cfg  a configuration whose ticket_ctx is NULL
 *  @return ESP_OK                                   made; free with the call below
 *          ESP_ERR_INVALID_ARG                      cfg is NULL or has ticket_ctx already
 *          ESP_ERR_NO_MEM, ESP_ERR_MBEDTLS_SSL_TICKET_SETUP_FAILED  not; ticket_ctx is NULL
 *          ESP_ERR_NOT_SUPPORTED                    not in this build (in this release: always,
 *                                                   after the check of cfg)
 *  Blocks: no. Memory: the keys. Threads: one caller at a time per configuration. */
esp_err_t esp_tls_cfg_server_session_tickets_init(esp_tls_cfg_server_t *cfg);

/** Wipe and free the keys of cfg->ticket_ctx and set it to NULL. NULL does nothing. */
void esp_tls_cfg_server_session_tickets_free(esp_tls_cfg_server_t *cfg);

/** Shake hands as the server, on a socket that was accepted.
 *  @param cfg     borrowed during the call, its lists as those of a client
 *  @param sockfd  an accepted socket; stays the caller's
 *  @param tls     a handle from esp_tls_init()
 *  @return 0       open; read and write as a client
 *          0x102   an argument is NULL (positive, as in ESP-IDF)
 *          0x8009  tls_handshake_timeout_ms passed (positive, as in ESP-IDF)
 *          < 0     failed: -1 or the stack's code. In this release always -1
 *  Blocks: at most tls_handshake_timeout_ms. Memory: TLS state, until the session is deleted.
 *  Threads: one caller at a time per handle. */
int esp_tls_server_session_create(esp_tls_cfg_server_t *cfg, int sockfd, esp_tls_t *tls);

#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
/** Begin what esp_tls_server_session_create() does, without waiting.
 *  @param cfg, sockfd, tls  as there; cfg is borrowed until the handshake is over
 *  @return ESP_OK                 go on with esp_tls_server_session_continue_async()
 *          ESP_ERR_INVALID_ARG    an argument is NULL
 *          ESP_ERR_NOT_SUPPORTED  in this release always
 *          ESP_FAIL               the set-up failed; the record says why
 *  Blocks: no. Memory, threads: as there. */
esp_err_t esp_tls_server_session_init(esp_tls_cfg_server_t *cfg, int sockfd, esp_tls_t *tls);

/** One step of the handshake that esp_tls_server_session_init() began.
 *  @param tls  the handle
 *  @return 0  open
 *          ESP_TLS_ERR_SSL_WANT_READ / _WANT_WRITE  wait for that, then call again
 *          other < 0  failed. In this release always -1
 *  Blocks: no. Threads: one caller at a time per handle. */
int esp_tls_server_session_continue_async(esp_tls_t *tls);
#endif

/** Free a handle, its TLS state included, and leave its socket open: it is the caller's.
 *  @param tls  a handle, invalid afterwards; NULL does nothing
 *  Blocks: no. Threads: nobody else may be using the handle. */
void esp_tls_server_session_delete(esp_tls_t *tls);

/* ---- names of older releases ---- */

/** esp_tls_init() and esp_tls_conn_new_sync() in one.
 *  @return an open handle, or NULL: then nothing is left that could say why
 *  Blocks, memory, threads: as esp_tls_conn_new_sync(). */
ESP_TLS_DEPRECATED esp_tls_t *esp_tls_conn_new(const char *hostname, int hostlen, int port,
                                               const esp_tls_cfg_t *cfg);

/** esp_tls_init() and esp_tls_conn_http_new_sync() in one; otherwise as esp_tls_conn_new(). */
ESP_TLS_DEPRECATED esp_tls_t *esp_tls_conn_http_new(const char *url, const esp_tls_cfg_t *cfg);

/** esp_tls_conn_destroy() without a result. */
ESP_TLS_DEPRECATED void esp_tls_conn_delete(esp_tls_t *tls);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_H */
