/* Names of certificates and their constraints, as DER: what is well formed, what lies in what, and
 * what is refused because it cannot be compared. Real chains: integration/test_constraints.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cert_names.h"

/* DER that is put together by hand. */
struct der {
    uint8_t bytes[4096];
    size_t len;
};

static void put(struct der *d, const void *bytes, size_t len)
{
    assert_true(len <= sizeof(d->bytes) - d->len);
    memcpy(d->bytes + d->len, bytes, len);
    d->len += len;
}

/** An element with the shortest length. */
static void element(struct der *d, uint8_t tag, const void *content, size_t len)
{
    uint8_t head[4] = {tag, (uint8_t)len};
    size_t head_len = 2;

    if (len > 0x7F) {
        head[1] = 0x82;
        head[2] = (uint8_t)(len >> 8);
        head[3] = (uint8_t)len;
        head_len = 4;
    }
    put(d, head, head_len);
    put(d, content, len);
}

static void wrap(struct der *d, uint8_t tag)
{
    struct der inner = *d;

    d->len = 0;
    element(d, tag, inner.bytes, inner.len);
}

/* A name: the number of its tag, and its content. */
struct name {
    uint8_t kind;
    const char *value;
    size_t len;
};

#define TEXT(kind, text)                                                                           \
    (struct name)                                                                                  \
    {                                                                                              \
        kind, text, sizeof(text) - 1                                                               \
    }
#define NONE                                                                                       \
    (struct name)                                                                                  \
    {                                                                                              \
        0xFF, "", 0                                                                                \
    }

static uint8_t tag_of(struct name n)
{
    return (uint8_t)((n.kind == NAME_DIRECTORY || n.kind == NAME_OTHER ? 0xA0 : 0x80) | n.kind);
}

/** NameConstraints with one subtree of each set, or none. */
static struct der constraints(struct name permitted, struct name excluded)
{
    const struct name sets[2] = {permitted, excluded};
    struct der all = {.len = 0};

    for (uint8_t i = 0; i < 2; i++) {
        struct der set = {.len = 0};

        if (sets[i].kind == 0xFF) {
            continue;
        }
        element(&set, tag_of(sets[i]), sets[i].value, sets[i].len);
        wrap(&set, 0x30);
        wrap(&set, (uint8_t)(0xA0 | i));
        put(&all, set.bytes, set.len);
    }
    wrap(&all, 0x30);
    return all;
}

static const uint8_t empty_subject[] = {0x30, 0};

static enum name_verdict judge_der(const struct der *limits, const struct der *alt, size_t *work)
{
    struct name_set names = {.subject = {empty_subject, sizeof(empty_subject)},
                             .alt = {alt->bytes, alt->len},
                             .is_peer = true};

    return et_names_judge((struct name_span){limits->bytes, limits->len}, &names, work, NULL);
}

static enum name_verdict judge(struct name permitted, struct name excluded, struct name name)
{
    struct der limits = constraints(permitted, excluded);
    struct der alt = {.len = 0};
    size_t work = NAMES_MOST_WORK;

    element(&alt, tag_of(name), name.value, name.len);
    return judge_der(&limits, &alt, &work);
}

#define CN(text)      "\x31\x0C\x30\x0A\x06\x03\x55\x04\x03\x0C\x03" text /* of three letters */
#define DN(len, rdns) "\x30" len rdns

