/* Handshake messages, for observers. Mbed TLS has no call for them; but its files call each other
 * for every message that they read or write, and the build sends these calls here first (seam.txt):
 * mbedtls_ssl_read_record(), ..._write_handshake_msg_ext() and ..._finish_handshake_msg(), from all
 * files but ssl_msg.c, which has them. So encrypted messages are seen, too. What ssl_msg.c reads
 * for itself, after the handshake, is looked at when it goes on to the next record, or stops at
 * it. */
#include "mbed.h"

#include <string.h>

#define HS_HEADER 4 /* RFC 8446 section 4: type, length */

/* RFC 8446 section 4.1.3: the beginning of the random of a ServerHello that is a
 * HelloRetryRequest. */
static const uint8_t retry_random[8] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11};
#define RETRY_REQUEST 6

static bool wants_messages(const struct mbed *m)
{
    return m != NULL && et_observers_want(m->io.observed, WATCH_MESSAGES);
}

/** @param msg  its header and body; of a body of `len` bytes */
static uint8_t type_of(const unsigned char *msg, size_t len)
{
    bool is_retry = msg[0] == MBEDTLS_SSL_HS_SERVER_HELLO && len >= 2 + sizeof(retry_random) &&
                    memcmp(msg + HS_HEADER + 2, retry_random, sizeof(retry_random)) == 0;

    return is_retry ? RETRY_REQUEST : msg[0];
}

static void tell_message(const struct mbed *m, bool is_sent, uint8_t type, size_t len,
                         size_t record_len)
{
    et_observers_message(m->io.observed,
                         &(struct conn_message){.is_sent = is_sent,
                                                .is_open = m->io.err->now >= ESP_TLS_PHASE_OPEN,
                                                .type = type,
                                                .len = len,
                                                .record_len = record_len});
}

/* --- messages that are read ------------------------------------------------------------------- */

static bool has_message(const struct mbed *m)
{
    return m->ssl.in_msg != NULL && m->ssl.in_msgtype == MBEDTLS_SSL_MSG_HANDSHAKE;
}

static void tell_received(struct mbed *m)
{
    const unsigned char *msg = m->ssl.in_msg;
    size_t len = (size_t)msg[1] << 16 | (size_t)msg[2] << 8 | msg[3];

    m->tap_told = true;
    tell_message(m, false, type_of(msg, len), len, 0);
}

/** Stands for mbedtls_ssl_read_record(). A message that is kept is handed out twice. */
int et_mbed_tap_read_record(mbedtls_ssl_context *ssl, unsigned update_hs_digest)
{
    struct mbed *m = et_mbed_current();
    bool is_again = ssl->keep_current_message != 0;
    int ret = mbedtls_ssl_read_record(ssl, update_hs_digest);

    if (ret == 0 && wants_messages(m) && ssl == &m->ssl && has_message(m) &&
        !(is_again && m->tap_told)) {
        tell_received(m);
    }
    return ret;
}

/** May there be a message that nobody told of? */
static bool is_untold(struct mbed *m)
{
    return wants_messages(m) && mbedtls_ssl_is_handshake_over(&m->ssl) && has_message(m) &&
           !m->tap_told;
}

/** Mbed TLS asks for the next record, so it accepted the last message, which is still in the
 *  buffer: of several messages in a record that is the last one. */
static void look_back(struct mbed *m)
{
    if (is_untold(m) && m->ssl.badmac_seen_or_in_hsfraglen == 0) { /* the message is whole */
        tell_received(m);
    }
}

void et_mbed_tap_recv(struct mbed *m)
{
    if (m->ssl.in_left == 0) {
        look_back(m);
    } else {
        m->tap_told = false; /* the message that is coming in has not been told */
    }
}

void et_mbed_tap_look(struct mbed *m)
{
    if (is_untold(m) && m->ssl.in_hslen >= HS_HEADER && m->ssl.in_hslen <= m->ssl.in_msglen) {
        tell_received(m);
    }
}

/* --- messages that are written ---------------------------------------------------------------- */

/** Called after the message was written: its record was sent, or is about to be. */
static void tell_sent(mbedtls_ssl_context *ssl, uint8_t type, size_t len)
{
    struct mbed *m = et_mbed_current();

    if (wants_messages(m) && ssl == &m->ssl) {
        tell_message(m, true, type, len, ssl->out_msglen);
    }
}

static bool is_written(int ret)
{
    return ret == 0 || ret == MBEDTLS_ERR_SSL_WANT_WRITE;
}

/** Stands for mbedtls_ssl_write_handshake_msg_ext(), which writes ChangeCipherSpec as well. */
int et_mbed_tap_write_message(mbedtls_ssl_context *ssl, int update_checksum, int force_flush)
{
    bool is_message = ssl->out_msgtype == MBEDTLS_SSL_MSG_HANDSHAKE;
    uint8_t type = ssl->out_msg[0];
    size_t len = ssl->out_msglen - HS_HEADER;
    int ret = mbedtls_ssl_write_handshake_msg_ext(ssl, update_checksum, force_flush);

    if (is_message && is_written(ret)) {
        tell_sent(ssl, type, len);
    }
    return ret;
}

/** Stands for mbedtls_ssl_finish_handshake_msg(). */
int et_mbed_tap_finish_message(mbedtls_ssl_context *ssl, size_t buf_len, size_t msg_len)
{
    uint8_t type = type_of(ssl->out_msg, msg_len);
    int ret = mbedtls_ssl_finish_handshake_msg(ssl, buf_len, msg_len);

    if (is_written(ret)) {
        tell_sent(ssl, type, msg_len);
    }
    return ret;
}
