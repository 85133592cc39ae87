/* Signatures of the peer's certificates are checked where Mbed TLS asks for it: deferred.c says
 * what else there is. */
#include "mbed.h"

void et_mbed_checks_begin(struct mbed *m, int state)
{
    (void)m;
    (void)state;
}

bool et_mbed_checks_note(int *ret, mbedtls_pk_type_t type, const void *options,
                         mbedtls_pk_context *ctx, mbedtls_md_type_t md_alg,
                         const unsigned char *hash, size_t hash_len, const unsigned char *sig,
                         size_t sig_len)
{
    (void)ret;
    (void)type;
    (void)options;
    (void)ctx;
    (void)md_alg;
    (void)hash;
    (void)hash_len;
    (void)sig;
    (void)sig_len;
    return false;
}

int et_mbed_checks_run(struct mbed *m)
{
    (void)m;
    return 0;
}

void et_mbed_checks_clear(struct mbed *m)
{
    (void)m;
}
