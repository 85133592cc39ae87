/* WebSockets once they are open: frames both ways however they are cut, what breaks the rules,
 * control frames, closing, pings at their time, polls and waits. */
#include <stdio.h>
#include <stdlib.h>

#include "esp_transport_ssl.h"
#include "esp_transport_http_proxy.h"
#include "proxy_world.h"
#include "sim_script.h"
#include "ws_world.h"

/* --- reading ---------------------------------------------------------------------------------- */

/** 2267d4b6b57, 10a2c2ccc90. */
static void test_first_frame_arrives_with_the_answer(void **state)
{
    struct ws_world *w = *state;
    esp_tls_wait_t wait;
    char buf[8] = "";

    ws_open(w, "\x81\5hello\x82\3abc");
    assert_int_equal(esp_transport_poll_read(w->t, 0), 12);
    assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_READ, &wait), ESP_OK);
    assert_int_equal(wait.timeout_ms, 0);
    assert_int_equal(esp_transport_read(w->t, buf, 0, 0), 0);
    assert_int_equal(esp_transport_read(w->t, buf, 3, 0), 3);
    assert_int_equal(esp_transport_ws_get_read_opcode(w->t), WS_TRANSPORT_OPCODES_TEXT);
    assert_int_equal(esp_transport_ws_get_read_payload_len(w->t), 5);
    assert_true(esp_transport_ws_get_fin_flag(w->t));
    assert_int_equal(esp_transport_read(w->t, buf + 3, 5, 0), 2); /* not of two frames */
    assert_string_equal(buf, "hello");
    assert_int_equal(esp_transport_read(w->t, buf, 8, 0), 3);
    assert_int_equal(esp_transport_ws_get_read_opcode(w->t), WS_TRANSPORT_OPCODES_BINARY);
    assert_int_equal(esp_transport_poll_read(w->t, 0), 0);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 0), 0); /* nothing there */
    assert_int_equal(esp_transport_ws_get_read_opcode(w->t), WS_TRANSPORT_OPCODES_NONE);
    assert_int_equal(esp_transport_ws_get_read_payload_len(w->t), 0);
    assert_false(esp_transport_ws_get_fin_flag(w->t));
}

static const char conversation[] = "\1\2he\x89\4ping\0\1l\0\0\x8A\0\x80\2lo\x82\0\x81\3end";

/** Read it all, noting each piece as "opcode fin text;". */
static void transcribe(struct ws_world *w, char *text, size_t cap, int piece)
{
    char buf[64];
    int ret;

    text[0] = '\0';
    while (strstr(text, "end") == NULL) {
        ret = ws_read_some(w, buf, piece);
        assert_true(ret >= 0);
        if (ret > 0) {
            snprintf(text + strlen(text), cap - strlen(text), "%.*s", ret, buf);
        } else {
            snprintf(text + strlen(text), cap - strlen(text), "[%x%s]",
                     (unsigned)esp_transport_ws_get_read_opcode(w->t),
                     esp_transport_ws_get_fin_flag(w->t) ? "!" : "");
        }
    }
}

static void test_the_connection_below_is_told(void **state)
{
    struct ws_world *w = *state;
    esp_transport_handle_t own = esp_transport_init();

    assert_null(esp_transport_get_esp_tls(own));
    assert_int_equal(esp_transport_destroy(own), ESP_OK);
    ws_open(w, "");
    assert_non_null(esp_transport_get_esp_tls(w->tcp));
    assert_ptr_equal(esp_transport_get_esp_tls(w->t), esp_transport_get_esp_tls(w->tcp));
}

/** 7f54410256f, d8949fe50ff: with the answer, behind it, byte by byte. */
static void test_frames_are_read_however_they_are_cut(void **state)
{
    static const size_t wires[] = {0, 1, 2, 3};
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(wires) * 4; i++) {
        char text[256];

        w->server.byte_us = i % 2 == 0 ? 0 : 10;
        sim_wire(0, wires[i / 4], 0, 0);
        if (i / 2 % 2 == 0) {
            ws_open(w, conversation);
        } else {
            ws_open(w, "");
            sim_ws_send(&w->server, conversation, sizeof(conversation) - 1);
        }
        transcribe(w, text, sizeof(text), 63);
        assert_string_equal(text, "he[9!]l[0][a!]lo[2!]end");
        ws_settle(w);
        assert_string_equal(w->server.seen, "8a:ping;"); /* the Ping was answered, between frames */
        assert_false(w->server.is_wrong);
        ws_again(w);
    }
}

static void test_long_frames_are_streamed(void **state)
{
    static char frame[10 + 70000];
    static char got[70000];
    static const size_t lens[] = {125, 126, 127, 65535, 65536, 70000};
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(lens); i++) {
        const size_t len = lens[i];
        const uint8_t small[] = {0x81, (uint8_t)len};
        const uint8_t medium[] = {0x81, 126, (uint8_t)(len >> 8), (uint8_t)len};
        const uint8_t large[] = {
            0x81, 127, 0, 0, 0, 0, 0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
        const size_t head = len < 126 ? 2 : len < 65536 ? 4 : 10;
        size_t done = 0;

        memcpy(frame, len < 126 ? small : len < 65536 ? medium : large, head);
        for (size_t n = 0; n < len; n++) {
            frame[head + n] = (char)('!' + n % 90);
        }
        ws_open_with(w, frame, head + len);
        while (done < len) {
            int ret = ws_read_some(w, got + done, 1000);

            assert_true(ret > 0);
            assert_int_equal(esp_transport_ws_get_read_payload_len(w->t), len);
            done += (size_t)ret;
        }
        assert_int_equal(done, len);
        assert_memory_equal(got, frame + head, len);
        ws_again(w);
    }
}

