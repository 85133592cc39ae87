/* Where TLS records begin in a stream of bytes (RFC 8446 section 5.1, RFC 5246 section 6.2.1). */
#ifndef TRACE_RECORDS_H
#define TRACE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_CHANGE_CIPHER_SPEC 20
#define RECORD_ALERT              21
#define RECORD_HANDSHAKE          22
#define RECORD_APPLICATION        23

/** All zero: at the beginning of a stream. */
struct record_scan {
    uint8_t header[5];
    uint8_t header_len; /* bytes of it that were there */
    uint16_t left;      /* bytes of the record that are still to come */
    bool is_lost;       /* what came is no TLS */
};

/** Go on with more of the stream; found() is called for each header that is complete. */
void et_records_scan(struct record_scan *scan, const uint8_t *bytes, size_t len,
                     void (*found)(void *arg, uint8_t type, uint16_t len), void *arg);

#endif
