/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_transport_ws.h: WebSockets (RFC 6455), the client's side
 *
 * A transport over another one: TCP for ws, TLS for wss, a tunnel below either
 * (esp_transport_ssl_set_parent()). A connect brings the parent up, sends the opening handshake and
 * checks the answer: the status is 101, Upgrade and Connection say so, there is one
 * Sec-WebSocket-Accept and all of it belongs to the key, a subprotocol is one of those offered, and
 * there is no extension. Then
 *
 *     a read   gives payload of the current frame, never of two at once. After it
 *              esp_transport_ws_get_read_opcode(), _get_fin_flag() and _get_read_payload_len() tell
 *              what frame that was. An empty frame gives 0, and a control frame that was answered
 *              here, too; of the time that passed 0 means that no header came (opcode NONE), or
 *              not all of a payload
 *     a write  sends one frame: binary, and the last of its message. Of length 0 it sends a Ping.
 *              esp_transport_ws_send_raw() sends any other
 *
 * A frame is masked on its way into a buffer of CONFIG_WS_BUFFER_SIZE bytes: the caller's bytes are
 * only read. A call that returns less than all of a frame has announced the whole length: the calls
 * that follow go on with this frame, whatever opcode they are given, until it is complete. No
 * control frame can be sent meanwhile (RFC 6455 section 5.4).
 *
 * Pings are answered, Pongs dropped, a Close is answered with the same code, and then reads wait
 * for the server to end the connection: all within reads (and esp_transport_poll_read(), which
 * sends what is due, but takes nothing in). With propagate_control_frames the application gets all
 * three instead, and answers itself.
 *
 * What comes and breaks the rules ends in -1, with ESP_ERR_TCP_TRANSPORT_WS_... in the error handle
 * and a Close of the right code to the server: reserved bits and opcodes, control frames that are
 * fragmented or longer than 125 bytes, continuations of nothing, masked frames, lengths of 2^31 and
 * more or not in their shortest form, text that is no UTF-8, bad Closes. After it nothing is read
 * or written any more: close.
 *
 * esp_transport_close() ends the parent's connection, and sends no Close; esp_transport_ws_policy.h
 * has a close handshake, keep-alive by pings, limits.
 *
 * With timeout 0 and esp_transport_connect_async() nothing blocks. Threads: as esp_transport.h.
 * Memory: about 700 bytes, the texts that were set, CONFIG_WS_BUFFER_SIZE (with
 * CONFIG_WS_DYNAMIC_BUFFER only while connecting and writing), and 1 KB for the parser of the
 * answer while connecting. No allocation grows with what the server sends. */
#ifndef ESP_TRANSPORT_WS_H
#define ESP_TRANSPORT_WS_H

#include <stdbool.h>
#include <stddef.h>

#include "esp_transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/** This version can store the response's header. */
#define ESP_TRANSPORT_WS_STORE_RESPONSE_HEADERS 1

