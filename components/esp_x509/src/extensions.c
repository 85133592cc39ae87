/* Extensions, RFC 5280 section 4.2: those that Mbed TLS looks at, as strictly as it does. */
#include <string.h>

#include "walk.h"

#define FIELD "tbsCertificate.extensions"

/** One extension: its field, and its content. */
struct ext {
    const char *field;
    struct der_span in;
    bool is_critical;
    struct oid oid;
};

/* --- each of them ----------------------------------------------------------------------------- */

/** RFC 5280 section 4.2.1.9. The SEQUENCE is all there is, and begins with cA: a pathLenConstraint
 *  without it, which no authority may issue, was once taken for cA (CVE-2026-49300). */
static void basic_constraints(struct walk *w, struct ext *e, esp_tls_certificate_t *cert)
{
    struct der_span in;
    struct der_item item;
    size_t begin;
    int number;

    cert->has_basic_constraints = true;
    if (!et_walk_enter(w, &e->in, DER_SEQUENCE, e->field, &in) ||
        !et_walk_end(w, &e->in, e->field) || in.at == in.end ||
        !et_walk_item(w, &in, DER_BOOLEAN, e->field, &item)) {
        return;
    }
    if (item.len != 1) {
        et_walk_break(w, ESP_TLS_INPUT_VALUE, e->field, item.begin);
        return;
    }
    cert->is_ca = et_der_byte(w->src, item.content) != 0;
    begin = in.at;
    if (in.at == in.end || !et_walk_int(w, &in, e->field, &number) ||
        !et_walk_end(w, &in, e->field)) {
        return;
    }
    cert->path_length = number;
    if (number == INT32_MAX) { /* Mbed TLS stores the length plus 1, so INT_MAX cannot be stored */
        et_walk_value(w, ESP_TLS_INPUT_VALUE, e->field, begin);
    }
}

/** A BIT STRING that is flags. @param item  its bits */
static bool flags(struct walk *w, struct ext *e, struct der_item *item)
{
    if (!et_walk_item(w, &e->in, DER_BITS, e->field, item)) {
        return false;
    }
    if (item->len < 1 || et_der_byte(w->src, item->content) > 7) {
        et_walk_break(w, ESP_TLS_INPUT_VALUE, e->field, item->content);
        return false;
    }
    item->content++;
    item->len--;
    return true;
}

static void key_usage(struct walk *w, struct ext *e, esp_tls_certificate_t *cert)
{
    struct der_item item;

    if (!flags(w, e, &item)) {
        return;
    }
    cert->has_key_usage = true;
    for (unsigned bit = 0; bit < 9 && bit / 8 < item.len; bit++) { /* the first is the highest */
        if ((et_der_byte(w->src, item.content + bit / 8) & 0x80U >> bit % 8) != 0) {
            cert->key_usage |= (uint16_t)(1U << bit);
        }
    }
}

static void certificate_type(struct walk *w, struct ext *e, esp_tls_certificate_t *cert)
{
    struct der_item item;

    (void)cert;
    if (flags(w, e, &item) && item.len > 1) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, e->field, item.begin);
    }
}

/** Enter the SEQUENCE that must be the whole content of the extension. */
static bool whole_sequence(struct walk *w, struct ext *e, struct der_span *inside)
{
    return et_walk_enter(w, &e->in, DER_SEQUENCE, e->field, inside) &&
           et_walk_end(w, &e->in, e->field);
}

static void extended_key_usage(struct walk *w, struct ext *e, esp_tls_certificate_t *cert)
{
    struct der_span inside;
    struct oid oid;

    if (!whole_sequence(w, e, &inside)) {
        return;
    }
    cert->has_extended_usage = true;
    if (inside.at == inside.end) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, e->field, inside.at);
    }
    while (inside.at < inside.end && et_walk_oid(w, &inside, e->field, &oid)) {
        cert->extended_usage |=
            (uint16_t)(oid.row->kind == OID_USAGE ? oid.row->value : ESP_TLS_EXTENDED_OTHER);
    }
}

/** otherName: Mbed TLS looks into the one kind it knows (RFC 4108, hardware modules). */
static void other_name(struct walk *w, struct der_span in, const char *field)
{
    static const uint8_t hardware[] = {0x2B, 6, 1, 5, 5, 7, 8, 4};
    struct der_span inside;
    struct der_item item;
    struct oid oid;

    if (!et_walk_oid(w, &in, field, &oid) || oid.len != sizeof(hardware) ||
        memcmp(oid.bytes, hardware, sizeof(hardware)) != 0) {
        return;
    }
    if (et_walk_enter(w, &in, DER_NESTED(0), field, &inside) && et_walk_end(w, &in, field) &&
        et_walk_enter(w, &inside, DER_SEQUENCE, field, &in) && et_walk_end(w, &inside, field) &&
        et_walk_oid(w, &in, field, &oid) && et_walk_item(w, &in, DER_OCTETS, field, &item)) {
        (void)et_walk_end(w, &in, field);
    }
}

