/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * test_api_values.c: the public interface is ESP-IDF's, number by number
 *
 * A program that was compiled for ESP-IDF, or that stores or compares codes, depends on values, on
 * the order of fields, and on exact types. This file states them all a second time. Most of it is
 * checked by the compiler; the tables are run so that a wrong value is reported by its name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "esp_key_config.h"
#include "esp_tls.h"
#include "esp_tls_async.h"
#include "esp_tls_crypto.h"
#include "esp_tls_custom_stack.h"
#include "esp_tls_errors.h"
#include "esp_tls_record.h"

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

static const struct value enumerators[] = {
    VALUE(ESP_TLS_INIT, 0),
    VALUE(ESP_TLS_CONNECTING, 1),
    VALUE(ESP_TLS_HANDSHAKE, 2),
    VALUE(ESP_TLS_FAIL, 3),
    VALUE(ESP_TLS_DONE, 4),

    VALUE(ESP_TLS_CLIENT, 0),
    VALUE(ESP_TLS_SERVER, 1),

    VALUE(ESP_TLS_AF_UNSPEC, 0),
    VALUE(ESP_TLS_AF_INET, 1),
    VALUE(ESP_TLS_AF_INET6, 2),

    VALUE(ESP_TLS_VER_ANY, 0),
    VALUE(ESP_TLS_VER_TLS_1_2, 1),
    VALUE(ESP_TLS_VER_TLS_1_3, 2),
    VALUE(ESP_TLS_VER_TLS_MAX, 3),

    VALUE(ESP_TLS_DYN_BUF_RX_STATIC, 1),
    VALUE(ESP_TLS_DYN_BUF_STRATEGY_MAX, 2),

    VALUE(ESP_TLS_ECDSA_CURVE_SECP256R1, 0),
#if defined(SOC_ECDSA_SUPPORT_CURVE_P384) && SOC_ECDSA_SUPPORT_CURVE_P384
    VALUE(ESP_TLS_ECDSA_CURVE_SECP384R1, 1),
    VALUE(ESP_TLS_ECDSA_CURVE_MAX, 2),
#else
    VALUE(ESP_TLS_ECDSA_CURVE_MAX, 1),
#endif

    VALUE(ESP_TLS_ERR_TYPE_UNKNOWN, 0),
    VALUE(ESP_TLS_ERR_TYPE_SYSTEM, 1),
    VALUE(ESP_TLS_ERR_TYPE_MBEDTLS, 2),
    VALUE(ESP_TLS_ERR_TYPE_MBEDTLS_CERT_FLAGS, 3),
    VALUE(ESP_TLS_ERR_TYPE_ESP, 4),
    VALUE(ESP_TLS_ERR_TYPE_CUSTOM_STACK, 5),
    VALUE(ESP_TLS_ERR_TYPE_CUSTOM_STACK_CERT_FLAGS, 6),
    VALUE(ESP_TLS_ERR_TYPE_MAX, 7),
    VALUE(ESP_TLS_ERR_TYPE_WOLFSSL, 5),
    VALUE(ESP_TLS_ERR_TYPE_WOLFSSL_CERT_FLAGS, 6),

    VALUE(ESP_KEY_FORMAT_AUTO, 0),
    VALUE(ESP_KEY_FORMAT_PEM, 1),
    VALUE(ESP_KEY_FORMAT_DER, 2),
    VALUE(ESP_KEY_FORMAT_RAW, 3),

    VALUE(ESP_KEY_SOURCE_NONE, 0),
    VALUE(ESP_KEY_SOURCE_BUFFER, 1),
    VALUE(ESP_KEY_SOURCE_PSA, 2),

    VALUE(ESP_TLS_PHASE_NONE, 0),
    VALUE(ESP_TLS_PHASE_CONFIG, 1),
    VALUE(ESP_TLS_PHASE_RESOLVE, 2),
    VALUE(ESP_TLS_PHASE_CONNECT, 3),
    VALUE(ESP_TLS_PHASE_HANDSHAKE, 4),
    VALUE(ESP_TLS_PHASE_OPEN, 5),
    VALUE(ESP_TLS_PHASE_CLOSE, 6),

    VALUE(ESP_TLS_CAUSE_NONE, 0),
    VALUE(ESP_TLS_CAUSE_TIMEOUT, 1),
    VALUE(ESP_TLS_CAUSE_EOF, 2),
    VALUE(ESP_TLS_CAUSE_TRUNCATED, 3),
    VALUE(ESP_TLS_CAUSE_CANCELLED, 4),
    VALUE(ESP_TLS_CAUSE_FAILED, 5),
    VALUE(ESP_TLS_CAUSE_NO_MEM, 6),
    VALUE(ESP_TLS_CAUSE_INVALID_ARG, 7),
    VALUE(ESP_TLS_CAUSE_INVALID_STATE, 8),
    VALUE(ESP_TLS_CAUSE_NOT_SUPPORTED, 9),
    VALUE(ESP_TLS_CAUSE_RESOLVE, 10),
    VALUE(ESP_TLS_CAUSE_SYSTEM, 11),
    VALUE(ESP_TLS_CAUSE_STACK, 12),
    VALUE(ESP_TLS_CAUSE_VERIFY, 13),
    VALUE(ESP_TLS_CAUSE_NO_TRUST, 14),
};

