/* A ClientHello made to measure (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2): it offers just
 * what is said, so that the answer says what the server takes. */
#ifndef PROBE_HELLO_H
#define PROBE_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Extensions, by IANA's numbers. */
enum {
    EXT_SERVER_NAME = 0,
    EXT_MAX_FRAGMENT_LENGTH = 1,
    EXT_STATUS_REQUEST = 5,
    EXT_SUPPORTED_GROUPS = 10,
    EXT_EC_POINT_FORMATS = 11,
    EXT_SIGNATURE_ALGORITHMS = 13,
    EXT_ALPN = 16,
    EXT_EXTENDED_MASTER_SECRET = 23,
    EXT_RECORD_SIZE_LIMIT = 28,
    EXT_SESSION_TICKET = 35,
    EXT_SUPPORTED_VERSIONS = 43,
    EXT_KEY_SHARE = 51,
    EXT_RENEGOTIATION_INFO = 0xFF01
};

#define PROBE_TLS_1_0 0x0301
#define PROBE_TLS_1_1 0x0302
#define PROBE_TLS_1_2 0x0303
#define PROBE_TLS_1_3 0x0304

/** A list of code points. */
struct probe_list {
    const uint16_t *at;
    size_t count;
};

/** What is offered. Zero, NULL and empty lists leave the extension out. All of it is borrowed. */
struct probe_hello {
    uint16_t version; /* this one and no other: PROBE_TLS_... */
    struct probe_list suites;
    struct probe_list groups;
    struct probe_list signatures;
    const char *name;        /* SNI (RFC 6066 section 3) */
    const char *const *alpn; /* RFC 7301; ends with NULL */
    uint8_t max_fragment;    /* code of RFC 6066 section 4: 1 is 512 bytes, 4 is 4096 */
    uint16_t record_limit;   /* record_size_limit (RFC 8449) */
    bool ask_ocsp;           /* status_request (RFC 6066 section 8) */
    bool ask_ticket;         /* session_ticket, empty (RFC 5077 section 3.2) */
    uint16_t share_group;    /* TLS 1.3: group of the key share; 0: none, the server asks for one */
    const uint8_t *share;
    size_t share_len;
    const uint8_t *random; /* 32 bytes; also the legacy session id of TLS 1.3 */
};

/** As one record, with its header. @return false: it does not fit */
bool probe_hello_write(const struct probe_hello *h, uint8_t *out, size_t cap, size_t *len);

#endif
