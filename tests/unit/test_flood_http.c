/* HTTP servers that never stop. An asynchronous call comes back after a bounded number of reads,
 * whatever comes; a synchronous one ends at its deadline, or with a cancel; what nobody wants is
 * given up. */
#include "http_case.h"

#define STEP_IO                                                                                    \
    140 /* reads and writes of one asynchronous call: 64 steps of two at most, and the request */

struct bytes {
    const char *name;
    const char *begin; /* once */
    size_t begin_len;
    const char *bytes; /* then this, without end */
    size_t len;
    esp_err_t err; /* what refuses it; 0: nothing does */
};

#define CHUNKED HTTP_OK("Transfer-Encoding: chunked\r\n")

static const struct bytes kinds[] = {
    {"interim answers", SIM_TEXT(""), SIM_TEXT("HTTP/1.1 100 Continue\r\n\r\n"),
     ESP_ERR_HTTP_FETCH_HEADER},
    {"fields", SIM_TEXT("HTTP/1.1 200 OK\r\n"), SIM_TEXT("a: b\r\n"), ESP_ERR_HTTP_FETCH_HEADER},
    {"a value", SIM_TEXT("HTTP/1.1 200 OK\r\na:"), SIM_TEXT("b"), ESP_ERR_HTTP_HEADER_TOO_LONG},
    {"a reason", SIM_TEXT("HTTP/1.1 200 "), SIM_TEXT("b"), ESP_ERR_HTTP_HEADER_TOO_LONG},
    {"an extension", SIM_TEXT(CHUNKED "1;"), SIM_TEXT("b"), ESP_ERR_HTTP_HEADER_TOO_LONG},
    {"trailers", SIM_TEXT(CHUNKED "0\r\n"), SIM_TEXT("a: b\r\n"), ESP_ERR_HTTP_INCOMPLETE_DATA},
    {"chunks", SIM_TEXT(CHUNKED), SIM_TEXT("1\r\nx\r\n"), 0},
    {"chunks with extensions", SIM_TEXT(CHUNKED), SIM_TEXT("1;a=b;c=\"d\"\r\nx\r\n"), 0},
    {"a body", SIM_TEXT(HTTP_OK("")), SIM_TEXT("x"), 0},
};

static const struct bytes *now;

static void flooding_peer(struct sim_peer *peer, void *unused)
{
    char buf[2048];

    (void)unused;
    if (sim_peer_read(peer, buf, sizeof(buf)) > 0) {
        (void)sim_peer_write(peer, now->begin, now->begin_len);
        sim_peer_flood(peer, now->bytes, now->len);
    }
}

static esp_err_t forget_data(struct http_case *w, esp_http_client_event_t *evt)
{
    if (evt->event_id == HTTP_EVENT_ON_DATA) {
        w->body_len = 0;
    }
    return ESP_OK;
}

static void flood(struct http_case *w, const struct bytes *kind)
{
    now = kind;
    w->hook = forget_data;
    sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, flooding_peer, NULL);
    http_open(w);
    assert_int_equal(esp_http_client_set_deadline_ms(w->client, 700), ESP_OK);
    sim_io_time(100);
}

static void assert_over(const struct bytes *kind, esp_err_t err, esp_err_t otherwise)
{
    assert_int_equal(err, kind->err != 0 ? kind->err : otherwise);
}

static void test_flood_ends_a_perform_at_its_deadline(void **state)
{
    struct http_case *w = *state;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        uint64_t begin = plat_clock_us();

        flood(w, &kinds[i]);
        assert_over(&kinds[i], esp_http_client_perform(w->client), ESP_ERR_TIMEOUT);
        assert_true(plat_clock_us() - begin <= MS(750));
        sim_io_time(0);
    }
}

static void cancel(void *client)
{
    assert_int_equal(esp_http_client_cancel(client), ESP_OK);
}

/** What an asynchronous call takes at most. Between two calls only the socket is waited for. */
static esp_err_t perform_in_steps(struct http_case *w, unsigned *calls)
{
    for (;;) {
        unsigned io = sim_io_count();
        uint64_t waits = sim_waits();
        esp_err_t err = esp_http_client_perform(w->client);
        esp_tls_wait_t wait;

        ++*calls;
        assert_true(sim_io_count() - io <= STEP_IO);
        assert_int_equal(sim_waits(), waits);
        if (err != ESP_ERR_HTTP_EAGAIN) {
            return err;
        }
        assert_int_equal(esp_http_client_get_wait(w->client, &wait), ESP_OK);
        assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
    }
}

static void test_flood_gives_an_asynchronous_perform_back(void **state)
{
    struct http_case *w = *state;

    w->cfg.is_async = true;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        for (int is_cancelled = 0; is_cancelled < 2; is_cancelled++) {
            uint64_t begin = plat_clock_us();
            unsigned calls = 0;

            flood(w, &kinds[i]);
            if (is_cancelled) {
                sim_after(MS(300), cancel, w->client);
            }
            assert_over(&kinds[i], perform_in_steps(w, &calls),
                        is_cancelled ? ESP_ERR_NOT_FINISHED : ESP_ERR_TIMEOUT);
            assert_true(plat_clock_us() - begin <= MS(is_cancelled ? 350 : 750));
            assert_true(kinds[i].err != 0 || calls > 20);
            sim_io_time(0);
            sim_advance_us(MS(1000)); /* the cancel has had its time */
            http_close(w);
        }
    }
}

