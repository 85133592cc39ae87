/* Certificate, RFC 5280 section 4.1. */
#include <string.h>

#include "unix_time.h"
#include "walk.h"

/* --- time ------------------------------------------------------------------------------------- */

int64_t et_unix_days(int year, int month, int day)
{
    /* A year begins in March, so that the leap day is its last; counted from the year -400 on. */
    int64_t y = year + (month <= 2 ? 399 : 400);
    int64_t m = month <= 2 ? month + 9 : month - 3;

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468 - 146097;
}

static int days_of_month(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && is_leap ? 29 : days[month - 1];
}

/** Two digits, or -1. */
static int two_digits(const uint8_t *p)
{
    unsigned a = p[0] - (unsigned)'0';
    unsigned b = p[1] - (unsigned)'0';

    return a < 10 && b < 10 ? (int)(a * 10 + b) : -1;
}

/** "YYYYMMDDhhmmss" as numbers. @return false: no such time */
static bool time_from_digits(const uint8_t *p, int64_t *unix_s)
{
    int century = two_digits(p);
    int year = two_digits(p + 2);
    int month = two_digits(p + 4);
    int day = two_digits(p + 6);
    int hour = two_digits(p + 8);
    int minute = two_digits(p + 10);
    int second = two_digits(p + 12);

    if (century < 0 || year < 0 || month < 1 || month > 12 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59) {
        return false;
    }
    year += century * 100;
    if (day < 1 || day > days_of_month(year, month)) {
        return false;
    }
    *unix_s = et_unix_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

/** Time: UTCTime has two digits for the year, up to 2049 (RFC 5280 section 4.1.2.5.1). */
static void walk_time(struct walk *w, struct der_span *in, const char *field, int64_t *unix_s)
{
    struct der_item item;
    uint8_t digits[16] = "20";
    size_t year_len;
    size_t skip;

    if (!et_walk_any(w, in, field, &item)) {
        return;
    }
    if (item.tag != DER_UTC_TIME && item.tag != DER_TIME) {
        if (w->problem.reason == ESP_TLS_INPUT_OK) {
            w->problem.tag = item.tag;
        }
        et_walk_value(w, ESP_TLS_INPUT_TAG, field, item.begin);
        return;
    }
    year_len = item.tag == DER_UTC_TIME ? 2 : 4;
    if (item.len != year_len + 10 &&
        !(item.len == year_len + 11 && et_der_byte(w->src, item.content + item.len - 1) == 'Z')) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, item.content);
        return;
    }
    skip = 4 - year_len;
    (void)et_der_copy(w->src, item.content, year_len + 10, digits + skip, sizeof(digits) - skip);
    if (skip != 0 && digits[2] >= '5') {
        digits[0] = '1';
        digits[1] = '9';
    }
    if (!time_from_digits(digits, unix_s)) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, item.content);
    }
}

static void walk_validity(struct walk *w, struct der_span *in, esp_tls_certificate_t *cert)
{
    struct der_span inside;

    if (et_walk_enter(w, in, DER_SEQUENCE, "tbsCertificate.validity", &inside)) {
        walk_time(w, &inside, "tbsCertificate.validity.notBefore", &cert->not_before);
        walk_time(w, &inside, "tbsCertificate.validity.notAfter", &cert->not_after);
        (void)et_walk_end(w, &inside, "tbsCertificate.validity");
    }
}

/** An INTEGER alone in an element that may be left out. @return false: it is left out, or broken */
static bool number_in(struct walk *w, struct der_span *in, uint8_t tag, const char *field,
                      int *number)
{
    struct der_span inside;

    return et_walk_peek(w, in, tag) && et_walk_enter(w, in, tag, field, &inside) &&
           et_walk_int(w, &inside, field, number) && et_walk_end(w, &inside, field);
}

/* --- signature algorithm ---------------------------------------------------------------------- */

/** HashAlgorithm: parameters are absent or NULL. */
static void check_hash(struct walk *w, struct der_span *in, const char *field)
{
    struct algorithm alg;

    if (!et_walk_algorithm(w, in, field, &alg)) {
        return;
    }
    if (alg.has_parameters && (alg.parameters.tag != DER_NULL || alg.parameters.len != 0)) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, alg.parameters.begin);
    }
    if (!et_support_hash(alg.oid.bytes, alg.oid.len)) {
        et_walk_unsupported(w, ESP_TLS_INPUT_ALGORITHM, field, &alg.oid);
    }
}

