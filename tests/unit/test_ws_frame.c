/* WebSocket frames without I/O: reading headers however they are cut, every rule of RFC 6455
 * section 5 that a server can break, UTF-8, masking, and what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ws_frame.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(text)  (const uint8_t *)(text), sizeof(text) - 1

static struct ws_reader reader(void)
{
    return (struct ws_reader){.limits = {.frame_max = INT32_MAX, .message_max = UINT64_MAX}};
}

/** Feed as the transport does: never more than is wanted. */
static enum ws_read feed(struct ws_reader *r, const uint8_t *data, size_t len, size_t *used)
{
    enum ws_read result = WS_READ_MORE;

    for (*used = 0; result == WS_READ_MORE && *used < len;) {
        size_t want = et_ws_reader_want(r);
        size_t n = want < len - *used ? want : len - *used;
        size_t took;

        assert_true(want >= 1 && want <= 8);
        result = et_ws_reader_feed(r, data + *used, n, &took);
        *used += took;
    }
    return result;
}

/** A character may come in pieces, up to the last byte of the frame. */
static void test_text_is_judged_at_its_last_byte(void **state)
{
    struct ws_reader r = reader();
    size_t used;

    (void)state;
    assert_int_equal(et_ws_reader_feed(&r, (const uint8_t *)"\x81\3", 2, &used), WS_READ_HEADER);
    assert_true(et_ws_reader_payload(&r, (const uint8_t *)"\xE2", 1));
    assert_true(et_ws_reader_payload(&r, (const uint8_t *)"\x82", 1));
    assert_int_equal(r.left, 1);
    assert_true(et_ws_reader_payload(&r, (const uint8_t *)"\xAC", 1));
    assert_int_equal(et_ws_reader_feed(&r, (const uint8_t *)"\x81\2", 2, &used), WS_READ_HEADER);
    assert_true(et_ws_reader_payload(&r, (const uint8_t *)"\xC3", 1));
    assert_false(et_ws_reader_payload(&r, (const uint8_t *)"x", 1));
    assert_int_equal(r.code, WS_CODE_DATA);
}

static const struct {
    const char *name;
    const uint8_t *bytes;
    size_t len;
    uint8_t opcode;
    bool is_fin;
    uint32_t payload;
} headers[] = {
    {"empty text", BYTES("\x81\0"), WS_TEXT, true, 0},
    {"text of 125", BYTES("\x81\x7D"), WS_TEXT, true, 125},
    {"first fragment of 126", BYTES("\x02\x7E\0\x7E"), WS_BINARY, false, 126},
    {"binary of 128: a byte >= 0x80", BYTES("\x82\x7E\0\x80"), WS_BINARY, true, 128},
    {"binary of 65535", BYTES("\x82\x7E\xFF\xFF"), WS_BINARY, true, 65535},
    {"binary of 65536", BYTES("\x82\x7F\0\0\0\0\0\1\0\0"), WS_BINARY, true, 65536},
    {"bytes >= 0x80 in 64 bits", BYTES("\x82\x7F\0\0\0\0\0\x80\x90\xFF"), WS_BINARY, true,
     0x8090FF},
    {"2^31-1", BYTES("\x82\x7F\0\0\0\0\x7F\xFF\xFF\xFF"), WS_BINARY, true, INT32_MAX},
    {"ping of 125", BYTES("\x89\x7D"), WS_PING, true, 125},
    {"empty pong", BYTES("\x8A\0"), WS_PONG, true, 0},
    {"close", BYTES("\x88\2"), WS_CLOSE, true, 2},
};

/** 7f54410256f, d8949fe50ff, 58775cce6ea. */
static void test_header_split_at_every_byte_is_read_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(headers); i++) {
        for (size_t cut = 0; cut <= headers[i].len; cut++) {
            struct ws_reader r = reader();
            enum ws_read result;
            size_t used;

            result = feed(&r, headers[i].bytes, cut, &used);
            assert_int_equal(used, cut);
            if (cut < headers[i].len) {
                assert_int_equal(result, WS_READ_MORE);
                result = feed(&r, headers[i].bytes + cut, headers[i].len - cut, &used);
                assert_int_equal(used, headers[i].len - cut);
            }
            assert_int_equal(result, WS_READ_HEADER);
            assert_int_equal(r.opcode, headers[i].opcode);
            assert_int_equal(r.is_fin, headers[i].is_fin);
            assert_int_equal(r.payload, headers[i].payload);
            assert_int_equal(r.left, headers[i].payload);
        }
    }
}

