/* What a server answers to a ClientHello, read as far as it is in the clear: TLS 1.2 and older up
 * to ServerHelloDone (RFC 5246 section 7.4), TLS 1.3 up to ServerHello or HelloRetryRequest, and up
 * to Finished where somebody opens the records (probe_keys.h).
 *
 * A pure decoder: bytes are fed as they come, in any pieces. Nothing is believed: each length is
 * checked against what is there, and the first thing that is wrong ends it. */
#ifndef PROBE_ANSWER_H
#define PROBE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBE_RECORD_MOST  (16384 + 256 + 2048) /* RFC 5246 section 6.2.3 */
#define PROBE_MESSAGE_MOST (1u << 17)
#define PROBE_RECORDS      64
#define PROBE_MESSAGES     24

enum probe_result {
    PROBE_MORE = 0, /* wants more bytes */
    PROBE_DONE,     /* all that can be seen was seen */
    PROBE_ALERT,    /* the server refused: see alert */
    PROBE_BROKEN    /* not TLS, or wrong: see why */
};

struct probe_record {
    uint8_t type;
    uint16_t len; /* as its header says */
};

struct probe_message {
    uint8_t type;
    uint32_t len; /* with the header of 4 bytes */
};

/** Opens the records of TLS 1.3. The functions return false when it cannot be done. */
struct probe_opener {
    void *ctx;
    /** ServerHello came: its message, with header, and the server's key share */
    bool (*on_hello)(void *ctx, uint16_t suite, const uint8_t *message, size_t len,
                     const uint8_t *share, size_t share_len);
    /** @param data  the record's content, opened in place
     *  @param len   receives the length of what was inside, with the type as its last byte */
    bool (*open)(void *ctx, const uint8_t header[5], uint8_t *data, size_t *len);
};

struct probe_answer {
    enum probe_result result;
    const char *why; /* BROKEN: what is wrong */

    int alert; /* -1: none */
    uint8_t alert_level;

    bool has_hello;
    bool is_retry; /* HelloRetryRequest */
    uint16_t version;
    uint16_t suite;
    uint16_t group; /* of the key share, of the retry, or of ServerKeyExchange; 0: none */
    uint8_t session_id_len;
    uint8_t max_fragment;   /* as echoed; 0: not */
    uint16_t record_limit;  /* as sent; 0: not */
    char alpn[256];         /* "": none */
    bool has_ticket;        /* session_ticket: a ticket is promised */
    bool has_ems;           /* extended_master_secret */
    bool has_renegotiation; /* renegotiation_info */

    uint16_t signature; /* SignatureScheme of ServerKeyExchange or CertificateVerify; 0: unknown */
    bool has_signature; /* there was one; TLS 1.0 and 1.1 do not say which */
    uint16_t dh_bits;   /* of a finite-field key exchange; 0: none */
    bool wants_certificate;
    bool has_certificates;
    size_t certificates_len; /* bytes of the chain: the lists of certificates, as sent */
    uint32_t ocsp_len;       /* bytes of the stapled response; 0: none */

    uint8_t first[16]; /* the first bytes of the answer, for what is not TLS */
    uint8_t first_len;
    struct probe_record record[PROBE_RECORDS];
    size_t records; /* that came, also those for which there was no room above */
    struct probe_message message[PROBE_MESSAGES];
    size_t messages; /* the same */
};

/** Called for each certificate of the chain, in the order in which they were sent. */
typedef void (*probe_certificate_fn)(void *arg, const uint8_t *der, size_t len);

struct probe_decoder {
    struct probe_answer *answer;
    const struct probe_opener *opener;
    probe_certificate_fn on_certificate;
    void *arg;
    bool is_sealed; /* what comes now are the records of TLS 1.3 under keys */
    size_t header_len;
    uint8_t header[5];
    size_t record_len;
    uint8_t record_data[PROBE_RECORD_MOST];
    size_t message_len;
    uint8_t message_data[PROBE_MESSAGE_MOST];
};

/** @param opener          NULL: TLS 1.3 ends with ServerHello
 *  @param on_certificate  may be NULL
 *  All is borrowed. The decoder is large: have it on the heap. */
void probe_decoder_init(struct probe_decoder *d, struct probe_answer *answer,
                        const struct probe_opener *opener, probe_certificate_fn on_certificate,
                        void *arg);

/** @return answer->result */
enum probe_result probe_decoder_feed(struct probe_decoder *d, const uint8_t *data, size_t len);

#endif
