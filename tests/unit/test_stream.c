/* A connection over a stream of the caller's (esp_tls_stream.h), and waiting (esp_tls_async.h). */
#include "esp_tls_stream.h"

#include <errno.h>

#include "sim_test.h"

/** A stream that does what its fields say. */
struct script {
    int connect;  /* what connect returns */
    ssize_t read; /* what read and write return */
    ssize_t write;
    esp_err_t esp; /* why it failed */
    int sys;
    unsigned connects;
    char host[32];
    int port;
};

static int script_connect(void *ctx, const char *host, size_t hostlen, int port)
{
    struct script *s = ctx;

    s->connects++;
    assert_true(hostlen < sizeof(s->host));
    memcpy(s->host, host, hostlen);
    s->host[hostlen] = '\0';
    s->port = port;
    return s->connect;
}

static ssize_t script_read(void *ctx, void *data, size_t len)
{
    const struct script *s = ctx;

    memset(data, 'x', len);
    return s->read;
}

static ssize_t script_write(void *ctx, const void *data, size_t len)
{
    (void)data;
    (void)len;
    return ((const struct script *)ctx)->write;
}

static void script_wait(void *ctx, int events, esp_tls_wait_t *wait)
{
    (void)ctx;
    (void)events;
    esp_tls_wait_until(wait, 20);
}

static esp_err_t script_error(void *ctx, int *sys_errno)
{
    const struct script *s = ctx;

    *sys_errno = s->sys;
    return s->esp;
}

static const esp_tls_stream_t scripted = {
    .connect = script_connect,
    .read = script_read,
    .write = script_write,
    .get_wait = script_wait,
    .get_error = script_error,
};

static void use(struct sim_case *t, const esp_tls_stream_t *stream, struct script *s)
{
    t->cfg.is_plain_tcp = true;
    assert_int_equal(esp_tls_set_stream(t->tls, stream, s), ESP_OK);
}

static void test_stream_needs_its_functions(void **state)
{
    struct sim_case *t = *state;
    esp_tls_stream_t part = scripted;

    assert_int_equal(esp_tls_set_stream(NULL, &scripted, NULL), ESP_ERR_INVALID_ARG);
    part.read = NULL;
    assert_int_equal(esp_tls_set_stream(t->tls, &part, NULL), ESP_ERR_INVALID_ARG);
    part = scripted;
    part.write = NULL;
    assert_int_equal(esp_tls_set_stream(t->tls, &part, NULL), ESP_ERR_INVALID_ARG);
    part = scripted;
    part.get_wait = NULL;
    assert_int_equal(esp_tls_set_stream(t->tls, &part, NULL), ESP_ERR_INVALID_ARG);
    sim_fail_alloc(1, false);
    assert_int_equal(esp_tls_set_stream(t->tls, &scripted, NULL), ESP_ERR_NO_MEM);
}

static void test_stream_is_set_before_the_connect_only(void **state)
{
    struct sim_case *t = *state;

    assert_int_equal(esp_tls_set_stream(t->tls, &scripted, NULL), ESP_OK);
    assert_int_equal(esp_tls_set_stream(t->tls, NULL, NULL), ESP_OK); /* TCP again */
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(esp_tls_set_stream(t->tls, &scripted, NULL), ESP_ERR_INVALID_STATE);
    sim_send(t, 10);
    sim_receive(t, 0, 10);
}

static void test_stream_gets_host_and_port_and_no_socket_is_opened(void **state)
{
    struct sim_case *t = *state;
    struct script s = {.connect = 1, .read = 3, .write = 2};
    char buf[8];

    use(t, &scripted, &s);
    assert_int_equal(sim_connect_to(t, "device.example", 77), 1);
    assert_string_equal(s.host, "device.example");
    assert_int_equal(s.port, 77);
    assert_int_equal(sim_lookups(), 0);
    assert_int_equal(sim_streams_opened(), 0);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, 8), 3);
    assert_int_equal(sim_record(t).bytes_in, 3);
    t->cfg.non_block = true;
    assert_int_equal(esp_tls_conn_write(t->tls, buf, 2), 2);
    assert_int_equal(sim_record(t).bytes_out, 2);
}

