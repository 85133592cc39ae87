/* What is configured arrives below, whole, and nothing else does. The calls of esp_tls.h that a
 * transport makes are replaced by the linker (tests/CMakeLists.txt) with a peer that answers at
 * once and notes what it was given. Each row sets one field, or makes one call, and says what is
 * then different from a client or a transport that was told nothing; all of it is compared.
 *
 * test_fields.py checks that every field and every setter that the headers declare has its row. */
#include <net/if.h>

#include "esp_http_client_async.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "sim_test.h"

#define OK_ANSWER    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define MOVED_ANSWER "HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"
#define STALE_ANSWER                                                                               \
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: "         \
    "0\r\n\r\n"
#define BASIC_LOGIN "Authorization: Basic dXNlcjpwYXNz\r\n" /* user:pass */
#define HEAD        "User-Agent: ESP32 HTTP Client/1.0\r\nHost: test.example\r\n"
#define REQUEST     "GET /a HTTP/1.1\r\n" HEAD "\r\n"

/** What arrived, below and with the application. */
struct seen {
    esp_tls_cfg_t
        cfg; /* of the last connect; pointers to the client's own copies are NULL here ... */
    tls_keep_alive_cfg_t keep_alive; /* ... and what they point to is here */
    char if_name[IFNAMSIZ];
    char host[64];
    int port;
    unsigned connects;
    char sent[2048];
    size_t longest_write;
    size_t longest_read;
    esp_err_t err; /* of the request, or the transport's connect */
    unsigned events;
    unsigned other_events; /* of the other handler */
    void *user_data;
    unsigned custom; /* connects of the application's own transport */
};

static struct seen seen;
static const char *answer;
static size_t answered;
static unsigned wait_steps; /* of a connect */
static size_t room;         /* bytes that a connection takes */
static unsigned sessions;   /* that were asked for */
static bool is_tunnel;      /* TLS is esp_tls.h's own, and connects through the tunnel */
static esp_tls_cfg_t above; /* then: what TLS was told */

/* --- esp_tls.h below, replaced ---------------------------------------------------------------- */

int __real_esp_tls_conn_new_async(const char *hostname, int hostlen, int port,
                                  const esp_tls_cfg_t *cfg, esp_tls_t *tls);
int __wrap_esp_tls_conn_new_async(const char *hostname, int hostlen, int port,
                                  const esp_tls_cfg_t *cfg, esp_tls_t *tls);
ssize_t __wrap_esp_tls_conn_read(esp_tls_t *tls, void *data, size_t datalen);
ssize_t __wrap_esp_tls_conn_write(esp_tls_t *tls, const void *data, size_t datalen);

int __wrap_esp_tls_conn_new_async(const char *hostname, int hostlen, int port,
                                  const esp_tls_cfg_t *cfg, esp_tls_t *tls)
{
    if (is_tunnel && !cfg->is_plain_tcp) {
        above = *cfg;
        return __real_esp_tls_conn_new_async(hostname, hostlen, port, cfg, tls);
    }
    assert_non_null(tls);
    assert_in_range(hostlen, 1, sizeof(seen.host) - 1);
    memcpy(&seen.cfg, cfg, sizeof(*cfg)); /* the gaps between the fields, too */
    if (cfg->keep_alive_cfg != NULL) {
        seen.keep_alive = *cfg->keep_alive_cfg;
        seen.cfg.keep_alive_cfg = NULL;
    }
    if (cfg->if_name != NULL) {
        memcpy(seen.if_name, cfg->if_name->ifr_name, sizeof(seen.if_name));
        seen.cfg.if_name = NULL;
    }
    memcpy(seen.host, hostname, (size_t)hostlen);
    seen.port = port;
    seen.connects++;
    answered = 0;
    return wait_steps > 0 && wait_steps-- > 0 ? 0 : 1;
}

ssize_t __wrap_esp_tls_conn_read(esp_tls_t *tls, void *data, size_t datalen)
{
    size_t left = strlen(answer) - answered;
    size_t n = left < datalen ? left : datalen;

    (void)tls;
    seen.longest_read = datalen > seen.longest_read ? datalen : seen.longest_read;
    memcpy(data, answer + answered, n);
    answered += n;
    return n > 0 ? (ssize_t)n : ESP_TLS_ERR_SSL_WANT_READ;
}

ssize_t __wrap_esp_tls_conn_write(esp_tls_t *tls, const void *data, size_t datalen)
{
    size_t len = strlen(seen.sent);
    size_t n = room < datalen ? room : datalen;

    (void)tls;
    assert_true(len + n < sizeof(seen.sent));
    seen.longest_write = datalen > seen.longest_write ? datalen : seen.longest_write;
    if (n == 0) {
        return ESP_TLS_ERR_SSL_WANT_WRITE;
    }
    memcpy(seen.sent + len, data, n);
    room -= n;
    answered = 0;
    return (ssize_t)n;
}

#if CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
esp_tls_client_session_t *__wrap_esp_tls_get_client_session(esp_tls_t *tls);

esp_tls_client_session_t *__wrap_esp_tls_get_client_session(esp_tls_t *tls)
{
    assert_non_null(tls);
    sessions++;
    return NULL;
}
#endif

