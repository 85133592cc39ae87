/* HelloRetryRequest where retry.c is not built: nothing is done about it. */
#include "mbed.h"

mbedtls_svc_key_id_t et_mbed_retry_share(const struct mbed *m)
{
    (void)m;
    return MBEDTLS_SVC_KEY_ID_INIT;
}

void et_mbed_retry_after(struct mbed *m, int state, mbedtls_svc_key_id_t share)
{
    (void)m;
    (void)state;
    (void)share;
}
