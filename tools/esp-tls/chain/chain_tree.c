#include "chain_tree.h"

#include <string.h>

#include "mbedtls/x509_crt.h"

#define SOON_DAYS 30
#define SERVER    (ESP_TLS_EXTENDED_ANY | ESP_TLS_EXTENDED_SERVER_AUTH)

/* --- making it -------------------------------------------------------------------------------- */

static bool has_same_key(const struct cert *a, const struct cert *b)
{
    esp_tls_bytes_t x = a->read.key.info;
    esp_tls_bytes_t y = b->read.key.info;
    esp_tls_bytes_t p = a->read.subject;
    esp_tls_bytes_t q = b->read.subject;

    return x.ptr != NULL && y.ptr != NULL && x.len == y.len && memcmp(x.ptr, y.ptr, x.len) == 0 &&
           p.len == q.len && memcmp(p.ptr, q.ptr, p.len) == 0;
}

/** Is it trusted itself, perhaps in a renewed edition? */
static const struct cert *find_same(const struct cert *cert, const struct certs *among)
{
    for (size_t i = 0; i < among->count; i++) {
        if (cert_is_same(cert, &among->item[i]) || has_same_key(cert, &among->item[i])) {
            return &among->item[i];
        }
    }
    return NULL;
}

/** May it issue, as far as it says itself? */
static bool is_authority(const struct cert *cert)
{
    return cert->read.version < 3 || cert->read.is_ca;
}

static bool is_current(const struct cert *cert)
{
    return cert_days(cert->read.not_after) >= 0 && !cert_is_early(&cert->read);
}

/** How soon Mbed TLS takes an issuer (x509_crt_find_parent_in()): it looks only behind the
 *  certificate, takes the first authority whose signature fits and whose dates are good, and never
 *  goes back to try another. What it would not find at all comes last, to be explained. */
static unsigned issuer_rank(const struct cert *issuer, bool is_behind)
{
    if (!is_authority(issuer)) {
        return 1;
    }
    return !is_behind ? 2 : is_current(issuer) ? 4 : 3;
}

/** The best of those that issued it, or may have. @return false: no memory */
static bool find_parent(struct chain_tree *t, size_t of)
{
    struct chain_node *n = &t->node[of];
    unsigned best = 0;

    for (size_t i = 0; i < t->count; i++) {
        enum cert_link link = i != of && t->node[i].role != CHAIN_DUPLICATE
                                  ? cert_link(n->cert, t->node[i].cert)
                                  : CERT_STRANGER;
        unsigned rank = issuer_rank(t->node[i].cert, i > of) + (link == CERT_SIGNED ? 4 : 0);

        if (link == CERT_NO_MEMORY) {
            return false;
        }
        if (link == CERT_NOT_SIGNED && n->namesake < 0) {
            n->namesake = (int)i;
        } else if (link >= CERT_UNCHECKED && rank > best) {
            n->parent = (int)i;
            n->is_unchecked = n->trust == NULL ? link == CERT_UNCHECKED : n->is_unchecked;
            best = rank;
        }
    }
    return true;
}

/** @return false: no memory */
static bool fill_node(struct chain_tree *t, size_t i, const struct certs *trust)
{
    struct chain_node *n = &t->node[i];
    enum cert_link self =
        n->cert->read.is_self_issued ? cert_link(n->cert, n->cert) : CERT_STRANGER;
    enum cert_link link = CERT_STRANGER;

    for (size_t k = 0; k < i; k++) {
        if (cert_is_same(n->cert, t->node[k].cert)) {
            n->role = CHAIN_DUPLICATE;
        }
    }
    n->parent = n->namesake = -1;
    n->is_self_signed = self == CERT_SIGNED || self == CERT_UNCHECKED;
    n->trust = find_same(n->cert, trust);
    n->is_trusted = n->trust != NULL;
    if (n->trust == NULL) {
        n->trust = cert_find_issuer(n->cert, trust, &link);
        n->is_unchecked = link == CERT_UNCHECKED;
    }
    return self != CERT_NO_MEMORY && link != CERT_NO_MEMORY;
}

