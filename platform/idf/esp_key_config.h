/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_key_config.h: where a private key comes from
 *
 * One description serves every component that needs a private key: bytes in memory (PEM or DER,
 * encrypted or not), or a key that PSA Crypto already holds and that never leaves it. A zeroed
 * struct names no key.
 *
 * The description, and the bytes it points to, are borrowed by the call that takes them. Each such
 * call says for how long; nothing here is ever freed or written to by the library.
 */
#ifndef ESP_KEY_CONFIG_H
#define ESP_KEY_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How the bytes of a key are encoded. esp-tls finds PEM and DER out by itself and does not read
 *  this; it is here for components that cannot. */
typedef enum {
    ESP_KEY_FORMAT_AUTO = 0, /**< look at the bytes */
    ESP_KEY_FORMAT_PEM = 1,  /**< text; the length counts the final NUL */
    ESP_KEY_FORMAT_DER = 2,  /**< PKCS#1, SEC1 or PKCS#8 binary */
    ESP_KEY_FORMAT_RAW = 3   /**< the bare secret, without any structure */
} esp_key_format_t;

/** Which member of the union in esp_key_config_t counts. */
typedef enum {
    ESP_KEY_SOURCE_NONE = 0,   /**< no key: as if the pointer to the description were NULL */
    ESP_KEY_SOURCE_BUFFER = 1, /**< `buffer` */
    ESP_KEY_SOURCE_PSA = 2     /**< `psa` */
} esp_key_source_t;

/** A key as bytes in memory. */
struct esp_key_config_buffer {
    const void *data;        /**< the key, PEM or DER */
    size_t len;              /**< its size in bytes; PEM: with the final NUL */
    const char *password;    /**< decrypts the key; NULL: it is not encrypted */
    size_t password_len;     /**< in bytes, without a NUL */
    esp_key_format_t format; /**< a hint; see esp_key_format_t */
};

/** A key inside PSA Crypto. It stays the application's: it is used, never destroyed. */
struct esp_key_config_psa {
    uint32_t key_id; /**< a psa_key_id_t whose usage flags allow signing */
};

/** A private key and where it is. */
typedef struct esp_key_config {
    esp_key_source_t source; /**< says which of the following two counts */
    union {
        struct esp_key_config_buffer buffer;
        struct esp_key_config_psa psa;
    };
} esp_key_config_t;

#ifdef __cplusplus
}
#endif

#endif /* ESP_KEY_CONFIG_H */
