/* What handshake.c reserves for each message that the client writes, against the message itself:
 * never less, and not more than the slack that stands here. */
#include "stack/mbedtls/adjust.h"

#include "elastic_kit.h"

#include <stdio.h>

#include "esp_tls_trace.h"
#include "mbedtls/ssl.h"
#include "stack/mbedtls/mbed.h"

#if defined(CONFIG_MBEDTLS_DYNAMIC_BUFFER) && defined(CONFIG_ESP_TLS_TRACE)

#define CLIENT_HELLO        1
#define CERTIFICATE         11
#define CERTIFICATE_VERIFY  15
#define CLIENT_KEY_EXCHANGE 16
#define FINISHED            20

/* Bytes more than needed, at most, and why. */
static const struct {
    uint8_t type;
    size_t slack;
} slacks[] = {
    {CLIENT_HELLO, 160},       /* extensions that are not sent, a share of P-521's size */
    {CERTIFICATE, 16},         /* TLS 1.2 has no context, and no extensions by certificate */
    {CERTIFICATE_VERIFY, 12},  /* integers of a signature that are shorter than they can be */
    {CLIENT_KEY_EXCHANGE, 70}, /* a point of P-256 in place of P-521's */
    {FINISHED, 52},            /* 12 bytes in TLS 1.2, in place of the longest hash */
};

static size_t reserved; /* by the last step that reserved anything */

int __real_et_buffers_reserve_out(struct mbed *m, size_t payload);
int __wrap_et_buffers_reserve_out(struct mbed *m, size_t payload);

int __wrap_et_buffers_reserve_out(struct mbed *m, size_t payload)
{
    reserved = payload != 0 ? payload : reserved;
    return __real_et_buffers_reserve_out(m, payload);
}

struct seen {
    unsigned count[32];
    size_t slack[32]; /* the most */
    char wrong[100];  /* said when the call is over, which a failure must not leave half-way */
};

static void compare(void *arg, const esp_tls_trace_message_t *message)
{
    struct seen *seen = arg;
    size_t len = 4 + message->length;

    if (message->direction != ESP_TLS_TRACE_SENT || message->type >= COUNT(seen->count)) {
        return;
    }
    for (size_t i = 0; i < COUNT(slacks); i++) {
        if (slacks[i].type == message->type &&
            (reserved < len || reserved - len > slacks[i].slack)) {
            (void)snprintf(seen->wrong, sizeof(seen->wrong),
                           "message %u of %zu bytes, reserved %zu", message->type, len, reserved);
        }
    }
    seen->count[message->type]++;
    if (reserved - len > seen->slack[message->type]) {
        seen->slack[message->type] = reserved - len;
    }
}

static struct seen watch(struct sim_case *t, bool opens)
{
    struct seen seen = {0};
    const esp_tls_trace_t trace = {.message = compare, .arg = &seen};

    kit_renew(t, NULL);
    assert_int_equal(esp_tls_set_trace(t->tls, &trace), ESP_OK);
    assert_int_equal(sim_connect(t) == 1, opens);
    assert_string_equal(seen.wrong, "");
    kit_renew(t, NULL);
    return seen;
}

static void test_every_message_has_what_it_needs_and_little_more(void **state)
{
    static const uint16_t others[][2] = {{MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0},
                                         {MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, 0}};
    struct sim_case *t = *state;

    for (size_t k = 0; k < KIT_KINDS; k++) {
        /* in TLS 1.2 the certificate's curve must be among the groups */
        for (size_t g = 0; g < (kit_kinds[k].version == 13 ? COUNT(others) : 1); g++) {
            struct seen seen;

            kit_use(t, &kit_kinds[k]);
            t->server.groups = others[g];
            seen = watch(t, true);
            assert_true(seen.count[CLIENT_HELLO] >= 1);
            assert_int_equal(seen.count[FINISHED], 1);
            assert_int_equal(seen.count[CERTIFICATE], kit_kinds[k].mutual);
            assert_int_equal(seen.count[CERTIFICATE_VERIFY], kit_kinds[k].mutual);
            assert_int_equal(seen.count[CLIENT_KEY_EXCHANGE], kit_kinds[k].version == 12);
        }
    }
}

/* --- the ClientHello: what its length depends on is counted to the byte ----------------------- */

static size_t hello_slack(struct sim_case *t)
{
    struct seen seen = watch(t, false);

    assert_true(seen.count[CLIENT_HELLO] >= 1);
    return seen.slack[CLIENT_HELLO];
}

/** The server stays silent behind the ClientHello. */
static void keep_to_hello(struct sim_case *t)
{
    kit_use(t, &kit_kinds[0]);
    t->cfg.timeout_ms = 100;
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, NULL, NULL);
}

/** The ClientHello as it came: its record's header, then the message in one piece. */
static uint8_t hello[4096];
static size_t hello_len;

static void take_hello(struct sim_peer *peer, void *arg)
{
    (void)arg;
    hello_len += sim_peer_read(peer, hello + hello_len, sizeof(hello) - hello_len);
}

