/* Torture of WebSockets: in a conversation with everything in it (opening handshake, frames of all
 * lengths both ways, fragments, Pings of both sides, closing) the n-th allocation, read, write or
 * random number fails, for every n until none is left to fail. Each run ends in time, with a cause
 * or as if nothing had happened, and leaves nothing behind. */
#include "ws_world.h"

#include <stdio.h>
#include <stdlib.h>

#define LONG_LEN 3000

static char sent[LONG_LEN];

/** Write all of a frame. */
static bool say(struct ws_world *w, unsigned opcode, const char *data, int len)
{
    int done = 0;

    do {
        int n = esp_transport_ws_send_raw(w->t, (ws_transport_opcodes_t)opcode,
                                          len > 0 ? data + done : NULL, len - done, 300);

        if (n < 0 || (n == 0 && len > 0)) {
            return false;
        }
        done += n;
    } while (done < len);
    return true;
}

/** A read gave nothing: was it the time? */
static bool is_timeout(const struct ws_world *w)
{
    const ws_transport_opcodes_t opcode = esp_transport_ws_get_read_opcode(w->t);

    return opcode == WS_TRANSPORT_OPCODES_NONE ||
           (opcode < WS_TRANSPORT_OPCODES_CLOSE && esp_transport_ws_get_read_payload_len(w->t) > 0);
}

/** Read payload until there are so many bytes; control frames are passed over. */
static bool hear(struct ws_world *w, char *data, int len)
{
    int done = 0;

    while (done < len) {
        int n = esp_transport_read(w->t, data + done, len - done, 300);

        if (n < 0 || (n == 0 && is_timeout(w))) {
            return false;
        }
        done += n;
    }
    return true;
}

static bool converse(struct ws_world *w)
{
    char got[LONG_LEN];

    return hear(w, got, 5) && memcmp(got, "hello", 5) == 0 && say(w, TEXT, "short", 5) &&
           hear(w, got, 5) && memcmp(got, "short", 5) == 0 &&
           say(w, WS_TRANSPORT_OPCODES_BINARY, sent, LONG_LEN - 1) &&
           say(w, WS_TRANSPORT_OPCODES_CONT, sent + LONG_LEN - 1, 1) &&
           say(w, WS_TRANSPORT_OPCODES_FIN, NULL, 0) && hear(w, got, LONG_LEN) &&
           memcmp(got, sent, LONG_LEN) == 0 && say(w, PING, "p", 1);
}

static void prepare(struct ws_world *w)
{
    const esp_transport_ws_policy_t policy = {.ping_interval_ms = 50};

    w->server.frames = "\x89\4ping\1\2he\x8A\0\x80\3llo";
    w->server.frames_len = 17;
    w->server.fields = "Sec-WebSocket-Protocol: b\r\n";
    w->server.echoes = true;
    w->server.pongs = true;
    w->server.closes = true;
    sim_wire(MS(1), 700, 900, 0);
    assert_int_equal(esp_transport_ws_set_subprotocol(w->t, "a, b"), ESP_OK);
    assert_int_equal(esp_transport_ws_set_policy(w->t, &policy), ESP_OK);
}

/** @param code  what the conversation failed of, or else its end; the end of one that failed has a
 *               cause of its own
 *  @return true: all of it came about */
static bool run(struct ws_world *w, esp_err_t *code)
{
    bool is_done;

    if (esp_transport_connect(w->t, WS_HOST, 80, 500) != 0) {
        *code = ws_error(w);
        (void)esp_transport_close(w->t);
        return false;
    }
    is_done = converse(w);
    *code = ws_error(w);
    is_done = esp_transport_ws_shutdown(w->t, 1000, "bye", 300) == 0 && is_done;
    *code = *code == ESP_OK ? ws_error(w) : *code;
    return is_done;
}

static void arm_alloc(unsigned n)
{
    sim_fail_alloc(n, false);
}

static void arm_alloc_for_good(unsigned n)
{
    sim_fail_alloc(n, true);
}

static void arm_error(unsigned n)
{
    sim_fail_io(n, SIM_FAULT_ERROR, ECONNRESET, false);
}

static void arm_eof(unsigned n)
{
    sim_fail_io(n, SIM_FAULT_EOF, 0, true);
}

static void arm_short(unsigned n)
{
    sim_fail_io(n, SIM_FAULT_SHORT, 0, false);
}

static void arm_short_for_good(unsigned n)
{
    sim_fail_io(n, SIM_FAULT_SHORT, 0, true);
}

static void arm_again(unsigned n)
{
    sim_fail_io(n, SIM_FAULT_AGAIN, 0, false);
}

static void arm_never(unsigned n)
{
    sim_fail_io(n, SIM_FAULT_AGAIN, 0, true);
}

static void arm_random(unsigned n)
{
    sim_fail_random(n);
}

/** How often the fault has something to strike: what it counts, or a bound. */
static const struct fault {
    const char *name;
    void (*arm)(unsigned n);
    unsigned (*count)(void); /* NULL: until a run comes about as if nothing had happened */
    bool may_fail;
    esp_err_t code; /* of a failure; 0: whichever */
} faults[] = {
    {"alloc", arm_alloc, sim_alloc_count, true, ESP_ERR_NO_MEM},
    {"alloc for good", arm_alloc_for_good, sim_alloc_count, true, ESP_ERR_NO_MEM},
    {"error", arm_error, sim_io_count, true, 0},
    {"eof", arm_eof, sim_io_count, true, 0},
    {"short", arm_short, sim_io_count, false, 0},
    {"short for good", arm_short_for_good, sim_io_count, false, 0},
    {"again", arm_again, sim_io_count, false, 0},
    {"never", arm_never, sim_io_count, true, 0},
    {"random", arm_random, NULL, true, ESP_FAIL},
};

/** @return false: the fault came too late to strike */
static bool strike(struct ws_world *w, const struct fault *f, unsigned n)
{
    unsigned before;
    bool is_struck;
    bool is_done;
    esp_err_t code;

    prepare(w);
    before = f->count != NULL ? f->count() : 0;
    f->arm(n);
    is_done = run(w, &code);
    is_struck = f->count != NULL ? f->count() - before >= n : !is_done;
    if (!is_done &&
        (!is_struck || !f->may_fail || code == ESP_OK || (f->code != 0 && code != f->code))) {
        fail_msg("%s %u: 0x%x", f->name, n, (unsigned)code);
    }
    assert_false(w->server.is_wrong);
    if (sim_elapsed_us() > MS(2500)) {
        fail_msg("%s %u: %u ms", f->name, n, (unsigned)(sim_elapsed_us() / 1000));
    }
    assert_int_equal(esp_transport_get_socket(w->t), -1);
    ws_again(w);
    return is_struck;
}

static void test_each_fault_ends_in_time_and_leaves_nothing(void **state)
{
    struct ws_world *w = *state;
    esp_err_t code;

    for (size_t i = 0; i < sizeof(sent); i++) {
        sent[i] = (char)(i * 31);
    }
    prepare(w);
    assert_true(run(w, &code));
    ws_again(w);
    for (size_t i = 0; i < COUNT(faults); i++) {
        unsigned n = 1;

        while (strike(w, &faults[i], n)) {
            n++;
        }
        assert_true(n >= 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ws_test(test_each_fault_ends_in_time_and_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
