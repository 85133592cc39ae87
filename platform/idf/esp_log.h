/* The log: lines with a level and a tag, filtered twice.
 *
 * At compile time a file drops what is above LOG_LOCAL_LEVEL (default CONFIG_LOG_MAXIMUM_LEVEL,
 * defined before this header is included). At run time each tag has a level,
 * CONFIG_LOG_DEFAULT_LEVEL until esp_log_level_set() changes it. A line looks like E (1234)
 * esp-tls: text with the milliseconds since start, or the wall clock with
 * CONFIG_LOG_TIMESTAMP_SOURCE_SYSTEM, and in colour only with CONFIG_LOG_COLORS. It goes to stderr
 * (on the chip: to the console), in one call of the function that esp_log_set_vprintf() can
 * replace.
 *
 * Threads: any. No call here allocates except esp_log_level_set().
 */
#ifndef ESP_LOG_H
#define ESP_LOG_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_LOG_NONE = 0,    /* nothing */
    ESP_LOG_ERROR = 1,   /* it failed, and cannot help itself */
    ESP_LOG_WARN = 2,    /* it failed, and goes on */
    ESP_LOG_INFO = 3,    /* the normal course of events */
    ESP_LOG_DEBUG = 4,   /* what is needed to follow it */
    ESP_LOG_VERBOSE = 5, /* everything, bytes too */
    ESP_LOG_MAX = 6
} esp_log_level_t;

typedef int (*vprintf_like_t)(const char *, va_list);

#ifndef CONFIG_LOG_DEFAULT_LEVEL
#define CONFIG_LOG_DEFAULT_LEVEL 3
#endif
#ifndef CONFIG_LOG_MAXIMUM_LEVEL
#define CONFIG_LOG_MAXIMUM_LEVEL CONFIG_LOG_DEFAULT_LEVEL
#endif
#ifndef LOG_LOCAL_LEVEL
#define LOG_LOCAL_LEVEL CONFIG_LOG_MAXIMUM_LEVEL
#endif

/** Set a tag's level; "*" sets the default and forgets every tag's own level. Out of memory, the
 *  tag keeps the level it had. */
void esp_log_level_set(const char *tag, esp_log_level_t level);
/** A tag's level, or the default for one without its own. */
esp_log_level_t esp_log_level_get(const char *tag);
/** Replace the function that lines go through. @return the one before */
vprintf_like_t esp_log_set_vprintf(vprintf_like_t func);
/** Milliseconds since start. */
uint32_t esp_log_timestamp(void);
uint32_t esp_log_early_timestamp(void);
/** The wall clock as "HH:MM:SS.mmm" (UTC), in storage of the calling thread. */
char *esp_log_system_timestamp(void);