static bool is_on_path(const struct chain_tree *t, size_t i)
{
    for (size_t k = 0; k < t->path_count; k++) {
        if (t->path[k] == i) {
            return true;
        }
    }
    return false;
}

/** From the server's own certificate up, to the first that is trusted. */
static void climb_path(struct chain_tree *t)
{
    size_t at = 0;

    while (t->count > 0) {
        const struct chain_node *n = &t->node[at];

        t->path[t->path_count++] = at;
        if (n->trust != NULL) {
            t->end = CHAIN_ANCHORED;
            return;
        }
        if (n->is_self_signed) {
            t->end = CHAIN_UNTRUSTED_ROOT;
            return;
        }
        t->end = n->cert->read.issuer.ptr == NULL ? CHAIN_UNREADABLE : CHAIN_MISSING;
        if (n->parent < 0 || is_on_path(t, (size_t)n->parent)) {
            return;
        }
        at = (size_t)n->parent;
    }
}

/** Copies between two certificates do not change the order. */
static bool is_path_in_order(const struct chain_tree *t)
{
    size_t at = 0;

    for (size_t k = 0; k < t->path_count; k++, at++) {
        while (at < t->count && t->node[at].role == CHAIN_DUPLICATE) {
            at++;
        }
        if (t->path[k] != at) {
            return false;
        }
    }
    return true;
}

static enum chain_role role_of(const struct chain_tree *t, size_t i)
{
    const struct chain_node *top = &t->node[t->path[t->path_count - 1]];
    const struct chain_node *n = &t->node[i];

    for (size_t k = 0; k < t->path_count; k++) {
        if (has_same_key(n->cert, t->node[t->path[k]].cert)) {
            return CHAIN_CROSS;
        }
    }
    if (n->is_trusted || (top->parent == (int)i && n->is_self_signed)) {
        return CHAIN_ROOT;
    }
    if (t->end == CHAIN_MISSING && top->namesake == (int)i) {
        return CHAIN_NAMESAKE;
    }
    return t->end == CHAIN_UNREADABLE ? CHAIN_UNKNOWN : CHAIN_EXTRA;
}

bool chain_tree_make(struct chain_tree *tree, const struct certs *sent, const struct certs *trust)
{
    bool ok = true;

    memset(tree, 0, sizeof(*tree));
    tree->bytes = 4 + 3;
    for (size_t i = 0; i < sent->count; i++) {
        tree->bytes += 3 + sent->item[i].len;
    }
    for (size_t i = 0; i < sent->count && i < CHAIN_MOST; i++) {
        tree->node[i].cert = &sent->item[i];
        tree->count++;
        ok = fill_node(tree, i, trust) && ok;
    }
    for (size_t i = 0; i < tree->count; i++) {
        ok = find_parent(tree, i) && ok;
    }
    climb_path(tree);
    tree->is_in_order = is_path_in_order(tree);
    for (size_t i = 0; i < tree->count; i++) {
        if (!is_on_path(tree, i) && tree->node[i].role != CHAIN_DUPLICATE) {
            tree->node[i].role = role_of(tree, i);
        }
    }
    return ok;
}

/* --- findings --------------------------------------------------------------------------------- */

static void find_unparsable(const struct cert *cert, int number, struct findings *f)
{
    char why[400];

    if (cert->problem.reason != ESP_TLS_INPUT_OK) {
        (void)esp_tls_input_problem_text(&cert->problem, why, sizeof(why));
        findings_add(f, FINDING_ERROR, "unparsable", number,
                     "Certificate %d (%s) cannot be used by Mbed TLS as this build has it: %s. The "
                     "handshake fails with it, even where it is not needed.",
                     number, cert->title, why);
    }
}

static void find_period(const struct cert *cert, int number, bool counts, struct findings *f)
{
    const esp_tls_certificate_t *read = &cert->read;

    if (cert_days(read->not_after) < 0) {
        findings_add(f, counts ? FINDING_ERROR : FINDING_NOTE, "expired", number,
                     "Certificate %d (%s) expired %ld days ago.", number, cert->title,
                     -cert_days(read->not_after));
    } else if (cert_is_early(read)) {
        findings_add(f, counts ? FINDING_ERROR : FINDING_NOTE, "not-yet-valid", number,
                     "Certificate %d (%s) is valid in %ld days only.", number, cert->title,
                     cert_days(read->not_before));
    } else if (counts && cert_days(read->not_after) < SOON_DAYS) {
        findings_add(f, FINDING_WARNING, "expires-soon", number,
                     "Certificate %d (%s) expires in %ld days: renew it.", number, cert->title,
                     cert_days(read->not_after));
    }
}