/* --- comparing -------------------------------------------------------------------------------- */

static void compare(const char *row, const struct seen *want)
{
#define SAME(what)                                                                                 \
    if (!(what)) {                                                                                 \
        fail_msg("%s: not so: %s (%u events); sent:\n%s", row, #what, seen.events, seen.sent);     \
    }
    SAME(seen.cfg.alpn_protos == want->cfg.alpn_protos)
    SAME(seen.cfg.skip_common_name == want->cfg.skip_common_name)
    SAME(memcmp(&seen.cfg, &want->cfg, sizeof(seen.cfg)) == 0)
    SAME(memcmp(&seen.keep_alive, &want->keep_alive, sizeof(seen.keep_alive)) == 0)
    SAME(strcmp(seen.if_name, want->if_name) == 0)
    SAME(strcmp(seen.host, want->host) == 0)
    SAME(seen.port == want->port)
    SAME(seen.connects == want->connects)
    SAME(strcmp(seen.sent, want->sent) == 0)
    SAME(seen.longest_write == want->longest_write)
    SAME(seen.longest_read == want->longest_read)
    SAME(seen.err == want->err)
    SAME(seen.events == want->events)
    SAME(seen.other_events == want->other_events)
    SAME(seen.user_data == want->user_data)
    SAME(seen.custom == want->custom)
#undef SAME
}

static void send_instead(struct seen *want, const char *text)
{
    (void)snprintf(want->sent, sizeof(want->sent), "%s", text);
    want->longest_write = strlen(text);
}

static void send_times(struct seen *want, const char *text, unsigned times)
{
    size_t len = strlen(text);

    want->sent[0] = '\0';
    for (unsigned i = 0; i < times; i++) {
        memcpy(want->sent + i * len, text, len + 1);
    }
}

/* --- the configuration of an HTTP client ------------------------------------------------------ */

static esp_err_t on_event(esp_http_client_event_t *evt)
{
    seen.events++;
    seen.user_data = evt->user_data;
    return ESP_OK;
}

static esp_err_t on_other_event(esp_http_client_event_t *evt)
{
    seen.other_events++;
    seen.user_data = evt->user_data;
    return ESP_OK;
}

static char pem[] = "a PEM text";
static char der[] = {1, 2, 3, 4, 0, 5};
static char password[] = "secret";
static const char *protocols[] = {"http/1.1", NULL};
static const esp_key_config_t key = {.source = ESP_KEY_SOURCE_PSA, .psa = {.key_id = 1}};
static struct ifreq interface;
static const unsigned char *const pem_bytes = (const unsigned char *)pem;
static const unsigned char *const der_bytes = (const unsigned char *)der;

static int custom_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    (void)t;
    (void)host;
    (void)port;
    (void)timeout_ms;
    seen.custom++;
    return -1;
}

static int custom_close(esp_transport_handle_t t)
{
    (void)t;
    return 0;
}

/* FIELD(name): set one field of c, and say in w what is different then. */
#define FIELD(name) static void http_##name(esp_http_client_config_t *c, struct seen *w)

FIELD(url)
{
    c->url = "https://other.example:8443/b";
    strcpy(w->host, "other.example");
    w->port = 8443;
    send_instead(w, "GET /b HTTP/1.1\r\nUser-Agent: ESP32 HTTP Client/1.0\r\n"
                    "Host: other.example:8443\r\n\r\n");
}

FIELD(host)
{
    c->url = NULL;
    c->host = "other.example";
    strcpy(w->host, "other.example");
    w->port = 80;
    w->cfg.is_plain_tcp = true;
    send_instead(w, "GET / HTTP/1.1\r\nUser-Agent: ESP32 HTTP Client/1.0\r\n"
                    "Host: other.example\r\n\r\n");
}

/** With host and path a URL does not count. */
static void by_pieces(esp_http_client_config_t *c, struct seen *w)
{
    c->host = "test.example";
    c->path = "/a";
    w->port = 80;
    w->cfg.is_plain_tcp = true;
}

FIELD(port)
{
    by_pieces(c, w);
    c->port = 8080;
    w->port = 8080;
    send_instead(w, "GET /a HTTP/1.1\r\nUser-Agent: ESP32 HTTP Client/1.0\r\n"
                    "Host: test.example:8080\r\n\r\n");
}

FIELD(path)
{
    by_pieces(c, w);
    c->path = "/c/d";
    send_instead(w, "GET /c/d HTTP/1.1\r\n" HEAD "\r\n");
}

FIELD(query)
{
    by_pieces(c, w);
    c->query = "e=f";
    send_instead(w, "GET /a?e=f HTTP/1.1\r\n" HEAD "\r\n");
}

FIELD(transport_type)
{
    by_pieces(c, w);
    c->transport_type = HTTP_TRANSPORT_OVER_SSL;
    w->cfg.is_plain_tcp = false;
    w->port = 443;
}

/** A login is not sent before it is asked for. */
FIELD(username)
{
    (void)w;
    c->username = "user";
}

FIELD(password)
{
    c->username = "user";
    c->password = "pass";
    c->auth_type = HTTP_AUTH_TYPE_BASIC;
    send_instead(w, "GET /a HTTP/1.1\r\n" HEAD BASIC_LOGIN "\r\n");
}

