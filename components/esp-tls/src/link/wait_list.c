/* Lists of what is waited for: the engine's, and those that callers see (esp_tls_async.h). */
#include "wait_list.h"

#include "esp_tls_async.h"
#include "plat_clock.h"

/** A list that is full is asked again after this time. */
#define FULL_MS 10

void et_wait_init(struct tls_wait *wait)
{
    wait->count = 0;
    wait->until_us = PLAT_NEVER;
}

void et_wait_add(struct tls_wait *wait, plat_stream stream, uint8_t want)
{
    if (!plat_stream_is_open(stream) || wait->count == TLS_WAIT_ITEMS) {
        return;
    }
    wait->item[wait->count++] = (struct plat_wait_item){.stream = stream, .want = want};
}

void et_wait_until(struct tls_wait *wait, uint64_t us)
{
    if (us < wait->until_us) {
        wait->until_us = us;
    }
}

void et_wait_in_ms(struct tls_wait *wait, int ms)
{
    if (ms >= 0) {
        et_wait_until(wait, plat_clock_us() + (uint64_t)ms * 1000);
    }
}

/* --- the caller's lists ----------------------------------------------------------------------- */

void esp_tls_wait_init(esp_tls_wait_t *wait)
{
    wait->count = 0;
    wait->timeout_ms = -1;
}

void esp_tls_wait_until(esp_tls_wait_t *wait, int timeout_ms)
{
    if (timeout_ms >= 0 && (wait->timeout_ms < 0 || timeout_ms < wait->timeout_ms)) {
        wait->timeout_ms = timeout_ms;
    }
}

void esp_tls_wait_add(esp_tls_wait_t *wait, int fd, uint8_t events)
{
    if (fd < 0) {
        return;
    }
    if (wait->count == ESP_TLS_WAIT_ITEMS) {
        esp_tls_wait_until(wait, FULL_MS);
        return;
    }
    wait->items[wait->count++] = (esp_tls_wait_item_t){.fd = fd, .events = events};
}

void esp_tls_wait_merge(esp_tls_wait_t *wait, const esp_tls_wait_t *other)
{
    for (size_t i = 0; i < other->count; i++) {
        esp_tls_wait_add(wait, other->items[i].fd, other->items[i].events);
    }
    esp_tls_wait_until(wait, other->timeout_ms);
}

esp_err_t esp_tls_wait(const esp_tls_wait_t *wait, int timeout_ms)
{
    struct tls_wait want;
    bool is_callers; /* does the caller's time come before the list's? */
    int os;

    if (wait == NULL || wait->count > ESP_TLS_WAIT_ITEMS) {
        return ESP_ERR_INVALID_ARG;
    }
    is_callers = timeout_ms >= 0 && (wait->timeout_ms < 0 || timeout_ms < wait->timeout_ms);
    et_wait_init(&want);
    for (size_t i = 0; i < wait->count; i++) {
        et_wait_add(&want, plat_stream_borrow(wait->items[i].fd), wait->items[i].events);
    }
    et_wait_in_ms(&want, is_callers ? timeout_ms : wait->timeout_ms);
    if (want.count == 0 && want.until_us == PLAT_NEVER) {
        return ESP_ERR_INVALID_STATE;
    }
    os = plat_wait(want.item, want.count, want.until_us);
    if (os == PLAT_AGAIN) {
        return is_callers ? ESP_ERR_TIMEOUT : ESP_OK;
    }
    return os == PLAT_OK ? ESP_OK : ESP_FAIL;
}
