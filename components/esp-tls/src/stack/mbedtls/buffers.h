/* Record buffers of a connection. Two files implement this; the build has one of them:
 *
 * elastic.c (CONFIG_MBEDTLS_DYNAMIC_BUFFER)  A buffer exists while a record does. Between records
 *     the connection holds two stubs inside its own context. A connection may still ask for fixed
 *     buffers: both are then made at the size of its limits, once.
 * fixed.c  Mbed TLS's own way: both buffers at full size for as long as the connection lives.
 */
#ifndef MBED_BUFFERS_H
#define MBED_BUFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mbed;
struct stack_buffers;

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER

/* Bytes of plaintext that the output stub takes: an alert (2 bytes, RFC 8446 section 6) or a
 * ChangeCipherSpec (1), in TLS 1.3 with the content type and padded to 16 (section 5.4). Mbed TLS
 * subtracts up to 10 from the bound without looking: it is never less. */
#define OUT_STUB_LEN 16

/* What Mbed TLS counts on top of the plaintext for IV, tag, MAC and padding. A buffer has all of it
 * although a record uses 32 bytes at most with AEAD suites: PSA writes over the whole rest of an
 * output buffer that it is told of. */
#define OUT_EXPANSION (MBEDTLS_SSL_PAYLOAD_OVERHEAD + OUT_CID_LEN)
#if defined(MBEDTLS_SSL_DTLS_CONNECTION_ID)
#define OUT_CID_LEN MBEDTLS_SSL_CID_OUT_LEN_MAX
#else
#define OUT_CID_LEN 0
#endif

#define RECORD_HEADER_LEN 5 /* RFC 8446 section 5.1 */
#define COUNTER_LEN       8 /* Mbed TLS keeps the sequence number in front of the record */

struct mbed_buffers {
    bool fixed;      /* both buffers have the size of their limits and stay */
    bool fixed_in;   /* the input buffer has the size of its limit and stays */
    bool starved;    /* a buffer, or the cipher of a write, had no memory in the last call */
    uint8_t hdr_len; /* bytes of the next record's header that have come */
    uint8_t hdr[RECORD_HEADER_LEN];
    uint16_t in_limit;  /* plaintext that a record may carry: in ... */
    uint16_t out_limit; /* ... and out */
    uint16_t out_len;   /* plaintext that the present output buffer takes */
    uint8_t in_stub[COUNTER_LEN + RECORD_HEADER_LEN + 3];
    uint8_t out_stub[COUNTER_LEN + RECORD_HEADER_LEN + OUT_STUB_LEN + OUT_EXPANSION];
};

#else

struct mbed_buffers {
    bool starved; /* the cipher had no memory in the last call */
    uint16_t out_limit;
};

#endif

/** Set limits and offer them to the peer, after Mbed TLS's defaults. @return 0 or code */
int et_buffers_configure(struct mbed *m, const struct stack_buffers *wanted);

/** Ask the peer to keep to a limit below 16384: the largest max_fragment_length within it (RFC 6066
 *  section 4; Mbed TLS sends it with TLS 1.2 only). @return 0 or code */
int et_buffers_offer_limit(struct mbed *m, size_t limit);

/** mbedtls_ssl_setup() with the buffers in place. @return 0 or Mbed TLS's code */
int et_buffers_setup(struct mbed *m);

/** The receive callback of Mbed TLS. @return as et_mbed_link_recv() */
int et_buffers_recv(void *ctx, unsigned char *buf, size_t len);

/** Make room for a message or data of `payload` bytes. What was pending is flushed first.
 *  @return 0, a waiting code of Mbed TLS, or MBEDTLS_ERR_SSL_ALLOC_FAILED (try again later) */
int et_buffers_reserve_out(struct mbed *m, size_t payload);

/** The same for what the step of a state of the handshake writes. What was pending is flushed
 *  first. */
int et_buffers_reserve_for(struct mbed *m, int state);

/** After that step: where it did not fit, keep how long the message and the limit are. */
void et_buffers_note_too_long(struct mbed *m, int state, int ret);

/** Bytes of a handshake message that there can be a buffer for: of any size up to a record's (RFC
 *  8446 section 5.1), or Mbed TLS's own. */
size_t et_buffers_max_message(const struct mbed *m);

/** Bytes of application data that one record may carry (limits and negotiation). */
int et_buffers_max_payload(struct mbed *m);

/** Let go of what is no longer in use. After every call into Mbed TLS that did not fail. */
void et_buffers_trim(struct mbed *m);

/** From now on keep a full-size input buffer (ESP_TLS_DYN_BUF_RX_STATIC). @return 0 or code */
int et_buffers_fix_input(struct mbed *m);

/** Before mbedtls_ssl_free(). */
void et_buffers_free(struct mbed *m);

#endif
