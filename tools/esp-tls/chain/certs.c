#include "certs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* --- the set ---------------------------------------------------------------------------------- */

static void name_cert(struct cert *c)
{
    (void)esp_tls_name_text(c->read.subject, c->subject, sizeof(c->subject));
    (void)esp_tls_name_text(c->read.issuer, c->issuer, sizeof(c->issuer));
    if (esp_tls_name_attribute(c->read.subject, "\x55\x04\x03", c->title, sizeof(c->title)) == 0 &&
        esp_tls_name_text(c->read.subject, c->title, sizeof(c->title)) == 0) {
        snprintf(c->title, sizeof(c->title), "%s",
                 c->read.subject.ptr != NULL ? "(no name)" : "(not readable)");
    }
}

struct cert *certs_add(struct certs *certs, const unsigned char *der, size_t len)
{
    struct cert *grown = realloc(certs->item, (certs->count + 1) * sizeof(*grown));
    unsigned char *copy;
    struct cert *c;

    if (grown == NULL) {
        return NULL;
    }
    certs->item = grown;
    copy = malloc(len + (len == 0));
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, der, len);
    c = &grown[certs->count];
    *c = (struct cert){.der = copy, .len = len};
    c->is_read = esp_tls_certificate_read(c->der, len, &c->read) == ESP_OK;
    (void)esp_tls_certificate_examine(c->der, len, ESP_TLS_INPUT_CERTIFICATES, &c->problem);
    name_cert(c);
    certs->count++;
    return c;
}

void certs_clear(struct certs *certs)
{
    for (size_t i = 0; i < certs->count; i++) {
        free(certs->item[i].der);
    }
    free(certs->item);
    *certs = (struct certs){NULL, 0};
}

static bool add_der(struct certs *certs, const unsigned char *buf, size_t len)
{
    esp_tls_bytes_t der;
    size_t at = 0;

    while (esp_tls_certificate_next(buf, len, &at, &der)) {
        struct cert *c = certs_add(certs, der.ptr, der.len);

        if (c == NULL) {
            return false;
        }
        if (c->problem.reason == ESP_TLS_INPUT_WRONG_KIND) { /* a key, a request: none of ours */
            free(c->der);
            certs->count--;
            return true;
        }
    }
    return true;
}

static bool add_block(struct certs *certs, const esp_tls_pem_block_t *block)
{
    unsigned char *der = malloc(block->body.len + 1);
    size_t len = 0;
    bool ok = der != NULL;

    /* what is no base64 holds no certificate; what is wrong with it is said of the file */
    if (ok && esp_tls_pem_decode(block, der, block->body.len, &len) == ESP_OK) {
        ok = add_der(certs, der, len);
    }
    free(der);
    return ok;
}

static bool is_certificate_label(const esp_tls_pem_block_t *block)
{
    return esp_tls_pem_is(block, "CERTIFICATE") || esp_tls_pem_is(block, "X509 CERTIFICATE") ||
           esp_tls_pem_is(block, "PKCS7") || esp_tls_pem_is(block, "CMS");
}

bool certs_add_blob(struct certs *certs, const struct blob *blob)
{
    esp_tls_pem_block_t block;
    bool is_pem = false;
    bool ok = true;
    size_t at = 0;

    while (ok && esp_tls_pem_next(blob->data, blob->size, &at, &block)) {
        is_pem = true;
        if (is_certificate_label(&block)) {
            ok = add_block(certs, &block);
        }
    }
    if (!is_pem && blob->size > 2 && blob->data[0] == 0x30) {
        ok = add_der(certs, blob->data, blob->size);
    }
    return ok;
}

/* --- who issued whom -------------------------------------------------------------------------- */

bool cert_is_same(const struct cert *a, const struct cert *b)
{
    return a->len == b->len && memcmp(a->der, b->der, a->len) == 0;
}

