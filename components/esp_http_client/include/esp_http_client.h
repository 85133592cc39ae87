/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_http_client.h: HTTP/1.1 requests over TCP and TLS (RFC 9110, RFC 9112)
 *
 *     esp_http_client_config_t cfg = { .url = "https://example.org/", .cert_pem = ca };
 *     esp_http_client_handle_t client = esp_http_client_init(&cfg);
 *     if (esp_http_client_perform(client) == ESP_OK) {
 *         int status = esp_http_client_get_status_code(client);
 *     }
 *     esp_http_client_cleanup(client);
 *
 * There are two ways to use a handle. esp_http_client_perform() does a whole exchange: connect,
 * send, receive, follow redirects, answer a challenge; the body arrives in HTTP_EVENT_ON_DATA. Or
 * the application takes the steps itself: open, write, fetch_headers, read, close. In both the
 * connection is kept for the next request where the server lets it, as long as scheme, host and
 * port (the origin) stay the same.
 *
 * Underneath is one state machine that never blocks. Calls of a synchronous handle run it and wait
 * in between; those of a handle with is_async return ESP_ERR_HTTP_EAGAIN (a count: 0 or
 * -ESP_ERR_HTTP_EAGAIN), and esp_http_client_async.h says what to wait for. So the first open() of
 * such a handle mostly returns ESP_ERR_HTTP_EAGAIN, for http as well as for https: nothing has
 * failed, the connect is under way, and where the host is an address its socket is there already.
 * Call open() again or not, as you like: write() and fetch_headers() go on with it. (ESP-IDF's
 * open() blocks for the connect, and over http until the head is sent.)
 *
 * Time. timeout_ms limits silence, as in ESP-IDF: the whole connect, and then each wait for the
 * server, begun anew with every byte that moves. So a server that trickles may take any time;
 * esp_http_client_set_deadline_ms() limits the request as a whole.
 *
 * Memory. The handle, one buffer of the larger of buffer_size and buffer_size_tx, the URL, the
 * request headers, and the parser with the longest header line that was received. Nothing grows
 * with the body. Where a read is a system call, perform() reads 4 KB of a body at once into the
 * stack and hands them out in pieces of buffer_size; on devices it does not. A header line above
 * the limit, a URL above 8 KB: an error, nothing is ever cut.
 *
 * Trust. crt_bundle_attach wins over use_global_ca_store, this over cert_pem. Without any of them
 * an https connection is refused, unless the build has the insecure pair of options (esp_tls.h).
 *
 * Secrets and origins. A redirect to another origin takes nothing along that belongs to the first:
 * user name, password, what the server asked them for, and the headers Authorization, Cookie and
 * Proxy-Authorization are dropped. A body goes to another origin, and an https URL to http, only if
 * esp_http_client_set_redirect_policy() allows it.
 *
 * Where this differs from ESP-IDF (each on purpose, each with a test):
 *   - A location, and the URL of set_url(), is resolved against the current URL (RFC 3986 section
 *     5), on https, too. Blanks, non-ASCII bytes and others that no URL has are percent-encoded in
 *     a location, as browsers do; one that is no URL of http or https is
 *     ESP_ERR_HTTP_BAD_LOCATION. Credentials in a URL are percent-decoded.
 *   - 303 turns the method into GET (HEAD stays), 301 and 302 turn POST into GET (RFC 9110 section
 *     15.4); ESP-IDF repeats the method. 307 and 308 keep it. The body of a response that is
 *     followed is not reported, nor its end: ON_DATA and ON_FINISH are of the last response.
 *   - With disable_auto_redirect a redirect is followed only if the handler of HTTP_EVENT_REDIRECT
 *     calls set_redirection() or set_url(); else the 3xx is the result.
 *   - A change of the port or the scheme drops credentials like a change of the host does.
 *   - Without a user name a 401 is a result, and one that answers credentials is not answered with
 *     the same again.
 *   - The redirect counter is no verdict over other answers: a 404 after the last allowed redirect
 *     is a 404.
 *   - A server that stays silent: ESP_ERR_HTTP_READ_TIMEOUT and HTTP_EVENT_ERROR, not
 *     ESP_ERR_HTTP_EAGAIN; the last error is ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT. A body that
 *     stalls: ESP_ERR_HTTP_READ_TIMEOUT; one that ends too early: ESP_ERR_HTTP_INCOMPLETE_DATA. A
 *     body that ends with the connection (HTTP/1.0): ESP_OK.
 *   - A length of 0 and an unknown one are told apart by get_content_length() (0, -1), and
 *     is_chunked_response() is true for a chunked one only.
 *   - open(-1) frames what write() is given as chunks, and fetch_headers() ends them. Programs that
 *     frame with chunk_write_begin() and chunk_write_end() keep working: the first such call of a
 *     request hands framing over. (Programs that write size lines with write() have to stop.)
 *   - write() takes no more than the length that open() announced; so many bytes, or -1.
 *   - set_post_field() sets the default Content-Type, and returns ESP_OK.
 *   - get_url() has the query, and never cuts: ESP_ERR_INVALID_SIZE.
 *   - Content-Length and Transfer-Encoding are made for each request and never stale; values that
 *     the application sets for them are not sent.
 *   - CR, LF and other control characters in a method's target, host, header name or value are
 *     refused when they are set.
 *   - The line of a request is sent in pieces where it is longer than buffer_size_tx, so that long
 *     URLs need no larger buffer; a header is not, unless the build says so
 *     (CONFIG_ESP_HTTP_CLIENT_STRICT_HEADER_BUFFER).
 *   - Host is sent in every request, with the port unless it is the scheme's own; a deleted one is
 *     made anew.
 *   - A kept connection that the server closed in the meantime is opened again, and an idempotent
 *     request of which no answer came is sent again, once.
 *   - The fields of a trailer come as ON_HEADER behind the body, and do nothing else: none is kept
 *     for get_response_header(), or taken for a location, a challenge or a range.
 *   - Lines of a response's head may end in LF alone, as in ESP-IDF, and values may be folded. What
 *     RFC 9112 forbids is refused: a blank before the colon, a CR alone, control characters, LF
 *     alone in the lines of chunks, a chunk size of more than 16 digits, Content-Length twice or
 *     beside chunks, another transfer coding than chunked.
 *   - The header_value of Content-Range comes once. NULL as a handle is an error, never a crash.
 *   - esp_http_client_cleanup() and _close() may be called in any event.
 *
 * Threads: one caller at a time per handle; esp_http_client_cancel() apart. */
