/* Where name constraints are not applied (constraints.c): a certificate in which they are critical
 * is refused. */
#include "mbed.h"

int et_mbed_crt_parse(mbedtls_x509_crt *chain, const unsigned char *buf, size_t len, bool stays)
{
    return stays ? mbedtls_x509_crt_parse_der_nocopy(chain, buf, len)
                 : mbedtls_x509_crt_parse_der(chain, buf, len);
}

void et_mbed_judge_names(struct mbed_path *path, const mbedtls_x509_crt *crt, int depth,
                         uint32_t *flags)
{
    (void)path;
    (void)crt;
    (void)depth;
    (void)flags;
}
