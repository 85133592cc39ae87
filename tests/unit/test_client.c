/* The client's public calls from outside: arguments, URLs, handles, older names, and the server's
 * calls, which this release refuses. The engine's behaviour is in test_tcp, test_conn,
 * test_mbedtls*. */
#define ESP_TLS_DEPRECATED /* the older names are tested too */
#include "sim_test.h"

#define HOST "test.example"

static void renew(struct sim_case *t)
{
    assert_int_equal(esp_tls_conn_destroy(t->tls), 0);
    t->tls = esp_tls_init();
    assert_non_null(t->tls);
}

/* --- arguments -------------------------------------------------------------------------------- */

static void assert_misuse(struct sim_case *t, esp_tls_cause_t cause)
{
    assert_int_equal(sim_record(t).cause, cause);
    assert_int_not_equal(sim_record(t).esp_code, ESP_OK);
    assert_int_equal(sim_state(t), ESP_TLS_INIT);
    assert_int_equal(sim_lookups(), 0);
    assert_int_equal(sim_streams_opened(), 0);
}

static void test_connect_missing_arguments_are_refused(void **state)
{
    struct sim_case *t = *state;
    const esp_tls_cfg_t *cfg = &t->cfg;

    assert_int_equal(esp_tls_conn_new_sync(NULL, 3, 443, cfg, t->tls), -1);
    assert_misuse(t, ESP_TLS_CAUSE_INVALID_ARG);
    assert_int_equal(esp_tls_conn_new_async(NULL, 3, 443, cfg, t->tls), -1);
    assert_misuse(t, ESP_TLS_CAUSE_INVALID_ARG);
    assert_int_equal(esp_tls_conn_new_sync(HOST, -1, 443, cfg, t->tls), -1);
    assert_misuse(t, ESP_TLS_CAUSE_INVALID_ARG);
    assert_int_equal(esp_tls_conn_new_sync(HOST, 12, 443, NULL, t->tls), -1);
    assert_misuse(t, ESP_TLS_CAUSE_INVALID_ARG);
    assert_int_equal(esp_tls_conn_new_async(HOST, 12, 443, NULL, t->tls), -1);
    assert_misuse(t, ESP_TLS_CAUSE_INVALID_ARG);
    assert_int_equal(esp_tls_conn_http_new_sync(NULL, cfg, t->tls), -1);
    assert_misuse(t, ESP_TLS_CAUSE_INVALID_ARG);
    assert_int_equal(esp_tls_conn_http_new_async(NULL, cfg, t->tls), -1);
    assert_misuse(t, ESP_TLS_CAUSE_INVALID_ARG);
    assert_int_equal(esp_tls_conn_http_new_sync("https://" HOST, NULL, t->tls), -1);
    assert_misuse(t, ESP_TLS_CAUSE_INVALID_ARG);
    assert_int_equal(esp_tls_conn_new_sync(HOST, 12, 443, cfg, NULL), -1);
    assert_int_equal(esp_tls_conn_new_async(HOST, 12, 443, cfg, NULL), -1);
    assert_int_equal(esp_tls_conn_http_new_sync("https://" HOST, cfg, NULL), -1);
    assert_int_equal(esp_tls_conn_http_new_async("https://" HOST, cfg, NULL), -1);
    assert_int_equal(sim_connect(t), 1); /* the handle is as good as new */
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
}

static void test_read_and_write_missing_arguments_are_refused(void **state)
{
    struct sim_case *t = *state;
    char buf[4];

    assert_int_equal(esp_tls_conn_read(NULL, buf, sizeof(buf)), -1);
    assert_int_equal(esp_tls_conn_write(NULL, buf, sizeof(buf)), -1);
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(esp_tls_conn_read(t->tls, NULL, 4), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_INVALID_ARG);
    assert_int_equal(esp_tls_conn_write(t->tls, NULL, 4), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_INVALID_ARG);
    sim_send(t, 10); /* the connection lives */
    sim_receive(t, 0, 10);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NONE);
}

