/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_diagnosis.h: what happened, why, and what to change
 *
 * Three layers, each a value:
 *
 *   - The record (esp_tls_record.h): the codes of the first failure. Always there.
 *   - The evidence: what else was known at that moment - names, bytes, the certificate that was
 *     refused, how far the handshake had come. It is copied when something fails, into the
 *     connection's memory: about 300 bytes; of a chain that was refused 1 KB more at most, of a
 *     certificate or key that cannot be read the first 8 KB. A connection that works takes nothing.
 *     Without room, or without an observer (CONFIG_ESP_TLS_DIAGNOSIS_ALWAYS,
 *     esp_tls_diagnosis_enable()), there is none, and the rest still works.
 *   - The diagnosis: made from the two by a pure function. A class, the reasons that the evidence
 *     speaks for, the likeliest first, and for each reason its remedies, which name the field or
 *     the Kconfig symbol to change.
 *
 * A diagnosis is made without heap, and so is each of its texts: they are written into the caller's
 * memory, cut where it ends, and always end in NUL. The return value is the length that the whole
 * text has, as with snprintf(). With CONFIG_ESP_TLS_DIAGNOSIS_TEXT off the sentences are empty, and
 * classes, reasons and settings keep their names.
 *
 * No call here blocks. Values may be used by any thread; calls that take a handle count as reads of
 * it: one caller at a time per handle.
 */
#ifndef ESP_TLS_DIAGNOSIS_H
#define ESP_TLS_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_tls.h"
#include "esp_tls_reasons.h"
#include "esp_tls_record.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- the evidence ----------------------------------------------------------------------------- */

#define ESP_TLS_EVIDENCE_NAME 80  /* of a host, a distinguished name; longer ones end in "..." */
#define ESP_TLS_EVIDENCE_LIST 160 /* of the names that a certificate has */

/** What the configuration asked for, as bits of esp_tls_evidence_t.asked. */
#define ESP_TLS_ASKED_IDENTITY     0x001 /* an own certificate is set */
#define ESP_TLS_ASKED_SUITES       0x002 /* ciphersuites_list is set */
#define ESP_TLS_ASKED_TLS_1_2_ONLY 0x004 /* tls_version, or the build has no TLS 1.3 */
#define ESP_TLS_ASKED_TLS_1_3_ONLY 0x008 /* tls_version, or the build has no TLS 1.2 */
#define ESP_TLS_ASKED_ALPN         0x010 /* alpn_protos is set */
#define ESP_TLS_ASKED_IP           0x020 /* the name to be checked is an IP address */
#define ESP_TLS_ASKED_PLAIN        0x040 /* no TLS */
#define ESP_TLS_ASKED_INTERFACE    0x080 /* if_name is set */
#define ESP_TLS_ASKED_FAMILY       0x100 /* addr_family is set */

/** What was seen of the peer's chain, as bits of esp_tls_evidence_t.chain. Where an issuer is is
 *  asked only of a chain that was refused because it is not trusted. */
#define ESP_TLS_CHAIN_SELF_SIGNED     0x01 /* the refused certificate is its own issuer */
#define ESP_TLS_CHAIN_OUT_OF_ORDER    0x02 /* an issuer stands before what it issued */
#define ESP_TLS_CHAIN_EXTRA           0x04 /* certificates that lead nowhere */
#define ESP_TLS_CHAIN_NO_CONSTRAINTS  0x08 /* its issuer is no CA: no basicConstraints */
#define ESP_TLS_CHAIN_ANCHOR_NAMESAKE 0x10 /* an anchor has the wanted issuer's name, not its key */
#define ESP_TLS_CHAIN_ROOT_SENT       0x20 /* it ends in a root, which is not among the anchors */
#define ESP_TLS_CHAIN_NO_IP_NAMES     0x40 /* the server's certificate has no IP address in it */
#define ESP_TLS_CHAIN_ANCHOR_KIN      0x80 /* an anchor is of the same organization as the issuer */
#define ESP_TLS_CHAIN_BAD_SIGNATURE   0x0100 /* one sent has the issuer's name, not its key */
#define ESP_TLS_CHAIN_NO_CERT_SIGN    0x0200 /* its issuer may not sign certificates (keyUsage) */
#define ESP_TLS_CHAIN_PATH_LENGTH     0x0400 /* its issuer has too many below it (pathLen) */
#define ESP_TLS_CHAIN_FIRST_ISSUED    0x0800 /* the first is an authority and issued another */
#define ESP_TLS_CHAIN_ANCHOR_IS_LEAF  0x1000 /* an anchor is the server's own, which is no CA */
#define ESP_TLS_CHAIN_ANCHOR_RENEWED  0x2000 /* an anchor is an older one of a self-signed server */
#define ESP_TLS_CHAIN_WEAK_ISSUER     0x4000 /* the key that is too weak is the issuer's */

