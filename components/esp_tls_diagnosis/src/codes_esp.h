/* Every esp_err_t of this library and of ESP-IDF that a connection can meet, with what it means and
 * why it usually happens, the likeliest reason first.
 *
 * X(value, name, reason, reason, reason, sentence) */
#ifndef DIAGNOSIS_CODES_ESP_H
#define DIAGNOSIS_CODES_ESP_H

/* clang-format off */
#define CODES_ESP(X) \
    X(0, ESP_OK, NONE, NONE, NONE, "all went well") \
    X(-1, ESP_FAIL, OTHER, NONE, NONE, "it failed; another code, or the log, says why") \
    /* of everybody */ \
    X(0x101, ESP_ERR_NO_MEM, NO_MEMORY, MEMORY_FRAGMENTED, MEMORY_LIMIT, "there was not enough memory") \
    X(0x102, ESP_ERR_INVALID_ARG, OPTION_INVALID, NONE, NONE, "an argument, or a field of the configuration, has no valid value") \
    X(0x103, ESP_ERR_INVALID_STATE, CALL_OUT_OF_ORDER, NONE, NONE, "the call was made at the wrong time: before something else, or twice") \
    X(0x104, ESP_ERR_INVALID_SIZE, OPTION_INVALID, HTTP_LIMIT, NONE, "a size is too large or too small") \
    X(0x105, ESP_ERR_NOT_FOUND, OPTION_INVALID, OTA_PARTITION, NONE, "what was asked for does not exist") \
    X(0x106, ESP_ERR_NOT_SUPPORTED, OPTION_NOT_BUILT, NONE, NONE, "this build, or this chip, does not have what was asked for") \
    X(0x107, ESP_ERR_TIMEOUT, READ_TIMEOUT, WRITE_TIMEOUT, CONNECT_TIMEOUT, "the time that was set for the call passed") \
    X(0x108, ESP_ERR_INVALID_RESPONSE, HTTP_MALFORMED, PEER_NOT_TLS, NONE, "what the other side answered makes no sense") \
    X(0x109, ESP_ERR_INVALID_CRC, OTA_IMAGE, STORAGE_FAILED, NONE, "a checksum does not match: the data was damaged on the way or in memory") \
    X(0x10A, ESP_ERR_INVALID_VERSION, OTA_IMAGE, STORAGE_FAILED, NONE, "the data is of a version that is not known here") \
    X(0x10B, ESP_ERR_INVALID_MAC, OPTION_INVALID, NONE, NONE, "the MAC address is not valid") \
    X(0x10C, ESP_ERR_NOT_FINISHED, WANT_MORE, NONE, NONE, "no error: the operation goes on, and the call has to be made again") \
    X(0x10D, ESP_ERR_NOT_ALLOWED, OPTION_INVALID, CALL_OUT_OF_ORDER, NONE, "the settings do not allow this") \
    /* updates over the air */ \
    X(0x1500, ESP_ERR_OTA_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those of app_update count from here") \
    X(0x1501, ESP_ERR_OTA_PARTITION_CONFLICT, OTA_PARTITION, NONE, NONE, "the update was to be written over the program that is running") \
    X(0x1502, ESP_ERR_OTA_SELECT_INFO_INVALID, OTA_PARTITION, NONE, NONE, "the partition that says which program starts (otadata) has no valid content") \
    X(0x1503, ESP_ERR_OTA_VALIDATE_FAILED, OTA_IMAGE, HTTP_INCOMPLETE, NONE, "what was downloaded is not a valid program image for this chip") \
    X(0x1504, ESP_ERR_OTA_SMALL_SEC_VER, OTA_IMAGE, NONE, NONE, "the image has a lower security version than the device allows (anti-rollback)") \
    X(0x1505, ESP_ERR_OTA_ROLLBACK_FAILED, OTA_PARTITION, NONE, NONE, "there is no earlier program to go back to") \
    X(0x1506, ESP_ERR_OTA_ROLLBACK_INVALID_STATE, OTA_CONFIRM, NONE, NONE, "the running program has not been confirmed yet, so no update may begin") \
    X(0x2000, ESP_ERR_IMAGE_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those about program images count from here") \
    X(0x2001, ESP_ERR_IMAGE_FLASH_FAIL, STORAGE_FAILED, NONE, NONE, "the flash could not be read while an image was being checked") \
    X(0x2002, ESP_ERR_IMAGE_INVALID, OTA_IMAGE, NONE, NONE, "the image is damaged, or made for another chip") \
    X(0x3000, ESP_ERR_WIFI_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those of Wi-Fi count from here") \
    X(0x4000, ESP_ERR_MESH_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those of the mesh network count from here") \
    X(0x6000, ESP_ERR_FLASH_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those of the flash driver count from here") \
    /* the HTTP client */ \
    X(0x7000, ESP_ERR_HTTP_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those of the HTTP client count from here") \
    X(0x7001, ESP_ERR_HTTP_MAX_REDIRECT, HTTP_REDIRECT, NONE, NONE, "the server sent the client on more often than max_redirection_count allows") \
    X(0x7002, ESP_ERR_HTTP_CONNECT, TCP_REFUSED, ROOT_NOT_TRUSTED, DNS_NO_NAME, "the HTTP client could not connect; the codes of the connection below it say why") \
    X(0x7003, ESP_ERR_HTTP_WRITE_DATA, CONNECTION_LOST, WRITE_TIMEOUT, NONE, "the request could not be sent to its end") \
    X(0x7004, ESP_ERR_HTTP_FETCH_HEADER, HTTP_NO_ANSWER, HTTP_MALFORMED, READ_TIMEOUT, "the head of the answer did not come, or is no HTTP") \
    X(0x7005, ESP_ERR_HTTP_INVALID_TRANSPORT, OPTION_INVALID, NONE, NONE, "the URL's scheme is none that the client was given: it is neither http nor https") \
    X(0x7006, ESP_ERR_HTTP_CONNECTING, WANT_MORE, NONE, NONE, "no error: the connection is still being opened") \
    X(0x7007, ESP_ERR_HTTP_EAGAIN, WANT_MORE, READ_TIMEOUT, NONE, "nothing came within the time, and the call may be made again") \
    X(0x7008, ESP_ERR_HTTP_CONNECTION_CLOSED, CLOSED_IN_ORDER, HTTP_INCOMPLETE, NONE, "the server closed the connection where more was to come") \
    X(0x7009, ESP_ERR_HTTP_NOT_MODIFIED, HTTP_UNCHANGED, NONE, NONE, "the server says that nothing has changed since the copy that the device has (status 304)") \
    X(0x700A, ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE, HTTP_RANGE, NONE, NONE, "the range that was asked for lies beyond the end (status 416)") \
    X(0x700B, ESP_ERR_HTTP_READ_TIMEOUT, READ_TIMEOUT, NONE, NONE, "the rest of the answer did not come in time") \
    X(0x700C, ESP_ERR_HTTP_INCOMPLETE_DATA, HTTP_INCOMPLETE, NONE, NONE, "the answer ended before all of it had come") \
    X(0x700D, ESP_ERR_HTTP_REDIRECT_DOWNGRADE, HTTP_REDIRECT, NONE, NONE, "the server sent the client from https to http, which is not followed") \
    X(0x700E, ESP_ERR_HTTP_HEADER_TOO_LONG, HTTP_LIMIT, NONE, NONE, "a header is longer than there is room for (buffer_size, buffer_size_tx)") \
    X(0x700F, ESP_ERR_HTTP_BAD_LOCATION, HTTP_LOCATION, NONE, NONE, "the server sent the client to what is no URL of http or https") \
    /* connections */ \
    X(0x8000, ESP_ERR_ESP_TLS_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those of ESP-TLS count from here") \
    X(0x8001, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, DNS_NO_NAME, DNS_NO_SERVER, DNS_NO_ADDRESS, "the server's name has no usable address") \
    X(0x8002, ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET, TCP_NO_SOCKETS, NO_MEMORY, NONE, "no socket could be made") \
    X(0x8003, ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY, DNS_NO_ADDRESS, OPTION_INVALID, NONE, "the address is of a family that is not supported: neither IPv4 nor IPv6, or not the one of addr_family") \
    X(0x8004, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST, TCP_REFUSED, TCP_UNREACHABLE, TCP_NO_ANSWER, "TCP to the server could not be opened; errno says why") \
    X(0x8005, ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED, TCP_INTERFACE, OPTION_INVALID, NONE, "an option of the socket could not be set: keep-alive, or the interface of if_name") \
    X(0x8006, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, CONNECT_TIMEOUT, HANDSHAKE_SILENT, HANDSHAKE_SLOW, "the connection was not complete within timeout_ms") \
    X(0x8007, ESP_ERR_ESP_TLS_SE_FAILED, HARDWARE_FAILED, OPTION_NOT_BUILT, NONE, "the secure element that holds the key could not be used") \
    X(0x8008, ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, CLOSED_WITHOUT_NOTIFY, CLOSED_IN_RECORD, NONE, "the peer closed TCP without closing TLS first") \
    X(0x8009, ESP_ERR_ESP_TLS_SERVER_HANDSHAKE_TIMEOUT, HANDSHAKE_SLOW, HANDSHAKE_SILENT, NONE, "a client did not finish the handshake with this server in time") \
    X(0x8010, ESP_ERR_MBEDTLS_CERT_PARTLY_OK, INPUT_MALFORMED, INPUT_UNSUPPORTED, NONE, "of several certificates some could not be read; the others are in use") \
    X(0x8011, ESP_ERR_MBEDTLS_CTR_DRBG_SEED_FAILED, NO_RANDOM, NONE, NONE, "the random generator could not be started") \
    X(0x8012, ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED, NAME_UNUSABLE, NO_MEMORY, NONE, "the server's name could not be set: too long, or no memory") \
    X(0x8013, ESP_ERR_MBEDTLS_SSL_CONFIG_DEFAULTS_FAILED, NO_MEMORY, STACK_INTERNAL, NONE, "the TLS library's defaults could not be set") \
    X(0x8014, ESP_ERR_MBEDTLS_SSL_CONF_ALPN_PROTOCOLS_FAILED, OPTION_INVALID, NONE, NONE, "alpn_protos could not be set: each name has 1 to 255 bytes, and the list ends in NULL") \
    X(0x8015, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, INPUT_NO_NUL, INPUT_NOT_A_CERTIFICATE, INPUT_LINE_BREAKS, "a certificate of the configuration cannot be read") \
    X(0x8016, ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED, KEY_MISMATCH, NO_MEMORY, NONE, "the own certificate and key could not be set") \
    X(0x8017, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED, NO_MEMORY, NO_TRUST_OPTION, OPTION_INVALID, "the connection could not be set up: not enough memory for the record buffers, or no trust option") \
    X(0x8018, ESP_ERR_MBEDTLS_SSL_WRITE_FAILED, CONNECTION_LOST, CLOSED_WITHOUT_NOTIFY, NONE, "writing over TLS failed: mostly because the peer is gone") \
    X(0x8019, ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED, KEY_PASSWORD, INPUT_WRONG_KIND, INPUT_NO_NUL, "the private key cannot be read") \
    X(0x801A, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, ROOT_NOT_TRUSTED, NO_COMMON_SUITE, CLOSED_IN_HANDSHAKE, "the TLS handshake failed; the TLS library's code and the verify flags say why") \
    X(0x801B, ESP_ERR_MBEDTLS_SSL_CONF_PSK_FAILED, OPTION_INVALID, PSK_UNKNOWN, NONE, "the pre-shared key of psk_hint_key could not be set") \
    X(0x801C, ESP_ERR_MBEDTLS_SSL_TICKET_SETUP_FAILED, NO_MEMORY, NO_RANDOM, NONE, "session tickets could not be set up") \
    X(0x801D, ESP_ERR_MBEDTLS_SSL_READ_FAILED, CONNECTION_LOST, CLOSED_WITHOUT_NOTIFY, RECORD_DAMAGED, "reading over TLS failed") \
    /* of wolfSSL in older releases */ \
    X(0x8031, ESP_ERR_WOLFSSL_SSL_SET_HOSTNAME_FAILED, NAME_UNUSABLE, NO_MEMORY, NONE, "wolfSSL, of older releases: the server's name could not be set") \
    X(0x8032, ESP_ERR_WOLFSSL_SSL_CONF_ALPN_PROTOCOLS_FAILED, OPTION_INVALID, NONE, NONE, "wolfSSL, of older releases: alpn_protos could not be set") \
    X(0x8033, ESP_ERR_WOLFSSL_CERT_VERIFY_SETUP_FAILED, INPUT_NO_NUL, INPUT_NOT_A_CERTIFICATE, NONE, "wolfSSL, of older releases: a certificate of the configuration cannot be read") \
    X(0x8034, ESP_ERR_WOLFSSL_KEY_VERIFY_SETUP_FAILED, KEY_PASSWORD, INPUT_WRONG_KIND, NONE, "wolfSSL, of older releases: the private key cannot be read") \
    X(0x8035, ESP_ERR_WOLFSSL_SSL_HANDSHAKE_FAILED, ROOT_NOT_TRUSTED, NO_COMMON_SUITE, CLOSED_IN_HANDSHAKE, "wolfSSL, of older releases: the TLS handshake failed") \
    X(0x8036, ESP_ERR_WOLFSSL_CTX_SETUP_FAILED, NO_MEMORY, NONE, NONE, "wolfSSL, of older releases: there was no memory for the common settings") \
    X(0x8037, ESP_ERR_WOLFSSL_SSL_SETUP_FAILED, NO_MEMORY, NO_TRUST_OPTION, NONE, "wolfSSL, of older releases: the connection could not be set up") \
    X(0x8038, ESP_ERR_WOLFSSL_SSL_WRITE_FAILED, CONNECTION_LOST, NONE, NONE, "wolfSSL, of older releases: writing over TLS failed") \
    /* further components */ \
    X(0x9000, ESP_ERR_HTTPS_OTA_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those of esp_https_ota count from here") \
    X(0x9001, ESP_ERR_HTTPS_OTA_IN_PROGRESS, WANT_MORE, NONE, NONE, "no error: the update goes on, and esp_https_ota_perform() has to be called again") \
    X(0xC000, ESP_ERR_HW_CRYPTO_BASE, RANGE_BEGIN, HARDWARE_FAILED, NONE, "not a code of its own: those of the crypto peripherals count from here") \
    X(0xD000, ESP_ERR_MEMPROT_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those of memory protection count from here") \
    X(0xE000, ESP_ERR_TCP_TRANSPORT_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those of tcp_transport count from here") \
    X(0xE001, ESP_ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT, READ_TIMEOUT, CONNECT_TIMEOUT, NONE, "the transport waited, and nothing came in time") \
    X(0xE002, ESP_ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN, CLOSED_WITHOUT_NOTIFY, CLOSED_IN_ORDER, NONE, "the peer closed the connection") \
    X(0xE003, ESP_ERR_TCP_TRANSPORT_CONNECTION_FAILED, CONNECTION_LOST, TCP_REFUSED, NONE, "the connection of the transport failed") \
    X(0xE004, ESP_ERR_TCP_TRANSPORT_NO_MEM, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "the transport had not enough memory") \
    X(0xE010, ESP_ERR_TCP_TRANSPORT_PROXY_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those about proxies count from here") \
    X(0xE011, ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, PROXY_NO_PROXY, NONE, NONE, "what the proxy answered is not of its protocol") \
    X(0xE012, ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED, PROXY_AUTH, NONE, NONE, "the proxy wants user name and password, and none were given") \
    X(0xE013, ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, PROXY_AUTH, NONE, NONE, "the proxy does not accept that user name and password") \
    X(0xE014, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED, PROXY_DENIED, NONE, NONE, "the proxy's rules do not allow this connection") \
    X(0xE015, ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_NOT_FOUND, PROXY_TARGET, DNS_NO_NAME, NONE, "the proxy found no address for the server's name") \
    X(0xE016, ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE, PROXY_TARGET, NONE, NONE, "the proxy could not connect to the server") \
    X(0xE017, ESP_ERR_TCP_TRANSPORT_PROXY_FAILED, PROXY_FAILED, NONE, NONE, "the proxy reports a fault of its own") \
    /* WebSocket */ \
    X(0xE020, ESP_ERR_TCP_TRANSPORT_WS_BASE, RANGE_BEGIN, NONE, NONE, "not a code of its own: those of WebSocket count from here") \
    X(0xE021, ESP_ERR_TCP_TRANSPORT_WS_MALFORMED, HTTP_MALFORMED, NONE, NONE, "what the server answered to the WebSocket request is not HTTP/1.1") \
    X(0xE022, ESP_ERR_TCP_TRANSPORT_WS_HEADER_TOO_LONG, HTTP_LIMIT, NONE, NONE, "the head of the answer is longer than CONFIG_WS_BUFFER_SIZE") \
    X(0xE023, ESP_ERR_TCP_TRANSPORT_WS_REQUEST_TOO_LONG, HTTP_LIMIT, NONE, NONE, "the WebSocket request is longer than CONFIG_WS_BUFFER_SIZE") \
    X(0xE024, ESP_ERR_TCP_TRANSPORT_WS_NOT_UPGRADED, WS_REFUSED, HTTP_STATUS, NONE, "the server answered with another status than 101: it did not change over to WebSocket") \
    X(0xE025, ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE, WS_REFUSED, WS_FAULT, NONE, "the answer has no right Upgrade and Connection headers") \
    X(0xE026, ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT, WS_FAULT, NONE, NONE, "the answer's Sec-WebSocket-Accept does not belong to this request: a cache or something else answers") \
    X(0xE027, ESP_ERR_TCP_TRANSPORT_WS_BAD_SUBPROTOCOL, WS_FAULT, NONE, NONE, "the server chose a subprotocol that was not offered") \
    X(0xE028, ESP_ERR_TCP_TRANSPORT_WS_BAD_EXTENSION, WS_FAULT, NONE, NONE, "the server chose an extension that was not offered, such as compression") \
    X(0xE029, ESP_ERR_TCP_TRANSPORT_WS_BAD_REDIRECT, HTTP_REDIRECT, NONE, NONE, "the server sends the WebSocket elsewhere, and does not say where") \
    X(0xE02A, ESP_ERR_TCP_TRANSPORT_WS_PROTOCOL, WS_FAULT, NONE, NONE, "a frame breaks the rules of RFC 6455") \
    X(0xE02B, ESP_ERR_TCP_TRANSPORT_WS_NOT_UTF8, WS_FAULT, NONE, NONE, "a text message is not UTF-8") \
    X(0xE02C, ESP_ERR_TCP_TRANSPORT_WS_TOO_LONG, WS_FAULT, NONE, NONE, "a message is longer than is taken here") \
    X(0xE02D, ESP_ERR_TCP_TRANSPORT_WS_CLOSED, CLOSED_IN_ORDER, NONE, NONE, "the server closed the WebSocket in order") \
    X(0xE02E, ESP_ERR_TCP_TRANSPORT_WS_CLOSE_TIMEOUT, READ_TIMEOUT, NONE, NONE, "the server did not answer the closing of the WebSocket in time") \
    X(0xE02F, ESP_ERR_TCP_TRANSPORT_WS_PONG_TIMEOUT, READ_TIMEOUT, CONNECTION_LOST, NONE, "the server did not answer a ping in time: it, or the way to it, is gone")
/* clang-format on */

#endif
