/* What if the table of needs (handshake.c) were wrong? In each state that reserves an output
 * buffer, one at a time, the buffer and its bound are made too small by a few bytes. Mbed TLS must
 * find out, or the message must fit after all: a clean failure or a connection, never a byte beyond
 * the buffer (AddressSanitizer watches), never a wait without end. The linker puts the function
 * here between the callers of et_buffers_reserve_out() and itself (tests/CMakeLists.txt). */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "stack/mbedtls/mbed.h"
#include "conn.h"

#include <stdio.h>
#include <stdlib.h>

#include "elastic_kit.h"

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER

static size_t short_by;   /* bytes */
static unsigned short_at; /* which reservation, from 1; 0: none */
static unsigned reservations;
static unsigned shortened;

int __real_et_buffers_reserve_out(struct mbed *m, size_t payload);
int __wrap_et_buffers_reserve_out(struct mbed *m, size_t payload);

/** The buffer of the last reservation, made smaller. */
static void shrink(struct mbed *m, size_t payload)
{
    unsigned char *old = m->ssl.out_buf;
    unsigned char *buf;

    buf = plat_alloc(m->io.account, PLAT_MEM_RECORD_OUT,
                     COUNTER_LEN + RECORD_HEADER_LEN + payload + OUT_EXPANSION);
    assert_non_null(buf);
    m->ssl.out_buf = buf;
    m->ssl.out_ctr = buf;
    m->ssl.out_hdr = buf + COUNTER_LEN;
    mbedtls_ssl_update_out_pointers(&m->ssl, m->ssl.transform_out);
    m->buffers.out_len = (uint16_t)payload;
    et_mbed_out_len = payload;
    if (old != m->buffers.out_stub) {
        plat_free(old);
    }
    shortened++;
}

int __wrap_et_buffers_reserve_out(struct mbed *m, size_t payload)
{
    const size_t before = m->buffers.out_len;
    int ret = __real_et_buffers_reserve_out(m, payload);

    if (ret != 0 || m->buffers.out_len == before || m->ssl.out_buf == m->buffers.out_stub) {
        return ret;
    }
    /* never below what Mbed TLS subtracts unseen, which is a rule of its own */
    if (++reservations == short_at && payload > OUT_STUB_LEN + short_by) {
        shrink(m, payload - short_by);
    }
    return 0;
}

/** One connection with everything a client sends. @return it opened, and what it sent came back */
static bool talk(struct sim_case *t, const struct kit_kind *kind, bool retry)
{
    static const uint16_t other_group[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, 0};
    unsigned char buf[600];
    bool good;

    kit_use(t, kind);
    if (retry) {
        t->server.groups = other_group; /* RFC 8446 section 4.1.4: HelloRetryRequest */
    }
    good = sim_connect(t) == 1;
    if (!good) {
        assert_int_not_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
        assert_int_not_equal(sim_record(t).cause, ESP_TLS_CAUSE_TIMEOUT);
        return false;
    }
    for (size_t i = 0; i < sizeof(buf); i++) {
        buf[i] = sim_pattern(i);
    }
    for (size_t sent = 0; sent < sizeof(buf);) {
        ssize_t n = esp_tls_conn_write(t->tls, buf + sent, sizeof(buf) - sent);

        if (n <= 0) {
            assert_int_not_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
            return false;
        }
        sent += (size_t)n;
    }
    for (size_t got = 0; got < sizeof(buf);) {
        ssize_t n = esp_tls_conn_read(t->tls, buf, sizeof(buf) - got);

        if (n <= 0) {
            assert_int_not_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
            return false;
        }
        got += (size_t)n;
    }
    return true;
}

/** The reservation `at` smaller by `bytes`. @return it went through */
static bool went_through(const struct kit_kind *kind, bool retry, unsigned at, size_t bytes)
{
    struct sim_case t;
    bool good;

    short_by = bytes;
    short_at = at;
    reservations = 0;
    shortened = 0;
    sim_case_open(&t);
    good = talk(&t, kind, retry);
    kit_assert_bound();
    assert_int_equal(sim_case_close(&t), 0);
    return good;
}

#define FITS_ALWAYS SIZE_MAX

/** The table says how much there must be room for, at most. By so much this message needs less: one
 *  byte more is too much. @return FITS_ALWAYS: it fits the least that there can be */