/* A constraint and a name: what is said where it is permitted, and where it is excluded. */
static const struct {
    struct name base;
    struct name name;
    enum name_verdict permitted;
    enum name_verdict excluded;
} kinds[] = {
#define IN  NAMES_HOLD, NAMES_EXCLUDED
#define OUT NAMES_NOT_PERMITTED, NAMES_HOLD
#define BAD NAMES_MALFORMED, NAMES_MALFORMED
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "a.b"), IN},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "A.B"), IN},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "c.a.b"), IN},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "d.c.a.b"), IN},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "ca.b"), OUT},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "b"), OUT},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "a.bc"), OUT},
    {TEXT(NAME_DNS, ".a.b"), TEXT(NAME_DNS, "a.b"), OUT},
    {TEXT(NAME_DNS, ".a.b"), TEXT(NAME_DNS, "c.a.b"), IN},
    {TEXT(NAME_DNS, ""), TEXT(NAME_DNS, "a"), IN},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "*.a.b"), IN},
    {TEXT(NAME_DNS, "c.a.b"), TEXT(NAME_DNS, "*.a.b"), NAMES_NOT_PERMITTED, NAMES_EXCLUDED},
    {TEXT(NAME_DNS, "d.c.a.b"), TEXT(NAME_DNS, "*.a.b"), OUT},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, ""), BAD},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, ".a.b"), BAD},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "a.b."), BAD},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "c..a.b"), BAD},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "*"), BAD},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "c*.a.b"), BAD},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "c.*.a.b"), BAD},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "c\0.a.b"), BAD},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "\xC3\xA4.a.b"), BAD},
    {TEXT(NAME_DNS, "*.a.b"), TEXT(NAME_DNS, "c.a.b"), BAD},
    {TEXT(NAME_DNS, "a.b."), TEXT(NAME_DNS, "c.a.b"), BAD},
    {TEXT(NAME_DNS, "."), TEXT(NAME_DNS, "c.a.b"), BAD},
    {TEXT(NAME_EMAIL, "a.b"), TEXT(NAME_EMAIL, "x@a.b"), IN},
    {TEXT(NAME_EMAIL, "a.b"), TEXT(NAME_EMAIL, "x@A.B"), IN},
    {TEXT(NAME_EMAIL, "a.b"), TEXT(NAME_EMAIL, "x@c.a.b"), OUT},
    {TEXT(NAME_EMAIL, ".a.b"), TEXT(NAME_EMAIL, "x@c.a.b"), IN},
    {TEXT(NAME_EMAIL, ".a.b"), TEXT(NAME_EMAIL, "x@a.b"), OUT},
    {TEXT(NAME_EMAIL, "x@a.b"), TEXT(NAME_EMAIL, "x@a.B"), IN},
    {TEXT(NAME_EMAIL, "x@a.b"), TEXT(NAME_EMAIL, "X@a.b"), OUT},
    {TEXT(NAME_EMAIL, "x@a.b"), TEXT(NAME_EMAIL, "xx@a.b"), OUT},
    {TEXT(NAME_EMAIL, ""), TEXT(NAME_EMAIL, "x@a.b"), IN},
    {TEXT(NAME_EMAIL, "a.b"), TEXT(NAME_EMAIL, "x@y@a.b"), BAD},
    {TEXT(NAME_EMAIL, "a.b"), TEXT(NAME_EMAIL, "@a.b"), BAD},
    {TEXT(NAME_EMAIL, "a.b"), TEXT(NAME_EMAIL, "x@"), BAD},
    {TEXT(NAME_EMAIL, "a.b"), TEXT(NAME_EMAIL, "a.b"), BAD},
    {TEXT(NAME_EMAIL, "x@y@a.b"), TEXT(NAME_EMAIL, "x@a.b"), BAD},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "s://a.b"), IN},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "s://u:p@A.b:1/c?d#e"), IN},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "s://a.b?x"), IN},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "s://c.d/a.b"), OUT},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "s://c.a.b"), OUT},
    {TEXT(NAME_URI, ".a.b"), TEXT(NAME_URI, "s://c.a.b"), IN},
    {TEXT(NAME_URI, ".a.b"), TEXT(NAME_URI, "s://a.b"), OUT},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "s:a.b"), BAD},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "s://"), BAD},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "s:/"), BAD},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "a.b"), BAD},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, ""), BAD},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "s://1.2.3.4/"), BAD},
    {TEXT(NAME_URI, "a.b"), TEXT(NAME_URI, "s://[::1]/"), BAD},
    {TEXT(NAME_IP, "\x0A\0\0\0\xFF\0\0\0"), TEXT(NAME_IP, "\x0A\1\2\3"), IN},
    {TEXT(NAME_IP, "\x0A\0\0\0\xFF\0\0\0"), TEXT(NAME_IP, "\x0B\1\2\3"), OUT},
    {TEXT(NAME_IP, "\x0A\0\0\x80\xFF\xFF\xFF\x80"), TEXT(NAME_IP, "\x0A\0\0\xFF"), IN},
    {TEXT(NAME_IP, "\x0A\0\0\x80\xFF\xFF\xFF\x80"), TEXT(NAME_IP, "\x0A\0\0\x7F"), OUT},
    {TEXT(NAME_IP, "\0\0\0\0\0\0\0\0"), TEXT(NAME_IP, "\x0A\0\0\1"), IN},
    {TEXT(NAME_IP, "\0\0\0\0\0\0\0\0"), TEXT(NAME_IP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), OUT},
    {TEXT(NAME_IP, "\x0A\0\0\0\xFF\0\0\0"), TEXT(NAME_IP, "\x0A\0\0\0\xFF\0\0\0"), BAD},
    {TEXT(NAME_IP, "\x0A\0\0\0\xFF\0\0\0"), TEXT(NAME_IP, "\x0A\0\0"), BAD},
    {TEXT(NAME_IP, "\x0A\0\0\0\xFF\0\1\0"), TEXT(NAME_IP, "\x0A\0\0\1"), BAD},
    {TEXT(NAME_IP, "\x0A\0\0\0"), TEXT(NAME_IP, "\x0A\0\0\0"), BAD},
    {TEXT(NAME_DIRECTORY, DN("\x0E", CN("abc"))), TEXT(NAME_DIRECTORY, DN("\x0E", CN("ABC"))), IN},
    {TEXT(NAME_DIRECTORY, DN("\x0E", CN("abc"))), TEXT(NAME_DIRECTORY, DN("\x0E", CN("abd"))), OUT},
    {TEXT(NAME_DIRECTORY, DN("\x0E", CN("a b"))), TEXT(NAME_DIRECTORY, DN("\x0E", CN("ab "))), OUT},
    {TEXT(NAME_DIRECTORY, DN("\x0E", CN(" a "))), TEXT(NAME_DIRECTORY, DN("\x0E", CN("a  "))), IN},
    {TEXT(NAME_DIRECTORY, DN("\x0E", CN("abc"))), TEXT(NAME_DIRECTORY, DN("\x0E", CN("ab\0"))),
     OUT},
    {TEXT(NAME_DIRECTORY, DN("\x0E", CN("abc"))),
     TEXT(NAME_DIRECTORY, DN("\x1C", CN("abc") CN("def"))), IN},
    {TEXT(NAME_DIRECTORY, DN("\x1C", CN("abc") CN("def"))),
     TEXT(NAME_DIRECTORY, DN("\x0E", CN("abc"))), OUT},
    {TEXT(NAME_DIRECTORY, DN("\0", "")), TEXT(NAME_DIRECTORY, DN("\x0E", CN("abc"))), IN},
    {TEXT(NAME_DIRECTORY, DN("\x0E", CN("abc"))), TEXT(NAME_DIRECTORY, "\x30\2\x31\0"), BAD},
    {TEXT(NAME_DIRECTORY, "\x31\0"), TEXT(NAME_DIRECTORY, DN("\x0E", CN("abc"))), BAD},
    {TEXT(NAME_ID, "\1"), TEXT(NAME_ID, "\1"), NAMES_UNKNOWN_KIND, NAMES_UNKNOWN_KIND},
    {TEXT(NAME_OTHER, "\6\1\1"), TEXT(NAME_OTHER, "\6\1\1"), NAMES_UNKNOWN_KIND,
     NAMES_UNKNOWN_KIND},
    {TEXT(NAME_ID, "\1"), TEXT(NAME_DNS, "a.b"), NAMES_HOLD, NAMES_HOLD},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_IP, "\x0A\0\0\1"), NAMES_HOLD, NAMES_HOLD},
    {TEXT(NAME_DNS, "a.b"), TEXT(NAME_EMAIL, "x@@"), NAMES_HOLD, NAMES_HOLD},
};

