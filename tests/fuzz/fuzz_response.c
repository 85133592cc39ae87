/* Responses in pieces: the first byte says how large, the second what was asked. However they are
 * cut, the result is the same, and nothing is read or written beyond what is there. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "esp_http_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
    uint64_t hash;
    size_t body;
};

static void mix(struct sum *s, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        s->hash = (s->hash ^ (uint8_t)text[i]) * 1099511628211u;
    }
}

static esp_http_response_go_t on_field(void *arg, const char *name, const char *value)
{
    mix(arg, name, strlen(name) + 1);
    mix(arg, value, strlen(value) + 1);
    return ESP_HTTP_RESPONSE_GO;
}

static esp_http_response_go_t on_body(void *arg, const char *data, size_t len)
{
    ((struct sum *)arg)->body += len;
    mix(arg, data, len);
    return ESP_HTTP_RESPONSE_GO;
}

static const esp_http_response_handler_t handler = {
    .on_header = on_field, .on_body = on_body, .on_trailer = on_field};

static esp_http_response_result_t parse(const uint8_t *data, size_t size, size_t piece, int kind,
                                        struct sum *sum)
{
    esp_http_response_t *r = esp_http_response_new(64, &handler, sum);
    esp_http_response_result_t result = ESP_HTTP_RESPONSE_MORE;
    size_t at = 0;

    if (r == NULL) {
        abort();
    }
    esp_http_response_begin(r, (esp_http_request_kind_t)kind);
    while (at < size && result == ESP_HTTP_RESPONSE_MORE) {
        size_t n = size - at < piece ? size - at : piece;
        char *copy = malloc(n); /* its end is where the sanitizer looks */
        size_t used;

        if (copy == NULL) {
            abort();
        }
        memcpy(copy, data + at, n);
        result = esp_http_response_feed(r, copy, n, &used);
        free(copy);
        if (used > n) {
            abort();
        }
        at += used;
    }
    if (result == ESP_HTTP_RESPONSE_MORE) {
        result = esp_http_response_finish(r);
    }
    esp_http_response_free(r);
    return result;
}

/** Of a field that is too long and malformed, either may be seen first. */
static bool is_same(esp_http_response_result_t a, esp_http_response_result_t b)
{
    return a == b || (a == ESP_HTTP_RESPONSE_MALFORMED && b == ESP_HTTP_RESPONSE_HEADER_TOO_LONG) ||
           (a == ESP_HTTP_RESPONSE_HEADER_TOO_LONG && b == ESP_HTTP_RESPONSE_MALFORMED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sum whole = {.body = 0};
    struct sum pieces = {.body = 0};
    esp_http_response_result_t a;
    esp_http_response_result_t b;

    if (size < 2) {
        return 0;
    }
    a = parse(data + 2, size - 2, size, data[1] % 3, &whole);
    b = parse(data + 2, size - 2, 1u + data[0] % 16u, data[1] % 3, &pieces);
    if (!is_same(a, b) || whole.body != pieces.body ||
        (a == ESP_HTTP_RESPONSE_COMPLETE && whole.hash != pieces.hash)) {
        abort();
    }
    return 0;
}
