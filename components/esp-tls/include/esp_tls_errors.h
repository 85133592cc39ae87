/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_errors.h: what can go wrong, in numbers
 *
 * A failing call of esp-tls returns -1 or one negative code. What happened is kept by the handle,
 * and two views of it exist:
 *
 *   - The error handle below, as ESP-IDF has it: an ESP code, the TLS stack's code, the certificate
 *     flags and the system's errno. Its calls clear what they read.
 *   - The record of esp_tls_record.h: the same and more (phase, cause, resolver code, alerts,
 *     memory), as a value that reading does not destroy. New code does best to read that one.
 *
 * WANT_READ and WANT_WRITE are no errors, and a non-blocking handle keeps no trace of them. From a
 * handle that blocks they mean that the deadline passed, and the record says so.
 */
#ifndef ESP_TLS_ERRORS_H
#define ESP_TLS_ERRORS_H

#include "esp_err.h"
#include "sdkconfig.h"

#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
#include "mbedtls/error.h"
#include "mbedtls/ssl.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What a connection reports by itself. */
#define ESP_ERR_ESP_TLS_BASE                        0x8000
#define ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME     (ESP_ERR_ESP_TLS_BASE + 0x01)
#define ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET        (ESP_ERR_ESP_TLS_BASE + 0x02)
#define ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY (ESP_ERR_ESP_TLS_BASE + 0x03)
#define ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST      (ESP_ERR_ESP_TLS_BASE + 0x04)
#define ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED        (ESP_ERR_ESP_TLS_BASE + 0x05)
#define ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT          (ESP_ERR_ESP_TLS_BASE + 0x06)
#define ESP_ERR_ESP_TLS_SE_FAILED                   (ESP_ERR_ESP_TLS_BASE + 0x07)
#define ESP_ERR_ESP_TLS_TCP_CLOSED_FIN              (ESP_ERR_ESP_TLS_BASE + 0x08)
#define ESP_ERR_ESP_TLS_SERVER_HANDSHAKE_TIMEOUT    (ESP_ERR_ESP_TLS_BASE + 0x09)

/* Which step with the TLS stack failed; the stack's own code says why. The names are Mbed TLS's for
 * every stack. */
#define ESP_ERR_MBEDTLS_CERT_PARTLY_OK                 (ESP_ERR_ESP_TLS_BASE + 0x10)
#define ESP_ERR_MBEDTLS_CTR_DRBG_SEED_FAILED           (ESP_ERR_ESP_TLS_BASE + 0x11)
#define ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED        (ESP_ERR_ESP_TLS_BASE + 0x12)
#define ESP_ERR_MBEDTLS_SSL_CONFIG_DEFAULTS_FAILED     (ESP_ERR_ESP_TLS_BASE + 0x13)
#define ESP_ERR_MBEDTLS_SSL_CONF_ALPN_PROTOCOLS_FAILED (ESP_ERR_ESP_TLS_BASE + 0x14)
#define ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED          (ESP_ERR_ESP_TLS_BASE + 0x15)
#define ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED       (ESP_ERR_ESP_TLS_BASE + 0x16)
#define ESP_ERR_MBEDTLS_SSL_SETUP_FAILED               (ESP_ERR_ESP_TLS_BASE + 0x17)
#define ESP_ERR_MBEDTLS_SSL_WRITE_FAILED               (ESP_ERR_ESP_TLS_BASE + 0x18)
#define ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED            (ESP_ERR_ESP_TLS_BASE + 0x19)
#define ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED           (ESP_ERR_ESP_TLS_BASE + 0x1A)
#define ESP_ERR_MBEDTLS_SSL_CONF_PSK_FAILED            (ESP_ERR_ESP_TLS_BASE + 0x1B)
#define ESP_ERR_MBEDTLS_SSL_TICKET_SETUP_FAILED        (ESP_ERR_ESP_TLS_BASE + 0x1C)
#define ESP_ERR_MBEDTLS_SSL_READ_FAILED                (ESP_ERR_ESP_TLS_BASE + 0x1D)

