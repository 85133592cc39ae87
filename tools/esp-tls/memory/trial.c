#define _GNU_SOURCE /* clock_gettime, ssize_t */
#include "trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "esp_heap_caps.h"
#include "esp_http_response.h"
#include "esp_tls_async.h"
#include "esp_tls_certificate.h"
#include "esp_tls_trace.h"
#include "esp_tls_url.h"
#include "llhttp.h"
#include "painted.h"
#include "cli/shortage.h"
#include "cli/target.h"
#include "cli/tool.h"

enum {
    CERTIFICATE_REQUEST = 13
}; /* HandshakeType, RFC 8446 section 4 */

#define HEAP_WITHOUT_BOUND (16u << 20)
#define EVENTS_MAX         1000000u
#define UNIT               (2u * (uint32_t)sizeof(void *)) /* header and rounding of a block */

/** What the connection's thread works on. */
struct run {
    const struct device *device;
    const struct trial_target *target;
    struct trial *trial;
    struct painted *painted;
    esp_tls_t *tls;
    struct tunnel tunnel;
    bool timed_out; /* a read or a write: the record knows nothing of it */
    struct timespec began;
    uint32_t heap_at_start; /* free */
    uint32_t psram_at_start;
    uint32_t events_open; /* of these came before the close */
    bool has_head;        /* of the final answer */
};

/* --- the simulated heap ----------------------------------------------------------------------- */

/** Take `extent` bytes of the heap, header included. */
static void *take_trial(uint32_t extent)
{
    return heap_caps_malloc(extent - UNIT, MALLOC_CAP_DEFAULT);
}

/** Leave free blocks of these sizes and nothing else, with a block between each two of them that
 *  stays: the largest comes last, so that small requests are met before it is touched. */
static bool shape_heap(uint32_t heap, uint32_t largest)
{
    void *holes[64] = {NULL};
    size_t count = 0;
    uint32_t rest = heap;
    bool ok = true;

    while (ok && rest > 0 && count < sizeof(holes) / sizeof(holes[0])) {
        uint32_t hole = rest % largest != 0 ? rest % largest : largest;

        hole = (hole + UNIT - 1) / UNIT * UNIT;
        hole = hole < 2 * UNIT ? 2 * UNIT : hole;
        holes[count] = take_trial(hole);
        ok = holes[count++] != NULL && take_trial(2 * UNIT) != NULL;
        rest = rest > hole ? rest - hole : 0;
    }
    if (ok) { /* and what lies behind */
        (void)heap_caps_malloc(heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT),
                               MALLOC_CAP_DEFAULT);
    }
    for (size_t i = 0; i < count; i++) {
        heap_caps_free(holes[i]);
    }
    return ok;
}

static bool make_heap(const struct device *device)
{
    uint32_t heap = device->heap != 0 ? device->heap : HEAP_WITHOUT_BOUND;
    uint32_t largest = device->largest != 0 ? device->largest : heap;

    if (heap / largest >= 60) {
        largest = heap / 60 + UNIT;
    }
    return heap_caps_simulate((size_t)heap + 64 * 6 * UNIT + 4096, MALLOC_CAP_DEFAULT) == ESP_OK &&
           shape_heap(heap, largest) &&
           (device->psram == 0 ||
            heap_caps_simulate((size_t)device->psram + 128, MALLOC_CAP_SPIRAM) == ESP_OK);
}

static uint32_t heap_taken(const struct run *r)
{
    return r->heap_at_start - (uint32_t)heap_caps_get_free_size(MALLOC_CAP_DEFAULT);
}

static uint32_t psram_taken(const struct run *r)
{
    return r->psram_at_start - (uint32_t)heap_caps_get_free_size(MALLOC_CAP_SPIRAM);
}

/* --- what is recorded ------------------------------------------------------------------------- */

static uint32_t us_since(const struct timespec *began)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((now.tv_sec - began->tv_sec) * 1000000 +
                      (now.tv_nsec - began->tv_nsec) / 1000);
}

static void on_block(void *arg, esp_tls_mem_purpose_t purpose, int32_t size, uint32_t live)
{
    struct run *r = arg;
    struct trial *t = r->trial;

    (void)live;
    if (purpose == ESP_TLS_MEM_RECORD_IN && size > 0) {
        t->record_count++;
        t->record_largest = (uint32_t)size > t->record_largest ? (uint32_t)size : t->record_largest;
    }
    if (t->events < EVENTS_MAX) {
        t->event[t->events++] = (struct trial_event){.us = us_since(&r->began),
                                                     .size = size,
                                                     .heap = heap_taken(r),
                                                     .psram = psram_taken(r),
                                                     .purpose = (uint8_t)purpose};
    }
}