/** What comes and is not to be borne: a clean failure with a cause, and the right Close. */
static const struct {
    const char *name;
    const void *bytes;
    size_t len;
    esp_err_t code;
    unsigned close;
} broken[] = {
#define BROKEN(name, text, code, close)                                                            \
    {                                                                                              \
        name, text, sizeof(text) - 1, ESP_ERR_TCP_TRANSPORT_WS_##code, close                       \
    }
    BROKEN("RSV1 (1ac711055bf)", "\xC1\0", PROTOCOL, 1002),
    BROKEN("RSV2", "\xA1\0", PROTOCOL, 1002),
    BROKEN("RSV3", "\x92\0", PROTOCOL, 1002),
    BROKEN("reserved opcode (7f2006b3881)", "\x83\0", PROTOCOL, 1002),
    BROKEN("reserved control opcode", "\x8F\0", PROTOCOL, 1002),
    BROKEN("control of 126 bytes (5eff7a1705e)", "\x89\x7E\0\x7E", PROTOCOL, 1002),
    BROKEN("fragmented control (85da1a05330)", "\x09\0", PROTOCOL, 1002),
    BROKEN("masked", "\x81\x85\1\2\3\4hello", PROTOCOL, 1002),
    BROKEN("continuation of nothing", "\x80\1x", PROTOCOL, 1002),
    BROKEN("a message in a message", "\1\1a\x81\1b", PROTOCOL, 1002),
    BROKEN("length not the shortest, 16", "\x81\x7E\0\5hello", PROTOCOL, 1002),
    BROKEN("length not the shortest, 64", "\x81\x7F\0\0\0\0\0\0\0\5hello", PROTOCOL, 1002),
    BROKEN("highest bit of a length", "\x82\x7F\x80\0\0\0\0\0\0\0", PROTOCOL, 1002),
    BROKEN("length of 2^31 (d22d5e83b4e)", "\x82\x7F\0\0\0\0\x80\0\0\0", TOO_LONG, 1009),
    BROKEN("length of 2^32+1", "\x82\x7F\0\0\0\1\0\0\0\1", TOO_LONG, 1009),
    BROKEN("text that is no UTF-8", "\x81\3a\xFFz", NOT_UTF8, 1007),
    BROKEN("text cut in a character", "\1\2a\xC3\x80\0", NOT_UTF8, 1007),
    BROKEN("half a close code", "\x88\1\3", PROTOCOL, 1002),
    BROKEN("close code 1005", "\x88\2\3\xED", PROTOCOL, 1002),
    BROKEN("close code 0", "\x88\2\0\0", PROTOCOL, 1002),
    BROKEN("close reason that is no UTF-8", "\x88\3\3\xE8\xFF", NOT_UTF8, 1007),
};

static void test_malformed_frame_is_a_clean_failure(void **state)
{
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(broken) * 2; i++) {
        const size_t n = i / 2;
        const char sent[] = {'8', '8', ':', (char)(broken[n].close >> 8), (char)broken[n].close,
                             ';', '\0'};
        char buf[64];
        int ret;

        w->server.byte_us = i % 2 == 0 ? 0 : 10;
        ws_open_with(w, broken[n].bytes, broken[n].len);
        do {
            ret = ws_read_some(w, buf, (int)sizeof(buf));
        } while (ret >= 0 && sim_elapsed_us() < MS(3000));
        if (ret != -1 || ws_error(w) != broken[n].code) {
            fail_msg("%s: %d, 0x%x", broken[n].name, ret, (unsigned)ws_error(w));
        }
        assert_true(sim_elapsed_us() < MS(1000));
        assert_non_null(esp_transport_ws_get_why(w->t));
        assert_int_equal(esp_transport_ws_get_sent_close_code(w->t), broken[n].close);
        ws_settle(w);
        assert_int_equal(w->server.seen_len, 6);
        assert_memory_equal(w->server.seen, sent, 6);
        /* and that is the end */
        assert_int_equal(esp_transport_poll_read(w->t, 1000), 1);
        assert_int_equal(ws_read_some(w, buf, 8), -1);
        assert_int_equal(esp_transport_write(w->t, "x", 1, 0), -1);
        assert_int_equal(ws_error(w), broken[n].code);
        ws_settle(w);
        assert_int_equal(w->server.seen_len, 6);
        ws_again(w);
    }
}

static void test_bytes_before_the_bad_frame_are_delivered(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    ws_open(w, "\x81\2hi\x83\0");
    ws_expect(w, "hi");
    assert_int_equal(ws_read_some(w, buf, 8), -1);
}

static void test_utf8_check_can_be_left_out(void **state)
{
    struct ws_world *w = *state;
    const esp_transport_ws_policy_t policy = {.skip_utf8_check = true};

    assert_int_equal(esp_transport_ws_set_policy(w->t, &policy), ESP_OK);
    ws_open(w, "\x81\3a\xFFz");
    ws_expect(w, "a\xFFz");
}

static void test_limits_are_kept(void **state)
{
    static const esp_transport_ws_policy_t policies[] = {{.frame_max = 3}, {.message_max = 4}};
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(policies); i++) {
        char buf[8];

        assert_int_equal(esp_transport_ws_set_policy(w->t, &policies[i]), ESP_OK);
        ws_open(w, "\2\3abc\x80\1d\x89\5pings\2\1a\x80\4bcde");
        ws_expect(w, "abc");
        ws_expect(w, "d");
        assert_int_equal(ws_read_some(w, buf, 8), 0);
        ws_expect(w, "a");
        assert_int_equal(ws_read_some(w, buf, 8), -1);
        assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_TOO_LONG);
        assert_int_equal(esp_transport_ws_get_sent_close_code(w->t), 1009);
        ws_again(w);
    }
}

