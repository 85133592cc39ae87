/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_certificate.h: reading certificates and keys, to explain them
 *
 * FOR EXPLANATION ONLY, NEVER FOR TRUST. Whether a chain is good is decided by the TLS library's
 * verifier alone, in the handshake. What is read here says to people what a certificate contains,
 * why an input could not be used, and what a server sent. It compares no names and trusts nobody.
 *
 * Three things:
 *   - esp_tls_certificate_read(): views into a certificate's DER (RFC 5280): names, dates, key,
 *     extensions. Also of one that the TLS library does not support.
 *   - esp_tls_certificate_examine(): why a buffer that was given as cacert_buf, clientcert_buf or
 *     clientkey_buf cannot be parsed: the byte, the line and column, the field, the reason.
 *   - esp_tls_set_peer_chain_hook(): the chain of the peer exactly as it was sent, also when it is
 *     refused, and also when a certificate of it cannot be parsed.
 *
 * Unless a call says otherwise it is pure: no heap, no state, bounded time and stack, any thread;
 * what it returns points into what it was given or is static text.
 */
#ifndef ESP_TLS_CERTIFICATE_H
#define ESP_TLS_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_tls.h"
#include "esp_tls_pem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- a certificate ---------------------------------------------------------------------------- */

/** Kinds of public keys. */
typedef enum esp_tls_key_type {
    ESP_TLS_KEY_UNKNOWN = 0, /**< see the algorithm's OID */
    ESP_TLS_KEY_RSA,
    ESP_TLS_KEY_EC,         /**< on a named curve (RFC 5480) */
    ESP_TLS_KEY_EDWARDS,    /**< Ed25519, Ed448 (RFC 8410) */
    ESP_TLS_KEY_MONTGOMERY, /**< X25519, X448 (RFC 8410) */
    ESP_TLS_KEY_DSA
} esp_tls_key_type_t;

/** A public key. */
typedef struct esp_tls_public_key {
    esp_tls_key_type_t type;
    uint16_t bits;             /**< of the modulus, or of the curve's field; 0: not known */
    const char *name;          /**< "RSA", "P-256", "Ed25519"; NULL: not known */
    esp_tls_bytes_t info;      /**< SubjectPublicKeyInfo, whole */
    esp_tls_bytes_t algorithm; /**< OID, without tag and length, as all OIDs here */
    esp_tls_bytes_t curve;     /**< OID of the named curve; NULL: none */
    esp_tls_bytes_t key;       /**< the bits: a point, or an RSAPublicKey */
    esp_tls_bytes_t modulus;   /**< RSA: without leading zeros; NULL: not RSA */
} esp_tls_public_key_t;

/* Bits of key_usage: RFC 5280 section 4.2.1.3. */
#define ESP_TLS_USAGE_DIGITAL_SIGNATURE (1U << 0)
#define ESP_TLS_USAGE_NON_REPUDIATION   (1U << 1)
#define ESP_TLS_USAGE_KEY_ENCIPHERMENT  (1U << 2)
#define ESP_TLS_USAGE_DATA_ENCIPHERMENT (1U << 3)
#define ESP_TLS_USAGE_KEY_AGREEMENT     (1U << 4)
#define ESP_TLS_USAGE_CERT_SIGN         (1U << 5)
#define ESP_TLS_USAGE_CRL_SIGN          (1U << 6)
#define ESP_TLS_USAGE_ENCIPHER_ONLY     (1U << 7)
#define ESP_TLS_USAGE_DECIPHER_ONLY     (1U << 8)

/* Bits of extended_usage: RFC 5280 section 4.2.1.12. */
#define ESP_TLS_EXTENDED_ANY          (1U << 0)
#define ESP_TLS_EXTENDED_SERVER_AUTH  (1U << 1)
#define ESP_TLS_EXTENDED_CLIENT_AUTH  (1U << 2)
#define ESP_TLS_EXTENDED_CODE_SIGNING (1U << 3)
#define ESP_TLS_EXTENDED_EMAIL        (1U << 4)
#define ESP_TLS_EXTENDED_TIME_STAMP   (1U << 5)
#define ESP_TLS_EXTENDED_OCSP_SIGNING (1U << 6)
#define ESP_TLS_EXTENDED_OTHER        (1U << 7)

