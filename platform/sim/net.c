/* Streams and events of the in-memory network. */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "plat_heap.h"

#define FIRST_HANDLE 3
#define ATTEMPTS     256

/* Linux's: include/net/tcp.h */
#define KEEPALIVE_MAX_S     32767
#define KEEPALIVE_MAX_COUNT 127

struct host {
    struct host *next;
    struct plat_addr addr;
    enum sim_connect what;
    uint64_t delay_us;
    sim_peer_fn fn;
    void *arg;
};

static struct sim_stream *streams;
static struct sim_stream *streams_done; /* closed, and the peer was told */
static struct host *hosts;
static intptr_t next_handle = FIRST_HANDLE;
static unsigned opened;
static unsigned connects;
static struct sim_options last_options;
static struct sim_attempt attempts[ATTEMPTS];
static uint64_t io_us;

/* --- the list ------------------------------------------------------------------------------- */

/** The stream of a handle that the code under test owns. */
static struct sim_stream *stream_at(plat_stream s)
{
    for (struct sim_stream *at = streams; at != NULL; at = at->next) {
        if (at->h == s.h && at->is_owned) {
            return at;
        }
    }
    return NULL;
}

/** The stream that a call is for. What was closed is EBADF on POSIX only until somebody else's
 *  descriptor has the number. */
static struct sim_stream *find_open(plat_stream s, const char *call)
{
    struct sim_stream *stream = stream_at(s);

    if (stream == NULL) {
        sim_misuse(call, "no stream, or one that was closed already");
    }
    return stream;
}

static struct sim_stream *find_stream(plat_stream s, const char *call)
{
    struct sim_stream *stream = find_open(s, call);

    if (stream->is_event) {
        sim_misuse(call, "an event is no stream of bytes");
    }
    return stream;
}

static struct sim_stream *find_event(plat_stream event, const char *call)
{
    struct sim_stream *stream = find_open(event, call);

    if (!stream->is_event) {
        sim_misuse(call, "a stream of bytes is no event");
    }
    return stream;
}

static bool is_closed_in(plat_stream s, const struct sim_stream *list)
{
    while (list != NULL && !(list->h == s.h && list->is_closed)) {
        list = list->next;
    }
    return list != NULL;
}

/** A descriptor that was never a stream of ours is the test's own affair. */
static bool was_closed(plat_stream s)
{
    return is_closed_in(s, streams) || is_closed_in(s, streams_done);
}

void sim_check_event(plat_stream event, const char *call)
{
    (void)find_event(event, call);
}

void sim_steal(int fd)
{
    find_stream((plat_stream){fd}, "sim_steal")->is_stolen = true;
}

static struct sim_stream *stream_new(bool is_event)
{
    struct sim_stream *stream = sim_memory(sizeof(*stream));

    stream->h = next_handle++;
    stream->is_event = is_event;
    stream->connect_due = PLAT_NEVER;
    stream->peer.stream = stream;
    stream->peer.wake_at = PLAT_NEVER;
    pipe_init(&stream->in);
    pipe_init(&stream->out);
    stream->next = streams;
    streams = stream;
    return stream;
}

static void list_free(struct sim_stream **list)
{
    while (*list != NULL) {
        struct sim_stream *next = (*list)->next;

        pipe_clear(&(*list)->in);
        pipe_clear(&(*list)->out);
        free((*list)->peer.state);
        free(*list);
        *list = next;
    }
}

unsigned sim_streams_opened(void)
{
    return opened;
}

unsigned sim_streams_open(void)
{
    unsigned open = 0;

    for (const struct sim_stream *at = streams; at != NULL; at = at->next) {
        open += at->is_owned && !at->is_event;
    }
    return open;
}

unsigned sim_connects(void)
{
    return connects;
}

struct sim_options sim_last_options(void)
{
    return last_options;
}

bool sim_last_nodelay(void)
{
    return last_options.is_nodelay;
}

bool sim_attempt(unsigned i, struct sim_attempt *attempt)
{
    if (i >= connects || i >= ATTEMPTS) {
        return false;
    }
    *attempt = attempts[i];
    return true;
}

/* --- hosts ---------------------------------------------------------------------------------- */

