/* Programs that open once and select() on the socket, against a real one at 127.0.0.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "esp_http_client.h"
#include "esp_tls.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"

static int listener;
static int port;

static int listen_somewhere(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);

    (void)state;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        listen(listener, 4) != 0 || getsockname(listener, (struct sockaddr *)&at, &len) != 0) {
        return -1;
    }
    port = ntohs(at.sin_port);
    return 0;
}

static int listen_no_more(void **state)
{
    (void)state;
    return close(listener);
}

static void select_for(int fd, bool is_write)
{
    fd_set set;
    struct timeval wait = {.tv_sec = 20};

    assert_in_range(fd, 0, FD_SETSIZE - 1);
    FD_ZERO(&set);
    FD_SET(fd, &set);
    assert_int_equal(select(fd + 1, is_write ? NULL : &set, is_write ? &set : NULL, NULL, &wait),
                     1);
}

static void test_http_opens_once_and_selects(void **state)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    char url[64];
    char head[1024] = "";
    esp_http_client_config_t cfg = {.url = url, .is_async = true};
    esp_http_client_handle_t client;
    esp_err_t err;
    int64_t length;
    int peer;
    char body[2];

    (void)state;
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
    client = esp_http_client_init(&cfg);
    assert_non_null(client);
    err = esp_http_client_open(client, 0);
    assert_true(err == ESP_OK || err == ESP_ERR_HTTP_EAGAIN);
    select_for(esp_http_client_get_socket(client), true);
    length = esp_http_client_fetch_headers(client);
    assert_int_equal(length, -ESP_ERR_HTTP_EAGAIN);
    peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
    assert_true(recv(peer, head, sizeof(head) - 1, 0) > 0);
    assert_non_null(strstr(head, "GET / HTTP/1.1\r\n"));
    assert_int_equal(send(peer, answer, sizeof(answer) - 1, 0), sizeof(answer) - 1);
    while (length == -ESP_ERR_HTTP_EAGAIN) {
        select_for(esp_http_client_get_socket(client), false);
        length = esp_http_client_fetch_headers(client);
    }
    assert_int_equal(length, 2);
    assert_int_equal(esp_http_client_read(client, body, 2), 2);
    assert_int_equal(esp_http_client_cleanup(client), ESP_OK);
    (void)close(peer);
}

static void test_a_transport_has_its_socket_after_the_first_call(void **state)
{
    esp_transport_handle_t all[] = {esp_transport_tcp_init(), esp_transport_ssl_init()};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int ret = esp_transport_connect_async(all[i], "127.0.0.1", port, 5000);
        bool is_tls = i == 1; /* refused: no trust option, and no socket */

        assert_int_equal(ret < 0, is_tls);
        assert_int_equal(esp_transport_get_socket(all[i]) >= 0, !is_tls);
        if (!is_tls) {
            select_for(esp_transport_get_socket(all[i]), true);
            assert_int_equal(esp_transport_poll_write(all[i], 5000), 1);
            assert_int_equal(esp_transport_connect_async(all[i], "127.0.0.1", port, 5000), 1);
        }
        assert_int_equal(esp_transport_destroy(all[i]), ESP_OK);
    }
}

static void test_a_handle_has_its_socket_after_the_first_call(void **state)
{
    esp_tls_cfg_t cfg = {.is_plain_tcp = true, .non_block = true};
    esp_tls_t *tls = esp_tls_init();
    int fd = -1;

    (void)state;
    assert_true(esp_tls_conn_new_async("127.0.0.1", 9, port, &cfg, tls) >= 0);
    assert_int_equal(esp_tls_get_conn_sockfd(tls, &fd), ESP_OK);
    select_for(fd, true);
    assert_int_equal(esp_tls_conn_new_async("127.0.0.1", 9, port, &cfg, tls), 1);
    assert_int_equal(esp_tls_conn_destroy(tls), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, listen_somewhere, listen_no_more)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_http_opens_once_and_selects),
        T(test_a_transport_has_its_socket_after_the_first_call),
        T(test_a_handle_has_its_socket_after_the_first_call),
    };

    return cmocka_run_group_tests_name("app async", tests, NULL, NULL);
}
