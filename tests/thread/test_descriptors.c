/* How many descriptors a connection has, and that a cancel of another thread ends each wait of one
 * that has no event of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "esp_tls.h"
#include "esp_tls_async.h"
#include "esp_tls_record.h"
#include "plat_clock.h"

#define MS 1000u

static int listener;
static int port;

/** A server that accepts and says nothing: its kernel does both. */
static int listen_up(void **state)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(addr);

    (void)state;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
        listen(listener, 64) != 0 || getsockname(listener, (struct sockaddr *)&addr, &len) != 0) {
        return -1;
    }
    port = ntohs(addr.sin_port);
    return 0;
}

static int listen_down(void **state)
{
    (void)state;
    return close(listener);
}

/** Take what was connected out of the server's queue. */
static void forget_peer(void)
{
    int peer = accept(listener, NULL, NULL);

    assert_true(peer >= 0);
    assert_int_equal(close(peer), 0);
}

static unsigned descriptors(void)
{
    DIR *all = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(all);
    while (readdir(all) != NULL) {
        n++;
    }
    (void)closedir(all);
    return n - 3; /* . and .. and the directory's */
}

static int connect_to(esp_tls_t *tls, const char *host, const esp_tls_cfg_t *cfg)
{
    int ret;

    if (!cfg->non_block) {
        return esp_tls_conn_new_sync(host, (int)strlen(host), port, cfg, tls);
    }
    while ((ret = esp_tls_conn_new_async(host, (int)strlen(host), port, cfg, tls)) == 0) {
        esp_tls_wait_t wait;

        assert_int_equal(esp_tls_get_wait(tls, &wait), ESP_OK);
        assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
    }
    return ret;
}

static void test_a_connection_has_its_socket_alone(void **state)
{
    static const struct {
        const char *host;
        bool non_block;
    } rows[] = {
        {"127.0.0.1", false}, {"localhost", false}, {"127.0.0.1", true}, {"localhost", true}};
    char buf[8];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const esp_tls_cfg_t cfg = {.is_plain_tcp = true,
                                   .non_block = rows[i].non_block,
                                   .addr_family = ESP_TLS_AF_INET,
                                   .timeout_ms = 10000};
        unsigned before = descriptors();
        esp_tls_t *tls = esp_tls_init();
        esp_tls_wait_t wait;

        assert_int_equal(descriptors(), before);
        assert_int_equal(connect_to(tls, rows[i].host, &cfg), 1);
        assert_int_equal(descriptors(), before + 1);
        if (rows[i].non_block) {
            assert_int_equal(esp_tls_conn_read(tls, buf, sizeof(buf)), ESP_TLS_ERR_SSL_WANT_READ);
        }
        assert_int_equal(esp_tls_get_wait_for(tls, ESP_TLS_WAIT_READ, &wait), ESP_OK);
        assert_int_equal(wait.count, 1);
        assert_int_equal(esp_tls_wait(&wait, 0), ESP_ERR_TIMEOUT);
        assert_int_equal(esp_tls_conn_cancel(tls), ESP_OK);
        assert_int_equal(esp_tls_wait(&wait, 0), ESP_OK);
        assert_int_equal(esp_tls_conn_read(tls, buf, sizeof(buf)), -1);
        assert_int_equal(descriptors(), before + 1);
        assert_int_equal(esp_tls_conn_destroy(tls), 0);
        assert_int_equal(descriptors(), before);
        forget_peer();
    }
}

struct canceller {
    esp_tls_t *tls;
    unsigned delay_us;
    uint64_t cancelled_us;
};

static void *cancel_later(void *arg)
{
    struct canceller *c = arg;

    (void)usleep(c->delay_us);
    c->cancelled_us = plat_clock_us();
    (void)esp_tls_conn_cancel(c->tls);
    return NULL;
}

static void assert_cancelled(const esp_tls_t *tls)
{
    esp_tls_record_t record;

    assert_int_equal(esp_tls_get_record(tls, &record), ESP_OK);
    assert_int_equal(record.cause, ESP_TLS_CAUSE_CANCELLED);
}

/** A read waits for bytes, a write for room. */
static ssize_t use(esp_tls_t *tls, bool is_write)
{
    static char buf[65536];
    ssize_t ret;

    if (!is_write) {
        return esp_tls_conn_read(tls, buf, sizeof(buf));
    }
    do {
        ret = esp_tls_conn_write(tls, buf, sizeof(buf));
    } while (ret > 0);
    return ret;
}

static void test_a_cancel_wakes_a_read_and_a_write_of_another_thread(void **state)
{
    const esp_tls_cfg_t cfg = {.is_plain_tcp = true, .timeout_ms = 10000};

    (void)state;
    for (int is_write = 0; is_write < 2; is_write++) {
        struct canceller c = {.tls = esp_tls_init(), .delay_us = 100 * MS};
        pthread_t thread;
        uint64_t ended_us;

        assert_int_equal(connect_to(c.tls, "127.0.0.1", &cfg), 1);
        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &c), 0);
        assert_int_equal(use(c.tls, is_write != 0), -1);
        ended_us = plat_clock_us();
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(ended_us - c.cancelled_us < 1000 * MS);
        assert_cancelled(c.tls);
        assert_int_equal(esp_tls_conn_destroy(c.tls), 0);
        forget_peer();
    }
}

/** Whenever it comes, the connect or the read after it ends, and for no other cause. */
static void test_a_cancel_at_any_moment_is_the_cause(void **state)
{
    const esp_tls_cfg_t cfg = {
        .is_plain_tcp = true, .addr_family = ESP_TLS_AF_INET, .timeout_ms = 10000};
    unsigned before = descriptors();

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        struct canceller c = {.tls = esp_tls_init(), .delay_us = i / 2 * 3};
        pthread_t thread;
        uint64_t began_us = plat_clock_us();

        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &c), 0);
        if (connect_to(c.tls, i % 2 == 0 ? "127.0.0.1" : "localhost", &cfg) == 1) {
            assert_int_equal(use(c.tls, false), -1);
        }
        assert_true(plat_clock_us() - began_us < 5000 * MS);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_cancelled(c.tls);
        assert_int_equal(esp_tls_conn_destroy(c.tls), 0);
    }
    for (unsigned i = 0; descriptors() != before && i < 5000; i++) {
        (void)usleep(1 * MS); /* a look-up that was given up has its own for a moment */
    }
    assert_int_equal(descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_connection_has_its_socket_alone, listen_up,
                                        listen_down),
        cmocka_unit_test_setup_teardown(test_a_cancel_wakes_a_read_and_a_write_of_another_thread,
                                        listen_up, listen_down),
        cmocka_unit_test_setup_teardown(test_a_cancel_at_any_moment_is_the_cause, listen_up,
                                        listen_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
