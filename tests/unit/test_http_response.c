/* Responses: each row whole, and byte by byte, must come to the same. */
#include <stdio.h>

#include "sim_test.h"

#include "esp_http_field.h"
#include "esp_http_response.h"

#define CAP 64

/** What the callbacks saw, as text: "S200 H[a: b] . B[body] T[c: d]". */
struct seen {
    char text[4096];
    size_t body;
    char last_body[4096];
};

static void add(struct seen *s, const char *what)
{
    assert_true(strlen(s->text) + strlen(what) < sizeof(s->text));
    memcpy(s->text + strlen(s->text), what, strlen(what) + 1);
}

static esp_http_response_go_t on_status(void *arg, int status)
{
    char text[16];

    snprintf(text, sizeof(text), "S%d ", status);
    add(arg, text);
    return ESP_HTTP_RESPONSE_GO;
}

static esp_http_response_go_t on_header(void *arg, const char *name, const char *value)
{
    char text[256];

    snprintf(text, sizeof(text), "H[%s: %s] ", name, value);
    add(arg, text);
    return ESP_HTTP_RESPONSE_GO;
}

static esp_http_response_go_t on_trailer(void *arg, const char *name, const char *value)
{
    char text[256];

    snprintf(text, sizeof(text), "T[%s: %s] ", name, value);
    add(arg, text);
    return ESP_HTTP_RESPONSE_GO;
}

static esp_http_response_go_t on_headers_complete(void *arg)
{
    add(arg, ". ");
    return ESP_HTTP_RESPONSE_GO;
}

static esp_http_response_go_t on_body(void *arg, const char *data, size_t len)
{
    struct seen *s = arg;

    assert_true(s->body + len < sizeof(s->last_body));
    memcpy(s->last_body + s->body, data, len);
    s->body += len;
    s->last_body[s->body] = '\0';
    return ESP_HTTP_RESPONSE_GO;
}

static const esp_http_response_handler_t handler = {on_status, on_header, on_headers_complete,
                                                    on_body, on_trailer};

struct row {
    const char *name;
    const char *text;
    esp_http_request_kind_t kind;
    esp_http_response_result_t result; /* after the text, and EOF if that was MORE */
    const char *seen;
    const char *body;
    const char *rest; /* what was not used; NULL: do not look */
    int64_t length;
    bool keeps_alive;
};

#define OK   "HTTP/1.1 200 OK\r\n"
#define R(x) ESP_HTTP_RESPONSE_##x

