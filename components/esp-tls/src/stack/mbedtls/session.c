/* Handshake, read, write and close over a link. */
#include "mbed.h"

#include <string.h>
#include "mbedtls/net_sockets.h" /* the codes of a failing link, as ESP-IDF reports them */

/* --- the link under Mbed TLS ------------------------------------------------------------------- */

int mbed_link_recv(void *ctx, unsigned char *buf, size_t len)
{
    struct mbed *m = ctx;
    size_t n;
    tls_status st = m->io.link->ops->read(m->io.link, buf, len, &n);

    m->blocked = tls_is_waiting(st) ? st : TLS_OK;
    switch (st) {
    case TLS_OK:
        return (int)n;
    case TLS_EOF:
        return 0;
    case TLS_WANT_WRITE:
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    case TLS_WANT_READ:
    case TLS_WANT_TIME:
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

int mbed_link_send(void *ctx, const unsigned char *buf, size_t len)
{
    struct mbed *m = ctx;
    size_t n;
    tls_status st;

    note_alert(m, buf, len);
    st = m->io.link->ops->write(m->io.link, buf, len, &n);
    m->blocked = tls_is_waiting(st) ? st : TLS_OK;
    switch (st) {
    case TLS_OK:
        return (int)n;
    case TLS_WANT_READ:
        return MBEDTLS_ERR_SSL_WANT_READ;
    case TLS_WANT_WRITE:
    case TLS_WANT_TIME:
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    default:
        return MBEDTLS_ERR_NET_SEND_FAILED;
    }
}

/** A waiting code of Mbed TLS. It also says WANT_READ without having asked the link, after a
 *  message that it passes over: then there is nothing to wait for and the call is repeated. */
static bool is_waiting(const struct mbed *m, int ret, tls_status *st)
{
    if (ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE) {
        *st = m->blocked;
        return true;
    }
    return false;
}

/* --- handshake ------------------------------------------------------------------------------------ */

/** An IP literal is compared with the certificate but not sent: Mbed TLS's one name for both is set
 *  after the last ClientHello has gone out. */
static int set_ip_name(struct mbed *m)
{
    int ret = mbedtls_ssl_set_hostname(&m->ssl, m->ip_name);

    if (ret == 0) {
        plat_free(m->ip_name);
        m->ip_name = NULL;
    }
    return ret;
}

static enum plat_mem purpose_of(int state)
{
    switch (state) {
    case MBEDTLS_SSL_SERVER_CERTIFICATE:
        return PLAT_MEM_CERTIFICATE;
    case MBEDTLS_SSL_CERTIFICATE_VERIFY:
    case MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY:
        return PLAT_MEM_KEY;
    default:
        return PLAT_MEM_HANDSHAKE;
    }
}

static int step(struct mbed *m)
{
    struct mbed_scope scope;
    int ret = 0;

    mbed_enter(&scope, m->io.account, purpose_of(m->ssl.state));
    if (m->ip_name != NULL && m->ssl.state == MBEDTLS_SSL_SERVER_CERTIFICATE) {
        ret = set_ip_name(m);
    }
    if (ret == 0) {
        m->blocked = TLS_OK;
        ret = mbedtls_ssl_handshake_step(&m->ssl);
    }
    mbed_leave(&scope);
    return ret;
}

tls_status mbed_handshake(void *ctx)
{
    struct mbed *m = ctx;
    tls_status st;

    m->io.account->failure.size = 0;
    while (!mbedtls_ssl_is_handshake_over(&m->ssl)) {
        int ret = step(m);

        if (is_waiting(m, ret, &st)) {
            if (st != TLS_OK) {
                return st;
            }
        } else if (ret != 0) {
            return mbed_fail(m, ret, 0);
        }
    }
    return TLS_OK;
}

/* --- reading ----------------------------------------------------------------------------------------- */

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
        return mbed_fail(m, MBEDTLS_ERR_SSL_CONN_EOF, 0); /* FIN without close_notify */
    }
    if (refused != NULL && m->io.err->status == TLS_OK) {
        m->io.err->option = refused;
    }
    return mbed_fail(m, ret, 0);
}

tls_status mbed_read(void *ctx, void *buf, size_t len, size_t *n)
{
    struct mbed *m = ctx;

    m->io.account->failure.size = 0;
    for (;;) {
        struct mbed_scope scope;
        tls_status st;
        int ret;

        mbed_enter(&scope, m->io.account, PLAT_MEM_HANDSHAKE);
        m->blocked = TLS_OK;
        ret = mbedtls_ssl_read(&m->ssl, buf, len);
        mbed_leave(&scope);
        if (ret > 0) {
            *n = (size_t)ret;
            return TLS_OK;
        }
        if (ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
            return TLS_EOF;
        }
        if (is_waiting(m, ret, &st)) {
            if (st != TLS_OK) {
                return st;
            }
        } else if (ret != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            return read_failed(m, ret);
        }
    }
}

/* --- writing ------------------------------------------------------------------------------------------ */

/** Send what is left of something that is not the caller's data (an alert, a handshake message):
 *  Mbed TLS would take it for the data's and drop the data. */
static int flush_before(struct mbed *m)
{
    return m->pending_write == 0 && m->ssl.out_left != 0 ? mbedtls_ssl_flush_output(&m->ssl) : 0;
}

static int write_piece(struct mbed *m, const void *buf, size_t len)
{
    int ret = flush_before(m);
    int most;

    if (ret != 0) {
        return ret;
    }
    most = mbedtls_ssl_get_max_out_record_payload(&m->ssl);
    if (most <= 0) {
        return most < 0 ? most : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    }
    if (m->pending_write == 0) {
        m->pending_write = len < (size_t)most ? len : (size_t)most;
    }
    ret = mbedtls_ssl_write(&m->ssl, buf, m->pending_write);
    if (ret != MBEDTLS_ERR_SSL_WANT_READ && ret != MBEDTLS_ERR_SSL_WANT_WRITE) {
        m->pending_write = 0;
    }
    return ret;
}

tls_status mbed_write(void *ctx, const void *buf, size_t len, size_t *n)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    tls_status st;
    int ret;

    if (len < m->pending_write) {
        /* the bytes of the unfinished write are encrypted already: it must be finished first */
        return error_passing(m->io.err, TLS_INVALID_ARG, "datalen");
    }
    m->io.account->failure.size = 0;
    do {
        mbed_enter(&scope, m->io.account, PLAT_MEM_RECORD_OUT);
        m->blocked = TLS_OK;
        ret = write_piece(m, buf, len);
        mbed_leave(&scope);
        if (ret > 0) {
            *n = (size_t)ret;
            return TLS_OK;
        }
        if (!is_waiting(m, ret, &st)) {
            return mbed_fail(m, ret, ESP_ERR_MBEDTLS_SSL_WRITE_FAILED);
        }
    } while (st == TLS_OK);
    return st;
}

tls_status mbed_close_notify(void *ctx)
{
    struct mbed *m = ctx;
    struct mbed_scope scope;
    int ret;

    mbed_enter(&scope, m->io.account, PLAT_MEM_RECORD_OUT);
    ret = mbedtls_ssl_close_notify(&m->ssl);
    mbed_leave(&scope);
    return ret == 0 ? TLS_OK : TLS_WANT_WRITE;
}
