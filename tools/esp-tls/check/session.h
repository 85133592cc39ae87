/* One real, verified connection of ours, watched: what was agreed, each record on the wire with its
 * size and time, each handshake message, and if wanted what a GET brings. It connects to one
 * address by itself, or on dial.h's socket when STARTTLS comes before TLS. */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/capture.h"
#include "probe/dial.h"
#include "esp_tls.h"
#include "esp_tls_diagnosis.h"
#include "esp_tls_record.h"
#include "esp_tls_trace.h"

#define SESSION_RECORDS 1024

/** A record on the wire. */
struct session_record {
    uint32_t us;  /* since the connection was begun */
    uint16_t len; /* as its header says */
    uint8_t type; /* 20 to 23 */
    bool is_sent;
    bool is_handshake; /* before the handshake was complete */
    bool is_message;   /* TLS 1.3: a handshake message that came afterwards */
};

#define SESSION_MESSAGES 48

/** A handshake message, encrypted ones too. */
struct session_message {
    uint32_t us;
    uint32_t len;     /* with its header of 4 bytes */
    uint16_t records; /* that it came in; 0: in that of the one before */
    uint8_t type;     /* esp_tls_trace_message_name() */
    bool is_sent;
};

/** What to do. All of it is borrowed. */
struct session_plan {
    const struct dial_address *address;
    bool smtp;
    const char *name;              /* that the certificate must have, and SNI */
    const char *path;              /* to GET; NULL: connect and close */
    uint16_t port;                 /* for the Host header */
    uint16_t in_limit;             /* largest record that is taken; 0: 16384 */
    size_t body_most;              /* bytes of a body to read */
    const struct capture *capture; /* NULL: none */
    int linger_ms;     /* without path: wait so long for what the server says by itself */
    esp_tls_cfg_t cfg; /* version, credentials, ALPN, timeout_ms */
};

struct session {
    bool was_tried;
    bool reached;                /* TCP, and STARTTLS if any */
    struct dial_failure failure; /* when not */
    bool opened;
    esp_tls_record_t record;
    esp_tls_diagnosis_t diagnosis; /* of the record, and of what else was known */
    uint32_t tcp_us;               /* when TCP, and STARTTLS, was done */
    uint32_t handshake_us;         /* when the handshake was complete; 0: never */
    uint32_t first_byte_us;        /* of the answer */
    uint32_t end_us;
    char version[16];
    char suite[64];
    char alpn[64]; /* "": none */
    int http_status;
    const char *http_why;       /* the answer is no HTTP: why */
    uint64_t body;              /* bytes of it that were read */
    uint16_t largest_handshake; /* received records, as their headers say */
    uint16_t largest_data;
    uint32_t data_records; /* received after the handshake */
    size_t records;        /* on the wire, also those for which there was no room */
    struct session_record wire[SESSION_RECORDS];
    size_t messages; /* the same */
    struct session_message message[SESSION_MESSAGES];
    unsigned tickets; /* NewSessionTicket messages received */
    const struct capture *capture;
    int64_t began_us;
    uint32_t connect_us; /* when esp-tls was called, which its trace counts from */
};

/** Blocks: at most about twice cfg.timeout_ms, or what is left until until_us. */
void session_run(struct session *s, const struct session_plan *plan, int64_t until_us);

#endif