static const struct row rows[] = {
    {"a length", OK "Content-Length: 5\r\n\r\nhelloNEXT", 0, R(COMPLETE),
     "S200 H[Content-Length: 5] . ", "hello", "NEXT", 5, true},
    {"length 0", OK "Content-Length: 0\r\n\r\n", 0, R(COMPLETE), "S200 H[Content-Length: 0] . ", "",
     "", 0, true},
    {"until the end", OK "\r\nhello", 0, R(COMPLETE), "S200 . ", "hello", "", -1, false},
    {"HTTP/1.0 until the end", "HTTP/1.0 200 OK\r\nA: b\r\n\r\nhello", 0, R(COMPLETE),
     "S200 H[A: b] . ", "hello", "", -1, false},
    {"HTTP/1.0 with a length", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0, R(COMPLETE),
     "S200 H[Content-Length: 2] . ", "hi", "", 2, false},
    {"chunks", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\nX",
     0, R(COMPLETE), "S200 H[Transfer-Encoding: chunked] . ", "abc0123456789", "X", -1, true},
    {"chunks and a trailer",
     OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nSum: 1\r\nEnd:\r\n\r\n", 0, R(COMPLETE),
     "S200 H[Transfer-Encoding: chunked] . T[Sum: 1] T[End: ] ", "a", "", -1, true},
    {"extensions of every kind",
     OK "Transfer-Encoding: chunked\r\n\r\n1;a\r\na\r\n1 ; b = c\r\nb\r\n1;q=\"x;\\\"y\"\r\nc\r\n"
        "1;\r\nd\r\n1 \r\ne\r\n0 ;z=\"\"\r\nEnd: 1\r\n\r\nX",
     0, R(COMPLETE), "S200 H[Transfer-Encoding: chunked] . T[End: 1] ", "abcde", "X", -1, true},
    {"chunked in a folded value", OK "Transfer-Encoding: chunked\r\n \r\n\r\n1\r\na\r\n0\r\n\r\n",
     0, R(MALFORMED), "S200 H[Transfer-Encoding: chunked] ", "", NULL, -1, true},
    {"an extension without a size", OK "Transfer-Encoding: chunked\r\n\r\n;a=b\r\n", 0,
     R(MALFORMED), "S200 H[Transfer-Encoding: chunked] . ", "", NULL, -1, true},
    {"a control character in an extension",
     OK "Transfer-Encoding: chunked\r\n\r\n1;a=\x01\r\na\r\n", 0, R(MALFORMED),
     "S200 H[Transfer-Encoding: chunked] . ", "", NULL, -1, true},
    {"an extension that is quoted past its line",
     OK "Transfer-Encoding: chunked\r\n\r\n1;a=\"b\r\na\r\n", 0, R(MALFORMED),
     "S200 H[Transfer-Encoding: chunked] . ", "", NULL, -1, true},
    {"an extension that ends in CR", OK "Transfer-Encoding: chunked\r\n\r\n1;a\rxa\r\n", 0,
     R(MALFORMED), "S200 H[Transfer-Encoding: chunked] . ", "", NULL, -1, true},
    {"an extension that ends in LF", OK "Transfer-Encoding: chunked\r\n\r\n1;a\na\r\n", 0,
     R(MALFORMED), "S200 H[Transfer-Encoding: chunked] . ", "", NULL, -1, true},
    {"HEAD", OK "Content-Length: 5\r\n\r\nNEXT", ESP_HTTP_REQUEST_HEAD, R(COMPLETE),
     "S200 H[Content-Length: 5] . ", "", "NEXT", 5, true},
    {"HEAD without a length", OK "\r\nNEXT", ESP_HTTP_REQUEST_HEAD, R(COMPLETE), "S200 . ", "",
     "NEXT", -1, true},
    {"204", "HTTP/1.1 204 No Content\r\n\r\nNEXT", 0, R(COMPLETE), "S204 . ", "", "NEXT", -1, true},
    {"304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nNEXT", 0, R(COMPLETE),
     "S304 H[Content-Length: 9] . ", "", "NEXT", 9, true},
    {"interim ones",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK
     "Content-Length: 1\r\n\r\na",
     0, R(COMPLETE), "S200 H[Content-Length: 1] . ", "a", "", 1, true},
    {"interim ones have no body, whatever they say",
     "HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\n"
     "HTTP/1.1 103 X\r\nTransfer-Encoding: chunked\r\n\r\n" OK "Content-Length: 1\r\n\r\na",
     0, R(COMPLETE), "S200 H[Content-Length: 1] . ", "a", "", 1, true},
    {"an interim one is not the last, whatever it says",
     "HTTP/1.0 100 Continue\r\n\r\nHTTP/1.1 102 X\r\nConnection: close\r\n\r\n" OK
     "Content-Length: 1\r\n\r\na",
     0, R(COMPLETE), "S200 H[Content-Length: 1] . ", "a", "", 1, true},
    {"another major version", "HTTP/2.0 200 OK\r\nContent-Length: 1\r\n\r\na", 0, R(MALFORMED), "",
     "", NULL, -1, false},
    {"HTTP/0.9", "HTTP/0.9 200 OK\r\nContent-Length: 1\r\n\r\na", 0, R(MALFORMED), "", "", NULL, -1,
     false},
    {"101",
     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nXY", 0,
     R(UPGRADE), "S101 H[Upgrade: websocket] H[Connection: Upgrade] . ", "", "XY", -1, true},
    {"101 without Upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\nXY", 0, R(UPGRADE), "S101 . ",
     "", "XY", -1, true},
    {"CONNECT", OK "\r\nXY", ESP_HTTP_REQUEST_CONNECT, R(UPGRADE), "S200 . ", "", "XY", -1, false},
    {"CONNECT with a length", OK "Content-Length: 3\r\n\r\nXY", ESP_HTTP_REQUEST_CONNECT,
     R(UPGRADE), "S200 H[Content-Length: 3] . ", "", "XY", 3, true},
    {"CONNECT refused", "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", ESP_HTTP_REQUEST_CONNECT,
     R(COMPLETE), "S403 H[Content-Length: 2] . ", "no", "", 2, true},
    {"Connection: close", OK "Connection: close\r\nContent-Length: 1\r\n\r\na", 0, R(COMPLETE),
     "S200 H[Connection: close] H[Content-Length: 1] . ", "a", "", 1, false},
    {"white space and empty values", OK "A:  b c \t\r\nB:\r\nC: \r\nContent-Length:1\r\n\r\na", 0,
     R(COMPLETE), "S200 H[A: b c] H[B: ] H[C: ] H[Content-Length: 1] . ", "a", "", 1, true},
    {"no reason", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na", 0, R(COMPLETE),
     "S200 H[Content-Length: 1] . ", "a", "", 1, true},
    {"bytes above 127", OK "A: \xC3\xA4\r\nContent-Length: 0\r\n\r\n", 0, R(COMPLETE),
     "S200 H[A: \xC3\xA4] H[Content-Length: 0] . ", "", "", 0, true},

    {"lines that end in LF", "HTTP/1.1 200 OK\nA: b\nB:\nContent-Length: 1\n\na", 0, R(COMPLETE),
     "S200 H[A: b] H[B: ] H[Content-Length: 1] . ", "a", "", 1, true},
    {"mixed ends of lines",
     "\nHTTP/1.1 100 C\n\r\nHTTP/1.1 200\nA: b\r\nC: \nContent-Length: 1\r\n\na", 0, R(COMPLETE),
     "S200 H[A: b] H[C: ] H[Content-Length: 1] . ", "a", "", 1, true},
    {"a trailer whose lines end in LF",
     OK "Transfer-Encoding: chunked\n\n1\r\na\r\n0\r\nA: b\nC: d\n\nX", 0, R(COMPLETE),
     "S200 H[Transfer-Encoding: chunked] . T[A: b] T[C: d] ", "a", "X", -1, true},
    {"a trailer that would frame",
     OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nContent-Length: 9\r\n"
        "Transfer-Encoding: x\r\n\r\nX",
     0, R(COMPLETE),
     "S200 H[Transfer-Encoding: chunked] . T[Content-Length: 9] T[Transfer-Encoding: x] ", "a", "X",
     -1, true},
    {"folded values", OK "A: b\r\n c\n\td\r\nB:\r\n e\r\nContent-Length:\r\n 1\r\n\r\na", 0,
     R(COMPLETE), "S200 H[A: b c\td] H[B: e] H[Content-Length: 1] . ", "a", "", 1, true},
    {"a trailer that is folded",
     OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: b\r\n c\r\n\r\n", 0, R(COMPLETE),
     "S200 H[Transfer-Encoding: chunked] . T[A: b c] ", "a", "", -1, true},
    {"16 digits of a chunk's size",
     OK "Transfer-Encoding: chunked\r\n\r\n0000000000000001\r\na\r\n0000000000000000\r\n\r\n", 0,
     R(COMPLETE), "S200 H[Transfer-Encoding: chunked] . ", "a", "", -1, true},

    {"nothing", "", 0, R(EMPTY), "", "", NULL, -1, false},
    {"cut in the status line", "HTTP/1.1 20", 0, R(TRUNCATED), "", "", NULL, -1, false},
    {"cut in the head", OK "Content-Le", 0, R(TRUNCATED), "S200 ", "", NULL, -1, false},
    {"cut in the body", OK "Content-Length: 5\r\n\r\nhel", 0, R(TRUNCATED),
     "S200 H[Content-Length: 5] . ", "hel", NULL, 5, true},
    {"cut in a chunk", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nab", 0, R(TRUNCATED),
     "S200 H[Transfer-Encoding: chunked] . ", "ab", NULL, -1, true},
    {"cut before the last chunk", OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", 0,
     R(TRUNCATED), "S200 H[Transfer-Encoding: chunked] . ", "a", NULL, -1, true},
    {"cut after an interim one", "HTTP/1.1 100 Continue\r\n\r\n", 0, R(TRUNCATED), "", "", NULL, -1,
     false},

    {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", 0, R(MALFORMED), "", "", NULL, -1, false},
    {"HTTP/9.9", "HTTP/9.9 200 OK\r\n\r\n", 0, R(MALFORMED), NULL, "", NULL, -1, false},
    {"RTSP", "RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0, R(MALFORMED), "", "", NULL, -1,
     false},
    {"ICE", "HTTP/1.1 100 C\r\n\r\nICE/1.0 200 OK\r\n\r\n", 0, R(MALFORMED), "", "", NULL, -1,
     false},
    {"CR alone ends the status line", "HTTP/1.1 200 OK\rA: b\r\n\r\n", 0, R(MALFORMED), NULL, "",
     NULL, -1, false},
    {"CR alone ends a value", OK "A: b\rC: d\r\n\r\n", 0, R(MALFORMED), "S200 ", "", NULL, -1,
     false},
    {"CR alone ends an empty value", OK "A:\rC: d\r\n\r\n", 0, R(MALFORMED), "S200 ", "", NULL, -1,
     false},
    {"CR alone ends a folded line", OK "A: b\r\n \rC: d\r\n\r\n", 0, R(MALFORMED), "S200 ", "",
     NULL, -1, false},
    {"CR alone ends the head", OK "A: b\r\n\rC", 0, R(MALFORMED), NULL, "", NULL, -1, false},
    {"CR alone in a trailer",
     OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA:\rB: c\r\n\r\n", 0, R(MALFORMED),
     "S200 H[Transfer-Encoding: chunked] . ", "a", NULL, -1, true},
    {"two CR", OK "A: b\r\r\n\r\n", 0, R(MALFORMED), "S200 ", "", NULL, -1, false},
    {"a blank before the first field", OK " A: b\r\n\r\n", 0, R(MALFORMED), "S200 ", "", NULL, -1,
     false},
    {"a blank before the first field, after an interim one",
     "HTTP/1.1 103 E\r\nA: b\r\n\r\n" OK " A: b\r\n\r\n", 0, R(MALFORMED), "S200 ", "", NULL, -1,
     false},
    {"a blank before the first field of a trailer",
     OK "A: b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n A: b\r\n\r\n", 0, R(MALFORMED),
     "S200 H[A: b] H[Transfer-Encoding: chunked] . ", "", NULL, -1, true},
    {"a blank before the colon of a later field", OK "A: b\r\nContent-Length : 1\r\n\r\na", 0,
     R(MALFORMED), "S200 H[A: b] ", "", NULL, -1, false},
    {"a control character in a folded value", OK "A: b\r\n c\x01\r\n\r\n", 0, R(MALFORMED), "S200 ",
     "", NULL, -1, false},
    {"a length that is folded into two", OK "Content-Length: 1\r\n 0\r\n\r\n0123456789", 0,
     R(MALFORMED), "S200 ", "", NULL, -1, false},
    {"LF behind a chunk's size", OK "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", 0,
     R(MALFORMED), "S200 H[Transfer-Encoding: chunked] . ", "", NULL, -1, true},
    {"LF behind the last chunk's size", OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\n\r\n", 0,
     R(MALFORMED), "S200 H[Transfer-Encoding: chunked] . ", "a", NULL, -1, true},
    {"LF behind a chunk", OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n", 0, R(MALFORMED),
     "S200 H[Transfer-Encoding: chunked] . ", "a", NULL, -1, true},
    {"17 digits of a chunk's size",
     OK "Transfer-Encoding: chunked\r\n\r\n00000000000000001\r\na\r\n0\r\n\r\n", 0, R(MALFORMED),
     "S200 H[Transfer-Encoding: chunked] . ", "", NULL, -1, true},
    {"status of two digits", "HTTP/1.1 20 OK\r\n\r\n", 0, R(MALFORMED), NULL, "", NULL, -1, false},
    {"status with letters", "HTTP/1.1 2x0 OK\r\n\r\n", 0, R(MALFORMED), NULL, "", NULL, -1, false},
    {"space before the colon", OK "A : b\r\n\r\n", 0, R(MALFORMED), NULL, "", NULL, -1, false},
    {"name with a space", OK "A b: c\r\n\r\n", 0, R(MALFORMED), NULL, "", NULL, -1, false},
    {"no colon", OK "Abc\r\n\r\n", 0, R(MALFORMED), NULL, "", NULL, -1, false},
    {"NUL in a value", NULL, 0, R(MALFORMED), NULL, "", NULL, -1, false}, /* set in the test */
    {"length that is none", OK "Content-Length: 5x\r\n\r\nhello", 0, R(MALFORMED), NULL, "", NULL,
     -1, false},
    {"negative length", OK "Content-Length: -5\r\n\r\nhello", 0, R(MALFORMED), NULL, "", NULL, -1,
     false},
    {"length of 2^64", OK "Content-Length: 18446744073709551616\r\n\r\n", 0, R(MALFORMED), NULL, "",
     NULL, -1, false},
    {"length of 2^63", OK "Content-Length: 9223372036854775808\r\n\r\n", 0, R(MALFORMED), NULL, "",
     NULL, -1, false},
    {"two lengths", OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 0, R(MALFORMED), NULL,
     "", NULL, -1, false},
    {"length and chunks", OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
     R(MALFORMED), NULL, "", NULL, -1, false},
    {"chunk that is none", OK "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 0, R(MALFORMED), NULL,
     "", NULL, -1, true},
    {"chunk of 2^64", OK "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", 0, R(MALFORMED),
     NULL, "", NULL, -1, true},
    {"chunk of 2^63", OK "Transfer-Encoding: chunked\r\n\r\n8000000000000000\r\na", 0, R(MALFORMED),
     NULL, "", NULL, -1, true},
    {"chunk of 2^63 - 1, cut", OK "Transfer-Encoding: chunked\r\n\r\n7FFFFFFFFFFFFFFF\r\na", 0,
     R(TRUNCATED), NULL, "a", NULL, -1, true},
    {"chunk without its end", OK "Transfer-Encoding: chunked\r\n\r\n1\r\nabc", 0, R(MALFORMED),
     NULL, "a", NULL, -1, true},
    {"a field longer than allowed",
     OK "A: 0123456789012345678901234567890123456789012345678901234567890123\r\n\r\n", 0,
     R(HEADER_TOO_LONG), "S200 ", "", NULL, -1, false},
    {"a field as long as allowed",
     OK "A: 012345678901234567890123456789012345678901234567890123456789012\r\n"
        "Content-Length: 0\r\n\r\n",
     0, R(COMPLETE), NULL, "", "", 0, true},
};

static void check(const struct row *row, const char *text, size_t len, size_t piece)
{
    struct seen seen = {.text = ""};
    esp_http_response_t *r = esp_http_response_new(CAP, &handler, &seen);
    esp_http_response_result_t result = ESP_HTTP_RESPONSE_MORE;
    size_t at = 0;

    assert_non_null(r);
    esp_http_response_begin(r, row->kind);
    while (at < len && result == ESP_HTTP_RESPONSE_MORE) {
        size_t n = len - at < piece ? len - at : piece;
        size_t used = 99999;

        result = esp_http_response_feed(r, text + at, n, &used);
        assert_true(used <= n);
        assert_true(used == n || result != ESP_HTTP_RESPONSE_MORE);
        at += used;
    }
    if (result == ESP_HTTP_RESPONSE_MORE) {
        result = esp_http_response_finish(r);
    }
    if (result != row->result || (row->seen != NULL && strcmp(seen.text, row->seen) != 0) ||
        strcmp(seen.last_body, row->body) != 0 ||
        (row->rest != NULL && strncmp(text + at, row->rest, strlen(row->rest)) != 0)) {
        fail_msg("%s (%zu bytes each): result %d (%s), seen '%s', body '%s', rest '%s'", row->name,
                 piece, (int)result,
                 esp_http_response_why(r) != NULL ? esp_http_response_why(r) : "", seen.text,
                 seen.last_body, text + at);
    }
    if (row->rest != NULL) {
        assert_int_equal(len - at, strlen(row->rest));
        assert_int_equal(esp_http_response_content_length(r), row->length);
        assert_int_equal(esp_http_response_keeps_alive(r), row->keeps_alive);
        assert_true(esp_http_response_is_complete(r));
    }
    if (result == ESP_HTTP_RESPONSE_MALFORMED) {
        assert_non_null(esp_http_response_why(r));
    }
    esp_http_response_free(r);
}

static void test_each_response_whole_and_in_pieces(void **state)
{
    static const size_t pieces[] = {100000, 1, 2, 3, 7};
    static const char nul[] = OK "A: b\0c\r\n\r\n";

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *text = rows[i].text != NULL ? rows[i].text : nul;
        size_t len = rows[i].text != NULL ? strlen(text) : sizeof(nul) - 1;

        for (size_t p = 0; p < COUNT(pieces); p++) {
            check(&rows[i], text, len, pieces[p]);
        }
    }
}

