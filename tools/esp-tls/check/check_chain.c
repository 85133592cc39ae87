#include "check_chain.h"

#include <stdio.h>
#include <string.h>

#include "esp_tls_certificate.h"
#include "cli/text.h"

/** The chain's certificates as views; what is damaged is all zero. */
struct views {
    esp_tls_certificate_t cert[PROBE_CERTIFICATES];
};

static void add_names(struct chain_certificate *c, const esp_tls_certificate_t *cert)
{
    struct text text = {0};
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t value;
    size_t at = 0;

    while (esp_tls_certificate_next_name(cert, &at, &kind, &value)) {
        char one[64] = "";

        if (kind == ESP_TLS_NAME_IP) {
            (void)esp_tls_ip_text(value, one, sizeof(one));
        } else if (kind == ESP_TLS_NAME_DNS) {
            for (size_t i = 0; i < value.len && i + 1 < sizeof(one); i++) {
                bool is_plain = value.ptr[i] > 0x20 && value.ptr[i] < 0x7F;

                one[i] = is_plain ? (char)value.ptr[i] : '?';
            }
        }
        if (one[0] != '\0') {
            text_add(&text, "%s%s", text.len > 0 ? ", " : "", one);
        }
    }
    text_copy(&text, c->names, sizeof(c->names));
}

static void describe(struct chain_certificate *c, const esp_tls_certificate_t *cert)
{
    const char *key = cert->key.name != NULL ? cert->key.name : "unknown key";

    c->is_read = true;
    (void)esp_tls_name_text(cert->subject, c->subject, sizeof(c->subject));
    (void)esp_tls_name_text(cert->issuer, c->issuer, sizeof(c->issuer));
    add_names(c, cert);
    if (cert->key.type == ESP_TLS_KEY_RSA) {
        snprintf(c->key, sizeof(c->key), "%s %u", key, (unsigned)cert->key.bits);
    } else {
        snprintf(c->key, sizeof(c->key), "%s%s", cert->key.type == ESP_TLS_KEY_EC ? "EC " : "",
                 key);
    }
    snprintf(c->signature, sizeof(c->signature), "%s",
             cert->signature_name != NULL ? cert->signature_name : "unknown signature");
    c->not_before = cert->not_before;
    c->not_after = cert->not_after;
}

static bool is_same(const struct probe_certificate *a, const struct probe_certificate *b)
{
    return a->len == b->len && memcmp(a->der, b->der, a->len) == 0;
}

static bool is_named(const esp_tls_certificate_t *issuer, const esp_tls_certificate_t *cert)
{
    return issuer->subject.len == cert->issuer.len && cert->issuer.len > 0 &&
           memcmp(issuer->subject.ptr, cert->issuer.ptr, cert->issuer.len) == 0;
}

/** The one that signed it: by name, and where this build has the algorithm by signature. The next
 *  one in the chain is looked at first. */
static int find_issuer(const struct views *v, const struct chain_report *r, size_t of)
{
    for (size_t step = 1; step <= r->count; step++) {
        size_t i = (of + step) % r->count;

        if (r->certificate[i].is_read && !r->certificate[i].is_duplicate &&
            is_named(&v->cert[i], &v->cert[of]) &&
            esp_tls_certificate_is_signed_by(&v->cert[of], &v->cert[i]) != ESP_FAIL) {
            return (int)i;
        }
    }
    return -1;
}

/** From the server's certificate to where its issuer is not in the chain, or to a root. */
static void walk_path(struct chain_report *r)
{
    size_t at = 0;
    size_t on_path = 0;
    size_t copies = 0;

    r->is_in_order = true;
    while (r->count > 0 && !r->certificate[at].is_on_path) {
        struct chain_certificate *c = &r->certificate[at];

        c->is_on_path = true;
        on_path++;
        if (c->issuer_index < 0 || c->is_self_signed) {
            r->ends_in_root = c->is_self_signed && on_path > 1;
            break;
        }
        /* copies between the two do not change the order */
        for (copies = at + 1; copies < r->count && r->certificate[copies].is_duplicate; copies++) {
        }
        r->is_in_order = r->is_in_order && copies == (size_t)c->issuer_index;
        at = (size_t)c->issuer_index;
    }
    r->has_extra = on_path < r->count;
}

void chain_report_make(struct chain_report *report, const struct probe_chain *chain)
{
    struct views views;

    memset(&views, 0, sizeof(views));
    memset(report, 0, sizeof(*report));
    report->count = chain->count;
    for (size_t i = 0; i < chain->count; i++) {
        const struct probe_certificate *p = &chain->certificate[i];
        struct chain_certificate *c = &report->certificate[i];

        c->len = p->len;
        report->bytes += p->len;
        if (esp_tls_certificate_read(p->der, p->len, &views.cert[i]) == ESP_OK) {
            describe(c, &views.cert[i]);
        }
        for (size_t j = 0; j < i; j++) {
            c->is_duplicate = c->is_duplicate || is_same(p, &chain->certificate[j]);
        }
    }
    for (size_t i = 0; i < chain->count; i++) {
        struct chain_certificate *c = &report->certificate[i];

        c->issuer_index = c->is_read ? find_issuer(&views, report, i) : -1;
        c->is_self_signed = c->issuer_index == (int)i;
    }
    walk_path(report);
}
