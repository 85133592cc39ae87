/* Reading, writing and closing over a link. */
#include "mbed.h"

#include <string.h>
#include "mbedtls/net_sockets.h" /* the codes of a failing link, as ESP-IDF reports them */

/* Mbed TLS goes on by itself as long as bytes come. So that a step ends all the same, a read takes
 * one unit of the step's share, and another one for each STEP_UNIT bytes: some two full records, or
 * 64 reads of next to nothing. Few handshakes need more than one share. */
#define STEP_SHARE 64
#define STEP_UNIT  512

/* Records that bring nothing: ChangeCipherSpec in TLS 1.3, warnings, data of no length. OpenSSL and
 * BoringSSL bear as many in a row. */
#define IGNORED_MAX 32
/* Messages after the handshake, with no data between them: tickets, of which a client that asks for
 * a number gets 255 at most (RFC 9149), and TLS 1.2's HelloRequest. */
#define TICKETS_MAX 256

/* --- the link under Mbed TLS -------------------------------------------------------------------
 *
 * What is below is not this connection's: a link may be another connection or a caller's own code,
 * whose memory and output bound are its own. */

void et_mbed_begin_step(struct mbed *m)
{
    m->share = STEP_SHARE;
}

/** What a read takes of a step's share. */
static void take_share(struct mbed *m, size_t len)
{
    size_t cost = 1 + len / STEP_UNIT;

    m->share = (uint8_t)(cost < m->share ? m->share - cost : 0);
}

