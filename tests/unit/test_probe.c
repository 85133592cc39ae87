/* Probing a server by hand-made ClientHellos: what is written, and how answers are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "probe/octets.h"
#include "probe/probe_answer.h"
#include "probe/probe_hello.h"
#include "probe/probe_names.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- what is written -------------------------------------------------------------------------- */

static const uint8_t random32[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
                                     1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

#define RANDOM                                                                                     \
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,  \
        13, 14, 15, 16

static void assert_written(const struct probe_hello *h, const uint8_t *wanted, size_t wanted_len)
{
    uint8_t out[2048];
    size_t len;

    assert_true(probe_hello_write(h, out, sizeof(out), &len));
    assert_int_equal(len, wanted_len);
    assert_memory_equal(out, wanted, len);
}

static void test_hello_of_tls_1_2_is_as_rfc_5246_says(void **state)
{
    static const uint16_t suites[] = {0xC02B, 0x002F};
    static const uint16_t groups[] = {23};
    static const uint16_t signatures[] = {0x0403, 0x0401};
    static const char *const alpn[] = {"mqtt", NULL};
    const struct probe_hello h = {.version = PROBE_TLS_1_2,
                                  .suites = {suites, 2},
                                  .groups = {groups, 1},
                                  .signatures = {signatures, 2},
                                  .name = "a.example",
                                  .alpn = alpn,
                                  .max_fragment = 4,
                                  .record_limit = 1024,
                                  .ask_ocsp = true,
                                  .ask_ticket = true,
                                  .random = random32};
    static const uint8_t wanted[] = {
        22,   3,   1,    0,    135, 1,    0, 0,   131, 3,   3,   RANDOM, 0, /* no session id */
        0,    4,   0xC0, 0x2B, 0,   0x2F, 1, 0, /* suites, compression */
        0,    86,                               /* extensions */
        0,    0,   0,    14,   0,   12,   0, 0,   9,   'a', '.', 'e',    'x',
        'a',  'm', 'p',  'l',  'e',                              /* name */
        0,    10,  0,    4,    0,   2,    0, 23,                 /* groups */
        0,    13,  0,    6,    0,   4,    4, 3,   4,   1,        /* signatures */
        0,    16,  0,    7,    0,   5,    4, 'm', 'q', 't', 't', /* ALPN */
        0,    1,   0,    1,    4,                                /* fragment */
        0,    28,  0,    2,    4,   0,                           /* record size */
        0,    5,   0,    5,    1,   0,    0, 0,   0,             /* OCSP */
        0,    11,  0,    2,    1,   0,                           /* points */
        0,    23,  0,    0,                                      /* EMS */
        0xFF, 1,   0,    1,    0,                                /* renegotiation */
        0,    35,  0,    0,                                      /* ticket */
    };

    (void)state;
    assert_written(&h, wanted, sizeof(wanted));
}

static void test_hello_of_tls_1_3_has_an_empty_key_share_and_no_extension_of_1_2(void **state)
{
    static const uint16_t suites[] = {0x1301};
    static const uint16_t groups[] = {29, 24};
    static const uint16_t signatures[] = {0x0804};
    const struct probe_hello h = {.version = PROBE_TLS_1_3,
                                  .suites = {suites, 1},
                                  .groups = {groups, 2},
                                  .signatures = {signatures, 1},
                                  .ask_ticket = true,
                                  .random = random32};
    static const uint8_t wanted[] = {
        22, 3,      1,    0,      110, 1, 0, 0,  106, 3,
        3,  RANDOM, 32,   RANDOM,                         /* session id for middleboxes */
        0,  2,      0x13, 1,      1,   0,                 /* suites, compression */
        0,  31,                                           /* extensions */
        0,  10,     0,    6,      0,   4, 0, 29, 0,   24, /* groups */
        0,  13,     0,    4,      0,   2, 8, 4,           /* signatures */
        0,  43,     0,    3,      2,   3, 4,              /* versions */
        0,  51,     0,    2,      0,   0,                 /* no key share */
    };

    (void)state;
    assert_written(&h, wanted, sizeof(wanted));
}

static void test_hello_of_tls_1_3_carries_the_key_share(void **state)
{
    static const uint16_t suites[] = {0x1301};
    static const uint8_t share[] = {7, 8, 9};
    const struct probe_hello h = {.version = PROBE_TLS_1_3,
                                  .suites = {suites, 1},
                                  .share_group = 23,
                                  .share = share,
                                  .share_len = sizeof(share),
                                  .random = random32};
    static const uint8_t tail[] = {0, 51, 0, 9, 0, 7, 0, 23, 0, 3, 7, 8, 9};
    uint8_t out[512];
    size_t len;

    (void)state;
    assert_true(probe_hello_write(&h, out, sizeof(out), &len));
    assert_memory_equal(out + len - sizeof(tail), tail, sizeof(tail));
}

static void test_hello_before_tls_1_2_names_no_signatures(void **state)
{
    static const uint16_t suites[] = {0x002F};
    static const uint16_t signatures[] = {0x0401};
    const struct probe_hello h = {.version = PROBE_TLS_1_0,
                                  .suites = {suites, 1},
                                  .signatures = {signatures, 1},
                                  .random = random32};
    static const uint8_t wanted[] = {22, 3,    1, 0, 56, 1, 0, 0,  52, 3, 1,    RANDOM, 0, 0, 2,
                                     0,  0x2F, 1, 0, 0,  9, 0, 23, 0,  0, 0xFF, 1,      0, 1, 0};

    (void)state;
    assert_written(&h, wanted, sizeof(wanted));
}

static void test_hello_that_does_not_fit_is_refused_at_every_size(void **state)
{
    size_t count;
    const struct probe_point *points = probe_points(PROBE_SUITES_1_2, &count);
    uint16_t suites[64];
    struct probe_hello h = {.version = PROBE_TLS_1_2,
                            .suites = {suites, count},
                            .name = "localhost",
                            .random = random32};
    uint8_t out[512];
    size_t whole;
    size_t len;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        suites[i] = points[i].id;
    }
    assert_true(probe_hello_write(&h, out, sizeof(out), &whole));
    for (size_t cap = 0; cap < whole; cap++) {
        assert_false(probe_hello_write(&h, out, cap, &len));
    }
    assert_true(probe_hello_write(&h, out, whole, &len));
}

