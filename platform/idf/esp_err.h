/* Error codes of the ESP-IDF world: 0 is success, every component has a base of its own. */
#ifndef ESP_ERR_H
#define ESP_ERR_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <esp_compiler.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int esp_err_t;

#define ESP_OK   0  /* success */
#define ESP_FAIL -1 /* failure without a code of its own */

#define ESP_ERR_NO_MEM           0x101 /* out of memory */
#define ESP_ERR_INVALID_ARG      0x102 /* invalid argument */
#define ESP_ERR_INVALID_STATE    0x103 /* not in this state */
#define ESP_ERR_INVALID_SIZE     0x104 /* invalid size */
#define ESP_ERR_NOT_FOUND        0x105 /* not found */
#define ESP_ERR_NOT_SUPPORTED    0x106 /* not supported by this build or platform */
#define ESP_ERR_TIMEOUT          0x107 /* timed out */
#define ESP_ERR_INVALID_RESPONSE 0x108 /* response was invalid */
#define ESP_ERR_INVALID_CRC      0x109 /* checksum was wrong */
#define ESP_ERR_INVALID_VERSION  0x10A /* version was wrong */
#define ESP_ERR_INVALID_MAC      0x10B /* MAC address was wrong */
#define ESP_ERR_NOT_FINISHED     0x10C /* not finished yet */
#define ESP_ERR_NOT_ALLOWED      0x10D /* not allowed */

#define ESP_ERR_WIFI_BASE      0x3000
#define ESP_ERR_MESH_BASE      0x4000
#define ESP_ERR_FLASH_BASE     0x6000
#define ESP_ERR_HW_CRYPTO_BASE 0xc000
#define ESP_ERR_MEMPROT_BASE   0xd000

/** The code's macro name, or "ERROR" ("UNKNOWN ERROR" without CONFIG_ESP_ERR_TO_NAME_LOOKUP).
 *  @return constant text. Never blocks. Any thread. */
const char *esp_err_to_name(esp_err_t code);

/** The same into buf, cut to buflen; a code that is none of ours gives the system's text for it as
 *  an errno value, or else "ERROR 0x<hex>(<dec>)".
 *  @return buf */
const char *esp_err_to_name_r(esp_err_t code, char *buf, size_t buflen);

/** What ESP_ERROR_CHECK() calls: says code, place and expression, then aborts. */
void _esp_error_check_failed(esp_err_t rc, const char *file, int line, const char *function,
                             const char *expression) __attribute__((__noreturn__));
/** The same without the abort. */
void _esp_error_check_failed_without_abort(esp_err_t rc, const char *file, int line,
                                           const char *function, const char *expression);

#ifndef __ASSERT_FUNC
#define __ASSERT_FUNC __func__
#endif

/** Evaluate x once; anything but ESP_OK ends the program with a message. With NDEBUG the result is
 *  ignored. */
#if defined(NDEBUG)
#define ESP_ERROR_CHECK(x)                                                                         \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        (void)sizeof(err_rc_);                                                                     \
    } while (0)
#elif defined(CONFIG_COMPILER_OPTIMIZATION_ASSERTIONS_SILENT)
#define ESP_ERROR_CHECK(x)                                                                         \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (unlikely(err_rc_ != ESP_OK)) {                                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)
#else
#define ESP_ERROR_CHECK(x)                                                                         \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (unlikely(err_rc_ != ESP_OK)) {                                                         \
            _esp_error_check_failed(err_rc_, __FILE__, __LINE__, __ASSERT_FUNC, #x);               \
        }                                                                                          \
    } while (0)
#endif

/** Evaluate x once, say so when it is not ESP_OK; the value is x's. */
#ifdef CONFIG_COMPILER_OPTIMIZATION_ASSERTIONS_SILENT
#define ESP_ERROR_CHECK_WITHOUT_ABORT(x)                                                           \
    ({                                                                                             \
        esp_err_t err_rc_ = (x);                                                                   \
        err_rc_;                                                                                   \
    })
#else
#define ESP_ERROR_CHECK_WITHOUT_ABORT(x)                                                           \
    ({                                                                                             \
        esp_err_t err_rc_ = (x);                                                                   \
        if (unlikely(err_rc_ != ESP_OK)) {                                                         \
            _esp_error_check_failed_without_abort(err_rc_, __FILE__, __LINE__, __ASSERT_FUNC, #x); \
        }                                                                                          \
        err_rc_;                                                                                   \
    })
#endif

#ifdef __cplusplus
}
#endif
#endif