/** RFC 5480 section 2.1.1 wants curves named in certificates. */
static void find_curve(const struct cert *cert, int number, struct findings *f)
{
    if (cert->read.key.type == ESP_TLS_KEY_EC && cert->read.key.bits == 0 &&
        cert->read.key.curve.ptr == NULL) {
        findings_add(f, FINDING_ERROR, "explicit-curve", number,
                     "Certificate %d (%s) writes the curve of its key out (explicit parameters) "
                     "instead of naming it, which RFC 5480 forbids: TLS libraries refuse it.",
                     number, cert->title);
    }
}

static void find_weak(const struct cert *cert, int number, bool is_anchor, struct findings *f)
{
    const esp_tls_certificate_t *read = &cert->read;

    if (read->is_signature_weak && !is_anchor) {
        findings_add(f, FINDING_ERROR, "weak-signature", number,
                     "Certificate %d (%s) is signed %s, which Mbed TLS refuses.", number,
                     cert->title, read->signature_name);
    }
    if (read->key.type == ESP_TLS_KEY_RSA && read->key.bits < 2048) {
        findings_add(f, FINDING_ERROR, "weak-key", number,
                     "Certificate %d (%s) has an RSA key of %u bits; Mbed TLS refuses less than "
                     "2048.",
                     number, cert->title, (unsigned)read->key.bits);
    } else if (read->key.type == ESP_TLS_KEY_RSA && read->key.bits > 3072) {
        findings_add(f, FINDING_NOTE, "large-key", number,
                     "Certificate %d (%s) has an RSA key of %u bits: its signatures have %u bytes, "
                     "and a device computes about four times as long as with 2048 bits.",
                     number, cert->title, (unsigned)read->key.bits, (unsigned)read->key.bits / 8U);
    }
}

void chain_find_in(const struct cert *cert, int number, bool counts, bool is_anchor,
                   struct findings *f)
{
    find_unparsable(cert, number, f);
    if (cert->is_read) {
        find_period(cert, number, counts, f);
        find_curve(cert, number, f);
        if (counts) {
            find_weak(cert, number, is_anchor, f);
        }
    }
}

static void find_missing(const struct chain_tree *t, const struct certs *trust, struct findings *f)
{
    const struct chain_node *top = &t->node[t->path[t->path_count - 1]];
    int number = (int)t->path[t->path_count - 1] + 1;
    bool is_twin = false;
    char url[1024] = "";
    size_t at = 0;

    for (size_t i = 0; i < trust->count; i++) {
        is_twin = is_twin || cert_has_issuer_name(top->cert, &trust->item[i]);
    }
    if (top->namesake >= 0 && !is_twin) {
        return; /* find_signatures() says it */
    }
    if (is_twin) {
        findings_add(f, FINDING_ERROR, "other-key", number,
                     "An authority named %s is trusted, but another key than its key signed "
                     "certificate %d (%s): it was renewed with a new key, or this is not its "
                     "certificate.",
                     top->cert->issuer, number, top->cert->title);
        return;
    }
    (void)cert_next_issuer_url(top->cert, &at, url, sizeof(url));
    findings_add(
        f, FINDING_ERROR, "missing-intermediate", number,
        "The issuer of certificate %d (%s) was not sent, and is not trusted here: %s. If "
        "it is an intermediate, the server must send it: a browser gets it by itself%s%s%s, "
        "a device does not. If it is a root, the device must trust it (cacert_buf).",
        number, top->cert->title, top->cert->issuer, url[0] != '\0' ? " (from " : "", url,
        url[0] != '\0' ? ")" : "");
}