/* --- what is read: answers are made here ------------------------------------------------------ */

struct flight {
    uint8_t data[8192];
    struct octets_out o;
    size_t record, message;
};

static void flight_init(struct flight *f)
{
    f->o = (struct octets_out){.data = f->data, .cap = sizeof(f->data)};
}

static void begin_record(struct flight *f, uint8_t type)
{
    octets_put_number(&f->o, type, 1);
    octets_put_number(&f->o, 0x0303, 2);
    f->record = octets_begin(&f->o, 2);
}

static void end_record(struct flight *f)
{
    octets_end(&f->o, f->record, 2);
}

static void begin_message(struct flight *f, uint8_t type)
{
    octets_put_number(&f->o, type, 1);
    f->message = octets_begin(&f->o, 3);
}

static void end_message(struct flight *f)
{
    octets_end(&f->o, f->message, 3);
}

static void put(struct flight *f, const char *hex)
{
    for (; hex[0] != '\0'; hex += hex[0] == ' ' ? 1 : 2) {
        if (hex[0] != ' ') {
            char digits[3] = {hex[0], hex[1], '\0'};

            octets_put_number(&f->o, (uint32_t)strtoul(digits, NULL, 16), 1);
        }
    }
}

/** @param rest  from the session id on, in hexadecimal */
static void put_hello(struct flight *f, bool is_retry, const char *rest)
{
    begin_message(f, 2);
    put(f, "0303");
    if (is_retry) {
        put(f, "CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C");
    } else {
        octets_put(&f->o, random32, 32);
    }
    put(f, rest);
    end_message(f);
}

/** Certificates of 3 and 5 bytes. */
static void put_certificates(struct flight *f, bool is_1_3)
{
    begin_message(f, 11);
    put(f, is_1_3 ? "00 00001E 000003 AABBCC 000C 0005 0008 01 000004 01020304"
                  : "00000E 000003 AABBCC 000005 1122334455");
    if (is_1_3) {
        put(f, "000005 1122334455 0000");
    }
    end_message(f);
}

