#include "ws_world.h"

#include <stdlib.h>

static struct ws_world world;

static void fill(struct ws_world *w)
{
    w->tcp = esp_transport_tcp_init();
    w->t = esp_transport_ws_init(w->tcp);
    assert_non_null(w->t);
    sim_name(WS_HOST, "127.0.0.3", 0, 0);
    memset(&w->server, 0, sizeof(w->server));
    sim_host("127.0.0.3", 80, SIM_ACCEPT, 0, sim_ws_peer, &w->server);
}

static size_t clear(struct ws_world *w)
{
    (void)esp_transport_destroy(w->t);
    (void)esp_transport_destroy(w->tcp);
    return sim_case_close(&w->c);
}

int ws_setup(void **state)
{
    sim_case_open(&world.c);
    fill(&world);
    *state = &world;
    return 0;
}

int ws_teardown(void **state)
{
    return clear(*state) == 0 ? 0 : -1;
}

void ws_again(struct ws_world *w)
{
    assert_int_equal(clear(w), 0);
    sim_case_open(&w->c);
    fill(w);
}

int ws_connect_to_server(struct ws_world *w)
{
    return esp_transport_connect(w->t, WS_HOST, 80, WS_TIMEOUT);
}

void ws_open_with(struct ws_world *w, const void *frames, size_t len)
{
    w->server.frames = frames;
    w->server.frames_len = len;
    assert_int_equal(ws_connect_to_server(w), 0);
}

int ws_read_some(struct ws_world *w, char *buf, int len)
{
    return esp_transport_read(w->t, buf, len, 1000);
}

void ws_expect(struct ws_world *w, const char *text)
{
    char buf[256] = "";

    assert_int_equal(ws_read_some(w, buf, (int)sizeof(buf) - 1), (int)strlen(text));
    assert_string_equal(buf, text);
}

void ws_settle(struct ws_world *w)
{
    (void)w;
    sim_advance_us(MS(1));
}

esp_err_t ws_error(const struct ws_world *w)
{
    return esp_transport_get_error_handle(w->t)->last_error;
}
