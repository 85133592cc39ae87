/* TCP link. Connecting is a race over all addresses of the name (RFC 8305): sorted as the resolver
 * gave them but with the families taking turns (section 4), a new attempt begins when the last one
 * failed or after the connection attempt delay (section 5), and the first to connect wins. */
#include <string.h>

#include "plat_clock.h"
#include "tcp.h"

/* RFC 8305 section 5: recommended 250 ms, never below 10 ms. */
#define ATTEMPT_DELAY_US 250000u

/* One slot of a wait is for the event. */
#define ADDRESSES_MAX (TLS_WAIT_ITEMS - 1)

struct attempt {
    struct plat_addr addr;
    plat_stream stream;
};

struct tcp_race {
    uint64_t next_us; /* when the next attempt begins */
    uint8_t count;    /* addresses */
    uint8_t begun;    /* attempts begun */
    esp_err_t esp;    /* how the last attempt failed ... */
    int os;           /* ... and its errno */
    struct attempt attempt[];
};

static struct link_tcp *tcp_of(struct tls_link *link)
{
    return (struct link_tcp *)(void *)link;
}

/* --- one attempt -------------------------------------------------------------------------- */

/** @return ESP_OK or the code of the option that failed, errno in *os */
static esp_err_t set_options(const struct tcp_options *o, const struct plat_addr *addr,
                             plat_stream s, int *os)
{
    const tls_keep_alive_cfg_t *ka = o->keep_alive;

    if ((*os = plat_stream_set_nodelay(s)) != PLAT_OK) {
        return ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED;
    }
    if (ka != NULL && ka->keep_alive_enable) {
        *os = plat_stream_set_keepalive(s, ka->keep_alive_idle, ka->keep_alive_interval,
                                        ka->keep_alive_count);
        if (*os != PLAT_OK) {
            return ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED;
        }
    }
    if (o->device != NULL && (*os = plat_stream_bind_device(s, o->device)) != PLAT_OK) {
        return ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED;
    }
    if (o->hook != NULL) {
        char text[PLAT_ADDR_TEXT];

        plat_addr_text(addr, text);
        if (o->hook(plat_stream_fd(s), text, o->hook_arg) != ESP_OK) {
            return ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED;
        }
    }
    return ESP_OK;
}

static void attempt_fail(struct link_tcp *tcp, struct attempt *a, esp_err_t esp, int os)
{
    (void)plat_stream_close(a->stream);
    a->stream = PLAT_STREAM_NONE;
    tcp->race->esp = esp;
    tcp->race->os = os;
    tcp->link.err->addr = a->addr;
}

/** Open, set up and connect the next address. @return true when it is connected at once */
static bool attempt_begin(struct link_tcp *tcp)
{
    struct tcp_race *race = tcp->race;
    struct attempt *a = &race->attempt[race->begun++];
    int os = plat_stream_open(&a->stream, a->addr.family);
    esp_err_t esp;

    tcp->link.err->addr = a->addr;
    if (os != PLAT_OK) {
        a->stream = PLAT_STREAM_NONE;
        attempt_fail(tcp, a, ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET, os);
        return false;
    }
    esp = set_options(&tcp->options, &a->addr, a->stream, &os);
    if (esp != ESP_OK) {
        attempt_fail(tcp, a, esp, os);
        return false;
    }
    os = plat_stream_connect(a->stream, &a->addr);
    if (os > 0) {
        attempt_fail(tcp, a, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, os);
    }
    return os == PLAT_OK;
}

/* --- the race ----------------------------------------------------------------------------- */

/** RFC 8305 section 4: keep the resolver's order, but let the families take turns. */
static void take_turns(struct plat_addr *addr, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        size_t other = i;

        while (other < count && addr[other].family == addr[i - 1].family) {
            other++;
        }
        if (other < count && other != i) {
            struct plat_addr found = addr[other];

            memmove(&addr[i + 1], &addr[i], (other - i) * sizeof(addr[0]));
            addr[i] = found;
        }
    }
}

static void race_end(struct link_tcp *tcp)
{
    if (tcp->race == NULL) {
        return;
    }
    for (size_t i = 0; i < tcp->race->count; i++) {
        (void)plat_stream_close(tcp->race->attempt[i].stream);
    }
    plat_free(tcp->race);
    tcp->race = NULL;
}