static const struct value macros[] = {
    VALUE(ESP_ERR_ESP_TLS_BASE, 0x8000),
    VALUE(ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, 0x8001),
    VALUE(ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET, 0x8002),
    VALUE(ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY, 0x8003),
    VALUE(ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, 0x8004),
    VALUE(ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED, 0x8005),
    VALUE(ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, 0x8006),
    VALUE(ESP_ERR_ESP_TLS_SE_FAILED, 0x8007),
    VALUE(ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, 0x8008),
    VALUE(ESP_ERR_ESP_TLS_SERVER_HANDSHAKE_TIMEOUT, 0x8009),
    VALUE(ESP_ERR_MBEDTLS_CERT_PARTLY_OK, 0x8010),
    VALUE(ESP_ERR_MBEDTLS_CTR_DRBG_SEED_FAILED, 0x8011),
    VALUE(ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED, 0x8012),
    VALUE(ESP_ERR_MBEDTLS_SSL_CONFIG_DEFAULTS_FAILED, 0x8013),
    VALUE(ESP_ERR_MBEDTLS_SSL_CONF_ALPN_PROTOCOLS_FAILED, 0x8014),
    VALUE(ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, 0x8015),
    VALUE(ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED, 0x8016),
    VALUE(ESP_ERR_MBEDTLS_SSL_SETUP_FAILED, 0x8017),
    VALUE(ESP_ERR_MBEDTLS_SSL_WRITE_FAILED, 0x8018),
    VALUE(ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED, 0x8019),
    VALUE(ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, 0x801A),
    VALUE(ESP_ERR_MBEDTLS_SSL_CONF_PSK_FAILED, 0x801B),
    VALUE(ESP_ERR_MBEDTLS_SSL_TICKET_SETUP_FAILED, 0x801C),
    VALUE(ESP_ERR_MBEDTLS_SSL_READ_FAILED, 0x801D),

    VALUE(ESP_ERR_WOLFSSL_SSL_SET_HOSTNAME_FAILED, 0x8031),
    VALUE(ESP_ERR_WOLFSSL_SSL_CONF_ALPN_PROTOCOLS_FAILED, 0x8032),
    VALUE(ESP_ERR_WOLFSSL_CERT_VERIFY_SETUP_FAILED, 0x8033),
    VALUE(ESP_ERR_WOLFSSL_KEY_VERIFY_SETUP_FAILED, 0x8034),
    VALUE(ESP_ERR_WOLFSSL_SSL_HANDSHAKE_FAILED, 0x8035),
    VALUE(ESP_ERR_WOLFSSL_CTX_SETUP_FAILED, 0x8036),
    VALUE(ESP_ERR_WOLFSSL_SSL_SETUP_FAILED, 0x8037),
    VALUE(ESP_ERR_WOLFSSL_SSL_WRITE_FAILED, 0x8038),

    VALUE(ESP_TLS_ERR_SSL_WANT_READ, -0x6900),
    VALUE(ESP_TLS_ERR_SSL_WANT_WRITE, -0x6880),
    VALUE(ESP_TLS_ERR_SSL_TIMEOUT, -0x6800),

    VALUE(ESP_TLS_WAIT_READ, 1),
    VALUE(ESP_TLS_WAIT_WRITE, 2),
    VALUE(ESP_TLS_WAIT_ITEMS, 16),
    VALUE(ESP_TLS_RECORD_ADDRESS_MAX, 48),
#ifdef CONFIG_ESP_TLS_CUSTOM_STACK
    VALUE(ESP_TLS_STACK_OPS_VERSION, 1),
#endif
};

static int count_wrong_values(const struct value *values, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        if (values[i].have != values[i].want) {
            print_error("%s is %ld, want %ld\n", values[i].name, values[i].have, values[i].want);
            wrong++;
        }
    }
    return wrong;
}

static void test_enumerators_all_have_their_value(void **state)
{
    (void)state;
    assert_int_equal(count_wrong_values(enumerators, COUNT(enumerators)), 0);
}