static void test_read_and_write_before_open_are_refused(void **state)
{
    struct sim_case *t = *state;
    char buf[4] = "abc";

    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
    assert_misuse(t, ESP_TLS_CAUSE_INVALID_STATE);
    assert_int_equal(esp_tls_conn_write(t->tls, buf, sizeof(buf)), -1);
    assert_misuse(t, ESP_TLS_CAUSE_INVALID_STATE);
    assert_string_equal(buf, "abc");
    /* in the middle of a connect they neither work nor disturb */
    assert_int_equal(esp_tls_conn_new_async(HOST, 12, 443, &t->cfg, t->tls), 0);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
    assert_int_equal(esp_tls_conn_write(t->tls, buf, sizeof(buf)), -1);
    assert_int_equal(sim_connect_async(t, HOST, 443), 1);
    assert_int_equal(t->server.connections, 1);
}

static void test_read_and_write_in_mid_handshake_do_not_disturb(void **state)
{
    struct sim_case *t = *state;
    char buf[4] = "abc";

    sim_wire(MS(10), 0, 0, 0);
    for (int i = 0; i < 100 && sim_record(t).phase != ESP_TLS_PHASE_HANDSHAKE; i++) {
        assert_int_equal(esp_tls_conn_new_async(HOST, 12, 443, &t->cfg, t->tls), 0);
        if (sim_record(t).phase != ESP_TLS_PHASE_HANDSHAKE) {
            (void)sim_wait(t->tls);
        }
    }
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), -1);
    assert_int_equal(esp_tls_conn_write(t->tls, buf, sizeof(buf)), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_INVALID_STATE);
    assert_int_equal(sim_connect_async(t, HOST, 443), 1);
    assert_int_equal(t->server.connections, 1);
    assert_int_equal(sim_lookups(), 1);
}

static void test_handle_calls_missing_arguments_are_refused(void **state)
{
    struct sim_case *t = *state;
    esp_tls_conn_state_t conn_state;
    esp_tls_error_handle_t h;
    int fd;

    assert_int_equal(esp_tls_get_conn_sockfd(NULL, &fd), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_conn_sockfd(NULL, 3), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_conn_sockfd(t->tls, -1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_conn_state(NULL, &conn_state), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_conn_state(t->tls, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_conn_state(NULL, ESP_TLS_INIT), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_conn_state(t->tls, (esp_tls_conn_state_t)5), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_set_conn_state(t->tls, (esp_tls_conn_state_t)-1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_error_handle(NULL, &h), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_get_error_handle(t->tls, NULL), ESP_ERR_INVALID_ARG);
    assert_null(esp_tls_get_ssl_context(NULL));
}

/* --- handles ---------------------------------------------------------------------------------- */

static void test_fresh_handle_has_nothing(void **state)
{
    struct sim_case *t = *state;
    int fd = 7;

    assert_int_equal(sim_state(t), ESP_TLS_INIT);
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &fd), ESP_OK);
    assert_int_equal(fd, -1);
    assert_null(esp_tls_get_ssl_context(t->tls));
    assert_int_equal(esp_tls_get_bytes_avail(t->tls), 0);
    assert_int_equal(sim_streams_opened(), 0);
}

static void test_handle_without_memory_is_null(void **state)
{
    size_t live = sim_alloc_live();

    (void)state;
    sim_fail_alloc(1, false);
    assert_null(esp_tls_init());
    assert_int_equal(sim_alloc_live(), live);
}

static void test_open_handle_has_socket_and_context(void **state)
{
    struct sim_case *t = *state;
    int fd = -1;

    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &fd), ESP_OK);
    assert_true(fd >= 0);
    assert_non_null(esp_tls_get_ssl_context(t->tls));
}

static void test_socket_is_gone_after_failure(void **state)
{
    struct sim_case *t = *state;
    int fd = 7;

    sim_host("127.0.0.1", 443, SIM_REFUSE, 0, NULL, NULL);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(esp_tls_get_conn_sockfd(t->tls, &fd), ESP_OK);
    assert_int_equal(fd, -1);
}