FIELD(auth_type)
{
    c->username = "user";
    c->auth_type = HTTP_AUTH_TYPE_BASIC;
    send_instead(w, "GET /a HTTP/1.1\r\n" HEAD "Authorization: Basic dXNlcjo=\r\n\r\n");
}

FIELD(cert_pem)
{
    c->cert_pem = pem;
    w->cfg.cacert_buf = pem_bytes;
    w->cfg.cacert_bytes = sizeof(pem);
}

FIELD(cert_der)
{
    c->cert_der = der;
    c->cert_len = sizeof(der);
    w->cfg.cacert_buf = der_bytes;
    w->cfg.cacert_bytes = sizeof(der);
}

FIELD(cert_len)
{
    c->cert_pem = pem;
    c->cert_len = sizeof(pem) - 2;
    w->cfg.cacert_buf = pem_bytes;
    w->cfg.cacert_bytes = sizeof(pem) - 2;
}

FIELD(client_cert_pem)
{
    c->client_cert_pem = pem;
    w->cfg.clientcert_buf = pem_bytes;
    w->cfg.clientcert_bytes = sizeof(pem);
}

FIELD(client_cert_der)
{
    c->client_cert_der = der;
    c->client_cert_len = sizeof(der);
    w->cfg.clientcert_buf = der_bytes;
    w->cfg.clientcert_bytes = sizeof(der);
}

FIELD(client_cert_len)
{
    c->client_cert_pem = pem;
    c->client_cert_len = sizeof(pem) - 2;
    w->cfg.clientcert_buf = pem_bytes;
    w->cfg.clientcert_bytes = sizeof(pem) - 2;
}

FIELD(client_key_pem)
{
    c->client_key_pem = pem;
    w->cfg.clientkey_buf = pem_bytes;
    w->cfg.clientkey_bytes = sizeof(pem);
}

FIELD(client_key_len)
{
    c->client_key_pem = der;
    c->client_key_len = sizeof(der);
    w->cfg.clientkey_buf = der_bytes;
    w->cfg.clientkey_bytes = sizeof(der);
}

/** The other fields of the key do not count beside it. */
FIELD(client_key)
{
    c->client_key = &key;
    c->client_key_pem = pem;
    c->client_key_password = password;
    c->client_key_password_len = 6;
    w->cfg.client_key = &key;
}

/** Of unknown length it is none. */
FIELD(client_key_password)
{
    (void)w;
    c->client_key_password = password;
}

FIELD(client_key_password_len)
{
    c->client_key_password = password;
    c->client_key_password_len = 4;
    w->cfg.clientkey_password = (const unsigned char *)password;
    w->cfg.clientkey_password_len = 4;
}

FIELD(tls_version)
{
    c->tls_version = ESP_HTTP_CLIENT_TLS_VER_TLS_1_3;
    w->cfg.tls_version = ESP_TLS_VER_TLS_1_3;
}

FIELD(user_agent)
{
    c->user_agent = "me";
    send_instead(w, "GET /a HTTP/1.1\r\nUser-Agent: me\r\nHost: test.example\r\n\r\n");
}

FIELD(method)
{
    c->method = HTTP_METHOD_DELETE;
    send_instead(w, "DELETE /a HTTP/1.1\r\n" HEAD "\r\n");
}

FIELD(timeout_ms)
{
    c->timeout_ms = 777;
    w->cfg.timeout_ms = 777;
}

FIELD(disable_auto_redirect)
{
    answer = MOVED_ANSWER;
    c->disable_auto_redirect = true;
    w->events += 2; /* a header more, and the redirect, which is the application's */
}

FIELD(max_redirection_count)
{
    answer = MOVED_ANSWER;
    c->max_redirection_count = 3;
    send_times(w, REQUEST, 4);
    w->err = ESP_ERR_HTTP_MAX_REDIRECT;
    w->events = 1 + 4 * 5 + 2; /* connected; 5 of each request; failed, disconnected */
}

FIELD(max_authorization_retries)
{
    answer = STALE_ANSWER;
    c->username = "user";
    c->password = "pass";
    c->max_authorization_retries = -1;
    w->err = ESP_FAIL;
    w->events = 1 + 5 + 2; /* as above */
}

FIELD(event_handler)
{
    c->event_handler = on_other_event;
    w->other_events = w->events;
    w->events = 0;
}

FIELD(user_data)
{
    c->user_data = pem;
    w->user_data = pem;
}

FIELD(buffer_size)
{
    c->buffer_size = 99;
    w->longest_read = 99;
}

FIELD(buffer_size_tx)
{
    c->buffer_size_tx = 64;
    w->longest_write = 64;
}

FIELD(is_async)
{
    wait_steps = 1;
    c->is_async = true;
    w->err = ESP_ERR_HTTP_EAGAIN;
    w->sent[0] = '\0';
    w->longest_read = 0;
    w->longest_write = 0;
    w->events = 0;
}

FIELD(use_global_ca_store)
{
    c->use_global_ca_store = true;
    c->cert_pem = pem; /* does not count beside it */
    w->cfg.use_global_ca_store = true;
}

FIELD(skip_cert_common_name_check)
{
    c->skip_cert_common_name_check = true;
    w->cfg.skip_common_name = true;
}

