/* Eight threads, a hundred connections each (25 on 32 bits, where an emulator makes them slow),
 * every thread with memory settings of its own, at the same time, every fourth one TLS in TLS: the
 * output bound and the ledger's scopes belong to the thread. Meant for ThreadSanitizer. */
#ifndef MBEDTLS_ALLOW_PRIVATE_ACCESS
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "esp_log.h"
#include "esp_tls.h"
#include "esp_tls_memory.h"
#include "esp_tls_record.h"
#include "mbedtls/pk.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "nested.h"
#include "plat_random.h"
#include "psa/crypto.h"
#include "test_certs.h"

#define CONNECTIONS  (UINTPTR_MAX > UINT32_MAX ? 100 : 25)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DATA         9000u

static _Alignas(16) unsigned char arena[48 * 1024];

static const struct row {
    const char *name;
    esp_tls_memory_cfg_t memory;
    bool rx_static;
    bool is_too_little;
} rows[] = {
    {.name = "elastic"},
    {.name = "limit", .memory = {.limit = 64 * 1024}},
    {.name = "fixed", .memory = {.buffers = ESP_TLS_BUFFERS_FIXED}},
    {.name = "fixed and small",
     .memory = {.buffers = ESP_TLS_BUFFERS_FIXED, .in_content_len = 8192, .out_content_len = 512}},
    {.name = "small output", .memory = {.out_content_len = 512}},
    {.name = "arena", .memory = {.arena = arena, .arena_size = sizeof(arena)}},
    {.name = "static input", .rx_static = true},
    {.name = "too little", .memory = {.limit = 5000}, .is_too_little = true},
};

/** What a connection is: one with the row's memory, or two, of which one has it. */
enum shape {
    PLAIN,
    ROW_OUTSIDE,
    ROW_INSIDE
};

static const enum shape shapes[8] = {[1] = ROW_OUTSIDE, [5] = ROW_INSIDE};

struct job {
    int fd;
    enum shape shape;
    int version; /* of the outer one; the inner one's is the other where there are two */
};

struct side {
    const struct row *row;
    int to_server[2]; /* of struct job */
    unsigned good;
    char wrong[200];
};

/* --- the server's side ------------------------------------------------------------------------ */

static int random_bytes(void *arg, unsigned char *buf, size_t len)
{
    (void)arg;
    return plat_random(buf, len);
}