static void test_two_handles_at_once(void **state)
{
    struct sim_case *t = *state;
    esp_tls_t *first = t->tls;
    esp_tls_t *second = esp_tls_init();
    int done = 0;

    while (done != 3) {
        if ((done & 1) == 0) {
            int ret = esp_tls_conn_new_async(HOST, 12, 443, &t->cfg, first);

            assert_true(ret >= 0);
            done |= ret;
        }
        if ((done & 2) == 0) {
            int ret = esp_tls_conn_new_async(HOST, 12, 443, &t->cfg, second);

            assert_true(ret >= 0);
            done |= ret << 1;
        }
        sim_advance_us(1);
    }
    for (int i = 0; i < 5; i++) {
        t->tls = i & 1 ? second : first;
        sim_send(t, 500);
    }
    t->tls = first;
    sim_receive(t, 0, 500);
    t->tls = second;
    sim_receive(t, 0, 500);
    assert_int_equal(esp_tls_conn_destroy(first), 0);
}

/* --- URLs ------------------------------------------------------------------------------------- */

static void test_url_names_host_and_port(void **state)
{
    static const struct {
        const char *url;
        int port;
    } rows[] = {
        {"https://test.example", 443},
        {"https://test.example:8443/path?query#fragment", 8443},
        {"HTTPS://user:secret@test.example/", 443},
        {"wss://test.example/chat", 443},
        {"mqtts://test.example:8883", 8883},
        {"http://test.example/", 80}, /* TLS all the same: is_plain_tcp decides */
        {"https://127.0.0.1/", 443},
        {"https://[::1]/", 443},
        {"https://[::1]:8443/", 8443},
    };
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 0, SIM_ACCEPT, 0, sim_tls_peer, &t->server);
    sim_host("::1", 0, SIM_ACCEPT, 0, sim_tls_peer, &t->server);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int ret;

        if (esp_tls_conn_http_new_sync(rows[i].url, &t->cfg, t->tls) != 1) {
            fail_msg("%s", rows[i].url);
        }
        assert_int_equal(sim_record(t).port, rows[i].port);
        renew(t);
        while ((ret = esp_tls_conn_http_new_async(rows[i].url, &t->cfg, t->tls)) == 0) {
            (void)sim_wait(t->tls);
        }
        assert_int_equal(ret, 1);
        assert_int_equal(sim_record(t).port, rows[i].port);
        renew(t);
    }
}

static void test_url_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *url;
        const char *rest;
    } rows[] = {
        {"", "option=url"},
        {"test.example", "option=url"},
        {"https://", "option=url"},
        {"https:///path", "option=url"},
        {"https://test.example:0/", "option=url"},
        {"https://test.example:70000/", "option=url"},
        {"https://test.example/\r\nX: y", "option=url"},
        {"ftp://test.example/", "option=port"}, /* neither a port nor a scheme with a known one */
    };
    struct sim_case *t = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int async = 0; async <= 1; async++) {
            assert_int_equal(async ? esp_tls_conn_http_new_async(rows[i].url, &t->cfg, t->tls)
                                   : esp_tls_conn_http_new_sync(rows[i].url, &t->cfg, t->tls),
                             -1);
            assert_failed(t, ESP_TLS_PHASE_CONFIG, ESP_TLS_CAUSE_INVALID_ARG, ESP_ERR_INVALID_ARG,
                          rows[i].rest);
            assert_int_equal(sim_lookups(), 0);
            renew(t);
        }
    }
}

/* --- older names ------------------------------------------------------------------------------ */

static void test_older_names_connect_or_give_null(void **state)
{
    struct sim_case *t = *state;
    esp_tls_t *tls = esp_tls_conn_new(HOST, 12, 443, &t->cfg);

    assert_non_null(tls);
    assert_int_equal(esp_tls_conn_write(tls, "x", 1), 1);
    esp_tls_conn_delete(tls);
    tls = esp_tls_conn_http_new("https://" HOST "/", &t->cfg);
    assert_non_null(tls);
    esp_tls_conn_delete(tls);
    esp_tls_conn_delete(NULL);
    assert_null(esp_tls_conn_new("nobody.test", 11, 443, &t->cfg));
    assert_null(esp_tls_conn_http_new("nonsense", &t->cfg));
    sim_fail_alloc(1, false);
    assert_null(esp_tls_conn_new(HOST, 12, 443, &t->cfg));
    sim_fail_alloc(1, false);
    assert_null(esp_tls_conn_http_new("https://" HOST, &t->cfg));
}

/* --- lists ------------------------------------------------------------------------------------ */