static void test_messages_follow_each_other_in_one_parser(void **state)
{
    static const char text[] =
        OK "Content-Length: 1\r\n\r\na" OK
           "Transfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n\r\n" OK "Content-Length: 1\r\n\r\nc";
    struct seen seen = {.text = ""};
    esp_http_response_t *r = esp_http_response_new(CAP, &handler, &seen);
    size_t at = 0;

    (void)state;
    for (int i = 0; i < 3; i++) {
        size_t used;

        esp_http_response_begin(r, ESP_HTTP_REQUEST_OTHER);
        assert_int_equal(esp_http_response_feed(r, text + at, sizeof(text) - 1 - at, &used),
                         ESP_HTTP_RESPONSE_COMPLETE);
        assert_int_equal(esp_http_response_is_chunked(r), i == 1);
        at += used;
        assert_int_equal(esp_http_response_feed(r, text + at, 1, &used),
                         ESP_HTTP_RESPONSE_COMPLETE);
        assert_int_equal(used, 0); /* begin first */
    }
    assert_int_equal(at, sizeof(text) - 1);
    assert_string_equal(seen.last_body, "abc");
    esp_http_response_free(r);
    esp_http_response_free(NULL);
}

/** Feed all of a text. */
static esp_http_response_result_t feed(esp_http_response_t *r, const char *text)
{
    size_t used;

    return esp_http_response_feed(r, text, strlen(text), &used);
}

