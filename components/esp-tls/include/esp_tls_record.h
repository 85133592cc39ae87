/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_record.h: what a connection knows about itself
 *
 * Each handle keeps one record of what went wrong. The first final cause wins: what fails later
 * because of it does not hide it. Reading copies the record and changes nothing, so a logger and
 * the program itself can both look, any number of times. It is empty after esp_tls_init() and again
 * when a connect begins afresh.
 *
 * In phase OPEN three causes are not final, because the connection lives on: TIMEOUT, NO_MEM and
 * INVALID_ARG of one read or write. They stand until the next read or write, or the next cause, and
 * destroying the handle closes TLS in order. WANT_READ and WANT_WRITE of a non-blocking handle
 * leave no trace.
 *
 * Beside the record stand a timeline of the connect and the facts of the TLS session. All calls
 * here only copy: they do not block, do not allocate, and may be used like a read, one caller at a
 * time per handle. */
#ifndef ESP_TLS_RECORD_H
#define ESP_TLS_RECORD_H

#include <stdint.h>

#include "esp_err.h"
#include "esp_tls.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the connection was doing. */
typedef enum esp_tls_phase {
    ESP_TLS_PHASE_NONE = 0,  /**< nothing yet */
    ESP_TLS_PHASE_CONFIG,    /**< checking the configuration: before any I/O */
    ESP_TLS_PHASE_RESOLVE,   /**< turning the name into addresses */
    ESP_TLS_PHASE_CONNECT,   /**< opening TCP */
    ESP_TLS_PHASE_HANDSHAKE, /**< TLS handshake, up to and with the check of the certificate */
    ESP_TLS_PHASE_OPEN,      /**< reading and writing */
    ESP_TLS_PHASE_CLOSE      /**< closing */
} esp_tls_phase_t;

/** Why it ended. */
typedef enum esp_tls_cause {
    ESP_TLS_CAUSE_NONE = 0,      /**< nothing happened */
    ESP_TLS_CAUSE_TIMEOUT,       /**< the deadline of the operation passed */
    ESP_TLS_CAUSE_EOF,           /**< the peer closed in order: close_notify, or FIN on plain TCP */
    ESP_TLS_CAUSE_TRUNCATED,     /**< FIN without close_notify: data may be missing */
    ESP_TLS_CAUSE_CANCELLED,     /**< esp_tls_conn_cancel() */
    ESP_TLS_CAUSE_FAILED,        /**< none of the others; the codes say what is known */
    ESP_TLS_CAUSE_NO_MEM,        /**< an allocation failed; mem_... say which */
    ESP_TLS_CAUSE_INVALID_ARG,   /**< an argument or a field of the configuration; see option */
    ESP_TLS_CAUSE_INVALID_STATE, /**< not now: wrong order of calls, or fields that do not fit */
    ESP_TLS_CAUSE_NOT_SUPPORTED, /**< this build cannot honour an option; see option */
    ESP_TLS_CAUSE_RESOLVE,       /**< the name has no usable address; see resolver_code */
    ESP_TLS_CAUSE_SYSTEM,        /**< the operating system refused; see os_errno */
    ESP_TLS_CAUSE_STACK,         /**< the TLS stack refused; see stack_code and the alerts */
    ESP_TLS_CAUSE_VERIFY,        /**< the peer's certificate was rejected; see verify_flags */
    ESP_TLS_CAUSE_NO_TRUST,      /**< no trust option is set, so nothing could be verified */
    ESP_TLS_CAUSE_FLOOD          /**< the peer sent records without end that bring nothing */
} esp_tls_cause_t;

/* A verify flag beside those of Mbed TLS: a name in the certificate is outside of what an authority
 * above it may give, or the constraints cannot be applied (RFC 5280 section 4.2.1.10). */
#define ESP_TLS_BADCERT_NAME_CONSTRAINTS 0x01000000

/* A numeric IPv6 address with its scope as a number, and NUL. */
#define ESP_TLS_RECORD_ADDRESS_MAX 48

