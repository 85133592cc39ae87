/* Requests through proxies. The proxy is the script, at proxy.example = 127.0.0.3 port 3128. */
#include "esp_transport_proxy.h"
#include "http_case.h"

#define OK_EMPTY HTTP_OK("Content-Length: 0\r\n")

static void use_proxy(struct http_case *w, esp_http_client_proxy_kind_t kind, const char *user)
{
    const esp_http_client_proxy_t proxy = {.kind = kind,
                                           .host = "proxy.example",
                                           .port = 3128,
                                           .username = user,
                                           .password = user != NULL ? "secret" : NULL};

    sim_name("proxy.example", "127.0.0.3", MS(1), 0);
    sim_host("127.0.0.3", 3128, SIM_ACCEPT, MS(5), sim_script_peer, &w->script);
    http_open(w);
    assert_int_equal(esp_http_client_set_proxy(w->client, &proxy), ESP_OK);
}

static void test_an_http_proxy_is_sent_whole_urls(void **state)
{
    static const struct sim_line lines[] = {HTTP_LINE(OK_EMPTY), HTTP_LINE(OK_EMPTY),
                                            HTTP_LINE(OK_EMPTY)};
    struct http_case *w = *state;

    http_play(w, lines, COUNT(lines));
    use_proxy(w, ESP_HTTP_CLIENT_PROXY_HTTP, NULL);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "GET http://test.example:80/path?q=1 HTTP/1.1\r\n");
    assert_seen(w, "Host: test.example\r\n");
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(w->script.peer_count, 1);
    assert_int_equal(esp_http_client_set_proxy(w->client, NULL), ESP_OK);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_seen(w, "GET /path?q=1 HTTP/1.1\r\n");
}

static void test_an_http_proxy_asks_who_we_are(void **state)
{
    static const struct {
        struct sim_line lines[2];
        const char *user;
        esp_err_t err;
        int status;
        const char *seen;
    } rows[] = {
        {{HTTP_LINE("HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=p\r\nContent-Length: 0\r\n"
                    "\r\n"),
          HTTP_LINE(OK_EMPTY)},
         "me",
         ESP_OK,
         200,
         "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"},
        {{HTTP_LINE(
              "HTTP/1.1 407 X\r\nProxy-Authenticate: Digest realm=p, nonce=n, qop=\"auth\"\r\n"
              "Content-Length: 0\r\n\r\n"),
          HTTP_LINE(OK_EMPTY)},
         "me",
         ESP_OK,
         200,
         "Proxy-Authorization: Digest username=\"me\", realm=\"p\", nonce=\"n\", "
         "uri=\"http://test.example:80/path?q=1\""},
        {{HTTP_LINE("HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=p\r\nContent-Length: 0\r\n"
                    "\r\n")},
         NULL,
         ESP_OK,
         407,
         "GET "},
        {{HTTP_LINE("HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=p\r\nContent-Length: 0\r\n"
                    "\r\n"),
          HTTP_LINE("HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=p\r\nContent-Length: 0\r\n"
                    "\r\n")},
         "me",
         ESP_FAIL,
         407,
         "Proxy-Authorization: Basic "},
    };
    struct http_case *w = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        http_play(w, rows[i].lines, COUNT(rows[i].lines));
        use_proxy(w, ESP_HTTP_CLIENT_PROXY_HTTP, rows[i].user);
        assert_int_equal(http_perform(w), rows[i].err);
        assert_int_equal(esp_http_client_get_status_code(w->client), rows[i].status);
        assert_seen(w, rows[i].seen);
    }
}

