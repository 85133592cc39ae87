/* HelloRetryRequest (RFC 8446 section 4.1.4): the cookie comes back as it came, of any length that
 * a ClientHello has room for, and the rest of the ClientHello is the first one's; what a server may
 * not ask for ends the handshake. The peer is scripted: it needs no keys up to here. */
#include "elastic_kit.h"

#include <stdlib.h>

#include "mbedtls/ssl.h"

enum {
    EXT_GROUPS = 10,
    EXT_VERSIONS = 43,
    EXT_COOKIE = 44,
    EXT_SHARE = 51
};

#define P256      0x0017u
#define P384      0x0018u
#define NOBODYS   0x2345u /* a group that no client offers */
#define MSG_MOST  20000
#define RAND_LEN  32
#define HEAD_LEN  9 /* of a record and of a message */
#define NO_COOKIE 0
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
#define HELLO_MOST 16384
#define LIMIT      HELLO_MOST
#define TOO_LONG   "stack=0x6A00 record"
#else /* Mbed TLS's own buffers note no lengths */
#define HELLO_MOST CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN
#define LIMIT      0
#define TOO_LONG   "stack=0x6A00"
#endif

static const unsigned char retry_random[RAND_LEN] = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

/* --- messages --------------------------------------------------------------------------------- */

struct message {
    unsigned char buf[MSG_MOST];
    size_t len;
};

static void put(struct message *m, const void *data, size_t len)
{
    assert_true(m->len + len <= sizeof(m->buf));
    memcpy(m->buf + m->len, data, len);
    m->len += len;
}

static void put16(struct message *m, size_t value)
{
    put(m, (unsigned char[]){(unsigned char)(value >> 8), (unsigned char)value}, 2);
}

static size_t get16(const unsigned char *p)
{
    return (size_t)p[0] << 8 | p[1];
}

struct piece {
    const unsigned char *at;
    size_t len;
};

/** Of a whole ClientHello in one record: where its extensions begin. */
static size_t extensions_at(const struct message *hello)
{
    size_t at = HEAD_LEN + 2 + RAND_LEN;

    at += 1u + hello->buf[at];           /* session id */
    at += 2 + get16(hello->buf + at);    /* cipher suites */
    return at + 1u + hello->buf[at] + 2; /* compression methods, length of the extensions */
}

static struct piece extension(const struct message *hello, unsigned type)
{
    for (size_t at = extensions_at(hello); at + 4 <= hello->len;) {
        size_t len = get16(hello->buf + at + 2);

        if (get16(hello->buf + at) == type) {
            return (struct piece){hello->buf + at + 4, len};
        }
        at += 4 + len;
    }
    return (struct piece){NULL, 0};
}

static bool is_whole(const struct message *m)
{
    return m->len >= 5 && m->len >= 5 + get16(m->buf + 3);
}

/* --- the peer --------------------------------------------------------------------------------- */

struct retry {
    size_t cookie_len; /* NO_COOKIE: none */
    unsigned group;    /* 0: none */
    struct message hello[2];
    unsigned hellos;
    int alert; /* from the client; -1: none */
};

/** @return a record with the request that answers the first ClientHello */
static struct message *request(const struct retry *r)
{
    static struct message m;
    const unsigned char *id = r->hello[0].buf + HEAD_LEN + 2 + RAND_LEN;
    size_t len;

