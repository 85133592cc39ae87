/* Mbed TLS's debug messages in the log, as ESP-IDF has them: tag "mbedtls", threshold 1 to 4 as
 * warning, info, debug, verbose. For contexts that the application runs itself; connections of
 * esp-tls have esp_tls_set_debug_level() (esp_tls_trace.h). Only with CONFIG_MBEDTLS_DEBUG. */
#ifndef MBEDTLS_ESP_DEBUG_H
#define MBEDTLS_ESP_DEBUG_H

#include "sdkconfig.h"

#ifdef CONFIG_MBEDTLS_DEBUG

#include "mbedtls/ssl.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Log what this configuration's connections do. Sets Mbed TLS's threshold, which is the process's,
 *  and raises the tag's level so that it is shown.
 *  @param threshold  1 to 4; 0: nothing. Blocks: no. Threads: before the configuration is in use */
void mbedtls_esp_enable_debug_log(mbedtls_ssl_config *conf, int threshold);

/** No longer. */
void mbedtls_esp_disable_debug_log(mbedtls_ssl_config *conf);

#ifdef __cplusplus
}
#endif

#endif

#endif