static void test_end_within_a_frame_is_no_close(void **state)
{
    static const char whole[] = "\x82\x7E\0\x80payload";
    struct ws_world *w = *state;

    for (size_t len = 0; len < sizeof(whole); len++) {
        char buf[8];
        int ret;

        w->server.ends = true;
        ws_open_with(w, whole, len);
        while ((ret = ws_read_some(w, buf, 8)) > 0) {
        }
        assert_int_equal(ret, ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN);
        assert_int_equal(ws_error(w), ESP_ERR_ESP_TLS_TCP_CLOSED_FIN);
        assert_int_equal(esp_transport_ws_get_close_code(w->t), 1006);
        ws_again(w);
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

/** 8fc02e860a2: the bytes may be constant, and stay as they are. */
static void test_write_sends_one_frame_and_leaves_the_bytes_alone(void **state)
{
    static const char constant[] = "constant";
    struct ws_world *w = *state;
    char mine[] = "mine";

    ws_open(w, "");
    assert_int_equal(esp_transport_write(w->t, constant, 8, 1000), 8);
    assert_int_equal(esp_transport_write(w->t, mine, 4, 0), 4);
    assert_string_equal(mine, "mine");
    assert_int_equal(esp_transport_ws_send_raw(w->t, TEXT, "\xC3\xBC", 2, 1000), 2);
    assert_int_equal(esp_transport_write(w->t, NULL, 0, 1000), 0); /* a Ping */
    assert_int_equal(esp_transport_ws_send_raw(w->t, TEXT, NULL, 0, 1000), 0);
    ws_settle(w);
    assert_string_equal(w->server.seen, "82:constant;82:mine;81:\xC3\xBC;89:;81:;");
    assert_false(w->server.is_wrong);
}

/** Each frame has another mask: RFC 6455 section 5.3. */
static void test_masks_differ(void **state)
{
    struct ws_world *w = *state;
    uint8_t first[8];

    ws_open(w, "");
    w->server.never_reads = true;
    assert_int_equal(esp_transport_write(w->t, "same", 4, 1000), 4);
    assert_int_equal(esp_transport_write(w->t, "same", 4, 1000), 4);
    ws_settle(w);
    assert_int_equal(sim_peer_read(w->server.peer, first, 2), 2);
    assert_int_equal(sim_peer_read(w->server.peer, first, 8), 8);
    assert_memory_not_equal(first + 4, "same", 4);
    assert_int_equal(sim_peer_read(w->server.peer, first + 4, 2), 2);
    assert_int_equal(sim_peer_read(w->server.peer, first + 4, 4), 4);
    assert_memory_not_equal(first, first + 4, 4);
}

/** 14992e62c55: the opcode first, FIN last; control frames may come between. */
static void test_fragments_are_sent_in_order(void **state)
{
    struct ws_world *w = *state;

    ws_open(w, "");
    assert_int_equal(esp_transport_ws_send_raw(w->t, WS_TRANSPORT_OPCODES_TEXT, "a", 1, 1000), 1);
    assert_int_equal(esp_transport_ws_send_raw(w->t, PING, "p", 1, 1000), 1);
    assert_int_equal(esp_transport_ws_send_raw(w->t, TEXT, "b", 1, 1000), -1);
    assert_int_equal(ws_error(w), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_transport_write(w->t, "b", 1, 1000), -1);
    assert_int_equal(esp_transport_ws_send_raw(w->t, WS_TRANSPORT_OPCODES_CONT, "b", 1, 1000), 1);
    assert_int_equal(esp_transport_ws_send_raw(w->t, WS_TRANSPORT_OPCODES_FIN, NULL, 0, 1000), 0);
    assert_int_equal(esp_transport_ws_send_raw(w->t, WS_TRANSPORT_OPCODES_FIN, "c", 1, 1000), -1);
    assert_int_equal(esp_transport_write(w->t, "d", 1, 1000), 1);
    ws_settle(w);
    assert_string_equal(w->server.seen, "01:a;89:p;00:b;80:;82:d;");
}

static void test_frames_that_are_none_are_not_sent(void **state)
{
    static const struct {
        unsigned opcode;
        int len;
    } row[] = {{0x83, 1},   {0x8F, 1}, {0xC1, 1},  {0x09, 1},
               {0x89, 126}, {0x88, 1}, {0x100, 1}, {0x81, -1}};
    struct ws_world *w = *state;
    char buf[126] = "";

    ws_open(w, "");
    for (size_t i = 0; i < COUNT(row); i++) {
        assert_int_equal(esp_transport_ws_send_raw(w->t, (ws_transport_opcodes_t)row[i].opcode, buf,
                                                   row[i].len, 0),
                         -1);
        assert_int_equal(ws_error(w), ESP_ERR_INVALID_ARG);
    }
    assert_int_equal(esp_transport_write(w->t, NULL, 1, 0), -1);
    assert_int_equal(esp_transport_write(w->t, "ok", 2, 0), 2); /* none of it harmed */
    ws_settle(w);
    assert_string_equal(w->server.seen, "82:ok;");
}

static void test_long_writes_arrive_whole_however_the_wire_takes_them(void **state)
{
    static const size_t lens[] = {125, 126, 1009, 1010, 1011, 65535, 65536, 69000};
    static const size_t takes[] = {0, 1000, 7};
    static char data[70001];
    static char got[70001];
    struct ws_world *w = *state;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (char)(i * 7 + i / 256);
    }
    for (size_t i = 0; i < COUNT(lens) * COUNT(takes); i++) {
        const size_t len = lens[i % COUNT(lens)];

        ws_open(w, "");
        w->server.echoes = len < 65536; /* its own lengths have 16 bits */
        sim_wire(0, 0, takes[i / COUNT(lens)], 0);
        assert_int_equal(esp_transport_write(w->t, data, (int)len, 1000), len);
        for (size_t done = 0; w->server.echoes && done < len;) {
            int ret = ws_read_some(w, got + done, (int)(len - done));

            assert_true(ret > 0);
            done += (size_t)ret;
        }
        if (w->server.echoes) {
            assert_memory_equal(got, data, len);
        } else {
            ws_settle(w);
            assert_int_equal(w->server.in_len, 0); /* it was taken as one frame */
        }
        assert_false(w->server.is_wrong);
        ws_again(w);
    }
}

/** The frame says how long it is: what the time did not allow has to follow. No "want" gets
 *  out. */
static void test_write_that_met_its_deadline_goes_on(void **state)
{
    static char data[5000];
    struct ws_world *w = *state;
    int done;

    memset(data, 'x', sizeof(data));
    ws_open(w, "");
    w->server.never_reads = true;
    sim_wire(0, 0, 0, 3000);
    done = esp_transport_write(w->t, data, 5000, 100);
    assert_true(done > 0 && done < 5000);
    assert_int_equal(sim_elapsed_us() / 1000, 100);
    assert_int_equal(esp_transport_write(w->t, data + done, 5000 - done, 0), 0);
    assert_int_equal(esp_transport_poll_write(w->t, 0), 0);
    assert_int_equal(esp_transport_ws_send_raw(w->t, PING, "p", 1, 0), -1); /* within a frame */
    assert_int_equal(ws_error(w), ESP_ERR_INVALID_STATE);
    w->server.never_reads = false;
    sim_ws_peer(w->server.peer, &w->server);
    assert_int_equal(esp_transport_poll_write(w->t, 1000), 1);
    /* as esp_websocket_client does: another opcode */
    assert_int_equal(
        esp_transport_ws_send_raw(w->t, WS_TRANSPORT_OPCODES_FIN, data + done, 5000 - done, 1000),
        5000 - done);
    assert_int_equal(esp_transport_ws_send_raw(w->t, PING, "p", 1, 100), 1);
    ws_settle(w);
    assert_int_equal(w->server.seen_len, 3 + 5000 + 1 + 5);
    assert_string_equal(w->server.seen + 5004, "89:p;");
}

/** A control frame that was not taken is finished first, whatever comes next. */
static void test_frame_that_was_not_taken_is_finished_before_the_next(void **state)
{
    struct ws_world *w = *state;

    for (int i = 0; i < 4; i++) {
        ws_open(w, "");
        sim_fail_io(1, SIM_FAULT_SHORT, 0, false); /* one byte of it ... */
        sim_fail_io(1, SIM_FAULT_AGAIN, 0, true);  /* ... or none */
        assert_int_equal(i < 2 ? esp_transport_ws_send_raw(w->t, PING, "p", 1, 0)
                               : esp_transport_ws_send_raw(w->t, TEXT, NULL, 0, 0),
                         0);
        sim_fail_io(0, SIM_FAULT_AGAIN, 0, false);
        if (i % 2 == 0) {
            assert_int_equal(esp_transport_write(w->t, "data", 4, 100), 4);
        } else if (i == 1) {
            assert_int_equal(esp_transport_ws_send_raw(w->t, PING, "p", 1, 100), 1); /* the same */
        } else {
            assert_int_equal(esp_transport_ws_send_raw(w->t, TEXT, NULL, 0, 100), 0);
        }
        ws_settle(w);
        assert_string_equal(w->server.seen, i == 0   ? "89:p;82:data;"
                                            : i == 1 ? "89:p;"
                                                     : (i == 2 ? "81:;82:data;" : "81:;81:;"));
        ws_again(w);
    }
}

/** An empty frame's result cannot tell whether it has gone: flush does. */
static void test_flush_sends_what_was_not_taken(void **state)
{
    static char data[5000];
    struct ws_world *w = *state;
    int done;

    ws_open(w, "");
    assert_int_equal(esp_transport_ws_flush(w->t, 0), 1);
    sim_fail_io(1, SIM_FAULT_AGAIN, 0, true);
    assert_int_equal(esp_transport_ws_send_raw(w->t, TEXT, NULL, 0, 0), 0);
    assert_int_equal(esp_transport_ws_flush(w->t, 50), 0);
    assert_int_equal(sim_elapsed_us(), MS(50));
    sim_fail_io(0, SIM_FAULT_AGAIN, 0, false);
    assert_int_equal(esp_transport_ws_flush(w->t, 50), 1);
    ws_settle(w);
    assert_string_equal(w->server.seen, "81:;");
    w->server.never_reads = true;
    sim_wire(0, 0, 0, 3000);
    done = esp_transport_write(w->t, data, 5000, 0);
    assert_int_equal(esp_transport_ws_flush(w->t, 1000), 0); /* the rest is the caller's to give */
    assert_true(done > 0 && sim_elapsed_us() < MS(60));
    assert_int_equal(esp_transport_close(w->t), 0);
    for (int rest = 0; rest < 2; rest++) { /* behind the piece on its way, nothing or one byte */
        const int len = done + CONFIG_WS_BUFFER_SIZE + rest;

        ws_again(w);
        ws_open(w, "");
        w->server.never_reads = true;
        sim_wire(0, 0, 0, 3000);
        assert_int_equal(esp_transport_write(w->t, data, len, 0), done);
        assert_int_equal(esp_transport_ws_flush(w->t, 1000), 0);
        assert_int_equal(sim_elapsed_us() < MS(500), rest > 0);
        assert_int_equal(esp_transport_close(w->t), 0);
    }
    assert_int_equal(esp_transport_ws_flush(w->t, 0), -1);
    assert_int_equal(esp_transport_ws_flush(w->tcp, 0), -1);
}

/** The call waits until all of it is gone, and begins no other one meanwhile. */
static void test_empty_frame_that_is_half_sent_is_sent_once(void **state)
{
    struct ws_world *w = *state;

    for (size_t room = 1; room < 7; room++) {
        ws_open(w, "");
        w->server.byte_us = 0;
        sim_wire(MS(1), 0, 1, room);
        assert_int_equal(esp_transport_ws_send_raw(w->t, 0x81, "", 0, 1000), 0);
        assert_int_equal(esp_transport_write(w->t, "x", 1, 1000), 1);
        ws_settle(w);
        assert_string_equal(w->server.seen, "81:;82:x;");
        sim_wire(0, 0, 0, 0);
        ws_again(w);
    }
}

/** A Pong is half sent when a frame begins: it goes first, whole. */
static void test_frame_begins_behind_a_pong_that_is_half_sent(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    for (unsigned bytes = 0; bytes < 10; bytes++) {
        ws_open(w, "");
        sim_ws_send(&w->server, "\x89\4ping", 6);
        sim_wire(0, 0, 1, bytes);
        w->server.never_reads = true;
        if (bytes == 0) {
            sim_fail_io(3, SIM_FAULT_AGAIN, 0, true);
        }
        assert_int_equal(ws_read_some(w, buf, 8), 0);
        assert_int_equal(esp_transport_write(w->t, "data", 4, 0), 0);
        sim_fail_io(0, SIM_FAULT_AGAIN, 0, false);
        sim_wire(0, 0, 0, 0);
        w->server.never_reads = false;
        sim_ws_peer(w->server.peer, &w->server);
        assert_int_equal(esp_transport_write(w->t, "data", 4, 1000), 4);
        ws_settle(w);
        assert_string_equal(w->server.seen, "8a:ping;82:data;");
        ws_again(w);
    }
}

/* --- control frames --------------------------------------------------------------------------- */

static void test_pings_are_answered_and_pongs_dropped(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    ws_open(w, "\x89\0\x89\4ping\x8A\4pong\x81\1x");
    assert_int_equal(ws_read_some(w, buf, 8), 0);
    assert_int_equal(esp_transport_ws_get_read_opcode(w->t), WS_TRANSPORT_OPCODES_PING);
    assert_int_equal(ws_read_some(w, buf, 8), 0);
    assert_int_equal(esp_transport_ws_get_read_payload_len(w->t), 4);
    assert_int_equal(ws_read_some(w, buf, 8), 0);
    assert_int_equal(esp_transport_ws_get_read_opcode(w->t), WS_TRANSPORT_OPCODES_PONG);
    ws_expect(w, "x");
    ws_settle(w);
    assert_string_equal(w->server.seen, "8a:;8a:ping;");
}

/** The answer cannot go while a frame is half sent, nor while the wire is full; reading goes on. */
static void test_pong_waits_for_the_frame_that_is_being_sent(void **state)
{
    static char data[5000];
    struct ws_world *w = *state;
    esp_tls_wait_t wait;
    char buf[8];
    int done;

    memset(data, 'x', sizeof(data));
    ws_open(w, "");
    w->server.never_reads = true;
    sim_wire(0, 0, 0, 3000);
    done = esp_transport_write(w->t, data, 5000, 0);
    assert_true(done > 0);
    sim_ws_send(&w->server, "\x89\2p1\x89\2p2\x8A\0\x81\1y", 13);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ws_read_some(w, buf, 8), 0);
    }
    ws_expect(w, "y");
    w->server.never_reads = false;
    sim_ws_peer(w->server.peer, &w->server);
    assert_int_equal(esp_transport_write(w->t, data + done, 5000 - done, 1000), 5000 - done);
    assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_READ, &wait), ESP_OK);
    ws_settle(w);
    assert_string_equal(w->server.seen + 5004, "8a:p2;"); /* RFC 6455 section 5.5.3 */
}