static void test_stream_without_connect_is_open_already(void **state)
{
    struct sim_case *t = *state;
    esp_tls_stream_t open = scripted;
    struct script s = {.read = 0};
    char buf[8];

    open.connect = NULL;
    use(t, &open, &s);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(s.connects, 0);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, 8), 0); /* closed in order */
}

static void test_stream_connect_waits_until_the_deadline(void **state)
{
    struct sim_case *t = *state;
    struct script s = {.connect = 0};

    use(t, &scripted, &s);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_elapsed_us(), MS(2000));
    assert_int_equal(s.connects, 101); /* every 20 ms, as its get_wait() asks */
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_TIMEOUT,
                  ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, "");
}

static void test_stream_failures_are_in_the_record(void **state)
{
    struct sim_case *t = *state;
    struct script s = {.connect = -1, .esp = 0x1234, .sys = EPIPE};
    char buf[8] = "";

    use(t, &scripted, &s);
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, ESP_TLS_PHASE_CONNECT, ESP_TLS_CAUSE_SYSTEM, 0x1234, "os=EPIPE");
    s.connect = 1;
    s.read = -5;
    assert_int_equal(sim_connect(t), 1); /* a failed connect may be tried again */
    assert_true(esp_tls_conn_read(t->tls, buf, 8) < 0);
    assert_int_equal(sim_record(t).os_errno, EPIPE);
}

static void test_stream_that_lies_about_counts_is_not_believed(void **state)
{
    struct sim_case *t = *state;
    struct script s = {.connect = 1, .read = 100, .write = 100};
    char buf[8] = "";

    use(t, &scripted, &s);
    assert_int_equal(sim_connect(t), 1);
    assert_true(esp_tls_conn_read(t->tls, buf, 8) < 0);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_SYSTEM);
}

/** Nothing taken is no progress: it ends, in each phase and with TLS as without. */
static void test_stream_that_takes_nothing_has_failed(void **state)
{
    (void)state;
    for (int is_plain = 0; is_plain < 2; is_plain++) {
        struct sim_case t;
        struct script s = {.connect = 1, .read = ESP_TLS_ERR_SSL_WANT_READ, .esp = 0x1234};

        sim_case_open(&t);
        use(&t, &scripted, &s);
        t.cfg.is_plain_tcp = is_plain;
        assert_int_equal(sim_connect(&t), is_plain ? 1 : -1);
        if (is_plain) {
            assert_true(esp_tls_conn_write(t.tls, "x", 1) < 0);
        }
        assert_failed(&t, is_plain ? ESP_TLS_PHASE_OPEN : ESP_TLS_PHASE_HANDSHAKE,
                      ESP_TLS_CAUSE_SYSTEM, 0x1234, is_plain ? "" : "stack=0x004E");
        assert_int_equal(sim_record(&t).bytes_out, 0);
        assert_int_equal(sim_elapsed_us(), 0);
        assert_int_equal(sim_case_close(&t), 0);
    }
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void test_wait_list_is_added_up(void **state)
{
    esp_tls_wait_t a;
    esp_tls_wait_t b;

    (void)state;
    esp_tls_wait_init(&a);
    esp_tls_wait_init(&b);
    assert_int_equal(esp_tls_wait(&a, -1), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_tls_wait(NULL, 1), ESP_ERR_INVALID_ARG);
    esp_tls_wait_add(&a, -1, ESP_TLS_WAIT_READ);
    assert_int_equal(a.count, 0);
    esp_tls_wait_until(&a, 50);
    esp_tls_wait_until(&a, 70);
    esp_tls_wait_until(&a, -1);
    assert_int_equal(a.timeout_ms, 50);
    for (int i = 0; i < ESP_TLS_WAIT_ITEMS; i++) {
        esp_tls_wait_add(&b, 1000 + i, ESP_TLS_WAIT_WRITE);
    }
    assert_int_equal(b.timeout_ms, -1);
    esp_tls_wait_add(&b, 2000, ESP_TLS_WAIT_WRITE);
    assert_int_equal(b.count, ESP_TLS_WAIT_ITEMS);
    assert_int_equal(b.timeout_ms, 10); /* nothing is forgotten: it is asked again */
    esp_tls_wait_merge(&a, &b);
    assert_int_equal(a.count, ESP_TLS_WAIT_ITEMS);
    assert_int_equal(a.timeout_ms, 10);
    a.count = ESP_TLS_WAIT_ITEMS + 1;
    assert_int_equal(esp_tls_wait(&a, 1), ESP_ERR_INVALID_ARG);
}

static void test_wait_says_whose_time_it_was(void **state)
{
    esp_tls_wait_t wait;

    (void)state;
    esp_tls_wait_init(&wait);
    esp_tls_wait_until(&wait, 50);
    assert_int_equal(esp_tls_wait(&wait, 100), ESP_OK);
    assert_int_equal(sim_elapsed_us(), MS(50));
    assert_int_equal(esp_tls_wait(&wait, 20), ESP_ERR_TIMEOUT);
    assert_int_equal(sim_elapsed_us(), MS(70));
    assert_int_equal(esp_tls_wait(&wait, 0), ESP_ERR_TIMEOUT);
    assert_int_equal(sim_elapsed_us(), MS(70));
}

static void test_wait_for_asks_for_the_operation_that_comes(void **state)
{
    struct sim_case *t = *state;
    esp_tls_wait_t wait;
    char buf[4];

    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, 4), ESP_TLS_ERR_SSL_WANT_READ);
    assert_int_equal(esp_tls_get_wait_for(t->tls, ESP_TLS_WAIT_WRITE, &wait), ESP_OK);
    assert_int_equal(wait.items[0].events, ESP_TLS_WAIT_WRITE);
    assert_int_equal(esp_tls_get_wait_for(t->tls, ESP_TLS_WAIT_READ, &wait), ESP_OK);
    assert_int_equal(wait.items[0].events, ESP_TLS_WAIT_READ);
    assert_int_equal(esp_tls_get_wait_for(t->tls, 3, &wait), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_wait_for(NULL, 0, &wait), ESP_ERR_INVALID_ARG);
}

