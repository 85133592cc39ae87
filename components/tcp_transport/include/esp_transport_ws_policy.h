/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_transport_ws_policy.h: what RFC 6455 leaves to each side, and ESP-IDF's interface has no
 * place for: pings, closing, limits
 *
 *     policy = (esp_transport_ws_policy_t){.ping_interval_ms = 30000, .message_max = 1 << 20};
 *     esp_transport_ws_set_policy(ws, &policy);
 *     ...
 *     esp_transport_ws_shutdown(ws, 1000, "done", 2000);
 *
 * Times are kept within reads, writes and esp_transport_poll_read(), and esp_transport_get_wait()
 * has the next one: nothing happens in between. All calls may be used like a read. */
#ifndef ESP_TRANSPORT_WS_POLICY_H
#define ESP_TRANSPORT_WS_POLICY_H

#include <stdint.h>

#include "esp_transport_ws.h"

#ifdef __cplusplus
extern "C" {
#endif

/** All zero is the default. */
typedef struct esp_transport_ws_policy {
    int ping_interval_ms; /**< a Ping so long after the last one; 0: none */
    /** A Ping is unanswered, and nothing else came for so long: the connection has failed; 0:
     *  10 s. */
    int pong_timeout_ms;
    int close_timeout_ms; /**< from the first Close, sent or received, to the end of the connection
                                below; 0: 5 s */
    int frame_max;        /**< longest frame that is taken, bytes of payload; 0: 2^31-1 */
    int message_max;      /**< longest message, all its frames together; 0: without limit */
    bool skip_utf8_check; /**< text need not be UTF-8 (RFC 6455 section 8.1 wants the check) */
} esp_transport_ws_policy_t;

/** For frames and pings from here on. @param policy  copied; NULL: the default
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  t is no WebSocket, or a value is negative. Blocks: no. */
esp_err_t esp_transport_ws_set_policy(esp_transport_handle_t t,
                                      const esp_transport_ws_policy_t *policy);

/** Send what is still here: an empty frame, or a control frame, whose call met its deadline (the
 *  results of esp_transport_ws_send_raw() cannot tell), and answers to Pings.
 *  @return 1 all has gone; 0 the time passed, or the rest of a frame is the caller's to give; -1
 *  failed Blocks: up to timeout_ms. */
int esp_transport_ws_flush(esp_transport_handle_t t, int timeout_ms);

/** The close handshake (RFC 6455 section 7.1.2), then esp_transport_close(). What the server still
 *  sends is dropped.
 *  @param code        1000, 1001, 1003, 1007 to 1014 or 3000 to 4999
 *  @param reason      UTF-8, up to 123 bytes; NULL: none. Borrowed during the call
 *  @param timeout_ms  of all of it; negative: close_timeout_ms
 *  @return 0 the server answered; -1 it did not, or a Close cannot be sent any more, or an argument
 *          cannot be sent (then nothing is closed); the error handle says which
 *  Blocks: up to timeout_ms. */
int esp_transport_ws_shutdown(esp_transport_handle_t t, uint16_t code, const char *reason,
                              int timeout_ms);

/** The code of the Close that came. @return 1005 it had none; 1006 the connection ended without a
 *  Close; 0 neither has happened yet; -1 t is no WebSocket */
int esp_transport_ws_get_close_code(esp_transport_handle_t t);

/** Its reason. @return borrowed until the next connect; "": none; NULL: t is no WebSocket */
const char *esp_transport_ws_get_close_reason(esp_transport_handle_t t);

/** The code of the Close that was sent, or is waiting to be. @return 0: none; 1005: without code */
int esp_transport_ws_get_sent_close_code(esp_transport_handle_t t);

/** The subprotocol that the server chose. @return borrowed until the next connect; NULL: none */
const char *esp_transport_ws_get_subprotocol(esp_transport_handle_t t);

/** What is wrong with the answer or the frame that ended it: a few words. @return static text;
 *  NULL: nothing is */
const char *esp_transport_ws_get_why(esp_transport_handle_t t);

/** Is this UTF-8 (RFC 3629)? What is sent as text should be. */
bool esp_transport_ws_is_utf8(const char *text, size_t len);

#ifdef __cplusplus
}
#endif

#endif /* ESP_TRANSPORT_WS_POLICY_H */
