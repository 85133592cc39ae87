/* Servers and proxies that never stop, above TLS: WebSockets and the opening of tunnels
 * (test_flood.c has TLS itself, test_flood_http.c HTTP). A step reads a bounded number of times,
 * and deadlines hold. */
#include "esp_transport_http_proxy.h"
#include "esp_transport_socks_proxy.h"
#include "esp_transport_ssl.h"
#include "proxy_world.h"
#include "ws_world.h"

#define STEP_IO  24   /* a frame's header and payload, byte by byte at worst; a Pong */
#define HEAD_IO  66   /* of an opening: the request, and 64 reads */
#define CLOSE_MS 5000 /* from a Close to the end, by default */

struct bytes {
    const char *name;
    const char *begin; /* once */
    size_t begin_len;
    const char *bytes; /* then this, without end */
    size_t len;
};

static const struct bytes frames[] = {
    {"pings", SIM_TEXT(""), SIM_TEXT("\x89\0")},
    {"pings with payload", SIM_TEXT(""), SIM_TEXT("\x89\2hi")},
    {"pongs", SIM_TEXT(""), SIM_TEXT("\x8A\0")},
    {"pongs with payload", SIM_TEXT(""), SIM_TEXT("\x8A\3you")},
    {"empty messages", SIM_TEXT(""), SIM_TEXT("\x82\0")},
    {"empty continuations", SIM_TEXT("\2\0"), SIM_TEXT("\0\0")},
};

static void open_and_flood(struct ws_world *w, const struct bytes *b)
{
    ws_open_with(w, b->begin, b->begin_len);
    sim_advance_us(MS(1));
    sim_peer_flood(w->server.peer, b->bytes, b->len);
    sim_io_time(1000);
}

static void test_flood_of_frames_gives_each_read_back(void **state)
{
    struct ws_world *w = *state;
    char buf[16];

    for (size_t i = 0; i < COUNT(frames); i++) {
        open_and_flood(w, &frames[i]);
        for (unsigned n = 0; n < 50; n++) {
            unsigned io = sim_io_count();
            int timeout_ms = n % 2 == 0 ? 0 : 1000;

            assert_true(esp_transport_poll_read(w->t, timeout_ms) > 0);
            assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), timeout_ms), 0);
            assert_true(sim_io_count() - io <= STEP_IO);
        }
        assert_int_equal(esp_transport_write(w->t, "hi", 2, 1000), 2);
        cancel_now(w->t);
        assert_true(esp_transport_read(w->t, buf, sizeof(buf), 1000) < 0);
        ws_again(w);
    }
}

static const struct bytes after_close = {"anything", SIM_TEXT("\x88\2\3\xE8"), SIM_TEXT("x")};

/** The Close was read. */
static void open_and_close(struct ws_world *w)
{
    char buf[16];

    open_and_flood(w, &after_close);
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 0), 0);
    assert_int_equal(esp_transport_ws_get_close_code(w->t), 1000);
}

static void test_flood_behind_a_close_gives_each_read_back(void **state)
{
    struct ws_world *w = *state;
    uint64_t begin = plat_clock_us();
    unsigned io;
    char buf[16];

    open_and_close(w);
    begin = plat_clock_us();
    io = sim_io_count();
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 0), 0);
    assert_true(sim_io_count() - io <= STEP_IO);
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 1000), 0);
    assert_true(plat_clock_us() - begin <= MS(1000 + STEP_IO));
    /* the time for the end ends it */
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 60000),
                     ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN);
    assert_true(plat_clock_us() - begin <= MS(CLOSE_MS + STEP_IO));
    assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_CLOSED);
}

static void test_flood_behind_a_close_ends_a_poll(void **state)
{
    struct ws_world *w = *state;
    uint64_t begin;

    open_and_close(w);
    begin = plat_clock_us();
    assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, 300), 0);
    assert_true(plat_clock_us() - begin <= MS(300 + STEP_IO));
    assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, -1), 1);
    assert_true(plat_clock_us() - begin <= MS(CLOSE_MS + STEP_IO));
}

/** A peer that only never ends TCP: the poll sleeps until the time is over, and does not spin
 *  then. */
static void test_silence_behind_a_close_ends_a_poll(void **state)
{
    struct ws_world *w = *state;
    uint64_t begin = plat_clock_us();
    uint64_t waits;
    char buf[16];

    ws_open(w, "\x88\2\3\xE8");
    assert_int_equal(esp_transport_read(w->t, buf, sizeof(buf), 0), 0);
    waits = sim_waits();
    assert_int_equal(esp_transport_ws_poll_connection_closed(w->t, -1), 1);
    assert_true(plat_clock_us() - begin <= MS(CLOSE_MS + 20));
    assert_true(sim_waits() - waits < 10);
}

static void test_flood_does_not_put_the_end_after_our_close_off(void **state)
{
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(frames); i++) {
        uint64_t begin;
        char buf[16];
        int ret;

        open_and_flood(w, &frames[i]);
        begin = plat_clock_us();
        assert_int_equal(esp_transport_ws_send_raw(w->t, CLOSE, "\3\xE8", 2, 1000), 2);
        do {
            ret = esp_transport_read(w->t, buf, sizeof(buf), 1000);
        } while (ret == 0 && plat_clock_us() - begin < MS(2 * CLOSE_MS));
        assert_true(ret < 0);
        assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_CLOSE_TIMEOUT);
        assert_true(plat_clock_us() - begin <= MS(CLOSE_MS + STEP_IO));
        ws_again(w);
    }
}