/** GeneralName, one after the other. */
static void general_names(struct walk *w, struct der_span in, const char *field)
{
    struct der_item item;

    while (in.at < in.end && et_walk_any(w, &in, field, &item)) {
        struct der_span inside = et_der_inside(&item);

        if ((item.tag & 0xC0) != 0x80) {
            if (w->problem.reason == ESP_TLS_INPUT_OK) {
                w->problem.tag = item.tag;
            }
            et_walk_break(w, ESP_TLS_INPUT_TAG, field, item.begin);
            return;
        }
        switch (item.tag & 0x1F) {
        case 0:
            other_name(w, inside, field);
            break;
        case 4:
            et_walk_name(w, &inside, field, false);
            break;
        case 7:
            if (item.len != 4 && item.len != 16) {
                et_walk_value(w, ESP_TLS_INPUT_VALUE, field, item.begin);
            }
            break;
        default:
            break;
        }
    }
}

static void subject_alt_name(struct walk *w, struct ext *e, esp_tls_certificate_t *cert)
{
    struct der_span inside;

    if (whole_sequence(w, e, &inside)) {
        cert->names = et_walk_view(w, inside.at, inside.end - inside.at);
        general_names(w, inside, e->field);
    }
}

static void subject_key_id(struct walk *w, struct ext *e, esp_tls_certificate_t *cert)
{
    struct der_item item;

    if (et_walk_item(w, &e->in, DER_OCTETS, e->field, &item)) {
        cert->subject_key_id = et_walk_view_of(w, &item);
    }
}

static void authority_key_id(struct walk *w, struct ext *e, esp_tls_certificate_t *cert)
{
    struct der_span in;
    struct der_span issuer;
    struct der_item item;

    if (!whole_sequence(w, e, &in)) {
        return;
    }
    if (et_walk_peek(w, &in, DER_CONTEXT(0)) &&
        et_walk_item(w, &in, DER_CONTEXT(0), e->field, &item)) {
        cert->authority_key_id = et_walk_view_of(w, &item);
    }
    if (!w->is_broken && in.at < in.end &&
        et_walk_enter(w, &in, DER_NESTED(1), e->field, &issuer)) {
        general_names(w, issuer, e->field);
        (void)et_walk_item(w, &in, DER_CONTEXT(2), e->field, &item);
    }
    (void)et_walk_end(w, &in, e->field);
}

/** Mbed TLS enforces anyPolicy only: another one may not be critical. */
static void policies(struct walk *w, struct ext *e, esp_tls_certificate_t *cert)
{
    static const uint8_t any[] = {0x55, 0x1D, 0x20, 0};
    bool is_other = false;
    struct der_span in;
    struct der_span one;
    struct der_item item;
    struct oid oid;

    if (!whole_sequence(w, e, &in)) {
        return;
    }
    if (in.at == in.end) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, e->field, in.at);
    }
    while (in.at < in.end && et_walk_enter(w, &in, DER_SEQUENCE, e->field, &one)) {
        if (!et_walk_oid(w, &one, e->field, &oid)) {
            return;
        }
        is_other = is_other || oid.len != sizeof(any) || memcmp(oid.bytes, any, sizeof(any)) != 0;
        if (one.at < one.end && !et_walk_item(w, &one, DER_SEQUENCE, e->field, &item)) {
            return;
        }
        (void)et_walk_end(w, &one, e->field);
    }
    if (is_other && e->is_critical && !w->is_broken) {
        cert->unknown_critical = et_walk_view_of(w, &e->oid.item);
        et_walk_unsupported(w, ESP_TLS_INPUT_EXTENSION, e->field, &e->oid);
    }
}

/** Mbed TLS does not look into this extension, so any content is accepted. */
static void authority_access(struct walk *w, struct ext *e, esp_tls_certificate_t *cert)
{
    cert->access = et_walk_view(w, e->in.at, e->in.end - e->in.at);
}

/** Whoever applies them reads them (cert_names.h); any content is accepted here. */
static void name_constraints(struct walk *w, struct ext *e, esp_tls_certificate_t *cert)
{
    cert->name_constraints = et_walk_view(w, e->in.at, e->in.end - e->in.at);
}