void sim_host(const char *addr, uint16_t port, enum sim_connect what, uint64_t delay_us,
              sim_peer_fn fn, void *arg)
{
    struct host *host = sim_memory(sizeof(*host));

    if (!plat_addr_parse(addr, strlen(addr), &host->addr)) {
        abort(); /* the test's own script is wrong */
    }
    host->addr.port = port;
    host->what = what;
    host->delay_us = delay_us;
    host->fn = fn;
    host->arg = arg;
    host->next = hosts;
    hosts = host;
}

static const struct host *host_at(const struct plat_addr *addr)
{
    for (const struct host *host = hosts; host != NULL; host = host->next) {
        if (host->addr.family == addr->family && memcmp(host->addr.ip, addr->ip, 16) == 0 &&
            (host->addr.port == 0 || host->addr.port == addr->port)) {
            return host;
        }
    }
    return NULL;
}

int sim_accepted(sim_peer_fn fn, void *arg)
{
    struct sim_stream *stream = stream_new(false);

    stream->state = STREAM_CONNECTED;
    stream->peer.fn = fn;
    stream->peer.arg = arg;
    return (int)stream->h;
}

/* --- opening and closing -------------------------------------------------------------------- */

static int open_new(plat_stream *s, bool is_event, int family)
{
    int err = sim_fault_open();
    struct sim_stream *stream;

    *s = PLAT_STREAM_NONE;
    if (err != PLAT_OK) {
        return err;
    }
    stream = stream_new(is_event);
    stream->is_owned = true;
    stream->options.family = (uint8_t)family;
    s->h = stream->h;
    if (!is_event) {
        opened++;
        last_options = stream->options;
    }
    return PLAT_OK;
}

int plat_stream_open(plat_stream *s, int family)
{
    if (family != PLAT_AF_INET && family != PLAT_AF_INET6) {
        *s = PLAT_STREAM_NONE;
        return EAFNOSUPPORT;
    }
    return open_new(s, false, family);
}

int plat_event_open(plat_stream *event)
{
    return open_new(event, true, 0);
}

int plat_stream_close(plat_stream s)
{
    struct sim_stream *stream;

    if (!plat_stream_is_open(s)) {
        return PLAT_OK;
    }
    stream = find_open(s, "plat_stream_close");
    if (stream->is_event && sim_names_will_set(s)) {
        sim_misuse("plat_stream_close", "a look-up that was not dropped will set this event");
    }
    stream->is_owned = false;
    stream->is_closed = true;
    pipe_fin(&stream->out);
    if (stream->state == STREAM_CONNECTING) {
        stream->state = STREAM_NEW; /* given up: the peer never sees it */
        stream->connect_due = PLAT_NEVER;
    }
    if (stream->attempt != 0 && stream->attempt <= ATTEMPTS) {
        attempts[stream->attempt - 1].closed_us = sim_now;
    }
    return stream->is_stolen ? EBADF : PLAT_OK;
}

int plat_stream_adopt(plat_stream *s, int fd)
{
    struct sim_stream *at = streams;

    while (at != NULL && at->h != fd) {
        at = at->next;
    }
    *s = PLAT_STREAM_NONE;
    if (at == NULL || at->is_event || at->is_closed) {
        return at != NULL && at->is_event ? ENOTSOCK : EBADF;
    }
    opened += !at->is_owned;
    at->is_owned = true;
    at->options.is_blocking = false;
    at->options.is_nodelay = true;
    last_options = at->options;
    s->h = at->h;
    return PLAT_OK;
}

plat_stream plat_stream_borrow(int fd)
{
    return (plat_stream){fd};
}

int plat_stream_fd(plat_stream s)
{
    if (was_closed(s)) {
        sim_misuse("plat_stream_fd", "of a stream that was closed");
    }
    return (int)s.h;
}

/* --- connecting ----------------------------------------------------------------------------- */

static void note_attempt(struct sim_stream *stream, const struct plat_addr *addr)
{
    if (connects < ATTEMPTS) {
        attempts[connects] =
            (struct sim_attempt){.addr = *addr, .begun_us = sim_now, .closed_us = PLAT_NEVER};
    }
    stream->attempt = ++connects;
}

