/* The peer's chain as it was sent: on success, when it is refused, when it cannot be parsed. */
#include "sim_test.h"

#include <stdlib.h>

#include "esp_tls_certificate.h"
#include "peer_chain.h"
#include "reframe.h"

/** What the hook saw. */
struct seen {
    unsigned calls;
    unsigned count;
    size_t len[12];
    unsigned char der[12][2048];
};

static void look(void *arg, const uint8_t *der, size_t len, unsigned index, unsigned count)
{
    struct seen *seen = arg;

    assert_int_equal(index, count > 0 ? seen->calls : 0);
    assert_true(index < 12 && len <= sizeof(seen->der[0]));
    seen->calls++;
    seen->count = count;
    seen->len[index] = len;
    if (len > 0) {
        memcpy(seen->der[index], der, len);
    }
}

static void expect(const struct seen *seen, unsigned index, const unsigned char *der, size_t len)
{
    assert_int_equal(seen->len[index], len);
    assert_memory_equal(seen->der[index], der, len);
}

static void expect_chain(const struct seen *seen)
{
    assert_int_equal(seen->calls, 2);
    assert_int_equal(seen->count, 2);
    expect(seen, 0, cert_server_ec_der, sizeof(cert_server_ec_der));
    expect(seen, 1, cert_int_ec_der, sizeof(cert_int_ec_der));
}

static const int versions[] = {12, 13};

