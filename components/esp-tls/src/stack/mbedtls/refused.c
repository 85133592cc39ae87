/* What Mbed TLS knows of a chain that it has just refused (et_stack_refused() of stack_views.h):
 * views into what it parsed, and how its certificates and the anchors are related by their names.
 * Nothing here decides whom to trust. */
#include "mbed.h"

#include <string.h>

#include "mbedtls/md.h"
#include "mbedtls/oid.h"

#include "stack_views.h"

#define EC_LEAST 256 /* bits: every profile of Mbed TLS asks so many of a curve */

#ifdef MBED_HAS_SIGNATURES
#define verify_signature et_mbed_pk_verify_now
#else
#define verify_signature mbedtls_pk_verify_ext
#endif

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

/** What is looked at, and what was seen. */
struct look {
    struct mbed *m;
    const mbedtls_x509_crt *head; /* the peer's own, and those behind it */
    const mbedtls_x509_crt *refused;
    unsigned bits;
    uint8_t checks; /* signatures that may be checked yet: the peer says how many there are */
};

#define CHECKS_MOST 4

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

/** Does Mbed TLS go up from the refused certificate to one with this pathLenConstraint? As its
 *  x509_crt_find_parent_in() has it; max_pathlen is the number plus 1. */
static bool is_path_too_long(const struct look *look, const mbedtls_x509_crt *issuer)
{
    unsigned below = (unsigned)look->m->io.err->verify_depth - look->m->path->self_issued;

    return issuer->max_pathlen > 0 && (unsigned)issuer->max_pathlen < below + 1;
}

enum verdict {
    NOT_KNOWN,
    YES,
    NO
};

/** Did the key of this certificate sign the other? It is not known where there is no memory, nor
 *  after CHECKS_MOST of them. */
static enum verdict has_signed(struct look *look, const mbedtls_x509_crt *issuer,
                               const mbedtls_x509_crt *crt)
{
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(crt->sig_md);
    mbedtls_pk_context key = issuer->pk; /* Mbed TLS does not change it */
    unsigned char hash[MBEDTLS_MD_MAX_SIZE];
    struct mbed_scope scope;
    enum verdict verdict;
    int ret;

    if (md == NULL || !mbedtls_pk_can_do(&key, crt->sig_pk)) {
        return md == NULL ? NOT_KNOWN : NO;
    }
    if (look->checks == 0) {
        return NOT_KNOWN;
    }
    look->checks--;
    et_mbed_enter(&scope, NULL, PLAT_MEM_PROCESS);
    ret = mbedtls_md(md, crt->tbs.p, crt->tbs.len, hash);
    if (ret == 0) {
        ret = verify_signature(crt->sig_pk, crt->sig_opts, &key, crt->sig_md, hash,
                               mbedtls_md_get_size(md), crt->sig.p, crt->sig.len);
    }
    verdict = ret == 0 ? YES : et_mbed_is_starved() || et_mbed_is_no_mem(ret) ? NOT_KNOWN : NO;
    et_mbed_leave(&scope);
    return verdict;
}

/** Why one that has the name of the issuer that was looked for was not taken. Of several that may
 *  be issuers Mbed TLS takes the first, whoever signed.
 *  @param is_before  it stands in front of the refused one, where Mbed TLS does not look
 *  @param namesake   what it is when its key did not sign the refused one */
static unsigned issuer_relation(struct look *look, const mbedtls_x509_crt *crt, bool is_before,
                                unsigned namesake)
{
    bool must_be_ca = crt->version >= 3 || namesake != STACK_CHAIN_ANCHOR_NAMESAKE;
    unsigned fault =
        must_be_ca && !et_mbed_is_authority(crt) ? STACK_CHAIN_NO_CONSTRAINTS
        : must_be_ca && mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_KEY_CERT_SIGN) != 0
            ? STACK_CHAIN_NO_CERT_SIGN
        : is_path_too_long(look, crt) ? STACK_CHAIN_PATH_LENGTH
        : is_before                   ? STACK_CHAIN_OUT_OF_ORDER
                                      : 0;

    switch (has_signed(look, crt, look->refused)) {
    case YES:
        return fault != 0 || namesake == STACK_CHAIN_ANCHOR_NAMESAKE ? fault
                                                                     : STACK_CHAIN_OUT_OF_ORDER;
    case NOT_KNOWN:
        return fault != 0 ? fault : namesake;
    default:
        return namesake;
    }
}