FIELD(common_name)
{
    c->common_name = "name.example";
    w->cfg.common_name = c->common_name;
}

static esp_err_t attach(void *conf)
{
    (void)conf;
    return ESP_OK;
}

/** A build without bundles trusts nobody, rather than somebody else. */
FIELD(crt_bundle_attach)
{
    c->crt_bundle_attach = attach;
    c->use_global_ca_store = true;
    c->cert_pem = pem;
#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    w->cfg.crt_bundle_attach = attach;
#else
    (void)w;
#endif
}

FIELD(keep_alive_enable)
{
    c->keep_alive_enable = true;
    w->keep_alive = (tls_keep_alive_cfg_t){true, 5, 5, 3};
}

FIELD(keep_alive_idle)
{
    c->keep_alive_enable = true;
    c->keep_alive_idle = 11;
    w->keep_alive = (tls_keep_alive_cfg_t){true, 11, 5, 3};
}

FIELD(keep_alive_interval)
{
    c->keep_alive_enable = true;
    c->keep_alive_interval = 12;
    w->keep_alive = (tls_keep_alive_cfg_t){true, 5, 12, 3};
}

FIELD(keep_alive_count)
{
    c->keep_alive_enable = true;
    c->keep_alive_count = 13;
    w->keep_alive = (tls_keep_alive_cfg_t){true, 5, 5, 13};
}

FIELD(if_name)
{
    strcpy(interface.ifr_name, "eth0");
    c->if_name = &interface;
    strcpy(w->if_name, "eth0");
}

FIELD(addr_type)
{
    c->addr_type = HTTP_ADDR_TYPE_INET6;
    w->cfg.addr_family = ESP_TLS_AF_INET6;
}

#if CONFIG_ESP_HTTP_CLIENT_ENABLE_HTTPS
FIELD(alpn_protos)
{
    c->alpn_protos = protocols;
#ifdef CONFIG_MBEDTLS_SSL_ALPN
    w->cfg.alpn_protos = protocols;
#endif
}
#endif

#ifdef CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
FIELD(use_ecdsa_peripheral)
{
    c->use_ecdsa_peripheral = true;
    w->cfg.use_ecdsa_peripheral = true;
}

FIELD(ecdsa_key_efuse_blk)
{
    c->use_ecdsa_peripheral = true;
    c->ecdsa_key_efuse_blk = 4;
    w->cfg.use_ecdsa_peripheral = true;
    w->cfg.ecdsa_key_efuse_blk = 4;
}

FIELD(ecdsa_key_efuse_blk_high)
{
    c->use_ecdsa_peripheral = true;
    c->ecdsa_key_efuse_blk_high = 5;
    w->cfg.use_ecdsa_peripheral = true;
#if defined(SOC_ECDSA_SUPPORT_CURVE_P384) && SOC_ECDSA_SUPPORT_CURVE_P384
    w->cfg.ecdsa_key_efuse_blk_high = 5;
#endif
}

FIELD(ecdsa_curve)
{
    c->use_ecdsa_peripheral = true;
    c->ecdsa_curve = (esp_http_client_ecdsa_curve_t)1;
    w->cfg.use_ecdsa_peripheral = true;
    w->cfg.ecdsa_curve = (esp_tls_ecdsa_curve_t)1;
}
#endif

#if CONFIG_ESP_TLS_USE_DS_PERIPHERAL
FIELD(ds_data)
{
    c->ds_data = der;
    w->cfg.ds_data = der;
}
#endif

#if CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
/** The first connect has none to resume. */
FIELD(save_client_session)
{
    (void)w;
    c->save_client_session = true;
}
#endif

#if CONFIG_ESP_HTTP_CLIENT_ENABLE_CUSTOM_TRANSPORT
FIELD(transport)
{
    c->transport = esp_transport_init();
    (void)esp_transport_set_func(c->transport, custom_connect, NULL, NULL, custom_close, NULL, NULL,
                                 NULL);
    memset(w, 0, sizeof(*w));
    w->custom = 1;
    w->err = ESP_ERR_HTTP_CONNECT;
    w->events = 1;
}
#endif

#if CONFIG_MBEDTLS_DYNAMIC_BUFFER
FIELD(tls_dyn_buf_strategy)
{
    c->tls_dyn_buf_strategy = HTTP_TLS_DYN_BUF_RX_STATIC;
    w->cfg.esp_tls_dyn_buf_strategy = ESP_TLS_DYN_BUF_RX_STATIC;
}
#endif

#define ROW(name)                                                                                  \
    {                                                                                              \
#name, http_##name                                                                         \
    }
