/* Fixed record buffers: what Mbed TLS does by itself. */
#include "mbed.h"

int et_buffers_configure(struct mbed *m, const struct stack_buffers *wanted)
{
    m->buffers.out_limit = wanted->out_limit;
    return et_buffers_offer_limit(m, wanted->in_limit != 0 ? wanted->in_limit
                                                           : MBEDTLS_SSL_IN_CONTENT_LEN);
}

int et_buffers_setup(struct mbed *m)
{
    int ret;

    et_mbed_expect_records(true);
    ret = mbedtls_ssl_setup(&m->ssl, &m->conf);
    et_mbed_expect_records(false);
    return ret;
}

int et_buffers_recv(void *ctx, unsigned char *buf, size_t len)
{
    struct mbed *m = ctx;
    bool begins = m->ssl.in_left == 0;
    int ret = et_mbed_link_recv(m, buf, len);
    int code = ret > 0 && begins ? et_mbed_begin_record(m) : 0;

    return code != 0 ? code : ret;
}

int et_buffers_reserve_out(struct mbed *m, size_t payload)
{
    int ret;

    (void)payload;
    if (m->ssl.out_left == 0 || !mbedtls_ssl_is_handshake_over(&m->ssl)) {
        return 0; /* each step of the handshake flushes its own output */
    }
    /* a write of no bytes flushes what is pending */
    ret = mbedtls_ssl_write(&m->ssl, (const unsigned char *)"", 0);
    return ret < 0 ? ret : 0;
}

int et_buffers_reserve_for(struct mbed *m, int state)
{
    (void)state;
    return et_buffers_reserve_out(m, 0);
}

void et_buffers_note_too_long(struct mbed *m, int state, int ret)
{
    (void)m;
    (void)state;
    (void)ret;
}

size_t et_buffers_max_message(const struct mbed *m)
{
    (void)m;
    return MBEDTLS_SSL_OUT_CONTENT_LEN;
}

int et_buffers_max_payload(struct mbed *m)
{
    int most = mbedtls_ssl_get_max_out_record_payload(&m->ssl);

    return m->buffers.out_limit != 0 && most > m->buffers.out_limit ? m->buffers.out_limit : most;
}

void et_buffers_trim(struct mbed *m)
{
    (void)m;
}

int et_buffers_fix_input(struct mbed *m)
{
    (void)m;
    return 0;
}

void et_buffers_free(struct mbed *m)
{
    (void)m;
}
