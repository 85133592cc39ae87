#include "sim_reference.h"

#include <stdlib.h>

const struct sim_reference sim_references[] = {
    {.name = "1.3 EC mutual", .version = 13, .is_mutual = true},
    {.name = "1.2 EC mutual", .version = 12, .is_mutual = true},
    {.name = "1.3 EC, not blocking, in pieces", .version = 13, .is_non_block = true, .piece = 333},
    {.name = "1.2 EC, not blocking, in pieces", .version = 12, .is_non_block = true, .piece = 333},
    {.name = "plain", .is_plain = true},
    {.name = "plain, not blocking", .is_plain = true, .is_non_block = true},
    {.name = "1.3 RSA mutual", .version = 13, .is_mutual = true, .is_rsa = true, .is_long = true},
    {.name = "1.2 RSA mutual", .version = 12, .is_mutual = true, .is_rsa = true, .is_long = true},
    {.name = "1.2 X25519", .version = 12, .is_x25519 = true, .is_long = true},
    {.name = "1.3 X25519", .version = 13, .is_x25519 = true, .is_long = true},
};
const size_t sim_reference_count = COUNT(sim_references);

static const struct sim_tls_step script[] = {{SIM_TLS_EXPECT, SIM_UPLOAD},
                                             {SIM_TLS_TICKET, 100},
                                             {SIM_TLS_SEND, SIM_DOWNLOAD},
                                             {SIM_TLS_END, 0}};
static const struct sim_tls_step script_12[] = {
    {SIM_TLS_EXPECT, SIM_UPLOAD}, {SIM_TLS_SEND, SIM_DOWNLOAD}, {SIM_TLS_END, 0}};

/* Where the client begins with X25519 (setup.c), the server's HelloRetryRequest is part of it. */
static const uint16_t p256[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};

bool sim_is_long(void)
{
    const char *value = getenv("ESP_TLS_LONG");

    return value != NULL && value[0] == '1';
}

/** On plain TCP: drops SIM_UPLOAD bytes, then sends SIM_DOWNLOAD. */
static void plain_peer(struct sim_peer *peer, void *arg)
{
    struct {
        size_t got;
        size_t sent;
    } *s = sim_peer_state(peer, sizeof(*s));
    unsigned char buf[512];
    size_t n;

    (void)arg;
    while ((n = sim_peer_read(peer, buf, sizeof(buf))) > 0) {
        s->got += n;
    }
    while (s->got >= SIM_UPLOAD && s->sent < SIM_DOWNLOAD) {
        size_t len = SIM_DOWNLOAD - s->sent < sizeof(buf) ? SIM_DOWNLOAD - s->sent : sizeof(buf);

        for (size_t i = 0; i < len; i++) {
            buf[i] = sim_pattern(s->sent + i);
        }
        n = sim_peer_write(peer, buf, len);
        if (n == 0) {
            return;
        }
        s->sent += n;
    }
}

void sim_reference_open(const struct sim_reference *ref, struct sim_case *t)
{
    sim_case_open(t);
    t->cfg.is_plain_tcp = ref->is_plain;
    t->cfg.non_block = ref->is_non_block;
    t->server.version = ref->version;
    t->server.script = ref->version == 13 ? script : script_12;
    t->server.record = 1500;
    t->server.groups = ref->is_x25519 ? NULL : p256;
    if (ref->is_plain) {
        sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, plain_peer, NULL);
    }
    if (ref->is_rsa) {
        t->server.cert = CERT(server_rsa_chain_pem);
        t->server.key = CERT(server_rsa_key);
        t->cfg.cacert_buf = cert_root_rsa_pem;
        t->cfg.cacert_bytes = sizeof(cert_root_rsa_pem);
    }
    if (ref->is_mutual) {
        struct sim_cert cert = ref->is_rsa ? CERT(client_rsa_chain_pem) : CERT(client_ec_chain_pem);
        struct sim_cert key = ref->is_rsa ? CERT(client_rsa_key) : CERT(client_ec_key);

        t->server.client_ca = CERT(root_client_pem);
        t->cfg.clientcert_buf = cert.buf;
        t->cfg.clientcert_bytes = cert.len;
        t->cfg.clientkey_buf = key.buf;
        t->cfg.clientkey_bytes = key.len;
    }
    sim_wire(0, ref->piece, ref->piece, 0);
}

