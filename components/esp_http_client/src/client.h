/* The client inside. One machine of phases that never blocks: perform.c runs it through, stream.c
 * takes its phases one by one, and both wait, when they may, in et_http_machine_run(). Who does what:
 *
 *   handle.c    the handle's memory, and calls that may free it
 *   client.c, report.c  the calls that set something, and those that ask
 *   headers.c, text.c  a list of headers, and pieces of text
 *   wire.h      the connection (wire.c, proxy.c), which knows no handle
 *   origin.h    where requests go, and what belongs there (origin.c, target.c, login.c); the same
 *   request.c   the head, and the framing of the body
 *   response.c  from the parser to what the application sees
 *   follow.c    redirects and challenges: the request that follows a response
 *   machine.c   the phases, failing, and trying a stale connection again
 *   perform.c, stream.c  the calls
 *   events.c    the handler and the event loop */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_http_auth.h"
#include "esp_http_client_async.h"
#include "esp_http_response.h"
#include "headers.h"
#include "origin.h"
#include "text.h"
#include "wire.h"

#define HTTP_TIMEOUT_MS 5000

enum http_phase {
    HTTP_IDLE,         /* no request; a connection may be open */
    HTTP_CONNECTING,   /* */
    HTTP_SENDING_HEAD, /* */
    HTTP_SENDING_BODY, /* the head is out; perform() sends, or the application writes */
    HTTP_READING_HEAD, /* */
    HTTP_READING_BODY, /* the head is there */
    HTTP_COMPLETE      /* the whole response is there */
};

/** The request on its way. */
struct http_request {
    esp_http_client_method_t method;
    int64_t length;            /* of the body; -1: chunked */
    int64_t sent;              /* bytes of body, framing not counted */
    char *authorization;       /* value of the header, or NULL */
    char *proxy_authorization; /* the same */
    char length_text[21];
    uint16_t line;        /* of the head: which is to be copied next ... */
    uint32_t line_offset; /* ... and from where */
    bool body_dropped;    /* a redirect turned it into GET */
    bool is_cut;          /* the answer came before the body was out: no further request here */
    /* chunks */
    bool framed_by_hand; /* chunk_write_begin() */
    bool in_chunk;
    bool body_is_over; /* the last chunk is queued, or the source is exhausted */
    int64_t chunk_left;
    char frame[24]; /* a chunk's size line or end, until it is sent */
    uint8_t frame_len;
    uint8_t frame_pos;
};

/** What came. */
struct http_answer {
    int status;            /* -1: none yet */
    int64_t received;      /* bytes of body */
    int64_t content_range; /* the whole; -1: unknown */
    char *location;
    struct http_header *saved; /* CONFIG_ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS */
    uint16_t saved_count;
    bool has_begun;         /* a byte of it came */
    bool at_header;         /* the handler is told of a header */
    bool is_followed;       /* another request follows: the body is nobody's ... */
    uint32_t dropped;       /* ... bytes of it so far, framing counted ... */
    uint64_t drop_until_us; /* ... and how long it may take; 0: it has not begun */
    bool has_surplus;       /* bytes behind it that nobody asked for */
    esp_err_t error;        /* the parser was stopped for this */
};

struct esp_http_client {
    struct http_wire *wire; /* these two stand behind the handle, in its block */
    struct http_origin *origin;
    _Alignas(uint64_t)
        esp_http_client_config_t cfg; /* texts of it are the application's, and may be gone */
    bool next_is_get;                 /* a redirect said so */

    bool is_opening; /* open() or request_send() said EAGAIN: write() and others go on with it */
    bool is_reused;  /* the connection served a request before */
    bool is_retried; /* a stale connection was replaced in this request */
    bool is_waiting;
    bool has_more; /* the call ended before it had to wait */

    /* the exchange */
    enum http_phase phase;
    bool is_performing;
    struct http_request req;
    struct http_answer answer;
    esp_http_response_t *parser;
    const char *post_data; /* borrowed */
    int post_len;
    esp_http_client_source_t source;
    int64_t source_size;
    void *source_arg;

    /* in and out: one buffer, as it is never used for both at once */
    char *buf;
    uint32_t buf_cap;
    uint32_t buf_pos;
    uint32_t buf_len;

    /* where body bytes go; NULL: to the handler only */
    char *sink;
    int sink_len;
    int sink_cap;

    uint8_t depth;    /* of calls in the handle */
    uint8_t in_event; /* of handlers */
    bool is_doomed;   /* cleaned up in an event */
    bool is_asked_to_close;
};

/** Does the call under way end with the handler that runs, or ran? */
static inline bool http_is_ending(const struct esp_http_client *c)
{
    return c->is_doomed || c->is_asked_to_close;
}

