/* The built-in bundle, as the assembler takes it in. The names are those under which programs for
 * ESP-IDF know an embedded file. BUNDLE_FILE comes from CMakeLists.txt. */
#include "embedded.h"

__asm__(".section .rodata.x509_crt_bundle,\"a\"\n"
        ".globl _binary_x509_crt_bundle_start\n"
        ".globl _binary_x509_crt_bundle_end\n"
        "_binary_x509_crt_bundle_start:\n"
        ".incbin \"" BUNDLE_FILE "\"\n"
        "_binary_x509_crt_bundle_end:\n"
        ".byte 0\n" /* one of no roots has an address of its own, too */
        ".text\n");