#ifndef ESP_HTTP_CLIENT_H
#define ESP_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "esp_err.h"
#include "esp_event.h"
#include "esp_key_config.h"
#include "freertos/FreeRTOS.h"
#include "sdkconfig.h"
#include "soc/soc_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DEFAULT_HTTP_BUF_SIZE (512)

/** Events of every client in the default event loop; the data is the handle, or one of the structs
 *  below. */
ESP_EVENT_DECLARE_BASE(ESP_HTTP_CLIENT_EVENT);

typedef struct esp_http_client *esp_http_client_handle_t;
typedef struct esp_http_client_event *esp_http_client_event_handle_t;

struct ifreq;
#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_CUSTOM_TRANSPORT
struct esp_transport_item_t;
#endif

/** What happens. In the order of an exchange, errors apart. */
typedef enum {
    HTTP_EVENT_ERROR = 0,    /**< the request failed; data: esp_tls_error_handle_t, or NULL */
    HTTP_EVENT_ON_CONNECTED, /**< a connection was opened */
    HTTP_EVENT_HEADERS_SENT, /**< the request's head is out */
    HTTP_EVENT_HEADER_SENT = HTTP_EVENT_HEADERS_SENT,
    HTTP_EVENT_ON_HEADER,           /**< header_key, header_value; of a trailer: behind the body */
    HTTP_EVENT_ON_HEADERS_COMPLETE, /**< the response's head is complete */
    HTTP_EVENT_ON_STATUS_CODE,      /**< data: int * */
    HTTP_EVENT_ON_DATA,             /**< data, data_len: a piece of the body */
    HTTP_EVENT_ON_FINISH,           /**< the exchange is over, and went well */
    HTTP_EVENT_DISCONNECTED,        /**< closed; data: esp_tls_error_handle_t, or NULL */
    HTTP_EVENT_REDIRECT             /**< a 3xx; to the handler with disable_auto_redirect only */
} esp_http_client_event_id_t;

/** @param data etc.  valid during the call */
typedef struct esp_http_client_event {
    esp_http_client_event_id_t event_id;
    esp_http_client_handle_t client;
    void *data;
    int data_len;
    void *user_data;    /**< of the configuration, or esp_http_client_set_user_data() */
    char *header_key;   /**< ON_HEADER */
    char *header_value; /**< ON_HEADER */
} esp_http_client_event_t;

