/* What threads may do at the same time: connect each with its own handle, cancel each other's, and
 * change the global CA store under all of them. Over real sockets, for ThreadSanitizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "esp_log.h"
#include "esp_tls.h"
#include "esp_tls_async.h"
#include "esp_tls_record.h"
#include "esp_transport_async.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "mbedtls/pk.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "plat_random.h"
#include "psa/crypto.h"
#include "test_certs.h"

#define THREADS 4

/* --- the server: one thread per connection, echoes until the end ------------------------------ */

static int listener = -1;
static uint16_t port;
static bool is_silent; /* accepts and says nothing; set while no connection is open */

static int random_bytes(void *arg, unsigned char *buf, size_t len)
{
    (void)arg;
    return plat_random(buf, len);
}

static int send_bytes(void *arg, const unsigned char *buf, size_t len)
{
    ssize_t n = send(*(const int *)arg, buf, len, MSG_NOSIGNAL);

    return n > 0 ? (int)n : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int recv_bytes(void *arg, unsigned char *buf, size_t len)
{
    ssize_t n = recv(*(const int *)arg, buf, len, 0);

    return n >= 0 ? (int)n : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static void serve_tls(int *fd)
{
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt crt;
    mbedtls_pk_context key;
    unsigned char buf[256];
    int n;

    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_config_init(&conf);
    mbedtls_x509_crt_init(&crt);
    mbedtls_pk_init(&key);
    if (mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) == 0 &&
        mbedtls_x509_crt_parse(&crt, cert_server_ec_chain_pem, sizeof(cert_server_ec_chain_pem)) ==
            0 &&
        mbedtls_pk_parse_key(&key, cert_server_ec_key, sizeof(cert_server_ec_key), NULL, 0,
                             random_bytes, NULL) == 0 &&
        mbedtls_ssl_conf_own_cert(&conf, &crt, &key) == 0) {
        mbedtls_ssl_conf_rng(&conf, random_bytes, NULL);
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_PROTO_TLS1_3)
        mbedtls_ssl_conf_new_session_tickets(&conf, 0);
#endif
        if (mbedtls_ssl_setup(&ssl, &conf) == 0) {
            mbedtls_ssl_set_bio(&ssl, fd, send_bytes, recv_bytes, NULL);
            while ((n = mbedtls_ssl_read(&ssl, buf, sizeof(buf))) > 0 &&
                   mbedtls_ssl_write(&ssl, buf, (size_t)n) > 0) {
            }
        }
    }
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&conf);
    mbedtls_x509_crt_free(&crt);
    mbedtls_pk_free(&key);
}

static void *serve_one(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char dropped[256];

    if (__atomic_load_n(&is_silent, __ATOMIC_ACQUIRE)) {
        while (recv(fd, dropped, sizeof(dropped), 0) > 0) {
        }
    } else {
        serve_tls(&fd);
    }
    (void)close(fd);
    return NULL;
}

static void *serve(void *unused)
{
    int fd;

    (void)unused;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) != 0) {
            (void)close(fd);
            continue;
        }
        (void)pthread_detach(thread);
    }
    return NULL;
}

static int start_server(void **state)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(addr);
    pthread_t thread;

    (void)state;
    esp_log_level_set("*", ESP_LOG_NONE);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (psa_crypto_init() != PSA_SUCCESS || listener < 0 ||
        bind(listener, (struct sockaddr *)&addr, sizeof(addr)) != 0 || listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&addr, &len) != 0 ||
        pthread_create(&thread, NULL, serve, NULL) != 0) {
        return -1;
    }
    port = ntohs(addr.sin_port);
    return pthread_detach(thread);
}

/* --- the clients ------------------------------------------------------------------------------ */

/** Threads cannot use cmocka's assertions: what went wrong is told to the one that joins them. */
struct worker {
    pthread_t thread;
    unsigned number;
    unsigned rounds;
    unsigned good;
    char wrong[160];
};

static void complain(struct worker *w, const char *what, const esp_tls_record_t *r)
{
    if (w->wrong[0] == '\0') {
        (void)snprintf(w->wrong, sizeof(w->wrong), "%s: %s in %s, stack -0x%x, errno %d", what,
                       esp_tls_cause_name(r->cause), esp_tls_phase_name(r->phase),
                       (unsigned)r->stack_code, r->os_errno);
    }
}

static void run_workers(struct worker *workers, size_t count, void *(*fn)(void *))
{
    for (size_t i = 0; i < count; i++) {
        workers[i].number = (unsigned)i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, fn, &workers[i]), 0);
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_string_equal(workers[i].wrong, "");
        assert_int_equal(workers[i].good, workers[i].rounds);
    }
}