static void test_judge_each_kind_as_permitted_and_excluded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        enum name_verdict permitted = judge(kinds[i].base, NONE, kinds[i].name);
        enum name_verdict excluded = judge(NONE, kinds[i].base, kinds[i].name);

        if (permitted != kinds[i].permitted || excluded != kinds[i].excluded) {
            fail_msg("row %zu: permitted %d, excluded %d", i, (int)permitted, (int)excluded);
        }
    }
}

static void test_judge_sets_of_attributes_in_any_order(void **state)
{
#define A                                                                                          \
    "\x30\x0A\x06\x03\x55\x04\x03\x0C\x03"                                                         \
    "abc"
#define B                                                                                          \
    "\x30\x0A\x06\x03\x55\x04\x0A\x13\x03"                                                         \
    "def"
    (void)state;
    assert_int_equal(judge(TEXT(NAME_DIRECTORY, "\x30\x1A\x31\x18" A B), NONE,
                           TEXT(NAME_DIRECTORY, "\x30\x1A\x31\x18" B A)),
                     NAMES_HOLD);
    assert_int_equal(judge(TEXT(NAME_DIRECTORY, "\x30\x1A\x31\x18" A B), NONE,
                           TEXT(NAME_DIRECTORY, "\x30\x1A\x31\x18" A A)),
                     NAMES_NOT_PERMITTED);
    assert_int_equal(judge(TEXT(NAME_DIRECTORY, "\x30\x0E\x31\x0C" A), NONE,
                           TEXT(NAME_DIRECTORY, "\x30\x1A\x31\x18" A B)),
                     NAMES_NOT_PERMITTED);
}