/** ON_DATA in the event loop. */
typedef struct esp_http_client_on_data {
    esp_http_client_handle_t client;
    int64_t data_process; /**< bytes of the body so far */
} esp_http_client_on_data_t;

/** REDIRECT in the event loop. */
typedef struct esp_http_client_redirect_event_data {
    esp_http_client_handle_t client;
    int status_code;
} esp_http_client_redirect_event_data_t;

typedef enum {
    HTTP_TRANSPORT_UNKNOWN = 0x0,
    HTTP_TRANSPORT_OVER_TCP, /**< http */
    HTTP_TRANSPORT_OVER_SSL  /**< https */
} esp_http_client_transport_t;

/** The handler's result is ignored. It runs in the caller's thread, inside the call. */
typedef esp_err_t (*http_event_handle_cb)(esp_http_client_event_t *evt);

/** esp_tls_proto_ver_t's values. */
typedef enum {
    ESP_HTTP_CLIENT_TLS_VER_ANY = 0,
    ESP_HTTP_CLIENT_TLS_VER_TLS_1_2 = 0x1,
    ESP_HTTP_CLIENT_TLS_VER_TLS_1_3 = 0x2,
    ESP_HTTP_CLIENT_TLS_VER_MAX
} esp_http_client_proto_ver_t;

typedef enum {
    ESP_HTTP_CLIENT_ECDSA_CURVE_SECP256R1 = 0,
#if defined(SOC_ECDSA_SUPPORT_CURVE_P384) && SOC_ECDSA_SUPPORT_CURVE_P384
    ESP_HTTP_CLIENT_ECDSA_CURVE_SECP384R1,
#endif
    ESP_HTTP_CLIENT_ECDSA_CURVE_MAX
} esp_http_client_ecdsa_curve_t;

typedef enum {
    HTTP_METHOD_GET = 0,
    HTTP_METHOD_POST,
    HTTP_METHOD_PUT,
    HTTP_METHOD_PATCH,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_NOTIFY,
    HTTP_METHOD_SUBSCRIBE,
    HTTP_METHOD_UNSUBSCRIBE,
    HTTP_METHOD_OPTIONS,
    HTTP_METHOD_COPY,
    HTTP_METHOD_MOVE,
    HTTP_METHOD_LOCK,
    HTTP_METHOD_UNLOCK,
    HTTP_METHOD_PROPFIND,
    HTTP_METHOD_PROPPATCH,
    HTTP_METHOD_MKCOL,
    HTTP_METHOD_REPORT,
    HTTP_METHOD_MAX
} esp_http_client_method_t;

typedef enum {
    HTTP_AUTH_TYPE_NONE = 0,
    HTTP_AUTH_TYPE_BASIC, /**< RFC 7617 */
    HTTP_AUTH_TYPE_DIGEST /**< RFC 7616 */
} esp_http_client_auth_type_t;

typedef enum {
    HTTP_ADDR_TYPE_UNSPEC = AF_UNSPEC,
    HTTP_ADDR_TYPE_INET = AF_INET,
    HTTP_ADDR_TYPE_INET6 = AF_INET6
} esp_http_client_addr_type_t;

/** esp_tls_dyn_buf_strategy_t's values. */
typedef enum {
    HTTP_TLS_DYN_BUF_RX_STATIC = 1,
    HTTP_TLS_DYN_BUF_STRATEGY_MAX
} esp_http_client_tls_dyn_buf_strategy_t;

/** Where a handle stands. */
typedef enum {
    HTTP_STATE_UNINIT = 0,          /**< the handle is NULL */
    HTTP_STATE_INIT,                /**< not connected */
    HTTP_STATE_CONNECTING,          /**< asynchronous: under way */
    HTTP_STATE_CONNECTED,           /**< connected; no request under way, or none sent yet */
    HTTP_STATE_REQ_COMPLETE_HEADER, /**< the request's head is sent; its body may be written */
    HTTP_STATE_REQ_COMPLETE_DATA,   /**< the request is sent, the response awaited */
    HTTP_STATE_RES_COMPLETE_HEADER, /**< the response's last header was just read */
    HTTP_STATE_RES_ON_DATA_START,   /**< the response's head is there, its body may be read */
    HTTP_STATE_RES_COMPLETE_DATA,   /**< the response was read to its end */
    HTTP_STATE_CLOSE                /**< never seen */
} esp_http_state_t;

