/* What the HTTP client takes of the heap, by the ledger: as much as its buffers are configured to,
 * and no more because a response is longer. */
#include "http_case.h"

#include "plat_heap.h"

#define ANSWER_MAX 300000

static char answer[ANSWER_MAX];
static size_t answer_len;

static void put_many(char letter, size_t len)
{
    assert_true(answer_len + len < sizeof(answer));
    memset(answer + answer_len, letter, len);
    answer_len += len;
}

static void put(const char *text)
{
    const size_t len = strlen(text);

    assert_true(answer_len + len < sizeof(answer));
    memcpy(answer + answer_len, text, len);
    answer_len += len;
}

static void put_number(const char *before, size_t n, const char *after)
{
    char text[24];
    size_t i = sizeof(text);

    text[--i] = '\0';
    do {
        text[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    put(before);
    put(text + i);
    put(after);
}

struct response {
    size_t headers;
    size_t value; /* length of each header's */
    size_t body;
    bool is_chunked;
};

static void make(const struct response *r)
{
    answer_len = 0;
    put("HTTP/1.1 200 OK\r\n");
    for (size_t i = 0; i < r->headers; i++) {
        put_number("X-", i % 10, ": ");
        put_many('v', r->value);
        put("\r\n");
    }
    if (!r->is_chunked) {
        put_number("Content-Length: ", r->body, "\r\n\r\n");
        put_many('b', r->body);
        return;
    }
    put("Transfer-Encoding: chunked\r\n\r\n");
    for (size_t sent = 0; sent < r->body; sent += 16) {
        put("10\r\n");
        put_many('b', 16);
        put("\r\n");
    }
    put("0\r\n\r\n");
}

/** The client's own, that is, without the connection, which has its own account. */
struct taken {
    uint32_t peak;
    uint32_t largest;
    uint32_t count;
};

static struct taken heap_of(struct http_case *w, const struct response *r)
{
    const struct plat_account *process = plat_process_account();
    struct sim_line line = {0, answer, 0, SIM_SCRIPT_GO_ON};
    struct taken t;
    uint32_t before;

    http_close(w);
    make(r);
    line.len = answer_len;
    http_play(w, &line, 1);
    plat_account_reset(plat_process_account());
    before = process->total.live;
    http_open(w);
    assert_int_equal(http_perform(w), ESP_OK);
    assert_int_equal(esp_http_client_get_progress(w->client), r->body);
    t = (struct taken){process->total.peak - before, process->largest, process->count};
    http_close(w);
    assert_int_equal(process->total.live, before);
    return t;
}

static esp_err_t drop(struct http_case *w, esp_http_client_event_t *evt)
{
    (void)evt;
    w->body_len = 0;
    return ESP_OK;
}

static void test_nothing_grows_with_the_response(void **state)
{
    static const struct {
        const char *name;
        struct response small;
        struct response large;
    } rows[] = {
        {"body", {1, 10, 1, false}, {1, 10, 250000, false}},
        {"chunks", {1, 10, 16, true}, {1, 10, 160000, true}},
        {"headers", {20, 100, 1, false}, {200, 100, 1, false}},
        {"all of it", {20, 100, 16, true}, {200, 100, 80000, true}},
    };
    struct http_case *w = *state;

    w->hook = drop;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct taken small = heap_of(w, &rows[i].small);
        const struct taken large = heap_of(w, &rows[i].large);

        if (small.peak != large.peak || small.largest != large.largest || small.peak == 0) {
            fail_msg("%s: peak %u and %u, largest %u and %u", rows[i].name, (unsigned)small.peak,
                     (unsigned)large.peak, (unsigned)small.largest, (unsigned)large.largest);
        }
    }
}

/** A value is held while it is read, in room that doubles up to the limit. */
static void test_a_long_header_takes_its_length_at_most(void **state)
{
    static const struct response brief = {1, 100, 1, false};
    static const size_t lengths[] = {500, 2000, 8000};
    struct http_case *w = *state;
    const struct taken least = heap_of(w, &brief);

    for (size_t i = 0; i < COUNT(lengths); i++) {
        const struct response r = {1, lengths[i], 1, false};
        const struct response many = {7, lengths[i], 1, false};
        const struct taken one = heap_of(w, &r);
        const struct taken all = heap_of(w, &many);

        if (one.peak > least.peak + 8192 + 8192 / 2 || all.peak > one.peak) {
            fail_msg("%zu bytes: peak %u, of 7 %u, of a short one %u", lengths[i],
                     (unsigned)one.peak, (unsigned)all.peak, (unsigned)least.peak);
        }
    }
}

static void test_buffers_are_as_configured(void **state)
{
    static const struct response r = {1, 10, 3000, false};
    struct http_case *w = *state;
    struct taken least;
    struct taken rx;
    struct taken tx;

    w->hook = drop;
    w->cfg.buffer_size = 512;
    w->cfg.buffer_size_tx = 512;
    least = heap_of(w, &r);
    w->cfg.buffer_size = 512 + 4096;
    rx = heap_of(w, &r);
    w->cfg.buffer_size = 512;
    w->cfg.buffer_size_tx = 512 + 4096;
    tx = heap_of(w, &r);
    assert_int_equal(rx.peak, least.peak + 4096);
    assert_int_equal(tx.peak, least.peak + 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_nothing_grows_with_the_response),
        http_test(test_a_long_header_takes_its_length_at_most),
        http_test(test_buffers_are_as_configured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
