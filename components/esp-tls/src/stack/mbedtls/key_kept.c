/* Own certificate and key stay for as long as the connection. */
#include "identity.h"

/** Both, for as long as the connection. */
tls_status et_mbed_identity_keep(struct mbed *m)
{
    int ret = et_mbed_identity_chain_have(m);

    return ret == 0 ? TLS_OK : et_mbed_fail(m, ret, ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED);
}

int et_mbed_identity_before(struct mbed *m, int state)
{
    /* the setter made it */
    return state == MBEDTLS_SSL_CLIENT_CERTIFICATE && et_mbed_identity_is_asked_for(m)
               ? et_mbed_identity_check_room(m)
               : 0;
}

void et_mbed_identity_after(struct mbed *m, int state)
{
    (void)m;
    (void)state;
}
