/* A server's answer to a probe, in pieces: the first byte says how large, the second whether
 * records of TLS 1.3 are opened (here: taken as they are). However it is cut, the result is the
 * same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probe/probe_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool any_hello(void *ctx, uint16_t suite, const uint8_t *message, size_t len,
                      const uint8_t *share, size_t share_len)
{
    (void)ctx;
    (void)suite;
    return len >= 4 && message[0] == 2 && (share_len == 0 || share != NULL);
}

static bool any_record(void *ctx, const uint8_t header[5], uint8_t *data, size_t *len)
{
    (void)ctx;
    (void)header;
    (void)data;
    return *len > 0;
}

static void add_up(void *arg, const uint8_t *der, size_t len)
{
    uint32_t *sum = arg;

    for (size_t i = 0; i < len; i++) {
        *sum = *sum * 31 + der[i];
    }
}

static uint32_t read_all(const uint8_t *data, size_t size, size_t piece, bool with_opener,
                         struct probe_answer *answer)
{
    static const struct probe_opener opener = {NULL, any_hello, any_record};
    struct probe_decoder *d = malloc(sizeof(*d));
    uint32_t sum = 0;

    if (d == NULL) {
        abort();
    }
    probe_decoder_init(d, answer, with_opener ? &opener : NULL, add_up, &sum);
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        uint8_t *copy = malloc(n); /* its end is where the sanitizer looks */

        if (copy == NULL) {
            abort();
        }
        memcpy(copy, data + at, n);
        (void)probe_decoder_feed(d, copy, n);
        free(copy);
    }
    free(d);
    if (answer->result == PROBE_BROKEN && answer->why == NULL) {
        abort();
    }
    answer->first_len = 0; /* what comes behind the end depends on the pieces */
    memset(answer->first, 0, sizeof(answer->first));
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct probe_answer whole;
    struct probe_answer pieces;
    uint32_t a;
    uint32_t b;

    if (size < 2) {
        return 0;
    }
    a = read_all(data + 2, size - 2, size, (data[1] & 1) != 0, &whole);
    b = read_all(data + 2, size - 2, 1u + data[0] % 32u, (data[1] & 1) != 0, &pieces);
    if (a != b || memcmp(&whole, &pieces, sizeof(whole)) != 0) {
        abort();
    }
    return 0;
}