/** After a call into ESP-TLS made from `frame`: how deep it went. */
static void note_depth(struct run *r, uint8_t phase, const void *frame)
{
    uint32_t depth = (uint32_t)painted_depth(r->painted, frame);
    uint32_t *stack = &r->trial->phase[phase].stack;

    *stack = depth > *stack ? depth : *stack;
    r->trial->stack = depth > r->trial->stack ? depth : r->trial->stack;
}

/* --- connecting ------------------------------------------------------------------------------- */

static uint8_t phase_now(const struct run *r)
{
    esp_tls_record_t record;

    (void)esp_tls_get_record(r->tls, &record);
    return (uint8_t)record.phase;
}

/** The phase that a step belongs to which began in one and ended in another: the deepest of them,
 *  the handshake, if it was in it. */
static uint8_t phase_of_step(uint8_t before, uint8_t after)
{
    if (before <= ESP_TLS_PHASE_HANDSHAKE && after >= ESP_TLS_PHASE_HANDSHAKE) {
        return ESP_TLS_PHASE_HANDSHAKE;
    }
    return before == ESP_TLS_PHASE_NONE ? (uint8_t)ESP_TLS_PHASE_CONFIG : before;
}

/** What a tunnel takes is nobody's event: the ledger is the connection's. */
static void note_tunnel(struct run *r)
{
    uint32_t taken = heap_taken(r);

    if (r->tunnel.way != NULL && taken > r->trial->tunnel_peak) {
        r->trial->tunnel_peak = taken;
    }
}

/** Step by step, because a phase is seen between two steps only. @return 1 open, -1 failed */
static int connect_in_steps(struct run *r)
{
    esp_tls_wait_t wait;
    int result = 0;

    while (result == 0) {
        uint8_t before = phase_now(r);

        painted_mark(r->painted);
        result = esp_tls_conn_http_new_async(r->target->url, &r->target->cfg, r->tls);
        note_depth(r, phase_of_step(before, phase_now(r)), __builtin_frame_address(0));
        note_tunnel(r);
        if (result == 0 && esp_tls_get_wait(r->tls, &wait) == ESP_OK) {
            (void)esp_tls_wait(&wait, -1);
        }
    }
    return result;
}

static void look_at(void *arg, const uint8_t *der, size_t len, unsigned index, unsigned count)
{
    struct trial *t = arg;
    esp_tls_certificate_t cert;

    (void)count;
    t->chain_bytes += (uint32_t)len;
    if (index == 0 && der != NULL) {
        t->has_rsa =
            esp_tls_certificate_read(der, len, &cert) == ESP_OK && cert.key.type == ESP_TLS_KEY_RSA;
    }
}

static void on_message(void *arg, const esp_tls_trace_message_t *message)
{
    struct trial *t = arg;

    t->asks_certificate |=
        message->direction == ESP_TLS_TRACE_RECEIVED && message->type == CERTIFICATE_REQUEST;
}

static bool look(struct run *r)
{
    const esp_tls_trace_t trace = {.message = on_message, .arg = r->trial};
    esp_err_t err = esp_tls_set_trace(r->tls, &trace);

    r->trial->asks_certificate = err == ESP_ERR_NOT_SUPPORTED;
    return (err == ESP_OK || err == ESP_ERR_NOT_SUPPORTED) &&
           esp_tls_set_peer_chain_hook(r->tls, look_at, r->trial) == ESP_OK;
}

/** It takes its memory of the device, too. */
static bool make_tunnel(struct run *r)
{
    const struct connect_options *through = r->target->through;

    return through == NULL ||
           (tunnel_make(&r->tunnel, through) && tunnel_put_under(&r->tunnel, r->tls));
}