static void test_propagated_control_frames_are_the_applications(void **state)
{
    const esp_transport_ws_config_t config = {.propagate_control_frames = true};
    struct ws_world *w = *state;
    char buf[8] = "";

    assert_int_equal(esp_transport_ws_set_config(w->t, &config), ESP_OK);
    ws_open(w, "\x89\4ping\x8A\0\x88\4\3\xE8go");
    assert_int_equal(ws_read_some(w, buf, 3), -1); /* too small */
    assert_int_equal(ws_error(w), ESP_ERR_INVALID_SIZE);
    assert_int_equal(esp_transport_poll_read(w->t, 0), 4); /* and still there */
    ws_expect(w, "ping");
    assert_int_equal(esp_transport_ws_get_read_opcode(w->t), WS_TRANSPORT_OPCODES_PING);
    assert_int_equal(ws_read_some(w, buf, 8), 0);
    assert_int_equal(esp_transport_ws_get_read_opcode(w->t), WS_TRANSPORT_OPCODES_PONG);
    ws_expect(w, "\3\xE8go");
    assert_int_equal(esp_transport_ws_get_read_opcode(w->t), WS_TRANSPORT_OPCODES_CLOSE);
    ws_settle(w);
    assert_string_equal(w->server.seen, "");
    assert_int_equal(esp_transport_ws_send_raw(w->t, PONG, "ping", 4, 100), 4);
    assert_int_equal(esp_transport_ws_send_raw(w->t, CLOSE, "\3\xE8", 2, 100), 2);
    ws_settle(w);
    assert_string_equal(w->server.seen, "8a:ping;88:\3\xE8;");
}

