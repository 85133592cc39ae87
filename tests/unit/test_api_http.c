/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * test_api_http.c: the interfaces of esp_http_client and tcp_transport are ESP-IDF's, number by
 * number
 *
 * As test_api_values.c has it for esp-tls: values, the order and types of fields, and the type of
 * each function, stated a second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "esp_http_client.h"
#include "esp_transport.h"
#include "esp_transport_socks_proxy.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "esp_transport_ws.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- values ---- */

struct value {
    const char *name;
    long have;
    long want;
};

#define VALUE(symbol, number)                                                                      \
    {                                                                                              \
#symbol, (long)(symbol), (number)                                                          \
    }

static const struct value values[] = {
    VALUE(HTTP_EVENT_ERROR, 0),
    VALUE(HTTP_EVENT_ON_CONNECTED, 1),
    VALUE(HTTP_EVENT_HEADERS_SENT, 2),
    VALUE(HTTP_EVENT_ON_HEADER, 3),
    VALUE(HTTP_EVENT_ON_HEADERS_COMPLETE, 4),
    VALUE(HTTP_EVENT_ON_STATUS_CODE, 5),
    VALUE(HTTP_EVENT_ON_DATA, 6),
    VALUE(HTTP_EVENT_ON_FINISH, 7),
    VALUE(HTTP_EVENT_DISCONNECTED, 8),
    VALUE(HTTP_EVENT_REDIRECT, 9),
    VALUE(HTTP_EVENT_HEADER_SENT, 2),

    VALUE(HTTP_TRANSPORT_UNKNOWN, 0),
    VALUE(HTTP_TRANSPORT_OVER_TCP, 1),
    VALUE(HTTP_TRANSPORT_OVER_SSL, 2),

    VALUE(ESP_HTTP_CLIENT_TLS_VER_ANY, 0),
    VALUE(ESP_HTTP_CLIENT_TLS_VER_TLS_1_2, 1),
    VALUE(ESP_HTTP_CLIENT_TLS_VER_TLS_1_3, 2),
    VALUE(ESP_HTTP_CLIENT_TLS_VER_MAX, 3),

    VALUE(ESP_HTTP_CLIENT_ECDSA_CURVE_SECP256R1, 0),

    VALUE(HTTP_METHOD_GET, 0),
    VALUE(HTTP_METHOD_POST, 1),
    VALUE(HTTP_METHOD_PUT, 2),
    VALUE(HTTP_METHOD_PATCH, 3),
    VALUE(HTTP_METHOD_DELETE, 4),
    VALUE(HTTP_METHOD_HEAD, 5),
    VALUE(HTTP_METHOD_NOTIFY, 6),
    VALUE(HTTP_METHOD_SUBSCRIBE, 7),
    VALUE(HTTP_METHOD_UNSUBSCRIBE, 8),
    VALUE(HTTP_METHOD_OPTIONS, 9),
    VALUE(HTTP_METHOD_COPY, 10),
    VALUE(HTTP_METHOD_MOVE, 11),
    VALUE(HTTP_METHOD_LOCK, 12),
    VALUE(HTTP_METHOD_UNLOCK, 13),
    VALUE(HTTP_METHOD_PROPFIND, 14),
    VALUE(HTTP_METHOD_PROPPATCH, 15),
    VALUE(HTTP_METHOD_MKCOL, 16),
    VALUE(HTTP_METHOD_REPORT, 17),
    VALUE(HTTP_METHOD_MAX, 18),

    VALUE(HTTP_AUTH_TYPE_NONE, 0),
    VALUE(HTTP_AUTH_TYPE_BASIC, 1),
    VALUE(HTTP_AUTH_TYPE_DIGEST, 2),

    VALUE(HTTP_ADDR_TYPE_UNSPEC, AF_UNSPEC),
    VALUE(HTTP_ADDR_TYPE_INET, AF_INET),
    VALUE(HTTP_ADDR_TYPE_INET6, AF_INET6),

    VALUE(HTTP_TLS_DYN_BUF_RX_STATIC, 1),
    VALUE(HTTP_TLS_DYN_BUF_STRATEGY_MAX, 2),

    VALUE(HTTP_STATE_UNINIT, 0),
    VALUE(HTTP_STATE_INIT, 1),
    VALUE(HTTP_STATE_CONNECTING, 2),
    VALUE(HTTP_STATE_CONNECTED, 3),
    VALUE(HTTP_STATE_REQ_COMPLETE_HEADER, 4),
    VALUE(HTTP_STATE_REQ_COMPLETE_DATA, 5),
    VALUE(HTTP_STATE_RES_COMPLETE_HEADER, 6),
    VALUE(HTTP_STATE_RES_ON_DATA_START, 7),
    VALUE(HTTP_STATE_RES_COMPLETE_DATA, 8),
    VALUE(HTTP_STATE_CLOSE, 9),

    VALUE(HttpStatus_Ok, 200),
    VALUE(HttpStatus_PartialContent, 206),
    VALUE(HttpStatus_MultipleChoices, 300),
    VALUE(HttpStatus_MovedPermanently, 301),
    VALUE(HttpStatus_Found, 302),
    VALUE(HttpStatus_SeeOther, 303),
    VALUE(HttpStatus_NotModified, 304),
    VALUE(HttpStatus_TemporaryRedirect, 307),
    VALUE(HttpStatus_PermanentRedirect, 308),
    VALUE(HttpStatus_BadRequest, 400),
    VALUE(HttpStatus_Unauthorized, 401),
    VALUE(HttpStatus_Forbidden, 403),
    VALUE(HttpStatus_NotFound, 404),
    VALUE(HttpStatus_RangeNotSatisfiable, 416),
    VALUE(HttpStatus_InternalError, 500),

    VALUE(DEFAULT_HTTP_BUF_SIZE, 512),
    VALUE(ESP_ERR_HTTP_BASE, 0x7000),
    VALUE(ESP_ERR_HTTP_MAX_REDIRECT, 0x7001),
    VALUE(ESP_ERR_HTTP_CONNECT, 0x7002),
    VALUE(ESP_ERR_HTTP_WRITE_DATA, 0x7003),
    VALUE(ESP_ERR_HTTP_FETCH_HEADER, 0x7004),
    VALUE(ESP_ERR_HTTP_INVALID_TRANSPORT, 0x7005),
    VALUE(ESP_ERR_HTTP_CONNECTING, 0x7006),
    VALUE(ESP_ERR_HTTP_EAGAIN, 0x7007),
    VALUE(ESP_ERR_HTTP_CONNECTION_CLOSED, 0x7008),
    VALUE(ESP_ERR_HTTP_NOT_MODIFIED, 0x7009),
    VALUE(ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE, 0x700a),
    VALUE(ESP_ERR_HTTP_READ_TIMEOUT, 0x700b),
    VALUE(ESP_ERR_HTTP_INCOMPLETE_DATA, 0x700c),
    VALUE(ESP_ERR_HTTP_REDIRECT_DOWNGRADE, 0x700d),
    VALUE(ESP_ERR_HTTP_HEADER_TOO_LONG, 0x700e),
    VALUE(ESP_ERR_HTTP_BAD_LOCATION, 0x700f),

    VALUE(ERR_TCP_TRANSPORT_NO_MEM, -3),
    VALUE(ERR_TCP_TRANSPORT_CONNECTION_FAILED, -2),
    VALUE(ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN, -1),
    VALUE(ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT, 0),
    VALUE(ESP_ERR_TCP_TRANSPORT_BASE, 0xe000),
    VALUE(ESP_ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT, 0xe001),
    VALUE(ESP_ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN, 0xe002),
    VALUE(ESP_ERR_TCP_TRANSPORT_CONNECTION_FAILED, 0xe003),
    VALUE(ESP_ERR_TCP_TRANSPORT_NO_MEM, 0xe004),
    VALUE(ESP_TRANSPORT_WS_STORE_RESPONSE_HEADERS, 1),
    VALUE(WS_TRANSPORT_OPCODES_CONT, 0),
    VALUE(WS_TRANSPORT_OPCODES_TEXT, 1),
    VALUE(WS_TRANSPORT_OPCODES_BINARY, 2),
    VALUE(WS_TRANSPORT_OPCODES_CLOSE, 8),
    VALUE(WS_TRANSPORT_OPCODES_PING, 9),
    VALUE(WS_TRANSPORT_OPCODES_PONG, 10),
    VALUE(WS_TRANSPORT_OPCODES_FIN, 0x80),
    VALUE(WS_TRANSPORT_OPCODES_NONE, 0x100),
    VALUE(SOCKS4, 4),
    VALUE(SOCKS_RESPONSE_TARGET_NOT_FOUND, 0xF0),
    VALUE(SOCKS_RESPONSE_PROXY_UNREACHABLE, 0xF1),
    VALUE(SOCKS_TIMEOUT, 0xF2),
    VALUE(SOCKS_RESPONSE_SUCCESS, 0x5a),
    VALUE(SOCKS_RESPONSE_REQUEST_REJECTED, 0x5B),
    VALUE(SOCKS_RESPONSE_NOT_RUNNING_IDENTD, 0x5c),
    VALUE(SOCKS_RESPONSE_COULD_NOT_CONFIRM_ID, 0x5d),
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    VALUE(ESP_TRANSPORT_SESSION_TICKET_INIT, 0),
    VALUE(ESP_TRANSPORT_SESSION_TICKET_SAVE, 1),
    VALUE(ESP_TRANSPORT_SESSION_TICKET_USE, 2),
    VALUE(ESP_TRANSPORT_SESSION_TICKET_FREE, 3),
#endif
};

