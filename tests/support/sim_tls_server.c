#ifndef MBEDTLS_ALLOW_PRIVATE_ACCESS
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#endif
#include "sim_tls_server.h"

#include <stdlib.h>
#include <string.h>

#include "mbedtls/pk.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "plat_clock.h"
#include "plat_random.h"
#include "psa/crypto.h"

/* Of library/ssl_misc.h, to send what Mbed TLS has no call for. */
int mbedtls_ssl_write_record(mbedtls_ssl_context *ssl, int force_flush);
int mbedtls_ssl_flush_output(mbedtls_ssl_context *ssl);

#define CHUNK 16384 /* a full record */

struct sim_tls_conn {
    struct sim_tls_conn *next;
    struct sim_tls_server *server;
    struct sim_peer *peer;
    struct sim_tls_conn *outer; /* TLS in TLS: whose data this one's records are */
    struct sim_tls_conn *inner; /* owned; in no server's list */
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt cert;
    mbedtls_x509_crt client_ca;
    mbedtls_pk_context key;
    const struct sim_tls_step *at;
    bool is_shaken;
    bool is_blocked; /* nothing could be read or written in the last call */
    bool is_over;    /* nothing is done any more */
    uint64_t step_base;
    bool is_step_begun;
    uint64_t received;
    uint64_t sent;
    uint64_t out_bytes; /* given to the network */
    unsigned char echo[CHUNK];
    size_t echo_len;
    size_t echo_sent;
};

static const struct sim_tls_step echo_script[] = {{SIM_TLS_ECHO, 0}, {SIM_TLS_END, 0}};

/* --- what Mbed TLS is given ------------------------------------------------------------------- */