/* --- closing ---------------------------------------------------------------------------------- */

static void test_close_is_answered_in_kind_and_the_end_waited_for(void **state)
{
    static const struct {
        const char *frame;
        size_t len;
        int code;
        const char *reason;
        const char *answer;
    } row[] = {
        {"\x88\0", 2, 1005, "", "88:;"},
        {"\x88\2\3\xE9", 4, 1001, "", "88:\3\xE9;"},
        {"\x88\5\x0F\xA0why", 7, 4000, "why", "88:\x0F\xA0;"},
    };
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(row) * 2; i++) {
        const size_t n = i / 2;
        char buf[8];

        ws_open_with(w, row[n].frame, row[n].len);
        assert_int_equal(esp_transport_ws_get_close_code(w->t), 0);
        assert_int_equal(ws_read_some(w, buf, 8), 0);
        assert_int_equal(esp_transport_ws_get_read_opcode(w->t), WS_TRANSPORT_OPCODES_CLOSE);
        assert_int_equal(esp_transport_ws_get_close_code(w->t), row[n].code);
        assert_string_equal(esp_transport_ws_get_close_reason(w->t), row[n].reason);
        assert_int_equal(esp_transport_ws_get_sent_close_code(w->t), row[n].code);
        ws_settle(w);
        assert_string_equal(w->server.seen, row[n].answer);
        assert_int_equal(esp_transport_write(w->t, "x", 1, 0), -1); /* nothing follows a Close */
        assert_int_equal(esp_transport_read(w->t, buf, 8, 100), 0); /* TCP has not ended */
        assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, 100), 0);
        if (i % 2 == 0) {
            sim_ws_send(&w->server, "\x81\1x rest", 8); /* does not count any more */
            sim_peer_close(w->server.peer);
            assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, 100), 1);
        } else {
            sim_advance_us(MS(4700)); /* 5 s after the Close it is enough */
        }
        assert_int_equal(ws_read_some(w, buf, 8), ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN);
        assert_true(sim_elapsed_us() <= MS(5000));
        assert_int_equal(esp_transport_ws_get_close_code(w->t), row[n].code);
        ws_again(w);
    }
}

static void test_shutdown_is_the_close_handshake(void **state)
{
    struct ws_world *w = *state;

    ws_open(w, "\x81\1x\x89\0");
    w->server.closes = true;
    assert_int_equal(esp_transport_ws_shutdown(w->t, 1000, "bye", 2000), 0);
    assert_non_null(strstr(w->server.seen, "88:\3\xE8"
                                           "bye;"));
    assert_int_equal(esp_transport_ws_get_close_code(w->t), 1000);
    assert_int_equal(esp_transport_ws_get_sent_close_code(w->t), 1000);
    assert_int_equal(esp_transport_get_socket(w->t), -1);
    assert_true(sim_elapsed_us() < MS(100));
}

static void test_shutdown_that_is_not_answered_ends_in_time(void **state)
{
    static const struct {
        int timeout_ms;
        int policy_ms;
        unsigned took_ms;
    } row[] = {{300, 0, 300}, {-1, 0, 5000}, {-1, 200, 200}, {9000, 200, 200}, {0, 0, 0}};
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(row); i++) {
        const esp_transport_ws_policy_t policy = {.close_timeout_ms = row[i].policy_ms};

        assert_int_equal(esp_transport_ws_set_policy(w->t, &policy), ESP_OK);
        ws_open(w, "");
        assert_int_equal(esp_transport_ws_shutdown(w->t, 1001, NULL, row[i].timeout_ms), -1);
        assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_CLOSE_TIMEOUT);
        assert_int_equal(sim_elapsed_us(), MS(row[i].took_ms));
        assert_int_equal(esp_transport_get_socket(w->t), -1);
        ws_again(w);
    }
}

static void test_shutdown_of_a_full_wire_ends_in_time(void **state)
{
    static char data[5000];
    struct ws_world *w = *state;

    ws_open(w, "");
    w->server.never_reads = true;
    sim_wire(0, 0, 0, 100);
    assert_true(esp_transport_ws_send_raw(w->t, PING, data, 125, 0) >= 0);
    assert_int_equal(esp_transport_ws_shutdown(w->t, 1000, NULL, -1), -1);
    assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_CLOSE_TIMEOUT);
    assert_int_equal(sim_elapsed_us(), MS(5000));
}

