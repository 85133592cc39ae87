/* A WebSocket inside: what it was told (ws_config.c), the opening handshake (ws_open.c), frames
 * (ws_io.c), and both as a transport (ws.c). */
#ifndef WS_H
#define WS_H

#include "esp_transport_ws_policy.h"
#include "sdkconfig.h"
#include "transport.h"
#include "ws_frame.h"

#ifdef CONFIG_WS_DYNAMIC_BUFFER
#define WS_KEEPS_BUFFER 0
#else
#define WS_KEEPS_BUFFER 1
#endif

/** What the next connect goes by. Owned. */
struct ws_settings {
    char *path;      /* NULL: "/" */
    char *protocols; /* NULL: none, as all others */
    char *user_agent;
    char *fields;
    char *auth;
    ws_header_hook_t hook;
    void *hook_arg;
    char *head; /* the application's */
    size_t head_size;
    bool propagate;
};

enum ws_phase {
    WS_IS_CLOSED,
    WS_AT_PARENT, /* it connects */
    WS_AT_REQUEST,
    WS_AT_ANSWER,
    WS_IS_OPEN
};

/** The frame that is being sent, in pieces through buf. */
struct ws_out {
    bool is_begun;
    uint8_t first;
    uint8_t mask[WS_MASK_LEN];
    uint32_t left;   /* payload that has not been put into buf */
    uint32_t masked; /* payload that has */
    size_t piece;    /* bytes of the caller's that are in buf, and of which he has not been told */
    bool is_message; /* a message's last fragment has not been begun */
};

/** A control frame of our own: begun only between frames. */
struct ws_control {
    uint8_t bytes[2 + WS_MASK_LEN + WS_CONTROL_MAX];
    uint8_t at;
    uint8_t len;
    bool is_pong_due;                 /* for what stands in came */
    uint16_t due_code;                /* of a Close that is due; 0: none */
    uint8_t came_len;                 /* the control frame that came last */
    uint8_t came[WS_CONTROL_MAX + 1]; /* a reason gets a NUL */
};

struct ws {
    struct ws_settings set;
    esp_err_t path_error; /* of set_path, which returns nothing */
    esp_transport_ws_policy_t policy;
    uint8_t phase;

    /* what the last connect came to */
    int status;
    char *redirect;
    char *chosen;
    const char *why;

    struct ws_opening *opening; /* only while it connects */
    char *buf; /* the request, the answer's head, then what is sent; NULL: not needed */
    size_t cap;
    size_t at; /* what is between at and len is still to be sent */
    size_t len;
    char *early; /* came with the answer; NULL: none */
    size_t early_at;
    size_t early_len;
    uint8_t pushed; /* read to see whether there is anything */
    bool has_pushed;

    struct ws_reader reader;
    int opcode;         /* of the frame read last, or ..._NONE */
    bool is_in_control; /* a control frame's header came, and it has not been dealt with */
    int failed;         /* what every read returns from now on; 0: it has not */
    struct ws_out out;
    struct ws_control control;
    bool is_raw;        /* esp_transport_ws_send_raw(); else it is a plain write */
    unsigned raw_first; /* its first byte */
    bool is_waiting;    /* a write returned TRANSPORT_AGAIN: the next one may be the same call */
    bool is_write_broken;

    bool is_close_sent; /* sent, or about to be: no frame may follow it */
    bool is_close_received;
    uint16_t close_code; /* as esp_transport_ws_get_close_code() */
    uint16_t sent_code;
    uint64_t close_until_us;

    bool is_pong_awaited;
    bool is_pong_right; /* the one that comes in has that payload, as far as it has come */
    uint8_t ping[4];    /* payload of the last one */
    uint64_t ping_at_us;
    uint64_t heard_at_us;
};

extern const struct transport_ops et_ws_ops;

struct ws *et_ws_of(esp_transport_handle_t t);

/* --- ws_open.c: as the ops of the same name --- */

int et_ws_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms);
/** Forget the connection; what it came to stays. */
void et_ws_end(struct ws *c);
/** Room for what is sent. @return false: no memory, noted */
bool et_ws_need_buffer(esp_transport_handle_t t, size_t len);
void et_ws_drop_buffer(struct ws *c);

/* --- ws_io.c --- */

/** It is open. */
void et_ws_begin_frames(struct ws *c);
void et_ws_apply_policy(struct ws *c);
int et_ws_read(esp_transport_handle_t t, char *buffer, int len);
int et_ws_write(esp_transport_handle_t t, const char *buffer, int len);
/** Send what does not need the caller's bytes. @return 1 nothing is left; 0 not now; -1 failed */
int et_ws_flush(esp_transport_handle_t t);
/** Bytes, or a control frame, at hand. */
int et_ws_pending(esp_transport_handle_t t);
/** Bytes of the connection below, those at hand first; as a read of the parent's. */
int et_ws_take(esp_transport_handle_t t, void *buffer, size_t len);
/** Send what is due: Pings, Pongs, Closes. @return 1 nothing is left; 0 not now; -1 it cannot be
 *  sent */
int et_ws_send_due(esp_transport_handle_t t);
/** Is the time over for a Pong, or for the end after a Close? */
bool et_ws_is_overdue(const struct ws *c);
/** From the first Close to the end of the connection below, in ms. */
int et_ws_close_timeout(const struct ws *c);
/** When something is due next. */
uint64_t et_ws_next_time(const struct ws *c);

/* --- ws_config.c --- */

void et_ws_settings_clear(struct ws_settings *set);

#endif
