/* What a server can answer to a WebSocket's opening handshake. The first byte chooses the settings,
 * the second how large the pieces are; in the rest "%A" stands for the accept value that is right.
 * A connect ends, with a cause if it failed; it succeeds only with what RFC 6455 section 4.1 asks
 * for, which is looked for here in another way; pieces change nothing; what follows the head is
 * kept. */
#include "sim_fuzz.h"

#include <stdio.h>

#include "esp_tls_crypto.h"
#include "esp_transport_tcp.h"
#include "esp_transport_ws_policy.h"

#define LONGEST 3000
#define GUID    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

struct server {
    const uint8_t *data;
    size_t size;
    size_t piece;
    char request[2048];
    size_t request_len;
    char accept[29];
    uint8_t sent[2 * LONGEST * 14];
    size_t sent_len;
    bool is_done;
};

struct outcome {
    int ret;
    esp_err_t code;
    int status;
    size_t rest; /* what follows the head, as frames */
    char protocol[16];
    char place[200];
};

static void make_accept(struct server *s)
{
    const char *key = strstr(s->request, "Sec-WebSocket-Key: ");
    unsigned char text[24 + sizeof(GUID) - 1];
    unsigned char digest[20];
    size_t len;

    sim_must(key != NULL);
    memcpy(text, key + 19, 24);
    memcpy(text + 24, GUID, sizeof(GUID) - 1);
    sim_must(esp_crypto_sha1(text, sizeof(text), digest) == 0);
    sim_must(esp_crypto_base64_encode((unsigned char *)s->accept, 29, &len, digest, 20) == 0);
}

static void make_answer(struct server *s)
{
    for (size_t i = 0; i < s->size; i++) {
        if (s->data[i] == '%' && i + 1 < s->size && s->data[i + 1] == 'A') {
            memcpy(s->sent + s->sent_len, s->accept, 28);
            s->sent_len += 28;
            i++;
        } else {
            s->sent[s->sent_len++] = s->data[i];
        }
    }
}

static void peer(struct sim_peer *peer, void *arg)
{
    struct server *s = arg;
    size_t n;

    while ((n = sim_peer_read(peer, s->request + s->request_len,
                              sizeof(s->request) - 1 - s->request_len)) > 0) {
        s->request_len += n;
    }
    if (s->is_done || strstr(s->request, "\r\n\r\n") == NULL) {
        return;
    }
    s->is_done = true;
    make_accept(s);
    make_answer(s);
    if (s->piece > 0) {
        sim_peer_trickle(peer, s->piece, 1);
    }
    (void)sim_peer_write(peer, s->sent, s->sent_len);
    sim_peer_close(peer);
}

/** Is this text there, in any case? */
static bool has(const uint8_t *data, size_t len, const char *text)
{
    const size_t n = strlen(text);

    for (size_t i = 0; i + n <= len; i++) {
        size_t at = 0;

        while (at < n && (data[i + at] | 0x20) == (text[at] | 0x20)) {
            at++;
        }
        if (at == n) {
            return true;
        }
    }
    return false;
}

/** What success cannot do without. */
static void must_be_right(const struct server *s)
{
    const size_t head = s->sent_len < CONFIG_WS_BUFFER_SIZE ? s->sent_len : CONFIG_WS_BUFFER_SIZE;

    sim_must(has(s->sent, head, "HTTP/1.1 101"));
    sim_must(has(s->sent, head, "Upgrade:") && has(s->sent, head, "websocket"));
    sim_must(has(s->sent, head, "Connection:") && has(s->sent, head, "Sec-WebSocket-Accept:"));
    sim_must(has(s->sent, head, s->accept));
}

/** What follows the head, as frames: bytes of payload, and how it ends. */
static size_t rest_of(esp_transport_handle_t t)
{
    char buf[100];
    size_t len = 0;
    int n;

    while ((n = esp_transport_read(t, buf, (int)sizeof(buf), 10000)) >= 0) {
        len += (size_t)n;
    }
    if (esp_transport_get_error_handle(t)->last_error == ESP_ERR_TCP_TRANSPORT_WS_NOT_UTF8) {
        len = 0; /* how much was delivered before is a matter of the pieces */
    }
    return len * 8 + (size_t)-n;
}

static void ignore(void *arg, const char *line, int len)
{
    size_t *sum = arg;

    sim_must(len > 0);
    for (int i = 0; i < len; i++) {
        sim_must(line[i] != '\n');
        *sum += (uint8_t)line[i];
    }
}

static struct outcome run(uint8_t settings, const uint8_t *data, size_t size, size_t piece)
{
    static struct server s;
    struct outcome o = {0};
    esp_transport_handle_t tcp;
    esp_transport_handle_t t;
    struct sim_case c;
    char head[64];
    size_t sum = 0;

    s = (struct server){.data = data, .size = size, .piece = piece};
    sim_fuzz_open(&c);
    sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, peer, &s);
    tcp = esp_transport_tcp_init();
    t = esp_transport_ws_init(tcp);
    sim_must(esp_transport_ws_set_header_hook(t, ignore, &sum) == ESP_OK);
    sim_must(esp_transport_ws_set_response_headers(t, head, 1 + settings / 8) == ESP_OK);
    if ((settings & 1) != 0) {
        sim_must(esp_transport_ws_set_subprotocol(t, "mqtt, chat") == ESP_OK);
    }
    o.ret = esp_transport_connect(t, "127.0.0.1", 80, 10000);
    o.code = esp_transport_get_error_handle(t)->last_error;
    o.status = esp_transport_ws_get_upgrade_request_status(t);
    sim_must(o.ret == -1 ? o.code != ESP_OK : o.code == ESP_OK);
    if (o.ret == 0) {
        const char *chosen = esp_transport_ws_get_subprotocol(t);

        o.rest = rest_of(t);
        if (chosen != NULL) {
            sim_must((settings & 1) != 0 &&
                     (strcmp(chosen, "mqtt") == 0 || strcmp(chosen, "chat") == 0));
            snprintf(o.protocol, sizeof(o.protocol), "%s", chosen);
        }
        must_be_right(&s);
    } else if (o.ret > 0) {
        sim_must(o.ret == o.status && o.ret / 100 == 3);
        snprintf(o.place, sizeof(o.place), "%s", esp_transport_ws_get_redir_uri(t));
    }
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
    pieces = run(data[0], data + 2, size - 2, 1u + data[1] % 32u);
    sim_must(whole.ret == pieces.ret && whole.code == pieces.code &&
             whole.status == pieces.status && whole.rest == pieces.rest);
    sim_must(strcmp(whole.protocol, pieces.protocol) == 0 &&
             strcmp(whole.place, pieces.place) == 0);
    return 0;
}
