#define _GNU_SOURCE /* clock_gettime */
#include "wire.h"

#include <poll.h>
#include <stdint.h>
#include <time.h>

#include "esp_tls_async.h"

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** Wait for what the handle waits for, at most until a time of now_ms(); < 0: the handle's own. */
static void wait_until(esp_tls_t *tls, int64_t until_ms)
{
    esp_tls_wait_t wait;
    struct pollfd fds[ESP_TLS_WAIT_ITEMS];
    int64_t left = until_ms - now_ms();

    if (esp_tls_get_wait(tls, &wait) != ESP_OK) {
        return;
    }
    for (size_t i = 0; i < wait.count; i++) {
        bool in = (wait.items[i].events & ESP_TLS_WAIT_READ) != 0;
        bool out = (wait.items[i].events & ESP_TLS_WAIT_WRITE) != 0;

        fds[i] = (struct pollfd){.fd = wait.items[i].fd,
                                 .events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0))};
    }
    if (until_ms >= 0 && (wait.timeout_ms < 0 || left < wait.timeout_ms)) {
        wait.timeout_ms = left > 0 ? (int)left : 0;
    }
    (void)poll(fds, (nfds_t)wait.count, wait.timeout_ms);
}

int wire_connect(struct wire *wire, const char *url, const esp_tls_cfg_t *cfg)
{
    int result;

    if (!wire->async) {
        return esp_tls_conn_http_new_sync(url, cfg, wire->tls);
    }
    while ((result = esp_tls_conn_http_new_async(url, cfg, wire->tls)) == 0) {
        wait_until(wire->tls, -1);
    }
    return result;
}

static bool is_waiting(ssize_t n)
{
    return n == ESP_TLS_ERR_SSL_WANT_READ || n == ESP_TLS_ERR_SSL_WANT_WRITE;
}

/** After a result that asks to wait: wait. @return false when there is nothing to wait for, or the
 *  time is up */
static bool wait_more(struct wire *wire, ssize_t n, int64_t until_ms)
{
    if (!is_waiting(n)) {
        return false;
    }
    if (!wire->async || now_ms() >= until_ms) {
        wire->timed_out = true;
        return false;
    }
    wait_until(wire->tls, until_ms);
    return true;
}

ssize_t wire_read(struct wire *wire, void *data, size_t len)
{
    int64_t until_ms = now_ms() + wire->timeout_ms;
    ssize_t n;

    do {
        n = esp_tls_conn_read(wire->tls, data, len);
    } while (wait_more(wire, n, until_ms));
    return n >= 0 ? n : -1;
}

int wire_write(struct wire *wire, const void *data, size_t len)
{
    int64_t until_ms = now_ms() + wire->timeout_ms;
    const char *from = data;

    while (len > 0) {
        ssize_t n;

        do {
            n = esp_tls_conn_write(wire->tls, from, len);
        } while (wait_more(wire, n, until_ms));
        if (n < 0) {
            return -1;
        }
        from += n;
        len -= (size_t)n;
    }
    return 1;
}

void wire_record(const struct wire *wire, esp_tls_record_t *record)
{
    if (wire->tls == NULL) { /* esp_tls_init() failed: the one cause it has */
        *record = (esp_tls_record_t){.cause = ESP_TLS_CAUSE_NO_MEM};
        return;
    }
    (void)esp_tls_get_record(wire->tls, record);
    if (wire->timed_out) {
        record->cause = ESP_TLS_CAUSE_TIMEOUT;
        record->phase = ESP_TLS_PHASE_OPEN;
    }
}
