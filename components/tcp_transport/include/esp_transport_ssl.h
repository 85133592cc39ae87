/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_transport_ssl.h: TLS as a transport
 *
 * Each call sets one field of the esp_tls_cfg_t of the next connect; see esp_tls.h for what it does
 * and when it is refused. Pointers are kept, not copied: they must outlive the connection. A
 * transport that is NULL or neither TLS nor TCP is ignored.
 */
#ifndef ESP_TRANSPORT_SSL_H
#define ESP_TRANSPORT_SSL_H

#include "esp_tls.h"
#include "esp_transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Make a TLS transport. Without a trust option its connect is refused.
 *  @return NULL: no memory. Blocks: no. Threads: any. */
esp_transport_handle_t esp_transport_ssl_init(void);

/** cacert_buf, PEM. @param len  without the NUL that must follow */
void esp_transport_ssl_set_cert_data(esp_transport_handle_t t, const char *data, int len);
/** cacert_buf, DER. */
void esp_transport_ssl_set_cert_data_der(esp_transport_handle_t t, const char *data, int len);
/** crt_bundle_attach. Defined with CONFIG_MBEDTLS_CERTIFICATE_BUNDLE. */
void esp_transport_ssl_crt_bundle_attach(esp_transport_handle_t t,
                                         esp_err_t((*crt_bundle_attach)(void *conf)));
/** use_global_ca_store. */
void esp_transport_ssl_enable_global_ca_store(esp_transport_handle_t t);
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
/** esp_tls_dyn_buf_strategy. */
void esp_transport_ssl_set_esp_tls_dyn_buf_strategy(esp_transport_handle_t t,
                                                    esp_tls_dyn_buf_strategy_t strategy);
#endif
/** tls_version. */
void esp_transport_ssl_set_tls_version(esp_transport_handle_t t, esp_tls_proto_ver_t tls_version);
/** clientcert_buf, PEM. @param len  without the NUL that must follow */
void esp_transport_ssl_set_client_cert_data(esp_transport_handle_t t, const char *data, int len);
/** clientcert_buf, DER. */
void esp_transport_ssl_set_client_cert_data_der(esp_transport_handle_t t, const char *data,
                                                int len);
/** clientkey_buf, PEM. @param len  without the NUL that must follow */
void esp_transport_ssl_set_client_key_data(esp_transport_handle_t t, const char *data, int len);
/** clientkey_password. @param password_len  without a NUL */
void esp_transport_ssl_set_client_key_password(esp_transport_handle_t t, const char *password,
                                               int password_len);
/** clientkey_buf, DER. */
void esp_transport_ssl_set_client_key_data_der(esp_transport_handle_t t, const char *data, int len);
#ifdef CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
/** use_ecdsa_peripheral and the key's block: a connect is refused by name. */
void esp_transport_ssl_set_client_key_ecdsa_peripheral(esp_transport_handle_t t,
                                                       uint8_t ecdsa_efuse_blk);
#if defined(SOC_ECDSA_SUPPORT_CURVE_P384) && SOC_ECDSA_SUPPORT_CURVE_P384
/** The same, of a 384-bit key in two blocks. */
void esp_transport_ssl_set_client_key_ecdsa_peripheral_extended(esp_transport_handle_t t,
                                                                uint8_t ecdsa_efuse_blk,
                                                                uint8_t ecdsa_efuse_blk_high);
#endif
/** ecdsa_curve. */
void esp_transport_ssl_set_ecdsa_curve(esp_transport_handle_t t, esp_tls_ecdsa_curve_t curve);
#endif
/** alpn_protos. Defined with CONFIG_MBEDTLS_SSL_ALPN. @param alpn_protos  ends with NULL */
void esp_transport_ssl_set_alpn_protocol(esp_transport_handle_t t, const char **alpn_protos);
/** skip_common_name; cannot be taken back. */
void esp_transport_ssl_skip_common_name_check(esp_transport_handle_t t);
/** common_name. */
void esp_transport_ssl_set_common_name(esp_transport_handle_t t, const char *common_name);
/** ciphersuites_list. */
void esp_transport_ssl_set_ciphersuites_list(esp_transport_handle_t t,
                                             const int *ciphersuites_list);
/** use_secure_element: a connect is refused by name. */
void esp_transport_ssl_use_secure_element(esp_transport_handle_t t) __attribute__((deprecated));
/** ds_data: a connect is refused by name. Defined with CONFIG_ESP_TLS_USE_DS_PERIPHERAL. */
void esp_transport_ssl_set_ds_data(esp_transport_handle_t t, void *ds_data);
/** client_key. */
void esp_transport_ssl_set_client_key_config(esp_transport_handle_t t,
                                             const esp_key_config_t *client_key);
/** psk_hint_key. Defined with CONFIG_ESP_TLS_PSK_VERIFICATION. */
void esp_transport_ssl_set_psk_key_hint(esp_transport_handle_t t,
                                        const psk_hint_key_t *psk_hint_key);
/** keep_alive_cfg. */
void esp_transport_ssl_set_keep_alive(esp_transport_handle_t t,
                                      esp_transport_keep_alive_t *keep_alive_cfg);
/** if_name. */
void esp_transport_ssl_set_interface_name(esp_transport_handle_t t, struct ifreq *if_name);
/** addr_family. */
void esp_transport_ssl_set_addr_family(esp_transport_handle_t t, esp_tls_addr_family_t addr_family);

#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
/** What to do with the session ticket of a connection. */
typedef enum {
    ESP_TRANSPORT_SESSION_TICKET_INIT = 0, /**< nothing */
    ESP_TRANSPORT_SESSION_TICKET_SAVE,     /**< keep the session of the open connection */
    ESP_TRANSPORT_SESSION_TICKET_USE,      /**< offer it in the next connect */
    ESP_TRANSPORT_SESSION_TICKET_FREE      /**< forget it */
} esp_transport_session_ticket_operation_t;

/** @return ESP_OK (also when there was no session to save); ESP_FAIL  t is no TLS transport;
 *          ESP_ERR_INVALID_STATE  USE, and nothing is saved; ESP_ERR_INVALID_ARG  no such
 *          operation */
esp_err_t
esp_transport_ssl_session_ticket_operation(esp_transport_handle_t t,
                                           esp_transport_session_ticket_operation_t operation);
#endif

#ifdef __cplusplus
}
#endif

#endif /* ESP_TRANSPORT_SSL_H */