/** Bodies of extensions at their longest, as this client sends them. */
static const struct {
    uint16_t type;
    uint16_t most;
} extensions[] = {
    {10, 0},       /* supported_groups: the list is counted */
    {11, 3},       /* ec_point_formats: all three */
    {13, 0},       /* signature_algorithms: counted */
    {16, 2},       /* ALPN without a protocol */
    {22, 0},       /* encrypt_then_mac */
    {23, 0},       /* extended_master_secret */
    {1, 1},        /* max_fragment_length */
    {28, 2},       /* record_size_limit */
    {35, 0},       /* session_ticket, without a session */
    {43, 5},       /* supported_versions: two */
    {44, 2},       /* cookie, of no bytes */
    {45, 3},       /* psk_key_exchange_modes: two */
    {51, 6 + 133}, /* key_share: a point of P-521 */
    {0xFF01, 1},   /* renegotiation_info */
};

static size_t be16(const uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/** @return the length of its body; SIZE_MAX: it is not there */
static size_t extension_len(const uint8_t *at, const uint8_t *end, uint16_t type)
{
    for (; at < end; at += 4 + be16(at + 2)) {
        if (be16(at) == type) {
            return be16(at + 2);
        }
    }
    return SIZE_MAX;
}

/** What is reserved beyond the message is what could have been in it, and nothing else. */
static void test_client_hello_reserves_what_could_be_sent(void **state)
{
    struct sim_case *t = *state;
    const uint8_t *at = hello + 5 + 4 + 2 + 32;
    size_t expected = 0;
    size_t slack;

    keep_to_hello(t);
    hello_len = 0;
    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, take_hello, NULL);
    slack = hello_slack(t);
    expected += 32 - at[0]; /* a session's id */
    at += 1 + at[0];
    at += 2 + be16(at);
    at += 1 + at[0]; /* no compression */
    assert_int_equal(be16(at), (size_t)(hello + hello_len - at) - 2);
    at += 2;
    for (size_t i = 0; i < COUNT(extensions); i++) {
        size_t len = extension_len(at, hello + hello_len, extensions[i].type);

        if (len == SIZE_MAX) {
            expected += 4 + extensions[i].most;
        } else if (extensions[i].most != 0) {
            expected += extensions[i].most - len;
        }
    }
    assert_int_equal(slack, expected);
}

static void test_client_hello_counts_names_to_the_byte(void **state)
{
    static char name[256];
    struct sim_case *t = *state;
    size_t slack;

    keep_to_hello(t);
    t->cfg.common_name = "a";
    slack = hello_slack(t);
    for (size_t len = 2; len <= 253; len += len < 8 || len > 245 ? 1 : 17) {
        for (size_t i = 0; i < len; i++) { /* labels of 63 bytes at most (RFC 1035 section 2.3.4) */
            name[i] = i % 32 == 31 && i + 1 < len ? '.' : 'a';
        }
        name[len] = '\0';
        t->cfg.common_name = name;
        assert_int_equal(hello_slack(t), slack);
    }
}

static void test_client_hello_counts_alpn_to_the_byte(void **state)
{
    static char longest[256];
    static const char *protos[61];
    struct sim_case *t = *state;
    size_t without;
    size_t slack;

    memset(longest, 'p', 255);
    keep_to_hello(t);
    without = hello_slack(t);
    protos[0] = "x";
    t->cfg.alpn_protos = protos;
    slack = hello_slack(t);
    assert_int_equal(without, slack + 6); /* the whole extension */
    for (size_t n = 1; n < COUNT(protos) - 1; n += 1 + n / 4) {
        for (size_t i = 0; i < n; i++) {
            protos[i] = i % 2 == 0 ? longest : "h2";
        }
        assert_int_equal(hello_slack(t), slack);
    }
}

/** More protocols than one record takes: refused, with the figures, and not a byte is sent. */
static void test_client_hello_above_any_record_is_refused(void **state)
{
    static char longest[256];
    static const char *protos[101];
    struct sim_case *t = *state;

    memset(longest, 'p', 255);
    for (size_t i = 0; i < 100; i++) {
        protos[i] = longest;
    }
    keep_to_hello(t);
    t->cfg.alpn_protos = protos;
    kit_renew(t, NULL);
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                  ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x6A00 record");
    assert_int_equal(sim_record(t).record_limit, 16384);
    assert_true(sim_record(t).record_len > 100 * 256);
    assert_int_equal(sim_record(t).bytes_out, 0);
    kit_assert_bound();
}

static void test_client_hello_counts_suites_to_the_byte(void **state)
{
    static const int suites[][5] = {{0x1301, 0}, {0x1301, 0x1302, 0}, {0x1301, 0x1302, 0x1303, 0}};
    struct sim_case *t = *state;
    size_t slack;

    keep_to_hello(t);
    t->cfg.ciphersuites_list = suites[0];
    slack = hello_slack(t);
    for (size_t i = 1; i < COUNT(suites); i++) {
        t->cfg.ciphersuites_list = suites[i];
        assert_int_equal(hello_slack(t), slack);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_every_message_has_what_it_needs_and_little_more),
        sim_test(test_client_hello_reserves_what_could_be_sent),
        sim_test(test_client_hello_counts_names_to_the_byte),
        sim_test(test_client_hello_counts_alpn_to_the_byte),
        sim_test(test_client_hello_above_any_record_is_refused),
        sim_test(test_client_hello_counts_suites_to_the_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* nothing is reserved in this build, or nobody tells of messages */
}

#endif