int et_mbed_link_recv(void *ctx, unsigned char *buf, size_t len)
{
    struct mbed *m = ctx;
    struct mbed_scope below;
    size_t n;
    tls_status st;

    if (m->share == 0) { /* bytes that have come wait in the kernel, or in the link below */
        m->blocked = TLS_AGAIN;
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    et_mbed_tap_recv(m);
    et_mbed_enter(&below, NULL, PLAT_MEM_PROCESS);
    st = m->io.link->ops->read(m->io.link, buf, len, &n);
    et_mbed_leave(&below);
    m->blocked = tls_is_waiting(st) || st == TLS_EOF ? st : TLS_OK;
    switch (st) {
    case TLS_OK:
        take_share(m, n);
        return (int)n;
    case TLS_EOF:
        return 0;
    case TLS_WANT_WRITE:
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    case TLS_WANT_READ:
    case TLS_WANT_TIME:
    case TLS_AGAIN:
        return MBEDTLS_ERR_SSL_WANT_READ;
    default:
        return MBEDTLS_ERR_NET_RECV_FAILED;
    }
}

/** An alert that goes out in the clear is seen here (RFC 8446 section 5.1: type 21). */
static void note_alert(struct mbed *m, const unsigned char *buf, size_t len)
{
    if (len == 7 && buf[0] == MBEDTLS_SSL_MSG_ALERT && buf[4] == 2 &&
        buf[5] == MBEDTLS_SSL_ALERT_LEVEL_FATAL) {
        m->io.err->alert_sent = buf[6];
    }
}

int et_mbed_link_send(void *ctx, const unsigned char *buf, size_t len)
{
    struct mbed *m = ctx;
    struct mbed_scope below;
    size_t n;
    tls_status st;

    note_alert(m, buf, len);
    et_mbed_enter(&below, NULL, PLAT_MEM_PROCESS);
    st = m->io.link->ops->write(m->io.link, buf, len, &n);
    et_mbed_leave(&below);
    m->blocked = tls_is_waiting(st) ? st : TLS_OK;
    switch (st) {
    case TLS_OK:
        return (int)n;
    case TLS_WANT_READ:
        return MBEDTLS_ERR_SSL_WANT_READ;
    case TLS_WANT_WRITE:
    case TLS_WANT_TIME:
    case TLS_AGAIN:
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    default:
        return MBEDTLS_ERR_NET_SEND_FAILED;
    }
}

/* --- records that bring nothing --------------------------------------------------------------- */

bool et_mbed_is_flooded(const struct mbed *m)
{
    return m->ignored > IGNORED_MAX || m->tickets > TICKETS_MAX;
}

void et_mbed_made_progress(struct mbed *m)
{
    m->ignored = -1; /* the next record's beginning counts it */
    m->tickets = -1;
}

/* What the last record was is known now that it is done with, whatever it was encrypted as. */
int et_mbed_begin_record(struct mbed *m)
{
    if (m->ssl.in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE) {
        m->ssl.nb_zero = 0; /* Mbed TLS's own bound is 3, and calls it a wrong MAC */
        m->ignored++;
    } else if (!mbedtls_ssl_is_handshake_over(&m->ssl)) {
        m->ignored = 0;
        m->tickets = 0;
    } else if (m->ssl.badmac_seen_or_in_hsfraglen == 0) { /* the message is whole */
        m->tickets++;
    }
    return et_mbed_is_flooded(m) ? MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE : 0;
}

bool et_mbed_is_waiting(const struct mbed *m, int ret, tls_status *st)
{
    if (m->buffers.starved) {
        *st = TLS_NO_MEM;
        return true;
    }
    if (ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE) {
        *st = m->blocked;
        return true;
    }
    return false;
}

/** Before a call into Mbed TLS: nothing has happened in it yet. */
static void begin_call(struct mbed *m)
{
    m->blocked = TLS_OK;
    m->buffers.starved = false;
}

/** A record buffer could not be had: the connection is as it was, the call may be repeated. */
static tls_status starved(struct mbed *m)
{
    return et_error_passing(m->io.err, TLS_NO_MEM, NULL);
}

/* --- reading ---------------------------------------------------------------------------------- */

/** Messages after the handshake that Mbed TLS 3.6 cannot take are refused by name. */
static const char *refused_message(const struct mbed *m, int ret)
{
    if (ret != MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE || m->ssl.in_msg == NULL ||
        m->ssl.in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE) {
        return NULL;
    }
    switch (m->ssl.in_msg[0]) {
    case 24: /* RFC 8446 section 4.6.3 */
        return "KeyUpdate";
    case MBEDTLS_SSL_HS_HELLO_REQUEST: /* RFC 5246 section 7.4.1.1 */
        return "renegotiation";
    default:
        return NULL;
    }
}

static tls_status read_failed(struct mbed *m, int ret)
{
    const char *refused = refused_message(m, ret);

    if (ret == 0) {
        return et_mbed_fail(m, MBEDTLS_ERR_SSL_CONN_EOF, 0); /* FIN without close_notify */
    }
    if (refused != NULL && m->io.err->status == TLS_OK) {
        m->io.err->option = refused;
    }
    return et_mbed_fail(m, ret, 0);
}

/** Nothing to hand out, and nothing wrong: a ticket, or data of no length (RFC 5246 section 6.2.1,
 *  RFC 8446 section 5.4), for which Mbed TLS returns 0 as it does for the end of the link. */
static bool is_no_end(const struct mbed *m, int ret)
{
    return ret == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET ||
           (ret == 0 && m->blocked != TLS_EOF);
}

/** Of an alert that stopped: Mbed TLS leaves it to the next write, which may never come. */
static void send_rest(struct mbed *m)
{
    if (m->pending_write == 0) {
        (void)et_buffers_reserve_out(m, 0); /* a failure of the link is found by the next read */
    }
}

tls_status et_mbed_read(void *ctx, void *buf, size_t len, size_t *n)
{
    struct mbed *m = ctx;

    et_mbed_begin_step(m);
    for (;;) {
        struct mbed_scope scope;
        tls_status st;
        int ret;

        m->io.account->failure.size = 0; /* a message before that was read is not what fails here */
        et_mbed_enter(&scope, m, PLAT_MEM_HANDSHAKE);
        begin_call(m);
        send_rest(m);
        ret = mbedtls_ssl_read(&m->ssl, buf, len);
        et_mbed_tap_look(m);
        if (ret > 0 || is_no_end(m, ret) || et_mbed_is_waiting(m, ret, &st)) {
            et_buffers_trim(m);
        }
        et_mbed_leave(&scope);
        if (ret > 0) {
            et_mbed_made_progress(m);
            *n = (size_t)ret;
            return TLS_OK;
        }
        if (ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
            return TLS_EOF;
        }
        if (et_mbed_is_waiting(m, ret, &st)) {
            if (st != TLS_OK) {
                return st == TLS_NO_MEM ? starved(m) : st;
            }
        } else if (!is_no_end(m, ret)) {
            return read_failed(m, ret);
        }
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

static int write_piece(struct mbed *m, const void *buf, size_t len)
{
    size_t piece = m->pending_write;
    int ret;

    if (piece != 0 && m->ssl.out_left == 0) {
        m->pending_write =
            0; /* a read had an alert to send: Mbed TLS sent what was pending instead */
        return (int)piece;
    }
    if (piece == 0) {
        int most = et_buffers_max_payload(m);

        if (most <= 0) {
            return most < 0 ? most : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
        }
        piece = len < (size_t)most ? len : (size_t)most;
        /* What is left of something else (an alert, a handshake message) goes first: Mbed TLS would
         * take it for the data's and drop the data. */
        ret = et_buffers_reserve_out(m, piece);
        if (ret != 0) {
            return ret;
        }
        m->pending_write = piece;
    }
    ret = mbedtls_ssl_write(&m->ssl, buf, piece);
    if (ret != MBEDTLS_ERR_SSL_WANT_READ && ret != MBEDTLS_ERR_SSL_WANT_WRITE) {
        m->pending_write = 0;
    }
    return ret;
}

/** The cipher had no memory: nothing was encrypted or counted, and the caller still has the
 *  data. */
static bool lacked_memory(struct mbed *m, int ret)
{
    if (ret < 0 && m->ssl.out_left == 0 && et_mbed_is_no_mem(ret)) {
        m->buffers.starved = true;
    }
    return m->buffers.starved;
}

tls_status et_mbed_write(void *ctx, const void *buf, size_t len, size_t *n)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    tls_status st;
    int ret;

    if (len < m->pending_write) {
        /* the bytes of the unfinished write are encrypted already: it must be finished first */
        return et_error_passing(m->io.err, TLS_INVALID_ARG, "datalen");
    }
    m->io.account->failure.size = 0;
    do {
        et_mbed_enter(&scope, m, PLAT_MEM_RECORD_OUT);
        begin_call(m);
        ret = write_piece(m, buf, len);
        if (ret > 0 || lacked_memory(m, ret)) {
            et_buffers_trim(m);
        }
        et_mbed_leave(&scope);
        if (ret > 0) {
            *n = (size_t)ret;
            return TLS_OK;
        }
        if (!et_mbed_is_waiting(m, ret, &st)) {
            return et_mbed_fail(m, ret, ESP_ERR_MBEDTLS_SSL_WRITE_FAILED);
        }
    } while (st == TLS_OK);
    return st == TLS_NO_MEM ? starved(m) : st;
}

tls_status et_mbed_close_notify(void *ctx)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    int ret;

    et_mbed_enter(&scope, m, PLAT_MEM_RECORD_OUT);
    ret = et_buffers_reserve_out(m, 0); /* with something pending Mbed TLS sends that alone */
    if (ret == 0) {
        m->pending_write = 0;
        ret = mbedtls_ssl_close_notify(&m->ssl);
    }
    et_mbed_leave(&scope);
    return ret == 0 ? TLS_OK : TLS_WANT_WRITE;
}
