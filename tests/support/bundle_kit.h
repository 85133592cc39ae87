/* Certificate bundles for tests, made by the description of the format, not by our generator. */
#ifndef BUNDLE_KIT_H
#define BUNDLE_KIT_H

#include <stddef.h>
#include <stdint.h>

#define BUNDLE_KIT_MOST 8

/** A certificate as DER. */
struct bundle_kit_cert {
    const uint8_t *der;
    size_t len;
};

#define BUNDLE_KIT_CERT(name)                                                                      \
    ((struct bundle_kit_cert){cert_##name##_der, sizeof(cert_##name##_der)})

/** Names and keys of these, sorted; of equal names in this order.
 *  @return the bundle, exactly *len bytes of heap, the caller's to free() */
uint8_t *bundle_kit_make(const struct bundle_kit_cert *certs, size_t count, size_t *len);

#endif