static void test_values_are_the_originals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        if (values[i].have != values[i].want) {
            fail_msg("%s is %ld, not %ld", values[i].name, values[i].have, values[i].want);
        }
    }
}

/* ---- fields: their types by the compiler, their order by the test ---- */

typedef const char *text;
typedef esp_err_t (*bundle_hook)(void *conf);

struct field {
    const char *name;
    size_t offset;
};

#define FIELD(record, field, type)                                                                 \
    {                                                                                              \
#record "." #field,                                                                        \
            offsetof(record, field) +                                                              \
                0 * sizeof(char[_Generic(&((record *)0)->field, type * : 1, default                \
                                         : -1)])                                                   \
    }

static const struct field fields_of_config[] = {
    FIELD(esp_http_client_config_t, url, text),
    FIELD(esp_http_client_config_t, host, text),
    FIELD(esp_http_client_config_t, port, int),
    FIELD(esp_http_client_config_t, username, text),
    FIELD(esp_http_client_config_t, password, text),
    FIELD(esp_http_client_config_t, auth_type, esp_http_client_auth_type_t),
    FIELD(esp_http_client_config_t, path, text),
    FIELD(esp_http_client_config_t, query, text),
    FIELD(esp_http_client_config_t, cert_pem, text),
    FIELD(esp_http_client_config_t, cert_len, size_t),
    FIELD(esp_http_client_config_t, client_cert_pem, text),
    FIELD(esp_http_client_config_t, client_cert_len, size_t),
    FIELD(esp_http_client_config_t, client_key_pem, text),
    FIELD(esp_http_client_config_t, client_key_len, size_t),
    FIELD(esp_http_client_config_t, client_key, const esp_key_config_t *),
    FIELD(esp_http_client_config_t, client_key_password, text),
    FIELD(esp_http_client_config_t, client_key_password_len, size_t),
    FIELD(esp_http_client_config_t, tls_version, esp_http_client_proto_ver_t),
#if CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
    FIELD(esp_http_client_config_t, use_ecdsa_peripheral, bool),
    FIELD(esp_http_client_config_t, ecdsa_key_efuse_blk, uint8_t),
    FIELD(esp_http_client_config_t, ecdsa_key_efuse_blk_high, uint8_t),
    FIELD(esp_http_client_config_t, ecdsa_curve, esp_http_client_ecdsa_curve_t),
#endif
    FIELD(esp_http_client_config_t, user_agent, text),
    FIELD(esp_http_client_config_t, method, esp_http_client_method_t),
    FIELD(esp_http_client_config_t, timeout_ms, int),
    FIELD(esp_http_client_config_t, disable_auto_redirect, bool),
    FIELD(esp_http_client_config_t, max_redirection_count, int),
    FIELD(esp_http_client_config_t, max_authorization_retries, int),
    FIELD(esp_http_client_config_t, event_handler, http_event_handle_cb),
    FIELD(esp_http_client_config_t, transport_type, esp_http_client_transport_t),
    FIELD(esp_http_client_config_t, buffer_size, int),
    FIELD(esp_http_client_config_t, buffer_size_tx, int),
    FIELD(esp_http_client_config_t, user_data, void *),
    FIELD(esp_http_client_config_t, is_async, bool),
    FIELD(esp_http_client_config_t, use_global_ca_store, bool),
    FIELD(esp_http_client_config_t, skip_cert_common_name_check, bool),
    FIELD(esp_http_client_config_t, common_name, text),
    FIELD(esp_http_client_config_t, crt_bundle_attach, bundle_hook),
    FIELD(esp_http_client_config_t, keep_alive_enable, bool),
    FIELD(esp_http_client_config_t, keep_alive_idle, int),
    FIELD(esp_http_client_config_t, keep_alive_interval, int),
    FIELD(esp_http_client_config_t, keep_alive_count, int),
    FIELD(esp_http_client_config_t, if_name, struct ifreq *),
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_HTTPS
    FIELD(esp_http_client_config_t, alpn_protos, const char **),
#endif
#if CONFIG_ESP_TLS_USE_DS_PERIPHERAL
    FIELD(esp_http_client_config_t, ds_data, void *),
#endif
#if CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    FIELD(esp_http_client_config_t, save_client_session, bool),
#endif
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_CUSTOM_TRANSPORT
    FIELD(esp_http_client_config_t, transport, struct esp_transport_item_t *),
#endif
    FIELD(esp_http_client_config_t, addr_type, esp_http_client_addr_type_t),
#if CONFIG_MBEDTLS_DYNAMIC_BUFFER
    FIELD(esp_http_client_config_t, tls_dyn_buf_strategy, esp_http_client_tls_dyn_buf_strategy_t),
#endif
    {"esp_http_client_config_t", sizeof(esp_http_client_config_t)},
};