/** What a certificate says. A view whose ptr is NULL is not in it. */
typedef struct esp_tls_certificate {
    esp_tls_bytes_t der;     /**< the certificate, without what follows it */
    uint8_t version;         /**< 1, 2, 3 */
    esp_tls_bytes_t serial;  /**< big-endian, as it is written */
    esp_tls_bytes_t issuer;  /**< Name, whole: esp_tls_name_text() */
    esp_tls_bytes_t subject; /**< Name, whole */
    bool is_self_issued;     /**< the two are the same bytes. Its own key need not have signed it */
    int64_t not_before;      /**< seconds since 1970-01-01 UTC */
    int64_t not_after;       /**< the last second of the period */
    esp_tls_public_key_t key;
    esp_tls_bytes_t tbs;                 /**< what is signed */
    esp_tls_bytes_t signature_algorithm; /**< OID */
    const char *signature_name;          /**< "ECDSA with SHA-256"; NULL: not known */
    bool is_signature_weak;              /**< MD2, MD5 or SHA-1 */
    esp_tls_bytes_t signature;

    bool has_basic_constraints;
    bool is_ca;
    int path_length; /**< CAs below it at most; -1: no limit */
    bool has_key_usage;
    uint16_t key_usage; /**< ESP_TLS_USAGE_... */
    bool has_extended_usage;
    uint16_t extended_usage;          /**< ESP_TLS_EXTENDED_... */
    esp_tls_bytes_t names;            /**< subjectAltName: esp_tls_certificate_next_name() */
    esp_tls_bytes_t access;           /**< authorityInfoAccess: esp_tls_certificate_next_access() */
    esp_tls_bytes_t name_constraints; /**< nameConstraints, DER */
    esp_tls_bytes_t subject_key_id;
    esp_tls_bytes_t authority_key_id;
    esp_tls_bytes_t
        unknown_critical; /**< OID of the first critical extension that Mbed TLS does not
                                           know: it refuses the certificate for it */
} esp_tls_certificate_t;

/** Read a certificate.
 *  @param der   the certificate; may be followed by other bytes; stays the caller's
 *  @param len   bytes of it
 *  @param cert  receives views into der; what could not be read is zero
 *  @return ESP_OK               read to its end. It may still be one that the TLS library does not
 *                               support: esp_tls_certificate_examine() says so
 *          ESP_ERR_INVALID_ARG  der or cert is NULL
 *          ESP_FAIL             it is damaged, or no certificate; *cert has what stands before the
 *                               damage */
esp_err_t esp_tls_certificate_read(const void *der, size_t len, esp_tls_certificate_t *cert);

/** Go through certificates that stand one after the other in DER, or in a PKCS #7 SignedData, which
 *  is how "certificates only" files are written (RFC 2315 section 9.1). NUL bytes behind them are
 *  passed over.
 *  @param at   0 at first; moved on
 *  @param der  receives one of them; where it is damaged or no SEQUENCE, all that is left
 *  @return true: *der is written; false: there is no further one */
bool esp_tls_certificate_next(const void *buf, size_t len, size_t *at, esp_tls_bytes_t *der);

/** Kinds of GeneralName, RFC 5280 section 4.2.1.6. */
typedef enum esp_tls_name_kind {
    ESP_TLS_NAME_OTHER = 0, /**< a kind not listed here: value is its DER */
    ESP_TLS_NAME_DNS,       /**< ASCII, not checked; may hold any byte */
    ESP_TLS_NAME_IP,        /**< 4 or 16 bytes; any other length is a mistake of who issued it */
    ESP_TLS_NAME_EMAIL,
    ESP_TLS_NAME_URI,
    ESP_TLS_NAME_DIRECTORY /**< a Name */
} esp_tls_name_kind_t;

