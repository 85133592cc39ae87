/* What the tests of WebSockets share: a server at ws.example = 127.0.0.3, a TCP transport, and a
 * WebSocket over it. */
#ifndef WS_WORLD_H
#define WS_WORLD_H

#include "sim_test.h"

#include "esp_transport_async.h"
#include "esp_transport_tcp.h"
#include "esp_transport_ws_policy.h"
#include "sim_ws.h"

#define WS_HOST    "ws.example"
#define WS_TIMEOUT 2000 /* of a connect, ms */

#define TEXT   ((ws_transport_opcodes_t)0x81)
#define BINARY ((ws_transport_opcodes_t)0x82)
#define CLOSE  ((ws_transport_opcodes_t)0x88)
#define PING   ((ws_transport_opcodes_t)0x89)
#define PONG   ((ws_transport_opcodes_t)0x8A)

#define FRAMES(text) .frames = text, .frames_len = sizeof(text) - 1

struct ws_world {
    struct sim_case c;
    struct sim_ws server;
    esp_transport_handle_t tcp;
    esp_transport_handle_t t;
};

int ws_setup(void **state);
int ws_teardown(void **state);

#define ws_test(fn) cmocka_unit_test_setup_teardown(fn, ws_setup, ws_teardown)

/** The same world once more. Nothing may be left of the last one. */
void ws_again(struct ws_world *w);

int ws_connect_to_server(struct ws_world *w);
/** Connect, which works; the server sends frames with its answer. */
void ws_open_with(struct ws_world *w, const void *frames, size_t len);
#define ws_open(w, text) ws_open_with(w, text, sizeof(text) - 1)

/** Read for up to a second. */
int ws_read_some(struct ws_world *w, char *buf, int len);
/** The next piece is this. */
void ws_expect(struct ws_world *w, const char *text);
/** Let what was sent arrive at the server. */
void ws_settle(struct ws_world *w);

esp_err_t ws_error(const struct ws_world *w);

#endif