static esp_tls_cfg_t trusting(void)
{
    return (esp_tls_cfg_t){.cacert_buf = cert_root_ec_pem,
                           .cacert_bytes = sizeof(cert_root_ec_pem),
                           .timeout_ms = 60000};
}

static int connect_to_server(esp_tls_t *tls, const esp_tls_cfg_t *cfg)
{
    return esp_tls_conn_new_sync("127.0.0.1", 9, port, cfg, tls);
}

/** @return true when what was sent came back */
static bool echo(esp_tls_t *tls, unsigned seed)
{
    unsigned char out[200];
    unsigned char in[200];
    size_t got = 0;

    memset(out, (int)seed, sizeof(out));
    if (esp_tls_conn_write(tls, out, sizeof(out)) != (ssize_t)sizeof(out)) {
        return false;
    }
    while (got < sizeof(in)) {
        ssize_t n = esp_tls_conn_read(tls, in + got, sizeof(in) - got);

        if (n <= 0) {
            return false;
        }
        got += (size_t)n;
    }
    return memcmp(in, out, sizeof(in)) == 0;
}

static void *connect_in_loop(void *arg)
{
    struct worker *w = arg;

    for (unsigned i = 0; i < w->rounds; i++) {
        esp_tls_cfg_t cfg = trusting();
        esp_tls_t *tls = esp_tls_init();
        esp_tls_record_t r;

        cfg.tls_version = (i + w->number) % 2 == 0 ? ESP_TLS_VER_TLS_1_2 : ESP_TLS_VER_TLS_1_3;
        if (connect_to_server(tls, &cfg) == 1 && echo(tls, i + 1)) {
            w->good++;
        } else {
            (void)esp_tls_get_record(tls, &r);
            complain(w, "connect", &r);
        }
        (void)esp_tls_conn_destroy(tls);
    }
    return NULL;
}

static void test_threads_with_own_handles(void **state)
{
    struct worker workers[THREADS] = {{.rounds = 0}};

    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].rounds = 8;
    }
    run_workers(workers, THREADS, connect_in_loop);
}

/* --- the store -------------------------------------------------------------------------------- */

static bool is_churning;

static void *churn_store(void *unused)
{
    (void)unused;
    while (__atomic_load_n(&is_churning, __ATOMIC_ACQUIRE)) {
        (void)esp_tls_set_global_ca_store(cert_root_other_pem, sizeof(cert_root_other_pem));
        (void)esp_tls_init_global_ca_store();
        esp_tls_free_global_ca_store();
        (void)esp_tls_set_global_ca_store(cert_bundle_pem, sizeof(cert_bundle_pem));
    }
    return NULL;
}

/** The store is there, or empty, or holds another root: a connect ends accordingly and never
 *  else. */
static void *connect_by_store(void *arg)
{
    struct worker *w = arg;
    esp_tls_cfg_t cfg = {.use_global_ca_store = true, .timeout_ms = 60000};

    for (unsigned i = 0; i < w->rounds; i++) {
        esp_tls_t *tls = esp_tls_init();
        esp_tls_record_t r = {.cause = ESP_TLS_CAUSE_NONE};
        int ret = connect_to_server(tls, &cfg);

        (void)esp_tls_get_record(tls, &r);
        if (ret == 1 ? echo(tls, 7)
                     : r.cause == ESP_TLS_CAUSE_INVALID_STATE || r.cause == ESP_TLS_CAUSE_VERIFY) {
            w->good++;
        } else {
            complain(w, "store", &r);
        }
        (void)esp_tls_conn_destroy(tls);
    }
    return NULL;
}

static void test_store_changes_under_connections(void **state)
{
    struct worker workers[THREADS] = {{.rounds = 0}};
    pthread_t churn[2];

    (void)state;
    __atomic_store_n(&is_churning, true, __ATOMIC_RELEASE);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&churn[i], NULL, churn_store, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].rounds = 8;
    }
    run_workers(workers, THREADS, connect_by_store);
    __atomic_store_n(&is_churning, false, __ATOMIC_RELEASE);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(churn[i], NULL), 0);
    }
    esp_tls_free_global_ca_store();
}

/* --- cancelling ------------------------------------------------------------------------------- */

struct victim {
    esp_tls_t *tls;
    long after_us;
};

static void *cancel_later(void *arg)
{
    const struct victim *v = arg;
    struct timespec wait = {0, v->after_us * 1000};

    (void)nanosleep(&wait, NULL);
    (void)esp_tls_conn_cancel(v->tls);
    (void)esp_tls_conn_cancel(v->tls);
    return NULL;
}