static const struct field fields_of_event[] = {
    FIELD(esp_http_client_event_t, event_id, esp_http_client_event_id_t),
    FIELD(esp_http_client_event_t, client, esp_http_client_handle_t),
    FIELD(esp_http_client_event_t, data, void *),
    FIELD(esp_http_client_event_t, data_len, int),
    FIELD(esp_http_client_event_t, user_data, void *),
    FIELD(esp_http_client_event_t, header_key, char *),
    FIELD(esp_http_client_event_t, header_value, char *),
    {"esp_http_client_event_t", sizeof(esp_http_client_event_t)},
};

static const struct field fields_of_on_data[] = {
    FIELD(esp_http_client_on_data_t, client, esp_http_client_handle_t),
    FIELD(esp_http_client_on_data_t, data_process, int64_t),
    {"esp_http_client_on_data_t", sizeof(esp_http_client_on_data_t)},
};

static const struct field fields_of_redirect[] = {
    FIELD(esp_http_client_redirect_event_data_t, client, esp_http_client_handle_t),
    FIELD(esp_http_client_redirect_event_data_t, status_code, int),
    {"esp_http_client_redirect_event_data_t", sizeof(esp_http_client_redirect_event_data_t)},
};

static const struct field fields_of_keep_alive[] = {
    FIELD(esp_transport_keep_alive_t, keep_alive_enable, bool),
    FIELD(esp_transport_keep_alive_t, keep_alive_idle, int),
    FIELD(esp_transport_keep_alive_t, keep_alive_interval, int),
    FIELD(esp_transport_keep_alive_t, keep_alive_count, int),
    {"esp_transport_keep_alive_t", sizeof(esp_transport_keep_alive_t)},
};

