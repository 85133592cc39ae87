/* What Mbed TLS knows of a chain that it has just refused (et_stack_refused() of stack_views.h):
 * views into what it parsed, and how its certificates and the anchors are related by their names.
 * Nothing here decides whom to trust. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/oid.h"

#include "stack_views.h"

static struct stack_bytes bytes_of(const mbedtls_x509_buf *buf)
{
    return (struct stack_bytes){buf->p, buf->len};
}

static bool same(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
    return a->len == b->len && a->len > 0 && memcmp(a->p, b->p, a->len) == 0;
}

static struct stack_date date_of(const mbedtls_x509_time *t)
{
    return (struct stack_date){.year = (uint16_t)t->year,
                               .month = (uint8_t)t->mon,
                               .day = (uint8_t)t->day,
                               .hour = (uint8_t)t->hour,
                               .minute = (uint8_t)t->min,
                               .second = (uint8_t)t->sec};
}

/** Before version 3 a certificate could not say whether it may issue others. */
static bool is_no_ca(const mbedtls_x509_crt *crt)
{
    return crt->version >= 3 && !et_mbed_is_authority(crt);
}

/* --- where the issuer's certificate can be had ------------------------------------------------ */

/** The first id-ad-caIssuers with a URL (RFC 5280 section 4.2.2.1), found by its bytes: the
 *  extensions are well formed, or Mbed TLS had not parsed them. */
static struct stack_bytes issuer_url(const mbedtls_x509_crt *crt)
{
    static const uint8_t begin[] = {0x06, 0x08, 0x2B, 0x06, 0x01, 0x05,
                                    0x05, 0x07, 0x30, 0x02, 0x86};
    const uint8_t *p = crt->v3_ext.p;
    size_t left = crt->v3_ext.len;

    for (; left > sizeof(begin) + 1; p++, left--) {
        size_t len = p[sizeof(begin)];

        if (memcmp(p, begin, sizeof(begin)) == 0 && len < 0x80 && len < left - sizeof(begin)) {
            return (struct stack_bytes){p + sizeof(begin) + 1, len};
        }
    }
    return (struct stack_bytes){NULL, 0};
}

/* --- the chain as it was sent ----------------------------------------------------------------- */

/** Is a certificate the issuer, by name, of another one that was sent? */
static bool is_needed(const mbedtls_x509_crt *head, const mbedtls_x509_crt *crt)
{
    for (const mbedtls_x509_crt *other = head; other != NULL; other = other->next) {
        if (other != crt && same(&other->issuer_raw, &crt->subject_raw)) {
            return true;
        }
    }
    return false;
}

/** A certificate that has the name of the issuer that was looked for. One behind the refused one
 *  was looked at by the verifier, and did not sign it. */
static unsigned issuer_relation(const mbedtls_x509_crt *crt, bool is_before)
{
    if (is_no_ca(crt)) {
        return STACK_CHAIN_NO_CONSTRAINTS;
    }
    return is_before ? STACK_CHAIN_OUT_OF_ORDER : 0;
}

/** @param is_untrusted  its issuer is missing, or is none */
static unsigned sent_relations(const mbedtls_x509_crt *head, const mbedtls_x509_crt *refused,
                               bool is_untrusted, uint8_t *count)
{
    unsigned bits = 0;
    bool is_before = true;

    *count = 0;
    for (const mbedtls_x509_crt *crt = head; crt != NULL && *count < UINT8_MAX; crt = crt->next) {
        (*count)++;
        if (crt != head && !is_needed(head, crt)) {
            bits |= STACK_CHAIN_EXTRA;
        }
        if (crt == refused) {
            is_before = false;
        } else if (is_untrusted && same(&crt->subject_raw, &refused->issuer_raw)) {
            bits |= issuer_relation(crt, is_before);
        }
    }
    return bits;
}

/** Is this its issuer? Not where it says that another key signed it (RFC 5280 section 4.2.1.1):
 *  names alone may be alike. */
static bool is_self_signed(const mbedtls_x509_crt *crt)
{
    const mbedtls_x509_buf *own = &crt->subject_key_id;
    const mbedtls_x509_buf *signer = &crt->authority_key_id.keyIdentifier;

    return same(&crt->subject_raw, &crt->issuer_raw) &&
           (own->len == 0 || signer->len == 0 || same(own, signer));
}

/* --- the anchors ------------------------------------------------------------------------------ */