static int send_bytes(void *arg, const unsigned char *buf, size_t len)
{
    ssize_t n = send(*(int *)arg, buf, len, MSG_NOSIGNAL);

    return n > 0 ? (int)n : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int recv_bytes(void *arg, unsigned char *buf, size_t len)
{
    ssize_t n = recv(*(int *)arg, buf, len, 0);

    return n >= 0 ? (int)n : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int send_inside(void *outer, const unsigned char *buf, size_t len)
{
    return mbedtls_ssl_write(outer, buf, len);
}

static int recv_inside(void *outer, unsigned char *buf, size_t len)
{
    int ret = mbedtls_ssl_read(outer, buf, len);

    return ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? 0 : ret;
}

static void echo(mbedtls_ssl_context *ssl)
{
    unsigned char buf[2048];
    int n;

    while ((n = mbedtls_ssl_read(ssl, buf, sizeof(buf))) > 0 &&
           mbedtls_ssl_write(ssl, buf, (size_t)n) == n) {
    }
}

static void serve_once(mbedtls_ssl_config *conf, struct job *job)
{
    mbedtls_ssl_context outer;
    mbedtls_ssl_context inner;

    mbedtls_ssl_init(&outer);
    mbedtls_ssl_init(&inner);
    if (mbedtls_ssl_setup(&outer, conf) == 0 && mbedtls_ssl_setup(&inner, conf) == 0) {
        mbedtls_ssl_set_bio(&outer, &job->fd, send_bytes, recv_bytes, NULL);
        mbedtls_ssl_set_bio(&inner, &outer, send_inside, recv_inside, NULL);
        if (mbedtls_ssl_handshake(&outer) == 0) {
            if (job->shape == PLAIN) {
                echo(&outer);
            } else if (mbedtls_ssl_handshake(&inner) == 0) {
                echo(&inner);
            }
        }
    }
    mbedtls_ssl_free(&inner);
    mbedtls_ssl_free(&outer);
    (void)close(job->fd);
}

static void *serve(void *arg)
{
    struct side *side = arg;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt cert;
    mbedtls_pk_context key;
    struct job job;

    mbedtls_ssl_config_init(&conf);
    mbedtls_x509_crt_init(&cert);
    mbedtls_pk_init(&key);
    (void)mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                      MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&conf, random_bytes, NULL);
    (void)mbedtls_x509_crt_parse(&cert, cert_server_ec_chain_pem, sizeof(cert_server_ec_chain_pem));
    (void)mbedtls_pk_parse_key(&key, cert_server_ec_key, sizeof(cert_server_ec_key), NULL, 0,
                               random_bytes, NULL);
    (void)mbedtls_ssl_conf_own_cert(&conf, &cert, &key);
    while (read(side->to_server[0], &job, sizeof(job)) == (ssize_t)sizeof(job)) {
        serve_once(&conf, &job);
    }
    mbedtls_pk_free(&key);
    mbedtls_x509_crt_free(&cert);
    mbedtls_ssl_config_free(&conf);
    return NULL;
}

/* --- the client's side ------------------------------------------------------------------------ */

/** Send and get back. @return false when a byte is wrong or missing */
static bool exchange(esp_tls_t *tls)
{
    unsigned char data[DATA];
    unsigned char back[DATA];
    size_t sent = 0;
    size_t got = 0;

    for (size_t i = 0; i < DATA; i++) {
        data[i] = (unsigned char)(i * 7 + i / 256);
    }
    while (got < DATA) {
        ssize_t n = sent < DATA ? esp_tls_conn_write(tls, data + sent, 1500) : 0;

        if (n < 0) {
            return false;
        }
        sent += (size_t)n;
        n = esp_tls_conn_read(tls, back + got, DATA - got);
        if (n <= 0) {
            return false;
        }
        got += (size_t)n;
    }
    return memcmp(data, back, DATA) == 0;
}

static esp_tls_cfg_t configuration(const struct row *row, int version)
{
    esp_tls_cfg_t cfg = {.cacert_buf = cert_root_ec_pem,
                         .cacert_bytes = sizeof(cert_root_ec_pem),
                         .timeout_ms = 60000};

    cfg.tls_version = version == 12 ? ESP_TLS_VER_TLS_1_2 : ESP_TLS_VER_TLS_1_3;
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    cfg.esp_tls_dyn_buf_strategy =
        row->rx_static ? ESP_TLS_DYN_BUF_RX_STATIC : (esp_tls_dyn_buf_strategy_t)0;
#else
    (void)row;
#endif
    return cfg;
}

static bool open_outer(esp_tls_t *tls, const esp_tls_cfg_t *cfg, int fd)
{
    (void)esp_tls_set_conn_sockfd(tls, fd);
    (void)esp_tls_set_conn_state(tls, ESP_TLS_CONNECTING);
    return esp_tls_conn_new_sync("localhost", 9, 443, cfg, tls) == 1;
}

static bool open_inner(struct tunnel *tunnel)
{
    tls_status st;

    do { /* the outer one waits */
        st = tunnel_shake_hands(tunnel);
    } while (tls_is_waiting(st));
    return st == TLS_OK;
}

/** @param with_row  the handle that has the row's memory */
static bool check(struct side *side, esp_tls_t *with_row, bool opened, esp_tls_t *top)
{
    bool is_too_little = side->row->is_too_little;
    esp_tls_record_t record = {0};
    bool ok = opened ? !is_too_little && exchange(top) : is_too_little;

    (void)esp_tls_get_record(with_row, &record);
    ok = ok && record.cause == (is_too_little ? ESP_TLS_CAUSE_NO_MEM : ESP_TLS_CAUSE_NONE);
    if (!ok) {
        snprintf(side->wrong, sizeof(side->wrong), "%s: phase %s, %s, code 0x%x", side->row->name,
                 esp_tls_phase_name(record.phase), esp_tls_cause_name(record.cause),
                 (unsigned)record.stack_code);
    }
    return ok;
}

/** @return true: as the row says it should be */
static bool run_nested(struct side *side, const struct job *job, esp_tls_t *outer)
{
    bool is_inside = job->shape == ROW_INSIDE;
    esp_tls_cfg_t cfg = configuration(side->row, 25 - job->version);
    struct tunnel tunnel;
    bool opened =
        tunnel_init(&tunnel, outer, "localhost", &cfg, is_inside ? &side->row->memory : NULL) &&
        open_inner(&tunnel);
    bool ok = check(side, is_inside ? tunnel.inner : outer, opened, tunnel.inner);

    tunnel_clear(&tunnel);
    return ok;
}

static bool run_one(struct side *side, const struct job *job)
{
    static const esp_tls_memory_cfg_t as_kconfig_says;
    esp_tls_cfg_t cfg = configuration(side->row, job->version);
    esp_tls_t *tls =
        esp_tls_init_with_memory(job->shape == ROW_INSIDE ? &as_kconfig_says : &side->row->memory);
    bool opened = tls != NULL && open_outer(tls, &cfg, job->fd);
    bool ok;

    if (opened && job->shape != PLAIN) {
        ok = run_nested(side, job, tls);
    } else {
        ok = check(side, tls, opened, tls);
    }
    if (tls != NULL) {
        (void)esp_tls_conn_destroy(tls);
    }
    return ok;
}

static void *connect_all(void *arg)
{
    struct side *side = arg;
    int ends[2];

    for (int i = 0; i < CONNECTIONS && side->wrong[0] == '\0'; i++) {
        struct job job = {.shape = shapes[i % 8], .version = 12 + i / 8 % 2};

        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
            snprintf(side->wrong, sizeof(side->wrong), "no socket");
            break;
        }
        job.fd = ends[1];
        if (write(side->to_server[1], &job, sizeof(job)) != (ssize_t)sizeof(job)) {
            snprintf(side->wrong, sizeof(side->wrong), "no server");
            break;
        }
        job.fd = ends[0];
        side->good += run_one(side, &job);
    }
    (void)close(side->to_server[1]);
    return NULL;
}

static void test_memory_settings_of_eight_threads_do_not_mix(void **state)
{
    struct side sides[COUNT(rows)] = {0};
    pthread_t clients[COUNT(rows)];
    pthread_t servers[COUNT(rows)];

    (void)state;
    esp_log_level_set("*", ESP_LOG_NONE);
    /* The servers are Mbed TLS's own, and these two are not safe for threads in it. */
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    assert_non_null(mbedtls_ssl_list_ciphersuites());
    for (size_t i = 0; i < COUNT(rows); i++) {
        sides[i].row = &rows[i];
        assert_int_equal(pipe(sides[i].to_server), 0);
        assert_int_equal(pthread_create(&servers[i], NULL, serve, &sides[i]), 0);
        assert_int_equal(pthread_create(&clients[i], NULL, connect_all, &sides[i]), 0);
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)pthread_join(clients[i], NULL);
        (void)pthread_join(servers[i], NULL);
        (void)close(sides[i].to_server[0]);
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(sides[i].wrong, "");
        assert_int_equal(sides[i].good, CONNECTIONS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_settings_of_eight_threads_do_not_mix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
