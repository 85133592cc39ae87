#include <string.h>

#include "chain.h"

static bool has(const struct certs *certs, const struct cert *cert)
{
    for (size_t i = 0; i < certs->count; i++) {
        if (cert_is_same(&certs->item[i], cert)) {
            return true;
        }
    }
    return false;
}

static bool is_same_list(const struct certs *a, const struct certs *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        if (!cert_is_same(&a->item[i], &b->item[i])) {
            return false;
        }
    }
    return a->count == b->count;
}

/** Does the issuer of the last certificate stand among those that we trust, or is it one?
 *  @param no_memory  set where there was none for finding out */
static bool ends_in(const struct certs *chain, const struct certs *trust, bool *no_memory)
{
    const struct cert *last = &chain->item[chain->count - 1];
    enum cert_link link = CERT_STRANGER;
    bool is_trusted = has(trust, last) || cert_find_issuer(last, trust, &link) != NULL;

    *no_memory = link == CERT_NO_MEMORY;
    return is_trusted;
}

/** Another certificate of the server's own. @return false: no memory */
static bool compare_leaf(struct chain_compare *c, const struct cert *ours,
                         const struct certs *trust)
{
    const struct cert *theirs = &c->theirs.item[0];
    char key_ours[40];
    char key_theirs[40];
    bool no_memory;

    cert_key_text(&ours->read.key, key_ours, sizeof(key_ours));
    cert_key_text(&theirs->read.key, key_theirs, sizeof(key_theirs));
    if (!ends_in(&c->theirs, trust, &no_memory)) {
        findings_add(
            &c->findings, FINDING_WARNING, "intercepted", 1,
            "%s sees another certificate, issued by %s, which is not trusted here: an "
            "antivirus program or a proxy may be reading along on its way, or it is another "
            "server. A device elsewhere meets the chain above.",
            c->who, theirs->issuer);
    } else if (ours->read.key.type != theirs->read.key.type) {
        findings_add(
            &c->findings, FINDING_NOTE, "other-kind", 1,
            "%s sees another certificate, with the key %s instead of %s: the server has one "
            "of each kind, and chooses by what a client offers. A device that offers as "
            "little as this program gets the chain above.",
            c->who, key_theirs, key_ours);
    } else {
        findings_add(&c->findings, FINDING_WARNING, "other-certificate", 1,
                     "%s sees another certificate of the same kind, issued by %s: it was renewed "
                     "since, or another server answered (another address, another name in SNI).",
                     c->who, theirs->issuer);
    }
    return !no_memory;
}

/** Certificates that only they have. */
static void compare_theirs(struct chain_compare *c, const struct chain_tree *tree,
                           const struct certs *sent, const struct certs *trust)
{
    for (size_t i = 1; i < c->theirs.count; i++) {
        const struct cert *cert = &c->theirs.item[i];
        bool is_root = cert_is_self_signed(cert);

        if (has(sent, cert)) {
            continue;
        }
        if (is_root && has(trust, cert)) {
            findings_add(&c->findings, FINDING_NOTE, "root-added", (int)i + 1,
                         "%s ends in the root %s, which the server does not send and need not: a "
                         "device that trusts it has it.",
                         c->who, cert->title);
        } else if (is_root) {
            findings_add(
                &c->findings, FINDING_WARNING, "other-root", (int)i + 1,
                "%s ends in the root %s, which is not among those trusted here: it has a "
                "store of its own, or the operating system's. Whether a device trusts it is "
                "decided by its cacert_buf or bundle.",
                c->who, cert->title);
        } else {
            findings_add(
                &c->findings, tree->end == CHAIN_MISSING ? FINDING_ERROR : FINDING_WARNING,
                "completed", (int)i + 1,
                "%s uses the intermediate %s, which the server does not send: it has it "
                "from an earlier visit, or fetched it (authorityInfoAccess). A device does "
                "neither%s: the server must send it.",
                c->who, cert->title,
                tree->end == CHAIN_MISSING ? ", and fails with this chain" : "");
        }
    }
}

/** Certificates that only we were sent. */
static void compare_ours(struct chain_compare *c, const struct chain_tree *tree)
{
    for (size_t i = 1; i < tree->count; i++) {
        const struct chain_node *n = &tree->node[i];

        if (has(&c->theirs, n->cert)) {
            continue;
        }
        findings_add(
            &c->findings, n->role == CHAIN_PATH ? FINDING_WARNING : FINDING_NOTE, "unused",
            (int)i + 1, "%s does not use certificate %zu (%s)%s.", c->who, i + 1, n->cert->title,
            n->role == CHAIN_PATH
                ? ": it ends in another root, by a cross-signed certificate. A device that "
                  "trusts only that root may fail with this chain"
                : ", as nobody needs it");
    }
}

bool chain_compare_make(struct chain_compare *c, const struct chain_tree *tree,
                        const struct certs *sent, const struct certs *trust)
{
    bool ok = true;

    if (sent->count == 0 || c->theirs.count == 0) {
        return true;
    }
    c->is_same = is_same_list(sent, &c->theirs);
    if (c->is_same) {
        findings_add(&c->findings, FINDING_NOTE, "same", 0, "%s sees the same certificates.",
                     c->who);
        return !c->findings.no_memory;
    }
    if (!cert_is_same(&sent->item[0], &c->theirs.item[0])) {
        ok = compare_leaf(c, &sent->item[0], trust);
    }
    compare_theirs(c, tree, sent, trust);
    compare_ours(c, tree);
    if (c->findings.count == 0) {
        findings_add(&c->findings, FINDING_NOTE, "other-order", 0,
                     "%s has the same certificates in another order.", c->who);
    }
    return ok && !c->findings.no_memory;
}
