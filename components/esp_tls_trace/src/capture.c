/* A connection as a capture: blocks of pcapng around frames of TCP, made one at a time in one block
 * of memory.
 *
 * Received bytes are gathered there until a segment is full or nothing more comes, because a TLS
 * stack reads a record's header and its body apart, and because secrets stand in front of the
 * message that they follow from; they keep the time of the first byte. Sent bytes go out at once.
 * Either end acknowledges with its next data, or by itself when the other has sent ACK_EVERY
 * segments, or has stopped. */
#include "export.h"

#include <string.h>

#include "esp_log.h"
#include "keylog.h"
#include "pcapng.h"
#include "plat_clock.h"

#define ACK_EVERY   16 /* segments: less than the window */
#define ATTEMPTS    4  /* addresses whose beginning is remembered */
#define FIRST_PORT  49152u
#define BLOCK_BYTES (PCAPNG_PACKET_HEAD + FRAME_HEAD_MAX + FRAME_DATA_MAX + PCAPNG_PACKET_TAIL)

/* A line of secrets, with its newline. */
#define SECRETS_BYTES (PCAPNG_SECRETS_HEAD + KEYLOG_LINE_MAX + 1 + PCAPNG_SECRETS_TAIL)

_Static_assert(BLOCK_BYTES >= 330, "a name fits");

static const char TAG[] = "esp-tls";

struct attempt {
    struct plat_addr addr;
    uint64_t us;
};

/** A connection that is captured. */
struct flow {
    struct frame_flow tcp;
    uint64_t began_us; /* the monotonic clock, as all times below */
    int64_t wall_us;   /* what makes it the wall clock */
    struct attempt attempt[ATTEMPTS];
    uint8_t attempts;
    uint8_t unacked[2]; /* segments of each end */
    bool is_open;
    uint16_t name_len; /* of the host, which lies in the block until the connection is open */
    uint16_t port;
    size_t pending;      /* received bytes in the block */
    uint64_t pending_us; /* when the first of them came */
    uint8_t block[BLOCK_BYTES];
};

struct trace_export {
    void (*keylog)(void *arg, const char *line);
    void *arg;
    esp_tls_capture_t *capture; /* NULL: a key log alone, and there is no flow */
    bool is_warned;             /* that secrets leave */
    uint8_t secrets[SECRETS_BYTES];
    struct flow flow;
};

esp_err_t et_export_new(const esp_tls_trace_t *wanted, struct plat_account *account,
                        struct trace_export **out)
{
    size_t size =
        wanted->capture != NULL ? sizeof(struct trace_export) : offsetof(struct trace_export, flow);
    struct trace_export *e;