static void test_nothing_of_the_message_before_is_left(void **state)
{
    static char field[ESP_HTTP_RESPONSE_HEAD_MAX / 16]; /* nine of them are more than half a head */
    struct seen seen = {.text = ""};
    esp_http_response_t *r =
        esp_http_response_new(sizeof(field), &(esp_http_response_handler_t){0}, &seen);

    (void)state;
    memset(field, 'x', sizeof(field));
    memcpy(field, "A: ", 3);
    memcpy(field + sizeof(field) - 3, "\r\n", 3);
    for (int i = 0; i < 3; i++) { /* each has its own bound on the length of a head */
        esp_http_response_begin(r, ESP_HTTP_REQUEST_OTHER);
        assert_int_equal(feed(r, OK "Content-Length: 0\r\n"), ESP_HTTP_RESPONSE_MORE);
        for (int k = 0; k < 9; k++) {
            assert_int_equal(feed(r, field), ESP_HTTP_RESPONSE_MORE);
        }
        assert_int_equal(feed(r, "\r\n"), ESP_HTTP_RESPONSE_COMPLETE);
    }
    esp_http_response_begin(r, ESP_HTTP_REQUEST_OTHER); /* broken off in the line of a chunk */
    assert_int_equal(feed(r, OK "Transfer-Encoding: chunked\r\n\r\n1;x"), ESP_HTTP_RESPONSE_MORE);
    esp_http_response_begin(r, ESP_HTTP_REQUEST_OTHER);
    assert_int_equal(feed(r, OK "Content-Length: 1\r\n\r\na"), ESP_HTTP_RESPONSE_COMPLETE);
    assert_true(esp_http_response_keeps_alive(r));
    esp_http_response_begin(r, ESP_HTTP_REQUEST_OTHER);
    assert_int_equal(esp_http_response_status(r), 0);
    assert_int_equal(esp_http_response_content_length(r), -1);
    assert_int_equal(esp_http_response_chunk_length(r), 0);
    assert_false(esp_http_response_is_chunked(r));
    assert_false(esp_http_response_keeps_alive(r));
    assert_false(esp_http_response_has_head(r));
    assert_null(esp_http_response_why(r));
    esp_http_response_free(r);
}

