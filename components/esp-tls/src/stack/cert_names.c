/* Names of certificates: each kind is compared in its own way (RFC 5280 section 4.2.1.10). */
#include "cert_names.h"

#include <string.h>

#include "plat_net.h"

#define TAG_OID      0x06
#define TAG_UTF8     0x0C
#define TAG_PRINTED  0x13
#define TAG_T61      0x14
#define TAG_IA5      0x16
#define TAG_SEQUENCE 0x30
#define TAG_SET      0x31
#define TAG_CLASS    0xE0 /* class, and whether it is constructed */
#define TAG_NUMBER   0x1F
#define TAG_CONTEXT  0x80
#define TAG_NESTED   0xA0

/* --- DER and text ----------------------------------------------------------------------------- */

static struct name_span behind(struct name_span s, size_t n)
{
    return (struct name_span){s.ptr + n, s.len - n};
}

/** The next element of DER (X.690 section 8.1), and move behind it.
 *  @return false: what is left is no element */
static bool next_element(struct name_span *in, uint8_t *tag, struct name_span *content)
{
    size_t head = 2;
    size_t len;

    if (in->len < 2) {
        return false;
    }
    len = in->ptr[1];
    if (len > 0x83 || len == 0x80) { /* no certificate is longer than three bytes can say */
        return false;
    }
    if (len > 0x80) {
        head += len & 0x7Fu;
        len = 0;
        for (size_t i = 2; i < head; i++) {
            if (i >= in->len) {
                return false;
            }
            len = len << 8 | in->ptr[i];
        }
    }
    if (head > in->len || len > in->len - head) {
        return false;
    }
    *tag = in->ptr[0];
    *content = (struct name_span){in->ptr + head, len};
    *in = behind(*in, head + len);
    return true;
}

/** The same; it must have this tag. */
static bool next_of(struct name_span *in, uint8_t wanted, struct name_span *content)
{
    uint8_t tag;

    return next_element(in, &tag, content) && tag == wanted;
}