static void test_flood_ends_a_read(void **state)
{
    struct http_case *w = *state;

    for (int is_async = 0; is_async < 2; is_async++) {
        static const struct bytes line = {"an extension", SIM_TEXT(CHUNKED "0000000001"),
                                          SIM_TEXT("0"), 0};
        char buf[1000];
        uint64_t begin;
        int n = 0;

        w->cfg.is_async = is_async;
        flood(w, &line); /* a chunk's size that never ends */
        while (esp_http_client_open(w->client, 0) == ESP_ERR_HTTP_EAGAIN) {
            sim_advance_us(MS(1));
        }
        while (esp_http_client_fetch_headers(w->client) == -ESP_ERR_HTTP_EAGAIN) {
            sim_advance_us(MS(1));
        }
        begin = plat_clock_us();
        do {
            unsigned io = sim_io_count();

            n = esp_http_client_read(w->client, buf, sizeof(buf));
            assert_true(!is_async || sim_io_count() - io <= STEP_IO);
        } while (n == -ESP_ERR_HTTP_EAGAIN);
        assert_int_equal(n, -1);
        assert_true(plat_clock_us() - begin <= MS(750));
        sim_io_time(0);
    }
}

/** Of a body that nobody wants: its framing counts, and so does its time. */
static void test_flood_behind_a_redirect_is_given_up(void **state)
{
#define MOVED "HTTP/1.1 302 Found\r\nLocation: /next\r\nTransfer-Encoding: chunked\r\n\r\n"
    static const struct bytes extensions = {
        "extensions", SIM_TEXT(MOVED), SIM_TEXT("1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n"), 0};
    struct http_case *w = *state;
    unsigned io;

    w->cfg.max_redirection_count = 1;
    flood(w, &extensions);
    io = sim_io_count();
    assert_int_equal(esp_http_client_perform(w->client), ESP_ERR_HTTP_MAX_REDIRECT);
    assert_true(sim_io_count() - io <= 2 + 16384 / 512 + 10);
}

static void trickling_peer(struct sim_peer *peer, void *unused)
{
    char buf[2048];

    (void)unused;
    if (sim_peer_read(peer, buf, sizeof(buf)) > 0) {
        (void)sim_peer_write(peer, SIM_TEXT(MOVED));
        sim_peer_trickle(peer, 1, MS(500));
        (void)sim_peer_write(peer, SIM_TEXT("1\r\nx\r\n1\r\nx\r\n1\r\nx\r\n1\r\nx\r\n"));
    }
}

static void test_slow_body_behind_a_redirect_is_given_up(void **state)
{
    struct http_case *w = *state;
    uint64_t begin = plat_clock_us();

    w->cfg.max_redirection_count = 1;
    sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, trickling_peer, NULL);
    http_open(w);
    assert_int_equal(esp_http_client_perform(w->client), ESP_ERR_HTTP_MAX_REDIRECT);
    assert_true(plat_clock_us() - begin <= MS(2600));
}

/* --- an upload that is taken as fast as it comes ---------------------------------------------- */

static int endless_source(void *arg, char *buffer, int len, int64_t offset)
{
    (void)arg;
    (void)offset;
    memset(buffer, 'x', (size_t)len);
    return len;
}

static void drain_peer(struct sim_peer *peer, void *unused)
{
    char buf[65536];

    (void)unused;
    while (sim_peer_read(peer, buf, sizeof(buf)) > 0) {
    }
}

static void test_endless_upload_gives_an_asynchronous_perform_back(void **state)
{
    struct http_case *w = *state;

    for (int size = -1; size < 1; size++) {
        unsigned calls = 0;

        w->cfg.is_async = true;
        w->cfg.method = HTTP_METHOD_POST;
        sim_host("127.0.0.1", 80, SIM_ACCEPT, 0, drain_peer, NULL);
        http_open(w);
        assert_int_equal(esp_http_client_set_deadline_ms(w->client, 700), ESP_OK);
        assert_int_equal(
            esp_http_client_set_source(w->client, endless_source, size < 0 ? -1 : INT64_MAX, NULL),
            ESP_OK);
        sim_io_time(100);
        assert_int_equal(perform_in_steps(w, &calls), ESP_ERR_TIMEOUT);
        assert_true(calls > 20);
        sim_io_time(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_flood_ends_a_perform_at_its_deadline),
        http_test(test_flood_gives_an_asynchronous_perform_back),
        http_test(test_flood_ends_a_read),
        http_test(test_flood_behind_a_redirect_is_given_up),
        http_test(test_slow_body_behind_a_redirect_is_given_up),
        http_test(test_endless_upload_gives_an_asynchronous_perform_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