/** Go through the names in subjectAltName.
 *  @param at    0 at first; moved on
 *  @return true: *kind and *value are written; false: there is no further one */
bool esp_tls_certificate_next_name(const esp_tls_certificate_t *cert, size_t *at,
                                   esp_tls_name_kind_t *kind, esp_tls_bytes_t *value);

/** Kinds of access, RFC 5280 section 4.2.2.1. */
typedef enum esp_tls_access_kind {
    ESP_TLS_ACCESS_OTHER = 0,
    ESP_TLS_ACCESS_CA_ISSUERS, /**< where the issuer's certificate can be fetched */
    ESP_TLS_ACCESS_OCSP        /**< who is asked whether it is revoked */
} esp_tls_access_kind_t;

/** Go through the URLs in authorityInfoAccess. Parameters and result as above. */
bool esp_tls_certificate_next_access(const esp_tls_certificate_t *cert, size_t *at,
                                     esp_tls_access_kind_t *kind, esp_tls_bytes_t *url);

/* --- as text ---------------------------------------------------------------------------------- */

/** A Name as RFC 4514 writes it: "CN=example.org,O=Example,C=DE". Control characters and what is no
 *  UTF-8 are written as "\hh", so the text can go to a terminal or into a log.
 *  @param out  receives as much as fits, and a NUL if cap > 0
 *  @return bytes of the whole text, without the NUL */
size_t esp_tls_name_text(esp_tls_bytes_t name, char *out, size_t cap);

/** The value of the last attribute of one kind, in the same spelling without escapes of separators.
 *  @param oid  for the common name "\x55\x04\x03" (2.5.4.3), for the organisation "\x55\x04\x0a"
 *  @return bytes of the whole text; 0: there is none, and *out is "" */
size_t esp_tls_name_attribute(esp_tls_bytes_t name, const char *oid, char *out, size_t cap);

/** An OID as "1.2.840.113549". @return bytes of the whole text */
size_t esp_tls_oid_text(esp_tls_bytes_t oid, char *out, size_t cap);

/** The name of an algorithm, a curve, or an extension: "ecdsa-with-SHA256". NULL: not known. */
const char *esp_tls_oid_name(esp_tls_bytes_t oid);

/** "2045-01-31 23:59:59" (UTC), or "?" when the year is not of four digits.
 *  @param out  at least 20 bytes */
#define ESP_TLS_TIME_TEXT 20
void esp_tls_time_text(int64_t unix_s, char out[ESP_TLS_TIME_TEXT]);

/** An IP address of 4 or 16 bytes as text (RFC 5952); anything else as hexadecimal.
 *  @return bytes of the whole text */
size_t esp_tls_ip_text(esp_tls_bytes_t address, char *out, size_t cap);

/* --- a private key ---------------------------------------------------------------------------- */

/** How a private key is written down. */
typedef enum esp_tls_key_format {
    ESP_TLS_KEY_FORMAT_NONE = 0,
    ESP_TLS_KEY_FORMAT_PKCS8,           /**< RFC 5958: "PRIVATE KEY" */
    ESP_TLS_KEY_FORMAT_PKCS8_ENCRYPTED, /**< RFC 5958: "ENCRYPTED PRIVATE KEY" */
    ESP_TLS_KEY_FORMAT_PKCS1,           /**< RFC 8017: "RSA PRIVATE KEY" */
    ESP_TLS_KEY_FORMAT_SEC1             /**< RFC 5915: "EC PRIVATE KEY" */
} esp_tls_key_format_t;

/** What a private key says without being used. Its secret part is not among it. */
typedef struct esp_tls_private_key {
    esp_tls_key_format_t format;
    esp_tls_key_type_t type; /**< UNKNOWN when it is encrypted */
    uint16_t bits;
    const char *name;          /**< as in esp_tls_public_key_t */
    esp_tls_bytes_t algorithm; /**< OID: of the key, or of the encryption */
    esp_tls_bytes_t curve;
    esp_tls_bytes_t modulus; /**< RSA: without leading zeros */
    esp_tls_bytes_t point;   /**< EC: the public point, where it is written along */
} esp_tls_private_key_t;

