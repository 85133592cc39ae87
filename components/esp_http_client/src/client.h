/* The client inside. The handle composes three rooms. Each is a struct that is defined where only
 * the files of its room see it, so that the compiler keeps all others from its fields:
 *
 *   wire.h      the connection: transports, proxy, reading, writing, waiting, deadlines, the lock
 *                 wire.c, proxy.c
 *   exchange.h  one request and its answer, as bytes: head, framing, parser, buffer, sink
 *                 exchange.c, request.c, response.c
 *   origin.h    where requests go, and what belongs there: target, headers, login, redirects
 *                 origin.c, target.c, login.c
 *
 * They know neither the handle nor each other; text.h, headers.h and route.h are for all of them.
 * What the exchange finds in an answer it says to one callback, et_http_transfer_tell(), and from
 * there events leave. Beside it a room calls the application only where a hook or a source was set
 * (et_http_wire_set_hook(), et_http_exchange_set_source()). Above them stand these files, each of
 * which uses those before it:
 *
 *   events.c    the handler and the event loop
 *   handle.c    the handle's memory, and calls that may free it
 *   follow.c    redirects and challenges: the request that follows a response
 *   transfer.c  bytes between exchange and wire; what the exchange says
 *   machine.c   the phases, failing, and trying a stale connection again
 *   perform.c, stream.c  the calls of a request
 *   client.c, report.c   the calls that set something, and those that ask
 *
 * The machine is one of phases that never block: perform.c runs it through, stream.c takes its
 * phases one by one, and both wait, when they may, in et_http_machine_run(). */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "esp_http_client_async.h"
#include "exchange.h"
#include "origin.h"
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

struct esp_http_client {
    struct http_wire *wire; /* the three stand behind the handle, in its block */
    struct http_exchange *exchange;
    struct http_origin *origin;
    uint8_t phase;    /* enum http_phase */
    uint8_t depth;    /* of calls in the handle */
    uint8_t in_event; /* of handlers */
    bool is_doomed;   /* cleaned up in an event */
    bool is_asked_to_close;
    bool is_performing;
    bool is_opening; /* open() or request_send() said EAGAIN: write() and others go on with it */
    bool is_reused;  /* the connection served a request before */
    bool is_retried; /* a stale one was replaced in this request */
    bool is_waiting;
    bool has_more;    /* the call ended before it had to wait */
    bool at_header;   /* the handler is told of a head */
    bool next_is_get; /* a redirect said so */
    bool is_asked;    /* the request is out, and nobody looked for its answer */
    /* Its texts are the application's, and may be gone by now. The alignment makes the handle's
     * size a multiple of 8, which the rooms that stand behind it need. */
    _Alignas(uint64_t) esp_http_client_config_t cfg;
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

/* follow.c */
/** The head is there: does another request follow? */
esp_err_t et_http_follow_decide(esp_http_client_handle_t c);

/* transfer.c. Steps: ESP_OK, ESP_ERR_HTTP_EAGAIN, or a failure. */
esp_err_t et_http_transfer_connect(esp_http_client_handle_t c);
/** Make the request, and be ready for its answer. */
esp_err_t et_http_transfer_begin(esp_http_client_handle_t c, int64_t length);
/** Begin a request without a connection: the head is made, as ESP-IDF makes it, and then there is
 *  nowhere to send it.
 *  @return ESP_ERR_HTTP_WRITE_DATA, or why it could not be made. Never ESP_OK */
esp_err_t et_http_transfer_nowhere(esp_http_client_handle_t c, int64_t length);
esp_err_t et_http_transfer_send_head(esp_http_client_handle_t c);
/** Send what the exchange has ready. */
esp_err_t et_http_transfer_flush(esp_http_client_handle_t c);
/** A piece of the body goes out. @param is_out  receives whether that was all */
esp_err_t et_http_transfer_send_body(esp_http_client_handle_t c, bool *is_out);
/** A piece of what the application writes goes out. @param taken  is counted up */
esp_err_t et_http_transfer_write(esp_http_client_handle_t c, const char *data, int len, int *taken);
/** Read, and let the parser have it: until the head is there, or a piece of the body. */
esp_err_t et_http_transfer_receive(esp_http_client_handle_t c);
/** Read what comes while the body is being sent. The final answer cuts the request.
 *  @return ESP_OK: something came; ESP_ERR_HTTP_EAGAIN: nothing; or a failure */
esp_err_t et_http_transfer_look_early(esp_http_client_handle_t c);
/** What the exchange says. @param arg  the handle */
esp_err_t et_http_transfer_tell(void *arg, const struct http_saying *said);

/* machine.c */
/** Begin a request on the connection that is open and good, or on a new one. */
esp_err_t et_http_machine_begin(esp_http_client_handle_t c, int64_t length);
/** Go on until a phase is reached.
 *  @param silence_is_fatal  else timeout_ms of silence is ESP_ERR_HTTP_EAGAIN
 *  @return ESP_OK; ESP_ERR_HTTP_EAGAIN; or the request has failed, and the handler was told */
esp_err_t et_http_machine_run(esp_http_client_handle_t c, enum http_phase goal,
                              bool silence_is_fatal);
/** Before each step of a call. @param made  steps of it so far, counted here
 *  @return ESP_OK; ESP_ERR_HTTP_EAGAIN: enough for one call that must not block; or what ends the
 *          request from outside */
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