static void test_hook_of_an_accepted_chain_sees_it_once(void **state)
{
    struct sim_case *t = *state;
    static struct seen seen;

    for (size_t i = 0; i < COUNT(versions); i++) {
        memset(&seen, 0, sizeof(seen));
        t->server.version = versions[i];
        assert_int_equal(esp_tls_set_peer_chain_hook(t->tls, look, &seen), ESP_OK);
        assert_int_equal(sim_connect(t), 1);
        expect_chain(&seen);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

static void test_hook_of_a_trickling_server_sees_it_once(void **state)
{
    struct sim_case *t = *state;
    static struct seen seen;

    memset(&seen, 0, sizeof(seen));
    t->server.trickle = 7;
    t->server.trickle_us = 10;
    assert_int_equal(esp_tls_set_peer_chain_hook(t->tls, look, &seen), ESP_OK);
    assert_int_equal(sim_connect_async(t, "test.example", 443), 1);
    expect_chain(&seen);
}

/** The message comes in many records, and shares them with its neighbours. */
static void test_hook_of_a_message_in_pieces_sees_it_once(void **state)
{
    static const struct reframe ways[] = {{.piece = 7}, {.coalesce = true, .record = 100}};
    struct sim_case *t = *state;
    static struct seen seen;

    for (size_t i = 0; i < COUNT(versions) * COUNT(ways); i++) {
        struct reframe r = ways[i / 2];

        memset(&seen, 0, sizeof(seen));
        t->server.version = versions[i % 2];
        t->server.suites = versions[i % 2] == 13 ? reframe_suites : NULL;
        reframe_attach(&r, &t->server);
        assert_int_equal(esp_tls_set_peer_chain_hook(t->tls, look, &seen), ESP_OK);
        assert_int_equal(sim_connect(t), 1);
        expect_chain(&seen);
        assert_true(r.records > r.messages);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        reframe_clear(&r);
        t->tls = esp_tls_init();
    }
}

static void test_hook_of_a_refused_chain_sees_it(void **state)
{
    struct sim_case *t = *state;
    static struct seen seen;

    for (size_t i = 0; i < COUNT(versions); i++) {
        memset(&seen, 0, sizeof(seen));
        t->server.version = versions[i];
        t->cfg.cacert_buf = cert_root_other_pem;
        t->cfg.cacert_bytes = sizeof(cert_root_other_pem);
        assert_int_equal(esp_tls_set_peer_chain_hook(t->tls, look, &seen), ESP_OK);
        assert_int_equal(sim_connect(t), -1);
        assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_VERIFY);
        expect_chain(&seen);
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
}

/** In TLS 1.2 the chain is in the clear, so that one byte of it can be made wrong on the way: there
 *  is no SEQUENCE where the subject begins. */
static void test_hook_of_an_unparsable_certificate_sees_it(void **state)
{
    struct sim_case *t = *state;
    static struct seen seen;
    uint8_t change[3];
    esp_tls_certificate_t cert;
    esp_tls_input_problem_t problem;
    unsigned tried = 0;

    /* where in the server's output the certificate lies depends on its ServerHello: look for an
     * offset that is in the leaf */
    for (unsigned at = 100; at < 600; at += 9) {
        memset(&seen, 0, sizeof(seen));
        change[0] = (uint8_t)(at >> 8);
        change[1] = (uint8_t)at;
        change[2] = 0x40;
        t->server.version = 12;
        t->server.changes = change;
        t->server.change_count = 1;
        assert_int_equal(esp_tls_set_peer_chain_hook(t->tls, look, &seen), ESP_OK);
        assert_int_equal(sim_connect(t), -1);
        if (seen.calls == 2 &&
            esp_tls_certificate_read(seen.der[0], seen.len[0], &cert) == ESP_FAIL) {
            size_t different = 0;

            tried++;
            assert_int_equal(seen.len[0], sizeof(cert_server_ec_der));
            for (size_t i = 0; i < seen.len[0]; i++) {
                different += seen.der[0][i] != cert_server_ec_der[i];
            }
            assert_int_equal(different, 1);
            expect(&seen, 1, cert_int_ec_der, sizeof(cert_int_ec_der));
            assert_int_equal(esp_tls_certificate_examine(seen.der[0], seen.len[0],
                                                         ESP_TLS_INPUT_CERTIFICATES, &problem),
                             ESP_FAIL);
            assert_non_null(problem.field);
        }
        assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
        t->tls = esp_tls_init();
    }
    assert_true(tried >= 5);
}

static void test_hook_that_is_unset_sees_nothing(void **state)
{
    struct sim_case *t = *state;
    static struct seen seen;

    memset(&seen, 0, sizeof(seen));
    assert_int_equal(esp_tls_set_peer_chain_hook(t->tls, look, &seen), ESP_OK);
    assert_int_equal(esp_tls_set_peer_chain_hook(t->tls, NULL, NULL), ESP_OK);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(seen.calls, 0);
    assert_int_equal(esp_tls_set_peer_chain_hook(NULL, look, &seen), ESP_ERR_INVALID_ARG);
}

/* --- the message ------------------------------------------------------------------------------ */

static unsigned split(const char *bytes, size_t len, bool is_tls13, struct seen *seen)
{
    unsigned char *exact = malloc(len + (len == 0));

    assert_non_null(exact);
    memcpy(exact, bytes, len);
    memset(seen, 0, sizeof(*seen));
    et_peer_chain_split(exact, len, is_tls13, look, seen);
    free(exact);
    return seen->calls;
}

static void test_split_of_each_message_gives_its_certificates(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool is_tls13;
        unsigned calls;
        unsigned count;
    } rows[] = {
#define MESSAGE(bytes, is_tls13, calls, count) {bytes, sizeof(bytes) - 1, is_tls13, calls, count}
        MESSAGE("", false, 0, 0),
        MESSAGE("\0\0\0", false, 1, 0),
        MESSAGE("\0\0\4\0\0\1A", false, 1, 1),
        MESSAGE("\0\0\x09\0\0\1A\0\0\2BC", false, 2, 2),
        MESSAGE("\0\0\x0A\0\0\1A\0\0\3BC", false, 0, 0), /* the list is longer than the message */
        MESSAGE("\0\0\x09\0\0\1A\0\0\3BC", false, 1, 1), /* its last certificate is */
        MESSAGE("\0\0\2\0\0", false, 1, 0),
        MESSAGE("", true, 0, 0),
        MESSAGE("\0\0\0\0", true, 1, 0),
        MESSAGE("\2xy\0\0\6\0\0\1A\0\0", true, 1, 1),
        MESSAGE("\0\0\0\x0D\0\0\1A\0\1e\0\0\1B\0\0", true, 2, 2),
        MESSAGE("\0\0\0\x09\0\0\1A\0\7e\0\0", true, 1, 1), /* extensions that do not fit */
        MESSAGE("\7\0", true, 0, 0),
    };
    static struct seen seen;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(split(rows[i].bytes, rows[i].len, rows[i].is_tls13, &seen), rows[i].calls);
        assert_int_equal(seen.count, rows[i].count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_hook_of_an_accepted_chain_sees_it_once),
        sim_test(test_hook_of_a_trickling_server_sees_it_once),
        sim_test(test_hook_of_a_message_in_pieces_sees_it_once),
        sim_test(test_hook_of_a_refused_chain_sees_it),
        sim_test(test_hook_of_an_unparsable_certificate_sees_it),
        sim_test(test_hook_that_is_unset_sees_nothing),
        cmocka_unit_test(test_split_of_each_message_gives_its_certificates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