static bool make_handle(struct run *r)
{
    const struct device *d = r->device;
    esp_tls_memory_cfg_t cfg = {
        .buffers = d->fixed ? ESP_TLS_BUFFERS_FIXED : ESP_TLS_BUFFERS_ELASTIC,
        .in_content_len = (uint16_t)d->in,
        .out_content_len = (uint16_t)d->out,
    };

    if (device_fixed_is_all()) {
        cfg.buffers = ESP_TLS_BUFFERS_KCONFIG;
    }
    for (unsigned i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        bool is_external = (d->external & 1u << i) != 0;

        cfg.caps[i] = is_external ? (uint32_t)MALLOC_CAP_SPIRAM : (uint32_t)MALLOC_CAP_DEFAULT;
    }
    r->tls = esp_tls_init_with_memory(&cfg);
    return r->tls != NULL && esp_tls_trace_memory(r->tls, on_block, r) == ESP_OK &&
           (!r->target->looks || look(r)) && make_tunnel(r);
}

/* --- fetching --------------------------------------------------------------------------------- */

/** After a read or a write, made from `frame`, which had this result. */
static void note_call(struct run *r, ssize_t n, const void *frame)
{
    note_depth(r, ESP_TLS_PHASE_OPEN, frame);
    r->timed_out = n == ESP_TLS_ERR_SSL_WANT_READ || n == ESP_TLS_ERR_SSL_WANT_WRITE;
}

static ssize_t measured_read(struct run *r, void *data, size_t len)
{
    ssize_t n;

    painted_mark(r->painted);
    n = esp_tls_conn_read(r->tls, data, len);
    note_call(r, n, __builtin_frame_address(0));
    return n;
}

/** @return false: not all of it was sent */
static bool measured_write(struct run *r, const char *data, size_t len)
{
    ssize_t n = 1;

    painted_mark(r->painted);
    while (len > 0 && n > 0) {
        n = esp_tls_conn_write(r->tls, data, len);
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    note_call(r, n, __builtin_frame_address(0));
    return len == 0;
}

/* llhttp itself takes no memory: esp_http_client would use the device's heap, and be measured. */

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct run *r = parser->data;

    (void)at;
    r->trial->body += len;
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct run *r = parser->data;

    r->has_head = parser->status_code / 100 != 1;
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    return parser->status_code / 100 == 1 ? 0 : HPE_PAUSED; /* interim ones go before */
}

static bool send_request(struct run *r)
{
    char text[2048];
    char host[256];
    esp_tls_url_t url;

    if (!esp_tls_url_parse(r->target->url, strlen(r->target->url), &url)) {
        return false;
    }
    snprintf(host, sizeof(host), "%.*s", (int)url.host.len, url.host.ptr);
    return measured_write(r, text,
                          target_request(text, host, esp_tls_url_port(&url), r->target->path));
}

/** Read until the message is over. @return what is wrong; NULL: all of it came */
static const char *receive_trial(struct run *r, llhttp_t *parser)
{
    char data[4096];
    size_t head = 0;
    ssize_t n;

    while ((n = measured_read(r, data, sizeof(data))) > 0) {
        llhttp_errno_t err = llhttp_execute(parser, data, (size_t)n);

        head += r->has_head ? 0 : (size_t)n;
        if (head > ESP_HTTP_RESPONSE_HEAD_MAX) {
            return "its head does not end";
        }

        if (err == HPE_PAUSED) {
            return NULL;
        }
        if (err != HPE_OK) {
            return llhttp_get_error_reason(parser);
        }
    }
    /* the end of the connection may be that of the message: on_message_complete() */
    return n == 0 && llhttp_finish(parser) == HPE_PAUSED ? NULL
                                                         : "the server closed before its end";
}

/** @return true when all of the answer came, whatever its status */
static bool fetch_trial(struct run *r)
{
    llhttp_settings_t settings;
    llhttp_t parser;
    bool is_sent;

    llhttp_settings_init(&settings);
    settings.on_body = on_body;
    settings.on_headers_complete = on_headers_complete;
    settings.on_message_complete = on_message_complete;
    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    parser.data = r;
    is_sent = send_request(r);
    r->trial->http_why = is_sent ? receive_trial(r, &parser) : NULL;
    r->trial->http_status = parser.status_code;
    return is_sent && r->trial->http_why == NULL;
}

/* --- the trial -------------------------------------------------------------------------------- */

static void copy_name(char *to, size_t cap, const char *from)
{
    snprintf(to, cap, "%s", from != NULL ? from : "");
}

