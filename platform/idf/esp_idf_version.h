/* The ESP-IDF version that programs find here: 5.5, the newest with Mbed TLS 3.6. Programs ask for
 * it to choose between what Mbed TLS 3.6 offers (to 5.5) and what Mbed TLS 4 does (from 6.0), so a
 * larger number would lead them to calls that this Mbed TLS does not have.
 *
 * The components' own interface is that of 6.2, with the names that it dropped since 5.5. What is
 * new in it is there whatever this number says: client_key with esp_key_config.h,
 * esp_tls_register_stack() with ESP_TLS_ERR_TYPE_CUSTOM_STACK, the error types 5 and 6 that were
 * wolfSSL's. The mbedTLS menu is 6.2's: 5.5's symbols for HKDF, Blowfish, XTEA, Poly1305, DHE,
 * static ECDH and curves below 256 bits are not in it. */
#ifndef ESP_IDF_VERSION_H
#define ESP_IDF_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define ESP_IDF_VERSION_MAJOR 5
#define ESP_IDF_VERSION_MINOR 5
#define ESP_IDF_VERSION_PATCH 5

#define ESP_IDF_VERSION_VAL(major, minor, patch) (((major) << 16) | ((minor) << 8) | (patch))
#define ESP_IDF_VERSION                                                                            \
    ESP_IDF_VERSION_VAL(ESP_IDF_VERSION_MAJOR, ESP_IDF_VERSION_MINOR, ESP_IDF_VERSION_PATCH)

#ifndef __ASSEMBLER__
/** "v5.5.5", constant text. */
const char *esp_get_idf_version(void);
#endif

#ifdef __cplusplus
}
#endif
#endif
