#define _GNU_SOURCE /* getaddrinfo, SOCK_NONBLOCK, pthread_condattr_setclock */
#include "dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "esp_tls_errors.h"
#include "esp_transport.h"

int64_t dial_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- names ------------------------------------------------------------------------------------ */

/** One question. Thread and asker each hold it; who lets go last frees it. */
struct question {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    bool is_abandoned;
    char host[256];
    char port[8];
    int family;
    int error;
    int sys_errno;
    struct addrinfo *found;
};

static void question_free(struct question *q)
{
    if (q->found != NULL) {
        freeaddrinfo(q->found);
    }
    (void)pthread_cond_destroy(&q->done);
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

static void *ask_resolver(void *arg)
{
    struct question *q = arg;
    struct addrinfo hints = {.ai_family = q->family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int sys_errno;
    int error;
    bool is_abandoned;

    errno = 0;
    error = getaddrinfo(q->host, q->port, &hints, &found);
    sys_errno = errno;
    if (error != 0 && sys_errno == ENOMEM) { /* glibc calls it a name that does not exist */
        error = EAI_MEMORY;
    }
    (void)pthread_mutex_lock(&q->lock);
    q->found = found;
    q->error = error;
    q->sys_errno = error == EAI_SYSTEM ? sys_errno : 0;
    q->is_done = true;
    is_abandoned = q->is_abandoned;
    (void)pthread_cond_signal(&q->done);
    (void)pthread_mutex_unlock(&q->lock);
    if (is_abandoned) {
        question_free(q);
    }
    return NULL;
}

static struct question *question_new(const char *host, uint16_t port, int family)
{
    struct question *q = calloc(1, sizeof(*q));
    pthread_condattr_t attr;

    if (q == NULL) {
        return NULL;
    }
    snprintf(q->host, sizeof(q->host), "%s", host);
    snprintf(q->port, sizeof(q->port), "%u", port);
    q->family = family;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&q->lock, NULL);
    (void)pthread_cond_init(&q->done, &attr);
    (void)pthread_condattr_destroy(&attr);
    return q;
}

static void take_addresses(struct dial_name *name, const struct addrinfo *found)
{
    for (; found != NULL; found = found->ai_next) {
        struct dial_address *a = &name->address[name->count];

        if (found->ai_addrlen > sizeof(a->sa)) {
            continue;
        }
        if (name->count == DIAL_ADDRESSES) {
            name->left_out++;
            continue;
        }
        memcpy(&a->sa, found->ai_addr, found->ai_addrlen);
        a->sa_len = found->ai_addrlen;
        (void)getnameinfo(found->ai_addr, found->ai_addrlen, a->text, sizeof(a->text), NULL, 0,
                          NI_NUMERICHOST);
        name->count++;
    }
}

/** @return false: the deadline passed, and the thread has the question */
static bool await_answer(struct question *q, int64_t until_us)
{
    struct timespec until = {.tv_sec = until_us / 1000000,
                             .tv_nsec = (long)(until_us % 1000000 * 1000)};
    int error = 0;
    bool is_done;

    (void)pthread_mutex_lock(&q->lock);
    while (!q->is_done && error == 0) {
        error = pthread_cond_timedwait(&q->done, &q->lock, &until);
    }
    is_done = q->is_done;
    q->is_abandoned = !is_done;
    (void)pthread_mutex_unlock(&q->lock);
    return is_done;
}

int dial_family(esp_tls_addr_family_t family)
{
    static const int families[] = {[ESP_TLS_AF_UNSPEC] = AF_UNSPEC,
                                   [ESP_TLS_AF_INET] = AF_INET,
                                   [ESP_TLS_AF_INET6] = AF_INET6};

    return families[family];
}

bool dial_resolve(struct dial_name *name, const char *host, uint16_t port, int family,
                  int64_t until_us)
{
    int64_t began = dial_now_us();
    struct question *q = question_new(host, port, family);
    pthread_t thread;

    *name = (struct dial_name){.error = EAI_MEMORY};
    if (q == NULL || pthread_create(&thread, NULL, ask_resolver, q) != 0) {
        if (q != NULL) {
            question_free(q);
        }
        return false;
    }
    if (await_answer(q, until_us)) {
        (void)pthread_join(thread, NULL);
        name->error = q->error;
        name->sys_errno = q->sys_errno;
        take_addresses(name, q->found);
        question_free(q);
    } else {
        (void)pthread_detach(thread);
        name->error = EAI_AGAIN;
        name->timed_out = true;
    }
    name->us = (uint32_t)(dial_now_us() - began);
    return name->count > 0;
}

void dial_behind(struct dial_name *name, const char *host, uint16_t port,
                 const struct connect_options *through)
{
    *name = (struct dial_name){.count = 1};
    name->address[0].through = through;
    name->address[0].port = port;
    snprintf(name->address[0].text, sizeof(name->address[0].text), "%s", host);
}

/* --- TCP -------------------------------------------------------------------------------------- */

static int left_ms(int64_t until_us)
{
    int64_t left = (until_us - dial_now_us() + 999) / 1000;

    return left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

static bool dial_wait(int fd, short events, int64_t until_us)
{
    struct pollfd p = {.fd = fd, .events = events};
    int n;

    if (dial_now_us() >= until_us) { /* also where there is always something to read */
        return false;
    }
    do {
        n = poll(&p, 1, left_ms(until_us));
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

/** @return a socket whose connect is under way or done; -1 with errno */
static int begin_connect(const struct dial_address *a)
{
    int fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (const struct sockaddr *)&a->sa, a->sa_len) != 0 && errno != EINPROGRESS) {
        int error = errno;

        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/** A reset comes when TCP was open already: SYN is answered by ECONNREFUSED. */
static int connect_error(int fd)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) {
        return errno;
    }
    return error == ECONNRESET ? 0 : error;
}

static void note_connected(struct dial_address *a, struct pollfd *p, int64_t began)
{
    a->error = connect_error(p->fd);
    a->tcp_us = (uint32_t)(dial_now_us() - began);
    (void)close(p->fd);
    p->fd = -1;
}

size_t dial_try_all(struct dial_name *name, int64_t until_us)
{
    struct pollfd p[DIAL_ADDRESSES];
    int64_t began = dial_now_us();
    size_t waiting = 0;
    size_t open = 0;

    for (size_t i = 0; i < name->count; i++) {
        p[i] = (struct pollfd){.fd = begin_connect(&name->address[i]), .events = POLLOUT};
        name->address[i].error = p[i].fd < 0 ? errno : ETIMEDOUT;
        waiting += p[i].fd >= 0;
    }
    while (waiting > 0) {
        int n = poll(p, (nfds_t)name->count, left_ms(until_us));

        if (n == 0 || (n < 0 && errno != EINTR)) {
            break;
        }
        for (size_t i = 0; n > 0 && i < name->count; i++) {
            if (p[i].fd >= 0 && p[i].revents != 0) {
                note_connected(&name->address[i], &p[i], began);
                waiting--;
            }
        }
    }
    for (size_t i = 0; i < name->count; i++) {
        if (p[i].fd >= 0) {
            (void)close(p[i].fd);
        }
        open += name->address[i].error == 0;
    }
    return open;
}

/* --- what is said over it --------------------------------------------------------------------- */

static bool send_through(struct dial_wire *w, const void *data, size_t len, int64_t until_us,
                         struct dial_failure *failure)
{
    const char *from = data;

    while (len > 0) {
        int n = esp_transport_write(w->tunnel.way, from, (int)len, left_ms(until_us));

        if (n <= 0) {
            failure->timed_out = n == 0;
            failure->error = n < 0 ? esp_transport_get_errno(w->tunnel.way) : 0;
            return false;
        }
        from += n;
        len -= (size_t)n;
    }
    return true;
}

bool dial_send(struct dial_wire *w, const void *data, size_t len, int64_t until_us,
               struct dial_failure *failure)
{
    const char *from = data;

    if (w->tunnel.way != NULL) {
        return send_through(w, data, len, until_us, failure);
    }
    while (len > 0) {
        ssize_t n = send(w->fd, from, len, MSG_NOSIGNAL);

        if (n > 0) {
            from += n;
            len -= (size_t)n;
        } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
            failure->error = errno;
            return false;
        } else if (!dial_wait(w->fd, POLLOUT, until_us)) {
            failure->timed_out = true;
            return false;
        }
    }
    return true;
}

static size_t receive_through(struct dial_wire *w, void *data, size_t cap, int64_t until_us,
                              struct dial_failure *failure)
{
    int n = esp_transport_read(w->tunnel.way, data, (int)cap, left_ms(until_us));

    failure->timed_out = n == ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT;
    failure->closed = n == ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN;
    failure->error = n < 0 && !failure->closed ? esp_transport_get_errno(w->tunnel.way) : 0;
    return n > 0 ? (size_t)n : 0;
}

size_t dial_receive(struct dial_wire *w, void *data, size_t cap, int64_t until_us,
                    struct dial_failure *failure)
{
    ssize_t n;

    if (w->tunnel.way != NULL) {
        return receive_through(w, data, cap, until_us, failure);
    }
    do {
        if (!dial_wait(w->fd, POLLIN, until_us)) {
            failure->timed_out = true;
            return 0;
        }
        n = recv(w->fd, data, cap, 0);
    } while (n < 0 && (errno == EAGAIN || errno == EINTR));
    failure->closed = n == 0;
    failure->error = n < 0 ? errno : 0;
    return n > 0 ? (size_t)n : 0;
}

/** Name for EHLO: our own address, in brackets (RFC 5321 section 4.1.3). */
static void own_name(int fd, char name[80])
{
    struct sockaddr_storage sa = {0};
    socklen_t len = sizeof(sa);
    char text[64] = "127.0.0.1";

    (void)getsockname(fd, (struct sockaddr *)&sa, &len);
    (void)getnameinfo((struct sockaddr *)&sa, len, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
    text[strcspn(text, "%")] = '\0'; /* a zone is nobody else's concern */
    snprintf(name, 80, sa.ss_family == AF_INET6 ? "[IPv6:%s]" : "[%s]", text);
}

static bool start_smtp(struct dial_wire *w, int64_t until_us, struct dial_failure *failure)
{
    struct starttls *s = &failure->starttls;
    char name[80];

    own_name(w->tunnel.way != NULL ? esp_transport_get_socket(w->tunnel.way) : w->fd, name);
    starttls_init(s, name);
    failure->in_starttls = true;
    while (s->result == STARTTLS_MORE || s->result == STARTTLS_SEND) {
        char data[1024];
        size_t n;

        if (s->result == STARTTLS_SEND &&
            !dial_send(w, s->out, strlen(s->out), until_us, failure)) {
            return false;
        }
        s->result = STARTTLS_MORE;
        n = dial_receive(w, data, sizeof(data), until_us, failure);
        if (n == 0) {
            return false;
        }
        (void)starttls_feed(s, data, n);
    }
    return s->result == STARTTLS_READY;
}

static bool open_tcp(const struct dial_address *address, int64_t until_us, struct dial_wire *w,
                     struct dial_failure *failure)
{
    w->fd = begin_connect(address);
    if (w->fd < 0) {
        failure->error = errno;
        return false;
    }
    failure->timed_out = !dial_wait(w->fd, POLLOUT, until_us);
    failure->error = failure->timed_out ? 0 : connect_error(w->fd);
    return !failure->timed_out && failure->error == 0;
}

static bool open_through(const struct dial_address *address, int64_t until_us, struct dial_wire *w,
                         struct dial_failure *failure)
{
    struct failure why = {.options = address->through};

    if (!tunnel_make(&w->tunnel, address->through)) {
        failure->code = ESP_ERR_NO_MEM;
        return false;
    }
    if (tunnel_open(&w->tunnel, address->text, address->port, left_ms(until_us))) {
        return true;
    }
    tunnel_note(&w->tunnel, &why);
    failure->code = why.code;
    failure->error = why.record.os_errno;
    failure->timed_out = why.code == ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT;
    return false;
}

bool dial_open(const struct dial_address *address, bool smtp, int64_t until_us, struct dial_wire *w,
               struct dial_failure *failure)
{
    bool ok;

    memset(failure, 0, sizeof(*failure));
    *w = (struct dial_wire){.fd = -1};
    ok = address->through != NULL ? open_through(address, until_us, w, failure)
                                  : open_tcp(address, until_us, w, failure);
    return ok && (!smtp || start_smtp(w, until_us, failure));
}

void dial_close(struct dial_wire *w)
{
    if (w->fd >= 0) {
        (void)close(w->fd);
    }
    tunnel_clear(&w->tunnel);
    w->fd = -1;
}

bool dial_hand_over(struct dial_wire *w, esp_tls_t *tls)
{
    bool ok = w->tunnel.way != NULL ? tunnel_put_under(&w->tunnel, tls)
                                    : esp_tls_set_conn_sockfd(tls, w->fd) == ESP_OK &&
                                          esp_tls_set_conn_state(tls, ESP_TLS_CONNECTING) == ESP_OK;

    w->fd = ok ? -1 : w->fd;
    return ok;
}