static void check_mask(struct walk *w, struct der_span *in, const char *field)
{
    static const uint8_t mgf1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8};
    struct algorithm alg;
    struct der_span hash;

    if (!et_walk_algorithm(w, in, field, &alg)) {
        return;
    }
    if (alg.oid.len != sizeof(mgf1) || memcmp(alg.oid.bytes, mgf1, sizeof(mgf1)) != 0) {
        et_walk_unsupported(w, ESP_TLS_INPUT_ALGORITHM, field, &alg.oid);
    } else if (!alg.has_parameters || alg.parameters.tag != DER_SEQUENCE) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, alg.oid.item.begin);
    } else {
        hash = (struct der_span){alg.parameters.begin, alg.parameters.content + alg.parameters.len};
        check_hash(w, &hash, field);
    }
}

/** RSASSA-PSS-params, RFC 4055 section 3.1. */
static void check_pss(struct walk *w, const struct algorithm *alg, const char *field)
{
    struct der_span in = et_der_inside(&alg->parameters);
    struct der_span inside;
    size_t trailer;
    int number;

    if (!alg->has_parameters || alg->parameters.tag != DER_SEQUENCE) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, alg->oid.item.begin);
        return;
    }
    if (et_walk_peek(w, &in, DER_NESTED(0)) &&
        et_walk_enter(w, &in, DER_NESTED(0), field, &inside)) {
        check_hash(w, &inside, field);
        (void)et_walk_end(w, &inside, field);
    }
    if (et_walk_peek(w, &in, DER_NESTED(1)) &&
        et_walk_enter(w, &in, DER_NESTED(1), field, &inside)) {
        check_mask(w, &inside, field);
        (void)et_walk_end(w, &inside, field);
    }
    (void)number_in(w, &in, DER_NESTED(2), field, &number);
    trailer = in.at;
    if (number_in(w, &in, DER_NESTED(3), field, &number) && number != 1) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, trailer);
    }
    (void)et_walk_end(w, &in, field);
}

static bool is_pss(const struct oid *oid)
{
    return oid->row->name != NULL && strcmp(oid->row->name, "id-RSASSA-PSS") == 0;
}

static void check_signature_algorithm(struct walk *w, const struct algorithm *alg)
{
    const char *field = "tbsCertificate.signature";

    if (!et_support_signature(alg->oid.bytes, alg->oid.len)) {
        et_walk_unsupported(w, ESP_TLS_INPUT_ALGORITHM, field, &alg->oid);
    } else if (is_pss(&alg->oid)) {
        if (et_support_pss()) {
            check_pss(w, alg, field);
        } else if (alg->has_parameters) {
            et_walk_unsupported(w, ESP_TLS_INPUT_ALGORITHM, field, &alg->oid);
        }
    } else if (alg->has_parameters &&
               ((alg->parameters.tag != DER_NULL && alg->parameters.tag != 0) ||
                alg->parameters.len != 0)) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, alg->parameters.begin);
    }
}

static void take_signature_algorithm(struct walk *w, const struct algorithm *alg,
                                     esp_tls_certificate_t *cert)
{
    const struct oid_row *row = alg->oid.row;

    cert->signature_algorithm = et_walk_view_of(w, &alg->oid.item);
    cert->signature_name = row->kind == OID_SIGNATURE || row->kind == OID_KEY ? row->label : NULL;
    cert->is_signature_weak = row->kind == OID_SIGNATURE && row->value != 0;
}

/** Both AlgorithmIdentifiers must be the same (RFC 5280 section 4.1.1.2). */
static void compare_algorithms(struct walk *w, const struct algorithm *a, const struct algorithm *b)
{
    const struct der_item *p = &a->parameters;
    const struct der_item *q = &b->parameters;

    if (a->oid.len != b->oid.len ||
        !et_der_same(w->src, a->oid.item.content, b->oid.item.content, a->oid.len) ||
        p->tag != q->tag || p->len != q->len ||
        !et_der_same(w->src, p->content, q->content, p->len)) {
        et_walk_value(w, ESP_TLS_INPUT_ALGORITHMS_DIFFER, "signatureAlgorithm", b->oid.item.begin);
    }
}

/* --- the certificate -------------------------------------------------------------------------- */

static void walk_version(struct walk *w, struct der_span *in, esp_tls_certificate_t *cert)
{
    const char *field = "tbsCertificate.version";
    size_t begin = in->at;
    int version = 0;

    (void)number_in(w, in, DER_NESTED(0), field, &version);
    if (version > 2) {
        et_walk_value(w, ESP_TLS_INPUT_VERSION, field, begin);
    }
    cert->version = (uint8_t)(version <= 2 ? version + 1 : 0);
}