static tls_status race_won(struct link_tcp *tcp, struct attempt *a)
{
    tcp->stream = a->stream;
    tcp->link.err->addr = a->addr;
    a->stream = PLAT_STREAM_NONE;
    race_end(tcp);
    return TLS_OK;
}

static tls_status race_lost(struct link_tcp *tcp)
{
    esp_err_t esp = tcp->race->esp;
    int os = tcp->race->os;

    race_end(tcp);
    return et_error_set(tcp->link.err, TLS_SYSTEM, esp, os, 0);
}

/** See how the attempts under way went. @return the one that connected, or NULL */
static struct attempt *race_poll(struct link_tcp *tcp, uint64_t now, size_t *open)
{
    struct tcp_race *race = tcp->race;

    *open = 0;
    for (size_t i = 0; i < race->begun; i++) {
        struct attempt *a = &race->attempt[i];
        int os;

        if (!plat_stream_is_open(a->stream)) {
            continue;
        }
        os = plat_stream_connect_result(a->stream);
        if (os == PLAT_OK) {
            return a;
        }
        if (os > 0) {
            attempt_fail(tcp, a, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, os);
            race->next_us = now; /* section 5: do not wait for the delay after a failure */
        } else {
            (*open)++;
        }
    }
    return NULL;
}

static tls_status race_step(struct link_tcp *tcp)
{
    struct tcp_race *race = tcp->race;
    size_t open;
    uint64_t now = plat_clock_us();
    struct attempt *winner = race_poll(tcp, now, &open);

    if (winner != NULL) {
        return race_won(tcp, winner);
    }
    while (race->begun < race->count && (now >= race->next_us || open == 0)) {
        struct attempt *a = &race->attempt[race->begun];

        race->next_us = now + ATTEMPT_DELAY_US;
        if (attempt_begin(tcp)) {
            return race_won(tcp, a);
        }
        if (plat_stream_is_open(a->stream)) {
            open++;
        } else {
            race->next_us = now;
        }
    }
    return open > 0 ? TLS_WANT_WRITE : race_lost(tcp);
}

static tls_status race_begin(struct link_tcp *tcp, struct plat_addr *addr, size_t count)
{
    struct tcp_race *race = plat_alloc(tcp->account, PLAT_MEM_CONNECTION,
                                       sizeof(struct tcp_race) + count * sizeof(struct attempt));

    if (race == NULL) {
        return et_error_set(tcp->link.err, TLS_NO_MEM, 0, 0, 0);
    }
    take_turns(addr, count);
    race->count = (uint8_t)count;
    for (size_t i = 0; i < count; i++) {
        race->attempt[i].addr = addr[i];
        race->attempt[i].addr.port = tcp->port;
        race->attempt[i].stream = PLAT_STREAM_NONE;
    }
    tcp->race = race;
    return TLS_OK;
}

/* --- name look-up -------------------------------------------------------------------------- */

static tls_status resolve_failed(struct link_tcp *tcp, int os)
{
    return et_error_set(tcp->link.err, plat_is_no_mem(os) ? TLS_NO_MEM : TLS_RESOLVE, 0, os, 0);
}

static tls_status resolve_step(struct link_tcp *tcp)
{
    struct plat_addr addr[ADDRESSES_MAX];
    size_t count;
    int resolver;
    int os = plat_resolve_result(tcp->job, addr, ADDRESSES_MAX, &count, &resolver);

    if (os == PLAT_AGAIN) {
        return TLS_WANT_TIME;
    }
    plat_resolve_drop(tcp->job);
    tcp->job = NULL;
    if (os != PLAT_OK) {
        if (tcp->link.err->status == TLS_OK) {
            tcp->link.err->resolver = resolver;
        }
        return resolve_failed(tcp, os);
    }
    return race_begin(tcp, addr, count);
}

/* --- the link's calls ------------------------------------------------------------------------ */

static tls_status tcp_connect(struct tls_link *link)
{
    struct link_tcp *tcp = tcp_of(link);

    if (tcp->job != NULL) {
        tls_status st = resolve_step(tcp);

        if (st != TLS_OK) {
            return st;
        }
        link->err->now = ESP_TLS_PHASE_CONNECT;
    }
    return tcp->race != NULL ? race_step(tcp) : TLS_OK;
}

/** A cancel shuts the stream down, which the peer did not do. The next step says what it was.
 *  @return what the system said, or PLAT_AGAIN */
static int unless_cancelled(const struct link_tcp *tcp, int os)
{
    return os != PLAT_OK && plat_flag_get(&tcp->cancelled) ? PLAT_AGAIN : os;
}