static void test_macros_all_have_their_value(void **state)
{
    (void)state;
    assert_int_equal(count_wrong_values(macros, COUNT(macros)), 0);
}

/* ---- fields ---- */

/* A field's offset, and a compile-time check of its exact type in the same breath. */
#define FIELD(record, field, type)                                                                 \
    {                                                                                              \
#record "." #field,                                                                        \
            offsetof(record, field) +                                                              \
                0 * sizeof(char[_Generic(&((record *)0)->field, type * : 1, default                \
                                         : -1)])                                                   \
    }

/* Two names of one thing. */
#define ALIAS(record, field, older)                                                                \
    _Static_assert(offsetof(record, field) == offsetof(record, older) &&                           \
                       sizeof(((record *)0)->field) == sizeof(((record *)0)->older),               \
                   #field " and " #older " are one field")

struct field {
    const char *name;
    size_t offset;
};

/* Types that the macro's "type *" cannot be written with. */
typedef esp_err_t (*attach_hook)(void *);
typedef const char *text;
typedef char address_text[ESP_TLS_RECORD_ADDRESS_MAX];
typedef esp_tls_wait_item_t wait_items[ESP_TLS_WAIT_ITEMS];

static const struct field fields_of_cfg[] = {
    FIELD(esp_tls_cfg_t, alpn_protos, text *),
    FIELD(esp_tls_cfg_t, cacert_buf, const unsigned char *),
    FIELD(esp_tls_cfg_t, cacert_bytes, unsigned int),
    FIELD(esp_tls_cfg_t, clientcert_buf, const unsigned char *),
    FIELD(esp_tls_cfg_t, clientcert_bytes, unsigned int),
    FIELD(esp_tls_cfg_t, clientkey_buf, const unsigned char *),
    FIELD(esp_tls_cfg_t, client_key, const esp_key_config_t *),
    FIELD(esp_tls_cfg_t, clientkey_bytes, unsigned int),
    FIELD(esp_tls_cfg_t, clientkey_password, const unsigned char *),
    FIELD(esp_tls_cfg_t, clientkey_password_len, unsigned int),
    FIELD(esp_tls_cfg_t, use_ecdsa_peripheral, bool),
    FIELD(esp_tls_cfg_t, ecdsa_key_efuse_blk, uint8_t),
    FIELD(esp_tls_cfg_t, ecdsa_key_efuse_blk_high, uint8_t),
    FIELD(esp_tls_cfg_t, ecdsa_curve, esp_tls_ecdsa_curve_t),
    FIELD(esp_tls_cfg_t, non_block, bool),
    FIELD(esp_tls_cfg_t, use_secure_element, bool),
    FIELD(esp_tls_cfg_t, timeout_ms, int),
    FIELD(esp_tls_cfg_t, use_global_ca_store, bool),
    FIELD(esp_tls_cfg_t, common_name, text),
    FIELD(esp_tls_cfg_t, skip_common_name, bool),
    FIELD(esp_tls_cfg_t, keep_alive_cfg, tls_keep_alive_cfg_t *),
#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
    FIELD(esp_tls_cfg_t, psk_hint_key, const psk_hint_key_t *),
#endif
    FIELD(esp_tls_cfg_t, crt_bundle_attach, attach_hook),
    FIELD(esp_tls_cfg_t, ds_data, void *),
    FIELD(esp_tls_cfg_t, is_plain_tcp, bool),
    FIELD(esp_tls_cfg_t, if_name, struct ifreq *),
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    FIELD(esp_tls_cfg_t, client_session, esp_tls_client_session_t *),
#endif
    FIELD(esp_tls_cfg_t, addr_family, esp_tls_addr_family_t),
    FIELD(esp_tls_cfg_t, ciphersuites_list, const int *),
    FIELD(esp_tls_cfg_t, tls_version, esp_tls_proto_ver_t),
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    FIELD(esp_tls_cfg_t, esp_tls_dyn_buf_strategy, esp_tls_dyn_buf_strategy_t),
#endif
    {"esp_tls_cfg_t", sizeof(esp_tls_cfg_t)},
};

ALIAS(esp_tls_cfg_t, cacert_buf, cacert_pem_buf);
ALIAS(esp_tls_cfg_t, cacert_bytes, cacert_pem_bytes);
ALIAS(esp_tls_cfg_t, clientcert_buf, clientcert_pem_buf);
ALIAS(esp_tls_cfg_t, clientcert_bytes, clientcert_pem_bytes);
ALIAS(esp_tls_cfg_t, clientkey_buf, clientkey_pem_buf);
ALIAS(esp_tls_cfg_t, clientkey_bytes, clientkey_pem_bytes);

static const struct field fields_of_cfg_server[] = {
    FIELD(esp_tls_cfg_server_t, alpn_protos, text *),
    FIELD(esp_tls_cfg_server_t, cacert_buf, const unsigned char *),
    FIELD(esp_tls_cfg_server_t, cacert_bytes, unsigned int),
#ifdef CONFIG_ESP_TLS_SERVER_MIN_AUTH_MODE_OPTIONAL
    FIELD(esp_tls_cfg_server_t, client_cert_authmode_optional, bool),
#endif
    FIELD(esp_tls_cfg_server_t, servercert_buf, const unsigned char *),
    FIELD(esp_tls_cfg_server_t, servercert_bytes, unsigned int),
    FIELD(esp_tls_cfg_server_t, serverkey_buf, const unsigned char *),
    FIELD(esp_tls_cfg_server_t, server_key, const esp_key_config_t *),
    FIELD(esp_tls_cfg_server_t, serverkey_bytes, unsigned int),
    FIELD(esp_tls_cfg_server_t, serverkey_password, const unsigned char *),
    FIELD(esp_tls_cfg_server_t, serverkey_password_len, unsigned int),
    FIELD(esp_tls_cfg_server_t, use_ecdsa_peripheral, bool),
    FIELD(esp_tls_cfg_server_t, ecdsa_key_efuse_blk, uint8_t),
    FIELD(esp_tls_cfg_server_t, ecdsa_key_efuse_blk_high, uint8_t),
    FIELD(esp_tls_cfg_server_t, ecdsa_curve, esp_tls_ecdsa_curve_t),
    FIELD(esp_tls_cfg_server_t, use_secure_element, bool),
    FIELD(esp_tls_cfg_server_t, tls_handshake_timeout_ms, uint32_t),
#ifdef CONFIG_ESP_TLS_SERVER_SESSION_TICKETS
    FIELD(esp_tls_cfg_server_t, ticket_ctx, esp_tls_server_session_ticket_ctx_t *),
#endif
    FIELD(esp_tls_cfg_server_t, userdata, void *),
#ifdef CONFIG_ESP_TLS_SERVER_CERT_SELECT_HOOK
    FIELD(esp_tls_cfg_server_t, cert_select_cb, esp_tls_handshake_callback),
#endif
#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
    FIELD(esp_tls_cfg_server_t, psk_hint_key, const psk_hint_key_t *),
#endif
    FIELD(esp_tls_cfg_server_t, tls_version, esp_tls_proto_ver_t),
    FIELD(esp_tls_cfg_server_t, ciphersuites_list, const int *),
    {"esp_tls_cfg_server_t", sizeof(esp_tls_cfg_server_t)},
};

ALIAS(esp_tls_cfg_server_t, cacert_buf, cacert_pem_buf);
ALIAS(esp_tls_cfg_server_t, cacert_bytes, cacert_pem_bytes);
ALIAS(esp_tls_cfg_server_t, servercert_buf, servercert_pem_buf);
ALIAS(esp_tls_cfg_server_t, servercert_bytes, servercert_pem_bytes);
ALIAS(esp_tls_cfg_server_t, serverkey_buf, serverkey_pem_buf);
ALIAS(esp_tls_cfg_server_t, serverkey_bytes, serverkey_pem_bytes);

static const struct field fields_of_psk[] = {
    FIELD(psk_hint_key_t, key, const uint8_t *),
    FIELD(psk_hint_key_t, key_size, size_t),
    FIELD(psk_hint_key_t, hint, text),
    {"psk_hint_key_t", sizeof(psk_hint_key_t)},
};

static const struct field fields_of_keep_alive[] = {
    FIELD(tls_keep_alive_cfg_t, keep_alive_enable, bool),
    FIELD(tls_keep_alive_cfg_t, keep_alive_idle, int),
    FIELD(tls_keep_alive_cfg_t, keep_alive_interval, int),
    FIELD(tls_keep_alive_cfg_t, keep_alive_count, int),
    {"tls_keep_alive_cfg_t", sizeof(tls_keep_alive_cfg_t)},
};

static const struct field fields_of_last_error[] = {
    FIELD(esp_tls_last_error_t, last_error, esp_err_t),
    FIELD(esp_tls_last_error_t, esp_tls_error_code, int),
    FIELD(esp_tls_last_error_t, esp_tls_flags, int),
    {"esp_tls_last_error_t", sizeof(esp_tls_last_error_t)},
};

static const struct field fields_of_key_buffer[] = {
    FIELD(esp_key_config_t, source, esp_key_source_t),
    FIELD(esp_key_config_t, buffer.data, const void *),
    FIELD(esp_key_config_t, buffer.len, size_t),
    FIELD(esp_key_config_t, buffer.password, text),
    FIELD(esp_key_config_t, buffer.password_len, size_t),
    FIELD(esp_key_config_t, buffer.format, esp_key_format_t),
    {"esp_key_config_t", sizeof(esp_key_config_t)},
};

static const struct field fields_of_key_psa[] = {
    FIELD(esp_key_config_t, source, esp_key_source_t),
    FIELD(esp_key_config_t, psa.key_id, uint32_t),
    {"esp_key_config_t", sizeof(esp_key_config_t)},
};

_Static_assert(offsetof(esp_key_config_t, buffer) == offsetof(esp_key_config_t, psa),
               "the two kinds of key share their place");

static const struct field fields_of_wait[] = {
    FIELD(esp_tls_wait_t, items, wait_items),
    FIELD(esp_tls_wait_t, count, size_t),
    FIELD(esp_tls_wait_t, timeout_ms, int),
    {"esp_tls_wait_t", sizeof(esp_tls_wait_t)},
};

static const struct field fields_of_wait_item[] = {
    FIELD(esp_tls_wait_item_t, fd, int),
    FIELD(esp_tls_wait_item_t, events, uint8_t),
    {"esp_tls_wait_item_t", sizeof(esp_tls_wait_item_t)},
};

static const struct field fields_of_record[] = {
    FIELD(esp_tls_record_t, phase, esp_tls_phase_t),
    FIELD(esp_tls_record_t, cause, esp_tls_cause_t),
    FIELD(esp_tls_record_t, esp_code, esp_err_t),
    FIELD(esp_tls_record_t, os_errno, int),
    FIELD(esp_tls_record_t, resolver_code, int),
    FIELD(esp_tls_record_t, stack_code, int),
    FIELD(esp_tls_record_t, verify_flags, uint32_t),
    FIELD(esp_tls_record_t, verify_depth, int8_t),
    FIELD(esp_tls_record_t, alert_sent, int16_t),
    FIELD(esp_tls_record_t, alert_received, int16_t),
    FIELD(esp_tls_record_t, option, text),
    FIELD(esp_tls_record_t, mem_size, uint32_t),
    FIELD(esp_tls_record_t, mem_largest_free, uint32_t),
    FIELD(esp_tls_record_t, mem_purpose, uint8_t),
    FIELD(esp_tls_record_t, record_len, uint32_t),
    FIELD(esp_tls_record_t, record_limit, uint32_t),
    FIELD(esp_tls_record_t, address, address_text),
    FIELD(esp_tls_record_t, port, uint16_t),
    FIELD(esp_tls_record_t, bytes_in, uint64_t),
    FIELD(esp_tls_record_t, bytes_out, uint64_t),
    {"esp_tls_record_t", sizeof(esp_tls_record_t)},
};

static const struct field fields_of_timeline[] = {
    FIELD(esp_tls_timeline_t, resolved_us, uint32_t),
    FIELD(esp_tls_timeline_t, connected_us, uint32_t),
    FIELD(esp_tls_timeline_t, handshake_us, uint32_t),
    FIELD(esp_tls_timeline_t, first_byte_us, uint32_t),
    {"esp_tls_timeline_t", sizeof(esp_tls_timeline_t)},
};

static const struct field fields_of_session_info[] = {
    FIELD(esp_tls_session_info_t, version, text),
    FIELD(esp_tls_session_info_t, ciphersuite, text),
    FIELD(esp_tls_session_info_t, alpn, text),
    {"esp_tls_session_info_t", sizeof(esp_tls_session_info_t)},
};

#define LAYOUT(fields)                                                                             \
    {                                                                                              \
        fields, COUNT(fields)                                                                      \
    }

static const struct layout {
    const struct field *fields; /* the last one is the whole struct with its size */
    size_t count;
} layouts[] = {
    LAYOUT(fields_of_cfg),        LAYOUT(fields_of_cfg_server), LAYOUT(fields_of_psk),
    LAYOUT(fields_of_keep_alive), LAYOUT(fields_of_last_error), LAYOUT(fields_of_key_buffer),
    LAYOUT(fields_of_key_psa),    LAYOUT(fields_of_wait),       LAYOUT(fields_of_wait_item),
    LAYOUT(fields_of_record),     LAYOUT(fields_of_timeline),   LAYOUT(fields_of_session_info),
};

static void test_fields_of_each_struct_are_in_order(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT(layouts); i++) {
        const struct field *fields = layouts[i].fields;
        assert_int_equal(fields[0].offset, 0);
        for (size_t k = 1; k < layouts[i].count; k++) {
            if (fields[k].offset <= fields[k - 1].offset) {
                print_error("%s does not lie behind %s\n", fields[k].name, fields[k - 1].name);
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

/* ---- tags: programs write "struct esp_tls_cfg" as well as "esp_tls_cfg_t" ---- */

#define SAME_TYPE(tag, name)                                                                       \
    _Static_assert(_Generic((__typeof__(tag) *)0, name * : 1, default : 0), #tag " is " #name)

SAME_TYPE(struct esp_tls, esp_tls_t);
SAME_TYPE(struct esp_tls_cfg, esp_tls_cfg_t);
SAME_TYPE(struct esp_tls_cfg_server, esp_tls_cfg_server_t);
SAME_TYPE(struct psk_key_hint, psk_hint_key_t);
SAME_TYPE(struct tls_keep_alive_cfg, tls_keep_alive_cfg_t);
SAME_TYPE(struct esp_tls_last_error, esp_tls_last_error_t);
SAME_TYPE(struct esp_key_config, esp_key_config_t);
SAME_TYPE(esp_tls_last_error_t *, esp_tls_error_handle_t);
SAME_TYPE(enum esp_tls_conn_state, esp_tls_conn_state_t);
SAME_TYPE(enum esp_tls_role, esp_tls_role_t);
SAME_TYPE(enum esp_tls_addr_family, esp_tls_addr_family_t);
SAME_TYPE(int, esp_err_t);
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
SAME_TYPE(struct esp_tls_client_session, esp_tls_client_session_t);
_Static_assert(sizeof(esp_tls_client_session_t) == sizeof(mbedtls_ssl_session), "only the session");
#endif
#ifdef CONFIG_ESP_TLS_SERVER_SESSION_TICKETS
SAME_TYPE(struct esp_tls_server_session_ticket_ctx, esp_tls_server_session_ticket_ctx_t);
_Static_assert(sizeof(esp_tls_server_session_ticket_ctx_t) == sizeof(mbedtls_ssl_ticket_context),
               "only the ticket context");
#endif
#ifdef CONFIG_ESP_TLS_SERVER_CERT_SELECT_HOOK
SAME_TYPE(int (*)(mbedtls_ssl_context *), esp_tls_handshake_callback);
#else
SAME_TYPE(void *, esp_tls_handshake_callback);
#endif
#ifdef CONFIG_ESP_TLS_CUSTOM_STACK
SAME_TYPE(struct esp_tls_stack_ops, esp_tls_stack_ops_t);
#endif

/* ---- functions: exact types, by the compiler; nothing is called or linked ---- */

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define SIGNATURE(result, function, ...)                                                           \
    _Static_assert(_Generic(&function, result(*)(__VA_ARGS__) : 1, default : 0),                   \
                   "type of " #function)

SIGNATURE(esp_tls_t *, esp_tls_init, void);
SIGNATURE(int, esp_tls_conn_new_sync, const char *, int, int, const esp_tls_cfg_t *, esp_tls_t *);
SIGNATURE(int, esp_tls_conn_http_new_sync, const char *, const esp_tls_cfg_t *, esp_tls_t *);
SIGNATURE(int, esp_tls_conn_new_async, const char *, int, int, const esp_tls_cfg_t *, esp_tls_t *);
SIGNATURE(int, esp_tls_conn_http_new_async, const char *, const esp_tls_cfg_t *, esp_tls_t *);
SIGNATURE(ssize_t, esp_tls_conn_write, esp_tls_t *, const void *, size_t);
SIGNATURE(ssize_t, esp_tls_conn_read, esp_tls_t *, void *, size_t);
SIGNATURE(int, esp_tls_conn_destroy, esp_tls_t *);
SIGNATURE(ssize_t, esp_tls_get_bytes_avail, esp_tls_t *);
SIGNATURE(esp_err_t, esp_tls_get_conn_sockfd, esp_tls_t *, int *);
SIGNATURE(esp_err_t, esp_tls_set_conn_sockfd, esp_tls_t *, int);
SIGNATURE(esp_err_t, esp_tls_get_conn_state, esp_tls_t *, esp_tls_conn_state_t *);
SIGNATURE(esp_err_t, esp_tls_set_conn_state, esp_tls_t *, esp_tls_conn_state_t);
SIGNATURE(void *, esp_tls_get_ssl_context, esp_tls_t *);
SIGNATURE(esp_err_t, esp_tls_get_error_handle, esp_tls_t *, esp_tls_error_handle_t *);
SIGNATURE(esp_err_t, esp_tls_get_and_clear_last_error, esp_tls_error_handle_t, int *, int *);
SIGNATURE(esp_err_t, esp_tls_get_and_clear_error_type, esp_tls_error_handle_t, esp_tls_error_type_t,
          int *);
SIGNATURE(esp_err_t, esp_tls_plain_tcp_connect, const char *, int, int, const esp_tls_cfg_t *,
          esp_tls_error_handle_t, int *);
#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
SIGNATURE(const int *, esp_tls_get_ciphersuites_list, void);
SIGNATURE(mbedtls_x509_crt *, esp_tls_get_global_ca_store, void);
#endif
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
SIGNATURE(esp_tls_client_session_t *, esp_tls_get_client_session, esp_tls_t *);
SIGNATURE(void, esp_tls_free_client_session, esp_tls_client_session_t *);
#endif
SIGNATURE(esp_err_t, esp_tls_init_global_ca_store, void);
SIGNATURE(esp_err_t, esp_tls_set_global_ca_store, const unsigned char *, const unsigned int);
SIGNATURE(void, esp_tls_free_global_ca_store, void);
SIGNATURE(esp_err_t, esp_tls_cfg_server_session_tickets_init, esp_tls_cfg_server_t *);
SIGNATURE(void, esp_tls_cfg_server_session_tickets_free, esp_tls_cfg_server_t *);
SIGNATURE(int, esp_tls_server_session_create, esp_tls_cfg_server_t *, int, esp_tls_t *);
#ifdef CONFIG_ESP_TLS_USING_MBEDTLS
SIGNATURE(esp_err_t, esp_tls_server_session_init, esp_tls_cfg_server_t *, int, esp_tls_t *);
SIGNATURE(int, esp_tls_server_session_continue_async, esp_tls_t *);
#endif
SIGNATURE(void, esp_tls_server_session_delete, esp_tls_t *);
SIGNATURE(esp_tls_t *, esp_tls_conn_new, const char *, int, int, const esp_tls_cfg_t *);
SIGNATURE(esp_tls_t *, esp_tls_conn_http_new, const char *, const esp_tls_cfg_t *);
SIGNATURE(void, esp_tls_conn_delete, esp_tls_t *);

SIGNATURE(int, esp_crypto_sha1, const unsigned char *, size_t, unsigned char *);
SIGNATURE(int, esp_crypto_base64_encode, unsigned char *, size_t, size_t *, const unsigned char *,
          size_t);

SIGNATURE(esp_err_t, esp_tls_get_wait, esp_tls_t *, esp_tls_wait_t *);
SIGNATURE(esp_err_t, esp_tls_conn_cancel, esp_tls_t *);
SIGNATURE(esp_err_t, esp_tls_set_socket_hook, esp_tls_t *, esp_tls_socket_hook_t, void *);
SAME_TYPE(esp_err_t (*)(int, const char *, void *), esp_tls_socket_hook_t);
SIGNATURE(esp_err_t, esp_tls_get_record, const esp_tls_t *, esp_tls_record_t *);
SIGNATURE(const char *, esp_tls_phase_name, esp_tls_phase_t);
SIGNATURE(const char *, esp_tls_cause_name, esp_tls_cause_t);
SIGNATURE(esp_err_t, esp_tls_get_timeline, const esp_tls_t *, esp_tls_timeline_t *);
SIGNATURE(esp_err_t, esp_tls_get_session_info, const esp_tls_t *, esp_tls_session_info_t *);

#ifdef CONFIG_ESP_TLS_CUSTOM_STACK

/* Each operation sits in its slot, and its wrapper has its type less the first parameter. PARAMS
 * keeps a list together. */
#define PARAMS(...) __VA_ARGS__
#define OPERATION(slot, result, name, with_ctx, params)                                            \
    _Static_assert(offsetof(esp_tls_stack_ops_t, name) == (slot) * sizeof(void *), #name);         \
    _Static_assert(                                                                                \
        _Generic(((esp_tls_stack_ops_t *)0)->name, result(*)(with_ctx) : 1, default : 0),          \
        "type of " #name);                                                                         \
    SIGNATURE(result, esp_tls_custom_stack_##name, params)

/* As OPERATION, for operations that take more than the context. */
#define OPERATION_ON(slot, result, name, ...)                                                      \
    OPERATION(slot, result, name, PARAMS(void *, __VA_ARGS__), PARAMS(__VA_ARGS__))

_Static_assert(offsetof(esp_tls_stack_ops_t, version) == 0, "version");
_Static_assert(sizeof(((esp_tls_stack_ops_t *)0)->version) == 4, "version");
_Static_assert(sizeof(esp_tls_stack_ops_t) == 24 * sizeof(void *), "24 slots");

OPERATION_ON(1, esp_err_t, create_ssl_handle, const char *, size_t, const void *, esp_tls_t *,
             void *);
OPERATION_ON(2, int, handshake, esp_tls_t *, const esp_tls_cfg_t *);
OPERATION_ON(3, ssize_t, read, esp_tls_t *, char *, size_t);
OPERATION_ON(4, ssize_t, write, esp_tls_t *, const char *, size_t);
OPERATION_ON(5, void, conn_delete, esp_tls_t *);
OPERATION_ON(6, void, net_init, esp_tls_t *);
OPERATION_ON(7, void *, get_ssl_context, esp_tls_t *);
OPERATION_ON(8, ssize_t, get_bytes_avail, esp_tls_t *);
OPERATION(9, esp_err_t, init_global_ca_store, void *, void);
OPERATION_ON(10, esp_err_t, set_global_ca_store, const unsigned char *, const unsigned int);
OPERATION(11, void *, get_global_ca_store, void *, void);
OPERATION(12, void, free_global_ca_store, void *, void);
OPERATION(13, const int *, get_ciphersuites_list, void *, void);
OPERATION_ON(14, void *, get_client_session, esp_tls_t *);
OPERATION_ON(15, void, free_client_session, void *);
OPERATION_ON(16, esp_err_t, server_session_ticket_ctx_init, void *);
OPERATION_ON(17, void, server_session_ticket_ctx_free, void *);
OPERATION_ON(18, int, server_session_create, esp_tls_cfg_server_t *, int, esp_tls_t *);
OPERATION_ON(19, esp_err_t, server_session_init, esp_tls_cfg_server_t *, int, esp_tls_t *);
OPERATION_ON(20, int, server_session_continue_async, esp_tls_t *);
OPERATION_ON(21, void, server_session_delete, esp_tls_t *);
OPERATION_ON(22, int, crypto_sha1, const unsigned char *, size_t, unsigned char *);
OPERATION_ON(23, int, crypto_base64_encode, unsigned char *, size_t, size_t *,
             const unsigned char *, size_t);

SIGNATURE(esp_err_t, esp_tls_register_stack, const esp_tls_stack_ops_t *, void *);
SIGNATURE(esp_err_t, esp_tls_unregister_stack, void);
SIGNATURE(const esp_tls_stack_ops_t *, esp_tls_get_registered_stack, void);

#endif /* CONFIG_ESP_TLS_CUSTOM_STACK */

/* ---- a configuration as applications write it ---- */

static void test_cfg_either_name_of_a_credential_sets_it(void **state)
{
    (void)state;
    static const unsigned char pem[] = "pem";
    const esp_tls_cfg_t newer = {.cacert_buf = pem,
                                 .cacert_bytes = sizeof(pem),
                                 .clientcert_buf = pem,
                                 .clientcert_bytes = sizeof(pem),
                                 .clientkey_buf = pem,
                                 .clientkey_bytes = sizeof(pem)};
    assert_ptr_equal(newer.cacert_pem_buf, pem);
    assert_int_equal(newer.cacert_pem_bytes, sizeof(pem));
    assert_ptr_equal(newer.clientcert_pem_buf, pem);
    assert_int_equal(newer.clientcert_pem_bytes, sizeof(pem));
    assert_ptr_equal(newer.clientkey_pem_buf, pem);
    assert_int_equal(newer.clientkey_pem_bytes, sizeof(pem));

    const esp_tls_cfg_server_t older = {.cacert_pem_buf = pem,
                                        .cacert_pem_bytes = sizeof(pem),
                                        .servercert_pem_buf = pem,
                                        .servercert_pem_bytes = sizeof(pem),
                                        .serverkey_pem_buf = pem,
                                        .serverkey_pem_bytes = sizeof(pem)};
    assert_ptr_equal(older.cacert_buf, pem);
    assert_int_equal(older.cacert_bytes, sizeof(pem));
    assert_ptr_equal(older.servercert_buf, pem);
    assert_int_equal(older.servercert_bytes, sizeof(pem));
    assert_ptr_equal(older.serverkey_buf, pem);
    assert_int_equal(older.serverkey_bytes, sizeof(pem));
}

static void test_key_config_zeroed_names_no_key(void **state)
{
    (void)state;
    esp_key_config_t key;
    memset(&key, 0, sizeof(key));
    assert_int_equal(key.source, ESP_KEY_SOURCE_NONE);
    assert_int_equal(key.buffer.format, ESP_KEY_FORMAT_AUTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enumerators_all_have_their_value),
        cmocka_unit_test(test_macros_all_have_their_value),
        cmocka_unit_test(test_fields_of_each_struct_are_in_order),
        cmocka_unit_test(test_cfg_either_name_of_a_credential_sets_it),
        cmocka_unit_test(test_key_config_zeroed_names_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