static void find_end(const struct chain_tree *t, const struct certs *trust, struct findings *f)
{
    const struct chain_node *top = &t->node[t->path[t->path_count - 1]];
    int number = (int)t->path[t->path_count - 1] + 1;

    if (t->end == CHAIN_UNTRUSTED_ROOT && number == 1) {
        findings_add(f, FINDING_ERROR, "self-signed", number,
                     "The server's certificate (%s) is self-signed, and not trusted here: give the "
                     "device this very certificate as cacert_buf, or the server one of an "
                     "authority.",
                     top->cert->title);
    } else if (t->end == CHAIN_UNTRUSTED_ROOT) {
        findings_add(
            f, FINDING_ERROR, "untrusted-root", number,
            "The chain ends in %s, which is not trusted here: give the device this root as "
            "cacert_buf.",
            top->cert->title);
    } else if (t->end == CHAIN_MISSING) {
        find_missing(t, trust, f);
    }
}

/** What stands above the server's certificate, from k = 1 on, the anchor at the end.
 *  @return NULL: nothing more */
static const struct cert *find_above(const struct chain_tree *t, size_t k)
{
    return k < t->path_count    ? t->node[t->path[k]].cert
           : k == t->path_count ? t->node[t->path[k - 1]].trust
                                : NULL;
}

/** "Certificate 2", or "The authority" of what was not sent. @param k  its place in the path */
static int name_one(const struct chain_tree *t, size_t k, size_t first, char *who, size_t cap)
{
    int number = k < t->path_count ? (int)t->path[k] + 1 : 0;

    if (number > 0) {
        snprintf(who, cap, "Certificate %zu", first + (size_t)number);
    } else {
        snprintf(who, cap, "The authority");
    }
    return number;
}

/** Before version 3 a certificate cannot say that it is an authority: then an anchor is one, and no
 *  other is. */
static bool is_no_authority(const struct chain_tree *t, size_t k, const struct cert *cert)
{
    bool is_anchor =
        k >= t->path_count || t->node[t->path[k]].is_trusted || t->node[t->path[k]].is_self_signed;

    return !cert->read.is_ca && (cert->read.version == 3 || !is_anchor);
}

/** How many authorities the one at this place has below it, as Mbed TLS counts them
 *  (x509_crt_verify_chain()): the uppermost also where it is its own issuer. */
static int count_below(const struct chain_tree *t, size_t k)
{
    int count = (int)k - 1;

    for (size_t i = 1; i + 1 < k; i++) {
        count -= t->node[t->path[i]].cert->read.is_self_issued;
    }
    return count;
}

/** @return false: it may not issue what stands below it */
static bool judge_issuer(const struct chain_tree *t, size_t k, const struct cert *cert,
                         size_t first, struct findings *f)
{
    const esp_tls_certificate_t *read = &cert->read;
    char who[48];
    int number = name_one(t, k, first, who, sizeof(who));

    if (is_no_authority(t, k, cert)) {
        findings_add(f, FINDING_ERROR, "no-authority", number,
                     "%s (%s) issued another one, and is no authority (basicConstraints): it is "
                     "refused.",
                     who, cert->title);
    } else if (read->has_key_usage && (read->key_usage & ESP_TLS_USAGE_CERT_SIGN) == 0) {
        findings_add(f, FINDING_ERROR, "no-cert-sign", number,
                     "%s (%s) issued another one, and its keyUsage does not allow that (no "
                     "keyCertSign): the chain is refused.",
                     who, cert->title);
    } else if (read->path_length >= 0 && read->path_length < count_below(t, k)) {
        findings_add(f, FINDING_ERROR, "path-length", number,
                     "%s (%s) may have %d other authorities below it (pathLenConstraint), and has "
                     "%d: the chain is refused.",
                     who, cert->title, read->path_length, count_below(t, k));
    } else {
        return true;
    }
    return false;
}

/** Those that issue must be authorities, and may be so for others only. The verifier goes up, and
 *  no further than to the first that is not. What a damaged one says of itself is not known. */
static void find_issuers(const struct chain_tree *t, size_t first, struct findings *f)
{
    const struct cert *cert;

    for (size_t k = 1; (cert = find_above(t, k)) != NULL; k++) {
        bool is_itself = k == t->path_count && t->node[t->path[k - 1]].is_trusted;

        if (!is_itself && cert->is_read && !judge_issuer(t, k, cert, first, f)) {
            return;
        }
    }
}