/** How to make a handle. Zero is a default for every field but the URL. Text is copied, except
 *  where it says "kept": that must outlive the handle. */
typedef struct {
    const char *url;  /**< used unless both host and path are given; max. 8 KB */
    const char *host; /**< a name or an address */
    int port;         /**< with host: 0: 80, https: 443. A URL says its own */
    const char *username;
    const char *password;
    esp_http_client_auth_type_t auth_type; /**< BASIC: sent without being asked for */
    const char *path;                      /**< with host: as it goes into the request; NULL: "/" */
    const char *query;                     /**< with host: without "?" */
    union {
        const char *cert_pem; /**< certificates of authorities; kept */
        const char *cert_der; /**< the same, with cert_len */
    };
    size_t cert_len; /**< 0: cert_pem ends in NUL; else its size, PEM: with the NUL */
    union {
        const char *client_cert_pem; /**< kept */
        const char *client_cert_der; /**< the same, with client_cert_len */
    };
    size_t client_cert_len;     /**< as cert_len */
    const char *client_key_pem; /**< kept; DER with client_key_len */
    size_t client_key_len;      /**< as cert_len */
    const esp_key_config_t
        *client_key;                 /**< kept; if set, the other fields of the key do not count */
    const char *client_key_password; /**< kept */
    size_t client_key_password_len;  /**< without NUL */
    esp_http_client_proto_ver_t tls_version;
#ifdef CONFIG_MBEDTLS_HARDWARE_ECDSA_SIGN
    bool use_ecdsa_peripheral;
    uint8_t ecdsa_key_efuse_blk;
    uint8_t ecdsa_key_efuse_blk_high;
    esp_http_client_ecdsa_curve_t ecdsa_curve;
#endif
    const char *user_agent; /**< NULL: "ESP32 HTTP Client/1.0" */
    esp_http_client_method_t method;
    int timeout_ms;                /**< of silence; 0: 5000 */
    bool disable_auto_redirect;    /**< a 3xx is the application's */
    int max_redirection_count;     /**< 0: 10 */
    int max_authorization_retries; /**< 0: 10; -1: none */
    http_event_handle_cb event_handler;
    esp_http_client_transport_t transport_type; /**< with host and path: OVER_SSL is https */
    int buffer_size;                            /**< of receiving, bytes; 0: 512 */
    int buffer_size_tx;                         /**< of sending, bytes; 0: 512 */
    void *user_data;
    bool is_async; /**< no call waits: esp_http_client_async.h */
    bool use_global_ca_store;
    bool skip_cert_common_name_check; /**< the certificate may be for another name. Insecure */
    const char *common_name;          /**< the name it must be for, if not the host; kept */
    esp_err_t (*crt_bundle_attach)(void *conf);
    bool keep_alive_enable;  /**< probes of TCP; nothing to do with HTTP's keep-alive */
    int keep_alive_idle;     /**< seconds; 0: 5 */
    int keep_alive_interval; /**< seconds; 0: 5 */
    int keep_alive_count;    /**< 0: 3 */
    struct ifreq *if_name;   /**< bind to this interface; copied */
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_HTTPS
    const char **alpn_protos; /**< ends with NULL; kept */
#endif
#if CONFIG_ESP_TLS_USE_DS_PERIPHERAL
    void *ds_data;
#endif
#if CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    bool save_client_session; /**< resume the session in later connects of the handle */
#endif
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_CUSTOM_TRANSPORT
    struct esp_transport_item_t *transport; /**< instead of TCP and TLS, for both schemes; kept */
#endif
    esp_http_client_addr_type_t addr_type;
#if CONFIG_MBEDTLS_DYNAMIC_BUFFER
    esp_http_client_tls_dyn_buf_strategy_t tls_dyn_buf_strategy;
#endif
} esp_http_client_config_t;

/** Names for some status codes. */
typedef enum {
    HttpStatus_Ok = 200,
    HttpStatus_PartialContent = 206,
    HttpStatus_MultipleChoices = 300,
    HttpStatus_MovedPermanently = 301,
    HttpStatus_Found = 302,
    HttpStatus_SeeOther = 303,
    HttpStatus_NotModified = 304,
    HttpStatus_TemporaryRedirect = 307,
    HttpStatus_PermanentRedirect = 308,
    HttpStatus_BadRequest = 400,
    HttpStatus_Unauthorized = 401,
    HttpStatus_Forbidden = 403,
    HttpStatus_NotFound = 404,
    HttpStatus_RangeNotSatisfiable = 416,
    HttpStatus_InternalError = 500
} HttpStatus_Code;