/** Over a stream nothing is opened until somebody waits; a cancel that came before counts then. */
static void test_stream_takes_a_descriptor_for_the_first_wait_only(void **state)
{
    struct sim_case *t = *state;
    struct script s = {.connect = 1, .read = ESP_TLS_ERR_SSL_WANT_READ, .write = 1};
    esp_tls_wait_t wait;
    char buf[4];
    unsigned before = sim_open_count();

    use(t, &scripted, &s);
    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, 4), ESP_TLS_ERR_SSL_WANT_READ);
    assert_int_equal(sim_open_count(), before);
    assert_int_equal(esp_tls_conn_cancel(t->tls), ESP_OK);
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(sim_open_count(), before + 1);
    assert_int_equal(esp_tls_wait(&wait, 1000), ESP_OK);
    assert_int_equal(sim_elapsed_us(), 0);
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_OK);
    assert_int_equal(sim_open_count(), before + 1);
}

static void test_stream_without_a_descriptor_to_wait_for_fails(void **state)
{
    struct sim_case *t = *state;
    struct script s = {.connect = 1, .read = ESP_TLS_ERR_SSL_WANT_READ, .write = 1};
    esp_tls_wait_t wait;

    use(t, &scripted, &s);
    t->cfg.non_block = true;
    assert_int_equal(sim_connect(t), 1);
    sim_fail_open(1, EMFILE);
    assert_int_equal(esp_tls_get_wait(t->tls, &wait), ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET);
    assert_int_equal(sim_record(t).os_errno, EMFILE);
    assert_int_equal(esp_tls_conn_write(t->tls, "x", 1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_stream_needs_its_functions),
        sim_test(test_stream_is_set_before_the_connect_only),
        sim_test(test_stream_gets_host_and_port_and_no_socket_is_opened),
        sim_test(test_stream_without_connect_is_open_already),
        sim_test(test_stream_connect_waits_until_the_deadline),
        sim_test(test_stream_failures_are_in_the_record),
        sim_test(test_stream_that_lies_about_counts_is_not_believed),
        cmocka_unit_test(test_stream_that_takes_nothing_has_failed),
        sim_test(test_stream_takes_a_descriptor_for_the_first_wait_only),
        sim_test(test_stream_without_a_descriptor_to_wait_for_fails),
        sim_test(test_wait_list_is_added_up),
        sim_test(test_wait_says_whose_time_it_was),
        sim_test(test_wait_for_asks_for_the_operation_that_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