/** What was said to be signed by another, and is not, or cannot be checked. */
static void find_signatures(const struct chain_tree *t, size_t first, struct findings *f)
{
    for (size_t k = 0; k < t->path_count; k++) {
        const struct chain_node *n = &t->node[t->path[k]];
        const struct cert *above = find_above(t, k + 1);
        int number = (int)t->path[k] + 1;

        if (above == NULL && n->namesake >= 0 && !n->is_self_signed) {
            findings_add(f, FINDING_ERROR, "bad-signature", number,
                         "The signature on certificate %zu (%s) is not by the key of certificate "
                         "%zu (%s), which has its issuer's name: one of the two was changed or "
                         "forged, or is another authority's of that name. It is refused.",
                         first + (size_t)number, n->cert->title, first + (size_t)n->namesake + 1,
                         t->node[n->namesake].cert->title);
        } else if (above != NULL && n->is_unchecked) {
            findings_add(f, FINDING_WARNING, "unchecked-signature", number,
                         "Whether %s signed certificate %zu (%s) cannot be checked here: this "
                         "build does not have the algorithm (%s), or cannot read one of the two.",
                         above->title, first + (size_t)number, n->cert->title,
                         n->cert->read.signature_name != NULL ? n->cert->read.signature_name
                                                              : "of an unknown kind");
        }
    }
}

/** May this one give the names? An intermediate that is its own issuer is not constrained (RFC 5280
 *  section 6.1.3 (b)). */
static bool judge_names(const struct chain_tree *t, size_t k, const struct cert *above,
                        size_t first, struct findings *f)
{
    const struct cert *cert = t->node[t->path[k]].cert;
    esp_tls_name_kind_t kind = ESP_TLS_NAME_OTHER;
    esp_tls_bytes_t name = {0};
    char text[256] = "a name";

    if ((k > 0 && cert->read.is_self_issued) ||
        esp_tls_certificate_names_allowed(&cert->read, &above->read, k == 0, &kind, &name) ==
            ESP_OK) {
        return true;
    }
    if (name.ptr != NULL) {
        cert_name_text(kind, name, text, sizeof(text));
    }
    findings_add(f, FINDING_ERROR, "name-constraints", (int)t->path[k] + 1,
                 "Certificate %zu (%s) has %s, which %s may not give (nameConstraints): it is "
                 "refused.",
                 first + t->path[k] + 1, cert->title, text, above->title);
    return false;
}

/** Only authorities may have constraints (RFC 5280 section 4.2.1.10): the verifier refuses others.
 */
static void find_misplaced(const struct chain_tree *t, size_t first, struct findings *f)
{
    const struct cert *cert = t->node[t->path[0]].cert;

    if (cert->read.name_constraints.ptr != NULL && !cert->read.is_ca) {
        findings_add(f, FINDING_ERROR, "name-constraints", (int)t->path[0] + 1,
                     "Certificate %zu (%s) has nameConstraints, and is no authority: it is "
                     "refused.",
                     first + t->path[0] + 1, cert->title);
    }
}

/** Can the first one be used by the peer that has it?
 *  @param uses  ESP_TLS_EXTENDED_..., one of which it needs */
static void find_use(const struct chain_tree *t, size_t first, unsigned uses, struct findings *f)
{
    const struct cert *cert = t->node[t->path[0]].cert;
    const esp_tls_certificate_t *read = &cert->read;
    const char *peers =
        (uses & ESP_TLS_EXTENDED_CLIENT_AUTH) != 0 ? "TLS servers or clients" : "TLS servers";

    if (read->is_ca || !cert->is_read) {
        return;
    }
    if (read->has_extended_usage && (read->extended_usage & uses) == 0) {
        findings_add(f, FINDING_ERROR, "wrong-usage", 1,
                     "Certificate %zu (%s) is not for %s (extendedKeyUsage): it is refused.",
                     first + 1, cert->title, peers);
    }
    if (read->has_key_usage && (read->key_usage & ESP_TLS_USAGE_DIGITAL_SIGNATURE) == 0) {
        findings_add(f, FINDING_ERROR, "wrong-usage", 1,
                     "The key of certificate %zu (%s) may not sign (keyUsage without "
                     "digitalSignature), which TLS 1.3 and ECDHE need: it is refused.",
                     first + 1, cert->title);
    }
}