#define ESP_ERR_HTTP_BASE                  (0x7000)
#define ESP_ERR_HTTP_MAX_REDIRECT          (ESP_ERR_HTTP_BASE + 1) /* redirects exhausted */
#define ESP_ERR_HTTP_CONNECT               (ESP_ERR_HTTP_BASE + 2) /* no connection */
#define ESP_ERR_HTTP_WRITE_DATA            (ESP_ERR_HTTP_BASE + 3) /* sending failed, or stalled */
#define ESP_ERR_HTTP_FETCH_HEADER          (ESP_ERR_HTTP_BASE + 4) /* no proper response */
#define ESP_ERR_HTTP_INVALID_TRANSPORT     (ESP_ERR_HTTP_BASE + 5) /* no transport for the scheme */
#define ESP_ERR_HTTP_CONNECTING            (ESP_ERR_HTTP_BASE + 6) /* never returned */
#define ESP_ERR_HTTP_EAGAIN                (ESP_ERR_HTTP_BASE + 7) /* not yet: call again */
#define ESP_ERR_HTTP_CONNECTION_CLOSED     (ESP_ERR_HTTP_BASE + 8) /* closed before the response */
#define ESP_ERR_HTTP_NOT_MODIFIED          (ESP_ERR_HTTP_BASE + 9) /* for esp_https_ota */
#define ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE (ESP_ERR_HTTP_BASE + 10) /* for esp_https_ota */
#define ESP_ERR_HTTP_READ_TIMEOUT          (ESP_ERR_HTTP_BASE + 11) /* the server fell silent */
#define ESP_ERR_HTTP_INCOMPLETE_DATA       (ESP_ERR_HTTP_BASE + 12) /* the body ended too early */
#define ESP_ERR_HTTP_REDIRECT_DOWNGRADE    (ESP_ERR_HTTP_BASE + 13) /* from https to http */
#define ESP_ERR_HTTP_HEADER_TOO_LONG       (ESP_ERR_HTTP_BASE + 14) /* a line above the limit */
#define ESP_ERR_HTTP_BAD_LOCATION          (ESP_ERR_HTTP_BASE + 15) /* no URL of http or https */

/* ---- a handle ---- */

/** Make a handle. Nothing is sent.
 *  @param config  borrowed for the call, except what it says is kept
 *  @return NULL  config is NULL; neither a url nor a host; not a URL, or one above 8 KB; a
 *                scheme other than http and https; a control character; an unknown addr_type or
 *                method; a negative size; no memory. The log says which.
 *  Blocks: no. Memory: see above. Threads: any. */
esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config);

/** Close and free. In an event: at the end of the call that the event came from, which returns
 *  ESP_FAIL (a count: -1); do not use the handle any more.
 *  @return ESP_OK; ESP_FAIL  client is NULL. Blocks: no. */
esp_err_t esp_http_client_cleanup(esp_http_client_handle_t client);

/* ---- a whole exchange ---- */

/** Do the request that is set up, redirects and authentication included.
 *  @return ESP_OK                          the last response is there, whatever its status
 *          ESP_ERR_HTTP_EAGAIN             is_async: under way; wait, and call again
 *          ESP_ERR_INVALID_ARG             client is NULL
 *          ESP_ERR_INVALID_STATE           called from an event of the same handle
 *          ESP_ERR_HTTP_INVALID_TRANSPORT  https in a build without it
 *          ESP_ERR_HTTP_CONNECT            no connection: get_and_clear_last_tls_error() says more
 *          ESP_ERR_HTTP_WRITE_DATA         sending failed, or nothing was taken for timeout_ms
 *          ESP_ERR_HTTP_HEADER_TOO_LONG    of the request: above buffer_size_tx; of the response:
 *                                          above esp_http_client_set_header_limit()
 *          ESP_ERR_HTTP_READ_TIMEOUT       nothing came for timeout_ms
 *          ESP_ERR_HTTP_CONNECTION_CLOSED  closed before the first byte of the response
 *          ESP_ERR_HTTP_FETCH_HEADER       not a response of HTTP/1, or closed within its head
 *          ESP_ERR_HTTP_INCOMPLETE_DATA    closed, or framed wrongly, within its body
 *          ESP_ERR_HTTP_MAX_REDIRECT       more than max_redirection_count
 *          ESP_ERR_HTTP_REDIRECT_DOWNGRADE from https to http, which is not allowed
 *          ESP_ERR_NOT_ALLOWED             a body would go to another origin, which is not allowed
 *          ESP_ERR_NOT_SUPPORTED           401 without a challenge that this build can answer
 *          ESP_FAIL                        401 more than max_authorization_retries times; cleaned
 *                                          up or closed by an event
 *          ESP_ERR_TIMEOUT                 the deadline of esp_http_client_set_deadline_ms()
 *          ESP_ERR_NOT_FINISHED            esp_http_client_cancel()
 *          ESP_ERR_NO_MEM
 *  Every failure but EAGAIN, INVALID_ARG and INVALID_STATE: HTTP_EVENT_ERROR, and the connection is
 *  closed. Blocks: unless is_async. */
