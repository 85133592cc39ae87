/* Connections inside each other's calls: TLS in TLS, a link that opens another connection, a socket
 * hook that does, and Mbed TLS contexts of the application beside ours. Each has its own bound and
 * its own memory, and gets both back. */
#include "stack/mbedtls/adjust.h" /* private fields */

#include "elastic_kit.h"

#include "conn.h"
#include "mbedtls/ssl.h"
#include "nested.h"
#include "plat_net.h"
#include "plat_random.h"
#include "stack/mbedtls/mbed.h"

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER

/* Their peers outlive a test that fails. */
static struct sim_tls_server inner_server;
static struct sim_tls_server innermost_server;
static struct sim_tls_server other_server;

/* --- a connection over another ---------------------------------------------------------------- */

/** The link's own code: nothing of the inner connection is in force, neither bound nor memory. */
static void look_round(struct tunnel *tunnel)
{
    (void)tunnel;
    kit_assert_bound();
    assert_null(et_mbed_current());
}

static void begin(struct tunnel *tunnel, esp_tls_t *outer, const esp_tls_cfg_t *cfg,
                  const esp_tls_memory_cfg_t *memory)
{
    assert_true(tunnel_init(tunnel, outer, "test.example", cfg, memory));
    tunnel->meanwhile = look_round;
    kit_assert_bound();
}

static void finish(struct tunnel *tunnel, esp_tls_t *socket_holder)
{
    tls_status st;

    while ((st = tunnel_shake_hands(tunnel)) != TLS_OK) {
        kit_assert_bound();
        if (!tls_is_waiting(st)) {
            fail_msg("inner handshake: status %d, -0x%x", st, (unsigned)tunnel->inner->err.stack);
        }
        (void)sim_wait(socket_holder);
    }
    kit_assert_bound();
}

static void end(struct tunnel *tunnel)
{
    tunnel_clear(tunnel);
    kit_assert_bound();
}

/** len bytes there and back. */
static void echo(struct tunnel *tunnel, esp_tls_t *socket_holder, size_t len)
{
    unsigned char buf[3000];
    size_t sent = 0;
    size_t got = 0;

    while (got < len) {
        ssize_t ret;
        size_t n = len - sent < sizeof(buf) ? len - sent : sizeof(buf);

        for (size_t i = 0; i < n; i++) {
            buf[i] = sim_pattern(sent + i);
        }
        ret = n > 0 ? esp_tls_conn_write(tunnel->inner, buf, n) : 0;
        kit_assert_bound();
        if (ret > 0) {
            sent += (size_t)ret;
            continue;
        }
        ret = esp_tls_conn_read(tunnel->inner, buf, sizeof(buf));
        kit_assert_bound();
        if (ret == ESP_TLS_ERR_SSL_WANT_READ) {
            (void)sim_wait(socket_holder);
            continue;
        }
        assert_true(ret > 0);
        for (size_t i = 0; i < (size_t)ret; i++) {
            assert_int_equal(buf[i], sim_pattern(got + i));
        }
        got += (size_t)ret;
    }
}

#define PAIRS 4

/** An inner connection of each version in an outer one of each. */
static void begin_pair(struct sim_case *t, size_t i, struct tunnel *tunnel,
                       const esp_tls_memory_cfg_t *memory)
{
    esp_tls_cfg_t cfg;

    kit_use(t, &kit_kinds[2 + i % 2]); /* the inner one's configuration; it is mutual */
    cfg = t->cfg;
    inner_server.version = t->server.version;
    inner_server.client_ca = t->server.client_ca;
    kit_use(t, &kit_kinds[i / 2]);
    t->server.inner = &inner_server;
    t->cfg.non_block = true;
    assert_int_equal(sim_connect_async(t, "test.example", 443), 1);
    begin(tunnel, t->tls, &cfg, memory);
    tunnel->arg = t;
}

/* --- TLS in TLS ------------------------------------------------------------------------------- */