/* What a WebSocket can fail with, in the error handle; from below there are others. */
#define ESP_ERR_TCP_TRANSPORT_WS_BASE (ESP_ERR_TCP_TRANSPORT_BASE + 0x20)
/** The answer is no HTTP/1.1 response */
#define ESP_ERR_TCP_TRANSPORT_WS_MALFORMED (ESP_ERR_TCP_TRANSPORT_WS_BASE + 1)
/** The answer's header is longer than CONFIG_WS_BUFFER_SIZE */
#define ESP_ERR_TCP_TRANSPORT_WS_HEADER_TOO_LONG (ESP_ERR_TCP_TRANSPORT_WS_BASE + 2)
/** The request is longer than CONFIG_WS_BUFFER_SIZE */
#define ESP_ERR_TCP_TRANSPORT_WS_REQUEST_TOO_LONG (ESP_ERR_TCP_TRANSPORT_WS_BASE + 3)
/** The status is neither 101 nor a redirect: esp_transport_ws_get_upgrade_request_status() */
#define ESP_ERR_TCP_TRANSPORT_WS_NOT_UPGRADED (ESP_ERR_TCP_TRANSPORT_WS_BASE + 4)
/** Upgrade or Connection is missing or wrong */
#define ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE (ESP_ERR_TCP_TRANSPORT_WS_BASE + 5)
/** Sec-WebSocket-Accept is missing, wrong or there twice */
#define ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT (ESP_ERR_TCP_TRANSPORT_WS_BASE + 6)
/** A subprotocol that was not offered */
#define ESP_ERR_TCP_TRANSPORT_WS_BAD_SUBPROTOCOL (ESP_ERR_TCP_TRANSPORT_WS_BASE + 7)
/** An extension that was not offered */
#define ESP_ERR_TCP_TRANSPORT_WS_BAD_EXTENSION (ESP_ERR_TCP_TRANSPORT_WS_BASE + 8)
/** A redirect without a usable Location */
#define ESP_ERR_TCP_TRANSPORT_WS_BAD_REDIRECT (ESP_ERR_TCP_TRANSPORT_WS_BASE + 9)
/** A frame breaks the rules: Close 1002 was sent */
#define ESP_ERR_TCP_TRANSPORT_WS_PROTOCOL (ESP_ERR_TCP_TRANSPORT_WS_BASE + 0xA)
/** Text that is no UTF-8: Close 1007 was sent */
#define ESP_ERR_TCP_TRANSPORT_WS_NOT_UTF8 (ESP_ERR_TCP_TRANSPORT_WS_BASE + 0xB)
/** A frame or message is longer than is taken: Close 1009 was sent */
#define ESP_ERR_TCP_TRANSPORT_WS_TOO_LONG (ESP_ERR_TCP_TRANSPORT_WS_BASE + 0xC)
/** The server closed the WebSocket in order */
#define ESP_ERR_TCP_TRANSPORT_WS_CLOSED (ESP_ERR_TCP_TRANSPORT_WS_BASE + 0xD)
/** It did not answer a Close in time */
#define ESP_ERR_TCP_TRANSPORT_WS_CLOSE_TIMEOUT (ESP_ERR_TCP_TRANSPORT_WS_BASE + 0xE)
/** It did not answer a Ping in time */
#define ESP_ERR_TCP_TRANSPORT_WS_PONG_TIMEOUT (ESP_ERR_TCP_TRANSPORT_WS_BASE + 0xF)

/** First byte of a frame: an opcode, with or without FIN (RFC 6455 section 5.2). */
typedef enum ws_transport_opcodes {
    WS_TRANSPORT_OPCODES_CONT = 0x00,
    WS_TRANSPORT_OPCODES_TEXT = 0x01,
    WS_TRANSPORT_OPCODES_BINARY = 0x02,
    WS_TRANSPORT_OPCODES_CLOSE = 0x08,
    WS_TRANSPORT_OPCODES_PING = 0x09,
    WS_TRANSPORT_OPCODES_PONG = 0x0a,
    WS_TRANSPORT_OPCODES_FIN = 0x80,
    WS_TRANSPORT_OPCODES_NONE = 0x100, /**< of a read: no frame's header came */
} ws_transport_opcodes_t;

/** Sees the header lines of an answer, without line end and without a NUL behind them; all but
 *  Sec-WebSocket-Accept, of every final status. Must not call the transport. */
typedef void (*ws_header_hook_t)(void *user_context, const char *line, int line_len);

/** All settings at once. Texts are copied. */
typedef struct {
    const char *ws_path;           /**< NULL: "/" */
    const char *sub_protocol;      /**< "a, b"; NULL: none */
    const char *user_agent;        /**< NULL: "ESP32 Websocket Client" */
    const char *headers;           /**< NULL: none */
    ws_header_hook_t header_hook;  /**< NULL: none */
    void *header_user_context;     /**< handed to it */
    const char *auth;              /**< NULL: none */
    char *response_headers;        /**< see esp_transport_ws_set_response_headers(); NULL: none */
    size_t response_headers_len;   /**< its size */
    bool propagate_control_frames; /**< the application answers Pings and Closes */
} esp_transport_ws_config_t;

/** Make a WebSocket. Default ports are the application's business, as with other transports.
 *  @param parent_handle  connects to the server; not owned: it must outlive this one
 *  @return NULL: no parent, or no memory. Blocks: no. Threads: any. */
esp_transport_handle_t esp_transport_ws_init(esp_transport_handle_t parent_handle);

/* Settings, for the next connect. While one is under way they return ESP_ERR_INVALID_STATE. Nothing
 * changes when they fail. None blocks. */

/** @param path  of the request, with the query: "/chat?room=1". Copied; NULL: "/". One that cannot
 *               be sent, or that there is no memory for, makes the connect fail with
 *               ESP_ERR_INVALID_ARG or ESP_ERR_NO_MEM */
void esp_transport_ws_set_path(esp_transport_handle_t t, const char *path);

