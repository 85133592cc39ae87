/* Which certificates of a path have names that those above them do not allow: each of them judged,
 * from the anchor down. The names themselves: test_cert_names. Real chains:
 * integration/test_constraints.py. */
#include "stack/mbedtls/adjust.h"

#include "sim_test.h"

#include "cert_names.h"
#include "stack/mbedtls/mbed.h"

#ifdef CONFIG_ESP_TLS_NAME_CONSTRAINTS

#define ALT_NAME    17 /* id-ce, RFC 5280 section 4.2.1.6 */
#define CONSTRAINTS 30 /* section 4.2.1.10 */
#define DNS         0x82
#define LONGEST     6

struct certificate {
    const char *name;    /* a dNSName, the only one; NULL: there is no subjectAltName */
    const char *permits; /* the dNSNames below this; NULL: there are no constraints */
    unsigned times;      /* that it says so */
    bool is_self_issued;
    bool is_no_authority;
    bool is_malformed; /* its subjectAltName */
    bool is_refused;
};

static size_t wrap(uint8_t *der, uint8_t tag, size_t len)
{
    assert_true(len < 0x80);
    memmove(der + 2, der, len);
    der[0] = tag;
    der[1] = (uint8_t)len;
    return len + 2;
}

/** @param around  the tags around the name, from the inside out, up to a 0 */
static size_t put_extension(uint8_t *out, uint8_t id, const char *name, const uint8_t *around)
{
    const uint8_t oid[] = {0x06, 3, 0x55, 0x1D, id};
    uint8_t *value = out + sizeof(oid);
    size_t len = strlen(name);

    memcpy(out, oid, sizeof(oid));
    memcpy(value, name, len);
    for (; *around != 0; around++) {
        len = wrap(value, *around, len);
    }
    return wrap(out, 0x30, sizeof(oid) + len);
}

static void make(mbedtls_x509_crt *crt, const struct certificate *c, uint8_t *der)
{
    static const uint8_t alt[] = {DNS, 0x30, 0x04, 0};
    static const uint8_t malformed[] = {DNS, 0x31, 0x04, 0};
    static const uint8_t constraints[] = {DNS, 0x30, 0xA0, 0x30, 0x04, 0};
    static uint8_t name[] = {0x30, 0};
    size_t len = 0;

    *crt = (mbedtls_x509_crt){.version = 3};
    if (c->name != NULL) {
        len += put_extension(der, ALT_NAME, c->name, c->is_malformed ? malformed : alt);
    }
    for (unsigned i = 0; i < c->times; i++) {
        len += put_extension(der + len, CONSTRAINTS, c->permits, constraints);
    }
    if (len > 0) {
        crt->v3_ext.p = der;
        crt->v3_ext.len = wrap(der, 0x30, len);
    }
    crt->ca_istrue = !c->is_no_authority;
    crt->subject_raw = (mbedtls_x509_buf){.p = name, .len = sizeof(name)};
    crt->issuer_raw.p = name;
    crt->issuer_raw.len = c->is_self_issued ? sizeof(name) : 0;
}

/** Judge a path as Mbed TLS's verifier has it judged. @return bytes that were compared */
static size_t judge(const char *what, const struct certificate *path, size_t compared)
{
    static mbedtls_x509_crt crts[LONGEST];
    static uint8_t der[LONGEST][200];
    struct mbed_path judged = {.compared = compared};
    int len = 0;

    while (path[len].name != NULL || path[len].times > 0 || path[len].is_no_authority) {
        len++;
    }
    for (int i = 0; i < len; i++) {
        uint32_t flags = 1;

        make(&crts[i], &path[i], der[i]);
        et_mbed_judge_names(&judged, &crts[i], len - 1 - i, &flags);
        if (flags != (path[i].is_refused ? ESP_TLS_BADCERT_NAME_CONSTRAINTS | 1u : 1u)) {
            fail_msg("%s: certificate %d: 0x%x", what, i, (unsigned)flags);
        }
    }
    return judged.compared;
}

#define PERMITS(text) .permits = text, .times = 1
#define LEAF          .is_no_authority = true

static const struct {
    const char *what;
    struct certificate path[LONGEST + 1]; /* from the anchor down */
} rows[] = {
    {"no constraints", {{.name = "ca"}, {.name = "b", LEAF}}},
    {"inside", {{PERMITS("a")}, {.name = "www.a", LEAF}}},
    {"outside", {{PERMITS("a")}, {.name = "www.b", .is_refused = true, LEAF}}},
    {"without a name", {{PERMITS("a")}, {LEAF}}},
    {"names that are none",
     {{PERMITS("a")}, {.name = "www.a", .is_malformed = true, .is_refused = true, LEAF}}},
    {"inside both", {{PERMITS("a")}, {PERMITS("b.a")}, {.name = "c.b.a", LEAF}}},
    {"outside the lower", {{PERMITS("a")}, {PERMITS("b.a")}, {.name = "c.a", .is_refused = true}}},
    {"outside the upper", {{PERMITS("a")}, {PERMITS("b")}, {.name = "c.b", .is_refused = true}}},
    {"an authority outside",
     {{PERMITS("a")}, {.name = "b", .is_refused = true}, {.name = "www.a", LEAF}}},
    {"one that is self-issued",
     {{PERMITS("a")}, {.name = "b", .is_self_issued = true}, {.name = "www.a", LEAF}}},
    {"a last one that is self-issued",
     {{PERMITS("a")}, {.name = "b", .is_self_issued = true, .is_refused = true, LEAF}}},
    {"what is refused constrains nothing",
     {{PERMITS("a")}, {.name = "b", PERMITS("c"), .is_refused = true}, {.name = "www.a", LEAF}}},
    {"no authority, with constraints", {{.name = "ca"}, {PERMITS("a"), LEAF, .is_refused = true}}},
    {"constraints twice", {{.permits = "a", .times = 2, .is_refused = true}, {.name = "b"}}},
    {"as many as are taken",
     {{PERMITS("a")}, {PERMITS("a")}, {PERMITS("a")}, {PERMITS("a")}, {.name = "www.a", LEAF}}},
    {"one more",
     {{PERMITS("a")},
      {PERMITS("a")},
      {PERMITS("a")},
      {PERMITS("a")},
      {PERMITS("a"), .is_refused = true},
      {.name = "www.a", LEAF}}},
};

static void test_each_certificate_is_judged_by_those_above(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)judge(rows[i].what, rows[i].path, 0);
    }
}

/** What is compared is bounded for a whole path, not for each of its certificates. */
static void test_what_a_path_compares_adds_up(void **state)
{
    static const struct certificate two[] = {{PERMITS("a")}, {.name = "www.a", LEAF}, {.times = 0}};
    static const struct certificate three[] = {
        {PERMITS("a")}, {.name = "www.a"}, {.name = "www.a", LEAF}, {.times = 0}};
    static const struct certificate refused[] = {
        {PERMITS("a")}, {.name = "www.a", LEAF, .is_refused = true}, {.times = 0}};
    size_t once = judge("two", two, 0);

    (void)state;
    assert_in_range(once, 1, 1000);
    assert_int_equal(judge("three", three, 0), 2 * once);
    assert_int_equal(judge("to the end", two, NAMES_MOST_WORK - once), NAMES_MOST_WORK);
    (void)judge("beyond", refused, NAMES_MOST_WORK - once + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_certificate_is_judged_by_those_above),
        cmocka_unit_test(test_what_a_path_compares_adds_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* name constraints are not applied in this build */
}

#endif
