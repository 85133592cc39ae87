/* Certificates and keys for tests of who reads them. */
#ifndef X509_KIT_H
#define X509_KIT_H

#include <stddef.h>
#include <stdint.h>

#define X509_MOST    4096
#define X509_NO_MARK SIZE_MAX

/** DER from text: bytes in hexadecimal, 'characters', and ( ) around the content of an element,
 *  whose length is put there: "30(0201 05 0C('text'))". @return its length */
size_t x509_der(const char *text, uint8_t out[X509_MOST]);
/** The same. @param mark  the byte that the first "!" stands in front of, or X509_NO_MARK */
size_t x509_der_marked(const char *text, uint8_t out[X509_MOST], size_t *mark);

/** What Mbed TLS takes is read, and is the same; what it refuses has a reason. */
void x509_expect_as_mbedtls(const uint8_t *der, size_t len);
/** A private key that Mbed TLS takes is read, and is the same. (Others may be refused for what they
 *  compute.) */
void x509_expect_key_as_mbedtls(const uint8_t *der, size_t len);

#endif