static const struct {
    const char *name;
    void (*set)(esp_http_client_config_t *c, struct seen *w);
} http_rows[] = {
    ROW(url),
    ROW(host),
    ROW(port),
    ROW(username),
    ROW(password),
    ROW(auth_type),
    ROW(path),
    ROW(query),
    ROW(cert_pem),
    ROW(cert_der),
    ROW(cert_len),
    ROW(client_cert_pem),
    ROW(client_cert_der),
    ROW(client_cert_len),
    ROW(client_key_pem),
    ROW(client_key_len),
    ROW(client_key),
    ROW(client_key_password),
    ROW(client_key_password_len),
    ROW(tls_version),
#ifdef CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
    ROW(use_ecdsa_peripheral),
    ROW(ecdsa_key_efuse_blk),
    ROW(ecdsa_key_efuse_blk_high),
    ROW(ecdsa_curve),
#endif
    ROW(user_agent),
    ROW(method),
    ROW(timeout_ms),
    ROW(disable_auto_redirect),
    ROW(max_redirection_count),
    ROW(max_authorization_retries),
    ROW(event_handler),
    ROW(transport_type),
    ROW(buffer_size),
    ROW(buffer_size_tx),
    ROW(user_data),
    ROW(is_async),
    ROW(use_global_ca_store),
    ROW(skip_cert_common_name_check),
    ROW(common_name),
    ROW(crt_bundle_attach),
    ROW(keep_alive_enable),
    ROW(keep_alive_idle),
    ROW(keep_alive_interval),
    ROW(keep_alive_count),
    ROW(if_name),
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_HTTPS
    ROW(alpn_protos),
#endif
#if CONFIG_ESP_TLS_USE_DS_PERIPHERAL
    ROW(ds_data),
#endif
#if CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    ROW(save_client_session),
#endif
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_CUSTOM_TRANSPORT
    ROW(transport),
#endif
    ROW(addr_type),
#if CONFIG_MBEDTLS_DYNAMIC_BUFFER
    ROW(tls_dyn_buf_strategy),
#endif
};
#undef ROW

/** What a client that was told only where to go does: it verifies, under the host's name, and
 *  trusts nobody, which esp_tls refuses. */
static struct seen told_nothing(void)
{
    return (struct seen){.cfg = {.timeout_ms = 5000, .non_block = true},
                         .host = "test.example",
                         .port = 443,
                         .connects = 1,
                         .sent = REQUEST,
                         .longest_write = strlen(REQUEST),
                         .longest_read = DEFAULT_HTTP_BUF_SIZE,
                         .events = 6};
}

static void request(const esp_http_client_config_t *cfg)
{
    esp_http_client_handle_t client = esp_http_client_init(cfg);

    assert_non_null(client);
    seen.err = esp_http_client_perform(client);
    assert_int_equal(esp_http_client_set_event_handler(client, NULL), ESP_OK);
    assert_int_equal(esp_http_client_cleanup(client), ESP_OK);
}

static void begin(void)
{
    memset(&seen, 0, sizeof(seen));
    answer = OK_ANSWER;
    answered = 0;
    wait_steps = 0;
    room = SIZE_MAX;
    sessions = 0;
    is_tunnel = false;
}

static void test_http_client_each_field_arrives_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i <= COUNT(http_rows); i++) {
        esp_http_client_config_t cfg = {.url = "https://test.example/a", .event_handler = on_event};
        struct seen want = told_nothing();

        begin();
        if (i < COUNT(http_rows)) {
            http_rows[i].set(&cfg, &want);
        }
        request(&cfg);
        compare(i < COUNT(http_rows) ? http_rows[i].name : "nothing", &want);
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_CUSTOM_TRANSPORT
        (void)esp_transport_destroy(cfg.transport);
#endif
    }
}

/** Connecting elsewhere, the certificate must still be the URL's. */
static void test_http_client_connect_to_keeps_the_name(void **state)
{
    const esp_http_client_config_t cfg = {.url = "https://test.example/a",
                                          .event_handler = on_event};
    struct seen want = told_nothing();
    esp_http_client_handle_t client;

    (void)state;
    begin();
    client = esp_http_client_init(&cfg);
    assert_int_equal(esp_http_client_set_connect_to(client, "elsewhere", 4433), ESP_OK);
    seen.err = esp_http_client_perform(client);
    assert_string_equal(seen.cfg.common_name, "test.example");
    seen.cfg.common_name = NULL; /* the client's own copy */
    strcpy(want.host, "elsewhere");
    want.port = 4433;
    compare("connect to", &want);
    assert_int_equal(esp_http_client_set_event_handler(client, NULL), ESP_OK);
    assert_int_equal(esp_http_client_cleanup(client), ESP_OK);
}

/** What comes while the body cannot go out is read into a buffer that it shares with the answer. */
static void test_http_client_reads_no_more_than_its_buffer_before_the_body_is_out(void **state)
{
    static const char body[600];
    /* of an answer of 3 bytes two pieces of 2 cannot be read ahead */
    static const int sizes[] = {2, 16, 255, 256, 1000};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        const esp_http_client_config_t cfg = {.url = "https://test.example/a",
                                              .method = HTTP_METHOD_POST,
                                              .buffer_size = sizes[i],
                                              .buffer_size_tx = 500};
        esp_http_client_handle_t client;

        begin();
        answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig";
        room = 300; /* the head, and some of the body */
        client = esp_http_client_init(&cfg);
        assert_int_equal(esp_http_client_set_post_field(client, body, sizeof(body)), ESP_OK);
        assert_int_equal(esp_http_client_perform(client), ESP_OK);
        assert_int_equal(esp_http_client_get_status_code(client), 413);
        assert_int_equal(esp_http_client_get_progress(client), 3);
        assert_int_equal(room, 0);
        assert_int_equal(seen.longest_read, sizes[i] < 256 ? sizes[i] : 256);
        assert_int_equal(esp_http_client_cleanup(client), ESP_OK);
    }
}