static int server_random(void *arg, unsigned char *buf, size_t len)
{
    (void)arg;
    return plat_random(buf, len) == 0 ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/** Change bytes on their way, where the server is told to. @return buf, or the changed copy */
static const unsigned char *change(const struct sim_tls_conn *c, const unsigned char *buf,
                                   size_t *len, unsigned char copy[CHUNK])
{
    const struct sim_tls_server *s = c->server;

    if (s->change_count == 0) {
        return buf;
    }
    *len = *len < CHUNK ? *len : CHUNK;
    memcpy(copy, buf, *len);
    for (size_t i = 0; i < s->change_count; i++) {
        const uint8_t *row = s->changes + 3 * i;
        uint64_t at = (uint64_t)row[0] << 8 | row[1];

        if (at >= c->out_bytes && at - c->out_bytes < *len) {
            copy[at - c->out_bytes] ^= row[2];
        }
    }
    return copy;
}

static int server_send(void *arg, const unsigned char *buf, size_t len)
{
    struct sim_tls_conn *c = arg;
    unsigned char copy[CHUNK];
    const unsigned char *from = change(c, buf, &len, copy);
    size_t n;

    if (c->outer != NULL) {
        return mbedtls_ssl_write(&c->outer->ssl, from, len);
    }
    n = c->server->send != NULL ? c->server->send(c->server->hook_arg, c->peer, from, len)
                                : sim_peer_write(c->peer, from, len);
    c->out_bytes += n;
    c->is_blocked = n == 0;
    return n > 0 ? (int)n : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int server_recv(void *arg, unsigned char *buf, size_t len)
{
    struct sim_tls_conn *c = arg;
    size_t n;

    if (c->outer != NULL) {
        int ret = mbedtls_ssl_read(&c->outer->ssl, buf, len);

        c->is_blocked = ret == MBEDTLS_ERR_SSL_WANT_READ && c->outer->is_blocked;
        return ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? 0 : ret;
    }
    n = sim_peer_read(c->peer, buf, len);
    if (n > 0) {
        return (int)n;
    }
    c->is_blocked = true;
    return sim_peer_is_closed(c->peer) ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
}

static int server_sni(void *arg, mbedtls_ssl_context *ssl, const unsigned char *name, size_t len)
{
    struct sim_tls_server *s = arg;

    (void)ssl;
    len = len < sizeof(s->sni) ? len : sizeof(s->sni) - 1;
    memcpy(s->sni, name, len);
    s->sni[len] = '\0';
    return 0;
}

static int server_verify(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct sim_tls_server *s = arg;

    (void)crt;
    if (depth == 0) {
        s->has_client_cert = true;
    }
    s->client_flags |= *flags;
    return 0;
}

/* --- a connection -------------------------------------------------------------------------------
 */

static void must(int ret)
{
    if (ret != 0) {
        abort(); /* the test's own server is wrong */
    }
}

static void configure(struct sim_tls_conn *c)
{
    struct sim_tls_server *s = c->server;

    must(mbedtls_ssl_config_defaults(&c->conf, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_rng(&c->conf, server_random, NULL);
    mbedtls_ssl_conf_sni(&c->conf, server_sni, s);
    must(mbedtls_x509_crt_parse(&c->cert, s->cert.buf, s->cert.len));
    must(mbedtls_pk_parse_key(&c->key, s->key.buf, s->key.len, NULL, 0, server_random, NULL));
    must(mbedtls_ssl_conf_own_cert(&c->conf, &c->cert, &c->key));
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_PROTO_TLS1_3)
    mbedtls_ssl_conf_new_session_tickets(&c->conf, 0); /* tickets are a step of the script */
#endif
    if (s->client_ca.buf != NULL) {
        must(mbedtls_x509_crt_parse(&c->client_ca, s->client_ca.buf, s->client_ca.len));
        mbedtls_ssl_conf_ca_chain(&c->conf, &c->client_ca, NULL);
        mbedtls_ssl_conf_verify(&c->conf, server_verify, s);
        mbedtls_ssl_conf_authmode(&c->conf, s->client_optional ? MBEDTLS_SSL_VERIFY_OPTIONAL
                                                               : MBEDTLS_SSL_VERIFY_REQUIRED);
    }
#if defined(MBEDTLS_SSL_ALPN)
    if (s->alpn != NULL) {
        must(mbedtls_ssl_conf_alpn_protocols(&c->conf, s->alpn));
    }
#endif
    if (s->groups != NULL) {
        mbedtls_ssl_conf_groups(&c->conf, s->groups);
    }
    if (s->suites != NULL) {
        mbedtls_ssl_conf_ciphersuites(&c->conf, s->suites);
    }
    if (s->version != 0) {
        mbedtls_ssl_protocol_version v =
            s->version == 13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;

        mbedtls_ssl_conf_min_tls_version(&c->conf, v);
        mbedtls_ssl_conf_max_tls_version(&c->conf, v);
    }
}

static struct sim_tls_conn *conn_new(struct sim_tls_server *s, struct sim_peer *peer)
{
    struct sim_tls_conn *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        abort();
    }
    must((int)psa_crypto_init());
    c->server = s;
    c->peer = peer;
    c->at = s->script != NULL ? s->script : echo_script;
    s->connections++;
    mbedtls_ssl_init(&c->ssl);
    mbedtls_ssl_config_init(&c->conf);
    mbedtls_x509_crt_init(&c->cert);
    mbedtls_x509_crt_init(&c->client_ca);
    mbedtls_pk_init(&c->key);
    configure(c);
    must(mbedtls_ssl_setup(&c->ssl, &c->conf));
    mbedtls_ssl_set_bio(&c->ssl, c, server_send, server_recv, NULL);
    if (s->setup != NULL) {
        s->setup(s->hook_arg, &c->ssl);
    }
    if (s->trickle != 0) {
        sim_peer_trickle(peer, s->trickle, s->trickle_us);
    }
    return c;
}

/** Give up what Mbed TLS holds: its keys take slots of the whole process. */
static void conn_release(struct sim_tls_conn *c)
{
    if (c->inner != NULL) {
        conn_release(c->inner);
        free(c->inner);
        c->inner = NULL;
    }
    mbedtls_ssl_free(&c->ssl);
    mbedtls_ssl_config_free(&c->conf);
    mbedtls_x509_crt_free(&c->cert);
    mbedtls_x509_crt_free(&c->client_ca);
    mbedtls_pk_free(&c->key);
    c->is_over = true;
}

/** A code that ends the connection, or that only waits. @return false always */
static bool ended(struct sim_tls_conn *c, int ret)
{
    struct sim_tls_server *s = c->server;

    if (ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE) {
        return false;
    }
    if (ret == 0 || ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || ret == MBEDTLS_ERR_SSL_CONN_EOF) {
        s->closed++;
        s->close_notify += ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
    } else {
        s->error = ret;
    }
    if (ret == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        s->alert = c->ssl.in_msg[1];
    }
    c->is_over = true;
    sim_peer_close(c->peer);
    return false;
}

/* --- steps of the script: true when done ----------------------------------------------------- */

static bool read_some(struct sim_tls_conn *c, unsigned char *buf, size_t len, size_t *n)
{
    int ret;

    do { /* Mbed TLS also says WANT_READ after a message that it passed over */
        c->is_blocked = false;
        ret = mbedtls_ssl_read(&c->ssl, buf, len);
    } while (ret == MBEDTLS_ERR_SSL_WANT_READ && !c->is_blocked);

    if (ret <= 0) {
        return ended(c, ret);
    }
    *n = (size_t)ret;
    for (size_t i = 0; i < *n; i++) {
        c->server->received_wrong |= buf[i] != sim_pattern(c->received + i);
    }
    c->received += *n;
    c->server->received += *n;
    return true;
}

static bool write_some(struct sim_tls_conn *c, const unsigned char *buf, size_t len, size_t *n)
{
    size_t most = c->server->record != 0 ? c->server->record : len;
    int ret = mbedtls_ssl_write(&c->ssl, buf, len < most ? len : most);

    if (ret <= 0) {
        return ended(c, ret);
    }
    *n = (size_t)ret;
    c->sent += *n;
    c->server->sent += *n;
    return true;
}

static bool step_drain(struct sim_tls_conn *c)
{
    unsigned char buf[CHUNK];
    size_t n = 0;

    while (read_some(c, buf, sizeof(buf), &n)) {
    }
    return false;
}

static bool step_echo(struct sim_tls_conn *c)
{
    for (;;) {
        size_t n = 0;

        while (c->echo_sent < c->echo_len) {
            if (!write_some(c, c->echo + c->echo_sent, c->echo_len - c->echo_sent, &n)) {
                return false;
            }
            c->echo_sent += n;
        }
        c->echo_sent = 0;
        c->echo_len = 0;
        if (!read_some(c, c->echo, sizeof(c->echo), &c->echo_len)) {
            return false;
        }
    }
}

static bool step_send(struct sim_tls_conn *c, size_t wanted)
{
    while (c->sent < c->step_base + wanted) {
        unsigned char buf[CHUNK];
        size_t len = (size_t)(c->step_base + wanted - c->sent);
        size_t n = 0;

        len = len < sizeof(buf) ? len : sizeof(buf);
        for (size_t i = 0; i < len; i++) {
            buf[i] = sim_pattern(c->sent + i);
        }
        if (!write_some(c, buf, len, &n)) {
            return false;
        }
    }
    return true;
}

static bool step_expect(struct sim_tls_conn *c, size_t wanted)
{
    while (c->received < c->step_base + wanted) {
        unsigned char buf[CHUNK];
        size_t left = (size_t)(c->step_base + wanted - c->received);
        size_t n = 0;

        if (!read_some(c, buf, left < sizeof(buf) ? left : sizeof(buf), &n)) {
            return false;
        }
    }
    return true;
}

static bool step_wait(struct sim_tls_conn *c, size_t us)
{
    if (plat_clock_us() >= c->step_base + us) {
        return true;
    }
    sim_peer_wake_in(c->peer, c->step_base + us - plat_clock_us());
    return false;
}

/** Send a message of a type and content of our own, encrypted. */
static bool send_message(struct sim_tls_conn *c, int type, const unsigned char *msg, size_t len)
{
    int ret;

    c->ssl.out_msgtype = type;
    c->ssl.out_msglen = len;
    memcpy(c->ssl.out_msg, msg, len);
    ret = mbedtls_ssl_write_record(&c->ssl, 1);
    return ret == 0 || ret == MBEDTLS_ERR_SSL_WANT_WRITE ? true : ended(c, ret);
}

/** RFC 8446 section 4.6.1 */
static bool step_ticket(struct sim_tls_conn *c, size_t len)
{
    unsigned char m[1024] = {4, 0, 0, 0, 0, 0, 14, 16 /* lifetime 1 h */, 1, 2, 3, 4, 1, 0};
    size_t body = 4 + 4 + 2 + 2 + len + 2;

    if (len > sizeof(m) - 32) {
        abort();
    }
    m[2] = (unsigned char)(body >> 8);
    m[3] = (unsigned char)body;
    m[14] = (unsigned char)(len >> 8);
    m[15] = (unsigned char)len;
    memset(m + 16, 0x5A, len);
    return send_message(c, MBEDTLS_SSL_MSG_HANDSHAKE, m, 4 + body);
}

/** Legal in both versions: RFC 5246 section 6.2.1, RFC 8446 section 5.4. */
static bool send_empty(struct sim_tls_conn *c, size_t n)
{
    int ret = 0;

    while (ret == 0 && n-- > 0) {
        ret = mbedtls_ssl_write(&c->ssl, NULL, 0);
    }
    return ret == 0 || ended(c, ret);
}

static bool step_once(struct sim_tls_conn *c, struct sim_tls_step step)
{
    unsigned char raw[CHUNK] = {23, 3, 3, (unsigned char)(step.n >> 8), (unsigned char)step.n};

    switch (step.act) {
    case SIM_TLS_TRICKLE:
        sim_peer_trickle(c->peer, 1, step.n);
        return true;
    case SIM_TLS_TICKET:
        return step_ticket(c, step.n);
    case SIM_TLS_KEY_UPDATE: /* RFC 8446 section 4.6.3 */
        return send_message(c, MBEDTLS_SSL_MSG_HANDSHAKE,
                            (unsigned char[]){24, 0, 0, 1, (unsigned char)step.n}, 5);
    case SIM_TLS_HELLO_REQUEST: /* RFC 5246 section 7.4.1.1 */
        return send_message(c, MBEDTLS_SSL_MSG_HANDSHAKE, (unsigned char[]){0, 0, 0, 0}, 4);
    case SIM_TLS_ALERT:
        (void)mbedtls_ssl_send_alert_message(&c->ssl, (unsigned char)(step.n >> 8),
                                             (unsigned char)step.n);
        return true;
    case SIM_TLS_CLOSE_NOTIFY:
        (void)mbedtls_ssl_close_notify(&c->ssl);
        return true;
    case SIM_TLS_FIN:
        sim_peer_close(c->peer);
        return true;
    case SIM_TLS_RST:
        sim_peer_reset(c->peer, 0);
        return true;
    case SIM_TLS_EMPTY:
        return send_empty(c, step.n);
    case SIM_TLS_RECORD:
        (void)sim_peer_write(c->peer, raw, 5 + step.n < sizeof(raw) ? 5 + step.n : sizeof(raw));
        return true;
    default:
        abort();
    }
}

static bool play_step(struct sim_tls_conn *c)
{
    struct sim_tls_step step = *c->at;

    if (!c->is_step_begun) {
        c->is_step_begun = true;
        c->step_base = step.act == SIM_TLS_SEND     ? c->sent
                       : step.act == SIM_TLS_EXPECT ? c->received
                                                    : plat_clock_us();
    }
    switch (step.act) {
    case SIM_TLS_END:
        return step_drain(c);
    case SIM_TLS_ECHO:
        return step_echo(c);
    case SIM_TLS_SEND:
        return step_send(c, step.n);
    case SIM_TLS_EXPECT:
        return step_expect(c, step.n);
    case SIM_TLS_WAIT:
        return step_wait(c, step.n);
    default:
        return step_once(c, step);
    }
}

/* --- driving -------------------------------------------------------------------------------------
 */

static bool shake_hands(struct sim_tls_conn *c)
{
    struct sim_tls_server *s = c->server;

    while (!mbedtls_ssl_is_handshake_over(&c->ssl)) {
        int ret;

        if (s->stop_at != 0 && c->ssl.state == s->stop_at) {
            (void)mbedtls_ssl_flush_output(&c->ssl);
            if (s->stop_act.act != SIM_TLS_END) {
                c->is_over = true;
                (void)step_once(c, s->stop_act);
            }
            return false;
        }
        ret = mbedtls_ssl_handshake_step(&c->ssl);
        if (ret != 0) {
            return ended(c, ret);
        }
    }
    if (!c->is_shaken) {
        c->is_shaken = true;
        s->handshakes++;
    }
#if defined(MBEDTLS_SSL_ALPN)
    s->alpn_chosen = mbedtls_ssl_get_alpn_protocol(&c->ssl);
#endif
    return true;
}

static void go_on(struct sim_tls_conn *c)
{
    if (c->is_over || !shake_hands(c)) {
        return;
    }
    if (c->server->inner == NULL) {
        while (!c->is_over && play_step(c)) {
            c->at++;
            c->is_step_begun = false;
        }
        return;
    }
    if (c->inner == NULL) {
        c->inner = conn_new(c->server->inner, c->peer);
        c->inner->outer = c;
    }
    go_on(c->inner); /* as deep as they are nested */
}

static void run(struct sim_tls_server *s, struct sim_peer *peer)
{
    struct sim_tls_conn **at = sim_peer_state(peer, sizeof(*at));
    struct sim_tls_conn *c;

    if (*at == NULL) {
        *at = conn_new(s, peer);
        (*at)->next = s->conns;
        s->conns = *at;
    }
    c = *at;
    if (c->is_over) {
        return;
    }
    go_on(c);
    if (c->is_over || sim_peer_is_closed(peer)) {
        conn_release(c);
    }
}

/* The server's contexts are an application's own: their bound is what the thread's is while they
 * are made, used and freed. */
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
static size_t set_bound(size_t bound)
{
    size_t before = et_mbed_out_len;

    et_mbed_out_len = bound != 0 ? bound : before;
    return before;
}
#else
static size_t set_bound(size_t bound)
{
    return bound;
}
#endif

void sim_tls_peer(struct sim_peer *peer, void *server)
{
    struct sim_tls_server *s = server;
    size_t before = set_bound(s->out_len);

    run(s, peer);
    (void)set_bound(before);
}

void sim_tls_server_init(struct sim_tls_server *server)
{
    *server = (struct sim_tls_server){
        .cert = CERT(server_ec_chain_pem), .key = CERT(server_ec_key), .alert = -1};
}

void sim_tls_server_clear(struct sim_tls_server *server)
{
    size_t before = set_bound(server->out_len);

    while (server->conns != NULL) {
        struct sim_tls_conn *c = server->conns;

        server->conns = c->next;
        conn_release(c);
        free(c);
    }
    (void)set_bound(before);
}