/** Outer and inner of each version, with different limits and wires; the inner one mutual. */
static void test_tls_in_tls_opens(void **state)
{
    static const size_t wires[] = {0, 7, 1};
    static const esp_tls_memory_cfg_t small = {.out_content_len = 512};
    static const esp_tls_memory_cfg_t fixed = {.buffers = ESP_TLS_BUFFERS_FIXED,
                                               .out_content_len = 1000};
    const esp_tls_memory_cfg_t *const memories[] = {NULL, &small, &fixed};
    struct sim_case *t = *state;

    sim_tls_server_init(&inner_server);
    for (size_t i = 0; i < PAIRS; i++) {
        for (size_t w = 0; w < COUNT(wires) - (KIT_SLOW > 1); w++) {
            struct tunnel tunnel;

            kit_renew(t, memories[i % COUNT(memories)]);
            begin_pair(t, i, &tunnel, memories[(i + w) % COUNT(memories)]);
            sim_wire(0, wires[w], wires[w], 0);
            finish(&tunnel, t->tls);
            echo(&tunnel, t->tls, 9000);
            assert_true(tunnel.calls > 20);
            end(&tunnel);
            sim_wire(0, 0, 0, 0);
        }
    }
    kit_renew(t, NULL);
    sim_tls_server_clear(&inner_server);
}

/** Three deep: each read of the innermost runs two more inside it. */
static void test_tls_in_tls_in_tls_opens(void **state)
{
    struct sim_case *t = *state;
    struct tunnel first;
    struct tunnel second;
    esp_tls_cfg_t cfg = t->cfg;

    sim_tls_server_init(&inner_server);
    sim_tls_server_init(&innermost_server);
    t->server.inner = &inner_server;
    inner_server.inner = &innermost_server;
    inner_server.version = 12;
    t->server.version = 13;
    t->cfg.non_block = true;
    assert_int_equal(sim_connect_async(t, "test.example", 443), 1);
    begin(&first, t->tls, &cfg, NULL);
    finish(&first, t->tls);
    begin(&second, first.inner, &cfg, NULL);
    finish(&second, t->tls);
    echo(&second, t->tls, 20000);
    end(&second);
    end(&first);
    kit_renew(t, NULL);
    sim_tls_server_clear(&innermost_server);
    sim_tls_server_clear(&inner_server);
}

/** The inner connection has no memory for a record, in its handshake too: the stack's call may be
 *  repeated, and the outer one does not notice. */
static void test_tls_in_tls_without_memory_can_be_repeated(void **state)
{
    struct sim_case *t = *state;

    sim_tls_server_init(&inner_server);
    for (size_t i = 0; i < PAIRS; i++) {
        struct tunnel tunnel;
        unsigned failures = 0;
        tls_status st = TLS_WANT_READ;

        begin_pair(t, i, &tunnel, NULL);
        for (unsigned round = 0; st != TLS_OK; round++) {
            struct plat_account *account = &tunnel.inner->account;
            struct mbed *m = tunnel.inner->tls;

            if (round % 2 == 0) { /* every other call finds no room for a record */
                account->limit = account->total.live;
            }
            st = tunnel_shake_hands(&tunnel);
            account->limit = 0;
            kit_assert_bound();
            if (st == TLS_NO_MEM && m->buffers.starved) {
                assert_true(account->failure.purpose == PLAT_MEM_RECORD_IN ||
                            account->failure.purpose == PLAT_MEM_RECORD_OUT);
                et_error_clear(&tunnel.inner->err);
                tunnel.inner->err.now = ESP_TLS_PHASE_HANDSHAKE;
                failures++;
                st = TLS_WANT_READ;
                continue;
            }
            if (st == TLS_NO_MEM) { /* not a record: final, as it should be */
                break;
            }
            if (tls_is_waiting(st)) {
                (void)sim_wait(t->tls);
            } else {
                assert_int_equal(st, TLS_OK);
            }
        }
        assert_true(failures >= 1);
        end(&tunnel);
        kit_renew(t, NULL);
    }
    sim_tls_server_clear(&inner_server);
}

/* --- a link and a hook that open another connection ------------------------------------------- */

