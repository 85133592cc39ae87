#include "check_chain.h"

#include <stdio.h>
#include <string.h>

#include "chain/chain_tree.h"
#include "cli/text.h"

static void add_names(struct chain_certificate *c, const esp_tls_certificate_t *cert)
{
    struct text text = {0};
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t value;
    size_t at = 0;

    while (esp_tls_certificate_next_name(cert, &at, &kind, &value)) {
        char one[64] = "";

        if (kind == ESP_TLS_NAME_IP || kind == ESP_TLS_NAME_DNS) {
            cert_name_text(kind, value, one, sizeof(one));
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

/** @param sent  has each certificate of the chain */
static void relate(struct chain_report *report, const struct certs *sent)
{
    const struct certs nobody = {NULL, 0}; /* whom a device trusts is the verifier's business */
    struct chain_tree tree;

    chain_tree_make(&tree, sent, &nobody);
    report->is_in_order = tree.is_in_order;
    for (size_t i = 0; i < tree.count; i++) {
        struct chain_certificate *c = &report->certificate[i];

        c->is_duplicate = tree.node[i].role == CHAIN_DUPLICATE;
        c->is_self_signed = tree.node[i].is_self_signed;
        c->issuer_index = c->is_self_signed ? (int)i : tree.node[i].parent;
    }
    for (size_t k = 0; k < tree.path_count; k++) {
        report->certificate[tree.path[k]].is_on_path = true;
        report->ends_in_root = k > 0 && tree.node[tree.path[k]].is_self_signed;
    }
}

void chain_report_make(struct chain_report *report, const struct probe_chain *chain)
{
    struct certs sent = {NULL, 0};
    bool ok = true;

    memset(report, 0, sizeof(*report));
    for (size_t i = 0; ok && i < chain->count; i++) {
        const struct probe_certificate *p = &chain->certificate[i];
        const struct cert *cert = certs_add(&sent, p->der, p->len);

        ok = cert != NULL;
        report->certificate[i].len = p->len;
        report->bytes += p->len;
        report->count++;
        if (ok && cert->is_read) {
            describe(&report->certificate[i], &cert->read);
        }
    }
    if (ok) {
        relate(report, &sent);
    } else {
        fputs("esp-tls: warning: out of memory for the chain\n", stderr);
        memset(report, 0, sizeof(*report));
    }
    certs_clear(&sent);
}
