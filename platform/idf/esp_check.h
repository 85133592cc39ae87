/* Leave a function, or go to its clean-up, when a call failed: with a line in the log that says
 * "function(line): text", unless CONFIG_COMPILER_OPTIMIZATION_CHECKS_SILENT. */
#ifndef ESP_CHECK_H
#define ESP_CHECK_H

#include <esp_err.h>
#include <esp_log.h>

#ifdef CONFIG_COMPILER_OPTIMIZATION_CHECKS_SILENT
#define ESP_CHECK_SAY_(log, tag, format, ...) (void)tag
#else
#define ESP_CHECK_SAY_(log, tag, format, ...)                                                      \
    log(tag, "%s(%d): " format, __FUNCTION__, __LINE__, ##__VA_ARGS__)
#endif

#define ESP_RETURN_ON_ERROR(x, log_tag, format, ...)                                               \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (unlikely(err_rc_ != ESP_OK)) {                                                         \
            ESP_CHECK_SAY_(ESP_LOGE, log_tag, format, ##__VA_ARGS__);                              \
            return err_rc_;                                                                        \
        }                                                                                          \
    } while (0)

#define ESP_RETURN_VOID_ON_ERROR(x, log_tag, format, ...)                                          \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (unlikely(err_rc_ != ESP_OK)) {                                                         \
            ESP_CHECK_SAY_(ESP_LOGE, log_tag, format, ##__VA_ARGS__);                              \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/** Assigns the local `ret`. */
#define ESP_GOTO_ON_ERROR(x, goto_tag, log_tag, format, ...)                                       \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (unlikely(err_rc_ != ESP_OK)) {                                                         \
            ESP_CHECK_SAY_(ESP_LOGE, log_tag, format, ##__VA_ARGS__);                              \
            ret = err_rc_;                                                                         \
            goto goto_tag;                                                                         \
        }                                                                                          \
    } while (0)

#define ESP_RETURN_ON_FALSE(a, err_code, log_tag, format, ...)                                     \
    do {                                                                                           \
        if (unlikely(!(a))) {                                                                      \
            ESP_CHECK_SAY_(ESP_LOGE, log_tag, format, ##__VA_ARGS__);                              \
            return err_code;                                                                       \
        }                                                                                          \
    } while (0)

#define ESP_RETURN_VOID_ON_FALSE(a, log_tag, format, ...)                                          \
    do {                                                                                           \
        if (unlikely(!(a))) {                                                                      \
            ESP_CHECK_SAY_(ESP_LOGE, log_tag, format, ##__VA_ARGS__);                              \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/** Assigns the local `ret`. */
#define ESP_GOTO_ON_FALSE(a, err_code, goto_tag, log_tag, format, ...)                             \
    do {                                                                                           \
        if (unlikely(!(a))) {                                                                      \
            ESP_CHECK_SAY_(ESP_LOGE, log_tag, format, ##__VA_ARGS__);                              \
            ret = err_code;                                                                        \
            goto goto_tag;                                                                         \
        }                                                                                          \
    } while (0)

/* The same for interrupt handlers. */

#define ESP_RETURN_ON_ERROR_ISR(x, log_tag, format, ...)                                           \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (unlikely(err_rc_ != ESP_OK)) {                                                         \
            ESP_CHECK_SAY_(ESP_EARLY_LOGE, log_tag, format, ##__VA_ARGS__);                        \
            return err_rc_;                                                                        \
        }                                                                                          \
    } while (0)

#define ESP_RETURN_VOID_ON_ERROR_ISR(x, log_tag, format, ...)                                      \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (unlikely(err_rc_ != ESP_OK)) {                                                         \
            ESP_CHECK_SAY_(ESP_EARLY_LOGE, log_tag, format, ##__VA_ARGS__);                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/** Assigns the local `ret`. */
#define ESP_GOTO_ON_ERROR_ISR(x, goto_tag, log_tag, format, ...)                                   \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (unlikely(err_rc_ != ESP_OK)) {                                                         \
            ESP_CHECK_SAY_(ESP_EARLY_LOGE, log_tag, format, ##__VA_ARGS__);                        \
            ret = err_rc_;                                                                         \
            goto goto_tag;                                                                         \
        }                                                                                          \
    } while (0)

#define ESP_RETURN_ON_FALSE_ISR(a, err_code, log_tag, format, ...)                                 \
    do {                                                                                           \
        if (unlikely(!(a))) {                                                                      \
            ESP_CHECK_SAY_(ESP_EARLY_LOGE, log_tag, format, ##__VA_ARGS__);                        \
            return err_code;                                                                       \
        }                                                                                          \
    } while (0)

#define ESP_RETURN_VOID_ON_FALSE_ISR(a, log_tag, format, ...)                                      \
    do {                                                                                           \
        if (unlikely(!(a))) {                                                                      \
            ESP_CHECK_SAY_(ESP_EARLY_LOGE, log_tag, format, ##__VA_ARGS__);                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/** Assigns the local `ret`. */
#define ESP_GOTO_ON_FALSE_ISR(a, err_code, goto_tag, log_tag, format, ...)                         \
    do {                                                                                           \
        if (unlikely(!(a))) {                                                                      \
            ESP_CHECK_SAY_(ESP_EARLY_LOGE, log_tag, format, ##__VA_ARGS__);                        \
            ret = err_code;                                                                        \
            goto goto_tag;                                                                         \
        }                                                                                          \
    } while (0)

/** Run the statements, then return x's code. */
#define ESP_RETURN_ON_ERROR_CLEANUP(x, ...)                                                        \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (unlikely(err_rc_ != ESP_OK)) {                                                         \
            __VA_ARGS__;                                                                           \
            return err_rc_;                                                                        \
        }                                                                                          \
    } while (0)

#endif