static bool is_same_name(esp_tls_bytes_t a, esp_tls_bytes_t b)
{
    char text_a[1024];
    char text_b[1024];

    if (a.ptr == NULL || b.ptr == NULL) {
        return false;
    }
    if (a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0) {
        return true;
    }
    return esp_tls_name_text(a, text_a, sizeof(text_a)) < sizeof(text_a) &&
           esp_tls_name_text(b, text_b, sizeof(text_b)) < sizeof(text_b) &&
           strcasecmp(text_a, text_b) == 0;
}

bool cert_has_issuer_name(const struct cert *cert, const struct cert *issuer)
{
    return is_same_name(cert->read.issuer, issuer->read.subject);
}

enum cert_link cert_link(const struct cert *cert, const struct cert *issuer)
{
    if (!cert_has_issuer_name(cert, issuer)) {
        return CERT_STRANGER;
    }
    switch (esp_tls_certificate_is_signed_by(&cert->read, &issuer->read)) {
    case ESP_OK:
        return CERT_SIGNED;
    case ESP_FAIL:
        return CERT_NOT_SIGNED;
    case ESP_ERR_NO_MEM:
        return CERT_NO_MEMORY;
    default:
        return CERT_UNCHECKED;
    }
}

bool certs_look_at_selves(struct certs *certs)
{
    bool ok = true;

    for (size_t i = 0; i < certs->count; i++) {
        struct cert *cert = &certs->item[i];

        cert->self = cert->read.is_self_issued ? cert_link(cert, cert) : CERT_STRANGER;
        ok = ok && cert->self != CERT_NO_MEMORY;
    }
    return ok;
}

bool cert_is_self_signed(const struct cert *cert)
{
    return cert->self == CERT_SIGNED || cert->self == CERT_UNCHECKED;
}

const struct cert *cert_find_issuer(const struct cert *cert, const struct certs *among,
                                    enum cert_link *link)
{
    const struct cert *found = NULL;

    *link = CERT_STRANGER;
    for (size_t i = 0; i < among->count && *link < CERT_SIGNED; i++) {
        enum cert_link this = cert_link(cert, &among->item[i]);

        if (this > *link) {
            *link = this;
            found = &among->item[i];
        }
    }
    return *link == CERT_SIGNED || *link == CERT_UNCHECKED ? found : NULL;
}

/* --- text ------------------------------------------------------------------------------------- */

void cert_key_text(const esp_tls_public_key_t *key, char *out, size_t cap)
{
    char oid[64];

    if (key->type == ESP_TLS_KEY_RSA) {
        snprintf(out, cap, "RSA %u", (unsigned)key->bits);
    } else if (key->name != NULL) {
        snprintf(out, cap, "%s", key->name);
    } else {
        (void)esp_tls_oid_text(key->algorithm, oid, sizeof(oid));
        snprintf(out, cap, "%s", oid);
    }
}

long cert_days(int64_t unix_s)
{
    int64_t left = unix_s - (int64_t)time(NULL);

    return (long)(left >= 0 ? left / 86400 : -((-left + 86399) / 86400));
}

bool cert_is_early(const esp_tls_certificate_t *read)
{
    return read->not_before > (int64_t)time(NULL);
}

void cert_name_text(esp_tls_name_kind_t kind, esp_tls_bytes_t value, char *out, size_t cap)
{
    size_t n = value.len < cap - 1 ? value.len : cap - 1;

    if (kind == ESP_TLS_NAME_IP) {
        (void)esp_tls_ip_text(value, out, cap);
    } else if (kind == ESP_TLS_NAME_DIRECTORY) {
        (void)esp_tls_name_text(value, out, cap);
    } else {
        for (size_t i = 0; i < n; i++) {
            out[i] = value.ptr[i] > 0x20 && value.ptr[i] < 0x7F ? (char)value.ptr[i] : '?';
        }
        out[n] = '\0';
    }
}

bool cert_next_issuer_url(const struct cert *cert, size_t *at, char *url, size_t cap)
{
    esp_tls_access_kind_t kind;
    esp_tls_bytes_t value;

    while (esp_tls_certificate_next_access(&cert->read, at, &kind, &value)) {
        if (kind == ESP_TLS_ACCESS_CA_ISSUERS) {
            cert_name_text(ESP_TLS_NAME_URI, value, url, cap);
            return true;
        }
    }
    return false;
}

