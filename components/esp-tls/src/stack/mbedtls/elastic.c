/* Elastic record buffers over unmodified Mbed TLS 3.6.
 *
 * In. Mbed TLS asks its receive callback for the 5 bytes of a record header first, and computes its
 * pointers anew after the callback returns. So the callback itself gathers the header, checks it,
 * replaces the buffer by one that holds exactly this record (the sequence number in front of it and
 * the fragments of an unfinished handshake message are carried over), and returns the 5 bytes.
 *
 * Out. MBEDTLS_SSL_OUT_CONTENT_LEN is the thread's variable et_mbed_out_len, which et_mbed_enter()
 * sets to the bound of the connection at hand and et_mbed_leave() restores. Before a step that
 * writes, a buffer of the size that the step needs is put in place; once it is flushed the stub
 * returns.
 *
 * Mbed TLS's own checks are a second net with holes, so every use of the two lengths in the
 * functions that seam.txt lists was read, and each is safe because of one of these (with other
 * functions there the build leaves this file out):
 *   A  the step's need is reserved before it runs (handshake.c, table of needs)
 *   B  a record of `out_len` bytes fits its buffer: out_len + OUT_EXPANSION (buffers.h)
 *   C  the length is that of the buffer's full size, and the input that is compared with it was
 *      bounded by check_header() before
 *   D  only read at configuration time, when the bound is the Kconfig value
 *   E  never called here
 *
 *   ssl_msg.c   mbedtls_ssl_fetch_input            in   C  (+ in_hdr offset: in_room())
 *               mbedtls_ssl_prepare_handshake_record in C  moves down inside what in_room() made
 *               ssl_prepare_record_content          in   C
 *               ssl_buffering..., ssl_load_...      in   E  DTLS
 *               mbedtls_ssl_start_handshake_msg     out  A  bound - 4: never below OUT_STUB_LEN
 *               mbedtls_ssl_write_handshake_msg_ext out  A
 *               mbedtls_ssl_encrypt_buf             out  B  plaintext incl. TLS 1.3 padding
 *               mbedtls_ssl_write_record            out  B
 *               ssl_get_remaining_..., badmac limit out  E  DTLS
 *   ssl_tls.c   mbedtls_ssl_setup                   both the smallest, elastic_setup()
 *               mbedtls_ssl_free                    both E  pointers are NULL by then
 *               mbedtls_ssl_session_reset_msg_layer both E  session_reset is never called; what a
 *                                                           HelloRetryRequest calls is
 *                                                           et_mbed_reset_msg_layer() below
 *               handle_buffer_resizing              both E  VARIABLE_BUFFER_LENGTH is refused
 *               ssl_conf_set_psk_identity           out  D
 *               mbedtls_ssl_get_..._max_frag_len    both read under the connection's own limit
 *               mbedtls_ssl_write_certificate       out  A  exact size of the chain: the check
 *                                                           there subtracts unsigned
 *   ssl_tls12_client.c  ssl_write_encrypted_pms, ..._client_key_exchange, ..._certificate_verify
 *                                                   out  A
 *   ssl_tls12_server.c  all                         out  A  rows of the server come with it
 *   ssl_tls13_generic.c write_change_cipher_spec    out  stub is enough (1 byte)
 *               record_size_limit extension         in   D  constant */
#include "mbed.h"

#include <string.h>

#if defined(MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH)
#error                                                                                             \
    "CONFIG_MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH and CONFIG_MBEDTLS_DYNAMIC_BUFFER exclude each other"
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
#error "CONFIG_MBEDTLS_SSL_RENEGOTIATION and CONFIG_MBEDTLS_DYNAMIC_BUFFER exclude each other"
#endif

_Static_assert(OUT_STUB_LEN >= 10, "Mbed TLS subtracts 10 from the bound");

/* --- output ----------------------------------------------------------------------------------- */

static bool out_is_stub(const struct mbed *m)
{
    return m->ssl.out_buf == m->buffers.out_stub;
}

static size_t out_size(size_t payload)
{
    return COUNTER_LEN + RECORD_HEADER_LEN + payload + OUT_EXPANSION;
}

/** Put an output buffer in place; nothing may be pending in the old one. */
static void out_install(struct mbed *m, unsigned char *buf, size_t payload)
{
    unsigned char *old = m->ssl.out_buf;
    bool was_stub = out_is_stub(m);

    m->ssl.out_buf = buf;
    m->ssl.out_ctr = buf;
    m->ssl.out_hdr = buf + COUNTER_LEN;
    mbedtls_ssl_update_out_pointers(&m->ssl, m->ssl.transform_out);
    m->buffers.out_len = (uint16_t)payload;
    et_mbed_out_len = payload;
    if (!was_stub) {
        plat_free_secret(old);
    }
}