static unsigned opened;

/** Another connection from its configuration to its end, inside the inner one's read or write. */
static void open_another(struct tunnel *tunnel)
{
    const struct sim_case *t = tunnel->arg;
    esp_tls_cfg_t cfg = t->cfg;
    esp_tls_t *other;

    look_round(tunnel);
    if (tunnel->calls % 8 != 1) {
        return;
    }
    cfg.non_block = false;
    other = esp_tls_init();
    assert_int_equal(esp_tls_conn_new_sync("test.example", 12, 444, &cfg, other), 1);
    assert_int_equal(esp_tls_conn_write(other, "another", 7), 7);
    (void)esp_tls_conn_destroy(other);
    look_round(tunnel);
    opened++;
}

static void test_link_that_opens_another_connection_keeps_the_bound(void **state)
{
    struct sim_case *t = *state;

    sim_tls_server_init(&inner_server);
    sim_tls_server_init(&other_server);
    sim_host("127.0.0.1", 444, SIM_ACCEPT, 0, sim_tls_peer, &other_server);
    for (size_t i = 0; i < PAIRS; i++) {
        struct tunnel tunnel;

        opened = 0;
        begin_pair(t, i, &tunnel, NULL);
        tunnel.meanwhile = open_another;
        finish(&tunnel, t->tls);
        echo(&tunnel, t->tls, 3000);
        assert_true(opened >= 3);
        end(&tunnel);
        kit_renew(t, NULL);
    }
    sim_tls_server_clear(&inner_server);
    sim_tls_server_clear(&other_server);
}

static esp_err_t hook(int sockfd, const char *address, void *arg)
{
    struct sim_case *t = arg;
    esp_tls_t *other = esp_tls_init();
    int ret;

    (void)sockfd;
    (void)address;
    ret = esp_tls_conn_new_sync("test.example", 12, 444, &t->cfg, other);
    kit_assert_bound();
    (void)esp_tls_conn_destroy(other);
    kit_assert_bound();
    opened += ret == 1;
    return ESP_OK;
}

static void test_socket_hook_that_opens_another_connection_keeps_the_bound(void **state)
{
    struct sim_case *t = *state;

    sim_tls_server_init(&other_server);
    sim_host("127.0.0.1", 444, SIM_ACCEPT, 0, sim_tls_peer, &other_server);
    opened = 0;
    for (size_t i = 0; i < 4; i++) {
        kit_use(t, &kit_kinds[i]);
        other_server.version = 25 - t->server.version;
        assert_int_equal(esp_tls_set_socket_hook(t->tls, hook, t), ESP_OK);
        kit_open(t);
        kit_echo(t, 5000);
        kit_renew(t, NULL);
    }
    assert_int_equal(opened, 4);
    sim_tls_server_clear(&other_server);
}

/* --- the application's own contexts ----------------------------------------------------------- */

struct own {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt ca;
    plat_stream stream;
};

static int own_random(void *arg, unsigned char *buf, size_t len)
{
    (void)arg;
    return plat_random(buf, len);
}