static void print_names(const esp_tls_certificate_t *read, FILE *out)
{
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t value;
    unsigned n = 0;
    size_t at = 0;

    while (esp_tls_certificate_next_name(read, &at, &kind, &value)) {
        char text[256];

        cert_name_text(kind, value, text, sizeof(text));
        if (n++ < 12) {
            fprintf(out, "%s%s", n == 1 ? "   names      " : ", ", text);
        }
    }
    if (n > 12) {
        fprintf(out, ", and %u more", n - 12);
    }
    fputs(n > 0 ? "\n" : "", out);
}

static const struct use {
    bool is_extended;
    unsigned bit;
    const char *name;
} uses[] = {
    {false, ESP_TLS_USAGE_DIGITAL_SIGNATURE, "digitalSignature"},
    {false, ESP_TLS_USAGE_NON_REPUDIATION, "nonRepudiation"},
    {false, ESP_TLS_USAGE_KEY_ENCIPHERMENT, "keyEncipherment"},
    {false, ESP_TLS_USAGE_DATA_ENCIPHERMENT, "dataEncipherment"},
    {false, ESP_TLS_USAGE_KEY_AGREEMENT, "keyAgreement"},
    {false, ESP_TLS_USAGE_CERT_SIGN, "keyCertSign"},
    {false, ESP_TLS_USAGE_CRL_SIGN, "cRLSign"},
    {false, ESP_TLS_USAGE_ENCIPHER_ONLY, "encipherOnly"},
    {false, ESP_TLS_USAGE_DECIPHER_ONLY, "decipherOnly"},
    {true, ESP_TLS_EXTENDED_ANY, "any"},
    {true, ESP_TLS_EXTENDED_SERVER_AUTH, "serverAuth"},
    {true, ESP_TLS_EXTENDED_CLIENT_AUTH, "clientAuth"},
    {true, ESP_TLS_EXTENDED_CODE_SIGNING, "codeSigning"},
    {true, ESP_TLS_EXTENDED_EMAIL, "emailProtection"},
    {true, ESP_TLS_EXTENDED_TIME_STAMP, "timeStamping"},
    {true, ESP_TLS_EXTENDED_OCSP_SIGNING, "OCSPSigning"},
    {true, ESP_TLS_EXTENDED_OTHER, "other"},
};

/** The next of the uses that a certificate is for. @return NULL: no more */
static const char *next_use(const esp_tls_certificate_t *read, size_t *at)
{
    while (*at < sizeof(uses) / sizeof(uses[0])) {
        const struct use *use = &uses[(*at)++];

        if (((use->is_extended ? read->extended_usage : read->key_usage) & use->bit) != 0) {
            return use->name;
        }
    }
    return NULL;
}

static void print_uses(const esp_tls_certificate_t *read, FILE *out)
{
    const char *comma = "   use        ";
    const char *name;
    size_t at = 0;

    if (read->is_ca) {
        fprintf(out, "%sauthority", comma);
        comma = ", ";
        if (read->path_length >= 0) {
            fprintf(out, " (at most %d below it)", read->path_length);
        }
    }
    while ((name = next_use(read, &at)) != NULL) {
        fprintf(out, "%s%s", comma, name);
        comma = ", ";
    }
    fputs(comma[0] == ',' ? "\n" : "", out);
}

static void print_period(const esp_tls_certificate_t *read, FILE *out)
{
    char from[ESP_TLS_TIME_TEXT];
    char to[ESP_TLS_TIME_TEXT];
    long begins = cert_days(read->not_before);
    long ends = cert_days(read->not_after);

    esp_tls_time_text(read->not_before, from);
    esp_tls_time_text(read->not_after, to);
    fprintf(out, "   valid      %.10s to %.10s", from, to);
    if (ends < 0) {
        fprintf(out, " (EXPIRED %ld days ago)\n", -ends);
    } else if (cert_is_early(read)) {
        fprintf(out, " (NOT YET, in %ld days)\n", begins);
    } else {
        fprintf(out, " (%ld days left)\n", ends);
    }
}