static void walk_serial(struct walk *w, struct der_span *in, esp_tls_certificate_t *cert)
{
    const char *field = "tbsCertificate.serialNumber";
    struct der_item item;
    uint8_t tag =
        /* Mbed TLS does the same */
        et_walk_peek(w, in, DER_CONTEXT(2)) ? DER_CONTEXT(2) : DER_INTEGER;

    if (et_walk_item(w, in, tag, field, &item)) {
        cert->serial = et_walk_view_of(w, &item);
    }
}

/** issuerUniqueID [1] and subjectUniqueID [2]. */
static void walk_unique_ids(struct walk *w, struct der_span *in, const esp_tls_certificate_t *cert)
{
    static const char *const fields[] = {"tbsCertificate.issuerUniqueID",
                                         "tbsCertificate.subjectUniqueID"};
    struct der_item item;

    for (unsigned i = 0; i < 2 && cert->version >= 2; i++) {
        if (et_walk_peek(w, in, (uint8_t)DER_NESTED(i + 1))) {
            (void)et_walk_item(w, in, (uint8_t)DER_NESTED(i + 1), fields[i], &item);
        }
    }
}

static void walk_tbs(struct walk *w, struct der_span *in, esp_tls_certificate_t *cert,
                     struct algorithm *alg)
{
    size_t begin;
    size_t issuer_len;

    walk_version(w, in, cert);
    walk_serial(w, in, cert);
    if (et_walk_algorithm(w, in, "tbsCertificate.signature", alg)) {
        check_signature_algorithm(w, alg);
        take_signature_algorithm(w, alg, cert);
    }
    begin = in->at;
    et_walk_name(w, in, "tbsCertificate.issuer", false);
    if (!w->is_broken) {
        cert->issuer = et_walk_view(w, begin, in->at - begin);
    }
    issuer_len = in->at - begin;
    walk_validity(w, in, cert);
    if (!w->is_broken) {
        size_t subject = in->at;

        et_walk_name(w, in, "tbsCertificate.subject", true);
        if (!w->is_broken) {
            cert->subject = et_walk_view(w, subject, in->at - subject);
            cert->is_self_issued =
                in->at - subject == issuer_len && et_der_same(w->src, begin, subject, issuer_len);
        }
    }
    et_walk_public_key(w, in, &cert->key);
    walk_unique_ids(w, in, cert);
    if (cert->version == 3) {
        et_walk_extensions(w, in, cert);
    }
    (void)et_walk_end(w, in, "tbsCertificate");
}

void et_walk_certificate(struct walk *w, struct der_span *in, esp_tls_certificate_t *cert)
{
    size_t begin = in->at;
    struct der_span inside;
    struct der_span tbs;
    struct der_item item;
    struct algorithm inner;
    struct algorithm outer;

    memset(cert, 0, sizeof(*cert));
    memset(&inner, 0, sizeof(inner));
    cert->path_length = -1;
    if (!et_walk_enter(w, in, DER_SEQUENCE, "Certificate", &inside)) {
        return;
    }
    cert->der = et_walk_view(w, begin, in->at - begin);
    if (!et_walk_item(w, &inside, DER_SEQUENCE, "tbsCertificate", &item)) {
        return;
    }
    cert->tbs = et_walk_view(w, item.begin, item.content + item.len - item.begin);
    tbs = et_der_inside(&item);
    walk_tbs(w, &tbs, cert, &inner);
    if (et_walk_algorithm(w, &inside, "signatureAlgorithm", &outer)) {
        compare_algorithms(w, &inner, &outer);
    }
    if (et_walk_bits(w, &inside, "signatureValue", &item)) {
        cert->signature = et_walk_view_of(w, &item);
    }
    (void)et_walk_end(w, &inside, "Certificate");
}

esp_err_t esp_tls_certificate_read(const void *der, size_t len, esp_tls_certificate_t *cert)
{
    struct der_source src;
    struct der_span in = {0, len};
    struct walk w;

    if (cert != NULL) {
        memset(cert, 0, sizeof(*cert));
    }
    if (der == NULL || cert == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_der_source_raw(&src, der, len);
    et_walk_init(&w, &src);
    et_walk_certificate(&w, &in, cert);
    return w.is_damaged ? ESP_FAIL : ESP_OK;
}