/** Note the first failure. A record must say why, unless the handle is asked to wait. */
static bool failed(const struct sim_reference *ref, struct sim_case *t, struct sim_outcome *o,
                   const char *call, ssize_t ret)
{
    o->result = (int)ret;
    o->r = sim_record(t);
    if (o->r.cause == ESP_TLS_CAUSE_NONE || o->r.esp_code == ESP_OK) {
        fail_msg("%s: %s gave %d and left an empty record", ref->name, call, (int)ret);
    }
    return false;
}

static bool connect_ref(const struct sim_reference *ref, struct sim_case *t, struct sim_outcome *o)
{
    int ret;

    if (!ref->is_non_block) {
        ret = sim_connect(t);
        return ret == 1 ? true : failed(ref, t, o, "connect", ret);
    }
    while ((ret = esp_tls_conn_new_async("test.example", 12, 443, &t->cfg, t->tls)) == 0) {
        (void)sim_wait(t->tls);
    }
    return ret == 1 ? true : failed(ref, t, o, "connect", ret);
}

/** After a negative result: may the call be repeated? */
static bool may_repeat(const struct sim_reference *ref, struct sim_case *t, struct sim_outcome *o,
                       const char *call, ssize_t ret, uint64_t until)
{
    esp_tls_record_t r = sim_record(t);

    if (r.phase == ESP_TLS_PHASE_OPEN && r.cause == ESP_TLS_CAUSE_NO_MEM && o->retries == 0) {
        o->retries++;
        return true;
    }
    if (ref->is_non_block && r.cause == ESP_TLS_CAUSE_NONE &&
        (ret == ESP_TLS_ERR_SSL_WANT_READ || ret == ESP_TLS_ERR_SSL_WANT_WRITE)) {
        if (plat_clock_us() < until) {
            (void)sim_wait_until(t->tls, until);
            return true;
        }
        o->result = (int)ret;
        o->r = r;
        o->r.cause = ESP_TLS_CAUSE_TIMEOUT; /* the application's own */
        return false;
    }
    return failed(ref, t, o, call, ret);
}

static bool upload(const struct sim_reference *ref, struct sim_case *t, struct sim_outcome *o)
{
    unsigned char data[SIM_UPLOAD];
    uint64_t until = plat_clock_us() + MS(2000);
    size_t sent = 0;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = sim_pattern(i);
    }
    while (sent < sizeof(data)) {
        ssize_t ret = esp_tls_conn_write(t->tls, data + sent, sizeof(data) - sent);

        if (ret > 0) {
            sent += (size_t)ret;
        } else if (!may_repeat(ref, t, o, "write", ret, until)) {
            return false;
        }
    }
    return true;
}

static bool download(const struct sim_reference *ref, struct sim_case *t, struct sim_outcome *o)
{
    uint64_t until = plat_clock_us() + MS(2000);
    size_t got = 0;

    while (got < SIM_DOWNLOAD) {
        unsigned char buf[700];
        ssize_t ret = esp_tls_conn_read(t->tls, buf, sizeof(buf));

        if (ret > 0) {
            for (size_t i = 0; i < (size_t)ret; i++) {
                o->is_corrupt |= buf[i] != sim_pattern(got + i);
            }
            got += (size_t)ret;
        } else if (ret == 0) {
            /* the end of a plain connection that was cut is no error; the data is what is
             * missing */
            o->result = 0;
            o->r = sim_record(t);
            o->r.cause = ESP_TLS_CAUSE_EOF;
            return false;
        } else if (!may_repeat(ref, t, o, "read", ret, until)) {
            return false;
        }
    }
    return true;
}

struct sim_outcome sim_reference_run(const struct sim_reference *ref, struct sim_case *t)
{
    struct sim_outcome o = {.is_done = false};

    o.is_done = connect_ref(ref, t, &o) && upload(ref, t, &o) && download(ref, t, &o);
    sim_advance_us(1);
    o.is_corrupt |= t->server.received_wrong ||
                    (o.is_done && !ref->is_plain && t->server.received != SIM_UPLOAD);
    if (sim_elapsed_us() > MS(3 * 2000 + 100)) { /* connect, upload, download */
        fail_msg("%s: took %u ms", ref->name, (unsigned)(sim_elapsed_us() / 1000));
    }
    return o;
}