static void out_release(struct mbed *m)
{
    if (!m->buffers.fixed && !out_is_stub(m) && m->ssl.out_left == 0 && m->pending_write == 0) {
        out_install(m, m->buffers.out_stub, OUT_STUB_LEN);
    }
}

/** TLS 1.3 adds the content type and pads (RFC 8446 section 5.2, 5.4). */
static size_t padded(size_t payload)
{
    const size_t unit = MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY;

    return (payload + unit) / unit * unit;
}

int et_buffers_reserve_out(struct mbed *m, size_t payload)
{
    int ret = m->ssl.out_left != 0 ? mbedtls_ssl_flush_output(&m->ssl) : 0;
    size_t bound = padded(payload);
    unsigned char *buf;

    if (ret != 0 || bound <= m->buffers.out_len) {
        return ret;
    }
    /* A fixed buffer that is too small for a handshake message is replaced for as long as the
     * connection. */
    out_release(m);
    buf = plat_alloc(m->io.account, PLAT_MEM_RECORD_OUT, out_size(bound));
    if (buf == NULL) {
        m->buffers.starved = true;
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    out_install(m, buf, bound);
    return 0;
}

size_t et_buffers_max_message(const struct mbed *m)
{
    (void)m;
    return 16384;
}

int et_buffers_max_payload(struct mbed *m)
{
    int ret;

    et_mbed_out_len = m->buffers.out_limit; /* the limit, not the size of the present buffer */
    ret = mbedtls_ssl_get_max_out_record_payload(&m->ssl);
    et_mbed_out_len = m->buffers.out_len;
    return ret;
}

/* --- input ------------------------------------------------------------------------------------ */

static bool in_is_stub(const struct mbed *m)
{
    return m->ssl.in_buf == m->buffers.in_stub;
}

/** Put an input buffer in place whose first `keep` bytes are those of the old one. */
static void in_install(struct mbed *m, unsigned char *buf, size_t keep)
{
    unsigned char *old = m->ssl.in_buf;
    bool was_stub = in_is_stub(m);

    memcpy(buf, old, keep);
    m->ssl.in_buf = buf;
    m->ssl.in_hdr = buf + keep;
    mbedtls_ssl_update_in_pointers(&m->ssl);
    if (!was_stub) {
        plat_free_secret(old);
    }
}

static void in_release(struct mbed *m)
{
    if (!in_is_stub(m) && !m->buffers.fixed_in) {
        in_install(m, m->buffers.in_stub, COUNTER_LEN);
    }
}

/** Keep the evidence: how long the record, or the message in several records, is. */
static void refuse_record(struct mbed *m, size_t len, size_t limit)
{
    m->io.err->record_len = (uint32_t)len;
    m->io.err->record_limit = (uint32_t)limit;
}

/** Refuse what is no TLS record before anything is allocated for it: "SSH-2" would ask for 11 KB,
 *  "HTTP/" for 12 KB. RFC 8446 section 5.1, RFC 5246 section 6.2.1. */
static int check_header(struct mbed *m)
{
    const uint8_t *hdr = m->buffers.hdr;
    size_t len = (size_t)hdr[3] << 8 | hdr[4];

    if (hdr[0] < MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC || hdr[0] > MBEDTLS_SSL_MSG_APPLICATION_DATA ||
        hdr[1] != MBEDTLS_SSL_MAJOR_VERSION_3) {
        return MBEDTLS_ERR_SSL_INVALID_RECORD;
    }
    if (len > (size_t)m->buffers.in_limit + MBEDTLS_SSL_PAYLOAD_OVERHEAD) {
        refuse_record(m, len, m->buffers.in_limit);
        return MBEDTLS_ERR_SSL_INVALID_RECORD;
    }
    return 0;
}

/** Of an input buffer that takes every record within the limit. */
static size_t in_size(const struct mbed *m)
{
    return COUNTER_LEN + RECORD_HEADER_LEN + m->buffers.in_limit + MBEDTLS_SSL_PAYLOAD_OVERHEAD;
}

/** Make room for the record whose header is in hdr. */
static bool in_room(struct mbed *m)
{
    size_t len = (size_t)m->buffers.hdr[3] << 8 | m->buffers.hdr[4];
    size_t keep = (size_t)(m->ssl.in_hdr - m->ssl.in_buf); /* counter, and fragments if any */
    size_t most = m->buffers.fixed_in ? in_size(m) : MBEDTLS_SSL_IN_BUFFER_LEN;
    unsigned char *buf;

    if (keep + RECORD_HEADER_LEN + len > most) { /* Mbed TLS would say "bad input data" */
        refuse_record(m, keep - COUNTER_LEN + len,
                      m->buffers.fixed_in ? m->buffers.in_limit : MBEDTLS_SSL_IN_CONTENT_LEN);
        return false;
    }
    if (m->buffers.fixed_in) {
        return true;
    }
    if (keep == COUNTER_LEN) {
        in_release(m); /* the last record is done with */
    }
    buf = plat_alloc(m->io.account, PLAT_MEM_RECORD_IN, keep + RECORD_HEADER_LEN + len);
    if (buf == NULL) {
        m->buffers.starved = true;
        return false;
    }
    in_install(m, buf, keep);
    return true;
}

int et_buffers_recv(void *ctx, unsigned char *buf, size_t len)
{
    struct mbed *m = ctx;
    struct mbed_buffers *b = &m->buffers;
    int code;
    int ret;

    if (m->ssl.in_left != 0) {
        return et_mbed_link_recv(m, buf, len);
    }
    while (b->hdr_len < RECORD_HEADER_LEN) { /* survives every wait and every failed allocation */
        ret = et_mbed_link_recv(m, b->hdr + b->hdr_len, RECORD_HEADER_LEN - b->hdr_len);
        if (ret <= 0) {
            return ret;
        }
        if (b->hdr_len == 0 && (code = et_mbed_begin_record(m)) != 0) {
            return code;
        }
        b->hdr_len = (uint8_t)(b->hdr_len + ret);
    }
    ret = check_header(m);
    if (ret != 0) {
        return ret;
    }
    if (!in_room(m)) {
        /* Mbed TLS stops as it would for data; `starved` tells them apart */
        return b->starved ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_INVALID_RECORD;
    }
    memcpy(m->ssl.in_hdr, b->hdr, RECORD_HEADER_LEN);
    b->hdr_len = 0;
    return RECORD_HEADER_LEN;
}

/** Several handshake messages came in one record and most of it is read: keep the rest alone. Mbed
 *  TLS drops in_hslen bytes before it looks at the rest, so one byte stands for what was read. */
static void in_compact(struct mbed *m)
{
    mbedtls_ssl_context *ssl = &m->ssl;
    size_t rest = ssl->in_msglen - ssl->in_hslen;
    const unsigned char *from = ssl->in_msg + ssl->in_hslen;
    const struct plat_mem_failure before = m->io.account->failure;
    unsigned char *buf;

    if (ssl->in_hslen == 1 || rest > ssl->in_hslen) {
        return;
    }
    buf = plat_alloc(m->io.account, PLAT_MEM_RECORD_IN, COUNTER_LEN + RECORD_HEADER_LEN + 1 + rest);
    if (buf == NULL) {
        /* The move only saves memory, so a failed allocation is no failure of the connection. */
        m->io.account->failure = before;
        return;
    }
    memcpy(buf + COUNTER_LEN + RECORD_HEADER_LEN + 1, from, rest);
    in_install(m, buf, COUNTER_LEN);
    ssl->in_hslen = 1;
    ssl->in_msglen = 1 + rest;
}

static void in_trim(struct mbed *m)
{
    const mbedtls_ssl_context *ssl = &m->ssl;

    if (in_is_stub(m) || m->buffers.fixed_in || ssl->in_left != 0 ||
        ssl->badmac_seen_or_in_hsfraglen != 0 || ssl->keep_current_message ||
        ssl->in_offt != NULL) {
        return;
    }
    if (ssl->in_hslen != 0 && ssl->in_hslen < ssl->in_msglen) {
        in_compact(m);
        return;
    }
    if (ssl->in_hslen == 0 && ssl->in_msglen != 0 &&
        ssl->in_msgtype == MBEDTLS_SSL_MSG_APPLICATION_DATA) {
        return;
    }
    in_release(m);
}

/* --- both ------------------------------------------------------------------------------------- */

void et_buffers_trim(struct mbed *m)
{
    in_trim(m);
    out_release(m);
}

/** Stands for mbedtls_ssl_session_reset_msg_layer() in Mbed TLS's TLS 1.3 sources (seam.txt), which
 *  a HelloRetryRequest (RFC 8446 section 4.1.4) calls: the same without clearing buffers by the
 *  lengths that they would have, 16 KB and more. */
void et_mbed_reset_msg_layer(mbedtls_ssl_context *ssl, int partial)
{
    struct mbed *m = et_mbed_current();

    if (m == NULL || ssl != &m->ssl) { /* a context that the application runs itself */
        mbedtls_ssl_session_reset_msg_layer(ssl, partial);
        return;
    }
    ssl->out_left = 0;
    ssl->transform_out = NULL;
    ssl->transform_in = NULL;
    out_release(m);
    in_release(m);
    memset(ssl->in_buf, 0, COUNTER_LEN);
    mbedtls_ssl_reset_in_pointers(ssl);
    mbedtls_ssl_reset_out_pointers(ssl);
    ssl->in_offt = NULL;
    ssl->nb_zero = 0;
    ssl->in_msgtype = 0;
    ssl->in_msglen = 0;
    ssl->in_hslen = 0;
    ssl->in_left = 0;
    ssl->keep_current_message = 0;
    ssl->badmac_seen_or_in_hsfraglen = 0;
    ssl->send_alert = 0;
    ssl->alert_reason = 0;
    ssl->alert_type = 0;
    ssl->out_msgtype = 0;
    ssl->out_msglen = 0;
    memset(ssl->cur_out_ctr, 0, sizeof(ssl->cur_out_ctr));
    /* There are no keys yet: this is called before the first ServerHello only. */
}

int et_buffers_configure(struct mbed *m, const struct stack_buffers *wanted)
{
    struct mbed_buffers *b = &m->buffers;
    int ret;

    b->fixed = wanted->fixed;
    b->in_limit = wanted->in_limit != 0 ? wanted->in_limit : MBEDTLS_SSL_IN_CONTENT_LEN;
    b->out_limit = wanted->out_limit != 0 ? wanted->out_limit : ESP_TLS_MBED_OUT_CONTENT_LEN;
    /* the call compares the new limit with both lengths */
    et_mbed_out_len = MBEDTLS_SSL_IN_CONTENT_LEN;
    ret = et_buffers_offer_limit(m, b->in_limit);
    et_mbed_out_len = ESP_TLS_MBED_OUT_CONTENT_LEN;
    return ret;
}

/** Mbed TLS's set-up makes both buffers at the size of its two bounds, which are at their smallest
 *  while it runs. The stubs take their place at once. */
static int elastic_setup(struct mbed *m)
{
    unsigned char *dummy_in;
    unsigned char *dummy_out;
    int ret;

    et_mbed_in_len = 0;
    et_mbed_out_len = OUT_STUB_LEN;
    ret = mbedtls_ssl_setup(&m->ssl, &m->conf);
    et_mbed_in_len = ESP_TLS_MBED_IN_CONTENT_LEN;
    if (ret != 0) {
        return ret;
    }
    dummy_in = m->ssl.in_buf;
    dummy_out = m->ssl.out_buf;
    m->ssl.in_buf = m->buffers.in_stub;
    m->ssl.in_hdr = m->buffers.in_stub + COUNTER_LEN;
    mbedtls_ssl_update_in_pointers(&m->ssl);
    m->ssl.out_buf = m->buffers.out_stub;
    out_install(m, m->buffers.out_stub, OUT_STUB_LEN);
    mbedtls_free(dummy_in);
    mbedtls_free(dummy_out);
    return 0;
}

int et_buffers_setup(struct mbed *m)
{
    int ret = elastic_setup(m);

    if (ret == 0 && m->buffers.fixed) {
        ret = et_buffers_fix_input(m);
        ret = ret == 0 ? et_buffers_reserve_out(m, m->buffers.out_limit) : ret;
    }
    return ret;
}

int et_buffers_fix_input(struct mbed *m)
{
    unsigned char *buf;

    if (m->buffers.fixed_in || !in_is_stub(m)) {
        return 0;
    }
    buf = plat_alloc(m->io.account, PLAT_MEM_RECORD_IN, in_size(m));
    if (buf == NULL) {
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    in_install(m, buf, COUNTER_LEN);
    m->buffers.fixed_in = true;
    return 0;
}

void et_buffers_free(struct mbed *m)
{
    if (m->ssl.conf == NULL) {
        return; /* the context was never set up */
    }
    if (!in_is_stub(m)) {
        plat_free_secret(m->ssl.in_buf);
    }
    if (!out_is_stub(m)) {
        plat_free_secret(m->ssl.out_buf);
    }
    m->ssl.in_buf = NULL;
    m->ssl.out_buf = NULL;
    plat_wipe(&m->buffers, sizeof(m->buffers));
}