esp_err_t esp_http_client_perform(esp_http_client_handle_t client);

/** Close the connection; a request under way ends.
 *  @return ESP_OK, also when it was not open; ESP_FAIL  client is NULL. Blocks: no. */
esp_err_t esp_http_client_close(esp_http_client_handle_t client);

/* ---- step by step ---- */

/** Connect, and send the head.
 *  @param write_len  bytes of body that will be written; 0: none; negative: unknown, chunked
 *  @return as esp_http_client_perform() as far as that goes; ESP_FAIL  client is NULL.
 *  Blocks: unless is_async. */
esp_err_t esp_http_client_open(esp_http_client_handle_t client, int write_len);

/** Write a piece of the body.
 *  @return > 0  bytes taken: all, or those until timeout_ms of standstill (is_async: what could be)
 *          0    nothing was taken in timeout_ms; is_async: now. Call again with the same bytes
 *          -1   an argument is NULL or negative, no head was sent, more than was announced, or the
 *               connection failed
 *  Blocks: unless is_async. */
int esp_http_client_write(esp_http_client_handle_t client, const char *buffer, int len);

/** Begin a chunk of a request opened with -1; then write() exactly len bytes.
 *  @return 0; -1  not such a request, len < 1, the last chunk is not complete, or sending failed;
 *          -ESP_ERR_HTTP_EAGAIN  is_async: open() is still under way. Call again */
int esp_http_client_chunk_write_begin(esp_http_client_handle_t client, const int len);

/** End it. @param last_chunk  no further one comes @return as above */
int esp_http_client_chunk_write_end(esp_http_client_handle_t client, bool last_chunk);

/** Read the response's head. Ends a chunked body that write() framed.
 *  @return > 0  Content-Length
 *          0    no body, or one of unknown length: get_content_length(), is_chunked_response()
 *          -ESP_ERR_HTTP_EAGAIN  nothing came for timeout_ms, is_async: not yet. Call again
 *          -1   failed, with HTTP_EVENT_ERROR; or client is NULL, or nothing was opened
 *  Blocks: unless is_async. */
int64_t esp_http_client_fetch_headers(esp_http_client_handle_t client);

/** Read some of the body, without chunk framing.
 *  @return > 0  bytes: len, or fewer when the body ends or nothing more came for timeout_ms
 *          0    the body is over, or len is 0
 *          -ESP_ERR_HTTP_EAGAIN  nothing came for timeout_ms, is_async: not yet. Call again
 *          -1   failed, with HTTP_EVENT_ERROR; or an argument is wrong, or there is no head yet
 *  Blocks: unless is_async. */
int esp_http_client_read(esp_http_client_handle_t client, char *buffer, int len);

/** Read until the buffer is full or the body is over. @return bytes; 0 also when it failed */
int esp_http_client_read_response(esp_http_client_handle_t client, char *buffer, int len);

/** Read the rest of the body and drop it (HTTP_EVENT_ON_DATA comes for it).
 *  @param len  receives the bytes dropped; may be NULL
 *  @return ESP_OK; ESP_FAIL  failed, or client is NULL; ESP_ERR_HTTP_EAGAIN  is_async: call
 *    again */
esp_err_t esp_http_client_flush_response(esp_http_client_handle_t client, int *len);

/** Drop those bytes of the body that were received and not yet read; later ones follow.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL */
esp_err_t esp_http_client_clear_response_buffer(esp_http_client_handle_t client);

/** Forget the last exchange: status, location, progress. What the origin wants to log in stays.
 *  @return ESP_OK; ESP_FAIL  client is NULL, or a request is under way */
esp_err_t esp_http_client_prepare(esp_http_client_handle_t client);