static void test_shutdown_checks_what_it_is_given(void **state)
{
    struct ws_world *w = *state;
    char reason[125];

    memset(reason, 'r', sizeof(reason));
    reason[124] = '\0';
    ws_open(w, "");
    assert_int_equal(esp_transport_ws_shutdown(w->t, 1005, NULL, 100), -1);
    assert_int_equal(ws_error(w), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_transport_ws_shutdown(w->t, 1000, reason, 100), -1);
    assert_int_equal(esp_transport_ws_shutdown(w->t, 1000, "\xFF", 100), -1);
    assert_int_equal(esp_transport_write(w->t, "x", 1, 0), 1); /* it is open as before */
    reason[123] = '\0';
    w->server.closes = true;
    assert_int_equal(esp_transport_ws_shutdown(w->t, 1000, reason, 100), 0);
    assert_int_equal(w->server.seen_len, 5 + 3 + 125 + 1);
}

/** 10, 43, 44: in steps, with the calls that never block. */
static void test_close_in_steps(void **state)
{
    struct ws_world *w = *state;
    char buf[8];
    int ret;

    ws_open(w, "");
    w->server.closes = true;
    assert_int_equal(esp_transport_ws_send_raw(w->t, CLOSE, "\3\xE8", 2, 0), 2);
    assert_int_equal(esp_transport_ws_send_raw(w->t, CLOSE, "\3\xE8", 2, 0), -1);
    while ((ret = esp_transport_read(w->t, buf, 8, 0)) == 0) {
        esp_tls_wait_t wait;

        assert_int_equal(esp_transport_get_wait(w->t, ESP_TLS_WAIT_READ, &wait), ESP_OK);
        assert_true(wait.timeout_ms <= 5000);
        assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
    }
    assert_int_equal(ret, ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN);
    assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_CLOSED); /* not the second Close's */
    assert_int_equal(esp_transport_ws_get_close_code(w->t), 1000);
    assert_string_equal(w->server.seen, "88:\3\xE8;");
}

static void test_poll_for_the_end_keeps_what_is_there(void **state)
{
    struct ws_world *w = *state;

    ws_open(w, "");
    assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, 50), 0);
    assert_int_equal(sim_elapsed_us(), MS(50));
    sim_ws_send(&w->server, "\x81\2hi", 4);
    assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, 50), 0);
    assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, 50), 0);
    assert_true(esp_transport_poll_read(w->t, 0) > 0);
    ws_expect(w, "hi");
    sim_peer_reset(w->server.peer, 0);
    assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, 50), 1);
    assert_int_equal(esp_transport_close(w->t), 0);
    assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, 50), -1);
}

/* --- pings at their time ---------------------------------------------------------------------- */

static void open_pinging(struct ws_world *w, int interval_ms, int timeout_ms)
{
    const esp_transport_ws_policy_t policy = {.ping_interval_ms = interval_ms,
                                              .pong_timeout_ms = timeout_ms};

    assert_int_equal(esp_transport_ws_set_policy(w->t, &policy), ESP_OK);
    ws_open(w, "");
}

static unsigned pings(const struct ws_world *w)
{
    unsigned n = 0;

    for (size_t i = 0; i + 3 < w->server.seen_len; i++) {
        n += memcmp(w->server.seen + i, "89:", 3) == 0;
    }
    return n;
}

static void test_pings_go_at_their_time(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    open_pinging(w, 1000, 0);
    w->server.pongs = true;
    assert_int_equal(esp_transport_poll_read(w->t, 999), 0);
    assert_int_equal(pings(w), 0);
    assert_int_equal(esp_transport_poll_read(w->t, 100), 1); /* the Pong */
    assert_int_equal(pings(w), 1);
    assert_int_equal(sim_elapsed_us(), MS(1000));
    assert_int_equal(ws_read_some(w, buf, 8), 0);
    assert_int_equal(esp_transport_ws_get_read_opcode(w->t), WS_TRANSPORT_OPCODES_PONG);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(esp_transport_read(w->t, buf, 8, 500), 0);
    }
    assert_true(pings(w) >= 5);
    assert_true(sim_waits() < 200); /* nothing spins */
    assert_int_equal(ws_error(w), ESP_OK);
}

/** esp-protocols#927: also while data comes. */
static void test_pings_go_while_data_comes(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    open_pinging(w, 1000, 0);
    w->server.pongs = true;
    for (int i = 0; i < 100; i++) {
        sim_ws_send(&w->server, "\x81\1x", 3);
        assert_true(ws_read_some(w, buf, 8) >= 0);
        sim_advance_us(MS(100));
    }
    assert_true(pings(w) >= 8 && pings(w) <= 10);
}

static void test_peer_that_does_not_answer_a_ping_is_gone(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    for (int i = 0; i < 2; i++) {
        open_pinging(w, 1000, 300);
        if (i == 0) {
            assert_int_equal(esp_transport_read(w->t, buf, 8, 60000),
                             ERR_TCP_TRANSPORT_CONNECTION_FAILED);
        } else {
            assert_int_equal(esp_transport_poll_read(w->t, 60000), 1);
            assert_int_equal(esp_transport_read(w->t, buf, 8, 0),
                             ERR_TCP_TRANSPORT_CONNECTION_FAILED);
        }
        assert_int_equal(sim_elapsed_us(), MS(1300));
        assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_PONG_TIMEOUT);
        assert_int_equal(esp_transport_ws_get_close_code(w->t), 1006);
        assert_int_equal(esp_transport_write(w->t, "x", 1, 0), -1);
        ws_again(w);
    }
}

/** A peer in the middle of a long frame cannot answer, and shows that it lives. */
static void test_bytes_that_come_put_off_the_deadline(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    open_pinging(w, 1000, 300);
    sim_ws_send(&w->server, "\x82\x7E\1\0", 4);
    for (int i = 0; i < 200; i++) {
        sim_ws_send(&w->server, "x", 1);
        sim_advance_us(MS(50));
        assert_int_equal(ws_read_some(w, buf, 8), 1);
    }
    assert_int_equal(pings(w), 1);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 60000), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_PONG_TIMEOUT);
}

/** An application that was away: what waits in the socket is read before anyone is declared
 *  dead. */
static void test_pong_that_waits_to_be_read_counts(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    open_pinging(w, 1000, 300);
    w->server.pongs = true;
    assert_int_equal(esp_transport_poll_read(w->t, 1000), 1);
    sim_advance_us(MS(60000));
    assert_int_equal(ws_read_some(w, buf, 8), 0);
    assert_int_equal(ws_error(w), ESP_OK);
}

