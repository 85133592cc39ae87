/* What request.c, response.c and exchange.c share. Of the exchange's room only. */
#ifndef HTTP_EXCHANGE_ROOM_H
#define HTTP_EXCHANGE_ROOM_H

#include "exchange.h"

/** The request on its way. */
struct http_request {
    int64_t length;            /* of the body; -1: chunked */
    int64_t sent;              /* bytes of body, framing not counted */
    int64_t chunk_left;        /* of the chunk that is open */
    char *authorization;       /* value of the header, or NULL */
    char *proxy_authorization; /* the same */
    uint32_t line_offset;      /* of the head: what of this line is copied */
    uint16_t line;             /* of the head: which is to be copied next */
    uint8_t method;            /* esp_http_client_method_t */
    bool has_lost_body;        /* a redirect turned it into GET */
    bool is_cut;         /* the answer came before the body was out: no further request here */
    bool framed_by_hand; /* chunk_write_begin() */
    bool in_chunk;
    bool body_is_over; /* the last chunk is queued, or the source is exhausted */
    uint8_t frame_len;
    uint8_t frame_pos;
    char frame[24]; /* a chunk's size line or end, until it is sent */
};

/** What came. */
struct http_answer {
    int64_t received;       /* bytes of body */
    int64_t content_range;  /* the whole; -1: unknown */
    uint64_t drop_until_us; /* how long nobody's body may take; 0: it has not begun */
    char *location;
    struct http_kept saved; /* CONFIG_ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS */
    int status;             /* -1: none yet */
    esp_err_t error;        /* the parser was stopped for this */
    uint32_t dropped;       /* bytes of nobody's body so far, framing counted */
    uint16_t saved_count;
    bool has_begun;   /* a byte of it came */
    bool is_followed; /* another request follows: the body is nobody's */
    bool has_surplus; /* bytes behind it that nobody asked for */
};

struct http_exchange {
    const esp_http_client_config_t *cfg;
    esp_http_response_t *parser;
    http_exchange_tell_t tell;
    void *tell_arg;

    /* the body that perform() sends */
    const char *post_data; /* borrowed */
    int post_len;
    esp_http_client_source_t source; /* NULL: the post data */
    void *source_arg;
    int64_t source_size;

    /* in and out */
    char *buf;
    uint32_t buf_cap;
    uint32_t buf_pos;
    uint32_t buf_len;

    /* where body bytes go; NULL: to the callback only */
    char *sink;
    int sink_len;
    int sink_cap;

    struct http_request req;
    struct http_answer answer;
};

/** Nothing is in the buffer. */
static inline void http_empty_buffer(struct http_exchange *x)
{
    x->buf_pos = 0;
    x->buf_len = 0;
}

/* request.c */
void et_http_request_clear(struct http_request *req);

/* response.c */
extern const esp_http_response_handler_t et_http_response_handler; /* its argument: the exchange */
void et_http_response_clear(struct http_answer *answer);

#endif