/** What else was known when it failed. Zero, or "": unknown. */
typedef struct esp_tls_evidence {
    char host[ESP_TLS_EVIDENCE_NAME]; /**< as the connect call had it */
    char name[ESP_TLS_EVIDENCE_NAME]; /**< that the certificate had to have; "" for none */
    uint16_t port;                    /**< as the connect call had it */
    uint16_t asked;                   /**< ESP_TLS_ASKED_... */
    int timeout_ms;                   /**< of the operation */
    uint8_t message;       /**< HandshakeType (RFC 8446 section 4) that was awaited or being sent */
    bool message_is_ours;  /**< it was ours to send */
    bool identity_wanted;  /**< the server asked for a client certificate */
    bool clock_is_set;     /**< the platform knows the time */
    int64_t now;           /**< the time then, in seconds since 1970; 0: not known */
    uint8_t peer_bytes[8]; /**< the beginning of what came and was no TLS record */
    uint8_t peer_bytes_len;
    uint16_t group;       /**< that the server chose (NamedGroup), and was not offered; 0: none */
    uint16_t scheme;      /**< the same, of its signature (SignatureScheme) */
    uint32_t record_got;  /**< bytes that had come of a record of record_len when it ended */
    uint32_t mem_free;    /**< free heap when an allocation failed; 0: unknown */
    bool mem_over_limit;  /**< the connection's own limit refused it, not the heap */
    bool is_writing;      /**< the last operation was a write */
    uint16_t http_status; /**< of the answer to an HTTP request */

    /* the peer's chain, when it was refused */
    uint8_t chain_count;                 /**< certificates in it, also when it was too long */
    uint16_t chain;                      /**< ESP_TLS_CHAIN_... */
    uint16_t key_bits;                   /**< of the refused one's key, or of its issuer's where
                                              that is what is weak */
    int64_t not_before;                  /**< its validity, seconds since 1970 */
    int64_t not_after;                   /**< */
    char subject[ESP_TLS_EVIDENCE_NAME]; /**< of the refused one */
    char issuer[ESP_TLS_EVIDENCE_NAME];  /**< of the refused one, or of the chain's last when its
                                              issuer is what is missing */
    char aia[ESP_TLS_EVIDENCE_NAME];     /**< where that issuer's certificate can be had (RFC 5280
                                              section 4.2.2.1) */
    char names[ESP_TLS_EVIDENCE_LIST];   /**< names of the server's certificate, ", " between */

    /* a certificate or key that cannot be read */
    const char *input;       /**< which: a field's name, or "peer"; static text, or NULL */
    uint16_t input_item;     /**< which certificate of several, from 0 */
    uint8_t input_fault;     /**< esp_tls_input_reason_t of esp_tls_certificate.h; 0: not known */
    uint32_t input_at;       /**< byte at which reading stopped, ... */
    uint32_t input_line;     /**< ... and its line; 0: no text */
    const char *input_field; /**< field of the certificate there; static text, or NULL */
    char input_oid[48];      /**< what in it is not supported, dotted */
    const char *input_oid_name; /**< what that is called; static text, or NULL */
} esp_tls_evidence_t;

/** From now on note evidence of every connection. Where CONFIG_ESP_TLS_DIAGNOSIS_ALWAYS is on, as
 *  it is on a PC, that is so from the start, and this does nothing. Call it once, before the first
 *  connection. Without it a diagnosis is made of the record alone. Blocks: no. Memory: none.
 *  Threads: none of them may have a connection yet. */
void esp_tls_diagnosis_enable(void);