/** ASCII in lower case: names of hosts, and of distinguished names, know no other cases. */
static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool equal_fold(struct name_span a, struct name_span b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (fold(a.ptr[i]) != fold(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

/** Where a byte stands first. @return s.len: nowhere */
static size_t find_byte(struct name_span s, uint8_t c)
{
    const uint8_t *at = s.len > 0 ? memchr(s.ptr, c, s.len) : NULL;

    return at != NULL ? (size_t)(at - s.ptr) : s.len;
}

/** Move behind the first byte, if it is this one. */
static bool take_byte(struct name_span *s, uint8_t c)
{
    bool is_it = s->len > 0 && *s->ptr == c;

    *s = is_it ? behind(*s, 1) : *s;
    return is_it;
}

/* --- DNS names -------------------------------------------------------------------------------- */

static bool is_wildcard(struct name_span name)
{
    return name.len > 2 && name.ptr[0] == '*' && name.ptr[1] == '.';
}

static bool is_label_byte(uint8_t c)
{
    return (fold(c) >= 'a' && fold(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/** Labels with a dot between each two. */
static bool is_host(struct name_span s)
{
    bool is_empty = true; /* the label */

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' ? is_empty : !is_label_byte(s.ptr[i])) {
            return false;
        }
        is_empty = s.ptr[i] == '.';
    }
    return !is_empty;
}

static bool is_dns(struct name_span name)
{
    return is_host(is_wildcard(name) ? behind(name, 2) : name);
}

/** A domain, where a dot in front says that the domain itself is not meant. RFC 5280 has that for
 *  e-mail and URI only; for DNS names authorities write it all the same. */
static bool is_domain(struct name_span s)
{
    return s.len == 0 || is_host(s.ptr[0] == '.' ? behind(s, 1) : s);
}

/** Does the name end in this one, with at least one label in front? */
static bool is_below(struct name_span name, struct name_span domain)
{
    return name.len > domain.len + 1 && name.ptr[name.len - domain.len - 1] == '.' &&
           equal_fold(behind(name, name.len - domain.len), domain);
}

bool et_names_dns_is_for(struct name_span dns, struct name_span host)
{
    size_t dot = find_byte(host, '.');

    if (!is_wildcard(dns)) {
        return dns.len > 0 && equal_fold(dns, host);
    }
    return dot > 0 && dot < host.len && equal_fold(behind(dns, 1), behind(host, dot));
}

/** A wildcard is in an excluded subtree as soon as one name is that it stands for, and in a
 *  permitted one when all are. */
static bool dns_is_in(struct name_span name, struct name_span base, bool is_excluded)
{
    if (base.len == 0) {
        return true;
    }
    if (base.ptr[0] == '.') {
        return is_below(name, behind(base, 1));
    }
    return equal_fold(name, base) || is_below(name, base) ||
           (is_excluded && is_wildcard(name) && et_names_dns_is_for(name, base));
}

/* --- e-mail and URI --------------------------------------------------------------------------- */

/** Of e-mail and URI a domain means one host, and those below it only with a dot in front. */
static bool host_is_in(struct name_span host, struct name_span base)
{
    if (base.len == 0) {
        return true;
    }
    return base.ptr[0] == '.' ? is_below(host, behind(base, 1)) : equal_fold(host, base);
}

/** One "@", with a mailbox in front and a host behind. */
static bool is_mailbox(struct name_span s)
{
    size_t at = find_byte(s, '@');

    return at > 0 && at < s.len && is_host(behind(s, at + 1));
}

static bool is_mail_base(struct name_span s)
{
    return find_byte(s, '@') < s.len ? is_mailbox(s) : is_domain(s);
}

/** The mailbox is compared as it stands, the host without case. */
static bool mail_is_in(struct name_span name, struct name_span base, bool is_excluded)
{
    size_t at = find_byte(name, '@');
    size_t base_at = find_byte(base, '@');

    (void)is_excluded;
    if (base_at == base.len) {
        return host_is_in(behind(name, at + 1), base);
    }
    return at == base_at && memcmp(name.ptr, base.ptr, at) == 0 &&
           equal_fold(behind(name, at), behind(base, at));
}

/** The host of a URI (RFC 3986 section 3.2.2). @return len 0: it has none */
static struct name_span uri_host(struct name_span uri)
{
    size_t end = 0;

    uri = behind(uri, find_byte(uri, ':'));
    if (!take_byte(&uri, ':') || !take_byte(&uri, '/') || !take_byte(&uri, '/')) {
        return (struct name_span){uri.ptr, 0};
    }
    while (end < uri.len && uri.ptr[end] != '/' && uri.ptr[end] != '?' && uri.ptr[end] != '#') {
        end++;
    }
    uri.len = end;
    end = find_byte(uri, '@');
    uri = end < uri.len ? behind(uri, end + 1) : uri;
    uri.len = find_byte(uri, ':');
    return uri;
}

/** With a URI constraint a URI must name a host, and no address (RFC 5280 section 4.2.1.10). */
static bool is_uri(struct name_span uri)
{
    struct name_span host = uri_host(uri);
    struct plat_addr addr;

    return is_host(host) && !plat_addr_parse((const char *)host.ptr, host.len, &addr);
}

static bool uri_is_in(struct name_span name, struct name_span base, bool is_excluded)
{
    (void)is_excluded;
    return host_is_in(uri_host(name), base);
}

/* --- IP addresses ----------------------------------------------------------------------------- */

static bool is_ip(struct name_span name)
{
    return name.len == 4 || name.len == 16;
}

/** Address and mask; the mask's ones stand in front (RFC 4632 section 5.1). */
static bool is_network(struct name_span s)
{
    bool is_over = false;

    if (s.len != 8 && s.len != 32) {
        return false;
    }
    for (size_t bit = 4 * s.len; bit < 8 * s.len; bit++) {
        bool is_one = (s.ptr[bit / 8] >> (7 - bit % 8) & 1) != 0;

        if (is_one && is_over) {
            return false;
        }
        is_over = !is_one;
    }
    return true;
}

static bool ip_is_in(struct name_span name, struct name_span base, bool is_excluded)
{
    (void)is_excluded;
    if (base.len != 2 * name.len) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (((name.ptr[i] ^ base.ptr[i]) & base.ptr[name.len + i]) != 0) {
            return false;
        }
    }
    return true;
}

/* --- distinguished names ---------------------------------------------------------------------- */

/** AttributeTypeAndValue, RFC 5280 section 4.1.2.4. */
struct attribute {
    struct name_span type;
    struct name_span value;
    uint8_t value_tag;
};

static bool next_attribute(struct name_span *rdn, struct attribute *a)
{
    struct name_span in;

    return next_of(rdn, TAG_SEQUENCE, &in) && next_of(&in, TAG_OID, &a->type) &&
           next_element(&in, &a->value_tag, &a->value) && in.len == 0;
}

/** The RelativeDistinguishedNames in a Name, which has its header. */
static bool open_name(struct name_span name, struct name_span *rdns)
{
    return next_of(&name, TAG_SEQUENCE, rdns) && name.len == 0;
}

static bool is_directory(struct name_span name)
{
    struct name_span rdns;
    struct name_span rdn;
    struct attribute a;

    if (!open_name(name, &rdns)) {
        return false;
    }
    while (rdns.len > 0) {
        if (!next_of(&rdns, TAG_SET, &rdn) || rdn.len == 0) {
            return false;
        }
        while (rdn.len > 0) {
            if (!next_attribute(&rdn, &a)) {
                return false;
            }
        }
    }
    return true;
}

static bool is_text(uint8_t tag)
{
    return tag == TAG_UTF8 || tag == TAG_PRINTED || tag == TAG_T61 || tag == TAG_IA5;
}

/** The next byte of a text in which blanks at the ends do not count, and others count as one
 *  (RFC 5280 section 7.1, RFC 4518 section 2.6.1). @return -1: its end */
static int next_folded(struct name_span *text, bool is_first)
{
    bool is_blank = false;

    while (text->len > 0 && text->ptr[0] == ' ') {
        *text = behind(*text, 1);
        is_blank = true;
    }
    if (text->len == 0) {
        return -1;
    }
    if (is_blank && !is_first) {
        return ' ';
    }
    *text = behind(*text, 1);
    return fold(text->ptr[-1]);
}

static bool text_is_same(struct name_span a, struct name_span b)
{
    bool is_first = true;
    int x;

    do {
        x = next_folded(&a, is_first);
        if (x != next_folded(&b, is_first)) {
            return false;
        }
        is_first = false;
    } while (x != -1);
    return true;
}

static bool attribute_is_same(const struct attribute *a, const struct attribute *b)
{
    if (a->type.len != b->type.len || memcmp(a->type.ptr, b->type.ptr, a->type.len) != 0) {
        return false;
    }
    if (is_text(a->value_tag) && is_text(b->value_tag)) {
        return text_is_same(a->value, b->value);
    }
    return a->value_tag == b->value_tag && a->value.len == b->value.len &&
           memcmp(a->value.ptr, b->value.ptr, a->value.len) == 0;
}

static size_t count_attributes(struct name_span rdn)
{
    struct attribute a;
    size_t n = 0;

    while (next_attribute(&rdn, &a)) {
        n++;
    }
    return n;
}

/** Each attribute of the one is in the other, and there are as many. */
static bool rdn_is_same(struct name_span rdn, struct name_span base)
{
    struct attribute wanted;
    struct attribute has;

    if (count_attributes(rdn) != count_attributes(base)) {
        return false;
    }
    while (next_attribute(&base, &wanted)) {
        struct name_span rest = rdn;
        bool is_there = false;

        while (!is_there && next_attribute(&rest, &has)) {
            is_there = attribute_is_same(&has, &wanted);
        }
        if (!is_there) {
            return false;
        }
    }
    return true;
}

/** Does the name begin with this one? */
static bool directory_is_in(struct name_span name, struct name_span base, bool is_excluded)
{
    struct name_span rdns;
    struct name_span base_rdns;
    struct name_span rdn;
    struct name_span base_rdn;

    (void)is_excluded;
    if (!open_name(name, &rdns) || !open_name(base, &base_rdns)) {
        return false;
    }
    while (next_of(&base_rdns, TAG_SET, &base_rdn)) {
        if (!next_of(&rdns, TAG_SET, &rdn) || !rdn_is_same(rdn, base_rdn)) {
            return false;
        }
    }
    return true;
}

/* --- constraints ------------------------------------------------------------------------------ */

/** How names of a kind are compared; the others cannot be. */
static const struct {
    bool (*is_name)(struct name_span name);
    bool (*is_base)(struct name_span base);
    bool (*is_in)(struct name_span name, struct name_span base, bool is_excluded);
} kinds[NAME_ID + 1] = {
    [NAME_EMAIL] = {is_mailbox, is_mail_base, mail_is_in},
    [NAME_DNS] = {is_dns, is_domain, dns_is_in},
    [NAME_DIRECTORY] = {is_directory, is_directory, directory_is_in},
    [NAME_URI] = {is_uri, is_domain, uri_is_in},
    [NAME_IP] = {is_ip, is_network, ip_is_in},
};

struct judge {
    struct name_span subtrees[2]; /* GeneralSubtrees: permitted, excluded */
    unsigned kinds[2];            /* those of each, a bit each */
    size_t *work;
    struct name_refusal *refusal;
};

enum {
    PERMITTED,
    EXCLUDED
};

/** The next GeneralName. */
static bool next_name(struct name_span *in, enum name_kind *kind, struct name_span *name)
{
    uint8_t tag;

    if (!next_element(in, &tag, name) || (tag & TAG_NUMBER) > NAME_ID) {
        return false;
    }
    *kind = (enum name_kind)(tag & TAG_NUMBER);
    return (tag & TAG_CLASS) == TAG_CONTEXT || (tag & TAG_CLASS) == TAG_NESTED;
}

/** The next GeneralSubtree. minimum must be 0, which is not written, and maximum absent. */
static bool next_subtree(struct name_span *in, enum name_kind *kind, struct name_span *base)
{
    struct name_span subtree;

    return next_of(in, TAG_SEQUENCE, &subtree) && next_name(&subtree, kind, base) &&
           subtree.len == 0;
}

/** Read which kinds there are. @return false: one is malformed */
static bool survey(struct name_span subtrees, unsigned *found)
{
    enum name_kind kind;
    struct name_span base;

    while (subtrees.len > 0) {
        if (!next_subtree(&subtrees, &kind, &base) ||
            (kinds[kind].is_base != NULL && !kinds[kind].is_base(base))) {
            return false;
        }
        *found |= 1u << kind;
    }
    return true;
}

static bool open_constraints(struct judge *j, struct name_span constraints)
{
    struct name_span in;
    struct name_span subtrees;
    uint8_t tag;
    int last = -1;

    if (!next_of(&constraints, TAG_SEQUENCE, &in) || constraints.len != 0) {
        return false;
    }
    while (in.len > 0) {
        if (!next_element(&in, &tag, &subtrees) || (tag & TAG_CLASS) != TAG_NESTED ||
            (tag & TAG_NUMBER) > EXCLUDED || (int)(tag & TAG_NUMBER) <= last) {
            return false;
        }
        last = tag & TAG_NUMBER;
        j->subtrees[last] = subtrees;
        if (!survey(subtrees, &j->kinds[last])) {
            return false;
        }
    }
    return true;
}

#define LOOK 16 /* to read a subtree costs what it costs to compare so many bytes */

/** What comparing the two costs at most: sets of attributes are compared each with each. */
static size_t work_of(enum name_kind kind, struct name_span name, struct name_span base)
{
    return kind == NAME_DIRECTORY ? name.len * (base.len / 8 + 1) : name.len + base.len;
}

/** Does the name lie in one of these subtrees? @return NAMES_TOO_MANY; is_in is set otherwise */
static enum name_verdict look_in(struct judge *j, int which, enum name_kind kind,
                                 struct name_span name, bool *is_in)
{
    struct name_span subtrees = j->subtrees[which];
    enum name_kind base_kind;
    struct name_span base;

    *is_in = false;
    while (!*is_in && next_subtree(&subtrees, &base_kind, &base)) {
        size_t work = LOOK + (base_kind == kind ? work_of(kind, name, base) : 0);

        if (work > *j->work) {
            return NAMES_TOO_MANY;
        }
        *j->work -= work;
        *is_in = base_kind == kind && kinds[kind].is_in(name, base, which == EXCLUDED);
    }
    return NAMES_HOLD;
}

static enum name_verdict judge_compared(struct judge *j, enum name_kind kind, struct name_span name)
{
    bool is_in;

    if (look_in(j, EXCLUDED, kind, name, &is_in) != NAMES_HOLD) {
        return NAMES_TOO_MANY;
    }
    if (is_in) {
        return NAMES_EXCLUDED;
    }
    if ((j->kinds[PERMITTED] & 1u << kind) == 0) {
        return NAMES_HOLD;
    }
    if (look_in(j, PERMITTED, kind, name, &is_in) != NAMES_HOLD) {
        return NAMES_TOO_MANY;
    }
    return is_in ? NAMES_HOLD : NAMES_NOT_PERMITTED;
}

static enum name_verdict judge_name(struct judge *j, enum name_kind kind, struct name_span name)
{
    enum name_verdict verdict;

    if (((j->kinds[PERMITTED] | j->kinds[EXCLUDED]) & 1u << kind) == 0) {
        return NAMES_HOLD;
    }
    if (kinds[kind].is_in == NULL) {
        verdict = NAMES_UNKNOWN_KIND;
    } else if (!kinds[kind].is_name(name)) {
        verdict = NAMES_MALFORMED;
    } else {
        verdict = judge_compared(j, kind, name);
    }
    if (verdict != NAMES_HOLD) {
        *j->refusal = (struct name_refusal){kind, name};
    }
    return verdict;
}

static enum name_verdict judge_alt(struct judge *j, struct name_span alt)
{
    enum name_verdict verdict = NAMES_HOLD;
    struct name_span name;
    enum name_kind kind;

    while (verdict == NAMES_HOLD && alt.len > 0) {
        if (!next_name(&alt, &kind, &name)) {
            return NAMES_MALFORMED;
        }
        verdict = judge_name(j, kind, name);
    }
    return verdict;
}

/** A common name that may be taken for a host or an address is constrained as one. */
static enum name_verdict judge_common_name(struct judge *j, struct name_span cn)
{
    struct plat_addr addr;
    struct name_span ip = {addr.ip, 0};
    enum name_verdict verdict;

    if (!plat_addr_parse((const char *)cn.ptr, cn.len, &addr)) {
        return is_dns(cn) ? judge_name(j, NAME_DNS, cn) : NAMES_HOLD;
    }
    ip.len = addr.family == PLAT_AF_INET ? 4 : 16;
    verdict = judge_name(j, NAME_IP, ip);
    if (verdict != NAMES_HOLD) {
        j->refusal->name = cn;
    }
    return verdict;
}

/** What stands in the subject and is a name of its own: e-mail addresses, and in place of a
 *  subjectAltName common names. */
static enum name_verdict judge_attribute(struct judge *j, const struct attribute *a, bool cn_counts)
{
    static const uint8_t email[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01};
    static const uint8_t common_name[] = {0x55, 0x04, 0x03};

    if (a->type.len == sizeof(email) && memcmp(a->type.ptr, email, sizeof(email)) == 0) {
        return judge_name(j, NAME_EMAIL, a->value);
    }
    if (cn_counts && a->type.len == sizeof(common_name) &&
        memcmp(a->type.ptr, common_name, sizeof(common_name)) == 0) {
        return judge_common_name(j, a->value);
    }
    return NAMES_HOLD;
}

static enum name_verdict judge_subject(struct judge *j, const struct name_set *names)
{
    enum name_verdict verdict = NAMES_HOLD;
    bool cn_counts = names->is_peer && names->alt.ptr == NULL;
    struct name_span rdns;
    struct name_span rdn;
    struct attribute a;

    if (!is_directory(names->subject) || !open_name(names->subject, &rdns)) {
        return NAMES_MALFORMED;
    }
    if (rdns.len > 0) { /* an empty one is no name */
        verdict = judge_name(j, NAME_DIRECTORY, names->subject);
    }
    while (verdict == NAMES_HOLD && next_of(&rdns, TAG_SET, &rdn)) {
        while (verdict == NAMES_HOLD && next_attribute(&rdn, &a)) {
            verdict = judge_attribute(j, &a, cn_counts);
        }
    }
    return verdict;
}

enum name_verdict et_names_judge(struct name_span constraints, const struct name_set *names,
                                 size_t *work, struct name_refusal *refusal)
{
    struct name_refusal unwanted;
    struct judge j = {.work = work, .refusal = refusal != NULL ? refusal : &unwanted};
    enum name_verdict verdict;

    *j.refusal = (struct name_refusal){NAME_OTHER, {NULL, 0}};
    if (!open_constraints(&j, constraints)) {
        return NAMES_MALFORMED;
    }
    verdict = judge_subject(&j, names);
    if (verdict == NAMES_HOLD && names->alt.ptr != NULL) {
        verdict = judge_alt(&j, names->alt);
    }
    return verdict;
}