/** Every prefix of the extension, and a byte behind its end. */
static void test_judge_damaged_constraints_are_refused(void **state)
{
    struct der limits = constraints(TEXT(NAME_DNS, "a.b"), TEXT(NAME_DNS, "c.a.b"));
    struct der alt = {.len = 0};
    size_t work;

    (void)state;
    element(&alt, 0x82, "x.a.b", 5);
    for (size_t len = 0; len < limits.len; len++) {
        struct der cut = limits;

        cut.len = len;
        work = NAMES_MOST_WORK;
        assert_int_equal(judge_der(&cut, &alt, &work), NAMES_MALFORMED);
    }
    work = NAMES_MOST_WORK;
    assert_int_equal(judge_der(&limits, &alt, &work), NAMES_HOLD);
    put(&limits, "", 1);
    assert_int_equal(judge_der(&limits, &alt, &work), NAMES_MALFORMED);
}

static void test_judge_minimum_and_order_of_sets(void **state)
{
    static const struct {
        const char *der;
        size_t len;
        enum name_verdict verdict;
    } rows[] = {
#define ROW(text, verdict) {text, sizeof(text) - 1, verdict}
        ROW("\x30\0", NAMES_HOLD),
        ROW("\x30\x07\xA0\5\x30\3\x82\1a", NAMES_NOT_PERMITTED),
        ROW("\x30\x0A\xA0\x08\x30\6\x82\1a\x80\1\0", NAMES_MALFORMED), /* minimum 0, written */
        ROW("\x30\x0A\xA0\x08\x30\6\x82\1a\x81\1\1", NAMES_MALFORMED), /* maximum */
        ROW("\x30\x07\xA2\5\x30\3\x82\1a", NAMES_MALFORMED),           /* no such set */
        ROW("\x30\x07\x80\5\x30\3\x82\1a", NAMES_MALFORMED),           /* primitive */
        ROW("\x30\x0E\xA1\5\x30\3\x82\1a\xA0\5\x30\3\x82\1b", NAMES_MALFORMED),
        ROW("\x30\x0E\xA0\5\x30\3\x82\1a\xA0\5\x30\3\x82\1b", NAMES_MALFORMED),
        ROW("\x30\x07\xA0\5\x30\3\x89\1a", NAMES_MALFORMED), /* no such kind */
        ROW("\x30\x07\xA0\5\x30\3\x12\1a", NAMES_MALFORMED), /* no context's tag */
        ROW("\x30\x08\xA0\6\x30\4\x82\x81\1a", NAMES_NOT_PERMITTED),
        ROW("\x30\x80\xA0\5\x30\3\x82\1a", NAMES_MALFORMED), /* indefinite */
        ROW("\x30\x84\0\0\0\x07\xA0\5\x30\3\x82\1a", NAMES_MALFORMED),
    };
    struct der alt = {.len = 0};

    (void)state;
    element(&alt, 0x82, "x.b", 3);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct der limits = {.len = 0};
        size_t work = NAMES_MOST_WORK;

        put(&limits, rows[i].der, rows[i].len);
        if (judge_der(&limits, &alt, &work) != rows[i].verdict) {
            fail_msg("row %zu", i);
        }
    }
}

static void test_judge_names_the_refused_name(void **state)
{
    struct der limits = constraints(TEXT(NAME_DNS, "a.b"), NONE);
    struct der alt = {.len = 0};
    struct name_set names = {.subject = {empty_subject, sizeof(empty_subject)}, .is_peer = true};
    struct name_refusal refusal;
    size_t work = NAMES_MOST_WORK;

    (void)state;
    element(&alt, 0x82, "x.a.b", 5);
    element(&alt, 0x82, "y.b", 3);
    names.alt = (struct name_span){alt.bytes, alt.len};
    assert_int_equal(
        et_names_judge((struct name_span){limits.bytes, limits.len}, &names, &work, &refusal),
        NAMES_NOT_PERMITTED);
    assert_int_equal(refusal.kind, NAME_DNS);
    assert_int_equal(refusal.name.len, 3);
    assert_memory_equal(refusal.name.ptr, "y.b", 3);
}

static void test_judge_work_is_bounded(void **state)
{
    struct der limits = constraints(TEXT(NAME_DNS, "a.b"), NONE);
    struct der alt = {.len = 0};
    size_t work = 23; /* "x.b" and "a.b" are 6 bytes, and the look costs 16 */

    (void)state;
    element(&alt, 0x82, "x.b", 3);
    assert_int_equal(judge_der(&limits, &alt, &work), NAMES_NOT_PERMITTED);
    assert_int_equal(work, 1);
    assert_int_equal(judge_der(&limits, &alt, &work), NAMES_TOO_MANY);
    assert_int_equal(work, 1);
}