static size_t slack_of(const struct kit_kind *kind, bool retry, unsigned at)
{
    size_t good = 0;
    size_t bad = 2048;

    while (bad - good > 1) {
        size_t middle = (good + bad) / 2;
        bool through = went_through(kind, retry, at, middle);

        if (shortened == 0) {
            bad = middle; /* below the least */
        } else if (through) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    (void)went_through(kind, retry, at, bad);
    return shortened != 0 ? bad - 1 : FITS_ALWAYS;
}

/** Each reservation of a connection in turn. @return how many were too small */
static unsigned each_state(const struct kit_kind *kind, bool retry)
{
    static const size_t too_small_by[] = {1, 3, 10};
    unsigned total = 0;

    assert_true(went_through(kind, retry, 0, 0));
    for (unsigned at = 1, count = reservations; at <= count; at++) {
        size_t slack = slack_of(kind, retry, at);

        for (size_t i = 0; slack != FITS_ALWAYS && i < COUNT(too_small_by); i++) {
            bool through = went_through(kind, retry, at, slack + too_small_by[i]);

            assert_true(!through || shortened == 0);
            total += shortened;
        }
    }
    return total;
}

static void test_a_buffer_that_is_too_small_is_found_out(void **state)
{
    bool is_long = getenv("ESP_TLS_LONG") != NULL;

    (void)state;
    for (size_t k = 0; k < KIT_KINDS; k++) {
        const struct kit_kind *kind = &kit_kinds[k];

        if (!is_long && (!kind->mutual || (KIT_SLOW > 1 && kind->rsa))) {
            continue;
        }
        printf("%s: %u\n", kind->name, each_state(kind, false));
        if (kind->version == 13 && (is_long || KIT_SLOW == 1)) {
            printf("%s, HelloRetryRequest: %u\n", kind->name, each_state(kind, true));
        }
    }
    short_at = 0;
}

/* --- without a reservation -------------------------------------------------------------------- */

static void send_alert(struct sim_case *t, size_t bound)
{
    struct mbed *m = t->tls->tls;
    struct mbed_scope scope;

    et_mbed_enter(&scope, m, PLAT_MEM_RECORD_OUT);
    shrink(m, bound);
    (void)mbedtls_ssl_send_alert_message(&m->ssl, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                                         MBEDTLS_SSL_ALERT_MSG_NO_CERT);
    et_mbed_leave(&scope);
}

/** Alerts and close_notify go out of the stub: here it is smaller, down to what an alert is without
 *  TLS 1.3's content type and padding. */
static void test_a_stub_that_is_too_small_does_no_harm(void **state)
{
    static const size_t bounds[] = {OUT_STUB_LEN - 1, OUT_STUB_LEN - 3, OUT_STUB_LEN - 10, 2};
    struct sim_case *t = *state;

    short_at = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < COUNT(bounds); k++) {
            kit_use(t, &kit_kinds[i]);
            kit_open(t);
            send_alert(t, bounds[k]);
            kit_assert_bound();
            kit_renew(t, NULL);
            kit_open(t);
            shrink(t->tls->tls, bounds[k]);
            et_mbed_out_len = ESP_TLS_MBED_OUT_CONTENT_LEN; /* outside of its calls */
            kit_renew(t, NULL);                             /* close_notify */
        }
    }
}

/** A record below its data is split, whatever TLS 1.3's padding would have made of it. */
static void test_data_of_every_length_is_split(void **state)
{
    static const size_t too_small_by[] = {1, 3, 10};
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) {
        uint64_t total = 0;

        kit_use(t, &kit_kinds[i]);
        kit_open(t);
        for (size_t len = OUT_STUB_LEN + 11; len < 90; len++) {
            unsigned char buf[90];
            ssize_t ret;

            for (size_t at = 0; at < len; at++) {
                buf[at] = sim_pattern(total + at);
            }
            short_by = too_small_by[len % COUNT(too_small_by)];
            short_at = 1;
            reservations = 0;
            shortened = 0;
            ret = esp_tls_conn_write(t->tls, buf, len);
            assert_int_equal(shortened, 1);
            assert_int_equal(ret, len);
            sim_receive(t, total, len);
            total += len;
            kit_assert_at_rest(t);
        }
        short_at = 0;
        kit_renew(t, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_buffer_that_is_too_small_is_found_out),
        sim_test(test_a_stub_that_is_too_small_does_no_harm),
        sim_test(test_data_of_every_length_is_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* this build has fixed buffers only */
}

#endif