struct seen {
    size_t count;
    size_t len;
    uint8_t last;
};

static void on_certificate(void *arg, const uint8_t *der, size_t len)
{
    struct seen *seen = arg;

    seen->count++;
    seen->len += len;
    seen->last = der[len - 1];
}

/** "Sealed" records of the tests are open ones with the type behind. */
static bool fake_hello(void *ctx, uint16_t suite, const uint8_t *message, size_t len,
                       const uint8_t *share, size_t share_len)
{
    *(uint16_t *)ctx = suite;
    return message[0] == 2 && len > 40 && share_len == 3 && share[0] == 0x0A;
}

static bool fake_open(void *ctx, const uint8_t header[5], uint8_t *data, size_t *len)
{
    (void)ctx;
    return header[0] == 23 && *len > 0 && data[0] != 0xEE;
}

static enum probe_result read_pieces(const struct flight *f, size_t piece, bool with_opener,
                                     struct probe_answer *answer, struct seen *seen)
{
    struct probe_decoder *d = malloc(sizeof(*d));
    uint16_t suite = 0;
    struct probe_opener opener = {&suite, fake_hello, fake_open};
    enum probe_result result = PROBE_MORE;

    assert_non_null(d);
    memset(seen, 0, sizeof(*seen));
    probe_decoder_init(d, answer, with_opener ? &opener : NULL, on_certificate, seen);
    for (size_t at = 0; at < f->o.len; at += piece) {
        size_t n = f->o.len - at < piece ? f->o.len - at : piece;

        result = probe_decoder_feed(d, f->data + at, n);
    }
    free(d);
    assert_int_equal(result, answer->result);
    return result;
}

static enum probe_result read_all(const struct flight *f, bool with_opener,
                                  struct probe_answer *answer)
{
    struct probe_answer again;
    struct seen seen;
    struct seen seen_again;
    enum probe_result result = read_pieces(f, f->o.len, with_opener, answer, &seen);

    for (size_t piece = 1; piece < 40; piece += 6) {
        assert_int_equal(read_pieces(f, piece, with_opener, &again, &seen_again), result);
        again.first_len = answer->first_len; /* the rest is not read after the end */
        memcpy(again.first, answer->first, sizeof(again.first));
        assert_memory_equal(&again, answer, sizeof(again));
        assert_memory_equal(&seen_again, &seen, sizeof(seen));
    }
    return result;
}

/* --- good answers ----------------------------------------------------------------------------- */

#define EXTENSIONS_1_2                                                                             \
    "0024 0001 0001 03 0010 000A 0008 07 6D7174742D3173 0023 0000 0017 0000 FF01 0001 00 0005 "    \
    "0000"

static void put_flight_1_2(struct flight *f)
{
    put_hello(f, false, "02 AABB C02F 00 " EXTENSIONS_1_2);
    put_certificates(f, false);
    begin_message(f, 22); /* CertificateStatus */
    put(f, "01 000002 3000");
    end_message(f);
    begin_message(f, 12); /* ServerKeyExchange: P-256, rsa_pss_rsae_sha256 */
    put(f, "03 0017 02 0405 0804 0002 0102");
    end_message(f);
    begin_message(f, 13);
    put(f, "01 01 0000 0000");
    end_message(f);
    begin_message(f, 14);
    end_message(f);
}

static void assert_flight_1_2(const struct probe_answer *a)
{
    assert_true(a->has_hello && !a->is_retry && a->has_ticket && a->has_ems);
    assert_true(a->has_renegotiation && a->wants_certificate && a->has_signature);
    assert_int_equal(a->version, PROBE_TLS_1_2);
    assert_int_equal(a->suite, 0xC02F);
    assert_int_equal(a->session_id_len, 2);
    assert_int_equal(a->max_fragment, 3);
    assert_string_equal(a->alpn, "mqtt-1s");
    assert_int_equal(a->group, 23);
    assert_int_equal(a->signature, 0x0804);
    assert_int_equal(a->certificates_len, 8);
    assert_int_equal(a->ocsp_len, 2);
    assert_int_equal(a->messages, 6);
    assert_int_equal(a->message[1].type, 11);
    assert_int_equal(a->message[1].len, 4 + 3 + 14);
}