static void print_cert(const struct cert *cert, FILE *out)
{
    const esp_tls_certificate_t *read = &cert->read;
    char text[1024];
    size_t at = 0;

    if (cert->problem.reason != ESP_TLS_INPUT_OK) {
        (void)esp_tls_input_problem_text(&cert->problem, text, sizeof(text));
        fprintf(out, "   PROBLEM    %s\n", text);
    }
    if (read->subject.ptr == NULL) {
        fprintf(out, "   size       %zu bytes\n", cert->len);
        return;
    }
    fprintf(out, "   subject    %s\n   issuer     %s\n", cert->subject, cert->issuer);
    print_period(read, out);
    if (read->key.info.ptr != NULL) {
        cert_key_text(&read->key, text, sizeof(text));
        fprintf(out, "   key        %s\n", text);
    }
    fprintf(out, "   signature  %s\n",
            read->signature_name != NULL ? read->signature_name : "of an unknown kind");
    print_names(read, out);
    print_uses(read, out);
    while (cert_next_issuer_url(cert, &at, text, sizeof(text))) {
        fprintf(out, "   issuer at  %s\n", text);
    }
    fprintf(out, "   size       %zu bytes\n", cert->len);
}

void cert_print(const struct cert *cert, size_t number, FILE *out)
{
    fprintf(out, "%zu  %s\n", number, cert->title);
    print_cert(cert, out);
    fputc('\n', out);
}

static void json_hex(struct json *j, const char *key, esp_tls_bytes_t bytes)
{
    char text[256] = "";

    for (size_t i = 0; i < bytes.len && i * 2 + 2 < sizeof(text); i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes.ptr[i]);
    }
    json_string(j, key, bytes.ptr != NULL ? text : NULL);
}

void cert_names_json(const struct cert *cert, struct json *j)
{
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t value;
    char text[256];
    size_t at = 0;

    json_array(j, "names");
    while (esp_tls_certificate_next_name(&cert->read, &at, &kind, &value)) {
        cert_name_text(kind, value, text, sizeof(text));
        json_string(j, NULL, text);
    }
    json_end(j, true);
}

static void json_lists(const struct cert *cert, struct json *j)
{
    const char *use;
    char text[256];
    size_t at = 0;

    cert_names_json(cert, j);
    json_array(j, "issuer_urls");
    while (cert_next_issuer_url(cert, &at, text, sizeof(text))) {
        json_string(j, NULL, text);
    }
    json_end(j, true);
    at = 0;
    json_array(j, "usage");
    while ((use = next_use(&cert->read, &at)) != NULL) {
        json_string(j, NULL, use);
    }
    json_end(j, true);
}

void cert_json(const struct cert *cert, struct json *j)
{
    const esp_tls_certificate_t *read = &cert->read;
    char text[1024];

    json_string(j, "subject", read->subject.ptr != NULL ? cert->subject : NULL);
    json_string(j, "issuer", read->issuer.ptr != NULL ? cert->issuer : NULL);
    json_hex(j, "serial", read->serial);
    json_number(j, "not_before", read->not_before);
    json_number(j, "not_after", read->not_after);
    cert_key_text(&read->key, text, sizeof(text));
    json_string(j, "key", text);
    json_string(j, "signature", read->signature_name);
    json_bool(j, "ca", read->is_ca);
    json_number(j, "path_length", read->path_length);
    json_bool(j, "self_signed", cert_is_self_signed(cert));
    json_lists(cert, j);
    json_number(j, "bytes", (int64_t)cert->len);
    if (cert->problem.reason != ESP_TLS_INPUT_OK) {
        (void)esp_tls_input_problem_text(&cert->problem, text, sizeof(text));
    }
    json_string(j, "problem", cert->problem.reason != ESP_TLS_INPUT_OK ? text : NULL);
}