/** The state of a connect whose time has come. @return true when it changed */
static bool settle(struct sim_stream *stream)
{
    if (stream->state != STREAM_CONNECTING || stream->connect_due > sim_now) {
        return false;
    }
    stream->state = stream->connect_error == 0 ? STREAM_CONNECTED : STREAM_FAILED;
    return true;
}

static int connect_error_of(enum sim_connect what)
{
    return what == SIM_REFUSE ? ECONNREFUSED : what == SIM_UNREACHABLE ? EHOSTUNREACH : 0;
}

/** As SO_ERROR does, it tells a failure only once. */
static int take_connect_error(struct sim_stream *stream)
{
    int err = stream->connect_error;

    stream->connect_error = ENOTCONN;
    return err;
}

int plat_stream_connect(plat_stream s, const struct plat_addr *addr)
{
    static const struct host nobody = {.what = SIM_REFUSE};
    struct sim_stream *stream = find_stream(s, "plat_stream_connect");
    const struct host *host = host_at(addr);

    if (stream->state != STREAM_NEW) {
        return stream->state == STREAM_CONNECTED ? EISCONN : EALREADY;
    }
    if (stream->options.family != addr->family) {
        return EAFNOSUPPORT;
    }
    host = host != NULL ? host : &nobody;
    stream->remote = *addr;
    note_attempt(stream, addr);
    stream->connect_error = connect_error_of(host->what);
    stream->connect_due = host->what == SIM_BLACK_HOLE ? PLAT_NEVER : sim_now + host->delay_us;
    stream->peer.fn = host->fn;
    stream->peer.arg = host->arg;
    stream->state = STREAM_CONNECTING;
    if (host->what == SIM_UNREACHABLE && host->delay_us == 0) {
        stream->state = STREAM_FAILED;
        return take_connect_error(stream);
    }
    if (host->what == SIM_ACCEPT_NOW) {
        stream->connect_due = sim_now;
        (void)settle(stream);
        return PLAT_OK;
    }
    return PLAT_AGAIN;
}

int plat_stream_ends(plat_stream s, struct plat_addr *local, struct plat_addr *peer)
{
    const struct sim_stream *stream = find_stream(s, "plat_stream_ends");

    if (stream->state != STREAM_CONNECTED || stream->is_stolen) {
        return stream->is_stolen ? EBADF : ENOTCONN;
    }
    if (stream->remote.family == 0) {
        return EAFNOSUPPORT; /* a connection that was there already */
    }
    *peer = stream->remote;
    *local = stream->remote; /* one host with all addresses */
    local->port = (uint16_t)(SIM_FIRST_PORT + stream->h);
    return PLAT_OK;
}

int plat_stream_connect_result(plat_stream s)
{
    struct sim_stream *stream = find_stream(s, "plat_stream_connect_result");

    (void)settle(stream);
    switch (stream->state) {
    case STREAM_CONNECTED:
        return PLAT_OK;
    case STREAM_CONNECTING:
        return PLAT_AGAIN;
    case STREAM_FAILED:
        return take_connect_error(stream);
    default:
        return ENOTCONN;
    }
}

/* --- reading and writing -------------------------------------------------------------------- */

/** What stands in the way of reading and writing at all. */
static int check(const struct sim_stream *stream, size_t len)
{
    if (stream->is_stolen) {
        return EBADF;
    }
    if (len == 0) {
        return EINVAL;
    }
    if (stream->state == STREAM_CONNECTING) {
        return PLAT_AGAIN;
    }
    return stream->state == STREAM_CONNECTED ? PLAT_OK : ENOTCONN;
}

/** The fault that was ordered for this call. @return PLAT_OK: carry on, with at most *len bytes */
static int apply_fault(size_t *len, int eof)
{
    enum sim_fault how;
    int os_error;

    if (!sim_fault_io(&how, &os_error)) {
        return PLAT_OK;
    }
    switch (how) {
    case SIM_FAULT_ERROR:
        return os_error;
    case SIM_FAULT_AGAIN:
        return PLAT_AGAIN;
    case SIM_FAULT_EOF:
        return eof;
    default:
        *len = 1;
        return PLAT_OK;
    }
}

/** A reset is told once: later reads are at the end, later writes meet a broken pipe. */
static int reset_error(struct sim_stream *stream, int later)
{
    if (stream->is_rst_told) {
        return later;
    }
    stream->is_rst_told = true;
    return stream->in.rst_error;
}