static void test_ciphersuites_end_with_zero_and_are_static(void **state)
{
    const int *list = esp_tls_get_ciphersuites_list();
    size_t n = 0;

    (void)state;
    assert_non_null(list);
    while (list[n] != 0) {
        n++;
    }
    assert_true(n >= 2);
    assert_ptr_equal(esp_tls_get_ciphersuites_list(), list);
}

#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
static void test_sessions_are_without_effect(void **state)
{
    struct sim_case *t = *state;

    assert_null(esp_tls_get_client_session(NULL));
    assert_int_equal(sim_connect(t), 1);
    assert_null(esp_tls_get_client_session(t->tls));
    esp_tls_free_client_session(NULL);
}
#endif

/* --- the server's calls ----------------------------------------------------------------------- */

static void test_server_calls_are_refused_by_name(void **state)
{
    struct sim_case *t = *state;
    esp_tls_cfg_server_t cfg = {0};
    int fd = sim_accepted(sim_tls_peer, &t->server);

    assert_int_equal(esp_tls_server_session_create(&cfg, fd, t->tls), -1);
    assert_failed(t, ESP_TLS_PHASE_CONFIG, ESP_TLS_CAUSE_NOT_SUPPORTED, ESP_ERR_NOT_SUPPORTED,
                  "option=server");
    assert_int_equal(sim_state(t), ESP_TLS_FAIL);
    renew(t);
    assert_int_equal(esp_tls_server_session_init(&cfg, fd, t->tls), ESP_ERR_NOT_SUPPORTED);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NOT_SUPPORTED);
    assert_int_equal(esp_tls_server_session_continue_async(t->tls), -1);
    assert_int_equal(sim_record(t).cause, ESP_TLS_CAUSE_NOT_SUPPORTED);
    esp_tls_server_session_delete(t->tls);
    esp_tls_server_session_delete(NULL);
    t->tls = NULL;
    assert_int_equal(esp_tls_cfg_server_session_tickets_init(&cfg), ESP_ERR_NOT_SUPPORTED);
    esp_tls_cfg_server_session_tickets_free(&cfg);
    esp_tls_cfg_server_session_tickets_free(NULL);
    assert_int_equal(sim_streams_opened(), 0);
    assert_int_equal(sim_io_count(), 0);
}

static void test_server_calls_missing_arguments_are_refused(void **state)
{
    struct sim_case *t = *state;
    esp_tls_cfg_server_t cfg = {0};

    assert_int_equal(esp_tls_server_session_create(NULL, 1, t->tls), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_server_session_create(&cfg, 1, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_server_session_init(NULL, 1, t->tls), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_server_session_init(&cfg, 1, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_server_session_continue_async(NULL), -1);
    assert_int_equal(esp_tls_cfg_server_session_tickets_init(NULL), ESP_ERR_INVALID_ARG);
}

static void test_server_delete_leaves_the_socket_open(void **state)
{
    struct sim_case *t = *state;
    plat_stream s;

    assert_int_equal(plat_stream_open(&s, PLAT_AF_INET), PLAT_OK);
    assert_int_equal(esp_tls_set_conn_sockfd(t->tls, plat_stream_fd(s)), ESP_OK);
    esp_tls_server_session_delete(t->tls);
    t->tls = NULL;
    assert_int_equal(sim_streams_open(), 1);
    assert_int_equal(plat_stream_close(s), PLAT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_connect_missing_arguments_are_refused),
        sim_test(test_read_and_write_missing_arguments_are_refused),
        sim_test(test_read_and_write_before_open_are_refused),
        sim_test(test_read_and_write_in_mid_handshake_do_not_disturb),
        sim_test(test_handle_calls_missing_arguments_are_refused),
        sim_test(test_fresh_handle_has_nothing),
        sim_test(test_handle_without_memory_is_null),
        sim_test(test_open_handle_has_socket_and_context),
        sim_test(test_socket_is_gone_after_failure),
        sim_test(test_two_handles_at_once),
        sim_test(test_url_names_host_and_port),
        sim_test(test_url_that_is_none_is_refused),
        sim_test(test_older_names_connect_or_give_null),
        sim_test(test_ciphersuites_end_with_zero_and_are_static),
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
        sim_test(test_sessions_are_without_effect),
#endif
        sim_test(test_server_calls_are_refused_by_name),
        sim_test(test_server_calls_missing_arguments_are_refused),
        sim_test(test_server_delete_leaves_the_socket_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
