#include "probe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "probe_keys.h"

/** What one connection needs, too much for a stack. */
struct run {
    struct probe_decoder decoder;
    struct probe_keys keys;
    uint8_t random[32];
    uint8_t record[PROBE_CLIENT_HELLO_MOST + 5];
    size_t record_len;
};

static void keep_certificate(void *arg, const uint8_t *der, size_t len)
{
    struct probe_chain *chain = arg;
    uint8_t *copy = chain->count < PROBE_CERTIFICATES ? malloc(len + 1) : NULL;

    if (copy == NULL) {
        chain->left_out++;
        return;
    }
    memcpy(copy, der, len);
    chain->certificate[chain->count++] = (struct probe_certificate){copy, len};
}

void probe_chain_clear(struct probe_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++) {
        free(chain->certificate[i].der);
    }
    memset(chain, 0, sizeof(*chain));
}

static bool make_hello(struct run *run, const struct probe_server *server,
                       const struct probe_question *question)
{
    struct probe_hello hello = question->hello;

    if (getrandom(run->random, sizeof(run->random), 0) != (ssize_t)sizeof(run->random)) {
        return false;
    }
    hello.random = run->random;
    hello.name = server->name;
    hello.alpn = question->no_alpn && !server->needs_alpn ? NULL : server->alpn;
    if (question->open_1_3) {
        if (!probe_keys_init(&run->keys, hello.share_group)) {
            return false;
        }
        hello.share = run->keys.share;
        hello.share_len = run->keys.share_len;
    }
    return probe_hello_write(&hello, run->record, sizeof(run->record), &run->record_len) &&
           probe_keys_sent(&run->keys, run->record, run->record_len);
}

/** Do these bytes begin a record (RFC 8446 section 5.1)? */
static bool is_record(const struct probe_answer *answer)
{
    return answer->first[0] >= 20 && answer->first[0] <= 23 &&
           (answer->first_len < 2 || answer->first[1] == 3);
}

/** The connection ended before the answer did: refused without a word, or broken in the middle. */
static enum probe_outcome ended(const struct probe_answer *answer)
{
    return answer->first_len == 0 || answer->has_hello || is_record(answer) ? PROBE_REFUSED
                                                                            : PROBE_NOT_TLS;
}

static enum probe_outcome read_answer(struct dial_wire *wire, struct run *run, int64_t until_us,
                                      struct probe_reply *out)
{
    uint8_t data[8192];

    while (out->answer.result == PROBE_MORE) {
        size_t n = dial_receive(wire, data, sizeof(data), until_us, &out->failure);

        if (n == 0) {
            return out->failure.timed_out ? PROBE_TIMED_OUT : ended(&out->answer);
        }
        (void)probe_decoder_feed(&run->decoder, data, n);
    }
    return out->answer.result == PROBE_DONE    ? PROBE_ACCEPTED
           : out->answer.result == PROBE_ALERT ? PROBE_REFUSED
                                               : PROBE_NOT_TLS;
}

static void converse(struct dial_wire *wire, struct run *run, int64_t until_us,
                     struct probe_reply *out)
{
    static const uint8_t user_canceled[] = {21, 3, 3, 0, 2, 1, 90}; /* RFC 8446 section 6.1 */
    struct dial_failure late = {0};

    if (!dial_send(wire, run->record, run->record_len, until_us, &out->failure)) {
        out->outcome = out->failure.timed_out ? PROBE_TIMED_OUT : PROBE_REFUSED;
        return;
    }
    out->outcome = read_answer(wire, run, until_us, out);
    if (out->answer.result == PROBE_DONE) {
        (void)dial_send(wire, user_canceled, sizeof(user_canceled), until_us, &late);
    }
}

void probe_ask(const struct probe_server *server, const struct probe_question *question,
               struct probe_reply *out)
{
    int64_t began = dial_now_us();
    int64_t until_us = began + (int64_t)server->timeout_ms * 1000;
    struct run *run = calloc(1, sizeof(*run));
    struct probe_opener opener;
    struct dial_wire wire = {.fd = -1};
    bool is_open = false;

    memset(out, 0, sizeof(*out));
    out->answer.alert = -1;
    out->outcome = PROBE_NO_MEMORY;
    if (run == NULL) {
        return;
    }
    opener = probe_keys_opener(&run->keys);
    probe_decoder_init(&run->decoder, &out->answer, question->open_1_3 ? &opener : NULL,
                       question->chain != NULL ? keep_certificate : NULL, question->chain);
    if (make_hello(run, server, question)) {
        is_open = dial_open(server->address, server->smtp, until_us, &wire, &out->failure);
        out->outcome = PROBE_UNREACHABLE;
    }
    if (is_open) {
        converse(&wire, run, until_us, out);
    }
    dial_close(&wire);
    probe_keys_clear(&run->keys);
    free(run);
    out->us = (uint32_t)(dial_now_us() - began);
}