/* --- callbacks that say something ------------------------------------------------------------- */

static esp_http_response_go_t pause_body(void *arg, const char *data, size_t len)
{
    (void)on_body(arg, data, len);
    return ESP_HTTP_RESPONSE_PAUSE;
}

static esp_http_response_go_t pause_head(void *arg)
{
    (void)on_headers_complete(arg);
    return ESP_HTTP_RESPONSE_PAUSE;
}

static esp_http_response_go_t stop_head(void *arg)
{
    (void)arg;
    return ESP_HTTP_RESPONSE_STOP;
}

static esp_http_response_go_t stop_header(void *arg, const char *name, const char *value)
{
    (void)arg;
    (void)name;
    (void)value;
    return ESP_HTTP_RESPONSE_STOP;
}

static void test_a_pause_loses_nothing(void **state)
{
    static const char text[] = OK "Transfer-Encoding: chunked\r\n\r\n"
                                  "3\r\nabc\r\n4\r\ndefg\r\n0\r\nA: b\r\n\r\nNEXT";
    static const esp_http_response_handler_t pausing = {on_status, on_header, pause_head,
                                                        pause_body, on_trailer};

    (void)state;
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        struct seen seen = {.text = ""};
        esp_http_response_t *r = esp_http_response_new(CAP, &pausing, &seen);
        esp_http_response_result_t result = ESP_HTTP_RESPONSE_MORE;
        unsigned pauses = 0;
        size_t at = 0;

        while (result == ESP_HTTP_RESPONSE_MORE || result == ESP_HTTP_RESPONSE_PAUSED) {
            size_t left = sizeof(text) - 1 - at;
            size_t used;

            result = esp_http_response_feed(r, text + at, left < piece ? left : piece, &used);
            pauses += result == ESP_HTTP_RESPONSE_PAUSED;
            at += used;
        }
        assert_int_equal(result, ESP_HTTP_RESPONSE_COMPLETE);
        assert_string_equal(seen.last_body, "abcdefg");
        assert_string_equal(seen.text, "S200 H[Transfer-Encoding: chunked] . T[A: b] ");
        assert_string_equal(text + at, "NEXT");
        assert_true(pauses >= 3);
        esp_http_response_free(r);
    }
}

