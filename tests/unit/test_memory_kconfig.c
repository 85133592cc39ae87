/* What each setting of Kconfig that is about memory changes in the ledger. The same program is
 * built with both values of each (CMakePresets.json: default, insecure, kept, custom); a row says
 * here what each of them promises. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "elastic_kit.h"

#include "conn.h"
#include "esp_heap_caps.h"
#include "mbedtls/ssl.h"

#define OVERHEAD 600u /* of a record buffer at most, over its content */

/* The sizes of one connection before and after, whatever they are called. */
#ifdef CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN
#define IN_LEN  CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN
#define OUT_LEN CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN
#else
#define IN_LEN  CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN
#define OUT_LEN CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN
#endif

static esp_tls_mem_use_t of(const struct sim_case *t, esp_tls_mem_purpose_t purpose)
{
    return kit_stats(t).by_purpose[purpose];
}

/** What Mbed TLS took: the whole of it, unless the program's own allocator serves it. */
#ifdef CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC
#include "custom_mem.h"

static size_t taken(const struct sim_case *t)
{
    return kit_stats(t).total.live + custom_mem_live;
}
#else
static size_t taken(const struct sim_case *t)
{
    return kit_stats(t).total.live;
}
#endif

static void open_it(struct sim_case *t)
{
    assert_int_equal(sim_connect(t), 1);
}

/** What an open connection of that kind holds. */
static size_t held(struct sim_case *t, const struct kit_kind *kind)
{
    size_t size;

    kit_use(t, kind);
    open_it(t);
    size = taken(t);
    kit_renew(t, NULL);
    return size;
}

/* --- MBEDTLS_DYNAMIC_BUFFER "Using dynamic TX/RX buffer" -------------------------------------- */

static void test_dynamic_buffer_decides_whether_buffers_stay(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < KIT_KINDS; i++) {
        kit_use(t, &kit_kinds[i]);
        open_it(t);
        sim_send(t, 1000);
        sim_receive(t, 0, 1000);
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
        assert_int_equal(kit_record_live(t), 0);
        assert_true(of(t, ESP_TLS_MEM_RECORD_IN).peak > 1000);
#elif !defined(CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC)
        assert_in_range(of(t, ESP_TLS_MEM_RECORD_IN).live, IN_LEN, IN_LEN + OVERHEAD);
        assert_in_range(of(t, ESP_TLS_MEM_RECORD_OUT).live, OUT_LEN, OUT_LEN + OVERHEAD);
#endif
        kit_renew(t, NULL);
    }
}

/* --- MBEDTLS_DYNAMIC_FREE_PEER_CERT "Free SSL peer certificate after its usage",
 *     MBEDTLS_SSL_KEEP_PEER_CERTIFICATE "Keep peer certificate after handshake completion" --- */

#if defined(CONFIG_MBEDTLS_SSL_KEEP_PEER_CERTIFICATE) ||                                           \
    (defined(CONFIG_MBEDTLS_DYNAMIC_BUFFER) && !defined(CONFIG_MBEDTLS_DYNAMIC_FREE_PEER_CERT))
#define KEEPS_PEER true
#else
#define KEEPS_PEER false
#endif

static void test_peer_certificate_is_kept_or_freed(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) {
        const mbedtls_x509_crt *peer;
        size_t chain;
        size_t leaf;

        kit_use(t, &kit_kinds[i]);
        t->cfg.cacert_buf = cert_server_ec_chain_pem; /* the intermediate is an anchor */
        t->cfg.cacert_bytes = sizeof(cert_server_ec_chain_pem);
        open_it(t);
        peer = mbedtls_ssl_get_peer_cert(esp_tls_get_ssl_context(t->tls));
        if (KEEPS_PEER) {
            assert_non_null(peer);
            assert_non_null(peer->next); /* leaf and intermediate */
            assert_true(peer->raw.len > 300 && peer->next->raw.len > 300);
        } else {
            assert_null(peer);
        }
        chain = taken(t);
        kit_renew(t, NULL);
        t->server.cert = CERT(server_ec_pem); /* the leaf alone */
        open_it(t);
        leaf = taken(t);
        kit_renew(t, NULL);
        assert_int_equal(chain > leaf + 300, KEEPS_PEER);
        assert_true(KEEPS_PEER || chain == leaf);
    }
}