/** Send a request's head on the connection that is open. @param write_len  as in open()
 *  @return ESP_OK; ESP_FAIL  client is NULL, or another call of it is under way
 *          ESP_ERR_HTTP_WRITE_DATA       not connected
 *          ESP_ERR_HTTP_HEADER_TOO_LONG  a line is longer than buffer_size_tx; said before that
 *          else as open() */
esp_err_t esp_http_client_request_send(esp_http_client_handle_t client, int write_len);

/** Give up the request under way and connect again, as after set_redirection(); then
 *  request_send().
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL; ESP_ERR_INVALID_STATE  not connected;
 *          ESP_ERR_HTTP_EAGAIN  is_async; ESP_FAIL  no connection */
esp_err_t esp_http_client_cancel_request(esp_http_client_handle_t client);

/** Go to the Location of the response. Origins as above. After 303, and after 301 or 302 of a POST,
 *  the next request is a GET: it has no body, so open() it with 0.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL, there is no Location, or it is no URL;
 *          ESP_ERR_HTTP_REDIRECT_DOWNGRADE; ESP_ERR_NOT_ALLOWED; ESP_ERR_NO_MEM. Blocks: no. */
esp_err_t esp_http_client_set_redirection(esp_http_client_handle_t client);

/** @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL */
esp_err_t esp_http_client_reset_redirect_counter(esp_http_client_handle_t client);

/** Add to the challenge that add_auth() answers.
 *  @param auth_data  as in WWW-Authenticate; copied
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  NULL, len < 1, or a control character; ESP_ERR_NO_MEM;
 *          ESP_ERR_HTTP_HEADER_TOO_LONG  more than 2 KB */
esp_err_t esp_http_client_set_auth_data(esp_http_client_handle_t client, const char *auth_data,
                                        int len);

/** Answer the challenge of the 401 in the next request.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL; ESP_FAIL  max_authorization_retries are
 *          over; ESP_ERR_NOT_SUPPORTED  no challenge, or none that this build can answer;
 *          ESP_ERR_NO_MEM */
esp_err_t esp_http_client_add_auth(esp_http_client_handle_t client);

/* ---- what is asked for ---- */

/** Set the URL, or one relative to the current. Another origin: the connection is closed, and
 *  credentials and the headers that carry them are dropped. Credentials in it are taken.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  NULL, not a URL, above 8 KB, or neither http nor https;
 *          ESP_ERR_NO_MEM. Blocks: no. */
esp_err_t esp_http_client_set_url(esp_http_client_handle_t client, const char *url);

/** The URL: scheme://host:port/path?query, without credentials.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  NULL or len < 1; ESP_ERR_INVALID_SIZE  url is then "" */
esp_err_t esp_http_client_get_url(esp_http_client_handle_t client, char *url, const int len);

/** @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL, or no such method */
esp_err_t esp_http_client_set_method(esp_http_client_handle_t client,
                                     esp_http_client_method_t method);

/** Set the body that perform() sends.
 *  @param data  kept until the request is over; NULL: none, and Content-Type is removed. With
 *               another length while a body is being sent, the request fails with
 *               ESP_ERR_HTTP_WRITE_DATA
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL, or len < 0; ESP_ERR_NO_MEM */
esp_err_t esp_http_client_set_post_field(esp_http_client_handle_t client, const char *data,
                                         int len);

/** @return its length; 0: none, and *data is untouched, or an argument is NULL */
int esp_http_client_get_post_field(esp_http_client_handle_t client, char **data);

/** Set a header of the request. Names match in any case.
 *  @param key    a token (RFC 9110 section 5.6.2)
 *  @param value  copied, without white space around it; NULL: delete the header
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  NULL, not a token, or a control character in the value;
 *          ESP_ERR_NOT_FOUND  value is NULL, and there is none; ESP_ERR_NO_MEM */
esp_err_t esp_http_client_set_header(esp_http_client_handle_t client, const char *key,
                                     const char *value);

/** @param value  receives a pointer, valid until the header is changed; NULL if there is none
 *  @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_NOT_FOUND */
esp_err_t esp_http_client_get_header(esp_http_client_handle_t client, const char *key,
                                     char **value);

/** @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_NOT_FOUND */
esp_err_t esp_http_client_delete_header(esp_http_client_handle_t client, const char *key);

/** User-Agent and Host, too. @return ESP_OK; ESP_ERR_INVALID_ARG  client is NULL */
esp_err_t esp_http_client_delete_all_headers(esp_http_client_handle_t client);