static void test_a_stop_ends_it(void **state)
{
    static const char text[] = OK "A: b\r\nContent-Length: 1\r\n\r\na";
    static const esp_http_response_handler_t at_header = {.on_header = stop_header};
    static const esp_http_response_handler_t at_head = {.on_headers_complete = stop_head};
    const esp_http_response_handler_t *const stops[] = {&at_header, &at_head};

    (void)state;
    for (size_t i = 0; i < COUNT(stops); i++) {
        esp_http_response_t *r = esp_http_response_new(CAP, stops[i], NULL);
        size_t used;

        assert_int_equal(esp_http_response_feed(r, text, sizeof(text) - 1, &used),
                         ESP_HTTP_RESPONSE_STOPPED);
        assert_int_equal(esp_http_response_feed(r, text, 1, &used), ESP_HTTP_RESPONSE_STOPPED);
        assert_int_equal(esp_http_response_finish(r), ESP_HTTP_RESPONSE_STOPPED);
        esp_http_response_free(r);
    }
}

static void test_endless_extensions_are_bounded(void **state)
{
    static const char head[] = OK "Transfer-Encoding: chunked\r\n\r\n1;a=";
    struct seen s = {.body = 0};
    esp_http_response_t *r = esp_http_response_new(CAP, &handler, &s);
    esp_http_response_result_t result;
    size_t used;
    size_t sum = 0;

    (void)state;
    result = esp_http_response_feed(r, head, sizeof(head) - 1, &used);
    while (result == ESP_HTTP_RESPONSE_MORE) {
        sum++;
        result = esp_http_response_feed(r, "x", 1, &used);
    }
    assert_int_equal(result, ESP_HTTP_RESPONSE_HEADER_TOO_LONG);
    assert_int_equal(sum + 3, ESP_HTTP_RESPONSE_EXTENSION_MAX + 1);
    esp_http_response_free(r);
}

