/* Fetch several URLs at once: one thread, one poll(), nothing that blocks: async CA.pem URL... */
#include <poll.h>
#include <stdio.h>

#include "esp_tls.h"
#include "esp_tls_async.h"
#include "esp_tls_record.h"

#define MOST 8

struct fetch {
    const char *url;
    esp_tls_t *tls; /* NULL: done */
    bool connected, sent;
    size_t received;
};

static void finish(struct fetch *f)
{
    esp_tls_record_t r = {0};

    (void)esp_tls_get_record(f->tls, &r);
    printf("%s: %zu bytes, %s\n", f->url, f->received,
           r.cause == ESP_TLS_CAUSE_NONE ? "complete" : esp_tls_cause_name(r.cause));
    esp_tls_conn_destroy(f->tls);
    f->tls = NULL;
}

/** One step. @return true: the next can follow at once; false: wait first, or it is over */
static bool step(struct fetch *f, const esp_tls_cfg_t *cfg)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char buf[4096];
    ssize_t n;

    if (!f->connected) {
        n = esp_tls_conn_http_new_async(f->url, cfg, f->tls);
        f->connected = n == 1;
    } else if (!f->sent) { /* so short that it goes all at once or not at all */
        n = esp_tls_conn_write(f->tls, request, sizeof(request) - 1);
        f->sent = n > 0;
    } else {
        n = esp_tls_conn_read(f->tls, buf, sizeof(buf));
        f->received += n > 0 ? (size_t)n : 0;
    }
    if (n == 0 ? f->sent
               : n < 0 && n != ESP_TLS_ERR_SSL_WANT_READ && n != ESP_TLS_ERR_SSL_WANT_WRITE) {
        finish(f); /* 0 from a read: the server closed in order; from a connect: under way */
    }
    return n > 0;
}

/** Add what a handle waits for: descriptors, and a time if it is sooner than *timeout_ms. */
static nfds_t add_wait(esp_tls_t *tls, struct pollfd *fds, int *timeout_ms)
{
    esp_tls_wait_t wait = {.timeout_ms = -1};

    (void)esp_tls_get_wait(tls, &wait);
    for (size_t i = 0; i < wait.count; i++) {
        fds[i].fd = wait.items[i].fd;
        fds[i].events = (wait.items[i].events & ESP_TLS_WAIT_READ) != 0 ? POLLIN : 0;
        fds[i].events |= (wait.items[i].events & ESP_TLS_WAIT_WRITE) != 0 ? POLLOUT : 0;
    }
    if (wait.timeout_ms >= 0 && (*timeout_ms < 0 || wait.timeout_ms < *timeout_ms)) {
        *timeout_ms = wait.timeout_ms;
    }
    return (nfds_t)wait.count;
}

int main(int argc, char **argv)
{
    static unsigned char ca[1 << 20]; /* PEM is text: its size counts the final NUL */
    FILE *file = argc > 2 && argc < MOST + 2 ? fopen(argv[1], "rb") : NULL;
    esp_tls_cfg_t cfg = {.cacert_buf = ca, .non_block = true, .timeout_ms = 5000};
    struct fetch all[MOST] = {{0}};
    struct pollfd fds[MOST * ESP_TLS_WAIT_ITEMS];
    nfds_t used;
    int timeout_ms;

    if (file == NULL) {
        return 2;
    }
    cfg.cacert_bytes = (unsigned)fread(ca, 1, sizeof(ca) - 1, file) + 1;
    fclose(file);
    for (int i = 0; i < argc - 2; i++) {
        all[i] = (struct fetch){.url = argv[i + 2], .tls = esp_tls_init()};
    }
    do {
        timeout_ms = -1; /* a program would have a deadline of its own for the reading */
        used = 0;
        for (int i = 0; i < argc - 2; i++) {
            while (all[i].tls != NULL && step(&all[i], &cfg)) {
            }
            used += all[i].tls != NULL ? add_wait(all[i].tls, fds + used, &timeout_ms) : 0;
        }
    } while (used > 0 && poll(fds, used, timeout_ms) >= 0);
    return 0;
}