static void look_at_sent(struct look *look, uint8_t *count)
{
    bool is_before = true;

    *count = 0;
    for (const mbedtls_x509_crt *crt = look->head; crt != NULL && *count < UINT8_MAX;
         crt = crt->next) {
        (*count)++;
        if (crt != look->head && !is_needed(look->head, crt)) {
            look->bits |= STACK_CHAIN_EXTRA;
        }
        if (crt == look->refused) {
            is_before = false;
        } else if (look->m->path->refused_is_untrusted &&
                   same(&crt->subject_raw, &look->refused->issuer_raw)) {
            look->bits |= issuer_relation(look, crt, is_before, STACK_CHAIN_BAD_SIGNATURE);
        }
    }
}

/** Is this its own issuer? Not where it says that another key signed it (RFC 5280 section 4.2.1.1):
 *  names alone may be alike. */
static bool is_self_signed(const mbedtls_x509_crt *crt)
{
    const mbedtls_x509_buf *own = &crt->subject_key_id;
    const mbedtls_x509_buf *signer = &crt->authority_key_id.keyIdentifier;

    return same(&crt->subject_raw, &crt->issuer_raw) &&
           (own->len == 0 || signer->len == 0 || same(own, signer));
}

/** The first must be the peer's own. Is it an authority, and did it sign one behind it? */
static bool has_first_issued(struct look *look)
{
    const mbedtls_x509_crt *head = look->head;

    for (const mbedtls_x509_crt *crt = head->next; crt != NULL; crt = crt->next) {
        if (same(&crt->issuer_raw, &head->subject_raw) &&
            !same(&crt->subject_raw, &head->subject_raw) && et_mbed_is_authority(head) &&
            has_signed(look, head, crt) != NO) {
            return true;
        }
    }
    return false;
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

/** @param is_own  the refused one is the peer's own, and signed itself: an anchor of its name is an
 *                 older one of it, and no issuer */
static unsigned anchor_bits(struct look *look, const mbedtls_x509_crt *anchor, bool is_own)
{
    const mbedtls_x509_buf *wanted = organization(&look->refused->issuer);
    const mbedtls_x509_buf *has = organization(&anchor->subject);
    unsigned bits = wanted != NULL && has != NULL && same(wanted, has) ? STACK_CHAIN_ANCHOR_KIN : 0;

    if (same(&anchor->subject_raw, &look->refused->issuer_raw)) {
        bits |= is_own ? STACK_CHAIN_ANCHOR_RENEWED
                       : issuer_relation(look, anchor, false, STACK_CHAIN_ANCHOR_NAMESAKE);
    }
    if (same(&anchor->pk_raw, &look->head->pk_raw) && is_no_ca(anchor) && !is_own) {
        bits |= STACK_CHAIN_ANCHOR_IS_LEAF;
    }
    return bits;
}

static bool look_at_anchor(void *arg, const uint8_t *der, size_t len)
{
    struct look *look = arg;
    mbedtls_x509_crt anchor;

    mbedtls_x509_crt_init(&anchor);
    if (et_mbed_crt_parse(&anchor, der, len, true) == 0) {
        look->bits |= anchor_bits(look, &anchor, (look->bits & STACK_CHAIN_SELF_SIGNED) != 0);
    }
    mbedtls_x509_crt_free(&anchor);
    return true;
}

/** Anchors are decoded and parsed in memory of the process: what fails is not the connection's. */
static void look_at_anchors(struct look *look)
{
    struct mbed_scope scope;

    et_mbed_enter(&scope, NULL, PLAT_MEM_PROCESS);
    (void)et_mbed_each_anchor(look->m, look_at_anchor, look);
    et_mbed_leave(&scope);
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

/** Of two that have the issuer's name one is the issuer: then the other says nothing. */
static unsigned without_namesakes(unsigned bits)
{
    const unsigned faults = STACK_CHAIN_OUT_OF_ORDER | STACK_CHAIN_NO_CONSTRAINTS |
                            STACK_CHAIN_NO_CERT_SIGN | STACK_CHAIN_PATH_LENGTH;

    return (bits & faults) != 0
               ? bits & ~(unsigned)(STACK_CHAIN_BAD_SIGNATURE | STACK_CHAIN_ANCHOR_NAMESAKE)
               : bits;
}

/** Where an issuer is is asked only of a chain that is not trusted: otherwise it is known. */
static unsigned look_for_issuer(struct look *look)
{
    const mbedtls_x509_crt *crt = look->refused;

    if (is_self_signed(crt) && crt != look->head) {
        look->bits |= STACK_CHAIN_ROOT_SENT;
    } else if (look->m->path->issuer != NULL && !is_no_ca(look->m->path->issuer)) {
        look->bits |= STACK_CHAIN_BAD_SIGNATURE; /* Mbed TLS went up to it all the same */
    }
    if ((look->bits & STACK_CHAIN_SELF_SIGNED) != 0 && has_signed(look, crt, crt) == NO) {
        look->bits &= ~(unsigned)STACK_CHAIN_SELF_SIGNED;
        look->bits |= STACK_CHAIN_BAD_SIGNATURE;
    }
    look_at_anchors(look);
    return without_namesakes(look->bits);
}

/** The key of a peer's own is judged together with its issuer's. */
static bool is_issuer_weak(const struct mbed *m, const mbedtls_x509_crt *issuer)
{
    size_t bits = issuer != NULL ? mbedtls_pk_get_bitlen(&issuer->pk) : SIZE_MAX;

    return bits < (issuer != NULL && mbedtls_pk_can_do(&issuer->pk, MBEDTLS_PK_RSA)
                       ? m->conf.cert_profile->rsa_min_bitlen
                       : EC_LEAST);
}

static unsigned relations(const struct mbed_chain *chain, const mbedtls_x509_crt *crt,
                          uint8_t *count)
{
    const struct mbed_path *path = chain->m->path;
    struct look look = {.m = chain->m, .head = chain->head, .refused = crt, .checks = CHECKS_MOST};

    look_at_sent(&look, count);
    look.bits |= has_ip_name(chain->head) ? 0 : STACK_CHAIN_NO_IP_NAMES;
    look.bits |= has_first_issued(&look) ? STACK_CHAIN_FIRST_ISSUED : 0;
    look.bits |= is_issuer_weak(chain->m, path->issuer) ? STACK_CHAIN_WEAK_ISSUER : 0;
    if (is_self_signed(crt) && crt == chain->head && (look.bits & STACK_CHAIN_FIRST_ISSUED) == 0) {
        look.bits |= STACK_CHAIN_SELF_SIGNED;
    }
    return path->refused_is_untrusted ? look_for_issuer(&look) : look.bits;
}

void et_stack_refused(const void *stack, struct stack_refused *refused)
{
    const struct mbed_chain *chain = stack;
    const struct mbed_path *path = chain->m->path;
    const mbedtls_x509_crt *crt = path->refused;
    const mbedtls_x509_crt *weak;

    *refused = (struct stack_refused){
        .subject = bytes_of(&crt->subject_raw),
        .issuer = bytes_of(&crt->issuer_raw),
        .leaf = bytes_of(&chain->head->subject_raw),
        .aia = issuer_url(crt),
        .not_before = date_of(&crt->valid_from),
        .not_after = date_of(&crt->valid_to),
    };
    refused->relations = (uint16_t)relations(chain, crt, &refused->count);
    weak = (refused->relations & STACK_CHAIN_WEAK_ISSUER) != 0 ? path->issuer : crt;
    refused->key_bits = (uint16_t)mbedtls_pk_get_bitlen(&weak->pk);
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