static void test_pong_for_another_ping_is_none(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    open_pinging(w, 1000, 300);
    sim_ws_send(&w->server, "\x8A\0", 2); /* nobody asked */
    assert_int_equal(ws_read_some(w, buf, 8), 0);
    assert_int_equal(esp_transport_read(w->t, buf, 8, 1100), 0);
    sim_ws_send(&w->server, "\x8A\4zzzz\x8A\3abc\x8A\5\0\0\0\1\1", 18);
    sim_ws_send(&w->server, "\x8A\4\1\0\0\1\x8A\4\0\1\0\1\x8A\4\0\0\1\1\x8A\4\0\0\0\2", 24);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(ws_read_some(w, buf, 8), 0);
    }
    assert_int_equal(esp_transport_read(w->t, buf, 8, 60000), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_PONG_TIMEOUT);
}

/* --- states and ends -------------------------------------------------------------------------- */

static void test_nothing_goes_before_it_is_open_and_after_it_is_closed(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    for (int i = 0; i < 3; i++) {
        assert_int_equal(esp_transport_read(w->t, buf, 8, -1), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
        assert_int_equal(esp_transport_write(w->t, "x", 1, -1), -1);
        assert_int_equal(esp_transport_poll_read(w->t, -1), -1);
        assert_int_equal(esp_transport_poll_write(w->t, -1), -1);
        assert_int_equal(esp_transport_ws_send_raw(w->t, TEXT, "x", 1, -1), -1);
        assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, -1), -1);
        assert_int_equal(esp_transport_close(w->t), i == 0 ? -1 : 0); /* esp-protocols#898 */
        assert_int_equal(esp_transport_close(w->t), -1);
        if (i == 0) {
            ws_open(w, "\x81\3old");
            assert_int_equal(esp_transport_close(w->t), 0);
            ws_open(w, "\x81\3new");
            ws_expect(w, "new");
        } else {
            w->server.answer = "HTTP/1.1 404 x\r\n\r\n";
            assert_int_equal(ws_connect_to_server(w), -1);
        }
        if (i == 0) {
            assert_int_equal(esp_transport_close(w->t), 0);
            w->server.answer = "HTTP/1.1 404 x\r\n\r\n";
            assert_int_equal(ws_connect_to_server(w), -1);
        }
    }
}

static void test_cancel_at_any_time_ends_it(void **state)
{
    struct ws_world *w = *state;
    unsigned connecting = 0;
    unsigned open = 0;

    for (unsigned ms = 0; open < 3; ms++) {
        char buf[8];

        w->server.byte_us = MS(1);
        sim_after(MS(ms), cancel_now, w->t);
        if (ws_connect_to_server(w) != 0) {
            connecting++;
        } else {
            open++;
            assert_true(esp_transport_read(w->t, buf, 8, 10000) < 0);
        }
        assert_int_equal(sim_elapsed_us(), MS(ms));
        ws_again(w);
    }
    assert_true(connecting > 100);
}

static void test_write_that_fails_lets_the_rest_be_read(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    ws_open(w, "\x89\1p\x81\2hi\x88\0");
    sim_fail_io(1, SIM_FAULT_EOF, 0, false); /* the Pong meets EPIPE */
    assert_int_equal(ws_read_some(w, buf, 8), 0);
    ws_expect(w, "hi");
    assert_int_equal(ws_read_some(w, buf, 8), 0);
    assert_int_equal(esp_transport_ws_get_close_code(w->t), 1005);
}

static void test_no_random_numbers_no_frame(void **state)
{
    struct ws_world *w = *state;
    char buf[8];

    ws_open(w, "\x89\1p\x89\1q");
    sim_fail_random(1);
    assert_int_equal(esp_transport_write(w->t, "x", 1, 100), -1);
    assert_int_equal(ws_error(w), ESP_FAIL);
    ws_again(w);
    ws_open(w, "\x89\1p\x81\1x");
    sim_fail_random(1);
    assert_true(ws_read_some(w, buf, 8) <= 0);
    assert_int_equal(ws_read_some(w, buf, 8), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(ws_error(w), ESP_FAIL);
}

/** No allocation grows with what comes; a write that has a buffer of its own gives it back. */
static void test_frames_take_no_memory(void **state)
{
    struct ws_world *w = *state;
    unsigned asked;
    size_t live;
    char text[256];

    ws_open(w, "");
    sim_ws_send(&w->server, conversation, sizeof(conversation) - 1);
    asked = sim_alloc_count();
    live = sim_alloc_live();
    transcribe(w, text, sizeof(text), 63);
    assert_int_equal(sim_alloc_count(), asked);
    assert_int_equal(esp_transport_write(w->t, text, (int)sizeof(text), 100), (int)sizeof(text));
#ifdef CONFIG_WS_DYNAMIC_BUFFER
    assert_int_equal(sim_alloc_count(), asked + 1);
    sim_fail_alloc(1, false);
    assert_int_equal(esp_transport_write(w->t, "x", 1, 100), -1);
    assert_int_equal(ws_error(w), ESP_ERR_NO_MEM);
    assert_int_equal(esp_transport_write(w->t, "y", 1, 100), 1); /* the connection lives */
    ws_settle(w);
    assert_string_equal(w->server.seen + w->server.seen_len - 5, "82:y;");
#else
    assert_int_equal(sim_alloc_count(), asked);
#endif
    assert_int_equal(sim_alloc_live(), live);
}

/* --- stacks ----------------------------------------------------------------------------------- */

/** A transport of the application's below it: no steps, only calls. */
static int own_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    return esp_transport_connect(esp_transport_get_context_data(t), host, port, timeout_ms);
}

static int own_read(esp_transport_handle_t t, char *buffer, int len, int timeout_ms)
{
    return esp_transport_read(esp_transport_get_context_data(t), buffer, len, timeout_ms);
}

static int own_write(esp_transport_handle_t t, const char *buffer, int len, int timeout_ms)
{
    return esp_transport_write(esp_transport_get_context_data(t), buffer, len, timeout_ms);
}

static int own_poll(esp_transport_handle_t t, int timeout_ms)
{
    return esp_transport_poll_read(esp_transport_get_context_data(t), timeout_ms);
}