/* --- MBEDTLS_DYNAMIC_FREE_CONFIG_DATA "Free certificate, key and DHM data after its usage" ---- */

static void test_own_certificate_and_key_are_kept_or_freed(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) { /* TLS 1.3 and 1.2 */
        size_t without = held(t, &kit_kinds[i]);
        size_t with_ec = held(t, &kit_kinds[i + 2]);

#ifdef CONFIG_MBEDTLS_DYNAMIC_FREE_CONFIG_DATA
        assert_int_equal(with_ec, without);
#else
        assert_true(with_ec > without + 500); /* a chain of two, parsed, and a key */
#endif
        kit_use(t, &kit_kinds[i + 4]); /* RSA: the key is over a kilobyte */
        open_it(t);
#ifdef CONFIG_MBEDTLS_DYNAMIC_FREE_CONFIG_DATA
        assert_int_equal(of(t, ESP_TLS_MEM_KEY).live, 0);
#elif !defined(CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC)
        assert_true(of(t, ESP_TLS_MEM_KEY).live > 1000);
#endif
        kit_renew(t, NULL);
    }
}

/* --- MBEDTLS_DYNAMIC_FREE_CA_CERT "Free SSL CA certificate after its usage" ------------------- */

static void test_anchors_are_kept_or_freed(void **state)
{
    struct sim_case *t = *state;
    static unsigned char three[8192];
    size_t len = sizeof(cert_root_ec_pem) - 1;
    size_t one;
    size_t all;

    memcpy(three, cert_root_ec_pem, len);
    memcpy(three + len, cert_root_rsa_pem, sizeof(cert_root_rsa_pem) - 1);
    len += sizeof(cert_root_rsa_pem) - 1;
    memcpy(three + len, cert_root_other_pem, sizeof(cert_root_other_pem));
    len += sizeof(cert_root_other_pem);
    for (size_t i = 0; i < 2; i++) {
        kit_use(t, &kit_kinds[i]);
        open_it(t);
        one = taken(t);
        kit_renew(t, NULL);
        t->cfg.cacert_buf = three;
        t->cfg.cacert_bytes = (unsigned)len;
        open_it(t);
        all = taken(t);
        kit_renew(t, NULL);
#ifdef CONFIG_MBEDTLS_DYNAMIC_FREE_CA_CERT
        assert_int_equal(all, one);
#else
        assert_true(all > one + 2 * 400); /* two more, parsed */
#endif
    }
}

/* --- MBEDTLS_ASYMMETRIC_CONTENT_LEN, MBEDTLS_SSL_IN_CONTENT_LEN, _OUT_, _MAX_ ----------------- */

static void test_out_content_len_bounds_what_is_sent(void **state)
{
    struct sim_case *t = *state;
    static unsigned char data[40000];

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = sim_pattern(i);
    }
    for (size_t i = 0; i < 2; i++) {
        kit_use(t, &kit_kinds[i]);
        open_it(t);
        assert_int_equal(esp_tls_reset_memory_stats(t->tls), ESP_OK);
        assert_int_equal(esp_tls_conn_write(t->tls, data, sizeof(data)), sizeof(data));
        sim_receive(t, 0, sizeof(data));
#if defined(CONFIG_MBEDTLS_DYNAMIC_BUFFER) || !defined(CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC)
        assert_in_range(of(t, ESP_TLS_MEM_RECORD_OUT).peak, OUT_LEN, OUT_LEN + OVERHEAD);
#endif
        kit_renew(t, NULL);
    }
}

