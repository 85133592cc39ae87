/* Certificates in memory: each with its DER, and what is read of it. */
#ifndef CERTS_H
#define CERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/credentials.h"
#include "esp_tls_certificate.h"
#include "cli/json.h"

/** How a certificate stands to one that may have issued it. */
enum cert_link {
    CERT_STRANGER = 0, /* the issuer has another name */
    CERT_NOT_SIGNED,   /* its name, and another key */
    CERT_UNCHECKED, /* its name; this build cannot check the signature, or not read one of them */
    CERT_SIGNED,
    CERT_NO_MEMORY /* there was none for checking it */
};

struct cert {
    unsigned char *der;
    size_t len;
    bool is_read; /* false: it is damaged, and `read` has what stands before the damage */
    esp_tls_certificate_t read;
    esp_tls_input_problem_t problem; /* reason OK: none */
    enum cert_link self;             /* to itself: certs_look_at_selves() */
    char title[200];                 /* the common name, or what of the subject is there */
    char subject[1024];              /* as text; "": there is none */
    char issuer[1024];
};

struct certs {
    struct cert *item;
    size_t count;
};

/** Add one. @return it; NULL: no memory */
struct cert *certs_add(struct certs *certs, const unsigned char *der, size_t len);
/** Add all of a file's content: PEM, DER (several in a row), or PKCS #7 ("certificates only").
 *  @return false: no memory */
bool certs_add_blob(struct certs *certs, const struct blob *blob);
void certs_clear(struct certs *certs);

bool cert_is_same(const struct cert *a, const struct cert *b);
/** Of this name? As bytes, and where they differ as text without regard to case. */
bool cert_has_issuer_name(const struct cert *cert, const struct cert *issuer);
/** Was it signed by this one: by name, then by signature? */
enum cert_link cert_link(const struct cert *cert, const struct cert *issuer);
/** Find out which are their own issuers. @return false: no memory */
bool certs_look_at_selves(struct certs *certs);
/** Is it its own issuer, as far as this build can check it? */
bool cert_is_self_signed(const struct cert *cert);
/** The first of `among` that issued it, otherwise the first that may have.
 *  @param link  receives how it stands to that one; of none NOT_SIGNED, STRANGER or NO_MEMORY
 *  @return NULL: none */
const struct cert *cert_find_issuer(const struct cert *cert, const struct certs *among,
                                    enum cert_link *link);

/** The next place where the issuer's certificate is to be had (authorityInfoAccess).
 *  @param at  0 at first @return false: no more */
bool cert_next_issuer_url(const struct cert *cert, size_t *at, char *url, size_t cap);
/** A name in subjectAltName; what is not of printable ASCII becomes "?". */
void cert_name_text(esp_tls_name_kind_t kind, esp_tls_bytes_t value, char *out, size_t cap);
/** "P-256", "RSA 2048". */
void cert_key_text(const esp_tls_public_key_t *key, char *out, size_t cap);
/** Days from now to a time; below 0: it is past. */
long cert_days(int64_t unix_s);

/** Is it not yet valid? */
bool cert_is_early(const esp_tls_certificate_t *read);

/** Print what is in it, indented below its number and title, and an empty line. */
void cert_print(const struct cert *cert, size_t number, FILE *out);
/** The same as members of an object. */
void cert_json(const struct cert *cert, struct json *j);
/** The member "names" alone. */
void cert_names_json(const struct cert *cert, struct json *j);

#endif
