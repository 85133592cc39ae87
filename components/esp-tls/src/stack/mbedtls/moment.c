/* What only Mbed TLS knows when a connection fails. Nothing here fails or allocates: the block was
 * made by evidence_of(), and without it nothing is noted. */
#include "mbed.h"

#include <string.h>

#include "esp_tls_certificate.h"
#include "esp_tls_diagnosis.h"

const bool stack_mbedtls_has_evidence = true;

static struct esp_tls_evidence *evidence(struct mbed *m)
{
    return evidence_of(m->io.err, m->io.account);
}

/* --- how far the handshake had come --------------------------------------------------------------- */

/* HandshakeType, RFC 8446 section 4, RFC 5246 section 7.4. */
enum {
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    ENCRYPTED_EXTENSIONS = 8,
    CERTIFICATE = 11,
    SERVER_KEY_EXCHANGE = 12,
    CERTIFICATE_REQUEST = 13,
    SERVER_HELLO_DONE = 14,
    CERTIFICATE_VERIFY = 15,
    CLIENT_KEY_EXCHANGE = 16,
    FINISHED = 20
};

static const struct {
    uint8_t state;
    uint8_t message;
    bool ours;
} steps[] = {
    {MBEDTLS_SSL_CLIENT_HELLO, CLIENT_HELLO, true},
    {MBEDTLS_SSL_SERVER_HELLO, SERVER_HELLO, false},
    {MBEDTLS_SSL_ENCRYPTED_EXTENSIONS, ENCRYPTED_EXTENSIONS, false},
    {MBEDTLS_SSL_SERVER_CERTIFICATE, CERTIFICATE, false},
    {MBEDTLS_SSL_SERVER_KEY_EXCHANGE, SERVER_KEY_EXCHANGE, false},
    {MBEDTLS_SSL_CERTIFICATE_REQUEST, CERTIFICATE_REQUEST, false},
    {MBEDTLS_SSL_SERVER_HELLO_DONE, SERVER_HELLO_DONE, false},
    {MBEDTLS_SSL_CLIENT_CERTIFICATE, CERTIFICATE, true},
    {MBEDTLS_SSL_CLIENT_KEY_EXCHANGE, CLIENT_KEY_EXCHANGE, true},
    {MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY, CERTIFICATE_VERIFY, true},
    {MBEDTLS_SSL_CLIENT_FINISHED, FINISHED, true},
    {MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC, FINISHED, false},
    {MBEDTLS_SSL_SERVER_FINISHED, FINISHED, false},
};

static void note_step(struct mbed *m, struct esp_tls_evidence *e)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i].state == m->ssl.state) {
            e->message = steps[i].message;
            e->message_is_ours = steps[i].ours;
        }
    }
    if (m->ssl.state == MBEDTLS_SSL_CERTIFICATE_VERIFY) { /* in TLS 1.3 the server's */
        e->message = CERTIFICATE_VERIFY;
        e->message_is_ours = m->ssl.tls_version != MBEDTLS_SSL_VERSION_TLS1_3;
    }
#ifndef ESP_TLS_SYSTEM_MBEDTLS
    if (m->ssl.handshake != NULL && m->ssl.handshake->client_auth != 0) {
        e->identity_wanted = true;
    }
#endif
}

/* --- the record that was coming in ---------------------------------------------------------------- */

#define HEADER_LEN 5 /* RFC 8446 section 5.1 */

static bool is_tls(const uint8_t *header)
{
    return header[0] >= MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC &&
           header[0] <= MBEDTLS_SSL_MSG_APPLICATION_DATA &&
           header[1] == MBEDTLS_SSL_MAJOR_VERSION_3;
}

/** The bytes of the record that have come, header included, and where they are. */
static size_t come(const struct mbed *m, const uint8_t **header)
{
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    if (m->buffers.hdr_len > 0) {
        *header = m->buffers.hdr;
        return m->buffers.hdr_len;
    }
#endif
    *header = m->ssl.in_hdr;
    return *header != NULL ? m->ssl.in_left : 0;
}

static void note_record(struct mbed *m, struct esp_tls_evidence *e)
{
    const uint8_t *header;
    size_t got = come(m, &header);

    if (got == 0 || m->io.err->record_limit != 0) {
        return; /* between two records, or it was refused for its length */
    }
    if (got >= 2 && !is_tls(header)) {
        e->peer_bytes_len = (uint8_t)(got < sizeof(e->peer_bytes) ? got : sizeof(e->peer_bytes));
        memcpy(e->peer_bytes, header, e->peer_bytes_len);
    } else if (got < HEADER_LEN) {
        m->io.err->record_len = HEADER_LEN;
        e->record_got = (uint32_t)got;
    } else {
        m->io.err->record_len = (uint32_t)header[3] << 8 | header[4];
        e->record_got = (uint32_t)(got - HEADER_LEN);
    }
}

void mbed_note_failure(struct mbed *m)
{
    struct esp_tls_evidence *e = evidence(m);

    if (e != NULL && m->io.err->now >= ESP_TLS_PHASE_HANDSHAKE) {
        note_step(m, e);
        note_record(m, e);
    }
}

/* --- the peer's chain ------------------------------------------------------------------------------ */

struct source {
    struct mbed *m;
    const mbedtls_x509_crt *head;
};

static bool sent(void *arg, unsigned i, const uint8_t **der, size_t *len)
{
    const struct source *source = arg;
    const mbedtls_x509_crt *crt = source->head;

    while (crt != NULL && i > 0) {
        crt = crt->next;
        i--;
    }
    if (crt == NULL || crt->raw.p == NULL) {
        return false;
    }
    *der = crt->raw.p;
    *len = crt->raw.len;
    return true;
}

/** PEM is decoded on the way, in memory of the process: what fails is not the connection's. */
static void each_anchor(void *arg, bool (*fn)(void *ctx, const uint8_t *der, size_t len), void *ctx)
{
    const struct source *source = arg;
    struct mbed_scope scope;

    mbed_enter(&scope, NULL, PLAT_MEM_PROCESS);
    (void)mbed_each_anchor(source->m, fn, ctx);
    mbed_leave(&scope);
}

void mbed_note_chain(struct mbed *m, const mbedtls_x509_crt *head)
{
    struct source source = {m, head};
    const struct evidence_chain chain = {
        .arg = &source,
        .sent = sent,
        .each_anchor = each_anchor,
        .refused = m->refused->raw.p,
        .refused_len = m->refused->raw.len,
        .is_untrusted = m->refused_is_untrusted,
    };
    struct esp_tls_evidence *e = evidence(m);

    if (e != NULL) {
        evidence_note_chain(e, &chain);
    }
}

/** Certificates of the list before the one that is being added. */
static unsigned parsed(const mbedtls_x509_crt *chain)
{
    unsigned n = 0;

    for (const mbedtls_x509_crt *crt = chain; crt != NULL && crt->version != 0; crt = crt->next) {
        n++;
    }
    return n;
}

void mbed_note_unparsed(struct mbed *m, const mbedtls_x509_crt *chain, const uint8_t *der,
                        size_t len)
{
    struct esp_tls_evidence *e = evidence(m);

    if (e != NULL && e->input == NULL) {
        evidence_note_input(e, "peer", der, len, ESP_TLS_INPUT_CERTIFICATES);
        e->input_item = (uint16_t)parsed(chain);
    }
}