/** Connect and read until somebody cancels, which comes at another moment each time. */
static void *be_cancelled(void *arg)
{
    struct worker *w = arg;

    for (unsigned i = 0; i < w->rounds; i++) {
        esp_tls_cfg_t cfg = trusting();
        struct victim v = {esp_tls_init(), (long)(i * 700 % 20000)};
        esp_tls_record_t r;
        pthread_t canceller;
        char buf[8];
        int ret;

        if (pthread_create(&canceller, NULL, cancel_later, &v) != 0) {
            break;
        }
        ret = connect_to_server(v.tls, &cfg);
        while (ret == 1 && esp_tls_conn_read(v.tls, buf, sizeof(buf)) > 0) {
        }
        (void)esp_tls_get_record(v.tls, &r);
        if (r.cause == ESP_TLS_CAUSE_CANCELLED) {
            w->good++;
        } else {
            complain(w, "cancel", &r);
        }
        (void)pthread_join(canceller, NULL);
        (void)esp_tls_conn_destroy(v.tls);
    }
    return NULL;
}

static void test_cancel_from_other_threads(void **state)
{
    struct worker workers[THREADS] = {{.rounds = 0}};

    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].rounds = 20;
    }
    run_workers(workers, THREADS, be_cancelled);
}

/** A peer that never answers: only the cancel ends the call, and it does so at once. */
static void test_cancel_wakes_a_call_that_waits(void **state)
{
    struct worker workers[THREADS] = {{.rounds = 0}};
    struct timespec begin;
    struct timespec end;

    (void)state;
    __atomic_store_n(&is_silent, true, __ATOMIC_RELEASE);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].rounds = 10;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    run_workers(workers, THREADS, be_cancelled);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    __atomic_store_n(&is_silent, false, __ATOMIC_RELEASE);
    assert_true(end.tv_sec - begin.tv_sec < 30); /* the deadline is 60 s */
}

/* --- transports ------------------------------------------------------------------------------- */

struct transport_victim {
    esp_transport_handle_t t;
    long after_us;
};

static void *cancel_transport_later(void *arg)
{
    const struct transport_victim *v = arg;
    struct timespec wait = {0, v->after_us * 1000};

    (void)nanosleep(&wait, NULL);
    (void)esp_transport_cancel(v->t);
    return NULL;
}

/** Connect TLS over TCP and read until somebody cancels; then close, connect and read again. */
static void *transport_be_cancelled(void *arg)
{
    struct worker *w = arg;

    for (unsigned i = 0; i < w->rounds; i++) {
        esp_transport_handle_t tcp = esp_transport_tcp_init();
        esp_transport_handle_t ssl = esp_transport_ssl_init();
        struct transport_victim v = {ssl, (long)(i * 900 % 20000)};
        pthread_t canceller;
        char echo = 'x';
        char buf[8];

        esp_transport_ssl_set_cert_data(ssl, (const char *)cert_root_ec_pem,
                                        (int)sizeof(cert_root_ec_pem) - 1);
        esp_transport_ssl_set_common_name(ssl, "test.example");
        (void)esp_transport_ssl_set_parent(ssl, tcp);
        if (pthread_create(&canceller, NULL, cancel_transport_later, &v) != 0) {
            break;
        }
        if (esp_transport_connect(ssl, "127.0.0.1", port, 60000) == 0) {
            (void)esp_transport_read(ssl, buf, sizeof(buf), -1);
        }
        (void)pthread_join(canceller, NULL);
        (void)esp_transport_close(ssl);
        w->good += esp_transport_connect(ssl, "127.0.0.1", port, 60000) == 0 &&
                   esp_transport_write(ssl, &echo, 1, 60000) == 1 &&
                   esp_transport_read(ssl, buf, sizeof(buf), 60000) == 1;
        (void)esp_transport_destroy(ssl);
        (void)esp_transport_destroy(tcp);
    }
    return NULL;
}

static void test_transport_cancel_from_other_threads(void **state)
{
    struct worker workers[THREADS] = {{.rounds = 0}};

    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].rounds = 10;
    }
    run_workers(workers, THREADS, transport_be_cancelled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_with_own_handles),
        cmocka_unit_test(test_store_changes_under_connections),
        cmocka_unit_test(test_cancel_from_other_threads),
        cmocka_unit_test(test_cancel_wakes_a_call_that_waits),
        cmocka_unit_test(test_transport_cancel_from_other_threads),
    };

    return cmocka_run_group_tests(tests, start_server, NULL);
}