static void note_open(struct run *r)
{
    struct trial *t = r->trial;
    esp_tls_session_info_t info;

    t->opened = true;
    t->heap_open = heap_taken(r);
    if (esp_tls_get_session_info(r->tls, &info) == ESP_OK) {
        copy_name(t->version, sizeof(t->version), info.version);
        copy_name(t->suite, sizeof(t->suite), info.ciphersuite);
    }
}

/** Which request failed: one of the connection, or one of what the process shares. */
static void note_failure(struct trial *t)
{
    esp_tls_memory_stats_t process;
    const esp_tls_memory_stats_t *s = &t->stats;

    if (t->record.cause != ESP_TLS_CAUSE_NO_MEM) {
        return;
    }
    if (s->failure.size == 0 && esp_tls_get_memory_stats(NULL, &process) == ESP_OK) {
        s = &process;
    }
    t->failure.size = s->failure.size;
    t->failure.free_bytes = s->failure.free_bytes;
    t->failure.largest_free = s->failure.largest_free;
    t->failure.purpose = s == &process ? (uint8_t)ESP_TLS_MEM_PROCESS : s->failure.purpose;
}

/** The way to the server did not open. */
static void note_proxy(const struct run *r)
{
    struct failure failure = {.options = r->target->through, .record = r->trial->record};

    if (r->tunnel.way == NULL || r->tunnel.is_open) {
        return;
    }
    tunnel_note(&r->tunnel, &failure);
    r->trial->code = failure.code;
    r->trial->record = failure.record;
    r->trial->evidence = failure.evidence;
    if (failure.code == ESP_ERR_NO_MEM) {
        r->trial->record.cause = ESP_TLS_CAUSE_NO_MEM;
    }
}

static void note_end(struct run *r)
{
    struct trial *t = r->trial;

    t->record = (esp_tls_record_t){.cause = ESP_TLS_CAUSE_NO_MEM, .phase = ESP_TLS_PHASE_CONFIG};
    if (r->tls != NULL) { /* else esp_tls_init() failed: the one cause it has */
        (void)esp_tls_get_timeline(r->tls, &t->timeline);
        (void)esp_tls_get_memory_stats(r->tls, &t->stats);
        (void)esp_tls_get_record(r->tls, &t->record);
    }
    note_proxy(r);
    if (r->timed_out) {
        t->record.cause = ESP_TLS_CAUSE_TIMEOUT;
        t->record.phase = ESP_TLS_PHASE_OPEN;
    }
    note_failure(t);
}

static void close_measured(struct run *r)
{
    r->events_open = r->trial->events;
    painted_mark(r->painted);
    (void)esp_tls_conn_destroy(r->tls);
    tunnel_clear(&r->tunnel);
    note_depth(r, ESP_TLS_PHASE_CLOSE, __builtin_frame_address(0));
    r->trial->closed_us = us_since(&r->began);
}

static void connect_and_fetch(struct painted *painted, void *arg)
{
    struct run *r = arg;
    struct trial *t = r->trial;

    r->painted = painted;
    r->heap_at_start = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_DEFAULT);
    r->psram_at_start = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_SPIRAM);
    t->heap_free = r->heap_at_start;
    t->heap_largest = (uint32_t)heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT);
    (void)clock_gettime(CLOCK_MONOTONIC, &r->began);
    if (make_handle(r) && connect_in_steps(r) == 1) {
        note_open(r);
        t->complete = r->target->path == NULL || fetch_trial(r);
        t->heap_open = heap_taken(r);
    }
    note_end(r);
    close_measured(r);
    t->heap_left = heap_taken(r);
    t->psram_peak =
        r->psram_at_start - (uint32_t)heap_caps_get_minimum_free_size(MALLOC_CAP_SPIRAM);
}

static void count_event(struct trial_phase *phase, const struct trial_event *e)
{
    phase->peak = e->heap > phase->peak ? e->heap : phase->peak;
    if (e->size > 0) {
        uint32_t size = (uint32_t)e->size;

        phase->count++;
        phase->largest = size > phase->largest ? size : phase->largest;
    }
}

/** A phase begins with what is taken then. */
static void begin_phase(struct trial *t, unsigned phase, uint32_t taken)
{
    t->phase[phase].peak = taken;
}

/** Which phase an event belongs to: the ledger has the number of allocations in each, and they came
 *  in this order. */
