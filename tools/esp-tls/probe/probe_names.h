/* The code points that probes offer, their names, and what a device needs to have them. Names are
 * IANA's (registries "TLS Cipher Suites", "TLS Supported Groups", "TLS SignatureScheme"). */
#ifndef PROBE_NAMES_H
#define PROBE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Does ESP-IDF offer it? */
enum probe_support {
    PROBE_BY_DEFAULT, /* with its default settings */
    PROBE_BY_OPTION,  /* when `symbol` is set */
    PROBE_NEVER       /* there is no such setting */
};

enum probe_kind {
    PROBE_SUITES_1_3,
    PROBE_SUITES_1_2, /* and older */
    PROBE_GROUPS,
    PROBE_SIGNATURES,
    PROBE_KINDS
};

/** What a row is about; several may be set. */
enum {
    PROBE_IS_CBC = 1,        /* MAC-then-encrypt of TLS 1.2 and older */
    PROBE_IS_STATIC_RSA = 2, /* no forward secrecy */
    PROBE_IS_PSS = 4,        /* RSASSA-PSS */
    PROBE_IS_ECDSA = 8,      /* of a server with an EC key */
    PROBE_IS_1_2_ONLY = 16,  /* no TLS 1.3 */
    PROBE_IS_1_3_ONLY = 32,  /* no TLS 1.2 */
    PROBE_IS_LEGACY = 64,    /* also of TLS 1.0 and 1.1 */
    PROBE_IS_WEAK = 128      /* RC4, 3DES, SHA-1 signatures */
};

struct probe_point {
    uint16_t id;
    uint8_t support; /* enum probe_support */
    uint8_t about;
    const char *name;
    const char *symbol; /* that must be set; NULL with NEVER, and where nothing can take it away */
};

/** All rows of a kind. */
const struct probe_point *probe_points(enum probe_kind kind, size_t *count);

/** @return the row, or NULL */
const struct probe_point *probe_point(enum probe_kind kind, uint16_t id);

/** In a version: TLS 1.2 of Mbed TLS 3.6 has no RSASSA-PSS signatures. NULL is NEVER. */
enum probe_support probe_support(const struct probe_point *point, uint16_t version);

/** Its name, or "0x1234" in `text`. */
const char *probe_point_name(enum probe_kind kind, uint16_t id, char text[8]);

/** Of an AlertDescription: "handshake_failure"; "?" for a number that is none. */
const char *probe_alert_name(int alert);

/** "TLS 1.2". */
const char *probe_version_name(uint16_t version);

#endif