static void test_endless_heads_are_bounded(void **state)
{
    static const struct {
        const char *begin;
        const char *repeated;
        esp_http_response_result_t result;
    } endless[] = {
        {OK, "A: 0123456789012345678901234567890123456789\r\n", ESP_HTTP_RESPONSE_MALFORMED},
        {"HTTP/1.1 200 ", "a long reason ", ESP_HTTP_RESPONSE_HEADER_TOO_LONG},
        {"", "HTTP/1.1 100 Continue\r\n\r\n", ESP_HTTP_RESPONSE_MALFORMED},
        {OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n", ESP_HTTP_RESPONSE_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(endless); i++) {
        esp_http_response_t *r = esp_http_response_new(CAP, NULL, NULL);
        esp_http_response_result_t result = ESP_HTTP_RESPONSE_MORE;
        size_t used;

        (void)esp_http_response_feed(r, endless[i].begin, strlen(endless[i].begin), &used);
        for (int n = 0; n < 10000 && result == ESP_HTTP_RESPONSE_MORE; n++) {
            result =
                esp_http_response_feed(r, endless[i].repeated, strlen(endless[i].repeated), &used);
        }
        assert_int_equal(result, endless[i].result);
        esp_http_response_free(r);
    }
}

static void test_no_memory_is_null(void **state)
{
    (void)state;
    sim_fail_alloc(1, false);
    assert_null(esp_http_response_new(CAP, &handler, NULL));
}

/* --- fields ----------------------------------------------------------------------------------- */

static void test_fields_that_may_be_sent(void **state)
{
    char text[8];

    (void)state;
    assert_true(esp_http_is_token("X-Name_1!"));
    assert_false(esp_http_is_token(""));
    assert_false(esp_http_is_token(NULL));
    assert_false(esp_http_is_token("a b"));
    assert_false(esp_http_is_token("a:"));
    assert_false(esp_http_is_token("\xC3\xA4"));
    assert_true(esp_http_is_field_value(""));
    assert_true(esp_http_is_field_value("a b\tc \xC3\xA4"));
    assert_false(esp_http_is_field_value("a\r\nb: c"));
    assert_false(esp_http_is_field_value("a\nb"));
    assert_false(esp_http_is_field_value("\x7F"));
    assert_false(esp_http_is_field_value(NULL));
    assert_true(esp_http_is_request_target("/a?b=%20"));
    assert_false(esp_http_is_request_target("/a b"));
    assert_false(esp_http_is_request_target(""));
    assert_false(esp_http_is_request_target("/\r\n"));
    assert_true(esp_http_is_field_block(""));
    assert_true(esp_http_is_field_block("A: b\r\nC:\r\n"));
    assert_false(esp_http_is_field_block("A: b"));
    assert_false(esp_http_is_field_block("A: b\r\n\r\nGET / HTTP/1.1\r\n"));
    assert_false(esp_http_is_field_block("A: b\nC: d\r\n"));
    assert_false(esp_http_is_field_block(": b\r\n"));
    assert_false(esp_http_is_field_block(NULL));
    assert_true(esp_http_name_equals("Content-Length", "content-LENGTH"));
    assert_false(esp_http_name_equals("Content-Length", "Content-Lengt"));
    assert_false(esp_http_name_equals("Conten", "Content"));
    assert_true(esp_http_list_has("keep-alive, Upgrade", "upgrade"));
    assert_true(esp_http_list_has(" ,,Upgrade\t", "upgrade"));
    assert_false(esp_http_list_has("keep-alive, Upgraded", "upgrade"));
    assert_false(esp_http_list_has("", "upgrade"));
    assert_true(esp_http_percent_decode("a%20b%2F", 8, text, sizeof(text)));
    assert_string_equal(text, "a b/");
    assert_false(esp_http_percent_decode("%2", 2, text, sizeof(text)));
    assert_false(
        esp_http_percent_decode("abcd%41", 6, text, sizeof(text))); /* cut off, not read on */
    assert_false(esp_http_percent_decode("%zz", 3, text, sizeof(text)));
    assert_false(esp_http_percent_decode("%00", 3, text, sizeof(text)));
    assert_false(esp_http_percent_decode("12345678", 8, text, sizeof(text)));
    assert_false(esp_http_percent_decode("", 0, text, 0));
}

/** Values are looked at a word at a time, and each byte may be anywhere in it. */
static void test_each_byte_at_each_place_of_a_field(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        const bool is_tchar = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= 'a' && byte <= 'z') ||
                              strchr("!#$%&'*+-.^_`|~", byte) != NULL;
        const bool is_value = byte == '\t' || (byte >= ' ' && byte != 0x7F);

        for (size_t at = 0; at < 18; at++) {
            char text[] = "abcdefghijklmnopqr";

            text[at] = (char)byte;
            assert_int_equal(esp_http_is_token(text), is_tchar);
            assert_int_equal(esp_http_is_field_value(text), is_value);
            text[at == 0 ? 1 : at - 1] = '\t';
            assert_int_equal(esp_http_is_field_value(text), is_value);
        }
    }
}

static int lower_of(int byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

static void test_names_differ_but_in_the_case_of_letters(void **state)
{
    (void)state;
    for (int a = 1; a < 256; a++) {
        for (int b = 1; b < 256; b++) {
            const char one[] = {'x', (char)a, 'y', '\0'};
            const char other[] = {'X', (char)b, 'y', '\0'};

            assert_int_equal(esp_http_name_equals(one, other), lower_of(a) == lower_of(b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_each_response_whole_and_in_pieces),
        sim_test(test_messages_follow_each_other_in_one_parser),
        cmocka_unit_test(test_nothing_of_the_message_before_is_left),
        sim_test(test_a_pause_loses_nothing),
        sim_test(test_a_stop_ends_it),
        sim_test(test_endless_extensions_are_bounded),
        sim_test(test_endless_heads_are_bounded),
        sim_test(test_no_memory_is_null),
        sim_test(test_fields_that_may_be_sent),
        sim_test(test_each_byte_at_each_place_of_a_field),
        sim_test(test_names_differ_but_in_the_case_of_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