/** @param sub_protocol  the names offered, "a, b"; NULL: none
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  it is no WebSocket, or no list of different tokens;
 *          ESP_ERR_NO_MEM; ESP_ERR_INVALID_STATE */
esp_err_t esp_transport_ws_set_subprotocol(esp_transport_handle_t t, const char *sub_protocol);

/** @param user_agent  NULL: the default. @return as above; INVALID_ARG also for a control
 *    character */
esp_err_t esp_transport_ws_set_user_agent(esp_transport_handle_t t, const char *user_agent);

/** @param headers  whole fields, "Name: value\r\n" each. Host, User-Agent, Sec-WebSocket-Protocol
 *                  and Authorization among them replace what would be sent; Origin is not sent
 *                  unless it stands here. NULL: none
 *  @return as above; INVALID_ARG also for what are no whole fields, for fields of the handshake
 *          itself (Connection, Upgrade, Sec-WebSocket-Key, ...) and for those that begin a body */
esp_err_t esp_transport_ws_set_headers(esp_transport_handle_t t, const char *headers);

/** @param hook  called within the connect. @return as above; INVALID_ARG also when it is NULL */
esp_err_t esp_transport_ws_set_header_hook(esp_transport_handle_t t, ws_header_hook_t hook,
                                           void *user_context);

/** @param auth  value of Authorization. Copied, wiped when it is replaced; NULL: none
 *  @return as above; INVALID_ARG also for a control character */
esp_err_t esp_transport_ws_set_auth(esp_transport_handle_t t, const char *auth);

/** @param response_header      kept: gets the answer's header as it came, as much as fits, and a
 *                              NUL. Must outlive the connect; NULL: none
 *  @param response_header_len  its size @return as above */
esp_err_t esp_transport_ws_set_response_headers(esp_transport_handle_t t, char *response_header,
                                                size_t response_header_len);

/** All of the above, and propagate_control_frames.
 *  @return as above: the first that is wrong */
esp_err_t esp_transport_ws_set_config(esp_transport_handle_t t,
                                      const esp_transport_ws_config_t *config);

/** Send a frame, or go on with the one that was begun.
 *  @param opcode  with WS_TRANSPORT_OPCODES_FIN for the last frame of a message, and all control
 *                 frames
 *  @param b       borrowed until the frame is complete
 *  @param len     0 is legal
 *  @return > 0 bytes of it sent: all, or what the time allowed. 0 nothing yet; of an empty frame:
 *          taken (esp_transport_ws_flush() tells when it has gone). < 0 failed: ESP_ERR_INVALID_ARG
 *          in the error handle for an opcode or length that is none, ESP_ERR_INVALID_STATE for a
 *          frame that may not come now: not connected, after a Close, a fragment of nothing, a
 *          control frame within a frame. ESP_ERR_INVALID_ARG (0x102) when t is no WebSocket
 *  Blocks: up to timeout_ms. */
int esp_transport_ws_send_raw(esp_transport_handle_t t, ws_transport_opcodes_t opcode,
                              const char *b, int len, int timeout_ms);

/** FIN of the frame read last; false: none was. */
bool esp_transport_ws_get_fin_flag(esp_transport_handle_t t);

/** Status of the answer to the last connect. @return 0 none came; -1 t is no WebSocket */
int esp_transport_ws_get_upgrade_request_status(esp_transport_handle_t t);

/** Where a redirect leads, after a connect that returned its status. A relative reference is
 *  resolved if the parent is TCP or TLS. It is not followed here: credentials are for whom they
 *  were set.
 *  @return owned by t, until the next connect; NULL: none */
char *esp_transport_ws_get_redir_uri(esp_transport_handle_t t);

/** Opcode of the frame that the last read was about. @return ..._NONE  no header of a frame came */
ws_transport_opcodes_t esp_transport_ws_get_read_opcode(esp_transport_handle_t t);

/** Length of that frame's whole payload. @return 0: none */
int esp_transport_ws_get_read_payload_len(esp_transport_handle_t t);

/** Wait for the end of the connection below. After a Close came, what follows it is dropped.
 *  @return 1 it has ended, by FIN or reset, or by the policy's time for the end or for a Pong; 0
 *          the time passed, or there is something to be read first; -1 not open. Blocks: up to
 *          timeout_ms. */
int esp_transport_ws_poll_connection_closed(esp_transport_handle_t t, int timeout_ms);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TRANSPORT_WS_H */