/** Read a private key's DER. Results as esp_tls_certificate_read(). */
esp_err_t esp_tls_private_key_read(const void *der, size_t len, esp_tls_private_key_t *key);

/* --- what is wrong with an input -------------------------------------------------------------- */

/** What a buffer was given as. */
typedef enum esp_tls_input {
    ESP_TLS_INPUT_CERTIFICATES = 0, /**< cacert_buf, clientcert_buf, servercert_buf */
    ESP_TLS_INPUT_KEY,              /**< clientkey_buf without a password */
    ESP_TLS_INPUT_KEY_PASSWORD      /**< clientkey_buf with clientkey_password */
} esp_tls_input_t;

/** Why it cannot be used. esp_tls_input_reason_name() and _text() say each in words. */
typedef enum esp_tls_input_reason {
    ESP_TLS_INPUT_OK = 0,            /**< nothing was found */
    ESP_TLS_INPUT_EMPTY,             /**< no bytes */
    ESP_TLS_INPUT_NO_FORMAT,         /**< neither PEM nor DER */
    ESP_TLS_INPUT_NO_ARMOR,          /**< base64 without its BEGIN and END lines */
    ESP_TLS_INPUT_UTF16,             /**< PEM in UTF-16 */
    ESP_TLS_INPUT_NO_NUL,            /**< PEM whose final NUL is not counted in the length */
    ESP_TLS_INPUT_NUL_INSIDE,        /**< a NUL ends the text before a block */
    ESP_TLS_INPUT_NO_LINES,          /**< PEM without its line breaks */
    ESP_TLS_INPUT_BACKSLASH_N,       /**< line breaks are the two characters \n */
    ESP_TLS_INPUT_LONE_CR,           /**< line breaks are CR without LF */
    ESP_TLS_INPUT_SPACES,            /**< blanks or tabs in or before a line of base64 */
    ESP_TLS_INPUT_NO_END,            /**< BEGIN without END */
    ESP_TLS_INPUT_NO_BEGIN,          /**< END without BEGIN */
    ESP_TLS_INPUT_WRONG_END,         /**< the END line names something else than BEGIN */
    ESP_TLS_INPUT_BAD_CHARACTER,     /**< a character that is no base64 */
    ESP_TLS_INPUT_BASE64_CUT,        /**< characters are missing: no multiple of four */
    ESP_TLS_INPUT_EMPTY_BLOCK,       /**< nothing between BEGIN and END */
    ESP_TLS_INPUT_WRONG_KIND,        /**< PEM or DER of something else: see found */
    ESP_TLS_INPUT_NEEDS_PASSWORD,    /**< an encrypted key, and no password */
    ESP_TLS_INPUT_ENCRYPTION,        /**< how the key is encrypted is not supported: see oid */
    ESP_TLS_INPUT_STRLEN_OF_DER,     /**< DER whose length was taken with strlen() */
    ESP_TLS_INPUT_TRUNCATED,         /**< the DER ends too early */
    ESP_TLS_INPUT_TRAILING,          /**< bytes follow the end */
    ESP_TLS_INPUT_TAG,               /**< another element stands where this one is expected */
    ESP_TLS_INPUT_LENGTH,            /**< an element's length does not fit what it is in */
    ESP_TLS_INPUT_VALUE,             /**< a value that may not be: a date, a number */
    ESP_TLS_INPUT_VERSION,           /**< a version that is not known */
    ESP_TLS_INPUT_ALGORITHM,         /**< an algorithm that this build does not support: see oid */
    ESP_TLS_INPUT_CURVE,             /**< a curve that this build does not support: see oid */
    ESP_TLS_INPUT_EXTENSION,         /**< a critical extension that is not supported: see oid */
    ESP_TLS_INPUT_REPEATED,          /**< an extension stands twice: see oid */
    ESP_TLS_INPUT_ALGORITHMS_DIFFER, /**< the two signature algorithms are not the same */
    ESP_TLS_INPUT_KEY_SIZE,          /**< an RSA key that is longer than this build takes */
    ESP_TLS_INPUT_ARMOR,             /**< PEM of one kind of key around another: see found */
    ESP_TLS_INPUT_BAD_BEGIN,         /**< a damaged BEGIN line, whose END is one that is wanted */
    ESP_TLS_INPUT_REASONS
} esp_tls_input_reason_t;

