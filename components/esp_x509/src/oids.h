/* Object identifiers: one table of those that have a meaning here. */
#ifndef X509_OIDS_H
#define X509_OIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_tls_certificate.h"

/** What an OID stands for. */
enum oid_kind {
    OID_OTHER = 0,
    OID_KEY,       /* value: esp_tls_key_type_t */
    OID_CURVE,     /* value: bits */
    OID_SIGNATURE, /* value: 1 = weak */
    OID_HASH,
    OID_EXTENSION, /* value: enum extension */
    OID_USAGE,     /* value: ESP_TLS_EXTENDED_... */
    OID_ACCESS,    /* value: esp_tls_access_kind_t */
    OID_ATTRIBUTE, /* of a Name; label: as RFC 4514 section 3 writes it */
    OID_ENCRYPTION /* of a private key */
};

enum extension {
    EXTENSION_OTHER = 0,
    EXTENSION_BASIC_CONSTRAINTS,
    EXTENSION_KEY_USAGE,
    EXTENSION_EXTENDED_KEY_USAGE,
    EXTENSION_SUBJECT_ALT_NAME,
    EXTENSION_SUBJECT_KEY_ID,
    EXTENSION_AUTHORITY_KEY_ID,
    EXTENSION_CERTIFICATE_TYPE,
    EXTENSION_POLICIES,
    EXTENSION_AUTHORITY_ACCESS,
    EXTENSION_NAME_CONSTRAINTS
};

struct oid_row {
    uint8_t kind;
    uint8_t len;
    uint16_t value;
    const char *der;   /* its content octets */
    const char *name;  /* as its specification writes it */
    const char *label; /* for people */
};

/** @return the row; one of kind OID_OTHER without names when there is none */
const struct oid_row *et_oid_find(const uint8_t *oid, size_t len);

/* What this build's TLS library takes (mbedtls/support.c). */
bool et_support_signature(const uint8_t *oid, size_t len);
bool et_support_hash(const uint8_t *oid, size_t len);
bool et_support_key(const uint8_t *oid, size_t len);
bool et_support_curve(const uint8_t *oid, size_t len);
/** RSASSA-PSS with its parameters? */
bool et_support_pss(void);
/** The longest modulus. */
unsigned et_support_rsa_bits(void);
/** Curves that are written out instead of named? */
bool et_support_explicit_curves(void);
/** How a private key in PKCS#8 is encrypted, and with which cipher (RFC 8018). */
bool et_support_encryption(const uint8_t *oid, size_t len);
bool et_support_cipher(const uint8_t *oid, size_t len);
/** Keys that are encrypted in PEM's own way (RFC 1421)? */
bool et_support_pem_encryption(void);
/** Are name constraints applied? Mbed TLS itself refuses them where they are critical. */
bool et_support_name_constraints(void);

#endif