/** What those above say of those below, in a build that asks them. */
static void find_constraints(const struct chain_tree *t, size_t first, struct findings *f)
{
#ifdef CONFIG_ESP_TLS_NAME_CONSTRAINTS
    const bool are_applied = true;
#else
    const bool are_applied = false;
#endif

    if (are_applied && t->path_count > 0) {
        find_misplaced(t, first, f);
    }
    for (size_t k = 0; are_applied && k < t->path_count; k++) {
        const struct cert *above;

        for (size_t i = k + 1; (above = find_above(t, i)) != NULL; i++) {
            if (!judge_names(t, k, above, first, f)) {
                break;
            }
        }
    }
}

/** An authority for clients alone issues no server's certificate. */
static void find_usages(const struct chain_tree *t, size_t first, struct findings *f)
{
    const struct cert *cert;

    for (size_t k = 1; (cert = find_above(t, k)) != NULL; k++) {
        char who[48];
        int number = name_one(t, k, first, who, sizeof(who));

        if (!cert->read.has_extended_usage || (cert->read.extended_usage & SERVER) != 0) {
            continue;
        }
        findings_add(f, FINDING_ERROR, "issuer-usage", number,
                     "%s (%s) may not issue certificates of servers (extendedKeyUsage without "
                     "serverAuth): devices refuse the chain.",
                     who, cert->title);
    }
}

/** Of a chain as it is sent: Mbed TLS goes up so far, without the anchor. */
static void find_too_many(const struct chain_tree *t, struct findings *f)
{
    const size_t most = MBEDTLS_X509_MAX_INTERMEDIATE_CA + 1;
    size_t count = 0;

    for (size_t k = 0; k < t->path_count; k++) {
        count += !t->node[t->path[k]].is_trusted;
    }
    if (count > most) {
        findings_add(f, FINDING_ERROR, "too-long", 0,
                     "The chain has %zu certificates up to its root: Mbed TLS refuses more than "
                     "%zu (MBEDTLS_X509_MAX_INTERMEDIATE_CA).",
                     count, most);
    }
}

static void find_superfluous(const struct chain_tree *t, size_t first, bool duplicates,
                             struct findings *f)
{
    static const struct {
        enum finding_level level;
        const char *code;
        const char *text;
    } roles[] = {
        [CHAIN_PATH] = {FINDING_NOTE, NULL, NULL},
        [CHAIN_NAMESAKE] = {FINDING_NOTE, NULL, NULL}, /* find_signatures() */
        [CHAIN_UNKNOWN] = {FINDING_NOTE, NULL, NULL},
        [CHAIN_ROOT] = {FINDING_NOTE, "root-sent",
                        "is an authority that is trusted or not: a device that trusts it has it, "
                        "and one that does not gains nothing by it."},
        [CHAIN_CROSS] = {FINDING_NOTE, "cross-signed",
                         "has the name and key of another one of the chain, by another issuer: it "
                         "is for clients that trust only that one."},
        [CHAIN_DUPLICATE] = {FINDING_WARNING, "duplicate", "was sent before:"},
        [CHAIN_EXTRA] = {FINDING_WARNING, "extra", "verifies none of the others: leave it out."},
    };

    for (size_t i = 0; i < t->count; i++) {
        const struct chain_node *n = &t->node[i];
        char cost[48] = "";

        if (roles[n->role].code == NULL || (n->role == CHAIN_DUPLICATE && !duplicates)) {
            continue;
        }
        if (n->role != CHAIN_CROSS) { /* which somebody needs */
            snprintf(cost, sizeof(cost), " %zu bytes of each handshake.", n->cert->len);
        }
        findings_add(f, roles[n->role].level, roles[n->role].code, (int)i + 1,
                     "Certificate %zu (%s) %s%s", first + i + 1, n->cert->title,
                     roles[n->role].text, cost);
    }
}

