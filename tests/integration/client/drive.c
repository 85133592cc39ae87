/* Connecting in each mode, and waiting the way an application would. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

uint64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t cpu_us(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000u +
           (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void sleep_ms(int ms)
{
    struct timespec t = {ms / 1000, (ms % 1000) * 1000000L};

    while (nanosleep(&t, &t) != 0 && errno == EINTR) {
    }
}

static int ms_until(uint64_t us)
{
    uint64_t now = now_us();

    return us > now ? (int)((us - now + 999) / 1000) : 0;
}

void drive_wait(struct run *r, uint64_t until_us, bool also_write)
{
    struct pollfd polls[ESP_TLS_WAIT_ITEMS];
    esp_tls_wait_t wait;
    int fd = -1;

    r->polls++;
    if (esp_tls_get_wait(r->tls, &wait) != ESP_OK) {
        return;
    }
    (void)esp_tls_get_conn_sockfd(r->tls, &fd);
    for (size_t i = 0; i < wait.count; i++) {
        int events = ((wait.items[i].events & ESP_TLS_WAIT_READ) != 0 ? POLLIN : 0) |
                     ((wait.items[i].events & ESP_TLS_WAIT_WRITE) != 0 ? POLLOUT : 0);

        if (also_write && wait.items[i].fd == fd) {
            events |= POLLIN | POLLOUT;
        }
        polls[i] = (struct pollfd){.fd = wait.items[i].fd, .events = (short)events};
    }
    if (wait.timeout_ms < 0 || wait.timeout_ms > ms_until(until_us)) {
        wait.timeout_ms = ms_until(until_us);
    }
    (void)poll(polls, wait.count, wait.timeout_ms);
}

/* --- cancelling
 * ------------------------------------------------------------------------------------- */

static void *cancel_later(void *arg)
{
    struct run *r = arg;

    sleep_ms(r->s->cancel_ms);
    atomic_store(&r->cancelled_us, now_us());
    (void)esp_tls_conn_cancel(r->tls);
    return NULL;
}

void drive_cancel_begin(struct run *r)
{
    r->cancelling =
        r->s->cancel_ms >= 0 && pthread_create(&r->canceller, NULL, cancel_later, r) == 0;
}

void drive_cancel_end(struct run *r)
{
    if (r->cancelling) {
        pthread_join(r->canceller, NULL);
    }
}

/* --- connecting
 * ------------------------------------------------------------------------------------- */

static const char *host_of(const struct script *s)
{
    return s->no_host ? NULL : s->host;
}

static int hostlen_of(const struct script *s)
{
    return s->hostlen >= 0 || s->host == NULL ? s->hostlen : (int)strlen(s->host);
}

static const esp_tls_cfg_t *cfg_of(const struct script *s)
{
    return s->no_cfg ? NULL : &s->cfg;
}

static int call_connect(struct run *r)
{
    const struct script *s = r->s;
    esp_tls_t *tls = s->no_tls ? NULL : r->tls;

    if (s->mode == MODE_ASYNC) {
        return s->url != NULL
                   ? esp_tls_conn_http_new_async(s->no_host ? NULL : s->url, cfg_of(s), tls)
                   : esp_tls_conn_new_async(host_of(s), hostlen_of(s), s->port, cfg_of(s), tls);
    }
    return s->url != NULL
               ? esp_tls_conn_http_new_sync(s->no_host ? NULL : s->url, cfg_of(s), tls)
               : esp_tls_conn_new_sync(host_of(s), hostlen_of(s), s->port, cfg_of(s), tls);
}

static int one_call(struct run *r)
{
    uint64_t began = now_us();
    int ret = call_connect(r);
    uint64_t took = now_us() - began;

    r->calls++;
    r->longest_us = took > r->longest_us ? took : r->longest_us;
    return ret;
}

static int connect_async(struct run *r)
{
    int ret;

    while ((ret = one_call(r)) == 0) {
        if (r->s->every_ms > 0) {
            r->polls++;
            sleep_ms(r->s->every_ms);
        } else {
            drive_wait(r, now_us() + 60000000u, false);
        }
    }
    return ret;
}

static int connect_plain(struct run *r)
{
    esp_tls_error_handle_t h;

    (void)esp_tls_get_error_handle(r->tls, &h);
    return esp_tls_plain_tcp_connect(host_of(r->s), hostlen_of(r->s), r->s->port, cfg_of(r->s), h,
                                     &r->fd);
}

/** The application connects, esp-tls does the rest. */
static int connect_adopted(struct run *r)
{
    struct addrinfo *list = NULL;
    char port[12];
    int fd;

    snprintf(port, sizeof(port), "%d", r->s->port);
    if (getaddrinfo(r->s->host, port, &(struct addrinfo){.ai_socktype = SOCK_STREAM}, &list) != 0) {
        return -2;
    }
    fd = socket(list->ai_family, SOCK_STREAM, 0);
    if (connect(fd, list->ai_addr, list->ai_addrlen) != 0) {
        fd = -1;
    }
    freeaddrinfo(list);
    if (esp_tls_set_conn_sockfd(r->tls, fd) != ESP_OK ||
        esp_tls_set_conn_state(r->tls, ESP_TLS_CONNECTING) != ESP_OK) {
        return -3;
    }
    return one_call(r);
}

void drive_connect(struct run *r)
{
    uint64_t began = now_us();
    uint64_t cpu = cpu_us();

    switch (r->s->mode) {
    case MODE_SYNC:
        r->ret = one_call(r);
        break;
    case MODE_ASYNC:
        r->ret = connect_async(r);
        break;
    case MODE_PLAIN:
        r->ret = connect_plain(r);
        break;
    case MODE_ADOPT:
        r->ret = connect_adopted(r);
        break;
    }
    r->ended_us = now_us();
    r->took_us = r->ended_us - began;
    r->cpu_us = cpu_us() - cpu;
}