static void test_answer_of_tls_1_2_in_one_record_is_read_whole(void **state)
{
    struct flight f;
    struct probe_answer a;

    (void)state;
    flight_init(&f);
    begin_record(&f, 22);
    put_flight_1_2(&f);
    end_record(&f);
    assert_int_equal(read_all(&f, false, &a), PROBE_DONE);
    assert_flight_1_2(&a);
    assert_int_equal(a.records, 1);
    assert_int_equal(a.record[0].len, f.o.len - 5);
}

static void test_answer_of_tls_1_2_in_records_of_any_size_is_the_same(void **state)
{
    struct flight whole;
    struct flight f;
    struct probe_answer a;

    (void)state;
    flight_init(&whole);
    put_flight_1_2(&whole);
    for (size_t size = 1; size <= whole.o.len; size += 5) {
        flight_init(&f);
        for (size_t at = 0; at < whole.o.len; at += size) {
            begin_record(&f, 22);
            octets_put(&f.o, whole.data + at, whole.o.len - at < size ? whole.o.len - at : size);
            end_record(&f);
        }
        assert_false(f.o.is_bad);
        assert_int_equal(read_all(&f, false, &a), PROBE_DONE);
        assert_flight_1_2(&a);
    }
}

static void test_answer_retry_names_the_group(void **state)
{
    struct flight f;
    struct probe_answer a;

    (void)state;
    flight_init(&f);
    begin_record(&f, 22);
    put_hello(&f, true, "00 1302 00 000C 002B 0002 0304 0033 0002 0018");
    end_record(&f);
    assert_int_equal(read_all(&f, true, &a), PROBE_DONE);
    assert_true(a.is_retry);
    assert_int_equal(a.version, PROBE_TLS_1_3);
    assert_int_equal(a.suite, 0x1302);
    assert_int_equal(a.group, 24);
}

static void put_hello_1_3(struct flight *f)
{
    begin_record(f, 22);
    put_hello(f, false, "00 1301 00 0011 0033 0007 0017 0003 0A0B0C 002B 0002 0304");
    end_record(f);
}

static void test_answer_of_tls_1_3_ends_with_server_hello_without_keys(void **state)
{
    struct flight f;
    struct probe_answer a;

    (void)state;
    flight_init(&f);
    put_hello_1_3(&f);
    assert_int_equal(read_all(&f, false, &a), PROBE_DONE);
    assert_false(a.is_retry);
    assert_int_equal(a.group, 23);
}

static void test_answer_of_tls_1_3_is_opened_up_to_finished(void **state)
{
    struct flight f;
    struct probe_answer a;
    struct seen seen;

    (void)state;
    flight_init(&f);
    put_hello_1_3(&f);
    begin_record(&f, 20);
    put(&f, "01");
    end_record(&f);
    begin_record(&f, 23);
    begin_message(&f, 8); /* record_size_limit 1024, ALPN h2 */
    put(&f, "000F 001C 0002 0400 0010 0005 0003 02 6832");
    end_message(&f);
    put_certificates(&f, true);
    put(&f, "16");
    end_record(&f);
    begin_record(&f, 23);
    begin_message(&f, 15);
    put(&f, "0403 0002 0102");
    end_message(&f);
    begin_message(&f, 20);
    put(&f, "0102");
    end_message(&f);
    put(&f, "16");
    end_record(&f);
    assert_int_equal(read_all(&f, true, &a), PROBE_DONE);
    assert_int_equal(a.record_limit, 1024);
    assert_string_equal(a.alpn, "h2");
    assert_int_equal(a.ocsp_len, 4);
    assert_int_equal(a.certificates_len, 8);
    assert_int_equal(a.signature, 0x0403);
    assert_int_equal(a.records, 4);
    (void)read_pieces(&f, 7, true, &a, &seen);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.last, 0x55);
}