    m.len = HEAD_LEN;
    put16(&m, 0x0303);
    put(&m, retry_random, RAND_LEN);
    put(&m, id, 1u + id[0]);
    put16(&m, 0x1301); /* TLS_AES_128_GCM_SHA256 */
    put(&m, "", 1);
    put16(&m, (r->group != 0 ? 12u : 6u) + (r->cookie_len != 0 ? 6 + r->cookie_len : 0));
    put(&m, "\0\x2b\0\2\3\4", 6);
    if (r->group != 0) {
        put(&m, "\0\x33\0\2", 4);
        put16(&m, r->group);
    }
    if (r->cookie_len != 0) {
        put16(&m, EXT_COOKIE);
        put16(&m, 2 + r->cookie_len);
        put16(&m, r->cookie_len);
        for (size_t i = 0; i < r->cookie_len; i++) {
            put(&m, (unsigned char[]){sim_pattern(i)}, 1);
        }
    }
    len = m.len - 5;
    memcpy(m.buf, "\x16\3\3", 3);
    m.buf[3] = (unsigned char)(len >> 8);
    m.buf[4] = (unsigned char)len;
    memcpy(m.buf + 5, "\2", 2);
    m.buf[7] = (unsigned char)((len - 4) >> 8);
    m.buf[8] = (unsigned char)(len - 4);
    return &m;
}

/** One record. ChangeCipherSpec may stand between (RFC 8446 section D.4). */
static void take_record(struct retry *r, struct sim_peer *peer, const struct message *m)
{
    if (m->buf[0] == MBEDTLS_SSL_MSG_ALERT) {
        r->alert = m->buf[6];
    } else if (m->buf[0] == MBEDTLS_SSL_MSG_HANDSHAKE && r->hellos < 2) {
        r->hello[r->hellos++] = *m;
        if (r->hellos == 1) {
            const struct message *answer = request(r);

            (void)sim_peer_write(peer, answer->buf, answer->len);
        } else {
            sim_peer_close(peer);
        }
    }
}

static void retry_peer(struct sim_peer *peer, void *arg)
{
    struct message *m = sim_peer_state(peer, sizeof(*m));
    size_t n;

    do {
        size_t want = m->len < 5 ? 5 - m->len : 5 + get16(m->buf + 3) - m->len;

        n = sim_peer_read(peer, m->buf + m->len, want);
        m->len += n;
        if (is_whole(m)) {
            take_record(arg, peer, m);
            m->len = 0;
        }
    } while (n > 0);
}

static struct retry *ask(struct sim_case *t, size_t cookie_len, unsigned group)
{
    static struct retry r;

    r = (struct retry){.cookie_len = cookie_len, .group = group, .alert = -1};
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, retry_peer, &r);
    kit_renew(t, NULL);
    assert_int_equal(sim_connect(t), -1);
    kit_assert_bound();
    sim_advance_us(1);
    return &r;
}

/* --- what the second ClientHello is ----------------------------------------------------------- */

static void assert_same(struct piece a, struct piece b)
{
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.at, b.at, a.len);
}

static void assert_cookie(const struct retry *r)
{
    struct piece cookie = extension(&r->hello[1], EXT_COOKIE);

    assert_null(extension(&r->hello[0], EXT_COOKIE).at);
    assert_non_null(cookie.at);
    assert_int_equal(cookie.len, 2 + r->cookie_len);
    assert_int_equal(get16(cookie.at), r->cookie_len);
    for (size_t i = 0; i < r->cookie_len; i++) {
        assert_int_equal(cookie.at[2 + i], sim_pattern(i));
    }
}

/** The longest cookie that leaves the second ClientHello in one record, which is all that Mbed TLS
 *  sends a message in. */
static size_t longest_cookie(struct sim_case *t)
{
    return HELLO_MOST - 4 - (ask(t, 1, 0)->hello[0].len - HEAD_LEN) - 6;
}

/** RFC 8446 section 4.1.2: everything else is as it was, the key share too. */
static void test_retry_with_a_cookie_gets_it_back_and_the_same_share(void **state)
{
    static const size_t lens[] = {1, 2, 255, 256, 1000, 4095, 4096, 8000, 15000};
    struct sim_case *t = *state;
    size_t fits = longest_cookie(t);

    for (size_t i = 0; i < COUNT(lens) && lens[i] <= fits; i++) {
        struct retry *r = ask(t, lens[i], 0);
        size_t at = extensions_at(&r->hello[0]);

        assert_int_equal(r->hellos, 2);
        assert_cookie(r);
        assert_same(extension(&r->hello[0], EXT_SHARE), extension(&r->hello[1], EXT_SHARE));
        assert_memory_equal(r->hello[0].buf + HEAD_LEN, r->hello[1].buf + HEAD_LEN,
                            at - 2 - HEAD_LEN);
        assert_int_equal(r->hello[1].len, r->hello[0].len + 6 + lens[i]);
    }
}

