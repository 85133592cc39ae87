/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_custom_stack.h: a TLS library of the application's own
 *
 * With CONFIG_ESP_TLS_CUSTOM_STACK the connection calls of esp_tls.h run on a table of functions
 * that the application registers once, before its first connection. Every function takes the
 * `user_ctx` of the registration first. Results are those of the esp_tls.h call of the same name
 * unless noted.
 *
 * State of this release: the declarations are complete, so that a stack can be written against
 * them, but the adapter is not built yet. esp_tls_register_stack() checks its arguments and then
 * refuses with ESP_ERR_NOT_SUPPORTED.
 */
#ifndef ESP_TLS_CUSTOM_STACK_H
#define ESP_TLS_CUSTOM_STACK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "esp_assert.h"
#include "esp_err.h"
#include "esp_tls.h"
#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef CONFIG_ESP_TLS_CUSTOM_STACK

#define ESP_TLS_STACK_OPS_VERSION 1 /* of the table below; goes up when its layout changes */

/** The functions of a TLS stack. R: must not be NULL. O: may be NULL, then the feature is missing
 *  and its calls answer ESP_ERR_NOT_SUPPORTED, -1 or NULL. */
typedef struct esp_tls_stack_ops {
    /** ESP_TLS_STACK_OPS_VERSION. Padded to the size of a pointer by the compiler, so that every
     *  member of the table begins at a multiple of that size, on 32 and on 64 bits. */
    uint32_t version;
    /** R: make the TLS state of `tls` from its configuration (esp_tls_cfg_t, or
     *  esp_tls_cfg_server_t with server_params non-NULL). */
    esp_err_t (*create_ssl_handle)(void *user_ctx, const char *hostname, size_t hostlen,
                                   const void *cfg, esp_tls_t *tls, void *server_params);
    /** R: one step: 1 complete, 0 call again, -1 failed. */
    int (*handshake)(void *user_ctx, esp_tls_t *tls, const esp_tls_cfg_t *cfg);
    ssize_t (*read)(void *user_ctx, esp_tls_t *tls, char *data, size_t datalen);        /**< R */
    ssize_t (*write)(void *user_ctx, esp_tls_t *tls, const char *data, size_t datalen); /**< R */
    void (*conn_delete)(void *user_ctx, esp_tls_t *tls);        /**< R: free the TLS state */
    void (*net_init)(void *user_ctx, esp_tls_t *tls);           /**< R: before TCP is opened */
    void *(*get_ssl_context)(void *user_ctx, esp_tls_t *tls);   /**< R */
    ssize_t (*get_bytes_avail)(void *user_ctx, esp_tls_t *tls); /**< R */
    esp_err_t (*init_global_ca_store)(void *user_ctx);          /**< R */
    esp_err_t (*set_global_ca_store)(void *user_ctx, const unsigned char *cacert_pem_buf,
                                     const unsigned int cacert_pem_bytes);  /**< R */
    void *(*get_global_ca_store)(void *user_ctx);                           /**< R */
    void (*free_global_ca_store)(void *user_ctx);                           /**< R */
    const int *(*get_ciphersuites_list)(void *user_ctx);                    /**< R */
    void *(*get_client_session)(void *user_ctx, esp_tls_t *tls);            /**< O */
    void (*free_client_session)(void *user_ctx, void *client_session);      /**< O */
    esp_err_t (*server_session_ticket_ctx_init)(void *user_ctx, void *cfg); /**< O */
    void (*server_session_ticket_ctx_free)(void *user_ctx, void *cfg);      /**< O */
    int (*server_session_create)(void *user_ctx, esp_tls_cfg_server_t *cfg, int sockfd,
                                 esp_tls_t *tls); /**< O */
    esp_err_t (*server_session_init)(void *user_ctx, esp_tls_cfg_server_t *cfg, int sockfd,
                                     esp_tls_t *tls);                     /**< O */
    int (*server_session_continue_async)(void *user_ctx, esp_tls_t *tls); /**< O */
    void (*server_session_delete)(void *user_ctx, esp_tls_t *tls);        /**< O */
    /** O: esp_crypto_sha1() */
    int (*crypto_sha1)(void *user_ctx, const unsigned char *input, size_t ilen,
                       unsigned char output[20]);
    /** O: esp_crypto_base64_encode() */
    int (*crypto_base64_encode)(void *user_ctx, unsigned char *dst, size_t dlen, size_t *olen,
                                const unsigned char *src, size_t slen);
} esp_tls_stack_ops_t;