static void test_answer_of_dhe_says_how_many_bits(void **state)
{
    struct flight f;
    struct probe_answer a;

    (void)state;
    flight_init(&f);
    begin_record(&f, 22);
    put_hello(&f, false, "00 009E 00");
    begin_message(&f, 12);
    put(&f, "0004 001F0102 0001 02 0001 03 0401 0001 09");
    end_message(&f);
    begin_message(&f, 14);
    end_message(&f);
    end_record(&f);
    assert_int_equal(read_all(&f, false, &a), PROBE_DONE);
    assert_int_equal(a.dh_bits, 21);
    assert_int_equal(a.signature, 0x0401);
    assert_int_equal(a.group, 0);
}

static void test_answer_alert_is_kept_and_a_warning_passed_over(void **state)
{
    struct flight f;
    struct probe_answer a;

    (void)state;
    flight_init(&f);
    begin_record(&f, 21);
    put(&f, "0170"); /* unrecognized_name, a warning */
    end_record(&f);
    begin_record(&f, 21);
    put(&f, "0228");
    end_record(&f);
    assert_int_equal(read_all(&f, false, &a), PROBE_ALERT);
    assert_int_equal(a.alert, 40);
    assert_int_equal(a.alert_level, 2);
}

/* --- bad answers ------------------------------------------------------------------------------ */

static void test_answer_that_is_not_tls_is_said(void **state)
{
    static const char *const texts[] = {"HTTP/1.1 400 Bad Request\r\n\r\n",
                                        "SSH-2.0-OpenSSH_9.2\r\n", "220 mail.example ESMTP\r\n",
                                        "\x16\x02\x00\x00\x05hello"};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct flight f;
        struct probe_answer a;

        flight_init(&f);
        octets_put(&f.o, texts[i], i == 3 ? 10 : strlen(texts[i]));
        assert_int_equal(read_all(&f, false, &a), PROBE_BROKEN);
        assert_string_equal(a.why, "something that is not TLS");
        assert_memory_equal(a.first, texts[i], 10);
    }
}

struct bad {
    const char *name;
    uint8_t type;
    const char *content; /* of one record behind ServerHello; NULL: it is `first` */
    const char *first;
    const char *why;
};

static const struct bad bads[] = {
    {"empty record", 22, NULL, "16 0303 0000", "a record whose length is not allowed"},
    {"long record", 22, NULL, "16 0303 4901", "a record whose length is not allowed"},
    {"no hello first", 22, NULL, "16 0303 0004 0B000000",
     "a handshake that does not begin with ServerHello"},
    {"data first", 22, NULL, "17 0303 0001 00", "data before the end of the handshake"},
    {"alert of one byte", 22, NULL, "15 0303 0001 02", "an alert that is not of two bytes"},
    {"short hello", 22, NULL, "16 0303 0006 02000002 0303", "a ServerHello that is too short"},
    {"long message", 22, NULL, "16 0303 0004 02020000", "a handshake message of more than 128 KB"},
    {"second hello", 22,
     "02000026 0303 "
     "00000000000000000000000000000000"
     "00000000000000000000000000000000 00 C02F 00",
     NULL, "a second ServerHello"},
    {"short certificate", 22, "0B000002 0000", NULL, "a Certificate message that is too short"},
    {"certificate beyond its list", 22, "0B000007 000004 00000200", NULL,
     "a Certificate message with faulty lengths"},
    {"short status", 22, "16000004 01 000009", NULL, "a CertificateStatus that is too short"},
    {"short key exchange", 22, "0C000003 03 0017", NULL, "a ServerKeyExchange that is too short"},
    {"data in between", 23, "00", NULL, "data before the end of the handshake"},
};

static void test_answer_that_is_wrong_is_refused_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bads); i++) {
        struct flight f;
        struct probe_answer a;

        flight_init(&f);
        if (bads[i].content == NULL) {
            put(&f, bads[i].first);
        } else {
            begin_record(&f, 22);
            put_hello(&f, false, "00 C02F 00");
            end_record(&f);
            begin_record(&f, bads[i].type);
            put(&f, bads[i].content);
            end_record(&f);
        }
        if (read_all(&f, false, &a) != PROBE_BROKEN || strcmp(a.why, bads[i].why) != 0) {
            fail_msg("%s: %d, %s", bads[i].name, a.result, a.why != NULL ? a.why : "no reason");
        }
    }
}