/** What was found, and where. Fields that do not apply are 0, NULL or "". */
typedef struct esp_tls_input_problem {
    esp_tls_input_reason_t reason;
    const char *field; /**< "tbsCertificate.validity.notAfter"; static text, or NULL */
    size_t offset;     /**< in the buffer: the byte, or of PEM the group of base64 that holds it */
    bool is_pem;       /**< line and column are of use, and der_offset is not offset */
    size_t der_offset; /**< in the DER of the certificate or key */
    unsigned line;     /**< of offset, from 1 */
    unsigned column;   /**< from 1 */
    unsigned index;    /**< which certificate of the buffer, from 0 */
    unsigned count;    /**< certificates of the buffer that were looked at */
    unsigned bad;      /**< of these, how many have a problem; the rest of this is of the first */
    esp_tls_bytes_t
        found;            /**< WRONG_KIND: the PEM label in the buffer, or a static text of what the
                                DER is; WRONG_END: the END line's label */
    size_t announced;     /**< TRUNCATED, LENGTH: bytes that the element says it has */
    size_t available;     /**< and that there are; TRAILING: how many follow */
    uint8_t tag;          /**< TAG: what stands there; BAD_CHARACTER: the character */
    char oid[48];         /**< dotted, cut when it is longer */
    const char *oid_name; /**< what it is called; static text, or NULL */
} esp_tls_input_problem_t;

/** Find out why a buffer cannot be parsed.
 *  @param buf      as given in the configuration; NULL: EMPTY
 *  @param len      as given: of PEM with its NUL
 *  @param as       what it was given as
 *  @param problem  receives the first problem, or reason OK. OK is no promise that the TLS library
 *                  takes it: it computes with the keys, which this does not. On the other hand a
 *                  block that the library passes over without a word (its END line is missing, a
 *                  NUL stands before it) is a problem here
 *  @return ESP_OK               no problem was found
 *          ESP_FAIL             *problem says what is wrong
 *          ESP_ERR_INVALID_ARG  problem is NULL, or as is none of the values */
esp_err_t esp_tls_certificate_examine(const void *buf, size_t len, esp_tls_input_t as,
                                      esp_tls_input_problem_t *problem);

/** "needs-password", for programs. Static text; "?" for a number that is none. */
const char *esp_tls_input_reason_name(esp_tls_input_reason_t reason);

/** One sentence for people, without place or evidence. Static text. */
const char *esp_tls_input_reason_text(esp_tls_input_reason_t reason);

/** The sentence with its place and evidence, bounded.
 *  @return bytes of the whole text, without the NUL */
size_t esp_tls_input_problem_text(const esp_tls_input_problem_t *problem, char *out, size_t cap);

/* --- who signed what, which key is whose (uses the TLS library, and heap while it runs) ------- */

/** Did this key make the signature on the certificate? Names, dates and usages do not count.
 *  @return ESP_OK                 yes
 *          ESP_FAIL               no
 *          ESP_ERR_NOT_SUPPORTED  an algorithm of the two is not in this build
 *          ESP_ERR_INVALID_ARG    a pointer is NULL, or one of them cannot be parsed
 *          ESP_ERR_NO_MEM
 *  Blocks: no, computes some milliseconds. Any thread. */