#if CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
static esp_err_t leave_at_the_end(esp_http_client_event_t *evt)
{
    if (evt->event_id == HTTP_EVENT_ON_FINISH) {
        assert_int_equal(esp_http_client_set_url(evt->client, evt->user_data), ESP_OK);
    }
    return ESP_OK;
}

/** When a connection closes, its session is kept if it is one of TLS, wherever the next leads. */
static void test_http_client_session_is_the_connections(void **state)
{
    static const struct {
        const char *url;
        const char *next;
        unsigned sessions; /* after the connect, and before the close */
    } rows[] = {
        {"https://test.example/a", "https://test.example/b", 2},
        {"https://test.example/a", "http://test.example/b", 2},
        {"http://test.example/a", "https://test.example/b", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char next[64];
        const esp_http_client_config_t cfg = {.url = rows[i].url,
                                              .event_handler = leave_at_the_end,
                                              .user_data = next,
                                              .save_client_session = true};
        esp_http_client_handle_t client;

        begin();
        (void)snprintf(next, sizeof(next), "%s", rows[i].next);
        client = esp_http_client_init(&cfg);
        assert_int_equal(esp_http_client_perform(client), ESP_OK);
        assert_int_equal(esp_http_client_close(client), ESP_OK);
        assert_int_equal(sessions, rows[i].sessions);
        assert_int_equal(esp_http_client_cleanup(client), ESP_OK);
    }
}
#endif

/** Through a tunnel TLS is told the same; the way to the proxy has what is of TCP, and nothing of
 *  TLS. */
static void test_http_client_fields_arrive_through_a_tunnel(void **state)
{
    static const esp_http_client_proxy_t proxy = {
        .kind = ESP_HTTP_CLIENT_PROXY_SOCKS5, .host = "proxy.example", .port = 1080};
    const esp_http_client_config_t cfg = {.url = "https://test.example/a",
                                          .is_async = true,
                                          .cert_pem = (const char *)cert_root_ec_pem,
                                          .common_name = "name.example",
                                          .skip_cert_common_name_check = true,
                                          .if_name = &interface,
                                          .keep_alive_enable = true,
                                          .addr_type = HTTP_ADDR_TYPE_INET};
    const struct seen want = {.cfg = {.timeout_ms = 5000,
                                      .non_block = true,
                                      .is_plain_tcp = true,
                                      .addr_family = ESP_TLS_AF_INET},
                              .keep_alive = {true, 5, 5, 3},
                              .if_name = "eth0",
                              .host = "proxy.example",
                              .port = 1080,
                              .connects = 1,
                              .err = ESP_ERR_HTTP_EAGAIN};
    esp_http_client_handle_t client;

    (void)state;
    begin();
    is_tunnel = true;
    wait_steps = 1; /* the way to the proxy is under way, and the test ends */
    strcpy(interface.ifr_name, "eth0");
    client = esp_http_client_init(&cfg);
    assert_int_equal(esp_http_client_set_proxy(client, &proxy), ESP_OK);
    seen.err = esp_http_client_perform(client);
    compare("tunnel", &want);
    assert_true(above.skip_common_name);
    assert_ptr_equal(above.common_name, cfg.common_name);
    assert_ptr_equal(above.cacert_buf, cert_root_ec_pem);
    assert_int_equal(above.timeout_ms, 5000);
    assert_int_equal(esp_http_client_cleanup(client), ESP_OK);
}

/* --- the setters of a transport --------------------------------------------------------------- */

static esp_transport_keep_alive_t keep_alive = {true, 7, 8, 9};
static const int suites[] = {0x1301, 0};

/* SETTER(call): make one call of t, and say in w what is different then. */
#define SETTER(call) static void do_##call(esp_transport_handle_t t, struct seen *w)

SETTER(esp_transport_ssl_set_cert_data)
{
    esp_transport_ssl_set_cert_data(t, pem, sizeof(pem) - 1);
    w->cfg.cacert_buf = pem_bytes;
    w->cfg.cacert_bytes = sizeof(pem);
}

SETTER(esp_transport_ssl_set_cert_data_der)
{
    esp_transport_ssl_set_cert_data_der(t, der, sizeof(der));
    w->cfg.cacert_buf = der_bytes;
    w->cfg.cacert_bytes = sizeof(der);
}

#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
SETTER(esp_transport_ssl_crt_bundle_attach)
{
    esp_transport_ssl_crt_bundle_attach(t, attach);
    w->cfg.crt_bundle_attach = attach;
}
#endif

SETTER(esp_transport_ssl_enable_global_ca_store)
{
    esp_transport_ssl_enable_global_ca_store(t);
    w->cfg.use_global_ca_store = true;
}

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
SETTER(esp_transport_ssl_set_esp_tls_dyn_buf_strategy)
{
    esp_transport_ssl_set_esp_tls_dyn_buf_strategy(t, ESP_TLS_DYN_BUF_RX_STATIC);
    w->cfg.esp_tls_dyn_buf_strategy = ESP_TLS_DYN_BUF_RX_STATIC;
}
#endif

SETTER(esp_transport_ssl_set_tls_version)
{
    esp_transport_ssl_set_tls_version(t, ESP_TLS_VER_TLS_1_2);
    w->cfg.tls_version = ESP_TLS_VER_TLS_1_2;
}

SETTER(esp_transport_ssl_set_client_cert_data)
{
    esp_transport_ssl_set_client_cert_data(t, pem, sizeof(pem) - 1);
    w->cfg.clientcert_buf = pem_bytes;
    w->cfg.clientcert_bytes = sizeof(pem);
}

SETTER(esp_transport_ssl_set_client_cert_data_der)
{
    esp_transport_ssl_set_client_cert_data_der(t, der, sizeof(der));
    w->cfg.clientcert_buf = der_bytes;
    w->cfg.clientcert_bytes = sizeof(der);
}

SETTER(esp_transport_ssl_set_client_key_data)
{
    esp_transport_ssl_set_client_key_data(t, pem, sizeof(pem) - 1);
    w->cfg.clientkey_buf = pem_bytes;
    w->cfg.clientkey_bytes = sizeof(pem);
}

SETTER(esp_transport_ssl_set_client_key_password)
{
    esp_transport_ssl_set_client_key_password(t, password, 5);
    w->cfg.clientkey_password = (const unsigned char *)password;
    w->cfg.clientkey_password_len = 5;
}

SETTER(esp_transport_ssl_set_client_key_data_der)
{
    esp_transport_ssl_set_client_key_data_der(t, der, sizeof(der));
    w->cfg.clientkey_buf = der_bytes;
    w->cfg.clientkey_bytes = sizeof(der);
}

#ifdef CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
SETTER(esp_transport_ssl_set_client_key_ecdsa_peripheral)
{
    esp_transport_ssl_set_client_key_ecdsa_peripheral(t, 4);
    w->cfg.use_ecdsa_peripheral = true;
    w->cfg.ecdsa_key_efuse_blk = 4;
}

#if defined(SOC_ECDSA_SUPPORT_CURVE_P384) && SOC_ECDSA_SUPPORT_CURVE_P384
SETTER(esp_transport_ssl_set_client_key_ecdsa_peripheral_extended)
{
    esp_transport_ssl_set_client_key_ecdsa_peripheral_extended(t, 4, 5);
    w->cfg.use_ecdsa_peripheral = true;
    w->cfg.ecdsa_key_efuse_blk = 4;
    w->cfg.ecdsa_key_efuse_blk_high = 5;
}
#endif

SETTER(esp_transport_ssl_set_ecdsa_curve)
{
    esp_transport_ssl_set_ecdsa_curve(t, (esp_tls_ecdsa_curve_t)1);
    w->cfg.ecdsa_curve = (esp_tls_ecdsa_curve_t)1;
}
#endif

#ifdef CONFIG_MBEDTLS_SSL_ALPN
SETTER(esp_transport_ssl_set_alpn_protocol)
{
    esp_transport_ssl_set_alpn_protocol(t, protocols);
    w->cfg.alpn_protos = protocols;
}
#endif

SETTER(esp_transport_ssl_skip_common_name_check)
{
    esp_transport_ssl_skip_common_name_check(t);
    w->cfg.skip_common_name = true;
}

SETTER(esp_transport_ssl_set_common_name)
{
    esp_transport_ssl_set_common_name(t, password);
    w->cfg.common_name = password;
}

SETTER(esp_transport_ssl_set_ciphersuites_list)
{
    esp_transport_ssl_set_ciphersuites_list(t, suites);
    w->cfg.ciphersuites_list = suites;
}

SETTER(esp_transport_ssl_use_secure_element)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    esp_transport_ssl_use_secure_element(t);
#pragma GCC diagnostic pop
    w->cfg.use_secure_element = true;
}