static const struct field fields_of_socks[] = {
    FIELD(esp_transport_socks_proxy_config_t, version, const socks_version_t),
    FIELD(esp_transport_socks_proxy_config_t, address, text),
    FIELD(esp_transport_socks_proxy_config_t, port, const int),
    {"esp_transport_socks_proxy_config_t", sizeof(esp_transport_socks_proxy_config_t)},
};

static const struct field fields_of_ws[] = {
    FIELD(esp_transport_ws_config_t, ws_path, text),
    FIELD(esp_transport_ws_config_t, sub_protocol, text),
    FIELD(esp_transport_ws_config_t, user_agent, text),
    FIELD(esp_transport_ws_config_t, headers, text),
    FIELD(esp_transport_ws_config_t, header_hook, ws_header_hook_t),
    FIELD(esp_transport_ws_config_t, header_user_context, void *),
    FIELD(esp_transport_ws_config_t, auth, text),
    FIELD(esp_transport_ws_config_t, response_headers, char *),
    FIELD(esp_transport_ws_config_t, response_headers_len, size_t),
    FIELD(esp_transport_ws_config_t, propagate_control_frames, bool),
    {"esp_transport_ws_config_t", sizeof(esp_transport_ws_config_t)},
};

static void check_order(const struct field *fields, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (fields[i - 1].offset >= fields[i].offset) {
            fail_msg("%s does not come after %s", fields[i].name, fields[i - 1].name);
        }
    }
}