static void count_phases(struct trial *t, uint32_t events_open)
{
    uint32_t counted = 0;
    uint32_t taken = 0;
    unsigned phase = 0;
    unsigned last = t->opened ? (unsigned)ESP_TLS_PHASE_OPEN : (unsigned)t->record.phase;

    for (uint32_t i = 0; i < events_open; i++) {
        const struct trial_event *e = &t->event[i];

        while (e->size > 0 && phase < last && counted >= t->stats.by_phase[phase].count) {
            counted = 0;
            begin_phase(t, ++phase, taken);
        }
        counted += e->size > 0;
        count_event(&t->phase[phase], e);
        taken = e->heap;
    }
    while (phase < last) {
        begin_phase(t, ++phase, taken);
    }
    begin_phase(t, ESP_TLS_PHASE_CLOSE, taken);
    for (uint32_t i = events_open; i < t->events; i++) {
        count_event(&t->phase[ESP_TLS_PHASE_CLOSE], &t->event[i]);
    }
}

/** The most that was taken, seen block by block; what is not the connection's (PSA, resolver) is in
 *  each of these figures, and all of it stays to the end. */
static void sum_up(struct trial *t, uint32_t events_open)
{
    count_phases(t, events_open);
    t->heap_peak = t->heap_left > t->tunnel_peak ? t->heap_left : t->tunnel_peak;
    for (size_t i = 0; i < ESP_TLS_MEM_PHASES; i++) {
        t->heap_peak = t->phase[i].peak > t->heap_peak ? t->phase[i].peak : t->heap_peak;
    }
}

/** In the child: never returns. */
static void be_device(const struct device *device, const struct trial_target *target, int fd)
{
    static struct trial trial;
    struct run run = {.device = device, .target = target, .trial = &trial};
    struct painted painted;
    FILE *to = fdopen(fd, "wb");
    bool is_made; /* all that fails until then does so for want of memory */
    bool ok;

    trial.event = calloc(EVENTS_MAX, sizeof(*trial.event)); /* what is not used is never there */
    is_made = to != NULL && trial.event != NULL && make_heap(device) &&
              painted_run(&painted, connect_and_fetch, &run);
    ok = is_made;
    if (ok) {
        sum_up(&trial, run.events_open);
        ok = fwrite(&trial, sizeof(trial), 1, to) == 1 &&
             fwrite(trial.event, sizeof(*trial.event), trial.events, to) == trial.events &&
             fclose(to) == 0;
    }
    _exit(!is_made || shortage_take() ? EXIT_MEMORY : ok ? EXIT_OK : EXIT_OTHER);
}

/** What the child wrote. Its pointers are the parent's too: texts of one program. */
static bool collect(struct trial *trial, FILE *from)
{
    if (fread(trial, sizeof(*trial), 1, from) != 1) {
        memset(trial, 0, sizeof(*trial));
        return false;
    }
    trial->event = malloc((trial->events + 1) * sizeof(*trial->event));
    return trial->event != NULL &&
           fread(trial->event, sizeof(*trial->event), trial->events, from) == trial->events;
}

/** @param status  of the process that was to make the trial */
static void say_broken(int status)
{
    bool is_short = shortage_take() || (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MEMORY);

    if (is_short) {
        shortage_note();
    } else {
        fputs("esp-tls: the connection's process ended without a result\n", stderr);
    }
}

bool trial_run(struct trial *trial, const struct device *device, const struct trial_target *target)
{
    int ends[2];
    int status = 0;
    FILE *from;
    pid_t child;
    bool ok;

    memset(trial, 0, sizeof(*trial));
    (void)fflush(NULL);
    if (pipe(ends) != 0 || (child = fork()) < 0) {
        fprintf(stderr, "esp-tls: cannot start a process: %s\n", strerror(errno));
        return false;
    }
    if (child == 0) {
        (void)close(ends[0]);
        be_device(device, target, ends[1]);
    }
    (void)close(ends[1]);
    from = fdopen(ends[0], "rb");
    if (from == NULL) {
        shortage_note(); /* it has no other reason */
    }
    ok = from != NULL && collect(trial, from);
    (void)(from != NULL ? fclose(from) : close(ends[0]));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_OK;
    if (!ok) {
        say_broken(status);
    }
    return ok;
}

void trial_clear(struct trial *trial)
{
    free(trial->event);
    trial->event = NULL;
    trial->events = 0;
}

bool trial_is_out_of_memory(const struct trial *trial)
{
    return trial->record.cause == ESP_TLS_CAUSE_NO_MEM;
}
