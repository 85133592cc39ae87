/* Mbed TLS's debug messages in the log. Its threshold is the process's, and lets everything
 * through; what a connection shows is decided here. */
#include "mbed.h"

#include <string.h>

#include "esp_log.h"
#include "mbedtls/debug.h"
#ifndef ESP_PLATFORM
#include "mbedtls/esp_debug.h"
#endif

static const char TAG[] = "mbedtls";

static esp_log_level_t log_level(int level)
{
    static const esp_log_level_t levels[] = {ESP_LOG_NONE, ESP_LOG_WARN, ESP_LOG_INFO,
                                             ESP_LOG_DEBUG, ESP_LOG_VERBOSE};

    return levels[level < 0 ? 0 : level > MBED_DEBUG_MAX ? MBED_DEBUG_MAX : level];
}

/** The tag shows at least this. */
static void raise_tag(int level)
{
    if (esp_log_level_get(TAG) < log_level(level)) {
        esp_log_level_set(TAG, log_level(level));
    }
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void show(int level, const char *file, int line, const char *text)
{
    size_t len = strcspn(text, "\n");

    ESP_LOG_LEVEL(log_level(level), TAG, "%s:%d %.*s", file_name(file), line, (int)len, text);
}

static void show_connection(void *ctx, int level, const char *file, int line, const char *text)
{
    const struct mbed *m = ctx;

    if (level <= m->debug_level) {
        show(level, file, line, text);
    }
}

void et_mbed_set_debug_level(void *ctx, int level)
{
    struct mbed *m = ctx;

    m->debug_level = (uint8_t)level;
    mbedtls_ssl_conf_dbg(&m->conf, level > 0 ? show_connection : NULL, m);
    raise_tag(level);
}

#ifndef ESP_PLATFORM /* ESP-IDF's own Mbed TLS has these */
static void show_any(void *ctx, int level, const char *file, int line, const char *text)
{
    (void)ctx;
    show(level, file, line, text);
}

void mbedtls_esp_enable_debug_log(mbedtls_ssl_config *conf, int threshold)
{
    mbedtls_debug_set_threshold(threshold);
    mbedtls_ssl_conf_dbg(conf, show_any, NULL);
    raise_tag(threshold);
}

void mbedtls_esp_disable_debug_log(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_dbg(conf, NULL, NULL);
}
#endif