/** Copy the evidence of a handle's failure.
 *  @param tls       a handle
 *  @param evidence  receives the copy, all zero where nothing is known
 *  @return ESP_OK               *evidence is written
 *          ESP_ERR_INVALID_ARG  tls or evidence is NULL */
esp_err_t esp_tls_get_evidence(const esp_tls_t *tls, esp_tls_evidence_t *evidence);

/* --- the diagnosis ---------------------------------------------------------------------------- */

/** What kind of failure it is: who has to look at it. */
typedef enum esp_tls_class {
    ESP_TLS_CLASS_NONE = 0,    /**< nothing failed */
    ESP_TLS_CLASS_WAITING,     /**< no failure: the call has to be repeated */
    ESP_TLS_CLASS_CONFIG,      /**< the program's own settings */
    ESP_TLS_CLASS_MEMORY,      /**< not enough of it */
    ESP_TLS_CLASS_DNS,         /**< the name has no usable address */
    ESP_TLS_CLASS_NETWORK,     /**< TCP */
    ESP_TLS_CLASS_TIMEOUT,     /**< nothing came in time */
    ESP_TLS_CLASS_PROTOCOL,    /**< what came is not TLS, or broken TLS */
    ESP_TLS_CLASS_NEGOTIATION, /**< the two have nothing in common */
    ESP_TLS_CLASS_CERTIFICATE, /**< the server's certificate */
    ESP_TLS_CLASS_IDENTITY,    /**< the own certificate or key */
    ESP_TLS_CLASS_CLOSED,      /**< the connection ended */
    ESP_TLS_CLASS_PROXY,       /**< the proxy on the way */
    ESP_TLS_CLASS_HTTP,        /**< the HTTP answer */
    ESP_TLS_CLASS_CANCELLED,   /**< the program itself */
    ESP_TLS_CLASS_INTERNAL     /**< a fault of this library, or of the TLS library */
} esp_tls_class_t;

#define ESP_TLS_DIAGNOSIS_REASONS 4 /* at most, in one diagnosis */
#define ESP_TLS_REASON_REMEDIES   3 /* at most, of one reason */

typedef struct esp_tls_diagnosis {
    esp_tls_class_t kind;                                /**< of the likeliest reason */
    uint8_t reason_count;                                /**< 0: nothing failed */
    esp_tls_reason_t reasons[ESP_TLS_DIAGNOSIS_REASONS]; /**< the likeliest first */
    esp_tls_record_t record;                             /**< what it was made from */
    esp_tls_evidence_t evidence;                         /**< all zero if there was none */
} esp_tls_diagnosis_t;

/** Diagnose a record.
 *  @param record     a record, of a failure or not
 *  @param evidence   what else is known, or NULL
 *  @param diagnosis  receives the result
 *  Pure: the same input gives the same result. Any thread. */
void esp_tls_diagnose(const esp_tls_record_t *record, const esp_tls_evidence_t *evidence,
                      esp_tls_diagnosis_t *diagnosis);

/** Diagnose a handle: its record and its evidence.
 *  @param tls        a handle, failed or working
 *  @param diagnosis  receives the result
 *  @return ESP_OK               *diagnosis is written; kind is ESP_TLS_CLASS_NONE if nothing failed
 *          ESP_ERR_INVALID_ARG  tls or diagnosis is NULL */
esp_err_t esp_tls_get_diagnosis(const esp_tls_t *tls, esp_tls_diagnosis_t *diagnosis);

/** Diagnose the result of a call on a non-blocking handle: like esp_tls_get_diagnosis(), except
 *  that a result which only asks to wait (ESP_TLS_ERR_SSL_WANT_READ, _WANT_WRITE) is said to be no
 *  error.
 *  @param result  what esp_tls_conn_read() or esp_tls_conn_write() returned
 *  @return as esp_tls_get_diagnosis() */
esp_err_t esp_tls_get_result_diagnosis(const esp_tls_t *tls, ssize_t result,
                                       esp_tls_diagnosis_t *diagnosis);

/** A diagnosis that a layer above already knows: the reason goes before all others.
 *  Keeps at most ESP_TLS_DIAGNOSIS_REASONS. */
void esp_tls_diagnosis_lead(esp_tls_diagnosis_t *diagnosis, esp_tls_reason_t reason);