static int own_send(void *arg, const unsigned char *buf, size_t len)
{
    size_t n;

    return plat_stream_write(((struct own *)arg)->stream, buf, len, &n) == PLAT_OK
               ? (int)n
               : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int own_recv(void *arg, unsigned char *buf, size_t len)
{
    size_t n;

    return plat_stream_read(((struct own *)arg)->stream, buf, len, &n) == PLAT_OK
               ? (int)n
               : MBEDTLS_ERR_SSL_WANT_READ;
}

static void own_init(struct own *own, int version)
{
    struct plat_addr addr;
    mbedtls_ssl_protocol_version v =
        version == 13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;

    mbedtls_ssl_init(&own->ssl);
    mbedtls_ssl_config_init(&own->conf);
    mbedtls_x509_crt_init(&own->ca);
    assert_int_equal(mbedtls_x509_crt_parse(&own->ca, cert_root_ec_pem, sizeof(cert_root_ec_pem)),
                     0);
    assert_int_equal(mbedtls_ssl_config_defaults(&own->conf, MBEDTLS_SSL_IS_CLIENT,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    mbedtls_ssl_conf_rng(&own->conf, own_random, NULL);
    mbedtls_ssl_conf_ca_chain(&own->conf, &own->ca, NULL);
    mbedtls_ssl_conf_min_tls_version(&own->conf, v);
    mbedtls_ssl_conf_max_tls_version(&own->conf, v);
    assert_int_equal(mbedtls_ssl_setup(&own->ssl, &own->conf), 0);
    assert_int_equal(mbedtls_ssl_set_hostname(&own->ssl, "test.example"), 0);
    mbedtls_ssl_set_bio(&own->ssl, own, own_send, own_recv, NULL);
    assert_true(plat_addr_parse("127.0.0.1", 9, &addr));
    addr.port = 445;
    assert_int_equal(plat_stream_open(&own->stream, addr.family), 0);
    assert_int_equal(plat_stream_connect(own->stream, &addr), PLAT_OK);
}

/** A step of its handshake. @return 0 when that is over */
static int own_step(struct own *own)
{
    int ret = mbedtls_ssl_handshake_step(&own->ssl);

    assert_true(ret == 0 || ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE);
    return ret == 0 && !mbedtls_ssl_is_handshake_over(&own->ssl) ? MBEDTLS_ERR_SSL_WANT_WRITE : ret;
}

static void own_clear(struct own *own)
{
    mbedtls_ssl_free(&own->ssl);
    mbedtls_ssl_config_free(&own->conf);
    mbedtls_x509_crt_free(&own->ca);
    (void)plat_stream_close(own->stream);
}

/** An application's context shakes hands and moves data in the gaps of ours, in one thread. It has
 *  Mbed TLS's own buffers, at Kconfig's sizes. */
static void test_own_context_beside_ours_has_fixed_buffers(void **state)
{
    struct sim_case *t = *state;
    static unsigned char data[ESP_TLS_MBED_OUT_CONTENT_LEN];

    sim_tls_server_init(&other_server);
    sim_host("127.0.0.1", 445, SIM_ACCEPT_NOW, 0, sim_tls_peer, &other_server);
    for (size_t i = 0; i < 4; i++) {
        struct own own;
        int ours = 0;
        int theirs = MBEDTLS_ERR_SSL_WANT_READ;
        size_t got = 0;

        kit_use(t, &kit_kinds[i]);
        t->cfg.non_block = true;
        other_server.version = i % 2 == 0 ? 12 : 13;
        own_init(&own, other_server.version);
        assert_in_range(plat_alloc_size(own.ssl.in_buf), 16384, 17000);
        assert_in_range(plat_alloc_size(own.ssl.out_buf), ESP_TLS_MBED_OUT_CONTENT_LEN,
                        ESP_TLS_MBED_OUT_CONTENT_LEN + 500);
        while (ours == 0 || theirs != 0) {
            if (theirs != 0) {
                theirs = own_step(&own);
            }
            if (ours == 0) {
                ours = esp_tls_conn_new_async("test.example", 12, 443, &t->cfg, t->tls);
                assert_true(ours >= 0);
            }
            kit_assert_bound();
            sim_advance_us(1);
        }
        for (size_t at = 0; at < sizeof(data); at++) {
            data[at] = sim_pattern(at);
        }
        assert_int_equal(esp_tls_conn_write(t->tls, data, 100), 100);
        theirs = mbedtls_ssl_write(&own.ssl, data, sizeof(data));
        assert_in_range(theirs, sizeof(data) - 16, sizeof(data)); /* one record */
        sim_advance_us(1);
        sim_receive(t, 0, 50);
        while (got < (size_t)theirs) {
            int ret = mbedtls_ssl_read(&own.ssl, data, sizeof(data));

            if (ret == MBEDTLS_ERR_SSL_WANT_READ) {
                sim_advance_us(1);
                continue;
            }
            assert_true(ret > 0);
            assert_int_equal(data[0], sim_pattern(got));
            got += (size_t)ret;
        }
        sim_receive(t, 50, 50);
        kit_assert_at_rest(t);
        own_clear(&own);
        kit_renew(t, NULL);
    }
    sim_tls_server_clear(&other_server);
}

static void make_own(struct tunnel *tunnel)
{
    look_round(tunnel);
    if (tunnel->calls == 1) {
        own_init(tunnel->arg, 13);
    }
}

/** A context that the link's own code makes in the middle of our handshake is not charged to us,
 *  may outlive us, and has buffers of full size. */
static void test_link_that_makes_its_own_context_gets_full_buffers(void **state)
{
    static struct own own;
    struct sim_case *t = *state;
    struct tunnel tunnel;

    sim_tls_server_init(&inner_server);
    sim_tls_server_init(&other_server);
    sim_host("127.0.0.1", 445, SIM_ACCEPT_NOW, 0, sim_tls_peer, &other_server);
    begin_pair(t, 0, &tunnel, NULL);
    tunnel.meanwhile = make_own;
    tunnel.arg = &own;
    finish(&tunnel, t->tls);
    assert_in_range(plat_alloc_size(own.ssl.in_buf), 16384, 17000);
    assert_in_range(plat_alloc_size(own.ssl.out_buf), ESP_TLS_MBED_OUT_CONTENT_LEN,
                    ESP_TLS_MBED_OUT_CONTENT_LEN + 500);
    assert_true(tunnel.inner->account.total.peak < 16384);
    end(&tunnel);
    while (own_step(&own) != 0) {
        sim_advance_us(1);
    }
    own_clear(&own);
    kit_renew(t, NULL);
    sim_tls_server_clear(&inner_server);
    sim_tls_server_clear(&other_server);
}

/** esp_tls_get_ssl_context() is to be read: what it says is right, elastic or not. */
static void test_ssl_context_can_be_read(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < 4; i++) {
        const mbedtls_ssl_context *ssl;

        kit_use(t, &kit_kinds[i]);
        kit_open(t);
        ssl = esp_tls_get_ssl_context(t->tls);
        assert_non_null(ssl);
        assert_string_equal(mbedtls_ssl_get_version(ssl),
                            kit_kinds[i].version == 13 ? "TLSv1.3" : "TLSv1.2");
        assert_non_null(mbedtls_ssl_get_ciphersuite(ssl));
        assert_int_equal(mbedtls_ssl_get_bytes_avail(ssl), 0);
        assert_int_equal(mbedtls_ssl_check_pending(ssl), 0);
        assert_int_equal(mbedtls_ssl_get_verify_result(ssl), 0);
        kit_echo(t, 10);
        kit_renew(t, NULL);
    }
}

/** PSA's slots for as many keys as there are at once here stay with the process: make them before
 *  anything is counted. */
static int make_key_slots(void **state)
{
    static const uint8_t key[16];
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t ids[100];

    (void)state;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_algorithm(&attributes, PSA_ALG_GCM);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    for (size_t i = 0; i < COUNT(ids); i++) {
        assert_int_equal(psa_import_key(&attributes, key, sizeof(key), &ids[i]), PSA_SUCCESS);
    }
    for (size_t i = 0; i < COUNT(ids); i++) {
        assert_int_equal(psa_destroy_key(ids[i]), PSA_SUCCESS);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_tls_in_tls_opens),
        sim_test(test_tls_in_tls_in_tls_opens),
        sim_test(test_tls_in_tls_without_memory_can_be_repeated),
        sim_test(test_link_that_opens_another_connection_keeps_the_bound),
        sim_test(test_socket_hook_that_opens_another_connection_keeps_the_bound),
        sim_test(test_own_context_beside_ours_has_fixed_buffers),
        sim_test(test_link_that_makes_its_own_context_gets_full_buffers),
        sim_test(test_ssl_context_can_be_read),
    };

    return cmocka_run_group_tests(tests, make_key_slots, NULL);
}

#else

int main(void)
{
    return 0; /* this build has fixed buffers only */
}

#endif
