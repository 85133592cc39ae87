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
 * that holds for PSK, the certificate bundle's hook, session resumption, the server calls, and what
 * needs hardware that is not there (DS and ECDSA peripheral, secure element).
 *
 * Failures. A call that fails says so by -1 or one negative code; why is in the error handle
 * (esp_tls_errors.h) and, complete, in the record (esp_tls_record.h).
 *
 * Threads. A handle takes one caller at a time; different handles are independent. Only
 * esp_tls_conn_cancel() (esp_tls_async.h) may come from any thread at any time. The global CA store
 * belongs to the process.
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

    /** Reads and writes never block; they answer WANT_READ or WANT_WRITE instead. */
    bool non_block;
    bool use_secure_element; /**< deprecated; true is refused */
    /** Deadline in ms for the connect, and for each read or write that blocks. <= 0: 10 s. */
    int timeout_ms;
    bool use_global_ca_store; /**< trust what esp_tls_set_global_ca_store() holds */
    /** Name that the certificate must have, and SNI. NULL: the host that is connected to. */
    const char *common_name;
    /** Accept a certificate for another name. Chain and dates are still verified; SNI is still
     *  sent. */
    bool skip_common_name;
    tls_keep_alive_cfg_t *keep_alive_cfg; /**< NULL: no keep-alive */
#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
    const psk_hint_key_t *psk_hint_key; /**< trust by shared secret: refused in this release */
#endif
    /** Trust by certificate bundle; called with the mbedtls_ssl_config. Refused in this release. */
    esp_err_t (*crt_bundle_attach)(void *conf);
    void *ds_data;         /**< key in the DS peripheral (esp_ds_data_ctx_t): refused here */
    bool is_plain_tcp;     /**< no TLS at all, whatever the URL's scheme says */
    struct ifreq *if_name; /**< bind to this interface; NULL or an empty name: any */
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    esp_tls_client_session_t *client_session; /**< session to resume: refused in this release */
#endif
    esp_tls_addr_family_t addr_family; /**< which addresses to try */
    /** IANA numbers, best first, ending with 0. NULL or empty: the stack's defaults. Not copied: it
     *  must outlive the connection. */
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

/* ---- client ---- */

esp_tls_t *esp_tls_init(void);
int esp_tls_conn_new_sync(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg,
                          esp_tls_t *tls);
int esp_tls_conn_http_new_sync(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls);
int esp_tls_conn_new_async(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg,
                           esp_tls_t *tls);
int esp_tls_conn_http_new_async(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls);
ssize_t esp_tls_conn_write(esp_tls_t *tls, const void *data, size_t datalen);
ssize_t esp_tls_conn_read(esp_tls_t *tls, void *data, size_t datalen);
int esp_tls_conn_destroy(esp_tls_t *tls);
ssize_t esp_tls_get_bytes_avail(esp_tls_t *tls);
esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *sockfd);
esp_err_t esp_tls_set_conn_sockfd(esp_tls_t *tls, int sockfd);
esp_err_t esp_tls_get_conn_state(esp_tls_t *tls, esp_tls_conn_state_t *conn_state);
esp_err_t esp_tls_set_conn_state(esp_tls_t *tls, esp_tls_conn_state_t conn_state);
void *esp_tls_get_ssl_context(esp_tls_t *tls);
esp_err_t esp_tls_get_error_handle(esp_tls_t *tls, esp_tls_error_handle_t *error_handle);
esp_err_t esp_tls_plain_tcp_connect(const char *host, int hostlen, int port,
                                    const esp_tls_cfg_t *cfg, esp_tls_error_handle_t error_handle,
                                    int *sockfd);
#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
const int *esp_tls_get_ciphersuites_list(void);
#endif

/* ---- session resumption ---- */

#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
esp_tls_client_session_t *esp_tls_get_client_session(esp_tls_t *tls);
void esp_tls_free_client_session(esp_tls_client_session_t *client_session);
#endif

/* ---- global CA store ---- */

esp_err_t esp_tls_init_global_ca_store(void);
esp_err_t esp_tls_set_global_ca_store(const unsigned char *cacert_pem_buf,
                                      const unsigned int cacert_pem_bytes);
#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
mbedtls_x509_crt *esp_tls_get_global_ca_store(void);
#endif
void esp_tls_free_global_ca_store(void);

/* ---- server ---- */

esp_err_t esp_tls_cfg_server_session_tickets_init(esp_tls_cfg_server_t *cfg);
void esp_tls_cfg_server_session_tickets_free(esp_tls_cfg_server_t *cfg);
int esp_tls_server_session_create(esp_tls_cfg_server_t *cfg, int sockfd, esp_tls_t *tls);
#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
esp_err_t esp_tls_server_session_init(esp_tls_cfg_server_t *cfg, int sockfd, esp_tls_t *tls);
int esp_tls_server_session_continue_async(esp_tls_t *tls);
#endif
void esp_tls_server_session_delete(esp_tls_t *tls);

/* ---- names of older releases ---- */

ESP_TLS_DEPRECATED esp_tls_t *esp_tls_conn_new(const char *hostname, int hostlen, int port,
                                               const esp_tls_cfg_t *cfg);
ESP_TLS_DEPRECATED esp_tls_t *esp_tls_conn_http_new(const char *url, const esp_tls_cfg_t *cfg);
ESP_TLS_DEPRECATED void esp_tls_conn_delete(esp_tls_t *tls);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_H */