void sim_io_time(uint64_t us)
{
    io_us = us;
}

int plat_stream_read(plat_stream s, void *buf, size_t len, size_t *n)
{
    struct sim_stream *stream = find_stream(s, "plat_stream_read");
    int err = check(stream, len);

    *n = 0;
    sim_now += io_us;
    if (err == PLAT_OK) {
        err = apply_fault(&len, PLAT_EOF);
    }
    if (err != PLAT_OK) {
        return err;
    }
    *n = pipe_get(&stream->in, buf, sim_split(len, sim_wire_max_read));
    if (*n > 0) {
        return PLAT_OK;
    }
    if (stream->in.rst_due <= sim_now) {
        return reset_error(stream, PLAT_EOF);
    }
    return pipe_is_at_end(&stream->in) ? PLAT_EOF : PLAT_AGAIN;
}

int plat_stream_write(plat_stream s, const void *buf, size_t len, size_t *n)
{
    struct sim_stream *stream = find_stream(s, "plat_stream_write");
    int err = check(stream, len);

    *n = 0;
    sim_now += io_us;
    if (err == PLAT_OK) {
        err = apply_fault(&len, EPIPE);
    }
    if (err != PLAT_OK) {
        return err;
    }
    if (stream->in.rst_due <= sim_now) {
        return reset_error(stream, EPIPE);
    }
    *n = pipe_put(&stream->out, buf, sim_split(len, sim_wire_max_write));
    return *n > 0 ? PLAT_OK : PLAT_AGAIN;
}

/* --- options -------------------------------------------------------------------------------- */

/** @return the options to change, or NULL and *err */
static struct sim_options *options_of(plat_stream s, const char *call, int *err)
{
    struct sim_stream *stream = find_stream(s, call);

    *err = stream->is_stolen ? EBADF : sim_fault_option();
    return *err == PLAT_OK ? &stream->options : NULL;
}

int plat_stream_set_nodelay(plat_stream s)
{
    int err;
    struct sim_options *options = options_of(s, "plat_stream_set_nodelay", &err);

    if (options != NULL) {
        options->is_nodelay = true;
        last_options = *options;
    }
    return err;
}

int plat_stream_set_keepalive(plat_stream s, int idle_s, int interval_s, int count)
{
    int err;
    struct sim_options *options = options_of(s, "plat_stream_set_keepalive", &err);

    if (options == NULL) {
        return err;
    }
    if (idle_s <= 0 || idle_s > KEEPALIVE_MAX_S || interval_s <= 0 ||
        interval_s > KEEPALIVE_MAX_S || count <= 0 || count > KEEPALIVE_MAX_COUNT) {
        return EINVAL;
    }
    options->has_keepalive = true;
    options->idle_s = idle_s;
    options->interval_s = interval_s;
    options->count = count;
    last_options = *options;
    return PLAT_OK;
}

int plat_stream_bind_device(plat_stream s, const char *name)
{
    int err;
    struct sim_options *options = options_of(s, "plat_stream_bind_device", &err);

    if (options == NULL) {
        return err;
    }
    if (strcmp(name, "lo") != 0 && strcmp(name, "eth0") != 0 && strcmp(name, "wlan0") != 0) {
        return ENODEV;
    }
    (void)snprintf(options->device, sizeof(options->device), "%s", name);
    last_options = *options;
    return PLAT_OK;
}

int plat_stream_set_blocking(plat_stream s, bool blocking)
{
    int err;
    struct sim_options *options = options_of(s, "plat_stream_set_blocking", &err);

    if (options != NULL) {
        options->is_blocking = blocking;
        last_options = *options;
    }
    return err;
}

struct ifreq *plat_ifreq_copy(const struct ifreq *ifr)
{
    struct ifreq *copy = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*copy));

    if (copy != NULL) {
        memcpy(copy->ifr_name, ifr->ifr_name, sizeof(copy->ifr_name));
    }
    return copy;
}

const char *plat_ifreq_name(const struct ifreq *ifr)
{
    return ifr == NULL || ifr->ifr_name[0] == '\0' ? NULL : ifr->ifr_name;
}

