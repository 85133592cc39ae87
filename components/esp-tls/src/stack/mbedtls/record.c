/* The record that is coming in, as far as it has come. */
#include "mbed.h"

bool et_mbed_is_record(const uint8_t *header)
{
    return header[0] >= MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC &&
           header[0] <= MBEDTLS_SSL_MSG_APPLICATION_DATA && header[1] == 3;
}

size_t et_mbed_record_come(const struct mbed *m, const uint8_t **header)
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

void et_mbed_note_record(const struct mbed *m)
{
    struct tls_error *err = m->io.err;
    const uint8_t *header;
    size_t got = et_mbed_record_come(m, &header);

    if (got == 0 || err->record_limit != 0 || err->now < ESP_TLS_PHASE_HANDSHAKE ||
        (got >= 2 && !et_mbed_is_record(header))) {
        return; /* between two records, refused for its length, or no record */
    }
    err->record_len =
        got < MBED_HEADER_LEN ? MBED_HEADER_LEN : (uint32_t)header[3] << 8 | header[4];
}
