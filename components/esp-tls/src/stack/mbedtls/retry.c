/* HelloRetryRequest (RFC 8446 section 4.1.4), where Mbed TLS departs from it.
 *
 * Mbed TLS makes a new key share after every HelloRetryRequest. The second ClientHello must be the
 * first one but for what the request changes (section 4.1.2): where it names no group, the share
 * stays. And a request that changes nothing or names a group that was not offered, or a ServerHello
 * of TLS 1.2 behind it, must end the handshake; Mbed TLS looks for none of these, but for the group
 * since 3.6.7. It calls two functions of PSA for the share, which come here (seam.txt). */
#include "mbed.h"

static bool is_retry(const struct mbed *m)
{
    return m != NULL && m->ssl.handshake != NULL && m->ssl.handshake->hello_retry_request_flag != 0;
}

static bool names_group(const struct mbed *m)
{
    return (m->ssl.handshake->received_extensions & MBEDTLS_SSL_EXT_MASK(KEY_SHARE)) != 0;
}

static bool has_cookie(const struct mbed *m)
{
    return (m->ssl.handshake->received_extensions & MBEDTLS_SSL_EXT_MASK(COOKIE)) != 0;
}

static bool was_offered(struct mbed *m, uint16_t group)
{
    const uint16_t *offered = mbedtls_ssl_get_groups(&m->ssl);

    while (offered != NULL && *offered != 0 && *offered != group) {
        offered++;
    }
    return offered != NULL && *offered != 0;
}

static bool is_legal(struct mbed *m)
{
    if (m->ssl.tls_version != MBEDTLS_SSL_VERSION_TLS1_3) {
        return false;
    }
    return names_group(m) ? was_offered(m, m->ssl.handshake->offered_group_id) : has_cookie(m);
}

/** Stands for psa_destroy_key() in Mbed TLS's ssl_tls13_client.c, which calls it for the share:
 *  when it has read a HelloRetryRequest, or a ServerHello of TLS 1.2. */
psa_status_t et_mbed_retry_destroy_key(mbedtls_svc_key_id_t key)
{
    struct mbed *m = et_mbed_current();

    if (!is_retry(m)) {
        return psa_destroy_key(key);
    }
    if (!is_legal(m)) {
        mbedtls_ssl_pend_fatal_alert(&m->ssl, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER,
                                     MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER);
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    return names_group(m) ? psa_destroy_key(key) : PSA_SUCCESS;
}

/** Stands for psa_generate_key() in Mbed TLS's ssl_tls13_generic.c, which calls it for the
 *  share. */
psa_status_t et_mbed_retry_generate_key(const psa_key_attributes_t *attributes,
                                        mbedtls_svc_key_id_t *key)
{
    return mbedtls_svc_key_id_is_null(*key) ? psa_generate_key(attributes, key) : PSA_SUCCESS;
}

mbedtls_svc_key_id_t et_mbed_retry_share(const struct mbed *m)
{
    return m->ssl.handshake != NULL ? m->ssl.handshake->xxdh_psa_privkey : MBEDTLS_SVC_KEY_ID_INIT;
}

void et_mbed_retry_after(struct mbed *m, int state, mbedtls_svc_key_id_t share)
{
    if (state == MBEDTLS_SSL_SERVER_HELLO && is_retry(m) && is_legal(m) && !names_group(m)) {
        m->ssl.handshake->xxdh_psa_privkey = share; /* Mbed TLS has forgotten it */
    }
}