esp_err_t esp_tls_certificate_is_signed_by(const esp_tls_certificate_t *cert,
                                           const esp_tls_certificate_t *issuer);

/** May an authority give the names of a certificate that stands below it: do its name constraints
 *  hold (RFC 5280 section 4.2.1.10)? Between the two others may stand; a certificate that is its
 *  own issuer and not the last of its chain is not constrained, which the caller knows.
 *  @param is_peer  the last of its chain: without a subjectAltName its common name counts
 *  @param kind, name  receive the first name that is refused, a view; may be NULL
 *  @return ESP_OK                 yes, or it has none
 *          ESP_FAIL               no
 *          ESP_ERR_NOT_SUPPORTED  they cannot be applied: malformed, of a kind that cannot be
 *                                 compared, or too many; the name may be empty then
 *          ESP_ERR_INVALID_ARG    a pointer is NULL
 *  Takes no memory. Blocks: no. Any thread. */
esp_err_t esp_tls_certificate_names_allowed(const esp_tls_certificate_t *cert,
                                            const esp_tls_certificate_t *authority, bool is_peer,
                                            esp_tls_name_kind_t *kind, esp_tls_bytes_t *name);

/** Does the private key belong to the certificate?
 *  @param key       PEM with its NUL counted, or DER
 *  @param password  NULL: none
 *  @return ESP_OK                 it does
 *          ESP_FAIL               it belongs to another
 *          ESP_ERR_INVALID_ARG    a pointer is NULL, or the key cannot be parsed
 *          ESP_ERR_INVALID_STATE  it is encrypted, and the password is missing or wrong
 *          ESP_ERR_NO_MEM */
esp_err_t esp_tls_certificate_fits_key(const esp_tls_certificate_t *cert, const void *key,
                                       size_t key_len, const void *password, size_t password_len);

/** Can a private key be used: is its password the right one, and does it parse?
 *  @param key       PEM with its NUL counted, or DER
 *  @param password  NULL: none
 *  @return ESP_OK                 it can
 *          ESP_ERR_INVALID_STATE  it is encrypted, and the password is missing or wrong
 *          ESP_ERR_NOT_SUPPORTED  its algorithm is not in this build
 *          ESP_ERR_INVALID_ARG    key is NULL, or cannot be parsed: it is damaged, or a wrong
 *                                 password turned it into something that is no key
 *          ESP_ERR_NO_MEM
 *  Blocks: no, computes some milliseconds. Any thread. */
esp_err_t esp_tls_private_key_check(const void *key, size_t key_len, const void *password,
                                    size_t password_len);

/* --- the peer's chain ------------------------------------------------------------------------- */

/** Called for each certificate of the peer's Certificate message, in the order in which it was sent
 *  (RFC 8446 section 4.4.2, RFC 5246 section 7.4.2). Must not block or call esp-tls with the
 *  handle.
 *  @param der    as it was sent, whether or not it can be parsed; valid during the call only
 *  @param index  from 0: the peer's own is the first
 *  @param count  certificates in the message; 0 only when the peer sent an empty list, and then der
 *                is NULL */
typedef void (*esp_tls_peer_chain_t)(void *arg, const uint8_t *der, size_t len, unsigned index,
                                     unsigned count);

/** See the peer's chain, whatever becomes of it: the hook is called in the connect, after the chain
 *  was verified, refused, or found unparsable, and before the connect call returns.
 *  @param tls  a handle; set it before the connect
 *  @param fn   NULL: none
 *  @param arg  handed to fn; must stay valid as long as the hook is set
 *  @return ESP_OK               set
 *          ESP_ERR_INVALID_ARG  tls is NULL
 *          ESP_ERR_NO_MEM
 *  Blocks: no. Memory: one small block of the handle's, until it is destroyed. Threads: as a
 *  connect. */
esp_err_t esp_tls_set_peer_chain_hook(esp_tls_t *tls, esp_tls_peer_chain_t fn, void *arg);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_CERTIFICATE_H */