static const struct {
    const char *field;
    void (*walk)(struct walk *w, struct ext *e, esp_tls_certificate_t *cert);
    bool is_known; /* Mbed TLS looks at this extension */
} kinds[] = {
    [EXTENSION_OTHER] = {FIELD, NULL, false},
    [EXTENSION_BASIC_CONSTRAINTS] = {FIELD ".basicConstraints", basic_constraints, true},
    [EXTENSION_KEY_USAGE] = {FIELD ".keyUsage", key_usage, true},
    [EXTENSION_EXTENDED_KEY_USAGE] = {FIELD ".extKeyUsage", extended_key_usage, true},
    [EXTENSION_SUBJECT_ALT_NAME] = {FIELD ".subjectAltName", subject_alt_name, true},
    [EXTENSION_SUBJECT_KEY_ID] = {FIELD ".subjectKeyIdentifier", subject_key_id, true},
    [EXTENSION_AUTHORITY_KEY_ID] = {FIELD ".authorityKeyIdentifier", authority_key_id, true},
    [EXTENSION_CERTIFICATE_TYPE] = {FIELD ".nsCertType", certificate_type, true},
    [EXTENSION_POLICIES] = {FIELD ".certificatePolicies", policies, true},
    [EXTENSION_AUTHORITY_ACCESS] = {FIELD ".authorityInfoAccess", authority_access, false},
    [EXTENSION_NAME_CONSTRAINTS] = {FIELD ".nameConstraints", name_constraints, false},
};

/** Is it looked at: by Mbed TLS, or by us? */
static bool is_known(unsigned kind)
{
    return kinds[kind].is_known ||
           (kind == EXTENSION_NAME_CONSTRAINTS && et_support_name_constraints());
}

/* --- all of them ------------------------------------------------------------------------------ */

/** extnID and critical, up to the content. */
static bool head(struct walk *w, struct der_span *in, struct ext *e)
{
    struct der_item item;

    e->is_critical = false;
    if (!et_walk_oid(w, in, FIELD, &e->oid)) {
        return false;
    }
    if (et_walk_peek(w, in, DER_BOOLEAN)) {
        if (!et_walk_item(w, in, DER_BOOLEAN, FIELD, &item)) {
            return false;
        }
        if (item.len != 1) {
            et_walk_break(w, ESP_TLS_INPUT_VALUE, FIELD, item.begin);
            return false;
        }
        e->is_critical = et_der_byte(w->src, item.content) != 0;
    }
    return et_walk_enter(w, in, DER_OCTETS, FIELD, &e->in) && et_walk_end(w, in, FIELD);
}

static void one_extension(struct walk *w, struct der_span *in, esp_tls_certificate_t *cert,
                          unsigned *seen)
{
    struct ext e;
    unsigned kind;

    if (!head(w, in, &e)) {
        return;
    }
    kind = e.oid.row->kind == OID_EXTENSION ? e.oid.row->value : EXTENSION_OTHER;
    e.field = kinds[kind].field;
    if (!is_known(kind) && e.is_critical) {
        if (cert->unknown_critical.ptr == NULL) {
            cert->unknown_critical = et_walk_view_of(w, &e.oid.item);
        }
        et_walk_unsupported(w, ESP_TLS_INPUT_EXTENSION, e.field, &e.oid);
    }
    if (kinds[kind].is_known && (*seen & 1U << kind) != 0) {
        et_walk_unsupported(w, ESP_TLS_INPUT_REPEATED, e.field, &e.oid);
        w->is_damaged = true;
        return;
    }
    *seen |= 1U << kind;
    if (kinds[kind].walk != NULL) {
        kinds[kind].walk(w, &e, cert);
        if (kinds[kind].is_known) {
            (void)et_walk_end(w, &e.in, e.field);
        }
    }
}

void et_walk_extensions(struct walk *w, struct der_span *in, esp_tls_certificate_t *cert)
{
    struct der_span outer;
    struct der_span inner;
    struct der_span one;
    unsigned seen = 0;

    if (w->is_broken || in->at == in->end) {
        return;
    }
    if (!et_walk_enter(w, in, DER_NESTED(3), FIELD, &outer) ||
        !et_walk_enter(w, &outer, DER_SEQUENCE, FIELD, &inner) || !et_walk_end(w, &outer, FIELD)) {
        return;
    }
    while (inner.at < inner.end && et_walk_enter(w, &inner, DER_SEQUENCE, FIELD, &one)) {
        one_extension(w, &one, cert, &seen);
    }
}