#ifdef CONFIG_ESP_TLS_USE_DS_PERIPHERAL
SETTER(esp_transport_ssl_set_ds_data)
{
    esp_transport_ssl_set_ds_data(t, der);
    w->cfg.ds_data = der;
}
#endif

SETTER(esp_transport_ssl_set_client_key_config)
{
    esp_transport_ssl_set_client_key_config(t, &key);
    w->cfg.client_key = &key;
}

#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
SETTER(esp_transport_ssl_set_psk_key_hint)
{
    static const psk_hint_key_t hint;

    esp_transport_ssl_set_psk_key_hint(t, &hint);
    w->cfg.psk_hint_key = &hint;
}
#endif

SETTER(esp_transport_ssl_set_keep_alive)
{
    esp_transport_ssl_set_keep_alive(t, &keep_alive);
    w->keep_alive = (tls_keep_alive_cfg_t){true, 7, 8, 9};
}

SETTER(esp_transport_tcp_set_keep_alive)
{
    esp_transport_tcp_set_keep_alive(t, &keep_alive);
    w->keep_alive = (tls_keep_alive_cfg_t){true, 7, 8, 9};
}

SETTER(esp_transport_ssl_set_interface_name)
{
    strcpy(interface.ifr_name, "eth0");
    esp_transport_ssl_set_interface_name(t, &interface);
    strcpy(w->if_name, "eth0");
}