/** Print when tag's level allows; nothing is added to the text. */
void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void esp_log_writev(esp_log_level_t level, const char *tag, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
/** To stderr past every filter and hook: for what may not depend on the log's own state. */
void esp_log_early_write(const char *format, ...) __attribute__((format(printf, 1, 2)));

void esp_log_buffer_hex_internal(const char *tag, const void *buffer, uint16_t len,
                                 esp_log_level_t level);
void esp_log_buffer_char_internal(const char *tag, const void *buffer, uint16_t len,
                                  esp_log_level_t level);
void esp_log_buffer_hexdump_internal(const char *tag, const void *buffer, uint16_t len,
                                     esp_log_level_t level);

#define LOG_COLOR_BLACK  "30"
#define LOG_COLOR_RED    "31"
#define LOG_COLOR_GREEN  "32"
#define LOG_COLOR_BROWN  "33"
#define LOG_COLOR_BLUE   "34"
#define LOG_COLOR_PURPLE "35"
#define LOG_COLOR_CYAN   "36"
#define LOG_COLOR(COLOR) "\033[0;" COLOR "m"
#define LOG_BOLD(COLOR)  "\033[1;" COLOR "m"
#define LOG_RESET_COLOR  "\033[0m"

#ifdef CONFIG_LOG_COLORS
#define LOG_COLOR_E    LOG_COLOR(LOG_COLOR_RED)
#define LOG_COLOR_W    LOG_COLOR(LOG_COLOR_BROWN)
#define LOG_COLOR_I    LOG_COLOR(LOG_COLOR_GREEN)
#define LOG_COLOR_END_ LOG_RESET_COLOR
#else
#define LOG_COLOR_E
#define LOG_COLOR_W
#define LOG_COLOR_I
#define LOG_COLOR_END_
#endif
#define LOG_COLOR_D
#define LOG_COLOR_V

#define LOG_FORMAT(letter, format)                                                                 \
    LOG_COLOR_##letter #letter " (%" PRIu32 ") %s: " format LOG_COLOR_END_ "\n"
#define LOG_SYSTEM_TIME_FORMAT(letter, format)                                                     \
    LOG_COLOR_##letter #letter " (%s) %s: " format LOG_COLOR_END_ "\n"

#ifdef CONFIG_LOG_TIMESTAMP_SOURCE_SYSTEM
#define ESP_LOG_LINE_(level, letter, tag, format, ...)                                             \
    esp_log_write(level, tag, LOG_SYSTEM_TIME_FORMAT(letter, format), esp_log_system_timestamp(),  \
                  tag, ##__VA_ARGS__)
#else
#define ESP_LOG_LINE_(level, letter, tag, format, ...)                                             \
    esp_log_write(level, tag, LOG_FORMAT(letter, format), esp_log_timestamp(), tag, ##__VA_ARGS__)
#endif

/** One line at a level known at run time. */
#define ESP_LOG_LEVEL(level, tag, format, ...)                                                     \
    do {                                                                                           \
        if ((level) == ESP_LOG_ERROR) {                                                            \
            ESP_LOG_LINE_(ESP_LOG_ERROR, E, tag, format, ##__VA_ARGS__);                           \
        } else if ((level) == ESP_LOG_WARN) {                                                      \
            ESP_LOG_LINE_(ESP_LOG_WARN, W, tag, format, ##__VA_ARGS__);                            \
        } else if ((level) == ESP_LOG_DEBUG) {                                                     \
            ESP_LOG_LINE_(ESP_LOG_DEBUG, D, tag, format, ##__VA_ARGS__);                           \
        } else if ((level) == ESP_LOG_VERBOSE) {                                                   \
            ESP_LOG_LINE_(ESP_LOG_VERBOSE, V, tag, format, ##__VA_ARGS__);                         \
        } else {                                                                                   \
            ESP_LOG_LINE_(ESP_LOG_INFO, I, tag, format, ##__VA_ARGS__);                            \
        }                                                                                          \
    } while (0)

/** The same, subject to LOG_LOCAL_LEVEL. */
#define ESP_LOG_ENABLED(level) (LOG_LOCAL_LEVEL >= (level))
#define ESP_LOG_LEVEL_LOCAL(level, tag, format, ...)                                               \
    do {                                                                                           \
        if (ESP_LOG_ENABLED(level)) {                                                              \
            ESP_LOG_LEVEL(level, tag, format, ##__VA_ARGS__);                                      \
        }                                                                                          \
    } while (0)

#define ESP_LOGE(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_ERROR, tag, format, ##__VA_ARGS__)
#define ESP_LOGW(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_WARN, tag, format, ##__VA_ARGS__)
#define ESP_LOGI(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_INFO, tag, format, ##__VA_ARGS__)
#define ESP_LOGD(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_DEBUG, tag, format, ##__VA_ARGS__)
#define ESP_LOGV(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_VERBOSE, tag, format, ##__VA_ARGS__)

#define ESP_LOG_EARLY_LINE_(level, letter, tag, format, ...)                                       \
    do {                                                                                           \
        if (ESP_LOG_ENABLED(level)) {                                                              \
            esp_log_early_write(LOG_FORMAT(letter, format), esp_log_early_timestamp(), tag,        \
                                ##__VA_ARGS__);                                                    \
        }                                                                                          \
    } while (0)

#define ESP_EARLY_LOGE(tag, format, ...)                                                           \
    ESP_LOG_EARLY_LINE_(ESP_LOG_ERROR, E, tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGW(tag, format, ...)                                                           \
    ESP_LOG_EARLY_LINE_(ESP_LOG_WARN, W, tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGI(tag, format, ...)                                                           \
    ESP_LOG_EARLY_LINE_(ESP_LOG_INFO, I, tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGD(tag, format, ...)                                                           \
    ESP_LOG_EARLY_LINE_(ESP_LOG_DEBUG, D, tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGV(tag, format, ...)                                                           \
    ESP_LOG_EARLY_LINE_(ESP_LOG_VERBOSE, V, tag, format, ##__VA_ARGS__)

#define ESP_DRAM_LOGE ESP_EARLY_LOGE
#define ESP_DRAM_LOGW ESP_EARLY_LOGW
#define ESP_DRAM_LOGI ESP_EARLY_LOGI
#define ESP_DRAM_LOGD ESP_EARLY_LOGD
#define ESP_DRAM_LOGV ESP_EARLY_LOGV

/* Bytes as text, 16 to a line: hexadecimal, characters, or both with their offsets. */
#define ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, buff_len, level)                                     \
    do {                                                                                           \
        if (ESP_LOG_ENABLED(level)) {                                                              \
            esp_log_buffer_hex_internal(tag, buffer, buff_len, level);                             \
        }                                                                                          \
    } while (0)
#define ESP_LOG_BUFFER_CHAR_LEVEL(tag, buffer, buff_len, level)                                    \
    do {                                                                                           \
        if (ESP_LOG_ENABLED(level)) {                                                              \
            esp_log_buffer_char_internal(tag, buffer, buff_len, level);                            \
        }                                                                                          \
    } while (0)
#define ESP_LOG_BUFFER_HEXDUMP(tag, buffer, buff_len, level)                                       \
    do {                                                                                           \
        if (ESP_LOG_ENABLED(level)) {                                                              \
            esp_log_buffer_hexdump_internal(tag, buffer, buff_len, level);                         \
        }                                                                                          \
    } while (0)
#define ESP_LOG_BUFFER_HEX(tag, buffer, buff_len)                                                  \
    ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, buff_len, ESP_LOG_INFO)
#define ESP_LOG_BUFFER_CHAR(tag, buffer, buff_len)                                                 \
    ESP_LOG_BUFFER_CHAR_LEVEL(tag, buffer, buff_len, ESP_LOG_INFO)

#ifdef __cplusplus
}
#endif
#endif