static void test_fields_of_each_struct_are_in_order(void **state)
{
    (void)state;
    check_order(fields_of_config, COUNT(fields_of_config));
    check_order(fields_of_event, COUNT(fields_of_event));
    check_order(fields_of_on_data, COUNT(fields_of_on_data));
    check_order(fields_of_redirect, COUNT(fields_of_redirect));
    check_order(fields_of_keep_alive, COUNT(fields_of_keep_alive));
    check_order(fields_of_socks, COUNT(fields_of_socks));
    check_order(fields_of_ws, COUNT(fields_of_ws));
}

static void test_certificates_have_two_names(void **state)
{
    const esp_http_client_config_t cfg = {.cert_der = "ca", .client_cert_der = "me"};

    (void)state;
    assert_ptr_equal(cfg.cert_pem, cfg.cert_der);
    assert_ptr_equal(cfg.client_cert_pem, cfg.client_cert_der);
}

/* ---- types ---- */

#define SAME_TYPE(tag, name)                                                                       \
    _Static_assert(_Generic((name *)0, __typeof__(tag) * : 1, default : 0), #name)

SAME_TYPE(struct esp_http_client *, esp_http_client_handle_t);
SAME_TYPE(struct esp_http_client_event *, esp_http_client_event_handle_t);
SAME_TYPE(struct esp_http_client_event, esp_http_client_event_t);
SAME_TYPE(struct esp_http_client_on_data, esp_http_client_on_data_t);
SAME_TYPE(struct esp_http_client_redirect_event_data, esp_http_client_redirect_event_data_t);
SAME_TYPE(esp_err_t (*)(esp_http_client_event_t *), http_event_handle_cb);
SAME_TYPE(struct esp_transport_keepalive, esp_transport_keep_alive_t);
SAME_TYPE(struct esp_transport_list_t *, esp_transport_list_handle_t);
SAME_TYPE(struct esp_transport_item_t *, esp_transport_handle_t);
SAME_TYPE(struct esp_tls_last_error *, esp_tls_error_handle_t);
SAME_TYPE(int (*)(esp_transport_handle_t, const char *, int, int), connect_func);
SAME_TYPE(int (*)(esp_transport_handle_t, const char *, int, int), connect_async_func);
SAME_TYPE(int (*)(esp_transport_handle_t, const char *, int, int), io_func);
SAME_TYPE(int (*)(esp_transport_handle_t, char *, int, int), io_read_func);
SAME_TYPE(int (*)(esp_transport_handle_t), trans_func);
SAME_TYPE(int (*)(esp_transport_handle_t, int), poll_func);
SAME_TYPE(esp_transport_handle_t (*)(esp_transport_handle_t), payload_transfer_func);
SAME_TYPE(enum socks_transport_response_t, socks_transport_error_t);
SAME_TYPE(enum ws_transport_opcodes, ws_transport_opcodes_t);
SAME_TYPE(void (*)(void *, const char *, int), ws_header_hook_t);

/* ---- functions: exact types, by the compiler; nothing is called or linked ---- */

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define SIGNATURE(result, function, ...)                                                           \
    _Static_assert(_Generic(&function, result(*)(__VA_ARGS__) : 1, default : 0),                   \
                   "type of " #function)

SIGNATURE(esp_http_client_handle_t, esp_http_client_init, const esp_http_client_config_t *);
SIGNATURE(esp_err_t, esp_http_client_perform, esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_prepare, esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_request_send, esp_http_client_handle_t, int);
SIGNATURE(esp_err_t, esp_http_client_cancel_request, esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_set_url, esp_http_client_handle_t, const char *);
SIGNATURE(esp_err_t, esp_http_client_set_post_field, esp_http_client_handle_t, const char *, int);
SIGNATURE(int, esp_http_client_get_post_field, esp_http_client_handle_t, char **);
SIGNATURE(esp_err_t, esp_http_client_set_header, esp_http_client_handle_t, const char *,
          const char *);
SIGNATURE(esp_err_t, esp_http_client_get_header, esp_http_client_handle_t, const char *, char **);
#ifdef CONFIG_ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS
SIGNATURE(esp_err_t, esp_http_client_get_response_header, esp_http_client_handle_t, const char *,
          char **);
#endif
SIGNATURE(esp_err_t, esp_http_client_delete_header, esp_http_client_handle_t, const char *);
SIGNATURE(esp_err_t, esp_http_client_delete_all_headers, esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_get_username, esp_http_client_handle_t, char **);
SIGNATURE(esp_err_t, esp_http_client_get_password, esp_http_client_handle_t, char **);
SIGNATURE(esp_err_t, esp_http_client_set_username, esp_http_client_handle_t, const char *);
SIGNATURE(esp_err_t, esp_http_client_set_password, esp_http_client_handle_t, const char *);
SIGNATURE(esp_err_t, esp_http_client_set_authtype, esp_http_client_handle_t,
          esp_http_client_auth_type_t);
SIGNATURE(esp_err_t, esp_http_client_get_user_data, esp_http_client_handle_t, void **);
SIGNATURE(esp_err_t, esp_http_client_set_user_data, esp_http_client_handle_t, void *);
SIGNATURE(esp_err_t, esp_http_client_set_event_handler, esp_http_client_handle_t,
          http_event_handle_cb);
SIGNATURE(int, esp_http_client_get_errno, esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_get_and_clear_last_tls_error, esp_http_client_handle_t, int *,
          int *);
SIGNATURE(esp_err_t, esp_http_client_set_method, esp_http_client_handle_t,
          esp_http_client_method_t);
SIGNATURE(esp_err_t, esp_http_client_set_timeout_ms, esp_http_client_handle_t, int);
SIGNATURE(esp_err_t, esp_http_client_open, esp_http_client_handle_t, int);
SIGNATURE(int, esp_http_client_write, esp_http_client_handle_t, const char *, int);
SIGNATURE(int, esp_http_client_chunk_write_begin, esp_http_client_handle_t, int);
SIGNATURE(int, esp_http_client_chunk_write_end, esp_http_client_handle_t, bool);
SIGNATURE(int64_t, esp_http_client_fetch_headers, esp_http_client_handle_t);
SIGNATURE(bool, esp_http_client_is_chunked_response, esp_http_client_handle_t);
SIGNATURE(int, esp_http_client_read, esp_http_client_handle_t, char *, int);
SIGNATURE(int, esp_http_client_read_response, esp_http_client_handle_t, char *, int);
SIGNATURE(esp_err_t, esp_http_client_flush_response, esp_http_client_handle_t, int *);
SIGNATURE(int, esp_http_client_get_status_code, esp_http_client_handle_t);
SIGNATURE(int64_t, esp_http_client_get_content_length, esp_http_client_handle_t);
#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_GET_CONTENT_RANGE
SIGNATURE(int64_t, esp_http_client_get_content_range, esp_http_client_handle_t);
#endif
SIGNATURE(esp_err_t, esp_http_client_close, esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_clear_response_buffer, esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_cleanup, esp_http_client_handle_t);
SIGNATURE(esp_http_client_transport_t, esp_http_client_get_transport_type,
          esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_set_redirection, esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_reset_redirect_counter, esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_set_auth_data, esp_http_client_handle_t, const char *, int);
SIGNATURE(esp_err_t, esp_http_client_add_auth, esp_http_client_handle_t);
SIGNATURE(bool, esp_http_client_is_complete_data_received, esp_http_client_handle_t);
SIGNATURE(esp_err_t, esp_http_client_get_url, esp_http_client_handle_t, char *, int);
SIGNATURE(esp_err_t, esp_http_client_get_chunk_length, esp_http_client_handle_t, int *);
SIGNATURE(esp_http_state_t, esp_http_client_get_state, esp_http_client_handle_t);
SIGNATURE(bool, esp_http_client_is_persistent_connection, esp_http_client_handle_t);
SIGNATURE(int, esp_http_client_get_socket, esp_http_client_handle_t);

SIGNATURE(esp_transport_list_handle_t, esp_transport_list_init, void);
SIGNATURE(esp_err_t, esp_transport_list_destroy, esp_transport_list_handle_t);
SIGNATURE(esp_err_t, esp_transport_list_add, esp_transport_list_handle_t, esp_transport_handle_t,
          const char *);
SIGNATURE(esp_err_t, esp_transport_list_clean, esp_transport_list_handle_t);
SIGNATURE(esp_transport_handle_t, esp_transport_list_get_transport, esp_transport_list_handle_t,
          const char *);
SIGNATURE(esp_transport_handle_t, esp_transport_init, void);
SIGNATURE(esp_err_t, esp_transport_destroy, esp_transport_handle_t);
SIGNATURE(int, esp_transport_get_default_port, esp_transport_handle_t);
SIGNATURE(esp_err_t, esp_transport_set_default_port, esp_transport_handle_t, int);
SIGNATURE(int, esp_transport_connect, esp_transport_handle_t, const char *, int, int);
SIGNATURE(int, esp_transport_connect_async, esp_transport_handle_t, const char *, int, int);
SIGNATURE(int, esp_transport_read, esp_transport_handle_t, char *, int, int);
SIGNATURE(int, esp_transport_poll_read, esp_transport_handle_t, int);
SIGNATURE(int, esp_transport_write, esp_transport_handle_t, const char *, int, int);
SIGNATURE(int, esp_transport_poll_write, esp_transport_handle_t, int);
SIGNATURE(int, esp_transport_close, esp_transport_handle_t);
SIGNATURE(void *, esp_transport_get_context_data, esp_transport_handle_t);
SIGNATURE(esp_err_t, esp_transport_set_context_data, esp_transport_handle_t, void *);
SIGNATURE(esp_transport_handle_t, esp_transport_get_payload_transport_handle,
          esp_transport_handle_t);
SIGNATURE(esp_err_t, esp_transport_set_func, esp_transport_handle_t, connect_func, io_read_func,
          io_func, trans_func, poll_func, poll_func, trans_func);
SIGNATURE(esp_err_t, esp_transport_set_async_connect_func, esp_transport_handle_t,
          connect_async_func);
SIGNATURE(esp_err_t, esp_transport_set_parent_transport_func, esp_transport_handle_t,
          payload_transfer_func);
SIGNATURE(esp_tls_error_handle_t, esp_transport_get_error_handle, esp_transport_handle_t);
SIGNATURE(int, esp_transport_get_errno, esp_transport_handle_t);
SIGNATURE(int, esp_transport_get_socket, esp_transport_handle_t);
SIGNATURE(esp_err_t, esp_transport_translate_error, enum esp_tcp_transport_err_t);
SIGNATURE(esp_transport_handle_t, esp_transport_tcp_init, void);
SIGNATURE(void, esp_transport_tcp_set_keep_alive, esp_transport_handle_t,
          esp_transport_keep_alive_t *);
SIGNATURE(void, esp_transport_tcp_set_interface_name, esp_transport_handle_t, struct ifreq *);
SIGNATURE(esp_transport_handle_t, esp_transport_ssl_init, void);
SIGNATURE(void, esp_transport_ssl_set_cert_data, esp_transport_handle_t, const char *, int);
SIGNATURE(void, esp_transport_ssl_set_cert_data_der, esp_transport_handle_t, const char *, int);
SIGNATURE(void, esp_transport_ssl_crt_bundle_attach, esp_transport_handle_t, esp_err_t (*)(void *));
SIGNATURE(void, esp_transport_ssl_enable_global_ca_store, esp_transport_handle_t);
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
SIGNATURE(void, esp_transport_ssl_set_esp_tls_dyn_buf_strategy, esp_transport_handle_t,
          esp_tls_dyn_buf_strategy_t);
#endif
SIGNATURE(void, esp_transport_ssl_set_tls_version, esp_transport_handle_t, esp_tls_proto_ver_t);
SIGNATURE(void, esp_transport_ssl_set_client_cert_data, esp_transport_handle_t, const char *, int);
SIGNATURE(void, esp_transport_ssl_set_client_cert_data_der, esp_transport_handle_t, const char *,
          int);
#ifdef CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
SIGNATURE(void, esp_transport_ssl_set_client_key_ecdsa_peripheral, esp_transport_handle_t, uint8_t);
#endif
#if defined(CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN) && defined(SOC_ECDSA_SUPPORT_CURVE_P384) &&        \
    SOC_ECDSA_SUPPORT_CURVE_P384
SIGNATURE(void, esp_transport_ssl_set_client_key_ecdsa_peripheral_extended, esp_transport_handle_t,
          uint8_t, uint8_t);
#endif
#ifdef CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
SIGNATURE(void, esp_transport_ssl_set_ecdsa_curve, esp_transport_handle_t, esp_tls_ecdsa_curve_t);
#endif
SIGNATURE(void, esp_transport_ssl_set_client_key_data, esp_transport_handle_t, const char *, int);
SIGNATURE(void, esp_transport_ssl_set_client_key_password, esp_transport_handle_t, const char *,
          int);
SIGNATURE(void, esp_transport_ssl_set_client_key_data_der, esp_transport_handle_t, const char *,
          int);
SIGNATURE(void, esp_transport_ssl_set_alpn_protocol, esp_transport_handle_t, const char **);
SIGNATURE(void, esp_transport_ssl_skip_common_name_check, esp_transport_handle_t);
SIGNATURE(void, esp_transport_ssl_set_common_name, esp_transport_handle_t, const char *);
SIGNATURE(void, esp_transport_ssl_set_ciphersuites_list, esp_transport_handle_t, const int *);
SIGNATURE(void, esp_transport_ssl_use_secure_element, esp_transport_handle_t);
SIGNATURE(void, esp_transport_ssl_set_ds_data, esp_transport_handle_t, void *);
SIGNATURE(void, esp_transport_ssl_set_client_key_config, esp_transport_handle_t,
          const esp_key_config_t *);
SIGNATURE(void, esp_transport_ssl_set_psk_key_hint, esp_transport_handle_t, const psk_hint_key_t *);
SIGNATURE(void, esp_transport_ssl_set_keep_alive, esp_transport_handle_t,
          esp_transport_keep_alive_t *);
SIGNATURE(void, esp_transport_ssl_set_interface_name, esp_transport_handle_t, struct ifreq *);
SIGNATURE(void, esp_transport_ssl_set_addr_family, esp_transport_handle_t, esp_tls_addr_family_t);
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
SIGNATURE(esp_err_t, esp_transport_ssl_session_ticket_operation, esp_transport_handle_t,
          esp_transport_session_ticket_operation_t);
#endif
SIGNATURE(esp_transport_handle_t, esp_transport_socks_proxy_init, esp_transport_handle_t,
          const esp_transport_socks_proxy_config_t *);
SIGNATURE(esp_err_t, esp_transport_socks_proxy_set_config, esp_transport_handle_t,
          const esp_transport_socks_proxy_config_t *);
SIGNATURE(esp_transport_handle_t, esp_transport_ws_init, esp_transport_handle_t);
SIGNATURE(void, esp_transport_ws_set_path, esp_transport_handle_t, const char *);
SIGNATURE(esp_err_t, esp_transport_ws_set_subprotocol, esp_transport_handle_t, const char *);
SIGNATURE(esp_err_t, esp_transport_ws_set_user_agent, esp_transport_handle_t, const char *);
SIGNATURE(esp_err_t, esp_transport_ws_set_headers, esp_transport_handle_t, const char *);
SIGNATURE(esp_err_t, esp_transport_ws_set_header_hook, esp_transport_handle_t, ws_header_hook_t,
          void *);
SIGNATURE(esp_err_t, esp_transport_ws_set_auth, esp_transport_handle_t, const char *);
SIGNATURE(esp_err_t, esp_transport_ws_set_response_headers, esp_transport_handle_t, char *, size_t);
SIGNATURE(esp_err_t, esp_transport_ws_set_config, esp_transport_handle_t,
          const esp_transport_ws_config_t *);
SIGNATURE(int, esp_transport_ws_send_raw, esp_transport_handle_t, ws_transport_opcodes_t,
          const char *, int, int);
SIGNATURE(bool, esp_transport_ws_get_fin_flag, esp_transport_handle_t);
SIGNATURE(int, esp_transport_ws_get_upgrade_request_status, esp_transport_handle_t);
SIGNATURE(char *, esp_transport_ws_get_redir_uri, esp_transport_handle_t);
SIGNATURE(ws_transport_opcodes_t, esp_transport_ws_get_read_opcode, esp_transport_handle_t);
SIGNATURE(int, esp_transport_ws_get_read_payload_len, esp_transport_handle_t);
SIGNATURE(int, esp_transport_ws_poll_connection_closed, esp_transport_handle_t, int);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_the_originals),
        cmocka_unit_test(test_fields_of_each_struct_are_in_order),
        cmocka_unit_test(test_certificates_have_two_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