/** @param value  receives a pointer, valid until it is changed; NULL: not set
 *  @return ESP_OK; ESP_ERR_INVALID_ARG  an argument is NULL */
esp_err_t esp_http_client_get_username(esp_http_client_handle_t client, char **value);
/** @param username  copied; NULL: none @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_NO_MEM */
esp_err_t esp_http_client_set_username(esp_http_client_handle_t client, const char *username);
/** As get_username(). */
esp_err_t esp_http_client_get_password(esp_http_client_handle_t client, char **value);
/** As set_username(). */
esp_err_t esp_http_client_set_password(esp_http_client_handle_t client, const char *password);
/** @return ESP_OK; ESP_ERR_INVALID_ARG */
esp_err_t esp_http_client_set_authtype(esp_http_client_handle_t client,
                                       esp_http_client_auth_type_t auth_type);

/** @return ESP_OK; ESP_ERR_INVALID_ARG */
esp_err_t esp_http_client_get_user_data(esp_http_client_handle_t client, void **data);
/** @return ESP_OK; ESP_ERR_INVALID_ARG */
esp_err_t esp_http_client_set_user_data(esp_http_client_handle_t client, void *data);
/** @return ESP_OK; ESP_ERR_INVALID_ARG */
esp_err_t esp_http_client_set_event_handler(esp_http_client_handle_t client,
                                            http_event_handle_cb event_handler);
/** @param timeout_ms  of silence; 0 or less: 5000 @return ESP_OK; ESP_ERR_INVALID_ARG */
esp_err_t esp_http_client_set_timeout_ms(esp_http_client_handle_t client, int timeout_ms);

/* ---- what came ---- */

/** @return of the last response; -1: none yet, or client is NULL */
int esp_http_client_get_status_code(esp_http_client_handle_t client);
/** @return Content-Length; -1: none, chunked, or client is NULL */
int64_t esp_http_client_get_content_length(esp_http_client_handle_t client);
#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_GET_CONTENT_RANGE
/** @return the size of the whole, after "/" in Content-Range; -1: unknown */
int64_t esp_http_client_get_content_range(esp_http_client_handle_t client);
#endif
#ifdef CONFIG_ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS
/** A header of the last response. The first CONFIG_ESP_HTTP_CLIENT_MAX_SAVED_RESPONSE_HEADERS are
 *  kept, each with a name and a value of at most ..._MAX_RESPONSE_HEADER_SIZE bytes.
 *  @param value  receives a pointer, valid until the next request; NULL if there is none
 *  @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_NOT_FOUND */
esp_err_t esp_http_client_get_response_header(esp_http_client_handle_t client, const char *key,
                                              char **value);
#endif
/** @return the body is chunked */
bool esp_http_client_is_chunked_response(esp_http_client_handle_t client);
/** @param len  receives the size of the chunk that is being read
 *  @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_FAIL  not chunked */
esp_err_t esp_http_client_get_chunk_length(esp_http_client_handle_t client, int *len);
/** @return the response was received to its end */
bool esp_http_client_is_complete_data_received(esp_http_client_handle_t client);
/** @return the connection can be used again after this response */
bool esp_http_client_is_persistent_connection(esp_http_client_handle_t client);

/* ---- the connection ---- */

/** @return UNINIT  client is NULL */
esp_http_state_t esp_http_client_get_state(esp_http_client_handle_t client);
/** @return by the URL's scheme; UNKNOWN  client is NULL */
esp_http_client_transport_t esp_http_client_get_transport_type(esp_http_client_handle_t client);
/** @return errno of the connection's failure, which is cleared by it; 0: none; -1: client is
 *    NULL */
int esp_http_client_get_errno(esp_http_client_handle_t client);
/** As esp_tls_get_and_clear_last_error(). @return ESP_OK  nothing failed; ESP_ERR_INVALID_ARG;
 *          ESP_ERR_INVALID_STATE  nothing was connected yet */
esp_err_t esp_http_client_get_and_clear_last_tls_error(esp_http_client_handle_t client,
                                                       int *esp_tls_error_code, int *esp_tls_flags);
/** The socket; is_async: also while it connects (see esp_tls_get_conn_sockfd()).
 *  @return -1: not connected, or a name is still looked up */
int esp_http_client_get_socket(esp_http_client_handle_t client);

#ifdef __cplusplus
}
#endif

#endif /* ESP_HTTP_CLIENT_H */