/* Names of older ESP-IDF releases, for programs that still test for them. Never produced here. */
#define ESP_ERR_WOLFSSL_SSL_SET_HOSTNAME_FAILED        (ESP_ERR_ESP_TLS_BASE + 0x31)
#define ESP_ERR_WOLFSSL_SSL_CONF_ALPN_PROTOCOLS_FAILED (ESP_ERR_ESP_TLS_BASE + 0x32)
#define ESP_ERR_WOLFSSL_CERT_VERIFY_SETUP_FAILED       (ESP_ERR_ESP_TLS_BASE + 0x33)
#define ESP_ERR_WOLFSSL_KEY_VERIFY_SETUP_FAILED        (ESP_ERR_ESP_TLS_BASE + 0x34)
#define ESP_ERR_WOLFSSL_SSL_HANDSHAKE_FAILED           (ESP_ERR_ESP_TLS_BASE + 0x35)
#define ESP_ERR_WOLFSSL_CTX_SETUP_FAILED               (ESP_ERR_ESP_TLS_BASE + 0x36)
#define ESP_ERR_WOLFSSL_SSL_SETUP_FAILED               (ESP_ERR_ESP_TLS_BASE + 0x37)
#define ESP_ERR_WOLFSSL_SSL_WRITE_FAILED               (ESP_ERR_ESP_TLS_BASE + 0x38)

/* Results of esp_tls_conn_read() and esp_tls_conn_write() that only ask to wait. The numbers are
 * the same for every stack. */
#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
#define ESP_TLS_ERR_SSL_WANT_READ  MBEDTLS_ERR_SSL_WANT_READ  /* -0x6900 */
#define ESP_TLS_ERR_SSL_WANT_WRITE MBEDTLS_ERR_SSL_WANT_WRITE /* -0x6880 */
#define ESP_TLS_ERR_SSL_TIMEOUT    MBEDTLS_ERR_SSL_TIMEOUT    /* -0x6800 */
#else
#define ESP_TLS_ERR_SSL_WANT_READ  -0x6900
#define ESP_TLS_ERR_SSL_WANT_WRITE -0x6880
#define ESP_TLS_ERR_SSL_TIMEOUT    -0x6800
#endif

/** Whose code an item of the error handle is. */
typedef enum {
    ESP_TLS_ERR_TYPE_UNKNOWN = 0,
    ESP_TLS_ERR_TYPE_SYSTEM = 1,                  /**< errno of the socket */
    ESP_TLS_ERR_TYPE_MBEDTLS = 2,                 /**< the stack's code, positive */
    ESP_TLS_ERR_TYPE_MBEDTLS_CERT_FLAGS = 3,      /**< MBEDTLS_X509_BADCERT_... bits */
    ESP_TLS_ERR_TYPE_ESP = 4,                     /**< one of the codes above, or of esp_err.h */
    ESP_TLS_ERR_TYPE_CUSTOM_STACK = 5,            /**< code of a registered stack, positive */
    ESP_TLS_ERR_TYPE_CUSTOM_STACK_CERT_FLAGS = 6, /**< certificate flags of a registered stack */
    ESP_TLS_ERR_TYPE_MAX = 7,
    ESP_TLS_ERR_TYPE_WOLFSSL = 5,           /**< older name of slot 5 */
    ESP_TLS_ERR_TYPE_WOLFSSL_CERT_FLAGS = 6 /**< older name of slot 6 */
} esp_tls_error_type_t;

/** What ESP-IDF lets a program see of the last failure. Zero: nothing happened. */
typedef struct esp_tls_last_error {
    esp_err_t last_error;   /**< ESP_ERR_ESP_TLS_..., ESP_ERR_MBEDTLS_..., or of esp_err.h */
    int esp_tls_error_code; /**< the stack's code, as a positive number */
    int esp_tls_flags;      /**< flags of the certificate check */
} esp_tls_last_error_t;

/** Borrowed from a handle by esp_tls_get_error_handle(). The errno lies behind the public part, so
 *  a struct of the application's own cannot stand in for it. */
typedef esp_tls_last_error_t *esp_tls_error_handle_t;

/** Read the last failure and clear its three public items; the errno stays.
 *  @param h              from esp_tls_get_error_handle()
 *  @param esp_tls_code   receives the stack's code, positive, 0 if none; may be NULL
 *  @param esp_tls_flags  receives the certificate flags; may be NULL
 *  @return ESP_OK                 nothing failed since the last reading
 *          ESP_ERR_INVALID_STATE  h is NULL
 *          other                  the failure's own code: one of those above, or of esp_err.h
 *  Blocks: no. Memory: none. Threads: as the handle it came from. */
esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t h, int *esp_tls_code,
                                           int *esp_tls_flags);

/** Read one item of the last failure and clear that item only.
 *  @param h           from esp_tls_get_error_handle()
 *  @param err_type    which item; not UNKNOWN, below MAX
 *  @param error_code  receives it, 0 if there is none
 *  @return ESP_OK               *error_code is written
 *          ESP_ERR_INVALID_ARG  h or error_code is NULL, or err_type names no item
 *  Blocks: no. Memory: none. Threads: as the handle it came from. */
esp_err_t esp_tls_get_and_clear_error_type(esp_tls_error_handle_t h, esp_tls_error_type_t err_type,
                                           int *error_code);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_ERRORS_H */