static void test_common_name_counts_without_other_names(void **state)
{
    static const uint8_t subject[] = "\x30\x0E" CN("a.b");
    struct der limits = constraints(NONE, TEXT(NAME_DNS, "a.b"));
    struct name_set names = {.subject = {subject, sizeof(subject) - 1}, .is_peer = true};
    struct name_span span = {limits.bytes, limits.len};
    size_t work = NAMES_MOST_WORK;
    static const uint8_t alt[1]; /* of which nothing counts: there are no names in it */

    (void)state;
    assert_int_equal(et_names_judge(span, &names, &work, NULL), NAMES_EXCLUDED);
    names.is_peer = false;
    assert_int_equal(et_names_judge(span, &names, &work, NULL), NAMES_HOLD);
    names.is_peer = true;
    names.alt = (struct name_span){alt, 0};
    assert_int_equal(et_names_judge(span, &names, &work, NULL), NAMES_HOLD);
}

/** A subject whose only attribute is this common name. */
static struct der subject_of(const char *cn)
{
    struct der text = {.len = 0};
    struct der subject = {.len = 0};

    element(&text, 0x0C, cn, strlen(cn));
    element(&subject, 0x06, "\x55\x04\x03", 3);
    put(&subject, text.bytes, text.len);
    wrap(&subject, 0x30);
    wrap(&subject, 0x31);
    wrap(&subject, 0x30);
    return subject;
}

static void test_common_name_that_is_an_address_counts_as_one(void **state)
{
#define NET4 TEXT(NAME_IP, "\x0A\0\0\0\xFF\0\0\0")
#define NET6                                                                                       \
    TEXT(NAME_IP, "\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                                             \
                  "\xFF\xFF\0\0\0\0\0\0\0\0\0\0\0\0\0\0")
    static const struct {
        const char *cn;
        struct name base;
        enum name_verdict verdict;
    } rows[] = {
        {"10.1.2.3", NET4, NAMES_EXCLUDED},    {"11.1.2.3", NET4, NAMES_HOLD},
        {"2001:db8::1", NET6, NAMES_EXCLUDED}, {"2002:db8::1", NET6, NAMES_HOLD},
        {"2001:db8::1", NET4, NAMES_HOLD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct der limits = constraints(NONE, rows[i].base);
        struct der subject = subject_of(rows[i].cn);
        struct name_set names = {.subject = {subject.bytes, subject.len}, .is_peer = true};
        struct name_refusal refusal;
        size_t work = NAMES_MOST_WORK;

        assert_int_equal(
            et_names_judge((struct name_span){limits.bytes, limits.len}, &names, &work, &refusal),
            rows[i].verdict);
        if (rows[i].verdict != NAMES_HOLD) {
            assert_int_equal(refusal.name.len, strlen(rows[i].cn));
            assert_memory_equal(refusal.name.ptr, rows[i].cn, refusal.name.len);
        }
    }
}

static void test_dns_is_for_wildcard_one_label(void **state)
{
    static const struct {
        const char *dns;
        const char *host;
        bool is_for;
    } rows[] = {
        {"a.b", "A.b", true},      {"a.b", "c.b", false},   {"a.b", "a.b.c", false},
        {"*.b", "a.b", true},      {"*.b", "b", false},     {"*.b", ".b", false},
        {"*.b", "c.a.b", false},   {"a*.b", "aa.b", false}, {"*", "b", false},
        {"*.", "a.", false},       {"", "", false},         {"*.a.b", "x.A.B", true},
        {"c.*.b", "c.a.b", false}, {"*a.b", "aa.b", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct name_span dns = {(const uint8_t *)rows[i].dns, strlen(rows[i].dns)};
        struct name_span host = {(const uint8_t *)rows[i].host, strlen(rows[i].host)};

        if (et_names_dns_is_for(dns, host) != rows[i].is_for) {
            fail_msg("%s, %s", rows[i].dns, rows[i].host);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_each_kind_as_permitted_and_excluded),
        cmocka_unit_test(test_judge_sets_of_attributes_in_any_order),
        cmocka_unit_test(test_judge_damaged_constraints_are_refused),
        cmocka_unit_test(test_judge_minimum_and_order_of_sets),
        cmocka_unit_test(test_judge_names_the_refused_name),
        cmocka_unit_test(test_judge_work_is_bounded),
        cmocka_unit_test(test_common_name_counts_without_other_names),
        cmocka_unit_test(test_common_name_that_is_an_address_counts_as_one),
        cmocka_unit_test(test_dns_is_for_wildcard_one_label),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