/** The last organization of a Name, or NULL. */
static const mbedtls_x509_buf *organization(const mbedtls_x509_name *name)
{
    const mbedtls_x509_buf *found = NULL;

    for (; name != NULL; name = name->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_ORGANIZATION, &name->oid) == 0) {
            found = &name->val;
        }
    }
    return found;
}

struct look {
    const mbedtls_x509_crt *refused;
    unsigned bits;
};

static bool look_at_anchor(void *arg, const uint8_t *der, size_t len)
{
    struct look *look = arg;
    const mbedtls_x509_buf *wanted = organization(&look->refused->issuer);
    const mbedtls_x509_buf *has;
    mbedtls_x509_crt anchor;

    mbedtls_x509_crt_init(&anchor);
    if (et_mbed_crt_parse(&anchor, der, len, true) == 0) {
        has = organization(&anchor.subject);
        if (same(&anchor.subject_raw, &look->refused->issuer_raw)) {
            look->bits |=
                is_no_ca(&anchor) ? STACK_CHAIN_NO_CONSTRAINTS : STACK_CHAIN_ANCHOR_NAMESAKE;
        }
        if (wanted != NULL && has != NULL && same(wanted, has)) {
            look->bits |= STACK_CHAIN_ANCHOR_KIN;
        }
    }
    mbedtls_x509_crt_free(&anchor);
    return true;
}

/** Anchors are decoded and parsed in memory of the process: what fails is not the connection's. */
static unsigned anchor_relations(struct mbed *m, const mbedtls_x509_crt *refused)
{
    struct look look = {.refused = refused};
    struct mbed_scope scope;

    et_mbed_enter(&scope, NULL, PLAT_MEM_PROCESS);
    (void)et_mbed_each_anchor(m, look_at_anchor, &look);
    et_mbed_leave(&scope);
    return look.bits;
}

/* --- views ------------------------------------------------------------------------------------ */

#define NAME_CHOICE 0x1F /* of the tag of a GeneralName: which of them it is */
#define NAME_IP     7    /* RFC 5280 section 4.2.1.6 */

static bool has_ip_name(const mbedtls_x509_crt *leaf)
{
    for (const mbedtls_x509_sequence *n = &leaf->subject_alt_names; n != NULL; n = n->next) {
        if (n->buf.p != NULL && (n->buf.tag & NAME_CHOICE) == NAME_IP) {
            return true;
        }
    }
    return false;
}

static unsigned relations(const struct mbed_chain *chain, const mbedtls_x509_crt *crt,
                          uint8_t *count)
{
    bool is_untrusted = chain->m->path->refused_is_untrusted;
    unsigned bits = sent_relations(chain->head, crt, is_untrusted, count);

    bits |= has_ip_name(chain->head) ? 0 : STACK_CHAIN_NO_IP_NAMES;
    if (is_self_signed(crt) && crt == chain->head) {
        bits |= STACK_CHAIN_SELF_SIGNED;
    }
    if (is_untrusted) { /* otherwise its issuer is known: an anchor, or one that was sent */
        bits |= is_self_signed(crt) && crt != chain->head ? STACK_CHAIN_ROOT_SENT : 0;
        bits |= anchor_relations(chain->m, crt);
    }
    return bits;
}

void et_stack_refused(const void *stack, struct stack_refused *refused)
{
    const struct mbed_chain *chain = stack;
    const mbedtls_x509_crt *crt = chain->m->path->refused;

    *refused = (struct stack_refused){
        .subject = bytes_of(&crt->subject_raw),
        .issuer = bytes_of(&crt->issuer_raw),
        .leaf = bytes_of(&chain->head->subject_raw),
        .aia = issuer_url(crt),
        .not_before = date_of(&crt->valid_from),
        .not_after = date_of(&crt->valid_to),
        .key_bits = (uint16_t)mbedtls_pk_get_bitlen(&crt->pk),
    };
    refused->relations = (uint8_t)relations(chain, crt, &refused->count);
}

bool et_stack_next_name(const void *stack, const void **at, uint8_t *tag, struct stack_bytes *name)
{
    const mbedtls_x509_crt *leaf = ((const struct mbed_chain *)stack)->head;
    const mbedtls_x509_sequence *n =
        *at == NULL ? &leaf->subject_alt_names : ((const mbedtls_x509_sequence *)*at)->next;

    if (n == NULL || n->buf.p == NULL) {
        return false;
    }
    *at = n;
    *tag = n->buf.tag & NAME_CHOICE;
    *name = bytes_of(&n->buf);
    return true;
}