ESP_STATIC_ASSERT(sizeof(esp_tls_stack_ops_t) == 24 * sizeof(void *),
                  "the table is 24 slots of a pointer's size; a change needs a new version");

/** Register the stack that all later connections use.
 *  @param ops       the table; kept by pointer, so it must stay valid until it is unregistered
 *  @param user_ctx  handed to every function; may be NULL
 *  @return, checked in this order:
 *          ESP_ERR_INVALID_ARG      ops is NULL
 *          ESP_ERR_INVALID_VERSION  ops->version is not ESP_TLS_STACK_OPS_VERSION
 *          ESP_ERR_INVALID_ARG      a required function is NULL
 *          ESP_ERR_INVALID_STATE    a stack is registered already
 *          ESP_ERR_NOT_SUPPORTED    this release has no adapter for registered stacks
 *          ESP_OK                   registered
 *  Blocks: no. Memory: none. Threads: not while connections exist. */
esp_err_t esp_tls_register_stack(const esp_tls_stack_ops_t *ops, void *user_ctx);

/** Forget the registered stack. No connection may exist.
 *  @return ESP_OK                 forgotten
 *          ESP_ERR_INVALID_STATE  none was registered
 *  Blocks: no. Memory: none. Threads: not while connections exist. */
esp_err_t esp_tls_unregister_stack(void);

/** The registered table, or NULL. Blocks: no. Memory: none. */
const esp_tls_stack_ops_t *esp_tls_get_registered_stack(void);

/* Each of these calls the function of the same name in the registered table, with its user_ctx.
 * They are what the connection calls use; an application has no need of them. Without a registered
 * stack they answer ESP_ERR_INVALID_STATE (esp_err_t), -1 (int, ssize_t) or NULL; the void ones do
 * nothing. */

esp_err_t esp_tls_custom_stack_create_ssl_handle(const char *hostname, size_t hostlen,
                                                 const void *cfg, esp_tls_t *tls,
                                                 void *server_params);
int esp_tls_custom_stack_handshake(esp_tls_t *tls, const esp_tls_cfg_t *cfg);
ssize_t esp_tls_custom_stack_read(esp_tls_t *tls, char *data, size_t datalen);
ssize_t esp_tls_custom_stack_write(esp_tls_t *tls, const char *data, size_t datalen);
void esp_tls_custom_stack_conn_delete(esp_tls_t *tls);
void esp_tls_custom_stack_net_init(esp_tls_t *tls);
void *esp_tls_custom_stack_get_ssl_context(esp_tls_t *tls);
ssize_t esp_tls_custom_stack_get_bytes_avail(esp_tls_t *tls);
esp_err_t esp_tls_custom_stack_init_global_ca_store(void);
esp_err_t esp_tls_custom_stack_set_global_ca_store(const unsigned char *cacert_pem_buf,
                                                   const unsigned int cacert_pem_bytes);
void *esp_tls_custom_stack_get_global_ca_store(void);
void esp_tls_custom_stack_free_global_ca_store(void);
const int *esp_tls_custom_stack_get_ciphersuites_list(void);
void *esp_tls_custom_stack_get_client_session(esp_tls_t *tls);
void esp_tls_custom_stack_free_client_session(void *client_session);
esp_err_t esp_tls_custom_stack_server_session_ticket_ctx_init(void *cfg);
void esp_tls_custom_stack_server_session_ticket_ctx_free(void *cfg);
int esp_tls_custom_stack_server_session_create(esp_tls_cfg_server_t *cfg, int sockfd,
                                               esp_tls_t *tls);
esp_err_t esp_tls_custom_stack_server_session_init(esp_tls_cfg_server_t *cfg, int sockfd,
                                                   esp_tls_t *tls);
int esp_tls_custom_stack_server_session_continue_async(esp_tls_t *tls);
void esp_tls_custom_stack_server_session_delete(esp_tls_t *tls);
int esp_tls_custom_stack_crypto_sha1(const unsigned char *input, size_t ilen,
                                     unsigned char output[20]);
int esp_tls_custom_stack_crypto_base64_encode(unsigned char *dst, size_t dlen, size_t *olen,
                                              const unsigned char *src, size_t slen);

#endif /* CONFIG_ESP_TLS_CUSTOM_STACK */

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_CUSTOM_STACK_H */