/** A record of exactly the limit is read; a larger one is refused, with both sizes. */
static void test_in_content_len_bounds_what_is_read(void **state)
{
    static const struct sim_tls_step scripts[][2] = {{{SIM_TLS_SEND, IN_LEN}, {SIM_TLS_END, 0}},
                                                     {{SIM_TLS_RECORD, 16384}, {SIM_TLS_END, 0}}};
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) {
        unsigned char byte;

        kit_use(t, &kit_kinds[i]);
        t->server.script = scripts[0];
        t->server.out_len = 16384;
        t->server.record = 16384;
        open_it(t);
        sim_receive(t, 0, IN_LEN);
#if defined(CONFIG_MBEDTLS_DYNAMIC_BUFFER)
        assert_in_range(of(t, ESP_TLS_MEM_RECORD_IN).peak, IN_LEN, IN_LEN + OVERHEAD);
#endif
        kit_renew(t, NULL);
        t->server.script = scripts[1];
        open_it(t);
        assert_true(esp_tls_conn_read(t->tls, &byte, 1) < 0);
#if defined(CONFIG_MBEDTLS_DYNAMIC_BUFFER)
        if (IN_LEN < 16384) { /* else it is only a forged one */
            assert_int_equal(sim_record(t).record_limit, IN_LEN);
            assert_int_equal(sim_record(t).record_len, 16384);
            assert_true(of(t, ESP_TLS_MEM_RECORD_IN).peak <= IN_LEN + OVERHEAD);
        }
#endif
        kit_renew(t, NULL);
    }
}

/* --- MBEDTLS_MEM_ALLOC_MODE "Memory allocation strategy" -------------------------------------- */

#define REGION 200000u

static size_t used(uint32_t caps)
{
    return REGION - heap_caps_get_free_size(caps);
}

static void test_memory_comes_from_the_region_that_was_chosen(void **state)
{
    struct sim_case *t = *state;
    size_t internal;
    size_t external;
    size_t rest; /* of a region: its own state */

    (void)esp_tls_conn_destroy(t->tls);
    t->tls = NULL;
    assert_int_equal(heap_caps_simulate(REGION, MALLOC_CAP_INTERNAL), ESP_OK);
    assert_int_equal(heap_caps_simulate(REGION, MALLOC_CAP_SPIRAM), ESP_OK);
    rest = used(MALLOC_CAP_INTERNAL);
    assert_int_equal(used(MALLOC_CAP_SPIRAM), rest);
    t->tls = esp_tls_init();
    open_it(t);
    sim_send(t, 3000);
    sim_receive(t, 0, 3000);
    internal = used(MALLOC_CAP_INTERNAL) - rest;
    external = used(MALLOC_CAP_SPIRAM) - rest;
#if defined(CONFIG_MBEDTLS_INTERNAL_MEM_ALLOC)
    assert_true(internal >= kit_stats(t).total.live && external == 0);
#elif defined(CONFIG_MBEDTLS_EXTERNAL_MEM_ALLOC)
    assert_true(external >= kit_stats(t).total.live && internal == 0);
#elif defined(CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC)
    assert_true(internal == 0 && external == 0);
    assert_true(custom_mem_live > 300);
    assert_in_range(custom_mem_largest, 1000, 4095); /* no record buffer was asked for */
#else
    assert_true(internal == 0 && external == 0 && kit_stats(t).total.live > 1000);
#endif
    (void)esp_tls_conn_destroy(t->tls);
    t->tls = NULL;
    assert_int_equal(heap_caps_simulate(0, MALLOC_CAP_INTERNAL), ESP_OK);
    assert_int_equal(heap_caps_simulate(0, MALLOC_CAP_SPIRAM), ESP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_dynamic_buffer_decides_whether_buffers_stay),
        sim_test(test_peer_certificate_is_kept_or_freed),
        sim_test(test_own_certificate_and_key_are_kept_or_freed),
        sim_test(test_anchors_are_kept_or_freed),
        sim_test(test_out_content_len_bounds_what_is_sent),
        sim_test(test_in_content_len_bounds_what_is_read),
        sim_test(test_memory_comes_from_the_region_that_was_chosen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
