/* Walking through a certificate or a key. One walk serves both readers: esp_tls_certificate_read()
 * takes views of what is passed, esp_tls_certificate_examine() the first problem.
 *
 * What is accepted is what Mbed TLS 3.6.7 accepts, byte for byte where that can be known without
 * computing with keys: an input that it parses has no problem here. Three kinds of problems:
 * the structure is broken, and the walk stops; a value is bad, and it goes on; something is not
 * supported by this build, and it goes on, and the certificate still counts as read. */
#ifndef X509_WALK_H
#define X509_WALK_H

#include "der.h"
#include "esp_tls_certificate.h"
#include "oids.h"

struct walk {
    struct der_source *src;
    esp_tls_input_problem_t problem; /* the first */
    bool is_broken;                  /* the structure: nothing further can be read */
    bool is_damaged;                 /* or a value */
};

/** An OID, copied out. */
struct oid {
    uint8_t bytes[40]; /* the first of them */
    size_t len;        /* of all of it */
    const struct oid_row *row;
    struct der_item item;
};

/** AlgorithmIdentifier, RFC 5280 section 4.1.1.2. */
struct algorithm {
    struct oid oid;
    bool has_parameters;
    struct der_item parameters;
};

void et_walk_init(struct walk *w, struct der_source *src);

/** Note a problem at an offset of the DER. */
void et_walk_break(struct walk *w, esp_tls_input_reason_t reason, const char *field, size_t offset);
void et_walk_value(struct walk *w, esp_tls_input_reason_t reason, const char *field, size_t offset);
void et_walk_unsupported(struct walk *w, esp_tls_input_reason_t reason, const char *field,
                         const struct oid *oid);

/** The next element. @return false: there is none that can be read; the walk is broken */
bool et_walk_any(struct walk *w, struct der_span *in, const char *field, struct der_item *item);
/** The same; it must have this tag. */
bool et_walk_item(struct walk *w, struct der_span *in, uint8_t tag, const char *field,
                  struct der_item *item);
/** The same, for its content. */
bool et_walk_enter(struct walk *w, struct der_span *in, uint8_t tag, const char *field,
                   struct der_span *inside);
/** Is the next element there, and of this tag? Notes nothing. */
bool et_walk_peek(const struct walk *w, const struct der_span *in, uint8_t tag);
/** Nothing may be left. */
bool et_walk_end(struct walk *w, const struct der_span *in, const char *field);

bool et_walk_oid(struct walk *w, struct der_span *in, const char *field, struct oid *oid);
bool et_walk_algorithm(struct walk *w, struct der_span *in, const char *field,
                       struct algorithm *alg);
/** A BIT STRING without unused bits. @param item  its bits, without the byte that counts them */
bool et_walk_bits(struct walk *w, struct der_span *in, const char *field, struct der_item *item);
/** An INTEGER that is not negative and fits an int. */
bool et_walk_int(struct walk *w, struct der_span *in, const char *field, int *value);

/** A view of the DER; none where it is base64. */
esp_tls_bytes_t et_walk_view(const struct walk *w, size_t offset, size_t len);
esp_tls_bytes_t et_walk_view_of(const struct walk *w, const struct der_item *item);

/** Name. @param may_be_empty  the subject's */
void et_walk_name(struct walk *w, struct der_span *in, const char *field, bool may_be_empty);

/* certificate.c */
void et_walk_certificate(struct walk *w, struct der_span *in, esp_tls_certificate_t *cert);
/* extensions.c */
void et_walk_extensions(struct walk *w, struct der_span *in, esp_tls_certificate_t *cert);
/* keys.c */
void et_walk_public_key(struct walk *w, struct der_span *in, esp_tls_public_key_t *key);
/** @param with_password  whether an encrypted one could be opened
 *  @param format         what it is; NONE: find out */
void et_walk_private_key(struct walk *w, struct der_span *in, bool with_password,
                         esp_tls_key_format_t format, esp_tls_private_key_t *key);

/* kind.c */

/** What DER looks like, by its first elements. */
enum der_kind {
    DER_KIND_NONE = 0, /* no SEQUENCE */
    DER_KIND_CERTIFICATE,
    DER_KIND_REQUEST, /* PKCS #10 */
    DER_KIND_CRL,
    DER_KIND_PUBLIC_KEY, /* SubjectPublicKeyInfo */
    DER_KIND_PKCS8,
    DER_KIND_PKCS8_ENCRYPTED,
    DER_KIND_PKCS1, /* RSA private key */
    DER_KIND_PKCS1_PUBLIC,
    DER_KIND_SEC1, /* EC private key */
    DER_KIND_PKCS7,
    DER_KIND_PKCS12,
    DER_KIND_OTHER /* a SEQUENCE, and none of these */
};

enum der_kind et_der_kind(struct der_source *src);
/** How a private key of that kind is written down; NONE: it is none. In keys.c */
esp_tls_key_format_t et_der_key_format(enum der_kind kind);
/** "a private key (PKCS #8)". Static text */
const char *et_der_kind_name(enum der_kind kind);

#endif