static void test_answer_in_records_that_cannot_be_opened_is_refused(void **state)
{
    struct flight f;
    struct probe_answer a;

    (void)state;
    flight_init(&f);
    put_hello_1_3(&f);
    begin_record(&f, 23);
    put(&f, "EE0016");
    end_record(&f);
    assert_int_equal(read_all(&f, true, &a), PROBE_BROKEN);
    assert_string_equal(a.why, "a record that cannot be opened");
}

/** Each length of the flight, made too large or too small in turn: an end of some kind, and nothing
 *  read beyond (the sanitizers look). */
static void test_answer_with_any_byte_changed_never_reads_beyond(void **state)
{
    struct flight f;
    struct flight changed;
    struct probe_answer a;
    struct seen seen;

    (void)state;
    flight_init(&f);
    begin_record(&f, 22);
    put_flight_1_2(&f);
    end_record(&f);
    for (size_t at = 0; at < f.o.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            changed = f;
            changed.o.data = changed.data;
            changed.data[at] ^= (uint8_t)(1u << bit);
            (void)read_pieces(&changed, changed.o.len, false, &a, &seen);
            assert_true(seen.len <= changed.o.len);
        }
    }
}

/* --- names ------------------------------------------------------------------------------------ */

static void test_names_are_unique_and_say_what_they_need(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < PROBE_KINDS; kind++) {
        size_t count;
        const struct probe_point *p = probe_points((enum probe_kind)kind, &count);

        assert_true(count > 4);
        for (size_t i = 0; i < count; i++) {
            assert_ptr_equal(probe_point((enum probe_kind)kind, p[i].id), &p[i]);
            assert_true((p[i].symbol == NULL) == (p[i].support == PROBE_NEVER));
            for (size_t j = i + 1; j < count; j++) {
                assert_string_not_equal(p[i].name, p[j].name);
            }
        }
    }
}

static void test_names_of_what_is_unknown_are_numbers(void **state)
{
    char text[8];

    (void)state;
    assert_string_equal(probe_point_name(PROBE_GROUPS, 0x1234, text), "0x1234");
    assert_string_equal(probe_point_name(PROBE_GROUPS, 29, text), "x25519");
    assert_string_equal(probe_version_name(0x0304), "TLS 1.3");
    assert_string_equal(probe_version_name(0x7F1C), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_of_tls_1_2_is_as_rfc_5246_says),
        cmocka_unit_test(test_hello_of_tls_1_3_has_an_empty_key_share_and_no_extension_of_1_2),
        cmocka_unit_test(test_hello_of_tls_1_3_carries_the_key_share),
        cmocka_unit_test(test_hello_before_tls_1_2_names_no_signatures),
        cmocka_unit_test(test_hello_that_does_not_fit_is_refused_at_every_size),
        cmocka_unit_test(test_answer_of_tls_1_2_in_one_record_is_read_whole),
        cmocka_unit_test(test_answer_of_tls_1_2_in_records_of_any_size_is_the_same),
        cmocka_unit_test(test_answer_retry_names_the_group),
        cmocka_unit_test(test_answer_of_tls_1_3_ends_with_server_hello_without_keys),
        cmocka_unit_test(test_answer_of_tls_1_3_is_opened_up_to_finished),
        cmocka_unit_test(test_answer_of_dhe_says_how_many_bits),
        cmocka_unit_test(test_answer_alert_is_kept_and_a_warning_passed_over),
        cmocka_unit_test(test_answer_that_is_not_tls_is_said),
        cmocka_unit_test(test_answer_that_is_wrong_is_refused_with_its_reason),
        cmocka_unit_test(test_answer_in_records_that_cannot_be_opened_is_refused),
        cmocka_unit_test(test_answer_with_any_byte_changed_never_reads_beyond),
        cmocka_unit_test(test_names_are_unique_and_say_what_they_need),
        cmocka_unit_test(test_names_of_what_is_unknown_are_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