/** Is there another certificate of the name and key of one on the path, that leads to a trusted
 *  one? */
static void find_other_way(const struct chain_tree *t, struct findings *f)
{
    for (size_t k = 1; t->end != CHAIN_ANCHORED && k < t->path_count; k++) {
        const struct chain_node *taken = &t->node[t->path[k]];

        for (size_t i = 0; i < t->count; i++) {
            if (t->node[i].role == CHAIN_CROSS && t->node[i].trust != NULL &&
                has_same_key(t->node[i].cert, taken->cert)) {
                findings_add(
                    f, FINDING_ERROR, "cross-signed-order", (int)t->path[k] + 1,
                    "Certificates %zu and %zu have one name and key. Mbed TLS takes the "
                    "first that it finds, which leads to nothing trusted here, and does not "
                    "go back to try the other, which would: send certificate %zu in front.",
                    t->path[k] + 1, i + 1, i + 1);
            }
        }
    }
}

/** Mbed TLS does not look in front of a certificate for its issuer. */
static void find_in_front(const struct chain_tree *t, struct findings *f)
{
    for (size_t k = 1; k < t->path_count; k++) {
        if (t->path[k] < t->path[k - 1]) {
            findings_add(
                f, FINDING_ERROR, "issuer-in-front", (int)t->path[k] + 1,
                "Certificate %zu stands in front of certificate %zu, which it issued: Mbed "
                "TLS looks for issuers behind a certificate only, and refuses the chain.",
                t->path[k] + 1, t->path[k - 1] + 1);
        }
    }
}

/** Does another one look like the server's, because it issued nothing? */
static void find_order(const struct chain_tree *t, struct findings *f)
{
    bool first_issues = false;

    for (size_t i = 1; i < t->count; i++) {
        first_issues = first_issues || t->node[i].parent == 0;
    }
    if (first_issues) {
        findings_add(
            f, FINDING_ERROR, "first-is-no-leaf", 1,
            "The first certificate issued another one that was sent: the server's own must "
            "stand first, clients compare its name.");
    } else if (!t->is_in_order) {
        findings_add(
            f, FINDING_WARNING, "wrong-order", 0,
            "The certificates are not in order: each must be followed by its issuer (RFC "
            "5246 section 7.4.2). Mbed TLS passes over what stands between, others refuse it.");
    }
    find_in_front(t, f);
    find_other_way(t, f);
}

/** Numbers as the file's reader counts them. */
static void shift(struct findings *f, size_t from, size_t by)
{
    for (size_t i = from; i < f->count; i++) {
        f->item[i].certificate += f->item[i].certificate > 0 ? (int)by : 0;
    }
}

void chain_tree_place(const struct chain_tree *tree, size_t first, struct findings *f)
{
    size_t from = f->count;

    find_signatures(tree, first, f);
    find_issuers(tree, first, f);
    find_constraints(tree, first, f);
    if (tree->count > 0) { /* an own chain may be a client's */
        find_use(tree, first, SERVER | ESP_TLS_EXTENDED_CLIENT_AUTH, f);
    }
    if (tree->count > 0 && (tree->node[0].cert->read.extended_usage & SERVER) != 0) {
        find_usages(tree, first, f); /* an own chain may be a client's */
    }
    find_order(tree, f);
    find_superfluous(tree, first, false, f);
    shift(f, from, first);
    if (tree->end == CHAIN_UNTRUSTED_ROOT && tree->path_count > 1) {
        size_t number = first + tree->path[tree->path_count - 1] + 1;

        findings_add(
            f, FINDING_NOTE, "root-sent", (int)number,
            "Certificate %zu is the root: as part of an own chain (clientcert_buf) it is sent "
            "for nothing, %zu bytes of each handshake.",
            number, tree->node[tree->path[tree->path_count - 1]].cert->len);
    }
    if (tree->end == CHAIN_MISSING && tree->node[tree->path[tree->path_count - 1]].namesake < 0) {
        size_t top = tree->path[tree->path_count - 1];

        findings_add(f, FINDING_NOTE, "issuer-elsewhere", (int)(first + top) + 1,
                     "The issuer of certificate %zu is in none of the files: %s.", first + top + 1,
                     tree->node[top].cert->issuer);
    }
}

