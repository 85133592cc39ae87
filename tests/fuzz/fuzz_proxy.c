/* What a proxy can answer. The first byte chooses the way to it, the second how large the pieces
 * are in which the rest of the input comes back from the proxy. For an HTTP proxy 0x1E in it ends a
 * connection, and what follows is of the next one. A connect ends, with a cause if it failed; what
 * a tunnel then gives is the end of what the proxy sent, to the byte; and pieces change nothing. */
#include "sim_fuzz.h"

#include "esp_transport_http_proxy.h"
#include "esp_transport_socks_proxy.h"
#include "esp_transport_tcp.h"

#define NEXT_CONNECTION 0x1E
#define LONGEST         8192

struct replies {
    const uint8_t *at; /* of the next connection */
    size_t left;
    bool is_http;
    size_t piece;        /* 0: at once */
    const uint8_t *last; /* of the newest one */
    size_t last_len;
    unsigned count; /* connections */
};

struct outcome {
    int ret;
    esp_err_t code;
    int status;
    size_t len; /* through the tunnel */
    unsigned count;
};

static void next_connection(struct replies *r)
{
    const uint8_t *end = r->is_http ? memchr(r->at, NEXT_CONNECTION, r->left) : NULL;

    r->last = r->at;
    r->last_len = end != NULL ? (size_t)(end - r->at) : r->left;
    r->at += r->last_len + (end != NULL);
    r->left -= r->last_len + (end != NULL);
    r->count++;
}

static void peer(struct sim_peer *peer, void *arg)
{
    struct replies *r = arg;
    bool *is_done = sim_peer_state(peer, sizeof(*is_done));
    char dropped[256];

    while (sim_peer_read(peer, dropped, sizeof(dropped)) > 0) {
    }
    if (!*is_done) {
        *is_done = true;
        next_connection(r);
        if (r->piece != 0) {
            sim_peer_trickle(peer, r->piece, 1);
        }
        (void)sim_peer_write(peer, r->last, r->last_len);
        sim_peer_close(peer);
    }
}

static esp_transport_handle_t http_over(esp_transport_handle_t tcp, uint8_t kind)
{
    const esp_transport_http_proxy_config_t config = {
        .address = "127.0.0.1",
        .port = 3128,
        .user = kind > 4 ? "me" : NULL,
        .password = "pass",
        .preemptive_basic = kind == 6,
        .digest_only = kind == 7,
    };

    return esp_transport_http_proxy_init(tcp, &config);
}

static esp_transport_handle_t socks_over(esp_transport_handle_t tcp, uint8_t kind)
{
    static const socks_version_t versions[] = {SOCKS4, SOCKS4A, SOCKS5, SOCKS5};
    const esp_transport_socks_proxy_config_t config = {versions[kind], "127.0.0.1", 3128};
    esp_transport_handle_t t = esp_transport_socks_proxy_init(tcp, &config);

    if (kind == 3) {
        sim_must(esp_transport_socks_proxy_set_auth(t, "me", "pass") == ESP_OK);
    }
    return t;
}

/** The tunnel gives the end of what was sent, and then the end. */
static void read_tunnel(esp_transport_handle_t t, const struct replies *r, struct outcome *o)
{
    static uint8_t got[LONGEST];
    int n;

    while ((n = esp_transport_read(t, (char *)got + o->len, 100, 1000)) > 0) {
        o->len += (size_t)n;
        sim_must(o->len <= r->last_len);
    }
    sim_must(n == ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN);
    sim_must(memcmp(got, r->last + r->last_len - o->len, o->len) == 0);
}

static struct outcome run(uint8_t kind, const uint8_t *data, size_t size, size_t piece)
{
    struct replies r = {.at = data, .left = size, .is_http = kind > 3, .piece = piece};
    struct outcome o = {0};
    esp_transport_handle_t tcp;
    esp_transport_handle_t t;
    struct sim_case c;

    sim_fuzz_open(&c);
    sim_host("127.0.0.1", 3128, SIM_ACCEPT, 0, peer, &r);
    tcp = esp_transport_tcp_init();
    t = kind > 3 ? http_over(tcp, kind) : socks_over(tcp, kind);
    sim_must(t != NULL);
    o.ret = esp_transport_connect(t, "test.example", 443, 500);
    o.code = esp_transport_get_error_handle(t)->last_error;
    o.status = esp_transport_http_proxy_get_status(t);
    o.count = r.count;
    sim_must(o.ret == 0 ? o.code == ESP_OK : o.ret == -1 && o.code != ESP_OK);
    sim_must(o.count <= 8);
    if (o.ret == 0) {
        read_tunnel(t, &r, &o);
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

    if (size < 2 || size > LONGEST - 100) {
        return 0;
    }
    whole = run(data[0] % 8, data + 2, size - 2, 0);
    pieces = run(data[0] % 8, data + 2, size - 2, 1u + data[1] % 32u);
    /* A 407 and what lies behind it at once is answered on a new connection: when is up to the
     * wire. */
    if (whole.count == 1 && pieces.count == 1) {
        sim_must(whole.ret == pieces.ret && whole.code == pieces.code &&
                 whole.status == pieces.status && whole.len == pieces.len);
    }
    return 0;
}
