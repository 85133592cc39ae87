/* Of a chain that was refused: whose certificate it was, and what is odd about the chain. Read with
 * the reader for explanations (esp_tls_certificate.h); nothing here decides whom to trust. */
#include <string.h>

#include "clip.h"
#include "esp_tls_certificate.h"
#include "esp_tls_diagnosis.h"
#include "evidence.h"

#define OID_ORGANIZATION "\x55\x04\x0a" /* 2.5.4.10 */
#define ORGANIZATION_MAX 64             /* ub-organization-name, RFC 5280 appendix A.1 */

static bool same(esp_tls_bytes_t a, esp_tls_bytes_t b)
{
    return a.len == b.len && a.len > 0 && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static void note_name(char *to, size_t cap, esp_tls_bytes_t name)
{
    size_t len = esp_tls_name_text(name, to, cap);

    if (len >= cap) {
        memcpy(to + cap - sizeof("..."), "...", sizeof("..."));
    }
}

/** Read a certificate as far as it goes. One whose basicConstraints are malformed can be judged still:
 *  it is no authority. */
static bool can_be_judged(const uint8_t *der, size_t len, esp_tls_certificate_t *cert)
{
    return esp_tls_certificate_read(der, len, cert) == ESP_OK || cert->has_basic_constraints;
}

/* --- the refused certificate ---------------------------------------------------------------------- */

static void note_aia(struct esp_tls_evidence *e, const esp_tls_certificate_t *cert)
{
    esp_tls_access_kind_t kind;
    esp_tls_bytes_t url;

    for (size_t at = 0; esp_tls_certificate_next_access(cert, &at, &kind, &url);) {
        if (kind == ESP_TLS_ACCESS_CA_ISSUERS) {
            clip_text(e->aia, sizeof(e->aia), (const char *)url.ptr, url.len);
            return;
        }
    }
}

static void note_refused(struct esp_tls_evidence *e, const esp_tls_certificate_t *cert)
{
    note_name(e->subject, sizeof(e->subject), cert->subject);
    note_name(e->issuer, sizeof(e->issuer), cert->issuer);
    e->not_before = cert->not_before;
    e->not_after = cert->not_after;
    e->key_bits = cert->key.bits;
    note_aia(e, cert);
}

/* --- its names ------------------------------------------------------------------------------------ */

static void note_names(struct esp_tls_evidence *e, const esp_tls_certificate_t *leaf)
{
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t value;
    bool has_ip = false;

    for (size_t at = 0; esp_tls_certificate_next_name(leaf, &at, &kind, &value);) {
        char ip[48];

        if (kind == ESP_TLS_NAME_DNS) {
            clip_item(e->names, sizeof(e->names), (const char *)value.ptr, value.len);
        } else if (kind == ESP_TLS_NAME_IP) {
            (void)esp_tls_ip_text(value, ip, sizeof(ip));
            clip_item(e->names, sizeof(e->names), ip, strlen(ip));
            has_ip = true;
        }
    }
    if (!has_ip) {
        e->chain |= ESP_TLS_CHAIN_NO_IP_NAMES;
    }
    if (e->names[0] == '\0') {
        (void)esp_tls_name_attribute(leaf->subject, "\x55\x04\x03", e->names, sizeof(e->names));
    }
}

/* --- the anchors ---------------------------------------------------------------------------------- */

struct look {
    struct esp_tls_evidence *e;
    esp_tls_bytes_t wanted; /* Name of the issuer that was looked for */
    char organization[ORGANIZATION_MAX + 1];
};

static bool look_at_anchor(void *ctx, const uint8_t *der, size_t len)
{
    struct look *look = ctx;
    char organization[ORGANIZATION_MAX + 1];
    esp_tls_certificate_t anchor;

    if (!can_be_judged(der, len, &anchor)) {
        return true;
    }
    if (same(anchor.subject, look->wanted)) {
        look->e->chain |= anchor.version >= 3 && !anchor.is_ca ? ESP_TLS_CHAIN_NO_CONSTRAINTS
                                                               : ESP_TLS_CHAIN_ANCHOR_NAMESAKE;
    }
    if (look->organization[0] != '\0' &&
        esp_tls_name_attribute(anchor.subject, OID_ORGANIZATION, organization,
                               sizeof(organization)) > 0 &&
        strcmp(organization, look->organization) == 0) {
        look->e->chain |= ESP_TLS_CHAIN_ANCHOR_KIN;
    }
    return true;
}

/* --- the chain as it was sent --------------------------------------------------------------------- */

/** Is the i-th certificate the issuer, by name, of another one that was sent? */
static bool is_needed(const struct evidence_chain *chain, unsigned i, esp_tls_bytes_t subject)
{
    esp_tls_certificate_t other;
    const uint8_t *der;
    size_t len;

    for (unsigned k = 0; chain->sent(chain->arg, k, &der, &len); k++) {
        if (k != i && esp_tls_certificate_read(der, len, &other) == ESP_OK &&
            same(other.issuer, subject)) {
            return true;
        }
    }
    return false;
}

/** A certificate of the list that has the name of the issuer that was looked for. One behind the
 *  refused one was looked at by the verifier, and did not sign it. */
static void look_at_issuer(struct esp_tls_evidence *e, const esp_tls_certificate_t *cert,
                           bool is_before)
{
    if (cert->version >= 3 && !cert->is_ca) {
        e->chain |= ESP_TLS_CHAIN_NO_CONSTRAINTS;
    } else if (is_before) {
        e->chain |= ESP_TLS_CHAIN_OUT_OF_ORDER;
    }
}

static void look_at_sent(struct esp_tls_evidence *e, const struct evidence_chain *chain,
                         const esp_tls_certificate_t *refused)
{
    bool is_before = true;
    const uint8_t *der;
    size_t len;

    for (unsigned i = 0; i < UINT8_MAX && chain->sent(chain->arg, i, &der, &len); i++) {
        esp_tls_certificate_t cert;

        e->chain_count = (uint8_t)(i + 1);
        if (!can_be_judged(der, len, &cert)) {
            continue;
        }
        if (i == 0) {
            note_names(e, &cert);
        } else if (!is_needed(chain, i, cert.subject)) {
            e->chain |= ESP_TLS_CHAIN_EXTRA;
        }
        if (der == refused->der.ptr) {
            is_before = false;
        } else if (chain->is_untrusted && same(cert.subject, refused->issuer)) {
            look_at_issuer(e, &cert, is_before);
        }
    }
}

static void look_at_anchors(struct esp_tls_evidence *e, const struct evidence_chain *chain,
                            const esp_tls_certificate_t *refused)
{
    struct look look = {.e = e, .wanted = refused->issuer};

    (void)esp_tls_name_attribute(refused->issuer, OID_ORGANIZATION, look.organization,
                                 sizeof(look.organization));
    chain->each_anchor(chain->arg, look_at_anchor, &look);
}

/** Not if it says that another key signed it (RFC 5280 section 4.2.1.1): names alone may be alike. */
static bool is_self_signed(const esp_tls_certificate_t *cert)
{
    return cert->is_self_issued &&
           (cert->authority_key_id.len == 0 || cert->subject_key_id.len == 0 ||
            same(cert->authority_key_id, cert->subject_key_id));
}

void evidence_note_chain(struct esp_tls_evidence *e, const struct evidence_chain *chain)
{
    esp_tls_certificate_t refused;
    const uint8_t *der;
    size_t len;
    bool is_first;

    if (esp_tls_certificate_read(chain->refused, chain->refused_len, &refused) != ESP_OK) {
        return;
    }
    note_refused(e, &refused);
    look_at_sent(e, chain, &refused);
    is_first = chain->sent(chain->arg, 0, &der, &len) && der == refused.der.ptr;
    if (is_self_signed(&refused) && is_first) {
        e->chain |= ESP_TLS_CHAIN_SELF_SIGNED;
    }
    if (!chain->is_untrusted) {
        return; /* its issuer is known: an anchor, or one that was sent */
    }
    if (is_self_signed(&refused) && !is_first) {
        e->chain |= ESP_TLS_CHAIN_ROOT_SENT;
    }
    look_at_anchors(e, chain, &refused);
}