SETTER(esp_transport_tcp_set_interface_name)
{
    strcpy(interface.ifr_name, "wlan0");
    esp_transport_tcp_set_interface_name(t, &interface);
    strcpy(w->if_name, "wlan0");
}

SETTER(esp_transport_ssl_set_addr_family)
{
    esp_transport_ssl_set_addr_family(t, ESP_TLS_AF_INET);
    w->cfg.addr_family = ESP_TLS_AF_INET;
}

#define ROW(call)                                                                                  \
    {                                                                                              \
#call, do_##call                                                                           \
    }
static const struct {
    const char *name;
    void (*set)(esp_transport_handle_t t, struct seen *w);
} setter_rows[] = {
    ROW(esp_transport_ssl_set_cert_data),
    ROW(esp_transport_ssl_set_cert_data_der),
#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    ROW(esp_transport_ssl_crt_bundle_attach),
#endif
    ROW(esp_transport_ssl_enable_global_ca_store),
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    ROW(esp_transport_ssl_set_esp_tls_dyn_buf_strategy),
#endif
    ROW(esp_transport_ssl_set_tls_version),
    ROW(esp_transport_ssl_set_client_cert_data),
    ROW(esp_transport_ssl_set_client_cert_data_der),
    ROW(esp_transport_ssl_set_client_key_data),
    ROW(esp_transport_ssl_set_client_key_password),
    ROW(esp_transport_ssl_set_client_key_data_der),
#ifdef CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
    ROW(esp_transport_ssl_set_client_key_ecdsa_peripheral),
#if defined(SOC_ECDSA_SUPPORT_CURVE_P384) && SOC_ECDSA_SUPPORT_CURVE_P384
    ROW(esp_transport_ssl_set_client_key_ecdsa_peripheral_extended),
#endif
    ROW(esp_transport_ssl_set_ecdsa_curve),
#endif
#ifdef CONFIG_MBEDTLS_SSL_ALPN
    ROW(esp_transport_ssl_set_alpn_protocol),
#endif
    ROW(esp_transport_ssl_skip_common_name_check),
    ROW(esp_transport_ssl_set_common_name),
    ROW(esp_transport_ssl_set_ciphersuites_list),
    ROW(esp_transport_ssl_use_secure_element),
#ifdef CONFIG_ESP_TLS_USE_DS_PERIPHERAL
    ROW(esp_transport_ssl_set_ds_data),
#endif
    ROW(esp_transport_ssl_set_client_key_config),
#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
    ROW(esp_transport_ssl_set_psk_key_hint),
#endif
    ROW(esp_transport_ssl_set_keep_alive),
    ROW(esp_transport_tcp_set_keep_alive),
    ROW(esp_transport_ssl_set_interface_name),
    ROW(esp_transport_tcp_set_interface_name),
    ROW(esp_transport_ssl_set_addr_family),
};
#undef ROW

/** TCP and TLS have one configuration: what the other means is kept, and without effect. */
static void test_transport_each_setter_arrives_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i <= COUNT(setter_rows) * 2 + 1; i++) {
        const size_t row = i / 2;
        const bool is_plain = i % 2 != 0;
        esp_transport_handle_t t = is_plain ? esp_transport_tcp_init() : esp_transport_ssl_init();
        struct seen want = {
            .cfg = {.timeout_ms = 1234, .non_block = true, .is_plain_tcp = is_plain},
            .host = "test.example",
            .port = 443,
            .connects = 1};

        begin();
        if (row < COUNT(setter_rows)) {
            setter_rows[row].set(t, &want);
        }
        seen.err = esp_transport_connect(t, "test.example", 443, 1234);
        compare(row < COUNT(setter_rows) ? setter_rows[row].name : "nothing", &want);
        assert_int_equal(esp_transport_destroy(t), 0);
    }
}

/** A length that is none makes data that is none: never a huge one. */
static void test_transport_lengths_that_are_none(void **state)
{
    static const int lengths[] = {0, -1, INT32_MIN};

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        esp_transport_handle_t t = esp_transport_ssl_init();

        begin();
        esp_transport_ssl_set_cert_data(t, pem, lengths[i]);
        esp_transport_ssl_set_client_cert_data_der(t, der, lengths[i]);
        esp_transport_ssl_set_client_key_data(t, pem, lengths[i]);
        esp_transport_ssl_set_client_key_password(t, password, lengths[i]);
        assert_int_equal(esp_transport_connect(t, "test.example", 443, 1234), 0);
        assert_int_equal(seen.cfg.cacert_bytes, 0);
        assert_int_equal(seen.cfg.clientcert_bytes, 0);
        assert_int_equal(seen.cfg.clientkey_bytes, 0);
        assert_int_equal(seen.cfg.clientkey_password_len, 0);
        assert_int_equal(esp_transport_destroy(t), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_http_client_each_field_arrives_and_nothing_else),
        sim_test(test_http_client_connect_to_keeps_the_name),
        sim_test(test_http_client_fields_arrive_through_a_tunnel),
        sim_test(test_http_client_reads_no_more_than_its_buffer_before_the_body_is_out),
#if CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
        sim_test(test_http_client_session_is_the_connections),
#endif
        sim_test(test_transport_each_setter_arrives_and_nothing_else),
        sim_test(test_transport_lengths_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
