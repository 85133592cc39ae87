/* The log: levels by tag, and lines out. */
#include "esp_log.h"

#include <string.h>

#include "plat_clock.h"
#include "plat_heap.h"
#include "plat_lock.h"

#define LINE_BYTES 16

struct tag_level {
    struct tag_level *next;
    esp_log_level_t level;
    char tag[];
};

static int print_to_stderr(const char *format, va_list args)
{
    return vfprintf(stderr, format, args);
}

static plat_mutex lock = PLAT_MUTEX_INITIALIZER;
static struct tag_level *tags;
static esp_log_level_t default_level = (esp_log_level_t)CONFIG_LOG_DEFAULT_LEVEL;
static vprintf_like_t print = print_to_stderr;

/** With the lock held. */
static struct tag_level *find_tag(const char *tag)
{
    struct tag_level *at = tags;

    while (at != NULL && strcmp(at->tag, tag) != 0) {
        at = at->next;
    }
    return at;
}

static void set_default(esp_log_level_t level)
{
    struct tag_level *old;

    plat_mutex_lock(&lock);
    old = tags;
    tags = NULL;
    default_level = level;
    plat_mutex_unlock(&lock);
    while (old != NULL) {
        struct tag_level *next = old->next;

        plat_free(old);
        old = next;
    }
}

void esp_log_level_set(const char *tag, esp_log_level_t level)
{
    struct tag_level *row;
    struct tag_level *made;

    if (strcmp(tag, "*") == 0) {
        set_default(level);
        return;
    }
    made = plat_alloc(NULL, PLAT_MEM_PROCESS, sizeof(*made) + strlen(tag) + 1);
    plat_mutex_lock(&lock);
    row = find_tag(tag);
    if (row == NULL && made != NULL) {
        memcpy(made->tag, tag, strlen(tag));
        made->next = tags;
        tags = made;
        row = made;
        made = NULL;
    }
    if (row != NULL) {
        row->level = level;
    }
    plat_mutex_unlock(&lock);
    plat_free(made);
}

esp_log_level_t esp_log_level_get(const char *tag)
{
    struct tag_level *row;
    esp_log_level_t level;

    plat_mutex_lock(&lock);
    row = find_tag(tag);
    level = row != NULL ? row->level : default_level;
    plat_mutex_unlock(&lock);
    return level;
}

vprintf_like_t esp_log_set_vprintf(vprintf_like_t func)
{
    return __atomic_exchange_n(&print, func, __ATOMIC_ACQ_REL);
}

void esp_log_writev(esp_log_level_t level, const char *tag, const char *format, va_list args)
{
    if (level != ESP_LOG_NONE && level <= esp_log_level_get(tag)) {
        (void)__atomic_load_n(&print, __ATOMIC_ACQUIRE)(format, args);
    }
}

void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    esp_log_writev(level, tag, format, args);
    va_end(args);
}

void esp_log_early_write(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)print_to_stderr(format, args);
    va_end(args);
}

/* --- time ----------------------------------------------------------------------------------- */

uint32_t esp_log_timestamp(void)
{
    static uint64_t first_us; /* the first line's own time is zero, near enough to the start */
    uint64_t now = plat_clock_us();
    uint64_t first;

    plat_mutex_lock(&lock);
    if (first_us == 0) {
        first_us = now;
    }
    first = first_us;
    plat_mutex_unlock(&lock);
    return now > first ? (uint32_t)((now - first) / 1000u) : 0;
}

uint32_t esp_log_early_timestamp(void)
{
    return esp_log_timestamp();
}

char *esp_log_system_timestamp(void)
{
    static PLAT_THREAD_LOCAL char text[16];
    int64_t unix_s = 0;
    unsigned ms = (unsigned)(plat_clock_us() / 1000u % 1000u);
    unsigned s;

    (void)plat_wall_clock(&unix_s);
    s = (unsigned)(unix_s % 86400);
    (void)snprintf(text, sizeof(text), "%02u:%02u:%02u.%03u", s / 3600u % 24u, s / 60u % 60u,
                   s % 60u, ms);
    return text;
}

/* --- buffers -------------------------------------------------------------------------------- */

static size_t put_hex(char *out, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        out[len++] = digits[bytes[i] >> 4];
        out[len++] = digits[bytes[i] & 15u];
        out[len++] = ' ';
    }
    out[len] = '\0';
    return len;
}

static void put_chars(char *out, const uint8_t *bytes, size_t n, bool is_masked)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = is_masked && (bytes[i] < 32 || bytes[i] > 126) ? '.' : (char)bytes[i];
    }
    out[n] = '\0';
}

static size_t piece(size_t at, size_t len)
{
    return len - at < LINE_BYTES ? len - at : LINE_BYTES;
}

void esp_log_buffer_hex_internal(const char *tag, const void *buffer, uint16_t len,
                                 esp_log_level_t level)
{
    char hex[LINE_BYTES * 3 + 1];

    for (size_t at = 0; at < len; at += LINE_BYTES) {
        size_t end = put_hex(hex, (const uint8_t *)buffer + at, piece(at, len));

        hex[end - 1] = '\0';
        ESP_LOG_LEVEL(level, tag, "%s", hex);
    }
}

void esp_log_buffer_char_internal(const char *tag, const void *buffer, uint16_t len,
                                  esp_log_level_t level)
{
    char chars[LINE_BYTES + 1];

    for (size_t at = 0; at < len; at += LINE_BYTES) {
        put_chars(chars, (const uint8_t *)buffer + at, piece(at, len), false);
        ESP_LOG_LEVEL(level, tag, "%s", chars);
    }
}

void esp_log_buffer_hexdump_internal(const char *tag, const void *buffer, uint16_t len,
                                     esp_log_level_t level)
{
    char left[LINE_BYTES / 2 * 3 + 1];
    char right[LINE_BYTES / 2 * 3 + 1];
    char chars[LINE_BYTES + 1];

    for (size_t at = 0; at < len; at += LINE_BYTES) {
        const uint8_t *bytes = (const uint8_t *)buffer + at;
        size_t n = piece(at, len);
        size_t half = n < LINE_BYTES / 2 ? n : LINE_BYTES / 2;

        (void)put_hex(left, bytes, half);
        (void)put_hex(right, bytes + half, n - half);
        put_chars(chars, bytes, n, true);
        ESP_LOG_LEVEL(level, tag, "%p   %-24s %-24s |%s|", (const void *)bytes, left, right, chars);
    }
}