/* --- events --------------------------------------------------------------------------------- */

void plat_event_set(plat_stream event)
{
    __atomic_store_n(&find_event(event, "plat_event_set")->is_set, true, __ATOMIC_RELEASE);
}

void plat_event_clear(plat_stream event)
{
    __atomic_store_n(&find_event(event, "plat_event_clear")->is_set, false, __ATOMIC_RELEASE);
}

plat_stream plat_wake_swap(plat_stream *wake, plat_stream to)
{
    return (plat_stream){__atomic_exchange_n(&wake->h, to.h, __ATOMIC_ACQ_REL)};
}

void plat_wake(const plat_stream *wake)
{
    plat_stream s = {__atomic_load_n(&wake->h, __ATOMIC_ACQUIRE)};

    if (plat_stream_is_open(s)) {
        __atomic_store_n(&find_open(s, "plat_wake")->is_set, true, __ATOMIC_RELEASE);
    }
}

/* --- what happens --------------------------------------------------------------------------- */

uint8_t sim_net_ready(plat_stream s)
{
    const struct sim_stream *stream = stream_at(s);
    int ready = 0;

    if (was_closed(s)) {
        sim_misuse("plat_wait", "for a stream that was closed");
    }
    if (stream == NULL || stream->is_stolen || stream->state == STREAM_FAILED) {
        return PLAT_READ | PLAT_WRITE; /* an error is found out by the next call */
    }
    if (stream->is_event) {
        return __atomic_load_n(&stream->is_set, __ATOMIC_ACQUIRE) ? PLAT_READ : 0;
    }
    if (__atomic_load_n(&stream->is_set, __ATOMIC_ACQUIRE)) {
        return PLAT_READ | PLAT_WRITE; /* a hang-up */
    }
    if (stream->state != STREAM_CONNECTED || sim_fault_is_again_for_good()) {
        return 0;
    }
    if (stream->in.rst_due <= sim_now) {
        return PLAT_READ | PLAT_WRITE;
    }
    if (pipe_has_bytes(&stream->in) || pipe_is_at_end(&stream->in)) {
        ready |= PLAT_READ;
    }
    if (pipe_has_room(&stream->out)) {
        ready |= PLAT_WRITE;
    }
    return (uint8_t)ready;
}

/** A closed stream whose peer has nothing left to learn needs no more looking at. */
static bool is_done(const struct sim_stream *stream)
{
    const struct sim_peer *peer = &stream->peer;

    return stream->is_closed && (stream->state != STREAM_CONNECTED || peer->fn == NULL ||
                                 (peer->is_told_fin && peer->wake_at == PLAT_NEVER));
}

static void put_aside(void)
{
    struct sim_stream **at = &streams;

    while (*at != NULL) {
        struct sim_stream *stream = *at;

        if (is_done(stream)) {
            *at = stream->next;
            stream->next = streams_done;
            streams_done = stream;
        } else {
            at = &stream->next;
        }
    }
}

bool sim_net_run(void)
{
    bool moved = false;

    for (struct sim_stream *at = streams; at != NULL; at = at->next) {
        moved |= settle(at);
        if (at->state == STREAM_CONNECTED) {
            moved |= peer_run(&at->peer);
        }
    }
    put_aside();
    return moved;
}

void sim_net_next(uint64_t *next)
{
    for (const struct sim_stream *at = streams; at != NULL; at = at->next) {
        if (at->state == STREAM_CONNECTING) {
            sim_soonest(next, at->connect_due);
        }
        if (at->state == STREAM_CONNECTED) {
            pipe_next(&at->in, next);
            pipe_next(&at->out, next);
            sim_soonest(next, at->peer.wake_at);
        }
    }
}

int sim_net_reset(void)
{
    int left = 0;

    for (const struct sim_stream *at = streams; at != NULL; at = at->next) {
        left += at->is_owned;
    }
    list_free(&streams);
    list_free(&streams_done);
    while (hosts != NULL) {
        struct host *next = hosts->next;

        free(hosts);
        hosts = next;
    }
    sim_wire_reset();
    io_us = 0;
    opened = 0;
    connects = 0;
    last_options = (struct sim_options){0};
    next_handle = FIRST_HANDLE;
    return left;
}