/* --- in words --------------------------------------------------------------------------------- */

/** What happened, in one sentence: facts only.
 *  @param text  receives it; may be NULL if cap is 0
 *  @param cap   its size in bytes
 *  @return length of the whole sentence */
size_t esp_tls_diagnosis_sentence(const esp_tls_diagnosis_t *diagnosis, char *text, size_t cap);

/** A reason, in one sentence, with what the evidence says put in.
 *  @param diagnosis  or NULL: the reason in general
 *  @return length of the whole sentence; 0 for a number that is no reason */
size_t esp_tls_reason_sentence(const esp_tls_diagnosis_t *diagnosis, esp_tls_reason_t reason,
                               char *text, size_t cap);

/** A remedy, in one sentence. @return as esp_tls_reason_sentence() */
size_t esp_tls_remedy_sentence(const esp_tls_diagnosis_t *diagnosis, esp_tls_remedy_t remedy,
                               char *text, size_t cap);

/** All of it as one paragraph: what happened, the likeliest reason with its remedies, then what
 *  else it may be. @return length of the whole text */
size_t esp_tls_diagnosis_text(const esp_tls_diagnosis_t *diagnosis, char *text, size_t cap);

/** All of it as one JSON object (RFC 8259), on one line, without a line end.
 *  @return length of the whole object; one that was cut is not valid JSON */
size_t esp_tls_diagnosis_json(const esp_tls_diagnosis_t *diagnosis, char *text, size_t cap);

/** Name of a class: "memory", "certificate", ...; "?" for a number that is none. Static text. */
const char *esp_tls_class_name(esp_tls_class_t kind);
/** Name of a reason: "RECORD_TOO_LARGE", ...; "?" for a number that is none. Static text. */
const char *esp_tls_reason_name(esp_tls_reason_t reason);
/** Class of a reason. */
esp_tls_class_t esp_tls_reason_class(esp_tls_reason_t reason);
/** A remedy of a reason. @param i  from 0. @return ESP_TLS_REMEDY_NONE after the last */
esp_tls_remedy_t esp_tls_reason_remedy(esp_tls_reason_t reason, unsigned i);
/** The setting that a remedy changes: a field ("cacert_buf"), a Kconfig symbol
 *  ("CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN"); "" where nothing of the program's helps. Static text. */
const char *esp_tls_remedy_setting(esp_tls_remedy_t remedy);

/* --- codes ------------------------------------------------------------------------------------ */

/** Whose number a code is. */
typedef enum esp_tls_code_domain {
    ESP_TLS_CODE_ESP = 0,  /**< esp_err_t */
    ESP_TLS_CODE_STACK,    /**< the TLS library's, positive */
    ESP_TLS_CODE_ALERT,    /**< AlertDescription (RFC 8446 section 6) */
    ESP_TLS_CODE_VERIFY,   /**< one bit of the verify flags */
    ESP_TLS_CODE_ERRNO,    /**< errno */
    ESP_TLS_CODE_RESOLVER, /**< EAI_... */
    ESP_TLS_CODE_DOMAINS
} esp_tls_code_domain_t;

/** One code, with what it means in general. */
typedef struct esp_tls_code {
    uint8_t domain;     /**< esp_tls_code_domain_t */
    uint8_t kind;       /**< esp_tls_class_t */
    uint8_t reasons[3]; /**< esp_tls_reason_t, the likeliest first; NONE after the last */
    int value;          /**< as the record has it. Of errno and EAI_ the platform's */
    const char *name;
    const char *sentence; /**< what it says; "" without CONFIG_ESP_TLS_DIAGNOSIS_TEXT */
} esp_tls_code_t;

/** Find a code.
 *  @param domain  whose it is
 *  @param value   with either sign where the domain is the stack's; one bit of the verify flags. A
 *                 low-level code of the stack that was added to a high-level one is found by the
 *                 latter
 *  @param code    receives the row
 *  @return false: there is none */
bool esp_tls_code_find(esp_tls_code_domain_t domain, int value, esp_tls_code_t *code);

/** Walk through all codes. @param i  from 0. @return false after the last */
bool esp_tls_code_at(size_t i, esp_tls_code_t *code);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_DIAGNOSIS_H */