/** The record. Fields that do not apply are 0, NULL or as noted. */
typedef struct esp_tls_record {
    esp_tls_phase_t phase;  /**< where it happened; without a cause: where the connection is */
    esp_tls_cause_t cause;  /**< the first final cause */
    esp_err_t esp_code;     /**< as the error handle has it */
    int os_errno;           /**< errno of the call that failed */
    int resolver_code;      /**< EAI_... of getaddrinfo() */
    int stack_code;         /**< the TLS stack's code, as a positive number */
    uint32_t verify_flags;  /**< MBEDTLS_X509_BADCERT_... bits, and ESP_TLS_BADCERT_... */
    int8_t verify_depth;    /**< the certificate they belong to; 0: the peer's own; -1: unknown */
    int16_t alert_sent;     /**< AlertDescription that we sent; -1: none */
    int16_t alert_received; /**< AlertDescription that the peer sent; -1: none */
    const char *option;     /**< field or Kconfig symbol that was refused; static text, or NULL */
    uint32_t mem_size;      /**< bytes that could not be had */
    uint32_t mem_largest_free; /**< largest free block then; 0: unknown on this platform */
    uint8_t mem_purpose;       /**< what they were for, as the platform's heap numbers it */
    bool identity_missed;  /**< the server asked for a client certificate, and got none: some say
                                only in their answer that they demand it. Not over an installed
                                Mbed TLS */
    uint32_t record_len;   /**< length of the TLS record that did not fit, or did not come whole */
    uint32_t record_limit; /**< the length that would have fitted; 0: it fitted */
    char address[ESP_TLS_RECORD_ADDRESS_MAX]; /**< last numeric address tried; "" before that */
    uint16_t port;                            /**< its port */
    uint64_t bytes_in;  /**< bytes received from the network so far, TLS overhead included */
    uint64_t bytes_out; /**< bytes sent to the network so far, TLS overhead included */
} esp_tls_record_t;

/** When the steps of the connect were done: microseconds since the connect call began, on the
 *  monotonic clock. 0: not reached. */
typedef struct esp_tls_timeline {
    uint32_t resolved_us;   /**< the name had its first address */
    uint32_t connected_us;  /**< TCP was open */
    uint32_t handshake_us;  /**< the TLS handshake was complete */
    uint32_t first_byte_us; /**< esp_tls_conn_read() first gave bytes */
} esp_tls_timeline_t;

/** What the handshake agreed on. The texts live as long as the handle's connection. */
typedef struct esp_tls_session_info {
    const char *version;     /**< "TLSv1.3" or "TLSv1.2"; NULL on plain TCP */
    const char *ciphersuite; /**< its name in the TLS stack's spelling; NULL on plain TCP */
    const char *alpn;        /**< the protocol that was selected, or NULL */
} esp_tls_session_info_t;

/** What an esp_tls_error_handle_t points to. A layer above esp-tls that has error handles of its
 *  own keeps one of these and hands out the address of `last`. */
typedef struct esp_tls_error_store {
    esp_tls_last_error_t last;
    int sys_errno;
} esp_tls_error_store_t;

/** Copy the record of a handle.
 *  @param tls     a handle
 *  @param record  receives the copy
 *  @return ESP_OK               *record is written; cause is NONE if nothing failed
 *          ESP_ERR_INVALID_ARG  tls or record is NULL */
esp_err_t esp_tls_get_record(const esp_tls_t *tls, esp_tls_record_t *record);

/** Name of a phase: "config", "resolve", ...; "?" for a number that is none. Static text. */
const char *esp_tls_phase_name(esp_tls_phase_t phase);

/** Name of a cause: "timeout", "truncated", ...; "?" for a number that is none. Static text. */
const char *esp_tls_cause_name(esp_tls_cause_t cause);

/** Copy the timeline of a handle's connect, finished or not.
 *  @param tls       a handle
 *  @param timeline  receives the copy
 *  @return ESP_OK               *timeline is written
 *          ESP_ERR_INVALID_ARG  tls or timeline is NULL */
esp_err_t esp_tls_get_timeline(const esp_tls_t *tls, esp_tls_timeline_t *timeline);

/** Ask what the handshake agreed on.
 *  @param tls   a handle
 *  @param info  receives the answer
 *  @return ESP_OK                 *info is written
 *          ESP_ERR_INVALID_ARG    tls or info is NULL
 *          ESP_ERR_INVALID_STATE  the connection is not open */
esp_err_t esp_tls_get_session_info(const esp_tls_t *tls, esp_tls_session_info_t *info);

/** Name of a stack code: "MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED" for 0x7600.
 *  @param code  with either sign; a low-level code added to a high-level one is named by the latter
 *  @return static text, or NULL for a code without a name. Any thread */
const char *esp_tls_stack_code_name(int code);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_RECORD_H */