/** Neither a request nor what is left of one is under way. */
static inline bool http_is_at_rest(const struct esp_http_client *c)
{
    return c->phase == HTTP_IDLE || c->phase == HTTP_COMPLETE;
}

/* handle.c */
/** @param config  copied; its numbers are made complete @return NULL: no memory */
esp_http_client_handle_t et_http_handle_new(const esp_http_client_config_t *config);
void et_http_handle_free(esp_http_client_handle_t c);
/** A call that may run handlers, which may free the handle. */
void et_http_handle_enter(esp_http_client_handle_t c);
/** @return err; ESP_FAIL if the handle is gone */
esp_err_t et_http_handle_leave(esp_http_client_handle_t c, esp_err_t err);
/** Close the connection, and tell so. */
esp_err_t et_http_handle_disconnect(esp_http_client_handle_t c);

/* events.c */
void et_http_event_tell(esp_http_client_handle_t c, esp_http_client_event_id_t id, void *data,
                        int len);
void et_http_event_header(esp_http_client_handle_t c, const char *name, const char *value);
void et_http_event_data(esp_http_client_handle_t c, const void *data, int len);
void et_http_event_redirect(esp_http_client_handle_t c);

/* request.c */
esp_err_t et_http_request_begin(esp_http_client_handle_t c, int64_t length);
esp_err_t et_http_request_send_head(esp_http_client_handle_t c);
/** Without a connection: the head is made, as ESP-IDF makes it, and then there is nowhere to send it.
 *  @return ESP_ERR_HTTP_WRITE_DATA, or why it could not be made. Never ESP_OK */
esp_err_t et_http_request_send_nowhere(esp_http_client_handle_t c, int64_t length);
/** A piece of the body goes out. @param is_out  receives whether that was all */
esp_err_t et_http_request_send_body(esp_http_client_handle_t c, bool *is_out);
esp_err_t et_http_request_flush_frame(esp_http_client_handle_t c);
void et_http_request_begin_chunk(esp_http_client_handle_t c, int64_t len);
void et_http_request_end_chunk(esp_http_client_handle_t c);
void et_http_request_end_body(esp_http_client_handle_t c);
void et_http_request_clear(struct http_request *req);
bool et_http_request_is_idempotent(esp_http_client_method_t method);

/* response.c */
extern const esp_http_response_handler_t et_http_response_handler;
void et_http_response_clear(struct http_answer *answer);
/** Read, and let the parser have it: until the head is there, or a piece of the body. */
esp_err_t et_http_response_step(esp_http_client_handle_t c);
/** Read what comes while the body is being sent. The final answer cuts the request (req.is_cut).
 *  @return ESP_OK: something came; ESP_ERR_HTTP_EAGAIN: nothing; or a failure */
esp_err_t et_http_response_early(esp_http_client_handle_t c);
/** May the connection serve another request after this response? */
bool et_http_response_keeps_alive(const struct esp_http_client *c);

/* follow.c */
/** The head is there: does another request follow? Sets answer.is_followed. */
esp_err_t et_http_follow_decide(esp_http_client_handle_t c);

/* machine.c */
/** Begin a request on the connection that is open and good, or on a new one. */
esp_err_t et_http_machine_begin(esp_http_client_handle_t c, int64_t length);
/** Go on until a phase is reached.
 *  @param silence_is_fatal  else timeout_ms of silence is ESP_ERR_HTTP_EAGAIN
 *  @return ESP_OK; ESP_ERR_HTTP_EAGAIN; or the request has failed, and the handler was told */
esp_err_t et_http_machine_run(esp_http_client_handle_t c, enum http_phase goal,
                              bool silence_is_fatal);
/** Before each step of a call. @param made  steps of it so far, counted here
 *  @return ESP_OK; ESP_ERR_HTTP_EAGAIN: enough for one call that must not block; or what ends the request
 *          from outside */
esp_err_t et_http_machine_go_on(esp_http_client_handle_t c, unsigned *made);
/** What AGAIN of a step comes to. @return ESP_OK: try again; ESP_ERR_HTTP_EAGAIN; a failure */
esp_err_t et_http_machine_pause(esp_http_client_handle_t c, bool silence_is_fatal);
/** End the request with this. @return err, or ESP_OK: it is tried again on a new connection */
esp_err_t et_http_machine_fail(esp_http_client_handle_t c, esp_err_t err);
/** Close the connection; a request under way ends. */
esp_err_t et_http_machine_close(esp_http_client_handle_t c);
/** The response is complete: keep the connection, or close it. */
void et_http_machine_settle(esp_http_client_handle_t c);

#endif
