/* The chain that a server sent. For explanation only: whether it is good is the verifier's word
 * (see session.h). */
#include "check.h"

void check_take_chain(struct check *c)
{
    const struct probe_chain *chain = survey_chain(&c->survey);
    const struct certs nobody = {NULL, 0};
    bool ok = true;

    for (size_t i = 0; ok && i < chain->count; i++) {
        ok = certs_add(&c->sent, chain->certificate[i].der, chain->certificate[i].len) != NULL;
    }
    if (!ok) {
        certs_clear(&c->sent);
    }
    if (!chain_tree_make(&c->chain, &c->sent, &nobody)) {
        fputs("esp-tls: warning: out of memory for the chain's signatures\n", stderr);
    }
}

size_t check_chain_len(const struct check *c)
{
    size_t len = 0;

    for (size_t i = 0; i < c->sent.count; i++) {
        len += c->sent.item[i].len;
    }
    return len;
}

bool check_ends_in_root(const struct check *c)
{
    return c->chain.end == CHAIN_UNTRUSTED_ROOT && c->chain.path_count > 1;
}

void check_key_text(const struct cert *cert, char *text, size_t cap)
{
    char key[64];

    cert_key_text(&cert->read.key, key, sizeof(key));
    snprintf(text, cap, "%s%s", cert->read.key.type == ESP_TLS_KEY_EC ? "EC " : "", key);
}

const char *check_signature_text(const struct cert *cert)
{
    return cert->read.signature_name != NULL ? cert->read.signature_name : "unknown signature";
}

void check_names_text(const struct cert *cert, char *out, size_t cap)
{
    struct text text = {0};
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t value;
    size_t at = 0;

    while (esp_tls_certificate_next_name(&cert->read, &at, &kind, &value)) {
        char one[64] = "";

        if (kind == ESP_TLS_NAME_IP || kind == ESP_TLS_NAME_DNS) {
            cert_name_text(kind, value, one, sizeof(one));
        }
        if (one[0] != '\0') {
            text_add(&text, "%s%s", text.len > 0 ? ", " : "", one);
        }
    }
    text_copy(&text, out, cap);
}
