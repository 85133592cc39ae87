/* What a hostile peer can send. The first byte chooses:
 *   even  the rest of the input is the peer's bytes, in pieces of the second byte (0: all at once)
 *   odd   a real server whose output is changed: for each three bytes of the input, at an offset
 *         (two bytes) the third is xor-ed; the second byte of the input holds the version and
 *         whether it wants a client's certificate, which there is none of. If nothing is changed
 *         and it wants none, the handshake has to end well.
 * Random numbers of the simulation are the same in each run, so recorded flights can be
 * replayed. */
#include "sim_fuzz.h"

struct peer {
    const uint8_t *data;
    size_t size;
    size_t piece;
};

static void raw_peer(struct sim_peer *peer, void *arg)
{
    const struct peer *p = arg;
    bool *is_done = sim_peer_state(peer, sizeof(*is_done));
    char dropped[256];

    while (sim_peer_read(peer, dropped, sizeof(dropped)) > 0) {
    }
    if (!*is_done) {
        *is_done = true;
        if (p->piece != 0) {
            sim_peer_trickle(peer, p->piece, 1);
        }
        (void)sim_peer_write(peer, p->data, p->size);
        sim_peer_close(peer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_case t;
    struct peer raw;
    bool is_whole;

    if (size < 2) {
        return 0;
    }
    sim_fuzz_open(&t);
    t.cfg.timeout_ms = 500;
    if ((data[0] & 1) == 0) {
        t.cfg.tls_version = (esp_tls_proto_ver_t)(data[0] >> 1 & 3) % ESP_TLS_VER_TLS_MAX;
        raw = (struct peer){data + 2, size - 2, data[1]};
        sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, raw_peer, &raw);
    } else {
        static const struct sim_tls_step script[] = {
            {SIM_TLS_SEND, 300}, {SIM_TLS_CLOSE_NOTIFY, 0}, {SIM_TLS_END, 0}};

        t.server.version = 12 + (data[1] & 1);
        t.cfg.tls_version = (data[1] & 1) == 0 ? ESP_TLS_VER_TLS_1_2 : ESP_TLS_VER_TLS_1_3;
        t.server.client_ca = (data[1] & 2) != 0 ? CERT(root_client_pem) : t.server.client_ca;
        t.server.script = script;
        t.server.changes = data + 2;
        t.server.change_count = (size - 2) / 3;
    }
    is_whole = (data[0] & 1) != 0 && t.server.change_count == 0;
    sim_fuzz_run(&t);
    sim_must(!is_whole || t.server.handshakes == 1 || t.server.client_ca.buf != NULL);
    return 0;
}