static void test_over_a_transport_of_the_applications(void **state)
{
    struct ws_world *w = *state;
    esp_transport_handle_t own = esp_transport_init();
    esp_transport_handle_t t = esp_transport_ws_init(own);
    char buf[8] = "";

    assert_int_equal(esp_transport_set_context_data(own, w->tcp), ESP_OK);
    assert_int_equal(esp_transport_set_func(own, own_connect, own_read, own_write, NULL, own_poll,
                                            own_poll, NULL),
                     ESP_OK);
    w->server.echoes = true;
    assert_int_equal(esp_transport_connect(t, WS_HOST, 80, WS_TIMEOUT), 0);
    assert_int_equal(esp_transport_write(t, "echo", 4, 1000), 4);
    assert_int_equal(esp_transport_poll_read(t, 1000), 1);
    assert_int_equal(esp_transport_read(t, buf, 8, 1000), 4);
    assert_string_equal(buf, "echo");
    w->server.answer = "HTTP/1.1 302 x\r\nLocation: /y\r\n\r\n";
    assert_int_equal(esp_transport_close(w->tcp), 0);
    assert_int_equal(esp_transport_connect(t, WS_HOST, 80, WS_TIMEOUT), 302);
    assert_string_equal(esp_transport_ws_get_redir_uri(t), "/y"); /* of what, it cannot know */
    assert_int_equal(esp_transport_destroy(t), ESP_OK);
    assert_int_equal(esp_transport_destroy(own), ESP_OK);
}

/** WebSocket in WebSocket: a parent whose reads may be empty frames. */
static void test_over_a_websocket(void **state)
{
    struct ws_world *w = *state;
    esp_transport_handle_t t = esp_transport_ws_init(w->t);
    char buf[8];

    ws_open(w, "\x89\0\x81\0\x88\0");
    assert_int_equal(esp_transport_connect(t, WS_HOST, 80, 200), -1);
    assert_int_equal(esp_transport_read(t, buf, 8, 0), ERR_TCP_TRANSPORT_CONNECTION_FAILED);
    assert_int_equal(esp_transport_destroy(t), ESP_OK);
}

static void test_list_owns_both(void **state)
{
    struct ws_world *w = *state;
    esp_transport_list_handle_t list = esp_transport_list_init();
    esp_transport_handle_t ssl = esp_transport_ssl_init();
    esp_transport_handle_t wss = esp_transport_ws_init(ssl);

    (void)w;
    assert_int_equal(esp_transport_list_add(list, ssl, "_ssl"), ESP_OK);
    assert_int_equal(esp_transport_list_add(list, wss, "wss"), ESP_OK);
    assert_ptr_equal(esp_transport_list_get_transport(list, "WSS"), wss);
    assert_int_equal(esp_transport_list_destroy(list), ESP_OK);
}

/** TLS and an HTTP proxy below: the sim's TLS server echoes what it decrypts, so the answer is
 *  none. */
static void test_wss_through_a_proxy_reaches_the_server(void **state)
{
    static const struct sim_line lines[] = {SIM_LINE(0, "HTTP/1.1 200 OK\r\n\r\n")};
    const esp_transport_http_proxy_config_t config = {.address = PROXY, .port = PROXY_PORT};
    struct proxy_world *p = *state;
    esp_transport_handle_t ssl;
    esp_transport_handle_t t;

    proxy_play(p, lines, 1);
    p->script.tail = sim_tls_peer;
    p->script.tail_arg = &p->c.server;
    p->t = esp_transport_http_proxy_init(p->tcp, &config);
    ssl = trusting(p->t);
    t = esp_transport_ws_init(ssl);
    assert_int_equal(connect_in_steps(t, "test.example", 443), -1);
    assert_int_equal(esp_transport_get_error_handle(t)->last_error,
                     ESP_ERR_TCP_TRANSPORT_WS_MALFORMED);
    assert_string_equal(p->c.server.sni, "test.example");
    assert_int_equal(esp_transport_destroy(t), ESP_OK);
    assert_int_equal(esp_transport_destroy(ssl), ESP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ws_test(test_first_frame_arrives_with_the_answer),
        ws_test(test_the_connection_below_is_told),
        ws_test(test_frames_are_read_however_they_are_cut),
        ws_test(test_long_frames_are_streamed),
        ws_test(test_malformed_frame_is_a_clean_failure),
        ws_test(test_bytes_before_the_bad_frame_are_delivered),
        ws_test(test_utf8_check_can_be_left_out),
        ws_test(test_limits_are_kept),
        ws_test(test_end_within_a_frame_is_no_close),
        ws_test(test_write_sends_one_frame_and_leaves_the_bytes_alone),
        ws_test(test_masks_differ),
        ws_test(test_fragments_are_sent_in_order),
        ws_test(test_frames_that_are_none_are_not_sent),
        ws_test(test_long_writes_arrive_whole_however_the_wire_takes_them),
        ws_test(test_write_that_met_its_deadline_goes_on),
        ws_test(test_frame_that_was_not_taken_is_finished_before_the_next),
        ws_test(test_flush_sends_what_was_not_taken),
        ws_test(test_empty_frame_that_is_half_sent_is_sent_once),
        ws_test(test_frame_begins_behind_a_pong_that_is_half_sent),
        ws_test(test_pings_are_answered_and_pongs_dropped),
        ws_test(test_pong_waits_for_the_frame_that_is_being_sent),
        ws_test(test_propagated_control_frames_are_the_applications),
        ws_test(test_close_is_answered_in_kind_and_the_end_waited_for),
        ws_test(test_shutdown_is_the_close_handshake),
        ws_test(test_shutdown_that_is_not_answered_ends_in_time),
        ws_test(test_shutdown_of_a_full_wire_ends_in_time),
        ws_test(test_shutdown_checks_what_it_is_given),
        ws_test(test_close_in_steps),
        ws_test(test_poll_for_the_end_keeps_what_is_there),
        ws_test(test_pings_go_at_their_time),
        ws_test(test_pings_go_while_data_comes),
        ws_test(test_peer_that_does_not_answer_a_ping_is_gone),
        ws_test(test_bytes_that_come_put_off_the_deadline),
        ws_test(test_pong_that_waits_to_be_read_counts),
        ws_test(test_pong_for_another_ping_is_none),
        ws_test(test_nothing_goes_before_it_is_open_and_after_it_is_closed),
        ws_test(test_cancel_at_any_time_ends_it),
        ws_test(test_write_that_fails_lets_the_rest_be_read),
        ws_test(test_no_random_numbers_no_frame),
        ws_test(test_frames_take_no_memory),
        ws_test(test_over_a_transport_of_the_applications),
        ws_test(test_over_a_websocket),
        ws_test(test_list_owns_both),
        proxy_test(test_wss_through_a_proxy_reaches_the_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