static void test_flood_does_not_hold_a_shutdown(void **state)
{
    struct ws_world *w = *state;

    for (size_t i = 0; i < COUNT(frames); i++) {
        uint64_t begin;

        open_and_flood(w, &frames[i]);
        begin = plat_clock_us();
        assert_int_equal(esp_transport_ws_shutdown(w->t, 1000, NULL, 700), -1);
        assert_int_equal(ws_error(w), ESP_ERR_TCP_TRANSPORT_WS_CLOSE_TIMEOUT);
        assert_true(plat_clock_us() - begin <= MS(700 + STEP_IO));
        ws_again(w);
    }
}

/** What carries another layer: that one's deadline holds. */
static void test_flood_of_frames_below_tls_ends_at_the_deadline(void **state)
{
    struct ws_world *w = *state;
    esp_transport_handle_t tls = trusting(w->t);

    for (size_t i = 0; i < COUNT(frames); i++) {
        uint64_t begin = plat_clock_us();

        w->server.frames = frames[i].begin;
        w->server.frames_len = frames[i].begin_len;
        assert_int_equal(esp_transport_connect_async(tls, WS_HOST, 80, 700), 0);
        while (w->server.peer == NULL || !w->server.is_answered) {
            assert_int_equal(esp_transport_connect_async(tls, WS_HOST, 80, 700), 0);
            sim_advance_us(MS(1));
        }
        sim_peer_flood(w->server.peer, frames[i].bytes, frames[i].len);
        sim_io_time(1000);
        for (int ret = 0; ret == 0;) {
            unsigned io = sim_io_count();

            ret = esp_transport_connect_async(tls, WS_HOST, 80, 700);
            assert_true(ret <= 0);
            assert_true(sim_io_count() - io <= STEP_IO);
        }
        assert_int_equal(esp_transport_get_error_handle(tls)->last_error,
                         ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT);
        assert_true(plat_clock_us() - begin <= MS(700 + 2 * STEP_IO));
        (void)esp_transport_close(tls);
        sim_io_time(0);
        sim_advance_us(1);
        memset(&w->server, 0, sizeof(w->server));
    }
    (void)esp_transport_destroy(tls);
}

/* --- openings --------------------------------------------------------------------------------- */

static const struct bytes heads[] = {
    {"interim answers", SIM_TEXT(""), SIM_TEXT("HTTP/1.1 100 Continue\r\n\r\n")},
    {"fields", SIM_TEXT("HTTP/1.1 101 X\r\n"), SIM_TEXT("a: b\r\n")},
    {"a name", SIM_TEXT("HTTP/1.1 200 X\r\n"), SIM_TEXT("a")},
    {"a value", SIM_TEXT("HTTP/1.1 200 X\r\na:"), SIM_TEXT("b")},
    {"a reason", SIM_TEXT("HTTP/1.1 200 "), SIM_TEXT("b")},
    {"empty lines", SIM_TEXT(""), SIM_TEXT("\r\n")},
};

struct opening {
    const struct bytes *b;
    size_t want; /* bytes of the request before the flood; 0: any */
};

static void opening_peer(struct sim_peer *peer, void *arg)
{
    const struct opening *o = arg;
    char buf[2048];
    bool *is_begun = sim_peer_state(peer, sizeof(*is_begun));

    if (sim_peer_read(peer, buf, sizeof(buf)) > 0 && !*is_begun) {
        *is_begun = true;
        (void)sim_peer_write(peer, o->b->begin, o->b->begin_len);
        sim_peer_flood(peer, o->b->bytes, o->b->len);
    }
}

/** Steps until it ends, at the latest with the deadline. @return the longest step in reads and
 *  writes */
static unsigned step_to_the_end(esp_transport_handle_t t)
{
    const uint64_t begin = plat_clock_us();
    unsigned most = 0;

    for (int ret = 0; ret == 0;) {
        unsigned io = sim_io_count();
        esp_tls_wait_t wait;

        ret = esp_transport_connect_async(t, TARGET, 80, 700);
        assert_true(ret <= 0);
        most = sim_io_count() - io > most ? sim_io_count() - io : most;
        if (ret == 0) {
            assert_int_equal(esp_transport_get_wait(t, 0, &wait), ESP_OK);
            assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
        }
    }
    assert_true(plat_clock_us() - begin <= MS(700) + 100 * most);
    (void)esp_transport_close(t);
    return most;
}

static void test_flood_in_an_opening_ends(void **state)
{
    static struct opening o;
    struct proxy_world *w = *state;

    for (size_t i = 0; i < COUNT(heads); i++) {
        const esp_transport_http_proxy_config_t cfg = {.address = PROXY, .port = PROXY_PORT};

        o = (struct opening){.b = &heads[i]};
        sim_host("127.0.0.2", 0, SIM_ACCEPT, 0, opening_peer, &o);
        sim_name(TARGET, "127.0.0.2", 0, 0);
        sim_wire(0, 1, 0, 0); /* the worst: byte by byte */
        sim_io_time(100);
        w->t = esp_transport_http_proxy_init(w->tcp, &cfg);
        assert_true(step_to_the_end(w->t) <= HEAD_IO);
        (void)esp_transport_destroy(w->t);
        w->t = esp_transport_ws_init(w->tcp);
        assert_true(step_to_the_end(w->t) <= HEAD_IO);
        proxy_again(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ws_test(test_flood_of_frames_gives_each_read_back),
        ws_test(test_flood_behind_a_close_gives_each_read_back),
        ws_test(test_flood_behind_a_close_ends_a_poll),
        ws_test(test_silence_behind_a_close_ends_a_poll),
        ws_test(test_flood_does_not_put_the_end_after_our_close_off),
        ws_test(test_flood_does_not_hold_a_shutdown),
        ws_test(test_flood_of_frames_below_tls_ends_at_the_deadline),
        proxy_test(test_flood_in_an_opening_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
