/* What a server can send once a WebSocket is open. The first byte chooses the settings, the second
 * how large the pieces are in which the rest arrives; then the connection ends. Reading ends, with
 * a cause; what is delivered is a matter of the bytes and not of the pieces; and the client's own
 * frames are right ones. */
#include "sim_fuzz.h"
#include "sim_ws.h"

#include "esp_transport_tcp.h"
#include "esp_transport_ws_policy.h"

#define LONGEST 4096

#define HASH_SEED  1469598103934665603u
#define HASH_PRIME 1099511628211u

struct outcome {
    uint64_t hash; /* of all that was delivered, and of each frame's kind */
    size_t len;
    int last; /* result of the read that ended it */
    esp_err_t code;
    int close_code;
    int sent_code;
};

static void add(struct outcome *o, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        o->hash = (o->hash ^ ((const uint8_t *)data)[i]) * HASH_PRIME;
    }
}

/** A frame's payload may come in pieces; what it is made of does not change with them. */
static void note(struct outcome *o, esp_transport_handle_t t, const char *data, int n, size_t *left)
{
    if (n == 0 || *left == 0) {
        const uint32_t kind[] = {esp_transport_ws_get_read_opcode(t),
                                 esp_transport_ws_get_fin_flag(t),
                                 (uint32_t)esp_transport_ws_get_read_payload_len(t)};

        add(o, kind, sizeof(kind));
        *left = kind[2];
    }
    sim_must(n == 0 || (size_t)n <= *left);
    *left -= (size_t)n;
    add(o, data, (size_t)n);
    o->len += (size_t)n;
}

static void read_all(esp_transport_handle_t t, struct outcome *o)
{
    char buf[200];
    size_t left = 0;

    for (unsigned reads = 0;; reads++) {
        int n = esp_transport_read(t, buf, (int)sizeof(buf), 20000);

        sim_must(reads < 3 * LONGEST);
        if (n < 0) {
            o->last = n;
            return;
        }
        if (esp_transport_ws_get_read_opcode(t) == WS_TRANSPORT_OPCODES_NONE) {
            sim_must(n == 0); /* the time passed: nothing more will come */
            continue;
        }
        note(o, t, buf, n, &left);
        if (esp_transport_ws_get_read_opcode(t) >= WS_TRANSPORT_OPCODES_CLOSE) {
            left = 0; /* a control frame that was answered for us */
        }
    }
}

static struct outcome run(uint8_t settings, const uint8_t *data, size_t size, uint64_t byte_us)
{
    static struct sim_ws server;
    const esp_transport_ws_config_t config = {.propagate_control_frames = (settings & 1) != 0};
    const esp_transport_ws_policy_t policy = {
        .skip_utf8_check = (settings & 2) != 0,
        .frame_max = (settings & 4) != 0 ? 100 : 0,
        .message_max = (settings & 8) != 0 ? 150 : 0,
    };
    struct outcome o = {.hash = HASH_SEED};
    esp_transport_handle_t tcp;
    esp_transport_handle_t t;
    struct sim_case c;

    memset(&server, 0, sizeof(server));
    server.frames = data;
    server.frames_len = size;
    server.byte_us = byte_us;
    server.ends = true;
    sim_fuzz_open(&c);
    sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, sim_ws_peer, &server);
    tcp = esp_transport_tcp_init();
    t = esp_transport_ws_init(tcp);
    sim_must(esp_transport_ws_set_config(t, &config) == ESP_OK);
    sim_must(esp_transport_ws_set_policy(t, &policy) == ESP_OK);
    sim_must(esp_transport_connect(t, "127.0.0.1", 80, 5000) == 0);
    read_all(t, &o);
    o.code = esp_transport_get_error_handle(t)->last_error;
    o.close_code = esp_transport_ws_get_close_code(t);
    o.sent_code = esp_transport_ws_get_sent_close_code(t);
    sim_must(o.code != ESP_OK);
    sim_must(!server.is_wrong);
    sim_must((esp_transport_ws_get_why(t) != NULL) ==
             (o.last == -1 && o.sent_code >= 1002 && o.close_code != o.sent_code));
    sim_must(esp_transport_destroy(t) == ESP_OK);
    sim_must(esp_transport_destroy(tcp) == ESP_OK);
    sim_must(sim_case_close(&c) == 0);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole;
    struct outcome pieces;

    if (size < 2 || size > LONGEST) {
        return 0;
    }
    whole = run(data[0], data + 2, size - 2, 0);
    pieces = run(data[0], data + 2, size - 2, 1u + data[1] % 8u);
    sim_must(whole.last == pieces.last && whole.code == pieces.code &&
             whole.close_code == pieces.close_code && whole.sent_code == pieces.sent_code);
    if (whole.code != ESP_ERR_TCP_TRANSPORT_WS_NOT_UTF8) { /* which is seen piece by piece */
        sim_must(whole.len == pieces.len && whole.hash == pieces.hash);
    }
    return 0;
}