static void test_a_socks_proxy_is_a_tunnel(void **state)
{
    static const struct sim_line socks5[] = {SIM_LINE(4, "\5\2"), /* user and password */
                                             SIM_LINE(1 + 1 + 2 + 1 + 6, "\1\0"),
                                             SIM_LINE(4 + 1 + 12 + 2, "\5\0\0\1\0\0\0\0\0\0"),
                                             HTTP_LINE(OK_EMPTY)};
    static const struct sim_line socks4a[] = {SIM_LINE(8 + 1 + 13, "\0\132\0\0\0\0\0\0"),
                                              HTTP_LINE(OK_EMPTY)};
    struct http_case *w = *state;

    http_play(w, socks5, COUNT(socks5));
    use_proxy(w, ESP_HTTP_CLIENT_PROXY_SOCKS5, "me");
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(sim_lookups(), 1); /* the proxy's name: the target's is the proxy's business */
    http_play(w, socks4a, COUNT(socks4a));
    use_proxy(w, ESP_HTTP_CLIENT_PROXY_SOCKS4A, NULL);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(sim_lookups(), 2);
    w->cfg.is_async = true;
    http_play(w, socks5, COUNT(socks5));
    use_proxy(w, ESP_HTTP_CLIENT_PROXY_SOCKS5, "me");
    assert_int_equal(http_perform(w), ESP_OK);
}

static void test_https_goes_through_a_tunnel_of_the_http_proxy(void **state)
{
    /* what is behind the tunnel is no TLS server: it is enough that a ClientHello gets there */
    static const struct sim_line lines[] = {HTTP_LINE("HTTP/1.1 200 OK\r\n\r\n"),
                                            {5, SIM_TEXT("HTTP/1.1"), SIM_SCRIPT_CLOSE}};
    static const struct sim_line refused[] = {
        HTTP_LINE("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")};
    struct http_case *w = *state;
    int code = 0;

    w->cfg.url = "https://test.example/x";
    w->cfg.cert_pem = (const char *)cert_root_ec_pem;
    http_play(w, lines, COUNT(lines));
    use_proxy(w, ESP_HTTP_CLIENT_PROXY_HTTP, NULL);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_CONNECT);
    assert_seen(w, "CONNECT test.example:443 HTTP/1.1\r\n");
    assert_memory_equal(w->script.seen + w->script.seen_len - 5, "\26\3", 2);
    http_play(w, refused, COUNT(refused));
    use_proxy(w, ESP_HTTP_CLIENT_PROXY_HTTP, NULL);
    assert_int_equal(http_perform(w), ESP_ERR_HTTP_CONNECT);
    assert_int_equal(esp_http_client_get_and_clear_last_tls_error(w->client, &code, NULL),
                     ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED);
}

static void test_a_proxy_has_to_be_one(void **state)
{
    static const esp_http_client_proxy_t none[] = {
        {.kind = 0, .host = "p", .port = 1},
        {.kind = 9, .host = "p", .port = 1},
        {.kind = ESP_HTTP_CLIENT_PROXY_HTTP, .host = NULL, .port = 1},
        {.kind = ESP_HTTP_CLIENT_PROXY_HTTP, .host = "", .port = 1},
        {.kind = ESP_HTTP_CLIENT_PROXY_HTTP, .host = "p\r\n", .port = 1},
        {.kind = ESP_HTTP_CLIENT_PROXY_HTTP, .host = "p", .port = 0},
        {.kind = ESP_HTTP_CLIENT_PROXY_HTTP, .host = "p", .port = 65536},
        {.kind = ESP_HTTP_CLIENT_PROXY_HTTP, .host = "p", .port = 1, .username = "a\nb"},
    };
    const esp_http_client_proxy_t good = {
        .kind = ESP_HTTP_CLIENT_PROXY_SOCKS5, .host = "p", .port = 1, .username = "a"};
    struct http_case *w = *state;

    http_play(w, NULL, 0);
    http_open(w);
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_int_equal(esp_http_client_set_proxy(w->client, &none[i]), ESP_ERR_INVALID_ARG);
    }
    for (unsigned n = 1; n <= 4; n++) {
        sim_fail_alloc(n, false);
        assert_int_equal(esp_http_client_set_proxy(w->client, &good), ESP_ERR_NO_MEM);
    }
    sim_fail_alloc(0, false);
    assert_int_equal(esp_http_client_set_proxy(w->client, &good), ESP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_an_http_proxy_is_sent_whole_urls),
        http_test(test_an_http_proxy_asks_who_we_are),
        http_test(test_a_socks_proxy_is_a_tunnel),
        http_test(test_https_goes_through_a_tunnel_of_the_http_proxy),
        http_test(test_a_proxy_has_to_be_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
