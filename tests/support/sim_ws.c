#include "sim_ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_tls_crypto.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/** RFC 6455 section 4.2.2 (5.4), without the code under test. */
static void accept_of(const struct sim_ws *s, char accept[29])
{
    const char *at = strstr(s->request, "Sec-WebSocket-Key: ");
    unsigned char digest[20];
    char text[64];
    size_t len;

    if (at == NULL || sscanf(at, "Sec-WebSocket-Key: %24s", text) != 1) {
        abort(); /* the client sent none */
    }
    snprintf(text + 24, sizeof(text) - 24, "%s", GUID);
    if (esp_crypto_sha1((const unsigned char *)text, strlen(text), digest) != 0 ||
        esp_crypto_base64_encode((unsigned char *)accept, 29, &len, digest, sizeof(digest)) != 0) {
        abort();
    }
}

static void answer(struct sim_ws *s)
{
    static const char right[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Accept: %A\r\n";
    char text[24000];
    char accept[29];
    size_t len = 0;

    if (s->answer != NULL) {
        snprintf(text, sizeof(text), "%s", s->answer);
    } else {
        snprintf(text, sizeof(text), "%s%s\r\n", right, s->fields != NULL ? s->fields : "");
    }
    accept_of(s, accept);
    while (text[len] != '\0') { /* in one write, frames and all: the client sees them together */
        const char *mark = strstr(text + len, "%A");
        size_t n = mark != NULL ? (size_t)(mark - text) - len : strlen(text + len);

        (void)sim_peer_write(s->peer, text + len, n);
        len += n;
        if (mark != NULL) {
            (void)sim_peer_write(s->peer, accept, s->accept_cut > 0 ? s->accept_cut - 1 : 28);
            len += 2;
        }
    }
    (void)sim_peer_write(s->peer, s->frames, s->frames_len);
    if (s->ends) {
        sim_peer_close(s->peer);
    }
}

static bool read_request(struct sim_ws *s)
{
    while (strstr(s->request, "\r\n\r\n") == NULL) {
        if (s->request_len == sizeof(s->request) - 1) {
            abort();
        }
        if (sim_peer_read(s->peer, s->request + s->request_len, 1) == 0) {
            return false;
        }
        s->request[++s->request_len] = '\0';
    }
    return true;
}

static void note(struct sim_ws *s, uint8_t first, const uint8_t *payload, size_t len)
{
    if (s->seen_len + len + 5 > sizeof(s->seen)) {
        return; /* long ones are echoed, not noted */
    }
    s->seen_len +=
        (size_t)snprintf(s->seen + s->seen_len, sizeof(s->seen) - s->seen_len, "%02x:", first);
    memcpy(s->seen + s->seen_len, payload, len);
    s->seen_len += len;
    s->seen[s->seen_len++] = ';';
    s->seen[s->seen_len] = '\0';
}

static void send_frame(struct sim_ws *s, uint8_t first, const uint8_t *payload, size_t len)
{
    uint8_t head[4] = {first, (uint8_t)(len < 126 ? len : 126), (uint8_t)(len >> 8), (uint8_t)len};

    (void)sim_peer_write(s->peer, head, len < 126 ? 2 : 4);
    (void)sim_peer_write(s->peer, payload, len);
}

static void react(struct sim_ws *s, uint8_t first, const uint8_t *payload, size_t len)
{
    const unsigned opcode = first & 0x0Fu;

    note(s, first, payload, len);
    if (opcode == 9 && s->pongs) {
        send_frame(s, 0x8A, payload, len);
    } else if (opcode == 8 && s->closes) {
        send_frame(s, first, payload, len);
        sim_peer_close(s->peer);
    } else if (opcode < 8 && s->echoes) {
        send_frame(s, first, payload, len);
    }
}

/** One frame of the client's, if it is whole. @return its bytes; 0: it is not */
static size_t take_frame(struct sim_ws *s)
{
    const uint8_t *in = s->in;
    size_t len = s->in_len >= 2 ? in[1] & 0x7Fu : 0;
    size_t head = len == 126 ? 4 : len == 127 ? 10 : 2;
    uint8_t *payload;

    if (s->in_len < 2 || s->in_len < head) {
        return 0;
    }
    if (head > 2) {
        len = 0;
        for (size_t i = 2; i < head; i++) {
            len = len << 8 | in[i];
        }
        s->is_wrong |= head == 4 ? len < 126 : len < 65536;
    }
    s->is_wrong |= (in[1] & 0x80) == 0;
    if (s->in_len < head + 4 + len) {
        return 0;
    }
    payload = s->in + head + 4;
    for (size_t i = 0; i < len; i++) {
        payload[i] ^= in[head + i % 4];
    }
    react(s, in[0], payload, len);
    return head + 4 + len;
}

static void read_frames(struct sim_ws *s)
{
    size_t n;

    while (s->in_len < sizeof(s->in) &&
           (n = sim_peer_read(s->peer, s->in + s->in_len, sizeof(s->in) - s->in_len)) > 0) {
        s->in_len += n;
        while ((n = take_frame(s)) > 0) {
            s->in_len -= n;
            memmove(s->in, s->in + n, s->in_len);
        }
    }
}

void sim_ws_peer(struct sim_peer *peer, void *server)
{
    struct sim_ws *s = server;

    if (peer != s->peer) {
        s->peer = peer;
        s->connections++;
        s->request_len = 0;
        s->request[0] = '\0';
        s->seen_len = 0;
        s->seen[0] = '\0';
        s->in_len = 0;
        s->is_answered = false;
        if (s->byte_us > 0) {
            sim_peer_trickle(peer, 1, s->byte_us);
        }
    }
    if (!s->is_answered) {
        if (!read_request(s)) {
            return;
        }
        s->is_answered = true;
        answer(s);
    }
    if (!s->never_reads) {
        read_frames(s);
    }
}

void sim_ws_send(struct sim_ws *server, const void *data, size_t len)
{
    (void)sim_peer_write(server->peer, data, len);
}
