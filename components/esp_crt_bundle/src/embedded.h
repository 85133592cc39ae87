/* The bundle that is built in; a file of the build defines it (CMakeLists.txt). */
#ifndef EMBEDDED_H
#define EMBEDDED_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t et_bundle_embedded[] __asm__("_binary_x509_crt_bundle_start");
extern const uint8_t et_bundle_embedded_end[] __asm__("_binary_x509_crt_bundle_end");

#endif
