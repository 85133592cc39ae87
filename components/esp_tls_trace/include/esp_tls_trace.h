/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_trace.h: what a connection says and hears: messages, records, captures, key logs
 *
 * A trace is set on a handle before it connects. It has up to four parts, each a callback:
 *   message  each handshake message, encrypted ones too: its type, length and direction
 *   record   each TLS record as it is on the wire
 *   capture  the connection as a pcapng file, made from within: no privileges, no packet filter
 *   keylog   the secrets of the connection, line by line, in the format of SSLKEYLOGFILE
 *
 *     static esp_tls_capture_t file = {.write = append_to_file, .arg = fd};
 *     const esp_tls_trace_t trace = {.message = on_message, .capture = &file};
 *
 *     esp_tls_set_trace(tls, &trace);
 *     esp_tls_conn_new_sync(...);
 *
 * A capture has Ethernet frames with IP and TCP headers around the bytes that were really sent and
 * received, with real addresses, ports and times. What TCP itself does below the socket is not seen
 * here and stands in its plain form: a handshake, acknowledgements, FIN or RST where the connection
 * learned of one; no retransmissions. The secrets are embedded, so that Wireshark and tshark show
 * the contents as they are opened. A connection over a stream (a tunnel, TLS in TLS) appears as a
 * TCP connection of its own, between addresses of 192.0.2.0/24 (RFC 5737). An attempt to connect
 * that failed leaves no frame.
 *
 * WHOEVER HAS A CAPTURE WITH SECRETS, OR A KEY LOG, CAN READ THE CONNECTION. Both exist only with
 * CONFIG_ESP_TLS_CAPTURE, and each connection that gives its secrets away logs a warning.
 *
 * Callbacks are called from within the call that connects, reads, writes or closes. They must not
 * call esp-tls with the same handle. A callback that fails or takes long does not change what the
 * connection does; it only takes that long.
 *
 * Memory: about 150 bytes per handle with a trace, 1,700 with a capture, nothing per packet.
 */
#ifndef ESP_TLS_TRACE_H
#define ESP_TLS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_tls.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Which way. */
typedef enum esp_tls_trace_direction {
    ESP_TLS_TRACE_SENT = 0,
    ESP_TLS_TRACE_RECEIVED
} esp_tls_trace_direction_t;

/** The type of a ServerHello that is a HelloRetryRequest: what drafts of TLS 1.3 gave it (RFC 8446
 *  section 4, hello_retry_request_RESERVED). */
#define ESP_TLS_TRACE_HELLO_RETRY_REQUEST 6

/** A handshake message. */
typedef struct esp_tls_trace_message {
    esp_tls_trace_direction_t direction;
    uint8_t type;        /**< HandshakeType (RFC 8446 section 4, RFC 5246 section 7.4) */
    uint32_t length;     /**< of its body in bytes, without the 4 bytes of header */
    uint64_t time_us;    /**< since the connect call began, on the monotonic clock */
    uint16_t records;    /**< records that it came or went in; 0: it was in the record of the one
                            before */
    uint32_t record_len; /**< length of the last of them, as in its header; 0 with records == 0 */
} esp_tls_trace_message_t;

/** A TLS record. It is told of when its header has been sent or received. */
typedef struct esp_tls_trace_record {
    esp_tls_trace_direction_t direction;
    uint8_t type;     /**< ContentType on the wire (RFC 8446 section 5.1): 22 handshake, 23
                         application data and all that TLS 1.3 encrypts, 21 alert, 20
                         ChangeCipherSpec */
    uint16_t length;  /**< as the header says, without the 5 bytes of header */
    uint64_t time_us; /**< as above */
} esp_tls_trace_record_t;

/** Where a capture goes. All zero but `write`; one for any number of connections, which then stand
 *  in one file, but for one thread at a time. */
typedef struct esp_tls_capture {
    /** Take a block of a pcapng file, a whole one each time. They follow each other in the file.
     *  @param block  valid during the call; may contain secrets
     *  @return ESP_OK; other: the capture ends here, which is logged once, and the connections go
     *    on */
    esp_err_t (*write)(void *arg, const void *block, size_t len);
    void *arg;            /**< handed to write */
    bool without_secrets; /**< true: what is encrypted stays so for whoever reads the capture */
    esp_err_t error;      /**< out: what write returned when it failed; nothing was written after */
    uint32_t connections; /**< out: that are in it; the first of them wrote the head of the file */
} esp_tls_capture_t;

/** What to tell of. Parts that are NULL are off. */
typedef struct esp_tls_trace {
    void (*message)(void *arg, const esp_tls_trace_message_t *message);
    void (*record)(void *arg, const esp_tls_trace_record_t *record);
    /** @param line  NUL-terminated, without a newline: label, client random and secret; valid
     *               during the call, and wiped after it */
    void (*keylog)(void *arg, const char *line);
    void *arg;                  /**< handed to these three */
    esp_tls_capture_t *capture; /**< borrowed until the handle is destroyed */
    int stream_fd;     /**< of a handle with a stream (esp_tls_stream.h) that is nothing but
                                   this socket, so that the capture shows its addresses; 0: none */
    bool log_messages; /**< log a line per handshake message, tag "esp-tls", level INFO */
} esp_tls_trace_t;

/** Set the trace of a handle.
 *  @param tls    a handle that is not connected
 *  @param trace  copied; NULL: none
 *  @return ESP_OK                 set
 *          ESP_ERR_INVALID_ARG    tls is NULL, or the capture has no write
 *          ESP_ERR_INVALID_STATE  the handle is connected, or connects
 *          ESP_ERR_NOT_SUPPORTED  this build has no traces (CONFIG_ESP_TLS_TRACE), or no captures
 *                                 and key logs (CONFIG_ESP_TLS_CAPTURE) and one is asked for
 *          ESP_ERR_NO_MEM         no memory
 *  Blocks: no. Memory: as above, until destroy. Threads: as a connect.
 *  Messages are told of where Mbed TLS is built with this library; over the system's Mbed TLS
 *  (ESP_TLS_SYSTEM_MBEDTLS) `message` and `log_messages` stay silent. */
esp_err_t esp_tls_set_trace(esp_tls_t *tls, const esp_tls_trace_t *trace);

/** Let Mbed TLS's own debug messages of one connection through to the log: tag "mbedtls", level 1
 *  as warning, 2 info, 3 debug, 4 verbose. They can show secrets.
 *  @param level  0: none; 4: all. At first it is CONFIG_MBEDTLS_DEBUG_LEVEL
 *  @return ESP_OK                 at once, and for connections to come of this handle
 *          ESP_ERR_INVALID_ARG    tls is NULL, or level is none
 *          ESP_ERR_NOT_SUPPORTED  this build has no such messages (CONFIG_MBEDTLS_DEBUG)
 *  Blocks: no. Memory: none. Threads: as a read. */
esp_err_t esp_tls_set_debug_level(esp_tls_t *tls, int level);

/** Name of a handshake message: "ClientHello", "Certificate", ...; "?" for one that has none.
 *  Static text, any thread. */
const char *esp_tls_trace_message_name(uint8_t type);

/** Name of a record's content type: "handshake", "alert", ...; "?" for one that has none.
 *  Static text, any thread. */
const char *esp_tls_trace_record_name(uint8_t type);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_TRACE_H */