/** What is fed beyond a header is not taken. */
static void test_header_ends_where_the_payload_begins(void **state)
{
    struct ws_reader r = reader();
    size_t used;

    (void)state;
    assert_int_equal(et_ws_reader_feed(&r, BYTES("\x81\3abc"), &used), WS_READ_HEADER);
    assert_int_equal(used, 2);
    assert_true(et_ws_reader_payload(&r, BYTES("abc")));
    assert_int_equal(r.left, 0);
    assert_int_equal(et_ws_reader_feed(&r, BYTES("\x82\0"), &used), WS_READ_HEADER);
    assert_int_equal(r.opcode, WS_BINARY);
}

/** 5eff7a1705e, 7f2006b3881, 1ac711055bf, 85da1a05330, d22d5e83b4e: each as soon as it can be
 *  seen. */
static void test_header_that_breaks_a_rule_is_refused_at_once(void **state)
{
    static const struct {
        const char *name;
        const uint8_t *bytes;
        size_t len; /* up to the byte that breaks it */
        uint16_t code;
    } row[] = {
        {"RSV1", BYTES("\xC1"), 1002},
        {"RSV2", BYTES("\xA1"), 1002},
        {"RSV3 of a control frame", BYTES("\x99"), 1002},
        {"opcode 3", BYTES("\x83"), 1002},
        {"opcode 7", BYTES("\x87"), 1002},
        {"opcode 11", BYTES("\x8B"), 1002},
        {"opcode 15", BYTES("\x8F"), 1002},
        {"fragmented close", BYTES("\x08"), 1002},
        {"fragmented ping", BYTES("\x09"), 1002},
        {"fragmented pong", BYTES("\x0A"), 1002},
        {"ping of 126", BYTES("\x89\x7E"), 1002},
        {"close of 64 bits", BYTES("\x88\x7F"), 1002},
        {"continuation of nothing", BYTES("\x80"), 1002},
        {"masked", BYTES("\x81\x85"), 1002},
        {"masked and empty", BYTES("\x81\x80"), 1002},
        {"125 in 16 bits", BYTES("\x81\x7E\0\x7D"), 1002},
        {"0 in 16 bits", BYTES("\x81\x7E\0\0"), 1002},
        {"65535 in 64 bits", BYTES("\x81\x7F\0\0\0\0\0\0\xFF\xFF"), 1002},
        {"1 in 64 bits", BYTES("\x81\x7F\0\0\0\0\0\0\0\1"), 1002},
        {"highest bit", BYTES("\x81\x7F\x80\0\0\0\0\0\0\0"), 1002},
        {"all bits", BYTES("\x81\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), 1002},
        {"2^31", BYTES("\x81\x7F\0\0\0\0\x80\0\0\0"), 1009},
        {"2^32", BYTES("\x81\x7F\0\0\0\1\0\0\0\0"), 1009},
        {"2^32 + 5", BYTES("\x81\x7F\0\0\0\1\0\0\0\5"), 1009},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        struct ws_reader r = reader();
        size_t used;

        assert_int_equal(feed(&r, row[i].bytes, row[i].len - 1, &used), WS_READ_MORE);
        if (feed(&r, row[i].bytes + row[i].len - 1, 1, &used) != WS_READ_BROKEN) {
            fail_msg("%s is taken", row[i].name);
        }
        assert_int_equal(r.code, row[i].code);
        assert_non_null(r.why);
        /* and nothing is read any more */
        assert_int_equal(et_ws_reader_feed(&r, BYTES("\x81\0"), &used), WS_READ_BROKEN);
        assert_int_equal(used, 0);
    }
}

/** Read whole frames. @return what the last step came to */
static enum ws_read read_all(struct ws_reader *r, const uint8_t *data, size_t len)
{
    enum ws_read result = WS_READ_HEADER;

    while (len > 0 && result == WS_READ_HEADER) {
        size_t used;

        result = et_ws_reader_feed(r, data, len, &used);
        data += used;
        len -= used;
        if (result == WS_READ_HEADER && r->left > 0 && len > 0) {
            size_t n = r->left < len ? r->left : len;

            if (!et_ws_reader_payload(r, data, n)) {
                return WS_READ_BROKEN;
            }
            data += n;
            len -= n;
        }
    }
    return result;
}

static void test_fragments_come_in_order(void **state)
{
    static const struct {
        const char *name;
        const uint8_t *bytes;
        size_t len;
        enum ws_read result;
    } row[] = {
        {"two fragments", BYTES("\1\1a\x80\1b\x81\0"), WS_READ_HEADER},
        {"control between", BYTES("\1\1a\x89\1p\0\1b\x8A\0\x80\0\x82\0"), WS_READ_HEADER},
        {"empty ones", BYTES("\2\0\0\0\x80\0"), WS_READ_HEADER},
        {"text in a text", BYTES("\1\1a\x81\1b"), WS_READ_BROKEN},
        {"binary in a text", BYTES("\1\1a\2\1b"), WS_READ_BROKEN},
        {"continuation after the end", BYTES("\1\1a\x80\1b\x80\0"), WS_READ_BROKEN},
        {"continuation after a control", BYTES("\x89\0\x80\0"), WS_READ_BROKEN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        struct ws_reader r = reader();

        if (read_all(&r, row[i].bytes, row[i].len) != row[i].result) {
            fail_msg("%s", row[i].name);
        }
    }
}

static void test_limits_of_frame_and_message(void **state)
{
    struct ws_reader r = reader();

    (void)state;
    r.limits.frame_max = 3;
    assert_int_equal(read_all(&r, BYTES("\x82\3abc\x89\4ping")), WS_READ_HEADER);
    assert_int_equal(read_all(&r, BYTES("\x82\4abcd")), WS_READ_BROKEN);
    assert_int_equal(r.code, 1009);
    r = reader();
    r.limits.message_max = 4;
    assert_int_equal(read_all(&r, BYTES("\2\3abc\x89\3abc\0\1d\x80\0\x82\4abcd")), WS_READ_HEADER);
    assert_int_equal(read_all(&r, BYTES("\2\3abc\0\1d\x80\1e")), WS_READ_BROKEN);
    assert_int_equal(r.code, 1009);
}

/* --- UTF-8 ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    const uint8_t *bytes;
    size_t len;
    bool is_legal;
} texts[] = {
    {"nothing", BYTES(""), true},
    {"ASCII with NUL", BYTES("a\0b"), true},
    {"U+007F, U+0080", BYTES("\x7F\xC2\x80"), true},
    {"U+07FF, U+0800", BYTES("\xDF\xBF\xE0\xA0\x80"), true},
    {"U+D7FF, U+E000", BYTES("\xED\x9F\xBF\xEE\x80\x80"), true},
    {"U+FFFF, U+10000", BYTES("\xEF\xBF\xBF\xF0\x90\x80\x80"), true},
    {"U+10FFFF", BYTES("\xF4\x8F\xBF\xBF"), true},
    {"a BOM", BYTES("\xEF\xBB\xBFx"), true},
    {"a tail alone", BYTES("\x80"), false},
    {"overlong /", BYTES("\xC0\xAF"), false},
    {"overlong U+007F", BYTES("\xC1\xBF"), false},
    {"overlong U+07FF", BYTES("\xE0\x9F\xBF"), false},
    {"overlong U+FFFF", BYTES("\xF0\x8F\xBF\xBF"), false},
    {"surrogate U+D800", BYTES("\xED\xA0\x80"), false},
    {"surrogate U+DFFF", BYTES("\xED\xBF\xBF"), false},
    {"U+110000", BYTES("\xF4\x90\x80\x80"), false},
    {"F5", BYTES("\xF5\x80\x80\x80"), false},
    {"FF", BYTES("\xFF"), false},
    {"second byte is none", BYTES("\xC3("), false},
    {"third byte is none", BYTES("\xE2\x82("), false},
    {"fourth byte is none", BYTES("\xF0\x9F\x98\xC3"), false},
    {"cut after one of two", BYTES("a\xC3"), false},
    {"cut after two of three", BYTES("\xE2\x82"), false},
    {"cut after three of four", BYTES("\xF0\x9F\x98"), false},
};

static void test_utf8_is_checked_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t cut = 0; cut <= texts[i].len; cut++) {
            struct ws_utf8 u = {0};
            bool is_legal = et_ws_utf8_feed(&u, texts[i].bytes, cut) &&
                            et_ws_utf8_feed(&u, texts[i].bytes + cut, texts[i].len - cut) &&
                            et_ws_utf8_is_whole(&u);

            if (is_legal != texts[i].is_legal) {
                fail_msg("%s, cut at %zu", texts[i].name, cut);
            }
        }
    }
}

/** One character in each of its fragments; binary and control frames are not text. */
static void test_text_is_checked_over_its_fragments(void **state)
{
    static const struct {
        const uint8_t *bytes;
        size_t len;
        bool is_legal;
    } row[] = {
        {BYTES("\1\1\xF0\0\1\x9F\x89\1\xFF\0\0\0\1\x98\x80\1\x80"), true},
        {BYTES("\1\1\xC3\x80\1("), false},
        {BYTES("\1\1\xC3\x80\0"), false},
        {BYTES("\x81\1\xC3"), false},
        {BYTES("\x82\1\xC3\x82\2\xFF\xFF\x81\1x"), true},
        {BYTES("\2\1\xC3\x80\1\xFF"), true},
        {BYTES("\x82\1\xC3\x81\1x"), true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        struct ws_reader r = reader();

        assert_int_equal(read_all(&r, row[i].bytes, row[i].len) == WS_READ_HEADER, row[i].is_legal);
        assert_int_equal(r.code, row[i].is_legal ? 0 : 1007);
        r = reader();
        r.limits.skip_utf8_check = true;
        assert_int_equal(read_all(&r, row[i].bytes, row[i].len), WS_READ_HEADER);
    }
}

/* --- Close ------------------------------------------------------------------------------------ */

static void test_close_codes_are_those_that_may_be_sent(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= UINT16_MAX; code++) {
        bool is_legal =
            (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
            (code >= 3000 && code < 5000);
        struct ws_reader r = reader();
        const uint8_t payload[] = {(uint8_t)(code >> 8), (uint8_t)code};
        uint16_t got;

        assert_int_equal(et_ws_is_close_code(code), is_legal);
        assert_int_equal(et_ws_reader_close(&r, payload, 2, &got), is_legal);
        assert_int_equal(got, code);
        assert_int_equal(r.code, is_legal ? 0 : 1002);
    }
}

static void test_close_payload_is_checked(void **state)
{
    struct ws_reader r = reader();
    uint16_t code;

    (void)state;
    assert_true(et_ws_reader_close(&r, BYTES(""), &code));
    assert_int_equal(code, WS_CODE_NO_STATUS);
    assert_true(et_ws_reader_close(&r, BYTES("\3\xE8gr\xC3\xBC\xC3\x9F"), &code));
    assert_int_equal(code, 1000);
    assert_false(et_ws_reader_close(&r, BYTES("\3"), &code));
    assert_int_equal(r.code, 1002);
    assert_false(et_ws_reader_close(&r, BYTES("\3\xE8\xC3"), &code));
    assert_int_equal(r.code, 1007);
    assert_false(et_ws_reader_close(&r, BYTES("\3\xE8\xFFx"), &code));
    assert_int_equal(r.code, 1007);
}

/* --- what goes -------------------------------------------------------------------------------- */

static void test_header_written_is_the_shortest_and_masked(void **state)
{
    static const uint8_t mask[4] = {1, 2, 3, 4};
    static const struct {
        uint32_t len;
        const uint8_t *bytes;
        size_t size;
    } row[] = {
        {0, BYTES("\x81\x80\1\2\3\4")},
        {125, BYTES("\x81\xFD\1\2\3\4")},
        {126, BYTES("\x81\xFE\0\x7E\1\2\3\4")},
        {65535, BYTES("\x81\xFE\xFF\xFF\1\2\3\4")},
        {65536, BYTES("\x81\xFF\0\0\0\0\0\1\0\0\1\2\3\4")},
        {INT32_MAX, BYTES("\x81\xFF\0\0\0\0\x7F\xFF\xFF\xFF\1\2\3\4")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        uint8_t out[WS_HEADER_MAX];

        assert_int_equal(et_ws_header_write(out, 0x81, row[i].len, mask), row[i].size);
        assert_memory_equal(out, row[i].bytes, row[i].size);
    }
}

static void test_mask_goes_on_over_pieces_and_back(void **state)
{
    static const uint8_t mask[4] = {0x37, 0xFA, 0x21, 0x3D};
    static const uint8_t masked[5] = {0x7F, 0x9F, 0x4D, 0x51, 0x58}; /* RFC 6455 section 5.7 */
    uint8_t out[5];

    (void)state;
    for (size_t cut = 0; cut <= 5; cut++) {
        et_ws_mask(out, (const uint8_t *)"Hello", cut, mask, 0);
        et_ws_mask(out + cut, (const uint8_t *)"Hello" + cut, 5 - cut, mask, cut);
        assert_memory_equal(out, masked, 5);
    }
    et_ws_mask(out, out, 5, mask, 0); /* in place */
    assert_memory_equal(out, "Hello", 5);
}

static void test_frames_that_may_be_sent(void **state)
{
    static const struct {
        unsigned first;
        const uint8_t *payload;
        size_t len;
        bool is_frame;
    } row[] = {
        {0x81, NULL, 0, true},
        {0x01, (const uint8_t *)"x", 1, true},
        {0x82, (const uint8_t *)"x", INT32_MAX, true},
        {0x82, (const uint8_t *)"x", (size_t)INT32_MAX + 1, false},
        {0x83, NULL, 0, false},
        {0x8B, NULL, 0, false},
        {0xC1, NULL, 0, false},
        {0x181, NULL, 0, false},
        {0x09, NULL, 0, false},
        {0x89, (const uint8_t *)"x", 125, true},
        {0x89, (const uint8_t *)"x", 126, false},
        {0x88, NULL, 0, true},
        {0x88, (const uint8_t *)"\3", 1, false},
        {0x88, (const uint8_t *)"\3\xE8", 2, true},
        {0x88, (const uint8_t *)"\3\xED", 2, false}, /* 1005 */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        assert_int_equal(et_ws_is_frame(row[i].first, row[i].payload, row[i].len), row[i].is_frame);
    }
    assert_true(et_ws_is_in_order(0x81, false));
    assert_false(et_ws_is_in_order(0x81, true));
    assert_true(et_ws_is_in_order(0x80, true));
    assert_false(et_ws_is_in_order(0x00, false));
    assert_true(et_ws_is_in_order(0x89, false) && et_ws_is_in_order(0x89, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_judged_at_its_last_byte),
        cmocka_unit_test(test_header_split_at_every_byte_is_read_right),
        cmocka_unit_test(test_header_ends_where_the_payload_begins),
        cmocka_unit_test(test_header_that_breaks_a_rule_is_refused_at_once),
        cmocka_unit_test(test_fragments_come_in_order),
        cmocka_unit_test(test_limits_of_frame_and_message),
        cmocka_unit_test(test_utf8_is_checked_however_it_is_cut),
        cmocka_unit_test(test_text_is_checked_over_its_fragments),
        cmocka_unit_test(test_close_codes_are_those_that_may_be_sent),
        cmocka_unit_test(test_close_payload_is_checked),
        cmocka_unit_test(test_header_written_is_the_shortest_and_masked),
        cmocka_unit_test(test_mask_goes_on_over_pieces_and_back),
        cmocka_unit_test(test_frames_that_may_be_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
