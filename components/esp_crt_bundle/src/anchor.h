/* A root of a bundle as a certificate that Mbed TLS's verifier can take for an anchor. */
#ifndef ANCHOR_H
#define ANCHOR_H

#include "mbedtls/x509_crt.h"

#include "bundle.h"

/** Add a root to a list. The list's memory is Mbed TLS's own: mbedtls_x509_crt_free() frees it.
 *  @return 0, or Mbed TLS's code: the list is as it was */
int et_bundle_add_anchor(mbedtls_x509_crt *list, const struct bundle_root *root);

#endif