static void test_retry_with_a_cookie_and_a_group_gets_both(void **state)
{
    struct retry *r = ask(*state, 100, P384);
    struct piece share;

    assert_int_equal(r->hellos, 2);
    assert_cookie(r);
    share = extension(&r->hello[1], EXT_SHARE);
    assert_int_equal(get16(share.at + 2), P384);
    assert_int_equal(share.len, 2 + 4 + 97);
}

static void test_cookie_of_any_length_is_sent_or_does_not_fit(void **state)
{
    struct sim_case *t = *state;
    size_t fits = longest_cookie(t);
    static const int near[] = {-300, -40, -16, -1, 0, 1, 2, 16, 40};

    for (size_t i = 0; i < COUNT(near); i++) {
        struct retry *r = ask(t, (size_t)((int)fits + near[i]), 0);

        if (near[i] <= 0) {
            assert_int_equal(r->hellos, 2);
            assert_cookie(r);
            assert_in_range(r->hello[1].len, 0, 5 + HELLO_MOST);
            continue;
        }
        assert_int_equal(r->hellos, 1);
        assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                      ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, TOO_LONG);
        assert_int_equal(sim_record(t).record_limit, LIMIT);
        assert_int_equal(sim_record(t).record_len > HELLO_MOST, LIMIT != 0);
    }
}

static void assert_refused(struct sim_case *t, const struct retry *r)
{
    assert_int_equal(r->hellos, 1);
    assert_int_equal(r->alert, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER);
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                  ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x6600 sent=47");
}

static void test_retry_that_may_not_be_is_refused(void **state)
{
    struct sim_case *t = *state;
    unsigned sent = (unsigned)get16(extension(&ask(t, 1, 0)->hello[0], EXT_SHARE).at + 2);

    assert_refused(t, ask(t, NO_COOKIE, 0)); /* it changes nothing */
    assert_refused(t, ask(t, NO_COOKIE, sent));
    assert_refused(t, ask(t, 100, sent));
    assert_refused(t, ask(t, 100, 0x0100)); /* ffdhe2048, which is not offered */
    assert_int_equal(ask(t, NO_COOKIE, NOBODYS)->hellos, 1);
}

/** Every allocation fails once on the way to the second ClientHello. */
static void test_retry_without_memory_says_so(void **state)
{
    struct sim_case *t = *state;
    static struct retry r;

    for (unsigned nth = 1; nth < 100000; nth += 1 + nth / 32) { /* arithmetic makes most of them */
        unsigned before = sim_alloc_count();

        r = (struct retry){.cookie_len = 300, .alert = -1};
        sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, retry_peer, &r);
        kit_renew(t, NULL);
        before = sim_alloc_count();
        sim_fail_alloc(nth, false);
        assert_int_equal(sim_connect(t), -1);
        if (sim_alloc_count() - before < nth) {
            assert_int_equal(r.hellos, 2);
            return;
        }
        assert_true(r.hellos == 2 || sim_record(t).cause == ESP_TLS_CAUSE_NO_MEM);
    }
    fail_msg("it never ends");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_retry_with_a_cookie_gets_it_back_and_the_same_share),
        sim_test(test_retry_with_a_cookie_and_a_group_gets_both),
        sim_test(test_cookie_of_any_length_is_sent_or_does_not_fit),
        sim_test(test_retry_that_may_not_be_is_refused),
        sim_test(test_retry_without_memory_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