void chain_tree_findings(const struct chain_tree *tree, const struct certs *trust,
                         struct findings *f)
{
    if (tree->count == 0) {
        findings_add(f, FINDING_ERROR, "empty", 0, "The server sent no certificate.");
        return;
    }
    for (size_t i = 0; i < tree->count; i++) {
        chain_find_in(tree->node[i].cert, (int)i + 1, tree->node[i].role == CHAIN_PATH,
                      tree->node[i].is_trusted, f);
    }
    find_signatures(tree, 0, f);
    find_issuers(tree, 0, f);
    find_too_many(tree, f);
    find_constraints(tree, 0, f);
    find_use(tree, 0, SERVER, f);
    find_usages(tree, 0, f);
    find_order(tree, f);
    find_end(tree, trust, f);
    find_superfluous(tree, 0, true, f);
    if (tree->bytes > 4096) {
        findings_add(
            f, FINDING_WARNING, "large", 0,
            "The Certificate message has %zu bytes: a device takes it only if its "
            "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN is at least that, and needs that much heap in "
            "one block.",
            tree->bytes);
    }
}

/* --- drawing ---------------------------------------------------------------------------------- */

const char *chain_role_name(enum chain_role role)
{
    static const char *const names[] = {"path",     "root",  "cross-signed", "duplicate",
                                        "namesake", "extra", "unknown"};

    return names[role];
}

const char *chain_end_name(enum chain_end end)
{
    static const char *const names[] = {"anchored", "missing", "untrusted-root", "unreadable"};

    return names[end];
}

static void print_line(FILE *out, unsigned depth, const struct cert *cert, const char *about)
{
    for (unsigned i = 1; i < depth; i++) {
        fputs("   ", out);
    }
    fprintf(out, "  %s%s   [%s]\n", depth > 0 ? "└─ " : "", cert->title, about);
}

static void print_path(const struct chain_tree *t, FILE *out)
{
    const struct chain_node *top = &t->node[t->path[t->path_count - 1]];
    unsigned depth = 0;

    if (t->end == CHAIN_ANCHORED && !top->is_trusted) {
        print_line(out, depth++, top->trust, "trusted, not sent");
    } else if (t->end == CHAIN_MISSING) {
        fprintf(out, "  %s   [MISSING: not sent, not trusted]\n", top->cert->issuer);
        depth++;
    } else if (t->end == CHAIN_UNREADABLE) {
        fputs("  ?   [its issuer cannot be read]\n", out);
        depth++;
    }
    for (size_t k = t->path_count; k-- > 0;) {
        const struct chain_node *n = &t->node[t->path[k]];
        char about[80];

        snprintf(about, sizeof(about), "sent as %zu%s%s", t->path[k] + 1,
                 n->is_trusted ? ", trusted" : "",
                 n->is_self_signed
                     ? (n->is_trusted ? ", self-signed" : ", self-signed, NOT TRUSTED")
                     : "");
        print_line(out, depth++, n->cert, about);
    }
}

void chain_tree_print(const struct chain_tree *tree, FILE *out)
{
    if (tree->count == 0) {
        return;
    }
    print_path(tree, out);
    for (size_t i = 0; i < tree->count; i++) {
        static const char *const about[] = {
            [CHAIN_ROOT] = "a root, need not be sent",
            [CHAIN_CROSS] = "cross-signed",
            [CHAIN_DUPLICATE] = "sent before",
            [CHAIN_NAMESAKE] = "of the issuer's name, with another key",
            [CHAIN_UNKNOWN] = "nothing can be said of its place",
            [CHAIN_EXTRA] = "EXTRA, verifies none of the others",
        };
        const struct chain_node *n = &tree->node[i];
        bool is_cross = n->role == CHAIN_CROSS;
        char text[300];

        if (n->role != CHAIN_PATH) {
            snprintf(text, sizeof(text), "sent as %zu, %s%s%.200s", i + 1, about[n->role],
                     is_cross ? " by " : "", is_cross ? n->cert->issuer : "");
            print_line(out, 0, n->cert, text);
        }
    }
}