    *out = NULL;
    if (wanted->capture == NULL && wanted->keylog == NULL) {
        return ESP_OK;
    }
    if (wanted->capture != NULL && wanted->capture->write == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    e = plat_alloc(account, PLAT_MEM_APPLICATION, size);
    if (e == NULL) {
        return ESP_ERR_NO_MEM;
    }
    e->keylog = wanted->keylog;
    e->arg = wanted->arg;
    e->capture = wanted->capture;
    *out = e;
    return ESP_OK;
}

void et_export_free(struct trace_export *e)
{
    plat_free_secret(e);
}

/* --- blocks ---------------------------------------------------------------------------------- */

/** Hand a block over. What fails once is not tried again: the file would have a hole. */
static void put_block(struct trace_export *e, const uint8_t *block, size_t len)
{
    esp_tls_capture_t *to = e->capture;

    if (to->error != ESP_OK) {
        return;
    }
    to->error = to->write(to->arg, block, len);
    if (to->error != ESP_OK) {
        ESP_LOGE(TAG, "the capture ends here: it could not be written (0x%x)", (unsigned)to->error);
    }
}

static uint8_t *data_of(struct flow *f)
{
    return f->block + PCAPNG_PACKET_HEAD + et_frame_head_len(&f->tcp);
}

/** A segment around the data in the block. */
static void segment(struct trace_export *e, enum frame_end from, unsigned flags, size_t len,
                    uint64_t us)
{
    struct flow *f = &e->flow;
    size_t frame = et_frame_make(&f->tcp, from, flags, f->block + PCAPNG_PACKET_HEAD, len);

    if ((flags & FRAME_ACK) != 0) {
        f->unacked[1 - from] = 0;
    }
    frame = et_pcapng_packet(f->block, frame, f->wall_us + (int64_t)us, from == FRAME_NEAR);
    put_block(e, f->block, frame);
}

static void data_segment(struct trace_export *e, enum frame_end from, unsigned flags, size_t len,
                         uint64_t us)
{
    struct flow *f = &e->flow;

    segment(e, from, FRAME_ACK | flags, len, us);
    if (++f->unacked[from] >= ACK_EVERY) {
        segment(e, 1 - from, FRAME_ACK, 0, us);
    }
}

static void flush(struct trace_export *e)
{
    struct flow *f = &e->flow;

    if (f->pending > 0) {
        data_segment(e, FRAME_FAR, FRAME_PSH, f->pending, f->pending_us);
        f->pending = 0;
    }
}

/* --- the connection --------------------------------------------------------------------------- */

void et_export_begin(struct trace_export *e, const char *host, size_t len, uint16_t port)
{
    struct flow *f;
    int64_t unix_us = 0;

    if (e == NULL || e->capture == NULL) {
        return;
    }
    f = &e->flow;
    memset(f, 0, offsetof(struct flow, block));
    f->began_us = plat_clock_us();
    f->wall_us = plat_wall_clock_us(&unix_us) ? unix_us - (int64_t)f->began_us : 0;
    if (e->capture->connections++ == 0) {
        put_block(e, f->block, et_pcapng_begin(f->block));
    }
    f->port = port;
    f->name_len = (uint16_t)(len < PCAPNG_NAME_MAX ? len : PCAPNG_NAME_MAX);
    memcpy(f->block, host, f->name_len);
}

void et_export_trying(struct trace_export *e, const struct plat_addr *addr)
{
    if (e != NULL && e->capture != NULL && e->flow.attempts < ATTEMPTS) {
        e->flow.attempt[e->flow.attempts++] = (struct attempt){*addr, plat_clock_us()};
    }
}

static bool is_same(const struct plat_addr *a, const struct plat_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/** When the connect to this address began. */
static uint64_t syn_us(const struct flow *f, const struct plat_addr *addr)
{
    for (size_t i = 0; i < f->attempts; i++) {
        if (is_same(&f->attempt[i].addr, addr)) {
            return f->attempt[i].us;
        }
    }
    return f->began_us;
}

/** Addresses for a connection that has none: for documentation (RFC 5737, RFC 3849), a far one for
 *  each connection of the file. A host that is an address keeps it. */
static void invent_ends(struct trace_export *e)
{
    struct flow *f = &e->flow;
    struct plat_addr *ends = f->tcp.end;
    uint32_t n = e->capture->connections - 1;
    static const uint8_t near_v6[16] = {0x20, 0x01, 0x0D, 0xB8, [15] = 1};
    static const uint8_t near_v4[16] = {192, 0, 2, 1};

    if (!plat_addr_parse((const char *)f->block, f->name_len, &ends[FRAME_FAR])) {
        ends[FRAME_FAR] =
            (struct plat_addr){.family = PLAT_AF_INET, .ip = {192, 0, 2, (uint8_t)(2 + n % 253)}};
    }
    ends[FRAME_NEAR].family = ends[FRAME_FAR].family;
    memcpy(ends[FRAME_NEAR].ip, ends[FRAME_FAR].family == PLAT_AF_INET6 ? near_v6 : near_v4, 16);
    ends[FRAME_NEAR].port = (uint16_t)(FIRST_PORT + n % (UINT16_MAX - FIRST_PORT));
    ends[FRAME_FAR].port = f->port;
}

/** The host's name, unless it is an address. It is in the block, and the block becomes it. */
static void put_name(struct trace_export *e)
{
    struct flow *f = &e->flow;
    struct plat_addr ip;

    if (f->name_len > 0 && !plat_addr_parse((const char *)f->block, f->name_len, &ip)) {
        put_block(
            e, f->block,
            et_pcapng_name(f->block, &f->tcp.end[FRAME_FAR], (const char *)f->block, f->name_len));
    }
}

void et_export_open(struct trace_export *e, const struct plat_addr ends[2])
{
    struct flow *f;
    uint64_t now = plat_clock_us();
    uint64_t syn;

    if (e == NULL || e->capture == NULL || e->flow.is_open) {
        return;
    }
    f = &e->flow;
    if (ends != NULL) {
        memcpy(f->tcp.end, ends, sizeof(f->tcp.end));
    } else {
        invent_ends(e);
    }
    put_name(e);
    f->tcp.seq[FRAME_NEAR] = (uint32_t)now; /* the real ones are not known */
    f->tcp.seq[FRAME_FAR] = (uint32_t)now;
    f->is_open = true;
    syn = syn_us(f, &f->tcp.end[FRAME_FAR]);
    segment(e, FRAME_NEAR, FRAME_SYN, 0, syn);
    segment(e, FRAME_FAR, FRAME_SYN | FRAME_ACK, 0, now);
    segment(e, FRAME_NEAR, FRAME_ACK, 0, now);
}

static bool is_capturing(const struct trace_export *e)
{
    return e != NULL && e->capture != NULL && e->capture->error == ESP_OK && e->flow.is_open;
}

static void sent(struct trace_export *e, const uint8_t *bytes, size_t len)
{
    flush(e);
    while (len > 0) {
        size_t piece = len < FRAME_DATA_MAX ? len : FRAME_DATA_MAX;

        memcpy(data_of(&e->flow), bytes, piece);
        data_segment(e, FRAME_NEAR, piece == len ? FRAME_PSH : 0, piece, plat_clock_us());
        bytes += piece;
        len -= piece;
    }
}

static void received(struct trace_export *e, const uint8_t *bytes, size_t len)
{
    struct flow *f = &e->flow;

    while (len > 0) {
        size_t room;
        size_t piece;

        /* A full segment goes out now and no earlier: its last byte may bring secrets. */
        if (f->pending == FRAME_DATA_MAX) {
            flush(e);
        }
        if (f->pending == 0) {
            f->pending_us = plat_clock_us();
        }
        room = FRAME_DATA_MAX - f->pending;
        piece = len < room ? len : room;
        memcpy(data_of(f) + f->pending, bytes, piece);
        f->pending += piece;
        bytes += piece;
        len -= piece;
    }
}

void et_export_bytes(struct trace_export *e, enum frame_end from, const uint8_t *bytes, size_t len)
{
    if (!is_capturing(e)) {
        return;
    }
    if (from == FRAME_NEAR) {
        sent(e, bytes, len);
    } else {
        received(e, bytes, len);
    }
}

void et_export_idle(struct trace_export *e)
{
    if (!is_capturing(e)) {
        return;
    }
    flush(e);
    if (e->flow.unacked[FRAME_FAR] > 0) {
        segment(e, FRAME_NEAR, FRAME_ACK, 0, plat_clock_us());
    }
}

void et_export_end(struct trace_export *e, enum frame_end from, unsigned flag)
{
    if (!is_capturing(e)) {
        return;
    }
    flush(e);
    segment(e, from, flag | FRAME_ACK, 0, plat_clock_us());
    if (flag == FRAME_FIN && from == FRAME_FAR) {
        segment(e, FRAME_NEAR, FRAME_ACK, 0, plat_clock_us());
    }
    e->flow.is_open = from == FRAME_FAR && flag == FRAME_FIN;
}

/* --- secrets ---------------------------------------------------------------------------------- */

bool et_export_wants_secrets(const struct trace_export *e)
{
    return e != NULL && (e->keylog != NULL || (e->capture != NULL && !e->capture->without_secrets));
}

/** In front of what is gathered: a reader looks for a secret when it sees the message after which
 *  it is in use, and that has just been received. */
void et_export_secret(struct trace_export *e, const char *label, const uint8_t *client_random,
                      const uint8_t *secret, size_t len)
{
    char *line = (char *)e->secrets + PCAPNG_SECRETS_HEAD;
    size_t line_len = et_keylog_line(line, label, client_random, secret, len);

    if (!e->is_warned) {
        e->is_warned = true;
        ESP_LOGW(TAG, "THE SECRETS OF THIS CONNECTION ARE EXPORTED: whoever has them can read it");
    }
    if (line_len > 0 && e->keylog != NULL) {
        e->keylog(e->arg, line);
    }
    if (line_len > 0 && e->capture != NULL && !e->capture->without_secrets) {
        line[line_len++] = '\n';
        put_block(e, e->secrets, et_pcapng_secrets(e->secrets, line_len));
    }
    plat_wipe(e->secrets, sizeof(e->secrets));
}