static tls_status tcp_read(struct tls_link *link, void *buf, size_t len, size_t *n)
{
    const struct link_tcp *tcp = tcp_of(link);
    int os = unless_cancelled(tcp, plat_stream_read(tcp->stream, buf, len, n));

    switch (os) {
    case PLAT_OK:
        link->err->bytes_in += *n;
        return TLS_OK;
    case PLAT_AGAIN:
        return TLS_WANT_READ;
    case PLAT_EOF:
        return TLS_EOF;
    default:
        return et_error_set(link->err, TLS_SYSTEM, 0, os, 0);
    }
}

static tls_status tcp_write(struct tls_link *link, const void *buf, size_t len, size_t *n)
{
    const struct link_tcp *tcp = tcp_of(link);
    int os = unless_cancelled(tcp, plat_stream_write(tcp->stream, buf, len, n));

    if (os == PLAT_OK) {
        link->err->bytes_out += *n;
        return TLS_OK;
    }
    return os == PLAT_AGAIN ? TLS_WANT_WRITE : et_error_set(link->err, TLS_SYSTEM, 0, os, 0);
}

static void tcp_wants(const struct tls_link *link, tls_status st, struct tls_wait *wait)
{
    const struct link_tcp *tcp = (const struct link_tcp *)(const void *)link;
    const struct tcp_race *race = tcp->race;

    if (tcp->job != NULL) {
        return; /* the connection's event, which it adds itself */
    }
    if (race == NULL) {
        et_wait_add(wait, tcp->stream, st == TLS_WANT_WRITE ? PLAT_WRITE : PLAT_READ);
        return;
    }
    for (size_t i = 0; i < race->begun; i++) {
        et_wait_add(wait, race->attempt[i].stream, PLAT_WRITE);
    }
    if (race->begun < race->count) {
        et_wait_until(wait, race->next_us);
    }
}

static int tcp_close(struct tls_link *link)
{
    struct link_tcp *tcp = tcp_of(link);
    int os = plat_stream_close(tcp->stream);

    tcp->stream = PLAT_STREAM_NONE;
    plat_resolve_drop(tcp->job);
    tcp->job = NULL;
    race_end(tcp);
    return os;
}

static const struct link_ops tcp_ops = {
    .connect = tcp_connect,
    .read = tcp_read,
    .write = tcp_write,
    .wants = tcp_wants,
    .close = tcp_close,
};

void et_tcp_init(struct link_tcp *tcp, struct tls_error *err, struct plat_account *account)
{
    *tcp = (struct link_tcp){
        .link = {.ops = &tcp_ops, .err = err},
        .stream = PLAT_STREAM_NONE,
        .account = account,
    };
}

tls_status et_tcp_dial(struct link_tcp *tcp, const char *host, size_t len, uint16_t port,
                       const struct tcp_options *options, plat_stream wake)
{
    int os;

    tcp->options = *options;
    tcp->port = port;
    tcp->link.err->now = ESP_TLS_PHASE_RESOLVE;
    os = plat_resolve_start(&tcp->job, host, len, options->family, wake, tcp->account);
    if (os != PLAT_OK) {
        tcp->job = NULL;
        return resolve_failed(tcp, os);
    }
    return TLS_OK;
}

tls_status et_tcp_adopt(struct link_tcp *tcp, int fd)
{
    int os = plat_stream_adopt(&tcp->stream, fd);

    return os == PLAT_OK ? TLS_OK : et_error_set(tcp->link.err, TLS_SYSTEM, 0, os, 0);
}

/** Where the connected stream is, or the first one under way. */
static plat_stream *current_stream(struct link_tcp *tcp)
{
    plat_stream *at = &tcp->stream;

    for (size_t i = 0; !plat_stream_is_open(*at) && tcp->race != NULL && i < tcp->race->begun;
         i++) {
        at = &tcp->race->attempt[i].stream;
    }
    return at;
}

plat_stream et_tcp_attempt(struct link_tcp *tcp)
{
    return *current_stream(tcp);
}

plat_stream et_tcp_take_attempt(struct link_tcp *tcp)
{
    plat_stream *at = current_stream(tcp);
    plat_stream stream = *at;

    *at = PLAT_STREAM_NONE;
    return stream;
}

bool et_tcp_is_resolved(const struct link_tcp *tcp)
{
    return tcp->job == NULL;
}
